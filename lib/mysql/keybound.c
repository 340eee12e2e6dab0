#include "mysql/keybound.h"

#include <stdlib.h>

#include "mysql/quote.h"
#include "record/value.h"

static const struct dts_column *column_of(const struct dts_schema *schema, struct dts_slice name)
{
	long i = dts_schema_column(schema, name, 0);

	return i < 0 ? NULL : &schema->columns[i];
}

static int refuse(const struct dts_column *c, struct dts_json value, struct dts_error *err)
{
	int shown = value.raw.len > 200 ? 200 : (int)value.raw.len;

	return dts_fail(err, DTS_BAD_INPUT, "key column '%.*s': %.*s is not a value of type %.*s", (int)c->name.len,
			c->name.p, shown, value.raw.p, (int)c->type_text.len, c->type_text.p);
}

static int add_number(struct dts_buf *sql, const struct dts_column *c, struct dts_json value, struct dts_buf *scratch,
		      struct dts_error *err)
{
	struct dts_slice text = value.raw;

	if (value.type == DTS_JSON_STRING)
		text = dts_json_string(value.raw, scratch);
	else if (value.type != DTS_JSON_NUMBER)
		return refuse(c, value, err);
	if (!dts_sql_is_number(text, c->type == DTS_TYPE_DECIMAL))
		return refuse(c, value, err);
	dts_buf_add_slice(sql, text);
	return 0;
}

/* From 0 on; -1: no such member. */
static long member_of(const struct dts_column *c, struct dts_slice label)
{
	for (size_t i = 0; i < c->label_count; i++)
		if (dts_slice_eq(c->labels[i], label))
			return (long)i;
	return -1;
}

/* The inverse of dts_value_add_enum() and dts_value_add_set(). A number is the
 * ENUM's error value, or the bit of a SET's member ''. */
static int add_members(struct dts_buf *sql, const struct dts_column *c, struct dts_json value, struct dts_buf *scratch,
		       struct dts_error *err)
{
	uint64_t bits = 0;

	if (value.type == DTS_JSON_NUMBER && dts_json_u64(value.raw, &bits)) {
		dts_buf_addu(sql, bits);
		return 0;
	}
	if (value.type != DTS_JSON_STRING)
		return refuse(c, value, err);
	struct dts_slice text = dts_json_string(value.raw, scratch);
	if (c->type == DTS_TYPE_ENUM) {
		long at = member_of(c, text);
		if (at < 0)
			return refuse(c, value, err);
		dts_buf_addu(sql, (uint64_t)at + 1);
		return 0;
	}
	for (bool more = text.len > 0; more;) {
		const char *comma = text.len > 0 ? memchr(text.p, ',', text.len) : NULL;
		size_t len = comma ? (size_t)(comma - text.p) : text.len;
		long at = member_of(c, dts_slice(text.p, len));
		if (at < 0 || at > 63)
			return refuse(c, value, err);
		bits |= UINT64_C(1) << at;
		more = comma != NULL;
		if (more)
			text = dts_slice(comma + 1, text.len - len - 1);
	}
	dts_buf_addu(sql, bits);
	return 0;
}

/* The column's bytes under its own charset, as dts_keyrange_fill() has them. */
static int add_text(struct dts_buf *sql, const struct dts_column *c, struct dts_json value, struct dts_buf *scratch,
		    struct dts_error *err)
{
	const struct dts_charset *cs = dts_charset_find(c->charset);
	struct dts_buf bytes = {0};
	int rc = 0;

	if (value.type == DTS_JSON_STRING) {
		struct dts_slice text = dts_json_string(value.raw, scratch);
		if (cs && !dts_charset_is_binary(cs)) {
			if (!dts_charset_from_utf8(cs, text, &bytes))
				rc = refuse(c, value, err);
		} else {
			/* Without a converter only ASCII is written as text. */
			dts_buf_add_slice(&bytes, text);
		}
	} else if (dts_json_bytes(value, &bytes) != 1) {
		rc = refuse(c, value, err);
	}
	if (rc == 0) {
		dts_sql_introducer(sql, c->charset);
		dts_sql_hex(sql, dts_buf_slice(&bytes));
	}
	dts_buf_release(&bytes);
	return rc;
}

static int add_bytes(struct dts_buf *sql, const struct dts_column *c, struct dts_json value, struct dts_error *err)
{
	struct dts_buf bytes = {0};
	int rc = dts_json_bytes(value, &bytes) == 1 ? 0 : refuse(c, value, err);

	if (rc == 0)
		dts_sql_hex(sql, dts_buf_slice(&bytes));
	dts_buf_release(&bytes);
	return rc;
}

