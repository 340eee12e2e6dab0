#ifndef DTS_BINLOG_CAPTURE_PARTS_H
#define DTS_BINLOG_CAPTURE_PARTS_H

#include "binlog/capture.h"
#include "binlog/query.h"

/* What capture.c shares with the files that take its larger kinds of events.
 * Nobody else includes this. Each returns 0, or -1 with `err`. */

/* QUERY (statement.c). */
int dts_capture_statement(struct dts_capture *c, const struct dts_event *e, struct dts_buf *out,
			  struct dts_error *err);

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
