#ifndef DTS_BASE_ERROR_H
#define DTS_BASE_ERROR_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Why a tool ended: its exit status, the same in every tool and every man
 * page (EXIT STATUS).
 */
enum dts_status {
	DTS_OK = 0,
	DTS_DIFFERENT = 1, /* the comparison found differences */
	DTS_USAGE = 2,     /* the command line is wrong */
	DTS_BAD_INPUT = 3, /* bad or torn input, unknown event, schema mismatch */
	DTS_REFUSED = 4,   /* the server said no: access, conflict, warning */
	DTS_IO = 5,        /* reading or writing failed, closed pipe */
	DTS_GONE = 6,      /* the position is no longer available */
	DTS_AGAIN = 75,    /* a later try may succeed: connection, lock, disk full */
};

/*
 * What a function that failed tells its caller. The caller owns it and starts
 * with DTS_ERROR_INIT; a function that returns 0 leaves it alone. The library
 * never prints one: cmd/ does, through dts_report().
 */
struct dts_error {
	enum dts_status status;
	bool silent; /* a closed pipe: end with the status, say nothing */
	char message[4096];
	char hint[1024]; /* what to do next; empty when nothing helps */
	char detail[3072]; /* what is known beyond the message, a line each; empty as a rule */
};

#define DTS_ERROR_INIT {0}

/* Fill `err` and return -1, so that `return dts_fail(err, ...)` reads well.
 * The message is lower case, without tool name and full stop. */
int dts_fail(struct dts_error *err, enum dts_status status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Add what to do next to an error that was just filled; returns -1. */
int dts_hint(struct dts_error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Add a line to what is known beyond the message; returns -1. What does not fit is left out. */
int dts_detail(struct dts_error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Put "where: " before the message of an error; returns -1. */
int dts_where(struct dts_error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* dts_fail() with ": " and the text of errno behind the message. EPIPE makes
 * the error silent (the reader of our output has gone). Status DTS_IO. */
int dts_fail_errno(struct dts_error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Ends the process: memory is exhausted, nothing can be said with certainty. */
_Noreturn void dts_out_of_memory(void);

#endif
