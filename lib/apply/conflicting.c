#include "apply/conflicting.h"

#include <mysqld_error.h>

#include "apply/tell.h"
#include "mysql/quote.h"
#include "mysql/select.h"

enum { SHOWN = 600 }; /* bytes of an image in a message */

/* --- one session's */

void dts_resolver_release(struct dts_resolver *v)
{
	dts_plan_release(&v->plan);
	dts_rejected_release(&v->rejected);
	dts_conflict_counts_release(&v->counts);
	dts_buf_release(&v->words);
	dts_buf_release(&v->key);
	dts_buf_release(&v->there);
}

void dts_resolver_begin(struct dts_resolver *v, const struct dts_tx_place *place)
{
	v->place = *place;
	dts_rejected_clear(&v->rejected);
	dts_conflict_counts_clear(&v->counts);
}

int dts_resolver_before_commit(struct dts_resolver *v, struct dts_error *err)
{
	return v->rejected.count > 0 ? dts_conflict_log_write(v->log, &v->rejected, &v->place, err) : 0;
}

void dts_resolver_committed(struct dts_resolver *v)
{
	if (v->counts.count > 0)
		dts_conflict_log_add(v->log, &v->counts, &v->place);
	dts_conflict_counts_clear(&v->counts);
}

/* --- which conflict it is */

/* Numbers of the servers' error references; those without a name here are of one family only. */
static enum dts_conflict_kind kind_of_errno(unsigned number)
{
	switch (number) {
	case ER_DUP_KEY:
	case ER_DUP_ENTRY:
	case ER_DUP_UNIQUE:
	case ER_DUP_ENTRY_WITH_KEY_NAME:
	case ER_FOREIGN_DUPLICATE_KEY_WITH_CHILD_INFO:
	case ER_FOREIGN_DUPLICATE_KEY_WITHOUT_CHILD_INFO:
		return DTS_CONFLICT_DUPLICATE;
	case ER_NO_REFERENCED_ROW:
	case ER_ROW_IS_REFERENCED:
	case ER_ROW_IS_REFERENCED_2:
	case ER_NO_REFERENCED_ROW_2:
		return DTS_CONFLICT_FOREIGN;
	case ER_BAD_NULL_ERROR:
	case ER_WARN_DATA_OUT_OF_RANGE:
	case WARN_DATA_TRUNCATED:
	case ER_TRUNCATED_WRONG_VALUE:
	case ER_NO_DEFAULT_FOR_FIELD:
	case ER_DIVISION_BY_ZERO:
	case ER_TRUNCATED_WRONG_VALUE_FOR_FIELD:
	case ER_ILLEGAL_VALUE_FOR_TYPE:
	case ER_DATA_TOO_LONG:
	case ER_CANT_CREATE_GEOMETRY_OBJECT:
	case ER_NO_PARTITION_FOR_GIVEN_VALUE:
	case ER_SIGNAL_EXCEPTION: /* of a trigger */
	case ER_DATA_OUT_OF_RANGE:
	case ER_ROW_DOES_NOT_MATCH_PARTITION:
	case 3140: /* MySQL: not JSON */
	case 3819: /* MySQL: CHECK */
	case 4025: /* MariaDB: CHECK */
	case 4078: /* MariaDB: a type that does not fit */
	case 6138: /* MySQL: a vector of another length */
		return DTS_CONFLICT_DATA;
	default:
		return DTS_CONFLICT_KINDS;
	}
}

/* "SELECT what FROM table WHERE " into v->plan's text; gives where it begins. */
static size_t begin_select(struct dts_resolver *v, const struct dts_apply_table *t, const struct dts_row_writer *w)
{
	struct dts_buf *sql = &v->plan.sql;
	size_t at = sql->len;

	dts_buf_adds(sql, "SELECT ");
	if (w)
		dts_row_writer_select(w, sql);
	else
		dts_buf_addc(sql, '1');
	dts_buf_adds(sql, " FROM ");
	dts_sql_table(sql, t->schema.db, t->schema.table);
	dts_buf_adds(sql, " dts_it WHERE ");
	return at;
}

/* Runs what begin_select() began: 1: there is a row, in v->there as a record has it where there is a writer; 0, -1. */
static int run_select(struct dts_resolver *v, size_t at, struct dts_row_writer *w, struct dts_error *err)
{
	struct dts_session *s = v->runner->session;
	struct dts_slice sql = dts_slice(v->plan.sql.data + at, v->plan.sql.len - at);
	MYSQL_RES *res = w && dts_session_raw_text(s, true, err) < 0 ? NULL : dts_session_query(s, sql, err);
	int rc = res ? 0 : -1;

	v->plan.sql.len = at;
	dts_buf_clear(&v->there);
	MYSQL_ROW row = res ? mysql_fetch_row(res) : NULL;
	if (row)
		rc = w && dts_row_writer_add(w, row, mysql_fetch_lengths(res), &v->there, err) < 0 ? -1 : 1;
	mysql_free_result(res);
	if (w && rc >= 0 && dts_session_raw_text(s, false, err) < 0)
		rc = -1;
	return rc;
}

