/* A table being changed: its columns and indexes, and its place among the others. */
#include <stdlib.h>

#include "charset/charset.h"
#include "ddl/define.h"

static struct dts_slice table_key(const struct dts_definitions *d, struct dts_slice db, struct dts_slice table)
{
	struct dts_buf *key = &((struct dts_definitions *)d)->key; /* scratch */
	struct dts_buf x = {0}, y = {0};

	if (d->lower_case_table_names == 0)
		return dts_map_pair(key, db, table);
	dts_define_fold(&x, db);
	dts_define_fold(&y, table);
	dts_map_pair(key, dts_buf_slice(&x), dts_buf_slice(&y));
	dts_buf_release(&x);
	dts_buf_release(&y);
	return dts_buf_slice(key);
}

struct dts_slice dts_define_key(const struct dts_definitions *d, struct dts_slice db, struct dts_slice table)
{
	return table_key(d, db, table);
}

struct dts_defined_table *dts_define_find(const struct dts_definitions *d, struct dts_slice db, struct dts_slice table)
{
	return dts_map_get(&d->tables, table_key(d, db, table));
}

void dts_define_free_table(void *table)
{
	struct dts_defined_table *t = table;

	dts_schema_release(&t->schema);
	free(t);
}

void dts_define_remove(struct dts_definitions *d, struct dts_slice db, struct dts_slice table)
{
	struct dts_defined_table *t = dts_map_remove(&d->tables, table_key(d, db, table));

	if (t)
		dts_define_free_table(t);
}

struct dts_slice dts_define_stored(const struct dts_definitions *d, struct dts_slice name, struct dts_arena *arena)
{
	struct dts_buf b = {0};

	if (d->lower_case_table_names != 1)
		return dts_arena_copy(arena, name);
	dts_define_fold(&b, name);
	struct dts_slice stored = dts_arena_copy(arena, dts_buf_slice(&b));
	dts_buf_release(&b);
	return stored;
}

/* Takes over the arena. */
static void put(struct dts_definitions *d, const struct dts_defined_table *table)
{
	struct dts_defined_table *t = dts_alloc(sizeof *t);
	struct dts_defined_table *old;

	*t = *table;
	old = dts_map_set(&d->tables, table_key(d, t->schema.db, t->schema.table), t);
	if (old)
		dts_define_free_table(old);
}

void dts_define_unknown(struct dts_definitions *d, struct dts_slice db, struct dts_slice table, struct dts_slice why)
{
	struct dts_defined_table t = {.unknown = true};

	t.schema.arena = dts_arena_new();
	t.schema.db = t.schema.source_db = dts_define_stored(d, db, t.schema.arena);
	t.schema.table = t.schema.source_table = dts_define_stored(d, table, t.schema.arena);
	t.schema.source_collation = t.charset = t.schema.primary.name = DTS_LIT("");
	t.why = dts_arena_copy(t.schema.arena, why);
	put(d, &t);
}

static struct dts_column copy_column(const struct dts_column *c, struct dts_arena *arena)
{
	struct dts_column copy = *c;

	copy.name = dts_arena_copy(arena, c->name);
	copy.type_text = dts_arena_copy(arena, c->type_text);
	copy.charset = dts_arena_copy(arena, c->charset);
	copy.collation = dts_arena_copy(arena, c->collation);
	dts_column_from_type(&copy, arena);
	if (c->label_count > 0) { /* the catalog's text of members may be less right than the members */
		struct dts_slice *labels = dts_arena_alloc(arena, c->label_count, sizeof *labels);

		for (size_t i = 0; i < c->label_count; i++)
			labels[i] = dts_arena_copy(arena, c->labels[i]);
		copy.labels = labels;
		copy.label_count = c->label_count;
	}
	return copy;
}

struct dts_column *dts_define_table_add_column(struct dts_define_table *t)
{
	if (t->count == t->cap) {
		struct dts_column *more = dts_arena_alloc(t->arena, t->cap = t->cap ? t->cap * 2 : 16, sizeof *more);

		if (t->count > 0)
			memcpy(more, t->columns, t->count * sizeof *more);
		t->columns = more;
	}
	t->columns[t->count] = (struct dts_column){0};
	return &t->columns[t->count++];
}

static struct dts_index *add_index(struct dts_define_table *t)
{
	if (t->index_count == t->index_cap) {
		struct dts_index *more = dts_arena_alloc(t->arena, t->index_cap = t->index_cap ? t->index_cap * 2 : 8,
							 sizeof *more);

		if (t->index_count > 0)
			memcpy(more, t->indexes, t->index_count * sizeof *more);
		t->indexes = more;
	}
	t->indexes[t->index_count] = (struct dts_index){0};
	return &t->indexes[t->index_count++];
}

