#ifndef DTS_CHECKPOINT_DEFINITION_H
#define DTS_CHECKPOINT_DEFINITION_H

#include "checkpoint/checkpoint.h"
#include "record/schema.h"

/*
 * The definitions that the source's tables have at the checkpoint's position:
 * a binary log may hold neither column names nor types, and the server's
 * catalog knows only today. They move in the same transaction as the position.
 */
struct dts_definition {
	struct dts_slice db, table; /* names at the source */
	struct dts_slice pos;       /* where it was first seen to hold: a position's JSON text */
	struct dts_slice text;      /* a `schema` record under the names at the source, without newline; empty: not known */
	struct dts_slice low;       /* of the table's window: its rows show all changes up to there; p NULL: it has none */
};

/* Appends a `schema` record's text under the names that its table has at the source, without newline; `s` is what it says. */
void dts_definition_text(const struct dts_record *r, const struct dts_schema *s, struct dts_buf *text);

/* Takes one; the slices are borrowed for the call. -1 ends the reading. The
 * session that reads them must not be used meanwhile. */
typedef int dts_definition_fn(void *context, const struct dts_definition *d, struct dts_error *err);

/* Gives every definition of a source, by database and table. A checkpoint of an
 * earlier version, or none at all, has none of them. */
int dts_checkpoint_definitions(const struct dts_checkpoint *c, struct dts_slice src, dts_definition_fn *each,
			       void *context, struct dts_error *err);

/* Appends the text of one table's definition: 1; 0: none is known; -1. */
int dts_checkpoint_definition(const struct dts_checkpoint *c, struct dts_slice src, struct dts_slice db,
			      struct dts_slice table, struct dts_buf *text, struct dts_error *err);

/*
 * The statements that keep them, for whoever moves the position: each appends
 * SQL without a semicolon. to_db and to_table are the table's names at the
 * target, by which a statement there drops it.
 */
void dts_checkpoint_add_definition(const struct dts_checkpoint *c, struct dts_slice src,
				   const struct dts_definition *d, struct dts_slice to_db, struct dts_slice to_table,
				   struct dts_buf *sql);
/* The table stays, what it is is not known any more. */
void dts_checkpoint_void_definition(const struct dts_checkpoint *c, struct dts_slice src, struct dts_slice to_db,
				    struct dts_slice to_table, struct dts_buf *sql);
/* A table that there is since a statement, and of which only its name at the target is known;
 * nothing where one of that name is kept. Of no names: these are all that there are. */
void dts_checkpoint_note_table(const struct dts_checkpoint *c, struct dts_slice src, struct dts_slice to_db,
			       struct dts_slice to_table, struct dts_buf *sql);
/* Table p NULL: every table of the database. */
void dts_checkpoint_drop_definition(const struct dts_checkpoint *c, struct dts_slice src, struct dts_slice to_db,
				    struct dts_slice to_table, struct dts_buf *sql);

#endif
