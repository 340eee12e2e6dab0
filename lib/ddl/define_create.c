/* CREATE TABLE, CREATE SEQUENCE, CREATE and DROP INDEX. */
#include "ddl/define.h"

/* Everything behind the list of columns, up to the partitions: only the
 * charset is of interest. */
static bool take_options(struct dts_define *st, struct dts_define_options *o)
{
	while (!dts_define_at_end(st)) {
		if (dts_define_is(st, "PARTITION"))
			return true; /* the last clause */
		if (dts_define_take_charset_option(st, o))
			continue;
		if (st->why.len > 0)
			return false;
		if (dts_sql_is_char(&st->p.scan, '(')) {
			if (!dts_define_skip_brackets(st))
				return false;
		} else if (dts_sql_is_char(&st->p.scan, ')')) {
			return dts_define_stuck(st, "a table option");
		} else {
			dts_sql_next(&st->p.scan);
		}
	}
	return true;
}

/* The table's default charset: what is written, on top of its database's. */
static bool take_default(struct dts_define *st, struct dts_define_table *t, const struct dts_define_options *o)
{
	struct dts_define_database *db = dts_define_database(st->d, t->db);
	struct dts_define_charset standard = {{NULL, 0}, {NULL, 0}};

	if (db && db->known)
		standard = (struct dts_define_charset){dts_buf_slice(&db->charset), dts_buf_slice(&db->collation)};
	if (o->has_charset && !dts_define_resolve(st, o->charset, false, standard, &standard))
		return false;
	if (standard.charset.p) {
		t->charset.charset = dts_arena_copy(t->arena, standard.charset);
		t->charset.collation = dts_arena_copy(t->arena, standard.collation);
	}
	return true;
}

bool dts_define_create(struct dts_define *st, struct dts_define_table *t)
{
	struct dts_define_options o = {{{NULL, 0}, {NULL, 0}}, false};

	t->indexes_known = t->indexes_complete = true;
	if (!dts_define_take_elements(st) || !take_options(st, &o) || !take_default(st, t, &o))
		return false;
	for (size_t i = 0; i < st->column_count; i++) {
		if (dts_define_table_column(t, st->columns[i].name) >= 0)
			return dts_define_fail(st, "column '%s' is there twice", st->columns[i].name.p);
		if (!dts_define_finish(st, &st->columns[i], t->charset, t->arena, dts_define_table_add_column(t)))
			return false;
	}
	return dts_define_table_add_keys(st, t) && dts_define_table_add_periods(st, t);
}

/* Takes the type behind AS (MariaDB 11.5), which may stand among the options anywhere. */
static bool take_sequence_type(struct dts_define *st, struct dts_define_column *c)
{
	while (!dts_define_at_end(st)) {
		if (!dts_define_take(st, "AS")) {
			dts_sql_next(&st->p.scan);
			continue;
		}
		if (!dts_define_take_type(st, c))
			return dts_define_stuck(st, "the type of a sequence");
		while (dts_define_take_type_attribute(st, c))
			;
		if (st->why.len > 0)
			return false;
	}
	return true;
}

/* A sequence is a table of one row to the binary log (MariaDB's manual, "Sequence
 * Overview"), whose first columns have the sequence's type. */
bool dts_define_sequence(struct dts_define *st, struct dts_define_table *t)
{
	static const char *const own[] = {"next_not_cached_value", "minimum_value", "maximum_value", "start_value"};
	static const struct {
		const char *name, *type;
	} others[] = {
		{"increment", "bigint(21)"}, {"cache_size", "bigint(21) unsigned"},
		{"cycle_option", "tinyint(1) unsigned"}, {"cycle_count", "bigint(21)"},
	};
	static const struct {
		const char *type, *width;
	} widths[] = {{"tinyint", "(5)"}, {"smallint", "(7)"}, {"mediumint", "(10)"}, {"int", "(12)"}, {"bigint", "(21)"}};
	struct dts_define_column type = {.type = t->count > 0 ? NULL : "bigint"};
	struct dts_buf text = {0};

	if (!take_sequence_type(st, &type))
		return false;
	if (!type.type) /* ALTER SEQUENCE without one */
		return true;
	dts_buf_adds(&text, type.type);
	for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
		if (strcmp(type.type, widths[i].type) == 0)
			dts_buf_adds(&text, widths[i].width);
	dts_buf_adds(&text, type.is_unsigned ? " unsigned" : "");
	struct dts_slice own_type = dts_arena_copy(t->arena, dts_buf_slice(&text));
	dts_buf_release(&text);
	t->count = 0;
	for (size_t i = 0; i < 8; i++) {
		struct dts_column *c = dts_define_table_add_column(t);

		*c = (struct dts_column){.name = dts_slice_of(i < 4 ? own[i] : others[i - 4].name),
					 .type_text = i < 4 ? own_type : dts_slice_of(others[i - 4].type)};
		c->charset = c->collation = DTS_LIT("");
		dts_column_from_type(c, t->arena);
	}
	t->indexes_known = t->indexes_complete = true;
	return take_default(st, t, &(struct dts_define_options){.has_charset = false});
}

/* CREATE [OR REPLACE] [UNIQUE | FULLTEXT | ...] INDEX [IF NOT EXISTS] name
 * [USING x] ON t (parts): the scan stands at CREATE. */
bool dts_define_create_index(struct dts_define *st, struct dts_define_table *t)
{
	enum dts_define_key_type type = DTS_DEFINE_INDEX;
	size_t behind = st->p.d->objects[0].whole.at + st->p.d->objects[0].whole.len;
	bool replace = st->p.d->or_replace;
	struct dts_define_key *key;
	long old;

	while (!dts_define_take(st, "INDEX")) {
		if (dts_define_is(st, "UNIQUE"))
			type = DTS_DEFINE_UNIQUE;
		if (st->p.scan.type == DTS_SQL_END)
			return dts_define_stuck(st, "CREATE INDEX");
		dts_sql_next(&st->p.scan);
	}
	key = dts_define_add_key(st, type);
	key->guarded = dts_ddl_take_guard(&st->p);
	if (!dts_define_take_name(st, &key->name))
		return false;
	dts_define_skip_behind(st, behind);
	dts_ddl_take_wait(&st->p);
	if (!dts_define_take_parts(st, key))
		return false;
	old = dts_define_table_index(t, key->name);
	if (replace && old >= 0)
		dts_define_table_drop_index(t, (size_t)old);
	return dts_define_table_add_keys(st, t);
}

/* DROP INDEX [IF EXISTS] name ON t: the scan stands at DROP. */
bool dts_define_drop_index(struct dts_define *st, struct dts_define_table *t)
{
	struct dts_slice name;
	long at;

	while (!dts_define_take(st, "INDEX")) {
		if (st->p.scan.type == DTS_SQL_END)
			return dts_define_stuck(st, "DROP INDEX");
		dts_sql_next(&st->p.scan);
	}
	bool guarded = dts_ddl_take_guard(&st->p);
	if (!dts_define_take_name(st, &name))
		return false;
	at = dts_define_table_index(t, name);
	if (at >= 0)
		dts_define_table_drop_index(t, (size_t)at);
	else if (!guarded && t->indexes_complete && t->indexes_known)
		return dts_define_fail(st, "there is no index '%s' to be dropped", name.p);
	return true;
}
