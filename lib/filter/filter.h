#ifndef DTS_FILTER_FILTER_H
#define DTS_FILTER_FILTER_H

#include "base/pattern.h"
#include "record/record.h"

/*
 * Maps records to records: chooses tables, gives them other names, and mends
 * the counts for what was left out. What need not change is passed on byte
 * for byte. DDL is chosen and renamed like the rows of its tables.
 */
struct dts_filter; /* opaque */

struct dts_filter_options {
	/* Which tables stay, by the names in the records. All zero: all. */
	const struct dts_list *tables, *ignored;
	/* PATTERN=db.table each; the first whose pattern has the table gives it its new
	 * name. "*" for a part keeps the old one. */
	const struct dts_list *routes;
	/* Count anew even where the input's counts are wrong: records were taken out
	 * of it on purpose. */
	bool recount;
	/* Sources: transactions that an applier wrote of their changes are emptied. "*": of any. NULL: none. */
	const struct dts_list *skip_origins;
};

/* NULL with DTS_USAGE for a bad pattern or route. */
struct dts_filter *dts_filter_new(const struct dts_filter_options *options, struct dts_error *err);

/* Takes tables of a snapshot, too, whose rows a foreign key changes, which is in
 * no log, with those of a table that is left out here. */
void dts_filter_allow_missing_parents(struct dts_filter *f);

void dts_filter_free(struct dts_filter *f); /* NULL is fine */

/*
 * Appends what becomes of a record that dts_stream_next() gave: the record, a
 * changed one, or nothing. Call for each in order, for it counts. -1 with
 * DTS_BAD_INPUT for a statement that can be neither passed nor left out with
 * certainty; with DTS_REFUSED for a table without its parent.
 */
int dts_filter_record(struct dts_filter *f, const struct dts_record *r, struct dts_buf *out,
		      struct dts_error *err);

#endif
