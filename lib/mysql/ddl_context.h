#ifndef DTS_MYSQL_DDL_CONTEXT_H
#define DTS_MYSQL_DDL_CONTEXT_H

#include "base/options.h"
#include "charset/charset.h"
#include "ddl/ddl.h"
#include "mysql/session.h"
#include "record/record.h"

/* The settings that a statement ran with at the source, made again at a target
 * that may be another version or family. */

/* The server that a stream is from. */
struct dts_ddl_origin {
	bool known;
	enum dts_family family;
	unsigned version; /* 101119 for 10.11.19; 0: not known */
	bool logs_foreign_actions; /* what foreign keys do to other rows is in its log */
};

/* From a stream record's "source" (raw JSON, p NULL: nothing is known). */
void dts_ddl_origin_read(struct dts_ddl_origin *o, struct dts_slice source);

/*
 * Sets the session as "context" (raw JSON, p NULL: none) says. What the target
 * does not have and what makes no difference to the statement is left out; what
 * would make one is DTS_REFUSED by name: sql modes with a syntax of their own,
 * collations that a database, a view or a routine would keep, and the default
 * collation of a character set that the statement names without one.
 * dts_ddl_context_leave() sets the session back, after a failure, too: *set says what.
 */
int dts_ddl_context_enter(struct dts_session *s, const struct dts_ddl *d, struct dts_slice sql,
			  const struct dts_ddl_origin *origin, struct dts_slice context, unsigned *set,
			  struct dts_error *err);
int dts_ddl_context_leave(struct dts_session *s, unsigned set, struct dts_error *err);

/*
 * The character set that a view, routine, trigger or event is made with, which it keeps, where the context names
 * another than utf8mb4 and the whole statement can be written in it: appends it so, and returns the set. NULL: it is
 * sent as it is, in utf8mb4, which means the same.
 */
const struct dts_charset *dts_ddl_context_charset(const struct dts_ddl *d, struct dts_slice sql, struct dts_slice context,
						  struct dts_buf *text);

/* The modes of `modes` ("A,B") that a server of the family takes, with the rule for
 * fractions of a second that the origin has; 0, or -1 and the mode that matters in `err`. */
int dts_ddl_context_modes(struct dts_slice modes, const struct dts_ddl_origin *origin, enum dts_family target,
			  struct dts_buf *out, struct dts_error *err);

/* Flags of parsing for a statement of this origin and context. */
unsigned dts_ddl_context_flags(const struct dts_ddl_origin *origin, struct dts_slice context);

/* Adds each character set that the statement names without a collation, in lower case;
 * NCHAR and its kin name utf8mb3, the attributes UNICODE and ASCII ucs2 and latin1. */
void dts_ddl_bare_charsets(struct dts_slice sql, unsigned flags, struct dts_list *sets);

#endif
