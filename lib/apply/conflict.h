#ifndef DTS_APPLY_CONFLICT_H
#define DTS_APPLY_CONFLICT_H

#include "apply/change.h"
#include "apply/graph.h"

/*
 * What a change claims for the conflict graph: the values, old and new, of every
 * unique key that its table has at the target, and what its foreign keys refer to.
 * Values that are equal to the target give equal hashes (over-approximation): text is
 * folded as the key's collation folds ASCII, which the server is asked for once a
 * collation; what cannot be folded so claims the whole table.
 */
struct dts_conflicts; /* opaque: tables, their spaces, foreign keys, collations */

struct dts_claims { /* all zero is empty; memory is kept when count is set to 0 */
	struct dts_claim *items;
	size_t count, cap;
};

struct dts_conflicts *dts_conflicts_new(void);
void dts_conflicts_free(struct dts_conflicts *c);

/*
 * Gets to know a table that was just bound (t->target is read), its collations and the tables that its foreign keys
 * refer to, up to the last ancestor, with questions to the target. 1: others claim otherwise from now on: nothing
 * may be unfinished that claimed before (the caller drains, then goes on); 0; -1.
 */
int dts_conflicts_learn(struct dts_conflicts *c, struct dts_session *s, struct dts_apply_table *t, struct dts_error *err);

/* Forgets all tables (after DDL); collations stay. Nothing may be unfinished. */
void dts_conflicts_forget(struct dts_conflicts *c);

/* Appends what the change claims: `r` is its parsed record, of a table that was learned. -1: DTS_BAD_INPUT. */
int dts_conflicts_claims(struct dts_conflicts *c, const struct dts_apply_table *t, const struct dts_record *r,
			 struct dts_claims *claims, struct dts_error *err);

#endif
