#include "mysql/select.h"

#include <stdlib.h>

#include "mysql/quote.h"
#include "record/floating.h"
#include "record/value.h"

/* A copy of constant size is a few instructions. */
enum { PREFIX_STEP = 32, SHORT = 32 };

struct column {
	const struct dts_column *schema;
	const struct dts_charset *charset;
	char *prefix; /* {"name": for the first one selected, ,"name": for the others; to be copied in PREFIX_STEPs */
	size_t prefix_len;
	bool strip_zeros; /* ZEROFILL and YEAR: the server's text has zeros in front */
	bool selected;
};

struct dts_row_writer {
	struct column *columns; /* as many as the schema has */
	size_t count;
	size_t selected;
};

struct dts_row_writer *dts_row_writer_new(const struct dts_schema *schema)
{
	struct dts_row_writer *w = dts_zalloc(1, sizeof *w);
	struct dts_buf prefix = {0};

	w->columns = dts_zalloc(schema->column_count + 1, sizeof *w->columns);
	w->count = schema->column_count;
	for (size_t i = 0; i < w->count; i++) {
		const struct dts_column *c = &schema->columns[i];
		struct column *to = &w->columns[i];
		to->schema = c;
		if (c->charset.len > 0)
			to->charset = dts_charset_find(c->charset);
		to->strip_zeros = c->type == DTS_TYPE_YEAR ||
				  ((c->type == DTS_TYPE_INTEGER || c->type == DTS_TYPE_DECIMAL) &&
				   memmem(c->type_text.p, c->type_text.len, "zerofill", 8));
		if (c->generated != DTS_GENERATED_NO)
			continue;
		dts_buf_clear(&prefix);
		dts_buf_addc(&prefix, w->selected++ == 0 ? '{' : ',');
		dts_json_add_string(&prefix, c->name);
		dts_buf_addc(&prefix, ':');
		to->prefix = dts_zalloc(prefix.len / PREFIX_STEP + 1, PREFIX_STEP);
		memcpy(to->prefix, prefix.data, prefix.len);
		to->prefix_len = prefix.len;
		to->selected = true;
	}
	dts_buf_release(&prefix);
	return w;
}

void dts_row_writer_free(struct dts_row_writer *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->count; i++)
		free(w->columns[i].prefix);
	free(w->columns);
	free(w);
}

void dts_select_column(struct dts_buf *sql, const struct dts_column *c)
{
	if (c->type == DTS_TYPE_SET)
		dts_buf_adds(sql, "CAST(");
	dts_sql_ident(sql, c->name);
	switch (c->type) {
	case DTS_TYPE_FLOAT:
	case DTS_TYPE_DOUBLE:
		/* The text of a FLOAT has 6 digits, that of DOUBLE(m,d) has d. +0e0 would make 0 of -0. */
		dts_buf_adds(sql, "*1e0");
		break;
	case DTS_TYPE_ENUM:
		/* Index 0 has the same text as a member ''. */
		dts_buf_adds(sql, "+0");
		break;
	case DTS_TYPE_SET:
		/* With +0 the 64th member is a DOUBLE to MySQL, and negative to MariaDB. */
		dts_buf_adds(sql, " AS UNSIGNED)");
		break;
	default:
		break;
	}
}

void dts_row_writer_select(const struct dts_row_writer *w, struct dts_buf *sql)
{
	const char *comma = "";

	for (size_t i = 0; i < w->count; i++) {
		if (!w->columns[i].selected)
			continue;
		dts_buf_adds(sql, comma);
		dts_select_column(sql, w->columns[i].schema);
		comma = ",";
	}
	if (w->selected == 0)
		dts_buf_addc(sql, '1'); /* rows still count */
}

size_t dts_row_writer_count(const struct dts_row_writer *w)
{
	return w->selected;
}

static int bad_value(const struct column *c, struct dts_slice value, struct dts_error *err)
{
	return dts_fail(err, DTS_BAD_INPUT, "column '%.*s' of type %.*s cannot hold '%.*s'",
			(int)c->schema->name.len, c->schema->name.p, (int)c->schema->type_text.len,
			c->schema->type_text.p, value.len < 200 ? (int)value.len : 200, value.p);
}

/* Text of digits, an optional sign and dot, which is what the server sends for
 * numbers: nothing to escape. */
static struct dts_slice strip_zeros(struct dts_slice digits)
{
	while (digits.len > 1 && digits.p[0] == '0' && digits.p[1] >= '0' && digits.p[1] <= '9')
		digits = dts_slice(digits.p + 1, digits.len - 1);
	return digits;
}

/* Copies up to SHORT bytes, where there is room for them, by two copies of constant size that overlap. */
static inline void copy_short(char *to, const char *p, size_t len)
{
	if (len >= 16) {
		memcpy(to, p, 16);
		memcpy(to + len - 16, p + len - 16, 16);
	} else if (len >= 8) {
		memcpy(to, p, 8);
		memcpy(to + len - 8, p + len - 8, 8);
	} else if (len >= 4) {
		memcpy(to, p, 4);
		memcpy(to + len - 4, p + len - 4, 4);
	} else {
		for (size_t i = 0; i < len; i++)
			to[i] = p[i];
	}
}

