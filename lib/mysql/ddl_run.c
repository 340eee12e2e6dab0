#include "mysql/ddl_run.h"

#include <mysqld_error.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "mysql/quote.h"

/* MariaDB says of each event that no scheduler runs it, which is as it should be until the target takes over. */
static bool is_idle_scheduler(const struct dts_ddl *d, char *const *warning)
{
	return d->kind == DTS_DDL_CREATE_EVENT && strcmp(warning[1], "1105") == 0 && strstr(warning[2], "scheduler is switched off");
}

static int read_warnings(struct dts_session *s, const struct dts_ddl *d, struct dts_buf *warnings, struct dts_error *err)
{
	if (mysql_warning_count(s->mysql) == 0)
		return 0;
	MYSQL_RES *res = dts_session_query(s, DTS_LIT("SHOW WARNINGS"), err);
	if (!res)
		return -1;
	for (MYSQL_ROW row; (row = mysql_fetch_row(res));)
		if (strcmp(row[0], "Note") != 0 && !is_idle_scheduler(d, row) && !dts_warning_is_deprecation((unsigned)strtoul(row[1], NULL, 10)))
			dts_buf_addf(warnings, "%s %s: %s\n", row[0], row[1], row[2]);
	mysql_free_result(res);
	return 0;
}

static bool needs_default_db(const struct dts_ddl *d)
{
	for (size_t i = 0; i < d->count; i++)
		if (d->objects[i].db.len == 0 && d->objects[i].type != DTS_DDL_TYPE_DATABASE)
			return true;
	return d->count == 0;
}

/* Names in a view's query, as of a function, are those of the default database even where its own name says another;
 * there the database need not be at the target. */
static int enter_database(struct dts_session *s, const struct dts_ddl *d, struct dts_slice db, struct dts_error *err)
{
	struct dts_buf use = {0};
	bool needed = needs_default_db(d);
	int rc = 0;

	if (db.len == 0 || (!needed && !d->body))
		return 0;
	dts_buf_adds(&use, "USE ");
	dts_sql_ident(&use, db);
	rc = dts_session_run(s, dts_buf_slice(&use), err);
	dts_buf_release(&use);
	if (rc < 0 && !needed && mysql_errno(s->mysql) == ER_BAD_DB_ERROR) {
		*err = (struct dts_error)DTS_ERROR_INIT;
		rc = 0;
	}
	return rc;
}

/* The text in the character set that what it makes is to keep; as it is where the target has no such set for clients. */
static struct dts_slice enter_charset(struct dts_session *s, const struct dts_ddl *d, struct dts_slice sql, struct dts_slice context,
				      struct dts_buf *text)
{
	struct dts_error ignored = DTS_ERROR_INIT;
	const struct dts_charset *cs = s->print ? NULL : dts_ddl_context_charset(d, sql, context, text);

	if (!cs || dts_session_runf(s, &ignored, "SET character_set_client=%s", dts_charset_name(cs)) < 0)
		return sql;
	return dts_buf_slice(text);
}

int dts_ddl_run(struct dts_session *s, const struct dts_ddl *d, struct dts_slice sql, struct dts_slice default_db,
		const struct dts_ddl_origin *origin, struct dts_slice context, struct dts_buf *warnings, struct dts_error *err)
{
	struct dts_error after = DTS_ERROR_INIT;
	struct dts_buf text = {0};
	unsigned set = 0;
	int rc = enter_database(s, d, default_db, err);

	if (rc == 0)
		rc = dts_ddl_context_enter(s, d, sql, origin, context, &set, err);
	if (rc == 0)
		sql = enter_charset(s, d, sql, context, &text);
	/* One statement: a second one would have been chosen by nobody. */
	mysql_set_server_option(s->mysql, MYSQL_OPTION_MULTI_STATEMENTS_OFF);
	if (rc == 0 && (rc = dts_session_run(s, sql, err)) == 0)
		rc = read_warnings(s, d, warnings, err);
	mysql_set_server_option(s->mysql, MYSQL_OPTION_MULTI_STATEMENTS_ON);
	if (dts_ddl_context_leave(s, set, &after) < 0 && rc == 0) {
		*err = after;
		rc = -1;
	}
	dts_buf_release(&text);
	return rc;
}

/* ---- what objects look like ---- */

void dts_ddl_without_counter(struct dts_slice sql, struct dts_buf *text)
{
	static const char option[] = " AUTO_INCREMENT=";
	const char *at = NULL;

	/* The option stands behind the last closing parenthesis' line. */
	for (const char *p = sql.p; (p = memmem(p, sql.len - (size_t)(p - sql.p), option, sizeof option - 1)); p++)
		at = p;
	const char *close = memrchr(sql.p, '\n', sql.len);
	if (!at || !close || at < close) {
		dts_buf_add_slice(text, sql);
		return;
	}
	dts_buf_add(text, sql.p, (size_t)(at - sql.p));
	for (at += sizeof option - 1; at < sql.p + sql.len && *at >= '0' && *at <= '9'; at++)
		;
	dts_buf_add(text, at, (size_t)(sql.p + sql.len - at));
}

int dts_ddl_definition(struct dts_session *s, struct dts_slice db, struct dts_slice table, struct dts_buf *text,
		       struct dts_error *err)
{
	struct dts_buf sql = {0};
	int rc = 1;

