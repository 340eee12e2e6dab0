#include "record/scan.h"

int dts_scan_fail(const struct dts_scan *s, struct dts_error *err)
{
	return dts_fail(err, DTS_BAD_INPUT, "%s at byte %zu", s->why, (size_t)(s->at - s->start) + 1);
}

const char *dts_scan_unexpected(struct dts_scan *s, const char *p, const char *why)
{
	if (p == s->end)
		return dts_scan_stop(s, p, "invalid JSON: unexpected end");
	if (*p == '\0')
		return dts_scan_stop(s, p, "NUL byte");
	return dts_scan_stop(s, p, why);
}

/* Length of the UTF-8 character at p (RFC 3629: shortest form, no surrogates,
 * up to U+10FFFF), or 0. The lead byte is beyond ASCII. */
static size_t utf8_length(const char *text, size_t left)
{
	const unsigned char *p = (const unsigned char *)text;

	if (left >= 2 && p[0] >= 0xc2 && p[0] <= 0xdf)
		return (p[1] & 0xc0) == 0x80 ? 2 : 0;
	if (left >= 3 && (p[0] & 0xf0) == 0xe0) {
		if ((p[1] & 0xc0) != 0x80 || (p[2] & 0xc0) != 0x80)
			return 0;
		return (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ? 0 : 3;
	}
	if (left >= 4 && p[0] >= 0xf0 && p[0] <= 0xf4) {
		if ((p[1] & 0xc0) != 0x80 || (p[2] & 0xc0) != 0x80 || (p[3] & 0xc0) != 0x80)
			return 0;
		return (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f) ? 0 : 4;
	}
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The four digits behind \u, or -1. */
static long hex4(const char *p, const char *end)
{
	long n = 0;

	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int digit = hex_digit(p[i]);
		if (digit < 0)
			return -1;
		n = n << 4 | digit;
	}
	return n;
}

/* Behind the escape whose backslash is at p. */
static const char *scan_escape(struct dts_scan *s, const char *p)
{
	if (s->end - p < 2)
		return dts_scan_stop(s, s->end, "string without its closing quote");
	switch (p[1]) {
	case '"': case '\\': case '/': case 'b': case 'f': case 'n': case 'r': case 't':
		return p + 2;
	case 'u':
		break;
	default:
		return dts_scan_stop(s, p, "invalid JSON: unknown escape");
	}
	long unit = hex4(p + 2, s->end);
	if (unit < 0)
		return dts_scan_stop(s, p, "invalid JSON: \\u without four hexadecimal digits");
	if (unit < 0xd800 || unit > 0xdfff)
		return p + 6;
	/* A pair of surrogates is one character; half of one is none. */
	if (unit < 0xdc00 && s->end - p >= 12 && p[6] == '\\' && p[7] == 'u') {
		long low = hex4(p + 8, s->end);
		if (low >= 0xdc00 && low <= 0xdfff)
			return p + 12;
	}
	return dts_scan_stop(s, p, "invalid JSON: half of a surrogate pair");
}

const char *dts_scan_special(struct dts_scan *s, const char *p, bool *escaped)
{
	while (p < s->end) {
		if ((unsigned char)*p >= 0x80) {
			size_t len = utf8_length(p, (size_t)(s->end - p));
			if (len == 0)
				return dts_scan_stop(s, p, "bad UTF-8");
			p += len;
		} else if (*p == '\\') {
			*escaped = true;
			p = scan_escape(s, p);
			if (!p)
				return NULL;
		} else if ((unsigned char)*p < 0x20) {
			return dts_scan_stop(s, p, *p ? "invalid JSON: control character in a string" : "NUL byte");
		} else {
			break;
		}
	}
	return p;
}

static inline const char *skip_digits(const struct dts_scan *s, const char *p)
{
	while (p < s->end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

const char *dts_scan_number(struct dts_scan *s, const char *p)
{
	const char *digits;

	if (*p == '-')
		p++;
	digits = p;
	p = skip_digits(s, p);
	if (p == digits)
		return dts_scan_unexpected(s, p, "invalid JSON: a number without digits");
	if (*digits == '0' && p - digits > 1)
		return dts_scan_stop(s, digits, "invalid JSON: a number with a leading zero");
	if (p < s->end && *p == '.') {
		digits = ++p;
		p = skip_digits(s, p);
		if (p == digits)
			return dts_scan_unexpected(s, p, "invalid JSON: a number without digits behind its point");
	}
	if (p < s->end && (*p == 'e' || *p == 'E')) {
		p++;
		if (p < s->end && (*p == '+' || *p == '-'))
			p++;
		digits = p;
		p = skip_digits(s, p);
		if (p == digits)
			return dts_scan_unexpected(s, p, "invalid JSON: a number without digits in its exponent");
	}
	return p;
}

static const char *scan_word(struct dts_scan *s, const char *p, const char *word, size_t len)
{
	if ((size_t)(s->end - p) >= len && memcmp(p, word, len) == 0)
		return p + len;
	return dts_scan_stop(s, p, "invalid JSON: unknown word");
}

/* A value that holds no others. */
static inline const char *scan_scalar(struct dts_scan *s, const char *p)
{
	bool escaped;

	switch (*p) {
	case '"':
		return dts_scan_string(s, p + 1, &escaped);
	case '-':
	case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
		return dts_scan_number(s, p);
	case 't':
		return scan_word(s, p, "true", 4);
	case 'f':
		return scan_word(s, p, "false", 5);
	case 'n':
		return scan_word(s, p, "null", 4);
	default:
		return dts_scan_unexpected(s, p, "invalid JSON: a value was expected");
	}
}

/* Behind `"key":` and the space around it, standing at the quote. */
static inline const char *scan_key(struct dts_scan *s, const char *p)
{
	bool escaped;

	p = dts_scan_space(s, p);
	if (p == s->end || *p != '"')
		return dts_scan_unexpected(s, p, "invalid JSON: a quoted key was expected");
	p = dts_scan_string(s, p + 1, &escaped);
	if (!p)
		return NULL;
	p = dts_scan_space(s, p);
	if (p == s->end || *p != ':')
		return dts_scan_unexpected(s, p, "invalid JSON: ':' was expected");
	return dts_scan_space(s, p + 1);
}

/* Behind the container at p. What is open is a stack of bits, 1 for an object,
 * since nesting has a limit. */
static const char *scan_container(struct dts_scan *s, const char *p, unsigned depth)
{
	uint64_t objects = 0;
	const unsigned outside = depth;

	for (;;) {
		/* Standing at a value. */
		if (p < s->end && (*p == '{' || *p == '[')) {
			bool object = *p == '{';
			if (depth == DTS_JSON_MAX_DEPTH)
				return dts_scan_stop(s, p, "nested deeper than 64 levels");
			depth++;
			objects = objects << 1 | object;
			p = dts_scan_space(s, p + 1);
			if (p == s->end || *p != (object ? '}' : ']')) {
				if (object && !(p = scan_key(s, p)))
					return NULL;
				continue;
			}
		} else {
			p = p < s->end ? scan_scalar(s, p) : dts_scan_unexpected(s, p, "");
			if (!p)
				return NULL;
			p = dts_scan_space(s, p);
		}
		/* Standing behind a value, or at the end of an empty container. */
		while (p < s->end && *p == (objects & 1 ? '}' : ']')) {
			p++;
			objects >>= 1;
			if (--depth == outside)
				return p;
			p = dts_scan_space(s, p);
		}
		if (p == s->end || *p != ',')
			return dts_scan_unexpected(s, p, objects & 1 ? "invalid JSON: ',' or '}' was expected"
								       : "invalid JSON: ',' or ']' was expected");
		p = objects & 1 ? scan_key(s, p + 1) : dts_scan_space(s, p + 1);
		if (!p)
			return NULL;
	}
}

/* Notes the key that stands from `key` to `end` if it is as we write it. */
static void learn(struct dts_scan_key *place, const char *key, const char *end)
{
	size_t len = (size_t)(end - key);

	if (len > sizeof place->text || end[-1] != ':')
		len = 0;
	memcpy(place->text, key, len);
	place->len = (uint8_t)len;
}

const char *dts_scan_shaped(struct dts_scan *s, const char *p, unsigned depth, struct dts_shape *shape)
{
	struct dts_scan_key *guess = shape->keys, *last = shape->keys + DTS_SHAPE_KEYS;

	if (p == s->end || *p != '{' || depth == DTS_JSON_MAX_DEPTH)
		return dts_scan_value(s, p, depth);
	p = dts_scan_space(s, p + 1);
	if (p < s->end && *p == '}')
		return p + 1;
	for (;;) {
		const char *key = p;
		if (guess < last && guess->len > 0 && dts_scan_key_at(s, p, guess)) {
			p = dts_scan_space(s, p + guess->len);
			guess++;
		} else {
			p = scan_key(s, p);
			if (!p)
				return NULL;
			if (guess < last)
				learn(guess++, key, p);
		}
		if (p < s->end && *p == '"') {
			bool escaped;
			p = dts_scan_string(s, p + 1, &escaped);
		} else {
			p = dts_scan_value(s, p, depth + 1);
		}
		if (!p)
			return NULL;
		p = dts_scan_space(s, p);
		if (p == s->end || *p != ',')
			break;
		p = dts_scan_space(s, p + 1);
	}
	if (p == s->end || *p != '}')
		return dts_scan_unexpected(s, p, "invalid JSON: ',' or '}' was expected");
	return p + 1;
}

const char *dts_scan_value(struct dts_scan *s, const char *p, unsigned depth)
{
	if (p == s->end)
		return dts_scan_unexpected(s, p, "");
	return *p == '{' || *p == '[' ? scan_container(s, p, depth) : scan_scalar(s, p);
}
