#ifndef DTS_SCHEMA_READER_H
#define DTS_SCHEMA_READER_H

#include "schema/port.h"
#include "schema/program.h"
#include "schema/stage.h"
#include "schema/users.h"

/*
 * The structure of what is selected, read from a server's catalog as statements in the words of the target's
 * family, in the order in which they can be run. Each has the session settings under which it makes the same object
 * again on any server.
 */

enum dts_schema_result {
	DTS_SCHEMA_DONE,    /* the same at the target */
	DTS_SCHEMA_CHANGED, /* `told.why` says what is otherwise there */
	DTS_SCHEMA_REFUSED, /* it is not made: the target's family has no such thing, or the source cannot use it itself */
};

/* One statement. Borrowed until the next is read. */
struct dts_schema_statement {
	const struct dts_schema_object *object;
	enum dts_stage stage;
	enum dts_schema_result result;
	bool more;               /* another one of what was told already: of the same object and stage */
	struct dts_ported told;
	enum dts_ddl_kind kind;  /* of `sql`; DTS_DDL_DML: a sequence that is to move on: `sql` is empty */
	struct dts_slice db;     /* the default database */
	struct dts_buf sql, context; /* the context is a JSON object */
	struct dts_buf next, cycle;  /* a sequence's next_not_cached_value and cycle_count */
};

struct dts_schema_options {
	enum dts_family target; /* for whom the statements are */
	unsigned stages;        /* bits of enum dts_stage */
	bool accounts;          /* users, roles and privileges too */
	bool enable_events;     /* nothing but statements that enable events */
	struct dts_definer definer;
};

struct dts_schema_reader {
	struct dts_session *session; /* borrowed */
	struct dts_schema_options options;
	struct dts_schema_objects objects;
	struct dts_accounts accounts;
	struct dts_schema_object *account_objects; /* one each, of no database */
	struct dts_list unseen;  /* what the account may not see, a line for people each */
	struct dts_list missing; /* objects that are not made, by dts_accounts_object() */
	struct dts_schema_step *steps;
	size_t step_count, step_room, next_step;
	struct dts_schema_statement *queue; /* what the last step came to */
	size_t queued, queue_room, next_queued;
	struct dts_buf table_context, text;
	struct dts_map check_names; /* those printed for MySQL */
	struct dts_ddl ddl;
	struct dts_buf why;
};

/* `texts`: the operands that the selection came from. The catalog is read from
 * here on, so that a position taken before is not later than any of it. */
int dts_schema_reader_open(struct dts_schema_reader *r, struct dts_session *s, const struct dts_schema_options *o,
			   const struct dts_selection *sel, const struct dts_list *texts, struct dts_error *err);

/* The next one: 1; 0: that was all; -1. One that is REFUSED has no statement. */
int dts_schema_reader_next(struct dts_schema_reader *r, struct dts_schema_statement **st, struct dts_error *err);

void dts_schema_reader_close(struct dts_schema_reader *r);

/* Appends its record: a `ddl`, or a `setval`. */
int dts_schema_add_record(struct dts_schema_reader *r, const struct dts_schema_statement *st, struct dts_buf *out,
			  struct dts_error *err);

/* Appends its line of a report, a JSON object. */
void dts_schema_add_report(const struct dts_schema_statement *st, struct dts_buf *out);

#endif
