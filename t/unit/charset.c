#include "charset/charset.h"
#include "unit.h"

static const char *const all_sets[] = {
	"utf8mb4", "utf8mb3", "ascii", "latin1", "armscii8", "cp1250", "cp1251",
	"cp1256", "cp1257", "cp850", "cp852", "cp866", "dec8", "geostd8", "greek",
	"hebrew", "hp8", "keybcs2", "koi8r", "koi8u", "latin2", "latin5", "latin7",
	"macce", "macroman", "tis620", "swe7", "ucs2", "utf16", "utf16le", "utf32",
	"big5", "gbk", "gb2312", "sjis", "cp932", "euckr", "ujis", "eucjpms", "gb18030",
};
#define SETS (sizeof(all_sets) / sizeof(all_sets[0]))

static const struct dts_charset *set(const char *name)
{
	return dts_charset_find(dts_slice_of(name));
}

static void test_names(void)
{
	for (size_t i = 0; i < SETS; i++) {
		REQUIRE(set(all_sets[i]));
		CHECK_STR(all_sets[i], dts_charset_name(set(all_sets[i])));
	}
	CHECK_STR("utf8mb3", dts_charset_name(set("UTF8")));
	CHECK_STR("latin1", dts_charset_name(set("Latin1")));
	CHECK(set("utf8mb5") == NULL);
	CHECK(set("") == NULL);
	CHECK(dts_charset_is_binary(set("binary")));
	CHECK(!dts_charset_is_binary(set("latin1")));
	CHECK(dts_charset_is_utf8(set("utf8mb3")));
	CHECK(dts_charset_is_utf8(set("ascii")));
	CHECK(!dts_charset_is_utf8(set("utf16")));
	CHECK_INT(4, dts_charset_max_bytes(set("utf8mb4")));
	CHECK_INT(3, dts_charset_max_bytes(set("ujis")));
	CHECK_INT(1, dts_charset_max_bytes(set("koi8r")));
}

static void test_collation_ids(void)
{
	/* Of MariaDB 11.8's COLLATION_CHARACTER_SET_APPLICABILITY, and MySQL 9's COLLATIONS. */
	static const struct {
		unsigned id;
		const char *name;
	} known[] = {
		{1, "big5"}, {8, "latin1"}, {11, "ascii"}, {33, "utf8mb3"}, {45, "utf8mb4"},
		{46, "utf8mb4"}, {47, "latin1"}, {54, "utf16"}, {56, "utf16le"}, {60, "utf32"},
		{63, "binary"}, {76, "utf8mb3"}, {83, "utf8mb3"}, {87, "gbk"}, {98, "eucjpms"},
		{101, "utf16"}, {128, "ucs2"}, {159, "ucs2"}, {160, "utf32"}, {192, "utf8mb3"},
		{223, "utf8mb3"}, {224, "utf8mb4"}, {247, "utf8mb4"}, {248, "gb18030"},
		{250, "gb18030"}, {255, "utf8mb4"}, {309, "utf8mb4"}, {323, "utf8mb4"},
		{576, "utf8mb3"}, {579, "utf8mb3"}, {611, "utf8mb4"}, {610, "utf8mb4"}, {640, "ucs2"}, {674, "utf16"}, {738, "utf32"},
		{1025, "big5"}, {1032, "latin1"}, {1057, "utf8mb3"}, {1069, "utf8mb4"},
		{1111, "gbk"}, {1270, "utf8mb4"}, {2048, "utf8mb3"}, {2247, "utf8mb3"},
		{2304, "utf8mb4"}, {2503, "utf8mb4"}, {2560, "ucs2"}, {2816, "utf16"},
		{3015, "utf16"}, {3072, "utf32"}, {3271, "utf32"},
	};
	static const unsigned unknown[] = {0, 17, 100, 254, 324, 575, 580, 612, 1024, 1041, 3328, 65535, 4294967295u};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		const struct dts_charset *cs = dts_charset_of_collation_id(known[i].id);

		if (!cs)
			unit_fail(__FILE__, __LINE__, "no set for collation %u", known[i].id);
		else
			CHECK_STR(known[i].name, dts_charset_name(cs));
	}
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		CHECK(dts_charset_of_collation_id(unknown[i]) == NULL);
}

