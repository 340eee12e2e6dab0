#include "ddl/ddl.h"

#include "mysql/ddl_run.h"
#include "apply/state.h"
#include "ddl/index.h"
#include "ddl/port.h"
#include "mysql/quote.h"

/*
 * DDL commits by itself and cannot be rolled back. So before it runs, the
 * intent is written down with what the objects look like; after a crash the
 * objects tell whether it ran, and where they cannot, a person is asked.
 */
struct statement {
	struct dts_buf line, intent, before, text;
	struct dts_record record;
	struct dts_ddl ddl;
	struct dts_slice db, sql, context;
	unsigned flags;
	bool shown;   /* what is kept of its tables knows it, or need not */
	bool held;    /* it is kept in the checkpoint and not run */
	bool unclear; /* what the source read of its comments is not known */
	uint64_t input_line;
};

static void statement_release(struct statement *s)
{
	dts_buf_release(&s->line);
	dts_buf_release(&s->intent);
	dts_buf_release(&s->before);
	dts_buf_release(&s->text);
	dts_record_release(&s->record);
	dts_ddl_release(&s->ddl);
}

/* The text as any server understands it: what the source read of executable comments is
 * SQL and the rest is gone; what comes with START TRANSACTION follows in the stream anyway. */
static void make_plain(struct statement *s, const struct dts_ddl_origin *o)
{
	struct dts_buf cut = {0};
	bool executable = dts_ddl_has_executable(s->sql, s->flags);

	s->unclear = executable && (!o->known || o->version == 0);
	if (executable && !s->unclear) {
		dts_ddl_plain(s->sql, s->flags, o->version, &s->text);
		s->sql = dts_buf_slice(&s->text);
	}
	dts_ddl_parse(&s->ddl, s->sql, s->flags);
	if (s->ddl.effects & DTS_DDL_STARTS) {
		dts_ddl_without_start(s->sql, s->flags, &cut);
		dts_buf_clear(&s->text);
		dts_buf_add_slice(&s->text, dts_buf_slice(&cut));
		s->sql = dts_buf_slice(&s->text);
		dts_ddl_parse(&s->ddl, s->sql, s->flags);
	}
	dts_buf_release(&cut);
}

static int statement_read(struct statement *s, const struct dts_ddl_origin *origin, struct dts_slice line,
			  uint64_t input_line, struct dts_error *err)
{

	dts_record_init(&s->record);
	dts_buf_add_slice(&s->line, line);
	s->input_line = input_line;
	if (dts_record_parse(&s->record, dts_buf_slice(&s->line), err) < 0)
		return -1;
	s->sql = s->record.sql;
	s->db = s->record.db.p ? s->record.db : DTS_LIT("");
	s->context = s->record.raw[DTS_F_CONTEXT];
	s->flags = dts_ddl_context_flags(origin, s->context);
	make_plain(s, origin);
	return 0;
}

enum decision { RUN, SKIP, STOP, HOLD };

static int refuse(const struct statement *s, const char *why, struct dts_error *err)
{
	int shown = s->sql.len > 300 ? 300 : (int)s->sql.len;

	return dts_fail(err, DTS_REFUSED, "%s: %.*s%s", why, shown, s->sql.p, s->sql.len > 300 ? "..." : "");
}

/* Has the target rows that the statement would fill? Where that cannot be told, too. */
static bool has_rows(const struct dts_applier *a, const struct statement *s)
{
	const struct dts_ddl_object *o = &s->ddl.objects[0];
	struct dts_error ignored = DTS_ERROR_INIT;
	struct dts_buf sql = {0}, one = {0};

	if (s->ddl.count == 0)
		return true;
	dts_buf_adds(&sql, "SELECT 1 FROM ");
	dts_sql_table(&sql, o->db.len > 0 ? o->db : s->db, o->name);
	dts_buf_adds(&sql, " LIMIT 1");
	bool rows = dts_session_value(a->session, dts_buf_slice(&sql), &one, &ignored) != 0;
	dts_buf_release(&sql);
	dts_buf_release(&one);
	return rows;
}

