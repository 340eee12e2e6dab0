#include "mysql/quote.h"
#include "mysql/source.h"

/*
 * MariaDB tells the position of a session's snapshot itself, without a lock
 * (Knowledge Base, "Enhancements for START TRANSACTION WITH CONSISTENT SNAPSHOT").
 *
 * MySQL does not, and writes its log before the engine commits. Tried on 9.7
 * with four writers: of 1500 snapshots that began behind a SHOW BINARY LOG STATUS,
 * 54 did not have all that its position says. Of 1500 behind performance_schema.log_status
 * (Reference Manual, "The log_status Table") none lacked anything, and its GTID
 * set was always just what its file and offset say. So:
 *
 *  1. log_status, snapshot, log_status: where both are the same, nothing was
 *     committed between, and the position is exact.
 *  2. LOCK TABLES ... READ: as long as we hold it, no transaction is under way that
 *     has changed one of these tables. A snapshot and a position that are taken
 *     meanwhile fit exactly, for these tables.
 *     FLUSH TABLES WITH READ LOCK would do more harm: it has the tables closed, and
 *     even when it gave up after a second, who wanted to read a table that
 *     a long query was reading waited until the end of that query (tried).
 *  3. Else the two positions of the last try are the window in which the snapshot stands.
 */
enum {
	QUIET_TRIES = 10,
	LOCK_SECONDS = 3,  /* those who would write to the tables wait with us */
	ALONE_SECONDS = 20, /* should we be gone without a word, the server ends the lock */
};

enum place { PLACE_NONE, PLACE_AHEAD, PLACE_SAFE }; /* see read_place() */

static bool is_denied(const struct dts_session *s)
{
	switch (mysql_errno(s->mysql)) {
	case 1044: /* ER_DBACCESS_DENIED_ERROR */
	case 1142: /* ER_TABLEACCESS_DENIED_ERROR */
	case 1227: /* ER_SPECIFIC_ACCESS_DENIED_ERROR */
		return true;
	default:
		return false;
	}
}

static int no_log(const struct dts_session *s, struct dts_error *err)
{
	dts_fail(err, DTS_REFUSED, "server %s writes no binary log, so there is no position to go on from", s->label);
	return dts_hint(err, "start it with log_bin, binlog_format=ROW and binlog_row_metadata=FULL");
}

static int begin(struct dts_session *s, struct dts_error *err)
{
	return dts_session_run(s, DTS_LIT("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ;"
					  "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"), err);
}

/* --- MariaDB */

/* File and offset of the snapshot that this session has just begun. */
static int read_snapshot_position(struct dts_source *source, struct dts_session *s, struct dts_error *err)
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
		dts_position_set(&source->pos, dts_buf_slice(&file), n);
	dts_buf_release(&file);
	dts_buf_release(&offset);
	return 0;
}

static int read_gtid_position(struct dts_source *source, struct dts_session *s, struct dts_error *err)
{
	struct dts_buf sql = {0}, text = {0};

	dts_gtids_clear(&source->pos.gtid);
	dts_buf_adds(&sql, "SELECT BINLOG_GTID_POS(");
	dts_sql_literal(&sql, dts_slice_of(source->pos.file));
	dts_buf_addf(&sql, ", %llu)", (unsigned long long)source->pos.offset);
	int rc = dts_session_value(s, dts_buf_slice(&sql), &text, err);
	if (rc > 0) /* nothing may mean that it did not look */
		rc = dts_gtids_parse(&source->pos.gtid, dts_buf_slice(&text), DTS_GTID_NONE, err);
	dts_buf_release(&sql);
	dts_buf_release(&text);
	return rc < 0 ? -1 : 0;
}

static int mariadb_snapshot(struct dts_source *source, struct dts_session *s, struct dts_error *err)
{
	if (begin(s, err) < 0 || read_snapshot_position(source, s, err) < 0)
		return -1;
	return !source->pos.file[0] ? 0 : read_gtid_position(source, s, err);
}

/* --- MySQL */

/* Is there a log, and are its transactions named by GTIDs? */
static int read_settings(struct dts_session *s, bool *log, bool *gtid, struct dts_error *err)
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

/* Reads where the log ends. PLACE_SAFE: a snapshot that begins after it has all that
 * was logged before; PLACE_AHEAD: it may not; PLACE_NONE: the account may not know; -1. */
static int read_place(struct dts_session *s, bool gtid, struct dts_position *p, struct dts_error *err)
{
	int rc = ask_place(s, DTS_LIT("SELECT LOCAL->>'$.binary_log_file', LOCAL->>'$.binary_log_position',"
				      " LOCAL->>'$.gtid_executed' FROM performance_schema.log_status"), 2, gtid, p, err);

	if (rc != 0)
		return rc < 0 ? -1 : PLACE_SAFE;
	rc = ask_place(s, dts_source_status_sql(s), 4, gtid, p, err);
	return rc <= 0 ? rc : PLACE_AHEAD;
}

/* 1: the position is exact; 0: it was not to be had; -1. `safe`: source->pos is a low mark,
 * source->high a high one, of the snapshot that has begun. */
