#include "apply/keys.h"

#include <mysqld_error.h>
#include <stdlib.h>
#include <strings.h>

#include "apply/state.h"
#include "mysql/keyrange.h"
#include "mysql/quote.h"

#define NAME_ARGS(db, table) (int)(db).len, (db).p, (int)(table).len, (table).p

static void free_incoming(void *foreign)
{
	struct dts_items *t = foreign;

	if (t)
		dts_items_release(t);
	free(t);
}

void dts_keys_release(struct dts_keys *k)
{
	dts_map_release(&k->incoming, free_incoming);
	dts_position_release(&k->until);
	*k = (struct dts_keys){0};
}

static void plan_sql(struct dts_applier *a, size_t at)
{
	dts_plan_add(&a->plan, at, (struct dts_statement){.rows = DTS_EXPECT_ANY});
}

int dts_keys_definition(struct dts_session *s, struct dts_slice db, struct dts_slice table, struct dts_buf *text,
			struct dts_items *items, struct dts_error *err)
{
	struct dts_buf sql = {0};
	int rc = -1;

	*items = (struct dts_items){0};
	dts_buf_clear(text);
	dts_buf_adds(&sql, "SHOW CREATE TABLE ");
	dts_sql_table(&sql, db, table);
	MYSQL_RES *res = dts_session_query(s, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	if (!res)
		return mysql_errno(s->mysql) == ER_NO_SUCH_TABLE || mysql_errno(s->mysql) == ER_BAD_DB_ERROR ? 0 : -1;
	MYSQL_ROW row = mysql_fetch_row(res);
	if (row && row[1]) {
		dts_buf_add(text, row[1], mysql_fetch_lengths(res)[1]);
		rc = dts_items_parse(items, dts_buf_slice(text), err) < 0 ? -1 : 1;
	} else {
		dts_fail(err, DTS_REFUSED, "table '%.*s.%.*s' has no definition at the target", NAME_ARGS(db, table));
	}
	mysql_free_result(res);
	return rc < 0 ? dts_where(err, "table '%.*s.%.*s'", NAME_ARGS(db, table)) : rc;
}

/* ---- which keys stay ---- */

/* A foreign key of another table, one row a column, joined to those before. */
static void add_incoming(struct dts_applier *a, MYSQL_ROW row, const unsigned long *len)
{
	enum { DB, TABLE, NAME, TO_DB, TO_TABLE, TO_COLUMN };
	struct dts_buf key = {0};
	struct dts_slice to = dts_map_pair(&key, dts_slice(row[TO_DB], len[TO_DB]), dts_slice(row[TO_TABLE], len[TO_TABLE]));
	struct dts_items *t = dts_map_get(&a->keys.incoming, to);

	if (!t) {
		t = dts_zalloc(1, sizeof *t);
		t->arena = dts_arena_new();
		dts_map_set(&a->keys.incoming, to, t);
	}
	struct dts_item *last = t->count ? &t->items[t->count - 1] : NULL;
	if (!last || !dts_slice_eq(last->name, dts_slice(row[NAME], len[NAME])) ||
	    !dts_slice_eq(last->foreign.to_table, dts_slice(row[TABLE], len[TABLE])) ||
	    !dts_slice_eq(last->foreign.to_db, dts_slice(row[DB], len[DB]))) {
		t->items = dts_realloc(t->items, (t->count + 1) * sizeof *t->items);
		last = &t->items[t->count++];
		*last = (struct dts_item){.kind = DTS_ITEM_FOREIGN, .name = dts_arena_copy(t->arena, dts_slice(row[NAME], len[NAME]))};
		last->foreign.to_db = dts_arena_copy(t->arena, dts_slice(row[DB], len[DB])); /* of the child */
		last->foreign.to_table = dts_arena_copy(t->arena, dts_slice(row[TABLE], len[TABLE]));
		last->columns = dts_arena_alloc(t->arena, 64, sizeof *last->columns); /* a key has at most 16 or 64 */
	}
	if (last->count < 64)
		((struct dts_slice *)last->columns)[last->count++] = dts_arena_copy(t->arena, dts_slice(row[TO_COLUMN], len[TO_COLUMN]));
	dts_buf_release(&key);
}

/* All at once: MariaDB's catalog opens every table for such a question, whichever table it is about. */
static int load_incoming(struct dts_applier *a, struct dts_error *err)
{
	if (a->keys.incoming_known)
		return 0;
	MYSQL_RES *res = dts_session_query(a->session, DTS_LIT(
		"SELECT TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME,"
		" REFERENCED_COLUMN_NAME FROM information_schema.KEY_COLUMN_USAGE WHERE REFERENCED_TABLE_NAME IS NOT NULL"
		" ORDER BY TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION"), err);
	if (!res)
		return -1;
	for (MYSQL_ROW row; (row = mysql_fetch_row(res));) {
		const unsigned long *len = mysql_fetch_lengths(res);
		bool own = strcmp(row[0], row[3]) == 0 && strcmp(row[1], row[4]) == 0;
		if (!own) /* those go with the table's own keys */
			add_incoming(a, row, len);
	}
	mysql_free_result(res);
	a->keys.incoming_known = true;
	return 0;
}

/* The foreign keys of a table were dropped. */
static void forget_incoming(struct dts_applier *a, struct dts_slice db, struct dts_slice table)
{
	struct dts_map_entry *e;

	for (size_t at = 0; (e = dts_map_next(&a->keys.incoming, &at));) {
		struct dts_items *t = e->value;
		for (size_t i = 0; i < t->count; i++)
			if (dts_slice_eq(t->items[i].foreign.to_db, db) && dts_slice_eq(t->items[i].foreign.to_table, table))
				t->items[i].count = 0;
	}
}

static bool same_name(struct dts_slice a, struct dts_slice b)
{
	return a.len == b.len && a.p && b.p && strncasecmp(a.p, b.p, a.len) == 0;
}

/* Does the key begin with these columns? */
static bool begins(const struct dts_item *key, const struct dts_slice *columns, size_t count)
{
	if (key->count < count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!same_name(key->columns[i], columns[i]))
			return false;
	return true;
}

/* Another table's foreign key lives on this key. */
static bool is_referred(struct dts_applier *a, const struct dts_apply_table *t, const struct dts_item *key)
{
	struct dts_buf name = {0};
	struct dts_items *in = dts_map_get(&a->keys.incoming, dts_map_pair(&name, t->schema.db, t->schema.table));
	bool found = false;

	for (size_t i = 0; in && i < in->count && !found; i++)
		found = in->items[i].count > 0 && begins(key, in->items[i].columns, in->items[i].count);
	dts_buf_release(&name);
	return found;
}

static bool all_not_null(const struct dts_apply_table *t, const struct dts_item *key)
{
	for (size_t i = 0; i < key->count; i++) {
		long at = key->columns[i].p ? dts_schema_column(&t->target, key->columns[i], i) : -1;
		if (at < 0 || t->target.columns[at].nullable)
			return false;
	}
	return true;
}

/* The key that an AUTO_INCREMENT column cannot be without: the first that begins with it. */
static const struct dts_item *counter_key(const struct dts_items *items)
{
	struct dts_slice counter = {NULL, 0};

	for (size_t i = 0; i < items->count; i++) {
		const struct dts_item *item = &items->items[i];
		if (item->auto_increment)
			counter = item->name;
		if (counter.p && item->kind >= DTS_ITEM_PRIMARY && item->kind <= DTS_ITEM_UNIQUE && begins(item, &counter, 1))
			return item;
	}
	return NULL;
}

/*
 * FULLTEXT, SPATIAL and VECTOR keys stay: the first FULLTEXT key that is added copies the
 * whole table, a second one copies it again, and the other two are built row by row in any
 * case. A UNIQUE key USING HASH (MariaDB, over long columns) and one WITHOUT OVERLAPS are
 * checks that copy the table, too. Without a primary key, rows are clustered by a UNIQUE key
 * without NULL: adding that one later would write the table anew.
 */
static bool stays(struct dts_applier *a, const struct dts_apply_table *t, const struct dts_items *items,
		  const struct dts_item *key)
{
	const struct dts_key *finds = dts_keyrange_key(&t->target);
	bool primary = false;

	if (key->kind == DTS_ITEM_FOREIGN)
		return false;
	if (key->kind != DTS_ITEM_KEY && key->kind != DTS_ITEM_UNIQUE)
		return true;
	for (size_t i = 0; i < items->count; i++)
		primary |= items->items[i].kind == DTS_ITEM_PRIMARY;
	if (key->kind == DTS_ITEM_UNIQUE) {
		if (key->period || (key->hash && a->session->family == DTS_MARIADB) || (!primary && all_not_null(t, key)))
			return true;
		if ((finds && same_name(finds->name, key->name)) || (t->key && same_name(t->key->name, key->name)))
			return true;
	}
	return key == counter_key(items) || is_referred(a, t, key);
}

/* ---- noting and dropping ---- */

static const char *kind_name(const struct dts_item *item)
{
	return item->kind == DTS_ITEM_FOREIGN ? "foreign" : item->kind == DTS_ITEM_UNIQUE ? "unique" : "key";
}

void dts_key_note_plan(struct dts_applier *a, struct dts_slice db, struct dts_slice table, const struct dts_item *item, size_t ordinal)
{
	struct dts_buf *sql = &a->plan.sql;
	size_t at = sql->len;

	dts_buf_adds(sql, "REPLACE INTO ");
	dts_checkpoint_table(&a->checkpoint, "pendingkey", sql);
	dts_buf_adds(sql, " (checkpoint,src,db,tbl,kind,name,ordinal,clause) VALUES (");
	struct dts_slice values[] = {dts_slice_of(a->checkpoint.name), dts_buf_slice(&a->src), db, table,
				     dts_slice_of(kind_name(item)), item->name};
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		dts_sql_literal(sql, values[i]);
		dts_buf_addc(sql, ',');
	}
	dts_buf_addu(sql, ordinal);
	dts_buf_addc(sql, ',');
	dts_sql_literal(sql, item->text);
	dts_buf_addc(sql, ')');
	plan_sql(a, at);
}

