#include "apply/joins.h"

#include "mysql/quote.h"

/*
 * A column of VALUES has one type for all its rows, which the server makes up from theirs: numbers of a column stay numbers of
 * that size, and text stays text. What has other literals for some values (the members of a SET by number become
 * a decimal that is cut at 2^63, floats and bits) is not for it.
 */
static bool goes_so(const struct dts_apply_column *c)
{
	switch (c->load) {
	case DTS_LOAD_DIGITS:
	case DTS_LOAD_TIME:
	case DTS_LOAD_UTF8:
	case DTS_LOAD_UTF8MB3:
	case DTS_LOAD_ASCII:
		return true;
	case DTS_LOAD_BYTES:
		return c->target->type == DTS_TYPE_BINARY;
	default:
		return false;
	}
}

bool dts_joins_possible(const struct dts_session *s, const struct dts_apply_table *t)
{
	if (s->family != DTS_MYSQL || !t->key || t->computes)
		return false;
	for (size_t i = 0; i < t->schema.column_count; i++)
		if (t->columns[i].written && !goes_so(&t->columns[i]))
			return false;
	for (size_t i = 0; i < t->key->count; i++)
		if (t->columns[t->key_columns[i]].target->type != DTS_TYPE_INTEGER)
			return false;
	return true;
}

static bool is_key(const struct dts_apply_table *t, size_t column)
{
	for (size_t i = 0; i < t->key->count; i++)
		if (t->key_columns[i] == column)
			return true;
	return false;
}

/* A value of any before image, to ask which columns are compared. */
static const struct dts_json something = {DTS_JSON_NULL, {"null", 4}};

static bool is_compared(const struct dts_apply_table *t, size_t column)
{
	return dts_plan_compares(t, column, something);
}

static bool is_set(const struct dts_joins *j, size_t column)
{
	return j->op == DTS_OP_UPDATE && j->table->columns[column].written && !is_key(j->table, column);
}

void dts_joins_begin(struct dts_joins *j, struct dts_plan *p, const struct dts_apply_table *t, enum dts_op op)
{
	*j = (struct dts_joins){.plan = p, .table = t, .op = op, .at = p->sql.len};
	/* An alias to delete from would need a default database. */
	dts_buf_adds(&p->sql, op == DTS_OP_UPDATE ? "UPDATE" : "DELETE ");
	if (op == DTS_OP_DELETE) {
		dts_sql_table(&p->sql, t->schema.db, t->schema.table);
		dts_buf_adds(&p->sql, " FROM");
	}
	dts_buf_adds(&p->sql, " (VALUES ");
}

/* Text and bytes as binary strings, numbers as they are written. */
static bool add_before(struct dts_joins *j, const struct dts_apply_column *c, struct dts_json value)
{
	struct dts_plan *p = j->plan;
	struct dts_error ignored; /* large: it is not cleared for each value */
	unsigned zeros = 0;

	if (!value.raw.p || value.raw.len > DTS_PLAN_COMPARED)
		return false;
	switch (c->load) {
	case DTS_LOAD_TIME:
	case DTS_LOAD_UTF8:
	case DTS_LOAD_UTF8MB3:
	case DTS_LOAD_ASCII:
		if (value.type != DTS_JSON_STRING)
			break;
		dts_buf_adds(&p->sql, "_binary");
		dts_sql_literal(&p->sql, dts_json_string(value.raw, &p->scratch.text));
		return true;
	default:
		break;
	}
	return dts_literal_add(&p->sql, c, value, &zeros, &p->scratch, &ignored) == 0 && zeros == 0;
}

static bool add_after(struct dts_joins *j, const struct dts_apply_column *c, struct dts_json value)
{
	struct dts_error ignored;
	unsigned zeros = 0;

	return value.raw.p && dts_literal_add(&j->plan->sql, c, value, &zeros, &j->plan->scratch, &ignored) == 0 && zeros == 0;
}

