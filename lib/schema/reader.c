#include "schema/reader.h"

#include <stdlib.h>

#include "ddl/port.h"
#include "mysql/quote.h"
#include "record/json.h"
#include "schema/check_names.h"
#include "schema/plan.h"
#include "schema/sight.h"
#include "schema/table_text.h"

/*
 * The settings under which the text means what it said. Foreign keys may point
 * to tables that come later. SHOW CREATE TABLE writes TIMESTAMP columns so that
 * nothing is left to explicit_defaults_for_timestamp=ON, and their defaults in
 * the session's time zone. An engine that the target lacks must be an error.
 */
static int make_context(struct dts_schema_reader *r, struct dts_error *err)
{
	struct dts_buf own = {0}, collation = {0};
	int rc = dts_session_value(r->session, DTS_LIT("SELECT @@collation_connection"), &own, err);

	if (rc >= 0 && dts_schema_port_collation(dts_buf_slice(&own), r->session->family, r->options.target, &collation) < 0)
		dts_buf_add_slice(&collation, dts_buf_slice(&own));
	dts_buf_adds(&r->table_context, "{\"sql_mode\":\"STRICT_ALL_TABLES,ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO,"
					"NO_ENGINE_SUBSTITUTION\",\"time_zone\":\"+00:00\",\"charset\":\"utf8mb4\","
					"\"collation_connection\":");
	dts_json_add_string(&r->table_context, dts_buf_slice(&collation));
	dts_buf_adds(&r->table_context, ",\"explicit_defaults_for_timestamp\":true,\"foreign_key_checks\":false}");
	dts_buf_release(&own);
	dts_buf_release(&collation);
	return rc < 0 ? -1 : 0;
}

/* No privileges are given on what is not there. */
static void note_missing(struct dts_schema_reader *r, const struct dts_schema_object *o)
{
	bool routine = o->type == DTS_DDL_TYPE_PROCEDURE || o->type == DTS_DDL_TYPE_FUNCTION || o->type == DTS_DDL_TYPE_PACKAGE;
	struct dts_buf key = {0};

	if (!r->options.accounts)
		return;
	dts_accounts_object(&key, routine, o->db, o->name);
	dts_list_add(&r->missing, dts_buf_text(&key));
	dts_buf_release(&key);
}

static int read_accounts(struct dts_schema_reader *r, const struct dts_selection *sel, struct dts_error *err)
{
	struct dts_buf name = {0};

	if (!r->options.accounts || !(r->options.stages & DTS_STAGE_POST))
		return 0;
	if (dts_schema_accounts(r->session, r->options.target, sel, &r->accounts, err) < 0)
		return -1;
	for (size_t i = 0; i < r->objects.count; i++)
		if (r->objects.items[i].type == DTS_DDL_TYPE_SEQUENCE && r->options.target == DTS_MYSQL)
			note_missing(r, &r->objects.items[i]);
	r->account_objects = dts_arena_alloc(r->objects.arena, r->accounts.count + 1, sizeof *r->account_objects);
	for (size_t i = 0; i < r->accounts.count; i++) {
		const struct dts_account *a = &r->accounts.items[i];
		dts_buf_clear(&name);
		dts_buf_add_slice(&name, a->user);
		dts_buf_adds(&name, a->host.len > 0 ? "@" : "");
		dts_buf_add_slice(&name, a->host);
		r->account_objects[i] = (struct dts_schema_object){
			.type = DTS_DDL_TYPE_ACCOUNT, .db = DTS_LIT(""), .name = dts_arena_copy(r->objects.arena, dts_buf_slice(&name)),
			.table = DTS_LIT(""), .word = DTS_LIT(""), .collation = DTS_LIT(""),
		};
	}
	dts_buf_release(&name);
	return 0;
}

int dts_schema_reader_open(struct dts_schema_reader *r, struct dts_session *s, const struct dts_schema_options *o,
			   const struct dts_selection *sel, const struct dts_list *texts, struct dts_error *err)
{
	*r = (struct dts_schema_reader){.session = s, .options = *o};
	if (dts_schema_objects_read(s, sel, texts, &r->objects, err) < 0 || make_context(r, err) < 0 ||
	    read_accounts(r, sel, err) < 0)
		return -1;
	dts_schema_unseen(s, &r->objects, o->enable_events ? DTS_STAGE_FINAL : o->stages, &r->unseen);
	return dts_schema_plan(r, err);
}

