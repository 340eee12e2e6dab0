/* A stream that is appended to a log: what is there already, what leaves a gap, what is of another source. */
#include "log_appended.h"

static void test_appends(void)
{
	struct dts_buf s = {0};
	struct dts_error err;
	struct dts_log_end end = {0};

	empty_dir();
	make_stream(&s, 1, 9);
	REQUIRE(append(&s, 1 << 20, &err) == 0);
	CHECK(holds(&s));
	/* What is there is left out; what is behind is taken. */
	REQUIRE(append(&s, 1 << 20, &err) == 0);
	CHECK(holds(&s));
	make_stream(&s, 5, 12);
	REQUIRE(append(&s, 1 << 20, &err) == 0);
	make_stream(&s, 13, 20);
	REQUIRE(append(&s, 1 << 20, &err) == 0);
	make_stream(&s, 1, 20);
	CHECK(holds(&s));
	REQUIRE(dts_log_find_end(dir, &end, &err) == 0);
	CHECK_INT(19904, end.pos.offset);
	CHECK_INT(20, end.pos.gtid.list.items[0].sequence);
	CHECK_INT(1000000ull * (EPOCH + 20) + 20, end.newest);
	dts_log_end_release(&end);
	dts_buf_release(&s);
}

static void test_refuses(void)
{
	struct dts_buf s = {0};
	struct dts_error err;

	empty_dir();
	make_stream(&s, 1, 5);
	REQUIRE(append(&s, 1 << 20, &err) == 0);
	make_stream(&s, 7, 9);
	CHECK_INT(-1, append(&s, 1 << 20, &err));
	CHECK_INT(DTS_REFUSED, err.status);
	CHECK(strstr(err.message, "changes between are missing"));
	CHECK(strstr(err.hint, "--resume="));

	dts_buf_clear(&s);
	add_stream(&s, 6, "\"server\":\"mariadb\",\"id\":\"y\"");
	add_end(&s);
	CHECK_INT(-1, append(&s, 1 << 20, &err));
	CHECK_INT(DTS_REFUSED, err.status);
	CHECK(strstr(err.message, "follows another server"));

	/* Torn: what is whole is kept. */
	make_stream(&s, 6, 8);
	s.len -= 150;
	s.len = (size_t)((char *)memrchr(s.data, '\n', s.len) + 1 - s.data);
	CHECK_INT(-1, append(&s, 1 << 20, &err));
	CHECK_INT(DTS_BAD_INPUT, err.status);
	make_stream(&s, 1, 7);
	CHECK(holds(&s));
	dts_buf_release(&s);
}

/* The same names, and another log: a transaction that the log has by its place and not by its GTID. */
static void test_begun_anew(void)
{
	struct dts_buf s = {0};
	struct dts_error err;

	empty_dir();
	make_stream(&s, 1, 5);
	REQUIRE(append(&s, 1 << 20, &err) == 0);
	dts_buf_clear(&s);
	add_stream(&s, 1, SOURCE);
	add_begin(&s, 1);
	memcpy(memmem(s.data, s.len, "0-1-1", 5), "0-2-9", 5);
	dts_buf_adds(&s, "{\"op\":\"commit\",\"src\":\"db1\",\"tx\":\"0-2-9\",\"n\":0,\"pos\":{\"file\":\"bin.000001\",\"offset\":900}}\n");
	add_end(&s);
	CHECK_INT(-1, append(&s, 1 << 20, &err));
	CHECK_INT(DTS_REFUSED, err.status);
	CHECK(strstr(err.message, "transaction '0-2-9' at bin.000001:4 is not in log"));
	make_stream(&s, 1, 5);
	CHECK(holds(&s));
	dts_buf_release(&s);
}

/* Another server in its place: only GTIDs say where it goes on, and its order may be another one. */
static void test_another_server(void)
{
	struct dts_buf s = {0}, have = {0};
	struct dts_error err;
	struct dts_log_end end = {0};

	empty_dir();
	make_stream(&s, 1, 5);
	REQUIRE(append(&s, 1 << 20, &err) == 0);
	dts_buf_clear(&s);
	dts_buf_adds(&s, "{\"op\":\"stream\",\"v\":1,\"kind\":\"changes\",\"src\":\"db1\",\"source\":{\"server\":\"mariadb\",\"id\":\"y\","
			 "\"instead-of\":\"x\"},\"pos\":{\"gtid\":\"0-1-3\"}}\n");
	add_schema(&s, "t0");
	add_schema(&s, "t1");
	for (unsigned i = 4; i <= 7; i++)
		add_tx(&s, i, 1);
	add_end(&s);
	REQUIRE(append(&s, 1 << 20, &err) == 0);
	CHECK_INT(2, read_log(&have)); /* in a segment of its own */
	CHECK(memmem(have.data, have.len, "\"0-1-7\",\"n\":1,\"pos\"", 19));
	CHECK(!memmem(have.data, have.len, "\"0-1-4\",\"n\":1,\"pos\"", 19)); /* the log has that one with two rows */
	REQUIRE(dts_log_find_end(dir, &end, &err) == 0);
	CHECK_STR("bin.000001", end.pos.file);
	CHECK_INT(7, end.pos.gtid.list.items[0].sequence);
	dts_log_end_release(&end);
	dts_buf_release(&have);
	dts_buf_release(&s);
}

