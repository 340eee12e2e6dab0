#ifndef DTS_MYSQL_DDL_SHOWN_H
#define DTS_MYSQL_DDL_SHOWN_H

#include "ddl/ddl.h"
#include "mysql/session.h"

/*
 * An object as SHOW CREATE shows it (MySQL 9 Reference Manual, "SHOW Statements"; MariaDB Knowledge Base, the
 * same): its statement, and the settings that were in force when it was made. What does not belong to its kind is empty.
 */
struct dts_shown {
	struct dts_buf sql, sql_mode, time_zone, charset, collation, db_collation;
};

void dts_shown_release(struct dts_shown *s);

/*
 * Shows what the CREATE statement `d` of the text `sql` would make: a view, program or sequence of that name in
 * `db`, with names as they are written where `db` is not the default database. Fills *shown, which is released
 * first: 1; 0: there is no such object; -1, DTS_REFUSED too where it is there and its statement may not be seen.
 */
int dts_ddl_show(struct dts_session *s, const struct dts_ddl *d, struct dts_slice sql, struct dts_slice db,
		 struct dts_shown *shown, struct dts_error *err);

/* PACKAGE and PACKAGE BODY have one kind, and are two objects: is this CREATE PACKAGE of the latter? */
bool dts_ddl_is_package_body(const struct dts_ddl *d, struct dts_slice sql);

/*
 * Are two texts the same statement? White space, comments, the letter case of words without quotes and the way of quoting
 * do not count, nor the databases that the names of its objects stand with; nor, of an event, whether it is enabled.
 * Flags of parsing of each.
 */
bool dts_ddl_same(struct dts_slice a, unsigned a_flags, struct dts_slice b, unsigned b_flags);

#endif