/* ---- what steps come to ---- */

/* A statement at the end of the queue, empty but for what it is about. */
static struct dts_schema_statement *queue(struct dts_schema_reader *r, const struct dts_schema_step *step, enum dts_ddl_kind kind)
{
	if (r->queued == r->queue_room) {
		size_t room = r->queue_room ? 2 * r->queue_room : 4;
		r->queue = dts_realloc(r->queue, room * sizeof *r->queue);
		memset(r->queue + r->queue_room, 0, (room - r->queue_room) * sizeof *r->queue);
		r->queue_room = room;
	}
	struct dts_schema_statement *st = &r->queue[r->queued++];
	st->object = step->object;
	st->stage = step->stage;
	st->result = DTS_SCHEMA_DONE;
	st->more = r->queued > 1;
	st->kind = kind;
	st->db = kind == DTS_DDL_CREATE_DATABASE || kind == DTS_DDL_ALTER_DATABASE ? DTS_LIT("") : step->object->db;
	dts_ported_clear(&st->told);
	dts_buf_clear(&st->sql);
	dts_buf_clear(&st->context);
	dts_buf_add_slice(&st->context, dts_buf_slice(&r->table_context));
	return st;
}

static void port(const struct dts_schema_reader *r, struct dts_schema_statement *st, unsigned flags)
{
	dts_schema_port(&st->sql, st->kind, flags, r->session->family, r->options.target, &st->told);
	if (st->told.refused)
		st->result = DTS_SCHEMA_REFUSED;
	else if (st->told.why.count > 0)
		st->result = DTS_SCHEMA_CHANGED;
}

static const struct dts_database *find_database(const struct dts_schema_reader *r, struct dts_slice name)
{
	for (size_t i = 0; i < r->objects.databases.count; i++)
		if (dts_slice_eq(r->objects.databases.items[i].name, name))
			return &r->objects.databases.items[i];
	return NULL;
}

static void make_database(struct dts_schema_reader *r, const struct dts_schema_step *step)
{
	const struct dts_database *d = find_database(r, step->object->db);
	struct dts_schema_statement *st = queue(r, step, DTS_DDL_CREATE_DATABASE);

	dts_buf_adds(&st->sql, "CREATE DATABASE IF NOT EXISTS ");
	dts_sql_ident(&st->sql, d->name);
	dts_buf_adds(&st->sql, " CHARACTER SET ");
	dts_buf_add_slice(&st->sql, d->charset);
	dts_buf_adds(&st->sql, " COLLATE ");
	dts_buf_add_slice(&st->sql, d->collation);
	if (d->comment.len > 0) {
		dts_buf_adds(&st->sql, " COMMENT ");
		dts_sql_literal(&st->sql, d->comment);
	}
	port(r, st, r->session->family == DTS_MYSQL ? DTS_DDL_MYSQL : 0);
}

/* The table's definition for the target in st->sql, as a whole. */
static int read_table(struct dts_schema_reader *r, struct dts_schema_statement *st, struct dts_error *err)
{
	if (dts_schema_table_text(r->session, st->object, &st->sql, &st->told.why, err) < 0)
		return -1;
	port(r, st, r->session->family == DTS_MYSQL ? DTS_DDL_MYSQL : 0);
	return 0;
}

static int make_table(struct dts_schema_reader *r, const struct dts_schema_step *step, struct dts_error *err)
{
	struct dts_schema_statement *st = queue(r, step, DTS_DDL_CREATE_TABLE);
	struct dts_items items = {0};
	int rc = read_table(r, st, err);

	if (rc == 0 && r->session->family == DTS_MARIADB && r->options.target == DTS_MYSQL && st->result != DTS_SCHEMA_REFUSED) {
		dts_check_names(&st->sql, step->object->db, &r->check_names, &st->told);
		if (st->told.why.count > 0)
			st->result = DTS_SCHEMA_CHANGED;
	}
	if (rc == 0 && r->options.stages != DTS_STAGE_ALL && st->result != DTS_SCHEMA_REFUSED) {
		dts_buf_clear(&r->text);
		rc = dts_items_parse(&items, dts_buf_slice(&st->sql), err);
		if (rc == 0)
			dts_stage_pre_table(&items, dts_buf_slice(&st->sql), &r->text);
		dts_items_release(&items);
		dts_buf_clear(&st->sql);
		dts_buf_add_slice(&st->sql, dts_buf_slice(&r->text));
	}
	return rc;
}

