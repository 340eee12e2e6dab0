/* Columns, keys and constraints, as CREATE TABLE lists them and ALTER TABLE adds them. */
#include <stdlib.h>

#include "ddl/define.h"

static void grow(void **items, size_t count, size_t *cap, size_t size)
{
	if (count < *cap)
		return;
	*cap = *cap ? *cap * 2 : 16;
	*items = dts_realloc(*items, *cap * size);
}

struct dts_define_key *dts_define_add_key(struct dts_define *st, enum dts_define_key_type type)
{
	grow((void **)&st->keys, st->key_count, &st->key_cap, sizeof *st->keys);
	struct dts_define_key *key = &st->keys[st->key_count++];
	*key = (struct dts_define_key){.type = type, .name = {NULL, 0}};
	return key;
}

/* A key over one whole column, which the column's definition asks for. */
static void add_column_key(struct dts_define *st, enum dts_define_key_type type, struct dts_slice column)
{
	struct dts_define_key *key = dts_define_add_key(st, type);

	key->parts = dts_arena_alloc(st->arena, 1, sizeof *key->parts);
	key->parts[0].column = column;
	key->count = 1;
}

/* GENERATED ALWAYS AS (...) [VIRTUAL | STORED | PERSISTENT], AS ROW START; 1: taken, 0: none, -1. */
static int take_generated(struct dts_define *st, struct dts_define_column *c)
{
	bool always = dts_define_take_two(st, "GENERATED", "ALWAYS");

	if (!dts_define_take(st, "AS"))
		return always ? (dts_define_stuck(st, "a generated column"), -1) : 0;
	if (dts_define_take(st, "ROW")) {
		if (dts_define_take(st, "END"))
			st->row_end = c->name;
		else if (!dts_define_take(st, "START"))
			return dts_define_stuck(st, "a generated column"), -1;
		c->row_edge = true;
		c->generated = DTS_GENERATED_STORED;
		return 1;
	}
	if (!dts_define_skip_brackets(st))
		return -1;
	c->generated = DTS_GENERATED_VIRTUAL;
	if (dts_define_take(st, "STORED") || dts_define_take(st, "PERSISTENT"))
		c->generated = DTS_GENERATED_STORED;
	else
		dts_define_take(st, "VIRTUAL");
	return 1;
}

/* REFERENCES t [(a, b)] [MATCH x] [ON DELETE x] [ON UPDATE x] */
static bool skip_references(struct dts_define *st)
{
	struct dts_slice name;

	if (!dts_define_take_name(st, &name) || (dts_define_take_char(st, '.') && !dts_define_take_name(st, &name)))
		return false;
	if (dts_sql_is_char(&st->p.scan, '(') && !dts_define_skip_brackets(st))
		return false;
	for (;;) {
		if (dts_define_take(st, "MATCH")) {
			dts_sql_next(&st->p.scan);
		} else if (dts_define_take_two(st, "ON", "DELETE") || dts_define_take_two(st, "ON", "UPDATE")) {
			if (!dts_define_take_two(st, "SET", "NULL") && !dts_define_take_two(st, "SET", "DEFAULT") &&
			    !dts_define_take_two(st, "NO", "ACTION") && !dts_define_take(st, "CASCADE") &&
			    !dts_define_take(st, "RESTRICT"))
				return dts_define_stuck(st, "a foreign key");
		} else {
			return true;
		}
	}
}

/* [CONSTRAINT [name]] CHECK (...) [[NOT] ENFORCED]; 1: taken, 0: none, -1. */
static int take_check(struct dts_define *st)
{
	struct dts_slice name;
	bool constraint = dts_define_take(st, "CONSTRAINT");

	if (constraint && !dts_define_is(st, "CHECK") && !dts_define_take_name(st, &name))
		return -1;
	if (!dts_define_take(st, "CHECK"))
		return constraint ? (dts_define_stuck(st, "a constraint"), -1) : 0;
	if (!dts_define_skip_brackets(st))
		return -1;
	if (!dts_define_take_two(st, "NOT", "ENFORCED"))
		dts_define_take(st, "ENFORCED");
	return 1;
}

/* Attributes that say nothing about what a column is; 1: taken, 0: none, -1. */
static int skip_attribute(struct dts_define *st)
{
	static const char *const with_value[] = {"COMMENT", "COLUMN_FORMAT", "STORAGE", "ENGINE_ATTRIBUTE",
						 "SECONDARY_ENGINE_ATTRIBUTE", "SRID", "REF_SYSTEM_ID"};
	struct dts_sql_scan next = dts_ddl_peek(&st->p);

	if (dts_define_take(st, "DEFAULT") || dts_define_take_two(st, "ON", "UPDATE"))
		return dts_define_skip_expression(st) ? 1 : -1;
	if (dts_define_take(st, "REFERENCES"))
		return skip_references(st) ? 1 : -1;
	if (dts_define_take_two(st, "NOT", "SECONDARY"))
		return 1;
	if (dts_define_is(st, "WITH") || dts_define_is(st, "WITHOUT")) {
		dts_sql_next(&st->p.scan);
		return dts_define_take_two(st, "SYSTEM", "VERSIONING") ? 1 : (dts_define_stuck(st, "a column"), -1);
	}
	for (size_t i = 0; i < sizeof with_value / sizeof *with_value; i++)
		if (dts_define_take(st, with_value[i])) {
			dts_define_take_char(st, '=');
			dts_sql_next(&st->p.scan);
			return 1;
		}
	/* MariaDB: option = value, for the engine */
	if (st->d->mariadb && dts_define_at_name(st) && dts_sql_is_char(&next, '=')) {
		dts_sql_next(&st->p.scan);
		dts_sql_next(&st->p.scan);
		dts_sql_next(&st->p.scan);
		return 1;
	}
	return 0;
}

