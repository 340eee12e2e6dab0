#ifndef DTS_SCHEMA_PORT_H
#define DTS_SCHEMA_PORT_H

#include "base/options.h"
#include "ddl/ddl.h"
#include "mysql/session.h"

/*
 * A server's own definition of an object, as SHOW CREATE gives it, for another server: what the
 * families say in other words is put into those of the target, and what becomes otherwise
 * by it is told. What differs is data, in schema/mapping.c; what is not in that table stays as it is, and is
 * an error of the target's if that does not know it.
 */

/* What came of an object. All zero is valid and empty. */
struct dts_ported {
	bool refused;           /* it has no equivalent: the statement is of no use */
	struct dts_list why;    /* a line each: what is otherwise at the target, is left out, or why it is refused */
	struct dts_list entries; /* the entries of schema/mapping.c that were applied, by name; for tests */
	struct dts_buf by_hand; /* SQL to mend by hand, with the object's name as the statement has it; empty: nothing to do */
};

/*
 * Puts what stands in executable comments into plain words: MariaDB takes those of
 * MySQL above 5.7 for comments (Knowledge Base, "Comment Syntax") and would make
 * another object without a word; a plain word that a server does not know is an error.
 * With `to` other than `from` the statement, of this kind and read with these DTS_DDL_
 * flags, is rewritten for that family. What is to be told is added to `p`, which you clear before and
 * release; its lines do not name the object. An ALTER TABLE all of whose keys are left out becomes an empty text. 1: something was added, 0: nothing.
 */
int dts_schema_port(struct dts_buf *sql, enum dts_ddl_kind kind, unsigned flags, enum dts_family from,
		    enum dts_family to, struct dts_ported *p);

void dts_ported_clear(struct dts_ported *p);
void dts_ported_release(struct dts_ported *p);

/* The target's collation that is most like this one, which may be itself. -1: there is
 * none. 1: it is like it but for spaces at the end of text, or the order of rare characters. */
int dts_schema_port_collation(struct dts_slice name, enum dts_family from, enum dts_family to, struct dts_buf *out);

#endif
