#ifndef DTS_BINLOG_HISTORY_CATALOG_H
#define DTS_BINLOG_HISTORY_CATALOG_H

#include "binlog/history.h"
#include "binlog/source.h"

/* What kind of server it is; borrows from `s` and `src`. */
int dts_history_server_of(struct dts_history_server *server, struct dts_log_source *s, struct dts_slice src,
			  struct dts_error *err);

/*
 * Fills a new history with all tables that the account may see, as they are now, and sets h->at
 * to the position of just that: statements before it are in the definitions, none behind it
 * is. Nobody can change a definition while it reads; rows can be. -1: DTS_REFUSED when a
 * table may not be read as a whole, DTS_AGAIN when definitions keep changing.
 */
int dts_history_read_catalog(struct dts_history *h, struct dts_log_source *s, struct dts_error *err);

#endif
