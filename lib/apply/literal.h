#ifndef DTS_APPLY_LITERAL_H
#define DTS_APPLY_LITERAL_H

#include "apply/json_literal.h"
#include "apply/table.h"

/* Buffers that making literals reuses; all zero to start with. */
struct dts_literal_scratch {
	struct dts_buf text, bytes;
	struct dts_json_scratch json;
};

void dts_literal_scratch_release(struct dts_literal_scratch *s);

/*
 * Appends a record value (man dts-records, VALUES) as an SQL expression that
 * gives the target column exactly this value. *enum_zeros counts on when it is
 * the error value of an ENUM, which strict mode refuses. DTS_BAD_INPUT when the value
 * cannot be one of the column's type, DTS_REFUSED when the target's character set
 * cannot hold it, or MySQL's JSON a number of the document.
 */
int dts_literal_add(struct dts_buf *sql, const struct dts_apply_column *c, struct dts_json value,
		    unsigned *enum_zeros, struct dts_literal_scratch *scratch, struct dts_error *err);

/* Appends a condition that holds exactly for rows where the column has this value,
 * byte for byte and NULL included; no index is used. */
int dts_literal_add_match(struct dts_buf *sql, const struct dts_apply_column *c, struct dts_json value,
			  struct dts_literal_scratch *scratch, struct dts_error *err);

#endif
