#ifndef DTS_DDL_DDL_H
#define DTS_DDL_DDL_H

#include "base/buf.h"
#include "base/error.h"

/*
 * What a statement of a QUERY event is, which objects it names, and where in
 * its text the names stand, so that a filter can choose and rename them.
 *
 * The grammar is that of the MySQL 9 and MariaDB 11 manuals ("Data Definition
 * Statements"), read only as far as the leading keywords and the names go: the
 * text was accepted by a server once. Text that is not understood becomes
 * DTS_DDL_UNKNOWN, never a guess. Any bytes may be given; the text should be
 * UTF-8 (convert it from character_set_client before).
 *
 * Executable comments count as SQL: a server that skipped one writes it to its
 * binlog as a plain comment (tried on MariaDB: the "!" becomes a space). Memory does not depend on the length of the statement.
 */
enum dts_ddl_kind {
	DTS_DDL_UNKNOWN, /* not understood */
	DTS_DDL_EMPTY,   /* nothing but comments and space: dummy events */
	DTS_DDL_CREATE_DATABASE,
	DTS_DDL_ALTER_DATABASE,
	DTS_DDL_DROP_DATABASE,
	DTS_DDL_CREATE_TABLE,
	DTS_DDL_CREATE_TABLE_LIKE,
	DTS_DDL_CREATE_TABLE_SELECT,
	DTS_DDL_ALTER_TABLE,
	DTS_DDL_RENAME_TABLE,
	DTS_DDL_DROP_TABLE,
	DTS_DDL_TRUNCATE_TABLE,
	DTS_DDL_CREATE_INDEX,
	DTS_DDL_DROP_INDEX,
	DTS_DDL_CREATE_VIEW,
	DTS_DDL_ALTER_VIEW,
	DTS_DDL_DROP_VIEW,
	DTS_DDL_CREATE_TRIGGER,
	DTS_DDL_DROP_TRIGGER,
	DTS_DDL_CREATE_PROCEDURE,
	DTS_DDL_ALTER_PROCEDURE,
	DTS_DDL_DROP_PROCEDURE,
	DTS_DDL_CREATE_FUNCTION,
	DTS_DDL_ALTER_FUNCTION,
	DTS_DDL_DROP_FUNCTION,
	DTS_DDL_CREATE_PACKAGE,
	DTS_DDL_ALTER_PACKAGE,
	DTS_DDL_DROP_PACKAGE,
	DTS_DDL_CREATE_EVENT,
	DTS_DDL_ALTER_EVENT,
	DTS_DDL_DROP_EVENT,
	DTS_DDL_CREATE_SEQUENCE,
	DTS_DDL_ALTER_SEQUENCE,
	DTS_DDL_DROP_SEQUENCE,
	DTS_DDL_TEMPORARY, /* CREATE or DROP of a temporary table */
	DTS_DDL_ACCOUNT,   /* users, roles, privileges, passwords */
	DTS_DDL_ADMIN,     /* ANALYZE, FLUSH, INSTALL, servers, tablespaces, ... */
	DTS_DDL_DML,       /* statements on rows and variables */
	DTS_DDL_BEGIN,
	DTS_DDL_COMMIT,
	DTS_DDL_ROLLBACK,
	DTS_DDL_SAVEPOINT, /* this and the next two: the savepoint is in `label` */
	DTS_DDL_ROLLBACK_TO,
	DTS_DDL_RELEASE_SAVEPOINT,
	DTS_DDL_XA_START, /* this and the next four: the xid is in `label` */
	DTS_DDL_XA_END,
	DTS_DDL_XA_PREPARE,
	DTS_DDL_XA_COMMIT,
	DTS_DDL_XA_ROLLBACK,
	DTS_DDL_KINDS
};

enum dts_ddl_type {
	DTS_DDL_TYPE_DATABASE, /* its name is in `db`, `name` is empty */
	DTS_DDL_TYPE_TABLE,
	DTS_DDL_TYPE_VIEW,
	DTS_DDL_TYPE_TRIGGER,
	DTS_DDL_TYPE_PROCEDURE,
	DTS_DDL_TYPE_FUNCTION,
	DTS_DDL_TYPE_PACKAGE,
	DTS_DDL_TYPE_EVENT,
	DTS_DDL_TYPE_SEQUENCE,
	DTS_DDL_TYPE_ACCOUNT, /* a user or a role; of no statement's objects */
	DTS_DDL_TYPES
};

