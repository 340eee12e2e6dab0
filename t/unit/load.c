#include "apply/load.h"

#include "unit.h"

static struct dts_error err;

static void read_schema(struct dts_schema *s, const char *columns)
{
	struct dts_record r;
	struct dts_buf line = {0};

	dts_buf_addf(&line, "{\"op\":\"schema\",\"db\":\"d\",\"table\":\"t`x\",\"columns\":[%s]}", columns);
	dts_record_init(&r);
	if (dts_record_parse(&r, dts_buf_slice(&line), &err) < 0 || dts_schema_parse(s, &r, &err) < 0)
		unit_fail(__FILE__, __LINE__, "%s: %s", dts_buf_text(&line), err.message);
	dts_record_release(&r);
	dts_buf_release(&line);
}

static struct dts_apply_table *table_of(const char *source, const char *target)
{
	struct dts_apply_table *t = dts_zalloc(1, sizeof *t);

	err = (struct dts_error)DTS_ERROR_INIT;
	read_schema(&t->schema, source);
	read_schema(&t->target, target);
	if (dts_apply_table_match(t, &err) < 0)
		unit_fail(__FILE__, __LINE__, "%s", err.message);
	return t;
}

/* The line of a row, given as its object; "INSERT", or the message. NUL shows as @. */
static const char *line_of(struct dts_apply_table *t, const char *object)
{
	static struct dts_buf out;
	struct dts_json *values = dts_zalloc(t->schema.column_count, sizeof *values);
	struct dts_literal_scratch scratch = {0};
	const char *text = "INSERT";

	err = (struct dts_error)DTS_ERROR_INIT;
	dts_buf_clear(&out);
	dts_buf_adds(&out, "before");
	CHECK_INT(0, dts_json_check(dts_slice_of(object), &err));
	CHECK_INT(0, dts_apply_table_spread(t, dts_slice_of(object), values, &err));
	int rc = dts_load_row(&out, t, values, &scratch, &err);
	for (size_t i = 0; i < out.len; i++)
		if (out.data[i] == '\0')
			out.data[i] = '@';
	CHECK(rc == 1 || out.len == 6);
	if (rc < 0)
		text = err.message;
	else if (rc == 1)
		text = dts_buf_text(&out) + 6;
	dts_literal_scratch_release(&scratch);
	free(values);
	return text;
}

/* Of one column, of one type on both sides. */
static const char *one(const char *more, const char *json)
{
	static char line[400];
	struct dts_buf column = {0}, object = {0};

	dts_buf_addf(&column, "{\"name\":\"c\",%s}", more);
	dts_buf_addf(&object, "{\"c\":%s}", json);
	struct dts_apply_table *t = table_of(dts_buf_text(&column), dts_buf_text(&column));
	snprintf(line, sizeof line, "%s", dts_load_possible(t) ? line_of(t, dts_buf_text(&object)) : "never");
	dts_apply_table_free(t);
	dts_buf_release(&column);
	dts_buf_release(&object);
	return line;
}

#define TYPE(type) "\"type\":\"" type "\",\"null\":true"
#define TEXT(type, charset) TYPE(type) ",\"charset\":\"" charset "\""
#define SORTED(type, charset, collation) TEXT(type, charset) ",\"collation\":\"" collation "\""

static void test_numbers(void)
{
	CHECK_STR("-12\n", one(TYPE("int(11)"), "-12"));
	CHECK_STR("18446744073709551615\n", one(TYPE("bigint(20) unsigned"), "\"18446744073709551615\""));
	CHECK_STR("column 'c': 1.5 is not a value of type int(11)", one(TYPE("int(11)"), "1.5"));
	CHECK_STR("column 'c': \"1x\" is not a value of type int(11)", one(TYPE("int(11)"), "\"1x\""));
	CHECK_STR("column 'c': \"\" is not a value of type int(11)", one(TYPE("int(11)"), "\"\""));
	CHECK_STR("column 'c': true is not a value of type int(11)", one(TYPE("int(11)"), "true"));
	CHECK_STR("-0.50\n", one(TYPE("decimal(5,2)"), "\"-0.50\""));
	CHECK_STR("INSERT", one(TYPE("decimal(5,2)"), "\"-0.00\""));
	CHECK_STR("column 'c': \"1.2.3\" is not a value of type decimal(5,2)", one(TYPE("decimal(5,2)"), "\"1.2.3\""));
	CHECK_STR("0000\n", one(TYPE("year(4)"), "0"));
	CHECK_STR("2155\n", one(TYPE("year"), "2155"));
	CHECK_STR("INSERT", one(TYPE("year"), "70"));
	CHECK_STR("never", one(TYPE("year(2)"), "70"));
	CHECK_STR("@\x01\xff\n", one(TYPE("bit(17)"), "511"));
	CHECK_STR("\\t\n", one(TYPE("bit(8)"), "9"));
	CHECK_STR("INSERT", one(TYPE("bit(8)"), "256"));
	CHECK_STR("\xff\xff\xff\xff\xff\xff\xff\xff\n", one(TYPE("bit(64)"), "\"18446744073709551615\""));
	CHECK_STR("\\N\n", one(TYPE("bit(8)"), "null"));
}

