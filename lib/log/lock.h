#ifndef DTS_LOG_LOCK_H
#define DTS_LOG_LOCK_H

#include "base/error.h"

/*
 * Who may change a log. One process writes; another one at a time may replace or remove closed segments (packing,
 * trimming). The system lets go of a lock when its process ends, however that happens (fcntl(2), open file
 * description locks). Readers lock nothing.
 */
enum dts_log_right {
	DTS_LOG_WRITE, /* append: there is one */
	DTS_LOG_TIDY,  /* replace or remove closed segments, for a moment */
};

/* Takes it: a descriptor that holds it until it is closed. With `wait`, after waiting for who has it, but for no longer
 * than until a stop signal comes. -1: another process has it (DTS_AGAIN, which names it), DTS_IO. */
int dts_log_lock(const char *dir, enum dts_log_right right, bool wait, struct dts_error *err);

/* The process that writes, as far as it has said; 0: nobody does; -1: DTS_IO. */
long dts_log_writer(const char *dir, struct dts_error *err);

#endif
