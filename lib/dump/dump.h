#ifndef DTS_DUMP_DUMP_H
#define DTS_DUMP_DUMP_H

#include "dump/pace.h"
#include "dump/queue.h"
#include "dump/rules.h"
#include "mysql/rows.h"
#include "mysql/select.h"
#include "mysql/source.h"

/*
 * All rows of the selected tables as they were in one consistent snapshot, as records
 * of the kind "snapshot", read by several sessions at once. Their position in the binary log is
 * one, known exactly, or each reader's chunks tell where its rows stand. Nothing is locked
 * while rows are read, but the definitions of the selected tables cannot change
 * until the dump has ended: ALTER waits.
 */
struct dts_dump_options {
	const struct dts_connect_options *connect; /* of the readers */
	const struct dts_selection *selection;
	const struct dts_list *texts; /* what the selection was made from */
	const struct dts_dump_rules *rules;
	const struct dts_throttle *throttle;
	uint64_t jobs;       /* readers */
	enum dts_lock lock;  /* how they are brought to one position */
	uint64_t chunk_size; /* bytes of records after which a chunk ends */
	uint64_t limit_rate; /* bytes of records a second; 0: none */
	bool allow_nontransactional, allow_versioned, allow_missing_parents;
};

/* A reader that finds nothing to read waits for the others. */
enum { DTS_DUMP_IDLE_SECONDS = 14 * 86400 };

struct dts_dump_range {
	struct dts_bound after, upto;
};

/* A table, from the beginning of the snapshot on; what its readers share. */
struct dts_dump_table {
	const struct dts_table *table;
	/* To be read: all of it, unless somebody sets this between dts_dump_open() and dts_dump_run();
	 * allocated, the bounds too. No range: nothing is printed. */
	struct dts_dump_range *ranges;
	size_t range_count;
	_Atomic uint64_t number; /* of its last chunk so far; those that are there already count */
	_Atomic uint64_t shards; /* made so far */
	_Atomic uint64_t left;   /* of them not yet read */
	size_t reader;           /* DTS_ANY_READER, or the only one that may read it, in one piece */
	bool exact;              /* only a reader with an exact position may, in one piece */

	/* Set by the first reader that opens it, the same from then on. */
	pthread_mutex_t opening;
	bool open;
	struct dts_schema schema;
	const struct dts_key *key; /* NULL: read whole, by one reader */
	size_t *key_fields;        /* where the key's columns are in a row */
	const char *condition;     /* of --where, or NULL */
	struct dts_buf names;      /* "db":"...","table":"...", */
	struct dts_buf prefix;     /* of a row record, up to its object */
	struct dts_buf id;         /* of a chunk, up to its number */
	_Atomic int sorts;         /* the server: 0 not asked, 1 reads in the order of the key, 2 sorts for it */

	bool told; /* the sink's: its schema record is printed */
};

/*
 * Where the records go. Called by the readers, several at once.
 */
struct dts_sink {
	/* A chunk: its record, its rows, the record of its end; so three parts. The chunks that a reader
	 * brings of one shard follow one another along the key. */
	int (*chunk)(struct dts_sink *sink, struct dts_dump_table *t, size_t reader, const struct dts_slice *parts,
		     size_t count, struct dts_error *err);
	/* The reader's chunks since its last such call, of one shard, were all of that; may be NULL. */
	int (*shard_end)(struct dts_sink *sink, struct dts_dump_table *t, size_t reader, struct dts_error *err);
};

struct dts_dump {
	const struct dts_dump_options *options; /* borrowed, as is the next one */
	struct dts_source *source;
	struct dts_session *sessions; /* one a reader */
	struct dts_snapshot *at;      /* likewise */
	struct dts_session holder;    /* keeps the definitions as they are */
	size_t count;
	struct dts_tables tables;
	struct dts_dump_table *items; /* as many, in the same order */
	struct dts_list left_out; /* for people, a line each */
	struct dts_list notes;    /* likewise: how the position was had */
	uint64_t prepared; /* XA transactions that were prepared as the snapshot began, if we may know */

