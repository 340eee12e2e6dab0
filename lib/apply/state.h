#ifndef DTS_APPLY_STATE_H
#define DTS_APPLY_STATE_H

#include "apply/applier.h"
#include "apply/bulk.h"
#include "apply/cascade.h"
#include "apply/conflicting.h"
#include "mysql/ddl_context.h"
#include "apply/exception.h"
#include "apply/keys.h"
#include "apply/parallel.h"
#include "apply/run.h"
#include "base/hash.h"
#include "base/spill.h"
#include "checkpoint/checkpoint.h"
#include "ddl/ddl.h"

/*
 * What the parts of the applier share. A record flows applier.c -> (chunk.c for
 * the full phase | parallel.c for transactions of rows -> pool -> worker | group.c for other
 * transactions -> ddl.c, prepared.c) -> plan -> run.
 */

/* A transaction of the source that waits in the log or runs in the open target transaction. */
struct dts_apply_tx {
	uint64_t start, end;     /* its entries in the log */
	struct dts_position pos; /* of its commit; without GTIDs */
	struct dts_buf tx;       /* its id */
	struct dts_buf xid;      /* of a prepared transaction that it decides, else empty */
	bool prepares;           /* XA PREPARE: its changes are kept, not made */
	bool decides_commit;     /* with xid: XA COMMIT, else XA ROLLBACK */
	const struct dts_exception *exception; /* it is left out, or another in its place; NULL: neither */
	uint64_t definitions_end; /* of the pending definitions that hold once it is there */
};

struct dts_pending_definition; /* definitions.c */

/* Between which positions chunks were read, without a checkpoint. */
struct dts_alike {
	bool low_known, high_known;
	struct dts_position low, high;
};

/* What a dry run has seen. */
struct dts_dry {
	struct dts_map tables;   /* db and table -> struct dts_dry_table (dry.c) */
	struct dts_buf ddl, problems; /* lines */
	uint64_t problem_count, statements, chunks, passed, exceptions;
};

struct dts_applier {
	struct dts_apply_options options;
	struct dts_session *session;
	struct dts_stream *stream;
	struct dts_runner runner;
	struct dts_checkpoint checkpoint;
	bool has_checkpoint;

	/* The stream being read */
	struct dts_map tables;   /* db and table -> struct dts_apply_table */
	struct dts_buf table_key;
	bool snapshot, schema, repair, changes;
	bool schema_pre; /* its tables get more keys behind their rows */
	bool stream_open;
	struct dts_buf src, server_id;
	struct dts_buf instead_of; /* identity of the server whose place that one has taken; empty: none */
	struct dts_ddl_origin origin; /* the server that it is from */
	bool swept;              /* what killed runs left behind is gone */
	struct dts_buf last_trigger; /* the name of the last one of a schema stream */
	bool source_known;       /* the checkpoint has a row for src */
	bool has_full_phase;     /* that began with one: changes are of tables that it knows */
	bool has_unknown;        /* the stream of changes has told of another table */

	/* The full phase */
	struct dts_position snapshot_pos;
	struct dts_buf snapshot_text;
	bool snapshot_done;      /* the checkpoint already has all of it */
	struct dts_map done_chunks; /* marks.c: db, table, id -> what is known of it */
	bool in_chunk, skip_chunk;
	struct dts_apply_table *chunk_table;
	struct dts_buf chunk_id, chunk_bounds, chunk_pos;
	bool chunk_is_part;      /* of a table that is read in one go; its bounds are not whole before its end */
	struct dts_alike alike;
	struct dts_bulk *bulk;   /* the writers, once there was a chunk */
	struct dts_bulk_chunk *filling; /* the open chunk, unless this session applies it */

