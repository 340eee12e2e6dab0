#include "apply/schema.h"

#include <stdlib.h>
#include <strings.h>

#include "apply/state.h"
#include "ddl/scan.h"
#include "mysql/ddl_try.h"
#include "mysql/quote.h"

/*
 * Keys that come behind the rows, with a schema stream. What the table has already under the same name is taken out
 * of the statement. The rest is built like the keys that the full phase put off (keys_build.c): several tables at once,
 * foreign keys without a copy of the table. Where rows were read at several positions, UNIQUE and FOREIGN keys
 * have to wait until the changes have passed the window: those are noted in the checkpoint whose window it is, and
 * its next run builds them.
 */

/* A source of a checkpoint that keys were noted in. */
struct seat {
	char *src;
	struct dts_checkpoint checkpoint; /* its name is its own */
	bool acts; /* foreign keys with an action are among them */
};

struct dts_apply_schema_work {
	struct dts_key_notes keys; /* to be built */
	size_t cap;
	struct seat *seats;
	size_t seat_count;
};

static struct dts_apply_schema_work *work_of(struct dts_applier *a)
{
	if (!a->schema_work) {
		a->schema_work = dts_zalloc(1, sizeof *a->schema_work);
		a->schema_work->keys.arena = dts_arena_new();
	}
	return a->schema_work;
}

void dts_apply_schema_release(struct dts_applier *a)
{
	struct dts_apply_schema_work *w = a->schema_work;

	if (!w)
		return;
	for (size_t i = 0; i < w->seat_count; i++) {
		free(w->seats[i].src);
		free((char *)w->seats[i].checkpoint.name);
	}
	free(w->seats);
	dts_key_notes_release(&w->keys);
	free(w);
	a->schema_work = NULL;
}

/* ---- AUTO_INCREMENT ---- */

/* AUTO_INCREMENT=n at hand: the number. */
static bool take_counter(struct dts_sql_scan *s, uint64_t *n)
{
	if (!dts_sql_is(s, "AUTO_INCREMENT"))
		return false;
	dts_sql_next(s);
	if (dts_sql_is_char(s, '='))
		dts_sql_next(s);
	if (s->type != DTS_SQL_NUMBER)
		return false;
	struct dts_buf text = {0};
	dts_buf_add_slice(&text, dts_sql_text(s));
	*n = strtoull(dts_buf_text(&text), NULL, 10);
	dts_buf_release(&text);
	dts_sql_next(s);
	return true;
}

static bool sets_counter(const struct dts_apply_statement *st, uint64_t *n)
{
	const struct dts_ddl_object *o = &st->ddl.objects[0];
	struct dts_sql_scan s;

	if (st->ddl.count != 1)
		return false;
	dts_sql_start(&s, st->sql, st->flags);
	while (s.type != DTS_SQL_END && s.at < o->whole.at + o->whole.len)
		dts_sql_next(&s);
	return take_counter(&s, n) && s.type == DTS_SQL_END;
}

static struct dts_slice db_of(const struct dts_apply_statement *s)
{
	return s->ddl.objects[0].db.len > 0 ? s->ddl.objects[0].db : s->db;
}

/* The table's definition, which has to be there. */
static int read_table(struct dts_applier *a, const struct dts_apply_statement *s, struct dts_buf *text, struct dts_items *items,
		      struct dts_error *err)
{
	struct dts_slice db = db_of(s), table = s->ddl.objects[0].name;
	int rc = dts_keys_definition(a->session, db, table, text, items, err);

	if (rc == 0 && !a->options.print) {
		rc = dts_fail(err, DTS_REFUSED, "table '%.*s.%.*s' is not at the target", (int)db.len, db.p, (int)table.len, table.p);
		dts_hint(err, "make it first: dts-schema --stage=pre prints the statements and dts-apply runs them");
	} else if (rc == 0) { /* an earlier statement may make it */
		*err = (struct dts_error)DTS_ERROR_INIT;
	}
	return rc;
}

