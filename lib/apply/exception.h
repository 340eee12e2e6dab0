#ifndef DTS_APPLY_EXCEPTION_H
#define DTS_APPLY_EXCEPTION_H

#include "base/options.h"

/*
 * Transactions of the source that are left out, or made otherwise, because somebody said so:
 * --skip-tx=ID, --replace-tx=ID=FILE. Each is noted in the checkpoint by the transaction of the target that
 * passes its place.
 */
struct dts_exception {
	struct dts_buf tx;
	bool replaces;
	struct dts_buf records; /* that replace it, a line each: changes, or a ddl and its rows */
	bool met;
};

struct dts_exceptions {
	struct dts_exception *items;
	size_t count;
};

/*
 * Reads the files, and checks their records: nothing but changes, and what may stand around them (schema
 * records, which the stream's own stand for, and `begin` and `commit` of that very transaction). -1: DTS_USAGE for an
 * id that is given twice, DTS_BAD_INPUT with file and line for a record that cannot be, DTS_IO.
 */
int dts_exceptions_read(struct dts_exceptions *e, const struct dts_list *skip, const struct dts_list *replace,
			struct dts_error *err);
void dts_exceptions_release(struct dts_exceptions *e);

/* NULL: there is none of that transaction. */
struct dts_exception *dts_exceptions_find(const struct dts_exceptions *e, struct dts_slice tx);

#endif
