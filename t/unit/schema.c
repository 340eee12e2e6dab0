#include "record/schema.h"

#include "base/arena.h"
#include "unit.h"

#define SHORT "{\"op\":\"schema\",\"db\":\"d\",\"table\":\"t\",\"columns\":"
#define COLUMN(name) "{\"name\":\"" name "\",\"type\":\"int(11)\"}"

static int parse(struct dts_schema *s, const char *line, struct dts_error *err)
{
	struct dts_record r;

	dts_record_init(&r);
	int rc = dts_record_parse(&r, dts_slice_of(line), err);
	if (rc == 0)
		rc = dts_schema_parse(s, &r, err);
	dts_record_release(&r);
	return rc;
}

static void test_round_trip(void)
{
	static const char *const lines[] = {
		"{\"op\":\"schema\",\"db\":\"shop\",\"table\":\"orders\",\"columns\":[{\"name\":\"id\",\"type\":\"bigint(20) unsigned\"},"
		"{\"name\":\"note\",\"type\":\"varchar(80)\",\"null\":true,\"charset\":\"utf8mb4\",\"collation\":\"utf8mb4_bin\"},"
		"{\"name\":\"g\",\"type\":\"int(11)\",\"generated\":\"stored\",\"invisible\":true},"
		"{\"name\":\"h\",\"type\":\"int(11)\",\"generated\":\"virtual\"}],\"primary\":[\"id\"],"
		"\"unique\":[{\"name\":\"u\",\"columns\":[\"note\",\"g\"]},{\"name\":\"w\",\"columns\":[\"g\"]}],"
		"\"foreign\":[{\"name\":\"fk\",\"columns\":[\"id\"],\"to\":{\"db\":\"x\",\"table\":\"y\",\"columns\":[\"z\"]},"
		"\"delete\":\"CASCADE\",\"update\":\"RESTRICT\"}],\"source\":{\"db\":\"old\",\"table\":\"o\\\"ld\"}}\n",
		SHORT "[" COLUMN("a") "],\"source\":{\"db\":\"d\",\"table\":\"t\"}}\n",
		SHORT "[" COLUMN("a") "],\"unique\":[],\"foreign\":[],\"source\":{\"db\":\"d\",\"table\":\"t\"}}\n",
	};
	struct dts_schema s = {0};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_buf out = {0};

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		dts_buf_clear(&out);
		CHECK_INT(0, parse(&s, lines[i], &err));
		CHECK_STR("", err.message);
		dts_schema_add(&out, &s);
		CHECK_STR(lines[i], dts_buf_text(&out));
	}
	CHECK_INT(0, parse(&s, lines[0], &err));
	CHECK_INT(4, s.column_count);
	CHECK(s.columns[0].is_unsigned && !s.columns[0].nullable && s.columns[1].nullable);
	CHECK(s.columns[0].charset.len == 0);
	CHECK(dts_slice_is(s.source_table, "o\"ld"));
	CHECK_INT(1, dts_schema_column(&s, DTS_LIT("note"), 1));
	CHECK_INT(1, dts_schema_column(&s, DTS_LIT("note"), 3));
	CHECK_INT(1, dts_schema_column(&s, DTS_LIT("note"), 99));
	CHECK_INT(-1, dts_schema_column(&s, DTS_LIT("NOTE"), 1));
	CHECK_INT(0, parse(&s, SHORT "[" COLUMN("a") "]}", &err));
	CHECK(dts_slice_is(s.source_db, "d") && dts_slice_is(s.source_table, "t"));
	CHECK(!s.unique && !s.foreign && s.primary.count == 0);
	dts_buf_release(&out);
	dts_schema_release(&s);
	dts_schema_release(NULL);
}

static void test_refused(void)
{
	static const struct {
		const char *line, *why;
	} cases[] = {
		{SHORT "[]}", "schema: a table has no columns"},
		{SHORT "[1]}", "schema: a column is not an object"},
		{SHORT "[{}]}", "schema: name of a column is missing"},
		{SHORT "[{\"name\":\"a\"}]}", "schema: type of a column is missing"},
		{SHORT "[{\"name\":\"a\",\"type\":1}]}", "schema: type of a column is not a string"},
		{SHORT "[{\"name\":\"a\",\"type\":\"int\",\"generated\":\"maybe\"}]}", "schema: 'generated' is neither virtual nor stored"},
		{SHORT "[" COLUMN("a") "," COLUMN("a") "]}", "schema: a is a column twice"},
		{SHORT "[" COLUMN("a") "],\"primary\":[\"b\"]}", "schema: b is in a key but is no column"},
		{SHORT "[" COLUMN("a") "],\"primary\":[1]}", "schema: list of the primary key is not a string"},
		{SHORT "[" COLUMN("a") "],\"unique\":[1]}", "schema: a unique key is not an object"},
		{SHORT "[" COLUMN("a") "],\"unique\":[{\"name\":\"u\"}]}", "schema: list of a unique key is missing"},
		{SHORT "[" COLUMN("a") "],\"unique\":[{\"name\":\"u\",\"columns\":\"a\"}]}", "schema: list of a unique key is not an array"},
		{SHORT "[" COLUMN("a") "],\"foreign\":[{\"name\":\"f\",\"columns\":[\"a\"]}]}",
		 "schema: a foreign key is not an object with an object 'to'"},
		{SHORT "[" COLUMN("a") "],\"foreign\":[{\"name\":\"f\",\"columns\":[\"a\"],\"to\":{\"db\":\"\",\"table\":\"\",\"columns\":[]}}]}",
		 "schema: f has lists of different length"},
		{SHORT "[" COLUMN("a") "],\"source\":{\"db\":\"d\"}}", "schema: 'table' in 'source' is missing"},
	};
	struct dts_schema s = {0};
	struct dts_error err = DTS_ERROR_INIT;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CHECK_INT(-1, parse(&s, cases[i].line, &err));
		CHECK_STR(cases[i].why, err.message);
		CHECK(s.arena == NULL);
	}
}

