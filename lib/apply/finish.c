#include <stdlib.h>

#include "apply/state.h"
#include "mysql/quote.h"

/*
 * The end of the full phase: the marks of all chunks shrink to one watermark,
 * the lowest position at which rows were read, and to windows for tables that
 * were read later or over a time.
 */
enum { SEND_SIZE = 1024 * 1024 };

static void add_expecting(struct dts_applier *a, size_t at, long long rows)
{
	dts_plan_add(&a->plan, at, (struct dts_statement){.rows = rows});
}

struct table_window {
	char *db, *table;
	struct dts_position low, high;
};

static int parse_text(struct dts_position *p, const char *text, struct dts_error *err)
{
	return dts_position_parse(p, dts_slice_of(text), err);
}

/* Takes a chunk into the window of its table; rows come table by table. */
static int widen(struct table_window **windows, size_t *count, MYSQL_ROW row, struct dts_error *err)
{
	struct table_window *w = *count ? &(*windows)[*count - 1] : NULL;
	struct dts_position low = {0}, high = {0};
	int rc = parse_text(&low, row[2], err) < 0 || parse_text(&high, row[3], err) < 0 ? -1 : 0;

	if (rc == 0 && (!w || strcmp(w->db, row[0]) != 0 || strcmp(w->table, row[1]) != 0)) {
		*windows = dts_realloc(*windows, (*count + 1) * sizeof **windows);
		w = &(*windows)[(*count)++];
		*w = (struct table_window){.db = dts_strdup(row[0]), .table = dts_strdup(row[1])};
		dts_position_copy(&w->low, &low);
		dts_position_copy(&w->high, &high);
	} else if (rc == 0) {
		if (dts_position_compare(&low, &w->low) < 0)
			dts_position_copy(&w->low, &low);
		if (dts_position_compare(&high, &w->high) > 0)
			dts_position_copy(&w->high, &high);
	}
	dts_position_release(&low);
	dts_position_release(&high);
	return rc;
}

