#ifndef DTS_MYSQL_ADVICE_H
#define DTS_MYSQL_ADVICE_H

#include "mysql/client.h"
#include "mysql/session.h"

/* What a connection was tried with. */
struct dts_attempt {
	const char *host; /* NULL: the socket */
	enum dts_tls tls;
	const char *ca; /* NULL: none was named */
};

/* After mysql_real_connect() has failed: dts_session_fail() with a hint that says
 * what to do next. Knows the words of both client libraries. -1. */
int dts_connect_failed(struct dts_session *s, const struct dts_attempt *a, struct dts_error *err);

#endif
