#ifndef DTS_RECORD_SCHEMA_H
#define DTS_RECORD_SCHEMA_H

#include "record/record.h"

/* What a column holds, as far as reading, writing and comparing values differ.
 * The exact type is in the text: "decimal(10,2)", "enum('a','b')". */
enum dts_type {
	DTS_TYPE_INTEGER,  /* tinyint ... bigint */
	DTS_TYPE_YEAR,
	DTS_TYPE_BIT,
	DTS_TYPE_DECIMAL,
	DTS_TYPE_FLOAT,
	DTS_TYPE_DOUBLE,
	DTS_TYPE_DATE,
	DTS_TYPE_TIME,
	DTS_TYPE_DATETIME,
	DTS_TYPE_TIMESTAMP,
	DTS_TYPE_CHAR,     /* char, varchar, the texts: have a charset */
	DTS_TYPE_BINARY,   /* binary, varbinary, the blobs */
	DTS_TYPE_ENUM,
	DTS_TYPE_SET,
	DTS_TYPE_JSON,
	DTS_TYPE_GEOMETRY,
	DTS_TYPE_UUID,
	DTS_TYPE_INET4,
	DTS_TYPE_INET6,
	DTS_TYPE_VECTOR,
	DTS_TYPE_UNKNOWN,
};

enum dts_generated { DTS_GENERATED_NO, DTS_GENERATED_VIRTUAL, DTS_GENERATED_STORED };

struct dts_column {
	struct dts_slice name;
	struct dts_slice type_text; /* lower case, as COLUMN_TYPE has it */
	enum dts_type type;
	bool is_unsigned;
	bool nullable;
	enum dts_generated generated; /* never written by an applier */
	bool invisible;
	struct dts_slice charset;   /* CHAR, ENUM, SET: "utf8mb4"; else empty */
	struct dts_slice collation; /* likewise, where known */
	uint32_t length;            /* BINARY(n), CHAR(n), BIT(n): n; else 0 */
	uint8_t decimals;           /* fraction digits of TIME, DATETIME, TIMESTAMP; scale of DECIMAL */
	bool fixed;                 /* CHAR(n), BINARY(n) as against VARCHAR, VARBINARY, texts, blobs */
	const struct dts_slice *labels; /* ENUM, SET: members in order, UTF-8 */
	size_t label_count;
};

/* A list of column names: a key. */
struct dts_key {
	struct dts_slice name; /* of the index; empty for the primary key in records */
	const struct dts_slice *columns;
	size_t count;
};

/* A foreign key of this table. Rules as the server writes them: "CASCADE", "RESTRICT"... */
struct dts_foreign {
	struct dts_slice name;
	const struct dts_slice *columns;
	size_t count;
	struct dts_slice to_db, to_table;
	const struct dts_slice *to_columns; /* as many */
	struct dts_slice on_delete, on_update;
};

/*
 * A table as a "schema" record describes it. All memory hangs on `arena`:
 * filled by dts_schema_parse() or by a catalog reader, freed at once.
 */
struct dts_schema {
	struct dts_slice db, table;
	struct dts_slice source_db, source_table; /* names at the source; never rewritten */
	struct dts_slice source_collation, source_db_collation; /* the table's default there, and its database's; empty: not known */
	struct dts_slice where; /* the rows of a copy are those for which this SQL expression is true; empty: all */
	bool partial; /* columns of the source are not among these: its changes have more */
	struct dts_slice online; /* JSON: what dts-binlog hides of online schema changes of it (binlog/online.h); empty: nothing */
	struct dts_column *columns;
	size_t column_count;
	struct dts_key primary; /* count 0: none */
	struct dts_key *unique; /* other unique keys, all columns whole */
	size_t unique_count;
	struct dts_foreign *foreign;
	size_t foreign_count;
	struct dts_arena *arena;
};

void dts_schema_release(struct dts_schema *s);

/* From a record with op DTS_OP_SCHEMA; the schema copies what it needs. `s` is
 * released first. -1 with DTS_BAD_INPUT. */
int dts_schema_parse(struct dts_schema *s, const struct dts_record *r, struct dts_error *err);

/* Appends the schema record with its newline, canonical form. Keys that are
 * unknown (a binlog does not carry them) are left out when `s->unique` is NULL
 * and `s->foreign` is NULL. */
void dts_schema_add(struct dts_buf *out, const struct dts_schema *s);

/* Fills type, is_unsigned, length, decimals, fixed and labels of a column from
 * its type_text ("int(10) unsigned", "enum('a','it''s')"). Labels go to the arena. */
void dts_column_from_type(struct dts_column *c, struct dts_arena *arena);

/* Index of the column of that name, or -1. `hint` is tried first: callers that
 * walk in column order never search. Names compare exactly. */
long dts_schema_column(const struct dts_schema *s, struct dts_slice name, size_t hint);

#endif
