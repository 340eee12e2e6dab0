#include "apply/state.h"
#include "apply/statement.h"
#include "mysql/ddl_run.h"
#include "ddl/index.h"
#include "ddl/port.h"
#include "mysql/quote.h"

/*
 * DDL commits by itself and cannot be rolled back. So before it runs, the
 * intent is written down with what the objects look like; after a crash the
 * objects tell whether it ran, and where they cannot, a person is asked.
 */

/* --ddl-done and --ddl-redo speak about one statement: the first that stops. */
static enum dts_doubt take_doubt(struct dts_applier *a)
{
	enum dts_doubt doubt = a->options.doubt;

	a->options.doubt = DTS_DOUBT_ASK;
	return doubt;
}

/* ---- the intent ---- */

static void add_key(struct dts_applier *a, struct dts_buf *sql)
{
	dts_buf_adds(sql, " WHERE ");
	dts_checkpoint_where(&a->checkpoint, dts_buf_slice(&a->src), sql);
}

/* 1: an earlier run meant to run this transaction's statement; 0: none did. */
static int read_intent(struct dts_applier *a, struct dts_apply_statement *s, const struct dts_apply_tx *tx, struct dts_error *err)
{
	struct dts_buf sql = {0};
	int found = 0;

	dts_buf_adds(&sql, "SELECT tx, before_state FROM ");
	dts_checkpoint_table(&a->checkpoint, "ddl", &sql);
	add_key(a, &sql);
	MYSQL_RES *res = dts_session_query(a->session, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	if (!res)
		return -1;
	MYSQL_ROW row = mysql_fetch_row(res);
	if (row && dts_slice_is(dts_buf_slice(&tx->tx), row[0])) {
		found = 1;
		dts_buf_adds(&s->before, row[1]);
	}
	mysql_free_result(res);
	return found;
}

static int write_intent(struct dts_applier *a, struct dts_apply_statement *s, const struct dts_apply_tx *tx, struct dts_error *err)
{
	struct dts_buf *sql = &a->plan.sql;

	if (dts_ddl_identity(a->session, &s->ddl, s->db, &s->before, err) < 0)
		return -1;
	dts_applier_plan_start(a);
	size_t at = sql->len;
	dts_buf_adds(sql, "REPLACE INTO ");
	dts_checkpoint_table(&a->checkpoint, "ddl", sql);
	dts_buf_adds(sql, " (checkpoint,src,tx,statement,before_state,updated) VALUES (");
	struct dts_slice values[] = {dts_slice_of(a->options.checkpoint), dts_buf_slice(&a->src), dts_buf_slice(&tx->tx),
				     s->sql, dts_buf_slice(&s->before)};
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		dts_sql_literal(sql, values[i]);
		dts_buf_addc(sql, ',');
	}
	dts_buf_adds(sql, "UTC_TIMESTAMP(6))");
	dts_plan_add(&a->plan, at, (struct dts_statement){.rows = DTS_EXPECT_ANY});
	return dts_applier_commit(a, err);
}

/* What an intent holds instead of the objects when the target refused the
 * statement: it has not run, whatever the objects look like later. */
static const char refused[] = "refused";

static void note_refused(struct dts_applier *a)
{
	struct dts_error ignored = DTS_ERROR_INIT; /* the refusal is what is told */
	struct dts_buf *sql = &a->plan.sql;

	dts_applier_plan_start(a);
	size_t at = sql->len;
	dts_buf_adds(sql, "UPDATE ");
	dts_checkpoint_table(&a->checkpoint, "ddl", sql);
	dts_buf_addf(sql, " SET before_state='%s'", refused);
	add_key(a, sql);
	dts_plan_add(&a->plan, at, (struct dts_statement){.rows = DTS_EXPECT_ANY});
	dts_applier_commit(a, &ignored);
}

static void plan_forget_intent(struct dts_applier *a)
{
	size_t at = a->plan.sql.len;

	dts_buf_adds(&a->plan.sql, "DELETE FROM ");
	dts_checkpoint_table(&a->checkpoint, "ddl", &a->plan.sql);
	add_key(a, &a->plan.sql);
	dts_plan_add(&a->plan, at, (struct dts_statement){.rows = DTS_EXPECT_ANY});
}

