#ifndef DTS_SCHEMA_OBJECTS_H
#define DTS_SCHEMA_OBJECTS_H

#include "base/arena.h"
#include "ddl/ddl.h"
#include "mysql/source.h"

/* The objects of a server that are selected, by name; nothing of their definitions yet. */
struct dts_schema_object {
	enum dts_ddl_type type;
	struct dts_slice db, name;    /* of a database: `name` is empty */
	struct dts_slice table;       /* a trigger's */
	struct dts_slice word;        /* as SHOW CREATE wants it: "TABLE", "PACKAGE BODY" */
	struct dts_slice collation;   /* a program's: that of its database when it was made */
	bool enabled;                 /* an event's */
	bool over;                    /* ... whose time has passed, and which no server makes anew: CREATE EVENT gives a note */
	bool merges;                  /* a table of other tables, which have to be there: of the engine MERGE */
	struct dts_slice comment;     /* a routine's, package's or event's */
};

struct dts_schema_objects {
	struct dts_schema_object *items; /* by type in the order of enum dts_ddl_type, then by database and name,
	                                  * tables of other tables last;
	                                  * triggers of a table in the order in which they fire */
	size_t count, room;
	struct dts_databases databases;  /* what the database objects are */
	struct dts_arena *arena;
};

/*
 * Lists what `sel` has. A trigger belongs to its table, and is left out too where its own name is ignored.
 * `texts`: the operands that the selection came from; one that nothing matches is DTS_REFUSED.
 */
int dts_schema_objects_read(struct dts_session *s, const struct dts_selection *sel, const struct dts_list *texts,
			    struct dts_schema_objects *o, struct dts_error *err);

/* Is it a database in which a program was made while it had another collation? */
bool dts_schema_database_varies(const struct dts_schema_objects *o, const struct dts_schema_object *database);
void dts_schema_objects_release(struct dts_schema_objects *o);

/* The kind as people call it: that of its type, or MySQL's "library". */
const char *dts_schema_object_kind(const struct dts_schema_object *o);
/* What people call it: "table 'shop.orders'". Appended. */
void dts_schema_object_label(const struct dts_schema_object *o, struct dts_buf *b);

#endif
