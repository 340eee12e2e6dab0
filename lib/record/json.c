#include "record/json.h"

#include <math.h>

#include "base/put.h"
#include "record/floating.h"
#include "record/scan.h"

int dts_json_check(struct dts_slice text, struct dts_error *err)
{
	struct dts_scan s = {.start = text.p, .end = text.p + text.len};
	const char *p = dts_scan_space(&s, text.p);

	p = dts_scan_value(&s, p, 0);
	if (p) {
		p = dts_scan_space(&s, p);
		if (p != s.end)
			p = dts_scan_unexpected(&s, p, "invalid JSON: more behind the value");
	}
	return p ? 0 : dts_scan_fail(&s, err);
}

static enum dts_json_type type_of(char first)
{
	switch (first) {
	case 'n':
		return DTS_JSON_NULL;
	case 'f':
		return DTS_JSON_FALSE;
	case 't':
		return DTS_JSON_TRUE;
	case '"':
		return DTS_JSON_STRING;
	case '[':
		return DTS_JSON_ARRAY;
	case '{':
		return DTS_JSON_OBJECT;
	default:
		return DTS_JSON_NUMBER;
	}
}

struct dts_json dts_json_value(struct dts_slice text)
{
	while (text.len > 0 && dts_scan_is_space(text.p[0])) {
		text.p++;
		text.len--;
	}
	while (text.len > 0 && dts_scan_is_space(text.p[text.len - 1]))
		text.len--;
	return (struct dts_json){type_of(text.len > 0 ? text.p[0] : 'n'), text};
}

struct dts_json_walk dts_json_walk(struct dts_slice text)
{
	struct dts_slice raw = dts_json_value(text).raw;

	if (raw.len < 2)
		return (struct dts_json_walk){raw.p, raw.p};
	/* Without the brackets. */
	return (struct dts_json_walk){raw.p + 1, raw.p + raw.len - 1};
}

/* Takes the value at w->p and what separates it from the next. */
static bool walk_value(struct dts_json_walk *w, struct dts_scan *s, const char *p, struct dts_json *value)
{
	const char *behind = p < s->end ? dts_scan_value(s, p, 0) : NULL;

	if (!behind) { /* not valid text after all: end here, not beyond it */
		w->p = w->end;
		return false;
	}
	*value = (struct dts_json){type_of(*p), dts_slice(p, (size_t)(behind - p))};
	p = dts_scan_space(s, behind);
	if (p < s->end && *p == ',')
		p = dts_scan_space(s, p + 1);
	w->p = p;
	return true;
}

bool dts_json_element(struct dts_json_walk *w, struct dts_json *value)
{
	struct dts_scan s = {.start = w->p, .end = w->end};

	return walk_value(w, &s, dts_scan_space(&s, w->p), value);
}

bool dts_json_member(struct dts_json_walk *w, struct dts_slice *key, struct dts_json *value)
{
	struct dts_scan s = {.start = w->p, .end = w->end};
	const char *p = dts_scan_space(&s, w->p);
	bool escaped;

	const char *behind = p < s.end && *p == '"' ? dts_scan_string(&s, p + 1, &escaped) : NULL;
	if (!behind) {
		w->p = w->end;
		return false;
	}
	*key = dts_slice(p, (size_t)(behind - p));
	p = dts_scan_space(&s, behind);
	if (p < s.end)
		p = dts_scan_space(&s, p + 1); /* the colon */
	return walk_value(w, &s, p, value);
}

bool dts_json_key_is(struct dts_slice key, const char *name)
{
	size_t len = strlen(name);

	if (key.len == len + 2 && memcmp(key.p + 1, name, len) == 0)
		return true;
	if (!memchr(key.p, '\\', key.len))
		return false;
	struct dts_buf scratch = {0};
	bool same = dts_slice_is(dts_json_string(key, &scratch), name);
	dts_buf_release(&scratch);
	return same;
}

struct dts_json dts_json_get(struct dts_slice object, const char *name)
{
	struct dts_json_walk w = dts_json_walk(object);
	struct dts_slice key;
	struct dts_json value;