static inline void add_quoted(struct dts_buf *out, struct dts_slice text)
{
	dts_buf_reserve(out, text.len + 2);
	char *to = out->data + out->len;
	*to++ = '"';
	if (text.len <= SHORT)
		copy_short(to, text.p, text.len);
	else
		memcpy(to, text.p, text.len);
	to[text.len] = '"';
	out->len += text.len + 2;
}

static inline void add_integer(struct dts_buf *out, struct dts_slice digits)
{
	/* 15 digits are below 2^53 in any case. */
	if (digits.len > 15) {
		dts_value_add_integer_text(out, digits);
		return;
	}
	dts_buf_reserve(out, SHORT);
	copy_short(out->data + out->len, digits.p, digits.len);
	out->len += digits.len;
}

static int add_floating(const struct column *c, struct dts_slice value, struct dts_buf *out, struct dts_error *err)
{
	double d;

	if (!dts_parse_double(value, &d))
		return bad_value(c, value, err);
	if (c->schema->type == DTS_TYPE_FLOAT)
		dts_json_add_float(out, (float)d);
	else
		dts_json_add_double(out, d);
	return 0;
}

/* The server sends a BIT as its bytes, the highest first. */
static int add_bit(const struct column *c, struct dts_slice value, struct dts_buf *out, struct dts_error *err)
{
	uint64_t bits = 0;

	if (value.len > 8)
		return bad_value(c, value, err);
	for (size_t i = 0; i < value.len; i++)
		bits = bits << 8 | (unsigned char)value.p[i];
	dts_json_add_u64(out, bits);
	return 0;
}

static int add_labels(const struct column *c, struct dts_slice value, struct dts_buf *out, struct dts_error *err)
{
	uint64_t n;

	if (dts_parse_u64(value, &n) < 0)
		return bad_value(c, value, err);
	int rc = c->schema->type == DTS_TYPE_ENUM ? dts_value_add_enum(out, c->schema, n)
						  : dts_value_add_set(out, c->schema, n);
	return rc < 0 ? bad_value(c, value, err) : 0;
}

static int add_value(const struct column *c, struct dts_slice value, struct dts_buf *out, struct dts_error *err)
{
	if (!value.p) {
		dts_buf_adds(out, "null");
		return 0;
	}
	if (c->strip_zeros)
		value = strip_zeros(value);
	switch (c->schema->type) {
	case DTS_TYPE_INTEGER:
	case DTS_TYPE_YEAR:
		add_integer(out, value);
		return 0;
	case DTS_TYPE_DECIMAL:
	case DTS_TYPE_DATE:
	case DTS_TYPE_TIME:
	case DTS_TYPE_DATETIME:
	case DTS_TYPE_TIMESTAMP:
	case DTS_TYPE_UUID:
	case DTS_TYPE_INET4:
	case DTS_TYPE_INET6:
		add_quoted(out, value);
		return 0;
	case DTS_TYPE_CHAR:
		dts_value_add_text(out, c->charset, value);
		return 0;
	case DTS_TYPE_JSON:
		dts_json_add_string(out, value);
		return 0;
	case DTS_TYPE_BINARY:
		dts_value_add_binary(out, value, c->schema->fixed ? c->schema->length : 0);
		return 0;
	case DTS_TYPE_GEOMETRY:
	case DTS_TYPE_VECTOR:
		dts_json_add_bytes(out, value);
		return 0;
	case DTS_TYPE_FLOAT:
	case DTS_TYPE_DOUBLE:
		return add_floating(c, value, out, err);
	case DTS_TYPE_BIT:
		return add_bit(c, value, out, err);
	case DTS_TYPE_ENUM:
	case DTS_TYPE_SET:
		return add_labels(c, value, out, err);
	case DTS_TYPE_UNKNOWN:
		break;
	}
	return dts_fail(err, DTS_BAD_INPUT, "column '%.*s' has the type %.*s, which this version does not know",
			(int)c->schema->name.len, c->schema->name.p, (int)c->schema->type_text.len,
			c->schema->type_text.p);
}

int dts_row_writer_add_value(struct dts_row_writer *w, size_t column, const char *value,
			     unsigned long length, struct dts_buf *out, struct dts_error *err)
{
	return add_value(&w->columns[column], dts_slice(value, length), out, err);
}

static inline void add_prefix(struct dts_buf *out, const struct column *c)
{
	dts_buf_reserve(out, c->prefix_len + PREFIX_STEP);
	for (size_t i = 0; i < c->prefix_len; i += PREFIX_STEP)
		memcpy(out->data + out->len + i, c->prefix + i, PREFIX_STEP);
	out->len += c->prefix_len;
}

int dts_row_writer_add(struct dts_row_writer *w, MYSQL_ROW row, const unsigned long *lengths,
		       struct dts_buf *out, struct dts_error *err)
{
	size_t field = 0;

	for (size_t i = 0; i < w->count; i++) {
		const struct column *c = &w->columns[i];
		if (!c->selected)
			continue;
		add_prefix(out, c);
		if (add_value(c, dts_slice(row[field], lengths[field]), out, err) < 0)
			return -1;
		field++;
	}
	if (field == 0)
		dts_buf_addc(out, '{');
	dts_buf_addc(out, '}');
	return 0;
}