/* Is there a row with the key of the image? 1, 0, -1. */
static int find_by_key(struct dts_resolver *v, const struct dts_apply_table *t, const struct dts_json *image, struct dts_row_writer *w,
		       struct dts_error *err)
{
	size_t at = begin_select(v, t, w);

	if (dts_plan_add_key(&v->plan, t, image, err) < 0) {
		v->plan.sql.len = at;
		return -1;
	}
	dts_buf_adds(&v->plan.sql, " LIMIT 1");
	return run_select(v, at, w, err);
}

/*
 * Appends a condition for the rows that hold a unique value of the new image, but for the one with the key of `stays`
 * (may be NULL). 1; 0: such rows cannot be found; -1.
 */
static int add_holders(struct dts_resolver *v, const struct dts_apply_table *t, const struct dts_json *stays, struct dts_error *err)
{
	struct dts_plan *p = &v->plan;
	int found = 0;

	dts_buf_addc(&p->sql, '(');
	for (size_t k = 0; k <= t->target.unique_count; k++) {
		size_t at = p->sql.len;
		dts_buf_adds(&p->sql, found ? " OR " : "");
		int usable = dts_plan_add_unique(p, t, k ? &t->target.unique[k - 1] : &t->target.primary, p->values, err);
		if (usable < 0)
			return -1;
		if (!usable)
			p->sql.len = at;
		found |= usable;
	}
	dts_buf_addc(&p->sql, ')');
	if (found && stays) {
		dts_buf_adds(&p->sql, " AND NOT (");
		if (dts_plan_add_key(p, t, stays, err) < 0)
			return -1;
		dts_buf_addc(&p->sql, ')');
	}
	return found;
}

/* The kind of what has just failed; v->there is the row where it is DTS_CONFLICT_CHANGED. -1: it could not be asked. */
static int classify(struct dts_resolver *v, const struct dts_resolving *c, enum dts_conflict_kind *kind, struct dts_error *err)
{
	const struct dts_runner *r = v->runner;

	if (r->fault == DTS_FAULT_WARNING) {
		*kind = DTS_CONFLICT_DATA;
		return 0;
	}
	if (r->fault == DTS_FAULT_ERROR) {
		*kind = kind_of_errno(r->failed_errno);
		return 0;
	}
	if (c->record->op == DTS_OP_INSERT || r->failed_touched > 0) {
		*kind = DTS_CONFLICT_KINDS;
		return 0;
	}
	struct dts_row_writer *w = dts_row_writer_new(&c->table->target, false);
	int there = c->table->key ? find_by_key(v, c->table, v->plan.before, w, err) : 0;
	dts_row_writer_free(w);
	*kind = there > 0 ? DTS_CONFLICT_CHANGED : DTS_CONFLICT_MISSING;
	return there < 0 ? -1 : 0;
}

/* --- telling */

/* What differs, instead of that nothing was found. */
static void say_changed(struct dts_resolver *v, const struct dts_resolving *c, struct dts_error *err)
{
	dts_buf_clear(&v->words);
	dts_tell_differences(&v->words, c->table, v->plan.before, dts_buf_slice(&v->there));
	dts_fail(err, DTS_REFUSED, "the row at the target is not as the change found it%s%s", v->words.len > 0 ? ":" : "",
		 dts_buf_text(&v->words));
}

static void detail_image(struct dts_error *err, const char *name, struct dts_slice text)
{
	size_t shown = text.len < SHOWN ? text.len : SHOWN;

	dts_detail(err, "%s %.*s%s", name, (int)shown, text.p, shown < text.len ? "..." : "");
}

/* key (`id`=1 ...) as the statement has it. */
static void add_key_text(struct dts_resolver *v, const struct dts_resolving *c)
{
	const struct dts_json *image = c->record->op == DTS_OP_INSERT ? v->plan.values : v->plan.before;
	struct dts_error ignored = DTS_ERROR_INIT;
	size_t at = v->plan.sql.len;

	dts_buf_clear(&v->key);
	if (!c->table->key || dts_plan_add_key(&v->plan, c->table, image, &ignored) < 0) {
		v->plan.sql.len = at;
		dts_buf_adds(&v->key, "no key");
		return;
	}
	dts_buf_adds(&v->key, "key ");
	size_t len = v->plan.sql.len - at;
	dts_buf_add(&v->key, v->plan.sql.data + at, len < SHOWN ? len : SHOWN);
	v->plan.sql.len = at;
}

