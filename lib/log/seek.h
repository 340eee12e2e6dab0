#ifndef DTS_LOG_SEEK_H
#define DTS_LOG_SEEK_H

#include "log/cursor.h"
#include "log/read.h"

/*
 * Finds the place of a log where reading is to begin. By the first heads of the segments the segment is chosen, from the
 * newest on, by its heads the frame, and of that frame alone the records are looked at. What is wanted may be yet to
 * come; the search goes on then where it was.
 */
struct dts_log_seek {
	enum dts_log_start how;
	struct dts_position position; /* what is looked for; by its GTIDs alone where it has no file, or one that is not the log's */
	uint64_t time;
	bool by_gtid;
	bool walks;     /* to the end, head by head */

	bool in_tx;     /* the frame at hand begins inside a transaction ... */
	struct dts_position begin; /* ... which began here */
	struct dts_record record;
};

/* `s` all zero. Opens the segment where the place is, or will be. 1; 0: the log is empty; -1: DTS_GONE, DTS_REFUSED, ... */
int dts_log_seek_begin(struct dts_log_seek *s, const struct dts_log_read_options *o, struct dts_log_cursor *c, struct dts_error *err);

/*
 * Looks for it in the frame at hand. 1: it is in there, `skip` bytes behind the beginning of `content`, where `at` of the
 * cursor stands now; 0: it is behind this frame, which was passed; -1. With `*lost` the frame is not wholly there yet.
 */
int dts_log_seek_frame(struct dts_log_seek *s, struct dts_log_cursor *c, struct dts_buf *content, size_t *skip, bool *lost,
		       struct dts_error *err);

/* The cursor is at the end. 1: the place is here; 0: it is yet to come; 2: it is looked for anew, in a segment before; -1. */
int dts_log_seek_end(struct dts_log_seek *s, struct dts_log_cursor *c, struct dts_error *err);

/* Looks for a position, with what is told of it, once more: what was read behind it was cut off by who writes. To be followed
 * by dts_log_seek_choose(). */
void dts_log_seek_again(struct dts_log_seek *s, const struct dts_position *position);
int dts_log_seek_choose(struct dts_log_seek *s, struct dts_log_cursor *c, struct dts_error *err);
void dts_log_seek_release(struct dts_log_seek *s);

#endif
