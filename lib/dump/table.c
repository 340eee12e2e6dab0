#include <stdlib.h>

#include "dump/dump.h"

/* A chunk is one transaction at the target: this many rows at most. And a
 * table without a key is handed on in pieces of this size. */
enum { CHUNK_ROWS = 20000, PIECE_BYTES = 64 * 1024 };

static int where_table(const struct dts_dump_table *t, struct dts_error *err)
{
	return dts_where(err, "table '%.*s.%.*s'", (int)t->table->db.len, t->table->db.p, (int)t->table->name.len,
			 t->table->name.p);
}

/* A part of a chunk's id; quoted as in a PATTERN when it could be taken for two. */
static void add_id_part(struct dts_buf *b, struct dts_slice name)
{
	bool plain = !memchr(name.p, '.', name.len) && !memchr(name.p, '`', name.len);

	if (!plain)
		dts_buf_addc(b, '`');
	for (size_t i = 0; i < name.len; i++) {
		if (name.p[i] == '`')
			dts_buf_addc(b, '`');
		dts_buf_addc(b, name.p[i]);
	}
	if (!plain)
		dts_buf_addc(b, '`');
}

static void prepare_text(struct dts_dump_table *t, const struct dts_source *source)
{
	dts_buf_adds(&t->names, "\"db\":");
	dts_json_add_string(&t->names, t->table->db);
	dts_buf_adds(&t->names, ",\"table\":");
	dts_json_add_string(&t->names, t->table->name);
	dts_buf_addc(&t->names, ',');
	dts_buf_adds(&t->prefix, "{\"op\":\"row\",");
	dts_buf_add_slice(&t->prefix, dts_buf_slice(&t->names));
	dts_buf_adds(&t->prefix, "\"after\":");
	add_id_part(&t->id, t->table->db);
	dts_buf_addc(&t->id, '.');
	add_id_part(&t->id, t->table->name);
	dts_buf_addc(&t->id, '.');
	dts_position_add(&t->pos, &source->pos, false);
	dts_position_add(&t->end_pos, source->windowed ? &source->high : &source->pos, false);
}

/* Where the key's columns are among those that are selected. */
static void find_key_fields(struct dts_dump_table *t)
{
	t->key_fields = dts_zalloc(t->key->count, sizeof *t->key_fields);
	t->key_row = dts_zalloc(t->key->count, sizeof *t->key_row);
	t->key_lengths = dts_zalloc(t->key->count, sizeof *t->key_lengths);
	for (size_t k = 0; k < t->key->count; k++) {
		size_t column = (size_t)dts_schema_column(&t->schema, t->key->columns[k], 0);
		for (size_t i = 0; i < column; i++)
			t->key_fields[k] += t->schema.columns[i].generated == DTS_GENERATED_NO;
	}
}

