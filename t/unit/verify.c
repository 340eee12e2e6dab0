/* The SQL of a row's digest, and which tables can be compared at all. */
#include "unit.h"

#include "verify/digest.h"
#include "verify/document.h"

static void read_schema(struct dts_schema *s, const char *columns)
{
	struct dts_buf line = {0};
	struct dts_record r;
	struct dts_error err = DTS_ERROR_INIT;

	*s = (struct dts_schema){0};
	dts_record_init(&r);
	dts_buf_addf(&line, "{\"op\":\"schema\",\"db\":\"d\",\"table\":\"t\",\"columns\":[%s]}", columns);
	if (dts_record_parse(&r, dts_buf_slice(&line), &err) < 0 || dts_schema_parse(s, &r, &err) < 0)
		unit_fail(__FILE__, __LINE__, "%s", err.message);
	dts_record_release(&r);
	dts_buf_release(&line);
}

static bool on_mysql;

/* The digest of a table that has the columns `src` here and `dst` there; or why it has none. */
static const char *digest(const char *src, const char *dst)
{
	static struct dts_buf sql;
	struct dts_column ordered[16];
	struct dts_schema a, b;

	read_schema(&a, src);
	read_schema(&b, dst);
	dts_buf_clear(&sql);
	if (dts_digest_match(&a, &b, ordered, &sql))
		dts_digest_add(&sql, a.columns, ordered, a.column_count, on_mysql);
	dts_schema_release(&a);
	dts_schema_release(&b);
	return dts_buf_text(&sql);
}

#define ID "{\"name\":\"id\",\"type\":\"int(11)\"}"

static const char *same(const char *column)
{
	char text[400];

	snprintf(text, sizeof text, ID ",%s", column);
	return digest(text, text);
}

static void test_numbers_and_times(void)
{
	CHECK_STR("SHA2(CONCAT_WS(',','-',`id`),256)", digest(ID, ID));
	CHECK_STR("SHA2(CONCAT_WS(',','-',`id`,`z`+0),256)", same("{\"name\":\"z\",\"type\":\"int(5) unsigned zerofill\"}"));
	CHECK_STR("SHA2(CONCAT_WS(',','-',`id`,`f`*1e0),256)", same("{\"name\":\"f\",\"type\":\"float\"}"));
	CHECK_STR("SHA2(CONCAT_WS(',','-',`id`,`b`+0),256)", same("{\"name\":\"b\",\"type\":\"bit(9)\"}"));
	CHECK_STR("SHA2(CONCAT_WS(',','-',`id`,`t`),256)", same("{\"name\":\"t\",\"type\":\"time(3)\"}"));
	CHECK_STR("SHA2(CONCAT_WS(',','-',`id`,CAST(`t` AS TIME(6))),256)",
		  digest(ID ",{\"name\":\"t\",\"type\":\"time(6)\"}", ID ",{\"name\":\"t\",\"type\":\"time\"}"));
	CHECK_STR("SHA2(CONCAT_WS(',','-',`id`,CAST(`n` AS DECIMAL(65,4))),256)",
		  digest(ID ",{\"name\":\"n\",\"type\":\"decimal(9,2)\"}", ID ",{\"name\":\"n\",\"type\":\"decimal(9,4)\"}"));
}

static void test_nulls_have_their_own_digit(void)
{
	CHECK_STR("SHA2(CONCAT_WS(',',CONCAT(`a` IS NULL,`b` IS NULL),`id`,`a`,`b`),256)",
		  digest(ID ",{\"name\":\"a\",\"type\":\"int(11)\",\"null\":true},{\"name\":\"b\",\"type\":\"date\"}",
			 ID ",{\"name\":\"a\",\"type\":\"int(11)\"},{\"name\":\"b\",\"type\":\"date\",\"null\":true}"));
}

