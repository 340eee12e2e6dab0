/*
 * What each type takes as text was tried on MariaDB 10.11 and 11.8 and MySQL 9.7, by the
 * tables of t/types and beside the same rows as literals. The text is read as
 * CHARACTER SET binary: the server stores what it reads as if a X'...' were assigned to
 * the column, so that each column gets bytes as it keeps them.
 *
 *   numbers     their digits. YEAR 0 must be 0000, since '0' is the year 2000.
 *   FLOAT       its shortest text where a double keeps it, else the double in full: the
 *               server reads a double and rounds it (see plain_float())
 *   BIT         its bytes, high ones first
 *   text        bytes in the column's own set; the server only looks whether they are text
 *               of it. A set that lib/charset does not know, and MySQL's JSON, which
 *               refuses bytes, go through a variable: SET c=CONVERT(@v USING utf8mb4)
 *   ENUM, SET   the label, where no collation can take it for another one, else
 *               its number: SET c=CAST(@v AS UNSIGNED). A label's number as plain text would be
 *               looked up as a label first.
 *   UUID, INET  MariaDB takes bytes here as the value itself, not as its text: those
 *   geometry, vector, BLOB   their bytes
 *
 * Left to INSERT: see dts_load_row().
 */
#include "apply/load.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "mysql/quote.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { SLACK = 16 }; /* bytes that copying may write behind what it adds */

/* ---- which way a column takes ---- */

static bool is_text(enum dts_type type)
{
	return type == DTS_TYPE_CHAR || type == DTS_TYPE_JSON || type == DTS_TYPE_UUID || type == DTS_TYPE_INET4 ||
	       type == DTS_TYPE_INET6;
}

static bool charset_is(struct dts_slice name, const char *cs)
{
	const struct dts_charset *found = dts_charset_find(name);

	return found && strcmp(dts_charset_name(found), cs) == 0;
}

/*
 * Is every label found as itself by its text? A server compares by the column's
 * collation and takes the first that is equal. Those named here tell apart ASCII texts
 * that differ in more than case; others take v for w, y for i, or ch for one letter.
 */