static void copy_index(struct dts_define_table *t, const struct dts_index *from)
{
	struct dts_index *index = add_index(t);
	struct dts_index_part *parts = dts_arena_alloc(t->arena, from->count, sizeof *parts);

	for (size_t i = 0; i < from->count; i++)
		parts[i] = (struct dts_index_part){dts_arena_copy(t->arena, from->parts[i].column), from->parts[i].prefix};
	*index = *from;
	index->name = dts_arena_copy(t->arena, from->name);
	index->parts = parts;
}

void dts_define_table_copy(struct dts_define_table *t, const struct dts_defined_table *from)
{
	for (size_t i = 0; i < from->schema.column_count; i++)
		*dts_define_table_add_column(t) = copy_column(&from->schema.columns[i], t->arena);
	for (size_t i = 0; i < from->index_count; i++)
		copy_index(t, &from->indexes[i]);
	t->charset.charset = dts_arena_copy(t->arena, from->charset);
	t->charset.collation = dts_arena_copy(t->arena, from->schema.source_collation);
	t->indexes_known = from->indexes_known;
	t->indexes_complete = from->indexes_complete;
}

long dts_define_table_column(const struct dts_define_table *t, struct dts_slice name)
{
	for (size_t i = 0; i < t->count; i++)
		if (dts_define_same(t->columns[i].name, name))
			return (long)i;
	return -1;
}

long dts_define_table_index(const struct dts_define_table *t, struct dts_slice name)
{
	for (size_t i = 0; i < t->index_count; i++)
		if (dts_define_same(t->indexes[i].name, name))
			return (long)i;
	return -1;
}

void dts_define_table_drop_index(struct dts_define_table *t, size_t i)
{
	memmove(&t->indexes[i], &t->indexes[i + 1], (t->index_count - i - 1) * sizeof *t->indexes);
	t->index_count--;
}

bool dts_define_table_add_periods(struct dts_define *st, struct dts_define_table *t)
{
	for (size_t i = 0; i < st->period_count; i++) {
		long start = dts_define_table_column(t, st->periods[i].start);
		long end = dts_define_table_column(t, st->periods[i].end);

		if (start < 0 || end < 0)
			return dts_define_fail(st, "a period is over columns that there are not");
		t->columns[start].nullable = t->columns[end].nullable = false;
	}
	return true;
}

/* The name that a server gives an index: its first column's, with _2, _3 ...
 * where that is taken. */
static struct dts_slice made_name(const struct dts_define_table *t, struct dts_slice column)
{
	struct dts_buf b = {0};
	struct dts_slice base = column.len > 0 ? column : DTS_LIT("functional_index");

	dts_buf_add_slice(&b, base);
	for (unsigned n = 2; dts_slice_is_nocase(dts_buf_slice(&b), "PRIMARY") ||
			     dts_define_table_index(t, dts_buf_slice(&b)) >= 0; n++) {
		dts_buf_clear(&b);
		dts_buf_add_slice(&b, base);
		dts_buf_addf(&b, "_%u", n);
	}
	struct dts_slice name = dts_arena_copy(t->arena, dts_buf_slice(&b));
	dts_buf_release(&b);
	return name;
}

/* The length at which a prefix is the whole column; 0: it never is. */
static uint64_t whole_length(const struct dts_column *c)
{
	uint64_t n = 0;

	if ((c->type != DTS_TYPE_CHAR && c->type != DTS_TYPE_BINARY) || !memchr(c->type_text.p, '(', c->type_text.len))
		return 0;
	for (size_t i = 0; i < c->type_text.len && c->type_text.p[i] != ')'; i++)
		if (c->type_text.p[i] >= '0' && c->type_text.p[i] <= '9')
			n = n * 10 + (uint64_t)(c->type_text.p[i] - '0');
	return n;
}

uint32_t dts_define_prefix(const struct dts_column *c, uint32_t prefix, bool existing)
{
	uint64_t whole = whole_length(c);

	if (c->type == DTS_TYPE_GEOMETRY && prefix == 0)
		return 25; /* all of a point, but the catalog calls it a prefix */
	if (prefix == 0 || (c->type != DTS_TYPE_CHAR && c->type != DTS_TYPE_BINARY && c->type != DTS_TYPE_GEOMETRY))
		return 0;
	return whole > 0 && (prefix == whole || (existing && prefix > whole)) ? 0 : prefix;
}

/* Characters of a label, which is UTF-8. */
static size_t characters(struct dts_slice text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++)
		n += ((unsigned char)text.p[i] & 0xc0) != 0x80;
	return n;
}

