/* Names that no table has: what is known of them decides what CREATE ... IF NOT EXISTS did. */
#include <stdlib.h>

#include "ddl/define.h"

struct name {
	enum dts_define_name what;
	char *db;
};

static void free_name(void *value)
{
	struct name *n = value;

	free(n->db);
	free(n);
}

void dts_define_name_set(struct dts_definitions *d, struct dts_slice db, struct dts_slice name, enum dts_define_name what)
{
	struct dts_slice key = dts_define_key(d, db, name);
	struct name *n = NULL, *old;

	if (what == DTS_DEFINE_NAME_UNKNOWN) {
		old = dts_map_remove(&d->names, key);
	} else {
		n = dts_zalloc(1, sizeof *n);
		n->what = what;
		n->db = dts_slice_dup(db);
		old = dts_map_set(&d->names, key, n);
	}
	if (old)
		free_name(old);
}

enum dts_define_name dts_define_name_get(const struct dts_definitions *d, struct dts_slice db, struct dts_slice name)
{
	const struct name *n = dts_map_get(&d->names, dts_define_key(d, db, name));

	return n ? n->what : DTS_DEFINE_NAME_UNKNOWN;
}

static bool same(const struct dts_definitions *d, const char *a, struct dts_slice b)
{
	return d->lower_case_table_names ? dts_define_same(dts_slice_of(a), b) : dts_slice_is(b, a);
}

void dts_define_names_drop(struct dts_definitions *d, struct dts_slice db)
{
	struct dts_map rest = {0};
	size_t at = 0;

	for (struct dts_map_entry *e; (e = dts_map_next(&d->names, &at));) {
		struct name *n = e->value;

		if (same(d, n->db, db))
			free_name(n);
		else
			dts_map_set(&rest, dts_slice(e->key, e->key_len), n);
	}
	dts_map_release(&d->names, NULL);
	d->names = rest;
}

void dts_define_names_release(struct dts_definitions *d)
{
	dts_map_release(&d->names, free_name);
}

void dts_definitions_set_complete(struct dts_definitions *d, bool complete)
{
	d->complete = complete;
}

void dts_definitions_add_view(struct dts_definitions *d, struct dts_slice db, struct dts_slice name)
{
	dts_define_name_set(d, db, name, DTS_DEFINE_NAME_VIEW);
}

void dts_definitions_fold(struct dts_buf *b, struct dts_slice name)
{
	dts_define_fold(b, name);
}