/* Effects on rows that no row event carries. */
static const char *hidden_effect(const struct dts_applier *a, const struct statement *s)
{
	const struct dts_ddl *d = &s->ddl;

	if (d->effects & DTS_DDL_FILLS_ROWS)
		return "the statement gives existing rows values that the source's log does not carry";
	if (d->effects & DTS_DDL_NUMBERS_ROWS)
		return "the statement numbers existing rows in an order that the source's log does not carry";
	if (d->effects & DTS_DDL_TABLESPACE)
		return "the statement brings rows from a file that the source's log does not carry";
	if (d->kind == DTS_DDL_ALTER_TABLE && a->origin.known && a->origin.family != a->session->family &&
	    dts_ddl_fills_otherwise(s->sql, s->flags) && has_rows(a, s))
		return "the statement gives existing rows the type's own value, which is another one at the target";
	return NULL;
}

static enum decision decide(struct dts_applier *a, const struct statement *s, struct dts_error *err)
{
	enum dts_ddl_kind kind = s->ddl.kind;

	if (kind == DTS_DDL_ADMIN || kind == DTS_DDL_EMPTY || kind == DTS_DDL_TEMPORARY)
		return SKIP; /* no row and no definition differs after it */
	if (kind == DTS_DDL_UNKNOWN || kind == DTS_DDL_DML) {
		refuse(s, "not a statement that can be applied", err);
		dts_hint(err, "make the change at the target by hand, then start again with --ddl-done");
		return STOP;
	}
	bool other = kind == DTS_DDL_ACCOUNT || (kind >= DTS_DDL_CREATE_VIEW && kind <= DTS_DDL_DROP_EVENT);
	if (other && (a->options.other_ddl == DTS_OTHER_STOP || (a->schema && a->options.other_ddl == DTS_OTHER_HOLD))) {
		refuse(s, "the stream changes an object that is not a table", err);
		dts_hint(err, "--other-ddl=hold keeps statements on views, routines, triggers, events and accounts for the cut-over, skip leaves them out, "
			      "apply runs them");
		return STOP;
	}
	if (other && a->options.other_ddl == DTS_OTHER_SKIP)
		return SKIP;
	if (other && a->options.other_ddl == DTS_OTHER_HOLD)
		return HOLD;
	if (s->unclear) {
		refuse(s, "the stream does not say which server read the executable comments of the statement", err);
		dts_hint(err, "make the change at the target by hand, then start again with --ddl-done");
		return STOP;
	}
	if (other)
		return RUN;
	/* Such as DROP TABLE of one that was there and one that was not. */
	if (s->context.p && dts_json_get(s->context, "error").raw.p) {
		refuse(s, "the statement failed at the source when a part of it was done", err);
		dts_hint(err, "make the target like the source by hand, then start again with --ddl-done");
		return STOP;
	}
	const char *hidden = hidden_effect(a, s);
	if (hidden) {
		refuse(s, hidden, err);
		dts_hint(err, "make the change and fill the rows at the target by hand, then start again with --ddl-done");
		return STOP;
	}
	return RUN;
}

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
static int read_intent(struct dts_applier *a, struct statement *s, const struct dts_apply_tx *tx, struct dts_error *err)
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

static int write_intent(struct dts_applier *a, struct statement *s, const struct dts_apply_tx *tx, struct dts_error *err)
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
static int finish_drop(struct dts_applier *a, const struct statement *s, struct dts_error *err)
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

