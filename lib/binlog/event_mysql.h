#ifndef DTS_BINLOG_EVENT_MYSQL_H
#define DTS_BINLOG_EVENT_MYSQL_H

#include "binlog/event.h"

/*
 * Events that only MySQL writes. Formats: MySQL Source Code Documentation (Doxygen),
 * "mysql::binlog::event::Gtid_event", "Previous_gtids_event", "Heartbeat_event_v2" and
 * "mysql::serialization" (readme: variable-length integers, message format);
 * seen on 9.7.
 */
enum {
	/* Of a GTID event: the transaction may hold statements besides rows. Never
	 * set on one of rows alone, set on DDL. */
	DTS_MYSQL_GTID_MAY_HAVE_STATEMENTS = 1,
};

struct dts_event_mysql_gtid {
	char uuid[37];   /* lower case, with hyphens; of zeros with `anonymous` */
	char tag[33];    /* lower case; empty: none */
	uint64_t gno;    /* 0 with `anonymous` */
	bool anonymous;  /* gtid_mode is off: the transaction has no name */
	uint8_t flags;
	int64_t last_committed, sequence_number; /* in this log file; 0 and 0: not told */
	/* Microseconds since 1970, 0: not told (5.7): when this server committed it, and
	 * the one that first did. */
	uint64_t immediate_commit_timestamp, original_commit_timestamp;
	uint64_t transaction_length; /* bytes with this event and checksums; 0: not told (5.7) */
	uint32_t immediate_server_version, original_server_version; /* 90704; 0: not told */
};

/* Types DTS_EV_MYSQL_GTID, DTS_EV_ANONYMOUS_GTID and DTS_EV_GTID_TAGGED. -1 (DTS_BAD_INPUT): cut,
 * or a version of the event that has more to say than we understand. */
int dts_event_mysql_gtid(struct dts_event_mysql_gtid *g, const struct dts_event *e, struct dts_error *err);

/* Appends the text of a GTID: "uuid:gno" or "uuid:tag:gno"; nothing of an anonymous one. */
void dts_event_mysql_gtid_add(struct dts_buf *b, const struct dts_event_mysql_gtid *g);

/* The set of all GTIDs that the logs before this one hold, in the server's binary
 * form (lib/record/gtid.h reads it). Borrowed from the event. */
struct dts_slice dts_event_previous_gtids(const struct dts_event *e);

/* HEARTBEAT_V2: as HEARTBEAT, with a position of 64 bits. */
int dts_event_heartbeat_v2(struct dts_event_rotate *at, const struct dts_event *e, struct dts_error *err);

/* An integer in 1 to 9 bytes as mysql::serialization writes it: as many bytes follow
 * the first as it has low bits set in a row. The signed form keeps its sign in the lowest bit. */
uint64_t dts_bytes_varlen(struct dts_bytes *b);
int64_t dts_bytes_varlen_signed(struct dts_bytes *b);

#endif