/* What MariaDB 10.11 answered to SELECT HEX(CONVERT('text' USING set)), the
 * connection being utf8mb4. */
static void test_as_the_server(void)
{
	static const struct {
		const char *name, *utf8, *bytes;
		size_t len;
	} known[] = {
		{"latin1", "\xC3\xA2\xE2\x80\x9A\xC2\xAC\xC2\x81", "\xE2\x82\xAC\x81", 4},
		{"latin1", "\xE2\x82\xAC", "\x80", 1},
		{"latin7", "\xC2\xA4", "\xA4", 1},
		{"swe7", "\xC3\x96", "\x5C", 1},
		{"cp1251", "Привет", "\xCF\xF0\xE8\xE2\xE5\xF2", 6},
		{"koi8r", "Привет", "\xF0\xD2\xC9\xD7\xC5\xD4", 6},
		{"latin2", "łódź", "\xB3\xF3\x64\xBC", 4},
		{"greek", "Ελ", "\xC5\xEB", 2},
		{"hebrew", "שלום", "\xF9\xEC\xE5\xED", 4},
		{"tis620", "ไทย", "\xE4\xB7\xC2", 3},
		{"cp850", "é╬", "\x82\xCE", 2},
		{"utf16", "\xF0\x9F\x98\x80", "\xD8\x3D\xDE\x00", 4},
		{"utf16le", "\xF0\x9F\x98\x80", "\x3D\xD8\x00\xDE", 4},
		{"utf32", "\xF0\x9F\x98\x80", "\x00\x01\xF6\x00", 4},
		{"ucs2", "\xE2\x82\xAC", "\x20\xAC", 2},
		{"utf16", "\xEF\xBB\xBF""A", "\xFE\xFF\x00\x41", 4},
		{"gbk", "你好", "\xC4\xE3\xBA\xC3", 4},
		{"gb2312", "你好", "\xC4\xE3\xBA\xC3", 4},
		{"big5", "你好", "\xA7\x41\xA6\x6E", 4},
		{"big5", "\xE2\x80\xA2", "\xA1\x45", 2}, /* iconv: U+2027 */
		{"sjis", "日本\\ｱ", "\x93\xFA\x96\x7B\x81\x5F\xB1", 7},
		{"cp932", "日本\\～ｱ", "\x93\xFA\x96\x7B\x5C\x81\x60\xB1", 8},
		{"ujis", "日本丂ｱ", "\xC6\xFC\xCB\xDC\x8F\xB0\xA1\x8E\xB1", 9},
		{"ujis", "\xE3\x80\x9C", "\xA1\xC1", 2}, /* iconv: U+FF5E */
		{"eucjpms", "日本～", "\xC6\xFC\xCB\xDC\xA1\xC1", 6},
		{"euckr", "한국갂", "\xC7\xD1\xB1\xB9\x81\x41", 6},
	};
	struct dts_buf out = {0};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct dts_slice bytes = dts_slice(known[i].bytes, known[i].len);

		dts_buf_clear(&out);
		CHECK(dts_charset_to_utf8(set(known[i].name), bytes, &out));
		CHECK_STR(known[i].utf8, dts_buf_text(&out));
		dts_buf_clear(&out);
		CHECK(dts_charset_from_utf8(set(known[i].name), dts_slice_of(known[i].utf8), &out));
		CHECK_MEM(known[i].bytes, known[i].len, out.data, out.len);
	}
	dts_buf_release(&out);
}

static void refused(const char *name, const char *bytes, size_t len)
{
	struct dts_buf out = {0};

	dts_buf_adds(&out, "kept");
	if (dts_charset_to_utf8(set(name), dts_slice(bytes, len), &out))
		unit_fail(__FILE__, __LINE__, "%s takes what does not come back", name);
	CHECK_STR("kept", dts_buf_text(&out));
	dts_buf_release(&out);
}

