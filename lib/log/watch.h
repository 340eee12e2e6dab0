#ifndef DTS_LOG_WATCH_H
#define DTS_LOG_WATCH_H

#include "base/output.h"

/*
 * Waits until something changes in the directory of a log: a file of it is made, written, renamed or removed. What changes
 * after dts_log_watch_open() wakes the next wait: so open it, look, then wait.
 */
struct dts_log_watch {
	int fd;        /* inotify(7); -1: there is none, and each second counts as a change */
	int directory; /* its watch descriptor */
	bool shared;   /* on a file system that other machines may write to, of which inotify does not tell: each second counts, too */
	const char *dir; /* borrowed; NULL: closed */
};

/* 0, or -1 with the reason in `why`, which is no failure: it is looked each second then. */
int dts_log_watch_open(struct dts_log_watch *w, const char *dir, struct dts_error *why);
void dts_log_watch_close(struct dts_log_watch *w);

/*
 * Waits for a change, for a stop signal, or until the reader of `out` has gone; at most so many milliseconds (-1: for ever).
 * 0: look again; -1: the reader has gone (silent, DTS_IO), the directory has, or it cannot be waited.
 */
int dts_log_watch_wait(struct dts_log_watch *w, const struct dts_output *out, int milliseconds, struct dts_error *err);

#endif
