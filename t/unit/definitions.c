/*
 * Without arguments: what needs no server. With them, for t/definitions.bats:
 *
 *     definitions DEFAULTS-FILE GROUP <STATEMENTS
 *
 * runs the statements, one a line, on a server, applies what its binlog says of
 * each to the model, and compares every table that changed with the catalog. A
 * line may begin with one of
 *
 *     ?   it may make a table unknown, or be refused (others: that is a failure)
 *     -   the server may refuse it
 *     #   a comment
 */
#include "base/arena.h"
#include "ddl/definitions.h"
#include "mysql/catalog.h"
#include "mysql/quote.h"
#include "unit.h"

static struct dts_buf text;

/* --- against a server */

static struct dts_session running, looking;
static struct dts_definitions *model;
static unsigned statements, refused, unknowns, compared, wrong;
static struct dts_buf log_file, changed_names;
static uint64_t log_at;

static void die(const char *what, const char *why)
{
	printf("cannot %s: %s\n", what, why);
	exit(2);
}

static void value(struct dts_session *s, const char *sql, struct dts_buf *b)
{
	struct dts_error err = DTS_ERROR_INIT;

	dts_buf_clear(b);
	if (dts_session_value(s, dts_slice_of(sql), b, &err) < 0)
		die(sql, err.message);
}

static void log_position(void)
{
	struct dts_error err = DTS_ERROR_INIT;
	bool mysql = looking.family == DTS_MYSQL;
	MYSQL_RES *r = dts_session_query(&looking, mysql ? DTS_LIT("SHOW BINARY LOG STATUS") : DTS_LIT("SHOW MASTER STATUS"), &err);
	MYSQL_ROW row = r ? mysql_fetch_row(r) : NULL;

	if (!row)
		die("read the log's position", r ? "no log" : err.message);
	dts_buf_clear(&log_file);
	dts_buf_adds(&log_file, row[0]);
	log_at = strtoull(row[1], NULL, 10);
	mysql_free_result(r);
}

static void on_change(void *arg, struct dts_slice db, struct dts_slice table)
{
	(void)arg;
	dts_buf_add_slice(&changed_names, db);
	dts_buf_addc(&changed_names, '\0');
	dts_buf_add_slice(&changed_names, table);
	dts_buf_addc(&changed_names, '\0');
}

/* sql_mode bits that matter, from their names. */
static uint64_t mode_bits(struct dts_slice modes)
{
	unsigned flags = dts_ddl_flags_of_text(modes);

	return (flags & DTS_DDL_ANSI_QUOTES ? 4 : 0) | (flags & DTS_DDL_NO_BACKSLASH_ESCAPES ? 1u << 20 : 0) |
	       (memmem(modes.p, modes.len, "REAL_AS_FLOAT", 13) ? 1 : 0) |
	       (memmem(modes.p, modes.len, "ORACLE", 6) ? 512 : 0) | (memmem(modes.p, modes.len, "MAXDB", 5) ? 4096 : 0);
}

/* One statement as the log has it: "use `db`; text". */
static void apply_logged(struct dts_slice info, bool failed)
{
	static struct dts_buf mode, server, utf8mb4, chosen, explicit_defaults, db;
	static struct dts_ddl parsed;
	struct dts_definition_context context = {.db = DTS_LIT(""), .failed = failed};
	const char *end;

	if (info.len > 5 && memcmp(info.p, "use `", 5) == 0 && (end = memmem(info.p, info.len, "`; ", 3))) {
		dts_buf_clear(&db);
		dts_buf_add(&db, info.p + 5, (size_t)(end - info.p) - 5);
		context.db = dts_buf_slice(&db);
		info = dts_slice(end + 3, info.len - (size_t)(end + 3 - info.p));
	}
	if (context.db.len == 0) { /* not shown for ALTER DATABASE, but the event has it */
		value(&running, "SELECT DATABASE()", &db);
		context.db = dts_buf_slice(&db);
	}
	value(&running, "SELECT @@sql_mode", &mode);
	value(&running, "SELECT @@collation_server", &server);
	value(&running, "SELECT @@explicit_defaults_for_timestamp", &explicit_defaults);
	context.sql_mode = mode_bits(dts_buf_slice(&mode));
	context.collation_server = dts_buf_slice(&server);
	context.implicit_timestamps = dts_slice_is(dts_buf_slice(&explicit_defaults), "0");
	if (running.family == DTS_MYSQL) {
		value(&running, "SELECT @@default_collation_for_utf8mb4", &utf8mb4);
		context.default_collation_utf8mb4 = dts_buf_slice(&utf8mb4);
	} else if (running.version >= 110300) {
		value(&running, "SELECT @@character_set_collations", &chosen);
		context.character_set_collations = dts_buf_slice(&chosen);
	}
	dts_definitions_apply(model, info, &context, on_change, NULL);
	dts_ddl_parse(&parsed, info, dts_ddl_flags(context.sql_mode) | (running.family == DTS_MYSQL ? DTS_DDL_MYSQL : 0));
	if (parsed.kind == DTS_DDL_UNKNOWN) {
		printf("NOT UNDERSTOOD: %.*s\n", (int)info.len, info.p);
		wrong++;
	}
}

