/* The definitions as a whole: what they hold. */
#include "ddl/definitions.h"

#include <stdlib.h>

#include "ddl/define.h"

struct dts_definitions *dts_definitions_new(bool mariadb, unsigned version, unsigned lower_case_table_names)
{
	struct dts_definitions *d = dts_zalloc(1, sizeof *d);

	d->mariadb = mariadb;
	d->version = version;
	d->lower_case_table_names = lower_case_table_names;
	return d;
}

void dts_definitions_version(struct dts_definitions *d, unsigned version)
{
	d->version = version;
}

static void free_database(void *database)
{
	struct dts_define_database *db = database;

	free(db->name);
	dts_buf_release(&db->charset);
	dts_buf_release(&db->collation);
	free(db);
}

void dts_definitions_free(struct dts_definitions *d)
{
	if (!d)
		return;
	dts_map_release(&d->tables, dts_define_free_table);
	dts_map_release(&d->databases, free_database);
	dts_define_names_release(d);
	dts_ddl_release(&d->ddl);
	dts_buf_release(&d->key);
	free(d);
}

struct dts_define_database *dts_define_database(const struct dts_definitions *d, struct dts_slice db)
{
	return dts_map_get(&d->databases, dts_define_key(d, db, DTS_LIT("")));
}

void dts_define_set_database(struct dts_definitions *d, struct dts_slice name, const struct dts_define_charset *charset)
{
	struct dts_define_database *db = dts_zalloc(1, sizeof *db), *old;
	struct dts_arena *arena = dts_arena_new();

	db->name = dts_slice_dup(dts_define_stored(d, name, arena));
	db->known = charset->charset.len > 0;
	dts_buf_add_slice(&db->charset, charset->charset);
	dts_buf_add_slice(&db->collation, charset->collation);
	old = dts_map_set(&d->databases, dts_define_key(d, name, DTS_LIT("")), db);
	if (old)
		free_database(old);
	dts_arena_free(arena);
}

void dts_define_remove_database(struct dts_definitions *d, struct dts_slice name)
{
	struct dts_define_database *old = dts_map_remove(&d->databases, dts_define_key(d, name, DTS_LIT("")));

	if (old)
		free_database(old);
}

void dts_definitions_set_database(struct dts_definitions *d, struct dts_slice db, struct dts_slice collation)
{
	dts_define_set_database(d, db, &(struct dts_define_charset){dts_define_charset_of(collation), collation});
}

struct dts_slice dts_definitions_database(const struct dts_definitions *d, struct dts_slice db)
{
	const struct dts_define_database *found = dts_define_database(d, db);

	return found ? dts_buf_slice(&found->collation) : dts_slice(NULL, 0);
}

const struct dts_defined_table *dts_definitions_find(const struct dts_definitions *d, struct dts_slice db,
						     struct dts_slice table)
{
	return dts_define_find(d, db, table);
}