static void add_counter(const struct dts_items *items, struct dts_slice name, struct dts_list *out)
{
	struct dts_slice n = dts_stage_counter(items);
	struct dts_buf sql = {0};

	if (!n.p)
		return;
	dts_buf_adds(&sql, "ALTER TABLE ");
	dts_sql_ident(&sql, name);
	dts_buf_adds(&sql, " AUTO_INCREMENT=");
	dts_buf_add_slice(&sql, n);
	dts_list_add(out, dts_buf_text(&sql));
	dts_buf_release(&sql);
}

/* What a table gets behind its rows. What the other family has otherwise was told when it was made. */
static int alter_table(struct dts_schema_reader *r, const struct dts_schema_step *step, struct dts_error *err)
{
	struct dts_schema_statement *st = queue(r, step, DTS_DDL_CREATE_TABLE);
	struct dts_items items = {0};
	struct dts_list statements = {0};
	int rc = read_table(r, st, err);

	if (rc == 0 && st->result != DTS_SCHEMA_REFUSED && (rc = dts_items_parse(&items, dts_buf_slice(&st->sql), err)) == 0) {
		if (step->what == DTS_STEP_SET_COUNTER)
			add_counter(&items, step->object->name, &statements);
		else
			dts_stage_post_table(&items, step->object->name, step->what == DTS_STEP_ADD_FOREIGN, &statements);
		dts_items_release(&items);
	}
	if (st->result == DTS_SCHEMA_REFUSED)
		note_missing(r, step->object);
	r->queued = 0;
	for (size_t i = 0; i < statements.count; i++)
		dts_buf_adds(&queue(r, step, DTS_DDL_ALTER_TABLE)->sql, statements.items[i]);
	dts_list_release(&statements);
	return rc;
}

/* Around a program. A run that was killed between the two left the program's: the same stream again begins with the database's own. */
static void alter_database(struct dts_schema_reader *r, const struct dts_schema_step *step, struct dts_slice collation)
{
	struct dts_schema_statement *st = queue(r, step, DTS_DDL_ALTER_DATABASE);

	dts_buf_adds(&st->sql, "ALTER DATABASE ");
	dts_sql_ident(&st->sql, step->object->db);
	dts_buf_adds(&st->sql, " COLLATE ");
	dts_schema_port_collation(collation, r->session->family, r->options.target, &st->sql);
}

/* The collations of the connection and the database, in the target's words. One that it has nothing like stays, and is refused there. */
static void port_context(const struct dts_schema_reader *r, const struct dts_schema_object *o, struct dts_program *p)
{
	struct dts_buf name = {0};

	if (dts_schema_port_collation(dts_buf_slice(&p->collation), r->session->family, r->options.target, &name) >= 0) {
		dts_buf_clear(&p->collation);
		dts_buf_add_slice(&p->collation, dts_buf_slice(&name));
	}
	if (o->collation.len > 0)
		dts_schema_port_collation(o->collation, r->session->family, r->options.target, &p->db_collation);
	dts_buf_release(&name);
}

/* The database's two statements around a third, which are told with the object itself. */
static void with_object(struct dts_schema_reader *r)
{
	for (size_t i = 0; i < r->queued && r->queued == 3; i += 2) {
		r->queue[i].more = true;
		r->queue[i].result = r->queue[1].result == DTS_SCHEMA_REFUSED ? DTS_SCHEMA_REFUSED : DTS_SCHEMA_DONE;
	}
}

/* Was the program made when its database had another collation? */
static const struct dts_database *other_database(const struct dts_schema_reader *r, const struct dts_schema_object *o)
{
	const struct dts_database *d = find_database(r, o->db);

	return o->collation.len > 0 && d && !dts_slice_eq(d->collation, o->collation) ? d : NULL;
}

