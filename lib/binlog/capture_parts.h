#ifndef DTS_BINLOG_CAPTURE_PARTS_H
#define DTS_BINLOG_CAPTURE_PARTS_H

#include "binlog/capture.h"
#include "binlog/query.h"

/* What capture.c shares with the files that take its larger kinds of events.
 * Nobody else includes this. Each returns 0, or -1 with `err`. */

/* QUERY (statement.c). */
int dts_capture_statement(struct dts_capture *c, const struct dts_event *e, struct dts_buf *out,
			  struct dts_error *err);

/* A name as rows events have it: in `b`, or the name itself. */
struct dts_slice dts_capture_name(const struct dts_capture *c, struct dts_slice name, struct dts_buf *b);

/* The flags of parsing a statement. */
unsigned dts_capture_flags(const struct dts_event_query *q);

/* The history takes the statement in that c->ddl is; its tables are restated in `out` (NULL: nobody is told). */
int dts_capture_learn(struct dts_capture *c, struct dts_slice db, struct dts_slice sql, struct dts_slice context,
		      struct dts_buf *out, struct dts_error *err);

/* Appends a `ddl` record of a statement that was parsed into `d`. */
void dts_capture_add_ddl(struct dts_capture *c, const struct dts_ddl *d, struct dts_slice db, struct dts_slice sql,
			 struct dts_slice context, struct dts_buf *out);

/*
 * Online schema changes (online_statement.c): the statement in c->ddl, which depends on c->context. 1: it is one of their
 * tools', and all of it has been told that is to be; 0: it goes on as any other; -1.
 */
int dts_capture_online(struct dts_capture *c, const struct dts_event_query *q, struct dts_slice sql, struct dts_buf *out,
		       struct dts_error *err);

/* A statement that cannot be divided was refused: adds what an online schema change would need. -1. */
int dts_capture_online_hint(struct dts_capture *c, struct dts_slice default_db, struct dts_error *err);

/* Behind the statement: tables that it dropped are hidden no more. */
void dts_capture_online_end(struct dts_capture *c, struct dts_slice default_db, struct dts_buf *out);

/* Rows of this table follow: -1 if it is hidden and none of the tool's that it was taken for. */
int dts_capture_online_rows(struct dts_capture *c, const struct dts_log_table *t, struct dts_error *err);

/*
 * Temporary tables (temporary.c). In the formats MIXED and STATEMENT a session's
 * statements about its temporary table are in the log like those about a table
 * of the same name, which the temporary one hides from it.
 */
enum dts_capture_about {
	DTS_ABOUT_TABLES,    /* the tables of these names, or no tables at all */
	DTS_ABOUT_TEMPORARY, /* temporary tables only */
	DTS_ABOUT_EITHER,    /* some of both, or it cannot be known */
};

/* Takes in a CREATE or DROP of temporary tables, which c->ddl is. */
void dts_capture_temporary(struct dts_capture *c, const struct dts_event_query *q);

/* What is the statement in c->ddl about? To be asked once: a temporary table may get another name. */
enum dts_capture_about dts_capture_about(struct dts_capture *c, const struct dts_event_query *q);

/* Another run of the server begins: it has no temporary tables. */
void dts_capture_temporary_forget(struct dts_capture *c);

/* Rows events (changes.c). */
int dts_capture_changes(struct dts_capture *c, const struct dts_event *e, struct dts_buf *out,
			struct dts_error *err);

/*
 * What foreign keys change unseen (unlogged.c): a table is described; it has rows; the statement ends.
 */
void dts_capture_unlogged_map(struct dts_capture *c, uint64_t table_id);
void dts_capture_unlogged_rows(struct dts_capture *c, const struct dts_event_rows *r);
void dts_capture_unlogged_end(struct dts_capture *c);

/*
 * Whose changes an applier has written (origin.c). Rows of its checkpoint; a statement, which c->ddl is: is it the
 * one that an applier was about to run?
 */
int dts_capture_own_rows(struct dts_capture *c, const struct dts_log_table *t, struct dts_event_rows *r, struct dts_error *err);
void dts_capture_origin_of_statement(struct dts_capture *c, const struct dts_event_query *q, struct dts_slice sql);
void dts_capture_origins_release(struct dts_capture *c);

/* A group begins (group.c): MariaDB's GTID, MySQL's of each kind; `start` is the offset of the event. */
int dts_capture_begin_mariadb(struct dts_capture *c, const struct dts_event *e, uint64_t start,
			      struct dts_error *err);
int dts_capture_begin_mysql(struct dts_capture *c, const struct dts_event *e, uint64_t start,
			    struct dts_error *err);

/* XA_PREPARE ends it, decided or not. */
int dts_capture_prepare(struct dts_capture *c, const struct dts_event *e, struct dts_buf *out, struct dts_error *err);

/* Everything up to c->at has been told. */
void dts_capture_mark_safe(struct dts_capture *c);

/* Ends of the open transaction. c->at is already behind its last event. */
void dts_capture_commit(struct dts_capture *c, struct dts_buf *out);
void dts_capture_rollback(struct dts_capture *c, struct dts_buf *out);
void dts_capture_group_done(struct dts_capture *c);

/* An event that only has a meaning inside of a transaction came outside of one. */
int dts_capture_outside(const struct dts_event *e, struct dts_error *err);

/* What failed is right in the log, but no record can tell it: it is to be made by hand. -1. */
int dts_capture_refuse(struct dts_capture *c);

/* A statement that changes rows stands in the log as text. */
int dts_capture_not_rows(struct dts_capture *c, const char *what, struct dts_slice text, struct dts_error *err);

#endif
