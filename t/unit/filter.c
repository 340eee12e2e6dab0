#include "filter/filter.h"

#include "filter/ordinals.h"
#include "record/stream.h"
#include "unit.h"

#define STREAM "{\"op\":\"stream\",\"v\":1,\"kind\":\"changes\",\"src\":\"a\",\"pos\":{}}\n"
#define SNAPSHOT "{\"op\":\"stream\",\"v\":1,\"kind\":\"snapshot\",\"src\":\"a\",\"pos\":{}}\n"
#define BEGIN "{\"op\":\"begin\",\"src\":\"a\",\"tx\":\"1\",\"pos\":{}}\n"
#define INSERT(db, table, n) "{\"op\":\"insert\",\"db\":\"" db "\",\"table\":\"" table "\",\"tx\":\"1\",\"n\":" #n ",\"after\":{}}\n"
#define DDL(db, n, sql, objects) "{\"op\":\"ddl\",\"kind\":\"k\",\"db\":\"" db "\",\"tx\":\"1\",\"n\":" #n ",\"sql\":\"" sql "\",\"objects\":[" objects "]}\n"
#define TABLE(db, table) "{\"type\":\"table\",\"db\":\"" db "\",\"table\":\"" table "\",\"role\":\"target\"}"
#define RENAMED(db, table) "{\"type\":\"table\",\"db\":\"" db "\",\"table\":\"" table "\",\"role\":\"new\"}"
#define BACK(n) "{\"op\":\"rollback\",\"src\":\"a\",\"tx\":\"1\",\"to\":" #n "}\n"
#define COMMIT(n) "{\"op\":\"commit\",\"src\":\"a\",\"tx\":\"1\",\"n\":" #n ",\"pos\":{}}\n"
#define END(n) "{\"op\":\"end\",\"src\":\"a\",\"reason\":\"done\",\"records\":" #n "}\n"
#define CHUNK(db, table) "{\"op\":\"chunk\",\"src\":\"a\",\"id\":\"1\",\"db\":\"" db "\",\"table\":\"" table "\",\"pos\":{}}\n"
#define ROW(db, table) "{\"op\":\"row\",\"db\":\"" db "\",\"table\":\"" table "\",\"after\":{}}\n"
#define CHUNK_END(n) "{\"op\":\"chunk-end\",\"src\":\"a\",\"id\":\"1\",\"rows\":" #n ",\"pos\":{}}\n"

/* One word of a command line each: t:PATTERN, i:PATTERN, r:ROUTE, n. */
static struct dts_filter *make(const char *words, struct dts_error *err)
{
	struct dts_list tables = {0}, ignored = {0}, routes = {0};
	struct dts_filter_options options = {.tables = &tables, .ignored = &ignored, .routes = &routes};
	char *copy = strdup(words), *save = NULL;

	for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		if (word[0] == 'n')
			options.recount = true;
		else
			dts_list_add(word[0] == 't' ? &tables : word[0] == 'i' ? &ignored : &routes, word + 2);
	}
	struct dts_filter *f = dts_filter_new(&options, err);
	dts_list_release(&tables);
	dts_list_release(&ignored);
	dts_list_release(&routes);
	free(copy);
	return f;
}

/* The output for the lines, or the error. Input and output are held to the
 * contract. Borrowed until the next call. */
static const char *run(const char *words, const char *lines)
{
	static struct dts_buf all;
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_filter *f = make(words, &err);
	struct dts_stream_state in = {0}, state = {0};
	struct dts_record r, other;
	struct dts_buf out = {0};
	bool loose = strchr(words, 'n') && !strchr(words, ':');
	int rc = f ? 0 : -1;

	dts_buf_clear(&all);
	dts_record_init(&r);
	dts_record_init(&other);
	while (*lines && rc == 0) {
		size_t len = strcspn(lines, "\n");
		rc = dts_record_parse(&r, dts_slice(lines, len), &err);
		if (rc == 0)
			rc = dts_stream_check(&in, &r, loose, &err);
		dts_buf_clear(&out);
		if (rc == 0)
			rc = dts_filter_record(f, &r, &out, &err);
		if (rc == 0 && out.len > 0) {
			dts_buf_add_slice(&all, dts_buf_slice(&out));
			rc = dts_record_parse(&other, dts_slice(out.data, out.len - 1), &err);
			if (rc == 0 && dts_stream_check(&state, &other, false, &err) < 0)
				dts_where(&err, "OUTPUT");
			rc = err.message[0] ? -1 : 0;
		}
		lines += len + 1;
	}
	if (rc < 0) {
		dts_buf_clear(&all);
		dts_buf_adds(&all, err.message);
	}
	dts_filter_free(f);
	dts_record_release(&r);
	dts_record_release(&other);
	dts_stream_state_release(&in);
	dts_stream_state_release(&state);
	dts_buf_release(&out);
	return dts_buf_text(&all);
}

