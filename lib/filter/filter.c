#include "filter/filter.h"

#include <stdlib.h>

#include "record/names.h"
#include "filter/ordinals.h"
#include "filter/statement.h"

struct dts_filter {
	struct dts_names names;
	bool naming; /* tables are chosen or renamed */
	const struct dts_list *skip_origins;
	bool active; /* that, or records are counted anew */
	bool want_parents;
	struct dts_statement statement;

	/* Where the output stands. */
	bool in_stream, in_tx, in_snapshot, in_structure;
	bool tx_skipped; /* by its origin: none of its changes stays */
	bool chunk_kept;
	uint64_t rows;    /* of the open chunk */
	uint64_t records; /* since the stream began */
	struct dts_ordinals ordinals;

	/* What is put into the record at hand. */
	struct dts_slice with[DTS_F_COUNT];
	bool changed;
	struct dts_buf number, text;
};

struct dts_filter *dts_filter_new(const struct dts_filter_options *options, struct dts_error *err)
{
	struct dts_filter *f = dts_zalloc(1, sizeof *f);

	if (dts_names_init(&f->names, options->tables, options->ignored, options->routes, err) < 0) {
		dts_filter_free(f);
		return NULL;
	}
	f->naming = dts_names_select(&f->names) || f->names.route_count > 0;
	f->skip_origins = options->skip_origins;
	f->active = f->naming || options->recount || (f->skip_origins && f->skip_origins->count > 0);
	f->want_parents = dts_names_select(&f->names);
	return f;
}

void dts_filter_allow_missing_parents(struct dts_filter *f)
{
	f->want_parents = false;
}

void dts_filter_free(struct dts_filter *f)
{
	if (!f)
		return;
	dts_names_release(&f->names);
	dts_statement_release(&f->statement);
	dts_ordinals_release(&f->ordinals);
	dts_buf_release(&f->number);
	dts_buf_release(&f->text);
	free(f);
}

static void put(struct dts_filter *f, enum dts_field field, struct dts_slice value)
{
	f->with[field] = value;
	f->changed = true;
}

/* Puts a count where it is another one; at most one in a record. */
static void put_number(struct dts_filter *f, enum dts_field field, uint64_t have, uint64_t want)
{
	if (have == want)
		return;
	dts_buf_clear(&f->number);
	dts_buf_addu(&f->number, want);
	put(f, field, dts_buf_slice(&f->number));
}

/* Does the record's table stay? Puts its new name. */
static bool choose_table(struct dts_filter *f, const struct dts_record *r)
{
	const struct dts_choice *choice = dts_names_choose(&f->names, r->db, r->table);

	if (choice->keep && choice->changed) {
		put(f, DTS_F_DB, dts_buf_slice(&choice->db_json));
		put(f, DTS_F_TABLE, dts_buf_slice(&choice->table_json));
	}
	return choice->keep;
}

/* Adds the raw value, or another in its place, and what stands before it. */
static void splice(struct dts_buf *b, const char **done, struct dts_slice raw, struct dts_slice value)
{
	dts_buf_add(b, *done, (size_t)(raw.p - *done));
	dts_buf_add_slice(b, value);
	*done = raw.p + raw.len;
}

/* Adds a foreign key with the new name of the table that it refers to. */
static void add_foreign_key(struct dts_filter *f, struct dts_json key, struct dts_buf *scratch)
{
	struct dts_json to = key.type == DTS_JSON_OBJECT ? dts_json_get(key.raw, "to") : key;
	struct dts_json db = {0}, table = {0};
	const struct dts_choice *choice = NULL;
	const char *done = key.raw.p;

	if (to.type == DTS_JSON_OBJECT) {
		db = dts_json_get(to.raw, "db");
		table = dts_json_get(to.raw, "table");
	}
	/* What is no name is not for us to judge. */
	if (db.type == DTS_JSON_STRING && table.type == DTS_JSON_STRING)
		choice = dts_names_choose(&f->names, dts_json_string(db.raw, &scratch[0]),
					  dts_json_string(table.raw, &scratch[1]));
	if (choice && choice->changed) {
		struct dts_slice new_db = dts_buf_slice(&choice->db_json), new_table = dts_buf_slice(&choice->table_json);
		bool db_first = db.raw.p < table.raw.p;
		splice(&f->text, &done, db_first ? db.raw : table.raw, db_first ? new_db : new_table);
		splice(&f->text, &done, db_first ? table.raw : db.raw, db_first ? new_table : new_db);
	}
	dts_buf_add(&f->text, done, (size_t)(key.raw.p + key.raw.len - done));
}

/* The tables that foreign keys refer to have new names too. */
static void route_foreign(struct dts_filter *f, struct dts_slice raw)
{
	struct dts_buf scratch[2] = {{0}, {0}};
	struct dts_json_walk w = dts_json_walk(raw);
	struct dts_json key;
	const char *done = raw.p;

	dts_buf_clear(&f->text);
	while (dts_json_element(&w, &key)) {
		dts_buf_add(&f->text, done, (size_t)(key.raw.p - done));
		add_foreign_key(f, key, scratch);
		done = key.raw.p + key.raw.len;
	}
	dts_buf_add(&f->text, done, (size_t)(raw.p + raw.len - done));
	if (!dts_slice_eq(dts_buf_slice(&f->text), raw))
		put(f, DTS_F_FOREIGN, dts_buf_slice(&f->text));
	dts_buf_release(&scratch[0]);
	dts_buf_release(&scratch[1]);
}

