#include "apply/literal.h"

#include "base/arena.h"
#include "mysql/quote.h"
#include "unit.h"

static struct dts_error err;
static char got[5000];

/* One column of `type` on both sides; the value as JSON; its SQL, or the message. */
static const char *sql_of(const char *type, const char *source_charset, const char *target_charset, const char *json,
			  bool match, unsigned *zeros)
{
	struct dts_arena *arena = dts_arena_new();
	struct dts_column source = {.name = DTS_LIT("c"), .type_text = dts_slice_of(type)};
	struct dts_literal_scratch scratch = {0};
	struct dts_buf sql = {0};
	int rc;

	dts_column_from_type(&source, arena);
	struct dts_column target = source;
	source.charset = dts_slice_of(source_charset);
	target.charset = dts_slice_of(target_charset);
	struct dts_apply_column c = {.source = &source, .target = &target, .written = true};
	/* As dts_apply_table_match() says. */
	const struct dts_charset *cs = *source_charset ? dts_charset_find(source.charset) : NULL;
	c.same_charset = dts_slice_eq(source.charset, target.charset);
	c.charset = cs && c.same_charset && !dts_charset_is_utf8(cs) ? cs : NULL;

	err = (struct dts_error)DTS_ERROR_INIT;
	CHECK_INT(0, dts_json_check(dts_slice_of(json), &err));
	struct dts_json value = dts_json_value(dts_slice_of(json));
	if (match)
		rc = dts_literal_add_match(&sql, &c, value, &scratch, &err);
	else
		rc = dts_literal_add(&sql, &c, value, zeros, &scratch, &err);
	snprintf(got, sizeof got, "%s", rc < 0 ? err.message : dts_buf_text(&sql));
	CHECK((rc < 0) == (err.status != DTS_OK));
	dts_literal_scratch_release(&scratch);
	dts_buf_release(&sql);
	dts_arena_free(arena);
	return got;
}

static const char *value(const char *type, const char *json)
{
	unsigned zeros = 0;
	const char *sql = sql_of(type, "", "", json, false, &zeros);

	CHECK_INT(0, zeros);
	return sql;
}

static const char *text(const char *charset, const char *json)
{
	unsigned zeros = 0;

	return sql_of("varchar(20)", charset, charset, json, false, &zeros);
}

static const char *match(const char *type, const char *charset, const char *json)
{
	return sql_of(type, charset, charset, json, true, NULL);
}

static void test_numbers(void)
{
	CHECK_STR("NULL", value("decimal(10,2)", "null"));
	/* To a column that is NOT NULL; it may be AUTO_INCREMENT. */
	CHECK_STR("column 'c' cannot be null", value("int(11)", "null"));
	CHECK_STR("column 'c' cannot be null", value("timestamp", "null"));
	CHECK_STR("-5", value("int(11)", "-5"));
	CHECK_STR("18446744073709551615", value("bigint(20) unsigned", "\"18446744073709551615\""));
	CHECK_STR("007", value("int(11)", "\"007\""));
	CHECK_STR("-12.50", value("decimal(10,2)", "\"-12.50\""));
	CHECK_STR("12.5", value("decimal(10,2)", "12.5"));
	CHECK_STR("5", value("bit(3)", "5"));
	CHECK_STR("0", value("year(4)", "0"));
	CHECK_STR("1.5e0", value("double", "1.5"));
	CHECK_STR("1.0000000000000000e+00", value("float", "1"));
	/* at the edge of the type its shortest text is out of range for the server */
	CHECK_STR("3.4028234663852886e+38", value("float", "3.4028235e+38"));
	CHECK_STR("5e-324", value("double", "5e-324"));
	CHECK_STR("1E5", value("double", "1E5"));
	CHECK_STR("-0.0e0", value("double", "-0.0"));
	CHECK_STR("-0e0", value("double", "-0"));
	CHECK_STR("-0.0000000000000000e+00", value("float", "-0"));
}

