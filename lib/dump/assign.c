#include <stdlib.h>

#include "dump/dump.h"

/*
 * The readers stand at different positions. Changes between are applied so that they may
 * repeat, which needs a key to find rows by: a table without one is read by one
 * reader at an exact position. And what foreign keys do to rows (CASCADE, SET
 * NULL) is not in the log of most servers; dts-apply does it again when the
 * parent's change comes, where that is simple. Other tables that such keys join are read by one reader too.
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

static int assign_groups(struct dts_dump *d, struct dts_error *err)
{
	size_t count = d->tables.count, next = 0;
	size_t *group = dts_zalloc(count + 1, sizeof *group), *reader = dts_zalloc(count + 1, sizeof *reader);
	int rc = dts_dump_groups(d, group, err);

	for (size_t i = 0; i < count; i++)
		reader[i] = DTS_ANY_READER;
	for (size_t i = 0; i < count && rc == 0; i++) {
		if (group[i] == DTS_DUMP_ALONE)
			continue;
		size_t *at = &reader[group[i]];
		if (*at == DTS_ANY_READER) {
			*at = find_exact(d, next);
			next = *at + 1;
		}
		if (*at == DTS_ANY_READER)
			rc = no_position(d, &d->tables.items[i], "is joined by foreign keys that change rows", err);
		d->items[i].reader = *at;
	}
	free(group);
	free(reader);
	return rc;
}

int dts_dump_assign(struct dts_dump *d, struct dts_error *err)
{
	return assign_groups(d, err) < 0 ? -1 : assign_keyless(d, err);
}
