#include <stdlib.h>

#include "dump/dump.h"
#include "mysql/quote.h"

/*
 * A snapshot has the rows of one moment but shows them in the tables' latest
 * definition: on MariaDB an ALTER that rebuilds nothing is visible to older
 * snapshots (tried on 10.11: ADD COLUMN, RENAME COLUMN, MODIFY of an ENUM). The
 * position would then be before an ALTER that the rows already show. So a
 * second connection reads from each table, which holds its definition, before
 * the snapshot begins; the dump's own connection reads from each after that;
 * then the second one may go.
 */
enum { ATTEMPTS = 5, BATCH_BYTES = 64 * 1024 };

/* Takes what cannot be read out of the list, or refuses it by name. */
static int check_tables(struct dts_dump *d, struct dts_error *err)
{
	size_t kept = 0;
	struct dts_buf line = {0};
	int rc = 0;

	for (size_t i = 0; i < d->tables.count && rc == 0; i++) {
		const struct dts_table *t = &d->tables.items[i];
		int db_len = (int)t->db.len, len = (int)t->name.len;

		if (t->is_sequence) {
			dts_buf_clear(&line);
			dts_buf_addf(&line, "left out: sequence '%.*s.%.*s'", db_len, t->db.p, len, t->name.p);
			dts_list_add(&d->left_out, dts_buf_text(&line));
			continue;
		}
		if (t->system_versioned && !d->options->allow_versioned) {
			dts_fail(err, DTS_REFUSED, "table '%.*s.%.*s' is system-versioned: its history would be lost",
				 db_len, t->db.p, len, t->name.p);
			rc = dts_hint(err, "--allow-versioned copies the current rows only");
		}
		if (!t->transactional && !d->options->allow_nontransactional) {
			dts_fail(err, DTS_REFUSED, "table '%.*s.%.*s' has engine %.*s, which no snapshot covers",
				 db_len, t->db.p, len, t->name.p, (int)t->engine.len, t->engine.p);
			rc = dts_hint(err, "ALTER TABLE ... ENGINE=InnoDB, leave it out with --ignore-table, or copy it"
					   " as it happens to be with --allow-nontransactional");
		}
		d->tables.items[kept++] = *t;
	}
	dts_buf_release(&line);
	if (rc == 0)
		d->tables.count = kept;
	return rc;
}

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

/* One of these is denied: says which. */
static int find_denied(struct dts_session *s, const struct dts_tables *t, size_t from, size_t to, struct dts_error *err)
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
	if (rc == 0 || !is_denied(s))
		return -1;
	const struct dts_table *table = &t->items[i - 1];
	dts_fail(err, DTS_REFUSED, "table '%.*s.%.*s': this account may not read all of it: %s", (int)table->db.len,
		 table->db.p, (int)table->name.len, table->name.p, mysql_error(s->mysql));
	return dts_hint(err, "grant SELECT on the whole table, not on columns, or leave it out with --ignore-table");
}

/* Reads no row from each table within the session's transaction. -1 with
 * DTS_REFUSED: the account may not read one as a whole (`first` finds that out). */
static int hold_definitions(struct dts_session *s, const struct dts_tables *t, bool first, struct dts_error *err)
{
	struct dts_buf sql = {0};
	size_t from = 0;
	int rc = 0;

	for (size_t i = 0; i < t->count && rc == 0; i++) {
		add_hold(&sql, &t->items[i], first);
		if (sql.len < BATCH_BYTES && i + 1 < t->count)
			continue;
		rc = dts_session_run(s, dts_buf_slice(&sql), err);
		if (rc < 0 && is_denied(s))
			rc = find_denied(s, t, from, i + 1, err);
		else if (rc < 0)
			err->status = DTS_AGAIN;
		from = i + 1;
		dts_buf_clear(&sql);
	}
	dts_buf_release(&sql);
	return rc;
}

static bool same_tables(const struct dts_tables *a, const struct dts_tables *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!dts_slice_eq(a->items[i].db, b->items[i].db) || !dts_slice_eq(a->items[i].name, b->items[i].name))
			return false;
	return true;
}

/* 1: done; 0: definitions changed meanwhile, once more; -1. */
static int attempt(struct dts_dump *d, struct dts_session *helper, struct dts_source *source, struct dts_error *err)
{
	struct dts_session *s = d->session;
	struct dts_databases databases = {0};
	struct dts_tables again = {0};
	int rc;

	dts_tables_release(&d->tables);
	if (dts_catalog_tables(s, d->options->selection, &d->tables, err) < 0 ||
	    dts_catalog_databases(s, d->options->selection, &d->tables, &databases, err) < 0)
		return -1;
	rc = dts_catalog_check_patterns(s, d->options->selection, d->options->texts, &databases, &d->tables, err);
	dts_databases_release(&databases);
	if (rc < 0)
		return -1;
	if (hold_definitions(helper, &d->tables, true, err) < 0)
		return err->status == DTS_REFUSED ? -1 : 0;
	if (dts_source_snapshot(source, s, true, err) < 0)
		return -1;
	d->prepared = dts_source_prepared(helper);
	/* Waits for nobody for long: a waiting ALTER may be waiting for the helper. */
	if (hold_definitions(s, &d->tables, false, err) < 0)
		return 0;
	/* A table that was created meanwhile may be older than the snapshot. */
	if (dts_catalog_tables(s, d->options->selection, &again, err) < 0)
		return -1;
	rc = same_tables(&d->tables, &again);
	dts_tables_release(&again);
	if (!rc)
		dts_fail(err, DTS_AGAIN, "tables are created and dropped while the snapshot begins");
	return rc;
}

int dts_dump_snapshot(struct dts_dump *d, struct dts_source *source, struct dts_error *err)
{
	struct dts_session helper;
	struct dts_error last = DTS_ERROR_INIT;
	int rc = 0;

	if (dts_session_open(&helper, d->options->connect, err) < 0)
		return -1;
	for (int i = 0; i < ATTEMPTS && rc == 0; i++) {
		last = (struct dts_error)DTS_ERROR_INIT;
		rc = dts_session_runf(&helper, err, "ROLLBACK; SET SESSION lock_wait_timeout=20; BEGIN") < 0 ||
				     dts_session_runf(d->session, err, "ROLLBACK") < 0
			     ? -1
			     : attempt(d, &helper, source, &last);
		if (rc < 0 && last.message[0])
			*err = last;
	}
	dts_session_close(&helper);
	if (rc == 0) {
		*err = last;
		err->status = DTS_AGAIN;
		return dts_hint(err, "a statement that changes these tables is running or waiting; try again after it");
	}
	if (rc < 0 || check_tables(d, err) < 0)
		return -1;
	return dts_dump_check_parents(d, err);
}
