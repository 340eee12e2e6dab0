#include <stdlib.h>

#include "apply/state.h"
#include "mysql/quote.h"

/* When the keys that wait are due: where the rows of their tables stand. */

struct range {
	struct dts_position low, high;
};

static void free_range(void *range)
{
	struct range *r = range;

	dts_position_release(&r->low);
	dts_position_release(&r->high);
	free(r);
}

static int widen(struct dts_map *ranges, struct dts_slice key, MYSQL_ROW row, struct dts_error *err)
{
	struct range one = {0}, *r = dts_map_get(ranges, key);
	int rc = 0;

	if (dts_position_parse(&one.low, dts_slice_of(row[2]), err) < 0 || dts_position_parse(&one.high, dts_slice_of(row[3]), err) < 0)
		rc = -1;
	if (rc == 0 && !r) {
		r = dts_zalloc(1, sizeof *r);
		dts_position_copy(&r->low, &one.low);
		dts_position_copy(&r->high, &one.high);
		dts_map_set(ranges, key, r);
	}
	if (rc == 0 && dts_position_compare(&one.low, &r->low) < 0)
		dts_position_copy(&r->low, &one.low);
	if (rc == 0 && dts_position_compare(&one.high, &r->high) > 0)
		dts_position_copy(&r->high, &one.high);
	dts_position_release(&one.low);
	dts_position_release(&one.high);
	return rc;
}