/* It takes the place while the log is written: what was told of the one before ends where its log says. */
static void test_another_server_at_once(void)
{
	struct dts_buf s = {0}, have = {0};
	struct dts_error err;
	struct dts_segments all = {0};
	struct dts_segment segment = {.fd = -1};
	struct dts_frame_head foot = {0};

	empty_dir();
	add_stream(&s, 1, SOURCE);
	add_schema(&s, "t0");
	add_schema(&s, "t1");
	for (unsigned i = 1; i <= 5; i++)
		add_tx(&s, i, 1);
	dts_buf_adds(&s, "{\"op\":\"stream\",\"v\":1,\"kind\":\"changes\",\"src\":\"db1\",\"source\":{\"server\":\"mariadb\",\"id\":\"y\","
			 "\"instead-of\":\"x\"},\"pos\":{\"gtid\":\"0-1-5\"}}\n");
	add_schema(&s, "t0");
	add_schema(&s, "t1");
	for (unsigned i = 6; i <= 7; i++)
		add_tx(&s, i, 1);
	add_end(&s);
	REQUIRE(append(&s, 1 << 20, &err) == 0);
	CHECK_INT(2, read_log(&have));
	REQUIRE(dts_segments_list(&all, dir, &err) == 0);
	REQUIRE(dts_segment_open(&segment, dir, &all.items[0], &err) == 0);
	REQUIRE(dts_segment_foot(&segment, &foot, &err) == 1);
	CHECK_STR("bin.000001", foot.to.file);
	CHECK_INT(4904, foot.to.offset);
	CHECK_INT(5, foot.to.gtid.list.items[0].sequence);
	dts_segment_close(&segment);
	dts_frame_head_release(&foot);
	dts_segments_release(&all);
	dts_buf_release(&have);
	dts_buf_release(&s);
}

/* The reader has lost its connection in the middle of a transaction, and goes on a little earlier. */
static void test_reader_reconnects(void)
{
	struct dts_buf s = {0};
	struct dts_error err;

	empty_dir();
	add_stream(&s, 1, SOURCE);
	add_schema(&s, "t0");
	add_schema(&s, "t1");
	for (unsigned i = 1; i <= 5; i++)
		add_tx(&s, i, 1 + i % 3);
	add_begin(&s, 6);
	add_insert(&s, 6, 1, "t0");
	dts_buf_adds(&s, "{\"op\":\"rollback\",\"src\":\"db1\",\"tx\":\"0-1-6\"}\n");
	add_stream(&s, 4, SOURCE);
	add_schema(&s, "t0");
	add_schema(&s, "t1");
	for (unsigned i = 4; i <= 8; i++)
		add_tx(&s, i, 1 + i % 3);
	add_end(&s);
	REQUIRE(append(&s, 1 << 20, &err) == 0);
	make_stream(&s, 1, 8);
	CHECK(holds(&s));
	dts_buf_release(&s);
}

/* Decisions on prepared transactions stand by themselves; one need not say where. */
static void test_prepared(void)
{
	static const char prepare[] = "{\"op\":\"prepare\",\"src\":\"db1\",\"tx\":\"0-1-2\",\"xid\":\"X'01',X'',1\",\"n\":1,\"pos\":{\"file\":"
				      "\"bin.000001\",\"offset\":1904,\"created\":1767225600}}\n";
	static const char rollback[] = "{\"op\":\"rollback\",\"src\":\"db1\",\"tx\":\"0-1-3\",\"xid\":\"X'01',X'',1\"}\n";
	struct dts_buf s = {0}, have = {0};
	struct dts_error err;
	struct dts_log_end end = {0};

	empty_dir();
	for (int times = 0; times < 3; times++) {
		dts_buf_clear(&s);
		add_stream(&s, 1, SOURCE);
		add_schema(&s, "t0");
		add_tx(&s, 1, 1);
		add_begin(&s, 2);
		add_insert(&s, 2, 1, "t0");
		dts_buf_adds(&s, prepare);
		if (times > 0) /* it comes with the second run, and once */
			dts_buf_adds(&s, rollback);
		add_end(&s);
		CHECK_INT(0, append(&s, 1 << 20, &err));
	}
	CHECK(holds(&s));
	/* From where it stands, too. */
	dts_buf_clear(&s);
	add_stream(&s, 3, SOURCE);
	dts_buf_adds(&s, rollback);
	add_tx(&s, 4, 2);
	add_end(&s);
	CHECK_INT(0, append(&s, 1 << 20, &err));
	read_log(&have);
	const char *once = memmem(have.data, have.len, "\"rollback\"", 10);
	REQUIRE(once);
	CHECK(!memmem(once + 1, have.len - (size_t)(once + 1 - have.data), "\"rollback\"", 10));
	CHECK(memmem(have.data, have.len, "\"tx\":\"0-1-4\"", 12));
	REQUIRE(dts_log_find_end(dir, &end, &err) == 0);
	CHECK_INT(4, end.pos.gtid.list.items[0].sequence);
	CHECK_INT(3904, end.pos.offset);
	dts_log_end_release(&end);
	dts_buf_release(&have);
	dts_buf_release(&s);
}

