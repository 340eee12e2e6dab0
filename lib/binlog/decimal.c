#include "binlog/decimal.h"

/* A group of up to nine digits at `p`; false: its number has more digits. */
static bool put_group(char *p, uint32_t v, unsigned digits)
{
	for (unsigned i = digits; i-- > 0; v /= 10)
		p[i] = (char)('0' + v % 10);
	return v == 0;
}

bool dts_decimal_add(struct dts_buf *out, unsigned digits, unsigned decimals, struct dts_bytes *b)
{
	static const uint8_t bytes_of[] = {0, 1, 1, 2, 2, 3, 3, 4, 4, 4};
	unsigned whole = digits - decimals, left = whole, n = 0, start = 0;
	char all[70], text[80], *p = text;
	bool first = true, negative = false, fits = true;

	while (n < digits) {
		bool in_whole = n < whole;
		unsigned size = in_whole ? (left % 9 ? left % 9 : 9) : digits - n < 9 ? digits - n : 9;
		unsigned bytes = bytes_of[size];
		uint32_t v = (uint32_t)dts_bytes_uint_be(b, bytes);

		if (first) {
			uint32_t sign = 1u << (8 * bytes - 1);

			negative = !(v & sign);
			v ^= sign;
			first = false;
		}
		if (negative)
			v = ~v & (uint32_t)(0xffffffffu >> (32 - 8 * bytes));
		fits = put_group(all + n, v, size) && fits;
		n += size;
		left -= in_whole ? size : 0;
	}
	while (start + 1 < whole && all[start] == '0')
		start++;
	if (negative)
		*p++ = '-';
	if (whole == 0)
		*p++ = '0';
	memcpy(p, all + start, whole - start);
	p += whole - start;
	if (decimals > 0) {
		*p++ = '.';
		memcpy(p, all + whole, decimals);
		p += decimals;
	}
	dts_buf_add(out, text, (size_t)(p - text));
	return fits;
}
