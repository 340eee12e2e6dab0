#ifndef DTS_CHECKPOINT_CHECKPOINT_H
#define DTS_CHECKPOINT_CHECKPOINT_H

#include "checkpoint/above.h"
#include "mysql/session.h"
#include "record/position.h"

/*
 * How far a target has come, kept in the target itself (database `dts`), so
 * that the position moves in the same transaction as the data. The applier
 * owns it; readers only look. Tables, all InnoDB:
 *
 *   checkpoint  one row a name: the epoch, raised by each applier that starts
 *   source      one row a source: phase, watermark ("everything up to here")
 *   mark        one row a worker: the last transaction it applied, up to where all is there, and what
 *               it applied above that
 *   chunk       one row a chunk of the full phase that was applied
 *   tablewindow one row a table whose rows stand at another position than the watermark
 *   ddl         the DDL statement that is being executed, at most one a source
 *   prepared    XA transactions that were prepared and not yet decided
 *   source_table  one row a table: its definition at the source (definition.h)
 *   pendingkey  one row a key that was dropped at the target to be built after the data
 *   held        one row a statement that waits for the cut-over: its ddl record, and the server that it is from
 *   exception   one row a transaction that was left out, or made otherwise, because somebody said so
 */
struct dts_checkpoint {
	struct dts_session *session; /* borrowed */
	const char *db;              /* --checkpoint-db, borrowed */
	const char *name;            /* borrowed */
	uint64_t epoch;              /* of this run, once raised */
};

#define DTS_CHECKPOINT_DB "dts"

/* "full" while rows are loaded, "changes" once every row is there. */
enum dts_phase { DTS_PHASE_FULL, DTS_PHASE_CHANGES };

struct dts_source_state {
	enum dts_phase phase;
	struct dts_buf server_id;       /* identity of the source's server */
	struct dts_position watermark;
	struct dts_position applied;    /* the latest of watermark and marks: resume here */
	struct dts_above above;         /* what is there above it */
	struct dts_buf snapshot;        /* position text of the snapshot that was or is being loaded */
	struct dts_buf updated;         /* UTC time of the last move, text */
};

void dts_source_state_release(struct dts_source_state *s);

/* Creates database and tables where they are missing. */
int dts_checkpoint_create(const struct dts_checkpoint *c, struct dts_error *err);

/* Keeps a second run away: takes the lock of this name on the session for as long
 * as it lives; waits up to `seconds` for a run that is just dying, then DTS_AGAIN. */
int dts_checkpoint_lock(const struct dts_checkpoint *c, unsigned seconds, struct dts_error *err);

/* Raises the epoch, so that no transaction of an earlier run commits from now on.
 * Commits. Read marks only after this. */
int dts_checkpoint_raise(struct dts_checkpoint *c, struct dts_error *err);

/* Appends the statement that a data transaction starts with, or the mark in its place: it returns one
 * row and holds a shared lock on it while this run's epoch is the current one. */
void dts_checkpoint_guard(const struct dts_checkpoint *c, struct dts_buf *sql);

/* The state of one source: 1; 0: this checkpoint has no such source; -1. */
int dts_checkpoint_read(const struct dts_checkpoint *c, struct dts_slice src, struct dts_source_state *s,
			struct dts_error *err);

/* Has this name any source? 1, 0, -1. A missing database or table is 0. */
int dts_checkpoint_exists(const struct dts_checkpoint *c, struct dts_error *err);

/* The names of the sources in a checkpoint, or of all checkpoints, sorted. */
int dts_checkpoint_sources(const struct dts_checkpoint *c, struct dts_list *names, struct dts_error *err);
int dts_checkpoint_names(const struct dts_checkpoint *c, struct dts_list *names, struct dts_error *err);

/* The keys that wait to be built, "db.table: clause" each. */
int dts_checkpoint_pending_keys(const struct dts_checkpoint *c, struct dts_list *keys, struct dts_error *err);

/* The ddl records of the statements that wait for the cut-over, in order. */
int dts_checkpoint_held(const struct dts_checkpoint *c, struct dts_list *records, struct dts_error *err);

/* The transactions that were left out or made otherwise, "TIME UTC: skipped TX of SRC, by ACCOUNT: REASON" each. */
int dts_checkpoint_exceptions(const struct dts_checkpoint *c, struct dts_list *lines, struct dts_error *err);

/* Was it, in some run? 1, 0, -1. */
int dts_checkpoint_has_exception(const struct dts_checkpoint *c, struct dts_slice tx, struct dts_error *err);

/* Takes everything of this name out, in one transaction. */
int dts_checkpoint_remove(const struct dts_checkpoint *c, struct dts_error *err);

/*
 * The statements that move it. Each appends SQL without a trailing semicolon;
 * whoever runs the transaction runs them in it.
 */
void dts_checkpoint_add_source(const struct dts_checkpoint *c, struct dts_slice src, struct dts_slice server_id,
			       enum dts_phase phase, const struct dts_position *watermark,
			       struct dts_slice snapshot, struct dts_buf *sql);
void dts_checkpoint_add_watermark(const struct dts_checkpoint *c, struct dts_slice src,
				  const struct dts_position *to, struct dts_buf *sql);
/* A worker's mark: all is there up to `low`, and above it what `above` says (above.h; "[]": nothing). A guard
 * as well: it writes nothing while this run's epoch is not the current one. */
void dts_checkpoint_add_mark(const struct dts_checkpoint *c, struct dts_slice src, unsigned worker, struct dts_slice tx,
			     const struct dts_position *low, struct dts_slice above, struct dts_buf *sql);

/* `what` is "skipped" or "replaced". It writes one row. */
void dts_checkpoint_add_exception(const struct dts_checkpoint *c, struct dts_slice src, struct dts_slice tx, const char *what,
				  const char *reason, struct dts_buf *sql);

/* Appends `name`, a table of the checkpoint database, quoted with it. */
void dts_checkpoint_table(const struct dts_checkpoint *c, const char *table, struct dts_buf *sql);

/* Appends "checkpoint='name' AND src='src'", the key that most of the tables start with. */
void dts_checkpoint_where(const struct dts_checkpoint *c, struct dts_slice src, struct dts_buf *sql);

#endif
