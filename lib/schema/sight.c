#include "schema/sight.h"

#include "ddl/scan.h"
#include "mysql/quote.h"

/* What one privilege shows, and where it counts. */
enum scope { GLOBAL = 1, DATABASE = 2, TABLE = 4 };
enum kind { TRIGGERS, EVENTS, ROUTINES, KINDS };

static const struct shows {
	enum kind kind;
	const char *privilege;
	unsigned scopes;
	unsigned families; /* bits */
} shows[] = {
	{TRIGGERS, "TRIGGER", GLOBAL | DATABASE | TABLE, 1 << DTS_MARIADB | 1 << DTS_MYSQL},
	{EVENTS, "EVENT", GLOBAL | DATABASE, 1 << DTS_MARIADB | 1 << DTS_MYSQL},
	{ROUTINES, "EXECUTE", GLOBAL | DATABASE, 1 << DTS_MARIADB | 1 << DTS_MYSQL},
	{ROUTINES, "ALTER ROUTINE", GLOBAL | DATABASE, 1 << DTS_MARIADB | 1 << DTS_MYSQL},
	{ROUTINES, "CREATE ROUTINE", GLOBAL | DATABASE, 1 << DTS_MARIADB | 1 << DTS_MYSQL},
	{ROUTINES, "SELECT", GLOBAL, 1 << DTS_MARIADB | 1 << DTS_MYSQL},
	{ROUTINES, "SHOW_ROUTINE", GLOBAL, 1 << DTS_MYSQL},
	{ROUTINES, "SHOW CREATE ROUTINE", GLOBAL | DATABASE, 1 << DTS_MARIADB},
};

/* A line of SHOW GRANTS. */
struct grant {
	bool revokes; /* MySQL's partial_revokes */
	struct dts_slice privileges;
	enum scope scope;
	struct dts_buf db, name; /* of a whole database: a pattern as of LIKE */
};

static void add_name(struct dts_buf *b, const struct dts_sql_scan *s)
{
	dts_buf_clear(b);
	if (s->type == DTS_SQL_QUOTED)
		dts_sql_decode(dts_sql_text(s), 0, b);
}

/* False: it is about roles, routines, or other accounts. */
static bool read_grant(struct dts_slice line, struct grant *g)
{
	struct dts_sql_scan s;
	int depth = 0;

	dts_sql_start(&s, line, 0);
	g->revokes = dts_sql_is(&s, "REVOKE");
	dts_sql_next(&s);
	const size_t at = s.at;
	for (; s.type != DTS_SQL_END && (depth > 0 || !dts_sql_is(&s, "ON")); dts_sql_next(&s))
		depth += dts_sql_is_char(&s, '(') - dts_sql_is_char(&s, ')');
	g->privileges = dts_slice(line.p + at, s.prev_end > at ? s.prev_end - at : 0);
	dts_sql_next(&s);
	bool all = dts_sql_is_char(&s, '*');
	add_name(&g->db, &s);
	if (!all && s.type != DTS_SQL_QUOTED)
		return false;
	dts_sql_next(&s);
	if (!dts_sql_is_char(&s, '.'))
		return false;
	dts_sql_next(&s);
	add_name(&g->name, &s);
	g->scope = all ? GLOBAL : dts_sql_is_char(&s, '*') ? DATABASE : TABLE;
	return true;
}

/* Is it among "SELECT, SHOW VIEW, UPDATE (`a`)"? ALL PRIVILEGES is each. */
static bool names(struct dts_slice privileges, const char *privilege)
{
	const char *p = privileges.p, *end = p + privileges.len;

	while (p < end) {
		const char *comma = memchr(p, ',', (size_t)(end - p));
		struct dts_slice one = dts_slice(p, (size_t)((comma ? comma : end) - p));
		if (dts_slice_is_nocase(one, privilege) || dts_slice_is_nocase(one, "ALL PRIVILEGES") || dts_slice_is_nocase(one, "ALL"))
			return true;
		for (p = comma ? comma + 1 : end; p < end && *p == ' ';)
			p++;
	}
	return false;
}

/* LIKE, as the servers take it for databases in privileges. */
static bool is_like(struct dts_slice name, struct dts_slice pattern)
{
	if (pattern.len == 0)
		return name.len == 0;
	struct dts_slice rest = dts_slice(pattern.p + 1, pattern.len - 1);
	if (*pattern.p == '%') {
		for (size_t i = 0; i <= name.len; i++)
			if (is_like(dts_slice(name.p + i, name.len - i), rest))
				return true;
		return false;
	}
	bool escaped = *pattern.p == '\\' && rest.len > 0;
	if (name.len == 0 || (escaped ? *rest.p != *name.p : *pattern.p != '_' && *pattern.p != *name.p))
		return false;
	if (escaped)
		rest = dts_slice(rest.p + 1, rest.len - 1);
	return is_like(dts_slice(name.p + 1, name.len - 1), rest);
}

