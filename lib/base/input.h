#ifndef DTS_BASE_INPUT_H
#define DTS_BASE_INPUT_H

#include "base/buf.h"
#include "base/error.h"

/*
 * Lines from a file, a pipe or a zstd-compressed one of either (recognised by
 * its magic number, RFC 8878 section 3.1.1). Lines are read by length: they
 * may hold any byte, and memory is bounded by the longest allowed.
 */
struct dts_input;

/* Opens `path`, or standard input for "-". `max_line` bytes (without the
 * newline) is the longest line allowed. NULL with `err` filled on failure. */
struct dts_input *dts_input_open(const char *path, size_t max_line, struct dts_error *err);

/* Closes and frees; NULL is fine. */
void dts_input_close(struct dts_input *in);

/*
 * The next line, without its newline, borrowed until the next call.
 * 1: a line. 0: the end. -1: error: cannot read (DTS_IO), a line longer than
 * allowed, a last line without newline or a cut zstd frame (DTS_BAD_INPUT).
 * Messages name the file and the line. EINTR: -1 with err->status DTS_OK when
 * a stop signal has come (see base/signals.h).
 */
int dts_input_line(struct dts_input *in, struct dts_slice *line, struct dts_error *err);

/*
 * The lines next in turn that begin with `prefix`, as far as they can be had
 * without another wait: one run of text, each line with its newline, borrowed
 * until the next call. 1: `count` of them, at least one; 0: the next line is
 * another, or there is none, or it is too long: dts_input_line() tells; -1.
 */
int dts_input_lines(struct dts_input *in, struct dts_slice prefix, struct dts_slice *text, size_t *count,
		    struct dts_error *err);

/* True when the next line can be had without waiting; a writer that feeds on
 * this input flushes what it holds before it waits. */
bool dts_input_ready(struct dts_input *in);

/* The same, after waiting for it for at most so many milliseconds (or less,
 * when a signal comes). */
bool dts_input_wait(struct dts_input *in, int milliseconds);

/* The same, but not for longer than until `fd` is readable. */
bool dts_input_wait_beside(struct dts_input *in, int fd, int milliseconds);

const char *dts_input_name(const struct dts_input *in); /* the path, or "standard input" */
uint64_t dts_input_line_number(const struct dts_input *in); /* of the last line, from 1 */

#endif