/* Text that need not come back: a backslash of sjis, alone and as half of a character. */
static void test_text(void)
{
	struct dts_buf out = {0};

	CHECK(dts_charset_text_to_utf8(set("sjis"), DTS_LIT("'\x5C'\x95\x5C~\x81\x5F"), &out));
	CHECK_STR("'\\'表~\\", dts_buf_text(&out));
	dts_buf_clear(&out);
	CHECK(!dts_charset_text_to_utf8(set("sjis"), DTS_LIT("a\x81"), &out));
	dts_buf_release(&out);
}

static void test_refuses_what_does_not_come_back(void)
{
	refused("binary", "a", 1);
	refused("no such set", "a", 1);
	refused("utf8mb4", "ab\xFF", 3);
	refused("utf8mb4", "\xC0\x80", 2);
	refused("utf8mb3", "a\xF0\x9F\x98\x80", 5);
	refused("ascii", "\xC3\xA9", 2);
	refused("cp1251", "a\x98", 2);
	refused("sjis", "\x5C", 1);          /* comes back as 0x815F (tried) */
	refused("sjis", "a\x81", 2);
	refused("gbk", "a\x80", 2);
	refused("gbk", "\xFE", 1);
	refused("big5", "\xA1\x5A", 2);      /* two codes for one character */
	refused("ujis", "\x8F\xA2", 2);
	refused("ucs2", "\xD8\x3D\xDE\x00", 4);
	refused("ucs2", "\x00", 1);
	refused("utf16", "\xD8\x3D", 2);
	refused("utf16", "\xDE\x00\xD8\x3D", 4);
	refused("utf16", "\xD8\x3D\x00\x41", 4);
	refused("utf16", "\x00\x41\x00", 3);
	refused("utf32", "\x00\x11\x00\x00", 4);
	refused("utf32", "\x00\x00\xD8\x00", 4);
	refused("utf32", "\x00\x00\x00", 3);
}

static void test_from_utf8_refuses(void)
{
	static const struct {
		const char *name, *utf8;
	} cases[] = {
		{"latin1", "a\xE4\xBD\xA0"}, {"latin1", "\xC2\x80"}, {"latin1", "\xC3"},
		{"ascii", "\xC3\xA9"}, {"utf8mb3", "\xF0\x9F\x98\x80"}, {"ucs2", "\xF0\x9F\x98\x80"},
		{"gbk", "\xF0\x9F\x98\x80"}, {"utf16", "\xED\xA0\x80"}, {"swe7", "["}, {"swe7", "\x7F"},
		{"swe7", "\xC3"}, {"koi8r", "\xFF"}, {"big5", "\xEF\xBF\xBD"}, {"binary", "a"},
	};
	struct dts_buf out = {0};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK(!dts_charset_from_utf8(set(cases[i].name), dts_slice_of(cases[i].utf8), &out));
	CHECK_INT(0, out.len);
	CHECK(!dts_charset_from_utf8(NULL, DTS_LIT("a"), &out));
	dts_buf_release(&out);
}

/* When bytes go to UTF-8 they are valid and come back the same. */
static bool inverse(const struct dts_charset *cs, struct dts_slice bytes, struct dts_buf *utf8, struct dts_buf *back)
{
	dts_buf_clear(utf8);
	dts_buf_clear(back);
	if (!dts_charset_to_utf8(cs, bytes, utf8))
		return false;
	if (!dts_utf8_valid(utf8->data, utf8->len))
		unit_fail(__FILE__, __LINE__, "%s gave bad UTF-8", dts_charset_name(cs));
	else if (!dts_charset_from_utf8(cs, dts_buf_slice(utf8), back) ||
		 !dts_slice_eq(bytes, dts_buf_slice(back)))
		unit_fail(__FILE__, __LINE__, "%s does not come back", dts_charset_name(cs));
	return true;
}

