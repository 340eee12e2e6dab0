#include "record/stream.h"

#include <stdarg.h>
#include <stdio.h>

#define KIND(name) (1u << DTS_KIND_##name)
#define ALL_KINDS (KIND(SNAPSHOT) | KIND(CHANGES) | KIND(SCHEMA) | KIND(REPAIR))

/* In which kinds of stream an op may stand. */
static const unsigned kinds_of[DTS_OP_COUNT] = {
	[DTS_OP_STREAM] = ALL_KINDS,
	[DTS_OP_SCHEMA] = ALL_KINDS,
	[DTS_OP_CHUNK] = KIND(SNAPSHOT),
	[DTS_OP_ROW] = KIND(SNAPSHOT),
	[DTS_OP_CHUNK_END] = KIND(SNAPSHOT),
	[DTS_OP_BEGIN] = KIND(CHANGES),
	[DTS_OP_INSERT] = KIND(CHANGES) | KIND(REPAIR),
	[DTS_OP_UPDATE] = KIND(CHANGES) | KIND(REPAIR),
	[DTS_OP_DELETE] = KIND(CHANGES) | KIND(REPAIR),
	[DTS_OP_SETVAL] = KIND(CHANGES) | KIND(SCHEMA),
	[DTS_OP_DDL] = KIND(CHANGES) | KIND(SCHEMA),
	[DTS_OP_PREPARE] = KIND(CHANGES),
	[DTS_OP_ROLLBACK] = KIND(CHANGES),
	[DTS_OP_COMMIT] = KIND(CHANGES),
	[DTS_OP_HEARTBEAT] = ALL_KINDS,
	[DTS_OP_END] = ALL_KINDS,
};

__attribute__((format(printf, 3, 4)))
static int bad(const struct dts_record *r, struct dts_error *err, const char *fmt, ...)
{
	char why[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof why, fmt, ap);
	va_end(ap);
	return dts_fail(err, DTS_BAD_INPUT, "op '%s': %s", dts_op_name(r->op), why);
}

/* Counts differ: say both, and how to go on when that was on purpose. */
static int miscounted(const struct dts_record *r, const char *field, uint64_t have, uint64_t want,
		      struct dts_error *err)
{
	bad(r, err, "'%s' is %llu where %llu was expected: records are missing or out of order", field,
	    (unsigned long long)have, (unsigned long long)want);
	return dts_hint(err, "a pipeline that drops records on purpose goes on through 'dts-filter --no-counts'");
}

static void set(struct dts_buf *b, struct dts_slice text)
{
	dts_buf_clear(b);
	dts_buf_add_slice(b, text);
}

static bool is(const struct dts_buf *b, struct dts_slice text)
{
	return dts_slice_eq(dts_buf_slice(b), text);
}

/* For "%.*s": an int, and not the whole line when someone puts much into a name. */
static int shown(size_t len)
{
	return len > 200 ? 200 : (int)len;
}

void dts_stream_state_copy(struct dts_stream_state *to, const struct dts_stream_state *from)
{
	struct dts_stream_state copy = *from;

	/* The memory that `to` has is used again. */
	copy.kind = to->kind, copy.src = to->src, copy.tx = to->tx;
	copy.chunk = to->chunk, copy.chunk_db = to->chunk_db, copy.chunk_table = to->chunk_table;
	set(&copy.kind, dts_buf_slice(&from->kind));
	set(&copy.src, dts_buf_slice(&from->src));
	set(&copy.tx, dts_buf_slice(&from->tx));
	set(&copy.chunk, dts_buf_slice(&from->chunk));
	set(&copy.chunk_db, dts_buf_slice(&from->chunk_db));
	set(&copy.chunk_table, dts_buf_slice(&from->chunk_table));
	*to = copy;
}

void dts_stream_state_release(struct dts_stream_state *s)
{
	dts_buf_release(&s->kind);
	dts_buf_release(&s->src);
	dts_buf_release(&s->tx);
	dts_buf_release(&s->chunk);
	dts_buf_release(&s->chunk_db);
	dts_buf_release(&s->chunk_table);
	*s = (struct dts_stream_state){0};
}

static enum dts_stream_kind kind_of(struct dts_slice name)
{
	return dts_slice_is(name, "snapshot")  ? DTS_KIND_SNAPSHOT
	       : dts_slice_is(name, "changes") ? DTS_KIND_CHANGES
	       : dts_slice_is(name, "schema")  ? DTS_KIND_SCHEMA
					       : DTS_KIND_REPAIR;
}

