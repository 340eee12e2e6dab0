#include "apply/schema.h"

#include <strings.h>

#include "apply/state.h"
#include "charset/charset.h"
#include "ddl/alike.h"
#include "ddl/scan.h"
#include "mysql/ddl_shown.h"
#include "mysql/ddl_try.h"
#include "mysql/quote.h"

/*
 * Is an object there just as the statement makes it? What the target shows is compared with the statement, and where
 * that is not the same word for word, with what the target shows of the same statement, run in a database that is
 * made for it and goes again: another family or version writes the same in other words.
 */

/* From the first parenthesis on: the name before it may have been routed. */
static struct dts_slice body_of(struct dts_slice sql)
{
	const char *p = memchr(sql.p, '(', sql.len);

	return p ? dts_slice(p, sql.len - (size_t)(p - sql.p)) : sql;
}

static struct dts_slice db_of(const struct dts_apply_statement *s)
{
	return s->ddl.objects[0].db.len > 0 ? s->ddl.objects[0].db : s->db;
}

static int refuse_other(const struct dts_apply_statement *s, const char *what, struct dts_error *err)
{
	struct dts_slice db = db_of(s), name = s->ddl.objects[0].name;

	dts_fail(err, DTS_REFUSED, "%s '%.*s.%.*s' is at the target already, with another definition", what, (int)db.len, db.p,
		 (int)name.len, name.p);
	return dts_hint(err, "drop it if it is not needed, or change it to the source's definition");
}

/* Its words are others, and there was no way to see how the target writes the statement. */
static int refuse_unclear(const struct dts_applier *a, const struct dts_apply_statement *s, const char *what, struct dts_error *err)
{
	struct dts_slice db = db_of(s), name = s->ddl.objects[0].name;

	dts_fail(err, DTS_REFUSED, "%s '%.*s.%.*s' is at the target already, in other words than those of the statement, and whether they mean the "
		 "same cannot be told", what, (int)db.len, db.p, (int)name.len, name.p);
	if (a->options.print)
		return dts_hint(err, "a run can tell: it makes the object for a moment in a database dts-try-NUMBER of the target");
	return dts_hint(err, "let the account make it for a moment in a database of its own: GRANT ALL ON `dts-try-%%`.* TO it, and repeat the command");
}

/* What the database gives to what names none. */
static int db_collation(struct dts_applier *a, struct dts_slice db, struct dts_buf *out, struct dts_error *err)
{
	struct dts_buf sql = {0};

	dts_buf_adds(&sql, "SELECT DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME=");
	dts_sql_literal(&sql, db);
	int rc = dts_session_value(a->session, dts_buf_slice(&sql), out, err);
	dts_buf_release(&sql);
	return rc < 0 ? -1 : 0;
}

/* ---- tables ---- */

/* Just so, or so once the keys are there that are built after the rows. */
static int is_wanted(struct dts_applier *a, struct dts_slice db, struct dts_slice table, const struct dts_buf *is,
		     const struct dts_buf *wanted, struct dts_error *err)
{
	if (dts_slice_eq(body_of(dts_buf_slice(is)), body_of(dts_buf_slice(wanted))))
		return 1;
	return dts_keys_explain(a, db, table, dts_buf_slice(is), dts_buf_slice(wanted), err);
}

/* The definition without its UNION=(...), which goes to `list`. */
static void take_union(struct dts_buf *sql, struct dts_buf *list)
{
	struct dts_slice before, whole, after;
	struct dts_buf rest = {0};

	if (!dts_items_union(dts_buf_slice(sql), &before, &whole, &after))
		return;
	dts_buf_add_slice(list, whole);
	while (before.len > 0 && before.p[before.len - 1] == ' ')
		before.len--;
	dts_buf_add_slice(&rest, before);
	dts_buf_add_slice(&rest, after);
	dts_buf_clear(sql);
	dts_buf_add_slice(sql, dts_buf_slice(&rest));
	dts_buf_release(&rest);
}

