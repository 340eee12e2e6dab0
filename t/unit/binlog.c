/* Real events of MariaDB 10.11 (t/fuzz.d/event.corpus) and built ones, decoded without a server. */
#include <unistd.h>

#include "binlog/capture.h"
#include "binlog/query.h"
#include "binlog/readahead.h"
#include "binlog_events.h"
#include "record/stream.h"
#include "unit.h"

static struct dts_buf read_file(const char *dir, const char *name)
{
	struct dts_buf b = {0}, path = {0};
	char piece[4096];
	size_t got;

	dts_buf_addf(&path, "%s/%s", dir, name);
	FILE *in = fopen(dts_buf_text(&path), "rb");
	while (in && (got = fread(piece, 1, sizeof piece, in)) > 0)
		dts_buf_add(&b, piece, got);
	if (in)
		fclose(in);
	dts_buf_release(&path);
	return b;
}

static struct dts_buf corpus(const char *name)
{
	return read_file("t/fuzz.d/event.corpus", name);
}

/* A capture that stands at the head of a file. */
static void begin_at(struct dts_capture *c, uint64_t offset)
{
	const struct dts_capture_options o = {.src = DTS_LIT("src"), .own_db = "dts", .catalog = stub_catalog};
	struct dts_position start = {.file = "bin.000001", .offset = offset};

	dts_capture_init(c, &o, &start);
}

/* Decodes all events of a file's bytes. */
static int decode(struct dts_capture *c, struct dts_slice file, struct dts_buf *out, struct dts_error *err)
{
	struct dts_slice event;

	while (next_event(&file, &event)) {
		int more = dts_capture_event(c, event, out, err);
		if (more == 0)
			while ((more = dts_capture_more(c, out, err)) > 0)
				;
		if (more < 0)
			return -1;
	}
	return 0;
}

/* The records hold to the contract, between a stream and an end. */
static bool is_stream(struct dts_capture *c, const struct dts_buf *records)
{
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_stream_state state = {0};
	struct dts_record r;
	struct dts_buf all = {0};
	bool fine = true;

	dts_capture_stream(c, DTS_LIT("{}"), &all);
	dts_buf_add_slice(&all, dts_buf_slice(records));
	dts_capture_end(c, "done", &all);
	dts_record_init(&r);
	for (size_t at = 0; fine && at < all.len;) {
		const char *end = memchr(all.data + at, '\n', all.len - at);
		struct dts_slice line = dts_slice(all.data + at, (size_t)(end - all.data) - at);

		fine = dts_record_parse(&r, line, &err) == 0 && dts_stream_check(&state, &r, false, &err) == 0;
		if (!fine)
			printf("# %s: %.*s\n", err.message, (int)line.len, line.p);
		at += line.len + 1;
	}
	fine = fine && dts_stream_check_eof(&state, &err) == 0;
	dts_stream_state_release(&state);
	dts_record_release(&r);
	dts_buf_release(&all);
	return fine;
}

/* The corpus file NAME gives the records in t/unit/binlog.d/NAME (DTS_WRITE=1 writes
 * them: look at the difference), and `message` where it ends in an error. */
static void golden(const char *name, enum dts_status status, const char *message)
{
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_buf file = corpus(name), out = {0}, want = read_file("t/unit/binlog.d", name);
	struct dts_capture c;

	begin_at(&c, 4);
	CHECK(file.len > 0);
	int got = decode(&c, dts_buf_slice(&file), &out, &err);
	CHECK_INT(status, got < 0 ? err.status : DTS_OK);
	if (message && !strstr(err.message, message))
		unit_fail(__FILE__, __LINE__, "%s: message '%s'", name, err.message);
	if (got == 0)
		CHECK_INT(file.len, c.safe.offset + (c.at.offset - c.safe.offset));
	if (c.tx.open)
		dts_tx_rollback(&c.tx, &out);
	if (getenv("DTS_WRITE")) {
		struct dts_buf path = {0};

		dts_buf_addf(&path, "t/unit/binlog.d/%s", name);
		FILE *f = fopen(dts_buf_text(&path), "wb");
		fwrite(out.data, 1, out.len, f);
		fclose(f);
		dts_buf_release(&path);
	} else {
		CHECK_MEM(want.data, want.len, out.data, out.len);
	}
	CHECK(is_stream(&c, &out));
	dts_capture_release(&c);
	dts_buf_release(&file);
	dts_buf_release(&out);
	dts_buf_release(&want);
}

