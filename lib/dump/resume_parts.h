#ifndef DTS_DUMP_RESUME_PARTS_H
#define DTS_DUMP_RESUME_PARTS_H

#include "dump/resume.h"

/* What the parts of a resumed dump share. */
struct dts_resume_mark {
	uint64_t number; /* of the chunk's id; 0: none */
	char *bounds, *low, *high;
};

/* Take what is there of a table: a dts_definition_fn and a dts_mark_fn, with the struct dts_resume as their context. */
int dts_resume_take_definition(void *context, const struct dts_definition *d, struct dts_error *err);
int dts_resume_take_mark(void *context, const struct dts_chunk_mark *m, struct dts_error *err);

/* NULL: the checkpoint knows nothing of it. */
struct dts_resume_table *dts_resume_find(struct dts_resume *r, struct dts_slice db, struct dts_slice table);

/* resume_ended.c: DTS_REFUSED unless what is there of the table was read under this condition of --where (NULL: none). */
int dts_resume_check_where(const struct dts_resume *r, const struct dts_resume_table *t, const char *now, struct dts_error *err);

/* What is there of the table does not count. The first reason is kept. */
void dts_resume_again(struct dts_resume_table *t, const char *reason);

/* resume_log.c: DTS_GONE if the log of `source`, whose snapshot is taken, is not the one that what is there was
 * read from. `s` is asked. */
int dts_resume_check_log(const struct dts_resume *r, const struct dts_source *source, struct dts_session *s, struct dts_error *err);

/* resume_join.c: tables of one group (dts_dump_groups()) are read again
 * together, unless what is there of them is of one position, and they are there in full or
 * the rest is read at that position, too. */
int dts_resume_join(struct dts_resume *r, struct dts_dump *d, struct dts_error *err);

/* Where a dump begins that may go on later: notes which tables are such groups. */
int dts_resume_tell_groups(struct dts_resume *r, struct dts_dump *d, struct dts_error *err);

#endif
