#ifndef DTS_BINLOG_TABLE_META_H
#define DTS_BINLOG_TABLE_META_H

#include "binlog/table_map.h"

/*
 * The optional metadata of a TABLE_MAP: reads it from `b` (the rest of the event)
 * and completes the columns of `t` with it: names, type texts, character sets, labels, primary key.
 * Hidden columns are taken out of the schema. -1 with DTS_BAD_INPUT.
 */
int dts_table_meta_read(struct dts_log_table *t, struct dts_bytes b, struct dts_error *err);

#endif
