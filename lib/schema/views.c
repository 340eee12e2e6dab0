#include "schema/views.h"

#include <stdlib.h>

#include "base/hash.h"
#include "ddl/scan.h"

struct order {
	const struct dts_schema_object *views;
	const struct dts_slice *texts;
	struct dts_map index; /* database and name: the view */
	enum { NEW, OPEN, DONE } *state;
	size_t *order, count;
	struct dts_buf key;
};

/* Does a table's name begin behind this token? Behind others stand columns, whose alias may be called as a database. */
static bool is_before_table(const struct dts_sql_scan *s)
{
	return dts_sql_is(s, "FROM") || dts_sql_is(s, "JOIN") || dts_sql_is(s, "STRAIGHT_JOIN") || dts_sql_is_char(s, '(') ||
	       dts_sql_is_char(s, ',');
}

static void visit(struct order *o, size_t view);

/* At a quoted name: goes behind `db`.`name`, and makes that view first. */
static void follow(struct order *o, struct dts_sql_scan *s)
{
	struct dts_buf db = {0}, name = {0};

	dts_sql_decode(dts_sql_text(s), 0, &db);
	dts_sql_next(s);
	if (dts_sql_is_char(s, '.')) {
		dts_sql_next(s);
		if (s->type == DTS_SQL_QUOTED)
			dts_sql_decode(dts_sql_text(s), 0, &name);
		dts_sql_next(s);
		const struct dts_schema_object *found = dts_map_get(&o->index, dts_map_pair(&o->key, dts_buf_slice(&db), dts_buf_slice(&name)));
		if (found && !dts_sql_is_char(s, '.'))
			visit(o, (size_t)(found - o->views));
	}
	dts_buf_release(&db);
	dts_buf_release(&name);
}

static void visit(struct order *o, size_t view)
{
	struct dts_sql_scan s;
	bool before = false;

	if (o->state[view] != NEW)
		return;
	o->state[view] = OPEN;
	for (dts_sql_start(&s, o->texts[view], 0); s.type != DTS_SQL_END;) {
		if (before && s.type == DTS_SQL_QUOTED) {
			follow(o, &s);
			before = is_before_table(&s);
			if (s.type != DTS_SQL_QUOTED && s.type != DTS_SQL_END)
				dts_sql_next(&s);
			continue;
		}
		before = is_before_table(&s);
		dts_sql_next(&s);
	}
	o->state[view] = DONE;
	o->order[o->count++] = view;
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
