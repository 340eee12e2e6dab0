#ifndef DTS_FILTER_STATEMENT_H
#define DTS_FILTER_STATEMENT_H

#include "ddl/ddl.h"
#include "record/names.h"
#include "record/record.h"

/* A ddl record on its way through. All zero is empty; memory is reused. */
struct dts_statement {
	struct dts_ddl ddl;
	struct dts_buf sql; /* the new text */
	struct dts_buf sql_json, objects_json, db_json;
};

/*
 * Chooses and renames. `structure`: the record is of a stream of structure, as dts-schema prints it, so that
 * queries, programs and privileges can be read. 1: it stays, with what changes put into `with`
 * (borrowed until the next call); 0: nothing of it stays; -1 with
 * DTS_BAD_INPUT where neither is certain.
 */
int dts_statement_choose(struct dts_statement *st, struct dts_names *names, const struct dts_record *r, bool structure,
			 struct dts_slice with[DTS_F_COUNT], struct dts_error *err);
void dts_statement_release(struct dts_statement *st);

#endif