	/* The incremental phase: transactions of the source in one of the target */
	struct dts_parallel parallel;
	struct dts_position applied; /* committed at the target, or skipped as such: all up to there */
	struct dts_above above;      /* what an earlier run has made above the checkpoint, and that has not come yet */
	struct dts_position written; /* what the watermark says */
	struct dts_position marked;  /* scratch of dts_group_plan_mark() */
	struct dts_spill log;
	struct dts_apply_tx *txs;
	size_t tx_count, tx_cap;
	bool behind;             /* what is read is below the checkpoint */
	struct dts_pending_definition *pending; /* definitions to go in with the next transactions */
	size_t pending_count, pending_cap;
	uint64_t pending_first;  /* how many have gone in before these */
	uint64_t tx_definitions; /* their end when the open transaction began */
	bool group_open;         /* START TRANSACTION is planned or sent */
	bool tx_open, tx_skipped, tx_has_ddl;
	bool tx_above;           /* it is at the target already, above the checkpoint: its position counts, its changes do not */
	uint64_t tx_start;
	struct dts_exceptions exceptions;
	struct dts_exception *tx_exception; /* of the open transaction: its changes are passed over */
	struct dts_buf passed_ddl;   /* the statement among them */
	struct dts_plan plan;
	struct dts_conflict_log *conflict_log; /* shared with the workers */
	struct dts_resolver resolver;
	bool singly;             /* transactions go by themselves, change by change, with the resolver */
	struct dts_cascades cascades; /* read with the first change, and anew behind a statement */
	bool cascades_known;
	struct dts_keys keys; /* that are built after the data */
	struct dts_apply_schema_work *schema_work; /* schema_keys.c; NULL: there was none yet */
	bool checks_off_foreign, checks_off_unique; /* session settings as planned */
	struct dts_record again; /* entries of the log are parsed into this */

	struct dts_dry dry;

	uint64_t rows, change_count, transactions;
};

