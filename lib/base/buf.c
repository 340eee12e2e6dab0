#include "base/buf.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/error.h"
#include "base/put.h"

bool dts_slice_is_nocase(struct dts_slice a, const char *text)
{
	return strlen(text) == a.len && strncasecmp(a.p, text, a.len) == 0;
}

void *dts_alloc(size_t size)
{
	void *p = malloc(size ? size : 1);

	if (!p)
		dts_out_of_memory();
	return p;
}

void *dts_zalloc(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size ? size : 1);

	if (!p)
		dts_out_of_memory();
	return p;
}

void *dts_realloc(void *old, size_t size)
{
	void *p = realloc(old, size ? size : 1);

	if (!p)
		dts_out_of_memory();
	return p;
}

char *dts_slice_dup(struct dts_slice s)
{
	char *p = dts_alloc(s.len + 1);

	if (s.len > 0)
		memcpy(p, s.p, s.len);
	p[s.len] = '\0';
	return p;
}

char *dts_strdup(const char *text)
{
	return dts_slice_dup(dts_slice_of(text));
}

void dts_buf_release(struct dts_buf *b)
{
	free(b->data);
	*b = (struct dts_buf){0};
}

void dts_buf_grow(struct dts_buf *b, size_t more)
{
	size_t need, cap;

	if (__builtin_add_overflow(b->len, more, &need))
		dts_out_of_memory();
	if (need <= b->cap)
		return;
	cap = b->cap < 256 ? 256 : b->cap;
	while (cap < need)
		if (__builtin_add_overflow(cap, cap / 2, &cap))
			dts_out_of_memory();
	b->data = dts_realloc(b->data, cap);
	b->cap = cap;
}

void dts_buf_addf(struct dts_buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	dts_buf_reserve(b, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

void dts_buf_addu(struct dts_buf *b, uint64_t n)
{
	dts_buf_reserve(b, 20);
	b->len = (size_t)(dts_put_u64(b->data + b->len, n) - b->data);
}

void dts_buf_addi(struct dts_buf *b, int64_t n)
{
	if (n < 0) {
		dts_buf_addc(b, '-');
		dts_buf_addu(b, -(uint64_t)n);
	} else {
		dts_buf_addu(b, (uint64_t)n);
	}
}

const char *dts_buf_text(struct dts_buf *b)
{
	dts_buf_reserve(b, 1);
	b->data[b->len] = '\0';
	return b->data;
}