/* Does running a statement a second time, after it ran unseen, do harm? */
static bool redo_is_safe(const struct dts_ddl *d, struct dts_slice sql)
{
	if (d->kind == DTS_DDL_RENAME_TABLE || d->effects & DTS_DDL_EXCHANGES)
		return false; /* a swap of equal tables looks the same before and after */
	if (d->kind != DTS_DDL_ALTER_TABLE)
		return true;
	/* So does a swap of two columns' names. */
	struct dts_buf upper = {0};
	for (size_t i = 0; i < sql.len; i++)
		dts_buf_addc(&upper, (char)(sql.p[i] >= 'a' && sql.p[i] <= 'z' ? sql.p[i] - 32 : sql.p[i]));
	bool renames = strstr(dts_buf_text(&upper), "RENAME") || strstr(upper.data, "CHANGE");
	dts_buf_release(&upper);
	return !renames;
}

/* DROP of several: each that is left is dropped. */
static bool some_left(struct dts_slice state)
{
	for (const char *p = state.p, *end = state.p + state.len; p < end;) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		if (!eol)
			break;
		if (eol - p < 7 || memcmp(eol - 6, "absent", 6) != 0)
			return true;
		p = eol + 1;
	}
	return false;
}

/* Runs what is left of a DROP TABLE or DROP DATABASE that a crash cut in two. */
static int finish_drop(struct dts_applier *a, const struct dts_apply_statement *s, struct dts_error *err)
{
	struct dts_buf sql = {0};
	int rc = 0;

	for (size_t i = 0; i < s->ddl.count && rc == 0; i++) {
		const struct dts_ddl_object *o = &s->ddl.objects[i];
		dts_buf_clear(&sql);
		dts_buf_adds(&sql, o->type == DTS_DDL_TYPE_DATABASE ? "DROP DATABASE IF EXISTS " : "DROP TABLE IF EXISTS ");
		if (o->type == DTS_DDL_TYPE_DATABASE)
			dts_sql_ident(&sql, o->db);
		else
			dts_sql_table(&sql, o->db.len > 0 ? o->db : s->db, o->name);
		rc = dts_session_run(a->session, dts_buf_slice(&sql), err);
	}
	dts_buf_release(&sql);
	return rc;
}

/* Runs it; what the target refuses is noted as not having run. */
static int run(struct dts_applier *a, struct dts_apply_statement *s, struct dts_error *err)
{
	if (dts_apply_statement_run(a, s, err) == 0)
		return 0;
	if (a->has_checkpoint && err->status != DTS_AGAIN) {
		note_refused(a);
		dts_hint(err, "mend what the target complains about and start again; or make the change by hand and start again with --ddl-done");
	}
	return dts_runner_where(&a->runner, s->input_line, err);
}

/* After a crash: did the statement run? Then it is not run again. */
static int resolve(struct dts_applier *a, struct dts_apply_statement *s, struct dts_error *err)
{
	struct dts_buf now = {0};
	int rc = dts_ddl_identity(a->session, &s->ddl, s->db, &now, err);

	if (rc == 0 && (s->ddl.kind == DTS_DDL_DROP_TABLE || s->ddl.kind == DTS_DDL_DROP_DATABASE)) {
		if (some_left(dts_buf_slice(&now)))
			rc = finish_drop(a, s, err);
	} else if (rc == 0 && dts_slice_eq(dts_buf_slice(&now), dts_buf_slice(&s->before))) {
		enum dts_doubt doubt = redo_is_safe(&s->ddl, s->sql) ? DTS_DOUBT_REDO : take_doubt(a);
		if (doubt == DTS_DOUBT_REDO) {
			rc = run(a, s, err);
		} else if (doubt == DTS_DOUBT_ASK) {
			rc = dts_apply_statement_refuse(s, "a crash left it open whether this statement ran at the target", err);
			dts_hint(err, "look at the table; then start again with --ddl-done or --ddl-redo");
			dts_runner_where(&a->runner, s->input_line, err);
		}
	}
	dts_buf_release(&now);
	return rc;
}

