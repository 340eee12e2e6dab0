#include "apply/literal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "mysql/quote.h"

void dts_literal_scratch_release(struct dts_literal_scratch *s)
{
	dts_buf_release(&s->text);
	dts_buf_release(&s->bytes);
	dts_json_scratch_release(&s->json);
}

static int refuse_value(const struct dts_apply_column *c, struct dts_json value, struct dts_error *err)
{
	int shown = value.raw.len > 200 ? 200 : (int)value.raw.len;

	return dts_fail(err, DTS_BAD_INPUT, "column '%.*s': %.*s is not a value of type %.*s", (int)c->source->name.len,
			c->source->name.p, shown, value.raw.p, (int)c->source->type_text.len, c->source->type_text.p);
}

/* Integers and decimals: exact, so unquoted digits, never through a double. */
static int add_number(struct dts_buf *sql, const struct dts_apply_column *c, struct dts_json value,
		      struct dts_literal_scratch *scratch, struct dts_error *err)
{
	struct dts_slice text = value.raw;

	if (value.type == DTS_JSON_STRING)
		text = dts_json_string(value.raw, &scratch->text);
	else if (value.type != DTS_JSON_NUMBER)
		return refuse_value(c, value, err);
	if (!dts_sql_is_number(text, c->source->type == DTS_TYPE_DECIMAL))
		return refuse_value(c, value, err);
	dts_buf_add_slice(sql, text);
	return 0;
}

/*
 * A DOUBLE literal, by its exponent, which the server reads to the nearest
 * double. A FLOAT is written as the double that it is: its shortest text may be
 * a little more (3.4028235e+38), which is out of range at the type's edge, and a
 * column compares as that double, too.
 */
static int add_real(struct dts_buf *sql, const struct dts_apply_column *c, struct dts_json value,
		    struct dts_literal_scratch *scratch, struct dts_error *err)
{
	if (value.type != DTS_JSON_NUMBER)
		return refuse_value(c, value, err);
	if (c->source->type == DTS_TYPE_FLOAT) {
		dts_buf_clear(&scratch->text);
		dts_buf_add_slice(&scratch->text, value.raw);
		float f = strtof(dts_buf_text(&scratch->text), NULL);
		if (!isfinite(f))
			return refuse_value(c, value, err);
		dts_buf_addf(sql, "%.16e", (double)f);
		return 0;
	}
	dts_buf_add_slice(sql, value.raw);
	if (!memchr(value.raw.p, 'e', value.raw.len) && !memchr(value.raw.p, 'E', value.raw.len))
		dts_buf_adds(sql, "e0");
	return 0;
}

static bool column_is(const struct dts_apply_column *c, enum dts_type type)
{
	return c->source->type == type;
}

static bool is_bytes(enum dts_type type)
{
	return type == DTS_TYPE_BINARY || type == DTS_TYPE_GEOMETRY || type == DTS_TYPE_VECTOR;
}

/* {"base64":...}: for text columns the bytes are in the source's charset. */
static int add_bytes(struct dts_buf *sql, const struct dts_apply_column *c, struct dts_json value,
		     struct dts_literal_scratch *scratch, struct dts_error *err)
{
	dts_buf_clear(&scratch->bytes);
	if (dts_json_bytes(value, &scratch->bytes) != 1)
		return refuse_value(c, value, err);
	if (!is_bytes(c->source->type) && c->target->type == DTS_TYPE_JSON)
		return dts_fail(err, DTS_REFUSED, "column '%.*s': bytes that are no text cannot be a JSON document of the target",
				(int)c->source->name.len, c->source->name.p);
	if (!is_bytes(c->source->type) && !c->same_charset)
		return dts_fail(err, DTS_REFUSED, "column '%.*s': bytes in %.*s cannot be converted to the target's %.*s",
				(int)c->source->name.len, c->source->name.p, (int)c->source->charset.len,
				c->source->charset.p, (int)c->target->charset.len, c->target->charset.p);
	dts_sql_hex(sql, dts_buf_slice(&scratch->bytes));
	return 0;
}

