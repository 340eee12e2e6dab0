#include "mysql/select.h"

#include <endian.h>
#include <math.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "mysql/quote.h"
#include "record/floating.h"
#include "record/moment.h"
#include "record/value.h"

/* A copy of constant size is a few instructions. */
enum { PREFIX_STEP = 32, SHORT = 32 };

/* How a value comes, and so what is to be done with it. */
enum form {
	INTEGER_TEXT,
	QUOTED, /* text with nothing to escape */
	CHARACTERS,
	DOCUMENT,
	BINARY,
	BYTES,
	FLOATING_TEXT,
	BITS,
	LABELS_TEXT,
	UNKNOWN,
	/* in binary form only */
	SIGNED,
	UNSIGNED,
	FLOAT,
	DOUBLE,
	LABELS,
	MOMENT,
};

struct column {
	const struct dts_column *schema;
	const struct dts_charset *charset;
	char *prefix; /* {"name": for the first one selected, ,"name": for the others; to be copied in PREFIX_STEPs */
	size_t prefix_len;
	enum form form;
	enum dts_moment_kind kind;
	bool double_labels;
	bool strip_zeros; /* ZEROFILL and YEAR: the server's text has zeros in front */
	bool selected;
};

struct dts_row_writer {
	struct column *columns; /* as many as the schema has */
	size_t count;
	size_t selected;
	bool binary;
};

static enum form form_of(enum dts_type type)
{
	switch (type) {
	case DTS_TYPE_INTEGER:
	case DTS_TYPE_YEAR:
		return INTEGER_TEXT;
	case DTS_TYPE_DECIMAL:
	case DTS_TYPE_DATE:
	case DTS_TYPE_TIME:
	case DTS_TYPE_DATETIME:
	case DTS_TYPE_TIMESTAMP:
	case DTS_TYPE_UUID:
	case DTS_TYPE_INET4:
	case DTS_TYPE_INET6:
		return QUOTED;
	case DTS_TYPE_CHAR:
		return CHARACTERS;
	case DTS_TYPE_JSON:
		return DOCUMENT;
	case DTS_TYPE_BINARY:
		return BINARY;
	case DTS_TYPE_GEOMETRY:
	case DTS_TYPE_VECTOR:
		return BYTES;
	case DTS_TYPE_FLOAT:
	case DTS_TYPE_DOUBLE:
		return FLOATING_TEXT;
	case DTS_TYPE_BIT:
		return BITS;
	case DTS_TYPE_ENUM:
	case DTS_TYPE_SET:
		return LABELS_TEXT;
	case DTS_TYPE_UNKNOWN:
		break;
	}
	return UNKNOWN;
}

static void make_prefix(struct dts_row_writer *w, struct column *to, struct dts_buf *scratch)
{
	dts_buf_clear(scratch);
	dts_buf_addc(scratch, w->selected++ == 0 ? '{' : ',');
	dts_json_add_string(scratch, to->schema->name);
	dts_buf_addc(scratch, ':');
	to->prefix = dts_zalloc(scratch->len / PREFIX_STEP + 1, PREFIX_STEP);
	memcpy(to->prefix, scratch->data, scratch->len);
	to->prefix_len = scratch->len;
	to->selected = true;
}

struct dts_row_writer *dts_row_writer_new(const struct dts_schema *schema, bool binary)
{
	struct dts_row_writer *w = dts_zalloc(1, sizeof *w);
	struct dts_buf scratch = {0};

