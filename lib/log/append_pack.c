#include "log/append_pack.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/signals.h"
#include "log/append_segment.h"
#include "log/lock.h"
#include "log/segment.h"

enum {
	SMALL = DTS_FRAME_SIZE / 4, /* frames that have less on an average are worth it */
	LEVEL = 3,                  /* of zstd: there is time */
};

struct packing {
	struct dts_segment from;
	struct dts_frame_head foot; /* the old one */
	struct dts_log_out to;
	struct dts_log_frame group; /* frames that become one */
	struct dts_frame_head sum;  /* of all so far: it follows the GTIDs */
	bool jumped;                /* one of the group told GTIDs */
};

/* ---- frames */

/* Writes the group as one frame. */
static int flush(struct packing *p, struct dts_error *err)
{
	struct dts_frame_head *h = &p->group.head;
	const bool first = p->to.size + p->to.batch.len == 0;

	if (p->group.content.len == 0)
		return 0;
	h->first = first;
	h->frames = 0;
	h->content = p->group.content.len;
	dts_gtids_clear(&h->to.gtid);
	if (p->jumped)
		dts_gtids_copy(&h->to.gtid, &p->sum.to.gtid);
	if (dts_log_out_pack(&p->to, &p->group, err) < 0 || dts_log_out_write(&p->to, err) < 0)
		return -1;
	dts_log_frame_clear(&p->group);
	p->jumped = false;
	return 0;
}

/* Takes the frame that p->from stands at. What comes before a large transaction does not stand in a frame with a part of it. */
static int take(struct packing *p, struct dts_error *err)
{
	const struct dts_frame_head *h = &p->from.head;
	const bool full = p->group.content.len + h->content > DTS_FRAME_SIZE;

	if ((full || (h->inside && !p->group.head.inside)) && flush(p, err) < 0)
		return -1;
	if (dts_segment_load(&p->from, &p->group.content, err) < 0)
		return -1;
	p->jumped |= dts_gtids_known(&h->to.gtid);
	dts_frame_head_sum(&p->sum, h);
	dts_frame_head_sum(&p->group.head, h);
	return 0;
}

/* 1: all frames are there, in p->to; 0: asked to stop; -1. */
static int copy(struct packing *p, bool (*stop)(void *), void *context, struct dts_error *err)
{
	for (;;) {
		if (stop && stop(context))
			return 0;
		enum dts_step step = dts_segment_step(&p->from, err);
		if (step == DTS_STEP_END)
			return dts_fail(err, DTS_BAD_INPUT, "segment '%s' has become shorter", p->from.path);
		if (step == DTS_STEP_FOOT)
			return flush(p, err) < 0 ? -1 : 1;
		if (step != DTS_STEP_HEAD || take(p, err) < 0)
			return -1;
	}
}

/* ---- files */

/* Puts it into the place of the old one, which somebody may have removed. 1, 0, -1. */
static int replace(struct packing *p, struct dts_error *err)
{
	struct dts_error busy = DTS_ERROR_INIT;
	int lock = dts_log_lock(p->to.dir, DTS_LOG_TIDY, false, &busy), rc = 1;

	if (lock < 0) {
		if (busy.status != DTS_AGAIN)
			*err = busy;
		return busy.status == DTS_AGAIN ? 0 : -1;
	}
	if (access(p->from.path, F_OK) < 0)
		rc = 0;
	else if (rename(p->to.path.data, p->from.path) < 0)
		rc = dts_fail_errno(err, "cannot rename '%s'", p->to.path.data);
	if (rc > 0 && dts_log_sync_directory(p->to.dir, err) < 0)
		rc = -1;
	close(lock);
	return rc;
}

static bool is_worth_it(const struct packing *p)
{
	return p->foot.frames > 1 && p->foot.content / p->foot.frames < SMALL;
}

static int pack(struct packing *p, bool (*stop)(void *), void *context, struct dts_error *err)
{
	int rc = dts_segment_foot(&p->from, &p->foot, err);

	if (rc == 0)
		return dts_fail(err, DTS_BAD_INPUT, "segment '%s' has no foot", p->from.path);
	if (rc < 0 || !is_worth_it(p))
		return rc < 0 ? -1 : 0;
	if (dts_log_out_begin(&p->to, DTS_LOG_PACKING, p->from.number, err) < 0)
		return -1;
	rc = copy(p, stop, context, err);
	if (rc > 0 && (p->sum.content != p->foot.content || p->sum.records != p->foot.records))
		rc = dts_fail(err, DTS_BAD_INPUT, "segment '%s' does not have what its foot says", p->from.path);
	if (rc > 0 && dts_log_out_foot(&p->to, &p->foot, err) < 0)
		rc = -1;
	if (rc > 0)
		rc = replace(p, err);
	if (rc <= 0)
		unlink(p->to.path.data);
	return rc;
}

