#include "apply/writer.h"

#include <errmsg.h>
#include <poll.h>
#include <time.h>

#include "apply/load.h"

/*
 * A chunk goes by LOAD DATA where that can be, or by arrays of parameters (bind.h) where
 * LOAD DATA would keep others from the table, else by INSERTs of many rows each.
 * LOCAL means IGNORE to the server, so what LOAD DATA did is held against what it
 * should have done, and anything else than that is repeated by INSERT. An INSERT
 * that is refused names its first row only: it is repeated row by row.
 */
enum {
	PACKET_FIRST = 256 * 1024,
	PACKET_LEAST = 64 * 1024,
	PACKET_MOST = 1024 * 1024,
	QUICK_MS = 50,   /* a packet that took less may be larger ... */
	SLOW_MS = 500,   /* ... more: smaller */
	TRIES = 10,      /* of a transaction that lost to another one */
	WAIT_MS = 10,    /* after the first of these, twice as long after each */
	WAIT_MOST_MS = 2000,
	TEXT_SIZE = 64 * 1024,
	ASIDE_MOST = 1024 * 1024, /* bytes of INSERT for rows that LOAD DATA cannot take */
};

int dts_writer_open(struct dts_writer *w, const struct dts_connect_options *server, struct dts_error *err)
{
	dts_record_init(&w->record);
	w->packet = PACKET_FIRST;
	if (dts_session_open(&w->session, server, err) < 0 ||
	    dts_session_run(&w->session, DTS_LIT("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"), err) < 0 ||
	    dts_runner_init(&w->runner, &w->session, err) < 0)
		return -1;
	/* Rows arrive table by table: parents may come after their children. */
	w->runner.no_foreign = true;
	return dts_session_run(&w->session, DTS_LIT("SET foreign_key_checks=0"), err);
}

void dts_writer_close(struct dts_writer *w)
{
	dts_bind_release(&w->bind);
	dts_session_close(&w->session);
	dts_plan_release(&w->plan);
	dts_record_release(&w->record);
	dts_stream_state_release(&w->state);
	dts_buf_release(&w->text);
	dts_buf_release(&w->what);
}

static void plan_text(struct dts_writer *w, struct dts_slice sql, struct dts_statement expected)
{
	size_t at = w->plan.sql.len;

	dts_buf_add_slice(&w->plan.sql, sql);
	dts_plan_add(&w->plan, at, expected);
}

/* The error is told by whoever failed first. */
static int abandoned(struct dts_error *err)
{
	return dts_fail(err, DTS_OK, "another writer has failed");
}

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* What a packet may be: the server must take it, and be done with it soon. */
static size_t packet_size(const struct dts_writer *w)
{
	return w->packet < w->runner.max_packet / 2 ? w->packet : w->runner.max_packet / 2;
}

static int send_plan(struct dts_writer *w, struct dts_error *err)
{
	if (atomic_load(w->stop))
		return abandoned(err);
	bool full = w->plan.sql.len >= packet_size(w);
	long long start = now_ms();
	int rc = dts_runner_run(&w->runner, &w->plan, err);
	long long took = now_ms() - start;
	dts_plan_clear(&w->plan);
	if (full && took < QUICK_MS && w->packet < PACKET_MOST)
		w->packet *= 2;
	else if (took > SLOW_MS && w->packet > PACKET_LEAST)
		w->packet /= 2;
	return rc;
}

static void plan_start(struct dts_writer *w)
{
	plan_text(w, DTS_LIT("START TRANSACTION"), (struct dts_statement){.rows = DTS_EXPECT_ANY});
	if (w->guard.len > 0)
		plan_text(w, w->guard, (struct dts_statement){.guard = true});
}

/* The mark, and when every answer was as it should be, the end. */
static int commit(struct dts_writer *w, struct dts_error *err)
{
	if (w->chunk->mark.len > 0)
		plan_text(w, dts_buf_slice(&w->chunk->mark), (struct dts_statement){.rows = 1});
	if (send_plan(w, err) < 0)
		return -1;
	dts_plan_commit(&w->plan);
	return send_plan(w, err);
}

static void first_row(struct dts_writer *w)
{
	w->at = w->chunk->rows.data;
	w->line = w->chunk->first_line - 1;
	dts_stream_state_copy(&w->state, &w->chunk->place);
}

/* The line of the chunk's next row; false: there is none. */
static bool next_line(struct dts_writer *w, struct dts_slice *line)
{
	const struct dts_buf *rows = &w->chunk->rows;
	size_t left = rows->len == 0 ? 0 : (size_t)(rows->data + rows->len - w->at);

	if (left == 0)
		return false;
	const char *newline = memchr(w->at, '\n', left);
	*line = dts_slice(w->at, newline ? (size_t)(newline - w->at) : left);
	w->at += newline ? line->len + 1 : left;
	w->line++;
	return true;
}

/* Parsed and checked as the stream would have. */
static int parse_row(struct dts_writer *w, struct dts_slice line, struct dts_error *err)
{
	if (dts_record_parse(&w->record, line, err) < 0 || dts_stream_check(&w->state, &w->record, true, err) < 0)
		return dts_runner_where(&w->runner, w->line, err);
	return 0;
}

