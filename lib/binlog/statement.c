#include "binlog/capture_parts.h"
#include "ddl/definitions.h"
#include "ddl/objects.h"

enum { SHOWN = 200 }; /* bytes of a statement in a message */

/* Statements write it in any case where the server takes them all for the same. */
struct dts_slice dts_capture_name(const struct dts_capture *c, struct dts_slice name, struct dts_buf *b)
{
	if (!c->options.lower_case_names)
		return name;
	dts_buf_clear(b);
	dts_definitions_fold(b, name);
	return dts_buf_slice(b);
}

static bool wants_names(const struct dts_capture *c, const struct dts_ddl_object *o, struct dts_slice db, struct dts_slice name)
{
	if (dts_log_is_system_db(db) || (c->options.own_db && dts_slice_is(db, c->options.own_db)))
		return false;
	if (o->type == DTS_DDL_TYPE_DATABASE)
		return !c->options.selection || dts_selection_has_db(c->options.selection, db);
	return dts_online_selects(c->options.online, c->options.selection, db, name);
}

/* Is anything of this name captured? A database is when any table of it could be. */
static bool wants_object(const struct dts_capture *c, const struct dts_ddl_object *o, struct dts_slice default_db)
{
	struct dts_buf db = {0}, name = {0};
	bool wants = wants_names(c, o, dts_capture_name(c, o->db.len ? o->db : default_db, &db), dts_capture_name(c, o->name, &name));

	dts_buf_release(&db);
	dts_buf_release(&name);
	return wants;
}

unsigned dts_capture_flags(const struct dts_event_query *q)
{
	return dts_ddl_flags(q->sql_mode) | (q->mysql ? DTS_DDL_MYSQL : 0);
}

static bool is_selective(const struct dts_capture *c)
{
	const struct dts_selection *s = c->options.selection;

	return s && s->count > 0;
}

/* Is there anything that is left out? */
static bool is_choosy(const struct dts_capture *c)
{
	const struct dts_selection *s = c->options.selection;

	return (s && (s->count > 0 || s->ignored_count > 0)) || (c->options.online && c->options.online->hidden.count > 0);
}

/* Is the statement about anything that is captured? What names nothing (accounts,
 * server administration) is told only where everything is. */
static bool wants_statement(const struct dts_capture *c, const struct dts_ddl *d, struct dts_slice default_db)
{
	if (d->count == 0) /* what is not understood: see unknown() */
		return d->kind == DTS_DDL_UNKNOWN || !is_selective(c);
	for (size_t i = 0; i < d->count; i++) {
		const struct dts_ddl_object *o = &d->objects[i];

		if (o->role != DTS_DDL_LIKE && o->role != DTS_DDL_REFERENCED && wants_object(c, o, default_db))
			return true;
	}
	return false;
}

static int choose_db(const struct dts_capture *c, struct dts_slice db, struct dts_error *err)
{
	/* The target's database may hold more than what is selected here. */
	struct dts_buf b = {0};
	int rc = 0;

	if (c->ddl.kind == DTS_DDL_DROP_DATABASE && c->options.selection &&
	    !dts_selection_has_whole_db(c->options.selection, dts_capture_name(c, db, &b)))
		rc = dts_fail(err, DTS_BAD_INPUT, "DROP DATABASE of '%.*s', of which only some tables are selected",
			      (int)db.len, db.p);
	dts_buf_release(&b);
	return rc;
}

/* Is this object of a statement captured? A dts_ddl_choose. */
static int choose(void *ctx, enum dts_ddl_type type, struct dts_slice db, struct dts_slice name,
		  struct dts_ddl_choice *choice, struct dts_error *err)
{
	const struct dts_capture *c = ctx;
	const struct dts_ddl_object object = {.type = type, .db = db, .name = name};

	choice->keep = wants_object(c, &object, db);
	return choice->keep && type == DTS_DDL_TYPE_DATABASE ? choose_db(c, db, err) : 0;
}

/* Takes what is not selected out of a statement: *sql is then another text, which c->ddl
 * is about, and *db is empty where that no longer depends on it. 1: something is left; 0; -1. */
static int select_objects(struct dts_capture *c, const struct dts_event_query *q, struct dts_slice *sql,
			  struct dts_slice *db, struct dts_error *err)
{
	enum dts_ddl_verdict verdict;
	bool depends = false;

