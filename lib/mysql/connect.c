#include <errno.h>
#include <fcntl.h>
#include <mysqld_error.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

#include "mysql/advice.h"
#include "mysql/optionfile.h"
#include "mysql/session.h"

const struct dts_option *dts_connect_option_table(struct dts_connect_options *o)
{
	static struct dts_option table[16];
	const struct dts_option entries[] = {
		{"group", 'g', DTS_OPTION_NAME, &o->group, "NAME", "read [client] and [dts-NAME] of the option files"},
		{"defaults-file", 0, DTS_OPTION_STRING, &o->defaults_file, "FILE", "the only option file to read"},
		{"host", 'h', DTS_OPTION_STRING, &o->host, "HOST", "the server's name or address"},
		{"port", 'P', DTS_OPTION_NUMBER, &o->port, "N", "the server's port"},
		{"user", 'u', DTS_OPTION_STRING, &o->user, "NAME", "the account to use"},
		{"socket", 'S', DTS_OPTION_STRING, &o->socket, "FILE", "the server's unix socket"},
		{"database", 'D', DTS_OPTION_STRING, &o->database, "DB", "the default database"},
		{"password-file", 0, DTS_OPTION_STRING, &o->password_file, "FILE", "read the password from the file's first line"},
		{"password", 'p', DTS_OPTION_FLAG, &o->ask_password, NULL, "ask for the password"},
		{"ssl-mode", 0, DTS_OPTION_STRING, &o->ssl_mode, "MODE",
		 "disabled, preferred, required, verify-ca or verify-identity"},
		{"ssl-ca", 0, DTS_OPTION_STRING, &o->ssl_ca, "FILE", "the authorities to trust"},
		{"ssl-cert", 0, DTS_OPTION_STRING, &o->ssl_cert, "FILE", "our own certificate"},
		{"ssl-key", 0, DTS_OPTION_STRING, &o->ssl_key, "FILE", "its key"},
		{"connect-timeout", 0, DTS_OPTION_NUMBER, &o->connect_timeout, "SECONDS", "give up connecting after this [10]"},
		{NULL, 0, 0, NULL, NULL, NULL},
	};

	_Static_assert(sizeof entries <= sizeof table, "the table has room for every option");
	memcpy(table, entries, sizeof entries);
	return table;
}

/* Where this connection goes, option files and command line taken together. */
struct target {
	const char *host, *socket; /* NULL or "" host: the local socket */
	unsigned port;
	bool by_socket, local;
	enum dts_tls tls;
	const char *ca;
};

static bool is_local_name(const char *host)
{
	return strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 || strncmp(host, "127.", 4) == 0;
}

static const char *text_or_null(struct dts_buf *b)
{
	return b->len > 0 ? dts_buf_text(b) : NULL;
}

static int find_target(struct target *t, const struct dts_connect_options *o, struct dts_option_facts *facts,
		       struct dts_error *err)
{
	uint64_t port = o->port ? o->port : facts->port;

	if (port > 65535)
		return dts_fail(err, DTS_USAGE, "%llu is not a port", (unsigned long long)port);
	t->port = (unsigned)port;
	if (o->host && o->socket && strcmp(o->host, "localhost") != 0)
		return dts_fail(err, DTS_USAGE, "--host=%s and --socket exclude one another", o->host);
	/* What was typed beats what a file says, also across the two ways to connect. */
	t->host = o->host ? o->host : o->socket ? NULL : text_or_null(&facts->host);
	t->socket = o->socket ? o->socket : text_or_null(&facts->socket);
	bool no_host = !t->host || !t->host[0] || strcmp(t->host, "localhost") == 0;
	/* The client would ignore a port and take the default socket: another server. */
	if (no_host && port && !o->socket && (o->port || !t->socket)) {
		t->host = "127.0.0.1";
		no_host = false;
	}
	t->by_socket = no_host;
	if (no_host)
		t->host = "localhost"; /* so that no file's host comes in */
	t->local = no_host || is_local_name(t->host);
	return 0;
}

static int choose_tls(struct target *t, const struct dts_connect_options *o, struct dts_option_facts *facts,
		      struct dts_error *err)
{
	static const char *const names[] = {"disabled", "preferred", "required", "verify-ca", "verify-identity"};
	const char *text = o->ssl_mode ? o->ssl_mode : text_or_null(&facts->ssl_mode);
	size_t i = 0;

