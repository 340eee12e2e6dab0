#ifndef DTS_BINLOG_HISTORY_H
#define DTS_BINLOG_HISTORY_H

#include "ddl/definitions.h"
#include "record/position.h"

/*
 * A schema history: what the tables of a source looked like at the place of its
 * log that is being read. It begins with the catalog as it was read at a known
 * position and is moved on by each DDL statement since, in the log's order.
 *
 * It may be kept in a file (--schema-history), which is a record stream of kind
 * "history": see dts-records(5). A file is only ever added to; each statement is on
 * disk before the records behind it go out. Without a file it lives as long as its reader.
 */
struct dts_history {
	struct dts_definitions *tables;
	struct dts_position at;    /* `tables` hold what was defined here */
	struct dts_position known; /* of a file: it has every statement up to here */
	struct dts_later *later;   /* tables that are not to be looked at yet */
	size_t later_count;
	bool complete;             /* as begun: every table and view there was is in it */
	struct dts_buf views;      /* records that make the views that were added, for a new file */
	struct dts_buf pending;    /* records of statements whose group has not ended: not in the file yet */
	bool mariadb, utf8_is_utf8mb4;
	unsigned version, lower_case_names;
	int fd;                    /* of the file, or -1 */
	char *path;
	struct dts_record record;  /* scratch */
	struct dts_buf line;
};

/* What a server is, as far as the meaning of its DDL depends on it. */
struct dts_history_server {
	bool mariadb;
	unsigned version; /* 101119 for 10.11.19 */
	unsigned lower_case_names;
	bool utf8_is_utf8mb4; /* MariaDB without old_mode=UTF8_IS_UTF8MB3 */
	struct dts_slice src;      /* the name of the source */
	struct dts_slice identity; /* of the server, as in the records' source.id; empty: not known, any will do */
};

void dts_history_init(struct dts_history *h, const struct dts_history_server *server);
void dts_history_release(struct dts_history *h);

/* Another server goes on, behind all that is known, in a log with files of its own. Not of a history in a file. */
void dts_history_elsewhere(struct dts_history *h, const struct dts_history_server *server);

/* Back to knowing nothing; a file stays open. */
void dts_history_clear(struct dts_history *h);

/* Adds what is known at h->at: the default collation of a database, a table. */
void dts_history_add_database(struct dts_history *h, struct dts_slice name, struct dts_slice collation);
void dts_history_add_table(struct dts_history *h, const struct dts_schema *schema);
void dts_history_add_view(struct dts_history *h, struct dts_slice db, struct dts_slice name);

/*
 * Adds a table, and the default collation of its database, by a `schema` record. With `from` (NULL: h->at) it
 * is as it is there: its rows show all that the log has before, as where a resumed full phase has read it again,
 * and what it looked like is of no interest. -1: DTS_BAD_INPUT.
 */
int dts_history_add_record(struct dts_history *h, struct dts_slice record, const struct dts_position *from, struct dts_error *err);

void dts_history_each_later(const struct dts_history *h, void (*each)(void *context, const struct dts_schema *schema), void *context);

/* What that table is at the place from which on it is known; NULL: it has none, or dts_history_settle() has come to it. */
const struct dts_schema *dts_history_later(const struct dts_history *h, struct dts_slice db, struct dts_slice table);

/*
 * Opens a history's file and locks it against another run. 1: read, h->tables hold what was
 * defined at `start`, or at h->known if that is before it: the log is then to be read from
 * there. 0: there is no such file. -1: DTS_BAD_INPUT (not a history), DTS_REFUSED (of another
 * server, or it begins behind `start`), DTS_AGAIN (in use), DTS_IO. start->created is filled where the file
 * tells it: a log that was started anew since is noticed by that. A last line that is cut, as by a crash, is taken off.
 */
int dts_history_open(struct dts_history *h, const char *path, const struct dts_history_server *server,
		     struct dts_position *start, struct dts_error *err);

/* Makes the file of a history that was just filled, which stands at h->at; in place by a rename. `source` is
 * the JSON object of a stream record's field. */
int dts_history_create(struct dts_history *h, const char *path, const struct dts_history_server *server,
		       struct dts_slice source, struct dts_error *err);

/*
 * A statement of the log that ends at `end`, as its "ddl" record, newline included. Moves the definitions on. It is
 * for the file when its group ends. Where it is not even understood which tables it changes, nothing is known any more.
 * -1: DTS_BAD_INPUT.
 */
int dts_history_statement(struct dts_history *h, struct dts_slice record, const struct dts_position *end,
			  dts_definition_changed *changed, void *context, struct dts_error *err);

/* A group of events ended at `at`, or none is open: tables that begin there are known, and what is pending goes
 * into the file, which must happen before the records of the group go out. -1: DTS_IO. */
int dts_history_settle(struct dts_history *h, const struct dts_position *at, struct dts_error *err);

/* The log was read up to here: noted in the file, so that it need not be read again for statements. */
int dts_history_reached(struct dts_history *h, const struct dts_position *at, struct dts_error *err);

#endif
