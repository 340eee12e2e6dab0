#ifndef DTS_APPLY_NET_H
#define DTS_APPLY_NET_H

#include "apply/table.h"

/*
 * What the changes of some transactions come to, row by row: several changes of one row become one, from
 * the first before image to the last after image. A row is told by the bytes of its key in the records: those of one row
 * are the same bytes from change to change, whatever the collation holds for equal.
 *
 * Nothing is lost by that but what an outsider's row would have been in the way of between two changes. Whoever makes
 * the rest in whatever order ends with the same rows if no change fails and each finds its row as the before image says.
 */
enum dts_net_kind {
	DTS_NET_DELETE, /* in the order in which they are best made */
	DTS_NET_UPDATE,
	DTS_NET_SAME,   /* updates that came back to what was there: the row must still be there */
	DTS_NET_GHOST,  /* inserted and deleted again: `after` is what was there, and is tried, so that what is in its way is noticed */
	DTS_NET_INSERT,
	DTS_NET_KINDS
};

struct dts_net_row {
	struct dts_apply_table *table;
	const struct dts_json *before, *after; /* borrowed; by column of its schema; NULL: there is none */
	enum dts_net_kind kind;
	uint64_t line;  /* of the row's last change */
	uint64_t hash;
	size_t next;    /* for the caller */
};

/* All zero is empty; memory is kept when cleared. Rows in the order of their first change. */
struct dts_net {
	struct dts_net_row *rows;
	size_t count, cap;
	uint32_t *places; /* a hash table of rows: 1 + index; 0: free */
	size_t place_count;
};

void dts_net_clear(struct dts_net *n);
void dts_net_release(struct dts_net *n);

/* Are two images of one row, by the bytes of its key? */
bool dts_net_same_key(const struct dts_apply_table *t, const struct dts_json *a, const struct dts_json *b);

/* Has the image every column that is written? */
bool dts_net_whole(const struct dts_apply_table *t, const struct dts_json *image);

/*
 * Adds a change of a table that has a key. Images are whole, and stay where they are until the net is
 * cleared. False: it gives a row another key, or does not follow from the changes before it (an insert of a row that
 * is there, a before image that is not the after image before it).
 */
bool dts_net_add(struct dts_net *n, struct dts_apply_table *t, enum dts_op op, const struct dts_json *before,
		 const struct dts_json *after, uint64_t line);

#endif
