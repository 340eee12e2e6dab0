#include <stdlib.h>

#include "apply/state.h"
#include "mysql/quote.h"

/*
 * The full phase: a chunk is one target transaction with its mark in it. The
 * checkpoint's chunk table says which are there; when the snapshot has ended
 * they shrink to one watermark, and to windows for tables that were read at
 * another position.
 */
enum { SEND_SIZE = 1024 * 1024 };

static void add_expecting(struct dts_applier *a, size_t at, long long rows)
{
	dts_plan_add(&a->plan, at, (struct dts_statement){.rows = rows});
}

static void plan_source(struct dts_applier *a, enum dts_phase phase, const struct dts_position *watermark)
{
	size_t at = a->plan.sql.len;

	dts_checkpoint_add_source(&a->checkpoint, dts_buf_slice(&a->src), dts_buf_slice(&a->server_id), phase,
				  watermark, dts_buf_slice(&a->snapshot_text), &a->plan.sql);
	add_expecting(a, at, DTS_EXPECT_ANY);
}

static int join_snapshot(struct dts_applier *a, const struct dts_source_state *s, struct dts_error *err)
{
	bool same = dts_slice_eq(dts_buf_slice(&s->snapshot), dts_buf_slice(&a->snapshot_text)) &&
		    dts_slice_eq(dts_buf_slice(&s->server_id), dts_buf_slice(&a->server_id));

	/* Positions of two servers cannot be compared, and windows compare them. */
	if (s->phase == DTS_PHASE_FULL && dts_applier_same_server(a, s, err) < 0)
		return -1;
	if (s->phase == DTS_PHASE_CHANGES && !same) {
		dts_fail(err, DTS_REFUSED, "the full phase of checkpoint '%s' has ended at %s:%llu; this is another snapshot",
			 a->options.checkpoint, s->watermark.file, (unsigned long long)s->watermark.offset);
		return dts_hint(err, "go on with dts-binlog --resume=%s@GROUP; to start anew: dts-checkpoint remove %s, and empty the tables",
				a->options.checkpoint, a->options.checkpoint);
	}
	a->snapshot_done = s->phase == DTS_PHASE_CHANGES;
	if (a->snapshot_done)
		dts_applier_notice(a, "checkpoint '%s' has all of this snapshot already", a->options.checkpoint);
	else if (!same)
		dts_applier_notice(a, "the full phase of checkpoint '%s' is repeated with a new snapshot; what it had loaded is replaced",
				   a->options.checkpoint);
	return 0;
}

int dts_chunk_stream(struct dts_applier *a, const struct dts_record *r, struct dts_error *err)
{
	struct dts_source_state state = {0};
	int rc = 0;

	dts_map_release(&a->done_chunks, free);
	a->snapshot_done = false;
	if (!a->has_checkpoint)
		return 0;
	if (!r->raw[DTS_F_POS].p || dts_position_parse(&a->snapshot_pos, r->raw[DTS_F_POS], err) < 0)
		return dts_fail(err, DTS_BAD_INPUT, "a snapshot stream without a position cannot be followed by changes");
	dts_buf_clear(&a->snapshot_text);
	dts_position_add(&a->snapshot_text, &a->snapshot_pos, true);
	rc = dts_checkpoint_read(&a->checkpoint, dts_buf_slice(&a->src), &state, err);
	if (rc > 0)
		rc = join_snapshot(a, &state, err);
	else if (rc == 0) {
		struct dts_list names = {0};
		rc = dts_checkpoint_sources(&a->checkpoint, &names, err);
		if (rc == 0 && names.count > 0)
			rc = dts_fail(err, DTS_REFUSED, "checkpoint '%s' belongs to source '%s', this stream is from '%.*s'",
				      a->options.checkpoint, names.items[0], (int)a->src.len, a->src.data);
		dts_list_release(&names);
	}
	dts_source_state_release(&state);
	if (rc < 0 || a->snapshot_done)
		return rc;
	dts_applier_plan_start(a);
	plan_source(a, DTS_PHASE_FULL, &a->snapshot_pos);
	return dts_applier_commit(a, err);
}

