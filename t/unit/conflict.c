#include "apply/conflict_impl.h"

#include "unit.h"

#define COL(name, type) "{\"name\":\"" name "\",\"type\":\"" type "\"}"
#define NULLABLE(name, type) "{\"name\":\"" name "\",\"type\":\"" type "\",\"null\":true}"
#define TEXT(name, type, collation) "{\"name\":\"" name "\",\"type\":\"" type "\",\"charset\":\"utf8mb4\",\"collation\":\"" collation "\"}"

#define U(name, columns) "{\"name\":\"" name "\",\"columns\":[" columns "]}"

static struct dts_error err;
static struct dts_conflicts *conflicts;

/* --- folding */

/* What stands for a value given as JSON; "?" where it is doubtful. */
static const char *folded(enum dts_fold_how how, const struct dts_fold *f, size_t prefix, uint8_t decimals, const char *json)
{
	static struct dts_buf out;
	static struct dts_fold_scratch scratch;

	dts_buf_clear(&out);
	dts_buf_adds(&out, "<");
	if (!dts_fold_value(how, f, prefix, decimals, dts_json_value(dts_slice_of(json)), &scratch, &out)) {
		CHECK_INT(1, out.len);
		return "?";
	}
	dts_buf_addc(&out, '>');
	return dts_buf_text(&out);
}

static void test_numbers(void)
{
	static const char *const pairs[][2] = {
		{"0", "<>"}, {"\"-0\"", "<>"}, {"\"-0.00\"", "<>"}, {"7", "<7>"}, {"\"007\"", "<7>"}, {"\"+7\"", "<7>"}, {"-7", "<-7>"},
		{"\"18446744073709551615\"", "<18446744073709551615>"}, {"\"1.50\"", "<1.5>"}, {"\"-0.50\"", "<-.5>"}, {"\".5\"", "<.5>"},
		{"\"10.00\"", "<10>"}, {"\"100\"", "<100>"}, {"1.0", "<1>"},
		{"\"\"", "?"}, {"\"-\"", "?"}, {"\".\"", "?"}, {"1e3", "?"}, {"\"1x\"", "?"}, {"\"0x10\"", "?"}, {"\"1.555\"", "?"}, {"true", "?"}, {"\"1.2.3\"", "?"},
	};

	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		CHECK_STR(pairs[i][1], folded(DTS_FOLD_NUMBER, NULL, 0, 2, pairs[i][0]));
}

static void test_times(void)
{
	static const char *const pairs[][2] = {
		{"\"2024-01-31\"", "<2024-01-31>"}, {"\"0000-00-00\"", "<0000-00-00>"}, {"\"2024-01-31 10:31:00\"", "<2024-01-31 10:31:00>"},
		{"\"2024-01-31 10:31:00.500000\"", "<2024-01-31 10:31:00.5>"}, {"\"2024-01-31 10:31:00.000\"", "<2024-01-31 10:31:00>"},
		{"\"-838:59:59\"", "<-838:59:59>"}, {"\"01:02:03.40\"", "<01:02:03.4>"}, {"\"00:00:00\"", "<00:00:00>"}, {"\"-00:00:00.10\"", "<-00:00:00.1>"},
		{"\"-00:00:00\"", "?"}, {"\"2024-1-31\"", "?"}, {"\"2024-01-31T10:31:00\"", "?"}, {"\"2024-01-31 10:31\"", "?"}, {"\"012:00:00\"", "?"},
		{"\"1:02:03\"", "?"}, {"\"2024-01-31 10:31:00.1234567\"", "?"}, {"\"2024-01-31 10:31:00Z\"", "?"}, {"20240131", "?"}, {"\"\"", "?"},
		{"\"2024-01-31 \"", "?"}, {"\"-\"", "?"}, {"\"2024-01-31 010:31:00\"", "?"},
	};

	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		CHECK_STR(pairs[i][1], folded(DTS_FOLD_TIME, NULL, 0, 6, pairs[i][0]));
}

