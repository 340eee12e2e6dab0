#ifndef DTS_APPLY_CONFLICT_FOREIGN_H
#define DTS_APPLY_CONFLICT_FOREIGN_H

#include "apply/graph.h"
#include "base/arena.h"
#include "base/hash.h"
#include "mysql/session.h"
#include "record/foreign.h"

/* Tables of a target as numbers: the spaces of the conflict graph. All zero is none. */
struct dts_spaces {
	struct dts_map numbers; /* by database and table */
	bool nocase;            /* lower_case_table_names: the same name may come in another case */
	struct dts_buf key, lower;
};

/* The number of a table, a new one where it has none. */
uint32_t dts_spaces_number(struct dts_spaces *s, struct dts_slice db, struct dts_slice table);
void dts_spaces_release(struct dts_spaces *s);

/* A foreign key of the target. */
struct dts_tie {
	uint32_t child, parent;
	struct dts_slice to_db, to_table;
	struct dts_slice *columns, *to_columns;
	size_t count;
	bool on_delete, on_update; /* it changes the child's rows */
};

/*
 * All of them, of tables that are in the stream and of those that are not: what a foreign key does to a
 * table that nothing else changes must be in order, too. All zero is none.
 */
struct dts_ties {
	struct dts_tie *items;
	size_t count, cap;
	struct dts_arena *arena;
};

/* Reads them with two queries. `t` is released first. */
int dts_ties_read(struct dts_ties *t, struct dts_spaces *spaces, struct dts_session *s, struct dts_error *err);
void dts_ties_release(struct dts_ties *t);

/* Adds one without columns; the parts of the above, for tests. Valid until the next is added. */
struct dts_tie *dts_ties_add(struct dts_ties *t, uint32_t child, uint32_t parent, size_t columns);

/*
 * What a change of a row claims that foreign keys act upon: all of the table and of each whose rows are deleted
 * or changed along with it, as far as that goes, and all, shared, of the tables that those refer to.
 * `deleted`: the row is deleted; else columns change that are referred to. The claims are on the
 * arena of `t`; returns how many, 0 where nothing acts.
 */
size_t dts_ties_closure(const struct dts_ties *t, uint32_t table, bool deleted, struct dts_claim **claims);

#endif
