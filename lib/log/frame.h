#ifndef DTS_LOG_FRAME_H
#define DTS_LOG_FRAME_H

#include "base/hash.h"
#include "record/position.h"

/*
 * A segment of a log (dts-log(1), FILES) is a row of frames, each a run of whole records that zstd made
 * smaller, with its checksum (RFC 8878, section 3.1.1), behind a head that says what is in it: where the
 * log stood before and after, by position, GTID and time, and how much of which table. The heads are the
 * index: who looks for something steps from head to head and unpacks nothing.
 *
 * A head is a skippable frame (RFC 8878, section 3.1.2), so that zstdcat(1) prints the records alone:
 * magic number 0x184D2A5D and size of the payload, 4 bytes each, low byte first as all here; the payload is the
 * CRC-32 of the rest of it, 4 bytes, and a JSON object. A closed segment ends with a head of its own, the foot, of
 * magic number 0x184D2A5E, which sums up the segment; its last 4 bytes, behind the JSON, are the size of the whole
 * foot, so that it is found from the end.
 *
 * A frame does not end where a record has not, and only one of a transaction that is larger than a frame
 * ends inside a transaction.
 */
enum { DTS_FRAME_HEAD_MAGIC = 0x184D2A5D, DTS_FRAME_FOOT_MAGIC = 0x184D2A5E };

/* Content of a frame is about this much; more where a record is longer. */
enum { DTS_FRAME_SIZE = 1 << 20 };

/* Of one table, in a frame or a segment. */
struct dts_frame_table {
	char *db, *table; /* its own */
	uint64_t changes; /* insert, update, delete and setval records */
	uint64_t bytes;   /* of these, newlines included */
};

/* The tables of a frame, or of a whole segment, each once, in the order in which they came. */
struct dts_frame_tables {
	struct dts_map index; /* dts_map_pair(db, table) to its place plus 1 */
	struct dts_frame_table *items;
	size_t count, cap; /* items up to cap keep nothing */
	bool any; /* there may be more: statements that are not understood, prepared transactions, or too many tables for a head */
	struct dts_buf key;
};

/* What a head or a foot says. All zero is the start; release it. */
struct dts_frame_head {
	uint64_t segment;      /* number of the segment */
	uint64_t at;           /* offset of the head in the segment: it is no other's, and in its place */
	uint64_t packed;       /* bytes of the frame behind the head; foot: of all before it */
	uint64_t content;      /* bytes of its records */
	uint64_t records;
	uint64_t changes;
	uint64_t transactions; /* that end in it and count: commit and prepare records */
	uint64_t streams, schemas, ddls; /* records of that op */
	uint64_t frames;       /* foot: of the segment; else 0 */
	bool inside;           /* it ends inside a transaction */
	uint64_t synced;       /* up to this offset the disk had the segment when this was written: damage before it is no
				* torn tail */
	uint64_t first_time, last_time; /* least and greatest time of its begin records; 0: there is none */
	uint64_t newest_before; /* the greatest time of all that came before in the log */
	bool first;               /* of its segment: `from` is there; a foot has it, too */
	struct dts_position from; /* where the log stood before it, with GTIDs where known; else it is the head's before */
	struct dts_position to;   /* and behind it, where the source is to be read on. In a head it has GTIDs only where a record
				   * set them to what following its transactions one by one does not give */
	struct dts_gtids gtids;   /* of its transactions: MySQL's set, MariaDB's last of each domain; not known: some have none */
	struct dts_frame_tables tables; /* those of its changes, schemas and statements */
};

/* Times are microseconds since 1970, UTC; 0: none. */

void dts_frame_head_release(struct dts_frame_head *h);
void dts_frame_head_clear(struct dts_frame_head *h); /* memory is kept */

/* Appends the head, or the foot, with its magic number. */
void dts_frame_head_add(struct dts_buf *out, const struct dts_frame_head *h, bool foot);

/* How much of the front of a head must be there to know its size. */
enum { DTS_FRAME_PREFIX = 8 };

enum dts_frame_kind { DTS_FRAME_NONE, DTS_FRAME_HEAD, DTS_FRAME_FOOT };

/* What begins with these DTS_FRAME_PREFIX bytes, and the size of all of it, prefix included. */
enum dts_frame_kind dts_frame_prefix(const char *p, uint64_t *size);

/* Reads a whole head or foot. -1, DTS_BAD_INPUT: it is damaged, or of a version that is not known. `h` is cleared first. */
int dts_frame_head_parse(struct dts_frame_head *h, struct dts_slice bytes, struct dts_error *err);

/* Is anything in it of a table that `keeps` says yes to? True too where it cannot be told. */
bool dts_frame_tables_have(const struct dts_frame_tables *t, bool (*keeps)(void *context, struct dts_slice db, struct dts_slice table),
			   void *context);

/* Counts a record of that table: `changes` is 0 for a schema or a statement. */
void dts_frame_tables_note(struct dts_frame_tables *t, struct dts_slice db, struct dts_slice table, uint64_t changes, uint64_t bytes);

/* Adds what `from` has to `to`: a frame's to its segment's. */
void dts_frame_tables_merge(struct dts_frame_tables *to, const struct dts_frame_tables *from);
void dts_frame_tables_clear(struct dts_frame_tables *t);
void dts_frame_tables_release(struct dts_frame_tables *t);

/* Takes a frame's head into the sum of its segment: all but segment, at and packed. `from` is that of the first; `to` moves on,
 * with its GTIDs. */
void dts_frame_head_sum(struct dts_frame_head *sum, const struct dts_frame_head *h);

#endif