static void test_pass(void)
{
	const char *lines = " " STREAM BEGIN INSERT("d", "t", 1) "{\"n\":2, \"tx\":\"1\",\"op\":\"delete\",\"db\":\"d\",\"table\":\"u\",\"before\":{},\"x\":[]}\n"
		COMMIT(2) END(4);

	CHECK_STR(lines, run("", lines));
	CHECK_STR(lines, run("t:*.*", lines));
	CHECK_STR(lines, run("t:d.t t:d.u", lines));
	CHECK_STR(lines, run("r:x.*=y.*", lines));
	CHECK_STR(lines, run("n", lines));
}

static void test_choose(void)
{
	const char *lines = STREAM BEGIN INSERT("d", "t", 1) INSERT("d", "u", 2) INSERT("e", "t", 3) INSERT("d", "t", 4)
		COMMIT(4) BEGIN INSERT("e", "t", 1) COMMIT(1) END(9);

	CHECK_STR(STREAM BEGIN INSERT("d", "t", 1) INSERT("d", "t", 2) COMMIT(2) BEGIN COMMIT(0) END(6), run("t:d.t", lines));
	CHECK_STR(STREAM BEGIN INSERT("d", "u", 1) INSERT("e", "t", 2) COMMIT(2) BEGIN INSERT("e", "t", 1) COMMIT(1) END(7),
		  run("i:d.t", lines));
	CHECK_STR(STREAM BEGIN INSERT("d", "u", 1) COMMIT(1) BEGIN COMMIT(0) END(5), run("t:d.* i:d.t", lines));
	/* An empty transaction still tells the position. */
	CHECK_STR(STREAM BEGIN COMMIT(0) BEGIN COMMIT(0) END(4), run("t:nothing.*", lines));
}

static void test_rollback(void)
{
	/* kept: 2, 4, 5; then back to 4, so that 5 goes */
	const char *lines = STREAM BEGIN INSERT("d", "no", 1) INSERT("d", "t", 2) INSERT("d", "no", 3) INSERT("d", "t", 4)
		INSERT("d", "t", 5) BACK(4) INSERT("d", "t", 5) BACK(1) INSERT("d", "t", 2) BACK(0) INSERT("d", "no", 1)
		INSERT("d", "t", 2) COMMIT(2) END(14);

	CHECK_STR(STREAM BEGIN INSERT("d", "t", 1) INSERT("d", "t", 2) INSERT("d", "t", 3) BACK(2) INSERT("d", "t", 3) BACK(0)
		  INSERT("d", "t", 1) BACK(0) INSERT("d", "t", 1) COMMIT(1) END(11), run("t:d.t", lines));

	/* A void transaction, then the same anew; XA. */
	lines = STREAM BEGIN INSERT("d", "no", 1) "{\"op\":\"rollback\",\"src\":\"a\",\"tx\":\"1\"}\n" BEGIN INSERT("d", "no", 1)
		INSERT("d", "t", 2) "{\"op\":\"prepare\",\"src\":\"a\",\"tx\":\"1\",\"xid\":\"x\",\"n\":2,\"pos\":{}}\n"
		"{\"op\":\"commit\",\"src\":\"a\",\"tx\":\"2\",\"xid\":\"x\",\"n\":0,\"pos\":{}}\n" END(8);
	CHECK_STR(STREAM BEGIN "{\"op\":\"rollback\",\"src\":\"a\",\"tx\":\"1\"}\n" BEGIN INSERT("d", "t", 1)
		  "{\"op\":\"prepare\",\"src\":\"a\",\"tx\":\"1\",\"xid\":\"x\",\"n\":1,\"pos\":{}}\n"
		  "{\"op\":\"commit\",\"src\":\"a\",\"tx\":\"2\",\"xid\":\"x\",\"n\":0,\"pos\":{}}\n" END(6), run("t:d.t", lines));
}

