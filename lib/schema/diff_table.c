#include "schema/diff_table.h"

#include <ctype.h>
#include <stdlib.h>

#include "ddl/alike.h"
#include "ddl/port.h"
#include "ddl/scan.h"
#include "mysql/quote.h"
#include "schema/diff_parts.h"

struct diff {
	const struct dts_diff_input *in;
	struct dts_diff_side wanted, present, altered;
	struct dts_diff_touched *touched;
	struct dts_table_diff *d;
	struct dts_list clauses[DTS_DIFF_STEPS];
};

static void release_side(struct dts_diff_side *side)
{
	free(side->columns);
	dts_diff_options_release(&side->options);
	dts_items_release(&side->items);
	dts_buf_release(&side->text);
}

static int read_items(struct dts_slice sql, struct dts_diff_side *side, struct dts_error *err)
{
	dts_ddl_plain(sql, 0, 0, &side->text);
	return dts_items_parse(&side->items, dts_buf_slice(&side->text), err);
}

static void read_columns(struct dts_diff_side *side)
{
	dts_diff_options_read(side->items.rest, &side->options);
	side->columns = dts_zalloc(side->items.count + 1, sizeof *side->columns);
	for (size_t i = 0; i < side->items.count; i++)
		if (side->items.items[i].column)
			dts_diff_column_read(&side->items.items[i], &side->options, &side->columns[side->count++]);
}

static bool is_there(const struct dts_items *t, struct dts_slice clause)
{
	for (size_t i = 0; i < t->count; i++)
		if (dts_ddl_alike(t->items[i].text, clause, 0))
			return true;
	return false;
}

/* Clauses that are there in the other words are wanted in these. */
static void choose_words(struct diff *x)
{
	struct dts_items *wanted = &x->wanted.items;

	for (size_t i = 0; i < wanted->count && x->altered.items.count == wanted->count; i++)
		if (!is_there(&x->present.items, wanted->items[i].text) && is_there(&x->present.items, x->altered.items.items[i].text))
			wanted->items[i] = x->altered.items.items[i];
}

static int read_sides(struct diff *x, struct dts_error *err)
{
	if (read_items(x->in->wanted, &x->wanted, err) < 0 || read_items(x->in->present, &x->present, err) < 0 ||
	    (x->in->altered.p && read_items(x->in->altered, &x->altered, err) < 0))
		return dts_where(err, "table '%.*s.%.*s'", (int)x->in->db.len, x->in->db.p, (int)x->in->name.len, x->in->name.p);
	choose_words(x);
	read_columns(&x->wanted);
	read_columns(&x->present);
	return 0;
}

static void release(struct diff *x)
{
	release_side(&x->wanted);
	release_side(&x->present);
	release_side(&x->altered);
	for (size_t i = 0; i < DTS_DIFF_STEPS; i++)
		dts_list_release(&x->clauses[i]);
}

/* ---- keys and the like */

/* Keys of all kinds share their names; the others have their own. */
enum group { NONE, PRIMARY, KEYS, FOREIGN, CHECKS, SPANS };

static enum group group_of(const struct dts_item *item)
{
	switch (item->kind) {
	case DTS_ITEM_PRIMARY:
		return PRIMARY;
	case DTS_ITEM_KEY:
	case DTS_ITEM_UNIQUE:
	case DTS_ITEM_SPECIAL:
		return KEYS;
	case DTS_ITEM_FOREIGN:
		return FOREIGN;
	case DTS_ITEM_OTHER:
		break;
	}
	return item->check ? CHECKS : item->span ? SPANS : NONE;
}

static const struct dts_item *counterpart(const struct dts_items *t, const struct dts_item *item)
{
	for (size_t i = 0; i < t->count; i++)
		if (group_of(&t->items[i]) == group_of(item) && dts_diff_same_name(t->items[i].name, item->name))
			return &t->items[i];
	return NULL;
}

