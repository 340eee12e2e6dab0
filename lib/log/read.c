#include "log/read.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/signals.h"
#include "log/context.h"
#include "log/seek.h"
#include "log/tell.h"
#include "log/watch.h"

struct reader {
	const struct dts_log_read_options *o;
	struct dts_output *out;
	struct dts_log_cursor c;
	struct dts_log_seek seek;
	struct dts_log_teller t;
	struct dts_log_watch watch;
	bool seeking;  /* the place to go on from is yet to be found */
	bool said_waiting;
	struct dts_buf content; /* of the frame at hand; empty: not loaded */
	size_t skip;            /* of it, before the place */
};

enum outcome { FAILED = -1, GOES_ON = 0, FINISHED = 1, SIGNALLED = 2 };

static void __attribute__((format(printf, 2, 3))) notice(const struct reader *r, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (!r->o->notice)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	r->o->notice(text);
}

/* Is anything in the frame that is to be read record by record? A stream record always is. */
static bool frame_wanted(void *context, const struct dts_frame_head *h)
{
	const struct dts_log_read_options *o = context;

	return h->streams > 0 || dts_frame_tables_have(&h->tables, o->keeps, o->context);
}

/* ---- the beginning ---- */

/* Is each of its transactions named by itself? Then they are meant to come. */
static bool names_single(const struct dts_gtid_set *s)
{
	for (size_t i = 0; i < s->count; i++)
		for (size_t k = 0; k < s->groups[i].count; k++)
			if (s->groups[i].items[k].end - s->groups[i].items[k].first != 1)
				return false;
	return true;
}

static int check_stop(struct reader *r, const struct dts_position *at, struct dts_error *err)
{
	const struct dts_gtids *stop = &r->o->stop_gtid;

	if (!dts_gtids_known(stop))
		return 0;
	if (dts_log_check_form(&at->gtid, stop, r->o->dir, err) < 0)
		return -1;
	if (dts_gtids_known(&at->gtid))
		dts_gtids_copy(&r->t.seen, &at->gtid);
	else
		dts_gtids_set_empty(&r->t.seen, stop->form);
	if (dts_gtids_known(&r->t.had))
		dts_log_gtids_both(&r->t.seen, &r->t.had);
	if (dts_gtids_known(&at->gtid) || names_single(&stop->set))
		return 0;
	dts_fail(err, DTS_REFUSED, "the GTIDs where reading begins are not known, so that it cannot be told when --stop-gtid is reached");
	return dts_hint(err, "stop by --stop-position or --stop-time");
}

/* Transactions behind the place that are there already: the GTIDs asked for, or the checkpoint's, have them. */
static void find_had(struct reader *r)
{
	const struct dts_gtids *want = &r->seek.position.gtid, *at = &r->c.at.gtid;

	if (r->o->start == DTS_LOG_POSITION && dts_gtids_known(want) && dts_gtids_known(at) && dts_gtids_fits(at, want->form) &&
	    !dts_gtids_cover(at, want))
		dts_gtids_copy(&r->t.had, want);
}

/* The place was found: `frame` says that a frame is at hand, else it is the end. `waits`: it is yet to come. */
static int begin_stream(struct reader *r, bool frame, bool waits, struct dts_error *err)
{
	struct dts_position pos = {0};
	struct dts_buf stream = {0}, schemas = {0};
	int rc = 0;

	r->seeking = false;
	if (r->t.began) { /* and was looked for again */
		dts_position_copy(&r->c.at, &r->seek.position);
		return 0;
	}
	if (!waits)
		find_had(r);
	if (waits && r->o->start == DTS_LOG_POSITION)
		dts_position_copy(&r->c.at, &r->seek.position);
	dts_position_copy(&pos, &r->c.at);
	if (dts_gtids_known(&r->t.had) && !waits) {
		dts_position_set(&pos, DTS_LIT(""), 0);
		dts_log_gtids_both(&pos.gtid, &r->t.had);
	}
	rc = check_stop(r, &r->c.at, err);
	if (rc == 0)
		rc = dts_log_context(&r->c, frame, r->skip, &stream, &schemas, err);
	/* A segment begins with what is to be told first. */
	if (rc == 0 && frame && r->c.s.head.at == 0 && r->skip == 0 && !dts_gtids_known(&r->t.had) && !dts_log_tell_reached(&r->t))
		rc = dts_log_tell_source(&r->t, dts_buf_slice(&stream), err);
	else if (rc == 0)
		rc = dts_log_tell_begin(&r->t, dts_buf_slice(&stream), &pos, dts_buf_slice(&schemas), err);
	dts_position_release(&pos);
	dts_buf_release(&stream);
	dts_buf_release(&schemas);
	return rc;
}

