/*
 * Table maps completed from definitions. t/fuzz.d/event.corpus/mariadb118_types and mysql_types are logs of
 * the same statements written with binlog_row_metadata=FULL, and, with _minimal and _nolog
 * behind, with less; t/unit/binlog.d/NAME.schema is what dts-dump said of these tables,
 * NAME.rows the rows.
 */
#include "binlog/row.h"
#include "binlog_events.h"
#include "record/record.h"
#include "unit.h"

enum { MOST_TABLES = 50 };

struct models {
	struct dts_schema items[MOST_TABLES];
	size_t count;
};

static struct dts_buf read_file(const char *dir, const char *name, const char *end)
{
	struct dts_buf b = {0}, path = {0};
	char piece[4096];
	size_t got;

	dts_buf_addf(&path, "%s/%s%s", dir, name, end);
	FILE *in = fopen(dts_buf_text(&path), "rb");
	while (in && (got = fread(piece, 1, sizeof piece, in)) > 0)
		dts_buf_add(&b, piece, got);
	if (in)
		fclose(in);
	else
		unit_fail(__FILE__, __LINE__, "cannot read %s", dts_buf_text(&path));
	dts_buf_release(&path);
	return b;
}

/* The records, `from` being `to` in the line of that table. */
static void read_models(struct models *m, const char *name, const char *table, const char *from, const char *to)
{
	struct dts_buf file = read_file("t/unit/binlog.d", name, ".schema"), line = {0};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_record r;

	m->count = 0;
	dts_record_init(&r);
	for (char *p = (char *)dts_buf_text(&file), *next; *p; p = next) {
		char *at;

		next = strchr(p, '\n');
		*next++ = '\0';
		dts_buf_clear(&line);
		dts_buf_adds(&line, p);
		at = from && strstr(p, table) ? strstr(p, from) : NULL;
		if (at) {
			line.len = (size_t)(at - p);
			dts_buf_adds(&line, to);
			dts_buf_adds(&line, at + strlen(from));
			from = NULL;
		}
		m->items[m->count] = (struct dts_schema){0};
		if (dts_record_parse(&r, dts_buf_slice(&line), &err) < 0 ||
		    dts_schema_parse(&m->items[m->count++], &r, &err) < 0)
			unit_fail(__FILE__, __LINE__, "%s", err.message);
	}
	if (from)
		unit_fail(__FILE__, __LINE__, "%s is not there", from);
	dts_record_release(&r);
	dts_buf_release(&line);
	dts_buf_release(&file);
}

static void release_models(struct models *m)
{
	for (size_t i = 0; i < m->count; i++)
		dts_schema_release(&m->items[i]);
}

static const struct dts_schema *find_model(const struct models *m, struct dts_slice table)
{
	for (size_t i = 0; i < m->count; i++)
		if (dts_slice_eq(m->items[i].table, table))
			return &m->items[i];
	return NULL;
}

/* A table map as the models have it, or NULL with its error as a line of `out`. */
static struct dts_log_table *define(const struct dts_event *e, const struct dts_event_format *f,
				    const struct models *m, struct dts_buf *out)
{
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_log_table *t = dts_table_map_parse(e, f, &err);
	const struct dts_schema *model = t ? find_model(m, t->schema.table) : NULL;

	if (t && model && dts_log_table_define(t, model, &err) == 0) {
		/* The same as it would be stated, except for the keys, of which the log tells one. */
		struct dts_schema want = *model;
		struct dts_buf a = {0}, b = {0};

		want.unique = NULL;
		want.foreign = NULL;
		dts_schema_add(&a, &want);
		dts_schema_add(&b, &t->schema);
		CHECK_MEM(a.data, a.len, b.data, b.len);
		dts_buf_release(&a);
		dts_buf_release(&b);
		return t;
	}
	CHECK_INT(DTS_BAD_INPUT, err.status);
	dts_buf_addf(out, "%s\n", err.message);
	dts_log_table_free(t);
	return NULL;
}

