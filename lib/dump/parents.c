#include <stdlib.h>

#include "dump/dump.h"
#include "mysql/quote.h"

/*
 * What a foreign key does to a child's rows when its parent's change (CASCADE,
 * SET NULL, SET DEFAULT) is not in MariaDB's log: the target does the same,
 * provided that the parent's changes get there.
 */
static bool acts(struct dts_slice rule)
{
	return rule.len > 0 && !dts_slice_is(rule, "RESTRICT") && !dts_slice_is(rule, "NO ACTION");
}

/* Which of the selected tables it is, or -1. Names of foreign keys may be in lower case where case does not count. */
static long find_selected(const struct dts_dump *d, struct dts_slice db, struct dts_slice table)
{
	for (size_t i = 0; i < d->tables.count; i++) {
		const struct dts_table *t = &d->tables.items[i];
		if (dts_slice_eq(t->db, db) && dts_slice_eq(t->name, table))
			return (long)i;
		if (d->sessions[0].lower_case_names != 0 && t->db.len == db.len && t->name.len == table.len &&
		    strncasecmp(t->db.p, db.p, db.len) == 0 && strncasecmp(t->name.p, table.p, table.len) == 0)
			return (long)i;
	}
	return -1;
}

static bool is_selected(const struct dts_dump *d, struct dts_slice db, struct dts_slice table)
{
	return find_selected(d, db, table) >= 0;
}

/* The parent is not selected: does that foreign key matter? */
static int check_foreign(struct dts_slice db, struct dts_slice table, const struct dts_foreign *f, struct dts_error *err)
{
	const char *on = acts(f->on_delete) ? "DELETE" : "UPDATE";
	struct dts_slice rule = acts(f->on_delete) ? f->on_delete : f->on_update;

	if (!acts(rule))
		return 0;
	dts_fail(err, DTS_REFUSED, "table '%.*s.%.*s': foreign key '%.*s' is ON %s %.*s to '%.*s.%.*s', which is not selected: "
		 "what it does to rows is in no log", (int)db.len, db.p, (int)table.len, table.p, (int)f->name.len,
		 f->name.p, on, (int)rule.len, rule.p, (int)f->to_db.len, f->to_db.p, (int)f->to_table.len, f->to_table.p);
	return dts_hint(err, "select the parent '%.*s.%.*s' too, or accept with --allow-missing-parents that rows of"
			     " the child will differ", (int)f->to_db.len, f->to_db.p, (int)f->to_table.len, f->to_table.p);
}

static void add_relation(struct dts_dump_relations *to, size_t child, size_t parent)
{
	to->items = dts_realloc(to->items, (to->count + 1) * sizeof *to->items);
	to->items[to->count++] = (struct dts_dump_relation){child, parent};
}

/* With `to` the foreign keys to selected tables are added there, without it the others are checked. */
static int check_table(struct dts_dump *d, struct dts_slice db, struct dts_slice table, struct dts_dump_relations *to,
		       struct dts_error *err)
{
	struct dts_schema schema = {0};
	int rc = dts_catalog_schema(&d->sessions[0], db, table, &schema, NULL, err);

	for (size_t i = 0; rc > 0 && i < schema.foreign_count; i++) {
		const struct dts_foreign *f = &schema.foreign[i];
		long parent = find_selected(d, f->to_db, f->to_table);
		if (!to && parent < 0)
			rc = check_foreign(db, table, f, err) < 0 ? -1 : 1;
		else if (to && parent >= 0 && (acts(f->on_delete) || acts(f->on_update)))
			add_relation(to, (size_t)find_selected(d, db, table), (size_t)parent);
	}
	dts_schema_release(&schema);
	return rc < 0 ? -1 : 0;
}

static int check_database(struct dts_dump *d, struct dts_slice db, struct dts_dump_relations *to, struct dts_error *err)
{
	struct dts_buf sql = {0};
	struct dts_slice last = {NULL, 0}; /* looked at already */
	int rc = 0;

	dts_buf_adds(&sql, "SELECT DISTINCT TABLE_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME"
			   " FROM information_schema.KEY_COLUMN_USAGE"
			   " WHERE REFERENCED_TABLE_NAME IS NOT NULL AND TABLE_SCHEMA=");
	dts_sql_literal(&sql, db);
	dts_buf_adds(&sql, " ORDER BY TABLE_NAME");
	MYSQL_RES *result = dts_session_query(&d->sessions[0], dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	if (!result)
		return -1;
	for (MYSQL_ROW row; rc == 0 && (row = mysql_fetch_row(result));) {
		const unsigned long *len = mysql_fetch_lengths(result);
		struct dts_slice table = dts_slice(row[0], len[0]);
		/* Those that refer to one that is not selected are few. */
		if (!is_selected(d, db, table) || (last.p && dts_slice_eq(last, table)) ||
		    is_selected(d, dts_slice(row[1], len[1]), dts_slice(row[2], len[2])) != (to != NULL))
			continue;
		last = table; /* of a stored result */
		rc = check_table(d, db, table, to, err);
	}
	mysql_free_result(result);
	return rc;
}

static int check_databases(struct dts_dump *d, struct dts_dump_relations *to, struct dts_error *err)
{
	for (size_t i = 0; i < d->tables.count; i++) {
		struct dts_slice db = d->tables.items[i].db;
		bool seen = i > 0 && dts_slice_eq(d->tables.items[i - 1].db, db);
		if (!seen && check_database(d, db, to, err) < 0)
			return -1;
	}
	return 0;
}

int dts_dump_check_parents(struct dts_dump *d, struct dts_error *err)
{
	return d->options->allow_missing_parents ? 0 : check_databases(d, NULL, err);
}

int dts_dump_relations(struct dts_dump *d, struct dts_dump_relations *relations, struct dts_error *err)
{
	return check_databases(d, relations, err);
}
