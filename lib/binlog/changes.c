#include "binlog/capture_parts.h"
#include "binlog/row.h"
#include "record/json.h"

static const char *const ops[] = {
	[DTS_ROWS_INSERT] = "insert", [DTS_ROWS_UPDATE] = "update", [DTS_ROWS_DELETE] = "delete",
};

/* What each record of an event begins with: up to the ordinal. */
static void prepare_head(struct dts_capture *c, const struct dts_log_table *t, const struct dts_event_rows *r)
{
	struct dts_buf *b = &c->head;

	dts_buf_clear(b);
	dts_buf_adds(b, "{\"op\":\"");
	dts_buf_adds(b, t->is_sequence ? "setval" : ops[r->kind]);
	dts_buf_adds(b, "\",");
	dts_buf_add_slice(b, t->prefix);
	dts_buf_adds(b, "\"tx\":\"");
	dts_buf_add_slice(b, dts_buf_slice(&c->gtid_text));
	dts_buf_adds(b, "\",\"n\":");
}

/* What stands between the ordinal and the images. */
static struct dts_slice flags_of(const struct dts_event_rows *r)
{
	unsigned flags = r->flags & (DTS_ROWS_NO_FOREIGN_KEYS | DTS_ROWS_NO_UNIQUE);

	/* What the keys did is in the log, and is not to be done again: a REPLACE of a parent is
	 * there as a DELETE and an INSERT, and did nothing to the children. */
	if (r->flags & DTS_ROWS_SQL_FOREIGN_KEYS)
		flags |= DTS_ROWS_NO_FOREIGN_KEYS;
	switch (flags) {
	case DTS_ROWS_NO_FOREIGN_KEYS:
		return DTS_LIT(",\"flags\":[\"no-foreign-key-checks\"]");
	case DTS_ROWS_NO_UNIQUE:
		return DTS_LIT(",\"flags\":[\"no-unique-checks\"]");
	case DTS_ROWS_NO_FOREIGN_KEYS | DTS_ROWS_NO_UNIQUE:
		return DTS_LIT(",\"flags\":[\"no-foreign-key-checks\",\"no-unique-checks\"]");
	default:
		return DTS_LIT("");
	}
}

/* The log has what was changed in a document, and not the document. */
static int no_document(struct dts_capture *c, const struct dts_log_table *t, struct dts_error *err)
{
	dts_fail(err, DTS_BAD_INPUT, "`%.*s`.`%.*s` has an update of parts of a document that the before image lacks",
		 (int)t->schema.db.len, t->schema.db.p, (int)t->schema.table.len, t->schema.table.p);
	dts_hint(err, "run SET GLOBAL binlog_row_image=FULL or SET GLOBAL binlog_row_value_options='' on the source, and in its sessions");
	return dts_capture_refuse(c);
}

static int add_change(struct dts_capture *c, const struct dts_log_table *t, struct dts_event_rows *r,
		      struct dts_slice flags, struct dts_buf *out, struct dts_error *err)
{
	uint64_t n = dts_tx_change(&c->tx, out);

	dts_buf_add_slice(out, dts_buf_slice(&c->head));
	dts_buf_addu(out, n);
	dts_buf_add_slice(out, flags);
	if (r->kind != DTS_ROWS_INSERT) {
		dts_buf_add(out, ",\"before\":", 10);
		if ((r->partial ? dts_row_add_before(t, &c->documents, r->present, &r->rows, out, err)
				: dts_row_add(t, r->present, &r->rows, out, err)) < 0)
			return -1;
	}
	if (r->kind != DTS_ROWS_DELETE) {
		dts_buf_add(out, ",\"after\":", 9);
		if ((r->partial ? dts_row_add_after(t, &c->documents, r->present_after, &r->rows, out, err)
				: dts_row_add(t, r->present_after, &r->rows, out, err)) < 0)
			return r->partial && c->documents.missing ? no_document(c, t, err) : -1;
	}
	if (c->annotation.len > 0) {
		dts_buf_adds(out, ",\"sql\":");
		dts_json_add_string(out, dts_buf_slice(&c->annotation));
		dts_buf_clear(&c->annotation); /* once is enough */
	}
	dts_buf_add(out, "}\n", 2);
	return 0;
}

static int take_rows(struct dts_capture *c, struct dts_event_rows *r, struct dts_buf *out, struct dts_error *err)
{
	struct dts_log_table *t;
	struct dts_slice flags;

	if (r->table_id == DTS_TABLE_ID_DUMMY)
		return 0;
	t = dts_log_tables_get(&c->tables, r->table_id);
	if (!t)
		return dts_fail(err, DTS_BAD_INPUT, "rows of a table (number %llu) that the log has not described",
				(unsigned long long)r->table_id);
	if (t->own != DTS_OWN_NONE)
		return dts_capture_own_rows(c, t, r, err);
	if (t->skipped)
		return c->options.online && c->options.online->hidden.count > 0 ? dts_capture_online_rows(c, t, err) : 0;
	if (t->is_sequence && c->options.skip_sequences)
		return 0;
	if (t->is_sequence && r->kind != DTS_ROWS_INSERT) /* each use writes the one row as if it were new */
		return dts_fail(err, DTS_BAD_INPUT, "sequence `%.*s`.`%.*s` is changed like a table", (int)t->schema.db.len,
				t->schema.db.p, (int)t->schema.table.len, t->schema.table.p);
	if (r->columns != t->column_count)
		return dts_fail(err, DTS_BAD_INPUT, "rows of `%.*s`.`%.*s` have %zu columns, its description has %zu",
				(int)t->schema.db.len, t->schema.db.p, (int)t->schema.table.len,
				t->schema.table.p, r->columns, t->column_count);
	if (r->compressed) {
		struct dts_slice plain;
		if (dts_inflate_event(&c->inflate, dts_slice((const char *)r->rows.p, dts_bytes_left(&r->rows)), &plain, err) < 0)
			return -1;
		r->rows = dts_bytes(plain);
	}
	if (!t->is_sequence && dts_log_tables_announce(&c->tables, t, out))
		c->tx.records++;
	prepare_head(c, t, r);
	flags = flags_of(r);
	/* A row without any column has no bytes: an event of such rows holds one. */
	do {
		const uint8_t *before = r->rows.p;

		if (add_change(c, t, r, flags, out, err) < 0)
			return -1;
		if (r->rows.p == before && dts_bytes_left(&r->rows) > 0)
			return dts_fail(err, DTS_BAD_INPUT, "rows of `%.*s`.`%.*s` have bytes but no columns",
					(int)t->schema.db.len, t->schema.db.p, (int)t->schema.table.len,
					t->schema.table.p);
	} while (dts_bytes_left(&r->rows) > 0);
	return 0;
}

int dts_capture_changes(struct dts_capture *c, const struct dts_event *e, struct dts_buf *out,
			struct dts_error *err)
{
	struct dts_event_rows r;

	if (!c->tx.open)
		return dts_capture_outside(e, err);
	if (dts_event_rows(&r, e, &c->format, err) < 0 || take_rows(c, &r, out, err) < 0)
		return -1;
	dts_capture_unlogged_rows(c, &r);
	if (r.flags & DTS_ROWS_STATEMENT_END) {
		dts_capture_unlogged_end(c);
		dts_buf_clear(&c->annotation); /* whether its changes were told or not */
	}
	return 0;
}
