#include "binlog/payload.h"

#include <zstd.h>

#include "base/bytes.h"
#include "binlog/event.h"

enum { STEP = 128 << 10, KEEP = 4 << 20, LARGEST = 1 << 30 };

void dts_payload_release(struct dts_payload *p)
{
	ZSTD_freeDCtx(p->stream);
	dts_buf_release(&p->out);
	*p = (struct dts_payload){0};
}

void dts_payload_close(struct dts_payload *p)
{
	p->open = false;
	if (p->out.cap > KEEP)
		dts_buf_release(&p->out);
}

static int malformed(struct dts_payload *p, const char *why, struct dts_error *err)
{
	dts_payload_close(p);
	return dts_fail(err, DTS_BAD_INPUT, "a compressed transaction cannot be expanded: %s", why);
}

int dts_payload_open(struct dts_payload *p, struct dts_slice body, struct dts_error *err)
{
	enum { END, PAYLOAD_SIZE, COMPRESSION, SIZE };
	enum { ZSTD = 0, NONE = 255 };
	struct dts_bytes b = dts_bytes(body);
	uint64_t type, compression = NONE, packed = 0;

	p->size = p->taken = 0;
	while ((type = dts_bytes_packed(&b)) != END && !b.bad) {
		struct dts_bytes value = dts_bytes(dts_bytes_take(&b, (size_t)dts_bytes_packed(&b)));
		if (type == PAYLOAD_SIZE)
			packed = dts_bytes_packed(&value);
		else if (type == COMPRESSION)
			compression = dts_bytes_packed(&value);
		else if (type == SIZE)
			p->size = dts_bytes_packed(&value);
		b.bad = b.bad || value.bad; /* fields of other types may come: they have their length */
	}
	if (b.bad || packed != dts_bytes_left(&b))
		return malformed(p, "it is cut short or malformed", err);
	if (compression != ZSTD && compression != NONE)
		return malformed(p, "its compression is not known", err);
	p->stored = compression == NONE;
	if (p->stored)
		p->size = packed;
	else if (!p->stream && !(p->stream = ZSTD_createDCtx()))
		dts_out_of_memory();
	else
		ZSTD_DCtx_reset(p->stream, ZSTD_reset_session_only);
	p->in = dts_slice((const char *)b.p, dts_bytes_left(&b));
	dts_buf_clear(&p->out);
	p->at = 0;
	p->ended = p->stored && packed == 0;
	p->open = true;
	return 0;
}

/* Takes out more. What was used goes first. */
static int expand(struct dts_payload *p, struct dts_error *err)
{
	ZSTD_inBuffer in = {p->in.p, p->in.len, 0};
	size_t step = p->stored && p->in.len < STEP ? p->in.len : STEP;

	dts_buf_reserve(&p->out, step);
	if (p->stored) {
		dts_buf_add(&p->out, p->in.p, step);
		in.pos = step;
		p->taken += step;
		p->ended = step == p->in.len;
	} else {
		ZSTD_outBuffer out = {p->out.data + p->out.len, step, 0};
		size_t rest = ZSTD_decompressStream(p->stream, &out, &in);
		if (ZSTD_isError(rest))
			return malformed(p, ZSTD_getErrorName(rest), err);
		p->out.len += out.pos;
		p->taken += out.pos;
		p->ended = rest == 0;
		if (!p->ended && out.pos == 0 && in.pos == in.size)
			return malformed(p, "it is cut short", err);
		if (p->ended && in.pos != in.size)
			return malformed(p, "there is more behind its end", err);
	}
	p->in = dts_slice(p->in.p + in.pos, p->in.len - in.pos);
	if (p->taken > p->size || (p->ended && p->taken != p->size))
		return malformed(p, "it has another size than it says", err);
	return 0;
}

/* Until so many bytes are there, or no more. */
static int have(struct dts_payload *p, size_t need, struct dts_error *err)
{
	if (p->out.len - p->at < need && p->at > 0) {
		memmove(p->out.data, p->out.data + p->at, p->out.len - p->at);
		p->out.len -= p->at;
		p->at = 0;
	}
	while (p->out.len - p->at < need && !p->ended)
		if (expand(p, err) < 0)
			return -1;
	return 0;
}

int dts_payload_next(struct dts_payload *p, struct dts_slice *event, struct dts_error *err)
{
	enum { SIZE_AT = 9 };

	if (have(p, DTS_EVENT_HEADER, err) < 0)
		return -1;
	if (p->out.len == p->at) {
		dts_payload_close(p);
		return 0;
	}
	struct dts_bytes b = dts_bytes(dts_slice(p->out.data + p->at, p->out.len - p->at));
	dts_bytes_take(&b, SIZE_AT);
	size_t size = dts_bytes_u32(&b);
	if (b.bad || size < DTS_EVENT_HEADER || size > LARGEST)
		return malformed(p, "it does not hold events", err);
	if (have(p, size, err) < 0)
		return -1;
	if (p->out.len - p->at < size)
		return malformed(p, "its last event is cut short", err);
	*event = dts_slice(p->out.data + p->at, size);
	p->at += size;
	return 1;
}
