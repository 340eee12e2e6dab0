#ifndef DTS_APPLY_CONFLICTING_H
#define DTS_APPLY_CONFLICTING_H

#include "apply/conflict_log.h"
#include "apply/run.h"

/*
 * Changes that do not fit the target, made one by one: which kind of conflict it is, and what is done about
 * it. The quick ways stop at any; who has failed so makes the transactions again with a resolver.
 */

/* One session's, for one transaction at a time. */
struct dts_resolver {
	struct dts_conflict_log *log; /* borrowed */
	struct dts_runner *runner;    /* borrowed */
	struct dts_tx_place place;    /* of the transaction; what it points to is the caller's until it is committed */

	struct dts_plan plan;         /* what is done instead of a change; its images */
	struct dts_rejected rejected; /* of the open transaction */
	struct dts_conflict_counts counts;
	struct dts_buf words, key, there; /* for messages */
};

void dts_resolver_release(struct dts_resolver *v);

/* A transaction of the target, with all changes of one of the source, begins, maybe anew. */
void dts_resolver_begin(struct dts_resolver *v, const struct dts_tx_place *place);

/* A change of rows: what its plan holds is run and taken out. */
struct dts_resolving {
	const struct dts_apply_table *table;
	const struct dts_record *record;
	uint64_t line;
	bool converges; /* planned so: inside its window nothing can be missing or duplicate */
};

/*
 * Comes before the change is planned; the plan must be empty. Then the change is planned and run; what does not fit is made
 * as the policy has it, or left out. -1: with place and statement in the message, and, where the run stops at a conflict, what it
 * is in the details; or runner->retryable.
 */
void dts_resolver_plan(struct dts_resolver *v, struct dts_plan *plan);
int dts_resolver_run(struct dts_resolver *v, struct dts_plan *plan, const struct dts_resolving *c, struct dts_error *err);

/* The same of a change that could not be planned, as `err` says: nothing of it is in the plan. */
int dts_resolver_refused(struct dts_resolver *v, struct dts_plan *plan, const struct dts_resolving *c, struct dts_error *err);

/* The last before COMMIT: what was rejected is on disk. */
int dts_resolver_before_commit(struct dts_resolver *v, struct dts_error *err);

/* It is committed: what was met counts. */
void dts_resolver_committed(struct dts_resolver *v);

#endif