/* The row that is in the way, or that differs, as it is now. */
static void detail_there(struct dts_resolver *v, const struct dts_resolving *c, enum dts_conflict_kind kind, struct dts_error *err)
{
	const struct dts_apply_table *t = c->table;
	struct dts_error ignored = DTS_ERROR_INIT;
	struct dts_row_writer *w = dts_row_writer_new(&t->target, false);
	int there = -1;

	if (kind == DTS_CONFLICT_DUPLICATE && c->record->op != DTS_OP_DELETE) {
		size_t at = begin_select(v, t, w);
		if (add_holders(v, t, c->record->op == DTS_OP_UPDATE && t->key ? v->plan.before : NULL, &ignored) > 0)
			there = run_select(v, at, w, &ignored);
		v->plan.sql.len = at;
	} else if (t->key && kind <= DTS_CONFLICT_CHANGED) {
		there = find_by_key(v, t, v->plan.before, w, &ignored);
	}
	dts_row_writer_free(w);
	if (there > 0)
		detail_image(err, "at the target:", dts_buf_slice(&v->there));
	else if (there == 0 && kind == DTS_CONFLICT_MISSING)
		dts_detail(err, "at the target: no row with this key");
}

static void hint_options(enum dts_conflict_kind kind, struct dts_error *err)
{
	const char *name = dts_conflict_kind_name(kind);
	bool someone = kind <= DTS_CONFLICT_DUPLICATE;

	dts_hint(err, "%s--on-conflict=%s:HOW goes on, HOW being %signore or reject=FILE",
		 someone ? "the target was changed by someone else, or is not where the checkpoint says; dts-verify shows the differences, "
			 : "", name, dts_conflict_overwrites(kind) ? "overwrite, " : "");
}

/* The run stops at a conflict: all that is known of it. -1. */
static int describe(struct dts_resolver *v, const struct dts_resolving *c, enum dts_conflict_kind kind, struct dts_error *err)
{
	const struct dts_record *r = c->record;
	struct dts_buf place = {0};

	dts_tx_place_add(&place, &v->place);
	add_key_text(v, c);
	dts_detail(err, "conflict %s: %s %llu of %s; table '%.*s.%.*s', %s", dts_conflict_kind_name(kind), dts_op_name(r->op),
		   (unsigned long long)r->n, dts_buf_text(&place), (int)r->db.len, r->db.p, (int)r->table.len, r->table.p,
		   dts_buf_text(&v->key));
	dts_buf_release(&place);
	if (r->raw[DTS_F_BEFORE].p)
		detail_image(err, "before:", r->raw[DTS_F_BEFORE]);
	if (r->raw[DTS_F_AFTER].p)
		detail_image(err, "after:", r->raw[DTS_F_AFTER]);
	detail_there(v, c, kind, err);
	hint_options(kind, err);
	return -1;
}

/* --- what is done */

static int roll_back(struct dts_resolver *v, struct dts_error *err)
{
	return dts_session_run(v->runner->session, DTS_LIT("ROLLBACK TO SAVEPOINT dts_change"), err);
}

static void count(struct dts_resolver *v, const struct dts_resolving *c, enum dts_conflict_kind kind, enum dts_conflict_how how)
{
	dts_buf_clear(&v->key);
	dts_buf_add_slice(&v->key, c->table->schema.db);
	dts_buf_addc(&v->key, '.');
	dts_buf_add_slice(&v->key, c->table->schema.table);
	dts_conflict_count_of(&v->counts, dts_buf_slice(&v->key), kind, how)->count++;
}

/* "duplicate: Duplicate entry ..." */
static void reject(struct dts_resolver *v, const struct dts_resolving *c, enum dts_conflict_kind kind, const struct dts_error *why)
{
	dts_buf_clear(&v->words);
	dts_buf_addf(&v->words, "%s: %s", dts_conflict_kind_name(kind), why->message);
	dts_rejected_add(&v->rejected, c->table, c->record, v->place.tx, dts_buf_slice(&v->words));
}

/* A row of another table that refers to one of those that would be deleted: 1, with its table in the message; 0, -1. */
static int find_child(struct dts_resolver *v, const struct dts_apply_table *t, const struct dts_json *stays, MYSQL_RES *keys,
		      struct dts_error *err)
{
	struct dts_buf *sql = &v->plan.sql;
	MYSQL_ROW row = mysql_fetch_row(keys);

