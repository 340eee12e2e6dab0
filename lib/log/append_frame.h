#ifndef DTS_LOG_APPEND_FRAME_H
#define DTS_LOG_APPEND_FRAME_H

#include "log/frame.h"
#include "log/schemas.h"

/* A run of records that is complete, on its way to the disk. */
struct dts_log_frame {
	struct dts_frame_head head; /* without segment, at, packed and synced, which are the writer's */
	struct dts_buf content;
	struct dts_buf ack; /* what to say when the disk has it; may be empty */
	uint64_t began;     /* for the name of the segment, where it is the first of one; microseconds since 1970 */
	bool closes;        /* the segment ends behind it */
	struct dts_log_frame *next; /* the owner's */
};

struct dts_log_frame *dts_log_frame_new(void);
void dts_log_frame_clear(struct dts_log_frame *f); /* as new; memory is kept */
void dts_log_frame_free(struct dts_log_frame *f);

/* What was counted of records. */
struct dts_log_counts {
	uint64_t records, changes, transactions, streams, schemas, ddls, first_time, last_time;
	bool any_table;
};

/*
 * Makes frames of records that come one by one, checked, and follows where the log stands. Pure: records in, frames out. The
 * open transaction stands behind the whole ones, so that a frame ends before it, and it is dropped when it is void.
 */
struct dts_log_builder {
	bool acks;
	struct dts_position at; /* where the log stands, behind all that is whole */
	uint64_t newest;        /* the greatest time of a transaction that was */
	struct dts_log_schemas schemas;

	/* The stream record in force, its line and what it says */
	struct dts_buf stream;
	struct dts_record stream_record;
	struct dts_buf src; /* decoded */
	bool due;           /* it is to be told before the next record, with all schemas */
	bool first;         /* and what it begins is a segment */

	/* The frame under construction: what is whole, up to `whole`, and the open transaction behind it. */
	struct dts_log_frame *frame;
	size_t whole;
	struct dts_log_counts counts[2]; /* of what is whole; of the open transaction, as far as it is in this frame */
	bool in_tx;
	bool tx_split; /* a frame before has its beginning */
	bool moved;    /* the position has, in this frame: something to say in an ack */
	bool by_gtid;  /* files and offsets do not say where it stands, as long as this is set */
	bool jumped;   /* to GTIDs that do not follow from those of the transactions */
	struct dts_buf tx; /* the last transaction that counts; empty when a heartbeat came behind it */

	struct dts_log_counted *tables;
	size_t table_count, table_cap, last;
	struct dts_map index; /* dts_map_pair() to the place plus 1 */
	size_t *touched[2], touched_count[2]; /* as many places as there are tables */
	struct dts_buf key, scratch[2];
	struct dts_position pos; /* of a record */
	char second[20];         /* a time up to its second, and what it is */
	uint64_t second_micro;
};

/* A table that was ever seen, and what came of it: in what is whole, and in the open transaction. */
struct dts_log_counted {
	char *db, *table;
	size_t db_len, table_len;
	uint64_t changes[2], bytes[2];
	bool in[2];
};

void dts_log_builder_init(struct dts_log_builder *b);
void dts_log_builder_release(struct dts_log_builder *b);

/* The log's stream record is this from here on. -1: it is none. The position is the caller's to set. */
int dts_log_builder_stream(struct dts_log_builder *b, struct dts_slice line, struct dts_error *err);

/* Takes a record that dts_stream_check() has let through, of any kind but stream, end and ack. -1: DTS_BAD_INPUT. */
int dts_log_builder_add(struct dts_log_builder *b, const struct dts_record *r, struct dts_error *err);

/* Does this heartbeat say more of the position than is known? 1, 0, -1: DTS_BAD_INPUT. */
int dts_log_builder_end(struct dts_log_builder *b, const struct dts_record *beat, struct dts_error *err);

/* Tells the stream and the schemas now, where they are due and no transaction is open. */
void dts_log_builder_preamble(struct dts_log_builder *b);

static inline size_t dts_log_builder_size(const struct dts_log_builder *b)
{
	return b->frame->content.len;
}

static inline bool dts_log_builder_has_whole(const struct dts_log_builder *b)
{
	return b->whole > 0;
}

/* Transactions in what is whole of the frame. */
static inline uint64_t dts_log_builder_transactions(const struct dts_log_builder *b)
{
	return b->counts[0].transactions;
}

/* May the segment end behind what is whole? Not where a transaction is open of which a frame before has a part, or one that has told
 * schemas. */
bool dts_log_builder_may_close(const struct dts_log_builder *b);

/*
 * Ends the frame behind what is whole; where nothing is, inside the open transaction, but not where it closes the segment: then
 * the frame has nothing in it. The next one is made in `next`,
 * which is empty, and belongs to the builder from then on, as the frame that is returned does to the caller. With
 * `closes` the next one begins a segment.
 */
struct dts_log_frame *dts_log_builder_seal(struct dts_log_builder *b, bool closes, struct dts_log_frame *next);

#endif
