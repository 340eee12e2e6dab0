#ifndef DTS_APPLY_ARRAYS_PARTS_H
#define DTS_APPLY_ARRAYS_PARTS_H

#include "apply/arrays.h"
#include "base/hash.h"

/* What arrays.c and arrays_values.c share. */
#ifdef MARIADB_PACKAGE_VERSION

enum {
	CELLS_MOST = 32 * 1024, /* values of one send */
	SEND_BYTES = 512 * 1024,
	STATEMENTS_MOST = 400, /* of a session: more tables than that are prepared again and again */
};

/* How a value is bound. DTS_WAY_NUMBER: a YEAR or BIT, whose number is an expression to the server. */
enum dts_arrays_way { DTS_WAY_NONE, DTS_WAY_INT, DTS_WAY_UINT, DTS_WAY_NUMBER, DTS_WAY_DECIMAL, DTS_WAY_FLOAT, DTS_WAY_DOUBLE, DTS_WAY_TIME, DTS_WAY_TEXT, DTS_WAY_CHARSET, DTS_WAY_BYTES, DTS_WAY_MEMBER };

struct dts_arrays_param {
	size_t column;
	bool before; /* of which image */
	bool is_key; /* finds the row: text as text */
	enum dts_arrays_way way;
};

struct dts_arrays_statement {
	MYSQL_STMT *prepared; /* NULL: not possible */
	const struct dts_apply_table *table;
	enum dts_arrays_kind kind;
	struct dts_arrays_param *params;
	size_t count;
};

/* A number, or where the bytes are. */
union dts_arrays_cell {
	long long number;
	double real;
	const char *text;
};

struct dts_arrays {
	struct dts_session *session;
	struct dts_map statements;
	struct dts_arrays_statement *now;
	size_t rows, most, sent_bytes;
	struct dts_buf cells; /* union dts_arrays_cell[], lengths, indicators, by parameter and row */
	struct dts_buf bytes; /* what had to be decoded; never grown while there are rows */
	MYSQL_BIND *binds;
	struct dts_literal_scratch scratch;
	struct dts_buf sql;
};

/* Reads a value as its parameter wants it, a number or bytes, which may be in `bytes` or in the record. False: it
 * cannot go this way. */
bool dts_arrays_number(struct dts_arrays *a, const struct dts_arrays_param *p, const struct dts_apply_column *c, struct dts_json value,
		       union dts_arrays_cell *cell);
bool dts_arrays_bytes(struct dts_arrays *a, const struct dts_arrays_param *p, const struct dts_apply_column *c, struct dts_json value,
		      struct dts_slice *text);

#endif

#endif
