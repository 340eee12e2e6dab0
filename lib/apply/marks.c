#include <stdlib.h>

#include "apply/counter.h"
#include "apply/state.h"
#include "mysql/keyrange.h"
#include "mysql/quote.h"

/*
 * The marks of chunks in the checkpoint's table `chunk`: which are there, each
 * with its bounds and the positions between which it was read. `bounds` is
 *
 *   [AFTER,UPTO]          the objects of the `chunk` record, null where it is open
 *   ["part",N]            of a table that is read in one go: its N-th part ...
 *   ["part",N,"last"]     ... and behind that there is none
 *   empty                 with the id '': the table is to be emptied; rows_applied is the
 *                         number that it gave out next (AUTO_INCREMENT), once that is known
 *
 * Marks of another snapshot than the one that comes are void, and so are the rows
 * that they tell of. In the transaction in which the source's row gets the new
 * snapshot's position, all marks go and each of their tables gets the mark 'empty':
 * from then on no mark of the old snapshot can be taken for one of the new. Before
 * the table's first chunk is handed out, the table is emptied (TRUNCATE commits by
 * itself) and then its mark 'empty' is removed. After a crash between the two it is
 * emptied once more, with no new row in it yet. What an earlier run had sent cannot
 * come in between: its chunks lack the epoch, and its TRUNCATE, should the server
 * still be at it, is of the session that holds the checkpoint's lock. The same happens to
 * the tables that a snapshot which goes on (resumes.c) brings anew.
 *
 * TRUNCATE makes a table give out its numbers from 1 again. What it would have given out
 * is in the mark before, and set again behind: whenever it is emptied once more, the
 * higher one of the mark's and the table's counts.
 */
struct done_chunk {
	uint64_t rows;
	char bounds[];
};

static const char empty_mark[] = "empty";

static void add_expecting(struct dts_applier *a, size_t at, long long rows)
{
	dts_plan_add(&a->plan, at, (struct dts_statement){.rows = rows});
}

static void where_names(struct dts_applier *a, struct dts_slice db, struct dts_slice table, struct dts_buf *sql)
{
	dts_checkpoint_where(&a->checkpoint, dts_buf_slice(&a->src), sql);
	dts_buf_adds(sql, " AND db=");
	dts_sql_literal(sql, db);
	dts_buf_adds(sql, " AND tbl=");
	dts_sql_literal(sql, table);
}

void dts_marks_where(struct dts_applier *a, const struct dts_apply_table *t, struct dts_buf *sql)
{
	where_names(a, t->schema.source_db, t->schema.source_table, sql);
}

static void add_values(struct dts_applier *a, struct dts_buf *sql, const struct dts_slice *values, size_t count, uint64_t rows)
{
	dts_checkpoint_table(&a->checkpoint, "chunk", sql);
	dts_buf_adds(sql, " (checkpoint,src,db,tbl,id,bounds,low,high,rows_applied) VALUES (");
	for (size_t i = 0; i < count; i++) {
		dts_sql_literal(sql, values[i]);
		dts_buf_addc(sql, ',');
	}
	dts_buf_addu(sql, rows);
	dts_buf_addc(sql, ')');
}

/* --- marks of another snapshot */

void dts_marks_plan_void_table(struct dts_applier *a, struct dts_slice db, struct dts_slice table)
{
	struct dts_slice values[] = {dts_slice_of(a->options.checkpoint), dts_buf_slice(&a->src), db, table,
				     {"", 0}, dts_slice_of(empty_mark), {"", 0}, {"", 0}};
	struct dts_buf *sql = &a->plan.sql;
	size_t at = sql->len;

	/* A mark 'empty' that is there stays as it is: it may know what the table does not any more. */
	dts_buf_adds(sql, "DELETE FROM ");
	dts_checkpoint_table(&a->checkpoint, "chunk", sql);
	dts_buf_adds(sql, " WHERE ");
	where_names(a, db, table, sql);
	dts_buf_adds(sql, " AND id<>''");
	add_expecting(a, at, DTS_EXPECT_ANY);
	at = sql->len;
	dts_buf_adds(sql, "INSERT INTO ");
	add_values(a, sql, values, sizeof values / sizeof *values, 0);
	dts_buf_adds(sql, " ON DUPLICATE KEY UPDATE id=''");
	add_expecting(a, at, 1);
}