static int compare_names(struct dts_slice a, struct dts_slice b)
{
	size_t shorter = a.len < b.len ? a.len : b.len;
	int order = shorter > 0 ? memcmp(a.p, b.p, shorter) : 0;

	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_tables(const void *a, const void *b)
{
	const struct dts_defined_table *x = *(void *const *)a, *y = *(void *const *)b;
	int order = compare_names(x->schema.db, y->schema.db);

	return order != 0 ? order : compare_names(x->schema.table, y->schema.table);
}

static int compare_databases(const void *a, const void *b)
{
	const struct dts_define_database *x = *(void *const *)a, *y = *(void *const *)b;

	return strcmp(x->name, y->name);
}

/* The values of a map in order; yours to free(). */
static void **sorted(const struct dts_map *m, int (*compare)(const void *, const void *))
{
	void **values = dts_alloc((m->count + 1) * sizeof *values);
	size_t at = 0, n = 0;

	for (struct dts_map_entry *e; (e = dts_map_next(m, &at));)
		values[n++] = e->value;
	if (n > 1)
		qsort(values, n, sizeof *values, compare);
	return values;
}

void **dts_define_sorted_tables(const struct dts_definitions *d)
{
	return sorted(&d->tables, compare_tables);
}

void dts_definitions_each_table(const struct dts_definitions *d,
				void (*each)(void *arg, const struct dts_defined_table *table), void *arg)
{
	void **tables = sorted(&d->tables, compare_tables);

	for (size_t i = 0; i < d->tables.count; i++)
		each(arg, tables[i]);
	free(tables);
}

void dts_definitions_each_database(const struct dts_definitions *d,
				   void (*each)(void *arg, struct dts_slice db, struct dts_slice collation), void *arg)
{
	void **databases = sorted(&d->databases, compare_databases);

	for (size_t i = 0; i < d->databases.count; i++) {
		const struct dts_define_database *db = databases[i];

		each(arg, dts_slice_of(db->name), dts_buf_slice(&db->collation));
	}
	free(databases);
}

/* Indexes of a catalog that tells only the keys of a schema record. */
static size_t schema_indexes(const struct dts_schema *s, struct dts_arena *arena, struct dts_index **indexes)
{
	size_t count = 0;

	*indexes = dts_arena_alloc(arena, s->unique_count + 1, sizeof **indexes);
	for (size_t i = 0; i <= s->unique_count; i++) {
		const struct dts_key *key = i == 0 ? &s->primary : &s->unique[i - 1];
		struct dts_index_part *parts = dts_arena_alloc(arena, key->count, sizeof *parts);

		if (key->count == 0)
			continue;
		for (size_t j = 0; j < key->count; j++)
			parts[j].column = key->columns[j];
		(*indexes)[count++] = (struct dts_index){i == 0 ? DTS_LIT("PRIMARY") : key->name, true, false, parts, key->count};
	}
	return count;
}

static void copy_foreign(struct dts_defined_table *t, const struct dts_schema *from)
{
	struct dts_arena *arena = t->schema.arena;

	if (!from->foreign)
		return;
	t->schema.foreign = dts_arena_alloc(arena, from->foreign_count + 1, sizeof *t->schema.foreign);
	t->schema.foreign_count = from->foreign_count;
	for (size_t i = 0; i < from->foreign_count; i++) {
		const struct dts_foreign *key = &from->foreign[i];
		struct dts_slice *columns = dts_arena_alloc(arena, key->count, sizeof *columns);
		struct dts_slice *to_columns = dts_arena_alloc(arena, key->count, sizeof *to_columns);

		for (size_t j = 0; j < key->count; j++) {
			columns[j] = dts_arena_copy(arena, key->columns[j]);
			to_columns[j] = dts_arena_copy(arena, key->to_columns[j]);
		}
		t->schema.foreign[i] = (struct dts_foreign){
			.name = dts_arena_copy(arena, key->name),
			.columns = columns,
			.count = key->count,
			.to_db = dts_arena_copy(arena, key->to_db),
			.to_table = dts_arena_copy(arena, key->to_table),
			.to_columns = to_columns,
			.on_delete = dts_arena_copy(arena, key->on_delete),
			.on_update = dts_arena_copy(arena, key->on_update),
		};
	}
}

void dts_definitions_put(struct dts_definitions *d, const struct dts_schema *schema, const struct dts_index *indexes,
			 size_t index_count)
{
	struct dts_arena *scratch = dts_arena_new();
	struct dts_define_table t = {.arena = dts_arena_new()};
	struct dts_defined_table from = {.schema = *schema, .indexes = indexes, .index_count = index_count};
	struct dts_index *made;

	if (!indexes) {
		from.index_count = schema_indexes(schema, scratch, &made);
		from.indexes = made;
	}
	from.charset = dts_define_charset_of(schema->source_collation);
	from.indexes_known = indexes || schema->unique;
	from.indexes_complete = indexes != NULL;
	dts_define_table_copy(&t, &from);
	t.db = dts_arena_copy(t.arena, schema->source_db.p ? schema->source_db : schema->db);
	t.name = dts_arena_copy(t.arena, schema->source_table.p ? schema->source_table : schema->table);
	dts_define_table_install(d, &t);
	copy_foreign(dts_define_find(d, t.db, t.name), schema);
	dts_arena_free(scratch);
}