static int run(struct dts_applier *a, struct statement *s, struct dts_error *err)
{
	struct dts_buf warnings = {0};
	int rc = dts_ddl_run(a->session, &s->ddl, s->sql, s->db, &a->origin, s->context, &warnings, err);

	if (warnings.len > 0)
		dts_applier_notice(a, "the target gave a warning for: %.*s: %s", s->sql.len > 200 ? 200 : (int)s->sql.len,
				   s->sql.p, dts_buf_text(&warnings));
	dts_buf_release(&warnings);
	if (rc < 0) {
		dts_buf_clear(&s->intent);
		dts_buf_adds(&s->intent, err->message);
		enum dts_status status = err->status;
		refuse(s, "the target refuses the statement", err);
		err->status = status;
		dts_where(err, "%s", dts_buf_text(&s->intent));
		if (a->has_checkpoint && !a->schema && status != DTS_AGAIN) {
			note_refused(a);
			dts_hint(err, "mend what the target complains about and start again; or make the change by hand and start again with --ddl-done");
		}
		return dts_runner_where(&a->runner, s->input_line, err);
	}
	return 0;
}

/* After a crash: did the statement run? Then it is not run again. */
static int resolve(struct dts_applier *a, struct statement *s, struct dts_error *err)
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
			rc = refuse(s, "a crash left it open whether this statement ran at the target", err);
			dts_hint(err, "look at the table; then start again with --ddl-done or --ddl-redo");
			dts_runner_where(&a->runner, s->input_line, err);
		}
	}
	dts_buf_release(&now);
	return rc;
}

/* Rows of both sides of the statement are at the target. What foreign keys did to them is done again
 * as the snapshot says, so these must stay; for all else the user's word is taken. */
static int in_window(struct dts_applier *a, const struct statement *s, struct dts_error *err)
{
	bool foreign = dts_ddl_speaks_of_foreign(s->sql, s->flags);

	if (!foreign && take_doubt(a) == DTS_DOUBT_DONE)
		return 0; /* somebody made the change by hand */
	refuse(s, "the statement falls into the time in which the full phase read its tables", err);
	dts_hint(err, foreign ? "repeat the full phase: dts-checkpoint remove, empty the tables, start anew"
			      : "make the change at the target by hand, then start again with --ddl-done; or repeat the full phase: "
				"dts-checkpoint remove, empty the tables, start anew");
	return dts_runner_where(&a->runner, s->input_line, err);
}

