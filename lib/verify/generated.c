#include <stdlib.h>

#include "verify/internal.h"

/*
 * Columns that both servers compute from the others. They cannot be set, so a difference has no
 * place among the repairs; but the families, and versions of one, compute otherwise now and
 * then: DATETIME AS (a DATETIME(6)) is rounded by one and cut by the other.
 *
 * Their sums are taken in the same statement as those of the rows, and compared where the rows
 * are the same. Ranges in which rows differ are left to a pass over the whole table,
 * which is made when all of them turned out to be the same in the end.
 */

static void add_name(struct dts_buf *list, struct dts_slice name)
{
	dts_buf_adds(list, list->len > 0 ? ", " : "");
	dts_buf_add_slice(list, name);
}

/* The digest of all columns but the documents, whose text may differ though they are the same. */
static void add_others(struct table_work *w, bool mysql)
{
	const struct dts_schema *schema = &w->schema[DTS_SOURCE];
	struct dts_column *src = dts_zalloc(schema->column_count + 1, sizeof *src);
	struct dts_column *dst = dts_zalloc(schema->column_count + 1, sizeof *dst);
	size_t count = 0;

	for (size_t i = 0; i < schema->column_count; i++)
		if (!dts_digest_is_document(&schema->columns[i], &w->ordered[i], w->mixed)) {
			src[count] = schema->columns[i];
			dst[count++] = w->ordered[i];
		}
	dts_digest_add(&w->generated.others, src, dst, count, mysql);
	free(src);
	free(dst);
}

void dts_verify_generated_prepare(struct table_work *w, bool mysql)
{
	const struct dts_schema *schema = &w->schema[DTS_SOURCE];
	struct generated *g = &w->generated;
	struct dts_buf digest = {0};

	g->items = dts_zalloc(schema->column_count + 1, sizeof *g->items);
	for (size_t i = 0; i < schema->column_count; i++) {
		const struct dts_column *src = &schema->columns[i], *dst = &w->ordered[i];
		if (!dts_digest_is_generated(src, dst))
			continue;
		if (dts_digest_is_document(src, dst, w->mixed)) {
			add_name(&g->skipped, src->name);
			continue;
		}
		g->items[g->count++].column = i;
		dts_buf_clear(&digest);
		dts_digest_add_one(&digest, src, dst, mysql);
		dts_buf_addc(&g->sums, ',');
		dts_digest_add_sum(&g->sums, dts_buf_slice(&digest));
	}
	dts_buf_release(&digest);
	if (g->count > 0)
		add_others(w, mysql);
}

/* Compares over the whole table. */
static int make_good(struct table_work *w, struct dts_error *err)
{
	struct generated *g = &w->generated;
	struct verify_sums sums;

	if (dts_verify_run_sums(w, &g->others, true, false, NULL, NULL, &sums, err) < 0) {
		if (err->status != DTS_REFUSED)
			return -1;
		*err = (struct dts_error)DTS_ERROR_INIT;
		g->failed = true;
	} else {
		g->missed = !sums.same;
	}
	return 0;
}

static void say(struct dts_buf *why, const char *before, struct dts_slice names)
{
	if (names.len == 0)
		return;
	dts_buf_adds(why, why->len > 0 ? "; " : "");
	dts_buf_adds(why, before);
	dts_buf_add_slice(why, names);
}

int dts_verify_generated_end(struct table_work *w, struct dts_error *err)
{
	struct dts_verify_result *r = w->result;
	struct generated *g = &w->generated;
	struct dts_buf differ = {0}, others = {0};

	if (r->verdict == DTS_COLUMNS_DIFFER)
		return 0;
	if (g->count > 0 && g->missed && !g->failed && r->verdict == DTS_SAME && make_good(w, err) < 0)
		return -1;
	for (size_t i = 0; i < g->count; i++)
		add_name(g->items[i].differs ? &differ : &others, w->schema[DTS_SOURCE].columns[g->items[i].column].name);
	if ((differ.len > 0 || g->failed) && r->verdict == DTS_SAME)
		r->verdict = DTS_GENERATED_DIFFER;
	say(&r->why, r->verdict == DTS_ROWS_DIFFER ? "and generated columns: " : "", dts_buf_slice(&differ));
	if (g->failed)
		say(&r->why, "a server cannot compute all rows of: ", dts_buf_slice(&others));
	else if (g->missed && r->verdict == DTS_SAME)
		say(&r->why, "rows changed, so these generated columns were not compared: ", dts_buf_slice(&others));
	say(&r->why, "generated documents are not compared: ", dts_buf_slice(&g->skipped));
	dts_buf_release(&differ);
	dts_buf_release(&others);
	return 0;
}

void dts_verify_generated_release(struct generated *g)
{
	free(g->items);
	dts_buf_release(&g->sums);
	dts_buf_release(&g->others);
	dts_buf_release(&g->skipped);
}
