#include "binlog/history_catalog.h"

#include <stdlib.h>

#include "mysql/hold.h"
#include "mysql/source.h"

enum { ATTEMPTS = 5 };

int dts_history_server_of(struct dts_history_server *server, struct dts_log_source *s, struct dts_slice src,
			  struct dts_error *err)
{
	struct dts_buf mode = {0};
	bool mariadb = s->control.family == DTS_MARIADB;
	int status = mariadb ? dts_session_value(&s->control, DTS_LIT("SELECT FIND_IN_SET('UTF8_IS_UTF8MB3', @@global.old_mode)"),
						 &mode, err) : 0;

	*server = (struct dts_history_server){
		.mariadb = mariadb, .version = s->control.version, .lower_case_names = s->control.lower_case_names,
		.utf8_is_utf8mb4 = mariadb && dts_slice_is(dts_buf_slice(&mode), "0"),
		.src = src, .identity = dts_buf_slice(&s->identity),
	};
	dts_buf_release(&mode);
	return status < 0 ? -1 : 0;
}

static int add_tables(struct dts_history *h, struct dts_session *s, const struct dts_tables *t, struct dts_error *err)
{
	for (size_t i = 0; i < t->count; i++) {
		struct dts_schema schema = {0};
		int rc;

		rc = dts_catalog_schema(s, t->items[i].db, t->items[i].name, &schema, NULL, err);
		if (rc > 0 && dts_catalog_labels(s, &schema, err) < 0) {
			/* Not all of it is known, so it is not in the history; that says so if a row comes. */
			rc = err->status == DTS_REFUSED ? 0 : -1;
			if (rc == 0)
				*err = (struct dts_error)DTS_ERROR_INIT;
		}
		if (rc > 0)
			dts_history_add_table(h, &schema);
		dts_schema_release(&schema);
		if (rc < 0)
			return -1;
	}
	return 0;
}

/* Calls `each` for each database and its collation until it returns false: 1 if it never did, 0, -1. */
static int each_database(struct dts_history *h, struct dts_session *s,
			 bool (*each)(struct dts_history *h, struct dts_slice db, struct dts_slice collation),
			 struct dts_error *err)
{
	MYSQL_RES *result = dts_session_query(s, DTS_LIT("SELECT SCHEMA_NAME, DEFAULT_COLLATION_NAME FROM "
							 "information_schema.SCHEMATA"), err);
	int rc = 1;

	if (!result)
		return -1;
	for (MYSQL_ROW row; rc && (row = mysql_fetch_row(result));)
		if (row[0] && row[1] && !dts_catalog_is_system(dts_slice_of(row[0])))
			rc = each(h, dts_slice_of(row[0]), dts_slice_of(row[1]));
	mysql_free_result(result);
	return rc;
}

static bool add_database(struct dts_history *h, struct dts_slice db, struct dts_slice collation)
{
	dts_history_add_database(h, db, collation);
	return true;
}

static int add_databases(struct dts_history *h, struct dts_session *s, struct dts_error *err)
{
	return each_database(h, s, add_database, err) < 0 ? -1 : 0;
}

static bool same_database(struct dts_history *h, struct dts_slice db, struct dts_slice collation)
{
	return dts_slice_eq(dts_definitions_database(h->tables, db), collation);
}

/* No metadata lock keeps ALTER DATABASE away. 1, 0, -1. */
static int same_databases(struct dts_history *h, struct dts_session *s, struct dts_error *err)
{
	return each_database(h, s, same_database, err);
}

/* Holds the definitions of all tables that can be: they are put in `left`. One that the account may not
 * read, or that is broken, is none of ours until a row of it comes. 1; 0: later perhaps; -1. */
