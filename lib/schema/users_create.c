/* SHOW CREATE USER for the target. */
#include <stdlib.h>

#include "mysql/quote.h"
#include "schema/users_parts.h"

/* Hashes of their plugins that no password has: the servers take them (tried on 10.11, 11.8 and 9.7). */
static const char no_mysql_password[] = "$A$005$********************THIS*IS*NOT*A*DIGEST*OF*ANY*PASSWORD*******";
static const char no_mariadb_password[] = "invalid";

/* The clauses of a CREATE USER, as written; empty where they are not there. */
struct clauses {
	struct dts_slice auth, roles, require, limits, expire, lock;
	size_t behind_roles; /* what follows the default roles, or the account's name and how it is known */
};

struct method {
	struct dts_slice plugin, hash; /* decoded */
	bool has_hash;
};

static bool begins_clause(const struct dts_sql_scan *s, const struct dts_sql_scan *before)
{
	static const char *const words[] = {"REQUIRE", "ACCOUNT", "FAILED_LOGIN_ATTEMPTS", "PASSWORD_LOCK_TIME", "ATTRIBUTE", "COMMENT", NULL};

	if (dts_sql_is(s, "DEFAULT")) {
		struct dts_sql_scan next = *s;
		dts_sql_next(&next);
		return dts_sql_is(&next, "ROLE");
	}
	if (dts_sql_is(s, "PASSWORD"))
		return !dts_sql_is(before, "BY");
	if (dts_sql_is(s, "WITH"))
		return !dts_sql_is(before, "IDENTIFIED");
	for (const char *const *word = words; *word; word++)
		if (dts_sql_is(s, *word))
			return true;
	return false;
}

/* The clause at hand, to the next; a word that might begin one belongs to it where it stands first, or second. */
static struct dts_slice take_clause(struct dts_sql_scan *s, unsigned own)
{
	size_t at = s->at, end = s->at;
	struct dts_sql_scan before = *s;

	for (unsigned i = 0; s->type != DTS_SQL_END; i++) {
		if (i >= own && begins_clause(s, &before))
			break;
		end = s->at + s->len;
		before = *s;
		dts_sql_next(s);
	}
	return dts_slice(s->sql.p + at, end - at);
}

static void tell(struct dts_account *a, struct dts_slice clause, enum dts_family to)
{
	struct dts_buf line = {0};

	dts_buf_addf(&line, "%s has no %.*s", dts_family_name(to), (int)clause.len, clause.p);
	dts_list_add(&a->created.why, dts_buf_text(&line));
	dts_buf_release(&line);
}

static bool ends_with(struct dts_slice text, const char *word)
{
	size_t len = strlen(word);

	return text.len >= len && dts_slice_is_nocase(dts_slice(text.p + text.len - len, len), word);
}

/* A limit that MySQL has not. */
static struct dts_slice cut_statement_time(struct dts_account *a, struct dts_slice limits, struct dts_buf *out)
{
	struct dts_sql_scan s;

	for (dts_sql_start(&s, limits, 0); s.type != DTS_SQL_END; dts_sql_next(&s)) {
		if (!dts_sql_is(&s, "MAX_STATEMENT_TIME"))
			continue;
		tell(a, dts_slice(limits.p + s.at, limits.len - s.at), DTS_MYSQL);
		dts_buf_add(out, limits.p, s.at);
		while (out->len > 0 && out->data[out->len - 1] == ' ')
			out->len--;
		return dts_slice_is_nocase(dts_buf_slice(out), "WITH") ? DTS_LIT("") : dts_buf_slice(out);
	}
	return limits;
}

/* What stands behind the name. With `to` other than the server's own family, clauses that it has not are told. */
static void take_clauses(struct dts_account *a, struct dts_sql_scan *s, bool other, enum dts_family to, struct clauses *c)
{
	while (s->type != DTS_SQL_END) {
		struct dts_sql_scan next = *s;
		dts_sql_next(&next);
		if (dts_sql_is(s, "IDENTIFIED")) {
			c->auth = take_clause(s, 2);
			c->behind_roles = s->at;
		} else if (dts_sql_is(s, "DEFAULT")) {
			c->roles = take_clause(s, 2);
			c->behind_roles = s->at;
		} else if (dts_sql_is(s, "REQUIRE")) {
			c->require = take_clause(s, 1);
		} else if (dts_sql_is(s, "WITH")) {
			c->limits = take_clause(s, 1);
		} else if (dts_sql_is(s, "PASSWORD") && dts_sql_is(&next, "EXPIRE")) {
			c->expire = take_clause(s, 2);
		} else if (dts_sql_is(s, "ACCOUNT")) {
			c->lock = take_clause(s, 2);
		} else {
			struct dts_slice clause = take_clause(s, dts_sql_is(s, "PASSWORD") ? 2 : 1); /* PASSWORD REQUIRE ... */
			if (other && !ends_with(clause, "DEFAULT"))
				tell(a, clause, to);
		}
	}
}

