#include "log/append.h"
#include "log_reader.h"

static void check_position(struct dts_buf *got, unsigned done)
{
	struct dts_position want = {0};
	struct dts_buf text = {0};

	maker_position(&want, done);
	dts_position_add(&text, &want, true);
	CHECK_STR(dts_buf_text(&text), dts_buf_text(got));
	dts_buf_release(&text);
	dts_position_release(&want);
}

/* 40 transactions in four segments, in frames of 0 to 4, some of which go on in others. */
static unsigned make(void)
{
	for (unsigned s = 0; s < 4; s++) {
		for (unsigned f = 0; f < 4; f++) {
			maker_frame(&m, (s + f) % 4, f % 2 == 1, m.file.len);
			if (f % 2 == 1)
				maker_frame(&m, 1 + (s + f) % 2, false, m.file.len);
		}
		if (s < 3)
			maker_foot(&m);
		maker_next(&m, s == 3);
	}
	return m.next - 1;
}

static struct dts_log_read_options by_position(const char *file, uint64_t offset)
{
	struct dts_log_read_options o = {.start = DTS_LOG_POSITION};

	dts_position_set(&o.position, dts_slice_of(file), offset);
	return o;
}

/* The GTID position behind so many transactions; its memory is kept for all. */
static struct dts_gtids gtids_of(unsigned done)
{
	static struct dts_position p;

	maker_position(&p, done);
	return p.gtid;
}

static void test_whole(void)
{
	REQUIRE(maker_open(&m));
	unsigned count = make();
	read_log((struct dts_log_read_options){0});
	check_range("oldest", 0, 1, count);
	check_position(&told.start, 0);
	check_position(&told.end, count);
	read_log((struct dts_log_read_options){.start = DTS_LOG_NOW});
	check_range("now", 0, 1, 0);
	check_position(&told.start, count);
	check_position(&told.end, count);
	maker_close(&m);
}

static void test_every_start(void)
{
	REQUIRE(maker_open(&m));
	unsigned count = make();
	for (unsigned i = 1; i <= count; i++) {
		const uint64_t begin = 4 + 1000 * (uint64_t)(i - 1);

		read_log(by_position("bin.000001", begin));
		check_range("begin", i, i, count);
		read_log(by_position("bin.000001", begin + 900));
		check_range("end", i, i + 1, count);
		check_position(&told.start, i);
		check_position(&told.end, count);
		if (i < count) {
			read_log(by_position("bin.000001", begin + 950)); /* nothing is there */
			check_range("between", i, i + 1, count);
		}
		read_log(by_position("bin.000001", begin + 7));
		CHECK_INT(-1, told.rc);
		CHECK_INT(DTS_BAD_INPUT, told.err.status);
		CHECK(strstr(told.err.message, "inside of the transaction from") != NULL);
		CHECK_INT(0, told.text.len);
		read_log((struct dts_log_read_options){.start = DTS_LOG_POSITION, .position.gtid = gtids_of(i)});
		check_range("gtid", i, i + 1, count);
		check_position(&told.start, i);
		read_log((struct dts_log_read_options){.start = DTS_LOG_TIME, .start_time = (uint64_t)(MAKER_EPOCH + i) * 1000000});
		check_range("time", i, i, count);
		read_log((struct dts_log_read_options){.start = DTS_LOG_TIME, .start_time = (uint64_t)(MAKER_EPOCH + i) * 1000000 + 1});
		check_range("behind time", i, i + 1, count);
	}
	maker_close(&m);
}

