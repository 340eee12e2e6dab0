#include "record/gtid.h"

#include "unit.h"

#define U "3e11fa47-71ca-11e1-9e33-c80aa9429562"
#define V "11111111-71ca-11e1-9e33-c80aa9429562"

static struct dts_slice s(const char *text)
{
	return dts_slice_of(text);
}

/* Reads `text`; its canonical form, or the error's message. Borrowed until the next call. */
static const char *canonical(const char *text)
{
	static struct dts_error err;
	static struct dts_buf b;
	struct dts_gtids g = {0};

	dts_buf_clear(&b);
	err = (struct dts_error)DTS_ERROR_INIT;
	int rc = dts_gtids_parse(&g, s(text), DTS_GTID_MYSQL, &err);
	CHECK(rc == 0 ? dts_gtids_known(&g) : !dts_gtids_known(&g));
	dts_gtids_add(&b, &g);
	dts_gtids_release(&g);
	if (rc < 0)
		dts_buf_adds(&b, err.message);
	return dts_buf_text(&b);
}

static void test_lists(void)
{
	static const char *const same[] = {"", "0-1-6", "0-1-6,1-1-9", "4294967295-4294967295-18446744073709551615"};
	static const char *const wrong[] = {"x", "0-1", "0-1-", "-1-6", "0-1-6-7", "0-1-6,", ",0-1-6", "0-1-6,,1-1-9",
					    "4294967296-1-1", "0-1-18446744073709551616", "0-1-6 ", "+0-1-6"};

	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		CHECK_STR(same[i], canonical(same[i]));
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		if (!strstr(canonical(wrong[i]), " is neither a list of MariaDB GTIDs"))
			unit_fail(__FILE__, __LINE__, "accepted %s", wrong[i]);
	CHECK_STR("0-1-6,1-1-9", canonical("1-1-9,0-1-6"));
	CHECK_STR("'1-1-6,0-1-1,1-1-7' has two GTIDs of domain 1, where only the last of each domain belongs",
		  canonical("1-1-6,0-1-1,1-1-7"));
}

