#include "verify/pair.h"

#include <errmsg.h>

/* Errors of the client library and not the server's. */
static bool is_lost(unsigned number)
{
	return number == 0 || (number >= CR_MIN_ERROR && number < CR_MIN_ERROR + 1000);
}

int dts_pair_query(struct dts_pair *p, const struct dts_slice sql[DTS_SIDES], bool stream,
		   MYSQL_RES *res[DTS_SIDES], const char *what, struct dts_error *err)
{
	res[DTS_SOURCE] = res[DTS_TARGET] = NULL;
	for (int side = 0; side < DTS_SIDES; side++)
		if (mysql_send_query(p->side[side]->mysql, sql[side].p, sql[side].len) != 0)
			return dts_session_fail(p->side[side], err, what);
	int rc = 0;
	for (int side = 0; side < DTS_SIDES; side++) {
		MYSQL *mysql = p->side[side]->mysql;
		if (mysql_read_query_result(mysql) == 0)
			res[side] = stream ? mysql_use_result(mysql) : mysql_store_result(mysql);
		if (!res[side] && rc == 0)
			rc = dts_session_fail(p->side[side], err, what);
		/* Where the server said no, the other's answer is taken all the same: both can be asked again. */
		if (!res[side] && is_lost(mysql_errno(mysql)))
			break;
	}
	return rc;
}

void dts_pair_free(MYSQL_RES *res[DTS_SIDES])
{
	for (int side = 0; side < DTS_SIDES; side++) {
		if (res[side])
			mysql_free_result(res[side]);
		res[side] = NULL;
	}
}

int dts_pair_row(struct dts_pair *p, int side, MYSQL_RES *res, MYSQL_ROW *row, const char *what,
		 struct dts_error *err)
{
	*row = mysql_fetch_row(res);
	if (*row)
		return 1;
	if (mysql_errno(p->side[side]->mysql) != 0)
		return dts_session_fail(p->side[side], err, what);
	return dts_pair_check(p, side, what, err);
}

/* Words about how a statement is written (deprecated syntax, old names of
 * charsets) do not change its values: MySQL's 1287, 1681, 3719, 3778. */
static bool is_harmless(MYSQL_ROW row)
{
	static const char *const codes[] = {"1287", "1681", "3719", "3778"};
	bool harmless = row[0] && strcmp(row[0], "Note") == 0;

	for (size_t i = 0; i < sizeof codes / sizeof *codes && row[1]; i++)
		harmless = harmless || strcmp(row[1], codes[i]) == 0;
	return harmless;
}

int dts_pair_check(struct dts_pair *p, int side, const char *what, struct dts_error *err)
{
	struct dts_session *s = p->side[side];
	int rc = 0;

	if (mysql_warning_count(s->mysql) == 0)
		return 0;
	/* Read after a streamed result's last row: the connection is free again. */
	MYSQL_RES *res = dts_session_query(s, DTS_LIT("SHOW WARNINGS"), err);
	if (!res)
		return -1;
	for (MYSQL_ROW row; rc == 0 && (row = mysql_fetch_row(res));)
		if (!is_harmless(row))
			rc = dts_fail(err, DTS_REFUSED, "%s: warning from %s: %s", what, s->label, row[2] ? row[2] : "");
	mysql_free_result(res);
	return rc;
}

int dts_pair_run(struct dts_pair *p, struct dts_slice sql, struct dts_error *err)
{
	for (int side = 0; side < DTS_SIDES; side++)
		if (dts_session_run(p->side[side], sql, err) < 0)
			return -1;
	return 0;
}
