#ifndef DTS_LOG_RECOUNT_H
#define DTS_LOG_RECOUNT_H

#include "log/frame.h"
#include "record/stream.h"

/*
 * The content of frames read again, record by record, to hold their heads against it. What is counted here is
 * counted a second time on purpose, and not by the code that made the heads.
 */
struct dts_recount {
	struct dts_stream_state state;
	struct dts_record record;
	struct dts_frame_head is; /* what the frame's records come to */
	struct dts_position at;   /* where the log stands */
	bool at_known;
	uint64_t newest;          /* the greatest time of a transaction so far */
	bool newest_known;
	struct dts_buf id;        /* of the source's server, as JSON; "" where the stream record does not tell it */
	bool lost;                /* records before this were not to be had: none is looked at inside a transaction */
	struct dts_buf scratch[2];
	struct dts_position pos;
};

/* All zero is the beginning of a log, but for this. */
void dts_recount_init(struct dts_recount *c);
void dts_recount_release(struct dts_recount *c);

/* A frame whose records cannot be had, with its head (NULL: nor that): what comes behind it is looked at again as soon as it
 * can be. */
void dts_recount_skip(struct dts_recount *c, const struct dts_frame_head *h);

/* Nothing is known of what was before: a segment is missing. */
void dts_recount_forget(struct dts_recount *c);

/* Are these the records of the head? -1, DTS_BAD_INPUT: what is wrong, which record it is. */
int dts_recount_frame(struct dts_recount *c, const struct dts_frame_head *h, struct dts_slice content, struct dts_error *err);

/* Is the foot what the heads of its segment come to? -1, DTS_BAD_INPUT. */
int dts_recount_foot(const struct dts_frame_head *sum, const struct dts_frame_head *foot, struct dts_error *err);

#endif