/* The key, then for each column what it is set to and what it was. */
static bool add_values(struct dts_joins *j, const struct dts_json *before, const struct dts_json *after)
{
	const struct dts_apply_table *t = j->table;

	for (size_t i = 0; i < t->key->count; i++) {
		dts_buf_adds(&j->plan->sql, i ? "," : "ROW(");
		if (!add_after(j, &t->columns[t->key_columns[i]], before[t->key_columns[i]]))
			return false;
	}
	for (size_t i = 0; i < t->schema.column_count; i++) {
		if (is_set(j, i)) {
			dts_buf_addc(&j->plan->sql, ',');
			if (!add_after(j, &t->columns[i], after[i]))
				return false;
		}
		if (is_compared(t, i)) {
			dts_buf_addc(&j->plan->sql, ',');
			if (!add_before(j, &t->columns[i], before[i]))
				return false;
		}
	}
	dts_buf_addc(&j->plan->sql, ')');
	return true;
}

bool dts_joins_add(struct dts_joins *j, const struct dts_json *before, const struct dts_json *after)
{
	size_t start = j->plan->sql.len;

	if (j->rows > 0)
		dts_buf_addc(&j->plan->sql, ',');
	if (!add_values(j, before, after)) {
		j->plan->sql.len = start;
		return false;
	}
	j->rows++;
	return true;
}

/* The names of the rows' columns: k0,a1,b1,... */
static void add_names(struct dts_joins *j)
{
	const struct dts_apply_table *t = j->table;

	for (size_t i = 0; i < t->key->count; i++)
		dts_buf_addf(&j->plan->sql, "%sk%zu", i ? "," : ") `dts:v` (", i);
	for (size_t i = 0; i < t->schema.column_count; i++) {
		if (is_set(j, i))
			dts_buf_addf(&j->plan->sql, ",a%zu", i);
		if (is_compared(t, i))
			dts_buf_addf(&j->plan->sql, ",b%zu", i);
	}
	dts_buf_adds(&j->plan->sql, ") STRAIGHT_JOIN ");
}

static void add_column(struct dts_joins *j, size_t column)
{
	dts_sql_ident(&j->plan->sql, j->table->schema.table);
	dts_buf_addc(&j->plan->sql, '.');
	dts_sql_ident(&j->plan->sql, j->table->columns[column].target->name);
}

static void add_equal(struct dts_joins *j, size_t column)
{
	struct dts_buf *sql = &j->plan->sql;

	switch (j->table->columns[column].load) {
	case DTS_LOAD_LABEL:
	case DTS_LOAD_MEMBER:
		dts_buf_addc(sql, '(');
		add_column(j, column);
		dts_buf_adds(sql, "|0)");
		break;
	case DTS_LOAD_TIME:
		dts_buf_adds(sql, "CAST(CAST(");
		add_column(j, column);
		dts_buf_adds(sql, " AS CHAR) AS BINARY)");
		break;
	case DTS_LOAD_UTF8:
	case DTS_LOAD_UTF8MB3:
	case DTS_LOAD_ASCII:
	case DTS_LOAD_CHARSET:
	case DTS_LOAD_BYTES:
		dts_buf_adds(sql, "CAST(");
		add_column(j, column);
		dts_buf_adds(sql, " AS BINARY)");
		break;
	default:
		add_column(j, column);
	}
	dts_buf_addf(sql, "<=>`dts:v`.b%zu", column);
}

void dts_joins_end(struct dts_joins *j, uint64_t line)
{
	const struct dts_apply_table *t = j->table;
	struct dts_buf *sql = &j->plan->sql;
	bool first = true;

	if (j->rows == 0) {
		sql->len = j->at;
		return;
	}
	add_names(j);
	dts_sql_table(sql, t->schema.db, t->schema.table);
	for (size_t i = 0; i < t->key->count; i++) {
		dts_buf_adds(sql, i ? " AND " : " ON ");
		add_column(j, t->key_columns[i]);
		dts_buf_addf(sql, "=`dts:v`.k%zu", i);
	}
	for (size_t i = 0; i < t->schema.column_count; i++)
		if (is_set(j, i)) {
			dts_buf_adds(sql, first ? " SET " : ",");
			first = false;
			add_column(j, i);
			dts_buf_addf(sql, "=`dts:v`.a%zu", i);
		}
	first = true;
	for (size_t i = 0; i < t->schema.column_count; i++)
		if (is_compared(t, i)) {
			dts_buf_adds(sql, first ? " WHERE IF(" : " AND ");
			first = false;
			add_equal(j, i);
		}
	if (!first)
		dts_buf_adds(sql, ",1,0)");
	dts_plan_add(j->plan, j->at, (struct dts_statement){.rows = (long long)j->rows, .line = line, .target = &t->target});
	j->rows = 0;
}
