/* Statements of the tools for online schema changes. */
#include "binlog/capture_parts.h"
#include "ddl/online.h"

enum { SHOWN = 200 }; /* bytes of a statement in a message */

/* The names of an object as rows events have them. */
struct names {
	struct dts_buf in_db, in_name;
	struct dts_slice db, name;
};

static void read_names(const struct dts_capture *c, struct dts_slice default_db, const struct dts_ddl_object *o, struct names *n)
{
	n->db = dts_capture_name(c, o->db.len > 0 ? o->db : default_db, &n->in_db);
	n->name = dts_capture_name(c, o->name, &n->in_name);
}

static void names_release(struct names *n)
{
	dts_buf_release(&n->in_db);
	dts_buf_release(&n->in_name);
}

/* Is the table that tools change captured? It is never hidden itself. */
static bool wants(const struct dts_capture *c, struct dts_slice db, struct dts_slice table)
{
	return dts_log_tables_wants(&c->tables, db, table);
}

static bool hides(const struct dts_capture *c)
{
	return c->options.online->mode == DTS_ONLINE_HIDE;
}

/* What is hidden for T has changed. */
static void restate(struct dts_capture *c, struct dts_slice db, struct dts_slice table, struct dts_buf *out)
{
	if (!c->quiet && dts_log_tables_restate_online(&c->tables, db, table, out))
		c->tx.records++;
}

/* The statement made something else of its tables, and there is no history that says what. */
static void unsay(struct dts_capture *c, const struct dts_ddl *d, struct dts_slice default_db)
{
	for (size_t i = 0; i < d->count && !c->options.history; i++) {
		struct names n = {0};

		read_names(c, default_db, &d->objects[i], &n);
		dts_log_tables_unsay(&c->tables, n.db, n.name);
		names_release(&n);
	}
}

/* Nobody is told of the statement. */
static int pass_over(struct dts_capture *c, const struct dts_event_query *q, struct dts_slice sql, struct dts_error *err)
{
	return dts_capture_learn(c, q->db, sql, dts_buf_slice(&c->context), NULL, err) < 0 ? -1 : 1;
}

/* ---- CREATE TABLE ---- */

/* May the table of this name be such a part of T? Where nothing else says so, T must be known. 1, 0, -1. */
static int is_part(struct dts_capture *c, const struct dts_event_query *q, const struct names *made, const struct dts_online_name *n,
		   struct dts_error *err)
{
	const struct dts_ddl *d = &c->ddl;
	struct names like = {0};
	int is;

	if (!wants(c, made->db, n->table) || d->kind == DTS_DDL_CREATE_TABLE_SELECT)
		return 0;
	if (n->part == DTS_ONLINE_RETIRED) /* gh-ost keeps the name free by a table */
		return !n->by_triggers && dts_online_has(c->options.online, made->db, n->table, DTS_ONLINE_NEW);
	if (n->part == DTS_ONLINE_LOG || n->by_triggers)
		return dts_log_tables_knows(&c->tables, made->db, n->table, err);
	if (d->kind != DTS_DDL_CREATE_TABLE_LIKE || d->count < 2)
		return 0;
	read_names(c, q->db, &d->objects[1], &like);
	is = dts_slice_eq(like.name, n->table) && dts_slice_eq(like.db, made->db);
	names_release(&like);
	return is;
}

static int on_create(struct dts_capture *c, const struct dts_event_query *q, struct dts_slice sql, struct dts_buf *out,
		     struct dts_error *err)
{
	struct dts_online_name may[DTS_ONLINE_NAMES];
	struct names made = {0};
	int is = 0;

	read_names(c, q->db, &c->ddl.objects[0], &made);
	const size_t count = dts_online_names(made.name, may);
	for (size_t i = 0; i < count && is == 0; i++) {
		is = is_part(c, q, &made, &may[i], err);
		if (is <= 0)
			continue;
		dts_online_hide(c->options.online, made.db, made.name, may[i].table, may[i].part, may[i].by_triggers);
		if (pass_over(c, q, sql, err) < 0)
			is = -1;
		else
			restate(c, made.db, may[i].table, out);
	}
	struct dts_online_table *before = is == 0 ? dts_online_find(c->options.online, made.db, made.name) : NULL;
	if (before) /* another table of the name now */
		dts_online_forget(c->options.online, before);
	names_release(&made);
	return is;
}

/* ---- statements about a hidden table ---- */

