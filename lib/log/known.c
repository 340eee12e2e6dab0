#include "log/known.h"

#include <stdlib.h>

#include "record/names.h"

static void free_table(struct dts_known_table *t)
{
	free(t->db);
	free(t->table);
	dts_buf_release(&t->line);
}

void dts_log_known_clear(struct dts_log_known *k)
{
	dts_map_release(&k->index, NULL);
	k->index = (struct dts_map){0};
	for (size_t i = 0; i < k->count; i++)
		free_table(&k->items[i]);
	k->count = 0;
}

void dts_log_known_release(struct dts_log_known *k)
{
	dts_log_known_clear(k);
	free(k->items);
	dts_buf_release(&k->key);
	*k = (struct dts_log_known){0};
}

static struct dts_slice key_of(struct dts_log_known *k, const struct dts_known_table *t)
{
	return dts_map_pair(&k->key, dts_slice_of(t->db), dts_slice_of(t->table));
}

static struct dts_known_table *table_of(struct dts_log_known *k, struct dts_slice db, struct dts_slice table)
{
	struct dts_slice key = dts_map_pair(&k->key, db, table);
	size_t place = (size_t)(uintptr_t)dts_map_get(&k->index, key);

	if (place > 0)
		return &k->items[place - 1];
	if (k->count == k->cap) {
		k->cap = k->cap ? k->cap * 2 : 16;
		k->items = dts_realloc(k->items, k->cap * sizeof *k->items);
	}
	k->items[k->count] = (struct dts_known_table){.db = dts_slice_dup(db), .table = dts_slice_dup(table)};
	dts_map_set(&k->index, key, (void *)(uintptr_t)++k->count);
	return &k->items[k->count - 1];
}

/* Forgets what may be meant by the name; table p NULL: all of the database. */
static void forget(struct dts_log_known *k, struct dts_slice db, struct dts_slice table)
{
	size_t left = 0;

	for (size_t i = 0; i < k->count; i++) {
		struct dts_known_table *t = &k->items[i];

		if (dts_names_alike(dts_slice_of(t->db), db) && (!table.p || dts_names_alike(dts_slice_of(t->table), table))) {
			dts_map_remove(&k->index, key_of(k, t));
			free_table(t);
			continue;
		}
		if (left < i) {
			k->items[left] = *t;
			dts_map_set(&k->index, key_of(k, t), (void *)(uintptr_t)(left + 1));
		}
		left++;
	}
	k->count = left;
}

/* After these a table of the name that they have is another one, or none. */
static bool makes_tables(struct dts_slice kind)
{
	static const char *const kinds[] = {
		"create-table", "create-table-like", "create-table-select", "alter-table", "rename-table", "drop-table", "drop-database",
	};

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (dts_slice_is(kind, kinds[i]))
			return true;
	return false;
}

/* The text of a member, decoded into `scratch`; p NULL: it has none. */
static struct dts_slice text_of(struct dts_slice object, const char *name, struct dts_buf *scratch)
{
	struct dts_json value = dts_json_get(object, name);

	return value.raw.p && value.type == DTS_JSON_STRING ? dts_json_string(value.raw, scratch) : (struct dts_slice){0};
}

static void forget_object(struct dts_log_known *k, struct dts_slice object)
{
	struct dts_buf role = {0}, type = {0}, db = {0}, table = {0};
	struct dts_slice is = text_of(object, "role", &role), of = text_of(object, "type", &type);
	bool whole = of.p && dts_slice_is(of, "database");

	if (is.p && (dts_slice_is(is, "target") || dts_slice_is(is, "new")) && of.p && (whole || dts_slice_is(of, "table"))) {
		struct dts_slice in = text_of(object, "db", &db), name = text_of(object, "table", &table);
		if (in.p && (whole || name.p))
			forget(k, in, whole ? (struct dts_slice){0} : name);
	}
	dts_buf_release(&role);
	dts_buf_release(&type);
	dts_buf_release(&db);
	dts_buf_release(&table);
}

static void take_ddl(struct dts_log_known *k, const struct dts_record *r)
{
	if (dts_slice_is(r->kind, "unknown"))
		dts_log_known_clear(k); /* nobody knows what it has done */
	if (!makes_tables(r->kind) || !r->raw[DTS_F_OBJECTS].p)
		return;
	struct dts_json_walk walk = dts_json_walk(r->raw[DTS_F_OBJECTS]);
	struct dts_json value;
	while (dts_json_element(&walk, &value))
		if (value.type == DTS_JSON_OBJECT)
			forget_object(k, value.raw);
}

void dts_log_known_take(struct dts_log_known *k, const struct dts_record *r)
{
	if (r->op == DTS_OP_SCHEMA) {
		struct dts_known_table *t = table_of(k, r->db, r->table);
		dts_buf_clear(&t->line);
		dts_buf_add_slice(&t->line, r->line);
	} else if (r->op == DTS_OP_DDL) {
		take_ddl(k, r);
	}
}
