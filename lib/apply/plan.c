#include "apply/plan.h"

#include <stdlib.h>

#include "mysql/quote.h"

void dts_plan_release(struct dts_plan *p)
{
	dts_buf_release(&p->sql);
	free(p->statements);
	free(p->values);
	free(p->before);
	dts_literal_scratch_release(&p->scratch);
	*p = (struct dts_plan){0};
}

void dts_plan_clear(struct dts_plan *p)
{
	dts_buf_clear(&p->sql);
	p->count = 0;
	p->value_refused = false;
}

struct dts_json *dts_plan_values(struct dts_plan *p, size_t count)
{
	if (p->values_cap < count) {
		p->values = dts_realloc(p->values, count * sizeof *p->values);
		p->before = dts_realloc(p->before, count * sizeof *p->before);
		p->values_cap = count;
	}
	return p->values;
}

void dts_plan_add(struct dts_plan *p, size_t at, struct dts_statement expected)
{
	if (p->count == p->cap) {
		p->cap = p->cap ? p->cap * 2 : 64;
		p->statements = dts_realloc(p->statements, p->cap * sizeof *p->statements);
	}
	expected.at = at;
	expected.len = p->sql.len - at;
	p->statements[p->count++] = expected;
	dts_buf_addc(&p->sql, ';');
}

void dts_plan_commit(struct dts_plan *p)
{
	const size_t at = p->sql.len;

	dts_buf_adds(&p->sql, "COMMIT");
	dts_plan_add(p, at, (struct dts_statement){.rows = DTS_EXPECT_ANY, .commits = true});
}

static int missing_value(const struct dts_apply_table *t, size_t column, const char *what, struct dts_error *err)
{
	struct dts_slice name = t->schema.columns[column].name;

	dts_fail(err, DTS_REFUSED, "%s image lacks column '%.*s' of table '%.*s.%.*s'", what, (int)name.len, name.p,
		 (int)t->schema.db.len, t->schema.db.p, (int)t->schema.table.len, t->schema.table.p);
	return dts_hint(err, "set binlog_row_image=FULL at the source");
}

static size_t start_statement(struct dts_plan *p)
{
	return p->sql.len;
}

static int add_value(struct dts_plan *p, const struct dts_apply_column *c, struct dts_json value, unsigned *enum_zeros,
		     struct dts_error *err)
{
	int rc = dts_literal_add(&p->sql, c, value, enum_zeros, &p->scratch, err);

	p->value_refused = rc < 0 && err->status == DTS_REFUSED;
	return rc;
}

/* (1,'a',NULL) in the order of the INSERT's column list. */
static int add_tuple(struct dts_plan *p, const struct dts_apply_table *t, const struct dts_json *values,
		     unsigned *enum_zeros, struct dts_error *err)
{
	char separator = '(';

	for (size_t i = 0; i < t->schema.column_count; i++) {
		if (!t->columns[i].written)
			continue;
		if (!values[i].raw.p)
			return missing_value(t, i, "the row", err);
		dts_buf_addc(&p->sql, separator);
		separator = ',';
		if (add_value(p, &t->columns[i], values[i], enum_zeros, err) < 0)
			return -1;
	}
	if (separator == '(')
		dts_buf_addc(&p->sql, '(');
	dts_buf_addc(&p->sql, ')');
	return 0;
}

static int plan_insert(struct dts_plan *p, const struct dts_apply_table *t, const struct dts_json *after,
		       uint64_t line, struct dts_error *err)
{
	struct dts_statement s = {.rows = 1, .line = line, .computes = t->computes, .target = &t->target};
	size_t at = start_statement(p);

	dts_buf_add_slice(&p->sql, dts_buf_slice(&t->insert));
	if (add_tuple(p, t, after, &s.enum_zeros, err) < 0)
		return -1;
	dts_plan_add(p, at, s);
	return 0;
}