/* One attribute behind the type; 1: taken, 0: none, -1. */
static int take_attribute(struct dts_define *st, struct dts_define_column *c)
{
	int taken;

	if (dts_define_take_two(st, "SERIAL", "DEFAULT")) {
		c->not_null = c->unique = true;
		return dts_define_take(st, "VALUE") ? 1 : (dts_define_stuck(st, "a column"), -1);
	}
	if (dts_define_take_two(st, "NOT", "NULL")) {
		c->not_null = true;
		c->null = false; /* the last one counts */
	} else if (dts_define_take(st, "NULL")) {
		c->null = true;
	} else if (dts_define_take(st, "AUTO_INCREMENT")) {
		c->not_null = true;
	} else if (dts_define_take(st, "UNIQUE")) {
		dts_define_take(st, "KEY");
		c->unique = true;
	} else if (dts_define_take_two(st, "PRIMARY", "KEY") || dts_define_take(st, "KEY")) {
		c->primary = true;
	} else if (dts_define_take(st, "INVISIBLE")) {
		c->invisible = true;
	} else if (!dts_define_take(st, "VISIBLE")) {
		if (dts_define_take_type_attribute(st, c))
			return 1;
		if (st->why.len > 0)
			return -1;
		taken = take_generated(st, c);
		if (taken == 0)
			taken = take_check(st);
		return taken == 0 ? skip_attribute(st) : taken;
	}
	return 1;
}

bool dts_define_take_column(struct dts_define *st, struct dts_slice name, struct dts_define_column **added)
{
	struct dts_define_column c = {.name = name, .old = {NULL, 0}, .old_index = -1};
	int taken;

	if (!dts_define_take_type(st, &c))
		return false;
	do {
		taken = take_attribute(st, &c);
	} while (taken > 0);
	if (taken < 0)
		return false;
	/* MariaDB makes one key of the two. */
	if (c.unique && !(c.primary && st->d->mariadb))
		add_column_key(st, DTS_DEFINE_UNIQUE, name);
	if (c.primary)
		add_column_key(st, DTS_DEFINE_PRIMARY, name);
	grow((void **)&st->columns, st->column_count, &st->column_cap, sizeof *st->columns);
	*added = &st->columns[st->column_count++];
	**added = c;
	return true;
}

/* name[(n)] [ASC | DESC], (expression), name WITHOUT OVERLAPS */
static bool take_part(struct dts_define *st, struct dts_define_key *key, struct dts_index_part *part)
{
	uint64_t n = 0;

	*part = (struct dts_index_part){.column = {"", 0}};
	if (dts_sql_is_char(&st->p.scan, '(')) {
		if (!dts_define_skip_brackets(st))
			return false;
	} else {
		if (!dts_define_take_name(st, &part->column))
			return false;
		if (dts_define_take_char(st, '(') &&
		    (!dts_define_take_number(st, &n) || !dts_define_take_char(st, ')')))
			return dts_define_stuck(st, "a key");
		part->prefix = n < UINT32_MAX ? (uint32_t)n : 0;
	}
	if (dts_define_take_two(st, "WITHOUT", "OVERLAPS"))
		key->over_period = true;
	if (!dts_define_take(st, "ASC"))
		dts_define_take(st, "DESC");
	return true;
}

bool dts_define_take_parts(struct dts_define *st, struct dts_define_key *key)
{
	size_t cap = 4;

	key->parts = dts_arena_alloc(st->arena, cap, sizeof *key->parts);
	if (!dts_define_take_char(st, '('))
		return dts_define_stuck(st, "a key");
	do {
		if (key->count == cap) {
			struct dts_index_part *more = dts_arena_alloc(st->arena, cap *= 2, sizeof *more);

			memcpy(more, key->parts, key->count * sizeof *more);
			key->parts = more;
		}
		if (!take_part(st, key, &key->parts[key->count++]))
			return false;
	} while (dts_define_take_char(st, ','));
	return dts_define_take_char(st, ')') || dts_define_stuck(st, "a key");
}

/* PERIOD FOR name (start, end) */
static bool take_period(struct dts_define *st)
{
	struct dts_define_period period;

	if (!dts_define_take_name(st, &period.name))
		return false;
	if (!dts_define_take_char(st, '(') || !dts_define_take_name(st, &period.start) || !dts_define_take_char(st, ',') ||
	    !dts_define_take_name(st, &period.end) || !dts_define_take_char(st, ')'))
		return dts_define_stuck(st, "a period");
	grow((void **)&st->periods, st->period_count, &st->period_cap, sizeof *st->periods);
	st->periods[st->period_count++] = period;
	return true;
}

