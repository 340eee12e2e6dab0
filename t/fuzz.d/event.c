/*
 * Any bytes as a binary log: whatever they are decoded to is a stream of valid
 * records that holds to the contract of streams.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../unit/binlog_events.h"
#include "binlog/capture.h"
#include "record/stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool condition, const struct dts_error *err, struct dts_slice line)
{
	if (condition)
		return;
	fprintf(stderr, "%s\n%.*s\n", err->message, (int)line.len, line.p);
	abort();
}

static void check(struct dts_stream_state *state, struct dts_record *record, struct dts_slice text)
{
	struct dts_error err = DTS_ERROR_INIT;

	while (text.len > 0) {
		const char *end = memchr(text.p, '\n', text.len);
		struct dts_slice line = dts_slice(text.p, end ? (size_t)(end - text.p) : text.len);

		expect(end != NULL, &err, line);
		expect(dts_record_parse(record, line, &err) == 0, &err, line);
		expect(dts_stream_check(state, record, false, &err) == 0, &err, line);
		text = dts_slice(end + 1, text.len - line.len - 1);
	}
}

/* A table map beside the definition that another reading of it gives. */
static void define(struct dts_event_format *f, struct dts_slice raw)
{
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_log_table *t = NULL, *model = NULL;
	struct dts_event e;

	if (dts_event_parse(&e, f, raw, &err) < 0)
		return;
	if (e.type == DTS_EV_FORMAT)
		dts_event_format(f, &e, raw, &err);
	if (e.type != DTS_EV_TABLE_MAP)
		return;
	t = dts_table_map_parse(&e, f, &err);
	model = dts_table_map_parse(&e, f, &err);
	if (t && model->named)
		dts_log_table_define(t, &model->schema, &err);
	dts_log_table_free(t);
	dts_log_table_free(model);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct dts_capture_options options = {
		.src = DTS_LIT("src"), .own_db = "dts", .catalog = size % 2 ? stub_catalog : NULL,
	};
	struct dts_slice file = dts_slice((const char *)data, size), event;
	struct dts_position start = {.file = "bin.000001", .offset = 4};
	struct dts_stream_state state = {0};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_event_format format = {0};
	struct dts_capture c;
	struct dts_record record;
	struct dts_buf out = {0};

	dts_record_init(&record);
	dts_capture_init(&c, &options, &start);
	c.jumps = true; /* sizes and offsets need not agree */
	c.caught_up = true;
	dts_capture_stream(&c, DTS_LIT("{}"), &out);
	while (next_event(&file, &event)) {
		define(&format, event);
		int more = dts_capture_event(&c, event, &out, &err);
		if (more == 0)
			while ((more = dts_capture_more(&c, &out, &err)) > 0)
				;
		if (more < 0) {
			dts_capture_interrupt(&c, &out);
			dts_capture_stream(&c, DTS_LIT("{}"), &out);
			c.tx.records++;
		}
		check(&state, &record, dts_buf_slice(&out));
		dts_buf_clear(&out);
	}
	dts_capture_interrupt(&c, &out);
	dts_capture_heartbeat(&c, 1, &out);
	dts_capture_end(&c, "done", &out);
	check(&state, &record, dts_buf_slice(&out));
	if (dts_stream_check_eof(&state, &err) < 0)
		abort();
	dts_stream_state_release(&state);
	dts_record_release(&record);
	dts_capture_release(&c);
	dts_buf_release(&out);
	return 0;
}
