#ifndef DTS_BASE_ARENA_H
#define DTS_BASE_ARENA_H

#include "base/buf.h"

/* Memory that is given out in pieces and freed at once. Pieces are aligned for
 * any type and zeroed. Running out of memory ends the process. */
struct dts_arena;

struct dts_arena *dts_arena_new(void);
void dts_arena_free(struct dts_arena *a); /* NULL is fine */
void *dts_arena_alloc(struct dts_arena *a, size_t count, size_t size);
struct dts_slice dts_arena_copy(struct dts_arena *a, struct dts_slice s); /* NUL-terminated too */

#endif
