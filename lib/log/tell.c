#include "log/tell.h"

#include <time.h>

#include "base/options.h"
#include "log/cursor.h"
#include "log/line.h"

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void dts_log_teller_init(struct dts_log_teller *t, const struct dts_log_read_options *o, struct dts_output *out, struct dts_position *at)
{
	*t = (struct dts_log_teller){.o = o, .out = out, .at = at};
	dts_record_init(&t->record);
}

void dts_log_teller_release(struct dts_log_teller *t)
{
	dts_gtids_release(&t->had);
	dts_gtids_release(&t->seen);
	dts_record_release(&t->record);
	struct dts_buf *bufs[] = {&t->src, &t->begin, &t->line, &t->front};
	for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
		dts_buf_release(bufs[i]);
}

/* ---- what is written ---- */

/* Records that were put into out->buf, or nothing. */
static int done(struct dts_log_teller *t, uint64_t records, struct dts_error *err)
{
	t->records += records;
	return dts_output_record_done(t->out, err);
}

/* The record that was parsed, as it becomes: 1, 0: nothing of it is left; -1. */
static int rewrite(struct dts_log_teller *t, struct dts_buf *out, struct dts_error *err)
{
	const size_t before = out->len;

	if (t->o->rewrite) {
		if (t->o->rewrite(t->o->context, &t->record, out, err) < 0)
			return -1;
		return out->len > before;
	}
	dts_buf_add_slice(out, t->record.line);
	dts_buf_addc(out, '\n');
	return 1;
}

static int tell_record(struct dts_log_teller *t, struct dts_error *err)
{
	int rc = rewrite(t, &t->out->buf, err);

	return rc < 0 ? -1 : done(t, (uint64_t)rc, err);
}

/* The position up to which everything was told, or had. Behind it there may be more that was had: then file and offset would
 * not say enough. */
static void add_position(const struct dts_log_teller *t, struct dts_buf *out)
{
	struct dts_position pos = {0};

	if (!dts_gtids_known(&t->had)) {
		dts_position_add(out, t->at, true);
		return;
	}
	dts_gtids_copy(&pos.gtid, &t->at->gtid);
	dts_log_gtids_both(&pos.gtid, &t->had);
	dts_position_add(out, &pos, true);
	dts_position_release(&pos);
}

/* How far it has come. The filter need not see it: it keeps all of these. */
static int beat(struct dts_log_teller *t, struct dts_error *err)
{
	struct dts_buf *out = &t->out->buf;

	t->untold = false;
	t->beat_at = now() + 1;
	dts_buf_adds(out, "{\"op\":\"heartbeat\",\"src\":");
	dts_buf_add_slice(out, dts_buf_slice(&t->src));
	dts_buf_adds(out, ",\"pos\":");
	add_position(t, out);
	dts_buf_adds(out, "}\n");
	return done(t, 1, err);
}

int dts_log_tell_progress(struct dts_log_teller *t, bool at_once, struct dts_error *err)
{
	if (!t->untold || t->in_tx || (!at_once && now() < t->beat_at))
		return 0;
	return beat(t, err);
}

static void leave_untold(struct dts_log_teller *t)
{
	if (!t->untold && t->beat_at == 0)
		t->beat_at = now() + 1;
	t->untold = true;
}

int dts_log_tell_source(struct dts_log_teller *t, struct dts_slice stream, struct dts_error *err)
{
	if (dts_record_parse(&t->record, stream, err) < 0)
		return dts_where(err, "the log's stream record");
	dts_buf_clear(&t->src);
	dts_buf_add_slice(&t->src, t->record.raw[DTS_F_SRC]);
	return 0;
}

int dts_log_tell_begin(struct dts_log_teller *t, struct dts_slice stream, const struct dts_position *pos, struct dts_slice schemas,
		       struct dts_error *err)
{
	struct dts_slice with[DTS_F_COUNT] = {{0}}, line;
	struct dts_buf text = {0};
	int rc = dts_log_tell_source(t, stream, err);

