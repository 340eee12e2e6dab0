#ifndef DTS_RECORD_SCAN_H
#define DTS_RECORD_SCAN_H

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "record/json.h"

/*
 * The validating scanner under json.c and record.c: one pass that judges JSON
 * and UTF-8 at once, 16 bytes at a time inside strings. Not for other rooms.
 *
 * Each function takes where it stands and gives where it stopped; NULL means
 * that the text is not valid, with `at` and `why` noted. Words are made from
 * them only then (dts_scan_fail).
 */
struct dts_scan {
	const char *start, *end;
	const char *at;  /* where it went wrong */
	const char *why; /* a static text */
};

/* Any value, standing at its first byte; `depth` containers are open around it. */
const char *dts_scan_value(struct dts_scan *s, const char *p, unsigned depth);

/* A number, standing at its first byte. */
const char *dts_scan_number(struct dts_scan *s, const char *p);

/* Behind the escapes and the characters beyond ASCII that stand at p inside a
 * string; refuses control characters. */
const char *dts_scan_special(struct dts_scan *s, const char *p, bool *escaped);

/* Fills `err` from where the scan went wrong; -1. */
int dts_scan_fail(const struct dts_scan *s, struct dts_error *err);

static inline const char *dts_scan_stop(struct dts_scan *s, const char *at, const char *why)
{
	s->at = at;
	s->why = why;
	return NULL;
}

/* What to say where a byte was expected and `p` is something else or the end. */
const char *dts_scan_unexpected(struct dts_scan *s, const char *p, const char *why);

/* A key with its quotes and colon, padded so that 16 bytes can be compared. */
struct dts_scan_key {
	char text[40];
	uint8_t len;
};

/* The keys of the last object of its kind. The next one most likely has the
 * same; comparing is faster than looking for the end of each. */
enum { DTS_SHAPE_KEYS = 64 };
struct dts_shape {
	struct dts_scan_key keys[DTS_SHAPE_KEYS];
};

/* The object at p, whose keys `shape` foretells and learns. */
const char *dts_scan_shaped(struct dts_scan *s, const char *p, unsigned depth, struct dts_shape *shape);

static inline bool dts_scan_is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static inline const char *dts_scan_space(const struct dts_scan *s, const char *p)
{
	while (p < s->end && dts_scan_is_space(*p))
		p++;
	return p;
}

#ifdef __SSE2__
/* A bit for each of 16 bytes that ends a run of plain string characters:
 * quote, backslash, control characters, anything beyond ASCII. */
static inline unsigned dts_scan_mask(const char *p)
{
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
	__m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));
	__m128i escape = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));
	/* Signed: bytes from 0x80 are below 0x20 too. */
	__m128i other = _mm_cmplt_epi8(v, _mm_set1_epi8(0x20));

	return (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, escape), other));
}
#endif

/* The first byte from p on that is no plain string character, or the end. */
static inline const char *dts_scan_plain(const struct dts_scan *s, const char *p)
{
#ifdef __SSE2__
	while (s->end - p >= 16) {
		unsigned mask = dts_scan_mask(p);
		if (mask)
			return p + __builtin_ctz(mask);
		p += 16;
	}
	/* The rest by a load that ends where the text ends. */
	if (p < s->end && s->end - s->start >= 16) {
		unsigned mask = dts_scan_mask(s->end - 16) >> (16 - (s->end - p));
		return mask ? p + __builtin_ctz(mask) : s->end;
	}
#endif
	while (p < s->end && (unsigned char)*p >= 0x20 && (unsigned char)*p < 0x80 && *p != '"' && *p != '\\')
		p++;
	return p;
}

/* Does p stand at the text of this key? */
static inline bool dts_scan_key_at(const struct dts_scan *s, const char *p, const struct dts_scan_key *key)
{
#ifdef __SSE2__
	if (s->end - p >= 16 && key->len <= 16) {
		__m128i have = _mm_loadu_si128((const __m128i *)(const void *)p);
		__m128i want = _mm_loadu_si128((const __m128i *)(const void *)key->text);
		unsigned mask = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(have, want));
		unsigned all = (1u << key->len) - 1;
		return (mask & all) == all;
	}
#endif
	return s->end - p >= key->len && memcmp(p, key->text, key->len) == 0;
}

/* Behind the closing quote of a string, standing behind its opening one.
 * Sets *escaped when there is an escape in it, else leaves it alone. */
static inline const char *dts_scan_string(struct dts_scan *s, const char *p, bool *escaped)
{
	for (;;) {
		p = dts_scan_plain(s, p);
		if (p == s->end)
			return dts_scan_stop(s, p, "string without its closing quote");
		if (*p == '"')
			return p + 1;
		p = dts_scan_special(s, p, escaped);
		if (!p)
			return NULL;
	}
}

#endif
