#include "schema/plan.h"

#include <stdlib.h>

#include "schema/views.h"

static void plan_one(struct dts_schema_reader *r, enum dts_schema_what what, enum dts_stage stage, const struct dts_schema_object *o)
{
	if (r->step_count == r->step_room) {
		r->step_room = r->step_room ? 2 * r->step_room : 64;
		r->steps = dts_realloc(r->steps, r->step_room * sizeof *r->steps);
	}
	r->steps[r->step_count++] = (struct dts_schema_step){what, stage, o};
}

static void plan_type(struct dts_schema_reader *r, enum dts_schema_what what, enum dts_stage stage, enum dts_ddl_type type)
{
	if (r->options.stages & stage)
		for (size_t i = 0; i < r->objects.count; i++)
			if (r->objects.items[i].type == type)
				plan_one(r, what, stage, &r->objects.items[i]);
}

/* Views stand together among the objects; each comes behind those that it selects from. */
static int plan_views(struct dts_schema_reader *r, struct dts_error *err)
{
	const struct dts_schema_object *views = NULL;
	struct dts_program p = {0};
	struct dts_buf why = {0};
	size_t count = 0;
	int rc = 0;

	for (size_t i = 0; i < r->objects.count; i++)
		if (r->objects.items[i].type == DTS_DDL_TYPE_VIEW) {
			views = views ? views : &r->objects.items[i];
			count++;
		}
	struct dts_slice *texts = dts_zalloc(count + 1, sizeof *texts);
	size_t *order = dts_zalloc(count + 1, sizeof *order);
	for (size_t i = 0; i < count && rc >= 0; i++) {
		rc = dts_program_read(r->session, &views[i], &r->options.definer, &p, &why, err);
		if (rc > 0)
			texts[i] = dts_arena_copy(r->objects.arena, dts_buf_slice(&p.sql));
		if (rc < 0)
			dts_where(err, "view '%s.%s'", views[i].db.p, views[i].name.p);
	}
	if (rc >= 0)
		dts_views_order(views, texts, count, order);
	for (size_t i = 0; i < count && rc >= 0; i++)
		plan_one(r, DTS_STEP_MAKE, DTS_STAGE_POST, &views[order[i]]);
	dts_program_release(&p);
	dts_buf_release(&why);
	free(texts);
	free(order);
	return rc < 0 ? -1 : 0;
}

static void plan_accounts(struct dts_schema_reader *r, enum dts_schema_what what)
{
	if (r->options.stages & DTS_STAGE_POST)
		for (size_t i = 0; i < r->accounts.count; i++)
			plan_one(r, what, DTS_STAGE_POST, &r->account_objects[i]);
}

int dts_schema_plan(struct dts_schema_reader *r, struct dts_error *err)
{
	bool apart = r->options.stages != DTS_STAGE_ALL; /* tables have their keys in a stage of their own */

	if (r->options.enable_events) {
		for (size_t i = 0; i < r->objects.count; i++)
			if (r->objects.items[i].enabled)
				plan_one(r, DTS_STEP_ENABLE, DTS_STAGE_FINAL, &r->objects.items[i]);
		return 0;
	}
	plan_type(r, DTS_STEP_MAKE, DTS_STAGE_PRE, DTS_DDL_TYPE_DATABASE);
	for (size_t i = 0; i < r->objects.count && r->options.stages & DTS_STAGE_PRE; i++)
		if (r->objects.items[i].type == DTS_DDL_TYPE_SEQUENCE) {
			plan_one(r, DTS_STEP_MAKE, DTS_STAGE_PRE, &r->objects.items[i]);
			plan_one(r, DTS_STEP_SET_SEQUENCE, DTS_STAGE_PRE, &r->objects.items[i]);
		}
	plan_type(r, DTS_STEP_MAKE, DTS_STAGE_PRE, DTS_DDL_TYPE_TABLE);
	for (size_t i = 0; i < r->objects.count && r->options.stages & (DTS_STAGE_POST | DTS_STAGE_FINAL); i++)
		if (dts_schema_database_varies(&r->objects, &r->objects.items[i]))
			plan_one(r, DTS_STEP_RESET_DATABASE, DTS_STAGE_POST, &r->objects.items[i]);
	if (apart) {
		plan_type(r, DTS_STEP_ADD_KEYS, DTS_STAGE_POST, DTS_DDL_TYPE_TABLE);
		plan_type(r, DTS_STEP_ADD_FOREIGN, DTS_STAGE_POST, DTS_DDL_TYPE_TABLE);
	}
	plan_accounts(r, DTS_STEP_MAKE_ACCOUNT);
	plan_type(r, DTS_STEP_MAKE, DTS_STAGE_POST, DTS_DDL_TYPE_PROCEDURE);
	plan_type(r, DTS_STEP_MAKE, DTS_STAGE_POST, DTS_DDL_TYPE_FUNCTION);
	plan_type(r, DTS_STEP_MAKE, DTS_STAGE_POST, DTS_DDL_TYPE_PACKAGE);
	if (r->options.stages & DTS_STAGE_POST && plan_views(r, err) < 0)
		return -1;
	plan_accounts(r, DTS_STEP_GRANT);
	if (apart) {
		plan_type(r, DTS_STEP_SET_COUNTER, DTS_STAGE_FINAL, DTS_DDL_TYPE_TABLE);
		plan_type(r, DTS_STEP_SET_SEQUENCE, DTS_STAGE_FINAL, DTS_DDL_TYPE_SEQUENCE);
	}
	plan_type(r, DTS_STEP_MAKE, DTS_STAGE_FINAL, DTS_DDL_TYPE_TRIGGER);
	plan_type(r, DTS_STEP_MAKE, DTS_STAGE_FINAL, DTS_DDL_TYPE_EVENT);
	return 0;
}