/* A schema without "source" has the names at the source for its own: they must
 * not be lost with them. Added behind the last field that stands before it. */
static void keep_source(struct dts_filter *f, const struct dts_record *r)
{
	static const enum dts_field before[] = {DTS_F_FOREIGN, DTS_F_UNIQUE, DTS_F_PRIMARY, DTS_F_COLUMNS};
	size_t i = 0;

	while (!r->raw[before[i]].p)
		i++;
	struct dts_slice value = f->with[before[i]].p ? f->with[before[i]] : r->raw[before[i]];
	if (value.p != f->text.data) {
		dts_buf_clear(&f->text);
		dts_buf_add_slice(&f->text, value);
	}
	dts_buf_adds(&f->text, ",\"source\":{\"db\":");
	dts_buf_add_slice(&f->text, r->raw[DTS_F_DB]);
	dts_buf_adds(&f->text, ",\"table\":");
	dts_buf_add_slice(&f->text, r->raw[DTS_F_TABLE]);
	dts_buf_addc(&f->text, '}');
	put(f, before[i], dts_buf_slice(&f->text));
}

/* A rule of a foreign key that changes rows, and is in no log. Borrowed. */
static bool read_rule(struct dts_slice key, const char *name, struct dts_buf *scratch, struct dts_slice *rule)
{
	struct dts_json value = dts_json_get(key, name);

	if (value.type != DTS_JSON_STRING)
		return false;
	*rule = dts_json_string(value.raw, scratch);
	return rule->len > 0 && !dts_slice_is_nocase(*rule, "RESTRICT") && !dts_slice_is_nocase(*rule, "NO ACTION");
}

static int check_parent(struct dts_filter *f, const struct dts_record *r, struct dts_slice key, struct dts_buf scratch[4],
			struct dts_error *err)
{
	struct dts_json to = dts_json_get(key, "to"), name = dts_json_get(key, "name");
	struct dts_json db = {0}, table = {0};
	struct dts_slice rule, key_name = DTS_LIT("");
	const char *on = "DELETE";

	if (!read_rule(key, "delete", &scratch[0], &rule)) {
		on = "UPDATE";
		if (!read_rule(key, "update", &scratch[0], &rule))
			return 0;
	}
	if (to.type == DTS_JSON_OBJECT) {
		db = dts_json_get(to.raw, "db");
		table = dts_json_get(to.raw, "table");
	}
	/* What is no name is not for us to judge. */
	if (db.type != DTS_JSON_STRING || table.type != DTS_JSON_STRING)
		return 0;
	struct dts_slice to_db = dts_json_string(db.raw, &scratch[1]), to_table = dts_json_string(table.raw, &scratch[2]);
	if (dts_names_choose(&f->names, to_db, to_table)->keep)
		return 0;
	if (name.type == DTS_JSON_STRING)
		key_name = dts_json_string(name.raw, &scratch[3]);
	dts_fail(err, DTS_REFUSED, "table '%.*s.%.*s': foreign key '%.*s' is ON %s %.*s to '%.*s.%.*s', which is left out: "
		 "what it does to rows is in no log", (int)r->db.len, r->db.p, (int)r->table.len, r->table.p,
		 (int)key_name.len, key_name.p, on, (int)rule.len, rule.p, (int)to_db.len, to_db.p,
		 (int)to_table.len, to_table.p);
	return dts_hint(err, "select the parent '%.*s.%.*s' too, or accept with --allow-missing-parents that rows of"
			     " the child will differ", (int)to_db.len, to_db.p, (int)to_table.len, to_table.p);
}

/* The source does not log what a foreign key does to the child's rows: the
 * target does it, if it has the parent. */
static int check_parents(struct dts_filter *f, const struct dts_record *r, struct dts_error *err)
{
	struct dts_buf scratch[4] = {{0}, {0}, {0}, {0}};
	struct dts_json_walk w = dts_json_walk(r->raw[DTS_F_FOREIGN]);
	struct dts_json key;
	int rc = 0;

	while (rc == 0 && dts_json_element(&w, &key))
		if (key.type == DTS_JSON_OBJECT)
			rc = check_parent(f, r, key.raw, scratch, err);
	for (size_t i = 0; i < sizeof scratch / sizeof scratch[0]; i++)
		dts_buf_release(&scratch[i]);
	return rc;
}

