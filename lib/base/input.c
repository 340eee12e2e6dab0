#include "base/input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>
#include <zstd.h>

#include "base/signals.h"

enum { READ_SIZE = 256 * 1024 };

struct dts_input {
	char *name;
	int fd;
	size_t max_line;
	uint64_t line;
	bool eof; /* nothing more will come from fd */

	struct dts_buf text; /* lines not yet handed out start at `at` */
	size_t at;
	size_t scanned; /* no newline in text before this */

	bool probed; /* the first bytes were looked at for zstd's magic number */
	ZSTD_DStream *zstd;
	struct dts_buf packed; /* compressed bytes, not yet used from packed_at */
	size_t packed_at;
	bool frame_open; /* a zstd frame has begun and not ended */
};

struct dts_input *dts_input_open(const char *path, size_t max_line, struct dts_error *err)
{
	bool is_stdin = strcmp(path, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		dts_fail_errno(err, "cannot open '%s'", path);
		return NULL;
	}
	struct dts_input *in = dts_zalloc(1, sizeof *in);
	in->name = dts_strdup(is_stdin ? "standard input" : path);
	in->fd = fd;
	in->max_line = max_line;
	return in;
}

void dts_input_close(struct dts_input *in)
{
	if (!in)
		return;
	if (in->fd != STDIN_FILENO)
		close(in->fd);
	ZSTD_freeDStream(in->zstd);
	dts_buf_release(&in->text);
	dts_buf_release(&in->packed);
	free(in->name);
	free(in);
}

/* Reads once behind what `b` holds. 1: got some, 0: end of file, -1: error. */
static int read_some(struct dts_input *in, struct dts_buf *b, struct dts_error *err)
{
	dts_buf_reserve(b, READ_SIZE);
	for (;;) {
		ssize_t n = read(in->fd, b->data + b->len, b->cap - b->len);
		if (n > 0) {
			b->len += (size_t)n;
			return 1;
		}
		if (n == 0) {
			in->eof = true;
			return 0;
		}
		if (errno != EINTR)
			return dts_fail_errno(err, "cannot read '%s'", in->name);
		if (dts_signals_stop()) {
			err->message[0] = '\0';
			err->status = DTS_OK;
			return -1;
		}
	}
}

/* Looks for zstd's magic number once four bytes are there (or the end is). */
static int probe(struct dts_input *in, struct dts_error *err)
{
	static const unsigned char magic[4] = {0x28, 0xb5, 0x2f, 0xfd};

	while (in->text.len < sizeof magic && !in->eof)
		if (read_some(in, &in->text, err) < 0)
			return -1;
	in->probed = true;
	if (in->text.len < sizeof magic || memcmp(in->text.data, magic, sizeof magic) != 0)
		return 0;
	in->packed = in->text;
	in->text = (struct dts_buf){0};
	in->zstd = ZSTD_createDStream();
	if (!in->zstd)
		dts_out_of_memory();
	return 0;
}

/* Decompresses a piece behind in->text. 1: more text or more to come, 0: the end, -1. */
static int unpack(struct dts_input *in, struct dts_error *err)
{
	if (in->packed_at == in->packed.len && !in->eof) {
		dts_buf_clear(&in->packed);
		in->packed_at = 0;
		if (read_some(in, &in->packed, err) < 0)
			return -1;
	}
	if (in->packed_at == in->packed.len) {
		if (in->frame_open)
			return dts_fail(err, DTS_BAD_INPUT, "%s: the zstd frame is cut off after line %llu", in->name,
					(unsigned long long)in->line);
		return 0;
	}
	dts_buf_reserve(&in->text, READ_SIZE);
	ZSTD_inBuffer from = {in->packed.data, in->packed.len, in->packed_at};
	ZSTD_outBuffer to = {in->text.data, in->text.cap, in->text.len};
	size_t rc = ZSTD_decompressStream(in->zstd, &to, &from);
	if (ZSTD_isError(rc))
		return dts_fail(err, DTS_BAD_INPUT, "%s: bad zstd data after line %llu: %s", in->name,
				(unsigned long long)in->line, ZSTD_getErrorName(rc));
	in->packed_at = from.pos;
	in->text.len = to.pos;
	in->frame_open = rc != 0;
	return 1;
}

