/* Is it UTF-8? Called on every text of every row, so ASCII goes 16 bytes a step. */
#include "charset/impl.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

static inline size_t skip_ascii(const char *p, size_t i, size_t len)
{
#ifdef __SSE2__
	while (len - i >= 16) {
		int high = _mm_movemask_epi8(_mm_loadu_si128((const __m128i *)(const void *)(p + i)));

		if (high)
			return i + (unsigned)__builtin_ctz((unsigned)high);
		i += 16;
	}
#else
	while (len - i >= 8) {
		uint64_t word;

		memcpy(&word, p + i, 8);
		if (word & UINT64_C(0x8080808080808080))
			break;
		i += 8;
	}
#endif
	while (i < len && (unsigned char)p[i] < 0x80)
		i++;
	return i;
}

size_t dts_ascii_run(const char *p, size_t len)
{
	return skip_ascii(p, 0, len);
}

bool dts_utf8_valid_upto(const char *p, size_t len, unsigned max)
{
	size_t i = 0;

	for (;;) {
		i = skip_ascii(p, i, len);
		if (i == len)
			return true;
		/* Text in one script has its characters side by side. */
		do {
			unsigned n = dts_utf8_char((const unsigned char *)p + i, len - i);

			if (n == 0 || n > max)
				return false;
			i += n;
		} while (i < len && (unsigned char)p[i] >= 0x80);
	}
}

bool dts_utf8_valid(const char *p, size_t len)
{
	return dts_utf8_valid_upto(p, len, 4);
}
