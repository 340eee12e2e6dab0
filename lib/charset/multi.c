/*
 * Character sets of one to four bytes a character. Their tables are made once,
 * at first use, from iconv(3), and corrected where the servers differ: every
 * code was compared with MariaDB 10.11's, 11.8's and MySQL 9.7's, which agree,
 *
 *     SELECT HEX(CONVERT(CONVERT(UNHEX('A1C0') USING sjis) USING utf32))
 *
 * A code that does not survive the server's conversion and back is in no table.
 */
#include <iconv.h>
#include <pthread.h>
#include <stdatomic.h>

#include "charset/impl.h"

/* Codes first to last are the code points from `point` on; 0: none. */
struct patch {
	uint32_t first, last;
	uint16_t point;
};

static const struct patch big5[] = {
	{0xA145, 0xA145, 0x2022}, {0xA14E, 0xA14E, 0xFF64}, {0xA15A, 0xA15A, 0},
	{0xA1C2, 0xA1C2, 0x203E}, {0xA1C3, 0xA1C3, 0},      {0xA1C5, 0xA1C5, 0},
	{0xA1E3, 0xA1E3, 0x223C}, {0xA1F2, 0xA1F2, 0x2641}, {0xA1F3, 0xA1F3, 0x2609},
	{0xA1FE, 0xA1FE, 0},      {0xA240, 0xA240, 0},      {0xA241, 0xA241, 0xFF0F},
	{0xA242, 0xA242, 0xFF3C}, {0xA244, 0xA244, 0xA5},   {0xA246, 0xA247, 0xA2},
	{0xA2CE, 0xA2CE, 0},      {0xA3E1, 0xA3E1, 0},      {0xC6A1, 0xC6A1, 0x30FE},
	{0xC6A2, 0xC6A3, 0x309D}, {0xC6A4, 0xC6A4, 0x3005}, {0xC6A5, 0xC6F7, 0x3041},
	{0xC6F8, 0xC6FE, 0x30A1}, {0xC740, 0xC77E, 0x30A8}, {0xC7A1, 0xC7B0, 0x30E7},
	{0xC7B1, 0xC7B2, 0x414},  {0xC7B3, 0xC7B3, 0x401},  {0xC7B4, 0xC7BA, 0x416},
	{0xC7BB, 0xC7CD, 0x423},  {0xC7CE, 0xC7CE, 0x451},  {0xC7CF, 0xC7E8, 0x436},
	{0xC7E9, 0xC7F2, 0x2460}, {0xC7F3, 0xC7FC, 0x2474}, {0xC7FD, 0xC7FE, 0},
	{0xC840, 0xC87E, 0},      {0xC8A1, 0xC8FE, 0},      {0xF9DD, 0xF9E8, 0},
	{0xF9EC, 0xF9F8, 0},      {0xF9FE, 0xF9FE, 0},      {0, 0, 0},
};

/* 0x5C and 0x815F are both a backslash to the server, and go back as 0x815F. */
static const struct patch sjis[] = {
	{0x5C, 0x5C, 0}, {0x7E, 0x7E, 0x7E}, {0x815F, 0x815F, 0x5C}, {0, 0, 0},
};

static const struct patch ujis[] = {
	{0xA1C0, 0xA1C0, 0},      {0xA1C1, 0xA1C1, 0x301C},   {0xA1C2, 0xA1C2, 0x2016},
	{0xA1DD, 0xA1DD, 0x2212}, {0xA1F1, 0xA1F2, 0xA2},     {0xA2CC, 0xA2CC, 0xAC},
	{0xADA1, 0xADFE, 0},      {0x8FA2C3, 0x8FA2C3, 0xA6}, {0x8FA2F1, 0x8FA2F1, 0x2116},
	{0x8FF3F3, 0x8FF3FC, 0},  {0x8FF4A9, 0x8FF4AA, 0},    {0x8FF4AE, 0x8FF4FE, 0},
	{0, 0, 0},
};

/*
 * gb18030 is MySQL's alone, and was compared with MySQL 9.7: two-byte codes as
 * the standard's edition of 2005 has them, with its private use characters.
 * iconvs follow other editions, too, so all that editions differ in stands here.
 */
static const struct patch gb18030[] = {
	{0xA6D9, 0xA6DF, 0xE78D}, {0xA6EC, 0xA6ED, 0xE794}, {0xA6F3, 0xA6F3, 0xE796},
	{0xA8BC, 0xA8BC, 0x1E3F}, {0xFE51, 0xFE53, 0xE816}, {0xFE59, 0xFE59, 0xE81E},
	{0xFE61, 0xFE61, 0xE826}, {0xFE66, 0xFE67, 0xE82B}, {0xFE6C, 0xFE6D, 0xE831},
	{0xFE76, 0xFE76, 0xE83B}, {0xFE7E, 0xFE7E, 0xE843}, {0xFE90, 0xFE91, 0xE854},
	{0xFEA0, 0xFEA0, 0xE864}, {0, 0, 0},
};

