#include "mysql/ddl_try.h"

#include <stdio.h>

#include "mysql/quote.h"

/* The lock goes with the connection: what is left of a run that was killed has none. */
static bool take_lock(struct dts_session *s, const char *db, int seconds)
{
	struct dts_error ignored = DTS_ERROR_INIT;
	struct dts_buf sql = {0}, got = {0};

	dts_buf_adds(&sql, "SELECT GET_LOCK(");
	dts_sql_literal(&sql, dts_slice_of(db));
	dts_buf_addf(&sql, ",%d)", seconds);
	bool held = dts_session_value(s, dts_buf_slice(&sql), &got, &ignored) > 0 && dts_slice_is(dts_buf_slice(&got), "1");
	dts_buf_release(&sql);
	dts_buf_release(&got);
	return held;
}

static void release_lock(struct dts_session *s, const char *db)
{
	struct dts_error ignored = DTS_ERROR_INIT;

	dts_session_runf(s, &ignored, "DO RELEASE_LOCK('%s')", db);
}

void dts_ddl_sweep(struct dts_session *s)
{
	struct dts_error ignored = DTS_ERROR_INIT;
	MYSQL_RES *res = dts_session_query(s, DTS_LIT("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA"
						      " WHERE SCHEMA_NAME REGEXP '^dts-try-[0-9]+$'"), &ignored);

	if (!res)
		return;
	for (MYSQL_ROW row; (row = mysql_fetch_row(res));) {
		if (!take_lock(s, row[0], 0))
			continue;
		dts_session_runf(s, &ignored, "DROP DATABASE IF EXISTS `%s`", row[0]);
		release_lock(s, row[0]);
	}
	mysql_free_result(res);
}

int dts_try_open(struct dts_try *t, struct dts_session *s, struct dts_slice collation)
{
	struct dts_error ignored = DTS_ERROR_INIT;
	struct dts_buf sql = {0};

	*t = (struct dts_try){.session = s};
	snprintf(t->db, sizeof t->db, "dts-try-%lu", mysql_thread_id(s->mysql));
	if (!take_lock(s, t->db, 10)) {
		t->db[0] = '\0';
		return 0;
	}
	/* Never one that is there already. */
	dts_buf_addf(&sql, "CREATE DATABASE `%s`", t->db);
	if (collation.len > 0) {
		dts_buf_adds(&sql, " COLLATE ");
		dts_sql_literal(&sql, collation);
	}
	int rc = dts_session_run(s, dts_buf_slice(&sql), &ignored);
	dts_buf_release(&sql);
	if (rc < 0) {
		release_lock(s, t->db);
		t->db[0] = '\0';
	}
	return rc == 0;
}

/* The statement without the databases of what it makes, and of the table that a trigger is on. */
static void unqualify(const struct dts_ddl *d, struct dts_slice sql, struct dts_buf *out)
{
	size_t from = 0;

	for (size_t i = 0; i < d->count; i++) {
		const struct dts_ddl_object *o = &d->objects[i];
		if (o->db_part.len == 0 || (o->role != DTS_DDL_TARGET && o->role != DTS_DDL_ON))
			continue;
		dts_buf_add(out, sql.p + from, o->whole.at - from);
		from = o->name_part.at;
	}
	dts_buf_add(out, sql.p + from, sql.len - from);
}

int dts_try_run(struct dts_try *t, const struct dts_ddl *d, struct dts_slice sql, const struct dts_ddl_origin *origin,
		struct dts_slice context, struct dts_error *why, struct dts_error *err)
{
	struct dts_buf text = {0}, warnings = {0}, use = {0};

	unqualify(d, sql, &text);
	/* Some of what a statement refers to is not there. */
	dts_buf_addf(&use, "USE `%s`; SET foreign_key_checks=0", t->db);
	int rc = dts_session_run(t->session, dts_buf_slice(&use), err);
	if (rc == 0)
		rc = dts_ddl_run(t->session, d, dts_buf_slice(&text), dts_slice_of(t->db), origin, context, &warnings, why) < 0 ? 0 : 1;
	if (rc == 0 && why->status == DTS_AGAIN) {
		*err = *why;
		rc = -1;
	}
	dts_buf_release(&text);
	dts_buf_release(&use);
	dts_buf_release(&warnings);
	return rc;
}

int dts_try_close(struct dts_try *t, struct dts_error *err)
{
	if (!t->db[0])
		return 0;
	int rc = dts_session_runf(t->session, err, "SET foreign_key_checks=1; DROP DATABASE `%s`", t->db);
	release_lock(t->session, t->db);
	t->db[0] = '\0';
	return rc;
}

int dts_ddl_tried(struct dts_session *s, const struct dts_ddl *d, struct dts_slice sql, const struct dts_ddl_origin *origin,
		  struct dts_slice context, struct dts_slice collation, bool altered, struct dts_buf *text, struct dts_error *err)
{
	struct dts_error why = DTS_ERROR_INIT, after = DTS_ERROR_INIT;
	struct dts_buf alter = {0};
	struct dts_try t;

	if (d->count == 0 || dts_try_open(&t, s, collation) == 0)
		return 0;
	int rc = dts_try_run(&t, d, sql, origin, context, &why, err);
	if (rc > 0 && altered) {
		dts_buf_adds(&alter, "ALTER TABLE ");
		dts_sql_table(&alter, dts_slice_of(t.db), d->objects[0].name);
		dts_buf_adds(&alter, " FORCE");
		rc = dts_session_run(s, dts_buf_slice(&alter), err) < 0 ? -1 : 1;
	}
	if (rc > 0)
		rc = dts_ddl_definition(s, dts_slice_of(t.db), d->objects[0].name, text, err);
	if (dts_try_close(&t, rc < 0 ? &after : err) < 0)
		rc = -1;
	dts_buf_release(&alter);
	return rc;
}
