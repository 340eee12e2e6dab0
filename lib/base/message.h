#ifndef DTS_BASE_MESSAGE_H
#define DTS_BASE_MESSAGE_H

#include "base/buf.h"
#include "base/error.h"

/*
 * What tools say to people, on standard error; the only place that does.
 * Control characters are shown as escapes, since messages quote data.
 */

/* "dts-apply: " before every message; the name is borrowed. To be called first of all:
 * it also sees to it that descriptors 0 to 2 are ours, so that a closed one fails when it is used. */
void dts_message_tool(const char *name);

void dts_message(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Prints the error with its hint unless it is silent; returns its exit status. */
int dts_report(const struct dts_error *err);

/* Adds `text` to `b` with control characters and broken UTF-8 as \xNN escapes. */
void dts_escape(struct dts_buf *b, struct dts_slice text);

/*
 * Progress for a terminal: one line, rewritten at most five times a second,
 * nothing when standard error is not a terminal. End it before a message.
 */
void dts_progress(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void dts_progress_end(void);

#endif
