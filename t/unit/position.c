#include "record/position.h"

#include "unit.h"

static struct dts_slice s(const char *text)
{
	return dts_slice_of(text);
}

static void test_parse(void)
{
	struct dts_position p = {0}, q = {0};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_buf b = {0};

	REQUIRE(dts_position_parse(&p, s("{\"file\":\"bin.000042\",\"offset\":4711,\"gtid\":\"0-1-6,1-1-9\"}"), &err) == 0);
	CHECK_STR("bin.000042", p.file);
	CHECK_INT(4711, p.offset);
	dts_position_copy(&q, &p);
	dts_position_add(&b, &q, true);
	CHECK_STR("{\"file\":\"bin.000042\",\"offset\":4711,\"gtid\":\"0-1-6,1-1-9\"}", dts_buf_text(&b));
	dts_buf_clear(&b);
	dts_position_add(&b, &q, false);
	CHECK_STR("{\"file\":\"bin.000042\",\"offset\":4711}", dts_buf_text(&b));

	REQUIRE(dts_position_parse(&p, s("{\"created\":1763719200,\"file\":\"bin.000042\",\"offset\":4711,\"gtid\":\"0-1-6\"}"), &err) == 0);
	CHECK_INT(1763719200, p.created);
	dts_position_copy(&q, &p);
	dts_buf_clear(&b);
	dts_position_add(&b, &q, true);
	CHECK_STR("{\"file\":\"bin.000042\",\"offset\":4711,\"created\":1763719200,\"gtid\":\"0-1-6\"}", dts_buf_text(&b));
	dts_position_set(&q, s("bin.000042"), 5000);
	CHECK_INT(0, q.created);

	/* What it held before is gone. */
	REQUIRE(dts_position_parse(&p, s("{\"more\":[],\"gtid\":\"0-1-7\"}"), &err) == 0);
	CHECK_STR("", p.file);
	CHECK_INT(0, p.created);
	dts_buf_clear(&b);
	dts_position_add(&b, &p, true);
	CHECK_STR("{\"gtid\":\"0-1-7\"}", dts_buf_text(&b));
	REQUIRE(dts_position_parse(&p, s(" { \"offset\" : 18446744073709551615 , \"fil\\u0065\" : \"\\u0061.1\" } "), &err) == 0);
	CHECK_STR("a.1", p.file);
	CHECK(p.offset == UINT64_MAX && !dts_gtids_known(&p.gtid));
	dts_buf_release(&b);
	dts_position_release(&p);
	dts_position_release(&q);
	dts_position_release(NULL);
}

static void test_refused(void)
{
	static const struct {
		const char *raw, *why;
	} cases[] = {
		{"{}", "position: neither a file nor a GTID"},
		{"[]", "position: not an object"},
		{"null", "position: not an object"},
		{"{\"file\":\"a.1\"}", "position: a file without an offset"},
		{"{\"offset\":4}", "position: an offset without a file"},
		{"{\"file\":\"a.1\",\"offset\":\"4\"}", "position: 'offset' is not a whole number"},
		{"{\"file\":\"a.1\",\"offset\":-4}", "position: 'offset' is not a whole number"},
		{"{\"file\":\"a.1\",\"offset\":4,\"created\":\"x\"}", "position: 'created' is not a whole number"},
		{"{\"file\":1,\"offset\":4}", "position: 'file' is not a string"},
		{"{\"gtid\":null}", "position: 'gtid' is not a string"},
		{"{\"gtid\":\"x\"}", "position: 'x' is neither a list of MariaDB GTIDs, such as 0-1-6,1-1-9, nor a set of MySQL "
				    "GTIDs, such as UUID:1-5"},
		{"{\"file\":\"\",\"offset\":4}", "position: '' is not the name of a binary log file"},
		{"{\"file\":\"/a.1\",\"offset\":4}", "position: '/a.1' is not the name of a binary log file"},
	};
	struct dts_position p = {0};
	struct dts_error err = DTS_ERROR_INIT;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CHECK_INT(-1, dts_position_parse(&p, s(cases[i].raw), &err));
		CHECK_STR(cases[i].why, err.message);
	}
	dts_position_release(&p);
}