/* 1: stays; 0: does not; -1. */
static int filter_schema(struct dts_filter *f, const struct dts_record *r, struct dts_error *err)
{
	if (!choose_table(f, r))
		return 0;
	bool renamed = f->changed;
	if (f->want_parents && f->in_snapshot && r->raw[DTS_F_FOREIGN].p && check_parents(f, r, err) < 0)
		return -1;
	if (f->names.route_count > 0 && r->raw[DTS_F_FOREIGN].p)
		route_foreign(f, r->raw[DTS_F_FOREIGN]);
	if (renamed && !r->raw[DTS_F_SOURCE].p)
		keep_source(f, r);
	return 1;
}

static bool filter_row(struct dts_filter *f, const struct dts_record *r)
{
	if (!f->chunk_kept)
		return false;
	choose_table(f, r);
	f->rows++;
	return true;
}

/* A change or a statement that stays: its new ordinal, in transactions. */
static bool count_change(struct dts_filter *f, const struct dts_record *r)
{
	if (f->in_tx)
		put_number(f, DTS_F_N, r->n, dts_ordinals_keep(&f->ordinals, r->n));
	return true;
}

/* Stays, also where nothing of its changes does: it tells how far the stream has come. */
static bool filter_begin(struct dts_filter *f, const struct dts_record *r)
{
	f->in_tx = true;
	f->tx_skipped = false;
	for (size_t i = 0; r->origin.p && f->skip_origins && i < f->skip_origins->count; i++)
		if (strcmp(f->skip_origins->items[i], "*") == 0 || dts_slice_is(r->origin, f->skip_origins->items[i]))
			f->tx_skipped = true;
	dts_ordinals_clear(&f->ordinals);
	return true;
}

static bool skips(const struct dts_filter *f)
{
	return f->in_tx && f->tx_skipped;
}

static bool filter_rollback(struct dts_filter *f, const struct dts_record *r)
{
	if (r->raw[DTS_F_TO].p)
		put_number(f, DTS_F_TO, r->to, dts_ordinals_rollback(&f->ordinals, r->to));
	else
		f->in_tx = false;
	return true;
}

static bool filter_commit(struct dts_filter *f, const struct dts_record *r)
{
	/* Of a prepared transaction, its changes were counted when it was prepared. */
	put_number(f, DTS_F_N, r->n, f->in_tx ? f->ordinals.kept : 0);
	f->in_tx = false;
	return true;
}

/* Does the record stay? Puts what changes in it. 1, 0, -1. */
static int filter_one(struct dts_filter *f, const struct dts_record *r, struct dts_error *err)
{
	int rc;

	switch (r->op) {
	case DTS_OP_STREAM:
		f->in_snapshot = dts_slice_is(r->kind, "snapshot");
		f->in_structure = dts_slice_is(r->kind, "schema");
		return 1;
	case DTS_OP_SCHEMA:
		return filter_schema(f, r, err);
	case DTS_OP_CHUNK:
		f->rows = 0;
		return f->chunk_kept = choose_table(f, r);
	case DTS_OP_ROW:
		return filter_row(f, r);
	case DTS_OP_CHUNK_END:
		put_number(f, DTS_F_ROWS, r->rows, f->rows);
		return f->chunk_kept;
	case DTS_OP_BEGIN:
		return filter_begin(f, r);
	case DTS_OP_INSERT:
	case DTS_OP_UPDATE:
	case DTS_OP_DELETE:
	case DTS_OP_SETVAL:
		return !skips(f) && choose_table(f, r) && count_change(f, r);
	case DTS_OP_DDL:
		rc = !skips(f);
		if (rc > 0 && f->naming)
			rc = dts_statement_choose(&f->statement, &f->names, r, f->in_structure, f->with, err);
		f->changed = f->with[DTS_F_SQL].p != NULL;
		return rc > 0 ? count_change(f, r) : rc;
	case DTS_OP_ROLLBACK:
		return filter_rollback(f, r);
	case DTS_OP_PREPARE:
	case DTS_OP_COMMIT:
		return filter_commit(f, r);
	case DTS_OP_END:
		put_number(f, DTS_F_RECORDS, r->records, f->records);
		return 1;
	default:
		return 1;
	}
}

/* The line as it came. */
static void pass(const struct dts_record *r, struct dts_buf *out)
{
	dts_buf_reserve(out, r->line.len + 1);
	memcpy(out->data + out->len, r->line.p, r->line.len);
	out->len += r->line.len;
	out->data[out->len++] = '\n';
}

int dts_filter_record(struct dts_filter *f, const struct dts_record *r, struct dts_buf *out, struct dts_error *err)
{
	if (!f->active) {
		pass(r, out);
		return 0;
	}
	int rc = filter_one(f, r, err);
	if (rc > 0 && f->changed)
		dts_record_rewrite(r, f->with, out);
	else if (rc > 0)
		pass(r, out);
	if (f->changed) {
		memset(f->with, 0, sizeof f->with);
		f->changed = false;
	}
	/* A stream's first record and its end are not counted; one that is stated again is. */
	if (r->op == DTS_OP_STREAM && !f->in_stream) {
		f->in_stream = true;
		f->records = 0;
	} else if (r->op == DTS_OP_END) {
		f->in_stream = false;
	} else {
		f->records += rc > 0;
	}
	return rc < 0 ? -1 : 0;
}
