#include <errmsg.h>
#include <mysqld_error.h>

#include "mysql/session.h"

/*
 * Numbers by value where the headers of one client do not name them: this has
 * to compile with both, and either may talk to either server.
 */
enum {
	FILE_WRITE_ERROR = 3,             /* EE_WRITE, as servers pass it on */
	RECORD_CHANGED = 1020,            /* MariaDB with innodb_snapshot_isolation */
	DISK_FULL = 1021,
	ENGINE_ERROR = 1030,
	LOCK_WAIT_TIMEOUT = 1205,
	DEADLOCK = 1213,
	BINLOG_READ = 1236,
	OPTION_PREVENTS = 1290,
	GTID_NOT_IN_BINLOG = 1945,        /* MariaDB */
	GTID_NOT_IN_BINLOG_2 = 1955,      /* MariaDB */
	PURGED_GTIDS = 1789,              /* MySQL */
	ROLLED_BACK_AT_COMMIT = 3101,     /* MySQL: another member of the group was first */
	MUST_CHANGE_PASSWORD = 1820,
};

/* A later try of the same command may succeed. */
static const unsigned again[] = {
	CR_CONNECTION_ERROR, CR_CONN_HOST_ERROR, CR_IPSOCK_ERROR, CR_SOCKET_CREATE_ERROR, CR_UNKNOWN_HOST,
	CR_SERVER_GONE_ERROR, CR_SERVER_LOST, CR_SERVER_HANDSHAKE_ERR, CR_MALFORMED_PACKET,
#ifdef CR_SERVER_LOST_EXTENDED
	CR_SERVER_LOST_EXTENDED,
#endif
	RECORD_CHANGED, DISK_FULL, LOCK_WAIT_TIMEOUT, DEADLOCK,
	1037, 1038, 1041, /* out of memory */
	1040,             /* too many connections */
	1047,             /* a cluster node that is not ready */
	1053,             /* shutdown in progress */
	1114,             /* the table is full */
	1135,             /* cannot create a thread */
	1152, 1158, 1159, 1160, 1161, 1184, /* the network, as the server saw it */
	1203, 1226,       /* too many connections of this user */
	1206,             /* too many locks */
	1317,             /* the query was interrupted */
	1412,             /* the table was changed under a snapshot */
	1461,             /* too many prepared statements */
	1615,             /* a prepared statement's tables have changed again and again */
	1637,             /* too many transactions */
	1836,             /* read-only mode */
	1927,             /* the connection was killed */
	1969, 3024,       /* the time for a statement is over */
	3032, 3168,       /* MySQL: offline mode, not available */
	ROLLED_BACK_AT_COMMIT,
	3169,             /* the session was killed */
	4031,             /* disconnected for inactivity */
};

bool dts_errno_retry(unsigned number)
{
	return number == DEADLOCK || number == LOCK_WAIT_TIMEOUT || number == RECORD_CHANGED ||
	       number == ROLLED_BACK_AT_COMMIT;
}

/* The server says in words only which of several things happened. */
static bool says(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strcasestr(text, *words))
			return true;
	return false;
}

static enum dts_status binlog_status(const char *text)
{
	static const char *const gone[] = {"purged", "could not find", "impossible position",
					   "not in the master's binlog", "missing", NULL};

	return says(text, gone) ? DTS_GONE : DTS_REFUSED;
}

enum dts_status dts_status_of_errno(unsigned number, const char *text)
{
	static const char *const full[] = {"error 28", "no space left", "errcode: 28", NULL};
	static const char *const read_only[] = {"read-only", "read_only", NULL};
	/* While TLS began, that is; Oracle's library has no words for it. */
	static const char *const cut[] = {"unexpected eof", "reset by peer", "broken pipe", "error:00000000:", NULL};

	for (size_t i = 0; i < sizeof again / sizeof again[0]; i++)
		if (number == again[i])
			return DTS_AGAIN;
	switch (number) {
	case BINLOG_READ:
		return binlog_status(text);
	case GTID_NOT_IN_BINLOG:
	case GTID_NOT_IN_BINLOG_2:
	case PURGED_GTIDS:
		return DTS_GONE;
	case CR_SSL_CONNECTION_ERROR:
		return says(text, cut) ? DTS_AGAIN : DTS_REFUSED;
	case OPTION_PREVENTS:
		return says(text, read_only) ? DTS_AGAIN : DTS_REFUSED;
	case FILE_WRITE_ERROR:
	case ENGINE_ERROR:
		return says(text, full) ? DTS_AGAIN : DTS_REFUSED;
	default:
		return DTS_REFUSED;
	}
}

static bool lacks_privilege(unsigned number)
{
	switch (number) {
	case ER_DBACCESS_DENIED_ERROR:
	case ER_TABLEACCESS_DENIED_ERROR:
	case ER_COLUMNACCESS_DENIED_ERROR:
	case ER_SPECIFIC_ACCESS_DENIED_ERROR:
	case ER_PROCACCESS_DENIED_ERROR:
		return true;
	default:
		return false;
	}
}

int dts_session_fail(struct dts_session *s, struct dts_error *err, const char *what)
{
	unsigned number = s->mysql ? mysql_errno(s->mysql) : CR_SERVER_GONE_ERROR;
	const char *text = s->mysql ? mysql_error(s->mysql) : "not connected";

	enum dts_status status = dts_status_of_errno(number, text);
	/* That TLS cannot begin is for people; that it ends is a lost connection. */
	if (number == CR_SSL_CONNECTION_ERROR && s->version > 0)
		status = DTS_AGAIN;
	dts_fail(err, status, "%s%s%s: %s (error %u)", what, s->label[0] ? " " : "", s->label, text, number);
	if (number == MUST_CHANGE_PASSWORD)
		return dts_hint(err, "give the account a new password with ALTER USER");
	return lacks_privilege(number) ? dts_hint(err, "GRANT the account what it lacks, or use another account") : -1;
}

/*
 * What MySQL says of a word that will mean something else one day, and that has
 * its meaning still: no value is another for it. Numbers of the server's error
 * reference (ER_WARN_DEPRECATED_...).
 */
bool dts_warning_is_deprecation(unsigned number)
{
	static const unsigned numbers[] = {
		1287, /* a syntax with another in its place */
		1681, /* one without: display width, ZEROFILL, ... */
		3090, 3135, /* sql modes */
		3719, /* the name utf8 */
		3778, /* a collation of utf8mb3 */
	};

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		if (number == numbers[i])
			return true;
	return false;
}