/* Rows of both sides of the statement are at the target. What foreign keys did to them is done again
 * as the snapshot says, so these must stay; for all else the user's word is taken. */
static int in_window(struct dts_applier *a, const struct dts_apply_statement *s, struct dts_error *err)
{
	bool foreign = dts_ddl_speaks_of_foreign(s->sql, s->flags);

	if (!foreign && take_doubt(a) == DTS_DOUBT_DONE)
		return 0; /* somebody made the change by hand */
	dts_apply_statement_refuse(s, "the statement falls into the time in which the full phase read its tables", err);
	dts_hint(err, foreign ? "repeat the full phase: dts-checkpoint remove, empty the tables, start anew"
			      : "make the change at the target by hand, then start again with --ddl-done; or repeat the full phase: "
				"dts-checkpoint remove, empty the tables, start anew");
	return dts_runner_where(&a->runner, s->input_line, err);
}

/* The statement against the windows of tables: 1: to be run; 0: not, since the target shows it; -1. */
static int check_windows(struct dts_applier *a, struct dts_apply_statement *s, const struct dts_apply_tx *tx,
			 struct dts_error *err)
{
	switch (dts_ddl_window(a, &s->ddl, s->sql, s->flags, s->db, &tx->pos, err)) {
	case DTS_DDL_BEHIND_WINDOWS:
		/* Keys that waited for them are there, which the statement may be about. */
		return dts_keys_all(a, err) < 0 ? -1 : 1;
	case DTS_DDL_BESIDE_WINDOWS:
		return 1;
	case DTS_DDL_BEFORE_WINDOW:
		s->shown = true;
		return 0;
	case DTS_DDL_KEYS_IN_WINDOW:
		s->shown = true; /* what is kept of a table knows nothing of such keys */
		return 1;
	case DTS_DDL_IN_WINDOW:
		return in_window(a, s, err);
	default:
		return -1;
	}
}

/* Runs the statement with its intent; nothing is written yet about its end. */
static int run_once(struct dts_applier *a, struct dts_apply_statement *s, const struct dts_apply_tx *tx, struct dts_error *err)
{
	if (!a->has_checkpoint)
		return run(a, s, err);
	int due = check_windows(a, s, tx, err);
	if (due <= 0)
		return due;
	int found = read_intent(a, s, tx, err);
	if (found < 0)
		return -1;
	if (found && !dts_slice_is(dts_buf_slice(&s->before), refused))
		return resolve(a, s, err);
	if (found && take_doubt(a) == DTS_DOUBT_DONE)
		return 0; /* somebody made the change by hand */
	dts_buf_clear(&s->before);
	if (write_intent(a, s, tx, err) < 0)
		return -1;
	return run(a, s, err);
}

/* Events act by themselves, which at a target is too early. */
static void disable_event(struct dts_applier *a, struct dts_apply_statement *s)
{
	struct dts_buf text = {0};

	if (dts_ddl_disable_event(&s->ddl, s->sql, s->flags, &text)) {
		const struct dts_slice db = s->ddl.objects[0].db.len > 0 ? s->ddl.objects[0].db : s->db, name = s->ddl.objects[0].name;

		dts_applier_notice(a, "event '%.*s.%.*s' is disabled at the target: enable it when that takes over", (int)db.len, db.p,
				   (int)name.len, name.p);
		dts_buf_clear(&s->text);
		dts_buf_add_slice(&s->text, dts_buf_slice(&text));
		s->sql = dts_buf_slice(&s->text);
		dts_ddl_parse(&s->ddl, s->sql, s->flags);
	}
	dts_buf_release(&text);
}

