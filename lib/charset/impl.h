#ifndef DTS_CHARSET_IMPL_H
#define DTS_CHARSET_IMPL_H

/* What the files of this room share; not for others. */

#include "charset/charset.h"

enum dts_charset_kind {
	DTS_CHARSET_BINARY,
	DTS_CHARSET_UTF8,   /* utf8mb4, and utf8mb3 and ascii with a lower max_bytes */
	DTS_CHARSET_SINGLE, /* one byte a character, by table */
	DTS_CHARSET_WIDE,   /* ucs2, utf16, utf16le, utf32 */
	DTS_CHARSET_MULTI,  /* one to four bytes a character, by iconv's table */
};

enum dts_charset_wide { DTS_UCS2, DTS_UTF16, DTS_UTF16LE, DTS_UTF32 };

struct dts_charset {
	const char *name;
	enum dts_charset_kind kind;
	unsigned max_bytes;
	unsigned index; /* among its kind, or enum dts_charset_wide */
	const uint16_t *high; /* DTS_CHARSET_SINGLE: points of 0x80 to 0xFF; NULL: swe7 */
};

#define DTS_CHARSET_SINGLES 24
#define DTS_CHARSET_MULTIS 9

extern const uint16_t dts_charset_latin1[128], dts_charset_armscii8[128],
	dts_charset_cp1250[128], dts_charset_cp1251[128], dts_charset_cp1256[128],
	dts_charset_cp1257[128], dts_charset_cp850[128], dts_charset_cp852[128],
	dts_charset_cp866[128], dts_charset_dec8[128], dts_charset_geostd8[128],
	dts_charset_greek[128], dts_charset_hebrew[128], dts_charset_hp8[128],
	dts_charset_keybcs2[128], dts_charset_koi8r[128], dts_charset_koi8u[128],
	dts_charset_latin2[128], dts_charset_latin5[128], dts_charset_latin7[128],
	dts_charset_macce[128], dts_charset_macroman[128], dts_charset_tis620[128];

/* Each appends what it can and returns false at the first character that does
 * not go; the caller cuts `out` back. */
bool dts_single_to_utf8(const struct dts_charset *cs, struct dts_slice bytes, struct dts_buf *out);
bool dts_single_from_utf8(const struct dts_charset *cs, struct dts_slice utf8, struct dts_buf *out);
bool dts_wide_to_utf8(const struct dts_charset *cs, struct dts_slice bytes, struct dts_buf *out);
bool dts_wide_from_utf8(const struct dts_charset *cs, struct dts_slice utf8, struct dts_buf *out);
/* `one_way`: bytes of ASCII that no code goes back to are taken, too. */
bool dts_multi_to_utf8(const struct dts_charset *cs, struct dts_slice bytes, bool one_way, struct dts_buf *out);
bool dts_multi_from_utf8(const struct dts_charset *cs, struct dts_slice utf8, struct dts_buf *out);

/* dts_utf8_valid(), and no character longer than `max` bytes. */
bool dts_utf8_valid_upto(const char *p, size_t len, unsigned max);

/* How many of the first bytes are ASCII. */
size_t dts_ascii_run(const char *p, size_t len);

/* The length of the character at `p`, whose first byte is 0x80 or more; 0
 * when it is not well formed. */
static inline unsigned dts_utf8_char(const unsigned char *p, size_t len)
{
	unsigned char c = p[0];

	if (c < 0xC2)
		return 0;
	if (c < 0xE0)
		return len >= 2 && (p[1] & 0xC0) == 0x80 ? 2 : 0;
	if (c < 0xF0) {
		if (len < 3 || (p[1] & 0xC0) != 0x80 || (p[2] & 0xC0) != 0x80)
			return 0;
		if ((c == 0xE0 && p[1] < 0xA0) || (c == 0xED && p[1] >= 0xA0))
			return 0;
		return 3;
	}
	if (c > 0xF4 || len < 4 || (p[1] & 0xC0) != 0x80 ||
	    (p[2] & 0xC0) != 0x80 || (p[3] & 0xC0) != 0x80)
		return 0;
	if ((c == 0xF0 && p[1] < 0x90) || (c == 0xF4 && p[1] >= 0x90))
		return 0;
	return 4;
}

/* Takes one character off `s`: its code point, or -1 when it is not well formed. */
static inline int32_t dts_utf8_take(struct dts_slice *s)
{
	const unsigned char *p = (const unsigned char *)s->p;
	unsigned n = p[0] < 0x80 ? 1 : dts_utf8_char(p, s->len);

	s->p += n;
	s->len -= n;
	switch (n) {
	case 1:
		return p[0];
	case 2:
		return (p[0] & 0x1F) << 6 | (p[1] & 0x3F);
	case 3:
		return (p[0] & 0x0F) << 12 | (p[1] & 0x3F) << 6 | (p[2] & 0x3F);
	case 4:
		return (p[0] & 0x07) << 18 | (p[1] & 0x3F) << 12 |
		       (p[2] & 0x3F) << 6 | (p[3] & 0x3F);
	}
	return -1;
}

/* Appends a code point; false for what is none: surrogates, above U+10FFFF. */
static inline bool dts_utf8_put(struct dts_buf *out, uint32_t u)
{
	char b[4];
	size_t n;

	if (u < 0x80) {
		dts_buf_addc(out, (char)u);
		return true;
	}
	if (u < 0x800) {
		b[0] = (char)(0xC0 | u >> 6);
		n = 2;
	} else if (u < 0x10000) {
		if (u >= 0xD800 && u < 0xE000)
			return false;
		b[0] = (char)(0xE0 | u >> 12);
		n = 3;
	} else if (u < 0x110000) {
		b[0] = (char)(0xF0 | u >> 18);
		n = 4;
	} else {
		return false;
	}
	for (size_t i = n - 1; i > 0; i--, u >>= 6)
		b[i] = (char)(0x80 | (u & 0x3F));
	dts_buf_add(out, b, n);
	return true;
}

#endif
