#include "apply/conflict_fold.h"

#include <arpa/inet.h>

/* Where the first `count` characters of UTF-8 end. */
static struct dts_slice cut(struct dts_slice utf8, size_t count)
{
	for (size_t i = 0; i < utf8.len; i++)
		if (((unsigned char)utf8.p[i] & 0xc0) != 0x80 && count-- == 0)
			return dts_slice(utf8.p, i);
	return utf8;
}

bool dts_fold_text(const struct dts_fold *f, struct dts_slice utf8, size_t prefix, struct dts_buf *out)
{
	size_t start = out->len, len = 0;
	struct dts_slice text = prefix > 0 ? cut(utf8, prefix) : utf8;

	if (f->doubtful)
		return false;
	dts_buf_reserve(out, text.len);
	unsigned char *to = (unsigned char *)out->data + start;
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.p[i];
		if (c >= 128 && !f->exact)
			return false;
		unsigned char as = c < 128 ? f->to[c] : c;
		if (c < 128 && as == DTS_FOLD_DOUBTFUL)
			return false;
		to[len] = as;
		len += c >= 128 || as != DTS_FOLD_IGNORED;
	}
	/* To collations that pad, those at the end do not count. */
	while (len > 0 && to[len - 1] == f->to[' '])
		len--;
	out->len = start + len;
	return true;
}

enum dts_fold_how dts_fold_how(const struct dts_column *source, const struct dts_column *target)
{
	enum dts_type from = source->type, to = target->type;

	switch (to) {
	case DTS_TYPE_INTEGER:
	case DTS_TYPE_DECIMAL:
		return from == DTS_TYPE_INTEGER || from == DTS_TYPE_DECIMAL ? DTS_FOLD_NUMBER : DTS_FOLD_NEVER;
	case DTS_TYPE_YEAR:
	case DTS_TYPE_BIT:
		return from == to ? DTS_FOLD_NUMBER : DTS_FOLD_NEVER;
	case DTS_TYPE_DATE:
	case DTS_TYPE_TIME:
	case DTS_TYPE_DATETIME:
	case DTS_TYPE_TIMESTAMP:
		return from == to ? DTS_FOLD_TIME : DTS_FOLD_NEVER;
	case DTS_TYPE_CHAR: /* JSON is compared as text there, too, but is written by rules of its own */
		return from == DTS_TYPE_CHAR || from == DTS_TYPE_UUID || from == DTS_TYPE_INET4 || from == DTS_TYPE_INET6 ?
		       DTS_FOLD_TEXT : DTS_FOLD_NEVER;
	case DTS_TYPE_BINARY:
		return from == to ? DTS_FOLD_BYTES : DTS_FOLD_NEVER;
	case DTS_TYPE_ENUM:
	case DTS_TYPE_SET:
		return from == to ? DTS_FOLD_LABEL : DTS_FOLD_NEVER;
	case DTS_TYPE_UUID:
		return from == to ? DTS_FOLD_UUID : DTS_FOLD_NEVER;
	case DTS_TYPE_INET4: /* a log may show them as bytes */
		return from == to || from == DTS_TYPE_BINARY ? DTS_FOLD_INET4 : DTS_FOLD_NEVER;
	case DTS_TYPE_INET6:
		return from == to || from == DTS_TYPE_BINARY ? DTS_FOLD_INET6 : DTS_FOLD_NEVER;
	default:
		return DTS_FOLD_NEVER;
	}
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t digits(struct dts_slice s, size_t at)
{
	size_t from = at;

	while (at < s.len && is_digit(s.p[at]))
		at++;
	return at - from;
}

static void drop_zeros(struct dts_slice *s)
{
	while (s->len > 0 && s->p[s->len - 1] == '0')
		s->len--;
}

/* Appends .12 for the fraction at hand, nothing for zeros. False: it has more digits than the column keeps. */
static bool add_fraction(struct dts_slice fraction, size_t keeps, struct dts_buf *out)
{
	drop_zeros(&fraction);
	if (fraction.len > keeps)
		return false;
	if (fraction.len > 0) {
		dts_buf_addc(out, '.');
		dts_buf_add_slice(out, fraction);
	}
	return true;
}

/* 12, -0.50: without zeros in front and behind, zero without a sign. */
static bool fold_number(struct dts_slice s, size_t decimals, struct dts_buf *out)
{
	struct dts_slice fraction = {"", 0};
	bool minus = s.len > 0 && s.p[0] == '-';
	size_t at = s.len > 0 && (s.p[0] == '-' || s.p[0] == '+');
	size_t whole = digits(s, at);

	if (at + whole < s.len) {
		size_t count = digits(s, at + whole + 1);
		if (s.p[at + whole] != '.' || at + whole + 1 + count != s.len)
			return false; /* an exponent, or no number */
		fraction = dts_slice(s.p + at + whole + 1, count);
	}
	if (whole + fraction.len == 0)
		return false;
	while (whole > 0 && s.p[at] == '0') {
		at++;
		whole--;
	}
	drop_zeros(&fraction);
	if (minus && whole + fraction.len > 0)
		dts_buf_addc(out, '-');
	dts_buf_add(out, s.p + at, whole);
	return add_fraction(fraction, decimals, out);
}

/* Is it 99-99-99 at `at`, with this many digits in front and these characters between? */
static bool is_three(struct dts_slice s, size_t at, size_t first, char between)
{
	return digits(s, at) == first && at + first + 6 <= s.len && s.p[at + first] == between && digits(s, at + first + 1) == 2 &&
	       s.p[at + first + 3] == between && digits(s, at + first + 4) == 2;
}

/* No server writes it, and it may be taken for zero. */
static bool is_minus_zero(struct dts_slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (is_digit(s.p[i]) && s.p[i] != '0')
			return false;
	return s.len > 0 && s.p[0] == '-';
}

/* 2024-01-31, 10:31:00.5, both: as a server writes them, but for the zeros at the end of a fraction. */
static bool fold_time(struct dts_slice s, size_t decimals, struct dts_buf *out)
{
	size_t at = 0, end;

	if (is_three(s, 0, 4, '-')) {
		if (s.len == 10) {
			dts_buf_add_slice(out, s);
			return true;
		}
		if (s.p[10] != ' ' || !is_three(s, 11, 2, ':'))
			return false;
		end = 19;
	} else {
		at = s.len > 0 && s.p[0] == '-';
		size_t hours = digits(s, at);
		if (hours < 2 || hours > 3 || !is_three(s, at, hours, ':'))
			return false;
		end = at + hours + 6;
		if (hours == 3 && s.p[at] == '0')
			return false;
	}
	struct dts_slice fraction = {"", 0};
	if (s.len > end) {
		if (s.p[end] != '.' || end + 1 + digits(s, end + 1) != s.len)
			return false;
		fraction = dts_slice(s.p + end + 1, s.len - end - 1);
	}
	dts_buf_add(out, s.p, end);
	return add_fraction(fraction, decimals, out) && !is_minus_zero(s);
}

static void drop_nuls(struct dts_buf *out, size_t start)
{
	while (out->len > start && out->data[out->len - 1] == '\0')
		out->len--;
}

/* BINARY(n) comes with the zero bytes that fill it, and the same as VARBINARY without. */
static bool fold_bytes(struct dts_json value, size_t prefix, struct dts_buf *out)
{
	size_t start = out->len;

	if (dts_json_bytes(value, out) != 1)
		return false;
	if (prefix > 0 && out->len - start > prefix)
		out->len = start + prefix;
	drop_nuls(out, start);
	return true;
}

/* 36 characters, or 32 without the dashes; case does not count. */
static bool fold_uuid(struct dts_slice s, struct dts_buf *out)
{
	size_t start = out->len;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i] >= 'A' && s.p[i] <= 'F' ? (char)(s.p[i] + 'a' - 'A') : s.p[i];
		if (is_digit(c) || (c >= 'a' && c <= 'f'))
			dts_buf_addc(out, c);
		else if (c != '-')
			return false;
	}
	return out->len - start == 32;
}

