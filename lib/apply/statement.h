#ifndef DTS_APPLY_STATEMENT_H
#define DTS_APPLY_STATEMENT_H

#include "ddl/ddl.h"
#include "mysql/ddl_context.h"
#include "record/record.h"

struct dts_applier;

/* The statement of a ddl record on its way to the target; for ddl.c and schema*.c. */
struct dts_apply_statement {
	struct dts_buf line, intent, before, text;
	struct dts_record record;
	struct dts_ddl ddl;
	struct dts_slice db, sql, context;
	unsigned flags;
	bool shown;   /* what is kept of its tables knows it, or need not */
	bool held;    /* it is kept in the checkpoint and not run */
	bool unclear; /* what the source read of its comments is not known */
	uint64_t input_line;
};

/* Reads a copy of a record's line, which is a ddl record; all of `s` is zero before. Release it after a failure, too. */
int dts_apply_statement_read(struct dts_apply_statement *s, const struct dts_ddl_origin *origin, struct dts_slice line,
			     uint64_t input_line, struct dts_error *err);
void dts_apply_statement_release(struct dts_apply_statement *s);

/* What becomes of it; STOP: `err` says why. */
enum dts_apply_decision { DTS_DECIDE_RUN, DTS_DECIDE_SKIP, DTS_DECIDE_STOP, DTS_DECIDE_HOLD };
enum dts_apply_decision dts_apply_statement_decide(struct dts_applier *a, const struct dts_apply_statement *s, struct dts_error *err);

/* DTS_REFUSED: why, with the statement's beginning. -1 */
int dts_apply_statement_refuse(const struct dts_apply_statement *s, const char *why, struct dts_error *err);

/* Runs it as the source did; tells the target's warnings. The caller says where it stands in the input. */
int dts_apply_statement_run(struct dts_applier *a, struct dts_apply_statement *s, struct dts_error *err);

#endif
