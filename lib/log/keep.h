#ifndef DTS_LOG_KEEP_H
#define DTS_LOG_KEEP_H

#include "base/output.h"
#include "record/position.h"

/* What a log has: text for people, or with `json` one object a line: the log, each segment, each table. Only feet and heads are
 * read. -1: DTS_BAD_INPUT where some are damaged (what the others say has been told), as dts_segments_list(), DTS_IO. */
int dts_log_info(const char *dir, bool json, struct dts_output *out, struct dts_error *err);

/*
 * Reads all of it: heads, checksums, records, counts, that each segment goes on where the one before ends. Each segment that is whole is
 * a line of `out`, and so is each fault, with its segment and offset; what is behind it is looked at all the same. What a crash
 * has left behind the last whole transaction is told, and no fault. 0: whole; -1: DTS_BAD_INPUT where there is a fault, or
 * DTS_IO. 1: a signal came.
 */
int dts_log_verify(const char *dir, struct dts_output *out, struct dts_error *err);

struct dts_trim_options {
	const char *dir;
	/* Segments go, the oldest first, as long as one of these asks for it; 0 does not. */
	double older_than;   /* seconds: all that is in it began longer ago */
	uint64_t keep_size;  /* bytes: the log is larger */
	uint64_t keep_free;  /* bytes: the file system has less room */
	/* And never one with anything behind any of these. */
	const struct dts_position *positions;
	char *const *names;  /* what people call them */
	size_t count;
	bool dry_run;
};

/* Removes closed segments, but never the newest of them. A line of `out` for each, and why no more. Who reads one goes on reading it. -1: DTS_REFUSED
 * where a position is not to be found in the log's terms (another server's), and nothing was removed; DTS_IO. 1: a signal came. */
int dts_log_trim(const struct dts_trim_options *o, struct dts_output *out, struct dts_error *err);

#endif
