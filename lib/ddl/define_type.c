/* Column types as statements write them. */
#include "ddl/define.h"

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

bool dts_define_has_charset(const struct dts_define_column *c)
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
	if (dts_define_has_charset(c) && take_text_attribute(st, c))
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