static void test_chunks(void)
{
	const char *lines = SNAPSHOT CHUNK("d", "t") ROW("d", "t") ROW("d", "t") CHUNK_END(2) CHUNK("d", "u") ROW("d", "u")
		CHUNK_END(1) END(7);

	CHECK_STR(SNAPSHOT CHUNK("d", "t") ROW("d", "t") ROW("d", "t") CHUNK_END(2) END(4), run("t:d.t", lines));
	CHECK_STR(SNAPSHOT CHUNK("e", "v") ROW("e", "v") CHUNK_END(1) END(3), run("t:d.u r:d.u=e.v", lines));
}

static void test_route(void)
{
	const char *lines = STREAM BEGIN INSERT("d", "t", 1) INSERT("d", "u", 2) INSERT("e", "t", 3) COMMIT(3) END(5);

	CHECK_STR(STREAM BEGIN INSERT("x", "t", 1) INSERT("x", "u", 2) INSERT("e", "t", 3) COMMIT(3) END(5), run("r:d.*=x.*", lines));
	/* The first that matches; parts that stay. */
	CHECK_STR(STREAM BEGIN INSERT("d", "new", 1) INSERT("x", "u", 2) INSERT("all", "one", 3) COMMIT(3) END(5),
		  run("r:d.t=*.new r:d.*=x.* r:*.*=all.one", lines));
	/* Selection looks at the old name. */
	CHECK_STR(STREAM BEGIN INSERT("x", "t", 1) COMMIT(1) END(3), run("t:d.t r:d.*=x.*", lines));
	CHECK_STR(STREAM BEGIN COMMIT(0) END(2), run("t:x.* r:d.*=x.*", lines));
	/* Names that must be quoted, here and there. */
	CHECK_STR(STREAM BEGIN INSERT("a\\\"b.*", "`", 1) INSERT("d", "u", 2) INSERT("e", "t", 3) COMMIT(3) END(5),
		  run("r:`d`.`t`=`a\"b.*`.````", lines));
	CHECK_STR(STREAM BEGIN INSERT("q", "t", 1) INSERT("q", "u", 2) INSERT("e", "t", 3) COMMIT(3) END(5), run("r:/d=?/.*=q.*", lines));
}

static void test_bad_options(void)
{
	static const char *const wrong[] = {"r:x", "r:x.y=", "r:=a.b", "r:a.b=c", "r:a.b=c.d.e", "r:a.b=c.", "r:a.b=.d",
					    "r:a.b=c*.d", "r:a.b=`c.d", "r:a.b=c.d=e.[f]", "r:`a.b=c.d", "r:a..b=c.d", "t:a..b", "t:/[/.b", "i:"};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct dts_error err = DTS_ERROR_INIT;
		struct dts_filter *f = make(wrong[i], &err);
		if (f || err.status != DTS_USAGE)
			unit_fail(__FILE__, __LINE__, "accepted %s", wrong[i]);
		dts_filter_free(f);
	}
	dts_filter_free(NULL);
}

#define COLUMNS "\"columns\":[{\"name\":\"a\",\"type\":\"int\"}]"
#define SCHEMA(db, table, more) "{\"op\":\"schema\",\"db\":\"" db "\",\"table\":\"" table "\"," COLUMNS more "}\n"
#define KEY(db, table) "{\"name\":\"f\",\"columns\":[\"a\"],\"to\":{\"db\":\"" db "\",\"table\":\"" table "\",\"columns\":[\"a\"]}}"

