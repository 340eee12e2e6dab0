#ifndef DTS_SCHEMA_DIFF_TABLE_H
#define DTS_SCHEMA_DIFF_TABLE_H

#include "base/hash.h"
#include "base/options.h"
#include "mysql/session.h"

/*
 * Two definitions of a table, each as SHOW CREATE TABLE of the same server writes it (sql_quote_show_create=1,
 * without ANSI_QUOTES and NO_BACKSLASH_ESCAPES), and the ALTER TABLE that makes one of the other. Text in, text out:
 * no server. The counter AUTO_INCREMENT=n and the order of keys are not compared. Names are never guessed to be new
 * names of old ones: a column of another name is a new one.
 */

/* Foreign keys go before what they hold, and come when all tables have what they need: over
 * all tables, step by step. */
enum dts_diff_step {
	DTS_DIFF_UNLINK, /* foreign keys dropped */
	DTS_DIFF_CHANGE,
	DTS_DIFF_LINK,   /* foreign keys added */
	DTS_DIFF_STEPS
};

/* Columns that no foreign key may hold while the tables change: key: dts_diff_column_key(). */
struct dts_diff_touched {
	struct dts_map columns;
	struct dts_buf key;
};

struct dts_table_diff {
	struct dts_buf sql[DTS_DIFF_STEPS]; /* "ALTER TABLE `t`\n  ...", empty: nothing to do */
	struct dts_list lossy;  /* clauses that lose something, left out unless they were allowed: "DROP COLUMN `x`" */
	struct dts_list beyond; /* what differs and no ALTER TABLE changes, for people */
};

/* What is compared; all is borrowed. */
struct dts_diff_input {
	enum dts_family family; /* of the server */
	struct dts_slice db, name; /* of the table that is altered */
	struct dts_slice wanted, present;
	struct dts_slice altered; /* the wanted one in other words that mean the same, clause by clause; p NULL: there are none */
	bool allow_drop;
};

/*
 * Adds the columns that would be changed, dropped or have their keys changed. To be called for all tables before
 * dts_diff_table() is for any: a foreign key over them, or to them, is dropped and made again. -1: DTS_REFUSED,
 * a definition is not understood.
 */
int dts_diff_touch(const struct dts_diff_input *in, struct dts_diff_touched *touched, struct dts_error *err);

/* Fills `d`, which is all zero or was released. -1: as above. */
int dts_diff_table(const struct dts_diff_input *in, struct dts_diff_touched *touched, struct dts_table_diff *d,
		   struct dts_error *err);
/* Is there any difference? */
bool dts_table_diff_any(const struct dts_table_diff *d);
void dts_table_diff_release(struct dts_table_diff *d);

void dts_diff_touched_release(struct dts_diff_touched *t);

#endif
