#include "apply/state.h"
#include "mysql/quote.h"

/*
 * Another server takes the place of the source's: the reader says of which, and goes on by
 * GTID. Files and offsets from before mean nothing in its log, so that what the checkpoint
 * knows by them must be passed, and is let go.
 */

static int read_windows(struct dts_applier *a, const struct dts_source_state *s, bool *open, struct dts_error *err)
{
	struct dts_position high = {0};
	int rc = 0;

	MYSQL_RES *res = dts_window_ends(a, err);
	if (!res)
		return -1;
	for (MYSQL_ROW row; rc == 0 && (row = mysql_fetch_row(res));) {
		rc = dts_position_parse(&high, dts_slice_of(row[0]), err);
		*open |= rc == 0 && (!s->applied.file[0] || dts_position_compare(&high, &s->applied) > 0);
	}
	mysql_free_result(res);
	dts_position_release(&high);
	return rc;
}

static int check_windows(struct dts_applier *a, const struct dts_source_state *s, struct dts_error *err)
{
	bool open = false;

	if (read_windows(a, s, &open, err) < 0)
		return -1;
	if (!open)
		return 0;
	dts_fail(err, DTS_REFUSED, "another server takes the place of the one that source '%.*s' was copied from, and checkpoint '%s' has "
		 "tables whose rows were read behind its position, in the log of that one", (int)a->src.len, a->src.data,
		 a->options.checkpoint);
	return dts_hint(err, "go on at the server before until the checkpoint has come past them, or copy the tables anew under a new "
			"checkpoint");
}

/* Appends "VERB `table`MIDDLE WHERE this source", a statement of the plan. */
static void plan_statement(struct dts_applier *a, const char *verb, const char *table, const struct dts_buf *middle, struct dts_statement expected)
{
	struct dts_buf *sql = &a->plan.sql;
	const size_t at = sql->len;

	dts_buf_adds(sql, verb);
	dts_checkpoint_table(&a->checkpoint, table, sql);
	if (middle)
		dts_buf_add_slice(sql, dts_buf_slice(middle));
	dts_buf_adds(sql, " WHERE ");
	dts_checkpoint_where(&a->checkpoint, dts_buf_slice(&a->src), sql);
	dts_plan_add(&a->plan, at, expected);
}

/* What workers' marks say of transactions above the position goes into one, in the transaction in which they go. */
static void plan_above(struct dts_applier *a, const struct dts_above *above, const struct dts_position *low)
{
	struct dts_buf text = {0};
	const size_t at = a->plan.sql.len;

	if (above->count == 0)
		return;
	dts_above_add(&text, above);
	dts_checkpoint_add_mark(&a->checkpoint, dts_buf_slice(&a->src), 0, DTS_LIT(""), low, dts_buf_slice(&text), &a->plan.sql);
	dts_plan_add(&a->plan, at, (struct dts_statement){.rows = DTS_EXPECT_ANY});
	dts_buf_release(&text);
}

static int move(struct dts_applier *a, const struct dts_position *to, const struct dts_above *above, struct dts_error *err)
{
	struct dts_buf set = {0}, text = {0};

	dts_position_add(&text, to, true);
	dts_buf_adds(&set, " SET server_id=");
	dts_sql_literal(&set, dts_buf_slice(&a->server_id));
	dts_buf_adds(&set, ", watermark=");
	dts_sql_literal(&set, dts_buf_slice(&text));
	dts_buf_adds(&set, ", updated=UTC_TIMESTAMP(6)");
	dts_applier_plan_start(a);
	plan_statement(a, "UPDATE ", "source", &set, (struct dts_statement){.rows = 1});
	plan_statement(a, "DELETE FROM ", "mark", NULL, (struct dts_statement){.rows = DTS_EXPECT_ANY});
	plan_above(a, above, to);
	plan_statement(a, "DELETE FROM ", "tablewindow", NULL, (struct dts_statement){.rows = DTS_EXPECT_ANY});
	dts_buf_release(&set);
	dts_buf_release(&text);
	return dts_applier_commit(a, err);
}

bool dts_failover_is_meant(const struct dts_applier *a, const struct dts_source_state *s)
{
	return s->server_id.len > 0 && !dts_slice_eq(dts_buf_slice(&s->server_id), dts_buf_slice(&a->server_id)) &&
	       dts_slice_eq(dts_buf_slice(&s->server_id), dts_buf_slice(&a->instead_of));
}

int dts_failover_join(struct dts_applier *a, struct dts_source_state *s, const struct dts_position *pos, struct dts_error *err)
{
	if (pos->file[0] || !dts_gtids_equal(&pos->gtid, &s->applied.gtid))
		return dts_applier_other_gtids(a, &pos->gtid, &s->applied.gtid, err);
	if (check_windows(a, s, err) < 0)
		return -1;
	if (dts_above_forget_files(&s->above) < 0) {
		dts_fail(err, DTS_REFUSED, "workers were ahead of checkpoint '%s', and what they have made is known by the log of the server before only",
			 a->options.checkpoint);
		return dts_hint(err, "go on at that server until the checkpoint has come past it, or start the migration anew");
	}
	if (move(a, pos, &s->above, err) < 0)
		return -1;
	dts_position_copy(&s->applied, pos);
	dts_buf_clear(&s->server_id);
	dts_buf_add_slice(&s->server_id, dts_buf_slice(&a->server_id));
	dts_applier_notice(a, "source '%.*s' goes on at another server: checkpoint '%s' stands there by its GTIDs now", (int)a->src.len,
			   a->src.data, a->options.checkpoint);
	return 0;
}