static bool is_about(const struct grant *g, struct dts_slice db, struct dts_slice table)
{
	if (g->scope == GLOBAL)
		return true;
	if (g->scope == DATABASE)
		return is_like(db, dts_buf_slice(&g->db));
	return dts_slice_eq(db, dts_buf_slice(&g->db)) && dts_slice_eq(table, dts_buf_slice(&g->name));
}

/* Where MariaDB keeps its routines. */
static bool is_proc(const struct grant *g)
{
	return dts_slice_is(dts_buf_slice(&g->db), "mysql") && (g->scope == DATABASE || dts_slice_is(dts_buf_slice(&g->name), "proc")) &&
	       g->scope != GLOBAL && names(g->privileges, "SELECT");
}

static bool sees(const struct dts_session *s, const struct dts_list *lines, enum kind kind, struct dts_slice db, struct dts_slice table)
{
	struct grant g = {0};
	bool seen = false, revoked = false;

	for (size_t i = 0; i < lines->count; i++) {
		if (!read_grant(dts_slice_of(lines->items[i]), &g))
			continue;
		seen |= kind == ROUTINES && s->family == DTS_MARIADB && is_proc(&g);
		for (size_t k = 0; k < sizeof shows / sizeof *shows; k++) {
			if (shows[k].kind != kind || !(shows[k].families & 1u << s->family) || !names(g.privileges, shows[k].privilege))
				continue;
			if (g.revokes)
				revoked |= is_about(&g, db, table);
			else
				seen |= shows[k].scopes & g.scope && is_about(&g, db, table);
		}
	}
	dts_buf_release(&g.db);
	dts_buf_release(&g.name);
	return seen && !revoked;
}

enum { OPTION_PREVENTS = 1290 }; /* --skip-grant-tables: a server that asks for no privileges shows everything */

/* The account's, or MariaDB's PUBLIC. */
static int read_lines(struct dts_session *s, const char *sql, struct dts_list *lines, struct dts_error *err)
{
	MYSQL_RES *res = dts_session_query(s, dts_slice_of(sql), err);

	if (!res)
		return -1;
	for (MYSQL_ROW row; (row = mysql_fetch_row(res));)
		dts_list_add(lines, row[0]);
	mysql_free_result(res);
	return 0;
}

static bool sees_triggers(const struct dts_session *s, const struct dts_schema_objects *o, const struct dts_list *lines, struct dts_slice db)
{
	for (size_t i = 0; i < o->count && !sees(s, lines, TRIGGERS, db, DTS_LIT("")); i++)
		if (o->items[i].type == DTS_DDL_TYPE_TABLE && dts_slice_eq(o->items[i].db, db) && !sees(s, lines, TRIGGERS, db, o->items[i].name))
			return false;
	return true;
}

void dts_schema_unseen(struct dts_session *s, const struct dts_schema_objects *o, unsigned stages, struct dts_list *unseen)
{
	struct dts_list lines = {0};
	struct dts_buf line = {0};
	struct dts_error err = DTS_ERROR_INIT;

	if (read_lines(s, "SHOW GRANTS", &lines, &err) < 0) {
		if (mysql_errno(s->mysql) != OPTION_PREVENTS) {
			dts_buf_addf(&line, "the account's privileges are not known (%s)", err.message);
			dts_list_add(unseen, dts_buf_text(&line));
		}
		dts_buf_release(&line);
		return;
	}
	if (s->family == DTS_MARIADB && s->version >= 101100) /* without them it seems to see less, which is told */
		read_lines(s, "SHOW GRANTS FOR PUBLIC", &lines, &err);
	for (size_t i = 0; i < o->databases.count; i++) {
		struct dts_slice db = o->databases.items[i].name, none = DTS_LIT("");
		bool triggers = stages & DTS_STAGE_FINAL && !sees_triggers(s, o, &lines, db);
		bool events = stages & DTS_STAGE_FINAL && !sees(s, &lines, EVENTS, db, none);
		bool routines = stages & DTS_STAGE_POST && !sees(s, &lines, ROUTINES, db, none);
		if (!triggers && !events && !routines)
			continue;
		dts_buf_clear(&line);
		dts_buf_addf(&line, "database '%.*s': the account does not see all", (int)db.len, db.p);
		dts_buf_adds(&line, triggers ? " triggers (TRIGGER)" : "");
		dts_buf_adds(&line, !events ? "" : triggers ? ", events (EVENT)" : " events (EVENT)");
		dts_buf_adds(&line, !routines ? "" : triggers || events ? ", routines" : " routines");
		if (routines)
			dts_buf_adds(&line, s->family == DTS_MYSQL ? " (SHOW_ROUTINE)" : s->version >= 110300 ? " (SHOW CREATE ROUTINE)" : " (SELECT on mysql.proc)");
		dts_list_add(unseen, dts_buf_text(&line));
	}
	dts_buf_release(&line);
	dts_list_release(&lines);
}
