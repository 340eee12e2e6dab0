#include "mysql/lock.h"

#include "mysql/quote.h"

enum {
	WAIT_SECONDS = 3,   /* those who would write may wait with us */
	ALONE_SECONDS = 20, /* should we be gone without a word, the server ends the lock */
};

const char *dts_source_lock_name(enum dts_lock kind)
{
	switch (kind) {
	case DTS_LOCK_TABLES:
		return "LOCK TABLES ... READ";
	case DTS_LOCK_FTWRL:
		return "FLUSH TABLES WITH READ LOCK";
	case DTS_LOCK_BACKUP:
		return "BACKUP STAGE BLOCK_COMMIT";
	default:
		return "no lock";
	}
}

static const char *privilege(enum dts_lock kind)
{
	return kind == DTS_LOCK_TABLES ? "LOCK TABLES and SELECT on the databases" : "RELOAD";
}

static bool is_denied(const struct dts_session *s)
{
	switch (mysql_errno(s->mysql)) {
	case 1044: /* ER_DBACCESS_DENIED_ERROR */
	case 1142: /* ER_TABLEACCESS_DENIED_ERROR */
	case 1227: /* ER_SPECIFIC_ACCESS_DENIED_ERROR */
		return true;
	default:
		return false;
	}
}

static void add_tables(struct dts_buf *sql, const struct dts_tables *tables)
{
	for (size_t i = 0; i < tables->count; i++) {
		dts_buf_adds(sql, i > 0 ? "," : "LOCK TABLES ");
		dts_sql_table(sql, tables->items[i].db, tables->items[i].name);
		dts_buf_adds(sql, " READ");
	}
}

static int run_lock(struct dts_source_lock *lock, const struct dts_tables *tables, struct dts_error *err)
{
	struct dts_buf sql = {0};

	dts_buf_addf(&sql, "SET SESSION lock_wait_timeout=%d, wait_timeout=%d;", WAIT_SECONDS, ALONE_SECONDS);
	if (lock->kind == DTS_LOCK_TABLES)
		add_tables(&sql, tables);
	else if (lock->kind == DTS_LOCK_FTWRL)
		dts_buf_adds(&sql, "FLUSH TABLES WITH READ LOCK");
	else /* goes through the stages between by itself */
		dts_buf_adds(&sql, "BACKUP STAGE START;BACKUP STAGE BLOCK_COMMIT");
	clock_gettime(CLOCK_MONOTONIC, &lock->since);
	int rc = dts_session_run(&lock->session, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	return rc;
}

int dts_source_lock_take(struct dts_source_lock *lock, const struct dts_connect_options *connect, enum dts_lock kind,
			 const struct dts_tables *tables, struct dts_error *err)
{
	struct dts_session *s = &lock->session;

	*lock = (struct dts_source_lock){.kind = kind};
	if (dts_session_open(s, connect, err) < 0)
		return -1;
	if (kind == DTS_LOCK_BACKUP && (s->family != DTS_MARIADB || s->version < 100401)) {
		dts_fail(err, DTS_REFUSED, "server %s has no %s", s->label, dts_source_lock_name(kind));
		dts_hint(err, "MariaDB has it since 10.4; leave --lock out, or choose --lock=tables");
	} else if (run_lock(lock, tables, err) == 0) {
		return 0;
	} else {
		dts_where(err, "cannot lock by %s", dts_source_lock_name(kind));
		if (is_denied(s))
			dts_hint(err, "grant the account %s, or leave --lock out", privilege(kind));
		else if (err->status == DTS_AGAIN)
			dts_hint(err, "a long statement or an open transaction is in the way: try again after it, or with --lock=none");
	}
	dts_source_lock_drop(lock);
	return -1;
}

int dts_source_lock_end(struct dts_source_lock *lock, double *ms, struct dts_error *err)
{
	struct timespec now;

	/* That this can be said tells that the connection, and so the lock, was there all the time. */
	int rc = dts_session_run(&lock->session, lock->kind == DTS_LOCK_BACKUP ? DTS_LIT("BACKUP STAGE END")
									       : DTS_LIT("UNLOCK TABLES"), err);
	clock_gettime(CLOCK_MONOTONIC, &now);
	*ms = (double)(now.tv_sec - lock->since.tv_sec) * 1e3 + (double)(now.tv_nsec - lock->since.tv_nsec) / 1e6;
	dts_source_lock_drop(lock);
	if (rc < 0) {
		err->status = DTS_AGAIN;
		dts_where(err, "the lock by %s had gone too early", dts_source_lock_name(lock->kind));
	}
	return rc;
}

void dts_source_lock_drop(struct dts_source_lock *lock)
{
	dts_session_close(&lock->session);
}
