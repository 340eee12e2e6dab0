/* What a server says of GTIDs. */
#include "binlog/source.h"
#include "mysql/quote.h"

int dts_log_source_check_form(struct dts_log_source *s, const struct dts_gtids *gtid, struct dts_error *err)
{
	bool mariadb = s->control.family == DTS_MARIADB;

	if (dts_gtids_fits(gtid, mariadb ? DTS_GTID_MARIADB : DTS_GTID_MYSQL))
		return 0;
	dts_fail(err, DTS_REFUSED, "%s is %s, its GTIDs have another form", s->control.label, mariadb ? "MariaDB" : "MySQL");
	return dts_hint(err, mariadb ? "the last GTID of each domain is wanted, such as 0-1-6,1-1-9"
				     : "a GTID set is wanted, such as 3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5");
}

int dts_log_source_check_gtid(struct dts_log_source *s, const struct dts_gtids *gtid, struct dts_error *err)
{
	struct dts_buf mode = {0};
	int status;

	if (dts_log_source_check_form(s, gtid, err) < 0)
		return -1;
	if (s->control.family == DTS_MARIADB)
		return 0;
	status = dts_session_value(&s->control, DTS_LIT("SELECT @@global.gtid_mode"), &mode, err);
	if (status >= 0 && !dts_slice_is(dts_buf_slice(&mode), "ON")) {
		status = dts_fail(err, DTS_REFUSED, "%s has gtid_mode=%s: it cannot be asked for its log by GTID", s->control.label,
				  dts_buf_text(&mode));
		dts_hint(err, "start by file and offset, or set gtid_mode=ON there");
	}
	dts_buf_release(&mode);
	return status < 0 ? -1 : 0;
}

/* MySQL: which of these GTIDs has the server not executed? */
static int missing_of_set(struct dts_log_source *s, struct dts_slice set, struct dts_buf *missing, struct dts_error *err)
{
	struct dts_buf sql = {0};

	dts_buf_adds(&sql, "SELECT GTID_SUBTRACT(");
	dts_sql_literal(&sql, set);
	dts_buf_adds(&sql, ", @@global.gtid_executed)");
	int rc = dts_session_value(&s->control, dts_buf_slice(&sql), missing, err);
	dts_buf_release(&sql);
	return rc < 0 ? -1 : 0;
}

/* MariaDB: which of the domains' last has its log not come to? That it has these very ones is
 * looked at by the server when it is asked for them. */
static int missing_of_list(struct dts_log_source *s, const struct dts_gtids *gtid, struct dts_buf *missing, struct dts_error *err)
{
	struct dts_gtids has = {0};
	struct dts_buf text = {0};
	int rc = dts_session_value(&s->control, DTS_LIT("SELECT @@global.gtid_binlog_pos"), &text, err);

	if (rc >= 0)
		rc = dts_gtids_parse(&has, dts_buf_slice(&text), DTS_GTID_MARIADB, err);
	for (size_t i = 0; rc == 0 && i < gtid->list.count; i++) {
		const struct dts_gtid_last *last = &gtid->list.items[i];
		const struct dts_gtid one = {.form = DTS_GTID_MARIADB, .domain = last->domain, .server = last->server,
					     .number = last->sequence};

		if (!dts_gtids_contain(&has, &one)) {
			dts_buf_adds(missing, missing->len ? "," : "");
			dts_gtid_add(missing, &one);
		}
	}
	dts_buf_release(&text);
	dts_gtids_release(&has);
	return rc;
}

int dts_log_source_check_has(struct dts_log_source *s, const struct dts_gtids *gtid, struct dts_error *err)
{
	struct dts_buf text = {0}, missing = {0};
	int rc;

	dts_gtids_add(&text, gtid);
	rc = s->control.family == DTS_MYSQL ? missing_of_set(s, dts_buf_slice(&text), &missing, err)
					    : missing_of_list(s, gtid, &missing, err);
	if (rc == 0 && missing.len > 0) {
		rc = dts_fail(err, DTS_AGAIN, "%s does not have transactions that the source before it had: %.500s",
			      s->control.label, dts_buf_text(&missing));
		dts_hint(err, "wait until it has applied all that it received%s; if they were lost with the source before it, the target has "
			 "more than the source now: copy the tables anew", s->control.family == DTS_MARIADB
			 ? " (its own log must have them: log_slave_updates, since before they came)" : "");
	}
	dts_buf_release(&text);
	dts_buf_release(&missing);
	return rc;
}
