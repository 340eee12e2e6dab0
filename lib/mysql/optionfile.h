#ifndef DTS_MYSQL_OPTIONFILE_H
#define DTS_MYSQL_OPTIONFILE_H

#include "base/buf.h"
#include "base/error.h"

/*
 * What has to be known of the client's option files before it reads them
 * itself: whether a group exists (the client takes an unknown one for an empty
 * one and connects to localhost) and where it will connect to (the default of
 * --ssl-mode depends on that).
 */
struct dts_option_facts {
	bool group_found; /* the section [dts-NAME] is in one of the files */
	struct dts_buf host, socket, ssl_mode, ssl_ca; /* as the last section says; empty: not said */
	uint64_t port;
	bool verify_off; /* ssl-verify-server-cert=0 or skip-...: weaker than we may want */
	struct dts_buf looked; /* the files that were there: "/etc/my.cnf, ~/.my.cnf" */
};

/* Reads `defaults_file`, or the standard files when NULL. `group` is the
 * section beside [client]. -1: `defaults_file` cannot be read (DTS_USAGE). */
int dts_option_facts_read(struct dts_option_facts *facts, const char *defaults_file,
			  const char *group, struct dts_error *err);
void dts_option_facts_release(struct dts_option_facts *facts);

#endif
