#ifndef DTS_APPLY_BULK_H
#define DTS_APPLY_BULK_H

#include "apply/table.h"
#include "checkpoint/checkpoint.h"
#include "record/stream.h"

/*
 * The full phase over several sessions. Whole chunks, as the lines that came, wait
 * in a queue for writers; each writer is a thread with a session of its own, and a
 * chunk is one transaction of it: the guard on the checkpoint's epoch, the rows,
 * the chunk's mark. One thread, the caller's, reads the stream, fills chunks and
 * hands them over; all functions here are its own to call.
 */
struct dts_bulk; /* opaque */

struct dts_bulk_options {
	const struct dts_connect_options *server;  /* borrowed */
	const struct dts_checkpoint *checkpoint;   /* its epoch is the guard; NULL: none is kept; borrowed */
	unsigned jobs;                             /* writers at most */
};

/* How its rows are written. */
enum dts_bulk_way {
	DTS_BULK_INSERT,
	DTS_BULK_LOAD, /* LOAD DATA */
	DTS_BULK_BIND, /* arrays of parameters: bind.h */
};

/* A chunk on its way. The caller fills it up to `mark`; then it is the writers'. */
struct dts_bulk_chunk {
	struct dts_apply_table *table; /* bound; it must stay as it is until the chunk is done */
	struct dts_stream_state place; /* the stream's when the chunk had begun, for dts_stream_check() */
	struct dts_buf input;          /* name of the input ... */
	uint64_t line;                 /* ... and the line of the `chunk` record in it */
	struct dts_buf rows;           /* lines of rows, each with its newline */
	uint64_t first_line, count;    /* of the rows: lines without a gap */
	struct dts_buf mark;           /* one statement, which writes one row; empty: none */

	enum dts_bulk_way way;         /* bulk.c's */
	struct dts_bulk_chunk *next;
};

/* Bytes of rows that a chunk is gathered to; what is larger is not for a queue. */
enum { DTS_BULK_CHUNK_MAX = 8 * 1024 * 1024 };

/* `session` is the caller's own, asked once for what the server can. */
struct dts_bulk *dts_bulk_new(const struct dts_bulk_options *options, struct dts_session *session, struct dts_error *err);

/* What is queued is dropped, what is being written is rolled back. */
void dts_bulk_free(struct dts_bulk *b);

/* An empty chunk to fill; waits for room. NULL: a writer has failed (`err` says
 * how), or a stop signal has come (status DTS_OK). */
struct dts_bulk_chunk *dts_bulk_take(struct dts_bulk *b, struct dts_error *err);

/* Hands a chunk over to the writers; it is no longer the caller's, also at -1. */
int dts_bulk_put(struct dts_bulk *b, struct dts_bulk_chunk *c, struct dts_error *err);

/* Gives a chunk back that is not to be written. */
void dts_bulk_drop(struct dts_bulk *b, struct dts_bulk_chunk *c);

/* Waits until all that was handed over is committed. -1 as dts_bulk_take(). */
int dts_bulk_drain(struct dts_bulk *b, struct dts_error *err);

/* Drops what waits, and lets the writers finish what they are at. */
void dts_bulk_stop(struct dts_bulk *b);

/* Has a writer failed? Then the error of the first that did, with input and line. */
bool dts_bulk_failed(struct dts_bulk *b, struct dts_error *err);

/* Rows committed so far; *busy (may be NULL): chunks that are not done yet. */
uint64_t dts_bulk_rows(struct dts_bulk *b, size_t *busy);

#endif
