#include <strings.h>

#include "apply/state.h"
#include "ddl/index.h"
#include "mysql/quote.h"

/*
 * A statement that is about keys only, none of them unique, changes no row: it
 * may run while its table's window is open, and the target tells whether it has what the
 * statement makes, by the names of its keys.
 */
struct indexes {
	struct dts_list added, dropped;
	struct dts_list plain, unique; /* what the target's table has */
	struct dts_list waiting;       /* keys of it that are built later */
};

static bool has(const struct dts_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcasecmp(list->items[i], name) == 0)
			return true;
	return false;
}

static int read_target(struct dts_applier *a, struct indexes *x, struct dts_slice db, struct dts_slice table, struct dts_error *err)
{
	struct dts_buf sql = {0};

	dts_buf_adds(&sql, "SELECT INDEX_NAME, MAX(NON_UNIQUE) FROM information_schema.STATISTICS WHERE TABLE_SCHEMA=");
	dts_sql_literal(&sql, db);
	dts_buf_adds(&sql, " AND TABLE_NAME=");
	dts_sql_literal(&sql, table);
	dts_buf_adds(&sql, " GROUP BY INDEX_NAME UNION ALL SELECT name, 2 FROM ");
	dts_checkpoint_table(&a->checkpoint, "pendingkey", &sql);
	dts_buf_adds(&sql, " WHERE ");
	dts_checkpoint_where(&a->checkpoint, dts_buf_slice(&a->src), &sql);
	dts_buf_adds(&sql, " AND db=");
	dts_sql_literal(&sql, db);
	dts_buf_adds(&sql, " AND tbl=");
	dts_sql_literal(&sql, table);
	MYSQL_RES *res = dts_session_query(a->session, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	if (!res)
		return -1;
	for (MYSQL_ROW row; (row = mysql_fetch_row(res));)
		dts_list_add(row[1][0] == '2' ? &x->waiting : row[1][0] == '1' ? &x->plain : &x->unique, row[0]);
	mysql_free_result(res);
	return 0;
}

/* What the target has of it: all, nothing, or what nobody can make sense of. */
static enum dts_ddl_place compare(const struct indexes *x)
{
	size_t there = 0, missing = 0;

	for (size_t i = 0; i < x->added.count; i++) {
		const char *name = x->added.items[i];
		if (has(&x->waiting, name) || has(&x->unique, name))
			return DTS_DDL_IN_WINDOW;
		if (has(&x->plain, name) && !has(&x->dropped, name))
			there++;
		else
			missing++;
	}
	for (size_t i = 0; i < x->dropped.count; i++) {
		const char *name = x->dropped.items[i];
		if (has(&x->waiting, name) || has(&x->unique, name))
			return DTS_DDL_IN_WINDOW;
		if (has(&x->plain, name))
			missing++;
		else if (!has(&x->added, name))
			there++;
	}
	if (missing == 0)
		return DTS_DDL_BEFORE_WINDOW;
	return there == 0 ? DTS_DDL_KEYS_IN_WINDOW : DTS_DDL_IN_WINDOW;
}

int dts_ddl_index_window(struct dts_applier *a, const struct dts_ddl *ddl, struct dts_slice sql, unsigned flags,
			 struct dts_slice default_db, struct dts_error *err)
{
	struct indexes x = {0};
	int rc = DTS_DDL_IN_WINDOW;

	if (ddl->count == 1 && dts_ddl_only_indexes(sql, flags, &x.added, &x.dropped)) {
		const struct dts_ddl_object *o = &ddl->objects[0];
		rc = read_target(a, &x, o->db.len > 0 ? o->db : default_db, o->name, err);
		if (rc == 0)
			rc = (int)compare(&x);
	}
	dts_list_release(&x.added);
	dts_list_release(&x.dropped);
	dts_list_release(&x.plain);
	dts_list_release(&x.unique);
	dts_list_release(&x.waiting);
	return rc;
}
