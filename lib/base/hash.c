#include "base/hash.h"

#include <stdlib.h>

/* FNV-1a by words of eight bytes, then mixed: short keys, few collisions. */
uint64_t dts_hash(const void *bytes, size_t len)
{
	const unsigned char *p = bytes;
	uint64_t h = 0xcbf29ce484222325u ^ len;

	for (; len >= 8; p += 8, len -= 8) {
		uint64_t word;
		memcpy(&word, p, 8);
		h = (h ^ word) * 0x9e3779b97f4a7c15u;
		h ^= h >> 29;
	}
	for (; len > 0; p++, len--)
		h = (h ^ *p) * 0x100000001b3u;
	h ^= h >> 32;
	h *= 0xd6e8feb86659fd93u;
	return h ^ h >> 32;
}

static size_t map_find(const struct dts_map *m, struct dts_slice key, uint64_t hash)
{
	size_t at = hash & (m->cap - 1);

	while (m->entries[at].key) {
		const struct dts_map_entry *e = &m->entries[at];
		if (e->hash == hash && e->key_len == key.len &&
		    (key.len == 0 || memcmp(e->key, key.p, key.len) == 0))
			break;
		at = (at + 1) & (m->cap - 1);
	}
	return at;
}

void *dts_map_get(const struct dts_map *m, struct dts_slice key)
{
	if (m->count == 0)
		return NULL;
	return m->entries[map_find(m, key, dts_hash(key.p, key.len))].value;
}

static void map_grow(struct dts_map *m)
{
	struct dts_map_entry *old = m->entries;
	size_t old_cap = m->cap;

	m->cap = old_cap ? old_cap * 2 : 16;
	m->entries = dts_zalloc(m->cap, sizeof *m->entries);
	for (size_t i = 0; i < old_cap; i++)
		if (old[i].key) {
			struct dts_slice key = {old[i].key, old[i].key_len};
			m->entries[map_find(m, key, old[i].hash)] = old[i];
		}
	free(old);
}

void *dts_map_set(struct dts_map *m, struct dts_slice key, void *value)
{
	uint64_t hash = dts_hash(key.p, key.len);

	if ((m->count + 1) * 4 > m->cap * 3)
		map_grow(m);
	struct dts_map_entry *e = &m->entries[map_find(m, key, hash)];
	void *before = e->key ? e->value : NULL;
	if (!e->key) {
		*e = (struct dts_map_entry){dts_slice_dup(key), key.len, hash, NULL};
		m->count++;
	}
	e->value = value;
	return before;
}

void *dts_map_remove(struct dts_map *m, struct dts_slice key)
{
	if (m->count == 0)
		return NULL;
	size_t hole = map_find(m, key, dts_hash(key.p, key.len));
	if (!m->entries[hole].key)
		return NULL;
	void *value = m->entries[hole].value;
	free(m->entries[hole].key);
	m->entries[hole] = (struct dts_map_entry){0};
	m->count--;
	/* Entries behind the hole that were pushed on by it move back. */
	for (size_t at = (hole + 1) & (m->cap - 1); m->entries[at].key; at = (at + 1) & (m->cap - 1)) {
		size_t home = m->entries[at].hash & (m->cap - 1);
		if (((at - home) & (m->cap - 1)) >= ((at - hole) & (m->cap - 1))) {
			m->entries[hole] = m->entries[at];
			m->entries[at] = (struct dts_map_entry){0};
			hole = at;
		}
	}
	return value;
}

struct dts_map_entry *dts_map_next(const struct dts_map *m, size_t *at)
{
	while (*at < m->cap) {
		struct dts_map_entry *e = &m->entries[(*at)++];
		if (e->key)
			return e;
	}
	return NULL;
}

void dts_map_release(struct dts_map *m, void (*free_value)(void *))
{
	for (size_t i = 0; i < m->cap; i++)
		if (m->entries[i].key) {
			if (free_value && m->entries[i].value)
				free_value(m->entries[i].value);
			free(m->entries[i].key);
		}
	free(m->entries);
	*m = (struct dts_map){0};
}

struct dts_slice dts_map_pair(struct dts_buf *b, struct dts_slice first, struct dts_slice second)
{
	uint32_t len = (uint32_t)first.len;

	dts_buf_clear(b);
	dts_buf_add(b, &len, sizeof len);
	dts_buf_add_slice(b, first);
	dts_buf_add_slice(b, second);
	return dts_buf_slice(b);
}

void dts_map_pair_read(struct dts_slice key, struct dts_slice *first, struct dts_slice *second)
{
	uint32_t len;

	memcpy(&len, key.p, sizeof len);
	*first = dts_slice(key.p + sizeof len, len);
	*second = dts_slice(first->p + len, key.len - sizeof len - len);
}
