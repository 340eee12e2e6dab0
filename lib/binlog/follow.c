#include "binlog/follow.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/signals.h"
#include "binlog/follow_parts.h"
#include "binlog/readahead.h"

enum {
	HELD = 16 << 20,       /* bytes of events read ahead */
	PATIENCE_ON_ERROR = 5, /* seconds to look for the end of what was refused */
	SILENCE = 60,          /* seconds: the server says something every second */
	PATIENCE_ON_STOP = 10, /* seconds to wait for the rest of a transaction */
	SETTLED = 10,          /* seconds after which a connection is not one that is lost at once */
	FIRST_DELAY = 100,     /* milliseconds to a second try to connect, doubled each time */
	LAST_DELAY = 5000,
};

enum outcome { FAILED = -1, FINISHED = 0, LOST = 1, SIGNALLED = 2 };

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A domain's numbers need not ascend (only strict servers see to that): the greatest counts. */
static void see_gtid(struct dts_follow *f, struct dts_slice text)
{
	struct dts_gtid gtid;

	if (dts_gtids_known(&f->o->stop_gtid) && dts_gtid_parse(&gtid, text) && !dts_gtids_contain(&f->seen, &gtid))
		dts_gtids_include(&f->seen, &gtid);
}

/* Is the place behind the last event at or behind the stop? */
static bool reached_stop(struct dts_follow *f)
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

static void stop_reading(struct dts_follow *f)
{
	if (f->reader && f->files)
		dts_log_files_abort(f->files);
	else if (f->reader)
		dts_log_source_abort(&f->source);
	dts_readahead_free(f->reader);
	f->reader = NULL;
}

static int start_reading(struct dts_follow *f, struct dts_error *err)
{
	f->source.semi_sync.on = f->o->semi_sync; /* and not while the start was looked for */
	bool from_start = f->files && !f->capture.relayed && f->capture.safe.offset > 4;

	if (f->files ? !f->capture.relayed && dts_log_files_begin(f->files, f->capture.safe.file, err) < 0
		     : dts_log_source_dump(&f->source, &f->capture.safe, f->by_gtid, &from_start, err) < 0)
		return -1;
	if (from_start) {
		f->capture.skip_to = f->capture.safe.offset;
		f->capture.at.offset = 4;
	}
	f->taken = 0;
	f->reader = f->files ? dts_readahead_start(dts_log_files_read, f->files, HELD, NULL, err)
			     : dts_readahead_start(dts_log_source_read, &f->source, HELD, f->spool, err);
	f->heard_at = f->waiting_since = now();
	return f->reader ? 0 : -1;
}

static int beat(struct dts_follow *f, uint64_t time, struct dts_error *err)
{
	f->heartbeat_at = now() + f->o->heartbeat;
	dts_capture_heartbeat(&f->capture, time, &f->out->buf);
	return dts_output_record_done(f->out, err);
}

static bool beat_due(const struct dts_follow *f)
{
	return f->o->heartbeat > 0 && !f->capture.tx.open && !f->capture.quiet && now() >= f->heartbeat_at;
}

static int milliseconds_left(double until)
{
	double left = (until - now()) * 1000;

	return left < 1 ? 1 : left > 1000 ? 1000 : (int)left;
}

/* The log has nothing at hand: what is held goes out, then wait. */
static enum dts_readahead_result wait_for_event(struct dts_follow *f, struct dts_slice *event, struct dts_error *err)
{
	/* Only a server that still speaks is known to have nothing newer. */
	const bool newest = f->files || now() - f->heard_at < 5;

	if (beat_due(f) && newest && beat(f, (uint64_t)time(NULL), err) < 0)
		return DTS_READAHEAD_ERROR;
	if (dts_output_flush(f->out, err) < 0)
		return DTS_READAHEAD_ERROR;
	if (f->o->semi_sync)
		dts_semi_sync_written(&f->source.semi_sync, f->taken);
	/* It would only be noticed at the next record. */
	if (dts_output_unread(f->out)) {
		errno = EPIPE;
		dts_fail_errno(err, "cannot write the output");
		return DTS_READAHEAD_ERROR;
	}
	const bool beats = f->o->heartbeat > 0 && newest && !f->capture.tx.open && !f->capture.quiet;
	return dts_readahead_next(f->reader, beats ? milliseconds_left(f->heartbeat_at) : 1000, event, err);
}