static void test_bytes(void)
{
	CHECK_STR("<ab>", folded(DTS_FOLD_BYTES, NULL, 0, 0, "{\"base64\":\"YWI=\"}"));
	CHECK_STR("<ab>", folded(DTS_FOLD_BYTES, NULL, 0, 0, "{\"base64\":\"YWIAAA==\"}"));
	CHECK_STR("<a>", folded(DTS_FOLD_BYTES, NULL, 1, 0, "{\"base64\":\"YWI=\"}"));
	CHECK_STR("?", folded(DTS_FOLD_BYTES, NULL, 0, 0, "\"ab\""));
	CHECK_STR("<0011223344556677889900aabbccddee>", folded(DTS_FOLD_UUID, NULL, 0, 0, "\"00112233-4455-6677-8899-00AAbbccddEE\""));
	CHECK_STR("?", folded(DTS_FOLD_UUID, NULL, 0, 0, "\"00112233-4455-6677-8899-00AAbbccddE\""));
	CHECK_STR("<1234>", folded(DTS_FOLD_INET4, NULL, 0, 0, "\"49.50.51.52\""));
	CHECK_STR("<1234>", folded(DTS_FOLD_INET4, NULL, 0, 0, "{\"base64\":\"MTIzNA==\"}"));
	CHECK_STR("?", folded(DTS_FOLD_INET4, NULL, 0, 0, "{\"base64\":\"MTIz\"}"));
	char one[40];
	snprintf(one, sizeof one, "%s", folded(DTS_FOLD_INET6, NULL, 0, 0, "\"3132:3334:3536:3738:3132:3334:3536:3738\""));
	CHECK_STR("<1234567812345678>", one);
	CHECK_STR("?", folded(DTS_FOLD_INET6, NULL, 0, 0, "\"x\""));
	CHECK_STR("<a,B>", folded(DTS_FOLD_LABEL, NULL, 0, 0, "\"a,B\""));
	CHECK_STR("?", folded(DTS_FOLD_LABEL, NULL, 0, 0, "0"));
	CHECK_STR("?", folded(DTS_FOLD_NEVER, NULL, 0, 0, "1"));
}

/* Weights of a collation without case, to which \x01 is nothing and which does not have '~'. */
static struct dts_weights *weights_of_letters(void)
{
	static char bytes[128][2];
	static char pairs[128][128][4];
	struct dts_weights *w = dts_zalloc(1, sizeof *w);

	for (int a = 0; a < 128; a++) {
		bytes[a][1] = (char)(a >= 'A' && a <= 'Z' ? a + 'a' - 'A' : a);
		w->one[a] = dts_slice(a == '~' ? NULL : bytes[a], a == '~' || a == 1 ? 0 : 2);
	}
	for (int a = 0; a < 128; a++)
		for (int b = 0; b < 128; b++) {
			memcpy(pairs[a][b], bytes[a], 2);
			memcpy(pairs[a][b] + w->one[a].len, bytes[b], 2);
			w->two[a][b] = dts_slice(pairs[a][b], w->one[a].len + w->one[b].len);
		}
	return w;
}

static void test_text(void)
{
	struct dts_weights *w = weights_of_letters();
	struct dts_fold f, bin = {.exact = true};

	dts_fold_make(&f, w);
	CHECK(!f.doubtful);
	CHECK_STR("<ABC>", folded(DTS_FOLD_TEXT, &f, 0, 0, "\"aBc\""));
	CHECK_STR("<ABC>", folded(DTS_FOLD_TEXT, &f, 0, 0, "\"ab\\u0001c  \""));
	CHECK_STR("<A B>", folded(DTS_FOLD_TEXT, &f, 0, 0, "\"a b \\u0001\""));
	CHECK_STR("<AB>", folded(DTS_FOLD_TEXT, &f, 3, 0, "\"ab cd\""));
	CHECK_STR("<A>", folded(DTS_FOLD_TEXT, &f, 1, 0, "\"a\u00e4\""));
	CHECK_STR("?", folded(DTS_FOLD_TEXT, &f, 2, 0, "\"a\u00e4\""));
	CHECK_STR("?", folded(DTS_FOLD_TEXT, &f, 0, 0, "\"a~\""));
	CHECK_STR("?", folded(DTS_FOLD_TEXT, &f, 0, 0, "\"a\\u0000\""));
	CHECK_STR("?", folded(DTS_FOLD_TEXT, &f, 0, 0, "{\"base64\":\"YWI=\"}"));
	for (unsigned char i = 0; i < 128; i++)
		bin.to[i] = i;
	CHECK_STR("<a\u00e4B>", folded(DTS_FOLD_TEXT, &bin, 0, 0, "\"a\u00e4B \""));
	CHECK_STR("<a\u00e4>", folded(DTS_FOLD_TEXT, &bin, 2, 0, "\"a\u00e4\u00e4\""));
	free(w);
}

