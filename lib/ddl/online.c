#include "ddl/online.h"

#include "ddl/scan.h"

static bool is_any(const struct dts_sql_scan *s, const char *const *words)
{
	for (; *words; words++)
		if (dts_sql_is(s, *words))
			return true;
	return false;
}

static bool is_time(const struct dts_sql_scan *s)
{
	static const char *const words[] = {
		"CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME", "NOW", "LOCALTIME", "LOCALTIMESTAMP", "CURDATE", "CURTIME",
		"UTC_DATE", "UTC_TIME", "UTC_TIMESTAMP", "UNIX_TIMESTAMP", "SYSDATE", NULL,
	};

	return is_any(s, words);
}

/* At a DEFAULT: is it an expression? */
static bool is_worked_out(const struct dts_sql_scan *s)
{
	struct dts_sql_scan next = *s;

	dts_sql_next(&next);
	if (dts_sql_is_char(&next, '('))
		return true;
	if (next.type != DTS_SQL_WORD)
		return false;
	dts_sql_next(&next);
	return dts_sql_is_char(&next, '(');
}

/* To the comma behind the action, or to the end. */
static bool action_fills(struct dts_sql_scan *s, bool implicit_timestamps)
{
	bool fills = false;
	int depth = 0;

	for (; s->type != DTS_SQL_END && !(depth == 0 && dts_sql_is_char(s, ',')); dts_sql_next(s)) {
		depth += dts_sql_is_char(s, '(') - dts_sql_is_char(s, ')');
		fills |= is_time(s) || (dts_sql_is(s, "DEFAULT") && is_worked_out(s)) ||
			 (implicit_timestamps && dts_sql_is(s, "TIMESTAMP"));
	}
	return fills;
}

bool dts_ddl_fills_by_copy(struct dts_slice sql, unsigned flags, bool implicit_timestamps)
{
	struct dts_sql_scan s;
	int depth = 0;

	for (dts_sql_start(&s, sql, flags); s.type != DTS_SQL_END;) {
		depth += dts_sql_is_char(&s, '(') - dts_sql_is_char(&s, ')');
		if (depth == 0 && dts_sql_is(&s, "ADD") && action_fills(&s, implicit_timestamps))
			return true;
		dts_sql_next(&s);
	}
	return false;
}

bool dts_ddl_sets_counter(const struct dts_ddl *d, struct dts_slice sql, unsigned flags)
{
	struct dts_sql_scan s;

	if (d->kind != DTS_DDL_ALTER_TABLE || d->count != 1)
		return false;
	const size_t end = d->objects[0].whole.at + d->objects[0].whole.len;
	for (dts_sql_start(&s, sql, flags); s.type != DTS_SQL_END && s.at < end;)
		dts_sql_next(&s);
	if (!dts_sql_is(&s, "AUTO_INCREMENT"))
		return false;
	dts_sql_next(&s);
	if (dts_sql_is_char(&s, '='))
		dts_sql_next(&s);
	if (s.type != DTS_SQL_NUMBER)
		return false;
	do
		dts_sql_next(&s);
	while (dts_sql_is_char(&s, ';'));
	return s.type == DTS_SQL_END;
}
