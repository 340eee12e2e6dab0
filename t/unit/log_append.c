/* A log that is appended to: what becomes of records, of a stream that begins before the log's end, and of a tail that a
 * crash has cut or the disk has damaged. */
#include "log/append.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "log/append_frame.h"
#include "log/append_pack.h"
#include "log/end.h"
#include "log/line.h"
#include "log/lock.h"

#include "unit.h"

enum { EPOCH = 1767225600 }; /* 2026-01-01T00:00:00Z */

static char home[] = "/dev/shm/dts-log-append.XXXXXX", dir[128];

/* ---- streams */

static void add_stream(struct dts_buf *b, unsigned from, const char *source)
{
	dts_buf_addf(b, "{\"op\":\"stream\",\"v\":1,\"kind\":\"changes\",\"src\":\"db1\",\"source\":{%s},\"pos\":{\"file\":\"bin.000001\","
		     "\"offset\":%u,\"created\":%d,\"gtid\":\"", source, from > 1 ? 1000 * (from - 1) - 96 : 4, EPOCH);
	if (from > 1)
		dts_buf_addf(b, "0-1-%u", from - 1);
	dts_buf_adds(b, "\"}}\n");
}

#define SOURCE "\"server\":\"mariadb\",\"id\":\"x\""

static void add_schema(struct dts_buf *b, const char *table)
{
	dts_buf_addf(b, "{\"op\":\"schema\",\"db\":\"shop\",\"table\":\"%s\",\"columns\":[{\"name\":\"id\",\"type\":\"int(11)\"}]}\n", table);
}

static void add_begin(struct dts_buf *b, unsigned i)
{
	dts_buf_addf(b, "{\"op\":\"begin\",\"src\":\"db1\",\"tx\":\"0-1-%u\",\"time\":\"2026-01-01T00:%02u:%02u.%06uZ\",\"pos\":{\"file\":"
		     "\"bin.000001\",\"offset\":%u,\"created\":%d}}\n", i, i / 60 % 60, i % 60, i, 1000 * (i - 1) + 4, EPOCH);
}

static void add_insert(struct dts_buf *b, unsigned i, unsigned n, const char *table)
{
	dts_buf_addf(b, "{\"op\":\"insert\",\"db\":\"shop\",\"table\":\"%s\",\"tx\":\"0-1-%u\",\"n\":%u,\"after\":{\"id\":%u}}\n", table, i, n,
		     1000 * i + n);
}

static void add_commit(struct dts_buf *b, unsigned i, unsigned n)
{
	dts_buf_addf(b, "{\"op\":\"commit\",\"src\":\"db1\",\"tx\":\"0-1-%u\",\"n\":%u,\"pos\":{\"file\":\"bin.000001\",\"offset\":%u,"
		     "\"created\":%d}}\n", i, n, 1000 * i - 96, EPOCH);
}

static void add_ddl(struct dts_buf *b, unsigned i, const char *kind, const char *objects)
{
	dts_buf_addf(b, "{\"op\":\"ddl\",\"kind\":\"%s\",\"db\":\"shop\",\"tx\":\"0-1-%u\",\"n\":1,\"sql\":\"x\"%s%s}\n", kind, i,
		     *objects ? ",\"objects\":" : "", objects);
}

/* A transaction of as many rows. */
static void add_tx(struct dts_buf *b, unsigned i, unsigned rows)
{
	add_begin(b, i);
	for (unsigned n = 1; n <= rows; n++)
		add_insert(b, i, n, i % 2 ? "t1" : "t0");
	add_commit(b, i, rows);
}

static void add_end(struct dts_buf *b)
{
	size_t records = 0;

	for (size_t i = 0; i < b->len; i++)
		records += b->data[i] == '\n';
	dts_buf_addf(b, "{\"op\":\"end\",\"src\":\"db1\",\"reason\":\"done\",\"records\":%zu}\n", records - 1);
}

/* Transactions [from, to], with their schemas in front. */
static void make_stream(struct dts_buf *b, unsigned from, unsigned to)
{
	dts_buf_clear(b);
	add_stream(b, from, SOURCE);
	add_schema(b, "t0");
	add_schema(b, "t1");
	for (unsigned i = from; i <= to; i++)
		add_tx(b, i, 1 + i % 3);
	add_end(b);
}

/* ---- a log */

static char noticed[1000];

static void notice(const char *text)
{
	snprintf(noticed, sizeof noticed, "%s", text);
}

static const char *in_home(const char *name)
{
	static struct dts_buf path;

	return dts_segment_path(&path, home, name);
}

