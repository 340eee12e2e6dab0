#ifndef DTS_BINLOG_TX_H
#define DTS_BINLOG_TX_H

#include "binlog/event.h"
#include "record/position.h"

/*
 * One transaction of the source as records: begin, changes with their ordinals,
 * rollback to savepoints, and how it ended. Records are appended to a buffer; `begin`
 * is held back until there is something to say, so that a transaction of which
 * nothing is wanted leaves no records.
 */
struct dts_savepoint {
	struct dts_buf name; /* as the statement has it, without quotes */
	uint64_t n;          /* changes before it */
};

struct dts_tx {
	struct dts_slice src_json; /* the name of the source as a JSON string; borrowed */
	uint64_t records;          /* appended so far, of all kinds; callers add their own */

	bool open;    /* between begin and its end */
	bool printed; /* `begin` has been appended */
	uint64_t n;   /* changes so far, as rolled back */
	struct dts_buf id;    /* "0-1-6" */
	struct dts_buf begin; /* the held record */
	size_t begin_tail;    /* where in it `origin` would stand */
	bool has_origin;
	struct dts_savepoint *savepoints; /* the first savepoint_count are in use */
	size_t savepoint_count, savepoint_cap;
};

void dts_tx_release(struct dts_tx *t);

/* A transaction begins. `id` is its name, `time` microseconds since 1970 (0: unknown). */
void dts_tx_begin(struct dts_tx *t, struct dts_slice id, uint64_t time, const struct dts_position *start);

/* The transaction was written by an applier, of changes of that source: the held `begin` will say so. Of two
 * the first counts; nothing happens once it has been appended. */
void dts_tx_origin(struct dts_tx *t, struct dts_slice src);

/* Before a change or DDL record is appended: appends a held `begin`, counts the change and
 * returns its ordinal. */
uint64_t dts_tx_change(struct dts_tx *t, struct dts_buf *out);

/* SAVEPOINT; one of the same name (any case) is replaced. */
void dts_tx_savepoint(struct dts_tx *t, struct dts_slice name);

/* ROLLBACK TO SAVEPOINT. -1 (DTS_BAD_INPUT) when there is none of that name. */
int dts_tx_rollback_to(struct dts_tx *t, struct dts_slice name, struct dts_buf *out, struct dts_error *err);

/* Its end; nothing is appended where nothing was printed. `end` is behind its last event, and has a
 * GTID position only where that is to be told. */
void dts_tx_commit(struct dts_tx *t, const struct dts_position *end, struct dts_buf *out);
void dts_tx_prepare(struct dts_tx *t, const struct dts_xid *xid, const struct dts_position *end,
		    struct dts_buf *out);
void dts_tx_rollback(struct dts_tx *t, struct dts_buf *out); /* it is void */

/* The open transaction is nothing but the decision about a prepared one, `xid`
 * as dts_xid_add() writes it. */
void dts_tx_decide(struct dts_tx *t, bool commit, struct dts_slice xid, const struct dts_position *end,
		   struct dts_buf *out);

/* Appends seconds since 1970 as "2026-01-31T10:31:00Z", with quotes. Beyond the year 9999 they are its last. */
void dts_time_add(struct dts_buf *b, uint64_t seconds);

#endif
