#ifndef DTS_BINLOG_EVENT_H
#define DTS_BINLOG_EVENT_H

#include "base/error.h"
#include "base/bytes.h"
#include "record/gtid.h"

/*
 * Events of a binary log: framing, checksum, and what is in each kind. Bytes in,
 * values out; slices point into the event. Formats: MariaDB Knowledge Base, "2-Binlog
 * Event Header" and the page of each event ("Replication Protocol"); MySQL Internals,
 * "Binary Log Event" for those that both have.
 */
enum dts_event_type {
	DTS_EV_START_V3 = 1,
	DTS_EV_QUERY = 2,
	DTS_EV_STOP = 3,
	DTS_EV_ROTATE = 4,
	DTS_EV_INTVAR = 5,
	DTS_EV_LOAD = 6,
	DTS_EV_CREATE_FILE = 8,
	DTS_EV_APPEND_BLOCK = 9,
	DTS_EV_EXEC_LOAD = 10,
	DTS_EV_DELETE_FILE = 11,
	DTS_EV_NEW_LOAD = 12,
	DTS_EV_RAND = 13,
	DTS_EV_USER_VAR = 14,
	DTS_EV_FORMAT = 15,
	DTS_EV_XID = 16,
	DTS_EV_BEGIN_LOAD_QUERY = 17,
	DTS_EV_EXECUTE_LOAD_QUERY = 18,
	DTS_EV_TABLE_MAP = 19,
	DTS_EV_WRITE_ROWS_V1 = 23,
	DTS_EV_UPDATE_ROWS_V1 = 24,
	DTS_EV_DELETE_ROWS_V1 = 25,
	DTS_EV_INCIDENT = 26,
	DTS_EV_HEARTBEAT = 27,
	DTS_EV_IGNORABLE = 28,
	DTS_EV_ROWS_QUERY = 29,
	DTS_EV_WRITE_ROWS = 30,
	DTS_EV_UPDATE_ROWS = 31,
	DTS_EV_DELETE_ROWS = 32,
	DTS_EV_MYSQL_GTID = 33, /* 33 to 37 and 39 on: MySQL's alone (binlog/event_mysql.h) */
	DTS_EV_ANONYMOUS_GTID = 34,
	DTS_EV_PREVIOUS_GTIDS = 35,
	DTS_EV_TRANSACTION_CONTEXT = 36, /* of group replication */
	DTS_EV_VIEW_CHANGE = 37,
	DTS_EV_XA_PREPARE = 38,
	DTS_EV_PARTIAL_UPDATE_ROWS = 39,
	DTS_EV_TRANSACTION_PAYLOAD = 40,
	DTS_EV_HEARTBEAT_V2 = 41,
	DTS_EV_GTID_TAGGED = 42,
	DTS_EV_ANNOTATE = 160,
	DTS_EV_CHECKPOINT = 161,
	DTS_EV_GTID = 162,
	DTS_EV_GTID_LIST = 163,
	DTS_EV_START_ENCRYPTION = 164,
	DTS_EV_QUERY_COMPRESSED = 165,
	DTS_EV_WRITE_ROWS_COMPRESSED_V1 = 166,
	DTS_EV_UPDATE_ROWS_COMPRESSED_V1 = 167,
	DTS_EV_DELETE_ROWS_COMPRESSED_V1 = 168,
	DTS_EV_WRITE_ROWS_COMPRESSED = 169,
	DTS_EV_UPDATE_ROWS_COMPRESSED = 170,
	DTS_EV_DELETE_ROWS_COMPRESSED = 171,
};

/* "Write_rows_v1", or "event type 77". Borrowed: a static text or `text`. */
const char *dts_event_name(uint8_t type, char text[24]);

#define DTS_EVENT_HEADER 19 /* bytes before the body */

enum {
	DTS_EVENT_IN_USE = 0x1,      /* of a format description: the file was not closed */
	DTS_EVENT_THREAD_SPECIFIC = 0x4, /* a statement that depends on its session */
	DTS_EVENT_RELAY = 0x40,      /* of a format description: a replica's relay log */
	DTS_EVENT_ARTIFICIAL = 0x20, /* made by the server for us; not in the file */
	DTS_EVENT_IGNORABLE = 0x80,  /* who does not know the type may skip it */
};

struct dts_event {
	uint32_t time; /* seconds since 1970: when the statement began */
	uint8_t type;
	uint32_t server_id;
	uint32_t size;    /* whole event, in bytes of the file */
	uint32_t end_pos; /* offset behind it, modulo 2^32; 0: not known */
	uint16_t flags;
	struct dts_slice body; /* without header and checksum */
};