static int check_stream(struct dts_stream_state *s, const struct dts_record *r, struct dts_error *err)
{
	if (s->in_stream) { /* the same stream goes on: a reconnect, the next segment */
		if (!is(&s->kind, r->kind) || !is(&s->src, r->src))
			return bad(r, err, "the %.*s of '%.*s' have not ended", shown(s->kind.len), s->kind.data,
				   shown(s->src.len), dts_buf_slice(&s->src).p);
		s->records++;
		return 0;
	}
	if (dts_slice_is(r->kind, "history"))
		return bad(r, err, "is of a schema history, which is for dts-binlog --schema-history");
	set(&s->kind, r->kind);
	set(&s->src, r->src);
	s->kind_id = kind_of(r->kind);
	s->in_stream = true;
	s->records = 0;
	return 0;
}

static int check_chunk(struct dts_stream_state *s, const struct dts_record *r)
{
	set(&s->chunk, r->id);
	set(&s->chunk_db, r->db);
	set(&s->chunk_table, r->table);
	s->in_chunk = true;
	s->rows = 0;
	return 0;
}

static int check_row(struct dts_stream_state *s, const struct dts_record *r, struct dts_error *err)
{
	if (!s->in_chunk)
		return bad(r, err, "outside a chunk");
	if (!is(&s->chunk_table, r->table) || !is(&s->chunk_db, r->db))
		return bad(r, err, "of '%.*s.%.*s' in a chunk of '%.*s.%.*s'", shown(r->db.len), r->db.p,
			   shown(r->table.len), r->table.p, shown(s->chunk_db.len), dts_buf_slice(&s->chunk_db).p,
			   shown(s->chunk_table.len), dts_buf_slice(&s->chunk_table).p);
	s->rows++;
	return 0;
}

static int check_chunk_end(struct dts_stream_state *s, const struct dts_record *r, bool no_counts,
			   struct dts_error *err)
{
	if (!s->in_chunk)
		return bad(r, err, "outside a chunk");
	if (!is(&s->chunk, r->id))
		return bad(r, err, "'%.*s' ends chunk '%.*s'", shown(r->id.len), r->id.p, shown(s->chunk.len),
			   dts_buf_slice(&s->chunk).p);
	if (!no_counts && r->rows != s->rows)
		return miscounted(r, "rows", r->rows, s->rows, err);
	s->in_chunk = false;
	return 0;
}

/* Is the record one of the open transaction? */
static int check_tx(const struct dts_stream_state *s, const struct dts_record *r, struct dts_error *err)
{
	if (!s->in_tx)
		return bad(r, err, "outside a transaction");
	if (!r->tx.p)
		return bad(r, err, "field 'tx' is missing");
	if (!is(&s->tx, r->tx))
		return bad(r, err, "of transaction '%.*s' inside '%.*s'", shown(r->tx.len), r->tx.p,
			   shown(s->tx.len), dts_buf_slice(&s->tx).p);
	return 0;
}

/* A change, or a ddl, of the open transaction. */
static int check_change(struct dts_stream_state *s, const struct dts_record *r, bool no_counts,
			struct dts_error *err)
{
	if (s->kind_id != DTS_KIND_CHANGES)
		return 0;
	if (check_tx(s, r, err) < 0)
		return -1;
	if (!r->raw[DTS_F_N].p)
		return bad(r, err, "field 'n' is missing");
	if (no_counts ? r->n <= s->n : r->n != s->n + 1)
		return miscounted(r, "n", r->n, s->n + 1, err);
	s->n = r->n;
	return 0;
}

static int check_rollback(struct dts_stream_state *s, const struct dts_record *r, bool no_counts,
			  struct dts_error *err)
{
	bool part = r->raw[DTS_F_TO].p != NULL;

	if (!s->in_tx && !part && r->xid.p)
		return 0; /* of a prepared transaction */
	if (check_tx(s, r, err) < 0)
		return -1;
	if (!part) {
		s->in_tx = false;
		return 0;
	}
	if (r->to > s->n && !no_counts)
		return bad(r, err, "'to' is %llu, but the transaction has %llu changes", (unsigned long long)r->to,
			   (unsigned long long)s->n);
	if (r->to < s->n)
		s->n = r->to;
	return 0;
}

