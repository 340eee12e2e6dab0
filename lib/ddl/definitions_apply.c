/* Which statement changes which definitions. */
#include "ddl/definitions.h"

#include <stdlib.h>

#include "ddl/define.h"

struct apply {
	struct dts_definitions *d;
	struct dts_slice sql;
	const struct dts_definition_context *context;
	dts_definition_changed *changed;
	void *arg;
	unsigned flags;
	bool some_unknown;
};

static void tell(struct apply *a, struct dts_slice db, struct dts_slice table)
{
	if (a->changed)
		a->changed(a->arg, db, table);
}

static struct dts_slice db_of(const struct apply *a, const struct dts_ddl_object *o)
{
	return o->db.len > 0 ? o->db : a->context->db;
}

static void make_unknown(struct apply *a, struct dts_slice db, struct dts_slice table, struct dts_slice why)
{
	dts_define_unknown(a->d, db, table, why);
	a->some_unknown = true;
	tell(a, db, table);
}

/* Was nothing of this name there, unless we know it? */
static bool is_certain(const struct dts_definitions *d, struct dts_slice db, struct dts_slice name)
{
	const struct dts_define_database *in = name.len > 0 ? dts_define_database(d, db) : NULL;

	return d->complete || (in && in->whole) || dts_define_name_get(d, db, name) == DTS_DEFINE_NAME_FREE;
}

static bool is_taken(const struct dts_definitions *d, struct dts_slice db, struct dts_slice name)
{
	return dts_define_name_get(d, db, name) > DTS_DEFINE_NAME_FREE;
}

static void start(struct dts_define *st, struct apply *a)
{
	*st = (struct dts_define){.d = a->d, .context = a->context, .arena = dts_arena_new()};
	st->p.d = &a->d->ddl;
	dts_sql_start(&st->p.scan, a->sql, a->flags);
}

static void finish(struct dts_define *st)
{
	dts_arena_free(st->arena);
	dts_buf_release(&st->why);
	free(st->columns);
	free(st->keys);
	free(st->periods);
}

static size_t behind(const struct dts_ddl_object *o)
{
	return o->whole.at + o->whole.len;
}

/* Leaves what `make` makes of the table among the definitions, or why it is unknown. */
static void change_table(struct apply *a, struct dts_define *st, const struct dts_defined_table *from, struct dts_slice db,
			 struct dts_slice table, bool (*make)(struct dts_define *, struct dts_define_table *))
{
	struct dts_define_table t = {.arena = dts_arena_new()};

	if (from)
		dts_define_table_copy(&t, from);
	t.db = dts_define_stored(a->d, db, t.arena);
	t.name = dts_define_stored(a->d, table, t.arena);
	if (make(st, &t)) {
		dts_define_table_install(a->d, &t);
		tell(a, db, table);
	} else {
		dts_arena_free(t.arena);
		make_unknown(a, db, table, dts_buf_slice(&st->why));
	}
}

static bool just_copy(struct dts_define *st, struct dts_define_table *t)
{
	(void)st;
	return t->count > 0;
}

static void apply_create(struct apply *a)
{
	struct dts_ddl *ddl = &a->d->ddl;
	const struct dts_ddl_object *o = &ddl->objects[0];
	struct dts_slice db = db_of(a, o), table = o->name;
	const struct dts_defined_table *from = NULL;
	struct dts_define st;

	if (o->guarded && !ddl->or_replace) {
		if (dts_define_find(a->d, db, table) || is_taken(a->d, db, table))
			return;
		if (!is_certain(a->d, db, table)) {
			make_unknown(a, db, table, DTS_LIT("it was created IF NOT EXISTS, and whether it did was not known"));
			return;
		}
	}
	dts_define_name_set(a->d, db, table, DTS_DEFINE_NAME_UNKNOWN);
	start(&st, a);
	dts_define_skip_behind(&st, behind(o));
	if (ddl->kind == DTS_DDL_CREATE_TABLE_SELECT) {
		make_unknown(a, db, table, DTS_LIT("it was made from a query's result"));
	} else if (ddl->kind == DTS_DDL_CREATE_TABLE_LIKE) {
		if (ddl->count > 1)
			from = dts_define_find(a->d, db_of(a, &ddl->objects[1]), ddl->objects[1].name);
		if (!from || from->unknown)
			make_unknown(a, db, table, DTS_LIT("it was made like a table that is not known"));
		else
			change_table(a, &st, from, db, table, just_copy);
	} else {
		change_table(a, &st, NULL, db, table,
			     ddl->kind == DTS_DDL_CREATE_SEQUENCE ? dts_define_sequence : dts_define_create);
	}
	finish(&st);
}

