#ifndef DTS_APPLY_BATCH_H
#define DTS_APPLY_BATCH_H

#include "apply/change.h"
#include "apply/run.h"

/*
 * The quick way of making many changes in one target transaction: changes of one
 * row folded into one, those of a table merged into few statements, each way the quickest that
 * the server has. Everything is held against what it should have done; what is not
 * as it should be is not told here but repeated one by one (plan.h), which names it.
 */
struct dts_batch; /* opaque: one a session; memory and prepared statements are kept */

struct dts_batch *dts_batch_new(struct dts_runner *runner);
void dts_batch_free(struct dts_batch *b);

/* Prepared statements refer to tables as they were: after DDL. */
void dts_batch_forget(struct dts_batch *b);

/*
 * Makes the changes, in an order that gives what their own order gives, in the open transaction. 0: done, each as
 * it should be. 1: not all can go this way; the caller rolls back and makes them one by one. -1: an error of the
 * session's (runner->retryable says whether it is worth repeating), roll back.
 */
int dts_batch_run(struct dts_batch *b, const struct dts_change *changes, size_t count, struct dts_error *err);

#endif
