#include "log/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	AHEAD = 4096,     /* read at once where a head is expected: most are shorter */
	FAR_AHEAD = 16 * AHEAD, /* where frames are small: many heads */
	UNPACK = 1 << 18, /* room for what is unpacked, made step by step: a head is believed only as far as it goes */
};

int dts_segment_open(struct dts_segment *s, const char *dir, const struct dts_segment_name *name, struct dts_error *err)
{
	struct dts_buf path = {0};

	s->fd = open(dts_segment_path(&path, dir, name->name), O_RDONLY | O_CLOEXEC);
	if (s->fd < 0) {
		const bool gone = errno == ENOENT;

		dts_fail_errno(err, "cannot open '%s'", path.data);
		err->status = gone ? DTS_GONE : DTS_IO;
		dts_buf_release(&path);
		return -1;
	}
	free(s->path);
	s->path = dts_strdup(dts_buf_text(&path));
	s->number = name->number;
	s->part = name->open;
	s->next = 0;
	s->ahead.len = 0;
	dts_buf_release(&path);
	return 0;
}

void dts_segment_close(struct dts_segment *s)
{
	if (s->path)
		close(s->fd);
	free(s->path);
	dts_frame_head_release(&s->head);
	ZSTD_freeDCtx(s->zstd);
	dts_buf_release(&s->bytes);
	dts_buf_release(&s->ahead);
	*s = (struct dts_segment){.fd = -1};
}