static void test_text(void)
{
	static const char *const wrong[] = {"", ":", "a.1", "a.1:", ":4", "a.1:x", "a.1:-1", "a.1: 4", "a/b.1:4",
					    "a.1:99999999999999999999"};
	struct dts_position p = {0};
	struct dts_error err = DTS_ERROR_INIT;

	REQUIRE(dts_position_parse_text(&p, s("mysql-bin.000001:4"), &err) == 0);
	CHECK_STR("mysql-bin.000001", p.file);
	CHECK_INT(4, p.offset);
	REQUIRE(dts_position_parse_text(&p, s("odd:name.7:120"), &err) == 0);
	CHECK_STR("odd:name.7", p.file);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		CHECK_INT(-1, dts_position_parse_text(&p, s(wrong[i]), &err));
	dts_position_release(&p);
}

static int compare(const char *file, uint64_t offset, const char *other, uint64_t other_offset)
{
	struct dts_position p = {0}, q = {0};

	dts_position_set(&p, s(file), offset);
	dts_position_set(&q, s(other), other_offset);
	CHECK_INT(dts_position_compare(&p, &q), -dts_position_compare(&q, &p));
	return dts_position_compare(&p, &q);
}

static void test_compare(void)
{
	CHECK_INT(0, compare("bin.000001", 4, "bin.000001", 4));
	CHECK_INT(-1, compare("bin.000001", 4, "bin.000001", 5));
	CHECK_INT(-1, compare("bin.000001", 500, "bin.000002", 4));
	CHECK_INT(-1, compare("bin.999999", 500, "bin.1000000", 4));
	CHECK_INT(-1, compare("host.example.000009", 500, "host.example.000010", 4));
}

static void test_follow(void)
{
	struct dts_position p = {0}, end = {0};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_buf b = {0};

	REQUIRE(dts_position_parse(&p, s("{\"file\":\"b.1\",\"offset\":4,\"gtid\":\"0-1-6\"}"), &err) == 0);
	REQUIRE(dts_position_parse(&end, s("{\"file\":\"b.2\",\"offset\":9,\"created\":5}"), &err) == 0);
	dts_position_follow(&p, &end, s("0-1-7"));
	dts_position_add(&b, &p, true);
	CHECK_STR("{\"file\":\"b.2\",\"offset\":9,\"created\":5,\"gtid\":\"0-1-7\"}", dts_buf_text(&b));
	dts_position_follow(&p, &end, s("b.2:4711")); /* a transaction without a GTID */
	dts_buf_clear(&b);
	dts_position_add(&b, &p, true);
	CHECK_STR("{\"file\":\"b.2\",\"offset\":9,\"created\":5}", dts_buf_text(&b));
	dts_position_follow(&p, &end, s("0-1-8")); /* not known stays so */
	CHECK(!dts_gtids_known(&p.gtid));
	/* Known and empty is told, and goes on from there. */
	REQUIRE(dts_position_parse(&p, s("{\"gtid\":\"\"}"), &err) == 0);
	dts_buf_clear(&b);
	dts_position_add(&b, &p, true);
	CHECK_STR("{\"gtid\":\"\"}", dts_buf_text(&b));
	dts_position_follow(&p, &end, s("0-1-1"));
	dts_buf_clear(&b);
	dts_position_add(&b, &p, true);
	CHECK_STR("{\"file\":\"b.2\",\"offset\":9,\"created\":5,\"gtid\":\"0-1-1\"}", dts_buf_text(&b));
	/* One that is told is that of the end. */
	REQUIRE(dts_position_parse(&end, s("{\"file\":\"b.2\",\"offset\":9,\"created\":5,\"gtid\":\"0-1-4,7-7-7\"}"), &err) == 0);
	dts_position_follow(&p, &end, s("0-1-4"));
	dts_buf_clear(&b);
	dts_position_add(&b, &p, true);
	CHECK_STR("{\"file\":\"b.2\",\"offset\":9,\"created\":5,\"gtid\":\"0-1-4,7-7-7\"}", dts_buf_text(&b));
	dts_buf_release(&b);
	dts_position_release(&p);
	dts_position_release(&end);
}

int main(void)
{
	RUN(test_parse);
	RUN(test_refused);
	RUN(test_text);
	RUN(test_compare);
	RUN(test_follow);
	return unit_done();
}
