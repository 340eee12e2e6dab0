#ifndef DTS_FILTER_GRANT_H
#define DTS_FILTER_GRANT_H

#include "record/names.h"

/*
 * Statements on accounts, as SHOW GRANTS and SHOW CREATE USER write them: is what they are about chosen, and
 * what is it called? 1: the statement stays, and if `out` is not empty then, it holds its new text; 0: it is about
 * something that is left out; -1 with DTS_BAD_INPUT where neither is certain. Privileges on everything, roles and the
 * accounts themselves stay.
 */
int dts_grant_choose(struct dts_slice sql, unsigned flags, struct dts_names *names, struct dts_buf *out, struct dts_error *err);

#endif