	while (row) { /* the columns of one foreign key, each a row */
		const MYSQL_ROW first = row;
		struct dts_error ignored = DTS_ERROR_INIT;
		size_t at = begin_select(v, t, NULL);
		int usable = add_holders(v, t, stays, err);
		dts_buf_adds(sql, " AND EXISTS (SELECT 1 FROM ");
		dts_sql_table(sql, dts_slice_of(first[0]), dts_slice_of(first[1]));
		dts_buf_adds(sql, " dts_child WHERE ");
		for (size_t i = 0; row && strcmp(row[0], first[0]) == 0 && strcmp(row[1], first[1]) == 0 &&
				   strcmp(row[2], first[2]) == 0; i++, row = mysql_fetch_row(keys)) {
			dts_buf_adds(sql, i ? " AND dts_child." : "dts_child.");
			dts_sql_ident(sql, dts_slice_of(row[3]));
			dts_buf_adds(sql, "=dts_it.");
			dts_sql_ident(sql, dts_slice_of(row[4]));
		}
		dts_buf_adds(sql, ") LIMIT 1");
		if (usable <= 0) {
			sql->len = at;
			return usable;
		}
		int there = run_select(v, at, NULL, &ignored);
		if (there < 0)
			*err = ignored;
		if (there > 0)
			dts_fail(err, DTS_REFUSED, "rows of table '%s.%s' refer to the row that holds the value, which is not deleted "
				 "therefore", first[0], first[1]);
		if (there != 0)
			return there;
	}
	return 0;
}

