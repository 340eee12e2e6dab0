#ifndef DTS_LOG_APPEND_WRITE_H
#define DTS_LOG_APPEND_WRITE_H

#include "log/append.h"
#include "log/append_frame.h"
#include "log/end.h"

/*
 * Writes frames in a thread of its own: packs them, writes all that have come meanwhile at once, and waits for the disk once for
 * all of them (group commit). Segments are begun, closed and named here. All functions are called by one other thread.
 */
struct dts_log_writer;

/* Goes on at the end of the log. Options are borrowed. The log is locked and mended, the writer's alone. */
struct dts_log_writer *dts_log_writer_new(const struct dts_append_options *o, struct dts_output *acks, const struct dts_log_end *end,
					  struct dts_error *err);

/* A frame to be filled, yours until it is put. */
struct dts_log_frame *dts_log_writer_take(struct dts_log_writer *w);

/* Hands a frame over, which may have no content and just close the segment. Waits while much is on its way. -1: the writer has
 * failed, now or before: DTS_IO, DTS_AGAIN. The frame is taken all the same. */
int dts_log_writer_put(struct dts_log_writer *w, struct dts_log_frame *f, struct dts_error *err);

/* Has everything been written that was put? -1: it has failed. */
int dts_log_writer_idle(struct dts_log_writer *w, struct dts_error *err);

/* A descriptor that becomes readable when the writer has done something, until dts_log_writer_idle() is asked. */
int dts_log_writer_fd(const struct dts_log_writer *w);

/* About how many bytes the segment will have when all that was put, and so many bytes of content more, are written. */
uint64_t dts_log_writer_size(struct dts_log_writer *w, uint64_t more);

/* Waits until the disk has everything, and cuts off a transaction that has not ended. Call once, last. */
int dts_log_writer_finish(struct dts_log_writer *w, struct dts_error *err);

void dts_log_writer_free(struct dts_log_writer *w); /* NULL is fine; what has not been written is dropped */

#endif