/* A schema that the stream tells where the log has been already holds behind it, but not behind a statement that changes it. */
static void test_schemas_of_overlap(void)
{
	struct dts_buf s = {0}, have = {0};
	struct dts_error err;
	struct dts_segments all = {0};

	empty_dir();
	make_stream(&s, 1, 3);
	REQUIRE(append(&s, 1 << 20, &err) == 0);
	dts_buf_clear(&s);
	add_stream(&s, 2, SOURCE);
	add_schema(&s, "t5");
	add_schema(&s, "t1");
	add_tx(&s, 2, 3);
	add_tx(&s, 3, 1);
	add_tx(&s, 4, 2);
	add_end(&s);
	REQUIRE(append(&s, 1 << 20, &err) == 0);
	REQUIRE(dts_segments_list(&all, dir, &err) == 0 && all.count == 1);
	CHECK_INT(2, content_of(&have, &all.items[0]));
	const char *second = memmem(have.data + 1, have.len - 1, "{\"op\":\"stream\"", 14);
	REQUIRE(second);
	const size_t left = have.len - (size_t)(second - have.data);
	CHECK(memmem(second, left, "\"offset\":2904", 13)); /* where the log stood */
	CHECK(memmem(second, left, "\"table\":\"t5\"", 12));
	CHECK(memmem(second, left, "\"table\":\"t0\"", 12));
	CHECK(memmem(second, left, "\"table\":\"t1\"", 12));
	dts_segments_release(&all);
	dts_buf_release(&have);
	dts_buf_release(&s);
}

/* A stream that begins by GTID: what the log knows of its place stays, and overlaps are seen by GTID. */
static void test_begins_by_gtid(void)
{
	struct dts_buf s = {0};
	struct dts_error err;
	struct dts_log_end end = {0};

	empty_dir();
	make_stream(&s, 1, 5);
	REQUIRE(append(&s, 1 << 20, &err) == 0);
	for (unsigned from = 6; from >= 3; from--) {
		dts_buf_clear(&s);
		dts_buf_addf(&s, "{\"op\":\"stream\",\"v\":1,\"kind\":\"changes\",\"src\":\"db1\",\"source\":{" SOURCE "},\"pos\":{\"gtid\":"
				 "\"0-1-%u\"}}\n", from - 1);
		add_schema(&s, "t0");
		add_schema(&s, "t1");
		for (unsigned i = from; i <= 11 - from; i++) /* 5, 6, 7, 8 */
			add_tx(&s, i, 1 + i % 3);
		dts_buf_addf(&s, "{\"op\":\"heartbeat\",\"src\":\"db1\",\"pos\":{\"gtid\":\"0-1-%u\"}}\n", from == 6 ? 5 : 11 - from);
		add_end(&s);
		CHECK_INT(0, append(&s, 1 << 20, &err));
		REQUIRE(dts_log_find_end(dir, &end, &err) == 0);
		CHECK_STR("bin.000001", end.pos.file);
		CHECK_INT(from == 6 ? 4904 : 1000 * (11 - from) - 96, end.pos.offset);
		dts_log_end_release(&end);
	}
	make_stream(&s, 1, 8);
	CHECK(holds(&s));
	dts_buf_release(&s);
}

static void test_segments(void)
{
	struct dts_buf s = {0}, have = {0};
	struct dts_error err;

	empty_dir();
	make_stream(&s, 1, 400);
	REQUIRE(append(&s, 3000, &err) == 0);
	CHECK(read_log(&have) > 3);
	CHECK(holds(&s));
	dts_buf_release(&have);
	dts_buf_release(&s);
}

int main(void)
{
	open_home();
	RUN(test_appends);
	RUN(test_refuses);
	RUN(test_begun_anew);
	RUN(test_another_server);
	RUN(test_another_server_at_once);
	RUN(test_reader_reconnects);
	RUN(test_prepared);
	RUN(test_schemas_of_overlap);
	RUN(test_begins_by_gtid);
	RUN(test_segments);
	close_home();
	return unit_done();
}
