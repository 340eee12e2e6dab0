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

#endif