int dts_apply_schema_counter(struct dts_applier *a, const struct dts_apply_statement *st, struct dts_error *err)
{
	struct dts_items items = {0};
	struct dts_buf text = {0};
	struct dts_sql_scan s;
	uint64_t wanted, is = 1;

	if (!sets_counter(st, &wanted))
		return 0;
	int rc = read_table(a, st, &text, &items, err);
	if (rc > 0) {
		for (dts_sql_start(&s, items.rest, 0); s.type != DTS_SQL_END && !take_counter(&s, &is);)
			dts_sql_next(&s);
		rc = is >= wanted;
	}
	dts_items_release(&items);
	dts_buf_release(&text);
	return rc;
}

/* ---- which keys are there ---- */

/* A statement's keys against those of its table. */
struct keys {
	struct dts_slice db, table;
	struct dts_items added;   /* by the statement */
	struct dts_items is;      /* the table */
	struct dts_buf text;      /* of it */
	struct dts_items noted;   /* keys that checkpoints build later */
	struct dts_list clauses;  /* what these borrow from */
	struct dts_list checkpoints; /* of each */
	const struct dts_item **other; /* of each added: what has its name and another text; NULL: nothing */
	bool *missing;            /* of each added: nothing has its name */
};

static void release(struct keys *k)
{
	dts_items_release(&k->added);
	dts_items_release(&k->is);
	free(k->noted.items);
	dts_arena_free(k->noted.arena);
	dts_list_release(&k->clauses);
	dts_list_release(&k->checkpoints);
	dts_buf_release(&k->text);
	free(k->other);
	free(k->missing);
}

static int read_noted(struct dts_applier *a, struct keys *k, struct dts_error *err)
{
	if (dts_keys_noted(a, k->db, k->table, &k->clauses, &k->checkpoints, err) < 0)
		return -1;
	k->noted = (struct dts_items){.arena = dts_arena_new()};
	k->noted.items = dts_zalloc(k->clauses.count + 1, sizeof *k->noted.items);
	for (size_t i = 0; i < k->clauses.count; i++)
		if (dts_item_parse(&k->noted.items[k->noted.count++], dts_slice_of(k->clauses.items[i]), k->noted.arena, err) < 0)
			return -1;
	return 0;
}

static bool acts(const struct dts_item *item)
{
	return item->kind == DTS_ITEM_FOREIGN && (dts_foreign_acts(item->foreign.on_delete) || dts_foreign_acts(item->foreign.on_update));
}

static size_t compare(struct keys *k)
{
	size_t others = 0;

	k->other = dts_zalloc(k->added.count + 1, sizeof *k->other);
	k->missing = dts_zalloc(k->added.count + 1, sizeof *k->missing);
	for (size_t i = 0; i < k->added.count; i++) {
		const struct dts_item *want = &k->added.items[i];
		bool foreign = want->kind == DTS_ITEM_FOREIGN;
		const struct dts_item *is = dts_items_find(&k->is, foreign, want->name);
		if (!is)
			is = dts_items_find(&k->noted, foreign, want->name);
		k->missing[i] = !is;
		if (is && !dts_slice_eq(is->text, want->text)) {
			k->other[i] = is;
			others++;
		} else if (is && acts(want) && !dts_items_find(&k->is, true, want->name)) {
			k->missing[i] = true; /* a run was killed between its note and its making */
		}
	}
	return others;
}

/* The target's own table without those keys. */
static void add_bare_table(const struct keys *k, struct dts_buf *sql)
{
	bool first = true;

	dts_buf_adds(sql, "CREATE TABLE ");
	dts_sql_ident(sql, k->table);
	for (size_t i = 0; i < k->is.count; i++) {
		bool left_out = false;
		for (size_t j = 0; j < k->added.count && !left_out; j++)
			left_out = k->other[j] == &k->is.items[i];
		if (left_out)
			continue;
		dts_buf_adds(sql, first ? " (" : ", ");
		dts_buf_add_slice(sql, k->is.items[i].text);
		first = false;
	}
	dts_buf_addc(sql, ')');
	dts_buf_add_slice(sql, k->is.rest);
}

