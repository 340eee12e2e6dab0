#include "unit.h"

#include "base/arena.h"
#include "mysql/keyrange.h"

static struct dts_schema schema;
static struct dts_column columns[8];

static struct dts_column *add_column(const char *name, const char *type)
{
	struct dts_column *c = &columns[schema.column_count++];

	if (!schema.arena)
		schema.arena = dts_arena_new();
	schema.columns = columns;
	*c = (struct dts_column){.name = dts_slice_of(name), .type_text = dts_slice_of(type)};
	dts_column_from_type(c, schema.arena);
	return c;
}

static void drop(void)
{
	dts_arena_free(schema.arena);
	schema = (struct dts_schema){0};
}

static void fill(const struct dts_key *key, struct dts_bound *bound, const char *a, const char *b)
{
	struct dts_error err = DTS_ERROR_INIT;
	char *row[] = {(char *)a, (char *)b};
	unsigned long lengths[] = {strlen(a), b ? strlen(b) : 0};

	CHECK_INT(0, dts_keyrange_fill(&schema, key, row, lengths, bound, &err));
}

static const char *where(const struct dts_key *key, const struct dts_bound *after, const struct dts_bound *upto)
{
	static struct dts_buf sql;

	dts_buf_clear(&sql);
	dts_keyrange_where(&sql, &schema, key, after, upto);
	return dts_buf_text(&sql);
}

static void test_one_column(void)
{
	struct dts_slice names[] = {DTS_LIT("id")};
	struct dts_key key = {{"", 0}, names, 1};
	struct dts_bound one = {0}, two = {0};

	add_column("id", "int(11)");
	CHECK_STR("TRUE", where(&key, &one, &two));
	CHECK_STR("TRUE", where(&key, NULL, NULL));
	fill(&key, &one, "-1", NULL);
	fill(&key, &two, "5", NULL);
	CHECK_STR("`id`>-1", where(&key, &one, NULL));
	CHECK_STR("`id`<=5", where(&key, NULL, &two));
	CHECK_STR("`id`>-1 AND `id`<=5", where(&key, &one, &two));
	dts_bound_copy(&one, &two);
	CHECK_STR("`id`>5", where(&key, &one, NULL));
	struct dts_bound open = {0};
	dts_bound_copy(&one, &open);
	CHECK_STR("TRUE", where(&key, &one, NULL));
	dts_bound_release(&one);
	dts_bound_release(&two);
	drop();
}

static void test_composite(void)
{
	struct dts_slice names[] = {DTS_LIT("a"), DTS_LIT("b")};
	struct dts_key key = {DTS_LIT("u"), names, 2};
	struct dts_bound one = {0}, two = {0};
	struct dts_buf b = {0};

	add_column("b", "varchar(10)")->charset = DTS_LIT("latin1");
	add_column("a", "bigint(20) unsigned");
	fill(&key, &one, "1", "x'");
	fill(&key, &two, "18446744073709551615", "");
	CHECK_STR("(`a`>1 OR (`a`=1 AND `b`>_latin1 X'7827')) AND "
		  "(`a`<18446744073709551615 OR (`a`=18446744073709551615 AND `b`<=_latin1 X''))"
		  " AND `a`>=1 AND `a`<=18446744073709551615",
		  where(&key, &one, &two));
	dts_bound_add_json(&b, &key, &two);
	CHECK_STR("{\"a\":\"18446744073709551615\",\"b\":\"\"}", dts_buf_text(&b));
	dts_buf_clear(&b);
	schema.source_db = DTS_LIT("shop");
	schema.source_table = DTS_LIT("t");
	dts_keyrange_from(&b, &schema, &key);
	CHECK_STR("`shop`.`t` FORCE INDEX (`u`)", dts_buf_text(&b));
	dts_buf_release(&b);
	dts_bound_release(&one);
	dts_bound_release(&two);
	drop();
}

