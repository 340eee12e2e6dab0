#ifndef DTS_BINLOG_DECIMAL_H
#define DTS_BINLOG_DECIMAL_H

#include "base/bytes.h"

/*
 * DECIMAL as it is stored: groups of nine digits in four big-endian bytes each; the odd
 * digits of the whole part come first, those of the fraction last, in as few bytes as hold
 * them. The first bit is flipped, and all bits of a negative number are (MySQL Internals,
 * "DECIMAL").
 *
 * Appends the text of the next one, with all of its `decimals`. False: the bytes are
 * not such a number; a cut one sets b->bad. `digits` is 1 to 65 and at least `decimals`.
 */
bool dts_decimal_add(struct dts_buf *out, unsigned digits, unsigned decimals, struct dts_bytes *b);

#endif
