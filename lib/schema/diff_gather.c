/* What is compared: the source's objects under the names that they have at the target, and those that are there. */
#include <strings.h>

#include "ddl/definitions.h"
#include "mysql/quote.h"
#include "record/json.h"
#include "schema/diff_impl.h"

static bool same_name(const struct dts_schema_diff *d, struct dts_slice a, struct dts_slice b)
{
	if (d->source->lower_case_names == 0 && d->target->lower_case_names == 0)
		return dts_slice_eq(a, b);
	return a.len == b.len && (a.len == 0 || strncasecmp(a.p, b.p, a.len) == 0);
}

/* ---- names at the target ---- */

static bool is_tabular(enum dts_ddl_type type)
{
	return type == DTS_DDL_TYPE_TABLE || type == DTS_DDL_TYPE_VIEW || type == DTS_DDL_TYPE_SEQUENCE;
}

/* Tables, views and sequences as routes say, programs where the whole database goes: as in dts-filter. */
static int choose(void *ctx, enum dts_ddl_type type, struct dts_slice db, struct dts_slice name, struct dts_ddl_choice *choice,
		  struct dts_error *err)
{
	struct dts_schema_diff *d = ctx;

	(void)err;
	choice->keep = true;
	if (!is_tabular(type)) {
		choice->db = dts_names_route_db(&d->names, db);
		return 0;
	}
	const struct dts_choice *c = dts_names_choose(&d->names, db, name);
	choice->db = dts_buf_slice(&c->db);
	choice->name = dts_buf_slice(&c->table);
	return 0;
}

static void route_object(struct dts_schema_diff *d, const struct dts_schema_object *from, struct dts_schema_object *to)
{
	*to = *from;
	if (!is_tabular(from->type) && from->type != DTS_DDL_TYPE_TRIGGER) {
		to->db = dts_arena_copy(d->arena, dts_names_route_db(&d->names, from->db));
		return;
	}
	bool trigger = from->type == DTS_DDL_TYPE_TRIGGER;
	const struct dts_choice *c = dts_names_choose(&d->names, from->db, trigger ? from->table : from->name);
	to->db = dts_arena_copy(d->arena, dts_buf_slice(&c->db));
	*(trigger ? &to->table : &to->name) = dts_arena_copy(d->arena, dts_buf_slice(&c->table));
}

/* Without the name of its own database, in which it is run. */
static void unqualify(struct dts_ddl *ddl, struct dts_slice sql, unsigned flags, struct dts_slice db, struct dts_buf *out)
{
	size_t from = 0;

	dts_ddl_parse(ddl, sql, flags);
	for (size_t i = 0; i < ddl->count; i++) {
		const struct dts_ddl_object *o = &ddl->objects[i];
		if (o->db_part.len == 0 || o->type == DTS_DDL_TYPE_DATABASE || !dts_slice_eq(o->db, db))
			continue;
		dts_buf_add(out, sql.p + from, o->whole.at - from);
		from = o->name_part.at;
	}
	dts_buf_add(out, sql.p + from, sql.len - from);
}

/* The statement under the target's names; 0: that cannot be said with certainty, and `err` says why. */
static int route(struct dts_schema_diff *d, const struct dts_schema_object *from, struct dts_diff_object *x, struct dts_slice sql,
		 struct dts_error *err)
{
	struct dts_buf routed = {0};
	enum dts_ddl_verdict verdict;
	int rc = 1;

	dts_ddl_parse(&d->ddl, sql, x->flags);
	if (d->names.route_count > 0) {
		rc = dts_ddl_rewrite_bodies(&d->ddl, sql, x->flags, from->db, choose, d, &routed, &verdict, err) < 0 ? 0 : 1;
		if (rc > 0 && verdict == DTS_DDL_REWRITTEN)
			sql = dts_buf_slice(&routed);
	}
	dts_buf_clear(&d->sql);
	unqualify(&d->ddl, sql, x->flags, x->o.db, &d->sql);
	x->sql = dts_arena_copy(d->arena, dts_buf_slice(&d->sql));
	dts_buf_release(&routed);
	return rc;
}

