#ifndef DTS_SCHEMA_DIFF_H
#define DTS_SCHEMA_DIFF_H

#include "schema/reader.h"

/*
 * The structure of two servers compared, and the statements that make the target like the source. What the source's
 * definitions would be at the target the target says itself: those that are not there word for word are made in
 * a database that goes again (mysql/ddl_try.h), and read back. So neither another family nor another version is a
 * difference. Names are those of the target; nothing is changed there.
 */
struct dts_schema_diff;

struct dts_schema_diff_options {
	bool allow_drop;                 /* also what loses something */
	struct dts_definer definer;      /* STRIP: definers are not compared */
	const struct dts_list *patterns; /* which objects of the source; and what else those databases of the target hold */
	const struct dts_list *ignored, *routes; /* as in record/names.h */
};

/* Reads and compares all. Both sessions are borrowed while it lives. NULL: `err` says why, or a signal came. */
struct dts_schema_diff *dts_schema_diff_new(struct dts_session *source, struct dts_session *target,
					    const struct dts_schema_diff_options *o, struct dts_error *err);
void dts_schema_diff_free(struct dts_schema_diff *d); /* NULL is fine */

/* Is anything different, said in a record or not? What the target's family has no like of is not. */
bool dts_schema_diff_any(const struct dts_schema_diff *d);

/* Lines for people: what is different and not in the records, and why. */
const struct dts_list *dts_schema_diff_told(const struct dts_schema_diff *d);

/* Appends the next record: 1; 0: that was all; -1. */
int dts_schema_diff_next(struct dts_schema_diff *d, struct dts_buf *out, struct dts_error *err);

#endif
