#ifndef DTS_APPLY_PARALLEL_H
#define DTS_APPLY_PARALLEL_H

#include "apply/pool.h"

struct dts_applier;

/*
 * Transactions on their way to the workers: the stream's side of pool.h. Those that hold nothing but changes of
 * rows are gathered into units; all others, and such as are too large to wait
 * in memory, go the way of group.c, when all before them is done.
 */
struct dts_parallel {
	struct dts_pool *pool;       /* NULL: all go the way of group.c */
	struct dts_conflicts *conflicts;
	struct dts_unit *tx;         /* the open transaction */
	struct dts_unit *unit;       /* whole ones, to be handed over */
	struct dts_position read;    /* where the checkpoint will stand behind the last of them */
	struct dts_position begin;   /* of the open transaction */
	struct dts_pool_news news;
	bool tx_here;                /* the open transaction is gathered in `tx` */
	bool forgotten;              /* tables are to be bound anew since it began: what was gathered by them goes the other way */
	bool unfinished;             /* units have been handed over since it was drained */
	long long unit_since;        /* ms */
};

int dts_parallel_start(struct dts_applier *a, struct dts_error *err);
void dts_parallel_release(struct dts_parallel *p);

/* A stream of changes goes on from a->applied. */
void dts_parallel_join(struct dts_applier *a);

/* After DDL: tables may have other keys. */
void dts_parallel_forget_tables(struct dts_applier *a);

/* The open transaction's records. change: 1: gathered; 0: it must go the other way, and what was gathered of
 * it has gone into a->log; -1. commit: 1: it is on its way, 0: as before, -1. */
void dts_parallel_begin(struct dts_applier *a, const struct dts_position *pos);
int dts_parallel_change(struct dts_applier *a, const struct dts_record *r, uint64_t line, struct dts_error *err);
int dts_parallel_commit(struct dts_applier *a, const struct dts_record *r, const struct dts_position *pos, struct dts_error *err);

/* Does the open transaction hold a change of that table? */
bool dts_parallel_uses(const struct dts_applier *a, const struct dts_record *schema);

/* The input makes us wait: what is whole goes to a worker that is free. */
int dts_parallel_push(struct dts_applier *a, struct dts_error *err);

/* Acks, and errors of the workers. */
int dts_parallel_news(struct dts_applier *a, struct dts_error *err);

/* All that was gathered is at the target, and a->applied behind it. */
int dts_parallel_flush(struct dts_applier *a, struct dts_error *err);

/* Is anything gathered or on its way? */
bool dts_parallel_busy(const struct dts_applier *a);

#endif
