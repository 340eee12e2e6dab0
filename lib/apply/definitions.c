#include <stdlib.h>

#include "apply/state.h"
#include "checkpoint/definition.h"

/*
 * The definitions of the source's tables, kept beside the position that they
 * hold at. Those of a snapshot go in with the first chunk of their table. Those
 * of changes wait here until the transaction commits that they came before or
 * in: its mark and they move together.
 */
struct dts_pending_definition {
	struct dts_buf key; /* database and table at the source */
	char *db, *table, *to_db, *to_table;
	struct dts_buf text;
};

static void forget(struct dts_pending_definition *p)
{
	dts_buf_release(&p->key);
	dts_buf_release(&p->text);
	free(p->db);
	free(p->table);
	free(p->to_db);
	free(p->to_table);
}

void dts_definitions_release(struct dts_applier *a)
{
	dts_definitions_done(a, dts_definitions_end(a));
	free(a->pending);
	a->pending = NULL;
}

bool dts_definitions_waiting(const struct dts_applier *a)
{
	return a->pending_count > 0;
}

uint64_t dts_definitions_end(const struct dts_applier *a)
{
	return a->pending_first + a->pending_count;
}

/* Canonical form of a definition, without what a log does not know: keys, what of the
 * table was copied, and unless `defaults` is set, default collations. */
static int plain_text(struct dts_slice text, bool defaults, struct dts_buf *out, struct dts_error *err)
{
	struct dts_record r;
	struct dts_schema s = {0};

	dts_record_init(&r);
	int rc = dts_record_parse(&r, text, err);
	if (rc == 0)
		rc = dts_schema_parse(&s, &r, err);
	if (rc == 0) {
		s.unique = NULL;
		s.foreign = NULL;
		s.unique_count = s.foreign_count = 0;
		s.where = (struct dts_slice){0};
		s.partial = false;
		if (!defaults)
			s.source_collation = s.source_db_collation = (struct dts_slice){0};
		dts_schema_add(out, &s);
	}
	dts_schema_release(&s);
	dts_record_release(&r);
	return rc;
}

/* Does `now` say anything that `kept` does not? 1, 0, -1. A log knows no unique and
 * foreign keys: what the catalog said of them stays. */
static int says_more(const struct dts_record *r, struct dts_slice now, struct dts_slice kept, struct dts_error *err)
{
	struct dts_buf a = {0}, b = {0};

	if (dts_slice_eq(now, kept))
		return 0;
	if (r->raw[DTS_F_UNIQUE].p || r->raw[DTS_F_FOREIGN].p)
		return 1;
	/* Nor does it know default collations, unless there is a history. */
	bool defaults = r->raw[DTS_F_SOURCE].p && dts_json_get(r->raw[DTS_F_SOURCE], "collation").raw.p;
	int rc = plain_text(now, defaults, &a, err) < 0 || plain_text(kept, defaults, &b, err) < 0
			 ? -1
			 : !dts_slice_eq(dts_buf_slice(&a), dts_buf_slice(&b));
	dts_buf_release(&a);
	dts_buf_release(&b);
	return rc;
}

/* The last text that is waiting for this table, or NULL. */
static const struct dts_pending_definition *find_pending(const struct dts_applier *a, struct dts_slice key)
{
	for (size_t i = a->pending_count; i-- > 0;)
		if (dts_slice_eq(dts_buf_slice(&a->pending[i].key), key))
			return &a->pending[i];
	return NULL;
}

/* What the checkpoint has or will have of the table: 1, 0: nothing, -1. */
static int read_kept(struct dts_applier *a, const struct dts_schema *s, struct dts_buf *kept, struct dts_error *err)
{
	const struct dts_pending_definition *p = find_pending(a, dts_map_pair(&a->table_key, s->source_db, s->source_table));

	if (!p)
		return dts_checkpoint_definition(&a->checkpoint, dts_buf_slice(&a->src), s->source_db, s->source_table, kept, err);
	dts_buf_add_slice(kept, dts_buf_slice(&p->text));
	return 1;
}

/*
 * Adds the foreign keys that are kept to a text of the log's, which does not know them. They
 * are those at the time when the rows were read, and asked for only while that window is open
 * (cascade.h). Not where the text lacks one of their columns, as one from before that time may.
 */
static int keep_foreign(struct dts_buf *text, struct dts_slice kept, struct dts_error *err)
{
	struct dts_error ignored = DTS_ERROR_INIT;
	struct dts_schema s = {0};
	struct dts_buf more = {0};
	struct dts_record r;

	dts_record_init(&r);
	int rc = dts_record_parse(&r, kept, err);
	if (rc == 0 && r.raw[DTS_F_FOREIGN].p) {
		dts_buf_add(&more, text->data, text->len - 1); /* the brace */
		dts_buf_adds(&more, ",\"foreign\":");
		dts_buf_add_slice(&more, r.raw[DTS_F_FOREIGN]);
		dts_buf_addc(&more, '}');
		if (dts_record_parse(&r, dts_buf_slice(&more), &ignored) == 0 && dts_schema_parse(&s, &r, &ignored) == 0) {
			dts_buf_clear(text);
			dts_buf_add_slice(text, dts_buf_slice(&more));
		}
		dts_schema_release(&s);
	}
	dts_record_release(&r);
	dts_buf_release(&more);
	return rc;
}

