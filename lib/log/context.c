#include "log/context.h"

#include "log/line.h"
#include "log/schemas.h"

struct context {
	struct dts_segment s;
	struct dts_log_schemas known;
	struct dts_record record;
	struct dts_buf content;
	struct dts_buf *stream;
};

/* The head whose frame has the last stream record before `end`, which is an offset; what it begins with is always one. */
static int find_stream(struct context *x, uint64_t end, uint64_t *at, struct dts_error *err)
{
	*at = 0;
	while (x->s.next < end) {
		enum dts_step step = dts_segment_step(&x->s, err);

		if (step == DTS_STEP_FOOT)
			break;
		if (step == DTS_STEP_END)
			return dts_fail(err, DTS_BAD_INPUT, "segment '%s' became shorter while it was read", x->s.path);
		if (step != DTS_STEP_HEAD)
			return -1;
		if (x->s.head.streams > 0)
			*at = x->s.head.at;
	}
	return 0;
}

static int take_lines(struct context *x, struct dts_slice text, struct dts_error *err)
{
	struct dts_slice line;

	while (dts_line_next(&text, &line)) {
		enum dts_op op = dts_line_op(&x->record, line);

		if (op == DTS_OP_STREAM) {
			dts_log_schemas_clear(&x->known);
			dts_buf_clear(x->stream);
			dts_buf_add_slice(x->stream, line);
		} else if (op == DTS_OP_SCHEMA || op == DTS_OP_DDL) {
			if (dts_record_parse(&x->record, line, err) < 0)
				return dts_where(err, "segment '%s', the frame at %llu", x->s.path, (unsigned long long)x->s.head.at);
			dts_log_schemas_note(&x->known, &x->record);
		}
	}
	return 0;
}

/* The frame that begins at `at`; of the one where the place is, only what is before that. */
static int take_frame(struct context *x, uint64_t at, bool last, size_t skip, struct dts_error *err)
{
	struct dts_slice line;

	x->s.next = at;
	enum dts_step step = dts_segment_step(&x->s, err);
	if (step == DTS_STEP_END)
		return dts_fail(err, DTS_BAD_INPUT, "segment '%s' became shorter while it was read", x->s.path);
	if (step != DTS_STEP_HEAD)
		return step == DTS_STEP_FOOT ? 0 : -1;
	if (!last && x->s.head.streams + x->s.head.schemas + x->s.head.ddls == 0)
		return 0;
	dts_buf_clear(&x->content);
	if (dts_segment_load(&x->s, &x->content, err) < 0)
		return -1;
	struct dts_slice text = dts_buf_slice(&x->content);
	if (last && skip > 0)
		text.len = skip;
	else if (last && dts_line_next(&text, &line)) /* where a segment is begun with, its stream record is what there is to know */
		text = dts_slice(line.p, line.len + 1);
	return take_lines(x, text, err);
}

/* Goes through the frames from the last with a stream record on, up to the place. */
static int take_frames(struct context *x, const struct dts_log_cursor *c, uint64_t frame, bool has_frame, size_t skip, struct dts_error *err)
{
	uint64_t from = 0;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < c->telling_count; i++)
		if (c->telling[i] < frame)
			rc = take_frame(x, c->telling[i], false, 0, err);
	if (rc == 0 && c->telling_count == 0) {
		rc = find_stream(x, frame, &from, err);
		for (x->s.next = from; rc == 0 && x->s.next < frame;)
			rc = take_frame(x, x->s.next, false, 0, err);
	}
	if (rc == 0 && has_frame && (skip > 0 || frame == 0))
		rc = take_frame(x, frame, true, skip, err);
	return rc;
}

int dts_log_context(const struct dts_log_cursor *c, bool frame, size_t skip, struct dts_buf *stream, struct dts_buf *schemas,
		    struct dts_error *err)
{
	struct context x = {.s.fd = -1, .stream = stream};
	const uint64_t at = frame ? c->s.head.at : c->s.next;
	int rc = dts_log_cursor_twin(c, &x.s, err);

	dts_record_init(&x.record);
	if (rc == 0)
		rc = take_frames(&x, c, at, frame, skip, err);
	if (rc == 0 && stream->len == 0)
		rc = dts_fail(err, DTS_BAD_INPUT, "segment '%s' has no stream record before offset %llu", c->s.path, (unsigned long long)at);
	if (rc == 0)
		dts_log_schemas_add(&x.known, schemas);
	dts_segment_close(&x.s);
	dts_log_schemas_release(&x.known);
	dts_record_release(&x.record);
	dts_buf_release(&x.content);
	return rc;
}