int dts_marks_plan_void(struct dts_applier *a, struct dts_error *err)
{
	struct dts_buf ask = {0};

	dts_buf_adds(&ask, "SELECT DISTINCT db, tbl FROM ");
	dts_checkpoint_table(&a->checkpoint, "chunk", &ask);
	dts_buf_adds(&ask, " WHERE ");
	dts_checkpoint_where(&a->checkpoint, dts_buf_slice(&a->src), &ask);
	MYSQL_RES *res = dts_session_query(a->session, dts_buf_slice(&ask), err);
	dts_buf_release(&ask);
	if (!res)
		return -1;
	for (MYSQL_ROW row; (row = mysql_fetch_row(res));)
		dts_marks_plan_void_table(a, dts_slice_of(row[0]), dts_slice_of(row[1]));
	mysql_free_result(res);
	return 0;
}

static void where_empty_mark(struct dts_applier *a, const struct dts_apply_table *t, struct dts_buf *sql)
{
	dts_checkpoint_table(&a->checkpoint, "chunk", sql);
	dts_buf_adds(sql, " WHERE ");
	dts_marks_where(a, t, sql);
	dts_buf_adds(sql, " AND id=''");
}

/* *next: what the table gives out next, or gave out before it was emptied; the mark knows it from here on. */
static int note_counter(struct dts_applier *a, const struct dts_apply_table *t, uint64_t *next, struct dts_error *err)
{
	struct dts_buf sql = {0}, value = {0};
	uint64_t noted = 0;

	dts_buf_adds(&sql, "SELECT rows_applied FROM ");
	where_empty_mark(a, t, &sql);
	int rc = dts_counter_read(a->session, t->schema.db, t->schema.table, next, err);
	if (rc == 0)
		rc = dts_session_value(a->session, dts_buf_slice(&sql), &value, err);
	if (rc > 0)
		dts_parse_u64(dts_buf_slice(&value), &noted);
	dts_buf_release(&sql);
	dts_buf_release(&value);
	if (rc < 0)
		return -1;
	if (*next <= noted || *next <= 1) {
		*next = noted > 1 ? noted : 1;
		return 0;
	}
	dts_applier_plan_start(a);
	size_t at = a->plan.sql.len;
	dts_buf_adds(&a->plan.sql, "UPDATE ");
	dts_checkpoint_table(&a->checkpoint, "chunk", &a->plan.sql);
	dts_buf_adds(&a->plan.sql, " SET rows_applied=");
	dts_buf_addu(&a->plan.sql, *next);
	dts_buf_adds(&a->plan.sql, " WHERE ");
	dts_marks_where(a, t, &a->plan.sql);
	dts_buf_adds(&a->plan.sql, " AND id=''");
	add_expecting(a, at, 1);
	return dts_applier_commit(a, err);
}

int dts_marks_empty_table(struct dts_applier *a, const struct dts_apply_table *t, struct dts_error *err)
{
	struct dts_buf sql = {0};
	uint64_t next = 1;

	if (note_counter(a, t, &next, err) < 0)
		return -1;
	/* Other tables may refer to it, with rows that go as well or stay as they are. */
	dts_buf_adds(&sql, "TRUNCATE TABLE ");
	dts_sql_table(&sql, t->schema.db, t->schema.table);
	int rc = dts_session_run(a->session, DTS_LIT("SET foreign_key_checks=0"), err);
	if (rc == 0)
		rc = dts_session_run(a->session, dts_buf_slice(&sql), err);
	if (rc == 0 && next > 1)
		rc = dts_counter_set(a->session, t->schema.db, t->schema.table, next, err);
	if (rc == 0)
		rc = dts_session_run(a->session, DTS_LIT("SET foreign_key_checks=1"), err);
	dts_buf_release(&sql);
	return rc;
}

