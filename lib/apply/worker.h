#ifndef DTS_APPLY_WORKER_H
#define DTS_APPLY_WORKER_H

#include "apply/batch.h"
#include "apply/conflicting.h"
#include "apply/unit.h"

/* One session that makes units, each in a transaction. Used by one thread. */
struct dts_worker {
	struct dts_session session;
	struct dts_runner runner;
	struct dts_plan plan;
	struct dts_batch *batch;
	struct dts_record record;
	struct dts_resolver resolver; /* its log is set by who hands it units */
	bool singly;                 /* transactions go by themselves, change by change, ... */
	bool no_foreign, no_unique;  /* ... and the session's checks then, as planned */
	unsigned number;             /* of its mark, from 1 on */
	unsigned delay_ms, seed;     /* a random wait before each commit, for tests; 0: none */

	/* Who hands it units answers these. */
	const struct dts_buf *src;   /* the source's name; borrowed */
	/* Appends the statement that marks transactions [0, upto) of the unit as made; it adds none where no checkpoint is kept. */
	void (*mark)(void *arg, struct dts_worker *w, struct dts_unit *u, size_t upto, struct dts_buf *sql);
	/* All is done but the COMMIT: 0: go on; -1: never, a unit before it has failed; 1: not yet, let go of all
	 * locks, ask again with `released` set, which waits for its turn, and make it anew. */
	int (*turn)(void *arg, const struct dts_unit *u, bool released);
	void *arg;
};

int dts_worker_open(struct dts_worker *w, const struct dts_connect_options *server, struct dts_error *err);
void dts_worker_close(struct dts_worker *w); /* all zero is fine */

/*
 * Makes a unit and commits. *made: how many of its transactions are there afterwards, which is all of them at 0. -1: with
 * input and line in the message; what is told is the first transaction that is not there.
 */
int dts_worker_make(struct dts_worker *w, struct dts_unit *u, size_t *made, struct dts_error *err);

#endif
