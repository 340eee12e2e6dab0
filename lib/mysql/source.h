#ifndef DTS_MYSQL_SOURCE_H
#define DTS_MYSQL_SOURCE_H

#include "mysql/catalog.h"
#include "record/position.h"

/*
 * A server as the tools that read one present it in their records: its name
 * ("src"), what it is ("source") and a position in its binary log.
 */
struct dts_source {
	struct dts_buf src;    /* plain text */
	struct dts_buf server; /* the JSON object of the "source" field */
	struct dts_position pos;
	struct dts_position high; /* windowed: a position that is not before the snapshot's */
	bool windowed;            /* the snapshot's position is not known, but `pos` is not behind it */
	bool logs_foreign_actions; /* what foreign keys do to other rows (CASCADE, SET NULL) is in its log */
	const struct dts_connect_options *connect; /* borrowed */
	const char *stage;      /* of a schema: what it is the structure for, "pre"; borrowed; NULL: nothing is said */
	struct dts_buf resumes; /* a snapshot's "resumes" object, for the stream record; empty: none */
};

/* `name`: --src, or NULL for what dts_session_source_name() says. */
int dts_source_init(struct dts_source *source, struct dts_session *s, const struct dts_connect_options *o,
		    const char *name, struct dts_error *err);
void dts_source_release(struct dts_source *source);

/* How the readers of one dump are brought to see the same moment (--lock). */
enum dts_lock {
	DTS_LOCK_AUTO,   /* the gentlest that the server has and the account may use */
	DTS_LOCK_NONE,   /* no writer ever waits: each reader has a position of its own */
	DTS_LOCK_TABLES, /* LOCK TABLES ... READ on the selected tables */
	DTS_LOCK_FTWRL,  /* FLUSH TABLES WITH READ LOCK */
	DTS_LOCK_BACKUP, /* MariaDB's BACKUP STAGE BLOCK_COMMIT */
};

/* Where the rows that one reader sees stand: not before `low`, not behind `high`. */
struct dts_snapshot {
	struct dts_position low, high;
	bool exact; /* they are the same */
};

void dts_snapshot_release(struct dts_snapshot *at);

/*
 * Begins in each of `count` sessions (at least one) a transaction that sees one
 * consistent snapshot, read only, and tells in at[i] (all zero, or of an earlier try;
 * release each) where that of sessions[i] stands as far as `tables` are concerned.
 *
 * AUTO: at one common position without a lock where the server's log rests for a
 * moment, else under a lock that is given up after three seconds: BACKUP STAGE
 * on MariaDB, LOCK TABLES on MySQL. NONE: only the first of these. Where that is not to be
 * had, each session stands at a position of its own: exact on MariaDB without XA, else where
 * the log rests. A lock that is asked for by name is taken, or it is an error:
 * DTS_AGAIN when it did not come in time, DTS_REFUSED when the account may not or the
 * server has none of that kind.
 *
 * source->pos is then the lowest, source->high the highest, and source->windowed says
 * that they differ; those two have GTID positions too, but at[i] only on MySQL. `notes`
 * gets a line for people: which way it was, and for how many milliseconds others
 * may have waited for a lock; none when a single session has an exact position
 * and nothing was asked for. DTS_REFUSED when no position is to be had: no log,
 * or the privileges are missing.
 */
int dts_source_snapshots(struct dts_source *source, struct dts_session *sessions, size_t count,
			 const struct dts_tables *tables, enum dts_lock lock, struct dts_snapshot *at,
			 struct dts_list *notes, struct dts_error *err);

/* Sets source->pos to a position that is not behind any definition of a table
 * that is read from here on, without a lock. It stays empty if the server
 * writes no log, or does not tell the account where that ends. */
int dts_source_position(struct dts_source *source, struct dts_session *s, struct dts_error *err);

/* The statement that tells where the server's log ends, by what the server offers:
 * file, offset, do-db, ignore-db and, on MySQL, the GTID set. */
struct dts_slice dts_source_status_sql(const struct dts_session *s);

/*
 * Adds a line for people for each setting with which the server's log does not
 * hold what dts-binlog needs; nothing if it writes no log.
 */
int dts_source_check_log(struct dts_session *s, struct dts_list *warnings, struct dts_error *err);

/* How many XA transactions are prepared; 0 too if the account may not know. */
uint64_t dts_source_prepared(struct dts_session *s);

/* Append records: the first one of a stream of that kind, with the position, and its last one. */
void dts_source_add_stream(struct dts_buf *out, const struct dts_source *source, const char *kind);
void dts_source_add_end(struct dts_buf *out, const struct dts_source *source, const char *reason, uint64_t records);

/* Appends "src":"...", with a comma behind. */
void dts_source_add_src(struct dts_buf *out, const struct dts_source *source);

/* A database of a server. Memory hangs on the list's arena. */
struct dts_database {
	struct dts_slice name, charset, collation, comment;
	bool empty; /* it has no tables, selected or not */
};

struct dts_databases {
	struct dts_database *items; /* sorted by name */
	size_t count;
	struct dts_arena *arena;
};

/* The databases of the selected tables, and those that may have some and are
 * empty: `*.orders` is not about a database without such a table, unless it has
 * no table at all. */
int dts_catalog_databases(struct dts_session *s, const struct dts_selection *sel, const struct dts_tables *t,
			  struct dts_databases *d, struct dts_error *err);
void dts_databases_release(struct dts_databases *d);

/* -1 with DTS_REFUSED when one of the selection's patterns, whose texts are
 * given in the same order, matches none of these: probably a misspelt name. */
int dts_catalog_check_patterns(const struct dts_session *s, const struct dts_selection *sel,
			       const struct dts_list *texts, const struct dts_databases *d,
			       const struct dts_tables *t, struct dts_error *err);

#endif