/* In the order of dts_charset.index. */
static const struct source {
	const char *iconv_name;
	const struct patch *patches;
	unsigned char least_lead; /* bytes below it that iconv takes as well are nothing */
} sources[DTS_CHARSET_MULTIS] = {
	{"BIG5", big5, 0x81},  {"GBK", NULL, 0x81},     {"EUC-CN", NULL, 0x81},
	{"SJIS", sjis, 0x81},  {"CP932", NULL, 0x81},   {"UHC", NULL, 0x81},
	{"EUC-JP-MS", ujis, 0x8E}, {"EUC-JP-MS", NULL, 0x8E}, {"GB18030", gb18030, 0x81},
};

#define INDEX_GB18030 8
#define FOUR_BYTE_BMP 39420  /* four-byte codes that are below U+10000 */
#define FOUR_BYTE_10000 189000 /* the place of U+10000 among four-byte codes */

struct table {
	uint16_t short_codes[65536]; /* code points of codes of one and two bytes */
	uint16_t after_8f[65536];    /* of 0x8F and two more bytes; Japanese EUC only */
	uint16_t four[FOUR_BYTE_BMP]; /* gb18030 only, by place, without iconv */
	uint32_t codes[65536];       /* the way back; NUL apart, 0 is none */
};

static uint32_t four_byte_code(uint32_t place)
{
	return (0x81 + place / 12600) << 24 | (0x30 + place / 1260 % 10) << 16 |
	       (0x81 + place / 10 % 126) << 8 | (0x30 + place % 10);
}

/* -1 when the bytes are no four-byte code. */
static int32_t four_byte_place(const unsigned char *p)
{
	if (p[0] < 0x81 || p[0] > 0xFE || p[1] < 0x30 || p[1] > 0x39 ||
	    p[2] < 0x81 || p[2] > 0xFE || p[3] < 0x30 || p[3] > 0x39)
		return -1;
	return (((p[0] - 0x81) * 10 + p[1] - 0x30) * 126 + p[2] - 0x81) * 10 + p[3] - 0x30;
}

static size_t code_bytes(uint32_t code, char b[4])
{
	size_t n = code > 0xFFFFFF ? 4 : code > 0xFFFF ? 3 : code > 0xFF ? 2 : 1;

	for (size_t i = n; i > 0; i--, code >>= 8)
		b[i - 1] = (char)code;
	return n;
}

/* Converts all of `in`; the length of what it became, 0 when it does not go. */
static size_t convert(iconv_t cd, const char *in, size_t len, char *out, size_t room)
{
	char copy[8], *from = copy, *to = out;
	size_t left = room;

	memcpy(copy, in, len);
	iconv(cd, NULL, NULL, NULL, NULL);
	if (iconv(cd, &from, &len, &to, &left) != 0 || len > 0 ||
	    iconv(cd, NULL, NULL, &to, &left) != 0)
		return 0;
	return room - left;
}

struct maker {
	iconv_t to_unicode, from_unicode;
	struct table *table;
};

/* What iconv makes of one code, when that is one character and goes back. */
static uint16_t point_of(const struct maker *m, uint32_t code)
{
	char b[4], wide[8], back[8];
	size_t n = code_bytes(code, b);

	if (convert(m->to_unicode, b, n, wide, sizeof(wide)) != 2)
		return 0;
	if (convert(m->from_unicode, wide, 2, back, sizeof(back)) != n || memcmp(b, back, n) != 0)
		return 0;
	return (uint16_t)((unsigned char)wide[0] << 8 | (unsigned char)wide[1]);
}

static uint16_t patched(const struct patch *p, uint32_t code, uint16_t point)
{
	for (; p && p->first; p++)
		if (code >= p->first && code <= p->last)
			return p->point ? (uint16_t)(p->point + (code - p->first)) : 0;
	return point;
}

static void add_code(const struct maker *m, const struct source *s, uint16_t *place, uint32_t code)
{
	uint16_t u = patched(s->patches, code, point_of(m, code));

	*place = u;
	if (u)
		m->table->codes[u] = code;
}

/* The points without a shorter code have the four-byte codes in their order;
 * but the edition of 2005 exchanged U+1E3F, which has two bytes now, and U+E7C7. */
static void add_four_bytes(struct table *t)
{
	uint32_t place = 0;

	for (uint32_t u = 0x80; u < 0x10000; u++) {
		uint16_t point = u == 0x1E3F ? 0xE7C7 : (uint16_t)u;

		if ((u >= 0xD800 && u < 0xE000) || u == 0xE7C7 || (t->codes[u] && u != 0x1E3F))
			continue;
		if (place < FOUR_BYTE_BMP) {
			t->four[place] = point;
			t->codes[point] = four_byte_code(place);
		}
		place++;
	}
	/* An iconv that lacks shorter codes moves all places: nothing is right then. */
	if (place != FOUR_BYTE_BMP)
		memset(t, 0, sizeof *t);
}

