#include "schema/diff_impl.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/signals.h"
#include "ddl/alike.h"
#include "ddl/scan.h"
#include "mysql/quote.h"
#include "record/json.h"
#include "schema/sight.h"

void dts_diff_tell(struct dts_schema_diff *d, const struct dts_schema_object *o, const char *fmt, ...)
{
	struct dts_buf line = {0};
	char text[4096];
	va_list args;

	dts_schema_object_label(o, &line);
	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	dts_buf_addf(&line, ": %s", text);
	dts_list_add(&d->told, dts_buf_text(&line));
	dts_buf_release(&line);
}

/* ---- statements ---- */

/* One that is printed, of this object; its text is yours to add. */
static struct dts_buf *add(struct dts_schema_diff *d, enum dts_diff_phase phase, enum dts_ddl_kind kind, const struct dts_schema_object *o)
{
	if (d->statement_count == d->statement_room) {
		d->statement_room = d->statement_room ? 2 * d->statement_room : 64;
		d->statements = dts_realloc(d->statements, d->statement_room * sizeof *d->statements);
	}
	struct dts_diff_statement *s = &d->statements[d->statement_count++];
	bool database = kind == DTS_DDL_CREATE_DATABASE || kind == DTS_DDL_ALTER_DATABASE;
	*s = (struct dts_diff_statement){.phase = phase, .st = {.object = o, .kind = kind, .db = database ? DTS_LIT("") : o->db}};
	d->any = true;
	return &s->st.sql;
}

static void add_context(struct dts_schema_diff *d, struct dts_slice context)
{
	dts_buf_add_slice(&d->statements[d->statement_count - 1].st.context, context);
}

/* The settings of what the target's own words say: those under which it was asked for them. */
static void add_own_context(struct dts_schema_diff *d, bool versioned)
{
	struct dts_buf *context = &d->statements[d->statement_count - 1].st.context;

	dts_buf_add_slice(context, dts_buf_slice(&d->context));
	if (!versioned)
		return;
	context->len--; /* the brace */
	dts_buf_adds(context, ",\"system_versioning_alter_history\":\"KEEP\"}");
}

static void add_drop(struct dts_schema_diff *d, enum dts_diff_phase phase, const struct dts_schema_object *o)
{
	static const enum dts_ddl_kind kinds[DTS_DDL_TYPES] = {
		[DTS_DDL_TYPE_TABLE] = DTS_DDL_DROP_TABLE, [DTS_DDL_TYPE_VIEW] = DTS_DDL_DROP_VIEW,
		[DTS_DDL_TYPE_TRIGGER] = DTS_DDL_DROP_TRIGGER, [DTS_DDL_TYPE_PROCEDURE] = DTS_DDL_DROP_PROCEDURE,
		[DTS_DDL_TYPE_FUNCTION] = DTS_DDL_DROP_FUNCTION, [DTS_DDL_TYPE_PACKAGE] = DTS_DDL_DROP_PACKAGE,
		[DTS_DDL_TYPE_EVENT] = DTS_DDL_DROP_EVENT, [DTS_DDL_TYPE_SEQUENCE] = DTS_DDL_DROP_SEQUENCE,
	};
	struct dts_buf *sql = add(d, phase, kinds[o->type], o);

	dts_buf_adds(sql, "DROP ");
	dts_buf_add_slice(sql, o->word);
	dts_buf_adds(sql, " IF EXISTS ");
	dts_sql_ident(sql, o->name);
	add_own_context(d, false);
}

static void add_collation(struct dts_schema_diff *d, enum dts_diff_phase phase, const struct dts_schema_object *o, struct dts_slice collation)
{
	struct dts_buf *sql = add(d, phase, DTS_DDL_ALTER_DATABASE, o);

	dts_buf_adds(sql, "ALTER DATABASE ");
	dts_sql_ident(sql, o->db);
	dts_buf_adds(sql, " COLLATE ");
	dts_buf_add_slice(sql, collation);
	add_own_context(d, false);
}