/* May the rows that hold a unique value be deleted? Neither an action of a foreign key nor an orphan must come of it. */
static int may_clear(struct dts_resolver *v, const struct dts_apply_table *t, const struct dts_json *stays, struct dts_error *err)
{
	struct dts_buf sql = {0};

	dts_buf_adds(&sql, "SELECT TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_COLUMN_NAME"
			   " FROM information_schema.KEY_COLUMN_USAGE WHERE REFERENCED_TABLE_SCHEMA=");
	dts_sql_literal(&sql, t->schema.db);
	dts_buf_adds(&sql, " AND REFERENCED_TABLE_NAME=");
	dts_sql_literal(&sql, t->schema.table);
	dts_buf_adds(&sql, " ORDER BY 1, 2, 3, ORDINAL_POSITION");
	MYSQL_RES *keys = dts_session_query(v->runner->session, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	if (!keys)
		return -1;
	int found = find_child(v, t, stays, keys, err);
	mysql_free_result(keys);
	return found != 0 ? -1 : 0;
}

/* How the change is made after a conflict of that kind, beyond what `how` says already. False: no other way is left. */
static bool widen(struct dts_overwrite *how, const struct dts_resolving *c, enum dts_conflict_kind kind, bool *again)
{
	struct dts_overwrite before = *how;
	bool first = !*again;

	*again = true;
	if (c->converges)
		return false;
	how->missing |= kind == DTS_CONFLICT_MISSING;
	how->clear |= kind == DTS_CONFLICT_DUPLICATE;
	if (how->clear && c->record->op == DTS_OP_UPDATE && !how->missing && !c->table->key)
		return false; /* which of the rows is its own? */
	return first || before.missing != how->missing || before.clear != how->clear;
}

/* Plans and runs what is done instead. */
static int overwrite(struct dts_resolver *v, const struct dts_resolving *c, struct dts_overwrite *how, struct dts_error *err)
{
	const struct dts_apply_table *t = c->table;
	bool insert = c->record->op == DTS_OP_INSERT || (how->missing && c->record->op == DTS_OP_UPDATE);

	if (how->clear && insert && t->key) {
		int there = find_by_key(v, t, v->plan.values, NULL, err);
		if (there < 0)
			return -1;
		how->in_place = there > 0;
	}
	const struct dts_json *stays = !insert ? v->plan.before : how->in_place ? v->plan.values : NULL;
	if (how->clear && may_clear(v, t, stays, err) < 0)
		return -1;
	dts_plan_clear(&v->plan);
	if (dts_plan_overwrite(&v->plan, t, c->record, *how, c->line, err) < 0)
		return -1;
	v->runner->bare = true;
	int rc = dts_runner_run(v->runner, &v->plan, err);
	v->runner->bare = false;
	return rc;
}

/* The change could not be made as it was planned, nor as `plan`, if any, had it instead. */
static int fail(struct dts_resolver *v, const struct dts_plan *plan, const struct dts_resolving *c, struct dts_error *err)
{
	if (plan && v->runner->failed_at < plan->count)
		return dts_runner_tell(v->runner, plan, v->runner->failed_at, err);
	return dts_runner_where(v->runner, c->line, err);
}

/* `err` says what is wrong with a change that was just run as `plan` has it. */
static int resolve(struct dts_resolver *v, const struct dts_plan *plan, const struct dts_resolving *c, struct dts_error *err)
{
	const struct dts_conflict_policy *policy = dts_conflict_log_policy(v->log);
	struct dts_overwrite way = {0};
	enum dts_conflict_kind first = DTS_CONFLICT_KINDS, kind;
	bool again = false;

	for (;;) {
		struct dts_error other = DTS_ERROR_INIT;
		if (v->runner->retryable || err->status != DTS_REFUSED)
			return fail(v, plan, c, err);
		if (classify(v, c, &kind, &other) < 0) {
			*err = other;
			return fail(v, NULL, c, err);
		}
		if (kind == DTS_CONFLICT_CHANGED)
			say_changed(v, c, err);
		enum dts_conflict_how how = policy->how[kind];
		if (first == DTS_CONFLICT_KINDS)
			first = kind;
		if (policy->lenient && roll_back(v, &other) < 0) {
			*err = other;
			return fail(v, NULL, c, err);
		}
		if (how == DTS_HOW_STOP || (how == DTS_HOW_OVERWRITE && !widen(&way, c, kind, &again))) {
			fail(v, plan, c, err);
			return kind == DTS_CONFLICT_KINDS ? -1 : describe(v, c, kind, err);
		}
		if (how == DTS_HOW_REJECT)
			reject(v, c, kind, err);
		if (how != DTS_HOW_OVERWRITE) {
			count(v, c, kind, how);
			return 0;
		}
		*err = (struct dts_error)DTS_ERROR_INIT;
		v->runner->failed_at = SIZE_MAX;
		if (overwrite(v, c, &way, err) == 0) {
			count(v, c, first, how);
			return 0;
		}
		plan = &v->plan;
		if (v->runner->failed_at == SIZE_MAX) { /* not tried: it cannot be overwritten */
			fail(v, NULL, c, err);
			return err->status == DTS_REFUSED ? describe(v, c, kind, err) : -1;
		}
	}
}

void dts_resolver_plan(struct dts_resolver *v, struct dts_plan *plan)
{
	if (!dts_conflict_log_policy(v->log)->lenient)
		return;
	size_t at = plan->sql.len;
	dts_buf_adds(&plan->sql, "SAVEPOINT dts_change");
	dts_plan_add(plan, at, (struct dts_statement){.rows = DTS_EXPECT_ANY});
}

int dts_resolver_run(struct dts_resolver *v, struct dts_plan *plan, const struct dts_resolving *c, struct dts_error *err)
{
	struct dts_runner *r = v->runner;
	bool careful = r->careful;

	/* In one packet with the savepoint: the change is its last statement, whose warnings can be read. */
	r->careful = c->converges;
	r->bare = true;
	int rc = dts_runner_run(r, plan, err);
	r->bare = false;
	r->careful = careful;
	if (rc < 0) {
		dts_plan_clear(&v->plan);
		struct dts_error other = DTS_ERROR_INIT;
		if (dts_plan_spread(&v->plan, c->table, c->record, &other) < 0)
			return fail(v, plan, c, err);
		rc = resolve(v, plan, c, err);
	}
	dts_plan_clear(plan);
	return rc;
}

int dts_resolver_refused(struct dts_resolver *v, struct dts_plan *plan, const struct dts_resolving *c, struct dts_error *err)
{
	enum dts_conflict_how how = dts_conflict_log_policy(v->log)->how[DTS_CONFLICT_DATA];
	struct dts_error other = DTS_ERROR_INIT;

	if (!plan->value_refused || dts_plan_spread(&v->plan, c->table, c->record, &other) < 0)
		return fail(v, NULL, c, err);
	dts_plan_clear(&v->plan);
	if (how == DTS_HOW_STOP) {
		fail(v, NULL, c, err);
		return describe(v, c, DTS_CONFLICT_DATA, err);
	}
	if (how == DTS_HOW_REJECT)
		reject(v, c, DTS_CONFLICT_DATA, err);
	count(v, c, DTS_CONFLICT_DATA, how);
	/* The session's checks, which were planned before it, are set; a part of it, inside a window, is not made. */
	if (dts_runner_run(v->runner, plan, err) < 0 || roll_back(v, err) < 0)
		return -1;
	dts_plan_clear(plan);
	return 0;
}