static void apply_log(bool failed)
{
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_buf sql = {0};
	MYSQL_RES *r;

	dts_buf_addf(&sql, "SHOW BINLOG EVENTS IN '%s' FROM %llu", dts_buf_text(&log_file), (unsigned long long)log_at);
	if (!(r = dts_session_query(&looking, dts_buf_slice(&sql), &err)))
		die("read the log", err.message);
	for (MYSQL_ROW row; (row = mysql_fetch_row(r));) {
		if (strcmp(row[2], "Query") == 0)
			apply_logged(dts_slice(row[5], mysql_fetch_lengths(r)[5]), failed);
	}
	mysql_free_result(r);
	dts_buf_release(&sql);
	log_position();
}

static int compare_keys(const void *a, const void *b)
{
	const struct dts_key *x = a, *y = b;

	return strcmp(x->name.p, y->name.p); /* both from arenas, which terminate them */
}

/* What the model does not claim to know is no difference. */
static void align(struct dts_schema *catalog, const struct dts_schema *mine)
{
	catalog->foreign = NULL;
	if (!mine->unique)
		catalog->unique = NULL;
	if (mine->source_collation.len == 0)
		catalog->source_collation = DTS_LIT("");
	if (mine->source_db_collation.len == 0)
		catalog->source_db_collation = DTS_LIT("");
	for (size_t i = 0; i < catalog->column_count && i < mine->column_count; i++) {
		struct dts_column *c = &catalog->columns[i];

		if (mine->columns[i].collation.len == 0 && c->collation.len > 0)
			c->collation = DTS_LIT("");
		if (memchr(c->type_text.p, '?', c->type_text.len)) /* what MariaDB's catalog cannot show */
			c->type_text = mine->columns[i].type_text;
	}
}

/* `may_be_unknown`: as the statement was marked. */
static void compare(struct dts_slice db, struct dts_slice table, const char *statement, bool may_be_unknown)
{
	const struct dts_defined_table *mine = dts_definitions_find(model, db, table);
	struct dts_schema catalog = {0}, copy;
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_buf want = {0}, got = {0};
	int there = dts_catalog_schema(&looking, db, table, &catalog, NULL, &err);

	if (there < 0)
		die("read the catalog", err.message);
	compared++;
	if (!there && mine) {
		printf("DIFFERENT: %s\n  there is no %.*s.%.*s\n", statement, (int)db.len, db.p, (int)table.len, table.p);
		wrong++;
	} else if (there && mine && mine->unknown) {
		unknowns++;
		printf("%s: %s\n  %.*s\n", may_be_unknown ? "unknown" : "UNKNOWN", statement, (int)mine->why.len, mine->why.p);
		wrong += !may_be_unknown;
		dts_definitions_put(model, &catalog, NULL, 0);
	} else if (there) {
		if (mine) {
			copy = mine->schema;
			copy.foreign = NULL;
			copy.source_db_collation = dts_definitions_database(model, db);
			align(&catalog, &copy);
			if (copy.unique) { /* the catalog's order is that of a collation */
				qsort(catalog.unique, catalog.unique_count, sizeof *catalog.unique, compare_keys);
				qsort(copy.unique, copy.unique_count, sizeof *copy.unique, compare_keys);
			}
			dts_schema_add(&got, &copy);
		}
		dts_schema_add(&want, &catalog);
		if (!dts_slice_eq(dts_buf_slice(&want), dts_buf_slice(&got))) {
			printf("DIFFERENT: %s\n  server %s  model  %s\n", statement, dts_buf_text(&want), mine ? dts_buf_text(&got) : "none");
			wrong++;
			dts_definitions_put(model, &catalog, NULL, 0);
		}
	}
	dts_schema_release(&catalog);
	dts_buf_release(&want);
	dts_buf_release(&got);
}

