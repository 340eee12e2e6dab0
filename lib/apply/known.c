#include "apply/state.h"
#include "checkpoint/definition.h"
#include "mysql/quote.h"

/*
 * Which tables a full phase has loaded, or the log has created since: those that the
 * checkpoint keeps a definition of, if an empty one. Changes of any other would be
 * applied to a table without its rows. A row without names says that these are all: it
 * comes at the end of the full phase, and goes when the checkpoint is set by hand.
 */

static void add_names(struct dts_buf *sql, const char *db_is, struct dts_slice db, const char *table_is, struct dts_slice table)
{
	dts_buf_adds(sql, db_is);
	dts_sql_literal(sql, db);
	dts_buf_adds(sql, table_is);
	dts_sql_literal(sql, table);
}

/* What a statement has made and nobody has told yet is known by its name at the target. Where
 * no full phase has said that these are all, any may be. */
static int is_kept(struct dts_applier *a, const struct dts_schema *s, struct dts_error *err)
{
	struct dts_buf sql = {0}, value = {0};

	dts_buf_adds(&sql, "SELECT COALESCE(MAX(db='') AND NOT MAX((");
	add_names(&sql, "db=", s->source_db, " AND tbl=", s->source_table);
	add_names(&sql, ") OR (definition='' AND to_db=", s->db, " AND to_tbl=", s->table);
	dts_buf_adds(&sql, ")), 0) FROM ");
	dts_checkpoint_table(&a->checkpoint, "source_table", &sql);
	dts_buf_adds(&sql, " WHERE ");
	dts_checkpoint_where(&a->checkpoint, dts_buf_slice(&a->src), &sql);
	int rc = dts_session_value(a->session, dts_buf_slice(&sql), &value, err);
	if (rc > 0)
		rc = dts_slice_is(dts_buf_slice(&value), "0");
	dts_buf_release(&sql);
	dts_buf_release(&value);
	return rc;
}

static bool same_text(struct dts_slice object, const char *member, struct dts_slice text, struct dts_buf *scratch)
{
	struct dts_json value = dts_json_get(object, member);

	return value.raw.p && value.type == DTS_JSON_STRING && dts_slice_eq(dts_json_string(value.raw, scratch), text);
}

/* Has the open transaction's statement made the table that its schema record is about, or
 * only altered it? 1, 0, -1. */
static int is_made(struct dts_applier *a, const struct dts_record *schema, struct dts_error *err)
{
	uint64_t at = a->tx_start;
	struct dts_buf scratch = {0};
	struct dts_spill_entry e;
	struct dts_json object;
	int rc = 1;

	if (!a->tx_open || !a->tx_has_ddl)
		return 0;
	if (dts_spill_read(&a->log, &at, &e, err) < 0 || dts_record_parse(&a->again, e.text, err) < 0)
		return -1;
	struct dts_slice kind = a->again.kind;
	if (!a->again.raw[DTS_F_OBJECTS].p || (!dts_slice_is(kind, "alter-table") && !dts_slice_is(kind, "create-index") &&
					       !dts_slice_is(kind, "drop-index")))
		return 1;
	struct dts_json_walk walk = dts_json_walk(a->again.raw[DTS_F_OBJECTS]);
	while (rc > 0 && dts_json_element(&walk, &object))
		if (object.type == DTS_JSON_OBJECT && same_text(object.raw, "role", DTS_LIT("target"), &scratch) &&
		    same_text(object.raw, "db", schema->db, &scratch) && same_text(object.raw, "table", schema->table, &scratch))
			rc = 0;
	dts_buf_release(&scratch);
	return rc;
}

/* 1: the table's definition is kept, with the condition under which it was copied; 0, -1. */
static int read_where(struct dts_applier *a, const struct dts_schema *s, struct dts_buf *where, struct dts_error *err)
{
	struct dts_buf text = {0};
	struct dts_schema kept = {0};
	int rc = dts_checkpoint_definition(&a->checkpoint, dts_buf_slice(&a->src), s->source_db, s->source_table, &text, err);

	if (rc > 0 && (dts_record_parse(&a->again, dts_buf_slice(&text), err) < 0 || dts_schema_parse(&kept, &a->again, err) < 0))
		rc = -1;
	if (rc > 0)
		dts_buf_add_slice(where, kept.where);
	dts_schema_release(&kept);
	dts_buf_release(&text);
	return rc;
}