	w->columns = dts_zalloc(schema->column_count + 1, sizeof *w->columns);
	w->count = schema->column_count;
	w->binary = binary;
	for (size_t i = 0; i < w->count; i++) {
		const struct dts_column *c = &schema->columns[i];
		struct column *to = &w->columns[i];
		to->schema = c;
		to->form = form_of(c->type);
		if (c->charset.len > 0)
			to->charset = dts_charset_find(c->charset);
		to->strip_zeros = c->type == DTS_TYPE_YEAR ||
				  ((c->type == DTS_TYPE_INTEGER || c->type == DTS_TYPE_DECIMAL) &&
				   memmem(c->type_text.p, c->type_text.len, "zerofill", 8));
		if (c->generated == DTS_GENERATED_NO)
			make_prefix(w, to, &scratch);
	}
	dts_buf_release(&scratch);
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
		enum dts_type type = w->columns[i].schema->type;
		if (w->binary && (type == DTS_TYPE_FLOAT || type == DTS_TYPE_DOUBLE))
			dts_sql_ident(sql, w->columns[i].schema->name); /* comes as it is */
		else
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

/* --- values in binary form, little-endian */

/* By loads of the very size: a copy of so many bytes to be loaded at once is what the processor waits for. */
static inline uint64_t unsigned_of(struct dts_slice value)
{
	uint16_t two;
	uint32_t four;
	uint64_t eight;

	switch (value.len) {
	case 1:
		return (uint8_t)value.p[0];
	case 2:
		memcpy(&two, value.p, 2);
		return le16toh(two);
	case 4:
		memcpy(&four, value.p, 4);
		return le32toh(four);
	default:
		memcpy(&eight, value.p, 8);
		return le64toh(eight);
	}
}

static inline int64_t signed_of(struct dts_slice value)
{
	switch (value.len) {
	case 1:
		return (int8_t)value.p[0];
	case 2:
		return (int16_t)unsigned_of(value);
	case 4:
		return (int32_t)unsigned_of(value);
	default:
		return (int64_t)unsigned_of(value);
	}
}

static double double_of(struct dts_slice value)
{
	uint64_t bits = unsigned_of(value);
	uint32_t low = (uint32_t)bits;
	double d;
	float f;

	if (value.len == sizeof f) {
		memcpy(&f, &low, sizeof f);
		return f;
	}
	memcpy(&d, &bits, sizeof d);
	return d;
}

/* What an ENUM or SET is as a number; +0 may have made it a double. */
static bool number_of_labels(const struct column *c, struct dts_slice value, uint64_t *n)
{
	if (!c->double_labels) {
		*n = unsigned_of(value);
		return true;
	}
	double d = double_of(value);
	*n = d >= 0 && d < 0x1p53 ? (uint64_t)d : 0;
	return (double)*n == d;
}

/* Protocol::BinaryValue of dates and times: what is zero at the end is left out. */
static bool moment_of(const struct column *c, struct dts_slice value, struct dts_moment *m)
{
	static const uint32_t units[] = {1000000, 100000, 10000, 1000, 100, 10, 1};
	struct dts_bytes b = dts_bytes(value);
	uint32_t days = 0;

	*m = (struct dts_moment){0};
	if (c->kind == DTS_MOMENT_TIME && value.len > 0) {
		m->negative = dts_bytes_u8(&b);
		days = dts_bytes_u32(&b);
	} else if (value.len > 0) {
		m->year = dts_bytes_u16(&b);
		m->month = dts_bytes_u8(&b);
		m->day = dts_bytes_u8(&b);
	}
	if (dts_bytes_left(&b) > 0) {
		m->hour = dts_bytes_u8(&b);
		m->minute = dts_bytes_u8(&b);
		m->second = dts_bytes_u8(&b);
	}
	if (dts_bytes_left(&b) > 0)
		m->fraction = dts_bytes_u32(&b);
	/* More digits than the column has: it is another column. */
	if (days > 100 || m->fraction % units[c->schema->decimals] != 0)
		return false;
	m->fraction /= units[c->schema->decimals];
	m->hour += days * 24;
	return !b.bad && dts_bytes_left(&b) == 0;
}

static int bad_bytes(const struct column *c, struct dts_error *err)
{
	return dts_fail(err, DTS_BAD_INPUT, "column '%.*s' of type %.*s cannot hold what the server has sent",
			(int)c->schema->name.len, c->schema->name.p, (int)c->schema->type_text.len,
			c->schema->type_text.p);
}

static int add_number(const struct column *c, struct dts_slice value, struct dts_buf *out, struct dts_error *err)
{
	double d = double_of(value);

	if (!isfinite(d))
		return bad_bytes(c, err);
	if (c->form == FLOAT)
		dts_json_add_float(out, (float)d);
	else
		dts_json_add_double(out, d);
	return 0;
}

static int add_moment(const struct column *c, struct dts_slice value, struct dts_buf *out, struct dts_error *err)
{
	struct dts_moment m;

	if (!moment_of(c, value, &m) || !dts_moment_add_quoted(out, c->kind, &m, c->schema->decimals))
		return bad_bytes(c, err);
	return 0;
}

static int add_label_number(const struct column *c, uint64_t n, struct dts_buf *out)
{
	return c->schema->type == DTS_TYPE_ENUM ? dts_value_add_enum(out, c->schema, n)
						: dts_value_add_set(out, c->schema, n);
}

static bool is_integer(const struct dts_wire *wire)
{
	return wire->width > 0 && wire->type != MYSQL_TYPE_FLOAT && wire->type != MYSQL_TYPE_DOUBLE;
}

static bool is_moment(const struct dts_wire *wire)
{
	return wire->type == MYSQL_TYPE_DATE || wire->type == MYSQL_TYPE_DATETIME || wire->type == MYSQL_TYPE_TIMESTAMP ||
	       wire->type == MYSQL_TYPE_TIME;
}

/* False: its type does not come like that. */
static bool set_form(struct column *c, const struct dts_wire *wire)
{
	enum dts_type type = c->schema->type;

	switch (form_of(type)) {
	case INTEGER_TEXT:
		c->form = wire->is_unsigned ? UNSIGNED : SIGNED;
		return is_integer(wire);
	case FLOATING_TEXT:
		c->form = type == DTS_TYPE_FLOAT ? FLOAT : DOUBLE;
		return wire->type == (c->form == FLOAT ? MYSQL_TYPE_FLOAT : MYSQL_TYPE_DOUBLE);
	case LABELS_TEXT:
		c->form = LABELS;
		c->double_labels = wire->type == MYSQL_TYPE_DOUBLE;
		return c->double_labels || is_integer(wire);
	case QUOTED:
		if (type != DTS_TYPE_DATE && type != DTS_TYPE_TIME && type != DTS_TYPE_DATETIME && type != DTS_TYPE_TIMESTAMP)
			return wire->width == 0;
		c->form = MOMENT;
		c->kind = type == DTS_TYPE_DATE ? DTS_MOMENT_DATE : type == DTS_TYPE_TIME ? DTS_MOMENT_TIME : DTS_MOMENT_DATETIME;
		return is_moment(wire) && (wire->type == MYSQL_TYPE_TIME) == (type == DTS_TYPE_TIME) && c->schema->decimals <= 6;
	default:
		return wire->width == 0;
	}
}

static int other_type(const struct column *c, unsigned type, struct dts_error *err)
{
	dts_fail(err, DTS_AGAIN, "column '%.*s' of type %.*s comes from the server as another type (number %u of the protocol)",
		 (int)c->schema->name.len, c->schema->name.p, (int)c->schema->type_text.len, c->schema->type_text.p, type);
	return dts_hint(err, "if the table was changed meanwhile, run it again");
}

int dts_row_writer_begin(struct dts_row_writer *w, const struct dts_wire *wires, size_t count, struct dts_error *err)
{
	size_t field = 0;

	for (size_t i = 0; i < w->count; i++) {
		struct column *c = &w->columns[i];
		if (!c->selected)
			continue;
		if (field == count || !set_form(c, &wires[field]))
			return other_type(c, field < count ? wires[field].type : 0, err);
		field++;
	}
	return 0;
}

/* --- */

static int add_value(const struct column *c, struct dts_slice value, struct dts_buf *out, struct dts_error *err)
{
	uint64_t n;

	if (!value.p) {
		dts_buf_adds(out, "null");
		return 0;
	}
	switch (c->form) {
	case INTEGER_TEXT:
		add_integer(out, c->strip_zeros ? strip_zeros(value) : value);
		return 0;
	case QUOTED:
		add_quoted(out, c->strip_zeros ? strip_zeros(value) : value);
		return 0;
	case CHARACTERS:
		dts_value_add_text(out, c->charset, value);
		return 0;
	case DOCUMENT:
		dts_json_add_string(out, value);
		return 0;
	case BINARY:
		dts_value_add_binary(out, value, c->schema->fixed ? c->schema->length : 0);
		return 0;
	case BYTES:
		dts_json_add_bytes(out, value);
		return 0;
	case FLOATING_TEXT:
		return add_floating(c, value, out, err);
	case BITS:
		return add_bit(c, value, out, err);
	case LABELS_TEXT:
		return dts_parse_u64(value, &n) < 0 || add_label_number(c, n, out) < 0 ? bad_value(c, value, err) : 0;
	case SIGNED:
		dts_json_add_i64(out, signed_of(value));
		return 0;
	case UNSIGNED:
		dts_json_add_u64(out, unsigned_of(value));
		return 0;
	case FLOAT:
	case DOUBLE:
		return add_number(c, value, out, err);
	case LABELS:
		return !number_of_labels(c, value, &n) || add_label_number(c, n, out) < 0 ? bad_bytes(c, err) : 0;
	case MOMENT:
		return add_moment(c, value, out, err);
	case UNKNOWN:
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

int dts_row_writer_add_text(struct dts_row_writer *w, size_t column, const char *value,
			    unsigned long length, struct dts_buf *out, struct dts_error *err)
{
	const struct column *c = &w->columns[column];
	struct dts_slice bytes = dts_slice(value, length);
	struct dts_moment m;
	uint64_t n;

	switch (c->form) {
	case SIGNED:
		dts_buf_addi(out, signed_of(bytes));
		return 0;
	case UNSIGNED:
		dts_buf_addu(out, unsigned_of(bytes));
		return 0;
	case FLOAT:
	case DOUBLE:
		if (!isfinite(double_of(bytes)))
			return bad_bytes(c, err);
		dts_json_add_double(out, double_of(bytes));
		return 0;
	case LABELS:
		if (!number_of_labels(c, bytes, &n))
			return bad_bytes(c, err);
		dts_buf_addu(out, n);
		return 0;
	case MOMENT:
		if (!moment_of(c, bytes, &m) || !dts_moment_add(out, c->kind, &m, c->schema->decimals))
			return bad_bytes(c, err);
		return 0;
	default:
		dts_buf_add_slice(out, bytes);
		return 0;
	}
}

static inline void add_prefix(struct dts_buf *out, const struct column *c)
{
	dts_buf_reserve(out, c->prefix_len + PREFIX_STEP);
	for (size_t i = 0; i < c->prefix_len; i += PREFIX_STEP)
		memcpy(out->data + out->len + i, c->prefix + i, PREFIX_STEP);
	out->len += c->prefix_len;
}

int dts_row_writer_add(struct dts_row_writer *w, char *const *row, const unsigned long *lengths,
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
