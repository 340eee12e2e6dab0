/* A line of SHOW GRANTS for the target. */
#include "mysql/quote.h"
#include "schema/users_parts.h"

struct grant {
	bool revoke;
	struct dts_slice privileges;   /* "SELECT, INSERT (`a`)", or roles: between GRANT and ON or TO */
	struct dts_slice type;         /* TABLE, FUNCTION, ...: empty as a rule */
	struct dts_slice on;           /* *.*, `db`.*, `db`.`name`; empty: roles */
	bool proxy, global, whole;
	struct dts_slice db, name;     /* decoded; of a whole database, with the backslashes that it has */
	struct dts_slice user, host;   /* of the grantee */
	bool grant_option, admin_option;
	struct dts_arena *arena;
};

/* To the word at bracket level 0, or the end. */
static bool skip_to(struct dts_sql_scan *s, const char *word, const char *other)
{
	int depth = 0;

	for (; s->type != DTS_SQL_END; dts_sql_next(s)) {
		depth += dts_sql_is_char(s, '(') - dts_sql_is_char(s, ')');
		if (depth == 0 && (dts_sql_is(s, word) || dts_sql_is(s, other)))
			return true;
	}
	return false;
}

static struct dts_slice name_of(struct dts_sql_scan *s, struct dts_arena *arena)
{
	struct dts_buf b = {0};
	struct dts_slice name;

	if (s->type == DTS_SQL_WORD || s->type == DTS_SQL_PUNCT)
		return dts_sql_text(s);
	dts_sql_decode(dts_sql_text(s), 0, &b);
	name = dts_arena_copy(arena, dts_buf_slice(&b));
	dts_buf_release(&b);
	return name;
}

/* What stands behind ON. */
static bool read_object(struct dts_sql_scan *s, struct grant *g)
{
	struct dts_sql_scan next = *s;
	size_t at = s->at;

	dts_sql_next(&next);
	if (s->type == DTS_SQL_WORD && !dts_sql_is_char(&next, '.')) {
		while (!dts_sql_is_char(&next, '.') && next.type != DTS_SQL_END) { /* PACKAGE BODY `db`.`name` */
			*s = next;
			dts_sql_next(&next);
		}
		g->type = dts_slice(s->sql.p + at, s->prev_end - at);
		at = s->at;
	}
	g->db = name_of(s, g->arena);
	g->global = dts_sql_is_char(s, '*');
	dts_sql_next(s);
	if (!dts_sql_is_char(s, '.'))
		return false;
	dts_sql_next(s);
	g->whole = dts_sql_is_char(s, '*');
	g->name = name_of(s, g->arena);
	g->on = dts_slice(s->sql.p + at, s->at + s->len - at);
	dts_sql_next(s);
	return true;
}

/* GRANT or REVOKE ... [ON ...] TO or FROM account [...] */
static bool read(struct dts_slice sql, struct grant *g)
{
	struct dts_sql_scan s;

	dts_sql_start(&s, sql, 0);
	g->revoke = dts_sql_is(&s, "REVOKE");
	dts_sql_next(&s);
	const size_t at = s.at;
	g->proxy = dts_sql_is(&s, "PROXY");
	if (!skip_to(&s, "ON", g->revoke ? "FROM" : "TO"))
		return false;
	g->privileges = dts_slice(sql.p + at, s.prev_end - at);
	if (dts_sql_is(&s, "ON")) {
		dts_sql_next(&s);
		if (g->proxy) {
			const size_t on = s.at;
			if (!dts_account_take(&s, g->arena, &g->db, &g->name))
				return false;
			g->on = dts_slice(sql.p + on, s.prev_end - on);
		} else if (!read_object(&s, g)) {
			return false;
		}
	}
	if (!dts_sql_is(&s, g->revoke ? "FROM" : "TO"))
		return false;
	dts_sql_next(&s);
	if (!dts_account_take(&s, g->arena, &g->user, &g->host))
		return false;
	/* MariaDB tells here again how the account is known. */
	for (struct dts_sql_scan before = s; s.type != DTS_SQL_END; before = s, dts_sql_next(&s)) {
		g->grant_option |= dts_sql_is(&s, "OPTION") && dts_sql_is(&before, "GRANT");
		g->admin_option |= dts_sql_is(&s, "OPTION") && dts_sql_is(&before, "ADMIN");
	}
	return true;
}

/* --- privileges */

