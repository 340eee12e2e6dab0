/* Column types: as statements write them, and as information_schema's
 * COLUMN_TYPE shows them. */
#include "ddl/define.h"

enum { MAX_VARCHAR_BYTES = 65535 };

/* Which servers know a word as a type. */
enum { BOTH, MARIADB, MYSQL };

/* Single words. What they mean with sql_mode=ORACLE is not known here. */
static const struct type_word {
	const char *word;
	enum dts_define_class class;
	const char *type;
	int size; /* of TEXT and BLOB */
	int where;
} type_words[] = {
	{"TINYINT", DTS_DEFINE_INT, "tinyint", 0, BOTH},
	{"INT1", DTS_DEFINE_INT, "tinyint", 0, BOTH},
	{"SMALLINT", DTS_DEFINE_INT, "smallint", 0, BOTH},
	{"INT2", DTS_DEFINE_INT, "smallint", 0, BOTH},
	{"MEDIUMINT", DTS_DEFINE_INT, "mediumint", 0, BOTH},
	{"MIDDLEINT", DTS_DEFINE_INT, "mediumint", 0, BOTH},
	{"INT3", DTS_DEFINE_INT, "mediumint", 0, BOTH},
	{"INT", DTS_DEFINE_INT, "int", 0, BOTH},
	{"INTEGER", DTS_DEFINE_INT, "int", 0, BOTH},
	{"INT4", DTS_DEFINE_INT, "int", 0, BOTH},
	{"BIGINT", DTS_DEFINE_INT, "bigint", 0, BOTH},
	{"INT8", DTS_DEFINE_INT, "bigint", 0, BOTH},
	{"DECIMAL", DTS_DEFINE_DECIMAL, "decimal", 0, BOTH},
	{"DEC", DTS_DEFINE_DECIMAL, "decimal", 0, BOTH},
	{"NUMERIC", DTS_DEFINE_DECIMAL, "decimal", 0, BOTH},
	{"FIXED", DTS_DEFINE_DECIMAL, "decimal", 0, BOTH},
	{"FLOAT", DTS_DEFINE_REAL, "float", 0, BOTH},
	{"FLOAT4", DTS_DEFINE_REAL, "float", 0, BOTH},
	{"DOUBLE", DTS_DEFINE_REAL, "double", 0, BOTH},
	{"FLOAT8", DTS_DEFINE_REAL, "double", 0, BOTH},
	{"REAL", DTS_DEFINE_REAL, "double", 0, BOTH},
	{"BIT", DTS_DEFINE_BIT, "bit", 0, BOTH},
	{"YEAR", DTS_DEFINE_YEAR, "year", 0, BOTH},
	{"DATE", DTS_DEFINE_DATE, "date", 0, BOTH},
	{"TIME", DTS_DEFINE_TEMPORAL, "time", 0, BOTH},
	{"DATETIME", DTS_DEFINE_TEMPORAL, "datetime", 0, BOTH},
	{"TIMESTAMP", DTS_DEFINE_TEMPORAL, "timestamp", 0, BOTH},
	{"CHAR", DTS_DEFINE_CHAR, "char", 0, BOTH},
	{"CHARACTER", DTS_DEFINE_CHAR, "char", 0, BOTH},
	{"VARCHAR", DTS_DEFINE_VARCHAR, "varchar", 0, BOTH},
	{"VARCHARACTER", DTS_DEFINE_VARCHAR, "varchar", 0, BOTH},
	{"BINARY", DTS_DEFINE_CHAR, "binary", 0, BOTH},
	{"VARBINARY", DTS_DEFINE_VARCHAR, "varbinary", 0, BOTH},
	{"TINYTEXT", DTS_DEFINE_TEXT, "text", 0, BOTH},
	{"TEXT", DTS_DEFINE_TEXT, "text", 1, BOTH},
	{"MEDIUMTEXT", DTS_DEFINE_TEXT, "text", 2, BOTH},
	{"LONGTEXT", DTS_DEFINE_TEXT, "text", 3, BOTH},
	{"TINYBLOB", DTS_DEFINE_TEXT, "blob", 0, BOTH},
	{"BLOB", DTS_DEFINE_TEXT, "blob", 1, BOTH},
	{"MEDIUMBLOB", DTS_DEFINE_TEXT, "blob", 2, BOTH},
	{"LONGBLOB", DTS_DEFINE_TEXT, "blob", 3, BOTH},
	{"ENUM", DTS_DEFINE_LABELS, "enum", 0, BOTH},
	{"SET", DTS_DEFINE_LABELS, "set", 0, BOTH},
	{"JSON", DTS_DEFINE_JSON, "json", 0, BOTH},
	{"VECTOR", DTS_DEFINE_VECTOR, "vector", 0, BOTH},
	{"GEOMETRY", DTS_DEFINE_OTHER, "geometry", 0, BOTH},
	{"POINT", DTS_DEFINE_OTHER, "point", 0, BOTH},
	{"LINESTRING", DTS_DEFINE_OTHER, "linestring", 0, BOTH},
	{"POLYGON", DTS_DEFINE_OTHER, "polygon", 0, BOTH},
	{"MULTIPOINT", DTS_DEFINE_OTHER, "multipoint", 0, BOTH},
	{"MULTILINESTRING", DTS_DEFINE_OTHER, "multilinestring", 0, BOTH},
	{"MULTIPOLYGON", DTS_DEFINE_OTHER, "multipolygon", 0, BOTH},
	{"GEOMETRYCOLLECTION", DTS_DEFINE_OTHER, "geometrycollection", 0, MARIADB},
	{"GEOMETRYCOLLECTION", DTS_DEFINE_OTHER, "geomcollection", 0, MYSQL},
	{"GEOMCOLLECTION", DTS_DEFINE_OTHER, "geomcollection", 0, MYSQL},
	{"UUID", DTS_DEFINE_OTHER, "uuid", 0, MARIADB},
	{"INET4", DTS_DEFINE_OTHER, "inet4", 0, MARIADB},
	{"INET6", DTS_DEFINE_OTHER, "inet6", 0, MARIADB},
};

