#ifndef DTS_BINLOG_READAHEAD_H
#define DTS_BINLOG_READAHEAD_H

#include "base/buf.h"
#include "base/error.h"
#include "binlog/spool.h"

/*
 * Reads events in a thread of its own, up to a bound in memory and beyond it to a
 * spool, if there is one, so that the consumer can tell "nothing at hand" from "more to
 * come", wait with a deadline, and be interrupted, whatever the client library does inside.
 */
struct dts_readahead;

/* The next event, borrowed until the next call: 1; 0: the end; -1: error. Called
 * from the thread only. */
typedef int dts_readahead_function(void *context, struct dts_slice *event, struct dts_error *err);

/* Starts reading. `bytes` is what may be held at most, beside one event, by the thread and again by the consumer.
 * `spool`: borrowed, and cleared; takes what the consumer leaves; NULL: the thread waits for it, as where the spool
 * has no room. NULL: no thread. */
struct dts_readahead *dts_readahead_start(dts_readahead_function *read, void *context, size_t bytes,
					  struct dts_spool *spool, struct dts_error *err);

/* Waits for the thread, which must have been made to end (its read to fail), and frees. NULL is fine. */
void dts_readahead_free(struct dts_readahead *r);

enum dts_readahead_result {
	DTS_READAHEAD_ERROR = -1,
	DTS_READAHEAD_END = 0,
	DTS_READAHEAD_EVENT = 1,
	DTS_READAHEAD_NOTHING = 2, /* in time; or a signal has come */
};

/* The next event, borrowed until the next call. Waits up to `milliseconds`
 * (0: not at all) or until a stop signal; events that are held come before an error or the end.
 * An error of the spool's is DTS_IO. */
enum dts_readahead_result dts_readahead_next(struct dts_readahead *r, int milliseconds,
					     struct dts_slice *event, struct dts_error *err);

#endif