/* A key without the word that hides it from the optimizer; which may be its last only. */
static struct dts_slice visible_part(const struct dts_item *key, bool *hidden)
{
	struct dts_sql_scan s;
	size_t last = 0;
	bool is_hidden = false;

	for (dts_sql_start(&s, key->text, 0); s.type != DTS_SQL_END; dts_sql_next(&s)) {
		is_hidden = dts_sql_is(&s, "INVISIBLE") || dts_sql_is(&s, "IGNORED");
		last = s.at;
	}
	*hidden = is_hidden;
	return is_hidden ? dts_slice(key->text.p, last) : key->text;
}

/* The same but for being hidden? */
static bool only_hidden(const struct dts_item *a, const struct dts_item *b, bool *hide)
{
	bool was;

	return dts_ddl_alike(visible_part(a, hide), visible_part(b, &was), 0) && *hide != was;
}

static bool is_touched(struct diff *x, struct dts_slice db, struct dts_slice table, struct dts_slice column);

/* Does the foreign key hold a column that changes, here or there? */
static bool holds_touched(struct diff *x, const struct dts_item *item)
{
	const struct dts_foreign *f = &item->foreign;

	for (size_t i = 0; i < f->count; i++)
		if (is_touched(x, x->in->db, x->in->name, f->columns[i]) ||
		    is_touched(x, f->to_db.len > 0 ? f->to_db : x->in->db, f->to_table, f->to_columns[i]))
			return true;
	return false;
}

static bool stays_as_it_is(struct diff *x, const struct dts_item *wanted, const struct dts_item *present)
{
	if (!wanted || !present)
		return false;
	return dts_ddl_alike(wanted->text, present->text, 0) && (group_of(wanted) != FOREIGN || !holds_touched(x, wanted));
}

static void drop_clause(const struct diff *x, const struct dts_item *item, struct dts_buf *b)
{
	static const char *const words[] = {
		[PRIMARY] = "DROP PRIMARY KEY", [KEYS] = "DROP KEY ", [FOREIGN] = "DROP FOREIGN KEY ", [SPANS] = "DROP PERIOD FOR "};
	enum group group = group_of(item);

	if (group == CHECKS)
		dts_buf_adds(b, x->in->family == DTS_MYSQL ? "DROP CHECK " : "DROP CONSTRAINT ");
	else
		dts_buf_adds(b, words[group]);
	if (group == SPANS && item->name.len == 0)
		dts_buf_adds(b, "SYSTEM_TIME");
	else if (group != PRIMARY)
		dts_sql_ident(b, item->name);
}

/* What is there and not wanted, or otherwise. */
static void drop_items(struct diff *x)
{
	struct dts_buf clause = {0};

	for (size_t i = 0; i < x->present.items.count; i++) {
		const struct dts_item *item = &x->present.items.items[i];
		bool hide;
		if (group_of(item) == NONE)
			continue;
		const struct dts_item *wanted = counterpart(&x->wanted.items, item);
		if (stays_as_it_is(x, wanted, item) || (wanted && group_of(item) == KEYS && only_hidden(wanted, item, &hide)))
			continue;
		dts_buf_clear(&clause);
		drop_clause(x, item, &clause);
		if (!wanted)
			dts_list_add(&x->d->lossy, dts_buf_text(&clause));
		if (wanted || x->in->allow_drop)
			dts_list_add(&x->clauses[group_of(item) == FOREIGN ? DTS_DIFF_UNLINK : DTS_DIFF_CHANGE], dts_buf_text(&clause));
	}
	dts_buf_release(&clause);
}

