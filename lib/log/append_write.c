#include "log/append_write.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/signals.h"
#include "log/append_pack.h"
#include "log/append_segment.h"

enum {
	MOST_QUEUED = 4 * DTS_FRAME_SIZE, /* bytes of content on their way, beyond one frame */
	MOST_BATCH = 4 * DTS_FRAME_SIZE,  /* packed bytes that are written at once */
	ROOM_MS = 200,                    /* between two tries when the disk is full */
	SIGNAL_MS = 1000,                 /* a signal that came just before a wait is seen then */
};

struct dts_log_writer {
	const struct dts_append_options *o;
	struct dts_output *acks;
	int event;
	bool started;
	pthread_t thread;

	struct dts_log_packer *packer;

	/* The thread's own. */
	struct dts_log_out out;
	struct dts_buf ack;   /* of what was written and is not durable yet */
	int64_t synced_at;    /* milliseconds */

	pthread_mutex_t lock; /* for all from here on */
	pthread_cond_t put;   /* for the thread: there is something to do */
	struct dts_log_frame *queue, **queue_end;
	struct dts_log_frame *spare;
	uint64_t queued;      /* bytes of content, those being written included */
	bool busy, ending, failed;
	bool stopped; /* what has not been written is dropped */
	bool hurry;   /* asked to stop: room is not waited for */
	uint64_t size;        /* of the segment, as written */
	uint64_t closes_put, closes_done;
	uint64_t behind_close; /* content put since the last one that closes */
	uint64_t content, packed; /* of all so far: how small it becomes */
	struct dts_error err;
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void notice(const struct dts_log_writer *w, const char *fmt, const char *arg, double seconds)
{
	struct dts_buf text = {0};

	if (!w->o->notice)
		return;
	dts_buf_addf(&text, fmt, arg, seconds);
	w->o->notice(dts_buf_text(&text));
	dts_buf_release(&text);
}

/* ---- the thread */

static bool in_a_hurry(struct dts_log_writer *w)
{
	pthread_mutex_lock(&w->lock);
	bool hurry = w->stopped || w->hurry;
	pthread_mutex_unlock(&w->lock);
	return hurry;
}

/* Until there is room again it is tried again. */
static int with_room(struct dts_log_writer *w, int (*step)(struct dts_log_out *, uint64_t, struct dts_error *), uint64_t arg,
		     struct dts_error *err)
{
	const struct timespec pause = {.tv_nsec = ROOM_MS * 1000000L};
	const int64_t until = now_ms() + (int64_t)(w->o->wait_for_room * 1000);
	bool told = false;