bool dts_plan_compares(const struct dts_apply_table *t, size_t column, struct dts_json before)
{
	const struct dts_apply_column *c = &t->columns[column];

	if (!c->written || !before.raw.p || before.raw.len > DTS_PLAN_COMPARED)
		return false;
	if (c->source->type == DTS_TYPE_JSON || c->target->type == DTS_TYPE_JSON)
		return false;
	for (size_t i = 0; t->key && i < t->key->count; i++)
		if (t->key_columns[i] == column)
			return false;
	return true;
}

/*
 * Is it where a row refers to itself, by a foreign key that deletes with SET NULL? MySQL 9 logs what foreign keys do: first that
 * the row's own reference becomes NULL, then the delete of the row, with a before image in which it is not.
 */
static bool is_own_reference(const struct dts_apply_table *t, size_t column, const struct dts_json *before)
{
	const struct dts_schema *s = &t->target;

	for (size_t i = 0; i < s->foreign_count; i++) {
		const struct dts_foreign *f = &s->foreign[i];
		if (!dts_slice_eq(f->to_table, s->table) || !dts_slice_eq(f->to_db, s->db) || !dts_slice_is(f->on_delete, "SET NULL"))
			continue;
		for (size_t j = 0; j < f->count; j++) {
			long to = dts_schema_column(&t->schema, f->to_columns[j], 0);
			if (to >= 0 && dts_slice_eq(f->columns[j], t->columns[column].target->name) && dts_slice_eq(before[to].raw, before[column].raw))
				return true;
		}
	}
	return false;
}

/*
 * The rest of the before image, so that a row that someone else has changed is not written over. Inside IF(), which
 * shows the optimizer that the key alone finds the row: it else looks into the other indexes, too, which costs more than
 * the change (MariaDB 10.11).
 */
static int add_rest(struct dts_plan *p, const struct dts_apply_table *t, const struct dts_json *before, enum dts_op op,
		    struct dts_error *err)
{
	bool first = true;

	for (size_t i = 0; i < t->schema.column_count; i++) {
		if (!dts_plan_compares(t, i, before[i]) || (op == DTS_OP_DELETE && is_own_reference(t, i, before)))
			continue;
		dts_buf_adds(&p->sql, first ? " AND IF(" : " AND ");
		first = false;
		if (dts_literal_add_match(&p->sql, &t->columns[i], before[i], &p->scratch, err) < 0)
			return -1;
	}
	if (!first)
		dts_buf_adds(&p->sql, ",1,0)");
	return 0;
}

int dts_plan_add_key(struct dts_plan *p, const struct dts_apply_table *t, const struct dts_json *row, struct dts_error *err)
{
	unsigned enum_zeros = 0;

	for (size_t i = 0; i < t->key->count; i++) {
		size_t column = t->key_columns[i];
		if (!row[column].raw.p)
			return missing_value(t, column, row == p->values ? "the after" : "the before", err);
		dts_buf_adds(&p->sql, i ? " AND " : "");
		dts_sql_ident(&p->sql, t->columns[column].target->name);
		dts_buf_addc(&p->sql, '=');
		if (add_value(p, &t->columns[column], row[column], &enum_zeros, err) < 0)
			return -1;
	}
	return 0;
}

/* WHERE over the key and what the change knew of the row, or over every column (then exactly one of several equal rows). */
static int add_where(struct dts_plan *p, const struct dts_apply_table *t, const struct dts_json *before, bool key_only,
		     enum dts_op op, struct dts_error *err)
{
	bool first = true;

	dts_buf_adds(&p->sql, " WHERE ");
	if (t->key)
		return dts_plan_add_key(p, t, before, err) < 0 || (!key_only && add_rest(p, t, before, op, err) < 0) ? -1 : 0;
	for (size_t i = 0; i < t->schema.column_count; i++) {
		if (!t->columns[i].written)
			continue;
		if (!before[i].raw.p)
			return missing_value(t, i, "the table has no key, and the before", err);
		dts_buf_adds(&p->sql, first ? "" : " AND ");
		first = false;
		if (dts_literal_add_match(&p->sql, &t->columns[i], before[i], &p->scratch, err) < 0)
			return -1;
	}
	dts_buf_adds(&p->sql, " LIMIT 1");
	return 0;
}

