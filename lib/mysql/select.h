#ifndef DTS_MYSQL_SELECT_H
#define DTS_MYSQL_SELECT_H

#include "mysql/catalog.h"
#include "mysql/packets.h"

/*
 * Rows of a table as record values. The select list asks for each column in a
 * form that loses nothing (in text FLOAT as double; ENUM and SET by number, text as raw
 * column bytes: the session has character_set_results=NULL while reading, see
 * dts_session_raw_text()), and the writer turns a fetched row into the members
 * of a record's object.
 */
struct dts_row_writer; /* opaque: per column how to write it, and its key text */

/* Borrows the schema while it lives. `binary`: the rows come in binary form, and
 * dts_row_writer_begin() says in which. */
struct dts_row_writer *dts_row_writer_new(const struct dts_schema *schema, bool binary);
void dts_row_writer_free(struct dts_row_writer *w);

/* Appends the select list: "`id`,`f`*1e0,...". Columns of the schema, in
 * order, without the generated ones, whose values the target makes itself. */
void dts_row_writer_select(const struct dts_row_writer *w, struct dts_buf *sql);

/* How many columns that list has. */
size_t dts_row_writer_count(const struct dts_row_writer *w);

/* In binary form, before the rows of a query: what its columns are, borrowed until the next call. -1
 * (DTS_AGAIN) where a column does not come as its type should. */
int dts_row_writer_begin(struct dts_row_writer *w, const struct dts_wire *wires, size_t count, struct dts_error *err);

/* Appends {"id":1,"note":"x",...} for a row of that select. No allocation once warm.
 * -1 (DTS_BAD_INPUT) for a value that cannot be what the type says. */
int dts_row_writer_add(struct dts_row_writer *w, char *const *row, const unsigned long *lengths,
		       struct dts_buf *out, struct dts_error *err);

/* One column's value of such a row, as a record value; `column` counts in the
 * schema. `value` NULL is null. */
int dts_row_writer_add_value(struct dts_row_writer *w, size_t column, const char *value,
			     unsigned long length, struct dts_buf *out, struct dts_error *err);

/* The same as the bytes that the text form of the row would have; not for NULL. */
int dts_row_writer_add_text(struct dts_row_writer *w, size_t column, const char *value,
			    unsigned long length, struct dts_buf *out, struct dts_error *err);

/* The expression that the list has for one column in text form. */
void dts_select_column(struct dts_buf *sql, const struct dts_column *c);

#endif
