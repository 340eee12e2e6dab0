/*
 * Any bytes as GTID positions: as text, and as MySQL's binary form. What is taken is
 * written so that it is read back as the same, is ordered and disjoint, covers
 * itself, and holds what was put into it.
 */
#include <stdlib.h>

#include "record/gtid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool condition)
{
	if (!condition)
		abort();
}

static void check_order(const struct dts_gtid_set *s)
{
	size_t intervals = 0;

	for (size_t i = 0; i < s->count; i++) {
		const struct dts_gtid_group *g = &s->groups[i];

		expect(g->count > 0);
		if (i > 0) {
			int order = memcmp(g[-1].uuid, g->uuid, 16);
			expect(order < 0 || (order == 0 && strcmp(g[-1].tag, g->tag) < 0));
		}
		for (size_t k = 0; k < g->count; k++) {
			expect(g->items[k].first > 0 && g->items[k].first < g->items[k].end);
			expect(g->items[k].end <= DTS_GTID_NUMBER_MAX + 1);
			expect(k == 0 || g->items[k - 1].end < g->items[k].first);
		}
		intervals += g->count;
	}
	expect(intervals == s->intervals);
}

static void check(const struct dts_gtids *g)
{
	struct dts_buf text = {0}, again = {0};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_gtids other = {0};

	check_order(&g->set);
	expect(dts_gtids_cover(g, g) && dts_gtids_equal(g, g));
	dts_gtids_add(&text, g);
	expect(dts_gtids_parse(&other, dts_buf_slice(&text), g->form, &err) == 0);
	expect(dts_gtids_equal(g, &other) && other.form == g->form);
	dts_gtids_add(&again, &other);
	expect(dts_slice_eq(dts_buf_slice(&text), dts_buf_slice(&again)));
	if (g->form == DTS_GTID_MYSQL) {
		dts_buf_clear(&again);
		dts_gtid_set_encode(&again, &g->set);
		expect(dts_gtid_set_decode(&other.set, dts_buf_slice(&again), &err) == 0);
		expect(dts_gtids_equal(g, &other));
	}
	dts_gtids_release(&other);
	dts_buf_release(&text);
	dts_buf_release(&again);
}

/* Takes a GTID in and looks for it. */
static void check_include(struct dts_gtids *g, const struct dts_gtid *one)
{
	struct dts_gtids before = {0};
	bool had = dts_gtids_contain(g, one);

	dts_gtids_copy(&before, g);
	if (dts_gtids_include(g, one) == 0) {
		expect(dts_gtids_contain(g, one));
		expect(one->form == DTS_GTID_MARIADB || (dts_gtids_cover(g, &before) && dts_gtids_equal(g, &before) == had));
		check(g);
	} else {
		expect(dts_gtids_equal(g, &before));
	}
	dts_gtids_release(&before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dts_gtids g = {0}, decoded = {0};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_gtid one;
	/* A copy of its own, so that a read beyond it is seen. */
	char *copy = malloc(size ? size : 1);

	memcpy(copy, data, size);
	struct dts_slice text = dts_slice(copy, size);
	/* GTIDs to take in stand behind a line that is a position. */
	const char *line = size > 0 ? memchr(copy, '\n', size) : NULL;
	struct dts_slice first = line ? dts_slice(copy, (size_t)(line - copy)) : text;
	if (dts_gtids_parse(&g, first, DTS_GTID_MYSQL, &err) == 0)
		check(&g);
	while (line && dts_gtids_known(&g)) {
		const char *from = line + 1;
		size_t rest = (size_t)(copy + size - from);
		line = rest > 0 ? memchr(from, '\n', rest) : NULL;
		if (dts_gtid_parse(&one, dts_slice(from, line ? (size_t)(line - from) : rest)))
			check_include(&g, &one);
	}
	if (dts_gtids_parse(&g, text, DTS_GTID_MARIADB, &err) == 0)
		check(&g);
	dts_gtids_set_empty(&decoded, DTS_GTID_MYSQL);
	if (dts_gtid_set_decode(&decoded.set, text, &err) == 0)
		check(&decoded);
	else
		expect(dts_gtids_is_empty(&decoded));
	dts_gtids_release(&g);
	dts_gtids_release(&decoded);
	free(copy);
	return 0;
}