/* ---- the source ---- */

static struct dts_diff_object *add_object(struct dts_schema_diff *d, const struct dts_schema_object *from)
{
	if (d->count == d->room) {
		d->room = d->room ? 2 * d->room : 64;
		d->objects = dts_realloc(d->objects, d->room * sizeof *d->objects);
	}
	struct dts_diff_object *x = &d->objects[d->count++];
	*x = (struct dts_diff_object){.from = from};
	route_object(d, from, &x->o);
	return x;
}

static unsigned flags_of(const struct dts_schema_diff *d, struct dts_slice context)
{
	return dts_ddl_context_flags(&d->origin, context);
}

/* What the source has of an object: its statement, or one that goes with it. */
static void take_statement(struct dts_schema_diff *d, const struct dts_schema_statement *st, struct dts_diff_object *x)
{
	struct dts_error why = DTS_ERROR_INIT;

	if (st->kind == DTS_DDL_DML) {
		x->next = dts_arena_copy(d->arena, dts_buf_slice(&st->next));
		x->cycle = dts_arena_copy(d->arena, dts_buf_slice(&st->cycle));
		return;
	}
	x->kind = st->kind;
	x->context = dts_arena_copy(d->arena, dts_buf_slice(&st->context));
	x->flags = flags_of(d, x->context);
	x->refused = st->result == DTS_SCHEMA_REFUSED;
	for (size_t i = 0; x->refused && i < st->told.why.count; i++)
		dts_diff_tell(d, st->object, "not compared: %s", st->told.why.items[i]);
	if (!x->refused && route(d, st->object, x, dts_buf_slice(&st->sql), &why) == 0) {
		x->refused = true;
		d->any = true;
		dts_diff_tell(d, st->object, "not compared: %s", why.message);
	}
}

/* The collation of an ALTER DATABASE, which is its last word. */
static struct dts_slice last_word(struct dts_slice sql)
{
	const char *space = memrchr(sql.p, ' ', sql.len);

	return space ? dts_slice(space + 1, sql.len - (size_t)(space + 1 - sql.p)) : sql;
}

static int read_source(struct dts_schema_diff *d, struct dts_error *err)
{
	const struct dts_schema_object *last = NULL;
	struct dts_schema_statement *st;
	bool before = false; /* its own statement has yet to come */
	int rc;

	while ((rc = dts_schema_reader_next(&d->reader, &st, err)) > 0) {
		if (st->object->type == DTS_DDL_TYPE_DATABASE && st->kind == DTS_DDL_ALTER_DATABASE)
			continue; /* so that it is as it was made */
		if (st->object != last)
			add_object(d, st->object);
		struct dts_diff_object *x = &d->objects[d->count - 1];
		before = st->object != last || (before && st->kind == DTS_DDL_ALTER_DATABASE);
		last = st->object;
		if (st->kind != DTS_DDL_ALTER_DATABASE)
			take_statement(d, st, x);
		else if (before)
			x->collation = dts_arena_copy(d->arena, last_word(dts_buf_slice(&st->sql)));
	}
	return rc;
}

/* ---- the target ---- */

/* Could an object of the source be called so at the target? */
static bool is_compared(struct dts_schema_diff *d, const struct dts_schema_object *o)
{
	const struct dts_selection *selection = &d->names.selection;
	bool trigger = o->type == DTS_DDL_TYPE_TRIGGER;
	struct dts_slice name = trigger ? o->table : o->name;

	for (size_t i = 0; i < d->reader.objects.databases.count; i++) {
		struct dts_slice db = d->reader.objects.databases.items[i].name;
		if (trigger && dts_selection_ignores(selection, db, o->name))
			continue;
		if (!trigger && !is_tabular(o->type)) {
			if (dts_selection_has(selection, db, name) && same_name(d, dts_names_route_db(&d->names, db), o->db))
				return true;
			continue;
		}
		const struct dts_choice *c = dts_names_choose(&d->names, db, name);
		if (c->keep && same_name(d, dts_buf_slice(&c->db), o->db) && same_name(d, dts_buf_slice(&c->table), name))
			return true;
	}
	return false;
}

