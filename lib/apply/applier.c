#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "apply/state.h"
#include "base/signals.h"

enum {
	STOP_SECONDS = 3,
	LOOK_MS = 200, /* a stop signal is looked for so often */
};

void dts_applier_notice(struct dts_applier *a, const char *fmt, ...)
{
	char text[2048];
	va_list ap;

	if (!a->options.notice)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	a->options.notice(text);
}

/* ---- tables ---- */

struct dts_apply_table *dts_applier_table(struct dts_applier *a, const struct dts_record *r, struct dts_error *err)
{
	struct dts_apply_table *t = dts_map_get(&a->tables, dts_map_pair(&a->table_key, r->db, r->table));

	if (!t)
		dts_fail(err, DTS_BAD_INPUT, "no schema record came before this change of table '%.*s.%.*s'",
			 (int)r->db.len, r->db.p, (int)r->table.len, r->table.p);
	return t;
}

void dts_applier_unbind(struct dts_applier *a)
{
	struct dts_map_entry *e;

	for (size_t at = 0; (e = dts_map_next(&a->tables, &at));) {
		struct dts_apply_table *t = e->value;
		t->bound = t->learned = t->acted = false;
	}
	a->cascades_known = false;
	dts_parallel_forget_tables(a);
}

static int add_noted(void *arg, struct dts_schema *target, struct dts_error *err)
{
	return dts_keys_add_noted(arg, target, err);
}

int dts_applier_bind(struct dts_applier *a, struct dts_apply_table *t, struct dts_error *err)
{
	struct dts_apply_checks checks = {.allow_nontransactional = a->options.allow_nontransactional,
					  .allow_triggers = a->options.allow_triggers,
					  .allow_extra_columns = a->options.allow_extra_columns,
					  .allow_versioned = a->options.allow_versioned,
					  .snapshot = a->snapshot,
					  .noted = a->snapshot ? add_noted : NULL,
					  .noted_arg = a};

	if (dts_apply_table_bind(t, a->session, &checks, err) < 0)
		return -1;
	if (!t->key && t->schema.primary.count > 0)
		dts_applier_notice(a, "table '%.*s.%.*s' has a primary key at the source and no usable key at the target: "
				   "each change reads the whole table", (int)t->schema.db.len, t->schema.db.p,
				   (int)t->schema.table.len, t->schema.table.p);
	return a->changes && a->has_checkpoint ? dts_chunk_load_windows(a, t, err) : 0;
}

static int on_schema(struct dts_applier *a, const struct dts_record *r, struct dts_error *err)
{
	struct dts_slice key = dts_map_pair(&a->table_key, r->db, r->table);
	struct dts_apply_table *t = dts_map_get(&a->tables, key);

	if (t && dts_slice_eq(dts_buf_slice(&t->schema_line), r->line)) { /* also a statement that changed no column says so */
		if (!a->tx_open || !a->tx_has_ddl)
			return 0;
		return (t->unknown && dts_known_look(a, r, t, err) < 0) || dts_definitions_note(a, r, t, err) < 0 ? -1 : 0;
	}
	/* What was read under the old description is made under it. */
	if (t && (dts_chunk_drain(a, err) < 0 || dts_group_flush(a, err) < 0))
		return -1;
	if (t && a->repair && dts_runner_run(&a->runner, &a->plan, err) < 0)
		return -1;
	if (t && a->repair)
		dts_plan_clear(&a->plan);
	int used = t && a->tx_open ? dts_group_uses(a, r, err) : 0;
	if (used < 0)
		return -1;
	if (used)
		return dts_fail(err, DTS_BAD_INPUT, "the schema of table '%.*s.%.*s' changes inside a transaction",
				(int)r->db.len, r->db.p, (int)r->table.len, r->table.p);
	if (t && a->changes)
		dts_applier_unbind(a);
	t = dts_zalloc(1, sizeof *t);
	dts_buf_add_slice(&t->schema_line, r->line);
	if (dts_schema_parse(&t->schema, r, err) < 0) {
		dts_apply_table_free(t);
		return -1;
	}
	dts_apply_table_free(dts_map_set(&a->tables, dts_map_pair(&a->table_key, r->db, r->table), t));
	if (dts_known_look(a, r, t, err) < 0 || dts_definitions_note(a, r, t, err) < 0)
		return -1;
	/* Rows follow at once: refuse the table now, before any is written. Changes may
	 * concern tables that a later DDL creates or that nobody applies. */
	return a->snapshot && !a->snapshot_done ? dts_applier_bind(a, t, err) : 0;
}