/* The chunk's next row: 1, 0: there is none, -1. */
static int next_row(struct dts_writer *w, struct dts_error *err)
{
	struct dts_slice line;

	if (!next_line(w, &line))
		return 0;
	return parse_row(w, line, err) < 0 ? -1 : 1;
}

/* --- INSERT */

static int insert_rows(struct dts_writer *w, struct dts_error *err)
{
	int rc;

	plan_start(w);
	while ((rc = next_row(w, err)) > 0) {
		bool alone = w->line >= w->narrow_from && w->line <= w->narrow_to;
		/* Behind those that go alone, none may join the last of them. */
		if (w->line == w->narrow_to + 1 && w->narrow_to > 0 && send_plan(w, err) < 0)
			return -1;
		if (dts_plan_row(&w->plan, w->chunk->table, &w->record, alone ? 1 : packet_size(w), w->line, err) < 0)
			return dts_runner_where(&w->runner, w->line, err);
		if (w->plan.sql.len >= packet_size(w) && send_plan(w, err) < 0)
			return -1;
	}
	return rc < 0 ? -1 : commit(w, err);
}

/* --- LOAD DATA */

static int load_init(void **state, const char *name, void *writer)
{
	(void)name;
	*state = writer;
	return 0;
}

/*
 * Adds the row to the text, or plans it as an INSERT behind the others. A line in the
 * form of dts-dump says by its form that it is a right row of this table.
 */
static int add_text(struct dts_writer *w, struct dts_buf *text, struct dts_slice line, struct dts_error *err)
{
	const struct dts_apply_table *t = w->chunk->table;
	struct dts_json *values = dts_plan_values(&w->plan, t->schema.column_count);
	bool in_form = dts_row_form_read(t->form, line, values);
	int rc = 0;

	if (!in_form && parse_row(w, line, err) < 0)
		return -1;
	if (!in_form)
		rc = dts_apply_table_spread(t, w->record.raw[DTS_F_AFTER], values, err);
	if (rc == 0)
		rc = dts_load_row(text, t, values, &w->plan.scratch, err);
	if (rc > 0)
		w->loaded++;
	if (rc == 0 && in_form && parse_row(w, line, err) < 0)
		return -1;
	if (rc == 0)
		rc = dts_plan_row(&w->plan, t, &w->record, packet_size(w), w->line, err);
	return rc < 0 ? dts_runner_where(&w->runner, w->line, err) : 0;
}

static int load_read(void *state, char *to, unsigned len)
{
	struct dts_writer *w = state;

	if (w->text_at == w->text.len) {
		struct dts_slice line;
		int rc = 0;
		dts_buf_clear(&w->text);
		w->text_at = 0;
		while (rc >= 0 && w->text.len < TEXT_SIZE && next_line(w, &line))
			rc = add_text(w, &w->text, line, &w->load_err);
		if (rc < 0 || w->plan.sql.len > ASIDE_MOST || atomic_load(w->stop)) {
			w->load_ended = true;
			return -1;
		}
	}
	size_t n = w->text.len - w->text_at;
	if (n > len)
		n = len;
	memcpy(to, w->text.data + w->text_at, n);
	w->text_at += n;
	return (int)n;
}

static void load_end(void *state)
{
	(void)state;
}

static int load_error(void *state, char *text, unsigned len)
{
	(void)state;
	if (len > 0)
		text[0] = '\0';
	return CR_UNKNOWN_ERROR;
}

/* 1: LOAD DATA will not do for these rows. */
static int load_rows(struct dts_writer *w, struct dts_error *err)
{
	struct dts_buf sql = {0};
	MYSQL *mysql = w->session.mysql;

	plan_start(w);
	if (send_plan(w, err) < 0)
		return -1;
	w->loaded = 0;
	w->load_ended = false;
	w->load_err = (struct dts_error)DTS_ERROR_INIT;
	dts_buf_clear(&w->text);
	w->text_at = 0;
	dts_load_statement(&sql, w->chunk->table);
	mysql_set_local_infile_handler(mysql, load_init, load_read, load_end, load_error, w);
	int failed = mysql_real_query(mysql, sql.data, sql.len);
	dts_session_refuse_infile(&w->session);
	dts_buf_release(&sql);
	if (w->load_ended && w->load_err.status != DTS_OK) {
		*err = w->load_err;
		return -1;
	}
	if (w->load_ended && !failed) /* rows are missing */
		return 1;
	if (failed && !w->load_ended) {
		dts_session_fail(&w->session, err, "the target refuses rows");
		w->runner.retryable = dts_errno_retry(mysql_errno(mysql));
		return err->status == DTS_AGAIN ? -1 : 1;
	}
	if (failed)
		return 1;
	if (mysql_affected_rows(mysql) != w->loaded || mysql_warning_count(mysql) > 0)
		return 1;
	return commit(w, err);
}

/* --- arrays of parameters */