static int plan_delete(struct dts_plan *p, const struct dts_apply_table *t, const struct dts_json *before,
		       bool key_only, long long rows, uint64_t line, struct dts_error *err)
{
	size_t at = start_statement(p);

	dts_buf_adds(&p->sql, "DELETE FROM ");
	dts_sql_table(&p->sql, t->schema.db, t->schema.table);
	if (add_where(p, t, before, key_only, DTS_OP_DELETE, err) < 0)
		return -1;
	dts_plan_add(p, at, (struct dts_statement){.rows = rows, .line = line, .target = &t->target});
	return 0;
}

/*
 * Every column of the after image is set, also those that did not change: a
 * column with ON UPDATE CURRENT_TIMESTAMP would else get a time of its own.
 */
static int plan_update(struct dts_plan *p, const struct dts_apply_table *t, const struct dts_json *before,
		       const struct dts_json *after, bool key_only, uint64_t line, struct dts_error *err)
{
	struct dts_statement s = {.rows = 1, .line = line, .computes = t->computes, .target = &t->target};
	size_t at = start_statement(p);
	bool first = true;

	dts_buf_adds(&p->sql, "UPDATE ");
	dts_sql_table(&p->sql, t->schema.db, t->schema.table);
	for (size_t i = 0; i < t->schema.column_count; i++) {
		if (!t->columns[i].written)
			continue;
		dts_buf_adds(&p->sql, first ? " SET " : ",");
		first = false;
		dts_sql_ident(&p->sql, t->columns[i].target->name);
		dts_buf_addc(&p->sql, '=');
		if (!after[i].raw.p) /* a partial image: stays, and says so to ON UPDATE */
			dts_sql_ident(&p->sql, t->columns[i].target->name);
		else if (add_value(p, &t->columns[i], after[i], &s.enum_zeros, err) < 0)
			return -1;
	}
	if (first) {
		p->sql.len = at;
		return 0; /* nothing but generated columns */
	}
	if (add_where(p, t, before, key_only, DTS_OP_UPDATE, err) < 0)
		return -1;
	dts_plan_add(p, at, s);
	return 0;
}

static int add_unique(struct dts_plan *p, const struct dts_apply_table *t, const struct dts_key *key,
		      const struct dts_json *row, const char *what, struct dts_error *err)
{
	size_t at = p->sql.len;
	unsigned enum_zeros = 0;

	for (size_t i = 0; i < key->count; i++) {
		long column = dts_schema_column(&t->schema, key->columns[i], i);
		/* NULL is never equal to another row's. */
		if (column < 0 || !t->columns[column].written || (row[column].raw.p && row[column].type == DTS_JSON_NULL)) {
			p->sql.len = at;
			return 0;
		}
		if (!row[column].raw.p)
			return missing_value(t, (size_t)column, what, err);
		dts_buf_adds(&p->sql, i ? " AND " : "");
		dts_sql_ident(&p->sql, t->columns[column].target->name);
		dts_buf_addc(&p->sql, '=');
		if (add_value(p, &t->columns[column], row[column], &enum_zeros, err) < 0)
			return -1;
	}
	return key->count > 0;
}

int dts_plan_add_unique(struct dts_plan *p, const struct dts_apply_table *t, const struct dts_key *key,
			const struct dts_json *row, struct dts_error *err)
{
	return add_unique(p, t, key, row, "to find who holds a unique value, the", err);
}

