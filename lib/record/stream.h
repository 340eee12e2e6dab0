#ifndef DTS_RECORD_STREAM_H
#define DTS_RECORD_STREAM_H

#include "base/input.h"
#include "record/record.h"

/*
 * Reads records from inputs one after another and holds them to the contract:
 * every record stands where it may stand, and the counts (commit.n,
 * chunk-end.rows, end.records) and ordinals (n of each change) agree, so that
 * a record lost in the middle is noticed. Every sink and filter reads through
 * this and so none repeats the rules.
 */
struct dts_stream_options {
	uint64_t max_record; /* bytes; 0: DTS_RECORD_MAX */
	bool no_counts;      /* do not compare counts (records were dropped on purpose) */
	bool may_be_empty;   /* no record at all is fine: acks that did not come; a directory is none of these */
};

enum dts_stream_kind { DTS_KIND_SNAPSHOT, DTS_KIND_CHANGES, DTS_KIND_SCHEMA, DTS_KIND_REPAIR };

/* Where the stream stands. All zero is the start. Read-only for callers. */
struct dts_stream_state {
	bool seen;          /* there was a record */
	bool in_stream;     /* between "stream" and "end" */
	bool in_chunk;      /* between "chunk" and "chunk-end" */
	bool in_tx;         /* between "begin" and "commit", "prepare" or "rollback" */
	uint64_t n;         /* changes of the open transaction so far, as rolled back */
	uint64_t rows;      /* rows of the open chunk */
	uint64_t records;   /* since "stream" */
	enum dts_stream_kind kind_id;
	struct dts_buf kind; /* of the stream: "snapshot", "changes", "schema", "repair" */
	struct dts_buf src;
	struct dts_buf tx;   /* of the open transaction */
	struct dts_buf chunk; /* id of the open chunk */
	struct dts_buf chunk_db, chunk_table; /* and what its rows belong to */
};

/* Checks one record against the state and moves the state on. Pure. With
 * `no_counts` ordinals must still rise, but may leave some out. */
int dts_stream_check(struct dts_stream_state *s, const struct dts_record *r, bool no_counts,
		     struct dts_error *err);
/* May the input end here? DTS_BAD_INPUT when an "end" is missing, or everything:
 * a writer that failed before its first record must not look like success. */
int dts_stream_check_eof(const struct dts_stream_state *s, struct dts_error *err);
void dts_stream_state_copy(struct dts_stream_state *to, const struct dts_stream_state *from);
void dts_stream_state_release(struct dts_stream_state *s);

struct dts_stream; /* opaque: input, record, state */

/* `paths` are read as if they were one input; none means standard input. A directory
 * is the dump in it (record/directory.h). Borrowed. */
struct dts_stream *dts_stream_open(char *const *paths, size_t count,
				   const struct dts_stream_options *options, struct dts_error *err);
void dts_stream_close(struct dts_stream *s);

/*
 * The next record, parsed and checked, borrowed until the next call.
 * 1: a record; 0: the end, and it was right to end there; -1: error, with file
 * and line in its message (as dts_input_line() where reading failed).
 */
int dts_stream_next(struct dts_stream *s, const struct dts_record **r, struct dts_error *err);

/* Rows of the open chunk as they came, each line with its newline. */
struct dts_stream_rows {
	struct dts_slice text;
	size_t count;
	uint64_t line; /* number of the first */
};

/*
 * The rows next in turn that stand in canonical form (that begin with
 * `{"op":"row",`), as many as have been read already, for who parses them
 * elsewhere: they are counted, and neither parsed nor checked. Borrowed until the
 * next call. 1: at least one; 0: what comes next is something else, which
 * dts_stream_next() tells; -1: as dts_stream_next().
 *
 * Who takes them checks each with dts_record_parse() and, against the state as it
 * was when the chunk began, with dts_stream_check().
 */
int dts_stream_rows(struct dts_stream *s, struct dts_stream_rows *rows, struct dts_error *err);

/* The next record can be had without waiting; after waiting at most so long. */
bool dts_stream_ready(struct dts_stream *s);
bool dts_stream_wait(struct dts_stream *s, int milliseconds);
bool dts_stream_wait_beside(struct dts_stream *s, int fd, int milliseconds); /* as dts_input_wait_beside() */

/* It reads a dump in a directory whose rows were read at different positions. */
bool dts_stream_stands_apart(const struct dts_stream *s);

const struct dts_stream_state *dts_stream_state(const struct dts_stream *s);

/* "standard input:17", for messages about the last record. Borrowed. */
const char *dts_stream_where(struct dts_stream *s);

/* The two halves of it: the input's name, and the line of the last record. */
const char *dts_stream_name(const struct dts_stream *s);
uint64_t dts_stream_line(const struct dts_stream *s);

#endif
