#include "apply/pool.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "apply/worker.h"
#include "base/signals.h"

enum {
	QUEUE_BYTES = 40 * 1024 * 1024, /* of units: what is allowed for a worker is what its session takes */
	SPARE_BYTES = 4 * 1024 * 1024,  /* a unit of more is not kept for the next one */
	LOOK_MS = 200,                  /* a stop signal does not end a wait for a condition */
	TURN_MS = 50, /* in order: so long a finished unit keeps its locks, one of which an earlier one may wait for */
};

struct thread {
	struct dts_pool *pool;
	struct dts_worker worker;
	pthread_t thread;
};

struct dts_pool {
	struct dts_pool_options options;
	struct dts_buf src;
	struct thread *threads;
	unsigned started;
	int fd;

	pthread_mutex_t lock; /* for all from here on */
	pthread_cond_t work;  /* for workers: there may be something to do */
	pthread_cond_t done;  /* a unit is done */
	struct dts_graph *graph;
	struct dts_unit *first, **last; /* in the stream's order, from the first that is not done on */
	struct dts_unit *by_node[DTS_GRAPH_NODES];
	struct dts_unit *spare;
	size_t spares, units, runs, ready; /* units in the queue; of them: at a worker, waiting for one */
	size_t bytes;
	bool stop, told;       /* told: fd is readable */
	atomic_bool idle;      /* a worker has nothing to do */
	struct dts_position low; /* all up to there is at the target */
	struct dts_pool_news news;

	const struct dts_unit *failed; /* the first that could not be made: none behind it is begun */
	struct dts_error err;
};

/* --- units: all under the lock */

static void keep_or_free(struct dts_pool *p, struct dts_unit *u)
{
	if (p->spares > 2 * p->options.jobs || dts_unit_memory(u) > SPARE_BYTES) {
		dts_unit_free(u);
		return;
	}
	u->next = p->spare;
	p->spare = u;
	p->spares++;
}

static void tell(struct dts_pool *p)
{
	const uint64_t one = 1;

	pthread_cond_broadcast(&p->done);
	if (!p->told && write(p->fd, &one, sizeof one) == (ssize_t)sizeof one)
		p->told = true;
}

static void look_idle(struct dts_pool *p)
{
	atomic_store(&p->idle, p->runs + p->ready < p->options.jobs);
}

/* All up to the first that is not done is there. */
static void advance(struct dts_pool *p)
{
	while (p->first && p->first->state == DTS_UNIT_DONE) {
		struct dts_unit *u = p->first;
		p->first = u->next;
		if (!p->first)
			p->last = &p->first;
		dts_position_copy(&p->low, &u->end);
		p->news.marked = u->said_low;
		dts_buf_add_slice(&p->news.acks, dts_buf_slice(&u->acks));
		p->units--;
		p->bytes -= dts_unit_memory(u);
		keep_or_free(p, u);
	}
}

static void make_ready(struct dts_pool *p, struct dts_unit *u)
{
	u->state = DTS_UNIT_READY;
	p->ready++;
	pthread_cond_signal(&p->work);
}

static void finish(struct dts_pool *p, struct dts_unit *u, bool made)
{
	if (made) {
		uint64_t runnable = dts_graph_finish(p->graph, u->node);
		p->by_node[u->node] = NULL;
		u->state = DTS_UNIT_DONE;
		p->news.changes += u->count;
		for (unsigned node = 0; node < DTS_GRAPH_NODES; node++)
			if (runnable >> node & 1)
				make_ready(p, p->by_node[node]);
		advance(p);
	}
	look_idle(p);
	tell(p);
}

/* Does `a` come before `b` in the stream? */
static bool is_before(const struct dts_pool *p, const struct dts_unit *a, const struct dts_unit *b)
{
	const struct dts_unit *u = p->first;

	while (u && u != a && u != b)
		u = u->next;
	return u == a && a != b;
}

static void fail(struct dts_pool *p, const struct dts_unit *u, const struct dts_error *err)
{
	if (p->failed && !is_before(p, u, p->failed))
		return;
	p->failed = u;
	p->err = *err;
	pthread_cond_broadcast(&p->done); /* whoever waits for its turn */
}

