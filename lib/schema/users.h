#ifndef DTS_SCHEMA_USERS_H
#define DTS_SCHEMA_USERS_H

#include "base/arena.h"
#include "base/pattern.h"
#include "schema/port.h"

/*
 * The accounts and roles of a server, as statements for one of the target's family. Read from
 * mysql.user, SHOW CREATE USER and SHOW GRANTS (MySQL 9 Reference Manual, "SHOW CREATE USER Statement", "SHOW GRANTS
 * Statement", "Privileges Provided by MySQL"; MariaDB Knowledge Base, "SHOW CREATE USER", "GRANT"). What the families say
 * otherwise is data, in users_words.c.
 *
 * Left out are the servers' own accounts: mysql.*, mariadb.sys, root of the machine itself, and the anonymous one. Each
 * statement may be run again.
 */

struct dts_account {
	struct dts_slice user, host;  /* on the arena; a role of MariaDB's has no host */
	bool is_role;
	bool made_as_role;            /* the target has it as a role, by its name alone at MariaDB */
	struct dts_buf create;        /* CREATE USER or CREATE ROLE IF NOT EXISTS; empty when told.refused, and of PUBLIC */
	struct dts_ported created;
	struct dts_list grants;       /* GRANT, REVOKE, SET DEFAULT ROLE: when all accounts and objects are there */
	struct dts_list objects;      /* what each of them is on, as dts_accounts_object() writes it; "": no single object */
	struct dts_ported granted;
};

struct dts_accounts {
	struct dts_account *items; /* roles first */
	size_t count, room;
	struct dts_arena *arena;
};

/*
 * Reads all of them. Of the privileges, those on everything, on other accounts, and on what `sel` has. Where the
 * target cannot know a password, its account is made locked, with no password that fits; that, and what else it has
 * not, is told in `created` and `granted`. DTS_REFUSED where the session may not see the accounts.
 */
int dts_schema_accounts(struct dts_session *s, enum dts_family target, const struct dts_selection *sel,
			struct dts_accounts *out, struct dts_error *err);

/* Appends a name for an object by which grants on it are found: tables, views and sequences share theirs, so do routines. */
void dts_accounts_object(struct dts_buf *b, bool routine, struct dts_slice db, struct dts_slice name);

void dts_accounts_release(struct dts_accounts *a);

#endif
