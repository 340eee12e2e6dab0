#ifndef DTS_BASE_SPILL_H
#define DTS_BASE_SPILL_H

#include "base/buf.h"
#include "base/error.h"

/*
 * A list of entries that is written at its end and read from any place in it:
 * in memory up to a limit, beyond that in an unlinked file under $TMPDIR. It
 * holds a transaction until its fate is known. All zero is empty and in memory
 * only once `limit` is set.
 */
struct dts_spill {
	size_t limit;        /* bytes held in memory */
	struct dts_buf head; /* the first bytes, up to about `limit` */
	int fd;              /* the file, valid when file_open */
	bool file_open;
	uint64_t file_size;
	struct dts_buf tail; /* not yet written to the file */
	struct dts_buf entry; /* what dts_spill_read() hands out from the file */
};

/* Each entry carries two numbers for the caller beside its text. */
struct dts_spill_entry {
	uint64_t line; /* where it came from */
	uint64_t n;    /* a change's ordinal, else 0 */
	struct dts_slice text;
};

void dts_spill_release(struct dts_spill *s);
void dts_spill_clear(struct dts_spill *s); /* keeps memory, drops the file */

/* Where the next entry will stand; also the end for reading. */
uint64_t dts_spill_end(const struct dts_spill *s);

int dts_spill_add(struct dts_spill *s, const struct dts_spill_entry *e, struct dts_error *err);

/* Reads the entry at *at and moves *at behind it; the text is borrowed until the next call. */
int dts_spill_read(struct dts_spill *s, uint64_t *at, struct dts_spill_entry *e, struct dts_error *err);

/* Drops everything from `at` (a place where an entry starts) on. */
int dts_spill_truncate(struct dts_spill *s, uint64_t at, struct dts_error *err);

#endif
