#ifndef DTS_LOG_APPEND_JOIN_H
#define DTS_LOG_APPEND_JOIN_H

#include "log/append_frame.h"

/*
 * How a stream goes on where the log ends: it must be of the same source and leave no gap, and what the log has already is
 * left out of it, by its places in the source's log or, where these say nothing, by GTIDs.
 */
struct dts_log_join {
	const char *dir; /* borrowed */
	struct dts_log_builder *log; /* borrowed: what it follows, and where it stands */
	bool skipping;  /* the stream is before the log's end */
	bool by_gtid;   /* its places do not say where that is */
	bool tx_skipped;
	bool fresh;     /* it has begun where the log ends, and nothing has come that says where it stands */
	struct dts_position read; /* where the stream stands */
	struct dts_position pos;
	struct dts_log_schemas told; /* while skipping, and still in force */
};

/* A stream record. 1: the log goes on in another segment, with another server; 0: it goes on as it is; -1: DTS_REFUSED,
 * DTS_BAD_INPUT. */
int dts_log_join_stream(struct dts_log_join *j, const struct dts_record *r, struct dts_error *err);

/* Any other: 1: it is new to the log; 0: it is left out; -1. */
int dts_log_join_wants(struct dts_log_join *j, const struct dts_record *r, struct dts_error *err);

void dts_log_join_release(struct dts_log_join *j);

#endif
