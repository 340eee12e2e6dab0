/* The words that records use for kinds, types and roles. */
#include "ddl/ddl.h"

static const char *const kinds[DTS_DDL_KINDS] = {
	[DTS_DDL_UNKNOWN] = "unknown",
	[DTS_DDL_EMPTY] = "empty",
	[DTS_DDL_CREATE_DATABASE] = "create-database",
	[DTS_DDL_ALTER_DATABASE] = "alter-database",
	[DTS_DDL_DROP_DATABASE] = "drop-database",
	[DTS_DDL_CREATE_TABLE] = "create-table",
	[DTS_DDL_CREATE_TABLE_LIKE] = "create-table-like",
	[DTS_DDL_CREATE_TABLE_SELECT] = "create-table-select",
	[DTS_DDL_ALTER_TABLE] = "alter-table",
	[DTS_DDL_RENAME_TABLE] = "rename-table",
	[DTS_DDL_DROP_TABLE] = "drop-table",
	[DTS_DDL_TRUNCATE_TABLE] = "truncate-table",
	[DTS_DDL_CREATE_INDEX] = "create-index",
	[DTS_DDL_DROP_INDEX] = "drop-index",
	[DTS_DDL_CREATE_VIEW] = "create-view",
	[DTS_DDL_ALTER_VIEW] = "alter-view",
	[DTS_DDL_DROP_VIEW] = "drop-view",
	[DTS_DDL_CREATE_TRIGGER] = "create-trigger",
	[DTS_DDL_DROP_TRIGGER] = "drop-trigger",
	[DTS_DDL_CREATE_PROCEDURE] = "create-procedure",
	[DTS_DDL_ALTER_PROCEDURE] = "alter-procedure",
	[DTS_DDL_DROP_PROCEDURE] = "drop-procedure",
	[DTS_DDL_CREATE_FUNCTION] = "create-function",
	[DTS_DDL_ALTER_FUNCTION] = "alter-function",
	[DTS_DDL_DROP_FUNCTION] = "drop-function",
	[DTS_DDL_CREATE_PACKAGE] = "create-package",
	[DTS_DDL_ALTER_PACKAGE] = "alter-package",
	[DTS_DDL_DROP_PACKAGE] = "drop-package",
	[DTS_DDL_CREATE_EVENT] = "create-event",
	[DTS_DDL_ALTER_EVENT] = "alter-event",
	[DTS_DDL_DROP_EVENT] = "drop-event",
	[DTS_DDL_CREATE_SEQUENCE] = "create-sequence",
	[DTS_DDL_ALTER_SEQUENCE] = "alter-sequence",
	[DTS_DDL_DROP_SEQUENCE] = "drop-sequence",
	[DTS_DDL_TEMPORARY] = "temporary",
	[DTS_DDL_ACCOUNT] = "account",
	[DTS_DDL_ADMIN] = "admin",
	[DTS_DDL_DML] = "dml",
	[DTS_DDL_BEGIN] = "begin",
	[DTS_DDL_COMMIT] = "commit",
	[DTS_DDL_ROLLBACK] = "rollback",
	[DTS_DDL_SAVEPOINT] = "savepoint",
	[DTS_DDL_ROLLBACK_TO] = "rollback-to",
	[DTS_DDL_RELEASE_SAVEPOINT] = "release-savepoint",
	[DTS_DDL_XA_START] = "xa-start",
	[DTS_DDL_XA_END] = "xa-end",
	[DTS_DDL_XA_PREPARE] = "xa-prepare",
	[DTS_DDL_XA_COMMIT] = "xa-commit",
	[DTS_DDL_XA_ROLLBACK] = "xa-rollback",
};

static const char *const types[DTS_DDL_TYPES] = {
	[DTS_DDL_TYPE_DATABASE] = "database",
	[DTS_DDL_TYPE_TABLE] = "table",
	[DTS_DDL_TYPE_VIEW] = "view",
	[DTS_DDL_TYPE_TRIGGER] = "trigger",
	[DTS_DDL_TYPE_PROCEDURE] = "procedure",
	[DTS_DDL_TYPE_FUNCTION] = "function",
	[DTS_DDL_TYPE_PACKAGE] = "package",
	[DTS_DDL_TYPE_EVENT] = "event",
	[DTS_DDL_TYPE_SEQUENCE] = "sequence",
	[DTS_DDL_TYPE_ACCOUNT] = "account",
};

static const char *const roles[DTS_DDL_ROLES] = {
	[DTS_DDL_TARGET] = "target",
	[DTS_DDL_NEW] = "new",
	[DTS_DDL_ON] = "on",
	[DTS_DDL_EXCHANGED] = "exchanged",
	[DTS_DDL_LIKE] = "like",
	[DTS_DDL_REFERENCED] = "referenced",
};

const char *dts_ddl_kind_name(enum dts_ddl_kind kind)
{
	return kinds[kind];
}

const char *dts_ddl_type_name(enum dts_ddl_type type)
{
	return types[type];
}

const char *dts_ddl_role_name(enum dts_ddl_role role)
{
	return roles[role];
}

enum dts_ddl_kind dts_ddl_kind_of_name(struct dts_slice name)
{
	for (unsigned i = 0; i < DTS_DDL_KINDS; i++)
		if (dts_slice_is(name, kinds[i]))
			return (enum dts_ddl_kind)i;
	return DTS_DDL_UNKNOWN;
}

bool dts_ddl_kind_is_transaction(enum dts_ddl_kind kind)
{
	return kind >= DTS_DDL_BEGIN && kind <= DTS_DDL_XA_ROLLBACK;
}

bool dts_ddl_kind_is_definition(enum dts_ddl_kind kind)
{
	return kind >= DTS_DDL_CREATE_DATABASE && kind <= DTS_DDL_TEMPORARY;
}

/* MODE_ANSI_QUOTES, MODE_MSSQL and MODE_NO_BACKSLASH_ESCAPES of Q_SQL_MODE_CODE. */
unsigned dts_ddl_flags(uint64_t sql_mode)
{
	return (sql_mode & 4 ? DTS_DDL_ANSI_QUOTES : 0) |
	       (sql_mode & 1024 ? DTS_DDL_BRACKETS : 0) |
	       (sql_mode & (1u << 20) ? DTS_DDL_NO_BACKSLASH_ESCAPES : 0);
}

unsigned dts_ddl_flags_of_text(struct dts_slice sql_mode)
{
	unsigned flags = 0;

	while (sql_mode.len > 0) {
		const char *comma = memchr(sql_mode.p, ',', sql_mode.len);
		size_t n = comma ? (size_t)(comma - sql_mode.p) : sql_mode.len;
		struct dts_slice word = dts_slice(sql_mode.p, n);

		if (dts_slice_is_nocase(word, "ANSI_QUOTES") || dts_slice_is_nocase(word, "ANSI"))
			flags |= DTS_DDL_ANSI_QUOTES;
		else if (dts_slice_is_nocase(word, "MSSQL"))
			flags |= DTS_DDL_BRACKETS;
		else if (dts_slice_is_nocase(word, "NO_BACKSLASH_ESCAPES"))
			flags |= DTS_DDL_NO_BACKSLASH_ESCAPES;
		n += comma ? 1 : 0;
		sql_mode = dts_slice(sql_mode.p + n, sql_mode.len - n);
	}
	return flags;
}
