#ifndef DTS_APPLY_CASCADE_H
#define DTS_APPLY_CASCADE_H

#include "apply/plan.h"
#include "checkpoint/checkpoint.h"
#include "record/foreign.h"

/*
 * What foreign keys do at the source and its log does not say (MariaDB logs
 * the parent's change only). Outside of windows the target's own foreign keys do the
 * same. Inside a window they cannot: the parent's row may be gone already while
 * those of its children are still there. So the applier makes these changes itself.
 */
struct dts_cascade_table {
	struct dts_schema schema; /* at the source, foreign keys included */
	char *to_db, *to_table;   /* at the target */
	bool checked;             /* its foreign keys with an action are at the target (actions.c) */
};

struct dts_cascades {
	struct dts_cascade_table *tables;
	size_t table_count, table_cap;
	struct dts_foreign_link *links; /* between two of these tables */
	size_t link_count, link_cap;
	size_t *group; /* of each table: see dts_foreign_groups() */
};

/* Reads the tables of a source from what the checkpoint keeps of their
 * definitions. `c` is released first. */
int dts_cascades_load(struct dts_cascades *c, const struct dts_checkpoint *checkpoint, struct dts_slice src,
		      struct dts_error *err);
void dts_cascades_release(struct dts_cascades *c);

/* Adds a table under its names at the target and takes over its schema; the
 * parts of the above, for tests. dts_cascades_join() finds links and groups. */
void dts_cascades_add(struct dts_cascades *c, struct dts_schema *schema, struct dts_slice to_db, struct dts_slice to_table);
void dts_cascades_join(struct dts_cascades *c);

/* The table of this name at the source, or -1. */
long dts_cascades_find(const struct dts_cascades *c, struct dts_slice db, struct dts_slice table);

/*
 * Inside a window, after dts_plan_change() for a change of `t` (whose spread
 * values are used): plans what its foreign keys did to other tables. DTS_REFUSED
 * where that cannot be repeated.
 */
int dts_cascades_plan(const struct dts_cascades *c, struct dts_plan *p, const struct dts_apply_table *t,
		      const struct dts_record *r, uint64_t line, struct dts_error *err);

#endif
