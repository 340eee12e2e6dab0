/*
 * ALTER TABLE. All alterations are read first, then carried out together, as
 * the servers do (mysql_prepare_alter_table): columns keep their place unless
 * one is named, places are those of the new names, and names on the left are
 * those from before the statement.
 */
#include <stdlib.h>

#include "ddl/define.h"

enum what {
	DROP_COLUMN,
	RENAME_COLUMN,
	SHOW_COLUMN, /* SET VISIBLE; MySQL */
	HIDE_COLUMN,
	DROP_KEY,
	DROP_CONSTRAINT, /* a key, or something else */
	RENAME_KEY,
	DROP_PERIOD,
};

struct action {
	enum what what;
	struct dts_slice name, to;
	bool guarded; /* IF EXISTS */
};

struct alteration {
	struct dts_define *st;
	struct action *actions;
	size_t count, cap;
	struct dts_define_options options;
	bool converts, last; /* nothing may follow */
	struct dts_define_charset convert;
};

static struct action *add_action(struct alteration *a, enum what what)
{
	if (a->count == a->cap) {
		a->cap = a->cap ? a->cap * 2 : 8;
		a->actions = dts_realloc(a->actions, a->cap * sizeof *a->actions);
	}
	a->actions[a->count] = (struct action){.what = what};
	return &a->actions[a->count++];
}

/* [IF EXISTS] name */
static bool add_named(struct alteration *a, enum what what)
{
	struct action *action = add_action(a, what);

	action->guarded = dts_ddl_take_guard(&a->st->p);
	return dts_define_take_name(a->st, &action->name);
}

/* [FIRST | AFTER column] */
static bool take_place(struct dts_define *st, struct dts_define_column *c)
{
	if (dts_define_take(st, "FIRST")) {
		c->first = c->placed = true;
	} else if (dts_define_take(st, "AFTER")) {
		c->placed = true;
		return dts_define_take_name(st, &c->after);
	}
	return true;
}

static bool take_add(struct alteration *a)
{
	struct dts_define *st = a->st;
	struct dts_define_column *c;
	struct dts_slice name;
	size_t first = st->column_count;

	if (dts_define_is(st, "PARTITION")) {
		a->last = true;
		return true;
	}
	if (dts_define_take_two(st, "SYSTEM", "VERSIONING"))
		return true;
	if (dts_define_at_constraint(st))
		return dts_define_take_constraint(st);
	dts_define_take(st, "COLUMN");
	bool guarded = dts_ddl_take_guard(&st->p);
	if (dts_sql_is_char(&st->p.scan, '(')) {
		if (!dts_define_take_elements(st))
			return false;
	} else if (!dts_define_take_name(st, &name) || !dts_define_take_column(st, name, &c) || !take_place(st, c)) {
		return false;
	}
	for (size_t i = first; i < st->column_count; i++)
		st->columns[i].guarded = guarded;
	return true;
}

static bool take_drop(struct alteration *a)
{
	struct dts_define *st = a->st;

	if (dts_define_is(st, "PARTITION")) {
		a->last = true;
		return true;
	}
	if (dts_define_take_two(st, "SYSTEM", "VERSIONING"))
		return true;
	if (dts_define_take_two(st, "PERIOD", "FOR"))
		return add_named(a, DROP_PERIOD);
	if (dts_define_take_two(st, "PRIMARY", "KEY")) {
		add_action(a, DROP_KEY)->name = DTS_LIT("PRIMARY");
		return true;
	}
	if (dts_define_take(st, "INDEX") || dts_define_take(st, "KEY"))
		return add_named(a, DROP_KEY);
	if (dts_define_take(st, "CONSTRAINT"))
		return add_named(a, DROP_CONSTRAINT);
	if (dts_define_take_two(st, "FOREIGN", "KEY") || dts_define_take(st, "CHECK")) {
		struct dts_slice name;

		dts_ddl_take_guard(&st->p);
		return dts_define_take_name(st, &name);
	}
	dts_define_take(st, "COLUMN");
	if (!add_named(a, DROP_COLUMN))
		return false;
	if (!dts_define_take(st, "RESTRICT"))
		dts_define_take(st, "CASCADE");
	return true;
}