/* Every table of the server. */
static void compare_all(const char *when)
{
	struct dts_error err = DTS_ERROR_INIT;
	MYSQL_RES *r = dts_session_query(&looking,
					 DTS_LIT("SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES WHERE"
						 " TABLE_TYPE <> 'VIEW' AND TABLE_TYPE <> 'TEMPORARY' AND TABLE_SCHEMA LIKE 'def%'"),
					 &err);

	if (!r)
		die("list the tables", err.message);
	for (MYSQL_ROW row; (row = mysql_fetch_row(r));)
		compare(dts_slice_of(row[0]), dts_slice_of(row[1]), when, false);
	mysql_free_result(r);
}

static void run_statement(const char *line)
{
	bool may_be_unknown = line[0] == '?', may_fail = line[0] == '-';
	const char *sql = may_be_unknown || may_fail ? line + 1 : line;
	bool failed;

	statements++;
	failed = mysql_real_query(running.mysql, sql, strlen(sql)) != 0;
	if (failed) {
		refused++;
		if (!may_fail && !may_be_unknown) {
			printf("REFUSED: %s\n  %s\n", sql, mysql_error(running.mysql));
			wrong++;
		}
	} else {
		MYSQL_RES *r = mysql_store_result(running.mysql);

		if (r)
			mysql_free_result(r);
	}
	dts_buf_clear(&changed_names);
	apply_log(failed);
	for (size_t at = 0; at < changed_names.len;) {
		struct dts_slice db = dts_slice_of(changed_names.data + at);
		struct dts_slice table = dts_slice_of(db.p + db.len + 1);

		at += db.len + table.len + 2;
		compare(db, table, sql, may_be_unknown);
	}
}

static int against_server(const char *defaults_file, const char *group)
{
	struct dts_connect_options o = {.group = group, .defaults_file = defaults_file};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_buf names = {0};
	char *line = NULL;
	size_t cap = 0;

	if (dts_session_open(&running, &o, &err) < 0 || dts_session_open(&looking, &o, &err) < 0)
		die("connect", err.message);
	value(&looking, "SELECT @@lower_case_table_names", &names);
	model = dts_definitions_new(looking.family == DTS_MARIADB, looking.version,
				    (unsigned)strtoul(dts_buf_text(&names), NULL, 10));
	log_position();
	for (ssize_t n; (n = getline(&line, &cap, stdin)) > 0;) {
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		if (line[0] != '#' && line[0] != '\0')
			run_statement(line);
		if (statements % 300 == 299)
			compare_all("all tables");
	}
	compare_all("all tables at the end");
	printf("%u statements, %u refused, %u comparisons, %u unknown, %u wrong\n", statements, refused, compared, unknowns,
	       wrong);
	free(line);
	dts_buf_release(&names);
	dts_definitions_free(model);
	dts_session_close(&running);
	dts_session_close(&looking);
	return wrong ? 1 : 0;
}

/* --- without one */

static struct dts_definition_context context;

static int apply(const char *sql)
{
	return dts_definitions_apply(model, dts_slice_of(sql), &context, NULL, NULL);
}

static void begin(bool mariadb, unsigned version)
{
	dts_definitions_free(model);
	model = dts_definitions_new(mariadb, version, 0);
	context = (struct dts_definition_context){.db = DTS_LIT("d"), .collation_server = DTS_LIT("latin1_swedish_ci")};
	apply("CREATE DATABASE d");
}