static int start_reading(struct dts_dump *d, struct dts_error *err)
{
	struct dts_dump_table *t = &d->at;
	struct dts_buf sql = {0};

	t->writer = dts_row_writer_new(&t->schema);
	dts_buf_adds(&sql, "SELECT ");
	dts_row_writer_select(t->writer, &sql);
	dts_buf_adds(&sql, " FROM ");
	dts_keyrange_from(&sql, &t->schema, t->key);
	if (t->key) {
		/* In key order, so that a chunk is a range. InnoDB reads a primary key's order anyway. */
		find_key_fields(t);
		dts_buf_adds(&sql, " ORDER BY ");
		dts_keyrange_order(&sql, t->key);
	}
	t->result = dts_session_stream(d->session, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	return t->result ? 0 : where_table(t, err);
}

/* The session is in a read-only transaction: a second one asks. */
static int mend_labels(struct dts_dump *d, struct dts_error *err)
{
	struct dts_session helper;
	bool doubtful = false;

	for (size_t i = 0; i < d->at.schema.column_count; i++)
		doubtful = doubtful || dts_column_labels_doubtful(&d->at.schema.columns[i]);
	if (!doubtful)
		return 0;
	if (dts_session_open(&helper, d->options->connect, err) < 0)
		return -1;
	int rc = dts_catalog_labels(&helper, &d->at.schema, err);
	dts_session_close(&helper);
	return rc;
}

int dts_dump_table_open(struct dts_dump *d, const struct dts_table *table, struct dts_buf *out,
			struct dts_error *err)
{
	struct dts_dump_table *t = &d->at;

	*t = (struct dts_dump_table){.table = table};
	int rc = dts_catalog_schema(d->session, table->db, table->name, &t->schema, NULL, err);
	if (rc == 0)
		rc = dts_fail(err, DTS_AGAIN, "it is no longer there, or this account may not read its columns");
	if (rc < 0 || mend_labels(d, err) < 0)
		return where_table(t, err);
	t->key = dts_keyrange_key(&t->schema);
	prepare_text(t, d->source);
	if (start_reading(d, err) < 0)
		return -1;
	dts_schema_add(out, &t->schema);
	d->records++;
	return 0;
}

static void add_chunk(struct dts_dump *d, struct dts_buf *out)
{
	struct dts_dump_table *t = &d->at;

	dts_buf_adds(out, "{\"op\":\"chunk\",");
	dts_source_add_src(out, d->source);
	dts_buf_adds(out, "\"id\":");
	size_t id = t->id.len;
	dts_buf_addu(&t->id, ++t->number);
	dts_json_add_string(out, dts_buf_slice(&t->id));
	t->id.len = id;
	dts_buf_addc(out, ',');
	dts_buf_add_slice(out, dts_buf_slice(&t->names));
	if (t->after.literals) {
		dts_buf_adds(out, "\"after\":");
		dts_bound_add_json(out, t->key, &t->after);
		dts_buf_addc(out, ',');
	}
	if (t->full) {
		dts_buf_adds(out, "\"upto\":");
		dts_bound_add_json(out, t->key, &t->upto);
		dts_buf_addc(out, ',');
	}
	dts_buf_adds(out, "\"pos\":");
	dts_buf_add_slice(out, dts_buf_slice(&t->pos));
	dts_buf_adds(out, "}\n");
}

static void add_chunk_end(struct dts_dump *d, struct dts_buf *out)
{
	struct dts_dump_table *t = &d->at;

	dts_buf_adds(out, "{\"op\":\"chunk-end\",");
	dts_source_add_src(out, d->source);
	dts_buf_adds(out, "\"id\":");
	size_t id = t->id.len;
	dts_buf_addu(&t->id, t->number);
	dts_json_add_string(out, dts_buf_slice(&t->id));
	t->id.len = id;
	dts_buf_adds(out, ",\"rows\":");
	dts_buf_addu(out, t->count);
	dts_buf_adds(out, ",\"pos\":");
	dts_buf_add_slice(out, dts_buf_slice(&t->end_pos));
	dts_buf_adds(out, "}\n");
	d->records += t->count + 2;
	t->count = 0;
}

/* The gathered rows as a chunk, which ends at `upto` if one was set. */
static void add_gathered(struct dts_dump *d, struct dts_buf *out)
{
	struct dts_dump_table *t = &d->at;

	add_chunk(d, out);
	dts_buf_add_slice(out, dts_buf_slice(&t->rows));
	add_chunk_end(d, out);
	dts_buf_clear(&t->rows);
	dts_bound_copy(&t->after, &t->upto);
	t->full = false;
}

/* The next row appended to `to`: 1, 0: no more, -1. */
static int add_row(struct dts_dump *d, MYSQL_ROW row, struct dts_buf *to, struct dts_error *err)
{
	struct dts_dump_table *t = &d->at;

	dts_buf_add_slice(to, dts_buf_slice(&t->prefix));
	if (dts_row_writer_add(t->writer, row, mysql_fetch_lengths(t->result), to, err) < 0)
		return where_table(t, err);
	dts_buf_add(to, "}\n", 2);
	t->count++;
	d->rows++;
	return 0;
}

/* NULL at the end and on failure, when a result looks complete but is not. */
static MYSQL_ROW fetch(struct dts_dump *d, int *rc, struct dts_error *err)
{
	MYSQL_ROW row = mysql_fetch_row(d->at.result);

	*rc = 0;
	if (!row && mysql_errno(d->session->mysql) != 0) {
		dts_session_fail(d->session, err, "reading rows failed on");
		*rc = where_table(&d->at, err);
	}
	return row;
}

static int keep_upto(struct dts_dump_table *t, MYSQL_ROW row, struct dts_error *err)
{
	const unsigned long *lengths = mysql_fetch_lengths(t->result);

	for (size_t k = 0; k < t->key->count; k++) {
		t->key_row[k] = row[t->key_fields[k]];
		t->key_lengths[k] = lengths[t->key_fields[k]];
	}
	t->full = true;
	return dts_keyrange_fill(&t->schema, t->key, t->key_row, t->key_lengths, &t->upto, err);
}

/* One chunk. It begins with the key at which it will end, so its rows are
 * gathered first; and only when another row comes does it have an end at all. */
static int next_chunk(struct dts_dump *d, struct dts_buf *out, struct dts_error *err)
{
	struct dts_dump_table *t = &d->at;
	MYSQL_ROW row;
	int rc;

	while ((row = fetch(d, &rc, err))) {
		bool was_full = t->full;
		if (was_full)
			add_gathered(d, out);
		if (add_row(d, row, &t->rows, err) < 0)
			return -1;
		if ((t->count >= CHUNK_ROWS || t->rows.len >= d->options->chunk_size) && keep_upto(t, row, err) < 0)
			return where_table(t, err);
		if (was_full)
			return 1;
	}
	if (rc < 0)
		return -1;
	t->full = false;
	add_gathered(d, out);
	return 0;
}

static int next_piece(struct dts_dump *d, struct dts_buf *out, struct dts_error *err)
{
	struct dts_dump_table *t = &d->at;
	size_t start = out->len;
	MYSQL_ROW row;
	int rc;

	if (!t->open)
		add_chunk(d, out);
	t->open = true;
	while (out->len - start < PIECE_BYTES && (row = fetch(d, &rc, err)))
		if (add_row(d, row, out, err) < 0)
			return -1;
	if (out->len - start >= PIECE_BYTES)
		return 1;
	if (rc < 0)
		return -1;
	add_chunk_end(d, out);
	return 0;
}

int dts_dump_table_next(struct dts_dump *d, struct dts_buf *out, struct dts_error *err)
{
	return d->at.key ? next_chunk(d, out, err) : next_piece(d, out, err);
}

void dts_dump_table_close(struct dts_dump_table *t)
{
	if (t->result)
		mysql_free_result(t->result);
	dts_row_writer_free(t->writer);
	dts_schema_release(&t->schema);
	free(t->key_fields);
	free(t->key_row);
	free(t->key_lengths);
	dts_buf_release(&t->names);
	dts_buf_release(&t->prefix);
	dts_buf_release(&t->id);
	dts_buf_release(&t->pos);
	dts_buf_release(&t->end_pos);
	dts_buf_release(&t->rows);
	dts_bound_release(&t->after);
	dts_bound_release(&t->upto);
	*t = (struct dts_dump_table){0};
}