static void test_real_files(void)
{
	golden("types", DTS_OK, NULL);
	golden("hires", DTS_OK, NULL);
	golden("transactions", DTS_OK, NULL);
	golden("ddl", DTS_OK, NULL);
	golden("images", DTS_OK, NULL);
	golden("sequence", DTS_OK, NULL);
	golden("checksum", DTS_OK, NULL);
	golden("minimal_metadata", DTS_REFUSED, "names of the columns");
	golden("compressed", DTS_OK, NULL);
	golden("statements", DTS_BAD_INPUT, "INSERT INTO im VALUES (@a,rand()*100,'y')");
}

static uint32_t crc_by_bits(uint32_t crc, const uint8_t *p, size_t len)
{
	crc = ~crc;
	for (size_t i = 0; i < len; i++) {
		crc ^= p[i];
		for (int k = 0; k < 8; k++)
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
	}
	return ~crc;
}

static void test_crc32(void)
{
	uint8_t bytes[400];
	uint32_t seed = 1;

	CHECK_INT(0xcbf43926, dts_crc32(0, "123456789", 9));
	CHECK_INT(0xcbf43926, dts_crc32(dts_crc32(0, "1234", 4), "56789", 5));
	CHECK_INT(0, dts_crc32(0, "", 0));
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)((seed = seed * 1103515245 + 12345) >> 16);
	/* Long ones go another way; each length and each beginning in a step of it. */
	for (size_t from = 0; from < 17; from++)
		for (size_t len = 0; len + from <= sizeof bytes; len++)
			if (dts_crc32(seed, bytes + from, len) != crc_by_bits(seed, bytes + from, len))
				unit_fail(__FILE__, __LINE__, "the checksum of %zu bytes from %zu on is wrong", len, from);
}

static void test_times(void)
{
	static const struct {
		uint64_t seconds;
		const char *text;
	} cases[] = {
		{0, "\"1970-01-01T00:00:00Z\""}, {951868799, "\"2000-02-29T23:59:59Z\""}, {4107542400, "\"2100-03-01T00:00:00Z\""},
		{UINT32_MAX, "\"2106-02-07T06:28:15Z\""}, {253402300799, "\"9999-12-31T23:59:59Z\""}, {UINT64_MAX, "\"9999-12-31T23:59:59Z\""},
	};
	struct dts_buf b = {0};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		dts_buf_clear(&b);
		dts_time_add(&b, cases[i].seconds);
		CHECK_STR(cases[i].text, dts_buf_text(&b));
	}
	dts_buf_release(&b);
}

static void test_packed(void)
{
	const struct {
		struct dts_slice bytes;
		uint64_t n;
		bool bad;
	} cases[] = {
		{DTS_LIT("\x00"), 0, false}, {DTS_LIT("\xfa"), 250, false}, {DTS_LIT("\xfc\x01\x02"), 0x201, false},
		{DTS_LIT("\xfd\x01\x02\x03"), 0x30201, false}, {DTS_LIT("\xfe\x01\0\0\0\0\0\0\x80"), 0x8000000000000001u, false},
		{DTS_LIT("\xfb"), 0, true}, {DTS_LIT("\xff"), 0, true}, {DTS_LIT("\xfd\x01\x02"), 0, true}, {DTS_LIT(""), 0, true},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct dts_bytes b = dts_bytes(cases[i].bytes);

		CHECK_INT(cases[i].n, dts_bytes_packed(&b));
		CHECK(b.bad == cases[i].bad);
		CHECK(dts_bytes_left(&b) == 0);
	}
}

/* Every byte of every event counts: one bit turned anywhere is an error. */
static void test_checksum(void)
{
	struct dts_buf file = corpus("checksum");

	REQUIRE(file.len > 400);
	for (size_t i = 4; i < file.len; i++) {
		struct dts_error err = DTS_ERROR_INIT;
		struct dts_buf out = {0};
		struct dts_capture c;

		/* The flag "in use" of the first event alone does not count. */
		file.data[i] ^= i == 4 + 17 ? 2 : 1;
		begin_at(&c, 4);
		if (decode(&c, dts_buf_slice(&file), &out, &err) == 0)
			unit_fail(__FILE__, __LINE__, "byte %zu may change", i);
		else
			CHECK_INT(DTS_BAD_INPUT, err.status);
		file.data[i] ^= i == 4 + 17 ? 2 : 1;
		dts_capture_release(&c);
		dts_buf_release(&out);
	}
	dts_buf_release(&file);
}