/* MySQL's JavaScript libraries, since 9.2, are for routines that only some of its editions take: for people to make. */
static int leave_library(struct dts_schema_reader *r, const struct dts_schema_step *step, struct dts_error *err)
{
	struct dts_schema_statement *st = queue(r, step, DTS_DDL_UNKNOWN);
	struct dts_buf sql = {0};
	int rc = 0;

	st->result = DTS_SCHEMA_REFUSED;
	dts_list_add(&st->told.why, r->options.target == DTS_MYSQL ? "libraries are not moved" : "MariaDB has no libraries");
	dts_buf_adds(&sql, "SHOW CREATE LIBRARY ");
	dts_sql_table(&sql, step->object->db, step->object->name);
	MYSQL_RES *res = r->options.target == DTS_MYSQL ? dts_session_query(r->session, dts_buf_slice(&sql), err) : NULL;
	MYSQL_ROW row = res ? mysql_fetch_row(res) : NULL;
	if (row && row[2])
		dts_buf_adds(&st->told.by_hand, row[2]);
	if (res)
		mysql_free_result(res);
	else if (r->options.target == DTS_MYSQL)
		rc = -1;
	dts_buf_release(&sql);
	return rc;
}

/* The moments of an event are those of its time zone, which may be the server's own: no two servers need have the same. */
static int tell_zone(const struct dts_schema_reader *r, const struct dts_program *p, struct dts_schema_statement *st, struct dts_error *err)
{
	struct dts_buf zone = {0}, line = {0};

	if (!dts_slice_is(dts_buf_slice(&p->time_zone), "SYSTEM"))
		return 0;
	int rc = dts_session_value(r->session, DTS_LIT("SELECT @@system_time_zone"), &zone, err);
	if (rc > 0 && strcmp(dts_buf_text(&zone), "UTC") != 0 && strcmp(dts_buf_text(&zone), "GMT") != 0) {
		dts_buf_addf(&line, "its times are of the server's own time zone, which is %s at the source", dts_buf_text(&zone));
		dts_list_add(&st->told.why, dts_buf_text(&line));
		if (st->result == DTS_SCHEMA_DONE)
			st->result = DTS_SCHEMA_CHANGED;
	}
	dts_buf_release(&zone);
	dts_buf_release(&line);
	return rc < 0 ? -1 : 0;
}

/* A program is as its database was when it was made: texts in it without a character set are the database's. */
static int make_program(struct dts_schema_reader *r, const struct dts_schema_step *step, struct dts_error *err)
{
	static const enum dts_ddl_kind kinds[DTS_DDL_TYPES] = {
		[DTS_DDL_TYPE_VIEW] = DTS_DDL_CREATE_VIEW, [DTS_DDL_TYPE_TRIGGER] = DTS_DDL_CREATE_TRIGGER,
		[DTS_DDL_TYPE_PROCEDURE] = DTS_DDL_CREATE_PROCEDURE, [DTS_DDL_TYPE_FUNCTION] = DTS_DDL_CREATE_FUNCTION,
		[DTS_DDL_TYPE_PACKAGE] = DTS_DDL_CREATE_PACKAGE, [DTS_DDL_TYPE_EVENT] = DTS_DDL_CREATE_EVENT,
	};
	const struct dts_schema_object *o = step->object;
	const struct dts_database *other = other_database(r, o);
	struct dts_program p = {0};

	dts_buf_clear(&r->why);
	int rc = dts_program_read(r->session, o, &r->options.definer, &p, &r->why, err);
	if (rc > 0 && other)
		alter_database(r, step, o->collation);
	if (rc >= 0) {
		struct dts_schema_statement *st = queue(r, step, kinds[o->type]);
		st->more = false;
		dts_buf_add_slice(&st->sql, dts_buf_slice(&p.sql));
		dts_buf_clear(&st->context);
		port_context(r, o, &p);
		dts_program_add_context(&p, &st->context);
		if (rc > 0)
			port(r, st, p.flags);
		if (rc == 0) {
			st->result = DTS_SCHEMA_REFUSED;
			dts_list_add(&st->told.why, dts_buf_text(&r->why));
		}
		if (rc > 0 && o->over) {
			st->result = DTS_SCHEMA_REFUSED;
			dts_list_add(&st->told.why, "its time has passed, and servers make no such event that is not to be preserved");
		}
		if (o->type == DTS_DDL_TYPE_EVENT && st->result != DTS_SCHEMA_REFUSED) {
			if (tell_zone(r, &p, st, err) < 0)
				rc = -1;
			dts_ddl_parse(&r->ddl, dts_buf_slice(&st->sql), p.flags);
			dts_buf_clear(&r->text);
			if (dts_ddl_disable_event(&r->ddl, dts_buf_slice(&st->sql), p.flags, &r->text)) {
				dts_buf_clear(&st->sql);
				dts_buf_add_slice(&st->sql, dts_buf_slice(&r->text));
			}
		}
	}
	if (rc > 0 && other)
		alter_database(r, step, other->collation);
	with_object(r);
	dts_program_release(&p);
	return rc < 0 ? -1 : 0;
}