static void test_every_stop(void)
{
	REQUIRE(maker_open(&m));
	unsigned count = make();
	for (unsigned i = 1; i <= count; i++) {
		struct dts_log_read_options o = {0};
		const uint64_t begin = 4 + 1000 * (uint64_t)(i - 1);

		dts_position_set(&o.stop, DTS_LIT("bin.000001"), begin);
		read_log(o);
		check_range("stop at begin", i, 1, i - 1);
		o.stop.offset = begin + 899;
		read_log(o);
		check_range("stop inside", i, 1, i - 1);
		o.stop.offset = begin + 900;
		o.follow = true; /* it ends by itself */
		read_log(o);
		check_range("stop at end", i, 1, i);
		check_position(&told.end, i);
		read_log((struct dts_log_read_options){.stop_time = (uint64_t)(MAKER_EPOCH + i) * 1000000});
		check_range("stop time", i, 1, i - 1);
		read_log((struct dts_log_read_options){.stop_gtid = gtids_of(i), .follow = true});
		check_range("stop gtid", i, 1, i);
		/* Both, around one transaction. */
		o = by_position("bin.000001", begin);
		dts_position_set(&o.stop, DTS_LIT("bin.000001"), begin + 900);
		read_log(o);
		check_range("one", i, i, i);
		read_log((struct dts_log_read_options){.start = DTS_LOG_POSITION, .position.gtid = gtids_of(i), .stop_gtid = gtids_of(i)});
		check_range("none", i, 1, 0);
	}
	maker_close(&m);
}

/* ---- what is not there */

static void test_not_there(void)
{
	struct dts_log_read_options o = {0};

	REQUIRE(maker_open(&m));
	read_log(o);
	CHECK_INT(DTS_AGAIN, told.err.status);
	CHECK(strstr(told.err.message, "is empty") != NULL);
	o.dir = "/dev";
	read_log(o);
	CHECK_INT(DTS_REFUSED, told.err.status);
	m.next = 10; /* the log begins behind 9 transactions */
	m.newest = (uint64_t)(MAKER_EPOCH + 9) * 1000000;
	maker_frame(&m, 3, false, 0);
	maker_foot(&m);
	maker_next(&m, false);
	maker_frame(&m, 3, false, 0);
	maker_next(&m, true);
	read_log(by_position("bin.000001", 4 + 1000 * 8));
	CHECK_INT(DTS_GONE, told.err.status);
	CHECK(strstr(told.err.message, "does not have position bin.000001:8004 any more") != NULL);
	read_log((struct dts_log_read_options){.start = DTS_LOG_POSITION, .position.gtid = gtids_of(8)});
	CHECK_INT(DTS_GONE, told.err.status);
	read_log((struct dts_log_read_options){.start = DTS_LOG_TIME, .start_time = (uint64_t)(MAKER_EPOCH + 5) * 1000000});
	CHECK_INT(DTS_GONE, told.err.status);
	read_log(by_position("other.000001", 4));
	CHECK_INT(DTS_GONE, told.err.status);
	CHECK(strstr(told.err.message, "is none of log") != NULL);
	read_log(by_position("bin.000001", 4 + 1000 * 20));
	CHECK_INT(DTS_AGAIN, told.err.status);
	CHECK_INT(0, told.text.len);
	read_log((struct dts_log_read_options){.start = DTS_LOG_POSITION, .position.gtid = gtids_of(16)});
	CHECK_INT(DTS_AGAIN, told.err.status);
	read_log((struct dts_log_read_options){.start = DTS_LOG_TIME, .start_time = (uint64_t)(MAKER_EPOCH + 99) * 1000000});
	check_range("later", 0, 1, 0);
	check_position(&told.end, 15);
	/* A position of a file with that name that was begun at another time: its GTIDs count, where it has any. */
	o = by_position("bin.000001", 4 + 1000 * 11);
	o.position.gtid = gtids_of(13);
	read_log(o);
	check_range("file first", 0, 14, 15);
	maker_close(&m);
}