static void add_pattern(struct dts_list *list, struct dts_slice db)
{
	struct dts_buf b = {0};

	dts_sql_ident(&b, db);
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i], dts_buf_text(&b)) == 0)
			b.len = 0;
	if (b.len > 0)
		dts_list_add(list, dts_buf_text(&b));
	dts_buf_release(&b);
}

static int read_target(struct dts_schema_diff *d, struct dts_error *err)
{
	const struct dts_list none = {0};
	struct dts_list patterns = {0};
	struct dts_selection selection;
	struct dts_buf folded = {0};

	for (size_t i = 0; i < d->count; i++) {
		add_pattern(&patterns, d->objects[i].o.db);
		dts_buf_clear(&folded);
		dts_definitions_fold(&folded, d->objects[i].o.db);
		if (d->target->lower_case_names != 0) /* as such a server calls what is made there */
			add_pattern(&patterns, dts_buf_slice(&folded));
	}
	dts_buf_release(&folded);
	int rc = dts_selection_init(&selection, &patterns, &none, err);
	if (rc == 0)
		rc = dts_schema_objects_read(d->target, &selection, &none, &d->there, err);
	d->claimed = dts_zalloc(d->there.count + 1, sizeof *d->claimed);
	for (size_t i = 0; rc == 0 && i < d->there.count; i++)
		d->claimed[i] = d->there.items[i].type == DTS_DDL_TYPE_DATABASE || !is_compared(d, &d->there.items[i]);
	dts_selection_release(&selection);
	dts_list_release(&patterns);
	return rc;
}

/* One that the source has and the target's family does not keeps its place free for what people made instead. */
static bool matches(const struct dts_schema_diff *d, const struct dts_diff_object *x, const struct dts_schema_object *o)
{
	bool type = x->o.type == o->type && dts_slice_eq(x->o.word, o->word);

	return (type || (x->refused && is_tabular(x->o.type) && is_tabular(o->type))) && same_name(d, x->o.db, o->db) &&
	       same_name(d, x->o.name, o->name);
}

static void match(struct dts_schema_diff *d)
{
	for (size_t i = 0; i < d->count; i++)
		for (size_t k = 0; k < d->there.count; k++)
			if (matches(d, &d->objects[i], &d->there.items[k])) {
				d->objects[i].there = &d->there.items[k];
				d->claimed[k] = true;
				if (same_name(d, d->objects[i].o.table, d->there.items[k].table)) /* in any case, where that is one */
					d->there.items[k].table = d->objects[i].o.table;
			}
}

int dts_diff_gather(struct dts_schema_diff *d, struct dts_error *err)
{
	if (read_source(d, err) < 0 || read_target(d, err) < 0)
		return -1;
	match(d);
	return 0;
}

const struct dts_database *dts_diff_database(const struct dts_schema_diff *d, struct dts_slice name)
{
	for (size_t i = 0; i < d->there.databases.count; i++)
		if (same_name(d, d->there.databases.items[i].name, name))
			return &d->there.databases.items[i];
	return NULL;
}

struct dts_slice dts_diff_collation(const struct dts_schema_diff *d, struct dts_slice db)
{
	const struct dts_database *there = dts_diff_database(d, db);

	for (size_t i = 0; i < d->count; i++) {
		const struct dts_diff_object *x = &d->objects[i];
		if (x->o.type != DTS_DDL_TYPE_DATABASE || !dts_slice_eq(x->o.db, db) || (x->there && !x->differs))
			continue;
		const char *at = memmem(x->sql.p, x->sql.len, " COLLATE ", 9);
		const char *end = x->sql.p + x->sql.len, *space = at ? memchr(at + 9, ' ', (size_t)(end - at - 9)) : NULL;
		if (at)
			return dts_slice(at + 9, (size_t)((space ? space : end) - at - 9));
	}
	return there ? there->collation : DTS_LIT("");
}