static void set_type(struct dts_define_column *c, enum dts_define_class class, const char *type, int size)
{
	c->class = class;
	c->type = type;
	c->size = size;
}

static void set_national(struct dts_define_column *c, bool varying)
{
	set_type(c, varying ? DTS_DEFINE_VARCHAR : DTS_DEFINE_CHAR, varying ? "varchar" : "char", 0);
	c->written.charset = DTS_LIT("utf8mb3");
}

/* NATIONAL CHAR, NCHAR VARYING and their kin; the word before is taken. */
static bool take_national(struct dts_define *st, struct dts_define_column *c)
{
	if (dts_define_take(st, "VARCHAR") || dts_define_take(st, "VARCHARACTER")) {
		set_national(c, true);
		return true;
	}
	if (!dts_define_take(st, "CHAR") && !dts_define_take(st, "CHARACTER"))
		return dts_define_stuck(st, "a type");
	set_national(c, dts_define_take(st, "VARYING"));
	return true;
}

/* LONG and what may stand behind it. */
static void take_long(struct dts_define *st, struct dts_define_column *c)
{
	set_type(c, DTS_DEFINE_TEXT, "text", 2);
	if (dts_define_take(st, "VARBINARY"))
		c->type = "blob";
	else if (!dts_define_take(st, "VARCHAR") && !dts_define_take(st, "VARCHARACTER") &&
		 !dts_define_take_two(st, "CHAR", "VARYING"))
		dts_define_take_two(st, "CHARACTER", "VARYING");
}

/* Types that are more than one word, or whose word says more. 1: taken, 0: none of these. */
static int take_odd_word(struct dts_define *st, struct dts_define_column *c)
{
	if (dts_define_take(st, "NATIONAL"))
		return take_national(st, c) ? 1 : -1;
	if (dts_define_take(st, "NVARCHAR")) {
		set_national(c, true);
	} else if (dts_define_take(st, "NCHAR")) {
		set_national(c, dts_define_take(st, "VARCHAR") || dts_define_take(st, "VARCHARACTER") ||
				       dts_define_take(st, "VARYING"));
	} else if (dts_define_take(st, "LONG")) {
		take_long(st, c);
	} else if (dts_define_take(st, "SERIAL")) {
		set_type(c, DTS_DEFINE_INT, "bigint", 0);
		c->is_unsigned = c->not_null = c->unique = true;
	} else if (dts_define_take(st, "BOOL") || dts_define_take(st, "BOOLEAN")) {
		set_type(c, DTS_DEFINE_INT, "tinyint", 0);
		c->has_length = true;
		c->length = 1;
	} else {
		return 0;
	}
	return 1;
}

