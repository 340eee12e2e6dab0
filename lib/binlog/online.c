#include "binlog/online.h"

#include <stdlib.h>

static bool ends_with(struct dts_slice s, const char *end)
{
	size_t n = strlen(end);

	return s.len > n && memcmp(s.p + s.len - n, end, n) == 0;
}

static void add(struct dts_online_name names[DTS_ONLINE_NAMES], size_t *count, enum dts_online_part part, bool by_triggers,
		struct dts_slice table)
{
	if (table.len > 0 && *count < DTS_ONLINE_NAMES)
		names[(*count)++] = (struct dts_online_name){part, by_triggers, table};
}

/* T of T_20260131235959; empty: no time is at its end. */
static struct dts_slice without_time(struct dts_slice s)
{
	enum { TIME = 15 };

	if (s.len <= TIME || s.p[s.len - TIME] != '_')
		return dts_slice("", 0);
	for (size_t i = s.len - TIME + 1; i < s.len; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return dts_slice("", 0);
	return dts_slice(s.p, s.len - TIME);
}

size_t dts_online_names(struct dts_slice name, struct dts_online_name names[DTS_ONLINE_NAMES])
{
	size_t count = 0;

	if (name.len < 6 || name.p[0] != '_') /* _t_gho */
		return 0;
	struct dts_slice middle = dts_slice(name.p + 1, name.len - 5);
	if (ends_with(name, "_gho")) {
		add(names, &count, DTS_ONLINE_NEW, false, middle);
	} else if (ends_with(name, "_ghc")) {
		add(names, &count, DTS_ONLINE_LOG, false, middle);
	} else if (ends_with(name, "_del")) {
		add(names, &count, DTS_ONLINE_RETIRED, false, middle);
		add(names, &count, DTS_ONLINE_RETIRED, false, without_time(middle));
	} else if (ends_with(name, "_new") || ends_with(name, "_old")) {
		enum dts_online_part part = ends_with(name, "_new") ? DTS_ONLINE_NEW : DTS_ONLINE_RETIRED;
		for (bool more = true; more; middle = dts_slice(middle.p + 1, middle.len - 1)) {
			add(names, &count, part, true, middle);
			more = middle.len > 1 && middle.p[0] == '_';
		}
	}
	return count;
}

bool dts_online_is(struct dts_slice name, enum dts_online_part part, struct dts_slice table)
{
	struct dts_online_name names[DTS_ONLINE_NAMES];
	size_t count = dts_online_names(name, names);

	for (size_t i = 0; i < count; i++)
		if (names[i].part == part && dts_slice_eq(names[i].table, table))
			return true;
	return false;
}

bool dts_online_is_trigger(struct dts_slice name)
{
	static const char prefix[] = "pt_osc_";

	return name.len > sizeof prefix - 1 && memcmp(name.p, prefix, sizeof prefix - 1) == 0;
}

static void free_table(void *value)
{
	struct dts_online_table *t = value;

	free(t->db);
	free(t->name);
	free(t->table);
	dts_buf_release(&t->statements);
	free(t);
}

void dts_online_release(struct dts_online *o)
{
	dts_map_release(&o->hidden, free_table);
	dts_buf_release(&o->key);
	*o = (struct dts_online){0};
}

struct dts_online_table *dts_online_find(const struct dts_online *o, struct dts_slice db, struct dts_slice name)
{
	struct dts_buf key = {0};

