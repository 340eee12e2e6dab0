#include "apply/worker.h"

#include <poll.h>
#include <stdlib.h>

enum {
	SEND_SIZE = 512 * 1024, /* planned SQL is sent when it has grown to this */
	PLAIN = 64,             /* changes planned at once */
	MAX_TRIES = 20,         /* after deadlocks and lock waits */
	WAIT_MS = 2,            /* before the second of them, and longer before each after it, ... */
	WAIT_MOST_MS = 500,
};

/* Why it is made again: the quick way does not do for these changes; or its turn has not come. */
enum { NOT_SO = 1, NOT_YET = 2 };

int dts_worker_open(struct dts_worker *w, const struct dts_connect_options *server, struct dts_error *err)
{
	dts_record_init(&w->record);
	if (dts_session_open(&w->session, server, err) < 0 ||
	    dts_session_run(&w->session, DTS_LIT("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"), err) < 0)
		return -1;
	if (dts_runner_init(&w->runner, &w->session, err) < 0)
		return -1;
	w->resolver.runner = &w->runner;
	w->batch = dts_batch_new(&w->runner);
	return 0;
}

void dts_worker_close(struct dts_worker *w)
{
	dts_batch_free(w->batch);
	dts_session_close(&w->session);
	dts_plan_release(&w->plan);
	dts_resolver_release(&w->resolver);
	dts_record_release(&w->record);
}

static void plan_text(struct dts_worker *w, struct dts_slice sql, struct dts_statement expected)
{
	size_t at = w->plan.sql.len;

	dts_buf_add_slice(&w->plan.sql, sql);
	dts_plan_add(&w->plan, at, expected);
}

static int send_plan(struct dts_worker *w, struct dts_error *err)
{
	int rc = dts_runner_run(&w->runner, &w->plan, err);

	dts_plan_clear(&w->plan);
	return rc;
}

static void roll_back(struct dts_worker *w)
{
	dts_plan_clear(&w->plan);
	w->no_foreign = w->no_unique = false;
	dts_runner_reset(&w->runner);
}

static void plan_start(struct dts_worker *w)
{
	plan_text(w, DTS_LIT("START TRANSACTION"), (struct dts_statement){.rows = DTS_EXPECT_ANY});
}

/* The session's checks, where they are not so already. */
static void plan_checks(struct dts_worker *w, bool no_foreign, bool no_unique)
{
	if (w->no_foreign != no_foreign || w->no_unique != no_unique)
		dts_batch_plan_checks(&w->plan, no_foreign, no_unique);
	w->no_foreign = no_foreign;
	w->no_unique = no_unique;
}

static void begin_resolver(struct dts_worker *w, const struct dts_unit *u, size_t tx)
{
	dts_resolver_begin(&w->resolver, &(struct dts_tx_place){.src = dts_buf_slice(w->src), .tx = dts_unit_tx_name(u, tx),
								 .file = u->names.data + u->txs[tx].file_at,
								 .offset = u->txs[tx].offset});
}

/* What does not fit the target is made as the policy has it. */
static int make_change(struct dts_worker *w, const struct dts_change *c, struct dts_error *err)
{
	const struct dts_resolving change = {.table = c->table, .record = &w->record, .line = c->line};

	if (dts_record_parse(&w->record, c->text, err) < 0)
		return dts_runner_where(&w->runner, c->line, err);
	if (send_plan(w, err) < 0)
		return -1;
	dts_resolver_plan(&w->resolver, &w->plan);
	plan_checks(w, c->no_foreign, c->no_unique);
	if (dts_plan_change(&w->plan, c->table, &w->record, DTS_PLAN_STRICT, c->line, err) < 0)
		return dts_resolver_refused(&w->resolver, &w->plan, &change, err);
	return dts_resolver_run(&w->resolver, &w->plan, &change, err);
}

/* Change by change. */
static int make_carefully(struct dts_worker *w, const struct dts_change *changes, size_t count, struct dts_error *err)
{
	for (size_t i = 0; i < count; i++)
		if (make_change(w, &changes[i], err) < 0)
			return -1;
	plan_checks(w, false, false);
	return 0;
}

/* One statement a change. */
static int make_plainly(struct dts_worker *w, const struct dts_change *changes, size_t count, struct dts_error *err)
{
	for (size_t i = 0; i < count; i += PLAIN) {
		if (dts_batch_plan(w->batch, &w->plan, changes + i, count - i < PLAIN ? count - i : PLAIN, err) < 0)
			return -1;
		if (w->plan.sql.len >= SEND_SIZE && send_plan(w, err) < 0)
			return -1;
	}
	return 0;
}

/* 1: it must be made plainly. */
static int make_quickly(struct dts_worker *w, const struct dts_change *changes, size_t count, struct dts_error *err)
{
	if (count <= DTS_BATCH_FEW)
		return dts_batch_plan(w->batch, &w->plan, changes, count, err);
	return send_plan(w, err) < 0 ? -1 : dts_batch_run(w->batch, changes, count, err);
}

