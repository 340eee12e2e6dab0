#ifndef DTS_BASE_BUF_H
#define DTS_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * A run of bytes that somebody else owns; may hold NUL, is not terminated.
 * `p` is NULL where a value is absent, which is not the same as empty.
 */
struct dts_slice {
	const char *p;
	size_t len;
};

/* A slice over a string literal. */
#define DTS_LIT(text) ((struct dts_slice){(text), sizeof(text) - 1})

static inline struct dts_slice dts_slice(const char *p, size_t len)
{
	return (struct dts_slice){p, len};
}

static inline struct dts_slice dts_slice_of(const char *text)
{
	return (struct dts_slice){text, strlen(text)};
}

static inline bool dts_slice_eq(struct dts_slice a, struct dts_slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

/* Is the slice this C string? */
static inline bool dts_slice_is(struct dts_slice a, const char *text)
{
	return dts_slice_eq(a, dts_slice_of(text));
}

/* The same, upper and lower case ASCII letters being equal. */
bool dts_slice_is_nocase(struct dts_slice a, const char *text);

/*
 * Bytes that grow. All zero is a valid empty buffer. It keeps its memory when
 * cleared, so that a loop that reuses one stops allocating once warm. Running
 * out of memory ends the process (dts_out_of_memory).
 */
struct dts_buf {
	char *data; /* borrowed by readers until the next call that adds */
	size_t len;
	size_t cap;
};

void dts_buf_release(struct dts_buf *b); /* frees; empty again, may be used again */
void dts_buf_grow(struct dts_buf *b, size_t more); /* makes room for `more` bytes behind len */

static inline void dts_buf_clear(struct dts_buf *b)
{
	b->len = 0;
}

static inline void dts_buf_reserve(struct dts_buf *b, size_t more)
{
	if (b->cap - b->len < more)
		dts_buf_grow(b, more);
}

static inline void dts_buf_add(struct dts_buf *b, const void *bytes, size_t len)
{
	dts_buf_reserve(b, len);
	if (len > 0)
		memcpy(b->data + b->len, bytes, len);
	b->len += len;
}

static inline void dts_buf_addc(struct dts_buf *b, char c)
{
	dts_buf_reserve(b, 1);
	b->data[b->len++] = c;
}

static inline void dts_buf_adds(struct dts_buf *b, const char *text)
{
	dts_buf_add(b, text, strlen(text));
}

static inline void dts_buf_add_slice(struct dts_buf *b, struct dts_slice s)
{
	dts_buf_add(b, s.p, s.len);
}

static inline struct dts_slice dts_buf_slice(const struct dts_buf *b)
{
	return (struct dts_slice){b->data ? b->data : "", b->len};
}

void dts_buf_addf(struct dts_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void dts_buf_addu(struct dts_buf *b, uint64_t n); /* decimal */
void dts_buf_addi(struct dts_buf *b, int64_t n);

/* The content as a C string (a NUL is put behind it, not counted in len). */
const char *dts_buf_text(struct dts_buf *b);

/* malloc, calloc, strndup that end the process instead of returning NULL. */
void *dts_alloc(size_t size);
void *dts_zalloc(size_t count, size_t size);
void *dts_realloc(void *p, size_t size);
char *dts_strdup(const char *text);
char *dts_slice_dup(struct dts_slice s); /* as a C string, yours to free() */

#endif
