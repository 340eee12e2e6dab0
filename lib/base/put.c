#include "base/put.h"

const char dts_digit_pairs[] =
	"0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849"
	"5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";

static unsigned count_digits(uint64_t n)
{
	static const uint64_t powers[20] = {
		1, UINT64_C(10), UINT64_C(100), UINT64_C(1000), UINT64_C(10000), UINT64_C(100000), UINT64_C(1000000),
		UINT64_C(10000000), UINT64_C(100000000), UINT64_C(1000000000), UINT64_C(10000000000),
		UINT64_C(100000000000), UINT64_C(1000000000000), UINT64_C(10000000000000),
		UINT64_C(100000000000000), UINT64_C(1000000000000000), UINT64_C(10000000000000000),
		UINT64_C(100000000000000000), UINT64_C(1000000000000000000), UINT64_C(10000000000000000000),
	};
	/* Bits times log10(2): right, or one too few. */
	unsigned about = (64 - (unsigned)__builtin_clzll(n | 1)) * 1233 >> 12;

	return about + (n >= powers[about]);
}

char *dts_put_u64(char *p, uint64_t n)
{
	if (n < 10) {
		*p = (char)('0' + n);
		return p + 1;
	}
	char *end = p + count_digits(n), *at = end;

	for (; n >= 100; n /= 100)
		dts_put_pair(at -= 2, n % 100);
	if (n >= 10)
		dts_put_pair(at - 2, (unsigned)n);
	else
		at[-1] = (char)('0' + n);
	return end;
}
