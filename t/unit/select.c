#include "unit.h"

#include "base/arena.h"
#include "mysql/select.h"

/* A table of one column, or of several, as the catalog would describe it. */
static struct dts_schema schema;

static struct dts_column *add_column(const char *name, const char *type)
{
	static struct dts_column columns[16];
	struct dts_column *c = &columns[schema.column_count++];

	if (!schema.arena)
		schema.arena = dts_arena_new();
	schema.columns = columns;
	*c = (struct dts_column){.name = dts_slice_of(name), .type_text = dts_slice_of(type)};
	dts_column_from_type(c, schema.arena);
	if (c->type == DTS_TYPE_CHAR)
		c->charset = DTS_LIT("utf8mb4");
	return c;
}

static void drop(void)
{
	dts_arena_free(schema.arena);
	schema = (struct dts_schema){0};
}

/* The value as a record has it; "!" when it is refused. */
static const char *value_of(const char *type, const char *bytes, size_t len)
{
	static struct dts_buf out;
	struct dts_error err = DTS_ERROR_INIT;

	add_column("c", type);
	struct dts_row_writer *w = dts_row_writer_new(&schema, false);
	dts_buf_clear(&out);
	int rc = dts_row_writer_add_value(w, 0, bytes, len, &out, &err);
	dts_row_writer_free(w);
	drop();
	if (rc < 0) {
		CHECK_INT(DTS_BAD_INPUT, err.status);
		return "!";
	}
	return dts_buf_text(&out);
}

#define VALUE(want, type, bytes) CHECK_STR(want, value_of(type, bytes, sizeof(bytes) - 1))

static void test_numbers(void)
{
	VALUE("0", "int(11)", "0");
	VALUE("-2147483648", "int(11)", "-2147483648");
	VALUE("9007199254740991", "bigint(20)", "9007199254740991");
	VALUE("\"9007199254740992\"", "bigint(20)", "9007199254740992");
	VALUE("\"-9223372036854775808\"", "bigint(20)", "-9223372036854775808");
	VALUE("\"18446744073709551615\"", "bigint(20) unsigned", "18446744073709551615");
	VALUE("5", "int(6) unsigned zerofill", "000005");
	VALUE("0", "int(6) unsigned zerofill", "000000");
	VALUE("\"18446744073709551615\"", "bigint(25) unsigned zerofill", "0000018446744073709551615");
	VALUE("0", "year(4)", "0000");
	VALUE("2155", "year(4)", "2155");
	VALUE("\"-1.50\"", "decimal(8,2)", "-1.50");
	VALUE("\"1.50\"", "decimal(8,2) unsigned zerofill", "000001.50");
	VALUE("\"0.50\"", "decimal(8,2) unsigned zerofill", "000000.50");
}

static void test_floating(void)
{
	VALUE("16777216", "float", "16777216");
	VALUE("0.1", "float", "0.10000000149011612");
	VALUE("3.4028235e+38", "float", "3.4028234663852886e38");
	VALUE("0.1", "double", "0.1");
	VALUE("5e-324", "double", "5e-324");
	VALUE("!", "double", "nan");
	VALUE("!", "double", "");
}

static void test_bits_and_labels(void)
{
	VALUE("0", "bit(1)", "\0");
	VALUE("258", "bit(9)", "\1\2");
	VALUE("\"18446744073709551615\"", "bit(64)", "\xff\xff\xff\xff\xff\xff\xff\xff");
	VALUE("\"b\"", "enum('a','b')", "2");
	VALUE("0", "enum('a','b')", "0");
	VALUE("!", "enum('a','b')", "3");
	VALUE("\"\"", "set('a','b')", "0");
	VALUE("\"a,b\"", "set('a','b')", "3");
	VALUE("!", "set('a','b')", "4");
}

static void test_text_and_bytes(void)
{
	VALUE("\"a\\\"\\n\"", "varchar(10)", "a\"\n");
	VALUE("{\"base64\":\"/w==\"}", "varchar(10)", "\xff");
	VALUE("{\"base64\":\"AQAAAA==\"}", "binary(4)", "\1\0\0\0");
	VALUE("{\"base64\":\"\"}", "blob", "");
	VALUE("\"-838:59:59.999999\"", "time(6)", "-838:59:59.999999");
	VALUE("\"0000-00-00\"", "date", "0000-00-00");
	VALUE("\"::1\"", "inet6", "::1");
	VALUE("!", "hologram", "x");
	CHECK_STR("null", value_of("int(11)", NULL, 0));
}

