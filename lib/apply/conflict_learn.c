#include "apply/conflict_impl.h"

#include <stdlib.h>
#include <strings.h>

#include "mysql/catalog.h"
#include "mysql/quote.h"

enum { MAX_PARTS = 64 }; /* of a key: the servers' limits are 16 and 32 */

/* A column of a key by its place in the table that the key is of, by which they are sorted. */
struct member {
	size_t ordinal;
	struct dts_conflict_part part;
	bool nullable;
};

struct making {
	struct dts_conflicts *c;
	struct dts_session *s;
	const struct dts_apply_table *t;
	struct dts_conflict_table *k;
};

/* A column by name; a foreign key may have it in another case. */
static long column_of(const struct dts_schema *schema, struct dts_slice name)
{
	long at = dts_schema_column(schema, name, 0);

	for (size_t i = 0; at < 0 && i < schema->column_count; i++)
		if (schema->columns[i].name.len == name.len && strncasecmp(schema->columns[i].name.p, name.p, name.len) == 0)
			at = (long)i;
	return at;
}

/* The fold of a column's collation, asked for once. */
static int fold_of(struct making *m, const struct dts_column *column, const struct dts_fold **fold, struct dts_error *err)
{
	struct dts_fold *f = dts_map_get(&m->c->folds, column->collation);

	if (!f) {
		f = dts_zalloc(1, sizeof *f);
		f->doubtful = true;
		if (m->s && dts_fold_read(m->s, column->charset, column->collation, f, err) < 0) {
			free(f);
			return -1;
		}
		dts_map_set(&m->c->folds, column->collation, f);
	}
	*fold = f;
	return 0;
}

/* Column `at` of the target as a part of a key. */
static int make_part(struct making *m, size_t at, size_t prefix, struct dts_conflict_part *p, struct dts_error *err)
{
	const struct dts_column *to = &m->t->target.columns[at];

	*p = (struct dts_conflict_part){.at = dts_schema_column(&m->t->schema, to->name, at), .prefix = prefix, .decimals = to->decimals};
	if (p->at >= 0 && !m->t->columns[p->at].written)
		p->at = -1;
	if (p->at < 0)
		return 0;
	p->how = dts_fold_how(m->t->columns[p->at].source, to);
	return p->how == DTS_FOLD_TEXT ? fold_of(m, to, &p->fold, err) : 0;
}

static void sort_in(struct member *members, size_t count, struct member new)
{
	for (; count > 0 && members[count - 1].ordinal > new.ordinal; count--)
		members[count] = members[count - 1];
	members[count] = new;
}

/* The seed says which columns of the space's table these are, so that a reference meets what it refers to. */
static uint64_t seed_of(const struct member *members, size_t count)
{
	uint64_t what[2 * MAX_PARTS];

	for (size_t i = 0; i < count; i++) {
		what[2 * i] = members[i].ordinal;
		what[2 * i + 1] = members[i].part.prefix;
	}
	return dts_hash(what, 2 * count * sizeof *what);
}

static struct dts_conflict_rule *add_rule(struct making *m, uint32_t space, const struct member *members, size_t count)
{
	struct dts_conflict_table *k = m->k;
	struct dts_conflict_rule *r;

	if (k->rule_count == k->rule_cap) {
		size_t cap = k->rule_cap ? 2 * k->rule_cap : 8;
		r = dts_arena_alloc(k->arena, cap, sizeof *r);
		if (k->rule_count > 0)
			memcpy(r, k->rules, k->rule_count * sizeof *r);
		k->rules = r;
		k->rule_cap = cap;
	}
	r = &k->rules[k->rule_count++];
	*r = (struct dts_conflict_rule){.space = space, .seed = seed_of(members, count), .count = count};
	r->parts = dts_arena_alloc(k->arena, count + 1, sizeof *r->parts);
	for (size_t i = 0; i < count; i++) {
		r->parts[i] = members[i].part;
		r->doubtful |= members[i].part.at < 0;
	}
	return r;
}

/* The rule of the table for these columns of its own; NULL: none yet. */
static struct dts_conflict_rule *find_rule(const struct making *m, const struct member *members, size_t count)
{
	uint64_t seed = seed_of(members, count);

	for (size_t i = 0; i < m->k->rule_count; i++)
		if (!m->k->rules[i].shared && m->k->rules[i].seed == seed && m->k->rules[i].count == count)
			return &m->k->rules[i];
	return NULL;
}