static void test_reals(void)
{
	CHECK_STR("1e-05\n", one(TYPE("double"), "1e-05"));
	CHECK_STR("-0\n", one(TYPE("double"), "-0"));
	CHECK_STR("0.1\n", one(TYPE("float"), "0.1"));
	CHECK_STR("123456789\n", one(TYPE("float"), "123456789"));
	/* Where a double might land between two floats, and at the type's edge. */
	CHECK_STR("3.4028234663852886e+38\n", one(TYPE("float"), "3.4028235e+38"));
	CHECK_STR("1.2345678806304932e+00\n", one(TYPE("float"), "1.234567891"));
	/* FLOAT(7,3) rounds what it is given. */
	CHECK_STR("1.0000000149011612e-01\n", one(TYPE("float(7,3)"), "0.1"));
	CHECK_STR("column 'c': \"1\" is not a value of type double", one(TYPE("double"), "\"1\""));
	struct dts_apply_table *t = table_of("{\"name\":\"c\"," TYPE("float") "}", "{\"name\":\"c\"," TYPE("double") "}");
	CHECK_STR("1.0000000149011612e-01\n", line_of(t, "{\"c\":0.1}"));
	dts_apply_table_free(t);
}

static void test_text(void)
{
	CHECK_STR("a\\tb\\nc\\\\d\"e/f\\bg\fh\\ri@j\n", one(TEXT("text", "utf8mb4"), "\"a\\tb\\nc\\\\d\\\"e\\/f\\bg\\fh\\ri\\u0000j\""));
	CHECK_STR("\\t\\n\\\\\xf0\x9f\x98\x80\xc3\xa9 long enough for sixteen bytes at once\\\\N\n",
		  one(TEXT("text", "utf8mb4"), "\"\\u0009\\u000a\\u005c\\ud83d\\uDE00\\u00e9 long enough for sixteen bytes at once\\\\N\""));
	CHECK_STR("\\\\N\n", one(TEXT("text", "utf8mb4"), "\"\\\\N\""));
	CHECK_STR("\n", one(TEXT("text", "utf8mb4"), "\"\""));
	CHECK_STR("\\N\n", one(TEXT("text", "utf8mb4"), "null"));
	CHECK_STR("\xe4\\\\\n", one(TEXT("text", "latin1"), "\"\xc3\xa4\\\\\""));
	CHECK_STR("@\\t@\\n\n", one(TEXT("varchar(9)", "ucs2"), "\"\\t\\n\""));
	CHECK_STR("\x95\\\\\n", one(TEXT("text", "sjis"), "\"\xe8\xa1\xa8\""));
	CHECK_STR("column 'c': the text cannot be written in latin1", one(TEXT("text", "latin1"), "\"\xe6\x97\xa5\""));
	CHECK_STR("\x95\\\\\n", one(TEXT("text", "sjis"), "{\"base64\":\"lVw=\"}"));
	CHECK_STR("a\n", one(TEXT("text", "ascii"), "\"a\""));
	CHECK_STR("INSERT", one(TEXT("text", "ascii"), "\"\xc3\xa4\""));
	CHECK_STR("\xe6\x97\xa5\n", one(TEXT("text", "utf8mb3"), "\"\xe6\x97\xa5\""));
	CHECK_STR("INSERT", one(TEXT("text", "utf8mb3"), "\"\xf0\x9f\x98\x80\""));
	CHECK_STR("2024-00-10 00:00:00.5\n", one(TYPE("datetime(1)"), "\"2024-00-10 00:00:00.5\""));
	CHECK_STR("a\\tb@\\\\\\n\xff\n", one(TYPE("blob"), "{\"base64\":\"YQliAFwK/w==\"}"));
	CHECK_STR("column 'c': {\"base64\":\"x\"} is not a value of type blob", one(TYPE("blob"), "{\"base64\":\"x\"}"));
	CHECK_STR("column 'c': 1 is not a value of type text", one(TEXT("text", "utf8mb4"), "1"));
}

