#ifndef DTS_SCHEMA_DIFF_PARTS_H
#define DTS_SCHEMA_DIFF_PARTS_H

/* Shared between the files of diff_table.h only. */

#include "ddl/table_items.h"
#include "schema/diff_table.h"

/* A column's clause in its parts; slices of the clause but for the character set, which may be the table's. */
struct dts_diff_column {
	const struct dts_item *item;
	struct dts_slice name;            /* without quotes */
	struct dts_slice word, type;      /* "varchar", "varchar(10)" */
	struct dts_slice charset, collation; /* NULL: none; a collation that is the default one is not always told */
	struct dts_slice rest;            /* behind the type: NOT NULL DEFAULT ... */
	enum { DTS_DIFF_STORED_ROW, DTS_DIFF_VIRTUAL, DTS_DIFF_STORED } computed;
};

/* One option of a table: `ROW_FORMAT`, `COMPRESSED`. */
struct dts_diff_option {
	struct dts_slice name, value;
};

struct dts_diff_options {
	struct dts_diff_option *items;
	size_t count;
	struct dts_slice charset, collation; /* NULL: not told */
	struct dts_slice partitions;         /* from PARTITION BY on; empty: none */
	bool versioned;
};

/* One of the two definitions. */
struct dts_diff_side {
	struct dts_buf text; /* without executable comments */
	struct dts_items items;
	struct dts_diff_options options;
	struct dts_diff_column *columns;
	size_t count;
};

/* Reads what stands behind the closing parenthesis. */
void dts_diff_options_read(struct dts_slice rest, struct dts_diff_options *o);
void dts_diff_options_release(struct dts_diff_options *o);

/* The clauses for what differs; what would lose rows is for `lossy` and not among them unless `allow_drop`. */
void dts_diff_options_compare(const struct dts_diff_options *wanted, const struct dts_diff_options *present,
			      bool allow_drop, struct dts_list *clauses, struct dts_table_diff *d);

void dts_diff_column_read(const struct dts_item *item, const struct dts_diff_options *table, struct dts_diff_column *c);
/* The whole clause, with the character set named. */
void dts_diff_column_add(const struct dts_diff_column *c, struct dts_buf *out);
/* Says it the same? Upper and lower case of the names aside. */
bool dts_diff_column_same(const struct dts_diff_column *a, const struct dts_diff_column *b);
/* Does each value of `from` fit into `to` without loss? False where that is not known. */
bool dts_diff_column_fits(const struct dts_diff_column *from, const struct dts_diff_column *to);

/* Names of columns, keys and constraints: upper and lower case ASCII letters do not tell them apart. */
bool dts_diff_same_name(struct dts_slice a, struct dts_slice b);

/* The clauses for the columns; see dts_diff_options_compare(). */
void dts_diff_columns_compare(const struct dts_diff_side *wanted, const struct dts_diff_side *present, bool allow_drop,
			      struct dts_list *clauses, struct dts_table_diff *d);

/* How the column of `wanted` comes about. `old`: the one of that name at present, NULL: none. */
enum dts_diff_fate { DTS_DIFF_SAME, DTS_DIFF_NEW, DTS_DIFF_MODIFIED, DTS_DIFF_MADE_AGAIN };
enum dts_diff_fate dts_diff_column_fate(const struct dts_diff_column *c, const struct dts_diff_column *old);

/* Would that lose something of what the column holds? */
bool dts_diff_column_lossy(const struct dts_diff_column *c, const struct dts_diff_column *old);

/* The column of that name, NULL: none. */
const struct dts_diff_column *dts_diff_column_find(const struct dts_diff_side *side, struct dts_slice name);

#endif