/* The columns of a key of the table's own. 1; 0: there is one that is not known, -1. */
static int own_members(struct making *m, const struct dts_slice *columns, const size_t *prefixes, size_t count,
		       struct member *members, struct dts_error *err)
{
	for (size_t i = 0; i < count; i++) {
		long at = count <= MAX_PARTS ? column_of(&m->t->target, columns[i]) : -1;
		if (at < 0)
			return 0;
		struct member new = {.ordinal = (size_t)at, .nullable = m->t->target.columns[at].nullable};
		if (make_part(m, new.ordinal, prefixes ? prefixes[i] : 0, &new.part, err) < 0)
			return -1;
		sort_in(members, i, new);
	}
	return 1;
}

static int add_unique(struct making *m, const struct dts_slice *columns, const size_t *prefixes, size_t count, bool *nullable,
		      struct dts_error *err)
{
	struct member members[MAX_PARTS];
	int rc = own_members(m, columns, prefixes, count, members, err);

	*nullable = false;
	if (rc == 0)
		m->k->serial = true;
	if (rc <= 0)
		return rc;
	for (size_t i = 0; i < count; i++)
		*nullable |= members[i].nullable;
	if (!find_rule(m, members, count))
		add_rule(m, m->k->space, members, count)->unique = true;
	return 0;
}

/* The primary key, or another that is never NULL, goes first: it says which row it is. */
static int add_keys(struct making *m, const struct dts_conflict_key *more, size_t more_count, struct dts_error *err)
{
	const struct dts_schema *to = &m->t->target;
	bool nullable;

	if (to->primary.count > 0) {
		if (add_unique(m, to->primary.columns, NULL, to->primary.count, &nullable, err) < 0)
			return -1;
		m->k->has_identity = m->k->rule_count == 1;
	}
	for (size_t i = 0; i < to->unique_count; i++) {
		size_t had = m->k->rule_count;
		if (add_unique(m, to->unique[i].columns, NULL, to->unique[i].count, &nullable, err) < 0)
			return -1;
		if (!m->k->has_identity && !nullable && m->k->rule_count > had) {
			struct dts_conflict_rule first = m->k->rules[0];
			m->k->rules[0] = m->k->rules[had];
			m->k->rules[had] = first;
			m->k->has_identity = true;
		}
	}
	for (size_t i = 0; i < more_count; i++)
		if (add_unique(m, more[i].columns, more[i].prefixes, more[i].count, &nullable, err) < 0)
			return -1;
	return 0;
}

/* Numbers of ENUM and SET members are what is compared between tables, and these may differ. */
static void no_labels(struct dts_conflict_rule *r)
{
	for (size_t i = 0; i < r->count; i++)
		r->doubtful |= r->parts[i].how == DTS_FOLD_LABEL;
}

/* What another table's foreign key refers to. */
static int add_referred(struct making *m, const struct dts_tie *tie, struct dts_error *err)
{
	struct member members[MAX_PARTS];
	int rc = own_members(m, tie->to_columns, NULL, tie->count, members, err);

	if (rc == 0)
		m->k->serial = true;
	if (rc <= 0)
		return rc;
	struct dts_conflict_rule *r = find_rule(m, members, tie->count);
	if (!r) {
		r = add_rule(m, m->k->space, members, tie->count);
		no_labels(r);
	}
	r->acts |= tie->on_update;
	return 0;
}

/* The schema of the table that a foreign key refers to. NULL: an error; without columns: it is not there. */
static const struct dts_schema *parent_of(struct making *m, const struct dts_tie *tie, struct dts_error *err)
{
	struct dts_slice key = dts_slice((const char *)&tie->parent, sizeof tie->parent);
	struct dts_schema *schema = dts_map_get(&m->c->relatives, key);

	if (tie->parent == m->k->space)
		return &m->t->target;
	if (schema)
		return schema;
	schema = dts_zalloc(1, sizeof *schema);
	if (m->s && dts_catalog_schema(m->s, tie->to_db, tie->to_table, schema, NULL, err) < 0) {
		free(schema);
		return NULL;
	}
	dts_map_set(&m->c->relatives, key, schema);
	return schema;
}

/* Are values of the two folded to the same bytes? */
static bool alike(const struct dts_column *a, const struct dts_column *b)
{
	return a->type == b->type && dts_slice_eq(a->collation, b->collation);
}