static void rename_table(struct apply *a, const struct dts_ddl_object *from, const struct dts_ddl_object *to)
{
	struct dts_slice db = db_of(a, from), new_db = db_of(a, to);
	struct dts_defined_table *t = dts_map_remove(&a->d->tables, dts_define_key(a->d, db, from->name));
	struct dts_defined_table *old;

	dts_define_name_set(a->d, new_db, to->name, dts_define_name_get(a->d, db, from->name));
	dts_define_name_set(a->d, db, from->name, DTS_DEFINE_NAME_FREE);
	if (!t) /* a view, say */
		return;
	t->schema.db = t->schema.source_db = dts_define_stored(a->d, new_db, t->schema.arena);
	t->schema.table = t->schema.source_table = dts_define_stored(a->d, to->name, t->schema.arena);
	old = dts_map_set(&a->d->tables, dts_define_key(a->d, new_db, to->name), t);
	if (old)
		dts_define_free_table(old);
	a->some_unknown = a->some_unknown || t->unknown;
	tell(a, db, from->name);
	tell(a, new_db, to->name);
}

/* MariaDB: a partition becomes a table of its own, or a table a partition. */
static void convert_partition(struct apply *a, struct dts_define *st, struct dts_slice db, struct dts_slice table)
{
	struct dts_ddl *ddl = &a->d->ddl;
	const struct dts_ddl_object *other = &ddl->objects[ddl->count - 1];

	if (other->role != DTS_DDL_EXCHANGED)
		return;
	if (st->from_table) {
		dts_define_remove(a->d, db_of(a, other), other->name);
		tell(a, db_of(a, other), other->name);
	} else if (st->to_table) {
		change_table(a, st, dts_define_find(a->d, db, table), db_of(a, other), other->name, just_copy);
	}
}

static void alter_sequence(struct apply *a)
{
	const struct dts_ddl_object *o = &a->d->ddl.objects[0];
	const struct dts_defined_table *t = dts_define_find(a->d, db_of(a, o), o->name);
	struct dts_define st;

	if (!t || t->unknown)
		return;
	start(&st, a);
	dts_define_skip_behind(&st, behind(o));
	change_table(a, &st, t, db_of(a, o), o->name, dts_define_sequence);
	finish(&st);
}

static void apply_alter(struct apply *a)
{
	struct dts_ddl *ddl = &a->d->ddl;
	const struct dts_ddl_object *o = &ddl->objects[0];
	struct dts_slice db = db_of(a, o), table = o->name;
	const struct dts_defined_table *t = dts_define_find(a->d, db, table);
	struct dts_define st;

	if (!t) {
		/* A view that is renamed is none of ours. */
		if (!is_taken(a->d, db, table) && (ddl->kind != DTS_DDL_ALTER_TABLE || !o->guarded))
			make_unknown(a, db, table, DTS_LIT("it was altered, and its definition before was not known"));
	} else if (t->unknown) {
		a->some_unknown = true;
	} else {
		start(&st, a);
		if (ddl->kind == DTS_DDL_ALTER_TABLE)
			dts_define_skip_behind(&st, behind(o));
		change_table(a, &st, t, db, table,
			     ddl->kind == DTS_DDL_CREATE_INDEX ? dts_define_create_index
			     : ddl->kind == DTS_DDL_DROP_INDEX ? dts_define_drop_index
							       : dts_define_alter);
		convert_partition(a, &st, db, table);
		finish(&st);
	}
	for (size_t i = 1; i < ddl->count; i++)
		if (ddl->objects[i].role == DTS_DDL_NEW && (dts_define_find(a->d, db, table) || is_taken(a->d, db, table)))
			rename_table(a, o, &ddl->objects[i]);
}

/* ALTER TABLE ... RENAME ..., RENAME ...: which of them counts? */
static bool is_renamed_twice(const struct dts_ddl *ddl)
{
	size_t count = 0;

	for (size_t i = 0; i < ddl->count; i++)
		count += ddl->objects[i].role == DTS_DDL_NEW;
	return ddl->kind == DTS_DDL_ALTER_TABLE && count > 1;
}

static void apply_rename(struct apply *a)
{
	struct dts_ddl *ddl = &a->d->ddl;

	for (size_t i = 0; i + 1 < ddl->count; i += 2)
		rename_table(a, &ddl->objects[i], &ddl->objects[i + 1]);
}

static void apply_drop(struct apply *a)
{
	struct dts_ddl *ddl = &a->d->ddl;

	for (size_t i = 0; i < ddl->count; i++) {
		const struct dts_ddl_object *o = &ddl->objects[i];
		struct dts_slice db = db_of(a, o);

		/* DROP TABLE IF EXISTS leaves a view of that name. */
		if (dts_define_name_get(a->d, db, o->name) != DTS_DEFINE_NAME_VIEW)
			dts_define_name_set(a->d, db, o->name, DTS_DEFINE_NAME_FREE);
		if (!dts_define_find(a->d, db, o->name))
			continue;
		dts_define_remove(a->d, db, o->name);
		tell(a, db, o->name);
	}
}

