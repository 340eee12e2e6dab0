#include "checkpoint/checkpoint.h"

#include <mysqld_error.h>
#include <stdlib.h>

#include "mysql/quote.h"

/* The format of the tables; a change that older tools cannot read raises it. */
enum { FORMAT = 2 };

/* Names compare byte by byte; positions are the records' JSON text. */
static const char *const table_definitions[] = {
	"checkpoint (name varchar(190) NOT NULL, format int NOT NULL, epoch bigint unsigned NOT NULL,"
	" PRIMARY KEY (name))",
	"source (checkpoint varchar(190) NOT NULL, src varchar(190) NOT NULL, server_id varchar(255) NOT NULL,"
	" phase varchar(16) NOT NULL, watermark longtext NOT NULL, snapshot longtext NOT NULL,"
	" updated datetime(6) NOT NULL, PRIMARY KEY (checkpoint, src))",
	"mark (checkpoint varchar(190) NOT NULL, src varchar(190) NOT NULL, worker int unsigned NOT NULL,"
	" tx varchar(320) NOT NULL, pos longtext NOT NULL, above longtext NOT NULL, updated datetime(6) NOT NULL,"
	" PRIMARY KEY (checkpoint, src, worker))",
	"chunk (checkpoint varchar(190) NOT NULL, src varchar(190) NOT NULL, db varchar(64) NOT NULL,"
	" tbl varchar(64) NOT NULL, id varchar(190) NOT NULL, bounds longtext NOT NULL, low text NOT NULL,"
	" high text NOT NULL, rows_applied bigint unsigned NOT NULL, PRIMARY KEY (checkpoint, src, db, tbl, id))",
	"tablewindow (checkpoint varchar(190) NOT NULL, src varchar(190) NOT NULL, db varchar(64) NOT NULL,"
	" tbl varchar(64) NOT NULL, low text NOT NULL, high text NOT NULL, PRIMARY KEY (checkpoint, src, db, tbl))",
	"ddl (checkpoint varchar(190) NOT NULL, src varchar(190) NOT NULL, tx varchar(320) NOT NULL,"
	" statement longtext NOT NULL, before_state longtext NOT NULL, updated datetime(6) NOT NULL,"
	" PRIMARY KEY (checkpoint, src))",
	"prepared (checkpoint varchar(190) NOT NULL, src varchar(190) NOT NULL, xid varchar(380) NOT NULL,"
	" tx varchar(320) NOT NULL, records longblob NOT NULL, updated datetime(6) NOT NULL,"
	" PRIMARY KEY (checkpoint, src, xid))",
	"source_table (checkpoint varchar(190) NOT NULL, src varchar(190) NOT NULL, db varchar(64) NOT NULL,"
	" tbl varchar(64) NOT NULL, to_db varchar(64) NOT NULL, to_tbl varchar(64) NOT NULL, pos text NOT NULL,"
	" definition longtext NOT NULL, PRIMARY KEY (checkpoint, src, db, tbl))",
	"pendingkey (checkpoint varchar(190) NOT NULL, src varchar(190) NOT NULL, db varchar(64) NOT NULL,"
	" tbl varchar(64) NOT NULL, kind varchar(8) NOT NULL, name varchar(64) NOT NULL, ordinal int unsigned NOT NULL,"
	" clause longtext NOT NULL, PRIMARY KEY (checkpoint, src, db, tbl, kind, name))",
	"held (checkpoint varchar(190) NOT NULL, src varchar(190) NOT NULL, ordinal bigint unsigned NOT NULL,"
	" tx varchar(320) NOT NULL, family varchar(8) NOT NULL, version int unsigned NOT NULL, before_state longtext,"
	" record longtext NOT NULL, updated datetime(6) NOT NULL, PRIMARY KEY (checkpoint, src, ordinal))",
	"exception (checkpoint varchar(190) NOT NULL, src varchar(190) NOT NULL, tx varchar(320) NOT NULL, at datetime(6) NOT NULL,"
	" what varchar(8) NOT NULL, reason text NOT NULL, account varchar(400) NOT NULL, PRIMARY KEY (checkpoint, src, tx, at))",
};

