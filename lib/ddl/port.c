#include "ddl/port.h"

#include "ddl/scan.h"

/* Outside of strings and names; also where one of them stands in a plain comment. */
static bool gap_has_executable(struct dts_slice gap)
{
	return memmem(gap.p, gap.len, "/*!", 3) || memmem(gap.p, gap.len, "/*M!", 4);
}

bool dts_ddl_has_executable(struct dts_slice sql, unsigned flags)
{
	struct dts_sql_scan s;
	size_t behind = 0;

	for (dts_sql_start(&s, sql, flags);; dts_sql_next(&s)) {
		if (gap_has_executable(dts_slice(sql.p + behind, s.at - behind)))
			return true;
		if (s.type == DTS_SQL_END)
			return false;
		behind = s.at + s.len;
	}
}

void dts_ddl_plain(struct dts_slice sql, unsigned flags, unsigned version, struct dts_buf *out)
{
	struct dts_sql_scan s;
	unsigned edges = 0;
	size_t behind = 0;

	for (dts_sql_start_at(&s, sql, flags, version);; dts_sql_next(&s)) {
		struct dts_slice gap = dts_slice(sql.p + behind, s.at - behind);

		if (s.edges == edges && !gap_has_executable(gap))
			dts_buf_add_slice(out, gap);
		else if (s.type != DTS_SQL_END && !dts_sql_is_char(&s, ',') && !dts_sql_is_char(&s, ')'))
			dts_buf_addc(out, memchr(gap.p, '\n', gap.len) ? '\n' : ' ');
		if (s.type == DTS_SQL_END)
			return;
		dts_buf_add_slice(out, dts_sql_text(&s));
		edges = s.edges;
		behind = s.at + s.len;
	}
}

void dts_ddl_without_start(struct dts_slice sql, unsigned flags, struct dts_buf *out)
{
	struct dts_sql_scan s, next;
	int depth = 0;

	for (dts_sql_start(&s, sql, flags); s.type != DTS_SQL_END; dts_sql_next(&s)) {
		depth += dts_sql_is_char(&s, '(') - dts_sql_is_char(&s, ')');
		if (depth != 0 || !dts_sql_is(&s, "START"))
			continue;
		next = s;
		dts_sql_next(&next);
		if (!dts_sql_is(&next, "TRANSACTION"))
			continue;
		dts_buf_add(out, sql.p, s.at);
		dts_buf_add(out, sql.p + next.next, sql.len - next.next);
		return;
	}
	dts_buf_add_slice(out, sql);
}

/* --- columns that are added */

static bool take(struct dts_sql_scan *s, const char *keyword)
{
	bool is = dts_sql_is(s, keyword);

	if (is)
		dts_sql_next(s);
	return is;
}

static bool is_such_type(const struct dts_sql_scan *s)
{
	static const char *const types[] = {"JSON", "VECTOR", "UUID", "INET4", "INET6", "GEOMETRY", "POINT", "LINESTRING",
					    "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON", "GEOMCOLLECTION",
					    "GEOMETRYCOLLECTION", NULL};

	for (const char *const *type = types; *type; type++)
		if (dts_sql_is(s, *type))
			return true;
	return false;
}

/* From the column's name to the comma or bracket that ends the definition. */
static bool column_fills(struct dts_sql_scan *s)
{
	bool such = false, not_null = false, given = false;
	int depth = 0;

	dts_sql_next(s);
	for (such = is_such_type(s); s->type != DTS_SQL_END; dts_sql_next(s)) {
		depth += dts_sql_is_char(s, '(') - dts_sql_is_char(s, ')');
		if (depth < 0 || (depth == 0 && dts_sql_is_char(s, ',')))
			break;
		if (depth > 0)
			continue;
		if (dts_sql_is(s, "NOT")) {
			struct dts_sql_scan next = *s;
			dts_sql_next(&next);
			not_null |= dts_sql_is(&next, "NULL");
		}
		given |= dts_sql_is(s, "DEFAULT") || dts_sql_is(s, "AS");
	}
	return such && not_null && !given;
}

bool dts_ddl_fills_otherwise(struct dts_slice sql, unsigned flags)
{
	struct dts_sql_scan s;
	int depth = 0;

	for (dts_sql_start(&s, sql, flags); s.type != DTS_SQL_END;) {
		depth += dts_sql_is_char(&s, '(') - dts_sql_is_char(&s, ')');
		if (depth != 0 || !take(&s, "ADD")) {
			dts_sql_next(&s);
			continue;
		}
		take(&s, "COLUMN");
		if (take(&s, "IF")) {
			take(&s, "NOT");
			take(&s, "EXISTS");
		}
		if (!dts_sql_is_char(&s, '(')) {
			if (column_fills(&s))
				return true;
			continue;
		}
		do {
			dts_sql_next(&s);
			if (column_fills(&s))
				return true;
		} while (dts_sql_is_char(&s, ','));
		if (s.type != DTS_SQL_END)
			dts_sql_next(&s); /* the bracket that closes the list */
	}
	return false;
}

/* --- events */

bool dts_ddl_disable_event(const struct dts_ddl *d, struct dts_slice sql, unsigned flags, struct dts_buf *out)
{
	const bool creates = d->kind == DTS_DDL_CREATE_EVENT;
	struct dts_sql_scan s;
	int depth = 0;

	if ((!creates && d->kind != DTS_DDL_ALTER_EVENT) || d->count == 0)
		return false;
	const size_t name_end = d->objects[0].whole.at + d->objects[0].whole.len;
	for (dts_sql_start(&s, sql, flags); s.type != DTS_SQL_END; dts_sql_next(&s)) {
		depth += dts_sql_is_char(&s, '(') - dts_sql_is_char(&s, ')');
		if (s.at < name_end || depth > 0)
			continue;
		if (dts_sql_is(&s, "DISABLE"))
			return false;
		if (dts_sql_is(&s, "ENABLE") || dts_sql_is(&s, "COMMENT") || dts_sql_is(&s, "DO"))
			break;
	}
	const bool written = dts_sql_is(&s, "ENABLE");
	if (!written && !creates)
		return false;
	dts_buf_add(out, sql.p, s.at);
	dts_buf_adds(out, written ? "DISABLE" : "DISABLE ");
	const size_t behind = written ? s.at + s.len : s.at;
	dts_buf_add(out, sql.p + behind, sql.len - behind);
	return true;
}
