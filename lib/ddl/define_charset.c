/* Charsets and collations as statements write them, and what stands for what
 * is not written. */
#include "ddl/define.h"

/* The collation of a charset that is written alone, where both servers and all
 * sessions agree. From SHOW CHARACTER SET of MariaDB 10.11 and MySQL 9.7. */
static const char *const defaults[] = {
	"big5_chinese_ci", "dec8_swedish_ci", "cp850_general_ci", "hp8_english_ci", "koi8r_general_ci",
	"latin1_swedish_ci", "latin2_general_ci", "swe7_swedish_ci", "ascii_general_ci", "ujis_japanese_ci",
	"sjis_japanese_ci", "hebrew_general_ci", "tis620_thai_ci", "euckr_korean_ci", "koi8u_general_ci",
	"gb2312_chinese_ci", "greek_general_ci", "cp1250_general_ci", "gbk_chinese_ci", "latin5_turkish_ci",
	"armscii8_general_ci", "utf8mb3_general_ci", "ucs2_general_ci", "cp866_general_ci", "keybcs2_general_ci",
	"macce_general_ci", "macroman_general_ci", "cp852_general_ci", "latin7_general_ci", "cp1251_general_ci",
	"utf16_general_ci", "utf16le_general_ci", "cp1256_general_ci", "cp1257_general_ci", "utf32_general_ci",
	"geostd8_general_ci", "cp932_japanese_ci", "eucjpms_japanese_ci", "gb18030_chinese_ci", "utf8mb4_general_ci",
};

/* Sets whose default collation a session of MariaDB 11.3 and later may choose
 * (character_set_collations), and does by itself since 11.5. */
static bool is_chosen_by_session(struct dts_slice charset)
{
	return dts_slice_is(charset, "utf8mb4") || dts_slice_is(charset, "utf8mb3") || dts_slice_is(charset, "ucs2") ||
	       dts_slice_is(charset, "utf16") || dts_slice_is(charset, "utf32");
}

/* The value of "charset=" in "a=b,c=d"; p NULL when it is not there. */
static struct dts_slice listed(struct dts_slice list, struct dts_slice charset)
{
	for (size_t at = 0; at < list.len;) {
		const char *comma = memchr(list.p + at, ',', list.len - at);
		size_t end = comma ? (size_t)(comma - list.p) : list.len;

		if (end - at > charset.len && memcmp(list.p + at, charset.p, charset.len) == 0 &&
		    list.p[at + charset.len] == '=')
			return dts_slice(list.p + at + charset.len + 1, end - at - charset.len - 1);
		at = end + 1;
	}
	return dts_slice(NULL, 0);
}

/* Empty where it is not known. */
static struct dts_slice default_collation(struct dts_define *st, struct dts_slice charset)
{
	const struct dts_definition_context *context = st->context;

	if (dts_slice_is(charset, "binary"))
		return DTS_LIT("binary");
	if (!st->d->mariadb && dts_slice_is(charset, "utf8mb4"))
		return context->default_collation_utf8mb4.len > 0 ? context->default_collation_utf8mb4
								  : DTS_LIT("utf8mb4_0900_ai_ci");
	if (st->d->mariadb && context->character_set_collations.p) {
		struct dts_slice collation = listed(context->character_set_collations, charset);

		if (collation.p)
			return dts_arena_copy(st->arena, collation);
	} else if (st->d->mariadb && st->d->version >= 110300 && is_chosen_by_session(charset)) {
		return DTS_LIT("");
	}
	for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++) {
		struct dts_slice collation = dts_slice_of(defaults[i]);

		if (dts_slice_eq(dts_define_charset_of(collation), charset))
			return collation;
	}
	return DTS_LIT("");
}

struct dts_slice dts_define_charset_of(struct dts_slice collation)
{
	const char *end = collation.len > 0 ? memchr(collation.p, '_', collation.len) : NULL;
	struct dts_slice name = dts_slice(collation.p, end ? (size_t)(end - collation.p) : collation.len);
	const struct dts_charset *cs = collation.len > 0 ? dts_charset_find(name) : NULL;

	return cs ? dts_slice_of(dts_charset_name(cs)) : dts_slice(NULL, 0);
}