	dts_buf_clear(&c->sql);
	if (dts_ddl_rewrite(&c->ddl, *sql, *db, choose, c, &c->sql, &verdict, err) < 0) {
		dts_capture_online_hint(c, *db, err);
		return dts_capture_refuse(c);
	}
	if (verdict != DTS_DDL_REWRITTEN)
		return verdict != DTS_DDL_DROPPED;
	*sql = dts_buf_slice(&c->sql);
	dts_ddl_parse(&c->ddl, *sql, dts_capture_flags(q));
	for (size_t i = 0; i < c->ddl.count; i++)
		depends |= c->ddl.objects[i].db.len == 0;
	if (!depends)
		*db = dts_slice("", 0);
	return 1;
}

static void add_ddl_head(struct dts_capture *c, const struct dts_ddl *d, struct dts_slice db, struct dts_buf *out)
{
	dts_buf_addf(out, "{\"op\":\"ddl\",\"kind\":\"%s\",\"db\":", dts_ddl_kind_name(d->kind));
	dts_json_add_string(out, db);
	dts_buf_adds(out, ",\"tx\":\"");
	dts_buf_add_slice(out, dts_buf_slice(&c->gtid_text));
	dts_buf_addc(out, '"');
}

/* Who keeps what is known of the tables cannot tell what the statement made of them, if anything. */
static void unsay(struct dts_capture *c, const struct dts_ddl *d, struct dts_slice default_db)
{
	switch (d->kind) {
	case DTS_DDL_UNKNOWN:
		dts_log_tables_restate(&c->tables);
		return;
	case DTS_DDL_CREATE_TABLE:
	case DTS_DDL_CREATE_TABLE_LIKE:
	case DTS_DDL_CREATE_TABLE_SELECT:
	case DTS_DDL_ALTER_TABLE:
	case DTS_DDL_RENAME_TABLE:
	case DTS_DDL_DROP_TABLE:
		break;
	default:
		return;
	}
	for (size_t i = 0; i < d->count; i++) {
		const struct dts_ddl_object *o = &d->objects[i];

		if (o->role == DTS_DDL_TARGET || o->role == DTS_DDL_NEW)
			dts_log_tables_unsay(&c->tables, o->db.len > 0 ? o->db : default_db, o->name);
	}
}

void dts_capture_add_ddl(struct dts_capture *c, const struct dts_ddl *d, struct dts_slice db, struct dts_slice sql,
			 struct dts_slice context, struct dts_buf *out)
{
	uint64_t n = dts_tx_change(&c->tx, out);

	add_ddl_head(c, d, db, out);
	dts_buf_adds(out, ",\"n\":");
	dts_buf_addu(out, n);
	dts_buf_adds(out, ",\"sql\":");
	dts_json_add_string(out, sql);
	dts_buf_adds(out, ",\"objects\":");
	dts_ddl_add_objects(out, d, db);
	dts_buf_adds(out, ",\"context\":");
	dts_buf_add_slice(out, context);
	dts_buf_adds(out, "}\n");
	unsay(c, d, db);
}

/* Tells what is selected of a statement. 1: something was; 0; -1. */
static int tell(struct dts_capture *c, const struct dts_event_query *q, struct dts_slice sql, struct dts_buf *out,
		struct dts_error *err)
{
	struct dts_slice db = q->db;

	if (c->quiet || !wants_statement(c, &c->ddl, q->db))
		return 0;
	if (is_choosy(c) && c->ddl.count > 0) {
		int rc = select_objects(c, q, &sql, &db, err);

		if (rc <= 0)
			return rc;
	}
	if (c->has_variables) {
		dts_fail(err, DTS_BAD_INPUT, "a statement depends on random numbers or user variables: %.*s",
			 sql.len > 200 ? 200 : (int)sql.len, sql.p);
		return dts_capture_refuse(c);
	}
	dts_capture_add_ddl(c, &c->ddl, db, sql, dts_buf_slice(&c->context), out);
	return 1;
}

struct restating {
	struct dts_capture *c;
	struct dts_buf *out; /* NULL: nobody was told of the statement */
	bool any;            /* a table has changed */
};