/* A log cut anywhere ends in an error or in an open transaction or between two. */
static void test_cut(void)
{
	struct dts_buf file = corpus("types");

	for (size_t len = 4; len < file.len; len++) {
		struct dts_error err = DTS_ERROR_INIT;
		struct dts_buf out = {0};
		struct dts_capture c;

		begin_at(&c, 4);
		if (decode(&c, dts_slice(file.data, len), &out, &err) < 0)
			CHECK_INT(DTS_BAD_INPUT, err.status);
		dts_capture_interrupt(&c, &out);
		CHECK(is_stream(&c, &out));
		dts_capture_release(&c);
		dts_buf_release(&out);
	}
	dts_buf_release(&file);
}

/* --- events made here */

static void put(struct dts_buf *b, uint64_t n, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		dts_buf_addc(b, (char)(n >> 8 * i & 0xff));
}

/* Appends a whole event without checksum. */
static void add_event(struct dts_buf *b, uint8_t type, uint16_t flags, uint64_t end, struct dts_slice body)
{
	put(b, 1700000000, 4);
	put(b, type, 1);
	put(b, 1, 4);
	put(b, 19 + body.len, 4);
	put(b, end & 0xffffffff, 4);
	put(b, flags, 2);
	dts_buf_add_slice(b, body);
}

static void add_format(struct dts_buf *b, uint64_t end)
{
	struct dts_buf body = {0};

	put(&body, 4, 2);
	for (int i = 0; i < 50; i++)
		dts_buf_addc(&body, i < 4 ? "10.1"[i] : '\0');
	put(&body, 0, 4);
	put(&body, 19, 1);
	put(&body, 56, 1);
	put(&body, 13, 1);
	put(&body, 0, 5); /* no checksum */
	add_event(b, DTS_EV_FORMAT, 0, end, dts_buf_slice(&body));
	dts_buf_release(&body);
}

enum { FORMAT_SIZE = 19 + 64, GTID_SIZE = 19 + 19, XID_SIZE = 19 + 8 };

static void add_gtid(struct dts_buf *b, uint64_t seq, uint8_t flags, uint64_t end)
{
	struct dts_buf body = {0};

	put(&body, seq, 8);
	put(&body, 0, 4);
	put(&body, flags, 1);
	put(&body, 0, 6);
	add_event(b, DTS_EV_GTID, 0, end, dts_buf_slice(&body));
	dts_buf_release(&body);
}

static void add_xid_event(struct dts_buf *b, uint64_t end)
{
	add_event(b, DTS_EV_XID, 0, end, DTS_LIT("\1\0\0\0\0\0\0\0"));
}

static void add_query(struct dts_buf *b, struct dts_slice vars, const char *sql)
{
	struct dts_buf body = {0};

	put(&body, 1, 4);
	put(&body, 0, 4);
	put(&body, 1, 1);
	put(&body, 0, 2);
	put(&body, vars.len, 2);
	dts_buf_add_slice(&body, vars);
	dts_buf_add(&body, "d", 2);
	dts_buf_adds(&body, sql);
	add_event(b, DTS_EV_QUERY, 0, 0, dts_buf_slice(&body));
	dts_buf_release(&body);
}

/* Decodes and returns the text of the records; the message when it failed. */
static const char *records(struct dts_capture *c, struct dts_buf *file)
{
	static struct dts_buf out;
	static struct dts_error err;

	dts_buf_clear(&out);
	err = (struct dts_error)DTS_ERROR_INIT;
	if (decode(c, dts_buf_slice(file), &out, &err) < 0)
		return err.message;
	return dts_buf_text(&out);
}