	if (rc == 0) {
		dts_buf_clear(&t->line);
		dts_position_add(&t->line, pos, true);
		with[DTS_F_POS] = dts_buf_slice(&t->line);
		dts_record_rewrite(&t->record, with, &text);
		rc = dts_record_parse(&t->record, dts_slice(text.data, text.len - 1), err);
	}
	if (rc == 0)
		rc = tell_record(t, err);
	t->began = true;
	t->records = 0;
	while (rc == 0 && dts_line_next(&schemas, &line)) {
		rc = dts_record_parse(&t->record, line, err);
		if (rc == 0)
			rc = tell_record(t, err);
	}
	dts_buf_release(&text);
	return rc;
}

int dts_log_tell_end(struct dts_log_teller *t, const char *reason, struct dts_error *err)
{
	struct dts_buf *out = &t->out->buf;

	if (dts_log_tell_progress(t, true, err) < 0)
		return -1;
	dts_buf_adds(out, "{\"op\":\"end\",\"src\":");
	dts_buf_add_slice(out, dts_buf_slice(&t->src));
	dts_buf_addf(out, ",\"reason\":\"%s\",\"records\":%llu,\"pos\":", reason, (unsigned long long)t->records);
	add_position(t, out);
	dts_buf_adds(out, "}\n");
	return dts_output_flush(t->out, err);
}

/* ---- where to stop ---- */

static bool covers(const struct dts_gtids *one, const struct dts_gtids *two, const struct dts_gtids *stop)
{
	return dts_gtids_cover(one, stop) || dts_gtids_cover(two, stop);
}

bool dts_log_tell_reached(const struct dts_log_teller *t)
{
	const struct dts_position *stop = &t->o->stop;

	if (t->in_tx)
		return false;
	if (stop->file[0] && t->at->file[0] && dts_position_compare(t->at, stop) >= 0)
		return true;
	return dts_gtids_known(&t->o->stop_gtid) && covers(&t->seen, &t->at->gtid, &t->o->stop_gtid);
}

static void see(struct dts_log_teller *t, struct dts_slice tx)
{
	struct dts_gtid gtid;

	/* A domain's numbers need not ascend: the greatest counts. */
	if (dts_gtids_known(&t->o->stop_gtid) && dts_gtid_parse(&gtid, tx) && !dts_gtids_contain(&t->seen, &gtid))
		dts_gtids_include(&t->seen, &gtid);
}

/* May what is wanted of GTIDs be reached in this frame? */
static bool may_reach_gtids(const struct dts_log_teller *t, const struct dts_frame_head *h)
{
	const struct dts_gtids *stop = &t->o->stop_gtid;
	struct dts_position at = {0};
	struct dts_gtids seen = {0};

	if (!dts_gtids_known(stop))
		return false;
	if (!dts_gtids_known(&h->gtids))
		return true;
	dts_gtids_copy(&seen, &t->seen);
	dts_log_gtids_both(&seen, &h->gtids);
	dts_position_copy(&at, t->at);
	dts_log_follow_head(&at, h);
	bool may = covers(&seen, &at.gtid, stop);
	dts_gtids_release(&seen);
	dts_position_release(&at);
	return may;
}

bool dts_log_tell_may_stop(const struct dts_log_teller *t, const struct dts_frame_head *h)
{
	const struct dts_position *stop = &t->o->stop;

	if (t->o->stop_time != 0 && h->last_time >= t->o->stop_time)
		return true;
	/* What goes on behind the frame may end behind the stop. */
	if (stop->file[0] && (h->inside || (h->to.file[0] && dts_position_compare(&h->to, stop) > 0)))
		return true;
	return may_reach_gtids(t, h);
}

/* ---- whole frames ---- */