/* A dts_definition_changed. */
static void restate(void *arg, struct dts_slice db, struct dts_slice table)
{
	struct restating *r = arg;
	struct dts_buf b = {0}, name = {0};

	r->any = true;
	if (r->out && dts_log_tables_restate_one(&r->c->tables, dts_capture_name(r->c, db, &b), dts_capture_name(r->c, table, &name), r->out))
		r->c->tx.records++;
	dts_buf_release(&b);
	dts_buf_release(&name);
}

struct restating_database {
	struct restating *r;
	struct dts_slice db;
};

static void restate_if_in(void *arg, const struct dts_defined_table *t)
{
	struct restating_database *d = arg;
	struct dts_buf b = {0};

	if (dts_slice_eq(dts_capture_name(d->r->c, t->schema.db, &b), d->db))
		restate(d->r, t->schema.db, t->schema.table);
	dts_buf_release(&b);
}

/* Each table tells the default of its database. */
static void restate_database(struct restating *r, struct dts_slice db)
{
	struct dts_buf b = {0};
	struct restating_database d = {r, dts_capture_name(r->c, db, &b)};

	dts_definitions_each_table(r->c->options.history->tables, restate_if_in, &d);
	dts_buf_release(&b);
}

/* The whole statement, whatever is selected; the tables that it changed are restated, so that
 * who reads the records knows them from here on. */
int dts_capture_learn(struct dts_capture *c, struct dts_slice db, struct dts_slice sql, struct dts_slice context,
		      struct dts_buf *out, struct dts_error *err)
{
	struct restating r = {.c = c, .out = out};
	struct dts_buf *b = &c->statement;

	if (!c->options.history || (!dts_ddl_kind_is_definition(c->ddl.kind) && c->ddl.kind != DTS_DDL_UNKNOWN))
		return 0;
	dts_buf_clear(b);
	add_ddl_head(c, &c->ddl, db, b);
	dts_buf_adds(b, ",\"sql\":");
	dts_json_add_string(b, sql);
	dts_buf_adds(b, ",\"context\":");
	dts_buf_add_slice(b, context);
	dts_buf_adds(b, "}\n");
	/* What the log numbered before is another table now. */
	dts_log_tables_forget(&c->tables);
	if (dts_history_statement(c->options.history, dts_buf_slice(b), &c->at, restate, &r, err) < 0)
		return -1;
	if (c->ddl.kind == DTS_DDL_ALTER_DATABASE)
		restate_database(&r, c->ddl.count > 0 ? c->ddl.objects[0].db : db);
	/* An ALTER TABLE ... ENGINE leaves the columns as they are; who keeps definitions
	 * cannot tell it from one that is not understood. */
	bool stays = c->ddl.kind == DTS_DDL_ALTER_TABLE || c->ddl.kind == DTS_DDL_CREATE_TABLE;
	if (stays && !r.any && c->ddl.count > 0)
		restate(&r, c->ddl.objects[0].db.len > 0 ? c->ddl.objects[0].db : db, c->ddl.objects[0].name);
	return 0;
}

static int refuse_doubtful(struct dts_capture *c, struct dts_slice sql, struct dts_error *err)
{
	dts_fail(err, DTS_BAD_INPUT, "a statement is about a temporary table of its session, or may be: %.*s",
		 sql.len > 200 ? 200 : (int)sql.len, sql.p);
	dts_hint(err, "run SET GLOBAL binlog_format=ROW on the source (sessions that are connected keep the old format), "
		 "so that temporary tables stay out of its log");
	return dts_capture_refuse(c);
}

struct mentions {
	const struct dts_capture *c;
	struct dts_slice default_db;
	bool unwanted; /* something was named that is not captured */
};

/* A dts_ddl_mentioned: true for what is captured. */
static bool is_wanted(void *ctx, struct dts_slice db, struct dts_slice name)
{
	struct mentions *m = ctx;
	struct dts_ddl_object o = {.type = name.len > 0 ? DTS_DDL_TYPE_TABLE : DTS_DDL_TYPE_DATABASE, .db = db, .name = name};
	bool wanted;

	if (db.len == 0 && m->default_db.len == 0)
		return false;
	/* Where all but some is captured, every word would be a database that is. */
	if (name.len == 0 && !is_selective(m->c))
		return false;
	wanted = wants_object(m->c, &o, m->default_db);
	m->unwanted = m->unwanted || !wanted;
	return wanted;
}

/* May a statement that is not understood be about anything that is captured? Not where it
 * names other things only, whatever its words mean. */