/* Pairs that weigh otherwise than one by one. */
static void test_pairs(void)
{
	struct dts_weights *w = weights_of_letters();
	struct dts_weight_three three = {'c', 'h', 'a', dts_slice("\x7f\x7f\0a", 4)};
	struct dts_fold f;

	/* By a weight of its own, in any case. */
	w->two['c']['h'] = w->two['C']['h'] = w->two['c']['H'] = w->two['C']['H'] = dts_slice("\x7f\x7f", 2);
	w->three = &three;
	w->three_count = 1;
	dts_fold_make(&f, w);
	CHECK(!f.doubtful);
	CHECK_STR("<ACH>", folded(DTS_FOLD_TEXT, &f, 0, 0, "\"aCh\""));
	/* Three that are more. */
	three.weight = dts_slice("\x7f\x7e", 2);
	dts_fold_make(&f, w);
	CHECK(f.doubtful);
	CHECK_STR("?", folded(DTS_FOLD_TEXT, &f, 0, 0, "\"x\""));
	w->three_count = 0;
	/* The same as others, as a character, and with one as its beginning. */
	w->two['c']['x'] = dts_slice("\x7f\x7f", 2);
	dts_fold_make(&f, w);
	CHECK(f.doubtful);
	w->two['c']['x'] = dts_slice("\0c", 2);
	dts_fold_make(&f, w);
	CHECK(f.doubtful);
	w->two['c']['x'] = dts_slice("\0c\0b", 4);
	dts_fold_make(&f, w);
	CHECK(f.doubtful);
	w->two['c']['x'] = dts_slice("\x7f\x7f\0b", 4);
	dts_fold_make(&f, w);
	CHECK(f.doubtful);
	/* One as its beginning, and behind it what is nothing else: there is one way to read it. */
	w->two['c']['x'] = dts_slice("\0h\x7f\x7d", 4);
	dts_fold_make(&f, w);
	CHECK(!f.doubtful);
	w->two['c']['y'] = dts_slice("\x7f\x7d", 2);
	dts_fold_make(&f, w);
	CHECK(f.doubtful);
	free(w);
}

/* --- claims */

static void read_schema(struct dts_schema *s, const char *name, const char *columns, const char *keys)
{
	struct dts_record r;
	struct dts_buf line = {0};

	dts_buf_addf(&line, "{\"op\":\"schema\",\"db\":\"d\",\"table\":\"%s\",\"columns\":[%s]%s}", name, columns, keys);
	dts_record_init(&r);
	if (dts_record_parse(&r, dts_buf_slice(&line), &err) < 0 || dts_schema_parse(s, &r, &err) < 0)
		unit_fail(__FILE__, __LINE__, "%s: %s", dts_buf_text(&line), err.message);
	dts_record_release(&r);
	dts_buf_release(&line);
}

static struct dts_apply_table *tables[16];
static size_t table_count;

static struct dts_apply_table *table_of(const char *name, const char *columns, const char *keys)
{
	struct dts_apply_table *t = dts_zalloc(1, sizeof *t);

	read_schema(&t->schema, name, columns, "");
	read_schema(&t->target, name, columns, keys);
	if (dts_apply_table_match(t, &err) < 0)
		unit_fail(__FILE__, __LINE__, "%s: %s", name, err.message);
	tables[table_count++] = t;
	return t;
}

static void learn(const struct dts_apply_table *t)
{
	CHECK(dts_conflicts_rules(conflicts, NULL, t, false, NULL, 0, &err) == 0);
}

static void begin(void)
{
	struct dts_fold *f = dts_zalloc(1, sizeof *f);
	struct dts_weights *w = weights_of_letters();

	conflicts = dts_conflicts_new();
	dts_fold_make(f, w);
	free(w);
	dts_map_set(&conflicts->folds, DTS_LIT("letters"), f);
}

static void end(void)
{
	while (table_count > 0)
		dts_apply_table_free(tables[--table_count]);
	dts_conflicts_free(conflicts);
}

