#ifndef DTS_LOG_SCHEMAS_H
#define DTS_LOG_SCHEMAS_H

#include "base/hash.h"
#include "record/record.h"

/*
 * The schema records that are in force at a place of a log: the last of each table, unless a statement that makes
 * another table of it came behind it (dts-records(5), schema: it is told again before its next change then). Who
 * starts there needs them. All zero is the beginning.
 */
struct dts_log_schemas {
	struct dts_map index; /* dts_map_pair(db, table) to its struct dts_log_schema */
	struct dts_log_schema *first, *last; /* in the order in which they were told first */
	size_t count;
	struct dts_buf key, scratch, second;
};

struct dts_log_schema {
	struct dts_log_schema *before, *behind;
	struct dts_buf line, key; /* the line without newline */
};

void dts_log_schemas_clear(struct dts_log_schemas *s);
void dts_log_schemas_release(struct dts_log_schemas *s);

/* Takes in a schema or a ddl record; others do nothing. */
void dts_log_schemas_note(struct dts_log_schemas *s, const struct dts_record *r);

/* Appends all of them, each with its newline. */
void dts_log_schemas_add(const struct dts_log_schemas *s, struct dts_buf *out);

/* Forgets the tables that a ddl record names; all, where it may be any of them. */
void dts_log_schemas_forget_named(struct dts_log_schemas *s, const struct dts_record *ddl);

/* Takes in all that the other has. */
void dts_log_schemas_merge(struct dts_log_schemas *s, const struct dts_log_schemas *from);

/* Calls `each` with every object that a ddl record names: its role, db and name. False, and no call: they are not known, or
 * one of them is a whole database. The buffers are for what is unescaped. */
bool dts_log_objects(const struct dts_record *ddl, struct dts_buf scratch[2],
		     void (*each)(void *context, struct dts_slice role, struct dts_slice db, struct dts_slice table), void *context);

#endif
