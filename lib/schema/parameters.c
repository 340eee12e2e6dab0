#include "schema/parameters.h"

#include <strings.h>

#include "ddl/scan.h"
#include "mysql/quote.h"

/* One of a routine's that has another collation than the routine's database had: none of them in nearly all. */
static MYSQL_RES *query_others(struct dts_session *s, const struct dts_schema_object *o, struct dts_error *err)
{
	struct dts_buf sql = {0};

	dts_buf_adds(&sql, "SELECT PARAMETER_NAME,CHARACTER_SET_NAME,COLLATION_NAME FROM information_schema.PARAMETERS"
			   " WHERE ORDINAL_POSITION>0 AND SPECIFIC_SCHEMA=");
	dts_sql_literal(&sql, o->db);
	dts_buf_adds(&sql, " AND SPECIFIC_NAME=");
	dts_sql_literal(&sql, o->name);
	dts_buf_addf(&sql, " AND ROUTINE_TYPE='%.*s' AND COLLATION_NAME<>", (int)o->word.len, o->word.p);
	dts_sql_literal(&sql, o->collation);
	MYSQL_RES *res = dts_session_query(s, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	return res;
}

static bool is_mode(const struct dts_sql_scan *s)
{
	return dts_sql_is(s, "IN") || dts_sql_is(s, "OUT") || dts_sql_is(s, "INOUT");
}

static bool is_name(const struct dts_sql_scan *s, struct dts_slice name)
{
	struct dts_buf plain = {0};

	if (s->type == DTS_SQL_QUOTED)
		dts_sql_decode(dts_sql_text(s), s->flags, &plain);
	else
		dts_buf_add_slice(&plain, dts_sql_text(s));
	bool same = plain.len == name.len && strncasecmp(plain.data ? plain.data : "", name.p, name.len) == 0;
	dts_buf_release(&plain);
	return same;
}

/* Where the definition of a parameter ends, behind the brackets' first; 0: it is not there, or says its character set. */
static size_t find_end(struct dts_slice sql, unsigned flags, struct dts_slice name)
{
	struct dts_sql_scan s;
	bool begins = false, ours = false, said = false;
	int depth = 0;

	for (dts_sql_start(&s, sql, flags); s.type != DTS_SQL_END; dts_sql_next(&s)) {
		bool ends = (depth == 1 && dts_sql_is_char(&s, ')')) || (depth == 1 && dts_sql_is_char(&s, ','));
		if (ends && ours)
			return said ? 0 : s.prev_end;
		if (depth == 1 && dts_sql_is_char(&s, ')'))
			return 0; /* the list is over */
		depth += dts_sql_is_char(&s, '(') - dts_sql_is_char(&s, ')');
		if (begins && is_mode(&s)) {
			struct dts_sql_scan next = s; /* a parameter may be called `in` */
			dts_sql_next(&next);
			if (next.type == DTS_SQL_WORD || next.type == DTS_SQL_QUOTED)
				continue;
		}
		if (begins) {
			ours = is_name(&s, name);
			begins = false;
			continue;
		}
		said = said || (ours && (dts_sql_is(&s, "CHARACTER") || dts_sql_is(&s, "CHARSET") || dts_sql_is(&s, "COLLATE") ||
					 dts_sql_is(&s, "ASCII") || dts_sql_is(&s, "UNICODE") || dts_sql_is(&s, "NCHAR") ||
					 dts_sql_is(&s, "NVARCHAR") || dts_sql_is(&s, "NATIONAL")));
		begins = (depth == 1 && dts_sql_is_char(&s, '(')) || ends;
	}
	return 0;
}

int dts_parameters_complete(struct dts_session *s, const struct dts_schema_object *o, unsigned flags, struct dts_buf *sql,
			    struct dts_error *err)
{
	struct dts_buf out = {0};

	if (s->family != DTS_MYSQL || o->collation.len == 0)
		return 0;
	MYSQL_RES *res = query_others(s, o, err);
	if (!res)
		return -1;
	for (MYSQL_ROW row; (row = mysql_fetch_row(res));) {
		size_t end = row[0] ? find_end(dts_buf_slice(sql), flags, dts_slice(row[0], mysql_fetch_lengths(res)[0])) : 0;
		if (end == 0)
			continue;
		dts_buf_clear(&out);
		dts_buf_add(&out, sql->data, end);
		dts_buf_addf(&out, " CHARACTER SET %s COLLATE %s", row[1], row[2]);
		dts_buf_add(&out, sql->data + end, sql->len - end);
		dts_buf_clear(sql);
		dts_buf_add_slice(sql, dts_buf_slice(&out));
	}
	mysql_free_result(res);
	dts_buf_release(&out);
	return 0;
}