/* Gets more text. 1: some came (or may come), 0: the end, -1: error. */
static int fill(struct dts_input *in, struct dts_error *err)
{
	/* What was handed out makes room; the rest moves to the front. */
	if (in->at > 0) {
		memmove(in->text.data, in->text.data + in->at, in->text.len - in->at);
		in->text.len -= in->at;
		in->scanned -= in->at;
		in->at = 0;
	}
	if (!in->probed) {
		if (probe(in, err) < 0)
			return -1;
		if (in->text.len > 0)
			return 1;
	}
	if (in->zstd)
		return unpack(in, err);
	return in->eof ? 0 : read_some(in, &in->text, err);
}

/* The newline that ends the first line held, or NULL. */
static char *find_newline(struct dts_input *in)
{
	char *end = NULL;

	if (in->text.len > in->scanned)
		end = memchr(in->text.data + in->scanned, '\n', in->text.len - in->scanned);
	in->scanned = end ? (size_t)(end - in->text.data) : in->text.len;
	return end;
}

int dts_input_line(struct dts_input *in, struct dts_slice *line, struct dts_error *err)
{
	char *end;

	while (!(end = find_newline(in))) {
		if (in->text.len - in->at > in->max_line)
			break;
		int rc = fill(in, err);
		if (rc < 0)
			return -1;
		if (rc == 0 && in->text.len == in->at)
			return 0;
		if (rc == 0)
			return dts_fail(err, DTS_BAD_INPUT, "%s:%llu: torn record: the last line has no newline", in->name,
					(unsigned long long)in->line + 1);
	}
	size_t len = end ? (size_t)(end - in->text.data) - in->at : in->text.len - in->at;
	if (len > in->max_line) {
		dts_fail(err, DTS_BAD_INPUT, "%s:%llu: record longer than %zu bytes", in->name,
			 (unsigned long long)in->line + 1, in->max_line);
		return dts_hint(err, "--max-record=SIZE allows longer ones");
	}
	*line = dts_slice(in->text.data + in->at, len);
	in->at += len + 1;
	in->scanned = in->at;
	in->line++;
	return 1;
}

int dts_input_lines(struct dts_input *in, struct dts_slice prefix, struct dts_slice *text, size_t *count,
		    struct dts_error *err)
{
	*count = 0;
	while (!find_newline(in)) {
		if (in->text.len - in->at > in->max_line)
			return 0;
		int rc = fill(in, err);
		if (rc <= 0)
			return rc;
	}
	const char *start = in->text.data + in->at, *end = in->text.data + in->text.len, *p = start;
	while ((size_t)(end - p) > prefix.len && memcmp(p, prefix.p, prefix.len) == 0) {
		const char *newline = memchr(p + prefix.len, '\n', (size_t)(end - p) - prefix.len);
		if (!newline || (size_t)(newline - p) > in->max_line)
			break;
		p = newline + 1;
		++*count;
	}
	*text = dts_slice(start, (size_t)(p - start));
	in->at += text->len;
	in->scanned = in->at;
	in->line += *count;
	return *count > 0;
}

bool dts_input_wait(struct dts_input *in, int milliseconds)
{
	struct pollfd fd = {.fd = in->fd, .events = POLLIN};

	if (find_newline(in) || in->eof || in->packed_at < in->packed.len)
		return true;
	return poll(&fd, 1, milliseconds) > 0;
}

bool dts_input_ready(struct dts_input *in)
{
	return dts_input_wait(in, 0);
}

const char *dts_input_name(const struct dts_input *in)
{
	return in->name;
}

uint64_t dts_input_line_number(const struct dts_input *in)
{
	return in->line;
}
