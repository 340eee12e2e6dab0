#include "ddl/objects.h"

#include "record/json.h"

static void add_object(struct dts_buf *b, const struct dts_ddl_object *o, struct dts_slice default_db)
{
	bool is_table = o->type == DTS_DDL_TYPE_TABLE || o->type == DTS_DDL_TYPE_VIEW ||
			o->type == DTS_DDL_TYPE_SEQUENCE;

	dts_buf_addf(b, "{\"type\":\"%s\",\"db\":", dts_ddl_type_name(o->type));
	dts_json_add_string(b, o->db.len > 0 ? o->db : default_db);
	if (o->type != DTS_DDL_TYPE_DATABASE) {
		dts_buf_adds(b, is_table ? ",\"table\":" : ",\"name\":");
		dts_json_add_string(b, o->name);
	}
	dts_buf_addf(b, ",\"role\":\"%s\"}", dts_ddl_role_name(o->role));
}

void dts_ddl_add_objects(struct dts_buf *b, const struct dts_ddl *d, struct dts_slice default_db)
{
	dts_buf_addc(b, '[');
	for (size_t i = 0; i < d->count; i++) {
		if (i > 0)
			dts_buf_addc(b, ',');
		add_object(b, &d->objects[i], default_db);
	}
	dts_buf_addc(b, ']');
}