static void test_literals(void)
{
	static const struct {
		const char *type, *value, *want, *json;
	} cases[] = {
		{"decimal(10,2)", "-1.50", "`k`>-1.50", "{\"k\":\"-1.50\"}"},
		{"datetime(6)", "0000-00-00 00:00:00.000000", "`k`>'0000-00-00 00:00:00.000000'",
		 "{\"k\":\"0000-00-00 00:00:00.000000\"}"},
		{"enum('z','a')", "2", "`k`>2", "{\"k\":\"a\"}"},
		{"bit(16)", "AB", "`k`>16706", "{\"k\":16706}"},
		{"varbinary(10)", "a'", "`k`>X'6127'", "{\"k\":{\"base64\":\"YSc=\"}}"},
		{"uuid", "00112233-4455-6677-8899-aabbccddeeff", "`k`>'00112233-4455-6677-8899-aabbccddeeff'",
		 "{\"k\":\"00112233-4455-6677-8899-aabbccddeeff\"}"},
	};
	struct dts_slice names[] = {DTS_LIT("k")};
	struct dts_key key = {{"", 0}, names, 1};
	struct dts_bound bound = {0};
	struct dts_buf b = {0};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		add_column("k", cases[i].type);
		fill(&key, &bound, cases[i].value, NULL);
		CHECK_STR(cases[i].want, where(&key, &bound, NULL));
		dts_buf_clear(&b);
		dts_bound_add_json(&b, &key, &bound);
		CHECK_STR(cases[i].json, dts_buf_text(&b));
		drop();
	}
	dts_bound_release(&bound);
	dts_buf_release(&b);
}

static void test_which_key(void)
{
	struct dts_slice f[] = {DTS_LIT("f")}, n[] = {DTS_LIT("n")}, g[] = {DTS_LIT("g")}, k[] = {DTS_LIT("k")};
	struct dts_key unique[] = {{DTS_LIT("n"), n, 1}, {DTS_LIT("g"), g, 1}, {DTS_LIT("k"), k, 1}};

	add_column("f", "double");
	add_column("n", "int(11)")->nullable = true;
	add_column("g", "int(11)")->generated = DTS_GENERATED_STORED;
	add_column("k", "int(11)");
	schema.primary = (struct dts_key){{"", 0}, f, 1};
	schema.unique = unique;
	schema.unique_count = 2;
	CHECK(dts_keyrange_key(&schema) == NULL);
	schema.unique_count = 3;
	CHECK(dts_keyrange_key(&schema) == &unique[2]);
	schema.primary.columns = k;
	CHECK(dts_keyrange_key(&schema) == &schema.primary);
	/* Servers compare a large SET as a DOUBLE or a signed number, and sort it as neither. */
	columns[3].type = DTS_TYPE_SET;
	columns[3].label_count = 53;
	CHECK(dts_keyrange_key(&schema) == &schema.primary);
	columns[3].label_count = 54;
	CHECK(dts_keyrange_key(&schema) == NULL);
	columns[3].type = DTS_TYPE_CHAR;
	columns[3].collation = DTS_LIT("utf8mb4_general_nopad_ci");
	CHECK(dts_keyrange_key(&schema) == &schema.primary);
	columns[3].fixed = true;
	CHECK(dts_keyrange_key(&schema) == NULL);
	columns[3].collation = DTS_LIT("utf8mb4_0900_ai_ci");
	CHECK(dts_keyrange_key(&schema) == &schema.primary);
	/* MariaDB keeps hashes of these. */
	columns[3].type_text = DTS_LIT("mediumtext");
	CHECK(dts_keyrange_key(&schema) == NULL);
	columns[3].type = DTS_TYPE_BINARY;
	columns[3].type_text = DTS_LIT("blob");
	CHECK(dts_keyrange_key(&schema) == NULL);
	columns[3].type_text = DTS_LIT("varbinary(20)");
	CHECK(dts_keyrange_key(&schema) == &schema.primary);
	schema.unique = NULL;
	drop();
}

int main(void)
{
	RUN(test_one_column);
	RUN(test_composite);
	RUN(test_literals);
	RUN(test_which_key);
	return unit_done();
}
