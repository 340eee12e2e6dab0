#ifndef DTS_APPLY_CONFLICT_IMPL_H
#define DTS_APPLY_CONFLICT_IMPL_H

#include "apply/conflict.h"
#include "apply/conflict_fold.h"
#include "apply/conflict_foreign.h"

/* What conflict.c (claims) and conflict_learn.c (rules) share; also for their tests. */

/* A column of a key. */
struct dts_conflict_part {
	long at; /* column of the stream; -1: the target computes it */
	enum dts_fold_how how;
	const struct dts_fold *fold; /* DTS_FOLD_TEXT */
	size_t prefix;               /* 0: the whole value */
	uint8_t decimals;
};

/* A key whose values are claimed: a unique one, columns that others refer to, those of a foreign key. */
struct dts_conflict_rule {
	uint64_t seed;  /* the same for the same columns of the table of that space */
	uint32_t space;
	bool shared;    /* a foreign key: claimed in its parent's space */
	bool unique;
	bool doubtful;  /* its values are not known from those of the stream */
	bool acts;      /* a change is carried on to other tables */
	struct dts_conflict_part *parts;
	size_t count;
};

struct dts_conflict_table {
	const struct dts_apply_table *table;
	uint32_t space;
	bool serial;       /* each change claims all */
	bool has_identity; /* rules[0] is unique and never NULL */
	struct dts_conflict_rule *rules;
	size_t rule_count, rule_cap;
	size_t *needed;    /* the columns of the stream that are in some rule */
	size_t needed_count;
	bool *is_needed;   /* by column */
	struct dts_claim *deletes, *updates; /* see dts_ties_closure() */
	size_t delete_count, update_count;
	struct dts_arena *arena;
};

struct dts_conflicts {
	struct dts_map tables; /* by address: struct dts_conflict_table */
	const struct dts_conflict_table *last;
	struct dts_spaces spaces;
	struct dts_ties ties;
	bool ties_read;
	struct dts_map relatives; /* by space: struct dts_schema of a table that others refer to; no columns: it is not there */
	struct dts_map folds;     /* by collation: struct dts_fold */
	/* of the change at hand */
	struct dts_json *before, *after;
	size_t room;
	struct dts_buf bytes;
	struct dts_fold_scratch scratch;
};

/* A unique key beside t->target.primary and t->target.unique: one with prefixes. */
struct dts_conflict_key {
	struct dts_slice *columns;
	size_t *prefixes;
	size_t count;
};

/*
 * Makes the rules of a table. Foreign keys are in c->ties; collations and parents that are not known yet
 * are asked for, unless `s` is NULL: then they are doubtful.
 */
int dts_conflicts_rules(struct dts_conflicts *c, struct dts_session *s, const struct dts_apply_table *t, bool serial,
			const struct dts_conflict_key *keys, size_t key_count, struct dts_error *err);

#endif
