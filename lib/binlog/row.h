#ifndef DTS_BINLOG_ROW_H
#define DTS_BINLOG_ROW_H

#include "binlog/table_map.h"

/*
 * One image of a row in a rows event: the NULL bits of the columns that are
 * present, then their values. Format: MySQL Internals, "Rows_event"; of the temporal and decimal
 * types, "Date and Time Data Type Representation" and "DECIMAL".
 */

/*
 * Reads one image from `b` and appends it as the record's object: {"id":1,"note":"x"}.
 * `present` has a bit a column; absent ones, generated ones and hidden ones are left
 * out. No allocation once `out` is warm. -1 (DTS_BAD_INPUT): the bytes
 * are not such a row.
 */
int dts_row_add(const struct dts_log_table *t, const uint8_t *present, struct dts_bytes *b,
		struct dts_buf *out, struct dts_error *err);

#endif
