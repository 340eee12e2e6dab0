#include "dump/queue.h"

#include "unit.h"

static struct dts_shard *shard(uint64_t number, uint64_t weight)
{
	struct dts_shard *s = dts_shard_new(NULL, number, NULL, NULL);

	s->weight = weight;
	return s;
}

static uint64_t take(struct dts_queue *q, size_t reader, bool exact)
{
	struct dts_shard *s = dts_queue_take(q, reader, exact);
	uint64_t number = s ? s->number : 0;

	if (s)
		dts_queue_done(q, s);
	return number;
}

static void test_heaviest_first(void)
{
	struct dts_queue q;

	dts_queue_init(&q);
	CHECK_INT(0, take(&q, 0, true));
	dts_queue_put(&q, shard(1, 10));
	dts_queue_put(&q, shard(2, 30));
	dts_queue_put(&q, shard(3, 10));
	dts_queue_put(&q, shard(4, 20));
	CHECK_INT(2, take(&q, 0, true));
	CHECK_INT(4, take(&q, 0, true));
	CHECK_INT(1, take(&q, 0, true));
	CHECK_INT(3, take(&q, 0, true));
	CHECK_INT(0, take(&q, 0, true));
	dts_queue_release(&q);
}

static void test_not_everyone_may(void)
{
	struct dts_queue q;
	struct dts_shard *s;

	dts_queue_init(&q);
	s = shard(1, 30);
	s->reader = 2;
	dts_queue_put(&q, s);
	s = shard(2, 20);
	s->exact = true;
	dts_queue_put(&q, s);
	dts_queue_put(&q, shard(3, 10));
	CHECK_INT(3, take(&q, 0, false));
	CHECK_INT(0, take(&q, 0, false)); /* does not wait for what it may not have */
	CHECK_INT(2, take(&q, 1, true));
	CHECK_INT(0, take(&q, 1, true));
	CHECK_INT(1, take(&q, 2, false));
	dts_queue_put(&q, shard(4, 1));
	dts_queue_stop(&q);
	CHECK_INT(0, take(&q, 0, true));
	dts_queue_release(&q);
}

struct waiter {
	struct dts_queue *q;
	uint64_t got;
};

static void *wait_for_one(void *arg)
{
	struct waiter *w = arg;

	w->got = take(w->q, 1, true);
	return NULL;
}

static void until_hungry(struct dts_queue *q)
{
	while (!dts_queue_hungry(q)) {
	}
}

/* A reader without work waits for a part of what another one reads. */
static void test_waits_for_a_part(void)
{
	struct dts_queue q;
	struct waiter w = {.q = &q};
	pthread_t thread;

	dts_queue_init(&q);
	dts_queue_put(&q, shard(1, 10));
	CHECK(!dts_queue_hungry(&q));
	struct dts_shard *mine = dts_queue_take(&q, 0, true);
	CHECK(!dts_queue_hungry(&q));
	REQUIRE(pthread_create(&thread, NULL, wait_for_one, &w) == 0);
	until_hungry(&q);
	struct dts_shard *pinned = shard(5, 5);
	pinned->reader = 0;
	dts_queue_put(&q, pinned); /* of no use to the other */
	CHECK(dts_queue_hungry(&q));
	dts_queue_put(&q, shard(2, 5));
	pthread_join(thread, NULL);
	CHECK_INT(2, w.got);
	/* The end of the last one ends the waiting. */
	CHECK_INT(5, take(&q, 0, true));
	REQUIRE(pthread_create(&thread, NULL, wait_for_one, &w) == 0);
	until_hungry(&q);
	dts_queue_done(&q, mine);
	pthread_join(thread, NULL);
	CHECK_INT(0, w.got);
	dts_queue_release(&q);
}

int main(void)
{
	RUN(test_heaviest_first);
	RUN(test_not_everyone_may);
	RUN(test_waits_for_a_part);
	return unit_done();
}