	if (!o || o->hidden.count == 0)
		return NULL;
	struct dts_online_table *t = dts_map_get(&o->hidden, dts_map_pair(&key, db, name));
	dts_buf_release(&key);
	return t;
}

/* T is captured, and nobody has said that this one is not to be. */
static bool follows(const struct dts_selection *s, struct dts_slice db, struct dts_slice name)
{
	const struct dts_selection all_but_ignored = {.ignored = s->ignored, .ignored_count = s->ignored_count};
	struct dts_online_name names[DTS_ONLINE_NAMES];
	size_t count = dts_online_names(name, names);

	if (count == 0 || !dts_selection_has(&all_but_ignored, db, name))
		return false;
	for (size_t i = 0; i < count; i++)
		if (dts_selection_has(s, db, names[i].table))
			return true;
	return false;
}

bool dts_online_selects(const struct dts_online *o, const struct dts_selection *selection, struct dts_slice db,
			struct dts_slice table)
{
	if (dts_online_find(o, db, table))
		return false;
	if (!selection || dts_selection_has(selection, db, table))
		return true;
	return o && o->mode == DTS_ONLINE_FOLLOW && follows(selection, db, table);
}

struct dts_online_table *dts_online_hide(struct dts_online *o, struct dts_slice db, struct dts_slice name,
					 struct dts_slice table, enum dts_online_part part, bool by_triggers)
{
	struct dts_online_table *t = dts_zalloc(1, sizeof *t), *before;

