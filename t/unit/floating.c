/* Floating-point numbers as text and back, judged by the C library's slow and
 * sure ways. `floating COUNT` tries more of them. */
#include <float.h>
#include <math.h>

#include "record/floating.h"
#include "record/json.h"
#include "unit.h"

static uint64_t count = 20000;

static uint64_t random_bits(void)
{
	static uint64_t state = 88172645463325252u;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state * 2685821657736338717u;
}

static double double_of(uint64_t bits)
{
	double d;

	memcpy(&d, &bits, sizeof d);
	return d;
}

static float float_of(uint32_t bits)
{
	float f;

	memcpy(&f, &bits, sizeof f);
	return f;
}

/* --- to text */

static bool reads_back(const char *text, double d, bool single)
{
	return single ? strtof(text, NULL) == (float)d : strtod(text, NULL) == d;
}

/* The next number up that has `digits` digits: just above a power of two
 * numbers lie twice as wide as just below, so that the nearest of few digits
 * may fail where its neighbour does not. */
static void print_above(char *text, size_t size, double d, int digits)
{
	snprintf(text, size, "%.*e", digits - 1, d);
	for (char *p = strchr(text, 'e'); p-- > text;) {
		if (*p < '0' || *p > '9')
			continue;
		if (*p != '9') {
			++*p;
			return;
		}
		*p = '0';
	}
}

static void slowly(char *text, size_t size, double d, bool single, int digits, int most)
{
	int exponent;
	bool power = fabs(frexp(d, &exponent)) == 0.5;

	for (; digits <= most; digits++) {
		snprintf(text, size, "%.*g", digits, d);
		if (reads_back(text, d, single))
			return;
		if (power) {
			print_above(text, size, d, digits);
			if (reads_back(text, d, single))
				return;
		}
	}
}

static void check_double(double d)
{
	static struct dts_buf b;
	char want[64];

	slowly(want, sizeof want, d, false, fabs(d) < DBL_MIN ? 1 : 15, 17);
	/* Up to six places are written out. */
	if (fabs(d) >= 1e-5 && fabs(d) < 1e-4) {
		char fixed[64];
		snprintf(fixed, sizeof fixed, "%.6f", d);
		size_t len = strlen(fixed);
		while (fixed[len - 1] == '0')
			fixed[--len] = '\0';
		if (strtod(fixed, NULL) == d)
			memcpy(want, fixed, sizeof want);
	}
	dts_buf_clear(&b);
	dts_json_add_double(&b, d);
	CHECK_STR(want, dts_buf_text(&b));
}

static void check_float(float f)
{
	static struct dts_buf b;
	char want[64];

	slowly(want, sizeof want, f, true, fabsf(f) < FLT_MIN ? 1 : 6, 9);
	dts_buf_clear(&b);
	dts_json_add_float(&b, f);
	CHECK_STR(want, dts_buf_text(&b));
}

static void test_doubles(void)
{
	static const double scales[] = {1, 10, 100, 1000, 1e4, 1e5, 1e6, 1e7, 1e9, 1e12};

	for (int i = -1074; i < 1024; i++) {
		double d = ldexp(1, i);
		check_double(d);
		check_double(nextafter(d, INFINITY));
		check_double(-nextafter(d, 0));
	}
	for (int i = -323; i <= 308; i++) {
		char text[16];
		snprintf(text, sizeof text, "1e%d", i);
		double d = strtod(text, NULL);
		check_double(d);
		check_double(-nextafter(d, 1));
	}
	for (uint64_t i = 0; i < 1000; i++) {
		check_double(double_of(i));
		check_double(double_of((UINT64_C(1) << 52) - i));
		check_double((double)((UINT64_C(1) << 53) + i));
	}
	for (uint64_t i = 0; i < count; i++) {
		uint64_t bits = random_bits();
		double d = double_of(bits);
		if (d - d == 0)
			check_double(d);
		check_double(double_of(bits >> 12 >> bits % 52)); /* denormalized */
		check_double((double)(int64_t)(bits >> bits % 60) / scales[i % 10]);
		check_double((double)(bits >> 11) * 0x1p-53 * scales[i % 10]);
		check_double((double)(bits % 1000000) / 1e5 / scales[i % 10]);
	}
}

static void test_floats(void)
{
	for (int i = -149; i < 128; i++) {
		float f = ldexpf(1, i);
		check_float(f);
		check_float(nextafterf(f, INFINITY));
		check_float(-nextafterf(f, 0));
	}
	for (uint32_t i = 0; i < 1000; i++)
		check_float(float_of(i));
	for (uint64_t i = 0; i < count; i++) {
		uint64_t bits = random_bits();
		float f = float_of((uint32_t)bits);
		if (f - f == 0)
			check_float(f);
		check_float((float)(int32_t)(bits >> 32 >> bits % 32) / 100);
		check_float((float)(bits % 100000000) / 1000);
	}
}

/* --- from text */

static void check_parse(const char *text)
{
	double got = 1, want = strtod(text, NULL);

	if (!dts_parse_double(dts_slice_of(text), &got) || memcmp(&got, &want, sizeof got) != 0)
		unit_fail(__FILE__, __LINE__, "'%s' gives %a instead of %a", text, got, want);
}

