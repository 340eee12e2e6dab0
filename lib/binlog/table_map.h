#ifndef DTS_BINLOG_TABLE_MAP_H
#define DTS_BINLOG_TABLE_MAP_H

#include "binlog/event.h"
#include "binlog/inflate.h"
#include "charset/charset.h"
#include "record/schema.h"

/*
 * TABLE_MAP events: what the rows behind them look like. With
 * binlog_row_metadata=FULL they hold names, signedness, character sets, labels and
 * the primary key; everything but what only a catalog knows (uuid, inet and, of
 * MariaDB, vector types, generated columns, lengths of the temporal types of MariaDB 5.3).
 * With less they have no names, and only the definition that the table had then completes them.
 * Format: MariaDB Knowledge Base, "TABLE_MAP_EVENT"; MySQL Source Code Documentation,
 * "mysql::binlog::event::Table_map_event" (optional metadata).
 */

/* Types as the log numbers them (enum_field_types). */
enum dts_log_type {
	DTS_LOG_DECIMAL = 0, /* before MySQL 5.0 */
	DTS_LOG_TINY = 1,
	DTS_LOG_SHORT = 2,
	DTS_LOG_LONG = 3,
	DTS_LOG_FLOAT = 4,
	DTS_LOG_DOUBLE = 5,
	DTS_LOG_TIMESTAMP = 7,
	DTS_LOG_LONGLONG = 8,
	DTS_LOG_INT24 = 9,
	DTS_LOG_DATE = 10,
	DTS_LOG_TIME = 11,
	DTS_LOG_DATETIME = 12,
	DTS_LOG_YEAR = 13,
	DTS_LOG_NEWDATE = 14,
	DTS_LOG_VARCHAR = 15,
	DTS_LOG_BIT = 16,
	DTS_LOG_TIMESTAMP2 = 17,
	DTS_LOG_DATETIME2 = 18,
	DTS_LOG_TIME2 = 19,
	DTS_LOG_BLOB_COMPRESSED = 140,
	DTS_LOG_VARCHAR_COMPRESSED = 141,
	DTS_LOG_VECTOR = 242,
	DTS_LOG_JSON = 245,
	DTS_LOG_NEWDECIMAL = 246,
	DTS_LOG_ENUM = 247,
	DTS_LOG_SET = 248,
	DTS_LOG_BLOB = 252,
	DTS_LOG_VAR_STRING = 253,
	DTS_LOG_STRING = 254,
	DTS_LOG_GEOMETRY = 255,
};

/* How to read one column of a row, and how to write it. */
struct dts_log_column {
	uint8_t type;     /* enum dts_log_type; ENUM and SET are found under STRING */
	uint8_t width;    /* bytes of a fixed value, or of the length in front of a value */
	uint8_t decimals; /* fraction digits; scale */
	uint8_t digits;   /* of NEWDECIMAL, all of them */
	bool hires;       /* temporal type of MariaDB 5.3 with a fraction */
	struct dts_inflate *inflate; /* the values are compressed; NULL: they are not */
	bool left_out;    /* generated or hidden: read over, not written */
	bool wants_catalog; /* its width is not in the log: dts_log_table_hint() must tell */
	enum dts_type as; /* type of the value: may be UUID, INET4, INET6 where the log says BINARY */
	bool is_unsigned;
	bool has_sign;    /* the log says whether it is unsigned */
	bool is_text;     /* the log's lists of character sets count it */
	bool has_collation; /* the log says which, in `collation` */
	int8_t shape;     /* of GEOMETRY, as the server numbers them (0: any); -1: the log does not say */
	uint32_t dimensions; /* of VECTOR; 0: the log does not say */
	uint32_t bytes;   /* longest value of CHAR and VARCHAR kinds, in bytes */
	uint32_t collation;
	const struct dts_charset *charset; /* of text; NULL: binary or none */
	struct dts_slice key; /* ,"name": as JSON, ready for dts_put_padded() */
	struct dts_column *column; /* of the schema */
};

