#include "unit.h"

#include "mysql/quote.h"

static const char *ident(const char *name)
{
	static struct dts_buf b;

	dts_buf_clear(&b);
	dts_sql_ident(&b, dts_slice_of(name));
	return dts_buf_text(&b);
}

static void test_ident(void)
{
	CHECK_STR("`orders`", ident("orders"));
	CHECK_STR("``", ident(""));
	CHECK_STR("`a``b`", ident("a`b"));
	CHECK_STR("``````` `", ident("``` "));
	CHECK_STR("`it's \"x\"\n.%\\`", ident("it's \"x\"\n.%\\"));
}

static void test_table(void)
{
	struct dts_buf b = {0};

	dts_sql_table(&b, DTS_LIT("a.b"), DTS_LIT("c`"));
	CHECK_STR("`a.b`.`c```", dts_buf_text(&b));
	dts_buf_release(&b);
}

static void test_literal(void)
{
	struct dts_buf b = {0};
	static const char all[] = "'\\\0\n\r\x1a\"%_\t\xc3\xa9";
	static const char want[] = "'\\'\\\\\\0\\n\\r\\Z\"%_\t\xc3\xa9'";

	dts_sql_literal(&b, DTS_LIT(all));
	CHECK_MEM(want, sizeof want - 1, b.data, b.len);
	dts_buf_clear(&b);
	dts_sql_literal(&b, DTS_LIT(""));
	CHECK_STR("''", dts_buf_text(&b));
	dts_buf_release(&b);
}

static void test_hex(void)
{
	struct dts_buf b = {0};

	dts_sql_hex(&b, DTS_LIT("\0\x7f\x80\xff'"));
	CHECK_STR("X'007F80FF27'", dts_buf_text(&b));
	dts_buf_clear(&b);
	dts_sql_hex(&b, dts_slice(NULL, 0));
	CHECK_STR("X''", dts_buf_text(&b));
	dts_buf_release(&b);
}

int main(void)
{
	RUN(test_ident);
	RUN(test_table);
	RUN(test_literal);
	RUN(test_hex);
	return unit_done();
}
