#include "verify/internal.h"

int dts_verify_repair_write(struct table_work *w, struct dts_slice before, struct dts_slice after, struct dts_error *err)
{
	struct dts_buf *b = &w->out->buf;

	if (!w->schema_written) {
		dts_schema_add(b, &w->schema[DTS_SOURCE]);
		++*w->records;
		w->schema_written = true;
	}
	dts_buf_addf(b, "{\"op\":\"%s\",\"db\":", !before.p ? "insert" : !after.p ? "delete" : "update");
	dts_json_add_string(b, w->table->db);
	dts_buf_adds(b, ",\"table\":");
	dts_json_add_string(b, w->table->name);
	if (before.p) {
		dts_buf_adds(b, ",\"before\":");
		dts_buf_add_slice(b, before);
	}
	if (after.p) {
		dts_buf_adds(b, ",\"after\":");
		dts_buf_add_slice(b, after);
	}
	dts_buf_adds(b, "}\n");
	++*w->records;
	return dts_output_record_done(w->out, err);
}
