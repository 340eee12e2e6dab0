#ifndef DTS_DDL_ONLINE_H
#define DTS_DDL_ONLINE_H

#include "ddl/ddl.h"

/* What tools for online schema changes do by a copy of the table, and whether an ALTER TABLE of the table itself
 * comes to the same. */

/*
 * Does the ALTER TABLE add a column that the copied rows have other values in than an ALTER TABLE would give them:
 * by the time, by an expression, which was worked out when a row was copied, or by ON UPDATE, which a row that
 * changed meanwhile has seen? `implicit_timestamps`: explicit_defaults_for_timestamp was OFF.
 */
bool dts_ddl_fills_by_copy(struct dts_slice sql, unsigned flags, bool implicit_timestamps);

/* Does an ALTER TABLE, which `d` is, set the table's AUTO_INCREMENT and nothing else? */
bool dts_ddl_sets_counter(const struct dts_ddl *d, struct dts_slice sql, unsigned flags);

#endif
