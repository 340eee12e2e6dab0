#include "binlog/readahead.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/signals.h"

/* Two buffers: the thread fills one while the consumer empties the other; they
 * change places when that one is empty. So an event costs one short lock. */
struct dts_readahead {
	dts_readahead_function *read;
	void *context;
	size_t bytes;
	pthread_t thread;
	int wake; /* eventfd: something is there for a consumer that waits */

	pthread_mutex_t lock; /* for all from here to `at` */
	pthread_cond_t room;
	struct dts_buf fill; /* events, each behind its length */
	bool waiting, stopped;
	bool done; /* the thread has ended: `result` and `err` say how */
	int result;
	struct dts_error err;

	struct dts_buf drain; /* the consumer's own */
	size_t at;
};

static void wake_consumer(struct dts_readahead *r)
{
	const uint64_t one = 1;

	if (!r->waiting)
		return;
	r->waiting = false;
	while (write(r->wake, &one, sizeof one) < 0) /* an eventfd that was just read: cannot block */
		;
}

/* False: the consumer has gone. */
static bool put(struct dts_readahead *r, struct dts_slice event)
{
	bool stopped;

	pthread_mutex_lock(&r->lock);
	while (r->fill.len >= r->bytes && !r->stopped)
		pthread_cond_wait(&r->room, &r->lock);
	dts_buf_add(&r->fill, &event.len, sizeof event.len);
	dts_buf_add_slice(&r->fill, event);
	stopped = r->stopped;
	wake_consumer(r);
	pthread_mutex_unlock(&r->lock);
	return !stopped;
}

static void *run(void *argument)
{
	struct dts_readahead *r = argument;
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_slice event;
	int result;

	while ((result = r->read(r->context, &event, &err)) > 0)
		if (!put(r, event))
			break;
	pthread_mutex_lock(&r->lock);
	r->done = true;
	r->result = result;
	r->err = err;
	wake_consumer(r);
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

struct dts_readahead *dts_readahead_start(dts_readahead_function *read_event, void *context, size_t bytes,
					  struct dts_error *err)
{
	struct dts_readahead *r = dts_zalloc(1, sizeof *r);
	sigset_t all, before;
	int failed;

	r->read = read_event;
	r->context = context;
	r->bytes = bytes;
	r->wake = eventfd(0, EFD_CLOEXEC);
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->room, NULL);
	/* Signals are the consumer's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = r->wake < 0 ? errno : pthread_create(&r->thread, NULL, run, r);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!failed)
		return r;
	dts_fail(err, DTS_AGAIN, "cannot start a thread: %s", strerror(failed));
	if (r->wake >= 0)
		close(r->wake);
	free(r);
	return NULL;
}

void dts_readahead_free(struct dts_readahead *r)
{
	if (!r)
		return;
	pthread_mutex_lock(&r->lock);
	r->stopped = true;
	pthread_cond_signal(&r->room);
	pthread_mutex_unlock(&r->lock);
	pthread_join(r->thread, NULL);
	close(r->wake);
	pthread_mutex_destroy(&r->lock);
	pthread_cond_destroy(&r->room);
	dts_buf_release(&r->fill);
	dts_buf_release(&r->drain);
	free(r);
}

/* Sleeps until woken, a signal, or the time is over. Signals are held back while
 * the flag is looked at, so that none falls between look and sleep. */
static void sleep_until_woken(struct dts_readahead *r, int milliseconds)
{
	struct pollfd fd = {.fd = r->wake, .events = POLLIN};
	struct timespec limit = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
	sigset_t block, before;
	uint64_t count;

	sigemptyset(&block);
	sigaddset(&block, SIGINT);
	sigaddset(&block, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &block, &before);
	if (!dts_signals_stop() && ppoll(&fd, 1, &limit, &before) > 0)
		while (read(r->wake, &count, sizeof count) < 0)
			;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Takes over what the thread has gathered; true when there is something. */
static bool swap(struct dts_readahead *r, bool will_wait)
{
	struct dts_buf empty = r->drain;

	dts_buf_clear(&empty);
	r->at = 0;
	pthread_mutex_lock(&r->lock);
	r->drain = r->fill;
	r->fill = empty;
	r->waiting = r->drain.len == 0 && !r->done && will_wait;
	pthread_cond_signal(&r->room);
	pthread_mutex_unlock(&r->lock);
	return r->drain.len > 0;
}

static bool ended(struct dts_readahead *r)
{
	bool done;

	pthread_mutex_lock(&r->lock);
	done = r->done && r->fill.len == 0;
	pthread_mutex_unlock(&r->lock);
	return done;
}

enum dts_readahead_result dts_readahead_next(struct dts_readahead *r, int milliseconds,
					     struct dts_slice *event, struct dts_error *err)
{
	if (r->at == r->drain.len && !swap(r, milliseconds > 0)) {
		if (milliseconds > 0 && !ended(r)) {
			sleep_until_woken(r, milliseconds);
			swap(r, false);
		}
		if (r->drain.len == 0 && ended(r)) {
			if (r->result < 0)
				*err = r->err;
			return r->result < 0 ? DTS_READAHEAD_ERROR : DTS_READAHEAD_END;
		}
		if (r->drain.len == 0)
			return DTS_READAHEAD_NOTHING;
	}
	memcpy(&event->len, r->drain.data + r->at, sizeof event->len);
	event->p = r->drain.data + r->at + sizeof event->len;
	r->at += sizeof event->len + event->len;
	return DTS_READAHEAD_EVENT;
}
