/*
 * Without arguments: nothing, as it needs a server. Else, for t/dts-dump-resume.bats:
 *
 *     keyorder OPTION-FILE GROUP DATABASE
 *
 * walks each table of the database by its key, row by row. Each bound that was made from the
 * row's record must be that which was made from the row, it must find the row, and the
 * server must rank the bounds, thrown together, as the index has them. Prints a
 * line a table.
 */
#include "mysql/keybound.h"
#include "mysql/quote.h"
#include "unit.h"

enum { MOST = 2000 };

static struct dts_error err;
static struct dts_session session;

struct walk {
	struct dts_schema schema;
	const struct dts_key *key;
	struct dts_bound bounds[MOST]; /* from records */
	size_t count;
};

static int wrong(const struct walk *w, const char *what, size_t at)
{
	struct dts_buf json = {0};

	dts_bound_add_json(&json, w->key, &w->bounds[at]);
	printf("# %.*s: %s at row %zu: %s %s\n", (int)w->schema.table.len, w->schema.table.p, what, at + 1, dts_buf_text(&json),
	       err.message);
	dts_buf_release(&json);
	return -1;
}

/* Is the literal of the record that of the row? Only leading zeros may differ. */
static int compare_literals(const struct walk *w, const struct dts_bound *row, size_t at)
{
	for (size_t k = 0; k < w->key->count; k++) {
		struct dts_slice a = dts_buf_slice(&row->literals[k]), b = dts_buf_slice(&w->bounds[at].literals[k]);
		while (a.len > b.len && a.p[0] == '0')
			a = dts_slice(a.p + 1, a.len - 1);
		if (!dts_slice_eq(a, b))
			return wrong(w, "another literal", at);
	}
	return 0;
}

/* (bound before, this one] has this row alone. */
static int find_row(const struct walk *w, size_t at)
{
	struct dts_buf sql = {0}, value = {0};

	dts_buf_adds(&sql, "SELECT COUNT(*) FROM ");
	dts_keyrange_from(&sql, &w->schema, w->key);
	dts_buf_adds(&sql, " WHERE ");
	dts_keyrange_where(&sql, &w->schema, w->key, at > 0 ? &w->bounds[at - 1] : NULL, &w->bounds[at]);
	int rc = dts_session_value(&session, dts_buf_slice(&sql), &value, &err);
	if (rc < 0 || !dts_slice_is(dts_buf_slice(&value), "1"))
		rc = wrong(w, "not found alone", at);
	dts_buf_release(&sql);
	dts_buf_release(&value);
	return rc < 0 ? -1 : 0;
}

static int read_bounds(struct walk *w)
{
	struct dts_bound row = {0};
	struct dts_buf json = {0};
	int rc;

	while ((rc = dts_keyrange_next(&session, &w->schema, w->key, &row, 1, &row, &err)) > 0 && w->count < MOST) {
		dts_buf_clear(&json);
		dts_bound_add_json(&json, w->key, &row);
		size_t at = w->count++;
		if (dts_json_check(dts_buf_slice(&json), &err) < 0 ||
		    dts_bound_parse(&w->schema, w->key, dts_buf_slice(&json), &w->bounds[at], &err) < 0)
			rc = wrong(w, "not understood", at);
		else if (compare_literals(w, &row, at) < 0 || find_row(w, at) < 0)
			rc = -1;
		if (rc < 0)
			break;
	}
	dts_bound_release(&row);
	dts_buf_release(&json);
	return rc < 0 ? -1 : 0;
}

static int compare_ranks(const struct walk *w)
{
	const struct dts_bound *mixed[MOST];
	uint64_t ranks[MOST];
	size_t places[MOST];

	for (size_t i = 0; i < w->count; i++) {
		size_t j = (size_t)rand() % (i + 1);
		places[i] = places[j];
		places[j] = i;
	}
	for (size_t i = 0; i < w->count; i++)
		mixed[i] = &w->bounds[places[i]];
	if (dts_bound_rank(&session, &w->schema, w->key, mixed, w->count, ranks, &err) < 0)
		return wrong(w, "no rank", 0);
	for (size_t i = 0; i < w->count; i++)
		if (ranks[i] != places[i] + 1)
			return wrong(w, "another rank", places[i]);
	return 0;
}

static int look_at(struct dts_slice db, struct dts_slice table)
{
	static struct walk w;
	int rc;

	w = (struct walk){0};
	if (dts_catalog_schema(&session, db, table, &w.schema, NULL, &err) <= 0)
		return -1;
	w.key = dts_keyrange_key(&w.schema);
	rc = w.key ? read_bounds(&w) : 0;
	if (rc == 0)
		rc = compare_ranks(&w);
	printf("%s %.*s %zu\n", rc == 0 ? "ok" : "not ok", (int)table.len, table.p, w.count);
	for (size_t i = 0; i < w.count; i++)
		dts_bound_release(&w.bounds[i]);
	dts_schema_release(&w.schema);
	return rc;
}

static int look_at_all(const char *defaults_file, const char *group, const char *db)
{
	struct dts_connect_options o = {.defaults_file = defaults_file, .group = group};
	struct dts_buf sql = {0};
	int rc = 0;

	if (dts_session_open(&session, &o, &err) < 0)
		return -1;
	dts_buf_adds(&sql, "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA=");
	dts_sql_literal(&sql, dts_slice_of(db));
	MYSQL_RES *tables = dts_session_query(&session, dts_buf_slice(&sql), &err);
	dts_buf_release(&sql);
	for (MYSQL_ROW row; tables && (row = mysql_fetch_row(tables));)
		if (look_at(dts_slice_of(db), dts_slice_of(row[0])) < 0)
			rc = -1;
	if (!tables)
		rc = -1;
	mysql_free_result(tables);
	dts_session_close(&session);
	return rc;
}

static void test_needs_a_server(void)
{
	CHECK(MOST > 0);
}

int main(int argc, char **argv)
{
	if (argc == 4) {
		int rc = look_at_all(argv[1], argv[2], argv[3]);
		if (rc < 0 && err.message[0])
			printf("# %s\n", err.message);
		return rc < 0;
	}
	RUN(test_needs_a_server);
	return unit_done();
}
