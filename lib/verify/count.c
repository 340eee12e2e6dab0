#include <stdlib.h>

#include "verify/internal.h"

/*
 * A table without a usable key: the sum over all of it, and if that differs, how
 * often each digest occurs on both sides. The servers sort, both answers are merged as they come, and only what differs is
 * held, in portions.
 */

struct entry {
	char digest[DIGEST_LEN + 1];
	uint64_t count[DTS_SIDES];
};

struct entries {
	struct entry *items;
	size_t count, room;
	bool more;                 /* stopped before the end: go on behind `last` */
	char last[DIGEST_LEN + 1]; /* "" at the start */
};

static void add_entry(struct entries *e, const struct entry *x)
{
	if (e->count == e->room) {
		e->room = e->room ? e->room * 2 : 256;
		e->items = dts_realloc(e->items, e->room * sizeof *e->items);
	}
	e->items[e->count++] = *x;
}

/* The next digest of one side with its count: 1, 0 at the end, -1. */
static int next_count(struct table_work *w, int side, MYSQL_RES *res, struct entry *x, struct dts_error *err)
{
	MYSQL_ROW row;
	int rc = dts_pair_row(w->pair, side, res, &row, w->what, err);

	*x = (struct entry){0};
	if (rc <= 0)
		return rc;
	if (!row[0] || mysql_fetch_lengths(res)[0] != DIGEST_LEN || !row[1])
		return dts_fail(err, DTS_REFUSED, "%s: a row has no digest", w->what);
	memcpy(x->digest, row[0], DIGEST_LEN);
	x->count[side] = strtoull(row[1], NULL, 10);
	return 1;
}

/* Walks both answers in step; `e` gets what is not the same. */
static int merge(struct table_work *w, MYSQL_RES *res[DTS_SIDES], struct entries *e, struct dts_error *err)
{
	struct entry head[DTS_SIDES];
	int have[DTS_SIDES];

	for (int side = 0; side < DTS_SIDES; side++)
		if ((have[side] = next_count(w, side, res[side], &head[side], err)) < 0)
			return -1;
	while (have[DTS_SOURCE] || have[DTS_TARGET]) {
		if (e->count == COUNTS_MAX) {
			e->more = true;
			return 0;
		}
		int order = !have[DTS_TARGET] ? -1 : !have[DTS_SOURCE] ? 1
			    : memcmp(head[DTS_SOURCE].digest, head[DTS_TARGET].digest, DIGEST_LEN);
		struct entry x = head[order <= 0 ? DTS_SOURCE : DTS_TARGET];
		x.count[DTS_TARGET] = order >= 0 ? head[DTS_TARGET].count[DTS_TARGET] : 0;
		if (x.count[DTS_SOURCE] != x.count[DTS_TARGET])
			add_entry(e, &x);
		memcpy(e->last, x.digest, sizeof e->last);
		w->result->rows += x.count[DTS_SOURCE];
		for (int side = 0; side < DTS_SIDES; side++)
			if (side == DTS_SOURCE ? order <= 0 : order >= 0)
				if ((have[side] = next_count(w, side, res[side], &head[side], err)) < 0)
					return -1;
	}
	return 0;
}

/* SELECT digest,COUNT(*) FROM ... WHERE condition GROUP BY 1 ORDER BY 1: by place,
 * since any alias may be a column's name. */
static void counts_sql(struct table_work *w, const struct dts_buf *condition)
{
	sql_both_start(w);
	sql_both_add(w, &w->digest);
	sql_both_adds(w, ",COUNT(*)");
	sql_both_from(w);
	if (condition->len > 0) {
		sql_both_adds(w, " WHERE ");
		sql_both_add(w, &w->digest);
		sql_both_add(w, condition);
	}
	sql_both_adds(w, " GROUP BY 1 ORDER BY 1");
}

static int collect(struct table_work *w, struct entries *e, struct dts_error *err)
{
	struct dts_buf condition = {0};
	MYSQL_RES *res[DTS_SIDES];

	e->count = 0;
	e->more = false;
	if (e->last[0])
		dts_buf_addf(&condition, ">'%s'", e->last);
	counts_sql(w, &condition);
	dts_buf_release(&condition);
	int rc = sql_both_run(w, true, res, err);
	if (rc == 0)
		rc = merge(w, res, e, err);
	dts_pair_free(res);
	return rc;
}

/* " IN ('..','..')" over the entries [from, to) that `side` has more of; side DTS_SIDES: all. */
static size_t in_list(const struct entries *e, size_t from, size_t to, int side, struct dts_buf *sql)
{
	size_t count = 0;

	for (size_t i = from; i < to; i++) {
		const struct entry *x = &e->items[i];
		if (side < DTS_SIDES && x->count[side] <= x->count[!side])
			continue;
		dts_buf_addf(sql, "%s'%s'", count++ ? "," : " IN (", x->digest);
	}
	if (count > 0)
		dts_buf_addc(sql, ')');
	return count;
}

static int compare_entries(const void *a, const void *b)
{
	return memcmp(((const struct entry *)a)->digest, ((const struct entry *)b)->digest, DIGEST_LEN);
}

static struct entry *find_entry(struct entries *e, const char *digest)
{
	struct entry key = {0};

