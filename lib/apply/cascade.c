#include "apply/cascade.h"

#include <stdlib.h>
#include <strings.h>

#include "mysql/quote.h"

void dts_cascades_release(struct dts_cascades *c)
{
	for (size_t i = 0; i < c->table_count; i++) {
		dts_schema_release(&c->tables[i].schema);
		free(c->tables[i].to_db);
		free(c->tables[i].to_table);
	}
	free(c->tables);
	free(c->links);
	free(c->group);
	*c = (struct dts_cascades){0};
}

void dts_cascades_add(struct dts_cascades *c, struct dts_schema *schema, struct dts_slice to_db, struct dts_slice to_table)
{
	if (c->table_count == c->table_cap) {
		c->table_cap = c->table_cap ? c->table_cap * 2 : 64;
		c->tables = dts_realloc(c->tables, c->table_cap * sizeof *c->tables);
	}
	c->tables[c->table_count] = (struct dts_cascade_table){
		.schema = *schema,
		.to_db = dts_slice_dup(to_db),
		.to_table = dts_slice_dup(to_table),
	};
	c->table_count++;
	*schema = (struct dts_schema){0};
}

static bool same_nocase(struct dts_slice a, struct dts_slice b)
{
	return a.len == b.len && strncasecmp(a.p, b.p, a.len) == 0;
}

/* Where case does not count (lower_case_table_names), a foreign key's names may be in lower case. */
long dts_cascades_find(const struct dts_cascades *c, struct dts_slice db, struct dts_slice table)
{
	long like = -1;

	for (size_t i = 0; i < c->table_count; i++) {
		const struct dts_schema *s = &c->tables[i].schema;
		if (dts_slice_eq(s->source_db, db) && dts_slice_eq(s->source_table, table))
			return (long)i;
		if (same_nocase(s->source_db, db) && same_nocase(s->source_table, table))
			like = (long)i;
	}
	return like;
}

static void add_link(struct dts_cascades *c, size_t child, size_t parent, const struct dts_foreign *f)
{
	if (c->link_count == c->link_cap) {
		c->link_cap = c->link_cap ? c->link_cap * 2 : 64;
		c->links = dts_realloc(c->links, c->link_cap * sizeof *c->links);
	}
	c->links[c->link_count++] = (struct dts_foreign_link){child, parent, f};
}

/* The parent as the child's definition names it: as it is at the target, for dts-filter --route renames it there, too. Several
 * sources of one table of the target are all parents. */
static void link_parents(struct dts_cascades *c, size_t child, const struct dts_foreign *f)
{
	bool found = false;

	for (size_t i = 0; i < c->table_count; i++) {
		if (!dts_slice_is(f->to_db, c->tables[i].to_db) || !dts_slice_is(f->to_table, c->tables[i].to_table))
			continue;
		add_link(c, child, i, f);
		found = true;
	}
	long parent = found ? -1 : dts_cascades_find(c, f->to_db, f->to_table);
	if (parent >= 0)
		add_link(c, child, (size_t)parent, f);
}

void dts_cascades_join(struct dts_cascades *c)
{
	for (size_t i = 0; i < c->table_count; i++)
		for (size_t j = 0; j < c->tables[i].schema.foreign_count; j++) {
			const struct dts_foreign *f = &c->tables[i].schema.foreign[j];
			if (dts_foreign_acts(f->on_delete) || dts_foreign_acts(f->on_update))
				link_parents(c, i, f);
		}
	c->group = dts_realloc(c->group, (c->table_count + 1) * sizeof *c->group);
	dts_foreign_groups(c->links, c->link_count, c->group, c->table_count);
}

/* A kept definition: its text, and the table's names at the target. */
static int take_row(struct dts_cascades *c, MYSQL_ROW row, const unsigned long *len, struct dts_record *r,
		    struct dts_error *err)
{
	struct dts_schema schema = {0};

	if (dts_record_parse(r, dts_slice(row[0], len[0]), err) < 0 || dts_schema_parse(&schema, r, err) < 0)
		return dts_where(err, "a definition in the checkpoint");
	dts_cascades_add(c, &schema, dts_slice(row[1], len[1]), dts_slice(row[2], len[2]));
	return 0;
}

int dts_cascades_load(struct dts_cascades *c, const struct dts_checkpoint *checkpoint, struct dts_slice src,
		      struct dts_error *err)
{
	struct dts_buf sql = {0};
	struct dts_record r;
	int rc = 0;