static int cannot_hide(struct dts_capture *c, const struct dts_online_table *t, const char *why, struct dts_error *err)
{
	dts_fail(err, DTS_BAD_INPUT, "the online schema change of '%s.%s' by '%s' cannot be told as one statement: %s", t->db, t->table, t->name, why);
	return dts_capture_refuse(c);
}

static int on_alter(struct dts_capture *c, const struct dts_event_query *q, struct dts_online_table *t, struct dts_slice sql,
		    struct dts_buf *out, struct dts_error *err)
{
	for (size_t i = 1; i < c->ddl.count && !c->quiet; i++)
		if (c->ddl.objects[i].role == DTS_DDL_NEW || c->ddl.objects[i].role == DTS_DDL_EXCHANGED)
			return cannot_hide(c, t, "another table is part of an ALTER TABLE", err);
	if (t->part == DTS_ONLINE_NEW)
		dts_online_add_statement(t, q->db, sql, dts_buf_slice(&c->context));
	if (pass_over(c, q, sql, err) < 0)
		return -1;
	restate(c, dts_slice_of(t->db), dts_slice_of(t->table), out);
	return 1;
}

/* pt-online-schema-change's --alter-foreign-keys-method=drop_swap: the next thing is that the new table takes the name. */
static int on_drop_of_original(struct dts_capture *c, const struct dts_event_query *q, const struct names *n, struct dts_error *err)
{
	struct dts_map_entry *e;

	if (c->quiet || !(q->flags2 & DTS_QUERY_NO_FOREIGN_KEYS) || !wants(c, n->db, n->name))
		return 0;
	for (size_t at = 0; (e = dts_map_next(&c->options.online->hidden, &at));) {
		const struct dts_online_table *t = e->value;

		if (t->part == DTS_ONLINE_NEW && t->triggers && dts_slice_is(n->db, t->db) && dts_slice_is(n->name, t->table))
			return cannot_hide(c, t, "the table is dropped before the new one takes its name (drop_swap)", err);
	}
	return 0;
}

static int on_drop(struct dts_capture *c, const struct dts_event_query *q, struct dts_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < c->ddl.count && rc == 0; i++) {
		struct dts_online_table *t;
		struct names n = {0};

		read_names(c, q->db, &c->ddl.objects[i], &n);
		t = dts_online_find(c->options.online, n.db, n.name);
		if (t)
			t->gone = true;
		else
			rc = on_drop_of_original(c, q, &n, err);
		names_release(&n);
	}
	return rc; /* the tables in the list that are not hidden are told */
}

static void on_drop_database(struct dts_capture *c, const struct dts_event_query *q)
{
	struct dts_map_entry *e;
	struct names n = {0};

	read_names(c, q->db, &c->ddl.objects[0], &n);
	for (size_t at = 0; (e = dts_map_next(&c->options.online->hidden, &at));) {
		struct dts_online_table *t = e->value;

		t->gone = t->gone || dts_slice_is(n.db, t->db);
	}
	names_release(&n);
}

void dts_capture_online_end(struct dts_capture *c, struct dts_slice default_db, struct dts_buf *out)
{
	struct dts_online *o = c->options.online;
	struct dts_map_entry *e;

	unsay(c, &c->ddl, default_db);
	for (size_t at = 0; (e = dts_map_next(&o->hidden, &at));) {
		struct dts_online_table *t = e->value;
		struct dts_buf db = {0}, table = {0};

		if (!t->gone)
			continue;
		dts_buf_adds(&db, t->db);
		dts_buf_adds(&table, t->table);
		dts_online_forget(o, t);
		restate(c, dts_buf_slice(&db), dts_buf_slice(&table), out);
		dts_buf_release(&db);
		dts_buf_release(&table);
		at = 0; /* the walk does not outlive a change */
	}
}

/* ---- triggers of pt-online-schema-change ---- */

/* Their effects are in the log as rows of their table; at the target they would act again. */
static int on_trigger(struct dts_capture *c, const struct dts_event_query *q, struct dts_slice sql, struct dts_buf *out,
		      struct dts_error *err)
{
	const struct dts_ddl_object *trigger = &c->ddl.objects[0];
	struct dts_online_table *hidden;
	struct names on = {0};
	int rc = 0;

