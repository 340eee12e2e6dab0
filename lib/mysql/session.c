#include "mysql/session.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>

#include "mysql/client.h"

int dts_session_print(struct dts_session *s, struct dts_slice sql, struct dts_error *err)
{
	dts_buf_add_slice(&s->print->buf, sql);
	dts_buf_adds(&s->print->buf, ";\n");
	return dts_output_record_done(s->print, err);
}

int dts_session_run(struct dts_session *s, struct dts_slice sql, struct dts_error *err)
{
	if (s->print)
		return dts_session_print(s, sql, err);
	int more = mysql_real_query(s->mysql, sql.p, sql.len) == 0 ? 0 : 1;

	/* Every statement of the text is waited for, so that an error of the last one counts. */
	while (more == 0) {
		MYSQL_RES *result = mysql_use_result(s->mysql);
		if (result) {
			while (mysql_fetch_row(result)) {
			}
			mysql_free_result(result);
		}
		if (mysql_errno(s->mysql) != 0)
			break;
		more = mysql_next_result(s->mysql);
	}
	return more < 0 ? 0 : dts_session_fail(s, err, "statement failed on");
}

int dts_session_runf(struct dts_session *s, struct dts_error *err, const char *fmt, ...)
{
	char sql[4096];
	va_list ap;

	va_start(ap, fmt);
	int len = vsnprintf(sql, sizeof sql, fmt, ap);
	va_end(ap);
	if (len < 0 || (size_t)len >= sizeof sql)
		return dts_fail(err, DTS_REFUSED, "a statement is too long: '%.60s...'", sql);
	return dts_session_run(s, dts_slice(sql, (size_t)len), err);
}

MYSQL_RES *dts_session_query(struct dts_session *s, struct dts_slice sql, struct dts_error *err)
{
	MYSQL_RES *result = NULL;

	if (mysql_real_query(s->mysql, sql.p, sql.len) == 0)
		result = mysql_store_result(s->mysql);
	if (!result)
		dts_session_fail(s, err, "query failed on");
	return result;
}

MYSQL_RES *dts_session_stream(struct dts_session *s, struct dts_slice sql, struct dts_error *err)
{
	MYSQL_RES *result = NULL;

	if (mysql_real_query(s->mysql, sql.p, sql.len) == 0)
		result = mysql_use_result(s->mysql);
	if (!result)
		dts_session_fail(s, err, "query failed on");
	return result;
}

int dts_session_value(struct dts_session *s, struct dts_slice sql, struct dts_buf *b, struct dts_error *err)
{
	MYSQL_RES *result = dts_session_query(s, sql, err);

	if (!result)
		return -1;
	MYSQL_ROW row = mysql_fetch_row(result);
	int rc = row && row[0] ? 1 : 0;
	if (rc)
		dts_buf_add(b, row[0], mysql_fetch_lengths(result)[0]);
	mysql_free_result(result);
	return rc;
}

int dts_session_raw_text(struct dts_session *s, bool raw, struct dts_error *err)
{
	return dts_session_run(s, raw ? DTS_LIT("SET character_set_results=NULL")
				      : DTS_LIT("SET character_set_results=utf8mb4"), err);
}

int dts_session_source_name(struct dts_session *s, const struct dts_connect_options *o,
			    struct dts_buf *b, struct dts_error *err)
{
	if (o->group) {
		dts_buf_adds(b, o->group);
		return 0;
	}
	int rc = dts_session_value(s, DTS_LIT("SELECT IF(@@port IN (0, 3306), @@hostname, CONCAT(@@hostname, ':', @@port))"), b, err);
	return rc < 0 ? -1 : 0;
}

int dts_session_server_id(struct dts_session *s, struct dts_buf *b, struct dts_error *err)
{
	/* The variable is asked for by name in a result, since naming it in an
	 * expression is an error where it does not exist. */
	struct dts_slice sql = s->family == DTS_MARIADB
		? DTS_LIT("SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_VARIABLES WHERE VARIABLE_NAME = 'SERVER_UID'")
		: DTS_LIT("SELECT @@server_uuid");
	size_t before = b->len;
	int rc = dts_session_value(s, sql, b, err);

	if (rc == 0 || (rc > 0 && b->len == before))
		rc = dts_session_value(s, DTS_LIT("SELECT CONCAT(@@hostname, ':', @@port, ':', @@server_id)"), b, err);
	return rc < 0 ? -1 : 0;
}

void dts_session_close(struct dts_session *s)
{
	if (s->mysql)
		mysql_close(s->mysql);
	s->mysql = NULL;
}

void dts_session_abort(struct dts_session *s)
{
	int fd = s->mysql ? dts_client_socket(s->mysql) : -1;

	if (fd >= 0)
		shutdown(fd, SHUT_RDWR);
}
