#include "apply/batch.h"

#include <mysqld_error.h>
#include <stdlib.h>

#include "apply/arrays.h"
#include "apply/joins.h"
#include "apply/net.h"
#include "mysql/quote.h"

/*
 * A unit is made in windows of some of its changes, one after another, so that memory does not grow with it. In a window
 * the changes are read, those that must keep their order are planned as they come, and the others folded, then made
 * table by table.
 */
enum {
	WINDOW_BYTES = 1024 * 1024,
	WINDOW_CHANGES = 8192,
	LARGEST = 4 * 1024 * 1024, /* a change of more bytes goes alone, as one statement */
	PACKET = 512 * 1024,       /* of text */
	JOIN = 256 * 1024,         /* of one statement */
	FEW = 4,                   /* rows for which arrays do not pay */
};

/* A table in a window. */
struct part {
	struct dts_apply_table *table;
	bool in_order; /* its changes are made as they come */
	size_t first[DTS_NET_KINDS], last[DTS_NET_KINDS], count[DTS_NET_KINDS]; /* 1 + index of rows, linked by `next` */
};

struct item {
	const struct dts_change *change;
	size_t part;
	struct dts_json *before, *after;
};

struct dts_batch {
	struct dts_runner *runner;
	struct dts_arrays *arrays;
	struct dts_record record;
	struct dts_net net;
	struct dts_plan plan; /* what goes as text and was not sent yet */
	struct item *items;
	size_t item_count, item_cap;
	struct dts_json *cells;
	size_t cell_cap;
	struct part *parts;
	size_t part_count, part_cap;
	bool no_foreign, no_unique; /* the session's checks as they are now */
};

struct dts_batch *dts_batch_new(struct dts_runner *runner)
{
	struct dts_batch *b = dts_zalloc(1, sizeof *b);

	b->runner = runner;
	b->arrays = dts_arrays_new(runner->session);
	dts_record_init(&b->record);
	return b;
}

void dts_batch_free(struct dts_batch *b)
{
	if (!b)
		return;
	dts_arrays_free(b->arrays);
	dts_record_release(&b->record);
	dts_net_release(&b->net);
	dts_plan_release(&b->plan);
	free(b->items);
	free(b->cells);
	free(b->parts);
	free(b);
}

void dts_batch_forget(struct dts_batch *b)
{
	dts_arrays_forget(b->arrays);
}

/* ---- what acts on a table's rows ---- */

/* A row that is deleted and inserted again, or the other way round, would not have the values that it has now. */
static bool has_other_columns(const struct dts_apply_table *t)
{
	size_t written = 0;

	for (size_t i = 0; i < t->schema.column_count; i++)
		written += t->columns[i].written;
	return written != t->target.column_count;
}

int dts_batch_learn(struct dts_session *s, struct dts_apply_table *t, bool tied, struct dts_error *err)
{
	struct dts_tables found = {0};
	int rc = dts_catalog_table(s, t->schema.db, t->schema.table, &found, err);

	t->batch = (struct dts_batch_table){0};
	if (rc > 0) {
		t->batch.acts = found.items[0].has_triggers || found.items[0].system_versioned || !found.items[0].transactional;
		t->batch.tied = tied || t->target.foreign_count > 0;
		t->batch.keeps = has_other_columns(t);
		t->batch.known = true;
	}
	dts_tables_release(&found);
	return rc < 0 ? -1 : 0;
}

/* ---- reading ---- */

static size_t part_of(struct dts_batch *b, struct dts_apply_table *t, bool no_foreign)
{
	if (b->item_count > 0 && b->parts[b->items[b->item_count - 1].part].table == t)
		return b->items[b->item_count - 1].part;
	for (size_t i = 0; i < b->part_count; i++)
		if (b->parts[i].table == t)
			return i;
	if (b->part_count == b->part_cap) {
		b->part_cap = b->part_cap ? b->part_cap * 2 : 16;
		b->parts = dts_realloc(b->parts, b->part_cap * sizeof *b->parts);
	}
	bool moves = t->key && t->batch.known && !t->batch.acts && (!t->batch.tied || no_foreign) && !t->batch.keeps && !t->computes;
	b->parts[b->part_count] = (struct part){.table = t, .in_order = !moves};
	return b->part_count++;
}

