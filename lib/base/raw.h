#ifndef DTS_BASE_RAW_H
#define DTS_BASE_RAW_H

#include <zstd.h>

#include "base/buf.h"
#include "base/error.h"

/*
 * The bytes of a file or pipe, or those that zstd made smaller in it (recognised by its
 * magic number, RFC 8878 section 3.1.1).
 */
struct dts_raw {
	char *name; /* the path, or "standard input" */
	int fd;     /* -1: not open */
	bool eof;   /* nothing more came from fd */
	bool probed; /* the first bytes were looked at for zstd's magic number */
	ZSTD_DStream *zstd; /* NULL: as it is */
	struct dts_buf packed; /* compressed bytes, not yet used from packed_at */
	size_t packed_at;
	bool frame_open; /* a zstd frame has begun and not ended */
};

/* Opens `path`, or standard input for "-". All of `r` is overwritten. -1: DTS_IO. */
int dts_raw_open(struct dts_raw *r, const char *path, struct dts_error *err);

/* Closes; all zero is fine. */
void dts_raw_close(struct dts_raw *r);

/*
 * Appends what there is to `to`, waiting for the first of it. 1: some came, or may come; 0: the end, though a file that
 * grows may have more the next time; -1: cannot read (DTS_IO), a cut or bad zstd frame (DTS_BAD_INPUT), or, with err->status
 * DTS_OK, a stop signal has come (see base/signals.h).
 */
int dts_raw_more(struct dts_raw *r, struct dts_buf *to, struct dts_error *err);

static inline bool dts_raw_is_packed(const struct dts_raw *r)
{
	return r->zstd != NULL;
}

/* Can some be had without reading? */
static inline bool dts_raw_holds(const struct dts_raw *r)
{
	return r->eof || r->packed_at < r->packed.len;
}

#endif
