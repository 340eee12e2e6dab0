#include "apply/graph.h"

#include <stdlib.h>

#include "base/buf.h"

/*
 * A node is a bit. Who claims a value is kept as two masks a value, who touches a space as
 * four masks a space: what a new node waits for is read off them. A finished node's bit is
 * taken out everywhere it was put, so that the table holds what is unfinished and no more.
 */

/* Who claims a value; both 0: a free place. */
struct entry {
	uint64_t hash;
	uint64_t writers, sharers;
	uint32_t space;
};

/* Who claims something in a space, and who claims all of it. */
struct space {
	uint64_t writers, sharers;
	uint64_t all_writers, all_sharers;
};

struct value {
	uint64_t hash;
	uint32_t space;
};

struct node {
	uint64_t waits, blocks; /* for whom, and who for it */
	struct value *values;   /* the entries with its bit, each once */
	size_t value_count, value_cap;
	uint32_t *spaces; /* likewise */
	size_t space_count, space_cap;
};

struct dts_graph {
	uint64_t used; /* the unfinished nodes */
	struct node nodes[DTS_GRAPH_NODES];
	struct entry *entries; /* open addressing, linear probing */
	size_t entry_count, entry_cap; /* a power of two; at most half of it is used */
	unsigned shift;        /* 64 minus its logarithm */
	struct space *spaces;
	size_t space_cap;
};

enum { FIRST_SHIFT = 64 - 10 };

struct dts_graph *dts_graph_new(void)
{
	struct dts_graph *g = dts_zalloc(1, sizeof *g);

	g->shift = FIRST_SHIFT;
	g->entry_cap = (size_t)1 << (64 - g->shift);
	g->entries = dts_zalloc(g->entry_cap, sizeof *g->entries);
	return g;
}

void dts_graph_free(struct dts_graph *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < DTS_GRAPH_NODES; i++) {
		free(g->nodes[i].values);
		free(g->nodes[i].spaces);
	}
	free(g->entries);
	free(g->spaces);
	free(g);
}

static bool is_free(const struct entry *e)
{
	return (e->writers | e->sharers) == 0;
}

/* Where a value is looked for first. */
static size_t home(const struct dts_graph *g, uint64_t hash, uint32_t space)
{
	return (size_t)(((hash ^ (uint64_t)space << 32) * 0x9e3779b97f4a7c15u + space) * 0xd6e8feb86659fd93u >> g->shift);
}

/* The value's place, or the free one where it would stand. */
static struct entry *find(const struct dts_graph *g, uint64_t hash, uint32_t space)
{
	size_t at = home(g, hash, space);

	while (!is_free(&g->entries[at]) && (g->entries[at].hash != hash || g->entries[at].space != space))
		at = (at + 1) & (g->entry_cap - 1);
	return &g->entries[at];
}

static void grow(struct dts_graph *g)
{
	struct entry *old = g->entries;
	size_t cap = g->entry_cap;

	g->shift--;
	g->entry_cap *= 2;
	g->entries = dts_zalloc(g->entry_cap, sizeof *g->entries);
	for (size_t i = 0; i < cap; i++)
		if (!is_free(&old[i]))
			*find(g, old[i].hash, old[i].space) = old[i];
	free(old);
}

/* Frees a place; those behind it that were pushed aside move up. */
static void take_out(struct dts_graph *g, struct entry *e)
{
	size_t mask = g->entry_cap - 1;
	size_t hole = (size_t)(e - g->entries);

	for (size_t at = (hole + 1) & mask; !is_free(&g->entries[at]); at = (at + 1) & mask) {
		size_t want = home(g, g->entries[at].hash, g->entries[at].space);
		if (((at - want) & mask) >= ((at - hole) & mask)) {
			g->entries[hole] = g->entries[at];
			hole = at;
		}
	}
	g->entries[hole] = (struct entry){0};
	g->entry_count--;
}

static struct space *space_of(struct dts_graph *g, uint32_t number)
{
	if (number >= g->space_cap) {
		size_t cap = g->space_cap ? g->space_cap : 64;
		while (cap <= number)
			cap *= 2;
		g->spaces = dts_realloc(g->spaces, cap * sizeof *g->spaces);
		memset(g->spaces + g->space_cap, 0, (cap - g->space_cap) * sizeof *g->spaces);
		g->space_cap = cap;
	}
	return &g->spaces[number];
}

