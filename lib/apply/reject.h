#ifndef DTS_APPLY_REJECT_H
#define DTS_APPLY_REJECT_H

#include "apply/table.h"
#include "record/record.h"

/*
 * Changes that the target did not take, in a file that dts-apply takes again: man dts-apply, REJECTED CHANGES. Each
 * transaction is a stream of its own, from `stream` to `end`, its positions the number of those before it.
 */
struct dts_reject_file; /* opaque; by one thread at a time */

/* Opens or creates it for this run alone; goes on behind what is in it. What a crash left half written at its end, and
 * was not committed therefore, is cut off. -1: DTS_REFUSED where it is no such file, or another run has it. */
struct dts_reject_file *dts_reject_open(const char *path, struct dts_error *err);
void dts_reject_close(struct dts_reject_file *f); /* NULL is fine */

/* The rejected changes of one transaction. All zero is none; memory is kept when cleared. */
struct dts_rejected {
	struct dts_buf schemas, changes;
	const struct dts_apply_table **tables; /* whose schema is in there */
	size_t table_count, table_cap;
	uint64_t count; /* of changes */
};

/* Where a transaction comes from; all borrowed. */
struct dts_tx_place {
	struct dts_slice src, tx;
	const char *file; /* of its end in the log; "" where not known */
	uint64_t offset;
};

void dts_rejected_clear(struct dts_rejected *j);
void dts_rejected_release(struct dts_rejected *j);

/* Adds a change as it came, with the reason. `tx`: of the transaction, which for a prepared one is another than where it came. */
void dts_rejected_add(struct dts_rejected *j, const struct dts_apply_table *t, const struct dts_record *r, struct dts_slice tx,
		      struct dts_slice reason);

/* Appends them and waits until the disk has them; the same once more, as after a crash, is not written again. -1: nothing of
 * it is in the file. */
int dts_reject_write(struct dts_reject_file *f, const struct dts_rejected *j, const struct dts_tx_place *tx, struct dts_error *err);

#endif
