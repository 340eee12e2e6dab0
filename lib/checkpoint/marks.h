#ifndef DTS_CHECKPOINT_MARKS_H
#define DTS_CHECKPOINT_MARKS_H

#include "checkpoint/checkpoint.h"

/* A chunk of the full phase that is at the target. */
struct dts_chunk_mark {
	struct dts_slice db, table; /* names at the source */
	struct dts_slice id;        /* empty: the table is being emptied, and no chunk of it counts */
	/* [AFTER,UPTO] as the chunk record has them, null where it has none; of a table
	 * without a key ["part",N], of its last part ["part",N,"last"]. */
	struct dts_slice bounds;
	struct dts_slice low, high; /* positions, JSON text */
};

/* Takes one; the slices are borrowed for the call. -1 ends the reading. The
 * session that reads them must not be used meanwhile. */
typedef int dts_mark_fn(void *context, const struct dts_chunk_mark *m, struct dts_error *err);

/* Gives every mark of a source, by database and table. */
int dts_checkpoint_marks(const struct dts_checkpoint *c, struct dts_slice src, dts_mark_fn *each, void *context,
			 struct dts_error *err);

#endif