/* The statement against the windows of tables: 1: to be run; 0: not, since the target shows it; -1. */
static int check_windows(struct dts_applier *a, struct statement *s, const struct dts_apply_tx *tx,
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
static int run_once(struct dts_applier *a, struct statement *s, const struct dts_apply_tx *tx, struct dts_error *err)
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
static void disable_event(struct dts_applier *a, struct statement *s)
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
	struct statement s = {0};
	struct dts_spill_entry e;
	uint64_t at = tx->start;
	int rc = dts_spill_read(&a->log, &at, &e, err);

	if (rc == 0)
		rc = statement_read(&s, &a->origin, e.text, e.line, err);
	if (rc == 0 && s.record.op != DTS_OP_DDL)
		rc = dts_fail(err, DTS_BAD_INPUT, "a ddl record must be the first of its transaction");
	if (rc == 0) {
		enum decision decision = decide(a, &s, err);
		if (decision == STOP && take_doubt(a) == DTS_DOUBT_DONE)
			decision = SKIP; /* somebody made the change by hand */
		if (decision == STOP)
			rc = dts_runner_where(&a->runner, s.input_line, err);
		s.held = decision == HOLD;
		if (decision == RUN)
			disable_event(a, &s);
		if (decision == RUN)
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
	statement_release(&s);
	return rc;
}

int dts_ddl_plan_passed(struct dts_applier *a, struct dts_slice line, struct dts_error *err)
{
	struct statement s = {0};
	int rc = statement_read(&s, &a->origin, line, 0, err);

	if (rc == 0) {
		plan_forget_intent(a);
		dts_definitions_plan_ddl(a, &s.ddl, s.db);
	}
	statement_release(&s);
	return rc;
}

int dts_ddl_judge(struct dts_applier *a, struct dts_slice line, uint64_t input_line, struct dts_error *err)
{
	struct statement s = {0};
	int rc = statement_read(&s, &a->origin, line, input_line, err);

	if (rc == 0 && decide(a, &s, err) == STOP && take_doubt(a) != DTS_DOUBT_DONE)
		rc = -1;
	statement_release(&s);
	return rc;
}

/* ---- schema streams ---- */

/* From the first parenthesis on: the name before it may have been routed. */
static struct dts_slice body_of(struct dts_slice sql)
{
	const char *p = memchr(sql.p, '(', sql.len);

	return p ? dts_slice(p, sql.len - (size_t)(p - sql.p)) : sql;
}

/* Just so, or so once the keys are there that are built after the rows. */
static int is_wanted(struct dts_applier *a, struct dts_slice db, struct dts_slice table, const struct dts_buf *is,
		     const struct dts_buf *wanted, struct dts_error *err)
{
	if (dts_slice_eq(body_of(dts_buf_slice(is)), body_of(dts_buf_slice(wanted))))
		return 1;
	return dts_keys_explain(a, db, table, dts_buf_slice(is), dts_buf_slice(wanted), err);
}

/* 1: the table is there just as the statement makes it; 0: not there; -1: another one is. */
static int already_there(struct dts_applier *a, const struct statement *s, struct dts_error *err)
{
	const struct dts_ddl_object *o = &s->ddl.objects[0];
	struct dts_buf is = {0}, wanted = {0};
	struct dts_slice db = o->db.len > 0 ? o->db : s->db;
	int rc = dts_ddl_definition(a->session, db, o->name, &is, err);

	dts_ddl_without_counter(s->sql, &wanted);
	int same = rc > 0 ? is_wanted(a, db, o->name, &is, &wanted, err) : 0;
	if (rc > 0 && same == 0 && !a->options.print) { /* the target may write it in other words */
		dts_buf_clear(&wanted);
		same = dts_ddl_tried(a->session, &s->ddl, s->sql, &a->origin, s->context, &wanted, err);
		if (same > 0)
			same = is_wanted(a, db, o->name, &is, &wanted, err);
	}
	if (same < 0)
		rc = -1;
	if (rc > 0 && !same) {
		rc = dts_fail(err, DTS_REFUSED, "table '%.*s.%.*s' is at the target already, with another definition",
			      (int)db.len, db.p, (int)o->name.len, o->name.p);
		dts_hint(err, "drop it if it is not needed, or change it to the source's definition");
	}
	dts_buf_release(&is);
	dts_buf_release(&wanted);
	return rc;
}

int dts_apply_ddl_schema(struct dts_applier *a, const struct dts_record *r, uint64_t line, struct dts_error *err)
{
	struct statement s = {0};

	if (!a->swept && !a->options.print)
		dts_ddl_sweep(a->session);
	a->swept = true;
	int rc = statement_read(&s, &a->origin, r->line, line, err);

	if (rc == 0 && s.ddl.kind == DTS_DDL_CREATE_TABLE && s.ddl.count > 0) {
		rc = already_there(a, &s, err);
		if (rc > 0) { /* the pipeline is being repeated */
			statement_release(&s);
			return 0;
		}
	}
	if (rc == 0) {
		enum decision decision = decide(a, &s, err);
		rc = decision == RUN ? run(a, &s, err) : decision == SKIP ? 0 : -1;
	}
	statement_release(&s);
	return rc;
}

/* ---- statements that were held ---- */

int dts_apply_ddl_look(struct dts_applier *a, struct dts_slice record, struct dts_buf *state, struct dts_error *err)
{
	struct statement s = {0};
	int rc = statement_read(&s, &a->origin, record, 0, err);

	if (rc == 0)
		rc = dts_ddl_identity(a->session, &s.ddl, s.db, state, err);
	statement_release(&s);
	return rc;
}

int dts_apply_ddl_held(struct dts_applier *a, struct dts_slice record, struct dts_error *err)
{
	struct statement s = {0};
	int rc = statement_read(&s, &a->origin, record, 0, err);

	if (rc == 0 && s.unclear) {
		rc = refuse(&s, "it is not known which server read the executable comments of the statement", err);
		dts_hint(err, "make the change at the target by hand, then start again with --ddl-done");
	} else if (rc == 0) {
		rc = run(a, &s, err);
	}
	statement_release(&s);
	return rc;
}