	dts_cascades_release(c);
	dts_buf_adds(&sql, "SELECT definition, to_db, to_tbl FROM ");
	dts_checkpoint_table(checkpoint, "source_table", &sql);
	dts_buf_adds(&sql, " WHERE ");
	dts_checkpoint_where(checkpoint, src, &sql);
	dts_buf_adds(&sql, " AND definition<>''");
	MYSQL_RES *res = dts_session_query(checkpoint->session, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	if (!res)
		return -1;
	dts_record_init(&r);
	for (MYSQL_ROW row; rc == 0 && (row = mysql_fetch_row(res));)
		rc = take_row(c, row, mysql_fetch_lengths(res), &r, err);
	dts_record_release(&r);
	mysql_free_result(res);
	if (rc == 0)
		dts_cascades_join(c);
	return rc;
}

static bool deletes(const struct dts_foreign_link *l)
{
	return dts_slice_is(l->foreign->on_delete, "CASCADE");
}

/* Appends `a`=1 AND `b`='x': the child's columns are the parent's values. False when one of these is NULL, which
 * refers to nothing. */
static int add_children(struct dts_plan *p, const struct dts_foreign_link *l, const struct dts_apply_table *parent,
			struct dts_error *err)
{
	const struct dts_foreign *f = l->foreign;
	unsigned enum_zeros = 0;

	for (size_t i = 0; i < f->count; i++) {
		long at = dts_schema_column(&parent->schema, f->to_columns[i], i);
		struct dts_json value = at >= 0 ? p->before[at] : (struct dts_json){0};
		if (!value.raw.p || !parent->columns[at].written) {
			dts_fail(err, DTS_REFUSED, "inside the table's window the before image lacks column '%.*s', to which foreign key '%.*s' refers",
				 (int)f->to_columns[i].len, f->to_columns[i].p, (int)f->name.len, f->name.p);
			return dts_hint(err, "set binlog_row_image=FULL at the source and repeat the full phase");
		}
		if (value.type == DTS_JSON_NULL)
			return 0;
		dts_buf_adds(&p->sql, i ? " AND " : " WHERE ");
		dts_sql_ident(&p->sql, f->columns[i]);
		dts_buf_addc(&p->sql, '=');
		if (dts_literal_add(&p->sql, &parent->columns[at], value, &enum_zeros, &p->scratch, err) < 0)
			return -1;
	}
	return 1;
}

static int plan_delete(const struct dts_cascades *c, struct dts_plan *p, const struct dts_foreign_link *l,
		       const struct dts_apply_table *parent, uint64_t line, struct dts_error *err)
{
	const struct dts_cascade_table *child = &c->tables[l->child];
	size_t at = p->sql.len;

	if (deletes(l)) {
		dts_buf_adds(&p->sql, "DELETE FROM ");
		dts_sql_table(&p->sql, dts_slice_of(child->to_db), dts_slice_of(child->to_table));
	} else {
		dts_buf_adds(&p->sql, "UPDATE ");
		dts_sql_table(&p->sql, dts_slice_of(child->to_db), dts_slice_of(child->to_table));
		for (size_t i = 0; i < l->foreign->count; i++) {
			dts_buf_adds(&p->sql, i ? "," : " SET ");
			dts_sql_ident(&p->sql, l->foreign->columns[i]);
			dts_buf_adds(&p->sql, "=NULL");
		}
	}
	int rc = add_children(p, l, parent, err);
	if (rc > 0)
		dts_plan_add(p, at, (struct dts_statement){.rows = DTS_EXPECT_ANY, .line = line});
	else
		p->sql.len = at;
	return rc < 0 ? -1 : 0;
}

/* Does the change give a column that the foreign key refers to another value? */
static bool moves(const struct dts_foreign_link *l, const struct dts_plan *p, const struct dts_apply_table *parent)
{
	const struct dts_foreign *f = l->foreign;

	for (size_t i = 0; i < f->count; i++) {
		long at = dts_schema_column(&parent->schema, f->to_columns[i], i);
		if (at >= 0 && p->values[at].raw.p && !dts_slice_eq(p->values[at].raw, p->before[at].raw))
			return true;
	}
	return false;
}

static int refuse(const struct dts_foreign_link *l, struct dts_error *err)
{
	dts_fail(err, DTS_REFUSED, "inside the table's window foreign key '%.*s' acts in a way that cannot be repeated",
		 (int)l->foreign->name.len, l->foreign->name.p);
	return dts_hint(err, "repeat the full phase, with dts-dump --lock=auto or -j1: dts-checkpoint remove, empty the tables, start anew");
}

int dts_cascades_plan(const struct dts_cascades *c, struct dts_plan *p, const struct dts_apply_table *t,
		      const struct dts_record *r, uint64_t line, struct dts_error *err)
{
	long self = dts_cascades_find(c, t->schema.source_db, t->schema.source_table);

	if (self < 0 || r->op == DTS_OP_INSERT)
		return 0;
	for (size_t i = 0; i < c->link_count; i++) {
		const struct dts_foreign_link *l = &c->links[i];
		if (l->parent != (size_t)self)
			continue;
		if (r->op == DTS_OP_UPDATE && dts_foreign_acts(l->foreign->on_update) && moves(l, p, t))
			return refuse(l, err);
		if (r->op == DTS_OP_DELETE && dts_foreign_acts(l->foreign->on_delete) && plan_delete(c, p, l, t, line, err) < 0)
			return -1;
	}
	return 0;
}
