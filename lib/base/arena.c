#include "base/arena.h"

#include <stdlib.h>

#include "base/error.h"

enum { BLOCK_SIZE = 16 * 1024 };

/* Blocks are a list; the first is the one that is given out from. */
struct block {
	struct block *next;
	size_t used, cap;
	_Alignas(max_align_t) char bytes[];
};

struct dts_arena {
	struct block *blocks;
};

struct dts_arena *dts_arena_new(void)
{
	return dts_zalloc(1, sizeof(struct dts_arena));
}

void dts_arena_free(struct dts_arena *a)
{
	if (!a)
		return;
	while (a->blocks) {
		struct block *next = a->blocks->next;
		free(a->blocks);
		a->blocks = next;
	}
	free(a);
}

static struct block *add_block(struct dts_arena *a, size_t need)
{
	size_t cap = need > BLOCK_SIZE / 4 ? need : BLOCK_SIZE;
	struct block *b = dts_zalloc(1, sizeof *b + cap);

	b->cap = cap;
	if (a->blocks && cap == need && cap != BLOCK_SIZE) {
		/* A large piece has a block to itself and leaves the first one in use. */
		b->next = a->blocks->next;
		a->blocks->next = b;
	} else {
		b->next = a->blocks;
		a->blocks = b;
	}
	return b;
}

void *dts_arena_alloc(struct dts_arena *a, size_t count, size_t size)
{
	const size_t align = _Alignof(max_align_t);
	struct block *b = a->blocks;
	size_t need;

	if (__builtin_mul_overflow(count, size, &need) || need > SIZE_MAX / 2)
		dts_out_of_memory();
	need = (need + align - 1) & ~(align - 1);
	if (!b || b->cap - b->used < need)
		b = add_block(a, need);
	void *p = b->bytes + b->used;
	b->used += need;
	return p;
}

struct dts_slice dts_arena_copy(struct dts_arena *a, struct dts_slice s)
{
	char *p = dts_arena_alloc(a, s.len + 1, 1);

	if (s.len > 0)
		memcpy(p, s.p, s.len);
	return dts_slice(p, s.len);
}