static void plan_emptied(struct dts_applier *a, const struct dts_apply_table *t)
{
	size_t at = a->plan.sql.len;

	dts_buf_adds(&a->plan.sql, "DELETE FROM ");
	where_empty_mark(a, t, &a->plan.sql);
	add_expecting(a, at, 1);
}

/* --- a table's first chunk */

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

static struct dts_slice chunk_key(struct dts_buf *b, const struct dts_apply_table *t, struct dts_slice id)
{
	dts_map_pair(b, t->schema.source_db, t->schema.source_table);
	dts_buf_addc(b, '\0');
	dts_buf_add_slice(b, id);
	return dts_buf_slice(b);
}

/* Remembers the chunks of the table that are there. *known: there is any mark; *void: it is to be emptied. */
static int read_marks(struct dts_applier *a, const struct dts_apply_table *t, bool *known, bool *void_rows,
		      struct dts_error *err)
{
	struct dts_buf sql = {0}, key = {0};

	dts_buf_adds(&sql, "SELECT id, bounds, rows_applied FROM ");
	dts_checkpoint_table(&a->checkpoint, "chunk", &sql);
	dts_buf_adds(&sql, " WHERE ");
	dts_marks_where(a, t, &sql);
	MYSQL_RES *res = dts_session_query(a->session, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	if (!res)
		return -1;
	for (MYSQL_ROW row; (row = mysql_fetch_row(res));) {
		*known = true;
		if (strcmp(row[1], empty_mark) == 0) {
			*void_rows = true;
			continue;
		}
		size_t size = strlen(row[1]) + 1;
		struct done_chunk *done = dts_alloc(sizeof *done + size);
		done->rows = strtoull(row[2], NULL, 10);
		memcpy(done->bounds, row[1], size);
		free(dts_map_set(&a->done_chunks, chunk_key(&key, t, dts_slice_of(row[0])), done));
	}
	mysql_free_result(res);
	dts_buf_release(&key);
	return 0;
}

int dts_marks_begin_table(struct dts_applier *a, struct dts_apply_table *t, struct dts_error *err)
{
	bool known = false, void_rows = false;

	if (!a->has_checkpoint)
		return need_empty(a, t, err);
	if (read_marks(a, t, &known, &void_rows, err) < 0 || (!known && need_empty(a, t, err) < 0))
		return -1;
	if (void_rows && dts_marks_empty_table(a, t, err) < 0)
		return -1;
	/* Its definition is there before any of its chunks is: who resumes compares them. */
	dts_applier_plan_start(a);
	if (void_rows)
		plan_emptied(a, t);
	if (dts_definitions_plan_table(a, t, dts_buf_slice(&a->chunk_pos), err) < 0)
		return -1;
	return dts_applier_commit(a, err);
}

/* --- a chunk */

/* Which part of a table is it, that is read in one go? The number behind the last dot of its id. */
static void add_part(struct dts_buf *bounds, struct dts_slice id)
{
	size_t from = id.len;
	uint64_t n;

	while (from > 0 && id.p[from - 1] >= '0' && id.p[from - 1] <= '9')
		from--;
	dts_buf_adds(bounds, "[\"part\",");
	if ((from == 0 || id.p[from - 1] == '.') && dts_parse_u64(dts_slice(id.p + from, id.len - from), &n) == 0)
		dts_buf_addu(bounds, n);
	else
		dts_json_add_string(bounds, id);
}

void dts_marks_bounds(struct dts_applier *a, const struct dts_apply_table *t, const struct dts_record *r)
{
	struct dts_buf *b = &a->chunk_bounds;
	bool open = !r->raw[DTS_F_AFTER].p && !r->raw[DTS_F_UPTO].p;

	dts_buf_clear(&a->chunk_id);
	dts_buf_add_slice(&a->chunk_id, r->id);
	dts_buf_clear(b);
	/* The one chunk of a small table has no bounds either. */
	a->chunk_is_part = open && !dts_keyrange_key(&t->schema);
	if (a->chunk_is_part) {
		add_part(b, r->id);
		return;
	}
	dts_buf_addc(b, '[');
	dts_buf_add_slice(b, r->raw[DTS_F_AFTER].p ? r->raw[DTS_F_AFTER] : DTS_LIT("null"));
	dts_buf_addc(b, ',');
	dts_buf_add_slice(b, r->raw[DTS_F_UPTO].p ? r->raw[DTS_F_UPTO] : DTS_LIT("null"));
	dts_buf_addc(b, ']');
}

/* What only the end of a chunk tells of its bounds. */
static void finish_bounds(struct dts_applier *a, const struct dts_record *end)
{
	bool last = end->raw[DTS_F_LAST].p != NULL;

	if (last && !a->chunk_is_part) {
		dts_buf_clear(&a->chunk_bounds);
		add_part(&a->chunk_bounds, dts_buf_slice(&a->chunk_id));
		a->chunk_is_part = true;
	}
	if (a->chunk_is_part)
		dts_buf_adds(&a->chunk_bounds, last ? ",\"last\"]" : "]");
}

static int other_cut(struct dts_applier *a, const struct dts_apply_table *t, struct dts_error *err)
{
	dts_fail(err, DTS_REFUSED, "chunk '%.*s' of table '%.*s.%.*s' was applied with other bounds", (int)a->chunk_id.len,
		 a->chunk_id.data, (int)t->schema.db.len, t->schema.db.p, (int)t->schema.table.len, t->schema.table.p);
	return dts_hint(err, "go on with dts-dump --resume=%s@GROUP; to start anew: dts-checkpoint remove %s, and empty the tables",
			a->options.checkpoint, a->options.checkpoint);
}

static const struct done_chunk *find_done(struct dts_applier *a, const struct dts_apply_table *t)
{
	return dts_map_get(&a->done_chunks, chunk_key(&a->table_key, t, dts_buf_slice(&a->chunk_id)));
}

int dts_marks_done(struct dts_applier *a, const struct dts_apply_table *t, struct dts_error *err)
{
	const struct done_chunk *done = find_done(a, t);
	struct dts_slice now = dts_buf_slice(&a->chunk_bounds);

	if (!done)
		return 0;
	bool same_start = strncmp(done->bounds, now.p, now.len) == 0;
	bool is_part = strncmp(done->bounds, "[\"part\",", 8) == 0;
	/* Whether it is the last one, and whether an open one is a part at all, is told at its end. */
	if (a->chunk_is_part ? is_part && same_start && strchr(",]", done->bounds[now.len])
			     : dts_slice_is(now, done->bounds) || (is_part && dts_slice_is(now, "[null,null]")))
		return 1;
	return other_cut(a, t, err);
}

int dts_marks_check_done(struct dts_applier *a, const struct dts_apply_table *t, const struct dts_record *end,
			 struct dts_error *err)
{
	const struct done_chunk *done = find_done(a, t);

	finish_bounds(a, end);
	if (!done || (done->rows == end->rows && dts_slice_is(dts_buf_slice(&a->chunk_bounds), done->bounds)))
		return 0;
	return other_cut(a, t, err);
}

void dts_marks_add(struct dts_applier *a, const struct dts_apply_table *t, const struct dts_record *end,
		   const struct dts_position *high, struct dts_buf *sql)
{
	struct dts_buf text = {0};

	finish_bounds(a, end);
	dts_position_add(&text, high, false);
	struct dts_slice values[] = {dts_slice_of(a->options.checkpoint), dts_buf_slice(&a->src), t->schema.source_db,
				     t->schema.source_table, dts_buf_slice(&a->chunk_id), dts_buf_slice(&a->chunk_bounds),
				     dts_buf_slice(&a->chunk_pos), dts_buf_slice(&text)};
	dts_buf_adds(sql, "INSERT INTO ");
	add_values(a, sql, values, sizeof values / sizeof *values, end->rows);
	dts_buf_release(&text);
}