static void test_two_charsets(void)
{
	struct dts_apply_table *t = table_of("{\"name\":\"c\"," TEXT("varchar(9)", "latin1") "}", "{\"name\":\"c\"," TEXT("varchar(9)", "utf8mb4") "}");

	CHECK_STR("\xc3\xa4\n", line_of(t, "{\"c\":\"\xc3\xa4\"}"));
	CHECK_STR("column 'c': bytes in latin1 cannot be converted to the target's utf8mb4", line_of(t, "{\"c\":{\"base64\":\"5A==\"}}"));
	dts_apply_table_free(t);
	/* The server's own conversion where ours has none. */
	t = table_of("{\"name\":\"c\"," TEXT("varchar(9)", "latin1") "}", "{\"name\":\"c\"," TEXT("varchar(9)", "klingon") "}");
	struct dts_buf sql = {0};
	dts_load_statement(&sql, t);
	CHECK(strstr(dts_buf_text(&sql), "(@v0) SET `c`=CONVERT(@v0 USING utf8mb4)") != NULL);
	CHECK_STR("\xc3\xa4\n", line_of(t, "{\"c\":\"\xc3\xa4\"}"));
	dts_buf_release(&sql);
	dts_apply_table_free(t);
}

static void test_labels(void)
{
	CHECK_STR("b\n", one(SORTED("enum('a','b')", "utf8mb4", "utf8mb4_general_ci"), "\"b\""));
	CHECK_STR("INSERT", one(SORTED("enum('a','b')", "utf8mb4", "utf8mb4_general_ci"), "0"));
	CHECK_STR("column 'c': \"2\" is not a value of type enum('a','b')", one(SORTED("enum('a','b')", "utf8mb4", "utf8mb4_general_ci"), "\"2\""));
	/* By number: labels that a collation may take for one another, and others than letters and digits. */
	CHECK_STR("2\n", one(SORTED("enum('v','w')", "utf8mb4", "utf8mb4_swedish_ci"), "\"w\""));
	CHECK_STR("2\n", one(SORTED("enum('a','A')", "utf8mb4", "utf8mb4_bin"), "\"A\""));
	CHECK_STR("2\n", one(SORTED("enum('a',' ')", "utf8mb4", "utf8mb4_bin"), "\" \""));
	CHECK_STR("1\n", one(TEXT("enum('a','b')", "utf8mb4"), "\"a\""));
	CHECK_STR("INSERT", one(TEXT("enum('a','b')", "utf8mb4"), "0"));
	CHECK_STR("x,z\n", one(SORTED("set('x','y','z')", "latin1", "latin1_swedish_ci"), "\"x,z\""));
	CHECK_STR("\n", one(SORTED("set('x','y','z')", "latin1", "latin1_swedish_ci"), "\"\""));
	CHECK_STR("column 'c': \"x,,z\" is not a value of type set('x','y','z')", one(SORTED("set('x','y','z')", "latin1", "latin1_swedish_ci"), "\"x,,z\""));
	CHECK_STR("5\n", one(SORTED("set('x','\xc3\xa4','z')", "latin1", "latin1_swedish_ci"), "\"x,z\""));
}