static void test_schema(void)
{
	CHECK_STR(STREAM SCHEMA("x", "t", ",\"source\":{\"db\":\"d\",\"table\":\"t\"}") END(1),
		  run("r:d.*=x.*", STREAM SCHEMA("d", "t", ",\"source\":{\"db\":\"d\",\"table\":\"t\"}") END(1)));
	CHECK_STR(STREAM END(0), run("t:e.*", STREAM SCHEMA("d", "t", "") END(1)));
	/* The name at the source is not lost. */
	CHECK_STR(STREAM SCHEMA("x", "t", ",\"source\":{\"db\":\"d\",\"table\":\"t\"}") END(1),
		  run("r:d.*=x.*", STREAM SCHEMA("d", "t", "") END(1)));
	/* Foreign keys follow the tables that they refer to. */
	CHECK_STR(STREAM SCHEMA("e", "t", ",\"foreign\":[" KEY("x", "u") ", " KEY("e", "t") "],\"source\":{}") END(1),
		  run("r:d.*=x.*", STREAM SCHEMA("e", "t", ",\"foreign\":[" KEY("d", "u") ", " KEY("e", "t") "],\"source\":{}") END(1)));
	CHECK_STR(STREAM SCHEMA("x", "t", ",\"foreign\":[" KEY("x", "t") "],\"source\":{\"db\":\"d\",\"table\":\"t\"}") END(1),
		  run("r:d.*=x.*", STREAM SCHEMA("d", "t", ",\"foreign\":[" KEY("d", "t") "]") END(1)));
	CHECK_STR(STREAM SCHEMA("e", "t", ",\"foreign\":[{\"to\":{\"table\":\"n\",\"db\":\"x\"}},1,{\"to\":2},{}]") END(1),
		  run("r:d.*=x.n", STREAM SCHEMA("e", "t", ",\"foreign\":[{\"to\":{\"table\":\"\\u0075\",\"db\":\"d\"}},1,{\"to\":2},{}]") END(1)));
}

static void test_ddl(void)
{
	const char *two = STREAM BEGIN DDL("d", 1, "DROP TABLE t, u", TABLE("d", "t") "," TABLE("d", "u")) COMMIT(1) END(3);
	const char *rename = STREAM BEGIN DDL("d", 1, "RENAME TABLE t TO v, e.x TO e.y",
					      TABLE("d", "t") "," RENAMED("d", "v") "," TABLE("e", "x") "," RENAMED("e", "y")) COMMIT(1) END(3);

	CHECK_STR(two, run("t:d.*", two));
	CHECK_STR(STREAM BEGIN DDL("d", 1, "DROP TABLE t", TABLE("d", "t")) COMMIT(1) END(3), run("t:d.t", two));
	CHECK_STR(STREAM BEGIN COMMIT(0) END(2), run("t:e.*", two));
	CHECK_STR(STREAM BEGIN DDL("x", 1, "DROP TABLE `x`.`t`, `x`.`u`", TABLE("x", "t") "," TABLE("x", "u")) COMMIT(1) END(3),
		  run("r:d.*=x.*", two));
	CHECK_STR(STREAM BEGIN DDL("d", 1, "RENAME TABLE t TO v", TABLE("d", "t") "," RENAMED("d", "v")) COMMIT(1) END(3),
		  run("i:e.*", rename));
	/* A table that comes from where nobody looks. */
	CHECK(strstr(run("t:d.t t:e.*", rename), "selected)") != NULL);
	/* Ordinals run on over statements. */
	CHECK_STR(STREAM BEGIN DDL("d", 1, "ALTER TABLE t ADD b int", TABLE("d", "t")) INSERT("d", "t", 2) COMMIT(2) END(4),
		  run("t:d.*", STREAM BEGIN INSERT("e", "t", 1) DDL("d", 2, "ALTER TABLE t ADD b int", TABLE("d", "t")) INSERT("d", "t", 3)
		      COMMIT(3) END(5)));
	/* Statements of no table: with all, but not with some. */
	const char *account = STREAM BEGIN DDL("", 1, "CREATE USER x", "") COMMIT(1) END(3);
	CHECK_STR(account, run("r:a.b=c.d", account));
	CHECK_STR(STREAM BEGIN COMMIT(0) END(2), run("t:a.b", account));
	/* What is not understood stops, unless nothing is chosen. */
	const char *odd = STREAM BEGIN DDL("d", 1, "FROBNICATE TABLE t", "") COMMIT(1) END(3);
	CHECK_STR(odd, run("", odd));
	CHECK_STR(odd, run("n", odd));
	CHECK(strstr(run("t:d.*", odd), "not understood") != NULL);
}

