#include "base/raw.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/signals.h"

enum { READ_SIZE = 256 * 1024 };

int dts_raw_open(struct dts_raw *r, const char *path, struct dts_error *err)
{
	const bool is_stdin = strcmp(path, "-") == 0;

	*r = (struct dts_raw){.fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)};
	if (r->fd < 0)
		return dts_fail_errno(err, "cannot open '%s'", path);
	r->name = dts_strdup(is_stdin ? "standard input" : path);
	return 0;
}

void dts_raw_close(struct dts_raw *r)
{
	if (r->name && r->fd != STDIN_FILENO)
		close(r->fd);
	ZSTD_freeDStream(r->zstd);
	dts_buf_release(&r->packed);
	free(r->name);
	*r = (struct dts_raw){.fd = -1};
}

/* Reads once behind what `b` holds. 1: got some, 0: end of file, -1: error. */
static int read_some(struct dts_raw *r, struct dts_buf *b, struct dts_error *err)
{
	dts_buf_reserve(b, READ_SIZE);
	for (;;) {
		ssize_t n = read(r->fd, b->data + b->len, b->cap - b->len);

		r->eof = n == 0;
		if (n >= 0) {
			b->len += (size_t)n;
			return n > 0;
		}
		if (errno != EINTR)
			return dts_fail_errno(err, "cannot read '%s'", r->name);
		if (dts_signals_stop()) {
			err->message[0] = '\0';
			err->status = DTS_OK;
			return -1;
		}
	}
}

/* Looks for zstd's magic number once four bytes are there (or the end is). */
static int probe(struct dts_raw *r, struct dts_buf *to, struct dts_error *err)
{
	static const unsigned char magic[4] = {0x28, 0xb5, 0x2f, 0xfd};

	while (r->packed.len < sizeof magic && !r->eof)
		if (read_some(r, &r->packed, err) < 0)
			return -1;
	r->probed = true;
	if (r->packed.len < sizeof magic || memcmp(r->packed.data, magic, sizeof magic) != 0) {
		dts_buf_add_slice(to, dts_buf_slice(&r->packed));
		dts_buf_release(&r->packed);
		return to->len > 0;
	}
	r->zstd = ZSTD_createDStream();
	if (!r->zstd)
		dts_out_of_memory();
	return 1;
}

/* Decompresses a piece. 1: more text or more to come, 0: the end, -1. */
static int unpack(struct dts_raw *r, struct dts_buf *to, struct dts_error *err)
{
	if (r->packed_at == r->packed.len && !r->eof) {
		dts_buf_clear(&r->packed);
		r->packed_at = 0;
		if (read_some(r, &r->packed, err) < 0)
			return -1;
	}
	if (r->packed_at == r->packed.len)
		return r->frame_open ? dts_fail(err, DTS_BAD_INPUT, "%s: the zstd frame is cut off", r->name) : 0;
	dts_buf_reserve(to, READ_SIZE);
	ZSTD_inBuffer from = {r->packed.data, r->packed.len, r->packed_at};
	ZSTD_outBuffer out = {to->data, to->cap, to->len};
	size_t rc = ZSTD_decompressStream(r->zstd, &out, &from);
	if (ZSTD_isError(rc))
		return dts_fail(err, DTS_BAD_INPUT, "%s: bad zstd data: %s", r->name, ZSTD_getErrorName(rc));
	r->packed_at = from.pos;
	to->len = out.pos;
	r->frame_open = rc != 0;
	return 1;
}

int dts_raw_more(struct dts_raw *r, struct dts_buf *to, struct dts_error *err)
{
	if (!r->probed)
		return probe(r, to, err);
	return r->zstd ? unpack(r, to, err) : read_some(r, to, err);
}