/* The same of a value in binary form; "!!" when the type does not come so. */
static const char *binary_of(const char *type, uint8_t wire_type, uint8_t width, bool is_unsigned, const char *bytes, size_t len,
			     bool text)
{
	static struct dts_buf out;
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_wire wire = {wire_type, is_unsigned, width};

	add_column("c", type);
	struct dts_row_writer *w = dts_row_writer_new(&schema, true);
	dts_buf_clear(&out);
	int begun = dts_row_writer_begin(w, &wire, 1, &err), rc = begun;
	if (rc == 0)
		rc = text ? dts_row_writer_add_text(w, 0, bytes, len, &out, &err) : dts_row_writer_add_value(w, 0, bytes, len, &out, &err);
	dts_row_writer_free(w);
	drop();
	if (rc == 0)
		return dts_buf_text(&out);
	CHECK_INT(begun < 0 ? DTS_AGAIN : DTS_BAD_INPUT, err.status);
	return begun < 0 ? "!!" : "!";
}

/* As a record has it, and as the text form of the row has it. */
#define WIRE(want, want_text, type, wire_type, width, is_unsigned, bytes)                                                  \
	(CHECK_STR(want, binary_of(type, wire_type, width, is_unsigned, bytes, sizeof(bytes) - 1, false)),                 \
	 CHECK_STR(want_text, binary_of(type, wire_type, width, is_unsigned, bytes, sizeof(bytes) - 1, true)))

static void test_binary_numbers(void)
{
	WIRE("-1", "-1", "tinyint(4)", MYSQL_TYPE_TINY, 1, false, "\xff");
	WIRE("255", "255", "tinyint(3) unsigned zerofill", MYSQL_TYPE_TINY, 1, true, "\xff");
	WIRE("-2", "-2", "smallint(6)", MYSQL_TYPE_SHORT, 2, false, "\xfe\xff");
	WIRE("2155", "2155", "year(4)", MYSQL_TYPE_YEAR, 2, true, "\x6b\x08");
	WIRE("0", "0", "year(4)", MYSQL_TYPE_YEAR, 2, true, "\0\0");
	WIRE("-8388608", "-8388608", "mediumint(9)", MYSQL_TYPE_INT24, 4, false, "\0\0\x80\xff");
	WIRE("4294967295", "4294967295", "int(10) unsigned", MYSQL_TYPE_LONG, 4, true, "\xff\xff\xff\xff");
	WIRE("\"-9223372036854775808\"", "-9223372036854775808", "bigint(20)", MYSQL_TYPE_LONGLONG, 8, false, "\0\0\0\0\0\0\0\x80");
	WIRE("\"18446744073709551615\"", "18446744073709551615", "bigint(20) unsigned", MYSQL_TYPE_LONGLONG, 8, true,
	     "\xff\xff\xff\xff\xff\xff\xff\xff");
	WIRE("0.1", "0.10000000149011612", "float", MYSQL_TYPE_FLOAT, 4, false, "\xcd\xcc\xcc\x3d");
	WIRE("-0", "-0", "double", MYSQL_TYPE_DOUBLE, 8, false, "\0\0\0\0\0\0\0\x80");
	WIRE("0.1", "0.1", "double(10,3)", MYSQL_TYPE_DOUBLE, 8, false, "\x9a\x99\x99\x99\x99\x99\xb9\x3f");
	WIRE("!", "!", "double", MYSQL_TYPE_DOUBLE, 8, false, "\0\0\0\0\0\0\xf0\x7f");
	WIRE("\"1.50\"", "1.50", "decimal(8,2)", MYSQL_TYPE_NEWDECIMAL, 0, false, "1.50");
	WIRE("!!", "!!", "int(11)", MYSQL_TYPE_VAR_STRING, 0, false, "1");
	WIRE("!!", "!!", "double", MYSQL_TYPE_LONG, 4, false, "\1\0\0\0");
	WIRE("!!", "!!", "varchar(5)", MYSQL_TYPE_LONG, 4, false, "\1\0\0\0");
}

