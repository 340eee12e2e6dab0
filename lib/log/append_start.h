#ifndef DTS_LOG_APPEND_START_H
#define DTS_LOG_APPEND_START_H

#include "log/append.h"
#include "log/end.h"

/*
 * Makes the log where there is none, locks it for writing, finds its end and mends what a crash has left: a torn tail
 * is cut off, a segment that has its foot gets its name. A descriptor that holds the lock, to be closed; `end` is then what the
 * log ends in. -1: as dts_log_append().
 */
int dts_log_start(const struct dts_append_options *o, struct dts_log_end *end, struct dts_error *err);

#endif