/* One way after the other by which the account is known, as `next` of a walk over c->auth. */
static bool next_method(struct dts_sql_scan *s, struct dts_arena *arena, struct method *m)
{
	struct dts_buf b = {0};

	*m = (struct method){0};
	while (s->type == DTS_SQL_WORD && (dts_sql_is(s, "IDENTIFIED") || dts_sql_is(s, "VIA") || dts_sql_is(s, "WITH") ||
					   dts_sql_is(s, "OR") || dts_sql_is(s, "AND")))
		dts_sql_next(s);
	if (s->type == DTS_SQL_END)
		return false;
	if (dts_sql_is(s, "BY")) { /* MariaDB: BY PASSWORD '*...' */
		m->plugin = DTS_LIT("mysql_native_password");
		dts_sql_next(s);
	} else {
		if (s->type == DTS_SQL_WORD)
			dts_buf_add_slice(&b, dts_sql_text(s));
		else
			dts_sql_decode(dts_sql_text(s), 0, &b);
		m->plugin = dts_arena_copy(arena, dts_buf_slice(&b));
	}
	dts_sql_next(s);
	if (dts_sql_is(s, "USING") || dts_sql_is(s, "AS"))
		dts_sql_next(s);
	dts_buf_clear(&b);
	if (s->type == DTS_SQL_STRING) {
		dts_sql_decode(dts_sql_text(s), 0, &b);
		m->has_hash = true;
	} else if (s->type == DTS_SQL_WORD && s->len > 2 && s->sql.p[s->at] == '0' && s->sql.p[s->at + 1] == 'x') {
		for (size_t i = s->at + 2; i + 1 < s->at + s->len; i += 2)
			dts_buf_addc(&b, (char)strtoul((char[]){s->sql.p[i], s->sql.p[i + 1], '\0'}, NULL, 16));
		m->has_hash = true;
	}
	m->hash = dts_arena_copy(arena, dts_buf_slice(&b));
	m->has_hash &= b.len > 0;
	dts_buf_release(&b);
	/* What else there is of a method, to the next. */
	while (s->type != DTS_SQL_END && !dts_sql_is(s, "OR") && !dts_sql_is(s, "AND"))
		dts_sql_next(s);
	return true;
}

static void add_method(struct dts_buf *out, const char *plugin, struct dts_slice hash, enum dts_family to)
{
	dts_buf_addf(out, " IDENTIFIED %s %s", to == DTS_MYSQL ? "WITH" : "VIA", plugin);
	if (hash.len == 0)
		return;
	dts_buf_adds(out, to == DTS_MYSQL ? " AS " : " USING ");
	dts_sql_literal(out, hash);
}

static void lock_out(struct dts_account *a, struct dts_slice plugin, bool was_locked, enum dts_family to)
{
	struct dts_buf line = {0};

	dts_buf_addf(&line, "how it is known cannot be kept (%.*s, which %s has not): it is locked, with no password",
		     (int)plugin.len, plugin.p, dts_family_name(to));
	dts_list_add(&a->created.why, dts_buf_text(&line));
	dts_buf_release(&line);
	dts_buf_adds(&a->created.by_hand, "ALTER USER ");
	dts_account_add_name(&a->created.by_hand, a->user, a->host, false, to);
	dts_buf_addf(&a->created.by_hand, " IDENTIFIED BY 'a new password'%s", was_locked ? "" : " ACCOUNT UNLOCK");
}

static bool has_factors(struct dts_slice auth)
{
	struct dts_sql_scan s;

	for (dts_sql_start(&s, auth, 0); s.type != DTS_SQL_END; dts_sql_next(&s))
		if (dts_sql_is(&s, "AND"))
			return true;
	return false;
}

/* How the other family knows the account. False: it cannot. */
static bool port_auth(struct dts_account *a, const struct clauses *c, enum dts_family from, enum dts_family to, struct dts_arena *arena)
{
	struct dts_slice lost = DTS_LIT("");
	struct dts_sql_scan s;
	struct method m;
	bool keeps, open = c->auth.len == 0, factors = has_factors(c->auth);
	size_t kept = 0;

	for (dts_sql_start(&s, c->auth, 0); next_method(&s, arena, &m);) {
		const char *plugin = dts_plugin_word(m.plugin, from, to, &keeps);
		if (factors)
			lost = DTS_LIT("several factors");
		else if (!m.has_hash && (dts_slice_is(m.plugin, "caching_sha2_password") || dts_slice_is(m.plugin, "sha256_password") ||
				    dts_slice_is(m.plugin, "mysql_native_password")))
			open = true; /* known without a password, by any plugin */
		else if (plugin && kept++ == 0)
			add_method(&a->create, plugin, keeps ? m.hash : DTS_LIT(""), to);
		else
			lost = m.plugin;
	}
	if (kept == 0 && !open) {
		add_method(&a->create, to == DTS_MYSQL ? "caching_sha2_password" : "mysql_native_password",
			   dts_slice_of(to == DTS_MYSQL ? no_mysql_password : no_mariadb_password), to);
		lock_out(a, lost, ends_with(c->lock, "LOCK") && !ends_with(c->lock, "UNLOCK"), to);
		return false;
	}
	if (lost.len > 0) {
		struct dts_buf line = {0};
		dts_buf_addf(&line, "it is not known by %.*s, which %s has not", (int)lost.len, lost.p, dts_family_name(to));
		dts_list_add(&a->created.why, dts_buf_text(&line));
		dts_buf_release(&line);
	}
	if (kept > 0 && to == DTS_MYSQL)
		dts_list_add(&a->created.why, "it is known by auth_socket, a plugin that MySQL has to have loaded");
	return true;
}