static void test_every_code_comes_back(void)
{
	struct dts_buf utf8 = {0}, back = {0};

	for (size_t s = 0; s < SETS; s++) {
		const struct dts_charset *cs = set(all_sets[s]);
		unsigned went = 0;

		for (unsigned code = 0; code < 0x10000; code++) {
			char b[3] = {(char)0x8F, (char)(code >> 8), (char)code};

			went += inverse(cs, dts_slice(b + (code > 0xFF ? 1 : 2), code > 0xFF ? 2 : 1), &utf8, &back);
			if (dts_charset_max_bytes(cs) >= 3)
				went += inverse(cs, dts_slice(b, 3), &utf8, &back);
		}
		CHECK(went > 90 || strcmp(all_sets[s], "utf32") == 0);
	}
	dts_buf_release(&utf8);
	dts_buf_release(&back);
}

/* Mixes a code and its code point into `hash` when it is one character. */
static void hash_code(const struct dts_charset *cs, uint32_t code, size_t len, uint64_t *hash, unsigned *count)
{
	static struct dts_buf utf8;
	char b[4] = {(char)(code >> 24), (char)(code >> 16), (char)(code >> 8), (char)code};
	uint32_t point = 0;

	dts_buf_clear(&utf8);
	if (!dts_charset_to_utf8(cs, dts_slice(b + 4 - len, len), &utf8))
		return;
	for (size_t i = 0; i < utf8.len; i++) {
		unsigned char c = (unsigned char)utf8.data[i];

		if (i > 0 && (c & 0xC0) != 0x80)
			return; /* two characters */
		point = i > 0 ? point << 6 | (c & 0x3F) : c < 0x80 ? c : c < 0xE0 ? c & 0x1Fu : c < 0xF0 ? c & 0x0Fu : c & 7u;
	}
	*hash = (*hash ^ code) * UINT64_C(0x100000001B3);
	*hash = (*hash ^ point) * UINT64_C(0x100000001B3);
	++*count;
}

/* The code at this place of gb18030's four-byte codes. */
static uint32_t four_bytes(uint32_t place)
{
	return (0x81 + place / 12600) << 24 | (0x30 + place / 1260 % 10) << 16 |
	       (0x81 + place / 10 % 126) << 8 | (0x30 + place % 10);
}

/*
 * Every code of every set, as MySQL 9.7, MariaDB 10.11 and 11.8 convert it: FNV-1a
 * over the codes that survive and their points, from what the servers answered to
 *     SELECT HEX(b), HEX(CONVERT(CONVERT(b USING set) USING utf32)),
 *            HEX(CONVERT(CONVERT(CONVERT(b USING set) USING utf8mb4) USING set))
 * (t/types.bats compares with the servers of the day).
 */
