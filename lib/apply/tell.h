#ifndef DTS_APPLY_TELL_H
#define DTS_APPLY_TELL_H

#include "apply/table.h"

/*
 * Appends in which columns a row of the target, written as a record has it, is another one than a before image that is spread
 * over the schema's columns: " 'b' is 2 and was 1, 'c' is ...". Nothing where it is the same in all that the image has.
 */
void dts_tell_differences(struct dts_buf *text, const struct dts_apply_table *t, const struct dts_json *before, struct dts_slice row);

#endif
