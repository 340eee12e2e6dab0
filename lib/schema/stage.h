#ifndef DTS_SCHEMA_STAGE_H
#define DTS_SCHEMA_STAGE_H

#include "base/options.h"
#include "ddl/table_items.h"

/* When an object is made: before the rows, behind them, or when the target takes over. Bits. */
enum dts_stage { DTS_STAGE_PRE = 1, DTS_STAGE_POST = 2, DTS_STAGE_FINAL = 4, DTS_STAGE_ALL = 7 };

/* "pre"; of one bit. */
const char *dts_stage_name(enum dts_stage stage);

/*
 * What of a table's definition (SHOW CREATE TABLE) the rows need, as a CREATE TABLE, appended: columns, checks,
 * partitions, the keys by which rows are found (PRIMARY, UNIQUE without NULL), the one that AUTO_INCREMENT needs, and
 * those that cannot be built behind the rows or not faster: VECTOR, USING HASH, WITHOUT OVERLAPS, all of
 * system-versioned tables but foreign keys.
 */
void dts_stage_pre_table(const struct dts_items *t, struct dts_slice sql, struct dts_buf *out);

/* The statements that add the other keys to the table `name`, each appended to the list: one with all, and one for each
 * FULLTEXT key, since InnoDB builds one of these at a time without copying the table. With `foreign`, the foreign keys
 * instead, which need the keys of all tables. */
void dts_stage_post_table(const struct dts_items *t, struct dts_slice name, bool foreign, struct dts_list *out);

/* The AUTO_INCREMENT=n among the table's options: n, p NULL: none. */
struct dts_slice dts_stage_counter(const struct dts_items *t);

#endif
