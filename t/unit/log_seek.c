#include <poll.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "log/append.h"
#include "log/read.h"
#include "log_maker.h"

#include "unit.h"

static struct log_maker m;

/* What a reader has told: each transaction that counts, in order. */
struct told {
	int rc;
	struct dts_error err;
	struct dts_buf text, txs; /* txs: their names, each with a blank behind */
	struct dts_buf start, end; /* the positions of the stream record and the end */
	struct dts_buf notices;
	unsigned heartbeats;
};

static struct told told;

static void hear(const char *text)
{
	dts_buf_adds(&told.notices, text);
	dts_buf_addc(&told.notices, '\n');
}

/* Takes one record in; its table must be known by then. */
static void take(const struct dts_record *r, struct dts_map *schemas, struct dts_buf *key, bool *first)
{
	if (r->op == DTS_OP_STREAM && *first)
		dts_buf_add_slice(&told.start, r->raw[DTS_F_POS]);
	*first = false;
	if (r->op == DTS_OP_STREAM) {
		dts_map_release(schemas, NULL);
	} else if (r->op == DTS_OP_SCHEMA) {
		dts_map_set(schemas, dts_map_pair(key, r->db, r->table), key);
	} else if (dts_op_is_change(r->op)) {
		CHECK(dts_map_get(schemas, dts_map_pair(key, r->db, r->table)) != NULL);
	} else if (r->op == DTS_OP_COMMIT || r->op == DTS_OP_PREPARE) {
		dts_buf_add_slice(&told.txs, r->tx);
		dts_buf_addc(&told.txs, ' ');
	} else if (r->op == DTS_OP_HEARTBEAT) {
		told.heartbeats++;
	} else if (r->op == DTS_OP_END) {
		dts_buf_add_slice(&told.end, r->raw[DTS_F_POS]);
	}
}

/* Is the text one stream with right counts? With an end, unless there was an error. */
static void check_text(void)
{
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_stream_state state = {0};
	struct dts_map schemas = {0};
	struct dts_buf key = {0};
	struct dts_record r;
	bool first = true;

	dts_record_init(&r);
	for (size_t at = 0; at < told.text.len;) {
		const char *line = told.text.data + at, *end = memchr(line, '\n', told.text.len - at);
		REQUIRE(end);
		if (dts_record_parse(&r, dts_slice(line, (size_t)(end - line)), &err) < 0 || dts_stream_check(&state, &r, false, &err) < 0) {
			unit_fail(__FILE__, __LINE__, "%s: %.*s", err.message, (int)(end - line), line);
			break;
		}
		take(&r, &schemas, &key, &first);
		at += (size_t)(end - line) + 1;
	}
	if (told.rc == 0)
		CHECK_INT(0, dts_stream_check_eof(&state, &err));
	dts_stream_state_release(&state);
	dts_map_release(&schemas, NULL);
	dts_buf_release(&key);
	dts_record_release(&r);
}

static void forget(void)
{
	struct dts_buf *bufs[] = {&told.text, &told.txs, &told.start, &told.end, &told.notices};

	for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
		dts_buf_release(bufs[i]);
	told = (struct told){0};
}

static void read_log(struct dts_log_read_options o)
{
	struct dts_output out = {.fd = memfd_create("out", MFD_CLOEXEC)};
	struct stat st;

	forget();
	if (!o.dir)
		o.dir = m.dir;
	o.notice = hear;
	told.rc = dts_log_read(&o, &out, &told.err);
	if (fstat(out.fd, &st) < 0)
		abort();
	dts_buf_reserve(&told.text, (size_t)st.st_size + 1);
	if (pread(out.fd, told.text.data, (size_t)st.st_size, 0) != st.st_size)
		abort();
	told.text.len = (size_t)st.st_size;
	close(out.fd);
	dts_output_discard(&out);
	check_text();
}

/* Were exactly the transactions from `first` to `last` told? */
static void check_range(const char *what, unsigned i, unsigned first, unsigned last)
{
	struct dts_buf want = {0};

	for (unsigned n = first; n <= last; n++)
		dts_buf_addf(&want, "0-1-%u ", n);
	if (told.rc != 0 || !dts_slice_eq(dts_buf_slice(&want), dts_buf_slice(&told.txs)))
		unit_fail(__FILE__, __LINE__, "%s %u: status %d %s; told %s, wanted %s", what, i, told.err.status, told.err.message,
			  dts_buf_text(&told.txs), dts_buf_text(&want));
	dts_buf_release(&want);
}

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

/* ---- following */

struct follower {
	pthread_t thread;
	struct dts_log_read_options o;
	struct dts_output out;
	int rc;
	struct dts_error err;
};

static void *follow(void *argument)
{
	struct follower *f = argument;

	f->rc = dts_log_read(&f->o, &f->out, &f->err);
	close(f->out.fd);
	return NULL;
}

/* Reads what the follower tells until `until` is there; at most some seconds. */
static bool hear_until(int fd, const char *until)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	while (!strstr(dts_buf_text(&told.text), until)) {
		if (poll(&p, 1, 20000) <= 0)
			return false;
		dts_buf_reserve(&told.text, 65536);
		ssize_t n = read(fd, told.text.data + told.text.len, 65535);
		if (n <= 0)
			return false;
		told.text.len += (size_t)n;
	}
	return true;
}