static void add_alter(const struct keys *k, struct dts_buf *sql)
{
	bool first = true;

	dts_buf_adds(sql, "ALTER TABLE ");
	dts_sql_ident(sql, k->table);
	for (size_t i = 0; i < k->added.count; i++) {
		if (!k->other[i])
			continue;
		dts_buf_adds(sql, first ? " ADD " : ", ADD ");
		dts_buf_add_slice(sql, k->added.items[i].text);
		first = false;
	}
}

/* How the target writes the keys that seem to be others: with what it has of their names all the same? 1, 0, -1.
 * *tried: it has written them. */
static int tried_alike(struct dts_applier *a, const struct dts_apply_statement *s, struct keys *k, bool *tried, struct dts_error *err)
{
	struct dts_error why = DTS_ERROR_INIT, after = DTS_ERROR_INIT;
	const struct dts_ddl_origin own = {0};
	struct dts_buf bare = {0}, alter = {0}, text = {0};
	struct dts_items made = {0};
	struct dts_ddl ddl = {0};
	struct dts_try t;

	if (a->options.print || dts_try_open(&t, a->session, (struct dts_slice){NULL, 0}) == 0)
		return 0;
	add_bare_table(k, &bare);
	dts_ddl_parse(&ddl, dts_buf_slice(&bare), 0);
	int rc = dts_try_run(&t, &ddl, dts_buf_slice(&bare), &own, (struct dts_slice){NULL, 0}, &why, err);
	if (rc > 0) {
		add_alter(k, &alter);
		dts_ddl_parse(&ddl, dts_buf_slice(&alter), 0);
		rc = dts_try_run(&t, &ddl, dts_buf_slice(&alter), &a->origin, s->context, &why, err);
	}
	if (rc > 0)
		rc = dts_keys_definition(a->session, dts_slice_of(t.db), k->table, &text, &made, err);
	*tried = rc > 0;
	for (size_t i = 0; rc > 0 && i < k->added.count; i++) {
		const struct dts_item *item = &k->added.items[i];
		const struct dts_item *is = k->other[i] ? dts_items_find(&made, item->kind == DTS_ITEM_FOREIGN, item->name) : NULL;
		if (is && dts_slice_eq(is->text, k->other[i]->text))
			k->other[i] = NULL;
		rc = k->other[i] == NULL;
	}
	if (dts_try_close(&t, rc < 0 ? &after : err) < 0)
		rc = -1;
	dts_items_release(&made);
	dts_ddl_release(&ddl);
	dts_buf_release(&bare);
	dts_buf_release(&alter);
	dts_buf_release(&text);
	return rc;
}

static int refuse_other(const struct dts_applier *a, const struct keys *k, bool tried, struct dts_error *err)
{
	size_t i = 0;

	while (!k->other[i])
		i++;
	const struct dts_item *item = &k->added.items[i];
	dts_fail(err, DTS_REFUSED, "%s '%.*s' of table '%.*s.%.*s' is at the target already, with another definition: %.*s",
		 item->kind == DTS_ITEM_FOREIGN ? "foreign key" : "key", (int)item->name.len, item->name.p, (int)k->db.len, k->db.p,
		 (int)k->table.len, k->table.p, (int)k->other[i]->text.len, k->other[i]->text.p);
	if (!tried) {
		dts_fail(err, DTS_REFUSED, "%s '%.*s' of table '%.*s.%.*s' is at the target already, in other words than those of the statement, and "
			 "whether they mean the same cannot be told: %.*s", item->kind == DTS_ITEM_FOREIGN ? "foreign key" : "key",
			 (int)item->name.len, item->name.p, (int)k->db.len, k->db.p, (int)k->table.len, k->table.p,
			 (int)k->other[i]->text.len, k->other[i]->text.p);
		return dts_hint(err, a->options.print ? "a run can tell: it makes the table for a moment in a database dts-try-NUMBER of the target"
						      : "let the account make the table for a moment in a database of its own: GRANT ALL ON "
							"`dts-try-%%`.* TO it, and repeat the command");
	}
	return dts_hint(err, "drop it, and repeat the command, which adds it: %.*s", (int)(item->text.len < 500 ? item->text.len : 500),
			item->text.p);
}

