#ifndef DTS_DDL_INDEX_H
#define DTS_DDL_INDEX_H

#include "base/options.h"
#include "ddl/ddl.h"

/*
 * Does the statement do nothing but add keys that are not unique, and drop keys by name? Then
 * their names are added to the lists, "" for one that the server is to name. FULLTEXT, SPATIAL
 * and VECTOR keys are such, too; a dropped one may be unique for all that the text says (MySQL 9
 * Reference Manual, "CREATE INDEX Statement", "ALTER TABLE Statement"; MariaDB Knowledge Base, the same).
 */
bool dts_ddl_only_indexes(struct dts_slice sql, unsigned flags, struct dts_list *added, struct dts_list *dropped);

/* Does the text speak of foreign keys or constraints? */
bool dts_ddl_speaks_of_foreign(struct dts_slice sql, unsigned flags);

#endif