static void write_file(const char *path, struct dts_slice text)
{
	FILE *f = fopen(path, "w");

	if (!f || fwrite(text.p, 1, text.len, f) != text.len || fclose(f) != 0) {
		perror(path);
		exit(1);
	}
}

static void read_file(struct dts_buf *b, const char *path)
{
	char part[4096];
	FILE *f = fopen(path, "r");

	dts_buf_clear(b);
	if (!f) {
		perror(path);
		exit(1);
	}
	for (size_t n; (n = fread(part, 1, sizeof part, f)) > 0;)
		dts_buf_add(b, part, n);
	fclose(f);
}

static void empty_dir(void)
{
	struct dts_buf path = {0};
	DIR *d = opendir(dir);

	for (struct dirent *e; d && (e = readdir(d));)
		if (e->d_name[0] != '.')
			unlink(dts_segment_path(&path, dir, e->d_name));
	if (d)
		closedir(d);
	rmdir(dir);
	dts_buf_release(&path);
}

static int append(const struct dts_buf *stream, uint64_t segment_size, struct dts_error *err)
{
	struct dts_append_options o = {.dir = dir, .segment_size = segment_size, .notice = notice};
	char input[200], *path = input;
	struct dts_output none = {.fd = -1};

	snprintf(input, sizeof input, "%s", in_home("input"));
	write_file(input, dts_buf_slice(stream));
	*err = (struct dts_error)DTS_ERROR_INIT;
	noticed[0] = '\0';
	struct dts_stream *in = dts_stream_open(&path, 1, NULL, err);
	int rc = in ? dts_log_append(in, &o, &none, err) : -1;
	dts_stream_close(in);
	return rc;
}

/* ---- what is in a log, counted by another way than the one that wrote it */

struct counted {
	uint64_t records, changes, transactions, streams, schemas, ddls, tables[2];
	bool in_tx;
};

static void count_line(struct counted *c, const struct dts_record *r)
{
	c->records++;
	c->streams += r->op == DTS_OP_STREAM;
	c->schemas += r->op == DTS_OP_SCHEMA;
	c->ddls += r->op == DTS_OP_DDL;
	c->transactions += r->op == DTS_OP_COMMIT || r->op == DTS_OP_PREPARE;
	if (dts_op_is_change(r->op)) {
		c->changes++;
		c->tables[dts_slice_is(r->table, "t1")]++;
	}
	if (r->op == DTS_OP_BEGIN)
		c->in_tx = true;
	if (r->op == DTS_OP_COMMIT || r->op == DTS_OP_PREPARE || (r->op == DTS_OP_ROLLBACK && !r->raw[DTS_F_TO].p))
		c->in_tx = false;
}

static void check_head(const struct dts_frame_head *h, const struct counted *c)
{
	CHECK_INT(c->records, h->records);
	CHECK_INT(c->changes, h->changes);
	CHECK_INT(c->transactions, h->transactions);
	CHECK_INT(c->streams, h->streams);
	CHECK_INT(c->schemas, h->schemas);
	CHECK_INT(c->ddls, h->ddls);
	CHECK_INT(c->in_tx, h->inside);
	for (size_t i = 0; i < h->tables.count; i++) {
		const struct dts_frame_table *t = &h->tables.items[i];
		if (strcmp(t->table, "t0") == 0 || strcmp(t->table, "t1") == 0)
			CHECK_INT(c->tables[t->table[1] - '0'], t->changes);
	}
}

