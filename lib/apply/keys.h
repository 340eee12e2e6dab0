#ifndef DTS_APPLY_KEYS_H
#define DTS_APPLY_KEYS_H

#include "ddl/table_items.h"
#include "apply/table.h"
#include "base/hash.h"
#include "checkpoint/checkpoint.h"

/*
 * Secondary and foreign keys after the data: a key over rows that are there is
 * sorted once, which is far less work than a place for each row as it comes.
 *
 * When the first chunk of an empty table comes, its keys are noted in the
 * checkpoint (table pendingkey), as the clauses of its SHOW CREATE TABLE, and
 * then dropped. Notes are committed before the drop, and go when the target's
 * catalog has the key again, so that a crash at any point loses none: noted but
 * not dropped yet, and built but still noted, both look like "there already".
 * The drop runs on the session that holds the checkpoint's lock; a run that was
 * killed while the server still drops keeps the next one waiting for that lock.
 *
 * Rows of a table that were read at one position show one moment: its keys are
 * built at the end of the full phase. Where chunks of a table, or two tables that a
 * foreign key joins, stand at different positions (windows), two rows with one
 * unique value, or a child without its parent, are no fault until the changes have
 * passed: those UNIQUE and FOREIGN keys wait until then. A foreign key with an
 * action does not wait, since MariaDB's log does not say what it did to other
 * rows, and the target has to do the same behind the parent's window; it is
 * added without looking at the rows.
 */
struct dts_applier;

struct dts_keys {
	bool incoming_known;
	struct dts_map incoming;   /* a table that foreign keys of others refer to -> those keys */
	bool waiting;              /* keys wait for the changes to pass windows */
	struct dts_position until; /* when the first of them are due; no file: at once */
};

void dts_keys_release(struct dts_keys *k);

/* The first chunk of a table comes: notes and drops its keys if it is empty. Not in a
 * target transaction. What the server does not let go of stays. */
int dts_keys_defer(struct dts_applier *a, const struct dts_apply_table *t, struct dts_error *err);

/* Adds the foreign keys that are noted of this table to its schema as the catalog has it. */
int dts_keys_add_noted(struct dts_applier *a, struct dts_schema *target, struct dts_error *err);

/* The full phase has all rows: builds what need not wait. Before the phase becomes "changes", so
 * that a run after a crash comes here again. */
int dts_keys_finish(struct dts_applier *a, struct dts_error *err);

/* The phase of changes begins: looks what waits. */
int dts_keys_load(struct dts_applier *a, struct dts_error *err);

/* Changes up to a->applied are committed at the target: builds what is due, and forgets
 * windows that are over. Costs nothing while nothing waits. */
int dts_keys_pass(struct dts_applier *a, struct dts_error *err);

/* A DDL statement behind all windows comes: builds all that waits. */
int dts_keys_all(struct dts_applier *a, struct dts_error *err);

/* The clauses of a table that checkpoints still note, whatever their names, and of each the name of one that does. */
int dts_keys_noted(struct dts_applier *a, struct dts_slice db, struct dts_slice table, struct dts_list *clauses,
		   struct dts_list *checkpoints, struct dts_error *err);

/*
 * Does the table's definition differ from the wanted one only in keys that a checkpoint still notes? 1, 0, -1. A schema
 * stream may come again before they are built. And, where the wanted one has no keys but those that rows need
 * (dts-schema --stage=pre), in keys that have been added since, under other names.
 */
int dts_keys_explain(struct dts_applier *a, struct dts_slice db, struct dts_slice table, struct dts_slice is,
		     struct dts_slice wanted, struct dts_error *err);

/* The same of foreign keys with an action, which do not wait for windows: builds those that are noted, and what they need. */
int dts_keys_act(struct dts_applier *a, struct dts_error *err);

/* Says which keys still wait, at the end of a run. */
int dts_keys_tell(struct dts_applier *a, struct dts_error *err);

/* ---- keys_build.c: the parts ---- */

/* A key that is noted. */
struct dts_key_note {
	struct dts_slice db, table; /* at the target */
	struct dts_item item;
	bool due;
	bool unchecked;   /* a foreign key that is added without looking at the rows */
	bool unnoted;     /* it comes with a schema stream: no checkpoint knows it */
};

struct dts_key_notes {
	struct dts_key_note *items; /* sorted by table, then in the table's order */
	size_t count;
	struct dts_arena *arena;
};

/* Reads the notes of the source, of one table if `table` is given. */
int dts_key_notes_read(struct dts_applier *a, const struct dts_slice *db, const struct dts_slice *table,
		       struct dts_key_notes *notes, struct dts_error *err);
void dts_key_notes_release(struct dts_key_notes *notes);

/* Plans that a key of the table is noted, in the place `ordinal` among its keys; that a note goes. */
void dts_key_note_plan(struct dts_applier *a, struct dts_slice db, struct dts_slice table, const struct dts_item *item, size_t ordinal);
void dts_key_note_plan_forget(struct dts_applier *a, const struct dts_key_note *n);

/* Builds the notes that are due, several tables at once, keys first and then foreign keys, and forgets them. */
int dts_key_notes_build(struct dts_applier *a, struct dts_key_notes *notes, struct dts_error *err);

/* Reads a table's definition: 1, 0: there is none, -1. `text` is what the items borrow from. */
int dts_keys_definition(struct dts_session *s, struct dts_slice db, struct dts_slice table, struct dts_buf *text,
			struct dts_items *items, struct dts_error *err);

#endif
