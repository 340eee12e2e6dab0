#include "mysql/lock.h"
#include "mysql/place.h"
#include "mysql/source.h"

/*
 * MariaDB tells the position of a session's snapshot itself, without a lock
 * (Knowledge Base, "Enhancements for START TRANSACTION WITH CONSISTENT SNAPSHOT"). Where
 * transactions are committed by XA that is its high mark only, as it turned out (place.c).
 *
 * MySQL does not, and writes its log before the engine commits. Tried on 9.7
 * with four writers: of 1500 snapshots that began behind a SHOW BINARY LOG STATUS,
 * 54 did not have all that its position says. Of 1500 behind performance_schema.log_status
 * (Reference Manual, "The log_status Table") none lacked anything, and its GTID
 * set was always just what its file and offset say. XA COMMIT is the exception (place.c); of 1000
 * such snapshots that waited none lacked anything, but a GTID set may be a little behind
 * where the log did not rest.
 *
 * One common position for all sessions is had
 *
 *  1. in a quiet moment: the snapshots begin as closely together as can be. On MariaDB
 *     all tell the same position, with XA the one that was settled before; on MySQL log_status
 *     is the same before and behind all of them, so nothing was committed between, and it is exact.
 *  2. under a lock. BACKUP STAGE BLOCK_COMMIT (MariaDB) and FLUSH TABLES WITH READ LOCK
 *     stop all commits. LOCK TABLES ... READ: as long as we hold it, no transaction is under
 *     way that has changed one of these tables. Snapshots and a position that are taken
 *     meanwhile fit exactly, for these tables; others may go on.
 *     Tried with a long SELECT, a long UPDATE and an open transaction that has changed
 *     a table: BACKUP STAGE waits for none of them. LOCK TABLES waits for the last two,
 *     and meanwhile writers pass it. FLUSH TABLES WITH READ LOCK waits for the UPDATE,
 *     on MySQL also for the SELECT, and all writing waits with it; on MySQL even when it
 *     gave up, who wanted to read a table that the SELECT was reading waited until the
 *     end of that. So it is never chosen by itself.
 *
 * Else each session has its own: exact on MariaDB without XA, else where the log
 * rests for that one snapshot; else where the log ends before and behind it
 * are the marks between which it stands.
 */
enum { QUIET_TRIES = 10 };

struct attempt {
	struct dts_source *source;
	struct dts_session *sessions;
	size_t count;
	const struct dts_tables *tables;
	enum dts_lock lock;
	struct dts_snapshot *at;
	struct dts_list *notes;
	bool gtid;           /* MySQL: transactions have GTIDs */
	bool told;           /* MariaDB without XA: each session tells where it stands */
	bool safe;           /* else: where the log ends is told so that it is a low mark */
	bool unseen;         /* else: the account may not know */
	double locked;       /* milliseconds; <0: there was no lock */
	enum dts_lock used;
	struct dts_error why; /* why there is no common position */
};

static const char begin_sql[] = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";

static int no_log(const struct dts_session *s, struct dts_error *err)
{
	dts_fail(err, DTS_REFUSED, "server %s writes no binary log, so there is no position to go on from", s->label);
	return dts_hint(err, "start it with log_bin, binlog_format=ROW and binlog_row_metadata=FULL");
}

void dts_snapshot_release(struct dts_snapshot *at)
{
	if (!at)
		return;
	dts_position_release(&at->low);
	dts_position_release(&at->high);
	*at = (struct dts_snapshot){0};
}

static void set_exact(struct dts_snapshot *at, const struct dts_position *p)
{
	dts_position_copy(&at->low, p);
	dts_position_copy(&at->high, p);
	at->exact = true;
}

/* Without isolation REPEATABLE READ there is no consistent snapshot. */
static int prepare(struct dts_session *s, struct dts_error *err)
{
	return dts_session_run(s, DTS_LIT("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ"), err);
}

/* All are asked before the first is waited for, so that they begin close together. */
static int begin(struct dts_session *sessions, size_t count, struct dts_error *err)
{
	size_t sent = 0;
	int rc = 0;

	while (sent < count && mysql_send_query(sessions[sent].mysql, begin_sql, sizeof begin_sql - 1) == 0)
		sent++;
	if (sent < count)
		rc = dts_session_fail(&sessions[sent], err, "statement failed on");
	for (size_t i = 0; i < sent; i++)
		if (mysql_read_query_result(sessions[i].mysql) != 0 && rc == 0)
			rc = dts_session_fail(&sessions[i], err, "statement failed on");
	return rc;
}

/* --- where the snapshots stand */

