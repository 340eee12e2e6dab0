#include "apply/state.h"

/*
 * The statements of a transaction that goes the serial way, change by change: what its tables'
 * windows say of it, and what is to be done where it stands alone.
 */
enum { SEND_SIZE = 512 * 1024 }; /* planned SQL is sent when it has grown to this */

/* Strict, converging, or not at all (false): where the table's rows stand. */
static bool mode_of(const struct dts_apply_table *t, const struct dts_position *pos, enum dts_plan_mode *mode)
{
	*mode = DTS_PLAN_STRICT;
	if (!t->window.known || !pos || !pos->file[0])
		return true;
	if (dts_position_compare(pos, &t->window.low) <= 0)
		return false;
	if (dts_position_compare(pos, &t->window.high) <= 0)
		*mode = DTS_PLAN_CONVERGE;
	return true;
}

bool dts_group_has_flag(const struct dts_record *r, const char *flag)
{
	struct dts_json_walk walk;
	struct dts_json value;
	struct dts_buf scratch = {0};
	bool found = false;

	if (!r->raw[DTS_F_FLAGS].p)
		return false;
	walk = dts_json_walk(r->raw[DTS_F_FLAGS]);
	while (!found && dts_json_element(&walk, &value))
		found = value.type == DTS_JSON_STRING && dts_slice_is(dts_json_string(value.raw, &scratch), flag);
	dts_buf_release(&scratch);
	return found;
}

/* What the table's foreign keys did to other tables, which the log does not say. */
static int plan_cascades(struct dts_applier *a, struct dts_apply_table *t, const struct dts_record *r, uint64_t line,
			 struct dts_error *err)
{
	/* They were off there, or it is in the log. */
	if (a->origin.logs_foreign_actions || dts_group_has_flag(r, "no-foreign-key-checks"))
		return 0;
	if (dts_actions_load(a, err) < 0)
		return -1;
	return dts_cascades_plan(&a->cascades, &a->plan, t, r, line, err);
}

/* Before the table is tied to the target's, which looks as it did when its rows were read: a
 * change that they show already may be of another form. */
static int look_at_window(struct dts_applier *a, struct dts_apply_table *t, struct dts_error *err)
{
	return a->changes && a->has_checkpoint && !t->window.asked ? dts_chunk_load_windows(a, t, err) : 0;
}

/* Another change is planned. */
static int count_change(struct dts_applier *a, struct dts_error *err)
{
	a->change_count++;
	if (a->plan.sql.len < SEND_SIZE)
		return 0;
	if (dts_runner_run(&a->runner, &a->plan, err) < 0)
		return -1;
	dts_plan_clear(&a->plan);
	return 0;
}

static int plan_setval(struct dts_applier *a, const struct dts_record *r, uint64_t line, struct dts_error *err)
{
	int rc = 0;

	if (a->session->family == DTS_MYSQL) {
		rc = dts_fail(err, DTS_REFUSED, "the target has no sequences such as '%.*s.%.*s'", (int)r->db.len, r->db.p,
			      (int)r->table.len, r->table.p);
		dts_hint(err, "leave them out with dts-binlog --skip-sequences");
	}
	if (rc < 0 || dts_plan_setval(&a->plan, r, line, err) < 0)
		return dts_runner_where(&a->runner, line, err);
	return count_change(a, err);
}

/* Of a transaction that goes by itself: what was planned before the change is sent, so that it stands alone. */
static int begin_alone(struct dts_applier *a, struct dts_error *err)
{
	if (!a->singly)
		return 0;
	if (dts_runner_run(&a->runner, &a->plan, err) < 0)
		return -1;
	dts_plan_clear(&a->plan);
	dts_resolver_plan(&a->resolver, &a->plan);
	return 0;
}

/* The change is planned. */
static int end_change(struct dts_applier *a, const struct dts_apply_table *t, const struct dts_record *r,
		      enum dts_plan_mode mode, uint64_t line, struct dts_error *err)
{
	const struct dts_resolving change = {.table = t, .record = r, .line = line, .converges = mode == DTS_PLAN_CONVERGE};

	if (a->singly && dts_resolver_run(&a->resolver, &a->plan, &change, err) < 0)
		return -1;
	return count_change(a, err);
}

/* The change cannot be planned. */
static int refuse_change(struct dts_applier *a, const struct dts_apply_table *t, const struct dts_record *r,
			 enum dts_plan_mode mode, uint64_t line, struct dts_error *err)
{
	const struct dts_resolving change = {.table = t, .record = r, .line = line, .converges = mode == DTS_PLAN_CONVERGE};

	return a->singly ? dts_resolver_refused(&a->resolver, &a->plan, &change, err) : dts_runner_where(&a->runner, line, err);
}

int dts_group_plan_record(struct dts_applier *a, const struct dts_record *r, const struct dts_position *pos,
			  uint64_t line, struct dts_error *err)
{
	if (r->op == DTS_OP_SETVAL)
		return plan_setval(a, r, line, err);
	struct dts_apply_table *t = dts_applier_table(a, r, err);
	enum dts_plan_mode mode;

	if (!t || look_at_window(a, t, err) < 0)
		return dts_runner_where(&a->runner, line, err);
	if (!mode_of(t, pos, &mode))
		return 0;
	bool no_foreign = dts_group_has_flag(r, "no-foreign-key-checks");
	if ((!t->bound && dts_applier_bind(a, t, err) < 0) || dts_actions_check(a, t, no_foreign, err) < 0)
		return dts_runner_where(&a->runner, line, err);
	if (begin_alone(a, err) < 0)
		return -1;
	dts_applier_plan_checks(a, mode == DTS_PLAN_CONVERGE || no_foreign,
				dts_group_has_flag(r, "no-unique-checks"));
	if (dts_plan_change(&a->plan, t, r, mode, line, err) < 0 ||
	    (mode == DTS_PLAN_CONVERGE && plan_cascades(a, t, r, line, err) < 0))
		return refuse_change(a, t, r, mode, line, err);
	return end_change(a, t, r, mode, line, err);
}

int dts_group_plan_tx(struct dts_applier *a, const struct dts_apply_tx *tx, struct dts_error *err)
{
	uint64_t at = tx->start;

	while (at < tx->end) {
		struct dts_spill_entry e;
		if (dts_spill_read(&a->log, &at, &e, err) < 0)
			return -1;
		if (dts_record_parse(&a->again, e.text, err) < 0)
			return -1;
		if (a->again.op == DTS_OP_DDL)
			continue; /* was run by itself */
		if (dts_group_plan_record(a, &a->again, &tx->pos, e.line, err) < 0)
			return -1;
	}
	return 0;
}
