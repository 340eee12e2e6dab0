#include <stdlib.h>

#include "apply/state.h"

/*
 * Transactions of the source, gathered into one of the target. Their records
 * wait in the log until the commit is read, since a rollback may still take
 * them back, and stay there until the target has committed, since a deadlock
 * makes it necessary to plan them again.
 */
enum {
	MAX_TXS = 2000, /* of the source in one of the target */
	MAX_TRIES = 20, /* after deadlocks and lock waits */
};

static struct dts_apply_tx *add_tx(struct dts_applier *a)
{
	if (a->tx_count == a->tx_cap) {
		size_t cap = a->tx_cap ? a->tx_cap * 2 : 16;
		a->txs = dts_realloc(a->txs, cap * sizeof *a->txs);
		memset(a->txs + a->tx_cap, 0, (cap - a->tx_cap) * sizeof *a->txs);
		a->tx_cap = cap;
	}
	return &a->txs[a->tx_count++];
}

/* A GTID alone does not tell what lies below the checkpoint, nor does a log that came through a pipe. */
static bool has_file(const struct dts_position *pos)
{
	return pos->file[0] && strcmp(pos->file, "-") != 0;
}

static int no_file(struct dts_error *err)
{
	return dts_fail(err, DTS_BAD_INPUT, "a transaction without a file and offset cannot be applied exactly once");
}

int dts_group_begin(struct dts_applier *a, const struct dts_record *r, struct dts_error *err)
{
	struct dts_position pos = {0};

	if (dts_position_parse(&pos, r->raw[DTS_F_POS], err) < 0)
		return -1;
	if (a->has_checkpoint && !has_file(&pos)) {
		dts_position_release(&pos);
		return no_file(err);
	}
	a->tx_open = true;
	a->tx_has_ddl = false;
	a->tx_start = dts_spill_end(&a->log);
	a->tx_definitions = dts_definitions_end(a);
	/* What the target has already is skipped, not repeated. */
	a->tx_skipped = a->has_checkpoint && a->applied.file[0] && dts_position_compare(&pos, &a->applied) < 0;
	a->behind = a->tx_skipped;
	a->tx_above = !a->tx_skipped && a->above.count > 0 && dts_above_has(&a->above, &pos, r->tx);
	a->tx_exception = a->tx_skipped || a->tx_above ? NULL : dts_exceptions_find(&a->exceptions, r->tx);
	dts_buf_clear(&a->passed_ddl);
	dts_parallel_begin(a, &pos);
	dts_position_release(&pos);
	return 0;
}

/* Whole transactions that came before an error are made; and an error of theirs came first. */
static int settle_before(struct dts_applier *a, struct dts_error *err)
{
	struct dts_error first = DTS_ERROR_INIT;

	if (dts_group_flush(a, &first) < 0)
		*err = first;
	return -1;
}

int dts_group_change(struct dts_applier *a, const struct dts_record *r, uint64_t line, struct dts_error *err)
{
	if (a->tx_skipped || a->tx_above)
		return 0;
	if (a->tx_exception) {
		if (r->op == DTS_OP_DDL)
			dts_buf_add_slice(&a->passed_ddl, r->line);
		return 0;
	}
	if (dts_known_change(a, r, err) < 0)
		return -1;
	int gathered = a->parallel.tx_here ? dts_parallel_change(a, r, line, err) : 0;
	if (gathered != 0)
		return gathered < 0 ? settle_before(a, err) : 0;
	if (r->op == DTS_OP_DDL && dts_spill_end(&a->log) > a->tx_start)
		return dts_fail(err, DTS_BAD_INPUT, "a ddl record must be the first of its transaction, and the only one");
	if (r->op == DTS_OP_DDL)
		a->tx_has_ddl = true;
	struct dts_spill_entry e = {.line = line, .n = r->n, .text = r->line};
	return dts_spill_add(&a->log, &e, err);
}