/* All rows of a log, a line each. */
static void read_rows(const char *name, const char *end, const struct models *m, struct dts_buf *out)
{
	struct dts_buf file = read_file("t/fuzz.d/event.corpus", name, end);
	struct dts_slice rest = dts_buf_slice(&file), raw;
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_log_table *t = NULL;
	struct dts_event_format f = {0};
	struct dts_event_rows r;
	struct dts_event e;

	while (next_event(&rest, &raw) && dts_event_parse(&e, &f, raw, &err) == 0) {
		if (e.type == DTS_EV_FORMAT)
			dts_event_format(&f, &e, raw, &err);
		if (e.type == DTS_EV_TABLE_MAP) {
			dts_log_table_free(t);
			t = define(&e, &f, m, out);
		}
		if (!t || (e.type != DTS_EV_WRITE_ROWS && e.type != DTS_EV_UPDATE_ROWS && e.type != DTS_EV_WRITE_ROWS_V1 &&
			   e.type != DTS_EV_UPDATE_ROWS_V1))
			continue;
		if (dts_event_rows(&r, &e, &f, &err) < 0)
			break;
		while (dts_bytes_left(&r.rows) > 0 && dts_row_add(t, r.present, &r.rows, out, &err) == 0)
			dts_buf_addc(out, '\n');
	}
	CHECK_STR("", err.message);
	dts_log_table_free(t);
	dts_buf_release(&file);
}

/* DTS_WRITE=1 writes what was read: look at the difference. */
static void golden(const char *name, const char *end)
{
	struct dts_buf got = {0}, want = {0}, path = {0};
	struct models m;

	read_models(&m, name, NULL, NULL, NULL);
	read_rows(name, end, &m, &got);
	if (getenv("DTS_WRITE") && !*end) {
		dts_buf_addf(&path, "t/unit/binlog.d/%s.rows", name);
		FILE *f = fopen(dts_buf_text(&path), "wb");
		fwrite(got.data, 1, got.len, f);
		fclose(f);
	}
	want = read_file("t/unit/binlog.d", name, ".rows");
	CHECK(want.len > 1000);
	CHECK_MEM(want.data, want.len, got.data, got.len);
	release_models(&m);
	dts_buf_release(&got);
	dts_buf_release(&want);
	dts_buf_release(&path);
}

static void test_rows(void)
{
	golden("mariadb118_types", "");
	golden("mariadb118_types", "_minimal");
	golden("mariadb118_types", "_nolog");
	golden("mysql_types", "");
	golden("mysql_types", "_minimal");
}

enum { FULL = 1, MINIMAL = 2, NO_LOG = 4, MARIADB = 7, MYSQL = 3 };

