#ifndef DTS_BINLOG_TABLE_META_H
#define DTS_BINLOG_TABLE_META_H

#include "binlog/table_map.h"

/*
 * The optional metadata of a TABLE_MAP: reads it from `b` (the rest of the event)
 * and completes the columns of `t` with it: names, type texts, character sets, labels, primary key.
 * Hidden columns are taken out of the schema. -1 with DTS_BAD_INPUT.
 */
int dts_table_meta_read(struct dts_log_table *t, struct dts_bytes b, struct dts_error *err);

/* Prepares the texts that go into records: when all names are known. */
int dts_log_table_finish(struct dts_log_table *t, struct dts_error *err);

/* Appends the type of a column as far as the log tells it: "int unsigned", "varchar(20)".
 * False: a type whose rows cannot be read. */
bool dts_log_column_type(struct dts_buf *b, const struct dts_log_table *t, const struct dts_log_column *c);

/* "point", "geometry"; of a number that no shape has, NULL. */
const char *dts_log_shape_name(int shape);

/* What cannot be read: fails. */
int dts_log_column_unsupported(const struct dts_log_table *t, const struct dts_log_column *c, struct dts_error *err);

#endif
