/* What a text may be about that is not understood. */
#include "ddl/scan.h"

static bool is_name(const struct dts_sql_scan *s)
{
	return s->type == DTS_SQL_WORD || s->type == DTS_SQL_QUOTED;
}

/* What the token means as a name, in `b` where that is not the text itself. */
static struct dts_slice name_of(const struct dts_sql_scan *s, struct dts_buf *b)
{
	if (s->type != DTS_SQL_QUOTED)
		return dts_sql_text(s);
	dts_buf_clear(b);
	dts_sql_decode(dts_sql_text(s), s->flags, b);
	return dts_buf_slice(b);
}

bool dts_ddl_mentions(struct dts_slice sql, unsigned flags, dts_ddl_mentioned *mentioned, void *ctx)
{
	const struct dts_slice none = DTS_LIT("");
	struct dts_buf first = {0}, second = {0};
	struct dts_sql_scan s;
	bool found = false;

	for (dts_sql_start(&s, sql, flags); s.type != DTS_SQL_END && !found; dts_sql_next(&s)) {
		struct dts_sql_scan next = s;
		struct dts_slice name;

		if (!is_name(&s))
			continue;
		name = name_of(&s, &first);
		dts_sql_next(&next);
		if (!dts_sql_is_char(&next, '.')) {
			found = mentioned(ctx, none, name) || mentioned(ctx, name, none);
			continue;
		}
		dts_sql_next(&next);
		if (is_name(&next)) {
			found = mentioned(ctx, name, name_of(&next, &second));
			s = next;
		}
	}
	dts_buf_release(&first);
	dts_buf_release(&second);
	return found;
}
