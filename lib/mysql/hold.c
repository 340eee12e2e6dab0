#include "mysql/hold.h"

#include "mysql/quote.h"

enum { BATCH_BYTES = 64 * 1024 };

static void add_hold(struct dts_buf *sql, const struct dts_table *t, bool first)
{
	/* All columns, not 1: an account that may read some only is refused. Nor is
	 * it shown the definition, even if those are all (but it sees no foreign keys). */
	dts_buf_adds(sql, sql->len > 0 ? ";SELECT * FROM " : "SELECT * FROM ");
	dts_sql_table(sql, t->db, t->name);
	dts_buf_adds(sql, " LIMIT 0");
	if (first) {
		dts_buf_adds(sql, ";SHOW CREATE TABLE ");
		dts_sql_table(sql, t->db, t->name);
	}
}

static bool is_denied(const struct dts_session *s)
{
	unsigned number = mysql_errno(s->mysql);

	return number == 1142 || number == 1143; /* ER_TABLEACCESS_DENIED_ERROR, ER_COLUMNACCESS_DENIED_ERROR */
}

/* A definition is being changed, or its table was dropped: another try may do. */
static bool is_passing(const struct dts_session *s)
{
	switch (mysql_errno(s->mysql)) {
	case 1205: /* ER_LOCK_WAIT_TIMEOUT */
	case 1213: /* ER_LOCK_DEADLOCK */
	case 1049: /* ER_BAD_DB_ERROR */
	case 1146: /* ER_NO_SUCH_TABLE */
	case 1317: /* ER_QUERY_INTERRUPTED */
	case 1412: /* ER_TABLE_DEF_CHANGED */
	case 1684: /* ER_WARN_I_S_SKIPPED_TABLE */
		return true;
	default:
		return false;
	}
}

/* One of these cannot be read: says which. */
static int find_unreadable(struct dts_session *s, const struct dts_tables *t, size_t from, size_t to, struct dts_error *err)
{
	struct dts_buf sql = {0};
	size_t i = from;
	int rc = 0;

	while (i < to && rc == 0) {
		dts_buf_clear(&sql);
		add_hold(&sql, &t->items[i++], true);
		rc = dts_session_run(s, dts_buf_slice(&sql), err);
	}
	dts_buf_release(&sql);
	if (rc == 0 || is_passing(s)) {
		err->status = DTS_AGAIN;
		return -1;
	}
	if (err->status != DTS_REFUSED)
		return -1;
	const struct dts_table *table = &t->items[i - 1];
	dts_fail(err, DTS_REFUSED, "table '%.*s.%.*s'%s: %s", (int)table->db.len, table->db.p, (int)table->name.len,
		 table->name.p, is_denied(s) ? ": this account may not read all of it" : " cannot be read", mysql_error(s->mysql));
	return dts_hint(err, is_denied(s) ? "grant SELECT on the whole table, not on columns, or leave it out with --ignore-table"
					  : "mend it, or leave it out with --ignore-table");
}

int dts_catalog_hold(struct dts_session *s, const struct dts_tables *t, bool first, struct dts_error *err)
{
	struct dts_buf sql = {0};
	size_t from = 0;
	int rc = 0;

	for (size_t i = 0; i < t->count && rc == 0; i++) {
		add_hold(&sql, &t->items[i], first);
		if (sql.len < BATCH_BYTES && i + 1 < t->count)
			continue;
		rc = dts_session_run(s, dts_buf_slice(&sql), err);
		if (rc < 0 && is_passing(s))
			err->status = DTS_AGAIN;
		else if (rc < 0 && err->status == DTS_REFUSED)
			rc = find_unreadable(s, t, from, i + 1, err);
		from = i + 1;
		dts_buf_clear(&sql);
	}
	dts_buf_release(&sql);
	return rc;
}

bool dts_tables_same(const struct dts_tables *a, const struct dts_tables *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!dts_slice_eq(a->items[i].db, b->items[i].db) || !dts_slice_eq(a->items[i].name, b->items[i].name))
			return false;
	return true;
}