/* How the target writes the table, in the one or other way. 1; 0: it cannot be tried; -1. */
static int try_table(struct dts_applier *a, const struct dts_apply_statement *s, bool altered, const struct dts_buf *sql,
		     struct dts_buf *text, struct dts_error *err)
{
	struct dts_buf collation = {0};
	struct dts_ddl d = {0};
	int rc = db_collation(a, db_of(s), &collation, err);

	dts_ddl_parse(&d, dts_buf_slice(sql), s->flags);
	dts_buf_clear(text);
	if (rc == 0)
		rc = dts_ddl_tried(a->session, &d, dts_buf_slice(sql), &a->origin, s->context, dts_buf_slice(&collation), altered, text, err);
	dts_buf_release(&collation);
	dts_ddl_release(&d);
	return rc;
}

static int table_there(struct dts_applier *a, const struct dts_apply_statement *s, struct dts_error *err)
{
	struct dts_slice db = db_of(s), name = s->ddl.objects[0].name;
	struct dts_buf is = {0}, wanted = {0}, sql = {0}, union_is = {0}, union_wanted = {0};
	int rc = dts_ddl_definition(a->session, db, name, &is, err);

	if (rc == 0)
		*err = (struct dts_error)DTS_ERROR_INIT;
	dts_ddl_without_counter(s->sql, &wanted);
	dts_buf_add_slice(&sql, s->sql);
	int same = rc > 0 ? is_wanted(a, db, name, &is, &wanted, err) : 0;
	/* The target may write it in other words, and MySQL in yet others once it was altered. */
	int ways = rc > 0 && same == 0 && !a->options.print ? (a->session->family == DTS_MYSQL ? 2 : 1) : 0;
	bool tried = false;
	if (ways > 0) { /* the tables of a MERGE table are not where it is tried */
		take_union(&sql, &union_wanted);
		take_union(&is, &union_is);
	}
	if (!dts_ddl_alike(dts_buf_slice(&union_wanted), dts_buf_slice(&union_is), 0))
		ways = 0;
	for (int way = 0; way < ways && same == 0; way++) {
		same = try_table(a, s, way > 0, &sql, &wanted, err);
		tried |= same > 0;
		if (same > 0)
			same = is_wanted(a, db, name, &is, &wanted, err);
	}
	if (same < 0)
		rc = -1;
	else if (rc > 0 && !same)
		rc = tried ? refuse_other(s, "table", err) : refuse_unclear(a, s, "table", err);
	dts_buf_release(&is);
	dts_buf_release(&wanted);
	dts_buf_release(&sql);
	dts_buf_release(&union_is);
	dts_buf_release(&union_wanted);
	return rc;
}

/* ---- views, programs and sequences ---- */

/* The same modes, in any order. */
static bool same_modes(struct dts_slice a, struct dts_slice b)
{
	size_t found = 0;

	if (a.len != b.len)
		return false;
	for (const char *p = a.p, *end = a.p + a.len; p < end;) {
		const char *comma = memchr(p, ',', (size_t)(end - p));
		struct dts_slice mode = dts_slice(p, (size_t)((comma ? comma : end) - p));
		for (const char *q = b.p; mode.len > 0 && (q = memmem(q, b.len - (size_t)(q - b.p), mode.p, mode.len)); q++)
			if ((q == b.p || q[-1] == ',') && (q + mode.len == b.p + b.len || q[mode.len] == ',')) {
				found += mode.len + 1;
				break;
			}
		p = mode.p + mode.len + 1;
	}
	return found == (a.len > 0 ? a.len + 1 : 0);
}

static bool same_text(const struct dts_buf *a, const struct dts_buf *b)
{
	return dts_slice_eq(dts_buf_slice(a), dts_buf_slice(b));
}

