#include "mysql/keyrange.h"

#include <stdlib.h>

#include "mysql/quote.h"
#include "mysql/select.h"

static const struct dts_column *column_of(const struct dts_schema *schema, struct dts_slice name)
{
	long i = dts_schema_column(schema, name, 0);

	return i < 0 ? NULL : &schema->columns[i];
}

/* TEXT and BLOB as a whole can only be in a key of MariaDB's that keeps hashes: it has no
 * order, and sorting looks at the first bytes of such values only (max_sort_length). */
static bool is_large(const struct dts_column *c)
{
	return memmem(c->type_text.p, c->type_text.len, "text", 4) || memmem(c->type_text.p, c->type_text.len, "blob", 4);
}

static bool key_orders(const struct dts_schema *schema, const struct dts_key *key)
{
	for (size_t i = 0; i < key->count; i++) {
		const struct dts_column *c = column_of(schema, key->columns[i]);
		if (!c || c->nullable || c->generated != DTS_GENERATED_NO)
			return false;
		switch (c->type) {
		case DTS_TYPE_FLOAT:
		case DTS_TYPE_DOUBLE:
		case DTS_TYPE_JSON:
		case DTS_TYPE_GEOMETRY:
		case DTS_TYPE_VECTOR:
		case DTS_TYPE_UNKNOWN:
			return false;
		case DTS_TYPE_BINARY:
			if (is_large(c))
				return false;
			break;
		case DTS_TYPE_CHAR:
			if (is_large(c))
				return false;
			/* MariaDB's index has the spaces that fill a CHAR up, its comparisons have not: with a
			 * collation to which spaces matter, two values may be equal and have two places. */
			if (c->fixed && c->collation.len > 0 && memmem(c->collation.p, c->collation.len, "nopad", 5))
				return false;
			break;
		case DTS_TYPE_SET:
			/* To comparisons the 64th member is negative, which it is not to the index;
			 * and MySQL compares as a DOUBLE. */
			if (c->label_count > 53)
				return false;
			break;
		case DTS_TYPE_YEAR:
			/* MariaDB's index has 1999 before 2000, its comparisons have 00 before 99. */
			if (dts_slice_is(c->type_text, "year(2)"))
				return false;
			break;
		default:
			break;
		}
	}
	return key->count > 0;
}

const struct dts_key *dts_keyrange_key(const struct dts_schema *schema)
{
	if (key_orders(schema, &schema->primary))
		return &schema->primary;
	for (size_t i = 0; i < schema->unique_count; i++)
		if (key_orders(schema, &schema->unique[i]))
			return &schema->unique[i];
	return NULL;
}

void dts_bound_release(struct dts_bound *b)
{
	for (size_t i = 0; i < b->count; i++) {
		dts_buf_release(&b->literals[i]);
		dts_buf_release(&b->json[i]);
	}
	free(b->literals);
	free(b->json);
	*b = (struct dts_bound){0};
}

/* Makes room for `count` key columns, each empty. */
static void bound_reset(struct dts_bound *b, size_t count)
{
	if (b->count != count || !b->literals) {
		dts_bound_release(b);
		b->literals = dts_zalloc(count, sizeof *b->literals);
		b->json = dts_zalloc(count, sizeof *b->json);
		b->count = count;
	}
	for (size_t i = 0; i < count; i++) {
		dts_buf_clear(&b->literals[i]);
		dts_buf_clear(&b->json[i]);
	}
}

void dts_bound_copy(struct dts_bound *to, const struct dts_bound *from)
{
	if (to == from)
		return;
	if (!from->literals) {
		dts_bound_release(to);
		return;
	}
	bound_reset(to, from->count);
	for (size_t i = 0; i < from->count; i++) {
		dts_buf_add_slice(&to->literals[i], dts_buf_slice(&from->literals[i]));
		dts_buf_add_slice(&to->json[i], dts_buf_slice(&from->json[i]));
	}
}

/* Appends (a>1 OR (a=1 AND b>2)), the last column with `last`, the others with `other`. */
static void add_side(struct dts_buf *sql, const struct dts_key *key, const struct dts_bound *bound,
		     const char *other, const char *last)
{
	if (key->count > 1)
		dts_buf_addc(sql, '(');
	for (size_t i = 0; i < key->count; i++) {
		if (i > 0)
			dts_buf_adds(sql, " OR (");
		for (size_t j = 0; j <= i; j++) {
			if (j > 0)
				dts_buf_adds(sql, " AND ");
			dts_sql_ident(sql, key->columns[j]);
			dts_buf_adds(sql, j < i ? "=" : i + 1 < key->count ? other : last);
			dts_buf_add_slice(sql, dts_buf_slice(&bound->literals[j]));
		}
		if (i > 0)
			dts_buf_addc(sql, ')');
	}
	if (key->count > 1)
		dts_buf_addc(sql, ')');
}

/* Appends a>=1 for the first column: what the optimizer takes a range from. */
static void add_first(struct dts_buf *sql, const struct dts_key *key, const struct dts_bound *bound, const char *op)
{
	dts_buf_adds(sql, " AND ");
	dts_sql_ident(sql, key->columns[0]);
	dts_buf_adds(sql, op);
	dts_buf_add_slice(sql, dts_buf_slice(&bound->literals[0]));
}

void dts_keyrange_where(struct dts_buf *sql, const struct dts_schema *schema, const struct dts_key *key,
			const struct dts_bound *after, const struct dts_bound *upto)
{
	bool low = after && after->literals, high = upto && upto->literals;

	(void)schema;
	if (!low && !high) {
		dts_buf_adds(sql, "TRUE");
		return;
	}
	if (low)
		add_side(sql, key, after, ">", ">");
	if (low && high)
		dts_buf_adds(sql, " AND ");
	if (high)
		add_side(sql, key, upto, "<", "<=");
	if (key->count > 1 && low)
		add_first(sql, key, after, ">=");
	if (key->count > 1 && high)
		add_first(sql, key, upto, "<=");
}

