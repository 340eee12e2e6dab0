#ifndef DTS_APPLY_APPLIER_H
#define DTS_APPLY_APPLIER_H

#include "apply/table.h"
#include "apply/policy.h"
#include "base/output.h"
#include "mysql/session.h"
#include "record/stream.h"

/* What to do with DDL of views, routines, triggers, events and accounts. */
enum dts_other_ddl { DTS_OTHER_STOP, DTS_OTHER_SKIP, DTS_OTHER_APPLY, DTS_OTHER_HOLD };

/* What to do with a DDL statement that a crash left in doubt. */
enum dts_doubt { DTS_DOUBT_ASK, DTS_DOUBT_DONE, DTS_DOUBT_REDO };

struct dts_apply_options {
	const char *checkpoint;    /* name; NULL: none is kept */
	const char *checkpoint_db;
	bool no_checkpoint;        /* changes without one: asked for */
	bool new_checkpoint;       /* changes may begin one, without a full phase */
	bool allow_nontransactional, allow_triggers, allow_extra_columns, allow_versioned, allow_nonempty;
	enum dts_other_ddl other_ddl;
	enum dts_doubt doubt;
	const struct dts_connect_options *server; /* for writers and workers; borrowed */
	uint64_t jobs;             /* of them, at most; and workers of the incremental phase */
	bool serial;               /* the incremental phase without workers */
	bool in_order;             /* workers commit in the stream's order */
	const struct dts_list *skip_txs;    /* ids of transactions to leave out */
	const struct dts_list *replace_txs; /* "ID=FILE": to be made as the file says */
	const char *reason;        /* why, for the record */
	struct dts_conflict_policy on_conflict; /* borrowed, what it points to */
	uint64_t lock_wait;        /* seconds to wait for a dying run */
	uint64_t group_bytes;      /* records gathered into one target transaction at most */
	struct dts_output *print;  /* gets the statements, which are not run; NULL: they are */
	struct dts_output *summary; /* a dry run: gets what would happen, and nothing does; `print` is then where statements are lost */
	struct dts_output *ack;    /* gets an `ack` record after each commit; NULL: none */
	void (*notice)(const char *text); /* for people, one line */
	bool keys_after;           /* secondary and foreign keys of empty tables are built when their rows are there */
	void (*key_progress)(const char *table, unsigned tables, unsigned of); /* this table's keys are being built now */
	void (*progress)(uint64_t rows, uint64_t changes, uint64_t transactions);
};

struct dts_applier; /* opaque */

/*
 * Runs the statements that the checkpoint holds (DTS_OTHER_HOLD), in order, each once whatever crashes in between.
 * `a` was made without a stream, which is NULL. The first that the target refuses ends it, with DTS_REFUSED.
 */
int dts_applier_cut_over(struct dts_applier *a, struct dts_error *err);

/*
 * Writes a record stream to the target: chunks as one transaction each,
 * transactions in source order, DDL between them. Takes the checkpoint (lock and
 * epoch) at once, before anything is read. Session and stream are borrowed.
 */
struct dts_applier *dts_applier_new(struct dts_session *session, struct dts_stream *stream,
				    const struct dts_apply_options *options, struct dts_error *err);

/*
 * Applies until the input ends, an error, or a stop signal: at a stop, whole
 * transactions that were read are committed and *stopped tells the signal.
 * Whole transactions before an error in the input are committed, too.
 */
int dts_applier_run(struct dts_applier *a, int *stopped, struct dts_error *err);

void dts_applier_free(struct dts_applier *a);

#endif
