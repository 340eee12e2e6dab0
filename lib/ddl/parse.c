/* From the leading keywords to the kind of the statement and its names. */
#include <stdlib.h>

#include "ddl/parser.h"

static bool take_any(struct dts_ddl_parser *p, const char *const *keywords)
{
	for (; *keywords; keywords++)
		if (dts_ddl_take(p, *keywords))
			return true;
	return false;
}

static bool is_any(const struct dts_ddl_parser *p, const char *const *keywords)
{
	for (; *keywords; keywords++)
		if (dts_sql_is(&p->scan, *keywords))
			return true;
	return false;
}

/* [IF [NOT] EXISTS] name */
static void one_name(struct dts_ddl_parser *p, enum dts_ddl_type type)
{
	bool guarded = dts_ddl_take_guard(p);
	struct dts_ddl_object *o = dts_ddl_take_name(p, type, DTS_DDL_TARGET);

	if (o)
		o->guarded = guarded;
}

/* [IF EXISTS] name, name, ... */
static void name_list(struct dts_ddl_parser *p, enum dts_ddl_type type)
{
	bool guarded = dts_ddl_take_guard(p);

	p->d->list = true;
	do {
		struct dts_ddl_object *o = dts_ddl_take_name(p, type, DTS_DDL_TARGET);

		if (!o)
			return;
		o->guarded = guarded;
	} while (dts_ddl_take_char(p, ','));
	/* An option may follow, which is a word. */
	if (p->scan.type != DTS_SQL_END && p->scan.type != DTS_SQL_WORD && !dts_sql_is_char(&p->scan, ';'))
		p->failed = true;
}

/* 'user'@'host', user, CURRENT_USER(); an unquoted host has dots and dashes. */
static void take_definer(struct dts_ddl_parser *p)
{
	struct dts_sql_scan *s = &p->scan;
	size_t start = s->at;

	dts_sql_next(s);
	if (!dts_ddl_take_char(p, '='))
		return;
	dts_sql_next(s);
	if (dts_ddl_take_char(p, '(')) {
		dts_ddl_take_char(p, ')');
	} else if (dts_ddl_take_char(p, '@')) {
		bool quoted = s->type == DTS_SQL_STRING || s->type == DTS_SQL_QUOTED;

		dts_sql_next(s);
		while (!quoted && s->at == s->prev_end && s->type != DTS_SQL_END &&
		       s->type != DTS_SQL_STRING && s->type != DTS_SQL_QUOTED)
			dts_sql_next(s);
	}
	p->d->definer = (struct dts_ddl_range){start, s->prev_end - start};
}

/* What may stand between CREATE, ALTER or DROP and the kind of object. */
static void take_modifiers(struct dts_ddl_parser *p)
{
	static const char *const plain[] = {
		"UNIQUE", "FULLTEXT", "VECTOR", "ONLINE", "OFFLINE", "IGNORE", "AGGREGATE", NULL,
	};
	struct dts_sql_scan next;

	for (;;) {
		next = dts_ddl_peek(p);
		if (dts_sql_is(&p->scan, "OR") && dts_sql_is(&next, "REPLACE")) {
			dts_ddl_take(p, "OR");
			dts_ddl_take(p, "REPLACE");
			p->d->or_replace = true;
		} else if (dts_sql_is(&p->scan, "SPATIAL") && dts_sql_is(&next, "INDEX")) {
			dts_sql_next(&p->scan);
		} else if (dts_ddl_take(p, "TEMPORARY")) {
			p->temporary = true;
		} else if (dts_ddl_take(p, "ALGORITHM")) {
			dts_ddl_take_char(p, '=');
			dts_sql_next(&p->scan);
		} else if (dts_sql_is(&p->scan, "SQL") && dts_sql_is(&next, "SECURITY")) {
			dts_ddl_take(p, "SQL");
			dts_ddl_take(p, "SECURITY");
			dts_sql_next(&p->scan);
		} else if (dts_sql_is(&p->scan, "JSON") && (dts_sql_is(&next, "RELATIONAL") || dts_sql_is(&next, "DUALITY"))) {
			dts_ddl_take(p, "JSON");
			dts_ddl_take(p, "RELATIONAL");
			dts_ddl_take(p, "DUALITY");
		} else if (dts_sql_is(&p->scan, "DEFINER")) {
			take_definer(p);
		} else if (!take_any(p, plain)) {
			return;
		}
	}
}

