#include "binlog/tables.h"

#include <stdlib.h>

#include "record/names.h"

static void free_table(void *value)
{
	dts_log_table_free(value);
}

static void free_name(void *value)
{
	struct dts_log_name *n = value;

	dts_buf_release(&n->text);
	dts_buf_release(&n->online);
	free(n);
}

void dts_log_tables_release(struct dts_log_tables *t)
{
	dts_map_release(&t->by_id, free_table);
	dts_map_release(&t->by_name, free_name);
	dts_buf_release(&t->key);
	*t = (struct dts_log_tables){0};
}

void dts_log_tables_forget(struct dts_log_tables *t)
{
	struct dts_map_entry *e;

	dts_map_release(&t->by_id, free_table);
	t->by_id = (struct dts_map){0};
	t->last = NULL;
	for (size_t at = 0; (e = dts_map_next(&t->by_name, &at));)
		((struct dts_log_name *)e->value)->has_id = false;
}

void dts_log_tables_restate(struct dts_log_tables *t)
{
	struct dts_map_entry *e;

	for (size_t at = 0; (e = dts_map_next(&t->by_name, &at));)
		((struct dts_log_name *)e->value)->announced = false;
	for (size_t at = 0; (e = dts_map_next(&t->by_id, &at));)
		((struct dts_log_table *)e->value)->announced = false;
}

bool dts_log_is_system_db(struct dts_slice db)
{
	return dts_slice_is_nocase(db, "mysql") || dts_slice_is_nocase(db, "sys") ||
	       dts_slice_is_nocase(db, "information_schema") || dts_slice_is_nocase(db, "performance_schema");
}

bool dts_log_tables_wants(const struct dts_log_tables *t, struct dts_slice db, struct dts_slice table)
{
	if (dts_log_is_system_db(db) || (t->own_db && dts_slice_is(db, t->own_db)))
		return false;
	return dts_online_selects(t->online, t->selection, db, table);
}

static struct dts_slice id_key(const uint64_t *id)
{
	return dts_slice((const char *)id, sizeof *id);
}

struct dts_log_table *dts_log_tables_get(struct dts_log_tables *t, uint64_t id)
{
	if (!t->last || t->last->id != id)
		t->last = dts_map_get(&t->by_id, id_key(&id));
	return t->last;
}

static void forget_id(struct dts_log_tables *t, uint64_t id)
{
	t->last = NULL;
	dts_log_table_free(dts_map_remove(&t->by_id, id_key(&id)));
}

static struct dts_log_name *name_of(struct dts_log_tables *t, struct dts_slice db, struct dts_slice table)
{
	struct dts_slice key = dts_map_pair(&t->key, db, table);
	struct dts_log_name *n = dts_map_get(&t->by_name, key);

	if (!n) {
		n = dts_zalloc(1, sizeof *n);
		dts_map_set(&t->by_name, key, n);
	}
	return n;
}

/* What the history has of a table; NULL where there is none, or it does not have it. */
static const struct dts_defined_table *defined(const struct dts_log_tables *t, struct dts_slice db, struct dts_slice table)
{
	return t->history ? dts_definitions_find(t->history->tables, db, table) : NULL;
}

/* Its rows show the changes here already, and what it looks like here is not known. */
static const struct dts_schema *later_of(const struct dts_log_tables *t, struct dts_slice db, struct dts_slice table)
{
	return t->history ? dts_history_later(t->history, db, table) : NULL;
}

static int ask_catalog(struct dts_log_tables *t, struct dts_log_table *table, struct dts_error *err)
{
	struct dts_schema known = {0};
	int found = 0, status;

	if (t->catalog)
		found = t->catalog(t->context, table->schema.db, table->schema.table, &known, err);
	if (found < 0)
		return -1;
	status = dts_log_table_hint(table, found ? &known : NULL, err);
	dts_schema_release(&known);
	return status;
}

/* Today's catalog does not tell which columns rows of then had, so it is asked only
 * for what the log leaves out of a table whose columns it names. */
