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

/* Goes through the frames from the one at `from` on, up to the place. */
static int take_frames(struct context *x, uint64_t from, uint64_t frame, bool has_frame, size_t skip, struct dts_error *err)
{
	for (x->s.next = from; x->s.next < frame || (has_frame && x->s.next == frame && (skip > 0 || frame == 0));) {
		const bool last = x->s.next == frame;
		enum dts_step step = dts_segment_step(&x->s, err);

		if (step == DTS_STEP_FOOT)
			break;
		if (step == DTS_STEP_END)
			return dts_fail(err, DTS_BAD_INPUT, "segment '%s' became shorter while it was read", x->s.path);
		if (step != DTS_STEP_HEAD)
			return -1;
		if (!last && x->s.head.streams + x->s.head.schemas + x->s.head.ddls == 0)
			continue;
		dts_buf_clear(&x->content);
		if (dts_segment_load(&x->s, &x->content, err) < 0)
			return -1;
		/* Where a segment is begun with, its stream record is what there is to know. */
		struct dts_slice text = dts_buf_slice(&x->content), line;
		if (last && skip > 0)
			text.len = skip;
		else if (last && dts_line_next(&text, &line))
			text = dts_slice(line.p, line.len + 1);
		if (take_lines(x, text, err) < 0)
			return -1;
		if (last)
			break;
	}
	return 0;
}

int dts_log_context(const struct dts_log_cursor *c, bool frame, size_t skip, struct dts_buf *stream, struct dts_buf *schemas,
		    struct dts_error *err)
{
	struct context x = {.s.fd = -1, .stream = stream};
	const uint64_t at = frame ? c->s.head.at : c->s.next;
	uint64_t from;
	int rc = dts_log_cursor_twin(c, &x.s, err);

	dts_record_init(&x.record);
	if (rc == 0)
		rc = find_stream(&x, at, &from, err);
	if (rc == 0)
		rc = take_frames(&x, from, at, frame, skip, err);
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