	dts_buf_adds(&sql, "SHOW CREATE TABLE ");
	dts_sql_table(&sql, db, table);
	MYSQL_RES *res = dts_session_query(s, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	if (!res) {
		unsigned number = mysql_errno(s->mysql);
		return number == ER_NO_SUCH_TABLE || number == ER_BAD_DB_ERROR ? 0 : -1;
	}
	MYSQL_ROW row = mysql_fetch_row(res);
	unsigned long *lengths = row ? mysql_fetch_lengths(res) : NULL;
	if (row && row[1])
		dts_ddl_without_counter(dts_slice(row[1], lengths[1]), text);
	else
		rc = 0;
	mysql_free_result(res);
	return rc;
}

static int add_database(struct dts_session *s, struct dts_slice db, struct dts_buf *state, struct dts_error *err)
{
	struct dts_buf sql = {0};

	dts_buf_adds(&sql, "SELECT CONCAT(DEFAULT_CHARACTER_SET_NAME,' ',DEFAULT_COLLATION_NAME)"
			   " FROM information_schema.SCHEMATA WHERE SCHEMA_NAME=");
	dts_sql_literal(&sql, db);
	int rc = dts_session_value(s, dts_buf_slice(&sql), state, err);
	dts_buf_release(&sql);
	if (rc == 0)
		dts_buf_adds(state, "absent");
	return rc < 0 ? -1 : 0;
}

static int add_table(struct dts_session *s, struct dts_slice db, struct dts_slice table, struct dts_buf *state,
		     struct dts_error *err)
{
	struct dts_buf sql = {0}, text = {0};

	int rc = dts_ddl_definition(s, db, table, &text, err);
	if (rc == 0)
		dts_buf_adds(state, "absent");
	if (rc > 0) {
		dts_buf_addf(state, "%016llx ", (unsigned long long)dts_hash(text.data, text.len));
		dts_buf_adds(&sql, "SELECT CREATE_TIME FROM information_schema.TABLES WHERE TABLE_SCHEMA=");
		dts_sql_literal(&sql, db);
		dts_buf_adds(&sql, " AND TABLE_NAME=");
		dts_sql_literal(&sql, table);
		rc = dts_session_value(s, dts_buf_slice(&sql), state, err);
	}
	dts_buf_release(&sql);
	dts_buf_release(&text);
	return rc < 0 ? -1 : 0;
}

/* What the catalog says of a trigger, a routine or package, or an event. */
static int add_program(struct dts_session *s, const struct dts_ddl_object *o, struct dts_slice db, struct dts_buf *state,
		       struct dts_error *err)
{
	const bool event = o->type == DTS_DDL_TYPE_EVENT, trigger = o->type == DTS_DDL_TYPE_TRIGGER;
	const char *kind = trigger ? "TRIGGER" : event ? "EVENT" : "ROUTINE";
	struct dts_buf sql = {0};

	dts_buf_addf(&sql, "SELECT CONCAT_WS(' ',CREATED,%s,DEFINER,SHA2(CONCAT_WS(' ',%s,%s),256)) FROM information_schema.%sS WHERE %s_SCHEMA=",
		     trigger ? "''" : "LAST_ALTERED", event ? "STATUS" : "''",
		     trigger ? "ACTION_STATEMENT" : event ? "EVENT_DEFINITION" : "ROUTINE_DEFINITION", kind, kind);
	dts_sql_literal(&sql, db);
	dts_buf_addf(&sql, " AND %s_NAME=", kind);
	dts_sql_literal(&sql, o->name);
	if (!event && !trigger) {
		dts_buf_adds(&sql, " AND ROUTINE_TYPE LIKE ");
		dts_buf_adds(&sql, o->type == DTS_DDL_TYPE_FUNCTION ? "'FUNCTION'" : o->type == DTS_DDL_TYPE_PROCEDURE ? "'PROCEDURE'" : "'PACKAGE%'");
	}
	dts_buf_adds(&sql, " LIMIT 1");
	int rc = dts_session_value(s, dts_buf_slice(&sql), state, err);
	dts_buf_release(&sql);
	if (rc == 0)
		dts_buf_adds(state, "absent");
	return rc < 0 ? -1 : 0;
}

int dts_ddl_identity(struct dts_session *s, const struct dts_ddl *d, struct dts_slice default_db, struct dts_buf *state,
		     struct dts_error *err)
{
	for (size_t i = 0; i < d->count; i++) {
		const struct dts_ddl_object *o = &d->objects[i];
		struct dts_slice db = o->db.len > 0 ? o->db : default_db;
		int rc = 0;
		if (o->role == DTS_DDL_LIKE || o->role == DTS_DDL_REFERENCED)
			continue;
		dts_buf_add_slice(state, db);
		dts_buf_addc(state, '.');
		dts_buf_add_slice(state, o->name);
		dts_buf_addc(state, ' ');
		if (o->type == DTS_DDL_TYPE_DATABASE)
			rc = add_database(s, db, state, err);
		else if (o->type == DTS_DDL_TYPE_TABLE || o->type == DTS_DDL_TYPE_SEQUENCE || o->type == DTS_DDL_TYPE_VIEW)
			rc = add_table(s, db, o->name, state, err);
		else
			rc = add_program(s, o, db, state, err);
		if (rc < 0)
			return -1;
		dts_buf_addc(state, '\n');
	}
	return 0;
}