static void test_text_and_bytes_have_their_length(void)
{
	CHECK_STR("SHA2(CONCAT_WS(',','-',`id`,LENGTH(`v`),CAST(`v` AS BINARY)),256)",
		  same("{\"name\":\"v\",\"type\":\"varchar(9)\",\"charset\":\"latin1\"}"));
	CHECK_STR("SHA2(CONCAT_WS(',','-',`id`,SHA2(`t`,256)),256)",
		  same("{\"name\":\"t\",\"type\":\"longtext\",\"charset\":\"utf8mb4\"}"));
	CHECK_STR("SHA2(CONCAT_WS(',','-',`id`,SHA2(`g`,256)),256)", same("{\"name\":\"g\",\"type\":\"geometry\"}"));
	CHECK_STR("SHA2(CONCAT_WS(',','-',`id`,LENGTH(`a``b`),CAST(`a``b` AS BINARY)),256)",
		  same("{\"name\":\"a`b\",\"type\":\"binary(4)\"}"));
	CHECK_STR("SHA2(CONCAT_WS(',','-',`id`,SHA2(CONVERT(`v` USING utf8mb4),256)),256)",
		  digest(ID ",{\"name\":\"v\",\"type\":\"varchar(9)\",\"charset\":\"latin1\"}",
			 ID ",{\"name\":\"v\",\"type\":\"varchar(9)\",\"charset\":\"utf8mb4\"}"));
}

#define E(labels) ID ",{\"name\":\"e\",\"type\":\"enum(" labels ")\",\"charset\":\"utf8mb4\"}"
#define S(labels) ID ",{\"name\":\"e\",\"type\":\"set(" labels ")\",\"charset\":\"utf8mb4\"}"

static void test_labels(void)
{
	CHECK_STR("SHA2(CONCAT_WS(',','-',`id`,`e`+0),256)", digest(E("'a','b'"), E("'a','b'")));
	CHECK_STR("SHA2(CONCAT_WS(',','-',`id`,`e`+0),256)", digest(E("'a','b'"), E("'a','b','c'")));
	CHECK_STR("SHA2(CONCAT_WS(',','-',`id`,`e`+0=0,SHA2(CONVERT(`e` USING utf8mb4),256)),256)",
		  digest(E("'a','b'"), E("'b','a'")));
	CHECK_STR("SHA2(CONCAT_WS(',','-',`id`,CAST(`e` AS UNSIGNED)),256)", digest(S("'a','b'"), S("'a','b','c'")));
	CHECK_STR("column 'e' is 'set('a','b')' at the source, 'set('b','a')' at the target",
		  digest(S("'a','b'"), S("'b','a'")));
}

static void test_generated_on_both_sides_is_left_out(void)
{
	const char *g = ID ",{\"name\":\"g\",\"type\":\"int(11)\",\"generated\":\"stored\"}";

	CHECK_STR("SHA2(CONCAT_WS(',','-',`id`),256)", digest(g, g));
	CHECK_STR("SHA2(CONCAT_WS(',','-',`id`,`g`),256)", digest(g, ID ",{\"name\":\"g\",\"type\":\"int(11)\"}"));
}

static void test_a_generated_column_has_its_own_digest(void)
{
	static const char column[] = "{\"name\":\"g\",\"type\":\"varchar(9)\",\"charset\":\"latin1\",\"generated\":\"virtual\"}";
	struct dts_schema generated, plain;
	struct dts_buf sql = {0};

	read_schema(&generated, column);
	read_schema(&plain, "{\"name\":\"g\",\"type\":\"varchar(9)\",\"charset\":\"latin1\"}");
	CHECK(dts_digest_is_generated(generated.columns, generated.columns));
	CHECK(!dts_digest_is_generated(generated.columns, plain.columns));
	CHECK(!dts_digest_is_generated(plain.columns, generated.columns));
	dts_digest_add_one(&sql, generated.columns, generated.columns, false);
	CHECK_STR("SHA2(CONCAT_WS(',',`g` IS NULL,LENGTH(`g`),CAST(`g` AS BINARY)),256)", dts_buf_text(&sql));
	dts_buf_release(&sql);
	dts_schema_release(&generated);
	dts_schema_release(&plain);
}

static void test_columns_that_do_not_match(void)
{
	const char *x = "{\"name\":\"x\",\"type\":\"date\"}";

	CHECK_STR("the target has no column 'x'", digest("{\"name\":\"x\",\"type\":\"date\"}," ID, ID));
	CHECK_STR("the source has no column 'x'", digest(ID, "{\"name\":\"x\",\"type\":\"date\"}," ID));
	CHECK_STR("column 'x' is 'date' at the source, 'int(11)' at the target",
		  digest(x, "{\"name\":\"x\",\"type\":\"int(11)\"}"));
	/* The order is free. */
	CHECK_STR("SHA2(CONCAT_WS(',','-',`id`,`x`),256)",
		  digest(ID ",{\"name\":\"x\",\"type\":\"date\"}", "{\"name\":\"x\",\"type\":\"date\"}," ID));
}

