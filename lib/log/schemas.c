#include "log/schemas.h"

#include <stdlib.h>

#include "record/names.h"

static void drop(struct dts_log_schemas *s, struct dts_log_schema *e)
{
	dts_map_remove(&s->index, dts_buf_slice(&e->key));
	*(e->before ? &e->before->behind : &s->first) = e->behind;
	*(e->behind ? &e->behind->before : &s->last) = e->before;
	dts_buf_release(&e->line);
	dts_buf_release(&e->key);
	free(e);
	s->count--;
}

void dts_log_schemas_clear(struct dts_log_schemas *s)
{
	while (s->first)
		drop(s, s->first);
}

void dts_log_schemas_release(struct dts_log_schemas *s)
{
	dts_log_schemas_clear(s);
	dts_map_release(&s->index, NULL);
	dts_buf_release(&s->key);
	dts_buf_release(&s->scratch);
	dts_buf_release(&s->second);
	*s = (struct dts_log_schemas){0};
}

static void set(struct dts_log_schemas *s, struct dts_slice key, struct dts_slice line)
{
	struct dts_log_schema *e = dts_map_get(&s->index, key);

	if (!e) {
		e = dts_zalloc(1, sizeof *e);
		dts_buf_add_slice(&e->key, key);
		e->before = s->last;
		*(s->last ? &s->last->behind : &s->first) = e;
		s->last = e;
		dts_map_set(&s->index, key, e);
		s->count++;
	}
	dts_buf_clear(&e->line);
	dts_buf_add_slice(&e->line, line);
}

static void names_of(const struct dts_log_schema *e, struct dts_slice *db, struct dts_slice *table)
{
	dts_map_pair_read(dts_buf_slice(&e->key), db, table);
}

/* Forgets what a server may mean by the name; table p NULL: all of the database. */
static void forget(struct dts_log_schemas *s, struct dts_slice db, struct dts_slice table)
{
	for (struct dts_log_schema *e = s->first, *behind; e; e = behind) {
		struct dts_slice of_db, of_table;

		behind = e->behind;
		names_of(e, &of_db, &of_table);
		if (dts_names_alike(of_db, db) && (!table.p || dts_names_alike(of_table, table)))
			drop(s, e);
	}
}

static struct dts_slice text_of(struct dts_json object, const char *name, struct dts_buf *scratch)
{
	struct dts_json value = dts_json_get(object.raw, name);

	return value.raw.p && value.type == DTS_JSON_STRING ? dts_json_string(value.raw, scratch) : (struct dts_slice){0};
}

/* Is it of a kind whose objects are tables and the like, and does it name some? */
static bool names_objects(const struct dts_record *ddl)
{
	struct dts_json object;
	struct dts_json_walk walk;
	size_t count = 0;

	if (!ddl->raw[DTS_F_OBJECTS].p)
		return false;
	walk = dts_json_walk(ddl->raw[DTS_F_OBJECTS]);
	for (; dts_json_element(&walk, &object); count++)
		if (object.type != DTS_JSON_OBJECT || !dts_json_get(object.raw, "db").raw.p || !dts_json_get(object.raw, "table").raw.p ||
		    dts_slice_is(dts_json_get(object.raw, "type").raw, "\"database\""))
			return false;
	return count > 0;
}

bool dts_log_objects(const struct dts_record *ddl, struct dts_buf scratch[2],
		     void (*each)(void *context, struct dts_slice role, struct dts_slice db, struct dts_slice table), void *context)
{
	struct dts_json object;

	if (!names_objects(ddl))
		return false;
	struct dts_json_walk walk = dts_json_walk(ddl->raw[DTS_F_OBJECTS]);
	while (dts_json_element(&walk, &object)) {
		struct dts_slice role = dts_json_get(object.raw, "role").raw;

		if (role.len >= 2)
			role = dts_slice(role.p + 1, role.len - 2);
		each(context, role, text_of(object, "db", &scratch[0]), text_of(object, "table", &scratch[1]));
	}
	return true;
}

static void forget_made(void *context, struct dts_slice role, struct dts_slice db, struct dts_slice table)
{
	if (dts_slice_is(role, "target") || dts_slice_is(role, "new"))
		forget(context, db, table);
}

static void forget_named(void *context, struct dts_slice role, struct dts_slice db, struct dts_slice table)
{
	(void)role;
	forget(context, db, table);
}

static bool each_object(struct dts_log_schemas *s, const struct dts_record *r,
			void (*each)(void *, struct dts_slice, struct dts_slice, struct dts_slice))
{
	struct dts_buf scratch[2] = {s->scratch, s->second};
	bool known = dts_log_objects(r, scratch, each, s);

	s->scratch = scratch[0];
	s->second = scratch[1];
	return known;
}

/* After these a table of the name that they have is another one, or none. */
static bool makes_tables(struct dts_slice kind)
{
	static const char *const kinds[] = {
		"create-table", "create-table-like", "create-table-select", "alter-table", "rename-table", "drop-table",
	};

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (dts_slice_is(kind, kinds[i]))
			return true;
	return false;
}

static void note_ddl(struct dts_log_schemas *s, const struct dts_record *r)
{
	struct dts_json object;

	if (dts_slice_is(r->kind, "unknown"))
		dts_log_schemas_clear(s); /* nobody knows what it has done */
	else if (makes_tables(r->kind))
		each_object(s, r, forget_made);
	else if (dts_slice_is(r->kind, "drop-database") && r->raw[DTS_F_OBJECTS].p) {
		struct dts_json_walk walk = dts_json_walk(r->raw[DTS_F_OBJECTS]);
		while (dts_json_element(&walk, &object)) {
			struct dts_slice db = object.type == DTS_JSON_OBJECT ? text_of(object, "db", &s->scratch) : (struct dts_slice){0};
			if (db.p)
				forget(s, db, (struct dts_slice){0});
		}
	}
}

void dts_log_schemas_note(struct dts_log_schemas *s, const struct dts_record *r)
{
	if (r->op == DTS_OP_SCHEMA)
		set(s, dts_map_pair(&s->key, r->db, r->table), r->line);
	else if (r->op == DTS_OP_DDL)
		note_ddl(s, r);
}

void dts_log_schemas_forget_named(struct dts_log_schemas *s, const struct dts_record *ddl)
{
	if (s->count > 0 && !each_object(s, ddl, forget_named))
		dts_log_schemas_clear(s);
}

void dts_log_schemas_merge(struct dts_log_schemas *s, const struct dts_log_schemas *from)
{
	for (const struct dts_log_schema *e = from->first; e; e = e->behind)
		set(s, dts_buf_slice(&e->key), dts_buf_slice(&e->line));
}

void dts_log_schemas_add(const struct dts_log_schemas *s, struct dts_buf *out)
{
	for (const struct dts_log_schema *e = s->first; e; e = e->behind) {
		dts_buf_add_slice(out, dts_buf_slice(&e->line));
		dts_buf_addc(out, '\n');
	}
}
