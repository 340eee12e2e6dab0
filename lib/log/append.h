#ifndef DTS_LOG_APPEND_H
#define DTS_LOG_APPEND_H

#include "base/output.h"
#include "record/stream.h"

/* When the disk has to have what was appended. */
enum dts_log_sync {
	DTS_LOG_SYNC_COMMIT,   /* before anything else is written: all that has come meanwhile goes together */
	DTS_LOG_SYNC_INTERVAL, /* every `sync_interval` seconds */
	DTS_LOG_SYNC_NONE,     /* when the system likes; a closed segment always is on disk */
};

struct dts_append_options {
	const char *dir;        /* made where it is not there */
	enum dts_log_sync sync;
	double sync_interval;   /* seconds */
	uint64_t segment_size;  /* bytes of a file, at which the segment is closed */
	double segment_time;    /* seconds, after which one that has transactions is; 0: never for that */
	double wait_for_room;   /* seconds to try for when the disk is full; 0: none */
	bool ack;               /* tell what is durable, as ack records, to `acks` */
	void (*notice)(const char *text); /* for people; by any thread; NULL: nobody is told */
};

/*
 * Appends a stream of changes to the log, as its one writer: whole transactions, in order, each once. A stream that
 * begins before the log's end, as one does that was read again, has what is there left out of it; one that begins behind it is
 * refused, since what is between would be missing. 0: the input has ended, as it should or by a signal to us, and all of it
 * is durable. -1: DTS_BAD_INPUT (the input; or damage in the log), DTS_REFUSED (of another source, not connected),
 * DTS_AGAIN (another writer; no room), DTS_IO. Whole transactions before the error are kept.
 */
int dts_log_append(struct dts_stream *in, const struct dts_append_options *o, struct dts_output *acks, struct dts_error *err);

#endif
