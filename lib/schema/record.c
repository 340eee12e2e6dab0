/* What is read of a structure, as records and as a report. */
#include "ddl/objects.h"
#include "record/json.h"
#include "schema/reader.h"

static void add_setval(const struct dts_schema_statement *st, struct dts_buf *out)
{
	dts_buf_adds(out, "{\"op\":\"setval\",\"db\":");
	dts_json_add_string(out, st->object->db);
	dts_buf_adds(out, ",\"table\":");
	dts_json_add_string(out, st->object->name);
	/* As text: they may be beyond what every JSON tool keeps. */
	dts_buf_adds(out, ",\"after\":{\"next_not_cached_value\":");
	dts_json_add_string(out, dts_buf_slice(&st->next));
	dts_buf_adds(out, ",\"cycle_count\":");
	dts_json_add_string(out, dts_buf_slice(&st->cycle));
	dts_buf_adds(out, "}}\n");
}

int dts_schema_add_record(struct dts_schema_reader *r, const struct dts_schema_statement *st, struct dts_buf *out,
			  struct dts_error *err)
{
	struct dts_slice sql = dts_buf_slice(&st->sql), context = dts_buf_slice(&st->context);
	struct dts_json mode = dts_json_get(context, "sql_mode");
	unsigned flags = 0;

	if (st->kind == DTS_DDL_DML) {
		add_setval(st, out);
		return 0;
	}
	dts_buf_clear(&r->text);
	if (mode.raw.p && mode.type == DTS_JSON_STRING)
		flags = dts_ddl_flags_of_text(dts_json_string(mode.raw, &r->text));
	dts_ddl_parse(&r->ddl, sql, flags);
	if (r->ddl.kind != st->kind)
		return dts_fail(err, DTS_BAD_INPUT, "the server's own statement is not understood: %.*s",
				sql.len > 300 ? 300 : (int)sql.len, sql.p);
	dts_buf_addf(out, "{\"op\":\"ddl\",\"kind\":\"%s\",\"db\":", dts_ddl_kind_name(r->ddl.kind));
	dts_json_add_string(out, st->db);
	dts_buf_adds(out, ",\"sql\":");
	dts_json_add_string(out, sql);
	dts_buf_adds(out, ",\"objects\":");
	dts_ddl_add_objects(out, &r->ddl, st->db);
	dts_buf_adds(out, ",\"context\":");
	dts_buf_add_slice(out, context);
	dts_buf_adds(out, "}\n");
	return 0;
}

void dts_schema_add_report(const struct dts_schema_statement *st, struct dts_buf *out)
{
	static const char *const results[] = {"done", "changed", "refused"};

	dts_buf_adds(out, "{\"db\":");
	dts_json_add_string(out, st->object->db);
	dts_buf_adds(out, ",\"name\":");
	dts_json_add_string(out, st->object->name);
	dts_buf_addf(out, ",\"kind\":\"%s\",\"stage\":\"%s\",\"result\":\"%s\"", dts_schema_object_kind(st->object),
		     dts_stage_name(st->stage), results[st->result]);
	if (st->told.why.count > 0) {
		dts_buf_adds(out, ",\"why\":[");
		for (size_t i = 0; i < st->told.why.count; i++) {
			dts_buf_adds(out, i > 0 ? "," : "");
			dts_json_add_string(out, dts_slice_of(st->told.why.items[i]));
		}
		dts_buf_addc(out, ']');
	}
	if (st->told.by_hand.len > 0) {
		dts_buf_adds(out, ",\"sql\":");
		dts_json_add_string(out, dts_buf_slice(&st->told.by_hand));
	}
	dts_buf_adds(out, "}\n");
}
