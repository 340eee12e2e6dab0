#include "charset/impl.h"

#define SINGLE(set, place) {#set, DTS_CHARSET_SINGLE, 1, place, dts_charset_##set}

static const struct dts_charset sets[] = {
	{"utf8mb4", DTS_CHARSET_UTF8, 4, 0, NULL},
	{"utf8mb3", DTS_CHARSET_UTF8, 3, 0, NULL},
	{"ascii", DTS_CHARSET_UTF8, 1, 0, NULL},
	{"binary", DTS_CHARSET_BINARY, 1, 0, NULL},
	SINGLE(latin1, 0), SINGLE(armscii8, 1), SINGLE(cp1250, 2),
	SINGLE(cp1251, 3), SINGLE(cp1256, 4), SINGLE(cp1257, 5),
	SINGLE(cp850, 6), SINGLE(cp852, 7), SINGLE(cp866, 8),
	SINGLE(dec8, 9), SINGLE(geostd8, 10), SINGLE(greek, 11),
	SINGLE(hebrew, 12), SINGLE(hp8, 13), SINGLE(keybcs2, 14),
	SINGLE(koi8r, 15), SINGLE(koi8u, 16), SINGLE(latin2, 17),
	SINGLE(latin5, 18), SINGLE(latin7, 19), SINGLE(macce, 20),
	SINGLE(macroman, 21), SINGLE(tis620, 22),
	{"swe7", DTS_CHARSET_SINGLE, 1, 23, NULL},
	{"ucs2", DTS_CHARSET_WIDE, 2, DTS_UCS2, NULL},
	{"utf16", DTS_CHARSET_WIDE, 4, DTS_UTF16, NULL},
	{"utf16le", DTS_CHARSET_WIDE, 4, DTS_UTF16LE, NULL},
	{"utf32", DTS_CHARSET_WIDE, 4, DTS_UTF32, NULL},
	{"big5", DTS_CHARSET_MULTI, 2, 0, NULL},
	{"gbk", DTS_CHARSET_MULTI, 2, 1, NULL},
	{"gb2312", DTS_CHARSET_MULTI, 2, 2, NULL},
	{"sjis", DTS_CHARSET_MULTI, 2, 3, NULL},
	{"cp932", DTS_CHARSET_MULTI, 2, 4, NULL},
	{"euckr", DTS_CHARSET_MULTI, 2, 5, NULL},
	{"ujis", DTS_CHARSET_MULTI, 3, 6, NULL},
	{"eucjpms", DTS_CHARSET_MULTI, 3, 7, NULL},
	{"gb18030", DTS_CHARSET_MULTI, 4, 8, NULL},
};

const struct dts_charset *dts_charset_find(struct dts_slice name)
{
	if (dts_slice_is_nocase(name, "utf8"))
		return &sets[1];
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		if (dts_slice_is_nocase(name, sets[i].name))
			return &sets[i];
	return NULL;
}

const char *dts_charset_name(const struct dts_charset *cs)
{
	return cs->name;
}

unsigned dts_charset_max_bytes(const struct dts_charset *cs)
{
	return cs->max_bytes;
}

bool dts_charset_is_binary(const struct dts_charset *cs)
{
	return cs->kind == DTS_CHARSET_BINARY;
}

bool dts_charset_is_utf8(const struct dts_charset *cs)
{
	return cs->kind == DTS_CHARSET_UTF8;
}

bool dts_charset_passes(const struct dts_charset *cs, struct dts_slice bytes)
{
	if (!cs || cs->kind != DTS_CHARSET_UTF8)
		return false;
	if (cs->max_bytes == 1)
		return dts_ascii_run(bytes.p, bytes.len) == bytes.len;
	return dts_utf8_valid_upto(bytes.p, bytes.len, cs->max_bytes);
}

static bool to_utf8(const struct dts_charset *cs, struct dts_slice bytes, bool one_way, struct dts_buf *out)
{
	size_t start = out->len;
	bool ok = false;

	if (!cs)
		return false;
	switch (cs->kind) {
	case DTS_CHARSET_BINARY:
		return false;
	case DTS_CHARSET_UTF8:
		if (!dts_charset_passes(cs, bytes))
			return false;
		dts_buf_add_slice(out, bytes);
		return true;
	case DTS_CHARSET_SINGLE:
		ok = dts_single_to_utf8(cs, bytes, out);
		break;
	case DTS_CHARSET_WIDE:
		ok = dts_wide_to_utf8(cs, bytes, out);
		break;
	case DTS_CHARSET_MULTI:
		ok = dts_multi_to_utf8(cs, bytes, one_way, out);
		break;
	}
	if (!ok)
		out->len = start;
	return ok;
}

bool dts_charset_to_utf8(const struct dts_charset *cs, struct dts_slice bytes, struct dts_buf *out)
{
	return to_utf8(cs, bytes, false, out);
}

bool dts_charset_text_to_utf8(const struct dts_charset *cs, struct dts_slice bytes, struct dts_buf *out)
{
	return to_utf8(cs, bytes, true, out);
}

bool dts_charset_from_utf8(const struct dts_charset *cs, struct dts_slice utf8, struct dts_buf *out)
{
	size_t start = out->len;
	bool ok = false;

	if (!cs)
		return false;
	switch (cs->kind) {
	case DTS_CHARSET_BINARY:
		return false;
	case DTS_CHARSET_UTF8:
		return dts_charset_to_utf8(cs, utf8, out);
	case DTS_CHARSET_SINGLE:
		ok = dts_single_from_utf8(cs, utf8, out);
		break;
	case DTS_CHARSET_WIDE:
		ok = dts_wide_from_utf8(cs, utf8, out);
		break;
	case DTS_CHARSET_MULTI:
		ok = dts_multi_from_utf8(cs, utf8, out);
		break;
	}
	if (!ok)
		out->len = start;
	return ok;
}
