#include "binlog/readahead.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/signals.h"

/* Two buffers: the thread fills one while the consumer empties the other; they
 * change places when that one is empty. So an event costs one short lock. What a full one
 * holds goes to the spool, whose blocks are older than what is in `fill`. */
struct dts_readahead {
	dts_readahead_function *read;
	void *context;
	size_t bytes;
	struct dts_spool *spool; /* NULL: none */
	pthread_t thread;
	int wake; /* eventfd: something is there for a consumer that waits */

	pthread_mutex_t lock; /* for all from here to `at` */
	pthread_cond_t room;
	struct dts_buf fill; /* events, each behind its length */
	bool waiting, stopped;
	bool spilling; /* the thread has what was in `fill` in its hands, on the way to the spool */
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

/* All that is in `fill` goes to the spool; the lock is held, and not meanwhile. False: it stays. */
static bool spill(struct dts_readahead *r)
{
	struct dts_buf block = r->fill;
	bool written;

	r->fill = (struct dts_buf){0};
	r->spilling = true;
	pthread_mutex_unlock(&r->lock);
	written = dts_spool_write(r->spool, dts_buf_slice(&block));
	pthread_mutex_lock(&r->lock);
	r->spilling = false;
	r->fill = block;
	if (written)
		dts_buf_clear(&r->fill);
	wake_consumer(r);
	return written;
}

/* Waits for the consumer to take something; where there is a spool, not for long: its disk may have room again. */
static void wait_for_room(struct dts_readahead *r)
{
	struct timespec until;

	if (!r->spool) {
		pthread_cond_wait(&r->room, &r->lock);
		return;
	}
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec++;
	pthread_cond_timedwait(&r->room, &r->lock, &until);
}

/* False: the consumer has gone. */
static bool put(struct dts_readahead *r, struct dts_slice event)
{
	bool stopped;

	pthread_mutex_lock(&r->lock);
	while (r->fill.len >= r->bytes && !r->stopped && !(r->spool && spill(r)))
		wait_for_room(r);
	dts_buf_add(&r->fill, &event.len, sizeof event.len);
	dts_buf_add_slice(&r->fill, event);
	stopped = r->stopped;
	wake_consumer(r);
	pthread_mutex_unlock(&r->lock);
	return !stopped;
}

/* What is held may take long to be used up, and only then is the error dealt with. */
static void tell_early(struct dts_readahead *r, const struct dts_error *err)
{
	struct dts_buf text = {0};

	if (!r->spool || dts_spool_blocks(r->spool) == 0)
		return;
	dts_buf_addf(&text, "%s: what was read until then is written first", err->message);
	dts_spool_tell(r->spool, dts_buf_text(&text));
	dts_buf_release(&text);
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
	if (result < 0)
		tell_early(r, &err);
	pthread_mutex_lock(&r->lock);
	r->done = true;
	r->result = result;
	r->err = err;
	wake_consumer(r);
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

struct dts_readahead *dts_readahead_start(dts_readahead_function *read_event, void *context, size_t bytes,
					  struct dts_spool *spool, struct dts_error *err)
{
	struct dts_readahead *r = dts_zalloc(1, sizeof *r);
	sigset_t all, before;
	int failed;

	r->read = read_event;
	r->context = context;
	r->bytes = bytes;
	r->spool = spool;
	if (spool)
		dts_spool_clear(spool);
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

/* Takes over what the thread has gathered since, unless something older is on its way to the
 * spool, or has come there meanwhile: then true. */
static bool swap(struct dts_readahead *r, bool will_wait)
{
	struct dts_buf empty = r->drain;
	bool spooled;

	pthread_mutex_lock(&r->lock);
	spooled = r->spool && dts_spool_blocks(r->spool) > 0;
	if (!spooled && !r->spilling) {
		r->drain = r->fill;
		r->fill = empty;
		pthread_cond_signal(&r->room);
	}
	r->waiting = r->drain.len == 0 && !spooled && !r->done && will_wait;
	pthread_mutex_unlock(&r->lock);
	return spooled;
}

/* Gets the oldest of what is held, nothing if that is not at hand. -1: the spool cannot be read. */
static int refill(struct dts_readahead *r, bool will_wait, struct dts_error *err)
{
	dts_buf_clear(&r->drain);
	r->at = 0;
	if ((!r->spool || dts_spool_blocks(r->spool) == 0) && !swap(r, will_wait))
		return 0;
	if (dts_spool_read(r->spool, &r->drain, err) < 0)
		return -1;
	/* The spool may have room again. */
	pthread_mutex_lock(&r->lock);
	pthread_cond_signal(&r->room);
	pthread_mutex_unlock(&r->lock);
	return 0;
}

/* No event is left but in `drain`. */
static bool ended(struct dts_readahead *r)
{
	bool done;

	pthread_mutex_lock(&r->lock);
	done = r->done && r->fill.len == 0 && (!r->spool || dts_spool_blocks(r->spool) == 0);
	pthread_mutex_unlock(&r->lock);
	return done;
}

/* `drain` is empty: fills it, waiting if need be, unless there is nothing. -1: as refill(). */
static int get_more(struct dts_readahead *r, int milliseconds, struct dts_error *err)
{
	if (refill(r, milliseconds > 0, err) < 0)
		return -1;
	if (r->drain.len > 0 || milliseconds == 0 || ended(r))
		return 0;
	sleep_until_woken(r, milliseconds);
	return refill(r, false, err);
}

enum dts_readahead_result dts_readahead_next(struct dts_readahead *r, int milliseconds,
					     struct dts_slice *event, struct dts_error *err)
{
	if (r->at == r->drain.len) {
		if (get_more(r, milliseconds, err) < 0)
			return DTS_READAHEAD_ERROR;
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