static void test_others(void)
{
	CHECK_STR("{\"a\": \"\\\\n\"}\n", one(TYPE("json"), "\"{\\\"a\\\": \\\"\\\\n\\\"}\""));
	CHECK_STR("INSERT", one(TYPE("json"), "\"[1.50]\""));
	CHECK_STR("column 'c': MySQL reads a JSON document up to a NUL byte only, and this text goes on behind one", one(TYPE("json"), "\"1\\u0000\""));
	CHECK_STR("0123456789abcdef\n", one(TYPE("uuid"), "\"30313233-3435-3637-3839-616263646566\""));
	CHECK_STR("INSERT", one(TYPE("uuid"), "\"303132333435-3637-3839-616263646566\""));
	CHECK_STR("0123\n", one(TYPE("inet4"), "\"48.49.50.51\""));
	CHECK_STR("@@@@@@@@@@@@@@@1\n", one(TYPE("inet6"), "\"::31\""));
	CHECK_STR("INSERT", one(TYPE("inet6"), "\"::x\""));
	CHECK_STR("@@\x80?\n", one(TYPE("vector(1)"), "{\"base64\":\"AACAPw==\"}"));
	CHECK_STR("never", one(TYPE("xmltype"), "\"x\""));
}

static void test_statement(void)
{
	static const char columns[] =
		"{\"name\":\"id\",\"type\":\"int(11)\"},{\"name\":\"a`b\"," TYPE("json") "},{\"name\":\"g\",\"type\":\"int(11)\",\"generated\":\"virtual\"},"
		"{\"name\":\"e\"," TEXT("enum('x','y')", "utf8mb4") "},{\"name\":\"s\"," TEXT("text", "gbk") "}";
	struct dts_apply_table *t = table_of(columns, columns);
	struct dts_buf sql = {0};

	CHECK(dts_load_possible(t));
	dts_load_statement(&sql, t);
	CHECK_STR("LOAD DATA LOCAL INFILE 'rows' INTO TABLE `d`.`t``x` CHARACTER SET binary FIELDS TERMINATED BY '\\t' ENCLOSED BY '' ESCAPED BY '\\\\'"
		  " LINES STARTING BY '' TERMINATED BY '\\n' (`id`,@v1,@v3,`s`) SET `a``b`=CONVERT(@v1 USING utf8mb4),`e`=CAST(@v3 AS UNSIGNED)",
		  dts_buf_text(&sql));
	CHECK_STR("1\t[]\t2\t\\N\n", line_of(t, "{\"id\":1,\"a`b\":\"[]\",\"g\":5,\"e\":\"y\",\"s\":null}"));
	CHECK_STR("column 'id' cannot be null", line_of(t, "{\"id\":null,\"a`b\":null,\"e\":null,\"s\":null}"));
	CHECK_STR("INSERT", line_of(t, "{\"id\":1,\"a`b\":null,\"e\":null}"));              /* absent */
	dts_buf_release(&sql);
	dts_apply_table_free(t);
	t = table_of("{\"name\":\"g\",\"type\":\"int(11)\",\"generated\":\"virtual\"}", "{\"name\":\"g\",\"type\":\"int(11)\",\"generated\":\"virtual\"}");
	CHECK(!dts_load_possible(t));
	CHECK_STR("INSERT", line_of(t, "{}"));
	dts_apply_table_free(t);
}

/* What the server reads: the field up to its tab or newline. */
static void read_field(const char **p, const char *end, struct dts_buf *out)
{
	dts_buf_clear(out);
	for (; *p < end && **p != '\t' && **p != '\n'; ++*p) {
		char c = **p;
		if (c == '\\') {
			c = *++*p;
			c = c == 't' ? '\t' : c == 'n' ? '\n' : c == 'r' ? '\r' : c == 'b' ? '\b' : c == '0' ? '\0' : c == 'Z' ? '\x1a' : c;
		}
		dts_buf_addc(out, c);
	}
	++*p;
}

