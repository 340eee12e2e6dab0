#ifndef DTS_MYSQL_PLACE_H
#define DTS_MYSQL_PLACE_H

#include "mysql/session.h"
#include "record/position.h"

/*
 * Where a server's log ends, or where a snapshot stands in it.
 */

/* MySQL: is there a log, and are its transactions named by GTIDs? */
int dts_place_settings(struct dts_session *s, bool *log, bool *gtid, struct dts_error *err);

enum dts_place {
	DTS_PLACE_NONE,  /* the account may not know */
	DTS_PLACE_AHEAD, /* a snapshot that begins after it may lack what was logged before */
	DTS_PLACE_SAFE,  /* it has all of that */
};

/* MySQL: reads where the log ends now. One of those above, or -1. */
int dts_place_now(struct dts_session *s, bool gtid, struct dts_position *p, struct dts_error *err);

/* MariaDB: file and offset of the consistent snapshot that this session has begun;
 * without a log p->file stays as it is. */
int dts_place_of_snapshot(struct dts_session *s, struct dts_position *p, struct dts_error *err);

/* Has this server committed transactions by XA? 1, 0 or -1. */
int dts_place_commits_xa(struct dts_session *s, struct dts_error *err);

/*
 * MariaDB, where transactions are committed by XA: a place in the log up to which a snapshot that begins after
 * it has everything; waits for those that are being committed, a second at most. It begins a snapshot of its own in the session.
 * DTS_PLACE_SAFE; DTS_PLACE_AHEAD: that takes too long; DTS_PLACE_NONE: the account may not know (PROCESS); -1.
 */
int dts_place_settled(struct dts_session *s, struct dts_position *p, struct dts_error *err);

/* MariaDB: adds the GTID position to a file and offset. Where the log goes on behind it, the server reads the log up to there. */
int dts_place_gtid(struct dts_session *s, struct dts_position *p, struct dts_error *err);

/* MariaDB: the GTID position at a file and offset, as text: 1; 0: the log has no such place, or not any more; -1. It
 * is "" where the server did not look. Offsets beyond 4 GiB are not asked for. */
int dts_place_ask_gtid(struct dts_session *s, const struct dts_position *p, struct dts_buf *text, struct dts_error *err);

/*
 * Sets p->created by asking for the log as a replica does, on a connection of its own. 1; 0: the account may
 * not (REPLICATION SLAVE), or the server does not say; -1: DTS_GONE when the log has no such place, DTS_AGAIN.
 */
int dts_place_begun(const struct dts_connect_options *o, struct dts_position *p, struct dts_error *err);

#endif