/* The next rows, as many as go at once: -1, 0, 1: there are no more. */
static int gather_rows(struct dts_writer *w, struct dts_error *err)
{
	struct dts_slice line;

	while (!dts_bind_full(&w->bind)) {
		uint64_t before = w->loaded;
		if (!next_line(w, &line))
			return 1;
		if (add_text(w, &w->bind.text, line, err) < 0)
			return -1;
		w->bind.rows += w->loaded > before;
	}
	return 0;
}

/* 1: this will not do for these rows. */
static int bind_rows(struct dts_writer *w, struct dts_error *err)
{
	int last = 0, sent = 1;

	plan_start(w);
	if (send_plan(w, err) < 0 || dts_bind_start(&w->bind, &w->session, w->chunk->table, err) < 0)
		return -1;
	while (sent > 0 && last == 0) {
		if (atomic_load(w->stop))
			return abandoned(err);
		if ((last = gather_rows(w, err)) < 0)
			return -1;
		if (w->bind.text.len >= w->runner.max_packet / 2 || w->plan.sql.len > ASIDE_MOST)
			return 1;
		if (w->bind.rows > 0)
			sent = dts_bind_send(&w->bind, &w->session, err);
	}
	if (sent < 0) {
		w->runner.retryable = dts_errno_retry(mysql_errno(w->session.mysql));
		return err->status == DTS_AGAIN ? -1 : 1;
	}
	dts_bind_end(&w->bind);
	return sent == 0 ? 1 : commit(w, err);
}

/* --- a chunk */

static int write_rows(struct dts_writer *w, enum dts_bulk_way way, struct dts_error *err)
{
	switch (way) {
	case DTS_BULK_BIND:
		return bind_rows(w, err);
	case DTS_BULK_LOAD:
		return load_rows(w, err);
	default:
		return insert_rows(w, err);
	}
}

/* Waits before the transaction is tried again. False: no more. */
static bool wait_to_retry(struct dts_writer *w, unsigned tries)
{
	int ms = WAIT_MS;
	struct pollfd fd = {.fd = w->stop_fd, .events = POLLIN};

	if (tries > TRIES)
		return false;
	while (--tries > 0 && ms < WAIT_MOST_MS)
		ms *= 2;
	poll(&fd, 1, ms);
	return true;
}

static void roll_back(struct dts_writer *w)
{
	dts_plan_clear(&w->plan);
	dts_runner_reset(&w->runner);
}

/* Once more, so that the row can be named and the warning's words be had? */
static bool look_closer(struct dts_writer *w, const struct dts_error *err)
{
	if (w->runner.careful || err->status != DTS_REFUSED || (!w->runner.wordless && w->runner.failed_rows <= 1))
		return false;
	w->runner.careful = true;
	if (w->runner.failed_rows > 1) {
		w->narrow_from = w->runner.failed_line;
		w->narrow_to = w->runner.failed_line + (uint64_t)w->runner.failed_rows - 1;
	}
	return true;
}

static void begin_chunk(struct dts_writer *w, const struct dts_bulk_chunk *c)
{
	const struct dts_schema *s = &c->table->schema;

	w->chunk = c;
	w->narrow_from = w->narrow_to = 0;
	w->bind_failed = w->load_failed = false;
	w->runner.careful = false;
	w->runner.input = (const char *)c->input.data;
	dts_buf_clear(&w->what);
	dts_buf_addf(&w->what, "chunk '%.*s' of table '%.*s.%.*s'", (int)c->place.chunk.len, c->place.chunk.data,
		     (int)s->db.len, s->db.p, (int)s->table.len, s->table.p);
	w->runner.what = dts_buf_text(&w->what);
}

int dts_writer_apply(struct dts_writer *w, const struct dts_bulk_chunk *c, struct dts_error *err)
{
	enum dts_bulk_way way = c->way;
	unsigned tries = 0;

	begin_chunk(w, c);
	for (;;) {
		*err = (struct dts_error)DTS_ERROR_INIT;
		w->runner.located = w->runner.retryable = false;
		first_row(w);
		int rc = write_rows(w, way, err);
		if (rc == 0)
			return 0;
		bool retry = rc < 0 && w->runner.retryable;
		dts_bind_end(&w->bind);
		roll_back(w);
		if (atomic_load(w->stop))
			return abandoned(err);
		if (rc > 0) {
			w->bind_failed |= way == DTS_BULK_BIND;
			w->load_failed |= way == DTS_BULK_LOAD;
			way = way == DTS_BULK_BIND ? DTS_BULK_LOAD : DTS_BULK_INSERT;
			continue;
		}
		if (retry && wait_to_retry(w, ++tries))
			continue;
		if (way != DTS_BULK_INSERT && !retry && err->status == DTS_REFUSED) { /* of a row that went beside it */
			way = DTS_BULK_INSERT;
			continue;
		}
		if (!look_closer(w, err))
			break;
	}
	/* What is no fault of a row's is told with the chunk's own line. */
	return w->runner.located ? -1 : dts_runner_where(&w->runner, c->line, err);
}