	if (c->ddl.kind == DTS_DDL_DROP_TRIGGER)
		return dts_online_is_trigger(trigger->name) ? pass_over(c, q, sql, err) : 0;
	read_names(c, q->db, &c->ddl.objects[1], &on);
	hidden = dts_online_find(c->options.online, on.db, on.name);
	if (dts_online_is_trigger(trigger->name) && wants(c, on.db, on.name)) {
		dts_online_note_triggers(c->options.online, on.db, on.name);
		rc = pass_over(c, q, sql, err);
		if (rc > 0 && hides(c))
			restate(c, on.db, on.name, out);
	} else if (hidden && !c->quiet) {
		rc = cannot_hide(c, hidden, "a trigger is made on the new table", err);
	}
	names_release(&on);
	return rc;
}

/* ---- the new table takes the name ---- */

struct renaming {
	struct dts_slice db, from, to;
};

/* A dts_ddl_choose: the new table by the name that it gets. */
static int by_new_name(void *ctx, enum dts_ddl_type type, struct dts_slice db, struct dts_slice name,
		       struct dts_ddl_choice *choice, struct dts_error *err)
{
	const struct renaming *r = ctx;

	(void)err;
	choice->keep = true;
	if (type == DTS_DDL_TYPE_TABLE && dts_slice_is_nocase(name, r->from.p) && dts_slice_is_nocase(db, r->db.p))
		choice->name = r->to;
	return 0;
}

/* The statement that is to be told, out of those that were made to the new table. */
struct chosen {
	struct dts_buf db, sql, context;
	unsigned flags;
};

static void chosen_release(struct chosen *s)
{
	dts_buf_release(&s->db);
	dts_buf_release(&s->sql);
	dts_buf_release(&s->context);
}

static void take(struct chosen *s, struct dts_slice object, bool mysql)
{
	struct dts_buf scratch = {0};
	struct dts_json mode;

	dts_buf_clear(&s->db);
	dts_buf_clear(&s->sql);
	dts_buf_clear(&s->context);
	dts_buf_add_slice(&s->db, dts_json_string(dts_json_get(object, "db").raw, &scratch));
	dts_buf_add_slice(&s->sql, dts_json_string(dts_json_get(object, "sql").raw, &scratch));
	dts_buf_add_slice(&s->context, dts_json_get(object, "context").raw);
	mode = dts_json_get(dts_buf_slice(&s->context), "sql_mode");
	s->flags = mysql ? DTS_DDL_MYSQL : 0;
	if (mode.raw.p && mode.type == DTS_JSON_STRING)
		s->flags |= dts_ddl_flags_of_text(dts_json_string(mode.raw, &scratch));
	dts_buf_release(&scratch);
}

/* That gh-ost carries AUTO_INCREMENT over to the new table is of no concern: T has it. How many there are. */
static size_t choose_statement(struct dts_capture *c, const struct dts_online_table *t, bool mysql, struct chosen *s)
{
	struct chosen one = {0};
	struct dts_buf array = {0};
	struct dts_json value;
	size_t count = 0;
	bool counter = false;

	dts_buf_addc(&array, '[');
	dts_buf_add_slice(&array, dts_buf_slice(&t->statements));
	dts_buf_addc(&array, ']');
	struct dts_json_walk walk = dts_json_walk(dts_buf_slice(&array));
	while (dts_json_element(&walk, &value)) {
		take(&one, value.raw, mysql);
		dts_ddl_parse(&c->told, dts_buf_slice(&one.sql), one.flags);
		const bool is_counter = dts_ddl_sets_counter(&c->told, dts_buf_slice(&one.sql), one.flags);
		if (is_counter && count > 0)
			continue;
		count = counter ? 1 : count + 1;
		counter = is_counter;
		take(s, value.raw, mysql);
	}
	chosen_release(&one);
	dts_buf_release(&array);
	return count;
}

/* Why an ALTER TABLE of T would not come to the same; NULL: it does. */
static const char *why_not(struct dts_capture *c, const struct dts_online_table *t, size_t count, const struct chosen *s)
{
	if (t->by_triggers && !t->triggers)
		return "none of the triggers of pt-online-schema-change was seen";
	if (count == 0)
		return "no ALTER TABLE of the new table was seen";
	if (count > 1)
		return "the new table had more than one ALTER TABLE";
	dts_ddl_parse(&c->told, dts_buf_slice(&s->sql), s->flags);
	const bool implicit = dts_json_get(dts_buf_slice(&s->context), "explicit_defaults_for_timestamp").type == DTS_JSON_FALSE;
	if (c->told.effects & (DTS_DDL_FILLS_ROWS | DTS_DDL_NUMBERS_ROWS) ||
	    dts_ddl_fills_by_copy(dts_buf_slice(&s->sql), s->flags, implicit))
		return "it adds a column whose values in rows that exist depend on when they were copied";
	return NULL;
}

