#ifndef DTS_VERIFY_INTERNAL_H
#define DTS_VERIFY_INTERNAL_H

#include "base/hash.h"
#include "mysql/keyrange.h"
#include "mysql/select.h"
#include "verify/digest.h"
#include "verify/verify.h"

/* What the files of this room share. */

enum {
	DIGEST_LEN = 64,          /* hexadecimal digits */
	DEPTH_MAX = 48,           /* halvings of a range: servers that order keys differently might not end */
	LEAF_ROWS = 4096,         /* a range this small is fetched by key and digest */
	SUSPECTS_MAX = 20000,     /* held before they are settled */
	BATCH_ROWS = 200,         /* rows asked for by key in one statement */
	BATCH_BYTES = 4 << 20,    /* and about how much they may hold */
	COUNTS_MAX = 200000,      /* digests of a table without a key held at once */
	COUNTS_BATCH = 20000,     /* digests in one IN list */
};

/* A row that was not the same on both sides when it was looked at. */
struct suspect {
	char *key[DTS_SIDES];  /* what dts_verify_key_literal() said there; NULL: no row there */
	uint64_t bytes;        /* about how large */
	bool settled;          /* found equal, or already part of another suspect */
	char digest[DTS_SIDES][DIGEST_LEN + 1]; /* as last seen; "" when there is no row */
	struct dts_buf row[DTS_SIDES];          /* as a record's object, while being written */
};

struct suspects {
	struct suspect *items;
	size_t count, room;
	struct dts_map by_key; /* key text -> index + 1 */
};

/* Columns that both servers compute. */
struct generated {
	struct generated_column {
		size_t column;
		bool differs;
	} *items;
	size_t count;
	struct dts_buf sums;    /* SQL: ",COUNT(*),SUM(...)" for each */
	struct dts_buf others;  /* SQL: the digest of a row, without the documents */
	struct dts_buf skipped; /* "a, b": documents, which the servers write in their own ways */
	bool warn;              /* computing them makes warnings */
	bool missed;            /* not all ranges could be compared as a whole */
	bool failed;            /* a server cannot compute them */
};

/* One table while it is compared. */
struct table_work {
	struct dts_pair *pair;
	const struct dts_verify_options *o;
	struct dts_output *out;
	uint64_t *records;
	const struct dts_table *table;
	struct dts_verify_result *result;

	struct dts_schema schema[DTS_SIDES]; /* the target's columns in the source's order */
	struct dts_column *ordered;
	const struct dts_key *key; /* the source's; NULL: compare by counting */
	struct dts_key key_at[DTS_SIDES]; /* its columns under the name that the index has there */
	const struct dts_column **key_columns;
	bool text_key;             /* keys may be equal without being the same bytes */
	bool mixed;                /* one server is MySQL, the other MariaDB */
	bool documents;            /* digests of equal rows may differ: see dts_verify_same_row() */
	unsigned depth;            /* of halved ranges */
	struct dts_buf digest;     /* SQL */
	struct dts_buf size;       /* SQL */
	struct dts_buf key_list;   /* SQL: the key's columns as dts_verify_key_literal() wants them */
	struct dts_buf key_order;  /* SQL: `a`,`b` */
	struct dts_buf from[DTS_SIDES];
	struct dts_row_writer *writer[DTS_SIDES];
	bool schema_written;

	struct dts_buf sql[DTS_SIDES];
	struct dts_buf scratch;
	char what[400]; /* "cannot compare 'db'.'table'" */
	struct suspects suspects;
	struct generated generated;
};

/* Two servers' sums over one range. */
struct verify_sums {
	uint64_t rows[DTS_SIDES];
	bool same;
};

/* chunk.c: a table with a key. Bounds may be NULL: open. */
int dts_verify_sums(struct table_work *w, const struct dts_bound *after, const struct dts_bound *upto,
		    struct verify_sums *sums, struct dts_error *err);
int dts_verify_by_key(struct table_work *w, struct dts_error *err);

