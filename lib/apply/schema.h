#ifndef DTS_APPLY_SCHEMA_H
#define DTS_APPLY_SCHEMA_H

#include "apply/statement.h"
#include "base/error.h"
#include "ddl/table_items.h"
#include "record/position.h"

/*
 * Schema streams: statements that make objects, as dts-schema prints them. Each may come again: what is at the
 * target just so is passed over, and another object of its name is refused. For schema.c and its parts.
 */
struct dts_applier;

/* schema_there.c: 1: what a CREATE statement makes is at the target just so; 0: nothing of its name is there, or its kind
 * is one that may be run again; -1, DTS_REFUSED: another one is. */
int dts_apply_schema_there(struct dts_applier *a, const struct dts_apply_statement *s, struct dts_error *err);

/* schema_keys.c: an ALTER TABLE that only adds keys and foreign keys. 1: it was taken: those that the target lacks
 * are built later, several tables at once, by dts_apply_schema_build() (state.h) or when a window closes; 0: it is another
 * statement; -1. */
int dts_apply_schema_keys(struct dts_applier *a, const struct dts_apply_statement *s, struct dts_error *err);

/* schema_window.c: the window of a table that the changes of this checkpoint and source have not passed. */
struct dts_open_window {
	struct dts_buf name, src;
	struct dts_position low, high;
};
void dts_open_window_release(struct dts_open_window *w);
/* Must a key of the table wait for one, which is then in *w (zero before)? Not where the rows that the key is about show
 * one moment. 1, 0, -1. */
int dts_apply_schema_waits(struct dts_applier *a, struct dts_slice db, struct dts_slice table, const struct dts_item *item,
			   struct dts_open_window *w, struct dts_error *err);

/* schema_keys.c: is it an ALTER TABLE that sets AUTO_INCREMENT, to a value that the target's table has passed already?
 * 1, 0, -1. Servers would set it back. */
int dts_apply_schema_counter(struct dts_applier *a, const struct dts_apply_statement *s, struct dts_error *err);

#endif