/* Reads one segment; `plain` gets its records without stream, schema and heartbeat records. */
static bool read_segment(const struct dts_segment_name *name, struct dts_buf *plain, struct dts_frame_head *sum, struct dts_error *err)
{
	struct dts_segment s = {.fd = -1};
	struct dts_buf content = {0};
	struct dts_record r;
	struct counted c = {0};
	struct dts_slice text, line;
	enum dts_step step = DTS_STEP_ERROR;

	dts_record_init(&r);
	if (dts_segment_open(&s, dir, name, err) == 0)
		while ((step = dts_segment_step(&s, err)) == DTS_STEP_HEAD) {
			dts_buf_clear(&content);
			if (dts_segment_load(&s, &content, err) < 0) {
				step = DTS_STEP_DAMAGE;
				break;
			}
			c = (struct counted){.in_tx = c.in_tx};
			for (text = dts_buf_slice(&content); dts_line_next(&text, &line);) {
				CHECK_INT(0, dts_record_parse(&r, line, err));
				count_line(&c, &r);
				if (r.op != DTS_OP_STREAM && r.op != DTS_OP_SCHEMA && r.op != DTS_OP_HEARTBEAT) {
					dts_buf_add_slice(plain, line);
					dts_buf_addc(plain, '\n');
				}
			}
			check_head(&s.head, &c);
			CHECK_INT(s.head.at == 0, s.head.first);
			dts_frame_head_sum(sum, &s.head);
		}
	CHECK_INT(name->open ? DTS_STEP_END : DTS_STEP_FOOT, step);
	if (step == DTS_STEP_FOOT) {
		CHECK_INT(sum->frames, s.head.frames);
		CHECK_INT(sum->records, s.head.records);
		CHECK_INT(sum->transactions, s.head.transactions);
		CHECK_INT(sum->content, s.head.content);
		CHECK_INT(sum->tables.count, s.head.tables.count);
		CHECK(dts_gtids_equal(&sum->to.gtid, &s.head.to.gtid));
		CHECK(dts_gtids_equal(&sum->from.gtid, &s.head.from.gtid));
	}
	dts_segment_close(&s);
	dts_record_release(&r);
	dts_buf_release(&content);
	return step == DTS_STEP_END || step == DTS_STEP_FOOT;
}

/* Reads the log; each segment goes on where the one before ends. How many there are; 0: it cannot be read. */
static size_t read_log(struct dts_buf *plain)
{
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_segments all = {0};
	struct dts_frame_head sum = {0};
	struct dts_position at = {0};
	size_t count = 0;

	dts_buf_clear(plain);
	if (dts_segments_list(&all, dir, &err) == 0)
		for (; count < all.count; count++) {
			dts_frame_head_clear(&sum);
			if (!read_segment(&all.items[count], plain, &sum, &err)) {
				count = 0;
				break;
			}
			if (count > 0) {
				CHECK_INT(0, dts_position_compare(&at, &sum.from));
				CHECK(dts_gtids_equal(&at.gtid, &sum.from.gtid));
			}
			dts_position_copy(&at, &sum.to);
		}
	if (err.message[0])
		printf("# %s\n", err.message);
	dts_position_release(&at);
	dts_frame_head_release(&sum);
	dts_segments_release(&all);
	return count;
}

/* The same of the text of a stream. */
static void plain_of(struct dts_buf *plain, const struct dts_buf *stream)
{
	struct dts_slice text = dts_buf_slice(stream), line;
	struct dts_record r;

	dts_record_init(&r);
	dts_buf_clear(plain);
	while (dts_line_next(&text, &line)) {
		enum dts_op op = dts_line_op(&r, line);
		if (op == DTS_OP_STREAM || op == DTS_OP_SCHEMA || op == DTS_OP_HEARTBEAT || op == DTS_OP_END)
			continue;
		dts_buf_add_slice(plain, line);
		dts_buf_addc(plain, '\n');
	}
	dts_record_release(&r);
}

/* The log must hold what the stream does, each transaction once. */
static bool holds(const struct dts_buf *stream)
{
	struct dts_buf want = {0}, have = {0};

	plain_of(&want, stream);
	bool same = read_log(&have) > 0 && dts_slice_eq(dts_buf_slice(&want), dts_buf_slice(&have));
	dts_buf_release(&want);
	dts_buf_release(&have);
	return same;
}

/* ---- appending */

/* All that a segment holds; how many frames. */
static size_t content_of(struct dts_buf *content, const struct dts_segment_name *name)
{
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_segment s = {.fd = -1};
	size_t frames = 0;

	dts_buf_clear(content);
	if (dts_segment_open(&s, dir, name, &err) == 0)
		for (; dts_segment_step(&s, &err) == DTS_STEP_HEAD; frames++)
			CHECK_INT(0, dts_segment_load(&s, content, &err));
	dts_segment_close(&s);
	return frames;
}

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

/* A run of its own for each of the transactions, the last of them larger than a frame, and one that closes the segment. */
static void make_small_frames(struct dts_buf *all)
{
	struct dts_buf s = {0};
	struct dts_error err;

	dts_buf_clear(all);
	for (unsigned i = 1; i <= 21; i++) {
		dts_buf_clear(&s);
		add_stream(&s, i, SOURCE);
		add_schema(&s, "t0");
		add_schema(&s, "t1");
		add_tx(&s, i, i < 20 ? 3 : i == 20 ? 30000 : 1);
		if (i == 10) /* known by nothing but this */
			dts_buf_addf(&s, "{\"op\":\"heartbeat\",\"src\":\"db1\",\"pos\":{\"file\":\"bin.000001\",\"offset\":9904,"
					 "\"gtid\":\"0-1-10,7-1-1\"}}\n");
		add_end(&s);
		CHECK_INT(0, append(&s, i == 21 ? 1 : 1 << 20, &err));
		struct dts_slice text = dts_buf_slice(&s), line;
		while (dts_line_next(&text, &line))
			if (!memmem(line.p, line.len, "\"end\"", 5)) {
				dts_buf_add_slice(all, line);
				dts_buf_addc(all, '\n');
			}
	}
	dts_buf_release(&s);
}