static void test_parse(void)
{
	static const char *const texts[] = {
		"0", "-0", "0.0", "0e5", "0e999999", "-0.000", "1", "007", "1.50", "-1e+5", "1E5", "1e-5", "9007199254740993",
		"9007199254740992", "9007199254740991", "9007199254740993.0000000000000000000000000001",
		"18014398509481985", "18014398509481987", "9223372036854775807", "18446744073709551615", "100000000000000000000",
		"100000000000000000000000000000000000000", "1e22", "1e23", "123456789e22", "9999999999999999999e-19",
		"2.2250738585072014e-308", "2.2250738585072011e-308", "5e-324", "4.9406564584124654e-324", "2e-324", "1e-400",
		"1.7976931348623157e308", "1.7976931348623158e+308", "0.1", "0.10000000149011612", "8.5e-290", "123e-292", "1e280",
		"1e00000000000000000005", "0.00000000000000000000000000000000000000000012",
		"6.8e281", "7205759403792793e1", "72057594037927945", "72057594037927935",
	};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		check_parse(texts[i]);
	static const char *const bad[] = {"", "-", ".", ".5", "5.", "1e", "1e+", "1e-", "e5", "+1", " 1", "1 ", "0x10", "inf",
					  "nan", "--1", "1.2.3", "1e5.0", "1e400", "-1e309", "1,5"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		double d;
		if (dts_parse_double(dts_slice_of(bad[i]), &d))
			unit_fail(__FILE__, __LINE__, "'%s' is taken for %g", bad[i], d);
	}
	double d;
	CHECK(!dts_parse_double(DTS_LIT("1\0"), &d));
}

static void test_parse_random(void)
{
	char text[64];

	for (uint64_t i = 0; i < count; i++) {
		uint64_t bits = random_bits();
		double d = double_of(bits);
		if (d - d == 0) {
			snprintf(text, sizeof text, "%.*g", (int)(i % 21 + 1), d);
			if (fabs(strtod(text, NULL)) <= DBL_MAX)
				check_parse(text);
		}
		snprintf(text, sizeof text, "%.*g", (int)(i % 4 + 15), (double)(bits >> 11) * 0x1p-53 * 1e6);
		check_parse(text);
		snprintf(text, sizeof text, "%.17g", (double)float_of((uint32_t)(bits % 0x7f800000)));
		check_parse(text);
		snprintf(text, sizeof text, "%" PRIu64 "e%d", bits >> i % 64, (int)(bits % 640) - 330);
		if (strtod(text, NULL) <= DBL_MAX)
			check_parse(text);
	}
}

/* Halves between two doubles, and what is just beside them. */
static void test_halves(void)
{
	char text[64];

	for (uint64_t i = 0; i < count / 4; i++) {
		uint64_t odd = (random_bits() >> 11 | UINT64_C(1) << 52) * 2 + 1;
		for (int n = -1; n <= 1; n++) {
			snprintf(text, sizeof text, "%" PRIu64, odd + (uint64_t)(int64_t)n);
			check_parse(text);
			snprintf(text, sizeof text, "%.0f.5", (double)(odd / 8));
			check_parse(text);
			snprintf(text, sizeof text, "%" PRIu64 "00e-2", odd + (uint64_t)(int64_t)n);
			check_parse(text);
		}
	}
}

/* --- the table */

enum { WORDS = 48 };

/* n as a number of 32-bit words, the lowest first: times 10; whole part of a tenth. */
static void times_ten(uint32_t *n)
{
	uint64_t carry = 0;

	for (int i = 0; i < WORDS; i++) {
		carry += (uint64_t)n[i] * 10;
		n[i] = (uint32_t)carry;
		carry >>= 32;
	}
}

static uint64_t bits_from(const uint32_t *n, int low)
{
	uint64_t bits = 0;

	for (int i = 63; i >= 0; i--)
		bits = bits << 1 | (low + i >= 0 ? n[(low + i) / 32] >> (low + i) % 32 & 1 : 0);
	return bits;
}

static int highest(const uint32_t *n)
{
	int i = WORDS * 32 - 1;

	while (!(n[i / 32] >> i % 32 & 1))
		i--;
	return i;
}

static bool any_below(const uint32_t *n, int low)
{
	for (int i = 0; i < low; i++)
		if (n[i / 32] >> i % 32 & 1)
			return true;
	return false;
}

static void test_powers(void)
{
	uint32_t n[WORDS] = {1};

	for (int k = 0; k <= 324; k++) {
		int top = highest(n);
		uint64_t high = bits_from(n, top - 63), low = bits_from(n, top - 127);
		if (any_below(n, top - 127) && ++low == 0)
			high++;
		CHECK(dts_powers_of_ten[k + 292][0] == high && dts_powers_of_ten[k + 292][1] == low);
		times_ten(n);
	}
	/* 10^-k, rounded up in its last place, times 10^k: a power of two and less than 10^k more. */
	memset(n, 0, sizeof n);
	n[0] = 1;
	for (int k = 1; k <= 292; k++) {
		uint32_t product[WORDS] = {0};
		const uint64_t *g = dts_powers_of_ten[292 - k];
		const uint32_t words[4] = {(uint32_t)g[1], (uint32_t)(g[1] >> 32), (uint32_t)g[0], (uint32_t)(g[0] >> 32)};
		times_ten(n);
		for (int j = 0; j < 4; j++) {
			uint64_t carry = 0;
			for (int i = 0; i + j < WORDS; i++) {
				carry += (uint64_t)n[i] * words[j] + product[i + j];
				product[i + j] = (uint32_t)carry;
				carry >>= 32;
			}
		}
		int top = highest(product);
		CHECK(g[0] >> 63 == 1);
		CHECK(any_below(product, top)); /* no power of two: rounded up */
		product[top / 32] -= UINT32_C(1) << top % 32;
		int i = WORDS - 1;
		while (i > 0 && product[i] == n[i])
			i--;
		CHECK(product[i] < n[i]);
	}
}

int main(int argc, char **argv)
{
	if (argc > 1)
		count = strtoull(argv[1], NULL, 10);
	RUN(test_doubles);
	RUN(test_floats);
	RUN(test_parse);
	RUN(test_parse_random);
	RUN(test_halves);
	RUN(test_powers);
	return unit_done();
}