/* The next unit for a worker, or NULL. */
static struct dts_unit *choose(struct dts_pool *p)
{
	for (struct dts_unit *u = p->first; u && u != p->failed; u = u->next)
		if (u->state == DTS_UNIT_READY)
			return u;
	return NULL;
}

/* --- what workers ask */

/* The run of transactions [0, upto) of the unit. */
static void add_run(struct dts_buf *text, const struct dts_unit *u, size_t upto, const struct dts_position *end)
{
	struct dts_run_ids ids = {0};

	if (upto < u->tx_count && dts_gtids_known(&u->end.gtid))
		for (size_t i = 0; i < upto; i++)
			dts_run_ids_add(&ids, dts_unit_tx_name(u, i));
	dts_buf_adds(text, text->len > 1 ? "," : "");
	dts_run_add(text, &u->begin, end, upto < u->tx_count ? &ids : &u->ids);
	dts_run_ids_release(&ids);
}

/* Where a checkpoint stands behind transactions [0, upto) of the unit. */
static void end_of(const struct dts_unit *u, size_t upto, struct dts_position *end)
{
	dts_position_copy(end, upto == u->tx_count ? &u->end : &u->before);
	if (upto < u->tx_count)
		dts_unit_follow(u, 0, upto, end);
}

static void add_made(struct dts_buf *text, const struct dts_unit *u)
{
	struct dts_position end = {0};

	end_of(u, u->made, &end);
	add_run(text, u, u->made, &end);
	dts_position_release(&end);
}

static void add_mark(void *arg, struct dts_worker *w, struct dts_unit *u, size_t upto, struct dts_buf *sql)
{
	struct dts_pool *p = arg;
	struct dts_position end = {0}, low = {0};
	struct dts_buf above = {0};

	if (!p->options.checkpoint)
		return;
	end_of(u, upto, &end);
	dts_buf_addc(&above, '[');
	pthread_mutex_lock(&p->lock);
	dts_position_copy(&low, p->first == u ? &end : &p->low);
	u->said_low = p->first == u;
	if (p->first != u)
		add_run(&above, u, upto, &end);
	/* Of one that was refused a part may be there, while the worker makes what comes before it. */
	for (const struct dts_unit *d = p->first; d; d = d->next)
		if (d != u && d->made > 0 && d->worker == w->number)
			add_made(&above, d);
	pthread_mutex_unlock(&p->lock);
	dts_buf_addc(&above, ']');
	dts_checkpoint_add_mark(p->options.checkpoint, dts_buf_slice(&p->src), w->number, dts_unit_tx_name(u, upto - 1), &low,
				dts_buf_slice(&above), sql);
	dts_position_release(&end);
	dts_position_release(&low);
	dts_buf_release(&above);
}

static struct timespec in_ms(long ms)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_nsec += ms * 1000000L;
	t.tv_sec += t.tv_nsec / 1000000000L;
	t.tv_nsec %= 1000000000L;
	return t;
}

static int wait_turn(void *arg, const struct dts_unit *u, bool released)
{
	struct dts_pool *p = arg;
	struct timespec until = in_ms(TURN_MS);
	int late = 0;

	if (!p->options.in_order)
		return 0;
	pthread_mutex_lock(&p->lock);
	while (p->first != u && !late && !p->stop && !(p->failed && is_before(p, p->failed, u)))
		if (released)
			pthread_cond_wait(&p->done, &p->lock);
		else
			late = pthread_cond_timedwait(&p->done, &p->lock, &until) == ETIMEDOUT;
	int rc = p->first == u ? 0 : late ? 1 : -1;
	pthread_mutex_unlock(&p->lock);
	return rc;
}

/* --- threads */

static void make_one(struct dts_pool *p, struct dts_worker *w, struct dts_unit *u)
{
	struct dts_error err = DTS_ERROR_INIT;
	size_t made;

	u->state = DTS_UNIT_RUNS;
	u->worker = w->number;
	p->runs++;
	p->ready--;
	pthread_mutex_unlock(&p->lock);
	int rc = dts_worker_make(w, u, &made, &err);
	pthread_mutex_lock(&p->lock);
	p->runs--;
	u->made = made;
	p->news.transactions += made;
	if (rc < 0)
		fail(p, u, &err);
	finish(p, u, rc == 0);
}

