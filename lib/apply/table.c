#include "apply/table.h"

#include <stdlib.h>

#include "apply/load.h"
#include "apply/match.h"
#include "mysql/keyrange.h"
#include "mysql/quote.h"

/* For messages: `db`.`table` as people write it. */
#define NAME_FMT "'%.*s.%.*s'"
#define NAME_ARGS(t) (int)(t)->schema.db.len, (t)->schema.db.p, (int)(t)->schema.table.len, (t)->schema.table.p

void dts_apply_table_free(void *table)
{
	struct dts_apply_table *t = table;

	if (!t)
		return;
	dts_schema_release(&t->schema);
	dts_schema_release(&t->target);
	dts_buf_release(&t->schema_line);
	dts_row_form_free(t->form);
	dts_buf_release(&t->insert);
	dts_position_release(&t->window.low);
	dts_position_release(&t->window.high);
	free(t->columns);
	free(t->key_columns);
	free(t);
}

/* "varchar(9)", with its character set where the other's is another. */
static void add_type(struct dts_buf *b, const struct dts_column *c, const struct dts_column *other)
{
	dts_buf_add_slice(b, c->type_text);
	if (c->charset.len > 0 && other->charset.len > 0 && !dts_slice_eq(c->charset, other->charset))
		dts_buf_addf(b, " in %.*s", (int)c->charset.len, c->charset.p);
}

static int refuse_column(const struct dts_apply_table *t, const struct dts_apply_column *c, const char *hint,
			 struct dts_error *err)
{
	struct dts_buf from = {0}, to = {0};

	add_type(&from, c->source, c->target);
	add_type(&to, c->target, c->source);
	dts_fail(err, DTS_REFUSED, "table " NAME_FMT ": column '%.*s' is %s at the source and %s at the target, "
		 "which cannot hold every value", NAME_ARGS(t), (int)c->source->name.len, c->source->name.p,
		 dts_buf_text(&from), dts_buf_text(&to));
	dts_buf_release(&from);
	dts_buf_release(&to);
	return dts_hint(err, "%s", hint);
}

/*
 * The set in which a text is sent: that of both columns, else NULL, and the
 * server converts from UTF-8. The last ones are sent so, too, since MySQL warns
 * of every statement that names them; both conversions are the same.
 */
static const struct dts_charset *sent_as(const struct dts_charset *cs, bool same)
{
	static const char *const warned[] = {"ucs2", "dec8", "hp8", "macce", "macroman"};

	if (!cs || !same || dts_charset_is_utf8(cs))
		return NULL;
	for (size_t i = 0; i < sizeof warned / sizeof *warned; i++)
		if (strcmp(dts_charset_name(cs), warned[i]) == 0)
			return NULL;
	return cs;
}

static int match_column(struct dts_apply_table *t, struct dts_apply_column *c, struct dts_error *err)
{
	const struct dts_column *from = c->source;
	long at = dts_schema_column(&t->target, from->name, (size_t)(c - t->columns));

	if (at < 0) {
		dts_fail(err, DTS_REFUSED, "table " NAME_FMT " at the target has no column '%.*s'", NAME_ARGS(t),
			 (int)from->name.len, from->name.p);
		return dts_hint(err, "add the column, or leave it out of the stream");
	}
	c->target = &t->target.columns[at];
	c->written = c->target->generated == DTS_GENERATED_NO;
	/* A log that is read late may show a column as plain that was generated when
	 * it was written: the server's catalog knows only today. */
	if (!c->written && t->from_log)
		return 0;
	if (c->written != (from->generated == DTS_GENERATED_NO)) {
		dts_fail(err, DTS_REFUSED, "table " NAME_FMT ": column '%.*s' is generated at the %s only", NAME_ARGS(t),
			 (int)from->name.len, from->name.p, c->written ? "source" : "target");
		return dts_hint(err, "give the target's column the source's definition");
	}
	if (!c->written)
		return 0; /* each end computes its own */
	const char *hint = dts_column_mismatch(from, c->target);
	if (hint)
		return refuse_column(t, c, hint, err);
	const struct dts_charset *source_cs = from->charset.len ? dts_charset_find(from->charset) : NULL;
	const struct dts_charset *target_cs = c->target->charset.len ? dts_charset_find(c->target->charset) : NULL;
	c->same_charset = source_cs ? source_cs == target_cs : dts_slice_eq(from->charset, c->target->charset);
	c->charset = sent_as(source_cs, c->same_charset);
	return 0;
}