/* ---- frame by frame ---- */

/* Where the transaction ends that goes on behind the frame at hand. 1; 0: not needed; -1. */
static int find_tx_end(struct reader *r, struct dts_position *end, struct dts_error *err)
{
	struct dts_segment twin = {.fd = -1};
	struct dts_buf content = {0};
	int rc = 1;

	if (!r->o->stop.file[0] || !r->c.s.head.inside)
		return 0;
	if (dts_log_cursor_twin(&r->c, &twin, err) < 0)
		return -1;
	for (twin.next = r->c.s.next; rc > 0;) {
		enum dts_step step = dts_segment_step(&twin, err);
		if (step != DTS_STEP_HEAD)
			rc = step == DTS_STEP_DAMAGE || step == DTS_STEP_ERROR
				     ? -1 : dts_fail(err, DTS_BAD_INPUT, "segment '%s' became shorter while it was read", r->c.s.path);
		else if (!twin.head.inside)
			break;
	}
	if (rc > 0)
		rc = dts_segment_load(&twin, &content, err) < 0 ? -1 : dts_log_tx_end(dts_buf_slice(&content), end, err);
	dts_segment_close(&twin);
	dts_buf_release(&content);
	return rc;
}

static enum outcome take_lines(struct reader *r, struct dts_error *err)
{
	struct dts_position end = {0};
	int rc = find_tx_end(r, &end, err);

	if (rc >= 0)
		rc = dts_log_tell_lines(&r->t, dts_slice(r->content.data + r->skip, r->content.len - r->skip), rc > 0 ? &end : NULL, err);
	if (rc < 0 && err->status == DTS_BAD_INPUT)
		dts_where(err, "segment '%s', the frame at %llu", r->c.s.path, (unsigned long long)r->c.s.head.at);
	dts_position_release(&end);
	return rc < 0 ? FAILED : rc > 0 ? FINISHED : GOES_ON;
}

static enum outcome at_end(struct reader *r, struct dts_error *err);

/* The frame at hand is not what was written, and may be in the one that takes its place. */
static enum outcome not_there(struct reader *r, struct dts_error *err)
{
	return dts_log_cursor_replaced(&r->c) ? GOES_ON : at_end(r, err);
}

/* The frame at hand, from the place on. */
static enum outcome take_frame(struct reader *r, struct dts_error *err)
{
	const struct dts_frame_head *h = &r->c.s.head;
	const bool may_stop = dts_log_tell_may_stop(&r->t, h);
	enum outcome outcome = GOES_ON;
	int rc = 0;

	if (dts_log_check_form(&h->gtids, &r->o->stop_gtid, r->o->dir, err) < 0)
		return FAILED;
	if (r->o->keeps && !r->c.run_wanted && !may_stop && r->skip == 0 && r->t.began) {
		dts_log_tell_nothing(&r->t, h);
	} else {
		if (r->content.len == 0 && (rc = dts_log_cursor_load(&r->c, &r->content, err)) <= 0)
			return rc < 0 ? FAILED : not_there(r, err);
		if (may_stop || r->o->keeps || r->skip > 0 || dts_gtids_known(&r->t.had))
			outcome = take_lines(r, err);
		else
			rc = dts_log_tell_frame(&r->t, h, dts_buf_slice(&r->content), err);
	}
	r->skip = 0;
	dts_buf_clear(&r->content);
	if (rc < 0 || outcome == FAILED)
		return FAILED;
	dts_log_cursor_pass(&r->c, false);
	return dts_log_tell_progress(&r->t, false, err) < 0 ? FAILED : outcome;
}

