#include <stdlib.h>

#include "dump/dump.h"

/* A chunk is one transaction at the target: this many rows at most. */
enum { CHUNK_ROWS = 20000, QUERY_ROWS = 200000, KEEP_BYTES = 32 << 20 };

/* One of the threads that read, with all that it reuses. */
struct reader {
	struct dts_dump *d;
	size_t number;
	struct dts_session *session; /* borrowed */
	bool exact, binary;
	struct dts_buf pos, end_pos; /* of its chunks, as JSON: no row is older, none is newer */

	struct dts_shard *shard;
	struct dts_dump_table *table;
	struct dts_row_writer *writer;
	struct dts_rows source;
	struct dts_buf select, sql; /* the query up to its range; all of it */
	struct dts_buf head, rows, end;
	struct dts_bound after, upto; /* of the chunk */
	struct dts_bound last;        /* the key of the last row of the last query */
	struct dts_buf key_text;      /* scratch: the values of a key */
	char **key_row;               /* where each of them is */
	unsigned long *key_lengths;
	uint64_t count;               /* rows of the chunk so far */
	uint64_t shard_rows, shard_bytes;
	bool full;  /* the next row belongs to the next chunk; `upto` is set */
	bool small; /* not to be split any more */
};

static void add_chunk(struct reader *r, uint64_t number, const struct dts_bound *upto)
{
	struct dts_dump_table *t = r->table;
	struct dts_buf *out = &r->head;

	dts_buf_clear(out);
	dts_buf_add_slice(out, dts_buf_slice(&t->id));
	dts_buf_addu(out, number);
	char *id = dts_slice_dup(dts_buf_slice(out));
	size_t id_len = out->len;
	dts_buf_clear(out);
	dts_buf_adds(out, "{\"op\":\"chunk\",");
	dts_source_add_src(out, r->d->source);
	dts_buf_adds(out, "\"id\":");
	dts_json_add_string(out, dts_slice(id, id_len));
	dts_buf_addc(out, ',');
	dts_buf_add_slice(out, dts_buf_slice(&t->names));
	if (r->after.literals) {
		dts_buf_adds(out, "\"after\":");
		dts_bound_add_json(out, t->key, &r->after);
		dts_buf_addc(out, ',');
	}
	if (upto->literals) {
		dts_buf_adds(out, "\"upto\":");
		dts_bound_add_json(out, t->key, upto);
		dts_buf_addc(out, ',');
	}
	dts_buf_adds(out, "\"pos\":");
	dts_buf_add_slice(out, dts_buf_slice(&r->pos));
	dts_buf_adds(out, "}\n");

	out = &r->end;
	dts_buf_clear(out);
	dts_buf_adds(out, "{\"op\":\"chunk-end\",");
	dts_source_add_src(out, r->d->source);
	dts_buf_adds(out, "\"id\":");
	dts_json_add_string(out, dts_slice(id, id_len));
	dts_buf_adds(out, ",\"rows\":");
	dts_buf_addu(out, r->count);
	free(id);
}

/* The gathered rows go out as a chunk; `upto` where it ends, which may be the table's edge. */
static int print_chunk(struct reader *r, const struct dts_bound *upto, bool last, struct dts_error *err)
{
	struct dts_dump *d = r->d;

	add_chunk(r, ++r->table->number, upto);
	/* The parts of a table without a key count only all together. */
	if (last && !r->table->key)
		dts_buf_adds(&r->end, ",\"last\":true");
	dts_buf_adds(&r->end, ",\"pos\":");
	dts_buf_add_slice(&r->end, dts_buf_slice(&r->end_pos));
	dts_buf_adds(&r->end, "}\n");
	const struct dts_slice parts[] = {dts_buf_slice(&r->head), dts_buf_slice(&r->rows), dts_buf_slice(&r->end)};
	if (d->sink->chunk(d->sink, r->table, r->number, parts, 3, err) < 0)
		return -1;
	d->rows += r->count;
	d->chunk_rows += r->count + 2;
	dts_pace_spend(&d->pace, r->rows.len);
	if (r->rows.cap > KEEP_BYTES && r->rows.cap / 4 > d->options->chunk_size)
		dts_buf_release(&r->rows); /* a row of many megabytes */
	dts_buf_clear(&r->rows);
	r->count = 0;
	r->full = false;
	dts_bound_copy(&r->after, upto);
	return 0;
}

/* --- one query */

