#ifndef DTS_LOG_TELL_H
#define DTS_LOG_TELL_H

#include "log/frame.h"
#include "log/read.h"

/*
 * The output of a reader: one stream, with right counts, of what it is given frame by frame. Whole frames go out as they
 * are; those with chosen tables, with transactions that were had, or where reading is to stop are gone through line by
 * line. Transactions of which nothing is left are not told: a heartbeat says then how far the log was read.
 */
struct dts_log_teller {
	const struct dts_log_read_options *o;
	struct dts_output *out;
	struct dts_position *at; /* where the log stands behind what was taken; borrowed, and moved on */

	struct dts_gtids had;  /* transactions that are left out, being there already; not known: none */
	struct dts_gtids seen; /* for --stop-gtid: what was told, and what was had at the start */
	struct dts_buf src;    /* JSON */
	bool began;            /* the stream was */
	uint64_t records;      /* told, its first not counted */

	bool in_tx;            /* where the log was read up to ... */
	bool left_out;         /* ... and the open transaction was had */
	bool begin_waits;      /* ... or nothing of it is told yet: its begin waits in `begin` */
	struct dts_buf begin, line;
	struct dts_record record;
	bool untold;           /* transactions were left out, and nothing has said so yet */
	double beat_at;        /* when that is to be said */

	struct dts_buf front;  /* the table of the last change, as in its line */
	bool front_kept;
};

void dts_log_teller_init(struct dts_log_teller *t, const struct dts_log_read_options *o, struct dts_output *out, struct dts_position *at);
void dts_log_teller_release(struct dts_log_teller *t);

/* Begins in the middle of a log: a stream record with `pos` in place of its own, then the schemas, lines of which there are
 * `count`. -1: as all here, DTS_BAD_INPUT where a record is not what it should be, DTS_IO. */
int dts_log_tell_begin(struct dts_log_teller *t, struct dts_slice stream, const struct dts_position *pos, struct dts_slice schemas,
		       struct dts_error *err);

/* The log's own stream record will come: only the source's name is taken from it. */
int dts_log_tell_source(struct dts_log_teller *t, struct dts_slice stream, struct dts_error *err);

/* May any of the stops be in what this head is about? Then it is to be gone through line by line. */
bool dts_log_tell_may_stop(const struct dts_log_teller *t, const struct dts_frame_head *h);

/* All records of a frame; moves t->at behind it. */
int dts_log_tell_frame(struct dts_log_teller *t, const struct dts_frame_head *h, struct dts_slice content, struct dts_error *err);

/* Nothing of the frame is wanted; moves t->at behind it. */
void dts_log_tell_nothing(struct dts_log_teller *t, const struct dts_frame_head *h);

/* The same line by line. `end`: where a transaction ends that goes on behind this frame; NULL: none does. 1: a stop was
 * reached, before the rest; 0; -1. */
int dts_log_tell_lines(struct dts_log_teller *t, struct dts_slice content, const struct dts_position *end, struct dts_error *err);

/* Where the first transaction of a frame ends, one that may have begun before it. 1; 0: not in there; -1. */
int dts_log_tx_end(struct dts_slice content, struct dts_position *pos, struct dts_error *err);

/* Says how far it has come where nothing else has; `now`: even if that was a moment ago. */
int dts_log_tell_progress(struct dts_log_teller *t, bool now, struct dts_error *err);

/* Is a stop where it stands? */
bool dts_log_tell_reached(const struct dts_log_teller *t);

int dts_log_tell_end(struct dts_log_teller *t, const char *reason, struct dts_error *err);

#endif