/* ---- the target transaction ---- */

static void plan_text(struct dts_applier *a, const char *sql)
{
	size_t at = a->plan.sql.len;

	dts_buf_adds(&a->plan.sql, sql);
	dts_plan_add(&a->plan, at, (struct dts_statement){.rows = DTS_EXPECT_ANY});
}

void dts_applier_plan_start(struct dts_applier *a)
{
	dts_applier_plan_checks(a, false, false);
	plan_text(a, "START TRANSACTION");
	if (a->has_checkpoint) {
		size_t at = a->plan.sql.len;
		dts_checkpoint_guard(&a->checkpoint, &a->plan.sql);
		dts_plan_add(&a->plan, at, (struct dts_statement){.guard = true});
	}
	a->group_open = true;
}

void dts_applier_plan_checks(struct dts_applier *a, bool no_foreign, bool no_unique)
{
	if (a->checks_off_foreign != no_foreign)
		plan_text(a, no_foreign ? "SET foreign_key_checks=0" : "SET foreign_key_checks=1");
	if (a->checks_off_unique != no_unique)
		plan_text(a, no_unique ? "SET unique_checks=0" : "SET unique_checks=1");
	a->checks_off_foreign = no_foreign;
	a->checks_off_unique = no_unique;
}

void dts_applier_rollback(struct dts_applier *a)
{
	/* What the session's checks are now is not known, so they are set, not compared. */
	dts_plan_clear(&a->plan);
	a->group_open = false;
	a->checks_off_foreign = a->checks_off_unique = false;
	dts_runner_reset(&a->runner);
}

int dts_applier_commit(struct dts_applier *a, struct dts_error *err)
{
	if (dts_runner_run(&a->runner, &a->plan, err) < 0) {
		dts_applier_rollback(a);
		return -1;
	}
	dts_plan_clear(&a->plan);
	dts_plan_commit(&a->plan);
	int rc = dts_runner_run(&a->runner, &a->plan, err);
	dts_plan_clear(&a->plan);
	a->group_open = false;
	if (rc < 0)
		dts_applier_rollback(a);
	return rc;
}

/* ---- streams ---- */

/* A text of the stream's field "source"; empty where there is none. */
static void read_member(const struct dts_record *r, const char *name, struct dts_buf *text)
{
	struct dts_buf scratch = {0};

	dts_buf_clear(text);
	if (r->raw[DTS_F_SOURCE].p) {
		struct dts_json value = dts_json_get(r->raw[DTS_F_SOURCE], name);
		if (value.raw.p && value.type == DTS_JSON_STRING)
			dts_buf_add_slice(text, dts_json_string(value.raw, &scratch));
	}
	dts_buf_release(&scratch);
}

static int on_stream(struct dts_applier *a, const struct dts_record *r, struct dts_error *err)
{
	/* A reader that has reconnected says where it goes on. */
	if (dts_chunk_drain(a, err) < 0 || dts_group_flush(a, err) < 0 || dts_apply_schema_build(a, err) < 0)
		return -1;
	dts_map_release(&a->tables, dts_apply_table_free);
	dts_parallel_forget_tables(a);
	a->cascades_known = false;
	dts_buf_clear(&a->src);
	dts_buf_add_slice(&a->src, r->src);
	dts_ddl_origin_read(&a->origin, r->raw[DTS_F_SOURCE]);
	read_member(r, "id", &a->server_id);
	read_member(r, "instead-of", &a->instead_of);
	a->snapshot = dts_slice_is(r->kind, "snapshot");
	a->schema = dts_slice_is(r->kind, "schema");
	a->schema_pre = a->schema && dts_slice_is(dts_json_get(r->line, "stage").raw, "\"pre\"");
	a->repair = dts_slice_is(r->kind, "repair");
	a->changes = dts_slice_is(r->kind, "changes");
	a->stream_open = true;
	if (a->repair && !a->options.checkpoint && !a->options.no_checkpoint) {
		dts_fail(err, DTS_USAGE, "a repair needs --checkpoint=NAME, so that it does not run beside an applier of that checkpoint");
		return dts_hint(err, "--no-checkpoint says that there is none");
	}
	if (a->snapshot && (a->has_checkpoint || !a->options.checkpoint))
		return dts_chunk_stream(a, r, err);
	if (a->changes)
		return dts_join_stream(a, r, err);
	return 0;
}

