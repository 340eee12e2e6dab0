#ifndef DTS_DDL_ALIKE_H
#define DTS_DDL_ALIKE_H

#include "base/buf.h"

/*
 * Do two texts of SQL say the same in the same words? White space, plain comments and the marks of executable
 * ones do not count, nor upper and lower case of words; names, texts and numbers count as they are written. `flags`:
 * DTS_DDL_* of the sql_mode. No server.
 */
bool dts_ddl_alike(struct dts_slice a, struct dts_slice b, unsigned flags);

#endif