/* ---- keys that wait ---- */

/* Takes the checkpoint as its own applier would: no other runs under it meanwhile. */
static struct seat *take_seat(struct dts_applier *a, const struct dts_open_window *of, struct dts_error *err)
{
	struct dts_apply_schema_work *w = work_of(a);
	struct dts_slice name = dts_buf_slice(&of->name), src = dts_buf_slice(&of->src);
	const struct dts_checkpoint *known = a->has_checkpoint ? &a->checkpoint : NULL;

	for (size_t i = 0; i < w->seat_count; i++) {
		if (!dts_slice_is(name, w->seats[i].checkpoint.name))
			continue;
		known = &w->seats[i].checkpoint;
		if (dts_slice_is(src, w->seats[i].src))
			return &w->seats[i];
	}
	struct dts_checkpoint c = {.session = a->session, .db = a->options.checkpoint_db, .name = dts_slice_dup(name)};
	if (known && strcmp(known->name, c.name) == 0) {
		c.epoch = known->epoch;
	} else if (dts_checkpoint_lock(&c, (unsigned)a->options.lock_wait, err) < 0 || dts_checkpoint_raise(&c, err) < 0) {
		free((char *)c.name);
		return NULL;
	}
	w->seats = dts_realloc(w->seats, (w->seat_count + 1) * sizeof *w->seats);
	w->seats[w->seat_count] = (struct seat){.src = dts_slice_dup(src), .checkpoint = c};
	return &w->seats[w->seat_count++];
}

/* What the applier is while it works under another checkpoint. */
struct place {
	struct dts_checkpoint checkpoint;
	struct dts_buf src;
	bool has;
};

static void sit(struct dts_applier *a, const struct seat *seat, struct place *was)
{
	*was = (struct place){a->checkpoint, a->src, a->has_checkpoint};
	a->checkpoint = seat->checkpoint;
	a->has_checkpoint = true;
	a->src = (struct dts_buf){0};
	dts_buf_adds(&a->src, seat->src);
}

static void rise(struct dts_applier *a, const struct place *was)
{
	dts_buf_release(&a->src);
	a->checkpoint = was->checkpoint;
	a->has_checkpoint = was->has;
	a->src = was->src;
}

static void tell_waiting(struct dts_applier *a, const struct keys *k, const struct dts_item *item, const char *checkpoint)
{
	dts_applier_notice(a, "key '%.*s' of '%.*s.%.*s' waits until the changes of checkpoint '%s' have passed the time in which its rows were "
			   "read, and is built then", (int)item->name.len, item->name.p, (int)k->db.len, k->db.p, (int)k->table.len,
			   k->table.p, checkpoint);
}

/* It may be one that nobody goes on with. */
static void tell_noted(struct dts_applier *a, const struct keys *k, const struct dts_item *item)
{
	bool foreign = item->kind == DTS_ITEM_FOREIGN;
	const struct dts_item *noted = dts_items_find(&k->is, foreign, item->name) ? NULL : dts_items_find(&k->noted, foreign, item->name);

	if (noted)
		tell_waiting(a, k, item, k->checkpoints.items[noted - k->noted.items]);
}

static int note(struct dts_applier *a, const struct keys *k, size_t i, const struct dts_open_window *w, struct dts_error *err)
{
	const struct dts_item *item = &k->added.items[i];
	struct seat *seat = take_seat(a, w, err);
	struct place was;

	if (!seat)
		return -1;
	sit(a, seat, &was);
	dts_applier_plan_start(a);
	dts_key_note_plan(a, k->db, k->table, item, k->is.count + i);
	int rc = dts_applier_commit(a, err);
	rise(a, &was);
	seat->acts |= acts(item);
	if (rc == 0 && !acts(item))
		tell_waiting(a, k, item, seat->checkpoint.name);
	return rc;
}