/* Refused: the keys stay as they are, and their notes go. */
static int keep(struct dts_applier *a, const struct dts_apply_table *t, const struct dts_items *items,
		const bool *drop, const struct dts_error *why, struct dts_error *err)
{
	dts_applier_notice(a, "the keys of '%.*s.%.*s' stay while its rows are loaded: %s",
			   NAME_ARGS(t->schema.db, t->schema.table), why->message);
	dts_applier_plan_start(a);
	for (size_t i = 0; i < items->count; i++)
		if (drop[i])
			dts_key_note_plan_forget(a, &(struct dts_key_note){.db = t->schema.db, .table = t->schema.table, .item = items->items[i]});
	return dts_applier_commit(a, err);
}

static int note_and_drop(struct dts_applier *a, const struct dts_apply_table *t, const struct dts_items *items,
			 const bool *drop, struct dts_error *err)
{
	struct dts_error why = DTS_ERROR_INIT;
	struct dts_buf sql = {0};
	bool first = true;

	dts_applier_plan_start(a);
	for (size_t i = 0; i < items->count; i++)
		if (drop[i])
			dts_key_note_plan(a, t->schema.db, t->schema.table, &items->items[i], i);
	if (dts_applier_commit(a, err) < 0)
		return -1;
	dts_buf_adds(&sql, "ALTER TABLE ");
	dts_sql_table(&sql, t->schema.db, t->schema.table);
	for (size_t i = 0; i < items->count; i++) {
		if (!drop[i])
			continue;
		dts_buf_adds(&sql, first ? " " : ", ");
		dts_buf_adds(&sql, items->items[i].kind == DTS_ITEM_FOREIGN ? "DROP FOREIGN KEY " : "DROP KEY ");
		dts_sql_ident(&sql, items->items[i].name);
		first = false;
	}
	int rc = dts_session_run(a->session, dts_buf_slice(&sql), &why);
	dts_buf_release(&sql);
	if (rc == 0) {
		forget_incoming(a, t->schema.db, t->schema.table);
		return 0;
	}
	if (why.status == DTS_REFUSED)
		return keep(a, t, items, drop, &why, err);
	*err = why;
	return -1;
}