static void test_refused_values(void)
{
	static const char *const cases[][3] = {
		{"int(11)", "\"1 OR 1=1\"", "\"1 OR 1=1\""},
		{"int(11)", "\"\"", "\"\""},
		{"int(11)", "\"-\"", "\"-\""},
		{"int(11)", "1.5", "1.5"},
		{"int(11)", "1e3", "1e3"},
		{"int(11)", "true", "true"},
		{"int(11)", "[1]", "[1]"},
		{"int(11)", "{\"base64\":\"AA==\"}", "{\"base64\":\"AA==\"}"},
		{"decimal(10,2)", "\"1.2.3\"", "\"1.2.3\""},
		{"decimal(10,2)", "\".5\"", "\".5\""},
		{"decimal(10,2)", "\"+1\"", "\"+1\""},
		{"double", "\"1.5\"", "\"1.5\""},
		{"date", "20240101", "20240101"},
		{"varchar(9)", "5", "5"},
		{"varchar(9)", "false", "false"},
		{"varbinary(9)", "5", "5"},
		{"varbinary(9)", "{\"base64\":\"A\"}", "{\"base64\":\"A\"}"},
		{"varbinary(9)", "{\"hex\":\"00\"}", "{\"hex\":\"00\"}"},
		{"enum('a')", "1", "1"},
		{"set('a')", "0", "0"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char want[200];
		snprintf(want, sizeof want, "column 'c': %s is not a value of type %s", cases[i][2], cases[i][0]);
		CHECK_STR(want, value(cases[i][0], cases[i][1]));
		CHECK_INT(DTS_BAD_INPUT, err.status);
	}
}

static void test_text_and_times(void)
{
	CHECK_STR("'it\\'s \\\\ \\n\\0\\Z\"'", text("utf8mb4", "\"it's \\\\ \\n\\u0000\\u001a\\\"\""));
	CHECK_STR("'\xc3\xa4\xf0\x9f\x98\x80'", text("utf8mb4", "\"\\u00e4\\ud83d\\ude00\""));
	CHECK_STR("''", text("", "\"\""));
	CHECK_STR("'2024-00-31'", value("date", "\"2024-00-31\""));
	CHECK_STR("'-838:59:59.999'", value("time(3)", "\"-838:59:59.999\""));
	CHECK_STR("'0000-00-00 00:00:00'", value("timestamp", "\"0000-00-00 00:00:00\""));
	CHECK_STR("3", value("set('a','b')", "\"a,b\""));
	CHECK_STR("1", value("enum('','a')", "\"\""));
	CHECK_STR("2", value("set('a','')", "2"));
	CHECK_STR("3", value("set('a','')", "\"a,\""));
	CHECK_STR("3", value("set('','a')", "\",a\""));
	CHECK_STR("0", value("set('','a')", "\"\""));
	CHECK_STR("'::1'", value("inet6", "\"::1\""));
	CHECK_STR("'00112233-4455-1677-8899-aabbccddeeff'", value("uuid", "\"00112233-4455-1677-8899-aabbccddeeff\""));
}

static void test_bytes(void)
{
	CHECK_STR("X''", value("blob", "{\"base64\":\"\"}"));
	CHECK_STR("X'00FF27'", value("varbinary(9)", "{\"base64\":\"AP8n\"}"));
	CHECK_STR("X'6162'", value("binary(2)", "\"ab\""));
	CHECK_STR("X'00000000'", value("geometry", "{\"base64\":\"AAAAAA==\"}"));
	/* Text that does not survive UTF-8: the column's own bytes. */
	CHECK_STR("X'8140'", text("gbk", "{\"base64\":\"gUA=\"}"));
	unsigned zeros = 0;
	CHECK_STR("column 'c': bytes in gbk cannot be converted to the target's utf8mb4",
		  sql_of("varchar(9)", "gbk", "utf8mb4", "{\"base64\":\"gUA=\"}", false, &zeros));
	CHECK_INT(DTS_REFUSED, err.status);
}

static void test_charsets(void)
{
	unsigned zeros = 0;

	CHECK_STR("_latin1 X'E980'", text("latin1", "\"\xc3\xa9\xe2\x82\xac\""));
	CHECK_STR("_utf16 X'D83DDE00'", text("utf16", "\"\\ud83d\\ude00\""));
	CHECK_STR("'\xc3\xa9'", text("utf8mb3", "\"\xc3\xa9\""));
	/* Another character set at the target: the server converts, or refuses. */
	CHECK_STR("'\xc3\xa9'", sql_of("varchar(9)", "latin1", "utf8mb4", "\"\xc3\xa9\"", false, &zeros));
	CHECK_STR("column 'c': the text cannot be written in latin1", text("latin1", "\"\xe6\x97\xa5\""));
	CHECK_INT(DTS_REFUSED, err.status);
}

static void test_enum_zero(void)
{
	unsigned zeros = 0;

	CHECK_STR("0", sql_of("enum('a')", "utf8mb4", "utf8mb4", "0", false, &zeros));
	CHECK_STR("1", sql_of("enum('0')", "utf8mb4", "utf8mb4", "\"0\"", false, &zeros));
	CHECK_INT(1, zeros);
	CHECK_STR("0", sql_of("enum('a')", "latin1", "latin1", "0", false, &zeros));
	CHECK_INT(2, zeros);
	CHECK_STR("(`c`|0)<=>0", match("enum('a')", "utf8mb4", "0"));
}

static void test_match(void)
{
	CHECK_STR("`c` IS NULL", match("int(11)", "", "null"));
	CHECK_STR("`c`<=>-5", match("int(11)", "", "-5"));
	CHECK_STR("`c`<=>-1.50", match("decimal(5,2)", "", "\"-1.50\""));
	CHECK_STR("`c`<=>1.5e0", match("double", "", "1.5"));
	CHECK_STR("`c`<=>1.0000000149011612e-01", match("float", "", "0.1"));
	CHECK_STR("`c`<=>1.6777216000000000e+07", match("float", "", "16777216"));
	CHECK_STR("column 'c': \"x\" is not a value of type float", match("float", "", "\"x\""));
	CHECK_STR("`c`<=>0e0 AND CONCAT(`c`*1e0)<=>CONCAT(0e0)", match("double", "", "0"));
	CHECK_STR("`c`<=>-0e0 AND CONCAT(`c`*1e0)<=>CONCAT(-0e0)", match("double", "", "-0"));
	CHECK_STR("`c`<=>-0.0000000000000000e+00 AND CONCAT(`c`*1e0)<=>CONCAT(-0e0)", match("float", "", "-0.0"));
	CHECK_STR("`c` IS NULL", match("double", "", "null"));
	CHECK_STR("`c`<=>'2024-01-31'", match("date", "", "\"2024-01-31\""));
	CHECK_STR("`c`<=>X'FF'", match("blob", "", "{\"base64\":\"/w==\"}"));
	CHECK_STR("`c`<=>5", match("bit(9)", "", "5"));
	CHECK_STR("CAST(CONVERT(`c` USING utf8mb4) AS BINARY)<=>X'612720'", match("varchar(9)", "utf8mb4", "\"a' \""));
	CHECK_STR("(`c`|0)<=>1", match("enum('a')", "utf8mb4", "\"a\""));
	CHECK_STR("CAST(`c` AS BINARY)<=>_latin1 X'E9'", match("varchar(9)", "latin1", "\"\xc3\xa9\""));
	CHECK_STR("CAST(`c` AS BINARY)<=>X'8140'", match("varchar(9)", "gbk", "{\"base64\":\"gUA=\"}"));
	CHECK_STR("CAST(HEX(`c`) AS BINARY)<=>CAST(HEX(X'00') AS BINARY)", match("point", "", "{\"base64\":\"AA==\"}"));
	/* MySQL does not compare vectors, and keeps a document in words of its own. */
	CHECK_STR("CAST(HEX(`c`) AS BINARY)<=>CAST(HEX(X'00') AS BINARY)", match("vector(1)", "", "{\"base64\":\"AA==\"}"));
	CHECK_STR("CAST(CONVERT(`c` USING utf8mb4) AS BINARY)<=>CAST(CONVERT(CAST('{\"a\":1}' AS JSON) USING utf8mb4) AS BINARY)",
		  match("json", "", "\"{\\\"a\\\":1}\""));
	CHECK_STR("column 'c': 5 is not a value of type json", match("json", "", "5"));
	CHECK_STR("`c` IS NULL", match("json", "", "null"));
	CHECK_STR("`c`<=>'00112233-4455-1677-8899-aabbccddeeff'", match("uuid", "", "\"00112233-4455-1677-8899-aabbccddeeff\""));
}

static const char *document(const char *text)
{
	struct dts_buf json = {0};
	const char *sql;

	dts_json_add_string(&json, dts_slice_of(text));
	sql = value("json", dts_buf_text(&json));
	dts_buf_release(&json);
	return sql;
}

/* What a MySQL server reads from text as what it was stays text. */
static void test_documents_as_text(void)
{
	static const char *const cases[] = {
		"0", "-1", "1.5", "[0.1,-0.0,0.0,100000.0]", "9223372036854775808", "18446744073709551615", "-9223372036854775808",
		"0.000000000000001", "1e15", "999999999999999.0", "123456789012345.67", "1.7976931348623157e308", "5e-324", "2.2250738585072014e-308",
		"0.30000000000000004", "1e-15", "1E5", "1.50e3", "-0.00", "1e400", "\"1.50\"", "{\"1.50\":2}", "[]", "{}", " [ 1.5 ] ",
		/* none of JSON's: the server refuses them */
		"", "1.50,", "[1.50", "[01.50]", "[1.50,]", "[.50]", "{1.50:1}", "[\"\\ud800\",1.50]", "[\"\\x\",1.50]", "nul", "\"",
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct dts_buf want = {0};
		dts_sql_literal(&want, dts_slice_of(cases[i]));
		CHECK_STR(dts_buf_text(&want), document(cases[i]));
		dts_buf_release(&want);
	}
}

static void test_documents_with_decimals(void)
{
	CHECK_STR("CAST(1.50 AS JSON)", document("1.50"));
	CHECK_STR("CAST(-18446744073709551616 AS JSON)", document("-18446744073709551616"));
	CHECK_STR("JSON_ARRAY(18446744073709551616,-9223372036854775809)", document("[18446744073709551616, -9223372036854775809]"));
	CHECK_STR("JSON_ARRAY(1.50,1.5e0,-0.0e0,1e5,-7,true,false,null,'it\\'s')", document("[1.50, 1.5, -0.0, 1e5, -7, true, false, null, \"it's\"]"));
	CHECK_STR("JSON_OBJECT('a',JSON_ARRAY(1.50),'b',CAST('[2]' AS JSON))", document("{\"a\":[1.50],\"b\":[2]}"));
	CHECK_STR("JSON_ARRAY(CAST('[[1], {}]' AS JSON),JSON_ARRAY(JSON_OBJECT('',0.00)),CAST('{}' AS JSON))",
		  document("[[[1], {}],[{\"\":0.00}],{}]"));
	CHECK_STR("JSON_OBJECT('\\0\xf0\x9f\x98\x80\\\\\"',1.10)", document("{\"\\u0000\\ud83d\\ude00\\\\\\\"\":1.10}"));
	CHECK_STR("CAST(0.123456789012345678901234567890 AS JSON)", document("0.123456789012345678901234567890"));
	/* a DOUBLE has an exponent there */
	CHECK_STR("CAST(0.0000000000000001 AS JSON)", document("0.0000000000000001"));
	CHECK_STR("CAST(1000000000000000.00 AS JSON)", document("1000000000000000.00"));
	CHECK_STR("CAST(10000000000000000.0 AS JSON)", document("10000000000000000.0"));
	CHECK_STR("CAST(0.10000000000000001 AS JSON)", document("0.10000000000000001"));
	CHECK_STR("CAST(CONVERT(`c` USING utf8mb4) AS BINARY)<=>CAST(CONVERT(JSON_ARRAY(1.50) USING utf8mb4) AS BINARY)",
		  match("json", "", "\"[1.50]\""));
}

static void test_documents_refused(void)
{
	static const char *const numbers[] = {
		"0.1234567890123456789012345678901",                                  /* 31 behind the point */
		"123456789012345678901234567890123456789012345678901234567890123456", /* 66 */
		"1.00000000000000000001e5", "0.12345678901234567891e0", "1e-400", "4.9406564584124654e-324",
	};

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		char text[100], want[300];
		snprintf(text, sizeof text, "[1.50,%s]", numbers[i]);
		snprintf(want, sizeof want, "column 'c': the number %s in a JSON document has more digits than a DECIMAL or a DOUBLE of MySQL's",
			 numbers[i]);
		CHECK_STR(want, document(text));
		CHECK_INT(DTS_REFUSED, err.status);
	}
	/* So many calls inside of one another would crash a server with a small thread_stack. */
	for (size_t depth = 60; depth <= 61; depth++) {
		char text[200];
		memset(text, '[', depth);
		memcpy(text + depth, "1.50", 4);
		memset(text + depth + 4, ']', depth);
		text[2 * depth + 4] = '\0';
		if (depth == 60)
			CHECK(strncmp(document(text), "JSON_ARRAY(JSON_ARRAY(", 22) == 0);
		else
			CHECK_STR("column 'c': a number of a JSON document that must be a DECIMAL stands in more than 60 objects and arrays", document(text));
	}
	CHECK_STR("column 'c': MySQL reads a JSON document up to a NUL byte only, and this text goes on behind one",
		  value("json", "\"[1]\\u0000]\""));
	CHECK_INT(DTS_REFUSED, err.status);
}

int main(void)
{
	RUN(test_numbers);
	RUN(test_refused_values);
	RUN(test_text_and_times);
	RUN(test_bytes);
	RUN(test_charsets);
	RUN(test_enum_zero);
	RUN(test_match);
	RUN(test_documents_as_text);
	RUN(test_documents_with_decimals);
	RUN(test_documents_refused);
	return unit_done();
}
