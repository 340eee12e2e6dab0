#include "binlog/follow.h"

#include <stdlib.h>
#include <time.h>

#include "base/signals.h"
#include "binlog/capture.h"
#include "binlog/readahead.h"
#include "binlog/source.h"
#include "checkpoint/resume.h"

enum {
	HELD = 16 << 20,       /* bytes of events read ahead */
	PATIENCE_ON_ERROR = 5, /* seconds to look for the end of what was refused */
	SILENCE = 60,          /* seconds: the server says something every second */
	PATIENCE_ON_STOP = 10, /* seconds to wait for the rest of a transaction */
	FIRST_DELAY = 100,     /* milliseconds to a second try to connect, doubled each time */
	LAST_DELAY = 5000,
};

struct follow {
	const struct dts_follow_options *o;
	struct dts_output *out;
	struct dts_log_source source;
	struct dts_capture capture;
	struct dts_readahead *reader;
	struct dts_buf src;
	bool by_gtid;

	struct dts_position stop; /* file "": none */
	char stop_seen[256];      /* the file that stop_order is about */
	int stop_order;           /* of that file to the stop's: <0 before, >0 behind */
	struct dts_gtids seen;    /* with a stop by GTID: what was read, and what the start has */

	double heartbeat_at; /* when the next is due */
	double heard_at;     /* when the server last said something */
};

enum outcome { FAILED = -1, FINISHED = 0, LOST = 1, SIGNALLED = 2 };

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* What the start has already counts as reached. */
static void see_start(struct follow *f)
{
	const struct dts_gtids *stop = &f->o->stop_gtid;

	if (dts_gtids_known(&f->capture.safe.gtid))
		dts_gtids_copy(&f->seen, &f->capture.safe.gtid);
	else
		dts_gtids_set_empty(&f->seen, stop->form);
}

/* A domain's numbers need not ascend (only strict servers see to that): the greatest counts. */
static void see_gtid(struct follow *f, struct dts_slice text)
{
	struct dts_gtid gtid;

	if (dts_gtids_known(&f->o->stop_gtid) && dts_gtid_parse(&gtid, text) && !dts_gtids_contain(&f->seen, &gtid))
		dts_gtids_include(&f->seen, &gtid);
}

/* Is the place behind the last event at or behind the stop? */
static bool reached_stop(struct follow *f)
{
	const struct dts_position *at = &f->capture.at;

	if (!f->stop.file[0] || !at->file[0])
		return false;
	if (strcmp(at->file, f->stop_seen) != 0) {
		struct dts_position file = {0}, stop = {0};

		dts_position_set(&file, dts_slice_of(at->file), 0);
		dts_position_set(&stop, dts_slice_of(f->stop.file), 0);
		f->stop_order = dts_position_compare(&file, &stop);
		memcpy(f->stop_seen, at->file, sizeof f->stop_seen);
	}
	return f->stop_order > 0 || (f->stop_order == 0 && at->offset >= f->stop.offset);
}

static int check_identity(struct follow *f, struct dts_slice want, struct dts_error *err)
{
	if (want.len == 0 || dts_slice_eq(want, dts_buf_slice(&f->source.identity)))
		return 0;
	dts_fail(err, DTS_REFUSED, "the checkpoint is of another server: of '%.*s', but %s is '%s'", (int)want.len, want.p,
		 f->source.control.label, dts_buf_text(&f->source.identity));
	return dts_hint(err, "a file and offset mean nothing in another server's log: start by GTID");
}

static int find_checkpoint(struct follow *f, struct dts_position *start, struct dts_error *err)
{
	const struct dts_follow_options *o = f->o;
	struct dts_source_state state = {0};
	int found = dts_resume_read(o->resume, o->connect, o->own_db, dts_buf_slice(&f->src), &state, NULL, NULL, err);

	if (found == 0) {
		found = dts_fail(err, DTS_REFUSED, "there is no checkpoint %s of source '%s'", o->resume,
				 dts_buf_text(&f->src));
		dts_hint(err, "the full phase creates it: dts-dump ... | dts-apply ... --checkpoint=NAME");
	}
	if (found > 0 && check_identity(f, dts_buf_slice(&state.server_id), err) < 0)
		found = -1;
	if (found > 0) {
		dts_position_copy(start, &state.applied);
		f->by_gtid = start->file[0] == '\0';
		found = f->by_gtid ? 0 : dts_log_source_check_position(&f->source, start, err);
	}
	dts_source_state_release(&state);
	return found;
}