static int fill_key(struct reader *r, struct dts_bound *bound, struct dts_error *err)
{
	const struct dts_key *key = r->table->key;
	struct dts_buf *text = &r->key_text;

	dts_buf_clear(text);
	dts_buf_reserve(text, 1); /* values may all be empty, which is not NULL */
	for (size_t k = 0; k < key->count; k++) {
		size_t field = r->table->key_fields[k], before = text->len;
		long column = dts_schema_column(&r->table->schema, key->columns[k], 0);
		if (dts_row_writer_add_text(r->writer, (size_t)column, r->source.row[field], r->source.lengths[field], text, err) < 0)
			return -1;
		r->key_lengths[k] = text->len - before;
	}
	for (size_t k = 0, at = 0; k < key->count; at += r->key_lengths[k++])
		r->key_row[k] = text->data + at;
	return dts_keyrange_fill(&r->table->schema, r->table->key, r->key_row, r->key_lengths, bound, err);
}

/* Rows of the result into chunks. -1 also when all readers are to stop. `limit`: the key of that row is kept in `last`. */
static int read_rows(struct reader *r, uint64_t limit, uint64_t *rows, struct dts_error *err)
{
	uint64_t chunk_size = r->d->options->chunk_size;
	int rc;

	*rows = 0;
	while ((rc = dts_rows_next(&r->source, err)) > 0) {
		if (r->full && print_chunk(r, &r->upto, false, err) < 0)
			return -1;
		if (dts_pace_stopped(&r->d->pace))
			return -1;
		size_t before = r->rows.len;
		dts_buf_add_slice(&r->rows, dts_buf_slice(&r->table->prefix));
		if (dts_row_writer_add(r->writer, r->source.row, r->source.lengths, &r->rows, err) < 0)
			return -1;
		dts_buf_add(&r->rows, "}\n", 2);
		r->shard_bytes += r->rows.len - before;
		r->full = ++r->count >= CHUNK_ROWS || r->rows.len >= chunk_size;
		if (++*rows == limit && fill_key(r, &r->last, err) < 0)
			return -1;
		if (r->full && r->table->key && fill_key(r, &r->upto, err) < 0)
			return -1;
	}
	r->shard_rows += *rows;
	return rc;
}

/* Bytes of a record of this table, as far as we know. */
static uint64_t mean_size(const struct reader *r)
{
	const struct dts_table *t = r->table->table;

	if (r->shard_rows > 0)
		return r->shard_bytes / r->shard_rows + 1;
	if (t->rows_estimate == 0)
		return 200;
	return t->bytes_estimate / t->rows_estimate + r->table->prefix.len + 1;
}

static uint64_t choose_limit(const struct reader *r)
{
	uint64_t limit = r->d->options->chunk_size / mean_size(r);

	if (!r->table->key || r->table->sorts == 2)
		return 0;
	return limit < 1 ? 1 : limit > QUERY_ROWS ? QUERY_ROWS : limit;
}

static void make_query(struct reader *r, uint64_t limit)
{
	struct dts_dump_table *t = r->table;

	dts_buf_clear(&r->sql);
	dts_buf_add_slice(&r->sql, dts_buf_slice(&r->select));
	dts_keyrange_where(&r->sql, &t->schema, t->key, t->key ? &r->last : NULL, t->key ? &r->shard->upto : NULL);
	if (t->condition) {
		dts_buf_adds(&r->sql, " AND (");
		dts_buf_adds(&r->sql, t->condition);
		dts_buf_adds(&r->sql, "\n)"); /* which ends a comment, too */
	}
	if (t->key) {
		dts_buf_adds(&r->sql, " ORDER BY ");
		dts_keyrange_order(&r->sql, t->key);
	}
	if (limit > 0) {
		dts_buf_adds(&r->sql, " LIMIT ");
		dts_buf_addu(&r->sql, limit);
	}
}

/*
 * A server that has to sort for the key's order (`a`, `b` DESC) would sort all that is left
 * for every query. It is asked about the second one, since most tables need no second one; if it
 * does, all that is left of the shard comes with one query.
 */
static int check_order(struct reader *r, uint64_t *limit, struct dts_error *err)
{
	if (*limit == 0 || !r->last.literals || r->table->sorts == 1)
		return 0;
	if (r->table->sorts == 0) {
		make_query(r, *limit);
		int rc = dts_dump_sorts(r->session, dts_buf_slice(&r->sql), err);
		if (rc < 0)
			return -1;
		r->table->sorts = rc ? 2 : 1;
	}
	if (r->table->sorts == 2)
		*limit = 0;
	return 0;
}

/* 1: there may be more; 0: that was all; -1. */
static int query(struct reader *r, struct dts_error *err)
{
	uint64_t limit = choose_limit(r), rows = 0;

	if (check_order(r, &limit, err) < 0)
		return -1;
	make_query(r, limit);
	if (dts_rows_query(&r->source, r->session, r->binary, dts_buf_slice(&r->sql), err) < 0)
		return -1;
	int rc = r->binary ? dts_row_writer_begin(r->writer, r->source.wires, r->source.count, err) : 0;
	if (rc == 0)
		rc = read_rows(r, limit, &rows, err);
	dts_rows_end(&r->source);
	if (rc < 0)
		return -1;
	return limit > 0 && rows == limit;
}