	while (dts_json_member(&w, &key, &value))
		if (dts_json_key_is(key, name))
			return value;
	return (struct dts_json){DTS_JSON_NULL, {NULL, 0}};
}

static unsigned hex4(const char *p)
{
	unsigned n = 0;

	for (int i = 0; i < 4; i++)
		n = n << 4 | (unsigned)(p[i] <= '9' ? p[i] - '0' : (p[i] | 0x20) - 'a' + 10);
	return n;
}

static void add_utf8(struct dts_buf *b, unsigned c)
{
	if (c < 0x80) {
		dts_buf_addc(b, (char)c);
	} else if (c < 0x800) {
		dts_buf_addc(b, (char)(0xc0 | c >> 6));
		dts_buf_addc(b, (char)(0x80 | (c & 0x3f)));
	} else if (c < 0x10000) {
		dts_buf_addc(b, (char)(0xe0 | c >> 12));
		dts_buf_addc(b, (char)(0x80 | (c >> 6 & 0x3f)));
		dts_buf_addc(b, (char)(0x80 | (c & 0x3f)));
	} else {
		dts_buf_addc(b, (char)(0xf0 | c >> 18));
		dts_buf_addc(b, (char)(0x80 | (c >> 12 & 0x3f)));
		dts_buf_addc(b, (char)(0x80 | (c >> 6 & 0x3f)));
		dts_buf_addc(b, (char)(0x80 | (c & 0x3f)));
	}
}

/* Adds what the escape at p stands for; behind it. The text is valid. */
static const char *unescape(struct dts_buf *b, const char *p)
{
	switch (p[1]) {
	case 'b':
		dts_buf_addc(b, '\b');
		return p + 2;
	case 'f':
		dts_buf_addc(b, '\f');
		return p + 2;
	case 'n':
		dts_buf_addc(b, '\n');
		return p + 2;
	case 'r':
		dts_buf_addc(b, '\r');
		return p + 2;
	case 't':
		dts_buf_addc(b, '\t');
		return p + 2;
	case 'u':
		break;
	default:
		dts_buf_addc(b, p[1]);
		return p + 2;
	}
	unsigned c = hex4(p + 2);
	if (c < 0xd800 || c > 0xdfff) {
		add_utf8(b, c);
		return p + 6;
	}
	add_utf8(b, 0x10000 + ((c - 0xd800) << 10) + (hex4(p + 8) - 0xdc00));
	return p + 12;
}

void dts_json_unescape(struct dts_slice raw, struct dts_buf *out)
{
	const char *p = raw.p + 1, *end = raw.p + raw.len - 1;

	while (p < end) {
		const char *plain = memchr(p, '\\', (size_t)(end - p));
		if (!plain)
			plain = end;
		dts_buf_add(out, p, (size_t)(plain - p));
		p = plain < end ? unescape(out, plain) : end;
	}
}

struct dts_slice dts_json_string(struct dts_slice raw, struct dts_buf *scratch)
{
	struct dts_slice content = dts_slice(raw.p + 1, raw.len - 2);

	if (content.len == 0 || !memchr(content.p, '\\', content.len))
		return content;
	dts_buf_clear(scratch);
	dts_json_unescape(raw, scratch);
	return dts_buf_slice(scratch);
}

bool dts_json_u64(struct dts_slice raw, uint64_t *n)
{
	uint64_t value = 0;

	if (raw.len == 0 || raw.len > 20)
		return false;
	for (size_t i = 0; i < raw.len; i++) {
		unsigned digit = (unsigned)(unsigned char)raw.p[i] - '0';
		if (digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, digit, &value))
			return false;
	}
	*n = value;
	return true;
}

/* Up to six bytes. */
static char *put_escape(char *p, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	static const char brief[] = "btn\0fr"; /* from 0x08 to 0x0d */

	*p++ = '\\';
	if (c == '"' || c == '\\') {
		*p++ = (char)c;
	} else if (c >= 0x08 && c <= 0x0d && brief[c - 0x08]) {
		*p++ = brief[c - 0x08];
	} else {
		const char text[5] = {'u', '0', '0', hex[c >> 4], hex[c & 15]};
		memcpy(p, text, sizeof text);
		p += sizeof text;
	}
	return p;
}

