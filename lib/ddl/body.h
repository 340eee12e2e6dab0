#ifndef DTS_DDL_BODY_H
#define DTS_DDL_BODY_H

/*
 * The names in a query or a program: what each is about is told by where it stands, as in the
 * grammar of SELECT, INSERT, UPDATE, DELETE and CALL of the MySQL 9 and MariaDB 11 manuals. Only
 * for this room, and for the order in which views are made.
 */

#include "base/arena.h"
#include "ddl/ddl.h"
#include "ddl/scan.h"

enum dts_body_place {
	DTS_BODY_TABLE,    /* among the tables of a statement: a table, a view, a sequence, a common table expression */
	DTS_BODY_ALIAS,    /* what such a table, or what a derived one, is called here */
	DTS_BODY_COLUMN,   /* alias.column, database.table.column, or what looks like it; names of one part are not noted */
	DTS_BODY_FUNCTION, /* ( follows */
	DTS_BODY_PROCEDURE, /* CALL stands before it */
	DTS_BODY_SEQUENCE, /* within NEXTVAL() and its kin */
	DTS_BODY_ANY,      /* in a statement whose grammar is not followed here */
	DTS_BODY_STRING,   /* a text, noted only where texts are run as statements */
};

struct dts_body_name {
	enum dts_body_place place;
	size_t count;              /* of its parts: a, a.b, a.b.c */
	struct dts_slice parts[3]; /* decoded; on the arena, or of the text. A string: its content */
	struct dts_ddl_range whole[3]; /* each as written */
	size_t alias;              /* of a table: 1 and the index of what it is called; 0: by its name */
	bool split;                /* an executable comment begins or ends in it */
};

struct dts_body {
	struct dts_body_name *names; /* in the order of the text */
	size_t count, cap;
};

/*
 * Reads what stands in `sql` behind `from`. `query`: it is that of a view, else a program. All of
 * the names that have parts are noted, and those of one part that may name an object.
 */
void dts_body_read(struct dts_body *b, struct dts_slice sql, unsigned flags, size_t from, bool query, struct dts_arena *arena);
void dts_body_release(struct dts_body *b);

/* --- and what becomes of them */

struct dts_body_rewrite {
	struct dts_slice sql;
	unsigned flags;
	size_t from;               /* where the body begins */
	bool query;
	bool sequences;            /* a table's definition: they alone */
	struct dts_slice db, new_db; /* of the program, in which its plain names are */
	struct dts_slice what;     /* "create-view 'shop.v'", for messages */
	dts_ddl_choose *choose;
	void *ctx;
};

/*
 * Appends the body with its objects' new names to `out`. 1: something is another now; 0: nothing,
 * and nothing was appended; -1 with `err` where a name may or may not be one that is changed.
 */
int dts_body_rewrite(const struct dts_body_rewrite *w, struct dts_buf *out, struct dts_error *err);

#endif
