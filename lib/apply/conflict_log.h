#ifndef DTS_APPLY_CONFLICT_LOG_H
#define DTS_APPLY_CONFLICT_LOG_H

#include "apply/policy.h"
#include "apply/reject.h"

/* What all sessions of a run share; functions may be called by several threads. */
struct dts_conflict_log;

/* NULL: the file for rejected changes cannot be had. The policy is borrowed. */
struct dts_conflict_log *dts_conflict_log_new(const struct dts_conflict_policy *policy, struct dts_error *err);
void dts_conflict_log_free(struct dts_conflict_log *log); /* NULL is fine */

/* Gives what is new: the first conflict of each kind in a table. */
void dts_conflict_log_tell(struct dts_conflict_log *log, void (*notice)(const char *text));

/* Gives how many there were, if any. */
void dts_conflict_log_sum(struct dts_conflict_log *log, void (*notice)(const char *text));

/* How often a conflict of a table was met in one way. */
struct dts_conflict_count {
	size_t table_at, table_len; /* "db.table" in `names` */
	enum dts_conflict_kind kind;
	enum dts_conflict_how how;
	uint64_t count;
	bool told;
};

struct dts_conflict_counts {
	struct dts_conflict_count *items;
	size_t count, cap;
	struct dts_buf names;
};

/* The count for a table in one way, 0 at first. Borrowed until the next call. */
struct dts_conflict_count *dts_conflict_count_of(struct dts_conflict_counts *c, struct dts_slice table,
						enum dts_conflict_kind kind, enum dts_conflict_how how);
void dts_conflict_counts_clear(struct dts_conflict_counts *c);
void dts_conflict_counts_release(struct dts_conflict_counts *c);

const struct dts_conflict_policy *dts_conflict_log_policy(const struct dts_conflict_log *log);

/* What a committed transaction has met. */
void dts_conflict_log_add(struct dts_conflict_log *log, const struct dts_conflict_counts *counts, const struct dts_tx_place *tx);

/* What one rejects that is about to be committed: dts_reject_write(). */
int dts_conflict_log_write(struct dts_conflict_log *log, const struct dts_rejected *j, const struct dts_tx_place *tx,
			   struct dts_error *err);

/* Appends, for people, which transaction that is. */
void dts_tx_place_add(struct dts_buf *b, const struct dts_tx_place *tx);

#endif
