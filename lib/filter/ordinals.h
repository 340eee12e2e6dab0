#ifndef DTS_FILTER_ORDINALS_H
#define DTS_FILTER_ORDINALS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Which changes of the open transaction were kept, so that a rollback to the
 * n-th of the input's can be told as one of ours. A bit a change, in words that
 * exist only where something was kept: all zero is empty, and memory is
 * reused from one transaction to the next.
 */
struct dts_ordinals {
	struct dts_ordinal_word *words;
	size_t count, cap;
	uint64_t kept; /* changes kept so far, as rolled back */
};

struct dts_ordinal_word {
	uint64_t base;   /* ordinal of bit 0, a multiple of 64 */
	uint64_t bits;
	uint64_t before; /* kept before this word */
};

void dts_ordinals_clear(struct dts_ordinals *o);
void dts_ordinals_release(struct dts_ordinals *o);

/* The input's change n is kept; n is above all before. Its new ordinal. */
uint64_t dts_ordinals_keep(struct dts_ordinals *o, uint64_t n);

/* Forgets the changes behind the input's `to`; how many of ours stay. */
uint64_t dts_ordinals_rollback(struct dts_ordinals *o, uint64_t to);

#endif