static uint32_t space(const char *name)
{
	return dts_spaces_number(&conflicts->spaces, DTS_LIT("d"), dts_slice_of(name));
}

/* A foreign key of `child`, from its column to the parent's. */
static void tie(const char *child, const char *column, const char *parent, const char *to, bool on_delete, bool on_update)
{
	uint32_t from = space(child);
	struct dts_tie *t = dts_ties_add(&conflicts->ties, from, space(parent), 1);

	t->columns[t->count] = dts_slice_of(column);
	t->to_columns[t->count++] = dts_slice_of(to);
	t->on_delete = on_delete;
	t->on_update = on_update;
}

/* Says that the parent's columns are these, as a server would. */
static void relative(const char *name, const char *columns)
{
	struct dts_schema *s = dts_zalloc(1, sizeof *s);
	uint32_t number = space(name);

	read_schema(s, name, columns, "");
	dts_map_set(&conflicts->relatives, dts_slice((const char *)&number, sizeof number), s);
}

/* "insert {...}", "delete {...}", "update {...} {...}" */
static struct dts_claims claims_of(const struct dts_apply_table *t, const char *op, const char *before, const char *after)
{
	struct dts_claims claims = {0};
	struct dts_buf line = {0};
	struct dts_record r;

	dts_buf_addf(&line, "{\"op\":\"%s\",\"db\":\"d\",\"table\":\"%.*s\",\"tx\":\"x\",\"n\":1", op, (int)t->schema.table.len, t->schema.table.p);
	if (before)
		dts_buf_addf(&line, ",\"before\":%s", before);
	if (after)
		dts_buf_addf(&line, ",\"after\":%s", after);
	dts_buf_addc(&line, '}');
	dts_record_init(&r);
	if (dts_record_parse(&r, dts_buf_slice(&line), &err) < 0 || dts_conflicts_claims(conflicts, t, &r, &claims, &err) < 0)
		unit_fail(__FILE__, __LINE__, "%s: %s", dts_buf_text(&line), err.message);
	dts_record_release(&r);
	dts_buf_release(&line);
	return claims;
}

/* "0 0 1s 2*": spaces of values, shared ones, all. */
static const char *shown(struct dts_claims claims)
{
	static struct dts_buf text;

	dts_buf_clear(&text);
	for (size_t i = 0; i < claims.count; i++)
		dts_buf_addf(&text, "%s%u%s%s", i ? " " : "", claims.items[i].space, claims.items[i].all ? "*" : "",
			     claims.items[i].shared ? "s" : "");
	free(claims.items);
	return dts_buf_text(&text);
}

static bool meet(struct dts_claims a, struct dts_claims b)
{
	bool met = false;

	for (size_t i = 0; i < a.count; i++)
		for (size_t j = 0; j < b.count; j++) {
			const struct dts_claim *x = &a.items[i], *y = &b.items[j];
			met |= x->space == y->space && (x->all || y->all || x->hash == y->hash) && !(x->shared && y->shared);
		}
	free(a.items);
	free(b.items);
	return met;
}

#define INSERT(t, after) claims_of(t, "insert", NULL, after)
#define DELETE(t, before) claims_of(t, "delete", before, NULL)
#define UPDATE(t, before, after) claims_of(t, "update", before, after)