int dts_log_tell_frame(struct dts_log_teller *t, const struct dts_frame_head *h, struct dts_slice content, struct dts_error *err)
{
	t->records += h->records - !t->began;
	t->began = true;
	t->in_tx = h->inside;
	t->left_out = t->begin_waits = false;
	dts_log_follow_head(t->at, h);
	if (dts_gtids_known(&t->o->stop_gtid))
		dts_log_gtids_both(&t->seen, &h->gtids);
	return dts_output_add(t->out, content, err);
}

/* All that was had is behind: from here on the log is told as it is. */
static void forget_had(struct dts_log_teller *t)
{
	if (dts_gtids_known(&t->had) && dts_gtids_cover(&t->at->gtid, &t->had))
		dts_gtids_clear(&t->had);
}

void dts_log_tell_nothing(struct dts_log_teller *t, const struct dts_frame_head *h)
{
	t->in_tx = h->inside;
	t->left_out = t->begin_waits = true;
	dts_buf_clear(&t->begin);
	dts_log_follow_head(t->at, h);
	if (dts_gtids_known(&t->o->stop_gtid))
		dts_log_gtids_both(&t->seen, &h->gtids);
	if (h->records > 0)
		leave_untold(t);
	forget_had(t);
}

/* ---- line by line ---- */

/* The end of the transaction whose lines come next. 1; 0: it is not in `rest`; -1. A void one has none: its file is "". */
static int find_end(struct dts_log_teller *t, struct dts_slice rest, struct dts_position *pos, struct dts_error *err)
{
	struct dts_slice line;

	while (dts_line_next(&rest, &line)) {
		enum dts_op op = dts_line_op(&t->record, line);
		if (op != DTS_OP_COMMIT && op != DTS_OP_PREPARE && op != DTS_OP_ROLLBACK)
			continue;
		if (dts_record_parse(&t->record, line, err) < 0)
			return -1;
		if (op == DTS_OP_ROLLBACK && t->record.raw[DTS_F_TO].p)
			continue;
		return op == DTS_OP_ROLLBACK ? 1 : dts_position_parse(pos, t->record.raw[DTS_F_POS], err) < 0 ? -1 : 1;
	}
	return 0;
}

int dts_log_tx_end(struct dts_slice content, struct dts_position *pos, struct dts_error *err)
{
	struct dts_log_teller t = {0};

	dts_record_init(&t.record);
	int rc = find_end(&t, content, pos, err);
	dts_record_release(&t.record);
	return rc;
}

/* Is reading to stop before the record at hand, which stands outside of transactions? 1, 0, -1. */
static int stops_before(struct dts_log_teller *t, struct dts_slice line, struct dts_slice rest, const struct dts_position *pos,
			const struct dts_position *end, struct dts_error *err)
{
	const struct dts_position *stop = &t->o->stop;
	struct dts_position own = {0};
	const bool begins = t->record.op == DTS_OP_BEGIN;
	uint64_t micro;
	int rc = 0;

	if (begins && t->o->stop_time != 0 && t->record.time.p && dts_parse_time(t->record.time, &micro) == 0 && micro >= t->o->stop_time)
		return 1;
	if (!stop->file[0] || !pos->file[0])
		return 0;
	if (!begins)
		return dts_position_compare(pos, stop) > 0;
	if (dts_position_compare(pos, stop) >= 0)
		return 1;
	rc = find_end(t, rest, &own, err);
	if (rc == 0 && end)
		dts_position_copy(&own, end);
	if (rc >= 0)
		rc = own.file[0] && dts_position_compare(&own, stop) > 0;
	if (rc == 0) /* what was parsed on the way */
		rc = dts_record_parse(&t->record, line, err);
	dts_position_release(&own);
	return rc;
}

