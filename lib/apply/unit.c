#include "apply/unit.h"

#include <stdlib.h>

enum { LARGE = 4 * 1024 * 1024 }; /* of text: room that is not used is given back */

void dts_unit_clear(struct dts_unit *u)
{
	dts_buf_clear(&u->text);
	u->count = u->tx_count = u->claims.count = 0;
	dts_buf_clear(&u->names);
	u->follows_windows = false;
	u->definitions_end = 0;
	u->said_low = false;
	dts_run_ids_clear(&u->ids);
	dts_buf_clear(&u->input);
	dts_buf_clear(&u->acks);
	dts_plan_clear(&u->more);
	u->state = DTS_UNIT_OPEN;
	u->node = -1;
	u->next = NULL;
}

void dts_unit_free(struct dts_unit *u)
{
	if (!u)
		return;
	dts_buf_release(&u->text);
	free(u->changes);
	free(u->places);
	free(u->ordinals);
	free(u->txs);
	dts_buf_release(&u->names);
	free(u->claims.items);
	dts_position_release(&u->begin);
	dts_position_release(&u->before);
	dts_position_release(&u->end);
	dts_run_ids_release(&u->ids);
	dts_buf_release(&u->input);
	dts_buf_release(&u->acks);
	dts_plan_release(&u->more);
	free(u);
}

size_t dts_unit_memory(const struct dts_unit *u)
{
	return sizeof *u + u->text.cap + u->cap * (sizeof *u->changes + sizeof *u->places + sizeof *u->ordinals) +
	       u->tx_cap * sizeof *u->txs + u->names.cap + u->claims.cap * sizeof *u->claims.items + u->acks.cap;
}

static void reserve(struct dts_unit *u, size_t more)
{
	if (u->count + more <= u->cap)
		return;
	u->cap = u->cap * 2 > u->count + more ? u->cap * 2 : u->count + more;
	if (u->cap < 64)
		u->cap = 64;
	u->changes = dts_realloc(u->changes, u->cap * sizeof *u->changes);
	u->places = dts_realloc(u->places, u->cap * sizeof *u->places);
	u->ordinals = dts_realloc(u->ordinals, u->cap * sizeof *u->ordinals);
}

void dts_unit_change(struct dts_unit *u, const struct dts_change *c, uint64_t ordinal)
{
	reserve(u, 1);
	u->changes[u->count] = *c;
	u->places[u->count] = u->text.len;
	u->ordinals[u->count++] = ordinal;
	dts_buf_add_slice(&u->text, c->text);
}

void dts_unit_cut(struct dts_unit *u, uint64_t keep)
{
	/* What is left out claims on: that costs order, not rightness. */
	while (u->count > 0 && u->ordinals[u->count - 1] > keep)
		u->text.len = u->places[--u->count];
}

void dts_unit_end_tx(struct dts_unit *u, const struct dts_position *end, struct dts_slice tx)
{
	if (u->tx_count == u->tx_cap) {
		u->tx_cap = u->tx_cap ? u->tx_cap * 2 : 64;
		u->txs = dts_realloc(u->txs, u->tx_cap * sizeof *u->txs);
	}
	const struct dts_unit_tx *before = u->tx_count ? &u->txs[u->tx_count - 1] : NULL;
	struct dts_unit_tx *t = &u->txs[u->tx_count++];
	t->changes_end = u->count;
	t->offset = end->offset;
	t->created = end->created;
	if (before && strcmp(u->names.data + before->file_at, end->file) == 0) {
		t->file_at = before->file_at;
	} else {
		t->file_at = u->names.len;
		dts_buf_add(&u->names, end->file, strlen(end->file) + 1);
	}
	t->tx_at = u->names.len;
	t->tx_len = tx.len;
	dts_buf_add_slice(&u->names, tx);
}

/* All that both have of changes, the one's for the other's. */
static void swap_changes(struct dts_unit *a, struct dts_unit *b)
{
	struct dts_unit was = *a;

	a->text = b->text, b->text = was.text;
	a->changes = b->changes, b->changes = was.changes;
	a->places = b->places, b->places = was.places;
	a->ordinals = b->ordinals, b->ordinals = was.ordinals;
	a->count = b->count, b->count = was.count;
	a->cap = b->cap, b->cap = was.cap;
	a->claims = b->claims, b->claims = was.claims;
}

void dts_unit_append(struct dts_unit *u, struct dts_unit *from)
{
	size_t at = u->text.len;

	if (u->count == 0 && from->text.len > u->text.cap) { /* a large one is not there twice */
		swap_changes(u, from);
		return;
	}
	reserve(u, from->count);
	dts_buf_add_slice(&u->text, dts_buf_slice(&from->text));
	memcpy(u->changes + u->count, from->changes, from->count * sizeof *u->changes);
	for (size_t i = 0; i < from->count; i++)
		u->places[u->count + i] = at + from->places[i];
	u->count += from->count;
	struct dts_claims *c = &u->claims;
	if (c->count + from->claims.count > c->cap) {
		c->cap = c->cap * 2 > c->count + from->claims.count ? c->cap * 2 : c->count + from->claims.count;
		c->items = dts_realloc(c->items, c->cap * sizeof *c->items);
	}
	memcpy(c->items + c->count, from->claims.items, from->claims.count * sizeof *c->items);
	c->count += from->claims.count;
	from->claims.count = from->count = 0;
	dts_buf_clear(&from->text);
}

void dts_unit_close(struct dts_unit *u)
{
	if (u->text.cap > LARGE) {
		u->text.data = dts_realloc(u->text.data, u->text.len);
		u->text.cap = u->text.len;
	}
	for (size_t i = 0; i < u->count; i++)
		u->changes[i].text.p = u->text.data + u->places[i];
}

void dts_unit_follow(const struct dts_unit *u, size_t from, size_t to, struct dts_position *p)
{
	struct dts_position end = {0};

	for (size_t i = from; i < to; i++) {
		const struct dts_unit_tx *t = &u->txs[i];
		dts_position_set(&end, dts_slice_of(u->names.data + t->file_at), t->offset);
		end.created = t->created;
		dts_position_follow(p, &end, dts_unit_tx_name(u, i));
	}
	dts_position_release(&end);
}
