#ifndef DTS_LOG_WATCH_H
#define DTS_LOG_WATCH_H

#include "base/output.h"

/*
 * Waits until something changes in the directory of a log, or in the segment that is read. What changes after
 * dts_log_watch_segment() has returned wakes the next wait: so watch first, then look, then wait.
 */
struct dts_log_watch {
	int fd;        /* inotify(7); -1: there is none, and each second counts as a change */
	int directory, segment; /* watch descriptors, or -1 */
	char *path;    /* of the segment */
	const char *dir;
};

/* 0, or -1 with the reason in `why`, which is no failure: it is looked each second then. */
int dts_log_watch_open(struct dts_log_watch *w, const char *dir, struct dts_error *why);
void dts_log_watch_close(struct dts_log_watch *w);

/* Watches this file, by its name; it is watched on when it gets another. As dts_log_watch_open(). */
int dts_log_watch_segment(struct dts_log_watch *w, const char *path, struct dts_error *why);

bool dts_log_watch_has(const struct dts_log_watch *w, const char *path);

/*
 * Waits for a change, for a stop signal, or until the reader of `out` has gone; at most so many milliseconds (-1: for ever).
 * 0: look again; -1: the reader has gone (silent, DTS_IO), the directory has, or it cannot be waited.
 */
int dts_log_watch_wait(struct dts_log_watch *w, const struct dts_output *out, int milliseconds, struct dts_error *err);

#endif