enum dts_ddl_role {
	DTS_DDL_TARGET,     /* what the statement is about */
	DTS_DDL_NEW,        /* what the target just before it is renamed to */
	DTS_DDL_ON,         /* the table of a created trigger; the trigger goes with it */
	DTS_DDL_EXCHANGED,  /* the table that swaps rows with a partition of the target */
	DTS_DDL_LIKE,       /* CREATE TABLE target LIKE this */
	DTS_DDL_REFERENCED, /* by a foreign key or a MERGE table */
	DTS_DDL_ROLES
};

/* Bits of dts_ddl.effects. */
#define DTS_DDL_FILLS_ROWS 1u       /* ADDs a column whose DEFAULT differs from run to run */
#define DTS_DDL_NUMBERS_ROWS 2u     /* ADDs an AUTO_INCREMENT column: numbered in the order read */
#define DTS_DDL_DROPS_PARTITION 4u  /* rows go without row events; TRUNCATE PARTITION too */
#define DTS_DDL_EXCHANGES 8u        /* EXCHANGE or CONVERT PARTITION: rows change their table */
#define DTS_DDL_TABLESPACE 16u      /* DISCARD or IMPORT TABLESPACE: rows come from a file */
#define DTS_DDL_DROPS_HISTORY 32u   /* DROP SYSTEM VERSIONING: history rows go */
#define DTS_DDL_STARTS 64u          /* CREATE TABLE ... START TRANSACTION (MySQL 8): its rows follow */

struct dts_ddl_range {
	size_t at, len; /* bytes of the text */
};

struct dts_ddl_object {
	enum dts_ddl_type type;
	enum dts_ddl_role role;
	struct dts_slice db;   /* decoded; empty when not written, but for tables that are then in the target's database */
	struct dts_slice name; /* decoded */
	struct dts_ddl_range whole; /* `db`.`name` as written, quotes and all */
	struct dts_ddl_range db_part, name_part;
	bool guarded; /* IF EXISTS or IF NOT EXISTS */
	unsigned first_edge, last_edge; /* executable comment edges before its ends */
	/* dts_ddl_rewrite()'s plan */
	bool keep, changed;
	struct dts_ddl_range new_db, new_name; /* in dts_ddl.routed */
};

/*
 * All zero is valid and empty. It keeps its memory from one statement to the
 * next. All slices are borrowed from the text that was parsed or from the
 * struct, until the next dts_ddl_parse().
 */
struct dts_ddl {
	enum dts_ddl_kind kind;
	struct dts_ddl_object *objects; /* in the order of the text */
	size_t count;
	unsigned effects;
	bool or_replace;
	bool list;      /* the targets (with NEW: the pairs) are a list that may be shortened */
	bool body;      /* a query or program follows, which may name any object */
	bool one_phase; /* XA COMMIT ... ONE PHASE */
	struct dts_slice label; /* savepoint name, decoded; xid as X'6131',X'',1 (lower case hex) */
	struct dts_ddl_range definer; /* DEFINER=... ; len 0: none */
	struct dts_buf text, routed;
	size_t cap;
};

/* Flags of parsing, from the session's sql_mode. */
#define DTS_DDL_ANSI_QUOTES 1u
#define DTS_DDL_NO_BACKSLASH_ESCAPES 2u
/* Not from sql_mode: a MySQL server ran it, to which MariaDB's executable
 * comments are plain ones (it writes them to its binlog as they are). */
#define DTS_DDL_MYSQL 4u
/* MariaDB with sql_mode=MSSQL (tried): [x] is a quoted name; of a MySQL server it means nothing. */
#define DTS_DDL_BRACKETS 8u

/* The flags for the sql_mode bits of a QUERY event (the same in both servers). */
unsigned dts_ddl_flags(uint64_t sql_mode);
/* The same for the text form: 'ANSI_QUOTES,STRICT_TRANS_TABLES'. */
unsigned dts_ddl_flags_of_text(struct dts_slice sql_mode);

/* Reads a statement. It cannot fail: what is not understood is DTS_DDL_UNKNOWN. */
void dts_ddl_parse(struct dts_ddl *d, struct dts_slice sql, unsigned flags);
void dts_ddl_release(struct dts_ddl *d);