/* A key of the target whose columns all come with the stream finds the rows. */
static void match_key(struct dts_apply_table *t)
{
	const struct dts_key *key = dts_keyrange_key(&t->target);

	t->key = NULL;
	if (!key)
		return;
	free(t->key_columns);
	t->key_columns = dts_zalloc(key->count, sizeof *t->key_columns);
	for (size_t i = 0; i < key->count; i++) {
		long at = dts_schema_column(&t->schema, key->columns[i], i);
		if (at < 0 || !t->columns[at].written)
			return;
		t->key_columns[i] = (size_t)at;
	}
	t->key = key;
}

int dts_apply_table_match(struct dts_apply_table *t, struct dts_error *err)
{
	size_t count = t->schema.column_count;
	size_t written = 0;

	free(t->columns);
	t->columns = dts_zalloc(count, sizeof *t->columns);
	for (size_t i = 0; i < count; i++) {
		t->columns[i].source = &t->schema.columns[i];
		if (match_column(t, &t->columns[i], err) < 0)
			return -1;
		dts_load_column(&t->columns[i]);
	}
	match_key(t);
	dts_row_form_free(t->form);
	t->form = dts_row_form_new(&t->schema);
	t->computes = false;
	for (size_t i = 0; i < t->target.column_count; i++)
		t->computes |= t->target.columns[i].generated != DTS_GENERATED_NO;
	dts_buf_clear(&t->insert);
	dts_buf_adds(&t->insert, "INSERT INTO ");
	dts_sql_table(&t->insert, t->schema.db, t->schema.table);
	dts_buf_adds(&t->insert, " (");
	for (size_t i = 0; i < count; i++)
		if (t->columns[i].written) {
			if (written++)
				dts_buf_addc(&t->insert, ',');
			dts_sql_ident(&t->insert, t->columns[i].target->name);
		}
	dts_buf_adds(&t->insert, ") VALUES ");
	return 0;
}

static bool has_action(struct dts_slice rule)
{
	return rule.len > 0 && !dts_slice_is(rule, "RESTRICT") && !dts_slice_is(rule, "NO ACTION");
}

static bool same_columns(const struct dts_slice *a, const struct dts_slice *b, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!dts_slice_eq(a[i], b[i]))
			return false;
	return true;
}

/* InnoDB does the same for RESTRICT and NO ACTION; which of them a catalog says differs. */
static bool same_rule(struct dts_slice a, struct dts_slice b)
{
	return has_action(a) || has_action(b) ? dts_slice_eq(a, b) : true;
}

bool dts_apply_same_foreign(const struct dts_foreign *f, const struct dts_foreign *g)
{
	return f->count == g->count && same_columns(f->columns, g->columns, f->count) &&
	       same_columns(f->to_columns, g->to_columns, f->count) && same_rule(f->on_delete, g->on_delete) &&
	       same_rule(f->on_update, g->on_update);
}