/* What a foreign key of the table refers to. */
static int add_reference(struct making *m, const struct dts_tie *tie, struct dts_error *err)
{
	const struct dts_schema *parent = parent_of(m, tie, err);
	struct member members[MAX_PARTS];
	size_t count = 0;
	bool same = true;

	if (!parent)
		return -1;
	for (size_t i = 0; i < tie->count && i < MAX_PARTS; i++) {
		long at = column_of(&m->t->target, tie->columns[i]), to = column_of(parent, tie->to_columns[i]);
		struct member new = {.part = {.at = -1}};
		if (at >= 0 && make_part(m, (size_t)at, 0, &new.part, err) < 0)
			return -1;
		same &= at >= 0 && to >= 0 && alike(&m->t->target.columns[at], &parent->columns[to]);
		new.ordinal = to >= 0 ? (size_t)to : i;
		sort_in(members, count++, new);
	}
	struct dts_conflict_rule *r = add_rule(m, tie->parent, members, count);
	r->shared = true;
	r->doubtful |= !same;
	no_labels(r);
	return 0;
}

static int add_ties(struct making *m, struct dts_error *err)
{
	struct dts_ties *ties = &m->c->ties;

	for (size_t i = 0; i < ties->count; i++)
		if (ties->items[i].parent == m->k->space && add_referred(m, &ties->items[i], err) < 0)
			return -1;
	for (size_t i = 0; i < ties->count; i++)
		if (ties->items[i].child == m->k->space && add_reference(m, &ties->items[i], err) < 0)
			return -1;
	m->k->delete_count = dts_ties_closure(ties, m->k->space, true, &m->k->deletes);
	m->k->update_count = dts_ties_closure(ties, m->k->space, false, &m->k->updates);
	return 0;
}

static void list_needed(struct dts_conflict_table *k)
{
	size_t columns = k->table->schema.column_count;

	k->needed = dts_arena_alloc(k->arena, columns + 1, sizeof *k->needed);
	k->is_needed = dts_arena_alloc(k->arena, columns + 1, sizeof *k->is_needed);
	for (size_t i = 0; i < k->rule_count; i++)
		for (size_t j = 0; j < k->rules[i].count; j++) {
			long at = k->rules[i].parts[j].at;
			if (at < 0 || k->is_needed[at])
				continue;
			k->is_needed[at] = true;
			k->needed[k->needed_count++] = (size_t)at;
		}
}

int dts_conflicts_rules(struct dts_conflicts *c, struct dts_session *s, const struct dts_apply_table *t, bool serial,
			const struct dts_conflict_key *keys, size_t key_count, struct dts_error *err)
{
	struct dts_conflict_table *k = dts_zalloc(1, sizeof *k);
	struct making m = {c, s, t, k};

	*k = (struct dts_conflict_table){.table = t, .serial = serial, .arena = dts_arena_new()};
	k->space = dts_spaces_number(&c->spaces, t->schema.db, t->schema.table);
	if (add_keys(&m, keys, key_count, err) < 0 || add_ties(&m, err) < 0) {
		dts_arena_free(k->arena);
		free(k);
		return -1;
	}
	list_needed(k);
	if (t->schema.column_count > c->room) {
		c->room = t->schema.column_count;
		c->before = dts_realloc(c->before, c->room * sizeof *c->before);
		c->after = dts_realloc(c->after, c->room * sizeof *c->after);
	}
	c->last = NULL;
	struct dts_conflict_table *old = dts_map_set(&c->tables, dts_slice((const char *)&t, sizeof t), k);
	if (old)
		dts_arena_free(old->arena);
	free(old);
	return 0;
}

/* --- what the catalog says besides t->target */

struct odd_keys {
	struct dts_conflict_key *items;
	size_t count;
	struct dts_arena *arena;
	bool serial; /* there is one that cannot be followed */
};

enum { I_TABLE, I_NAME, I_COLUMN, I_PREFIX, I_TYPE };

/* Keeps the last key if it is one with prefixes. */
static void end_key(struct odd_keys *odd, const struct dts_conflict_key *key)
{
	bool prefix = false;

	for (size_t i = 0; i < key->count; i++)
		prefix |= key->prefixes[i] > 0;
	if (prefix)
		odd->items[odd->count++] = *key;
}

/*
 * Unique keys with prefixes. Those on expressions are not followed, nor MariaDB's on whole texts, which it keeps
 * by a hash of its own.
 */
