#include "apply/match.h"

#include <stdio.h>

#include "charset/charset.h"

static const char same_type[] = "give the target's column the source's type";
/* A log with names of columns has no (m,d) of FLOAT and DOUBLE; a dump has. */
static const char hidden_digits[] = "give the target's column the source's type; if it is that already, the log does not tell the digits: "
				    "read it with --schema-history, or with --resume from a checkpoint that knows the table";

/* The numbers in the brackets of a type: 0 where there are none. */
static void read_arguments(const struct dts_column *c, uint64_t *first, uint64_t *second)
{
	const char *p = c->type_text.p, *end = p + c->type_text.len;
	uint64_t *to[] = {first, second};

	*first = *second = 0;
	p = memchr(p, '(', c->type_text.len);
	for (int i = 0; p && i < 2; i++) {
		for (p++; p < end && *p >= '0' && *p <= '9'; p++)
			if (*to[i] < UINT32_MAX)
				*to[i] = *to[i] * 10 + (uint64_t)(*p - '0');
		if (p == end || *p != ',')
			break;
	}
}

/* Is it the type of this name, whatever its arguments? */
static bool is_named(const struct dts_column *c, const char *name)
{
	size_t len = strlen(name);

	return c->type_text.len >= len && memcmp(c->type_text.p, name, len) == 0 &&
	       (c->type_text.len == len || c->type_text.p[len] == '(' || c->type_text.p[len] == ' ');
}

/* ---- numbers ---- */

static unsigned integer_bytes(const struct dts_column *c)
{
	return is_named(c, "tinyint") ? 1 : is_named(c, "smallint") ? 2 : is_named(c, "mediumint") ? 3 :
	       is_named(c, "bigint") ? 8 : 4;
}

/* Decimal digits of the largest value. */
static unsigned integer_digits(const struct dts_column *c)
{
	switch (integer_bytes(c)) {
	case 1:
		return 3;
	case 2:
		return 5;
	case 3:
		return c->is_unsigned ? 8 : 7;
	case 8:
		return c->is_unsigned ? 20 : 19;
	default:
		return 10;
	}
}

static void decimal_digits(const struct dts_column *c, uint64_t *whole, uint64_t *fraction)
{
	uint64_t precision;

	read_arguments(c, &precision, fraction);
	if (precision == 0)
		precision = 10;
	*whole = precision > *fraction ? precision - *fraction : 0;
}

static const char *match_integer(const struct dts_column *from, const struct dts_column *to)
{
	uint64_t whole, fraction;

	if (to->type == DTS_TYPE_DECIMAL) {
		decimal_digits(to, &whole, &fraction);
		return whole >= integer_digits(from) && (from->is_unsigned || !to->is_unsigned) ? NULL : same_type;
	}
	if (to->type != DTS_TYPE_INTEGER)
		return same_type;
	if (from->is_unsigned == to->is_unsigned)
		return integer_bytes(to) >= integer_bytes(from) ? NULL : same_type;
	if (from->is_unsigned)
		return integer_bytes(to) > integer_bytes(from) ? NULL : same_type;
	return "the target's column takes no negative values: take UNSIGNED away from it";
}

static const char *match_decimal(const struct dts_column *from, const struct dts_column *to)
{
	uint64_t from_whole, from_fraction, to_whole, to_fraction;

	if (to->type != DTS_TYPE_DECIMAL)
		return same_type;
	decimal_digits(from, &from_whole, &from_fraction);
	decimal_digits(to, &to_whole, &to_fraction);
	return to_whole >= from_whole && to_fraction >= from_fraction && (from->is_unsigned || !to->is_unsigned) ? NULL : same_type;
}

/* FLOAT(7,2) and DOUBLE(7,2) round what they are given, and say nothing. */
static const char *match_real(const struct dts_column *from, const struct dts_column *to)
{
	bool rounds = memchr(to->type_text.p, ',', to->type_text.len) != NULL;

	if (to->type != from->type && !(from->type == DTS_TYPE_FLOAT && to->type == DTS_TYPE_DOUBLE))
		return same_type;
	if (rounds && !dts_slice_eq(from->type_text, to->type_text)) {
		bool bare = !memchr(from->type_text.p, '(', from->type_text.len);
		return bare ? hidden_digits : same_type;
	}
	return from->is_unsigned || !to->is_unsigned ? NULL : same_type;
}

