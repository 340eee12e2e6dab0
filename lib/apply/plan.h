#ifndef DTS_APPLY_PLAN_H
#define DTS_APPLY_PLAN_H

#include "apply/literal.h"
#include "record/record.h"

/*
 * From a change to the statements that make it at the target. Pure: bytes in,
 * SQL out, so that a test can read the plan.
 */

/* How sure we are that the target stands right before the change. */
enum dts_plan_mode {
	DTS_PLAN_STRICT,   /* exactly there: each change touches exactly one row, which is as its before image says */
	DTS_PLAN_CONVERGE, /* inside the table's window: may have been made already */
};

enum {
	DTS_EXPECT_ANY = -1, /* any number of rows */
};

/* One statement and what the server must answer. */
struct dts_statement {
	size_t at, len;    /* its text in `sql` of the batch */
	long long rows;    /* affected (matched) rows, or DTS_EXPECT_ANY */
	unsigned enum_zeros; /* ENUM error values in it: run without strict mode, as many warnings 1265 expected */
	bool guard;        /* must return one row or write some, else another run has taken over */
	bool computes;     /* the table has generated columns, which may warn */
	bool commits;      /* a COMMIT: what it warns of is there all the same */
	const struct dts_schema *target; /* its table, to judge warnings; NULL: our own statement */
	uint64_t line;     /* of the record, for messages; 0: our own statement */
};

/* Statements in order. All zero is empty; memory is kept when cleared. */
struct dts_plan {
	struct dts_buf sql;
	struct dts_statement *statements;
	size_t count, cap;
	struct dts_literal_scratch scratch;
	struct dts_json *values, *before; /* room for one row each: of a chunk, or a change's */
	size_t values_cap;
	bool value_refused; /* a change could not be planned, for the target cannot hold one of its values */
};

void dts_plan_release(struct dts_plan *p);
void dts_plan_clear(struct dts_plan *p);

/* Adds COMMIT. What stands before it should be known to be right: run by itself. */
void dts_plan_commit(struct dts_plan *p);

/* Ends the statement whose text was put into p->sql from `at` on. */
void dts_plan_add(struct dts_plan *p, size_t at, struct dts_statement expected);

/*
 * Adds the statements of an insert, update or delete. The table must be bound.
 * DTS_BAD_INPUT: the record does not fit the schema; DTS_REFUSED: it cannot be
 * applied as asked (a partial image where a whole one is needed). The table is only read.
 * p->before and p->values have its images afterwards.
 */
int dts_plan_change(struct dts_plan *p, const struct dts_apply_table *t, const struct dts_record *r,
		    enum dts_plan_mode mode, uint64_t line, struct dts_error *err);

/* The same, strict, of images that are spread already: `before` of an update or delete, `after` of an insert or
 * update, by column of the schema. The table is only read. */
int dts_plan_images(struct dts_plan *p, const struct dts_apply_table *t, const struct dts_json *before,
		    const struct dts_json *after, enum dts_op op, uint64_t line, struct dts_error *err);

/* Values of a before image that are longer, as they stand in the record, are not compared: their row would go
 * over the wire twice. */
enum { DTS_PLAN_COMPARED = 64 * 1024 };

/* Is this column's value of a before image compared, besides the key that finds the row? Not
 * documents, whose text is the server's own to choose. */
bool dts_plan_compares(const struct dts_apply_table *t, size_t column, struct dts_json before);

/* Spreads the images of a change over p->before and p->values, until the next change is planned. */
int dts_plan_spread(struct dts_plan *p, const struct dts_apply_table *t, const struct dts_record *r, struct dts_error *err);

/* Append a condition to p->sql: for the row that has the key of an image, which the table must have (t->key); ... */
int dts_plan_add_key(struct dts_plan *p, const struct dts_apply_table *t, const struct dts_json *row, struct dts_error *err);
/* ... for rows with the image's values in a unique key of the target: 1; 0: such a row there cannot be, or it
 * cannot be told; nothing is appended. */
int dts_plan_add_unique(struct dts_plan *p, const struct dts_apply_table *t, const struct dts_key *key,
			const struct dts_json *row, struct dts_error *err);

/* How a change is made that does not fit the target. */
struct dts_overwrite {
	bool missing;  /* its row is not there: an UPDATE inserts, a DELETE has nothing to do; else the row is found by its key
			* alone, whatever else it holds */
	bool clear;    /* rows that hold unique values of the new one are deleted first, ... */
	bool in_place; /* ... but for the one that has its key, which becomes the new one instead of an INSERT */
};

/* Adds the statements for that; dts_plan_spread() came before. DTS_REFUSED where an image lacks columns. */
int dts_plan_overwrite(struct dts_plan *p, const struct dts_apply_table *t, const struct dts_record *r,
		       struct dts_overwrite how, uint64_t line, struct dts_error *err);

/*
 * Adds what a `setval` record says of a sequence. SETVAL leaves one that is further on already
 * as it is, so that it may be repeated; and, being no part of the transaction, it stays where that is rolled
 * back, as at the source (MariaDB's manual, "SETVAL", "Sequence Overview").
 */
int dts_plan_setval(struct dts_plan *p, const struct dts_record *r, uint64_t line, struct dts_error *err);

/* Room for the values of one row of that many columns; the plan's own. */
struct dts_json *dts_plan_values(struct dts_plan *p, size_t count);

/*
 * Adds a row of a chunk: continues the INSERT that the plan ends with while it
 * is of the same table and below `max_bytes`, else starts one. The table is only
 * read, so that several threads may plan rows of it at once.
 */
int dts_plan_row(struct dts_plan *p, const struct dts_apply_table *t, const struct dts_record *r, size_t max_bytes,
		 uint64_t line, struct dts_error *err);

/* The same of values that are spread already. */
int dts_plan_more(struct dts_plan *p, const struct dts_apply_table *t, const struct dts_json *values, size_t max_bytes,
		  uint64_t line, struct dts_error *err);

#endif