static void test_every_code_as_the_servers(void)
{
	static const struct {
		const char *name;
		unsigned count;
		uint64_t hash;
	} known[] = {
		{"latin1", 256, UINT64_C(0xf9deaf89aaa51367)},
		{"armscii8", 250, UINT64_C(0xe85edc1f778e7140)},
		{"cp1250", 251, UINT64_C(0x4bd777e378c6f715)},
		{"cp1251", 255, UINT64_C(0x77665e3ded38994b)},
		{"cp1256", 248, UINT64_C(0xaedb6ac5a0653f57)},
		{"cp1257", 244, UINT64_C(0x54cb86380869fa6c)},
		{"cp850", 256, UINT64_C(0x57dc0daf73959574)},
		{"cp852", 256, UINT64_C(0xaec845e650321e23)},
		{"cp866", 256, UINT64_C(0x6a2ed8271f9353a0)},
		{"dec8", 242, UINT64_C(0xe4cab4c3c1152671)},
		{"geostd8", 215, UINT64_C(0x12e099f3a97205bc)},
		{"greek", 250, UINT64_C(0x019553c460a06225)},
		{"hebrew", 220, UINT64_C(0x36701fe1f62a5d2e)},
		{"hp8", 255, UINT64_C(0x35df098c685e1e7c)},
		{"keybcs2", 256, UINT64_C(0xa835d0836bea3257)},
		{"koi8r", 256, UINT64_C(0x6c657002ae13e997)},
		{"koi8u", 256, UINT64_C(0xa9907e263afed0bd)},
		{"latin2", 256, UINT64_C(0x3b92e17214f08556)},
		{"latin5", 256, UINT64_C(0x4f14d47a5faed356)},
		{"latin7", 256, UINT64_C(0x268b9971610c64cc)},
		{"macce", 256, UINT64_C(0x142a89817296864a)},
		{"macroman", 256, UINT64_C(0x172e1d7cb65aeb76)},
		{"tis620", 248, UINT64_C(0x557ad904e299c0d9)},
		{"swe7", 127, UINT64_C(0xed09648e8f9729ef)},
		{"big5", 13838, UINT64_C(0x68dba079767793a4)}, /* A2CE, U+FFFD to the servers, is left out */
		{"gbk", 21919, UINT64_C(0x95954722669cb388)},
		{"gb2312", 7573, UINT64_C(0x0192fc18ec771158)},
		{"sjis", 7069, UINT64_C(0x298d276c1ca6aa83)},
		{"cp932", 9397, UINT64_C(0x67c4f7b5cb17082c)},
		{"euckr", 17176, UINT64_C(0x1b7634938f075c14)},
		{"ujis", 15015, UINT64_C(0xb1c210ee73547c83)},
		{"eucjpms", 15182, UINT64_C(0xda4f29a9ccac6588)},
		{"gb18030", 1112064, UINT64_C(0xfd973732e6c9af0d)},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		const struct dts_charset *cs = set(known[i].name);
		uint64_t hash = UINT64_C(0xCBF29CE484222325);
		unsigned count = 0;

		for (uint32_t code = 0; code < 256; code++)
			hash_code(cs, code, 1, &hash, &count);
		for (uint32_t code = 0x8000; code < 0x10000 && dts_charset_max_bytes(cs) > 1; code++)
			hash_code(cs, code, 2, &hash, &count);
		for (uint32_t code = 0x8FA1A1; code <= 0x8FFEFE && dts_charset_max_bytes(cs) == 3; code++)
			hash_code(cs, code, 3, &hash, &count);
		for (uint32_t place = 0; place < 1587600 && dts_charset_max_bytes(cs) == 4; place++)
			hash_code(cs, four_bytes(place), 4, &hash, &count);
		if (hash != known[i].hash || count != known[i].count)
			unit_fail(__FILE__, __LINE__, "%s: %u codes, not %u, or others", known[i].name, count, known[i].count);
	}
}

static void test_every_character_comes_back(void)
{
	static const char *const unicode[] = {"utf8mb4", "utf16", "utf16le", "utf32", "gb18030"};
	struct dts_buf text = {0}, bytes = {0}, back = {0};

	for (unsigned u = 0; u < 0x110000; u++) {
		char wide[4] = {0, (char)(u >> 16), (char)(u >> 8), (char)u};

		dts_buf_clear(&text);
		if (!dts_charset_to_utf8(set("utf32"), dts_slice(wide, 4), &text)) {
			CHECK(u >= 0xD800 && u < 0xE000);
			continue;
		}
		for (size_t s = 0; s < sizeof(unicode) / sizeof(unicode[0]); s++) {
			dts_buf_clear(&bytes);
			dts_buf_clear(&back);
			if (!dts_charset_from_utf8(set(unicode[s]), dts_buf_slice(&text), &bytes) ||
			    !dts_charset_to_utf8(set(unicode[s]), dts_buf_slice(&bytes), &back) ||
			    !dts_slice_eq(dts_buf_slice(&text), dts_buf_slice(&back)))
				unit_fail(__FILE__, __LINE__, "U+%04X in %s", u, unicode[s]);
		}
	}
	dts_buf_release(&text);
	dts_buf_release(&bytes);
	dts_buf_release(&back);
}

static void test_random_bytes(void)
{
	uint64_t x = unit_seed() * UINT64_C(0x9E3779B97F4A7C15) + 1;
	struct dts_buf utf8 = {0}, back = {0};

	for (unsigned n = 0; n < 200000; n++) {
		char b[24];
		size_t len;

		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		len = x % sizeof(b);
		for (size_t i = 0; i < len; i++) {
			x ^= x << 13, x ^= x >> 7, x ^= x << 17;
			b[i] = (char)(x >> 32 & (x & 0x100 ? 0x7F : 0xFF));
		}
		inverse(set(all_sets[n % SETS]), dts_slice(b, len), &utf8, &back);
	}
	dts_buf_release(&utf8);
	dts_buf_release(&back);
}