static enum dts_diff_phase phase_of(enum dts_ddl_type type)
{
	switch (type) {
	case DTS_DDL_TYPE_DATABASE:
		return DTS_PHASE_DATABASES;
	case DTS_DDL_TYPE_TABLE:
		return DTS_PHASE_NEW_TABLES;
	case DTS_DDL_TYPE_SEQUENCE:
		return DTS_PHASE_SEQUENCES;
	case DTS_DDL_TYPE_TRIGGER:
		return DTS_PHASE_TRIGGERS;
	case DTS_DDL_TYPE_EVENT:
		return DTS_PHASE_EVENTS;
	default:
		return DTS_PHASE_PROGRAMS;
	}
}

/* The source's statement as it stands. */
static void add_create(struct dts_schema_diff *d, const struct dts_diff_object *x)
{
	enum dts_diff_phase phase = phase_of(x->o.type);
	struct dts_slice back = dts_diff_collation(d, x->o.db);
	bool other = x->collation.len > 0 && !dts_slice_eq(x->collation, back);

	if (other)
		add_collation(d, phase, &x->o, x->collation);
	dts_buf_add_slice(add(d, phase, x->kind, &x->o), x->sql);
	add_context(d, x->context);
	if (other)
		add_collation(d, phase, &x->o, back);
	if (x->next.len == 0)
		return;
	add(d, phase, DTS_DDL_DML, &x->o);
	struct dts_schema_statement *st = &d->statements[d->statement_count - 1].st;
	dts_buf_add_slice(&st->next, x->next);
	dts_buf_add_slice(&st->cycle, x->cycle);
}

/* ALTER EVENT makes who runs it the definer, and the client's character set that of the event: both are said. */
static void add_enable(struct dts_schema_diff *d, const struct dts_diff_object *x)
{
	struct dts_buf *sql = add(d, DTS_PHASE_EVENTS, DTS_DDL_ALTER_EVENT, x->there);

	dts_ddl_parse(&d->ddl, x->sql, x->flags);
	dts_buf_adds(sql, "ALTER ");
	if (d->ddl.definer.len > 0) {
		dts_buf_add(sql, x->sql.p + d->ddl.definer.at, d->ddl.definer.len);
		dts_buf_addc(sql, ' ');
	}
	dts_buf_adds(sql, "EVENT ");
	dts_sql_ident(sql, x->there->name);
	dts_buf_adds(sql, " ENABLE");
	add_context(d, x->context);
}

/* ---- tables ---- */

static struct dts_diff_input input_of(const struct dts_schema_diff *d, const struct dts_diff_object *x)
{
	return (struct dts_diff_input){d->target->family, x->there->db, x->there->name, x->wanted, x->present, x->altered,
				       d->options.allow_drop};
}

static bool is_versioned(struct dts_slice definition)
{
	return memmem(definition.p, definition.len, " WITH SYSTEM VERSIONING", 23) != NULL;
}

static int print_table(struct dts_schema_diff *d, const struct dts_diff_object *x, struct dts_error *err)
{
	static const enum dts_diff_phase phases[] = {DTS_PHASE_UNLINK, DTS_PHASE_TABLES, DTS_PHASE_LINK};
	struct dts_diff_input in = input_of(d, x);
	struct dts_table_diff diff;
	int rc = dts_diff_table(&in, &d->touched, &diff, err);

	for (size_t i = 0; rc == 0 && i < DTS_DIFF_STEPS; i++)
		if (diff.sql[i].len > 0) {
			dts_buf_add_slice(add(d, phases[i], DTS_DDL_ALTER_TABLE, x->there), dts_buf_slice(&diff.sql[i]));
			add_own_context(d, is_versioned(x->present));
		}
	for (size_t i = 0; i < diff.lossy.count && !d->options.allow_drop; i++)
		dts_diff_tell(d, x->there, "left out without --allow-drop: %s", diff.lossy.items[i]);
	for (size_t i = 0; i < diff.beyond.count; i++)
		dts_diff_tell(d, x->there, "%s", diff.beyond.items[i]);
	d->any |= rc == 0 && dts_table_diff_any(&diff);
	dts_table_diff_release(&diff);
	return rc;
}

