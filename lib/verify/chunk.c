#include <stdlib.h>

#include "verify/internal.h"

/* A table with a key: sums of ranges, halved where they differ, then rows. */

static void add_range(struct table_work *w, const struct dts_bound *after, const struct dts_bound *upto)
{
	sql_both_from(w);
	sql_both_adds(w, " WHERE ");
	for (int side = 0; side < DTS_SIDES; side++)
		dts_keyrange_where(&w->sql[side], &w->schema[side], &w->key_at[side], after, upto);
}

/* COUNT(*) and SUM() of one digest; the sum of no rows is NULL. */
static bool same_sums(MYSQL_ROW a, MYSQL_ROW b)
{
	return strcmp(a[0] ? a[0] : "", b[0] ? b[0] : "") == 0 && strcmp(a[1] ? a[1] : "", b[1] ? b[1] : "") == 0;
}

int dts_verify_run_sums(struct table_work *w, const struct dts_buf *digest, bool generated, bool strict,
			const struct dts_bound *after, const struct dts_bound *upto, struct verify_sums *sums,
			struct dts_error *err)
{
	MYSQL_RES *res[DTS_SIDES];
	MYSQL_ROW row[DTS_SIDES];

	sql_both_start(w);
	for (int side = 0; side < DTS_SIDES; side++)
		dts_digest_add_sum(&w->sql[side], dts_buf_slice(digest));
	if (generated)
		sql_both_add(w, &w->generated.sums);
	add_range(w, after, upto);
	int rc = sql_both_run(w, false, res, err);
	for (int side = 0; side < DTS_SIDES && rc == 0; side++) {
		row[side] = mysql_fetch_row(res[side]);
		if (!row[side])
			rc = dts_fail(err, DTS_REFUSED, "%s: no sum", w->what);
		else
			sums->rows[side] = row[side][0] ? strtoull(row[side][0], NULL, 10) : 0;
		if (rc == 0 && strict)
			rc = dts_pair_check(w->pair, side, w->what, err);
	}
	sums->same = rc == 0 && same_sums(row[DTS_SOURCE], row[DTS_TARGET]);
	for (size_t i = 0; sums->same && generated && i < w->generated.count; i++)
		if (!same_sums(row[DTS_SOURCE] + 2 + 2 * i, row[DTS_TARGET] + 2 + 2 * i))
			w->generated.items[i].differs = true;
	dts_pair_free(res);
	return rc;
}

int dts_verify_sums(struct table_work *w, const struct dts_bound *after, const struct dts_bound *upto,
		    struct verify_sums *sums, struct dts_error *err)
{
	struct generated *g = &w->generated;
	bool generated = g->count > 0 && !g->failed;
	struct verify_sums again;

	if (generated && !g->warn) {
		int rc = dts_verify_run_sums(w, &w->digest, true, true, after, upto, sums, err);
		if (rc == 0 || err->status != DTS_REFUSED)
			return rc;
		/* Computing a column may warn, which says nothing about the others: those by themselves. */
		g->warn = true;
		*err = (struct dts_error)DTS_ERROR_INIT;
	}
	if (dts_verify_run_sums(w, &w->digest, false, true, after, upto, sums, err) < 0)
		return -1;
	if (!generated || !sums->same)
		return 0;
	if (dts_verify_run_sums(w, &w->digest, true, false, after, upto, &again, err) < 0) {
		if (err->status != DTS_REFUSED)
			return -1;
		g->failed = true;
		*err = (struct dts_error)DTS_ERROR_INIT;
	} else if (!again.same) {
		g->missed = true;
	}
	return 0;
}

struct leaf_row {
	char *key;
	char digest[DIGEST_LEN + 1];
	uint64_t bytes;
	bool seen; /* the target has the key */
};

struct leaf {
	struct leaf_row *rows;
	size_t count, room;
	struct dts_map by_key; /* key -> index + 1 */
};

static void leaf_release(struct leaf *leaf)
{
	for (size_t i = 0; i < leaf->count; i++)
		free(leaf->rows[i].key);
	free(leaf->rows);
	dts_map_release(&leaf->by_key, NULL);
}

static void leaf_add(struct leaf *leaf, const struct leaf_row *row)
{
	if (leaf->count == leaf->room) {
		leaf->room = leaf->room ? leaf->room * 2 : 256;
		leaf->rows = dts_realloc(leaf->rows, leaf->room * sizeof *leaf->rows);
	}
	leaf->rows[leaf->count++] = *row;
	dts_map_set(&leaf->by_key, dts_slice_of(row->key), (void *)(uintptr_t)leaf->count);
}

/* Matches a row of the target with the source's. */
static void leaf_match(struct table_work *w, struct leaf *leaf, const struct leaf_row *row)
{
	size_t at = (size_t)(uintptr_t)dts_map_get(&leaf->by_key, dts_slice_of(row->key));

	if (at > 0) {
		struct leaf_row *mine = &leaf->rows[at - 1];
		mine->seen = true;
		if (memcmp(mine->digest, row->digest, DIGEST_LEN) != 0)
			dts_verify_suspect_add(w, row->key, true, true, mine->bytes + row->bytes);
	} else {
		dts_verify_suspect_add(w, row->key, false, true, row->bytes);
	}
}