static int on_end(struct dts_applier *a, const struct dts_record *r, struct dts_error *err)
{
	int rc = 0;

	if (a->repair && a->group_open)
		rc = dts_applier_commit(a, err);
	else if (a->snapshot)
		rc = dts_chunk_finish(a, r, err);
	else if (a->schema)
		rc = dts_apply_schema_build(a, err);
	if (rc == 0)
		rc = dts_group_flush(a, err);
	/* Behind the last transaction, where its position may lie. */
	if (rc == 0 && a->changes && r->raw[DTS_F_POS].p && (rc = dts_group_heartbeat(a, r, err)) == 0)
		rc = dts_group_flush(a, err);
	a->stream_open = false;
	return rc == 0 && a->keys.waiting ? dts_keys_tell(a, err) : rc;
}

/* A repair is one transaction: rows as dts-verify found them, or nothing. */
static int on_repair(struct dts_applier *a, const struct dts_record *r, uint64_t line, struct dts_error *err)
{
	if (!a->group_open)
		dts_applier_plan_start(a);
	/* Rows come in key order, not in an order that foreign keys like. */
	dts_applier_plan_checks(a, true, false);
	struct dts_apply_table *t = dts_applier_table(a, r, err);
	if (!t || (!t->bound && dts_applier_bind(a, t, err) < 0))
		return -1;
	if (dts_plan_change(&a->plan, t, r, DTS_PLAN_STRICT, line, err) < 0)
		return dts_runner_where(&a->runner, line, err);
	a->change_count++;
	if (a->plan.sql.len < 1024 * 1024)
		return 0;
	if (dts_runner_run(&a->runner, &a->plan, err) < 0)
		return -1;
	dts_plan_clear(&a->plan);
	return 0;
}

static int apply_record(struct dts_applier *a, const struct dts_record *r, uint64_t line, struct dts_error *err);

/* Held against the target only. */
static int try_record(struct dts_applier *a, const struct dts_record *r, uint64_t line, struct dts_error *err)
{
	int rc = dts_dry_record(a, r, line, err);

	if (rc > 0)
		rc = apply_record(a, r, line, err);
	return rc < 0 ? dts_dry_problem(a, r, err) : 0;
}

static int apply_record(struct dts_applier *a, const struct dts_record *r, uint64_t line, struct dts_error *err)
{
	switch (r->op) {
	case DTS_OP_STREAM:
		return on_stream(a, r, err);
	case DTS_OP_SCHEMA:
		return on_schema(a, r, err);
	case DTS_OP_CHUNK:
		return dts_chunk_begin(a, r, err);
	case DTS_OP_ROW:
		return dts_chunk_row(a, r, line, err);
	case DTS_OP_CHUNK_END:
		return dts_chunk_end(a, r, err);
	case DTS_OP_BEGIN:
		return dts_group_begin(a, r, err);
	case DTS_OP_INSERT:
	case DTS_OP_UPDATE:
	case DTS_OP_DELETE:
		return a->repair ? on_repair(a, r, line, err) : dts_group_change(a, r, line, err);
	case DTS_OP_SETVAL:
		return a->schema ? dts_apply_schema_setval(a, r, line, err) : dts_group_change(a, r, line, err);
	case DTS_OP_DDL:
		return a->schema ? dts_apply_schema_ddl(a, r, line, err) : dts_group_change(a, r, line, err);
	case DTS_OP_ROLLBACK:
		return dts_group_rollback(a, r, err);
	case DTS_OP_COMMIT:
	case DTS_OP_PREPARE:
		return dts_group_commit(a, r, err);
	case DTS_OP_HEARTBEAT:
		return dts_group_heartbeat(a, r, err);
	case DTS_OP_END:
		return on_end(a, r, err);
	default:
		return dts_fail(err, DTS_BAD_INPUT, "a record with op '%s' cannot be applied", dts_op_name(r->op));
	}
}

/* ---- the loop ---- */

/*
 * Whole transactions are committed. Ctrl-C asked the writers before us to stop,
 * too: what they still say is read and dropped, so that they end well and not by
 * a closed pipe; whoever stops us alone need not wait long.
 */