static int make_sequence(struct dts_schema_reader *r, const struct dts_schema_step *step, struct dts_error *err)
{
	struct dts_schema_statement *st = queue(r, step, DTS_DDL_CREATE_SEQUENCE);

	dts_buf_clear(&r->text);
	dts_buf_adds(&r->text, "SHOW CREATE SEQUENCE ");
	dts_sql_table(&r->text, step->object->db, step->object->name);
	MYSQL_RES *res = dts_session_query(r->session, dts_buf_slice(&r->text), err);
	if (!res)
		return -1;
	MYSQL_ROW row = mysql_fetch_row(res);
	if (row && row[1])
		dts_buf_add(&st->sql, row[1], mysql_fetch_lengths(res)[1]);
	mysql_free_result(res);
	port(r, st, 0);
	return 0;
}

static int set_sequence(struct dts_schema_reader *r, const struct dts_schema_step *step, struct dts_error *err)
{
	if (r->options.target == DTS_MYSQL)
		return 0; /* told when it was to be made */
	struct dts_schema_statement *st = queue(r, step, DTS_DDL_DML);

	dts_buf_clear(&r->text);
	dts_buf_adds(&r->text, "SELECT next_not_cached_value,cycle_count FROM ");
	dts_sql_table(&r->text, step->object->db, step->object->name);
	MYSQL_RES *res = dts_session_query(r->session, dts_buf_slice(&r->text), err);
	if (!res)
		return -1;
	MYSQL_ROW row = mysql_fetch_row(res);
	dts_buf_clear(&st->next);
	dts_buf_clear(&st->cycle);
	dts_buf_adds(&st->next, row ? row[0] : "1");
	dts_buf_adds(&st->cycle, row ? row[1] : "0");
	mysql_free_result(res);
	return 0;
}

/* ALTER EVENT makes who runs it the definer, and the client's character set and the database's collation those of the event: all are said. */
static int enable_event(struct dts_schema_reader *r, const struct dts_schema_step *step, struct dts_error *err)
{
	const struct dts_database *other = other_database(r, step->object);
	struct dts_program p = {0};
	int rc = dts_program_read(r->session, step->object, &r->options.definer, &p, &r->why, err);

	if (rc > 0 && other)
		alter_database(r, step, step->object->collation);
	if (rc > 0) {
		struct dts_schema_statement *st = queue(r, step, DTS_DDL_ALTER_EVENT);
		st->more = false;
		dts_ddl_parse(&r->ddl, dts_buf_slice(&p.sql), p.flags);
		dts_buf_adds(&st->sql, "ALTER ");
		if (r->ddl.definer.len > 0) {
			dts_buf_add(&st->sql, p.sql.data + r->ddl.definer.at, r->ddl.definer.len);
			dts_buf_addc(&st->sql, ' ');
		}
		dts_buf_adds(&st->sql, "EVENT ");
		dts_sql_ident(&st->sql, step->object->name);
		dts_buf_adds(&st->sql, " ENABLE");
		dts_buf_clear(&st->context);
		port_context(r, step->object, &p);
		dts_program_add_context(&p, &st->context);
	}
	if (rc > 0 && other)
		alter_database(r, step, other->collation);
	with_object(r);
	dts_program_release(&p);
	return rc < 0 ? -1 : 0;
}

static void tell_account(struct dts_schema_statement *st, const struct dts_ported *told, bool refused)
{
	for (size_t i = 0; i < told->why.count; i++)
		dts_list_add(&st->told.why, told->why.items[i]);
	dts_buf_add_slice(&st->told.by_hand, dts_buf_slice(&told->by_hand));
	if (refused)
		st->result = DTS_SCHEMA_REFUSED;
	else if (told->why.count > 0)
		st->result = DTS_SCHEMA_CHANGED;
}

static void make_account(struct dts_schema_reader *r, const struct dts_schema_step *step)
{
	const struct dts_account *a = &r->accounts.items[step->object - r->account_objects];

	if (a->create.len == 0 && !a->created.refused)
		return; /* PUBLIC */
	struct dts_schema_statement *st = queue(r, step, DTS_DDL_ACCOUNT);
	dts_buf_add_slice(&st->sql, dts_buf_slice(&a->create));
	tell_account(st, &a->created, a->created.refused);
}