	struct dts_queue queue;
	struct dts_pace pace;
	struct dts_sink *sink;
	pthread_mutex_t failing;
	struct dts_error error; /* the first one of a reader */
	bool failed;
	int ended; /* an eventfd: readers that have */
	_Atomic uint64_t rows, chunk_rows, done; /* so far: rows, rows and marks of chunks, tables */
	const struct dts_throttle_limit *throttled_by; /* for whose sake the readers pause; NULL: they do not */
	long throttled_at; /* monotonic seconds: when they began to; 0: not */
	bool throttle_told;  /* that it lasts: set by dts_dump_throttle_lasts() */
};

/* Begins the snapshot and sets source->pos. `s` becomes the first reader's session: it is
 * borrowed until dts_dump_close(), and cannot be used after it. */
int dts_dump_open(struct dts_dump *d, const struct dts_session *s, struct dts_source *source,
		  const struct dts_dump_options *options, struct dts_error *err);

/* Reads all there is. SIGINT and SIGTERM go to the calling thread, while it waits. `tick` is called at every
 * signal, and every `milliseconds` (-1: not). */
int dts_dump_run(struct dts_dump *d, struct dts_sink *sink, void (*tick)(struct dts_dump *d), int milliseconds,
		 struct dts_error *err);

/* Have the readers paused for some seconds, without a word about it? True once a pause, and
 * again where it goes on for long. For `tick`. */
bool dts_dump_throttle_lasts(struct dts_dump *d);

void dts_dump_close(struct dts_dump *d);

/* The parts: */

/* Lists the tables, keeps their definitions as they are and begins the snapshot. */
int dts_dump_snapshot(struct dts_dump *d, struct dts_error *err);

/* Refuses a table with a foreign key that changes its rows, unlogged, when those of
 * a table that is not selected change. */
int dts_dump_check_parents(struct dts_dump *d, struct dts_error *err);

#define DTS_DUMP_ALONE SIZE_MAX

/*
 * Tables that are to be read at one position, since what foreign keys do to them is not logged, and
 * dts-apply cannot do it again where they stand at several: for dts_foreign_obstacle(), or
 * for a table without a key. Sets group[i] for each of the dump's tables: a number that
 * those of a group have in common, that of one of them; or DTS_DUMP_ALONE.
 */
int dts_dump_groups(struct dts_dump *d, size_t *group, struct dts_error *err);

/* The readers stand at different positions: says for each table that cannot be
 * read that way who has to read it, or refuses it by name. */
int dts_dump_assign(struct dts_dump *d, struct dts_error *err);

/* The session is that of the reader who does it. */
int dts_dump_table_open(struct dts_dump *d, struct dts_dump_table *t, struct dts_session *s, struct dts_error *err);

/* Opens those that need more than SELECT for it, so that what is missing shows before the first row. */
int dts_dump_open_doubtful(struct dts_dump *d, struct dts_error *err);
void dts_dump_table_release(struct dts_dump_table *t);
int dts_dump_table_where(const struct dts_table *t, struct dts_error *err); /* dts_where() with its name; -1 */

/* Reads shards until there are none. -1: the queue is to be stopped. */
int dts_dump_read(struct dts_dump *d, size_t reader, struct dts_error *err);

/* A shard that is being read, as far as splitting it is concerned (shard.c). */
struct dts_split {
	struct dts_session *session;
	struct dts_dump_table *table;
	const struct dts_bound *last; /* the key up to which it has been read */
	const struct dts_bound *upto;
	uint64_t mean;       /* bytes of a record, about */
	uint64_t chunk_size;
	bool *small;         /* found to be too small, once and for all */
};

/* A key between the two, with rows on either side: 1; 0: none, or not worth it; -1. `rows`: about how many are behind it. */
int dts_dump_split(const struct dts_split *s, struct dts_bound *middle, uint64_t *rows, struct dts_error *err);

/* Does the server sort for this query? 1, 0, -1. */
int dts_dump_sorts(struct dts_session *s, struct dts_slice query, struct dts_error *err);

#endif
