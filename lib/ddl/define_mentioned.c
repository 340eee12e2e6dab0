/* Tables that a statement names which is not understood: it may have made anything of them. */
#include <stdlib.h>

#include "ddl/define.h"

struct forgetting {
	struct dts_definitions *d;
	struct dts_slice db; /* the default database */
	dts_definition_changed *changed;
	void *arg;
	bool any;
};

static void forget(struct forgetting *f, const struct dts_defined_table *t)
{
	struct dts_buf db = {0}, name = {0};

	dts_buf_add_slice(&db, t->schema.db);
	dts_buf_add_slice(&name, t->schema.table);
	dts_define_unknown(f->d, dts_buf_slice(&db), dts_buf_slice(&name),
			   DTS_LIT("a statement that is not understood names it"));
	f->any = true;
	if (f->changed)
		f->changed(f->arg, dts_buf_slice(&db), dts_buf_slice(&name));
	dts_buf_release(&db);
	dts_buf_release(&name);
}

static void forget_database(struct forgetting *f, struct dts_slice db)
{
	const struct dts_map *map = &f->d->tables;
	struct dts_defined_table **tables = dts_alloc(map->count * sizeof *tables + 1);
	size_t n = 0, at = 0;

	for (const struct dts_map_entry *e; (e = dts_map_next(map, &at));) {
		struct dts_defined_table *t = e->value;

		if (f->d->lower_case_table_names ? dts_define_same(t->schema.db, db) : dts_slice_eq(t->schema.db, db))
			tables[n++] = t;
	}
	for (size_t i = 0; i < n; i++)
		if (!tables[i]->unknown)
			forget(f, tables[i]);
	free(tables);
}

/* A dts_ddl_mentioned. */
static bool mentioned(void *ctx, struct dts_slice db, struct dts_slice name)
{
	struct forgetting *f = ctx;
	const struct dts_defined_table *t;

	if (name.len == 0) {
		if (dts_define_database(f->d, db))
			forget_database(f, db);
		return false;
	}
	t = dts_define_find(f->d, db.len > 0 ? db : f->db, name);
	if (t && !t->unknown)
		forget(f, t);
	return false;
}

bool dts_define_forget_mentioned(struct dts_definitions *d, struct dts_slice sql, unsigned flags, struct dts_slice db,
				 dts_definition_changed *changed, void *arg)
{
	struct forgetting f = {.d = d, .db = db, .changed = changed, .arg = arg};

	dts_ddl_mentions(sql, flags, mentioned, &f);
	return f.any;
}
