#include "record/record.h"

#include "unit.h"

static struct dts_slice s(const char *text)
{
	return dts_slice_of(text);
}

static int parse(struct dts_record *r, const char *line, struct dts_error *err)
{
	*err = (struct dts_error)DTS_ERROR_INIT;
	return dts_record_parse(r, s(line), err);
}

static void test_canonical(void)
{
	const char *line = "{\"op\":\"update\",\"db\":\"shop\",\"table\":\"orders\",\"tx\":\"0-1-6\",\"n\":12,"
			   "\"flags\":[\"no-unique-checks\"],\"before\":{\"id\":1},\"after\":{\"id\":1,\"note\":\"\\n\"}}";
	struct dts_record r;
	struct dts_error err;

	dts_record_init(&r);
	for (int i = 0; i < 3; i++) { /* the second time its keys are guessed */
		REQUIRE(parse(&r, line, &err) == 0);
		CHECK_INT(DTS_OP_UPDATE, r.op);
		CHECK(dts_slice_is(r.db, "shop") && dts_slice_is(r.table, "orders") && dts_slice_is(r.tx, "0-1-6"));
		CHECK_INT(12, r.n);
		CHECK(dts_slice_is(r.raw[DTS_F_DB], "\"shop\""));
		CHECK(dts_slice_is(r.raw[DTS_F_FLAGS], "[\"no-unique-checks\"]"));
		CHECK(dts_slice_is(r.raw[DTS_F_BEFORE], "{\"id\":1}"));
		CHECK(dts_slice_is(r.raw[DTS_F_AFTER], "{\"id\":1,\"note\":\"\\n\"}"));
		CHECK(r.raw[DTS_F_POS].p == NULL && r.src.p == NULL && r.to == 0);
		CHECK(r.line.p == line);
	}
	/* Nothing of one record is left in the next. */
	REQUIRE(parse(&r, "{\"op\":\"heartbeat\",\"src\":\"a\",\"pos\":{}}", &err) == 0);
	CHECK(r.raw[DTS_F_DB].p == NULL && r.db.p == NULL && r.n == 0);
	dts_record_release(&r);
	dts_record_release(NULL);
}

static void test_any_form(void)
{
	struct dts_record r;
	struct dts_error err;

	dts_record_init(&r);
	REQUIRE(parse(&r, " {\t\"after\" : { } , \"unknown\":[{\"op\":1}],\"n\" : 2,\"table\":\"t\\\"\\u00e9\\ud83d\\ude00\","
			  "\"d\\u0062\":\"\\u0000\",\"\\u006fp\":\"in\\u0073ert\" } \r", &err) == 0);
	CHECK_INT(DTS_OP_INSERT, r.op);
	CHECK_INT(2, r.n);
	CHECK_MEM("t\"\xc3\xa9\xf0\x9f\x98\x80", 8, r.table.p, r.table.len);
	CHECK_MEM("\0", 1, r.db.p, r.db.len);
	CHECK(dts_slice_is(r.raw[DTS_F_AFTER], "{ }"));
	/* An op that comes last, behind fields in the order of another op. */
	REQUIRE(parse(&r, "{\"db\":\"d\",\"table\":\"t\",\"after\":{},\"op\":\"row\"}", &err) == 0);
	CHECK_INT(DTS_OP_ROW, r.op);
	REQUIRE(parse(&r, "{\"pos\":{},\"src\":\"x\",\"op\":\"ack\"}", &err) == 0);
	CHECK_INT(DTS_OP_ACK, r.op);
	REQUIRE(parse(&r, "{\"op\":\"ack\",\"src\":\"x\",\"pos\":{}}", &err) == 0);
	CHECK_INT(DTS_OP_ACK, r.op);
	dts_record_release(&r);
}

