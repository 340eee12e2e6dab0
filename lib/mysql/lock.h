#ifndef DTS_MYSQL_LOCK_H
#define DTS_MYSQL_LOCK_H

#include <time.h>

#include "mysql/source.h"

/*
 * A lock that keeps others from changing tables for the moment in which
 * snapshots begin. It has a connection of its own: with that it ends, whyever;
 * and should we hang, or the network be gone, the server ends it.
 */
struct dts_source_lock {
	struct dts_session session;
	enum dts_lock kind;
	struct timespec since; /* when it was asked for: others may have waited from then on */
};

/* Takes it within a few seconds. -1: DTS_AGAIN where others were in the way, DTS_REFUSED where
 * the account may not or the server has none of that kind; nothing is locked then. */
int dts_source_lock_take(struct dts_source_lock *lock, const struct dts_connect_options *connect, enum dts_lock kind,
			 const struct dts_tables *tables, struct dts_error *err);

/* Ends it. 0: it was there all the time, for `ms` milliseconds; -1: it had gone before. */
int dts_source_lock_end(struct dts_source_lock *lock, double *ms, struct dts_error *err);

/* Ends it; also one that was not taken, or has ended. */
void dts_source_lock_drop(struct dts_source_lock *lock);

/* What people call it. */
const char *dts_source_lock_name(enum dts_lock kind);

#endif