/* The next one, in upper case, with its columns in `columns`: "INSERT", "(`a`,`b`)". */
static bool next_privilege(struct dts_sql_scan *s, struct dts_buf *name, struct dts_slice *columns)
{
	dts_buf_clear(name);
	*columns = DTS_LIT("");
	for (; s->type == DTS_SQL_WORD; dts_sql_next(s)) {
		if (name->len > 0)
			dts_buf_addc(name, ' ');
		for (size_t i = 0; i < s->len; i++) {
			char c = s->sql.p[s->at + i];
			dts_buf_addc(name, c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c);
		}
	}
	if (dts_sql_is_char(s, '(')) {
		const size_t at = s->at;
		while (s->type != DTS_SQL_END && !dts_sql_is_char(s, ')'))
			dts_sql_next(s);
		dts_sql_next(s);
		*columns = dts_slice(s->sql.p + at, s->prev_end - at);
	}
	if (dts_sql_is_char(s, ','))
		dts_sql_next(s);
	return name->len > 0;
}

/* Is it there already? Two privileges may become one. */
static bool has_word(struct dts_slice list, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = list.p, *end = list.p + list.len; (at = memmem(at, (size_t)(end - at), word, len)); at++)
		if ((at == list.p || at[-1] == ' ') && (at + len == end || at[len] == ','))
			return true;
	return false;
}

/* The privileges in the target's words; those that it has not go to `lost`. */
static void port_privileges(const struct grant *g, const struct dts_grant_context *c, struct dts_buf *out, struct dts_buf *lost)
{
	struct dts_slice columns;
	struct dts_buf name = {0};
	struct dts_sql_scan s;

	for (dts_sql_start(&s, g->privileges, 0); next_privilege(&s, &name, &columns);) {
		const char *word = dts_privilege_word(dts_buf_slice(&name), c->from, c->to, g->global);
		if (!word) {
			dts_buf_adds(lost, lost->len > 0 ? ", " : "");
			dts_buf_add_slice(lost, dts_buf_slice(&name));
		} else if (columns.len > 0 || !has_word(dts_buf_slice(out), word)) {
			dts_buf_adds(out, out->len > 0 ? ", " : "");
			dts_buf_adds(out, word);
			dts_buf_adds(out, columns.len > 0 ? " " : "");
			dts_buf_add_slice(out, columns);
		}
	}
	dts_buf_release(&name);
}

static void tell(struct dts_account *a, struct dts_slice what, const char *why, enum dts_family to, struct dts_slice on)
{
	struct dts_buf line = {0};

	dts_buf_addf(&line, "%.*s ", (int)what.len, what.p);
	if (on.len > 0)
		dts_buf_addf(&line, "on %.*s ", (int)on.len, on.p);
	dts_buf_addf(&line, why, dts_family_name(to));
	dts_list_add(&a->granted.why, dts_buf_text(&line));
	dts_buf_release(&line);
}

static void finish(struct dts_account *a, const struct dts_grant_context *c, const struct grant *g, struct dts_buf *sql)
{
	dts_buf_adds(sql, g->revoke ? " FROM " : " TO ");
	dts_account_add_name(sql, a->user, a->host, a->is_role && (a->made_as_role || c->to == DTS_MYSQL), c->to);
	if (g->grant_option)
		dts_buf_adds(sql, " WITH GRANT OPTION");
	if (g->admin_option)
		dts_buf_adds(sql, " WITH ADMIN OPTION");
	dts_list_add(&a->grants, dts_buf_text(sql));
	dts_buf_clear(sql);
	if (g->on.len > 0 && !g->proxy && !g->whole)
		dts_accounts_object(sql, g->type.len > 0 && !dts_slice_is_nocase(g->type, "TABLE"), g->db, g->name);
	dts_list_add(&a->objects, dts_buf_text(sql));
}

static void grant_privileges(struct dts_account *a, const struct dts_grant_context *c, const struct grant *g)
{
	struct dts_buf words = {0}, lost = {0}, sql = {0};

	if (c->from == c->to)
		dts_buf_add_slice(&words, g->privileges);
	else
		port_privileges(g, c, &words, &lost);
	if (lost.len > 0)
		tell(a, dts_buf_slice(&lost), "left out, since %s has no such privilege there", c->to, g->on);
	dts_buf_addf(&sql, "%s %.*s ON ", g->revoke ? "REVOKE" : "GRANT", (int)words.len, words.data ? words.data : "");
	if (g->type.len > 0) {
		dts_buf_add_slice(&sql, g->type);
		dts_buf_addc(&sql, ' ');
	}
	if (g->proxy)
		dts_account_add_name(&sql, g->db, g->name, false, c->to);
	else
		dts_buf_add_slice(&sql, g->on);
	if (words.len > 0)
		finish(a, c, g, &sql);
	dts_buf_release(&words);
	dts_buf_release(&lost);
	dts_buf_release(&sql);
}

