#include "record/value.h"

#include "unit.h"

static struct dts_buf b;

static const char *text(const char *charset, const char *bytes, size_t len)
{
	dts_buf_clear(&b);
	dts_buf_addc(&b, '<'); /* what stands before stays */
	dts_value_add_text(&b, charset ? dts_charset_find(dts_slice_of(charset)) : NULL, dts_slice(bytes, len));
	return dts_buf_text(&b);
}

static void test_text(void)
{
	CHECK_STR("<\"caf\xc3\xa9\"", text("utf8mb4", "caf\xc3\xa9", 5));
	CHECK_STR("<{\"base64\":\"Y2Fm6Q==\"}", text("utf8mb4", "caf\xe9", 4));
	CHECK_STR("<\"caf\xc3\xa9\"", text("latin1", "caf\xe9", 4));
	CHECK_STR("<\"\\\"\xc3\xa9\\\\\\n\xc3\xa9\"", text("latin1", "\"\xe9\\\n\xe9", 5));
	CHECK_STR("<\"\"", text("latin1", "", 0));
	CHECK_STR("<\"abc\"", text(NULL, "abc", 3));
	CHECK_STR("<{\"base64\":\"6Q==\"}", text(NULL, "\xe9", 1));
	CHECK_STR("<{\"base64\":\"YWJj\"}", text("binary", "abc", 3));

	/* Every byte twice over, so that the buffer must grow while it is quoted. */
	char many[2000];
	memset(many, '\x01', sizeof many);
	many[0] = '\xe9';
	dts_buf_release(&b);
	const char *got = text("latin1", many, sizeof many);
	CHECK_INT(1 + 2 + 2 + 1999 * 6, strlen(got));
	CHECK(strncmp(got, "<\"\xc3\xa9\\u0001\\u0001", 16) == 0);
}

/* Each byte at each place of texts of each length, from memory of exactly that size. */
static void test_text_lengths(void)
{
	struct dts_buf back = {0}, bytes = {0};

	for (size_t len = 1; len < 40; len++)
		for (size_t at = 0; at < len; at++)
			for (int c = 0; c < 256; c++) {
				char *copy = malloc(len);
				memset(copy, 'x', len);
				copy[at] = (char)c;
				text("utf8mb4", copy, len);
				struct dts_json value = dts_json_value(dts_slice(b.data + 1, b.len - 1));
				if (c < 0x80) {
					CHECK_INT(DTS_JSON_STRING, value.type);
					struct dts_slice got = dts_json_string(value.raw, &back);
					CHECK_MEM(copy, len, got.p, got.len);
				} else {
					dts_buf_clear(&bytes);
					CHECK_INT(1, dts_json_bytes(value, &bytes));
					CHECK_MEM(copy, len, bytes.data, bytes.len);
				}
				if (at > 0 && c == 0xc3) { /* an e with an accent, at each place */
					copy[at - 1] = (char)0xc3;
					copy[at] = (char)0xa9;
					text("utf8mb4", copy, len);
					CHECK_MEM(copy, len, b.data + 2, b.len - 3);
				}
				free(copy);
			}
	dts_buf_release(&back);
	dts_buf_release(&bytes);
}

static const char *binary(const char *bytes, size_t len, size_t length)
{
	dts_buf_clear(&b);
	dts_buf_addc(&b, '<');
	dts_value_add_binary(&b, dts_slice(bytes, len), length);
	return dts_buf_text(&b);
}

static void test_binary(void)
{
	CHECK_STR("<{\"base64\":\"AQ==\"}", binary("\x01", 1, 0));
	CHECK_STR("<{\"base64\":\"AQ==\"}", binary("\x01", 1, 1));
	CHECK_STR("<{\"base64\":\"AQAAAA==\"}", binary("\x01", 1, 4));
	CHECK_STR("<{\"base64\":\"AAAA\"}", binary("", 0, 3));
	CHECK_STR("<{\"base64\":\"\"}", binary(NULL, 0, 0));
	for (size_t length = 0; length < 600; length++) {
		dts_buf_release(&b);
		CHECK_INT(1 + 11 + (length + 2) / 3 * 4 + 2, strlen(binary("", 0, length)));
	}
}

static void test_labels(void)
{
	static const struct dts_slice labels[] = {{"a", 1}, {"b\"c", 3}, {"", 0}};
	struct dts_column c = {.labels = labels, .label_count = 3};
	struct dts_slice many[64];

	dts_buf_clear(&b);
	CHECK_INT(0, dts_value_add_enum(&b, &c, 0));
	CHECK_INT(0, dts_value_add_enum(&b, &c, 2));
	CHECK_INT(0, dts_value_add_enum(&b, &c, 3));
	CHECK_INT(-1, dts_value_add_enum(&b, &c, 4));
	CHECK_STR("0\"b\\\"c\"\"\"", dts_buf_text(&b));
	dts_buf_clear(&b);
	CHECK_INT(0, dts_value_add_set(&b, &c, 0));
	CHECK_INT(0, dts_value_add_set(&b, &c, 3));
	CHECK_INT(0, dts_value_add_set(&b, &c, 2));
	CHECK_INT(0, dts_value_add_set(&b, &c, 4)); /* nothing but '' */
	CHECK_INT(-1, dts_value_add_set(&b, &c, 8));
	CHECK_STR("\"\"\"a,b\\\"c\"\"b\\\"c\"4", dts_buf_text(&b));
	for (int i = 0; i < 64; i++)
		many[i] = DTS_LIT("x");
	c = (struct dts_column){.labels = many, .label_count = 64};
	dts_buf_clear(&b);
	CHECK_INT(0, dts_value_add_set(&b, &c, UINT64_MAX));
	CHECK_INT(64 + 63 + 2, b.len);
}

static const char *integer(const char *digits)
{
	dts_buf_clear(&b);
	dts_value_add_integer_text(&b, dts_slice_of(digits));
	return dts_buf_text(&b);
}

static void test_integers(void)
{
	CHECK_STR("0", integer("0"));
	CHECK_STR("-5", integer("-5"));
	CHECK_STR("42", integer("00042"));
	CHECK_STR("0", integer("000"));
	CHECK_STR("9007199254740991", integer("9007199254740991"));
	CHECK_STR("-9007199254740991", integer("-9007199254740991"));
	CHECK_STR("\"9007199254740992\"", integer("9007199254740992"));
	CHECK_STR("\"-9007199254740992\"", integer("-9007199254740992"));
	CHECK_STR("\"18446744073709551615\"", integer("18446744073709551615"));
	CHECK_STR("7", integer("00000000000000000007"));
}

int main(void)
{
	RUN(test_text);
	RUN(test_text_lengths);
	RUN(test_binary);
	RUN(test_labels);
	RUN(test_integers);
	dts_buf_release(&b);
	return unit_done();
}