/* "name type!, ... PRIMARY(a) name(a,b)": ! is NOT NULL; unknown: "? why". */
static const char *shown(const char *name)
{
	const struct dts_defined_table *t = dts_definitions_find(model, DTS_LIT("d"), dts_slice_of(name));

	dts_buf_clear(&text);
	if (!t)
		return "none";
	if (t->unknown) {
		dts_buf_adds(&text, "? ");
		dts_buf_add_slice(&text, t->why);
	}
	for (size_t i = 0; i < t->schema.column_count; i++) {
		const struct dts_column *c = &t->schema.columns[i];

		dts_buf_addf(&text, "%s%s %s%s", i > 0 ? ", " : "", c->name.p, c->type_text.p, c->nullable ? "" : "!");
		if (c->charset.len > 0)
			dts_buf_addf(&text, " %s", c->collation.len > 0 ? c->collation.p : c->charset.p);
	}
	for (size_t i = 0; i < t->index_count; i++) {
		dts_buf_addf(&text, " %s%s(", t->indexes[i].unique ? "" : "-", t->indexes[i].name.p);
		for (size_t j = 0; j < t->indexes[i].count; j++)
			dts_buf_addf(&text, "%s%s", j > 0 ? "," : "", t->indexes[i].parts[j].column.p);
		dts_buf_addc(&text, ')');
	}
	return dts_buf_text(&text);
}

static void test_create(void)
{
	begin(true, 101119);
	CHECK_INT(0, apply("CREATE TABLE t (id SERIAL, n VARCHAR(20) NOT NULL DEFAULT 'it''s, (a)', KEY (n))"));
	CHECK_STR("id bigint(20) unsigned!, n varchar(20)! latin1_swedish_ci id(id) -n(n)", shown("t"));
	CHECK_INT(0, apply("CREATE TABLE IF NOT EXISTS t (other int)"));
	CHECK_STR("id bigint(20) unsigned!, n varchar(20)! latin1_swedish_ci id(id) -n(n)", shown("t"));
	CHECK_INT(0, apply("CREATE OR REPLACE TABLE t (a TEXT(300) CHARACTER SET utf8mb4) PARTITION BY HASH (a, (b)) CHARSET x"));
	CHECK_STR("a text utf8mb4_general_ci", shown("t"));
	CHECK_INT(0, apply("CREATE TABLE u LIKE t"));
	CHECK_STR("a text utf8mb4_general_ci", shown("u"));
	CHECK_INT(0, apply("RENAME TABLE t TO x, u TO t, x TO u"));
	CHECK_INT(0, apply("DROP TABLE IF EXISTS u, nosuch"));
	CHECK_STR("none", shown("u"));
	CHECK_INT(1, apply("CREATE TABLE q AS SELECT 1"));
	CHECK_STR("? it was made from a query's result", shown("q"));
	CHECK_INT(0, apply("CREATE OR REPLACE TABLE q (a int)"));
	CHECK_STR("a int(11)", shown("q"));
}

static void test_families(void)
{
	begin(false, 90704);
	CHECK_INT(0, apply("CREATE TABLE t (a INT(5), b TINYINT(1), c YEAR, d JSON, e VECTOR, /*M!100000 x int, */ f NCHAR)"));
	CHECK_STR("a int, b tinyint(1), c year, d json, e vector(2048), f char(1) utf8mb3_general_ci", shown("t"));
	begin(true, 110806);
	CHECK_INT(0, apply("CREATE TABLE t (a INT(5), c YEAR, d JSON, /*M!100000 x int, */ f NCHAR)"));
	CHECK_STR("a int(5), c year(4), d longtext utf8mb4_bin, x int(11), f char(1) utf8mb3", shown("t"));
	context.character_set_collations = DTS_LIT("utf8mb4=utf8mb4_bin");
	CHECK_INT(0, apply("CREATE TABLE u (a CHAR CHARSET utf8mb4, b CHAR CHARSET utf8mb3)"));
	CHECK_STR("a char(1) utf8mb4_bin, b char(1) utf8mb3_general_ci", shown("u"));
}

static void test_alter(void)
{
	begin(true, 101119);
	apply("CREATE TABLE t (a int, b int unsigned, c int)");
	CHECK_INT(0, apply("ALTER TABLE t CHANGE a b INT, CHANGE b a INT UNSIGNED"));
	CHECK_STR("b int(11), a int(10) unsigned, c int(11)", shown("t"));
	CHECK_INT(0, apply("ALTER TABLE t RENAME COLUMN a TO b, RENAME COLUMN b TO a"));
	CHECK_STR("a int(11), b int(10) unsigned, c int(11)", shown("t"));
	CHECK_INT(0, apply("ALTER TABLE t ADD d INT AFTER a, ADD e INT AFTER d, ADD f INT FIRST, DROP c, MODIFY b BIGINT FIRST"));
	CHECK_STR("b bigint(20), f int(11), a int(11), d int(11), e int(11)", shown("t"));
	CHECK_INT(0, apply("ALTER TABLE t ADD UNIQUE (a), ADD PRIMARY KEY (b, d), RENAME TO u"));
	CHECK_STR("b bigint(20)!, f int(11), a int(11), d int(11)!, e int(11) a(a) PRIMARY(b,d)", shown("u"));
	CHECK_STR("none", shown("t"));
	CHECK_INT(1, apply("ALTER TABLE u ADD g INT AFTER nosuch"));
	CHECK_STR("? AFTER 'nosuch', a column that there is not", shown("u"));
	CHECK_INT(1, apply("ALTER TABLE u ADD h INT"));
	CHECK_INT(1, apply("ALTER TABLE nosuch ADD h INT"));
}