/* MODIFY and CHANGE */
static bool take_change(struct alteration *a, bool change)
{
	struct dts_define *st = a->st;
	struct dts_define_column *c;
	struct dts_slice old, name;

	dts_define_take(st, "COLUMN");
	bool guarded = dts_ddl_take_guard(&st->p);
	if (!dts_define_take_name(st, &old))
		return false;
	name = old;
	if ((change && !dts_define_take_name(st, &name)) || !dts_define_take_column(st, name, &c) || !take_place(st, c))
		return false;
	c->old = old;
	c->guarded = guarded;
	return true;
}

static bool take_rename(struct alteration *a)
{
	struct dts_define *st = a->st;
	struct dts_slice name;
	bool column = dts_define_take(st, "COLUMN");

	if (column || dts_define_take(st, "INDEX") || dts_define_take(st, "KEY")) {
		if (!add_named(a, column ? RENAME_COLUMN : RENAME_KEY))
			return false;
		if (!dts_define_take(st, "TO"))
			return dts_define_stuck(st, "RENAME");
		return dts_define_take_name(st, &a->actions[a->count - 1].to);
	}
	/* The table itself: dts_ddl_parse() has told its new name. */
	if (!dts_define_take(st, "TO") && !dts_define_take(st, "AS"))
		dts_define_take_char(st, '=');
	return (dts_define_take_char(st, '.') || true) && dts_define_take_name(st, &name) &&
	       (!dts_define_take_char(st, '.') || dts_define_take_name(st, &name));
}

/* ALTER [COLUMN] c SET DEFAULT ..., ALTER INDEX i INVISIBLE, ALTER CHECK c ENFORCED */
static bool take_alter(struct alteration *a)
{
	struct dts_define *st = a->st;
	struct dts_slice name;

	if (dts_define_take(st, "INDEX") || dts_define_take(st, "KEY") || dts_define_take(st, "CHECK") ||
	    dts_define_take(st, "CONSTRAINT"))
		return dts_define_skip_item(st);
	dts_define_take(st, "COLUMN");
	dts_ddl_take_guard(&st->p);
	if (!dts_define_take_name(st, &name))
		return false;
	if (dts_define_take_two(st, "DROP", "DEFAULT"))
		return true;
	if (!dts_define_take(st, "SET"))
		return dts_define_stuck(st, "ALTER COLUMN");
	if (dts_define_take(st, "DEFAULT"))
		return dts_define_skip_expression(st);
	if (!dts_define_is(st, "VISIBLE") && !dts_define_is(st, "INVISIBLE"))
		return dts_define_stuck(st, "ALTER COLUMN");
	add_action(a, dts_define_is(st, "VISIBLE") ? SHOW_COLUMN : HIDE_COLUMN)->name = name;
	dts_sql_next(&st->p.scan);
	return true;
}

/* CONVERT TO CHARACTER SET x [COLLATE y]; CONVERT PARTITION and CONVERT TABLE
 * are partition work. */
static bool take_convert(struct alteration *a)
{
	struct dts_define *st = a->st;

	if (dts_define_is(st, "PARTITION") || dts_define_is(st, "TABLE")) {
		st->from_table = dts_define_is(st, "TABLE");
		st->to_table = !st->from_table;
		a->last = true;
		return true;
	}
	a->converts = true;
	if (!dts_define_take(st, "TO") ||
	    (!dts_define_take(st, "CHARSET") && !dts_define_take_two(st, "CHARACTER", "SET") &&
	     !dts_define_take_two(st, "CHAR", "SET")))
		return dts_define_stuck(st, "CONVERT");
	if (!dts_define_take_charset_name(st, &a->convert.charset))
		return false;
	return !dts_define_take(st, "COLLATE") || dts_define_take_charset_name(st, &a->convert.collation);
}