/* GRANT `r`@`%`,`s`@`%` TO ...: MariaDB takes one at a time. */
static void grant_roles(struct dts_account *a, const struct dts_grant_context *c, const struct grant *g)
{
	struct dts_slice user, host;
	struct dts_sql_scan s;

	dts_sql_start(&s, g->privileges, 0);
	while (dts_account_take(&s, g->arena, &user, &host)) {
		const struct dts_account *role = dts_accounts_find(c->all, user, c->from == DTS_MARIADB ? DTS_LIT("") : host);
		struct dts_buf sql = {0};

		if (dts_sql_is_char(&s, ','))
			dts_sql_next(&s);
		if (!role || role->created.refused || (c->to == DTS_MARIADB && !role->made_as_role)) {
			tell(a, user, "is no role at %s, and is not given", c->to, DTS_LIT(""));
			continue;
		}
		dts_buf_adds(&sql, "GRANT ");
		dts_account_add_name(&sql, user, host, true, c->to);
		finish(a, c, g, &sql);
		dts_buf_release(&sql);
	}
}

/* MariaDB: SET DEFAULT ROLE `r` FOR `u`@`h` */
static void set_default_role(struct dts_account *a, const struct dts_grant_context *c, struct dts_slice sql, struct dts_arena *arena)
{
	struct dts_slice user = DTS_LIT(""), host;
	struct dts_buf out = {0};
	struct dts_sql_scan s;

	dts_sql_start(&s, sql, 0);
	for (int i = 0; i < 3; i++)
		dts_sql_next(&s);
	dts_account_take(&s, arena, &user, &host);
	const struct dts_account *role = dts_accounts_find(c->all, user, DTS_LIT(""));
	if (!role || role->created.refused)
		return; /* told where it was to be given */
	dts_buf_adds(&out, "SET DEFAULT ROLE ");
	dts_account_add_name(&out, user, DTS_LIT(""), true, c->to);
	dts_buf_adds(&out, c->to == DTS_MYSQL ? " TO " : " FOR ");
	dts_account_add_name(&out, a->user, a->host, false, c->to);
	dts_list_add(&a->grants, dts_buf_text(&out));
	dts_list_add(&a->objects, "");
	dts_buf_release(&out);
}

/* Is the privilege on something that is selected? */
static int is_selected(const struct grant *g, const struct dts_grant_context *c, struct dts_error *err)
{
	if (g->on.len == 0 || g->global || g->proxy || g->revoke)
		return 1;
	if (g->whole)
		return c->has_db(c->ctx, g->db, err);
	return dts_selection_has(c->sel, g->db, g->name);
}

static int take_line(struct dts_account *a, const struct dts_grant_context *c, struct grant *g, struct dts_slice sql,
		     struct dts_error *err)
{
	int rc;

	if (sql.len > 4 && dts_slice_is_nocase(dts_slice(sql.p, 4), "SET ")) {
		set_default_role(a, c, sql, g->arena);
		return 0;
	}
	if (!read(sql, g))
		return dts_fail(err, DTS_BAD_INPUT, "the server's own statement is not understood: %.*s",
				sql.len > 300 ? 300 : (int)sql.len, sql.p);
	/* Those of the roles that it has stand there too. */
	if (!dts_slice_eq(g->user, a->user) || !dts_slice_eq(g->host, a->host))
		return 0;
	if ((rc = is_selected(g, c, err)) <= 0)
		return rc;
	if (g->on.len == 0) {
		grant_roles(a, c, g);
	} else if (c->to == DTS_MARIADB && (g->revoke || (c->restricted && g->global))) {
		/* MySQL's partial_revokes: without them it would get more than it has. */
		if (!g->revoke)
			tell(a, g->privileges, "left out, since %s cannot except databases from it", c->to, g->on);
	} else if (g->proxy && dts_account_is_own(g->db, g->name)) {
		tell(a, DTS_LIT("PROXY"), "left out: the account is the server's own", c->to, g->on);
	} else if (!dts_slice_is_nocase(g->privileges, "USAGE") || g->grant_option) {
		grant_privileges(a, c, g);
	}
	return 0;
}

int dts_account_grant(struct dts_account *a, const struct dts_grant_context *c, struct dts_slice sql, struct dts_error *err)
{
	struct grant g = {.privileges = DTS_LIT(""), .type = DTS_LIT(""), .on = DTS_LIT(""), .arena = c->all->arena};

	return take_line(a, c, &g, sql, err);
}
