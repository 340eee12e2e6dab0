#ifndef DTS_APPLY_JSON_LITERAL_H
#define DTS_APPLY_JSON_LITERAL_H

#include "base/buf.h"

/* Buffers that making documents reuses; all zero to start with. */
struct dts_json_scratch {
	struct dts_buf parts, text;
};

void dts_json_scratch_release(struct dts_json_scratch *s);

/* What stands in the way of a document. */
struct dts_json_trouble {
	struct dts_slice number; /* that no type holds, in the document's text */
	bool deep; /* no such number, but a DECIMAL in more than 60 objects and arrays */
	/* Neither: a NUL byte, behind which the server does not read on. */
};

/*
 * Appends a document, given as text, as an SQL expression that MySQL takes as
 * JSON with the same numbers. A document's text does not tell a DECIMAL from a
 * DOUBLE, and the server reads what has a point, and integers beyond 64 bits, as
 * DOUBLE: 1.50 becomes 1.5. So a number that a DOUBLE would not be written as
 * stands in SQL, as a DECIMAL, within calls of JSON_ARRAY() and JSON_OBJECT():
 *
 *     {"a":[1.50],"b":[2]}   JSON_OBJECT('a',JSON_ARRAY(1.50),'b',CAST('[2]' AS JSON))
 *
 * All else is a literal, in CAST(... AS JSON) when `typed`, for where no column
 * makes it a document. Text that is no JSON becomes a literal, too, for the
 * server to refuse. Numbers with an exponent and a zero with a minus are DOUBLE,
 * which the server writes in its own way.
 *
 * -1: `trouble` says what would not arrive as it is: a number with more than 65 digits
 * or 30 behind the point, or one with an exponent and more digits than a DOUBLE keeps;
 * a DECIMAL nested too deep for the server's stack; a NUL byte.
 *
 * Types: the MySQL manual, "The JSON Data Type" and "Precision Math"; how a
 * DOUBLE is written: mysys/dtoa.cc, my_gcvt().
 */
int dts_json_literal_add(struct dts_buf *sql, struct dts_slice text, bool typed, struct dts_json_scratch *scratch,
			 struct dts_json_trouble *trouble);

/* Does MySQL read this text as the document that it is, without SQL around it? False for
 * all that dts_json_literal_add() builds an expression for or refuses. */
bool dts_json_literal_plain(struct dts_slice text, struct dts_json_scratch *scratch);

#endif