/* "checkpoint=... AND src=... AND db=... AND tbl=..." for the table's name at the source. */
static void where_table(struct dts_applier *a, const struct dts_apply_table *t, struct dts_buf *sql)
{
	dts_checkpoint_where(&a->checkpoint, dts_buf_slice(&a->src), sql);
	dts_buf_adds(sql, " AND db=");
	dts_sql_literal(sql, t->schema.source_db);
	dts_buf_adds(sql, " AND tbl=");
	dts_sql_literal(sql, t->schema.source_table);
}

static struct dts_slice chunk_key(struct dts_buf *b, const struct dts_apply_table *t, struct dts_slice id)
{
	dts_map_pair(b, t->schema.source_db, t->schema.source_table);
	dts_buf_addc(b, '\0');
	dts_buf_add_slice(b, id);
	return dts_buf_slice(b);
}

/* Rows that nobody knows of would stay, or be doubled where there is no key. */
static int need_empty(struct dts_applier *a, const struct dts_apply_table *t, struct dts_error *err)
{
	struct dts_buf sql = {0}, value = {0};

	if (a->options.allow_nonempty)
		return 0;
	dts_buf_adds(&sql, "SELECT 1 FROM ");
	dts_sql_table(&sql, t->schema.db, t->schema.table);
	dts_buf_adds(&sql, " LIMIT 1");
	int rc = dts_session_value(a->session, dts_buf_slice(&sql), &value, err);
	if (rc > 0) {
		rc = dts_fail(err, DTS_REFUSED, "table '%.*s.%.*s' at the target is not empty", (int)t->schema.db.len,
			      t->schema.db.p, (int)t->schema.table.len, t->schema.table.p);
		dts_hint(err, "empty it if these rows are left over; --allow-nonempty adds to what is there");
	}
	dts_buf_release(&sql);
	dts_buf_release(&value);
	return rc;
}

/*
 * What earlier runs did of this table: chunks of this very snapshot are
 * remembered as done; chunks of another make the table start again, empty.
 */
static int look_at_table(struct dts_applier *a, struct dts_apply_table *t, struct dts_error *err)
{
	struct dts_buf sql = {0}, key = {0};
	bool stale = false, known = false;

	dts_buf_add_slice(&t->chunk_pos, dts_buf_slice(&a->chunk_pos));
	dts_buf_adds(&sql, "SELECT id, bounds, low FROM ");
	dts_checkpoint_table(&a->checkpoint, "chunk", &sql);
	dts_buf_adds(&sql, " WHERE ");
	where_table(a, t, &sql);
	MYSQL_RES *res = dts_session_query(a->session, dts_buf_slice(&sql), err);
	if (!res) {
		dts_buf_release(&sql);
		return -1;
	}
	for (MYSQL_ROW row; (row = mysql_fetch_row(res));) {
		known = true;
		if (!dts_slice_is(dts_buf_slice(&a->chunk_pos), row[2]))
			stale = true;
		else
			free(dts_map_set(&a->done_chunks, chunk_key(&key, t, dts_slice_of(row[0])), dts_strdup(row[1])));
	}
	mysql_free_result(res);
	dts_buf_release(&key);
	int rc = 0;
	if (stale) {
		/* TRUNCATE commits by itself; the old marks go with the first new chunk, so
		 * that a crash between the two empties the table once more. */
		dts_buf_clear(&sql);
		dts_buf_adds(&sql, "SET foreign_key_checks=0; TRUNCATE TABLE ");
		dts_sql_table(&sql, t->schema.db, t->schema.table);
		dts_buf_adds(&sql, "; SET foreign_key_checks=1");
		rc = dts_session_run(a->session, dts_buf_slice(&sql), err);
	}
	dts_buf_release(&sql);
	return rc < 0 ? -1 : known ? 0 : need_empty(a, t, err);
}

/* The chunk's bounds as one text, to tell whether it is the same chunk. */
static void note_chunk(struct dts_applier *a, const struct dts_record *r)
{
	dts_buf_clear(&a->chunk_id);
	dts_buf_add_slice(&a->chunk_id, r->id);
	dts_buf_clear(&a->chunk_bounds);
	dts_buf_addc(&a->chunk_bounds, '[');
	dts_buf_add_slice(&a->chunk_bounds, r->raw[DTS_F_AFTER].p ? r->raw[DTS_F_AFTER] : DTS_LIT("null"));
	dts_buf_addc(&a->chunk_bounds, ',');
	dts_buf_add_slice(&a->chunk_bounds, r->raw[DTS_F_UPTO].p ? r->raw[DTS_F_UPTO] : DTS_LIT("null"));
	dts_buf_addc(&a->chunk_bounds, ']');
}

