#ifndef DTS_RECORD_FOREIGN_H
#define DTS_RECORD_FOREIGN_H

#include "record/schema.h"

/*
 * Foreign keys that change rows of a child along with those of its parent
 * (CASCADE, SET NULL, SET DEFAULT), and the tables that they join.
 */
bool dts_foreign_acts(struct dts_slice rule);

/* One that acts, between two tables, which the caller numbers. */
struct dts_foreign_link {
	size_t child, parent;
	const struct dts_foreign *foreign; /* of the child; borrowed */
};

/* Sets group[i] for each of `tables` tables: the number of one of the tables that it is joined to, the
 * same for all of these; its own where there are none. */
void dts_foreign_groups(const struct dts_foreign_link *links, size_t count, size_t *group, size_t tables);

/*
 * Where the server does not log what these keys do (MariaDB; MySQL where InnoDB does it) and the rows
 * of a group were read at several positions, dts-apply repeats it. Can it, for this group? NULL: yes; else the key
 * that says no: one that acts on updates, or whose deletions reach a table that
 * others hang on, since there a row between may have gone already. Such a group
 * is read at one position.
 */
const struct dts_foreign_link *dts_foreign_obstacle(const struct dts_foreign_link *links, size_t count,
						    const size_t *group, size_t of);

#endif
