#include "base/bytes.h"

#include <pthread.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

/* Eight bytes a step ("slicing by 8", Intel 2006). */
static uint32_t table[8][256];

static void fill_table(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;

		for (int k = 0; k < 8; k++)
			c = c & 1 ? c >> 1 ^ 0xedb88320u : c >> 1;
		table[0][i] = c;
	}
	for (uint32_t i = 0; i < 256; i++)
		for (int k = 1; k < 8; k++)
			table[k][i] = table[k - 1][i] >> 8 ^ table[0][table[k - 1][i] & 0xff];
}

static inline uint32_t load32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* On with the remainder of what came before, which is not inverted here. */
static uint32_t by_table(uint32_t crc, const uint8_t *p, size_t len)
{
	for (; len >= 8; len -= 8, p += 8) {
		uint32_t a = load32(p) ^ crc, b = load32(p + 4);

		crc = table[7][a & 0xff] ^ table[6][a >> 8 & 0xff] ^ table[5][a >> 16 & 0xff] ^
		      table[4][a >> 24] ^ table[3][b & 0xff] ^ table[2][b >> 8 & 0xff] ^
		      table[1][b >> 16 & 0xff] ^ table[0][b >> 24];
	}
	for (; len > 0; len--, p++)
		crc = crc >> 8 ^ table[0][(crc ^ *p) & 0xff];
	return crc;
}

#ifdef __x86_64__
/*
 * Processors that multiply without carries fold 64 bytes a step: what is read is replaced by a shorter
 * message of the same remainder, until 16 bytes are left for the table (Gopal and others, "Fast CRC Computation for Generic
 * Polynomials Using PCLMULQDQ Instruction", Intel 2009). A pair of factors moves 16 bytes on by so many:
 * x^(8n+32) and x^(8n-32) modulo the polynomial, with their bits in reverse.
 */
enum { LANE = 16, STEP = 4 * LANE };

#define FOLDS __attribute__((target("pclmul")))

FOLDS static inline __m128i load_lane(const uint8_t *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

FOLDS static inline __m128i fold(__m128i x, __m128i factors, __m128i onto)
{
	__m128i low = _mm_clmulepi64_si128(x, factors, 0x00), high = _mm_clmulepi64_si128(x, factors, 0x11);

	return _mm_xor_si128(_mm_xor_si128(low, high), onto);
}

/* As by_table(); there are LANE bytes at least. */
FOLDS static uint32_t by_folding(uint32_t crc, const uint8_t *p, size_t len)
{
	const __m128i by_step = _mm_set_epi64x(0x1c6e41596, 0x154442bd4), by_lane = _mm_set_epi64x(0x0ccaa009e, 0x1751997d0);
	__m128i x = _mm_xor_si128(load_lane(p), _mm_cvtsi32_si128((int)crc)), ahead[3];
	uint8_t left[LANE];

	if (len >= 2 * STEP) {
		for (int i = 0; i < 3; i++)
			ahead[i] = load_lane(p + (i + 1) * LANE);
		for (p += STEP, len -= STEP; len >= STEP; p += STEP, len -= STEP) {
			x = fold(x, by_step, load_lane(p));
			for (int i = 0; i < 3; i++)
				ahead[i] = fold(ahead[i], by_step, load_lane(p + (i + 1) * LANE));
		}
		for (int i = 0; i < 3; i++)
			x = fold(x, by_lane, ahead[i]);
	} else {
		p += LANE;
		len -= LANE;
	}
	for (; len >= LANE; p += LANE, len -= LANE)
		x = fold(x, by_lane, load_lane(p));
	_mm_storeu_si128((__m128i *)(void *)left, x);
	return by_table(by_table(0, left, LANE), p, len);
}
#endif

uint32_t dts_crc32(uint32_t crc, const void *bytes, size_t len)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, fill_table);
#ifdef __x86_64__
	if (len >= LANE && __builtin_cpu_supports("pclmul"))
		return ~by_folding(~crc, bytes, len);
#endif
	return ~by_table(~crc, bytes, len);
}
