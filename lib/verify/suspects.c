#include <stdlib.h>

#include "verify/internal.h"

/* Rows that looked different: looked at again, then written as what repairs them. */

static struct suspect *find(struct suspects *s, struct dts_slice key)
{
	size_t at = (size_t)(uintptr_t)dts_map_get(&s->by_key, key);

	return at > 0 ? &s->items[at - 1] : NULL;
}

void dts_verify_suspect_add(struct table_work *w, const char *key, bool at_source, bool at_target, uint64_t bytes)
{
	struct suspects *s = &w->suspects;
	struct suspect *known = find(s, dts_slice_of(key));

	if (!known) {
		if (s->count == s->room) {
			s->room = s->room ? s->room * 2 : 64;
			s->items = dts_realloc(s->items, s->room * sizeof *s->items);
		}
		known = &s->items[s->count++];
		*known = (struct suspect){.bytes = bytes};
		dts_map_set(&s->by_key, dts_slice_of(key), (void *)(uintptr_t)s->count);
	}
	/* A range can be seen twice when rows move meanwhile: one suspect all the same. */
	if (at_source && !known->key[DTS_SOURCE])
		known->key[DTS_SOURCE] = dts_strdup(key);
	if (at_target && !known->key[DTS_TARGET])
		known->key[DTS_TARGET] = dts_strdup(key);
}

void dts_verify_suspects_clear(struct suspects *s)
{
	for (size_t i = 0; i < s->count; i++)
		for (int side = 0; side < DTS_SIDES; side++) {
			free(s->items[i].key[side]);
			dts_buf_release(&s->items[i].row[side]);
		}
	free(s->items);
	dts_map_release(&s->by_key, NULL);
	*s = (struct suspects){0};
}

/* The suspects items[from] to items[to - 1] that are not settled: one statement's worth. */
struct batch {
	size_t from, to;
	bool rows; /* fetch the rows, not only the digests */
};

static bool next_batch(const struct suspects *s, struct batch *b)
{
	uint64_t bytes = 0;
	size_t count = 0;

	b->from = b->to;
	for (; b->to < s->count && count < BATCH_ROWS && (!b->rows || bytes < BATCH_BYTES); b->to++)
		if (!s->items[b->to].settled) {
			bytes += s->items[b->to].bytes;
			count++;
		}
	return count > 0;
}

static const char *key_at(const struct suspect *x, int side)
{
	return x->key[side] ? x->key[side] : x->key[!side];
}

/* SELECT digest, key..., row... FROM ... WHERE the batch's keys. */
static void batch_sql(struct table_work *w, const struct batch *b)
{
	sql_both_start(w);
	sql_both_add(w, &w->digest);
	sql_both_adds(w, ",");
	sql_both_add(w, &w->key_list);
	for (int side = 0; side < DTS_SIDES && b->rows; side++) {
		dts_buf_addc(&w->sql[side], ',');
		dts_row_writer_select(w->writer[side], &w->sql[side]);
	}
	sql_both_from(w);
	sql_both_adds(w, " WHERE ");
	for (int side = 0; side < DTS_SIDES; side++) {
		bool first = true;
		dts_verify_key_start(w, &w->sql[side]);
		for (size_t i = b->from; i < b->to; i++)
			if (!w->suspects.items[i].settled) {
				dts_verify_key_add(w, &w->sql[side], key_at(&w->suspects.items[i], side), first);
				first = false;
			}
		dts_verify_key_end(&w->sql[side]);
	}
}

/* Puts a fetched row where it belongs. A key that nobody asked for is equal to
 * one under the collation but was written since: left for the next run. */
static int take_row(struct table_work *w, int side, const struct batch *b, MYSQL_ROW row,
		    const unsigned long *lengths, struct dts_error *err)
{
	size_t keys = w->key->count;

	if (!row[0] || lengths[0] != DIGEST_LEN)
		return dts_fail(err, DTS_REFUSED, "%s: a row has no digest", w->what);
	dts_buf_clear(&w->scratch);
	if (dts_verify_key_literal(w, row + 1, lengths + 1, &w->scratch, err) < 0)
		return -1;
	struct suspect *x = find(&w->suspects, dts_buf_slice(&w->scratch));
	if (!x)
		return 0;
	memcpy(x->digest[side], row[0], DIGEST_LEN);
	dts_buf_clear(&x->row[side]);
	return b->rows ? dts_row_writer_add(w->writer[side], row + 1 + keys, lengths + 1 + keys, &x->row[side], err)
		       : 0;
}

/* Looks at the batch's rows now; those that are the same by now are settled. */
static int look(struct table_work *w, const struct batch *b, struct dts_error *err)
{
	MYSQL_RES *res[DTS_SIDES];
	MYSQL_ROW row;

	for (size_t i = b->from; i < b->to; i++)
		w->suspects.items[i].digest[DTS_SOURCE][0] = w->suspects.items[i].digest[DTS_TARGET][0] = '\0';
	batch_sql(w, b);
	int rc = sql_both_run(w, false, res, err);
	for (int side = 0; side < DTS_SIDES && rc == 0; side++)
		while (rc == 0 && (rc = dts_pair_row(w->pair, side, res[side], &row, w->what, err)) > 0)
			rc = take_row(w, side, b, row, mysql_fetch_lengths(res[side]), err);
	dts_pair_free(res);
	for (size_t i = b->from; i < b->to && rc == 0; i++) {
		struct suspect *x = &w->suspects.items[i];
		x->settled = x->settled || strcmp(x->digest[DTS_SOURCE], x->digest[DTS_TARGET]) == 0;
	}
	return rc;
}

