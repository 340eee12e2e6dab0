/* The new names of what a query or a program names. */
#include "ddl/body.h"
#include "mysql/quote.h"

struct renaming {
	const struct dts_body_rewrite *w;
	struct dts_arena *arena;
	struct dts_body body;
	struct dts_body_new {
		bool changed;
		size_t parts; /* of the name as written: so many become db.name, or name */
		bool with_db;
		struct dts_slice db, name;
	} *news; /* one a name of the body */
	struct dts_error *err;
};

static int unsure(struct renaming *r, struct dts_ddl_range at)
{
	struct dts_slice text = dts_slice(r->w->sql.p + at.at, at.len < 120 ? at.len : 120);

	dts_fail(r->err, DTS_BAD_INPUT, "%.*s: '%.*s' in its text may be something that is renamed", (int)r->w->what.len,
		 r->w->what.p, (int)text.len, text.p);
	return dts_hint(r->err, "leave it out with --ignore-table, and make it at the target by hand");
}

static int unsure_of(struct renaming *r, const struct dts_body_name *n)
{
	const struct dts_ddl_range *last = &n->whole[n->count - 1];

	return unsure(r, (struct dts_ddl_range){n->whole[0].at, last->at + last->len - n->whole[0].at});
}

/* What an object is called at the other end; copied. */
static int choose(struct renaming *r, enum dts_ddl_type type, struct dts_slice db, struct dts_slice name,
		  struct dts_slice *new_db, struct dts_slice *new_name)
{
	struct dts_ddl_choice c = {.keep = true, .db = db, .name = name};

	if (db.len > 0 && r->w->choose(r->w->ctx, type, db, name, &c, r->err) != 0)
		return -1;
	*new_db = dts_arena_copy(r->arena, c.db);
	*new_name = dts_arena_copy(r->arena, c.name);
	return 0;
}

/* Would this name be another one, if it were that of a table? Plain names are of the program's database, and stay
 * if they go with it. */
static int would_change(struct renaming *r, struct dts_slice db, struct dts_slice name, bool *changes)
{
	struct dts_slice from = db.len > 0 ? db : r->w->db, to = db.len > 0 ? db : r->w->new_db, new_db, new_name;

	if (choose(r, DTS_DDL_TYPE_TABLE, from, name, &new_db, &new_name) < 0)
		return -1;
	*changes = !dts_slice_eq(new_db, to) || !dts_slice_eq(new_name, name);
	return 0;
}

static int would_move(struct renaming *r, struct dts_slice db, bool *moves)
{
	struct dts_slice new_db, new_name;

	if (choose(r, DTS_DDL_TYPE_DATABASE, db, DTS_LIT(""), &new_db, &new_name) < 0)
		return -1;
	*moves = !dts_slice_eq(new_db, db);
	return 0;
}

/* What a table is called within its statement. */
static struct dts_slice shown(const struct renaming *r, const struct dts_body_name *n)
{
	return n->alias ? r->body.names[n->alias - 1].parts[0] : n->parts[n->count - 1];
}

/* Is there something else of this name: a table without a database, or what is derived? */
static bool is_other(const struct renaming *r, struct dts_slice name)
{
	for (size_t i = 0; i < r->body.count; i++) {
		const struct dts_body_name *n = &r->body.names[i];

		if (n->place == DTS_BODY_ALIAS && dts_slice_eq(n->parts[0], name))
			return true;
	}
	return false;
}

/* --- each kind of name */

static int rename_table(struct renaming *r, size_t i)
{
	const struct dts_body_name *n = &r->body.names[i];
	struct dts_body_new *to = &r->news[i];
	bool plain = n->count == 1;
	struct dts_slice db = plain ? r->w->db : n->parts[0], name = n->parts[n->count - 1];

	if (n->count > 2)
		return unsure_of(r, n);
	if (plain && r->w->query && !r->w->sequences) /* of a common table expression: others have their databases */
		return 0;
	if (plain && dts_slice_is_nocase(name, "DUAL") && n->whole[0].len == name.len) /* none */
		return 0;
	if (choose(r, n->place == DTS_BODY_SEQUENCE ? DTS_DDL_TYPE_SEQUENCE : DTS_DDL_TYPE_TABLE, db, name, &to->db, &to->name) < 0)
		return -1;
	to->changed = !dts_slice_eq(to->name, name) || !dts_slice_eq(to->db, plain ? r->w->new_db : db);
	to->parts = n->count;
	to->with_db = true;
	if (plain && to->changed && is_other(r, name))
		return unsure_of(r, n);
	return 0;
}

