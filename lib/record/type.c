#include "record/schema.h"

#include "base/arena.h"

/* The words that column types begin with. */
static const struct type_name {
	const char *name;
	enum dts_type type;
	bool fixed;
} type_names[] = {
	{"tinyint", DTS_TYPE_INTEGER, false},
	{"smallint", DTS_TYPE_INTEGER, false},
	{"mediumint", DTS_TYPE_INTEGER, false},
	{"int", DTS_TYPE_INTEGER, false},
	{"integer", DTS_TYPE_INTEGER, false},
	{"bigint", DTS_TYPE_INTEGER, false},
	{"year", DTS_TYPE_YEAR, false},
	{"bit", DTS_TYPE_BIT, false},
	{"decimal", DTS_TYPE_DECIMAL, false},
	{"numeric", DTS_TYPE_DECIMAL, false},
	{"float", DTS_TYPE_FLOAT, false},
	{"double", DTS_TYPE_DOUBLE, false},
	{"real", DTS_TYPE_DOUBLE, false},
	{"date", DTS_TYPE_DATE, false},
	{"time", DTS_TYPE_TIME, false},
	{"datetime", DTS_TYPE_DATETIME, false},
	{"timestamp", DTS_TYPE_TIMESTAMP, false},
	{"char", DTS_TYPE_CHAR, true},
	{"varchar", DTS_TYPE_CHAR, false},
	{"tinytext", DTS_TYPE_CHAR, false},
	{"text", DTS_TYPE_CHAR, false},
	{"mediumtext", DTS_TYPE_CHAR, false},
	{"longtext", DTS_TYPE_CHAR, false},
	{"binary", DTS_TYPE_BINARY, true},
	{"varbinary", DTS_TYPE_BINARY, false},
	{"tinyblob", DTS_TYPE_BINARY, false},
	{"blob", DTS_TYPE_BINARY, false},
	{"mediumblob", DTS_TYPE_BINARY, false},
	{"longblob", DTS_TYPE_BINARY, false},
	{"enum", DTS_TYPE_ENUM, false},
	{"set", DTS_TYPE_SET, false},
	{"json", DTS_TYPE_JSON, false},
	{"geometry", DTS_TYPE_GEOMETRY, false},
	{"point", DTS_TYPE_GEOMETRY, false},
	{"linestring", DTS_TYPE_GEOMETRY, false},
	{"polygon", DTS_TYPE_GEOMETRY, false},
	{"multipoint", DTS_TYPE_GEOMETRY, false},
	{"multilinestring", DTS_TYPE_GEOMETRY, false},
	{"multipolygon", DTS_TYPE_GEOMETRY, false},
	{"geometrycollection", DTS_TYPE_GEOMETRY, false},
	{"geomcollection", DTS_TYPE_GEOMETRY, false},
	{"uuid", DTS_TYPE_UUID, false},
	{"inet4", DTS_TYPE_INET4, false},
	{"inet6", DTS_TYPE_INET6, false},
	{"vector", DTS_TYPE_VECTOR, false},
};

/* Takes a whole number from *p; 0 when there is none. */
static uint32_t read_number(const char **p, const char *end)
{
	uint32_t n = 0;

	while (*p < end && **p == ' ')
		(*p)++;
	for (; *p < end && **p >= '0' && **p <= '9'; (*p)++)
		if (n < UINT32_MAX / 10)
			n = n * 10 + (uint32_t)(**p - '0');
	return n;
}

/* One quoted label from p, which stands at its quote; behind it. With `to` NULL
 * its length alone is counted. Servers double quotes and escape \0 \n \r \\. */
static const char *read_label(const char *p, const char *end, char *to, size_t *len)
{
	*len = 0;
	for (p++; p < end; p++) {
		char c = *p;
		if (c == '\'') {
			if (p + 1 == end || p[1] != '\'')
				return p + 1;
			p++;
		} else if (c == '\\' && p + 1 < end) {
			c = *++p;
			c = c == '0' ? '\0' : c == 'n' ? '\n' : c == 'r' ? '\r' : c;
		}
		if (to)
			to[*len] = c;
		++*len;
	}
	return end;
}

static void read_labels(struct dts_column *c, const char *p, const char *end, struct dts_arena *arena)
{
	size_t count = 0, len;

	for (const char *q = p; q < end && *q != ')'; q++)
		if (*q == '\'') {
			q = read_label(q, end, NULL, &len) - 1;
			count++;
		}
	struct dts_slice *labels = dts_arena_alloc(arena, count, sizeof *labels);
	for (size_t i = 0; i < count; i++) {
		while (*p != '\'')
			p++;
		read_label(p, end, NULL, &len);
		char *text = dts_arena_alloc(arena, len + 1, 1);
		p = read_label(p, end, text, &len);
		labels[i] = dts_slice(text, len);
	}
	c->labels = labels;
	c->label_count = count;
}

/* What stands in the brackets behind the type's name; `p` behind the opening one. */
static void read_arguments(struct dts_column *c, const char *p, const char *end, struct dts_arena *arena)
{
	if (c->type == DTS_TYPE_ENUM || c->type == DTS_TYPE_SET) {
		read_labels(c, p, end, arena);
		return;
	}
	uint32_t first = read_number(&p, end), second = 0;
	if (p < end && *p == ',') {
		p++;
		second = read_number(&p, end);
	}
	if (c->type == DTS_TYPE_BIT || c->fixed)
		c->length = first;
	else if (c->type == DTS_TYPE_DECIMAL)
		c->decimals = (uint8_t)second;
	else if (c->type == DTS_TYPE_TIME || c->type == DTS_TYPE_DATETIME || c->type == DTS_TYPE_TIMESTAMP)
		c->decimals = (uint8_t)first;
}

void dts_column_from_type(struct dts_column *c, struct dts_arena *arena)
{
	const char *p = c->type_text.p, *end = p + c->type_text.len;
	const char *word = p;

	c->type = DTS_TYPE_UNKNOWN;
	c->is_unsigned = c->fixed = false;
	c->length = c->decimals = 0;
	c->labels = NULL;
	c->label_count = 0;
	while (p < end && ((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9')))
		p++;
	for (size_t i = 0; i < sizeof type_names / sizeof *type_names; i++)
		if (dts_slice_is(dts_slice(word, (size_t)(p - word)), type_names[i].name)) {
			c->type = type_names[i].type;
			c->fixed = type_names[i].fixed;
		}
	if (c->type == DTS_TYPE_BIT || c->fixed)
		c->length = 1;
	if (p < end && *p == '(')
		read_arguments(c, p + 1, end, arena);
	if (c->type != DTS_TYPE_ENUM && c->type != DTS_TYPE_SET && c->type_text.len > 0)
		c->is_unsigned = memmem(p, (size_t)(end - p), " unsigned", 9) != NULL;
}