static int find_start(struct follow *f, struct dts_position *start, struct dts_error *err)
{
	const struct dts_follow_options *o = f->o;
	enum dts_start how = o->start != DTS_START_DEFAULT ? o->start : o->follow ? DTS_START_NOW : DTS_START_OLDEST;

	switch (how) {
	case DTS_START_NOW:
		return dts_log_source_end(&f->source, true, start, err);
	case DTS_START_OLDEST:
		return dts_log_source_oldest(&f->source, start, err);
	case DTS_START_GTID:
		f->by_gtid = true;
		dts_gtids_copy(&start->gtid, &o->position.gtid);
		return dts_log_source_check_gtid(&f->source, &start->gtid, err);
	case DTS_START_RESUME:
		return find_checkpoint(f, start, err);
	default:
		dts_position_copy(start, &o->position);
		return dts_log_source_check_position(&f->source, start, err);
	}
}

/* Without --follow the end of the log as it is now; an earlier stop that was asked for wins. */
static int find_stop(struct follow *f, struct dts_error *err)
{
	const struct dts_follow_options *o = f->o;

	if (!o->follow && dts_log_source_end(&f->source, false, &f->stop, err) < 0)
		return -1;
	if (o->stop.file[0] && (o->follow || dts_position_compare(&o->stop, &f->stop) < 0))
		dts_position_copy(&f->stop, &o->stop);
	return 0;
}

static int prepare(struct follow *f, struct dts_error *err)
{
	const struct dts_follow_options *o = f->o;
	struct dts_capture_options c = {
		.selection = o->selection, .own_db = o->own_db, .skip_sequences = o->skip_sequences,
		.collations = &f->source.collations, .catalog = dts_log_source_catalog, .context = &f->source,
	};
	struct dts_position start = {0};
	bool names;
	int status = -1;

	if (dts_log_source_open(&f->source, o->connect, o->server_id, err) < 0)
		return -1;
	if (o->src)
		dts_buf_adds(&f->src, o->src);
	else if (dts_session_source_name(&f->source.control, o->connect, &f->src, err) < 0)
		return -1;
	if (dts_log_source_check_settings(&f->source, &names, err) < 0)
		return -1;
	if (!names && o->follow) {
		dts_fail(err, DTS_REFUSED, "%s does not have binlog_row_metadata=FULL: the log does not have the names of columns",
			 f->source.control.label);
		return dts_hint(err, "run SET GLOBAL binlog_row_metadata=FULL and keep it in its configuration; what was "
				"written before stays without names: start behind it");
	}
	/* The stop first: a start of "now" is then not before it by accident. */
	if (find_stop(f, err) == 0 && find_start(f, &start, err) == 0) {
		c.src = dts_buf_slice(&f->src);
		dts_capture_init(&f->capture, &c, &start);
		f->capture.jumps = f->by_gtid;
		see_start(f);
		status = 0;
	}
	dts_position_release(&start);
	return status;
}

static void stop_reading(struct follow *f)
{
	if (f->reader)
		dts_log_source_abort(&f->source);
	dts_readahead_free(f->reader);
	f->reader = NULL;
}

static int start_reading(struct follow *f, struct dts_error *err)
{
	bool from_start;

	if (dts_log_source_dump(&f->source, &f->capture.safe, f->by_gtid, &from_start, err) < 0)
		return -1;
	if (from_start) {
		f->capture.skip_to = f->capture.safe.offset;
		f->capture.at.offset = 4;
	}
	f->reader = dts_readahead_start(dts_log_source_read, &f->source, HELD, err);
	f->heard_at = now();
	return f->reader ? 0 : -1;
}

static int beat(struct follow *f, uint64_t time, struct dts_error *err)
{
	f->heartbeat_at = now() + f->o->heartbeat;
	dts_capture_heartbeat(&f->capture, time, &f->out->buf);
	return dts_output_record_done(f->out, err);
}

static bool beat_due(const struct follow *f)
{
	return f->o->heartbeat > 0 && !f->capture.tx.open && now() >= f->heartbeat_at;
}

static int milliseconds_left(double until)
{
	double left = (until - now()) * 1000;

	return left < 1 ? 1 : left > 1000 ? 1000 : (int)left;
}

/* The log has nothing at hand: what is held goes out, then wait. */
static enum dts_readahead_result wait_for_event(struct follow *f, struct dts_slice *event, struct dts_error *err)
{
	/* Only a server that still speaks is known to have nothing newer. */
	if (beat_due(f) && now() - f->heard_at < 5 && beat(f, (uint64_t)time(NULL), err) < 0)
		return DTS_READAHEAD_ERROR;
	if (dts_output_flush(f->out, err) < 0)
		return DTS_READAHEAD_ERROR;
	return dts_readahead_next(f->reader, f->o->heartbeat > 0 && !f->capture.tx.open ? milliseconds_left(f->heartbeat_at) : 1000,
				  event, err);
}