static void test_keys(void)
{
	begin();
	struct dts_apply_table *t = table_of("t", COL("id", "int(11)") "," TEXT("u", "varchar(9)", "letters") "," NULLABLE("n", "int(11)"),
					     ",\"primary\":[\"id\"],\"unique\":[" U("u", "\"u\"") "," U("nu", "\"n\",\"u\"") "]");
	learn(t);
	CHECK_STR("0 0 0", shown(INSERT(t, "{\"id\":1,\"u\":\"a\",\"n\":1}")));
	CHECK_STR("0 0", shown(INSERT(t, "{\"id\":1,\"u\":\"a\",\"n\":null}")));
	CHECK_STR("0", shown(UPDATE(t, "{\"id\":1,\"u\":\"a\",\"n\":null}", "{\"id\":1,\"u\":\"a\",\"n\":null}")));
	CHECK_STR("0 0 0", shown(UPDATE(t, "{\"id\":1,\"u\":\"a\",\"n\":null}", "{\"id\":1,\"u\":\"b\",\"n\":null}")));
	CHECK_STR("0 0", shown(UPDATE(t, "{\"id\":1,\"u\":\"a\",\"n\":null}", "{\"id\":1,\"u\":\"A\",\"n\":null}")));
	CHECK_STR("0 0", shown(UPDATE(t, "{\"id\":1,\"u\":\"a\",\"n\":null}", "{\"id\":\"2\",\"u\":\"a\",\"n\":null}")));
	/* What is not there has not changed, or is not known. */
	CHECK_STR("0", shown(UPDATE(t, "{\"id\":1}", "{}")));
	CHECK_STR("0 0* 0", shown(UPDATE(t, "{\"id\":1,\"n\":null}", "{\"u\":\"b\"}")));
	CHECK_STR("0 0*", shown(DELETE(t, "{\"id\":1}")));
	CHECK_STR("0 0*", shown(INSERT(t, "{\"id\":1,\"u\":\"\u00e4\",\"n\":1}")));
	/* A value handed over from one row to another, in any form. */
	CHECK(meet(UPDATE(t, "{\"id\":1,\"u\":\"a\",\"n\":null}", "{\"id\":1,\"u\":\"b\",\"n\":null}"), INSERT(t, "{\"id\":2,\"u\":\"A \",\"n\":5}")));
	CHECK(meet(DELETE(t, "{\"id\":\"1\",\"u\":\"a\",\"n\":5}"), INSERT(t, "{\"id\":1,\"u\":\"b\",\"n\":5}")));
	CHECK(meet(INSERT(t, "{\"id\":3,\"u\":\"\u00e4\",\"n\":1}"), INSERT(t, "{\"id\":2,\"u\":\"A \",\"n\":5}")));
	CHECK(!meet(INSERT(t, "{\"id\":1,\"u\":\"a\",\"n\":5}"), INSERT(t, "{\"id\":2,\"u\":\"b\",\"n\":5}")));
	CHECK(!meet(INSERT(t, "{\"id\":1,\"u\":\"2\",\"n\":5}"), INSERT(t, "{\"id\":2,\"u\":\"1\",\"n\":5}")));
	end();
}

static void test_no_key(void)
{
	begin();
	struct dts_apply_table *none = table_of("none", COL("a", "int(11)"), "");
	struct dts_apply_table *real = table_of("real", COL("a", "double"), ",\"primary\":[\"a\"]");
	struct dts_apply_table *maybe = table_of("maybe", NULLABLE("a", "int(11)") "," NULLABLE("b", "int(11)"), ",\"unique\":[" U("a", "\"a\"") "," U("b", "\"b\"") "]");
	learn(none);
	learn(real);
	learn(maybe);
	CHECK_STR("0*", shown(INSERT(none, "{\"a\":1}")));
	CHECK_STR("0*", shown(UPDATE(none, "{\"a\":1}", "{\"a\":2}")));
	CHECK_STR("1*", shown(INSERT(real, "{\"a\":1}")));
	CHECK_STR("2 2", shown(INSERT(maybe, "{\"a\":1,\"b\":1}")));
	CHECK_STR("2", shown(DELETE(maybe, "{\"a\":1,\"b\":null}")));
	CHECK_STR("2*", shown(INSERT(maybe, "{\"a\":null,\"b\":null}")));
	CHECK_STR("2 2*", shown(UPDATE(maybe, "{\"a\":1,\"b\":null}", "{\"a\":null,\"b\":null}")));
	CHECK_STR("2 2 2", shown(UPDATE(maybe, "{\"a\":1,\"b\":5}", "{\"a\":2,\"b\":5}")));
	/* A unique key without NULL tells rows apart, wherever it stands. */
	struct dts_apply_table *second = table_of("second", NULLABLE("a", "int(11)") "," COL("b", "int(11)"), ",\"unique\":[" U("a", "\"a\"") "," U("b", "\"b\"") "]");
	learn(second);
	CHECK_STR("3", shown(UPDATE(second, "{\"a\":1,\"b\":5}", "{\"a\":1,\"b\":5}")));
	CHECK(meet(UPDATE(second, "{\"a\":1,\"b\":5}", "{\"a\":1,\"b\":5}"), DELETE(second, "{\"a\":null,\"b\":5}")));
	end();
}