/* ---- what is to be done ---- */

/* For dts_apply_schema_build(). */
static int collect(struct dts_applier *a, const struct keys *k, const struct dts_item *item, struct dts_error *err)
{
	struct dts_apply_schema_work *w = work_of(a);

	if (w->keys.count == w->cap) {
		w->cap = w->cap ? w->cap * 2 : 64;
		w->keys.items = dts_realloc(w->keys.items, w->cap * sizeof *w->keys.items);
	}
	struct dts_key_note *n = &w->keys.items[w->keys.count++];
	*n = (struct dts_key_note){.db = dts_arena_copy(w->keys.arena, k->db), .table = dts_arena_copy(w->keys.arena, k->table),
				   .due = true, .unnoted = true};
	return dts_item_parse(&n->item, dts_arena_copy(w->keys.arena, item->text), w->keys.arena, err);
}

static int take(struct dts_applier *a, const struct keys *k, struct dts_error *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < k->added.count; i++) {
		struct dts_open_window w = {0};
		if (!k->missing[i]) {
			tell_noted(a, k, &k->added.items[i]);
			continue;
		}
		rc = dts_apply_schema_waits(a, k->db, k->table, &k->added.items[i], &w, err);
		if (rc >= 0)
			rc = rc > 0 ? note(a, k, i, &w, err) : collect(a, k, &k->added.items[i], err);
		dts_open_window_release(&w);
	}
	return rc;
}

static bool any_missing(const struct keys *k)
{
	for (size_t i = 0; i < k->added.count; i++)
		if (k->missing[i])
			return true;
	return false;
}

/* A server builds one FULLTEXT key at a time: not with the table's others. */
static bool is_fulltext(const struct keys *k)
{
	return k->added.count == 1 && k->added.items[0].text.len > 8 && strncasecmp(k->added.items[0].text.p, "FULLTEXT", 8) == 0;
}

int dts_apply_schema_keys(struct dts_applier *a, const struct dts_apply_statement *s, struct dts_error *err)
{
	struct keys k = {.db = db_of(s), .table = s->ddl.objects[0].name};

	if (s->flags & (DTS_DDL_ANSI_QUOTES | DTS_DDL_BRACKETS | DTS_DDL_NO_BACKSLASH_ESCAPES) || !dts_items_parse_added(&k.added, s->sql))
		return 0;
	int rc = read_table(a, s, &k.text, &k.is, err);
	bool there = rc > 0;
	if (there && read_noted(a, &k, err) < 0)
		rc = -1;
	if (rc > 0 && compare(&k) > 0) {
		bool tried = false;
		rc = tried_alike(a, s, &k, &tried, err);
		if (rc == 0)
			rc = refuse_other(a, &k, tried, err);
	}
	if (rc > 0 && !a->options.print && !is_fulltext(&k))
		rc = take(a, &k, err) < 0 ? -1 : 1;
	else if (rc > 0)
		rc = !any_missing(&k); /* else it is printed whole */
	release(&k);
	return rc;
}

int dts_apply_schema_build(struct dts_applier *a, struct dts_error *err)
{
	struct dts_apply_schema_work *w = a->schema_work;
	struct place was;
	int rc = 0;

	if (!w)
		return 0;
	if (w->keys.count > 0) {
		rc = dts_key_notes_build(a, &w->keys, err);
		dts_key_notes_release(&w->keys);
		w->keys.arena = dts_arena_new();
		w->cap = 0;
	}
	/* Behind the keys that they need. */
	for (size_t i = 0; rc == 0 && i < w->seat_count; i++) {
		if (!w->seats[i].acts)
			continue;
		sit(a, &w->seats[i], &was);
		rc = dts_keys_act(a, err);
		rise(a, &was);
		w->seats[i].acts = rc < 0;
	}
	if (rc < 0)
		a->runner.located = true; /* the message names the table; the input is further on */
	return rc;
}
