#ifndef DTS_DDL_DEFINE_H
#define DTS_DDL_DEFINE_H

/* What the files that apply statements to definitions share; not for others. */

#include "base/arena.h"
#include "base/hash.h"
#include "charset/charset.h"
#include "ddl/definitions.h"
#include "ddl/parser.h"

struct dts_define_database {
	char *name;
	struct dts_buf charset, collation; /* a collation that is not known is empty */
	bool known; /* the charset is */
	bool whole; /* every table of it is among the definitions, or was dropped since */
};

struct dts_definitions {
	bool mariadb;
	unsigned version;
	unsigned lower_case_table_names;
	struct dts_map tables;    /* by pair of folded names: struct dts_defined_table */
	struct dts_map databases; /* by folded name: struct dts_define_database */
	struct dts_map names;     /* what else is known of a name (define_names.c) */
	bool complete;            /* nothing was there that was not told */
	struct dts_ddl ddl;
	struct dts_buf key;
};

/* A charset and collation, as written or as found; p NULL: none. */
struct dts_define_charset {
	struct dts_slice charset, collation;
};

struct dts_define_label {
	struct dts_slice bytes; /* UTF-8, or, if `raw`, bytes of the column's charset */
	bool raw;
};

enum dts_define_class {
	DTS_DEFINE_INT,
	DTS_DEFINE_DECIMAL,
	DTS_DEFINE_REAL, /* FLOAT, DOUBLE */
	DTS_DEFINE_BIT,
	DTS_DEFINE_YEAR,
	DTS_DEFINE_DATE,
	DTS_DEFINE_TEMPORAL, /* with a fraction */
	DTS_DEFINE_CHAR,     /* fixed: CHAR, BINARY */
	DTS_DEFINE_VARCHAR,
	DTS_DEFINE_TEXT,
	DTS_DEFINE_LABELS, /* ENUM, SET */
	DTS_DEFINE_JSON,
	DTS_DEFINE_VECTOR,
	DTS_DEFINE_OTHER, /* just a name */
};

/* A column as a statement writes it: what depends on the table's default
 * charset is decided when that is known. */
struct dts_define_column {
	struct dts_slice name;
	enum dts_define_class class;
	const char *type; /* its name in the catalog: "int", "varchar", "text" */
	int size;         /* of TEXT and BLOB: 0 tiny to 3 long */
	bool sized_by_length; /* TEXT(n), BLOB(n) */
	bool has_length, has_decimals, is_unsigned, zerofill, bytes, compressed;
	uint64_t length, decimals;
	struct dts_define_label *labels;
	size_t label_count;
	struct dts_define_charset written;
	bool binary; /* the BINARY attribute: the charset's _bin collation */

	bool null, not_null, invisible, primary, unique, row_edge;
	enum dts_generated generated;

	/* ALTER TABLE: what it takes the place of (p NULL: it is new), and where it goes */
	struct dts_slice old, after;
	bool first, placed, guarded, done;
	long old_index; /* -1: none */
};

enum dts_define_key_type { DTS_DEFINE_PRIMARY, DTS_DEFINE_UNIQUE, DTS_DEFINE_INDEX, DTS_DEFINE_FOREIGN_INDEX };

struct dts_define_key {
	enum dts_define_key_type type;
	struct dts_slice name; /* p NULL: none was written */
	struct dts_index_part *parts;
	size_t count;
	bool guarded;       /* IF NOT EXISTS */
	bool over_period;   /* the last part is a period, WITHOUT OVERLAPS */
};

/* PERIOD FOR name (start, end): the columns become NOT NULL. */
struct dts_define_period {
	struct dts_slice name, start, end;
};

/* What a CREATE or ALTER TABLE says beside its columns and keys. */
struct dts_define_options {
	struct dts_define_charset charset;
	bool has_charset;
};

/* The table at work. All memory is in the arena. */
struct dts_define_table {
	struct dts_arena *arena;
	struct dts_slice db, name;
	struct dts_column *columns;
	size_t count, cap;
	struct dts_index *indexes;
	size_t index_count, index_cap;
	struct dts_define_charset charset; /* the default */
	bool indexes_known, indexes_complete;
};