/* The kinds of object whose statements are just a name to us, the rest being
 * a body or options. `drop_list`: DROP takes several. */
static const struct simple {
	const char *keyword;
	enum dts_ddl_type type;
	enum dts_ddl_kind create, alter, drop;
	bool create_body, alter_body, drop_list;
} simples[] = {
	{"VIEW", DTS_DDL_TYPE_VIEW, DTS_DDL_CREATE_VIEW, DTS_DDL_ALTER_VIEW,
	 DTS_DDL_DROP_VIEW, true, true, true},
	{"TRIGGER", DTS_DDL_TYPE_TRIGGER, DTS_DDL_CREATE_TRIGGER, DTS_DDL_UNKNOWN,
	 DTS_DDL_DROP_TRIGGER, true, true, false},
	{"PROCEDURE", DTS_DDL_TYPE_PROCEDURE, DTS_DDL_CREATE_PROCEDURE, DTS_DDL_ALTER_PROCEDURE,
	 DTS_DDL_DROP_PROCEDURE, true, false, false},
	{"FUNCTION", DTS_DDL_TYPE_FUNCTION, DTS_DDL_CREATE_FUNCTION, DTS_DDL_ALTER_FUNCTION,
	 DTS_DDL_DROP_FUNCTION, true, false, false},
	{"PACKAGE", DTS_DDL_TYPE_PACKAGE, DTS_DDL_CREATE_PACKAGE, DTS_DDL_ALTER_PACKAGE,
	 DTS_DDL_DROP_PACKAGE, true, false, false},
	{"EVENT", DTS_DDL_TYPE_EVENT, DTS_DDL_CREATE_EVENT, DTS_DDL_ALTER_EVENT,
	 DTS_DDL_DROP_EVENT, true, true, false},
	{"SEQUENCE", DTS_DDL_TYPE_SEQUENCE, DTS_DDL_CREATE_SEQUENCE, DTS_DDL_ALTER_SEQUENCE,
	 DTS_DDL_DROP_SEQUENCE, false, false, true},
	{"DATABASE", DTS_DDL_TYPE_DATABASE, DTS_DDL_CREATE_DATABASE, DTS_DDL_ALTER_DATABASE,
	 DTS_DDL_DROP_DATABASE, false, false, false},
	{"SCHEMA", DTS_DDL_TYPE_DATABASE, DTS_DDL_CREATE_DATABASE, DTS_DDL_ALTER_DATABASE,
	 DTS_DDL_DROP_DATABASE, false, false, false},
};

static const struct simple *take_simple(struct dts_ddl_parser *p)
{
	for (size_t i = 0; i < sizeof(simples) / sizeof(simples[0]); i++) {
		if (dts_ddl_take(p, simples[i].keyword)) {
			if (simples[i].type == DTS_DDL_TYPE_PACKAGE)
				dts_ddl_take(p, "BODY");
			return &simples[i];
		}
	}
	return NULL;
}

static const char *const accounts[] = {"USER", "ROLE", NULL};

/* The rest that has a CREATE, ALTER or DROP: none of it belongs to a database. */
static const char *const admins[] = {
	"SERVER", "TABLESPACE", "UNDO", "LOGFILE", "SPATIAL", "RESOURCE",
	"INSTANCE", "LIBRARY", "CATALOG", "PREPARE", NULL,
};

