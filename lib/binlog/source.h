#ifndef DTS_BINLOG_SOURCE_H
#define DTS_BINLOG_SOURCE_H

#include "base/hash.h"
#include "binlog/semi_sync.h"
#include "mysql/packets.h"
#include "mysql/session.h"
#include "record/position.h"
#include "record/schema.h"

/*
 * A server whose log is read: one connection to ask it things, one that the log
 * comes through. The only file that knows how the client library passes the
 * replication protocol on (MariaDB Knowledge Base, "COM_BINLOG_DUMP", "4-Slave connection").
 */
struct dts_log_source {
	const struct dts_connect_options *connect; /* borrowed */
	struct dts_session control;
	struct dts_session dump;
	enum dts_family family; /* also while `control` is not connected */
	struct dts_packets packets; /* that come through it */
	uint32_t server_id; /* that we go by as a replica */
	struct dts_buf identity; /* of the server, as dts_session_server_id() */
	struct dts_buf json;     /* {"server":"mariadb","version":...,"id":...,"instead-of":...} */
	struct dts_map collations; /* see dts_collation_key() */
	struct dts_semi_sync semi_sync;
	struct {
		bool in_log;   /* the log was read up to there once */
		bool moved;    /* an event of the file itself has come, or it is the server that found the place */
		char text[300];
	} start; /* of what `dump` reads */
};

/* Connects and learns who the server is. `server_id` 0: a random one. -1: see
 * dts_session_open(); DTS_REFUSED when it has no binary log. */
int dts_log_source_open(struct dts_log_source *s, const struct dts_connect_options *connect, uint32_t server_id,
		    struct dts_error *err);
void dts_log_source_close(struct dts_log_source *s);

/* Connects again after the connection was lost. When another server answers: with `failover` 1, and it is
 * the source from now on, of which only GTIDs are the same; else -1, DTS_REFUSED. */
int dts_log_source_reopen(struct dts_log_source *s, bool failover, struct dts_error *err);

/* It has taken the place of the server of that identity: `json` says so from now on. */
void dts_log_source_instead_of(struct dts_log_source *s, struct dts_slice identity);

/* The server logs changes as rows from now on, or DTS_REFUSED with a hint. `metadata` gets the value of
 * binlog_row_metadata, nothing where the server has no such variable; FULL: with the names of columns. */
int dts_log_source_check_settings(struct dts_log_source *s, struct dts_buf *metadata, struct dts_error *err);

/* Are its GTIDs of this form? DTS_REFUSED with a hint if not. */
int dts_log_source_check_form(struct dts_log_source *s, const struct dts_gtids *gtid, struct dts_error *err);

/* Can this server be asked for its log by such a GTID position? DTS_REFUSED with a hint if not. */
int dts_log_source_check_gtid(struct dts_log_source *s, const struct dts_gtids *gtid, struct dts_error *err);

/* Has it all of these transactions? DTS_AGAIN with those that are missing: it may be yet to get them. */
int dts_log_source_check_has(struct dts_log_source *s, const struct dts_gtids *gtid, struct dts_error *err);

/* Where the log ends now, and where its oldest file begins. The GTID position costs
 * MariaDB a walk through the file: only where it is wanted. MySQL tells that of the same
 * moment only to accounts that may BACKUP_ADMIN; else it stays unknown. */
int dts_log_source_end(struct dts_log_source *s, bool with_gtid, struct dts_position *p, struct dts_error *err);
int dts_log_source_oldest(struct dts_log_source *s, struct dts_position *p, struct dts_error *err);

/* The beginning of the file in which what was written at that time is, microseconds since 1970: the last that had been
 * begun by then, else the oldest. */
int dts_log_source_before(struct dts_log_source *s, uint64_t micro, struct dts_position *p, struct dts_error *err);

/* Is there such a file, and is it that long? Fills in the GTID position if it is
 * missing and the server can tell. DTS_GONE when it was purged. */
int dts_log_source_check_position(struct dts_log_source *s, struct dts_position *p, struct dts_error *err);

/* Asks for the log from a position on: by its file and offset, or by its GTID
 * if `by_gtid`. The server begins a file whose offset is beyond 4 GiB at its start (then *from_start). */
int dts_log_source_dump(struct dts_log_source *s, const struct dts_position *from, bool by_gtid, bool *from_start,
		    struct dts_error *err);

/* The next event, borrowed until the next call: 1; 0: the server ended the log; -1.
 * A dts_readahead_function; `context` is the source. Touches `dump` only. */
int dts_log_source_read(void *context, struct dts_slice *event, struct dts_error *err);

/* Makes a dts_log_source_read() that waits in another thread fail at once. */
void dts_log_source_abort(struct dts_log_source *s);

/* What SYSTEM is there: see struct dts_capture_options. */
int dts_log_source_zone(void *context, uint32_t time, struct dts_buf *zone, struct dts_error *err);

/* The catalog's view of a table: a dts_catalog_function; `context` is the source. */
int dts_log_source_catalog(void *context, struct dts_slice db, struct dts_slice table,
		       struct dts_schema *schema, struct dts_error *err);

#endif
