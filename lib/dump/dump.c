#include "dump/dump.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { THROTTLE_PATIENCE = 5, THROTTLE_AGAIN = 600 }; /* seconds that --throttle waits without a word */

static int prepare_session(struct dts_session *s, struct dts_error *err)
{
	/* A consumer that is slow for hours must not end the dump; raw bytes, since
	 * the conversion to UTF-8 is ours. Names of the catalog are UTF-8 anyway. */
	if (dts_session_runf(s, err, "SET SESSION net_write_timeout=86400, wait_timeout=%d, lock_wait_timeout=3",
			     DTS_DUMP_IDLE_SECONDS) < 0)
		return -1;
	return dts_session_raw_text(s, true, err);
}

/* Each table's own part, for the readers to share. */
static void list_items(struct dts_dump *d)
{
	d->items = dts_zalloc(d->tables.count + 1, sizeof *d->items);
	for (size_t i = 0; i < d->tables.count; i++) {
		struct dts_dump_table *t = &d->items[i];
		t->table = &d->tables.items[i];
		t->reader = DTS_ANY_READER;
		t->ranges = dts_zalloc(1, sizeof *t->ranges);
		t->range_count = 1;
		pthread_mutex_init(&t->opening, NULL);
	}
}

int dts_dump_open(struct dts_dump *d, const struct dts_session *s, struct dts_source *source,
		  const struct dts_dump_options *options, struct dts_error *err)
{
	*d = (struct dts_dump){.source = source, .options = options, .count = options->jobs, .ended = -1};
	d->sessions = dts_zalloc(d->count, sizeof *d->sessions);
	d->at = dts_zalloc(d->count, sizeof *d->at);
	d->sessions[0] = *s;
	dts_queue_init(&d->queue);
	dts_pace_init(&d->pace, options->limit_rate);
	pthread_mutex_init(&d->failing, NULL);
	for (size_t i = 0; i < d->count; i++)
		if ((i > 0 && dts_session_open(&d->sessions[i], options->connect, err) < 0) ||
		    prepare_session(&d->sessions[i], err) < 0)
			return -1;
	/* Before anybody has to wait for our locks: are there such variables? */
	if (dts_throttle_ask(options->throttle, &d->sessions[0], &d->throttled_by, err) < 0 || dts_dump_snapshot(d, err) < 0)
		return -1;
	d->throttled_by = NULL;
	list_items(d);
	if (source->windowed && dts_dump_assign(d, err) < 0)
		return -1;
	return dts_dump_rules_check(options->rules, &d->sessions[0], &d->tables, err) < 0 ? -1 : dts_dump_open_doubtful(d, err);
}

struct job {
	struct dts_dump *dump;
	size_t reader;
	pthread_t thread;
};

static void *work(void *arg)
{
	struct job *job = arg;
	struct dts_dump *d = job->dump;
	struct dts_error err = DTS_ERROR_INIT;
	const uint64_t one = 1;

	mysql_thread_init();
	if (dts_dump_read(d, job->reader, &err) < 0) {
		pthread_mutex_lock(&d->failing);
		/* Those that stop because of another have nothing to say. */
		if (!d->failed && !dts_pace_stopped(&d->pace)) {
			d->failed = true;
			d->error = err;
		}
		pthread_mutex_unlock(&d->failing);
		dts_pace_stop(&d->pace);
		dts_queue_stop(&d->queue);
	}
	mysql_thread_end();
	while (write(d->ended, &one, sizeof one) < 0 && errno == EINTR)
		; /* nothing else can be: the counter has room */
	return NULL;
}

static void fill_queue(struct dts_dump *d)
{
	for (size_t i = 0; i < d->tables.count; i++) {
		struct dts_dump_table *t = &d->items[i];
		t->left = t->shards = t->range_count;
		if (t->range_count == 0)
			d->done++;
		for (size_t k = 0; k < t->range_count; k++) {
			struct dts_shard *shard = dts_shard_new(t, k + 1, &t->ranges[k].after, &t->ranges[k].upto);
			/* One reader takes the tables by name; several the large ones first, so that none is left alone with one. */
			if (d->count > 1)
				shard->weight = t->table->bytes_estimate / t->range_count;
			shard->reader = t->reader;
			shard->exact = t->exact;
			dts_queue_put(&d->queue, shard);
		}
	}
}

static long seconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long)t.tv_sec + 1;
}

bool dts_dump_throttle_lasts(struct dts_dump *d)
{
	if (!d->throttled_by || d->throttle_told || seconds_now() - d->throttled_at < THROTTLE_PATIENCE)
		return false;
	d->throttle_told = true;
	return true;
}

/* Asks the server how it is. */
static int throttle(struct dts_dump *d, struct dts_session *s, struct dts_error *err)
{
	if (d->options->throttle->count == 0)
		return 0;
	if (dts_throttle_ask(d->options->throttle, s, &d->throttled_by, err) < 0)
		return -1;
	dts_pace_pause(&d->pace, d->throttled_by != NULL);
	bool again = d->throttle_told && seconds_now() - d->throttled_at >= THROTTLE_AGAIN;
	if (!d->throttled_by || d->throttled_at == 0 || again) {
		d->throttle_told = false;
		d->throttled_at = d->throttled_by ? seconds_now() : 0;
	}
	return 0;
}