static int complete(struct dts_log_tables *t, struct dts_log_table *table, const struct dts_schema *later, struct dts_error *err)
{
	if (later)
		return dts_log_table_define(table, later, err) < 0
			       ? dts_where(err, "changes of an XA transaction, which may be decided when the table is another") : 0;
	const struct dts_schema *s = &table->schema;
	const struct dts_defined_table *d = defined(t, s->db, s->table);

	if (d && !d->unknown)
		return dts_log_table_define(table, &d->schema, err);
	if (table->named)
		return ask_catalog(t, table, err);
	dts_fail(err, DTS_REFUSED, "the log does not have the names of the columns of `%.*s`.`%.*s` (binlog_row_metadata is "
		 "not FULL), and %s", (int)s->db.len, s->db.p, (int)s->table.len, s->table.p,
		 d ? "what a statement made of the table was not understood"
		   : t->history ? "the schema history does not have the table" : "there is no schema history");
	if (d)
		return dts_hint(err, "%.*s", (int)d->why.len, d->why.p);
	return dts_hint(err, "run SET GLOBAL binlog_row_metadata=FULL on the source, or keep a history with --schema-history; "
			"rows that were written before stay without names");
}

static enum dts_own_table own_table(const struct dts_log_tables *t, struct dts_slice db, struct dts_slice table)
{
	if (!t->own_db || !dts_slice_is(db, t->own_db))
		return DTS_OWN_NONE;
	return dts_slice_is(table, "mark") || dts_slice_is(table, "source") ? DTS_OWN_MARK
	       : dts_slice_is(table, "ddl")				    ? DTS_OWN_DDL
									    : DTS_OWN_NONE;
}

/* Its rows are not told; those of a checkpoint's tables are looked at. */
static struct dts_log_table *skip(const struct dts_log_tables *t, const struct dts_event *e, const struct dts_event_format *f,
				  uint64_t id, struct dts_slice db, struct dts_slice name)
{
	struct dts_error ignored = DTS_ERROR_INIT; /* some other table of that name */
	enum dts_own_table own = own_table(t, db, name);
	struct dts_log_table *table = own != DTS_OWN_NONE ? dts_table_map_parse(e, f, &ignored) : NULL;

	if (!table)
		return dts_log_table_skipped(e, id);
	table->skipped = true;
	table->own = own;
	return table;
}

int dts_log_tables_map(struct dts_log_tables *t, const struct dts_event *e, const struct dts_event_format *f,
		       struct dts_error *err)
{
	struct dts_slice db, name;
	struct dts_log_table *table;
	struct dts_log_name *n;
	uint64_t id;

	if (dts_table_map_name(e, f, &id, &db, &name, err) < 0)
		return -1;
	table = dts_log_tables_get(t, id);
	/* What is passed over now may be wanted at the next place. */
	const struct dts_schema *later = later_of(t, db, name);
	if (table && !table->later && !later && dts_slice_eq(dts_buf_slice(&table->raw), e->body))
		return 0;
	if (table)
		forget_id(t, id);
	/* What XA prepares here and commits behind that place is not in the rows. Nobody has altered the table
	 * between, since that would have waited for the decision. */
	if ((!later || t->undecided) && dts_log_tables_wants(t, db, name)) {
		table = dts_table_map_parse(e, f, err);
		if (!table)
			return -1;
		if (complete(t, table, later, err) < 0) {
			dts_log_table_free(table);
			return -1;
		}
	} else {
		table = skip(t, e, f, id, db, name);
	}
	table->later = later != NULL;
	/* A name has one number at a time; the one before will not come again. */
	n = name_of(t, db, name);
	if (n->has_id && n->id != id)
		forget_id(t, n->id);
	n->id = id;
	n->has_id = true;
	dts_map_set(&t->by_id, id_key(&id), table);
	t->last = table;
	return 0;
}

/* The record of a table with what is hidden for it. */
static void add_said(const struct dts_log_name *n, struct dts_buf *out)
{
	static const char end[] = "}}\n"; /* dts_schema_add() has `source` last, and `online` last in it */

	dts_buf_add_slice(out, dts_buf_slice(&n->text));
	if (n->online.len == 0)
		return;
	out->len -= sizeof end - 1;
	dts_buf_adds(out, ",\"online\":");
	dts_buf_add_slice(out, dts_buf_slice(&n->online));
	dts_buf_adds(out, end);
}