static void other_object(struct dts_ddl_parser *p)
{
	if (is_any(p, accounts))
		p->d->kind = DTS_DDL_ACCOUNT;
	else if (is_any(p, admins))
		p->d->kind = DTS_DDL_ADMIN;
}

/* The rest of CREATE behind the name of what is no table. */
static void create_rest(struct dts_ddl_parser *p, const struct simple *simple)
{
	struct dts_ddl *d = p->d;
	struct dts_ddl_object *on;

	d->body = simple->create_body;
	if (d->kind == DTS_DDL_CREATE_TRIGGER) {
		dts_ddl_skip_to(p, "ON");
		dts_sql_next(&p->scan);
		on = dts_ddl_take_name(p, DTS_DDL_TYPE_TABLE, DTS_DDL_ON);
		if (on && on->db.len == 0) /* not that of the default database (tried on both) */
			on->db = d->objects[0].db;
	} else if (d->kind == DTS_DDL_CREATE_FUNCTION && dts_ddl_take(p, "RETURNS")) {
		dts_sql_next(&p->scan);
		if (dts_sql_is(&p->scan, "SONAME")) { /* a function of a plugin */
			d->kind = DTS_DDL_ADMIN;
			d->count = 0;
			d->body = false;
		}
	}
}

static void parse_create(struct dts_ddl_parser *p)
{
	struct dts_ddl *d = p->d;
	const struct simple *simple;

	take_modifiers(p);
	if (dts_ddl_take(p, "TABLE")) {
		dts_ddl_create_table(p);
	} else if (dts_ddl_take(p, "INDEX")) {
		d->kind = DTS_DDL_CREATE_INDEX;
		dts_ddl_take_guard(p);
		dts_sql_next(&p->scan);
		dts_ddl_skip_to(p, "ON");
		dts_sql_next(&p->scan);
		dts_ddl_take_name(p, DTS_DDL_TYPE_TABLE, DTS_DDL_TARGET);
	} else if ((simple = take_simple(p))) {
		d->kind = p->temporary ? DTS_DDL_TEMPORARY : simple->create;
		one_name(p, simple->type);
		if (!p->failed)
			create_rest(p, simple);
	} else {
		other_object(p);
	}
}

/* ALTER DATABASE without a name means the default one. Some words that begin
 * an option may be names, too: "ALTER DATABASE comment COMMENT 'x'". */
static bool at_database_option(const struct dts_ddl_parser *p)
{
	static const char *const options[] = {
		"CHARACTER", "COLLATE", "DEFAULT", "READ", "CHARSET", "COMMENT", "ENCRYPTION", NULL,
	};
	struct dts_ddl_parser next = *p;

	if (!is_any(p, options))
		return false;
	if (is_any(p, options + 4)) {
		dts_sql_next(&next.scan);
		return !is_any(&next, options) && !dts_sql_is(&next.scan, "UPGRADE");
	}
	return true;
}

static void alter_database(struct dts_ddl_parser *p)
{
	struct dts_ddl_object *o;

	if (!at_database_option(p)) {
		dts_ddl_take_name(p, DTS_DDL_TYPE_DATABASE, DTS_DDL_TARGET);
		return;
	}
	o = dts_ddl_add_object(p->d);
	*o = (struct dts_ddl_object){
		.type = DTS_DDL_TYPE_DATABASE,
		.db = DTS_LIT(""),
		.name = DTS_LIT(""),
		.whole = {p->scan.prev_end, 0},
		.first_edge = p->scan.edges,
		.last_edge = p->scan.edges,
	};
}

