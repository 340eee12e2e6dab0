#include "record/json.h"

#include <math.h>

#include "unit.h"

static struct dts_slice s(const char *text)
{
	return dts_slice_of(text);
}

/* Judged from memory of exactly that size, so that a sanitizer sees a byte too far. */
static int check(struct dts_slice text, struct dts_error *err)
{
	char *copy = malloc(text.len ? text.len : 1);

	memcpy(copy, text.p, text.len);
	int rc = dts_json_check(dts_slice(copy, text.len), err);
	free(copy);
	return rc;
}

static void test_valid(void)
{
	static const char *const texts[] = {
		"null", "true", "false", "0", "-0", "1", "-1", "10", "0.5", "-0.5e10", "1E+2", "1e-2",
		"123456789012345678901234567890", "\"\"", "\"a\"", "[]", "{}", "[1]", "[1,2]", "[[],[[]],{}]",
		"{\"a\":1}", "{\"a\":{\"b\":[{}]},\"a\":2}", " { \"a\" : [ 1 , 2 ] } ", "\t\r\n1\n",
		"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\"", "\"\\u0000\"", "\"\\ud83d\\ude00\"", "\"\\uD83D\\uDE00\"",
		"\"\x7f\"", "\"\xc2\x80\"", "\"\xdf\xbf\"", "\"\xe0\xa0\x80\"", "\"\xed\x9f\xbf\"",
		"\"\xee\x80\x80\"", "\"\xef\xbf\xbf\"", "\"\xf0\x90\x80\x80\"", "\"\xf4\x8f\xbf\xbf\"",
		"\"\xe2\x80\xa8\"", "\"a long string of more than sixteen bytes, twice over and then some\"",
	};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct dts_error err = DTS_ERROR_INIT;
		if (check(s(texts[i]), &err) != 0)
			unit_fail(__FILE__, __LINE__, "refused %s: %s", texts[i], err.message);
	}
}

static void test_invalid(void)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"", "invalid JSON: unexpected end at byte 1"},
		{"  ", "invalid JSON: unexpected end at byte 3"},
		{"nul", "invalid JSON: unknown word at byte 1"},
		{"nulL", "invalid JSON: unknown word at byte 1"},
		{"True", "invalid JSON: a value was expected at byte 1"},
		{"NaN", "invalid JSON: a value was expected at byte 1"},
		{"-Infinity", "invalid JSON: a number without digits at byte 2"},
		{"+1", "invalid JSON: a value was expected at byte 1"},
		{"01", "invalid JSON: a number with a leading zero at byte 1"},
		{"-01", "invalid JSON: a number with a leading zero at byte 2"},
		{"1.", "invalid JSON: unexpected end at byte 3"},
		{".5", "invalid JSON: a value was expected at byte 1"},
		{"1.e5", "invalid JSON: a number without digits behind its point at byte 3"},
		{"1e", "invalid JSON: unexpected end at byte 3"},
		{"1ex", "invalid JSON: a number without digits in its exponent at byte 3"},
		{"1 2", "invalid JSON: more behind the value at byte 3"},
		{"1x", "invalid JSON: more behind the value at byte 2"},
		{"[1,]", "invalid JSON: a value was expected at byte 4"},
		{"[,1]", "invalid JSON: a value was expected at byte 2"},
		{"[1", "invalid JSON: unexpected end at byte 3"},
		{"[1}", "invalid JSON: ',' or ']' was expected at byte 3"},
		{"]", "invalid JSON: a value was expected at byte 1"},
		{"{\"a\"}", "invalid JSON: ':' was expected at byte 5"},
		{"{\"a\":}", "invalid JSON: a value was expected at byte 6"},
		{"{\"a\":1,}", "invalid JSON: a quoted key was expected at byte 8"},
		{"{a:1}", "invalid JSON: a quoted key was expected at byte 2"},
		{"{'a':1}", "invalid JSON: a quoted key was expected at byte 2"},
		{"{\"a\":1]", "invalid JSON: ',' or '}' was expected at byte 7"},
		{"{\"a\":1", "invalid JSON: unexpected end at byte 7"},
		{"\"a", "string without its closing quote at byte 3"},
		{"\"a\\", "string without its closing quote at byte 4"},
		{"\"a\\\"", "string without its closing quote at byte 5"},
		{"\"\\x\"", "invalid JSON: unknown escape at byte 2"},
		{"\"\\u12g4\"", "invalid JSON: \\u without four hexadecimal digits at byte 2"},
		{"\"\\u12", "invalid JSON: \\u without four hexadecimal digits at byte 2"},
		{"\"\\ud800\"", "invalid JSON: half of a surrogate pair at byte 2"},
		{"\"\\ud800\\u0041\"", "invalid JSON: half of a surrogate pair at byte 2"},
		{"\"\\ude00\\ud83d\"", "invalid JSON: half of a surrogate pair at byte 2"},
		{"\"a\tb\"", "invalid JSON: control character in a string at byte 3"},
		{"\"a\nb\"", "invalid JSON: control character in a string at byte 3"},
		{"\"\x80\"", "bad UTF-8 at byte 2"},
		{"\"\xc0\x80\"", "bad UTF-8 at byte 2"},
		{"\"\xc1\xbf\"", "bad UTF-8 at byte 2"},
		{"\"\xc3\"", "bad UTF-8 at byte 2"},
		{"\"\xe0\x80\x80\"", "bad UTF-8 at byte 2"},
		{"\"\xed\xa0\x80\"", "bad UTF-8 at byte 2"},
		{"\"\xf0\x80\x80\x80\"", "bad UTF-8 at byte 2"},
		{"\"\xf4\x90\x80\x80\"", "bad UTF-8 at byte 2"},
		{"\"\xf5\x80\x80\x80\"", "bad UTF-8 at byte 2"},
		{"\"ab\xff\"", "bad UTF-8 at byte 4"},
		{"\"\xe2\x82", "bad UTF-8 at byte 2"},
		{"\xef\xbb\xbf{}", "invalid JSON: a value was expected at byte 1"},
		{"\xff", "invalid JSON: a value was expected at byte 1"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct dts_error err = DTS_ERROR_INIT;
		CHECK_INT(-1, check(s(cases[i].text), &err));
		CHECK_STR(cases[i].why, err.message);
		CHECK_INT(DTS_BAD_INPUT, err.status);
	}
	struct dts_error err = DTS_ERROR_INIT;
	CHECK_INT(-1, check(dts_slice("\"a\0b\"", 5), &err));
	CHECK_STR("NUL byte at byte 3", err.message);
	CHECK_INT(-1, check(dts_slice("[\0]", 3), &err));
	CHECK_STR("NUL byte at byte 2", err.message);
}