static bool stop_now(void *context)
{
	(void)context;
	return true;
}

static void test_packing(void)
{
	struct dts_buf all = {0}, before = {0}, after = {0}, path = {0};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_segments list = {0};

	empty_dir();
	REQUIRE(dts_log_create(dir, &err) == 0);
	int lock = dts_log_lock(dir, DTS_LOG_TIDY, false, &err);
	REQUIRE(lock >= 0); /* as if one trimmed: nothing is packed */
	make_small_frames(&all);
	close(lock);
	REQUIRE(dts_segments_list(&list, dir, &err) == 0 && list.count >= 1 && !list.items[0].open);
	size_t many = content_of(&before, &list.items[0]);
	CHECK(holds(&all));
	CHECK_INT(0, dts_log_pack(dir, &list.items[0], stop_now, NULL, &err));
	CHECK_INT(many, content_of(&after, &list.items[0]));
	CHECK_INT(1, dts_log_pack(dir, &list.items[0], NULL, NULL, &err));
	size_t few = content_of(&after, &list.items[0]);
	CHECK(few > 2 && few < many / 3);
	CHECK_MEM(before.data, before.len, after.data, after.len);
	CHECK(holds(&all)); /* and the heads are right */
	CHECK_INT(0, dts_log_pack(dir, &list.items[0], NULL, NULL, &err)); /* not again */
	CHECK(access(dts_segment_path(&path, dir, DTS_LOG_PACKING), F_OK) < 0);
	/* One that is gone stays so. */
	unlink(dts_segment_path(&path, dir, list.items[0].name));
	CHECK_INT(0, dts_log_pack(dir, &list.items[0], NULL, NULL, &err));
	dts_segments_release(&list);
	dts_buf_release(&all);
	dts_buf_release(&before);
	dts_buf_release(&after);
	dts_buf_release(&path);
}

/* Who appends does so when a segment ends, or the next one that appends does. */
static void test_packs_when_closed(void)
{
	struct dts_buf all = {0}, content = {0};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_segments list = {0};

	empty_dir();
	make_small_frames(&all);
	REQUIRE(dts_segments_list(&list, dir, &err) == 0 && list.count >= 1 && !list.items[0].open);
	CHECK(content_of(&content, &list.items[0]) < 8);
	CHECK(holds(&all));
	dts_segments_release(&list);
	dts_buf_release(&all);
	dts_buf_release(&content);
}

/* ---- damage */

/* The log is this one segment from here on. */
static void lay_out(const char *name, struct dts_slice bytes)
{
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_buf path = {0};

	empty_dir();
	if (dts_log_create(dir, &err) < 0)
		exit(1);
	write_file(dts_segment_path(&path, dir, name), bytes);
	dts_buf_release(&path);
}

/* Three runs, of a frame each; where the last one begins. */
static uint64_t make_tail(struct dts_buf *bytes, char *name, size_t size)
{
	struct dts_error err;
	struct dts_buf s = {0}, path = {0};
	struct dts_log_end end = {0};
	uint64_t before = 0;

	empty_dir();
	for (unsigned to = 2; to <= 6; to += 2) {
		make_stream(&s, 1, to);
		CHECK_INT(0, append(&s, 1 << 20, &err));
		before = end.size;
		CHECK_INT(0, dts_log_find_end(dir, &end, &err));
	}
	snprintf(name, size, "%s", end.segment.name);
	read_file(bytes, dts_segment_path(&path, dir, name));
	CHECK_INT(bytes->len, end.size);
	dts_log_end_release(&end);
	dts_buf_release(&path);
	dts_buf_release(&s);
	return before;
}

