#ifndef DTS_DUMP_RULES_H
#define DTS_DUMP_RULES_H

#include "base/pattern.h"
#include "mysql/catalog.h"

/* What of a table is read if not all: --columns=PATTERN:a,b,c and --where=PATTERN:CONDITION. */
struct dts_dump_rules {
	struct dts_dump_rule {
		const char *text; /* as given; borrowed */
		struct dts_pattern *pattern;
		char *condition;         /* --where */
		struct dts_list columns; /* --columns */
	} *items;
	size_t count;
};

/* -1: DTS_USAGE. */
int dts_dump_rules_init(struct dts_dump_rules *r, const struct dts_list *columns, const struct dts_list *wheres,
			struct dts_error *err);
void dts_dump_rules_release(struct dts_dump_rules *r);

/* The condition for a table: that of the last --where which matches it, or NULL. */
const char *dts_dump_rules_where(const struct dts_dump_rules *r, struct dts_slice db, struct dts_slice table);

/* Leaves only the columns that the last matching --columns names, and the keys that are whole;
 * what leaves any out is `partial`.
 * -1: DTS_REFUSED when one is not there, or one of the key is missing. */
int dts_dump_rules_columns(const struct dts_dump_rules *r, struct dts_schema *schema, struct dts_error *err);

/* Before anything is read: does each rule match a table, and fit it? */
int dts_dump_rules_check(const struct dts_dump_rules *r, struct dts_session *s, const struct dts_tables *tables,
			 struct dts_error *err);

#endif