/* It may have made anything of the tables that it names, or whose database; others are as they were. */
static void test_not_understood(void)
{
	static const char *const named = "? a statement that is not understood names it";

	begin(true, 101119);
	apply("CREATE TABLE t (a int)");
	apply("CREATE TABLE u (a int)");
	apply("CREATE TABLE `v``.w` (a int)");
	CHECK_INT(0, apply("ALTER THING x"));
	CHECK_STR("a int(11)", shown("t"));
	CHECK_INT(1, apply("ALTER THING x FOR t, 'u', e.u"));
	CHECK_STR(named, shown("t"));
	CHECK_STR("a int(11)", shown("u"));
	CHECK_INT(1, apply("CREATE THING ON `d`.`v``.w`"));
	CHECK_STR(named, shown("v`.w"));
	CHECK_STR("a int(11)", shown("u"));
	CHECK_INT(1, apply("MOVE EVERYTHING FROM `d`"));
	CHECK_STR(named, shown("u"));
	CHECK_INT(0, apply("MOVE EVERYTHING FROM `d`"));
	CHECK_INT(0, apply("CREATE OR REPLACE TABLE u (b int)"));
	CHECK_STR("b int(11)", shown("u"));
}

/* A log may hold a temporary table's statements: they are of no table. */
static void test_temporary(void)
{
	begin(true, 101119);
	apply("CREATE TABLE t (a int)");
	CHECK_INT(0, apply("CREATE TEMPORARY TABLE t (b int)"));
	CHECK_STR("a int(11)", shown("t"));
	CHECK_INT(0, apply("DROP TEMPORARY TABLE t"));
	CHECK_STR("a int(11)", shown("t"));
	context.doubtful = true;
	CHECK_INT(0, apply("TRUNCATE TABLE t"));
	CHECK_STR("a int(11)", shown("t"));
	CHECK_INT(1, apply("CREATE TABLE u LIKE t"));
	CHECK_STR("? a statement was about it or about a temporary table of that name", shown("u"));
	CHECK_INT(1, apply("RENAME TABLE t TO v"));
	CHECK_STR("? a statement was about it or about a temporary table of that name", shown("t"));
	CHECK_STR("? a statement was about it or about a temporary table of that name", shown("v"));
	context.doubtful = false;
	CHECK_INT(0, apply("DROP TABLE t"));
	CHECK_STR("none", shown("t"));
}

static const char *const maybe = "? it was created IF NOT EXISTS, and whether it did was not known";

/* As a history from a checkpoint: only some tables are known. */
static void begin_incomplete(void)
{
	begin(false, 90704);
	dts_definitions_free(model);
	model = dts_definitions_new(false, 90704, 0);
	dts_definitions_set_database(model, DTS_LIT("d"), DTS_LIT("latin1_swedish_ci"));
}

