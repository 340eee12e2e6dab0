#include "log/keep.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/message.h"
#include "base/signals.h"
#include "log/lock.h"
#include "log/recount.h"
#include "log/segment.h"
#include "log/survey.h"

struct verify {
	const char *dir;
	struct dts_output *out;
	struct dts_segment segment;
	struct dts_recount recount;
	struct dts_frame_head sum; /* of the segment's heads */
	struct dts_buf content;
	uint64_t whole;            /* behind the last frame that ends outside a transaction */
	bool heads_missing;        /* some of the segment's heads are damaged: its foot cannot be held against them */
	bool closed;
	size_t faults, segment_faults, bad_segments, segments;
};

__attribute__((format(printf, 2, 3)))
static void tell(struct verify *v, const char *fmt, ...)
{
	char text[6000];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	dts_escape(&v->out->buf, dts_slice_of(text));
	dts_buf_addc(&v->out->buf, '\n');
}

/* A fault at this offset of the segment. The message may begin with the segment's path and offset, which the line has already. */
static void fault(struct verify *v, const char *name, uint64_t offset, const struct dts_error *err)
{
	const char *path = v->segment.path ? strstr(err->message, v->segment.path) : NULL;
	const char *text = path ? strstr(path, ": ") : NULL;

	tell(v, "%s: damaged at offset %" PRIu64 ": %s", name, offset, text ? text + 2 : err->message);
	v->segment_faults++;
}

/* What nobody can read any more. NULL: not known. */
static void tell_lost(struct verify *v, const char *name, const struct dts_position *from, const struct dts_position *to)
{
	struct dts_buf text = {0};

	if (from) {
		dts_buf_adds(&text, " from ");
		dts_log_add_position(&text, from);
	}
	if (to) {
		dts_buf_adds(&text, " up to ");
		dts_log_add_position(&text, to);
	}
	if (text.len > 0)
		tell(v, "%s: lost:%s", name, dts_buf_text(&text));
	dts_buf_release(&text);
}

/* Something is wrong here. May it be what a crash has left of the end of the open segment? 1, 0, -1. */
static int is_tail(struct verify *v, uint64_t offset, struct dts_error *err)
{
	if (!v->segment.part)
		return 0;
	int behind = dts_segment_synced_behind(&v->segment, offset, err);
	return behind < 0 ? -1 : !behind;
}

/* 1: it is right, or was told; 0: the rest is a torn tail; -1. */
static int verify_frame(struct verify *v, const char *name, struct dts_error *err)
{
	struct dts_segment *s = &v->segment;
	struct dts_error damage = DTS_ERROR_INIT;
	const uint64_t at = s->head.at, next = s->next;

	dts_buf_clear(&v->content);
	if (dts_segment_load(s, &v->content, &damage) < 0) {
		int tail = damage.status == DTS_BAD_INPUT ? is_tail(v, at, err) : -1;
		if (tail != 0) {
			if (tail < 0 && damage.status != DTS_BAD_INPUT)
				*err = damage;
			return tail > 0 ? 0 : -1;
		}
		fault(v, name, at, &damage);
		s->next = at; /* its head is read again, where looking behind it took it */
		if (dts_segment_step(s, &damage) == DTS_STEP_HEAD) {
			tell_lost(v, name, s->head.first ? &s->head.from : v->recount.at_known ? &v->recount.at : NULL, &s->head.to);
			dts_recount_skip(&v->recount, &s->head);
		}
		s->next = next;
	} else if (dts_recount_frame(&v->recount, &s->head, dts_buf_slice(&v->content), &damage) < 0) {
		fault(v, name, at, &damage);
	}
	dts_frame_head_sum(&v->sum, &s->head);
	if (!s->head.inside)
		v->whole = next;
	return 1;
}

/* No head stands at s->next, or none that is whole: goes on with the next one. 1; 0: there is none; -1. */
static int pass_over(struct verify *v, const char *name, struct dts_error *damage, struct dts_error *err)
{
	struct dts_segment *s = &v->segment;
	uint64_t at = s->next + 1;
	bool foot = false;

	int tail = is_tail(v, s->next, err);
	if (tail != 0)
		return tail > 0 ? 0 : -1;
	fault(v, name, s->next, damage);
	tell_lost(v, name, v->recount.at_known ? &v->recount.at : NULL, NULL);
	v->heads_missing = true;
	dts_recount_skip(&v->recount, NULL);
	int found = dts_segment_find_head(s, &at, &foot, err);
	if (found > 0)
		tell(v, "%s: %" PRIu64 " bytes are passed over, up to offset %" PRIu64, name, at - s->next, at);
	s->next = at;
	return found;
}

static int verify_foot(struct verify *v, const char *name, struct dts_error *err)
{
	struct dts_segment *s = &v->segment;
	struct dts_error damage = DTS_ERROR_INIT;
	uint64_t size;

	v->closed = true;
	v->whole = s->next;
	if (dts_segment_size(s, &size, err) < 0)
		return -1;
	if (!v->heads_missing && dts_recount_foot(&v->sum, &s->head, &damage) < 0)
		fault(v, name, s->head.at, &damage);
	if (size > s->next) {
		dts_fail(&damage, DTS_BAD_INPUT, "%" PRIu64 " bytes are behind the end of the segment", size - s->next);
		fault(v, name, s->next, &damage);
	}
	return 0;
}

