#include "schema/views.h"

#include <stdlib.h>

#include "base/hash.h"
#include "ddl/body.h"

struct order {
	const struct dts_schema_object *views;
	const struct dts_slice *texts;
	struct dts_map index; /* database and name: the view */
	enum { NEW, OPEN, DONE } *state;
	size_t *order, count;
	struct dts_buf key;
};

static void visit(struct order *o, size_t view)
{
	struct dts_arena *arena = dts_arena_new();
	struct dts_body body = {0};

	if (o->state[view] == NEW) {
		o->state[view] = OPEN;
		/* What stands elsewhere may be a column, whose alias may be called as a database. */
		dts_body_read(&body, o->texts[view], 0, 0, true, arena);
		for (size_t i = 0; i < body.count; i++) {
			const struct dts_body_name *n = &body.names[i];
			if (n->place != DTS_BODY_TABLE || n->count != 2)
				continue;
			const struct dts_schema_object *found = dts_map_get(&o->index, dts_map_pair(&o->key, n->parts[0], n->parts[1]));
			if (found)
				visit(o, (size_t)(found - o->views));
		}
		o->state[view] = DONE;
		o->order[o->count++] = view;
	}
	dts_body_release(&body);
	dts_arena_free(arena);
}

void dts_views_order(const struct dts_schema_object *views, const struct dts_slice *texts, size_t count, size_t *order)
{
	struct order o = {.views = views, .texts = texts, .order = order};

	o.state = dts_zalloc(count + 1, sizeof *o.state);
	for (size_t i = 0; i < count; i++)
		dts_map_set(&o.index, dts_map_pair(&o.key, views[i].db, views[i].name), (void *)(uintptr_t)&views[i]);
	for (size_t i = 0; i < count; i++)
		visit(&o, i);
	dts_map_release(&o.index, NULL);
	dts_buf_release(&o.key);
	free(o.state);
}
