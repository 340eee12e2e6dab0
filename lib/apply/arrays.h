#ifndef DTS_APPLY_ARRAYS_H
#define DTS_APPLY_ARRAYS_H

#include "apply/literal.h"

/*
 * Changes of many rows as arrays of parameters of one prepared statement: MariaDB's
 * COM_STMT_BULK_EXECUTE (see bind.h). With MySQL's client library, and at its servers, never possible.
 *
 *   update   INSERT ... ON DUPLICATE KEY UPDATE, which the server runs as one statement for all rows: half of what an UPDATE
 *            for each costs it (10.11). A row that is not there would be inserted, and counts 1 instead of 2. The before
 *            image is compared in the first assignment, which fails by a number out of range where it differs.
 *   same     UPDATE that changes nothing, by the key and the rest of the before image
 *   insert   INSERT
 *   delete   DELETE by the key and the rest of the before image
 *
 * What is compared: plan.h. Numbers as numbers, all else byte for byte.
 */
enum dts_arrays_kind { DTS_ARRAYS_UPDATE, DTS_ARRAYS_SAME, DTS_ARRAYS_INSERT, DTS_ARRAYS_DELETE };

struct dts_arrays; /* one a session: prepared statements by table, and memory */

struct dts_arrays *dts_arrays_new(struct dts_session *s);
void dts_arrays_free(struct dts_arrays *a);

/* Closes the statements: their tables change, or go away. */
void dts_arrays_forget(struct dts_arrays *a);

/* Begins with no rows. 1; 0: this table's cannot be changed so; -1: the statement was refused. */
int dts_arrays_begin(struct dts_arrays *a, const struct dts_apply_table *t, enum dts_arrays_kind kind, struct dts_error *err);

/* Is there room for this row? An image that the statement does not need may be NULL. */
bool dts_arrays_room(const struct dts_arrays *a, const struct dts_json *before, const struct dts_json *after);

/* Adds a row; what its values are in stays until the rows are sent. False: one of them cannot go this way. */
bool dts_arrays_add(struct dts_arrays *a, const struct dts_json *before, const struct dts_json *after);

/* Sends the rows that there are. 1: each was changed and nothing was said about it; 0: not so; -1: the statement failed. */
int dts_arrays_send(struct dts_arrays *a, struct dts_error *err);

#endif
