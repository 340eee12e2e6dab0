#ifndef DTS_RECORD_POSITION_H
#define DTS_RECORD_POSITION_H

#include "record/gtid.h"
#include "record/json.h"

/*
 * Where to resume reading a source's binary log: file and offset behind the
 * last event used, and the GTID position where it is known.
 * In a record: {"file":...,"offset":...,"created":...,"gtid":"text"}.
 * File names are compared by their number, so that bin.999999 < bin.1000000.
 */
struct dts_position {
	char file[256];  /* without directory; "" when only the GTID is known */
	uint64_t offset; /* bytes from the file's start */
	uint64_t created; /* when the file was begun, seconds since 1970: tells it from another of
			   * the same name (RESET MASTER); 0: not known */
	struct dts_gtids gtid;
};

void dts_position_release(struct dts_position *p);

/* Moves file and offset; the GTID stays, when the file was begun becomes unknown. */
void dts_position_set(struct dts_position *p, struct dts_slice file, uint64_t offset);
void dts_position_copy(struct dts_position *to, const struct dts_position *from);

/* From the raw text of a "pos" field. -1: no file, no GTID, or wrong types. An empty
 * GTID position is told like MySQL's, and as good as MariaDB's. */
int dts_position_parse(struct dts_position *p, struct dts_slice raw, struct dts_error *err);

/* From FILE:OFFSET as people write it; the GTID becomes unknown. */
int dts_position_parse_text(struct dts_position *p, struct dts_slice text, struct dts_error *err);

/* Moves `p` behind transaction `tx`, which ends at `end`: file and offset are those of `end`,
 * the GTID position is that of `end` where it has one, else p's own moved on (see dts_gtids_follow()). */
void dts_position_follow(struct dts_position *p, const struct dts_position *end, struct dts_slice tx);

/* Appends the JSON object; the GTID position only if `with_gtid` and it is known. */
void dts_position_add(struct dts_buf *b, const struct dts_position *p, bool with_gtid);

/* <0, 0, >0 by file number and offset. Both must have a file. */
int dts_position_compare(const struct dts_position *a, const struct dts_position *b);

#endif