/*
 * The same over any digest; `generated`: with the generated columns', which are marked where
 * they differ though the rows do not. `strict`: a warning is an error.
 */
int dts_verify_run_sums(struct table_work *w, const struct dts_buf *digest, bool generated, bool strict,
			const struct dts_bound *after, const struct dts_bound *upto, struct verify_sums *sums,
			struct dts_error *err);

/* generated.c: columns that are generated on both sides. `mysql`: as dts_digest_add() has it. */
void dts_verify_generated_prepare(struct table_work *w, bool mysql);
/* Makes good for ranges that could not be compared as a whole, then says what was found. */
int dts_verify_generated_end(struct table_work *w, struct dts_error *err);
void dts_verify_generated_release(struct generated *g);

/* count.c: a table without one. */
int dts_verify_by_count(struct table_work *w, struct dts_error *err);

/* key.c: the key to walk by on both sides, its SQL. */
void dts_verify_key_choose(struct table_work *w);
/* Appends one key, "1" or "(`a`=1 AND `b`=2)", `row` being fetched through key_list. -1: not what its type says. */
int dts_verify_key_literal(struct table_work *w, MYSQL_ROW row, const unsigned long *lengths, struct dts_buf *out,
		struct dts_error *err);
/* Appends "`a` IN (1,2)" or "(`a`=1 AND `b`=2) OR ..." over keys that dts_verify_key_literal() wrote. */
void dts_verify_key_start(struct table_work *w, struct dts_buf *sql);
void dts_verify_key_add(struct table_work *w, struct dts_buf *sql, const char *literal, bool first);
void dts_verify_key_end(struct dts_buf *sql);

/* suspects.c */
void dts_verify_suspect_add(struct table_work *w, const char *key, bool at_source, bool at_target, uint64_t bytes);
void dts_verify_suspects_clear(struct suspects *s);
/* Looks again as often as asked, then writes what still differs and forgets all. */
int dts_verify_suspects_settle(struct table_work *w, struct dts_error *err);

/* row.c: do two rows as records hold the same values, though their digests differ? */
bool dts_verify_same_row(const struct table_work *w, struct dts_slice source, struct dts_slice target);

/* repair.c */
int dts_verify_repair_write(struct table_work *w, struct dts_slice before, struct dts_slice after, struct dts_error *err);

/* Waits; -1 when a stop signal came. */
int dts_verify_wait(const struct table_work *w, struct dts_error *err);
/* -1, err->status DTS_OK, once a stop signal has come. */
int dts_verify_stop_asked(struct dts_error *err);

/* The statements of both sides are built the same way: start, then run. */
static inline void sql_both_adds(struct table_work *w, const char *text)
{
	dts_buf_adds(&w->sql[DTS_SOURCE], text);
	dts_buf_adds(&w->sql[DTS_TARGET], text);
}

static inline void sql_both_add(struct table_work *w, const struct dts_buf *text)
{
	dts_buf_add_slice(&w->sql[DTS_SOURCE], dts_buf_slice(text));
	dts_buf_add_slice(&w->sql[DTS_TARGET], dts_buf_slice(text));
}

/* Clears both and adds "SELECT ". */
static inline void sql_both_start(struct table_work *w)
{
	dts_buf_clear(&w->sql[DTS_SOURCE]);
	dts_buf_clear(&w->sql[DTS_TARGET]);
	sql_both_adds(w, "SELECT ");
}

static inline void sql_both_from(struct table_work *w)
{
	for (int side = 0; side < DTS_SIDES; side++)
		dts_buf_add_slice(&w->sql[side], dts_buf_slice(&w->from[side]));
}

static inline int sql_both_run(struct table_work *w, bool stream, MYSQL_RES *res[DTS_SIDES], struct dts_error *err)
{
	const struct dts_slice sql[DTS_SIDES] = {dts_buf_slice(&w->sql[DTS_SOURCE]),
						 dts_buf_slice(&w->sql[DTS_TARGET])};

	return dts_pair_query(w->pair, sql, stream, res, w->what, err);
}

#endif