int dts_chunk_begin(struct dts_applier *a, const struct dts_record *r, struct dts_error *err)
{
	struct dts_apply_table *t = dts_applier_table(a, r, err);
	struct dts_position pos = {0};

	if (!t || dts_position_parse(&pos, r->raw[DTS_F_POS], err) < 0)
		return -1;
	dts_buf_clear(&a->chunk_pos);
	dts_position_add(&a->chunk_pos, &pos, false);
	dts_position_release(&pos);
	note_chunk(a, r);
	a->chunk_table = t;
	a->in_chunk = true;
	a->skip_chunk = a->snapshot_done;
	if (a->skip_chunk)
		return 0;
	if (!t->bound && dts_applier_bind(a, t, err) < 0)
		return -1;
	if (!t->looked_at && (a->has_checkpoint ? look_at_table(a, t, err) : need_empty(a, t, err)) < 0)
		return -1;
	t->looked_at = true;
	if (a->has_checkpoint) {
		/* Its mark would void theirs. */
		if (!dts_slice_eq(dts_buf_slice(&t->chunk_pos), dts_buf_slice(&a->chunk_pos))) {
			dts_fail(err, DTS_REFUSED, "chunk '%.*s' of table '%.*s.%.*s' was read at another position than the chunks before it",
				 (int)r->id.len, r->id.p, (int)r->db.len, r->db.p, (int)r->table.len, r->table.p);
			return dts_hint(err, "read each table in one snapshot");
		}
		const char *bounds = dts_map_get(&a->done_chunks, chunk_key(&a->table_key, t, r->id));
		a->skip_chunk = bounds && dts_slice_is(dts_buf_slice(&a->chunk_bounds), bounds);
		if (a->skip_chunk)
			return 0;
		if (bounds)
			return dts_fail(err, DTS_REFUSED, "chunk '%.*s' was applied with other bounds", (int)r->id.len, r->id.p);
	}
	dts_applier_plan_start(a);
	/* Rows arrive table by table: parents may come after their children. */
	dts_applier_plan_checks(a, true, false);
	return 0;
}

static int send_rows(struct dts_applier *a, struct dts_error *err)
{
	if (dts_runner_run(&a->runner, &a->plan, err) < 0) {
		dts_applier_rollback(a);
		return -1;
	}
	dts_plan_clear(&a->plan);
	return 0;
}

int dts_chunk_row(struct dts_applier *a, const struct dts_record *r, uint64_t line, struct dts_error *err)
{
	if (a->skip_chunk)
		return 0;
	if (dts_plan_row(&a->plan, a->chunk_table, r, SEND_SIZE / 2, line, err) < 0)
		return dts_runner_where(&a->runner, line, err);
	a->rows++;
	return a->plan.sql.len < SEND_SIZE ? 0 : send_rows(a, err);
}

static void plan_chunk_mark(struct dts_applier *a, const struct dts_record *r, const struct dts_position *high)
{
	const struct dts_apply_table *t = a->chunk_table;
	struct dts_buf text = {0};
	struct dts_buf *sql = &a->plan.sql;
	size_t at = sql->len;

	/* Marks of an earlier snapshot of this table are void now. */
	dts_buf_adds(sql, "DELETE FROM ");
	dts_checkpoint_table(&a->checkpoint, "chunk", sql);
	dts_buf_adds(sql, " WHERE ");
	where_table(a, t, sql);
	dts_buf_adds(sql, " AND low<>");
	dts_sql_literal(sql, dts_buf_slice(&a->chunk_pos));
	add_expecting(a, at, DTS_EXPECT_ANY);
	at = sql->len;
	dts_buf_adds(sql, "INSERT INTO ");
	dts_checkpoint_table(&a->checkpoint, "chunk", sql);
	dts_buf_adds(sql, " (checkpoint,src,db,tbl,id,bounds,low,high,rows_applied) VALUES (");
	dts_position_add(&text, high, false);
	struct dts_slice values[] = {dts_slice_of(a->options.checkpoint), dts_buf_slice(&a->src), t->schema.source_db,
				     t->schema.source_table, dts_buf_slice(&a->chunk_id),
				     dts_buf_slice(&a->chunk_bounds), dts_buf_slice(&a->chunk_pos), dts_buf_slice(&text)};
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		dts_sql_literal(sql, values[i]);
		dts_buf_addc(sql, ',');
	}
	dts_buf_addu(sql, r->rows);
	dts_buf_addc(sql, ')');
	add_expecting(a, at, 1);
	dts_buf_release(&text);
}