static int read_odd_keys(struct dts_session *s, const struct dts_apply_table *t, struct odd_keys *odd, struct dts_error *err)
{
	struct dts_buf sql = {0}, last = {0};
	struct dts_conflict_key key = {0};

	dts_buf_adds(&sql, "SELECT TABLE_NAME, INDEX_NAME, COLUMN_NAME, SUB_PART, INDEX_TYPE FROM information_schema.STATISTICS"
			   " WHERE NON_UNIQUE=0 AND TABLE_SCHEMA=");
	dts_sql_literal(&sql, t->schema.db);
	dts_buf_adds(&sql, " AND TABLE_NAME=");
	dts_sql_literal(&sql, t->schema.table);
	dts_buf_adds(&sql, " ORDER BY INDEX_NAME, SEQ_IN_INDEX");
	MYSQL_RES *res = dts_session_query(s, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	if (!res)
		return -1;
	size_t rows = mysql_num_rows(res);
	odd->items = dts_arena_alloc(odd->arena, rows + 1, sizeof *odd->items);
	for (MYSQL_ROW row; (row = mysql_fetch_row(res));) {
		const unsigned long *len = mysql_fetch_lengths(res);
		if (!s->lower_case_names && !dts_slice_eq(t->schema.table, dts_slice(row[I_TABLE], len[I_TABLE])))
			continue; /* another table of nearly the same name */
		if (key.count == 0 || !dts_slice_eq(dts_buf_slice(&last), dts_slice(row[I_NAME], len[I_NAME]))) {
			end_key(odd, &key);
			key = (struct dts_conflict_key){.columns = dts_arena_alloc(odd->arena, rows, sizeof *key.columns),
							.prefixes = dts_arena_alloc(odd->arena, rows, sizeof *key.prefixes)};
			dts_buf_clear(&last);
			dts_buf_add(&last, row[I_NAME], len[I_NAME]);
		}
		odd->serial |= !row[I_COLUMN] || (row[I_TYPE] && strcmp(row[I_TYPE], "HASH") == 0);
		key.prefixes[key.count] = row[I_PREFIX] ? strtoul(row[I_PREFIX], NULL, 10) : 0;
		key.columns[key.count++] = dts_arena_copy(odd->arena, row[I_COLUMN] ? dts_slice(row[I_COLUMN], len[I_COLUMN]) : DTS_LIT(""));
	}
	end_key(odd, &key);
	mysql_free_result(res);
	dts_buf_release(&last);
	return 0;
}

/* MariaDB's keys WITHOUT OVERLAPS: rows meet that have no value in common. No catalog of all versions has
 * them; where a comment has the words, the table is only slower. */
static int find_periods(struct dts_session *s, const struct dts_apply_table *t, bool *found, struct dts_error *err)
{
	struct dts_buf sql = {0};

	if (s->family != DTS_MARIADB)
		return 0;
	dts_buf_adds(&sql, "SHOW CREATE TABLE ");
	dts_sql_table(&sql, t->schema.db, t->schema.table);
	MYSQL_RES *res = dts_session_query(s, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	if (!res)
		return -1;
	MYSQL_ROW row = mysql_fetch_row(res);
	*found |= row && row[1] && strstr(row[1], "WITHOUT OVERLAPS");
	mysql_free_result(res);
	return 0;
}

int dts_conflicts_learn(struct dts_conflicts *c, struct dts_session *s, const struct dts_apply_table *t, struct dts_error *err)
{
	struct odd_keys odd = {0};
	int rc = 0;

	if (!c->ties_read) {
		c->spaces.nocase = s->lower_case_names != 0;
		if (dts_ties_read(&c->ties, &c->spaces, s, err) < 0)
			return -1;
		c->ties_read = true;
	}
	odd.arena = dts_arena_new();
	rc = read_odd_keys(s, t, &odd, err);
	if (rc == 0)
		rc = find_periods(s, t, &odd.serial, err);
	if (rc == 0)
		rc = dts_conflicts_rules(c, s, t, odd.serial, odd.items, odd.count, err);
	dts_arena_free(odd.arena);
	return rc;
}

bool dts_conflicts_tied(const struct dts_conflicts *c, const struct dts_apply_table *t)
{
	const struct dts_conflict_table *known = dts_map_get(&c->tables, dts_slice((const char *)&t, sizeof t));
	bool tied = !known;

	for (size_t i = 0; known && i < c->ties.count && !tied; i++)
		tied = c->ties.items[i].child == known->space || c->ties.items[i].parent == known->space;
	return tied;
}