uint32_t dts_define_labels_prefix(const struct dts_column *was, const struct dts_column *now)
{
	const struct dts_charset *cs = dts_charset_find(was->charset);
	unsigned per_char = cs ? dts_charset_max_bytes(cs) : 1;
	size_t widest = 0, all = 0, stored = was->label_count < 256 ? 1 : 2;

	if ((was->type != DTS_TYPE_ENUM && was->type != DTS_TYPE_SET) ||
	    (now->type != DTS_TYPE_CHAR && now->type != DTS_TYPE_BINARY))
		return 0;
	for (size_t i = 0; i < was->label_count; i++) {
		size_t n = characters(was->labels[i]);
		widest = n > widest ? n : widest;
		all += n + (i > 0);
	}
	if (was->type == DTS_TYPE_SET) {
		widest = all;
		stored = (was->label_count + 7) / 8;
		stored = stored > 4 ? 8 : stored;
	}
	return stored == widest * per_char ? 0 : dts_define_prefix(now, (uint32_t)(stored / per_char), true);
}

/* Are a's parts the first parts of b? */
static bool is_prefix_of(const struct dts_index_part *a, size_t a_count, const struct dts_index_part *b, size_t b_count)
{
	if (a_count > b_count)
		return false;
	for (size_t i = 0; i < a_count; i++)
		if (a[i].column.len == 0 || a[i].prefix != b[i].prefix || !dts_define_same(a[i].column, b[i].column))
			return false;
	return true;
}

/* What a foreign key brings along is not made where another key covers it. */
static bool is_covered(const struct dts_define *st, const struct dts_define_table *t, size_t at)
{
	const struct dts_define_key *key = &st->keys[at];

	for (size_t i = 0; i < t->index_count; i++)
		if (is_prefix_of(key->parts, key->count, t->indexes[i].parts, t->indexes[i].count))
			return true;
	for (size_t i = 0; i < st->key_count; i++) {
		const struct dts_define_key *other = &st->keys[i];

		if (i == at || !is_prefix_of(key->parts, key->count, other->parts, other->count))
			continue;
		if (other->type != DTS_DEFINE_FOREIGN_INDEX || other->count > key->count || i < at)
			return true;
	}
	return false;
}

/* The name that the server gives a unique key depends on all indexes that there
 * are, and a new key takes the place of one that a foreign key brought along. */
static void doubt_names(struct dts_define_table *t, const struct dts_define_key *key)
{
	for (size_t i = 0; i < t->index_count; i++)
		if (t->indexes[i].generated &&
		    is_prefix_of(t->indexes[i].parts, t->indexes[i].count, key->parts, key->count))
			t->indexes_complete = false;
	if (!t->indexes_complete && key->type == DTS_DEFINE_UNIQUE && !key->name.p)
		t->indexes_known = false;
}

/* The columns behind those that are written: MariaDB puts a period's end and
 * start, and a versioned table's row end, into the key. */
static bool add_hidden_parts(struct dts_define *st, const struct dts_define_table *t, struct dts_define_key *key)
{
	struct dts_index_part *parts = dts_arena_alloc(t->arena, key->count + 2, sizeof *parts);

	memcpy(parts, key->parts, key->count * sizeof *parts);
	key->parts = parts;
	/* Which of them is the row end, an older statement has told. Other stored
	 * columns are never NOT NULL in MariaDB. */
	for (size_t i = 0; i < t->count && st->d->mariadb && !st->row_end.p && key->type <= DTS_DEFINE_UNIQUE; i++)
		if (t->columns[i].generated == DTS_GENERATED_STORED && !t->columns[i].nullable)
			return dts_define_fail(st, "a key of a versioned table");
	if (key->over_period) {
		size_t i = 0;

		while (i < st->period_count && !dts_define_same(st->periods[i].name, parts[key->count - 1].column))
			i++;
		if (i == st->period_count)
			return dts_define_fail(st, "a key over a period that was defined before");
		parts[key->count - 1] = (struct dts_index_part){st->periods[i].end, 0};
		parts[key->count++] = (struct dts_index_part){st->periods[i].start, 0};
	}
	if (st->row_end.p && key->type != DTS_DEFINE_INDEX)
		parts[key->count++] = (struct dts_index_part){st->row_end, 0};
	return true;
}

