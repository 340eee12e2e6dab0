#include "apply/load.h"

#include <arpa/inet.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* The text of rows; what each type takes is told in load.c. */

enum { SLACK = 16 }; /* bytes that copying may write behind what it adds */

/* ---- bytes ---- */

#ifdef __SSE2__
/* Copies 16 bytes; a bit for each that LOAD DATA reads as something else. */
static inline unsigned copy_16(char *to, const char *p)
{
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
	__m128i escape = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));
	__m128i tab = _mm_cmpeq_epi8(v, _mm_set1_epi8('\t'));
	__m128i newline = _mm_cmpeq_epi8(v, _mm_set1_epi8('\n'));

	_mm_storeu_si128((__m128i *)(void *)to, v);
	return (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(escape, tab), newline));
}
#endif

static inline char *escape_byte(char *to, char c)
{
	if (c == '\\' || c == '\t' || c == '\n') {
		*to++ = '\\';
		c = c == '\t' ? 't' : c == '\n' ? 'n' : c;
	}
	*to++ = c;
	return to;
}

/* Any bytes; room for twice as many and SLACK is there. */
static char *escape_bytes(char *to, const char *p, const char *end)
{
#ifdef __SSE2__
	while (end - p >= 16) {
		unsigned mask = copy_16(to, p);
		unsigned plain = mask ? (unsigned)__builtin_ctz(mask) : 16;
		to += plain;
		p += plain;
		if (mask)
			to = escape_byte(to, *p++);
	}
#endif
	while (p < end)
		to = escape_byte(to, *p++);
	return to;
}

static void add_escaped(struct dts_buf *out, struct dts_slice bytes)
{
	dts_buf_reserve(out, 2 * bytes.len + SLACK);
	out->len = (size_t)(escape_bytes(out->data + out->len, bytes.p, bytes.p + bytes.len) - out->data);
}

/* Behind the escape of JSON at p, which becomes one of LOAD DATA or a character;
 * never longer than it was. */
static const char *escape_json(char **out, const char *p)
{
	char *to = *out, decoded[8];
	struct dts_buf character = {.data = decoded, .cap = sizeof decoded};
	size_t len;

	switch (p[1]) {
	case '\\':
	case 'b':
	case 'n':
	case 'r':
	case 't': /* the same to both */
		*to++ = '\\';
		*to++ = p[1];
		*out = to;
		return p + 2;
	case 'f':
		*to++ = '\f';
		*out = to;
		return p + 2;
	case 'u':
		break;
	default: /* quote and slash */
		*to++ = p[1];
		*out = to;
		return p + 2;
	}
	len = (p[2] | 0x20) == 'd' && p[3] >= '8' ? 12 : 6; /* a pair of surrogates */
	/* The function wants the text with its quotes, and looks at what is between them. */
	dts_json_unescape(dts_slice(p - 1, len + 2), &character);
	for (size_t i = 0; i < character.len; i++)
		to = escape_byte(to, decoded[i]);
	*out = to;
	return p + len;
}

/*
 * The content of a JSON string from p to `end`: unescaped and escaped in one go. JSON has
 * neither tabs nor newlines as they are, so the backslash is all that is
 * looked for. Room for as many bytes and SLACK is there.
 */
static char *copy_string(char *to, const char *p, const char *end)
{
#ifdef __SSE2__
	while (end - p >= 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
		unsigned mask = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
		unsigned plain = mask ? (unsigned)__builtin_ctz(mask) : 16;
		_mm_storeu_si128((__m128i *)(void *)to, v);
		to += plain;
		p += plain;
		if (mask)
			p = escape_json(&to, p);
	}
#endif
	while (p < end) {
		const char *escape = memchr(p, '\\', (size_t)(end - p));
		size_t plain = (size_t)((escape ? escape : end) - p);
		memcpy(to, p, plain);
		to += plain;
		p += plain;
		if (escape)
			p = escape_json(&to, p);
	}
	return to;
}

