#include <stdlib.h>

#include "dump/resume_parts.h"

/*
 * What a foreign key does to a child's rows when its parent's change is in no
 * log of MariaDB's, nor of MySQL's where InnoDB itself does it. Where dts-apply cannot
 * do it again, a child that was read before such a change and a parent that was read behind
 * it would never agree. So these are all of one position, or are read again; that may be the one
 * at which the rest is read now.
 */

enum { NAMED = 5 };

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

/* Does the reader that will read this table stand at this very position? */
static bool stands_at(const struct dts_dump *d, size_t table, const char *position)
{
	struct dts_error ignored = DTS_ERROR_INIT;
	const struct dts_position *now = &d->source->pos;
	struct dts_position was = {0};
	size_t reader = d->items[table].reader;

	if (d->source->windowed) {
		if (reader == DTS_ANY_READER || !d->at[reader].exact)
			return false;
		now = &d->at[reader].low;
	}
	bool same = dts_position_parse(&was, dts_slice_of(position), &ignored) == 0 && was.file[0] && now->file[0] &&
		    dts_position_compare(&was, now) == 0;
	dts_position_release(&was);
	return same;
}

static void check_group(struct dts_resume *r, struct dts_dump *d, const size_t *group, size_t of)
{
	const char *position = NULL;
	bool one = true, whole = true;

	for (size_t i = 0; i < d->tables.count && one; i++) {
		if (group[i] != of)
			continue;
		struct dts_resume_table *t = dts_resume_find(r, d->tables.items[i].db, d->tables.items[i].name);
		whole = whole && t && t->state == DTS_RESUME_DONE;
		one = !t || t->state == DTS_RESUME_AGAIN || at_one_position(t, &position);
	}
	if (one && (whole || !position || stands_at(d, of, position)))
		return;
	for (size_t i = 0; i < d->tables.count; i++) {
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

/* "tables 'd.a', 'd.b' and 3 more ..." */
static void tell_group(struct dts_resume *r, const struct dts_dump *d, const size_t *group, size_t of)
{
	struct dts_buf line = {0};
	size_t named = 0, more = 0;

	for (size_t i = 0; i < d->tables.count; i++) {
		const struct dts_table *t = &d->tables.items[i];
		if (group[i] != of)
			continue;
		if (named == NAMED) {
			more++;
			continue;
		}
		dts_buf_addf(&line, "%s'%.*s.%.*s'", named++ == 0 ? "tables " : ", ", (int)t->db.len, t->db.p, (int)t->name.len, t->name.p);
	}
	if (more > 0)
		dts_buf_addf(&line, " and %zu more", more);
	dts_buf_adds(&line, " are one unit, for foreign keys that act join them: broken off, they are read again from the"
			    " beginning unless nothing has changed");
	dts_list_add(&r->notes, dts_buf_text(&line));
	dts_buf_release(&line);
}

int dts_resume_tell_groups(struct dts_resume *r, struct dts_dump *d, struct dts_error *err)
{
	size_t count = d->tables.count;
	size_t *group = dts_zalloc(count + 1, sizeof *group);
	int rc = dts_dump_groups(d, group, err);

	for (size_t i = 0; i < count && rc == 0; i++)
		if (group[i] == i)
			tell_group(r, d, group, i);
	free(group);
	return rc;
}