/* The transaction that began with `begin` is told: MySQL's GTIDs must not jump over what was left out before. */
static int tell_begin(struct dts_log_teller *t, struct dts_error *err)
{
	if (!t->begin_waits)
		return 0;
	t->begin_waits = false;
	if (t->begin.len == 0)
		return 0;
	if (t->untold && t->at->gtid.form == DTS_GTID_MYSQL && beat(t, err) < 0)
		return -1;
	dts_buf_add_slice(&t->out->buf, dts_buf_slice(&t->begin));
	return done(t, 1, err);
}

/* `"db":"shop","table":"orders"` behind the op of a change as our tools write it. False: it is written otherwise. */
static bool find_front(struct dts_slice line, struct dts_slice *front)
{
	const char *p = memchr(line.p + 7, '"', line.len > 7 ? line.len - 7 : 0), *end = line.p + line.len;

	if (!p || end - p < 8 || memcmp(p, "\",\"db\":\"", 8) != 0)
		return false;
	front->p = p + 2;
	p = memchr(p + 8, '"', (size_t)(end - p - 8));
	if (!p || p[-1] == '\\' || end - p < 11 || memcmp(p, "\",\"table\":\"", 11) != 0)
		return false;
	p = memchr(p + 11, '"', (size_t)(end - p - 11));
	if (!p || p[-1] == '\\')
		return false;
	front->len = (size_t)(p + 1 - front->p);
	return true;
}

/* Is the change of a table that was not chosen? Then it need not be parsed. */
static int is_unwanted(struct dts_log_teller *t, struct dts_slice line, struct dts_error *err)
{
	struct dts_slice front;

	if (!t->o->keeps)
		return 0;
	const bool canonical = find_front(line, &front);
	if (canonical && dts_slice_eq(front, dts_buf_slice(&t->front)))
		return !t->front_kept;
	if (dts_record_parse(&t->record, line, err) < 0)
		return -1;
	const bool kept = t->o->keeps(t->o->context, t->record.db, t->record.table);
	if (canonical) {
		dts_buf_clear(&t->front);
		dts_buf_add_slice(&t->front, front);
		t->front_kept = kept;
	}
	return !kept;
}

/* A change, or a statement, or what takes some of them back. */
static int tell_change(struct dts_log_teller *t, enum dts_op op, struct dts_slice line, struct dts_error *err)
{
	if (t->left_out)
		return 0;
	if (op != DTS_OP_DDL && op != DTS_OP_ROLLBACK) {
		int unwanted = is_unwanted(t, line, err);
		if (unwanted != 0)
			return unwanted < 0 ? -1 : 0;
	}
	if (!t->o->rewrite) {
		if (tell_begin(t, err) < 0)
			return -1;
		dts_buf_add(&t->out->buf, line.p, line.len + 1); /* its newline is behind it */
		return done(t, 1, err);
	}
	dts_buf_clear(&t->line);
	if (dts_record_parse(&t->record, line, err) < 0)
		return -1;
	int rc = rewrite(t, &t->line, err);
	/* Where nothing was told nothing is taken back. */
	if (rc <= 0 || (op == DTS_OP_ROLLBACK && t->begin_waits))
		return rc < 0 ? -1 : 0;
	if (tell_begin(t, err) < 0)
		return -1;
	dts_buf_add_slice(&t->out->buf, dts_buf_slice(&t->line));
	return done(t, 1, err);
}

static bool was_had(const struct dts_log_teller *t)
{
	struct dts_gtid gtid;

	return dts_gtids_known(&t->had) && dts_gtid_parse(&gtid, t->record.tx) && dts_gtids_contain(&t->had, &gtid);
}

static int open_tx(struct dts_log_teller *t, struct dts_error *err)
{
	t->in_tx = t->begin_waits = true;
	t->left_out = was_had(t);
	dts_buf_clear(&t->begin);
	return rewrite(t, &t->begin, err) < 0 ? -1 : 0;
}

