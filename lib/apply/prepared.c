#include "apply/state.h"
#include "mysql/quote.h"

/*
 * XA transactions: what was prepared is kept as records in the checkpoint until
 * the source decides, since it may do so much later, or never. The position goes
 * on meanwhile.
 */

static void add_key(struct dts_applier *a, const struct dts_apply_tx *tx, struct dts_buf *sql)
{
	dts_buf_adds(sql, " WHERE ");
	dts_checkpoint_where(&a->checkpoint, dts_buf_slice(&a->src), sql);
	dts_buf_adds(sql, " AND xid=");
	dts_sql_literal(sql, dts_buf_slice(&tx->xid));
}

/* The schema records of the tables concerned, then the changes: enough to apply alone. */
static int gather(struct dts_applier *a, const struct dts_apply_tx *tx, struct dts_buf *records, struct dts_error *err)
{
	struct dts_map seen = {0};
	struct dts_buf changes = {0};
	uint64_t at = tx->start;
	int rc = 0;

	while (rc == 0 && at < tx->end) {
		struct dts_spill_entry e;
		if (dts_spill_read(&a->log, &at, &e, err) < 0 || dts_record_parse(&a->again, e.text, err) < 0) {
			rc = -1;
			break;
		}
		struct dts_apply_table *t = dts_applier_table(a, &a->again, err);
		if (!t) {
			rc = -1;
			break;
		}
		if (!dts_map_set(&seen, dts_map_pair(&a->table_key, a->again.db, a->again.table), t)) {
			dts_buf_add_slice(records, dts_buf_slice(&t->schema_line));
			dts_buf_addc(records, '\n');
		}
		dts_buf_add_slice(&changes, e.text);
		dts_buf_addc(&changes, '\n');
	}
	dts_buf_add_slice(records, dts_buf_slice(&changes));
	dts_buf_release(&changes);
	dts_map_release(&seen, NULL);
	return rc;
}

static int plan_keep(struct dts_applier *a, const struct dts_apply_tx *tx, struct dts_error *err)
{
	struct dts_buf records = {0};
	struct dts_buf *sql = &a->plan.sql;

	if (!a->has_checkpoint)
		return dts_fail(err, DTS_REFUSED, "an XA transaction was prepared at the source, and without a checkpoint it cannot be kept");
	int rc = gather(a, tx, &records, err);
	if (rc == 0) {
		size_t at = sql->len;
		dts_buf_adds(sql, "INSERT INTO ");
		dts_checkpoint_table(&a->checkpoint, "prepared", sql);
		dts_buf_adds(sql, " (checkpoint,src,xid,tx,records,updated) VALUES (");
		struct dts_slice values[] = {dts_slice_of(a->options.checkpoint), dts_buf_slice(&a->src),
					     dts_buf_slice(&tx->xid), dts_buf_slice(&tx->tx)};
		for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
			dts_sql_literal(sql, values[i]);
			dts_buf_addc(sql, ',');
		}
		dts_sql_hex(sql, dts_buf_slice(&records));
		dts_buf_adds(sql, ",UTC_TIMESTAMP(6))");
		dts_plan_add(&a->plan, at, (struct dts_statement){.rows = 1});
	}
	dts_buf_release(&records);
	return rc;
}

/* Applies one kept line: schemas are taken as of then. */
static int plan_line(struct dts_applier *a, struct dts_slice line, struct dts_map *tables,
		     const struct dts_position *pos, struct dts_error *err)
{
	if (dts_record_parse(&a->again, line, err) < 0)
		return -1;
	if (a->again.op == DTS_OP_SCHEMA) {
		struct dts_apply_table *t = dts_zalloc(1, sizeof *t);
		struct dts_slice key = dts_map_pair(&a->table_key, a->again.db, a->again.table);
		if (dts_schema_parse(&t->schema, &a->again, err) < 0) {
			dts_apply_table_free(t);
			return -1;
		}
		dts_apply_table_free(dts_map_set(tables, key, t));
		return 0;
	}
	/* The kept tables stand in for those of the stream while this is planned. */
	struct dts_map stream_tables = a->tables;
	a->tables = *tables;
	int rc = dts_group_plan_record(a, &a->again, pos, 0, err);
	*tables = a->tables;
	a->tables = stream_tables;
	return rc;
}

static int plan_kept(struct dts_applier *a, const struct dts_apply_tx *tx, struct dts_slice records, struct dts_error *err)
{
	struct dts_map tables = {0};
	const char *p = records.p, *end = records.p + records.len;
	int rc = 0;

	while (rc == 0 && p < end) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		rc = plan_line(a, dts_slice(p, (size_t)(eol - p)), &tables, &tx->pos, err);
		p = eol + 1;
	}
	/* Statements refer to their tables until they have run. */
	if (rc == 0 && (rc = dts_runner_run(&a->runner, &a->plan, err)) == 0)
		dts_plan_clear(&a->plan);
	dts_map_release(&tables, dts_apply_table_free);
	return rc;
}

/* What was kept under the xid: 1, or 0: nothing. */
static int read_kept(struct dts_applier *a, const struct dts_apply_tx *tx, struct dts_buf *records, struct dts_error *err)
{
	struct dts_buf sql = {0};

	/* The INSERT may still be in the plan. */
	if (dts_runner_run(&a->runner, &a->plan, err) < 0)
		return -1;
	dts_plan_clear(&a->plan);
	dts_buf_adds(&sql, "SELECT records FROM ");
	dts_checkpoint_table(&a->checkpoint, "prepared", &sql);
	add_key(a, tx, &sql);
	MYSQL_RES *res = dts_session_query(a->session, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	if (!res)
		return -1;
	MYSQL_ROW row = mysql_fetch_row(res);
	if (row)
		dts_buf_add(records, row[0], mysql_fetch_lengths(res)[0]);
	mysql_free_result(res);
	return row != NULL;
}

int dts_prepared_plan(struct dts_applier *a, const struct dts_apply_tx *tx, struct dts_error *err)
{
	struct dts_buf records = {0};
	int rc = 0;

	if (tx->prepares)
		return plan_keep(a, tx, err);
	if (!a->has_checkpoint)
		return dts_fail(err, DTS_REFUSED, "an XA transaction was decided at the source, and without a checkpoint none was kept");
	int found = read_kept(a, tx, &records, err);
	if (found < 0)
		rc = -1;
	else if (!found && tx->decides_commit) {
		rc = dts_fail(err, DTS_REFUSED, "XA transaction %.*s was prepared before this stream began: its changes are not known",
			      (int)tx->xid.len, tx->xid.data);
		dts_hint(err, "decide all prepared transactions at the source (XA RECOVER), then repeat the full phase");
	} else if (found && tx->decides_commit) {
		rc = plan_kept(a, tx, dts_buf_slice(&records), err);
	}
	if (rc == 0 && found) {
		size_t at = a->plan.sql.len;
		dts_buf_adds(&a->plan.sql, "DELETE FROM ");
		dts_checkpoint_table(&a->checkpoint, "prepared", &a->plan.sql);
		add_key(a, tx, &a->plan.sql);
		dts_plan_add(&a->plan, at, (struct dts_statement){.rows = 1});
	}
	dts_buf_release(&records);
	return rc;
}
