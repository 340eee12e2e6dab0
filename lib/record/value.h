#ifndef DTS_RECORD_VALUE_H
#define DTS_RECORD_VALUE_H

#include "charset/charset.h"
#include "record/schema.h"

/*
 * The one place where column values become record values, for rows that were
 * selected and for rows from a binary log alike (man/dts-records.5, VALUES).
 */

/* Text in the column's charset: a JSON string, or {"base64":...} when its bytes
 * do not survive conversion. `cs` NULL: unknown charset, always base64 unless ASCII. */
void dts_value_add_text(struct dts_buf *b, const struct dts_charset *cs, struct dts_slice bytes);

/* BINARY(n): padded with zero bytes to `length` first (the log strips them); 0: as it is. */
void dts_value_add_binary(struct dts_buf *b, struct dts_slice bytes, size_t length);

/* Index of an ENUM (1-based; 0 is the error value: the number 0) and bits of a SET, as labels; a SET of nothing
 * but its member '' is the number of that bit, since its text is that of the empty SET. -1: out of range. */
int dts_value_add_enum(struct dts_buf *b, const struct dts_column *c, uint64_t index);
int dts_value_add_set(struct dts_buf *b, const struct dts_column *c, uint64_t bits);

/* An integer that is already decimal text: "123", "-5", "18446744073709551615". */
void dts_value_add_integer_text(struct dts_buf *b, struct dts_slice digits);

#endif