/* utf8 and utf8mb3 are one. */
static bool same_charset(const struct dts_buf *a, const struct dts_buf *b)
{
	return same_text(a, b) || (a->len > 0 && b->len > 0 && dts_charset_find(dts_buf_slice(a)) &&
				   dts_charset_find(dts_buf_slice(a)) == dts_charset_find(dts_buf_slice(b)));
}

static unsigned flags_of(const struct dts_applier *a, const struct dts_shown *s)
{
	return dts_ddl_flags_of_text(dts_buf_slice(&s->sql_mode)) | (a->session->family == DTS_MYSQL ? DTS_DDL_MYSQL : 0);
}

static bool same_settings(const struct dts_shown *a, const struct dts_shown *b)
{
	return same_modes(dts_buf_slice(&a->sql_mode), dts_buf_slice(&b->sql_mode)) && same_charset(&a->charset, &b->charset) &&
	       same_text(&a->collation, &b->collation) && same_text(&a->db_collation, &b->db_collation) &&
	       same_text(&a->time_zone, &b->time_zone);
}

static void take_context(const struct dts_apply_statement *s, const char *name, struct dts_buf *out)
{
	struct dts_json value = s->context.p ? dts_json_get(s->context, name) : (struct dts_json){0};
	struct dts_buf scratch = {0};

	if (value.raw.p && value.type == DTS_JSON_STRING)
		dts_buf_add_slice(out, dts_json_string(value.raw, &scratch));
	dts_buf_release(&scratch);
}

/* The settings that the target would keep of the statement. It keeps no sql_mode of a view, and a time zone of events only. */
static void expect(struct dts_applier *a, const struct dts_apply_statement *s, const struct dts_shown *is, struct dts_buf *collation,
		   struct dts_shown *wanted)
{
	struct dts_error ignored = DTS_ERROR_INIT;
	struct dts_buf text = {0}, modes = {0};
	const struct dts_charset *cs = dts_ddl_context_charset(&s->ddl, s->sql, s->context, &text);

	take_context(s, "sql_mode", &modes);
	if (s->ddl.kind != DTS_DDL_CREATE_VIEW)
		dts_ddl_context_modes(dts_buf_slice(&modes), &a->origin, a->session->family, &wanted->sql_mode, &ignored);
	dts_buf_adds(&wanted->charset, cs ? dts_charset_name(cs) : "utf8mb4");
	take_context(s, "collation_connection", &wanted->collation);
	if (s->ddl.kind == DTS_DDL_CREATE_EVENT)
		take_context(s, "time_zone", &wanted->time_zone);
	if (is->db_collation.len > 0)
		dts_buf_add_slice(&wanted->db_collation, dts_buf_slice(collation));
	dts_buf_release(&text);
	dts_buf_release(&modes);
}

static bool as_stated(struct dts_applier *a, const struct dts_apply_statement *s, const struct dts_shown *is, struct dts_buf *collation)
{
	struct dts_shown wanted = {0};

	if (!dts_ddl_same(s->sql, s->flags, dts_buf_slice(&is->sql), flags_of(a, is)))
		return false;
	if (s->ddl.kind == DTS_DDL_CREATE_SEQUENCE)
		return true;
	expect(a, s, is, collation, &wanted);
	bool same = same_settings(is, &wanted);
	dts_shown_release(&wanted);
	return same;
}

/* A trigger needs a table like its own. */
static int make_table(struct dts_try *t, const struct dts_apply_statement *s, struct dts_error *err)
{
	struct dts_error ignored = DTS_ERROR_INIT;
	struct dts_buf sql = {0};

	for (size_t i = 0; i < s->ddl.count; i++) {
		const struct dts_ddl_object *o = &s->ddl.objects[i];
		if (o->role != DTS_DDL_ON)
			continue;
		dts_buf_adds(&sql, "CREATE TABLE ");
		dts_sql_table(&sql, dts_slice_of(t->db), o->name);
		dts_buf_adds(&sql, " LIKE ");
		dts_sql_table(&sql, o->db.len > 0 ? o->db : s->db, o->name);
		int rc = dts_session_run(t->session, dts_buf_slice(&sql), &ignored);
		dts_buf_release(&sql);
		if (rc < 0 && ignored.status == DTS_AGAIN)
			*err = ignored;
		return rc == 0 ? 1 : ignored.status == DTS_AGAIN ? -1 : 0;
	}
	return 1;
}