static int is_empty(struct dts_applier *a, const struct dts_apply_table *t, struct dts_error *err)
{
	struct dts_buf sql = {0}, value = {0};

	dts_buf_adds(&sql, "SELECT 1 FROM ");
	dts_sql_table(&sql, t->schema.db, t->schema.table);
	dts_buf_adds(&sql, " LIMIT 1");
	int rc = dts_session_value(a->session, dts_buf_slice(&sql), &value, err);
	dts_buf_release(&sql);
	dts_buf_release(&value);
	return rc < 0 ? -1 : rc == 0;
}

/*
 * A table that comes in one chunk has few rows, for which two ALTER TABLEs cost more than they save. Its unique
 * and foreign keys may have to wait for the changes, so that only what no row can break stays.
 */
static bool is_small(const struct dts_applier *a, const struct dts_items *items, const bool *drop)
{
	if (!dts_slice_is(dts_buf_slice(&a->chunk_bounds), "[null,null]"))
		return false;
	for (size_t i = 0; i < items->count; i++)
		if (drop[i] && items->items[i].kind != DTS_ITEM_KEY)
			return false;
	return true;
}

int dts_keys_defer(struct dts_applier *a, const struct dts_apply_table *t, struct dts_error *err)
{
	struct dts_items items = {0};
	struct dts_buf text = {0};
	size_t count = 0;

	if (!a->options.keys_after || !a->has_checkpoint || a->options.print)
		return 0;
	int rc = is_empty(a, t, err);
	if (rc <= 0)
		return rc;
	struct dts_error why = DTS_ERROR_INIT;
	rc = dts_keys_definition(a->session, t->schema.db, t->schema.table, &text, &items, &why);
	if (rc < 0 && why.status == DTS_REFUSED) { /* MariaDB 11.8 does not double a backtick in a foreign key's name */
		dts_applier_notice(a, "the keys stay while the rows are loaded: %s", why.message);
		rc = 0;
	} else if (rc < 0) {
		*err = why;
	}
	/* A history is kept by keys that nobody may see go. */
	if (rc > 0 && !items.versioned && (rc = load_incoming(a, err)) == 0) {
		bool *drop = dts_zalloc(items.count + 1, sizeof *drop);
		for (size_t i = 0; i < items.count; i++) {
			drop[i] = !stays(a, t, &items, &items.items[i]);
			count += drop[i];
		}
		rc = count > 0 && !is_small(a, &items, drop) ? note_and_drop(a, t, &items, drop, err) : 0;
		free(drop);
	}
	dts_items_release(&items);
	dts_buf_release(&text);
	return rc < 0 ? -1 : 0;
}

