#include <stdlib.h>

#include "dump/dump.h"
#include "mysql/hold.h"
#include "mysql/place.h"

/*
 * A snapshot has the rows of one moment but shows them in the tables' latest
 * definition: on MariaDB an ALTER that rebuilds nothing is visible to older
 * snapshots (tried on 10.11: ADD COLUMN, RENAME COLUMN, MODIFY of an ENUM). The
 * position would then be before an ALTER that the rows already show. So a
 * connection of its own reads from each table, which holds its definition, before
 * the snapshot begins, and stays; the first reader's reads from each after
 * that. The other readers do when they come to a table, for this costs a millisecond a
 * table: there are always two who hold, and dts_dump_run() looks in the end whether they still do.
 */
enum { ATTEMPTS = 5 };

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

/* 1: done; 0: definitions changed meanwhile, once more; -1. */
static int attempt(struct dts_dump *d, struct dts_error *err)
{
	struct dts_session *s = &d->sessions[0];
	struct dts_databases databases = {0};
	struct dts_tables again = {0};
	int rc;

	dts_tables_release(&d->tables);
	dts_list_release(&d->notes);
	if (dts_catalog_tables(s, d->options->selection, &d->tables, err) < 0 ||
	    dts_catalog_databases(s, d->options->selection, &d->tables, &databases, err) < 0)
		return -1;
	rc = dts_catalog_check_patterns(s, d->options->selection, d->options->texts, &databases, &d->tables, err);
	dts_databases_release(&databases);
	if (rc < 0)
		return -1;
	if (dts_catalog_hold(&d->holder, &d->tables, true, err) < 0)
		return err->status == DTS_REFUSED ? -1 : 0;
	if (dts_source_snapshots(d->source, d->sessions, d->count, &d->tables, d->options->lock, d->at, &d->notes, err) < 0)
		return -1;
	d->prepared = dts_source_prepared(&d->holder);
	/* Waits for nobody for long: a waiting ALTER may be waiting for the holder. */
	if (dts_catalog_hold(s, &d->tables, false, err) < 0)
		return 0;
	/* A table that was created meanwhile may be older than the snapshot. */
	if (dts_catalog_tables(s, d->options->selection, &again, err) < 0)
		return -1;
	rc = dts_tables_same(&d->tables, &again);
	dts_tables_release(&again);
	if (!rc)
		dts_fail(err, DTS_AGAIN, "tables are created and dropped while the snapshot begins");
	return rc;
}

static int rollback_all(struct dts_dump *d, struct dts_error *err)
{
	for (size_t i = 0; i < d->count; i++)
		if (dts_session_runf(&d->sessions[i], err, "ROLLBACK") < 0)
			return -1;
	return 0;
}

int dts_dump_snapshot(struct dts_dump *d, struct dts_error *err)
{
	struct dts_error last = DTS_ERROR_INIT;
	int rc = 0;

	if (dts_session_open(&d->holder, d->options->connect, err) < 0 ||
	    dts_session_runf(&d->holder, err, "SET SESSION wait_timeout=%d", DTS_DUMP_IDLE_SECONDS) < 0)
		return -1;
	for (int i = 0; i < ATTEMPTS && rc == 0; i++) {
		last = (struct dts_error)DTS_ERROR_INIT;
		rc = dts_session_runf(&d->holder, err, "ROLLBACK; SET SESSION lock_wait_timeout=20; BEGIN") < 0 ||
				     rollback_all(d, err) < 0
			     ? -1
			     : attempt(d, &last);
		if (rc < 0 && last.message[0])
			*err = last;
	}
	if (rc == 0) {
		*err = last;
		err->status = DTS_AGAIN;
		return dts_hint(err, "a statement that changes these tables is running or waiting; try again after it");
	}
	if (rc < 0 || check_tables(d, err) < 0)
		return -1;
	/* It tells the log from one that is begun anew later; who may not ask goes without. */
	(void)dts_place_begun(d->options->connect, &d->source->pos, &last);
	return dts_dump_check_parents(d, err);
}
