#include "unit.h"

#include "base/arena.h"
#include "mysql/keybound.h"

static struct dts_schema schema;
static struct dts_column columns[8];

static struct dts_column *add_column(const char *name, const char *type)
{
	struct dts_column *c = &columns[schema.column_count++];

	if (!schema.arena)
		schema.arena = dts_arena_new();
	schema.columns = columns;
	*c = (struct dts_column){.name = dts_slice_of(name), .type_text = dts_slice_of(type)};
	dts_column_from_type(c, schema.arena);
	return c;
}

static void drop(void)
{
	dts_arena_free(schema.arena);
	schema = (struct dts_schema){0};
}

/* The record of a row's key says the same as the row. */
static void test_as_from_the_row(void)
{
	static const struct {
		const char *type, *charset, *value;
	} cases[] = {
		{"int(11)", NULL, "-5"},
		{"bigint(20) unsigned", NULL, "18446744073709551615"},
		{"bigint(20)", NULL, "-9223372036854775808"},
		{"year(4)", NULL, "2024"},
		{"decimal(20,10)", NULL, "-1234567890.1234567890"},
		{"bit(64)", NULL, "\xff\xff\xff\xff\xff\xff\xff\xff"},
		{"date", NULL, "0000-00-00"},
		{"datetime(6)", NULL, "2024-02-31 10:00:00.000001"},
		{"timestamp", NULL, "2024-02-01 10:00:00"},
		{"time(3)", NULL, "-838:59:59.999"},
		{"varchar(10)", "latin1", "\xe4'\\"},
		{"varchar(10)", "utf8mb4", "\xf0\x9f\x98\x80 "},
		{"varchar(10)", "utf8mb4", "\xff\xfe"},
		{"varchar(10)", "gbk", "\x81\x5c"},
		{"char(10)", "sjis", "\x83\x5c"},
		{"varchar(10)", "", "abc"},
		{"enum('z','a','it''s')", "utf8mb4", "3"},
		{"enum('z','')", "utf8mb4", "0"},
		{"enum('z','')", "utf8mb4", "2"},
		{"set('x','y','')", "utf8mb4", "0"},
		{"set('x','y','')", "utf8mb4", "3"},
		{"set('x','y','')", "utf8mb4", "4"},
		{"set('x','y','')", "utf8mb4", "6"},
		{"binary(4)", NULL, "a'\\\x01"},
		{"varbinary(10)", NULL, ""},
		{"uuid", NULL, "00112233-4455-6677-8899-aabbccddeeff"},
		{"inet6", NULL, "::1"},
		{"inet4", NULL, "10.0.0.1"},
	};
	struct dts_slice names[] = {DTS_LIT("k\"\n")};
	struct dts_key key = {{"", 0}, names, 1};
	struct dts_bound row = {0}, read = {0};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_buf json = {0};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *values[] = {(char *)cases[i].value};
		unsigned long lengths[] = {strlen(cases[i].value)};
		struct dts_column *c = add_column("k\"\n", cases[i].type);
		if (cases[i].charset)
			c->charset = dts_slice_of(cases[i].charset);
		CHECK_INT(0, dts_keyrange_fill(&schema, &key, values, lengths, &row, &err));
		dts_buf_clear(&json);
		dts_bound_add_json(&json, &key, &row);
		CHECK_INT(0, dts_bound_parse(&schema, &key, dts_buf_slice(&json), &read, &err));
		REQUIRE(read.literals != NULL);
		CHECK_STR(dts_buf_text(&row.literals[0]), dts_buf_text(&read.literals[0]));
		CHECK_STR(dts_buf_text(&row.json[0]), dts_buf_text(&read.json[0]));
		drop();
	}
	dts_bound_release(&row);
	dts_bound_release(&read);
	dts_buf_release(&json);
}

static void test_any_json(void)
{
	struct dts_slice names[] = {DTS_LIT("a"), DTS_LIT("b")};
	struct dts_key key = {DTS_LIT("u"), names, 2};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_bound b = {0};

	add_column("b", "varchar(10)")->charset = DTS_LIT("latin1");
	add_column("a", "int(11)");
	CHECK_INT(0, dts_bound_parse(&schema, &key, DTS_LIT(" { \"b\" : \"\\u00e4\", \"a\" : \"7\" } "), &b, &err));
	REQUIRE(b.literals != NULL);
	CHECK_STR("7", dts_buf_text(&b.literals[0]));
	CHECK_STR("_latin1 X'E4'", dts_buf_text(&b.literals[1]));
	CHECK_STR("\"7\"", dts_buf_text(&b.json[0]));
	CHECK_INT(0, dts_bound_parse(&schema, &key, DTS_LIT("null"), &b, &err));
	CHECK(b.literals == NULL);
	CHECK_INT(0, dts_bound_parse(&schema, &key, (struct dts_slice){0}, &b, &err));
	CHECK(b.literals == NULL);
	drop();
	dts_bound_release(&b);
}

static void test_refused(void)
{
	static const char *const texts[] = {
		"5", "[5]", "{}", "{\"a\":1}", "{\"a\":1,\"b\":\"x\",\"c\":1}", "{\"a\":1,\"a\":1}", "{\"a\":null,\"b\":\"x\"}",
		"{\"a\":1.5,\"b\":\"x\"}", "{\"a\":\"1 OR 1\",\"b\":\"x\"}", "{\"a\":\"\",\"b\":\"x\"}", "{\"a\":1e3,\"b\":\"x\"}",
		"{\"a\":1,\"b\":\"\\u4e00\"}", "{\"a\":1,\"b\":2}", "{\"a\":1,\"b\":{\"base64\":\"?\"}}", "{\"a\":1,\"b\":{}}",
	};
	struct dts_slice names[] = {DTS_LIT("a"), DTS_LIT("b")};
	struct dts_key key = {DTS_LIT("u"), names, 2};
	struct dts_bound b = {0};

	add_column("b", "varchar(10)")->charset = DTS_LIT("latin1");
	add_column("a", "int(11)");
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct dts_error err = DTS_ERROR_INIT;
		CHECK_INT(-1, dts_bound_parse(&schema, &key, dts_slice_of(texts[i]), &b, &err));
		CHECK_INT(DTS_BAD_INPUT, err.status);
		CHECK(b.literals == NULL);
	}
	drop();
	static const struct {
		const char *type, *json;
	} cases[] = {
		{"enum('a','b')", "{\"k\":\"c\"}"}, {"set('a','b')", "{\"k\":\"a,c\"}"}, {"set('a','b')", "{\"k\":\"a,\"}"},
		{"binary(2)", "{\"k\":\"ab\"}"},    {"date", "{\"k\":20240101}"},        {"decimal(3,1)", "{\"k\":\"1.2.3\"}"},
	};
	struct dts_slice k[] = {DTS_LIT("k")};
	struct dts_key one = {{"", 0}, k, 1};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct dts_error err = DTS_ERROR_INIT;
		add_column("k", cases[i].type);
		CHECK_INT(-1, dts_bound_parse(&schema, &one, dts_slice_of(cases[i].json), &b, &err));
		drop();
	}
}

int main(void)
{
	RUN(test_as_from_the_row);
	RUN(test_any_json);
	RUN(test_refused);
	return unit_done();
}
