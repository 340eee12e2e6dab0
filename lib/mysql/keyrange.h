#ifndef DTS_MYSQL_KEYRANGE_H
#define DTS_MYSQL_KEYRANGE_H

#include "mysql/catalog.h"

/*
 * Ranges of a table's rows along a key: (after, upto], each end open at the
 * table's edge. Used to read, to compare and to find again the same rows.
 */

/* The key to walk a table by: the primary key, else a unique key of NOT NULL
 * columns; NULL when there is none. Columns whose values do not order the same
 * on both ends (FLOAT, DOUBLE, JSON, geometry, TEXT, BLOB, a SET of more than 53 members, YEAR(2), a CHAR of
 * a NOPAD collation of MariaDB's) disqualify a key. */
const struct dts_key *dts_keyrange_key(const struct dts_schema *schema);

/* One value of a key as the server printed it: number, text or bytes. */
struct dts_bound {
	struct dts_buf *literals; /* SQL literals, one a key column; NULL: open */
	struct dts_buf *json;     /* the same as record values */
	size_t count;
};

void dts_bound_release(struct dts_bound *b);
void dts_bound_copy(struct dts_bound *to, const struct dts_bound *from);

/* Appends the predicate of (after, upto] over the key's columns in a form whose
 * first column is bounded so that the index is used:
 * (a>1 OR (a=1 AND b>2)) AND (a<5 OR (a=5 AND b<=6)) AND a>=1 AND a<=5. "TRUE" when both are open. */
void dts_keyrange_where(struct dts_buf *sql, const struct dts_schema *schema, const struct dts_key *key,
			const struct dts_bound *after, const struct dts_bound *upto);

/* Appends "`db`.`table` FORCE INDEX (...)" (no hint if `key` is NULL), the table's name at this server (schema->source_*):
 * without the hint a large OFFSET or range is sometimes answered by sorting the table. */
void dts_keyrange_from(struct dts_buf *sql, const struct dts_schema *schema, const struct dts_key *key);

/* Appends "`a`,`b`", for ORDER BY. */
void dts_keyrange_order(struct dts_buf *sql, const struct dts_key *key);

/* Appends the key's columns as a select list for dts_keyrange_fill(); text is asked for as
 * bytes, so that it does not matter what the session converts results to. */
void dts_keyrange_select(struct dts_buf *sql, const struct dts_schema *schema, const struct dts_key *key);

/* Finds the key of the row `rows` rows beyond `after`: 1 with `upto` filled, 0
 * when fewer rows are left (the last range is open). */
int dts_keyrange_next(struct dts_session *s, const struct dts_schema *schema, const struct dts_key *key,
		      const struct dts_bound *after, uint64_t rows, struct dts_bound *upto,
		      struct dts_error *err);

/* Fills a bound from a fetched row of the key's columns, in the key's order,
 * each selected as dts_select_column() does. -1 (DTS_BAD_INPUT). */
int dts_keyrange_fill(const struct dts_schema *schema, const struct dts_key *key, MYSQL_ROW row,
		      const unsigned long *lengths, struct dts_bound *bound, struct dts_error *err);

/* Appends the bound as the record's object {"a":1,"b":"x"}; nothing when open. */
void dts_bound_add_json(struct dts_buf *b, const struct dts_key *key, const struct dts_bound *bound);

#endif