int dts_group_uses(struct dts_applier *a, const struct dts_record *schema, struct dts_error *err)
{
	uint64_t at = a->tx_start, end = dts_spill_end(&a->log);

	if (dts_parallel_uses(a, schema))
		return 1;
	while (at < end) {
		struct dts_spill_entry e;
		if (dts_spill_read(&a->log, &at, &e, err) < 0 || dts_record_parse(&a->again, e.text, err) < 0)
			return -1;
		if (a->again.op != DTS_OP_DDL && dts_slice_eq(a->again.db, schema->db) &&
		    dts_slice_eq(a->again.table, schema->table))
			return 1;
	}
	return 0;
}

/* Drops the entries of the open transaction from ordinal `keep` + 1 on. */
static int cut_log(struct dts_applier *a, uint64_t keep, struct dts_error *err)
{
	uint64_t at = a->tx_start, end = dts_spill_end(&a->log);

	if (a->parallel.tx_here)
		dts_unit_cut(a->parallel.tx, keep);

	while (at < end) {
		struct dts_spill_entry e;
		uint64_t start = at;
		if (dts_spill_read(&a->log, &at, &e, err) < 0)
			return -1;
		if (e.n > keep) {
			if (start == a->tx_start)
				a->tx_has_ddl = false;
			return dts_spill_truncate(&a->log, start, err);
		}
	}
	return 0;
}

int dts_group_rollback(struct dts_applier *a, const struct dts_record *r, struct dts_error *err)
{
	bool had_ddl = a->tx_open && a->tx_has_ddl;

	if (a->tx_open && !a->tx_skipped && cut_log(a, r->raw[DTS_F_TO].p ? r->to : 0, err) < 0)
		return -1;
	/* What a statement made of its tables goes with it. */
	if (had_ddl && !a->tx_has_ddl)
		dts_definitions_cut(a, a->tx_definitions);
	if (r->raw[DTS_F_TO].p)
		return 0;
	if (a->tx_open) {
		a->tx_open = false;
		return 0;
	}
	return dts_group_commit(a, r, err); /* XA ROLLBACK of a prepared transaction */
}

static int plan_one(struct dts_applier *a, const struct dts_apply_tx *tx, struct dts_error *err)
{
	if (tx->exception && dts_exception_plan(a, tx->exception, dts_buf_slice(&tx->tx), err) < 0)
		return -1;
	if (tx->prepares || tx->xid.len > 0)
		return dts_prepared_plan(a, tx, err);
	return dts_group_plan_tx(a, tx, err);
}

static void follow_tx(struct dts_position *p, const struct dts_apply_tx *tx)
{
	dts_position_follow(p, &tx->pos, dts_buf_slice(&tx->tx));
}

void dts_group_plan_low(struct dts_applier *a, struct dts_slice tx, const struct dts_position *low)
{
	struct dts_buf above = {0};
	size_t at = a->plan.sql.len;

	dts_above_pass(&a->above, low);
	dts_above_add(&above, &a->above);
	dts_checkpoint_add_mark(&a->checkpoint, dts_buf_slice(&a->src), 0, tx, low, dts_buf_slice(&above), &a->plan.sql);
	dts_plan_add(&a->plan, at, (struct dts_statement){.rows = DTS_EXPECT_ANY});
	dts_buf_release(&above);
}

void dts_group_plan_mark(struct dts_applier *a, size_t from, size_t to)
{
	if (!a->has_checkpoint)
		return;
	dts_position_copy(&a->marked, &a->applied);
	for (size_t i = from; i < to; i++)
		follow_tx(&a->marked, &a->txs[i]);
	dts_group_plan_low(a, dts_buf_slice(&a->txs[to - 1].tx), &a->marked);
}

/* The mark, and the definitions of tables that came with the transactions. */
static void plan_mark(struct dts_applier *a, size_t from, size_t to)
{
	dts_group_plan_mark(a, from, to);
	if (a->has_checkpoint)
		dts_definitions_plan(a, a->txs[to - 1].definitions_end, &a->txs[to - 1].pos);
}

