#include "apply/conflict_impl.h"

#include <stdlib.h>

struct dts_conflicts *dts_conflicts_new(void)
{
	return dts_zalloc(1, sizeof(struct dts_conflicts));
}

static void free_rules(void *table)
{
	struct dts_conflict_table *k = table;

	dts_arena_free(k->arena);
	free(k);
}

static void free_schema(void *schema)
{
	dts_schema_release(schema);
	free(schema);
}

void dts_conflicts_forget(struct dts_conflicts *c)
{
	dts_map_release(&c->tables, free_rules);
	dts_map_release(&c->relatives, free_schema);
	dts_spaces_release(&c->spaces);
	dts_ties_release(&c->ties);
	c->last = NULL;
	c->ties_read = false;
}

void dts_conflicts_free(struct dts_conflicts *c)
{
	if (!c)
		return;
	dts_conflicts_forget(c);
	dts_map_release(&c->folds, free);
	dts_buf_release(&c->bytes);
	dts_buf_release(&c->scratch.text);
	free(c->before);
	free(c->after);
	free(c);
}

/* --- what a change claims, by the rules of its table */

static void add_claim(struct dts_claims *claims, struct dts_claim claim)
{
	if (claims->count == claims->cap) {
		claims->cap = claims->cap ? claims->cap * 2 : 256;
		claims->items = dts_realloc(claims->items, claims->cap * sizeof *claims->items);
	}
	claims->items[claims->count++] = claim;
}

/* Was it just claimed? An update that changes a value to an equal one. */
static bool is_last(const struct dts_claims *claims, const struct dts_claim *claim)
{
	const struct dts_claim *last = claims->count > 0 ? &claims->items[claims->count - 1] : NULL;

	return last && last->hash == claim->hash && last->space == claim->space && last->all == claim->all &&
	       last->shared == claim->shared;
}

/* The values of one row, by column of the stream; `rest` has those that it lacks (an update's new row). */
struct image {
	const struct dts_json *values, *rest;
};

static struct dts_json value_of(const struct image *i, long at)
{
	return i->values[at].raw.p || !i->rest ? i->values[at] : i->rest[at];
}

enum made { MADE_HASH, MADE_NULL, MADE_DOUBT };

static enum made make_hash(struct dts_conflicts *c, const struct dts_conflict_rule *rule, const struct image *image, uint64_t *hash)
{
	enum made made = rule->doubtful ? MADE_DOUBT : MADE_HASH;

	dts_buf_clear(&c->bytes);
	dts_buf_add(&c->bytes, &rule->seed, sizeof rule->seed);
	for (size_t i = 0; i < rule->count; i++) {
		const struct dts_conflict_part *p = &rule->parts[i];
		struct dts_json v = p->at >= 0 ? value_of(image, p->at) : (struct dts_json){0};
		if (v.raw.p && v.type == DTS_JSON_NULL)
			return MADE_NULL; /* whatever the others are */
		size_t start = c->bytes.len;
		dts_buf_add(&c->bytes, "\0\0\0\0", sizeof(uint32_t));
		if (!v.raw.p || !dts_fold_value(p->how, p->fold, p->prefix, p->decimals, v, &c->scratch, &c->bytes))
			made = MADE_DOUBT;
		uint32_t len = (uint32_t)(c->bytes.len - start);
		memcpy(c->bytes.data + start, &len, sizeof len);
	}
	*hash = dts_hash(c->bytes.data, c->bytes.len);
	return made;
}

/* Claims what a row has for a key. True: something is claimed (not where a value is NULL). */
static bool claim_image(struct dts_conflicts *c, const struct dts_conflict_rule *rule, const struct image *image,
			struct dts_claims *claims)
{
	struct dts_claim claim = {.space = rule->space, .shared = rule->shared};
	enum made made = make_hash(c, rule, image, &claim.hash);

	if (made == MADE_NULL)
		return false;
	claim.all = made == MADE_DOUBT;
	if (claim.all)
		claim.hash = 0;
	if (!is_last(claims, &claim))
		add_claim(claims, claim);
	return true;
}

/* May the update change a value of the key? */
static bool may_change(const struct dts_conflict_rule *rule, const struct dts_json *before, const struct dts_json *after)
{
	for (size_t i = 0; i < rule->count; i++) {
		long at = rule->parts[i].at;
		if (at < 0 || (after[at].raw.p && (!before[at].raw.p || !dts_slice_eq(after[at].raw, before[at].raw))))
			return true;
	}
	return false;
}

