#include "base/arena.h"
#include "base/hash.h"
#include "mysql/catalog.h"
#include "mysql/quote.h"

/*
 * MariaDB's catalog is in utf8mb3: it shows each character of an ENUM's or
 * SET's members that is not in there (an emoji) as '?' (tried on 10.11, SHOW
 * CREATE TABLE too). The members themselves are right. A temporary table with
 * the same column tells them, one row a member.
 */

#define WIDE_CHARSETS "'utf8mb4', 'utf16', 'utf16le', 'utf32', 'gb18030'"

static bool holds_more_than_utf8mb3(struct dts_slice charset)
{
	return dts_slice_is(charset, "utf8mb4") || dts_slice_is(charset, "utf16") || dts_slice_is(charset, "utf16le") ||
	       dts_slice_is(charset, "utf32") || dts_slice_is(charset, "gb18030");
}

bool dts_column_labels_doubtful(const struct dts_column *c)
{
	if (!holds_more_than_utf8mb3(c->charset))
		return false;
	for (size_t i = 0; i < c->label_count; i++)
		if (memchr(c->labels[i].p, '?', c->labels[i].len))
			return true;
	return false;
}

int dts_catalog_doubtful(struct dts_session *s, struct dts_slice db, struct dts_map *tables, struct dts_error *err)
{
	static char yes;
	struct dts_buf sql = {0};

	dts_buf_adds(&sql, "SELECT TABLE_NAME FROM information_schema.COLUMNS WHERE DATA_TYPE IN ('enum', 'set')"
			   " AND CHARACTER_SET_NAME IN (" WIDE_CHARSETS ") AND COLUMN_TYPE LIKE '%?%' AND TABLE_SCHEMA=");
	dts_sql_literal(&sql, db);
	MYSQL_RES *result = dts_session_query(s, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	if (!result)
		return -1;
	for (MYSQL_ROW row; (row = mysql_fetch_row(result));)
		dts_map_set(tables, dts_slice(row[0], mysql_fetch_lengths(result)[0]), &yes);
	mysql_free_result(result);
	return 0;
}

/* While it is there it hides a table of that name: one that nobody gives to his own. */
static void add_temporary(struct dts_buf *sql, const struct dts_schema *schema)
{
	dts_sql_table(sql, schema->source_db, DTS_LIT("dts temporary: members of a column"));
}

static int drop_rows(struct dts_session *s, const struct dts_schema *schema, struct dts_error *err)
{
	struct dts_buf sql = {0};

	dts_buf_adds(&sql, "DROP TEMPORARY TABLE ");
	add_temporary(&sql, schema);
	int rc = dts_session_run(s, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	return rc;
}

/* A temporary table with that column and a row for each member. */
static int make_rows(struct dts_session *s, const struct dts_schema *schema, const struct dts_column *c,
		     struct dts_error *err)
{
	struct dts_buf sql = {0};

	dts_buf_adds(&sql, "CREATE TEMPORARY TABLE ");
	add_temporary(&sql, schema);
	dts_buf_adds(&sql, " SELECT ");
	dts_sql_ident(&sql, c->name);
	dts_buf_adds(&sql, " FROM ");
	dts_sql_table(&sql, schema->source_db, schema->source_table);
	dts_buf_adds(&sql, " LIMIT 0;INSERT INTO ");
	add_temporary(&sql, schema);
	dts_buf_adds(&sql, " VALUES ");
	for (size_t i = 0; i < c->label_count; i++)
		dts_buf_addf(&sql, "%s(%llu)", i > 0 ? "," : "",
			     c->type == DTS_TYPE_SET ? 1ull << i : (unsigned long long)i + 1);
	int rc = dts_session_run(s, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	return rc;
}

static int read_rows(struct dts_session *s, struct dts_schema *schema, struct dts_column *c, struct dts_error *err)
{
	struct dts_buf sql = {0};

	dts_buf_adds(&sql, "SELECT CONVERT(");
	dts_sql_ident(&sql, c->name);
	dts_buf_adds(&sql, " USING utf8mb4) FROM ");
	add_temporary(&sql, schema);
	dts_buf_adds(&sql, " ORDER BY ");
	dts_sql_ident(&sql, c->name);
	dts_buf_adds(&sql, "+0");
	MYSQL_RES *result = dts_session_query(s, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	if (!result)
		return -1;
	struct dts_slice *labels = dts_arena_alloc(schema->arena, c->label_count, sizeof *labels);
	size_t count = 0;
	/* The 64th member of a SET is a negative number and so comes first. */
	size_t shift = c->type == DTS_TYPE_SET && c->label_count == 64 ? 63 : 0;
	for (MYSQL_ROW row; (row = mysql_fetch_row(result)) && count < c->label_count; count++)
		labels[(count + shift) % c->label_count] =
			dts_arena_copy(schema->arena, dts_slice(row[0], mysql_fetch_lengths(result)[0]));
	mysql_free_result(result);
	if (count != c->label_count)
		return dts_fail(err, DTS_BAD_INPUT, "%zu members where %zu were expected", count, c->label_count);
	c->labels = labels;
	return 0;
}

/* As servers write members in COLUMN_TYPE. */
static void add_escaped(struct dts_buf *b, char c)
{
	switch (c) {
	case '\'':
		dts_buf_adds(b, "''");
		break;
	case '\\':
		dts_buf_adds(b, "\\\\");
		break;
	case '\n':
		dts_buf_adds(b, "\\n");
		break;
	case '\r':
		dts_buf_adds(b, "\\r");
		break;
	case '\0':
		dts_buf_adds(b, "\\0");
		break;
	default:
		dts_buf_addc(b, c);
		break;
	}
}

/* The type's text anew, from the members. */
static void rewrite_type(struct dts_schema *schema, struct dts_column *c)
{
	struct dts_buf text = {0};

	dts_buf_adds(&text, c->type == DTS_TYPE_SET ? "set(" : "enum(");
	for (size_t i = 0; i < c->label_count; i++) {
		dts_buf_adds(&text, i > 0 ? ",'" : "'");
		for (size_t at = 0; at < c->labels[i].len; at++)
			add_escaped(&text, c->labels[i].p[at]);
		dts_buf_addc(&text, '\'');
	}
	dts_buf_addc(&text, ')');
	c->type_text = dts_arena_copy(schema->arena, dts_buf_slice(&text));
	dts_buf_release(&text);
}

static int mend_column(struct dts_session *s, struct dts_schema *schema, struct dts_column *c, struct dts_error *err)
{
	struct dts_output *print = s->print;

	/* Also where statements are only printed: what is printed depends on it. */
	s->print = NULL;
	int rc = make_rows(s, schema, c, err);
	if (rc == 0)
		rc = read_rows(s, schema, c, err);
	if (rc == 0)
		rc = drop_rows(s, schema, err);
	s->print = print;
	if (rc == 0)
		rewrite_type(schema, c);
	return rc;
}

int dts_catalog_labels(struct dts_session *s, struct dts_schema *schema, struct dts_error *err)
{
	for (size_t i = 0; i < schema->column_count; i++) {
		struct dts_column *c = &schema->columns[i];
		if (!dts_column_labels_doubtful(c))
			continue;
		if (mend_column(s, schema, c, err) < 0) {
			dts_where(err, "the members of column '%.*s', which the catalog shows as '%.*s'", (int)c->name.len,
				  c->name.p, (int)c->type_text.len, c->type_text.p);
			return dts_hint(err, "to read them the account needs CREATE TEMPORARY TABLES in the database");
		}
	}
	return 0;
}