/* Table options, which need no comma between them. */
static bool take_options(struct alteration *a)
{
	struct dts_define *st = a->st;

	while (!dts_define_at_end(st) && !dts_sql_is_char(&st->p.scan, ',')) {
		if (dts_define_is(st, "PARTITION") || dts_define_is(st, "REMOVE"))
			return true;
		if (dts_define_take_charset_option(st, &a->options))
			continue;
		if (st->why.len > 0)
			return false;
		if (dts_sql_is_char(&st->p.scan, '(')) {
			if (!dts_define_skip_brackets(st))
				return false;
		} else if (dts_sql_is_char(&st->p.scan, ')')) {
			return dts_define_stuck(st, "ALTER TABLE");
		} else {
			dts_sql_next(&st->p.scan);
		}
	}
	return true;
}

/* Does an option begin here? Those of engines (MariaDB) have a '='. */
static bool at_option(const struct dts_define *st)
{
	static const char *const words[] = {
		"CHARACTER", "CHARSET", "COLLATE", "DEFAULT", "ENGINE", "AUTO_INCREMENT", "AVG_ROW_LENGTH", "CHECKSUM",
		"TABLE_CHECKSUM", "COMMENT", "COMPRESSION", "CONNECTION", "DATA", "INDEX", "DELAY_KEY_WRITE", "ENCRYPTION",
		"ENCRYPTED", "ENGINE_ATTRIBUTE", "SECONDARY_ENGINE_ATTRIBUTE", "SECONDARY_ENGINE", "INSERT_METHOD",
		"KEY_BLOCK_SIZE", "MAX_ROWS", "MIN_ROWS", "PACK_KEYS", "PASSWORD", "ROW_FORMAT", "STATS_AUTO_RECALC",
		"STATS_PERSISTENT", "STATS_SAMPLE_PAGES", "TABLESPACE", "UNION", "AUTOEXTEND_SIZE", "START", "STORAGE",
		"TRANSACTIONAL", "PAGE_CHECKSUM", "SEQUENCE", "ALGORITHM", "LOCK", "FORCE", "ENABLE", "DISABLE", "DISCARD",
		"IMPORT", "SECONDARY_LOAD", "SECONDARY_UNLOAD", "WITH", "WITHOUT", "NOWAIT", "WAIT",
	};
	struct dts_sql_scan next = dts_ddl_peek(&st->p);

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (dts_define_is(st, words[i]))
			return true;
	return st->d->mariadb && dts_define_at_name(st) && dts_sql_is_char(&next, '=');
}

/* Work on partitions changes no column: the rest of the statement is theirs. */
static bool at_partition_work(const struct dts_define *st)
{
	static const char *const words[] = {"PARTITION", "REMOVE", "COALESCE", "REORGANIZE", "EXCHANGE", "TRUNCATE",
					    "ANALYZE", "CHECK", "OPTIMIZE", "REPAIR", "REBUILD"};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (dts_define_is(st, words[i]))
			return true;
	return false;
}

static bool take_alteration(struct alteration *a)
{
	struct dts_define *st = a->st;

	if (dts_define_take(st, "ADD"))
		return take_add(a);
	if (dts_define_take(st, "DROP"))
		return take_drop(a);
	if (dts_define_take(st, "MODIFY"))
		return take_change(a, false);
	if (dts_define_take(st, "CHANGE"))
		return take_change(a, true);
	if (dts_define_take(st, "RENAME"))
		return take_rename(a);
	if (dts_define_take(st, "ALTER"))
		return take_alter(a);
	if (dts_define_take(st, "CONVERT"))
		return take_convert(a);
	if (dts_define_take(st, "ORDER")) {
		a->last = true; /* its list has commas of its own */
		return true;
	}
	return at_option(st) ? take_options(a) : dts_define_stuck(st, "ALTER TABLE");
}

static bool take_alterations(struct alteration *a)
{
	struct dts_define *st = a->st;

	dts_ddl_take_wait(&st->p);
	if (dts_define_at_end(st) || at_partition_work(st))
		return true;
	do {
		if (!take_alteration(a))
			return false;
	} while (!a->last && dts_define_take_char(st, ','));
	if (a->last || dts_define_at_end(st) || dts_define_is(st, "PARTITION") || dts_define_is(st, "REMOVE"))
		return true;
	return dts_define_stuck(st, "ALTER TABLE");
}