static void *make_units(void *arg)
{
	struct thread *t = arg;
	struct dts_pool *p = t->pool;

	mysql_thread_init();
	pthread_mutex_lock(&p->lock);
	while (!p->stop) {
		struct dts_unit *u = choose(p);
		if (u)
			make_one(p, &t->worker, u);
		else
			pthread_cond_wait(&p->work, &p->lock);
	}
	pthread_mutex_unlock(&p->lock);
	mysql_thread_end();
	return NULL;
}

/* How tests make workers overtake each other. */
static unsigned asked_delay(void)
{
	const char *ms = getenv("DTS_APPLY_DELAY_MS");

	return ms ? (unsigned)strtoul(ms, NULL, 10) : 0;
}

static int start_worker(struct dts_pool *p, struct dts_error *err)
{
	struct thread *t = &p->threads[p->started];
	sigset_t all, before;

	*t = (struct thread){.pool = p};
	t->worker.number = p->started + 1;
	t->worker.src = &p->src;
	t->worker.resolver.log = p->options.conflicts;
	t->worker.mark = add_mark;
	t->worker.turn = wait_turn;
	t->worker.arg = p;
	t->worker.delay_ms = asked_delay();
	t->worker.seed = (unsigned)getpid() + t->worker.number;
	if (dts_worker_open(&t->worker, p->options.server, err) < 0) {
		dts_worker_close(&t->worker);
		return -1;
	}
	/* Signals are the caller's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int failed = pthread_create(&t->thread, NULL, make_units, t);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed) {
		dts_worker_close(&t->worker);
		return dts_fail(err, DTS_AGAIN, "cannot start a thread: %s", strerror(failed));
	}
	p->started++;
	return 0;
}

/* --- the caller's side */

/* The text of a large unit has its pages to itself: it grows without being copied, and is given back when it is done. (glibc
 * would stop doing so after the first one.) */
static void map_large_blocks(void)
{
#ifdef M_MMAP_THRESHOLD
	mallopt(M_MMAP_THRESHOLD, 1024 * 1024);
#endif
}

struct dts_pool *dts_pool_new(const struct dts_pool_options *options, struct dts_error *err)
{
	struct dts_pool *p = dts_zalloc(1, sizeof *p);

	map_large_blocks();

	p->options = *options;
	p->last = &p->first;
	p->threads = dts_zalloc(options->jobs, sizeof *p->threads);
	p->graph = dts_graph_new();
	atomic_store(&p->idle, true);
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->work, NULL);
	pthread_cond_init(&p->done, NULL);
	p->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p->fd >= 0)
		return p;
	dts_fail_errno(err, "cannot make an event");
	dts_pool_free(p);
	return NULL;
}

void dts_pool_free(struct dts_pool *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->stop = true;
	pthread_cond_broadcast(&p->work);
	pthread_cond_broadcast(&p->done);
	pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->started; i++) {
		pthread_join(p->threads[i].thread, NULL);
		dts_worker_close(&p->threads[i].worker);
	}
	*p->last = p->spare;
	while (p->first) {
		struct dts_unit *u = p->first;
		p->first = u->next;
		dts_unit_free(u);
	}
	if (p->fd >= 0)
		close(p->fd);
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->work);
	pthread_cond_destroy(&p->done);
	dts_graph_free(p->graph);
	dts_position_release(&p->low);
	dts_buf_release(&p->news.acks);
	dts_buf_release(&p->src);
	free(p->threads);
	free(p);
}

void dts_pool_forget_tables(struct dts_pool *p)
{
	pthread_mutex_lock(&p->lock);
	for (unsigned i = 0; i < p->started; i++)
		dts_batch_forget(p->threads[i].worker.batch);
	pthread_mutex_unlock(&p->lock);
}

void dts_pool_begin(struct dts_pool *p, struct dts_slice src, const struct dts_position *low)
{
	pthread_mutex_lock(&p->lock);
	dts_buf_clear(&p->src);
	dts_buf_add_slice(&p->src, src);
	dts_position_copy(&p->low, low);
	p->news.marked = false;
	pthread_mutex_unlock(&p->lock);
}

