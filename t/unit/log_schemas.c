/* The schema records that are in force in a log. */
#include "log/schemas.h"
#include "record/names.h"
#include "unit.h"

static struct dts_log_schemas known;

static void take(const char *line)
{
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_record r;

	dts_record_init(&r);
	if (dts_record_parse(&r, dts_slice_of(line), &err) == 0)
		dts_log_schemas_note(&known, &r);
	CHECK_STR("", err.message);
	dts_record_release(&r);
}

static void schema(const char *db, const char *table, const char *column)
{
	char line[500];

	snprintf(line, sizeof line, "{\"op\":\"schema\",\"db\":\"%s\",\"table\":\"%s\",\"columns\":[{\"name\":\"%s\",\"type\":\"int\"}]}", db, table,
		 column);
	take(line);
}

static void ddl(const char *kind, const char *objects)
{
	char line[500];

	snprintf(line, sizeof line, "{\"op\":\"ddl\",\"kind\":\"%s\",\"db\":\"shop\",\"tx\":\"0-1-1\",\"n\":1,\"sql\":\"x\",\"objects\":[%s]}", kind,
		 objects);
	take(line);
}

/* "db.table:column db.table:column" */
static const char *all(void)
{
	static char text[1000];

	text[0] = '\0';
	for (const struct dts_log_schema *e = known.first; e; e = e->behind) {
		const char *column = strstr(dts_buf_text((struct dts_buf *)(uintptr_t)&e->line), "\"name\":\"") + 8;
		struct dts_slice db, table;
		size_t len = strlen(text);

		dts_map_pair_read(dts_buf_slice(&e->key), &db, &table);
		snprintf(text + len, sizeof text - len, "%s%.*s.%.*s:%.*s", len ? " " : "", (int)db.len, db.p, (int)table.len, table.p,
			 (int)strcspn(column, "\""), column);
	}
	return text;
}

#define TABLE(name, role) "{\"type\":\"table\",\"db\":\"shop\",\"table\":\"" name "\",\"role\":\"" role "\"}"

static void test_last_counts(void)
{
	schema("shop", "a", "one");
	schema("shop", "b", "one");
	schema("shop", "a", "two");
	CHECK_STR("shop.a:two shop.b:one", all());
	dts_log_schemas_release(&known);
}

static void test_statements_forget(void)
{
	schema("shop", "a", "one");
	schema("shop", "b", "one");
	schema("shop", "c", "one");
	ddl("create-index", TABLE("a", "target"));
	ddl("create-table-like", TABLE("d", "target") "," TABLE("a", "like"));
	CHECK_STR("shop.a:one shop.b:one shop.c:one", all());
	ddl("alter-table", TABLE("a", "target"));
	CHECK_STR("shop.b:one shop.c:one", all());
	schema("shop", "a", "two"); /* behind the statement: it is known again */
	ddl("rename-table", TABLE("b", "target") "," TABLE("c", "new"));
	CHECK_STR("shop.a:two", all());
	schema("shop", "c", "two");
	schema("shop", "a", "three");
	CHECK_STR("shop.a:three shop.c:two", all());
	schema("other", "a", "one");
	ddl("drop-database", "{\"type\":\"database\",\"db\":\"shop\",\"role\":\"target\"}");
	CHECK_STR("other.a:one", all());
	ddl("unknown", "");
	CHECK_STR("", all());
	dts_log_schemas_release(&known);
}

/* Where it cannot be told which is meant, neither is known. */
static void test_names_in_any_case(void)
{
	schema("shop", "orders", "one");
	schema("shop", "orders2", "one");
	schema("shop", "stra\xc3\x9f" "e", "one");
	ddl("alter-table", TABLE("ORDERS", "target"));
	CHECK_STR("shop.orders2:one shop.stra\xc3\x9f" "e:one", all());
	ddl("drop-table", TABLE("STRA\xe1\xba\x9e" "E", "target"));
	CHECK_STR("shop.orders2:one", all());
	dts_log_schemas_release(&known);

	CHECK_INT(true, dts_names_alike(DTS_LIT(""), DTS_LIT("\xc3\x9f")));
	CHECK_INT(false, dts_names_alike(DTS_LIT("ab"), DTS_LIT("a")));
	CHECK_INT(false, dts_names_alike(DTS_LIT("a"), DTS_LIT("ab")));
}

int main(void)
{
	RUN(test_last_counts);
	RUN(test_statements_forget);
	RUN(test_names_in_any_case);
	return unit_done();
}
