#ifndef DTS_DUMP_PACE_H
#define DTS_DUMP_PACE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/options.h"
#include "mysql/session.h"

/*
 * How fast the readers of a dump may go, and whether they may at all:
 * --limit-rate, --throttle, and the end of all of them when one has failed.
 */
struct dts_pace {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	uint64_t rate;  /* bytes of records a second over all readers; 0: as fast as it goes */
	uint64_t until; /* nanoseconds: what has been read so far is paid for then */
	bool paused;
	atomic_bool stopped;
};

void dts_pace_init(struct dts_pace *p, uint64_t rate);
void dts_pace_release(struct dts_pace *p);
void dts_pace_pause(struct dts_pace *p, bool paused);
void dts_pace_stop(struct dts_pace *p);

static inline bool dts_pace_stopped(const struct dts_pace *p)
{
	return atomic_load_explicit(&p->stopped, memory_order_relaxed);
}

/* Waits until the next query may begin: true; false: stopped. */
bool dts_pace_wait(struct dts_pace *p);

/* So many bytes were read. */
void dts_pace_spend(struct dts_pace *p, uint64_t bytes);

/* Variables of SHOW GLOBAL STATUS with the value above which the readers pause. */
struct dts_throttle {
	struct dts_throttle_limit {
		char *name;
		uint64_t above;
		uint64_t is; /* when it was asked last */
	} *limits;
	size_t count;
};

/* From texts NAME:N. -1: DTS_USAGE, also for one that who asks exceeds: Threads_running:0. */
int dts_throttle_init(struct dts_throttle *t, const struct dts_list *texts, struct dts_error *err);
void dts_throttle_release(struct dts_throttle *t);

/* Asks the server: which limit is exceeded (of `t`), or none (NULL). -1: DTS_REFUSED for a variable that it does not
 * have or that is no number. */
int dts_throttle_ask(const struct dts_throttle *t, struct dts_session *s, const struct dts_throttle_limit **exceeded,
		     struct dts_error *err);

#endif