/* One that has not ended finds nobody who reads it. */
static void stop(struct follower *f, int fd)
{
	close(fd);
	pthread_join(f->thread, NULL);
	dts_output_discard(&f->out);
}

/* Who appends cuts back what was told already, and writes the same transactions in other frames. */
static void test_cut_back(void)
{
	struct follower f = {.o = {.dir = m.dir, .follow = true, .notice = hear}};
	struct log_maker again;
	struct dts_segment_name name;
	int fds[2];

	REQUIRE(maker_open(&m) && pipe(fds) == 0);
	forget();
	f.o.dir = m.dir;
	f.out.fd = fds[1];
	dts_position_set(&f.o.stop, DTS_LIT("bin.000001"), 4 + 1000 * 9 + 900);
	dts_segment_name_set(&name, 1, (uint64_t)(MAKER_EPOCH + 1) * 1000000);
	REQUIRE(pthread_create(&f.thread, NULL, follow, &f) == 0);
	maker_frame(&m, 2, false, 0);
	const size_t kept = m.file.len;
	maker_frame(&m, 3, false, 0);
	maker_frame(&m, 1, false, 0);
	maker_save(&m, name.name, m.file.data, m.file.len);
	CHECK(hear_until(fds[0], "\"op\":\"commit\",\"src\":\"db1\",\"tx\":\"0-1-6\""));
	/* 3 to 6 are cut off, and come again as 3, 4 to 8, 9 and 10: in place, as who appends does it. */
	struct dts_buf path = {0};
	int fd = open(dts_segment_path(&path, m.dir, name.name), O_WRONLY | O_CLOEXEC);
	REQUIRE(fd >= 0 && ftruncate(fd, (off_t)kept) == 0);
	again = m;
	again.file.len = kept;
	again.next = 3;
	maker_frame(&again, 1, false, kept);
	maker_frame(&again, 5, false, kept);
	maker_frame(&again, 2, false, kept);
	CHECK_INT((int64_t)(again.file.len - kept), pwrite(fd, again.file.data + kept, again.file.len - kept, (off_t)kept));
	close(fd);
	m = again;
	CHECK(hear_until(fds[0], "\"op\":\"end\""));
	stop(&f, fds[0]);
	CHECK_INT(0, f.rc);
	check_text();
	check_range("cut back", 0, 1, 10);
	dts_buf_release(&path);
	maker_close(&m);
}

/* An empty log, a segment that comes, is torn, removed, and comes with another name. */
static void test_torn_segment_goes(void)
{
	struct follower f = {.o = {.follow = true, .notice = hear}};
	struct dts_segment_name name;
	int fds[2];

	REQUIRE(maker_open(&m) && pipe(fds) == 0);
	forget();
	f.o.dir = m.dir;
	f.out.fd = fds[1];
	dts_position_set(&f.o.stop, DTS_LIT("bin.000001"), 4 + 1000 * 3 + 900);
	maker_frame(&m, 2, false, 0);
	maker_foot(&m);
	maker_next(&m, false);
	REQUIRE(pthread_create(&f.thread, NULL, follow, &f) == 0);
	CHECK(hear_until(fds[0], "\"op\":\"commit\",\"src\":\"db1\",\"tx\":\"0-1-2\""));
	maker_save(&m, "000000000002-20260101T000000Z.zst.part", "]*M", 3);
	struct dts_buf path = {0};
	unlink(dts_segment_path(&path, m.dir, "000000000002-20260101T000000Z.zst.part"));
	dts_segment_name_set(&name, 2, (uint64_t)(MAKER_EPOCH + 3) * 1000000);
	maker_frame(&m, 2, false, 0);
	maker_save(&m, name.name, m.file.data, m.file.len);
	CHECK(hear_until(fds[0], "\"op\":\"end\""));
	stop(&f, fds[0]);
	CHECK_INT(0, f.rc);
	check_text();
	check_range("torn segment", 0, 1, 4);
	dts_buf_release(&path);
	maker_close(&m);
}

/* The reader of the output goes away while nothing comes. */
static void test_unread(void)
{
	struct follower f = {.o = {.follow = true}};
	int fds[2];

	REQUIRE(maker_open(&m) && pipe(fds) == 0);
	forget();
	f.o.dir = m.dir;
	f.out.fd = fds[1];
	maker_frame(&m, 2, false, 0);
	maker_next(&m, true);
	REQUIRE(pthread_create(&f.thread, NULL, follow, &f) == 0);
	CHECK(hear_until(fds[0], "\"op\":\"commit\",\"src\":\"db1\",\"tx\":\"0-1-2\""));
	stop(&f, fds[0]);
	CHECK_INT(-1, f.rc);
	CHECK_INT(DTS_IO, f.err.status);
	CHECK(f.err.silent);
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
	RUN(test_cut_back);
	RUN(test_torn_segment_goes);
	RUN(test_unread);
	forget();
	return unit_done();
}