/* The end of the transaction: commit or prepare. */
static int check_commit(struct dts_stream_state *s, const struct dts_record *r, bool no_counts,
			struct dts_error *err)
{
	if (r->op == DTS_OP_COMMIT && r->xid.p) { /* of a prepared transaction */
		if (s->in_tx)
			return bad(r, err, "of a prepared transaction inside transaction '%.*s'",
				   shown(s->tx.len), dts_buf_slice(&s->tx).p);
		return r->n == 0 || no_counts ? 0 : miscounted(r, "n", r->n, 0, err);
	}
	if (check_tx(s, r, err) < 0)
		return -1;
	if (!no_counts && r->n != s->n)
		return miscounted(r, "n", r->n, s->n, err);
	s->in_tx = false;
	return 0;
}

/* May this op stand here at all? */
static int check_place(const struct dts_stream_state *s, const struct dts_record *r, struct dts_error *err)
{
	if (!s->in_stream)
		return r->op == DTS_OP_STREAM || r->op == DTS_OP_ACK
			       ? 0
			       : bad(r, err, "outside a stream: op 'stream' was expected");
	if (!(kinds_of[r->op] & 1u << s->kind_id))
		return bad(r, err, "not in a stream of kind '%.*s'", shown(s->kind.len), s->kind.data);
	if (r->src.p && r->op != DTS_OP_STREAM && !is(&s->src, r->src))
		return bad(r, err, "of source '%.*s' in the stream of '%.*s'", shown(r->src.len), r->src.p,
			   shown(s->src.len), dts_buf_slice(&s->src).p);
	if (s->in_chunk && r->op != DTS_OP_ROW && r->op != DTS_OP_CHUNK_END)
		return bad(r, err, "inside chunk '%.*s'", shown(s->chunk.len), dts_buf_slice(&s->chunk).p);
	if (s->in_tx && (r->op == DTS_OP_STREAM || r->op == DTS_OP_BEGIN || r->op == DTS_OP_HEARTBEAT ||
			 r->op == DTS_OP_END))
		return bad(r, err, "inside transaction '%.*s'", shown(s->tx.len), dts_buf_slice(&s->tx).p);
	return 0;
}

static int check_record(struct dts_stream_state *s, const struct dts_record *r, bool no_counts,
			struct dts_error *err)
{
	switch (r->op) {
	case DTS_OP_CHUNK:
		return check_chunk(s, r);
	case DTS_OP_ROW:
		return check_row(s, r, err);
	case DTS_OP_CHUNK_END:
		return check_chunk_end(s, r, no_counts, err);
	case DTS_OP_BEGIN:
		set(&s->tx, r->tx);
		s->in_tx = true;
		s->n = 0;
		return 0;
	case DTS_OP_INSERT:
	case DTS_OP_UPDATE:
	case DTS_OP_DELETE:
	case DTS_OP_SETVAL:
	case DTS_OP_DDL:
		return check_change(s, r, no_counts, err);
	case DTS_OP_ROLLBACK:
		return check_rollback(s, r, no_counts, err);
	case DTS_OP_PREPARE:
	case DTS_OP_COMMIT:
		return check_commit(s, r, no_counts, err);
	default:
		return 0;
	}
}

int dts_stream_check(struct dts_stream_state *s, const struct dts_record *r, bool no_counts, struct dts_error *err)
{
	if (check_place(s, r, err) < 0)
		return -1;
	s->seen = true;
	if (r->op == DTS_OP_STREAM)
		return check_stream(s, r, err);
	if (r->op == DTS_OP_ACK)
		return 0;
	if (r->op == DTS_OP_END) {
		if (!no_counts && r->records != s->records)
			return miscounted(r, "records", r->records, s->records, err);
		s->in_stream = false;
		return 0;
	}
	if (check_record(s, r, no_counts, err) < 0)
		return -1;
	s->records++;
	return 0;
}

int dts_stream_check_eof(const struct dts_stream_state *s, struct dts_error *err)
{
	if (!s->seen) {
		dts_fail(err, DTS_BAD_INPUT, "the input is empty: there is not even a 'stream' record");
		return dts_hint(err, "the program that was to write it has failed; its own message says why");
	}
	if (!s->in_stream)
		return 0;
	const char *where = s->in_chunk ? " inside a chunk" : s->in_tx ? " inside a transaction" : "";
	return dts_fail(err, DTS_BAD_INPUT, "torn input: it ends%s, before the 'end' of the %.*s of '%.*s'", where,
			shown(s->kind.len), s->kind.data, shown(s->src.len), dts_buf_slice(&s->src).p);
}
