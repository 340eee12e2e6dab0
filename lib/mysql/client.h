#ifndef DTS_MYSQL_CLIENT_H
#define DTS_MYSQL_CLIENT_H

#include <mysql.h>

#include "base/error.h"

/*
 * The one place where MariaDB's client library and Oracle's differ in how a
 * connection is made.
 */
enum dts_tls {
	DTS_TLS_DISABLED,
	DTS_TLS_PREFERRED, /* TLS when the server has it, its certificate not looked at */
	DTS_TLS_REQUIRED,
	DTS_TLS_VERIFY_CA,
	DTS_TLS_VERIFY_IDENTITY,
};

/* What --ssl-ca, --ssl-cert and --ssl-key or an option file say; each may be NULL. */
struct dts_tls_files {
	const char *ca, *cert, *key;
};

/* Before mysql_real_connect(). -1 when this client library cannot do it. */
int dts_client_tls(MYSQL *mysql, enum dts_tls mode, const struct dts_tls_files *files, struct dts_error *err);

/* The connection's socket, or -1. */
int dts_client_socket(MYSQL *mysql);

#endif
