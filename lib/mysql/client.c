#include "mysql/client.h"

#include <stdbool.h>

#ifdef MARIADB_PACKAGE_VERSION

int dts_client_tls(MYSQL *mysql, enum dts_tls mode, const struct dts_tls_files *files, struct dts_error *err)
{
	my_bool yes = 1, no = 0;

	/* Later releases of this library verify unless told not to, earlier ones the
	 * other way round: always say which. */
	mysql_options(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, mode == DTS_TLS_VERIFY_IDENTITY ? &yes : &no);
	if (mode == DTS_TLS_DISABLED) {
		mysql_options(mysql, MYSQL_OPT_SSL_ENFORCE, &no);
		return 0;
	}
	/* A server that offers no TLS is refused before the login only with
	 * VERIFY_SERVER_CERT; otherwise this library goes on in the clear whatever
	 * ENFORCE says (tried on 3.3), and dts_session_open() refuses it after. */
	/* This call is what switches TLS on; with a CA the chain is always verified. */
	mysql_ssl_set(mysql, files->key, files->cert, files->ca, NULL, NULL);
	if (mode >= DTS_TLS_REQUIRED)
		mysql_options(mysql, MYSQL_OPT_SSL_ENFORCE, &yes);
	if (mode == DTS_TLS_VERIFY_CA && !files->ca) {
		dts_fail(err, DTS_USAGE, "--ssl-mode=verify-ca needs --ssl-ca with this client library");
		return dts_hint(err, "--ssl-mode=verify-identity uses the system's own authorities");
	}
	return 0;
}

int dts_client_socket(MYSQL *mysql)
{
	return (int)mysql_get_socket(mysql);
}

#else

int dts_client_tls(MYSQL *mysql, enum dts_tls mode, const struct dts_tls_files *files, struct dts_error *err)
{
	static const unsigned modes[] = {SSL_MODE_DISABLED, SSL_MODE_PREFERRED, SSL_MODE_REQUIRED,
					 SSL_MODE_VERIFY_CA, SSL_MODE_VERIFY_IDENTITY};

	/* It takes an authority only from a file that it is told. */
	if (mode >= DTS_TLS_VERIFY_CA && !files->ca) {
		dts_fail(err, DTS_USAGE, "verifying the server's certificate needs --ssl-ca");
		return dts_hint(err, "give the authority's file, or choose a weaker --ssl-mode");
	}
	mysql_options(mysql, MYSQL_OPT_SSL_MODE, &modes[mode]);
	mysql_options(mysql, MYSQL_OPT_SSL_CA, files->ca);
	mysql_options(mysql, MYSQL_OPT_SSL_CERT, files->cert);
	mysql_options(mysql, MYSQL_OPT_SSL_KEY, files->key);
	return 0;
}

int dts_client_socket(MYSQL *mysql)
{
	return mysql->net.fd;
}

#endif
