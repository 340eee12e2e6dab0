#ifndef DTS_DUMP_QUEUE_H
#define DTS_DUMP_QUEUE_H

#include <pthread.h>

#include "mysql/keyrange.h"

/*
 * What the readers of a dump have still to read: shards, each a range of a
 * table's rows. A reader takes the heaviest one that it may read. One that finds
 * nothing waits, for a reader that is at work may give a part of its shard away.
 */
struct dts_shard {
	struct dts_shard *next;       /* in the queue */
	struct dts_dump_table *table; /* borrowed */
	struct dts_bound after, upto;
	uint64_t number; /* of this table's shards, from 1 */
	uint64_t weight; /* bytes, more or less */
	size_t reader;   /* DTS_ANY_READER, or the only one that may read it */
	bool exact;      /* only a reader that knows its position exactly may */
};

#define DTS_ANY_READER SIZE_MAX

/* All zero but for what is given, which is copied. */
struct dts_shard *dts_shard_new(struct dts_dump_table *table, uint64_t number, const struct dts_bound *after,
				const struct dts_bound *upto);
void dts_shard_free(struct dts_shard *shard); /* NULL is fine */

struct dts_queue {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct dts_shard *first; /* the heaviest; of equals that which came first */
	size_t open;             /* shards in the list that any reader may take */
	size_t taken;            /* shards that are being read */
	size_t waiting;          /* readers */
	bool stopped;
};

void dts_queue_init(struct dts_queue *q);
void dts_queue_release(struct dts_queue *q); /* with what is left in it */

/* The queue's from here on. */
void dts_queue_put(struct dts_queue *q, struct dts_shard *shard);

/* The next shard for this reader, who owns it and ends it with dts_queue_done(). Waits
 * while there is none and others still read. NULL: that was all, or dts_queue_stop(). */
struct dts_shard *dts_queue_take(struct dts_queue *q, size_t reader, bool exact);
void dts_queue_done(struct dts_queue *q, struct dts_shard *shard); /* frees it */

/* Is there a reader for whom nothing is left? */
bool dts_queue_hungry(struct dts_queue *q);

/* Nobody gets anything any more. */
void dts_queue_stop(struct dts_queue *q);

#endif
