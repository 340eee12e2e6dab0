#include "record/stream.h"

#include <unistd.h>

#include "unit.h"

#define CHANGES "{\"op\":\"stream\",\"v\":1,\"kind\":\"changes\",\"src\":\"a\",\"pos\":{}}\n"
#define SNAPSHOT "{\"op\":\"stream\",\"v\":1,\"kind\":\"snapshot\",\"src\":\"a\",\"pos\":{}}\n"
#define SCHEMAS "{\"op\":\"stream\",\"v\":1,\"kind\":\"schema\",\"src\":\"a\"}\n"
#define REPAIR "{\"op\":\"stream\",\"v\":1,\"kind\":\"repair\",\"src\":\"a\"}\n"
#define TABLE "{\"op\":\"schema\",\"db\":\"d\",\"table\":\"t\",\"columns\":[]}\n"
#define BEGIN(tx) "{\"op\":\"begin\",\"src\":\"a\",\"tx\":\"" tx "\",\"pos\":{}}\n"
#define INSERT(tx, n) "{\"op\":\"insert\",\"db\":\"d\",\"table\":\"t\",\"tx\":\"" tx "\",\"n\":" #n ",\"after\":{}}\n"
#define DDL(tx, n) "{\"op\":\"ddl\",\"tx\":\"" tx "\",\"n\":" #n ",\"sql\":\"x\",\"kind\":\"k\"}\n"
#define COMMIT(tx, n) "{\"op\":\"commit\",\"src\":\"a\",\"tx\":\"" tx "\",\"n\":" #n ",\"pos\":{}}\n"
#define BACK(tx, n) "{\"op\":\"rollback\",\"src\":\"a\",\"tx\":\"" tx "\",\"to\":" #n "}\n"
#define VOID(tx) "{\"op\":\"rollback\",\"src\":\"a\",\"tx\":\"" tx "\"}\n"
#define PREPARE(tx, n) "{\"op\":\"prepare\",\"src\":\"a\",\"tx\":\"" tx "\",\"xid\":\"x\",\"n\":" #n ",\"pos\":{}}\n"
#define HEARTBEAT "{\"op\":\"heartbeat\",\"src\":\"a\",\"pos\":{}}\n"
#define CHUNK(id) "{\"op\":\"chunk\",\"src\":\"a\",\"id\":\"" id "\",\"db\":\"d\",\"table\":\"t\",\"pos\":{}}\n"
#define ROW(t) "{\"op\":\"row\",\"db\":\"d\",\"table\":\"" t "\",\"after\":{}}\n"
#define CHUNK_END(id, n) "{\"op\":\"chunk-end\",\"src\":\"a\",\"id\":\"" id "\",\"rows\":" #n ",\"pos\":{}}\n"
#define END(n) "{\"op\":\"end\",\"src\":\"a\",\"reason\":\"done\",\"records\":" #n "}\n"
#define ACK "{\"op\":\"ack\",\"src\":\"b\",\"pos\":{}}\n"

/* Runs the lines through the checks; NULL when all is well, else the message
 * with the line's number in front. */
static const char *run(const char *lines, bool no_counts)
{
	static char message[5000];
	struct dts_stream_state state = {0};
	struct dts_record r;
	struct dts_error err = DTS_ERROR_INIT;
	int number = 0, rc = 0;

	dts_record_init(&r);
	while (*lines && rc == 0) {
		size_t len = strcspn(lines, "\n");
		number++;
		rc = dts_record_parse(&r, dts_slice(lines, len), &err);
		if (rc == 0)
			rc = dts_stream_check(&state, &r, no_counts, &err);
		lines += len + (lines[len] == '\n');
	}
	if (rc == 0) {
		number++;
		rc = dts_stream_check_eof(&state, &err);
	}
	dts_record_release(&r);
	dts_stream_state_release(&state);
	snprintf(message, sizeof message, "%d: %s", number, err.message);
	return rc < 0 ? message : NULL;
}

