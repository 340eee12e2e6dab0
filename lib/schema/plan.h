#ifndef DTS_SCHEMA_PLAN_H
#define DTS_SCHEMA_PLAN_H

#include "schema/reader.h"

/* What is made of the selected objects, step by step, in the order in which it can be: the reader's own. */

enum dts_schema_what {
	DTS_STEP_MAKE,
	DTS_STEP_RESET_DATABASE, /* its collation, after a run that was killed while a program was made */
	DTS_STEP_SET_SEQUENCE,
	DTS_STEP_ADD_KEYS,
	DTS_STEP_ADD_FOREIGN,
	DTS_STEP_SET_COUNTER,
	DTS_STEP_ENABLE,
	DTS_STEP_MAKE_ACCOUNT,
	DTS_STEP_GRANT,
};

struct dts_schema_step {
	enum dts_schema_what what;
	enum dts_stage stage;
	const struct dts_schema_object *object;
};

/* Fills r->steps from r->objects and r->account_objects by the options. Reads the views, for their order. */
int dts_schema_plan(struct dts_schema_reader *r, struct dts_error *err);

#endif
