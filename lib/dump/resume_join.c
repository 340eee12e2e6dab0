#include <mysqld_error.h>
#include <stdlib.h>
#include <strings.h>

#include "dump/resume_parts.h"
#include "mysql/quote.h"

/*
 * What a foreign key does to a child's rows when its parent's change is in no
 * log of MariaDB's, nor of MySQL's where InnoDB itself does it. A child that was
 * read before such a change and a parent that was read behind it would never
 * agree. So tables that are joined by such keys are all of one position, or are
 * read again.
 */
struct joined {
	size_t *group; /* of each table of the dump: an index, of itself where it is a group's first */
	bool *acts;    /* of a group's first: there is such a key in it */
};

/* Does the source log what foreign keys do? MySQL 9.6 has begun to, in the server itself. 1, 0, -1. */
static int logs_actions(struct dts_session *s, struct dts_error *err)
{
	struct dts_error none = DTS_ERROR_INIT;
	struct dts_buf value = {0};

	if (s->family == DTS_MARIADB)
		return 0;
	int rc = dts_session_value(s, DTS_LIT("SELECT @@GLOBAL.innodb_native_foreign_keys"), &value, &none);
	if (rc < 0 && mysql_errno(s->mysql) != ER_UNKNOWN_SYSTEM_VARIABLE) {
		*err = none;
		return -1;
	}
	rc = rc > 0 && dts_slice_is(dts_buf_slice(&value), "0");
	dts_buf_release(&value);
	return rc;
}

static size_t first_of(const struct joined *j, size_t i)
{
	while (j->group[i] != i)
		i = j->group[i];
	return i;
}

/* Names of foreign keys may be in lower case where case does not count. -1: not of this dump. */
static long find(const struct dts_dump *d, struct dts_slice db, struct dts_slice table)
{
	for (size_t i = 0; i < d->tables.count; i++) {
		const struct dts_table *t = &d->tables.items[i];
		if (dts_slice_eq(t->db, db) && dts_slice_eq(t->name, table))
			return (long)i;
	}
	for (size_t i = 0; i < d->tables.count && d->sessions[0].lower_case_names != 0; i++) {
		const struct dts_table *t = &d->tables.items[i];
		if (t->db.len == db.len && t->name.len == table.len && strncasecmp(t->db.p, db.p, db.len) == 0 &&
		    strncasecmp(t->name.p, table.p, table.len) == 0)
			return (long)i;
	}
	return -1;
}

/* A rule that the account may not see may be any. */
static int join_database(struct joined *j, const struct dts_dump *d, struct dts_slice db, struct dts_error *err)
{
	struct dts_buf sql = {0};

	dts_buf_adds(&sql, "SELECT DISTINCT k.TABLE_NAME, k.REFERENCED_TABLE_SCHEMA, k.REFERENCED_TABLE_NAME"
			   " FROM information_schema.KEY_COLUMN_USAGE k LEFT JOIN information_schema.REFERENTIAL_CONSTRAINTS r"
			   " ON r.CONSTRAINT_SCHEMA=k.CONSTRAINT_SCHEMA AND r.TABLE_NAME=k.TABLE_NAME"
			   " AND r.CONSTRAINT_NAME=k.CONSTRAINT_NAME AND r.CONSTRAINT_SCHEMA=");
	dts_sql_literal(&sql, db);
	dts_buf_adds(&sql, " WHERE k.REFERENCED_TABLE_NAME IS NOT NULL AND k.TABLE_SCHEMA=");
	dts_sql_literal(&sql, db);
	dts_buf_adds(&sql, " AND (r.DELETE_RULE IS NULL OR r.DELETE_RULE NOT IN ('RESTRICT','NO ACTION')"
			   " OR r.UPDATE_RULE NOT IN ('RESTRICT','NO ACTION'))");
	MYSQL_RES *result = dts_session_query(&d->sessions[0], dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	if (!result)
		return -1;
	for (MYSQL_ROW row; (row = mysql_fetch_row(result));) {
		const unsigned long *len = mysql_fetch_lengths(result);
		long child = find(d, db, dts_slice(row[0], len[0]));
		long parent = find(d, dts_slice(row[1], len[1]), dts_slice(row[2], len[2]));
		if (child < 0 || parent < 0)
			continue;
		size_t a = first_of(j, (size_t)child), b = first_of(j, (size_t)parent);
		j->acts[a] = j->acts[b] = true;
		j->group[b] = a;
	}
	mysql_free_result(result);
	return 0;
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

int dts_resume_join(struct dts_resume *r, struct dts_dump *d, struct dts_error *err)
{
	size_t count = d->tables.count;
	int rc = logs_actions(&d->sessions[0], err);

	if (rc != 0)
		return rc < 0 ? -1 : 0;
	struct joined j = {.group = dts_zalloc(count + 1, sizeof *j.group), .acts = dts_zalloc(count + 1, sizeof *j.acts)};
	for (size_t i = 0; i < count; i++)
		j.group[i] = i;
	for (size_t i = 0; i < count && rc == 0; i++)
		if (i == 0 || !dts_slice_eq(d->tables.items[i - 1].db, d->tables.items[i].db))
			rc = join_database(&j, d, d->tables.items[i].db, err);
	for (size_t i = 0; i < count && rc == 0; i++) {
		size_t first = first_of(&j, i);
		/* Any table's mark counts for its group. */
		if (j.acts[i] && first != i)
			j.acts[first] = true;
	}
	for (size_t i = 0; i < count && rc == 0; i++)
		if (first_of(&j, i) == i && j.acts[i])
			check_group(r, d, &j, i);
	free(j.group);
	free(j.acts);
	return rc;
}