static void add_string(struct dts_buf *out, struct dts_slice raw)
{
	dts_buf_reserve(out, raw.len + SLACK);
	out->len = (size_t)(copy_string(out->data + out->len, raw.p + 1, raw.p + raw.len - 1) - out->data);
}

/* Is every byte from `at` on below `limit`? */
static bool bytes_below(const struct dts_buf *out, size_t at, unsigned char limit)
{
	unsigned char highest = 0;

	for (; at < out->len; at++)
		highest = (unsigned char)out->data[at] > highest ? (unsigned char)out->data[at] : highest;
	return highest < limit;
}

/* ---- values: false sends the row to INSERT ---- */

/* Digits with an optional sign and point. A zero with a sign is left to the literal. */
static bool add_digits(struct dts_buf *out, struct dts_json value, bool point)
{
	struct dts_slice text = value.raw;
	bool zero = true;

	if (value.type == DTS_JSON_STRING)
		text = dts_slice(text.p + 1, text.len - 2);
	else if (value.type != DTS_JSON_NUMBER)
		return false;
	size_t i = text.len > 0 && text.p[0] == '-';
	if (i == text.len || text.p[i] == '.')
		return false;
	for (; i < text.len; i++) {
		if (text.p[i] == '.' && point)
			point = false;
		else if (text.p[i] >= '0' && text.p[i] <= '9')
			zero = zero && text.p[i] == '0';
		else
			return false;
	}
	if (zero && text.p[0] == '-')
		return false;
	dts_buf_add_slice(out, text);
	return true;
}

static bool number_of(struct dts_json value, uint64_t *n)
{
	struct dts_slice text = value.raw;

	if (value.type == DTS_JSON_STRING)
		text = dts_slice(text.p + 1, text.len - 2);
	return (value.type == DTS_JSON_STRING || value.type == DTS_JSON_NUMBER) && dts_json_u64(text, n);
}

static bool add_year(struct dts_buf *out, struct dts_json value)
{
	uint64_t year;

	if (!number_of(value, &year) || (year != 0 && (year < 1901 || year > 2155)))
		return false;
	dts_buf_adds(out, year == 0 ? "000" : "");
	dts_buf_addu(out, year);
	return true;
}

static bool add_bits(struct dts_buf *out, const struct dts_apply_column *c, struct dts_json value)
{
	unsigned length = c->target->length, count = (length + 7) / 8;
	char bytes[8];
	uint64_t bits;

	if (!number_of(value, &bits) || length > 64 || (length < 64 && bits >> length != 0))
		return false;
	for (unsigned i = 0; i < count; i++)
		bytes[i] = (char)(bits >> 8 * (count - 1 - i));
	add_escaped(out, dts_slice(bytes, count));
	return true;
}

/*
 * Is a FLOAT's text, read as a double and then rounded, the float that the text reads to?
 * Only where the nearest double is as good as the text: not when it lands on the
 * middle between two floats. For n*2^j, a middle (n odd, below 2^25), and the text
 * m/10^k, the distance as a part of the value is 1/m or more for j >= 0, and 1/(n*10^k) or more
 * for j < 0. A double's error, 2^-53, is less when m < 10^15 and k <= 8.
 */
static bool plain_float(struct dts_slice text)
{
	size_t digits = 0, fraction = 0;
	bool behind_point = false;

	for (size_t i = text.p[0] == '-'; i < text.len; i++) {
		if (text.p[i] == '.')
			behind_point = true;
		else if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		else
			fraction += behind_point, digits++;
	}
	return digits <= 15 && fraction <= 8;
}

static bool add_float(struct dts_buf *out, const struct dts_apply_column *c, struct dts_json value,
		      struct dts_literal_scratch *scratch)
{
	unsigned none = 0;
	struct dts_error err = DTS_ERROR_INIT;

	if (value.type != DTS_JSON_NUMBER)
		return false;
	if (c->load == DTS_LOAD_DOUBLE || (c->load == DTS_LOAD_FLOAT && plain_float(value.raw))) {
		dts_buf_add_slice(out, value.raw);
		return true;
	}
	return dts_literal_add(out, c, value, &none, scratch, &err) == 0;
}

