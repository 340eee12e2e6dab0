#include "mysql/catalog.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/hash.h"
#include "mysql/quote.h"

/*
 * information_schema compares names without regard to case, but opens tables
 * with regard to it: rows of another table of nearly the same name are dropped here.
 */
static bool same_name(const struct dts_session *s, struct dts_slice want, const char *got, unsigned long len)
{
	return s->lower_case_names != 0 || dts_slice_eq(want, dts_slice(got, len));
}

static struct dts_slice cell(struct dts_arena *arena, MYSQL_ROW row, const unsigned long *len, unsigned i)
{
	return row[i] ? dts_arena_copy(arena, dts_slice(row[i], len[i])) : (struct dts_slice){"", 0};
}

static bool cell_is(MYSQL_ROW row, unsigned i, const char *text)
{
	return row[i] && strcmp(row[i], text) == 0;
}

/* Appends " AND `schema_column`='db' AND `table_column`='table'" (without the latter if no table). */
static void add_name_filter(struct dts_buf *sql, const char *schema_column, struct dts_slice db,
			    const char *table_column, struct dts_slice table)
{
	dts_buf_addf(sql, " AND %s=", schema_column);
	dts_sql_literal(sql, db);
	if (table.p) {
		dts_buf_addf(sql, " AND %s=", table_column);
		dts_sql_literal(sql, table);
	}
}

static const char *const system_names[] = {"mysql", "sys", "information_schema", "performance_schema",
					   "dts", /* where checkpoints live: never part of what is migrated */
					   NULL};

bool dts_catalog_is_system(struct dts_slice db)
{
	for (const char *const *name = system_names; *name; name++)
		if (dts_slice_is_nocase(db, *name))
			return true;
	return false;
}

bool dts_catalog_names_system(const struct dts_pattern *p)
{
	for (const char *const *name = system_names; *name; name++)
		if (dts_pattern_match_db(p, dts_slice_of(*name)))
			return true;
	return false;
}

/* Engines that roll back and whose rows a consistent snapshot covers. */
static bool engine_is_transactional(struct dts_slice engine)
{
	return dts_slice_is_nocase(engine, "InnoDB") || dts_slice_is_nocase(engine, "ROCKSDB") ||
	       dts_slice_is_nocase(engine, "TokuDB");
}

/* The tables of `db` that have triggers, as keys of `with`. Only the one named, where one is: for
 * all of them the server opens every table of the database. */