/* Does this event end behind the stop? Then so does its transaction, which is not to be told. */
static bool crosses_stop(struct dts_follow *f, struct dts_slice event)
{
	struct dts_event e;

	return f->stop_order == 0 && f->stop_seen[0] && f->capture.at.offset + event.len > f->stop.offset &&
	       dts_event_header(&e, event) && !dts_event_is_made_up(&e) &&
	       !(f->capture.relayed && e.type == DTS_EV_FORMAT);
}

/* Is it yet to be seen whether the file is the one that the start was in? A history that
 * has just begun is to tell which one that was. */
static bool file_unsure(const struct dts_follow *f)
{
	bool begins = f->history.fd >= 0 && f->history.known.created == 0;

	return (f->capture.at.created != 0 || begins) && !f->capture.format.known;
}

static bool reached_end(struct dts_follow *f)
{
	const struct dts_gtids *stop = &f->o->stop_gtid;

	if (!f->stop.file[0] && !dts_gtids_known(stop))
		return false;
	return (!f->capture.quiet || f->stream_waits) && !file_unsure(f) &&
	       (reached_stop(f) || dts_gtids_cover(&f->seen, stop) || dts_gtids_cover(&f->capture.safe.gtid, stop));
}

/* What is new for the history's file, before the records that it belongs to go out. */
static int keep_history(struct dts_follow *f, struct dts_error *err)
{
	const struct dts_capture *c = &f->capture;
	const struct dts_position *known = &f->history.known;

	if (!c->options.history || c->tx.open)
		return 0;
	if (dts_history_settle(&f->history, &c->at, err) < 0)
		return -1;
	/* A file at a time, with when it was begun, so that a later run knows it again and need not
	 * read it for its statements. */
	return c->safe.created != 0 && (known->created == 0 || strcmp(c->safe.file, known->file) != 0)
		       ? dts_history_reached(&f->history, &c->safe, err) : 0;
}

static void begin_stream(struct dts_follow *f)
{
	f->stream_waits = false;
	dts_follow_tell_stream(f);
	if (f->tells_all)
		dts_capture_tell_tables(&f->capture, &f->out->buf);
}

/* One event. 1: a stop was reached. */
static int take(struct dts_follow *f, struct dts_slice event, struct dts_error *err)
{
	struct dts_capture *c = &f->capture;
	uint64_t groups = c->groups;

	if ((!c->quiet || f->stream_waits) && crosses_stop(f, event))
		return 1;
	int more = dts_capture_event(c, event, &f->out->buf, err);
	if (c->stopped)
		return 1;
	if (f->stream_waits && !c->quiet && more == 0) /* the first group has begun, of which nothing is told yet */
		begin_stream(f);
	do {
		if (more < 0 || keep_history(f, err) < 0 || dts_output_record_done(f->out, err) < 0)
			return -1;
		/* A bounded run ends at once; one that follows, behind the transaction. */
		if (dts_signals_stop() && !f->o->follow)
			break;
		more = dts_capture_more(c, &f->out->buf, err);
	} while (more != 0);
	if (c->groups != groups) {
		see_gtid(f, dts_buf_slice(&c->gtid_text));
		if (beat_due(f) && beat(f, c->time, err) < 0)
			return -1;
	}
	return reached_end(f);
}

static void __attribute__((format(printf, 2, 3))) tell(struct dts_follow *f, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (!f->o->notice)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	f->o->notice(text);
}

/* For how long nothing has come. While the output took nothing, nobody looked. */
static double silence(const struct dts_follow *f)
{
	return now() - (f->heard_at > f->waiting_since ? f->heard_at : f->waiting_since);
}

/* Reads until something ends it. LOST: the connection, with `err` filled. */
static enum outcome read_log(struct dts_follow *f, struct dts_error *err)
{
	bool dry = false;

