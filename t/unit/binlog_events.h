/* What the unit test and the fuzz target of lib/binlog share: events out of the
 * bytes of a log file, and a catalog that knows a few columns. */
#ifndef DTS_T_BINLOG_EVENTS_H
#define DTS_T_BINLOG_EVENTS_H

#include "base/arena.h"
#include "base/bytes.h"
#include "record/schema.h"

/* The next event of a file's bytes: false at the end. One whose size cannot be is
 * all that is left. */
__attribute__((unused))
static bool next_event(struct dts_slice *file, struct dts_slice *event)
{
	struct dts_bytes b;
	uint32_t size;

	if (file->len >= 4 && memcmp(file->p, "\xfe" "bin", 4) == 0)
		*file = dts_slice(file->p + 4, file->len - 4);
	if (file->len == 0)
		return false;
	b = dts_bytes(*file);
	dts_bytes_take(&b, 9);
	size = dts_bytes_u32(&b);
	if (b.bad || size < 19 || size > file->len)
		size = (uint32_t)file->len;
	*event = dts_slice(file->p, size);
	*file = dts_slice(file->p + size, file->len - size);
	return true;
}

/* A dts_catalog_function: every table has these columns. */
__attribute__((unused))
static int stub_catalog(void *context, struct dts_slice db, struct dts_slice table, struct dts_schema *schema,
			struct dts_error *err)
{
	static const char *const columns[][2] = {
		{"u1", "uuid"}, {"i6", "inet6"}, {"i4", "inet4"}, {"gen", "int(11)"},
		{"t0", "time"}, {"t3", "time(3)"}, {"t6", "time(6)"},
		{"d0", "datetime"}, {"d3", "datetime(3)"}, {"d6", "datetime(6)"},
		{"s0", "timestamp"}, {"s3", "timestamp(3)"}, {"s6", "timestamp(6)"},
	};
	const size_t count = sizeof columns / sizeof columns[0];

	(void)context;
	(void)db;
	(void)table;
	(void)err;
	schema->arena = dts_arena_new();
	schema->columns = dts_arena_alloc(schema->arena, count, sizeof *schema->columns);
	schema->column_count = count;
	for (size_t i = 0; i < count; i++) {
		struct dts_column *c = &schema->columns[i];

		c->name = dts_slice_of(columns[i][0]);
		c->type_text = dts_slice_of(columns[i][1]);
		dts_column_from_type(c, schema->arena);
		if (dts_slice_is(c->name, "gen"))
			c->generated = DTS_GENERATED_STORED;
	}
	return 1;
}

#endif