#ifdef __SSE2__
/* A bit for each byte that a string cannot hold as it is; with `ascii` for all others that are not ASCII, too. */
static inline int special(__m128i v, bool ascii)
{
	__m128i found = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')), _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
	/* Signed: bytes from 0x80 are below 0x20 too. */
	__m128i control = ascii ? _mm_cmplt_epi8(v, _mm_set1_epi8(0x20))
				: _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1f)), v);

	return _mm_movemask_epi8(_mm_or_si128(found, control));
}

/* Copies `len` bytes, 4 to 15, in two parts that overlap, if none of them is special. Each size has its own
 * loads and stores: going through memory with a variable one is slower than all the rest. */
static inline bool copy_few(char *to, const char *p, size_t len, bool ascii)
{
	if (len >= 8) {
		uint64_t first, last;
		memcpy(&first, p, 8);
		memcpy(&last, p + len - 8, 8);
		if (special(_mm_set_epi64x((long long)last, (long long)first), ascii))
			return false;
		memcpy(to, &first, 8);
		memcpy(to + len - 8, &last, 8);
	} else {
		uint32_t first, last;
		memcpy(&first, p, 4);
		memcpy(&last, p + len - 4, 4);
		if (special(_mm_set_epi32((int)last, (int)first, (int)last, (int)first), ascii))
			return false;
		memcpy(to, &first, 4);
		memcpy(to + len - 4, &last, 4);
	}
	return true;
}

/* Copies the last bytes together with those before them, which are there already. */
static inline bool copy_last(char *to_end, const char *end, bool ascii)
{
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(end - 16));

	if (special(v, ascii))
		return false;
	_mm_storeu_si128((__m128i *)(void *)(to_end - 16), v);
	return true;
}
#endif

/* Copies what a string can hold as it is, up to the first other byte or the end; where that is. Up
 * to 16 bytes behind what stays may be written, too. */
static inline __attribute__((always_inline)) const char *copy_plain(char **to, const char *p, const char *end, bool ascii)
{
	char *out = *to;

#ifdef __SSE2__
	const char *begin = p;
	while (end - p >= 32) {
		__m128i first = _mm_loadu_si128((const __m128i *)(const void *)p);
		__m128i second = _mm_loadu_si128((const __m128i *)(const void *)(p + 16));
		if (special(first, ascii) | special(second, ascii))
			break;
		_mm_storeu_si128((__m128i *)(void *)out, first);
		_mm_storeu_si128((__m128i *)(void *)(out + 16), second);
		p += 32;
		out += 32;
	}
	while (end - p >= 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
		int mask = special(v, ascii);
		_mm_storeu_si128((__m128i *)(void *)out, v);
		if (mask) {
			*to = out + __builtin_ctz((unsigned)mask);
			return p + __builtin_ctz((unsigned)mask);
		}
		p += 16;
		out += 16;
	}
	bool copied = false;
	if (p < end && p - begin >= 16)
		copied = copy_last(out + (end - p), end, ascii);
	else if (end - p >= 4)
		copied = copy_few(out, p, (size_t)(end - p), ascii);
	if (copied) {
		*to = out + (end - p);
		return end;
	}
#endif
	while (p < end && (unsigned char)*p >= 0x20 && *p != '"' && *p != '\\' && (!ascii || (unsigned char)*p < 0x80))
		*out++ = *p++;
	*to = out;
	return p;
}

/* Adds all, with escapes; with `ascii` up to the first byte that is not. Where that is, or the end. */
static inline __attribute__((always_inline)) const char *add_escaped(struct dts_buf *b, const char *p, const char *end, bool ascii)
{
	for (;;) {
		dts_buf_reserve(b, (size_t)(end - p) + 16);
		char *to = b->data + b->len;
		p = copy_plain(&to, p, end, ascii);
		bool escape = p < end && (!ascii || (unsigned char)*p < 0x80);
		if (escape) /* which fits where copying may write beyond its end */
			to = put_escape(to, (unsigned char)*p++);
		b->len = (size_t)(to - b->data);
		if (!escape)
			return p;
	}
}