/* Does this event end behind the stop? Then so does its transaction, which is not to be told. */
static bool crosses_stop(struct follow *f, struct dts_slice event)
{
	return f->stop_order == 0 && f->stop_seen[0] && f->capture.at.offset + event.len > f->stop.offset &&
	       !dts_event_is_made_up(event);
}

/* Is it yet to be seen whether the file is the one that the start was in? */
static bool file_unsure(const struct follow *f)
{
	return f->capture.at.created != 0 && !f->capture.format.known;
}

static bool reached_end(struct follow *f)
{
	return !file_unsure(f) && (reached_stop(f) || dts_gtids_cover(&f->seen, &f->o->stop_gtid));
}

/* One event. 1: a stop was reached. */
static int take(struct follow *f, struct dts_slice event, struct dts_error *err)
{
	struct dts_capture *c = &f->capture;
	uint64_t groups = c->groups;

	if (crosses_stop(f, event))
		return 1;
	if (dts_capture_event(c, event, &f->out->buf, err) < 0 || dts_output_record_done(f->out, err) < 0)
		return -1;
	if (c->groups != groups) {
		see_gtid(f, dts_buf_slice(&c->gtid_text));
		if (beat_due(f) && beat(f, c->time, err) < 0)
			return -1;
	}
	return reached_end(f);
}

/* Reads until something ends it. LOST: the connection, with `err` filled. */
static enum outcome read_log(struct follow *f, struct dts_error *err)
{
	for (;;) {
		struct dts_slice event;
		enum dts_readahead_result r;
		bool waited = false;

		if (dts_signals_stop() && (!f->capture.tx.open || !f->o->follow))
			return SIGNALLED;
		r = dts_readahead_next(f->reader, 0, &event, err);
		if (r == DTS_READAHEAD_NOTHING) {
			r = wait_for_event(f, &event, err);
			if (r == DTS_READAHEAD_ERROR && err->status == DTS_IO)
				return FAILED;
			waited = true;
		}
		switch (r) {
		case DTS_READAHEAD_EVENT: {
			int status = take(f, event, err);

			if (waited)
				f->heard_at = now();
			if (status < 0) /* the catalog was not to be asked: the server is going */
				return err->status == DTS_AGAIN ? LOST : FAILED;
			if (status > 0)
				return FINISHED;
			break;
		}
		case DTS_READAHEAD_NOTHING:
			if (dts_signals_stop() && now() - f->heard_at > PATIENCE_ON_STOP)
				return SIGNALLED;
			if (now() - f->heard_at > SILENCE) {
				dts_fail(err, DTS_AGAIN, "%s has said nothing for %d seconds", f->source.dump.label, SILENCE);
				return LOST;
			}
			break;
		case DTS_READAHEAD_END:
			dts_fail(err, DTS_AGAIN, "%s ended the log at %s:%llu", f->source.dump.label, f->capture.at.file,
				 (unsigned long long)f->capture.at.offset);
			return LOST;
		default:
			return err->status == DTS_AGAIN ? LOST : FAILED;
		}
	}
}

static bool sleep_or_signal(int milliseconds)
{
	struct timespec t = {milliseconds / 1000, milliseconds % 1000 * 1000000L};

	nanosleep(&t, NULL); /* a signal ends it */
	return !dts_signals_stop();
}

/* Takes the open transaction back and connects anew. 0: reading again; 1: a stop
 * signal came; -1: `err` says why not. */
static int reconnect(struct follow *f, struct dts_error *err)
{
	double deadline = now() + f->o->reconnect_timeout;
	int delay = FIRST_DELAY;

	stop_reading(f);
	dts_capture_interrupt(&f->capture, &f->out->buf);
	/* The stream will go on behind what was left out, too: the sink must stand
	 * there, or it sees a gap. */
	if (beat(f, 0, err) < 0 || dts_output_flush(f->out, err) < 0)
		return -1;
	for (;;) {
		if (!sleep_or_signal(delay))
			return 1;
		*err = (struct dts_error)DTS_ERROR_INIT;
		if (dts_log_source_reopen(&f->source, err) == 0 && start_reading(f, err) == 0)
			break;
		if (err->status != DTS_AGAIN || now() > deadline)
			return -1;
		delay = delay * 2 < LAST_DELAY ? delay * 2 : LAST_DELAY;
	}
	/* Inside of the stream, so it counts. */
	dts_capture_stream(&f->capture, dts_buf_slice(&f->source.json), &f->out->buf);
	f->capture.tx.records++;
	return dts_output_flush(f->out, err);
}

