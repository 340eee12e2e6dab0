#ifndef DTS_BINLOG_CAPTURE_H
#define DTS_BINLOG_CAPTURE_H

#include "binlog/payload.h"
#include "binlog/row.h"
#include "binlog/tables.h"
#include "binlog/tx.h"
#include "ddl/ddl.h"

/*
 * The log of one server, event by event, as records of kind "changes". Bytes in,
 * records out; it connects to nothing (but asks `tables.catalog` where one is set).
 */

/* A statement that is not understood and may be about something that is captured. */
enum dts_unknown_ddl {
	DTS_UNKNOWN_STOP, /* refuse it */
	DTS_UNKNOWN_PASS, /* tell it, as a "ddl" of kind unknown */
	DTS_UNKNOWN_SKIP, /* leave it out, and say so to people */
};

struct dts_capture_options {
	struct dts_slice src;                  /* name of the source; borrowed */
	const struct dts_selection *selection; /* borrowed; NULL: everything */
	const char *own_db;                    /* database of our own checkpoints */
	unsigned lower_case_names;             /* not 0: statements write names in any case, the rest is in lower case */
	bool skip_sequences;                   /* leave the use of sequences out */
	bool with_sql;                         /* tell the statements that made changes */
	enum dts_unknown_ddl unknown_ddl;
	const struct dts_map *collations;      /* see dts_collation_key(); borrowed; NULL: none */
	struct dts_history *history;           /* borrowed; moved on by the log's statements; NULL: none */
	struct dts_online *online;             /* borrowed; what is known of online schema changes; NULL: they are changes as any */
	dts_catalog_function *catalog;
	/* Appends what the time zone SYSTEM is at the source at that moment, "+09:00"; NULL: not known. -1. */
	int (*system_zone)(void *context, uint32_t time, struct dts_buf *zone, struct dts_error *err);
	void *context;
	void (*notice)(const char *text); /* for people, one line; NULL: nobody is told */
};

struct dts_capture {
	struct dts_capture_options options;
	struct dts_buf src_json;
	struct dts_event_format format;
	struct dts_log_tables tables;
	struct dts_tx tx;

	struct dts_position at;   /* behind the last event; its gtid is not used */
	struct dts_position safe; /* where to go on: never inside a transaction */
	bool jumps;               /* the server leaves out what we have (start by GTID) */
	bool whole;               /* no event between two files may be missing: they are read from their beginnings */
	bool relayed;             /* it is read from relay logs, which leave out some and add others */
	bool caught_up;           /* a group has ended since it began to send */
	bool quiet;               /* nothing is told before `quiet_until`: only the history takes it in */
	struct dts_position quiet_until; /* its file "": until a group begins at `start_time` or behind it */
	uint64_t start_time, stop_time;  /* microseconds since 1970; 0: none */
	bool stopped;             /* a group has begun at `stop_time` or behind it, which is not told */
	uint64_t skip_to;         /* events before this offset of the file were told before; 0: none */
	bool fresh_file;          /* nothing but the format description was read of this file */

	/* The group of events that is open, or was last: a transaction, or one statement */
	struct dts_buf gtid_text; /* its name: the GTID, or where it begins */
	bool begun;               /* it goes on until it is committed; else its one statement is all of it */
	uint8_t alter_phase;      /* MariaDB's two-phase ALTER: DTS_GTID_START_ALTER... */
	struct dts_buf xid;         /* of a group that decides about a prepared one, as text */
	uint64_t groups;            /* that have ended */
	bool untold;                /* some have since the GTID position was told, of which nothing was */
	uint32_t time;              /* of the last event that had one, seconds since 1970 */
	bool refused;               /* the last event's failure was what no record can tell */
	bool refused_statement;     /* and the event a QUERY */
	bool refused_unless;        /* and the hint names another way than to make it by hand */
	uint64_t insert_id;         /* of an INTVAR for the next statement */
	bool has_variables;         /* RAND or USER_VAR for the next statement */

	struct dts_ddl ddl;
	struct dts_map temporary; /* names that temporary tables have (temporary.c); no values */
	struct dts_buf temporary_key;
	struct dts_buf sql; /* of a statement without what is not selected */
	struct dts_buf statement; /* its record, for the history */
	struct dts_buf context;   /* the JSON of what it depends on */
	struct dts_ddl told;      /* the ALTER TABLE that is told in place of an online schema change */
	struct dts_buf zone;      /* its time zone, where the log only says SYSTEM */
	struct dts_buf mapped;      /* numbers of tables that the open statement describes and has had no rows of, uint64_t each */
	struct dts_buf annotation;  /* the statement that makes the next changes, until it was told; empty: none */
	struct dts_map intents;     /* checkpoint and source -> what its applier is about to run (origin.c) */
	struct dts_buf intent_key;
	struct dts_inflate inflate; /* of an event */
	struct dts_row_documents documents;
	struct dts_payload payload; /* the compressed transaction whose events come one by one */
	uint64_t event_at;          /* where the last event stands */
	struct dts_buf head, scratch;
};

/* `start`: where the first event will stand; its GTID position if known. */
void dts_capture_init(struct dts_capture *c, const struct dts_capture_options *o,
		      const struct dts_position *start);
void dts_capture_release(struct dts_capture *c);

/* The history is behind the start: reads on from there, and tells nothing before the start. */
void dts_capture_go_back(struct dts_capture *c, const struct dts_position *to);

/* Tells nothing before the first group that begins at that time, microseconds since 1970, or behind it. */
void dts_capture_wait(struct dts_capture *c, uint64_t start_time);

/* One whole event. Appends what it says to `out`; behind it comes dts_capture_more(), for which `raw` stays. -1: status 3 for what cannot be
 * decoded or must not be passed over, 4 when the server's settings must change; the message starts with the position. */
int dts_capture_event(struct dts_capture *c, struct dts_slice raw, struct dts_buf *out, struct dts_error *err);

/* What is left of that event, if it was a whole transaction that MySQL has compressed: one of its
 * events after the other, before anything else. 1: there may be more; 0: there is none; -1. */
int dts_capture_more(struct dts_capture *c, struct dts_buf *out, struct dts_error *err);

/* Behind a failure that set `refused`: the events of the open transaction are passed over, to
 * know where it ends. 1: c->at is behind it; 0: give more; -1: that cannot be known. */
int dts_capture_pass(struct dts_capture *c, struct dts_slice raw);

/* Has the transaction of the event that was refused ended with it? */
bool dts_capture_refused_whole(const struct dts_capture *c);

/* Another server goes on, behind the same GTIDs, in a log with files of its own. Reading was interrupted before. */
void dts_capture_elsewhere(struct dts_capture *c, unsigned lower_case_names);

/* Reading was interrupted: takes an open transaction back and goes back to c->safe. */
void dts_capture_interrupt(struct dts_capture *c, struct dts_buf *out);

/* An applier's checkpoint in the source's own database says that this statement is being run, of changes of `src`. */
void dts_capture_note_intent(struct dts_capture *c, struct dts_slice checkpoint, struct dts_slice src, struct dts_slice statement);

/* The records around: `source` is the JSON object of the stream record's field. */
void dts_capture_stream(struct dts_capture *c, struct dts_slice source, struct dts_buf *out);
void dts_capture_heartbeat(struct dts_capture *c, uint64_t time, struct dts_buf *out);
void dts_capture_end(struct dts_capture *c, const char *reason, struct dts_buf *out);

/* Tells all tables that the history has, and that are captured, before their first changes. */
void dts_capture_tell_tables(struct dts_capture *c, struct dts_buf *out);

#endif
