#ifndef DTS_BASE_HASH_H
#define DTS_BASE_HASH_H

#include "base/buf.h"

/* A hash of bytes, the same in every run; not for adversaries. */
uint64_t dts_hash(const void *bytes, size_t len);

/*
 * A map from bytes to a pointer. Keys are copied, values are the caller's.
 * All zero is an empty map.
 */
struct dts_map {
	struct dts_map_entry *entries;
	size_t count; /* keys in the map */
	size_t cap;   /* 0 or a power of two */
};

struct dts_map_entry {
	char *key; /* NULL: free place */
	size_t key_len;
	uint64_t hash;
	void *value;
};

/* The value of `key`, or NULL. */
void *dts_map_get(const struct dts_map *m, struct dts_slice key);

/* Sets `key` to `value`; returns the value that it had before, or NULL. */
void *dts_map_set(struct dts_map *m, struct dts_slice key, void *value);

/* Takes `key` out; returns its value, or NULL. */
void *dts_map_remove(struct dts_map *m, struct dts_slice key);

/* Walk over all: start with *at = 0; NULL at the end. Do not change the map meanwhile. */
struct dts_map_entry *dts_map_next(const struct dts_map *m, size_t *at);

/* Frees the map and its keys, after `free_value` (may be NULL) on each value. */
void dts_map_release(struct dts_map *m, void (*free_value)(void *));

/* A key of two names, such as database and table, that no other pair has.
 * Written to `b`, which is cleared first. */
struct dts_slice dts_map_pair(struct dts_buf *b, struct dts_slice first, struct dts_slice second);

/* The names that such a key was made of, borrowed from it. */
void dts_map_pair_read(struct dts_slice key, struct dts_slice *first, struct dts_slice *second);

#endif