/* --- one shard */

/* Other readers have nothing to do: gives them what is behind the middle. */
static int share(struct reader *r, struct dts_error *err)
{
	struct dts_dump *d = r->d;
	struct dts_dump_table *t = r->table;
	struct dts_bound middle = {0};
	uint64_t rows = 0;

	if (r->small || !t->key || t->exact || t->reader != DTS_ANY_READER || t->sorts == 2 || !dts_queue_hungry(&d->queue))
		return 0;
	struct dts_split split = {r->session, t, &r->last, &r->shard->upto, mean_size(r), d->options->chunk_size, &r->small};
	int rc = dts_dump_split(&split, &middle, &rows, err);
	if (rc > 0) {
		struct dts_shard *other = dts_shard_new(t, ++t->shards, &middle, &r->shard->upto);
		other->weight = rows * mean_size(r);
		t->left++;
		dts_bound_copy(&r->shard->upto, &middle);
		dts_queue_put(&d->queue, other);
	}
	dts_bound_release(&middle);
	return rc < 0 ? -1 : 0;
}

static void begin_shard(struct reader *r)
{
	struct dts_dump_table *t = r->table;

	r->writer = dts_row_writer_new(&t->schema, r->binary);
	dts_buf_clear(&r->select);
	dts_buf_adds(&r->select, "SELECT ");
	dts_row_writer_select(r->writer, &r->select);
	dts_buf_adds(&r->select, " FROM ");
	dts_keyrange_from(&r->select, &t->schema, t->key);
	dts_buf_adds(&r->select, " WHERE ");
	if (t->key) {
		r->key_row = dts_zalloc(t->key->count, sizeof *r->key_row);
		r->key_lengths = dts_zalloc(t->key->count, sizeof *r->key_lengths);
	}
	dts_buf_clear(&r->rows);
	dts_bound_copy(&r->after, &r->shard->after);
	dts_bound_copy(&r->last, &r->shard->after);
	dts_bound_release(&r->upto); /* a table without a key never has one */
	r->count = r->shard_rows = r->shard_bytes = 0;
	r->full = r->small = false;
}

static void end_shard(struct reader *r)
{
	dts_row_writer_free(r->writer);
	free(r->key_row);
	free(r->key_lengths);
	r->writer = NULL;
	r->key_row = NULL;
	r->key_lengths = NULL;
}

static int read_shard(struct reader *r, struct dts_error *err)
{
	struct dts_dump *d = r->d;
	int rc = 1;

	begin_shard(r);
	while (rc > 0) {
		if (!dts_pace_wait(&d->pace))
			rc = -1;
		else if (share(r, err) < 0 || (rc = query(r, err)) < 0)
			rc = dts_dump_table_where(r->table->table, err);
	}
	/* It ends where the shard does, so that no key between is in no chunk. */
	if (rc == 0)
		rc = print_chunk(r, &r->shard->upto, true, err);
	if (rc == 0 && d->sink->shard_end)
		rc = d->sink->shard_end(d->sink, r->table, r->number, err);
	end_shard(r);
	return rc;
}

static void release(struct reader *r)
{
	dts_buf_release(&r->pos);
	dts_buf_release(&r->end_pos);
	dts_rows_release(&r->source);
	dts_buf_release(&r->key_text);
	dts_buf_release(&r->select);
	dts_buf_release(&r->sql);
	dts_buf_release(&r->head);
	dts_buf_release(&r->rows);
	dts_buf_release(&r->end);
	dts_bound_release(&r->after);
	dts_bound_release(&r->upto);
	dts_bound_release(&r->last);
}

int dts_dump_read(struct dts_dump *d, size_t reader, struct dts_error *err)
{
	const struct dts_snapshot *at = &d->at[reader];
	struct reader r = {.d = d, .number = reader, .session = &d->sessions[reader], .exact = at->exact};
	int rc = 0;

	r.binary = dts_rows_begin(r.session);
	dts_position_add(&r.pos, &at->low, false);
	dts_position_add(&r.end_pos, at->exact ? &at->low : &at->high, false);
	while (rc == 0 && (r.shard = dts_queue_take(&d->queue, reader, at->exact))) {
		r.table = r.shard->table;
		rc = dts_dump_table_open(d, r.table, r.session, err);
		if (rc == 0)
			rc = read_shard(&r, err);
		if (rc == 0 && --r.table->left == 0) {
			dts_dump_table_release(r.table);
			d->done++;
		}
		dts_queue_done(&d->queue, r.shard);
	}
	release(&r);
	return rc;
}
