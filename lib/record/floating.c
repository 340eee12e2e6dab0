#include "record/floating.h"

#include <stdlib.h>
#include <string.h>

enum { POWER_MIN = -292, POWER_MAX = 324 };

typedef unsigned __int128 wide;

/* The whole parts of logarithms, right for all exponents there are. */
static int log2_of_power(int ten)
{
	return ten * 1741647 >> 19;
}

static int log10_of_power(int two)
{
	return two * 1262611 >> 22;
}

/* Of 3/4 * 2^two. */
static int log10_of_three_quarters(int two)
{
	return (two * 1262611 - 524031) >> 22;
}

static const uint64_t *power(int ten)
{
	return dts_powers_of_ten[ten - POWER_MIN];
}

/* --- to decimal */

/* The product's highest 64 bits of 192; the lowest is set where what is below is not zero. */
static uint64_t scale(const uint64_t *g, uint64_t c)
{
	wide low = (wide)g[1] * c;
	wide high = (wide)g[0] * c + (uint64_t)(low >> 64);

	return (uint64_t)(high >> 64) | ((uint64_t)high > 1);
}

/*
 * Of c * 2^q. What rounds to it reaches half a step to either side; below a
 * power of two (`edge`) only a quarter. Four times as much in units of 10^k, of which
 * a step has one at least and ten at most, leaves two or three candidates.
 */
static struct dts_decimal shortest(uint64_t c, int q, bool edge)
{
	int k = edge ? log10_of_three_quarters(q) : log10_of_power(q);
	int h = q + log2_of_power(-k) + 1;
	const uint64_t *g = power(-k);
	bool odd = c & 1; /* then its ends round away from it */
	uint64_t low = scale(g, (4 * c - 2 + edge) << h) + odd;
	uint64_t at = scale(g, 4 * c << h);
	uint64_t high = scale(g, (4 * c + 2) << h) - odd;
	uint64_t s = at / 4;

	uint64_t tens = s / 10;
	bool below = low <= 40 * tens, above = 40 * tens + 40 <= high;
	struct dts_decimal d = {tens + above, k + 1};
	if (s < 10 || below == above) {
		below = low <= 4 * s;
		above = 4 * s + 4 <= high;
		bool up = below != above ? above : at > 4 * s + 2 || (at == 4 * s + 2 && s & 1);
		d = (struct dts_decimal){s + up, k};
	}
	while (d.digits % 10 == 0) {
		d.digits /= 10;
		d.exponent++;
	}
	return d;
}

struct dts_decimal dts_shortest_double(double x)
{
	uint64_t bits;

	memcpy(&bits, &x, sizeof bits);
	uint64_t fraction = bits & ((UINT64_C(1) << 52) - 1);
	int exponent = (int)(bits >> 52 & 0x7ff);
	if (exponent == 0)
		return fraction == 0 ? (struct dts_decimal){0, 0} : shortest(fraction, -1074, false);
	return shortest(fraction | UINT64_C(1) << 52, exponent - 1075, fraction == 0 && exponent > 1);
}

struct dts_decimal dts_shortest_float(float x)
{
	uint32_t bits;

	memcpy(&bits, &x, sizeof bits);
	uint32_t fraction = bits & ((UINT32_C(1) << 23) - 1);
	int exponent = (int)(bits >> 23 & 0xff);
	if (exponent == 0)
		return fraction == 0 ? (struct dts_decimal){0, 0} : shortest(fraction, -149, false);
	return shortest(fraction | UINT32_C(1) << 23, exponent - 150, fraction == 0 && exponent > 1);
}

/* --- from decimal */

struct text {
	uint64_t digits;
	int64_t exponent;
	bool negative, exact; /* exact: all digits are in `digits` */
};

static const char *take_digits(const char *p, const char *end, struct text *t, bool fraction)
{
	for (; p < end && (unsigned char)(*p - '0') <= 9; p++) {
		if (t->digits < UINT64_C(1000000000000000000)) {
			t->digits = t->digits * 10 + (uint64_t)(*p - '0');
			t->exponent -= fraction;
		} else {
			t->exact = false;
		}
	}
	return p;
}

/* Behind the exponent at p, or NULL. */
static const char *take_exponent(const char *p, const char *end, struct text *t)
{
	bool negative = p < end && *p == '-';
	int64_t n = 0;

	p += p < end && (*p == '-' || *p == '+');
	if (p == end)
		return NULL;
	for (; p < end && (unsigned char)(*p - '0') <= 9; p++)
		if (n < 100000)
			n = n * 10 + (*p - '0');
	t->exponent += negative ? -n : n;
	return p;
}

static bool take_number(struct dts_slice text, struct text *t)
{
	const char *p = text.p, *end = text.p + text.len;

	*t = (struct text){.exact = true};
	if (p < end && *p == '-') {
		t->negative = true;
		p++;
	}
	const char *start = p;
	p = take_digits(p, end, t, false);
	if (p == start)
		return false;
	if (p < end && *p == '.') {
		start = ++p;
		p = take_digits(p, end, t, true);
		if (p == start)
			return false;
	}
	if (p < end && (*p == 'e' || *p == 'E'))
		p = take_exponent(p + 1, end, t);
	return p == end;
}

/* What the C library makes of it; text that was looked at already. */
static bool parse_slowly(struct dts_slice text, double *x)
{
	char *copy = dts_slice_dup(text);

	*x = strtod(copy, NULL);
	free(copy);
	return *x - *x == 0;
}

/*
 * The 128 highest bits of digits * 10^exponent: at most 2 too many in the last place,
 * since the power is rounded up. Where that could matter to the 53 that
 * stay, a second look is needed: false.
 */
static bool multiply(const struct text *t, double *x)
{
	if (!t->exact || t->exponent < -290 || t->exponent > 280)
		return false;
	const uint64_t *g = power((int)t->exponent);
	int shift = __builtin_clzll(t->digits);
	uint64_t w = t->digits << shift;
	wide product = (wide)w * g[0] + ((wide)w * g[1] >> 64);
	int exponent = log2_of_power((int)t->exponent) + 64 - shift + 1023;
	if (!(product >> 127)) {
		product <<= 1;
		exponent--;
	}
	uint64_t top = (uint64_t)(product >> 64), rest = (uint64_t)product, below = top & 0x7ff;
	if ((below == 0x400 && rest < 8) || (below == 0x3ff && rest > UINT64_MAX - 8))
		return false;
	uint64_t bits = (top >> 11) + (below >> 10); /* with the highest one, which adds one to the exponent */
	bits += (uint64_t)(exponent - 1) << 52;
	bits |= (uint64_t)t->negative << 63;
	memcpy(x, &bits, sizeof bits);
	return true;
}

bool dts_parse_double(struct dts_slice text, double *x)
{
	static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
					1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
	struct text t;

	if (!take_number(text, &t))
		return false;
	if (t.digits == 0 && t.exact) {
		*x = t.negative ? -0.0 : 0.0;
		return true;
	}
	/* Both are exact, so the quotient is rounded once. */
	if (t.digits < UINT64_C(1) << 53 && t.exact && t.exponent <= 0 && t.exponent >= -22) {
		*x = (double)t.digits / powers[-t.exponent];
		*x = t.negative ? -*x : *x;
		return true;
	}
	return multiply(&t, x) || parse_slowly(text, x);
}