/*
 * 'abc' at the source and 'ABC' at the target are one row under a collation that
 * does not tell them apart: an update, and one suspect. Only the server knows, so it is asked
 * for the key of the source's row and says with which bytes it has it.
 */
static int unite_with_target(struct table_work *w, struct suspect *x, struct dts_error *err)
{
	struct dts_session *s = w->pair->side[DTS_TARGET];
	struct dts_buf *sql = &w->sql[DTS_TARGET];
	int rc = 0;

	dts_buf_clear(sql);
	dts_buf_adds(sql, "SELECT ");
	dts_buf_add_slice(sql, dts_buf_slice(&w->key_list));
	dts_buf_add_slice(sql, dts_buf_slice(&w->from[DTS_TARGET]));
	dts_buf_adds(sql, " WHERE ");
	dts_verify_key_start(w, sql);
	dts_verify_key_add(w, sql, x->key[DTS_SOURCE], true);
	dts_verify_key_end(sql);
	MYSQL_RES *res = dts_session_query(s, dts_buf_slice(sql), err);
	if (!res)
		return -1;
	MYSQL_ROW row = mysql_fetch_row(res);
	dts_buf_clear(&w->scratch);
	if (row)
		rc = dts_verify_key_literal(w, row, mysql_fetch_lengths(res), &w->scratch, err);
	struct suspect *other = row && rc == 0 ? find(&w->suspects, dts_buf_slice(&w->scratch)) : NULL;
	if (other && other != x && !other->settled && !other->key[DTS_SOURCE]) {
		x->key[DTS_TARGET] = dts_slice_dup(dts_buf_slice(&w->scratch));
		x->bytes += other->bytes;
		other->settled = true;
		dts_map_set(&w->suspects.by_key, dts_buf_slice(&w->scratch),
			    (void *)(uintptr_t)(x - w->suspects.items + 1));
	}
	mysql_free_result(res);
	return rc;
}

static int unite_equal_keys(struct table_work *w, struct dts_error *err)
{
	struct suspects *s = &w->suspects;
	size_t target_only = 0;

	for (size_t i = 0; i < s->count; i++)
		target_only += !s->items[i].key[DTS_SOURCE];
	for (size_t i = 0; i < s->count && target_only > 0; i++)
		if (!s->items[i].key[DTS_TARGET] && unite_with_target(w, &s->items[i], err) < 0)
			return -1;
	return 0;
}

/* Where a document is text on one side, the digests alone say little. */
static void settle_equal_values(struct table_work *w, const struct batch *b)
{
	for (size_t i = b->from; i < b->to && w->documents; i++) {
		struct suspect *x = &w->suspects.items[i];
		if (!x->settled && x->digest[DTS_SOURCE][0] && x->digest[DTS_TARGET][0])
			x->settled = dts_verify_same_row(w, dts_buf_slice(&x->row[DTS_SOURCE]),
							 dts_buf_slice(&x->row[DTS_TARGET]));
	}
}

static int write_batch(struct table_work *w, const struct batch *b, struct dts_error *err)
{
	static const bool kinds[][DTS_SIDES] = {{false, true}, {true, true}, {true, false}};

	settle_equal_values(w, b);
	/* Deletes before updates before inserts: unique values are free when they are needed. */
	for (size_t kind = 0; kind < 3; kind++)
		for (size_t i = b->from; i < b->to; i++) {
			struct suspect *x = &w->suspects.items[i];
			bool at_source = x->digest[DTS_SOURCE][0] != '\0', at_target = x->digest[DTS_TARGET][0] != '\0';
			if (x->settled || at_source != kinds[kind][DTS_SOURCE] || at_target != kinds[kind][DTS_TARGET])
				continue;
			w->result->different++;
			if (dts_verify_repair_write(w, at_target ? dts_buf_slice(&x->row[DTS_TARGET]) : (struct dts_slice){NULL, 0},
					 at_source ? dts_buf_slice(&x->row[DTS_SOURCE]) : (struct dts_slice){NULL, 0},
					 err) < 0)
				return -1;
		}
	for (size_t i = b->from; i < b->to; i++)
		for (int side = 0; side < DTS_SIDES; side++)
			dts_buf_release(&w->suspects.items[i].row[side]);
	return 0;
}

int dts_verify_suspects_settle(struct table_work *w, struct dts_error *err)
{
	struct suspects *s = &w->suspects;

	if (w->text_key && unite_equal_keys(w, err) < 0)
		return -1;
	for (uint64_t i = 0; i < w->o->recheck; i++) {
		struct batch b = {0};
		if (!next_batch(s, &b))
			break;
		if (dts_verify_wait(w, err) < 0)
			return -1;
		do {
			if (look(w, &b, err) < 0)
				return -1;
		} while (next_batch(s, &b));
	}
	for (struct batch b = {.rows = true}; next_batch(s, &b);)
		if (dts_verify_stop_asked(err) < 0 || look(w, &b, err) < 0 || write_batch(w, &b, err) < 0)
			return -1;
	dts_verify_suspects_clear(s);
	return 0;
}
