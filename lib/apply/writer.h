#ifndef DTS_APPLY_WRITER_H
#define DTS_APPLY_WRITER_H

#include <stdatomic.h>

#include "apply/bind.h"
#include "apply/bulk.h"
#include "apply/run.h"

/* One session that writes chunks, each in a transaction. Used by one thread. */
struct dts_writer {
	struct dts_session session;
	struct dts_runner runner;
	struct dts_plan plan;
	struct dts_slice guard;     /* the statement that each transaction begins with; may be empty; borrowed */
	const atomic_bool *stop;    /* somebody has failed: roll back soon */
	int stop_fd;                /* readable when it is set */
	size_t packet;              /* bytes of INSERT in a packet, by how long the last ones took */
	bool bind_failed;           /* the last chunk's rows could not go as arrays of parameters, */
	bool load_failed;           /* ... nor by LOAD DATA */

	/* The chunk at hand, row by row */
	const struct dts_bulk_chunk *chunk;
	struct dts_buf what;        /* "chunk 'x' of table 'd.t'" */
	struct dts_record record;
	struct dts_stream_state state;
	const char *at;
	uint64_t line;
	uint64_t narrow_from, narrow_to; /* lines whose rows go alone, to find the one that is refused */
	struct dts_buf text;        /* lines of LOAD DATA not yet taken from text_at on */
	size_t text_at;
	uint64_t loaded;
	struct dts_bind bind;
	bool load_ended;            /* a row ended LOAD DATA: load_err says why, or it wants INSERT */
	struct dts_error load_err;
};

int dts_writer_open(struct dts_writer *w, const struct dts_connect_options *server, struct dts_error *err);
void dts_writer_close(struct dts_writer *w); /* all zero is fine */

/* Writes a chunk and commits, or rolls back: -1, with input, line, chunk and table in the message. */
int dts_writer_apply(struct dts_writer *w, const struct dts_bulk_chunk *c, struct dts_error *err);

#endif
