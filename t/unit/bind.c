#include "apply/bind.h"

#include "unit.h"

/* The values that a text is split into, as [..] each, NULL as -; what is left behind them. */
static const char *split(const char *text, size_t count)
{
	static struct dts_buf out;
	struct dts_buf copy = {0};
	struct dts_slice values[8];

	dts_buf_clear(&out);
	dts_buf_adds(&copy, text);
	char *at = copy.data, *end = at + copy.len;
	if (!dts_bind_split(&at, end, values, count)) {
		dts_buf_release(&copy);
		return "no";
	}
	for (size_t i = 0; i < count; i++) {
		if (!values[i].p) {
			dts_buf_addc(&out, '-');
			continue;
		}
		dts_buf_addc(&out, '[');
		dts_buf_add_slice(&out, values[i]);
		dts_buf_addc(&out, ']');
	}
	dts_buf_add(&out, at, (size_t)(end - at));
	dts_buf_release(&copy);
	return dts_buf_text(&out);
}

static void test_split(void)
{
	CHECK_STR("[a]", split("a\n", 1));
	CHECK_STR("[]", split("\n", 1));
	CHECK_STR("[a][][b]", split("a\t\tb\n", 3));
	CHECK_STR("[a][b]c\td\n", split("a\tb\nc\td\n", 2));
	CHECK_STR("-[N][\\N]", split("\\N\tN\t\\\\N\n", 3));
	CHECK_STR("[N1]-", split("\\N1\t\\N\n", 2)); /* no NULL but with nothing behind it */
	CHECK_STR("[\t\n\\\b\r\032x]", split("\\t\\n\\\\\\b\\r\\Z\\x\n", 1));
	CHECK_STR("[0123456789abcdef][0123456789abcdef0]", split("0123456789abcdef\t0123456789abcdef0\n", 2));
	CHECK_STR("[0123456789abcd\\efgh\tij]", split("0123456789abcd\\\\efgh\\tij\n", 1));
	/* Fewer or more values than columns, and an end too early. */
	CHECK_STR("no", split("a\n", 2));
	CHECK_STR("no", split("a\tb\n", 1));
	CHECK_STR("no", split("a\\", 1));
	CHECK_STR("no", split("a", 1));
	CHECK_STR("no", split("\\N", 1));
}

/* Escapes anywhere in texts of all lengths, beside the bytes one by one. */
static void test_split_all(void)
{
	for (size_t len = 0; len < 70; len++)
		for (size_t at = 0; at < len; at++) {
			struct dts_buf text = {0}, want = {0};
			dts_buf_addc(&want, '[');
			for (size_t i = 0; i < len; i++) {
				bool escape = i == at || i % 17 == at % 17;
				dts_buf_adds(&text, escape ? "\\t" : "v");
				dts_buf_addc(&want, escape ? '\t' : 'v');
			}
			dts_buf_addc(&text, '\n');
			dts_buf_addc(&want, ']');
			CHECK_STR(dts_buf_text(&want), split(dts_buf_text(&text), 1));
			dts_buf_release(&text);
			dts_buf_release(&want);
		}
}

int main(void)
{
	RUN(test_split);
	RUN(test_split_all);
	return unit_done();
}