static void apply_view(struct apply *a)
{
	struct dts_ddl *ddl = &a->d->ddl;

	for (size_t i = 0; i < ddl->count; i++) {
		const struct dts_ddl_object *o = &ddl->objects[i];
		struct dts_slice db = db_of(a, o);

		if (ddl->kind == DTS_DDL_DROP_VIEW) {
			if (is_taken(a->d, db, o->name))
				dts_define_name_set(a->d, db, o->name, DTS_DEFINE_NAME_UNKNOWN);
		} else if (!dts_define_find(a->d, db, o->name)) {
			dts_define_name_set(a->d, db, o->name, DTS_DEFINE_NAME_VIEW);
		}
	}
}

static void drop_tables_of(struct apply *a, struct dts_slice db)
{
	void **tables = dts_define_sorted_tables(a->d);
	size_t count = a->d->tables.count;
	struct dts_buf name = {0};

	for (size_t i = 0; i < count; i++) {
		const struct dts_defined_table *t = tables[i];

		if (a->d->lower_case_table_names ? !dts_define_same(t->schema.db, db) : !dts_slice_eq(t->schema.db, db))
			continue;
		dts_buf_clear(&name);
		dts_buf_add_slice(&name, t->schema.table);
		dts_define_remove(a->d, db, dts_buf_slice(&name));
		tell(a, db, dts_buf_slice(&name));
	}
	dts_buf_release(&name);
	free(tables);
	dts_define_names_drop(a->d, db);
}

/* [=] charset and collation, wherever they stand behind the name. */
static bool database_charset(struct dts_define *st, size_t at, struct dts_define_charset standard,
			     struct dts_define_charset *found)
{
	struct dts_define_options o = {{{NULL, 0}, {NULL, 0}}, false};

	dts_define_skip_behind(st, at);
	while (!dts_define_at_end(st)) {
		if (dts_define_take_charset_option(st, &o))
			continue;
		if (st->why.len > 0)
			return false;
		dts_sql_next(&st->p.scan);
	}
	*found = standard;
	return !o.has_charset || dts_define_resolve(st, o.charset, false, standard, found);
}

static void apply_database(struct apply *a)
{
	struct dts_ddl *ddl = &a->d->ddl;
	const struct dts_ddl_object *o = &ddl->objects[0];
	struct dts_slice db = db_of(a, o);
	const struct dts_define_database *old = dts_define_database(a->d, db);
	struct dts_define_charset standard = {{NULL, 0}, {NULL, 0}}, found;
	bool is_new = false, whole = old && old->whole;
	struct dts_define st;

	if (ddl->kind == DTS_DDL_CREATE_DATABASE) {
		if (old && o->guarded && !ddl->or_replace)
			return;
		is_new = !o->guarded || ddl->or_replace || is_certain(a->d, db, DTS_LIT(""));
		if (is_new)
			drop_tables_of(a, db);
		standard.charset = dts_define_charset_of(a->context->collation_server);
		standard.collation = a->context->collation_server;
	} else if (old && old->known) {
		standard = (struct dts_define_charset){dts_buf_slice(&old->charset), dts_buf_slice(&old->collation)};
	}
	start(&st, a);
	if (!database_charset(&st, behind(o), standard, &found) || (ddl->kind == DTS_DDL_CREATE_DATABASE && !is_new))
		found = (struct dts_define_charset){DTS_LIT(""), DTS_LIT("")};
	dts_define_set_database(a->d, db, &found);
	dts_define_database(a->d, db)->whole = whole || (is_new && !a->context->of_catalog);
	finish(&st);
}

static void drop_database(struct apply *a)
{
	struct dts_slice db = db_of(a, &a->d->ddl.objects[0]);

	drop_tables_of(a, db);
	dts_define_remove_database(a->d, db);
	dts_define_name_set(a->d, db, DTS_LIT(""), DTS_DEFINE_NAME_FREE);
}

