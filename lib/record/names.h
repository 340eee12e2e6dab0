#ifndef DTS_RECORD_NAMES_H
#define DTS_RECORD_NAMES_H

#include "base/hash.h"
#include "base/pattern.h"

/* What becomes of the tables' names: chosen or not, and where to. Decisions are
 * remembered, since most records are of a table that was just seen. */

/* The decision about one table. */
struct dts_choice {
	char *from_db, *from_table;
	size_t from_db_len, from_table_len;
	bool keep;
	bool changed;             /* the name is another one */
	struct dts_buf db, table; /* the new name, which may be the old one */
	struct dts_buf db_json, table_json; /* the same as JSON strings */
};

struct dts_route {
	struct dts_pattern *pattern;
	char *db, *table; /* NULL keeps the old name */
};

struct dts_names {
	struct dts_selection selection;
	struct dts_route *routes;
	size_t route_count;
	struct dts_map choices;
	const struct dts_choice *last;
	struct dts_buf key;
};

/* May a server take two names for the same? Rather yes: upper and lower case, where it does not tell one from the
 * other, are compared in ASCII only, and what is not ASCII not at all. */
bool dts_names_alike(struct dts_slice a, struct dts_slice b);

int dts_names_init(struct dts_names *names, const struct dts_list *tables, const struct dts_list *ignored,
		   const struct dts_list *routes, struct dts_error *err);
void dts_names_release(struct dts_names *names);

/* Is anything left out at all? Renamed? */
bool dts_names_select(const struct dts_names *names);

/* Borrowed until the names are released. */
const struct dts_choice *dts_names_choose(struct dts_names *names, struct dts_slice db, struct dts_slice table);

/* The new name of a whole database: that of the first route for all of its
 * tables, else the old one. */
struct dts_slice dts_names_route_db(const struct dts_names *names, struct dts_slice db);

/* May some of its tables go to another database than the rest? */
bool dts_names_split_db(const struct dts_names *names, struct dts_slice db);

#endif