/* A bad byte at every place of strings of every length: the wide loads and
 * their tail see each of them. */
static void test_every_place(void)
{
	static const char bad[] = {'\0', '\x1f', '\n', '\x80', '\xff'};
	char text[80];

	for (size_t len = 1; len <= 70; len++)
		for (size_t at = 0; at < len; at++)
			for (size_t b = 0; b < sizeof bad; b++) {
				struct dts_error err = DTS_ERROR_INIT;
				text[0] = text[len + 1] = '"';
				memset(text + 1, 'x', len);
				CHECK_INT(0, check(dts_slice(text, len + 2), &err));
				text[1 + at] = bad[b];
				CHECK_INT(-1, check(dts_slice(text, len + 2), &err));
				text[1 + at] = '"';
				CHECK_INT(-1, check(dts_slice(text, len + 2), &err));
				text[1 + at] = 'x';
				text[len + 1] = 'x';
				CHECK_INT(-1, check(dts_slice(text, len + 2), &err));
			}
}

static void test_depth(void)
{
	char text[500];
	struct dts_error err = DTS_ERROR_INIT;

	for (int kind = 0; kind < 2; kind++)
		for (size_t depth = 63; depth <= 66; depth++) {
			size_t len = 0;
			for (size_t i = 0; i < depth; i++)
				len += (size_t)sprintf(text + len, "%s", kind ? (i + 1 < depth ? "{\"\":" : "{") : "[");
			for (size_t i = 0; i < depth; i++)
				text[len++] = kind ? '}' : ']';
			CHECK_INT(depth <= 64 ? 0 : -1, check(dts_slice(text, len), &err));
		}
	CHECK(strstr(err.message, "nested deeper than 64 levels") != NULL);
}

static void test_walk(void)
{
	struct dts_json_walk w = dts_json_walk(s(" { \"a\" : 1 , \"b\\u0063\":[ true, {\"x\":\"]\"} ],\"d\":\"\\\"\"} "));
	struct dts_slice key;
	struct dts_json v, e;

	REQUIRE(dts_json_member(&w, &key, &v));
	CHECK(dts_json_key_is(key, "a") && !dts_json_key_is(key, "aa") && !dts_json_key_is(key, "b"));
	CHECK(v.type == DTS_JSON_NUMBER && dts_slice_is(v.raw, "1"));
	REQUIRE(dts_json_member(&w, &key, &v));
	CHECK(dts_json_key_is(key, "bc"));
	CHECK(v.type == DTS_JSON_ARRAY && dts_slice_is(v.raw, "[ true, {\"x\":\"]\"} ]"));
	struct dts_json_walk inner = dts_json_walk(v.raw);
	REQUIRE(dts_json_element(&inner, &e));
	CHECK(e.type == DTS_JSON_TRUE);
	REQUIRE(dts_json_element(&inner, &e));
	CHECK(e.type == DTS_JSON_OBJECT && dts_slice_is(e.raw, "{\"x\":\"]\"}"));
	CHECK(!dts_json_element(&inner, &e));
	REQUIRE(dts_json_member(&w, &key, &v));
	CHECK(v.type == DTS_JSON_STRING);
	CHECK(!dts_json_member(&w, &key, &v));
	CHECK(!dts_json_member(&w, &key, &v));

	w = dts_json_walk(s("{}"));
	CHECK(!dts_json_member(&w, &key, &v));
	w = dts_json_walk(s("[ ]"));
	CHECK(!dts_json_element(&w, &v));
	CHECK(dts_slice_is(dts_json_get(s("{\"a\":1,\"b\":null}"), "b").raw, "null"));
	CHECK(dts_json_get(s("{\"a\":1}"), "b").raw.p == NULL);
	CHECK_INT(DTS_JSON_FALSE, dts_json_value(s(" false\n")).type);
}