static void parse_alter(struct dts_ddl_parser *p)
{
	struct dts_ddl *d = p->d;
	const struct simple *simple;
	struct dts_sql_scan next;

	take_modifiers(p);
	if (dts_ddl_take(p, "TABLE")) {
		dts_ddl_alter_table(p);
	} else if ((simple = take_simple(p))) {
		d->kind = simple->alter;
		d->body = simple->alter_body;
		if (d->kind == DTS_DDL_ALTER_DATABASE)
			alter_database(p);
		else
			one_name(p, simple->type);
		if (d->kind != DTS_DDL_ALTER_EVENT)
			return;
		for (d->body = false; p->scan.type != DTS_SQL_END; dts_sql_next(&p->scan)) {
			next = dts_ddl_peek(p);
			if (dts_sql_is(&p->scan, "DO")) {
				d->body = true;
				return;
			}
			if (dts_sql_is(&p->scan, "RENAME") && dts_sql_is(&next, "TO")) {
				dts_ddl_take(p, "RENAME");
				dts_ddl_take(p, "TO");
				dts_ddl_take_name(p, DTS_DDL_TYPE_EVENT, DTS_DDL_NEW);
			}
		}
	} else {
		other_object(p);
	}
}

/* MariaDB has been seen to write its own DROP behind executable comments of the client's, which
 * nobody can read then. */
static void end_of_drop(struct dts_ddl_parser *p)
{
	static const char *const options[] = {"RESTRICT", "CASCADE", "WAIT", "NOWAIT", NULL};

	if (p->scan.type != DTS_SQL_END && !dts_sql_is_char(&p->scan, ';') && !is_any(p, options))
		p->failed = true;
}

static void parse_drop(struct dts_ddl_parser *p)
{
	struct dts_ddl *d = p->d;
	const struct simple *simple;

	take_modifiers(p);
	if (dts_ddl_take(p, "TABLE") || dts_ddl_take(p, "TABLES")) {
		d->kind = p->temporary ? DTS_DDL_TEMPORARY : DTS_DDL_DROP_TABLE;
		name_list(p, DTS_DDL_TYPE_TABLE);
		end_of_drop(p);
	} else if (dts_ddl_take(p, "INDEX")) {
		d->kind = DTS_DDL_DROP_INDEX;
		dts_ddl_take_guard(p);
		dts_sql_next(&p->scan);
		if (!dts_ddl_take(p, "ON"))
			p->failed = true;
		else
			dts_ddl_take_name(p, DTS_DDL_TYPE_TABLE, DTS_DDL_TARGET);
	} else if ((simple = take_simple(p))) {
		d->kind = p->temporary ? DTS_DDL_TEMPORARY : simple->drop;
		if (simple->drop_list)
			name_list(p, simple->type);
		else
			one_name(p, simple->type);
		end_of_drop(p);
	} else {
		other_object(p);
	}
}

static void parse_rename(struct dts_ddl_parser *p)
{
	bool guarded;

	if (dts_sql_is(&p->scan, "USER")) {
		p->d->kind = DTS_DDL_ACCOUNT;
		return;
	}
	if (!dts_ddl_take(p, "TABLE") && !dts_ddl_take(p, "TABLES"))
		return;
	p->d->kind = DTS_DDL_RENAME_TABLE;
	p->d->list = true;
	guarded = dts_ddl_take_guard(p);
	do {
		struct dts_ddl_object *o = dts_ddl_take_name(p, DTS_DDL_TYPE_TABLE, DTS_DDL_TARGET);

		if (!o)
			return;
		o->guarded = guarded;
		dts_ddl_take_wait(p);
		if (!dts_ddl_take(p, "TO")) {
			p->failed = true;
			return;
		}
		dts_ddl_take_name(p, DTS_DDL_TYPE_TABLE, DTS_DDL_NEW);
	} while (!p->failed && dts_ddl_take_char(p, ','));
}

static void parse_truncate(struct dts_ddl_parser *p)
{
	dts_ddl_take(p, "TABLE");
	p->d->kind = DTS_DDL_TRUNCATE_TABLE;
	dts_ddl_take_name(p, DTS_DDL_TYPE_TABLE, DTS_DDL_TARGET);
}

/* ANALYZE, OPTIMIZE, REPAIR, CHECK, CHECKSUM TABLE list; MariaDB's ANALYZE
 * runs a statement and may change rows. */