static bool take_word(struct dts_define *st, struct dts_define_column *c)
{
	for (size_t i = 0; i < sizeof type_words / sizeof *type_words; i++) {
		const struct type_word *w = &type_words[i];

		if ((w->where == MARIADB && !st->d->mariadb) || (w->where == MYSQL && st->d->mariadb))
			continue;
		if (!dts_define_take(st, w->word))
			continue;
		set_type(c, w->class, w->type, w->size);
		if (strcmp(w->word, "DOUBLE") == 0)
			dts_define_take(st, "PRECISION");
		else if (strcmp(w->word, "REAL") == 0 && (st->context->sql_mode & 1)) /* REAL_AS_FLOAT */
			c->type = "float";
		else if (w->class == DTS_DEFINE_CHAR && w->word[0] == 'C' && dts_define_take(st, "VARYING"))
			set_type(c, DTS_DEFINE_VARCHAR, "varchar", 0);
		return true;
	}
	return dts_define_stuck(st, "a type");
}

/* ('a','b',...) */
static bool take_labels(struct dts_define *st, struct dts_define_column *c)
{
	size_t cap = 8;

	c->labels = dts_arena_alloc(st->arena, cap, sizeof *c->labels);
	if (!dts_define_take_char(st, '('))
		return dts_define_stuck(st, "a list of members");
	do {
		if (c->label_count == cap) {
			struct dts_define_label *more = dts_arena_alloc(st->arena, cap *= 2, sizeof *more);

			memcpy(more, c->labels, c->label_count * sizeof *more);
			c->labels = more;
		}
		if (!dts_define_take_label(st, &c->labels[c->label_count]))
			return false;
		c->label_count++;
	} while (dts_define_take_char(st, ','));
	return dts_define_take_char(st, ')') || dts_define_stuck(st, "a list of members");
}

/* (n) or (n,m) */
static bool take_length(struct dts_define *st, struct dts_define_column *c)
{
	if (!dts_define_take_char(st, '('))
		return true;
	c->has_length = true;
	if (!dts_define_take_number(st, &c->length))
		return false;
	if (dts_define_take_char(st, ',')) {
		c->has_decimals = true;
		if (!dts_define_take_number(st, &c->decimals))
			return false;
	}
	return dts_define_take_char(st, ')') || dts_define_stuck(st, "a type");
}

bool dts_define_take_type(struct dts_define *st, struct dts_define_column *c)
{
	int odd = take_odd_word(st, c);

	if (odd < 0 || (odd == 0 && !take_word(st, c)))
		return false;
	if (c->class == DTS_DEFINE_LABELS)
		return take_labels(st, c);
	if (!take_length(st, c))
		return false;
	c->sized_by_length = c->class == DTS_DEFINE_TEXT && c->has_length;
	return true;
}

static bool has_charset(const struct dts_define_column *c)
{
	return c->class == DTS_DEFINE_LABELS || c->class == DTS_DEFINE_JSON ||
	       ((c->class == DTS_DEFINE_CHAR || c->class == DTS_DEFINE_VARCHAR || c->class == DTS_DEFINE_TEXT) &&
		strcmp(c->type, "binary") != 0 && strcmp(c->type, "varbinary") != 0 && strcmp(c->type, "blob") != 0);
}

static bool take_text_attribute(struct dts_define *st, struct dts_define_column *c)
{
	if (dts_define_take(st, "CHARSET") || dts_define_take_two(st, "CHARACTER", "SET") ||
	    dts_define_take_two(st, "CHAR", "SET"))
		return dts_define_take_charset_name(st, &c->written.charset);
	if (dts_define_take(st, "ASCII"))
		c->written.charset = DTS_LIT("latin1");
	else if (dts_define_take(st, "UNICODE"))
		c->written.charset = DTS_LIT("ucs2");
	else if (dts_define_take(st, "BYTE"))
		c->written.charset = DTS_LIT("binary");
	else if (dts_define_take(st, "BINARY"))
		c->binary = true;
	else
		return false;
	return true;
}