/* An action that only the target has would change rows that the source kept. */
static int check_target_foreign(const struct dts_apply_table *t, struct dts_error *err)
{
	for (size_t i = 0; i < t->target.foreign_count; i++) {
		const struct dts_foreign *f = &t->target.foreign[i];
		bool found = !has_action(f->on_delete) && !has_action(f->on_update);
		for (size_t j = 0; j < t->schema.foreign_count && !found; j++)
			found = dts_apply_same_foreign(f, &t->schema.foreign[j]);
		if (!found) {
			dts_fail(err, DTS_REFUSED, "table " NAME_FMT ": foreign key '%.*s' of the target (on delete %.*s, on update %.*s) "
				 "is not at the source, and would change rows that the source kept", NAME_ARGS(t),
				 (int)f->name.len, f->name.p, (int)f->on_delete.len, f->on_delete.p,
				 (int)f->on_update.len, f->on_update.p);
			return dts_hint(err, "drop it at the target until the migration has ended");
		}
	}
	return 0;
}

/* A column that only the target has: dropped at the source before the snapshot,
 * or somebody's own; either way its values come from nowhere. */
static int check_extra_columns(const struct dts_apply_table *t, struct dts_error *err)
{
	for (size_t i = 0; i < t->target.column_count; i++) {
		const struct dts_column *c = &t->target.columns[i];
		if (c->generated == DTS_GENERATED_NO && dts_schema_column(&t->schema, c->name, i) < 0) {
			dts_fail(err, DTS_REFUSED, "table " NAME_FMT " at the target has a column '%.*s' that the stream does not bring",
				 NAME_ARGS(t), (int)c->name.len, c->name.p);
			return dts_hint(err, "drop it, or let its default fill it with --allow-extra-columns");
		}
	}
	return 0;
}

/* 1, 0: there is none; -1. */
static int check_target(const struct dts_apply_table *t, struct dts_session *s, const struct dts_apply_checks *checks,
			struct dts_error *err)
{
	struct dts_tables found = {0};
	int rc = dts_catalog_table(s, t->schema.db, t->schema.table, &found, err);

	if (rc == 0) {
		dts_fail(err, DTS_REFUSED, "there is no table " NAME_FMT " at the target", NAME_ARGS(t));
		dts_hint(err, "create it first: dts-schema prints the statements and dts-apply runs them");
	} else if (rc > 0 && found.items[0].engine.len == 0) { /* as long as somebody alters it */
		rc = 0;
		dts_fail(err, DTS_REFUSED, "table " NAME_FMT " at the target cannot be read", NAME_ARGS(t));
		dts_hint(err, "see what CHECK TABLE says of it");
	} else if (rc > 0 && !found.items[0].transactional && !checks->allow_nontransactional) {
		rc = dts_fail(err, DTS_REFUSED, "table " NAME_FMT " at the target has engine %.*s, which cannot roll back",
			      NAME_ARGS(t), (int)found.items[0].engine.len, found.items[0].engine.p);
		dts_hint(err, "convert it to InnoDB, or give up exactly-once with --allow-nontransactional");
	} else if (rc > 0 && found.items[0].has_triggers && !checks->allow_triggers) {
		rc = dts_fail(err, DTS_REFUSED, "table " NAME_FMT " at the target has triggers, which would act a second time",
			      NAME_ARGS(t));
		dts_hint(err, "drop them until the migration has ended, or accept what they do with --allow-triggers");
	}
	if (rc > 0 && found.items[0].system_versioned && !checks->allow_versioned) {
		rc = dts_fail(err, DTS_REFUSED, "table " NAME_FMT " at the target is system-versioned: it would write a history of its own",
			      NAME_ARGS(t));
		dts_hint(err, "ALTER TABLE ... DROP SYSTEM VERSIONING there, or accept its own history with --allow-versioned");
	}
	dts_tables_release(&found);
	return rc;
}

/* While a table is altered, perhaps still for a run that was killed, MariaDB's catalog lacks it
 * for a moment. A query waits and knows. */
static bool is_there(const struct dts_apply_table *t, struct dts_session *s)
{
	struct dts_error ignored = DTS_ERROR_INIT;
	struct dts_buf sql = {0};

	dts_buf_adds(&sql, "SELECT 1 FROM ");
	dts_sql_table(&sql, t->schema.db, t->schema.table);
	dts_buf_adds(&sql, " LIMIT 0");
	MYSQL_RES *res = dts_session_query(s, dts_buf_slice(&sql), &ignored);
	dts_buf_release(&sql);
	mysql_free_result(res);
	return res != NULL;
}