static void test_right(void)
{
	static const char *const streams[] = {
		ACK ACK,
		CHANGES END(0),
		CHANGES TABLE BEGIN("1") INSERT("1", 1) INSERT("1", 2) COMMIT("1", 2) END(5),
		CHANGES BEGIN("1") TABLE COMMIT("1", 0) HEARTBEAT END(4),
		CHANGES BEGIN("1") DDL("1", 1) COMMIT("1", 1) END(3),
		/* savepoints: what follows counts on from where they went back to */
		CHANGES BEGIN("1") INSERT("1", 1) INSERT("1", 2) BACK("1", 1) INSERT("1", 2) COMMIT("1", 2) END(6),
		CHANGES BEGIN("1") INSERT("1", 1) BACK("1", 0) BACK("1", 0) COMMIT("1", 0) END(5),
		/* void, then anew */
		CHANGES BEGIN("1") INSERT("1", 1) VOID("1") BEGIN("1") INSERT("1", 1) COMMIT("1", 1) END(6),
		/* a reconnect states the stream again, which counts */
		CHANGES BEGIN("1") VOID("1") CHANGES TABLE BEGIN("1") COMMIT("1", 0) END(6),
		/* XA: prepared, then committed or rolled back by its xid */
		CHANGES BEGIN("1") INSERT("1", 1) PREPARE("1", 1) BEGIN("2") COMMIT("2", 0)
			"{\"op\":\"commit\",\"src\":\"a\",\"tx\":\"3\",\"xid\":\"x\",\"n\":0,\"pos\":{}}\n"
			"{\"op\":\"rollback\",\"src\":\"a\",\"tx\":\"4\",\"xid\":\"y\"}\n" END(7),
		SNAPSHOT TABLE CHUNK("1") ROW("t") ROW("t") CHUNK_END("1", 2) CHUNK("2") CHUNK_END("2", 0) HEARTBEAT END(8),
		SCHEMAS "{\"op\":\"ddl\",\"sql\":\"x\",\"kind\":\"k\"}\n" END(1),
		REPAIR TABLE "{\"op\":\"insert\",\"db\":\"d\",\"table\":\"t\",\"after\":{}}\n"
			"{\"op\":\"delete\",\"db\":\"d\",\"table\":\"t\",\"before\":{}}\n" END(3),
		/* streams one after another, each with its own end and counts */
		SNAPSHOT TABLE END(1) CHANGES END(0) ACK,
	};

	for (size_t i = 0; i < sizeof streams / sizeof *streams; i++)
		CHECK_STR(NULL, run(streams[i], false));
}