void dts_keyrange_order(struct dts_buf *sql, const struct dts_key *key)
{
	for (size_t i = 0; i < key->count; i++) {
		if (i > 0)
			dts_buf_addc(sql, ',');
		dts_sql_ident(sql, key->columns[i]);
	}
}

void dts_keyrange_from(struct dts_buf *sql, const struct dts_schema *schema, const struct dts_key *key)
{
	dts_sql_table(sql, schema->source_db, schema->source_table);
	if (!key)
		return;
	dts_buf_adds(sql, " FORCE INDEX (");
	dts_sql_ident(sql, key->name.len > 0 ? key->name : DTS_LIT("PRIMARY"));
	dts_buf_addc(sql, ')');
}

void dts_keyrange_select(struct dts_buf *sql, const struct dts_schema *schema, const struct dts_key *key)
{
	for (size_t i = 0; i < key->count; i++) {
		const struct dts_column *c = column_of(schema, key->columns[i]);
		dts_buf_adds(sql, i > 0 ? "," : "");
		if (c->type == DTS_TYPE_CHAR)
			dts_buf_adds(sql, "CAST(");
		dts_select_column(sql, c);
		if (c->type == DTS_TYPE_CHAR)
			dts_buf_adds(sql, " AS BINARY)");
	}
}

/* Only what a number is written with may go into SQL without quotes. */
static void add_number(struct dts_buf *sql, struct dts_slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!(text.p[i] >= '0' && text.p[i] <= '9') && text.p[i] != '.' && !(i == 0 && text.p[i] == '-')) {
			dts_sql_literal(sql, text);
			return;
		}
	dts_buf_add_slice(sql, text);
}

static void add_bits(struct dts_buf *sql, struct dts_slice bytes)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < bytes.len && i < 8; i++)
		bits = bits << 8 | (unsigned char)bytes.p[i];
	dts_buf_addu(sql, bits);
}

/* A value as the server sent it for the list above, as a literal that compares
 * with the column as the column compares with itself. */
static void add_literal(struct dts_buf *sql, const struct dts_column *c, struct dts_slice value)
{
	switch (c->type) {
	case DTS_TYPE_INTEGER:
	case DTS_TYPE_YEAR:
	case DTS_TYPE_DECIMAL:
	case DTS_TYPE_SET:
	case DTS_TYPE_ENUM: /* ordered by number, not by label */
		add_number(sql, value);
		break;
	case DTS_TYPE_BIT:
		add_bits(sql, value);
		break;
	case DTS_TYPE_CHAR:
		/* The very bytes under the column's charset: the column's collation decides. */
		dts_sql_introducer(sql, c->charset);
		dts_sql_hex(sql, value);
		break;
	case DTS_TYPE_BINARY:
		dts_sql_hex(sql, value);
		break;
	default:
		dts_sql_literal(sql, value);
		break;
	}
}

int dts_keyrange_fill(const struct dts_schema *schema, const struct dts_key *key, MYSQL_ROW row,
		      const unsigned long *lengths, struct dts_bound *bound, struct dts_error *err)
{
	struct dts_row_writer *w = dts_row_writer_new(schema, false);
	int rc = 0;

	bound_reset(bound, key->count);
	for (size_t i = 0; i < key->count && rc == 0; i++) {
		long at = dts_schema_column(schema, key->columns[i], 0);
		add_literal(&bound->literals[i], &schema->columns[at], dts_slice(row[i], lengths[i]));
		rc = dts_row_writer_add_value(w, (size_t)at, row[i], lengths[i], &bound->json[i], err);
	}
	dts_row_writer_free(w);
	return rc;
}

int dts_keyrange_next(struct dts_session *s, const struct dts_schema *schema, const struct dts_key *key,
		      const struct dts_bound *after, uint64_t rows, struct dts_bound *upto,
		      struct dts_error *err)
{
	struct dts_buf sql = {0};
	int rc = -1;

	dts_buf_adds(&sql, "SELECT ");
	dts_keyrange_select(&sql, schema, key);
	dts_buf_adds(&sql, " FROM ");
	dts_keyrange_from(&sql, schema, key);
	dts_buf_adds(&sql, " WHERE ");
	dts_keyrange_where(&sql, schema, key, after, NULL);
	dts_buf_adds(&sql, " ORDER BY ");
	dts_keyrange_order(&sql, key);
	dts_buf_adds(&sql, " LIMIT 1 OFFSET ");
	dts_buf_addu(&sql, rows > 0 ? rows - 1 : 0);
	MYSQL_RES *result = dts_session_query(s, dts_buf_slice(&sql), err);
	if (result) {
		MYSQL_ROW row = mysql_fetch_row(result);
		rc = row ? dts_keyrange_fill(schema, key, row, mysql_fetch_lengths(result), upto, err) : 0;
		if (row && rc == 0)
			rc = 1;
		mysql_free_result(result);
	}
	dts_buf_release(&sql);
	return rc;
}

void dts_bound_add_json(struct dts_buf *b, const struct dts_key *key, const struct dts_bound *bound)
{
	if (!bound->literals)
		return;
	for (size_t i = 0; i < key->count; i++) {
		dts_buf_addc(b, i == 0 ? '{' : ',');
		dts_json_add_string(b, key->columns[i]);
		dts_buf_addc(b, ':');
		dts_buf_add_slice(b, dts_buf_slice(&bound->json[i]));
	}
	dts_buf_addc(b, '}');
}