/* What is changed in the definition of a table, and in which logs that is noticed. */
static const struct change {
	const char *table, *from, *to;
	unsigned mariadb, mysql;
	const char *message;
} changes[] = {
#define T(name) "\"table\":\"" name "\""
#define TYPE(name, text) "{\"name\":\"" name "\",\"type\":\"" text "\""
	{T("num"), TYPE("i8", "bigint"), TYPE("i8", "int"), 0, MYSQL, "column `i8` of table `ty`.`num` is bigint signed, null in the log, but int, null there"},
	{T("num"), TYPE("i8", "bigint(20)"), TYPE("i8", "int(20)"), MARIADB, 0, "column `i8` of table `ty`.`num` is bigint"},
	{T("num"), TYPE("i8", "bigint(20)"), TYPE("i8", "bigint(20) unsigned"), FULL | MINIMAL, 0, "is bigint signed, null in the log"},
	{T("num"), TYPE("i8", "bigint"), TYPE("i8", "bigint unsigned"), 0, MYSQL, "is bigint signed, null in the log"},
	/* The bit of a YEAR stands between them. */
	{T("num"), TYPE("i2", "smallint unsigned"), TYPE("i2", "smallint"), 0, MYSQL, "is smallint unsigned, null in the log"},
	{T("num"), TYPE("y", "year(4)"), TYPE("y", "tinyint(4)"), MARIADB, 0, "is year(4)"},
	{T("num"), TYPE("de", "decimal(10,3) unsigned"), TYPE("de", "decimal(10,2) unsigned"), MARIADB, MYSQL, "is decimal(10,3)"},
	{T("num"), TYPE("de", "decimal(10,3) unsigned"), TYPE("de", "decimal(11,3) unsigned"), MARIADB, MYSQL, "is decimal(10,3)"},
	{T("num"), TYPE("bi", "bit(10)"), TYPE("bi", "bit(9)"), MARIADB, MYSQL, "is bit(10), null in the log, but bit(9), null there"},
	{T("num"), TYPE("f", "float unsigned"), TYPE("f", "double unsigned"), MARIADB, MYSQL, "is float"},
	{T("num"), TYPE("d", "double") ",\"null\":true", TYPE("d", "double"), MARIADB, MYSQL, "null in the log, but double, not null there"},
	{T("tm"), TYPE("t3", "time(3)"), TYPE("t3", "time(4)"), MARIADB, MYSQL, "is time(3)"},
	{T("tm"), TYPE("dt", "datetime"), TYPE("dt", "timestamp"), MARIADB, MYSQL, "is datetime"},
	{T("tm"), TYPE("ts5", "timestamp(5)"), TYPE("ts5", "timestamp(6)"), MARIADB, MYSQL, "is timestamp(5)"},
	{T("tm"), TYPE("d", "date"), TYPE("d", "int"), MARIADB, MYSQL, "is date"},
	{T("txt"), TYPE("a", "char(10)"), TYPE("a", "char(11)"), MARIADB, MYSQL, "char of 10 bytes"},
	{T("txt"), TYPE("a", "char(10)"), TYPE("a", "varchar(10)"), MARIADB, MYSQL, "char of 10 bytes"},
	{T("txt"), TYPE("a", "char(10)") ",\"charset\":\"latin1\"", TYPE("a", "char(10)") ",\"charset\":\"latin2\"", FULL | MINIMAL, MYSQL, "char of 10 bytes, latin1, not null in the log, but char(10), latin2, not null there"},
	{T("txt"), TYPE("a", "char(10)") ",\"charset\":\"latin1\"", TYPE("a", "char(10)") ",\"charset\":\"utf8mb4\"", MARIADB, MYSQL, "char of 10 bytes"},
	{T("txt"), TYPE("a", "char(10)") ",\"charset\":\"latin1\",\"collation\":\"latin1_swedish_ci\"", TYPE("a", "binary(10)"), FULL | MINIMAL, MYSQL, "latin1"},
	{T("txt"), TYPE("b", "varchar(20)"), TYPE("b", "varchar(21)"), MARIADB, MYSQL, "varchar of 40 bytes"},
	{T("txt"), TYPE("c", "text"), TYPE("c", "mediumtext"), MARIADB, MYSQL, "blob or text with lengths of 2 bytes"},
	{T("txt"), TYPE("c", "text"), TYPE("c", "blob"), FULL | MINIMAL, MYSQL, "utf8mb4"},
	{T("txt"), TYPE("bl", "longblob"), TYPE("bl", "blob"), MARIADB, MYSQL, "blob or text with lengths of 4 bytes"},
	{T("txt"), TYPE("d", "varbinary(30)"), TYPE("d", "varbinary(31)"), MARIADB, MYSQL, "varchar of 30 bytes"},
	{T("txt"), "enum('x','é','it''s')", "enum('é','x','it''s')", FULL, FULL, "enum('x','é','it''s'), latin1, null in the log, but enum('é','x','it''s')"},
	{T("txt"), "enum('x','é','it''s')", "set('x','é','it''s')", MARIADB, MYSQL, "enum"},
	{T("txt"), "set('a','b')", "set('a','b','c','d','e','f','g','h','i')", MARIADB, MYSQL, "set"},
	{T("txt"), "set('a','b')", "set('a','c')", FULL, FULL, "set('a','b')"},
	{T("txt"), TYPE("g2", "point"), TYPE("g2", "polygon"), FULL | MINIMAL, MYSQL, "is point"},
	{T("txt"), TYPE("g", "geometry"), TYPE("g", "blob"), MARIADB, MYSQL, "is geometry"},
	{T("txt"), TYPE("u", "uuid"), TYPE("u", "inet4"), MARIADB, 0, "char of 16 bytes"},
	{T("txt"), TYPE("u", "uuid"), TYPE("u", "binary(15)"), MARIADB, 0, "char of 16 bytes"},
	{T("vec"), TYPE("v", "vector(3)"), TYPE("v", "vector(4)"), MARIADB, 0, "varchar of 12 bytes"},
	{T("txt"), TYPE("v", "vector(4)"), TYPE("v", "vector(5)"), 0, MYSQL, "is vector(4)"},
	{T("txt"), TYPE("j", "json"), TYPE("j", "longblob"), 0, MYSQL, "is json"},
	/* Names: two of one type are swapped; the log of FULL has them. */
	{T("gipk"), TYPE("a", "int") ",\"null\":true}," TYPE("b", "int"), TYPE("b", "int") ",\"null\":true}," TYPE("a", "int"), 0, FULL, "has column `a` in the log where `b` stands there"},
	/* One more, one less. */
	{T("hid"), TYPE("inv", "int(11)") ",\"null\":true,\"invisible\":true},", "", MARIADB, 0, "column"},
	{T("hid"), ",{\"name\":\"i2\",\"type\":\"int(11)\",\"null\":true}", "", MARIADB, 0, "table `ty`.`hid` has"},
	{T("hid"), ",{\"name\":\"i2\",\"type\":\"int(11)\",\"null\":true}", ",{\"name\":\"i2\",\"type\":\"int(11)\",\"null\":true},{\"name\":\"i3\",\"type\":\"bigint(20) unsigned\",\"null\":true}", FULL, 0, "table `ty`.`hid` has 10 columns in the log, but 9 there"},
	/* Without a unique key the number behind the others is no hash. */
	{T("hid"), "\"unique\":[{\"name\":\"t\",\"columns\":[\"t\"]},", "\"unique\":[", MINIMAL | NO_LOG, 0, "table `ty`.`hid` has 10 columns in the log, but 8 there"},
	{T("pt"), ",{\"name\":\"a\",\"type\":\"int\",\"null\":true}", "", 0, MYSQL, "table `ty`.`pt` has 2 columns in the log, but 1 there"},
	/* No change. */
	{T("txt"), TYPE("u", "uuid"), TYPE("u", "inet6"), 0, 0, ""},
	{T("num"), TYPE("i4", "int(5) unsigned zerofill"), TYPE("i4", "int unsigned"), 0, 0, ""},
};

