#ifndef DTS_APPLY_GRAPH_H
#define DTS_APPLY_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Which transactions may run side by side: the conflict graph. Nodes come in the
 * stream's order; one waits for each that came before it, is not finished, and
 * claims one of the same things. Pure: no server, no lock, no thread.
 */

/* What a node claims. Two claims meet when both are of the same space (a table), one
 * of them is of `all` or the hashes are equal, and not both are shared. */
struct dts_claim {
	uint64_t hash;  /* of a key's value; over-approximates: equal values have equal hashes */
	uint32_t space; /* a number below dts_graph's, from 0 on */
	bool all;       /* of every value there */
	bool shared;    /* others that share may run beside it: a reference to a parent's row */
};

enum { DTS_GRAPH_NODES = 64 }; /* unfinished at once, at most */

struct dts_graph; /* opaque */

struct dts_graph *dts_graph_new(void);
void dts_graph_free(struct dts_graph *g);

/* Adds a node behind all that are there. Its number, below DTS_GRAPH_NODES, which is free again
 * when it is finished; -1: there are as many as can be. *waits: it is not runnable yet. */
int dts_graph_add(struct dts_graph *g, const struct dts_claim *claims, size_t count, bool *waits);

/* The node is done: a mask of the nodes that have become runnable by that. */
uint64_t dts_graph_finish(struct dts_graph *g, int node);

#endif
