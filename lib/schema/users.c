#include "schema/users.h"

#include <stdlib.h>

#include "mysql/quote.h"
#include "schema/users_parts.h"

/* --- names */

static bool take_part(struct dts_sql_scan *s, struct dts_arena *arena, struct dts_slice *name)
{
	struct dts_buf b = {0};

	if (s->type == DTS_SQL_WORD || s->type == DTS_SQL_NUMBER)
		dts_buf_add_slice(&b, dts_sql_text(s));
	else if (s->type == DTS_SQL_QUOTED || s->type == DTS_SQL_STRING)
		dts_sql_decode(dts_sql_text(s), s->flags, &b);
	else
		return false;
	*name = dts_arena_copy(arena, dts_buf_slice(&b));
	dts_buf_release(&b);
	dts_sql_next(s);
	return true;
}

bool dts_account_take(struct dts_sql_scan *s, struct dts_arena *arena, struct dts_slice *user, struct dts_slice *host)
{
	*host = DTS_LIT("");
	if (!take_part(s, arena, user))
		return false;
	if (!dts_sql_is_char(s, '@'))
		return true;
	dts_sql_next(s);
	return take_part(s, arena, host);
}

void dts_account_add_name(struct dts_buf *b, struct dts_slice user, struct dts_slice host, bool role, enum dts_family target)
{
	if (role && target == DTS_MARIADB) {
		if (dts_slice_is(user, "PUBLIC"))
			dts_buf_adds(b, "PUBLIC");
		else
			dts_sql_ident(b, user);
		return;
	}
	dts_sql_ident(b, user);
	dts_buf_addc(b, '@');
	dts_sql_ident(b, host.len == 0 && role ? DTS_LIT("%") : host);
}

bool dts_account_is_own(struct dts_slice user, struct dts_slice host)
{
	static const char *const names[] = {"mysql.sys", "mysql.session", "mysql.infoschema", "mariadb.sys", "", NULL};
	static const char *const local[] = {"localhost", "127.0.0.1", "::1", NULL};

	for (const char *const *name = names; *name; name++)
		if (dts_slice_is(user, *name))
			return true;
	for (const char *const *name = local; *name; name++)
		if (dts_slice_is(user, "root") && dts_slice_is(host, *name))
			return true;
	return false;
}

struct dts_account *dts_accounts_find(const struct dts_accounts *all, struct dts_slice user, struct dts_slice host)
{
	for (size_t i = 0; i < all->count; i++)
		if (dts_slice_eq(all->items[i].user, user) && dts_slice_eq(all->items[i].host, host))
			return &all->items[i];
	return NULL;
}

/* --- the list */

static struct dts_account *add(struct dts_accounts *all, struct dts_slice user, struct dts_slice host, bool role)
{
	if (all->count == all->room) {
		all->room = all->room ? 2 * all->room : 16;
		all->items = dts_realloc(all->items, all->room * sizeof *all->items);
	}
	struct dts_account *a = &all->items[all->count++];
	*a = (struct dts_account){.user = dts_arena_copy(all->arena, user), .host = dts_arena_copy(all->arena, host), .is_role = role};
	return a;
}

/* MySQL's roles are accounts that nobody can use, as CREATE ROLE leaves them. */
static const char list_mysql[] =
	"SELECT User,Host,account_locked='Y' AND password_expired='Y' AND authentication_string='' AS r FROM mysql.user"
	" WHERE NOT (User='root' AND Host=@@hostname) ORDER BY r DESC,User,Host";
static const char list_mariadb[] = "SELECT User,Host,is_role='Y' AS r FROM mysql.user"
				   " WHERE NOT (User='root' AND Host=@@hostname) ORDER BY r DESC,User,Host";

static int denied(struct dts_error *err)
{
	if (err->status != DTS_REFUSED)
		return -1;
	return dts_hint(err, "grant SELECT on mysql.* to read accounts, or leave --with-users out");
}

