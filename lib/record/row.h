#ifndef DTS_RECORD_ROW_H
#define DTS_RECORD_ROW_H

#include "record/schema.h"

/*
 * The rows of one table in one walk: a line in the form that dts-dump
 * writes, with the columns in the order of the schema, becomes its values at
 * once. What has another form, and what is wrong, is left to dts_record_parse().
 */
struct dts_row_form;

/* The form of the rows of `schema`, of which nothing is borrowed. You own it. */
struct dts_row_form *dts_row_form_new(const struct dts_schema *schema);
void dts_row_form_free(struct dts_row_form *f); /* NULL is fine */

/*
 * Is the line, without its newline, a valid row record of that table in that form?
 * Then the values by column of the schema: generated columns may be absent and
 * get raw.p NULL. They borrow from the line. False: nothing is said about it, and
 * `values` hold nothing. Any number of threads may read with one form.
 */
bool dts_row_form_read(const struct dts_row_form *f, struct dts_slice line, struct dts_json *values);

/*
 * The same of a change that dts-binlog wrote, all of whose columns are in its images: `before` of an
 * update or delete, `after` of an insert or update; the other one is not touched.
 */
bool dts_row_form_change(const struct dts_row_form *f, struct dts_slice line, enum dts_op op, struct dts_json *before,
			 struct dts_json *after);

#endif