static void add_items(struct diff *x)
{
	struct dts_buf clause = {0};

	for (size_t i = 0; i < x->wanted.items.count; i++) {
		const struct dts_item *item = &x->wanted.items.items[i];
		bool hide = false;
		if (group_of(item) == NONE)
			continue;
		const struct dts_item *present = counterpart(&x->present.items, item);
		if (stays_as_it_is(x, item, present))
			continue;
		dts_buf_clear(&clause);
		if (present && group_of(item) == KEYS && only_hidden(item, present, &hide)) {
			dts_buf_adds(&clause, "ALTER INDEX ");
			dts_sql_ident(&clause, item->name);
			if (x->in->family == DTS_MYSQL)
				dts_buf_adds(&clause, hide ? " INVISIBLE" : " VISIBLE");
			else
				dts_buf_adds(&clause, hide ? " IGNORED" : " NOT IGNORED");
		} else {
			dts_buf_adds(&clause, "ADD ");
			dts_buf_add_slice(&clause, item->text);
		}
		dts_list_add(&x->clauses[group_of(item) == FOREIGN ? DTS_DIFF_LINK : DTS_DIFF_CHANGE], dts_buf_text(&clause));
	}
	dts_buf_release(&clause);
}

/* ---- columns that foreign keys may not hold meanwhile */

static void add_lower(struct dts_buf *b, struct dts_slice s)
{
	for (size_t i = 0; i < s.len; i++)
		dts_buf_addc(b, (char)tolower((unsigned char)s.p[i]));
	dts_buf_addc(b, '\0'); /* in no name */
}

static struct dts_slice touched_key(struct dts_diff_touched *t, struct dts_slice db, struct dts_slice table, struct dts_slice column)
{
	dts_buf_clear(&t->key);
	add_lower(&t->key, db);
	add_lower(&t->key, table);
	add_lower(&t->key, column);
	return dts_buf_slice(&t->key);
}

static bool is_touched(struct diff *x, struct dts_slice db, struct dts_slice table, struct dts_slice column)
{
	return dts_map_get(&x->touched->columns, touched_key(x->touched, db, table, column)) != NULL;
}

static void touch(struct diff *x, struct dts_slice column)
{
	dts_map_set(&x->touched->columns, touched_key(x->touched, x->in->db, x->in->name, column), x->touched);
}

static bool is_not_null(const struct dts_diff_column *c)
{
	return c->rest.len >= 8 && memcmp(c->rest.p, "NOT NULL", 8) == 0;
}

/* Another default or comment is no matter for a foreign key. */
static bool matters(const struct dts_diff_column *c, const struct dts_diff_column *old)
{
	return c->computed != DTS_DIFF_STORED_ROW || old->computed != DTS_DIFF_STORED_ROW ||
	       !dts_slice_eq(c->name, old->name) || !dts_ddl_alike(c->type, old->type, 0) ||
	       !dts_slice_eq(c->charset, old->charset) || !dts_slice_eq(c->collation, old->collation) ||
	       is_not_null(c) != is_not_null(old);
}

static void touch_columns(struct diff *x)
{
	for (size_t i = 0; i < x->present.count; i++) {
		const struct dts_diff_column *old = &x->present.columns[i], *c = dts_diff_column_find(&x->wanted, old->name);
		if (!c ? x->in->allow_drop
		       : dts_diff_column_fate(c, old) != DTS_DIFF_SAME && matters(c, old) &&
				 (x->in->allow_drop || !dts_diff_column_lossy(c, old)))
			touch(x, old->name);
	}
}

/* Nor may it hold those of a key that goes or is made again. */
static void touch_keys(struct diff *x)
{
	for (size_t i = 0; i < x->present.items.count; i++) {
		const struct dts_item *key = &x->present.items.items[i];
		bool hide;
		if (group_of(key) != PRIMARY && group_of(key) != KEYS)
			continue;
		const struct dts_item *wanted = counterpart(&x->wanted.items, key);
		if (!wanted ? !x->in->allow_drop : dts_ddl_alike(key->text, wanted->text, 0) || only_hidden(wanted, key, &hide))
			continue;
		for (size_t k = 0; k < key->count; k++)
			if (key->columns[k].p)
				touch(x, key->columns[k]);
	}
}