static int add_text(struct dts_buf *sql, const struct dts_apply_column *c, struct dts_json value,
		    struct dts_literal_scratch *scratch, struct dts_error *err)
{
	struct dts_slice text = dts_json_string(value.raw, &scratch->text);

	if (!c->charset) {
		dts_sql_literal(sql, text);
		return 0;
	}
	dts_buf_clear(&scratch->bytes);
	if (!dts_charset_from_utf8(c->charset, text, &scratch->bytes))
		return dts_fail(err, DTS_REFUSED, "column '%.*s': the text cannot be written in %s",
				(int)c->source->name.len, c->source->name.p, dts_charset_name(c->charset));
	dts_buf_addc(sql, '_');
	dts_buf_adds(sql, dts_charset_name(c->charset));
	dts_buf_addc(sql, ' ');
	dts_sql_hex(sql, dts_buf_slice(&scratch->bytes));
	return 0;
}

/* A document for a JSON column of MySQL; `typed`: for where there is no column. */
static int add_json(struct dts_buf *sql, const struct dts_apply_column *c, struct dts_json value, bool typed,
		    struct dts_literal_scratch *scratch, struct dts_error *err)
{
	struct dts_slice name = c->source->name;
	struct dts_json_trouble trouble;

	if (dts_json_literal_add(sql, dts_json_string(value.raw, &scratch->text), typed, &scratch->json, &trouble) == 0)
		return 0;
	if (!trouble.number.p && trouble.deep)
		return dts_fail(err, DTS_REFUSED, "column '%.*s': a number of a JSON document that must be a DECIMAL stands in more than 60 objects and arrays",
				(int)name.len, name.p);
	if (!trouble.number.p)
		return dts_fail(err, DTS_REFUSED, "column '%.*s': MySQL reads a JSON document up to a NUL byte only, and this text goes on behind one",
				(int)name.len, name.p);
	return dts_fail(err, DTS_REFUSED, "column '%.*s': the number %.*s in a JSON document has more digits than a DECIMAL or a DOUBLE of MySQL's",
			(int)name.len, name.p, trouble.number.len > 200 ? 200 : (int)trouble.number.len, trouble.number.p);
}

/* The place of a member at the target, from 0 on; -1: it has no such member. */
static long member_of(const struct dts_column *to, struct dts_slice label)
{
	for (size_t i = 0; i < to->label_count; i++)
		if (dts_slice_eq(to->labels[i], label))
			return (long)i;
	return -1;
}

/*
 * ENUM and SET by number. A server finds a label by the column's collation, and
 * takes the first that is equal: of ENUM('a','A'), which it makes with a warning, or
 * of 'a' and 'ä', it would silently store the wrong one.
 */
static int add_members(struct dts_buf *sql, const struct dts_apply_column *c, struct dts_json value,
		       struct dts_literal_scratch *scratch, struct dts_error *err)
{
	uint64_t bits = 0;
	struct dts_slice text;

	if (value.type == DTS_JSON_NUMBER) {
		/* A SET of nothing but its member '': its bit at the source. */
		long at = -1;
		if (c->target->type == DTS_TYPE_SET && dts_json_u64(value.raw, &bits))
			for (size_t i = 0; i < c->source->label_count && i < 64; i++)
				if (bits == UINT64_C(1) << i && c->source->labels[i].len == 0)
					at = member_of(c->target, c->source->labels[i]);
		if (at < 0 || at > 63)
			return refuse_value(c, value, err);
		dts_buf_addu(sql, UINT64_C(1) << at);
		return 0;
	}
	text = dts_json_string(value.raw, &scratch->text);
	if (c->target->type == DTS_TYPE_ENUM) {
		long at = member_of(c->target, text);
		if (at < 0)
			return refuse_value(c, value, err);
		dts_buf_addu(sql, (uint64_t)at + 1);
		return 0;
	}
	for (const char *comma = text.len > 0 ? text.p : NULL; comma;) {
		comma = text.len > 0 ? memchr(text.p, ',', text.len) : NULL;
		size_t len = comma ? (size_t)(comma - text.p) : text.len;
		long at = member_of(c->target, dts_slice(text.p, len));
		if (at < 0 || at > 63)
			return refuse_value(c, value, err);
		bits |= UINT64_C(1) << at;
		if (comma)
			text = dts_slice(comma + 1, text.len - len - 1);
	}
	dts_buf_addu(sql, bits);
	return 0;
}

