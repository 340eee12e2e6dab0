#include <stdlib.h>

#include "dump/dump.h"
#include "mysql/quote.h"

/*
 * Where a shard is cut in two. The cut is always the key of a row that a query of the range has
 * found, so that what is before and behind it is for the server to say, whatever
 * the collation. Estimates only say where to look and whether it is worth it: those
 * of EXPLAIN for a range come from the index itself, but are never more than half of
 * what the statistics have for the table, which may be out of date.
 */
enum {
	CHUNK_ROWS = 20000,
	FAR_ROWS = 50000, /* a scan of so many keys costs some milliseconds */
	LOPSIDED = 8,
	ROUNDS = 40,
};

typedef __int128 wide;

static void add_range(struct dts_buf *sql, const struct dts_split *s)
{
	dts_keyrange_from(sql, &s->table->schema, s->table->key);
	dts_buf_adds(sql, " WHERE ");
	dts_keyrange_where(sql, &s->table->schema, s->table->key, s->last, s->upto);
}

/* Appends " AND `a`<5". */
static void add_first(struct dts_buf *sql, const struct dts_split *s, const char *op, wide value)
{
	uint64_t size = (uint64_t)(value < 0 ? -value : value);

	dts_buf_adds(sql, " AND ");
	dts_sql_ident(sql, s->table->key->columns[0]);
	dts_buf_addf(sql, "%s%s%llu", op, value < 0 ? "-" : "", (unsigned long long)size);
}