/* Drops the group; the entries of a transaction that is still open stay. */
static void forget_group(struct dts_applier *a)
{
	a->tx_count = 0;
	a->group_open = false;
	if (!a->tx_open)
		dts_spill_clear(&a->log);
}

/* Its first change tells whose transactions these are, as a worker's mark does: nothing new yet. */
static void plan_start(struct dts_applier *a)
{
	dts_applier_plan_start(a);
	if (a->has_checkpoint)
		dts_group_plan_low(a, DTS_LIT(""), &a->applied);
}

/* Plans transactions [from, to) of the group from a new start. */
static int plan_again(struct dts_applier *a, size_t from, size_t to, struct dts_error *err)
{
	a->runner.retryable = false;
	dts_plan_clear(&a->plan);
	plan_start(a);
	for (size_t i = from; i < to; i++)
		if (plan_one(a, &a->txs[i], err) < 0) {
			dts_applier_rollback(a);
			return -1;
		}
	return 0;
}

void dts_group_add_ack(const struct dts_applier *a, struct dts_slice tx, const struct dts_position *pos, struct dts_buf *out)
{
	dts_buf_adds(out, "{\"op\":\"ack\",\"src\":");
	dts_json_add_string(out, dts_buf_slice(&a->src));
	dts_buf_adds(out, ",\"tx\":");
	dts_json_add_string(out, tx);
	dts_buf_adds(out, ",\"pos\":");
	dts_position_add(out, pos, true);
	dts_buf_adds(out, "}\n");
}

/* Transactions [from, to) of the group are at the target. */
static int note_committed(struct dts_applier *a, size_t from, size_t to, struct dts_error *err)
{
	struct dts_output *out = a->options.ack;

	a->transactions += to - from;
	dts_definitions_done(a, a->txs[to - 1].definitions_end);
	for (size_t i = from; i < to; i++) {
		follow_tx(&a->applied, &a->txs[i]);
		if (i + 1 == to)
			dts_position_copy(&a->written, &a->applied); /* the mark says so */
		if (!out)
			continue;
		dts_group_add_ack(a, dts_buf_slice(&a->txs[i].tx), &a->applied, &out->buf);
		if (dts_output_record_done(out, err) < 0)
			return -1;
	}
	return out ? dts_output_flush(out, err) : 0;
}

/* After a deadlock or a lock wait: the whole group again, from the log, with its mark if `commit`. */
static int repeat_group(struct dts_applier *a, bool commit, struct dts_error *err)
{
	for (int tries = 1; a->runner.retryable && tries <= MAX_TRIES; tries++) {
		if (plan_again(a, 0, a->tx_count, err) < 0)
			continue;
		if (!commit)
			return 0;
		plan_mark(a, 0, a->tx_count);
		if (dts_applier_commit(a, err) == 0)
			return 0;
	}
	return -1;
}

/* Transaction `i` of the group by itself. */
static int apply_alone(struct dts_applier *a, size_t i, struct dts_error *err)
{
	const struct dts_apply_tx *tx = &a->txs[i];

	dts_resolver_begin(&a->resolver, &(struct dts_tx_place){.src = dts_buf_slice(&a->src), .tx = dts_buf_slice(&tx->tx),
								 .file = tx->pos.file, .offset = tx->pos.offset});
	if (plan_again(a, i, i + 1, err) < 0)
		return -1;
	plan_mark(a, i, i + 1);
	if (dts_resolver_before_commit(&a->resolver, err) < 0) {
		dts_applier_rollback(a);
		return -1;
	}
	if (dts_applier_commit(a, err) < 0)
		return -1;
	dts_resolver_committed(&a->resolver);
	dts_conflict_log_tell(a->conflict_log, a->options.notice);
	return note_committed(a, i, i + 1, err);
}

/*
 * One of the group was refused, and took the others with it. So each goes by
 * itself: the target ends right before the one that is refused. Returns as the
 * first that fails; 0 when none does any more.
 */
