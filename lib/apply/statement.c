#include "apply/statement.h"

#include "apply/state.h"
#include "ddl/port.h"
#include "mysql/ddl_run.h"
#include "mysql/quote.h"

void dts_apply_statement_release(struct dts_apply_statement *s)
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
static void make_plain(struct dts_apply_statement *s, const struct dts_ddl_origin *o)
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

int dts_apply_statement_read(struct dts_apply_statement *s, const struct dts_ddl_origin *origin, struct dts_slice line,
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

int dts_apply_statement_refuse(const struct dts_apply_statement *s, const char *why, struct dts_error *err)
{
	int shown = s->sql.len > 300 ? 300 : (int)s->sql.len;

	return dts_fail(err, DTS_REFUSED, "%s: %.*s%s", why, shown, s->sql.p, s->sql.len > 300 ? "..." : "");
}

/* Has the target rows that the statement would fill? Where that cannot be told, too. */
static bool has_rows(const struct dts_applier *a, const struct dts_apply_statement *s)
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
static const char *hidden_effect(const struct dts_applier *a, const struct dts_apply_statement *s)
{
	const struct dts_ddl *d = &s->ddl;
	const unsigned values = DTS_DDL_FILLS_ROWS | DTS_DDL_NUMBERS_ROWS;

	/* As dts-schema --diff writes them. */
	if (a->schema && d->kind == DTS_DDL_ALTER_TABLE && d->effects & values && !has_rows(a, s))
		return NULL;
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

enum dts_apply_decision dts_apply_statement_decide(struct dts_applier *a, const struct dts_apply_statement *s, struct dts_error *err)
{
	enum dts_ddl_kind kind = s->ddl.kind;

	if (kind == DTS_DDL_ADMIN || kind == DTS_DDL_EMPTY || kind == DTS_DDL_TEMPORARY)
		return DTS_DECIDE_SKIP; /* no row and no definition differs after it */
	if (kind == DTS_DDL_UNKNOWN || kind == DTS_DDL_DML) {
		dts_apply_statement_refuse(s, "not a statement that can be applied", err);
		dts_hint(err, "make the change at the target by hand, then start again with --ddl-done");
		return DTS_DECIDE_STOP;
	}
	bool other = kind == DTS_DDL_ACCOUNT || (kind >= DTS_DDL_CREATE_VIEW && kind <= DTS_DDL_DROP_EVENT);
	if (other && a->schema && a->options.other_ddl == DTS_OTHER_HOLD) {
		dts_apply_statement_refuse(s, "a statement of a schema stream cannot be held for the cut-over", err);
		dts_hint(err, "it runs without --other-ddl; --other-ddl=skip leaves it out");
		return DTS_DECIDE_STOP;
	}
	/* Of a schema stream they were asked for. */
	if (other && !a->schema && a->options.other_ddl == DTS_OTHER_STOP) {
		dts_apply_statement_refuse(s, "the stream changes an object that is not a table", err);
		dts_hint(err, "--other-ddl=hold keeps statements on views, routines, triggers, events and accounts for the cut-over, skip leaves them out, "
			      "apply runs them");
		return DTS_DECIDE_STOP;
	}
	if (other && a->options.other_ddl == DTS_OTHER_SKIP)
		return DTS_DECIDE_SKIP;
	if (other && a->options.other_ddl == DTS_OTHER_HOLD)
		return DTS_DECIDE_HOLD;
	if (s->unclear) {
		dts_apply_statement_refuse(s, "the stream does not say which server read the executable comments of the statement", err);
		dts_hint(err, "make the change at the target by hand, then start again with --ddl-done");
		return DTS_DECIDE_STOP;
	}
	if (other)
		return DTS_DECIDE_RUN;
	/* Such as DROP TABLE of one that was there and one that was not. */
	if (s->context.p && dts_json_get(s->context, "error").raw.p) {
		dts_apply_statement_refuse(s, "the statement failed at the source when a part of it was done", err);
		dts_hint(err, "make the target like the source by hand, then start again with --ddl-done");
		return DTS_DECIDE_STOP;
	}
	const char *hidden = hidden_effect(a, s);
	if (hidden) {
		dts_apply_statement_refuse(s, hidden, err);
		if (a->schema)
			dts_hint(err, "make the change and fill the rows at the target by hand; dts-schema --diff does not print it again");
		else
			dts_hint(err, "make the change and fill the rows at the target by hand, then start again with --ddl-done");
		return DTS_DECIDE_STOP;
	}
	return DTS_DECIDE_RUN;
}

int dts_apply_statement_run(struct dts_applier *a, struct dts_apply_statement *s, struct dts_error *err)
{
	struct dts_buf warnings = {0};
	int rc = dts_ddl_run(a->session, &s->ddl, s->sql, s->db, &a->origin, s->context, &warnings, err);

	if (warnings.len > 0) /* without the newline behind the last */
		dts_applier_notice(a, "the target gave a warning for: %.*s: %.*s", s->sql.len > 200 ? 200 : (int)s->sql.len,
				   s->sql.p, (int)warnings.len - 1, warnings.data);
	dts_buf_release(&warnings);
	if (rc == 0)
		return 0;
	enum dts_status status = err->status;
	dts_buf_clear(&s->intent);
	dts_buf_adds(&s->intent, err->message);
	dts_apply_statement_refuse(s, "the target refuses the statement", err);
	err->status = status;
	return dts_where(err, "%s", dts_buf_text(&s->intent));
}
