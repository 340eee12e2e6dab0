#include <stdlib.h>

#include "dump/dump.h"

/*
 * The readers stand at different positions. Changes between are applied so that they may
 * repeat, which needs a key to find rows by: a table without one is read by one
 * reader at an exact position. And what foreign keys do to rows (CASCADE, SET
 * NULL) is not in the log of most servers; the target does it again when the
 * parent's change comes, but only if parent and child stood at the same position: such
 * tables are read by one reader too.
 */

static int no_position(const struct dts_dump *d, const struct dts_table *t, const char *why, struct dts_error *err)
{
	dts_fail(err, DTS_REFUSED, "table '%.*s.%.*s' %s: it can be read only with an exact position,"
		 " which was not to be had", (int)t->db.len, t->db.p, (int)t->name.len, t->name.p, why);
	return d->notes.count > 0 ? dts_hint(err, "%s", d->notes.items[0]) : -1;
}

/* The first reader, beginning with `from`, that knows its position; DTS_ANY_READER: none. */
static size_t find_exact(const struct dts_dump *d, size_t from)
{
	for (size_t i = 0; i < d->count; i++)
		if (d->at[(from + i) % d->count].exact)
			return (from + i) % d->count;
	return DTS_ANY_READER;
}

static int assign_keyless(struct dts_dump *d, struct dts_error *err)
{
	bool any = find_exact(d, 0) != DTS_ANY_READER, all = true;
	struct dts_schema schema = {0};
	int rc = 1;

	for (size_t i = 0; i < d->count; i++)
		all = all && d->at[i].exact;
	/* Where all are exact it makes no difference who reads it. */
	for (size_t i = 0; i < d->tables.count && rc > 0 && !all; i++) {
		const struct dts_table *t = &d->tables.items[i];
		rc = dts_catalog_schema(&d->sessions[0], t->db, t->name, &schema, NULL, err);
		if (rc <= 0 || dts_keyrange_key(&schema))
			continue;
		d->items[i].exact = true;
		if (!any)
			rc = no_position(d, t, "has no key without NULL", err);
	}
	dts_schema_release(&schema);
	return rc < 0 ? -1 : 0;
}

int dts_dump_logs_foreign_actions(struct dts_session *s, struct dts_error *err)
{
	MYSQL_RES *result = dts_session_query(s, DTS_LIT("SHOW GLOBAL VARIABLES LIKE 'innodb\\_native\\_foreign\\_keys'"), err);

	if (!result)
		return -1;
	MYSQL_ROW row = mysql_fetch_row(result);
	bool off = row && row[1] && strcasecmp(row[1], "OFF") == 0;
	mysql_free_result(result);
	return off;
}

static size_t root(size_t *group, size_t i)
{
	while (group[i] != i)
		i = group[i] = group[group[i]];
	return i;
}

static int assign_groups(struct dts_dump *d, struct dts_error *err)
{
	size_t count = d->tables.count, next = 0;
	size_t *group = dts_zalloc(count + 1, sizeof *group), *reader = dts_zalloc(count + 1, sizeof *reader);
	int rc = 0;

	for (size_t i = 0; i < count; i++) {
		group[i] = i;
		reader[i] = DTS_ANY_READER;
	}
	struct dts_dump_relations relations = {0};
	rc = dts_dump_relations(d, &relations, err);
	for (size_t i = 0; i < relations.count; i++)
		group[root(group, relations.items[i].child)] = root(group, relations.items[i].parent);
	for (size_t i = 0; i < relations.count && rc == 0; i++) {
		size_t at = root(group, relations.items[i].child);
		if (reader[at] == DTS_ANY_READER) {
			reader[at] = find_exact(d, next);
			next = reader[at] + 1;
		}
		if (reader[at] == DTS_ANY_READER)
			rc = no_position(d, &d->tables.items[relations.items[i].child], "has a foreign key that changes its rows", err);
	}
	for (size_t i = 0; i < count && rc == 0; i++)
		d->items[i].reader = reader[root(group, i)];
	free(relations.items);
	free(group);
	free(reader);
	return rc;
}

int dts_dump_assign(struct dts_dump *d, struct dts_error *err)
{
	int rc = dts_dump_logs_foreign_actions(&d->sessions[0], err);

	if (rc == 0)
		rc = assign_groups(d, err);
	if (rc < 0)
		return -1;
	return assign_keyless(d, err);
}