static bool at_index_word(const struct dts_define *st)
{
	return dts_define_is(st, "INDEX") || dts_define_is(st, "KEY");
}

/* VECTOR and PERIOD are words of their own only before certain others. */
static bool at_vector_index(const struct dts_define *st)
{
	return st->d->mariadb && dts_define_is(st, "VECTOR") &&
	       (dts_define_next_is(st, "INDEX") || dts_define_next_is(st, "KEY"));
}

bool dts_define_at_constraint(const struct dts_define *st)
{
	static const char *const words[] = {"CONSTRAINT", "PRIMARY", "UNIQUE", "INDEX", "KEY", "FULLTEXT",
					    "SPATIAL", "FOREIGN", "CHECK"};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (dts_define_is(st, words[i]))
			return true;
	return at_vector_index(st) || (dts_define_is(st, "PERIOD") && dts_define_next_is(st, "FOR"));
}

/* USING BTREE, TYPE BTREE; but TYPE ( is a name. */
static bool at_index_type(const struct dts_define *st)
{
	struct dts_sql_scan next = dts_ddl_peek(&st->p);

	return dts_define_is(st, "USING") || (dts_define_is(st, "TYPE") && !dts_sql_is_char(&next, '('));
}

/* Behind the kind of key: [IF NOT EXISTS] [name] [USING x] (parts) options */
static bool take_key_rest(struct dts_define *st, struct dts_define_key *key)
{
	if (dts_ddl_take_guard(&st->p))
		key->guarded = true;
	if (dts_define_at_name(st) && !at_index_type(st) && !dts_define_take_name(st, &key->name))
		return false;
	if (at_index_type(st)) {
		dts_sql_next(&st->p.scan);
		dts_sql_next(&st->p.scan);
	}
	return dts_define_take_parts(st, key) && dts_define_skip_item(st);
}

static bool take_foreign(struct dts_define *st, struct dts_slice constraint)
{
	struct dts_define_key *key = dts_define_add_key(st, DTS_DEFINE_FOREIGN_INDEX);
	size_t at = st->key_count - 1;

	dts_define_take(st, "KEY");
	if (dts_ddl_take_guard(&st->p))
		key->guarded = true;
	if (!dts_sql_is_char(&st->p.scan, '(') && !dts_define_take_name(st, &key->name))
		return false;
	if (constraint.p)
		key->name = constraint;
	if (!dts_define_take_parts(st, &st->keys[at]))
		return false;
	return dts_define_take(st, "REFERENCES") ? skip_references(st) : dts_define_stuck(st, "a foreign key");
}

bool dts_define_take_constraint(struct dts_define *st)
{
	struct dts_slice constraint = {NULL, 0};
	enum dts_define_key_type type = DTS_DEFINE_INDEX;
	struct dts_define_key *key;
	bool guarded = false;

	if (dts_define_take(st, "CONSTRAINT")) {
		guarded = dts_ddl_take_guard(&st->p);
		if (!dts_define_is(st, "PRIMARY") && !dts_define_is(st, "UNIQUE") && !dts_define_is(st, "FOREIGN") &&
		    !dts_define_is(st, "CHECK") && !dts_define_take_name(st, &constraint))
			return false;
	}
	if (dts_define_is(st, "CHECK"))
		return take_check(st) > 0;
	if (dts_define_take(st, "FOREIGN"))
		return take_foreign(st, constraint);
	if (dts_define_take_two(st, "PERIOD", "FOR"))
		return take_period(st);
	if (dts_define_take_two(st, "PRIMARY", "KEY"))
		type = DTS_DEFINE_PRIMARY;
	else if (dts_define_take(st, "UNIQUE"))
		type = DTS_DEFINE_UNIQUE;
	else if (!at_index_word(st) && !dts_define_take(st, "FULLTEXT") && !dts_define_take(st, "SPATIAL") &&
		 !(at_vector_index(st) && dts_define_take(st, "VECTOR")))
		return dts_define_stuck(st, "a constraint");
	if (type != DTS_DEFINE_PRIMARY && at_index_word(st))
		dts_sql_next(&st->p.scan);
	key = dts_define_add_key(st, type);
	key->guarded = guarded;
	if (!take_key_rest(st, key))
		return false;
	if (!key->name.p)
		key->name = constraint;
	return true;
}

bool dts_define_take_element(struct dts_define *st)
{
	struct dts_define_column *c;
	struct dts_slice name;

	if (dts_define_at_constraint(st))
		return dts_define_take_constraint(st);
	return dts_define_take_name(st, &name) && dts_define_take_column(st, name, &c);
}

bool dts_define_take_elements(struct dts_define *st)
{
	if (!dts_define_take_char(st, '('))
		return dts_define_stuck(st, "the list of columns");
	do {
		if (!dts_define_take_element(st))
			return false;
	} while (dts_define_take_char(st, ','));
	return dts_define_take_char(st, ')') || dts_define_stuck(st, "a column");
}
