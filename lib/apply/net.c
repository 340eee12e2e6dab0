#include "apply/net.h"

#include <stdlib.h>

#include "base/hash.h"

void dts_net_clear(struct dts_net *n)
{
	n->count = 0;
	if (n->place_count > 0)
		memset(n->places, 0, n->place_count * sizeof *n->places);
}

void dts_net_release(struct dts_net *n)
{
	free(n->rows);
	free(n->places);
	*n = (struct dts_net){0};
}

bool dts_net_whole(const struct dts_apply_table *t, const struct dts_json *image)
{
	for (size_t i = 0; i < t->schema.column_count; i++)
		if (t->columns[i].written && !image[i].raw.p)
			return false;
	return true;
}

static uint64_t hash_key(const struct dts_apply_table *t, const struct dts_json *image)
{
	uint64_t hash = (uintptr_t)t >> 4;

	for (size_t i = 0; i < t->key->count; i++) {
		struct dts_slice raw = image[t->key_columns[i]].raw;
		hash = (hash ^ dts_hash(raw.p, raw.len)) * 0x9e3779b97f4a7c15u;
	}
	return hash ^ hash >> 32;
}

bool dts_net_same_key(const struct dts_apply_table *t, const struct dts_json *a, const struct dts_json *b)
{
	for (size_t i = 0; i < t->key->count; i++)
		if (!dts_slice_eq(a[t->key_columns[i]].raw, b[t->key_columns[i]].raw))
			return false;
	return true;
}

static bool same_image(const struct dts_apply_table *t, const struct dts_json *a, const struct dts_json *b)
{
	for (size_t i = 0; i < t->schema.column_count; i++)
		if (t->columns[i].written && !dts_slice_eq(a[i].raw, b[i].raw))
			return false;
	return true;
}

/* Any image of a row: they have the same key. */
static const struct dts_json *image_of(const struct dts_net_row *row)
{
	return row->after ? row->after : row->before;
}

/* The place of the row with this key, or the free one where it would be. */
static uint32_t *find(const struct dts_net *n, const struct dts_apply_table *t, const struct dts_json *image, uint64_t hash)
{
	size_t at = hash & (n->place_count - 1);

	for (; n->places[at]; at = (at + 1) & (n->place_count - 1)) {
		const struct dts_net_row *row = &n->rows[n->places[at] - 1];
		if (row->hash == hash && row->table == t && dts_net_same_key(t, image_of(row), image))
			break;
	}
	return &n->places[at];
}

static void grow_places(struct dts_net *n)
{
	n->place_count = n->place_count ? n->place_count * 2 : 1024;
	free(n->places);
	n->places = dts_zalloc(n->place_count, sizeof *n->places);
	for (size_t i = 0; i < n->count; i++) {
		size_t at = n->rows[i].hash & (n->place_count - 1);
		while (n->places[at])
			at = (at + 1) & (n->place_count - 1);
		n->places[at] = (uint32_t)i + 1;
	}
}

/* The row with the key of this image; *is_new: nothing is known of it yet. */
static struct dts_net_row *row_of(struct dts_net *n, struct dts_apply_table *t, const struct dts_json *image, bool *is_new)
{
	uint64_t hash = hash_key(t, image);

	if (n->count * 2 >= n->place_count)
		grow_places(n);
	uint32_t *place = find(n, t, image, hash);
	*is_new = *place == 0;
	if (!*is_new)
		return &n->rows[*place - 1];
	if (n->count == n->cap) {
		n->cap = n->cap ? n->cap * 2 : 1024;
		n->rows = dts_realloc(n->rows, n->cap * sizeof *n->rows);
	}
	n->rows[n->count] = (struct dts_net_row){.table = t, .hash = hash};
	*place = (uint32_t)++n->count;
	return &n->rows[n->count - 1];
}

/* Is the row there, with this image, as far as we know? */
static bool stands(const struct dts_net_row *row, const struct dts_json *image)
{
	return row->kind != DTS_NET_DELETE && row->kind != DTS_NET_GHOST && same_image(row->table, row->after, image);
}

static void settle(struct dts_net_row *row, const struct dts_json *after)
{
	row->after = after;
	if (row->kind != DTS_NET_INSERT)
		row->kind = same_image(row->table, row->before, after) ? DTS_NET_SAME : DTS_NET_UPDATE;
}

static bool add_insert(struct dts_net *n, struct dts_apply_table *t, const struct dts_json *after, uint64_t line)
{
	bool is_new;
	struct dts_net_row *row = row_of(n, t, after, &is_new);

	row->line = line;
	if (is_new || row->kind == DTS_NET_GHOST) {
		row->kind = DTS_NET_INSERT;
		row->after = after;
		return true;
	}
	if (row->kind != DTS_NET_DELETE)
		return false;
	settle(row, after); /* deleted and inserted again: an update of the row that was there */
	return true;
}

static bool add_delete(struct dts_net *n, struct dts_apply_table *t, const struct dts_json *before, uint64_t line)
{
	bool is_new;
	struct dts_net_row *row = row_of(n, t, before, &is_new);

	row->line = line;
	if (is_new) {
		row->kind = DTS_NET_DELETE;
		row->before = before;
		return true;
	}
	if (!stands(row, before))
		return false;
	if (row->kind == DTS_NET_INSERT) {
		row->kind = DTS_NET_GHOST;
	} else {
		row->kind = DTS_NET_DELETE;
		row->after = NULL;
	}
	return true;
}

static bool add_update(struct dts_net *n, struct dts_apply_table *t, const struct dts_json *before,
		       const struct dts_json *after, uint64_t line)
{
	bool is_new;
	struct dts_net_row *row = row_of(n, t, before, &is_new);

	row->line = line;
	if (is_new) {
		row->kind = DTS_NET_UPDATE;
		row->before = before;
	} else if (!stands(row, before)) {
		return false;
	}
	settle(row, after);
	return true;
}

bool dts_net_add(struct dts_net *n, struct dts_apply_table *t, enum dts_op op, const struct dts_json *before,
		 const struct dts_json *after, uint64_t line)
{
	switch (op) {
	case DTS_OP_INSERT:
		return add_insert(n, t, after, line);
	case DTS_OP_DELETE:
		return add_delete(n, t, before, line);
	default:
		return dts_net_same_key(t, before, after) && add_update(n, t, before, after, line);
	}
}