	memcpy(key.digest, digest, DIGEST_LEN);
	return e->count > 0 ? bsearch(&key, e->items, e->count, sizeof *e->items, compare_entries) : NULL;
}

/* Counts the entries [from, to) again. */
static int count_again(struct table_work *w, struct entries *e, size_t from, size_t to, struct dts_error *err)
{
	struct dts_buf condition = {0};
	MYSQL_RES *res[DTS_SIDES];
	struct entry now;

	in_list(e, from, to, DTS_SIDES, &condition);
	counts_sql(w, &condition);
	dts_buf_release(&condition);
	for (size_t i = from; i < to; i++)
		e->items[i].count[DTS_SOURCE] = e->items[i].count[DTS_TARGET] = 0;
	int rc = sql_both_run(w, true, res, err);
	for (int side = 0; side < DTS_SIDES && rc == 0; side++)
		while ((rc = next_count(w, side, res[side], &now, err)) > 0) {
			struct entry *x = find_entry(e, now.digest);
			if (x)
				x->count[side] = now.count[side];
		}
	dts_pair_free(res);
	return rc;
}

static int recheck(struct table_work *w, struct entries *e, struct dts_error *err)
{
	for (uint64_t i = 0; i < w->o->recheck && e->count > 0; i++) {
		size_t kept = 0;
		if (dts_verify_wait(w, err) < 0)
			return -1;
		for (size_t from = 0; from < e->count; from += COUNTS_BATCH) {
			size_t to = from + COUNTS_BATCH < e->count ? from + COUNTS_BATCH : e->count;
			if (count_again(w, e, from, to, err) < 0)
				return -1;
		}
		for (size_t at = 0; at < e->count; at++)
			if (e->items[at].count[DTS_SOURCE] != e->items[at].count[DTS_TARGET])
				e->items[kept++] = e->items[at];
		e->count = kept;
	}
	return 0;
}

static int write_row(struct table_work *w, int side, MYSQL_ROW row, const unsigned long *lengths,
		     struct dts_error *err)
{
	const struct dts_slice none = {NULL, 0};

	dts_buf_clear(&w->scratch);
	if (dts_row_writer_add(w->writer[side], row, lengths, &w->scratch, err) < 0)
		return -1;
	w->result->different++;
	return side == DTS_TARGET ? dts_verify_repair_write(w, dts_buf_slice(&w->scratch), none, err)
				  : dts_verify_repair_write(w, none, dts_buf_slice(&w->scratch), err);
}

/* Writes the rows of [from, to) that one side has more of, each as often as it has more. */
static int write_side(struct table_work *w, struct entries *e, size_t from, size_t to, int side,
		      struct dts_error *err)
{
	struct dts_buf *sql = &w->sql[side];
	MYSQL_ROW row;
	int rc;

	dts_buf_clear(sql);
	dts_buf_adds(sql, "SELECT ");
	dts_buf_add_slice(sql, dts_buf_slice(&w->digest));
	dts_buf_addc(sql, ',');
	dts_row_writer_select(w->writer[side], sql);
	dts_buf_add_slice(sql, dts_buf_slice(&w->from[side]));
	dts_buf_adds(sql, " WHERE ");
	dts_buf_add_slice(sql, dts_buf_slice(&w->digest));
	if (in_list(e, from, to, side, sql) == 0)
		return 0;
	MYSQL_RES *res = dts_session_stream(w->pair->side[side], dts_buf_slice(sql), err);
	if (!res)
		return -1;
	while ((rc = dts_pair_row(w->pair, side, res, &row, w->what, err)) > 0) {
		struct entry *x = row[0] ? find_entry(e, row[0]) : NULL;
		if (!x || x->count[side] <= x->count[!side])
			continue;
		x->count[side]--;
		if ((rc = write_row(w, side, row + 1, mysql_fetch_lengths(res) + 1, err)) < 0)
			break;
	}
	mysql_free_result(res);
	return rc;
}

int dts_verify_by_count(struct table_work *w, struct dts_error *err)
{
	struct entries e = {0};
	struct verify_sums sums;

	/* Sorting costs ten times as much as adding up, and most tables are the same. */
	int rc = dts_verify_sums(w, NULL, NULL, &sums, err);
	if (rc < 0 || sums.same || w->documents)
		w->result->rows = rc < 0 ? 0 : sums.rows[DTS_SOURCE];
	if (rc < 0 || sums.same)
		return rc;
	w->generated.missed = true;
	if (w->documents) {
		dts_buf_adds(&w->result->why, "documents are JSON on one side and text on the other, and without a "
					      "common key it cannot be told which rows belong together");
		w->result->verdict = DTS_COLUMNS_DIFFER;
		return 0;
	}
	do {
		rc = collect(w, &e, err);
		if (rc == 0)
			rc = recheck(w, &e, err);
		for (size_t from = 0; from < e.count && rc == 0; from += COUNTS_BATCH) {
			size_t to = from + COUNTS_BATCH < e.count ? from + COUNTS_BATCH : e.count;
			rc = dts_verify_stop_asked(err);
			for (int side = DTS_TARGET; side >= DTS_SOURCE && rc == 0; side--)
				rc = write_side(w, &e, from, to, side, err);
		}
		if (w->o->progress)
			w->o->progress(w->o->progress_arg, w->table, w->result->rows);
	} while (rc == 0 && e.more);
	free(e.items);
	return rc;
}
