#ifndef DTS_BINLOG_ROW_H
#define DTS_BINLOG_ROW_H

#include "binlog/json_diff.h"
#include "binlog/table_map.h"

/*
 * One image of a row in a rows event: the NULL bits of the columns that are
 * present, then their values. Format: MySQL Internals, "Rows_event"; of the temporal and decimal
 * types, "Date and Time Data Type Representation" and "DECIMAL".
 */

/*
 * The documents of an update whose after image may have just what was changed of them
 * (PARTIAL_UPDATE_ROWS). All zero is ready for use.
 */
struct dts_row_documents {
	struct dts_slice *before; /* of each JSON column in the before image; p NULL: it is not there, or null */
	size_t room;
	const uint8_t *partial; /* a bit a JSON column: the after image has a list of changes; NULL: none */
	bool missing;           /* the row could not be read since what such a list is about is not there */
	struct dts_json_diff diff;
};
void dts_row_documents_release(struct dts_row_documents *d);

/* The two images of such an update: the before one, then what is in front of the after one, and that. As dts_row_add(). */
int dts_row_add_before(const struct dts_log_table *t, struct dts_row_documents *d, const uint8_t *present,
		       struct dts_bytes *b, struct dts_buf *out, struct dts_error *err);
int dts_row_add_after(const struct dts_log_table *t, struct dts_row_documents *d, const uint8_t *present,
		      struct dts_bytes *b, struct dts_buf *out, struct dts_error *err);

/*
 * Reads one image from `b` and appends it as the record's object: {"id":1,"note":"x"}.
 * `present` has a bit a column; absent ones, generated ones and hidden ones are left
 * out. No allocation once `out` is warm. -1 (DTS_BAD_INPUT): the bytes
 * are not such a row.
 */
int dts_row_add(const struct dts_log_table *t, const uint8_t *present, struct dts_bytes *b,
		struct dts_buf *out, struct dts_error *err);

#endif
