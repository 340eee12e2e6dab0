#ifndef DTS_LOG_END_H
#define DTS_LOG_END_H

#include "log/schemas.h"
#include "log/segment.h"

/*
 * Where a log ends: behind its last whole transaction. What stands behind that was cut by a crash, and who
 * appends cuts it off; a reader does not look at it.
 */
struct dts_log_end {
	bool empty;              /* no segment, or none with a frame that is whole: nothing below is set */
	struct dts_position pos; /* where the source is to be read on, with its GTIDs where they are known */
	struct dts_buf stream;   /* the last stream record, without newline: source and src are those of the log */
	struct dts_buf src;      /* decoded */
	uint64_t newest;         /* the greatest time of a transaction; microseconds since 1970; 0: none */
	struct dts_segment_name segment; /* the newest that has something in it; open: it is gone on with at `size` */
	bool closed;             /* it has its foot, and perhaps not its name yet */
	uint64_t size;           /* bytes of it that are whole */
	uint64_t cut;            /* bytes behind them, to be cut off */
	struct dts_segment_name torn; /* one behind it that has nothing whole, to be removed; number 0: there is none */
	struct dts_frame_head sum; /* of its frames up to `size` */
};

/*
 * Finds it, by the heads of the newest segment; frames that the disk may not have had are unpacked. -1: no log
 * (DTS_REFUSED), a missing segment, or damage where no crash can have made it (DTS_BAD_INPUT, which names it), DTS_IO.
 */
int dts_log_find_end(const char *dir, struct dts_log_end *end, struct dts_error *err);
void dts_log_end_release(struct dts_log_end *end);

/* The schema records that are in force at the end, in place of what `schemas` has. -1: as above. */
int dts_log_end_schemas(struct dts_log_schemas *schemas, const char *dir, const struct dts_log_end *end, struct dts_error *err);

#endif