static void test_empty_and_nul(void)
{
	struct dts_buf out = {0};

	for (size_t s = 0; s < SETS; s++)
		CHECK(dts_charset_to_utf8(set(all_sets[s]), DTS_LIT(""), &out));
	CHECK(dts_charset_to_utf8(set("gbk"), dts_slice("\0a", 2), &out));
	CHECK(dts_charset_to_utf8(set("latin1"), dts_slice("\0a", 2), &out));
	CHECK_MEM("\0a\0a", 4, out.data, out.len);
	dts_buf_release(&out);
}

/* Plain decoding as RFC 3629 has it, to compare the fast one with. */
static bool plainly_valid(const unsigned char *p, size_t len)
{
	for (size_t i = 0; i < len;) {
		static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
		size_t n = p[i] < 0x80 ? 1 : p[i] >= 0xF8 ? 0 : p[i] >= 0xF0 ? 4
			 : p[i] >= 0xE0 ? 3 : p[i] >= 0xC0 ? 2 : 0;
		uint32_t u = n == 1 ? p[i] : p[i] & (0x7Fu >> n);

		if (n == 0 || n > len - i)
			return false;
		for (size_t k = 1; k < n; k++) {
			if ((p[i + k] & 0xC0) != 0x80)
				return false;
			u = u << 6 | (p[i + k] & 0x3F);
		}
		if (u < least[n] || u > 0x10FFFF || (u >= 0xD800 && u < 0xE000))
			return false;
		i += n;
	}
	return true;
}

static void test_utf8_valid(void)
{
	static const unsigned char edges[] = {
		0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF,
		0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xF8, 0xFF,
	};
	const size_t n = sizeof(edges);
	unsigned wrong = 0;

	CHECK(dts_utf8_valid("", 0));
	/* Every four of the edges, at each distance from a 16-byte step. */
	for (size_t i = 0; i < n * n * n * n; i++) {
		unsigned char b[40];
		size_t at = i % 17, len = at + 4 + i % 3 * 8;

		memset(b, 'x', sizeof(b));
		b[at] = edges[i % n];
		b[at + 1] = edges[i / n % n];
		b[at + 2] = edges[i / (n * n) % n];
		b[at + 3] = edges[i / (n * n * n)];
		wrong += plainly_valid(b, len) != dts_utf8_valid((char *)b, len);
		wrong += plainly_valid(b, at + i % 5) != dts_utf8_valid((char *)b, at + i % 5);
	}
	CHECK_INT(0, wrong);
}

static void test_passes(void)
{
	CHECK(dts_charset_passes(set("utf8mb4"), DTS_LIT("\xF0\x9F\x98\x80")));
	CHECK(!dts_charset_passes(set("utf8mb3"), DTS_LIT("\xF0\x9F\x98\x80")));
	CHECK(dts_charset_passes(set("utf8mb3"), DTS_LIT("\xE2\x82\xAC")));
	CHECK(dts_charset_passes(set("ascii"), DTS_LIT("abc")));
	CHECK(!dts_charset_passes(set("ascii"), DTS_LIT("\xE2\x82\xAC")));
	CHECK(!dts_charset_passes(set("latin1"), DTS_LIT("abc")));
	CHECK(!dts_charset_passes(set("binary"), DTS_LIT("abc")));
	CHECK(!dts_charset_passes(NULL, DTS_LIT("abc")));
}

int main(void)
{
	RUN(test_names);
	RUN(test_collation_ids);
	RUN(test_as_the_server);
	RUN(test_text);
	RUN(test_refuses_what_does_not_come_back);
	RUN(test_from_utf8_refuses);
	RUN(test_every_code_comes_back);
	RUN(test_every_code_as_the_servers);
	RUN(test_every_character_comes_back);
	RUN(test_random_bytes);
	RUN(test_empty_and_nul);
	RUN(test_utf8_valid);
	RUN(test_passes);
	return unit_done();
}