/* Tells the statement of T in place of the RENAME TABLE. */
static int tell(struct dts_capture *c, const struct dts_event_query *q, const struct dts_online_table *t, struct chosen *s,
		struct dts_buf *out, struct dts_error *err)
{
	struct renaming r = {dts_slice_of(t->db), dts_slice_of(t->name), dts_slice_of(t->table)};
	const size_t count = choose_statement(c, t, q->mysql, s);
	const char *why = why_not(c, t, count, s);
	const struct dts_slice sql = dts_buf_slice(&s->sql), db = dts_buf_slice(&s->db);
	enum dts_ddl_verdict verdict;

	dts_buf_clear(&c->sql);
	if (why) {
		dts_buf_adds(&c->sql, why);
		if (count > 0)
			dts_buf_addf(&c->sql, ": %.*s", sql.len > SHOWN ? SHOWN : (int)sql.len, sql.p);
		return cannot_hide(c, t, dts_buf_text(&c->sql), err);
	}
	if (dts_ddl_rewrite(&c->told, sql, db, by_new_name, &r, &c->sql, &verdict, err) < 0)
		return dts_capture_refuse(c);
	dts_buf_clear(&s->sql);
	dts_buf_add_slice(&s->sql, dts_buf_slice(&c->sql));
	dts_ddl_parse(&c->told, dts_buf_slice(&s->sql), s->flags);
	dts_capture_add_ddl(c, &c->told, db, dts_buf_slice(&s->sql), dts_buf_slice(&s->context), out);
	return 0;
}

/* The history, too: by the RENAME where it knows the new table, else by what was told. */
static int learn(struct dts_capture *c, const struct dts_event_query *q, struct dts_slice db, struct dts_slice name, struct dts_slice sql,
		 const struct chosen *s, struct dts_buf *out, struct dts_error *err)
{
	const struct dts_history *h = c->options.history;
	const struct dts_defined_table *known = h ? dts_definitions_find(h->tables, db, name) : NULL;

	if (!h || (known && !known->unknown) || c->quiet)
		return dts_capture_learn(c, q->db, sql, dts_buf_slice(&c->context), c->quiet ? NULL : out, err);
	dts_ddl_parse(&c->ddl, dts_buf_slice(&s->sql), s->flags);
	return dts_capture_learn(c, dts_buf_slice(&s->db), dts_buf_slice(&s->sql), dts_buf_slice(&s->context), out, err);
}

/* RENAME TABLE T TO retired, new TO T. */
static int swap(struct dts_capture *c, const struct dts_event_query *q, struct dts_slice sql, struct dts_online_table *t,
		struct dts_slice retired, struct dts_buf *out, struct dts_error *err)
{
	struct dts_buf db = {0}, name = {0}, table = {0};
	struct chosen s = {0};
	const bool by_triggers = t->by_triggers;
	int rc = c->quiet ? 0 : tell(c, q, t, &s, out, err);

	if (rc == 0) {
		dts_buf_adds(&db, t->db);
		dts_buf_adds(&name, t->name);
		dts_buf_adds(&table, t->table);
		dts_online_forget(c->options.online, t);
		dts_online_hide(c->options.online, dts_buf_slice(&db), retired, dts_buf_slice(&table), DTS_ONLINE_RETIRED, by_triggers);
		rc = learn(c, q, dts_buf_slice(&db), dts_buf_slice(&name), sql, &s, out, err);
	}
	dts_buf_release(&db);
	dts_buf_release(&name);
	dts_buf_release(&table);
	chosen_release(&s);
	return rc < 0 ? -1 : 1;
}

static int on_rename(struct dts_capture *c, const struct dts_event_query *q, struct dts_slice sql, struct dts_buf *out,
		     struct dts_error *err)
{
	const struct dts_ddl *d = &c->ddl;
	struct names n[4];
	int rc = 0;

	if (d->count != 4)
		return 0;
	memset(n, 0, sizeof n);
	for (size_t i = 0; i < 4; i++)
		read_names(c, q->db, &d->objects[i], &n[i]);
	bool one_db = dts_slice_eq(n[0].db, n[1].db) && dts_slice_eq(n[0].db, n[2].db) && dts_slice_eq(n[0].db, n[3].db);
	struct dts_online_table *t = one_db ? dts_online_find(c->options.online, n[2].db, n[2].name) : NULL;
	if (t && t->part == DTS_ONLINE_NEW && dts_slice_eq(n[0].name, n[3].name) && dts_slice_is(n[0].name, t->table) &&
	    dts_online_is(n[1].name, DTS_ONLINE_RETIRED, n[0].name))
		rc = swap(c, q, sql, t, n[1].name, out, err);
	for (size_t i = 0; i < 4; i++)
		names_release(&n[i]);
	return rc;
}

