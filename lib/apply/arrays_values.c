#include "apply/arrays_parts.h"

#ifdef MARIADB_PACKAGE_VERSION

#include <math.h>
#include <stdlib.h>

#include "mysql/quote.h"

/* Digits with an optional sign, in range. */
static bool read_integer(struct dts_json value, bool is_unsigned, long long *number)
{
	struct dts_slice text = value.raw;
	uint64_t n = 0;
	size_t i = 0;

	if (value.type == DTS_JSON_STRING)
		text = dts_slice(text.p + 1, text.len - 2);
	else if (value.type != DTS_JSON_NUMBER)
		return false;
	bool minus = text.len > 0 && text.p[0] == '-';
	i = minus;
	if (i == text.len || text.len - i > 20 || (minus && is_unsigned))
		return false;
	for (; i < text.len; i++) {
		unsigned digit = (unsigned char)text.p[i] - '0';
		if (digit > 9 || n > (UINT64_MAX - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	if (!is_unsigned && n > (uint64_t)INT64_MAX + minus)
		return false;
	*number = (long long)(minus ? 0 - n : n);
	return true;
}

static bool read_real(struct dts_arrays *a, struct dts_json value, bool single, double *real)
{
	if (value.type != DTS_JSON_NUMBER)
		return false;
	dts_buf_clear(&a->scratch.text);
	dts_buf_add_slice(&a->scratch.text, value.raw);
	const char *text = dts_buf_text(&a->scratch.text);
	*real = single ? (double)strtof(text, NULL) : strtod(text, NULL);
	return isfinite(*real);
}

/* The number of an ENUM's label or the bits of a SET's, as dts_literal_add() finds it. */
static bool read_member(struct dts_arrays *a, const struct dts_apply_column *c, struct dts_json value, long long *number)
{
	struct dts_error ignored; /* large: it is not cleared for each value */
	unsigned zeros = 0;

	dts_buf_clear(&a->sql);
	if (dts_literal_add(&a->sql, c, value, &zeros, &a->scratch, &ignored) < 0 || zeros > 0)
		return false;
	*number = (long long)strtoull(dts_buf_text(&a->sql), NULL, 10);
	return true;
}

/* What was added to `bytes` from `at` on. */
static struct dts_slice added(const struct dts_arrays *a, size_t at)
{
	return dts_slice(a->bytes.data + at, a->bytes.len - at);
}

/* Text as it stands in the record where nothing is escaped there. */
static bool read_text(struct dts_arrays *a, const struct dts_apply_column *c, enum dts_arrays_way way, struct dts_json value,
		      struct dts_slice *text)
{
	size_t at = a->bytes.len;

	if (value.type == DTS_JSON_OBJECT) { /* bytes in the source's set */
		if (!c->same_charset || dts_json_bytes(value, &a->bytes) != 1)
			return false;
		*text = added(a, at);
		return true;
	}
	if (value.type != DTS_JSON_STRING)
		return false;
	if (way == DTS_WAY_CHARSET) {
		if (!dts_charset_from_utf8(c->load_charset, dts_json_string(value.raw, &a->scratch.text), &a->bytes))
			return false;
		*text = added(a, at);
		return true;
	}
	*text = dts_slice(value.raw.p + 1, value.raw.len - 2);
	if (memchr(text->p, '\\', text->len)) {
		dts_json_unescape(value.raw, &a->bytes);
		*text = added(a, at);
	}
	return true;
}

static bool below(struct dts_slice text, unsigned char limit)
{
	unsigned char highest = 0;

	for (size_t i = 0; i < text.len; i++)
		highest = (unsigned char)text.p[i] > highest ? (unsigned char)text.p[i] : highest;
	return highest < limit;
}

/* What the column's set does not have is for the literal to say. */
static bool fits(const struct dts_apply_column *c, struct dts_slice text)
{
	return c->load == DTS_LOAD_ASCII ? below(text, 0x80) : c->load == DTS_LOAD_UTF8MB3 ? below(text, 0xf0) : true;
}

bool dts_arrays_bytes(struct dts_arrays *a, const struct dts_arrays_param *p, const struct dts_apply_column *c, struct dts_json value,
		      struct dts_slice *text)
{
	size_t at = a->bytes.len;

	switch (p->way) {
	case DTS_WAY_TEXT:
		return read_text(a, c, p->way, value, text) && fits(c, *text);
	case DTS_WAY_CHARSET:
		return read_text(a, c, p->way, value, text);
	case DTS_WAY_BYTES:
		if (value.type != DTS_JSON_OBJECT || dts_json_bytes(value, &a->bytes) != 1)
			return false;
		*text = added(a, at);
		return true;
	case DTS_WAY_DECIMAL:
		*text = value.raw;
		if (value.type == DTS_JSON_STRING)
			*text = dts_slice(value.raw.p + 1, value.raw.len - 2);
		return (value.type == DTS_JSON_STRING || value.type == DTS_JSON_NUMBER) && dts_sql_is_number(*text, true);
	default: /* dates and times */
		*text = dts_slice(value.raw.p + 1, value.raw.len - 2);
		return value.type == DTS_JSON_STRING && !memchr(text->p, '\\', text->len);
	}
}

bool dts_arrays_number(struct dts_arrays *a, const struct dts_arrays_param *p, const struct dts_apply_column *c, struct dts_json value,
		       union dts_arrays_cell *cell)
{
	switch (p->way) {
	case DTS_WAY_INT:
	case DTS_WAY_UINT:
	case DTS_WAY_NUMBER:
		return read_integer(value, p->way != DTS_WAY_INT, &cell->number);
	case DTS_WAY_MEMBER:
		return read_member(a, c, value, &cell->number);
	default:
		return read_real(a, value, p->way == DTS_WAY_FLOAT, &cell->real);
	}
}

#endif
