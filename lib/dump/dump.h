#ifndef DTS_DUMP_DUMP_H
#define DTS_DUMP_DUMP_H

#include "mysql/keyrange.h"
#include "mysql/select.h"
#include "mysql/source.h"

/*
 * All rows of the selected tables as they were in one consistent snapshot,
 * whose position in the binary log is known exactly or lies in a window that
 * the chunks tell, as records of kind "snapshot". Nothing is locked while rows
 * are read, but the definitions of the selected tables cannot change until the
 * dump has ended: ALTER waits.
 */
struct dts_dump_options {
	const struct dts_connect_options *connect; /* a second connection is needed for a moment */
	const struct dts_selection *selection;
	const struct dts_list *texts; /* what the selection was made from */
	uint64_t chunk_size;          /* bytes of records after which a chunk ends */
	bool allow_nontransactional, allow_versioned, allow_missing_parents;
};

/* One table while it is read. */
struct dts_dump_table {
	const struct dts_table *table;
	struct dts_schema schema;
	const struct dts_key *key; /* NULL: read whole, as one chunk */
	size_t *key_fields;        /* where the key's columns are in a row */
	char **key_row;            /* scratch: their values */
	unsigned long *key_lengths;
	struct dts_row_writer *writer;
	MYSQL_RES *result;
	struct dts_buf names;  /* "db":"...","table":"...", */
	struct dts_buf prefix; /* of a row record, up to its object */
	struct dts_buf id;     /* of a chunk, up to its number */
	struct dts_buf pos, end_pos; /* of its chunks, as JSON: no row is older, none is newer */
	struct dts_buf rows;   /* of the chunk, until its end is known */
	struct dts_bound after, upto;
	uint64_t number, count; /* of the chunk, and its rows so far */
	bool full;              /* the next row belongs to the next chunk; `upto` is set */
	bool open;              /* keyless: its one chunk has begun */
};

struct dts_dump {
	struct dts_session *session;       /* borrowed, as are the next two */
	const struct dts_source *source;
	const struct dts_dump_options *options;
	struct dts_tables tables;
	struct dts_list left_out; /* for people, a line each */
	struct dts_list notes;    /* likewise: how the position was had, if not exactly */
	struct dts_dump_table at;
	size_t done; /* tables */
	uint64_t prepared; /* XA transactions that were prepared as the snapshot began, if we may know */
	uint64_t rows, records;
};

/* Begins the snapshot and sets source->pos. */
int dts_dump_open(struct dts_dump *d, struct dts_session *s, struct dts_source *source,
		  const struct dts_dump_options *options, struct dts_error *err);

/* Appends the next records, whole ones, a chunk at most: 1; 0: that was all; -1. */
int dts_dump_next(struct dts_dump *d, struct dts_buf *out, struct dts_error *err);

/* Also in the middle of a table; the session cannot be used after that. */
void dts_dump_close(struct dts_dump *d);

/* The parts: */

/* Lists the tables, keeps their definitions as they are and begins the snapshot. */
int dts_dump_snapshot(struct dts_dump *d, struct dts_source *source, struct dts_error *err);

/* Refuses a table with a foreign key that changes its rows, unlogged, when those of
 * a table that is not selected change. */
int dts_dump_check_parents(struct dts_dump *d, struct dts_error *err);

int dts_dump_table_open(struct dts_dump *d, const struct dts_table *table, struct dts_buf *out,
			struct dts_error *err);
/* 1: appended something; 0: the table has ended. */
int dts_dump_table_next(struct dts_dump *d, struct dts_buf *out, struct dts_error *err);
void dts_dump_table_close(struct dts_dump_table *t);

#endif
