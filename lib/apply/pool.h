#ifndef DTS_APPLY_POOL_H
#define DTS_APPLY_POOL_H

#include "apply/unit.h"
#include "checkpoint/checkpoint.h"

/*
 * The incremental phase over several sessions. Units (unit.h) wait in a queue until the conflict
 * graph lets them run; each worker is a thread with a session of its own. One thread, the
 * caller's, fills units and hands them over; all functions here are its own to call.
 *
 * What is there is told by marks, one row a worker, in the unit's own transaction: the position up to which all
 * units are there, and the runs of those that the worker has made above it. From them a restart
 * knows exactly which transactions are there, and no worker waits for another's commit.
 */
struct dts_pool; /* opaque */
struct dts_conflict_log;

struct dts_pool_options {
	const struct dts_connect_options *server; /* borrowed */
	const struct dts_checkpoint *checkpoint;  /* NULL: none is kept; borrowed */
	struct dts_conflict_log *conflicts;       /* of changes that do not fit; borrowed */
	unsigned jobs;
	bool in_order; /* units are committed in the stream's order */
};

struct dts_pool *dts_pool_new(const struct dts_pool_options *options, struct dts_error *err);

/* What is queued is dropped, what runs is ended. NULL is fine. */
void dts_pool_free(struct dts_pool *p);

/* Tables are about to be bound anew or freed. Nothing may be unfinished. */
void dts_pool_forget_tables(struct dts_pool *p);

/* Another stream begins, whose checkpoint stands at `low`. Nothing may be unfinished. */
void dts_pool_begin(struct dts_pool *p, struct dts_slice src, const struct dts_position *low);

/* An empty unit to fill; never NULL. */
struct dts_unit *dts_pool_take(struct dts_pool *p);
void dts_pool_give_back(struct dts_pool *p, struct dts_unit *u);

/* Hands a unit over; waits for room. -1: a worker has failed, or a stop signal has come
 * (status DTS_OK): the unit is dropped. */
int dts_pool_put(struct dts_pool *p, struct dts_unit *u, struct dts_error *err);

/* Would a unit run at once, as far as workers go? */
bool dts_pool_idle(const struct dts_pool *p);

/* How many units are unfinished. */
size_t dts_pool_busy(struct dts_pool *p);

/* Waits until all that was handed over is done. -1: a worker has failed; what came before that is done as far as it goes. */
int dts_pool_drain(struct dts_pool *p, struct dts_error *err);

/* What has been done since it was asked last. */
struct dts_pool_news {
	struct dts_buf acks;        /* of transactions that are there, and all before them; the caller clears it */
	uint64_t changes, transactions;
	bool marked;                /* a mark says of `low` that all is there up to it */
};

/* Moves `low` to where all is there up to, and adds to `news`. -1: a worker has failed. */
int dts_pool_news(struct dts_pool *p, struct dts_position *low, struct dts_pool_news *news, struct dts_error *err);

/* Readable when there is news. */
int dts_pool_fd(const struct dts_pool *p);

#endif