/* What a server of MySQL 9.7 takes and makes of it (its line breaks are left out). */
static void test_sets(void)
{
	static const char *const cases[][2] = {
		{U ":1-5:7:tag:1-3," V ":1", V ":1," U ":1-5:7:tag:1-3"},
		{U ":tag:1", U ":tag:1"},
		{" 3E11FA47-71CA-11E1-9E33-C80AA9429562 : 1 - 5 ,\n" V "\t:\r\n3 ", V ":3," U ":1-5"},
		{U ":5-5:4", U ":4-5"},
		{U ":1-9223372036854775806", U ":1-9223372036854775806"},
		{U ":TAG:1", U ":tag:1"},
		{U ":_9tag:1", U ":_9tag:1"},
		{U ":aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:1", U ":aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:1"},
		{U ":b:1:a:1:1-2", U ":a:1-2:b:1"},
		{U ":1," U ":2", U ":1-2"},
		{U ":01-05", U ":1-5"},
		{U ":1-3:2-5," U ":tag:1:9," V ":5", V ":5," U ":1-5:tag:1:9"},
		{U ":tag:1," V ":a:1:2", V ":a:1-2," U ":tag:1"},
		{U ":10-20:5:12-14:1-3:21:4", U ":1-5:10-21"},
		{U ":2:1:a:3," U ":a:2:4", U ":1-2:a:2-4"},
		{"12345678-1234-1234-1234-123456789012:1", "12345678-1234-1234-1234-123456789012:1"},
		{"  ", ""},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		CHECK_STR(cases[i][1], canonical(cases[i][0]));
}

/* Also what a server takes and passes over, such as a reversed interval. */
static void test_wrong_sets(void)
{
	static const char *const cases[][2] = {
		{":", "a GTID set has ':' where a UUID belongs"},
		{U ":", "a GTID set ends where a number from 1 to 2^63-2 belongs"},
		{U ":1:", "a GTID set ends where a number from 1 to 2^63-2 belongs"},
		{"," U ":1", "a GTID set has '," U ":1' where a UUID belongs"},
		{U ":1,", "a GTID set ends where a UUID belongs"},
		{U ":1," V, "a GTID set ends where a colon belongs"},
		{U ":0", "a GTID set has '0' where a number from 1 to 2^63-2 belongs"},
		{U ":9223372036854775807", "a GTID set has '9223372036854775807' where a number from 1 to 2^63-2 belongs"},
		{U ":1-9223372036854775807", "a GTID set has '9223372036854775807' where a number from 1 to 2^63-2 belongs"},
		{U ":1-99999999999999999999", "a GTID set has '99999999999999999999' where a number from 1 to 2^63-2 belongs"},
		{U ":5-1", "a GTID set has '5-1' where an interval that is not reversed belongs"},
		{U ":1 2", "a GTID set has '2' where a comma or a colon belongs"},
		{U ":9tag:1", "a GTID set has 'tag:1' where a comma or a colon belongs"},
		{U ":a-b:1", "a GTID set has '-b:1' where a colon belongs"},
		{U ":aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:1",
		 "a GTID set has 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:1' where a number or a tag of at most 32 letters belongs"},
		{U ":a:b:1", "a GTID set has 'b:1' where a number from 1 to 2^63-2 belongs"},
		{U ":a:1:b", "a GTID set ends where a colon belongs"},
		{U ":+1", "a GTID set has '+1' where a number or a tag of at most 32 letters belongs"},
		{"3e11fa47-71ca-11e1-9e33-c80aa942956:1", "a GTID set has '3e11fa47-71ca-11e1-9e33-c80aa942956:1' where a UUID belongs"},
		{"bin.000042:4711", "a GTID set has 'bin.000042:4711' where a UUID belongs"},
		{U ":1,0-1-6", "a GTID set has '0-1-6' where a UUID belongs"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		CHECK_STR(cases[i][1], canonical(cases[i][0]));
}

static void test_single(void)
{
	/* The third begins as one of MariaDB would. */
	static const char *const right[] = {"0-1-6", U ":5", "00023100-1111-1111-8111-111111111111:7",
					    U ":tag:9223372036854775806", U ":_:1"};
	static const char *const wrong[] = {"", "0-1", "0-1-6,", "0-1-6,1-1-9", U, U ":", U ":0", U ":1-2", U ":1:2", U ":tag", U ":tag:",
					    U ":9223372036854775807", " " U ":1", U ":1 ", "bin.000042:4711", "a-b-c"};
	struct dts_gtid gtid;
	struct dts_buf b = {0};

	for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
		dts_buf_clear(&b);
		CHECK(dts_gtid_parse(&gtid, s(right[i])));
		dts_gtid_add(&b, &gtid);
		CHECK_STR(right[i], dts_buf_text(&b));
	}
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		if (dts_gtid_parse(&gtid, s(wrong[i])))
			unit_fail(__FILE__, __LINE__, "accepted %s", wrong[i]);
	dts_buf_release(&b);
}

/* Takes in what stands in `more`, one word each. */
static void check_advance(const char *start, const char *more, const char *want)
{
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_gtids g = {0};
	struct dts_buf b = {0};

	REQUIRE(dts_gtids_parse(&g, s(start), DTS_GTID_MYSQL, &err) == 0);
	while (*more) {
		size_t len = strcspn(more, " ");
		CHECK_INT(0, dts_gtids_advance(&g, dts_slice(more, len)));
		more += len + (more[len] == ' ');
	}
	dts_gtids_add(&b, &g);
	CHECK_STR(want, dts_buf_text(&b));
	/* What was joined is in order, so that it is equal to what is read. */
	struct dts_gtids again = {0};
	CHECK_INT(0, dts_gtids_parse(&again, dts_buf_slice(&b), DTS_GTID_MYSQL, &err));
	CHECK(dts_gtids_equal(&g, &again));
	dts_gtids_release(&again);
	dts_gtids_release(&g);
	dts_buf_release(&b);
}

static void test_advance(void)
{
	check_advance("", "1-1-9 0-1-6 10-1-1 1-2-10", "0-1-6,1-2-10,10-1-1");
	check_advance("0-1-6", "0-1-5", "0-1-5"); /* not strict */
	check_advance("", U ":1 " U ":2 " U ":3", U ":1-3");
	check_advance(U ":1-3", U ":5 " U ":7 " U ":4 " U ":6", U ":1-7");
	check_advance(U ":5", U ":4 " U ":2 " U ":2 " U ":9223372036854775806", U ":2:4-5:9223372036854775806");
	check_advance(U ":1-3", U ":2 " U ":tag:1 " V ":1 " U ":4 " U ":a:1 " U ":tag:2", V ":1," U ":1-4:a:1:tag:1-2");

	struct dts_gtids g = {0};
	struct dts_error err = DTS_ERROR_INIT;
	CHECK_INT(-1, dts_gtids_advance(&g, s("0-1-6"))); /* not known */
	REQUIRE(dts_gtids_parse(&g, s("0-1-6"), DTS_GTID_NONE, &err) == 0);
	CHECK_INT(-1, dts_gtids_advance(&g, s(U ":1")));
	CHECK_INT(-1, dts_gtids_advance(&g, s("nonsense")));
	CHECK_INT(-1, dts_gtids_advance(&g, s("0-1-7,1-1-10")));
	CHECK_INT(-1, dts_gtids_advance(&g, s("")));
	CHECK_INT(0, dts_gtids_advance(&g, s("0-1-7")));
	dts_gtids_follow(&g, s("0-1-8"));
	CHECK(dts_gtids_known(&g));
	dts_gtids_follow(&g, s("bin.000042:4711"));
	CHECK(!dts_gtids_known(&g) && dts_gtids_is_empty(&g));
	dts_gtids_follow(&g, s("0-1-9"));
	CHECK(!dts_gtids_known(&g));
	dts_gtids_release(&g);
}

/* Random numbers of a small range against an array of flags. */
static void test_random(void)
{
	enum { RANGE = 200 };
	bool have[RANGE + 2] = {false};
	struct dts_gtids g = {0}, copy = {0};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_buf b = {0}, text = {0};
	struct dts_gtid gtid;

	srand((unsigned)unit_seed());
	dts_gtids_set_empty(&g, DTS_GTID_MYSQL);
	REQUIRE(dts_gtid_parse(&gtid, s(U ":tag:1")));
	for (int round = 0; round < 300; round++) {
		gtid.number = (uint64_t)rand() % RANGE + 1;
		CHECK(dts_gtids_contain(&g, &gtid) == have[gtid.number]);
		dts_gtids_copy(&copy, &g);
		CHECK_INT(0, dts_gtids_include(&g, &gtid));
		CHECK(dts_gtids_cover(&g, &copy) && dts_gtids_cover(&copy, &g) == have[gtid.number]);
		CHECK(dts_gtids_equal(&copy, &g) == have[gtid.number]);
		have[gtid.number] = true;
		dts_buf_clear(&text);
		dts_buf_adds(&text, U ":tag");
		for (unsigned first = 1, n = 1; n <= RANGE + 1; n++) {
			if (!have[n] && first < n)
				dts_buf_addf(&text, n - first > 1 ? ":%u-%u" : ":%u", first, n - 1);
			if (!have[n])
				first = n + 1;
		}
		dts_buf_clear(&b);
		dts_gtids_add(&b, &g);
		CHECK_STR(dts_buf_text(&text), dts_buf_text(&b));
		CHECK_INT(0, dts_gtids_parse(&copy, dts_buf_slice(&text), DTS_GTID_NONE, &err));
		CHECK(dts_gtids_equal(&copy, &g));
	}
	dts_gtids_release(&g);
	dts_gtids_release(&copy);
	dts_buf_release(&b);
	dts_buf_release(&text);
}

/* One set taken into another at once is as one by one; and what one has, in any order, does not change the other. */
static void test_unite(void)
{
	static const char *const groups[] = {U ":1", U ":tag:1", V ":1", V ":a:1"};
	struct dts_gtids a = {0}, b = {0}, one_by_one = {0}, sum = {0};
	struct dts_gtid gtid;

	srand((unsigned)unit_seed());
	for (int round = 0; round < 3000; round++) {
		dts_gtids_set_empty(&a, DTS_GTID_MYSQL);
		dts_gtids_set_empty(&b, DTS_GTID_MYSQL);
		const int range = 1 + rand() % 40;
		for (int i = rand() % 40; i > 0; i--) {
			REQUIRE(dts_gtid_parse(&gtid, s(groups[rand() % 4])));
			gtid.number = 1 + (uint64_t)(rand() % range);
			CHECK_INT(0, dts_gtids_include(rand() % 2 ? &a : &b, &gtid));
		}
		dts_gtids_copy(&one_by_one, &a);
		for (size_t i = 0; i < b.set.count; i++)
			for (size_t k = 0; k < b.set.groups[i].count; k++) {
				gtid.form = DTS_GTID_MYSQL;
				memcpy(gtid.uuid, b.set.groups[i].uuid, sizeof gtid.uuid);
				memcpy(gtid.tag, b.set.groups[i].tag, sizeof gtid.tag);
				for (gtid.number = b.set.groups[i].items[k].first; gtid.number < b.set.groups[i].items[k].end; gtid.number++)
					CHECK_INT(0, dts_gtids_include(&one_by_one, &gtid));
			}
		dts_gtids_copy(&sum, &a);
		CHECK_INT(0, dts_gtids_unite(&sum, &b));
		CHECK(dts_gtids_equal(&sum, &one_by_one));
		CHECK(dts_gtids_cover(&sum, &a) && dts_gtids_cover(&sum, &b));
		CHECK_INT(0, dts_gtids_unite(&b, &a));
		CHECK(dts_gtids_equal(&sum, &b));
		CHECK_INT(0, dts_gtids_unite(&b, &b));
		CHECK(dts_gtids_equal(&sum, &b));
	}
	dts_gtids_release(&a);
	dts_gtids_release(&b);
	dts_gtids_release(&one_by_one);
	dts_gtids_release(&sum);
}

/* `behind` taken into `to`: its text, or "no". */
static const char *unite(const char *to, const char *behind)
{
	static struct dts_buf b;
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_gtids x = {0}, y = {0};

	dts_buf_clear(&b);
	if (to)
		CHECK_INT(0, dts_gtids_parse(&x, s(to), DTS_GTID_MYSQL, &err));
	if (behind)
		CHECK_INT(0, dts_gtids_parse(&y, s(behind), DTS_GTID_MARIADB, &err));
	if (dts_gtids_unite(&x, &y) < 0)
		dts_buf_adds(&b, "no");
	else
		dts_gtids_add(&b, &x);
	dts_gtids_release(&x);
	dts_gtids_release(&y);
	return dts_buf_text(&b);
}

static void test_unite_lists(void)
{
	CHECK_STR("0-2-7,1-1-9,2-1-1", unite("0-1-6,1-1-9", "0-2-7,2-1-1"));
	CHECK_STR("0-2-5", unite("0-1-6", "0-2-5")); /* what came behind is the last, whatever its number */
	CHECK_STR("0-1-6", unite("", "0-1-6"));
	CHECK_STR("0-1-6", unite("0-1-6", ""));
	CHECK_STR(U ":1-3", unite(U ":1-3", ""));
	CHECK_STR("", unite("", ""));
	CHECK_STR(U ":1-9223372036854775806", unite(U ":1-5:9223372036854775806", U ":3-9223372036854775805"));
	CHECK_STR("no", unite("0-1-6", U ":1"));
	CHECK_STR("no", unite(U ":1", "0-1-6"));
	CHECK_STR("no", unite(NULL, "0-1-6"));
	CHECK_STR("no", unite("0-1-6", NULL));
}

static bool covers(const char *a, const char *b)
{
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_gtids x = {0}, y = {0};

	CHECK_INT(0, dts_gtids_parse(&x, s(a), DTS_GTID_MYSQL, &err));
	CHECK_INT(0, dts_gtids_parse(&y, s(b), DTS_GTID_MARIADB, &err));
	bool all = dts_gtids_cover(&x, &y);
	CHECK(dts_gtids_equal(&x, &y) == (all && dts_gtids_cover(&y, &x) && strcmp(a, "0-2-6") != 0));
	dts_gtids_release(&x);
	dts_gtids_release(&y);
	return all;
}

static void test_cover(void)
{
	struct dts_gtids none = {0}, empty = {0};

	CHECK(covers("0-1-6,1-1-9", "0-1-6"));
	CHECK(covers("0-1-7", "0-2-6"));
	CHECK(!covers("0-1-5,1-1-9", "0-1-6"));
	CHECK(!covers("1-1-9", "0-1-6"));
	CHECK(covers("0-2-6", "0-1-6")); /* not equal, though */
	CHECK(covers(U ":1-10:20-30", U ":2-9:20:30"));
	CHECK(!covers(U ":1-10:20-30", U ":9-20"));
	CHECK(!covers(U ":1-10:20-30", U ":10-11"));
	CHECK(!covers(U ":1-10:20-30", U ":19-20"));
	CHECK(!covers(U ":1-10", U ":tag:1"));
	CHECK(!covers(U ":1-10", V ":1"));
	CHECK(!covers(U ":1-10", "0-1-6"));
	CHECK(!covers("0-1-6", U ":1"));
	CHECK(covers(U ":1", ""));
	CHECK(covers("0-1-6", ""));
	CHECK(covers("", ""));
	CHECK(!covers("", U ":1"));
	dts_gtids_set_empty(&empty, DTS_GTID_MARIADB);
	CHECK(!dts_gtids_cover(&none, &empty) && !dts_gtids_cover(&empty, &none) && !dts_gtids_equal(&none, &none));
	CHECK(dts_gtids_fits(&none, DTS_GTID_MYSQL) && dts_gtids_fits(&empty, DTS_GTID_MYSQL));
}

static void encode(struct dts_buf *b, const char *text)
{
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_gtid_set set = {0};

	dts_buf_clear(b);
	CHECK_INT(0, dts_gtid_set_parse(&set, s(text), &err));
	dts_gtid_set_encode(b, &set);
	dts_gtid_set_release(&set);
}

static void add_hex(struct dts_buf *b, const char *hex)
{
	for (; hex[0] && hex[1]; hex += 2) {
		char byte[3] = {hex[0], hex[1], '\0'};
		dts_buf_addc(b, (char)strtoul(byte, NULL, 16));
	}
}

/* The bytes of PREVIOUS_GTIDS events of MySQL 9.7 and the gtid_executed that they are of. */
static const char *const seen[][2] = {
	{"",
	 "0000000000000000"},
	{"89c8aa32-e5a5-11f1-8a5f-02fc00000001:1-3",
	 "010000000000000089c8aa32e5a511f18a5f02fc00000001010000000000000001000000000000000400000000000000"},
	{"11111111-71ca-11e1-9e33-c80aa9429562:7:9223372036854775806,89c8aa32-e5a5-11f1-8a5f-02fc00000001:1-3",
	 "02000000000000001111111171ca11e19e33c80aa9429562020000000000000007000000000000000800000000000000"
	 "feffffffffffff7fffffffffffffff7f89c8aa32e5a511f18a5f02fc0000000101000000000000000100000000000000"
	 "0400000000000000"},
	{"11111111-71ca-11e1-9e33-c80aa9429562:7:9223372036854775806:_x9:3:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:5,89c8aa32-e5a5-11f1-8a5f-02fc00000001:1-3:tag:1-2",
	 "01050000000000011111111171ca11e19e33c80aa9429562000200000000000000070000000000000008000000000000"
	 "00feffffffffffff7fffffffffffffff7f1111111171ca11e19e33c80aa9429562065f78390100000000000000030000"
	 "000000000004000000000000001111111171ca11e19e33c80aa942956240616161616161616161616161616161616161"
	 "616161616161616161616161616101000000000000000500000000000000060000000000000089c8aa32e5a511f18a5f"
	 "02fc000000010001000000000000000100000000000000040000000000000089c8aa32e5a511f18a5f02fc0000000106"
	 "746167010000000000000001000000000000000300000000000000"},
};

static void test_binary(void)
{
	struct dts_gtid_set set = {0};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_buf want = {0}, got = {0};

	for (size_t i = 0; i < sizeof seen / sizeof *seen; i++) {
		dts_buf_clear(&want);
		add_hex(&want, seen[i][1]);
		encode(&got, seen[i][0]);
		CHECK_MEM(want.data, want.len, got.data, got.len);
		REQUIRE(dts_gtid_set_decode(&set, dts_buf_slice(&want), &err) == 0);
		dts_buf_clear(&got);
		dts_gtid_set_add(&got, &set);
		CHECK_STR(seen[i][0], dts_buf_text(&got));
		/* Cut anywhere, it is damaged; so it is with more behind it. */
		for (size_t len = 0; len < want.len; len++)
			CHECK_INT(-1, dts_gtid_set_decode(&set, dts_slice(want.data, len), &err));
		dts_buf_addc(&want, 0);
		CHECK_INT(-1, dts_gtid_set_decode(&set, dts_buf_slice(&want), &err));
	}
	dts_gtid_set_release(&set);
	dts_buf_release(&want);
	dts_buf_release(&got);
}

/* A server that has once met a tag writes the form for tags ever after, with tags or without. */
static void test_binary_without_tags(void)
{
	static const char *const cases[][2] = {
		{"", "0100000000000001"},
		{"89c8aa32-e5a5-11f1-8a5f-02fc00000001:1-3",
		 "010100000000000189c8aa32e5a511f18a5f02fc0000000100010000000000000001000000000000000400000000000000"},
	};
	struct dts_gtid_set set = {0};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_buf b = {0};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		dts_buf_clear(&b);
		add_hex(&b, cases[i][1]);
		CHECK_INT(0, dts_gtid_set_decode(&set, dts_buf_slice(&b), &err));
		dts_buf_clear(&b);
		dts_gtid_set_add(&b, &set);
		CHECK_STR(cases[i][0], dts_buf_text(&b));
	}
	dts_gtid_set_release(&set);
	dts_buf_release(&b);
}

#define ID "3e11fa4771ca11e19e33c80aa9429562"
#define ONE "0100000000000000"
#define TWO "0200000000000000"

static void test_damaged(void)
{
	static const char *const cases[] = {
		ONE ID "0000000000000000",                                             /* no interval */
		ONE ID ONE "0000000000000000" TWO,                                     /* from 0 */
		ONE ID ONE TWO TWO,                                                    /* empty interval */
		ONE ID ONE TWO ONE,                                                    /* reversed */
		ONE ID TWO ONE TWO TWO "0300000000000000",                             /* they touch */
		ONE ID ONE ONE "0000000000000080",                                     /* too great */
		ONE ID "ffffffffffffff0f" ONE TWO,                                     /* more than there is */
		"ffffffffffffff00",                                                    /* the same of groups */
		TWO ID ONE ONE TWO ID ONE TWO "0300000000000000",                      /* the group twice */
		"0101000000000001" ID "06542d67" ONE ONE TWO,                          /* no tag */
		"0101000000000001" ID "06546167" ONE ONE TWO,                          /* upper case */
		"0101000000000001" ID "0374" ONE ONE TWO,                              /* a long integer */
		"0001000000000001" ID "00" ONE ONE TWO,                                /* the format in one place only */
		"0201000000000002" ID "00" ONE ONE TWO,                                /* another format */
	};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_gtid_set set = {0};
	struct dts_buf b = {0};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		dts_buf_clear(&b);
		add_hex(&b, cases[i]);
		if (dts_gtid_set_decode(&set, dts_buf_slice(&b), &err) == 0)
			unit_fail(__FILE__, __LINE__, "accepted %s", cases[i]);
		CHECK_INT(0, set.count);
	}
	dts_buf_clear(&b);
	add_hex(&b, ONE ID ONE ONE "ffffffffffffff7f");
	CHECK_INT(0, dts_gtid_set_decode(&set, dts_buf_slice(&b), &err));
	dts_buf_clear(&b);
	dts_gtid_set_add(&b, &set);
	CHECK_STR(U ":1-9223372036854775806", dts_buf_text(&b));
	dts_gtid_set_release(&set);
	dts_buf_release(&b);
}