/* commit, prepare, or a rollback of the whole. One that is prepared is always told: it will be decided about. */
static int close_tx(struct dts_log_teller *t, const struct dts_position *pos, struct dts_error *err)
{
	const enum dts_op op = t->record.op;

	t->in_tx = false;
	if (t->begin_waits && !t->left_out && (op == DTS_OP_PREPARE || (!t->o->rewrite && op == DTS_OP_COMMIT)) && tell_begin(t, err) < 0)
		return -1;
	dts_buf_clear(&t->line);
	if (rewrite(t, &t->line, err) < 0)
		return -1;
	if (!t->begin_waits)
		dts_buf_add_slice(&t->out->buf, dts_buf_slice(&t->line));
	else if (op != DTS_OP_ROLLBACK)
		leave_untold(t);
	if (op != DTS_OP_ROLLBACK) {
		dts_log_follow_record(t->at, &t->record, pos);
		see(t, t->record.tx);
	}
	const bool told = !t->begin_waits;
	t->begin_waits = false;
	return done(t, told, err);
}

/* A record that stands outside of transactions, or ends one. */
static int tell_outside(struct dts_log_teller *t, const struct dts_position *pos, struct dts_error *err)
{
	const enum dts_op op = t->record.op;

	if (op == DTS_OP_BEGIN)
		return open_tx(t, err);
	if (t->in_tx)
		return close_tx(t, pos, err);
	const bool decides = op == DTS_OP_COMMIT || op == DTS_OP_ROLLBACK, had = decides && was_had(t);
	/* A stream that is told anew goes on behind what was left out: the sink must stand there, or it sees a gap. */
	if (t->untold && (op == DTS_OP_STREAM || (decides && t->at->gtid.form == DTS_GTID_MYSQL)) && beat(t, err) < 0)
		return -1;
	dts_log_follow_record(t->at, &t->record, pos);
	if (decides)
		see(t, t->record.tx);
	else if (dts_gtids_known(&pos->gtid) || !dts_gtids_known(&t->at->gtid))
		t->untold = false; /* it says by itself how far it is */
	if (had)
		return 0;
	const bool first = !t->began;
	t->began = true;
	if (tell_record(t, err) < 0)
		return -1;
	t->records -= first;
	return 0;
}

/* 1: a stop; 0; -1. */
static int tell_line(struct dts_log_teller *t, struct dts_slice line, struct dts_slice rest, const struct dts_position *end,
		     struct dts_error *err)
{
	enum dts_op op = dts_line_op(&t->record, line);
	struct dts_position pos = {0};
	int rc = 0;

	if (op == DTS_OP_COUNT)
		return dts_record_parse(&t->record, line, err) < 0 ? -1 : dts_fail(err, DTS_BAD_INPUT, "a record that no log has");
	if (dts_op_is_change(op) || op == DTS_OP_SETVAL || op == DTS_OP_DDL)
		return tell_change(t, op, line, err);
	if (dts_record_parse(&t->record, line, err) < 0)
		return -1;
	if (op == DTS_OP_ROLLBACK && t->record.raw[DTS_F_TO].p)
		return tell_change(t, op, line, err);
	if (op == DTS_OP_SCHEMA) /* before the begin, where that still waits */
		return tell_record(t, err);
	if (t->record.raw[DTS_F_POS].p && dts_position_parse(&pos, t->record.raw[DTS_F_POS], err) < 0)
		return -1;
	if (!t->in_tx)
		rc = stops_before(t, line, rest, &pos, end, err);
	if (rc == 0)
		rc = tell_outside(t, &pos, err);
	if (rc == 0 && !t->in_tx) {
		forget_had(t);
		rc = dts_log_tell_reached(t);
	}
	dts_position_release(&pos);
	return rc;
}

int dts_log_tell_lines(struct dts_log_teller *t, struct dts_slice content, const struct dts_position *end, struct dts_error *err)
{
	struct dts_slice line;

	while (dts_line_next(&content, &line)) {
		int rc = tell_line(t, line, content, end, err);
		if (rc != 0)
			return rc;
	}
	return 0;
}