/* What the format description says about the events behind it. All zero: none seen. */
struct dts_event_format {
	bool known;
	bool checksum; /* a CRC-32 of 4 bytes behind each event */
	uint32_t created; /* when the file was begun by a server start; else 0 */
	char server[51];  /* version text */
	uint8_t post_header[256]; /* by type; 0xff: not told */
};

/* Splits one whole event and verifies its checksum. -1 (DTS_BAD_INPUT): cut, a size
 * that is not `raw`'s, a wrong checksum. */
int dts_event_parse(struct dts_event *e, const struct dts_event_format *f, struct dts_slice raw,
		    struct dts_error *err);

/* Only its header, without `body`. False: it is shorter than that. */
bool dts_event_header(struct dts_event *e, struct dts_slice raw);

/* Is it one that the server made up for us, with no place in the file? */
bool dts_event_is_made_up(const struct dts_event *e);

/* Each reads the body of one kind of event; -1 with DTS_BAD_INPUT when it is cut. */
int dts_event_format(struct dts_event_format *f, const struct dts_event *e, struct dts_slice raw,
		     struct dts_error *err);

/* Does this whole event, a format description, say that events have checksums? */
bool dts_event_format_has_checksum(struct dts_slice raw);

struct dts_event_rotate {
	uint64_t offset;
	struct dts_slice file;
};
int dts_event_rotate(struct dts_event_rotate *r, const struct dts_event *e, struct dts_error *err);

/* The id of an XA transaction, as it was given to XA START. */
struct dts_xid {
	uint32_t format;
	struct dts_slice gtrid, bqual;
};

/* Appends X'6162',X'',1: as XA COMMIT takes it. */
void dts_xid_add(struct dts_buf *b, const struct dts_xid *xid);

enum {
	DTS_GTID_STANDALONE = 1,  /* one statement, no COMMIT behind it */
	DTS_GTID_TRANSACTIONAL = 4,
	DTS_GTID_DDL = 32,
	DTS_GTID_PREPARED_XA = 64,
	DTS_GTID_COMPLETED_XA = 128,
	/* in `extra` */
	DTS_GTID_START_ALTER = 2, /* binlog_alter_two_phase: announced, not done yet */
	DTS_GTID_COMMIT_ALTER = 4,
	DTS_GTID_ROLLBACK_ALTER = 8,
};

struct dts_event_gtid {
	uint64_t seq;
	uint32_t domain, server;
	uint8_t flags, extra;
	struct dts_xid xid; /* with PREPARED_XA and COMPLETED_XA */
};
int dts_event_gtid(struct dts_event_gtid *g, const struct dts_event *e, struct dts_error *err);

/* The last GTID of each domain that the log holds before it. */
int dts_event_gtid_list(const struct dts_event *e, struct dts_gtids *list, struct dts_error *err);

/* XA_PREPARE_LOG_EVENT: `one_phase` is a commit. */
int dts_event_xa_prepare(struct dts_xid *xid, bool *one_phase, const struct dts_event *e,
			 struct dts_error *err);

/* INTVAR: type 1 LAST_INSERT_ID, 2 INSERT_ID. */
int dts_event_intvar(uint8_t *type, uint64_t *value, const struct dts_event *e, struct dts_error *err);

/* INCIDENT: the server's words about what was lost. */
struct dts_slice dts_event_incident(const struct dts_event *e);

/* A rows event up to its rows. */
enum {
	DTS_ROWS_STATEMENT_END = 1,
	DTS_ROWS_NO_FOREIGN_KEYS = 2,
	DTS_ROWS_NO_UNIQUE = 4,
	DTS_ROWS_SQL_FOREIGN_KEYS = 16, /* MySQL 9.7: what foreign keys changed in turn is in the log too */
};

enum dts_rows_kind { DTS_ROWS_INSERT, DTS_ROWS_UPDATE, DTS_ROWS_DELETE };

struct dts_event_rows {
	enum dts_rows_kind kind;
	bool compressed; /* `rows` are, see binlog/inflate.h */
	bool partial;    /* after images may have parts of documents only, see binlog/row.h */
	uint64_t table_id;
	uint16_t flags;
	size_t columns;
	const uint8_t *present;       /* a bit a column: in the image (the before image of an update) */
	const uint8_t *present_after; /* of an update's after image */
	struct dts_bytes rows;
};
int dts_event_rows(struct dts_event_rows *r, const struct dts_event *e, const struct dts_event_format *f,
		   struct dts_error *err);

/* A table id of a table map or rows event that stands for no table: ends a
 * statement whose rows were all filtered away. */
#define DTS_TABLE_ID_DUMMY 0xffffffu

#endif
