#include "schema/generated.h"

#include <stdlib.h>

#include "ddl/scan.h"

/* One item of the brackets: a column, or a key or constraint. */
struct item {
	struct dts_slice *quoted; /* all of them, borrowed from the statement */
	size_t count, room;
	bool is_column, is_generated, is_plain_key, is_constraint, is_primary;
	bool after_as; /* the word before was AS */
};

static void read_token(struct item *it, const struct dts_sql_scan *s, bool begins)
{
	if (begins) {
		it->is_column = s->type == DTS_SQL_QUOTED;
		it->is_plain_key = dts_sql_is(s, "KEY") || dts_sql_is(s, "FULLTEXT") || dts_sql_is(s, "SPATIAL");
		it->is_primary = dts_sql_is(s, "PRIMARY");
		it->is_constraint = dts_sql_is(s, "CONSTRAINT");
	}
	/* ... AS ROW START is of system versioning, and computed by no expression */
	it->is_generated = (it->is_generated || dts_sql_is(s, "GENERATED")) && !(it->after_as && dts_sql_is(s, "ROW"));
	it->after_as = dts_sql_is(s, "AS");
	if (s->type != DTS_SQL_QUOTED)
		return;
	if (it->count == it->room) {
		it->room = it->room ? 2 * it->room : 16;
		it->quoted = dts_realloc(it->quoted, it->room * sizeof *it->quoted);
	}
	it->quoted[it->count++] = dts_sql_text(s);
}

static void note_column(struct dts_slice name, const char *family, struct dts_list *notes)
{
	struct dts_buf line = {0};

	dts_buf_addf(&line, "generated column %.*s: %s computes its values anew and perhaps others; dts-verify compares them",
		     (int)name.len, name.p, family);
	dts_list_add(notes, dts_buf_text(&line));
	dts_buf_release(&line);
}

static void note_key(const struct item *it, struct dts_slice name, const char *family, struct dts_list *notes)
{
	struct dts_buf line = {0};

	dts_buf_addf(&line, "WARNING: generated column %.*s is in a %s", (int)name.len, name.p,
		     it->is_constraint ? "constraint" : it->is_plain_key ? "key" : "unique key");
	if (!it->is_primary)
		dts_buf_addf(&line, ", %.*s", (int)it->quoted[0].len, it->quoted[0].p);
	dts_buf_addf(&line, ": if %s computes other values, it %s", family,
		     it->is_plain_key ? "finds other rows by them" : "may refuse rows that the source has");
	dts_list_add(notes, dts_buf_text(&line));
	dts_buf_release(&line);
}

struct found {
	struct dts_slice *names; /* of generated columns */
	size_t count, room;
};

static void end_item(struct found *f, struct item *it, const char *family, struct dts_list *notes)
{
	if (it->is_column && it->is_generated) {
		if (f->count == f->room) {
			f->room = f->room ? 2 * f->room : 8;
			f->names = dts_realloc(f->names, f->room * sizeof *f->names);
		}
		f->names[f->count++] = it->quoted[0];
		note_column(it->quoted[0], family, notes);
	}
	for (size_t i = 0; i < f->count && !it->is_column; i++)
		/* The first name of a key or constraint is its own, but for the primary key's. */
		for (size_t k = it->is_primary ? 0 : 1; k < it->count; k++)
			if (dts_slice_eq(it->quoted[k], f->names[i])) {
				note_key(it, f->names[i], family, notes);
				break;
			}
	it->count = 0;
	it->is_column = it->is_generated = it->is_plain_key = it->is_constraint = it->is_primary = false;
}

void dts_schema_note_generated(struct dts_slice sql, enum dts_family target, struct dts_list *notes)
{
	const char *family = target == DTS_MARIADB ? "MariaDB" : "MySQL";
	struct dts_sql_scan s = {0};
	struct found f = {0};
	struct item it = {0};
	bool begins = false;
	int depth = 0;

	for (dts_sql_start(&s, sql, 0); s.type != DTS_SQL_END; dts_sql_next(&s)) {
		int before = depth;
		depth += dts_sql_is_char(&s, '(') - dts_sql_is_char(&s, ')');
		if (before == 0 && depth == 1) {
			begins = true;
			continue;
		}
		if (before == 0)
			continue;
		if (depth == 0 || (depth == 1 && dts_sql_is_char(&s, ','))) {
			end_item(&f, &it, family, notes);
			begins = true;
			if (depth == 0)
				break;
			continue;
		}
		read_token(&it, &s, begins);
		begins = false;
	}
	free(f.names);
	free(it.quoted);
}