static void test_prefix(void)
{
	struct dts_slice columns[] = {DTS_LIT("u")};
	size_t prefixes[] = {2};
	struct dts_conflict_key key = {columns, prefixes, 1};

	begin();
	struct dts_apply_table *t = table_of("t", COL("id", "int(11)") "," TEXT("u", "varchar(9)", "letters"), ",\"primary\":[\"id\"]");
	CHECK(dts_conflicts_rules(conflicts, NULL, t, false, &key, 1, &err) == 0);
	CHECK_STR("0 0", shown(INSERT(t, "{\"id\":1,\"u\":\"abc\"}")));
	CHECK(meet(INSERT(t, "{\"id\":1,\"u\":\"abc\"}"), INSERT(t, "{\"id\":2,\"u\":\"AB\u00e4\"}")));
	CHECK(!meet(INSERT(t, "{\"id\":1,\"u\":\"abc\"}"), INSERT(t, "{\"id\":2,\"u\":\"acc\"}")));
	CHECK(dts_conflicts_rules(conflicts, NULL, t, true, NULL, 0, &err) == 0);
	CHECK_STR("0* 0", shown(INSERT(t, "{\"id\":1,\"u\":\"abc\"}")));
	end();
}

#define P COL("id", "int(11)") "," COL("x", "int(11)")
#define C COL("id", "int(11)") "," NULLABLE("p", "int(11)")

static void test_references(void)
{
	begin();
	tie("c", "P", "p", "ID", false, false); /* spaces 0 and 1 */
	struct dts_apply_table *p = table_of("p", P, ",\"primary\":[\"id\"]"), *c = table_of("c", C, ",\"primary\":[\"id\"]");
	relative("p", P);
	learn(c);
	learn(p);
	CHECK_STR("0 1s", shown(INSERT(c, "{\"id\":1,\"p\":7}")));
	CHECK_STR("0", shown(INSERT(c, "{\"id\":1,\"p\":null}")));
	CHECK_STR("0 1s 1s", shown(UPDATE(c, "{\"id\":1,\"p\":7}", "{\"id\":1,\"p\":8}")));
	CHECK_STR("0", shown(UPDATE(c, "{\"id\":1,\"p\":7}", "{\"id\":1,\"p\":7}")));
	CHECK_STR("0 1*s", shown(DELETE(c, "{\"id\":1}")));
	CHECK_STR("1", shown(DELETE(p, "{\"id\":7,\"x\":1}"))); /* the primary key's claim is the reference's */
	CHECK(meet(INSERT(p, "{\"id\":7,\"x\":1}"), INSERT(c, "{\"id\":1,\"p\":7}")));
	CHECK(meet(DELETE(c, "{\"id\":1,\"p\":\"7\"}"), DELETE(p, "{\"id\":7,\"x\":1}")));
	CHECK(!meet(INSERT(c, "{\"id\":1,\"p\":7}"), INSERT(c, "{\"id\":2,\"p\":7}")));
	CHECK(!meet(INSERT(p, "{\"id\":8,\"x\":1}"), INSERT(c, "{\"id\":1,\"p\":7}")));
	end();
}

/* A reference to columns that are no unique key, and to another type. */
static void test_odd_references(void)
{
	begin();
	tie("c", "p", "p", "x", false, false);
	tie("e", "p", "p", "x", false, false); /* space 2 */
	struct dts_apply_table *p = table_of("p", P, ",\"primary\":[\"id\"]"), *c = table_of("c", C, ",\"primary\":[\"id\"]");
	struct dts_apply_table *e = table_of("e", COL("id", "int(11)") "," COL("p", "decimal(9,2)"), ",\"primary\":[\"id\"]");
	relative("p", P);
	learn(p);
	learn(c);
	learn(e);
	CHECK_STR("1 1", shown(INSERT(p, "{\"id\":7,\"x\":1}")));
	CHECK_STR("1 1 1", shown(UPDATE(p, "{\"id\":7,\"x\":1}", "{\"id\":7,\"x\":2}")));
	CHECK(meet(UPDATE(p, "{\"id\":7,\"x\":1}", "{\"id\":7,\"x\":2}"), INSERT(c, "{\"id\":1,\"p\":2}")));
	CHECK(!meet(UPDATE(p, "{\"id\":7,\"x\":1}", "{\"id\":7,\"x\":2}"), INSERT(c, "{\"id\":1,\"p\":7}")));
	CHECK_STR("2 1*s", shown(INSERT(e, "{\"id\":1,\"p\":\"2.00\"}")));
	end();
}

