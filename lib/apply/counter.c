#include "apply/counter.h"

#include <string.h>

#include "mysql/quote.h"

static const char *find(const char *from, const char *end, const char *word)
{
	return memmem(from, (size_t)(end - from), word, strlen(word));
}

/* The option stands behind the columns' last line and before the character set, behind which a comment may be. */
static uint64_t counter_of(struct dts_slice definition)
{
	static const char option[] = " AUTO_INCREMENT=";
	const char *end = definition.p + definition.len, *options = NULL;
	uint64_t next = 1;

	for (const char *p = definition.p; (p = find(p, end, "\n) ")); p++)
		options = p;
	if (!options)
		return 1;
	const char *charset = find(options, end, " DEFAULT CHARSET="), *at = find(options, charset ? charset : end, option);
	if (!at)
		return 1;
	const char *digits = at += sizeof option - 1;
	while (at < end && *at >= '0' && *at <= '9')
		at++;
	return dts_parse_u64(dts_slice(digits, (size_t)(at - digits)), &next) == 0 ? next : 1;
}

int dts_counter_read(struct dts_session *s, struct dts_slice db, struct dts_slice table, uint64_t *next, struct dts_error *err)
{
	struct dts_buf sql = {0};

	dts_buf_adds(&sql, "SHOW CREATE TABLE ");
	dts_sql_table(&sql, db, table);
	MYSQL_RES *res = dts_session_query(s, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	if (!res)
		return -1;
	MYSQL_ROW row = mysql_fetch_row(res);
	*next = row && row[1] ? counter_of(dts_slice(row[1], mysql_fetch_lengths(res)[1])) : 1;
	mysql_free_result(res);
	return 0;
}

int dts_counter_set(struct dts_session *s, struct dts_slice db, struct dts_slice table, uint64_t next, struct dts_error *err)
{
	struct dts_buf sql = {0};

	dts_buf_adds(&sql, "ALTER TABLE ");
	dts_sql_table(&sql, db, table);
	dts_buf_adds(&sql, " AUTO_INCREMENT=");
	dts_buf_addu(&sql, next);
	int rc = dts_session_run(s, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	return rc;
}
