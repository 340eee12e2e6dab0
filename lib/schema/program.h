#ifndef DTS_SCHEMA_PROGRAM_H
#define DTS_SCHEMA_PROGRAM_H

#include "schema/objects.h"

/* Views, routines, packages, triggers and events: their text and the settings that it was written under. */

/* What becomes of DEFINER=. */
struct dts_definer {
	enum { DTS_DEFINER_KEEP, DTS_DEFINER_STRIP, DTS_DEFINER_SET } what;
	struct dts_slice user, host; /* SET */
};

/* "keep", "strip", or an account, "app@10.%"; one without @ is a role's or user's of any host. The slices are of `text`. */
int dts_definer_parse(struct dts_definer *d, const char *text, struct dts_error *err);

struct dts_program {
	struct dts_buf sql;       /* its name, and that of a trigger's table, without database */
	struct dts_buf sql_mode;  /* all of these are the object's own */
	struct dts_buf time_zone; /* an event's; empty: none */
	struct dts_buf charset, collation; /* of the client and the connection */
	struct dts_buf db_collation; /* of its database, in the target's words; the caller's to fill, empty: none, as of a view */
	unsigned flags;           /* DTS_DDL_, by which `sql` is read */
};

/*
 * Reads what SHOW CREATE says. 1; 0: the server itself cannot use it, a view whose tables are gone: `why` says what it
 * says of it; -1. DTS_REFUSED where the account may not see the text.
 */
int dts_program_read(struct dts_session *s, const struct dts_schema_object *o, const struct dts_definer *definer,
		     struct dts_program *p, struct dts_buf *why, struct dts_error *err);
void dts_program_release(struct dts_program *p);

/* The context of its record, a JSON object, appended. */
void dts_program_add_context(const struct dts_program *p, struct dts_buf *out);

#endif
