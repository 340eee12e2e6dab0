#include <stdlib.h>

#include "dump/resume_parts.h"

/*
 * What a foreign key does to a child's rows when its parent's change is in no
 * log of MariaDB's, nor of MySQL's where InnoDB itself does it. A child that was
 * read before such a change and a parent that was read behind it would never
 * agree. So tables that are joined by such keys are all of one position, or are
 * read again.
 */
struct joined {
	size_t *group; /* of each table of the dump: an index, of itself where it is a group's first */
	bool *acts;    /* of a group's first: it has such a key */
};

static size_t first_of(const struct joined *j, size_t i)
{
	while (j->group[i] != i)
		i = j->group[i];
	return i;
}

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

static void check_group(struct dts_resume *r, struct dts_dump *d, const struct joined *j, size_t first)
{
	const char *position = NULL;
	bool whole = true;

	for (size_t i = 0; i < d->tables.count && whole; i++) {
		if (first_of(j, i) != first)
			continue;
		struct dts_resume_table *t = dts_resume_find(r, d->tables.items[i].db, d->tables.items[i].name);
		whole = t && t->state == DTS_RESUME_DONE && at_one_position(t, &position);
	}
	for (size_t i = 0; i < d->tables.count && !whole; i++) {
		struct dts_resume_table *t = dts_resume_find(r, d->tables.items[i].db, d->tables.items[i].name);
		if (first_of(j, i) == first && t && t->count > 0)
			dts_resume_again(t, "foreign keys that act join it to tables that must be read at the same position");
	}
}

static int join(struct joined *j, struct dts_dump *d, struct dts_error *err)
{
	struct dts_dump_relations relations = {0};
	int rc = dts_dump_relations(d, &relations, err);

	for (size_t i = 0; i < relations.count && rc == 0; i++)
		j->group[first_of(j, relations.items[i].child)] = first_of(j, relations.items[i].parent);
	for (size_t i = 0; i < relations.count && rc == 0; i++)
		j->acts[first_of(j, relations.items[i].child)] = true;
	free(relations.items);
	return rc;
}

int dts_resume_join(struct dts_resume *r, struct dts_dump *d, struct dts_error *err)
{
	size_t count = d->tables.count;
	int rc = dts_dump_logs_foreign_actions(&d->sessions[0], err);

	if (rc != 0)
		return rc < 0 ? -1 : 0;
	struct joined j = {.group = dts_zalloc(count + 1, sizeof *j.group), .acts = dts_zalloc(count + 1, sizeof *j.acts)};
	for (size_t i = 0; i < count; i++)
		j.group[i] = i;
	rc = join(&j, d, err);
	for (size_t i = 0; i < count && rc == 0; i++)
		if (j.acts[i])
			check_group(r, d, &j, i);
	free(j.group);
	free(j.acts);
	return rc;
}