/* The action of this kind about this column, or NULL. */
static struct action *find_action(const struct alteration *a, enum what what, struct dts_slice name)
{
	for (size_t i = 0; i < a->count; i++)
		if (a->actions[i].what == what && dts_define_same(a->actions[i].name, name))
			return &a->actions[i];
	return NULL;
}

/* Alterations that IF [NOT] EXISTS makes void, as MariaDB's
 * handle_if_exists_options() finds them: by the table as it was. */
static bool drop_void(struct alteration *a, const struct dts_define_table *old)
{
	struct dts_define *st = a->st;
	size_t kept = 0;

	for (size_t i = 0; i < st->column_count; i++) {
		struct dts_define_column *c = &st->columns[i];
		bool there = dts_define_table_column(old, c->old.p ? c->old : c->name) >= 0;

		for (size_t j = 0; j < kept && !c->old.p && c->guarded; j++)
			there = there || (!st->columns[j].old.p && dts_define_same(st->columns[j].name, c->name));
		if (!c->guarded || (c->old.p ? there : !there)) {
			st->columns[kept++] = *c;
			continue;
		}
		if (c->unique || c->primary) /* its key was noted already */
			return dts_define_fail(st, "a column with a key, under IF EXISTS or IF NOT EXISTS");
	}
	st->column_count = kept;
	for (size_t i = kept = 0; i < a->count; i++) {
		const struct action *action = &a->actions[i];
		bool of_columns = action->what <= HIDE_COLUMN;

		if (!action->guarded || !of_columns || dts_define_table_column(old, action->name) >= 0)
			a->actions[kept++] = *action;
	}
	a->count = kept;
	return true;
}

/* Takes the column that was old number `was` out of its place. */
static void take_out(struct dts_define_table *t, size_t was, size_t *map)
{
	size_t at = 0;

	while (at < t->count && map[at] != was)
		at++;
	if (at == t->count)
		return;
	t->count--;
	memmove(&t->columns[at], &t->columns[at + 1], (t->count - at) * sizeof *t->columns);
	memmove(&map[at], &map[at + 1], (t->count - at) * sizeof *map);
}

/*
 * The place of FIRST: behind the primary key that MySQL made itself
 * (sql_generate_invisible_primary_key), known by its name, which stays ahead.
 */
static bool first_place(struct dts_define *st, const struct dts_define_table *t, size_t *at)
{
	const struct dts_column *c = &t->columns[0];

	*at = 0;
	if (st->d->mariadb || t->count == 0 || !dts_define_same(c->name, DTS_LIT("my_row_id")))
		return true;
	if (!c->invisible || !dts_slice_is(c->type_text, "bigint unsigned"))
		return dts_define_fail(st, "FIRST, where a column my_row_id is the first");
	*at = 1;
	return true;
}

/* Puts a column where the statement wants it. */
static bool place(struct dts_define *st, struct dts_define_table *t, const struct dts_define_column *c, size_t *map)
{
	struct dts_column column;
	size_t at;

	if (!dts_define_finish(st, c, t->charset, t->arena, &column))
		return false;
	if (c->old_index >= 0)
		take_out(t, (size_t)c->old_index, map);
	at = t->count;
	if (c->first) {
		if (!first_place(st, t, &at))
			return false;
	} else if (c->placed) {
		long after = dts_define_table_column(t, c->after);

		if (after < 0)
			return dts_define_fail(st, "AFTER '%s', a column that there is not", c->after.p);
		at = (size_t)after + 1;
	}
	dts_define_table_add_column(t);
	memmove(&t->columns[at + 1], &t->columns[at], (t->count - 1 - at) * sizeof *t->columns);
	memmove(&map[at + 1], &map[at], (t->count - 1 - at) * sizeof *map);
	t->columns[at] = column;
	map[at] = c->old_index >= 0 ? (size_t)c->old_index : SIZE_MAX;
	return true;
}

/* The MODIFY or CHANGE of a column, or NULL. */
static struct dts_define_column *find_change(const struct dts_define *st, struct dts_slice name)
{
	for (size_t i = 0; i < st->column_count; i++)
		if (st->columns[i].old.p && dts_define_same(st->columns[i].old, name))
			return &st->columns[i];
	return NULL;
}