/* Reads the change into its item's images. */
static int read_change(struct dts_batch *b, const struct dts_change *c, struct dts_json *before, struct dts_json *after,
		       struct dts_error *err)
{
	if (dts_row_form_change(c->table->form, c->text, c->op, before, after))
		return 0;
	if (dts_record_parse(&b->record, c->text, err) < 0 ||
	    (c->op != DTS_OP_INSERT && dts_apply_table_spread(c->table, b->record.raw[DTS_F_BEFORE], before, err) < 0) ||
	    (c->op != DTS_OP_DELETE && dts_apply_table_spread(c->table, b->record.raw[DTS_F_AFTER], after, err) < 0))
		return -1;
	return 0;
}

static bool same_flags(const struct dts_change *a, const struct dts_change *b)
{
	return a->no_foreign == b->no_foreign && a->no_unique == b->no_unique;
}

/* How many of the changes are made as one window, and the values that they have. */
static size_t window_end(const struct dts_change *changes, size_t count, size_t *cells)
{
	size_t bytes = 0, i = 0;

	*cells = 0;
	for (; i < count && i < WINDOW_CHANGES && bytes < WINDOW_BYTES && same_flags(&changes[i], &changes[0]); i++) {
		bytes += changes[i].text.len;
		*cells += changes[i].table->schema.column_count * (changes[i].op == DTS_OP_UPDATE ? 2 : 1);
	}
	return i;
}

static void make_room(struct dts_batch *b, size_t items, size_t cells)
{
	if (b->item_cap < items) {
		b->item_cap = items;
		b->items = dts_realloc(b->items, items * sizeof *b->items);
	}
	if (b->cell_cap < cells) {
		free(b->cells);
		b->cell_cap = cells;
		b->cells = dts_alloc(cells * sizeof *b->cells);
	}
	b->item_count = b->part_count = 0;
}

/* 0, 1: cannot go this way. */
static int read_window(struct dts_batch *b, const struct dts_change *changes, size_t count, size_t cells)
{
	struct dts_error ignored = DTS_ERROR_INIT;

	make_room(b, count, cells);
	struct dts_json *next = b->cells;
	for (size_t i = 0; i < count; i++) {
		const struct dts_change *c = &changes[i];
		size_t columns = c->table->schema.column_count;
		struct item item = {.change = c, .part = part_of(b, c->table, c->no_foreign)};
		if (c->op != DTS_OP_INSERT) {
			item.before = next;
			next += columns;
		}
		if (c->op != DTS_OP_DELETE) {
			item.after = next;
			next += columns;
		}
		if (c->text.len > LARGEST || read_change(b, c, item.before, item.after, &ignored) < 0)
			return 1;
		struct part *part = &b->parts[item.part];
		if ((item.before && !dts_net_whole(c->table, item.before)) || (item.after && !dts_net_whole(c->table, item.after)))
			part->in_order = true;
		/* As one that goes and one that comes it would take rows with it, where a foreign key deletes that this account may not see. */
		if (!part->in_order && item.before && item.after && !dts_net_same_key(c->table, item.before, item.after))
			part->in_order = true;
		b->items[b->item_count++] = item;
	}
	return 0;
}

/* ---- sending ---- */

/* What a statement's failure means to the caller. */
static int judge(struct dts_batch *b, int rc, struct dts_error *err)
{
	if (rc >= 0 || b->runner->retryable || err->status == DTS_AGAIN)
		return rc;
	*err = (struct dts_error)DTS_ERROR_INIT;
	return 1;
}

/* Sends the text that waits. 0, 1, -1. */
static int send_plan(struct dts_batch *b, struct dts_error *err)
{
	int rc = 0;

	if (b->plan.count > 0)
		rc = judge(b, dts_runner_run(b->runner, &b->plan, err), err);
	dts_plan_clear(&b->plan);
	return rc;
}

static int plan_change(struct dts_batch *b, const struct dts_apply_table *t, enum dts_op op, const struct dts_json *before,
		       const struct dts_json *after, uint64_t line, struct dts_error *err)
{
	int rc = op == DTS_OP_INSERT ? dts_plan_more(&b->plan, t, after, PACKET, line, err)
				     : dts_plan_images(&b->plan, t, before, after, op, line, err);

	if (rc < 0) {
		*err = (struct dts_error)DTS_ERROR_INIT;
		return 1;
	}
	return b->plan.sql.len < PACKET ? 0 : send_plan(b, err);
}

static int send_arrays(struct dts_batch *b, struct dts_error *err)
{
	int rc = dts_arrays_send(b->arrays, err);

	if (rc < 0)
		b->runner->retryable = dts_errno_retry(mysql_errno(b->runner->session->mysql));
	return rc < 0 ? judge(b, -1, err) : !rc;
}

