#include "filter/statement.h"

#include "ddl/objects.h"
#include "filter/grant.h"

void dts_statement_release(struct dts_statement *st)
{
	dts_ddl_release(&st->ddl);
	dts_buf_release(&st->sql);
	dts_buf_release(&st->sql_json);
	dts_buf_release(&st->objects_json);
	dts_buf_release(&st->db_json);
}

struct chooser {
	struct dts_names *names;
	const struct dts_ddl *ddl;
};

static int choose_db(const struct chooser *c, struct dts_slice db, struct dts_ddl_choice *choice, struct dts_error *err)
{
	const struct dts_selection *selection = &c->names->selection;

	choice->keep = dts_selection_has_db(selection, db);
	choice->db = dts_names_route_db(c->names, db);
	/* The target's database may hold more than what is selected here. */
	if (choice->keep && c->ddl->kind == DTS_DDL_DROP_DATABASE && !dts_selection_has_whole_db(selection, db))
		return dts_fail(err, DTS_BAD_INPUT, "DROP DATABASE of '%.*s', of which only some tables are selected",
				(int)db.len, db.p);
	return 0;
}

/* Called for each object of a statement; see dts_ddl_choose. */
static int choose(void *ctx, enum dts_ddl_type type, struct dts_slice db, struct dts_slice name,
		  struct dts_ddl_choice *choice, struct dts_error *err)
{
	const struct chooser *c = ctx;
	const struct dts_selection *selection = &c->names->selection;

	if (type == DTS_DDL_TYPE_DATABASE)
		return choose_db(c, db, choice, err);
	if (type == DTS_DDL_TYPE_TABLE || type == DTS_DDL_TYPE_VIEW || type == DTS_DDL_TYPE_SEQUENCE) {
		const struct dts_choice *table = dts_names_choose(c->names, db, name);
		choice->keep = table->keep;
		choice->db = dts_buf_slice(&table->db);
		choice->name = dts_buf_slice(&table->table);
		return 0;
	}
	/* A trigger that is created goes with its table, unless it is left out itself. */
	if (type == DTS_DDL_TYPE_TRIGGER && c->ddl->kind == DTS_DDL_CREATE_TRIGGER) {
		choice->keep = !dts_selection_ignores(selection, db, name);
		return 0;
	}
	/* Programs have names of their own kind: they go where the whole database goes. */
	choice->keep = dts_selection_has(selection, db, name);
	choice->db = dts_names_route_db(c->names, db);
	return 0;
}

static unsigned parse_flags(const struct dts_record *r)
{
	struct dts_buf scratch = {0};
	unsigned flags = 0;

	if (r->raw[DTS_F_CONTEXT].p) {
		struct dts_json mode = dts_json_get(r->raw[DTS_F_CONTEXT], "sql_mode");
		if (mode.type == DTS_JSON_STRING)
			flags = dts_ddl_flags_of_text(dts_json_string(mode.raw, &scratch));
	}
	dts_buf_release(&scratch);
	return flags;
}

/* The fields that say what the new text says. */
static void describe(struct dts_statement *st, const struct dts_names *names, const struct dts_record *r,
		     unsigned flags, struct dts_slice with[DTS_F_COUNT])
{
	struct dts_slice db = r->db.p ? dts_names_route_db(names, r->db) : dts_slice("", 0);

	dts_buf_clear(&st->sql_json);
	dts_json_add_string(&st->sql_json, dts_buf_slice(&st->sql));
	with[DTS_F_SQL] = dts_buf_slice(&st->sql_json);
	dts_buf_clear(&st->objects_json);
	dts_ddl_parse(&st->ddl, dts_buf_slice(&st->sql), flags);
	dts_ddl_add_objects(&st->objects_json, &st->ddl, db);
	with[DTS_F_OBJECTS] = dts_buf_slice(&st->objects_json);
	if (r->db.p && !dts_slice_eq(db, r->db)) {
		dts_buf_clear(&st->db_json);
		dts_json_add_string(&st->db_json, db);
		with[DTS_F_DB] = dts_buf_slice(&st->db_json);
	}
}

/* Of a stream of structure: accounts stay, and so do privileges on what stays, under its new name. */
static int choose_account(struct dts_statement *st, struct dts_names *names, const struct dts_record *r, unsigned flags,
			  struct dts_slice with[DTS_F_COUNT], struct dts_error *err)
{
	int rc;

	dts_buf_clear(&st->sql);
	rc = dts_grant_choose(r->sql, flags, names, &st->sql, err);
	if (rc > 0 && st->sql.len > 0) {
		dts_buf_clear(&st->sql_json);
		dts_json_add_string(&st->sql_json, dts_buf_slice(&st->sql));
		with[DTS_F_SQL] = dts_buf_slice(&st->sql_json);
	}
	return rc;
}

static int rewrite(struct dts_statement *st, struct dts_names *names, const struct dts_record *r, unsigned flags, bool structure,
		   enum dts_ddl_verdict *verdict, struct dts_error *err)
{
	struct chooser chooser = {names, &st->ddl};
	struct dts_slice db = r->db.p ? r->db : dts_slice("", 0);

	dts_buf_clear(&st->sql);
	if (structure)
		return dts_ddl_rewrite_bodies(&st->ddl, r->sql, flags, db, choose, &chooser, &st->sql, verdict, err);
	return dts_ddl_rewrite(&st->ddl, r->sql, db, choose, &chooser, &st->sql, verdict, err);
}

int dts_statement_choose(struct dts_statement *st, struct dts_names *names, const struct dts_record *r, bool structure,
			 struct dts_slice with[DTS_F_COUNT], struct dts_error *err)
{
	unsigned flags = parse_flags(r);
	enum dts_ddl_verdict verdict;

	dts_ddl_parse(&st->ddl, r->sql, flags);
	if (structure && st->ddl.kind == DTS_DDL_ACCOUNT)
		return choose_account(st, names, r, flags, with, err);
	/* Accounts and administration belong to no table. */
	if (st->ddl.count == 0 && st->ddl.kind != DTS_DDL_UNKNOWN && st->ddl.kind != DTS_DDL_DML)
		return dts_names_select(names) ? 0 : 1;
	if (rewrite(st, names, r, flags, structure, &verdict, err) < 0) {
		if (!err->hint[0])
			dts_hint(err, "take the record out with jq and go on through 'dts-filter --no-counts', or "
				      "filter nothing");
		return -1;
	}
	if (verdict == DTS_DDL_REWRITTEN)
		describe(st, names, r, flags, with);
	return verdict != DTS_DDL_DROPPED;
}