static void test_beyond_4_gib(void)
{
	const uint64_t start = 0xffffff00u;
	struct dts_buf file = {0};
	struct dts_capture c;

	add_format(&file, 0); /* made up for us: takes no room */
	add_gtid(&file, 5, DTS_GTID_STANDALONE, start + GTID_SIZE);
	add_query(&file, DTS_LIT(""), "CREATE TABLE t (a int) COMMENT 'long enough to come to the other side: ..................................................................................................................................................'");
	add_gtid(&file, 6, 0, 0); /* 11.4 does not say where it ends */
	add_xid_event(&file, 0);
	begin_at(&c, start);
	const char *text = records(&c, &file);
	CHECK(strstr(text, "\"pos\":{\"file\":\"bin.000001\",\"offset\":4294967040") != NULL);
	CHECK(strstr(text, "\"op\":\"commit\"") != NULL);
	CHECK(c.safe.offset > UINT32_MAX);
	CHECK_INT(start + file.len - FORMAT_SIZE, c.safe.offset);
	dts_capture_release(&c);
	dts_buf_release(&file);
}

static void test_hole(void)
{
	struct dts_buf file = {0};
	struct dts_capture c;

	add_format(&file, 0);
	add_gtid(&file, 5, 0, 1000 + GTID_SIZE);
	add_xid_event(&file, 1000 + GTID_SIZE + XID_SIZE + 1);
	begin_at(&c, 1000);
	CHECK(strstr(records(&c, &file), "bin.000001:1038: an event that should end at offset 1065 says it ends at 1066") != NULL);
	dts_capture_release(&c);
	/* A server that leaves out what we have may jump. */
	begin_at(&c, 4);
	c.jumps = true;
	CHECK_STR("", records(&c, &file));
	CHECK_INT(1066, c.safe.offset);
	dts_capture_release(&c);
	dts_buf_release(&file);
}

static void test_crashed_tail(void)
{
	struct dts_buf file = {0};
	struct dts_capture c;

	add_format(&file, 0);
	add_gtid(&file, 5, 0, 0);
	add_query(&file, DTS_LIT(""), "CREATE TABLE t (a int)");
	add_format(&file, 0);
	add_gtid(&file, 5, 0, 0);
	add_xid_event(&file, 0);
	begin_at(&c, 4);
	CHECK(strstr(records(&c, &file), "{\"op\":\"rollback\",\"src\":\"src\",\"tx\":\"0-1-5\"}\n") != NULL);
	CHECK(!c.tx.open);
	dts_capture_release(&c);
	/* A transaction without an end is not passed over otherwise. */
	dts_buf_clear(&file);
	add_format(&file, 0);
	add_gtid(&file, 5, 0, 0);
	add_gtid(&file, 6, 0, 0);
	begin_at(&c, 4);
	CHECK(strstr(records(&c, &file), "transaction 0-1-5 has no end") != NULL);
	dts_capture_release(&c);
	dts_buf_release(&file);
}

static void test_unknown_events(void)
{
	struct dts_buf file = {0};
	struct dts_capture c;

	add_format(&file, 0);
	add_event(&file, 99, DTS_EVENT_IGNORABLE, 0, DTS_LIT("x"));
	begin_at(&c, 4);
	CHECK_STR("", records(&c, &file));
	dts_capture_release(&c);
	add_event(&file, 99, 0, 0, DTS_LIT("x"));
	begin_at(&c, 4);
	CHECK_STR("bin.000001:24: an event that is not known: event type 99", records(&c, &file));
	dts_capture_release(&c);
	dts_buf_clear(&file);
	add_format(&file, 0);
	add_event(&file, DTS_EV_INCIDENT, 0, 0, DTS_LIT("\1\0\4gone"));
	begin_at(&c, 4);
	CHECK(strstr(records(&c, &file), "the source lost events here (incident): gone") != NULL);
	dts_capture_release(&c);
	dts_buf_release(&file);
}

/* A variable that is not known ends the reading of variables, not of the statement. */
static void test_status_variables(void)
{
	struct dts_event e = {.type = DTS_EV_QUERY, .time = 7};
	struct dts_event_format f = {.known = true};
	struct dts_event_query q;
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_buf b = {0};
	struct dts_slice event;

	memset(f.post_header, 0xff, sizeof f.post_header);
	add_query(&b, DTS_LIT("\x00\x00\x00\x00\x0c" "\x05\x03UTC" "\xee\x01\x02"), "DROP TABLE t");
	event = dts_buf_slice(&b);
	e.body = dts_slice(event.p + 19, event.len - 19);
	REQUIRE(dts_event_query(&q, &e, &f, &err) == 0);
	CHECK_MEM("DROP TABLE t", 12, q.sql.p, q.sql.len);
	CHECK_MEM("UTC", 3, q.time_zone.p, q.time_zone.len);
	CHECK_MEM("d", 1, q.db.p, q.db.len);
	dts_buf_clear(&b);
	dts_query_add_context(&b, &q, NULL);
	CHECK_STR("{\"time_zone\":\"UTC\",\"timestamp\":7,\"foreign_key_checks\":false,\"unique_checks\":false}", dts_buf_text(&b));
	dts_buf_release(&b);
}