/* Does the text call a function of this name without a database? */
static bool calls(const struct dts_apply_statement *st, const char *name)
{
	struct dts_buf word = {0};
	struct dts_sql_scan s;
	bool found = false, is = false;

	for (dts_sql_start(&s, st->sql, st->flags); s.type != DTS_SQL_END && !found; dts_sql_next(&s)) {
		found = is && dts_sql_is_char(&s, '(');
		is = !s.after_dot && (s.type == DTS_SQL_WORD || s.type == DTS_SQL_QUOTED);
		if (!is)
			continue;
		dts_buf_clear(&word);
		if (s.type == DTS_SQL_QUOTED)
			dts_sql_decode(dts_sql_text(&s), s.flags, &word);
		else
			dts_buf_add_slice(&word, dts_sql_text(&s));
		is = strcasecmp(dts_buf_text(&word), name) == 0;
	}
	dts_buf_release(&word);
	return found;
}

/* The target's own function or package of the database, once more: one that such a statement would make. */
static int copy(struct dts_try *t, struct dts_slice db, const char *create, struct dts_slice name, const char *rest, struct dts_error *err)
{
	const struct dts_ddl_origin own = {0};
	struct dts_error why = DTS_ERROR_INIT;
	struct dts_buf like = {0}, context = {0};
	struct dts_shown shown = {0};
	struct dts_ddl ddl = {0};

	dts_buf_adds(&like, create);
	dts_sql_ident(&like, name);
	dts_buf_adds(&like, rest);
	dts_ddl_parse(&ddl, dts_buf_slice(&like), 0);
	int rc = dts_ddl_show(t->session, &ddl, dts_buf_slice(&like), db, &shown, &why);
	if (rc > 0) {
		dts_buf_adds(&context, "{\"sql_mode\":");
		dts_json_add_string(&context, dts_buf_slice(&shown.sql_mode));
		dts_buf_addc(&context, '}');
		dts_ddl_parse(&ddl, dts_buf_slice(&shown.sql), dts_ddl_flags_of_text(dts_buf_slice(&shown.sql_mode)));
		rc = dts_try_run(t, &ddl, dts_buf_slice(&shown.sql), &own, dts_buf_slice(&context), &why, err);
	} else if (rc < 0 && why.status == DTS_AGAIN) {
		*err = why;
	} else {
		rc = 0;
	}
	dts_shown_release(&shown);
	dts_ddl_release(&ddl);
	dts_buf_release(&like);
	dts_buf_release(&context);
	return rc;
}