static bool is_missing(const struct dts_schema_reader *r, const char *object)
{
	for (size_t i = 0; i < r->missing.count; i++)
		if (strcmp(r->missing.items[i], object) == 0)
			return true;
	return false;
}

static void grant(struct dts_schema_reader *r, const struct dts_schema_step *step)
{
	struct dts_account *a = &r->accounts.items[step->object - r->account_objects];
	struct dts_schema_statement *st;

	for (size_t i = 0; i < a->grants.count; i++) {
		if (is_missing(r, a->objects.items[i])) {
			dts_buf_clear(&r->text);
			dts_buf_addf(&r->text, "privileges on %s are left out with it", a->objects.items[i]);
			dts_list_add(&a->granted.why, dts_buf_text(&r->text));
			continue;
		}
		st = queue(r, step, DTS_DDL_ACCOUNT);
		dts_buf_adds(&st->sql, a->grants.items[i]);
		st->more = true; /* the account was told when it was made */
	}
	if (a->granted.why.count == 0)
		return;
	bool none = r->queued == 0;
	st = none ? queue(r, step, DTS_DDL_ACCOUNT) : &r->queue[0];
	st->more = false;
	tell_account(st, &a->granted, none);
}

static int run_step(struct dts_schema_reader *r, const struct dts_schema_step *step, struct dts_error *err)
{
	switch (step->what) {
	case DTS_STEP_ADD_KEYS:
	case DTS_STEP_ADD_FOREIGN:
	case DTS_STEP_SET_COUNTER:
		return alter_table(r, step, err);
	case DTS_STEP_SET_SEQUENCE:
		return set_sequence(r, step, err);
	case DTS_STEP_ENABLE:
		return enable_event(r, step, err);
	case DTS_STEP_RESET_DATABASE:
		alter_database(r, step, find_database(r, step->object->db)->collation);
		r->queue[0].more = true; /* it was told when it was made */
		return 0;
	case DTS_STEP_MAKE_ACCOUNT:
		make_account(r, step);
		return 0;
	case DTS_STEP_GRANT:
		grant(r, step);
		return 0;
	default:
		break;
	}
	switch (step->object->type) {
	case DTS_DDL_TYPE_DATABASE:
		make_database(r, step);
		return 0;
	case DTS_DDL_TYPE_TABLE:
		return make_table(r, step, err);
	case DTS_DDL_TYPE_SEQUENCE:
		return make_sequence(r, step, err);
	default:
		return dts_slice_is(step->object->word, "LIBRARY") ? leave_library(r, step, err) : make_program(r, step, err);
	}
}

int dts_schema_reader_next(struct dts_schema_reader *r, struct dts_schema_statement **st, struct dts_error *err)
{
	while (r->next_queued == r->queued) {
		if (r->next_step == r->step_count)
			return 0;
		const struct dts_schema_step *step = &r->steps[r->next_step++];
		r->queued = r->next_queued = 0;
		if (run_step(r, step, err) < 0) {
			dts_buf_clear(&r->text);
			dts_schema_object_label(step->object, &r->text);
			return dts_where(err, "%s", dts_buf_text(&r->text));
		}
		for (size_t i = 0; i < r->queued; i++)
			if (r->queue[i].result == DTS_SCHEMA_REFUSED && step->object->type != DTS_DDL_TYPE_ACCOUNT)
				note_missing(r, step->object);
	}
	*st = &r->queue[r->next_queued++];
	return 1;
}

void dts_schema_reader_close(struct dts_schema_reader *r)
{
	for (size_t i = 0; i < r->queue_room; i++) {
		dts_ported_release(&r->queue[i].told);
		dts_buf_release(&r->queue[i].sql);
		dts_buf_release(&r->queue[i].context);
		dts_buf_release(&r->queue[i].next);
		dts_buf_release(&r->queue[i].cycle);
	}
	free(r->queue);
	free(r->steps);
	dts_map_release(&r->check_names, NULL);
	dts_schema_objects_release(&r->objects);
	dts_accounts_release(&r->accounts);
	dts_list_release(&r->missing);
	dts_list_release(&r->unseen);
	dts_ddl_release(&r->ddl);
	dts_buf_release(&r->table_context);
	dts_buf_release(&r->text);
	dts_buf_release(&r->why);
	*r = (struct dts_schema_reader){0};
}