	for (;;) {
		struct dts_error why = DTS_ERROR_INIT;

		w->out.full = false;
		if (step(&w->out, arg, &why) == 0)
			break;
		*err = why;
		if (!w->out.full)
			return -1;
		if (now_ms() >= until || in_a_hurry(w)) {
			err->status = DTS_AGAIN;
			return dts_hint(err, "what is in the log is whole; make room, as with dts-log trim, and start again: the reader goes on "
					     "with --resume=%s", w->o->dir);
		}
		if (!told)
			notice(w, "no room for log '%s': waiting for some for up to %.0f seconds", w->o->dir, w->o->wait_for_room);
		told = true;
		nanosleep(&pause, NULL);
	}
	if (told)
		notice(w, "log '%s' has room again", w->o->dir, 0);
	return 0;
}

static int step_create(struct dts_log_out *out, uint64_t began, struct dts_error *err)
{
	return dts_log_out_create(out, began, err);
}

static int step_write(struct dts_log_out *out, uint64_t ignored, struct dts_error *err)
{
	(void)ignored;
	return dts_log_out_write(out, err);
}

static int step_close(struct dts_log_out *out, uint64_t ignored, struct dts_error *err)
{
	(void)ignored;
	return dts_log_out_close(out, err);
}

static int tell(struct dts_log_writer *w, struct dts_error *err)
{
	if (w->ack.len == 0)
		return 0;
	dts_buf_add_slice(&w->acks->buf, dts_buf_slice(&w->ack));
	dts_buf_clear(&w->ack);
	return dts_output_flush(w->acks, err);
}

/* The disk has all that was written from here on. */
static int sync_now(struct dts_log_writer *w, struct dts_error *err)
{
	w->synced_at = now_ms();
	return dts_log_out_sync(&w->out, err) < 0 ? -1 : tell(w, err);
}

/* Writes what is packed. */
static int write_batch(struct dts_log_writer *w, struct dts_error *err)
{
	return w->out.batch.len > 0 ? with_room(w, step_write, 0, err) : 0;
}

static int close_segment(struct dts_log_writer *w, struct dts_error *err)
{
	const bool closes = w->out.fd >= 0;

	if (write_batch(w, err) < 0 || with_room(w, step_close, 0, err) < 0)
		return -1;
	if (closes)
		dts_log_packer_put(w->packer, &w->out.name);
	w->synced_at = now_ms();
	return tell(w, err);
}

/* Packs a frame, and writes when there is much or the segment ends. */
static int take_frame(struct dts_log_writer *w, struct dts_log_frame *f, struct dts_error *err)
{
	if (f->content.len > 0) {
		if (w->out.fd < 0 && with_room(w, step_create, f->began, err) < 0)
			return -1;
		if (dts_log_out_pack(&w->out, f, err) < 0)
			return -1;
	}
	if (f->ack.len > 0) {
		dts_buf_clear(&w->ack);
		dts_buf_add_slice(&w->ack, dts_buf_slice(&f->ack));
	}
	if (f->closes)
		return close_segment(w, err);
	return w->out.batch.len >= MOST_BATCH ? write_batch(w, err) : 0;
}

static int write_frames(struct dts_log_writer *w, struct dts_log_frame *frames, struct dts_error *err)
{
	bool whole = false;

	for (struct dts_log_frame *f = frames; f; f = f->next) {
		whole |= !f->head.inside;
		if (take_frame(w, f, err) < 0)
			return -1;
	}
	if (write_batch(w, err) < 0)
		return -1;
	/* Of a transaction that has not ended nothing can be told yet. */
	if ((w->o->sync == DTS_LOG_SYNC_COMMIT && whole) ||
	    (w->o->sync == DTS_LOG_SYNC_INTERVAL && now_ms() - w->synced_at >= (int64_t)(w->o->sync_interval * 1000)))
		return sync_now(w, err);
	return 0;
}

static void wake(struct dts_log_writer *w)
{
	const uint64_t one = 1;

	if (write(w->event, &one, sizeof one) < 0) {
		/* It is readable already. */
	}
}

/* Waits for frames, or until it is time to sync. With the lock held. */
static void wait_for_frames(struct dts_log_writer *w)
{
	const bool unsynced = w->o->sync == DTS_LOG_SYNC_INTERVAL && w->out.fd >= 0 && w->out.synced < w->out.size;
	const int64_t at = w->synced_at + (int64_t)(w->o->sync_interval * 1000);
	const struct timespec until = {.tv_sec = at / 1000, .tv_nsec = at % 1000 * 1000000};

	if (!unsynced)
		pthread_cond_wait(&w->put, &w->lock);
	else if (now_ms() < at)
		pthread_cond_timedwait(&w->put, &w->lock, &until);
	if (w->queue || w->ending || !unsynced || now_ms() < at)
		return;
	pthread_mutex_unlock(&w->lock);
	struct dts_error err = DTS_ERROR_INIT;
	int rc = sync_now(w, &err);
	pthread_mutex_lock(&w->lock);
	if (rc < 0) {
		w->err = err;
		w->failed = true;
	}
	wake(w);
}

/* Takes all frames that have come, with the lock held. */
static void make_batch(struct dts_log_writer *w)
{
	struct dts_log_frame *frames = w->queue, *last = NULL;
	struct dts_error err = DTS_ERROR_INIT;
	uint64_t content = 0, closes = 0, packed = 0;

	w->queue = NULL;
	w->queue_end = &w->queue;
	w->busy = true;
	pthread_mutex_unlock(&w->lock);
	int rc = write_frames(w, frames, &err);
	for (struct dts_log_frame *f = frames; f; last = f, f = f->next) {
		content += f->content.len;
		packed += f->head.packed;
		closes += f->closes;
	}
	for (struct dts_log_frame *f = frames; f; f = f->next) {
		struct dts_log_frame *behind = f->next;
		dts_log_frame_clear(f);
		f->next = behind;
	}
	pthread_mutex_lock(&w->lock);
	last->next = w->spare;
	w->spare = frames;
	w->busy = false;
	w->queued -= content;
	w->content += content;
	w->packed += packed;
	w->closes_done += closes;
	w->size = w->out.size;
	if (rc < 0) {
		w->err = err;
		w->failed = true;
	}
	wake(w);
}

static void *run(void *arg)
{
	struct dts_log_writer *w = arg;

	pthread_mutex_lock(&w->lock);
	while (!w->failed && !w->stopped) {
		if (w->queue)
			make_batch(w);
		else if (w->ending)
			break;
		else
			wait_for_frames(w);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* ---- the other side */

static int start(struct dts_log_writer *w, struct dts_error *err)
{
	sigset_t all, before;

	/* Signals are the caller's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int failed = pthread_create(&w->thread, NULL, run, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed) {
		errno = failed;
		dts_fail_errno(err, "cannot start a thread");
		err->status = DTS_AGAIN;
		return -1;
	}
	w->started = true;
	return 0;
}

/* The newest closed segment may not have been packed, if the one that closed it had no time to. */
static void pack_before(struct dts_log_writer *w, const struct dts_log_end *end)
{
	struct dts_error ignored = DTS_ERROR_INIT;
	struct dts_segments all = {0};

	if (!end->empty && dts_segments_list(&all, w->o->dir, &ignored) == 0)
		for (size_t i = all.count; i-- > 0;)
			if (!all.items[i].open) {
				dts_log_packer_put(w->packer, &all.items[i]);
				break;
			}
	dts_segments_release(&all);
}

struct dts_log_writer *dts_log_writer_new(const struct dts_append_options *o, struct dts_output *acks, const struct dts_log_end *end,
					  struct dts_error *err)
{
	struct dts_log_writer *w = dts_zalloc(1, sizeof *w);
	pthread_condattr_t monotonic;

	w->o = o;
	w->acks = acks;
	w->queue_end = &w->queue;
	w->synced_at = now_ms();
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->put, &monotonic);
	pthread_condattr_destroy(&monotonic);
	dts_log_out_init(&w->out, o->dir, 1);
	w->packer = dts_log_packer_new(o->dir, o->notice);
	pack_before(w, end);
	w->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->event < 0)
		dts_fail_errno(err, "cannot make an event descriptor");
	if (w->event < 0 || dts_log_out_resume(&w->out, end, err) < 0 || start(w, err) < 0) {
		dts_log_writer_free(w);
		return NULL;
	}
	w->size = w->out.size;
	return w;
}

struct dts_log_frame *dts_log_writer_take(struct dts_log_writer *w)
{
	pthread_mutex_lock(&w->lock);
	struct dts_log_frame *f = w->spare;
	if (f)
		w->spare = f->next;
	pthread_mutex_unlock(&w->lock);
	if (!f)
		return dts_log_frame_new();
	f->next = NULL;
	return f;
}

static int check_failed(struct dts_log_writer *w, struct dts_error *err)
{
	if (!w->failed)
		return 0;
	*err = w->err;
	return -1;
}

static void take_events(struct dts_log_writer *w)
{
	uint64_t events;

	if (read(w->event, &events, sizeof events) < 0) {
		/* Nothing has happened. */
	}
}

/* Until it has done something, with the lock held, which is let go meanwhile. A signal is seen, as it would not be by who waits for a
 * condition. */
static void wait_for_thread(struct dts_log_writer *w)
{
	struct pollfd event = {.fd = w->event, .events = POLLIN};

	pthread_mutex_unlock(&w->lock);
	poll(&event, 1, SIGNAL_MS);
	take_events(w);
	pthread_mutex_lock(&w->lock);
	w->hurry |= dts_signals_stop() != 0;
}

int dts_log_writer_put(struct dts_log_writer *w, struct dts_log_frame *f, struct dts_error *err)
{
	pthread_mutex_lock(&w->lock);
	while (!w->failed && w->queued >= MOST_QUEUED)
		wait_for_thread(w);
	int rc = check_failed(w, err);
	f->next = NULL;
	*w->queue_end = f;
	w->queue_end = &f->next;
	w->queued += f->content.len;
	w->closes_put += f->closes;
	w->behind_close = f->closes ? 0 : w->behind_close + f->content.len;
	pthread_cond_signal(&w->put);
	pthread_mutex_unlock(&w->lock);
	return rc;
}

int dts_log_writer_idle(struct dts_log_writer *w, struct dts_error *err)
{
	take_events(w);
	pthread_mutex_lock(&w->lock);
	w->hurry |= dts_signals_stop() != 0;
	int rc = check_failed(w, err);
	if (rc == 0)
		rc = !w->queue && !w->busy;
	pthread_mutex_unlock(&w->lock);
	return rc;
}

int dts_log_writer_fd(const struct dts_log_writer *w)
{
	return w->event;
}

uint64_t dts_log_writer_size(struct dts_log_writer *w, uint64_t more)
{
	pthread_mutex_lock(&w->lock);
	const double ratio = w->content > 0 ? (double)w->packed / (double)w->content : 0.25;
	/* What is on its way may be of the segment before. */
	const bool same = w->closes_put == w->closes_done;
	uint64_t size = (same ? w->size : 0) + (uint64_t)((double)((same ? w->queued : w->behind_close) + more) * ratio);
	pthread_mutex_unlock(&w->lock);
	return size;
}

/* Ends the thread; everything that was put is written, or with `drop` nothing more. */
static void join(struct dts_log_writer *w, bool drop)
{
	if (!w->started)
		return;
	pthread_mutex_lock(&w->lock);
	w->ending = true;
	w->stopped |= drop;
	pthread_cond_signal(&w->put);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	w->started = false;
}

int dts_log_writer_finish(struct dts_log_writer *w, struct dts_error *err)
{
	pthread_mutex_lock(&w->lock);
	while (!w->failed && (w->queue || w->busy))
		wait_for_thread(w);
	pthread_mutex_unlock(&w->lock);
	join(w, false);
	if (check_failed(w, err) < 0)
		return -1;
	if (w->out.fd >= 0 && w->out.whole < w->out.size) {
		if (ftruncate(w->out.fd, (off_t)w->out.whole) < 0)
			return dts_fail_errno(err, "cannot cut '%s'", w->out.path.data);
		w->out.size = w->out.whole;
		if (w->out.synced > w->out.size)
			w->out.synced = 0;
	}
	if (sync_now(w, err) < 0)
		return -1;
	dts_log_packer_free(w->packer, dts_signals_stop() != 0);
	w->packer = NULL;
	return 0;
}

void dts_log_writer_free(struct dts_log_writer *w)
{
	if (!w)
		return;
	join(w, true);
	dts_log_packer_free(w->packer, true);
	for (int i = 0; i < 2; i++)
		for (struct dts_log_frame *f = i ? w->spare : w->queue, *behind; f; f = behind) {
			behind = f->next;
			dts_log_frame_free(f);
		}
	dts_log_out_release(&w->out);
	dts_buf_release(&w->ack);
	if (w->event >= 0)
		close(w->event);
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->put);
	free(w);
}