/* A server logs CREATE ... IF NOT EXISTS also where it did nothing. */
static void test_guarded(void)
{
	begin_incomplete();
	CHECK_INT(1, apply("CREATE TABLE IF NOT EXISTS t (a int)"));
	CHECK_STR(maybe, shown("t"));
	CHECK_INT(0, apply("DROP TABLE IF EXISTS t"));
	CHECK_INT(0, apply("CREATE TABLE IF NOT EXISTS t (b int)"));
	CHECK_STR("b int", shown("t"));
	CHECK_INT(1, apply("CREATE TABLE IF NOT EXISTS u LIKE t"));
	CHECK_STR(maybe, shown("u"));
	CHECK_INT(0, apply("RENAME TABLE t TO w"));
	CHECK_INT(0, apply("CREATE TABLE IF NOT EXISTS t (c int)"));
	CHECK_STR("c int", shown("t"));
	/* What is renamed may be a table that was not told. */
	CHECK_INT(0, apply("DROP TABLE w"));
	CHECK_INT(0, apply("RENAME TABLE nobody TO w"));
	CHECK_INT(1, apply("CREATE TABLE IF NOT EXISTS w (c int)"));
	CHECK_STR(maybe, shown("w"));
	CHECK_INT(0, apply("CREATE TABLE x (a int)"));
	CHECK_STR("a int", shown("x"));

	begin_incomplete();
	dts_definitions_set_complete(model, true);
	CHECK_INT(0, apply("CREATE TABLE IF NOT EXISTS t (a int)"));
	CHECK_STR("a int", shown("t"));
}

static void test_guarded_views(void)
{
	begin_incomplete();
	dts_definitions_set_complete(model, true);
	dts_definitions_add_view(model, DTS_LIT("d"), DTS_LIT("v"));
	CHECK_INT(0, apply("CREATE SEQUENCE s"));
	CHECK_INT(0, apply("CREATE TABLE IF NOT EXISTS v (a int)"));
	CHECK_INT(0, apply("CREATE TABLE IF NOT EXISTS s (a int)"));
	CHECK_STR("none", shown("v"));
	CHECK(strstr(shown("s"), "next_not_cached_value bigint(21)"));
	CHECK_INT(0, apply("DROP TABLE IF EXISTS v, s")); /* only s goes */
	CHECK_INT(0, apply("CREATE TABLE IF NOT EXISTS v (a int)"));
	CHECK_INT(0, apply("CREATE TABLE IF NOT EXISTS s (a int)"));
	CHECK_STR("none", shown("v"));
	CHECK_STR("a int", shown("s"));
	CHECK_INT(0, apply("RENAME TABLE v TO v2"));
	CHECK_INT(0, apply("CREATE TABLE IF NOT EXISTS v2 (a int)"));
	CHECK_STR("none", shown("v2"));
	CHECK_INT(0, apply("CREATE TABLE IF NOT EXISTS v (a int)"));
	CHECK_STR("a int", shown("v"));
	CHECK_INT(0, apply("DROP VIEW v2"));
	CHECK_INT(0, apply("CREATE OR REPLACE JSON DUALITY VIEW v3 AS SELECT 1"));
	CHECK_INT(0, apply("CREATE TABLE IF NOT EXISTS v3 (a int)"));
	CHECK_STR("none", shown("v3"));
	CHECK_INT(0, apply("CREATE TABLE IF NOT EXISTS v2 (a int)"));
	CHECK_STR("a int", shown("v2"));
	/* A view IF NOT EXISTS of a table's name is none. */
	CHECK_INT(0, apply("CREATE VIEW IF NOT EXISTS v2 AS SELECT 1"));
	CHECK_INT(0, apply("DROP TABLE v2"));
	CHECK_INT(0, apply("CREATE TABLE IF NOT EXISTS v2 (b int)"));
	CHECK_STR("b int", shown("v2"));
}

static void test_guarded_databases(void)
{
	begin_incomplete();
	CHECK_INT(0, apply("CREATE DATABASE IF NOT EXISTS e COLLATE latin1_bin"));
	CHECK_INT(0, (int)dts_definitions_database(model, DTS_LIT("e")).len);
	CHECK(dts_definitions_database(model, DTS_LIT("e")).p != NULL);
	CHECK_INT(1, apply("CREATE TABLE IF NOT EXISTS e.t (a int)"));
	CHECK_INT(0, apply("DROP DATABASE e"));
	CHECK_INT(0, apply("CREATE DATABASE IF NOT EXISTS e COLLATE latin1_bin"));
	CHECK(dts_slice_is(dts_definitions_database(model, DTS_LIT("e")), "latin1_bin"));
	CHECK_INT(0, apply("CREATE TABLE IF NOT EXISTS e.t (a int)"));
	CHECK_INT(0, apply("ALTER DATABASE e COLLATE latin1_swedish_ci"));
	CHECK_INT(0, apply("CREATE TABLE IF NOT EXISTS e.u (a int)"));
	CHECK_INT(0, apply("CREATE DATABASE IF NOT EXISTS e COLLATE latin1_bin"));
	CHECK(dts_slice_is(dts_definitions_database(model, DTS_LIT("e")), "latin1_swedish_ci"));
	CHECK_INT(0, apply("DROP DATABASE d"));
	CHECK_INT(0, apply("CREATE DATABASE d"));
	CHECK_INT(0, apply("CREATE TABLE IF NOT EXISTS t (a int)"));
	CHECK_STR("a int", shown("t"));
	context.of_catalog = true;
	CHECK_INT(0, apply("CREATE DATABASE f COLLATE latin1_bin"));
	context.of_catalog = false;
	CHECK_INT(1, apply("CREATE TABLE IF NOT EXISTS f.t (a int)"));
}