/* Random texts and bytes come back as they were, whatever their length and where their escapes are. */
static void test_comes_back(void)
{
	static const char columns[] = "{\"name\":\"a\"," TEXT("longtext", "utf8mb4") "},{\"name\":\"b\"," TYPE("longblob") "}";
	static const char *const pieces[] = {"a", "\\", "\t", "\n", "\xc3\xa9", "\xf0\x9f\x98\x80", "\x1a", "\r", "\b", "N", "\"", "/", "a run of plain bytes", "\f"};
	static const char *const escaped[] = {"\\u005c", "\\u0009", "\\u000A", "\\u0000", "\\/", "\\ud83d\\ude00", "\\u0041"};
	static const char *const meant[] = {"\\", "\t", "\n", "", "/", "\xf0\x9f\x98\x80", "A"};
	struct dts_apply_table *t = table_of(columns, columns);
	struct dts_buf text = {0}, json = {0}, bytes = {0}, object = {0}, out = {0}, field = {0};
	struct dts_literal_scratch scratch = {0};
	struct dts_json values[2];
	uint64_t seed = unit_seed();

	for (unsigned round = 0; round < 20000; round++) {
		dts_buf_clear(&text);
		dts_buf_clear(&json);
		dts_buf_clear(&bytes);
		for (unsigned n = 0; n < round % 60; n++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			unsigned k = (unsigned)(seed >> 33);
			if (k % 5 == 0) {
				k = k / 5 % 7;
				dts_buf_adds(&json, escaped[k]);
				dts_buf_add(&text, meant[k], k == 3 ? 1 : strlen(meant[k]));
			} else {
				struct dts_buf quoted = {0};
				const char *piece = pieces[k / 5 % 14];
				dts_buf_adds(&text, piece);
				dts_json_add_string(&quoted, dts_slice_of(piece));
				dts_buf_add(&json, quoted.data + 1, quoted.len - 2);
				dts_buf_release(&quoted);
			}
			dts_buf_addc(&bytes, k % 3 ? (char)(seed >> 40) : "\t\n\\"[k / 3 % 3]);
		}
		dts_buf_clear(&object);
		dts_buf_adds(&object, "{\"a\":\"");
		dts_buf_add_slice(&object, dts_buf_slice(&json));
		dts_buf_adds(&object, "\",\"b\":");
		dts_json_add_bytes(&object, dts_buf_slice(&bytes));
		dts_buf_addc(&object, '}');
		dts_buf_clear(&out);
		CHECK_INT(0, dts_apply_table_spread(t, dts_buf_slice(&object), values, &err));
		CHECK_INT(1, dts_load_row(&out, t, values, &scratch, &err));
		const char *p = out.data, *end = p + out.len;
		read_field(&p, end, &field);
		CHECK_MEM(text.data, text.len, field.data, field.len);
		read_field(&p, end, &field);
		CHECK_MEM(bytes.data, bytes.len, field.data, field.len);
		CHECK(p == end);
	}
	dts_buf_release(&text);
	dts_buf_release(&json);
	dts_buf_release(&bytes);
	dts_buf_release(&object);
	dts_buf_release(&out);
	dts_buf_release(&field);
	dts_literal_scratch_release(&scratch);
	dts_apply_table_free(t);
}

/* The texts of floats that go as they are, against the rounding of the double that they read to. */
static void test_floats(void)
{
	struct dts_apply_table *t = table_of("{\"name\":\"c\"," TYPE("float") "}", "{\"name\":\"c\"," TYPE("float") "}");
	uint64_t seed = unit_seed();
	struct dts_literal_scratch scratch = {0};
	struct dts_buf json = {0}, out = {0};

	for (unsigned round = 0; round < 300000; round++) {
		uint32_t bits;
		float f;
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		bits = (uint32_t)(seed >> 32);
		if (round % 2) /* most have an exponent else */
			bits = (bits & 0x80ffffff) | (uint32_t)(0x38 + round % 16) << 24;
		memcpy(&f, &bits, sizeof f);
		if (f - f != 0)
			continue;
		dts_buf_clear(&json);
		dts_buf_clear(&out);
		dts_json_add_float(&json, f);
		struct dts_json value = dts_json_value(dts_buf_slice(&json));
		CHECK_INT(1, dts_load_row(&out, t, &value, &scratch, &err));
		float back = (float)strtod(dts_buf_text(&out), NULL);
		CHECK(memcmp(&f, &back, sizeof f) == 0);
	}
	dts_buf_release(&json);
	dts_buf_release(&out);
	dts_literal_scratch_release(&scratch);
	dts_apply_table_free(t);
}

int main(void)
{
	RUN(test_numbers);
	RUN(test_reals);
	RUN(test_text);
	RUN(test_two_charsets);
	RUN(test_labels);
	RUN(test_others);
	RUN(test_statement);
	RUN(test_comes_back);
	RUN(test_floats);
	return unit_done();
}
