#ifndef DTS_APPLY_CHANGE_H
#define DTS_APPLY_CHANGE_H

#include "apply/table.h"
#include "record/record.h"

/* A change of a transaction that waits for its worker. Its record is checked; the
 * worker parses it again, so that what waits is text and little more. */
struct dts_change {
	struct dts_apply_table *table; /* bound, and stays as it is until the change is made */
	struct dts_slice text;         /* the record, without newline */
	uint64_t line;                 /* in its input */
	enum dts_op op;                /* insert, update or delete */
	bool no_foreign, no_unique;    /* flags of the record: without these checks */
};

#endif