static int list(struct dts_session *s, struct dts_accounts *all, struct dts_error *err)
{
	MYSQL_RES *res = dts_session_query(s, s->family == DTS_MYSQL ? dts_slice_of(list_mysql) : dts_slice_of(list_mariadb), err);

	if (!res)
		return denied(err);
	for (MYSQL_ROW row; (row = mysql_fetch_row(res));) {
		const unsigned long *len = mysql_fetch_lengths(res);
		struct dts_slice user = dts_slice(row[0], len[0]), host = dts_slice(row[1], len[1]);
		if (!dts_account_is_own(user, host))
			add(all, user, host, row[2] && row[2][0] == '1');
	}
	mysql_free_result(res);
	return 0;
}

/* Which of the roles the target can have as such. */
static void choose_roles(struct dts_accounts *all, enum dts_family from, enum dts_family to)
{
	for (size_t i = 0; i < all->count; i++) {
		struct dts_account *a = &all->items[i], *other;
		if (!a->is_role)
			continue;
		a->made_as_role = from == DTS_MARIADB || to == DTS_MARIADB;
		if (from == to)
			continue;
		for (size_t k = 0; k < i; k++) /* MySQL's may differ by their hosts alone */
			if (to == DTS_MARIADB && dts_slice_eq(all->items[k].user, a->user) && all->items[k].made_as_role)
				a->created.refused = true;
		other = to == DTS_MYSQL ? dts_accounts_find(all, a->user, DTS_LIT("%")) : NULL;
		if (a->created.refused || (other && !other->is_role)) {
			a->created.refused = true;
			dts_list_add(&a->created.why, "there is a user of the same name, and the target has one account for both");
		} else if (dts_slice_is(a->user, "PUBLIC") && from == DTS_MARIADB) {
			a->created.refused = true;
			dts_list_add(&a->created.why, "MySQL has no PUBLIC: what it gives to everybody is a role of mandatory_roles");
		} else if (to == DTS_MARIADB && !dts_slice_is(a->host, "%")) {
			dts_list_add(&a->created.why, "at MariaDB a role has no host");
		}
	}
}

/* --- what each is */

/* An account of a host's name is not used with skip_name_resolve: MariaDB, MySQL. */
enum { NO_SUCH_USER = 1133, CANNOT_USER = 1396 };

static void add_account(struct dts_buf *sql, const struct dts_account *a, enum dts_family family)
{
	dts_account_add_name(sql, a->user, a->host, a->is_role && family == DTS_MARIADB, family);
}

static int read_create(struct dts_session *s, struct dts_account *a, struct dts_accounts *all, enum dts_family to, struct dts_error *err)
{
	struct dts_buf sql = {0}, text = {0};
	int rc = 1;

	if (s->family != DTS_MARIADB || !a->is_role) {
		dts_buf_adds(&sql, "SHOW CREATE USER ");
		add_account(&sql, a, s->family);
		rc = dts_session_value(s, dts_buf_slice(&sql), &text, err);
	}
	if (rc < 0 && (mysql_errno(s->mysql) == NO_SUCH_USER || mysql_errno(s->mysql) == CANNOT_USER)) {
		*err = (struct dts_error)DTS_ERROR_INIT;
		a->created.refused = true;
		dts_list_add(&a->created.why, "the server does not use it itself: it does not look up the names of hosts");
		rc = 0;
	}
	if (rc > 0 && !a->created.refused && !dts_slice_is(a->user, "PUBLIC"))
		dts_account_create(a, dts_buf_slice(&text), s->family, to, all->arena);
	if (rc > 0 && s->family == DTS_MYSQL)
		dts_account_default_roles(a, all, dts_buf_slice(&text), to, all->arena);
	dts_buf_release(&sql);
	dts_buf_release(&text);
	return rc < 0 ? denied(err) : 0;
}

struct database_context {
	struct dts_session *session;
	const struct dts_selection *sel;
};