static int apply_singly(struct dts_applier *a, struct dts_error *err)
{
	bool worth_it = err->status != DTS_AGAIN && (a->tx_count > 1 || err->status == DTS_REFUSED);
	int rc = worth_it ? 0 : -1;

	a->runner.careful = a->singly = true; /* so that a warning's words can be had */
	for (size_t i = 0; rc == 0 && i < a->tx_count; i++)
		rc = apply_alone(a, i, err);
	a->runner.careful = a->singly = false;
	/* Also after a failure: what is left must not be marked as done by a later flush. */
	forget_group(a);
	return rc;
}

static int commit_group(struct dts_applier *a, struct dts_error *err)
{
	plan_mark(a, 0, a->tx_count);
	if (dts_applier_commit(a, err) < 0 && repeat_group(a, true, err) < 0)
		return apply_singly(a, err);
	int rc = note_committed(a, 0, a->tx_count, err);
	forget_group(a);
	return rc;
}

/* Writes a position that no data moved: empty transactions and heartbeats. */
static int write_watermark(struct dts_applier *a, struct dts_error *err)
{
	if (!a->has_checkpoint || !a->applied.file[0] ||
	    (a->written.file[0] && (dts_position_compare(&a->applied, &a->written) < 0 ||
				    (dts_position_compare(&a->applied, &a->written) == 0 &&
				     dts_gtids_equal(&a->applied.gtid, &a->written.gtid)))))
		return 0;
	dts_plan_clear(&a->plan);
	dts_applier_plan_start(a);
	size_t at = a->plan.sql.len;
	dts_checkpoint_add_watermark(&a->checkpoint, dts_buf_slice(&a->src), &a->applied, &a->plan.sql);
	dts_plan_add(&a->plan, at, (struct dts_statement){.rows = 1});
	dts_definitions_plan(a, dts_definitions_end(a), &a->applied);
	if (dts_applier_commit(a, err) < 0)
		return -1;
	dts_definitions_done(a, dts_definitions_end(a));
	a->group_open = false;
	dts_position_copy(&a->written, &a->applied);
	return 0;
}

int dts_group_flush(struct dts_applier *a, struct dts_error *err)
{
	if (dts_parallel_flush(a, err) < 0)
		return -1;
	if (a->tx_count > 0 ? commit_group(a, err) < 0 : a->changes && !a->tx_open && write_watermark(a, err) < 0)
		return -1;
	return a->changes ? dts_keys_pass(a, err) : 0;
}

/* A skipped transaction must lie below the checkpoint as a whole. */
static int end_skipped(struct dts_applier *a, const struct dts_position *pos, struct dts_error *err)
{
	a->tx_open = false;
	if (dts_position_compare(pos, &a->applied) > 0)
		return dts_fail(err, DTS_BAD_INPUT, "the checkpoint %s:%llu lies inside a transaction that ends at %s:%llu",
				a->applied.file, (unsigned long long)a->applied.offset, pos->file,
				(unsigned long long)pos->offset);
	return 0;
}

static int finish_tx(struct dts_applier *a, const struct dts_record *r, const struct dts_position *pos,
		     struct dts_error *err)
{
	const struct dts_exception *exception = a->tx_open ? a->tx_exception : NULL;