static int add_literal(struct dts_buf *sql, const struct dts_column *c, struct dts_json value, struct dts_buf *scratch,
		       struct dts_error *err)
{
	switch (c->type) {
	case DTS_TYPE_INTEGER:
	case DTS_TYPE_YEAR:
	case DTS_TYPE_DECIMAL:
	case DTS_TYPE_BIT:
		return add_number(sql, c, value, scratch, err);
	case DTS_TYPE_ENUM:
	case DTS_TYPE_SET:
		return add_members(sql, c, value, scratch, err);
	case DTS_TYPE_CHAR:
		return add_text(sql, c, value, scratch, err);
	case DTS_TYPE_BINARY:
		return add_bytes(sql, c, value, err);
	default:
		if (value.type != DTS_JSON_STRING)
			return refuse(c, value, err);
		dts_sql_literal(sql, dts_json_string(value.raw, scratch));
		return 0;
	}
}

static int parse_members(const struct dts_schema *schema, const struct dts_key *key, struct dts_slice json,
			 struct dts_bound *bound, struct dts_error *err)
{
	struct dts_buf scratch = {0};
	struct dts_json_walk walk = dts_json_walk(json);
	struct dts_slice name;
	struct dts_json value;
	size_t found = 0;
	int rc = 0;

	while (rc == 0 && dts_json_member(&walk, &name, &value)) {
		struct dts_slice text = dts_json_string(name, &scratch);
		size_t k = 0;
		while (k < key->count && !dts_slice_eq(key->columns[k], text))
			k++;
		const struct dts_column *c = k < key->count ? column_of(schema, key->columns[k]) : NULL;
		if (!c || bound->json[k].len > 0) {
			rc = dts_fail(err, DTS_BAD_INPUT, "'%.*s' is not a column of the key, or there twice", (int)text.len, text.p);
			break;
		}
		dts_buf_add_slice(&bound->json[k], value.raw);
		rc = add_literal(&bound->literals[k], c, value, &scratch, err);
		found++;
	}
	dts_buf_release(&scratch);
	if (rc == 0 && found < key->count)
		rc = dts_fail(err, DTS_BAD_INPUT, "a bound has %zu of the key's %zu columns", found, key->count);
	return rc;
}

int dts_bound_parse(const struct dts_schema *schema, const struct dts_key *key, struct dts_slice json,
		    struct dts_bound *bound, struct dts_error *err)
{
	struct dts_json value = {.type = DTS_JSON_NULL};

	dts_bound_release(bound);
	if (json.p)
		value = dts_json_value(json);
	if (value.type == DTS_JSON_NULL)
		return 0;
	if (value.type != DTS_JSON_OBJECT)
		return dts_fail(err, DTS_BAD_INPUT, "a bound is not an object");
	bound->literals = dts_zalloc(key->count, sizeof *bound->literals);
	bound->json = dts_zalloc(key->count, sizeof *bound->json);
	bound->count = key->count;
	if (parse_members(schema, key, value.raw, bound, err) == 0)
		return 0;
	dts_bound_release(bound);
	return -1;
}

/* ---- the order ---- */

/* A TIME's text as microseconds: as text -10:00:00 would stand behind -09:00:00. */
static bool add_time(struct dts_buf *sql, struct dts_slice text)
{
	int64_t parts[4] = {0}, scale = 100000;
	size_t part = 0, i = text.len > 0 && text.p[0] == '-';
	bool negative = i > 0;

	for (; i < text.len; i++) {
		char c = text.p[i];
		if ((c == ':' && part < 2) || (c == '.' && part == 2)) {
			part++;
		} else if (c < '0' || c > '9' || parts[part] > 100000000) {
			return false;
		} else if (part < 3) {
			parts[part] = parts[part] * 10 + (c - '0');
		} else {
			parts[3] += (c - '0') * scale;
			scale /= 10;
		}
	}
	int64_t all = ((parts[0] * 60 + parts[1]) * 60 + parts[2]) * 1000000 + parts[3];
	dts_buf_addi(sql, negative ? -all : all);
	return part >= 2;
}

/* Appends an expression that compares with others as the column does. */
static int add_sortable(struct dts_buf *sql, const struct dts_column *c, const struct dts_bound *bound, size_t k,
			struct dts_error *err)
{
	struct dts_slice literal = dts_buf_slice(&bound->literals[k]);
	struct dts_buf scratch = {0};
	int rc = 0;

