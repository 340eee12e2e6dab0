#ifndef DTS_BINLOG_TEMPORAL_H
#define DTS_BINLOG_TEMPORAL_H

#include "binlog/table_map.h"
#include "record/moment.h"

/*
 * Dates and times of a row, in each of their three formats (old, MariaDB 5.3 with
 * fraction, MySQL 5.6), as the server's text in quotes. TIMESTAMP is UTC; zero and
 * partial dates stay. At p, where there is room for so many bytes; where it ends; NULL: no such value.
 */
enum { DTS_TEMPORAL_MAX = DTS_MOMENT_MAX + 2 };
char *dts_temporal_put(char *p, const struct dts_log_column *c, struct dts_bytes *b);

/*
 * One of MySQL's JSON documents, which hold the server's packed form (MySQL source documentation,
 * "TIME_to_longlong_packed" in my_time.h): microseconds below, then 17 bits of the clock,
 * then day, month and year. `type` is DTS_LOG_DATE, DTS_LOG_TIME, DTS_LOG_DATETIME or
 * DTS_LOG_TIMESTAMP. Appends the text without quotes, with six fraction digits unless it is a date.
 */
bool dts_temporal_add_packed(struct dts_buf *out, uint8_t type, int64_t packed);

#endif