static int stop(struct dts_applier *a, struct dts_error *err)
{
	struct dts_error ignored = DTS_ERROR_INIT;
	const struct dts_record *r;
	struct timespec now;

	if (a->bulk)
		dts_bulk_stop(a->bulk);
	if (dts_group_flush(a, err) < 0)
		return -1;
	dts_signals_limit(0); /* that was for the target */
	clock_gettime(CLOCK_MONOTONIC, &now);
	time_t deadline = now.tv_sec + STOP_SECONDS;
	while (a->changes && now.tv_sec < deadline && dts_stream_wait(a->stream, 1000) &&
	       dts_stream_next(a->stream, &r, &ignored) > 0)
		clock_gettime(CLOCK_MONOTONIC, &now);
	return 0;
}

/* Whole transactions and chunks that came before an error stay; and one of theirs came first. */
static int settle(struct dts_applier *a, struct dts_error *err)
{
	struct dts_error first = DTS_ERROR_INIT;

	if (a->changes && dts_group_flush(a, &first) < 0)
		*err = first;
	else if (dts_chunk_drain(a, &first) < 0 || dts_chunk_check_gathered(a, &first) < 0)
		*err = first.status != DTS_OK ? first : *err;
	return -1;
}

/* Before waiting what is complete becomes visible at the target, as far as the workers are free. */
static int await_input(struct dts_applier *a, struct dts_error *err)
{
	for (;;) {
		if (dts_parallel_push(a, err) < 0)
			return -1;
		if (!dts_parallel_busy(a))
			return dts_group_flush(a, err);
		if (dts_stream_wait_beside(a->stream, dts_pool_fd(a->parallel.pool), LOOK_MS) || dts_signals_stop())
			return 0;
	}
}

/* The next record is read and applied: 1, 0: there is none, or we are to stop; -1. */
static int step(struct dts_applier *a, struct dts_error *err)
{
	const struct dts_record *r;

	if (!dts_stream_ready(a->stream) && await_input(a, err) < 0)
		return -1;
	a->runner.located = false;
	if (dts_chunk_await(a, err) < 0)
		return -1;
	if (dts_signals_stop())
		return 0;
	int rc = dts_chunk_gather(a, err);
	if (rc < 0 && a->runner.located)
		return -1;
	if (rc == 0 && !dts_signals_stop())
		rc = dts_stream_next(a->stream, &r, err);
	/* Who asked us to stop asked the writer before us, too: its end is no fault then. */
	if (dts_signals_stop() && rc <= 0)
		return 0;
	if (rc <= 0)
		return rc < 0 ? settle(a, err) : 0;
	a->runner.input = dts_stream_name(a->stream);
	if ((a->options.summary ? try_record : apply_record)(a, r, dts_stream_line(a->stream), err) == 0)
		return 1;
	if (!a->runner.located && err->status != DTS_OK)
		dts_where(err, "%s", dts_stream_where(a->stream));
	return a->changes ? -1 : settle(a, err);
}

int dts_applier_run(struct dts_applier *a, int *stopped, struct dts_error *err)
{
	int rc;

	*stopped = 0;
	while ((rc = step(a, err)) > 0)
		if (a->options.progress)
			a->options.progress(a->rows + (a->bulk ? dts_bulk_rows(a->bulk, NULL) : 0), a->change_count,
					    a->transactions);
	if (a->options.summary && (rc == 0 || err->status == DTS_OK)) {
		*stopped = dts_signals_stop();
		return dts_dry_end(a, err);
	}
	/* A signal ends what waits, without an error of its own. */
	*stopped = rc == 0 || err->status == DTS_OK ? dts_signals_stop() : 0;
	if (*stopped)
		rc = stop(a, err);
	else if (rc == 0)
		rc = dts_group_flush(a, err);
	dts_conflict_log_sum(a->conflict_log, a->options.notice);
	return rc < 0 ? -1 : dts_exceptions_tell(a, err);
}

