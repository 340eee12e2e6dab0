#ifndef DTS_VERIFY_VERIFY_H
#define DTS_VERIFY_VERIFY_H

#include "base/output.h"
#include "base/pattern.h"
#include "mysql/catalog.h"
#include "verify/pair.h"

/*
 * Compares the tables of two servers and writes the differences as a repair
 * stream. A table with a key that is usable on both sides is compared range by range:
 * a sum of row digests is computed on both servers at once, a range whose
 * sums differ is halved until it is small, its keys and digests are fetched from both and
 * matched. A table without such a key is compared by counting: how often each
 * digest occurs. Memory does not grow with the tables.
 */
struct dts_verify_options {
	const struct dts_selection *selection;
	uint64_t chunk_rows;   /* rows of a range; 0: 10000 */
	uint64_t recheck;      /* how often a differing row is looked at again */
	double recheck_wait;   /* seconds before each time */
	const char *src;       /* of the stream record */
	/* Told now and then; may be NULL. `rows` are those of the current table so far. */
	void (*progress)(void *arg, const struct dts_table *table, uint64_t rows);
	void *progress_arg;
};

enum dts_verdict {
	DTS_SAME,
	DTS_ROWS_DIFFER,
	DTS_GENERATED_DIFFER, /* the rows are the same, what the servers compute from them is not: `why` says which columns */
	DTS_COLUMNS_DIFFER, /* not compared: `why` says which */
	DTS_MISSING,        /* at the target */
	DTS_EXTRA,          /* the target has it, the source does not */
	DTS_VERDICTS
};

const char *dts_verdict_name(enum dts_verdict v);

/* What was found about one table; borrowed until the next one. */
struct dts_verify_result {
	struct dts_slice db, table;
	enum dts_verdict verdict;
	uint64_t rows;      /* at the source */
	uint64_t different; /* rows: a changed row of a table without a key counts twice */
	struct dts_buf why;
};

struct dts_verify; /* opaque */

/* Lists the tables of both servers and writes the stream record. `pair` and `out` are borrowed. */
struct dts_verify *dts_verify_begin(const struct dts_verify_options *o, struct dts_pair *pair,
				    struct dts_output *out, struct dts_error *err);

/* How many tables there are on either side, and the longest "db.table" in bytes. */
size_t dts_verify_tables(const struct dts_verify *v, size_t *longest);

/*
 * Compares the next table, by name: 1, or 0 when there are no more. -1 with
 * err->status DTS_OK: a stop signal came.
 */
int dts_verify_next(struct dts_verify *v, struct dts_verify_result **result, struct dts_error *err);

/* Writes the end record. */
int dts_verify_end(struct dts_verify *v, struct dts_error *err);

void dts_verify_free(struct dts_verify *v); /* NULL is fine */

#endif