bool dts_define_take_type_attribute(struct dts_define *st, struct dts_define_column *c)
{
	if (has_charset(c) && take_text_attribute(st, c))
		return true;
	if (dts_define_take(st, "COLLATE"))
		return dts_define_take_charset_name(st, &c->written.collation);
	if (dts_define_take(st, "UNSIGNED"))
		c->is_unsigned = true;
	else if (dts_define_take(st, "ZEROFILL"))
		c->is_unsigned = c->zerofill = true;
	else if (dts_define_take(st, "COMPRESSED")) {
		c->compressed = true;
		if (dts_define_take_char(st, '='))
			dts_sql_next(&st->p.scan);
	} else if (!dts_define_take(st, "SIGNED"))
		return false;
	return true;
}

/* The width that a server shows where none was written. */
static unsigned display_width(const char *type, bool is_unsigned)
{
	static const struct {
		const char *type;
		unsigned with_sign, without;
	} widths[] = {{"tinyint", 4, 3}, {"smallint", 6, 5}, {"mediumint", 9, 8}, {"int", 11, 10}, {"bigint", 20, 20}};

	for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
		if (strcmp(type, widths[i].type) == 0)
			return is_unsigned ? widths[i].without : widths[i].with_sign;
	return 0;
}

/* MySQL no longer shows a width, but for ZEROFILL's and tinyint(1)'s sake. */
static void add_int(const struct dts_define *st, const struct dts_define_column *c, struct dts_buf *b)
{
	uint64_t width = c->has_length && c->length > 0 ? c->length : display_width(c->type, c->is_unsigned);

	dts_buf_adds(b, c->type);
	if (st->d->mariadb || c->zerofill || (!c->is_unsigned && width == 1 && strcmp(c->type, "tinyint") == 0))
		dts_buf_addf(b, "(%llu)", (unsigned long long)width);
}

static void add_sign(const struct dts_define_column *c, struct dts_buf *b)
{
	if (c->is_unsigned)
		dts_buf_adds(b, " unsigned");
	if (c->zerofill)
		dts_buf_adds(b, " zerofill");
}

static bool add_number(struct dts_define *st, const struct dts_define_column *c, struct dts_buf *b)
{
	switch (c->class) {
	case DTS_DEFINE_INT:
		if (c->length > 255 || c->has_decimals)
			return dts_define_fail(st, "an integer of such a width");
		add_int(st, c, b);
		break;
	case DTS_DEFINE_DECIMAL:
		if (c->length > 65 || c->decimals > 38)
			return dts_define_fail(st, "a DECIMAL of such a size");
		dts_buf_addf(b, "decimal(%llu,%llu)", c->length > 0 ? (unsigned long long)c->length : 10ull,
			     (unsigned long long)c->decimals);
		break;
	default: /* FLOAT(p) chooses the type, FLOAT(m,d) is shown */
		if (c->has_length && !c->has_decimals && (strcmp(c->type, "float") != 0 || c->length > 53))
			return dts_define_fail(st, "a FLOAT of such a size");
		dts_buf_adds(b, c->has_length && !c->has_decimals && c->length > 24 ? "double" : c->type);
		if (c->has_decimals)
			dts_buf_addf(b, "(%llu,%llu)", (unsigned long long)c->length, (unsigned long long)c->decimals);
		break;
	}
	add_sign(c, b);
	return true;
}

static const char *const text_sizes[] = {"tiny", "", "medium", "long"};

/* The smallest of TINYTEXT ... LONGTEXT that takes so many bytes. */
static int size_of_bytes(uint64_t bytes)
{
	return bytes <= 255 ? 0 : bytes <= 65535 ? 1 : bytes <= 16777215 ? 2 : 3;
}

static unsigned max_bytes(struct dts_slice charset)
{
	const struct dts_charset *cs = dts_charset_find(charset);

	return cs ? dts_charset_max_bytes(cs) : 1;
}