/* A pattern of databases, as LIKE takes it too; \_ and \% are themselves. */
static int has_db(void *ctx, struct dts_slice pattern, struct dts_error *err)
{
	const struct database_context *c = ctx;
	struct dts_buf sql = {0};
	int found = 0;

	if (!memchr(pattern.p, '%', pattern.len) && !memchr(pattern.p, '_', pattern.len))
		return dts_selection_has_db(c->sel, pattern);
	dts_buf_adds(&sql, "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE ");
	dts_sql_literal(&sql, pattern);
	MYSQL_RES *res = dts_session_query(c->session, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	if (!res)
		return -1;
	for (MYSQL_ROW row; (row = mysql_fetch_row(res));)
		found |= dts_selection_has_db(c->sel, dts_slice(row[0], mysql_fetch_lengths(res)[0]));
	mysql_free_result(res);
	return found;
}

/* Its lines of SHOW GRANTS: into `lines`. */
static int read_grants(struct dts_session *s, const struct dts_account *a, struct dts_list *lines, struct dts_error *err)
{
	struct dts_buf sql = {0};

	dts_buf_adds(&sql, "SHOW GRANTS FOR ");
	add_account(&sql, a, s->family);
	MYSQL_RES *res = dts_session_query(s, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	if (!res)
		return denied(err);
	for (MYSQL_ROW row; (row = mysql_fetch_row(res));)
		dts_list_add(lines, row[0]);
	mysql_free_result(res);
	return 0;
}

static int take_grants(struct dts_session *s, struct dts_account *a, struct dts_accounts *all, const struct dts_selection *sel,
		       enum dts_family to, struct dts_error *err)
{
	struct database_context databases = {s, sel};
	struct dts_grant_context c = {.all = all, .sel = sel, .from = s->family, .to = to, .has_db = has_db, .ctx = &databases};
	struct dts_list defaults = a->grants, lines = {0};
	int rc = read_grants(s, a, &lines, err);

	a->grants = (struct dts_list){0};
	for (size_t i = 0; i < lines.count; i++)
		c.restricted |= strncmp(lines.items[i], "REVOKE ", 7) == 0;
	for (size_t i = 0; rc == 0 && i < lines.count; i++)
		rc = dts_account_grant(a, &c, dts_slice_of(lines.items[i]), err);
	for (size_t i = 0; i < defaults.count; i++) {
		dts_list_add(&a->grants, defaults.items[i]);
		dts_list_add(&a->objects, "");
	}
	dts_list_release(&defaults);
	dts_list_release(&lines);
	return rc;
}

static int read_one(struct dts_session *s, struct dts_account *a, struct dts_accounts *all, const struct dts_selection *sel,
		    enum dts_family to, struct dts_error *err)
{
	if (read_create(s, a, all, to, err) < 0 || (!a->created.refused && take_grants(s, a, all, sel, to, err) < 0))
		return dts_where(err, "account '%s@%s'", a->user.p, a->host.p);
	return 0;
}

int dts_schema_accounts(struct dts_session *s, enum dts_family target, const struct dts_selection *sel,
			struct dts_accounts *out, struct dts_error *err)
{
	*out = (struct dts_accounts){.arena = dts_arena_new()};
	/* A hash has any bytes. */
	if (s->family == DTS_MYSQL && dts_session_run(s, DTS_LIT("SET SESSION print_identified_with_as_hex=ON"), err) < 0)
		return -1;
	if (list(s, out, err) < 0)
		return -1;
	choose_roles(out, s->family, target);
	for (size_t i = 0; i < out->count; i++)
		if (read_one(s, &out->items[i], out, sel, target, err) < 0)
			return -1;
	return 0;
}

void dts_accounts_object(struct dts_buf *b, bool routine, struct dts_slice db, struct dts_slice name)
{
	dts_buf_adds(b, routine ? "routine " : "table ");
	dts_sql_table(b, db, name);
}

void dts_accounts_release(struct dts_accounts *a)
{
	for (size_t i = 0; i < a->count; i++) {
		dts_buf_release(&a->items[i].create);
		dts_ported_release(&a->items[i].created);
		dts_list_release(&a->items[i].grants);
		dts_list_release(&a->items[i].objects);
		dts_ported_release(&a->items[i].granted);
	}
	free(a->items);
	dts_arena_free(a->arena);
	*a = (struct dts_accounts){0};
}
