#include "apply/conflict_foreign.h"

#include <stdlib.h>

/*
 * Where case does not count, a foreign key may name a table in lower case. Letters beyond ASCII are
 * not told apart then: two tables that share a number only wait for one another more often.
 */
static struct dts_slice without_case(struct dts_buf *b, struct dts_slice name)
{
	size_t start = b->len;

	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = (unsigned char)name.p[i];
		if (c < 128)
			dts_buf_addc(b, c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : (char)c);
		else if (b->len == start || b->data[b->len - 1] != '\x80')
			dts_buf_addc(b, '\x80');
	}
	return dts_slice(b->data + start, b->len - start);
}

uint32_t dts_spaces_number(struct dts_spaces *s, struct dts_slice db, struct dts_slice table)
{
	if (s->nocase) {
		dts_buf_clear(&s->lower);
		dts_buf_reserve(&s->lower, db.len + table.len + 1);
		db = without_case(&s->lower, db);
		table = without_case(&s->lower, table);
	}
	struct dts_slice key = dts_map_pair(&s->key, db, table);
	uintptr_t number = (uintptr_t)dts_map_get(&s->numbers, key); /* one more than it is */
	if (number == 0) {
		number = s->numbers.count + 1;
		dts_map_set(&s->numbers, key, (void *)number);
	}
	return (uint32_t)(number - 1);
}

void dts_spaces_release(struct dts_spaces *s)
{
	dts_map_release(&s->numbers, NULL);
	dts_buf_release(&s->key);
	dts_buf_release(&s->lower);
	*s = (struct dts_spaces){0};
}

void dts_ties_release(struct dts_ties *t)
{
	free(t->items);
	dts_arena_free(t->arena);
	*t = (struct dts_ties){0};
}

struct dts_tie *dts_ties_add(struct dts_ties *t, uint32_t child, uint32_t parent, size_t columns)
{
	if (!t->arena)
		t->arena = dts_arena_new();
	if (t->count == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 64;
		t->items = dts_realloc(t->items, t->cap * sizeof *t->items);
	}
	struct dts_tie *tie = &t->items[t->count++];
	*tie = (struct dts_tie){
		.child = child,
		.parent = parent,
		.columns = dts_arena_alloc(t->arena, columns, sizeof *tie->columns),
		.to_columns = dts_arena_alloc(t->arena, columns, sizeof *tie->to_columns),
	};
	return tie;
}

/* The name of a foreign key with its table's, as a key of a map. */
static struct dts_slice name_key(struct dts_buf *b, struct dts_buf *inner, MYSQL_ROW row, const unsigned long *len)
{
	struct dts_slice first = dts_map_pair(inner, dts_slice(row[0], len[0]), dts_slice(row[1], len[1]));

	return dts_map_pair(b, first, dts_slice(row[2], len[2]));
}

static char acts_none, acts_delete, acts_update, acts_both; /* values of the map of rules */

static bool row_acts(MYSQL_ROW row, unsigned i)
{
	return row[i] && dts_foreign_acts(dts_slice_of(row[i]));
}

static int read_rules(struct dts_map *rules, struct dts_session *s, struct dts_error *err)
{
	MYSQL_RES *res = dts_session_query(s, DTS_LIT("SELECT CONSTRAINT_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, DELETE_RULE, UPDATE_RULE"
						      " FROM information_schema.REFERENTIAL_CONSTRAINTS"), err);
	struct dts_buf key = {0}, inner = {0};

	if (!res)
		return -1;
	for (MYSQL_ROW row; (row = mysql_fetch_row(res));) {
		bool del = row_acts(row, 3), upd = row_acts(row, 4);
		dts_map_set(rules, name_key(&key, &inner, row, mysql_fetch_lengths(res)),
			    del && upd ? &acts_both : del ? &acts_delete : upd ? &acts_update : &acts_none);
	}
	mysql_free_result(res);
	dts_buf_release(&key);
	dts_buf_release(&inner);
	return 0;
}

enum { K_DB, K_TABLE, K_NAME, K_COLUMN, K_TO_DB, K_TO_TABLE, K_TO_COLUMN };
enum { MAX_COLUMNS = 64 }; /* of a key: the servers' limits are 16 and 32 */

/* A foreign key whose rule an account may not see is taken to act. */
static void begin_tie(struct dts_ties *t, struct dts_spaces *spaces, MYSQL_ROW row, const unsigned long *len, const char *rule)
{
	uint32_t child = dts_spaces_number(spaces, dts_slice(row[K_DB], len[K_DB]), dts_slice(row[K_TABLE], len[K_TABLE]));
	uint32_t parent = dts_spaces_number(spaces, dts_slice(row[K_TO_DB], len[K_TO_DB]), dts_slice(row[K_TO_TABLE], len[K_TO_TABLE]));
	struct dts_tie *tie = dts_ties_add(t, child, parent, MAX_COLUMNS);

	tie->to_db = dts_arena_copy(t->arena, dts_slice(row[K_TO_DB], len[K_TO_DB]));
	tie->to_table = dts_arena_copy(t->arena, dts_slice(row[K_TO_TABLE], len[K_TO_TABLE]));
	tie->on_delete = !rule || rule == &acts_delete || rule == &acts_both;
	tie->on_update = !rule || rule == &acts_update || rule == &acts_both;
}

