#include "apply/parallel.h"

#include <time.h>

#include "apply/batch.h"
#include "apply/state.h"

enum {
	TX_BYTES = 20 * 1024 * 1024, /* records of a transaction that may wait in memory */
	UNIT_TXS = 2000,             /* transactions of a unit */
	UNIT_MS = 5,                 /* a unit that has been gathered for longer goes to a worker that is free */
};

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

int dts_parallel_start(struct dts_applier *a, struct dts_error *err)
{
	struct dts_pool_options o = {.server = a->options.server, .checkpoint = a->has_checkpoint ? &a->checkpoint : NULL,
				     .jobs = (unsigned)a->options.jobs, .in_order = a->options.in_order,
				     .conflicts = a->conflict_log};
	struct dts_parallel *p = &a->parallel;

	if (a->options.serial || a->options.print || p->pool)
		return 0;
	p->pool = dts_pool_new(&o, err);
	if (!p->pool)
		return -1;
	p->conflicts = dts_conflicts_new();
	p->tx = dts_pool_take(p->pool);
	p->unit = dts_pool_take(p->pool);
	return 0;
}

void dts_parallel_release(struct dts_parallel *p)
{
	dts_pool_free(p->pool);
	dts_conflicts_free(p->conflicts);
	dts_unit_free(p->tx);
	dts_unit_free(p->unit);
	dts_position_release(&p->read);
	dts_position_release(&p->begin);
	dts_buf_release(&p->news.acks);
}

void dts_parallel_join(struct dts_applier *a)
{
	if (a->parallel.pool)
		dts_pool_begin(a->parallel.pool, dts_buf_slice(&a->src), &a->applied);
}

void dts_parallel_forget_tables(struct dts_applier *a)
{
	if (!a->parallel.pool)
		return;
	a->parallel.forgotten = true;
	dts_conflicts_forget(a->parallel.conflicts);
	dts_pool_forget_tables(a->parallel.pool);
}

bool dts_parallel_busy(const struct dts_applier *a)
{
	return a->parallel.pool && (a->parallel.unfinished || a->parallel.unit->tx_count > 0);
}

/* --- the open transaction */

void dts_parallel_begin(struct dts_applier *a, const struct dts_position *pos)
{
	struct dts_parallel *p = &a->parallel;

	p->tx_here = p->pool && !a->tx_exception;
	if (!p->tx_here)
		return;
	p->forgotten = false;
	dts_unit_clear(p->tx);
	dts_position_copy(&p->begin, pos);
}

/* The open transaction goes the other way. 0, -1. */
static int hand_to_group(struct dts_applier *a, struct dts_error *err)
{
	struct dts_parallel *p = &a->parallel;
	int rc = 0;

	p->tx_here = false;
	dts_unit_close(p->tx);
	for (size_t i = 0; rc == 0 && i < p->tx->count; i++) {
		const struct dts_change *c = &p->tx->changes[i];
		rc = dts_spill_add(&a->log, &(struct dts_spill_entry){.line = c->line, .n = p->tx->ordinals[i], .text = c->text}, err);
	}
	dts_unit_clear(p->tx);
	return rc;
}

/* The table is tied to the target's, and what its changes claim is known. */
static int look_at_table(struct dts_applier *a, struct dts_apply_table *t, struct dts_error *err)
{
	const struct dts_window *w = &t->window;

	if (t->bound && t->batch.acts) /* it was looked at before */
		return 0;
	if (a->has_checkpoint && !w->asked && dts_chunk_load_windows(a, t, err) < 0)
		return -1;
	/* Inside its window a table is bound when its change is made: it may be of another form. */
	if (!t->bound && w->known && dts_position_compare(&a->parallel.begin, &w->high) < 0)
		return 0;
	if (!t->bound && dts_applier_bind(a, t, err) < 0)
		return -1;
	if (dts_conflicts_learn(a->parallel.conflicts, a->session, t, err) < 0 ||
	    dts_batch_learn(a->session, t, dts_conflicts_tied(a->parallel.conflicts, t), err) < 0)
		return -1;
	/* What a trigger does to other tables is not known; and what does not roll back is not to be tried. */
	t->learned = !t->batch.acts;
	return 0;
}