/* MariaDB: asks each session. 1: all stand at the same place, 0, -1. */
static int ask_all(struct attempt *a, struct dts_error *err)
{
	int same = 1;

	for (size_t i = 0; i < a->count; i++) {
		struct dts_snapshot *at = &a->at[i];
		if (dts_place_of_snapshot(&a->sessions[i], &at->low, err) < 0)
			return -1;
		if (!at->low.file[0])
			return no_log(&a->sessions[i], err);
		dts_gtids_clear(&at->low.gtid);
		set_exact(at, &at->low);
		same = same && dts_position_compare(&a->at[0].low, &at->low) == 0;
	}
	return same;
}

/* MariaDB: begins and asks each. 1: all stand at the same place; 0: they do not, or the server's first XA COMMIT came
 * meanwhile, so that they cannot tell (a->told); -1. */
static int begin_told(struct attempt *a, struct dts_error *err)
{
	if (begin(a->sessions, a->count, err) < 0)
		return -1;
	int same = ask_all(a, err), xa = same < 0 ? -1 : dts_place_commits_xa(a->sessions, err);

	a->told = xa == 0;
	return xa < 0 ? -1 : a->told && same;
}

/* Begins between two looks at the log. 1: it rested; 0: it did not, or we may
 * not look (a->safe); -1. `at` gets the marks of all of them. */
static int begin_between(struct attempt *a, size_t first, size_t count, struct dts_error *err)
{
	struct dts_session *s = &a->sessions[first];
	struct dts_snapshot *at = &a->at[first];
	bool mysql = s->family == DTS_MYSQL;
	int rc = mysql ? dts_place_now(s, a->gtid, &at->low, err) : dts_place_settled(s, &at->low, err);
	int rested = 1;

	a->safe = rc == DTS_PLACE_SAFE;
	a->unseen = rc == DTS_PLACE_NONE;
	if (!a->safe)
		return rc < 0 ? -1 : 0;
	if (!mysql && !at->low.file[0])
		return no_log(s, err);
	if (begin(s, count, err) < 0 || (mysql && dts_place_now(s, a->gtid, &at->high, err) < 0))
		return -1;
	for (size_t i = 0; i < count; i++) {
		dts_position_copy(&at[i].low, &at->low);
		if (mysql)
			dts_position_copy(&at[i].high, &at->high);
		else if (dts_place_of_snapshot(&s[i], &at[i].high, err) < 0)
			return -1;
		at[i].exact = dts_position_compare(&at[i].low, &at[i].high) == 0;
		rested = rested && at[i].exact;
	}
	return rested;
}

/* Why begin_between() or begin_told() came to no common position. */
static void say_why(struct attempt *a)
{
	if (a->told || a->safe)
		dts_fail(&a->why, DTS_AGAIN, "transactions are committed all the time");
	else if (a->sessions->family == DTS_MYSQL)
		dts_fail(&a->why, DTS_REFUSED, "the account may not read performance_schema.log_status, or XA transactions are in the way");
	else if (a->unseen)
		dts_fail(&a->why, DTS_REFUSED, "transactions are committed by XA, and the account may not see which are under way (PROCESS)");
	else
		dts_fail(&a->why, DTS_AGAIN, "a transaction that is committed by XA takes long");
}

/* --- the ways to it. 1: one common position, 0: not, -1. */

static int quiet(struct attempt *a, struct dts_error *err)
{
	int rc = 0;

	for (int i = 0; i < QUIET_TRIES && rc == 0; i++) {
		if (!a->told) {
			rc = begin_between(a, 0, a->count, err);
			if (rc == 0 && !a->safe)
				break;
		} else {
			rc = begin_told(a, err);
		}
	}
	if (rc == 0)
		say_why(a);
	return rc;
}

/* LOCK TABLES does not keep an XA transaction whose session has gone from being committed: the log has to rest, too. */
static bool is_passed_by_xa(const struct attempt *a, enum dts_lock kind)
{
	return kind == DTS_LOCK_TABLES && a->sessions->family == DTS_MARIADB && !a->told;
}

/* Begins while the lock is held; reads where the log ends if no session will tell. 1, 0: why, -1. */
static int begin_locked(struct attempt *a, enum dts_lock kind, struct dts_position *place, struct dts_error *err)
{
	if (is_passed_by_xa(a, kind)) {
		int rc = 0;
		for (int i = 0; i < QUIET_TRIES && rc == 0 && (i == 0 || a->safe); i++)
			rc = begin_between(a, 0, a->count, err);
		if (rc == 0)
			say_why(a);
		return rc;
	}
	if (a->sessions->family == DTS_MYSQL) {
		int rc = dts_place_now(a->sessions, a->gtid, place, err);
		if (rc < 0)
			return -1;
		if (rc == DTS_PLACE_NONE) {
			dts_fail(&a->why, DTS_REFUSED, "it does not say where its log ends");
			dts_hint(&a->why, "grant the account REPLICATION CLIENT");
			return 0;
		}
	}
	return begin(a->sessions, a->count, err) < 0 ? -1 : 1;
}