/* A package's body needs the package; a view needs the functions of its database that it names without it. */
static int make_needed(struct dts_applier *a, struct dts_try *t, const struct dts_apply_statement *s, struct dts_error *err)
{
	struct dts_list names = {0};
	struct dts_buf sql = {0};
	int rc = 1;

	if (s->ddl.kind == DTS_DDL_CREATE_PACKAGE && dts_ddl_is_package_body(&s->ddl, s->sql))
		return copy(t, db_of(s), "CREATE PACKAGE ", s->ddl.objects[0].name, " AS END", err);
	if (s->ddl.kind != DTS_DDL_CREATE_VIEW)
		return 1;
	dts_buf_adds(&sql, "SELECT ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_TYPE='FUNCTION' AND ROUTINE_SCHEMA=");
	dts_sql_literal(&sql, db_of(s));
	MYSQL_RES *res = dts_session_query(a->session, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	if (!res)
		return -1;
	for (MYSQL_ROW row; (row = mysql_fetch_row(res));)
		if (calls(s, row[0]))
			dts_list_add(&names, row[0]);
	mysql_free_result(res);
	for (size_t i = 0; i < names.count && rc > 0; i++)
		rc = copy(t, db_of(s), "CREATE FUNCTION ", dts_slice_of(names.items[i]), "() RETURNS int RETURN 1", err);
	dts_list_release(&names);
	return rc;
}

/* Does the target show the same of the statement when it runs it elsewhere? 1, 0: no, or it cannot be tried and *tried stays as it is; -1. */
static int as_tried(struct dts_applier *a, const struct dts_apply_statement *s, struct dts_buf *collation, bool *tried, struct dts_error *err)
{
	struct dts_error why = DTS_ERROR_INIT, after = DTS_ERROR_INIT;
	struct dts_shown is = {0}, made = {0};
	struct dts_try t;
	int rc = dts_try_open(&t, a->session, dts_buf_slice(collation));

	if (rc == 0)
		return 0;
	if ((rc = make_table(&t, s, err)) > 0 && (rc = make_needed(a, &t, s, err)) > 0)
		rc = dts_try_run(&t, &s->ddl, s->sql, &a->origin, s->context, &why, err);
	/* Both while that database is the default one: names of others stand with theirs. */
	if (rc > 0)
		rc = dts_ddl_show(a->session, &s->ddl, s->sql, dts_slice_of(t.db), &made, err);
	if (rc > 0)
		rc = dts_ddl_show(a->session, &s->ddl, s->sql, db_of(s), &is, err);
	*tried |= rc > 0;
	if (rc > 0)
		rc = dts_ddl_same(dts_buf_slice(&made.sql), flags_of(a, &made), dts_buf_slice(&is.sql), flags_of(a, &is)) &&
		     same_settings(&made, &is);
	if (dts_try_close(&t, rc < 0 ? &after : err) < 0)
		rc = -1;
	dts_shown_release(&is);
	dts_shown_release(&made);
	return rc;
}

/* The collation that the database had when the object was made; of a database that has another one now (ALTER DATABASE between
 * two statements, whose run was killed), the object may be there all the same. Without it, that of the database. */
static int wanted_collation(struct dts_applier *a, const struct dts_apply_statement *s, struct dts_buf *out, struct dts_error *err)
{
	take_context(s, "collation_database", out);
	return out->len > 0 ? 0 : db_collation(a, db_of(s), out, err);
}

/* utf8 is the older name of utf8mb3. */
static struct dts_slice short_name(struct dts_slice collation)
{
	return collation.len > 8 && memcmp(collation.p, "utf8mb3_", 8) == 0 ? dts_slice(collation.p + 8, collation.len - 8)
	       : collation.len > 5 && memcmp(collation.p, "utf8_", 5) == 0  ? dts_slice(collation.p + 5, collation.len - 5)
									     : collation;
}

/* What is in a program without a character set gets that of its database. 0, -1: it is another one there. */
static int check_database(struct dts_applier *a, const struct dts_apply_statement *s, struct dts_error *err)
{
	struct dts_buf wanted = {0}, is = {0}, sql = {0};
	struct dts_slice db = db_of(s), name = s->ddl.objects[0].name;
	int rc = 0;

	take_context(s, "collation_database", &wanted);
	if (wanted.len > 0 && !a->options.print)
		rc = db_collation(a, db, &is, err);
	if (rc == 0 && is.len > 0 && !dts_slice_eq(short_name(dts_buf_slice(&is)), short_name(dts_buf_slice(&wanted)))) {
		rc = dts_fail(err, DTS_REFUSED, "%s '%.*s.%.*s' was made in a database of the collation %s, and that of the target has %s, which "
			      "what it says without a character set would have", dts_ddl_type_name(s->ddl.objects[0].type), (int)db.len, db.p,
			      (int)name.len, name.p, dts_buf_text(&wanted), dts_buf_text(&is));
		dts_buf_adds(&sql, "ALTER DATABASE ");
		dts_sql_ident(&sql, db);
		dts_hint(err, "give the database the collation at the target, and repeat the command: %s COLLATE %s", dts_buf_text(&sql),
			 dts_buf_text(&wanted));
	}
	dts_buf_release(&wanted);
	dts_buf_release(&is);
	dts_buf_release(&sql);
	return rc;
}

/* Triggers come in the order in which they act. One that was made again since acts last: then those that are to act behind it
 * have to be made again as well. */
static int check_order(struct dts_applier *a, const struct dts_apply_statement *s, struct dts_error *err)
{
	struct dts_slice db = db_of(s), name = s->ddl.objects[0].name;
	struct dts_buf sql = {0}, found = {0};

	dts_buf_adds(&sql, "SELECT l.TRIGGER_NAME FROM information_schema.TRIGGERS t JOIN information_schema.TRIGGERS l"
			   " ON l.TRIGGER_SCHEMA=t.TRIGGER_SCHEMA AND l.EVENT_OBJECT_TABLE=t.EVENT_OBJECT_TABLE AND l.ACTION_TIMING=t.ACTION_TIMING"
			   " AND l.EVENT_MANIPULATION=t.EVENT_MANIPULATION AND l.ACTION_ORDER>t.ACTION_ORDER WHERE t.TRIGGER_SCHEMA=");
	dts_sql_literal(&sql, db);
	dts_buf_adds(&sql, " AND t.TRIGGER_NAME=");
	dts_sql_literal(&sql, name);
	dts_buf_adds(&sql, " AND l.TRIGGER_NAME=");
	dts_sql_literal(&sql, dts_buf_slice(&a->last_trigger));
	int rc = a->last_trigger.len > 0 ? dts_session_value(a->session, dts_buf_slice(&sql), &found, err) : 0;
	if (rc > 0) {
		rc = dts_fail(err, DTS_REFUSED, "trigger '%.*s.%.*s' is at the target already, where it acts before '%s', and not behind it as at the "
			      "source", (int)db.len, db.p, (int)name.len, name.p, dts_buf_text(&found));
		dts_hint(err, "drop it, and repeat the command, which makes it again");
	}
	dts_buf_release(&sql);
	dts_buf_release(&found);
	return rc;
}

static int object_there(struct dts_applier *a, const struct dts_apply_statement *s, struct dts_error *err)
{
	struct dts_buf collation = {0};
	struct dts_shown is = {0};
	bool tried = false;

	/* The text of a view names the databases of its tables where none of them is the default one. */
	mysql_select_db(a->session->mysql, "information_schema");
	int rc = dts_ddl_show(a->session, &s->ddl, s->sql, db_of(s), &is, err), same = 0;
	if (rc == 0)
		rc = check_database(a, s, err);
	if (rc > 0 && wanted_collation(a, s, &collation, err) < 0)
		rc = -1;
	if (rc > 0) {
		same = as_stated(a, s, &is, &collation);
		if (!same && !a->options.print)
			same = as_tried(a, s, &collation, &tried, err);
		const char *what = dts_ddl_type_name(s->ddl.objects[0].type);
		if (same < 0)
			rc = -1;
		else if (!same)
			rc = tried ? refuse_other(s, what, err) : refuse_unclear(a, s, what, err);
	}
	if (rc > 0 && s->ddl.kind == DTS_DDL_CREATE_TRIGGER && check_order(a, s, err) < 0)
		rc = -1;
	if (rc >= 0 && s->ddl.kind == DTS_DDL_CREATE_TRIGGER) {
		dts_buf_clear(&a->last_trigger);
		dts_buf_add_slice(&a->last_trigger, s->ddl.objects[0].name);
	}
	dts_shown_release(&is);
	dts_buf_release(&collation);
	return rc;
}

int dts_apply_schema_there(struct dts_applier *a, const struct dts_apply_statement *s, struct dts_error *err)
{
	return s->ddl.kind == DTS_DDL_CREATE_TABLE ? table_there(a, s, err) : object_there(a, s, err);
}
