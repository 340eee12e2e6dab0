#include "apply/tell.h"

enum { SHOWN_VALUE = 80 };

static void add_cut(struct dts_buf *text, struct dts_slice what)
{
	dts_buf_add(text, what.p, what.len < SHOWN_VALUE ? what.len : SHOWN_VALUE);
	if (what.len > SHOWN_VALUE)
		dts_buf_addf(text, "... (%zu bytes)", what.len);
}

void dts_tell_differences(struct dts_buf *text, const struct dts_apply_table *t, const struct dts_json *before, struct dts_slice row)
{
	struct dts_buf name = {0};
	const char *separator = "";

	for (size_t i = 0; i < t->schema.column_count; i++) {
		if (!before[i].raw.p || !t->columns[i].written)
			continue;
		dts_buf_clear(&name);
		dts_buf_add_slice(&name, t->columns[i].target->name);
		struct dts_json there = dts_json_get(row, dts_buf_text(&name));
		if (!there.raw.p || dts_slice_eq(there.raw, before[i].raw))
			continue;
		dts_buf_addf(text, "%s '%s' is ", separator, dts_buf_text(&name));
		separator = ",";
		add_cut(text, there.raw);
		dts_buf_adds(text, " and was ");
		add_cut(text, before[i].raw);
	}
	dts_buf_release(&name);
}
