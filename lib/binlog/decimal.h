#ifndef DTS_BINLOG_DECIMAL_H
#define DTS_BINLOG_DECIMAL_H

#include "base/bytes.h"

/*
 * DECIMAL as it is stored: groups of nine digits in four big-endian bytes each; the odd
 * digits of the whole part come first, those of the fraction last, in as few bytes as hold
 * them. The first bit is flipped, and all bits of a negative number are (MySQL Internals,
 * "DECIMAL").
 *
 * Writes the text of the next one, with all of its `decimals`, at p, where there is room for so many
 * bytes; where it ends. NULL: the bytes are not such a number; a cut one sets b->bad. `digits` is 1
 * to 65 and at least `decimals`.
 */
enum { DTS_DECIMAL_MAX = 96 };
char *dts_decimal_put(char *p, unsigned digits, unsigned decimals, struct dts_bytes *b);

#endif
