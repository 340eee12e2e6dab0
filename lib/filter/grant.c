#include "filter/grant.h"

#include "ddl/scan.h"
#include "mysql/quote.h"

/* What stands behind ON. */
struct subject {
	bool routine, whole; /* a function or the like; all of a database */
	struct dts_buf db, name;
	size_t at, end;
};

static bool is_name(const struct dts_sql_scan *s)
{
	return s->type == DTS_SQL_WORD || s->type == DTS_SQL_QUOTED;
}

static void add_name(struct dts_buf *b, const struct dts_sql_scan *s)
{
	if (s->type == DTS_SQL_QUOTED)
		dts_sql_decode(dts_sql_text(s), s->flags, b);
	else
		dts_buf_add_slice(b, dts_sql_text(s));
}

static int unsure(struct dts_slice sql, const char *why, struct dts_error *err)
{
	dts_fail(err, DTS_BAD_INPUT, "cannot choose in '%.*s': %s", (int)(sql.len < 200 ? sql.len : 200), sql.p, why);
	return dts_hint(err, "take the record out with jq, go on through 'dts-filter --no-counts', and grant it by hand");
}

/* To what stands behind GRANT ... ON; false: the statement has no ON of its own. */
static bool find_subject(struct dts_sql_scan *s)
{
	int depth = 0;

	if (!dts_sql_is(s, "GRANT") && !dts_sql_is(s, "REVOKE"))
		return false;
	for (; s->type != DTS_SQL_END; dts_sql_next(s)) {
		depth += dts_sql_is_char(s, '(') - dts_sql_is_char(s, ')');
		if (depth > 0)
			continue;
		if (dts_sql_is(s, "TO") || dts_sql_is(s, "FROM"))
			return false;
		if (dts_sql_is(s, "ON")) {
			dts_sql_next(s);
			return true;
		}
	}
	return false;
}

/* TABLE, FUNCTION, PROCEDURE, PACKAGE, PACKAGE BODY in front of the name. */
static void skip_type(struct dts_sql_scan *s, struct subject *u)
{
	struct dts_sql_scan next = *s;

	dts_sql_next(&next);
	if (s->type != DTS_SQL_WORD || dts_sql_is_char(&next, '.') || dts_sql_is_char(&next, '@'))
		return;
	if (!is_name(&next) && !dts_sql_is_char(&next, '*'))
		return;
	u->routine = !dts_sql_is(s, "TABLE");
	*s = next;
	dts_sql_next(&next);
	if (dts_sql_is(s, "BODY") && is_name(&next))
		*s = next;
}

/* 1; 0: everything, or another account; -1: not understood. */
static int read_subject(struct dts_sql_scan *s, struct subject *u)
{
	skip_type(s, u);
	u->at = s->at;
	if (dts_sql_is_char(s, '*')) {
		dts_sql_next(s);
		return dts_sql_is_char(s, '.') ? 0 : -1;
	}
	if (s->type == DTS_SQL_STRING)
		return 0;
	if (!is_name(s))
		return -1;
	add_name(&u->db, s);
	dts_sql_next(s);
	if (dts_sql_is_char(s, '@'))
		return 0;
	if (!dts_sql_is_char(s, '.'))
		return -1;
	dts_sql_next(s);
	u->whole = dts_sql_is_char(s, '*');
	if (!u->whole && !is_name(s))
		return -1;
	if (!u->whole)
		add_name(&u->name, s);
	u->end = s->at + s->len;
	return 1;
}

/* The database's name without the backslashes that make _ and % mean themselves. False: it is a pattern for several. */
static bool plain_name(struct dts_buf *db)
{
	bool single = true;
	size_t n = 0;

	for (size_t i = 0; i < db->len; i++) {
		if (db->data[i] == '\\' && i + 1 < db->len && strchr("_%\\", db->data[i + 1]))
			i++;
		else if (db->data[i] == '%')
			single = false; /* an underscore is most often meant as one */
		db->data[n++] = db->data[i];
	}
	db->len = n;
	return single;
}

static void add_database(struct dts_buf *out, struct dts_slice db)
{
	struct dts_buf escaped = {0};

	for (size_t i = 0; i < db.len; i++) {
		if (strchr("_%", db.p[i]))
			dts_buf_addc(&escaped, '\\');
		dts_buf_addc(&escaped, db.p[i]);
	}
	dts_sql_ident(out, dts_buf_slice(&escaped));
	dts_buf_adds(out, ".*");
	dts_buf_release(&escaped);
}

/* The statement with another subject. */
static void rename_subject(struct dts_slice sql, const struct subject *u, struct dts_slice db, struct dts_slice name,
			   struct dts_buf *out)
{
	dts_buf_add(out, sql.p, u->at);
	if (u->whole)
		add_database(out, db);
	else
		dts_sql_table(out, db, name);
	dts_buf_add(out, sql.p + u->end, sql.len - u->end);
}

static int choose(struct dts_slice sql, struct subject *u, struct dts_names *names, struct dts_buf *out, struct dts_error *err)
{
	struct dts_slice db, name = dts_buf_slice(&u->name), new_db, new_name = name;
	bool keep;

	if (u->whole && !plain_name(&u->db))
		return unsure(sql, "its database is a pattern", err);
	db = dts_buf_slice(&u->db);
	new_db = dts_names_route_db(names, db);
	if (u->whole) {
		keep = dts_selection_has_db(&names->selection, db);
		if (keep && dts_names_split_db(names, db))
			return unsure(sql, "only some tables of its database are renamed", err);
	} else if (u->routine) {
		keep = dts_selection_has(&names->selection, db, name);
	} else {
		const struct dts_choice *table = dts_names_choose(names, db, name);
		keep = table->keep;
		new_db = dts_buf_slice(&table->db);
		new_name = dts_buf_slice(&table->table);
	}
	if (keep && (!dts_slice_eq(db, new_db) || !dts_slice_eq(name, new_name)))
		rename_subject(sql, u, new_db, new_name, out);
	return keep;
}

int dts_grant_choose(struct dts_slice sql, unsigned flags, struct dts_names *names, struct dts_buf *out, struct dts_error *err)
{
	struct subject u = {0};
	struct dts_sql_scan s;
	int rc = 1;

	dts_sql_start(&s, sql, flags);
	if (find_subject(&s)) {
		rc = read_subject(&s, &u);
		if (rc < 0)
			rc = unsure(sql, "it is not understood", err);
		else
			rc = rc == 0 ? 1 : choose(sql, &u, names, out, err);
	}
	dts_buf_release(&u.db);
	dts_buf_release(&u.name);
	return rc;
}