static void test_faults_are_named(void)
{
	struct dts_buf kept = {0};

	REQUIRE(maker_open(&m));
	maker_frame(&m, 3, false, 0);
	maker_frame(&m, 3, false, 0);
	dts_buf_add_slice(&kept, dts_buf_slice(&m.file));
	maker_foot(&m);
	/* A byte of the second frame. */
	m.file.data[m.sum.at - 5] ^= 1;
	maker_next(&m, false);
	maker_frame(&m, 3, false, 0);
	maker_next(&m, true);
	read_log((struct dts_log_read_options){0});
	CHECK_INT(DTS_BAD_INPUT, told.err.status);
	CHECK(strstr(told.err.message, "000000000001-20260101T000001Z.zst' at offset ") != NULL);
	CHECK_STR("0-1-1 0-1-2 0-1-3 ", dts_buf_text(&told.txs));
	CHECK_INT(0, told.end.len);
	/* The same without its foot: what is closed has one. */
	maker_save(&m, "000000000001-20260101T000001Z.zst", kept.data, kept.len);
	read_log((struct dts_log_read_options){0});
	CHECK_INT(DTS_BAD_INPUT, told.err.status);
	CHECK(strstr(told.err.message, "was closed, and its end is missing") != NULL);
	CHECK_STR("0-1-1 0-1-2 0-1-3 0-1-4 0-1-5 0-1-6 ", dts_buf_text(&told.txs));
	dts_buf_release(&kept);
	maker_close(&m);
}

static void test_segments_do_not_fit(void)
{
	REQUIRE(maker_open(&m));
	maker_frame(&m, 3, false, 0);
	maker_foot(&m);
	maker_next(&m, false);
	m.next = 6; /* 4 and 5 are nowhere */
	maker_frame(&m, 3, false, 0);
	maker_next(&m, true);
	read_log((struct dts_log_read_options){0});
	CHECK_INT(DTS_BAD_INPUT, told.err.status);
	CHECK(strstr(told.err.message, "and the one before it has ended at") != NULL);
	CHECK_STR("0-1-1 0-1-2 0-1-3 ", dts_buf_text(&told.txs));
	maker_close(&m);
}

/* The newest segment cut at each byte, and each byte of its last frames changed: whole transactions, from the first on. */
static void test_torn_tail(void)
{
	struct dts_segment_name name;
	uint64_t ends[4];

	REQUIRE(maker_open(&m));
	dts_segment_name_set(&name, 1, (uint64_t)(MAKER_EPOCH + 1) * 1000000);
	maker_frame(&m, 2, false, 0);
	ends[0] = m.file.len;
	maker_frame(&m, 1, false, 0);
	ends[1] = m.file.len;
	maker_frame(&m, 0, true, 0);
	maker_frame(&m, 2, false, 0);
	ends[2] = m.file.len;
	for (uint64_t cut = ends[0]; cut <= ends[2]; cut++) {
		maker_save(&m, name.name, m.file.data, cut);
		read_log((struct dts_log_read_options){0});
		check_range("cut", (unsigned)cut, 1, cut < ends[1] ? 2 : cut < ends[2] ? 3 : 5);
	}
	for (uint64_t at = ends[0]; at < ends[2]; at++) {
		m.file.data[at] ^= 0x55;
		maker_save(&m, name.name, m.file.data, ends[2]);
		read_log((struct dts_log_read_options){0});
		check_range("changed", (unsigned)at, 1, at < ends[1] ? 2 : 3);
		m.file.data[at] ^= 0x55;
	}
	maker_close(&m);
}

/* ---- MySQL's sets, through what appends */

#define UUID "3e11fa47-71ca-11e1-9e33-c80aa9429562"

static void append(struct dts_buf *text, uint64_t segment_size)
{
	const struct dts_append_options o = {.dir = m.dir, .sync = DTS_LOG_SYNC_NONE, .segment_size = segment_size};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_output acks = {.fd = -1};
	char path[] = "/tmp/dts-log-in.XXXXXX";
	char *paths[] = {path};
	int fd = mkstemp(path);

	if (fd < 0 || write(fd, text->data, text->len) != (ssize_t)text->len)
		abort();
	close(fd);
	struct dts_stream *in = dts_stream_open(paths, 1, NULL, &err);
	if (!in || dts_log_append(in, &o, &acks, &err) < 0)
		unit_fail(__FILE__, __LINE__, "append: %s", err.message);
	dts_stream_close(in);
	unlink(path);
	dts_buf_release(text);
}

