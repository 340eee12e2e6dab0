#ifndef DTS_APPLY_TABLE_H
#define DTS_APPLY_TABLE_H

#include "charset/charset.h"
#include "mysql/catalog.h"
#include "record/position.h"
#include "record/row.h"

/* How a value becomes text of LOAD DATA: load.c, load_text.c. */
enum dts_load_how {
	DTS_LOAD_NEVER,
	DTS_LOAD_DIGITS, DTS_LOAD_YEAR, DTS_LOAD_BITS,
	DTS_LOAD_FLOAT, DTS_LOAD_FLOAT_IN_FULL, DTS_LOAD_DOUBLE,
	DTS_LOAD_TIME, /* dates and times */
	DTS_LOAD_UTF8, DTS_LOAD_UTF8MB3, DTS_LOAD_ASCII,
	DTS_LOAD_CHARSET, /* text as bytes in load_charset */
	DTS_LOAD_CONVERT, /* text that the server converts */
	DTS_LOAD_BYTES,
	DTS_LOAD_LABEL, DTS_LOAD_MEMBER, /* ENUM and SET by text, by number */
	DTS_LOAD_JSON,
	DTS_LOAD_UUID, DTS_LOAD_INET4, DTS_LOAD_INET6,
};

/* How a record's value becomes SQL for one column of the target. */
struct dts_apply_column {
	const struct dts_column *source;
	const struct dts_column *target;
	const struct dts_charset *charset; /* text is sent as bytes in it; NULL: sent as UTF-8 */
	bool same_charset; /* bytes of the source are bytes of the target */
	bool written;      /* false: generated at the target, or absent from records */
	enum dts_load_how load;
	const struct dts_charset *load_charset;
};

/* Would the target make something else of NULL, without a word: the next number where the column has AUTO_INCREMENT, the
 * time of day (explicit_defaults_for_timestamp=OFF)? Then it must not be sent: no NULL is right for a NOT NULL column. */
static inline bool dts_apply_column_fills(const struct dts_apply_column *c)
{
	return !c->target->nullable && (c->target->type == DTS_TYPE_TIMESTAMP || c->target->type == DTS_TYPE_INTEGER ||
					c->target->type == DTS_TYPE_FLOAT || c->target->type == DTS_TYPE_DOUBLE);
}

/* Positions between which rows of a table may be there already (design of the
 * full phase: man dts-apply, WINDOWS). */
struct dts_window {
	bool asked; /* the checkpoint, for it */
	bool known;
	struct dts_position low, high;
};

/* How the chunks of a table are written by several at once: bulk.c's. */
struct dts_bulk_table {
	uint64_t chunks;   /* that came */
	bool serial;       /* a LOAD DATA keeps others from its AUTO_INCREMENT column */
	bool bind;         /* its rows go as arrays of parameters instead */
	bool insert_only;  /* neither is for it */
	unsigned loading;  /* LOAD DATAs that are running */
};

/* What else acts on its rows at the target: dts_batch_learn(). */
struct dts_batch_table {
	bool known; /* the following */
	bool acts;  /* it has triggers, or a history of its own, or cannot roll back */
	bool tied;  /* by foreign keys, its own or another table's */
	bool keeps; /* columns that the stream does not bring, whose values go with their row */
};

/*
 * A table of the stream tied to its table at the target. Columns are matched by
 * name. The schema is what the stream last said; the target's side is read when
 * the table is first used and again after DDL.
 */
struct dts_apply_table {
	struct dts_schema schema;  /* of the stream */
	struct dts_buf schema_line; /* the record it came from, to tell whether it changed */
	bool bound;                /* the target's side below is read */
	bool from_log;             /* of a stream of changes */
	bool unknown;              /* the full phase has not loaded it (known.c) */
	bool computes;             /* the target has generated columns */
	struct dts_schema target;
	struct dts_apply_column *columns; /* one a column of `schema` */
	const struct dts_key *key; /* of the target: finds a row; NULL: whole rows are compared */
	size_t *key_columns;       /* its columns as indexes into `schema` */
	struct dts_row_form *form; /* the rows of dts-dump: dts_row_form_read() */
	struct dts_buf insert;     /* "INSERT INTO `db`.`t` (`a`,`b`) VALUES " */
	struct dts_window window;
	bool kept;      /* a snapshot's definition of it is in the checkpoint */
	bool acted;     /* the target has the foreign keys that its changes rely on (actions.c) */
	bool learned;   /* what its changes claim is known (conflict.h) */
	bool looked_at; /* its first chunk has come: what earlier runs left was dealt with */
	struct dts_bulk_table bulk;
	struct dts_batch_table batch;
};

struct dts_apply_checks {
	bool allow_nontransactional;
	bool allow_triggers;
	bool allow_versioned;
	bool allow_extra_columns; /* of the target, filled by their defaults */
	bool snapshot; /* the schema comes with foreign keys: compare those with actions */
	/* Adds foreign keys that the target has not now and will have; NULL: there are none. */
	int (*noted)(void *arg, struct dts_schema *target, struct dts_error *err);
	void *noted_arg;
};

void dts_apply_table_free(void *table);

/*
 * Ties the table to the target and checks all that applying relies on: that it
 * is there, its engine, triggers, that it has every column in a type that takes
 * every value, and, of a snapshot, no foreign key that would act where the source's does not. -1:
 * DTS_REFUSED with the table's name and what to do.
 */
int dts_apply_table_bind(struct dts_apply_table *t, struct dts_session *s, const struct dts_apply_checks *checks,
			 struct dts_error *err);

/* Do two foreign keys do the same? Whatever their names and that of the parent. */
bool dts_apply_same_foreign(const struct dts_foreign *f, const struct dts_foreign *g);

/* The same without a server, from a target schema that is already in t->target. */
int dts_apply_table_match(struct dts_apply_table *t, struct dts_error *err);

/* Spreads the members of a record's object over `values`, by column of the
 * schema; absent ones get raw.p NULL. A name that the schema lacks or that
 * comes twice is DTS_BAD_INPUT. */
int dts_apply_table_spread(const struct dts_apply_table *t, struct dts_slice object, struct dts_json *values,
			   struct dts_error *err);

/*
 * The values of a line that must be a row record of this table: in one walk where
 * dts-dump wrote it (record/row.h), else parsed into `r` and spread. The line is checked in
 * any case. Threads may share the table, each with its own `r` and `values`.
 */
int dts_apply_table_row(const struct dts_apply_table *t, struct dts_slice line, struct dts_record *r,
			struct dts_json *values, struct dts_error *err);

#endif