static void by_kind(struct apply *a)
{
	switch (a->d->ddl.kind) {
	case DTS_DDL_CREATE_DATABASE:
	case DTS_DDL_ALTER_DATABASE:
		apply_database(a);
		break;
	case DTS_DDL_DROP_DATABASE:
		drop_database(a);
		break;
	case DTS_DDL_CREATE_TABLE:
	case DTS_DDL_CREATE_TABLE_LIKE:
	case DTS_DDL_CREATE_TABLE_SELECT:
	case DTS_DDL_CREATE_SEQUENCE:
		apply_create(a);
		break;
	case DTS_DDL_ALTER_TABLE:
	case DTS_DDL_CREATE_INDEX:
	case DTS_DDL_DROP_INDEX:
		apply_alter(a);
		break;
	case DTS_DDL_ALTER_SEQUENCE:
		alter_sequence(a);
		break;
	case DTS_DDL_RENAME_TABLE:
		apply_rename(a);
		break;
	case DTS_DDL_DROP_TABLE:
	case DTS_DDL_DROP_SEQUENCE:
		apply_drop(a);
		break;
	case DTS_DDL_CREATE_VIEW:
	case DTS_DDL_DROP_VIEW:
		apply_view(a);
		break;
	default:
		break;
	}
}

/* SET STATEMENT x = y FOR ... (MariaDB): does any of it change what is defined? */
static bool has_odd_settings(const struct apply *a)
{
	static const char *const harmless[] = {"MAX_STATEMENT_TIME", "LOCK_WAIT_TIMEOUT", "INNODB_LOCK_WAIT_TIMEOUT",
					       "ALTER_ALGORITHM", "FOREIGN_KEY_CHECKS", "UNIQUE_CHECKS"};
	struct dts_sql_scan s;
	bool odd = false;

	dts_sql_start(&s, a->sql, a->flags);
	if (!dts_sql_is(&s, "SET"))
		return false;
	dts_sql_next(&s);
	do {
		bool known = false;

		dts_sql_next(&s);
		for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
			known = known || dts_sql_is(&s, harmless[i]);
		odd = odd || !known;
		while (s.type != DTS_SQL_END && !dts_sql_is_char(&s, ',') && !dts_sql_is(&s, "FOR"))
			dts_sql_next(&s);
	} while (dts_sql_is_char(&s, ','));
	return odd;
}

static void forget(struct apply *a, struct dts_slice why)
{
	struct dts_ddl *ddl = &a->d->ddl;

	for (size_t i = 0; i < ddl->count; i++) {
		const struct dts_ddl_object *o = &ddl->objects[i];

		if (o->name.len > 0 && (o->role == DTS_DDL_TARGET || o->role == DTS_DDL_NEW || o->role == DTS_DDL_EXCHANGED))
			make_unknown(a, db_of(a, o), o->name, why);
	}
}

/* What a statement that failed half way has left behind. */
static void apply_failed(struct apply *a)
{
	const struct dts_ddl *ddl = &a->d->ddl;

	if (ddl->or_replace && ddl->kind >= DTS_DDL_CREATE_TABLE && ddl->kind <= DTS_DDL_CREATE_TABLE_SELECT) {
		dts_define_remove(a->d, db_of(a, &ddl->objects[0]), ddl->objects[0].name);
		tell(a, db_of(a, &ddl->objects[0]), ddl->objects[0].name);
	} else if (ddl->kind == DTS_DDL_DROP_TABLE) { /* some were not there */
		apply_drop(a);
	} else {
		forget(a, DTS_LIT("a statement that was to define it failed half way"));
	}
}

static bool is_of_tables(enum dts_ddl_kind kind)
{
	return (kind >= DTS_DDL_CREATE_TABLE && kind <= DTS_DDL_DROP_INDEX && kind != DTS_DDL_TRUNCATE_TABLE) ||
	       kind == DTS_DDL_CREATE_SEQUENCE || kind == DTS_DDL_ALTER_SEQUENCE;
}

int dts_definitions_apply(struct dts_definitions *d, struct dts_slice sql, const struct dts_definition_context *context,
			  dts_definition_changed *changed, void *arg)
{
	struct apply a = {.d = d, .sql = sql, .context = context, .changed = changed, .arg = arg};

	a.flags = dts_ddl_flags(context->sql_mode) | (d->mariadb ? 0 : DTS_DDL_MYSQL);
	dts_ddl_parse(&d->ddl, sql, a.flags);
	if (d->ddl.kind == DTS_DDL_UNKNOWN)
		return dts_define_forget_mentioned(d, sql, a.flags, context->db, changed, arg);
	if (is_of_tables(d->ddl.kind) && has_odd_settings(&a))
		forget(&a, DTS_LIT("SET STATEMENT changed what its definition means"));
	else if (context->doubtful && is_of_tables(d->ddl.kind))
		forget(&a, DTS_LIT("a statement was about it or about a temporary table of that name"));
	else if (is_renamed_twice(&d->ddl))
		forget(&a, DTS_LIT("a statement renamed it twice"));
	else if (context->failed && is_of_tables(d->ddl.kind))
		apply_failed(&a);
	else
		by_kind(&a);
	return a.some_unknown ? 1 : 0;
}