static void test_string(void)
{
	struct dts_buf scratch = {0};
	const char *plain = "\"plain \xc3\xa9\"";
	struct dts_slice got = dts_json_string(s(plain), &scratch);

	CHECK(got.p == plain + 1 && got.len == 8);
	CHECK(dts_slice_is(dts_json_string(s("\"\""), &scratch), ""));
	got = dts_json_string(s("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20AC\\ud83d\\ude00\\u0000.\""), &scratch);
	CHECK_MEM("\"\\/\b\f\n\r\tA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\0.", 20, got.p, got.len);
	dts_buf_release(&scratch);
}

static void test_add_string(void)
{
	struct dts_buf b = {0}, back = {0};

	dts_json_add_string(&b, dts_slice("a\"b\\c/\b\f\n\r\t\0\x01\x0b\x1f\x7f\xc3\xa9", 18));
	CHECK_STR("\"a\\\"b\\\\c/\\b\\f\\n\\r\\t\\u0000\\u0001\\u000b\\u001f\x7f\xc3\xa9\"", dts_buf_text(&b));

	/* Each byte at each place comes back. */
	char text[40];
	for (int c = 0; c < 128; c++)
		for (size_t at = 0; at < sizeof text; at++) {
			memset(text, 'x', sizeof text);
			text[at] = (char)c;
			dts_buf_clear(&b);
			dts_json_add_string(&b, dts_slice(text, sizeof text));
			struct dts_error err = DTS_ERROR_INIT;
			CHECK_INT(0, check(dts_buf_slice(&b), &err));
			struct dts_slice got = dts_json_string(dts_buf_slice(&b), &back);
			CHECK_MEM(text, sizeof text, got.p, got.len);
		}
	dts_buf_clear(&b);
	dts_json_add_string(&b, dts_slice(NULL, 0));
	CHECK_STR("\"\"", dts_buf_text(&b));
	dts_buf_release(&b);
	dts_buf_release(&back);
}

static void test_integers(void)
{
	uint64_t n = 7;
	struct dts_buf b = {0};

	CHECK(dts_json_u64(s("0"), &n) && n == 0);
	CHECK(dts_json_u64(s("18446744073709551615"), &n) && n == UINT64_MAX);
	CHECK(!dts_json_u64(s("18446744073709551616"), &n) && !dts_json_u64(s("-1"), &n));
	CHECK(!dts_json_u64(s("1.0"), &n) && !dts_json_u64(s("1e3"), &n) && !dts_json_u64(s("\"1\""), &n));
	CHECK(!dts_json_u64(s("null"), &n) && !dts_json_u64(s(""), &n));

	dts_json_add_i64(&b, (INT64_C(1) << 53) - 1);
	dts_buf_addc(&b, ' ');
	dts_json_add_i64(&b, INT64_C(1) << 53);
	dts_buf_addc(&b, ' ');
	dts_json_add_i64(&b, -(INT64_C(1) << 53) + 1);
	dts_buf_addc(&b, ' ');
	dts_json_add_i64(&b, INT64_MIN);
	dts_buf_addc(&b, ' ');
	dts_json_add_u64(&b, 0);
	dts_buf_addc(&b, ' ');
	dts_json_add_u64(&b, UINT64_MAX);
	CHECK_STR("9007199254740991 \"9007199254740992\" -9007199254740991 \"-9223372036854775808\" 0 "
		  "\"18446744073709551615\"", dts_buf_text(&b));
	dts_buf_release(&b);
}

static const char *double_text(struct dts_buf *b, double d)
{
	dts_buf_clear(b);
	dts_json_add_double(b, d);
	return dts_buf_text(b);
}

static const char *float_text(struct dts_buf *b, float f)
{
	dts_buf_clear(b);
	dts_json_add_float(b, f);
	return dts_buf_text(b);
}

