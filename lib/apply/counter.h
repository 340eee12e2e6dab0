#ifndef DTS_APPLY_COUNTER_H
#define DTS_APPLY_COUNTER_H

#include "mysql/session.h"

/*
 * The number that a table at the target gives out next (AUTO_INCREMENT): TRUNCATE
 * takes it back to 1, and numbers that rows had which are gone would be given out
 * a second time.
 */

/* 1 when the table has none, or is new. SHOW CREATE TABLE tells it exactly;
 * MySQL's information_schema.TABLES keeps what it said for a day, and has no word for the highest. */
int dts_counter_read(struct dts_session *s, struct dts_slice db, struct dts_slice table, uint64_t *next, struct dts_error *err);

/* Never lowers it below what the rows have. */
int dts_counter_set(struct dts_session *s, struct dts_slice db, struct dts_slice table, uint64_t next, struct dts_error *err);

#endif