static enum outcome seek_frame(struct reader *r, struct dts_error *err)
{
	bool lost;
	int rc = dts_log_seek_frame(&r->seek, &r->c, &r->content, &r->skip, &lost, err);

	if (rc < 0)
		return FAILED;
	if (rc == 0)
		return lost ? not_there(r, err) : GOES_ON;
	if (begin_stream(r, true, false, err) < 0)
		return FAILED;
	return dts_log_tell_reached(&r->t) ? FINISHED : take_frame(r, err);
}

/* ---- the end, as it is now ---- */

static int not_yet(struct reader *r, struct dts_error *err)
{
	struct dts_buf want = {0}, at = {0};

	dts_position_add(&want, &r->seek.position, true);
	dts_position_add(&at, &r->c.at, true);
	dts_fail(err, DTS_AGAIN, "log '%s' has not come to %s yet: it ends at %s", r->o->dir, dts_buf_text(&want), dts_buf_text(&at));
	dts_buf_release(&want);
	dts_buf_release(&at);
	return dts_hint(err, "--follow waits for it");
}

/* What was read has been cut off, and comes again: to where it was told, or where reading is to begin. */
static enum outcome go_back(struct reader *r, struct dts_error *err)
{
	struct dts_position at = {0};

	dts_position_copy(&at, r->seeking ? &r->seek.position : &r->c.at);
	if (!r->seeking || r->t.began)
		dts_log_seek_again(&r->seek, &at);
	r->seek.in_tx = false;
	r->seeking = true;
	r->c.told = false;
	dts_position_release(&at);
	return dts_log_seek_choose(&r->seek, &r->c, err) < 0 ? FAILED : GOES_ON;
}

/* Waits until there is more. */
static enum outcome wait_for_more(struct reader *r, struct dts_error *err)
{
	if (dts_log_tell_progress(&r->t, true, err) < 0 || dts_output_flush(r->out, err) < 0 ||
	    dts_log_watch_wait(&r->watch, r->out, -1, err) < 0)
		return FAILED;
	int still = dts_log_cursor_still(&r->c, err);
	if (still < 0)
		return FAILED;
	return still > 0 ? GOES_ON : go_back(r, err);
}

/* The place was not found up to here. */
static enum outcome seek_at_end(struct reader *r, struct dts_error *err)
{
	int rc = dts_log_seek_end(&r->seek, &r->c, err);

	if (rc < 0)
		return FAILED;
	if (rc == 2)
		return GOES_ON;
	if (rc > 0 || (!r->o->follow && r->o->start == DTS_LOG_TIME)) {
		if (begin_stream(r, false, false, err) < 0)
			return FAILED;
		return !r->o->follow || dts_log_tell_reached(&r->t) ? FINISHED : GOES_ON;
	}
	if (!r->o->follow)
		return not_yet(r, err) < 0 ? FAILED : GOES_ON;
	if (dts_signals_stop())
		return begin_stream(r, false, true, err) < 0 ? FAILED : SIGNALLED;
	if (!r->said_waiting && !r->t.began)
		notice(r, "log '%s' has not come to where reading is to start: waiting", r->o->dir);
	r->said_waiting = true;
	return wait_for_more(r, err);
}

