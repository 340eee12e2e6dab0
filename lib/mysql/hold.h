#ifndef DTS_MYSQL_HOLD_H
#define DTS_MYSQL_HOLD_H

#include "mysql/catalog.h"

/*
 * Keeps the definitions of tables as they are while the session's transaction
 * lasts: reads no row from each, which holds its metadata lock, so that ALTER waits.
 * -1: DTS_REFUSED when the account may not read a table as a whole (`first` finds
 * that out) or it is broken, DTS_AGAIN when a definition is being changed.
 */
int dts_catalog_hold(struct dts_session *s, const struct dts_tables *t, bool first, struct dts_error *err);

/* Are these the same tables by name? */
bool dts_tables_same(const struct dts_tables *a, const struct dts_tables *b);

#endif