static void check_change(const struct change *c, const char *name, const char *end, bool noticed)
{
	struct dts_buf got = {0};
	struct models m;
	const char *text;

	read_models(&m, name, c->table, c->from, c->to);
	read_rows(name, end, &m, &got);
	text = dts_buf_text(&got);
	if ((strstr(text, "disagrees with the schema history") && strstr(text, c->message)) != noticed) {
		text = strstr(text, "the table map");
		unit_fail(__FILE__, __LINE__, "%s%s: %s -> %s: %.*s", name, end, c->from, c->to, text ? (int)strcspn(text, "\n") : 0, text ? text : "");
	}
	release_models(&m);
	dts_buf_release(&got);
}

static bool concerns(const struct change *c, const char *name)
{
	struct dts_buf file = read_file("t/unit/binlog.d", name, ".schema");
	const char *line = strstr(dts_buf_text(&file), c->table), *at = line ? strstr(line, c->from) : NULL;
	bool found = at && at < strchr(line, '\n');

	dts_buf_release(&file);
	return found;
}

static void test_disagreements(void)
{
	for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
		const struct change *c = &changes[i];
		bool mariadb = concerns(c, "mariadb118_types"), mysql = concerns(c, "mysql_types");

		if (!mariadb && !mysql)
			unit_fail(__FILE__, __LINE__, "%s is nowhere", c->from);
		if (mariadb) {
			check_change(c, "mariadb118_types", "", c->mariadb & FULL);
			check_change(c, "mariadb118_types", "_minimal", c->mariadb & MINIMAL);
			check_change(c, "mariadb118_types", "_nolog", c->mariadb & NO_LOG);
		}
		if (mysql) {
			check_change(c, "mysql_types", "", c->mysql & FULL);
			check_change(c, "mysql_types", "_minimal", c->mysql & MINIMAL);
		}
	}
}