/* A stream of transactions of those numbers, the k-th at FILE:1000*k; a table t0 or t1 by the number. */
static void append_from(const char *source, const char *pos, const char *file, const int *numbers, size_t count, uint64_t segment_size)
{
	struct dts_buf text = {0};

	dts_buf_addf(&text, "{\"op\":\"stream\",\"v\":1,\"kind\":\"changes\",\"src\":\"db1\",\"source\":{\"server\":\"mysql\",\"version\":\"9\",%s},"
		     "\"pos\":{%s}}\n", source, pos);
	for (int t = 0; t < 2; t++)
		dts_buf_addf(&text, "{\"op\":\"schema\",\"db\":\"shop\",\"table\":\"t%d\",\"columns\":[{\"name\":\"id\",\"type\":\"int\"}]}\n", t);
	for (size_t k = 0; k < count; k++)
		dts_buf_addf(&text, "{\"op\":\"begin\",\"src\":\"db1\",\"tx\":\"" UUID ":%d\",\"pos\":{\"file\":\"%s\",\"offset\":%zu}}\n"
			     "{\"op\":\"insert\",\"db\":\"shop\",\"table\":\"t%d\",\"tx\":\"" UUID ":%d\",\"n\":1,\"after\":{\"id\":%d}}\n"
			     "{\"op\":\"commit\",\"src\":\"db1\",\"tx\":\"" UUID ":%d\",\"n\":1,\"pos\":{\"file\":\"%s\",\"offset\":%zu}}\n",
			     numbers[k], file, 1000 * (k + 1), numbers[k] % 2, numbers[k], numbers[k], numbers[k], file, 1000 * (k + 1) + 900);
	dts_buf_addf(&text, "{\"op\":\"end\",\"src\":\"db1\",\"reason\":\"done\",\"records\":%zu,\"pos\":{\"file\":\"%s\",\"offset\":%zu}}\n",
		     2 + 3 * count, file, 1000 * count + 900);
	append(&text, segment_size);
}

static void append_mysql(const int *numbers, size_t count, uint64_t segment_size)
{
	append_from("\"id\":\"x\"", "\"file\":\"bin.000001\",\"offset\":4,\"gtid\":\"\"", "bin.000001", numbers, count, segment_size);
}

static void set_of(struct dts_gtids *g, const char *intervals)
{
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_buf text = {0};

	dts_buf_adds(&text, UUID ":");
	dts_buf_adds(&text, intervals);
	CHECK_INT(0, dts_gtids_parse(g, dts_buf_slice(&text), DTS_GTID_MYSQL, &err));
	dts_buf_release(&text);
}

static void check_numbers(const char *want)
{
	struct dts_buf got = {0};

	CHECK_STR("", told.err.message);
	for (const char *p = dts_buf_text(&told.txs); (p = strstr(p, UUID ":")); p += sizeof UUID)
		dts_buf_addf(&got, "%ld ", strtol(p + sizeof UUID, NULL, 10));
	CHECK_STR(want, dts_buf_text(&got));
	dts_buf_release(&got);
}

static void test_sets(void)
{
	static const int numbers[] = {1, 2, 5, 3, 4, 9, 8, 7, 6, 10};
	static const struct {
		const char *had, *want;
	} cases[] = {
		{"1", "2 5 3 4 9 8 7 6 10 "},	{"1-2", "5 3 4 9 8 7 6 10 "},	{"1-3", "5 4 9 8 7 6 10 "}, {"1-2:5", "3 4 9 8 7 6 10 "},
		{"1-5:7", "9 8 6 10 "},		{"3:6:10", "1 2 5 4 9 8 7 "},	{"1-9", "10 "},		    {"2-9", "1 10 "},
		{"1-10", ""},			{"1-5:7:10", "9 8 6 "},
	};
	struct dts_log_read_options o = {.start = DTS_LOG_POSITION};

	for (uint64_t size = 1; size <= 1 << 20; size <<= 20) {
		REQUIRE(maker_open(&m));
		append_mysql(numbers, sizeof numbers / sizeof *numbers, size);
		for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
			set_of(&o.position.gtid, cases[i].had);
			read_log(o);
			check_numbers(cases[i].want);
			/* By the end all is there, whatever was left out. */
			CHECK(strstr(dts_buf_text(&told.end), "\"" UUID ":1-10\"") != NULL);
		}
		set_of(&o.position.gtid, "1-11");
		read_log(o);
		CHECK_INT(DTS_AGAIN, told.err.status);
		maker_close(&m);
	}
	dts_position_release(&o.position);
}

