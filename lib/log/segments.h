#ifndef DTS_LOG_SEGMENTS_H
#define DTS_LOG_SEGMENTS_H

#include "base/buf.h"
#include "base/error.h"

/*
 * The directory of a log. A segment is NUMBER-TIME.zst, such as
 * 000000000042-20261122T103100Z.zst: 12 digits or more, from 1 on, and when its first transaction began, for people.
 * While it is written it has the name with .part behind. No number is left out: trim takes the oldest away.
 * The file dts-log.lock makes it a log, and is locked by who writes (lock.h).
 */
#define DTS_LOG_LOCK_NAME "dts-log.lock"
#define DTS_LOG_PART ".part"

struct dts_segment_name {
	uint64_t number;
	bool open; /* .part */
	char name[80]; /* in the directory */
};

/* The segments of a directory as it is at one moment, by number. */
struct dts_segments {
	struct dts_segment_name *items;
	size_t count, cap;
};

/* Is the directory a log? Has it the lock's file, that is. */
bool dts_log_is(const char *dir);

/* The same, told: DTS_REFUSED, or DTS_IO where it cannot be looked into. */
int dts_log_check(const char *dir, struct dts_error *err);

/* Makes the directory a log, and durable as one; it may be there, but then be empty or a log. -1: DTS_REFUSED, DTS_IO. */
int dts_log_create(const char *dir, struct dts_error *err);

/* Lists them anew. -1: it is no log (DTS_REFUSED), cannot be read (DTS_IO), a number is missing or there twice in the
 * middle (DTS_BAD_INPUT, which names it; all that are there are listed even so). */
int dts_segments_list(struct dts_segments *s, const char *dir, struct dts_error *err);
void dts_segments_release(struct dts_segments *s);

/* The name of a new segment, open. */
void dts_segment_name_set(struct dts_segment_name *n, uint64_t number, uint64_t micro);

/* Appends DIR/NAME. */
const char *dts_segment_path(struct dts_buf *path, const char *dir, const char *name);

/* What was made, renamed or removed in the directory lasts. */
int dts_log_sync_directory(const char *dir, struct dts_error *err);

#endif
