#ifndef DTS_BASE_BYTES_H
#define DTS_BASE_BYTES_H

#include <endian.h>

#include "base/buf.h"

/*
 * A cursor over bytes that nobody vouches for. Reading beyond the end gives
 * zeros and sets `bad`, which stays set; so a parser reads what it needs and
 * asks once at its end. Numbers are little-endian unless named _be.
 */
struct dts_bytes {
	const uint8_t *p, *end;
	bool bad;
};

static inline struct dts_bytes dts_bytes(struct dts_slice s)
{
	const uint8_t *p = (const uint8_t *)(s.p ? s.p : "");

	return (struct dts_bytes){p, p + s.len, false};
}

static inline size_t dts_bytes_left(const struct dts_bytes *b)
{
	return (size_t)(b->end - b->p);
}

/* True when `n` more bytes can be read; else the cursor is bad and at its end. */
static inline bool dts_bytes_need(struct dts_bytes *b, size_t n)
{
	if (dts_bytes_left(b) >= n)
		return true;
	b->bad = true;
	b->p = b->end;
	return false;
}

/* The next `n` (1 to 8) bytes as a number. Nearly always more follow: then eight are read at once. */
static inline uint64_t dts_bytes_uint(struct dts_bytes *b, unsigned n)
{
	uint64_t v = 0;

	if (dts_bytes_left(b) >= 8) {
		memcpy(&v, b->p, 8);
		v = le64toh(v) & UINT64_MAX >> (64 - 8 * n);
	} else if (dts_bytes_need(b, n)) {
		for (unsigned i = n; i-- > 0;)
			v = v << 8 | b->p[i];
	} else {
		return 0;
	}
	b->p += n;
	return v;
}

static inline uint64_t dts_bytes_uint_be(struct dts_bytes *b, unsigned n)
{
	uint64_t v = 0;

	if (dts_bytes_left(b) >= 8) {
		memcpy(&v, b->p, 8);
		v = be64toh(v) >> (64 - 8 * n);
	} else if (dts_bytes_need(b, n)) {
		for (unsigned i = 0; i < n; i++)
			v = v << 8 | b->p[i];
	} else {
		return 0;
	}
	b->p += n;
	return v;
}

static inline uint8_t dts_bytes_u8(struct dts_bytes *b)
{
	return dts_bytes_need(b, 1) ? *b->p++ : 0;
}

static inline uint16_t dts_bytes_u16(struct dts_bytes *b)
{
	return (uint16_t)dts_bytes_uint(b, 2);
}

static inline uint32_t dts_bytes_u32(struct dts_bytes *b)
{
	return (uint32_t)dts_bytes_uint(b, 4);
}

static inline uint64_t dts_bytes_u64(struct dts_bytes *b)
{
	return dts_bytes_uint(b, 8);
}

/* The next `n` bytes as they are; empty when there are fewer. */
static inline struct dts_slice dts_bytes_take(struct dts_bytes *b, size_t n)
{
	struct dts_slice s = {"", 0};

	if (dts_bytes_need(b, n)) {
		s = dts_slice((const char *)b->p, n);
		b->p += n;
	}
	return s;
}

/* A length-encoded integer ("packed integer" of MySQL's protocol): one byte up to 250, or
 * 252, 253, 254 and 2, 3, 8 bytes. 251 and 255 stand for no number here: bad. */
static inline uint64_t dts_bytes_packed(struct dts_bytes *b)
{
	uint8_t first = dts_bytes_u8(b);

	switch (first) {
	case 252:
		return dts_bytes_uint(b, 2);
	case 253:
		return dts_bytes_uint(b, 3);
	case 254:
		return dts_bytes_uint(b, 8);
	case 251:
	case 255:
		b->bad = true;
		b->p = b->end;
		return 0;
	default:
		return first;
	}
}

/* Is bit `i` set, least significant bit of the first byte first? */
static inline bool dts_bit(const uint8_t *bits, size_t i)
{
	return bits[i >> 3] >> (i & 7) & 1;
}

/* CRC-32 of IEEE 802.3, as zlib's crc32() has it: start with 0. */
uint32_t dts_crc32(uint32_t crc, const void *bytes, size_t len);

#endif
