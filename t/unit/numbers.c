#include <stdlib.h>
#include <time.h>

#include "base/options.h"
#include "unit.h"

static void check_u64(const char *text, int want_rc, uint64_t want)
{
	uint64_t n = 7;

	if (dts_parse_u64(dts_slice_of(text), &n) != want_rc || n != want)
		unit_fail(__FILE__, __LINE__, "'%s' gives %" PRIu64, text, n);
}

static void check_size(const char *text, int want_rc, uint64_t want)
{
	uint64_t n = 7;

	if (dts_parse_size(dts_slice_of(text), &n) != want_rc || (want_rc == 0 && n != want))
		unit_fail(__FILE__, __LINE__, "'%s' gives %" PRIu64, text, n);
}

static void check_seconds(const char *text, int want_rc, double want)
{
	double s = 7;

	if (dts_parse_seconds(dts_slice_of(text), &s) != want_rc || (want_rc == 0 && (s < want || s > want)))
		unit_fail(__FILE__, __LINE__, "'%s' gives %g", text, s);
}

static void check_time(const char *text, int want_rc, uint64_t want)
{
	uint64_t micro = 7;
	int rc = dts_parse_time(dts_slice_of(text), &micro);

	if (rc != want_rc || (rc == 0 && micro != want))
		unit_fail(__FILE__, __LINE__, "'%s' gives %d, %llu", text, rc, (unsigned long long)micro);
}

static void test_time(void)
{
	const uint64_t day = UINT64_C(1769817600) * 1000000, second = 1000000; /* 2026-01-31 */
	static const char *const bad[] = {"", "10", "1:30", "24:00", "10:60", "10:31:60", "10:31:00.", "2026-1-31", "2026-02-30", "2026-04-31",
		"2026-13-01", "2026-00-01", "2026-01-00", "1969-12-31", "2026-01-31T", "2026-01-31T10", "2026-01-31 10:31 ", "10:31Z", "2026-01-31Z",
		"2026-01-31T10:31+1:00", "2026-01-31T10:31+15:00", "2026-01-31T10:31:00.5Zx", "-026-01-31", "now", "99999999999999999999"};

	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	check_time("2026-01-31T00:00:00Z", 0, day);
	check_time("2026-01-31T00:00:00.000001Z", 0, day + 1);
	check_time("2026-01-31T00:00:00.5+00:00", 0, day + second / 2);
	check_time("2026-01-31 00:00:01.1234567Z", -1, 0);
	check_time("2026-01-31T05:30+05:30", 0, day);
	check_time("2026-01-30T19:00-05:00", 0, day);
	check_time("2026-01-31", 0, day - 3600 * second);
	check_time("2026-01-31 01:00", 0, day);
	check_time("2026-07-01 02:00:00", 0, UINT64_C(1782864000) * second); /* summer */
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		check_time(bad[i], -1, 0);
	/* Today. */
	uint64_t early, late;
	CHECK_INT(0, dts_parse_time(DTS_LIT("01:02:03.25"), &early));
	CHECK_INT(0, dts_parse_time(DTS_LIT("01:02:04"), &late));
	CHECK_INT(750000, (int)(late - early));
	const time_t at = (time_t)(early / second);
	CHECK_INT(1, localtime(&at)->tm_hour);
	CHECK(late / second < (uint64_t)time(NULL) + 86400 && late / second + 86400 > (uint64_t)time(NULL));
}

static void test_whole(void)
{
	check_u64("0", 0, 0);
	check_u64("010", 0, 10); /* no octal */
	check_u64("18446744073709551615", 0, UINT64_MAX);
	static const char *const bad[] = {"", "18446744073709551616", "99999999999999999999", "-1", "+1", " 1", "1 ", "0x10", "1e3", "1.0", "1K"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		check_u64(bad[i], -1, 7);
	uint64_t n = 7;
	CHECK_INT(-1, dts_parse_u64(DTS_LIT("1\0"), &n));
}

static void test_size(void)
{
	check_size("0", 0, 0);
	check_size("512", 0, 512);
	check_size("64K", 0, 65536);
	check_size("64k", 0, 65536);
	check_size("16M", 0, 16777216);
	check_size("1G", 0, 1u << 30);
	check_size("2T", 0, UINT64_C(2) << 40);
	check_size("16777215T", 0, UINT64_C(16777215) << 40);
	static const char *const bad[] = {"", "K", "16777216T", "1KB", "1 K", "1.5K", "-1K", "1P", "1@", "KK"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		check_size(bad[i], -1, 0);
}

static void test_seconds(void)
{
	check_seconds("0", 0, 0);
	check_seconds("10", 0, 10);
	check_seconds("0.5", 0, 0.5);
	check_seconds("1.000000001", 0, 1.000000001);
	check_seconds("3.25", 0, 3.25);
	static const char *const bad[] = {"", ".", "1.", ".5", "1.0000000001", "1.x", "-1", "1.-5", "1.5.5", "1e3", "inf", "nan"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		check_seconds(bad[i], -1, 0);
}

static void test_list(void)
{
	struct dts_list list = {0};

	for (int i = 0; i < 10; i++)
		dts_list_add(&list, i % 2 ? "odd" : "");
	CHECK_INT(10, list.count);
	CHECK_STR("odd", list.items[9]);
	CHECK_STR("", list.items[0]);
	CHECK(!list.items[10]); /* as argv has it */
	dts_list_release(&list);
	dts_list_release(&list);
}

int main(void)
{
	RUN(test_time);
	RUN(test_whole);
	RUN(test_size);
	RUN(test_seconds);
	RUN(test_list);
	return unit_done();
}
