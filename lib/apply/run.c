#include "apply/run.h"

#include <mysqld_error.h>
#include <stdlib.h>

/* Larger packets win nothing and would be held by the server as a whole. */
enum { PACKET_SIZE = 1024 * 1024, SHOWN = 600 };

enum { UNKNOWN_SEQUENCES = 4091 }; /* of MariaDB, whose number Oracle's headers do not name */

static const char strict_mode[] = "SET sql_mode='STRICT_ALL_TABLES,ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO'";
static const char lenient_mode[] = "SET sql_mode='ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO'";

int dts_runner_init(struct dts_runner *r, struct dts_session *s, struct dts_error *err)
{
	struct dts_buf value = {0};

	*r = (struct dts_runner){.session = s};
	/* Every warning of a statement is looked at, not the first 64. MySQL shows 1024 and
	 * lets few accounts change that: more than are shown are refused. */
	if (dts_session_run(s, DTS_LIT("SET SESSION max_error_count=65535"), err) < 0) {
		if (mysql_errno(s->mysql) != ER_SPECIFIC_ACCESS_DENIED_ERROR)
			return -1;
		*err = (struct dts_error)DTS_ERROR_INIT;
	}
	int rc = dts_session_value(s, DTS_LIT("SELECT @@max_allowed_packet"), &value, err);
	if (rc >= 0)
		r->max_packet = strtoull(dts_buf_text(&value), NULL, 10);
	dts_buf_release(&value);
	return rc < 0 ? -1 : 0;
}

void dts_runner_reset(struct dts_runner *r)
{
	struct dts_error ignored = DTS_ERROR_INIT;

	/* A lost connection has rolled back already. */
	dts_session_run(r->session, DTS_LIT("ROLLBACK"), &ignored);
	dts_session_run(r->session, dts_slice_of(strict_mode), &ignored);
	dts_session_run(r->session, r->no_foreign ? DTS_LIT("SET foreign_key_checks=0, unique_checks=1")
						  : DTS_LIT("SET foreign_key_checks=1, unique_checks=1"), &ignored);
}

int dts_runner_where(struct dts_runner *r, uint64_t line, struct dts_error *err)
{
	r->located = true;
	if (r->what && err->status != DTS_BAD_INPUT)
		dts_where(err, "%s", r->what);
	return dts_where(err, "%s:%llu", r->input, (unsigned long long)line);
}

/* Adds where the statement came from and what it says. */
static int tell_statement(struct dts_runner *r, const struct dts_plan *p, const struct dts_statement *s, struct dts_error *err)
{
	struct dts_slice sql = dts_slice(p->sql.data + s->at, s->len);
	struct dts_buf text = {0};

	if (err->status == DTS_AGAIN) /* no fault of the statement's */
		return s->line > 0 ? dts_runner_where(r, s->line, err) : -1;

	dts_buf_adds(&text, err->message);
	dts_buf_adds(&text, "; statement: ");
	dts_buf_add(&text, sql.p, sql.len < SHOWN ? sql.len : SHOWN);
	if (sql.len > SHOWN)
		dts_buf_addf(&text, "... (%zu bytes)", sql.len);
	enum dts_status status = err->status;
	struct dts_buf hint = {0};
	dts_buf_adds(&hint, err->hint);
	dts_fail(err, status, "%s", dts_buf_text(&text));
	if (hint.len > 0)
		dts_hint(err, "%s", dts_buf_text(&hint));
	dts_buf_release(&text);
	dts_buf_release(&hint);
	if (s->line > 0 && s->rows > 1)
		dts_where(err, "%lld rows from here on", s->rows);
	return s->line > 0 ? dts_runner_where(r, s->line, err) : -1;
}

int dts_runner_tell(struct dts_runner *r, const struct dts_plan *p, size_t statement, struct dts_error *err)
{
	return tell_statement(r, p, &p->statements[statement], err);
}

/* The column of the statement's table that "Data truncated for column 'x'" is about. */
static const struct dts_column *truncated(const struct dts_statement *s, MYSQL_ROW warning)
{
	const struct dts_column *found = NULL;
	struct dts_buf quoted = {0};

	if (strtoul(warning[1], NULL, 10) != WARN_DATA_TRUNCATED)
		return NULL;
	for (size_t i = 0; s->target && i < s->target->column_count && !found; i++) {
		const struct dts_column *c = &s->target->columns[i];
		dts_buf_clear(&quoted);
		dts_buf_addf(&quoted, "'%.*s'", (int)c->name.len, c->name.p);
		if (strstr(warning[2], dts_buf_text(&quoted)))
			found = c;
	}
	dts_buf_release(&quoted);
	return found;
}

