#ifndef DTS_MYSQL_SESSION_H
#define DTS_MYSQL_SESSION_H

#include <mysql.h>

#include "base/options.h"
#include "base/output.h"

/* How to reach a server: what -g, -h, --ssl-mode and their kin say. All zero is
 * what the client's own option files say in [client] and [dts]. */
struct dts_connect_options {
	const char *group; /* -g NAME: [client] and [dts-NAME] are read */
	const char *defaults_file;
	const char *host, *user, *socket, *database;
	const char *password_file;
	bool ask_password; /* -p: from the terminal, once for all connections with these options */
	uint64_t port;
	const char *ssl_mode, *ssl_ca, *ssl_cert, *ssl_key;
	uint64_t connect_timeout; /* seconds; 0: 10 */
};

/* The option table of those, for a tool's `groups`; points into `o`. Static, one a process. */
const struct dts_option *dts_connect_option_table(struct dts_connect_options *o);

enum dts_family { DTS_MARIADB, DTS_MYSQL };

/* One connection. */
struct dts_session {
	MYSQL *mysql;
	enum dts_family family;
	unsigned version;      /* 101119 for 10.11.19, 90700 for 9.7.0 */
	char version_text[64]; /* "10.11.19-MariaDB-..." as SELECT VERSION() says */
	char label[300];       /* for messages, quotes included: 'db1' (the group) or 'host:port' */
	/* MySQL's sql_generate_invisible_primary_key and sql_require_primary_key: on, and
	 * the account may not switch them off for this session. */
	bool adds_primary_key, needs_primary_key;
	struct dts_output *print;  /* what dts_session_run() would run goes there instead; borrowed; NULL: it runs */
	unsigned lower_case_names; /* lower_case_table_names: not 0 means that names are the same in any case */
};

/*
 * Connects and sets the session up for exact values: utf8mb4, time_zone
 * '+00:00', sql_mode STRICT_ALL_TABLES,ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO,
 * no statement time limit, no keys that MySQL adds to tables by itself,
 * CLIENT_FOUND_ROWS, CLIENT_MULTI_STATEMENTS, LOCAL INFILE only through a handler. TLS as --ssl-mode says: beyond the local machine the
 * default is verify-identity. -1: DTS_AGAIN when the server cannot be reached,
 * DTS_REFUSED when it denies access, DTS_USAGE on contradicting options.
 */
int dts_session_open(struct dts_session *s, const struct dts_connect_options *o, struct dts_error *err);
void dts_session_close(struct dts_session *s); /* closed and all zero are fine */

/* Breaks the connection off, so that freeing a result that is still being
 * streamed does not read all that is left of it. Close the session after it. */
void dts_session_abort(struct dts_session *s);

/* Results as raw column bytes (character_set_results=NULL), or as utf8mb4 again. */
int dts_session_raw_text(struct dts_session *s, bool raw, struct dts_error *err);

/* Puts the handler of LOAD DATA LOCAL back that gives no file out, as after
 * dts_session_open(); for who had another in its place. */
void dts_session_refuse_infile(struct dts_session *s);

/* For messages and the records' "src": the -g group, else what the server calls itself
 * (@@hostname, with ":port" when not 3306). Appends to `b`. */
int dts_session_source_name(struct dts_session *s, const struct dts_connect_options *o,
			    struct dts_buf *b, struct dts_error *err);

/* The server's identity: MySQL's server_uuid, MariaDB's server_uid where it has
 * one, else "<hostname>:<port>:<server_id>". Appends to `b`. */
int dts_session_server_id(struct dts_session *s, struct dts_buf *b, struct dts_error *err);

/* Runs one statement that returns no rows (rows are read and dropped). */
int dts_session_run(struct dts_session *s, struct dts_slice sql, struct dts_error *err);
int dts_session_runf(struct dts_session *s, struct dts_error *err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4))); /* no data through this: names and numbers that we made */

/* Writes a statement to s->print, with a semicolon, on a line of its own. */
int dts_session_print(struct dts_session *s, struct dts_slice sql, struct dts_error *err);

/* Runs one query and stores its result; free with mysql_free_result(). NULL on error. */
MYSQL_RES *dts_session_query(struct dts_session *s, struct dts_slice sql, struct dts_error *err);

/* The same, rows read from the network as they are fetched. */
MYSQL_RES *dts_session_stream(struct dts_session *s, struct dts_slice sql, struct dts_error *err);

/* First column of the first row appended to `b`: 1; NULL or no row: 0; -1 error. */
int dts_session_value(struct dts_session *s, struct dts_slice sql, struct dts_buf *b, struct dts_error *err);

/* Fills `err` from mysql_errno() of the session: status by cause (lost connection,
 * deadlock, lock wait, read-only, disk full: DTS_AGAIN; access and all else:
 * DTS_REFUSED; purged binlog: DTS_GONE), the server's words, "what" in front. -1. */
int dts_session_fail(struct dts_session *s, struct dts_error *err, const char *what);

/* The status of such a failure: what the server's number and words mean. */
enum dts_status dts_status_of_errno(unsigned number, const char *text);

/* Is this errno one after which the same transaction may be tried again at once
 * (deadlock, lock wait timeout)? */
bool dts_errno_retry(unsigned number);
/* Is this warning about the words of a statement, not about what it does? */
bool dts_warning_is_deprecation(unsigned number);

#endif
