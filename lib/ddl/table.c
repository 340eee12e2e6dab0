/* CREATE TABLE and ALTER TABLE: their further tables, and what ALTER does to
 * rows that the log does not tell. */
#include "ddl/parser.h"

static bool starts_query(const struct dts_sql_scan *s)
{
	return dts_sql_is(s, "SELECT") || dts_sql_is(s, "VALUES") ||
	       dts_sql_is(s, "WITH") || dts_sql_is(s, "TABLE");
}

/* At a '(': does a query begin behind it, and behind any more of them? */
static bool opens_query(const struct dts_ddl_parser *p)
{
	struct dts_sql_scan s = p->scan;

	while (dts_sql_is_char(&s, '('))
		dts_sql_next(&s);
	return starts_query(&s);
}

/* UNION [=] (a, b): the tables of a MERGE table. */
static void take_union(struct dts_ddl_parser *p)
{
	dts_sql_next(&p->scan);
	dts_ddl_take_char(p, '=');
	if (!dts_sql_is_char(&p->scan, '(') || opens_query(p))
		return;
	dts_sql_next(&p->scan);
	if (dts_ddl_take_char(p, ')'))
		return;
	do {
		dts_ddl_take_name(p, DTS_DDL_TYPE_TABLE, DTS_DDL_REFERENCED);
	} while (!p->failed && dts_ddl_take_char(p, ','));
	dts_ddl_take_char(p, ')');
}

/* CREATE TABLE t ...: true when the token at hand begins a query. */
static bool at_query(const struct dts_ddl_parser *p)
{
	struct dts_sql_scan next;

	if (dts_sql_is_char(&p->scan, '('))
		return opens_query(p);
	if (!dts_sql_is(&p->scan, "WITH"))
		return starts_query(&p->scan);
	next = dts_ddl_peek(p);
	return !dts_sql_is(&next, "SYSTEM"); /* WITH SYSTEM VERSIONING */
}

/* REFERENCES name: without its database it is in that of the table, not in the default
 * one (tried on both). */
static bool take_references(struct dts_ddl_parser *p)
{
	struct dts_ddl_object *o;

	if (!dts_ddl_take(p, "REFERENCES"))
		return false;
	o = dts_ddl_take_name(p, DTS_DDL_TYPE_TABLE, DTS_DDL_REFERENCED);
	if (o && o->db.len == 0)
		o->db = p->d->objects[0].db;
	return true;
}

/* The definition behind the name: columns, options, partitions, query. */
static void take_definition(struct dts_ddl_parser *p)
{
	struct dts_ddl *d = p->d;
	size_t depth = 0;

	while (p->scan.type != DTS_SQL_END && !p->failed) {
		struct dts_sql_scan next;

		if (depth == 0 && at_query(p)) {
			if (!p->temporary)
				d->kind = DTS_DDL_CREATE_TABLE_SELECT;
			d->body = true;
			return;
		}
		if (take_references(p))
			continue;
		if (depth == 0 && dts_sql_is(&p->scan, "UNION")) {
			take_union(p);
			continue;
		}
		if (depth == 0 && dts_sql_is(&p->scan, "START")) {
			next = dts_ddl_peek(p);
			if (dts_sql_is(&next, "TRANSACTION"))
				d->effects |= DTS_DDL_STARTS;
		}
		if (dts_sql_is_char(&p->scan, '('))
			depth++;
		else if (dts_sql_is_char(&p->scan, ')') && depth > 0)
			depth--;
		dts_sql_next(&p->scan);
	}
}

void dts_ddl_create_table(struct dts_ddl_parser *p)
{
	struct dts_ddl *d = p->d;
	bool guarded = dts_ddl_take_guard(p);
	struct dts_ddl_object *o = dts_ddl_take_name(p, DTS_DDL_TYPE_TABLE, DTS_DDL_TARGET);
	struct dts_sql_scan next;

	if (!o)
		return;
	o->guarded = guarded;
	d->kind = p->temporary ? DTS_DDL_TEMPORARY : DTS_DDL_CREATE_TABLE;
	next = dts_ddl_peek(p);
	if (dts_sql_is_char(&p->scan, '(') && dts_sql_is(&next, "LIKE"))
		dts_sql_next(&p->scan);
	if (dts_ddl_take(p, "LIKE")) {
		if (!p->temporary)
			d->kind = DTS_DDL_CREATE_TABLE_LIKE;
		dts_ddl_take_name(p, DTS_DDL_TYPE_TABLE, DTS_DDL_LIKE);
	} else {
		take_definition(p);
	}
}

/*
 * Functions whose value is not a matter of the row and of the statement's
 * recorded context (its timestamp and time zone, so NOW() is not one): in a
 * DEFAULT they give the rows that exist already other values at the target.
 */
