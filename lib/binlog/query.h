#ifndef DTS_BINLOG_QUERY_H
#define DTS_BINLOG_QUERY_H

#include "base/hash.h"
#include "binlog/event.h"

/*
 * QUERY events: a statement as text and what it depended on. Format: MariaDB
 * Knowledge Base, "QUERY_EVENT" (status variables); MySQL Internals, "Query_event".
 */
enum {
	DTS_QUERY_EXPLICIT_DEFAULTS = 1 << 24, /* MariaDB (seen on 10.11 and 11.8); both: in flags2 */
	DTS_QUERY_NO_FOREIGN_KEYS = 1 << 26,
	DTS_QUERY_NO_UNIQUE = 1 << 27,
};

struct dts_event_query {
	bool mysql;    /* of MySQL's server, not MariaDB's: some bits of the SQL mode differ */
	uint32_t thread;
	uint32_t server_id, time; /* of the event's header */
	bool thread_specific; /* the same: it depends on its session, as by a temporary table */
	uint16_t error;
	struct dts_slice db;  /* the default database; empty: none */
	struct dts_slice sql; /* in the charset of the client */

	/* Status variables; those behind a has_ flag are there only when it says so. */
	bool has_flags2, has_sql_mode, has_charset, has_micro, has_explicit_defaults;
	uint32_t flags2;
	uint64_t sql_mode;
	uint16_t client, collation_connection, collation_server; /* collation numbers */
	uint16_t collation_database;       /* 0: not told */
	uint16_t default_collation_utf8mb4; /* 0: not told */
	struct dts_slice charset_collations; /* MariaDB: pairs of 16 bit numbers, a charset's default collation and
						what the session takes for it; p NULL: not told */
	uint16_t auto_increment_increment, auto_increment_offset; /* 0: not told */
	uint32_t micro; /* fraction of the time, in microseconds */
	bool explicit_defaults;
	struct dts_slice time_zone;  /* p NULL: not told */
	struct dts_slice user, host; /* of the invoker; p NULL: not told */
	/* Filled by the caller: */
	uint64_t insert_id; /* of an INTVAR event before it, 0: none */
	bool doubtful;      /* it may have been about a temporary table instead of the table */
};

/* -1 (DTS_BAD_INPUT) when cut. A status variable that is not known ends their
 * reading, since its length is not known either; the text is read all the same. */
int dts_event_query(struct dts_event_query *q, const struct dts_event *e, const struct dts_event_format *f,
		    struct dts_error *err);

/* Names of collations by number, of the server that wrote the log: key the number as
 * uint16_t, value a C string that the map's owner frees. */
struct dts_slice dts_collation_key(const uint16_t *id);

/* The bits of an SQL mode as the record's context has it: the inverse of what
 * dts_query_add_context() writes. Names that are not known are passed over. */
uint64_t dts_sql_mode_bits(struct dts_slice names);

/* Appends the record's "context" object. */
void dts_query_add_context(struct dts_buf *b, const struct dts_event_query *q, const struct dts_map *collations);

/* The statement in UTF-8: q->sql itself where it is that already, else in `scratch`.
 * -1 (DTS_BAD_INPUT) when it cannot be converted. */
int dts_query_text(const struct dts_event_query *q, struct dts_buf *scratch, struct dts_slice *text,
		   struct dts_error *err);

#endif
