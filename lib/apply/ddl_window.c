#include <strings.h>

#include "apply/state.h"
#include "mysql/quote.h"

/*
 * DDL while the rows of some tables stand later than the changes do. A table
 * that was read behind the statement shows what it did, and so has its definition at the
 * target; one that was read before it, or in no window at all, has it coming; and between the two nobody
 * can tell which of its rows know it.
 */
struct windows {
	struct dts_applier *a;
	const struct dts_ddl *ddl;
	struct dts_slice default_db;
	const struct dts_position *pos; /* of the statement's transaction */
	bool open;     /* of some table */
	bool unknown;  /* which table it is at the target is not known */
	bool torn;     /* of a table of the statement, which was read around it */
	bool referred; /* of a table that a foreign key in the statement refers to */
	size_t behind; /* tables of the statement that were read behind it */
};

/* Is this object a table whose rows the statement is about? */
static bool changes_table(const struct dts_ddl_object *o)
{
	return o->type == DTS_DDL_TYPE_TABLE && o->role != DTS_DDL_LIKE && o->role != DTS_DDL_REFERENCED;
}

static bool same_name(struct dts_slice name, const char *is)
{
	return name.len == strlen(is) && strncasecmp(name.p, is, name.len) == 0;
}

static bool names(const struct windows *w, const char *db, const char *table)
{
	for (size_t i = 0; i < w->ddl->count; i++) {
		const struct dts_ddl_object *o = &w->ddl->objects[i];
		if (!same_name(o->db.len > 0 ? o->db : w->default_db, db))
			continue;
		if ((o->type == DTS_DDL_TYPE_DATABASE && w->ddl->kind != DTS_DDL_ALTER_DATABASE) || (changes_table(o) && same_name(o->name, table)))
			return true;
	}
	return false;
}

/* A name without a database is of that of the statement's table. */
static bool refers(const struct windows *w, const char *db, const char *table)
{
	for (size_t i = 0; i < w->ddl->count; i++) {
		const struct dts_ddl_object *o = &w->ddl->objects[i];
		struct dts_slice in = o->db.len > 0 ? o->db : w->ddl->objects[0].db;
		if (o->role == DTS_DDL_REFERENCED && same_name(in.len > 0 ? in : w->default_db, db) && same_name(o->name, table))
			return true;
	}
	return false;
}

static int look_at(struct windows *w, MYSQL_ROW row, struct dts_error *err)
{
	struct dts_position low = {0}, high = {0};
	int rc = dts_position_parse(&low, dts_slice_of(row[0]), err) < 0 ||
				 dts_position_parse(&high, dts_slice_of(row[1]), err) < 0
			 ? -1
			 : 0;

	if (rc == 0 && dts_position_compare(w->pos, &high) <= 0) {
		w->open = true;
		if (!row[2])
			w->unknown = true;
		else if (names(w, row[2], row[3]) && dts_position_compare(w->pos, &low) <= 0)
			w->behind++;
		else if (names(w, row[2], row[3]))
			w->torn = true;
		w->referred |= row[2] && refers(w, row[2], row[3]);
	}
	dts_position_release(&low);
	dts_position_release(&high);
	return rc;
}

static int read_windows(struct windows *w, struct dts_error *err)
{
	struct dts_applier *a = w->a;
	struct dts_buf sql = {0};
	int rc = 0;

	dts_buf_adds(&sql, "SELECT low, high, to_db, to_tbl FROM ");
	dts_checkpoint_table(&a->checkpoint, "tablewindow", &sql);
	dts_buf_adds(&sql, " LEFT JOIN ");
	dts_checkpoint_table(&a->checkpoint, "source_table", &sql);
	dts_buf_adds(&sql, " USING (checkpoint, src, db, tbl) WHERE ");
	dts_checkpoint_where(&a->checkpoint, dts_buf_slice(&a->src), &sql);
	MYSQL_RES *res = dts_session_query(a->session, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	if (!res)
		return -1;
	for (MYSQL_ROW row; rc == 0 && (row = mysql_fetch_row(res));)
		rc = look_at(w, row, err);
	mysql_free_result(res);
	return rc;
}

/* Do keys wait to be built of a table that the statement names? 1, 0, -1. */
static int waits(struct windows *w, struct dts_error *err)
{
	struct dts_buf sql = {0};
	int found = 0;

	dts_buf_adds(&sql, "SELECT db, tbl FROM ");
	dts_checkpoint_table(&w->a->checkpoint, "pendingkey", &sql);
	dts_buf_adds(&sql, " WHERE ");
	dts_checkpoint_where(&w->a->checkpoint, dts_buf_slice(&w->a->src), &sql);
	MYSQL_RES *res = dts_session_query(w->a->session, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	if (!res)
		return -1;
	for (MYSQL_ROW row; !found && (row = mysql_fetch_row(res));)
		found = names(w, row[0], row[1]);
	mysql_free_result(res);
	return found;
}

/* Do its tables, which were read behind it, show all that it did? */
static bool is_shown(const struct windows *w)
{
	size_t count = 0;

	switch (w->ddl->kind) {
	case DTS_DDL_RENAME_TABLE:  /* under the other name are rows that nobody knows of */
	case DTS_DDL_DROP_DATABASE: /* and tables that were not there any more */
		return false;
	case DTS_DDL_CREATE_DATABASE:
		return true;
	default:
		break;
	}
	for (size_t i = 0; i < w->ddl->count; i++)
		count += changes_table(&w->ddl->objects[i]);
	return w->behind == count;
}

int dts_ddl_window(struct dts_applier *a, const struct dts_ddl *ddl, struct dts_slice sql, unsigned flags,
		   struct dts_slice default_db, const struct dts_position *pos, struct dts_error *err)
{
	struct windows w = {.a = a, .ddl = ddl, .default_db = default_db, .pos = pos};

	if (read_windows(&w, err) < 0)
		return -1;
	if (!w.open)
		return DTS_DDL_BEHIND_WINDOWS;
	if (w.torn || w.unknown)
		return dts_ddl_index_window(a, ddl, sql, flags, default_db, err);
	if (w.behind > 0)
		return is_shown(&w) ? DTS_DDL_BEFORE_WINDOW : DTS_DDL_IN_WINDOW;
	/* The rows of the parent stand elsewhere than those of the child, and what its deletion
	 * does to them is done by what the snapshot said of foreign keys (cascade.h). */
	if (w.referred)
		return DTS_DDL_IN_WINDOW;
	int rc = waits(&w, err);
	if (rc > 0)
		return dts_ddl_index_window(a, ddl, sql, flags, default_db, err);
	return rc < 0 ? -1 : DTS_DDL_BESIDE_WINDOWS;
}