static void test_cut_anywhere(void)
{
	struct dts_buf bytes = {0}, s = {0};
	struct dts_error err;
	char name[100];

	make_tail(&bytes, name, sizeof name);
	make_stream(&s, 1, 8);
	for (size_t cut = 0; cut < bytes.len; cut++) {
		lay_out(name, dts_slice(bytes.data, cut));
		int rc = append(&s, 1 << 20, &err);
		if (rc == 0 && holds(&s))
			continue;
		unit_fail(__FILE__, __LINE__, "cut at %zu of %zu: %d, %s", cut, bytes.len, rc, err.message);
		break;
	}
	dts_buf_release(&bytes);
	dts_buf_release(&s);
}

/* Does who unpacks the segment find that it is damaged? */
static bool finds_damage(const char *name)
{
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_segment s = {.fd = -1};
	struct dts_segment_name n = {.number = 1, .open = true};
	struct dts_buf content = {0};
	bool found = false;

	snprintf(n.name, sizeof n.name, "%.70s", name);
	if (dts_segment_open(&s, dir, &n, &err) == 0)
		while (!found && dts_segment_step(&s, &err) == DTS_STEP_HEAD)
			found = dts_segment_load(&s, &content, &err) < 0 && err.status == DTS_BAD_INPUT && strstr(err.message, name);
	dts_segment_close(&s);
	dts_buf_release(&content);
	return found;
}

static void test_damaged_anywhere(void)
{
	struct dts_buf bytes = {0}, s = {0};
	struct dts_error err;
	char name[100];
	const uint64_t last = make_tail(&bytes, name, sizeof name);
	size_t refused = 0, found = 0;

	make_stream(&s, 1, 8);
	for (size_t at = 0; at < bytes.len; at++) {
		const char was = bytes.data[at];
		bytes.data[at] = (char)(was ^ (1 << at % 8));
		lay_out(name, dts_buf_slice(&bytes));
		bytes.data[at] = was;
		int rc = append(&s, 1 << 20, &err);
		/* What the disk had by what a later head says is no tail: that is told, here or by who reads it. */
		if (rc < 0 && err.status == DTS_BAD_INPUT && at < last && strstr(err.message, name)) {
			refused++;
			continue;
		}
		if (rc == 0 && at < last && finds_damage(name)) {
			found++;
			continue;
		}
		if (rc == 0 && holds(&s))
			continue;
		unit_fail(__FILE__, __LINE__, "damaged at %zu of %zu (the last frame is at %zu): %d, %s", at, bytes.len, (size_t)last, rc,
			  err.message);
		break;
	}
	CHECK(refused > last / 2 && found > 0);
	dts_buf_release(&bytes);
	dts_buf_release(&s);
}

/* A crash while a segment is closed: the foot is there or is not, and so is its name. */
static void test_closing_is_cut(void)
{
	struct dts_buf bytes = {0}, s = {0}, path = {0};
	struct dts_error err;
	struct dts_segments all = {0};
	struct dts_segment segment = {.fd = -1};
	struct dts_frame_head foot = {0};
	char name[200];

	empty_dir();
	make_stream(&s, 1, 100);
	REQUIRE(append(&s, 1000, &err) == 0);
	REQUIRE(dts_segments_list(&all, dir, &err) == 0 && all.count > 1 && !all.items[0].open);
	REQUIRE(dts_segment_open(&segment, dir, &all.items[0], &err) == 0 && dts_segment_foot(&segment, &foot, &err) == 1);
	read_file(&bytes, dts_segment_path(&path, dir, all.items[0].name));
	snprintf(name, sizeof name, "%s" DTS_LOG_PART, all.items[0].name);
	for (size_t cut = (size_t)foot.at; cut <= bytes.len; cut++) {
		lay_out(name, dts_slice(bytes.data, cut));
		int rc = append(&s, 1000, &err);
		if (rc == 0 && holds(&s))
			continue;
		unit_fail(__FILE__, __LINE__, "cut at %zu of %zu: %d, %s", cut, bytes.len, rc, err.message);
		break;
	}
	/* One that has its name has its foot, or something is wrong. */
	name[strlen(name) - strlen(DTS_LOG_PART)] = '\0';
	lay_out(name, dts_slice(bytes.data, bytes.len - 1));
	CHECK_INT(-1, append(&s, 1000, &err));
	CHECK_INT(DTS_BAD_INPUT, err.status);
	dts_segment_close(&segment);
	dts_frame_head_release(&foot);
	dts_segments_release(&all);
	dts_buf_release(&bytes);
	dts_buf_release(&path);
	dts_buf_release(&s);
}

/* ---- the builder */

