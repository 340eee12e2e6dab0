#ifndef DTS_SCHEMA_PORT_H
#define DTS_SCHEMA_PORT_H

#include "base/options.h"
#include "mysql/session.h"

/*
 * A server's own CREATE TABLE, as SHOW CREATE TABLE gives it, for another server. What the
 * families say in other words is put into those of the target; what it does
 * not have is refused by name. This is a small table and not a mapping of everything:
 * what it does not know stays as it is, and is an error of the target's.
 */

/*
 * Puts what stands in executable comments into plain words: MariaDB takes those of
 * MySQL above 5.7 for comments (Knowledge Base, "Comment Syntax") and would make
 * another table without a word; a plain word that a server does not know is an error.
 * With `to` other than `from` the statement is rewritten for that family.
 * Lines for people go to `notes`; `where` is the table, for messages. -1: DTS_REFUSED, `sql` is then of no use.
 */
int dts_schema_port(struct dts_buf *sql, enum dts_family from, enum dts_family to, const char *where,
		    struct dts_list *notes, struct dts_error *err);

/* The target's collation that is most like this one, which may be itself. -1: there is
 * none. 1: it is like it but for spaces at the end of text, or the order of rare characters. */
int dts_schema_port_collation(struct dts_slice name, enum dts_family from, enum dts_family to, struct dts_buf *out);

#endif
