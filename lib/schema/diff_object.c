/* How the target itself writes what the source has. */
#include "ddl/alike.h"
#include "ddl/scan.h"
#include "ddl/table_items.h"
#include "mysql/quote.h"
#include "record/json.h"
#include "schema/diff_impl.h"
#include "schema/table_text.h"

/* ---- a database to try definitions in, made when the first is tried ---- */

static int open_try(struct dts_schema_diff *d, struct dts_error *err)
{
	if (d->try.db[0])
		return 0;
	dts_ddl_sweep(d->target);
	if (dts_try_open(&d->try, d->target, (struct dts_slice){NULL, 0}) > 0)
		return 0;
	dts_fail(err, DTS_REFUSED, "cannot make a database at the target to see how it writes the source's definitions");
	return dts_hint(err, "grant the target's account ALL ON `dts-try-%%`.*");
}

int dts_diff_try_end(struct dts_schema_diff *d, struct dts_error *err)
{
	return dts_try_close(&d->try, err);
}

/* The collation of the database that a program is made in. */
static int set_collation(struct dts_schema_diff *d, struct dts_slice collation, struct dts_error *err)
{
	struct dts_buf sql = {0};

	if (collation.len == 0 || dts_slice_eq(dts_buf_slice(&d->try_collation), collation))
		return 0;
	dts_buf_addf(&sql, "ALTER DATABASE `%s` COLLATE ", d->try.db);
	dts_sql_literal(&sql, collation);
	int rc = dts_session_run(d->target, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	dts_buf_clear(&d->try_collation);
	dts_buf_add_slice(&d->try_collation, collation);
	return rc;
}

static int drop_tried(struct dts_schema_diff *d, const char *word, struct dts_slice name, struct dts_error *err)
{
	struct dts_buf sql = {0};

	dts_buf_addf(&sql, "DROP %s IF EXISTS ", word);
	dts_sql_table(&sql, dts_slice_of(d->try.db), name);
	int rc = dts_session_run(d->target, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	return rc;
}

/* ---- tables ---- */

static int read_text(struct dts_schema_diff *d, struct dts_slice db, struct dts_slice name, struct dts_slice *text, struct dts_error *err)
{
	const struct dts_schema_object table = {.type = DTS_DDL_TYPE_TABLE, .db = db, .name = name, .word = DTS_LIT("TABLE")};
	struct dts_list doubts = {0}; /* the same on both sides */
	struct dts_buf sql = {0};
	int rc = dts_schema_table_text(d->target, &table, &sql, &doubts, err);

	if (rc == 0) {
		dts_buf_clear(&d->text);
		dts_ddl_without_counter(dts_buf_slice(&sql), &d->text);
		*text = dts_arena_copy(d->arena, dts_buf_slice(&d->text));
	}
	dts_buf_release(&sql);
	dts_list_release(&doubts);
	return rc;
}

/* MySQL puts literals of a CHECK into the column's character set when the table is altered. */
static int read_altered(struct dts_schema_diff *d, struct dts_diff_object *x, struct dts_error *err)
{
	struct dts_buf sql = {0};

	if (d->target->family != DTS_MYSQL || !memmem(x->wanted.p, x->wanted.len, " CHECK (", 8))
		return 0;
	dts_buf_adds(&sql, "ALTER TABLE ");
	dts_sql_table(&sql, dts_slice_of(d->try.db), x->o.name);
	dts_buf_adds(&sql, " FORCE");
	int rc = dts_session_run(d->target, dts_buf_slice(&sql), err);
	if (rc == 0)
		rc = read_text(d, dts_slice_of(d->try.db), x->o.name, &x->altered, err);
	dts_buf_release(&sql);
	return rc;
}

/* The table as the target writes it. 1; 0: it refuses the statement, -1. */
static int try_table(struct dts_schema_diff *d, struct dts_diff_object *x, struct dts_error *why, struct dts_error *err)
{
	struct dts_slice sql = x->sql, before, list, after;
	struct dts_buf text = {0};
	bool merge = dts_items_union(sql, &before, &list, &after);

	if (merge) {
		dts_buf_add_slice(&text, before);
		dts_buf_add_slice(&text, after);
		sql = dts_buf_slice(&text);
	}
	dts_ddl_parse(&d->ddl, sql, x->flags);
	int rc = dts_try_run(&d->try, &d->ddl, sql, &d->origin, x->context, why, err);
	if (rc > 0 && (read_text(d, dts_slice_of(d->try.db), x->o.name, &x->wanted, err) < 0 || read_altered(d, x, err) < 0))
		rc = -1;
	if (rc > 0 && merge) {
		dts_buf_clear(&text);
		dts_buf_add_slice(&text, x->wanted);
		dts_buf_addc(&text, ' ');
		dts_buf_add_slice(&text, list);
		x->wanted = dts_arena_copy(d->arena, dts_buf_slice(&text));
	}
	if (rc > 0 && drop_tried(d, "TABLE", x->o.name, err) < 0)
		rc = -1;
	dts_buf_release(&text);
	return rc;
}

int dts_diff_read_table(struct dts_schema_diff *d, struct dts_diff_object *x, struct dts_error *err)
{
	struct dts_error why = DTS_ERROR_INIT;

	if (read_text(d, x->there->db, x->there->name, &x->present, err) < 0)
		return -1;
	dts_buf_clear(&d->text);
	dts_ddl_without_counter(x->sql, &d->text);
	if (dts_ddl_alike(dts_buf_slice(&d->text), x->present, 0)) {
		x->wanted = x->present;
		return 0;
	}
	if (open_try(d, err) < 0)
		return -1;
	int rc = try_table(d, x, &why, err);
	if (rc == 0)
		dts_diff_tell(d, &x->o, "the target does not take the source's definition: %s", why.message);
	return rc < 0 ? -1 : 0;
}

/* ---- views, programs and sequences ---- */

/* Without DEFINER=..., and the space behind it. */
static void strip_definer(struct dts_schema_diff *d, struct dts_shown *s, unsigned flags)
{
	dts_ddl_parse(&d->ddl, dts_buf_slice(&s->sql), flags);
	size_t at = d->ddl.definer.at, len = d->ddl.definer.len;

	if (len == 0)
		return;
	while (at + len < s->sql.len && s->sql.data[at + len] == ' ')
		len++;
	memmove(s->sql.data + at, s->sql.data + at + len, s->sql.len - at - len);
	s->sql.len -= len;
}

static unsigned flags_of(const struct dts_schema_diff *d, const struct dts_shown *s)
{
	return dts_ddl_flags_of_text(dts_buf_slice(&s->sql_mode)) | (d->target->family == DTS_MYSQL ? DTS_DDL_MYSQL : 0);
}

static bool same_buf(const struct dts_buf *a, const struct dts_buf *b)
{
	return dts_slice_eq(dts_buf_slice(a), dts_buf_slice(b));
}

static bool same_settings(const struct dts_shown *a, const struct dts_shown *b)
{
	return same_buf(&a->sql_mode, &b->sql_mode) && same_buf(&a->time_zone, &b->time_zone) && same_buf(&a->charset, &b->charset) &&
	       same_buf(&a->collation, &b->collation) && same_buf(&a->db_collation, &b->db_collation);
}

static void take(struct dts_slice context, const char *name, struct dts_buf *out)
{
	struct dts_json value = dts_json_get(context, name);
	struct dts_buf scratch = {0};

	if (value.raw.p && value.type == DTS_JSON_STRING)
		dts_buf_add_slice(out, dts_json_string(value.raw, &scratch));
	dts_buf_release(&scratch);
}

/* The database's collation that the program is to be made under. */
static struct dts_slice collation_of(const struct dts_schema_diff *d, const struct dts_diff_object *x)
{
	return x->collation.len > 0 ? x->collation : dts_diff_collation(d, x->o.db);
}

/* Is it there word for word? */
static bool as_stated(struct dts_schema_diff *d, const struct dts_diff_object *x, const struct dts_shown *is)
{
	struct dts_error ignored = DTS_ERROR_INIT;
	struct dts_shown wanted = {0};
	struct dts_buf modes = {0};

	if (!dts_ddl_same(x->sql, x->flags, dts_buf_slice(&is->sql), flags_of(d, is)))
		return false;
	if (x->o.type == DTS_DDL_TYPE_SEQUENCE)
		return true;
	take(x->context, "sql_mode", &modes);
	if (x->o.type != DTS_DDL_TYPE_VIEW)
		dts_ddl_context_modes(dts_buf_slice(&modes), &d->origin, d->target->family, &wanted.sql_mode, &ignored);
	take(x->context, "charset", &wanted.charset);
	take(x->context, "collation_connection", &wanted.collation);
	if (x->o.type == DTS_DDL_TYPE_EVENT)
		take(x->context, "time_zone", &wanted.time_zone);
	if (is->db_collation.len > 0)
		dts_buf_add_slice(&wanted.db_collation, collation_of(d, x));
	bool same = same_settings(&wanted, is);
	dts_shown_release(&wanted);
	dts_buf_release(&modes);
	return same;
}

/* A trigger needs a table like its own: 1; 0: there is none. */
static int make_table(struct dts_schema_diff *d, const struct dts_diff_object *x, struct dts_error *err)
{
	struct dts_error why = DTS_ERROR_INIT;
	struct dts_buf sql = {0};

	if (x->o.type != DTS_DDL_TYPE_TRIGGER)
		return 1;
	dts_buf_adds(&sql, "CREATE TABLE ");
	dts_sql_table(&sql, dts_slice_of(d->try.db), x->o.table);
	dts_buf_adds(&sql, " LIKE ");
	dts_sql_table(&sql, x->o.db, x->o.table);
	int rc = dts_session_run(d->target, dts_buf_slice(&sql), &why) == 0;
	dts_buf_release(&sql);
	if (rc == 0 && why.status == DTS_AGAIN) {
		*err = why;
		rc = -1;
	}
	return rc;
}

/* Does the view call the function? The servers write those of its own database without its name. */
static bool calls(const struct dts_diff_object *view, const struct dts_diff_object *function, struct dts_buf *name)
{
	dts_buf_clear(name);
	dts_sql_ident(name, function->o.name);
	dts_buf_addc(name, '(');
	return function->o.type == DTS_DDL_TYPE_FUNCTION && !function->refused && dts_slice_eq(function->o.db, view->o.db) &&
	       memmem(view->sql.p, view->sql.len, name->data, name->len);
}

/* A view needs its functions, which stay: what they return is part of it. One that is refused leaves the view refused. */
static int make_functions(struct dts_schema_diff *d, const struct dts_diff_object *view, struct dts_error *err)
{
	struct dts_error why = DTS_ERROR_INIT;
	struct dts_buf name = {0};
	int rc = 0;

	for (size_t i = 0; i < d->count && rc >= 0 && view->o.type == DTS_DDL_TYPE_VIEW; i++) {
		struct dts_diff_object *f = &d->objects[i];
		if (f->made || !calls(view, f, &name))
			continue;
		dts_ddl_parse(&d->ddl, f->sql, f->flags);
		rc = dts_try_run(&d->try, &d->ddl, f->sql, &d->origin, f->context, &why, err);
		f->made = rc > 0;
	}
	dts_buf_release(&name);
	return rc < 0 ? -1 : 0;
}

/* Functions of one database stay no longer than its views are looked at. */
static int drop_functions(struct dts_schema_diff *d, struct dts_slice but, struct dts_error *err)
{
	for (size_t i = 0; i < d->count; i++) {
		struct dts_diff_object *f = &d->objects[i];
		if (!f->made || dts_slice_eq(f->o.db, but))
			continue;
		f->made = false;
		if (drop_tried(d, "FUNCTION", f->o.name, err) < 0)
			return -1;
	}
	return 0;
}

/* What the target shows of it when it is made elsewhere: 1; 0: it cannot be tried; -1. */
static int try_object(struct dts_schema_diff *d, const struct dts_diff_object *x, struct dts_shown *made, struct dts_error *err)
{
	struct dts_error why = DTS_ERROR_INIT;
	bool trigger = x->o.type == DTS_DDL_TYPE_TRIGGER;
	struct dts_buf word = {0};

	if (open_try(d, err) < 0 || set_collation(d, collation_of(d, x), err) < 0)
		return -1;
	int rc = make_table(d, x, err);
	if (drop_functions(d, x->o.type == DTS_DDL_TYPE_VIEW ? x->o.db : DTS_LIT(""), err) < 0 || make_functions(d, x, err) < 0)
		rc = -1;
	dts_ddl_parse(&d->ddl, x->sql, x->flags);
	if (rc > 0)
		rc = dts_try_run(&d->try, &d->ddl, x->sql, &d->origin, x->context, &why, err);
	if (rc > 0)
		rc = dts_ddl_show(d->target, &d->ddl, x->sql, dts_slice_of(d->try.db), made, err);
	dts_buf_add_slice(&word, trigger ? DTS_LIT("TABLE") : x->o.word);
	/* A body that is tried has no package to belong to; what is left of it goes with the database. */
	if (rc >= 0 && drop_tried(d, dts_buf_text(&word), trigger ? x->o.table : x->o.name, err) < 0)
		rc = -1;
	dts_buf_release(&word);
	return rc;
}

int dts_diff_is_same(struct dts_schema_diff *d, struct dts_diff_object *x, struct dts_buf *text, struct dts_error *err)
{
	struct dts_shown is = {0}, made = {0};

	/* The text of a view names the databases of its tables where none of them is the default one. */
	mysql_select_db(d->target->mysql, "information_schema");
	dts_ddl_parse(&d->ddl, x->sql, x->flags);
	int rc = dts_ddl_show(d->target, &d->ddl, x->sql, x->there->db, &is, err);
	if (rc == 0) /* gone since it was listed */
		rc = dts_fail(err, DTS_AGAIN, "the structure of the target changes meanwhile");
	if (d->options.definer.what == DTS_DEFINER_STRIP && rc > 0)
		strip_definer(d, &is, flags_of(d, &is));
	bool same = rc > 0 && as_stated(d, x, &is);
	if (rc > 0 && !same) {
		rc = try_object(d, x, &made, err);
		if (d->options.definer.what == DTS_DEFINER_STRIP && rc > 0)
			strip_definer(d, &made, flags_of(d, &made));
		if (rc > 0) {
			same = same_settings(&made, &is) &&
			       dts_ddl_same(dts_buf_slice(&made.sql), flags_of(d, &made), dts_buf_slice(&is.sql), flags_of(d, &is));
			dts_buf_clear(text);
			dts_buf_add_slice(text, dts_buf_slice(&made.sql));
		}
	}
	dts_shown_release(&is);
	dts_shown_release(&made);
	return rc < 0 ? -1 : same;
}