/* Deletes whatever holds one of the row's unique values, but for the row with the key of `except`. */
static int plan_clear_keys(struct dts_plan *p, const struct dts_apply_table *t, const struct dts_json *row,
			   const struct dts_json *except, const char *what, uint64_t line, struct dts_error *err)
{
	for (size_t k = 0; k <= t->target.unique_count; k++) {
		const struct dts_key *key = k == 0 ? &t->target.primary : &t->target.unique[k - 1];
		size_t at = start_statement(p);
		dts_buf_adds(&p->sql, "DELETE FROM ");
		dts_sql_table(&p->sql, t->schema.db, t->schema.table);
		dts_buf_adds(&p->sql, " WHERE ");
		int usable = add_unique(p, t, key, row, what, err);
		if (usable < 0)
			return -1;
		if (!usable) {
			p->sql.len = at;
			continue;
		}
		if (except) {
			dts_buf_adds(&p->sql, " AND NOT (");
			if (dts_plan_add_key(p, t, except, err) < 0)
				return -1;
			dts_buf_addc(&p->sql, ')');
		}
		dts_plan_add(p, at, (struct dts_statement){.rows = DTS_EXPECT_ANY, .line = line});
	}
	return 0;
}

/* Repeating it any number of times, from any state between, ends the same. */
static int plan_converging(struct dts_plan *p, const struct dts_apply_table *t, const struct dts_record *r, uint64_t line,
			   struct dts_error *err)
{
	if (!t->key)
		return dts_fail(err, DTS_REFUSED, "table '%.*s.%.*s' has no key, so changes inside its window cannot be repeated",
				(int)t->schema.db.len, t->schema.db.p, (int)t->schema.table.len, t->schema.table.p);
	if (r->op != DTS_OP_INSERT && plan_delete(p, t, p->before, true, DTS_EXPECT_ANY, line, err) < 0)
		return -1;
	if (r->op == DTS_OP_DELETE)
		return 0;
	if (plan_clear_keys(p, t, p->values, NULL, "inside the table's window the", line, err) < 0)
		return -1;
	return plan_insert(p, t, p->values, line, err);
}

int dts_plan_spread(struct dts_plan *p, const struct dts_apply_table *t, const struct dts_record *r, struct dts_error *err)
{
	dts_plan_values(p, t->schema.column_count);
	if (r->op != DTS_OP_INSERT && dts_apply_table_spread(t, r->raw[DTS_F_BEFORE], p->before, err) < 0)
		return -1;
	return r->op != DTS_OP_DELETE ? dts_apply_table_spread(t, r->raw[DTS_F_AFTER], p->values, err) : 0;
}

int dts_plan_overwrite(struct dts_plan *p, const struct dts_apply_table *t, const struct dts_record *r,
		       struct dts_overwrite how, uint64_t line, struct dts_error *err)
{
	if (r->op == DTS_OP_DELETE)
		return how.missing ? 0 : plan_delete(p, t, p->before, true, 1, line, err);
	bool insert = r->op == DTS_OP_INSERT || how.missing;
	const struct dts_json *stays = !insert ? p->before : how.in_place ? p->values : NULL;
	if (how.clear && plan_clear_keys(p, t, p->values, stays, "the after", line, err) < 0)
		return -1;
	if (insert && !how.in_place)
		return plan_insert(p, t, p->values, line, err);
	return plan_update(p, t, stays, p->values, true, line, err);
}

int dts_plan_change(struct dts_plan *p, const struct dts_apply_table *t, const struct dts_record *r, enum dts_plan_mode mode,
		    uint64_t line, struct dts_error *err)
{
	if (dts_plan_spread(p, t, r, err) < 0)
		return -1;
	if (mode == DTS_PLAN_CONVERGE)
		return plan_converging(p, t, r, line, err);
	return dts_plan_images(p, t, p->before, p->values, r->op, line, err);
}