int dts_parallel_change(struct dts_applier *a, const struct dts_record *r, uint64_t line, struct dts_error *err)
{
	struct dts_parallel *p = &a->parallel;

	p->forgotten &= p->tx->count > 0;
	if (p->forgotten || !dts_op_is_change(r->op) || dts_unit_size(p->tx) + r->line.len > TX_BYTES)
		return hand_to_group(a, err);
	struct dts_apply_table *t = dts_applier_table(a, r, err);
	if (!t)
		return -1;
	if (!t->learned && look_at_table(a, t, err) < 0)
		return -1;
	if (!t->learned)
		return hand_to_group(a, err);
	if (dts_conflicts_claims(p->conflicts, t, r, &p->tx->claims, err) < 0)
		return -1;
	p->tx->follows_windows |= t->window.known;
	struct dts_change c = {.table = t, .text = r->line, .line = line, .op = r->op,
			       .no_foreign = dts_group_has_flag(r, "no-foreign-key-checks"), .no_unique = dts_group_has_flag(r, "no-unique-checks")};
	if (dts_actions_check(a, t, c.no_foreign, err) < 0)
		return -1;
	dts_unit_change(p->tx, &c, r->n);
	return 1;
}

bool dts_parallel_uses(const struct dts_applier *a, const struct dts_record *schema)
{
	const struct dts_unit *tx = a->parallel.tx;

	for (size_t i = 0; a->parallel.tx_here && i < tx->count; i++) {
		const struct dts_schema *s = &tx->changes[i].table->schema;
		if (dts_slice_eq(s->db, schema->db) && dts_slice_eq(s->table, schema->table))
			return true;
	}
	return false;
}

/* --- whole transactions */

/* The unit goes to the workers. */
static int hand_over(struct dts_applier *a, struct dts_error *err)
{
	struct dts_parallel *p = &a->parallel;
	struct dts_unit *u = p->unit;

	dts_position_copy(&u->end, &p->read);
	if (a->has_checkpoint && u->definitions_end > 0) {
		dts_plan_clear(&a->plan);
		dts_definitions_plan(a, u->definitions_end, &u->end);
		struct dts_plan empty = u->more;
		u->more = a->plan;
		a->plan = empty;
		dts_plan_clear(&a->plan);
		dts_definitions_done(a, u->definitions_end);
	}
	p->unit = dts_pool_take(p->pool);
	p->unfinished = true;
	if (dts_pool_put(p->pool, u, err) == 0 || err->status != DTS_OK)
		return dts_parallel_news(a, err);
	a->runner.located = true; /* a stop signal */
	return -1;
}

/* The first transaction of a unit. */
static void begin_unit(struct dts_applier *a)
{
	struct dts_parallel *p = &a->parallel;

	if (!p->unfinished) /* what went the other way has moved it */
		dts_position_copy(&p->read, &a->applied);
	dts_position_copy(&p->unit->begin, &p->begin);
	dts_position_copy(&p->unit->before, &p->read);
	/* No more than it will hold: memory is counted by the room. */
	if (a->options.group_bytes < TX_BYTES)
		dts_buf_reserve(&p->unit->text, a->options.group_bytes);
	const char *name = a->runner.input;
	dts_buf_add(&p->unit->input, name, strlen(name) + 1);
	p->unit_since = now_ms();
}

static bool is_full(const struct dts_applier *a, size_t more)
{
	const struct dts_unit *u = a->parallel.unit;

	return u->tx_count > 0 && (dts_unit_size(u) + more > a->options.group_bytes || u->tx_count >= UNIT_TXS ||
				   strcmp(u->input.data, a->runner.input) != 0);
}

/* May all its tables' changes be made as they are, at that position? */
static bool is_behind_windows(const struct dts_unit *tx, const struct dts_position *pos)
{
	for (size_t i = 0; tx->follows_windows && i < tx->count; i++) {
		const struct dts_window *w = &tx->changes[i].table->window;
		if (w->known && (!pos->file[0] || dts_position_compare(pos, &w->high) <= 0))
			return false;
	}
	return true;
}