/*
 * Is the warning one that the statement may give? The server rounds what it
 * computes, and says so: the value is its own, not one that we brought. And it
 * warns of each error value of an ENUM; of one more, and a label has been lost.
 */
static bool is_expected(const struct dts_statement *s, MYSQL_ROW warning, unsigned *enum_zeros)
{
	const struct dts_column *c = truncated(s, warning);

	if (dts_warning_is_deprecation((unsigned)strtoul(warning[1], NULL, 10)))
		return true;
	if (!c)
		return false;
	if (c->generated != DTS_GENERATED_NO)
		return true;
	return c->type == DTS_TYPE_ENUM && (*enum_zeros)++ < s->enum_zeros;
}

/* Looks at the warnings of the statement that was just run, the last of its
 * packet: each must be one that it may give. */
static int check_warnings(struct dts_runner *r, const struct dts_statement *s, struct dts_error *err)
{
	unsigned count = mysql_warning_count(r->session->mysql), seen = 0, enum_zeros = 0;
	MYSQL_RES *res = dts_session_query(r->session, DTS_LIT("SHOW WARNINGS"), err);
	int rc = res ? 0 : -1;

	r->fault = res ? DTS_FAULT_WARNING : DTS_FAULT_ERROR;

	for (MYSQL_ROW row; rc == 0 && (row = mysql_fetch_row(res)); seen++)
		if (!is_expected(s, row, &enum_zeros))
			rc = dts_fail(err, DTS_REFUSED, "the target gave a warning: %s %s: %s", row[0], row[1], row[2]);
	if (rc == 0 && seen < count)
		rc = dts_fail(err, DTS_REFUSED, "the target gave %u warnings and shows only %u of them", count, seen);
	mysql_free_result(res);
	return rc;
}

static int hint_changed(struct dts_error *err)
{
	return dts_hint(err, "the target was changed by someone else, or is not where the checkpoint says; "
			     "dts-verify shows the differences");
}

/* Reads what one statement answered. *warned: it gave warnings, ask when the packet is done. */
static int check_answer(struct dts_runner *r, const struct dts_statement *s, bool *warned, struct dts_error *err)
{
	MYSQL *mysql = r->session->mysql;
	MYSQL_RES *res = mysql_store_result(mysql);
	const bool has_rows = res;

	if (!res && mysql_field_count(mysql) > 0)
		return dts_session_fail(r->session, err, "reading an answer");
	long long rows = (long long)(res ? mysql_num_rows(res) : mysql_affected_rows(mysql));
	mysql_free_result(res);
	if (s->guard && rows == 0) {
		dts_fail(err, DTS_AGAIN, "another run has taken over this checkpoint");
		return dts_hint(err, "this run has stopped without writing; let the other go on");
	}
	if (has_rows)
		return 0;
	if (s->rows != DTS_EXPECT_ANY && rows != s->rows) {
		r->fault = DTS_FAULT_ROWS;
		r->failed_touched = rows;
		dts_fail(err, DTS_REFUSED, rows == 0 ? "the row is not at the target"
						     : "%lld rows of the target were touched, not %lld", rows, s->rows);
		return hint_changed(err);
	}
	*warned = !s->commits && mysql_warning_count(mysql) > 0;
	return 0;
}

/* Reads and drops the answers that are still to come. */
static void skip_answers(MYSQL *mysql)
{
	while (mysql_next_result(mysql) == 0)
		mysql_free_result(mysql_store_result(mysql));
}

/* What the server said of a change, or that it said nothing any more. */
static int fail_change(struct dts_runner *r, struct dts_error *err)
{
	dts_session_fail(r->session, err, "the target refuses the change");
	if (mysql_errno(r->session->mysql) == UNKNOWN_SEQUENCES)
		dts_hint(err, "make it there as SHOW CREATE SEQUENCE has it at the source, or leave sequences out with dts-binlog "
			 "--skip-sequences");
	if (err->status != DTS_AGAIN)
		return -1;
	return dts_session_fail(r->session, err, "a transaction was not finished by the target");
}

/* Reads the answers of statements [*at, to), whose packet was sent; *at is left
 * at the statement that failed or at the last one. */