int dts_plan_images(struct dts_plan *p, const struct dts_apply_table *t, const struct dts_json *before,
		    const struct dts_json *after, enum dts_op op, uint64_t line, struct dts_error *err)
{
	switch (op) {
	case DTS_OP_INSERT:
		return plan_insert(p, t, after, line, err);
	case DTS_OP_DELETE:
		return plan_delete(p, t, before, false, 1, line, err);
	default:
		return plan_update(p, t, before, after, false, line, err);
	}
}

/* A whole number of the row, as it stands there or in a string. */
static int add_number(struct dts_plan *p, const struct dts_record *r, const char *column, struct dts_error *err)
{
	struct dts_json value = dts_json_get(r->raw[DTS_F_AFTER], column);
	struct dts_slice text = value.raw;

	if (value.type == DTS_JSON_STRING && text.len >= 2)
		text = dts_slice(text.p + 1, text.len - 2);
	size_t digits = text.len > 0 && text.p[0] == '-' ? text.len - 1 : text.len;
	bool whole = value.raw.p && digits > 0 && digits <= 20;
	for (size_t i = text.len - digits; whole && i < text.len; i++)
		whole = text.p[i] >= '0' && text.p[i] <= '9';
	if (!whole)
		return dts_fail(err, DTS_BAD_INPUT, "a setval record needs '%s' in 'after', a whole number", column);
	dts_buf_add_slice(&p->sql, text);
	return 0;
}

int dts_plan_setval(struct dts_plan *p, const struct dts_record *r, uint64_t line, struct dts_error *err)
{
	size_t at = start_statement(p);

	dts_buf_adds(&p->sql, "DO SETVAL(");
	dts_sql_table(&p->sql, r->db, r->table);
	dts_buf_addc(&p->sql, ',');
	if (add_number(p, r, "next_not_cached_value", err) < 0)
		return -1;
	dts_buf_adds(&p->sql, ",0,");
	if (add_number(p, r, "cycle_count", err) < 0)
		return -1;
	dts_buf_addc(&p->sql, ')');
	dts_plan_add(p, at, (struct dts_statement){.rows = DTS_EXPECT_ANY, .line = line});
	return 0;
}

int dts_plan_row(struct dts_plan *p, const struct dts_apply_table *t, const struct dts_record *r, size_t max_bytes,
		 uint64_t line, struct dts_error *err)
{
	struct dts_json *values = dts_plan_values(p, t->schema.column_count);

	if (dts_apply_table_spread(t, r->raw[DTS_F_AFTER], values, err) < 0)
		return -1;
	return dts_plan_more(p, t, values, max_bytes, line, err);
}

int dts_plan_more(struct dts_plan *p, const struct dts_apply_table *t, const struct dts_json *values, size_t max_bytes,
		  uint64_t line, struct dts_error *err)
{
	struct dts_statement *last = p->count ? &p->statements[p->count - 1] : NULL;
	struct dts_statement s = {.rows = 1, .line = line, .computes = t->computes, .target = &t->target};
	size_t start = p->sql.len;

	/* The tuple first, in the place where it stands when the INSERT goes on. */
	bool joins = last && last->rows != DTS_EXPECT_ANY && !last->enum_zeros && !last->guard && last->len < max_bytes &&
		     last->len > t->insert.len && memcmp(p->sql.data + last->at, t->insert.data, t->insert.len) == 0;
	if (joins) {
		p->sql.data[start - 1] = ','; /* instead of the semicolon */
		if (add_tuple(p, t, values, &s.enum_zeros, err) < 0)
			return -1;
		if (!s.enum_zeros) {
			last->rows++;
			last->len = p->sql.len - last->at;
			dts_buf_addc(&p->sql, ';');
			return 0;
		}
		/* Such a row stands alone: strict mode refuses it. */
		p->sql.data[start - 1] = ';';
		p->sql.len = start;
	}
	dts_buf_add_slice(&p->sql, dts_buf_slice(&t->insert));
	s.enum_zeros = 0;
	if (add_tuple(p, t, values, &s.enum_zeros, err) < 0)
		return -1;
	dts_plan_add(p, start, s);
	return 0;
}