/* Bytes of the file from `at` on, put behind what `b` holds: fewer at its end. -1: DTS_IO. */
static int read_at(struct dts_segment *s, uint64_t at, size_t want, struct dts_buf *b, struct dts_error *err)
{
	dts_buf_reserve(b, want);
	while (want > 0) {
		ssize_t n = pread(s->fd, b->data + b->len, want, (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return dts_fail_errno(err, "cannot read '%s'", s->path);
		if (n == 0)
			break;
		b->len += (size_t)n;
		at += (uint64_t)n;
		want -= (size_t)n;
	}
	return 0;
}

int dts_segment_size(const struct dts_segment *s, uint64_t *size, struct dts_error *err)
{
	struct stat st;

	if (fstat(s->fd, &st) < 0)
		return dts_fail_errno(err, "cannot look at '%s'", s->path);
	*size = (uint64_t)st.st_size;
	return 0;
}

/* So many bytes at `at`, of those read ahead: 1; 0: they are not there yet; -1. */
static int peek(struct dts_segment *s, uint64_t at, size_t len, struct dts_error *err)
{
	if (at >= s->ahead_at && at - s->ahead_at <= s->ahead.len && s->ahead.len - (at - s->ahead_at) >= len)
		return 1;
	const size_t ahead = s->head.packed > 0 && s->head.packed < AHEAD ? FAR_AHEAD : AHEAD;
	dts_buf_clear(&s->ahead);
	s->ahead_at = at;
	if (read_at(s, at, len > ahead ? len : ahead, &s->ahead, err) < 0)
		return -1;
	return s->ahead.len >= len;
}

static const char *ahead_at(const struct dts_segment *s, uint64_t at)
{
	return s->ahead.data + (at - s->ahead_at);
}

static enum dts_step damaged(const struct dts_segment *s, uint64_t at, struct dts_error *err)
{
	dts_where(err, "segment '%s' at offset %llu", s->path, (unsigned long long)at);
	return DTS_STEP_DAMAGE;
}

/* Reads the head at `at` into s->head. */
static enum dts_step read_head(struct dts_segment *s, uint64_t at, struct dts_error *err)
{
	uint64_t size;
	int rc = peek(s, at, DTS_FRAME_PREFIX, err);

	if (rc <= 0)
		return rc < 0 ? DTS_STEP_ERROR : DTS_STEP_END;
	enum dts_frame_kind kind = dts_frame_prefix(ahead_at(s, at), &size);
	if (kind == DTS_FRAME_NONE) {
		dts_fail(err, DTS_BAD_INPUT, "no frame begins here");
		return damaged(s, at, err);
	}
	rc = peek(s, at, (size_t)size, err);
	if (rc <= 0)
		return rc < 0 ? DTS_STEP_ERROR : DTS_STEP_END;
	if (dts_frame_head_parse(&s->head, dts_slice(ahead_at(s, at), (size_t)size), err) < 0)
		return damaged(s, at, err);
	if (s->head.segment != s->number || s->head.at != at) {
		dts_fail(err, DTS_BAD_INPUT, "the head that stands here is of segment %llu, offset %llu", (unsigned long long)s->head.segment,
			 (unsigned long long)s->head.at);
		return damaged(s, at, err);
	}
	s->frame_at = at + size;
	return kind == DTS_FRAME_FOOT ? DTS_STEP_FOOT : DTS_STEP_HEAD;
}

/* The head at s->next, if all that belongs to it is there. */
static enum dts_step read_whole(struct dts_segment *s, struct dts_error *err)
{
	uint64_t size;
	enum dts_step step = read_head(s, s->next, err);

	if (step != DTS_STEP_HEAD || s->ahead.len - (s->frame_at - s->ahead_at) >= s->head.packed)
		return step;
	if (dts_segment_size(s, &size, err) < 0)
		return DTS_STEP_ERROR;
	return size >= s->frame_at && size - s->frame_at >= s->head.packed ? DTS_STEP_HEAD : DTS_STEP_END;
}

/* Nothing whole stands at s->next. A head whose size is damaged looks like one that is not all there yet, which a
 * head behind it gives away. */
static enum dts_step judge_end(struct dts_segment *s, struct dts_error *err)
{
	uint64_t size;

	s->ahead.len = 0; /* who appends may have cut this off when we look again */
	if (dts_segment_size(s, &size, err) < 0)
		return DTS_STEP_ERROR;
	int behind = size > s->next ? dts_segment_synced_behind(s, s->next, err) : 0;
	if (behind <= 0)
		return behind < 0 ? DTS_STEP_ERROR : DTS_STEP_END;
	s->ahead.len = 0;
	enum dts_step step = read_whole(s, err); /* or all of it was written meanwhile */
	if (step != DTS_STEP_END)
		return step;
	dts_fail(err, DTS_BAD_INPUT, "a frame ends too early here");
	return damaged(s, s->next, err);
}

enum dts_step dts_segment_step(struct dts_segment *s, struct dts_error *err)
{
	enum dts_step step = read_whole(s, err);

	if (step == DTS_STEP_END)
		step = judge_end(s, err);
	if (step == DTS_STEP_HEAD)
		s->next = s->frame_at + s->head.packed;
	if (step == DTS_STEP_FOOT)
		s->next = s->frame_at;
	return step;
}

static int not_as_written(const struct dts_segment *s, const char *why, struct dts_error *err)
{
	dts_fail(err, DTS_BAD_INPUT, "the frame is damaged: %s", why);
	damaged(s, s->frame_at, err);
	return -1;
}

/* Unpacks the frame that s->bytes holds. It is not believed to be as long as its head says until it is. */
static int unpack(struct dts_segment *s, struct dts_buf *content, struct dts_error *err)
{
	const size_t start = content->len;
	ZSTD_inBuffer in = {s->bytes.data, s->bytes.len, 0};
	size_t left = 1;

	if (!s->zstd && !(s->zstd = ZSTD_createDCtx()))
		dts_out_of_memory();
	ZSTD_DCtx_reset(s->zstd, ZSTD_reset_session_only);
	if (s->head.content <= 4 * DTS_FRAME_SIZE)
		dts_buf_reserve(content, (size_t)s->head.content + 1);
	while (left > 0) {
		dts_buf_reserve(content, content->cap - content->len > 0 ? 1 : UNPACK);
		ZSTD_outBuffer out = {content->data, content->cap, content->len};
		size_t used = in.pos;
		left = ZSTD_decompressStream(s->zstd, &out, &in);
		if (ZSTD_isError(left))
			return not_as_written(s, ZSTD_getErrorName(left), err);
		if (in.pos == used && out.pos == content->len)
			return not_as_written(s, "it is cut off", err);
		content->len = out.pos;
		if (content->len - start > s->head.content)
			return not_as_written(s, "it holds more than its head says", err);
	}
	if (in.pos != in.size || content->len - start != s->head.content)
		return not_as_written(s, "it holds less than its head says", err);
	return 0;
}

int dts_segment_load(struct dts_segment *s, struct dts_buf *content, struct dts_error *err)
{
	const size_t start = content->len;

	dts_buf_clear(&s->bytes);
	if (read_at(s, s->frame_at, (size_t)s->head.packed, &s->bytes, err) < 0)
		return -1;
	if (s->bytes.len < s->head.packed || s->bytes.len == 0)
		return not_as_written(s, "the file has become shorter", err);
	if (unpack(s, content, err) < 0) {
		content->len = start;
		return -1;
	}
	return 0;
}

int dts_segment_find_head(struct dts_segment *s, uint64_t *offset, bool *foot, struct dts_error *err)
{
	/* What the magic numbers of head and foot have in common, behind their first byte. */
	static const unsigned char magic[] = {DTS_FRAME_HEAD_MAGIC >> 8 & 0xff, DTS_FRAME_HEAD_MAGIC >> 16 & 0xff, DTS_FRAME_HEAD_MAGIC >> 24};
	struct dts_error ignored = DTS_ERROR_INIT;
	struct dts_buf window = {0};
	int found = 0;

	for (uint64_t at = *offset; found == 0;) {
		dts_buf_clear(&window);
		if (read_at(s, at, 1 << 20, &window, err) < 0)
			found = -1;
		if (found < 0 || window.len < DTS_FRAME_PREFIX)
			break;
		const char *p = memmem(window.data + 1, window.len - 1, magic, sizeof magic);
		if (!p) {
			at += window.len - sizeof magic;
			continue;
		}
		at += (uint64_t)(p - window.data) - 1;
		enum dts_step step = read_head(s, at, &ignored);
		*foot = step == DTS_STEP_FOOT;
		if (step == DTS_STEP_HEAD || step == DTS_STEP_FOOT) {
			*offset = at;
			found = 1;
		}
		at++;
	}
	dts_buf_release(&window);
	return found;
}

int dts_segment_synced_behind(struct dts_segment *s, uint64_t offset, struct dts_error *err)
{
	bool foot = false;

	for (uint64_t at = offset;; at++) {
		int found = dts_segment_find_head(s, &at, &foot, err);
		if (found <= 0)
			return found;
		if (foot || s->head.synced > offset)
			return 1;
	}
}

int dts_segment_foot(struct dts_segment *s, struct dts_frame_head *foot, struct dts_error *err)
{
	struct dts_buf bytes = {0};
	uint64_t size = 0, length = 0;
	int rc = 0;

	if (dts_segment_size(s, &size, err) < 0 || (size >= 4 && read_at(s, size - 4, 4, &bytes, err) < 0))
		rc = -1;
	for (size_t i = bytes.len; rc == 0 && i-- > 0;)
		length = length << 8 | (unsigned char)bytes.data[i];
	if (rc == 0 && length > DTS_FRAME_PREFIX && length <= size) {
		struct dts_error ignored = DTS_ERROR_INIT;
		uint64_t whole;

		dts_buf_clear(&bytes);
		rc = read_at(s, size - length, (size_t)length, &bytes, err);
		if (rc == 0 && bytes.len == length && dts_frame_prefix(bytes.data, &whole) == DTS_FRAME_FOOT &&
		    dts_frame_head_parse(foot, dts_buf_slice(&bytes), &ignored) == 0 && foot->segment == s->number &&
		    foot->at == size - length)
			rc = 1;
	}
	dts_buf_release(&bytes);
	return rc;
}
