#include "log/append.h"

#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/signals.h"
#include "log/append_join.h"
#include "log/append_segment.h"
#include "log/append_start.h"
#include "log/append_write.h"

/* How long after a stop signal what the reader still sends is taken: its last transaction and its "end". */
enum { GRACE_MS = 10000 };

struct append {
	const struct dts_append_options *o;
	struct dts_stream *in;
	struct dts_log_builder log;
	struct dts_log_join join;
	struct dts_log_writer *writer;
	size_t most;              /* content of a frame */
	uint64_t transactions;    /* of the segment, sealed */
	int64_t segment_since;    /* milliseconds; 0: nothing of it was sealed */
	int64_t deadline;         /* of the time after a signal; 0: there was none */
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- frames go to the writer */

static int seal(struct append *a, bool closes, struct dts_error *err)
{
	struct dts_log_frame *f = dts_log_builder_seal(&a->log, closes, dts_log_writer_take(a->writer));

	a->transactions = closes ? 0 : a->transactions + f->head.transactions;
	if (closes)
		a->segment_since = 0;
	else if (a->segment_since == 0 && f->content.len > 0)
		a->segment_since = now_ms();
	return dts_log_writer_put(a->writer, f, err);
}

/* When the segment has been open for long enough; milliseconds; 0: that is not asked for, or it has no transaction. */
static int64_t segment_ends(const struct append *a)
{
	if (a->o->segment_time <= 0 || a->segment_since == 0 || a->transactions == 0)
		return 0;
	return a->segment_since + (int64_t)(a->o->segment_time * 1000);
}

static bool is_time(const struct append *a)
{
	const int64_t ends = segment_ends(a);

	return ends != 0 && now_ms() >= ends;
}

/* Should the segment end behind what is whole? Not as long as that is no more than what each begins with. */
static bool should_close(struct append *a)
{
	if (!dts_log_builder_may_close(&a->log) || a->transactions + dts_log_builder_transactions(&a->log) == 0)
		return false;
	return dts_log_writer_size(a->writer, dts_log_builder_size(&a->log)) >= a->o->segment_size || is_time(a);
}

/* The frame is full: what is whole goes, or the part of a large transaction. */
static int seal_full(struct append *a, struct dts_error *err)
{
	return seal(a, dts_log_builder_has_whole(&a->log) && should_close(a), err);
}

/* Nothing more is ready: what is whole goes if the disk is idle, which makes it the latest that it can have. */
static int seal_ready(struct append *a, struct dts_error *err)
{
	const int idle = dts_log_writer_idle(a->writer, err);

	if (idle <= 0)
		return idle;
	if (dts_log_builder_has_whole(&a->log))
		return seal(a, should_close(a), err);
	if (is_time(a) && dts_log_builder_may_close(&a->log) && !a->log.first)
		return seal(a, true, err);
	return 0;
}

/* ---- records come */

/* How long to wait for the next record at most; -1: until it comes. */
static int patience(const struct append *a)
{
	const int64_t now = now_ms();
	int64_t until = segment_ends(a);

	/* It could not end yet: a transaction is open, or the writer is busy, which tells when it is not. */
	if (until <= now)
		until = 0;
	if (a->deadline != 0 && (until == 0 || a->deadline < until))
		until = a->deadline;
	if (until == 0)
		return -1;
	return until <= now ? 0 : until - now > 3600000 ? 3600000 : (int)(until - now);
}

/* Were we asked to stop, and is the time after that over? */
static bool is_over(struct append *a)
{
	if (!dts_signals_stop())
		return false;
	if (a->deadline == 0)
		a->deadline = now_ms() + GRACE_MS;
	return now_ms() >= a->deadline;
}

/* Waits for a record, and meanwhile sees to what has come. 1: there is something to read; 0: asked to stop; -1. */
static int wait_for_record(struct append *a, struct dts_error *err)
{
	while (!dts_stream_ready(a->in)) {
		if (is_over(a))
			return 0;
		if (seal_ready(a, err) < 0)
			return -1;
		if (dts_stream_wait_beside(a->in, dts_log_writer_fd(a->writer), patience(a)))
			break;
	}
	return 1;
}

static int on_stream(struct append *a, const struct dts_record *r, struct dts_error *err)
{
	const bool empty = a->log.stream.len == 0;

	/* What came before ends where that server's log said, wherever this stream goes on. */
	if (dts_log_builder_has_whole(&a->log) && seal(a, should_close(a), err) < 0)
		return -1;
	int moved = dts_log_join_stream(&a->join, r, err);
	if (moved < 0)
		return -1;
	if (empty) /* now it is known where it begins */
		dts_log_builder_preamble(&a->log);
	if (moved > 0 && !a->log.first)
		return seal(a, true, err);
	return 0;
}

/* What the end of a stream says of the position is as good as a heartbeat. */
static int on_end(struct append *a, const struct dts_record *r, struct dts_error *err)
{
	struct dts_record beat;
	struct dts_buf line = {0};
	int rc;

	if (!r->raw[DTS_F_POS].p)
		return 0;
	dts_buf_adds(&line, "{\"op\":\"heartbeat\",\"src\":");
	dts_json_add_string(&line, r->src);
	dts_buf_adds(&line, ",\"pos\":");
	dts_buf_add_slice(&line, r->raw[DTS_F_POS]);
	dts_buf_addc(&line, '}');
	dts_record_init(&beat);
	rc = dts_record_parse(&beat, dts_buf_slice(&line), err);
	if (rc == 0)
		rc = dts_log_builder_end(&a->log, &beat, err) > 0 ? dts_log_join_wants(&a->join, &beat, err) : 0;
	if (rc > 0)
		rc = dts_log_builder_add(&a->log, &beat, err);
	dts_record_release(&beat);
	dts_buf_release(&line);
	return rc;
}

static int on_record(struct append *a, const struct dts_record *r, struct dts_error *err)
{
	if (r->op == DTS_OP_STREAM)
		return on_stream(a, r, err);
	if (r->op == DTS_OP_END)
		return on_end(a, r, err);
	if (r->op == DTS_OP_ACK)
		return 0;
	int wanted = a->join.skipping || a->join.fresh ? dts_log_join_wants(&a->join, r, err) : 1;
	return wanted <= 0 ? wanted : dts_log_builder_add(&a->log, r, err);
}

/* 0: the input has ended, or we were asked to; -1. */
static int take_records(struct append *a, struct dts_error *err)
{
	const struct dts_record *r;
	int rc;

	for (;;) {
		if (!dts_stream_ready(a->in) && (rc = wait_for_record(a, err)) <= 0)
			return rc;
		if (is_over(a))
			return 0;
		rc = dts_stream_next(a->in, &r, err);
		if (rc < 0 && err->status == DTS_OK)
			continue; /* interrupted: see what still comes */
		if (rc <= 0)
			return rc;
		if (on_record(a, r, err) < 0)
			return dts_where(err, "%s", dts_stream_where(a->in));
		if (dts_log_builder_size(&a->log) >= a->most && seal_full(a, err) < 0)
			return -1;
	}
}

/* Whatever came, all that is whole becomes durable. The first error counts. */
static int finish(struct append *a, int rc, struct dts_error *err)
{
	struct dts_error late = DTS_ERROR_INIT;
	int last = dts_log_builder_has_whole(&a->log) ? seal(a, should_close(a), &late) : 0;

	if (last == 0)
		last = dts_log_writer_finish(a->writer, &late);
	if (last < 0 && rc == 0) {
		*err = late;
		rc = -1;
	}
	return rc;
}

static size_t frame_size(uint64_t segment_size)
{
	const size_t least = 4096;

	return segment_size >= DTS_FRAME_SIZE ? DTS_FRAME_SIZE : segment_size > least ? (size_t)segment_size : least;
}

static int go_on(struct append *a, const struct dts_log_end *end, struct dts_output *acks, struct dts_error *err)
{
	int rc;

	dts_log_builder_init(&a->log);
	a->log.acks = a->o->ack;
	a->join = (struct dts_log_join){.dir = a->o->dir, .log = &a->log};
	if (!end->empty) {
		a->log.first = end->closed;
		a->log.newest = end->newest;
		a->log.frame->head.newest_before = end->newest;
		dts_position_copy(&a->log.at, &end->pos);
		if (dts_log_builder_stream(&a->log, dts_buf_slice(&end->stream), err) < 0 ||
		    dts_log_end_schemas(&a->log.schemas, a->o->dir, end, err) < 0)
			return -1;
		if (!end->closed) {
			a->transactions = end->sum.transactions;
			a->segment_since = now_ms() - dts_log_segment_age(a->o->dir, &end->segment);
			a->segment_since -= a->segment_since == 0;
		}
	}
	a->writer = dts_log_writer_new(a->o, acks, end, err);
	if (!a->writer)
		return -1;
	rc = take_records(a, err);
	return finish(a, rc, err);
}

int dts_log_append(struct dts_stream *in, const struct dts_append_options *o, struct dts_output *acks, struct dts_error *err)
{
	struct append a = {.o = o, .in = in, .most = frame_size(o->segment_size)};
	struct dts_log_end end = {0};
	int lock = dts_log_start(o, &end, err);
	int rc = lock < 0 ? -1 : go_on(&a, &end, acks, err);

	dts_log_writer_free(a.writer);
	dts_log_join_release(&a.join);
	dts_log_builder_release(&a.log);
	dts_log_end_release(&end);
	if (lock >= 0)
		close(lock);
	return rc;
}