static int parse(struct dts_record *r, struct dts_schema *s, struct dts_slice text, struct dts_error *err)
{
	return dts_record_parse(r, text, err) < 0 || dts_schema_parse(s, r, err) < 0 ? -1 : 0;
}

/* A text of the log's may not say what of the table was copied, which stays as it is. */
static int keep_part(struct dts_buf *text, struct dts_slice kept, struct dts_error *err)
{
	struct dts_schema was = {0}, now = {0};
	struct dts_record r;

	dts_record_init(&r);
	int rc = parse(&r, &was, kept, err);
	if (rc == 0 && (was.where.len > 0 || was.partial) && (rc = parse(&r, &now, dts_buf_slice(text), err)) == 0) {
		now.where = was.where;
		now.partial = was.partial;
		dts_buf_clear(text);
		dts_schema_add(text, &now);
		text->len--; /* the newline */
	}
	dts_schema_release(&was);
	dts_schema_release(&now);
	dts_record_release(&r);
	return rc;
}

/* Makes `text` what is to be kept. 1: it is so already; 0, -1. */
static int join_kept(struct dts_applier *a, const struct dts_record *r, const struct dts_schema *s, struct dts_buf *text,
		     struct dts_error *err)
{
	struct dts_buf kept = {0};
	int known = 0, rc = read_kept(a, s, &kept, err);

	/* A statement may take away what is kept, even if it looks the same after it. */
	if (rc > 0 && (!a->tx_open || !a->tx_has_ddl)) {
		int more = says_more(r, dts_buf_slice(text), dts_buf_slice(&kept), err);
		rc = more < 0 ? -1 : rc;
		known = more == 0;
	}
	if (rc > 0 && !known && !r->raw[DTS_F_FOREIGN].p)
		rc = keep_foreign(text, dts_buf_slice(&kept), err);
	if (rc >= 0 && !known && kept.len > 0)
		rc = keep_part(text, dts_buf_slice(&kept), err);
	dts_buf_release(&kept);
	return rc < 0 ? -1 : known;
}

bool dts_definitions_waits(struct dts_applier *a, const struct dts_schema *s)
{
	return find_pending(a, dts_map_pair(&a->table_key, s->source_db, s->source_table)) != NULL;
}

int dts_definitions_note(struct dts_applier *a, const struct dts_record *r, const struct dts_apply_table *t, struct dts_error *err)
{
	const struct dts_schema *s = &t->schema;
	struct dts_buf text = {0};

	/* What is below the checkpoint is older than what it keeps. */
	if (!a->changes || !a->has_checkpoint || t->unknown || a->behind || (a->tx_open && a->tx_skipped))
		return 0;
	dts_definition_text(r, s, &text);
	int known = join_kept(a, r, s, &text, err);
	if (known != 0) {
		dts_buf_release(&text);
		return known < 0 ? -1 : 0;
	}
	if (a->pending_count == a->pending_cap) {
		a->pending_cap = a->pending_cap ? a->pending_cap * 2 : 16;
		a->pending = dts_realloc(a->pending, a->pending_cap * sizeof *a->pending);
	}
	struct dts_pending_definition *p = &a->pending[a->pending_count++];
	*p = (struct dts_pending_definition){.db = dts_slice_dup(s->source_db), .table = dts_slice_dup(s->source_table),
					     .to_db = dts_slice_dup(s->db), .to_table = dts_slice_dup(s->table), .text = text};
	dts_map_pair(&p->key, s->source_db, s->source_table);
	return 0;
}

static void plan(struct dts_applier *a, const struct dts_definition *d, struct dts_slice to_db, struct dts_slice to_table)
{
	size_t at = a->plan.sql.len;

	dts_checkpoint_add_definition(&a->checkpoint, dts_buf_slice(&a->src), d, to_db, to_table, &a->plan.sql);
	dts_plan_add(&a->plan, at, (struct dts_statement){.rows = DTS_EXPECT_ANY});
}

void dts_definitions_plan(struct dts_applier *a, uint64_t end, const struct dts_position *pos)
{
	struct dts_buf text = {0};

	if (end <= a->pending_first)
		return;
	dts_position_add(&text, pos, false);
	for (size_t i = 0; i < end - a->pending_first; i++) {
		const struct dts_pending_definition *p = &a->pending[i];
		struct dts_definition d = {.db = dts_slice_of(p->db), .table = dts_slice_of(p->table),
					   .pos = dts_buf_slice(&text), .text = dts_buf_slice(&p->text)};
		plan(a, &d, dts_slice_of(p->to_db), dts_slice_of(p->to_table));
	}
	dts_buf_release(&text);
}