/* Without a definition: names must be in the log, and what it says of members is exact. */
static void hint_table(const char *end, const char *table, struct dts_buf *out, struct dts_error *err)
{
	struct dts_buf file = read_file("t/fuzz.d/event.corpus", "mysql_types", end);
	struct dts_slice rest = dts_buf_slice(&file), raw;
	struct dts_log_table *t = NULL;
	struct dts_event_format f = {0};
	struct dts_event_rows r;
	struct dts_event e;

	while (next_event(&rest, &raw) && dts_event_parse(&e, &f, raw, err) == 0) {
		if (e.type == DTS_EV_FORMAT)
			dts_event_format(&f, &e, raw, err);
		if (e.type == DTS_EV_TABLE_MAP && !t) {
			t = dts_table_map_parse(&e, &f, err);
			if (!t || !dts_slice_is(t->schema.table, table) || dts_log_table_hint(t, NULL, err) < 0) {
				dts_log_table_free(t);
				t = NULL;
			}
		} else if (t && e.type == DTS_EV_WRITE_ROWS && dts_event_rows(&r, &e, &f, err) == 0 && r.table_id == t->id) {
			dts_schema_add(out, &t->schema);
			dts_row_add(t, r.present, &r.rows, out, err);
			break;
		}
	}
	dts_log_table_free(t);
	dts_buf_release(&file);
}

static void test_hint(void)
{
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_buf out = {0};

	hint_table("", "lbl", &out, &err);
	CHECK_STR("", err.message);
	CHECK_STR("{\"op\":\"schema\",\"db\":\"ty\",\"table\":\"lbl\",\"columns\":[{\"name\":\"e\",\"type\":\"enum('a\\\\\\\\\\\\\\\\b','x\\\"y','it''s','q\\\\n','  lead','trail','é','','%')\",\"null\":true,\"charset\":\"utf8mb4\"},{\"name\":\"s\",\"type\":\"set('\\\\\\\\\\\\\\\\','é','a b')\",\"null\":true,\"charset\":\"gbk\"}],\"source\":{\"db\":\"ty\",\"table\":\"lbl\"}}\n"
		  "{\"e\":\"a\\\\\\\\b\",\"s\":\"\\\\\\\\,é,a b\"}", dts_buf_text(&out));
	dts_buf_clear(&out);
	hint_table("_minimal", "lbl", &out, &err);
	CHECK_INT(DTS_REFUSED, err.status);
	CHECK_STR("the log does not have the column names of table `ty`.`lbl`", err.message);
	CHECK_STR("", dts_buf_text(&out));
	dts_buf_release(&out);
}

/* Deleted and old rows of a system-versioned table look like others, so its log is refused. */
static void test_versioned(void)
{
	struct dts_buf file = read_file("t/fuzz.d/event.corpus", "mariadb118_types", "");
	struct dts_slice rest = dts_buf_slice(&file), raw;
	struct dts_event_format f = {0};
	struct dts_buf refused = {0};
	struct dts_event e;
	struct models m;

	read_models(&m, "mariadb118_types", NULL, NULL, NULL);
	for (struct dts_error err = DTS_ERROR_INIT; next_event(&rest, &raw) && dts_event_parse(&e, &f, raw, &err) == 0;) {
		struct dts_log_table *t;

		if (e.type == DTS_EV_FORMAT)
			dts_event_format(&f, &e, raw, &err);
		if (e.type != DTS_EV_TABLE_MAP || !(t = dts_table_map_parse(&e, &f, &err)))
			continue;
		if (dts_log_table_hint(t, find_model(&m, t->schema.table), &err) < 0) {
			CHECK_INT(DTS_BAD_INPUT, err.status);
			CHECK(strstr(err.message, "is system-versioned") != NULL);
			dts_buf_addf(&refused, "%.*s ", (int)t->schema.table.len, t->schema.table.p);
		}
		dts_log_table_free(t);
	}
	CHECK_STR("v1 v2 v3 ", dts_buf_text(&refused));
	release_models(&m);
	dts_buf_release(&refused);
	dts_buf_release(&file);
}

int main(void)
{
	RUN(test_rows);
	RUN(test_disagreements);
	RUN(test_hint);
	RUN(test_versioned);
	return unit_done();
}