static void test_ddl_of_databases(void)
{
	const char *create = STREAM BEGIN DDL("", 1, "CREATE DATABASE d", "{\"type\":\"database\",\"db\":\"d\",\"role\":\"target\"}") COMMIT(1) END(3);
	const char *drop = STREAM BEGIN DDL("", 1, "DROP DATABASE d", "{\"type\":\"database\",\"db\":\"d\",\"role\":\"target\"}") COMMIT(1) END(3);
	const char *nothing = STREAM BEGIN COMMIT(0) END(2);

	CHECK_STR(create, run("t:d.t", create));
	CHECK_STR(nothing, run("t:e.t", create));
	CHECK_STR(drop, run("t:d.*", drop));
	CHECK_STR(nothing, run("i:d.*", drop));
	CHECK(strstr(run("t:d.t", drop), "only some tables") != NULL);
	CHECK(strstr(run("i:d.t", drop), "only some tables") != NULL);
	CHECK_STR(STREAM BEGIN DDL("", 1, "DROP DATABASE `x`", "{\"type\":\"database\",\"db\":\"x\",\"role\":\"target\"}") COMMIT(1) END(3),
		  run("r:d.*=x.*", drop));
	CHECK_STR(drop, run("r:d.t=x.t", drop));
}

static void test_recount(void)
{
	/* As after somebody's grep -v. */
	CHECK_STR(STREAM BEGIN INSERT("d", "t", 1) INSERT("d", "t", 2) BACK(1) COMMIT(1) END(5),
		  run("n", STREAM BEGIN INSERT("d", "t", 2) INSERT("d", "t", 7) BACK(5) COMMIT(9) END(99)));
	CHECK_STR(SNAPSHOT CHUNK("d", "t") ROW("d", "t") CHUNK_END(1) END(3),
		  run("n", SNAPSHOT CHUNK("d", "t") ROW("d", "t") CHUNK_END(7) END(99)));
	/* Repairs have neither ordinals nor transactions. */
	const char *repair = "{\"op\":\"stream\",\"v\":1,\"kind\":\"repair\",\"src\":\"a\"}\n"
		"{\"op\":\"insert\",\"db\":\"d\",\"table\":\"t\",\"after\":{}}\n" END(1);
	CHECK_STR(repair, run("n", repair));
}

/* A stream stated again counts; two streams one after the other count apart. */
static void test_streams(void)
{
	CHECK_STR(STREAM STREAM BEGIN COMMIT(0) END(3) STREAM END(0) "{\"op\":\"ack\",\"src\":\"a\",\"pos\":{}}\n",
		  run("t:x.*", STREAM SCHEMA("d", "t", "") STREAM BEGIN COMMIT(0) END(4) STREAM SCHEMA("d", "t", "") END(1)
		      "{\"op\":\"ack\",\"src\":\"a\",\"pos\":{}}\n"));
}

/* Against the plainest way: an array of all ordinals. */
static void test_ordinals(void)
{
	struct dts_ordinals o = {0};
	static uint64_t kept[5000];
	uint64_t seed = unit_seed(), count = 0, n = 0;

	for (int i = 0; i < 200000; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		unsigned dice = (unsigned)(seed >> 33) % 1000;
		if (dice == 0 || count == 5000) {
			dts_ordinals_clear(&o);
			count = n = 0;
		} else if (dice < 30) {
			uint64_t to = n ? (seed >> 20) % (n + 1) : 0;
			while (count > 0 && kept[count - 1] > to)
				count--;
			n = to;
			CHECK_INT(count, dts_ordinals_rollback(&o, to));
		} else {
			n += dice % 3 == 0 ? dice : 1;
			if (dice % 2) {
				kept[count++] = n;
				CHECK_INT(count, dts_ordinals_keep(&o, n));
			}
		}
		CHECK_INT(count, o.kept);
	}
	dts_ordinals_clear(&o);
	CHECK_INT(1, dts_ordinals_keep(&o, UINT64_MAX));
	CHECK_INT(1, dts_ordinals_rollback(&o, UINT64_MAX));
	CHECK_INT(0, dts_ordinals_rollback(&o, UINT64_MAX - 1));
	dts_ordinals_release(&o);
}

int main(void)
{
	RUN(test_pass);
	RUN(test_choose);
	RUN(test_rollback);
	RUN(test_chunks);
	RUN(test_route);
	RUN(test_bad_options);
	RUN(test_schema);
	RUN(test_ddl);
	RUN(test_ddl_of_databases);
	RUN(test_recount);
	RUN(test_streams);
	RUN(test_ordinals);
	return unit_done();
}
