#ifndef DTS_MYSQL_CATALOG_H
#define DTS_MYSQL_CATALOG_H

#include "base/hash.h"
#include "base/pattern.h"
#include "mysql/session.h"
#include "record/schema.h"

/* A table as a server's catalog lists it. */
struct dts_table {
	struct dts_slice db, name;
	struct dts_slice engine;
	struct dts_slice collation; /* the default of its columns */
	bool transactional; /* InnoDB or another engine that rolls back */
	bool has_triggers;
	bool system_versioned, is_sequence;
	uint64_t rows_estimate, bytes_estimate;
};

/* Tables of a server; memory hangs on `arena`. */
struct dts_tables {
	struct dts_table *items; /* sorted by db, name */
	size_t count;
	struct dts_arena *arena;
};

/* Is this database one of the server's own, or that of the checkpoints? */
bool dts_catalog_is_system(struct dts_slice db);

/* Does the pattern match one of those? */
bool dts_catalog_names_system(const struct dts_pattern *p);

/* All base tables that the selection has; never those of mysql, sys,
 * information_schema, performance_schema, nor of `checkpoint_db` ("dts"). Views
 * are not tables. */
int dts_catalog_tables(struct dts_session *s, const struct dts_selection *sel,
		       struct dts_tables *t, struct dts_error *err);
void dts_tables_release(struct dts_tables *t);

/*
 * One table's columns, keys and foreign keys from information_schema, all
 * names in UTF-8. 1: read; 0: there is no such table; -1: error. `unique` holds
 * only keys over whole columns (prefix and expression keys: has_odd_unique). An
 * account needs SELECT on the whole table: of some columns only, it sees those
 * only, and no foreign keys.
 */
int dts_catalog_schema(struct dts_session *s, struct dts_slice db, struct dts_slice table,
		       struct dts_schema *schema, bool *has_odd_unique, struct dts_error *err);

/*
 * The catalog's text of ENUM and SET members is wrong where it has a '?' for a
 * character that the catalog cannot show. dts_catalog_labels() reads them from a
 * temporary table and sets labels and type_text right; the session must not be
 * in a read-only transaction. Columns that are not doubtful cost nothing.
 */
bool dts_column_labels_doubtful(const struct dts_column *c);
int dts_catalog_labels(struct dts_session *s, struct dts_schema *schema, struct dts_error *err);

/* The tables of `db` that may have such columns, as keys of `tables`. */
int dts_catalog_doubtful(struct dts_session *s, struct dts_slice db, struct dts_map *tables, struct dts_error *err);

/* One table of the list above, by name. 1, 0: none, -1. */
int dts_catalog_table(struct dts_session *s, struct dts_slice db, struct dts_slice table,
		      struct dts_tables *t, struct dts_error *err);

#endif