/* A position that was purged: says what is left. */
static void explain_gone(struct follow *f, struct dts_error *err)
{
	struct dts_position oldest = {0};
	struct dts_error ignored = DTS_ERROR_INIT;

	if (err->status == DTS_GONE && !err->hint[0] && dts_log_source_oldest(&f->source, &oldest, &ignored) == 0)
		dts_hint(err, "the oldest that %s has left is %s:%llu", f->source.control.label, oldest.file,
			 (unsigned long long)oldest.offset);
	dts_position_release(&oldest);
}

static int finish(struct follow *f, const char *reason, struct dts_error *err)
{
	dts_capture_interrupt(&f->capture, &f->out->buf); /* a stop inside of a transaction */
	dts_capture_end(&f->capture, reason, &f->out->buf);
	return dts_output_flush(f->out, err);
}

/* Reads on to the end of the transaction that was refused: c->at is behind it. */
static bool find_end_of_refused(struct follow *f)
{
	const double until = now() + PATIENCE_ON_ERROR;
	struct dts_error ignored = DTS_ERROR_INIT;
	int found = dts_capture_refused_whole(&f->capture);

	while (found == 0 && now() < until && !dts_signals_stop()) {
		struct dts_slice event;
		enum dts_readahead_result r =
			dts_readahead_next(f->reader, milliseconds_left(until), &event, &ignored);

		if (r == DTS_READAHEAD_EVENT)
			found = dts_capture_pass(&f->capture, event);
		else if (r != DTS_READAHEAD_NOTHING)
			found = -1;
	}
	return found > 0;
}

/* What no record can tell is to be made by hand: says where to go on then. */
static void explain_refused(struct follow *f, struct dts_error *err)
{
	struct dts_buf hint = {0};

	if (!f->capture.refused || !f->reader)
		return;
	dts_buf_adds(&hint, err->hint);
	dts_buf_adds(&hint, err->hint[0] ? "; then" : "to go on,");
	dts_buf_addf(&hint, " make all of transaction %s at the target by hand, and: dts-checkpoint set NAME %s ",
		     dts_buf_text(&f->capture.gtid_text), dts_buf_text(&f->src));
	if (find_end_of_refused(f))
		dts_buf_addf(&hint, "%s:%llu", f->capture.at.file, (unsigned long long)f->capture.at.offset);
	else
		dts_buf_adds(&hint, "FILE:OFFSET, which must be where that transaction ends");
	dts_hint(err, "%s", dts_buf_text(&hint));
	dts_buf_release(&hint);
}

static int run(struct follow *f, struct dts_error *err)
{
	enum outcome outcome;

	dts_capture_stream(&f->capture, dts_buf_slice(&f->source.json), &f->out->buf);
	f->heartbeat_at = now() + f->o->heartbeat;
	if (dts_output_flush(f->out, err) < 0)
		return -1;
	if (reached_end(f))
		return finish(f, "done", err);
	if (start_reading(f, err) < 0)
		return -1;
	while ((outcome = read_log(f, err)) == LOST && f->o->follow) {
		int status = reconnect(f, err);

		if (status != 0) {
			outcome = status > 0 ? SIGNALLED : FAILED;
			break;
		}
	}
	if (outcome == FINISHED)
		return finish(f, "done", err);
	if (outcome == SIGNALLED)
		return f->o->follow ? finish(f, "signal", err) : 1;
	return -1;
}

int dts_follow(const struct dts_follow_options *o, struct dts_output *out, struct dts_error *err)
{
	struct follow f = {.o = o, .out = out};
	int status = prepare(&f, err);

	if (status == 0)
		status = run(&f, err);
	if (status < 0)
		explain_refused(&f, err);
	stop_reading(&f);
	if (status < 0 && err->status != DTS_IO) {
		struct dts_error ignored = DTS_ERROR_INIT;

		/* What came before the error is right; without an end it cannot pass for all. */
		dts_output_flush(out, &ignored);
		explain_gone(&f, err);
	}
	dts_log_source_close(&f.source);
	dts_capture_release(&f.capture);
	dts_position_release(&f.stop);
	dts_buf_release(&f.src);
	dts_gtids_release(&f.seen);
	return status;
}
