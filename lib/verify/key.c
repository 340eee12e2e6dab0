#include <stdlib.h>

#include "mysql/quote.h"
#include "verify/internal.h"

/* The key of `s` over the same columns in any order: rows of its table cannot share a value of `key`. */
static const struct dts_key *same_key(const struct dts_schema *s, const struct dts_key *key)
{
	for (size_t k = 0; k <= s->unique_count; k++) {
		const struct dts_key *other = k == 0 ? &s->primary : &s->unique[k - 1];
		size_t found = 0;
		for (size_t i = 0; i < key->count; i++)
			for (size_t j = 0; j < other->count; j++)
				found += dts_slice_eq(key->columns[i], other->columns[j]);
		if (found == key->count && other->count == key->count)
			return other;
	}
	return NULL;
}

static bool is_binary(const struct dts_column *c)
{
	return c->collation.len > 4 && memcmp(c->collation.p + c->collation.len - 4, "_bin", 4) == 0;
}

/*
 * Do values order the same on both servers, and does the same value have the same text?
 * About the same is enough for collations, of which the families do not have the same: as ranges
 * begin where the last one ended, every row is in one of them, and a row that
 * is in another range on the other side is looked up by its key before it is reported.
 */
static bool orders_same(const struct dts_column *a, const struct dts_column *b)
{
	if (a->type == DTS_TYPE_UNKNOWN || a->type != b->type)
		return false;
	if (a->type == DTS_TYPE_INTEGER || a->type == DTS_TYPE_YEAR)
		return true;
	return dts_slice_eq(a->type_text, b->type_text) && dts_slice_eq(a->charset, b->charset) &&
	       (dts_slice_eq(a->collation, b->collation) || is_binary(a) == is_binary(b));
}

/* Appends a column as dts_verify_key_literal() wants to have it fetched. */
static void add_fetched(struct dts_buf *sql, const struct dts_column *c)
{
	bool number = c->type == DTS_TYPE_INTEGER || c->type == DTS_TYPE_ENUM || c->type == DTS_TYPE_BIT;
	bool cast = c->type == DTS_TYPE_CHAR || c->type == DTS_TYPE_SET;

	if (cast)
		dts_buf_adds(sql, "CAST(");
	dts_sql_ident(sql, c->name);
	if (cast)
		dts_buf_adds(sql, c->type == DTS_TYPE_SET ? " AS UNSIGNED)" : " AS BINARY)");
	else
		dts_buf_adds(sql, number ? "+0" : "");
}

void dts_verify_key_choose(struct table_work *w)
{
	const struct dts_schema *src = &w->schema[DTS_SOURCE];
	const struct dts_key *key = dts_keyrange_key(src);
	const struct dts_key *other = key ? same_key(&w->schema[DTS_TARGET], key) : NULL;

	if (!other)
		return;
	w->key_columns = dts_zalloc(key->count, sizeof *w->key_columns);
	for (size_t i = 0; i < key->count; i++) {
		long at = dts_schema_column(src, key->columns[i], i);
		if (at < 0 || !orders_same(&src->columns[at], &w->ordered[at]))
			return;
		const struct dts_column *c = &src->columns[at];
		w->key_columns[i] = c;
		w->text_key = w->text_key || c->type == DTS_TYPE_CHAR;
		dts_buf_adds(&w->key_list, i > 0 ? "," : "");
		add_fetched(&w->key_list, c);
		dts_buf_adds(&w->key_order, i > 0 ? "," : "");
		dts_sql_ident(&w->key_order, c->name);
	}
	w->key = key;
	w->key_at[DTS_SOURCE] = *key;
	w->key_at[DTS_TARGET] = (struct dts_key){other->name, key->columns, key->count};
	for (int side = 0; side < DTS_SIDES; side++) {
		/* With the index named: statistics that are off would read the whole table for each range. */
		dts_buf_clear(&w->from[side]);
		dts_buf_adds(&w->from[side], " FROM ");
		dts_keyrange_from(&w->from[side], &w->schema[side], &w->key_at[side]);
	}
}

/* Numbers go into SQL as they are, so they must be nothing else. */
static int add_number(struct table_work *w, const struct dts_column *c, struct dts_slice text, struct dts_buf *out,
		      struct dts_error *err)
{
	for (size_t i = 0; i < text.len; i++)
		if (!memchr("0123456789.-", text.p[i], 12))
			return dts_fail(err, DTS_BAD_INPUT, "%s: column '%.*s' is not a number", w->what,
					(int)c->name.len, c->name.p);
	dts_buf_add_slice(out, text);
	return 0;
}

static int add_value(struct table_work *w, const struct dts_column *c, struct dts_slice value, struct dts_buf *out,
		     struct dts_error *err)
{
	switch (c->type) {
	case DTS_TYPE_CHAR:
		/* Told its charset, it is compared under the column's collation. */
		dts_buf_addc(out, '_');
		dts_buf_add_slice(out, c->charset);
		dts_buf_addc(out, ' ');
		/* fall through */
	case DTS_TYPE_BINARY:
		dts_sql_hex(out, value);
		return 0;
	case DTS_TYPE_INTEGER:
	case DTS_TYPE_YEAR:
	case DTS_TYPE_BIT:
	case DTS_TYPE_DECIMAL:
	case DTS_TYPE_ENUM:
	case DTS_TYPE_SET:
		return add_number(w, c, value, out, err);
	default:
		dts_sql_literal(out, value);
		return 0;
	}
}

int dts_verify_key_literal(struct table_work *w, MYSQL_ROW row, const unsigned long *lengths, struct dts_buf *out,
		struct dts_error *err)
{
	bool several = w->key->count > 1;

	if (several)
		dts_buf_addc(out, '(');
	for (size_t i = 0; i < w->key->count; i++) {
		const struct dts_column *c = w->key_columns[i];
		if (!row[i])
			return dts_fail(err, DTS_BAD_INPUT, "%s: NULL in key column '%.*s'", w->what, (int)c->name.len,
					c->name.p);
		if (several) {
			dts_buf_adds(out, i > 0 ? " AND " : "");
			dts_sql_ident(out, c->name);
			dts_buf_addc(out, '=');
		}
		if (add_value(w, c, dts_slice(row[i], lengths[i]), out, err) < 0)
			return -1;
	}
	if (several)
		dts_buf_addc(out, ')');
	return 0;
}

void dts_verify_key_start(struct table_work *w, struct dts_buf *sql)
{
	if (w->key->count == 1) {
		dts_sql_ident(sql, w->key->columns[0]);
		dts_buf_adds(sql, " IN ");
	}
	dts_buf_addc(sql, '(');
}

void dts_verify_key_add(struct table_work *w, struct dts_buf *sql, const char *literal, bool first)
{
	if (!first)
		dts_buf_adds(sql, w->key->count == 1 ? "," : " OR ");
	dts_buf_adds(sql, literal);
}

void dts_verify_key_end(struct dts_buf *sql)
{
	dts_buf_addc(sql, ')');
}