static int quiet_snapshot(struct dts_source *source, struct dts_session *s, bool gtid, bool *safe, struct dts_error *err)
{
	*safe = false;
	for (int i = 0; i < QUIET_TRIES; i++) {
		int rc = read_place(s, gtid, &source->pos, err);
		if (rc < 0)
			return -1;
		if (rc != PLACE_SAFE)
			return 0;
		if (begin(s, err) < 0 || read_place(s, gtid, &source->high, err) < 0)
			return -1;
		*safe = true;
		if (dts_position_compare(&source->pos, &source->high) == 0)
			return 1;
	}
	return 0;
}

/* 1: locked; 0: denied or in use, with the reason; -1. */
static int lock_tables(struct dts_session *locker, const struct dts_tables *tables, struct dts_error *why,
		       struct dts_error *err)
{
	struct dts_buf sql = {0};

	dts_buf_addf(&sql, "SET SESSION lock_wait_timeout=%d, wait_timeout=%d;LOCK TABLES ", LOCK_SECONDS, ALONE_SECONDS);
	for (size_t i = 0; i < tables->count; i++) {
		dts_buf_adds(&sql, i > 0 ? "," : "");
		dts_sql_table(&sql, tables->items[i].db, tables->items[i].name);
		dts_buf_adds(&sql, " READ");
	}
	int rc = dts_session_run(locker, dts_buf_slice(&sql), why);
	dts_buf_release(&sql);
	if (rc == 0)
		return 1;
	dts_where(why, "cannot lock the tables");
	if (is_denied(locker) || mysql_errno(locker->mysql) == 1205) /* ER_LOCK_WAIT_TIMEOUT */
		return 0;
	*err = *why;
	return -1;
}

/* As quiet_snapshot(), but with the reason in `why` for a 0. Nothing stays
 * locked: when the connection ends, whyever, so does the lock. */
static int locked_snapshot(struct dts_source *source, struct dts_session *s, const struct dts_tables *tables, bool gtid,
			   struct dts_error *why, struct dts_error *err)
{
	struct dts_session locker;
	struct dts_position place = {0};
	int rc = 1;

	if (dts_session_open(&locker, source->connect, err) < 0)
		return -1;
	if (tables->count > 0)
		rc = lock_tables(&locker, tables, why, err);
	if (rc > 0)
		rc = read_place(s, gtid, &place, err);
	if (rc == PLACE_NONE && !why->message[0])
		dts_fail(why, DTS_REFUSED, "it does not say where its log ends");
	if (rc > 0)
		rc = begin(s, err) < 0 ? -1 : 1;
	/* This tells that the lock was there all the time. */
	if (rc > 0 && dts_session_run(&locker, DTS_LIT("UNLOCK TABLES"), err) < 0)
		rc = -1;
	if (rc > 0)
		dts_position_copy(&source->pos, &place);
	dts_position_release(&place);
	dts_session_close(&locker);
	return rc;
}

static int mysql_snapshot(struct dts_source *source, struct dts_session *s, const struct dts_tables *tables,
			  struct dts_list *notes, struct dts_error *err)
{
	struct dts_error why = DTS_ERROR_INIT;
	struct dts_buf line = {0};
	bool log, gtid, safe;
	int rc;

	if (read_settings(s, &log, &gtid, err) < 0)
		return -1;
	if (!log)
		return no_log(s, err);
	rc = quiet_snapshot(source, s, gtid, &safe, err);
	if (rc == 0)
		rc = locked_snapshot(source, s, tables, gtid, &why, err);
	if (rc != 0) {
		source->windowed = false;
		return rc < 0 ? -1 : 0;
	}
	if (!safe) {
		dts_fail(err, why.status == DTS_AGAIN ? DTS_AGAIN : DTS_REFUSED, "the position of a snapshot is not to be had: %s",
			 why.message);
		return dts_hint(err, "grant the account BACKUP_ADMIN, or LOCK TABLES on the databases and REPLICATION CLIENT;"
				     " if the tables are in use, try again when no long transaction has changed them");
	}
	source->windowed = true;
	dts_buf_addf(&line, "no exact position: transactions are committed all the time, and %s", why.message);
	dts_list_add(notes, dts_buf_text(&line));
	dts_buf_clear(&line);
	dts_buf_addf(&line, "the rows are between %s:%llu and %s:%llu of the log, where changes will be applied so that they may repeat",
		     source->pos.file, (unsigned long long)source->pos.offset, source->high.file,
		     (unsigned long long)source->high.offset);
	dts_list_add(notes, dts_buf_text(&line));
	dts_buf_release(&line);
	return 0;
}

int dts_source_snapshot(struct dts_source *source, struct dts_session *s, const struct dts_tables *tables,
			struct dts_list *notes, struct dts_error *err)
{
	source->windowed = false;
	if (s->family == DTS_MYSQL)
		return mysql_snapshot(source, s, tables, notes, err);
	if (mariadb_snapshot(source, s, err) < 0)
		return -1;
	return source->pos.file[0] ? 0 : no_log(s, err);
}

int dts_source_position(struct dts_source *source, struct dts_session *s, struct dts_error *err)
{
	bool log, gtid;

	source->windowed = false;
	if (s->family == DTS_MARIADB)
		return mariadb_snapshot(source, s, err) < 0 ? -1 : dts_session_run(s, DTS_LIT("ROLLBACK"), err);
	if (read_settings(s, &log, &gtid, err) < 0)
		return -1;
	/* Ahead is good enough here: a statement that is logged and not yet there
	 * still has its table locked, and reading the definition waits for that. */
	return log && read_place(s, gtid, &source->pos, err) < 0 ? -1 : 0;
}
