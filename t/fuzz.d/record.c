/*
 * Any bytes as lines of a record stream: what is taken is taken again after it
 * was written, with the same fields; strings and schemas come back; and what
 * a filter makes of a right stream is a right stream.
 */
#include <stdlib.h>

#include "filter/filter.h"
#include "record/position.h"
#include "record/schema.h"
#include "record/stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool condition)
{
	if (!condition)
		abort();
}

/* What is decoded and written again is valid and decodes to the same. */
static void walk(struct dts_json value, unsigned depth)
{
	struct dts_buf once = {0}, twice = {0}, text = {0};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_slice key;
	struct dts_json inner;

	expect(depth <= DTS_JSON_MAX_DEPTH);
	expect(value.raw.len > 0 && dts_json_check(value.raw, &err) == 0);
	if (value.type == DTS_JSON_STRING) {
		struct dts_slice decoded = dts_json_string(value.raw, &once);
		dts_json_add_string(&text, decoded);
		expect(dts_json_check(dts_buf_slice(&text), &err) == 0);
		expect(dts_slice_eq(decoded, dts_json_string(dts_buf_slice(&text), &twice)));
	} else if (value.type == DTS_JSON_OBJECT) {
		struct dts_json_walk w = dts_json_walk(value.raw);
		while (dts_json_member(&w, &key, &inner))
			walk(inner, depth + 1);
		expect(w.p == w.end);
		if (dts_json_bytes(value, &once) == 1) {
			dts_json_add_bytes(&text, dts_buf_slice(&once));
			expect(dts_json_bytes(dts_json_value(dts_buf_slice(&text)), &twice) == 1);
			expect(dts_slice_eq(dts_buf_slice(&once), dts_buf_slice(&twice)));
		}
	} else if (value.type == DTS_JSON_ARRAY) {
		struct dts_json_walk w = dts_json_walk(value.raw);
		while (dts_json_element(&w, &inner))
			walk(inner, depth + 1);
		expect(w.p == w.end);
	}
	dts_buf_release(&once);
	dts_buf_release(&twice);
	dts_buf_release(&text);
}

static void same(const struct dts_record *a, const struct dts_record *b)
{
	expect(a->op == b->op && a->seen == b->seen && a->n == b->n && a->rows == b->rows && a->to == b->to);
	for (unsigned f = 0; f < DTS_F_COUNT; f++)
		expect(dts_slice_eq(a->raw[f], b->raw[f]));
	expect(dts_slice_eq(a->db, b->db) && dts_slice_eq(a->table, b->table) && dts_slice_eq(a->tx, b->tx));
	expect(dts_slice_eq(a->sql, b->sql) && dts_slice_eq(a->src, b->src));
}

/* A schema that was read is written so that it is read the same. */
static void round_trip(const struct dts_record *r)
{
	struct dts_schema s = {0};
	struct dts_buf once = {0}, twice = {0};
	struct dts_record again;
	struct dts_error err = DTS_ERROR_INIT;

	dts_record_init(&again);
	if (dts_schema_parse(&s, r, &err) == 0) {
		dts_schema_add(&once, &s);
		expect(dts_record_parse(&again, dts_slice(once.data, once.len - 1), &err) == 0);
		expect(dts_schema_parse(&s, &again, &err) == 0);
		dts_schema_add(&twice, &s);
		expect(dts_slice_eq(dts_buf_slice(&once), dts_buf_slice(&twice)));
	}
	dts_record_release(&again);
	dts_schema_release(&s);
	dts_buf_release(&once);
	dts_buf_release(&twice);
}

static void check_record(const struct dts_record *r)
{
	static const struct dts_slice none[DTS_F_COUNT];
	struct dts_position position = {0};
	struct dts_buf out = {0};
	struct dts_record again;
	struct dts_error err = DTS_ERROR_INIT;

	dts_record_init(&again);
	dts_record_rewrite(r, none, &out);
	expect(out.len == r->line.len + 1 && memcmp(out.data, r->line.p, r->line.len) == 0);
	expect(dts_record_parse(&again, dts_slice(out.data, out.len - 1), &err) == 0);
	same(r, &again);
	walk(dts_json_value(r->line), 1);
	if (r->op == DTS_OP_SCHEMA)
		round_trip(r);
	if (r->raw[DTS_F_POS].p)
		dts_position_parse(&position, r->raw[DTS_F_POS], &err);
	dts_position_release(&position);
	dts_record_release(&again);
	dts_buf_release(&out);
}

/* Reads the output of a filter as a stream of its own. */
static void check_output(struct dts_stream_state *state, struct dts_record *r, struct dts_buf *out)
{
	struct dts_error err = DTS_ERROR_INIT;

	if (out->len == 0)
		return;
	expect(out->data[out->len - 1] == '\n' && !memchr(out->data, '\n', out->len - 1));
	expect(dts_record_parse(r, dts_slice(out->data, out->len - 1), &err) == 0);
	expect(dts_stream_check(state, r, false, &err) == 0);
	dts_buf_clear(out);
}

static struct dts_filter *new_filter(bool recount)
{
	static char *tables[] = {"d.*", "shop.orders"}, *ignored[] = {"d.no"}, *routes[] = {"d.t=e.u", "shop.*=*.x"};
	const struct dts_list lists[] = {{tables, 2}, {ignored, 1}, {routes, 2}};
	const struct dts_filter_options options = {&lists[0], &lists[1], &lists[2], recount};
	struct dts_error err = DTS_ERROR_INIT;

	return dts_filter_new(&options, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dts_stream_state in = {0}, filtered = {0};
	struct dts_record r, other;
	struct dts_buf out = {0};
	struct dts_error err = DTS_ERROR_INIT;
	bool recount = size > 0 && data[0] == ' ', right = true;
	struct dts_filter *filter = new_filter(recount);
	const char *p = (const char *)data, *end = p + size;

	expect(filter != NULL);
	dts_record_init(&r);
	dts_record_init(&other);
	while (p < end) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		size_t len = (size_t)((newline ? newline : end) - p);
		/* A copy of its own, so that a read beyond it is seen. */
		char *line = malloc(len ? len : 1);
		memcpy(line, p, len);
		p += len + 1;
		if (dts_record_parse(&r, dts_slice(line, len), &err) == 0) {
			check_record(&r);
			right = right && dts_stream_check(&in, &r, recount, &err) == 0 &&
				dts_filter_record(filter, &r, &out, &err) == 0;
			if (right)
				check_output(&filtered, &other, &out);
		}
		free(line);
		if (!newline)
			break;
	}
	if (right)
		expect(dts_stream_check_eof(&in, &err) == dts_stream_check_eof(&filtered, &err));
	dts_filter_free(filter);
	dts_record_release(&r);
	dts_record_release(&other);
	dts_stream_state_release(&in);
	dts_stream_state_release(&filtered);
	dts_buf_release(&out);
	return 0;
}