static void fill(const struct maker *m, unsigned index)
{
	const struct source *s = &sources[index];
	struct table *t = m->table;
	bool euc_jp = strcmp(s->iconv_name, "EUC-JP-MS") == 0;

	for (uint32_t b = 1; b < 256; b++)
		if (b < 0x80 || (b > 0x80 && !euc_jp))
			add_code(m, s, &t->short_codes[b], b);
	for (uint32_t lead = s->least_lead; lead < 0xFF; lead++) {
		if (t->short_codes[lead] || (euc_jp && lead == 0x8F))
			continue; /* it stands alone, or leads three */
		for (uint32_t code = lead << 8 | 0x40; code <= (lead << 8 | 0xFE); code++)
			add_code(m, s, &t->short_codes[code], code);
	}
	for (uint32_t code = 0x8FA1A1; euc_jp && code <= 0x8FFEFE; code++)
		if ((code & 0xFF) >= 0xA1)
			add_code(m, s, &t->after_8f[code & 0xFFFF], code);
	if (index == INDEX_GB18030)
		add_four_bytes(t);
}

static struct table *make(unsigned index)
{
	struct maker m = {
		.to_unicode = iconv_open("UTF-16BE", sources[index].iconv_name),
		.from_unicode = iconv_open(sources[index].iconv_name, "UTF-16BE"),
		.table = dts_zalloc(1, sizeof(struct table)),
	};

	/* An iconv without it leaves the table empty: such text is refused. */
	if (m.to_unicode != (iconv_t)-1 && m.from_unicode != (iconv_t)-1)
		fill(&m, index);
	if (m.to_unicode != (iconv_t)-1)
		iconv_close(m.to_unicode);
	if (m.from_unicode != (iconv_t)-1)
		iconv_close(m.from_unicode);
	return m.table;
}

static const struct table *table_of(const struct dts_charset *cs)
{
	static _Atomic(struct table *) tables[DTS_CHARSET_MULTIS];
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	struct table *t = atomic_load_explicit(&tables[cs->index], memory_order_acquire);

	if (t)
		return t;
	pthread_mutex_lock(&mutex);
	t = atomic_load_explicit(&tables[cs->index], memory_order_relaxed);
	if (!t) {
		t = make(cs->index);
		atomic_store_explicit(&tables[cs->index], t, memory_order_release);
	}
	pthread_mutex_unlock(&mutex);
	return t;
}

/* Takes one character off the bytes: false when there is none. */
static bool take(const struct table *t, unsigned index, struct dts_slice *s, uint32_t *point)
{
	const unsigned char *p = (const unsigned char *)s->p;
	size_t n = 1;

	*point = t->short_codes[p[0]];
	if (*point == 0 && p[0] != 0) {
		if (s->len < 2)
			return false;
		n = 2;
		if (index == INDEX_GB18030 && p[1] >= 0x30 && p[1] <= 0x39) {
			int32_t place = s->len < 4 ? -1 : four_byte_place(p);

			n = 4;
			if (place >= FOUR_BYTE_10000)
				*point = 0x10000 + (uint32_t)place - FOUR_BYTE_10000;
			else if (place >= 0 && place < FOUR_BYTE_BMP)
				*point = t->four[place];
		} else if (s->len >= 3 && p[0] == 0x8F && t->after_8f[p[1] << 8 | p[2]]) {
			n = 3;
			*point = t->after_8f[p[1] << 8 | p[2]];
		} else {
			*point = t->short_codes[p[0] << 8 | p[1]];
		}
		if (*point == 0)
			return false;
	}
	*s = dts_slice(s->p + n, s->len - n);
	return true;
}

bool dts_multi_to_utf8(const struct dts_charset *cs, struct dts_slice bytes, bool one_way, struct dts_buf *out)
{
	const struct table *t = table_of(cs);

	while (bytes.len > 0) {
		uint32_t u;

		if (one_way && (unsigned char)bytes.p[0] < 0x80 && t->short_codes[(unsigned char)bytes.p[0]] == 0) {
			dts_buf_addc(out, bytes.p[0]);
			bytes = dts_slice(bytes.p + 1, bytes.len - 1);
			continue;
		}
		if (!take(t, cs->index, &bytes, &u) || !dts_utf8_put(out, u))
			return false;
	}
	return true;
}

bool dts_multi_from_utf8(const struct dts_charset *cs, struct dts_slice utf8, struct dts_buf *out)
{
	const struct table *t = table_of(cs);

	while (utf8.len > 0) {
		int32_t u = dts_utf8_take(&utf8);
		uint32_t code;
		char b[4];

		if (u < 0)
			return false;
		if (u >= 0x10000 && cs->index != INDEX_GB18030)
			return false;
		code = u >= 0x10000 ? four_byte_code((uint32_t)u - 0x10000 + FOUR_BYTE_10000) : t->codes[u];
		if (code == 0 && u != 0)
			return false;
		dts_buf_add(out, b, code_bytes(code, b));
	}
	return true;
}