	if (dts_parallel_flush(a, err) < 0 || (exception && dts_exception_fill(a, dts_stream_line(a->stream), err) < 0))
		return -1;
	bool has_ddl = a->tx_open && a->tx_has_ddl;
	if ((has_ddl || exception) && dts_group_flush(a, err) < 0) /* a barrier: what came before is committed first */
		return -1;
	uint64_t start = a->tx_open ? a->tx_start : dts_spill_end(&a->log);
	struct dts_apply_tx *tx = add_tx(a);
	tx->start = start;
	tx->end = dts_spill_end(&a->log);
	tx->prepares = r->op == DTS_OP_PREPARE;
	tx->exception = exception;
	tx->decides_commit = r->op == DTS_OP_COMMIT;
	tx->definitions_end = dts_definitions_end(a);
	dts_position_copy(&tx->pos, pos); /* with its GTIDs, where transactions came before that are in no record */
	dts_buf_clear(&tx->tx);
	dts_buf_add_slice(&tx->tx, r->tx);
	dts_buf_clear(&tx->xid);
	if (r->xid.p)
		dts_buf_add_slice(&tx->xid, r->xid);
	a->tx_open = false;
	if (has_ddl) {
		int rc = dts_apply_ddl_tx(a, tx, err);
		if (rc == 0)
			rc = note_committed(a, 0, 1, err);
		forget_group(a);
		return rc;
	}
	if (tx->start == tx->end && tx->xid.len == 0 && a->tx_count == 1 && !exception) {
		/* Nothing in it for us, nothing before it: just a position. */
		follow_tx(&a->applied, tx);
		forget_group(a);
		return 0;
	}
	if (!a->group_open)
		plan_start(a);
	a->runner.retryable = false;
	if (plan_one(a, tx, err) < 0) {
		dts_applier_rollback(a);
		if (repeat_group(a, false, err) < 0)
			return apply_singly(a, err);
	}
	if (exception || dts_spill_end(&a->log) >= a->options.group_bytes || a->tx_count >= MAX_TXS)
		return dts_group_flush(a, err);
	return 0;
}

/* The open transaction goes to the workers, or is made here. */
static int end_tx(struct dts_applier *a, const struct dts_record *r, const struct dts_position *pos, struct dts_error *err)
{
	int taken = a->tx_open ? dts_parallel_commit(a, r, pos, err) : 0;

	if (taken == 0)
		return finish_tx(a, r, pos, err);
	a->tx_open = false;
	return taken < 0 ? -1 : 0;
}

int dts_group_commit(struct dts_applier *a, const struct dts_record *r, struct dts_error *err)
{
	struct dts_position pos = {0};
	int rc = 0;

	if (r->raw[DTS_F_POS].p)
		rc = dts_position_parse(&pos, r->raw[DTS_F_POS], err);
	else /* XA ROLLBACK need not tell */
		dts_position_copy(&pos, a->tx_count > 0 ? &a->txs[a->tx_count - 1].pos : &a->applied);
	if (rc == 0 && a->has_checkpoint && !has_file(&pos))
		rc = no_file(err);
	else if (rc == 0 && a->tx_open && a->tx_skipped)
		rc = end_skipped(a, &pos, err);
	else if (rc == 0 && !a->tx_open && a->has_checkpoint && a->applied.file[0] && r->raw[DTS_F_POS].p &&
		 dts_position_compare(&pos, &a->applied) <= 0)
		rc = 0; /* a decision on a prepared transaction that was carried out already */
	else if (rc == 0)
		rc = end_tx(a, r, &pos, err);
	dts_position_release(&pos);
	return rc;
}

/* Behind the GTIDs alone that a checkpoint stands at comes what this stream says; at the same place it
 * knows of transactions that were left out. */
static bool is_news(const struct dts_applier *a, const struct dts_position *pos)
{
	int order = a->applied.file[0] ? dts_position_compare(pos, &a->applied) : 1;

	return order > 0 || (order == 0 && dts_gtids_known(&pos->gtid) && !dts_gtids_equal(&pos->gtid, &a->applied.gtid));
}

int dts_group_heartbeat(struct dts_applier *a, const struct dts_record *r, struct dts_error *err)
{
	struct dts_position pos = {0};

	/* While the source is idle, too, it is noticed that the target has gone. */
	if (r->op == DTS_OP_HEARTBEAT && a->tx_count == 0 && !dts_parallel_busy(a) && mysql_ping(a->session->mysql) != 0)
		return dts_session_fail(a->session, err, "the connection was lost to");
	/* What came before it is at the target first, so that it stands. */
	if ((a->tx_count > 0 || dts_parallel_busy(a)) && dts_group_flush(a, err) < 0)
		return -1;
	if (dts_position_parse(&pos, r->raw[DTS_F_POS], err) < 0)
		return -1;
	if (has_file(&pos) && is_news(a, &pos))
		dts_position_copy(&a->applied, &pos);
	dts_position_release(&pos);
	return 0;
}