static int hold(struct dts_session *s, const struct dts_tables *t, struct dts_tables *left, struct dts_error *err)
{
	left->items = dts_zalloc(t->count + 1, sizeof *left->items);
	if (dts_catalog_hold(s, t, true, err) == 0) {
		if (t->count > 0)
			memcpy(left->items, t->items, t->count * sizeof *left->items);
		left->count = t->count;
		return 1;
	}
	for (size_t i = 0; i < t->count && err->status == DTS_REFUSED; i++) {
		const struct dts_tables one = {.items = &t->items[i], .count = 1};

		*err = (struct dts_error)DTS_ERROR_INIT;
		if (dts_catalog_hold(s, &one, true, err) == 0) {
			left->items[left->count++] = t->items[i];
			err->status = DTS_REFUSED; /* as before the next */
		}
	}
	/* Also when it is the last table that another one changes now. */
	if (err->status != DTS_REFUSED)
		return err->status == DTS_AGAIN ? 0 : -1;
	*err = (struct dts_error)DTS_ERROR_INIT;
	return 1;
}

/* Views have the names of tables. */
static int add_views(struct dts_history *h, struct dts_session *s, struct dts_error *err)
{
	MYSQL_RES *result = dts_session_query(s, DTS_LIT("SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES "
							 "WHERE TABLE_TYPE='VIEW'"), err);

	if (!result)
		return -1;
	for (MYSQL_ROW row; (row = mysql_fetch_row(result));)
		if (row[0] && row[1] && !dts_catalog_is_system(dts_slice_of(row[0])))
			dts_history_add_view(h, dts_slice_of(row[0]), dts_slice_of(row[1]));
	mysql_free_result(result);
	return 0;
}

/* Has the account SELECT on everything? Of what it has no privilege on, the catalog shows nothing. */
static bool sees_all(struct dts_session *s)
{
	struct dts_error ignored = DTS_ERROR_INIT;
	struct dts_buf n = {0};
	/* Who may read the accounts is shown the others' privileges, too. */
	bool all = dts_session_value(s, DTS_LIT("SELECT COUNT(*) FROM information_schema.USER_PRIVILEGES WHERE PRIVILEGE_TYPE='SELECT' "
						"AND GRANTEE=CONCAT('''',REPLACE(CURRENT_USER(),'@','''@'''),'''')"),
				     &n, &ignored) > 0 && !dts_slice_is(dts_buf_slice(&n), "0");

	dts_buf_release(&n);
	return all;
}

/* 1: read; 0: definitions changed meanwhile; -1. */
static int attempt(struct dts_history *h, struct dts_log_source *s, struct dts_error *err)
{
	const struct dts_selection all = {0};
	struct dts_tables tables = {0}, again = {0}, left = {0};
	struct dts_session *session = &s->control;
	int rc = -1;

	dts_history_clear(h); /* of the attempt before */
	/* Others wait behind what is held, so not for long. */
	if (dts_session_runf(session, err, "SET SESSION lock_wait_timeout=5; BEGIN") < 0 ||
	    dts_catalog_tables(session, &all, &tables, err) < 0)
		goto out;
	rc = hold(session, &tables, &left, err);
	if (rc <= 0)
		goto out;
	rc = -1;
	if (add_databases(h, session, err) < 0 || add_tables(h, session, &left, err) < 0 ||
	    dts_log_source_end(s, false, &h->at, err) < 0 || dts_catalog_tables(session, &all, &again, err) < 0)
		goto out;
	/* What was created since the list was made would be before the position. */
	rc = dts_tables_same(&tables, &again) ? same_databases(h, session, err) : 0;
	if (rc > 0)
		rc = add_views(h, session, err) < 0 ? -1 : 1;
	/* What is not there was not, as far as the account sees: it must see all. */
	h->complete = rc > 0 && left.count == tables.count && sees_all(session);
	dts_definitions_set_complete(h->tables, h->complete);
out:
	free(left.items); /* its names are those of `tables` */
	dts_tables_release(&tables);
	dts_tables_release(&again);
	return rc;
}

int dts_history_read_catalog(struct dts_history *h, struct dts_log_source *s, struct dts_error *err)
{
	for (int i = 0; i < ATTEMPTS; i++) {
		int rc = attempt(h, s, err);

		if (dts_session_runf(&s->control, err, "ROLLBACK; SET SESSION lock_wait_timeout=DEFAULT") < 0 || rc < 0)
			return -1;
		if (rc > 0)
			return 0;
	}
	dts_fail(err, DTS_AGAIN, "the definitions of tables of %s keep changing, so that they cannot be read at one position",
		 s->control.label);
	return dts_hint(err, "a statement that changes tables is running or waiting; try again after it");
}
