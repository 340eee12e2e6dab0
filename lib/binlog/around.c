/* The records around transactions: where a stream begins, stands and ends. */
#include "binlog/capture.h"

static void add_pos(struct dts_capture *c, struct dts_buf *out)
{
	c->untold = false;
	dts_buf_adds(out, ",\"pos\":");
	dts_position_add(out, &c->safe, true);
	dts_buf_adds(out, "}\n");
}

void dts_capture_stream(struct dts_capture *c, struct dts_slice source, struct dts_buf *out)
{
	dts_log_tables_restate(&c->tables);
	dts_buf_adds(out, "{\"op\":\"stream\",\"v\":1,\"kind\":\"changes\",\"src\":");
	dts_buf_add_slice(out, c->tx.src_json);
	dts_buf_adds(out, ",\"source\":");
	dts_buf_add_slice(out, source);
	add_pos(c, out);
}

struct telling {
	struct dts_capture *c;
	struct dts_buf *out;
};

static void tell_table(void *context, const struct dts_defined_table *t)
{
	struct telling *telling = context;

	if (dts_log_tables_restate_one(&telling->c->tables, t->schema.db, t->schema.table, telling->out))
		telling->c->tx.records++;
}

void dts_capture_tell_tables(struct dts_capture *c, struct dts_buf *out)
{
	struct telling telling = {c, out};

	if (c->options.history)
		dts_definitions_each_table(c->options.history->tables, tell_table, &telling);
}

void dts_capture_heartbeat(struct dts_capture *c, uint64_t time, struct dts_buf *out)
{
	dts_buf_adds(out, "{\"op\":\"heartbeat\",\"src\":");
	dts_buf_add_slice(out, c->tx.src_json);
	if (time != 0) {
		dts_buf_adds(out, ",\"time\":");
		dts_time_add(out, time);
	}
	add_pos(c, out);
	c->tx.records++;
}

void dts_capture_end(struct dts_capture *c, const char *reason, struct dts_buf *out)
{
	dts_buf_adds(out, "{\"op\":\"end\",\"src\":");
	dts_buf_add_slice(out, c->tx.src_json);
	dts_buf_addf(out, ",\"reason\":\"%s\",\"records\":%llu", reason, (unsigned long long)c->tx.records);
	add_pos(c, out);
}