/* ---- */

static int about_hidden(struct dts_capture *c, const struct dts_event_query *q, struct dts_slice sql, struct dts_buf *out,
			struct dts_error *err)
{
	struct names n = {0};
	int rc = 0;

	read_names(c, q->db, &c->ddl.objects[0], &n);
	struct dts_online_table *t = dts_online_find(c->options.online, n.db, n.name);
	if (t && c->ddl.kind == DTS_DDL_TRUNCATE_TABLE)
		rc = pass_over(c, q, sql, err);
	else if (t)
		rc = on_alter(c, q, t, sql, out, err);
	names_release(&n);
	return rc;
}

int dts_capture_online(struct dts_capture *c, const struct dts_event_query *q, struct dts_slice sql, struct dts_buf *out,
		       struct dts_error *err)
{
	if (c->ddl.count == 0)
		return 0;
	if (c->ddl.kind == DTS_DDL_CREATE_TRIGGER || c->ddl.kind == DTS_DDL_DROP_TRIGGER)
		return on_trigger(c, q, sql, out, err);
	if (!hides(c))
		return 0;
	switch (c->ddl.kind) {
	case DTS_DDL_CREATE_TABLE:
	case DTS_DDL_CREATE_TABLE_LIKE:
	case DTS_DDL_CREATE_TABLE_SELECT:
		return on_create(c, q, sql, out, err);
	case DTS_DDL_ALTER_TABLE:
	case DTS_DDL_CREATE_INDEX:
	case DTS_DDL_DROP_INDEX:
	case DTS_DDL_TRUNCATE_TABLE:
		return about_hidden(c, q, sql, out, err);
	case DTS_DDL_RENAME_TABLE:
		return on_rename(c, q, sql, out, err);
	case DTS_DDL_DROP_TABLE:
		return on_drop(c, q, err);
	case DTS_DDL_DROP_DATABASE:
		on_drop_database(c, q);
		return 0;
	default:
		return 0;
	}
}

int dts_capture_online_hint(struct dts_capture *c, struct dts_slice default_db, struct dts_error *err)
{
	const struct dts_online *o = c->options.online;
	bool looks = false;

	for (size_t i = 0; i < c->ddl.count && !looks; i++) {
		struct dts_online_name may[DTS_ONLINE_NAMES];
		struct names n = {0};

		read_names(c, default_db, &c->ddl.objects[i], &n);
		const size_t count = dts_online_names(n.name, may);
		for (size_t k = 0; k < count; k++)
			looks = looks || wants(c, n.db, may[k].table);
		names_release(&n);
	}
	if (!looks)
		return -1;
	c->refused_unless = !o;
	if (!o)
		return dts_hint(err, "this looks like gh-ost or pt-online-schema-change: --online-ddl=follow captures their tables, too, "
				"--online-ddl=hide tells one ALTER TABLE instead, where reading starts before they do");
	return dts_hint(err, "this looks like the end of an online schema change whose CREATE TABLE and ALTER TABLE were not read "
			"with --online-ddl=hide: alter the table at the target as at the source");
}

int dts_capture_online_rows(struct dts_capture *c, const struct dts_log_table *t, struct dts_error *err)
{
	const struct dts_event e = {.body = dts_buf_slice(&t->raw)};
	struct dts_online *o = c->options.online;
	struct dts_online_table *hidden;
	struct dts_slice db, name;
	uint64_t id;

	if (dts_table_map_name(&e, &c->format, &id, &db, &name, err) < 0)
		return -1;
	hidden = dts_online_find(o, db, name);
	if (!hidden || hidden->part != DTS_ONLINE_NEW || !hidden->by_triggers || hidden->triggers)
		return 0;
	if (!dts_online_selects(NULL, c->options.selection, db, name)) {
		dts_online_forget(o, hidden); /* another's, and of no concern */
		return 0;
	}
	dts_fail(err, DTS_BAD_INPUT, "table '%s.%s' has rows and '%s' has none of the triggers of pt-online-schema-change, which its name "
		 "stands for: it was taken for hidden", hidden->db, hidden->name, hidden->table);
	dts_hint(err, "leave it out with --ignore-table, or use --online-ddl=follow");
	c->refused_unless = true;
	return dts_capture_refuse(c);
}