static bool fold_inet(int family, struct dts_json value, struct dts_fold_scratch *scratch, struct dts_buf *out)
{
	size_t start = out->len;
	unsigned char bytes[16];
	char text[64];

	if (value.type != DTS_JSON_STRING)
		return dts_json_bytes(value, out) == 1 && out->len - start == (family == AF_INET ? 4 : 16);
	struct dts_slice s = dts_json_string(value.raw, &scratch->text);
	if (s.len >= sizeof text || memchr(s.p, '\0', s.len))
		return false;
	memcpy(text, s.p, s.len);
	text[s.len] = '\0';
	if (inet_pton(family, text, bytes) != 1)
		return false;
	dts_buf_add(out, bytes, family == AF_INET ? 4 : 16);
	return true;
}

static bool fold_string(enum dts_fold_how how, const struct dts_fold *f, size_t prefix, uint8_t decimals, struct dts_slice s,
			struct dts_buf *out)
{
	switch (how) {
	case DTS_FOLD_NUMBER:
		return fold_number(s, decimals, out);
	case DTS_FOLD_TIME:
		return fold_time(s, decimals, out);
	case DTS_FOLD_TEXT:
		return dts_fold_text(f, s, prefix, out);
	case DTS_FOLD_LABEL:
		dts_buf_add_slice(out, s);
		return true;
	case DTS_FOLD_UUID:
		return fold_uuid(s, out);
	default:
		return false;
	}
}

static bool fold(enum dts_fold_how how, const struct dts_fold *f, size_t prefix, uint8_t decimals, struct dts_json value,
		 struct dts_fold_scratch *scratch, struct dts_buf *out)
{
	if (how == DTS_FOLD_INET4 || how == DTS_FOLD_INET6)
		return fold_inet(how == DTS_FOLD_INET4 ? AF_INET : AF_INET6, value, scratch, out);
	if (how == DTS_FOLD_BYTES)
		return fold_bytes(value, prefix, out);
	if (value.type == DTS_JSON_STRING)
		return fold_string(how, f, prefix, decimals, dts_json_string(value.raw, &scratch->text), out);
	return value.type == DTS_JSON_NUMBER && how == DTS_FOLD_NUMBER && fold_number(value.raw, decimals, out);
}

bool dts_fold_value(enum dts_fold_how how, const struct dts_fold *f, size_t prefix, uint8_t decimals, struct dts_json value,
		    struct dts_fold_scratch *scratch, struct dts_buf *out)
{
	size_t start = out->len;

	if (how != DTS_FOLD_NEVER && fold(how, f, prefix, decimals, value, scratch, out))
		return true;
	out->len = start;
	return false;
}