static bool may_concern(const struct dts_capture *c, const struct dts_event_query *q, struct dts_slice sql)
{
	struct mentions m = {.c = c, .default_db = q->db};

	if (!is_choosy(c))
		return true;
	return dts_ddl_mentions(sql, dts_capture_flags(q), is_wanted, &m) || (!is_selective(c) && !m.unwanted);
}

static void notice_left_out(const struct dts_capture *c, const struct dts_event *e, struct dts_slice sql)
{
	uint64_t at = c->payload.open ? c->event_at : c->at.offset >= e->size ? c->at.offset - e->size : 0;
	struct dts_buf line = {0};

	if (!c->options.notice)
		return;
	dts_buf_addf(&line, "warning: %s:%llu: left out a statement that is not understood: %.*s%s", c->at.file,
		     (unsigned long long)at, sql.len > SHOWN ? SHOWN : (int)sql.len, sql.p, sql.len > SHOWN ? "..." : "");
	c->options.notice(dts_buf_text(&line));
	dts_buf_release(&line);
}

/* What to do with a statement that is not understood. 1: tell it; 0: pass it over; -1. */
static int unknown(struct dts_capture *c, const struct dts_event *e, const struct dts_event_query *q, struct dts_slice sql,
		   struct dts_error *err)
{
	if (c->quiet || !may_concern(c, q, sql))
		return 0;
	switch (c->options.unknown_ddl) {
	case DTS_UNKNOWN_PASS:
		return 1;
	case DTS_UNKNOWN_SKIP:
		notice_left_out(c, e, sql);
		return 0;
	case DTS_UNKNOWN_STOP:
		break;
	}
	dts_fail(err, DTS_BAD_INPUT, "a statement that is not understood: %.*s%s", sql.len > SHOWN ? SHOWN : (int)sql.len, sql.p,
		 sql.len > SHOWN ? "..." : "");
	dts_hint(err, "--on-unknown-ddl=skip leaves such statements out, --on-unknown-ddl=pass prints them");
	c->refused_unless = true;
	return dts_capture_refuse(c);
}

static int definition(struct dts_capture *c, const struct dts_event *e, struct dts_event_query *q, struct dts_slice sql,
		      struct dts_buf *out, struct dts_error *err)
{
	enum dts_capture_about about;
	int told = 1;

	if (c->ddl.effects & DTS_DDL_STARTS)
		c->begun = true;
	/* With binlog_alter_two_phase an ALTER is announced when it starts and is
	 * done only if its commit comes, which has the text again. */
	if (c->alter_phase & (DTS_GTID_START_ALTER | DTS_GTID_ROLLBACK_ALTER))
		return 0;
	about = dts_capture_about(c, q);
	if (about == DTS_ABOUT_TEMPORARY)
		return 0;
	q->doubtful = about == DTS_ABOUT_EITHER;
	if (q->doubtful && !c->quiet && wants_statement(c, &c->ddl, q->db))
		return refuse_doubtful(c, sql, err);
	dts_buf_clear(&c->context);
	dts_query_add_context(&c->context, q, c->options.collations);
	dts_capture_origin_of_statement(c, q, sql);
	if (c->ddl.kind == DTS_DDL_UNKNOWN)
		told = unknown(c, e, q, sql, err);
	if (told > 0 && !q->doubtful && c->options.online) {
		int done = dts_capture_online(c, q, sql, out, err);
		if (done != 0)
			return done < 0 ? -1 : 0;
	}
	if (told > 0)
		told = q->doubtful ? 0 : tell(c, q, sql, out, err);
	if (told < 0)
		return -1;
	if (dts_capture_learn(c, q->db, sql, dts_buf_slice(&c->context), told ? out : NULL, err) < 0)
		return -1;
	if (c->options.online)
		dts_capture_online_end(c, q->db, out);
	return 0;
}

/* XA COMMIT and XA ROLLBACK; the GTID event before has told the xid too. */
static int decide(struct dts_capture *c, bool commit, struct dts_buf *out, struct dts_error *err)
{
	struct dts_slice xid = c->xid.len ? dts_buf_slice(&c->xid) : c->ddl.label;

	if (c->ddl.one_phase) {
		dts_capture_commit(c, out);
		return 0;
	}
	if (c->tx.n > 0)
		return dts_fail(err, DTS_BAD_INPUT, "XA %s inside of another transaction", commit ? "COMMIT" : "ROLLBACK");
	dts_tx_decide(&c->tx, commit, xid, &c->at, out);
	dts_capture_group_done(c);
	return 0;
}

