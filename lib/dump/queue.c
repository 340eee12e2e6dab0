#include "dump/queue.h"

#include <stdlib.h>

struct dts_shard *dts_shard_new(struct dts_dump_table *table, uint64_t number, const struct dts_bound *after,
				const struct dts_bound *upto)
{
	struct dts_shard *shard = dts_zalloc(1, sizeof *shard);

	shard->table = table;
	shard->number = number;
	shard->reader = DTS_ANY_READER;
	if (after)
		dts_bound_copy(&shard->after, after);
	if (upto)
		dts_bound_copy(&shard->upto, upto);
	return shard;
}

void dts_shard_free(struct dts_shard *shard)
{
	if (!shard)
		return;
	dts_bound_release(&shard->after);
	dts_bound_release(&shard->upto);
	free(shard);
}

void dts_queue_init(struct dts_queue *q)
{
	*q = (struct dts_queue){0};
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->changed, NULL);
}

void dts_queue_release(struct dts_queue *q)
{
	while (q->first) {
		struct dts_shard *next = q->first->next;
		dts_shard_free(q->first);
		q->first = next;
	}
	pthread_mutex_destroy(&q->lock);
	pthread_cond_destroy(&q->changed);
}

static bool is_open(const struct dts_shard *shard)
{
	return shard->reader == DTS_ANY_READER && !shard->exact;
}

void dts_queue_put(struct dts_queue *q, struct dts_shard *shard)
{
	struct dts_shard **at = &q->first;

	pthread_mutex_lock(&q->lock);
	while (*at && (*at)->weight >= shard->weight)
		at = &(*at)->next;
	shard->next = *at;
	*at = shard;
	q->open += is_open(shard);
	/* Not all may take it: the one who may has to wake up. */
	pthread_cond_broadcast(&q->changed);
	pthread_mutex_unlock(&q->lock);
}

static struct dts_shard *find(struct dts_queue *q, size_t reader, bool exact)
{
	for (struct dts_shard **at = &q->first; *at; at = &(*at)->next) {
		struct dts_shard *shard = *at;
		if ((shard->reader != DTS_ANY_READER && shard->reader != reader) || (shard->exact && !exact))
			continue;
		*at = shard->next;
		shard->next = NULL;
		q->open -= is_open(shard);
		return shard;
	}
	return NULL;
}

struct dts_shard *dts_queue_take(struct dts_queue *q, size_t reader, bool exact)
{
	struct dts_shard *shard = NULL;

	pthread_mutex_lock(&q->lock);
	q->waiting++;
	/* What only others may take does not keep us: they will not give any of it away. But
	 * while somebody reads, the queue may get more. */
	while (!q->stopped && !(shard = find(q, reader, exact)) && q->taken > 0)
		pthread_cond_wait(&q->changed, &q->lock);
	q->waiting--;
	if (shard)
		q->taken++;
	pthread_mutex_unlock(&q->lock);
	return shard;
}

void dts_queue_done(struct dts_queue *q, struct dts_shard *shard)
{
	pthread_mutex_lock(&q->lock);
	if (--q->taken == 0)
		pthread_cond_broadcast(&q->changed);
	pthread_mutex_unlock(&q->lock);
	dts_shard_free(shard);
}

bool dts_queue_hungry(struct dts_queue *q)
{
	pthread_mutex_lock(&q->lock);
	bool hungry = q->waiting > q->open;
	pthread_mutex_unlock(&q->lock);
	return hungry;
}

void dts_queue_stop(struct dts_queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->stopped = true;
	pthread_cond_broadcast(&q->changed);
	pthread_mutex_unlock(&q->lock);
}
