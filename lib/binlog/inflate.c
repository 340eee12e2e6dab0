#include "binlog/inflate.h"

#include <stdlib.h>
#include <zlib.h>

enum {
	STORED = 0x00, ZLIB = 0x80, METHOD = 0xf0, /* the upper half of the first byte */
	RAW = 0x08,     /* in values: without zlib's head and check */
	LENGTH = 0x07,  /* how many bytes the length has */
	KEEP = 4 << 20,
	DENSEST = 1032, /* zlib makes no more of a byte (zlib.net, "Technical Details") */
};

void dts_inflate_release(struct dts_inflate *z)
{
	if (z->stream)
		inflateEnd(z->stream);
	free(z->stream);
	dts_buf_release(&z->out);
	*z = (struct dts_inflate){0};
}

static z_stream *start(struct dts_inflate *z, int window_bits)
{
	if (z->stream)
		return inflateReset2(z->stream, window_bits) == Z_OK ? z->stream : NULL;
	z->stream = dts_zalloc(1, sizeof(z_stream));
	if (inflateInit2((z_stream *)z->stream, window_bits) == Z_OK)
		return z->stream;
	free(z->stream);
	z->stream = NULL;
	return NULL;
}

/* How long it will be; p[0] and the length are taken away. False: that cannot be. */
static bool read_length(struct dts_slice *packed, size_t *len)
{
	size_t bytes = (unsigned char)packed->p[0] & LENGTH, n = 0;

	if (bytes < 1 || bytes > 4 || packed->len <= bytes)
		return false;
	for (size_t i = 1; i <= bytes; i++)
		n = n << 8 | (unsigned char)packed->p[i];
	*packed = dts_slice(packed->p + bytes + 1, packed->len - bytes - 1);
	*len = n;
	return n / DENSEST <= packed->len;
}

static bool expand(struct dts_inflate *z, struct dts_slice packed, int window_bits, struct dts_slice *plain)
{
	size_t len;
	z_stream *s;

	if (!read_length(&packed, &len) || !(s = start(z, window_bits)))
		return false;
	if (z->out.cap > KEEP && len < KEEP)
		dts_buf_release(&z->out);
	dts_buf_clear(&z->out);
	dts_buf_reserve(&z->out, len + 1); /* one more, so that what is longer is seen */
	s->next_in = (unsigned char *)(uintptr_t)packed.p;
	s->avail_in = (unsigned)packed.len;
	s->next_out = (unsigned char *)z->out.data;
	s->avail_out = (unsigned)len + 1;
	if (inflate(s, Z_FINISH) != Z_STREAM_END || s->total_out != len || s->avail_in != 0)
		return false;
	z->out.len = len;
	*plain = dts_buf_slice(&z->out);
	return true;
}

int dts_inflate_event(struct dts_inflate *z, struct dts_slice packed, struct dts_slice *plain, struct dts_error *err)
{
	if (packed.len > 0 && ((unsigned char)packed.p[0] & METHOD) == ZLIB && expand(z, packed, MAX_WBITS, plain))
		return 0;
	return dts_fail(err, DTS_BAD_INPUT, "a compressed event cannot be expanded: it is cut short or malformed");
}

bool dts_inflate_value(struct dts_inflate *z, struct dts_slice packed, struct dts_slice *plain)
{
	*plain = packed;
	if (packed.len == 0) /* stands for itself */
		return true;
	switch ((unsigned char)packed.p[0] & METHOD) {
	case STORED:
		*plain = dts_slice(packed.p + 1, packed.len - 1);
		return packed.p[0] == 0;
	case ZLIB:
		return expand(z, packed, (unsigned char)packed.p[0] & RAW ? -MAX_WBITS : MAX_WBITS, plain);
	default:
		return false;
	}
}
