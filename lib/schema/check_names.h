#ifndef DTS_SCHEMA_CHECK_NAMES_H
#define DTS_SCHEMA_CHECK_NAMES_H

#include "base/hash.h"
#include "schema/port.h"

/*
 * MariaDB wants a check's name once in its table, MySQL once in the database (MySQL 9 Reference Manual, "CHECK
 * Constraints"). Takes a name that an earlier table of `db` had out of a CREATE TABLE for MySQL, which then gives one of
 * its own, and tells that. `seen` is between calls: pairs of database and name in lower case.
 */
void dts_check_names(struct dts_buf *sql, struct dts_slice db, struct dts_map *seen, struct dts_ported *told);

#endif