int dts_parallel_commit(struct dts_applier *a, const struct dts_record *r, const struct dts_position *pos, struct dts_error *err)
{
	struct dts_parallel *p = &a->parallel;

	if (!p->tx_here)
		return 0;
	bool just_position = p->tx->count == 0 && !dts_parallel_busy(a);
	if (r->op != DTS_OP_COMMIT || r->xid.p || just_position || !is_behind_windows(p->tx, pos))
		return hand_to_group(a, err);
	if (a->tx_count > 0 && dts_group_flush(a, err) < 0) /* the other way */
		return -1;
	if (p->forgotten && p->tx->count > 0) /* also by that: keys were waiting for it */
		return hand_to_group(a, err);
	p->tx_here = false;
	/* Definitions go with the first of a unit. */
	bool defines = dts_definitions_waiting(a) && p->unit->tx_count > 0;
	if ((defines || is_full(a, dts_unit_size(p->tx))) && hand_over(a, err) < 0)
		return -1;
	if (p->unit->tx_count == 0)
		begin_unit(a);
	dts_unit_append(p->unit, p->tx);
	dts_unit_end_tx(p->unit, pos, r->tx);
	dts_position_follow(&p->read, pos, r->tx);
	if (dts_gtids_known(&p->read.gtid))
		dts_run_ids_add(&p->unit->ids, r->tx);
	if (dts_definitions_waiting(a))
		p->unit->definitions_end = dts_definitions_end(a);
	if (a->options.ack)
		dts_group_add_ack(a, r->tx, &p->read, &p->unit->acks);
	if ((dts_unit_size(p->unit) >= a->options.group_bytes ||
	     (dts_pool_idle(p->pool) && now_ms() - p->unit_since > UNIT_MS)) && hand_over(a, err) < 0)
		return -1;
	return 1;
}

static int give_acks(struct dts_applier *a, struct dts_buf *acks, struct dts_error *err)
{
	struct dts_output *out = a->options.ack;

	if (acks->len == 0)
		return 0;
	dts_buf_add_slice(&out->buf, dts_buf_slice(acks));
	dts_buf_clear(acks);
	return dts_output_record_done(out, err) < 0 || dts_output_flush(out, err) < 0 ? -1 : 0;
}

int dts_parallel_news(struct dts_applier *a, struct dts_error *err)
{
	struct dts_parallel *p = &a->parallel;
	int rc = dts_pool_news(p->pool, &a->applied, &p->news, err);

	if (rc < 0) { /* what came before it is made first, and may fail before it */
		dts_pool_drain(p->pool, err);
		dts_pool_news(p->pool, &a->applied, &p->news, err);
	}
	a->change_count += p->news.changes;
	a->transactions += p->news.transactions;
	p->news.changes = p->news.transactions = 0;
	dts_conflict_log_tell(a->conflict_log, a->options.notice);
	if (rc == 0)
		return give_acks(a, &p->news.acks, err);
	struct dts_error other = DTS_ERROR_INIT;
	give_acks(a, &p->news.acks, &other);
	a->runner.located = true; /* its message names the line */
	return -1;
}

static bool has_more_than_positions(const struct dts_unit *u)
{
	return u->count > 0 || u->definitions_end > 0;
}

/* Nothing is on its way any more. */
static int end_all(struct dts_applier *a)
{
	a->parallel.unfinished = false;
	if (a->parallel.news.marked)
		dts_position_copy(&a->written, &a->applied);
	dts_above_pass(&a->above, &a->applied);
	return 0;
}

/* Nothing is on its way any more, and what was gathered since had nothing in it for us. */
static int take_positions(struct dts_applier *a, struct dts_error *err)
{
	struct dts_parallel *p = &a->parallel;

	end_all(a);
	dts_position_copy(&a->applied, &p->read);
	dts_pool_begin(p->pool, dts_buf_slice(&a->src), &a->applied);
	a->transactions += p->unit->tx_count;
	int rc = give_acks(a, &p->unit->acks, err);
	dts_unit_clear(p->unit);
	return rc;
}

int dts_parallel_push(struct dts_applier *a, struct dts_error *err)
{
	struct dts_parallel *p = &a->parallel;

	if (!p->pool)
		return 0;
	bool wanted = has_more_than_positions(p->unit);
	if (wanted && dts_pool_idle(p->pool) && hand_over(a, err) < 0)
		return -1;
	if (!p->unfinished)
		return 0;
	bool done = dts_pool_busy(p->pool) == 0;
	if (dts_parallel_news(a, err) < 0)
		return -1;
	return done && p->unit->tx_count == 0 ? end_all(a) : done && !wanted ? take_positions(a, err) : 0;
}

int dts_parallel_flush(struct dts_applier *a, struct dts_error *err)
{
	struct dts_parallel *p = &a->parallel;

	if (!dts_parallel_busy(a))
		return 0;
	if (has_more_than_positions(p->unit) && hand_over(a, err) < 0)
		return -1;
	if (dts_pool_drain(p->pool, err) < 0) {
		struct dts_error same;
		dts_parallel_news(a, &same); /* acks of what is there */
		a->runner.located = true;
		return -1;
	}
	if (dts_parallel_news(a, err) < 0)
		return -1;
	return p->unit->tx_count > 0 ? take_positions(a, err) : end_all(a);
}