	t->ca = o->ssl_ca ? o->ssl_ca : text_or_null(&facts->ssl_ca);
	if (!text) {
		/* Nothing between two ends of one socket can listen. */
		t->tls = t->by_socket ? DTS_TLS_DISABLED : t->local ? DTS_TLS_PREFERRED : DTS_TLS_VERIFY_IDENTITY;
		return 0;
	}
	char *mode = dts_strdup(text);
	for (char *p = mode; *p; p++) /* Oracle's client writes VERIFY_CA */
		*p = *p == '_' ? '-' : *p >= 'A' && *p <= 'Z' ? (char)(*p | 0x20) : *p;
	while (i < 5 && strcmp(mode, names[i]) != 0)
		i++;
	free(mode);
	if (i == 5)
		return dts_fail(err, DTS_USAGE, "--ssl-mode=%s is not one of disabled, preferred, required, verify-ca, verify-identity", text);
	t->tls = (enum dts_tls)i;
	if (t->tls == DTS_TLS_VERIFY_IDENTITY && facts->verify_off && o->ssl_mode)
		return dts_fail(err, DTS_USAGE, "--ssl-mode=%s, but an option file says ssl-verify-server-cert=0", text);
	if (t->tls == DTS_TLS_PREFERRED && t->by_socket)
		t->tls = DTS_TLS_DISABLED;
	return 0;
}

/* Asks on the terminal, not through a pipe, and once for all connections that
 * are made with the same options (a reconnect, a second one beside the first). */
static const char *ask_password(const struct dts_connect_options *o, const char *label)
{
	static struct {
		const struct dts_connect_options *options;
		char *password;
	} asked[4];
	char prompt[400];

	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
		if (asked[i].options == o)
			return asked[i].password;
	/* getpass() would take the first line of a pipe instead. */
	int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC);
	if (terminal < 0)
		return NULL;
	close(terminal);
	snprintf(prompt, sizeof prompt, "Password for %s: ", label);
	char *typed = getpass(prompt);
	for (size_t i = 0; typed && i < sizeof asked / sizeof *asked; i++)
		if (!asked[i].options) {
			asked[i].options = o;
			asked[i].password = dts_strdup(typed);
			break;
		}
	return typed;
}

/* The password that an option asks for; *password stays NULL when none does, and
 * then the client looks into its option files and MYSQL_PWD. Free it. */
static int get_password(const struct dts_connect_options *o, const char *label, char **password,
			struct dts_error *err)
{
	size_t cap = 0;

	if (o->password_file && o->ask_password)
		return dts_fail(err, DTS_USAGE, "--password and --password-file exclude one another");
	if (o->password_file) {
		FILE *in = fopen(o->password_file, "re");
		ssize_t len = in ? getline(password, &cap, in) : -1;
		int number = errno;
		if (in)
			fclose(in);
		if (len < 0) {
			free(*password); /* allocated all the same, and not a string */
			*password = NULL;
			return dts_fail(err, DTS_USAGE, "cannot read a password from '%s': %s", o->password_file,
					in ? "the file is empty" : strerror(number));
		}
		(*password)[strcspn(*password, "\r\n")] = '\0';
	} else if (o->ask_password) {
		const char *typed = ask_password(o, label);
		if (!typed)
			return dts_fail(err, DTS_USAGE, "cannot ask for a password: there is no terminal");
		*password = dts_strdup(typed);
	}
	return 0;
}

static void free_password(char *password)
{
	if (password)
		explicit_bzero(password, strlen(password));
	free(password);
}

/* The client's own handler would hand any file of this machine to a server that
 * asks for it. dts-apply puts its own in place while it loads. */
static int refuse_infile_init(void **state, const char *name, void *data)
{
	(void)state, (void)name, (void)data;
	return 1;
}

static int refuse_infile_read(void *state, char *to, unsigned len)
{
	(void)state, (void)to, (void)len;
	return -1;
}

static void refuse_infile_end(void *state)
{
	(void)state;
}

static int refuse_infile_error(void *state, char *text, unsigned len)
{
	(void)state;
	snprintf(text, len, "no file of this machine is given out");
	return ER_UNKNOWN_ERROR;
}

void dts_session_refuse_infile(struct dts_session *s)
{
	mysql_set_local_infile_handler(s->mysql, refuse_infile_init, refuse_infile_read, refuse_infile_end,
				       refuse_infile_error, NULL);
}

/* Oracle's library looks for a bare name in the system's directories, not in this one, and goes on without. */
static void set_option_file(MYSQL *mysql, const char *path)
{
	struct dts_buf b = {0};

	dts_buf_addf(&b, "%s%s", strchr(path, '/') ? "" : "./", path);
	mysql_options(mysql, MYSQL_READ_DEFAULT_FILE, dts_buf_text(&b));
	dts_buf_release(&b);
}

