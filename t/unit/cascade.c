#include "apply/cascade.h"

#include "unit.h"

static struct dts_error err;
static struct dts_cascades cascades;

#define COLUMNS "[{\"name\":\"id\",\"type\":\"int(11)\"},{\"name\":\"p\",\"type\":\"int(11)\",\"null\":true}]"

static void schema_of(struct dts_schema *s, const char *line)
{
	struct dts_record r;

	dts_record_init(&r);
	if (dts_record_parse(&r, dts_slice_of(line), &err) < 0 || dts_schema_parse(s, &r, &err) < 0)
		unit_fail(__FILE__, __LINE__, "%s: %s", line, err.message);
	dts_record_release(&r);
}

/* A table with a foreign key from p to the id of `parent`; "" has none. It is called x_NAME at the target. */
static void add(const char *name, const char *parent, const char *on_delete, const char *on_update)
{
	struct dts_schema s = {0};
	struct dts_buf line = {0}, to = {0};

	dts_buf_addf(&line, "{\"op\":\"schema\",\"db\":\"d\",\"table\":\"%s\",\"columns\":" COLUMNS ",\"primary\":[\"id\"]", name);
	if (*parent)
		dts_buf_addf(&line, ",\"foreign\":[{\"name\":\"%s_of_%s\",\"columns\":[\"p\"],\"to\":{\"db\":\"d\",\"table\":\"%s\",\"columns\":[\"id\"]},"
				    "\"delete\":\"%s\",\"update\":\"%s\"}]", name, parent, parent, on_delete, on_update);
	dts_buf_addf(&line, ",\"source\":{\"db\":\"d\",\"table\":\"%s\"}}", name);
	schema_of(&s, dts_buf_text(&line));
	dts_buf_addf(&to, "x_%s", name);
	dts_cascades_add(&cascades, &s, DTS_LIT("e"), dts_buf_slice(&to));
	dts_buf_release(&line);
	dts_buf_release(&to);
}

static size_t group_of(const char *table)
{
	long i = dts_cascades_find(&cascades, DTS_LIT("d"), dts_slice_of(table));

	return i < 0 ? (size_t)-1 : cascades.group[i];
}

static const char *obstacle_of(const char *table)
{
	static char name[100];
	const struct dts_foreign_link *l = dts_foreign_obstacle(cascades.links, cascades.link_count, cascades.group, group_of(table));

	snprintf(name, sizeof name, "%.*s", l ? (int)l->foreign->name.len : 0, l ? l->foreign->name.p : "");
	return name;
}

static void test_groups(void)
{
	add("customer", "", "", "");
	add("address", "customer", "CASCADE", "RESTRICT");
	add("category", "category", "SET NULL", "RESTRICT");
	add("product", "category", "SET NULL", "NO ACTION");
	add("lonely", "customer", "RESTRICT", "RESTRICT");
	add("abroad", "nowhere", "CASCADE", "CASCADE");
	add("a", "", "", "");
	add("b", "a", "CASCADE", "RESTRICT");
	add("c", "b", "SET NULL", "RESTRICT");
	add("tree", "tree", "CASCADE", "RESTRICT");
	add("renamed", "customer", "RESTRICT", "CASCADE");
	dts_cascades_join(&cascades);
	CHECK(group_of("customer") == group_of("address"));
	CHECK(group_of("customer") == group_of("renamed"));
	CHECK(group_of("category") == group_of("product"));
	CHECK(group_of("lonely") != group_of("customer"));
	CHECK(group_of("a") == group_of("c"));
	CHECK(group_of("ADDRESS") == group_of("address")); /* lower_case_table_names */
	CHECK(group_of("none") == (size_t)-1);
	CHECK_STR("", obstacle_of("product"));
	CHECK_STR("", obstacle_of("lonely"));
	CHECK_STR("", obstacle_of("abroad")); /* its parent is none of ours */
	CHECK_STR("b_of_a", obstacle_of("c")); /* a's deletion reaches b, on which c hangs */
	CHECK_STR("tree_of_tree", obstacle_of("tree"));
	CHECK_STR("renamed_of_customer", obstacle_of("address"));
	dts_cascades_release(&cascades);
}