static void test_doubles(void)
{
	struct dts_buf b = {0};

	CHECK_STR("0", double_text(&b, 0.0));
	CHECK_STR("-0", double_text(&b, -0.0));
	CHECK_STR("1", double_text(&b, 1.0));
	CHECK_STR("-1.5", double_text(&b, -1.5));
	CHECK_STR("0.1", double_text(&b, 0.1));
	CHECK_STR("-0.05", double_text(&b, -0.05));
	CHECK_STR("0.30000000000000004", double_text(&b, 0.1 + 0.2));
	CHECK_STR("19.99", double_text(&b, 19.99));
	CHECK_STR("1e+22", double_text(&b, 1e22));
	CHECK_STR("5e-324", double_text(&b, 5e-324));
	CHECK_STR("1.7976931348623157e+308", double_text(&b, 1.7976931348623157e308));
	CHECK_STR("5.684341886080802e-14", double_text(&b, ldexp(1, -44)));
	CHECK_STR("0.1", float_text(&b, 0.1f));
	CHECK_STR("-0", float_text(&b, -0.0f));
	CHECK_STR("16777216", float_text(&b, 16777216.0f));
	CHECK_STR("3.4028235e+38", float_text(&b, 3.4028234663852886e38f));
	CHECK_STR("1e-45", float_text(&b, 1.4e-45f));

	uint64_t seed = unit_seed();
	for (int i = 0; i < 200000; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		uint64_t bits = seed ^ seed >> 29;
		double d;
		float f;
		uint32_t low = (uint32_t)(bits >> 17);
		memcpy(&d, &bits, sizeof d);
		memcpy(&f, &low, sizeof f);
		if (i % 4 == 0)
			d = (double)(int64_t)(bits % 2000000000) / 100;
		if (isfinite(d)) {
			double back = strtod(double_text(&b, d), NULL);
			CHECK(memcmp(&back, &d, sizeof d) == 0);
		}
		if (isfinite(f)) {
			float back = strtof(float_text(&b, f), NULL);
			CHECK(memcmp(&back, &f, sizeof f) == 0);
		}
	}
	dts_buf_release(&b);
}

static void test_bytes(void)
{
	static const char *const texts[] = {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
	static const char *const bad[] = {"Z", "Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zm8=Zm8=", "Zm 9", "Zm9-"};
	struct dts_buf b = {0}, back = {0};
	char text[64];

	for (size_t i = 0; i < 7; i++) {
		dts_buf_clear(&b);
		dts_buf_clear(&back);
		dts_json_add_bytes(&b, dts_slice("foobar", i));
		snprintf(text, sizeof text, "{\"base64\":\"%s\"}", texts[i]);
		CHECK_STR(text, dts_buf_text(&b));
		CHECK_INT(1, dts_json_bytes(dts_json_value(dts_buf_slice(&b)), &back));
		CHECK_MEM("foobar", i, dts_buf_slice(&back).p, back.len);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		snprintf(text, sizeof text, "{\"base64\":\"%s\"}", bad[i]);
		CHECK_INT(-1, dts_json_bytes(dts_json_value(s(text)), &back));
	}
	CHECK_INT(-1, dts_json_bytes(dts_json_value(s("{\"base64\":1}")), &back));
	CHECK_INT(0, dts_json_bytes(dts_json_value(s("{\"base64\":\"\",\"x\":1}")), &back));
	CHECK_INT(0, dts_json_bytes(dts_json_value(s("{}")), &back));
	CHECK_INT(0, dts_json_bytes(dts_json_value(s("\"base64\"")), &back));
	dts_buf_clear(&back);
	CHECK_INT(1, dts_json_bytes(dts_json_value(s(" {\"base\\u00364\" : \"\\/\\/8=\"}")), &back));
	CHECK_MEM("\xff\xff", 2, back.data, back.len);

	char all[257];
	for (int i = 0; i < 256; i++)
		all[i] = (char)i;
	for (size_t len = 0; len <= 256; len++) {
		dts_buf_clear(&b);
		dts_buf_clear(&back);
		dts_json_add_bytes(&b, dts_slice(all, len));
		CHECK_INT(1, dts_json_bytes(dts_json_value(dts_buf_slice(&b)), &back));
		CHECK_MEM(all, len, dts_buf_slice(&back).p, back.len);
	}
	dts_buf_release(&b);
	dts_buf_release(&back);
}

int main(void)
{
	RUN(test_valid);
	RUN(test_invalid);
	RUN(test_every_place);
	RUN(test_depth);
	RUN(test_walk);
	RUN(test_string);
	RUN(test_add_string);
	RUN(test_integers);
	RUN(test_doubles);
	RUN(test_bytes);
	return unit_done();
}