/* 0: to its end; -1; 1: a signal. */
static int verify_heads(struct verify *v, const char *name, struct dts_error *err)
{
	for (;;) {
		struct dts_error damage = DTS_ERROR_INIT;
		int rc = 1;

		if (dts_signals_stop() != 0)
			return 1;
		switch (dts_segment_step(&v->segment, &damage)) {
		case DTS_STEP_HEAD:
			rc = verify_frame(v, name, err);
			break;
		case DTS_STEP_FOOT:
			return verify_foot(v, name, err);
		case DTS_STEP_DAMAGE:
			rc = pass_over(v, name, &damage, err);
			break;
		case DTS_STEP_END:
			rc = 0;
			break;
		case DTS_STEP_ERROR:
			*err = damage;
			rc = -1;
		}
		if (rc <= 0)
			return rc;
	}
}

/* What is behind the last whole transaction of an open segment is no fault: a crash has left it, or it is being written. */
static int tell_tail(struct verify *v, const char *name, struct dts_error *err)
{
	struct dts_error late = DTS_ERROR_INIT;
	uint64_t size;

	if (dts_segment_size(&v->segment, &size, err) < 0)
		return -1;
	if (!v->segment.part) {
		dts_fail(&late, DTS_BAD_INPUT, "the segment was closed, and its end is missing");
		fault(v, name, size, &late);
		dts_recount_forget(&v->recount);
	} else if (size > v->whole && dts_log_writer(v->dir, &late) <= 0) {
		tell(v, "%s: %" PRIu64 " bytes behind offset %" PRIu64 " are no whole transaction, as a crash leaves them: the next append cuts them off",
		     name, size - v->whole, v->whole);
	}
	return 0;
}

static void begin_segment(struct verify *v)
{
	dts_frame_head_clear(&v->sum);
	v->whole = 0;
	v->segment_faults = 0;
	v->heads_missing = v->closed = false;
	v->segments++;
}

static void tell_whole(struct verify *v, const char *name)
{
	struct dts_buf text = {0};

	if (v->sum.frames > 0) {
		dts_buf_adds(&text, ", from ");
		dts_log_add_position(&text, &v->sum.from);
		dts_buf_adds(&text, " to ");
		dts_log_add_position(&text, &v->sum.to);
	}
	tell(v, "%s: whole: %" PRIu64 " records, %" PRIu64 " transactions%s", name, v->sum.records, v->sum.transactions, dts_buf_text(&text));
	dts_buf_release(&text);
}

static int end_segment(struct verify *v, const char *name, struct dts_error *err)
{
	if (!v->closed && tell_tail(v, name, err) < 0)
		return -1;
	if (v->segment_faults == 0)
		tell_whole(v, name);
	else
		v->bad_segments++;
	v->faults += v->segment_faults;
	return dts_output_flush(v->out, err);
}

/* The segment of that number as it is called now. 1; 0: it was taken away; -1. */
static int open_segment(struct verify *v, struct dts_segment_name *name, struct dts_error *err)
{
	struct dts_segments now = {0};
	struct dts_error ignored = DTS_ERROR_INIT;
	int rc = dts_segment_open(&v->segment, v->dir, name, err);

	if (rc == 0 || err->status != DTS_GONE)
		return rc < 0 ? -1 : 1;
	/* It was closed, and so has another name, or it was trimmed. */
	dts_segments_list(&now, v->dir, &ignored);
	for (size_t i = 0; i < now.count && rc < 0; i++)
		if (now.items[i].number == name->number) {
			*name = now.items[i];
			rc = dts_segment_open(&v->segment, v->dir, name, err) == 0 ? 1 : -1;
			break;
		}
	const bool trimmed = rc < 0 && now.count > 0 && now.items[0].number > name->number;
	dts_segments_release(&now);
	return trimmed ? 0 : rc;
}

static int verify_segment(struct verify *v, struct dts_segment_name *name, struct dts_error *err)
{
	int rc = open_segment(v, name, err);

	if (rc == 0) {
		tell(v, "%s: was trimmed meanwhile", name->name);
		dts_recount_forget(&v->recount);
		return 0;
	}
	begin_segment(v);
	if (rc > 0)
		rc = verify_heads(v, name->name, err);
	if (rc == 0)
		rc = end_segment(v, name->name, err);
	dts_segment_close(&v->segment);
	return rc;
}

static int verify_all(struct verify *v, struct dts_segments *all, struct dts_error *err)
{
	struct dts_error row = DTS_ERROR_INIT;
	int rc = dts_segments_list(all, v->dir, &row);

	if (rc < 0 && row.status != DTS_BAD_INPUT) {
		*err = row;
		return -1;
	}
	if (rc < 0) {
		tell(v, "%s", row.message);
		v->faults++;
	}
	rc = 0;
	for (size_t i = 0; i < all->count && rc == 0; i++) {
		if (i > 0 && all->items[i].number != all->items[i - 1].number + 1)
			dts_recount_forget(&v->recount);
		rc = verify_segment(v, &all->items[i], err);
	}
	return rc;
}

int dts_log_verify(const char *dir, struct dts_output *out, struct dts_error *err)
{
	struct verify v = {.dir = dir, .out = out, .segment = {.fd = -1}};
	struct dts_segments all = {0};

	dts_recount_init(&v.recount);
	int rc = verify_all(&v, &all, err);
	if (rc == 0 && v.faults > 0) {
		rc = dts_fail(err, DTS_BAD_INPUT, "log '%s' is damaged: faults: %zu, segments that have any: %zu of %zu", dir, v.faults,
			      v.bad_segments, v.segments);
		dts_hint(err, "dts-log(1), DAMAGE, says what to do");
	}
	dts_segment_close(&v.segment);
	dts_segments_release(&all);
	dts_recount_release(&v.recount);
	dts_frame_head_release(&v.sum);
	dts_buf_release(&v.content);
	return rc;
}
