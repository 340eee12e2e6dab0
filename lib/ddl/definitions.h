#ifndef DTS_DDL_DEFINITIONS_H
#define DTS_DDL_DEFINITIONS_H

#include "ddl/ddl.h"
#include "record/schema.h"

/*
 * Definitions of a server's databases and tables, moved on by its DDL: what
 * the catalog was at a position, and each statement since, give the catalog at
 * any later position, without a server.
 *
 * Statements are applied as MySQL 9.7 and MariaDB 10.11 and 11.8 apply them
 * (their manuals, "Data Definition Statements"; every rule was compared with
 * those servers' information_schema, see t/definitions.bats). What is not
 * understood with certainty makes the tables that it changes unknown, with the
 * reason, until a later statement creates them anew: never a guess.
 */
struct dts_definitions;

struct dts_index_part {
	struct dts_slice column; /* empty: an expression */
	uint32_t prefix;         /* characters or bytes of it; 0: the whole column */
};

struct dts_index {
	struct dts_slice name; /* "PRIMARY": the primary key */
	bool unique;
	/* An index that a foreign key brought along goes when another one covers
	 * it. True as well where that cannot be told. */
	bool generated;
	const struct dts_index_part *parts;
	size_t count;
};

/*
 * A table as it is now. Borrowed until the next dts_definitions_put() or
 * _apply() or _free(). `schema.unique` is NULL where the unique keys are not
 * known with certainty, `schema.foreign` is NULL after a statement changed the
 * table. Hidden columns (implicit row_start and row_end of system versioning,
 * those of hash and functional indexes) are not among the columns, as in
 * information_schema.
 */
struct dts_defined_table {
	struct dts_schema schema;
	struct dts_slice charset; /* the table's default; schema.source_collation is its collation, empty if not known */
	const struct dts_index *indexes;     /* in the order of their making */
	size_t index_count;
	bool indexes_known;    /* the unique ones are, all of them and with their names */
	bool indexes_complete; /* all are */
	bool unknown;          /* a statement that was not understood changed it: there are no columns */
	struct dts_slice why;
};

/* `version` as in 101119 for 10.11.19 and 90704 for 9.7.4. */
struct dts_definitions *dts_definitions_new(bool mariadb, unsigned version, unsigned lower_case_table_names);
void dts_definitions_free(struct dts_definitions *d); /* NULL is fine */

/* The statements from now on are of a server of that version. */
void dts_definitions_version(struct dts_definitions *d, unsigned version);

/* A database and its default collation ("latin1_swedish_ci"). */
void dts_definitions_set_database(struct dts_definitions *d, struct dts_slice db, struct dts_slice collation);

/*
 * A table as a catalog has it now; replaces one of that name. All is copied.
 * Its source_collation may be empty, not known: a text column that is added
 * without a charset then makes the table unknown. `indexes` are all its indexes, or NULL: then `schema` tells the unique ones
 * over whole columns, and keys that get their name from the server later make
 * the table's unique keys unknown.
 */
void dts_definitions_put(struct dts_definitions *d, const struct dts_schema *schema,
			 const struct dts_index *indexes, size_t index_count);

/*
 * Complete: every database, table, view and sequence that the server had when
 * the definitions began has been told, so that a name that is not among them
 * was free. Without it a CREATE TABLE IF NOT EXISTS of such a name makes the
 * table unknown: the server writes it to its binlog also where it did nothing.
 */
void dts_definitions_set_complete(struct dts_definitions *d, bool complete);

/* The name of a view as a catalog has it now. */
void dts_definitions_add_view(struct dts_definitions *d, struct dts_slice db, struct dts_slice name);

/* Appends a name in the form by which servers with lower_case_table_names compare it. */
void dts_definitions_fold(struct dts_buf *b, struct dts_slice name);

/* NULL: there is no such table. */
const struct dts_defined_table *dts_definitions_find(const struct dts_definitions *d, struct dts_slice db,
						     struct dts_slice table);

/* The database's default collation; p is NULL when there is no such database,
 * empty when it is not known. */
struct dts_slice dts_definitions_database(const struct dts_definitions *d, struct dts_slice db);

/* Walks over all in the order of their names. Change nothing meanwhile. */
void dts_definitions_each_table(const struct dts_definitions *d,
				void (*each)(void *arg, const struct dts_defined_table *table), void *arg);
void dts_definitions_each_database(const struct dts_definitions *d,
				   void (*each)(void *arg, struct dts_slice db, struct dts_slice collation),
				   void *arg);

/* What a statement depended on beside its text: of the QUERY event. */
struct dts_definition_context {
	struct dts_slice db; /* the default database; empty: none */
	uint64_t sql_mode;   /* bits as in the event */
	struct dts_slice collation_server; /* for CREATE DATABASE; empty: not told */
	struct dts_slice default_collation_utf8mb4; /* MySQL; empty: the server's own */
	/* MariaDB's @@character_set_collations ("utf8mb4=utf8mb4_bin,..."); p NULL:
	 * not told, so that since 11.3 the collation of a Unicode charset that is
	 * written alone is not known. */
	struct dts_slice character_set_collations;
	bool utf8_is_utf8mb4; /* MariaDB without old_mode=UTF8_IS_UTF8MB3 */
	bool implicit_timestamps; /* explicit_defaults_for_timestamp=OFF */
	/* The event's error code is not 0: it failed half way. MariaDB logs a CREATE
	 * OR REPLACE TABLE like that when the old table is gone and there is no new one. */
	bool failed;
	/* It may have been about a temporary table instead, which had the name of one. */
	bool doubtful;
	/* Nobody ran it: it tells what the catalog had, and a database may have more tables than are told. */
	bool of_catalog;
};

/* Told of each table whose definition a statement changed; find() then gives
 * the new one, NULL when it is gone. Renamed: told under both names. */
typedef void dts_definition_changed(void *arg, struct dts_slice db, struct dts_slice table);

/*
 * Applies a statement, in UTF-8, that the server has executed. 0: applied, or
 * of no concern to tables; 1: not understood, tables that it changes are now
 * unknown: where it is not even understood which these are, all that its text
 * may name. Give statements of all databases, selected or not: tables are
 * renamed between them and made like others.
 */
int dts_definitions_apply(struct dts_definitions *d, struct dts_slice sql, const struct dts_definition_context *context,
			  dts_definition_changed *changed, void *arg);

#endif
