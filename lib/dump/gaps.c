#include "dump/gaps.h"

#include <stdlib.h>

#include "base/hash.h"

/*
 * How often each place of the key was read changes at the ranges' ends only: by
 * one more behind `after`, one less behind `upto`. So the ends, summed up and in
 * order, say it for the whole table: all is well where it is 0 or 1. Where one
 * range goes on where another has ended, the two ends make nothing, and the
 * server need not be asked where that is; what is left is as few as the gaps.
 */
struct point {
	const struct dts_bound *bound;
	int64_t change;
	uint64_t rank;
};

struct dts_range *dts_ranges_add(struct dts_ranges *r)
{
	if (r->count == r->cap) {
		r->cap = r->cap ? 2 * r->cap : 4;
		r->items = dts_realloc(r->items, r->cap * sizeof *r->items);
	}
	r->items[r->count] = (struct dts_range){0};
	return &r->items[r->count++];
}

void dts_ranges_release(struct dts_ranges *r)
{
	for (size_t i = 0; i < r->count; i++) {
		dts_bound_release(&r->items[i].after);
		dts_bound_release(&r->items[i].upto);
	}
	free(r->items);
	*r = (struct dts_ranges){0};
}

/* Counts an end; equal ones by their text. */
static void add_end(struct dts_map *points, const struct dts_bound *bound, int64_t change, struct dts_buf *scratch)
{
	dts_buf_clear(scratch);
	for (size_t i = 0; i < bound->count; i++) {
		dts_buf_addu(scratch, bound->literals[i].len);
		dts_buf_addc(scratch, ':');
		dts_buf_add_slice(scratch, dts_buf_slice(&bound->literals[i]));
	}
	struct point *p = dts_map_get(points, dts_buf_slice(scratch));
	if (!p) {
		p = dts_zalloc(1, sizeof *p);
		p->bound = bound;
		dts_map_set(points, dts_buf_slice(scratch), p);
	}
	p->change += change;
}

/* Of the points those at which something changes. */
static struct point *changes(const struct dts_map *points, size_t *count)
{
	struct point *all = dts_alloc((points->count + 1) * sizeof *all);
	struct dts_map_entry *e;

	*count = 0;
	for (size_t at = 0; (e = dts_map_next(points, &at));)
		if (((struct point *)e->value)->change != 0)
			all[(*count)++] = *(struct point *)e->value;
	return all;
}

static int by_rank(const void *a, const void *b)
{
	uint64_t x = ((const struct point *)a)->rank, y = ((const struct point *)b)->rank;

	return (x > y) - (x < y);
}

/* In order, and those of one place as one. */
static int sort_points(struct point *points, size_t *count, dts_rank_fn *rank, void *context, struct dts_error *err)
{
	const struct dts_bound **bounds = dts_alloc((*count + 1) * sizeof *bounds);
	uint64_t *ranks = dts_zalloc(*count + 1, sizeof *ranks);
	size_t kept = 0;
	int rc = 0;

	for (size_t i = 0; i < *count; i++)
		bounds[i] = points[i].bound;
	/* A single one needs no order. */
	if (*count > 1)
		rc = rank(context, bounds, *count, ranks, err);
	for (size_t i = 0; i < *count; i++)
		points[i].rank = ranks[i];
	free(bounds);
	free(ranks);
	if (rc < 0 || *count == 0)
		return rc;
	qsort(points, *count, sizeof *points, by_rank);
	for (size_t i = 1; i < *count; i++) {
		if (points[i].rank == points[kept].rank)
			points[kept].change += points[i].change;
		else
			points[++kept] = points[i];
	}
	*count = kept + 1;
	return 0;
}

static void add_gap(struct dts_ranges *gaps, const struct dts_bound *after, const struct dts_bound *upto)
{
	struct dts_range *gap = dts_ranges_add(gaps);

	if (after)
		dts_bound_copy(&gap->after, after);
	if (upto)
		dts_bound_copy(&gap->upto, upto);
}

/* 1; 0: contradiction. */
static int walk(const struct point *points, size_t count, int64_t read, int64_t at_end, struct dts_ranges *gaps)
{
	const struct dts_bound *from = NULL; /* where the last range ended */

	for (size_t i = 0; i < count; i++) {
		int64_t next = read + points[i].change;
		if (read < 0 || read > 1 || next < 0 || next > 1)
			return 0;
		if (read == 0 && next == 1)
			add_gap(gaps, from, points[i].bound);
		if (next == 0)
			from = points[i].bound;
		read = next;
	}
	if (read < 0 || read > 1 || read != at_end)
		return 0;
	if (read == 0)
		add_gap(gaps, from, NULL);
	return 1;
}

int dts_gaps(const struct dts_ranges *read, dts_rank_fn *rank, void *context, struct dts_ranges *gaps,
	     struct dts_error *err)
{
	struct dts_map map = {0};
	struct dts_buf scratch = {0};
	int64_t at_begin = 0, at_end = 0;
	size_t count;

	for (size_t i = 0; i < read->count; i++) {
		const struct dts_range *r = &read->items[i];
		if (r->after.literals)
			add_end(&map, &r->after, 1, &scratch);
		else
			at_begin++;
		if (r->upto.literals)
			add_end(&map, &r->upto, -1, &scratch);
		else
			at_end++;
	}
	struct point *points = changes(&map, &count);
	int rc = sort_points(points, &count, rank, context, err);
	if (rc == 0)
		rc = walk(points, count, at_begin, at_end, gaps);
	free(points);
	dts_map_release(&map, free);
	dts_buf_release(&scratch);
	return rc;
}