static bool labels_plain(const struct dts_column *c)
{
	static const char *const collations[] = {
		"utf8mb4_bin", "utf8mb4_general_ci", "utf8mb4_unicode_ci", "utf8mb4_unicode_520_ci", "utf8mb4_0900_ai_ci",
		"utf8mb4_0900_bin", "utf8mb4_uca1400_ai_ci", "utf8mb3_bin", "utf8mb3_general_ci", "utf8mb3_unicode_ci",
		"utf8mb3_uca1400_ai_ci", "latin1_swedish_ci", "latin1_bin", "ascii_general_ci", "ascii_bin",
	};
	bool known = false;

	for (size_t i = 0; i < sizeof collations / sizeof *collations && !known; i++)
		known = dts_slice_is(c->collation, collations[i]);
	if (!known)
		return false;
	for (size_t i = 0; i < c->label_count; i++) {
		struct dts_slice label = c->labels[i];
		for (size_t j = 0; j < label.len; j++) {
			char b = label.p[j];
			bool letter = (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9');
			if (!letter && b != '_')
				return false;
		}
		if (label.len == 0)
			return false;
		for (size_t j = 0; j < i; j++)
			if (c->labels[j].len == label.len && strncasecmp(c->labels[j].p, label.p, label.len) == 0)
				return false;
	}
	return true;
}

static enum dts_load_how how_text(const struct dts_apply_column *c, const struct dts_charset **charset)
{
	struct dts_slice name = c->target->charset;

	*charset = dts_charset_find(name);
	if (!*charset)
		return DTS_LOAD_CONVERT;
	if (charset_is(name, "utf8mb4"))
		return DTS_LOAD_UTF8;
	if (charset_is(name, "ascii"))
		return DTS_LOAD_ASCII;
	if (charset_is(name, "utf8mb3"))
		return DTS_LOAD_UTF8MB3;
	return dts_charset_is_binary(*charset) ? DTS_LOAD_NEVER : DTS_LOAD_CHARSET;
}

static enum dts_load_how how_float(const struct dts_apply_column *c)
{
	struct dts_slice type = c->target->type_text;
	bool rounds = memchr(type.p, ',', type.len) != NULL;

	if (c->source->type == DTS_TYPE_DOUBLE)
		return c->target->type == DTS_TYPE_DOUBLE ? DTS_LOAD_DOUBLE : DTS_LOAD_NEVER;
	return c->target->type == DTS_TYPE_FLOAT && !rounds ? DTS_LOAD_FLOAT : DTS_LOAD_FLOAT_IN_FULL;
}

/* Bytes as they are, and what takes them as its value. */
static enum dts_load_how how_bytes(const struct dts_apply_column *c)
{
	switch (c->target->type) {
	case DTS_TYPE_BINARY:
	case DTS_TYPE_GEOMETRY:
	case DTS_TYPE_VECTOR:
	case DTS_TYPE_INET4:
	case DTS_TYPE_INET6:
		return DTS_LOAD_BYTES;
	default:
		return DTS_LOAD_NEVER;
	}
}

/* By the source's type first, as dts_literal_add() goes. */
static enum dts_load_how how_column(const struct dts_apply_column *c, const struct dts_charset **charset)
{
	bool same = c->source->type == c->target->type;

	switch (c->source->type) {
	case DTS_TYPE_INTEGER:
	case DTS_TYPE_DECIMAL:
		return c->target->type == DTS_TYPE_INTEGER || c->target->type == DTS_TYPE_DECIMAL ? DTS_LOAD_DIGITS : DTS_LOAD_NEVER;
	case DTS_TYPE_YEAR: /* MariaDB's YEAR(2) reads other numbers */
		return same && !dts_slice_is(c->target->type_text, "year(2)") ? DTS_LOAD_YEAR : DTS_LOAD_NEVER;
	case DTS_TYPE_BIT:
		return same && c->target->length > 0 ? DTS_LOAD_BITS : DTS_LOAD_NEVER;
	case DTS_TYPE_FLOAT:
	case DTS_TYPE_DOUBLE:
		return how_float(c);
	case DTS_TYPE_DATE:
	case DTS_TYPE_TIME:
	case DTS_TYPE_DATETIME:
	case DTS_TYPE_TIMESTAMP:
		return same ? DTS_LOAD_TIME : DTS_LOAD_NEVER;
	case DTS_TYPE_ENUM:
	case DTS_TYPE_SET:
		return !same ? DTS_LOAD_NEVER : labels_plain(c->target) ? DTS_LOAD_LABEL : DTS_LOAD_MEMBER;
	case DTS_TYPE_BINARY:
	case DTS_TYPE_GEOMETRY:
	case DTS_TYPE_VECTOR:
		return how_bytes(c);
	default:
		break;
	}
	if (!is_text(c->source->type))
		return DTS_LOAD_NEVER;
	if (c->target->type == DTS_TYPE_JSON)
		return DTS_LOAD_JSON;
	if (c->target->type == DTS_TYPE_CHAR)
		return how_text(c, charset);
	if (!same)
		return DTS_LOAD_NEVER;
	return c->target->type == DTS_TYPE_UUID ? DTS_LOAD_UUID :
	       c->target->type == DTS_TYPE_INET4 ? DTS_LOAD_INET4 : DTS_LOAD_INET6;
}

void dts_load_column(struct dts_apply_column *c)
{
	c->load_charset = NULL;
	c->load = c->written ? how_column(c, &c->load_charset) : DTS_LOAD_NEVER;
}

bool dts_load_possible(const struct dts_apply_table *t)
{
	size_t written = 0;

	for (size_t i = 0; i < t->schema.column_count; i++) {
		if (t->columns[i].written && t->columns[i].load == DTS_LOAD_NEVER)
			return false;
		written += t->columns[i].written;
	}
	return written > 0;
}

static const char *expression_of(enum dts_load_how how)
{
	switch (how) {
	case DTS_LOAD_MEMBER:
		return "CAST(@v%zu AS UNSIGNED)";
	case DTS_LOAD_JSON:
	case DTS_LOAD_CONVERT:
		return "CONVERT(@v%zu USING utf8mb4)";
	default:
		return NULL;
	}
}

void dts_load_statement(struct dts_buf *sql, const struct dts_apply_table *t)
{
	const char *separator = " (";

	dts_buf_adds(sql, "LOAD DATA LOCAL INFILE 'rows' INTO TABLE ");
	dts_sql_table(sql, t->schema.db, t->schema.table);
	dts_buf_adds(sql, " CHARACTER SET binary FIELDS TERMINATED BY '\\t' ENCLOSED BY '' ESCAPED BY '\\\\'"
			  " LINES STARTING BY '' TERMINATED BY '\\n'");
	for (size_t i = 0; i < t->schema.column_count; i++) {
		const struct dts_apply_column *c = &t->columns[i];
		if (!c->written)
			continue;
		dts_buf_adds(sql, separator);
		separator = ",";
		if (expression_of(c->load))
			dts_buf_addf(sql, "@v%zu", i);
		else
			dts_sql_ident(sql, c->target->name);
	}
	dts_buf_addc(sql, ')');
	separator = " SET ";
	for (size_t i = 0; i < t->schema.column_count; i++) {
		const struct dts_apply_column *c = &t->columns[i];
		if (!c->written || !expression_of(c->load))
			continue;
		dts_buf_adds(sql, separator);
		separator = ",";
		dts_sql_ident(sql, c->target->name);
		dts_buf_addc(sql, '=');
		dts_buf_addf(sql, expression_of(c->load), i);
	}
}

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