static int read_answers(struct dts_runner *r, const struct dts_plan *p, size_t *at, size_t to, struct dts_error *err)
{
	MYSQL *mysql = r->session->mysql;

	for (;;) {
		bool warned = false;
		if (check_answer(r, &p->statements[*at], &warned, err) < 0) {
			skip_answers(mysql);
			return -1;
		}
		if (warned && *at + 1 == to)
			return check_warnings(r, &p->statements[*at], err);
		if (warned) { /* its words are replaced by those of the next statement */
			skip_answers(mysql);
			r->wordless = true;
			r->fault = DTS_FAULT_WARNING;
			return dts_fail(err, DTS_REFUSED, "the target gave a warning");
		}
		if (*at + 1 == to)
			return 0;
		++*at;
		if (mysql_next_result(mysql) != 0)
			return fail_change(r, err);
	}
}

/* Sends statements [from, to) in one packet and reads every answer. */
static int run_packet(struct dts_runner *r, const struct dts_plan *p, size_t from, size_t to, struct dts_error *err)
{
	const struct dts_statement *first = &p->statements[from], *last = &p->statements[to - 1];
	MYSQL *mysql = r->session->mysql;
	size_t len = last->at + last->len - first->at, at = from;
	int rc;

	if (len + 64 > r->max_packet) {
		dts_fail(err, DTS_REFUSED, "a statement of %zu bytes is longer than the target's max_allowed_packet of %llu",
			 len, (unsigned long long)r->max_packet);
		dts_hint(err, "raise max_allowed_packet at the target to 1G");
		r->failed_at = p->count; /* it is too long to be told */
		if (r->bare)
			return -1;
		return first->line ? dts_runner_where(r, first->line, err) : -1;
	}
	if (mysql_real_query(mysql, p->sql.data + first->at, len) != 0)
		rc = fail_change(r, err);
	else
		rc = read_answers(r, p, &at, to, err);
	if (rc == 0)
		return 0;
	r->failed_errno = mysql_errno(mysql);
	r->retryable = dts_errno_retry(r->failed_errno);
	r->failed_at = at;
	r->failed_line = p->statements[at].line;
	r->failed_rows = p->statements[at].rows;
	return r->bare ? -1 : tell_statement(r, p, &p->statements[at], err);
}

/* The error value of an ENUM is refused by strict mode, and stored with warning 1265 else. */
static int run_enum_zero(struct dts_runner *r, const struct dts_plan *p, size_t at, struct dts_error *err)
{
	struct dts_error second = DTS_ERROR_INIT;

	if (dts_session_run(r->session, dts_slice_of(lenient_mode), err) < 0)
		return -1;
	int rc = run_packet(r, p, at, at + 1, err);
	int back = dts_session_run(r->session, dts_slice_of(strict_mode), rc < 0 ? &second : err);
	return rc < 0 ? rc : back;
}

/* How many statements from `from` on go into one packet: the warnings of a
 * statement can be read only when it is the last. */
static size_t packet_end(const struct dts_runner *r, const struct dts_plan *p, size_t from, size_t limit)
{
	size_t start = p->statements[from].at, to = from;

	while (++to < p->count && !r->careful && !p->statements[to - 1].computes && !p->statements[to].enum_zeros &&
	       p->statements[to].at + p->statements[to].len - start < limit)
		;
	return to;
}

static int print_plan(struct dts_runner *r, const struct dts_plan *p, struct dts_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < p->count && rc == 0; i++) {
		const struct dts_statement *s = &p->statements[i];
		if (s->enum_zeros)
			rc = dts_session_print(r->session, dts_slice_of(lenient_mode), err);
		if (rc == 0)
			rc = dts_session_print(r->session, dts_slice(p->sql.data + s->at, s->len), err);
		if (rc == 0 && s->enum_zeros)
			rc = dts_session_print(r->session, dts_slice_of(strict_mode), err);
	}
	return rc;
}

int dts_runner_run(struct dts_runner *r, struct dts_plan *p, struct dts_error *err)
{
	size_t limit = r->max_packet / 2 < PACKET_SIZE ? r->max_packet / 2 : PACKET_SIZE;
	size_t from = 0;

	r->retryable = r->located = r->wordless = false;
	r->failed_line = 0;
	r->failed_rows = 0;
	r->failed_errno = 0;
	r->fault = DTS_FAULT_ERROR;
	if (r->session->print)
		return print_plan(r, p, err);
	while (from < p->count) {
		size_t to = from + 1;
		int rc;
		if (p->statements[from].enum_zeros) {
			rc = run_enum_zero(r, p, from, err);
		} else {
			to = packet_end(r, p, from, limit);
			rc = run_packet(r, p, from, to, err);
		}
		if (rc < 0)
			return -1;
		from = to;
	}
	return 0;
}
