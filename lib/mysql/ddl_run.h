#ifndef DTS_MYSQL_DDL_RUN_H
#define DTS_MYSQL_DDL_RUN_H

#include "mysql/ddl_context.h"
#include "ddl/ddl.h"
#include "mysql/session.h"
#include "record/record.h"

/* DDL at the target: running a statement as the source ran it, and telling
 * whether objects have changed. */

/*
 * Runs `sql` with `default_db` and the session settings of a record's "context"
 * (raw JSON, p NULL: none; see ddl_context.h), then sets the session back. Warnings are appended
 * to `warnings`, one a line. The definition tells whether a default database is needed.
 */
int dts_ddl_run(struct dts_session *s, const struct dts_ddl *d, struct dts_slice sql, struct dts_slice default_db,
		const struct dts_ddl_origin *origin, struct dts_slice context, struct dts_buf *warnings, struct dts_error *err);

/*
 * Appends what the objects of a statement look like now: a line for each, with
 * its creation time and a hash of its definition, or "absent". Equal text means
 * that nothing is known to have changed.
 */
int dts_ddl_identity(struct dts_session *s, const struct dts_ddl *d, struct dts_slice default_db,
		     struct dts_buf *state, struct dts_error *err);

/* Appends SHOW CREATE TABLE without AUTO_INCREMENT=n: 1; 0: there is no such table; -1. */
int dts_ddl_definition(struct dts_session *s, struct dts_slice db, struct dts_slice table, struct dts_buf *text,
		       struct dts_error *err);

/*
 * How the target would itself write the table that a CREATE TABLE makes, whatever database it names: tried
 * in a database that is made for it, with this default collation if one is given, and goes again (ddl_try.h). `altered`: as it writes the table
 * after an ALTER TABLE, when MySQL puts literals in a CHECK into the column's character set. Appends its
 * SHOW CREATE TABLE as above: 1; 0: it cannot be tried; -1.
 */
int dts_ddl_tried(struct dts_session *s, const struct dts_ddl *d, struct dts_slice sql, const struct dts_ddl_origin *origin,
		  struct dts_slice context, struct dts_slice collation, bool altered, struct dts_buf *text, struct dts_error *err);

/* Drops the databases that were made for it by runs that were killed in between: those named
 * dts-try-NUMBER that no connection holds the lock of. As far as that is allowed. */
void dts_ddl_sweep(struct dts_session *s);

/* Appends a definition without its AUTO_INCREMENT=n table option. */
void dts_ddl_without_counter(struct dts_slice sql, struct dts_buf *text);

#endif