/*
 * Told of what a text may name. `db` is empty for a table, or the like, of the
 * default database, `name` for a database. True: enough is known. Both are
 * borrowed until it returns.
 */
typedef bool dts_ddl_mentioned(void *ctx, struct dts_slice db, struct dts_slice name);

/*
 * Tells of every word and quoted name of a text that is DTS_DDL_UNKNOWN: db.name
 * as that, others as a name and as a database. Too much, keywords too, but nothing
 * is missing that is written in SQL. Returns whether `mentioned` knew enough.
 */
bool dts_ddl_mentions(struct dts_slice sql, unsigned flags, dts_ddl_mentioned *mentioned, void *ctx);

/* The stable words of records: create-table, rollback-to; table; referenced. */
const char *dts_ddl_kind_name(enum dts_ddl_kind kind);
const char *dts_ddl_type_name(enum dts_ddl_type type);
const char *dts_ddl_role_name(enum dts_ddl_role role);
enum dts_ddl_kind dts_ddl_kind_of_name(struct dts_slice name); /* DTS_DDL_UNKNOWN: none such */

bool dts_ddl_kind_is_transaction(enum dts_ddl_kind kind); /* BEGIN to XA_ROLLBACK */
bool dts_ddl_kind_is_definition(enum dts_ddl_kind kind);  /* CREATE_DATABASE to TEMPORARY */

/* The answer about one object: is it selected, and what is it called at the
 * other end. `db` and `name` start as what they are. */
struct dts_ddl_choice {
	bool keep;
	struct dts_slice db, name; /* copied before the next call */
};

/*
 * Asked once for each object; `db` is the default database where none is
 * written (`name` is empty for a database). 0, or -1 with `err` filled. A name
 * is changed even where `keep` is false if the object is only referred to.
 */
typedef int dts_ddl_choose(void *ctx, enum dts_ddl_type type, struct dts_slice db,
			   struct dts_slice name, struct dts_ddl_choice *choice,
			   struct dts_error *err);

enum dts_ddl_verdict {
	DTS_DDL_AS_IS,     /* pass the text on; nothing was written */
	DTS_DDL_REWRITTEN, /* the new text was appended to `out` */
	DTS_DDL_DROPPED,   /* nothing of it is selected */
	DTS_DDL_AMBIGUOUS, /* cannot be decided or renamed with certainty: see err */
	DTS_DDL_FAILED,    /* choose() failed */
};

/*
 * Chooses and renames the objects of a statement that was just parsed from
 * `sql`. Unselected tables leave DROP TABLE's and other lists, unselected
 * pairs leave RENAME TABLE. A rewritten text names the database of each
 * object, so it no longer depends on the default one. Names are put in
 * backticks, which every sql_mode accepts.
 *
 * Returns 0 with AS_IS, REWRITTEN or DROPPED. -1 with `err` filled when a
 * table moves between selected and unselected, when what is renamed has a body
 * (a view's query, a program) that may name renamed objects, when the text is
 * DML or unknown (AMBIGUOUS), or when choose() failed (FAILED). Kinds without
 * objects (account, transaction control, most of admin) are AS_IS: decide
 * about them by their kind.
 */
int dts_ddl_rewrite(struct dts_ddl *d, struct dts_slice sql, struct dts_slice default_db,
		    dts_ddl_choose *choose, void *ctx, struct dts_buf *out,
		    enum dts_ddl_verdict *verdict, struct dts_error *err);

/*
 * The same with the bodies, for statements as SHOW CREATE writes them with no default database:
 * a view's tables and functions are `db`.`name`, its columns `alias`.`column` or
 * `db`.`table`.`column`. In programs, plain names are of the program's database, and what is
 * renamed is found by where it stands: behind FROM, JOIN, INTO, UPDATE, CALL, before a bracket. AMBIGUOUS where a
 * name may be one that is renamed, or something else; so are texts that a program runs as statements.
 * `choose` is asked about the trigger itself too (keep), about functions and packages, and about sequences in a
 * table's defaults. Afterwards parse again what the struct is to say.
 */
int dts_ddl_rewrite_bodies(struct dts_ddl *d, struct dts_slice sql, unsigned flags, struct dts_slice default_db,
			   dts_ddl_choose *choose, void *ctx, struct dts_buf *out,
			   enum dts_ddl_verdict *verdict, struct dts_error *err);

#endif
