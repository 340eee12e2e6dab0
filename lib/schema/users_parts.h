#ifndef DTS_SCHEMA_USERS_PARTS_H
#define DTS_SCHEMA_USERS_PARTS_H

/* What the files of users.h share; not for others. */

#include "ddl/scan.h"
#include "schema/users.h"

/* --- names of accounts: 'u'@'h', `u`@`h`, `role` */

/* Takes one from the token at hand on; on the arena. The host is empty where none is written. False: there is none. */
bool dts_account_take(struct dts_sql_scan *s, struct dts_arena *arena, struct dts_slice *user, struct dts_slice *host);

/* Appends it as the target's family writes it. */
void dts_account_add_name(struct dts_buf *b, struct dts_slice user, struct dts_slice host, bool role, enum dts_family target);

/* What is left out: the servers' own ones. */
bool dts_account_is_own(struct dts_slice user, struct dts_slice host);

struct dts_account *dts_accounts_find(const struct dts_accounts *all, struct dts_slice user, struct dts_slice host);

/* --- each of its statements */

/* SHOW CREATE USER as a->create. */
void dts_account_create(struct dts_account *a, struct dts_slice sql, enum dts_family from, enum dts_family to,
			struct dts_arena *arena);

/* The roles that CREATE USER gives by default, at MySQL, as a statement behind the grants. */
void dts_account_default_roles(struct dts_account *a, const struct dts_accounts *all, struct dts_slice sql, enum dts_family to,
			       struct dts_arena *arena);

/* Has the database of a privilege, which may be a pattern, something that is selected? 1, 0, -1. */
typedef int dts_account_has_db(void *ctx, struct dts_slice pattern, struct dts_error *err);

struct dts_grant_context {
	const struct dts_accounts *all;
	const struct dts_selection *sel;
	enum dts_family from, to;
	bool restricted;      /* it has a REVOKE: some of its privileges do not hold everywhere */
	dts_account_has_db *has_db;
	void *ctx;
};

/* One line of SHOW GRANTS into a->grants, if it is about this account and what is selected. */
int dts_account_grant(struct dts_account *a, const struct dts_grant_context *c, struct dts_slice sql, struct dts_error *err);

/* --- words */

/* The target's words for a privilege, which is in upper case: itself, others, or NULL: it has none. `global`: on *.*. */
const char *dts_privilege_word(struct dts_slice privilege, enum dts_family from, enum dts_family to, bool global);

/* The target's plugin for one by which accounts are known; NULL: none. *keeps_hash: what is stored is of use there. */
const char *dts_plugin_word(struct dts_slice plugin, enum dts_family from, enum dts_family to, bool *keeps_hash);

static inline const char *dts_family_name(enum dts_family family)
{
	return family == DTS_MYSQL ? "MySQL" : "MariaDB";
}

#endif
