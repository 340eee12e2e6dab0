#ifndef DTS_BINLOG_TABLES_H
#define DTS_BINLOG_TABLES_H

#include "base/hash.h"
#include "base/pattern.h"
#include "binlog/history.h"
#include "binlog/online.h"
#include "binlog/table_map.h"

/*
 * Asks the source's catalog for a table as it is now: 1 with `schema` filled (to be
 * released by the caller), 0: there is none, -1. Rows are decoded without a server
 * where it is NULL.
 */
typedef int dts_catalog_function(void *context, struct dts_slice db, struct dts_slice table,
				 struct dts_schema *schema, struct dts_error *err);

/*
 * The tables that the log has described, by the number that its rows events
 * call them by. A table is read again only when its description changes.
 */
struct dts_log_tables {
	const struct dts_selection *selection; /* borrowed; NULL: all */
	const char *own_db;                    /* never captured: our checkpoints; NULL: none */
	const struct dts_history *history;     /* borrowed; NULL: none */
	const struct dts_online *online;       /* borrowed; NULL: online schema changes are changes as any */
	dts_catalog_function *catalog;         /* asked about what the history does not have */
	void *context;
	bool undecided; /* the open transaction is XA: what it did counts where it is committed, which may be anywhere behind */

	struct dts_map by_id;   /* struct dts_log_table; key uint64_t */
	struct dts_map by_name; /* struct dts_log_name */
	struct dts_buf key;
	struct dts_log_table *last; /* found last, or NULL */
};

/* What was said about a table of this name. */
struct dts_log_name {
	uint64_t id;         /* it has in by_id now */
	bool has_id;
	bool announced;      /* `schema` was given out in this stream */
	bool told;           /* see dts_log_tables_tell_once() */
	struct dts_buf text; /* the schema record, but for what is hidden of online schema changes */
	struct dts_buf online; /* that, as it was told */
};

void dts_log_tables_release(struct dts_log_tables *t);

/* The numbers are void (another run of the server); what was announced stays. */
void dts_log_tables_forget(struct dts_log_tables *t);

/* Nothing has been announced: the stream starts anew. */
void dts_log_tables_restate(struct dts_log_tables *t);

/* A TABLE_MAP event. */
int dts_log_tables_map(struct dts_log_tables *t, const struct dts_event *e, const struct dts_event_format *f,
		       struct dts_error *err);

/* The table of that number, or NULL. */
struct dts_log_table *dts_log_tables_get(struct dts_log_tables *t, uint64_t id);

/* Appends the table's schema record unless it was announced as it is: true if appended. */
bool dts_log_tables_announce(struct dts_log_tables *t, struct dts_log_table *table, struct dts_buf *out);

/* The same of a table as the history has it now, if it is captured and known. */
bool dts_log_tables_restate_one(struct dts_log_tables *t, struct dts_slice db, struct dts_slice table, struct dts_buf *out);

/* The same where what is hidden for the table has changed; without a history, as it was told last, if it was. */
bool dts_log_tables_restate_online(struct dts_log_tables *t, struct dts_slice db, struct dts_slice table, struct dts_buf *out);

/* What was told of the table holds no longer: it is told again before its next change, whether it is the same or not. Of all
 * that a server may mean by the name. */
void dts_log_tables_unsay(struct dts_log_tables *t, struct dts_slice db, struct dts_slice table);

/* Is there a table of this name, as far as can be known? It was at some time that can be asked about. 1, 0, -1. */
int dts_log_tables_knows(struct dts_log_tables *t, struct dts_slice db, struct dts_slice table, struct dts_error *err);

/* True the first time that it is asked for a table of this name. */
bool dts_log_tables_tell_once(struct dts_log_tables *t, const struct dts_log_table *table);

/* Databases that are the server's own. */
bool dts_log_is_system_db(struct dts_slice db);

/* Is this table captured? */
bool dts_log_tables_wants(const struct dts_log_tables *t, struct dts_slice db, struct dts_slice table);

#endif
