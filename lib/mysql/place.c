#include "mysql/place.h"

#include "mysql/quote.h"
#include "mysql/source.h"

int dts_place_of_snapshot(struct dts_session *s, struct dts_position *p, struct dts_error *err)
{
	struct dts_buf file = {0}, offset = {0};
	uint64_t n = 0;

	/* SHOW, since the tables of information_schema hold the names in upper case
	 * on some releases and are gone on others. */
	MYSQL_RES *result = dts_session_query(s, DTS_LIT("SHOW STATUS LIKE 'binlog\\_snapshot\\_%'"), err);
	if (!result)
		return -1;
	for (MYSQL_ROW row; (row = mysql_fetch_row(result));) {
		if (strcasecmp(row[0], "binlog_snapshot_file") == 0)
			dts_buf_adds(&file, row[1]);
		else if (strcasecmp(row[0], "binlog_snapshot_position") == 0)
			dts_buf_adds(&offset, row[1]);
	}
	mysql_free_result(result);
	if (file.len > 0 && dts_parse_u64(dts_buf_slice(&offset), &n) == 0)
		dts_position_set(p, dts_buf_slice(&file), n);
	dts_buf_release(&file);
	dts_buf_release(&offset);
	return 0;
}

int dts_place_settings(struct dts_session *s, bool *log, bool *gtid, struct dts_error *err)
{
	MYSQL_RES *result = dts_session_query(s, DTS_LIT("SELECT @@GLOBAL.log_bin, @@GLOBAL.gtid_mode"), err);
	MYSQL_ROW row = result ? mysql_fetch_row(result) : NULL;

	*log = row && row[0] && strcmp(row[0], "1") == 0;
	*gtid = row && row[1] && strcasecmp(row[1], "ON") == 0;
	mysql_free_result(result);
	return result ? 0 : -1;
}

/* The first row's file, offset and GTID set, of which the first two may not be there. 1, 0, -1. */
static int keep_place(MYSQL_ROW row, const char *gtid_text, bool gtid, struct dts_position *p, struct dts_error *err)
{
	uint64_t offset;

	if (!row || !row[0] || !row[0][0] || !row[1] || dts_parse_u64(dts_slice_of(row[1]), &offset) < 0)
		return 0;
	dts_position_set(p, dts_slice_of(row[0]), offset);
	dts_gtids_clear(&p->gtid);
	if (gtid && gtid_text && dts_gtids_parse(&p->gtid, dts_slice_of(gtid_text), DTS_GTID_MYSQL, err) < 0)
		return -1;
	return 1;
}

static int ask_place(struct dts_session *s, struct dts_slice sql, unsigned gtid_field, bool gtid,
		     struct dts_position *p, struct dts_error *err)
{
	struct dts_error why = DTS_ERROR_INIT;
	MYSQL_RES *result = dts_session_query(s, sql, &why);
	int rc = 0;

	if (result) {
		MYSQL_ROW row = mysql_fetch_row(result);
		rc = keep_place(row, row && mysql_num_fields(result) > gtid_field ? row[gtid_field] : NULL, gtid, p, err);
		mysql_free_result(result);
	} else if (why.status == DTS_AGAIN) { /* not: denied, or no such table */
		*err = why;
		rc = -1;
	}
	return rc;
}

/* MariaDB: does the log still end there? 1, 0: not, or the account may not know; -1. */
static int ends_at(struct dts_session *s, const struct dts_position *p, struct dts_error *err)
{
	struct dts_position end = {0};
	int rc = ask_place(s, dts_source_status_sql(s), 4, false, &end, err);

	if (rc > 0)
		rc = dts_position_compare(p, &end) == 0;
	dts_position_release(&end);
	return rc;
}

/*
 * The GTID position at the end of the log costs nothing, if that is where `p` is. Who writes
 * the log holds its lock from the GTID to the end of the transaction, which SHOW MASTER STATUS waits for: between
 * two of the same answer nothing was written.
 */
static int gtid_of_end(struct dts_session *s, const struct dts_position *p, struct dts_buf *text, struct dts_error *err)
{
	int rc = ends_at(s, p, err);

	if (rc > 0)
		rc = dts_session_value(s, DTS_LIT("SELECT @@GLOBAL.gtid_binlog_pos"), text, err);
	return rc > 0 ? ends_at(s, p, err) : rc;
}