static void feed(struct dts_log_builder *b, const struct dts_buf *lines)
{
	struct dts_slice text = dts_buf_slice(lines), line;
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_record r;

	dts_record_init(&r);
	while (dts_line_next(&text, &line)) {
		CHECK_INT(0, dts_record_parse(&r, line, &err));
		CHECK_INT(0, dts_log_builder_add(b, &r, &err));
	}
	dts_record_release(&r);
}

/* One that stands at the beginning of bin.000001, and knows the stream. */
static void begin(struct dts_log_builder *b)
{
	struct dts_buf s = {0};
	struct dts_error err = DTS_ERROR_INIT;

	dts_log_builder_init(b);
	dts_position_set(&b->at, DTS_LIT("bin.000001"), 4);
	dts_gtids_set_empty(&b->at.gtid, DTS_GTID_MARIADB);
	add_stream(&s, 1, SOURCE);
	CHECK_INT(0, dts_log_builder_stream(b, dts_slice(s.data, s.len - 1), &err));
	dts_buf_release(&s);
}

static struct dts_log_frame *seal(struct dts_log_builder *b, bool closes)
{
	return dts_log_builder_seal(b, closes, dts_log_frame_new());
}

static void test_frame_ends_before_open(void)
{
	struct dts_log_builder b;
	struct dts_buf s = {0};

	begin(&b);
	add_tx(&s, 1, 3);
	add_begin(&s, 2);
	add_insert(&s, 2, 1, "t0");
	feed(&b, &s);
	CHECK(dts_log_builder_has_whole(&b));
	struct dts_log_frame *f = seal(&b, false);
	CHECK_INT(6, f->head.records); /* the stream record is the first */
	CHECK_INT(3, f->head.changes);
	CHECK_INT(1, f->head.transactions);
	CHECK(f->head.first && !f->head.inside);
	CHECK_INT(904, f->head.to.offset);
	CHECK(!dts_gtids_known(&f->head.to.gtid));
	CHECK_INT(1, f->head.gtids.list.items[0].sequence);
	CHECK_INT(1000000ull * (EPOCH + 1) + 1, f->head.first_time);
	CHECK_INT(1, f->head.tables.count);
	CHECK_STR("t1", f->head.tables.items[0].table);
	CHECK_INT(3, f->head.tables.items[0].changes);
	dts_log_frame_free(f);

	/* The rest stands in the next one. */
	dts_buf_clear(&s);
	add_insert(&s, 2, 2, "t0");
	add_commit(&s, 2, 2);
	feed(&b, &s);
	f = seal(&b, false);
	CHECK_INT(4, f->head.records);
	CHECK_INT(2, f->head.changes);
	CHECK_INT(1000000ull * (EPOCH + 1) + 1, f->head.newest_before);
	CHECK_INT(1000000ull * (EPOCH + 2) + 2, f->head.last_time);
	CHECK(!f->head.first);
	dts_log_frame_free(f);
	dts_log_builder_release(&b);
	dts_buf_release(&s);
}

static void test_large_transaction_is_split(void)
{
	struct dts_log_builder b;
	struct dts_buf s = {0};

	begin(&b);
	add_begin(&s, 1);
	add_insert(&s, 1, 1, "t0");
	feed(&b, &s);
	dts_log_frame_free(seal(&b, false)); /* the stream record */
	struct dts_log_frame *f = seal(&b, false);
	CHECK(f->head.inside);
	CHECK_INT(2, f->head.records);
	CHECK_INT(4, f->head.to.offset);
	CHECK_INT(0, f->head.transactions);
	CHECK(!dts_log_builder_may_close(&b));
	dts_log_frame_free(f);
	/* Void, and partly gone: it stays, with what says so. */
	dts_buf_clear(&s);
	dts_buf_adds(&s, "{\"op\":\"rollback\",\"src\":\"db1\",\"tx\":\"0-1-1\"}\n");
	feed(&b, &s);
	CHECK(dts_log_builder_may_close(&b));
	f = seal(&b, false);
	CHECK(!f->head.inside);
	CHECK_INT(1, f->head.records);
	CHECK_INT(0, f->head.transactions);
	CHECK_INT(4, f->head.to.offset);
	CHECK(dts_gtids_known(&f->head.gtids) && dts_gtids_is_empty(&f->head.gtids));
	dts_log_frame_free(f);
	dts_log_builder_release(&b);
	dts_buf_release(&s);
}