/* ---- text and bytes ---- */

/* Bytes that a TEXT or BLOB type takes; 0: it is none of them. */
static uint64_t class_bytes(const struct dts_column *c)
{
	const char *name = c->type == DTS_TYPE_CHAR ? "text" : "blob";
	char text[16];
	static const struct {
		const char *size;
		uint64_t bytes;
	} classes[] = {{"tiny", 255}, {"", 65535}, {"medium", 16777215}, {"long", 4294967295}};

	for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
		snprintf(text, sizeof text, "%s%s", classes[i].size, name);
		if (is_named(c, text))
			return classes[i].bytes;
	}
	return 0;
}

static unsigned max_bytes(const struct dts_charset *cs)
{
	return cs ? dts_charset_max_bytes(cs) : 1;
}

/* Is every character of the one set in the other? NULL: it is not known which set
 * it is, and the values tell. */
static bool has_charset(const struct dts_charset *from, const struct dts_charset *to)
{
	static const char *const whole[] = {"utf8mb4", "utf16", "utf16le", "utf32", "gb18030"};
	bool from_whole = false, to_whole = false;

	if (!from || !to || from == to)
		return true;
	const char *from_name = dts_charset_name(from), *to_name = dts_charset_name(to);
	if (strcmp(from_name, to_name) == 0 || strcmp(from_name, "ascii") == 0)
		return true;
	for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
		from_whole |= strcmp(from_name, whole[i]) == 0;
		to_whole |= strcmp(to_name, whole[i]) == 0;
	}
	/* Beyond the first plane there are the whole sets only. */
	return to_whole || (!from_whole && (strcmp(to_name, "utf8mb3") == 0 || strcmp(to_name, "ucs2") == 0));
}

static const char *match_length(const struct dts_column *from, const struct dts_column *to, const struct dts_charset *from_cs,
				const struct dts_charset *to_cs)
{
	static const char longer[] = "make the target's column as long as the source's";
	uint64_t from_class = class_bytes(from), to_class = class_bytes(to), from_length, to_length, none;

	read_arguments(from, &from_length, &none);
	read_arguments(to, &to_length, &none);
	if (from->fixed && !from_length)
		from_length = 1;
	if (to->fixed && !to_length)
		to_length = 1;
	/* The same class in another set may be too short for a text of it, which the target then says. */
	if (from_class && to_class)
		return to_class >= from_class ? NULL : longer;
	if (from_class) /* bytes into characters: one a byte at worst */
		return to_length >= from_class ? NULL : longer;
	if (to_class)
		return to_class >= from_length * (from_cs && to_cs ? max_bytes(to_cs) : 1) ? NULL : longer;
	return to_length >= from_length ? NULL : longer;
}

static const char *match_text(const struct dts_column *from, const struct dts_column *to)
{
	const struct dts_charset *from_cs = from->charset.len ? dts_charset_find(from->charset) : NULL;
	const struct dts_charset *to_cs = to->charset.len ? dts_charset_find(to->charset) : NULL;

	if (to->type == DTS_TYPE_JSON)
		return NULL; /* the server takes nothing else there */
	if (to->type != DTS_TYPE_CHAR)
		return same_type;
	/* CHAR(n) would take the trailing spaces of a VARCHAR away. */
	if (to->fixed && !from->fixed)
		return "make the target's column a VARCHAR: a CHAR loses trailing spaces";
	if (!has_charset(from_cs, to_cs))
		return "give the target's column the source's character set, or utf8mb4";
	return match_length(from, to, from_cs, to_cs);
}

/* A document: of any length, in characters of any kind. */
static const char *match_json(const struct dts_column *from, const struct dts_column *to)
{
	const struct dts_charset *cs = to->charset.len ? dts_charset_find(to->charset) : NULL;

	(void)from;
	if (to->type == DTS_TYPE_JSON)
		return NULL;
	if (to->type != DTS_TYPE_CHAR || !is_named(to, "longtext") || (cs && strcmp(dts_charset_name(cs), "utf8mb4") != 0))
		return "make the target's column LONGTEXT CHARACTER SET utf8mb4, which is MariaDB's JSON";
	return NULL;
}