static int read_windows(struct dts_applier *a, struct table_window **windows, size_t *count, struct dts_error *err)
{
	struct dts_buf sql = {0};
	int rc = 0;

	dts_buf_adds(&sql, "SELECT db, tbl, low, high FROM ");
	dts_checkpoint_table(&a->checkpoint, "chunk", &sql);
	dts_buf_adds(&sql, " WHERE ");
	dts_checkpoint_where(&a->checkpoint, dts_buf_slice(&a->src), &sql);
	dts_buf_adds(&sql, " AND id<>'' ORDER BY db, tbl");
	MYSQL_RES *res = dts_session_query(a->session, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	if (!res)
		return -1;
	for (MYSQL_ROW row; rc == 0 && (row = mysql_fetch_row(res));)
		rc = widen(windows, count, row, err);
	mysql_free_result(res);
	return rc;
}

static bool stand_alike(const struct table_window *windows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (dts_position_compare(&windows[i].low, &windows[0].low) != 0 ||
		    dts_position_compare(&windows[i].high, &windows[0].low) != 0)
			return false;
	return true;
}

/* What a foreign key did to the rows of a table inside its window is not always to be repeated. */
static int check_group(struct dts_applier *a, const struct dts_cascades *c, const struct table_window *w, size_t group,
		       struct dts_error *err)
{
	const struct dts_foreign_link *l = dts_foreign_obstacle(c->links, c->link_count, c->group, group);

	if (!l || dts_position_compare(&w->low, &w->high) == 0)
		return 0;
	dts_fail(err, DTS_REFUSED, "tables that foreign key '%.*s' of '%s.%s' joins were read at several positions, and what it did"
		 " between them is in no log", (int)l->foreign->name.len, l->foreign->name.p, w->db, w->table);
	return dts_hint(err, "read them at one position: dts-checkpoint remove %s, empty the tables, start anew", a->options.checkpoint);
}

/*
 * Tables that foreign keys with actions join get one window: what a parent's
 * change did to its children is repeated only while the children's own changes are.
 */
static int join_windows(struct dts_applier *a, struct table_window *windows, size_t count, struct dts_error *err)
{
	struct dts_cascades c = {0};
	size_t *group, *first;
	int rc = 0;

	if (stand_alike(windows, count) || a->origin.logs_foreign_actions)
		return 0;
	if (dts_cascades_load(&c, &a->checkpoint, dts_buf_slice(&a->src), err) < 0) {
		dts_cascades_release(&c);
		return -1;
	}
	group = dts_zalloc(count, sizeof *group);
	first = dts_zalloc(c.table_count + 1, sizeof *first); /* of the group, counted from 1 */
	for (size_t i = 0; i < count; i++) {
		long at = dts_cascades_find(&c, dts_slice_of(windows[i].db), dts_slice_of(windows[i].table));
		group[i] = at < 0 ? c.table_count : c.group[at];
		if (at >= 0 && first[group[i]] == 0)
			first[group[i]] = i + 1;
		if (at < 0 || first[group[i]] == i + 1)
			continue;
		struct table_window *to = &windows[first[group[i]] - 1];
		if (dts_position_compare(&windows[i].low, &to->low) < 0)
			dts_position_copy(&to->low, &windows[i].low);
		if (dts_position_compare(&windows[i].high, &to->high) > 0)
			dts_position_copy(&to->high, &windows[i].high);
	}
	for (size_t i = 0; rc == 0 && i < count; i++) {
		const struct table_window *from = group[i] < c.table_count ? &windows[first[group[i]] - 1] : NULL;
		if (!from)
			continue;
		if (from != &windows[i]) {
			dts_position_copy(&windows[i].low, &from->low);
			dts_position_copy(&windows[i].high, &from->high);
		}
		rc = check_group(a, &c, &windows[i], group[i], err);
	}
	free(group);
	free(first);
	dts_cascades_release(&c);
	return rc;
}

/* A table whose rows stand exactly at the watermark needs no window. */
static void plan_window(struct dts_applier *a, const struct table_window *w, const struct dts_position *watermark)
{
	struct dts_buf *sql = &a->plan.sql, text = {0};
	size_t at = sql->len;

	if (dts_position_compare(&w->high, watermark) <= 0)
		return;
	dts_buf_adds(sql, "REPLACE INTO ");
	dts_checkpoint_table(&a->checkpoint, "tablewindow", sql);
	dts_buf_adds(sql, " (checkpoint,src,db,tbl,low,high) VALUES (");
	dts_sql_literal(sql, dts_slice_of(a->options.checkpoint));
	dts_buf_addc(sql, ',');
	dts_sql_literal(sql, dts_buf_slice(&a->src));
	dts_buf_addc(sql, ',');
	dts_sql_literal(sql, dts_slice_of(w->db));
	dts_buf_addc(sql, ',');
	dts_sql_literal(sql, dts_slice_of(w->table));
	dts_buf_addc(sql, ',');
	dts_position_add(&text, &w->low, false);
	dts_sql_literal(sql, dts_buf_slice(&text));
	dts_buf_addc(sql, ',');
	dts_buf_clear(&text);
	dts_position_add(&text, &w->high, false);
	dts_sql_literal(sql, dts_buf_slice(&text));
	dts_buf_addc(sql, ')');
	add_expecting(a, at, DTS_EXPECT_ANY);
	dts_buf_release(&text);
}

/* Tables without a chunk, and those whose chunks an earlier version has loaded. */
static int plan_definitions(struct dts_applier *a, struct dts_error *err)
{
	struct dts_map_entry *e;
	int rc = 0;

	for (size_t at = 0; rc == 0 && (e = dts_map_next(&a->tables, &at));) {
		rc = dts_definitions_plan_table(a, e->value, dts_buf_slice(&a->snapshot_text), err);
		if (rc == 0 && a->plan.sql.len >= SEND_SIZE && (rc = dts_runner_run(&a->runner, &a->plan, err)) == 0)
			dts_plan_clear(&a->plan);
	}
	return rc;
}

static struct dts_apply_table *table_of_source(struct dts_applier *a, const char *db, const char *table)
{
	struct dts_map_entry *e;

	for (size_t at = 0; (e = dts_map_next(&a->tables, &at));) {
		struct dts_apply_table *t = e->value;
		if (dts_slice_is(t->schema.source_db, db) && dts_slice_is(t->schema.source_table, table))
			return t;
	}
	return NULL;
}

/* Tables that an earlier snapshot had loaded, and of which this one has brought no chunk. */
static int empty_what_is_void(struct dts_applier *a, struct dts_error *err)
{
	struct dts_buf sql = {0};
	int rc = 0;

	dts_buf_adds(&sql, "SELECT db, tbl FROM ");
	dts_checkpoint_table(&a->checkpoint, "chunk", &sql);
	dts_buf_adds(&sql, " WHERE ");
	dts_checkpoint_where(&a->checkpoint, dts_buf_slice(&a->src), &sql);
	dts_buf_adds(&sql, " AND id='' ORDER BY db, tbl");
	MYSQL_RES *res = dts_session_query(a->session, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	if (!res)
		return -1;
	for (MYSQL_ROW row; rc == 0 && (row = mysql_fetch_row(res));) {
		struct dts_apply_table *t = table_of_source(a, row[0], row[1]);
		if (t)
			rc = dts_marks_empty_table(a, t, err);
		else
			dts_applier_notice(a, "table '%s.%s' of the source is not in this snapshot: the rows that an earlier one "
					   "had loaded of it stay at the target", row[0], row[1]);
	}
	mysql_free_result(res);
	return rc;
}

int dts_chunk_finish(struct dts_applier *a, const struct dts_record *r, struct dts_error *err)
{
	struct table_window *windows = NULL;
	size_t count = 0;

	if (dts_chunk_drain(a, err) < 0)
		return -1;
	/* Files of a directory may come one by one. */
	if (!dts_slice_is(r->reason, "part"))
		dts_alike_reset(a);
	if (!a->has_checkpoint || a->snapshot_done)
		return 0;
	if (!dts_slice_is(r->reason, "done")) {
		dts_applier_notice(a, "the snapshot ended early (%.*s): the full phase of checkpoint '%s' goes on with the next one",
				   (int)r->reason.len, r->reason.p, a->options.checkpoint);
		return 0;
	}
	/* Keys before the phase changes: after a crash the same command comes here again. */
	int rc = empty_what_is_void(a, err) < 0 || read_windows(a, &windows, &count, err) < 0 ||
				 join_windows(a, windows, count, err) < 0 || (!a->options.print && dts_keys_finish(a, err) < 0)
			 ? -1
			 : 0;
	/* The changes are read from the lowest position at which a table was read. */
	struct dts_position *low = &a->snapshot_pos;
	for (size_t i = 0; rc == 0 && i < count; i++)
		if (dts_position_compare(&windows[i].low, low) < 0)
			low = &windows[i].low;
	if (rc == 0) {
		dts_applier_plan_start(a);
		for (size_t i = 0; i < count; i++)
			plan_window(a, &windows[i], low);
		dts_chunk_plan_source(a, DTS_PHASE_CHANGES, low);
		size_t at = a->plan.sql.len;
		dts_buf_adds(&a->plan.sql, "DELETE FROM ");
		dts_checkpoint_table(&a->checkpoint, "chunk", &a->plan.sql);
		dts_buf_adds(&a->plan.sql, " WHERE ");
		dts_checkpoint_where(&a->checkpoint, dts_buf_slice(&a->src), &a->plan.sql);
		add_expecting(a, at, DTS_EXPECT_ANY);
		rc = plan_definitions(a, err);
		dts_known_plan_all(a);
		if (rc == 0)
			rc = dts_applier_commit(a, err);
	}
	for (size_t i = 0; i < count; i++) {
		free(windows[i].db);
		free(windows[i].table);
		dts_position_release(&windows[i].low);
		dts_position_release(&windows[i].high);
	}
	free(windows);
	return rc == 0 ? dts_keys_tell(a, err) : rc;
}

int dts_chunk_load_windows(struct dts_applier *a, struct dts_apply_table *t, struct dts_error *err)
{
	struct dts_buf sql = {0};
	int rc = 0;

	dts_buf_adds(&sql, "SELECT low, high FROM ");
	dts_checkpoint_table(&a->checkpoint, "tablewindow", &sql);
	dts_buf_adds(&sql, " WHERE ");
	dts_marks_where(a, t, &sql);
	MYSQL_RES *res = dts_session_query(a->session, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	if (!res)
		return -1;
	MYSQL_ROW row = mysql_fetch_row(res);
	t->window.asked = true;
	t->window.known = row != NULL;
	if (row)
		rc = parse_text(&t->window.low, row[0], err) < 0 || parse_text(&t->window.high, row[1], err) < 0 ? -1 : 0;
	mysql_free_result(res);
	return rc;
}