static void test_void_is_dropped(void)
{
	struct dts_log_builder b;
	struct dts_buf s = {0};

	begin(&b);
	add_tx(&s, 1, 1);
	add_begin(&s, 2);
	add_insert(&s, 2, 1, "t7");
	dts_buf_adds(&s, "{\"op\":\"rollback\",\"src\":\"db1\",\"tx\":\"0-1-2\"}\n");
	add_tx(&s, 2, 2);
	/* One that has told a schema stays. */
	add_begin(&s, 3);
	add_schema(&s, "t8");
	dts_buf_adds(&s, "{\"op\":\"rollback\",\"src\":\"db1\",\"tx\":\"0-1-3\"}\n");
	feed(&b, &s);
	struct dts_log_frame *f = seal(&b, false);
	CHECK_INT(2, f->head.transactions);
	CHECK_INT(3, f->head.changes);
	CHECK_INT(1 + 3 + 4 + 3, f->head.records);
	CHECK_INT(3, f->head.tables.count);
	CHECK_STR("t8", f->head.tables.items[2].table);
	CHECK(!memmem(f->content.data, f->content.len, "t7", 2));
	dts_log_frame_free(f);
	dts_log_builder_release(&b);
	dts_buf_release(&s);
}

static void test_next_segment_begins(void)
{
	struct dts_log_builder b;
	struct dts_buf s = {0};

	begin(&b);
	add_schema(&s, "t0");
	add_schema(&s, "t1");
	add_begin(&s, 1);
	add_ddl(&s, 1, "drop-table", "[{\"type\":\"table\",\"db\":\"shop\",\"table\":\"t0\",\"role\":\"target\"}]");
	add_commit(&s, 1, 1);
	add_begin(&s, 2);
	add_insert(&s, 2, 1, "t1");
	feed(&b, &s);
	struct dts_log_frame *f = seal(&b, true);
	CHECK(f->closes);
	CHECK_INT(1, f->head.ddls);
	CHECK_INT(2, f->head.schemas);
	CHECK_INT(2, f->head.tables.count);
	dts_log_frame_free(f);
	dts_buf_clear(&s);
	add_commit(&s, 2, 1);
	feed(&b, &s);
	f = seal(&b, false);
	CHECK(f->head.first);
	CHECK_INT(904, f->head.from.offset);
	CHECK_INT(1, f->head.from.gtid.list.items[0].sequence);
	CHECK_INT(1, f->head.streams);
	CHECK_INT(1, f->head.schemas); /* the other one is gone */
	CHECK_INT(5, f->head.records);
	static const char front[] = "{\"op\":\"stream\",\"v\":1,\"kind\":\"changes\",\"src\":\"db1\",\"source\":{" SOURCE
				    "},\"pos\":{\"file\":\"bin.000001\",\"offset\":904,\"created\":1767225600,\"gtid\":\"0-1-1\"}}\n"
				    "{\"op\":\"schema\",\"db\":\"shop\",\"table\":\"t1\"";
	CHECK_MEM(front, sizeof front - 1, f->content.data, sizeof front - 1);
	dts_log_frame_free(f);
	dts_log_builder_release(&b);
	dts_buf_release(&s);
}

/* The time of a segment is over while a transaction is open of which there is nothing in it yet. */
static void test_closed_before_open(void)
{
	struct dts_log_builder b;
	struct dts_buf s = {0};

	begin(&b);
	add_tx(&s, 1, 1);
	feed(&b, &s);
	dts_log_frame_free(seal(&b, false));
	dts_buf_clear(&s);
	add_begin(&s, 2);
	add_insert(&s, 2, 1, "t0");
	feed(&b, &s);
	CHECK(!dts_log_builder_has_whole(&b) && dts_log_builder_may_close(&b));
	struct dts_log_frame *f = seal(&b, true);
	CHECK(f->closes && f->content.len == 0 && !f->head.inside);
	dts_log_frame_free(f);
	dts_buf_clear(&s);
	add_insert(&s, 2, 2, "t0");
	add_commit(&s, 2, 2);
	feed(&b, &s);
	f = seal(&b, false);
	CHECK(f->head.first && !f->head.inside);
	CHECK_INT(5, f->head.records);
	CHECK_INT(1, f->head.transactions);
	CHECK_INT(904, f->head.from.offset);
	dts_log_frame_free(f);
	dts_log_builder_release(&b);
	dts_buf_release(&s);
}