	t->part = part;
	t->by_triggers = by_triggers;
	t->db = dts_slice_dup(db);
	t->name = dts_slice_dup(name);
	t->table = dts_slice_dup(table);
	before = dts_map_set(&o->hidden, dts_map_pair(&o->key, db, name), t);
	if (before)
		free_table(before);
	return t;
}

void dts_online_forget(struct dts_online *o, struct dts_online_table *t)
{
	dts_map_remove(&o->hidden, dts_map_pair(&o->key, dts_slice_of(t->db), dts_slice_of(t->name)));
	free_table(t);
}

void dts_online_forget_db(struct dts_online *o, struct dts_slice db)
{
	struct dts_map_entry *e;

	for (size_t at = 0; (e = dts_map_next(&o->hidden, &at));) {
		struct dts_online_table *t = e->value;

		if (!dts_slice_is(db, t->db))
			continue;
		dts_online_forget(o, t);
		at = 0; /* the walk does not outlive a change */
	}
}

static bool is_of(const struct dts_online_table *t, struct dts_slice db, struct dts_slice table)
{
	return dts_slice_is(db, t->db) && dts_slice_is(table, t->table);
}

bool dts_online_has(const struct dts_online *o, struct dts_slice db, struct dts_slice table, enum dts_online_part part)
{
	struct dts_map_entry *e;

	for (size_t at = 0; (e = dts_map_next(&o->hidden, &at));) {
		const struct dts_online_table *t = e->value;

		if (t->part == part && is_of(t, db, table))
			return true;
	}
	return false;
}

void dts_online_note_triggers(struct dts_online *o, struct dts_slice db, struct dts_slice table)
{
	struct dts_map_entry *e;

	for (size_t at = 0; (e = dts_map_next(&o->hidden, &at));) {
		struct dts_online_table *t = e->value;

		t->triggers = t->triggers || (t->by_triggers && is_of(t, db, table));
	}
}

void dts_online_add_statement(struct dts_online_table *t, struct dts_slice db, struct dts_slice sql, struct dts_slice context)
{
	struct dts_buf one = {0}, *all = &t->statements;

	dts_buf_adds(&one, "{\"db\":");
	dts_json_add_string(&one, db);
	dts_buf_adds(&one, ",\"sql\":");
	dts_json_add_string(&one, sql);
	dts_buf_adds(&one, ",\"context\":");
	dts_buf_add_slice(&one, context);
	dts_buf_addc(&one, '}');
	/* A history is read from before the start, where the checkpoint knows it already. */
	if (all->len < one.len || memcmp(all->data + all->len - one.len, one.data, one.len) != 0) {
		if (all->len > 0)
			dts_buf_addc(all, ',');
		dts_buf_add_slice(all, dts_buf_slice(&one));
	}
	dts_buf_release(&one);
}

static const char *const parts[] = {
	[DTS_ONLINE_LOG] = "log", [DTS_ONLINE_NEW] = "new", [DTS_ONLINE_RETIRED] = "retired",
};

static void add_table(const struct dts_online_table *t, struct dts_buf *out)
{
	dts_buf_adds(out, "{\"table\":");
	dts_json_add_string(out, dts_slice_of(t->name));
	dts_buf_addf(out, ",\"part\":\"%s\"", parts[t->part]);
	if (t->by_triggers)
		dts_buf_addf(out, ",\"triggers\":%s", t->triggers ? "true" : "false");
	if (t->statements.len > 0) {
		dts_buf_adds(out, ",\"ddl\":[");
		dts_buf_add_slice(out, dts_buf_slice(&t->statements));
		dts_buf_addc(out, ']');
	}
	dts_buf_addc(out, '}');
}

static int by_name(const void *a, const void *b)
{
	const struct dts_online_table *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

void dts_online_add(const struct dts_online *o, struct dts_slice db, struct dts_slice table, struct dts_buf *out)
{
	const struct dts_online_table **found;
	struct dts_map_entry *e;
	size_t count = 0;

	if (!o || o->hidden.count == 0)
		return;
	found = dts_zalloc(o->hidden.count, sizeof *found);
	for (size_t at = 0; (e = dts_map_next(&o->hidden, &at));)
		if (is_of(e->value, db, table))
			found[count++] = e->value;
	/* The same each time, so that a record that says nothing new is not told. */
	qsort(found, count, sizeof *found, by_name);
	for (size_t i = 0; i < count; i++) {
		dts_buf_addc(out, i > 0 ? ',' : '[');
		add_table(found[i], out);
	}
	if (count > 0)
		dts_buf_addc(out, ']');
	free(found);
}

/* An array of objects as dts_online_add_statement() makes them. */
static bool is_right(struct dts_slice array)
{
	struct dts_json_walk walk = dts_json_walk(array);
	struct dts_json value;
	bool right = true;

	while (right && dts_json_element(&walk, &value)) {
		right = value.type == DTS_JSON_OBJECT;
		for (const char *const *key = (const char *const[]){"db", "sql", "context", NULL}; right && *key; key++) {
			struct dts_json member = dts_json_get(value.raw, *key);

			right = member.raw.p && member.type == (**key == 'c' ? DTS_JSON_OBJECT : DTS_JSON_STRING);
		}
	}
	return right;
}

static void take_table(struct dts_online *o, struct dts_slice db, struct dts_slice table, struct dts_slice object)
{
	struct dts_json name = dts_json_get(object, "table"), part = dts_json_get(object, "part");
	struct dts_json triggers = dts_json_get(object, "triggers"), ddl = dts_json_get(object, "ddl");
	struct dts_buf scratch = {0}, word = {0};

	if (name.raw.p && name.type == DTS_JSON_STRING && part.raw.p && part.type == DTS_JSON_STRING) {
		struct dts_slice says = dts_json_string(part.raw, &word);
		enum dts_online_part is = dts_slice_is(says, "new") ? DTS_ONLINE_NEW : dts_slice_is(says, "log") ? DTS_ONLINE_LOG
														  : DTS_ONLINE_RETIRED;
		struct dts_online_table *t = dts_online_hide(o, db, dts_json_string(name.raw, &scratch), table, is, triggers.raw.p);

		t->triggers = triggers.raw.p && triggers.type == DTS_JSON_TRUE;
		if (ddl.raw.p && ddl.type == DTS_JSON_ARRAY && is_right(ddl.raw))
			dts_buf_add(&t->statements, ddl.raw.p + 1, ddl.raw.len - 2);
	}
	dts_buf_release(&scratch);
	dts_buf_release(&word);
}

void dts_online_take(struct dts_online *o, struct dts_slice db, struct dts_slice table, struct dts_slice array)
{
	struct dts_json_walk walk = dts_json_walk(array);
	struct dts_json value;

	while (dts_json_element(&walk, &value))
		if (value.type == DTS_JSON_OBJECT)
			take_table(o, db, table, value.raw);
}