static int rename_function(struct renaming *r, size_t i)
{
	const struct dts_body_name *n = &r->body.names[i];
	struct dts_body_new *to = &r->news[i];

	if (n->count == 1 && n->place == DTS_BODY_FUNCTION) /* most often the server's own */
		return 0;
	if (n->count == 1) {
		to->parts = 1;
		to->with_db = true;
		if (choose(r, DTS_DDL_TYPE_PROCEDURE, r->w->db, n->parts[0], &to->db, &to->name) < 0)
			return -1;
		to->changed = !dts_slice_eq(to->db, r->w->new_db);
		return 0;
	}
	if (choose(r, n->count == 3 ? DTS_DDL_TYPE_PACKAGE : DTS_DDL_TYPE_FUNCTION, n->parts[0], n->parts[1], &to->db, &to->name) < 0)
		return -1;
	to->changed = !dts_slice_eq(to->db, n->parts[0]);
	to->parts = 2;
	to->with_db = true;
	return 0;
}

/* Is `n`, a table, what the column's first parts name? */
static bool is_of(const struct renaming *r, const struct dts_body_name *n, const struct dts_body_name *column)
{
	struct dts_slice table = column->parts[column->count - 2];

	if (n->place != DTS_BODY_TABLE || !dts_slice_eq(shown(r, n), table))
		return false;
	return column->count == 2 || dts_slice_eq(n->count == 2 ? n->parts[0] : r->w->db, column->parts[0]);
}

/* A column that no table here is for. */
static int unknown_column(struct renaming *r, const struct dts_body_name *n)
{
	bool changes = false, table_changes = false, moves = false;

	if (n->count == 2 && (is_other(r, n->parts[0]) || dts_slice_is_nocase(n->parts[0], "NEW") || dts_slice_is_nocase(n->parts[0], "OLD")))
		return 0;
	if (would_change(r, n->parts[0], n->parts[1], &changes) < 0 || would_move(r, n->parts[0], &moves) < 0 ||
	    (!r->w->query && would_change(r, DTS_LIT(""), n->parts[0], &table_changes) < 0))
		return -1;
	return changes || table_changes || moves ? unsure_of(r, n) : 0;
}

/* alias.column and database.table.column follow their tables. */
static int rename_column(struct renaming *r, size_t i)
{
	const struct dts_body_name *n = &r->body.names[i];
	struct dts_body_new *to = &r->news[i];
	bool found = n->count == 2 && is_other(r, n->parts[0]);

	to->parts = n->count - 1;
	to->with_db = n->count == 3;
	to->db = n->parts[0];
	to->name = n->parts[n->count - 2];
	for (size_t k = 0; k < r->body.count; k++) {
		const struct dts_body_name *table = &r->body.names[k];
		struct dts_slice db, name;

		if (!is_of(r, table, n))
			continue;
		db = r->news[k].changed ? r->news[k].db : table->count == 1 ? r->w->new_db : n->parts[0];
		name = !table->alias && r->news[k].changed ? r->news[k].name : n->parts[n->count - 2];
		if (found && (!dts_slice_eq(name, to->name) || (to->with_db && !dts_slice_eq(db, to->db))))
			return unsure_of(r, n);
		to->db = db;
		to->name = name;
		found = true;
	}
	if (!found)
		return unknown_column(r, n);
	to->changed = !dts_slice_eq(to->name, n->parts[n->count - 2]) || (to->with_db && !dts_slice_eq(to->db, n->parts[0]));
	return 0;
}