static int find_triggers(struct dts_session *s, struct dts_slice db, struct dts_slice only, struct dts_map *with, struct dts_error *err)
{
	static char yes;
	struct dts_buf sql = {0};

	dts_buf_adds(&sql, "SELECT EVENT_OBJECT_TABLE FROM information_schema.TRIGGERS WHERE 1");
	add_name_filter(&sql, "EVENT_OBJECT_SCHEMA", db, "EVENT_OBJECT_TABLE", only);
	MYSQL_RES *result = dts_session_query(s, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	if (!result)
		return -1;
	for (MYSQL_ROW row; (row = mysql_fetch_row(result));)
		dts_map_set(with, dts_slice(row[0], mysql_fetch_lengths(result)[0]), &yes);
	mysql_free_result(result);
	return 0;
}

enum { T_SCHEMA, T_NAME, T_TYPE, T_ENGINE, T_ROWS, T_BYTES, T_COLLATION };

/* Adds the tables of one database, or the one named, to the list. */
static int add_tables(struct dts_session *s, struct dts_slice db, struct dts_slice only,
		      const struct dts_selection *sel, struct dts_tables *t, size_t *room, struct dts_error *err)
{
	struct dts_map triggers = {0};
	struct dts_buf sql = {0};

	if (find_triggers(s, db, only, &triggers, err) < 0)
		return -1;
	dts_buf_adds(&sql, "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, ENGINE, TABLE_ROWS, DATA_LENGTH,"
			   " TABLE_COLLATION"
			   " FROM information_schema.TABLES WHERE TABLE_TYPE NOT IN ('VIEW', 'SYSTEM VIEW', 'TEMPORARY')");
	add_name_filter(&sql, "TABLE_SCHEMA", db, "TABLE_NAME", only);
	MYSQL_RES *result = dts_session_query(s, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	for (MYSQL_ROW row; result && (row = mysql_fetch_row(result));) {
		const unsigned long *len = mysql_fetch_lengths(result);
		struct dts_slice name = dts_slice(row[T_NAME], len[T_NAME]);
		if (!same_name(s, db, row[T_SCHEMA], len[T_SCHEMA]) ||
		    (only.p && !same_name(s, only, name.p, name.len)) || (sel && !dts_selection_has(sel, db, name)))
			continue;
		if (t->count == *room) {
			*room = *room ? 2 * *room : 64;
			t->items = dts_realloc(t->items, *room * sizeof *t->items);
		}
		struct dts_table *table = &t->items[t->count++];
		*table = (struct dts_table){
			.db = cell(t->arena, row, len, T_SCHEMA),
			.name = cell(t->arena, row, len, T_NAME),
			.engine = cell(t->arena, row, len, T_ENGINE),
			.collation = cell(t->arena, row, len, T_COLLATION),
			.has_triggers = dts_map_get(&triggers, name) != NULL,
			.system_versioned = cell_is(row, T_TYPE, "SYSTEM VERSIONED"),
			.is_sequence = cell_is(row, T_TYPE, "SEQUENCE"),
			.rows_estimate = row[T_ROWS] ? strtoull(row[T_ROWS], NULL, 10) : 0,
			.bytes_estimate = row[T_BYTES] ? strtoull(row[T_BYTES], NULL, 10) : 0,
		};
		table->transactional = engine_is_transactional(table->engine);
	}
	dts_map_release(&triggers, NULL);
	if (!result)
		return -1;
	mysql_free_result(result);
	return 0;
}

static int compare_slices(struct dts_slice a, struct dts_slice b)
{
	size_t shorter = a.len < b.len ? a.len : b.len;
	int order = shorter > 0 ? memcmp(a.p, b.p, shorter) : 0;

	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_tables(const void *a, const void *b)
{
	const struct dts_table *x = a, *y = b;
	int order = compare_slices(x->db, y->db);

	return order != 0 ? order : compare_slices(x->name, y->name);
}

int dts_catalog_tables(struct dts_session *s, const struct dts_selection *sel, struct dts_tables *t,
		       struct dts_error *err)
{
	struct dts_tables found = {.arena = dts_arena_new()};
	MYSQL_RES *result = dts_session_query(s, DTS_LIT("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA"), err);
	size_t room = 0;
	int rc = result ? 0 : -1;

	for (MYSQL_ROW row; rc == 0 && (row = mysql_fetch_row(result));) {
		struct dts_slice db = dts_slice(row[0], mysql_fetch_lengths(result)[0]);
		if (!dts_catalog_is_system(db) && dts_selection_has_db(sel, db))
			rc = add_tables(s, db, (struct dts_slice){NULL, 0}, sel, &found, &room, err);
	}
	if (result)
		mysql_free_result(result);
	if (rc < 0) {
		dts_tables_release(&found);
		return -1;
	}
	if (found.count > 1)
		qsort(found.items, found.count, sizeof *found.items, compare_tables);
	*t = found;
	return 0;
}

int dts_catalog_table(struct dts_session *s, struct dts_slice db, struct dts_slice table,
		      struct dts_tables *t, struct dts_error *err)
{
	struct dts_tables found = {.arena = dts_arena_new()};
	size_t room = 0;

	int rc = add_tables(s, db, table, NULL, &found, &room, err);
	if (rc < 0 || found.count == 0) {
		dts_tables_release(&found);
		*t = (struct dts_tables){0};
		return rc;
	}
	*t = found;
	return 1;
}

void dts_tables_release(struct dts_tables *t)
{
	free(t->items);
	dts_arena_free(t->arena);
	*t = (struct dts_tables){0};
}

enum { C_TABLE, C_NAME, C_TYPE, C_NULL, C_CHARSET, C_COLLATION, C_EXTRA };

static void fill_column(struct dts_column *c, struct dts_arena *arena, MYSQL_ROW row, const unsigned long *len)
{
	c->name = cell(arena, row, len, C_NAME);
	c->type_text = cell(arena, row, len, C_TYPE);
	c->nullable = cell_is(row, C_NULL, "YES");
	dts_column_from_type(c, arena);
	if (c->type == DTS_TYPE_CHAR || c->type == DTS_TYPE_ENUM || c->type == DTS_TYPE_SET) {
		c->charset = cell(arena, row, len, C_CHARSET);
		c->collation = cell(arena, row, len, C_COLLATION);
	}
	const char *extra = row[C_EXTRA] ? row[C_EXTRA] : "";
	if (strstr(extra, "VIRTUAL GENERATED"))
		c->generated = DTS_GENERATED_VIRTUAL;
	else if (strstr(extra, "STORED GENERATED"))
		c->generated = DTS_GENERATED_STORED;
	c->invisible = strstr(extra, "INVISIBLE") != NULL;
}

/* 1, 0: no such table, -1. */
static int read_columns(struct dts_session *s, struct dts_schema *schema, struct dts_error *err)
{
	struct dts_buf sql = {0};

	dts_buf_adds(&sql, "SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, CHARACTER_SET_NAME,"
			   " COLLATION_NAME, EXTRA FROM information_schema.COLUMNS WHERE 1");
	add_name_filter(&sql, "TABLE_SCHEMA", schema->db, "TABLE_NAME", schema->table);
	dts_buf_adds(&sql, " ORDER BY ORDINAL_POSITION");
	MYSQL_RES *result = dts_session_query(s, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	if (!result)
		return -1;
	schema->columns = dts_arena_alloc(schema->arena, mysql_num_rows(result) + 1, sizeof *schema->columns);
	for (MYSQL_ROW row; (row = mysql_fetch_row(result));) {
		const unsigned long *len = mysql_fetch_lengths(result);
		if (same_name(s, schema->table, row[C_TABLE], len[C_TABLE]))
			fill_column(&schema->columns[schema->column_count++], schema->arena, row, len);
	}
	mysql_free_result(result);
	return schema->column_count > 0;
}

/* What new columns of the table, and new tables of its database, have for a collation. */
static int read_defaults(struct dts_session *s, struct dts_schema *schema, struct dts_error *err)
{
	struct dts_buf sql = {0};

	dts_buf_adds(&sql, "SELECT t.TABLE_NAME, t.TABLE_COLLATION, d.DEFAULT_COLLATION_NAME FROM information_schema.TABLES t,"
			   " information_schema.SCHEMATA d WHERE d.SCHEMA_NAME=t.TABLE_SCHEMA");
	add_name_filter(&sql, "t.TABLE_SCHEMA", schema->db, "t.TABLE_NAME", schema->table);
	MYSQL_RES *result = dts_session_query(s, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	if (!result)
		return -1;
	for (MYSQL_ROW row; (row = mysql_fetch_row(result));) {
		const unsigned long *len = mysql_fetch_lengths(result);
		if (!same_name(s, schema->table, row[0], len[0]))
			continue;
		schema->source_collation = cell(schema->arena, row, len, 1);
		schema->source_db_collation = cell(schema->arena, row, len, 2);
	}
	mysql_free_result(result);
	return 0;
}

enum { K_TABLE, K_INDEX, K_COLUMN, K_SUB_PART };

/* Puts one finished key where it belongs. */
static void keep_key(struct dts_schema *schema, struct dts_slice name, struct dts_slice *columns, size_t count,
		     bool odd, bool *has_odd_unique)
{
	struct dts_key key = {name, columns, count};

	if (odd)
		*has_odd_unique = true;
	else if (dts_slice_is(name, "PRIMARY"))
		schema->primary = (struct dts_key){{"", 0}, columns, count};
	else
		schema->unique[schema->unique_count++] = key;
}

/* A key that queries may not name comes behind those that can be used. */
static const char *hidden_last(const struct dts_session *s)
{
	if (s->family == DTS_MYSQL)
		return s->version >= 80000 ? "IS_VISIBLE='NO', " : "";
	return s->version >= 100600 ? "IGNORED='YES', " : "";
}

static int read_keys(struct dts_session *s, struct dts_schema *schema, bool *has_odd_unique, struct dts_error *err)
{
	struct dts_buf sql = {0};
	struct dts_slice name = {NULL, 0}, *columns = NULL;
	size_t count = 0;
	bool odd = false;

	dts_buf_adds(&sql, "SELECT TABLE_NAME, INDEX_NAME, COLUMN_NAME, SUB_PART FROM information_schema.STATISTICS"
			   " WHERE NON_UNIQUE=0");
	add_name_filter(&sql, "TABLE_SCHEMA", schema->db, "TABLE_NAME", schema->table);
	dts_buf_addf(&sql, " ORDER BY %sINDEX_NAME, SEQ_IN_INDEX", hidden_last(s));
	MYSQL_RES *result = dts_session_query(s, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	if (!result)
		return -1;
	size_t rows = mysql_num_rows(result);
	schema->unique = dts_arena_alloc(schema->arena, rows + 1, sizeof *schema->unique);
	for (MYSQL_ROW row; (row = mysql_fetch_row(result));) {
		const unsigned long *len = mysql_fetch_lengths(result);
		if (!same_name(s, schema->table, row[K_TABLE], len[K_TABLE]))
			continue;
		if (!name.p || !dts_slice_eq(name, dts_slice(row[K_INDEX], len[K_INDEX]))) {
			if (name.p)
				keep_key(schema, name, columns, count, odd, has_odd_unique);
			name = cell(schema->arena, row, len, K_INDEX);
			columns = dts_arena_alloc(schema->arena, rows, sizeof *columns);
			count = 0;
			odd = false;
		}
		odd = odd || !row[K_COLUMN] || row[K_SUB_PART]; /* no column: an expression */
		columns[count++] = cell(schema->arena, row, len, K_COLUMN);
	}
	if (name.p)
		keep_key(schema, name, columns, count, odd, has_odd_unique);
	mysql_free_result(result);
	return 0;
}

enum { F_TABLE, F_OTHER_TABLE, F_NAME, F_COLUMN, F_TO_DB, F_TO_TABLE, F_TO_COLUMN, F_DELETE, F_UPDATE };

static void add_foreign_row(struct dts_schema *schema, size_t rows, MYSQL_ROW row, const unsigned long *len)
{
	struct dts_foreign *f = schema->foreign_count ? &schema->foreign[schema->foreign_count - 1] : NULL;

	if (!f || !dts_slice_eq(f->name, dts_slice(row[F_NAME], len[F_NAME]))) {
		f = &schema->foreign[schema->foreign_count++];
		f->name = cell(schema->arena, row, len, F_NAME);
		f->to_db = cell(schema->arena, row, len, F_TO_DB);
		f->to_table = cell(schema->arena, row, len, F_TO_TABLE);
		f->on_delete = cell(schema->arena, row, len, F_DELETE);
		f->on_update = cell(schema->arena, row, len, F_UPDATE);
		f->columns = dts_arena_alloc(schema->arena, rows, sizeof *f->columns);
		f->to_columns = dts_arena_alloc(schema->arena, rows, sizeof *f->to_columns);
	}
	/* The arrays were just made here; only readers see them as const. */
	((struct dts_slice *)f->columns)[f->count] = cell(schema->arena, row, len, F_COLUMN);
	((struct dts_slice *)f->to_columns)[f->count++] = cell(schema->arena, row, len, F_TO_COLUMN);
}

/* Where the definition of the foreign key goes on in a SHOW CREATE TABLE; NULL: it is not there. */
static const char *find_foreign_clause(const char *text, struct dts_slice name)
{
	struct dts_buf line = {0};

	/* A line feed inside a comment is shown as \n, so this is no comment. */
	dts_buf_adds(&line, "\n  CONSTRAINT ");
	dts_sql_ident(&line, name);
	dts_buf_adds(&line, " FOREIGN KEY (");
	const char *at = strstr(text, dts_buf_text(&line));
	if (at)
		at += line.len;
	dts_buf_release(&line);
	return at;
}

/* What stands behind `on`, "ON DELETE " or "ON UPDATE ". */
static struct dts_slice find_rule(const char *clause, const char *on)
{
	static const char *const rules[] = {"CASCADE", "SET NULL", "SET DEFAULT", "NO ACTION", NULL};
	bool quoted = false;

	for (const char *p = clause; *p && (*p != '\n' || quoted); p++) {
		if (*p == '`')
			quoted = !quoted;
		if (quoted || strncmp(p, on, strlen(on)) != 0)
			continue;
		for (const char *const *rule = rules; *rule; rule++)
			if (strncmp(p + strlen(on), *rule, strlen(*rule)) == 0)
				return dts_slice_of(*rule);
	}
	return DTS_LIT("RESTRICT");
}

/* An account that may do no more than SELECT sees foreign keys, but the
 * catalog hides from it what they do. The table's definition does not. */
static int mend_rules(struct dts_session *s, struct dts_schema *schema, struct dts_error *err)
{
	struct dts_buf sql = {0};
	int rc = dts_session_run(s, DTS_LIT("SET SESSION sql_quote_show_create=1"), err);

	if (rc < 0)
		return -1;
	dts_buf_adds(&sql, "SHOW CREATE TABLE ");
	dts_sql_table(&sql, schema->db, schema->table);
	MYSQL_RES *result = dts_session_query(s, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	if (!result && mysql_errno(s->mysql) == 1146) { /* ER_NO_SUCH_TABLE: dropped just now */
		schema->foreign_count = 0;
		return 0;
	}
	if (!result)
		return -1;
	MYSQL_ROW row = mysql_fetch_row(result);
	for (size_t i = 0; i < schema->foreign_count && rc == 0; i++) {
		struct dts_foreign *f = &schema->foreign[i];
		const char *clause = row && row[1] ? find_foreign_clause(row[1], f->name) : NULL;
		if (!clause) {
			rc = dts_fail(err, DTS_REFUSED, "table '%.*s.%.*s': this account cannot see what foreign key '%.*s' does",
				      (int)schema->db.len, schema->db.p, (int)schema->table.len, schema->table.p,
				      (int)f->name.len, f->name.p);
			continue;
		}
		f->on_delete = find_rule(clause, "ON DELETE ");
		f->on_update = find_rule(clause, "ON UPDATE ");
	}
	mysql_free_result(result);
	return rc;
}

/* `rules`: with what they do, which the account may not see. */
static int query_foreign(struct dts_session *s, struct dts_schema *schema, bool rules, struct dts_error *err)
{
	struct dts_buf sql = {0};

	dts_buf_addf(&sql, "SELECT k.TABLE_NAME, %s, k.CONSTRAINT_NAME, k.COLUMN_NAME,"
			   " k.REFERENCED_TABLE_SCHEMA, k.REFERENCED_TABLE_NAME, k.REFERENCED_COLUMN_NAME, %s"
			   " FROM information_schema.KEY_COLUMN_USAGE k ",
		     rules ? "r.TABLE_NAME" : "k.TABLE_NAME", rules ? "r.DELETE_RULE, r.UPDATE_RULE" : "'', ''");
	/* That the names are equal to one another must not be said: MariaDB then looks through
	 * all tables of all databases (10.11, 3,000 tables: 260 ms instead of 0.3). */
	if (rules)
		dts_buf_adds(&sql, "JOIN information_schema.REFERENTIAL_CONSTRAINTS r"
				   " ON r.CONSTRAINT_NAME=k.CONSTRAINT_NAME ");
	dts_buf_adds(&sql, "WHERE k.REFERENCED_TABLE_NAME IS NOT NULL");
	add_name_filter(&sql, "k.TABLE_SCHEMA", schema->db, "k.TABLE_NAME", schema->table);
	if (rules)
		add_name_filter(&sql, "r.CONSTRAINT_SCHEMA", schema->db, "r.TABLE_NAME", schema->table);
	dts_buf_adds(&sql, " ORDER BY k.CONSTRAINT_NAME, k.ORDINAL_POSITION");
	MYSQL_RES *result = dts_session_query(s, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	if (!result)
		return -1;
	size_t rows = mysql_num_rows(result);
	schema->foreign = dts_arena_alloc(schema->arena, rows + 1, sizeof *schema->foreign);
	for (MYSQL_ROW row; (row = mysql_fetch_row(result));) {
		const unsigned long *len = mysql_fetch_lengths(result);
		if (same_name(s, schema->table, row[F_TABLE], len[F_TABLE]) &&
		    same_name(s, schema->table, row[F_OTHER_TABLE], len[F_OTHER_TABLE]))
			add_foreign_row(schema, rows, row, len);
	}
	mysql_free_result(result);
	return 0;
}

static int read_foreign(struct dts_session *s, struct dts_schema *schema, struct dts_error *err)
{
	if (query_foreign(s, schema, true, err) < 0)
		return -1;
	if (schema->foreign_count > 0)
		return 0;
	if (query_foreign(s, schema, false, err) < 0)
		return -1;
	return schema->foreign_count == 0 ? 0 : mend_rules(s, schema, err);
}

int dts_catalog_schema(struct dts_session *s, struct dts_slice db, struct dts_slice table,
		       struct dts_schema *schema, bool *has_odd_unique, struct dts_error *err)
{
	struct dts_schema found = {.arena = dts_arena_new()};
	bool odd = false;

	found.db = found.source_db = dts_arena_copy(found.arena, db);
	found.table = found.source_table = dts_arena_copy(found.arena, table);
	int rc = read_columns(s, &found, err);
	if (rc > 0 && (read_defaults(s, &found, err) < 0 || read_keys(s, &found, &odd, err) < 0 ||
		       read_foreign(s, &found, err) < 0))
		rc = -1;
	if (rc <= 0) {
		dts_schema_release(&found);
		return rc;
	}
	dts_schema_release(schema);
	*schema = found;
	if (has_odd_unique)
		*has_odd_unique = odd;
	return 1;
}