static bool add_key(struct dts_define *st, struct dts_define_table *t, struct dts_define_key *key)
{
	struct dts_index *index;

	if (!add_hidden_parts(st, t, key))
		return false;
	for (size_t i = 0; i < key->count; i++) {
		struct dts_index_part *part = &key->parts[i];
		long c = part->column.len > 0 ? dts_define_table_column(t, part->column) : -1;

		if (part->column.len > 0 && c < 0)
			return dts_define_fail(st, "a key is over column '%s', which there is not", part->column.p);
		if (c < 0)
			continue;
		part->column = dts_arena_copy(t->arena, t->columns[c].name);
		part->prefix = dts_define_prefix(&t->columns[c], part->prefix, false);
		if (key->type == DTS_DEFINE_PRIMARY)
			t->columns[c].nullable = false;
	}
	struct dts_slice name = key->type == DTS_DEFINE_PRIMARY ? DTS_LIT("PRIMARY")
				: key->name.p			? dts_arena_copy(t->arena, key->name)
								: made_name(t, key->parts[0].column);
	if (dts_define_table_index(t, name) >= 0) {
		if ((t->indexes_known && t->indexes_complete) || key->type == DTS_DEFINE_PRIMARY)
			return dts_define_fail(st, "index '%.*s' is made twice", (int)name.len, name.p);
		t->indexes_known = false;
		return true;
	}
	index = add_index(t);
	*index = (struct dts_index){.name = name, .parts = key->parts, .count = key->count};
	index->unique = key->type == DTS_DEFINE_PRIMARY || key->type == DTS_DEFINE_UNIQUE;
	index->generated = key->type == DTS_DEFINE_FOREIGN_INDEX;
	return true;
}

bool dts_define_table_add_keys(struct dts_define *st, struct dts_define_table *t)
{
	for (size_t i = 0; i < st->key_count; i++) {
		struct dts_define_key *key = &st->keys[i];

		if (key->type == DTS_DEFINE_FOREIGN_INDEX && is_covered(st, t, i))
			continue;
		doubt_names(t, key);
		if (key->guarded && key->type != DTS_DEFINE_PRIMARY &&
		    dts_define_table_index(t, key->name.p ? key->name : key->parts[0].column) >= 0)
			continue;
		if (key->guarded && key->type == DTS_DEFINE_PRIMARY && dts_define_table_index(t, DTS_LIT("PRIMARY")) >= 0)
			continue;
		if (!add_key(st, t, key))
			return false;
	}
	return true;
}

static int compare_keys(const void *a, const void *b)
{
	struct dts_slice x = ((const struct dts_key *)a)->name, y = ((const struct dts_key *)b)->name;
	size_t shorter = x.len < y.len ? x.len : y.len;

	for (size_t i = 0; i < shorter; i++) {
		int c = (unsigned char)x.p[i], e = (unsigned char)y.p[i];

		c = c >= 'A' && c <= 'Z' ? c | 0x20 : c;
		e = e >= 'A' && e <= 'Z' ? e | 0x20 : e;
		if (c != e)
			return c - e;
	}
	return (x.len > y.len) - (x.len < y.len);
}

/* The schema's keys from the indexes: those over whole columns only. */
static void set_keys(struct dts_schema *s, const struct dts_define_table *t)
{
	s->unique = dts_arena_alloc(t->arena, t->index_count + 1, sizeof *s->unique);
	for (size_t i = 0; i < t->index_count; i++) {
		const struct dts_index *index = &t->indexes[i];
		struct dts_slice *columns = dts_arena_alloc(t->arena, index->count, sizeof *columns);
		bool whole = index->unique;

		for (size_t j = 0; j < index->count; j++) {
			columns[j] = index->parts[j].column;
			whole = whole && columns[j].len > 0 && index->parts[j].prefix == 0;
		}
		if (!whole)
			continue;
		if (dts_slice_is(index->name, "PRIMARY"))
			s->primary = (struct dts_key){DTS_LIT(""), columns, index->count};
		else
			s->unique[s->unique_count++] = (struct dts_key){index->name, columns, index->count};
	}
	if (s->unique_count > 1)
		qsort(s->unique, s->unique_count, sizeof *s->unique, compare_keys);
	if (!t->indexes_known) {
		s->unique = NULL;
		s->unique_count = 0;
	}
}

void dts_define_table_install(struct dts_definitions *d, struct dts_define_table *t)
{
	struct dts_defined_table table = {
		.schema = {.db = t->db, .table = t->name, .arena = t->arena},
		.charset = t->charset.charset.p ? t->charset.charset : DTS_LIT(""),
		.indexes = t->indexes,
		.index_count = t->index_count,
		.indexes_known = t->indexes_known,
		.indexes_complete = t->indexes_complete,
		.why = DTS_LIT(""),
	};

	table.schema.source_db = t->db;
	table.schema.source_table = t->name;
	table.schema.source_collation = t->charset.collation.p ? t->charset.collation : DTS_LIT("");
	table.schema.columns = t->columns;
	table.schema.column_count = t->count;
	table.schema.primary.name = DTS_LIT("");
	set_keys(&table.schema, t);
	put(d, &table);
}