/* What defines no table is passed over. */
static void test_no_tables(void)
{
	static const char *const others[] = {
		"CREATE LIBRARY IF NOT EXISTS l LANGUAGE JAVASCRIPT AS $$ export function f() { } $$", "ALTER LIBRARY l COMMENT 'x'",
		"DROP LIBRARY IF EXISTS l", "CREATE OR REPLACE SPATIAL REFERENCE SYSTEM 4120 NAME 'x'",
		"CREATE SPATIAL REFERENCE SYSTEM IF NOT EXISTS 4120 NAME 'x'", "DROP SPATIAL REFERENCE SYSTEM 4120",
		"CREATE RESOURCE GROUP rg TYPE = USER", "ALTER RESOURCE GROUP rg VCPU = 1", "DROP RESOURCE GROUP rg",
		"SET RESOURCE GROUP rg", "CREATE UNDO TABLESPACE u ADD DATAFILE 'u.ibu'", "ALTER UNDO TABLESPACE u SET INACTIVE",
		"DROP UNDO TABLESPACE u", "CREATE TABLESPACE x ADD DATAFILE 'x.ibd'", "ALTER TABLESPACE x RENAME TO y",
		"CREATE LOGFILE GROUP g ADD UNDOFILE 'f'", "ALTER INSTANCE ROTATE INNODB MASTER KEY", "CREATE SERVER s FOREIGN DATA WRAPPER mysql OPTIONS (HOST 'x')",
		"CREATE USER u", "ALTER USER u ACCOUNT LOCK", "CREATE ROLE r", "SET DEFAULT ROLE r TO u", "RENAME USER a TO b",
		"INSTALL COMPONENT 'file://x'", "INSTALL PLUGIN x SONAME 'y'", "UNINSTALL PLUGIN x", "CREATE FUNCTION f RETURNS INTEGER SONAME 'x'",
		"CREATE PACKAGE p AS END", "CREATE PACKAGE BODY p AS END", "DROP PACKAGE BODY p", "ALTER PROCEDURE p COMMENT 'x'",
		"CREATE DEFINER=`root`@`localhost` PROCEDURE p() SELECT 1", "ALTER EVENT e DISABLE", "DROP TRIGGER IF EXISTS t",
		"ALTER SEQUENCE s RESTART", "CACHE INDEX t IN x", "LOAD INDEX INTO CACHE t", "CLONE LOCAL DATA DIRECTORY 'x'", "BACKUP STAGE START",
		"IMPORT TABLE FROM 'x.sdi'", "OPTIMIZE TABLE t", "FLUSH TABLES", "KILL 5", "EXECUTE IMMEDIATE 'x'", "ANALYZE TABLE t",
		"CREATE ALGORITHM=UNDEFINED DEFINER=`root`@`localhost` SQL SECURITY DEFINER JSON RELATIONAL DUALITY VIEW `d`.`v` AS SELECT 1",
		"ALTER ALGORITHM=UNDEFINED DEFINER=`root`@`localhost` SQL SECURITY DEFINER JSON RELATIONAL DUALITY VIEW `d`.`v` AS SELECT 1",
	};

	begin(false, 90704);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (apply(others[i]) != 0)
			CHECK_STR("", others[i]);
}