/* Takes in what is hidden for a table now: true if it is something else than before. */
static bool renew_online(const struct dts_log_tables *t, struct dts_log_name *n, struct dts_slice db, struct dts_slice table)
{
	struct dts_buf now = {0};

	if (!t->online)
		return false;
	dts_online_add(t->online, db, table, &now);
	const bool same = dts_slice_eq(dts_buf_slice(&now), dts_buf_slice(&n->online));
	dts_buf_clear(&n->online);
	dts_buf_add_slice(&n->online, dts_buf_slice(&now));
	dts_buf_release(&now);
	return !same;
}

/* Appends a schema record unless the same was said last. */
static bool state(struct dts_log_tables *t, const struct dts_schema *schema, struct dts_buf *out)
{
	struct dts_log_name *n = name_of(t, schema->db, schema->table);
	struct dts_schema said = *schema;
	size_t start = out->len;
	struct dts_slice text;

	if (t->history && !later_of(t, schema->db, schema->table))
		said.source_db_collation = dts_definitions_database(t->history->tables, schema->db);
	dts_schema_add(out, &said);
	text = dts_slice(out->data + start, out->len - start);
	const bool renewed = renew_online(t, n, schema->db, schema->table);
	if (!renewed && n->announced && dts_slice_eq(text, dts_buf_slice(&n->text))) {
		out->len = start;
		return false;
	}
	n->announced = true;
	dts_buf_clear(&n->text);
	dts_buf_add_slice(&n->text, text);
	out->len = start;
	add_said(n, out);
	return true;
}

bool dts_log_tables_announce(struct dts_log_tables *t, struct dts_log_table *table, struct dts_buf *out)
{
	const struct dts_defined_table *d;

	if (table->announced)
		return false;
	table->announced = true;
	d = defined(t, table->schema.db, table->schema.table);
	const struct dts_schema *later = later_of(t, table->schema.db, table->schema.table);
	return state(t, later ? later : d && !d->unknown ? &d->schema : &table->schema, out);
}

bool dts_log_tables_restate_one(struct dts_log_tables *t, struct dts_slice db, struct dts_slice table, struct dts_buf *out)
{
	const struct dts_defined_table *d = defined(t, db, table);

	if (!d || d->unknown || later_of(t, db, table) || !dts_log_tables_wants(t, db, table))
		return false;
	/* Also where the statement changed nothing: who keeps definitions cannot tell. */
	name_of(t, db, table)->announced = false;
	return state(t, &d->schema, out);
}

bool dts_log_tables_restate_online(struct dts_log_tables *t, struct dts_slice db, struct dts_slice table, struct dts_buf *out)
{
	struct dts_log_name *n = name_of(t, db, table);

	if (dts_log_tables_restate_one(t, db, table, out))
		return true;
	if (!n->announced || !renew_online(t, n, db, table))
		return false; /* comes with its first row, or is known */
	add_said(n, out);
	return true;
}

void dts_log_tables_unsay(struct dts_log_tables *t, struct dts_slice db, struct dts_slice table)
{
	struct dts_map_entry *e;

	for (size_t at = 0; (e = dts_map_next(&t->by_name, &at));) {
		struct dts_slice of_db, of_table;
		struct dts_log_name *n = e->value;

		dts_map_pair_read(dts_slice(e->key, e->key_len), &of_db, &of_table);
		if (!n->announced || !dts_names_alike(of_db, db) || !dts_names_alike(of_table, table))
			continue;
		n->announced = false;
		struct dts_log_table *numbered = n->has_id ? dts_map_get(&t->by_id, id_key(&n->id)) : NULL;
		if (numbered)
			numbered->announced = false;
	}
}

int dts_log_tables_knows(struct dts_log_tables *t, struct dts_slice db, struct dts_slice table, struct dts_error *err)
{
	struct dts_schema known = {0};
	int found;

	if (defined(t, db, table) || later_of(t, db, table) || dts_map_get(&t->by_name, dts_map_pair(&t->key, db, table)))
		return 1;
	if (!t->catalog)
		return 0;
	found = t->catalog(t->context, db, table, &known, err);
	dts_schema_release(&known);
	return found;
}

bool dts_log_tables_tell_once(struct dts_log_tables *t, const struct dts_log_table *table)
{
	struct dts_log_name *n = name_of(t, table->schema.db, table->schema.table);
	const bool first = !n->told;

	n->told = true;
	return first;
}
