#ifndef DTS_SCHEMA_TABLE_TEXT_H
#define DTS_SCHEMA_TABLE_TEXT_H

#include "schema/objects.h"

/*
 * A table's SHOW CREATE TABLE in `sql`, which is cleared first, mended where the server shows it wrong: defaults of
 * binary columns are plain bytes, members of ENUM and SET have '?' for characters outside the basic multilingual plane
 * (found out by a temporary table). What may be wrong and cannot be found out is a line in `doubts`.
 */
int dts_schema_table_text(struct dts_session *s, const struct dts_schema_object *t, struct dts_buf *sql,
			  struct dts_list *doubts, struct dts_error *err);

/* Texts in a server's statement that are not UTF-8 become hexadecimal: defaults of binary columns, and
 * in views what follows an introducer such as _latin1, are written as their plain bytes. */
void dts_schema_mend_bytes(struct dts_buf *sql);

#endif
