#include "binlog/decimal.h"

#include "base/put.h"

char *dts_decimal_put(char *p, unsigned digits, unsigned decimals, struct dts_bytes *b)
{
	static const uint8_t bytes_of[] = {0, 1, 1, 2, 2, 3, 3, 4, 4, 4};
	static const uint32_t too_large[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000};
	const bool negative = dts_bytes_left(b) > 0 && !(b->p[0] & 0x80);
	const uint32_t flip = negative ? UINT32_MAX : 0;
	const unsigned whole = digits - decimals;
	char all[DTS_DECIMAL_MAX];
	unsigned n = 0, start = 0;
	bool fits = true;

	/* Groups of nine, as many as there are on either side of the point; what is left over stands away from it. */
	while (n < digits) {
		const unsigned left = n < whole ? whole - n : digits - n;
		const unsigned size = left < 9 ? left : n < whole && left % 9 ? left % 9 : 9, bytes = bytes_of[size];
		uint32_t v = (uint32_t)dts_bytes_uint_be(b, bytes) ^ flip;

		if (n == 0)
			v ^= 1u << (8 * bytes - 1);
		v &= UINT32_MAX >> (32 - 8 * bytes);
		fits = v < too_large[size] && fits;
		dts_put_digits(all + n, v, size);
		n += size;
	}
	while (start + 1 < whole && all[start] == '0')
		start++;
	if (negative)
		*p++ = '-';
	if (whole == 0)
		*p++ = '0';
	p = dts_put_padded(p, all + start, whole - start);
	if (decimals > 0) {
		*p++ = '.';
		p = dts_put_padded(p, all + whole, decimals);
	}
	return fits ? p : NULL;
}