/* 1, 0: it is not there, as `err` says; -1. */
static int read_target(struct dts_apply_table *t, struct dts_session *s, const struct dts_apply_checks *checks,
		       struct dts_error *err)
{
	bool odd;
	int rc = check_target(t, s, checks, err);

	if (rc <= 0)
		return rc;
	dts_schema_release(&t->target);
	rc = dts_catalog_schema(s, t->schema.db, t->schema.table, &t->target, &odd, err);
	if (rc == 0)
		dts_fail(err, DTS_REFUSED, "table " NAME_FMT " has just gone from the target", NAME_ARGS(t));
	return rc;
}

int dts_apply_table_bind(struct dts_apply_table *t, struct dts_session *s, const struct dts_apply_checks *checks,
			 struct dts_error *err)
{
	int rc;

	t->from_log = !checks->snapshot;
	t->batch = (struct dts_batch_table){0};
	for (int tries = 1; (rc = read_target(t, s, checks, err)) == 0; tries++)
		if (tries == 10 || !is_there(t, s))
			return -1;
	if (rc > 0 && checks->noted && checks->noted(checks->noted_arg, &t->target, err) < 0)
		return -1;
	if (rc < 0 || dts_catalog_labels(s, &t->target, err) < 0 || dts_apply_table_match(t, err) < 0)
		return -1;
	if (!checks->allow_extra_columns && check_extra_columns(t, err) < 0)
		return -1;
	if (checks->snapshot && check_target_foreign(t, err) < 0)
		return -1;
	t->bound = true;
	return 0;
}

int dts_apply_table_spread(const struct dts_apply_table *t, struct dts_slice object, struct dts_json *values,
			   struct dts_error *err)
{
	struct dts_json_walk walk = dts_json_walk(object);
	struct dts_buf scratch = {0};
	struct dts_slice raw_key;
	struct dts_json value;
	size_t hint = 0;
	int rc = 0;

	memset(values, 0, t->schema.column_count * sizeof *values);
	while (rc == 0 && dts_json_member(&walk, &raw_key, &value)) {
		struct dts_slice name = dts_json_string(raw_key, &scratch);
		long at = dts_schema_column(&t->schema, name, hint);
		if (at < 0)
			rc = dts_fail(err, DTS_BAD_INPUT, "table " NAME_FMT " has no column '%.*s' in its schema record",
				      NAME_ARGS(t), (int)name.len, name.p);
		else if (values[at].raw.p)
			rc = dts_fail(err, DTS_BAD_INPUT, "column '%.*s' comes twice", (int)name.len, name.p);
		else
			values[at] = value;
		hint = (size_t)at + 1;
	}
	dts_buf_release(&scratch);
	return rc;
}

int dts_apply_table_row(const struct dts_apply_table *t, struct dts_slice line, struct dts_record *r,
			struct dts_json *values, struct dts_error *err)
{
	if (dts_row_form_read(t->form, line, values))
		return 0;
	if (dts_record_parse(r, line, err) < 0)
		return -1;
	if (r->op != DTS_OP_ROW)
		return dts_fail(err, DTS_BAD_INPUT, "op '%s' stands inside a chunk", dts_op_name(r->op));
	if (!dts_slice_eq(r->db, t->schema.db) || !dts_slice_eq(r->table, t->schema.table))
		return dts_fail(err, DTS_BAD_INPUT, "a row of '%.*s.%.*s' stands in a chunk of " NAME_FMT, (int)r->db.len,
				r->db.p, (int)r->table.len, r->table.p, NAME_ARGS(t));
	return dts_apply_table_spread(t, r->raw[DTS_F_AFTER], values, err);
}