/* The next row of one side: digest, size, key. 1, 0 at the end, -1. */
static int leaf_fetch(struct table_work *w, int side, MYSQL_RES *res, struct leaf_row *row, struct dts_error *err)
{
	MYSQL_ROW got;
	int rc = dts_pair_row(w->pair, side, res, &got, w->what, err);

	if (rc <= 0)
		return rc;
	const unsigned long *lengths = mysql_fetch_lengths(res);
	if (!got[0] || lengths[0] != DIGEST_LEN)
		return dts_fail(err, DTS_REFUSED, "%s: a row has no digest", w->what);
	*row = (struct leaf_row){.bytes = got[1] ? strtoull(got[1], NULL, 10) : 0};
	memcpy(row->digest, got[0], DIGEST_LEN);
	dts_buf_clear(&w->scratch);
	if (dts_verify_key_literal(w, got + 2, lengths + 2, &w->scratch, err) < 0)
		return -1;
	row->key = dts_slice_dup(dts_buf_slice(&w->scratch));
	return 1;
}

/* A range that is small enough: which rows differ? */
static int compare_leaf(struct table_work *w, const struct dts_bound *after, const struct dts_bound *upto,
			struct dts_error *err)
{
	MYSQL_RES *res[DTS_SIDES];
	struct leaf leaf = {0};
	struct leaf_row row;

	sql_both_start(w);
	sql_both_add(w, &w->digest);
	sql_both_adds(w, ",");
	sql_both_add(w, &w->size);
	sql_both_adds(w, ",");
	sql_both_add(w, &w->key_list);
	add_range(w, after, upto);
	sql_both_adds(w, " ORDER BY ");
	sql_both_add(w, &w->key_order);
	int rc = sql_both_run(w, true, res, err);
	if (rc == 0)
		while ((rc = leaf_fetch(w, DTS_SOURCE, res[DTS_SOURCE], &row, err)) > 0)
			leaf_add(&leaf, &row);
	if (rc == 0)
		while ((rc = leaf_fetch(w, DTS_TARGET, res[DTS_TARGET], &row, err)) > 0) {
			leaf_match(w, &leaf, &row);
			free(row.key);
		}
	for (size_t i = 0; i < leaf.count && rc == 0; i++)
		if (!leaf.rows[i].seen)
			dts_verify_suspect_add(w, leaf.rows[i].key, true, false, leaf.rows[i].bytes);
	dts_pair_free(res);
	leaf_release(&leaf);
	return rc;
}

static bool same_bound(const struct dts_bound *a, const struct dts_bound *b)
{
	if (!b || a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!dts_slice_eq(dts_buf_slice(&a->literals[i]), dts_buf_slice(&b->literals[i])))
			return false;
	return true;
}

/* Suspects are settled before they take too much memory; without --recheck there is nothing to wait for. */
static int settle_when_many(struct table_work *w, struct dts_error *err)
{
	return w->suspects.count >= (w->o->recheck > 0 ? SUSPECTS_MAX : SUSPECTS_MAX / 10) ? dts_verify_suspects_settle(w, err) : 0;
}

static int compare_range(struct table_work *w, const struct dts_bound *after, const struct dts_bound *upto,
			 uint64_t *rows, struct dts_error *err);

/* Halves a range at a row of the side that has more. 1: done; 0: it cannot be halved; -1. */
static int compare_halves(struct table_work *w, const struct dts_bound *after, const struct dts_bound *upto,
			  const struct verify_sums *sums, struct dts_error *err)
{
	int side = sums->rows[DTS_TARGET] > sums->rows[DTS_SOURCE] ? DTS_TARGET : DTS_SOURCE;
	struct dts_bound middle = {0};

	int rc = dts_keyrange_next(w->pair->side[side], &w->schema[side], &w->key_at[side], after, sums->rows[side] / 2, &middle,
				   err);
	if (rc > 0 && same_bound(&middle, upto))
		rc = 0; /* rows went away meanwhile */
	if (rc > 0) {
		rc = compare_range(w, after, &middle, NULL, err);
		rc = rc == 0 ? compare_range(w, &middle, upto, NULL, err) : rc;
		rc = rc == 0 ? 1 : -1;
	}
	dts_bound_release(&middle);
	return rc;
}

/* (after, upto]. `rows`, if not NULL, gets how many the source has. */
static int compare_range(struct table_work *w, const struct dts_bound *after, const struct dts_bound *upto,
			 uint64_t *rows, struct dts_error *err)
{
	struct verify_sums sums;

	if (dts_verify_stop_asked(err) < 0 || dts_verify_sums(w, after, upto, &sums, err) < 0)
		return -1;
	if (rows)
		*rows = sums.rows[DTS_SOURCE];
	if (sums.same)
		return 0;
	int rc = 0;
	if (w->depth < DEPTH_MAX && (sums.rows[DTS_SOURCE] > LEAF_ROWS || sums.rows[DTS_TARGET] > LEAF_ROWS)) {
		w->depth++;
		rc = compare_halves(w, after, upto, &sums, err);
		w->depth--;
	}
	if (rc == 0) {
		w->generated.missed = true;
		rc = compare_leaf(w, after, upto, err);
	}
	return rc < 0 ? -1 : settle_when_many(w, err);
}

int dts_verify_by_key(struct table_work *w, struct dts_error *err)
{
	uint64_t chunk_rows = w->o->chunk_rows > 0 ? w->o->chunk_rows : 10000;
	struct dts_bound after = {0}, upto = {0};
	int rc;

	do {
		uint64_t rows = 0;
		rc = dts_keyrange_next(w->pair->side[DTS_SOURCE], &w->schema[DTS_SOURCE], w->key, &after, chunk_rows,
				       &upto, err);
		if (rc < 0 || compare_range(w, &after, rc > 0 ? &upto : NULL, &rows, err) < 0) {
			rc = -1;
			break;
		}
		w->result->rows += rows;
		if (w->o->progress)
			w->o->progress(w->o->progress_arg, w->table, w->result->rows);
		dts_bound_copy(&after, &upto);
	} while (rc > 0);
	dts_bound_release(&after);
	dts_bound_release(&upto);
	return rc < 0 ? -1 : dts_verify_suspects_settle(w, err);
}