/* A set does not grow without bounds, and says so. */
static void test_limit(void)
{
	struct dts_gtids g = {0};
	struct dts_gtid gtid;

	dts_gtids_set_empty(&g, DTS_GTID_MYSQL);
	REQUIRE(dts_gtid_parse(&gtid, s(U ":1")));
	for (unsigned i = 0; i < DTS_GTID_MAX_INTERVALS; i++, gtid.number += 2)
		if (dts_gtids_include(&g, &gtid) < 0)
			unit_fail(__FILE__, __LINE__, "full at %u", i);
	CHECK_INT(-1, dts_gtids_include(&g, &gtid));
	CHECK_INT(DTS_GTID_MAX_INTERVALS, g.set.intervals);
	gtid.number = 1;
	CHECK_INT(0, dts_gtids_include(&g, &gtid)); /* it has it */
	dts_gtids_release(&g);
}

int main(void)
{
	RUN(test_lists);
	RUN(test_sets);
	RUN(test_wrong_sets);
	RUN(test_single);
	RUN(test_advance);
	RUN(test_random);
	RUN(test_unite);
	RUN(test_unite_lists);
	RUN(test_cover);
	RUN(test_binary);
	RUN(test_binary_without_tags);
	RUN(test_damaged);
	RUN(test_limit);
	return unit_done();
}
