#ifndef DTS_APPLY_UNIT_H
#define DTS_APPLY_UNIT_H

#include "apply/change.h"
#include "apply/conflict.h"
#include "apply/plan.h"
#include "checkpoint/above.h"

/*
 * A run of whole transactions of the source, one after the other in the stream, that
 * becomes one transaction of the target. The thread that reads fills it, a worker's makes it.
 */

/* A transaction of it. */
struct dts_unit_tx {
	size_t changes_end;       /* of the unit's changes: where its own end */
	uint64_t offset, created; /* of its end in the source's log */
	size_t file_at, tx_at, tx_len; /* in `names`: the file's name, with a NUL; the transaction's */
};

enum dts_unit_state { DTS_UNIT_OPEN, DTS_UNIT_WAITS, DTS_UNIT_READY, DTS_UNIT_RUNS, DTS_UNIT_DONE };

struct dts_unit {
	struct dts_buf text;        /* of the changes */
	struct dts_change *changes; /* while it is open, text.p is not set: places[] tell where it stands */
	size_t *places;
	uint64_t *ordinals;         /* n of each record */
	size_t count, cap;
	struct dts_unit_tx *txs;
	size_t tx_count, tx_cap;
	struct dts_buf names;
	struct dts_claims claims;
	bool follows_windows;       /* a table of it has a window, which its position is to be held against */
	struct dts_position begin;  /* of its first transaction */
	struct dts_position before, end; /* where a checkpoint stands before it and behind it, GTIDs included */
	struct dts_run_ids ids;
	struct dts_buf input;       /* the input's name, with a NUL */
	struct dts_buf acks;        /* `ack` records of its transactions */
	struct dts_plan more;       /* statements that go with its first transaction: definitions of tables */
	uint64_t definitions_end;   /* of the definitions that hold once it is there */

	/* The pool's */
	enum dts_unit_state state;
	int node;                   /* in the conflict graph */
	unsigned worker;            /* who makes or made it */
	size_t made;                /* transactions of it that are there: all, or those before one that is refused */
	bool said_low;              /* its mark says that all is there up to its end */
	struct dts_unit *next;
};

void dts_unit_clear(struct dts_unit *u); /* keeps memory */
void dts_unit_free(struct dts_unit *u);  /* NULL is fine */

/* Bytes of records; bytes of memory. */
static inline size_t dts_unit_size(const struct dts_unit *u)
{
	return u->text.len;
}
size_t dts_unit_memory(const struct dts_unit *u);

/* Adds a change at the end, whose `text` is copied. */
void dts_unit_change(struct dts_unit *u, const struct dts_change *c, uint64_t ordinal);

/* Drops the changes whose ordinal is above `keep`. */
void dts_unit_cut(struct dts_unit *u, uint64_t keep);

/* Ends a transaction: the changes since the last one's end are its own. */
void dts_unit_end_tx(struct dts_unit *u, const struct dts_position *end, struct dts_slice tx);

/* Moves all changes and claims of `from` behind those of `u`. `from` is empty then. */
void dts_unit_append(struct dts_unit *u, struct dts_unit *from);

/* Nothing more comes: the changes' texts are set, and room that is not used goes. */
void dts_unit_close(struct dts_unit *u);

/* Moves `p` behind transactions [from, to) of the unit. */
void dts_unit_follow(const struct dts_unit *u, size_t from, size_t to, struct dts_position *p);

static inline struct dts_slice dts_unit_tx_name(const struct dts_unit *u, size_t i)
{
	return dts_slice(u->names.data + u->txs[i].tx_at, u->txs[i].tx_len);
}

#endif