/* applier.c */
struct dts_apply_table *dts_applier_table(struct dts_applier *a, const struct dts_record *r, struct dts_error *err);
void dts_applier_unbind(struct dts_applier *a); /* after DDL: the target's tables are looked at again */
int dts_applier_bind(struct dts_applier *a, struct dts_apply_table *t, struct dts_error *err);
void dts_applier_notice(struct dts_applier *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* join.c: a stream of changes begins. */
int dts_join_stream(struct dts_applier *a, const struct dts_record *r, struct dts_error *err);
/* The checkpoint's source is the server that the stream is from, as far as both are known. */
int dts_applier_same_server(struct dts_applier *a, const struct dts_source_state *s, struct dts_error *err);
/* The checkpoint stands at other GTIDs than the stream begins behind. -1. */
int dts_applier_other_gtids(struct dts_applier *a, const struct dts_gtids *stream, const struct dts_gtids *stands,
			    struct dts_error *err);
/* Plans the start of a target transaction: START TRANSACTION and the guard. */
void dts_applier_plan_start(struct dts_applier *a);
/* Plans session settings as the flags of a change want them. */
void dts_applier_plan_checks(struct dts_applier *a, bool no_foreign, bool no_unique);
/* Runs the plan, then COMMIT; clears it. On failure rolls back. */
int dts_applier_commit(struct dts_applier *a, struct dts_error *err);
void dts_applier_rollback(struct dts_applier *a);

/* keys_wait.c: the high ends of the tables' windows, positions as JSON text, a row each. You free it. NULL: -1. */
MYSQL_RES *dts_window_ends(struct dts_applier *a, struct dts_error *err);

/* failover.c: has the stream's server taken the place of the checkpoint's? Then the checkpoint, `s` too, moves over: what it
 * knows by file and offset is let go; -1 where that is not passed yet, or the GTIDs are others. */
bool dts_failover_is_meant(const struct dts_applier *a, const struct dts_source_state *s);
int dts_failover_join(struct dts_applier *a, struct dts_source_state *s, const struct dts_position *pos, struct dts_error *err);

/* dry.c: a record of a dry run: 1: it goes the usual way; 0: it was looked at; -1. An error that does not end it: 0; else -1.
 * Its end: what would have happened, as far as it came; -1, too, if something would be refused. */
int dts_dry_record(struct dts_applier *a, const struct dts_record *r, uint64_t line, struct dts_error *err);
int dts_dry_problem(struct dts_applier *a, const struct dts_record *r, struct dts_error *err);
int dts_dry_tell(struct dts_applier *a, struct dts_error *err);
int dts_dry_end(struct dts_applier *a, struct dts_error *err);
void dts_dry_release(struct dts_dry *d);

/* chunk.c */
int dts_chunk_stream(struct dts_applier *a, const struct dts_record *r, struct dts_error *err);
int dts_chunk_begin(struct dts_applier *a, const struct dts_record *r, struct dts_error *err);
int dts_chunk_row(struct dts_applier *a, const struct dts_record *r, uint64_t line, struct dts_error *err);
int dts_chunk_end(struct dts_applier *a, const struct dts_record *r, struct dts_error *err);
/* Takes what there is of the open chunk's rows; 0 also when there is none. */
int dts_chunk_gather(struct dts_applier *a, struct dts_error *err);
/* Are the rows that were gathered right, as far as they came? The first fault of the
 * input is told, not the one that ended it. */
int dts_chunk_check_gathered(struct dts_applier *a, struct dts_error *err);
/* Waits for input, or for a stop signal. -1: a writer has failed. */
int dts_chunk_await(struct dts_applier *a, struct dts_error *err);
/* Waits until all chunks that were handed over are committed. */
int dts_chunk_drain(struct dts_applier *a, struct dts_error *err);
/* Plans the source's row in the checkpoint. */
void dts_chunk_plan_source(struct dts_applier *a, enum dts_phase phase, const struct dts_position *watermark);

/* alike.c: without a checkpoint all chunks must stand alike. -1, DTS_REFUSED: they do not,
 * as the manifest of a directory says at once, or a chunk at its beginning or end. */
int dts_alike_stream(struct dts_applier *a, struct dts_error *err);
int dts_alike_begin(struct dts_applier *a, const struct dts_position *low, struct dts_error *err);
int dts_alike_end(struct dts_applier *a, const struct dts_position *high, struct dts_error *err);
void dts_alike_reset(struct dts_applier *a); /* the next chunk is of another snapshot */

/* finish.c: the end of the full phase */
int dts_chunk_finish(struct dts_applier *a, const struct dts_record *r, struct dts_error *err);
int dts_chunk_load_windows(struct dts_applier *a, struct dts_apply_table *t, struct dts_error *err);

/* marks.c: which chunks are there. "checkpoint=... AND tbl=...": of the table at the source. */
void dts_marks_where(struct dts_applier *a, const struct dts_apply_table *t, struct dts_buf *sql);
/* Plans that all marks are void, since they are of another snapshot: their tables are to be emptied. */
int dts_marks_plan_void(struct dts_applier *a, struct dts_error *err);
/* Of one table, by its names at the source. */
void dts_marks_plan_void_table(struct dts_applier *a, struct dts_slice db, struct dts_slice table);
/* The first chunk of a table comes: empties it if its marks are void, else remembers
 * them; without any, its table must be empty. */
int dts_marks_begin_table(struct dts_applier *a, struct dts_apply_table *t, struct dts_error *err);
int dts_marks_empty_table(struct dts_applier *a, const struct dts_apply_table *t, struct dts_error *err);
/* Notes the chunk's id and bounds as far as they are known. */
void dts_marks_bounds(struct dts_applier *a, const struct dts_apply_table *t, const struct dts_record *r);
/* Is that chunk there? 1, 0; -1: it is, and was cut otherwise. At its end the rest is compared. */
int dts_marks_done(struct dts_applier *a, const struct dts_apply_table *t, struct dts_error *err);
int dts_marks_check_done(struct dts_applier *a, const struct dts_apply_table *t, const struct dts_record *end,
			 struct dts_error *err);
/* Appends the statement that marks the chunk as done; it writes one row. */
void dts_marks_add(struct dts_applier *a, const struct dts_apply_table *t, const struct dts_record *end,
		   const struct dts_position *high, struct dts_buf *sql);

/* known.c: the tables of a checkpoint. A schema record has come: of a snapshot whose full phase
 * has ended, -1 if it had not that table; of changes, notes it. */
int dts_known_look(struct dts_applier *a, const struct dts_record *r, struct dts_apply_table *t, struct dts_error *err);
/* Before a chunk of a snapshot that is there in part, or all: -1 if its rows were chosen otherwise. */
int dts_known_same_where(struct dts_applier *a, const struct dts_apply_table *t, struct dts_error *err);
/* Plans, at the end of a full phase, that the checkpoint knows all its tables. */
void dts_known_plan_all(struct dts_applier *a);
/* A change has come: -1 if its table was never loaded, behind what came before its transaction. */
int dts_known_change(struct dts_applier *a, const struct dts_record *r, struct dts_error *err);

/* actions.c: reads a->cascades, once. */
int dts_actions_load(struct dts_applier *a, struct dts_error *err);
/* Before a change of the table, which is bound, that foreign keys act on (no flag says that they do not, or that it is logged):
 * -1 if the target lacks one that acts at the source, of the table or on it. Looked at once. */
int dts_actions_check(struct dts_applier *a, struct dts_apply_table *t, bool no_foreign, struct dts_error *err);

/* group.c */
int dts_group_begin(struct dts_applier *a, const struct dts_record *r, struct dts_error *err);
int dts_group_change(struct dts_applier *a, const struct dts_record *r, uint64_t line, struct dts_error *err);
/* Does the open transaction hold a change of the table that this schema record is
 * about? 1, 0, -1. */
int dts_group_uses(struct dts_applier *a, const struct dts_record *schema, struct dts_error *err);
int dts_group_rollback(struct dts_applier *a, const struct dts_record *r, struct dts_error *err);
int dts_group_commit(struct dts_applier *a, const struct dts_record *r, struct dts_error *err);
int dts_group_heartbeat(struct dts_applier *a, const struct dts_record *r, struct dts_error *err);
/* Commits all finished transactions and writes the position; called before waiting for input. */
int dts_group_flush(struct dts_applier *a, struct dts_error *err);
/* Appends the `ack` record of a transaction, and the position behind it. */
void dts_group_add_ack(const struct dts_applier *a, struct dts_slice tx, const struct dts_position *pos, struct dts_buf *out);
/* Plans the mark: transactions [from, to) of the group, and all before, will be there when
 * this commits. */
void dts_group_plan_mark(struct dts_applier *a, size_t from, size_t to);
/* Plans the mark of the main session: `low`, and what a->above says. */
void dts_group_plan_low(struct dts_applier *a, struct dts_slice tx, const struct dts_position *low);

/* group_plan.c */
/* Does the change have this flag? */
bool dts_group_has_flag(const struct dts_record *r, const char *flag);
/* Plans the changes of a transaction's log entries. */
int dts_group_plan_tx(struct dts_applier *a, const struct dts_apply_tx *tx, struct dts_error *err);
/* Plans one change record under the rules of its table's window. */
int dts_group_plan_record(struct dts_applier *a, const struct dts_record *r, const struct dts_position *pos,
			  uint64_t line, struct dts_error *err);

/* exception.c: the open transaction's exception has been looked up: the records that replace it go into the log. */
int dts_exception_fill(struct dts_applier *a, uint64_t line, struct dts_error *err);
/* Plans that the transaction is an exception. */
int dts_exception_plan(struct dts_applier *a, const struct dts_exception *e, struct dts_slice tx, struct dts_error *err);
/* Says which of them did not come. */
int dts_exceptions_tell(struct dts_applier *a, struct dts_error *err);

/* ddl_window.c: a DDL statement at `pos` beside the windows of tables that are still open, or -1. */
enum dts_ddl_place {
	DTS_DDL_BEHIND_WINDOWS, /* there are none */
	DTS_DDL_BESIDE_WINDOWS, /* not of its tables */
	DTS_DDL_BEFORE_WINDOW,  /* its tables were read behind it: they show what it did */
	DTS_DDL_KEYS_IN_WINDOW, /* it makes or drops keys that are not unique, which is to be done */
	DTS_DDL_IN_WINDOW,      /* it cannot be told which rows know it */
};
int dts_ddl_window(struct dts_applier *a, const struct dts_ddl *ddl, struct dts_slice sql, unsigned flags,
		   struct dts_slice default_db, const struct dts_position *pos, struct dts_error *err);

/* ddl_index.c: the same of a statement that cannot be placed otherwise: DTS_DDL_KEYS_IN_WINDOW,
 * DTS_DDL_BEFORE_WINDOW where the target shows it, DTS_DDL_IN_WINDOW where it is about more than such keys. */
int dts_ddl_index_window(struct dts_applier *a, const struct dts_ddl *ddl, struct dts_slice sql, unsigned flags,
			 struct dts_slice default_db, struct dts_error *err);

/* definitions.c: the source's definitions, kept in the checkpoint. A schema record of a
 * stream of changes waits until its transaction commits ... */
int dts_definitions_note(struct dts_applier *a, const struct dts_record *r, const struct dts_apply_table *t, struct dts_error *err);
/* Does one of this table wait? */
bool dts_definitions_waits(struct dts_applier *a, const struct dts_schema *s);
bool dts_definitions_waiting(const struct dts_applier *a); /* does any? */
uint64_t dts_definitions_end(const struct dts_applier *a); /* a running number: what has been noted so far */
/* ... plans those up to `end` into its target transaction, drops them when it has
 * committed, or drops those behind `end` when it is taken back. */
void dts_definitions_plan(struct dts_applier *a, uint64_t end, const struct dts_position *pos);
void dts_definitions_done(struct dts_applier *a, uint64_t end);
void dts_definitions_cut(struct dts_applier *a, uint64_t end);
/* Plans a snapshot's table, once, as standing at `pos` (JSON text). */
int dts_definitions_plan_table(struct dts_applier *a, struct dts_apply_table *t, struct dts_slice pos, struct dts_error *err);
/* Plans that a DDL statement makes what is kept of its tables void; before dts_definitions_plan(). */
void dts_definitions_plan_ddl(struct dts_applier *a, const struct dts_ddl *ddl, struct dts_slice default_db);
void dts_definitions_release(struct dts_applier *a);

/* ddl.c: runs a transaction that holds a DDL statement, with its intent; commits. */
int dts_apply_ddl_tx(struct dts_applier *a, const struct dts_apply_tx *tx, struct dts_error *err);
/* ddl.c: plans what follows from a statement that is left out: what an earlier run meant to do, and what is
 * kept of its tables, is void. */
int dts_ddl_plan_passed(struct dts_applier *a, struct dts_slice line, struct dts_error *err);
/* ddl.c: would a statement of a stream of changes be run or passed over? 0; -1: it is refused. */
int dts_ddl_judge(struct dts_applier *a, struct dts_slice line, uint64_t input_line, struct dts_error *err);
/* schema.c: a statement of a schema stream, and a sequence's place. */
int dts_apply_schema_ddl(struct dts_applier *a, const struct dts_record *r, uint64_t line, struct dts_error *err);
int dts_apply_schema_setval(struct dts_applier *a, const struct dts_record *r, uint64_t line, struct dts_error *err);
/* schema_keys.c: runs what a schema stream has put off; before its end and before another stream. */
int dts_apply_schema_build(struct dts_applier *a, struct dts_error *err);
void dts_apply_schema_release(struct dts_applier *a);

/* ddl.c: what the objects of a ddl record look like at the target; runs it. Under a->origin. */
int dts_apply_ddl_look(struct dts_applier *a, struct dts_slice record, struct dts_buf *state, struct dts_error *err);
int dts_apply_ddl_held(struct dts_applier *a, struct dts_slice record, struct dts_error *err);

/* held.c: plans that the checkpoint keeps the ddl record of this transaction for the cut-over. */
void dts_held_plan(struct dts_applier *a, const struct dts_apply_tx *tx, struct dts_slice record);

/* prepared.c: stores, commits or drops prepared transactions; plans into the open group. */
int dts_prepared_plan(struct dts_applier *a, const struct dts_apply_tx *tx, struct dts_error *err);

#endif
