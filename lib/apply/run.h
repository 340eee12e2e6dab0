#ifndef DTS_APPLY_RUN_H
#define DTS_APPLY_RUN_H

#include "apply/plan.h"

/* What was wrong with the answer to a statement. */
enum dts_fault {
	DTS_FAULT_ERROR,   /* an error: failed_errno */
	DTS_FAULT_ROWS,    /* another number of rows */
	DTS_FAULT_WARNING, /* a warning; the statement has been executed */
};

/* What the server takes, asked once. */
struct dts_runner {
	struct dts_session *session; /* borrowed */
	uint64_t max_packet;         /* bytes of one packet: max_allowed_packet */
	bool retryable;              /* the last failure was a deadlock or a lock wait */
	bool careful;                /* a statement a packet: warnings can be read after each */
	bool wordless;               /* the last failure was a warning whose words are not known */
	const char *input;           /* name of the input, for messages; borrowed */
	const char *what;            /* what is behind the line, for errors of the target: "chunk 'x' of ..."; NULL; borrowed */
	bool located;                /* the last failure's message names input and line */
	uint64_t failed_line;        /* of the statement that failed; 0: none, or our own */
	long long failed_rows;       /* that it was to write, from that line on */
	enum dts_fault fault;        /* of that statement, ... */
	unsigned failed_errno;       /* ... the server's number: 0: none */
	long long failed_touched;    /* ... how many rows it wrote, at DTS_FAULT_ROWS */
	size_t failed_at;            /* ... its place in the plan */
	bool bare;                   /* messages tell neither place nor statement: dts_runner_tell() does */
	bool no_foreign;             /* the session's foreign_key_checks stay off: rows are loaded */
};

int dts_runner_init(struct dts_runner *r, struct dts_session *s, struct dts_error *err);

/* Sets the session back after a failure, wherever it came: mode and checks. */
void dts_runner_reset(struct dts_runner *r);

/* Puts input and line before the message of an error; returns -1. */
int dts_runner_where(struct dts_runner *r, uint64_t line, struct dts_error *err);

/* Adds to the message of an error what the statement of the plan says and where it came from; -1. */
int dts_runner_tell(struct dts_runner *r, const struct dts_plan *p, size_t statement, struct dts_error *err);

/*
 * Runs the plan's statements, several in a packet, and holds each answer
 * against what the statement expects: rows, no warning, the guard's row. Stops
 * at the first that differs, with the record's line, its SQL and the server's
 * words; the caller rolls back. The plan is left as it is. A session that prints
 * gets the statements, each on a line, and answers nothing.
 */
int dts_runner_run(struct dts_runner *r, struct dts_plan *p, struct dts_error *err);

#endif
