#ifndef DTS_LOG_KNOWN_H
#define DTS_LOG_KNOWN_H

#include "base/hash.h"
#include "record/record.h"

/*
 * The schema records that are in force at a place of a stream of changes: the last of each table, unless a statement
 * that makes another table of it came behind it (dts-records(5), schema: it is told again before its next change then).
 * All zero is the start; release it.
 */
struct dts_known_table {
	char *db, *table;    /* its own */
	struct dts_buf line; /* the record, without newline */
};

struct dts_log_known {
	struct dts_map index; /* dts_map_pair(db, table) to its place plus 1 */
	struct dts_known_table *items; /* in the order in which they were first told */
	size_t count, cap;
	struct dts_buf key;
};

/* Takes a record in, in the stream's order; those that are neither schema nor ddl say nothing. It is borrowed for the call. */
void dts_log_known_take(struct dts_log_known *k, const struct dts_record *r);

void dts_log_known_clear(struct dts_log_known *k);
void dts_log_known_release(struct dts_log_known *k);

#endif
