#include "binlog/decimal.h"

#include "base/put.h"

struct groups {
	struct dts_bytes *b;
	uint32_t flip; /* all bits of a negative number */
	bool first;    /* whose first bit is flipped, too */
	bool fits;     /* none had more digits than its own */
};

/* The next one, of up to nine digits. */
static inline uint32_t take_group(struct groups *g, unsigned digits)
{
	static const uint8_t bytes_of[] = {0, 1, 1, 2, 2, 3, 3, 4, 4, 4};
	static const uint32_t too_large[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000};
	const unsigned bits = 8 * bytes_of[digits];
	uint32_t v = (uint32_t)dts_bytes_uint_be(g->b, bytes_of[digits]) ^ g->flip;

	v = (v ^ (uint32_t)g->first << (bits - 1)) & UINT32_MAX >> (32 - bits);
	g->first = false;
	g->fits = g->fits && v < too_large[digits];
	return v;
}

char *dts_decimal_put(char *p, unsigned digits, unsigned decimals, struct dts_bytes *b)
{
	struct groups g = {.b = b, .first = true, .fits = true};
	bool begun = false;

	if (dts_bytes_left(b) > 0 && !(b->p[0] & 0x80)) {
		g.flip = UINT32_MAX;
		*p++ = '-';
	}
	for (unsigned left = digits - decimals; left > 0;) {
		const unsigned size = left % 9 ? left % 9 : 9;
		const uint32_t v = take_group(&g, size);

		if (begun)
			p = dts_put_digits(p, v, size);
		else if (v > 0)
			p = dts_put_u64(p, v);
		begun = begun || v > 0;
		left -= size;
	}
	if (!begun)
		*p++ = '0';
	if (decimals > 0)
		*p++ = '.';
	for (unsigned left = decimals; left > 0;) {
		const unsigned size = left < 9 ? left : 9;

		p = dts_put_digits(p, take_group(&g, size), size);
		left -= size;
	}
	return g.fits ? p : NULL;
}
