#ifndef DTS_BINLOG_ONLINE_H
#define DTS_BINLOG_ONLINE_H

#include "base/hash.h"
#include "base/pattern.h"
#include "record/json.h"

/*
 * Online schema changes: gh-ost and pt-online-schema-change copy a table into another one of the new form, which
 * then takes its name. The tables that they need are known by their names, as those tools give them:
 *
 *   gh-ost     _T_gho the new table, _T_ghc its log, _T_del what T becomes (also _T_20260131235959_del), and
 *              before that a table that keeps the name
 *   pt-osc     _T_new the new table, _T_old what T becomes; more underscores in front where the name is taken;
 *              triggers pt_osc_... on T
 *
 * A name that had to be cut to 64 characters is not known.
 */
enum dts_online_mode {
	DTS_ONLINE_OFF,
	DTS_ONLINE_FOLLOW, /* such tables are captured where T is */
	DTS_ONLINE_HIDE,   /* they are not, and what was done to the new table is told of T when it takes its name */
};

enum dts_online_part {
	DTS_ONLINE_LOG,     /* gh-ost's log */
	DTS_ONLINE_NEW,     /* becomes T */
	DTS_ONLINE_RETIRED, /* what T becomes */
};

/* What a name may be. */
struct dts_online_name {
	enum dts_online_part part;
	bool by_triggers;       /* of pt-online-schema-change */
	struct dts_slice table; /* T; borrowed from the name */
};

enum { DTS_ONLINE_NAMES = 12 };

/* All that a name may be, in `names`; returns how many. */
size_t dts_online_names(struct dts_slice name, struct dts_online_name names[DTS_ONLINE_NAMES]);

/* Is `name` the name of such a part of `table`? */
bool dts_online_is(struct dts_slice name, enum dts_online_part part, struct dts_slice table);

/* Is a trigger of this name pt-online-schema-change's? */
bool dts_online_is_trigger(struct dts_slice name);

/* A table that is hidden. */
struct dts_online_table {
	enum dts_online_part part;
	bool by_triggers;
	bool triggers;          /* one of pt-online-schema-change's was made on T since */
	bool gone;              /* dropped by the statement at hand */
	char *db, *name, *table; /* as rows events have them; `table` is T */
	struct dts_buf statements; /* its ALTER TABLEs: JSON objects with db, sql and context, parted by commas */
};

/* All zero but for `mode` is valid: nothing is hidden. */
struct dts_online {
	enum dts_online_mode mode;
	struct dts_map hidden; /* struct dts_online_table */
	struct dts_buf key;
};

void dts_online_release(struct dts_online *o);

/* Is this table captured, where `selection` (NULL: all) says what the user wants? `o` NULL: by that alone. */
bool dts_online_selects(const struct dts_online *o, const struct dts_selection *selection, struct dts_slice db,
			struct dts_slice table);

/* The hidden table of this name, or NULL. */
struct dts_online_table *dts_online_find(const struct dts_online *o, struct dts_slice db, struct dts_slice name);

/* Hides a table, as a new one if it was hidden. */
struct dts_online_table *dts_online_hide(struct dts_online *o, struct dts_slice db, struct dts_slice name,
					 struct dts_slice table, enum dts_online_part part, bool by_triggers);
void dts_online_forget(struct dts_online *o, struct dts_online_table *t);
void dts_online_forget_db(struct dts_online *o, struct dts_slice db);

/* Is a table of that part hidden for T? */
bool dts_online_has(const struct dts_online *o, struct dts_slice db, struct dts_slice table, enum dts_online_part part);

/* A trigger of pt-online-schema-change's is on T. */
void dts_online_note_triggers(struct dts_online *o, struct dts_slice db, struct dts_slice table);

/* One more statement of the table, unless it was the last one already. */
void dts_online_add_statement(struct dts_online_table *t, struct dts_slice db, struct dts_slice sql, struct dts_slice context);

/*
 * What is hidden for T, as the `online` of its schema record's `source` (dts-records(5)): a JSON array, appended where there
 * is any. A reader that resumes has it from the checkpoint's definition of T and takes it in again.
 */
void dts_online_add(const struct dts_online *o, struct dts_slice db, struct dts_slice table, struct dts_buf *out);
void dts_online_take(struct dts_online *o, struct dts_slice db, struct dts_slice table, struct dts_slice array);

#endif
