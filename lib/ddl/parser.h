#ifndef DTS_DDL_PARSER_H
#define DTS_DDL_PARSER_H

/* What the files of this room share; not for others. */

#include "ddl/scan.h"

struct dts_ddl_parser {
	struct dts_sql_scan scan;
	struct dts_ddl *d;
	bool failed; /* a name was expected: the statement becomes DTS_DDL_UNKNOWN */
	/* CREATE and ALTER: what stood between them and the kind of object */
	bool temporary;
};

/* Takes the token if it is this keyword, or this byte. */
bool dts_ddl_take(struct dts_ddl_parser *p, const char *keyword);
bool dts_ddl_take_char(struct dts_ddl_parser *p, char c);

/* The token behind the one at hand, which stays. */
struct dts_sql_scan dts_ddl_peek(const struct dts_ddl_parser *p);

/* Takes IF [NOT] EXISTS; true when it stood there. */
bool dts_ddl_take_guard(struct dts_ddl_parser *p);

/* Takes MariaDB's WAIT n or NOWAIT. */
void dts_ddl_take_wait(struct dts_ddl_parser *p);

/* Takes a name, db.name or .name and adds it to the objects; sets failed when
 * there is none. The result is borrowed until the next name; NULL on failure. */
struct dts_ddl_object *dts_ddl_take_name(struct dts_ddl_parser *p, enum dts_ddl_type type,
					 enum dts_ddl_role role);

/* One more object, empty; the others may move. */
struct dts_ddl_object *dts_ddl_add_object(struct dts_ddl *d);

/* Takes a name without a database, such as a savepoint's, into d->label. */
void dts_ddl_take_label(struct dts_ddl_parser *p);

/* Goes on to `keyword`, or to the end. */
void dts_ddl_skip_to(struct dts_ddl_parser *p, const char *keyword);

/* The rest of CREATE TABLE and ALTER TABLE, the keyword TABLE being taken. */
void dts_ddl_create_table(struct dts_ddl_parser *p);
void dts_ddl_alter_table(struct dts_ddl_parser *p);

/* Transaction control; false when the statement is none. */
bool dts_ddl_transaction(struct dts_ddl_parser *p);

#endif