/* Appends a label as COLUMN_TYPE shows it. */
static void add_label(struct dts_buf *b, struct dts_slice label)
{
	dts_buf_addc(b, '\'');
	for (size_t i = 0; i < label.len; i++) {
		switch (label.p[i]) {
		case '\'':
			dts_buf_adds(b, "''");
			break;
		case '\\':
			dts_buf_adds(b, "\\\\");
			break;
		case '\n':
			dts_buf_adds(b, "\\n");
			break;
		case '\r':
			dts_buf_adds(b, "\\r");
			break;
		case '\0':
			dts_buf_adds(b, "\\0");
			break;
		default:
			dts_buf_addc(b, label.p[i]);
			break;
		}
	}
	dts_buf_addc(b, '\'');
}

/* A member as the server stores it: it must be in the charset, and ends in no space. */
static bool add_member(struct dts_define *st, const struct dts_define_label *label, const struct dts_charset *cs,
		       struct dts_buf *b)
{
	struct dts_buf text = {0}, bytes = {0};
	bool good;

	if (dts_charset_is_binary(cs)) {
		dts_buf_add_slice(&text, label->bytes);
		good = dts_utf8_valid(text.data ? text.data : "", text.len);
		for (size_t i = 0; i < text.len; i++)
			good = good && (unsigned char)text.data[i] < 0x80;
	} else {
		if (!label->raw)
			dts_buf_add_slice(&text, label->bytes);
		good = label->raw ? dts_charset_to_utf8(cs, label->bytes, &text)
				  : dts_charset_from_utf8(cs, label->bytes, &bytes);
		while (text.len > 0 && text.data[text.len - 1] == ' ')
			text.len--;
	}
	if (good)
		add_label(b, dts_buf_slice(&text));
	dts_buf_release(&text);
	dts_buf_release(&bytes);
	return good || dts_define_fail(st, "a member of an ENUM or SET has characters that its charset %s has not",
				       dts_charset_name(cs));
}

static bool add_labels(struct dts_define *st, const struct dts_define_column *c, struct dts_slice charset,
		       struct dts_buf *b)
{
	const struct dts_charset *cs = dts_charset_find(charset);

	if (!cs)
		return dts_define_fail(st, "charset '%.*s' is not known", (int)charset.len, charset.p);
	dts_buf_adds(b, c->type);
	for (size_t i = 0; i < c->label_count; i++) {
		dts_buf_addc(b, i > 0 ? ',' : '(');
		if (!add_member(st, &c->labels[i], cs, b))
			return false;
	}
	dts_buf_addc(b, ')');
	return true;
}

/* CHAR, VARCHAR and TEXT, which charset binary makes BINARY, VARBINARY and BLOB. */
static bool add_text(struct dts_define *st, const struct dts_define_column *c, struct dts_slice charset, struct dts_buf *b)
{
	bool bytes = !has_charset(c) || dts_slice_is(charset, "binary");
	unsigned per_char = bytes ? 1 : max_bytes(charset);
	int size = c->size;

	if (c->class == DTS_DEFINE_TEXT) {
		if (c->sized_by_length && (c->length > 0 || !st->d->mariadb))
			size = size_of_bytes(c->length * per_char);
		dts_buf_addf(b, "%s%s", text_sizes[size], bytes ? "blob" : "text");
	} else {
		uint64_t length = c->has_length ? c->length : 1;

		if (c->class == DTS_DEFINE_CHAR ? length > 255 : !c->has_length || length * per_char > MAX_VARCHAR_BYTES)
			return dts_define_fail(st, "column '%s' is longer than its type can be", c->name.p);
		dts_buf_adds(b, c->class == DTS_DEFINE_CHAR ? (bytes ? "binary" : "char") : (bytes ? "varbinary" : "varchar"));
		dts_buf_addf(b, "(%llu)", (unsigned long long)length);
	}
	if (c->compressed)
		dts_buf_adds(b, " /*M!100301 COMPRESSED*/");
	return true;
}

static bool add_fraction(struct dts_define *st, const struct dts_define_column *c, struct dts_buf *b)
{
	if (c->length > 6 || c->has_decimals)
		return dts_define_fail(st, "a fraction of such a size");
	dts_buf_adds(b, c->type);
	if (c->length > 0)
		dts_buf_addf(b, "(%llu)", (unsigned long long)c->length);
	return true;
}