/* Until all readers have ended. */
static int wait_for_readers(struct dts_dump *d, struct dts_session *asker, size_t started, void (*tick)(struct dts_dump *d),
			    int milliseconds, const sigset_t *mask, struct dts_error *err)
{
	struct pollfd fd = {.fd = d->ended, .events = POLLIN};
	int pause = d->options->throttle->count == 0 ? -1 : 1000;
	uint64_t ended = 0, n;

	if (pause < 0 || (milliseconds >= 0 && milliseconds < pause))
		pause = milliseconds;
	struct timespec wait = {pause / 1000, pause % 1000 * 1000000L}, asked, now;
	clock_gettime(CLOCK_MONOTONIC, &asked);
	tick(d); /* a signal may have come before they were held back */
	while (ended < started) {
		int rc = ppoll(&fd, 1, pause < 0 ? NULL : &wait, mask);
		if (rc > 0 && read(d->ended, &n, sizeof n) == sizeof n)
			ended += n;
		tick(d);
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (ended < started && d->options->throttle->count > 0 && now.tv_sec > asked.tv_sec) {
			asked = now;
			if (throttle(d, asker, err) < 0)
				return -1;
		}
	}
	return 0;
}

static int run_readers(struct dts_dump *d, struct dts_session *asker, struct job *jobs, void (*tick)(struct dts_dump *d),
		       int milliseconds, const sigset_t *mask, struct dts_error *err)
{
	size_t started = 0;
	int rc = 0;

	for (; started < d->count && rc == 0; started += rc == 0) {
		jobs[started] = (struct job){.dump = d, .reader = started};
		errno = pthread_create(&jobs[started].thread, NULL, work, &jobs[started]);
		if (errno != 0)
			rc = dts_fail_errno(err, "cannot start a thread");
	}
	if (rc == 0)
		rc = wait_for_readers(d, asker, started, tick, milliseconds, mask, err);
	if (rc < 0) {
		dts_pace_stop(&d->pace);
		dts_queue_stop(&d->queue);
	}
	for (size_t i = 0; i < started; i++)
		pthread_join(jobs[i].thread, NULL);
	if (rc == 0 && d->failed) {
		*err = d->error;
		rc = -1;
	}
	return rc;
}

/* Were the definitions held all the time? */
static int check_holders(struct dts_dump *d, struct dts_error *err)
{
	struct dts_session *holders[] = {&d->holder, &d->sessions[0]};

	for (size_t i = 0; i < sizeof holders / sizeof holders[0]; i++)
		if (dts_session_run(holders[i], DTS_LIT("DO 1"), err) < 0)
			return dts_where(err, "the connection that kept definitions as they are was lost");
	return 0;
}

int dts_dump_run(struct dts_dump *d, struct dts_sink *sink, void (*tick)(struct dts_dump *d), int milliseconds,
		 struct dts_error *err)
{
	struct dts_session asker = {0};
	sigset_t stops, before;
	int rc = 0;

	d->sink = sink;
	d->ended = eventfd(0, EFD_CLOEXEC);
	if (d->ended < 0)
		return dts_fail_errno(err, "cannot make an eventfd");
	if (d->options->throttle->count > 0 &&
	    (dts_session_open(&asker, d->options->connect, err) < 0 || throttle(d, &asker, err) < 0))
		rc = -1;
	fill_queue(d);
	struct job *jobs = dts_zalloc(d->count, sizeof *jobs);
	/* The readers inherit that they are not interrupted; we are while we wait. */
	sigemptyset(&stops);
	sigaddset(&stops, SIGINT);
	sigaddset(&stops, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &stops, &before);
	if (rc == 0)
		rc = run_readers(d, &asker, jobs, tick, milliseconds, &before, err);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc == 0)
		rc = check_holders(d, err);
	free(jobs);
	dts_session_close(&asker);
	return rc;
}

static void release_items(struct dts_dump *d)
{
	for (size_t i = 0; d->items && i < d->tables.count; i++) {
		struct dts_dump_table *t = &d->items[i];
		dts_dump_table_release(t);
		for (size_t k = 0; k < t->range_count; k++) {
			dts_bound_release(&t->ranges[k].after);
			dts_bound_release(&t->ranges[k].upto);
		}
		free(t->ranges);
		pthread_mutex_destroy(&t->opening);
	}
	free(d->items);
}

void dts_dump_close(struct dts_dump *d)
{
	if (!d->sessions)
		return; /* never opened */
	release_items(d);
	for (size_t i = 0; i < d->count; i++) {
		dts_snapshot_release(&d->at[i]);
		if (i > 0)
			dts_session_close(&d->sessions[i]);
	}
	dts_session_close(&d->holder);
	free(d->sessions);
	free(d->at);
	dts_queue_release(&d->queue);
	dts_pace_release(&d->pace);
	pthread_mutex_destroy(&d->failing);
	if (d->ended >= 0)
		close(d->ended);
	dts_tables_release(&d->tables);
	dts_list_release(&d->left_out);
	dts_list_release(&d->notes);
	*d = (struct dts_dump){.ended = -1};
}