static void note_space(struct node *n, uint32_t space)
{
	if (n->space_count == n->space_cap) {
		n->space_cap = n->space_cap ? n->space_cap * 2 : 8;
		n->spaces = dts_realloc(n->spaces, n->space_cap * sizeof *n->spaces);
	}
	n->spaces[n->space_count++] = space;
}

static void note_value(struct node *n, uint64_t hash, uint32_t space)
{
	if (n->value_count == n->value_cap) {
		n->value_cap = n->value_cap ? n->value_cap * 2 : 64;
		n->values = dts_realloc(n->values, n->value_cap * sizeof *n->values);
	}
	n->values[n->value_count++] = (struct value){hash, space};
}

/* Whom a claim of everything in a space waits for; its bit is put there. */
static uint64_t claim_all(struct space *s, bool shared, uint64_t bit)
{
	uint64_t waits = s->writers | (shared ? 0 : s->sharers);

	*(shared ? &s->all_sharers : &s->all_writers) |= bit;
	return waits;
}

/* The same for one value. */
static uint64_t claim_value(struct dts_graph *g, struct node *n, const struct space *s, const struct dts_claim *c, uint64_t bit)
{
	struct entry *e = find(g, c->hash, c->space);
	uint64_t waits = s->all_writers | e->writers | (c->shared ? 0 : s->all_sharers | e->sharers);

	if (!((e->writers | e->sharers) & bit))
		note_value(n, c->hash, c->space);
	if (is_free(e)) {
		e->hash = c->hash;
		e->space = c->space;
		g->entry_count++;
	}
	*(c->shared ? &e->sharers : &e->writers) |= bit;
	if (g->entry_count * 2 > g->entry_cap)
		grow(g);
	return waits;
}

static uint64_t claim(struct dts_graph *g, struct node *n, const struct dts_claim *c, uint64_t bit)
{
	struct space *s = space_of(g, c->space);
	uint64_t waits = 0;

	if (!((s->writers | s->sharers) & bit))
		note_space(n, c->space);
	if (c->all)
		waits = claim_all(s, c->shared, bit);
	else if (!(s->all_writers & bit)) /* who has it all needs no single value */
		waits = claim_value(g, n, s, c, bit);
	*(c->shared ? &s->sharers : &s->writers) |= bit;
	return waits;
}

int dts_graph_add(struct dts_graph *g, const struct dts_claim *claims, size_t count, bool *waits)
{
	if (g->used == UINT64_MAX)
		return -1;
	int number = __builtin_ctzll(~g->used);
	uint64_t bit = (uint64_t)1 << number;
	struct node *n = &g->nodes[number];

	n->waits = n->blocks = 0;
	for (size_t i = 0; i < count; i++)
		n->waits |= claim(g, n, &claims[i], bit);
	n->waits &= ~bit;
	for (uint64_t left = n->waits; left; left &= left - 1)
		g->nodes[__builtin_ctzll(left)].blocks |= bit;
	g->used |= bit;
	*waits = n->waits != 0;
	return number;
}

uint64_t dts_graph_finish(struct dts_graph *g, int node)
{
	struct node *n = &g->nodes[node];
	uint64_t bit = (uint64_t)1 << node;
	uint64_t runnable = 0;

	for (size_t i = 0; i < n->value_count; i++) {
		struct entry *e = find(g, n->values[i].hash, n->values[i].space);
		e->writers &= ~bit;
		e->sharers &= ~bit;
		if (is_free(e))
			take_out(g, e);
	}
	for (size_t i = 0; i < n->space_count; i++) {
		struct space *s = &g->spaces[n->spaces[i]];
		s->writers &= ~bit;
		s->sharers &= ~bit;
		s->all_writers &= ~bit;
		s->all_sharers &= ~bit;
	}
	n->value_count = n->space_count = 0;
	for (uint64_t left = n->blocks; left; left &= left - 1) {
		struct node *next = &g->nodes[__builtin_ctzll(left)];
		next->waits &= ~bit;
		if (!next->waits)
			runnable |= left & -left;
	}
	g->used &= ~bit;
	return runnable;
}