int dts_literal_add(struct dts_buf *sql, const struct dts_apply_column *c, struct dts_json value, unsigned *enum_zeros,
		    struct dts_literal_scratch *scratch, struct dts_error *err)
{
	if (value.type == DTS_JSON_NULL && dts_apply_column_fills(c))
		return dts_fail(err, DTS_REFUSED, "column '%.*s' cannot be null", (int)c->target->name.len, c->target->name.p);
	if (value.type == DTS_JSON_NULL) {
		dts_buf_adds(sql, "NULL");
		return 0;
	}
	switch (c->source->type) {
	case DTS_TYPE_INTEGER:
	case DTS_TYPE_YEAR:
	case DTS_TYPE_BIT:
	case DTS_TYPE_DECIMAL:
		return add_number(sql, c, value, scratch, err);
	case DTS_TYPE_FLOAT:
	case DTS_TYPE_DOUBLE:
		return add_real(sql, c, value, scratch, err);
	default:
		break;
	}
	if (column_is(c, DTS_TYPE_ENUM) && value.type == DTS_JSON_NUMBER && dts_slice_is(value.raw, "0")) {
		++*enum_zeros;
		dts_buf_addc(sql, '0');
		return 0;
	}
	if (value.type == DTS_JSON_OBJECT)
		return add_bytes(sql, c, value, scratch, err);
	bool members = c->target->type == DTS_TYPE_ENUM || c->target->type == DTS_TYPE_SET;
	if (value.type != DTS_JSON_STRING && !(members && value.type == DTS_JSON_NUMBER))
		return refuse_value(c, value, err);
	if (members)
		return add_members(sql, c, value, scratch, err);
	if (is_bytes(c->source->type)) {
		dts_sql_hex(sql, dts_json_string(value.raw, &scratch->text));
		return 0;
	}
	if (c->target->type == DTS_TYPE_JSON)
		return add_json(sql, c, value, false, scratch, err);
	return add_text(sql, c, value, scratch, err);
}

/* A document, as the server itself writes it: it keeps neither spaces nor the order of members. */
static int match_json(struct dts_buf *sql, const struct dts_apply_column *c, struct dts_json value,
		      struct dts_literal_scratch *scratch, struct dts_error *err)
{
	if (value.type != DTS_JSON_STRING)
		return refuse_value(c, value, err);
	dts_buf_adds(sql, "CAST(CONVERT(");
	dts_sql_ident(sql, c->target->name);
	dts_buf_adds(sql, " USING utf8mb4) AS BINARY)<=>CAST(CONVERT(");
	if (add_json(sql, c, value, true, scratch, err) < 0)
		return -1;
	dts_buf_adds(sql, " USING utf8mb4) AS BINARY)");
	return 0;
}

/* Bytes of a type that MySQL's <=> does not take. */
static int match_hex(struct dts_buf *sql, const struct dts_apply_column *c, struct dts_json value,
		     struct dts_literal_scratch *scratch, struct dts_error *err)
{
	dts_buf_clear(&scratch->bytes);
	if (dts_json_bytes(value, &scratch->bytes) != 1)
		return refuse_value(c, value, err);
	dts_buf_adds(sql, "CAST(HEX(");
	dts_sql_ident(sql, c->target->name);
	dts_buf_adds(sql, ") AS BINARY)<=>CAST(HEX(");
	dts_sql_hex(sql, dts_buf_slice(&scratch->bytes));
	dts_buf_adds(sql, ") AS BINARY)");
	return 0;
}