/* What names no table, or may be of any. */
static void test_statements(void)
{
	static const struct {
		const char *kind, *objects;
		bool any;
	} cases[] = {
		{"unknown", "", true},
		{"account", "[]", true},
		{"drop-database", "[{\"type\":\"database\",\"db\":\"shop\",\"role\":\"target\"}]", true},
		{"create-view", "[{\"type\":\"view\",\"db\":\"shop\",\"table\":\"v\",\"role\":\"target\"}]", false},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct dts_log_builder b;
		struct dts_buf s = {0};

		begin(&b);
		add_begin(&s, 1);
		add_ddl(&s, 1, cases[i].kind, cases[i].objects);
		add_commit(&s, 1, 1);
		feed(&b, &s);
		struct dts_log_frame *f = seal(&b, false);
		CHECK_INT(cases[i].any, f->head.tables.any);
		CHECK_INT(!cases[i].any, f->head.tables.count);
		dts_log_frame_free(f);
		dts_log_builder_release(&b);
		dts_buf_release(&s);
	}
}

/* GTIDs that do not follow from the transactions are told; an ack says where the log stands. */
static void test_gtids_and_acks(void)
{
	struct dts_log_builder b;
	struct dts_buf s = {0};

	begin(&b);
	b.acks = true;
	add_tx(&s, 1, 1);
	dts_buf_adds(&s, "{\"op\":\"heartbeat\",\"src\":\"db1\",\"pos\":{\"file\":\"bin.000001\",\"offset\":950,\"gtid\":\"0-1-1\"}}\n");
	feed(&b, &s);
	struct dts_log_frame *f = seal(&b, false);
	CHECK(!dts_gtids_known(&f->head.to.gtid));
	static const char ack[] = "{\"op\":\"ack\",\"src\":\"db1\",\"pos\":{\"file\":\"bin.000001\",\"offset\":950,\"gtid\":\"0-1-1\"}}\n";
	CHECK_MEM(ack, sizeof ack - 1, f->ack.data, f->ack.len);
	dts_log_frame_free(f);

	dts_buf_clear(&s);
	dts_buf_adds(&s, "{\"op\":\"heartbeat\",\"src\":\"db1\",\"pos\":{\"file\":\"bin.000001\",\"offset\":960,\"gtid\":\"0-1-1,7-1-4\"}}\n");
	add_tx(&s, 2, 1);
	feed(&b, &s);
	f = seal(&b, false);
	CHECK_INT(2, f->head.to.gtid.list.count);
	CHECK_INT(2, f->head.to.gtid.list.items[0].sequence);
	static const char second[] = "{\"op\":\"ack\",\"src\":\"db1\",\"tx\":\"0-1-2\",\"pos\":{\"file\":\"bin.000001\",\"offset\":1904,"
				     "\"created\":1767225600,\"gtid\":\"0-1-2,7-1-4\"}}\n";
	CHECK_MEM(second, sizeof second - 1, f->ack.data, f->ack.len);
	dts_log_frame_free(f);

	/* A transaction without one: not known from there on. */
	dts_buf_clear(&s);
	dts_buf_adds(&s, "{\"op\":\"begin\",\"src\":\"db1\",\"tx\":\"bin.000001:2004\",\"pos\":{\"file\":\"bin.000001\",\"offset\":2004}}\n"
			 "{\"op\":\"commit\",\"src\":\"db1\",\"tx\":\"bin.000001:2004\",\"n\":0,\"pos\":{\"file\":\"bin.000001\",\"offset\":2904}}\n");
	feed(&b, &s);
	f = seal(&b, false);
	CHECK(!dts_gtids_known(&f->head.gtids));
	CHECK(!dts_gtids_known(&f->head.to.gtid));
	CHECK(!dts_gtids_known(&b.at.gtid));
	dts_log_frame_free(f);
	dts_log_builder_release(&b);
	dts_buf_release(&s);
}

int main(void)
{
	if (!mkdtemp(home)) {
		perror(home);
		return 1;
	}
	snprintf(dir, sizeof dir, "%s/log", home);
	RUN(test_frame_ends_before_open);
	RUN(test_large_transaction_is_split);
	RUN(test_void_is_dropped);
	RUN(test_next_segment_begins);
	RUN(test_closed_before_open);
	RUN(test_statements);
	RUN(test_gtids_and_acks);
	RUN(test_appends);
	RUN(test_refuses);
	RUN(test_begun_anew);
	RUN(test_another_server);
	RUN(test_reader_reconnects);
	RUN(test_prepared);
	RUN(test_schemas_of_overlap);
	RUN(test_segments);
	RUN(test_packing);
	RUN(test_packs_when_closed);
	RUN(test_cut_anywhere);
	RUN(test_damaged_anywhere);
	RUN(test_closing_is_cut);
	empty_dir();
	unlink(in_home("input"));
	rmdir(home);
	return unit_done();
}
