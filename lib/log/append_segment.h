#ifndef DTS_LOG_APPEND_SEGMENT_H
#define DTS_LOG_APPEND_SEGMENT_H

#include <zstd.h>

#include "log/append_frame.h"
#include "log/end.h"

/* The segment that is written. Each step may be tried again when the disk was full, and does the rest then. */
struct dts_log_out {
	const char *dir;
	struct dts_buf path;
	int fd;                       /* -1: none is open */
	struct dts_segment_name name; /* of the one that is open, or was last */
	uint64_t size;   /* bytes that were written */
	uint64_t synced; /* of them, what the disk has */
	uint64_t whole;  /* up to the last frame that ends outside a transaction */
	bool entered;    /* the directory's entry is on disk */
	bool footed;     /* its foot is written */
	bool full;       /* the last step failed since there was no room */
	struct dts_frame_head sum;
	struct dts_buf batch; /* frames that are packed and not written */
	uint64_t *ends;       /* of those of them that end outside a transaction: offsets in the file */
	size_t end_count, end_cap;
	struct dts_buf packed;
	ZSTD_CCtx *zstd;
};

void dts_log_out_init(struct dts_log_out *s, const char *dir, int level);
void dts_log_out_release(struct dts_log_out *s);

/* Opens the one that the log ends in, unless it is closed. */
int dts_log_out_resume(struct dts_log_out *s, const struct dts_log_end *end, struct dts_error *err);

/* How long ago the segment was made, in milliseconds; 0 where the file system does not say. */
int64_t dts_log_segment_age(const char *dir, const struct dts_segment_name *name);

/* Makes the next one. */
int dts_log_out_create(struct dts_log_out *s, uint64_t began, struct dts_error *err);

/* Makes a file of that name, which takes the place of a segment with this number later. */
int dts_log_out_begin(struct dts_log_out *s, const char *name, uint64_t number, struct dts_error *err);

/* Packs a frame behind the batch. The segment is open; its sum takes the frame in. -1: DTS_IO. */
int dts_log_out_pack(struct dts_log_out *s, struct dts_log_frame *f, struct dts_error *err);

/* Writes the batch. -1, `full` or not: what is whole of it is there, since who reads may have read it, and the rest waits. */
int dts_log_out_write(struct dts_log_out *s, struct dts_error *err);

/* Waits for the disk. -1: DTS_IO; what the disk is not known to have was cut off. */
int dts_log_out_sync(struct dts_log_out *s, struct dts_error *err);

/* Ends such a file with the foot of the segment, but for what is another now, and waits for the disk. */
int dts_log_out_foot(struct dts_log_out *s, const struct dts_frame_head *foot, struct dts_error *err);

/* Ends the segment: foot, its last name. */
int dts_log_out_close(struct dts_log_out *s, struct dts_error *err);

#endif