/* A checkpoint that has both: the file says where, and what its GTIDs have beyond that is not told again. */
static void test_position_with_more(void)
{
	static const int numbers[] = {1, 2, 3, 4, 5, 6};
	struct dts_log_read_options o = by_position("bin.000001", 2900);

	REQUIRE(maker_open(&m));
	append_mysql(numbers, 6, 1 << 20);
	set_of(&o.position.gtid, "1-2:4:6");
	read_log(o);
	check_numbers("3 5 ");
	CHECK(strstr(dts_buf_text(&told.end), "\"" UUID ":1-6\"") != NULL);
	maker_close(&m);
	dts_position_release(&o.position);
}

static void test_stop_at_set(void)
{
	static const int numbers[] = {1, 2, 5, 3, 4, 6};
	struct dts_log_read_options o = {0};

	REQUIRE(maker_open(&m));
	append_mysql(numbers, 6, 1 << 20);
	set_of(&o.stop_gtid, "3");
	read_log(o);
	check_numbers("1 2 5 3 ");
	set_of(&o.stop_gtid, "1-4");
	read_log(o);
	check_numbers("1 2 5 3 4 ");
	dts_gtids_release(&o.stop_gtid);
	maker_close(&m);
}

/* Another server has taken the source's place: its files have lower numbers, and the log goes on by GTIDs. */
static void test_other_server(void)
{
	static const int one[] = {1, 2, 3, 4}, two[] = {5, 6, 7};
	struct dts_log_read_options o = {.start = DTS_LOG_POSITION};

	REQUIRE(maker_open(&m));
	append_from("\"id\":\"x\"", "\"file\":\"bin.000100\",\"offset\":4,\"gtid\":\"\"", "bin.000100", one, 4, 1 << 20);
	append_from("\"id\":\"y\",\"instead-of\":\"x\"", "\"gtid\":\"" UUID ":1-4\"", "bin.000003", two, 3, 1 << 20);
	read_log((struct dts_log_read_options){0});
	check_numbers("1 2 3 4 5 6 7 ");
	/* By the files of the second, and by its GTIDs; by those of the first, with what they are by GTID. */
	o = by_position("bin.000003", 1900);
	read_log(o);
	check_numbers("6 7 ");
	o.position.offset = 1000;
	read_log(o);
	check_numbers("5 6 7 ");
	o.position.offset = 1900;
	set_of(&o.position.gtid, "1-5");
	read_log(o);
	check_numbers("6 7 ");
	dts_position_set(&o.position, DTS_LIT(""), 0);
	read_log(o);
	check_numbers("6 7 ");
	dts_position_set(&o.position, DTS_LIT("bin.000100"), 2900);
	set_of(&o.position.gtid, "1-2");
	read_log(o);
	check_numbers("3 4 5 6 7 ");
	dts_position_set(&o.position, DTS_LIT("bin.000100"), 4900);
	set_of(&o.position.gtid, "1-4");
	read_log(o);
	check_numbers("5 6 7 ");
	/* Without GTIDs it is beyond the end, as far as can be told. */
	dts_gtids_clear(&o.position.gtid);
	read_log(o);
	CHECK_INT(DTS_AGAIN, told.err.status);
	dts_position_release(&o.position);
	maker_close(&m);
}

int main(void)
{
	RUN(test_whole);
	RUN(test_every_start);
	RUN(test_every_stop);
	RUN(test_not_there);
	RUN(test_faults_are_named);
	RUN(test_segments_do_not_fit);
	RUN(test_torn_tail);
	RUN(test_sets);
	RUN(test_position_with_more);
	RUN(test_stop_at_set);
	RUN(test_other_server);
	forget();
	return unit_done();
}