static int explain(struct dts_session *s, struct dts_slice query, uint64_t *rows, bool *sorts, struct dts_error *err)
{
	struct dts_buf sql = {0};

	*rows = 0;
	*sorts = false;
	/* The form with columns is no longer the default everywhere. */
	dts_buf_adds(&sql, "EXPLAIN FORMAT=TRADITIONAL ");
	dts_buf_add_slice(&sql, query);
	MYSQL_RES *result = dts_session_query(s, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	if (!result)
		return -1;
	MYSQL_FIELD *fields = mysql_fetch_fields(result);
	MYSQL_ROW row = mysql_fetch_row(result);
	for (unsigned i = 0; row && i < mysql_num_fields(result); i++) {
		if (!row[i])
			continue;
		if (strcmp(fields[i].name, "rows") == 0)
			*rows = strtoull(row[i], NULL, 10);
		else if (strcmp(fields[i].name, "Extra") == 0)
			*sorts = strstr(row[i], "filesort") != NULL;
	}
	mysql_free_result(result);
	return 0;
}

int dts_dump_sorts(struct dts_session *s, struct dts_slice query, struct dts_error *err)
{
	uint64_t rows;
	bool sorts;

	return explain(s, query, &rows, &sorts, err) < 0 ? -1 : sorts;
}

/* About how many rows the range has; with `op`, those of it that have a first column like that. */
static int estimate(const struct dts_split *s, const char *op, wide value, uint64_t *rows, bool *sorts, struct dts_error *err)
{
	struct dts_buf sql = {0};

	dts_buf_adds(&sql, "SELECT ");
	dts_keyrange_select(&sql, &s->table->schema, s->table->key);
	dts_buf_adds(&sql, " FROM ");
	add_range(&sql, s);
	if (op)
		add_first(&sql, s, op, value);
	dts_buf_adds(&sql, " ORDER BY ");
	dts_keyrange_order(&sql, s->table->key);
	int rc = explain(s->session, dts_buf_slice(&sql), rows, sorts, err);
	dts_buf_release(&sql);
	return rc;
}

/* The key of the row that is `offset` rows into the range, or into its part where the first column
 * is not below `from`, if another one follows: 1, 0, -1. */
static int find_row(const struct dts_split *s, const wide *from, uint64_t offset, struct dts_bound *key, struct dts_error *err)
{
	struct dts_buf sql = {0};
	int rc = 0;

	dts_buf_adds(&sql, "SELECT ");
	dts_keyrange_select(&sql, &s->table->schema, s->table->key);
	dts_buf_adds(&sql, " FROM ");
	add_range(&sql, s);
	if (from)
		add_first(&sql, s, ">=", *from);
	dts_buf_adds(&sql, " ORDER BY ");
	dts_keyrange_order(&sql, s->table->key);
	dts_buf_adds(&sql, " LIMIT 2 OFFSET ");
	dts_buf_addu(&sql, offset);
	MYSQL_RES *result = dts_session_query(s->session, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	if (!result)
		return -1;
	if (mysql_num_rows(result) == 2) {
		MYSQL_ROW row = mysql_fetch_row(result);
		rc = dts_keyrange_fill(&s->table->schema, s->table->key, row, mysql_fetch_lengths(result), key, err) < 0 ? -1 : 1;
	}
	mysql_free_result(result);
	return rc;
}

/* --- by number */

static bool is_number(const struct dts_split *s)
{
	long i = dts_schema_column(&s->table->schema, s->table->key->columns[0], 0);

	switch (s->table->schema.columns[i].type) {
	case DTS_TYPE_INTEGER:
	case DTS_TYPE_YEAR:
	case DTS_TYPE_BIT:
	case DTS_TYPE_ENUM:
	case DTS_TYPE_DECIMAL: /* its whole part */
		return true;
	default:
		return false;
	}
}

/* -2^63 to 2^64 - 1. */
static bool parse_whole(struct dts_slice text, wide *n)
{
	bool negative = text.len > 0 && text.p[0] == '-';
	size_t i = negative;

	*n = 0;
	for (; i < text.len && text.p[i] >= '0' && text.p[i] <= '9'; i++) {
		*n = *n * 10 + (text.p[i] - '0');
		if (*n > (wide)UINT64_MAX)
			return false;
	}
	if (i == (size_t)negative || (i < text.len && text.p[i] != '.') || (negative && *n > (wide)1 << 63))
		return false;
	if (negative)
		*n = -*n;
	return true;
}

/* The first column at one end of the range; an open end is looked up. 1, 0: not a number that we can use, -1. */
static int find_end(const struct dts_split *s, bool upper, wide *n, struct dts_error *err)
{
	const struct dts_bound *bound = upper ? s->upto : s->last;
	const struct dts_key *key = s->table->key;
	struct dts_buf sql = {0};
	struct dts_bound found = {0};
	int rc = 0;

	if (bound->literals)
		return parse_whole(dts_buf_slice(&bound->literals[0]), n);
	dts_buf_adds(&sql, "SELECT ");
	dts_keyrange_select(&sql, &s->table->schema, key);
	dts_buf_adds(&sql, " FROM ");
	add_range(&sql, s);
	dts_buf_adds(&sql, " ORDER BY ");
	for (size_t i = 0; i < key->count; i++) {
		dts_buf_adds(&sql, i > 0 ? "," : "");
		dts_sql_ident(&sql, key->columns[i]);
		dts_buf_adds(&sql, upper ? " DESC" : "");
	}
	dts_buf_adds(&sql, " LIMIT 1");
	MYSQL_RES *result = dts_session_query(s->session, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	if (!result)
		return -1;
	MYSQL_ROW row = mysql_fetch_row(result);
	if (row && dts_keyrange_fill(&s->table->schema, key, row, mysql_fetch_lengths(result), &found, err) < 0)
		rc = -1;
	else if (row)
		rc = parse_whole(dts_buf_slice(&found.literals[0]), n);
	mysql_free_result(result);
	dts_bound_release(&found);
	return rc;
}

/* Halves the interval until there are enough rows on either side; numbers may have
 * wide gaps. 1, 0, -1. */
static int split_by_number(const struct dts_split *s, struct dts_bound *middle, uint64_t *rows, struct dts_error *err)
{
	wide low, high;
	int rc = find_end(s, false, &low, err);

	if (rc > 0)
		rc = find_end(s, true, &high, err);
	for (int i = 0; rc > 0 && i < ROUNDS && high - low >= 2; i++) {
		wide at = low + (high - low) / 2;
		uint64_t below, above;
		bool sorts;
		if (estimate(s, "<", at, &below, &sorts, err) < 0 || estimate(s, ">=", at, &above, &sorts, err) < 0)
			return -1;
		if (below * LOPSIDED < above) {
			low = at;
		} else if (above * LOPSIDED < below) {
			high = at;
		} else {
			*rows = above;
			return find_row(s, &at, 0, middle, err);
		}
	}
	return rc < 0 ? -1 : 0;
}

/* --- by counting */

static int split_by_count(const struct dts_split *s, uint64_t offset, uint64_t estimated, struct dts_bound *middle,
			  uint64_t *rows, struct dts_error *err)
{
	int rc = find_row(s, NULL, offset, middle, err);

	*rows = estimated > offset ? estimated - offset : offset;
	return rc;
}

int dts_dump_split(const struct dts_split *s, struct dts_bound *middle, uint64_t *rows, struct dts_error *err)
{
	uint64_t few = 2 * s->chunk_size / (s->mean ? s->mean : 1), estimated;
	bool sorts;
	int rc = 0;

	if (few < 2)
		few = 2;
	if (few > 2 * CHUNK_ROWS)
		few = 2 * CHUNK_ROWS;
	if (estimate(s, NULL, 0, &estimated, &sorts, err) < 0)
		return -1;
	if (sorts) {
		*s->small = true;
		return 0;
	}
	if (estimated < few) {
		/* Before anything was read this is all that we know. Later a look is cheaper than a reader without work. */
		if (!s->last->literals)
			return 0;
		rc = find_row(s, NULL, few, middle, err);
		if (rc <= 0) {
			*s->small = rc == 0;
			return rc;
		}
		estimated = 2 * few;
	}
	if (is_number(s))
		rc = split_by_number(s, middle, rows, err);
	if (rc == 0)
		rc = split_by_count(s, estimated / 2 < FAR_ROWS ? estimated / 2 : FAR_ROWS, estimated, middle, rows, err);
	if (rc == 0)
		rc = split_by_count(s, few / 2, few, middle, rows, err);
	if (rc == 0)
		*s->small = true;
	return rc;
}