static void parse_maintenance(struct dts_ddl_parser *p)
{
	static const char *const options[] = {"LOCAL", "NO_WRITE_TO_BINLOG", NULL};
	static const char *const rows[] = {"INSERT", "UPDATE", "DELETE", "REPLACE", "FORMAT", "SELECT", "WITH", NULL};
	enum dts_ddl_type type = DTS_DDL_TYPE_TABLE;

	p->d->kind = DTS_DDL_ADMIN;
	if (is_any(p, rows)) {
		p->d->kind = DTS_DDL_DML;
		return;
	}
	take_any(p, options);
	if (dts_ddl_take(p, "VIEW"))
		type = DTS_DDL_TYPE_VIEW;
	else if (!dts_ddl_take(p, "TABLE") && !dts_ddl_take(p, "TABLES"))
		return;
	name_list(p, type);
	/* ANALYZE TABLE a PERSISTENT FOR ..., b: do not see half of the list. */
	if (dts_sql_is(&p->scan, "PERSISTENT")) {
		p->d->count = 0;
		p->d->list = false;
	}
}

static void parse_delete(struct dts_ddl_parser *p)
{
	struct dts_ddl *d = p->d;

	d->kind = DTS_DDL_DML;
	/* DELETE FROM t, all of it, is how a server logs that a MEMORY table
	 * is empty after a restart. */
	if (!dts_ddl_take(p, "FROM"))
		return;
	dts_ddl_take_name(p, DTS_DDL_TYPE_TABLE, DTS_DDL_TARGET);
	if (p->scan.type != DTS_SQL_END || p->failed)
		d->count = 0;
	p->failed = false;
}

static void parse_statement(struct dts_ddl_parser *p);

static void parse_set(struct dts_ddl_parser *p)
{
	struct dts_sql_scan next = dts_ddl_peek(p);

	p->d->kind = DTS_DDL_DML;
	if (dts_sql_is(&p->scan, "PASSWORD") ||
	    (dts_sql_is(&p->scan, "ROLE") && !dts_sql_is_char(&next, '=')) ||
	    (dts_sql_is(&p->scan, "DEFAULT") && dts_sql_is(&next, "ROLE"))) {
		p->d->kind = DTS_DDL_ACCOUNT;
	} else if (dts_ddl_take(p, "STATEMENT")) {
		/* SET STATEMENT variable = value FOR the statement (MariaDB) */
		dts_ddl_skip_to(p, "FOR");
		dts_sql_next(&p->scan);
		p->d->kind = DTS_DDL_UNKNOWN;
		if (!dts_sql_is(&p->scan, "SET")) /* not allowed twice: no recursion */
			parse_statement(p);
	}
}

static void parse_load(struct dts_ddl_parser *p)
{
	p->d->kind = dts_sql_is(&p->scan, "INDEX") ? DTS_DDL_ADMIN : DTS_DDL_DML;
}