static const char *const name_tables[] = {"source", "mark", "chunk", "tablewindow", "ddl", "prepared", "source_table",
					  "pendingkey", "held", "exception"};

enum { TABLES = sizeof table_definitions / sizeof *table_definitions,
       NAME_TABLES = sizeof name_tables / sizeof *name_tables };

void dts_source_state_release(struct dts_source_state *s)
{
	dts_buf_release(&s->server_id);
	dts_buf_release(&s->snapshot);
	dts_buf_release(&s->updated);
	dts_position_release(&s->watermark);
	dts_position_release(&s->applied);
	dts_above_release(&s->above);
}

void dts_checkpoint_table(const struct dts_checkpoint *c, const char *table, struct dts_buf *sql)
{
	dts_sql_table(sql, dts_slice_of(c->db), dts_slice_of(table));
}

void dts_checkpoint_where(const struct dts_checkpoint *c, struct dts_slice src, struct dts_buf *sql)
{
	dts_buf_adds(sql, "checkpoint=");
	dts_sql_literal(sql, dts_slice_of(c->name));
	dts_buf_adds(sql, " AND src=");
	dts_sql_literal(sql, src);
}

int dts_checkpoint_create(const struct dts_checkpoint *c, struct dts_error *err)
{
	struct dts_buf sql = {0};
	int rc;

	/* Asking first: an account that may not create finds what an administrator made. */
	dts_buf_adds(&sql, "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA=");
	dts_sql_literal(&sql, dts_slice_of(c->db));
	dts_buf_adds(&sql, " AND TABLE_NAME IN ('checkpoint','source','mark','chunk','tablewindow','ddl','prepared',"
			   "'source_table','pendingkey','held','exception')");
	struct dts_buf count = {0};
	rc = dts_session_value(c->session, dts_buf_slice(&sql), &count, err);
	if (rc < 0 || (rc == 1 && strtoul(dts_buf_text(&count), NULL, 10) == TABLES))
		goto out;
	dts_buf_clear(&sql);
	dts_buf_adds(&sql, "CREATE DATABASE IF NOT EXISTS ");
	dts_sql_ident(&sql, dts_slice_of(c->db));
	dts_buf_adds(&sql, " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
	rc = dts_session_run(c->session, dts_buf_slice(&sql), err);
	for (size_t i = 0; i < TABLES && rc >= 0; i++) {
		const char *paren = strchr(table_definitions[i], ' ');
		dts_buf_clear(&sql);
		dts_buf_adds(&sql, "CREATE TABLE IF NOT EXISTS ");
		dts_sql_table(&sql, dts_slice_of(c->db),
			      dts_slice(table_definitions[i], (size_t)(paren - table_definitions[i])));
		dts_buf_adds(&sql, paren);
		dts_buf_adds(&sql, " ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
		rc = dts_session_run(c->session, dts_buf_slice(&sql), err);
	}
out:
	dts_buf_release(&sql);
	dts_buf_release(&count);
	if (rc < 0)
		dts_where(err, "cannot create the checkpoint tables in '%s'", c->db);
	if (rc < 0 && err->status == DTS_REFUSED)
		dts_hint(err, "the account needs CREATE, SELECT, INSERT, UPDATE and DELETE on `%s`.*", c->db);
	if (rc < 0)
		return -1;
	return 0;
}

/* Lock names have 64 characters at most, and MySQL takes none beyond utf8mb3. */
static bool is_lock_name(struct dts_slice name)
{
	for (size_t i = 0; i < name.len; i++)
		if ((unsigned char)name.p[i] >= 0x80)
			return false;
	return name.len <= 40;
}

int dts_checkpoint_lock(const struct dts_checkpoint *c, unsigned seconds, struct dts_error *err)
{
	struct dts_buf sql = {0}, name = {0}, got = {0};

	/* A hash keeps any name apart. */
	dts_buf_addf(&name, "%s.%s", c->db, c->name);
	uint64_t hash = !is_lock_name(dts_buf_slice(&name));
	dts_buf_clear(&sql);
	dts_buf_adds(&sql, "SELECT GET_LOCK(");
	if (hash) {
		dts_buf_adds(&sql, "SHA2("); /* MySQL 9.7 has no MD5() any more */
		dts_sql_literal(&sql, dts_buf_slice(&name));
		dts_buf_adds(&sql, ",256)");
	} else {
		dts_sql_literal(&sql, dts_buf_slice(&name));
	}
	dts_buf_addf(&sql, ",%u)", seconds);
	int rc = dts_session_value(c->session, dts_buf_slice(&sql), &got, err);
	if (rc >= 0 && (rc == 0 || !dts_slice_is(dts_buf_slice(&got), "1"))) {
		rc = dts_fail(err, DTS_AGAIN, "checkpoint '%s' is held by another run", c->name);
		dts_hint(err, "wait for it to end, or give this run another --checkpoint");
	}
	dts_buf_release(&sql);
	dts_buf_release(&name);
	dts_buf_release(&got);
	return rc < 0 ? -1 : 0;
}

/* The epoch that the raise would come to, were it run. */
static int next_epoch(struct dts_checkpoint *c, struct dts_error *err)
{
	struct dts_buf sql = {0}, value = {0};

	dts_buf_adds(&sql, "SELECT epoch FROM ");
	dts_checkpoint_table(c, "checkpoint", &sql);
	dts_buf_adds(&sql, " WHERE name=");
	dts_sql_literal(&sql, dts_slice_of(c->name));
	int rc = dts_session_value(c->session, dts_buf_slice(&sql), &value, err);
	c->epoch = rc > 0 ? strtoull(dts_buf_text(&value), NULL, 10) + 1 : 1;
	dts_buf_release(&sql);
	dts_buf_release(&value);
	return rc < 0 ? -1 : 0;
}

int dts_checkpoint_raise(struct dts_checkpoint *c, struct dts_error *err)
{
	struct dts_buf sql = {0}, value = {0};
	int rc;

	dts_buf_adds(&sql, "INSERT INTO ");
	dts_checkpoint_table(c, "checkpoint", &sql);
	dts_buf_adds(&sql, " (name, format, epoch) VALUES (");
	dts_sql_literal(&sql, dts_slice_of(c->name));
	dts_buf_addf(&sql, ",%d,1) ON DUPLICATE KEY UPDATE epoch=LAST_INSERT_ID(epoch+1)", FORMAT);
	rc = dts_session_run(c->session, dts_buf_slice(&sql), err);
	if (rc >= 0 && c->session->print) {
		dts_buf_release(&sql);
		return next_epoch(c, err);
	}
	if (rc >= 0) {
		/* The number that this very statement wrote; 0: it made the row. */
		c->epoch = mysql_insert_id(c->session->mysql);
		if (c->epoch == 0)
			c->epoch = 1;
		dts_buf_clear(&sql);
		dts_buf_adds(&sql, "SELECT format FROM ");
		dts_checkpoint_table(c, "checkpoint", &sql);
		dts_buf_adds(&sql, " WHERE name=");
		dts_sql_literal(&sql, dts_slice_of(c->name));
		rc = dts_session_value(c->session, dts_buf_slice(&sql), &value, err);
	}
	if (rc == 0)
		rc = dts_fail(err, DTS_AGAIN, "checkpoint '%s' was removed while it was being taken", c->name);
	if (rc > 0) {
		long format = strtol(dts_buf_text(&value), NULL, 10);
		if (format != FORMAT) {
			rc = dts_fail(err, DTS_REFUSED, "checkpoint '%s' has format %ld, this version knows %d", c->name,
				      format, FORMAT);
			dts_hint(err, "use the version of dts that wrote it");
		}
	}
	dts_buf_release(&sql);
	dts_buf_release(&value);
	return rc < 0 ? -1 : 0;
}

/* The end of a SELECT of one row, whose lock is held, while this run is the current one. */
static void add_while_current(const struct dts_checkpoint *c, struct dts_buf *sql)
{
	dts_buf_adds(sql, " FROM ");
	dts_checkpoint_table(c, "checkpoint", sql);
	dts_buf_adds(sql, " WHERE name=");
	dts_sql_literal(sql, dts_slice_of(c->name));
	dts_buf_adds(sql, " AND epoch=");
	dts_buf_addu(sql, c->epoch);
	/* What both families understand. */
	dts_buf_adds(sql, " LOCK IN SHARE MODE");
}

void dts_checkpoint_guard(const struct dts_checkpoint *c, struct dts_buf *sql)
{
	dts_buf_adds(sql, "SELECT epoch");
	add_while_current(c, sql);
}

/* Position text of a row: what cannot be read is told, not guessed. */
static int read_position(const struct dts_checkpoint *c, struct dts_position *p, const char *text, struct dts_error *err)
{
	if (dts_json_check(dts_slice_of(text), err) < 0 || dts_position_parse(p, dts_slice_of(text), err) < 0)
		return dts_where(err, "checkpoint '%s'", c->name);
	return 0;
}

static int read_source(const struct dts_checkpoint *c, MYSQL_ROW row, struct dts_source_state *s, struct dts_error *err)
{
	s->phase = strcmp(row[0], "full") == 0 ? DTS_PHASE_FULL : DTS_PHASE_CHANGES;
	dts_buf_clear(&s->server_id);
	dts_buf_adds(&s->server_id, row[1]);
	dts_buf_clear(&s->snapshot);
	dts_buf_adds(&s->snapshot, row[3]);
	dts_buf_clear(&s->updated);
	dts_buf_adds(&s->updated, row[6]);
	if (read_position(c, &s->watermark, row[2], err) < 0)
		return -1;
	dts_position_copy(&s->applied, &s->watermark);
	return 0;
}

/* All is there up to the latest of the marks. One below the watermark is of a worker that has had nothing to do since. */
static int read_mark(const struct dts_checkpoint *c, const char *text, struct dts_source_state *s, struct dts_error *err)
{
	struct dts_position mark = {0};
	int rc = read_position(c, &mark, text, err);

	if (rc == 0 && (!s->applied.file[0] || (mark.file[0] && dts_position_compare(&mark, &s->applied) > 0)))
		dts_position_copy(&s->applied, &mark);
	dts_position_release(&mark);
	return rc;
}

/* The source's row, beside each of its marks. */
static int read_state(const struct dts_checkpoint *c, MYSQL_RES *res, struct dts_source_state *s, struct dts_error *err)
{
	MYSQL_ROW row;
	int rc = 0;

	for (bool first = true; rc == 0 && (row = mysql_fetch_row(res)); first = false) {
		if (first)
			rc = read_source(c, row, s, err);
		if (rc == 0 && row[4])
			rc = read_mark(c, row[4], s, err);
	}
	dts_above_release(&s->above);
	mysql_data_seek(res, 0);
	while (rc == 0 && (row = mysql_fetch_row(res)) && row[5])
		if ((rc = dts_above_read(&s->above, dts_slice_of(row[5]), &s->applied, err)) < 0)
			dts_where(err, "checkpoint '%s'", c->name);
	return rc;
}

int dts_checkpoint_read(const struct dts_checkpoint *c, struct dts_slice src, struct dts_source_state *s,
			struct dts_error *err)
{
	struct dts_buf sql = {0};
	int rc = 0;

	/* One statement, so that watermark and marks are of one moment. */
	dts_buf_adds(&sql, "SELECT s.phase, s.server_id, s.watermark, s.snapshot, m.pos, m.above,"
			   " (SELECT GREATEST(s.updated, COALESCE(MAX(n.updated), s.updated)) FROM ");
	dts_checkpoint_table(c, "mark", &sql);
	dts_buf_adds(&sql, " n WHERE n.checkpoint=s.checkpoint AND n.src=s.src) FROM ");
	dts_checkpoint_table(c, "source", &sql);
	dts_buf_adds(&sql, " s LEFT JOIN ");
	dts_checkpoint_table(c, "mark", &sql);
	dts_buf_adds(&sql, " m ON m.checkpoint=s.checkpoint AND m.src=s.src WHERE s.checkpoint=");
	dts_sql_literal(&sql, dts_slice_of(c->name));
	dts_buf_adds(&sql, " AND s.src=");
	dts_sql_literal(&sql, src);
	dts_buf_adds(&sql, " ORDER BY m.worker");
	MYSQL_RES *res = dts_session_query(c->session, dts_buf_slice(&sql), err);
	if (!res)
		rc = -1;
	else if (mysql_num_rows(res) > 0)
		rc = read_state(c, res, s, err) < 0 ? -1 : 1;
	mysql_free_result(res);
	dts_buf_release(&sql);
	return rc;
}

static int read_names(const struct dts_checkpoint *c, struct dts_buf *sql, struct dts_list *names, struct dts_error *err)
{
	MYSQL_RES *res = dts_session_query(c->session, dts_buf_slice(sql), err);

	dts_buf_release(sql);
	if (!res)
		return -1;
	for (MYSQL_ROW row; (row = mysql_fetch_row(res));)
		dts_list_add(names, row[0]);
	mysql_free_result(res);
	return 0;
}

int dts_checkpoint_sources(const struct dts_checkpoint *c, struct dts_list *names, struct dts_error *err)
{
	struct dts_buf sql = {0};

	dts_buf_adds(&sql, "SELECT src FROM ");
	dts_checkpoint_table(c, "source", &sql);
	dts_buf_adds(&sql, " WHERE checkpoint=");
	dts_sql_literal(&sql, dts_slice_of(c->name));
	dts_buf_adds(&sql, " ORDER BY src");
	return read_names(c, &sql, names, err);
}

/* Are the tables there at all? A target that was never applied to has none; one
 * that this account may not look at is another matter. */
static int tables_exist(const struct dts_checkpoint *c, struct dts_error *err)
{
	struct dts_buf sql = {0}, value = {0};

	dts_buf_adds(&sql, "SELECT COUNT(*) FROM ");
	dts_checkpoint_table(c, "source", &sql);
	int rc = dts_session_value(c->session, dts_buf_slice(&sql), &value, err);
	unsigned number = rc < 0 ? mysql_errno(c->session->mysql) : 0;
	dts_buf_release(&sql);
	dts_buf_release(&value);
	if (number == ER_NO_SUCH_TABLE || number == ER_BAD_DB_ERROR)
		return 0;
	if (rc < 0)
		dts_where(err, "cannot read the checkpoints in '%s'", c->db);
	if (rc < 0 && err->status == DTS_REFUSED)
		dts_hint(err, "the account needs SELECT on `%s`.*, an applier also CREATE, INSERT, UPDATE and DELETE", c->db);
	return rc;
}

int dts_checkpoint_names(const struct dts_checkpoint *c, struct dts_list *names, struct dts_error *err)
{
	struct dts_buf sql = {0};
	int rc = tables_exist(c, err);

	if (rc <= 0)
		return rc;
	/* A run that took a name and wrote nothing under it has left no checkpoint. */
	dts_buf_adds(&sql, "SELECT DISTINCT checkpoint FROM ");
	dts_checkpoint_table(c, "source", &sql);
	dts_buf_adds(&sql, " ORDER BY checkpoint");
	return read_names(c, &sql, names, err);
}

int dts_checkpoint_exists(const struct dts_checkpoint *c, struct dts_error *err)
{
	struct dts_list names = {0};
	int rc = tables_exist(c, err);

	if (rc > 0)
		rc = dts_checkpoint_sources(c, &names, err) < 0 ? -1 : names.count > 0;
	dts_list_release(&names);
	return rc;
}

/* Is there a table of this name? An earlier version may have made the others. 1, 0, -1. */
static int has_table(const struct dts_checkpoint *c, const char *table, struct dts_error *err)
{
	struct dts_buf sql = {0}, count = {0};

	dts_buf_adds(&sql, "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA=");
	dts_sql_literal(&sql, dts_slice_of(c->db));
	dts_buf_adds(&sql, " AND TABLE_NAME=");
	dts_sql_literal(&sql, dts_slice_of(table));
	int rc = dts_session_value(c->session, dts_buf_slice(&sql), &count, err);
	if (rc > 0)
		rc = !dts_slice_is(dts_buf_slice(&count), "0");
	dts_buf_release(&sql);
	dts_buf_release(&count);
	return rc;
}

int dts_checkpoint_exceptions(const struct dts_checkpoint *c, struct dts_list *lines, struct dts_error *err)
{
	struct dts_buf sql = {0};
	int rc = has_table(c, "exception", err);

	if (rc <= 0)
		return rc;
	dts_buf_adds(&sql, "SELECT CONCAT(at, ' UTC: ', what, ' ', tx, ' of ', src, ', by ', account, ': ', reason) FROM ");
	dts_checkpoint_table(c, "exception", &sql);
	dts_buf_adds(&sql, " WHERE checkpoint=");
	dts_sql_literal(&sql, dts_slice_of(c->name));
	dts_buf_adds(&sql, " ORDER BY at, tx");
	return read_names(c, &sql, lines, err);
}

int dts_checkpoint_has_exception(const struct dts_checkpoint *c, struct dts_slice tx, struct dts_error *err)
{
	struct dts_buf sql = {0}, value = {0};

	dts_buf_adds(&sql, "SELECT 1 FROM ");
	dts_checkpoint_table(c, "exception", &sql);
	dts_buf_adds(&sql, " WHERE checkpoint=");
	dts_sql_literal(&sql, dts_slice_of(c->name));
	dts_buf_adds(&sql, " AND tx=");
	dts_sql_literal(&sql, tx);
	dts_buf_adds(&sql, " LIMIT 1");
	int rc = dts_session_value(c->session, dts_buf_slice(&sql), &value, err);
	dts_buf_release(&sql);
	dts_buf_release(&value);
	return rc;
}

int dts_checkpoint_pending_keys(const struct dts_checkpoint *c, struct dts_list *keys, struct dts_error *err)
{
	struct dts_buf sql = {0};
	int rc = has_table(c, "pendingkey", err);

	if (rc <= 0)
		return rc;
	dts_buf_adds(&sql, "SELECT CONCAT(db, '.', tbl, ': ', clause) FROM ");
	dts_checkpoint_table(c, "pendingkey", &sql);
	dts_buf_adds(&sql, " WHERE checkpoint=");
	dts_sql_literal(&sql, dts_slice_of(c->name));
	dts_buf_adds(&sql, " ORDER BY src, db, tbl, kind='foreign', ordinal");
	return read_names(c, &sql, keys, err);
}

int dts_checkpoint_held(const struct dts_checkpoint *c, struct dts_list *records, struct dts_error *err)
{
	struct dts_buf sql = {0};
	int rc = has_table(c, "held", err);

	if (rc <= 0)
		return rc;
	dts_buf_adds(&sql, "SELECT record FROM ");
	dts_checkpoint_table(c, "held", &sql);
	dts_buf_adds(&sql, " WHERE checkpoint=");
	dts_sql_literal(&sql, dts_slice_of(c->name));
	dts_buf_adds(&sql, " ORDER BY src, ordinal");
	return read_names(c, &sql, records, err);
}

int dts_checkpoint_remove(const struct dts_checkpoint *c, struct dts_error *err)
{
	struct dts_buf sql = {0};
	int rc = dts_session_run(c->session, DTS_LIT("START TRANSACTION"), err);

	for (size_t i = 0; i < NAME_TABLES && rc >= 0; i++) {
		dts_buf_clear(&sql);
		dts_buf_adds(&sql, "DELETE FROM ");
		dts_checkpoint_table(c, name_tables[i], &sql);
		dts_buf_adds(&sql, " WHERE checkpoint=");
		dts_sql_literal(&sql, dts_slice_of(c->name));
		rc = dts_session_run(c->session, dts_buf_slice(&sql), err);
		/* An earlier version has not made this table. */
		if (rc < 0 && mysql_errno(c->session->mysql) == ER_NO_SUCH_TABLE)
			rc = 0;
	}
	if (rc >= 0) {
		dts_buf_clear(&sql);
		dts_buf_adds(&sql, "DELETE FROM ");
		dts_checkpoint_table(c, "checkpoint", &sql);
		dts_buf_adds(&sql, " WHERE name=");
		dts_sql_literal(&sql, dts_slice_of(c->name));
		rc = dts_session_run(c->session, dts_buf_slice(&sql), err);
	}
	dts_buf_release(&sql);
	if (rc >= 0)
		rc = dts_session_run(c->session, DTS_LIT("COMMIT"), err);
	return rc < 0 ? -1 : 0;
}

static void add_position(struct dts_buf *sql, const struct dts_position *p)
{
	struct dts_buf json = {0};

	dts_position_add(&json, p, true);
	dts_sql_literal(sql, dts_buf_slice(&json));
	dts_buf_release(&json);
}

void dts_checkpoint_add_source(const struct dts_checkpoint *c, struct dts_slice src, struct dts_slice server_id,
			       enum dts_phase phase, const struct dts_position *watermark,
			       struct dts_slice snapshot, struct dts_buf *sql)
{
	dts_buf_adds(sql, "REPLACE INTO ");
	dts_checkpoint_table(c, "source", sql);
	dts_buf_adds(sql, " (checkpoint, src, server_id, phase, watermark, snapshot, updated) VALUES (");
	dts_sql_literal(sql, dts_slice_of(c->name));
	dts_buf_addc(sql, ',');
	dts_sql_literal(sql, src);
	dts_buf_addc(sql, ',');
	dts_sql_literal(sql, server_id);
	dts_buf_adds(sql, phase == DTS_PHASE_FULL ? ",'full'," : ",'changes',");
	add_position(sql, watermark);
	dts_buf_addc(sql, ',');
	dts_sql_literal(sql, snapshot);
	dts_buf_adds(sql, ",UTC_TIMESTAMP(6))");
}

void dts_checkpoint_add_watermark(const struct dts_checkpoint *c, struct dts_slice src, const struct dts_position *to,
				  struct dts_buf *sql)
{
	dts_buf_adds(sql, "UPDATE ");
	dts_checkpoint_table(c, "source", sql);
	dts_buf_adds(sql, " SET watermark=");
	add_position(sql, to);
	dts_buf_adds(sql, ", updated=UTC_TIMESTAMP(6) WHERE ");
	dts_checkpoint_where(c, src, sql);
}

void dts_checkpoint_add_mark(const struct dts_checkpoint *c, struct dts_slice src, unsigned worker, struct dts_slice tx,
			     const struct dts_position *low, struct dts_slice above, struct dts_buf *sql)
{
	dts_buf_adds(sql, "REPLACE INTO ");
	dts_checkpoint_table(c, "mark", sql);
	dts_buf_adds(sql, " (checkpoint, src, worker, tx, pos, above, updated) SELECT ");
	dts_sql_literal(sql, dts_slice_of(c->name));
	dts_buf_addc(sql, ',');
	dts_sql_literal(sql, src);
	dts_buf_addf(sql, ",%u,", worker);
	dts_sql_literal(sql, tx);
	dts_buf_addc(sql, ',');
	add_position(sql, low);
	dts_buf_addc(sql, ',');
	dts_sql_literal(sql, above);
	dts_buf_adds(sql, ",UTC_TIMESTAMP(6)");
	add_while_current(c, sql);
}

void dts_checkpoint_add_exception(const struct dts_checkpoint *c, struct dts_slice src, struct dts_slice tx, const char *what,
				  const char *reason, struct dts_buf *sql)
{
	const struct dts_slice values[] = {dts_slice_of(c->name), src, tx, dts_slice_of(what), dts_slice_of(reason)};

	dts_buf_adds(sql, "INSERT INTO ");
	dts_checkpoint_table(c, "exception", sql);
	dts_buf_adds(sql, " (checkpoint, src, tx, what, reason, account, at) VALUES (");
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		dts_sql_literal(sql, values[i]);
		dts_buf_addc(sql, ',');
	}
	dts_buf_adds(sql, "USER(),UTC_TIMESTAMP(6))");
}
