#include <stdlib.h>

#include "dump/resume_parts.h"

/*
 * What a foreign key does to a child's rows when its parent's change is in no
 * log of MariaDB's, nor of MySQL's where InnoDB itself does it. Where dts-apply cannot
 * do it again, a child that was read before such a change and a parent that was read behind
 * it would never agree. So these are all of one position, or are read again.
 */

/* Are all chunks of the table from this very position? The first one's is taken where it is NULL. */
static bool at_one_position(const struct dts_resume_table *t, const char **position)
{
	for (size_t i = 0; i < t->count; i++) {
		if (!*position)
			*position = t->marks[i].low;
		if (strcmp(t->marks[i].low, *position) != 0 || strcmp(t->marks[i].high, *position) != 0)
			return false;
	}
	return true;
}

static void check_group(struct dts_resume *r, struct dts_dump *d, const size_t *group, size_t of)
{
	const char *position = NULL;
	bool whole = true;

	for (size_t i = 0; i < d->tables.count && whole; i++) {
		if (group[i] != of)
			continue;
		struct dts_resume_table *t = dts_resume_find(r, d->tables.items[i].db, d->tables.items[i].name);
		whole = t && t->state == DTS_RESUME_DONE && at_one_position(t, &position);
	}
	for (size_t i = 0; i < d->tables.count && !whole; i++) {
		struct dts_resume_table *t = dts_resume_find(r, d->tables.items[i].db, d->tables.items[i].name);
		if (group[i] == of && t && t->count > 0)
			dts_resume_again(t, "foreign keys that act join it to tables that must be read at the same position");
	}
}

int dts_resume_join(struct dts_resume *r, struct dts_dump *d, struct dts_error *err)
{
	size_t count = d->tables.count;
	size_t *group = dts_zalloc(count + 1, sizeof *group);
	int rc = dts_dump_groups(d, group, err);

	for (size_t i = 0; i < count && rc == 0; i++)
		if (group[i] == i)
			check_group(r, d, group, i);
	free(group);
	return rc;
}