static void test_skip_to(void)
{
	struct dts_buf file = corpus("transactions"), all = {0}, tail = {0};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_capture c;

	begin_at(&c, 4);
	REQUIRE(decode(&c, dts_buf_slice(&file), &all, &err) == 0);
	dts_capture_release(&c);
	/* Behind the second commit, the file being sent from its start. */
	const char *cut = strstr(strstr(dts_buf_text(&all), "\"op\":\"commit\"") + 1, "\"op\":\"commit\"");
	REQUIRE(cut);
	uint64_t offset = strtoull(strstr(cut, "\"offset\":") + 9, NULL, 10);
	cut = strchr(cut, '\n') + 1;
	begin_at(&c, offset);
	c.skip_to = offset;
	c.at.offset = 4;
	REQUIRE(decode(&c, dts_buf_slice(&file), &tail, &err) == 0);
	CHECK_MEM(strstr(cut, "{\"op\":\"begin\""), strlen(strstr(cut, "{\"op\":\"begin\"")), strstr(dts_buf_text(&tail), "{\"op\":\"begin\""),
		  strlen(strstr(dts_buf_text(&tail), "{\"op\":\"begin\"")));
	dts_capture_release(&c);
	dts_buf_release(&file);
	dts_buf_release(&all);
	dts_buf_release(&tail);
}

/* --- reading ahead */

struct counter {
	uint32_t next, end;
	int last; /* what follows the numbers */
};

static int count(void *context, struct dts_slice *event, struct dts_error *err)
{
	struct counter *n = context;

	if (n->next == n->end)
		return n->last < 0 ? dts_fail(err, DTS_AGAIN, "lost") : n->last;
	if (n->next % 1000 == 0)
		usleep(500);
	n->next++;
	*event = dts_slice((const char *)&n->next, sizeof n->next);
	return 1;
}

static void test_readahead(void)
{
	for (int last = -1; last <= 0; last++) {
		struct counter n = {.end = 100000, .last = last};
		struct dts_error err = DTS_ERROR_INIT;
		struct dts_readahead *r = dts_readahead_start(count, &n, 1000, NULL, &err);
		enum dts_readahead_result got;
		struct dts_slice event;
		uint32_t seen = 0, value;

		REQUIRE(r);
		while ((got = dts_readahead_next(r, seen % 3 ? 1000 : 0, &event, &err)) > 0) {
			if (got == DTS_READAHEAD_NOTHING)
				continue;
			memcpy(&value, event.p, sizeof value);
			if (value != seen + 1)
				break;
			seen = value;
		}
		CHECK_INT(100000, seen);
		CHECK_INT(last < 0 ? DTS_READAHEAD_ERROR : DTS_READAHEAD_END, got);
		CHECK_STR(last < 0 ? "lost" : "", err.message);
		dts_readahead_free(r);
	}
}

/* A consumer that leaves early does not wait for the rest. */
static void test_readahead_left(void)
{
	struct counter n = {.end = UINT32_MAX};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_readahead *r = dts_readahead_start(count, &n, 1000, NULL, &err);
	struct dts_slice event;

	REQUIRE(r);
	CHECK_INT(DTS_READAHEAD_EVENT, dts_readahead_next(r, 10000, &event, &err));
	dts_readahead_free(r);
}

int main(void)
{
	RUN(test_crc32);
	RUN(test_times);
	RUN(test_packed);
	RUN(test_real_files);
	RUN(test_checksum);
	RUN(test_cut);
	RUN(test_beyond_4_gib);
	RUN(test_hole);
	RUN(test_crashed_tail);
	RUN(test_unknown_events);
	RUN(test_status_variables);
	RUN(test_skip_to);
	RUN(test_readahead);
	RUN(test_readahead_left);
	return unit_done();
}
