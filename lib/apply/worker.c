#include "apply/worker.h"

#include <poll.h>
#include <stdlib.h>

enum {
	SEND_SIZE = 512 * 1024, /* planned SQL is sent when it has grown to this */
	MAX_TRIES = 20,         /* after deadlocks and lock waits */
	WAIT_MS = 2,            /* before the second of them, and longer before each after it, ... */
	WAIT_MOST_MS = 500,
};

int dts_worker_open(struct dts_worker *w, const struct dts_connect_options *server, struct dts_error *err)
{
	dts_record_init(&w->record);
	if (dts_session_open(&w->session, server, err) < 0 ||
	    dts_session_run(&w->session, DTS_LIT("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"), err) < 0)
		return -1;
	return dts_runner_init(&w->runner, &w->session, err);
}

void dts_worker_close(struct dts_worker *w)
{
	dts_session_close(&w->session);
	dts_plan_release(&w->plan);
	dts_record_release(&w->record);
}

static void plan_text(struct dts_worker *w, struct dts_slice sql, struct dts_statement expected)
{
	size_t at = w->plan.sql.len;

	dts_buf_add_slice(&w->plan.sql, sql);
	dts_plan_add(&w->plan, at, expected);
}

static void plan_checks(struct dts_worker *w, bool no_foreign, bool no_unique)
{
	const struct dts_statement ours = {.rows = DTS_EXPECT_ANY};

	if (w->checks_off_foreign != no_foreign)
		plan_text(w, no_foreign ? DTS_LIT("SET foreign_key_checks=0") : DTS_LIT("SET foreign_key_checks=1"), ours);
	if (w->checks_off_unique != no_unique)
		plan_text(w, no_unique ? DTS_LIT("SET unique_checks=0") : DTS_LIT("SET unique_checks=1"), ours);
	w->checks_off_foreign = no_foreign;
	w->checks_off_unique = no_unique;
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
	w->checks_off_foreign = w->checks_off_unique = false;
	dts_runner_reset(&w->runner);
}

static void plan_start(struct dts_worker *w)
{
	plan_checks(w, false, false);
	plan_text(w, DTS_LIT("START TRANSACTION"), (struct dts_statement){.rows = DTS_EXPECT_ANY});
	if (w->guard.len > 0)
		plan_text(w, w->guard, (struct dts_statement){.guard = true});
}

/* One statement a change. */
static int make_plainly(struct dts_worker *w, const struct dts_unit *u, size_t from, size_t to, struct dts_error *err)
{
	for (size_t i = from; i < to; i++) {
		const struct dts_change *c = &u->changes[i];
		if (dts_record_parse(&w->record, c->text, err) < 0)
			return dts_runner_where(&w->runner, c->line, err);
		plan_checks(w, c->no_foreign, c->no_unique);
		if (dts_plan_change(&w->plan, c->table, &w->record, DTS_PLAN_STRICT, c->line, err) < 0)
			return dts_runner_where(&w->runner, c->line, err);
		if (w->plan.sql.len >= SEND_SIZE && send_plan(w, err) < 0)
			return -1;
	}
	return 0;
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

/* Ends the transaction, in its turn. 1: it was rolled back, and is to be made again. */
static int commit(struct dts_worker *w, struct dts_unit *u, size_t upto, bool first, struct dts_error *err)
{
	size_t at = w->plan.sql.len;

	w->mark(w->arg, w, u, upto, &w->plan.sql);
	if (w->plan.sql.len > at)
		dts_plan_add(&w->plan, at, (struct dts_statement){.rows = DTS_EXPECT_ANY});
	if (first)
		plan_more(w, u);
	if (send_plan(w, err) < 0)
		return -1;
	wait_at_random(w);
	int rc = w->turn(w->arg, u, false);
	if (rc > 0) {
		roll_back(w);
		rc = w->turn(w->arg, u, true) < 0 ? -1 : 1;
	}
	if (rc != 0)
		return rc > 0 ? 1 : dts_fail(err, DTS_OK, "a unit before it has failed");
	plan_text(w, DTS_LIT("COMMIT"), (struct dts_statement){.rows = DTS_EXPECT_ANY});
	return send_plan(w, err);
}

/* Transactions [from, to) of the unit as one of the target. */
static int make_once(struct dts_worker *w, struct dts_unit *u, size_t from, size_t to, struct dts_error *err)
{
	int rc;

	do {
		plan_start(w);
		rc = make_plainly(w, u, from ? u->txs[from - 1].changes_end : 0, u->txs[to - 1].changes_end, err);
		if (rc == 0)
			rc = commit(w, u, to, from == 0, err);
	} while (rc > 0);
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
	for (*made = 0; rc == 0 && *made < u->tx_count; *made += rc == 0)
		rc = make(w, u, *made, *made + 1, err);
	w->runner.careful = false;
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
	if (err->status == DTS_AGAIN || (u->tx_count == 1 && !w->runner.wordless))
		return -1;
	return make_singly(w, u, made, err);
}