static struct dts_column column(struct dts_arena *arena, const char *type)
{
	struct dts_column c = {.type_text = dts_slice_of(type)};

	dts_column_from_type(&c, arena);
	return c;
}

static void test_types(void)
{
	static const struct {
		const char *text;
		enum dts_type type;
		bool is_unsigned, fixed;
		unsigned length, decimals;
	} cases[] = {
		{"int(11)", DTS_TYPE_INTEGER, false, false, 0, 0},
		{"tinyint(1)", DTS_TYPE_INTEGER, false, false, 0, 0},
		{"bigint unsigned", DTS_TYPE_INTEGER, true, false, 0, 0},
		{"int(5) unsigned zerofill", DTS_TYPE_INTEGER, true, false, 0, 0},
		{"year(4)", DTS_TYPE_YEAR, false, false, 0, 0},
		{"bit(17)", DTS_TYPE_BIT, false, false, 17, 0},
		{"decimal(10,2)", DTS_TYPE_DECIMAL, false, false, 0, 2},
		{"decimal(65,30) unsigned", DTS_TYPE_DECIMAL, true, false, 0, 30},
		{"float", DTS_TYPE_FLOAT, false, false, 0, 0},
		{"float(7,4)", DTS_TYPE_FLOAT, false, false, 0, 0},
		{"double unsigned", DTS_TYPE_DOUBLE, true, false, 0, 0},
		{"date", DTS_TYPE_DATE, false, false, 0, 0},
		{"time", DTS_TYPE_TIME, false, false, 0, 0},
		{"time(6)", DTS_TYPE_TIME, false, false, 0, 6},
		{"datetime(3)", DTS_TYPE_DATETIME, false, false, 0, 3},
		{"timestamp /* mariadb-5.3 */", DTS_TYPE_TIMESTAMP, false, false, 0, 0},
		{"char(10)", DTS_TYPE_CHAR, false, true, 10, 0},
		{"char", DTS_TYPE_CHAR, false, true, 1, 0},
		{"varchar(100) /*M!100301 COMPRESSED*/", DTS_TYPE_CHAR, false, false, 0, 0},
		{"longtext", DTS_TYPE_CHAR, false, false, 0, 0},
		{"binary(16)", DTS_TYPE_BINARY, false, true, 16, 0},
		{"varbinary(16)", DTS_TYPE_BINARY, false, false, 0, 0},
		{"mediumblob", DTS_TYPE_BINARY, false, false, 0, 0},
		{"json", DTS_TYPE_JSON, false, false, 0, 0},
		{"point", DTS_TYPE_GEOMETRY, false, false, 0, 0},
		{"geomcollection", DTS_TYPE_GEOMETRY, false, false, 0, 0},
		{"uuid", DTS_TYPE_UUID, false, false, 0, 0},
		{"inet4", DTS_TYPE_INET4, false, false, 0, 0},
		{"inet6", DTS_TYPE_INET6, false, false, 0, 0},
		{"vector(3)", DTS_TYPE_VECTOR, false, false, 0, 0},
		{"xmltype", DTS_TYPE_UNKNOWN, false, false, 0, 0},
		{"", DTS_TYPE_UNKNOWN, false, false, 0, 0},
		{"int(", DTS_TYPE_INTEGER, false, false, 0, 0},
	};
	struct dts_arena *arena = dts_arena_new();

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct dts_column c = column(arena, cases[i].text);
		if (c.type != cases[i].type || c.is_unsigned != cases[i].is_unsigned || c.fixed != cases[i].fixed ||
		    c.length != cases[i].length || c.decimals != cases[i].decimals)
			unit_fail(__FILE__, __LINE__, "%s: type %d length %u decimals %u", cases[i].text, c.type,
				  c.length, c.decimals);
	}
	dts_arena_free(arena);
}

static void test_labels(void)
{
	struct dts_arena *arena = dts_arena_new();
	struct dts_column c = column(arena, "enum('a','it''s',',',')','','\\\\','\\n\\r\\0','unsigned','\xc3\xa9')");
	static const char *const want[] = {"a", "it's", ",", ")", "", "\\", "\n\r", "unsigned", "\xc3\xa9"};

	CHECK_INT(DTS_TYPE_ENUM, c.type);
	CHECK(!c.is_unsigned);
	CHECK_INT(9, c.label_count);
	for (size_t i = 0; i < c.label_count; i++)
		CHECK_STR(want[i], c.labels[i].p);
	CHECK_INT(3, c.labels[6].len);
	c = column(arena, "set('x','y') ");
	CHECK(c.type == DTS_TYPE_SET && c.label_count == 2);
	/* Not what a server writes: no crash, no read beyond the end. */
	static const char *const odd[] = {"enum(", "enum()", "enum('", "enum('a", "enum('a'", "enum('a',", "set('\\", "enum('a'''"};
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		char *copy = malloc(strlen(odd[i]));
		memcpy(copy, odd[i], strlen(odd[i]));
		c = (struct dts_column){.type_text = dts_slice(copy, strlen(odd[i]))};
		dts_column_from_type(&c, arena);
		CHECK(c.label_count < 3);
		free(copy);
	}
	dts_arena_free(arena);
}

int main(void)
{
	RUN(test_round_trip);
	RUN(test_refused);
	RUN(test_types);
	RUN(test_labels);
	return unit_done();
}