/* How rows of a kind are made: as what, and with which of their images. */
static const struct {
	enum dts_op op;
	enum dts_arrays_kind arrays;
} ways[DTS_NET_KINDS] = {
	[DTS_NET_DELETE] = {DTS_OP_DELETE, DTS_ARRAYS_DELETE}, [DTS_NET_UPDATE] = {DTS_OP_UPDATE, DTS_ARRAYS_UPDATE},
	[DTS_NET_SAME] = {DTS_OP_UPDATE, DTS_ARRAYS_SAME},     [DTS_NET_INSERT] = {DTS_OP_INSERT, DTS_ARRAYS_INSERT},
	[DTS_NET_GHOST] = {DTS_OP_INSERT, DTS_ARRAYS_INSERT},
};

static int make_as_text(struct dts_batch *b, const struct part *p, enum dts_net_kind kind, struct dts_error *err)
{
	int rc = 0;

	for (size_t at = p->first[kind]; at && rc == 0; at = b->net.rows[at - 1].next) {
		const struct dts_net_row *row = &b->net.rows[at - 1];
		rc = plan_change(b, p->table, ways[kind].op, row->before, row->after, row->line, err);
	}
	return rc;
}

static int make_as_arrays(struct dts_batch *b, const struct part *p, enum dts_net_kind kind, struct dts_error *err)
{
	int rc = send_plan(b, err);

	for (size_t at = p->first[kind]; at && rc == 0; at = b->net.rows[at - 1].next) {
		const struct dts_net_row *row = &b->net.rows[at - 1];
		if (!dts_arrays_room(b->arrays, row->before, row->after))
			rc = send_arrays(b, err);
		if (rc == 0 && !dts_arrays_add(b->arrays, row->before, row->after) && (rc = send_arrays(b, err)) == 0 &&
		    (rc = plan_change(b, p->table, ways[kind].op, row->before, row->after, row->line, err)) == 0)
			rc = send_plan(b, err);
	}
	return rc == 0 ? send_arrays(b, err) : rc;
}

static int make_as_joins(struct dts_batch *b, const struct part *p, enum dts_net_kind kind, struct dts_error *err)
{
	struct dts_joins join;
	int rc = send_plan(b, err);

	for (size_t at = p->first[kind]; at && rc == 0;) {
		const struct dts_net_row *row = &b->net.rows[at - 1];
		uint64_t line = row->line;
		dts_joins_begin(&join, &b->plan, p->table, ways[kind].op);
		while (b->plan.sql.len < JOIN && dts_joins_add(&join, row->before, row->after) && (at = row->next))
			row = &b->net.rows[at - 1];
		dts_joins_end(&join, line);
		if (at && b->plan.sql.len < JOIN) { /* what has no place in a join */
			rc = plan_change(b, p->table, ways[kind].op, row->before, row->after, row->line, err);
			at = row->next;
		}
		if (rc == 0)
			rc = send_plan(b, err);
	}
	return rc;
}

/* Rows that are there, many of them, at a server without arrays? */
static bool goes_as_join(const struct dts_batch *b, const struct part *p, enum dts_net_kind kind)
{
	return p->count[kind] >= FEW && (kind == DTS_NET_DELETE || kind == DTS_NET_UPDATE) &&
	       dts_joins_possible(b->runner->session, p->table);
}

static int make_kind(struct dts_batch *b, const struct part *p, enum dts_net_kind kind, struct dts_error *err)
{
	int rc = 0;

	if (p->count[kind] == 0)
		return 0;
	if (p->count[kind] >= FEW) {
		rc = dts_arrays_begin(b->arrays, p->table, ways[kind].arrays, err);
		if (rc < 0)
			b->runner->retryable = dts_errno_retry(mysql_errno(b->runner->session->mysql));
		if (rc < 0)
			return judge(b, rc, err);
	}
	if (rc > 0)
		return make_as_arrays(b, p, kind, err);
	return goes_as_join(b, p, kind) ? make_as_joins(b, p, kind, err) : make_as_text(b, p, kind, err);
}

/* What was inserted and deleted again: it has been noticed that nothing is in its way. */
static int drop_ghosts(struct dts_batch *b, const struct part *p, struct dts_error *err)
{
	int rc = 0;

	for (size_t at = p->first[DTS_NET_GHOST]; at && rc == 0; at = b->net.rows[at - 1].next) {
		const struct dts_net_row *row = &b->net.rows[at - 1];
		rc = plan_change(b, p->table, DTS_OP_DELETE, row->after, NULL, row->line, err);
	}
	return rc;
}