/* By the tables' names at the target, from "chunk" or "tablewindow". */
static int read_ranges(struct dts_applier *a, const char *table, struct dts_map *ranges, struct dts_error *err)
{
	struct dts_buf sql = {0}, key = {0};
	int rc = 0;

	dts_buf_adds(&sql, "SELECT COALESCE(s.to_db, w.db), COALESCE(s.to_tbl, w.tbl), w.low, w.high FROM"
			   " (SELECT DISTINCT checkpoint, src, db, tbl, low, high FROM ");
	dts_checkpoint_table(&a->checkpoint, table, &sql);
	dts_buf_adds(&sql, " WHERE ");
	dts_checkpoint_where(&a->checkpoint, dts_buf_slice(&a->src), &sql);
	if (strcmp(table, "chunk") == 0)
		dts_buf_adds(&sql, " AND id<>''"); /* that is no chunk */
	dts_buf_adds(&sql, ") w LEFT JOIN ");
	dts_checkpoint_table(&a->checkpoint, "source_table", &sql);
	dts_buf_adds(&sql, " s ON s.checkpoint=w.checkpoint AND s.src=w.src AND s.db=w.db AND s.tbl=w.tbl");
	MYSQL_RES *res = dts_session_query(a->session, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	if (!res)
		return -1;
	for (MYSQL_ROW row; rc == 0 && (row = mysql_fetch_row(res));)
		rc = widen(ranges, dts_map_pair(&key, dts_slice_of(row[0]), dts_slice_of(row[1])), row, err);
	mysql_free_result(res);
	dts_buf_release(&key);
	return rc;
}

static const struct range *range_of(const struct dts_map *ranges, struct dts_slice db, struct dts_slice table)
{
	struct dts_buf key = {0};
	const struct range *r = dts_map_get(ranges, dts_map_pair(&key, db, table));

	dts_buf_release(&key);
	return r;
}

/* The table that a foreign key refers to. */
static struct dts_slice parent_db(const struct dts_key_note *n)
{
	return n->item.foreign.to_db.len > 0 ? n->item.foreign.to_db : n->db;
}

static bool acts(struct dts_slice rule)
{
	return dts_slice_is(rule, "CASCADE") || dts_slice_is(rule, "SET NULL") || dts_slice_is(rule, "SET DEFAULT");
}

static bool note_acts(const struct dts_key_note *n)
{
	return n->item.kind == DTS_ITEM_FOREIGN && (acts(n->item.foreign.on_delete) || acts(n->item.foreign.on_update));
}

static bool is_exact(const struct range *r)
{
	return !r || dts_position_compare(&r->low, &r->high) == 0;
}

/* Do the rows that the key is about show one moment? */
static bool of_one_moment(const struct dts_map *ranges, const struct dts_key_note *n)
{
	const struct range *r = range_of(ranges, n->db, n->table);

	if (n->item.kind == DTS_ITEM_KEY)
		return true;
	if (n->item.kind != DTS_ITEM_FOREIGN)
		return is_exact(r);
	const struct range *p = range_of(ranges, parent_db(n), n->item.foreign.to_table);
	return is_exact(r) && is_exact(p) && (!r || !p || dts_position_compare(&r->low, &p->low) == 0);
}

/* A foreign key that is added now needs the parent's key. */
static void mark_parent_key(struct dts_key_notes *notes, const struct dts_key_note *f)
{
	for (size_t i = 0; i < notes->count; i++) {
		struct dts_key_note *n = &notes->items[i];
		if (n->item.kind != DTS_ITEM_UNIQUE || !dts_slice_eq(n->db, parent_db(f)) ||
		    !dts_slice_eq(n->table, f->item.foreign.to_table) || n->item.count < f->item.foreign.count)
			continue;
		bool same = true;
		for (size_t j = 0; j < f->item.foreign.count && same; j++)
			same = n->item.columns[j].p && dts_slice_eq(n->item.columns[j], f->item.foreign.to_columns[j]);
		n->due |= same;
	}
}

int dts_keys_finish(struct dts_applier *a, struct dts_error *err)
{
	struct dts_key_notes notes = {0};
	struct dts_map ranges = {0};

	if (a->options.print) /* its statements know nothing of keys */
		return 0;
	int rc = dts_key_notes_read(a, NULL, NULL, &notes, err);

	if (rc == 0 && notes.count > 0)
		rc = read_ranges(a, "chunk", &ranges, err);
	for (size_t i = 0; rc == 0 && i < notes.count; i++) {
		struct dts_key_note *n = &notes.items[i];
		bool settled = of_one_moment(&ranges, n);
		n->unchecked = !settled && note_acts(n);
		n->due |= settled || n->unchecked;
		if (n->unchecked)
			mark_parent_key(&notes, n);
	}
	if (rc == 0 && notes.count > 0)
		rc = dts_key_notes_build(a, &notes, err);
	dts_map_release(&ranges, free_range);
	dts_key_notes_release(&notes);
	return rc;
}

int dts_keys_act(struct dts_applier *a, struct dts_error *err)
{
	struct dts_key_notes notes = {0};
	int rc = dts_key_notes_read(a, NULL, NULL, &notes, err);

	for (size_t i = 0; rc == 0 && i < notes.count; i++) {
		struct dts_key_note *n = &notes.items[i];
		if (!note_acts(n))
			continue;
		n->due = n->unchecked = true;
		mark_parent_key(&notes, n);
	}
	if (rc == 0)
		rc = dts_key_notes_build(a, &notes, err);
	dts_key_notes_release(&notes);
	return rc;
}

/* ---- the phase of changes ---- */

/* The higher end of the windows that the key is about; NULL: none is open. */
static const struct dts_position *due_at(const struct dts_map *windows, const struct dts_key_note *n)
{
	const struct range *r = range_of(windows, n->db, n->table), *p = NULL;

	if (n->item.kind == DTS_ITEM_FOREIGN)
		p = range_of(windows, parent_db(n), n->item.foreign.to_table);
	if (r && p)
		return dts_position_compare(&r->high, &p->high) > 0 ? &r->high : &p->high;
	return r ? &r->high : p ? &p->high : NULL;
}

static bool has_passed(const struct dts_applier *a, const struct dts_position *to)
{
	return !to || (a->written.file[0] && dts_position_compare(&a->written, to) >= 0);
}

/* What is still to wait for, among the notes that are not due. */
static void set_until(struct dts_applier *a, const struct dts_key_notes *notes, const struct dts_map *windows)
{
	a->keys.waiting = false;
	for (size_t i = 0; i < notes->count; i++) {
		if (notes->items[i].due)
			continue;
		const struct dts_position *at = due_at(windows, &notes->items[i]);
		if (!at)
			a->keys.until.file[0] = '\0';
		else if (!a->keys.waiting || (a->keys.until.file[0] && dts_position_compare(at, &a->keys.until) < 0))
			dts_position_copy(&a->keys.until, at);
		a->keys.waiting = true;
	}
}

static int read_waiting(struct dts_applier *a, struct dts_key_notes *notes, struct dts_map *windows, struct dts_error *err)
{
	if (dts_key_notes_read(a, NULL, NULL, notes, err) < 0)
		return -1;
	return notes->count > 0 ? read_ranges(a, "tablewindow", windows, err) : 0;
}

static void release_waiting(struct dts_key_notes *notes, struct dts_map *windows)
{
	dts_map_release(windows, free_range);
	dts_key_notes_release(notes);
}

int dts_keys_load(struct dts_applier *a, struct dts_error *err)
{
	struct dts_key_notes notes = {0};
	struct dts_map windows = {0};
	int rc = a->has_checkpoint ? read_waiting(a, &notes, &windows, err) : 0;

	if (rc == 0)
		set_until(a, &notes, &windows);
	release_waiting(&notes, &windows);
	return rc;
}

MYSQL_RES *dts_window_ends(struct dts_applier *a, struct dts_error *err)
{
	struct dts_buf sql = {0};

	dts_buf_adds(&sql, "SELECT DISTINCT high FROM ");
	dts_checkpoint_table(&a->checkpoint, "tablewindow", &sql);
	dts_buf_adds(&sql, " WHERE ");
	dts_checkpoint_where(&a->checkpoint, dts_buf_slice(&a->src), &sql);
	MYSQL_RES *res = dts_session_query(a->session, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	return res;
}

/* Windows that the position in the checkpoint has passed. */
static int close_windows(struct dts_applier *a, struct dts_error *err)
{
	struct dts_position high = {0};
	int rc = 0;

	MYSQL_RES *res = dts_window_ends(a, err);
	if (!res)
		return -1;
	bool any = false;
	for (MYSQL_ROW row; rc == 0 && (row = mysql_fetch_row(res));) {
		rc = dts_position_parse(&high, dts_slice_of(row[0]), err);
		if (rc < 0 || !has_passed(a, &high))
			continue;
		if (!any)
			dts_applier_plan_start(a);
		any = true;
		struct dts_buf *plan = &a->plan.sql;
		size_t at = plan->len;
		dts_buf_adds(plan, "DELETE FROM ");
		dts_checkpoint_table(&a->checkpoint, "tablewindow", plan);
		dts_buf_adds(plan, " WHERE ");
		dts_checkpoint_where(&a->checkpoint, dts_buf_slice(&a->src), plan);
		dts_buf_adds(plan, " AND high=");
		dts_sql_literal(plan, dts_slice_of(row[0]));
		dts_plan_add(&a->plan, at, (struct dts_statement){.rows = DTS_EXPECT_ANY});
	}
	mysql_free_result(res);
	dts_position_release(&high);
	if (rc < 0 && any)
		dts_applier_rollback(a);
	return rc == 0 && any ? dts_applier_commit(a, err) : rc;
}

static int build_waiting(struct dts_applier *a, bool all, struct dts_error *err)
{
	struct dts_key_notes notes = {0};
	struct dts_map windows = {0};
	int rc = read_waiting(a, &notes, &windows, err);

	for (size_t i = 0; rc == 0 && i < notes.count; i++)
		notes.items[i].due = all || has_passed(a, due_at(&windows, &notes.items[i]));
	if (rc == 0)
		rc = dts_key_notes_build(a, &notes, err);
	if (rc == 0)
		rc = close_windows(a, err);
	if (rc == 0)
		set_until(a, &notes, &windows);
	dts_applier_unbind(a); /* rows are found by the target's keys */
	release_waiting(&notes, &windows);
	return rc;
}

int dts_keys_pass(struct dts_applier *a, struct dts_error *err)
{
	if (!a->keys.waiting || (a->keys.until.file[0] && !has_passed(a, &a->keys.until)))
		return 0;
	return build_waiting(a, false, err);
}

int dts_keys_all(struct dts_applier *a, struct dts_error *err)
{
	return a->keys.waiting ? build_waiting(a, true, err) : 0;
}

int dts_keys_tell(struct dts_applier *a, struct dts_error *err)
{
	struct dts_key_notes notes = {0};
	struct dts_map windows = {0};
	const struct dts_position *last = NULL;
	struct dts_buf text = {0};
	int rc = a->has_checkpoint && !a->options.print ? read_waiting(a, &notes, &windows, err) : 0;

	for (size_t i = 0; rc == 0 && i < notes.count; i++) {
		const struct dts_key_note *n = &notes.items[i];
		const struct dts_position *at = due_at(&windows, n);
		if (at && (!last || dts_position_compare(at, last) > 0))
			last = at;
		if (text.len < 1000)
			dts_buf_addf(&text, "%s'%.*s' of '%.*s.%.*s'", i ? ", " : "", (int)n->item.name.len, n->item.name.p,
				     (int)n->db.len, n->db.p, (int)n->table.len, n->table.p);
		else if (i + 1 == notes.count)
			dts_buf_addf(&text, " and others, %zu in all", notes.count);
	}
	if (rc == 0 && last)
		dts_applier_notice(a, "keys wait until the changes have come to %s:%llu: %s", last->file,
				   (unsigned long long)last->offset, dts_buf_text(&text));
	dts_buf_release(&text);
	release_waiting(&notes, &windows);
	return rc;
}
