#ifndef DTS_VERIFY_PAIR_H
#define DTS_VERIFY_PAIR_H

#include "mysql/session.h"

/*
 * Two servers asked at the same time: a statement is sent to both before either
 * answer is waited for, so that a comparison takes as long as the slower one.
 */
enum { DTS_SOURCE, DTS_TARGET, DTS_SIDES };

struct dts_pair {
	struct dts_session *side[DTS_SIDES]; /* borrowed */
};

/*
 * Runs sql[0] at the source and sql[1] at the target. Rows come from the network
 * as they are fetched if `stream` is set, else they are stored. Free both results
 * (dts_pair_free), also after -1; `what` starts the error message.
 */
int dts_pair_query(struct dts_pair *p, const struct dts_slice sql[DTS_SIDES], bool stream,
		   MYSQL_RES *res[DTS_SIDES], const char *what, struct dts_error *err);
void dts_pair_free(MYSQL_RES *res[DTS_SIDES]);

/* The next row of one side: 1, 0 at the end, -1 when the connection broke. */
int dts_pair_row(struct dts_pair *p, int side, MYSQL_RES *res, MYSQL_ROW *row, const char *what,
		 struct dts_error *err);

/* After all rows of a side: a warning means that a value was not what was asked
 * for (a result cut at max_allowed_packet), so the comparison would be void. */
int dts_pair_check(struct dts_pair *p, int side, const char *what, struct dts_error *err);

/* Runs the same statement on both sides. */
int dts_pair_run(struct dts_pair *p, struct dts_slice sql, struct dts_error *err);

#endif