struct dts_unit *dts_pool_take(struct dts_pool *p)
{
	pthread_mutex_lock(&p->lock);
	struct dts_unit *u = p->spare;
	if (u) {
		p->spare = u->next;
		p->spares--;
	}
	pthread_mutex_unlock(&p->lock);
	if (!u)
		u = dts_zalloc(1, sizeof *u);
	dts_unit_clear(u);
	return u;
}

void dts_pool_give_back(struct dts_pool *p, struct dts_unit *u)
{
	pthread_mutex_lock(&p->lock);
	keep_or_free(p, u);
	pthread_mutex_unlock(&p->lock);
}

static int tell_failed(const struct dts_pool *p, struct dts_error *err)
{
	*err = p->err;
	return -1;
}

/* Waits for a unit to be done. */
static void wait_done(struct dts_pool *p)
{
	struct timespec until = in_ms(LOOK_MS);

	pthread_cond_timedwait(&p->done, &p->lock, &until);
}

static bool is_full(const struct dts_pool *p, const struct dts_unit *u)
{
	return p->units >= DTS_GRAPH_NODES ||
	       (p->units > 0 && p->bytes + dts_unit_memory(u) > QUEUE_BYTES);
}

static void queue(struct dts_pool *p, struct dts_unit *u)
{
	bool waits;

	u->next = NULL;
	u->made = 0;
	*p->last = u;
	p->last = &u->next;
	p->units++;
	p->bytes += dts_unit_memory(u);
	u->node = dts_graph_add(p->graph, u->claims.items, u->claims.count, &waits);
	p->by_node[u->node] = u;
	u->state = DTS_UNIT_WAITS;
	if (!waits)
		make_ready(p, u);
	look_idle(p);
}

int dts_pool_put(struct dts_pool *p, struct dts_unit *u, struct dts_error *err)
{
	int rc = 0;

	dts_unit_close(u);
	pthread_mutex_lock(&p->lock);
	while (!p->failed && is_full(p, u) && !dts_signals_stop())
		wait_done(p);
	if (p->failed)
		rc = tell_failed(p, err);
	else if (is_full(p, u))
		rc = dts_fail(err, DTS_OK, "stopped");
	if (rc < 0)
		keep_or_free(p, u);
	else
		queue(p, u);
	bool start = rc == 0 && p->started < p->options.jobs && p->ready + p->runs > p->started;
	pthread_mutex_unlock(&p->lock);
	if (!start || start_worker(p, err) == 0)
		return rc;
	/* There may be nobody to make it. */
	pthread_mutex_lock(&p->lock);
	fail(p, u, err);
	pthread_mutex_unlock(&p->lock);
	return -1;
}

bool dts_pool_idle(const struct dts_pool *p)
{
	return atomic_load(&p->idle);
}

size_t dts_pool_busy(struct dts_pool *p)
{
	pthread_mutex_lock(&p->lock);
	size_t units = p->units;
	pthread_mutex_unlock(&p->lock);
	return units;
}

int dts_pool_drain(struct dts_pool *p, struct dts_error *err)
{
	int rc = 0;

	pthread_mutex_lock(&p->lock);
	/* After a failure: what runs, and what comes before it. */
	while (p->failed ? p->runs > 0 || (p->started > 0 && choose(p)) : p->units > 0)
		wait_done(p);
	if (p->failed)
		rc = tell_failed(p, err);
	pthread_mutex_unlock(&p->lock);
	return rc;
}

int dts_pool_news(struct dts_pool *p, struct dts_position *low, struct dts_pool_news *news, struct dts_error *err)
{
	uint64_t count;
	int rc = 0;

	pthread_mutex_lock(&p->lock);
	if (p->told && read(p->fd, &count, sizeof count) == (ssize_t)sizeof count)
		p->told = false;
	dts_position_copy(low, &p->low);
	dts_buf_add_slice(&news->acks, dts_buf_slice(&p->news.acks));
	dts_buf_clear(&p->news.acks);
	news->changes += p->news.changes;
	news->transactions += p->news.transactions;
	news->marked = p->news.marked;
	p->news.changes = p->news.transactions = 0;
	if (p->failed)
		rc = tell_failed(p, err);
	pthread_mutex_unlock(&p->lock);
	return rc;
}

int dts_pool_fd(const struct dts_pool *p)
{
	return p->fd;
}
