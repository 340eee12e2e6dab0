#ifndef DTS_BINLOG_TEMPORAL_H
#define DTS_BINLOG_TEMPORAL_H

#include "binlog/table_map.h"

/*
 * Dates and times of a row, in each of their three formats (old, MariaDB 5.3 with
 * fraction, MySQL 5.6), as the server's text in quotes. TIMESTAMP is UTC; zero and
 * partial dates stay. False: no such value.
 */
bool dts_temporal_add(struct dts_buf *out, const struct dts_log_column *c, struct dts_bytes *b);

#endif