static const char *plan(const char *table, const char *line)
{
	static struct dts_buf text;
	struct dts_apply_table *t = dts_zalloc(1, sizeof *t);
	struct dts_plan p = {0};
	struct dts_record r;
	char schema[400];

	snprintf(schema, sizeof schema, "{\"op\":\"schema\",\"db\":\"e\",\"table\":\"x_%s\",\"columns\":" COLUMNS ",\"primary\":[\"id\"],"
		 "\"source\":{\"db\":\"d\",\"table\":\"%s\"}}", table, table);
	schema_of(&t->schema, schema);
	schema_of(&t->target, schema);
	CHECK_INT(0, dts_apply_table_match(t, &err));
	err = (struct dts_error)DTS_ERROR_INIT;
	dts_buf_clear(&text);
	dts_record_init(&r);
	CHECK_INT(0, dts_record_parse(&r, dts_slice_of(line), &err));
	dts_plan_values(&p, t->schema.column_count);
	if (r.raw[DTS_F_BEFORE].p)
		dts_apply_table_spread(t, r.raw[DTS_F_BEFORE], p.before, &err);
	if (r.raw[DTS_F_AFTER].p)
		dts_apply_table_spread(t, r.raw[DTS_F_AFTER], p.values, &err);
	if (dts_cascades_plan(&cascades, &p, t, &r, 7, &err) < 0)
		dts_buf_adds(&text, err.message);
	for (size_t i = 0; i < p.count; i++)
		dts_buf_addf(&text, "%lld: %.*s", p.statements[i].rows, (int)p.statements[i].len + 1, p.sql.data + p.statements[i].at);
	dts_record_release(&r);
	dts_plan_release(&p);
	dts_apply_table_free(t);
	return dts_buf_text(&text);
}

#define ROW(n) "\"before\":{\"id\":" n ",\"p\":null}"

static void test_plan(void)
{
	add("customer", "", "", "");
	add("address", "customer", "CASCADE", "RESTRICT");
	add("product", "customer", "SET NULL", "CASCADE");
	dts_cascades_join(&cascades);
	CHECK_STR("-1: DELETE FROM `e`.`x_address` WHERE `p`=5;-1: UPDATE `e`.`x_product` SET `p`=NULL WHERE `p`=5;",
		  plan("customer", "{\"op\":\"delete\",\"db\":\"e\",\"table\":\"x_customer\"," ROW("5") "}"));
	CHECK_STR("", plan("address", "{\"op\":\"delete\",\"db\":\"e\",\"table\":\"x_address\"," ROW("5") "}"));
	CHECK_STR("", plan("customer", "{\"op\":\"insert\",\"db\":\"e\",\"table\":\"x_customer\",\"after\":{\"id\":5,\"p\":null}}"));
	CHECK_STR("", plan("customer", "{\"op\":\"update\",\"db\":\"e\",\"table\":\"x_customer\"," ROW("5") ",\"after\":{\"id\":5,\"p\":1}}"));
	CHECK_STR("inside the table's window foreign key 'product_of_customer' acts in a way that cannot be repeated",
		  plan("customer", "{\"op\":\"update\",\"db\":\"e\",\"table\":\"x_customer\"," ROW("5") ",\"after\":{\"id\":6,\"p\":1}}"));
	CHECK_STR("inside the table's window the before image lacks column 'id', to which foreign key 'address_of_customer' refers",
		  plan("customer", "{\"op\":\"delete\",\"db\":\"e\",\"table\":\"x_customer\",\"before\":{\"p\":1}}"));
	CHECK_STR("", plan("customer", "{\"op\":\"delete\",\"db\":\"e\",\"table\":\"x_customer\",\"before\":{\"id\":null,\"p\":1}}"));
	dts_cascades_release(&cascades);
}

int main(void)
{
	RUN(test_groups);
	RUN(test_plan);
	return unit_done();
}