size_t dts_json_add_ascii(struct dts_buf *b, struct dts_slice text)
{
	return (size_t)(add_escaped(b, text.p, text.p + text.len, true) - text.p);
}

void dts_json_add_inside(struct dts_buf *b, struct dts_slice text)
{
	add_escaped(b, text.p, text.p + text.len, false);
}

void dts_json_add_string(struct dts_buf *b, struct dts_slice text)
{
	dts_buf_addc(b, '"');
	dts_json_add_inside(b, text);
	dts_buf_addc(b, '"');
}

/* `exact`: every JSON tool keeps it as a number. */
static inline char *put_integer(char *p, bool negative, uint64_t n, bool exact)
{
	if (!exact)
		*p++ = '"';
	if (negative)
		*p++ = '-';
	p = dts_put_u64(p, n);
	if (!exact)
		*p++ = '"';
	return p;
}

char *dts_json_put_i64(char *p, int64_t n)
{
	return put_integer(p, n < 0, n < 0 ? 0 - (uint64_t)n : (uint64_t)n, n > -(INT64_C(1) << 53) && n < INT64_C(1) << 53);
}

char *dts_json_put_u64(char *p, uint64_t n)
{
	return put_integer(p, false, n, n < UINT64_C(1) << 53);
}

/* Puts the point behind the first digits; at most 16 are behind it. */
static inline char *put_point(char *p, char *end, int digits)
{
	memmove(p + digits + 1, p + digits, 16);
	p[digits] = '.';
	return end + 1;
}

/* As printf's %g writes so many digits, or all if there are more; `least`: the
 * first digit's exponent from which on it writes zeros in front instead. */
static char *put_decimal(char *p, struct dts_decimal d, int most, int least)
{
	char *end = dts_put_u64(p, d.digits);
	int count = (int)(end - p), first = d.exponent + count - 1;

	if (first < least || first >= (most > count ? most : count)) {
		unsigned n = (unsigned)(first < 0 ? -first : first);
		if (count > 1)
			end = put_point(p, end, 1);
		*end++ = 'e';
		*end++ = first < 0 ? '-' : '+';
		return n < 100 ? dts_put_pair(end, n) : dts_put_u64(end, n);
	}
	if (first < 0) {
		memcpy(p, "0.00000", 8);
		return dts_put_u64(p + 1 - first, d.digits);
	}
	if (d.exponent < 0)
		return put_point(p, end, first + 1);
	memcpy(end, "0000000000000000", 16);
	return end + d.exponent;
}

char *dts_json_put_double(char *p, double x)
{
	struct dts_decimal d = dts_shortest_double(x);

	if (signbit(x))
		*p++ = '-';
	/* 0.00001 and 0.000012, but 1.25e-05. */
	return put_decimal(p, d, 15, d.exponent >= -6 ? -5 : -4);
}

char *dts_json_put_float(char *p, float x)
{
	if (signbit(x))
		*p++ = '-';
	return put_decimal(p, dts_shortest_float(x), 6, -4);
}

void dts_json_add_i64(struct dts_buf *b, int64_t n)
{
	dts_buf_reserve(b, DTS_JSON_NUMBER_MAX);
	b->len = (size_t)(dts_json_put_i64(b->data + b->len, n) - b->data);
}

void dts_json_add_u64(struct dts_buf *b, uint64_t n)
{
	dts_buf_reserve(b, DTS_JSON_NUMBER_MAX);
	b->len = (size_t)(dts_json_put_u64(b->data + b->len, n) - b->data);
}

void dts_json_add_double(struct dts_buf *b, double n)
{
	dts_buf_reserve(b, DTS_JSON_NUMBER_MAX);
	b->len = (size_t)(dts_json_put_double(b->data + b->len, n) - b->data);
}

void dts_json_add_float(struct dts_buf *b, float n)
{
	dts_buf_reserve(b, DTS_JSON_NUMBER_MAX);
	b->len = (size_t)(dts_json_put_float(b->data + b->len, n) - b->data);
}
