#ifndef DTS_CHECKPOINT_ABOVE_H
#define DTS_CHECKPOINT_ABOVE_H

#include "record/position.h"

/*
 * What is at the target above a checkpoint's position: runs of transactions that workers committed
 * while earlier ones were still being made. As text, in the column `above` of table `mark`:
 *
 *   [{"from":POS,"to":POS,"txs":["0-1-6..9","0-1-11"]},...]
 *
 * from where the first began to where the last ended, files and offsets only; and, where the source has
 * GTIDs, those of the transactions, numbers in a row as one. Without "from" and "to" the GTIDs alone
 * tell: another server has taken the source's place.
 */
struct dts_above_run {
	struct dts_position from, to; /* without a file: not known */
	struct dts_buf ids; /* lines "PREFIX FIRST LAST" */
};

struct dts_above { /* all zero is empty */
	struct dts_above_run *runs;
	size_t count, cap;
};

void dts_above_release(struct dts_above *a);

/* Adds the runs of a text, except those that `low` has passed. -1: DTS_BAD_INPUT. */
int dts_above_read(struct dts_above *a, struct dts_slice text, const struct dts_position *low, struct dts_error *err);

/* Is the transaction that begins at `begin`, named `tx`, at the target? */
bool dts_above_has(const struct dts_above *a, const struct dts_position *begin, struct dts_slice tx);

/* Files and offsets are another server's from now on. -1: some run has no GTIDs; it stays as it is. */
int dts_above_forget_files(struct dts_above *a);

/* Drops the runs that `low` has passed. */
void dts_above_pass(struct dts_above *a, const struct dts_position *low);

/* Appends it as text. */
void dts_above_add(struct dts_buf *out, const struct dts_above *a);

/* The names of one run's transactions as they come: gathers what stands in a row. All zero is empty. */
struct dts_run_ids {
	struct dts_buf text;   /* JSON strings, with commas between */
	struct dts_buf prefix; /* of the row that is open */
	uint64_t first, last;
	bool open;
};

void dts_run_ids_release(struct dts_run_ids *i);
void dts_run_ids_clear(struct dts_run_ids *i);
void dts_run_ids_add(struct dts_run_ids *i, struct dts_slice tx);

/* Appends the run {"from":...,"to":...,"txs":[...]} as text. */
void dts_run_add(struct dts_buf *out, const struct dts_position *from, const struct dts_position *to, const struct dts_run_ids *ids);

#endif
