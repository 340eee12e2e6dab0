#ifndef DTS_MYSQL_QUOTE_H
#define DTS_MYSQL_QUOTE_H

#include "base/buf.h"

/*
 * The only functions that put data into SQL. They rely on the session that
 * dts_session_open() sets up: utf8mb4 and no NO_BACKSLASH_ESCAPES.
 */

/* Appends `name` with each backtick doubled. */
void dts_sql_ident(struct dts_buf *b, struct dts_slice name);

/* Appends `db`.`table`. */
void dts_sql_table(struct dts_buf *b, struct dts_slice db, struct dts_slice table);

/* Appends '...' with \0 \n \r \Z \\ \' escaped. `text` is valid UTF-8. */
void dts_sql_literal(struct dts_buf *b, struct dts_slice text);

/* Appends X'...' for any bytes (''  when empty: X'' is valid too). */
void dts_sql_hex(struct dts_buf *b, struct dts_slice bytes);

/* Is it digits with an optional sign and, if allowed, one dot among them: what may
 * stand in SQL without quotes, and is exact there? */
bool dts_sql_is_number(struct dts_slice text, bool dot_allowed);

/* Appends "_latin1 " for what stands behind it; nothing if that is not the name of a charset. */
void dts_sql_introducer(struct dts_buf *b, struct dts_slice charset);

#endif