static void set_options(MYSQL *mysql, const struct dts_connect_options *o, const struct target *t, const char *group)
{
	unsigned timeout = o->connect_timeout ? (unsigned)o->connect_timeout : 10;
	unsigned protocol = t->by_socket ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
	unsigned long packet = 1ul << 30;
	unsigned yes = 1;

	if (o->defaults_file)
		set_option_file(mysql, o->defaults_file);
	mysql_options(mysql, MYSQL_READ_DEFAULT_GROUP, group);
	mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &timeout);
	mysql_options(mysql, MYSQL_OPT_PROTOCOL, &protocol);
	mysql_options(mysql, MYSQL_OPT_MAX_ALLOWED_PACKET, &packet);
	mysql_options(mysql, MYSQL_OPT_LOCAL_INFILE, &yes);
	mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	mysql_options4(mysql, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "dts");
}

/* "11.8.2-MariaDB" is 110802. A MariaDB server may show a 5.5.5- before that. */
static unsigned parse_version(const char *text)
{
	unsigned major = 0, minor = 0, patch = 0;

	if (strncmp(text, "5.5.5-", 6) == 0)
		text += 6;
	if (sscanf(text, "%u.%u.%u", &major, &minor, &patch) < 2)
		return 0;
	return major * 10000 + minor * 100 + patch;
}

static int read_version(struct dts_session *s, struct dts_error *err)
{
	/* The handshake's version is not always the true one. */
	MYSQL_RES *result = dts_session_query(s, DTS_LIT("SELECT VERSION(), @@version_comment, @@lower_case_table_names"), err);

	if (!result)
		return -1;
	MYSQL_ROW row = mysql_fetch_row(result);
	if (!row || !row[0]) {
		mysql_free_result(result);
		return dts_fail(err, DTS_REFUSED, "server %s does not tell its version", s->label);
	}
	snprintf(s->version_text, sizeof s->version_text, "%s", row[0]);
	bool mariadb = strcasestr(row[0], "mariadb") || (row[1] && strcasestr(row[1], "mariadb"));
	s->family = mariadb ? DTS_MARIADB : DTS_MYSQL;
	s->version = parse_version(row[0]);
	s->lower_case_names = row[2] ? (unsigned)strtoul(row[2], NULL, 10) : 0;
	mysql_free_result(result);
	return 0;
}

/*
 * Two settings add a primary key to tables that are made without one, or refuse
 * such tables. They are switched off; who may not do that goes on, since only
 * making tables is concerned: see struct dts_session.
 */
static int leave_keys_alone(struct dts_session *s, struct dts_error *err)
{
	MYSQL_RES *result = dts_session_query(s,
		DTS_LIT("SELECT @@sql_generate_invisible_primary_key, @@sql_require_primary_key"), err);
	MYSQL_ROW row = result ? mysql_fetch_row(result) : NULL;

	s->adds_primary_key = row && row[0] && strcmp(row[0], "1") == 0;
	s->needs_primary_key = row && row[1] && strcmp(row[1], "1") == 0;
	mysql_free_result(result);
	if (!result)
		return -1;
	if (!s->adds_primary_key && !s->needs_primary_key)
		return 0;
	if (dts_session_runf(s, err, "SET SESSION sql_generate_invisible_primary_key=0, sql_require_primary_key=0") == 0) {
		s->adds_primary_key = s->needs_primary_key = false;
		return 0;
	}
	return mysql_errno(s->mysql) == ER_SPECIFIC_ACCESS_DENIED_ERROR ? 0 : -1;
}

static int set_up_mysql(struct dts_session *s, struct dts_error *err)
{
	/* Sorting texts as a whole needs some room, which the server takes only then. */
	if (dts_session_runf(s, err, "SET SESSION max_execution_time=0, information_schema_stats_expiry=0,"
			     " sort_buffer_size=CAST(GREATEST(@@SESSION.sort_buffer_size,4194304) AS UNSIGNED)") < 0)
		return -1;
	/* Since 8.4 foreign keys to keys that are not unique are refused, which a source may have. */
	if (s->version >= 80400 && dts_session_runf(s, err, "SET SESSION restrict_fk_on_non_standard_key=0") < 0)
		return -1;
	if (s->version < 80030)
		return 0;
	/* Keys that the server made are columns like any other to who reads the table. */
	return dts_session_runf(s, err, "SET SESSION show_gipk_in_create_table_and_information_schema=1") < 0
		? -1 : leave_keys_alone(s, err);
}

