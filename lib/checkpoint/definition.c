#include "checkpoint/definition.h"

#include <mysqld_error.h>

#include "mysql/quote.h"

void dts_definition_text(const struct dts_record *r, const struct dts_schema *s, struct dts_buf *text)
{
	struct dts_slice with[DTS_F_COUNT] = {{0}};
	struct dts_buf db = {0}, table = {0};

	dts_json_add_string(&db, s->source_db);
	dts_json_add_string(&table, s->source_table);
	with[DTS_F_DB] = dts_buf_slice(&db);
	with[DTS_F_TABLE] = dts_buf_slice(&table);
	dts_record_rewrite(r, with, text);
	text->len--; /* the newline */
	dts_buf_release(&db);
	dts_buf_release(&table);
}

static void add_select(const struct dts_checkpoint *c, struct dts_slice src, const char *what, struct dts_buf *sql)
{
	dts_buf_adds(sql, "SELECT ");
	dts_buf_adds(sql, what);
	dts_buf_adds(sql, " FROM ");
	dts_checkpoint_table(c, "source_table", sql);
	dts_buf_adds(sql, " WHERE ");
	dts_checkpoint_where(c, src, sql);
}

int dts_checkpoint_definitions(const struct dts_checkpoint *c, struct dts_slice src, dts_definition_fn *each,
			       void *context, struct dts_error *err)
{
	struct dts_buf sql = {0};
	int rc = 0;

	dts_buf_adds(&sql, "SELECT t.db, t.tbl, t.pos, t.definition, w.low FROM (");
	add_select(c, src, "*", &sql);
	dts_buf_adds(&sql, ") t LEFT JOIN (SELECT db, tbl, low FROM ");
	dts_checkpoint_table(c, "tablewindow", &sql);
	dts_buf_adds(&sql, " WHERE ");
	dts_checkpoint_where(c, src, &sql);
	dts_buf_adds(&sql, ") w ON w.db = t.db AND w.tbl = t.tbl ORDER BY t.db, t.tbl");
	MYSQL_RES *res = dts_session_stream(c->session, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	if (!res) {
		unsigned number = mysql_errno(c->session->mysql);
		return number == ER_NO_SUCH_TABLE || number == ER_BAD_DB_ERROR ? 0 : -1;
	}
	for (MYSQL_ROW row; rc == 0 && (row = mysql_fetch_row(res));) {
		unsigned long *lengths = mysql_fetch_lengths(res);
		struct dts_definition d = {dts_slice(row[0], lengths[0]), dts_slice(row[1], lengths[1]),
					   dts_slice(row[2], lengths[2]), dts_slice(row[3], lengths[3]),
					   dts_slice(row[4], lengths[4])};
		rc = each(context, &d, err);
	}
	if (rc == 0 && mysql_errno(c->session->mysql) != 0)
		rc = dts_session_fail(c->session, err, "cannot read the definitions that the checkpoint keeps on");
	mysql_free_result(res);
	return rc;
}

int dts_checkpoint_definition(const struct dts_checkpoint *c, struct dts_slice src, struct dts_slice db,
			      struct dts_slice table, struct dts_buf *text, struct dts_error *err)
{
	struct dts_buf sql = {0};

	add_select(c, src, "definition", &sql);
	dts_buf_adds(&sql, " AND db=");
	dts_sql_literal(&sql, db);
	dts_buf_adds(&sql, " AND tbl=");
	dts_sql_literal(&sql, table);
	dts_buf_adds(&sql, " AND definition<>''");
	int rc = dts_session_value(c->session, dts_buf_slice(&sql), text, err);
	dts_buf_release(&sql);
	return rc;
}

static void add_row(const struct dts_checkpoint *c, const char *verb, const struct dts_slice *texts, size_t count, struct dts_buf *sql)
{
	dts_buf_adds(sql, verb);
	dts_checkpoint_table(c, "source_table", sql);
	dts_buf_adds(sql, " (checkpoint,src,db,tbl,to_db,to_tbl,pos,definition) VALUES (");
	dts_sql_literal(sql, dts_slice_of(c->name));
	for (size_t i = 0; i < count; i++) {
		dts_buf_addc(sql, ',');
		dts_sql_literal(sql, texts[i]);
	}
	dts_buf_addc(sql, ')');
}

void dts_checkpoint_add_definition(const struct dts_checkpoint *c, struct dts_slice src,
				   const struct dts_definition *d, struct dts_slice to_db, struct dts_slice to_table,
				   struct dts_buf *sql)
{
	const struct dts_slice texts[] = {src, d->db, d->table, to_db, to_table, d->pos, d->text};

	add_row(c, "REPLACE INTO ", texts, sizeof texts / sizeof *texts, sql);
}

void dts_checkpoint_note_table(const struct dts_checkpoint *c, struct dts_slice src, struct dts_slice to_db,
			       struct dts_slice to_table, struct dts_buf *sql)
{
	const struct dts_slice texts[] = {src, to_db, to_table, to_db, to_table, {"", 0}, {"", 0}};

	add_row(c, "INSERT INTO ", texts, sizeof texts / sizeof *texts, sql);
	dts_buf_adds(sql, " ON DUPLICATE KEY UPDATE pos=pos");
}

static void where_target(const struct dts_checkpoint *c, struct dts_slice src, struct dts_slice to_db, struct dts_slice to_table,
			 struct dts_buf *sql)
{
	dts_buf_adds(sql, " WHERE ");
	dts_checkpoint_where(c, src, sql);
	dts_buf_adds(sql, " AND to_db=");
	dts_sql_literal(sql, to_db);
	if (to_table.p) {
		dts_buf_adds(sql, " AND to_tbl=");
		dts_sql_literal(sql, to_table);
	}
}

void dts_checkpoint_void_definition(const struct dts_checkpoint *c, struct dts_slice src, struct dts_slice to_db,
				    struct dts_slice to_table, struct dts_buf *sql)
{
	dts_buf_adds(sql, "UPDATE ");
	dts_checkpoint_table(c, "source_table", sql);
	dts_buf_adds(sql, " SET definition=''");
	where_target(c, src, to_db, to_table, sql);
}

void dts_checkpoint_drop_definition(const struct dts_checkpoint *c, struct dts_slice src, struct dts_slice to_db,
				    struct dts_slice to_table, struct dts_buf *sql)
{
	dts_buf_adds(sql, "DELETE FROM ");
	dts_checkpoint_table(c, "source_table", sql);
	where_target(c, src, to_db, to_table, sql);
}
