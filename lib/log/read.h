#ifndef DTS_LOG_READ_H
#define DTS_LOG_READ_H

#include "base/output.h"
#include "record/position.h"
#include "record/record.h"

enum dts_log_start {
	DTS_LOG_OLDEST,
	DTS_LOG_NOW,      /* at the end as it is now */
	DTS_LOG_POSITION, /* `position`, by its file, or by its GTIDs where it has none */
	DTS_LOG_TIME,     /* at the first transaction that began at `start_time` or later */
};

struct dts_log_read_options {
	const char *dir;
	enum dts_log_start start;
	struct dts_position position;
	uint64_t start_time, stop_time; /* microseconds since 1970; the first that began at `stop_time` or later ends it; 0: none */
	struct dts_position stop;       /* file "": none */
	struct dts_gtids stop_gtid;     /* when all of these were told; not known: none */
	bool follow;                    /* go on when the end is reached */

	/* Tables: what has none of them may be left out; then heartbeats say how far it has come. NULL: all are wanted. */
	bool (*keeps)(void *context, struct dts_slice db, struct dts_slice table);
	/* Appends what becomes of a record, which may be nothing; NULL: they stay as they are. Only with `keeps`. */
	int (*rewrite)(void *context, const struct dts_record *r, struct dts_buf *out, struct dts_error *err);
	void *context;
	void (*notice)(const char *text); /* for people; NULL: nobody is told */
};

/*
 * Writes what the log holds as one stream, with its end. It locks nothing and asks nobody: any number may read while one
 * appends and one trims. Without `follow` it ends at the end that it saw when it began. 0: ended as it should (following:
 * by a signal); 1: not following and a signal came, nothing more was written; -1: DTS_GONE (the position is no longer in
 * the log), DTS_AGAIN (not yet in it), DTS_BAD_INPUT (damage, named), DTS_REFUSED (no log), DTS_IO.
 */
int dts_log_read(const struct dts_log_read_options *o, struct dts_output *out, struct dts_error *err);

#endif
