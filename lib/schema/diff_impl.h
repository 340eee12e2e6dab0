#ifndef DTS_SCHEMA_DIFF_IMPL_H
#define DTS_SCHEMA_DIFF_IMPL_H

/* Shared between the files of diff.h only. */

#include "mysql/ddl_shown.h"
#include "mysql/ddl_try.h"
#include "record/names.h"
#include "schema/diff.h"
#include "schema/diff_table.h"

/* In this order they are printed: what holds others back goes first, and comes last. */
enum dts_diff_phase {
	DTS_PHASE_DATABASES,
	DTS_PHASE_DROP_PROGRAMS, /* those that are too many: triggers, events, views, routines */
	DTS_PHASE_UNLINK,        /* foreign keys */
	DTS_PHASE_DROP_TABLES,   /* and sequences */
	DTS_PHASE_SEQUENCES,
	DTS_PHASE_TABLES,        /* changed */
	DTS_PHASE_NEW_TABLES,
	DTS_PHASE_LINK,
	DTS_PHASE_PROGRAMS,      /* routines, then views, in the reader's order */
	DTS_PHASE_TRIGGERS,
	DTS_PHASE_EVENTS,
	DTS_PHASES
};

/* An object that the source has, as it is to be at the target. Slices are on the arena. */
struct dts_diff_object {
	const struct dts_schema_object *from;
	struct dts_schema_object o;    /* with the target's names */
	enum dts_ddl_kind kind;
	struct dts_slice sql, context;
	unsigned flags;                /* by which it is read */
	struct dts_slice collation;    /* a program's: that of its database when it was made; empty: the database's now */
	struct dts_slice next, cycle;  /* a sequence's values */
	bool refused;                  /* there is no such thing at the target */
	const struct dts_schema_object *there; /* NULL: the target has none of that name and type */
	bool differs;
	bool made;                     /* a function that is in the database that definitions are tried in */
	struct dts_slice present, wanted; /* a table's definitions, as the target writes them; p NULL: not known */
	struct dts_slice altered;      /* the wanted one as it writes it after an ALTER TABLE; p NULL: the same */
};

struct dts_diff_statement {
	enum dts_diff_phase phase;
	struct dts_schema_statement st;
};

struct dts_schema_diff {
	struct dts_schema_diff_options options;
	struct dts_session *source, *target;
	struct dts_names names;
	struct dts_schema_reader reader; /* of the source */
	struct dts_schema_objects there; /* of the target */
	bool *claimed;                   /* of `there`: the source has one of that name and type, or it is not compared */
	struct dts_diff_object *objects;
	size_t count, room;
	struct dts_ddl_origin origin;    /* the source */
	struct dts_diff_touched touched;
	struct dts_try try;
	struct dts_buf try_collation;
	struct dts_diff_statement *statements;
	size_t statement_count, statement_room;
	size_t phase, next;
	struct dts_list told;
	bool any;
	struct dts_arena *arena;
	struct dts_ddl ddl;
	struct dts_buf context; /* of what is said in the target's own words */
	struct dts_buf sql, text;
};

/* diff_gather.c: what both have. -1. */
int dts_diff_gather(struct dts_schema_diff *d, struct dts_error *err);
/* The database of that name at the target; NULL: none. */
const struct dts_database *dts_diff_database(const struct dts_schema_diff *d, struct dts_slice name);
/* The collation that it will have when all that is printed was run. The databases have been compared. */
struct dts_slice dts_diff_collation(const struct dts_schema_diff *d, struct dts_slice db);

/* diff_object.c: how the target itself shows a definition. */

/* Fills present and wanted of a table that is there; wanted.p is NULL where the target refuses it, which is told. */
int dts_diff_read_table(struct dts_schema_diff *d, struct dts_diff_object *x, struct dts_error *err);
/* Is the view, program or sequence there just so? 1, 0, -1. Of a sequence that is not, `text` gets what it would be. */
int dts_diff_is_same(struct dts_schema_diff *d, struct dts_diff_object *x, struct dts_buf *text, struct dts_error *err);
int dts_diff_try_end(struct dts_schema_diff *d, struct dts_error *err);

/* Adds a line: the object's name and what is said of it. */
void dts_diff_tell(struct dts_schema_diff *d, const struct dts_schema_object *o, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