	switch (c->type) {
	case DTS_TYPE_INTEGER:
	case DTS_TYPE_YEAR:
	case DTS_TYPE_BIT:
	case DTS_TYPE_ENUM:
	case DTS_TYPE_SET:
	case DTS_TYPE_DECIMAL:
		/* Of one type, for any of them: a UNION of signed and unsigned numbers has one that cannot hold both. */
		dts_buf_adds(sql, "CAST(");
		dts_buf_add_slice(sql, literal);
		dts_buf_addf(sql, " AS DECIMAL(65,%u))", c->type == DTS_TYPE_DECIMAL ? c->decimals : 0U);
		break;
	case DTS_TYPE_CHAR:
		if (c->collation.len == 0) {
			rc = dts_fail(err, DTS_REFUSED, "the collation of column '%.*s' is not known", (int)c->name.len, c->name.p);
			break;
		}
		dts_buf_add_slice(sql, literal);
		dts_buf_adds(sql, " COLLATE ");
		dts_sql_ident(sql, c->collation);
		break;
	case DTS_TYPE_BINARY:
		dts_buf_add_slice(sql, literal);
		break;
	case DTS_TYPE_TIME:
		if (!add_time(sql, dts_json_string(dts_buf_slice(&bound->json[k]), &scratch)))
			rc = dts_fail(err, DTS_BAD_INPUT, "key column '%.*s': %.*s is no time", (int)c->name.len, c->name.p,
				      (int)literal.len, literal.p);
		break;
	case DTS_TYPE_DATE:
	case DTS_TYPE_DATETIME:
	case DTS_TYPE_TIMESTAMP:
		/* Every part has its digits, impossible dates too: the text's order is the value's. */
		dts_sql_hex(sql, dts_json_string(dts_buf_slice(&bound->json[k]), &scratch));
		break;
	case DTS_TYPE_UUID:
	case DTS_TYPE_INET4:
	case DTS_TYPE_INET6:
		dts_buf_adds(sql, "CAST(");
		dts_buf_add_slice(sql, literal);
		dts_buf_adds(sql, c->type == DTS_TYPE_UUID    ? " AS UUID)"
				  : c->type == DTS_TYPE_INET4 ? " AS INET4)"
							      : " AS INET6)");
		break;
	default:
		rc = dts_fail(err, DTS_REFUSED, "the order of column '%.*s' of type %.*s is not known", (int)c->name.len,
			      c->name.p, (int)c->type_text.len, c->type_text.p);
		break;
	}
	dts_buf_release(&scratch);
	return rc;
}

/* Appends (q.k0<p.k0 OR (q.k0=p.k0 AND q.k1<p.k1)). */
static void add_below(struct dts_buf *sql, size_t columns)
{
	dts_buf_adds(sql, "(q.k0<p.k0");
	for (size_t k = 1; k < columns; k++) {
		dts_buf_adds(sql, " OR (");
		for (size_t i = 0; i < k; i++)
			dts_buf_addf(sql, "q.k%zu=p.k%zu AND ", i, i);
		dts_buf_addf(sql, "q.k%zu<p.k%zu)", k, k);
	}
	dts_buf_addc(sql, ')');
}

/*
 * How many bounds are below each: by comparing and not by sorting, which looks
 * at the first bytes only (max_sort_length), is short of memory for long texts, and
 * has cp1250_czech_cs in an order that is not that of its comparisons and its indexes.
 */
static int add_rank_query(struct dts_buf *sql, const struct dts_schema *schema, const struct dts_key *key,
			  const struct dts_bound *const *bounds, size_t count, struct dts_error *err)
{
	dts_buf_adds(sql, "WITH points AS (");
	for (size_t i = 0; i < count; i++) {
		dts_buf_addf(sql, "%sSELECT %zu AS n", i > 0 ? " UNION ALL " : "", i);
		for (size_t k = 0; k < key->count; k++) {
			dts_buf_addc(sql, ',');
			if (add_sortable(sql, column_of(schema, key->columns[k]), bounds[i], k, err) < 0)
				return -1;
			if (i == 0)
				dts_buf_addf(sql, " AS k%zu", k);
		}
	}
	dts_buf_adds(sql, ") SELECT p.n, COUNT(q.n) + 1 FROM points p LEFT JOIN points q ON ");
	add_below(sql, key->count);
	dts_buf_adds(sql, " GROUP BY p.n");
	return 0;
}

int dts_bound_rank(struct dts_session *s, const struct dts_schema *schema, const struct dts_key *key,
		   const struct dts_bound *const *bounds, size_t count, uint64_t *ranks, struct dts_error *err)
{
	struct dts_buf sql = {0};
	MYSQL_RES *result = NULL;
	size_t seen = 0;

	if (count == 0)
		return 0;
	if (add_rank_query(&sql, schema, key, bounds, count, err) == 0)
		result = dts_session_query(s, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	if (!result)
		return -1;
	for (MYSQL_ROW row; (row = mysql_fetch_row(result));) {
		size_t n = strtoul(row[0], NULL, 10);
		if (n < count) {
			ranks[n] = strtoull(row[1], NULL, 10);
			seen++;
		}
	}
	mysql_free_result(result);
	return seen == count ? 0 : dts_fail(err, DTS_REFUSED, "the server has ranked %zu of %zu bounds", seen, count);
}