static int by_kind(struct dts_capture *c, const struct dts_event *e, struct dts_event_query *q, struct dts_slice sql,
		   struct dts_buf *out, struct dts_error *err)
{
	switch (c->ddl.kind) {
	case DTS_DDL_XA_START:
		c->tables.undecided = true;
		c->begun = true;
		return 0;
	case DTS_DDL_BEGIN:
		c->begun = true;
		return 0;
	case DTS_DDL_EMPTY:
	case DTS_DDL_XA_END:
	case DTS_DDL_RELEASE_SAVEPOINT:
		return 0;
	case DTS_DDL_TEMPORARY: /* not part of the database; their rows are not logged either */
		dts_capture_temporary(c, q);
		return 0;
	case DTS_DDL_COMMIT:
		dts_capture_commit(c, out);
		return 0;
	case DTS_DDL_ROLLBACK:
		dts_capture_rollback(c, out);
		return 0;
	case DTS_DDL_SAVEPOINT:
		dts_tx_savepoint(&c->tx, c->ddl.label);
		return 0;
	case DTS_DDL_ROLLBACK_TO:
		return dts_tx_rollback_to(&c->tx, c->ddl.label, out, err);
	case DTS_DDL_XA_PREPARE:
		return dts_fail(err, DTS_BAD_INPUT, "XA PREPARE as a statement is not understood");
	case DTS_DDL_XA_COMMIT:
	case DTS_DDL_XA_ROLLBACK:
		return decide(c, c->ddl.kind == DTS_DDL_XA_COMMIT, out, err);
	case DTS_DDL_DML:
		return dts_capture_not_rows(c, "a statement", sql, err);
	default:
		return definition(c, e, q, sql, out, err);
	}
}

int dts_capture_not_rows(struct dts_capture *c, const char *what, struct dts_slice text, struct dts_error *err)
{
	bool cut = text.len > 300;

	if (c->quiet) /* nothing is told of it, and it defines nothing */
		return 0;
	dts_fail(err, DTS_BAD_INPUT, "%s is in the log as text, not as rows%s%.*s%s", what, text.len ? ": " : "",
		 cut ? 300 : (int)text.len, text.p ? text.p : "", cut ? "..." : "");
	dts_hint(err, "run SET GLOBAL binlog_format=ROW on the source (sessions that are connected keep the old format)");
	return dts_capture_refuse(c);
}

/* A default of a TIMESTAMP and the like depend on the time zone, and SYSTEM is another one elsewhere. */
static int name_zone(struct dts_capture *c, struct dts_event_query *q, struct dts_error *err)
{
	if (!q->time_zone.p || !dts_slice_is(q->time_zone, "SYSTEM") || !c->options.system_zone ||
	    !dts_ddl_kind_is_definition(c->ddl.kind))
		return 0;
	dts_buf_clear(&c->zone);
	if (c->options.system_zone(c->options.context, q->time, &c->zone, err) < 0)
		return -1;
	q->time_zone = dts_buf_slice(&c->zone);
	return 0;
}

int dts_capture_statement(struct dts_capture *c, const struct dts_event *e, struct dts_buf *out,
			  struct dts_error *err)
{
	struct dts_event_query q;
	struct dts_slice sql;
	int status;

	if (!c->tx.open)
		return dts_capture_outside(e, err);
	if (dts_event_query(&q, e, &c->format, err) < 0 ||
	    (e->type == DTS_EV_QUERY_COMPRESSED && dts_inflate_event(&c->inflate, q.sql, &q.sql, err) < 0) ||
	    dts_query_text(&q, &c->scratch, &sql, err) < 0)
		return -1;
	q.insert_id = c->insert_id;
	dts_ddl_parse(&c->ddl, sql, dts_capture_flags(&q));
	if (name_zone(c, &q, err) < 0)
		return -1;
	status = by_kind(c, e, &q, sql, out, err);
	c->insert_id = 0;
	c->has_variables = false;
	if (status == 0 && c->tx.open && !c->begun)
		dts_capture_commit(c, out);
	return status;
}
