/* What the tests of reading a log share: a log made by log_maker.h, and what a reader tells of it. */
#ifndef DTS_T_LOG_READER_H
#define DTS_T_LOG_READER_H

#include <sys/mman.h>
#include <sys/stat.h>

#include "log/read.h"
#include "log_maker.h"
#include "record/stream.h"

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

__attribute__((unused))
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

#endif
