#include <stdlib.h>

#include "apply/state.h"
#include "mysql/catalog.h"

/*
 * MariaDB does not log what ON DELETE CASCADE and its kin do to child rows: the target must do the same itself, or the
 * child's rows silently stay. The full phase needs no such key, and dts-schema --stage=post makes it behind the rows; so it
 * has to be there when the first change of one of its two tables comes. What the source has is in the
 * definitions that the checkpoint keeps. MySQL logs it, and each change says so.
 */

static bool acts(const struct dts_foreign *f)
{
	return dts_foreign_acts(f->on_delete) || dts_foreign_acts(f->on_update);
}

/* By its name where a column of the parent has another one by now. */
static bool is_it(const struct dts_foreign *is, const struct dts_foreign *wanted)
{
	if (dts_apply_same_foreign(is, wanted))
		return true;
	bool same = is->count == wanted->count && dts_slice_eq(is->name, wanted->name) && dts_slice_eq(is->on_delete, wanted->on_delete) &&
		    dts_slice_eq(is->on_update, wanted->on_update);
	for (size_t i = 0; same && i < is->count; i++)
		same = dts_slice_eq(is->columns[i], wanted->columns[i]);
	return same;
}

static bool among(const struct dts_foreign *wanted, const struct dts_foreign *keys, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_it(&keys[i], wanted))
			return true;
	return false;
}

/* The foreign keys of a table at the target: has it that one? Those that are noted are as good. */
static int find(struct dts_applier *a, const struct dts_cascade_table *child, const struct dts_foreign *wanted, struct dts_error *err)
{
	struct dts_slice db = dts_slice_of(child->to_db), table = dts_slice_of(child->to_table);
	struct dts_error why = DTS_ERROR_INIT;
	struct dts_key_notes notes = {0};
	struct dts_schema target = {0};
	struct dts_items items = {0};
	struct dts_buf text = {0};
	bool found = false;
	int rc = dts_keys_definition(a->session, db, table, &text, &items, &why);

	for (size_t i = 0; rc > 0 && i < items.count && !found; i++)
		found = items.items[i].kind == DTS_ITEM_FOREIGN && is_it(&items.items[i].foreign, wanted);
	if (rc == 0) /* it has gone; that is told when one of its changes comes */
		found = true;
	if (rc < 0 && why.status == DTS_REFUSED) { /* its text is not understood; the catalog is slower */
		rc = dts_catalog_schema(a->session, db, table, &target, NULL, err);
		found = rc == 0 || (rc > 0 && among(wanted, target.foreign, target.foreign_count));
	} else if (rc < 0) {
		*err = why;
	}
	if (rc >= 0 && !found && (rc = dts_key_notes_read(a, &db, &table, &notes, err)) == 0)
		for (size_t i = 0; i < notes.count && !found; i++)
			found = notes.items[i].item.kind == DTS_ITEM_FOREIGN && is_it(&notes.items[i].item.foreign, wanted);
	dts_key_notes_release(&notes);
	dts_schema_release(&target);
	dts_items_release(&items);
	dts_buf_release(&text);
	return rc < 0 ? -1 : found;
}

static bool has_parent(const struct dts_cascades *c, const struct dts_foreign *f)
{
	for (size_t i = 0; i < c->link_count; i++)
		if (c->links[i].foreign == f)
			return true;
	return false;
}

static int check(struct dts_applier *a, struct dts_cascade_table *child, struct dts_error *err)
{
	if (child->checked)
		return 0;
	for (size_t i = 0; i < child->schema.foreign_count; i++) {
		const struct dts_foreign *f = &child->schema.foreign[i];
		int found = acts(f) ? find(a, child, f, err) : 1;
		if (found < 0)
			return -1;
		if (found)
			continue;
		/* dts-dump, or dts-filter, was told so: --allow-missing-parents. */
		if (!has_parent(&a->cascades, f)) {
			dts_applier_notice(a, "foreign key '%.*s' of '%s.%s' is missing at the target, and its parent '%.*s.%.*s' is no part of this migration: "
					   "what it does to rows at the source is lost, as was accepted", (int)f->name.len, f->name.p, child->to_db,
					   child->to_table, (int)f->to_db.len, f->to_db.p, (int)f->to_table.len, f->to_table.p);
			continue;
		}
		dts_fail(err, DTS_REFUSED, "table '%s.%s': foreign key '%.*s' (on delete %.*s, on update %.*s) is missing at the target, and the "
			 "source does not log what it does", child->to_db, child->to_table, (int)f->name.len, f->name.p,
			 (int)f->on_delete.len, f->on_delete.p, (int)f->on_update.len, f->on_update.p);
		return dts_hint(err, "make it: dts-schema --stage=post prints the statements and dts-apply runs them");
	}
	child->checked = true;
	return 0;
}

/* The table, and all that a change of its rows goes on to: what is done to a child's rows is done to their children's, and no
 * change of the child comes that would say so. */
static int check_below(struct dts_applier *a, size_t table, struct dts_error *err)
{
	const struct dts_cascades *c = &a->cascades;
	size_t *next = dts_zalloc(c->table_count, sizeof *next), count = 0;
	bool *seen = dts_zalloc(c->table_count, sizeof *seen);
	int rc = 0;

	next[count++] = table;
	seen[table] = true;
	for (size_t at = 0; rc == 0 && at < count; at++) {
		rc = check(a, &a->cascades.tables[next[at]], err);
		for (size_t i = 0; i < c->link_count; i++) {
			const struct dts_foreign_link *l = &c->links[i];
			if (l->parent != next[at] || seen[l->child])
				continue;
			seen[l->child] = true;
			next[count++] = l->child;
		}
	}
	free(next);
	free(seen);
	return rc;
}

int dts_actions_load(struct dts_applier *a, struct dts_error *err)
{
	if (!a->cascades_known && dts_cascades_load(&a->cascades, &a->checkpoint, dts_buf_slice(&a->src), err) < 0)
		return -1;
	a->cascades_known = true;
	return 0;
}

int dts_actions_check(struct dts_applier *a, struct dts_apply_table *t, bool no_foreign, struct dts_error *err)
{
	if (t->acted || no_foreign || !a->changes || !a->has_checkpoint || !a->has_full_phase || a->origin.logs_foreign_actions)
		return 0;
	if (dts_actions_load(a, err) < 0)
		return -1;
	long self = dts_cascades_find(&a->cascades, t->schema.source_db, t->schema.source_table);
	int rc = self >= 0 ? check_below(a, (size_t)self, err) : 0;
	t->acted = rc == 0;
	return rc;
}
