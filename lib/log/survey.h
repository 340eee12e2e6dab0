#ifndef DTS_LOG_SURVEY_H
#define DTS_LOG_SURVEY_H

#include "log/segment.h"

/*
 * What is in a log, without unpacking any of it: of closed segments by their feet, of the open one by its heads, up to where
 * readers are given it.
 */
struct dts_survey_segment {
	struct dts_segment_name name;
	struct dts_frame_head sum; /* of all its frames */
	uint64_t size;             /* bytes of the file */
	uint64_t room;             /* what the file takes of the file system */
	bool closed;
	char *damage;              /* why `sum` is not of all of it, which is then as far as heads go; NULL: it is */
};

struct dts_survey {
	struct dts_survey_segment *items; /* by number */
	size_t count;
};

/* -1: as dts_segments_list(), DTS_IO. A damaged segment is no error. All zero is fine to give; release it. */
int dts_log_survey(const char *dir, struct dts_survey *s, struct dts_error *err);
void dts_survey_release(struct dts_survey *s);

/* The greatest time of a transaction up to the end of the segment; microseconds since 1970; 0: there is none. */
static inline uint64_t dts_survey_newest(const struct dts_survey_segment *s)
{
	return s->sum.last_time > s->sum.newest_before ? s->sum.last_time : s->sum.newest_before;
}

/* Appends a time as records have it: 2026-01-31T10:31:00.123456Z; and a number of bytes for people: 1.5 GiB. */
void dts_log_add_time(struct dts_buf *b, uint64_t micro);
void dts_log_add_size(struct dts_buf *b, uint64_t bytes);

/* Appends FILE:OFFSET, or where there is no file the GTID position. */
void dts_log_add_position(struct dts_buf *b, const struct dts_position *p);

#endif
