#ifndef DTS_MYSQL_DDL_TRY_H
#define DTS_MYSQL_DDL_TRY_H

#include "mysql/ddl_run.h"

/*
 * A database in which statements are tried, so that the target itself says how it writes what they make. It
 * has no rows, and goes again; what a killed run leaves goes with dts_ddl_sweep() (ddl_run.h).
 */
struct dts_try {
	struct dts_session *session;
	char db[40]; /* empty: none is open */
};

/* Makes it, with this default collation if one is given. 1; 0: not allowed here, or it is there already. */
int dts_try_open(struct dts_try *t, struct dts_session *s, struct dts_slice collation);

/* Runs a statement there that may name its object with another database: 1; 0: the target refuses it, and
 * `why` says so; -1. Foreign keys are not checked. */
int dts_try_run(struct dts_try *t, const struct dts_ddl *d, struct dts_slice sql, const struct dts_ddl_origin *origin,
		struct dts_slice context, struct dts_error *why, struct dts_error *err);

/* Drops it. 0 also where none is open. */
int dts_try_close(struct dts_try *t, struct dts_error *err);

#endif