/* ---- binding ---- */

int dts_keys_add_noted(struct dts_applier *a, struct dts_schema *target, struct dts_error *err)
{
	struct dts_key_notes notes = {0};

	if (!a->has_checkpoint)
		return 0;
	if (dts_key_notes_read(a, &target->db, &target->table, &notes, err) < 0)
		return -1;
	if (notes.count > 0) {
		struct dts_foreign *all = dts_arena_alloc(target->arena, target->foreign_count + notes.count, sizeof *all);
		if (target->foreign_count > 0)
			memcpy(all, target->foreign, target->foreign_count * sizeof *all);
		for (size_t i = 0; i < notes.count; i++) {
			struct dts_foreign f = notes.items[i].item.foreign;
			if (notes.items[i].item.kind != DTS_ITEM_FOREIGN)
				continue;
			struct dts_slice *columns = dts_arena_alloc(target->arena, 2 * f.count, sizeof *columns);
			for (size_t j = 0; j < f.count; j++) {
				columns[j] = dts_arena_copy(target->arena, f.columns[j]);
				columns[f.count + j] = dts_arena_copy(target->arena, f.to_columns[j]);
			}
			f.columns = columns;
			f.to_columns = columns + f.count;
			f.name = dts_arena_copy(target->arena, f.name);
			f.to_db = dts_arena_copy(target->arena, f.to_db.len > 0 ? f.to_db : target->db);
			f.to_table = dts_arena_copy(target->arena, f.to_table);
			all[target->foreign_count++] = f;
		}
		target->foreign = all;
	}
	dts_key_notes_release(&notes);
	return 0;
}

/* ---- definitions without the keys that are noted, or with more ---- */