static void add_clause(struct dts_buf *out, struct dts_slice clause)
{
	if (clause.len == 0)
		return;
	dts_buf_addc(out, ' ');
	dts_buf_add_slice(out, clause);
}

static void port(struct dts_account *a, const struct clauses *c, enum dts_family from, enum dts_family to, struct dts_arena *arena)
{
	struct dts_buf limits = {0};
	bool known = port_auth(a, c, from, to, arena);

	add_clause(&a->create, c->require);
	add_clause(&a->create, to == DTS_MYSQL ? cut_statement_time(a, c->limits, &limits) : c->limits);
	add_clause(&a->create, c->expire);
	add_clause(&a->create, known ? c->lock : DTS_LIT("ACCOUNT LOCK"));
	dts_buf_release(&limits);
}

/* The text for the same family. MariaDB shows a password that none fits in words that it does not take. */
static void copy(struct dts_account *a, const struct clauses *c, struct dts_slice sql, enum dts_family family, struct dts_arena *arena)
{
	struct dts_sql_scan s;
	struct method m;

	dts_sql_start(&s, c->auth, 0);
	dts_sql_next(&s);
	if (family == DTS_MARIADB && dts_sql_is(&s, "BY")) {
		dts_sql_start(&s, c->auth, 0);
		if (next_method(&s, arena, &m))
			add_method(&a->create, "mysql_native_password", m.hash, family);
	} else {
		add_clause(&a->create, c->auth);
	}
	add_clause(&a->create, dts_slice(sql.p + c->behind_roles, sql.len - c->behind_roles));
}

static bool read(struct dts_account *a, struct dts_slice sql, bool other, enum dts_family to, struct dts_arena *arena, struct clauses *c)
{
	struct dts_slice user, host;
	struct dts_sql_scan s;

	*c = (struct clauses){.auth = DTS_LIT(""), .roles = DTS_LIT(""), .require = DTS_LIT(""), .limits = DTS_LIT(""),
			      .expire = DTS_LIT(""), .lock = DTS_LIT("")};
	dts_sql_start(&s, sql, 0);
	dts_sql_next(&s); /* CREATE */
	dts_sql_next(&s); /* USER */
	if (!dts_account_take(&s, arena, &user, &host))
		return false;
	c->behind_roles = s.type == DTS_SQL_END ? sql.len : s.at;
	take_clauses(a, &s, other, to, c);
	return true;
}

void dts_account_create(struct dts_account *a, struct dts_slice sql, enum dts_family from, enum dts_family to,
			struct dts_arena *arena)
{
	struct clauses c;

	dts_buf_adds(&a->create, a->made_as_role ? "CREATE ROLE IF NOT EXISTS " : "CREATE USER IF NOT EXISTS ");
	dts_account_add_name(&a->create, a->user, a->host, a->made_as_role, to);
	if (a->made_as_role || !read(a, sql, from != to, to, arena, &c))
		return;
	if (from == to)
		copy(a, &c, sql, from, arena);
	else
		port(a, &c, from, to, arena);
}

void dts_account_default_roles(struct dts_account *a, const struct dts_accounts *all, struct dts_slice sql, enum dts_family to,
			       struct dts_arena *arena)
{
	struct dts_slice user, host;
	struct dts_buf out = {0};
	struct dts_account ignored = {0};
	struct dts_sql_scan s;
	struct clauses c;
	size_t count = 0;

	if (!read(&ignored, sql, false, to, arena, &c) || c.roles.len == 0)
		return;
	dts_buf_adds(&out, "SET DEFAULT ROLE ");
	dts_sql_start(&s, c.roles, 0);
	dts_sql_next(&s); /* DEFAULT */
	dts_sql_next(&s); /* ROLE */
	while (dts_account_take(&s, arena, &user, &host)) {
		const struct dts_account *role = dts_accounts_find(all, user, host);
		if (to == DTS_MARIADB && (count > 0 || !role || !role->made_as_role)) {
			dts_list_add(&a->granted.why, "MariaDB has one default role, and no account for one");
		} else {
			dts_buf_adds(&out, count++ > 0 ? "," : "");
			dts_account_add_name(&out, user, host, true, to);
		}
		if (dts_sql_is_char(&s, ','))
			dts_sql_next(&s);
	}
	dts_buf_adds(&out, to == DTS_MYSQL ? " TO " : " FOR ");
	dts_account_add_name(&out, a->user, a->host, a->made_as_role, to);
	if (count > 0)
		dts_list_add(&a->grants, dts_buf_text(&out));
	dts_buf_release(&out);
}
