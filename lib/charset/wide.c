/* ucs2, utf16, utf16le and utf32. All but utf16le are big-endian; U+FEFF is a
 * character like others, there are no byte order marks. */
#include "charset/impl.h"

static bool two_to_utf8(const struct dts_charset *cs, struct dts_slice bytes, struct dts_buf *out)
{
	const unsigned char *p = (const unsigned char *)bytes.p;
	unsigned hi = cs->index == DTS_UTF16LE, lo = 1 - hi;

	if (bytes.len % 2)
		return false;
	for (size_t i = 0; i < bytes.len; i += 2) {
		uint32_t u = (uint32_t)p[i + hi] << 8 | p[i + lo];

		if (u >= 0xD800 && u < 0xDC00 && cs->index != DTS_UCS2 && bytes.len - i >= 4) {
			uint32_t second = (uint32_t)p[i + 2 + hi] << 8 | p[i + 2 + lo];

			if (second < 0xDC00 || second > 0xDFFF)
				return false;
			u = 0x10000 + ((u - 0xD800) << 10) + (second - 0xDC00);
			i += 2;
		}
		if (!dts_utf8_put(out, u)) /* a surrogate alone */
			return false;
	}
	return true;
}

bool dts_wide_to_utf8(const struct dts_charset *cs, struct dts_slice bytes, struct dts_buf *out)
{
	const unsigned char *p = (const unsigned char *)bytes.p;

	if (cs->index != DTS_UTF32)
		return two_to_utf8(cs, bytes, out);
	if (bytes.len % 4)
		return false;
	for (size_t i = 0; i < bytes.len; i += 4)
		if (!dts_utf8_put(out, (uint32_t)p[i] << 24 | (uint32_t)p[i + 1] << 16 |
					       (uint32_t)p[i + 2] << 8 | p[i + 3]))
			return false;
	return true;
}

static void put_two(const struct dts_charset *cs, uint32_t u, struct dts_buf *out)
{
	char hi = (char)(u >> 8), lo = (char)u;

	dts_buf_addc(out, cs->index == DTS_UTF16LE ? lo : hi);
	dts_buf_addc(out, cs->index == DTS_UTF16LE ? hi : lo);
}

bool dts_wide_from_utf8(const struct dts_charset *cs, struct dts_slice utf8, struct dts_buf *out)
{
	while (utf8.len > 0) {
		int32_t taken = dts_utf8_take(&utf8);
		uint32_t u = (uint32_t)taken;

		if (taken < 0)
			return false;
		if (cs->index == DTS_UTF32) {
			char b[4] = {0, (char)(u >> 16), (char)(u >> 8), (char)u};

			dts_buf_add(out, b, 4);
		} else if (u < 0x10000) {
			put_two(cs, u, out);
		} else if (cs->index == DTS_UCS2) {
			return false;
		} else {
			put_two(cs, 0xD800 + ((u - 0x10000) >> 10), out);
			put_two(cs, 0xDC00 + ((u - 0x10000) & 0x3FF), out);
		}
	}
	return true;
}