static const struct dts_item *with_text(const struct dts_items *t, struct dts_slice text)
{
	for (size_t i = 0; i < t->count; i++)
		if (dts_slice_eq(t->items[i].text, text))
			return &t->items[i];
	return NULL;
}

static bool is_noted(const struct dts_list *notes, struct dts_slice clause)
{
	for (size_t i = 0; i < notes->count; i++)
		if (dts_slice_is(clause, notes->items[i]))
			return true;
	return false;
}

/* What is not a key has its place among its kind. */
static bool same_rows(const struct dts_items *is, const struct dts_items *wanted)
{
	size_t i = 0, j = 0;

	for (;; i++, j++) {
		while (i < is->count && is->items[i].kind >= DTS_ITEM_KEY)
			i++;
		while (j < wanted->count && wanted->items[j].kind >= DTS_ITEM_KEY)
			j++;
		if (i == is->count || j == wanted->count)
			return i == is->count && j == wanted->count && dts_slice_eq(is->rest, wanted->rest);
		if (!dts_slice_eq(is->items[i].text, wanted->items[j].text))
			return false;
	}
}

/* Each clause that is wanted is there or noted; and there is no other, but for keys that come behind the rows where
 * the stream says so. */
static bool is_explained(const struct dts_items *is, const struct dts_items *wanted, const struct dts_list *notes, bool more_keys)
{
	for (size_t i = 0; i < wanted->count; i++)
		if (!with_text(is, wanted->items[i].text) &&
		    (wanted->items[i].kind < DTS_ITEM_KEY || !is_noted(notes, wanted->items[i].text)))
			return false;
	for (size_t i = 0; i < is->count; i++) {
		const struct dts_item *item = &is->items[i];
		if (with_text(wanted, item->text))
			continue;
		bool later = more_keys && (wanted->versioned ? item->kind == DTS_ITEM_FOREIGN : item->kind >= DTS_ITEM_KEY);
		if (!later || dts_items_find(wanted, item->kind == DTS_ITEM_FOREIGN, item->name))
			return false;
	}
	return same_rows(is, wanted);
}

int dts_keys_noted(struct dts_applier *a, struct dts_slice db, struct dts_slice table, struct dts_list *clauses,
		   struct dts_list *checkpoints, struct dts_error *err)
{
	struct dts_checkpoint c = {.session = a->session, .db = a->options.checkpoint_db, .name = ""};
	struct dts_error why = DTS_ERROR_INIT;
	struct dts_buf sql = {0};

	dts_buf_adds(&sql, "SELECT clause, checkpoint FROM ");
	dts_checkpoint_table(&c, "pendingkey", &sql);
	dts_buf_adds(&sql, " WHERE db=");
	dts_sql_literal(&sql, db);
	dts_buf_adds(&sql, " AND tbl=");
	dts_sql_literal(&sql, table);
	MYSQL_RES *res = dts_session_query(a->session, dts_buf_slice(&sql), &why);
	dts_buf_release(&sql);
	if (!res && why.status == DTS_REFUSED) /* no checkpoint, or none that this account may see */
		return 0;
	if (!res) {
		*err = why;
		return -1;
	}
	for (MYSQL_ROW row; (row = mysql_fetch_row(res));) {
		dts_list_add(clauses, row[0]);
		dts_list_add(checkpoints, row[1]);
	}
	mysql_free_result(res);
	return 0;
}

int dts_keys_explain(struct dts_applier *a, struct dts_slice db, struct dts_slice table, struct dts_slice is,
		     struct dts_slice wanted, struct dts_error *err)
{
	struct dts_error ignored = DTS_ERROR_INIT;
	struct dts_items have = {0}, want = {0};
	struct dts_list notes = {0}, checkpoints = {0};
	int rc = dts_keys_noted(a, db, table, &notes, &checkpoints, err);

	if (rc == 0 && dts_items_parse(&have, is, &ignored) == 0 && dts_items_parse(&want, wanted, &ignored) == 0)
		rc = is_explained(&have, &want, &notes, a->schema_pre);
	dts_items_release(&have);
	dts_items_release(&want);
	dts_list_release(&notes);
	dts_list_release(&checkpoints);
	return rc;
}