/* In a statement that we do not read: any name that something else could have. */
static int judge_any(struct renaming *r, const struct dts_body_name *n)
{
	bool changes = false, plain = false, moves = false;

	if (n->count > 1 && would_change(r, n->parts[0], n->parts[1], &changes) < 0)
		return -1;
	if (would_change(r, DTS_LIT(""), n->parts[0], &plain) < 0 || would_move(r, n->parts[0], &moves) < 0)
		return -1;
	return changes || plain || moves ? unsure_of(r, n) : 0;
}

struct mention {
	struct renaming *r;
	bool found, failed;
};

static bool mentioned(void *ctx, struct dts_slice db, struct dts_slice name)
{
	struct mention *m = ctx;

	if (name.len == 0)
		m->failed = would_move(m->r, db, &m->found) < 0;
	else
		m->failed = would_change(m->r, db, name, &m->found) < 0;
	return m->found || m->failed;
}

static int judge_string(struct renaming *r, const struct dts_body_name *n)
{
	struct mention m = {.r = r};

	dts_ddl_mentions(n->parts[0], r->w->flags, mentioned, &m);
	if (m.failed)
		return -1;
	return m.found ? unsure_of(r, n) : 0;
}

static int rename_one(struct renaming *r, size_t i)
{
	const struct dts_body_name *n = &r->body.names[i];

	if (r->w->sequences && n->place != DTS_BODY_SEQUENCE)
		return 0;
	switch (n->place) {
	case DTS_BODY_TABLE:
	case DTS_BODY_SEQUENCE:
		return rename_table(r, i);
	case DTS_BODY_FUNCTION:
	case DTS_BODY_PROCEDURE:
		return rename_function(r, i);
	case DTS_BODY_ANY:
		return judge_any(r, n);
	case DTS_BODY_STRING:
		return judge_string(r, n);
	case DTS_BODY_ALIAS:
	case DTS_BODY_COLUMN: /* when the tables are known */
		break;
	}
	return 0;
}

static void copy(const struct renaming *r, struct dts_buf *out)
{
	struct dts_slice sql = r->w->sql;
	size_t at = r->w->from;

	for (size_t i = 0; i < r->body.count; i++) {
		const struct dts_body_name *n = &r->body.names[i];
		const struct dts_body_new *to = &r->news[i];

		if (!to->changed)
			continue;
		size_t end = n->whole[to->parts - 1].at + n->whole[to->parts - 1].len;
		dts_buf_add(out, sql.p + at, n->whole[0].at - at);
		if (n->whole[0].at > 0 && sql.p[n->whole[0].at - 1] == '`')
			dts_buf_addc(out, ' ');
		if (to->with_db)
			dts_sql_table(out, to->db, to->name);
		else
			dts_sql_ident(out, to->name);
		if (end < sql.len && sql.p[end] == '`')
			dts_buf_addc(out, ' ');
		at = end;
	}
	dts_buf_add(out, sql.p + at, sql.len - at);
}

static int rename_all(struct renaming *r, struct dts_buf *out)
{
	bool changed = false;

	for (size_t i = 0; i < r->body.count; i++)
		if (rename_one(r, i) < 0)
			return -1;
	for (size_t i = 0; i < r->body.count; i++)
		if (!r->w->sequences && r->body.names[i].place == DTS_BODY_COLUMN && rename_column(r, i) < 0)
			return -1;
	for (size_t i = 0; i < r->body.count; i++) {
		if (r->news[i].changed && r->body.names[i].split)
			return unsure_of(r, &r->body.names[i]);
		changed |= r->news[i].changed;
	}
	if (changed)
		copy(r, out);
	return changed;
}

int dts_body_rewrite(const struct dts_body_rewrite *w, struct dts_buf *out, struct dts_error *err)
{
	struct renaming r = {.w = w, .arena = dts_arena_new(), .err = err};
	int rc;

	dts_body_read(&r.body, w->sql, w->flags, w->from, w->query, r.arena);
	r.news = dts_arena_alloc(r.arena, r.body.count + 1, sizeof *r.news);
	rc = rename_all(&r, out);
	dts_body_release(&r.body);
	dts_arena_free(r.arena);
	return rc;
}