/* What the sessions that began under the lock say. 1, 0: why, -1. */
static int settle_locked(struct attempt *a, enum dts_lock kind, const struct dts_position *place, struct dts_error *err)
{
	const struct dts_position *lowest = place;

	if (is_passed_by_xa(a, kind))
		return 1;
	if (a->sessions->family == DTS_MARIADB) {
		int same = ask_all(a, err), xa = same < 0 ? -1 : dts_place_commits_xa(a->sessions, err);
		if (xa < 0)
			return -1;
		a->told = !xa;
		if (is_passed_by_xa(a, kind)) {
			dts_fail(&a->why, DTS_AGAIN, "the first transaction was committed by XA under %s", dts_source_lock_name(kind));
			return 0;
		}
		/* LOCK TABLES lets transactions pass that are about other tables; nothing
		 * of ours is between these positions. */
		if (!same && kind != DTS_LOCK_TABLES) {
			dts_fail(&a->why, DTS_AGAIN, "transactions were committed under %s", dts_source_lock_name(kind));
			return 0;
		}
		lowest = &a->at[0].low;
		for (size_t i = 1; i < a->count; i++)
			if (dts_position_compare(&a->at[i].low, lowest) < 0)
				lowest = &a->at[i].low;
	}
	struct dts_position common = {0};
	dts_position_copy(&common, lowest);
	for (size_t i = 0; i < a->count; i++)
		set_exact(&a->at[i], &common);
	dts_position_release(&common);
	return 1;
}

static int locked(struct attempt *a, enum dts_lock kind, struct dts_error *err)
{
	struct dts_source_lock lock;
	struct dts_position place = {0};

	a->why = (struct dts_error)DTS_ERROR_INIT;
	if (dts_source_lock_take(&lock, a->source->connect, kind, a->tables, &a->why) < 0)
		return 0;
	int rc = begin_locked(a, kind, &place, err);
	if (rc > 0 && dts_source_lock_end(&lock, &a->locked, &a->why) < 0)
		rc = 0;
	dts_source_lock_drop(&lock);
	if (rc > 0)
		rc = settle_locked(a, kind, &place, err);
	if (rc > 0)
		a->used = kind;
	else
		a->locked = -1;
	dts_position_release(&place);
	return rc;
}

/* Each session by itself. 0: their marks are known; -1. */
static int apart(struct attempt *a, struct dts_error *err)
{
	/* A lock that failed may have let new snapshots begin. */
	if (a->told && begin_told(a, err) < 0)
		return -1;
	if (a->told)
		return 0;
	for (size_t i = 0; i < a->count; i++) {
		int rc = 0;
		for (int n = 0; n < QUIET_TRIES && rc == 0; n++) {
			rc = begin_between(a, i, 1, err);
			if (rc == 0 && !a->safe) {
				dts_fail(err, a->why.status == DTS_AGAIN ? DTS_AGAIN : DTS_REFUSED,
					 "the position of a snapshot is not to be had: %s", a->why.message);
				return dts_hint(err, a->sessions->family == DTS_MARIADB
						? "grant the account RELOAD, for a lock of some milliseconds, or PROCESS"
						: "grant the account BACKUP_ADMIN, or LOCK TABLES on the databases and REPLICATION CLIENT;"
						  " if the tables are in use, try again when no long transaction has changed them");
			}
		}
		if (rc < 0)
			return -1;
	}
	return 0;
}

/* --- all of it */

static void add_place(struct dts_buf *line, const struct dts_position *p)
{
	dts_buf_addf(line, "%s:%llu", p->file, (unsigned long long)p->offset);
}