/* UTF-8 as it is, or bytes below a limit only. */
static bool add_utf8(struct dts_buf *out, struct dts_slice raw, unsigned char limit)
{
	size_t at = out->len;

	add_string(out, raw);
	return limit == 0 || bytes_below(out, at, limit);
}

static bool add_bytes(struct dts_buf *out, struct dts_json value, struct dts_literal_scratch *scratch)
{
	dts_buf_clear(&scratch->bytes);
	if (dts_json_bytes(value, &scratch->bytes) != 1)
		return false;
	add_escaped(out, dts_buf_slice(&scratch->bytes));
	return true;
}

static bool add_text(struct dts_buf *out, const struct dts_apply_column *c, struct dts_json value,
		     struct dts_literal_scratch *scratch)
{
	if (value.type == DTS_JSON_OBJECT) /* bytes of the source's set */
		return c->same_charset && c->load != DTS_LOAD_CONVERT && add_bytes(out, value, scratch);
	if (value.type != DTS_JSON_STRING)
		return false;
	switch (c->load) {
	case DTS_LOAD_CONVERT:
	case DTS_LOAD_UTF8:
		return add_utf8(out, value.raw, 0);
	case DTS_LOAD_UTF8MB3:
		return add_utf8(out, value.raw, 0xf0);
	case DTS_LOAD_ASCII:
		return add_utf8(out, value.raw, 0x80);
	default:
		dts_buf_clear(&scratch->bytes);
		if (!dts_charset_from_utf8(c->load_charset, dts_json_string(value.raw, &scratch->text), &scratch->bytes))
			return false;
		add_escaped(out, dts_buf_slice(&scratch->bytes));
		return true;
	}
}

/* A document that the server reads from text as it is. */
static bool add_json(struct dts_buf *out, struct dts_json value, struct dts_literal_scratch *scratch)
{
	if (value.type != DTS_JSON_STRING ||
	    !dts_json_literal_plain(dts_json_string(value.raw, &scratch->text), &scratch->json))
		return false;
	add_string(out, value.raw);
	return true;
}

/* A label as such: one of the target's, else a server might take it for a number. */
static bool is_label(const struct dts_column *c, struct dts_slice text)
{
	for (size_t i = 0; i < c->label_count; i++)
		if (dts_slice_eq(c->labels[i], text))
			return true;
	return false;
}

static bool add_label(struct dts_buf *out, const struct dts_apply_column *c, struct dts_json value)
{
	struct dts_slice text = dts_slice(value.raw.p + 1, value.raw.len - 2), left = text;

	if (value.type != DTS_JSON_STRING)
		return false;
	if (c->target->type == DTS_TYPE_SET && text.len == 0)
		return true;
	for (const char *comma; c->target->type == DTS_TYPE_SET && (comma = memchr(left.p, ',', left.len));) {
		if (!is_label(c->target, dts_slice(left.p, (size_t)(comma - left.p))))
			return false;
		left = dts_slice(comma + 1, left.len - (size_t)(comma + 1 - left.p));
	}
	if (!is_label(c->target, left))
		return false;
	dts_buf_add_slice(out, text); /* letters and digits */
	return true;
}

/* By number: that of the literal. The error value of an ENUM wants another mode. */
static bool add_member(struct dts_buf *out, const struct dts_apply_column *c, struct dts_json value,
		       struct dts_literal_scratch *scratch)
{
	struct dts_error err = DTS_ERROR_INIT;
	unsigned zeros = 0;

