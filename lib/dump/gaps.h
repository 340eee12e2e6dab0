#ifndef DTS_DUMP_GAPS_H
#define DTS_DUMP_GAPS_H

#include "base/error.h"
#include "mysql/keyrange.h"

/* A part of a table along its key: (after, upto], open where a bound is empty. */
struct dts_range {
	struct dts_bound after, upto;
};

struct dts_ranges {
	struct dts_range *items;
	size_t count, cap;
};

struct dts_range *dts_ranges_add(struct dts_ranges *r); /* an open one at the end, for the caller to fill */
void dts_ranges_release(struct dts_ranges *r);

/* Tells how bounds sort: ranks[i] is the place of bounds[i], the same for equal ones. -1 on failure. */
typedef int dts_rank_fn(void *context, const struct dts_bound *const *bounds, size_t count, uint64_t *ranks,
			struct dts_error *err);

/*
 * What is left of the table beside ranges that were read, in order. 1: `gaps` has it, nothing
 * if they are all of it; 0: they contradict one another, so that some of the table is there
 * twice or an end lies before its begin; -1: `rank` failed.
 */
int dts_gaps(const struct dts_ranges *read, dts_rank_fn *rank, void *context, struct dts_ranges *gaps,
	     struct dts_error *err);

#endif
