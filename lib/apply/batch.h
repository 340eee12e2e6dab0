#ifndef DTS_APPLY_BATCH_H
#define DTS_APPLY_BATCH_H

#include "apply/change.h"
#include "apply/run.h"

/*
 * The quick way of making many changes in one target transaction: changes of one
 * row folded into one (net.h), those of a table merged into few statements, each way the quickest that
 * the server has (arrays.h; else text, many statements a packet). Everything is held against what it should have done; what is not
 * as it should be is not told here but repeated one by one (plan.h), which names it.
 *
 * Rows of one table are changed in another order than the source's: deletes, updates, inserts. That ends the same as
 * long as nothing fails and each row is found as its before image says, since all that happens to a row is in the log; not
 * so where triggers, a history or foreign keys act on other rows, or where rows have columns that the stream does not bring.
 * Such tables, those that dts_batch_learn() was not called for, those without a key, and those of which an image is partial
 * or a change gives a row another key, keep the order that the changes came in, over all of them.
 */
struct dts_batch; /* opaque: one a session; memory and prepared statements are kept */

struct dts_batch *dts_batch_new(struct dts_runner *runner); /* borrowed */
void dts_batch_free(struct dts_batch *b);

/* Prepared statements refer to tables as they were, and to where they are in memory: after DDL, and before
 * tables are bound anew or freed. */
void dts_batch_forget(struct dts_batch *b);

/* Asks the target what else acts on the rows of a table that was just bound, into t->batch; tied: it has foreign keys, or others have to it. Before workers see the table. 0, -1. */
int dts_batch_learn(struct dts_session *s, struct dts_apply_table *t, bool tied, struct dts_error *err);

/*
 * Makes the changes, in an order that gives what their own order gives, in the open transaction; the session's foreign_key_checks
 * and unique_checks are on, and are so again at the end (after a failure dts_runner_reset() sees to it). 0: done, each as
 * it should be. 1: not all can go this way, and `err` is as it was; the caller rolls back and makes them one by one. -1: an error of the
 * session's (runner->retryable says whether it is worth repeating), roll back.
 */
int dts_batch_run(struct dts_batch *b, const struct dts_change *changes, size_t count, struct dts_error *err);

/*
 * The plain way: adds each change's own statement to the plan, in order, and what sets the session's checks as they want them
 * (on before and behind). dts_runner_run() names the one that fails. Also for a few changes, which go
 * so in one packet with what stands before and behind them in the plan: up to DTS_BATCH_FEW that is quicker than
 * dts_batch_run(). -1: as dts_plan_change(), with input and line.
 */
enum { DTS_BATCH_FEW = 8 };
int dts_batch_plan(struct dts_batch *b, struct dts_plan *p, const struct dts_change *changes, size_t count, struct dts_error *err);

/* Adds what sets the session's checks. */
void dts_batch_plan_checks(struct dts_plan *p, bool no_foreign, bool no_unique);

#endif
