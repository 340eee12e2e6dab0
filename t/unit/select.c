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
	struct dts_row_writer *w = dts_row_writer_new(&schema);
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
	struct dts_row_writer *w = dts_row_writer_new(&schema);
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
	RUN(test_row);
	return unit_done();
}
