#ifndef DTS_BASE_OUTPUT_H
#define DTS_BASE_OUTPUT_H

#include "base/buf.h"
#include "base/error.h"

/*
 * A buffered writer to a file descriptor, plain or zstd-compressed. Nothing
 * counts as written before dts_output_close() has returned 0.
 */
struct dts_output {
	struct dts_buf buf; /* records are formatted straight into this */
	int fd;
	bool compressed;
	bool durable; /* set it, and dts_output_close() waits until the disk has it */
	bool full;    /* writing failed, for the disk is */
	struct dts_zstd_writer *zstd;
	uint64_t bytes; /* given to it so far, before compression */
};

/* `path` NULL or "-" is standard output; a file is created or truncated. */
int dts_output_open(struct dts_output *out, const char *path, bool compressed, struct dts_error *err);

/* Call after each record that was put into out->buf: writes when enough has gathered. */
int dts_output_record_done(struct dts_output *out, struct dts_error *err);

/* Adds whole records that were made elsewhere; many of them at once are not copied. */
int dts_output_add(struct dts_output *out, struct dts_slice records, struct dts_error *err);

/* Writes everything held, so that the reader sees it now (ends a zstd block). */
int dts_output_flush(struct dts_output *out, struct dts_error *err);

/* Has the reader of a pipe gone? Told without writing anything. */
bool dts_output_unread(const struct dts_output *out);

/* Flushes, ends the frame, closes, and checks each of them. Call once. */
int dts_output_close(struct dts_output *out, struct dts_error *err);

/* Frees without writing what is held: for the way out after an error. */
void dts_output_discard(struct dts_output *out);

#endif
