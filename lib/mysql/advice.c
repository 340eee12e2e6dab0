#include "mysql/advice.h"

#include <errmsg.h>
#include <mysqld_error.h>
#include <stdlib.h>

/* By value where the headers of one client library do not name them. */
enum {
	SSL_ERROR = 2026,
	PLUGIN_MISSING = 2059,
	PLUGIN_FAILED = 2061,
	NO_PASSWORD_TAKEN = 1698, /* MariaDB: the account goes by the system's user */
	TOO_MANY_ERRORS = 1129,   /* this host is blocked */
	HOST_UNKNOWN = 1130,
	OLD_AUTHENTICATION = 1251,
	MUST_CHANGE = 1820,
	MUST_CHANGE_TO_LOG_IN = 1862,
	LOCKED = 3118,            /* MySQL */
	LOCKED_MARIADB = 4151,
	TLS_DEMANDED = 3159,
};

static bool says(const char *text, const char *words)
{
	return strcasestr(text, words) != NULL;
}

static int advise_access(const char *text, const struct dts_attempt *a, struct dts_error *err)
{
	if (says(text, "using password: NO"))
		return dts_hint(err, "no password was given: put it into the option file, or use --password-file or -p");
	return dts_hint(err, "check the account's name and password, and that it may come from this host%s",
			a->tls == DTS_TLS_DISABLED && a->host ? "; one that demands TLS needs --ssl-mode=required" : "");
}

/* MariaDB's library says what is wrong with a certificate, Oracle's does not. */
static int advise_tls(const char *text, const struct dts_attempt *a, struct dts_error *err)
{
	if (says(text, "expired"))
		return dts_hint(err, "the server's certificate has expired: renew it there; only --ssl-mode=required connects "
				"without looking at it");
	if (says(text, "not yet valid"))
		return dts_hint(err, "compare the clocks of this machine and of the server");
	if (says(text, "self-signed") || says(text, "self signed") || says(text, "local issuer"))
		return dts_hint(err, a->ca ? "the server's certificate is not signed by an authority of '%s': give the file of the right one "
				"with --ssl-ca" : "the server's certificate is not signed by an authority that this system trusts: give the "
				"authority's file with --ssl-ca", a->ca);
	if (says(text, "validation of ssl server certificate") || says(text, "hostname") || says(text, "host name"))
		return dts_hint(err, "the server's certificate is not for the name '%s': connect by a name that it has, or with "
				"--ssl-mode=verify-ca", a->host ? a->host : "localhost");
	if (says(text, "verify failed"))
		return dts_hint(err, "the server's certificate has expired, is not signed by '%s' or is not for the name '%s': "
				"openssl s_client -starttls mysql -connect HOST:PORT -CAfile FILE -verify_hostname HOST says which",
				a->ca ? a->ca : "--ssl-ca", a->host ? a->host : "localhost");
	if (says(text, "doesn't support") || says(text, "does not support") || says(text, "is required"))
		return dts_hint(err, "the server offers no TLS: set ssl_cert and ssl_key there, or choose a weaker --ssl-mode");
	return -1;
}

/* A server's refusal that comes before TLS has begun: MariaDB's library gives it as an
 * error of its own, with the server's number in its text. */
static unsigned refusal_in(const char *text)
{
	const char *at = strstr(text, "cannot be verified: ");

	return at ? (unsigned)strtoul(at + strlen("cannot be verified: "), NULL, 10) : 0;
}

int dts_connect_failed(struct dts_session *s, const struct dts_attempt *a, struct dts_error *err)
{
	const char *text = mysql_error(s->mysql);
	unsigned number = mysql_errno(s->mysql), inner = refusal_in(text);

	dts_session_fail(s, err, "cannot connect to");
	if (inner > 0) {
		number = inner;
		err->status = dts_status_of_errno(number, text);
	}
	switch (number) {
	case ER_ACCESS_DENIED_ERROR:
	case NO_PASSWORD_TAKEN:
		return advise_access(text, a, err);
	case ER_DBACCESS_DENIED_ERROR:
		return dts_hint(err, "the account has no privilege on that database; --database is not needed to name tables");
	case HOST_UNKNOWN:
		return dts_hint(err, "the server has no account that may come from this host: create one, 'name'@'this host'");
	case TOO_MANY_ERRORS:
		return dts_hint(err, "too many connections failed from this host: run FLUSH HOSTS on MariaDB, TRUNCATE TABLE "
				"performance_schema.host_cache on MySQL");
	case MUST_CHANGE:
	case MUST_CHANGE_TO_LOG_IN:
		return dts_hint(err, "give the account a new password with ALTER USER");
	case LOCKED:
	case LOCKED_MARIADB:
		return dts_hint(err, "unlock it with ALTER USER ... ACCOUNT UNLOCK, or use another account");
	case TLS_DEMANDED:
		return dts_hint(err, "connect with --ssl-mode=required or a stronger one");
	case PLUGIN_MISSING:
	case OLD_AUTHENTICATION:
		return dts_hint(err, "this client library does not have the account's way of authentication: name the directory "
				"of its plugins with plugin-dir=DIR in an option file's [client], or give the account another way with ALTER USER");
	case PLUGIN_FAILED:
		if (says(text, "secure connection"))
			return dts_hint(err, "the account's password goes over TLS or a Unix socket only: connect with "
					"--ssl-mode=required or a stronger one, or with --socket");
		return -1;
	case SSL_ERROR:
		return advise_tls(text, a, err);
	default:
		return -1;
	}
}
