#ifndef DTS_LOG_LINE_H
#define DTS_LOG_LINE_H

#include "record/position.h"
#include "record/record.h"

/*
 * The records of a frame, line by line. They were checked when they were written, so that of a line in the form that our
 * tools write only the front is looked at.
 */

/* Takes the first line off *text, without its newline. False: there is none. */
static inline bool dts_line_next(struct dts_slice *text, struct dts_slice *line)
{
	const char *end = text->len > 0 ? memchr(text->p, '\n', text->len) : NULL;

	if (!end)
		return false;
	*line = dts_slice(text->p, (size_t)(end - text->p));
	*text = dts_slice(end + 1, text->len - line->len - 1);
	return true;
}

/* What the record is. Where the line is written otherwise it is parsed, into `scratch`. */
enum dts_op dts_line_op(struct dts_record *scratch, struct dts_slice line);

/* Is the line, as our tools write it, of this op? False also for one that is and is written otherwise. */
static inline bool dts_line_begins(struct dts_slice line, struct dts_slice with)
{
	return line.len >= with.len && memcmp(line.p, with.p, with.len) == 0;
}

/* The log stands behind this record, one with a position, which `pos` is, or an end of a transaction. */
void dts_log_follow_record(struct dts_position *at, const struct dts_record *r, const struct dts_position *pos);

#endif
