#ifndef DTS_BASE_PATTERN_H
#define DTS_BASE_PATTERN_H

#include "base/options.h"

/*
 * Which tables a command is about. A PATTERN is `db.table`, each part a glob
 * (* ? [..]), a `quoted` name taken literally, or a /regex/ (POSIX extended,
 * matching the whole part). "db" alone, where a tool takes databases, is "db.*".
 * Upper and lower case count. All zero selects everything.
 */
struct dts_selection {
	struct dts_pattern **patterns; /* none: everything */
	size_t count;
	struct dts_pattern **ignored; /* beats patterns */
	size_t ignored_count;
};

/* `tables`: --table and operands; `ignored`: --ignore-table. -1 with DTS_USAGE. */
int dts_selection_init(struct dts_selection *s, const struct dts_list *tables,
		       const struct dts_list *ignored, struct dts_error *err);
void dts_selection_release(struct dts_selection *s);

bool dts_selection_has(const struct dts_selection *s, struct dts_slice db, struct dts_slice table);

/* Is it left out by name, whatever is selected? */
bool dts_selection_ignores(const struct dts_selection *s, struct dts_slice db, struct dts_slice table);

/* Could any table of this database be selected? */
bool dts_selection_has_db(const struct dts_selection *s, struct dts_slice db);

/* Is every table of this database selected, whatever its name? */
bool dts_selection_has_whole_db(const struct dts_selection *s, struct dts_slice db);

/* One pattern alone (dts-filter --route). You own it. */
struct dts_pattern *dts_pattern_new(struct dts_slice text, struct dts_error *err);
bool dts_pattern_match(const struct dts_pattern *p, struct dts_slice db, struct dts_slice table);
bool dts_pattern_match_db(const struct dts_pattern *p, struct dts_slice db);
bool dts_pattern_match_whole_db(const struct dts_pattern *p, struct dts_slice db); /* all of its tables */
void dts_pattern_free(struct dts_pattern *p);

#endif
