#ifndef DTS_BASE_PUT_H
#define DTS_BASE_PUT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * Short text, written at `p` where the caller has made room for it, as much as is said here; each gives where
 * it ends. For what is written millions of times: room is looked for once, for a value and all around it.
 */

/* 00 to 99. */
extern const char dts_digit_pairs[201];

/* Two digits of a number below 100. */
static inline char *dts_put_pair(char *p, unsigned n)
{
	memcpy(p, dts_digit_pairs + n * 2, 2);
	return p + 2;
}

/* The last `digits` digits of a number, zeros in front. */
static inline char *dts_put_digits(char *p, uint32_t n, unsigned digits)
{
	unsigned left = digits;

	for (; left >= 2; left -= 2, n /= 100)
		dts_put_pair(p + left - 2, n % 100);
	if (left > 0)
		*p = (char)('0' + n % 10);
	return p + digits;
}

/* Decimal: up to 20 bytes. */
char *dts_put_u64(char *p, uint64_t n);

/* Bytes that are mostly fewer than 16: up to 15 more than `len` are read, and written behind them. */
static inline char *dts_put_padded(char *p, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i += 16)
		memcpy(p + i, bytes + i, 16);
	return p + len;
}

#endif
