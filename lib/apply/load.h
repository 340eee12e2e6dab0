#ifndef DTS_APPLY_LOAD_H
#define DTS_APPLY_LOAD_H

#include "apply/literal.h"
#include "apply/table.h"

/*
 * Rows as the text that LOAD DATA LOCAL reads: one line a row, the columns that
 * are written in the order of the schema. What the server stores is exactly what
 * it would store for the literals of apply/literal.h. Pure: bytes in, bytes out.
 *
 * LOAD DATA: the MySQL manual, "LOAD DATA Statement"; MariaDB's, "LOAD DATA INFILE".
 *
 * LOCAL means IGNORE to the servers: a row that is there already is skipped, a
 * value that does not fit is cut. So the caller counts rows and warnings before it
 * commits, and repeats the chunk as INSERT, which names the row, when either differs.
 */

/* Finds the way of a column that is matched to the target's; dts_apply_table_match() does. */
void dts_load_column(struct dts_apply_column *c);

/* Can rows of this bound table go this way at all? */
bool dts_load_possible(const struct dts_apply_table *t);

/* Appends the statement, for a session set up by dts_session_open(). The name of
 * the file in it is 'rows'; the handler that streams the text may ignore it. */
void dts_load_statement(struct dts_buf *sql, const struct dts_apply_table *t);

/*
 * Appends the line of one row, newline included; `values` by column of the schema, as
 * dts_apply_table_spread() gives them. 1: appended. 0, and nothing appended: only
 * INSERT can write this row (a document of MySQL's with a DECIMAL in it, the error
 * value of an ENUM, a NULL that the column does not take, a column that is absent): its
 * chunk goes that way. -1: no literal of that value can be made either, and the
 * error says what dts_literal_add() says.
 */
int dts_load_row(struct dts_buf *out, const struct dts_apply_table *t, const struct dts_json *values,
		 struct dts_literal_scratch *scratch, struct dts_error *err);

#endif