int dts_apply_ddl_tx(struct dts_applier *a, const struct dts_apply_tx *tx, struct dts_error *err)
{
	struct dts_apply_statement s = {0};
	struct dts_spill_entry e;
	uint64_t at = tx->start;
	int rc = dts_spill_read(&a->log, &at, &e, err);

	if (rc == 0)
		rc = dts_apply_statement_read(&s, &a->origin, e.text, e.line, err);
	if (rc == 0 && s.record.op != DTS_OP_DDL)
		rc = dts_fail(err, DTS_BAD_INPUT, "a ddl record must be the first of its transaction");
	if (rc == 0) {
		enum dts_apply_decision decision = dts_apply_statement_decide(a, &s, err);
		if (decision == DTS_DECIDE_STOP && take_doubt(a) == DTS_DOUBT_DONE)
			decision = DTS_DECIDE_SKIP; /* somebody made the change by hand */
		if (decision == DTS_DECIDE_STOP)
			rc = dts_runner_where(&a->runner, s.input_line, err);
		s.held = decision == DTS_DECIDE_HOLD;
		if (decision == DTS_DECIDE_RUN)
			disable_event(a, &s);
		if (decision == DTS_DECIDE_RUN)
			rc = run_once(a, &s, tx, err);
	}
	dts_applier_unbind(a);
	if (rc == 0) {
		/* CREATE TABLE ... SELECT brings its rows; then the end of it is written. */
		dts_applier_plan_start(a);
		dts_group_plan_mark(a, 0, 1); /* first, as plan_start() of group.c */
		rc = tx->exception ? dts_exception_plan(a, tx->exception, dts_buf_slice(&tx->tx), err) : 0;
		if (s.held && rc == 0)
			dts_held_plan(a, tx, dts_buf_slice(&s.line));
		if (rc == 0)
			rc = dts_group_plan_tx(a, tx, err);
		if (rc == 0 && a->has_checkpoint) {
			if (!s.shown)
				dts_definitions_plan_ddl(a, &s.ddl, s.db);
			dts_definitions_plan(a, tx->definitions_end, &tx->pos);
			plan_forget_intent(a);
		}
		if (rc == 0)
			rc = dts_applier_commit(a, err);
	}
	dts_apply_statement_release(&s);
	return rc;
}

int dts_ddl_plan_passed(struct dts_applier *a, struct dts_slice line, struct dts_error *err)
{
	struct dts_apply_statement s = {0};
	int rc = dts_apply_statement_read(&s, &a->origin, line, 0, err);

	if (rc == 0) {
		plan_forget_intent(a);
		dts_definitions_plan_ddl(a, &s.ddl, s.db);
	}
	dts_apply_statement_release(&s);
	return rc;
}

int dts_ddl_judge(struct dts_applier *a, struct dts_slice line, uint64_t input_line, struct dts_error *err)
{
	struct dts_apply_statement s = {0};
	int rc = dts_apply_statement_read(&s, &a->origin, line, input_line, err);

	if (rc == 0 && dts_apply_statement_decide(a, &s, err) == DTS_DECIDE_STOP && take_doubt(a) != DTS_DOUBT_DONE)
		rc = -1;
	dts_apply_statement_release(&s);
	return rc;
}

/* ---- statements that were held ---- */

int dts_apply_ddl_look(struct dts_applier *a, struct dts_slice record, struct dts_buf *state, struct dts_error *err)
{
	struct dts_apply_statement s = {0};
	int rc = dts_apply_statement_read(&s, &a->origin, record, 0, err);

	if (rc == 0)
		rc = dts_ddl_identity(a->session, &s.ddl, s.db, state, err);
	dts_apply_statement_release(&s);
	return rc;
}

int dts_apply_ddl_held(struct dts_applier *a, struct dts_slice record, struct dts_error *err)
{
	struct dts_apply_statement s = {0};
	int rc = dts_apply_statement_read(&s, &a->origin, record, 0, err);

	if (rc == 0 && s.unclear) {
		rc = dts_apply_statement_refuse(&s, "it is not known which server read the executable comments of the statement", err);
		dts_hint(err, "make the change at the target by hand, then start again with --ddl-done");
	} else if (rc == 0) {
		rc = run(a, &s, err);
	}
	dts_apply_statement_release(&s);
	return rc;
}