int dts_place_ask_gtid(struct dts_session *s, const struct dts_position *p, struct dts_buf *text, struct dts_error *err)
{
	struct dts_buf sql = {0};

	dts_buf_clear(text);
	if (p->offset > UINT32_MAX) /* it would look elsewhere */
		return 1;
	dts_buf_adds(&sql, "SELECT BINLOG_GTID_POS(");
	dts_sql_literal(&sql, dts_slice_of(p->file));
	dts_buf_addf(&sql, ", %llu)", (unsigned long long)p->offset);
	int rc = dts_session_value(s, dts_buf_slice(&sql), text, err);
	dts_buf_release(&sql);
	return rc;
}

int dts_place_gtid(struct dts_session *s, struct dts_position *p, struct dts_error *err)
{
	struct dts_buf text = {0};

	dts_gtids_clear(&p->gtid);
	int rc = gtid_of_end(s, p, &text, err);
	if (rc == 0)
		rc = dts_place_ask_gtid(s, p, &text, err);
	if (rc > 0) /* nothing may mean that it did not look */
		rc = dts_gtids_parse(&p->gtid, dts_buf_slice(&text), DTS_GTID_NONE, err);
	dts_buf_release(&text);
	return rc < 0 ? -1 : 0;
}

/*
 * XA COMMIT is in the log, and so below where log_status says that it ends, before the engine has
 * committed, which no lock of log_status waits for (tried on 9.7: of 500 snapshots
 * under such a load two lacked a transaction, and 20 of its GTID sets did). Until it has,
 * its GTID is among those that are owned. Without XA there is nothing to wait for.
 *
 * MariaDB's snapshots are of one moment in log and engine for all else (LOCK_commit_ordered), but XA COMMIT
 * there, too, is logged first (tried on 10.11: of 1600 snapshots
 * under such a load two lacked a transaction).
 */
int dts_place_commits_xa(struct dts_session *s, struct dts_error *err)
{
	MYSQL_RES *result = dts_session_query(s, DTS_LIT("SHOW GLOBAL STATUS LIKE 'Com\\_xa\\_commit'"), err);

	if (!result)
		return -1;
	MYSQL_ROW row = mysql_fetch_row(result);
	int any = !row || !row[1] || strcmp(row[1], "0") != 0;
	mysql_free_result(result);
	return any;
}

/* Appends the GTIDs that are owned now: "UUID:5#47:6#48" without the threads. */
static int add_owned(struct dts_session *s, struct dts_buf *set, struct dts_error *err)
{
	struct dts_buf text = {0};
	int rc = dts_session_value(s, DTS_LIT("SELECT @@GLOBAL.gtid_owned"), &text, err);
	bool thread = false;

	for (size_t i = 0; i < text.len; i++) {
		thread = text.data[i] == '#' || (thread && text.data[i] >= '0' && text.data[i] <= '9');
		if (!thread)
			dts_buf_addc(set, text.data[i]);
	}
	dts_buf_release(&text);
	return rc < 0 ? -1 : 0;
}

/* Waits until all that is logged up to here is committed: 1; 0: that takes too long; -1. */
static int wait_for_owned(struct dts_session *s, struct dts_error *err)
{
	struct dts_buf set = {0}, sql = {0}, text = {0};
	int rc = add_owned(s, &set, err);

	if (rc == 0 && set.len > 0) {
		dts_buf_adds(&sql, "SELECT WAIT_FOR_EXECUTED_GTID_SET(");
		dts_sql_literal(&sql, dts_buf_slice(&set));
		dts_buf_adds(&sql, ", 1)");
		rc = dts_session_value(s, dts_buf_slice(&sql), &text, err) < 0 ? -1 : strcmp(dts_buf_text(&text), "0") == 0;
	} else if (rc == 0) {
		rc = 1;
	}
	dts_buf_release(&set);
	dts_buf_release(&sql);
	dts_buf_release(&text);
	return rc;
}

static int ask_log_status(struct dts_session *s, bool gtid, struct dts_position *p, struct dts_error *err)
{
	return ask_place(s, DTS_LIT("SELECT LOCAL->>'$.binary_log_file', LOCAL->>'$.binary_log_position',"
				    " LOCAL->>'$.gtid_executed' FROM performance_schema.log_status"), 2, gtid, p, err);
}