/* The old columns that stay, with their changes, in their old order. */
static bool keep_columns(struct alteration *a, const struct dts_define_table *old, struct dts_define_table *t, size_t *map)
{
	struct dts_define *st = a->st;

	for (size_t i = 0; i < old->count; i++) {
		struct dts_column column = old->columns[i];
		struct dts_define_column *c = find_change(st, column.name);
		const struct action *renamed = find_action(a, RENAME_COLUMN, column.name);

		if (find_action(a, DROP_COLUMN, column.name)) {
			if (c || renamed)
				return dts_define_fail(st, "column '%s' is dropped and changed", column.name.p);
			continue;
		}
		if (c && renamed)
			return dts_define_fail(st, "column '%s' is changed twice", column.name.p);
		if (c) {
			c->old_index = (long)i;
			c->done = !c->placed; /* else it goes to its new place later */
			if (!dts_define_finish(st, c, t->charset, t->arena, &column))
				return false;
		} else if (renamed) {
			column.name = dts_arena_copy(t->arena, renamed->to);
		}
		if (find_action(a, SHOW_COLUMN, old->columns[i].name))
			column.invisible = false;
		if (find_action(a, HIDE_COLUMN, old->columns[i].name))
			column.invisible = true;
		map[t->count] = i;
		*dts_define_table_add_column(t) = column;
	}
	return true;
}

static bool change_columns(struct alteration *a, const struct dts_define_table *old, struct dts_define_table *t, size_t *map)
{
	struct dts_define *st = a->st;

	for (size_t i = 0; i < a->count; i++)
		if (a->actions[i].what <= HIDE_COLUMN && dts_define_table_column(old, a->actions[i].name) < 0)
			return dts_define_fail(st, "there is no column '%s'", a->actions[i].name.p);
	if (!keep_columns(a, old, t, map))
		return false;
	for (size_t i = 0; i < st->column_count; i++) {
		const struct dts_define_column *c = &st->columns[i];

		if (c->done)
			continue;
		if (c->old.p && c->old_index < 0)
			return dts_define_fail(st, "there is no column '%s'", c->old.p);
		if (!place(st, t, c, map))
			return false;
	}
	for (size_t i = 0; i < t->count; i++)
		if (dts_define_table_column(t, t->columns[i].name) != (long)i)
			return dts_define_fail(st, "column '%s' is there twice", t->columns[i].name.p);
	return t->count > 0 || dts_define_fail(st, "no column is left");
}

/* CONVERT TO CHARACTER SET changes the columns that stay as they are; what it
 * does to one that the same statement defines differs from server to server. */
static bool convert_columns(struct alteration *a, struct dts_define_table *t, const size_t *map)
{
	for (size_t i = 0; i < t->count; i++) {
		bool defined = map[i] == SIZE_MAX;

		for (size_t j = 0; j < a->st->column_count; j++)
			defined = defined || a->st->columns[j].old_index == (long)map[i];
		if (defined && t->columns[i].charset.len > 0)
			return dts_define_fail(a->st, "CONVERT TO CHARACTER SET in the statement that defines column '%s'",
					       t->columns[i].name.p);
		if (!defined && !dts_define_convert(a->st, &t->columns[i], t->charset, t->arena))
			return false;
	}
	return true;
}