int dts_diff_touch(const struct dts_diff_input *in, struct dts_diff_touched *touched, struct dts_error *err)
{
	struct diff x = {.in = in, .touched = touched};
	int rc = read_sides(&x, err);

	if (rc == 0) {
		touch_columns(&x);
		touch_keys(&x);
	}
	release(&x);
	return rc;
}

void dts_diff_touched_release(struct dts_diff_touched *t)
{
	dts_map_release(&t->columns, NULL);
	dts_buf_release(&t->key);
}

/* ---- the table itself */

static void compare_versioning(struct diff *x)
{
	struct dts_list *clauses = &x->clauses[DTS_DIFF_CHANGE];

	if (x->wanted.options.versioned && !x->present.options.versioned)
		dts_list_add(clauses, "ADD SYSTEM VERSIONING");
	if (x->wanted.options.versioned || !x->present.options.versioned)
		return;
	dts_list_add(&x->d->lossy, "DROP SYSTEM VERSIONING");
	if (x->in->allow_drop)
		dts_list_add(clauses, "DROP SYSTEM VERSIONING");
}

static void write_statement(struct diff *x, enum dts_diff_step step, struct dts_slice behind)
{
	const struct dts_list *clauses = &x->clauses[step];
	struct dts_buf *sql = &x->d->sql[step];

	if (clauses->count == 0 && behind.len == 0)
		return;
	dts_buf_adds(sql, "ALTER TABLE ");
	dts_sql_ident(sql, x->in->name);
	for (size_t i = 0; i < clauses->count; i++) {
		dts_buf_adds(sql, i > 0 ? ",\n  " : "\n  ");
		dts_buf_adds(sql, clauses->items[i]);
	}
	if (behind.len > 0) {
		dts_buf_adds(sql, "\n ");
		dts_buf_add_slice(sql, behind);
	}
}

static struct dts_slice partitions_clause(const struct diff *x)
{
	struct dts_slice wanted = x->wanted.options.partitions, present = x->present.options.partitions;

	if (dts_ddl_alike(wanted, present, 0))
		return DTS_LIT("");
	return wanted.len > 0 ? wanted : DTS_LIT("REMOVE PARTITIONING");
}

int dts_diff_table(const struct dts_diff_input *in, struct dts_diff_touched *touched, struct dts_table_diff *d,
		   struct dts_error *err)
{
	struct diff x = {.in = in, .touched = touched, .d = d};
	int rc;

	*d = (struct dts_table_diff){0};
	rc = read_sides(&x, err);
	if (rc == 0) {
		drop_items(&x);
		compare_versioning(&x);
		dts_diff_columns_compare(&x.wanted, &x.present, in->allow_drop, &x.clauses[DTS_DIFF_CHANGE], d);
		add_items(&x);
		dts_diff_options_compare(&x.wanted.options, &x.present.options, in->allow_drop, &x.clauses[DTS_DIFF_CHANGE], d);
		write_statement(&x, DTS_DIFF_UNLINK, DTS_LIT(""));
		write_statement(&x, DTS_DIFF_CHANGE, partitions_clause(&x));
		write_statement(&x, DTS_DIFF_LINK, DTS_LIT(""));
	}
	release(&x);
	return rc;
}

bool dts_table_diff_any(const struct dts_table_diff *d)
{
	bool any = d->lossy.count > 0 || d->beyond.count > 0;

	for (size_t i = 0; i < DTS_DIFF_STEPS; i++)
		any |= d->sql[i].len > 0;
	return any;
}

void dts_table_diff_release(struct dts_table_diff *d)
{
	for (size_t i = 0; i < DTS_DIFF_STEPS; i++)
		dts_buf_release(&d->sql[i]);
	dts_list_release(&d->lossy);
	dts_list_release(&d->beyond);
}
