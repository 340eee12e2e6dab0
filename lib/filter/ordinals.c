#include "filter/ordinals.h"

#include <stdlib.h>

#include "base/buf.h"

void dts_ordinals_clear(struct dts_ordinals *o)
{
	o->count = 0;
	o->kept = 0;
}

void dts_ordinals_release(struct dts_ordinals *o)
{
	free(o->words);
	*o = (struct dts_ordinals){0};
}

uint64_t dts_ordinals_keep(struct dts_ordinals *o, uint64_t n)
{
	uint64_t base = n & ~UINT64_C(63);

	if (o->count == 0 || o->words[o->count - 1].base != base) {
		if (o->count == o->cap) {
			o->cap = o->cap ? o->cap * 2 : 16;
			o->words = dts_realloc(o->words, o->cap * sizeof *o->words);
		}
		o->words[o->count++] = (struct dts_ordinal_word){.base = base, .before = o->kept};
	}
	o->words[o->count - 1].bits |= UINT64_C(1) << (n & 63);
	return ++o->kept;
}

uint64_t dts_ordinals_rollback(struct dts_ordinals *o, uint64_t to)
{
	while (o->count > 0 && o->words[o->count - 1].base > to)
		o->kept = o->words[--o->count].before;
	if (o->count > 0) {
		struct dts_ordinal_word *w = &o->words[o->count - 1];
		if (to - w->base < 63)
			w->bits &= (UINT64_C(2) << (to - w->base)) - 1;
		o->kept = w->before + (uint64_t)__builtin_popcountll(w->bits);
	}
	return o->kept;
}
