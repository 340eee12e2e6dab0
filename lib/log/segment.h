#ifndef DTS_LOG_SEGMENT_H
#define DTS_LOG_SEGMENT_H

#include <zstd.h>

#include "log/frame.h"
#include "log/segments.h"

/*
 * A segment that is open for reading, at one of its heads. It may be written at the same time: what is not
 * wholly there yet is not there.
 */
struct dts_segment {
	char *path;
	uint64_t number;
	bool part; /* it had the name of an open one when it was opened */
	int fd;    /* -1: not open */
	uint64_t next; /* offset of the head that dts_segment_step() reads next */
	struct dts_frame_head head; /* the last one read */
	uint64_t frame_at; /* where its frame stands */
	ZSTD_DCtx *zstd;
	struct dts_buf bytes, ahead;
	uint64_t ahead_at; /* offset of what is in `ahead` */
};

enum dts_step {
	DTS_STEP_HEAD,   /* a head, whose frame is there as far as its length says */
	DTS_STEP_FOOT,   /* the foot: the segment is closed and ends here */
	DTS_STEP_END,    /* nothing more is there now, or only the beginning of a head or a frame */
	DTS_STEP_DAMAGE, /* what stands there is no head: `err` says so, with the file and offset; DTS_BAD_INPUT */
	DTS_STEP_ERROR,  /* it cannot be read: `err`, DTS_IO */
};

/* Opens it at its beginning. -1: DTS_IO; with ENOENT, DTS_GONE. `s` is all zero or closed. */
int dts_segment_open(struct dts_segment *s, const char *dir, const struct dts_segment_name *name, struct dts_error *err);
void dts_segment_close(struct dts_segment *s); /* all zero is fine */

/* Reads the head at s->next, and moves on behind its frame, which is not read. After END and DAMAGE s->next is as before, and
 * s->head is none. */
enum dts_step dts_segment_step(struct dts_segment *s, struct dts_error *err);

/* The records of the frame behind the head that was read last, put behind what `content` holds. -1: they are not
 * what was written (DTS_BAD_INPUT, with file and offset), or cannot be read. */
int dts_segment_load(struct dts_segment *s, struct dts_buf *content, struct dts_error *err);

/* The next whole head or foot of this segment at *offset or behind it: 1, and *offset is its, and s->head is it; 0: there is none; -1. */
int dts_segment_find_head(struct dts_segment *s, uint64_t *offset, bool *foot, struct dts_error *err);

/* Is a whole head of this segment somewhere behind `offset`, and which was written when the disk had all up to
 * there? Then what is damaged at `offset` is no torn tail. 1, 0, -1. */
int dts_segment_synced_behind(struct dts_segment *s, uint64_t offset, struct dts_error *err);

/* Bytes that the file has now. */
int dts_segment_size(const struct dts_segment *s, uint64_t *size, struct dts_error *err);

/* Reads the foot of a closed one into `foot`. 1; 0: it has none; -1. s->next stays. */
int dts_segment_foot(struct dts_segment *s, struct dts_frame_head *foot, struct dts_error *err);

#endif