int dts_chunk_end(struct dts_applier *a, const struct dts_record *r, struct dts_error *err)
{
	struct dts_position high = {0};
	int rc;

	a->in_chunk = false;
	if (a->skip_chunk)
		return 0;
	rc = dts_position_parse(&high, r->raw[DTS_F_POS], err);
	/* The rows by themselves first: a warning can be read after the last statement of a packet. */
	if (rc == 0)
		rc = send_rows(a, err);
	if (rc == 0) {
		if (a->has_checkpoint) {
			rc = dts_definitions_plan_table(a, a->chunk_table, dts_buf_slice(&a->chunk_pos), err);
			plan_chunk_mark(a, r, &high);
		}
		if (rc == 0)
			rc = dts_applier_commit(a, err);
	}
	dts_position_release(&high);
	return rc;
}

/* ---- the end of the full phase ---- */

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
	dts_buf_adds(&sql, " ORDER BY db, tbl");
	MYSQL_RES *res = dts_session_query(a->session, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	if (!res)
		return -1;
	for (MYSQL_ROW row; rc == 0 && (row = mysql_fetch_row(res));)
		rc = widen(windows, count, row, err);
	mysql_free_result(res);
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
		if (rc == 0 && a->plan.sql.len >= SEND_SIZE)
			rc = send_rows(a, err);
	}
	return rc;
}

int dts_chunk_finish(struct dts_applier *a, const struct dts_record *r, struct dts_error *err)
{
	struct table_window *windows = NULL;
	size_t count = 0;

	if (!a->has_checkpoint || a->snapshot_done)
		return 0;
	if (!dts_slice_is(r->reason, "done")) {
		dts_applier_notice(a, "the snapshot ended early (%.*s): the full phase of checkpoint '%s' goes on with the next one",
				   (int)r->reason.len, r->reason.p, a->options.checkpoint);
		return 0;
	}
	int rc = read_windows(a, &windows, &count, err);
	/* The changes are read from the lowest position at which a table was read. */
	struct dts_position *low = &a->snapshot_pos;
	for (size_t i = 0; rc == 0 && i < count; i++)
		if (dts_position_compare(&windows[i].low, low) < 0)
			low = &windows[i].low;
	if (rc == 0) {
		dts_applier_plan_start(a);
		for (size_t i = 0; i < count; i++)
			plan_window(a, &windows[i], low);
		plan_source(a, DTS_PHASE_CHANGES, low);
		size_t at = a->plan.sql.len;
		dts_buf_adds(&a->plan.sql, "DELETE FROM ");
		dts_checkpoint_table(&a->checkpoint, "chunk", &a->plan.sql);
		dts_buf_adds(&a->plan.sql, " WHERE ");
		dts_checkpoint_where(&a->checkpoint, dts_buf_slice(&a->src), &a->plan.sql);
		add_expecting(a, at, DTS_EXPECT_ANY);
		rc = plan_definitions(a, err);
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
	return rc;
}

int dts_chunk_load_windows(struct dts_applier *a, struct dts_apply_table *t, struct dts_error *err)
{
	struct dts_buf sql = {0};
	int rc = 0;

	dts_buf_adds(&sql, "SELECT low, high FROM ");
	dts_checkpoint_table(&a->checkpoint, "tablewindow", &sql);
	dts_buf_adds(&sql, " WHERE ");
	where_table(a, t, &sql);
	MYSQL_RES *res = dts_session_query(a->session, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	if (!res)
		return -1;
	MYSQL_ROW row = mysql_fetch_row(res);
	t->window.known = row != NULL;
	if (row)
		rc = parse_text(&t->window.low, row[0], err) < 0 || parse_text(&t->window.high, row[1], err) < 0 ? -1 : 0;
	mysql_free_result(res);
	return rc;
}