static enum outcome at_end(struct reader *r, struct dts_error *err)
{
	r->skip = 0;
	dts_buf_clear(&r->content);
	if (r->seeking)
		return seek_at_end(r, err);
	if (dts_log_tell_reached(&r->t))
		return FINISHED;
	if (r->o->follow)
		return wait_for_more(r, err);
	if (!r->t.in_tx)
		return FINISHED;
	dts_fail(err, DTS_BAD_INPUT, "log '%s' lost the end of a transaction while it was read", r->o->dir);
	return FAILED;
}

static enum outcome go_through(struct reader *r, struct dts_error *err)
{
	for (;;) {
		enum outcome outcome = FAILED;

		if (dts_signals_stop() && (!r->o->follow || (!r->seeking && !r->t.in_tx)))
			return SIGNALLED;
		switch (dts_log_cursor_next(&r->c, err)) {
		case DTS_CURSOR_FRAME:
			outcome = r->seeking ? seek_frame(r, err) : take_frame(r, err);
			break;
		case DTS_CURSOR_END:
			outcome = at_end(r, err);
			break;
		default:
			break;
		}
		if (outcome != GOES_ON)
			return outcome;
	}
}

/* Finds the segment to begin with. An empty log is waited for. 0; 1: a signal came; -1. */
static int choose_start(struct reader *r, struct dts_error *err)
{
	for (;;) {
		/* Where it starts at the end, that is its limit. */
		int rc = r->o->follow || r->o->start == DTS_LOG_NOW ? 1 : dts_log_cursor_limit(&r->c, err);

		if (rc > 0)
			rc = r->seeking ? dts_log_seek_choose(&r->seek, &r->c, err) : dts_log_seek_begin(&r->seek, r->o, &r->c, err);
		r->seeking = true;
		if (rc != 0)
			return rc < 0 ? -1 : 0;
		if (!r->o->follow || dts_signals_stop()) {
			dts_fail(err, DTS_AGAIN, "log '%s' is empty", r->o->dir);
			return dts_hint(err, "%s", r->o->follow ? "it was waited for" : "--follow waits for what dts-log append brings");
		}
		if (!r->said_waiting)
			notice(r, "log '%s' is empty: waiting", r->o->dir);
		r->said_waiting = true;
		if (dts_log_watch_wait(&r->watch, r->out, -1, err) < 0)
			return -1;
	}
}

static int read_all(struct reader *r, struct dts_error *err)
{
	enum outcome outcome = choose_start(r, err) < 0 ? FAILED : go_through(r, err);

	if (outcome == SIGNALLED && !r->o->follow)
		return 1;
	if (outcome == FAILED && err->status != DTS_IO) {
		struct dts_error ignored = DTS_ERROR_INIT;

		/* What came before the error is right; without an end it cannot pass for all. */
		dts_output_flush(r->out, &ignored);
	}
	return outcome == FAILED ? -1 : dts_log_tell_end(&r->t, outcome == SIGNALLED ? "signal" : "done", err);
}

int dts_log_read(const struct dts_log_read_options *o, struct dts_output *out, struct dts_error *err)
{
	struct reader r = {.o = o, .out = out, .c = {.dir = o->dir, .s.fd = -1, .scout.fd = -1}, .watch.fd = -1};
	struct dts_error why = DTS_ERROR_INIT;
	struct dts_segments all = {0};

	if (o->keeps) {
		r.c.wanted = frame_wanted;
		r.c.context = (void *)(uintptr_t)o;
	}
	int rc = dts_segments_list(&all, o->dir, err); /* is it a log? */
	dts_segments_release(&all);
	if (rc < 0)
		return -1;
	dts_log_teller_init(&r.t, o, out, &r.c.at);
	if (o->follow && dts_log_watch_open(&r.watch, o->dir, &why) < 0)
		notice(&r, "%s: looking each second instead", why.message);
	rc = read_all(&r, err);
	dts_log_watch_close(&r.watch);
	dts_log_teller_release(&r.t);
	dts_log_seek_release(&r.seek);
	dts_log_cursor_close(&r.c);
	dts_buf_release(&r.content);
	return rc;
}