/* All columns that change are known before the first table's foreign keys are looked at. */
static int compare_tables(struct dts_schema_diff *d, struct dts_error *err)
{
	for (size_t i = 0; i < d->count; i++) {
		struct dts_diff_object *x = &d->objects[i];
		if (x->o.type != DTS_DDL_TYPE_TABLE || !x->there || x->refused)
			continue;
		if (dts_signals_stop())
			return -1;
		if (dts_diff_read_table(d, x, err) < 0)
			return -1;
		struct dts_diff_input in = input_of(d, x);
		d->any |= !x->wanted.p;
		if (x->wanted.p && dts_diff_touch(&in, &d->touched, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < d->count; i++)
		if (d->objects[i].wanted.p && print_table(d, &d->objects[i], err) < 0)
			return -1;
	return 0;
}

/* ---- databases and sequences ---- */

/* Behind the name. */
static struct dts_slice tail_of(struct dts_schema_diff *d, struct dts_slice sql)
{
	dts_ddl_parse(&d->ddl, sql, 0);
	if (d->ddl.count == 0)
		return sql;
	size_t at = d->ddl.objects[0].whole.at + d->ddl.objects[0].whole.len;
	return dts_slice(sql.p + at, sql.len - at);
}

static void compare_database(struct dts_schema_diff *d, struct dts_diff_object *x)
{
	const struct dts_database *db = dts_diff_database(d, x->o.db);
	struct dts_slice wanted = tail_of(d, x->sql);
	struct dts_buf present = {0};

	if (!db)
		return;
	dts_buf_adds(&present, " CHARACTER SET ");
	dts_buf_add_slice(&present, db->charset);
	dts_buf_adds(&present, " COLLATE ");
	dts_buf_add_slice(&present, db->collation);
	if (db->comment.len > 0) {
		dts_buf_adds(&present, " COMMENT ");
		dts_sql_literal(&present, db->comment);
	}
	if (!dts_ddl_alike(dts_buf_slice(&present), wanted, 0)) {
		x->differs = true;
		struct dts_buf *sql = add(d, DTS_PHASE_DATABASES, DTS_DDL_ALTER_DATABASE, &x->o);
		dts_buf_adds(sql, "ALTER DATABASE ");
		dts_sql_ident(sql, x->o.db);
		dts_buf_add_slice(sql, wanted);
		if (db->comment.len > 0 && !memmem(wanted.p, wanted.len, " COMMENT ", 9))
			dts_buf_adds(sql, " COMMENT ''");
		add_own_context(d, false);
	}
	dts_buf_release(&present);
}

/* START WITH and all else that ALTER SEQUENCE takes, which is all but the engine. */
static void alter_sequence(struct dts_schema_diff *d, const struct dts_diff_object *x, struct dts_slice text)
{
	struct dts_slice tail = tail_of(d, text.len > 0 ? text : x->sql);
	const char *engine = memmem(tail.p, tail.len, " ENGINE", 7);
	struct dts_buf *sql = add(d, DTS_PHASE_SEQUENCES, DTS_DDL_ALTER_SEQUENCE, x->there);

	dts_buf_adds(sql, "ALTER SEQUENCE ");
	dts_sql_ident(sql, x->there->name);
	dts_buf_add(sql, tail.p, engine ? (size_t)(engine - tail.p) : tail.len);
	add_own_context(d, false);
}

/* ---- views and programs ---- */

/* A package and its body go together: without the one the other has no place. */
static void join_packages(struct dts_schema_diff *d)
{
	for (size_t i = 0; i + 1 < d->count; i++) {
		const struct dts_diff_object *x = &d->objects[i];
		struct dts_diff_object *body = &d->objects[i + 1];
		if (x->o.type == DTS_DDL_TYPE_PACKAGE && body->o.type == DTS_DDL_TYPE_PACKAGE && x->differs &&
		    dts_slice_eq(x->o.db, body->o.db) && dts_slice_eq(x->o.name, body->o.name))
			body->differs = true;
	}
}

/* BEFORE INSERT: triggers of one table that fire one after another. */
static struct dts_slice moment_of(struct dts_schema_diff *d, const struct dts_diff_object *x)
{
	struct dts_sql_scan s;
	size_t from, behind;

	dts_ddl_parse(&d->ddl, x->sql, x->flags);
	if (d->ddl.count == 0)
		return DTS_LIT("");
	behind = d->ddl.objects[0].whole.at + d->ddl.objects[0].whole.len;
	for (dts_sql_start(&s, x->sql, x->flags); s.type != DTS_SQL_END && s.at < behind;)
		dts_sql_next(&s);
	from = s.at;
	dts_sql_next(&s);
	return dts_slice(x->sql.p + from, s.at + s.len - from);
}

static bool fire_together(struct dts_schema_diff *d, const struct dts_diff_object *a, const struct dts_diff_object *b)
{
	return a->o.type == DTS_DDL_TYPE_TRIGGER && b->o.type == DTS_DDL_TYPE_TRIGGER && dts_slice_eq(a->o.db, b->o.db) &&
	       dts_slice_eq(a->o.table, b->o.table) && dts_ddl_alike(moment_of(d, a), moment_of(d, b), 0);
}

/* Those that are made again fire behind those that stay: one that comes before one that stays takes it along. */
static void order_triggers(struct dts_schema_diff *d)
{
	for (size_t i = 0; i < d->count; i++) {
		struct dts_diff_object *x = &d->objects[i];
		for (size_t k = 0; k < i && x->o.type == DTS_DDL_TYPE_TRIGGER && !x->differs && x->there; k++) {
			const struct dts_diff_object *before = &d->objects[k];
			if (!before->refused && fire_together(d, before, x) &&
			    (before->differs || !before->there || before->there > x->there))
				x->differs = true;
		}
	}
}

/* A table in the place of a view, or so: it is told with what is too much, and without leave to drop that stays. */
static bool is_place_taken(struct dts_schema_diff *d, const struct dts_diff_object *x)
{
	bool tabular = x->o.type == DTS_DDL_TYPE_TABLE || x->o.type == DTS_DDL_TYPE_VIEW || x->o.type == DTS_DDL_TYPE_SEQUENCE;

	for (size_t i = 0; i < d->there.count && tabular; i++) {
		const struct dts_schema_object *o = &d->there.items[i];
		if ((o->type == DTS_DDL_TYPE_TABLE || o->type == DTS_DDL_TYPE_VIEW || o->type == DTS_DDL_TYPE_SEQUENCE) &&
		    dts_slice_eq(o->db, x->o.db) && dts_slice_eq(o->name, x->o.name)) {
			if (!d->options.allow_drop)
				dts_diff_tell(d, &x->o, "cannot be made without --allow-drop, which drops the %s of that name", dts_ddl_type_name(o->type));
			return !d->options.allow_drop;
		}
	}
	return false;
}

static int compare_others(struct dts_schema_diff *d, struct dts_error *err)
{
	struct dts_buf text = {0};
	int rc = 0;

	for (size_t i = 0; i < d->count && rc >= 0; i++) {
		struct dts_diff_object *x = &d->objects[i];
		if (!x->there || x->refused || x->o.type == DTS_DDL_TYPE_TABLE)
			continue;
		if (x->o.type == DTS_DDL_TYPE_DATABASE) {
			if (dts_selection_has_whole_db(&d->names.selection, x->from->db))
				compare_database(d, x);
			continue;
		}
		dts_buf_clear(&text);
		rc = dts_signals_stop() ? -1 : dts_diff_is_same(d, x, &text, err);
		if (rc < 0)
			break;
		x->differs = rc == 0 || (x->o.type == DTS_DDL_TYPE_TRIGGER && !dts_slice_eq(x->o.table, x->there->table));
		if (x->differs && x->o.type == DTS_DDL_TYPE_SEQUENCE)
			alter_sequence(d, x, dts_buf_slice(&text));
	}
	dts_buf_release(&text);
	return rc < 0 ? -1 : 0;
}

/* ---- all of it ---- */

static void drop_too_many(struct dts_schema_diff *d)
{
	for (size_t i = 0; i < d->there.count; i++) {
		const struct dts_schema_object *o = &d->there.items[i];
		bool table = o->type == DTS_DDL_TYPE_TABLE || o->type == DTS_DDL_TYPE_SEQUENCE;
		if (d->claimed[i])
			continue;
		d->any = true;
		if (d->options.allow_drop)
			add_drop(d, table ? DTS_PHASE_DROP_TABLES : DTS_PHASE_DROP_PROGRAMS, o);
		else
			dts_diff_tell(d, o, "left out without --allow-drop: the source has none, DROP %.*s", (int)o->word.len, o->word.p);
	}
}

/* What is not there, and what is made again. */
static void create_all(struct dts_schema_diff *d)
{
	/* Triggers go before any of them comes, so that they fire in their order. */
	for (size_t i = 0; i < d->count; i++)
		if (d->objects[i].o.type == DTS_DDL_TYPE_TRIGGER && d->objects[i].differs)
			add_drop(d, DTS_PHASE_TRIGGERS, d->objects[i].there);
	for (size_t i = 0; i < d->count; i++) {
		const struct dts_diff_object *x = &d->objects[i];
		bool again = x->differs && x->o.type > DTS_DDL_TYPE_TABLE && x->o.type != DTS_DDL_TYPE_SEQUENCE;
		if (x->refused || (x->there && !again))
			continue;
		d->any = true;
		if (!x->there && is_place_taken(d, x))
			continue;
		if (x->there && x->o.type != DTS_DDL_TYPE_TRIGGER)
			add_drop(d, phase_of(x->o.type), x->there);
		add_create(d, x);
		if (x->there && x->there->enabled)
			add_enable(d, x);
	}
}

static int compare(struct dts_schema_diff *d, struct dts_error *err)
{
	struct dts_error late = DTS_ERROR_INIT;

	int rc = compare_tables(d, err);
	if (rc == 0)
		rc = compare_others(d, err);
	if (dts_diff_try_end(d, rc < 0 ? &late : err) < 0)
		rc = -1;
	if (rc < 0)
		return -1;
	join_packages(d);
	order_triggers(d);
	drop_too_many(d);
	create_all(d);
	return 0;
}

static int make_context(struct dts_schema_diff *d, struct dts_error *err)
{
	struct dts_buf collation = {0};
	int rc = dts_session_value(d->target, DTS_LIT("SELECT @@collation_connection"), &collation, err);

	dts_buf_adds(&d->context, "{\"sql_mode\":\"STRICT_ALL_TABLES,ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION\","
				  "\"time_zone\":\"+00:00\",\"charset\":\"utf8mb4\",\"collation_connection\":");
	dts_json_add_string(&d->context, dts_buf_slice(&collation));
	dts_buf_adds(&d->context, ",\"explicit_defaults_for_timestamp\":true,\"foreign_key_checks\":false}");
	dts_buf_release(&collation);
	return rc < 0 ? -1 : 0;
}

/* What one of the accounts does not see is taken for what is not there: nothing is dropped for that. */
static int check_sight(struct dts_schema_diff *d, struct dts_error *err)
{
	struct dts_list unseen = {0};
	struct dts_buf line = {0};
	int rc = 0;

	if (d->options.allow_drop && d->reader.unseen.count > 0) {
		rc = dts_fail(err, DTS_REFUSED, "%s: %s", d->source->label, d->reader.unseen.items[0]);
		dts_hint(err, "grant it that, or leave --allow-drop out: what is not seen would be dropped at the target");
	}
	for (size_t i = 0; i < d->reader.unseen.count; i++) {
		dts_buf_clear(&line);
		dts_buf_addf(&line, "warning: %s: %s, and what it does not see is not compared", d->source->label, d->reader.unseen.items[i]);
		dts_list_add(&d->told, dts_buf_text(&line));
	}
	dts_schema_unseen(d->target, &d->there, DTS_STAGE_ALL, &unseen);
	for (size_t i = 0; i < unseen.count; i++) {
		dts_buf_clear(&line);
		dts_buf_addf(&line, "warning: %s: %s, and what it does not see is not compared", d->target->label, unseen.items[i]);
		dts_list_add(&d->told, dts_buf_text(&line));
	}
	dts_list_release(&unseen);
	dts_buf_release(&line);
	return rc;
}

struct dts_schema_diff *dts_schema_diff_new(struct dts_session *source, struct dts_session *target,
					    const struct dts_schema_diff_options *o, struct dts_error *err)
{
	const struct dts_schema_options options = {.target = target->family, .stages = DTS_STAGE_ALL, .definer = o->definer};
	struct dts_schema_diff *d = dts_zalloc(1, sizeof *d);

	d->options = *o;
	d->source = source;
	d->target = target;
	d->origin = (struct dts_ddl_origin){.known = true, .family = source->family, .version = source->version};
	d->arena = dts_arena_new();
	if (dts_names_init(&d->names, o->patterns, o->ignored, o->routes, err) == 0 &&
	    dts_schema_reader_open(&d->reader, source, &options, &d->names.selection, o->patterns, err) == 0 &&
	    make_context(d, err) == 0 && dts_diff_gather(d, err) == 0 && check_sight(d, err) == 0 && compare(d, err) == 0)
		return d;
	dts_schema_diff_free(d);
	return NULL;
}

void dts_schema_diff_free(struct dts_schema_diff *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->statement_count; i++) {
		dts_buf_release(&d->statements[i].st.sql);
		dts_buf_release(&d->statements[i].st.context);
		dts_buf_release(&d->statements[i].st.next);
		dts_buf_release(&d->statements[i].st.cycle);
	}
	free(d->statements);
	free(d->objects);
	free(d->claimed);
	dts_schema_reader_close(&d->reader);
	dts_schema_objects_release(&d->there);
	dts_names_release(&d->names);
	dts_diff_touched_release(&d->touched);
	dts_list_release(&d->told);
	dts_ddl_release(&d->ddl);
	dts_buf_release(&d->context);
	dts_buf_release(&d->try_collation);
	dts_buf_release(&d->sql);
	dts_buf_release(&d->text);
	dts_arena_free(d->arena);
	free(d);
}

bool dts_schema_diff_any(const struct dts_schema_diff *d)
{
	return d->any;
}

const struct dts_list *dts_schema_diff_told(const struct dts_schema_diff *d)
{
	return &d->told;
}

int dts_schema_diff_next(struct dts_schema_diff *d, struct dts_buf *out, struct dts_error *err)
{
	for (; d->phase < DTS_PHASES; d->phase++, d->next = 0)
		while (d->next < d->statement_count) {
			const struct dts_diff_statement *s = &d->statements[d->next++];
			if (s->phase == d->phase)
				return dts_schema_add_record(&d->reader, &s->st, out, err) < 0 ? -1 : 1;
		}
	return 0;
}