void dts_definitions_done(struct dts_applier *a, uint64_t end)
{
	if (end <= a->pending_first)
		return;
	size_t count = (size_t)(end - a->pending_first);
	for (size_t i = 0; i < count; i++)
		forget(&a->pending[i]);
	a->pending_count -= count;
	if (a->pending_count > 0)
		memmove(a->pending, a->pending + count, a->pending_count * sizeof *a->pending);
	a->pending_first = end;
}

void dts_definitions_cut(struct dts_applier *a, uint64_t end)
{
	while (a->pending_count > 0 && dts_definitions_end(a) > end)
		forget(&a->pending[--a->pending_count]);
}

int dts_definitions_plan_table(struct dts_applier *a, struct dts_apply_table *t, struct dts_slice pos, struct dts_error *err)
{
	struct dts_buf text = {0};

	if (t->kept)
		return 0;
	if (dts_record_parse(&a->again, dts_buf_slice(&t->schema_line), err) < 0)
		return -1;
	dts_definition_text(&a->again, &t->schema, &text);
	struct dts_definition d = {.db = t->schema.source_db, .table = t->schema.source_table, .pos = pos, .text = dts_buf_slice(&text)};
	plan(a, &d, t->schema.db, t->schema.table);
	t->kept = true;
	dts_buf_release(&text);
	return 0;
}

/* Has the statement's own transaction told of the table of this name at the target? */
static bool is_told(const struct dts_applier *a, struct dts_slice to_db, struct dts_slice to_table)
{
	for (size_t i = 0; i < a->pending_count; i++) {
		const struct dts_pending_definition *p = &a->pending[i];
		if (a->pending_first + i >= a->tx_definitions && dts_slice_is(to_db, p->to_db) && dts_slice_is(to_table, p->to_table))
			return true;
	}
	return false;
}

/*
 * After such a statement a definition that the stream does not state anew, in
 * the statement's own transaction, is no longer known. By the names that the
 * statement uses, which are those at the target. That the table itself is known stays, with an
 * empty definition: known.c.
 */
static void plan_table_ddl(struct dts_applier *a, const struct dts_ddl *ddl, size_t i, struct dts_slice default_db)
{
	const struct dts_ddl_object *o = &ddl->objects[i];
	struct dts_slice src = dts_buf_slice(&a->src), db = o->db.len > 0 ? o->db : default_db;
	bool renamed = o->role == DTS_DDL_TARGET && i + 1 < ddl->count && o[1].role == DTS_DDL_NEW;
	bool drops = renamed || ddl->kind == DTS_DDL_DROP_TABLE || ddl->kind == DTS_DDL_DROP_DATABASE;
	bool whole = o->type == DTS_DDL_TYPE_DATABASE;
	size_t at = a->plan.sql.len;

	if (ddl->kind == DTS_DDL_ALTER_TABLE && o->role == DTS_DDL_TARGET && !renamed)
		dts_checkpoint_void_definition(&a->checkpoint, src, db, o->name, &a->plan.sql);
	else
		dts_checkpoint_drop_definition(&a->checkpoint, src, db, whole ? (struct dts_slice){NULL, 0} : o->name, &a->plan.sql);
	dts_plan_add(&a->plan, at, (struct dts_statement){.rows = DTS_EXPECT_ANY});
	if (drops || whole || (ddl->kind == DTS_DDL_ALTER_TABLE && o->role == DTS_DDL_TARGET) || is_told(a, db, o->name))
		return;
	at = a->plan.sql.len;
	dts_checkpoint_note_table(&a->checkpoint, src, db, o->name, &a->plan.sql);
	dts_plan_add(&a->plan, at, (struct dts_statement){.rows = DTS_EXPECT_ANY});
}

void dts_definitions_plan_ddl(struct dts_applier *a, const struct dts_ddl *ddl, struct dts_slice default_db)
{
	switch (ddl->kind) {
	case DTS_DDL_DROP_DATABASE:
	case DTS_DDL_CREATE_TABLE:
	case DTS_DDL_CREATE_TABLE_LIKE:
	case DTS_DDL_CREATE_TABLE_SELECT:
	case DTS_DDL_ALTER_TABLE:
	case DTS_DDL_RENAME_TABLE:
	case DTS_DDL_DROP_TABLE:
		break;
	default:
		return;
	}
	for (size_t i = 0; i < ddl->count; i++) {
		const struct dts_ddl_object *o = &ddl->objects[i];
		if ((o->role == DTS_DDL_TARGET || o->role == DTS_DDL_NEW) &&
		    (o->type == DTS_DDL_TYPE_DATABASE || o->type == DTS_DDL_TYPE_TABLE))
			plan_table_ddl(a, ddl, i, default_db);
	}
}