	for (;;) {
		struct dts_slice event;
		enum dts_readahead_result r;
		bool waited = false;

		if (dts_signals_stop() && (!f->capture.tx.open || !f->o->follow))
			return SIGNALLED;
		r = dts_readahead_next(f->reader, 0, &event, err);
		if (r != DTS_READAHEAD_NOTHING) {
			dry = false;
		} else {
			if (!dry)
				f->waiting_since = now();
			dry = true;
			r = wait_for_event(f, &event, err);
			if (r == DTS_READAHEAD_ERROR && err->status == DTS_IO)
				return FAILED;
			waited = true;
		}
		switch (r) {
		case DTS_READAHEAD_EVENT: {
			int status = take(f, event, err);

			f->taken++;
			if (waited)
				f->heard_at = now();
			if (status < 0) /* the catalog was not to be asked: the server is going */
				return err->status == DTS_AGAIN && !f->files ? LOST : FAILED;
			if (status > 0)
				return FINISHED;
			break;
		}
		case DTS_READAHEAD_NOTHING:
			if (dts_signals_stop() && silence(f) > PATIENCE_ON_STOP)
				return SIGNALLED;
			if (!f->files && silence(f) > SILENCE) {
				dts_fail(err, DTS_AGAIN, "%s has said nothing for %d seconds", f->source.dump.label, SILENCE);
				return LOST;
			}
			break;
		case DTS_READAHEAD_END:
			if (f->files && f->capture.tx.open)
				tell(f, "warning: the files end inside of transaction %s, which is left out",
				     dts_buf_text(&f->capture.gtid_text));
			if (f->files && f->capture.skip_to != 0) {
				dts_fail(err, DTS_GONE, "offset %llu is beyond the end of the file %s", (unsigned long long)f->capture.skip_to,
					 f->capture.at.file);
				return FAILED;
			}
			if (f->files)
				return FINISHED;
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

static int connect_again(struct dts_follow *f, struct dts_error *err)
{
	int rc = dts_log_source_reopen(&f->source, f->o->failover, err);

	if (rc < 0)
		return -1;
	f->replaced |= rc > 0;
	if (f->replaced && dts_follow_take_over(f, err) < 0) {
		if (rc > 0 && err->status == DTS_AGAIN)
			tell(f, "another server answers now: %s: trying again", err->message);
		return -1;
	}
	if (f->replaced)
		tell(f, "another server goes on in the source's place, %s: its identity is '%s'", f->source.control.label,
		     dts_buf_text(&f->source.identity));
	f->replaced = false;
	return start_reading(f, err);
}

/* Takes the open transaction back and connects anew. 0: reading again; 1: a stop
 * signal came; -1: `err` says why not. */
static int reconnect(struct dts_follow *f, struct dts_error *err)
{
	const double lost_before = f->lost_since;
	double deadline;

	/* What is lost again before anything came through is still lost. */
	if (f->lost_since == 0 || f->capture.groups != f->lost_groups || now() - f->connected_at > SETTLED) {
		f->lost_since = now();
		f->delay = FIRST_DELAY;
	}
	f->lost_groups = f->capture.groups;
	deadline = f->lost_since + f->o->reconnect_timeout;
	if (f->lost_since != lost_before)
		tell(f, "at %s:%llu: %s: trying again for %g seconds", f->capture.safe.file,
		     (unsigned long long)f->capture.safe.offset, err->message, f->o->reconnect_timeout);
	stop_reading(f);
	dts_capture_interrupt(&f->capture, &f->out->buf);
	/* The stream will go on behind what was left out, too: the sink must stand
	 * there, or it sees a gap. */
	if ((!f->capture.quiet && beat(f, 0, err) < 0) || dts_output_flush(f->out, err) < 0)
		return -1;
	do {
		if (err->status != DTS_AGAIN || now() > deadline)
			return -1;
		if (!sleep_or_signal(f->delay))
			return 1;
		f->delay = f->delay * 2 < LAST_DELAY ? f->delay * 2 : LAST_DELAY;
		*err = (struct dts_error)DTS_ERROR_INIT;
	} while (connect_again(f, err) < 0);
	f->connected_at = now();
	if (f->lost_since != lost_before)
		tell(f, "connected to %s again", f->source.control.label);
	if (f->capture.quiet)
		return 0;
	/* Inside of the stream, so it counts. */
	dts_follow_tell_stream(f);
	f->capture.tx.records++;
	return dts_output_flush(f->out, err);
}

/* A position that was purged: says what is left. */
static void explain_gone(struct dts_follow *f, struct dts_error *err)
{
	const struct dts_position *safe = &f->capture.safe;
	struct dts_position oldest = {0};
	struct dts_error ignored = DTS_ERROR_INIT;

	if (f->files || err->status != DTS_GONE || err->hint[0] || dts_log_source_oldest(&f->source, &oldest, &ignored) < 0)
		;
	else if (safe->file[0] && dts_position_compare(&oldest, safe) <= 0) /* it was not purged */
		dts_hint(err, "the source's binary log was started anew (RESET MASTER?) or lost its end since: repeat the full phase "
			 "under a new checkpoint");
	else
		dts_hint(err, "the oldest that %s has left is %s:%llu", f->source.control.label, oldest.file,
			 (unsigned long long)oldest.offset);
	dts_position_release(&oldest);
}

static int finish(struct dts_follow *f, const char *reason, struct dts_error *err)
{
	dts_capture_interrupt(&f->capture, &f->out->buf); /* a stop inside of a transaction */
	if (f->capture.options.history && dts_history_reached(&f->history, &f->capture.safe, err) < 0)
		return -1;
	if (f->capture.quiet && !f->stream_waits) /* nothing was told yet: it goes on where it was to begin */
		dts_position_copy(&f->capture.safe, &f->capture.quiet_until);
	if (f->stream_waits)
		begin_stream(f);
	dts_capture_end(&f->capture, reason, &f->out->buf);
	return dts_output_flush(f->out, err);
}

/* Reads on to the end of the transaction that was refused: c->at is behind it. */
static bool find_end_of_refused(struct dts_follow *f)
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
static void explain_refused(struct dts_follow *f, struct dts_error *err)
{
	struct dts_buf hint = {0};

	if (!f->capture.refused || !f->reader)
		return;
	dts_buf_adds(&hint, err->hint);
	dts_buf_adds(&hint, f->capture.refused_unless ? "; or" : err->hint[0] ? "; then" : "to go on,");
	dts_buf_addf(&hint, " make all of transaction %s at the target by hand, ", dts_buf_text(&f->capture.gtid_text));
	if (f->o->log) /* which has no place for it */
		dts_buf_adds(&hint, "when it has all of this log, and begin another log behind it: --resume=DIR --start-position=");
	else
		dts_buf_addf(&hint, "and: dts-checkpoint set NAME %s ", dts_buf_text(&f->src));
	if (find_end_of_refused(f))
		dts_buf_addf(&hint, "%s:%llu", f->capture.at.file, (unsigned long long)f->capture.at.offset);
	else
		dts_buf_adds(&hint, "FILE:OFFSET, which must be where that transaction ends");
	dts_hint(err, "%s", dts_buf_text(&hint));
	dts_buf_release(&hint);
}

static int run(struct dts_follow *f, struct dts_error *err)
{
	enum outcome outcome;

	f->capture.stop_time = f->o->stop_time;
	f->stream_waits = f->start == DTS_START_TIME;
	if (!f->stream_waits)
		begin_stream(f);
	f->heartbeat_at = now() + f->o->heartbeat;
	if (dts_output_flush(f->out, err) < 0)
		return -1;
	if (f->stream_waits)
		dts_capture_wait(&f->capture, f->o->start_time);
	if (f->go_back) /* before all: what lies between must be read even where the start is the stop */
		dts_capture_go_back(&f->capture, &f->history.at);
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

static int open_spool(struct dts_follow *f, struct dts_error *err)
{
	const struct dts_spool_options o = {
		.directory = f->o->spool, .size = f->o->spool_size, .notice = f->o->notice,
	};

	if (!f->o->spool)
		return 0;
	f->spool = dts_spool_open(&o, err);
	return f->spool ? 0 : -1;
}

int dts_follow(const struct dts_follow_options *o, struct dts_output *out, struct dts_error *err)
{
	struct dts_follow f = {.o = o, .out = out, .online.mode = o->online_ddl};
	int status = open_spool(&f, err);

	if (status == 0)
		status = o->files ? dts_follow_prepare_files(&f, err) : dts_follow_prepare(&f, err);
	if (status == 0)
		status = run(&f, err);
	if (status < 0)
		explain_refused(&f, err);
	stop_reading(&f);
	dts_spool_free(f.spool);
	if (status < 0 && err->status != DTS_IO) {
		struct dts_error ignored = DTS_ERROR_INIT;

		/* What came before the error is right; without an end it cannot pass for all. */
		dts_output_flush(out, &ignored);
		explain_gone(&f, err);
	}
	dts_log_files_close(f.files);
	dts_log_source_close(&f.source);
	dts_capture_release(&f.capture);
	dts_history_release(&f.history);
	dts_online_release(&f.online);
	dts_position_release(&f.stop);
	dts_buf_release(&f.src);
	dts_buf_release(&f.told);
	dts_gtids_release(&f.seen);
	return status;
}