static bool add_rest(struct dts_define *st, const struct dts_define_column *c, struct dts_buf *b)
{
	switch (c->class) {
	case DTS_DEFINE_BIT:
		if (c->length > 64)
			return dts_define_fail(st, "a BIT of such a size");
		dts_buf_addf(b, "bit(%llu)", c->length > 0 ? (unsigned long long)c->length : 1ull);
		break;
	case DTS_DEFINE_YEAR:
		if (c->has_length && c->length != 4)
			return dts_define_fail(st, "a YEAR of such a size");
		dts_buf_adds(b, st->d->mariadb ? "year(4)" : "year");
		break;
	case DTS_DEFINE_VECTOR:
		if (!c->has_length && st->d->mariadb)
			return dts_define_fail(st, "a VECTOR without its size");
		dts_buf_addf(b, "vector(%llu)", c->has_length ? (unsigned long long)c->length : 2048ull);
		break;
	default:
		if (c->has_length)
			return dts_define_fail(st, "%s of a size", c->type);
		dts_buf_adds(b, c->type);
		break;
	}
	return true;
}

/* MariaDB's JSON is a LONGTEXT of its own charset. */
static bool finish_json(struct dts_define *st, const struct dts_define_column *c, struct dts_arena *arena,
			struct dts_column *out)
{
	struct dts_define_charset standard = {DTS_LIT("utf8mb4"), DTS_LIT("utf8mb4_bin")}, found;

	if (!st->d->mariadb) {
		out->type_text = DTS_LIT("json");
		return true;
	}
	if (c->written.charset.p || c->binary || !dts_define_resolve(st, c->written, false, standard, &found))
		return dts_define_fail(st, "JSON with a charset");
	out->type_text = DTS_LIT("longtext");
	out->charset = dts_arena_copy(arena, found.charset);
	out->collation = dts_arena_copy(arena, found.collation);
	return true;
}

static bool finish_type(struct dts_define *st, const struct dts_define_column *c, struct dts_define_charset standard,
			struct dts_arena *arena, struct dts_column *out)
{
	struct dts_define_charset found = {DTS_LIT(""), DTS_LIT("")};
	struct dts_buf b = {0};
	bool good;

	if (c->class == DTS_DEFINE_JSON)
		return finish_json(st, c, arena, out);
	if (has_charset(c) && !dts_define_resolve(st, c->written, c->binary, standard, &found))
		return false;
	if (c->class <= DTS_DEFINE_REAL)
		good = add_number(st, c, &b);
	else if (c->class == DTS_DEFINE_TEMPORAL)
		good = add_fraction(st, c, &b);
	else if (c->class == DTS_DEFINE_LABELS)
		good = add_labels(st, c, found.charset, &b);
	else if (c->class == DTS_DEFINE_CHAR || c->class == DTS_DEFINE_VARCHAR || c->class == DTS_DEFINE_TEXT)
		good = add_text(st, c, found.charset, &b);
	else
		good = add_rest(st, c, &b);
	out->type_text = dts_arena_copy(arena, dts_buf_slice(&b));
	dts_buf_release(&b);
	/* Bytes have no charset, but MariaDB's catalog gives ENUM and SET one. */
	if (dts_slice_is(found.charset, "binary") && (c->class != DTS_DEFINE_LABELS || !st->d->mariadb))
		found.charset = found.collation = DTS_LIT("");
	out->charset = dts_arena_copy(arena, found.charset);
	out->collation = dts_arena_copy(arena, found.collation);
	return good;
}

bool dts_define_finish(struct dts_define *st, const struct dts_define_column *c, struct dts_define_charset standard,
		       struct dts_arena *arena, struct dts_column *out)
{
	bool timestamp = c->class == DTS_DEFINE_TEMPORAL && strcmp(c->type, "timestamp") == 0;

