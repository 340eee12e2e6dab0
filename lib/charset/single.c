/* One byte a character: latin1 (MySQL's: cp1252 and more) and its relatives. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "charset/impl.h"

struct pair {
	uint16_t point;
	uint8_t byte;
};

/* For the way back: the code points above ASCII of a set, sorted. */
struct reverse {
	atomic_bool ready;
	unsigned count;
	struct pair pairs[128];
};

/* The Swedish letters of swe7 (ISO 646-SE2) stand where ASCII has others,
 * which the set does not have; 0x7F converts to nothing. Sorted by byte. */
static const struct pair swe7[] = {
	{0xC9, 0x40}, {0xC4, 0x5B}, {0xD6, 0x5C}, {0xC5, 0x5D}, {0xDC, 0x5E},
	{0xE9, 0x60}, {0xE4, 0x7B}, {0xF6, 0x7C}, {0xE5, 0x7D}, {0xFC, 0x7E},
	{0, 0x7F},
};
#define SWE7_COUNT (sizeof(swe7) / sizeof(swe7[0]))

static int by_point(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	return (x->point > y->point) - (x->point < y->point);
}

static const struct reverse *reverse_of(const struct dts_charset *cs)
{
	static struct reverse all[DTS_CHARSET_SINGLES];
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	struct reverse *r = &all[cs->index];

	if (atomic_load_explicit(&r->ready, memory_order_acquire))
		return r;
	pthread_mutex_lock(&mutex);
	if (!atomic_load_explicit(&r->ready, memory_order_relaxed)) {
		for (unsigned i = 0; i < 128; i++)
			if (cs->high[i])
				r->pairs[r->count++] = (struct pair){cs->high[i], (uint8_t)(0x80 + i)};
		qsort(r->pairs, r->count, sizeof(r->pairs[0]), by_point);
		atomic_store_explicit(&r->ready, true, memory_order_release);
	}
	pthread_mutex_unlock(&mutex);
	return r;
}

static bool swe7_to_utf8(struct dts_slice bytes, struct dts_buf *out)
{
	for (size_t i = 0; i < bytes.len; i++) {
		unsigned char c = (unsigned char)bytes.p[i];
		uint32_t u = c;

		for (size_t k = 0; k < SWE7_COUNT; k++)
			if (swe7[k].byte == c)
				u = swe7[k].point;
		if (c >= 0x7F)
			return false;
		dts_utf8_put(out, u);
	}
	return true;
}

static bool swe7_from_utf8(struct dts_slice utf8, struct dts_buf *out)
{
	while (utf8.len > 0) {
		int32_t u = dts_utf8_take(&utf8);
		bool found = u >= 0 && u < 0x7F;

		for (size_t k = 0; k < SWE7_COUNT; k++) {
			if (u == swe7[k].byte) {
				found = false; /* the letter is there, not this */
			} else if (u > 0 && u == swe7[k].point) {
				u = swe7[k].byte;
				found = true;
				break;
			}
		}
		if (!found)
			return false;
		dts_buf_addc(out, (char)u);
	}
	return true;
}

bool dts_single_to_utf8(const struct dts_charset *cs, struct dts_slice bytes, struct dts_buf *out)
{
	size_t i = 0;

	if (!cs->high)
		return swe7_to_utf8(bytes, out);
	while (i < bytes.len) {
		size_t ascii = dts_ascii_run(bytes.p + i, bytes.len - i);

		dts_buf_add(out, bytes.p + i, ascii);
		for (i += ascii; i < bytes.len && (unsigned char)bytes.p[i] >= 0x80; i++) {
			uint16_t u = cs->high[(unsigned char)bytes.p[i] - 0x80];

			if (u == 0)
				return false;
			dts_utf8_put(out, u);
		}
	}
	return true;
}

bool dts_single_from_utf8(const struct dts_charset *cs, struct dts_slice utf8, struct dts_buf *out)
{
	const struct reverse *r;

	if (!cs->high)
		return swe7_from_utf8(utf8, out);
	r = reverse_of(cs);
	while (utf8.len > 0) {
		size_t ascii = dts_ascii_run(utf8.p, utf8.len);

		dts_buf_add(out, utf8.p, ascii);
		utf8 = dts_slice(utf8.p + ascii, utf8.len - ascii);
		while (utf8.len > 0 && (unsigned char)utf8.p[0] >= 0x80) {
			int32_t u = dts_utf8_take(&utf8);
			const struct pair key = {(uint16_t)u, 0}, *found;

			if (u < 0 || u > 0xFFFF)
				return false;
			found = bsearch(&key, r->pairs, r->count, sizeof(key), by_point);
			if (!found)
				return false;
			dts_buf_addc(out, (char)found->byte);
		}
	}
	return true;
}