static int read_columns(struct dts_ties *t, struct dts_spaces *spaces, const struct dts_map *rules, struct dts_session *s,
			struct dts_error *err)
{
	MYSQL_RES *res = dts_session_query(s, DTS_LIT("SELECT TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_TABLE_SCHEMA,"
						      " REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME FROM information_schema.KEY_COLUMN_USAGE"
						      " WHERE REFERENCED_TABLE_NAME IS NOT NULL AND REFERENCED_TABLE_SCHEMA IS NOT NULL"
						      " AND REFERENCED_COLUMN_NAME IS NOT NULL"
						      " ORDER BY TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION"), err);
	struct dts_buf key = {0}, inner = {0}, last = {0};

	if (!res)
		return -1;
	for (MYSQL_ROW row; (row = mysql_fetch_row(res));) {
		const unsigned long *len = mysql_fetch_lengths(res);
		struct dts_slice name = name_key(&key, &inner, row, len);
		if (t->count == 0 || !dts_slice_eq(dts_buf_slice(&last), name))
			begin_tie(t, spaces, row, len, dts_map_get(rules, name));
		dts_buf_clear(&last);
		dts_buf_add_slice(&last, name);
		struct dts_tie *tie = &t->items[t->count - 1];
		if (tie->count == MAX_COLUMNS)
			continue;
		tie->columns[tie->count] = dts_arena_copy(t->arena, dts_slice(row[K_COLUMN], len[K_COLUMN]));
		tie->to_columns[tie->count++] = dts_arena_copy(t->arena, dts_slice(row[K_TO_COLUMN], len[K_TO_COLUMN]));
	}
	mysql_free_result(res);
	dts_buf_release(&key);
	dts_buf_release(&inner);
	dts_buf_release(&last);
	return 0;
}

/*
 * For its catalog of foreign keys MariaDB opens every table (1,500 of them: 0.4 s). InnoDB knows at once
 * whether there are any, if the account may ask.
 */
static bool has_none(struct dts_session *s)
{
	struct dts_error ignored = DTS_ERROR_INIT;

	if (s->family != DTS_MARIADB)
		return false;
	MYSQL_RES *res = dts_session_query(s, DTS_LIT("SELECT 1 FROM information_schema.INNODB_SYS_FOREIGN LIMIT 1"), &ignored);
	bool none = res && mysql_num_rows(res) == 0;
	mysql_free_result(res);
	return none;
}

int dts_ties_read(struct dts_ties *t, struct dts_spaces *spaces, struct dts_session *s, struct dts_error *err)
{
	struct dts_map rules = {0};

	dts_ties_release(t);
	t->arena = dts_arena_new();
	if (has_none(s))
		return 0;
	int rc = read_rules(&rules, s, err) < 0 ? -1 : read_columns(t, spaces, &rules, s, err);
	dts_map_release(&rules, NULL);
	return rc;
}

/* Adds a claim of all of a table unless it is there; one that is not shared takes the place of one that is. */
static size_t add_all(struct dts_claim *claims, size_t count, uint32_t space, bool shared)
{
	for (size_t i = 0; i < count; i++)
		if (claims[i].space == space) {
			claims[i].shared &= shared;
			return count;
		}
	claims[count] = (struct dts_claim){.space = space, .all = true, .shared = shared};
	return count + 1;
}

static bool acts(const struct dts_tie *tie, bool deleted)
{
	return deleted ? tie->on_delete : tie->on_update;
}

static bool has(const struct dts_claim *claims, size_t count, uint32_t space)
{
	for (size_t i = 0; i < count; i++)
		if (claims[i].space == space)
			return true;
	return false;
}

/*
 * Adds the children of tables whose rows change along. From those on it does not matter which rule acts: a
 * deletion may set a column to NULL that others refer to. *back: the table itself is such a child.
 */
static size_t add_children(const struct dts_ties *t, uint32_t table, struct dts_claim *claims, size_t count, bool *back)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct dts_tie *tie = &t->items[i];
		if ((!tie->on_delete && !tie->on_update) || (tie->parent == table && !*back) || !has(claims, count, tie->parent))
			continue;
		count = add_all(claims, count, tie->child, false);
		*back |= tie->child == table;
	}
	return count;
}

size_t dts_ties_closure(const struct dts_ties *t, uint32_t table, bool deleted, struct dts_claim **claims)
{
	bool any = false, back = false, was;
	size_t count, changed;

	for (size_t i = 0; i < t->count && !any; i++)
		any = t->items[i].parent == table && acts(&t->items[i], deleted);
	if (!any)
		return 0;
	*claims = dts_arena_alloc(t->arena, 2 * t->count + 1, sizeof **claims);
	count = add_all(*claims, 0, table, false);
	for (size_t i = 0; i < t->count; i++)
		if (t->items[i].parent == table && acts(&t->items[i], deleted)) {
			count = add_all(*claims, count, t->items[i].child, false);
			back |= t->items[i].child == table;
		}
	do {
		changed = count;
		was = back;
		count = add_children(t, table, *claims, count, &back);
	} while (count > changed || back != was);
	for (size_t i = 0; i < t->count; i++)
		if ((t->items[i].child != table || back) && has(*claims, changed, t->items[i].child))
			count = add_all(*claims, count, t->items[i].parent, true);
	return count;
}
