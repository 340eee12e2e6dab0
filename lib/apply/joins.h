#ifndef DTS_APPLY_JOINS_H
#define DTS_APPLY_JOINS_H

#include "apply/plan.h"
#include "mysql/session.h"

/*
 * Updates and deletes of many rows as one statement of text, for MySQL, which has no arrays of parameters: a join of
 * the table with the rows' images,
 *
 *   UPDATE (VALUES ROW(1,'new',_binary'old'),...) v (k0,a1,b1) STRAIGHT_JOIN t ON t.id=v.k0 SET t.c=v.a1
 *   WHERE IF(CAST(t.c AS BINARY)<=>v.b1,1,0)
 *
 * A third of what a statement a row costs the server (9.7). Pure: bytes in, SQL out. The MySQL manual, "VALUES Statement".
 */
struct dts_joins {
	struct dts_plan *plan; /* where the statement grows; nothing else is added meanwhile */
	const struct dts_apply_table *table;
	enum dts_op op;
	size_t at, rows;
};

/* Can this table's rows be changed so? Keys of text are not: a join may not compare what is of two collations. */
bool dts_joins_possible(const struct dts_session *s, const struct dts_apply_table *t);

/* Begins a statement, an update or delete. */
void dts_joins_begin(struct dts_joins *j, struct dts_plan *p, const struct dts_apply_table *t, enum dts_op op);

/* Adds a row; `after` may be NULL for a delete. False, and the row is not in it: one of its values cannot go this way. */
bool dts_joins_add(struct dts_joins *j, const struct dts_json *before, const struct dts_json *after);

/* Ends the statement, which must change each of its rows; without any there is none. */
void dts_joins_end(struct dts_joins *j, uint64_t line);

#endif