static void plan_more(struct dts_worker *w, const struct dts_unit *u)
{
	for (size_t i = 0; i < u->more.count; i++) {
		const struct dts_statement *s = &u->more.statements[i];
		plan_text(w, dts_slice(u->more.sql.data + s->at, s->len), *s);
	}
}

static void wait_at_random(struct dts_worker *w)
{
	if (w->delay_ms > 0)
		poll(NULL, 0, (int)((unsigned)rand_r(&w->seed) % (w->delay_ms + 1)));
}

/* Comes first: who reads the target's log sees by it whose changes follow (man dts-records, "origin"). What it says of other
 * units is then older than the COMMIT, and still right: it only grows. */
static void plan_mark(struct dts_worker *w, struct dts_unit *u, size_t upto)
{
	size_t at = w->plan.sql.len;

	w->mark(w->arg, w, u, upto, &w->plan.sql);
	if (w->plan.sql.len > at)
		dts_plan_add(&w->plan, at, (struct dts_statement){.rows = DTS_EXPECT_ANY, .guard = true});
}

/* Ends the transaction, in its turn. 1: it was rolled back, and is to be made again. */
static int commit(struct dts_worker *w, struct dts_unit *u, bool first, struct dts_error *err)
{
	if (first)
		plan_more(w, u);
	/* What is not verified yet is, before the COMMIT goes out. */
	if (w->plan.count > 0 && send_plan(w, err) < 0)
		return -1;
	wait_at_random(w);
	int rc = w->turn(w->arg, u, false);
	if (rc > 0) {
		roll_back(w);
		rc = w->turn(w->arg, u, true) < 0 ? -1 : NOT_YET;
	}
	if (rc != 0)
		return rc > 0 ? rc : dts_fail(err, DTS_OK, "a unit before it has failed");
	if (w->singly && dts_resolver_before_commit(&w->resolver, err) < 0)
		return -1;
	dts_plan_commit(&w->plan);
	if (send_plan(w, err) < 0)
		return -1;
	if (w->singly)
		dts_resolver_committed(&w->resolver);
	return 0;
}

/* Transactions [from, to) of the unit as one of the target. 1: not so quickly, or not yet. */
static int attempt(struct dts_worker *w, struct dts_unit *u, size_t from, size_t to, bool quick, struct dts_error *err)
{
	const size_t first = from ? u->txs[from - 1].changes_end : 0, count = u->txs[to - 1].changes_end - first;

	if (w->singly)
		begin_resolver(w, u, from);
	plan_start(w);
	plan_mark(w, u, to);
	int rc = w->singly ? make_carefully(w, u->changes + first, count, err)
		 : quick ? make_quickly(w, u->changes + first, count, err) : make_plainly(w, u->changes + first, count, err);
	if (rc == 0)
		return commit(w, u, from == 0, err);
	return rc;
}

static int make_once(struct dts_worker *w, struct dts_unit *u, size_t from, size_t to, struct dts_error *err)
{
	bool quick = !w->singly;
	int rc;

	while ((rc = attempt(w, u, from, to, quick, err)) > 0) {
		if (rc == NOT_SO)
			quick = false;
		roll_back(w);
	}
	if (rc < 0)
		roll_back(w);
	return rc;
}

/* The same, again after a deadlock or a lock wait. */
static int make(struct dts_worker *w, struct dts_unit *u, size_t from, size_t to, struct dts_error *err)
{
	int ms = WAIT_MS;

	for (int tries = 1;; tries++) {
		*err = (struct dts_error)DTS_ERROR_INIT;
		w->runner.retryable = false;
		if (make_once(w, u, from, to, err) == 0)
			return 0;
		if (!w->runner.retryable || tries == MAX_TRIES)
			return -1;
		poll(NULL, 0, ms + (int)((unsigned)rand_r(&w->seed) % (unsigned)ms));
		ms = ms * 2 < WAIT_MOST_MS ? ms * 2 : WAIT_MOST_MS;
	}
}

/*
 * One of the unit was refused, and took the others with it. So each goes by itself: the
 * target ends right before the one that is refused.
 */
static int make_singly(struct dts_worker *w, struct dts_unit *u, size_t *made, struct dts_error *err)
{
	int rc = 0;

	w->runner.careful = true; /* so that a warning's words can be had */
	w->singly = true;
	for (*made = 0; rc == 0 && *made < u->tx_count; *made += rc == 0)
		rc = make(w, u, *made, *made + 1, err);
	w->runner.careful = w->singly = false;
	return rc;
}

int dts_worker_make(struct dts_worker *w, struct dts_unit *u, size_t *made, struct dts_error *err)
{
	w->runner.input = u->input.data;
	*made = 0;
	if (make(w, u, 0, u->tx_count, err) == 0) {
		*made = u->tx_count;
		return 0;
	}
	/* One alone is made again if it may be a conflict. */
	if (err->status == DTS_OK || err->status == DTS_AGAIN || (u->tx_count == 1 && err->status != DTS_REFUSED))
		return -1;
	return make_singly(w, u, made, err);
}
