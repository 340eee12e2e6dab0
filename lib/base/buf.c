#include "base/buf.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/error.h"

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

static const char pairs[] =
	"0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849"
	"5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";

static unsigned count_digits(uint64_t n)
{
	unsigned count = 1;

	for (; n >= 10000; n /= 10000)
		count += 4;
	return count + (n >= 10) + (n >= 100) + (n >= 1000);
}

void dts_buf_addu(struct dts_buf *b, uint64_t n)
{
	dts_buf_reserve(b, 20);
	char *p = b->data + b->len + count_digits(n);

	b->len = (size_t)(p - b->data);
	while (n >= 100) {
		p -= 2;
		memcpy(p, pairs + n % 100 * 2, 2);
		n /= 100;
	}
	if (n >= 10)
		memcpy(p - 2, pairs + n * 2, 2);
	else
		p[-1] = (char)('0' + n);
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