/* Are chunks of the table there that count? While the full phase goes on. */
static int has_marks(struct dts_applier *a, const struct dts_apply_table *t, struct dts_error *err)
{
	struct dts_buf sql = {0}, one = {0};

	dts_buf_adds(&sql, "SELECT 1 FROM ");
	dts_checkpoint_table(&a->checkpoint, "chunk", &sql);
	dts_buf_adds(&sql, " WHERE ");
	dts_marks_where(a, t, &sql);
	dts_buf_adds(&sql, " AND id<>'' LIMIT 1");
	int rc = dts_session_value(a->session, dts_buf_slice(&sql), &one, err);
	dts_buf_release(&sql);
	dts_buf_release(&one);
	return rc;
}

int dts_known_same_where(struct dts_applier *a, const struct dts_apply_table *t, struct dts_error *err)
{
	struct dts_buf was = {0};
	struct dts_slice now = t->schema.where;
	int rc = read_where(a, &t->schema, &was, err);

	if (rc > 0 && was.len == now.len && (now.len == 0 || dts_slice_eq(dts_buf_slice(&was), now)))
		rc = 0;
	if (rc > 0 && !a->snapshot_done)
		rc = has_marks(a, t, err);
	if (rc > 0) {
		dts_fail(err, DTS_REFUSED, "table '%.*s.%.*s' was loaded %s%.*s under checkpoint '%s', and this snapshot was read %s%.*s",
			 (int)t->schema.source_db.len, t->schema.source_db.p, (int)t->schema.source_table.len,
			 t->schema.source_table.p, was.len > 0 ? "with --where " : "without --where", (int)was.len,
			 was.len > 0 ? was.data : "", a->options.checkpoint, now.len > 0 ? "with --where " : "without --where",
			 (int)now.len, now.len > 0 ? now.p : "");
		rc = dts_hint(err, "give dts-dump the same --where as before; for other rows start anew: dts-checkpoint remove %s, and"
				   " empty the tables", a->options.checkpoint);
	}
	dts_buf_release(&was);
	return rc;
}

static int check_snapshot(struct dts_applier *a, const struct dts_apply_table *t, struct dts_error *err)
{
	int rc = a->snapshot_done ? is_kept(a, &t->schema, err) : 1;

	if (rc != 0)
		return rc < 0 ? -1 : a->snapshot_done ? dts_known_same_where(a, t, err) : 0;
	dts_fail(err, DTS_REFUSED, "the full phase of checkpoint '%s' has ended, and table '%.*s.%.*s' was not in it: its rows would not be loaded",
		 a->options.checkpoint, (int)t->schema.source_db.len, t->schema.source_db.p, (int)t->schema.source_table.len,
		 t->schema.source_table.p);
	return dts_hint(err, "load it under a checkpoint of its own, with another --checkpoint; the changes of both are followed each by itself");
}

void dts_known_plan_all(struct dts_applier *a)
{
	const struct dts_slice none = {"", 0};
	size_t at = a->plan.sql.len;

	dts_checkpoint_note_table(&a->checkpoint, dts_buf_slice(&a->src), none, none, &a->plan.sql);
	dts_plan_add(&a->plan, at, (struct dts_statement){.rows = DTS_EXPECT_ANY});
}

int dts_known_look(struct dts_applier *a, const struct dts_record *r, struct dts_apply_table *t, struct dts_error *err)
{
	int known = 1;

	if (!a->has_checkpoint)
		return 0;
	if (a->snapshot)
		return check_snapshot(a, t, err);
	if (!a->changes || !a->has_full_phase || dts_definitions_waits(a, &t->schema))
		return 0;
	known = is_kept(a, &t->schema, err);
	if (known == 0)
		known = is_made(a, r, err);
	if (known < 0)
		return -1;
	t->unknown = known == 0;
	a->has_unknown = a->has_unknown || t->unknown;
	return 0;
}

int dts_known_change(struct dts_applier *a, const struct dts_record *r, struct dts_error *err)
{
	const struct dts_apply_table *t;

	if (!a->has_unknown || r->op == DTS_OP_DDL)
		return 0;
	t = dts_map_get(&a->tables, dts_map_pair(&a->table_key, r->db, r->table));
	if (!t || !t->unknown)
		return 0;
	/* What came before it is complete. */
	if (dts_group_flush(a, err) < 0)
		return -1;
	dts_fail(err, DTS_REFUSED, "table '%.*s.%.*s' has changed, and the full phase of checkpoint '%s' has not loaded its rows",
		 (int)t->schema.source_db.len, t->schema.source_db.p, (int)t->schema.source_table.len, t->schema.source_table.p,
		 a->options.checkpoint);
	return dts_hint(err, "load it under a checkpoint of its own and leave it out here: dts-binlog --ignore-table=%.*s.%.*s; or start anew",
			(int)t->schema.source_db.len, t->schema.source_db.p, (int)t->schema.source_table.len,
			t->schema.source_table.p);
}
