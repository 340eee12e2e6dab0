#ifndef DTS_RECORD_RECORD_H
#define DTS_RECORD_RECORD_H

#include "record/json.h"

/*
 * One line of a record stream: man/dts-records.5 is the contract. A record is
 * parsed in place: it holds slices of the line, each with its exact source
 * text, so that a filter rewrites one field and passes the rest byte for byte.
 */
#define DTS_RECORD_VERSION 1
#define DTS_RECORD_MAX (1u << 30) /* default of --max-record, bytes */

enum dts_op {
	DTS_OP_STREAM,
	DTS_OP_SCHEMA,
	DTS_OP_CHUNK,
	DTS_OP_ROW,
	DTS_OP_CHUNK_END,
	DTS_OP_BEGIN,
	DTS_OP_INSERT,
	DTS_OP_UPDATE,
	DTS_OP_DELETE,
	DTS_OP_SETVAL, /* of a sequence */
	DTS_OP_DDL,
	DTS_OP_PREPARE,
	DTS_OP_ROLLBACK,
	DTS_OP_COMMIT,
	DTS_OP_HEARTBEAT,
	DTS_OP_END,
	DTS_OP_ACK,
	DTS_OP_COUNT
};

const char *dts_op_name(enum dts_op op);

/* The fields that tools know, in the order in which writers write them. */
enum dts_field {
	DTS_F_OP,
	DTS_F_V,
	DTS_F_KIND,
	DTS_F_SRC,
	DTS_F_ID,        /* of a chunk */
	DTS_F_DB,
	DTS_F_TABLE,
	DTS_F_TX,
	DTS_F_XID,
	DTS_F_N,
	DTS_F_ROWS,
	DTS_F_TO,        /* rollback: changes that stay */
	DTS_F_TIME,
	DTS_F_ORIGIN,    /* begin: the source whose changes these are, written by an applier */
	DTS_F_FLAGS,     /* of a change: ["no-foreign-key-checks","no-unique-checks"] */
	DTS_F_SQL,
	DTS_F_OBJECTS,
	DTS_F_CONTEXT,
	DTS_F_COLUMNS,
	DTS_F_PRIMARY,
	DTS_F_UNIQUE,
	DTS_F_FOREIGN,
	DTS_F_SOURCE,
	DTS_F_BEFORE,
	DTS_F_AFTER,
	DTS_F_UPTO,
	DTS_F_LAST,      /* chunk-end of a table without a key: no more parts come */
	DTS_F_RESUMES,   /* stream: what an earlier run of this snapshot has brought */
	DTS_F_REASON,
	DTS_F_RECORDS,
	DTS_F_POS,
	DTS_F_COUNT
};

const char *dts_field_name(enum dts_field f);

struct dts_record {
	enum dts_op op;
	struct dts_slice line; /* the whole record, without newline; borrowed */

	/* The source text of each field's value; p is NULL where absent. */
	struct dts_slice raw[DTS_F_COUNT];

	/* Decoded: fields that are strings (absent: p NULL) ... */
	struct dts_slice kind, src, id, db, table, tx, xid, time, origin, sql, reason;
	/* ... and those that are numbers (absent: 0; look at raw to tell). */
	uint64_t v, n, rows, to, records;

	/* Its own: what had to be unescaped, which fields were seen, and which
	 * field came behind which in the last record of each op (the next one will
	 * have the same order, so its keys are compared, not looked up). */
	struct dts_buf scratch;
	uint32_t seen;
	uint8_t guess[DTS_OP_COUNT][DTS_F_COUNT];
	struct dts_shape *shapes; /* the same for the columns in images */
};

void dts_record_init(struct dts_record *r);
void dts_record_release(struct dts_record *r);

/*
 * Parses one line. `line` is borrowed by the record until the next call. Any
 * valid JSON object with the keys in any order is taken; the canonical form is
 * fast. Refused with DTS_BAD_INPUT: not JSON, bad UTF-8, NUL, a duplicate
 * known key, unknown op or version, a field that the op needs missing or of
 * the wrong JSON type (objects "before"/"after"/..., strings, whole numbers).
 * The message says what and where in the line, not which line.
 */
int dts_record_parse(struct dts_record *r, struct dts_slice line, struct dts_error *err);

/* Writes the record with some fields' values replaced, newline included: `with`
 * is indexed by field, p NULL keeps the old text. Only fields that are present
 * can be replaced. */
void dts_record_rewrite(const struct dts_record *r, const struct dts_slice with[DTS_F_COUNT],
			struct dts_buf *out);

static inline bool dts_op_is_change(enum dts_op op)
{
	return op == DTS_OP_INSERT || op == DTS_OP_UPDATE || op == DTS_OP_DELETE;
}

#endif