static int match_text(struct dts_buf *sql, const struct dts_apply_column *c, struct dts_json value,
		      struct dts_literal_scratch *scratch, struct dts_error *err)
{
	dts_buf_adds(sql, "CAST(");
	if (value.type == DTS_JSON_OBJECT || c->charset) {
		dts_sql_ident(sql, c->target->name);
		dts_buf_adds(sql, " AS BINARY)<=>");
		if (value.type == DTS_JSON_OBJECT)
			return add_bytes(sql, c, value, scratch, err);
		return add_text(sql, c, value, scratch, err);
	}
	dts_buf_adds(sql, "CONVERT(");
	dts_sql_ident(sql, c->target->name);
	dts_buf_adds(sql, " USING utf8mb4) AS BINARY)<=>");
	if (value.type != DTS_JSON_STRING)
		return refuse_value(c, value, err);
	dts_sql_hex(sql, dts_json_string(value.raw, &scratch->text));
	return 0;
}

/* Zero has two signs, which <=> does not tell apart and the text does. A server
 * that knows one zero only (MariaDB 10.11) writes and finds that for both. */
static int match_real(struct dts_buf *sql, const struct dts_apply_column *c, struct dts_json value,
		      struct dts_literal_scratch *scratch, struct dts_error *err)
{
	dts_sql_ident(sql, c->target->name);
	dts_buf_adds(sql, "<=>");
	size_t at = sql->len;
	if (add_real(sql, c, value, scratch, err) < 0)
		return -1;
	dts_buf_clear(&scratch->text);
	dts_buf_add(&scratch->text, sql->data + at, sql->len - at);
	double d = strtod(dts_buf_text(&scratch->text), NULL);
	if (d != 0)
		return 0;
	dts_buf_adds(sql, " AND CONCAT(");
	dts_sql_ident(sql, c->target->name);
	dts_buf_adds(sql, signbit(d) ? "*1e0)<=>CONCAT(-0e0)" : "*1e0)<=>CONCAT(0e0)");
	return 0;
}

static bool is_text(enum dts_type type)
{
	return type == DTS_TYPE_CHAR || type == DTS_TYPE_ENUM || type == DTS_TYPE_SET || type == DTS_TYPE_JSON;
}

int dts_literal_add_match(struct dts_buf *sql, const struct dts_apply_column *c, struct dts_json value,
			  struct dts_literal_scratch *scratch, struct dts_error *err)
{
	unsigned enum_zeros = 0;

	if (value.type == DTS_JSON_NULL) {
		dts_sql_ident(sql, c->target->name);
		dts_buf_adds(sql, " IS NULL");
		return 0;
	}
	if (c->target->type == DTS_TYPE_ENUM || c->target->type == DTS_TYPE_SET) {
		/* By number, as they are written: exactly and without a word, which of a SET's
		 * 64th member neither +0 (a DOUBLE to MySQL) nor CAST (a note of MariaDB's) is. */
		dts_buf_addc(sql, '(');
		dts_sql_ident(sql, c->target->name);
		dts_buf_adds(sql, "|0)<=>");
		return dts_literal_add(sql, c, value, &enum_zeros, scratch, err);
	}
	if (c->target->type == DTS_TYPE_JSON)
		return match_json(sql, c, value, scratch, err);
	if ((is_text(c->source->type) || c->target->type == DTS_TYPE_CHAR) && value.type != DTS_JSON_NUMBER)
		return match_text(sql, c, value, scratch, err);
	if (c->target->type == DTS_TYPE_GEOMETRY || c->target->type == DTS_TYPE_VECTOR)
		return match_hex(sql, c, value, scratch, err);
	if (column_is(c, DTS_TYPE_FLOAT) || column_is(c, DTS_TYPE_DOUBLE))
		return match_real(sql, c, value, scratch, err);
	dts_sql_ident(sql, c->target->name);
	dts_buf_adds(sql, "<=>");
	return dts_literal_add(sql, c, value, &enum_zeros, scratch, err);
}
