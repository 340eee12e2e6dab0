#include "base/pattern.h"

#include "unit.h"

static bool matches(const char *pattern, const char *db, const char *table)
{
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_pattern *p = dts_pattern_new(dts_slice_of(pattern), &err);

	CHECK_STR("", err.message);
	if (!p)
		return false;
	bool found = dts_pattern_match(p, dts_slice_of(db), dts_slice_of(table));
	dts_pattern_free(p);
	return found;
}

static void test_match(void)
{
	static const struct {
		const char *pattern, *db, *table;
		bool found;
	} cases[] = {
		{"shop.orders", "shop", "orders", true},
		{"shop.orders", "shop", "Orders", false},
		{"shop.orders", "shop", "orders2", false},
		{"shop", "shop", "anything", true},
		{"shop", "shop2", "anything", false},
		{"shop*", "shop2", "anything", true},
		{"*.orders", "", "orders", true},
		{"s?op.o*", "shop", "o", true},
		{"s?op.o*", "soop", "xo", false},
		{"a.[xy]*", "a", "y1", true},
		{"a.[!xy]*", "a", "y1", false},
		{"[a.b].t", ".", "t", true},
		{"`a.b`.`c``d`", "a.b", "c`d", true},
		{"`a*`.t", "ab", "t", false},
		{"`a*`.t", "a*", "t", true},
		{"a.`*`", "a", "b", false},
		{"/a|b/./x.*/", "a", "xyz", true},
		{"/a|b/./x.*/", "ab", "xyz", false},
		{"/a/.t", "aa", "t", false},
		{"/a\\/b/.t", "a/b", "t", true},
		{"/[.]+/.t", "..", "t", true},
		{"/o{2}/.t", "oo", "t", true},
		{"a.b\\*", "a", "b*", true},
		{"a.b\\*", "a", "bc", false},
		{"a.ü*", "a", "über", true},
		{"a.*", "a", "new\nline", true},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (matches(cases[i].pattern, cases[i].db, cases[i].table) != cases[i].found)
			unit_fail(__FILE__, __LINE__, "%s on %s.%s", cases[i].pattern, cases[i].db, cases[i].table);
}

static void test_refused(void)
{
	static const char *const cases[][2] = {
		{"", "'': pattern: empty name"},
		{"a.", "'a.': pattern: empty name"},
		{".b", "'.b': pattern: empty name"},
		{"a.b.c", "'a.b.c': pattern: unexpected '.c'"},
		{"`a", "'`a': pattern: missing closing `"},
		{"`a`b", "'`a`b': pattern: expected '.' after the database"},
		{"a./b", "'a./b': pattern: missing closing /"},
		{"a./b/c", "'a./b/c': pattern: unexpected 'c'"},
		{"/(/", "'/(/': bad regular expression /(/: "},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct dts_error err = DTS_ERROR_INIT;
		CHECK(!dts_pattern_new(dts_slice_of(cases[i][0]), &err));
		CHECK_INT(DTS_USAGE, err.status);
		if (strncmp(err.message, cases[i][1], strlen(cases[i][1])) != 0)
			CHECK_STR(cases[i][1], err.message);
		CHECK(strncmp(err.hint, "a PATTERN is db.table", 21) == 0);
	}
	struct dts_error err = DTS_ERROR_INIT;
	CHECK(!dts_pattern_new(DTS_LIT("a\0b"), &err));
	CHECK_INT(DTS_USAGE, err.status);
}

static bool has(const struct dts_selection *s, const char *db, const char *table)
{
	return dts_selection_has(s, dts_slice_of(db), dts_slice_of(table));
}

static void test_selection(void)
{
	struct dts_selection s = {0};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_list tables = {0}, ignored = {0};

	CHECK(has(&s, "any", "thing") && dts_selection_has_db(&s, DTS_LIT("any")));
	dts_list_add(&tables, "shop.*");
	dts_list_add(&tables, "log.a");
	dts_list_add(&ignored, "*.tmp_*");
	dts_list_add(&ignored, "gone");
	CHECK_INT(0, dts_selection_init(&s, &tables, &ignored, &err));
	CHECK(has(&s, "shop", "orders") && has(&s, "log", "a"));
	CHECK(!has(&s, "log", "b") && !has(&s, "shop", "tmp_x") && !has(&s, "other", "a"));
	CHECK(dts_selection_has_db(&s, DTS_LIT("shop")) && !dts_selection_has_db(&s, DTS_LIT("other")));
	dts_selection_release(&s);
	CHECK_INT(0, dts_selection_init(&s, NULL, &ignored, &err));
	CHECK(has(&s, "x", "y") && !has(&s, "gone", "y"));
	CHECK(!dts_selection_has_db(&s, DTS_LIT("gone")) && dts_selection_has_db(&s, DTS_LIT("x")));
	dts_selection_release(&s);
	dts_list_add(&tables, "a.b.c");
	CHECK_INT(-1, dts_selection_init(&s, &tables, &ignored, &err));
	CHECK(s.count == 0 && !s.patterns);
	dts_list_release(&tables);
	dts_list_release(&ignored);
	dts_pattern_free(NULL);
}

int main(void)
{
	RUN(test_match);
	RUN(test_refused);
	RUN(test_selection);
	return unit_done();
}