/* One statement being applied. */
struct dts_define {
	struct dts_definitions *d;
	const struct dts_definition_context *context;
	struct dts_ddl_parser p;
	struct dts_arena *arena; /* of the statement's own parts */
	struct dts_buf why;      /* the first reason not to understand */
	struct dts_define_column *columns;
	size_t column_count, column_cap;
	struct dts_define_key *keys;
	size_t key_count, key_cap;
	struct dts_define_period *periods;
	size_t period_count, period_cap;
	struct dts_slice row_end; /* the column GENERATED ALWAYS AS ROW END; p NULL: none */
	bool to_table, from_table; /* CONVERT PARTITION p TO TABLE, CONVERT TABLE t TO PARTITION */
};

/* --- define_parse.c: the text */

/* Notes why the statement is not understood, unless noted before; returns false. */
bool dts_define_fail(struct dts_define *st, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same with the token at hand. */
bool dts_define_stuck(struct dts_define *st, const char *where);

bool dts_define_is(const struct dts_define *st, const char *keyword);
bool dts_define_next_is(const struct dts_define *st, const char *keyword);
bool dts_define_take(struct dts_define *st, const char *keyword);
bool dts_define_take_char(struct dts_define *st, char c);
/* Two keywords in a row. */
bool dts_define_take_two(struct dts_define *st, const char *first, const char *second);
bool dts_define_at_end(const struct dts_define *st);

/* Goes behind `at`, which is where a name ended. */
void dts_define_skip_behind(struct dts_define *st, size_t at);

bool dts_define_take_name(struct dts_define *st, struct dts_slice *name);
bool dts_define_at_name(const struct dts_define *st);
bool dts_define_take_number(struct dts_define *st, uint64_t *n);
/* A string or X'..', 0x.., b'..' literal. */
bool dts_define_take_label(struct dts_define *st, struct dts_define_label *label);
/* At a '(': goes behind its ')'. */
bool dts_define_skip_brackets(struct dts_define *st);
/* Goes to the comma or closing bracket at this depth, or to the end. */
bool dts_define_skip_item(struct dts_define *st);
/* One expression of DEFAULT or ON UPDATE. */
bool dts_define_skip_expression(struct dts_define *st);

/* A name in the case that comparing ignores, appended. */
void dts_define_fold(struct dts_buf *b, struct dts_slice name);
bool dts_define_same(struct dts_slice a, struct dts_slice b);

/* --- define_charset.c */

/* Takes [=] name of a charset or collation. */
bool dts_define_take_charset_name(struct dts_define *st, struct dts_slice *name);
/* At [DEFAULT] CHARACTER SET, CHARSET, COLLATE of a table or database: takes it;
 * false with nothing noted when there is none. */
bool dts_define_take_charset_option(struct dts_define *st, struct dts_define_options *o);
/* What is written becomes a charset and its collation, on top of a default. */
bool dts_define_resolve(struct dts_define *st, struct dts_define_charset written, bool binary,
			struct dts_define_charset standard, struct dts_define_charset *found);
/* The charset of a collation; p NULL when unknown. */
struct dts_slice dts_define_charset_of(struct dts_slice collation);

/* --- define_type.c */

/* Takes the type behind a column's name. */
bool dts_define_take_type(struct dts_define *st, struct dts_define_column *c);
/* Takes an attribute of the type (UNSIGNED, CHARACTER SET x, ...); false with nothing noted when there is none. */
bool dts_define_take_type_attribute(struct dts_define *st, struct dts_define_column *c);
/* Is it one of text? */
bool dts_define_has_charset(const struct dts_define_column *c);

/* --- define_type_text.c */

/* The column of the catalog, the table's default being known. */
bool dts_define_finish(struct dts_define *st, const struct dts_define_column *c, struct dts_define_charset standard,
		       struct dts_arena *arena, struct dts_column *out);
/* CONVERT TO CHARACTER SET of an existing column. */
bool dts_define_convert(struct dts_define *st, struct dts_column *c, struct dts_define_charset to, struct dts_arena *arena);

/* --- define_column.c */

/* Column, key or constraint of CREATE TABLE (...), or behind ADD. */
bool dts_define_take_element(struct dts_define *st);
bool dts_define_take_elements(struct dts_define *st); /* ( ... ) */
bool dts_define_take_column(struct dts_define *st, struct dts_slice name, struct dts_define_column **added);
bool dts_define_at_constraint(const struct dts_define *st);
bool dts_define_take_constraint(struct dts_define *st);
bool dts_define_take_parts(struct dts_define *st, struct dts_define_key *key);
struct dts_define_key *dts_define_add_key(struct dts_define *st, enum dts_define_key_type type);

/* --- define_table.c */

void dts_define_table_copy(struct dts_define_table *t, const struct dts_defined_table *from);
long dts_define_table_column(const struct dts_define_table *t, struct dts_slice name);
long dts_define_table_index(const struct dts_define_table *t, struct dts_slice name);
void dts_define_table_drop_index(struct dts_define_table *t, size_t i);
/* The periods' columns are NOT NULL from here on. */
bool dts_define_table_add_periods(struct dts_define *st, struct dts_define_table *t);
struct dts_column *dts_define_table_add_column(struct dts_define_table *t);
/* What a prefix of a column is in an index; 0: the whole column. `existing`: the column changes under the index. */
uint32_t dts_define_prefix(const struct dts_column *c, uint32_t prefix, bool existing);
/* What MySQL makes of an index over a whole ENUM or SET that becomes a text: it keeps its
 * length, in bytes stored, as that of a prefix, unless the labels are displayed in just so
 * many bytes (tried on 9.7; MariaDB does not). */
uint32_t dts_define_labels_prefix(const struct dts_column *was, const struct dts_column *now);
/* The statement's keys, with the names that the server gives them. */
bool dts_define_table_add_keys(struct dts_define *st, struct dts_define_table *t);
/* Puts it among the definitions; the arena goes with it. */
void dts_define_table_install(struct dts_definitions *d, struct dts_define_table *t);
/* Puts a table there whose columns are not known. */
void dts_define_unknown(struct dts_definitions *d, struct dts_slice db, struct dts_slice table, struct dts_slice why);
struct dts_defined_table *dts_define_find(const struct dts_definitions *d, struct dts_slice db, struct dts_slice table);
void dts_define_remove(struct dts_definitions *d, struct dts_slice db, struct dts_slice table);
void dts_define_free_table(void *table);
/* The key of a table in the maps; borrowed until the next. */
struct dts_slice dts_define_key(const struct dts_definitions *d, struct dts_slice db, struct dts_slice table);
/* How the server stores a name of a database or table. */
struct dts_slice dts_define_stored(const struct dts_definitions *d, struct dts_slice name, struct dts_arena *arena);

/* --- define_create.c, define_alter.c: the statements. The scan stands behind
 * the table's name; the result is in `t`. */

bool dts_define_create(struct dts_define *st, struct dts_define_table *t);
bool dts_define_sequence(struct dts_define *st, struct dts_define_table *t);
bool dts_define_alter(struct dts_define *st, struct dts_define_table *t);
bool dts_define_create_index(struct dts_define *st, struct dts_define_table *t);
bool dts_define_drop_index(struct dts_define *st, struct dts_define_table *t);

struct dts_define_database *dts_define_database(const struct dts_definitions *d, struct dts_slice db);
/* Puts a database in, or in place of one of that name. */
void dts_define_set_database(struct dts_definitions *d, struct dts_slice name, const struct dts_define_charset *charset);
void dts_define_remove_database(struct dts_definitions *d, struct dts_slice name);
/* The tables, struct dts_defined_table, by name; yours to free(). */
void **dts_define_sorted_tables(const struct dts_definitions *d);

/* --- define_mentioned.c */

/* Of a statement that is not understood: every table that its text may name, or whose
 * database, is unknown from now on. Were there any? */
bool dts_define_forget_mentioned(struct dts_definitions *d, struct dts_slice sql, unsigned flags, struct dts_slice db,
				 dts_definition_changed *changed, void *arg);

/* --- define_names.c: names that no table of ours has. An empty `name`: the database. */

enum dts_define_name {
	DTS_DEFINE_NAME_UNKNOWN,
	DTS_DEFINE_NAME_FREE, /* certainly neither table nor sequence: it was dropped */
	DTS_DEFINE_NAME_VIEW,
};

void dts_define_name_set(struct dts_definitions *d, struct dts_slice db, struct dts_slice name, enum dts_define_name what);
enum dts_define_name dts_define_name_get(const struct dts_definitions *d, struct dts_slice db, struct dts_slice name);
/* Forgets all names of a database. */
void dts_define_names_drop(struct dts_definitions *d, struct dts_slice db);
void dts_define_names_release(struct dts_definitions *d);

#endif