/* The old indexes over the columns as they are now. */
static void keep_indexes(const struct alteration *a, const struct dts_define_table *old, struct dts_define_table *t, const size_t *map)
{
	for (size_t i = 0; i < t->index_count;) {
		struct dts_index *index = &t->indexes[i];
		struct dts_index_part *parts = dts_arena_alloc(t->arena, index->count, sizeof *parts);
		size_t count = 0;

		for (size_t j = 0; j < index->count; j++) {
			long was = index->parts[j].column.len > 0 ? dts_define_table_column(old, index->parts[j].column) : -1;
			size_t now = 0;

			if (was < 0) { /* an expression */
				parts[count++] = index->parts[j];
				continue;
			}
			/* A new column of the old name is as good to the servers, if it is the first of them. */
			while (now < t->count && map[now] != (size_t)was &&
			       (map[now] != SIZE_MAX || !dts_define_same(t->columns[now].name, index->parts[j].column)))
				now++;
			if (now == t->count)
				continue; /* dropped */
			parts[count].column = t->columns[now].name;
			parts[count].prefix = dts_define_prefix(&t->columns[now], index->parts[j].prefix, true);
			uint32_t labels = index->parts[j].prefix == 0 && !a->st->d->mariadb
						  ? dts_define_labels_prefix(&old->columns[was], &t->columns[now])
						  : 0;
			if (labels > 0)
				parts[count].prefix = labels;
			count++;
			if (dts_slice_is(index->name, "PRIMARY"))
				t->columns[now].nullable = false;
		}
		index->parts = parts;
		index->count = count;
		if (count == 0)
			dts_define_table_drop_index(t, i);
		else
			i++;
	}
}

/* A constraint that is no unique key is a check or a foreign key: not ours. */
static bool drop_indexes(struct alteration *a, struct dts_define_table *t)
{
	for (size_t i = 0; i < a->count; i++) {
		const struct action *action = &a->actions[i];
		long at;

		if (action->what != DROP_KEY && action->what != DROP_CONSTRAINT)
			continue;
		at = dts_define_table_index(t, action->name);
		if (at >= 0 && (action->what == DROP_KEY || t->indexes[at].unique))
			dts_define_table_drop_index(t, (size_t)at);
		else if (action->what == DROP_KEY && !action->guarded && t->indexes_complete && t->indexes_known)
			return dts_define_fail(a->st, "there is no index '%s' to be dropped", action->name.p);
	}
	return true;
}

/* All at once: two may swap their names. */
static void rename_indexes(struct alteration *a, struct dts_define_table *t)
{
	struct dts_slice *names = dts_arena_alloc(t->arena, t->index_count + 1, sizeof *names);
	long at;

	for (size_t i = 0; i < t->index_count; i++)
		names[i] = t->indexes[i].name;
	for (size_t i = 0; i < a->count; i++)
		if (a->actions[i].what == RENAME_KEY && (at = dts_define_table_index(t, a->actions[i].name)) >= 0)
			names[at] = dts_arena_copy(t->arena, a->actions[i].to);
	for (size_t i = 0; i < t->index_count; i++)
		t->indexes[i].name = names[i];
}

/* The default charset that the statement leaves the table with. */
static bool change_charset(struct alteration *a, struct dts_define_table *t)
{
	struct dts_define_charset none = {{NULL, 0}, {NULL, 0}}, found;

	if (!a->options.has_charset && !a->converts)
		return true;
	if (a->options.has_charset && a->converts)
		return dts_define_fail(a->st, "CONVERT TO CHARACTER SET beside another charset");
	if (!dts_define_resolve(a->st, a->converts ? a->convert : a->options.charset, false,
				a->converts ? none : t->charset, &found))
		return false;
	t->charset.charset = dts_arena_copy(t->arena, found.charset);
	t->charset.collation = dts_arena_copy(t->arena, found.collation);
	return true;
}

static bool carry_out(struct alteration *a, struct dts_define_table *t)
{
	struct dts_define *st = a->st;
	struct dts_define_table old = *t;
	size_t *map = dts_arena_alloc(st->arena, old.count + st->column_count + 1, sizeof *map);

	t->columns = NULL;
	t->count = t->cap = 0;
	if (!change_charset(a, t) || !drop_void(a, &old) || !change_columns(a, &old, t, map))
		return false;
	if (a->converts && !convert_columns(a, t, map))
		return false;
	if (!drop_indexes(a, t))
		return false;
	rename_indexes(a, t);
	keep_indexes(a, &old, t, map);
	return dts_define_table_add_keys(st, t) && dts_define_table_add_periods(st, t);
}

bool dts_define_alter(struct dts_define *st, struct dts_define_table *t)
{
	struct alteration a = {.st = st};
	bool good = take_alterations(&a) && carry_out(&a, t);

	free(a.actions);
	return good;
}
