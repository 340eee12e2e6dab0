#ifndef DTS_DDL_OBJECTS_H
#define DTS_DDL_OBJECTS_H

#include "ddl/ddl.h"

/* Appends the "objects" of a ddl record: [{"type":"table","db":"shop","table":"a",
 * "role":"target"},...]. Tables, views and sequences, which share their names,
 * have "table", others "name", databases neither. */
void dts_ddl_add_objects(struct dts_buf *b, const struct dts_ddl *d, struct dts_slice default_db);

#endif