/* DTS_PLACE_SAFE if what is logged before it is committed now, else DTS_PLACE_AHEAD; -1. */
static int settle_xa(struct dts_session *s, bool gtid, struct dts_position *p, struct dts_error *err)
{
	struct dts_position again = {0};
	int rc = dts_place_commits_xa(s, err);

	if (rc <= 0)
		return rc < 0 ? -1 : DTS_PLACE_SAFE;
	if (!gtid)
		return DTS_PLACE_AHEAD;
	rc = wait_for_owned(s, err);
	/* Where nothing has come meanwhile, this has the GTIDs that were late. */
	if (rc > 0 && ask_log_status(s, gtid, &again, err) < 0)
		rc = -1;
	if (rc > 0 && again.file[0] && dts_position_compare(p, &again) == 0)
		dts_position_copy(p, &again);
	dts_position_release(&again);
	return rc < 0 ? -1 : rc ? DTS_PLACE_SAFE : DTS_PLACE_AHEAD;
}

int dts_place_now(struct dts_session *s, bool gtid, struct dts_position *p, struct dts_error *err)
{
	int rc = ask_log_status(s, gtid, p, err);

	if (rc != 0)
		return rc < 0 ? -1 : settle_xa(s, gtid, p, err);
	rc = ask_place(s, dts_source_status_sql(s), 4, gtid, p, err);
	return rc <= 0 ? rc : DTS_PLACE_AHEAD;
}

/* --- MariaDB: who is committing by XA now */

/* What is logged and not yet committed is a statement that is running: by its connection and number. "Busy" is one
 * whose data the server could not look at, "Killed" may have been so inside of XA COMMIT, and events run under
 * "Connect". Replication threads may have no text, and no state. */
#define RUNNING_XA \
	" FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID()" \
	" AND (COMMAND IN ('Query','Execute','Busy','Killed') AND INFO IS NULL" \
	" OR COMMAND NOT IN ('Sleep','Slave_SQL','Slave_worker') AND INFO LIKE '%XA%COMMIT%'" \
	" OR COMMAND IN ('Slave_SQL','Slave_worker') AND COALESCE(STATE, '') NOT LIKE 'Slave has read all%'" \
	" AND COALESCE(STATE, '') NOT LIKE 'Waiting for %work%')"

/* Are the connections of others shown to this account? 1, 0, -1. */
static int sees_others(struct dts_session *s, struct dts_error *err)
{
	struct dts_error why = DTS_ERROR_INIT;
	struct dts_buf unused = {0};
	/* This needs the same privilege, and says so instead of showing less. */
	int rc = dts_session_value(s, DTS_LIT("SELECT COUNT(*) FROM information_schema.INNODB_TRX"), &unused, &why);

	dts_buf_release(&unused);
	if (rc < 0 && why.status == DTS_AGAIN) {
		*err = why;
		return -1;
	}
	return rc > 0;
}

/* Waits until the statements that run now have ended. 1; 0: that takes too long; -1. */
static int wait_for_running(struct dts_session *s, struct dts_error *err)
{
	struct dts_buf running = {0}, sql = {0}, count = {0};
	int rc = dts_session_value(s, DTS_LIT("SELECT GROUP_CONCAT(ID, ',', QUERY_ID SEPARATOR '),(')" RUNNING_XA), &running, err), ended = rc == 0;

	for (int i = 0; rc > 0 && !ended && i < 500; i++) {
		dts_buf_clear(&sql);
		dts_buf_adds(&sql, "SELECT COUNT(*), SLEEP(0.002)" RUNNING_XA " AND (ID, QUERY_ID) IN ((");
		dts_buf_add_slice(&sql, dts_buf_slice(&running));
		dts_buf_adds(&sql, "))");
		dts_buf_clear(&count);
		rc = dts_session_value(s, dts_buf_slice(&sql), &count, err);
		ended = rc > 0 && strcmp(dts_buf_text(&count), "0") == 0;
	}
	dts_buf_release(&running);
	dts_buf_release(&sql);
	dts_buf_release(&count);
	return rc < 0 ? -1 : ended;
}

int dts_place_settled(struct dts_session *s, struct dts_position *p, struct dts_error *err)
{
	int rc = sees_others(s, err);

	if (rc <= 0)
		return rc < 0 ? -1 : DTS_PLACE_NONE;
	if (dts_session_run(s, DTS_LIT("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"), err) < 0 ||
	    dts_place_of_snapshot(s, p, err) < 0)
		return -1;
	rc = wait_for_running(s, err);
	return rc < 0 ? -1 : rc ? DTS_PLACE_SAFE : DTS_PLACE_AHEAD;
}