static bool is_unrepeatable(const struct dts_ddl_parser *p)
{
	static const char *const functions[] = {
		"UUID", "UUID_SHORT", "UUID_V4", "UUID_V7", "SYS_GUID", "RAND", "RANDOM_BYTES",
		"SYSDATE", "NEXTVAL", "LASTVAL", "SETVAL", "CONNECTION_ID", "USER",
		"SESSION_USER", "SYSTEM_USER", "DATABASE", "SCHEMA", "VERSION",
		"LAST_INSERT_ID", "ROW_COUNT", "FOUND_ROWS", "LOAD_FILE", "GET_LOCK",
		"RELEASE_LOCK", "IS_FREE_LOCK", "IS_USED_LOCK", "ENCRYPT", "DES_ENCRYPT",
		"BINLOG_GTID_POS", "ROWNUM", "SLEEP", "BENCHMARK", "KDF", NULL,
	};
	struct dts_sql_scan next;

	if (dts_sql_is(&p->scan, "CURRENT_USER") || dts_sql_is(&p->scan, "CURRENT_ROLE"))
		return true;
	if (dts_sql_is_char(&p->scan, '@'))
		return true;
	if (p->scan.type != DTS_SQL_WORD)
		return false;
	next = dts_ddl_peek(p);
	if (dts_sql_is(&p->scan, "NEXT"))
		return dts_sql_is(&next, "VALUE");
	if (p->scan.after_dot) /* sequence.NEXTVAL */
		return dts_slice_is_nocase(dts_sql_text(&p->scan), "NEXTVAL") ||
		       dts_slice_is_nocase(dts_sql_text(&p->scan), "CURRVAL");
	if (!dts_sql_is_char(&next, '('))
		return false;
	for (size_t i = 0; functions[i]; i++)
		if (dts_sql_is(&p->scan, functions[i]))
			return true;
	return false;
}

/* To the comma behind an action of ALTER TABLE, or to the end. */
static void finish_action(struct dts_ddl_parser *p, bool adds)
{
	bool has_default = false;
	size_t depth = 0;

	while (p->scan.type != DTS_SQL_END && !p->failed) {
		struct dts_sql_scan next = dts_ddl_peek(p);

		if (depth == 0 && dts_sql_is_char(&p->scan, ','))
			return;
		if (take_references(p))
			continue;
		if (dts_sql_is_char(&p->scan, '('))
			depth++;
		else if (dts_sql_is_char(&p->scan, ')') && depth > 0)
			depth--;
		else if (adds && dts_sql_is(&p->scan, "DEFAULT"))
			has_default = true;
		else if (adds && dts_sql_is(&p->scan, "AUTO_INCREMENT") && !dts_sql_is_char(&next, '='))
			p->d->effects |= DTS_DDL_NUMBERS_ROWS;
		else if (has_default && is_unrepeatable(p))
			p->d->effects |= DTS_DDL_FILLS_ROWS;
		dts_sql_next(&p->scan);
	}
}

/* RENAME [TO | AS | =] name, but not RENAME COLUMN, INDEX or KEY. */
static void take_rename(struct dts_ddl_parser *p)
{
	if (dts_sql_is(&p->scan, "COLUMN") || dts_sql_is(&p->scan, "INDEX") ||
	    dts_sql_is(&p->scan, "KEY"))
		return;
	if (!dts_ddl_take(p, "TO") && !dts_ddl_take(p, "AS"))
		dts_ddl_take_char(p, '=');
	dts_ddl_take_name(p, DTS_DDL_TYPE_TABLE, DTS_DDL_NEW);
}

/* EXCHANGE PARTITION p WITH TABLE t; CONVERT PARTITION p TO TABLE t; CONVERT
 * TABLE t TO PARTITION p (the latter two MariaDB). CONVERT TO CHARACTER SET
 * is none of these. */
static void take_exchange(struct dts_ddl_parser *p)
{
	if (dts_ddl_take(p, "PARTITION")) {
		dts_sql_next(&p->scan);
		if (!dts_ddl_take(p, "WITH"))
			dts_ddl_take(p, "TO");
	} else if (!dts_sql_is(&p->scan, "TABLE")) {
		return;
	}
	p->d->effects |= DTS_DDL_EXCHANGES;
	if (!dts_ddl_take(p, "TABLE"))
		p->failed = true;
	else
		dts_ddl_take_name(p, DTS_DDL_TYPE_TABLE, DTS_DDL_EXCHANGED);
}

static void take_drop(struct dts_ddl_parser *p)
{
	struct dts_sql_scan next = dts_ddl_peek(p);

	if (dts_sql_is(&p->scan, "PARTITION"))
		p->d->effects |= DTS_DDL_DROPS_PARTITION;
	else if (dts_sql_is(&p->scan, "SYSTEM") && dts_sql_is(&next, "VERSIONING"))
		p->d->effects |= DTS_DDL_DROPS_HISTORY;
}

static void take_action(struct dts_ddl_parser *p)
{
	struct dts_sql_scan next = dts_ddl_peek(p);
	bool adds = false;

	if (dts_ddl_take(p, "RENAME")) {
		take_rename(p);
	} else if (dts_ddl_take(p, "EXCHANGE") || dts_ddl_take(p, "CONVERT")) {
		take_exchange(p);
	} else if (dts_ddl_take(p, "DROP") || dts_ddl_take(p, "TRUNCATE")) {
		take_drop(p);
	} else if (dts_ddl_take(p, "ADD")) {
		adds = true;
	} else if (dts_sql_is(&p->scan, "UNION")) {
		take_union(p);
	} else if ((dts_sql_is(&p->scan, "DISCARD") || dts_sql_is(&p->scan, "IMPORT")) &&
		   (dts_sql_is(&next, "TABLESPACE") || dts_sql_is(&next, "PARTITION"))) {
		p->d->effects |= DTS_DDL_TABLESPACE;
	}
	finish_action(p, adds);
}

void dts_ddl_alter_table(struct dts_ddl_parser *p)
{
	bool guarded = dts_ddl_take_guard(p);
	struct dts_ddl_object *o = dts_ddl_take_name(p, DTS_DDL_TYPE_TABLE, DTS_DDL_TARGET);

	if (!o)
		return;
	o->guarded = guarded;
	p->d->kind = DTS_DDL_ALTER_TABLE;
	dts_ddl_take_wait(p);
	do {
		take_action(p);
	} while (!p->failed && dts_ddl_take_char(p, ','));
}
