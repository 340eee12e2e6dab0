#ifndef DTS_APPLY_CONFLICT_H
#define DTS_APPLY_CONFLICT_H

#include "apply/change.h"
#include "apply/graph.h"

/*
 * What a change claims for the conflict graph, so that changes which meet are made in the stream's order:
 *
 * - the values, old and new, of every unique key that its table has at the target. Values that are equal to the
 *   target give equal hashes, and some that are not do so too: text is folded as the key's collation folds ASCII,
 *   which the server is asked for once a collation (conflict_fold.h). What cannot be folded claims the whole table,
 *   as does every change of a table that has a unique key on other things than columns (expressions, periods), and
 *   of a row that no key tells from others.
 * - shared, the values in other tables that its foreign keys refer to. A parent's change claims the same values by itself.
 * - where foreign keys act (ON DELETE CASCADE and its kin), all of each table in which they change rows, and all, shared,
 *   of the tables that those rows refer to. All foreign keys of the target that the account may see are looked at, those
 *   of tables outside of the stream too: a table that only cascades change must be changed in order as well.
 *
 * A key of which an update changes nothing is not claimed where the table's primary key or another one without NULL
 * says which row it is: who takes that value from the row, or gives it back, changes the row as well.
 *
 * Not covered: what triggers at the target do, and foreign keys that are not there yet. For one thread.
 */
struct dts_conflicts; /* opaque: tables, their spaces, foreign keys, collations */

struct dts_claims { /* all zero is empty; memory is kept when count is set to 0 */
	struct dts_claim *items;
	size_t count, cap;
};

struct dts_conflicts *dts_conflicts_new(void);
void dts_conflicts_free(struct dts_conflicts *c);

/*
 * Gets to know a table that was just bound (t->target is read), with questions to the target: of its keys, the collations
 * of their columns and the tables that its foreign keys refer to; the first time, of all foreign keys. What other
 * tables claim stays as it is. `t` is known by its address until dts_conflicts_forget() or until it is learned again,
 * as after it was bound again. 0; -1.
 */
int dts_conflicts_learn(struct dts_conflicts *c, struct dts_session *s, const struct dts_apply_table *t, struct dts_error *err);

/* Forgets all tables and foreign keys (after DDL); collations stay. Nothing may be unfinished. */
void dts_conflicts_forget(struct dts_conflicts *c);

/* Has a table that was learned foreign keys, its own or another table's to it? */
bool dts_conflicts_tied(const struct dts_conflicts *c, const struct dts_apply_table *t);

/* Appends what the change claims: `r` is its parsed record, of a table that was learned. -1: DTS_BAD_INPUT. */
int dts_conflicts_claims(struct dts_conflicts *c, const struct dts_apply_table *t, const struct dts_record *r,
			 struct dts_claims *claims, struct dts_error *err);

#endif