static int make_part(struct dts_batch *b, const struct part *p, struct dts_error *err)
{
	int rc = 0;

	for (int kind = 0; kind < DTS_NET_KINDS && rc == 0; kind++) {
		rc = make_kind(b, p, (enum dts_net_kind)kind, err);
		if (rc == 0 && kind == DTS_NET_GHOST)
			rc = drop_ghosts(b, p, err);
	}
	return rc;
}

/* ---- a window ---- */

/* Those in order are planned, the others folded. 0, 1, -1. */
static int fold_window(struct dts_batch *b, struct dts_error *err)
{
	int rc = 0;

	dts_net_clear(&b->net);
	for (size_t i = 0; i < b->item_count && rc == 0; i++) {
		const struct item *item = &b->items[i];
		const struct dts_change *c = item->change;
		if (b->parts[item->part].in_order)
			rc = plan_change(b, c->table, c->op, item->before, item->after, c->line, err);
		else if (!dts_net_add(&b->net, c->table, c->op, item->before, item->after, c->line))
			rc = 1;
	}
	return rc;
}

/* Ties the rows of each part and kind together. */
static void sort_rows(struct dts_batch *b)
{
	struct part *p = b->parts;

	for (size_t i = 0; i < b->net.count; i++) {
		struct dts_net_row *row = &b->net.rows[i];
		for (size_t k = 0; p->table != row->table; k++)
			p = &b->parts[k];
		row->next = 0;
		if (p->last[row->kind])
			b->net.rows[p->last[row->kind] - 1].next = i + 1;
		else
			p->first[row->kind] = i + 1;
		p->last[row->kind] = i + 1;
		p->count[row->kind]++;
	}
}

static int set_checks(struct dts_batch *b, bool no_foreign, bool no_unique, struct dts_error *err)
{
	if (b->no_foreign == no_foreign && b->no_unique == no_unique)
		return 0;
	b->no_foreign = no_foreign;
	b->no_unique = no_unique;
	return dts_session_runf(b->runner->session, err, "SET foreign_key_checks=%d, unique_checks=%d", !no_foreign, !no_unique);
}

static int run_window(struct dts_batch *b, const struct dts_change *changes, size_t count, size_t cells, struct dts_error *err)
{
	int rc = read_window(b, changes, count, cells);

	if (rc != 0)
		return rc;
	if (set_checks(b, changes[0].no_foreign, changes[0].no_unique, err) < 0)
		return judge(b, -1, err);
	rc = fold_window(b, err);
	if (rc != 0)
		return rc;
	sort_rows(b);
	for (size_t i = 0; i < b->part_count && rc == 0; i++)
		if (!b->parts[i].in_order)
			rc = make_part(b, &b->parts[i], err);
	return rc == 0 ? send_plan(b, err) : rc;
}

int dts_batch_run(struct dts_batch *b, const struct dts_change *changes, size_t count, struct dts_error *err)
{
	int rc = 0;

	b->runner->retryable = b->runner->located = false;
	b->no_foreign = b->no_unique = false;
	dts_plan_clear(&b->plan);
	for (size_t at = 0; at < count && rc == 0;) {
		size_t cells, window = window_end(changes + at, count - at, &cells);
		rc = run_window(b, changes + at, window, cells, err);
		at += window;
	}
	if (rc == 0 && set_checks(b, false, false, err) < 0)
		rc = judge(b, -1, err);
	dts_plan_clear(&b->plan);
	return rc;
}

/* ---- the plain way ---- */

void dts_batch_plan_checks(struct dts_plan *p, bool no_foreign, bool no_unique)
{
	size_t at = p->sql.len;

	dts_buf_addf(&p->sql, "SET foreign_key_checks=%d, unique_checks=%d", !no_foreign, !no_unique);
	dts_plan_add(p, at, (struct dts_statement){.rows = DTS_EXPECT_ANY});
}

int dts_batch_plan(struct dts_batch *b, struct dts_plan *p, const struct dts_change *changes, size_t count, struct dts_error *err)
{
	const struct dts_change none = {0}, *last = &none;

	for (size_t i = 0; i < count; i++) {
		const struct dts_change *c = &changes[i];
		size_t columns = c->table->schema.column_count;
		make_room(b, 1, 2 * columns);
		struct dts_json *before = b->cells, *after = b->cells + columns;
		if (!same_flags(c, last))
			dts_batch_plan_checks(p, c->no_foreign, c->no_unique);
		last = c;
		if (read_change(b, c, before, after, err) < 0 || dts_plan_images(p, c->table, before, after, c->op, c->line, err) < 0)
			return dts_runner_where(b->runner, c->line, err);
	}
	if (!same_flags(last, &none))
		dts_batch_plan_checks(p, false, false);
	return 0;
}