bool dts_define_take_charset_name(struct dts_define *st, struct dts_slice *name)
{
	struct dts_define_label label;

	dts_define_take_char(st, '=');
	if (dts_define_is(st, "DEFAULT"))
		return dts_define_stuck(st, "a charset");
	if (st->p.scan.type == DTS_SQL_STRING) {
		if (!dts_define_take_label(st, &label))
			return false;
		*name = label.bytes;
	} else if (!dts_define_take_name(st, name)) {
		return false;
	}
	for (size_t i = 0; i < name->len; i++) /* in the arena: ours to change */
		if (name->p[i] >= 'A' && name->p[i] <= 'Z')
			((char *)name->p)[i] |= 0x20;
	return true;
}

bool dts_define_take_charset_option(struct dts_define *st, struct dts_define_options *o)
{
	struct dts_ddl_parser start = st->p;

	dts_define_take(st, "DEFAULT");
	if (dts_define_take(st, "CHARSET") || dts_define_take_two(st, "CHARACTER", "SET") ||
	    dts_define_take_two(st, "CHAR", "SET")) {
		o->has_charset = true;
		return dts_define_take_charset_name(st, &o->charset.charset);
	}
	if (dts_define_take(st, "COLLATE")) {
		o->has_charset = true;
		return dts_define_take_charset_name(st, &o->charset.collation);
	}
	st->p = start;
	return false;
}

/* The server's name of a charset; p NULL when it is unknown. */
static struct dts_slice known_charset(struct dts_define *st, struct dts_slice name)
{
	const struct dts_charset *cs;

	if (dts_slice_is(name, "utf8") && st->d->mariadb && st->context->utf8_is_utf8mb4)
		return DTS_LIT("utf8mb4");
	cs = dts_charset_find(name);
	return cs ? dts_slice_of(dts_charset_name(cs)) : dts_slice(NULL, 0);
}

static struct dts_slice join(struct dts_define *st, struct dts_slice charset, const char *between, struct dts_slice rest)
{
	struct dts_buf b = {0};

	dts_buf_add_slice(&b, charset);
	dts_buf_adds(&b, between);
	dts_buf_add_slice(&b, rest);
	struct dts_slice name = dts_arena_copy(st->arena, dts_buf_slice(&b));
	dts_buf_release(&b);
	return name;
}

static bool starts_with(struct dts_slice s, const char *text)
{
	return s.len >= strlen(text) && memcmp(s.p, text, strlen(text)) == 0;
}

/* COLLATE x: its charset is in its name, but for MariaDB's uca1400_..., which
 * take that of what they stand at. */
static bool resolve_collation(struct dts_define *st, struct dts_define_charset written, struct dts_slice standard,
			      struct dts_define_charset *found)
{
	struct dts_slice collation = written.collation, charset;

	if (st->d->mariadb && starts_with(collation, "uca1400_")) {
		charset = written.charset.p ? written.charset : standard;
		if (!charset.p)
			return dts_define_fail(st, "the charset of collation '%s' is not known", collation.p);
		found->charset = charset;
		found->collation = join(st, charset, "_", collation);
		return true;
	}
	if (starts_with(collation, "utf8_")) {
		charset = known_charset(st, DTS_LIT("utf8"));
		collation = join(st, charset, "", dts_slice(collation.p + 4, collation.len - 4));
	}
	found->charset = dts_define_charset_of(collation);
	found->collation = collation;
	/* MariaDB has MySQL's as other names of its own collations. */
	if (st->d->mariadb && starts_with(collation, "utf8mb4_0900_"))
		found->collation = DTS_LIT("");
	if (!found->charset.p)
		return dts_define_fail(st, "collation '%s' is not known", collation.p);
	return true;
}

bool dts_define_resolve(struct dts_define *st, struct dts_define_charset written, bool binary,
			struct dts_define_charset standard, struct dts_define_charset *found)
{
	if (written.charset.p) {
		struct dts_slice charset = known_charset(st, written.charset);

		if (!charset.p)
			return dts_define_fail(st, "charset '%s' is not known", written.charset.p);
		written.charset = charset;
	}
	if (written.collation.p && !binary)
		return resolve_collation(st, written, standard.charset, found);
	if (written.collation.p)
		return dts_define_fail(st, "BINARY and COLLATE stand together");
	found->charset = written.charset.p ? written.charset : standard.charset;
	if (!found->charset.p || found->charset.len == 0)
		return dts_define_fail(st, "the default charset is not known");
	if (binary)
		found->collation = dts_slice_is(found->charset, "binary") ? found->charset
									  : join(st, found->charset, "_bin", DTS_LIT(""));
	else
		found->collation = written.charset.p ? default_collation(st, found->charset) : standard.collation;
	return true;
}