static void note(struct attempt *a, bool common)
{
	struct dts_buf line = {0};
	const char *s = a->count > 1 ? "s" : "";

	/* One reader at one position is no news, but for a lock that was asked for. */
	if (common && a->count == 1 && a->lock == DTS_LOCK_AUTO)
		return;
	if (common) {
		dts_buf_addf(&line, "%zu reader%s at one position, ", a->count, s);
		add_place(&line, &a->source->pos);
		if (a->locked < 0)
			dts_buf_adds(&line, ", without a lock");
		else
			dts_buf_addf(&line, ", under %s, held %.0f ms", dts_source_lock_name(a->used), a->locked < 1 ? 1 : a->locked);
	} else {
		size_t exact = 0;
		for (size_t i = 0; i < a->count; i++)
			exact += a->at[i].exact;
		dts_buf_addf(&line, "%zu reader%s", a->count, s);
		if (exact == a->count)
			dts_buf_adds(&line, " at positions of their own");
		else if (exact > 0)
			dts_buf_addf(&line, ", %zu at no exact position,", a->count - exact);
		else
			dts_buf_adds(&line, " at no exact position");
		dts_buf_adds(&line, " between ");
		add_place(&line, &a->source->pos);
		dts_buf_adds(&line, " and ");
		add_place(&line, &a->source->high);
		dts_buf_addf(&line, ": changes between are applied so that they may repeat (%s)", a->why.message);
	}
	dts_list_add(a->notes, dts_buf_text(&line));
	dts_buf_release(&line);
}

/* Sets source->pos and its kin from what the sessions have. */
static int settle(struct attempt *a, struct dts_error *err)
{
	struct dts_source *source = a->source;
	const struct dts_position *low = &a->at[0].low, *high = &a->at[0].high;
	bool exact = true;

	for (size_t i = 0; i < a->count; i++) {
		exact = exact && a->at[i].exact;
		if (dts_position_compare(&a->at[i].low, low) < 0)
			low = &a->at[i].low;
		if (dts_position_compare(&a->at[i].high, high) > 0)
			high = &a->at[i].high;
	}
	dts_position_copy(&source->pos, low);
	dts_position_copy(&source->high, high);
	source->windowed = !exact || dts_position_compare(low, high) != 0;
	/* Only here, since the server reads its log for it. */
	if (a->sessions->family == DTS_MARIADB && (dts_place_gtid(a->sessions, &source->pos, err) < 0 ||
	    (source->windowed && dts_place_gtid(a->sessions, &source->high, err) < 0)))
		return -1;
	note(a, !source->windowed);
	return 0;
}

static int choose(struct attempt *a, struct dts_error *err)
{
	bool asked = a->lock != DTS_LOCK_AUTO && a->lock != DTS_LOCK_NONE;
	int rc = 0;

	if (!asked)
		rc = quiet(a, err);
	if (asked) {
		rc = locked(a, a->lock, err);
		if (rc == 0) {
			*err = a->why;
			return -1;
		}
	} else if (rc == 0 && a->lock == DTS_LOCK_AUTO) {
		rc = locked(a, a->sessions->family == DTS_MARIADB ? DTS_LOCK_BACKUP : DTS_LOCK_TABLES, err);
	}
	return rc != 0 ? rc : apart(a, err);
}

int dts_source_snapshots(struct dts_source *source, struct dts_session *sessions, size_t count,
			 const struct dts_tables *tables, enum dts_lock lock, struct dts_snapshot *at,
			 struct dts_list *notes, struct dts_error *err)
{
	struct attempt a = {.source = source, .sessions = sessions, .count = count, .tables = tables,
			    .lock = lock, .at = at, .notes = notes, .locked = -1};
	bool log;

	source->windowed = false;
	if (sessions->family == DTS_MYSQL) {
		if (dts_place_settings(sessions, &log, &a.gtid, err) < 0)
			return -1;
		if (!log)
			return no_log(sessions, err);
	} else {
		int xa = dts_place_commits_xa(sessions, err);
		if (xa < 0)
			return -1;
		a.told = !xa;
	}
	for (size_t i = 0; i < count; i++)
		if (prepare(&sessions[i], err) < 0)
			return -1;
	return choose(&a, err) < 0 ? -1 : settle(&a, err);
}

int dts_source_position(struct dts_source *source, struct dts_session *s, struct dts_error *err)
{
	bool log, gtid;

	source->windowed = false;
	if (s->family == DTS_MARIADB) {
		if (prepare(s, err) < 0 || begin(s, 1, err) < 0 || dts_place_of_snapshot(s, &source->pos, err) < 0 ||
		    (source->pos.file[0] && dts_place_gtid(s, &source->pos, err) < 0))
			return -1;
		return dts_session_run(s, DTS_LIT("ROLLBACK"), err);
	}
	if (dts_place_settings(s, &log, &gtid, err) < 0)
		return -1;
	/* Ahead is good enough here: a statement that is logged and not yet there
	 * still has its table locked, and reading the definition waits for that. */
	return log && dts_place_now(s, gtid, &source->pos, err) < 0 ? -1 : 0;
}
