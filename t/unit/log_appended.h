/* What the tests that append to a log share: a log of their own, and what is in it, counted by another way than the one that
 * wrote it. */
#ifndef DTS_T_LOG_APPENDED_H
#define DTS_T_LOG_APPENDED_H

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "log/append.h"
#include "log/end.h"
#include "log/line.h"

#include "log_streams.h"
#include "unit.h"

static char home[64], dir[128]; /* in memory where there is room */

/* ---- a log */

static char noticed[1000];

__attribute__((unused))
static void notice(const char *text)
{
	snprintf(noticed, sizeof noticed, "%s", text);
}

static const char *in_home(const char *name)
{
	static struct dts_buf path;

	return dts_segment_path(&path, home, name);
}

__attribute__((unused))
static void write_file(const char *path, struct dts_slice text)
{
	FILE *f = fopen(path, "w");

	if (!f || fwrite(text.p, 1, text.len, f) != text.len || fclose(f) != 0) {
		perror(path);
		exit(1);
	}
}

__attribute__((unused))
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

__attribute__((unused))
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

__attribute__((unused))
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

/* ---- what is in it */

struct counted {
	uint64_t records, changes, transactions, streams, schemas, ddls, tables[2];
	bool in_tx;
};

__attribute__((unused))
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

__attribute__((unused))
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
__attribute__((unused))
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
__attribute__((unused))
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
				if (sum.from.file[0]) /* of another server only GTIDs say where it goes on */
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
__attribute__((unused))
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
__attribute__((unused))
static bool holds(const struct dts_buf *stream)
{
	struct dts_buf want = {0}, have = {0};

	plain_of(&want, stream);
	bool same = read_log(&have) > 0 && dts_slice_eq(dts_buf_slice(&want), dts_buf_slice(&have));
	dts_buf_release(&want);
	dts_buf_release(&have);
	return same;
}

/* All that a segment holds; how many frames. */
__attribute__((unused))
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

__attribute__((unused))
static void open_home(void)
{
	snprintf(home, sizeof home, "%s/dts-log-append.XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!mkdtemp(home)) {
		perror(home);
		exit(1);
	}
	snprintf(dir, sizeof dir, "%s/log", home);
}

__attribute__((unused))
static void close_home(void)
{
	empty_dir();
	unlink(in_home("input"));
	rmdir(home);
}

#endif