static void test_binary_moments(void)
{
	WIRE("\"2024-02-29\"", "2024-02-29", "date", MYSQL_TYPE_DATE, 0, false, "\xe8\x07\2\x1d");
	WIRE("\"0000-00-00\"", "0000-00-00", "date", MYSQL_TYPE_DATE, 0, false, "");
	WIRE("\"9999-12-31 23:59:59.999999\"", "9999-12-31 23:59:59.999999", "datetime(6)", MYSQL_TYPE_DATETIME, 0, false,
	     "\x0f\x27\x0c\x1f\x17\x3b\x3b\x3f\x42\x0f\0");
	WIRE("\"2024-00-00 00:00:00.00\"", "2024-00-00 00:00:00.00", "datetime(2)", MYSQL_TYPE_DATETIME, 0, false, "\xe8\x07\0\0");
	WIRE("\"2024-01-02 03:04:05\"", "2024-01-02 03:04:05", "timestamp", MYSQL_TYPE_TIMESTAMP, 0, false, "\xe8\x07\1\2\3\4\5");
	WIRE("\"2024-01-02 03:04:05.5\"", "2024-01-02 03:04:05.5", "timestamp(1)", MYSQL_TYPE_TIMESTAMP, 0, false,
	     "\xe8\x07\1\2\3\4\5\x20\xa1\7\0");
	WIRE("\"-838:59:59\"", "-838:59:59", "time", MYSQL_TYPE_TIME, 0, false, "\1\x22\0\0\0\x16\x3b\x3b");
	WIRE("\"00:00:00.000\"", "00:00:00.000", "time(3)", MYSQL_TYPE_TIME, 0, false, "");
	WIRE("\"-00:00:00.100\"", "-00:00:00.100", "time(3)", MYSQL_TYPE_TIME, 0, false, "\1\0\0\0\0\0\0\0\xa0\x86\1\0");
	WIRE("!", "!", "date", MYSQL_TYPE_DATE, 0, false, "\xe8\x07\2");
	WIRE("!", "!", "date", MYSQL_TYPE_DATE, 0, false, "\xe8\x07\x0d\1");
	WIRE("!", "!", "time", MYSQL_TYPE_TIME, 0, false, "\0\xff\xff\xff\xff\0\0\0");
	WIRE("!", "!", "datetime", MYSQL_TYPE_DATETIME, 0, false, "\xe8\x07\1\2\3\4\5\1\0\0\0\0");
	WIRE("!", "!", "time(3)", MYSQL_TYPE_TIME, 0, false, "\1\0\0\0\0\0\0\0\xa1\x86\1\0");
	WIRE("!!", "!!", "time", MYSQL_TYPE_DATETIME, 0, false, "");
}

static void test_binary_labels_and_bytes(void)
{
	WIRE("\"b\"", "2", "enum('a','b')", MYSQL_TYPE_LONGLONG, 8, false, "\2\0\0\0\0\0\0\0");
	WIRE("\"b\"", "2", "enum('a','b')", MYSQL_TYPE_DOUBLE, 8, false, "\0\0\0\0\0\0\0\x40");
	WIRE("\"a,b\"", "3", "set('a','b')", MYSQL_TYPE_LONGLONG, 8, true, "\3\0\0\0\0\0\0\0");
	WIRE("!", "4", "set('a','b')", MYSQL_TYPE_LONGLONG, 8, true, "\4\0\0\0\0\0\0\0");
	WIRE("258", "\1\2", "bit(9)", MYSQL_TYPE_BIT, 0, true, "\1\2");
	WIRE("\"a\\\"\"", "a\"", "varchar(10)", MYSQL_TYPE_VAR_STRING, 0, false, "a\"");
	CHECK_STR("null", binary_of("int(11)", MYSQL_TYPE_LONG, 4, false, NULL, 0, false));
}

static void test_row(void)
{
	struct dts_buf b = {0};
	struct dts_error err = DTS_ERROR_INIT;
	char *row[] = {(char *)"1", (char *)"1.5", NULL, (char *)"2"};
	unsigned long lengths[] = {1, 3, 0, 1};

	add_column("id", "int(11)");
	add_column("f", "float");
	add_column("twice", "int(11)")->generated = DTS_GENERATED_VIRTUAL;
	add_column("we\"ird`", "varchar(10)");
	add_column("e", "enum('x','y')")->invisible = true;
	struct dts_row_writer *w = dts_row_writer_new(&schema, false);
	dts_row_writer_select(w, &b);
	CHECK_STR("`id`,`f`*1e0,`we\"ird```,`e`+0", dts_buf_text(&b));
	CHECK_INT(4, dts_row_writer_count(w));
	dts_buf_clear(&b);
	CHECK_INT(0, dts_row_writer_add(w, row, lengths, &b, &err));
	CHECK_STR("{\"id\":1,\"f\":1.5,\"we\\\"ird`\":null,\"e\":\"y\"}", dts_buf_text(&b));
	dts_row_writer_free(w);
	dts_buf_clear(&b);
	dts_select_column(&b, &(struct dts_column){.name = DTS_LIT("s"), .type = DTS_TYPE_SET});
	CHECK_STR("CAST(`s` AS UNSIGNED)", dts_buf_text(&b));
	dts_buf_release(&b);
	drop();
}

int main(void)
{
	RUN(test_numbers);
	RUN(test_floating);
	RUN(test_bits_and_labels);
	RUN(test_text_and_bytes);
	RUN(test_binary_numbers);
	RUN(test_binary_moments);
	RUN(test_binary_labels_and_bytes);
	RUN(test_row);
	return unit_done();
}