	if (value.type != DTS_JSON_STRING && value.type != DTS_JSON_NUMBER)
		return false;
	return dts_literal_add(out, c, value, &zeros, scratch, &err) == 0 && zeros == 0;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool add_uuid(struct dts_buf *out, struct dts_slice text)
{
	char bytes[16];
	size_t count = 0;

	if (text.len != 36)
		return false;
	for (size_t i = 0; i < text.len; i += 2) {
		if (i == 8 || i == 13 || i == 18 || i == 23)
			if (text.p[i++] != '-')
				return false;
		int high = hex_digit(text.p[i]), low = hex_digit(text.p[i + 1]);
		if (high < 0 || low < 0)
			return false;
		bytes[count++] = (char)(high << 4 | low);
	}
	add_escaped(out, dts_slice(bytes, sizeof bytes));
	return true;
}

/* What MariaDB shows as a text. Bytes come from where the log hid the type. */
static bool add_special(struct dts_buf *out, const struct dts_apply_column *c, struct dts_json value,
			struct dts_literal_scratch *scratch)
{
	char bytes[16];
	bool four = c->load == DTS_LOAD_INET4;

	if (value.type != DTS_JSON_STRING)
		return false;
	struct dts_slice text = dts_json_string(value.raw, &scratch->text);
	if (c->load == DTS_LOAD_UUID)
		return add_uuid(out, text);
	dts_buf_clear(&scratch->bytes);
	dts_buf_add_slice(&scratch->bytes, text);
	if (memchr(text.p, '\0', text.len) || inet_pton(four ? AF_INET : AF_INET6, dts_buf_text(&scratch->bytes), bytes) != 1)
		return false;
	add_escaped(out, dts_slice(bytes, four ? 4 : 16));
	return true;
}

static bool add_value(struct dts_buf *out, const struct dts_apply_column *c, struct dts_json value,
		      struct dts_literal_scratch *scratch)
{
	switch (c->load) {
	case DTS_LOAD_DIGITS:
		return add_digits(out, value, c->source->type == DTS_TYPE_DECIMAL);
	case DTS_LOAD_YEAR:
		return add_year(out, value);
	case DTS_LOAD_BITS:
		return add_bits(out, c, value);
	case DTS_LOAD_FLOAT:
	case DTS_LOAD_FLOAT_IN_FULL:
	case DTS_LOAD_DOUBLE:
		return add_float(out, c, value, scratch);
	case DTS_LOAD_TIME:
		return value.type == DTS_JSON_STRING && add_utf8(out, value.raw, 0);
	case DTS_LOAD_BYTES:
		return add_bytes(out, value, scratch);
	case DTS_LOAD_LABEL:
		return add_label(out, c, value);
	case DTS_LOAD_MEMBER:
		return add_member(out, c, value, scratch);
	case DTS_LOAD_JSON:
		return add_json(out, value, scratch);
	case DTS_LOAD_UUID:
	case DTS_LOAD_INET4:
	case DTS_LOAD_INET6:
		return add_special(out, c, value, scratch);
	case DTS_LOAD_NEVER:
		return false;
	default:
		return add_text(out, c, value, scratch);
	}
}

/* Why a value has no text: -1 when it has no literal either. */
static int look_at(const struct dts_apply_column *c, struct dts_json value, struct dts_literal_scratch *scratch,
		   struct dts_error *err)
{
	struct dts_buf sql = {0};
	unsigned zeros = 0;
	int rc = value.raw.p ? dts_literal_add(&sql, c, value, &zeros, scratch, err) : 0;

	dts_buf_release(&sql);
	return rc;
}

int dts_load_row(struct dts_buf *out, const struct dts_apply_table *t, const struct dts_json *values,
		 struct dts_literal_scratch *scratch, struct dts_error *err)
{
	size_t from = out->len;

	for (size_t i = 0; i < t->schema.column_count; i++) {
		const struct dts_apply_column *c = &t->columns[i];
		bool added;

		if (!c->written)
			continue;
		if (!values[i].raw.p)
			added = false;
		else if (values[i].type != DTS_JSON_NULL)
			added = add_value(out, c, values[i], scratch);
		else if ((added = c->target->nullable))
			dts_buf_add(out, "\\N", 2);
		if (!added) {
			out->len = from;
			return look_at(c, values[i], scratch, err);
		}
		dts_buf_addc(out, '\t');
	}
	if (out->len == from) /* no column is written */
		return 0;
	out->data[out->len - 1] = '\n';
	return 1;
}