/* p <- c (cascade) <- g (set null), c also refers to q; q <- h. */
static void test_closure(void)
{
	begin();
	tie("c", "p", "p", "id", true, false); /* c 0, p 1 */
	tie("g", "p", "c", "id", true, true);  /* g 2 */
	tie("c", "q", "q", "id", false, false); /* q 3 */
	tie("h", "p", "q", "id", true, false); /* h 4 */
	struct dts_apply_table *p = table_of("p", P, ",\"primary\":[\"id\"]");
	struct dts_apply_table *c = table_of("c", C "," NULLABLE("q", "int(11)"), ",\"primary\":[\"id\"]");
	relative("q", P);
	relative("p", P);
	learn(p);
	learn(c);
	CHECK_STR("1 1* 0* 2* 3*s", shown(DELETE(p, "{\"id\":7,\"x\":1}")));
	CHECK_STR("1 1", shown(UPDATE(p, "{\"id\":7,\"x\":1}", "{\"id\":8,\"x\":1}")));
	CHECK_STR("0 1s 3s 0* 2*", shown(DELETE(c, "{\"id\":7,\"p\":1,\"q\":2}")));
	CHECK_STR("0 0 0* 2*", shown(UPDATE(c, "{\"id\":7,\"p\":1,\"q\":2}", "{\"id\":8,\"p\":1,\"q\":2}")));
	CHECK_STR("0", shown(UPDATE(c, "{\"id\":7,\"p\":1,\"q\":2}", "{\"id\":7,\"p\":1,\"q\":2}")));
	end();
}

/* Rows of one table that refer to one another: what a cascade reaches may be of the table itself. */
static void test_self(void)
{
	begin();
	tie("c", "p", "c", "id", true, false); /* c 0 */
	tie("g", "p", "c", "id", false, true); /* g 1 */
	tie("c", "q", "q", "id", false, false); /* q 2 */
	struct dts_apply_table *c = table_of("c", C "," NULLABLE("q", "int(11)"), ",\"primary\":[\"id\"]");
	relative("q", P);
	learn(c);
	CHECK_STR("0 0s", shown(INSERT(c, "{\"id\":7,\"p\":1,\"q\":null}")));
	CHECK_STR("0 0s 2s 0* 1* 2*s", shown(DELETE(c, "{\"id\":7,\"p\":1,\"q\":3}")));
	CHECK_STR("0 0 0* 1*", shown(UPDATE(c, "{\"id\":7,\"p\":1,\"q\":3}", "{\"id\":8,\"p\":1,\"q\":3}")));
	end();
}

static void test_names(void)
{
	struct dts_spaces s = {0};

	CHECK_INT(0, dts_spaces_number(&s, DTS_LIT("d"), DTS_LIT("t")));
	CHECK_INT(1, dts_spaces_number(&s, DTS_LIT("d"), DTS_LIT("T")));
	CHECK_INT(0, dts_spaces_number(&s, DTS_LIT("d"), DTS_LIT("t")));
	dts_spaces_release(&s);
	s.nocase = true;
	CHECK_INT(0, dts_spaces_number(&s, DTS_LIT("d"), DTS_LIT("t\u00e4")));
	CHECK_INT(0, dts_spaces_number(&s, DTS_LIT("D"), DTS_LIT("T\u00c4")));
	CHECK_INT(1, dts_spaces_number(&s, DTS_LIT("D"), DTS_LIT("T")));
	dts_spaces_release(&s);
}

int main(void)
{
	RUN(test_numbers);
	RUN(test_times);
	RUN(test_bytes);
	RUN(test_text);
	RUN(test_pairs);
	RUN(test_keys);
	RUN(test_no_key);
	RUN(test_prefix);
	RUN(test_references);
	RUN(test_odd_references);
	RUN(test_closure);
	RUN(test_self);
	RUN(test_names);
	return unit_done();
}
