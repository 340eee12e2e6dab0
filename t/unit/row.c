/* Row records in one walk: the same values as parsing and spreading gives, and nothing that parsing refuses. */
#include "record/row.h"

#include "unit.h"

static struct dts_error err;
static struct dts_schema schema;
static struct dts_row_form *form;
static struct dts_json values[8];

static void make(const char *columns)
{
	struct dts_buf line = {0};
	struct dts_record r;

	dts_buf_addf(&line, "{\"op\":\"schema\",\"db\":\"d\",\"table\":\"t \\\"x\",\"columns\":[%s]}", columns);
	dts_record_init(&r);
	dts_row_form_free(form);
	CHECK_INT(0, dts_record_parse(&r, dts_buf_slice(&line), &err));
	CHECK_INT(0, dts_schema_parse(&schema, &r, &err));
	form = dts_row_form_new(&schema);
	dts_record_release(&r);
	dts_buf_release(&line);
}

/* The values with bars between them, "-" for an absent one; NULL: not in the form. */
static const char *row(const char *line)
{
	static struct dts_buf text;

	if (!dts_row_form_read(form, dts_slice_of(line), values))
		return NULL;
	dts_buf_clear(&text);
	for (size_t i = 0; i < schema.column_count; i++) {
		dts_buf_adds(&text, i ? "|" : "");
		if (values[i].raw.p) {
			CHECK(values[i].type == dts_json_value(values[i].raw).type);
			dts_buf_add_slice(&text, values[i].raw);
		} else {
			dts_buf_addc(&text, '-');
		}
	}
	return dts_buf_text(&text);
}

#define ROW(after) "{\"op\":\"row\",\"db\":\"d\",\"table\":\"t \\\"x\",\"after\":" after "}"
#define COL(name) "{\"name\":\"" name "\",\"type\":\"int(11)\"}"
#define LONG "a name that is longer than sixteen bytes by far"

static void test_in_form(void)
{
	make(COL("id") "," COL("a\\\"b") "," COL(LONG) ",{\"name\":\"g\",\"type\":\"int(11)\",\"generated\":\"virtual\"}," COL("z"));
	CHECK_STR("1|\"x\"|null|-|{\"base64\":\"AA==\"}", row(ROW("{\"id\":1,\"a\\\"b\":\"x\",\"" LONG "\":null,\"z\":{\"base64\":\"AA==\"}}")));
	CHECK_STR("-1.5e3|\"\\n\\u00e4\\\"\"|true|7|0", row(ROW("{\"id\":-1.5e3,\"a\\\"b\":\"\\n\\u00e4\\\"\",\"" LONG "\":true,\"g\":7,\"z\":0}")));
	CHECK_STR("10.25|1e5|[1,{\"x\":2}]|-|\"\"", row(ROW("{\"id\":10.25,\"a\\\"b\":1e5,\"" LONG "\":[1,{\"x\":2}],\"z\":\"\"}")));
	/* Generated ones first and last. */
	make("{\"name\":\"g\",\"type\":\"int(11)\",\"generated\":\"stored\"}," COL("a") ",{\"name\":\"h\",\"type\":\"int(11)\",\"generated\":\"virtual\"}");
	CHECK_STR("-|1|-", row(ROW("{\"a\":1}")));
	CHECK_STR("2|1|3", row(ROW("{\"g\":2,\"a\":1,\"h\":3}")));
	CHECK_STR("2|1|-", row(ROW("{\"g\":2,\"a\":1}")));
}