static const struct {
	const char *keyword;
	void (*parse)(struct dts_ddl_parser *p); /* or, where it is NULL, */
	enum dts_ddl_kind kind;
} statements[] = {
	{"CREATE", parse_create, DTS_DDL_UNKNOWN},
	{"ALTER", parse_alter, DTS_DDL_UNKNOWN},
	{"DROP", parse_drop, DTS_DDL_UNKNOWN},
	{"TRUNCATE", parse_truncate, DTS_DDL_UNKNOWN},
	{"RENAME", parse_rename, DTS_DDL_UNKNOWN},
	{"ANALYZE", parse_maintenance, DTS_DDL_UNKNOWN},
	{"OPTIMIZE", parse_maintenance, DTS_DDL_UNKNOWN},
	{"REPAIR", parse_maintenance, DTS_DDL_UNKNOWN},
	{"CHECK", parse_maintenance, DTS_DDL_UNKNOWN},
	{"CHECKSUM", parse_maintenance, DTS_DDL_UNKNOWN},
	{"DELETE", parse_delete, DTS_DDL_UNKNOWN},
	{"SET", parse_set, DTS_DDL_UNKNOWN},
	{"LOAD", parse_load, DTS_DDL_UNKNOWN},
	{"INSERT", NULL, DTS_DDL_DML},
	{"UPDATE", NULL, DTS_DDL_DML},
	{"REPLACE", NULL, DTS_DDL_DML},
	{"CALL", NULL, DTS_DDL_DML},
	{"WITH", NULL, DTS_DDL_DML},
	{"SELECT", NULL, DTS_DDL_DML},
	{"VALUES", NULL, DTS_DDL_DML},
	{"TABLE", NULL, DTS_DDL_DML},
	{"DO", NULL, DTS_DDL_DML},
	{"HANDLER", NULL, DTS_DDL_DML},
	{"EXECUTE", NULL, DTS_DDL_DML},
	{"PREPARE", NULL, DTS_DDL_DML},
	{"DEALLOCATE", NULL, DTS_DDL_DML},
	{"GRANT", NULL, DTS_DDL_ACCOUNT},
	{"REVOKE", NULL, DTS_DDL_ACCOUNT},
	{"FLUSH", NULL, DTS_DDL_ADMIN},
	{"RESET", NULL, DTS_DDL_ADMIN},
	{"CACHE", NULL, DTS_DDL_ADMIN},
	{"INSTALL", NULL, DTS_DDL_ADMIN},
	{"UNINSTALL", NULL, DTS_DDL_ADMIN},
	{"KILL", NULL, DTS_DDL_ADMIN},
	{"PURGE", NULL, DTS_DDL_ADMIN},
	{"CHANGE", NULL, DTS_DDL_ADMIN},
	{"START", NULL, DTS_DDL_ADMIN}, /* SLAVE; not TRANSACTION */
	{"STOP", NULL, DTS_DDL_ADMIN},
	{"SHUTDOWN", NULL, DTS_DDL_ADMIN},
	{"RESTART", NULL, DTS_DDL_ADMIN},
	{"LOCK", NULL, DTS_DDL_ADMIN},
	{"UNLOCK", NULL, DTS_DDL_ADMIN},
	{"BACKUP", NULL, DTS_DDL_ADMIN},
	{"CLONE", NULL, DTS_DDL_ADMIN},
	{"IMPORT", NULL, DTS_DDL_ADMIN},
};

static void parse_statement(struct dts_ddl_parser *p)
{
	if (dts_sql_is_char(&p->scan, '(')) {
		p->d->kind = DTS_DDL_DML; /* (SELECT ...) */
		return;
	}
	if (dts_ddl_transaction(p))
		return;
	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
		if (!dts_ddl_take(p, statements[i].keyword))
			continue;
		if (statements[i].parse)
			statements[i].parse(p);
		else
			p->d->kind = statements[i].kind;
		return;
	}
}

static void clear(struct dts_ddl *d)
{
	d->kind = DTS_DDL_UNKNOWN;
	d->count = 0;
	d->effects = 0;
	d->or_replace = d->list = d->body = d->one_phase = false;
	d->label = DTS_LIT("");
	d->definer = (struct dts_ddl_range){0, 0};
}

void dts_ddl_parse(struct dts_ddl *d, struct dts_slice sql, unsigned flags)
{
	struct dts_ddl_parser p = {.d = d};

	clear(d);
	dts_buf_clear(&d->text);
	dts_sql_start(&p.scan, sql, flags);
	if (p.scan.type == DTS_SQL_END) {
		d->kind = DTS_DDL_EMPTY;
		return;
	}
	parse_statement(&p);
	if (p.failed)
		clear(d);
}

void dts_ddl_release(struct dts_ddl *d)
{
	free(d->objects);
	dts_buf_release(&d->text);
	dts_buf_release(&d->routed);
	*d = (struct dts_ddl){0};
}
