#ifndef DTS_MYSQL_ROWS_H
#define DTS_MYSQL_ROWS_H

#include "mysql/packets.h"
#include "mysql/session.h"

/*
 * The rows of one query after another, as they arrive. In binary form, through a prepared
 * statement, where the client library lets us: making text of numbers and dates is what a server spends much of its
 * time with, half of it for a table of many columns. All zero is ready for use.
 */
struct dts_rows {
	char **row; /* of dts_rows_next(): values that are not terminated */
	unsigned long *lengths;
	size_t count;
	const struct dts_wire *wires; /* what the values are; NULL: text */
	/* private */
	struct dts_session *session;
	MYSQL_RES *result; /* of text */
	bool open, over;
	uint32_t statement;
	struct dts_wire *columns; /* room for `room` of each */
	char **values;
	unsigned long *sizes;
	size_t room;
	struct dts_packets packets;
	struct dts_buf command;
};

/* Makes a session ready for many rows. Will they be in binary form? That is to be said to dts_rows_query().
 * What may be wrong with the session shows there. */
bool dts_rows_begin(struct dts_session *s);

/* Runs a query that has rows; none may be under way. -1 as dts_session_fail(). */
int dts_rows_query(struct dts_rows *r, struct dts_session *s, bool binary, struct dts_slice sql, struct dts_error *err);

/* The next row in r->row and r->lengths, until the next call: 1; 0 at the end; -1 as dts_session_fail(). */
int dts_rows_next(struct dts_rows *r, struct dts_error *err);

/* Behind the last row or before it. What is left of the rows is given up together with the
 * connection (dts_session_abort()), instead of reading it all. */
void dts_rows_end(struct dts_rows *r);

void dts_rows_release(struct dts_rows *r);

#endif
