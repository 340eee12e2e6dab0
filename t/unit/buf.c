#include "base/arena.h"
#include "base/buf.h"

#include "base/error.h"
#include "base/put.h"
#include "unit.h"

static void test_slices(void)
{
	CHECK(dts_slice_eq(dts_slice(NULL, 0), DTS_LIT("")));
	CHECK(!dts_slice_eq(DTS_LIT("a"), DTS_LIT("b")) && !dts_slice_eq(DTS_LIT("a"), DTS_LIT("ab")));
	CHECK(dts_slice_eq(dts_slice("a\0b", 3), DTS_LIT("a\0b")));
	CHECK(dts_slice_is(DTS_LIT("ab"), "ab") && !dts_slice_is(dts_slice("ab\0", 3), "ab"));
	CHECK(dts_slice_is_nocase(DTS_LIT("InnoDB"), "INNODB"));
	CHECK(!dts_slice_is_nocase(DTS_LIT("InnoDB"), "INNO") && !dts_slice_is_nocase(DTS_LIT("Inno"), "INNODB"));
}

static void test_grows(void)
{
	struct dts_buf b = {0};

	CHECK(dts_buf_slice(&b).p != NULL);
	CHECK_INT(0, dts_buf_slice(&b).len);
	dts_buf_add(&b, NULL, 0);
	CHECK_STR("", dts_buf_text(&b));
	for (int i = 0; i < 1000; i++)
		dts_buf_addc(&b, (char)('a' + i % 26));
	CHECK_INT(1000, b.len);
	CHECK(b.data[999] == 'a' + 999 % 26 && b.data[0] == 'a');
	char *before = b.data;
	dts_buf_clear(&b);
	dts_buf_adds(&b, "kept");
	CHECK(b.data == before); /* no memory is given back */
	CHECK_STR("kept", dts_buf_text(&b));
	CHECK_INT(4, b.len);
	dts_buf_release(&b);
	CHECK(!b.data && b.cap == 0);
	dts_buf_adds(&b, "again");
	CHECK_STR("again", dts_buf_text(&b));
	dts_buf_release(&b);
}

static void test_format(void)
{
	struct dts_buf b = {0};
	char big[3000];

	memset(big, 'x', sizeof big);
	big[sizeof big - 1] = '\0';
	dts_buf_addf(&b, "%d:%s", 7, big);
	CHECK_INT(2 + sizeof big - 1, b.len);
	CHECK(b.data[b.len - 1] == 'x');
	dts_buf_clear(&b);
	dts_buf_addf(&b, "%s", "");
	CHECK_INT(0, b.len);
	dts_buf_add_slice(&b, dts_slice("a\0b", 3));
	CHECK_MEM("a\0b", 3, b.data, b.len);
	dts_buf_release(&b);
}

static void check_numbers(uint64_t n)
{
	struct dts_buf b = {0};
	char want[32];

	snprintf(want, sizeof want, "%" PRIu64, n);
	dts_buf_addu(&b, n);
	CHECK_STR(want, dts_buf_text(&b));
	dts_buf_clear(&b);
	snprintf(want, sizeof want, "%" PRId64, (int64_t)n);
	dts_buf_addi(&b, (int64_t)n);
	CHECK_STR(want, dts_buf_text(&b));
	dts_buf_release(&b);
}

static void test_numbers(void)
{
	check_numbers(0);
	for (uint64_t n = 1, last = 0; n > last; last = n, n *= 10) {
		check_numbers(n);
		check_numbers(n - 1);
		check_numbers(-n);
	}
	check_numbers(UINT64_MAX);
	check_numbers((uint64_t)INT64_MIN);
	check_numbers((uint64_t)INT64_MAX);
	for (uint64_t n = 0; n < 1100; n++)
		check_numbers(n);
}

static void test_copies(void)
{
	char *p = dts_slice_dup(dts_slice("abc", 2));
	char *q = dts_strdup("");
	char *r = dts_slice_dup(dts_slice(NULL, 0));

	CHECK_STR("ab", p);
	CHECK_STR("", q);
	CHECK_STR("", r);
	free(p);
	free(q);
	free(r);
}

static void test_arena(void)
{
	struct dts_arena *a = dts_arena_new();

	for (size_t i = 0; i < 3000; i++) {
		size_t size = i % 97 == 0 ? 20000 : i % 40;
		char *p = dts_arena_alloc(a, 1, size);
		CHECK((uintptr_t)p % _Alignof(max_align_t) == 0);
		for (size_t j = 0; j < size; j++)
			CHECK(p[j] == 0);
		memset(p, 0xff, size);
	}
	struct dts_slice copy = dts_arena_copy(a, DTS_LIT("a\0b"));
	CHECK_MEM("a\0b", 4, copy.p, copy.len + 1);
	CHECK_STR("", dts_arena_copy(a, dts_slice(NULL, 0)).p);
	dts_arena_free(a);
	dts_arena_free(NULL);
}

static void test_errors(void)
{
	struct dts_error err = DTS_ERROR_INIT;
	char big[6000];

	CHECK_INT(-1, dts_fail(&err, DTS_GONE, "no %s", "file"));
	CHECK_INT(-1, dts_hint(&err, "look %d", 5));
	CHECK_INT(-1, dts_where(&err, "in:%d", 3));
	CHECK_STR("in:3: no file", err.message);
	CHECK_STR("look 5", err.hint);
	CHECK_INT(DTS_GONE, err.status);
	dts_fail(&err, DTS_IO, "other");
	CHECK_STR("", err.hint);
	memset(big, 'x', sizeof big);
	big[sizeof big - 1] = '\0';
	dts_fail(&err, DTS_IO, "%s", big);
	CHECK_INT(sizeof err.message - 1, strlen(err.message));
	dts_where(&err, "here");
	CHECK_INT(sizeof err.message - 1, strlen(err.message));
	CHECK(strncmp(err.message, "here: xxx", 9) == 0);
	dts_where(&err, "%s", big);
	CHECK(strlen(err.message) < sizeof err.message);
}

static void test_put(void)
{
	char text[40];

	CHECK_INT(2, dts_put_pair(text, 7) - text);
	CHECK_MEM("07", 2, text, 2);
	CHECK_MEM("000120", 6, text, (size_t)(dts_put_digits(text, 120, 6) - text));
	CHECK_MEM("345", 3, text, (size_t)(dts_put_digits(text, 12345, 3) - text));
	CHECK_MEM("", 0, text, (size_t)(dts_put_digits(text, 7, 0) - text));
	for (size_t len = 0; len <= 17; len++)
		CHECK_MEM("abcdefghijklmnopqrstuvwxyzabcdef", len, text, (size_t)(dts_put_padded(text, "abcdefghijklmnopqrstuvwxyzabcdef", len) - text));
}

int main(void)
{
	RUN(test_slices);
	RUN(test_grows);
	RUN(test_format);
	RUN(test_numbers);
	RUN(test_copies);
	RUN(test_arena);
	RUN(test_errors);
	RUN(test_put);
	return unit_done();
}
