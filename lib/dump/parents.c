#include <stdlib.h>

#include "dump/dump.h"
#include "mysql/quote.h"
#include "record/foreign.h"

/*
 * What a foreign key does to a child's rows when its parent's change (CASCADE,
 * SET NULL, SET DEFAULT) is not in MariaDB's log: the target does the same,
 * provided that the parent's changes get there.
 */

/* The foreign keys between selected tables that act. */
struct relations {
	struct dts_foreign_link *links;
	size_t count;
	struct dts_schema *children; /* of as many: what the links refer to is theirs */
	size_t child_count;
	bool *keyless; /* of each table of the dump, if it has such a key or is referred to */
	bool *known;   /* likewise */
};

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
	const char *on = dts_foreign_acts(f->on_delete) ? "DELETE" : "UPDATE";
	struct dts_slice rule = dts_foreign_acts(f->on_delete) ? f->on_delete : f->on_update;

	if (!dts_foreign_acts(rule))
		return 0;
	dts_fail(err, DTS_REFUSED, "table '%.*s.%.*s': foreign key '%.*s' is ON %s %.*s to '%.*s.%.*s', which is not selected: "
		 "what it does to rows is in no log", (int)db.len, db.p, (int)table.len, table.p, (int)f->name.len,
		 f->name.p, on, (int)rule.len, rule.p, (int)f->to_db.len, f->to_db.p, (int)f->to_table.len, f->to_table.p);
	return dts_hint(err, "select the parent '%.*s.%.*s' too, or accept with --allow-missing-parents that rows of"
			     " the child will differ", (int)f->to_db.len, f->to_db.p, (int)f->to_table.len, f->to_table.p);
}

/* Keeps the schema if it has such a foreign key. */
static void add_links(const struct dts_dump *d, struct relations *to, size_t child, struct dts_schema *schema)
{
	size_t before = to->count;

	for (size_t i = 0; i < schema->foreign_count; i++) {
		const struct dts_foreign *f = &schema->foreign[i];
		long parent = find_selected(d, f->to_db, f->to_table);
		if (parent < 0 || (!dts_foreign_acts(f->on_delete) && !dts_foreign_acts(f->on_update)))
			continue;
		to->links = dts_realloc(to->links, (to->count + 1) * sizeof *to->links);
		to->links[to->count++] = (struct dts_foreign_link){child, (size_t)parent, f};
	}
	if (to->count == before)
		return;
	to->known[child] = true;
	to->keyless[child] = !dts_keyrange_key(schema);
	to->children = dts_realloc(to->children, (to->child_count + 1) * sizeof *to->children);
	to->children[to->child_count++] = *schema;
	*schema = (struct dts_schema){0};
}

/* With `to` the foreign keys to selected tables are added there, without it the others are checked. */
static int check_table(struct dts_dump *d, struct dts_slice db, struct dts_slice table, struct relations *to, struct dts_error *err)
{
	struct dts_schema schema = {0};
	int rc = dts_catalog_schema(&d->sessions[0], db, table, &schema, NULL, err);

	if (rc > 0 && to)
		add_links(d, to, (size_t)find_selected(d, db, table), &schema);
	for (size_t i = 0; rc > 0 && !to && i < schema.foreign_count; i++) {
		const struct dts_foreign *f = &schema.foreign[i];
		if (!is_selected(d, f->to_db, f->to_table))
			rc = check_foreign(db, table, f, err) < 0 ? -1 : 1;
	}
	dts_schema_release(&schema);
	return rc < 0 ? -1 : 0;
}

static int check_database(struct dts_dump *d, struct dts_slice db, struct relations *to, struct dts_error *err)
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

static int check_databases(struct dts_dump *d, struct relations *to, struct dts_error *err)
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

static int find_keyless(struct dts_dump *d, struct relations *r, struct dts_error *err)
{
	for (size_t i = 0; i < r->count; i++) {
		size_t parent = r->links[i].parent;
		struct dts_schema schema = {0};
		if (r->known[parent])
			continue;
		if (dts_catalog_schema(&d->sessions[0], d->tables.items[parent].db, d->tables.items[parent].name, &schema, NULL, err) < 0)
			return -1;
		r->known[parent] = true;
		r->keyless[parent] = !dts_keyrange_key(&schema);
		dts_schema_release(&schema);
	}
	return 0;
}

/* Of these groups only those stay that dts-apply cannot handle when they stand at several positions. */
static void keep_groups(const struct relations *r, size_t *group, size_t count)
{
	bool *together = dts_zalloc(count + 1, sizeof *together);

	for (size_t i = 0; i < count; i++)
		together[i] = group[i] == i && dts_foreign_obstacle(r->links, r->count, group, i);
	for (size_t i = 0; i < r->count; i++)
		if (r->keyless[r->links[i].child] || r->keyless[r->links[i].parent])
			together[group[r->links[i].child]] = true;
	for (size_t i = 0; i < count; i++)
		if (!together[group[i]])
			group[i] = DTS_DUMP_ALONE;
	free(together);
}

int dts_dump_groups(struct dts_dump *d, size_t *group, struct dts_error *err)
{
	size_t count = d->tables.count;
	struct relations r = {.keyless = dts_zalloc(count + 1, sizeof *r.keyless), .known = dts_zalloc(count + 1, sizeof *r.known)};
	int rc = 0;

	if (!d->source->logs_foreign_actions)
		rc = check_databases(d, &r, err) < 0 ? -1 : find_keyless(d, &r, err);
	dts_foreign_groups(r.links, r.count, group, count);
	keep_groups(&r, group, count);
	for (size_t i = 0; i < r.child_count; i++)
		dts_schema_release(&r.children[i]);
	free(r.children);
	free(r.links);
	free(r.keyless);
	free(r.known);
	return rc < 0 ? -1 : 0;
}