int dts_log_pack(const char *dir, const struct dts_segment_name *name, bool (*stop)(void *context), void *context, struct dts_error *err)
{
	struct packing p = {.from = {.fd = -1}};
	struct dts_error why = DTS_ERROR_INIT;
	int rc;

	dts_log_out_init(&p.to, dir, LEVEL);
	if (dts_segment_open(&p.from, dir, name, &why) < 0)
		rc = why.status == DTS_GONE ? 0 : -1;
	else
		rc = pack(&p, stop, context, &why);
	if (rc < 0)
		*err = why;
	dts_segment_close(&p.from);
	dts_log_out_release(&p.to);
	dts_frame_head_release(&p.foot);
	dts_frame_head_release(&p.sum);
	dts_frame_head_release(&p.group.head);
	dts_buf_release(&p.group.content);
	dts_buf_release(&p.group.ack);
	return rc;
}

/* ---- the thread */

struct dts_log_packer {
	const char *dir;
	void (*notice)(const char *text);
	pthread_t thread;
	pthread_mutex_t lock; /* for all from here on */
	pthread_cond_t news;
	struct dts_segment_name *queue;
	size_t count, cap;
	pthread_cond_t end;
	bool ending, at_once, ended;
};

static bool asked_to_stop(void *context)
{
	struct dts_log_packer *p = context;

	pthread_mutex_lock(&p->lock);
	bool stop = p->at_once;
	pthread_mutex_unlock(&p->lock);
	return stop;
}

/* What goes wrong here takes nothing away: the segment stays as it was. */
static void pack_one(struct dts_log_packer *p, const struct dts_segment_name *name)
{
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_buf text = {0};

	if (dts_log_pack(p->dir, name, asked_to_stop, p, &err) >= 0 || !p->notice)
		return;
	dts_buf_addf(&text, "segment %s stays as it is: %s", name->name, err.message);
	p->notice(dts_buf_text(&text));
	dts_buf_release(&text);
}

static void *run(void *arg)
{
	struct dts_log_packer *p = arg;

	setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), 10); /* of this thread alone, on Linux */
	pthread_mutex_lock(&p->lock);
	while (!p->at_once) {
		if (p->count == 0) {
			if (p->ending)
				break;
			pthread_cond_wait(&p->news, &p->lock);
			continue;
		}
		struct dts_segment_name name = p->queue[0];
		memmove(p->queue, p->queue + 1, --p->count * sizeof *p->queue);
		pthread_mutex_unlock(&p->lock);
		pack_one(p, &name);
		pthread_mutex_lock(&p->lock);
	}
	p->ended = true;
	pthread_cond_signal(&p->end);
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

static void free_packer(struct dts_log_packer *p)
{
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->news);
	pthread_cond_destroy(&p->end);
	free(p->queue);
	free(p);
}

struct dts_log_packer *dts_log_packer_new(const char *dir, void (*notice)(const char *text))
{
	struct dts_log_packer *p = dts_zalloc(1, sizeof *p);
	pthread_condattr_t monotonic;
	sigset_t all, before;

	p->dir = dir;
	p->notice = notice;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->news, NULL);
	pthread_cond_init(&p->end, &monotonic);
	pthread_condattr_destroy(&monotonic);
	/* Signals are the caller's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int failed = pthread_create(&p->thread, NULL, run, p);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!failed)
		return p;
	free_packer(p);
	return NULL;
}

void dts_log_packer_put(struct dts_log_packer *p, const struct dts_segment_name *name)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	if (p->count == p->cap) {
		p->cap = p->cap > 0 ? 2 * p->cap : 8;
		p->queue = dts_realloc(p->queue, p->cap * sizeof *p->queue);
	}
	p->queue[p->count++] = *name;
	pthread_cond_signal(&p->news);
	pthread_mutex_unlock(&p->lock);
}

void dts_log_packer_free(struct dts_log_packer *p, bool at_once)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->ending = true;
	p->at_once |= at_once;
	pthread_cond_signal(&p->news);
	while (!p->ended) {
		struct timespec until;

		p->at_once |= dts_signals_stop() != 0;
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec++;
		pthread_cond_timedwait(&p->end, &p->lock, &until);
	}
	pthread_mutex_unlock(&p->lock);
	pthread_join(p->thread, NULL);
	free_packer(p);
}
