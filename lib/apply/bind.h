#ifndef DTS_APPLY_BIND_H
#define DTS_APPLY_BIND_H

#include "apply/load.h"

/*
 * Rows as arrays of parameters of one prepared INSERT, many rows a packet: MariaDB's
 * COM_STMT_BULK_EXECUTE. The server need not look for the ends of values, which is a third of
 * what LOAD DATA costs it, and as an INSERT it keeps nobody from the table's AUTO_INCREMENT
 * column. Each value is the bytes that LOAD DATA CHARACTER SET binary would read, as a
 * binary string, so that the server makes the same of both; but a strict INSERT
 * refuses what LOCAL would let pass.
 *
 * MariaDB's documentation: "COM_STMT_BULK_EXECUTE"; Connector/C, "Bulk Insert (Column-wise Binding)".
 */
struct dts_bind {
	struct dts_buf text;  /* lines of dts_load_row(), for the caller to fill: the next rows */
	size_t rows;          /* of them */
	struct dts_buf sql;
	size_t columns, most; /* that are written; rows at once */
	struct dts_buf parts; /* pointers, lengths and indicators, by column and row */
	void *params;         /* MYSQL_BIND[columns] */
	MYSQL_STMT *statement;
};

enum { DTS_BIND_BYTES = 256 * 1024 }; /* of text, after which it is time to send */

/* Can rows of this table go so? dts_load_possible() is true of it. */
bool dts_bind_possible(const struct dts_session *s, const struct dts_apply_table *t);

/* Begins with no rows. 0, -1. */
int dts_bind_start(struct dts_bind *b, struct dts_session *s, const struct dts_apply_table *t, struct dts_error *err);

/* Is it time to send? */
bool dts_bind_full(const struct dts_bind *b);

/* Sends the rows. 1: each was written and nothing was said about it, 0: not so, -1: the statement failed. */
int dts_bind_send(struct dts_bind *b, struct dts_session *s, struct dts_error *err);

/* Ends the statement; the memory stays for the next. */
void dts_bind_end(struct dts_bind *b);

void dts_bind_release(struct dts_bind *b); /* all zero is fine */

/* Splits `count` values off a text of dts_load_row(), unescaping them in place: from *at, which
 * goes behind them. NULL is a slice without pointer. False: there are not as many. */
bool dts_bind_split(char **at, char *end, struct dts_slice *values, size_t count);

#endif