/* A foreign key of a table by which the server changes rows in turn. */
struct dts_log_acting {
	struct dts_slice name; /* p NULL: there is none */
	const char *on;        /* "DELETE" */
	struct dts_slice rule; /* "CASCADE" */
};

/* Tables of an applier's checkpoint (checkpoint.h) that tell whose changes a transaction has made. */
enum dts_own_table {
	DTS_OWN_NONE,
	DTS_OWN_MARK, /* (checkpoint, src, ...): a row of it is written first in each transaction of changes */
	DTS_OWN_DDL,  /* (checkpoint, src, tx, statement, ...): a statement is about to be run; gone: it has been */
};

/* A table as one TABLE_MAP describes it. All memory is its own. */
struct dts_log_table {
	uint64_t id;
	struct dts_buf raw; /* the event's body, to see whether another says the same */
	struct dts_schema schema;
	struct dts_log_column *columns; /* as many as the schema had before hidden ones were taken out */
	size_t column_count;
	struct dts_inflate inflate; /* of its COMPRESSED columns */
	struct dts_slice prefix; /* "db":"shop","table":"orders", as JSON */
	bool mysql;       /* written by MySQL, not MariaDB */
	bool named;       /* column names are known; else nothing can be read yet */
	bool is_sequence; /* MariaDB's CREATE SEQUENCE */
	bool skipped;     /* nobody wants its rows: only `id` and `raw` are filled, and `columns` of one of our own */
	enum dts_own_table own;
	bool later;       /* what it is here is not known (history.h) */
	bool acting_known; /* the catalog has told the next two */
	struct dts_log_acting acting, acting_itself; /* the first key that acts, and the first to the table itself */
	bool announced;   /* its schema record is out; for the callers' use */
};

void dts_log_table_free(struct dts_log_table *t); /* NULL is fine */

/* The table's id, and its name as it is in the event (borrowed from it). */
int dts_table_map_name(const struct dts_event *e, const struct dts_event_format *f, uint64_t *id,
		       struct dts_slice *db, struct dts_slice *table, struct dts_error *err);

/*
 * Reads all of the event. NULL with `err`: cut or malformed, an unsupported type
 * (DTS_BAD_INPUT). You own it. A table without names wants dts_log_table_define();
 * dts_log_table_hint() refuses it.
 */
struct dts_log_table *dts_table_map_parse(const struct dts_event *e, const struct dts_event_format *f,
					  struct dts_error *err);

/* A table whose rows nobody wants. You own it. */
struct dts_log_table *dts_log_table_skipped(const struct dts_event *e, uint64_t id);

/*
 * Completes a table with what its source's catalog says of columns of the same
 * name and a matching type: uuid, inet4, inet6, vector, fraction digits, generated.
 * `catalog` NULL: not known (the table has been dropped). -1: the rows cannot be read without
 * it, or not at all (a system-versioned table; DTS_BAD_INPUT); the table is without
 * names (DTS_REFUSED, with a hint).
 */
int dts_log_table_hint(struct dts_log_table *t, const struct dts_schema *catalog, struct dts_error *err);

/* Takes over which of the catalog's foreign keys act; NULL: there are none. */
void dts_log_table_acting(struct dts_log_table *t, const struct dts_schema *catalog);

/*
 * Completes a table from the definition that it had at this place in the log: `model`, as the
 * reader of catalogs gives one. By name where the log has them, else by place; either way
 * everything that both of them tell must agree: number and order of columns, types with
 * lengths, scales and members' number, signs, character sets, NULL. -1 (DTS_BAD_INPUT)
 * otherwise, with the column and both of its types. Columns that only the log
 * has are the server's own and read over: MariaDB's hashes of long unique keys, DB_ROW_HASH_1 on.
 * A system-versioned table is refused, because its changes look like others.
 * Names, types, keys then are the model's; nothing of it is borrowed.
 */
int dts_log_table_define(struct dts_log_table *t, const struct dts_schema *model, struct dts_error *err);

#endif