static void test_families(void)
{
	const char *json = ID ",{\"name\":\"v\",\"type\":\"json\"}";
	const char *text = ID ",{\"name\":\"v\",\"type\":\"longtext\",\"charset\":\"utf8mb4\"}";

	CHECK_STR("SHA2(CONCAT_WS(',','-',`id`,SHA2(CONVERT(`v` USING utf8mb4),256)),256)", digest(json, text));
	CHECK_STR("SHA2(CONCAT_WS(',','-',`id`,SHA2(CONVERT(`v` USING utf8mb4),256)),256)",
		  digest(ID ",{\"name\":\"v\",\"type\":\"uuid\"}",
			 ID ",{\"name\":\"v\",\"type\":\"char(36)\",\"charset\":\"ascii\"}"));
	CHECK_STR("column 'v' is 'uuid' at the source, 'binary(16)' at the target",
		  digest(ID ",{\"name\":\"v\",\"type\":\"uuid\"}", ID ",{\"name\":\"v\",\"type\":\"binary(16)\"}"));
	on_mysql = true;
	CHECK_STR("SHA2(CONCAT_WS(',','-',`id`,REPLACE(JSON_ARRAY(`f`*1e0),'.0]',']')),256)",
		  same("{\"name\":\"f\",\"type\":\"float\"}"));
	on_mysql = false;
}

static bool same_document(const char *a, const char *b)
{
	return dts_document_same(dts_slice_of(a), dts_slice_of(b)) && dts_document_same(dts_slice_of(b), dts_slice_of(a));
}

static void test_documents(void)
{
	CHECK(same_document("{\"b\":1, \"a\":[1.10,\"\\u00e9\\/\"]}", "{\"a\": [1.1, \"é/\"], \"b\": 1}"));
	CHECK(same_document("{\"a\":1,\"a\":2}", "{\"a\": 2}"));
	CHECK(same_document("100000000000000000000", "1e20"));
	CHECK(same_document("-0", "0"));
	CHECK(same_document("no json", "no json"));
	CHECK(!same_document("-0.0", "0.0"));
	CHECK(!same_document("1", "1.0"));
	CHECK(!same_document("18446744073709551615", "18446744073709551614"));
	CHECK(!same_document("-9223372036854775808", "-9223372036854775807"));
	CHECK(!same_document("0.1", "0.10000000000000002"));
	CHECK(!same_document("{\"a\":1}", "{\"a\":1,\"b\":null}"));
	CHECK(!same_document("{\"a\":1,\"b\":2}", "{\"a\":2,\"b\":1}"));
	CHECK(!same_document("{\"a\":1}", "{\"A\":1}"));
	CHECK(!same_document("[1,2]", "[2,1]"));
	CHECK(!same_document("[1,2]", "[1,2,3]"));
	CHECK(!same_document("[]", "{}"));
	CHECK(!same_document("\"a\"", "\"a \""));
	CHECK(!same_document("null", "\"null\""));
	CHECK(!same_document("1 x", "1"));
	CHECK(!same_document("1e999", "2e999"));
}

static void test_sum_and_size(void)
{
	struct dts_schema s;
	struct dts_buf sql = {0};

	dts_digest_add_sum(&sql, DTS_LIT("X"));
	CHECK_STR("COUNT(*),SUM(CAST(CONV(LEFT(X,16),16,10) AS UNSIGNED))", dts_buf_text(&sql));
	read_schema(&s, ID ",{\"name\":\"t\",\"type\":\"text\",\"charset\":\"utf8mb4\"}");
	dts_buf_clear(&sql);
	dts_digest_add_size(&sql, s.columns, s.column_count);
	CHECK_STR("0+IFNULL(LENGTH(`t`),0)", dts_buf_text(&sql));
	dts_schema_release(&s);
	dts_buf_release(&sql);
}

int main(void)
{
	RUN(test_numbers_and_times);
	RUN(test_nulls_have_their_own_digit);
	RUN(test_text_and_bytes_have_their_length);
	RUN(test_labels);
	RUN(test_generated_on_both_sides_is_left_out);
	RUN(test_a_generated_column_has_its_own_digest);
	RUN(test_columns_that_do_not_match);
	RUN(test_families);
	RUN(test_documents);
	RUN(test_sum_and_size);
	return unit_done();
}
