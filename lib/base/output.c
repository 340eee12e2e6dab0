#include "base/output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>
#include <zstd.h>

/* Written out at this size: large enough for few system calls, small enough for a cache. */
enum { FLUSH_SIZE = 128 * 1024 };

struct dts_zstd_writer {
	ZSTD_CCtx *ctx;
	struct dts_buf packed;
};

int dts_output_open(struct dts_output *out, const char *path, bool compressed, struct dts_error *err)
{
	*out = (struct dts_output){.fd = STDOUT_FILENO, .compressed = compressed};
	if (path && strcmp(path, "-") != 0) {
		out->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
		if (out->fd < 0)
			return dts_fail_errno(err, "cannot create '%s'", path);
	}
	if (compressed) {
		out->zstd = dts_zalloc(1, sizeof *out->zstd);
		out->zstd->ctx = ZSTD_createCCtx();
		if (!out->zstd->ctx)
			dts_out_of_memory();
		ZSTD_CCtx_setParameter(out->zstd->ctx, ZSTD_c_checksumFlag, 1);
		/* Records are long repetitions with short news: more effort costs twice the time, for little or nothing. */
		ZSTD_CCtx_setParameter(out->zstd->ctx, ZSTD_c_compressionLevel, 1);
	}
	return 0;
}

static int write_all(struct dts_output *out, const char *p, size_t len, struct dts_error *err)
{
	while (len > 0) {
		ssize_t n = write(out->fd, p, len);
		if (n < 0 && errno == EINTR)
			continue; /* a stop signal ends a record's end, never its middle */
		if (n < 0) {
			out->full = errno == ENOSPC || errno == EDQUOT;
			return dts_fail_errno(err, "cannot write the output");
		}
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Compresses these bytes and writes them; `how` says whether a block or the frame ends. */
static int write_packed(struct dts_output *out, struct dts_slice bytes, ZSTD_EndDirective how, struct dts_error *err)
{
	struct dts_zstd_writer *z = out->zstd;
	ZSTD_inBuffer from = {bytes.p, bytes.len, 0};
	size_t left;

	do {
		dts_buf_clear(&z->packed);
		dts_buf_reserve(&z->packed, ZSTD_CStreamOutSize());
		ZSTD_outBuffer to = {z->packed.data, z->packed.cap, 0};
		left = ZSTD_compressStream2(z->ctx, &to, &from, how);
		if (ZSTD_isError(left))
			return dts_fail(err, DTS_IO, "cannot compress the output: %s", ZSTD_getErrorName(left));
		if (write_all(out, z->packed.data, to.pos, err) < 0)
			return -1;
	} while (how == ZSTD_e_continue ? from.pos < from.size : left > 0);
	return 0;
}

static int write_held(struct dts_output *out, ZSTD_EndDirective how, struct dts_error *err)
{
	int rc = 0;

	if (out->zstd)
		rc = write_packed(out, dts_buf_slice(&out->buf), how, err);
	else if (out->buf.len > 0)
		rc = write_all(out, out->buf.data, out->buf.len, err);
	out->bytes += out->buf.len;
	dts_buf_clear(&out->buf);
	return rc;
}

int dts_output_record_done(struct dts_output *out, struct dts_error *err)
{
	return out->buf.len < FLUSH_SIZE ? 0 : write_held(out, ZSTD_e_continue, err);
}

int dts_output_add(struct dts_output *out, struct dts_slice records, struct dts_error *err)
{
	if (records.len < FLUSH_SIZE) {
		dts_buf_add_slice(&out->buf, records);
		return dts_output_record_done(out, err);
	}
	if (write_held(out, ZSTD_e_continue, err) < 0)
		return -1;
	out->bytes += records.len;
	return out->zstd ? write_packed(out, records, ZSTD_e_continue, err) : write_all(out, records.p, records.len, err);
}

int dts_output_flush(struct dts_output *out, struct dts_error *err)
{
	return out->buf.len == 0 && !out->zstd ? 0 : write_held(out, ZSTD_e_flush, err);
}

static void free_all(struct dts_output *out)
{
	if (out->zstd) {
		ZSTD_freeCCtx(out->zstd->ctx);
		dts_buf_release(&out->zstd->packed);
		free(out->zstd);
		out->zstd = NULL;
	}
	dts_buf_release(&out->buf);
}

bool dts_output_unread(const struct dts_output *out)
{
	struct pollfd p = {.fd = out->fd};

	return poll(&p, 1, 0) > 0 && p.revents & POLLERR;
}

int dts_output_close(struct dts_output *out, struct dts_error *err)
{
	int rc = write_held(out, ZSTD_e_end, err);

	free_all(out);
	if (rc == 0 && out->durable && fsync(out->fd) < 0) {
		out->full = errno == ENOSPC || errno == EDQUOT;
		rc = dts_fail_errno(err, "cannot write the output");
	}
	/* Network file systems tell of a full disk only here. */
	if (close(out->fd) < 0 && rc == 0)
		rc = dts_fail_errno(err, "cannot close the output");
	out->fd = -1;
	return rc;
}

void dts_output_discard(struct dts_output *out)
{
	free_all(out);
}