/* What depends on what nobody told is not claimed. */
static void test_not_known(void)
{
	begin(true, 101119);
	dts_definitions_set_database(model, DTS_LIT("d"), DTS_LIT(""));
	CHECK_INT(0, apply("CREATE TABLE t (a int)"));
	CHECK_INT(1, apply("ALTER TABLE t ADD b text"));
	CHECK_STR("? the default charset is not known", shown("t"));
	CHECK_INT(1, apply("CREATE OR REPLACE TABLE t (a int, b FANCY(3))"));
	CHECK_STR("? a type is not understood at 'FANCY'", shown("t"));
	CHECK_INT(1, apply("SET STATEMENT sql_mode='' FOR CREATE OR REPLACE TABLE t (a int)"));
	CHECK_INT(0, apply("SET STATEMENT max_statement_time=1 FOR CREATE OR REPLACE TABLE t (a int)"));
	CHECK_STR("a int(11)", shown("t"));
	CHECK_INT(1, apply("CREATE TABLE e (a ENUM('\xC3\xA9') CHARACTER SET ascii)"));
}

/* With lower_case_table_names=1 names are stored and found in lower case. */
static void test_lower_case(void)
{
	begin(true, 101119);
	dts_definitions_free(model);
	model = dts_definitions_new(true, 101119, 1);
	apply("CREATE DATABASE D");
	CHECK_INT(0, apply("CREATE TABLE D.\xC3\x84" "Bc (A int)"));
	CHECK_STR("A int(11)", shown("\xC3\xA4" "bc"));
	CHECK_INT(0, apply("ALTER TABLE `\xC3\xA4" "BC` ADD b int, RENAME X"));
	CHECK_STR("A int(11), b int(11)", shown("x"));
	CHECK_STR("x", dts_definitions_find(model, DTS_LIT("d"), DTS_LIT("X"))->schema.table.p);
}

/* A catalog may tell the keys of a schema record only: then the name that the
 * server gives a new key is not known, a name that is written is. */
static void test_put(void)
{
	const struct dts_defined_table *t;
	struct dts_slice a = DTS_LIT("a"), b = DTS_LIT("b");
	struct dts_column columns[] = {
		{.name = a, .type_text = DTS_LIT("int(11)"), .charset = DTS_LIT(""), .collation = DTS_LIT("")},
		{.name = b, .type_text = DTS_LIT("varchar(9)"), .charset = DTS_LIT("sjis"), .collation = DTS_LIT("sjis_bin")},
	};
	struct dts_key unique = {b, &b, 1};
	struct dts_schema schema = {.db = DTS_LIT("d"), .table = DTS_LIT("t"), .columns = columns, .column_count = 2,
				    .primary = {DTS_LIT(""), &a, 1}, .unique = &unique, .unique_count = 1,
				    .source_collation = DTS_LIT("latin2_bin")};

	begin(true, 101119);
	dts_definitions_put(model, &schema, NULL, 0);
	CHECK_STR("a int(11)!, b varchar(9)! sjis_bin PRIMARY(a) b(b)", shown("t"));
	CHECK_INT(0, apply("ALTER TABLE t ADD c text, ADD UNIQUE k (c(3), a), DROP KEY b"));
	CHECK_STR("a int(11)!, b varchar(9)! sjis_bin, c text latin2_bin PRIMARY(a) k(c,a)", shown("t"));
	t = dts_definitions_find(model, DTS_LIT("d"), DTS_LIT("t"));
	CHECK(t->schema.unique && t->schema.unique_count == 0);
	CHECK_INT(0, apply("ALTER TABLE t ADD UNIQUE (b)"));
	t = dts_definitions_find(model, DTS_LIT("d"), DTS_LIT("t"));
	CHECK(!t->schema.unique);
	CHECK_INT(1, (int)t->schema.primary.count);
}

/* MariaDB logs the statement when the old table is gone and the new one failed. */
static void test_failed(void)
{
	begin(true, 101119);
	apply("CREATE TABLE t (a int)");
	context.failed = true;
	CHECK_INT(0, apply("CREATE OR REPLACE TABLE t (a int, a int)"));
	CHECK_STR("none", shown("t"));
}

int main(int argc, char **argv)
{
	if (argc == 3)
		return against_server(argv[1], argv[2]);
	RUN(test_create);
	RUN(test_families);
	RUN(test_alter);
	RUN(test_not_understood);
	RUN(test_temporary);
	RUN(test_guarded);
	RUN(test_guarded_views);
	RUN(test_guarded_databases);
	RUN(test_no_tables);
	RUN(test_not_known);
	RUN(test_lower_case);
	RUN(test_put);
	RUN(test_failed);
	dts_definitions_free(model);
	dts_buf_release(&text);
	return unit_done();
}