static const char *match_bytes(const struct dts_column *from, const struct dts_column *to)
{
	switch (to->type) {
	case DTS_TYPE_INET4: /* what the log shows as plain bytes may be one of these */
		return from->length == 4 ? NULL : same_type;
	case DTS_TYPE_INET6:
		return from->length == 16 ? NULL : same_type;
	case DTS_TYPE_VECTOR:
		return NULL; /* its length is checked by the server */
	case DTS_TYPE_UUID:
		/* The log has the bytes in the order in which they are stored, SQL in that of the text. */
		return "the source's column may be a UUID whose log hides it: read it with the source's definitions";
	case DTS_TYPE_BINARY:
		break;
	default:
		return same_type;
	}
	/* BINARY(n) would pad what a VARBINARY holds. */
	if (to->fixed)
		return from->fixed && from->length == to->length ? NULL : same_type;
	return match_length(from, to, NULL, NULL);
}

/* Types that one family has, as the text that they are written as. */
static const char *match_as_text(const struct dts_column *from, const struct dts_column *to, uint64_t length, const char *hint)
{
	uint64_t to_length, none;

	if (from->type == to->type)
		return NULL;
	read_arguments(to, &to_length, &none);
	return to->type == DTS_TYPE_CHAR && (to_length >= length || class_bytes(to)) ? NULL : hint;
}

/* ---- the others ---- */

static const char *match_vector(const struct dts_column *from, const struct dts_column *to)
{
	uint64_t from_length, to_length, none;

	read_arguments(from, &from_length, &none);
	read_arguments(to, &to_length, &none);
	if (to->type != DTS_TYPE_VECTOR)
		return "only a VECTOR of as many dimensions can hold it";
	return from_length == to_length ? NULL : "give the target's column as many dimensions";
}

static const char *match_geometry(const struct dts_column *from, const struct dts_column *to)
{
	bool collections = (is_named(from, "geometrycollection") || is_named(from, "geomcollection")) &&
			   (is_named(to, "geometrycollection") || is_named(to, "geomcollection"));

	if (to->type != DTS_TYPE_GEOMETRY)
		return same_type;
	return is_named(to, "geometry") || collections || dts_slice_eq(from->type_text, to->type_text) ? NULL : same_type;
}

/* Members are found by the collation: one that differs in case would be taken for the same. */
static const char *match_labels(const struct dts_column *from, const struct dts_column *to)
{
	if (from->type != to->type)
		return same_type;
	for (size_t i = 0; i < from->label_count; i++) {
		bool found = false;
		for (size_t j = 0; j < to->label_count && !found; j++)
			found = dts_slice_eq(from->labels[i], to->labels[j]);
		if (!found)
			return "give the target's column all of the source's members";
	}
	return NULL;
}

const char *dts_column_mismatch(const struct dts_column *from, const struct dts_column *to)
{
	switch (from->type) {
	case DTS_TYPE_INTEGER:
		return match_integer(from, to);
	case DTS_TYPE_DECIMAL:
		return match_decimal(from, to);
	case DTS_TYPE_FLOAT:
	case DTS_TYPE_DOUBLE:
		return match_real(from, to);
	case DTS_TYPE_BIT:
		return to->type == from->type && to->length >= from->length ? NULL : same_type;
	case DTS_TYPE_TIME:
	case DTS_TYPE_DATETIME:
	case DTS_TYPE_TIMESTAMP:
		if (to->type != from->type)
			return same_type;
		return to->decimals >= from->decimals ? NULL : "give the target's column as many fraction digits";
	case DTS_TYPE_CHAR:
		return match_text(from, to);
	case DTS_TYPE_JSON:
		return match_json(from, to);
	case DTS_TYPE_BINARY:
		return match_bytes(from, to);
	case DTS_TYPE_ENUM:
	case DTS_TYPE_SET:
		return match_labels(from, to);
	case DTS_TYPE_GEOMETRY:
		return match_geometry(from, to);
	case DTS_TYPE_UUID:
		return match_as_text(from, to, 36, "make the target's column CHAR(36) CHARACTER SET ascii");
	case DTS_TYPE_INET4:
		return match_as_text(from, to, 15, "make the target's column VARCHAR(15) CHARACTER SET ascii");
	case DTS_TYPE_INET6:
		return match_as_text(from, to, 45, "make the target's column VARCHAR(45) CHARACTER SET ascii");
	case DTS_TYPE_VECTOR:
		return match_vector(from, to);
	default: /* what this version does not know can be right in its like only */
		return to->type == from->type ? NULL : same_type;
	}
}
