#include "binlog/capture_parts.h"

/*
 * What foreign keys change in turn is not in the log of MariaDB, nor in that of a MySQL whose
 * InnoDB does it. Its table is described there, though, before the rows of the statement that
 * may have done it, and then has none (seen on 10.11 and 11.8): so it is told once a table. One that refers to
 * itself has rows, so that each change of it may have done more.
 */

static struct dts_slice id_of(const struct dts_capture *c, size_t i)
{
	return dts_slice(c->mapped.data + i * sizeof(uint64_t), sizeof(uint64_t));
}

static size_t mapped_count(const struct dts_capture *c)
{
	return c->mapped.len / sizeof(uint64_t);
}

void dts_capture_unlogged_map(struct dts_capture *c, uint64_t table_id)
{
	if (c->options.notice && c->options.catalog && !c->quiet)
		dts_buf_add(&c->mapped, &table_id, sizeof table_id);
}

static void tell(struct dts_capture *c, const struct dts_schema *s, const struct dts_log_acting *a)
{
	struct dts_buf line = {0};

	dts_buf_addf(&line, "warning: '%.*s.%.*s': what its foreign key '%.*s' (ON %s %.*s) does to rows is not in the log, and may have been "
		     "done before %s:%llu: only where the target has that key, too, does it stay alike", (int)s->db.len, s->db.p,
		     (int)s->table.len, s->table.p, (int)a->name.len, a->name.p, a->on, (int)a->rule.len, a->rule.p, c->at.file,
		     (unsigned long long)c->at.offset);
	c->options.notice(dts_buf_text(&line));
	dts_buf_release(&line);
}

static void ask(struct dts_capture *c, struct dts_log_table *t)
{
	struct dts_error ignored = DTS_ERROR_INIT; /* nothing that would have to stop */
	struct dts_schema s = {0};

	int found = c->options.catalog(c->options.context, t->schema.db, t->schema.table, &s, &ignored);
	dts_log_table_acting(t, found > 0 ? &s : NULL);
	dts_schema_release(&s);
}

/* The catalog was asked when the table was described, but for one that a history has. */
static void learn(struct dts_capture *c, struct dts_log_table *t)
{
	if (!t->acting_known)
		ask(c, t);
}

void dts_capture_unlogged_rows(struct dts_capture *c, const struct dts_event_rows *r)
{
	const uint64_t table_id = r->table_id;
	size_t left = 0;

	if (mapped_count(c) == 0)
		return;
	for (size_t i = 0; i < mapped_count(c); i++)
		if (memcmp(id_of(c, i).p, &table_id, sizeof table_id) != 0)
			memmove(c->mapped.data + left++ * sizeof table_id, id_of(c, i).p, sizeof table_id);
	c->mapped.len = left * sizeof table_id;
	struct dts_log_table *t = r->kind == DTS_ROWS_INSERT ? NULL : dts_log_tables_get(&c->tables, table_id);
	if (!t || t->skipped || t->mysql)
		return;
	learn(c, t);
	if (t->acting_itself.name.p && dts_log_tables_tell_once(&c->tables, t))
		tell(c, &t->schema, &t->acting_itself);
}

void dts_capture_unlogged_end(struct dts_capture *c)
{
	for (size_t i = 0; i < mapped_count(c); i++) {
		uint64_t id;

		memcpy(&id, id_of(c, i).p, sizeof id);
		struct dts_log_table *t = dts_log_tables_get(&c->tables, id);
		if (!t || t->skipped || t->is_sequence)
			continue;
		learn(c, t);
		if (t->acting.name.p && dts_log_tables_tell_once(&c->tables, t))
			tell(c, &t->schema, &t->acting);
	}
	dts_buf_clear(&c->mapped);
}