static void claim_all(const struct dts_conflict_table *k, struct dts_claims *claims)
{
	add_claim(claims, (struct dts_claim){.space = k->space, .all = true});
}

static void claim_listed(const struct dts_claim *list, size_t count, struct dts_claims *claims)
{
	for (size_t i = 0; i < count; i++)
		add_claim(claims, list[i]);
}

/* A row that comes or goes. */
static void claim_row(struct dts_conflicts *c, const struct dts_conflict_table *k, const struct dts_json *values,
		      struct dts_claims *claims)
{
	struct image image = {values, NULL};
	bool known = false;

	for (size_t i = 0; i < k->rule_count; i++)
		if (claim_image(c, &k->rules[i], &image, claims))
			known |= k->rules[i].unique;
	if (!known)
		claim_all(k, claims);
}

static void claim_update(struct dts_conflicts *c, const struct dts_conflict_table *k, struct dts_claims *claims)
{
	struct image before = {c->before, NULL}, after = {c->after, c->before};
	bool known_before = false, known_after = false, acts = false;

	for (size_t i = 0; i < k->rule_count; i++) {
		const struct dts_conflict_rule *rule = &k->rules[i];
		bool changes = may_change(rule, c->before, c->after);
		/* What says which row it is comes first; without it, each key may. */
		if (!changes && (k->has_identity ? i > 0 : !rule->unique))
			continue;
		bool claimed = claim_image(c, rule, &before, claims);
		known_before |= claimed && rule->unique;
		if (changes)
			claimed = claim_image(c, rule, &after, claims);
		known_after |= claimed && rule->unique;
		acts |= changes && rule->acts;
	}
	if (!known_before || !known_after)
		claim_all(k, claims);
	if (acts)
		claim_listed(k->updates, k->update_count, claims);
}

static const struct dts_conflict_table *find(struct dts_conflicts *c, const struct dts_apply_table *t)
{
	if (c->last && c->last->table == t)
		return c->last;
	c->last = dts_map_get(&c->tables, dts_slice((const char *)&t, sizeof t));
	return c->last;
}

/*
 * The values of an image that are part of some key, by column. The walk ends with the last of them; that each column is known
 * and comes once is checked by who makes the change.
 */
static void spread(struct dts_conflicts *c, const struct dts_conflict_table *k, struct dts_slice object, struct dts_json *values)
{
	const struct dts_schema *schema = &k->table->schema;
	struct dts_json_walk walk = dts_json_walk(object.p ? object : DTS_LIT("{}"));
	struct dts_slice key;
	struct dts_json value;
	size_t found = 0, hint = 0;

	for (size_t i = 0; i < k->needed_count; i++)
		values[k->needed[i]] = (struct dts_json){0};
	while (found < k->needed_count && dts_json_member(&walk, &key, &value)) {
		long at = dts_schema_column(schema, dts_json_string(key, &c->scratch.text), hint);
		if (at < 0)
			continue;
		found += k->is_needed[at] && !values[at].raw.p;
		if (k->is_needed[at])
			values[at] = value;
		hint = (size_t)at + 1;
	}
}

int dts_conflicts_claims(struct dts_conflicts *c, const struct dts_apply_table *t, const struct dts_record *r,
			 struct dts_claims *claims, struct dts_error *err)
{
	const struct dts_conflict_table *k = find(c, t);

	if (!k)
		return dts_fail(err, DTS_BAD_INPUT, "a change of table '%.*s.%.*s', of which nothing is known", (int)t->schema.db.len,
				t->schema.db.p, (int)t->schema.table.len, t->schema.table.p);
	if (r->op != DTS_OP_INSERT)
		spread(c, k, r->raw[DTS_F_BEFORE], c->before);
	if (r->op != DTS_OP_DELETE)
		spread(c, k, r->raw[DTS_F_AFTER], c->after);
	if (k->serial)
		claim_all(k, claims);
	if (r->op == DTS_OP_UPDATE)
		claim_update(c, k, claims);
	else
		claim_row(c, k, r->op == DTS_OP_INSERT ? c->after : c->before, claims);
	if (r->op == DTS_OP_DELETE)
		claim_listed(k->deletes, k->delete_count, claims);
	return 0;
}