static void test_refused(void)
{
	static const struct {
		const char *line, *why;
	} cases[] = {
		{"", "invalid JSON: unexpected end at byte 1"},
		{"[]", "not a record: '{' was expected at byte 1"},
		{"{}", "field 'op' is missing"},
		{"{\"db\":\"x\"}", "field 'op' is missing"},
		{"{\"op\":\"ack\",\"src\":\"x\",\"pos\":{}", "invalid JSON: unexpected end at byte 31"},
		{"{\"op\":\"ack\",\"src\":\"x\",\"pos\":{}}}", "invalid JSON: more behind the record at byte 32"},
		{"{\"op\":\"ack\",\"src\":\"x\",\"pos\":{},}", "invalid JSON: a quoted key was expected at byte 32"},
		{"{\"op\":\"ack\",\"src\":\"\xff\",\"pos\":{}}", "bad UTF-8 at byte 20"},
		{"{\"op\":\"ack\",\"src\":\"x\" \"pos\":{}}", "invalid JSON: ',' or '}' was expected at byte 23"},
		{"{\"op\":\"ack\",\"src\" \"x\"}", "invalid JSON: ':' was expected at byte 19"},
		{"{\"op\":\"ack\",\"src\":}", "invalid JSON: a value was expected at byte 19"},
		{"{\"op\":\"acknowledge\",\"src\":\"x\",\"pos\":{}}", "unknown op 'acknowledge'"},
		{"{\"op\":\"\"}", "unknown op ''"},
		{"{\"op\":7}", "field 'op' is not a string"},
		{"{\"op\":\"ack\",\"op\":\"ack\",\"src\":\"x\",\"pos\":{}}", "duplicate field 'op'"},
		{"{\"op\":\"ack\",\"src\":\"x\",\"\\u0073rc\":\"x\",\"pos\":{}}", "duplicate field 'src'"},
		{"{\"op\":\"ack\",\"src\":\"x\"}", "op 'ack': field 'pos' is missing"},
		{"{\"op\":\"ack\",\"src\":null,\"pos\":{}}", "field 'src' is not a string"},
		{"{\"op\":\"ack\",\"src\":\"x\",\"pos\":\"a:4\"}", "field 'pos' is not an object"},
		{"{\"op\":\"commit\",\"src\":\"x\",\"tx\":\"1\",\"n\":-1,\"pos\":{}}", "field 'n' is not a whole number"},
		{"{\"op\":\"commit\",\"src\":\"x\",\"tx\":\"1\",\"n\":1.5,\"pos\":{}}", "field 'n' is not a whole number"},
		{"{\"op\":\"commit\",\"src\":\"x\",\"tx\":\"1\",\"n\":\"1\",\"pos\":{}}", "field 'n' is not a whole number"},
		{"{\"op\":\"insert\",\"db\":\"d\",\"table\":\"t\",\"after\":[]}", "field 'after' is not an object"},
		{"{\"op\":\"insert\",\"db\":\"d\",\"table\":\"t\"}", "op 'insert': field 'after' is missing"},
		{"{\"op\":\"insert\",\"db\":\"d\",\"table\":\"t\",\"after\":{},\"flags\":{}}", "field 'flags' is not an array"},
		{"{\"op\":\"update\",\"db\":\"d\",\"table\":\"t\",\"after\":{}}", "op 'update': field 'before' is missing"},
		{"{\"op\":\"delete\",\"db\":\"d\",\"table\":\"t\",\"after\":{}}", "op 'delete': field 'before' is missing"},
		{"{\"op\":\"stream\",\"v\":2,\"future\":1}", "unknown version 2 of the record stream"},
		{"{\"op\":\"stream\",\"kind\":\"changes\",\"src\":\"x\",\"pos\":{}}", "op 'stream': field 'v' is missing"},
		{"{\"op\":\"stream\",\"v\":1,\"kind\":\"odd\",\"src\":\"x\",\"pos\":{}}", "unknown kind 'odd' of a stream"},
		{"{\"op\":\"stream\",\"v\":1,\"kind\":\"changes\",\"src\":\"x\"}", "op 'stream': field 'pos' is missing"},
		{"{\"op\":\"stream\",\"v\":1,\"kind\":\"snapshot\",\"src\":\"x\"}", "op 'stream': field 'pos' is missing"},
		{"{\"op\":\"ddl\",\"sql\":\"x\"}", "op 'ddl': field 'kind' is missing"},
		{"{\"op\":\"end\",\"src\":\"x\",\"reason\":\"done\"}", "op 'end': field 'records' is missing"},
	};
	struct dts_record r;
	struct dts_error err;

	dts_record_init(&r);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CHECK_INT(-1, parse(&r, cases[i].line, &err));
		CHECK_STR(cases[i].why, err.message);
		CHECK_INT(DTS_BAD_INPUT, err.status);
	}
	CHECK_INT(-1, dts_record_parse(&r, dts_slice("{\0}", 3), &err));
	CHECK_STR("NUL byte at byte 2", err.message);
	CHECK_INT(-1, dts_record_parse(&r, dts_slice("\0", 1), &err));
	CHECK_STR("NUL byte at byte 1", err.message);
	/* A stream that needs no position. */
	CHECK_INT(0, parse(&r, "{\"op\":\"stream\",\"v\":1,\"kind\":\"schema\",\"src\":\"x\"}", &err));
	dts_record_release(&r);
}

