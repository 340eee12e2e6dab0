/*
 * Whose changes an applier has written. A transaction of dts-apply writes a row of its checkpoint's table `mark`
 * before anything else, with the name of the source. A statement stands alone, so that the table
 * `ddl` tells: a row of it, committed before, has its text, and goes when the statement has run.
 */
#include <stdlib.h>

#include "binlog/capture_parts.h"

struct intent {
	struct dts_buf src, statement;
};

enum { CHECKPOINT, SRC, TX, STATEMENT, COLUMNS }; /* of both tables, but that `mark` has others behind SRC */

static void free_intent(void *value)
{
	struct intent *i = value;

	if (i) {
		dts_buf_release(&i->src);
		dts_buf_release(&i->statement);
	}
	free(i);
}

void dts_capture_origins_release(struct dts_capture *c)
{
	dts_map_release(&c->intents, free_intent);
	dts_buf_release(&c->intent_key);
}

/* A value of a type that these tables have. */
static struct dts_slice read_value(const struct dts_log_column *c, struct dts_bytes *b)
{
	switch (c->type) {
	case DTS_LOG_VARCHAR:
	case DTS_LOG_BLOB:
		return dts_bytes_take(b, (size_t)dts_bytes_uint(b, c->width));
	case DTS_LOG_DATETIME2:
		return dts_bytes_take(b, 5 + (c->decimals + 1u) / 2);
	case DTS_LOG_LONG:
	case DTS_LOG_LONGLONG:
		return dts_bytes_take(b, c->width);
	default:
		b->bad = true;
		return dts_slice(NULL, 0);
	}
}

/* Reads an image; `texts` stay as they were where it has no such column. */
static void read_image(const struct dts_log_table *t, const uint8_t *present, struct dts_bytes *b,
		       struct dts_slice texts[COLUMNS])
{
	size_t count = 0, n = 0;

	for (size_t i = 0; i < t->column_count; i++)
		count += dts_bit(present, i);
	const struct dts_slice nulls = dts_bytes_take(b, (count + 7) / 8);
	for (size_t i = 0; i < t->column_count && !b->bad; i++) {
		if (!dts_bit(present, i) || dts_bit((const uint8_t *)nulls.p, n++))
			continue;
		struct dts_slice value = read_value(&t->columns[i], b);
		if (i < COLUMNS)
			texts[i] = value;
	}
}

void dts_capture_note_intent(struct dts_capture *c, struct dts_slice checkpoint, struct dts_slice src, struct dts_slice statement)
{
	struct intent *i = dts_zalloc(1, sizeof *i);

	dts_buf_add_slice(&i->src, src);
	dts_buf_add_slice(&i->statement, statement);
	free_intent(dts_map_set(&c->intents, dts_map_pair(&c->intent_key, checkpoint, src), i));
}

static void take_intent(struct dts_capture *c, enum dts_rows_kind kind, const struct dts_slice texts[COLUMNS])
{
	if (kind == DTS_ROWS_DELETE)
		free_intent(dts_map_remove(&c->intents, dts_map_pair(&c->intent_key, texts[CHECKPOINT], texts[SRC])));
	else if (texts[STATEMENT].p)
		dts_capture_note_intent(c, texts[CHECKPOINT], texts[SRC], texts[STATEMENT]);
}

int dts_capture_own_rows(struct dts_capture *c, const struct dts_log_table *t, struct dts_event_rows *r, struct dts_error *err)
{
	if (r->columns != t->column_count || t->column_count < (t->own == DTS_OWN_DDL ? COLUMNS : SRC + 1))
		return 0; /* a table of somebody else */
	if (r->compressed) {
		struct dts_slice plain;
		if (dts_inflate_event(&c->inflate, dts_slice((const char *)r->rows.p, dts_bytes_left(&r->rows)), &plain, err) < 0)
			return -1;
		r->rows = dts_bytes(plain);
	}
	while (dts_bytes_left(&r->rows) > 0) {
		struct dts_slice texts[COLUMNS] = {{0}};

		read_image(t, r->present, &r->rows, texts);
		if (r->kind == DTS_ROWS_UPDATE)
			read_image(t, r->present_after, &r->rows, texts);
		if (r->rows.bad || !texts[CHECKPOINT].p || !texts[SRC].p || !dts_utf8_valid(texts[SRC].p, texts[SRC].len))
			return 0;
		if (t->own == DTS_OWN_DDL)
			take_intent(c, r->kind, texts);
		else
			dts_tx_origin(&c->tx, texts[SRC]);
	}
	return 0;
}

/* The server writes the text of these anew, and what it was is known by their names. Two ALTERs of a
 * table, one of them not the applier's, must not be taken for each other. */
static bool is_rewritten(enum dts_ddl_kind kind)
{
	return kind == DTS_DDL_CREATE_TABLE || kind == DTS_DDL_DROP_TABLE || kind == DTS_DDL_CREATE_SEQUENCE ||
	       kind == DTS_DDL_DROP_SEQUENCE || (kind >= DTS_DDL_CREATE_VIEW && kind <= DTS_DDL_DROP_EVENT);
}

static bool same_objects(const struct dts_ddl *a, const struct dts_ddl *b, struct dts_slice default_db)
{
	if (a->kind != b->kind || a->count != b->count || a->count == 0)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		const struct dts_ddl_object *x = &a->objects[i], *y = &b->objects[i];

		if (x->type != y->type || x->role != y->role || !dts_slice_eq(x->name, y->name) ||
		    !dts_slice_eq(x->db.len ? x->db : default_db, y->db.len ? y->db : default_db))
			return false;
	}
	return true;
}

static bool is_meant(const struct dts_capture *c, const struct dts_event_query *q, struct dts_slice sql, struct dts_slice intent)
{
	struct dts_ddl d = {0};

	if (dts_slice_eq(sql, intent))
		return true;
	if (!is_rewritten(c->ddl.kind))
		return false;
	dts_ddl_parse(&d, intent, dts_ddl_flags(q->sql_mode) | (q->mysql ? DTS_DDL_MYSQL : 0));
	bool same = same_objects(&d, &c->ddl, q->db);
	dts_ddl_release(&d);
	return same;
}

void dts_capture_origin_of_statement(struct dts_capture *c, const struct dts_event_query *q, struct dts_slice sql)
{
	struct dts_map_entry *e;

	for (size_t at = 0; (e = dts_map_next(&c->intents, &at));) {
		const struct intent *i = e->value;

		if (is_meant(c, q, sql, dts_buf_slice(&i->statement))) {
			dts_tx_origin(&c->tx, dts_buf_slice(&i->src));
			return;
		}
	}
}
