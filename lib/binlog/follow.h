#ifndef DTS_BINLOG_FOLLOW_H
#define DTS_BINLOG_FOLLOW_H

#include "base/output.h"
#include "base/pattern.h"
#include "binlog/capture.h"
#include "mysql/session.h"
#include "record/position.h"

enum dts_start {
	DTS_START_DEFAULT, /* now when following, else oldest */
	DTS_START_NOW,
	DTS_START_OLDEST,
	DTS_START_POSITION, /* `position`, by its file */
	DTS_START_GTID,     /* `position`, by its GTID */
	DTS_START_TIME,     /* at the first transaction that began at `start_time` or later */
	DTS_START_RESUME,   /* where the checkpoint `resume` stands */
};

struct dts_follow_options {
	char *const *files;     /* read these instead of a server's log, see binlog/files.h; NULL: the server's */
	size_t file_count;
	const struct dts_connect_options *connect;
	const struct dts_selection *selection; /* NULL: all */
	const char *src;        /* name of the source; NULL: dts_session_source_name() */
	const char *own_db;     /* database of checkpoints, here never captured, at the target read */
	uint32_t server_id;     /* 0: a random one */
	bool skip_sequences;
	bool with_sql;          /* the statements behind changes, where the log has them */
	enum dts_unknown_ddl unknown_ddl;
	enum dts_online_mode online_ddl;

	enum dts_start start;
	struct dts_position position; /* where to start */
	const char *resume;           /* see checkpoint/resume.h */
	const char *log;              /* a log's directory: it starts where that ends, and by `start` where it is empty; NULL: none */
	const char *history;          /* file of the schema history, see binlog/history.h; NULL: none */

	uint64_t start_time, stop_time; /* microseconds since 1970; the first that began at `stop_time` or later ends it; 0: none */

	bool semi_sync;          /* the source may wait until what it commits was written to `out` */
	bool failover;           /* another server with the same GTIDs may take the source's place */
	const char *spool;       /* directory for what is read before the output takes it, see binlog/spool.h; NULL: none */
	uint64_t spool_size;     /* bytes that it may hold; 0: what the disk has */

	bool follow;             /* go on when the log's end is reached */
	struct dts_position stop; /* file "": none */
	struct dts_gtids stop_gtid; /* when all of these have been read; not known: none */

	/* For people: connections lost and made again, what is not followed; that of a full spool comes from another thread. */
	void (*notice)(const char *text);

	double heartbeat;         /* seconds between heartbeat records; 0: none */
	double reconnect_timeout; /* seconds to try after a lost connection; only when following */
};

/*
 * Reads a server's log, or its files, and writes its records. 0: it reached its end, or, following,
 * was stopped by a signal; `end` is written. 1: not following and a signal came: nothing
 * more was written. -1: error; what was written ends in the middle.
 */
int dts_follow(const struct dts_follow_options *o, struct dts_output *out, struct dts_error *err);

#endif
