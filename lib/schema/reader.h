#ifndef DTS_SCHEMA_READER_H
#define DTS_SCHEMA_READER_H

#include "ddl/ddl.h"
#include "mysql/source.h"
#include "schema/port.h"

/*
 * The structure of what is selected, read from a server's catalog as `ddl`
 * records, in the words of the
 * target's family: databases first, then their tables. Each statement carries the
 * session settings under which it makes the same object again on any server.
 */
struct dts_schema_reader {
	struct dts_session *session; /* borrowed, as is the next */
	const struct dts_source *source;
	enum dts_family target; /* for whom the statements are */
	struct dts_databases databases;
	struct dts_tables tables;
	size_t next_database, next_table;
	struct dts_list notes; /* what is left out or doubtful, a line each, for people; grows while reading */
	struct dts_ddl ddl;
	struct dts_buf sql, context;
};

/* `texts`: the operands that the selection came from. The catalog is read from
 * here on, so that a position taken before is not later than any of it. */
int dts_schema_reader_open(struct dts_schema_reader *r, struct dts_session *s, const struct dts_source *source,
			   enum dts_family target, const struct dts_selection *sel, const struct dts_list *texts, struct dts_error *err);

/* Appends the next record: 1; 0: that was all; -1. */
int dts_schema_reader_next(struct dts_schema_reader *r, struct dts_buf *out, struct dts_error *err);

void dts_schema_reader_close(struct dts_schema_reader *r);

#endif