static void test_wrong(void)
{
	static const struct {
		const char *lines, *why;
	} cases[] = {
		{"", "1: the input is empty: there is not even a 'stream' record"},
		{ROW("t"), "1: op 'row': outside a stream: op 'stream' was expected"},
		{CHANGES, "2: torn input: it ends, before the 'end' of the changes of 'a'"},
		{CHANGES BEGIN("1"), "3: torn input: it ends inside a transaction, before the 'end' of the changes of 'a'"},
		{SNAPSHOT CHUNK("1"), "3: torn input: it ends inside a chunk, before the 'end' of the snapshot of 'a'"},
		{CHANGES END(0) END(0), "3: op 'end': outside a stream: op 'stream' was expected"},
		{CHANGES END(1), "2: op 'end': 'records' is 1 where 0 was expected: records are missing or out of order"},
		{CHANGES TABLE END(0), "3: op 'end': 'records' is 0 where 1 was expected: records are missing or out of order"},
		{CHANGES SNAPSHOT, "2: op 'stream': the changes of 'a' have not ended"},
		{CHANGES BEGIN("1") CHANGES, "3: op 'stream': inside transaction '1'"},
		{CHANGES BEGIN("1") BEGIN("2"), "3: op 'begin': inside transaction '1'"},
		{CHANGES BEGIN("1") HEARTBEAT, "3: op 'heartbeat': inside transaction '1'"},
		{CHANGES BEGIN("1") END(1), "3: op 'end': inside transaction '1'"},
		{CHANGES INSERT("1", 1), "2: op 'insert': outside a transaction"},
		{CHANGES DDL("1", 1), "2: op 'ddl': outside a transaction"},
		{CHANGES BEGIN("1") INSERT("2", 1), "3: op 'insert': of transaction '2' inside '1'"},
		{CHANGES BEGIN("1") INSERT("1", 2),
		 "3: op 'insert': 'n' is 2 where 1 was expected: records are missing or out of order"},
		{CHANGES BEGIN("1") INSERT("1", 1) INSERT("1", 1),
		 "4: op 'insert': 'n' is 1 where 2 was expected: records are missing or out of order"},
		{CHANGES BEGIN("1") "{\"op\":\"insert\",\"db\":\"d\",\"table\":\"t\",\"after\":{}}",
		 "3: op 'insert': field 'tx' is missing"},
		{CHANGES BEGIN("1") "{\"op\":\"insert\",\"db\":\"d\",\"table\":\"t\",\"tx\":\"1\",\"after\":{}}",
		 "3: op 'insert': field 'n' is missing"},
		{CHANGES BEGIN("1") INSERT("1", 1) COMMIT("1", 2),
		 "4: op 'commit': 'n' is 2 where 1 was expected: records are missing or out of order"},
		{CHANGES BEGIN("1") COMMIT("2", 0), "3: op 'commit': of transaction '2' inside '1'"},
		{CHANGES COMMIT("1", 0), "2: op 'commit': outside a transaction"},
		{CHANGES BEGIN("1") INSERT("1", 1) PREPARE("1", 0),
		 "4: op 'prepare': 'n' is 0 where 1 was expected: records are missing or out of order"},
		{CHANGES BEGIN("1") "{\"op\":\"commit\",\"src\":\"a\",\"tx\":\"3\",\"xid\":\"x\",\"n\":0,\"pos\":{}}",
		 "3: op 'commit': of a prepared transaction inside transaction '1'"},
		{CHANGES "{\"op\":\"commit\",\"src\":\"a\",\"tx\":\"3\",\"xid\":\"x\",\"n\":2,\"pos\":{}}",
		 "2: op 'commit': 'n' is 2 where 0 was expected: records are missing or out of order"},
		{CHANGES BACK("1", 0), "2: op 'rollback': outside a transaction"},
		{CHANGES VOID("1"), "2: op 'rollback': outside a transaction"},
		{CHANGES BEGIN("1") BACK("2", 0), "3: op 'rollback': of transaction '2' inside '1'"},
		{CHANGES BEGIN("1") BACK("1", 1), "3: op 'rollback': 'to' is 1, but the transaction has 0 changes"},
		{CHANGES CHUNK("1"), "2: op 'chunk': not in a stream of kind 'changes'"},
		{SNAPSHOT BEGIN("1"), "2: op 'begin': not in a stream of kind 'snapshot'"},
		{SNAPSHOT ROW("t"), "2: op 'row': outside a chunk"},
		{SNAPSHOT CHUNK("1") ROW("u"), "3: op 'row': of 'd.u' in a chunk of 'd.t'"},
		{SNAPSHOT CHUNK("1") TABLE, "3: op 'schema': inside chunk '1'"},
		{SNAPSHOT CHUNK("1") CHUNK("2"), "3: op 'chunk': inside chunk '1'"},
		{SNAPSHOT CHUNK("1") END(1), "3: op 'end': inside chunk '1'"},
		{SNAPSHOT CHUNK("1") HEARTBEAT, "3: op 'heartbeat': inside chunk '1'"},
		{SNAPSHOT CHUNK("1") CHUNK_END("2", 0), "3: op 'chunk-end': '2' ends chunk '1'"},
		{SNAPSHOT CHUNK("1") ROW("t") CHUNK_END("1", 2),
		 "4: op 'chunk-end': 'rows' is 2 where 1 was expected: records are missing or out of order"},
		{SNAPSHOT CHUNK_END("1", 0), "2: op 'chunk-end': outside a chunk"},
		{CHANGES "{\"op\":\"heartbeat\",\"src\":\"b\",\"pos\":{}}",
		 "2: op 'heartbeat': of source 'b' in the stream of 'a'"},
		{CHANGES ACK, "2: op 'ack': not in a stream of kind 'changes'"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		CHECK_STR(cases[i].why, run(cases[i].lines, false));
}

static void test_no_counts(void)
{
	CHECK_STR(NULL, run(CHANGES BEGIN("1") INSERT("1", 2) INSERT("1", 5) COMMIT("1", 7) END(9), true));
	CHECK_STR(NULL, run(CHANGES BEGIN("1") INSERT("1", 2) BACK("1", 5) BACK("1", 1) INSERT("1", 2) COMMIT("1", 2) END(9), true));
	CHECK_STR(NULL, run(SNAPSHOT CHUNK("1") CHUNK_END("1", 7) END(9), true));
	CHECK(run(CHANGES BEGIN("1") INSERT("1", 2) INSERT("1", 2), true) != NULL);
	CHECK(run(CHANGES INSERT("1", 1), true) != NULL);
	CHECK(run(CHANGES, true) != NULL);
}

/* Without any one of its records a stream is wrong; cut behind any, too. */
static void test_each_record_counts(void)
{
	const char *lines = CHANGES TABLE BEGIN("1") INSERT("1", 1) INSERT("1", 2) BACK("1", 1) DDL("1", 2) COMMIT("1", 2)
		HEARTBEAT BEGIN("2") COMMIT("2", 0) END(10);
	char cut[4096];

	CHECK_STR(NULL, run(lines, false));
	for (const char *line = lines; *line;) {
		const char *next = line + strcspn(line, "\n") + 1;
		snprintf(cut, sizeof cut, "%.*s%s", (int)(line - lines), lines, next);
		CHECK(run(cut, false) != NULL);
		if (*next) {
			snprintf(cut, sizeof cut, "%.*s", (int)(next - lines), lines);
			CHECK(run(cut, false) != NULL);
		}
		line = next;
	}
}

/* A file of its own, gone when closed by remove(). */
static void write_file(char *path, const char *text, size_t len)
{
	strcpy(path, "/tmp/dts-unit-XXXXXX");
	int fd = mkstemp(path);

	if (fd < 0 || write(fd, text, len) != (ssize_t)len)
		abort();
	close(fd);
}

static void test_files(void)
{
	char path[2][32];
	char *paths[2] = {path[0], path[1]};
	const struct dts_record *r;
	struct dts_error err = DTS_ERROR_INIT;
	const char *first = CHANGES BEGIN("1") COMMIT("1", 0), *second = CHANGES HEARTBEAT END(4);
	char want[100];

	write_file(path[0], first, strlen(first));
	write_file(path[1], second, strlen(second));
	struct dts_stream *s = dts_stream_open(paths, 2, NULL, &err);
	REQUIRE(s != NULL);
	for (int i = 0; i < 6; i++)
		CHECK_INT(1, dts_stream_next(s, &r, &err));
	snprintf(want, sizeof want, "%s:3", path[1]);
	CHECK_STR(want, dts_stream_where(s));
	CHECK(!dts_stream_state(s)->in_stream);
	CHECK_INT(0, dts_stream_next(s, &r, &err));
	CHECK_INT(0, dts_stream_next(s, &r, &err));
	dts_stream_close(s);

	/* The first alone is torn. */
	s = dts_stream_open(paths, 1, NULL, &err);
	REQUIRE(s != NULL);
	for (int i = 0; i < 3; i++)
		CHECK_INT(1, dts_stream_next(s, &r, &err));
	CHECK_INT(-1, dts_stream_next(s, &r, &err));
	CHECK_INT(DTS_BAD_INPUT, err.status);
	snprintf(want, sizeof want, "%s:4: torn input: ", path[0]);
	CHECK(strncmp(want, err.message, strlen(want)) == 0);
	dts_stream_close(s);

	/* A limit on the length of a record. */
	struct dts_stream_options options = {.max_record = 50};
	s = dts_stream_open(paths, 2, &options, &err);
	REQUIRE(s != NULL);
	CHECK_INT(-1, dts_stream_next(s, &r, &err));
	CHECK(strstr(err.message, ":1: record longer than 50 bytes") != NULL);
	dts_stream_close(s);
	remove(path[0]);
	CHECK(dts_stream_open(paths, 1, NULL, &err) == NULL);
	CHECK_INT(DTS_IO, err.status);
	remove(path[1]);
}

/* Rows as they came: runs of canonical lines, counted; what else there is comes parsed. */
static void test_rows(void)
{
	static const char text[] = SNAPSHOT TABLE CHUNK("1") ROW("t") ROW("u") "{ \"op\":\"row\",\"db\":\"d\",\"table\":\"t\",\"after\":{}}\n"
		ROW("t") CHUNK_END("1", 4) CHUNK("2") ROW("t") CHUNK_END("2", 2) END(9);
	char path[] = "/tmp/dts-unit.XXXXXX";
	char *paths[] = {path};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_stream_rows rows;
	const struct dts_record *r;

	close(mkstemp(path));
	write_file(path, text, strlen(text));
	struct dts_stream *s = dts_stream_open(paths, 1, NULL, &err);
	REQUIRE(s != NULL);
	CHECK_INT(0, dts_stream_rows(s, &rows, &err)); /* outside a chunk there are none */
	for (int i = 0; i < 3; i++)
		CHECK_INT(1, dts_stream_next(s, &r, &err));
	REQUIRE(dts_stream_rows(s, &rows, &err) == 1);
	CHECK(dts_slice_is(rows.text, ROW("t") ROW("u"))); /* the names are for who parses them */
	CHECK_INT(2, rows.count);
	CHECK_INT(4, rows.line);
	CHECK_INT(5, dts_stream_line(s));
	CHECK_INT(0, dts_stream_rows(s, &rows, &err));
	CHECK_INT(1, dts_stream_next(s, &r, &err));
	CHECK_INT(DTS_OP_ROW, r->op);
	REQUIRE(dts_stream_rows(s, &rows, &err) == 1);
	CHECK_INT(1, rows.count);
	CHECK_INT(7, rows.line);
	CHECK_INT(0, dts_stream_rows(s, &rows, &err));
	CHECK_INT(1, dts_stream_next(s, &r, &err)); /* and all four are counted */
	CHECK_INT(DTS_OP_CHUNK_END, r->op);
	CHECK_INT(1, dts_stream_next(s, &r, &err));
	CHECK_INT(1, dts_stream_rows(s, &rows, &err));
	CHECK_INT(-1, dts_stream_next(s, &r, &err));
	CHECK(strstr(err.message, ":11: op 'chunk-end': 'rows' is 2 where 1 was expected") != NULL);
	dts_stream_close(s);
	/* Torn in a row, and one that is too long: dts_stream_next() tells. */
	write_file(path, text, strlen(SNAPSHOT TABLE CHUNK("1")) + 20);
	s = dts_stream_open(paths, 1, NULL, &err);
	for (int i = 0; i < 3; i++)
		CHECK_INT(1, dts_stream_next(s, &r, &err));
	CHECK_INT(0, dts_stream_rows(s, &rows, &err));
	CHECK_INT(-1, dts_stream_next(s, &r, &err));
	CHECK(strstr(err.message, ":4: torn record") != NULL);
	dts_stream_close(s);
	remove(path);
}

int main(void)
{
	RUN(test_rows);
	RUN(test_right);
	RUN(test_wrong);
	RUN(test_no_counts);
	RUN(test_each_record_counts);
	RUN(test_files);
	return unit_done();
}
