#ifndef DTS_APPLY_TELL_H
#define DTS_APPLY_TELL_H

#include "apply/plan.h"

/*
 * What a change that was refused was about, for its message: the record's images and transaction, and
 * the row as it stands at the target.
 */

/* Appends "; before image {...}; after image {...}; transaction 'x', change 1", as far as the plan has them. */
void dts_tell_images(struct dts_buf *text, const struct dts_plan *p, const struct dts_statement *s);

/*
 * The row that an update or delete did not find as it should be, asked for in the open transaction: fills `err`, DTS_REFUSED,
 * with whether it is there at all, and what differs. Nothing may be unread on the session.
 */
int dts_tell_row(struct dts_session *session, const struct dts_plan *p, const struct dts_statement *s, struct dts_error *err);

#endif
