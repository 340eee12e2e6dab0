#ifndef DTS_LOG_CURSOR_H
#define DTS_LOG_CURSOR_H

#include "log/end.h"
#include "log/segment.h"

/*
 * Goes through a log frame by frame, from segment to segment, while another process may write, pack and trim it. It
 * stops where the log ends as a reader may see it: behind the last frame that does not end inside a transaction, and
 * which is wholly there. All zero is none; open it with dts_log_cursor_open().
 */
struct dts_log_cursor {
	const char *dir;
	struct dts_segment s;   /* the frame at hand: s.head, which stands at s.head.at; s.next is behind it */
	bool open;
	bool closed;            /* its foot was read: what comes next is in the next segment */
	struct dts_position at; /* where the log stands before the frame at hand, with its GTIDs where known */
	bool told;              /* `at` is set */

	struct dts_segments all; /* as they were last listed: the next one is mostly among them */

	/* A transaction that is larger than a frame: its frames are there, up to this offset. */
	struct dts_segment scout;
	uint64_t run_end, scouted;
	bool run_wanted;        /* one of them has what `wanted` says yes to */

	/* The end of a reader that does not follow: the newest segment and its size; number 0: none. The file stays open, since
	 * offsets are others in one that is packed by the time that it is read. */
	uint64_t limit_number, limit_offset;
	struct dts_segment last;

	/* Offsets of the frames of the segment that were passed, from the last with a stream record on, which say what is in
	 * force behind them. None: it was not read from its beginning. */
	uint64_t *telling;
	size_t telling_count, telling_cap;

	/* The head of the frame that was passed last: as long as it is there, so is all before it. */
	uint64_t passed_at;
	char passed[DTS_FRAME_PREFIX + 4];
	bool has_passed;

	/* Is there anything in the frame that is to be read? NULL: always. */
	bool (*wanted)(void *context, const struct dts_frame_head *h);
	void *context;
};

enum dts_cursor_step {
	DTS_CURSOR_FRAME, /* c->s.head says what is in it; c->run_wanted, whether it or its transaction is to be read */
	DTS_CURSOR_END,   /* nothing more is there, or not yet */
	DTS_CURSOR_ERROR, /* DTS_BAD_INPUT: damage, a missing segment, named; DTS_GONE: trimmed away; DTS_IO */
};

/* Goes to the beginning of a segment; the limit's is the file that it was then. -1: DTS_GONE where it has another name
 * now, DTS_IO. */
int dts_log_cursor_open(struct dts_log_cursor *c, const struct dts_segment_name *name, struct dts_error *err);
void dts_log_cursor_close(struct dts_log_cursor *c);

enum dts_cursor_step dts_log_cursor_next(struct dts_log_cursor *c, struct dts_error *err);

/* The records of the frame at hand, in `content`, which is cleared first. 1; 0: they are not wholly there yet, and the cursor
 * is before the frame again; -1: damage, or DTS_IO. */
int dts_log_cursor_load(struct dts_log_cursor *c, struct dts_buf *content, struct dts_error *err);

/* Had the segment nothing whole, and was it removed by who appends? Then another one of its number takes its place, and
 * dts_log_cursor_next() looks for that. */
bool dts_log_cursor_replaced(struct dts_log_cursor *c);

/* The frame at hand was dealt with. `advance`: moves c->at behind it by its head, which else the caller has done. */
void dts_log_cursor_pass(struct dts_log_cursor *c, bool advance);

/* Goes to where the log was found to end, which is the limit, too. -1: as above, DTS_GONE also where it was packed since. */
int dts_log_cursor_open_end(struct dts_log_cursor *c, const struct dts_log_end *end, struct dts_error *err);

/* The segment once more, at its beginning, to be looked at beside: it is the same file, whatever its name is now. */
int dts_log_cursor_twin(const struct dts_log_cursor *c, struct dts_segment *twin, struct dts_error *err);

/* Puts both together; of MariaDB's the later of each domain counts. */
void dts_log_gtids_both(struct dts_gtids *g, const struct dts_gtids *other);

/* Are GTIDs that somebody asks for of the family that the log has? An empty position does not tell. -1: DTS_REFUSED. */
int dts_log_check_form(const struct dts_gtids *has, const struct dts_gtids *asked, const char *dir, struct dts_error *err);

/* Moves a position behind a frame by its head. */
void dts_log_follow_head(struct dts_position *at, const struct dts_frame_head *h);

/* Is what was passed still there? Whoever writes cuts back what the disk has not taken. 1, 0, -1. To be asked before
 * reading on after END; what was read ahead is forgotten. */
int dts_log_cursor_still(struct dts_log_cursor *c, struct dts_error *err);

/* Takes the end of the log as it is now for the limit. 1; 0: the log is empty; -1. */
int dts_log_cursor_limit(struct dts_log_cursor *c, struct dts_error *err);

#endif