static int take_checkpoint(struct dts_applier *a, struct dts_error *err)
{
	const struct dts_apply_options *o = &a->options;

	if (!o->checkpoint)
		return 0;
	a->checkpoint = (struct dts_checkpoint){.session = a->session, .db = o->checkpoint_db, .name = o->checkpoint};
	if (o->summary) {
		int there = dts_checkpoint_exists(&a->checkpoint, err);
		a->has_checkpoint = there > 0;
		return there > 0 ? dts_checkpoint_raise(&a->checkpoint, err) : there;
	}
	a->has_checkpoint = true;
	if (o->print) {
		struct dts_list names = {0};
		int rc = dts_checkpoint_sources(&a->checkpoint, &names, err);
		dts_list_release(&names);
		if (rc < 0)
			dts_hint(err, "--print changes nothing and reads the checkpoint's tables, which any run with --checkpoint makes");
		return rc < 0 ? -1 : dts_checkpoint_raise(&a->checkpoint, err);
	}
	if (dts_checkpoint_create(&a->checkpoint, err) < 0 ||
	    dts_checkpoint_lock(&a->checkpoint, (unsigned)o->lock_wait, err) < 0)
		return -1;
	return dts_checkpoint_raise(&a->checkpoint, err);
}

/* From here on the session is only asked. What is printed begins with what a client must be set to. */
static int begin_print(struct dts_applier *a, struct dts_error *err)
{
	if (!a->options.print)
		return 0;
	a->options.keys_after = false;
	a->session->print = a->options.print;
	return dts_session_print(a->session, DTS_LIT("SET NAMES utf8mb4"), err) < 0 ||
	       dts_session_print(a->session, DTS_LIT("SET SESSION sql_mode='STRICT_ALL_TABLES,ALLOW_INVALID_DATES,"
						     "NO_AUTO_VALUE_ON_ZERO', time_zone='+00:00'"), err) < 0 ? -1 : 0;
}

struct dts_applier *dts_applier_new(struct dts_session *session, struct dts_stream *stream,
				    const struct dts_apply_options *options, struct dts_error *err)
{
	struct dts_applier *a = dts_zalloc(1, sizeof *a);

	a->options = *options;
	a->session = session;
	a->stream = stream;
	a->log.limit = 16 * 1024 * 1024;
	dts_record_init(&a->again);
	a->conflict_log = dts_conflict_log_new(&a->options.on_conflict, err);
	a->resolver = (struct dts_resolver){.log = a->conflict_log, .runner = &a->runner};
	if (!a->conflict_log || dts_exceptions_read(&a->exceptions, options->skip_txs, options->replace_txs, err) < 0 ||
	    dts_session_run(session, DTS_LIT("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"), err) < 0 ||
	    dts_runner_init(&a->runner, session, err) < 0 || begin_print(a, err) < 0 || take_checkpoint(a, err) < 0) {
		dts_applier_free(a);
		return NULL;
	}
	return a;
}

void dts_applier_free(struct dts_applier *a)
{
	if (!a)
		return;
	if (a->filling)
		dts_bulk_drop(a->bulk, a->filling);
	dts_bulk_free(a->bulk);
	dts_map_release(&a->tables, dts_apply_table_free);
	dts_map_release(&a->done_chunks, free);
	for (size_t i = 0; i < a->tx_cap; i++) {
		dts_position_release(&a->txs[i].pos);
		dts_buf_release(&a->txs[i].tx);
		dts_buf_release(&a->txs[i].xid);
	}
	free(a->txs);
	dts_definitions_release(a);
	dts_cascades_release(&a->cascades);
	dts_keys_release(&a->keys);
	dts_apply_schema_release(a);
	dts_buf_release(&a->last_trigger);
	dts_parallel_release(&a->parallel);
	dts_resolver_release(&a->resolver);
	dts_conflict_log_free(a->conflict_log);
	dts_above_release(&a->above);
	dts_exceptions_release(&a->exceptions);
	dts_dry_release(&a->dry);
	dts_buf_release(&a->passed_ddl);
	dts_spill_release(&a->log);
	dts_plan_release(&a->plan);
	dts_record_release(&a->again);
	dts_position_release(&a->applied);
	dts_position_release(&a->written);
	dts_position_release(&a->marked);
	dts_position_release(&a->snapshot_pos);
	dts_alike_reset(a);
	struct dts_buf *bufs[] = {&a->table_key, &a->src, &a->server_id, &a->instead_of, &a->snapshot_text, &a->chunk_id,
				  &a->chunk_bounds, &a->chunk_pos};
	for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
		dts_buf_release(bufs[i]);
	free(a);
}
