#ifndef DTS_APPLY_RUN_H
#define DTS_APPLY_RUN_H

#include "apply/plan.h"

/* What the server takes, asked once. */
struct dts_runner {
	struct dts_session *session; /* borrowed */
	uint64_t max_packet;         /* bytes of one packet: max_allowed_packet */
	bool retryable;              /* the last failure was a deadlock or a lock wait */
	bool careful;                /* a statement a packet: warnings can be read after each */
	bool wordless;               /* the last failure was a warning whose words are not known */
	const char *input;           /* name of the input, for messages; borrowed */
	const char *what;            /* what is behind the line, for errors of the target: "chunk 'x' of ..."; NULL; borrowed */
	bool missing;                /* the last failure was a change that found no row as it should be */
	bool located;                /* the last failure's message names input and line */
	uint64_t failed_line;        /* of the statement that failed; 0: none, or our own */
	long long failed_rows;       /* that it was to write, from that line on */
	bool no_foreign;             /* the session's foreign_key_checks stay off: rows are loaded */
};

int dts_runner_init(struct dts_runner *r, struct dts_session *s, struct dts_error *err);

/* Sets the session back after a failure, wherever it came: mode and checks. */
void dts_runner_reset(struct dts_runner *r);

/* Puts input and line before the message of an error; returns -1. */
int dts_runner_where(struct dts_runner *r, uint64_t line, struct dts_error *err);

/*
 * Runs the plan's statements, several in a packet, and holds each answer
 * against what the statement expects: rows, no warning, the guard's row. Stops
 * at the first that differs, with the record's line, its SQL and the server's
 * words; the caller rolls back. The plan is left as it is. A session that prints
 * gets the statements, each on a line, and answers nothing.
 */
int dts_runner_run(struct dts_runner *r, struct dts_plan *p, struct dts_error *err);

/* Is the warning about the words of a statement, not about what it does? */
bool dts_warning_is_deprecation(unsigned number);

#endif