/* The server's global settings must not change what statements mean, nor end a
 * pipeline that waits for its other end. */
static int set_up(struct dts_session *s, struct dts_error *err)
{
	if (read_version(s, err) < 0)
		return -1;
	/* One statement: MariaDB answers nothing where its max_statement_time ends a text between two. */
	if (dts_session_runf(s, err,
			     "SET NAMES utf8mb4, SESSION"
			     " sql_mode='STRICT_ALL_TABLES,ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO',"
			     " time_zone='+00:00', autocommit=1, sql_quote_show_create=1, sql_big_selects=1,"
			     " sql_select_limit=18446744073709551615, sql_auto_is_null=0, sql_safe_updates=0,"
			     /* What sorts for the order of a key must not look at its first 1024 bytes only. */
			     " max_sort_length=1048576, foreign_key_checks=1, unique_checks=1, completion_type=0,"
			     " wait_timeout=31536000, group_concat_max_len=1048576") < 0)
		return -1;
	if (s->family == DTS_MYSQL)
		return set_up_mysql(s, err);
	return dts_session_runf(s, err,
				"SET SESSION max_statement_time=0, idle_transaction_timeout=0,"
				" idle_readonly_transaction_timeout=0, idle_write_transaction_timeout=0");
}

static int connect_to(struct dts_session *s, const struct dts_connect_options *o, struct dts_option_facts *facts,
		      const char *group, struct dts_error *err)
{
	struct target t = {0};
	char *password = NULL;

	if (find_target(&t, o, facts, err) < 0 || choose_tls(&t, o, facts, err) < 0)
		return -1;
	if (o->group)
		snprintf(s->label, sizeof s->label, "'%s'", o->group);
	else if (t.by_socket)
		snprintf(s->label, sizeof s->label, "'%s'", t.socket ? t.socket : "localhost");
	else
		snprintf(s->label, sizeof s->label, "'%s:%u'", t.host, t.port ? t.port : 3306);
	if (t.tls != DTS_TLS_DISABLED && t.ca && access(t.ca, R_OK) != 0)
		return dts_fail(err, DTS_USAGE, "cannot read the authorities' file '%s': %s", t.ca, strerror(errno));
	s->mysql = mysql_init(NULL);
	if (!s->mysql)
		dts_out_of_memory();
	set_options(s->mysql, o, &t, group);
	dts_session_refuse_infile(s);
	if (dts_client_tls(s->mysql, t.tls, &(struct dts_tls_files){t.ca, o->ssl_cert, o->ssl_key}, err) < 0 ||
	    get_password(o, s->label, &password, err) < 0) {
		free_password(password);
		return -1;
	}
	/* MULTI_STATEMENTS: a transaction of the applier is one packet. */
	bool ok = mysql_real_connect(s->mysql, t.host, o->user, password, o->database, t.port,
				     t.by_socket ? t.socket : NULL, CLIENT_FOUND_ROWS | CLIENT_MULTI_STATEMENTS);
	free_password(password);
	if (!ok)
		return dts_connect_failed(s, &(struct dts_attempt){t.by_socket ? NULL : t.host, t.tls, t.ca}, err);
	/* Whatever the option files said. */
	if (t.tls >= DTS_TLS_REQUIRED && !mysql_get_ssl_cipher(s->mysql)) {
		dts_fail(err, DTS_REFUSED, "cannot connect to %s: the connection is not encrypted", s->label);
		return dts_hint(err, "the server offers no TLS: set ssl_cert and ssl_key there, or choose a weaker --ssl-mode");
	}
	return set_up(s, err);
}

int dts_session_open(struct dts_session *s, const struct dts_connect_options *o, struct dts_error *err)
{
	struct dts_option_facts facts;
	struct dts_buf group = {0};
	int rc;

	*s = (struct dts_session){0};
	dts_buf_addf(&group, o->group ? "dts-%s" : "dts", o->group ? o->group : "");
	rc = dts_option_facts_read(&facts, o->defaults_file, dts_buf_text(&group), err);
	if (rc == 0 && o->group && !facts.group_found) {
		rc = dts_fail(err, DTS_USAGE, "no option file has a section [%s]", dts_buf_text(&group));
		if (facts.looked.len > 0)
			dts_hint(err, "looked in %s", dts_buf_text(&facts.looked));
	}
	if (rc == 0)
		rc = connect_to(s, o, &facts, dts_buf_text(&group), err);
	dts_option_facts_release(&facts);
	dts_buf_release(&group);
	if (rc < 0)
		dts_session_close(s);
	return rc;
}