	*out = (struct dts_column){.name = dts_arena_copy(arena, c->name)};
	out->charset = out->collation = DTS_LIT("");
	if (st->context->sql_mode & 512) /* ORACLE */
		return dts_define_fail(st, "types of sql_mode ORACLE");
	if (timestamp && (st->context->sql_mode & 4096)) /* MAXDB: a DATETIME then */
		return dts_define_fail(st, "TIMESTAMP of sql_mode MAXDB");
	if (c->null && c->not_null)
		return dts_define_fail(st, "column '%s' is NULL and NOT NULL", c->name.p);
	if (!finish_type(st, c, standard, arena, out))
		return false;
	dts_column_from_type(out, arena);
	out->nullable = !c->not_null && !c->primary && !c->row_edge;
	if (timestamp && !c->null && st->context->implicit_timestamps && !(c->generated && st->d->mariadb))
		out->nullable = false;
	out->generated = c->generated;
	out->invisible = c->invisible;
	return true;
}

/* TEXT grows into the next size where as many characters need more bytes. */
static void convert_text(struct dts_column *c, struct dts_define_charset to)
{
	static const struct {
		const char *type;
		uint64_t size;
	} texts[] = {{"tinytext", 255}, {"text", 65535}, {"mediumtext", 16777215}, {"longtext", UINT32_MAX}};

	for (int i = 0; i < 4; i++) {
		if (!dts_slice_is(c->type_text, texts[i].type))
			continue;
		int size = size_of_bytes(texts[i].size / max_bytes(c->charset) * max_bytes(to.charset));
		c->type_text = dts_slice_of(texts[size > i ? size : i].type);
		return;
	}
}

/* MySQL leaves the bytes of members as they are. */
static bool labels_fit(const struct dts_define *st, const struct dts_column *c, const struct dts_charset *cs)
{
	struct dts_buf bytes = {0};
	bool fit = true;

	for (size_t i = 0; i < c->label_count && fit; i++) {
		fit = dts_charset_from_utf8(cs, c->labels[i], &bytes);
		for (size_t j = 0; j < c->labels[i].len && !st->d->mariadb; j++)
			fit = fit && (unsigned char)c->labels[i].p[j] < 0x80;
	}
	dts_buf_release(&bytes);
	return fit;
}

/* Sets in which an ASCII letter is more than a byte. */
static bool is_wide(struct dts_slice charset)
{
	return dts_slice_is(charset, "ucs2") || dts_slice_is(charset, "utf16") || dts_slice_is(charset, "utf16le") ||
	       dts_slice_is(charset, "utf32");
}

bool dts_define_convert(struct dts_define *st, struct dts_column *c, struct dts_define_charset to, struct dts_arena *arena)
{
	const struct dts_charset *cs = dts_charset_find(to.charset);
	bool text = c->type_text.len >= 4 && memcmp(c->type_text.p + c->type_text.len - 4, "text", 4) == 0;

	if (c->charset.len == 0)
		return true;
	if (!cs || dts_charset_is_binary(cs) || dts_slice_is(c->charset, "binary"))
		return dts_define_fail(st, "CONVERT TO CHARACTER SET of or to bytes");
	if (memmem(c->type_text.p, c->type_text.len, "COMPRESSED", 10))
		return dts_define_fail(st, "CONVERT TO CHARACTER SET of a compressed column");
	if (c->type == DTS_TYPE_CHAR && text) {
		convert_text(c, to);
	} else if (c->type == DTS_TYPE_CHAR && !c->fixed) {
		uint64_t length = 0;

		for (size_t i = 0; i < c->type_text.len; i++)
			if (c->type_text.p[i] >= '0' && c->type_text.p[i] <= '9')
				length = length * 10 + (uint64_t)(c->type_text.p[i] - '0');
		if (length * dts_charset_max_bytes(cs) > MAX_VARCHAR_BYTES)
			return dts_define_fail(st, "column '%s' becomes longer than a VARCHAR can be", c->name.p);
	} else if (c->label_count > 0 && (is_wide(c->charset) || is_wide(to.charset))) {
		/* All three servers turn 'x' of UCS-2 into '\0x'. */
		return dts_define_fail(st, "CONVERT TO CHARACTER SET of the members of '%s', of or to a wide charset", c->name.p);
	} else if (!labels_fit(st, c, cs)) {
		return dts_define_fail(st, "CONVERT TO CHARACTER SET %s of the members of '%s'", dts_charset_name(cs), c->name.p);
	}
	c->charset = dts_arena_copy(arena, to.charset);
	c->collation = dts_arena_copy(arena, to.collation);
	return true;
}