static void test_in_no_form(void)
{
	static const char *const lines[] = {
		"", "{", "{}", ROW("{}"), ROW("{\"a\":1}"), ROW("{\"b\":1,\"a\":1}"), ROW("{\"a\":1,\"b\":2,\"c\":3}"),
		ROW("{\"a\":1,\"b\":2,\"b\":2}"), ROW("{\"a\":1,\"b\":2} "), ROW("{\"a\":1,\"b\":2}") " ", ROW("{\"a\":1,\"b\":2}") "}",
		ROW("{\"a\":1 ,\"b\":2}"), ROW("{\"a\":1, \"b\":2}"), ROW("{ \"a\":1,\"b\":2}"), ROW("{\"a\": 1,\"b\":2}"),
		ROW("{\"a\":1\"b\":2}"), ROW("{\"a\":1;\"b\":2}"), ROW("{\"a\":,\"b\":2}"), ROW("{\"a\":01,\"b\":2}"),
		ROW("{\"a\":1.,\"b\":2}"), ROW("{\"a\":1e,\"b\":2}"), ROW("{\"a\":-,\"b\":2}"), ROW("{\"a\":1x,\"b\":2}"),
		ROW("{\"a\":\"\xff\",\"b\":2}"), ROW("{\"a\":\"\x01\",\"b\":2}"), ROW("{\"a\":\"\\ud800\",\"b\":2}"),
		ROW("{\"a\":\"\\q\",\"b\":2}"), ROW("{\"a\":nul,\"b\":2}"), ROW("{\"a\":{\"x\":},\"b\":2}"), ROW("{\"a\":[1,],\"b\":2}"),
		ROW("{\"a\":1,\"b\":2,}"), ROW("{\"a\":1,\"b\":}"), ROW("{\"a\":1,\"b\":\"}}"), "{\"op\":\"row\",\"db\":\"d\",\"table\":\"t\",\"after\":{\"a\":1,\"b\":2}}",
		"{\"op\":\"row\",\"db\":\"d\",\"table\":\"t \\\"x\",\"after\":{\"a\":1,\"b\":2",
		"{\"op\":\"row\",\"db\":\"d\",\"table\":\"t \\\"x\",\"after\":{\"a\":1,\"b\":2}",
		"{\"op\":\"row\",\"db\":\"d\",\"table\":\"t \\\"x\",\"after\":{\"a\":1,\"b\":2},\"more\":1}",
	};

	make(COL("a") "," COL("b"));
	CHECK_STR("1|2", row(ROW("{\"a\":1,\"b\":2}")));
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		if (row(lines[i]))
			unit_fail(__FILE__, __LINE__, "taken: %s", lines[i]);
}

/* Bytes of a right line changed at random: what is taken, parsing takes, with the same values. */
static void test_changed(void)
{
	static const char right[] = ROW("{\"a\":-12.5e1,\"b\":\"caf\xc3\xa9 \\u00e9\\n and more than sixteen bytes\",\"c\":{\"base64\":\"AAAA\"},\"d\":null}");
	static const char bytes[] = "\"\\{}[],:0123456789.eE+-ntu \x80\xc3\xa9\x01";
	uint64_t seed = unit_seed();
	unsigned taken = 0;
	struct dts_record r;

	dts_record_init(&r);
	make(COL("a") "," COL("b") "," COL("c") "," COL("d"));
	CHECK(row(right) != NULL);
	for (unsigned round = 0; round < 300000; round++) {
		char line[sizeof right];
		size_t len = sizeof right - 1;
		memcpy(line, right, sizeof right);
		for (unsigned n = 0; n < 1 + round % 3; n++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			line[(seed >> 33) % len] = bytes[(seed >> 20) % (sizeof bytes - 1)];
		}
		/* Of its own size, for the sanitizer. */
		char *own = malloc(len);
		memcpy(own, line, len);
		if (dts_row_form_read(form, dts_slice(own, len), values)) {
			struct dts_json_walk w;
			struct dts_slice key;
			struct dts_json value;
			taken++;
			if (dts_record_parse(&r, dts_slice(own, len), &err) < 0)
				unit_fail(__FILE__, __LINE__, "parsing refuses %.*s", (int)len, own);
			w = dts_json_walk(r.raw[DTS_F_AFTER]);
			for (size_t i = 0; i < 4 && dts_json_member(&w, &key, &value); i++)
				CHECK(value.raw.p == values[i].raw.p && value.raw.len == values[i].raw.len && value.type == values[i].type);
		}
		free(own);
	}
	CHECK(taken > 1000);
	dts_record_release(&r);
}

int main(void)
{
	RUN(test_in_form);
	RUN(test_in_no_form);
	RUN(test_changed);
	dts_row_form_free(form);
	dts_schema_release(&schema);
	return unit_done();
}