/* Every field at 64 levels is fine, one more is not: the record is the first. */
static void test_depth(void)
{
	struct dts_record r;
	struct dts_error err;
	char line[300];

	dts_record_init(&r);
	for (int depth = 62; depth <= 64; depth++) {
		size_t len = (size_t)sprintf(line, "{\"op\":\"ack\",\"src\":\"x\",\"pos\":{},\"x\":");
		memset(line + len, '[', (size_t)depth);
		memset(line + len + depth, ']', (size_t)depth);
		strcpy(line + len + 2 * depth, "}");
		CHECK_INT(depth < 64 ? 0 : -1, parse(&r, line, &err));
	}
	CHECK(strncmp(err.message, "nested deeper than 64 levels at byte ", 37) == 0);
	dts_record_release(&r);
}

/* A record cut at any byte is refused; no byte beyond its end is looked at. */
static void test_cut_anywhere(void)
{
	const char *line = "{\"op\":\"update\",\"db\":\"sh\xc3\xb6p\",\"table\":\"\\u00e9\",\"tx\":\"0-1-6\",\"n\":12,"
			   "\"before\":{\"id\":-1.5e3,\"b\":[true,false,null]},\"after\":{\"id\":1,\"note\":\"\\n\"}}";
	struct dts_record r;
	struct dts_error err;

	dts_record_init(&r);
	for (size_t len = 0; len <= strlen(line); len++) {
		char *copy = malloc(len ? len : 1);
		memcpy(copy, line, len);
		CHECK_INT(len == strlen(line) ? 0 : -1, dts_record_parse(&r, dts_slice(copy, len), &err));
		free(copy);
	}
	dts_record_release(&r);
}

static void test_rewrite(void)
{
	struct dts_slice with[DTS_F_COUNT] = {{NULL, 0}};
	struct dts_buf out = {0};
	struct dts_record r;
	struct dts_error err;

	dts_record_init(&r);
	REQUIRE(parse(&r, "{\"op\":\"commit\", \"src\":\"a\",\"n\": 1 ,\"tx\":\"t\",\"x\":0,\"pos\":{}}", &err) == 0);
	dts_record_rewrite(&r, with, &out);
	CHECK_STR("{\"op\":\"commit\", \"src\":\"a\",\"n\": 1 ,\"tx\":\"t\",\"x\":0,\"pos\":{}}\n", dts_buf_text(&out));
	dts_buf_clear(&out);
	with[DTS_F_TX] = s("\"longer\"");
	with[DTS_F_N] = s("42");
	with[DTS_F_DB] = s("\"absent\"");
	dts_record_rewrite(&r, with, &out);
	CHECK_STR("{\"op\":\"commit\", \"src\":\"a\",\"n\": 42 ,\"tx\":\"longer\",\"x\":0,\"pos\":{}}\n", dts_buf_text(&out));
	dts_buf_release(&out);
	dts_record_release(&r);
}

static void test_names(void)
{
	CHECK_STR("chunk-end", dts_op_name(DTS_OP_CHUNK_END));
	CHECK_STR("ack", dts_op_name(DTS_OP_ACK));
	/* Each field is known under its name. */
	for (unsigned f = 1; f < DTS_F_COUNT; f++) {
		struct dts_record r;
		struct dts_error err;
		char line[100];
		static const char *const values[] = {"\"\"", "1", "{}", "[]", "true"};
		int found = 0;
		dts_record_init(&r);
		for (int v = 0; v < 5; v++) {
			snprintf(line, sizeof line, "{\"%s\":%s}", dts_field_name((enum dts_field)f), values[v]);
			CHECK_INT(-1, parse(&r, line, &err));
			found += strcmp(err.message, "field 'op' is missing") == 0;
			CHECK(r.raw[f].p != NULL);
		}
		CHECK_INT(1, found); /* it has one type */
		dts_record_release(&r);
	}
}

int main(void)
{
	RUN(test_canonical);
	RUN(test_any_form);
	RUN(test_refused);
	RUN(test_depth);
	RUN(test_cut_anywhere);
	RUN(test_rewrite);
	RUN(test_names);
	return unit_done();
}
