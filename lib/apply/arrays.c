#include "apply/arrays_parts.h"

#include <stdlib.h>

#ifdef MARIADB_PACKAGE_VERSION

#include "apply/plan.h"
#include "mysql/quote.h"

/* ---- statements ---- */

static enum dts_arrays_way way_of_text(const struct dts_apply_column *c)
{
	switch (c->load) {
	case DTS_LOAD_TIME:
		return DTS_WAY_TIME;
	case DTS_LOAD_UTF8:
	case DTS_LOAD_UTF8MB3:
	case DTS_LOAD_ASCII:
		return DTS_WAY_TEXT;
	case DTS_LOAD_CHARSET:
		return DTS_WAY_CHARSET;
	case DTS_LOAD_BYTES:
		return c->target->type == DTS_TYPE_BINARY ? DTS_WAY_BYTES : DTS_WAY_NONE;
	case DTS_LOAD_LABEL:
	case DTS_LOAD_MEMBER:
		return DTS_WAY_MEMBER;
	default:
		return DTS_WAY_NONE;
	}
}

static enum dts_arrays_way way_of(const struct dts_apply_column *c)
{
	switch (c->load) {
	case DTS_LOAD_DIGITS:
		return c->target->type == DTS_TYPE_DECIMAL ? DTS_WAY_DECIMAL : c->target->is_unsigned ? DTS_WAY_UINT : DTS_WAY_INT;
	case DTS_LOAD_YEAR:
	case DTS_LOAD_BITS:
		return DTS_WAY_NUMBER;
	case DTS_LOAD_FLOAT:
		return DTS_WAY_FLOAT;
	case DTS_LOAD_DOUBLE:
		return memchr(c->target->type_text.p, ',', c->target->type_text.len) ? DTS_WAY_NONE : DTS_WAY_DOUBLE;
	default:
		return way_of_text(c);
	}
}

static bool is_key(const struct dts_apply_table *t, size_t column)
{
	for (size_t i = 0; i < t->key->count; i++)
		if (t->key_columns[i] == column)
			return true;
	return false;
}

static void add_param(struct dts_arrays *a, struct dts_arrays_statement *s, size_t column, bool before, bool key)
{
	s->params[s->count++] = (struct dts_arrays_param){column, before, key, way_of(&s->table->columns[column])};
	dts_buf_addc(&a->sql, '?');
}

static void add_name(struct dts_arrays *a, const struct dts_arrays_statement *s, size_t column)
{
	dts_sql_ident(&a->sql, s->table->columns[column].target->name);
}

/*
 * That a column is as in the before image. In an ON DUPLICATE KEY UPDATE the server makes the comparison ready once and not
 * for each row, and keeps what it has converted for that: text is only compared with bytes, which need no converting.
 */
static void add_equal(struct dts_arrays *a, struct dts_arrays_statement *s, size_t column)
{
	enum dts_arrays_way way = way_of(&s->table->columns[column]);

	switch (way) {
	case DTS_WAY_MEMBER:
	case DTS_WAY_NUMBER:
		dts_buf_addc(&a->sql, '(');
		add_name(a, s, column);
		dts_buf_adds(&a->sql, "|0)<=>");
		break;
	case DTS_WAY_TIME:
		dts_buf_adds(&a->sql, "CAST(CAST(");
		add_name(a, s, column);
		dts_buf_adds(&a->sql, " AS CHAR) AS BINARY)<=>");
		break;
	case DTS_WAY_TEXT:
	case DTS_WAY_CHARSET:
	case DTS_WAY_BYTES:
		dts_buf_adds(&a->sql, "CAST(");
		add_name(a, s, column);
		dts_buf_adds(&a->sql, " AS BINARY)<=>");
		break;
	default:
		add_name(a, s, column);
		dts_buf_adds(&a->sql, "<=>");
	}
	add_param(a, s, column, true, false);
}

/* A value that any before image may have. */
static const struct dts_json something = {DTS_JSON_NULL, {"null", 4}};

/* `c`<=>? AND ... Returns how many. */
static size_t add_equals(struct dts_arrays *a, struct dts_arrays_statement *s, const char *before_first, bool with_key)
{
	const struct dts_apply_table *t = s->table;
	size_t found = 0;

	for (size_t i = 0; i < t->schema.column_count; i++)
		if (dts_plan_compares(t, i, something) || (with_key && is_key(t, i))) {
			dts_buf_adds(&a->sql, found++ ? " AND " : before_first);
			add_equal(a, s, i);
		}
	return found;
}

static void add_insert(struct dts_arrays *a, struct dts_arrays_statement *s)
{
	char separator = '(';

	dts_buf_add_slice(&a->sql, dts_buf_slice(&s->table->insert));
	for (size_t i = 0; i < s->table->schema.column_count; i++)
		if (s->table->columns[i].written) {
			dts_buf_addc(&a->sql, separator);
			separator = ',';
			add_param(a, s, i, false, false);
		}
	dts_buf_addc(&a->sql, ')');
}

/* The key's column that is assigned to itself, or -1: a type that IF() keeps as it is. */
static long column_to_assign(const struct dts_apply_table *t)
{
	for (size_t i = 0; i < t->key->count; i++)
		switch (way_of(&t->columns[t->key_columns[i]])) {
		case DTS_WAY_INT:
		case DTS_WAY_UINT:
		case DTS_WAY_TIME:
		case DTS_WAY_TEXT:
		case DTS_WAY_BYTES:
			return (long)t->key_columns[i];
		default:
			break;
		}
	return -1;
}

static bool build_update(struct dts_arrays *a, struct dts_arrays_statement *s)
{
	const struct dts_apply_table *t = s->table;
	long key = column_to_assign(t);
	size_t written = 0;

	for (size_t i = 0; i < t->schema.column_count; i++)
		written += t->columns[i].written;
	/* What only the target has is left alone by an UPDATE, and may have no default. */
	if (key < 0 || written != t->target.column_count)
		return false;
	add_insert(a, s);
	dts_buf_adds(&a->sql, " ON DUPLICATE KEY UPDATE ");
	add_name(a, s, (size_t)key);
	dts_buf_adds(&a->sql, "=IF(");
	add_equals(a, s, "", true);
	dts_buf_adds(&a->sql, " OR POW(1e300,2+CHAR_LENGTH(VALUES(");
	add_name(a, s, (size_t)key);
	dts_buf_adds(&a->sql, "))),");
	add_name(a, s, (size_t)key);
	dts_buf_addc(&a->sql, ',');
	add_name(a, s, (size_t)key);
	dts_buf_addc(&a->sql, ')');
	/* Also a time in the key, which ON UPDATE CURRENT_TIMESTAMP would else fill. */
	for (size_t i = 0; i < t->schema.column_count; i++)
		if (!is_key(t, i) || ((long)i != key && way_of(&t->columns[i]) == DTS_WAY_TIME)) {
			dts_buf_addc(&a->sql, ',');
			add_name(a, s, i);
			dts_buf_adds(&a->sql, "=VALUES(");
			add_name(a, s, i);
			dts_buf_addc(&a->sql, ')');
		}
	return true;
}

/* Does `key`=? find the row by the index? */
static bool finds_by_index(const struct dts_apply_column *c)
{
	switch (way_of(c)) {
	case DTS_WAY_INT:
	case DTS_WAY_UINT:
		return true;
	case DTS_WAY_TEXT: /* the parameter is in the connection's set */
		return dts_slice_is(c->target->charset, "utf8mb4");
	case DTS_WAY_TIME:
	case DTS_WAY_BYTES:
		return true;
	default:
		return false;
	}
}

static bool build_by_key(struct dts_arrays *a, struct dts_arrays_statement *s)
{
	const struct dts_apply_table *t = s->table;

	dts_buf_adds(&a->sql, s->kind == DTS_ARRAYS_DELETE ? "DELETE FROM " : "UPDATE ");
	dts_sql_table(&a->sql, t->schema.db, t->schema.table);
	if (s->kind == DTS_ARRAYS_SAME) {
		dts_buf_adds(&a->sql, " SET ");
		add_name(a, s, t->key_columns[0]);
		dts_buf_addc(&a->sql, '=');
		add_name(a, s, t->key_columns[0]);
	}
	for (size_t i = 0; i < t->key->count; i++) {
		if (!finds_by_index(&t->columns[t->key_columns[i]]))
			return false;
		dts_buf_adds(&a->sql, i ? " AND " : " WHERE ");
		add_name(a, s, t->key_columns[i]);
		dts_buf_addc(&a->sql, '=');
		add_param(a, s, t->key_columns[i], true, true);
	}
	if (add_equals(a, s, " AND IF(", false) > 0)
		dts_buf_adds(&a->sql, ",1,0)");
	return true;
}

static bool build(struct dts_arrays *a, struct dts_arrays_statement *s)
{
	const struct dts_apply_table *t = s->table;
	unsigned long more = 0;

	if (a->session->family != DTS_MARIADB || !t->key || t->computes || t->schema.column_count > CELLS_MOST / 4 ||
	    mariadb_get_infov(a->session->mysql, MARIADB_CONNECTION_EXTENDED_SERVER_CAPABILITIES, &more) != 0 ||
	    !(more & (MARIADB_CLIENT_STMT_BULK_OPERATIONS >> 32)))
		return false;
	for (size_t i = 0; i < t->schema.column_count; i++)
		if (t->columns[i].written && way_of(&t->columns[i]) == DTS_WAY_NONE)
			return false;
	s->params = dts_zalloc(3 * t->schema.column_count, sizeof *s->params);
	dts_buf_clear(&a->sql);
	switch (s->kind) {
	case DTS_ARRAYS_INSERT:
		add_insert(a, s);
		return true;
	case DTS_ARRAYS_UPDATE:
		return build_update(a, s);
	default:
		return build_by_key(a, s);
	}
}

static void free_statement(void *p)
{
	struct dts_arrays_statement *s = p;

	if (s->prepared)
		mysql_stmt_close(s->prepared);
	free(s->params);
	free(s);
}

void dts_arrays_forget(struct dts_arrays *a)
{
	dts_map_release(&a->statements, free_statement);
	a->now = NULL;
}

/* A statement for this table, prepared if it can be. NULL: it was refused. */
static struct dts_arrays_statement *prepare(struct dts_arrays *a, const struct dts_apply_table *t, enum dts_arrays_kind kind,
				 struct dts_slice key, struct dts_error *err)
{
	struct dts_arrays_statement *s = dts_zalloc(1, sizeof *s);

	if (a->statements.count >= STATEMENTS_MOST)
		dts_arrays_forget(a);
	s->table = t;
	s->kind = kind;
	if (build(a, s)) {
		s->prepared = mysql_stmt_init(a->session->mysql);
		if (!s->prepared)
			dts_out_of_memory();
		if (mysql_stmt_prepare(s->prepared, a->sql.data, a->sql.len) != 0) {
			dts_session_fail(a->session, err, "the target refuses to prepare a change");
			free_statement(s);
			return NULL;
		}
	}
	dts_map_set(&a->statements, key, s);
	return s;
}

struct dts_arrays *dts_arrays_new(struct dts_session *s)
{
	struct dts_arrays *a = dts_zalloc(1, sizeof *a);

	a->session = s;
	return a;
}

void dts_arrays_free(struct dts_arrays *a)
{
	if (!a)
		return;
	dts_arrays_forget(a);
	dts_buf_release(&a->cells);
	dts_buf_release(&a->bytes);
	dts_buf_release(&a->sql);
	free(a->binds);
	dts_literal_scratch_release(&a->scratch);
	free(a);
}

/* ---- rows ---- */

static union dts_arrays_cell *cells_of(const struct dts_arrays *a, size_t param)
{
	return (union dts_arrays_cell *)(void *)a->cells.data + param * a->most;
}

static unsigned long *lengths_of(const struct dts_arrays *a, size_t param)
{
	return (unsigned long *)(void *)(cells_of(a, a->now->count)) + param * a->most;
}

static char *indicators_of(const struct dts_arrays *a, size_t param)
{
	return (char *)lengths_of(a, a->now->count) + param * a->most;
}

static enum enum_field_types type_of(const struct dts_arrays_param *p)
{
	switch (p->way) {
	case DTS_WAY_INT:
	case DTS_WAY_UINT:
	case DTS_WAY_NUMBER:
	case DTS_WAY_MEMBER:
		return MYSQL_TYPE_LONGLONG;
	case DTS_WAY_FLOAT:
	case DTS_WAY_DOUBLE:
		return MYSQL_TYPE_DOUBLE;
	case DTS_WAY_DECIMAL:
		return MYSQL_TYPE_NEWDECIMAL;
	default: /* bytes: a binary string */
		return p->is_key && p->way != DTS_WAY_BYTES ? MYSQL_TYPE_STRING : MYSQL_TYPE_BLOB;
	}
}

static void lay_out(struct dts_arrays *a)
{
	struct dts_arrays_statement *s = a->now;
	size_t cells;

	a->most = CELLS_MOST / s->count;
	cells = s->count * a->most;
	dts_buf_clear(&a->cells);
	dts_buf_reserve(&a->cells, cells * (sizeof(union dts_arrays_cell) + sizeof(unsigned long) + 1));
	a->binds = dts_realloc(a->binds, s->count * sizeof *a->binds);
	for (size_t i = 0; i < s->count; i++)
		a->binds[i] = (MYSQL_BIND){
			.buffer_type = type_of(&s->params[i]),
			.buffer = cells_of(a, i),
			.length = lengths_of(a, i),
			.u.indicator = indicators_of(a, i),
			.is_unsigned = s->params[i].way == DTS_WAY_UINT || s->params[i].way == DTS_WAY_NUMBER || s->params[i].way == DTS_WAY_MEMBER,
		};
}

int dts_arrays_begin(struct dts_arrays *a, const struct dts_apply_table *t, enum dts_arrays_kind kind, struct dts_error *err)
{
	struct {
		const struct dts_apply_table *t;
		size_t kind;
	} key = {t, kind};
	struct dts_slice bytes = dts_slice((const char *)&key, sizeof key);

	a->now = dts_map_get(&a->statements, bytes);
	if (!a->now && !(a->now = prepare(a, t, kind, bytes, err)))
		return -1;
	if (!a->now->prepared)
		return 0;
	a->rows = a->sent_bytes = 0;
	dts_buf_clear(&a->bytes);
	lay_out(a);
	return 1;
}

/* Bytes that the values of a row take at most when they are decoded: a character of one byte may become four. */
static size_t bytes_of(const struct dts_arrays *a, const struct dts_json *before, const struct dts_json *after)
{
	size_t bytes = 0;

	for (size_t i = 0; i < a->now->count; i++) {
		const struct dts_arrays_param *p = &a->now->params[i];
		bytes += (p->before ? before : after)[p->column].raw.len;
	}
	return bytes;
}

bool dts_arrays_room(const struct dts_arrays *a, const struct dts_json *before, const struct dts_json *after)
{
	size_t bytes = bytes_of(a, before, after);

	return a->rows == 0 || (a->rows < a->most && a->sent_bytes + bytes <= SEND_BYTES &&
				a->bytes.cap - a->bytes.len >= 4 * bytes + 64);
}

static bool add_value(struct dts_arrays *a, size_t param, struct dts_json value)
{
	const struct dts_arrays_param *p = &a->now->params[param];
	const struct dts_apply_column *c = &a->now->table->columns[p->column];
	union dts_arrays_cell *cell = cells_of(a, param) + a->rows;
	struct dts_slice text;

	if (!value.raw.p || (p->before && value.raw.len > DTS_PLAN_COMPARED))
		return false;
	if (value.type == DTS_JSON_NULL && !p->before && dts_apply_column_fills(c))
		return false;
	indicators_of(a, param)[a->rows] = value.type == DTS_JSON_NULL ? STMT_INDICATOR_NULL : STMT_INDICATOR_NONE;
	if (value.type == DTS_JSON_NULL) {
		*cell = (union dts_arrays_cell){0};
		lengths_of(a, param)[a->rows] = 0;
		return true;
	}
	if (type_of(p) == MYSQL_TYPE_LONGLONG || type_of(p) == MYSQL_TYPE_DOUBLE)
		return dts_arrays_number(a, p, c, value, cell);
	if (!dts_arrays_bytes(a, p, c, value, &text))
		return false;
	cell->text = text.p;
	lengths_of(a, param)[a->rows] = text.len;
	return true;
}

bool dts_arrays_add(struct dts_arrays *a, const struct dts_json *before, const struct dts_json *after)
{
	size_t bytes = bytes_of(a, before, after);

	if (a->rows == 0)
		dts_buf_reserve(&a->bytes, 4 * (bytes > SEND_BYTES ? bytes : SEND_BYTES) + 64);
	for (size_t i = 0; i < a->now->count; i++) {
		const struct dts_arrays_param *p = &a->now->params[i];
		if (!add_value(a, i, (p->before ? before : after)[p->column]))
			return false;
	}
	a->rows++;
	a->sent_bytes += bytes;
	return true;
}

int dts_arrays_send(struct dts_arrays *a, struct dts_error *err)
{
	unsigned rows = (unsigned)a->rows;
	MYSQL_STMT *st = a->now->prepared;
	my_ulonglong touched = (my_ulonglong)rows * (a->now->kind == DTS_ARRAYS_UPDATE ? 2 : 1);

	if (rows == 0)
		return 1;
	a->rows = a->sent_bytes = 0;
	dts_buf_clear(&a->bytes);
	if (mysql_stmt_attr_set(st, STMT_ATTR_ARRAY_SIZE, &rows) != 0 || mysql_stmt_bind_param(st, a->binds) != 0)
		return 0;
	if (mysql_stmt_execute(st) != 0)
		return dts_session_fail(a->session, err, "the target refuses changes");
	return mysql_stmt_affected_rows(st) == touched && mysql_warning_count(a->session->mysql) == 0;
}

#else /* MySQL's library knows no arrays */

struct dts_arrays {
	int nothing;
};

struct dts_arrays *dts_arrays_new(struct dts_session *s)
{
	(void)s;
	return dts_zalloc(1, sizeof(struct dts_arrays));
}

void dts_arrays_free(struct dts_arrays *a)
{
	free(a);
}

void dts_arrays_forget(struct dts_arrays *a)
{
	(void)a;
}

int dts_arrays_begin(struct dts_arrays *a, const struct dts_apply_table *t, enum dts_arrays_kind kind, struct dts_error *err)
{
	(void)a, (void)t, (void)kind, (void)err;
	return 0;
}

bool dts_arrays_room(const struct dts_arrays *a, const struct dts_json *before, const struct dts_json *after)
{
	(void)a, (void)before, (void)after;
	return false;
}

bool dts_arrays_add(struct dts_arrays *a, const struct dts_json *before, const struct dts_json *after)
{
	(void)a, (void)before, (void)after;
	return false;
}

int dts_arrays_send(struct dts_arrays *a, struct dts_error *err)
{
	(void)a, (void)err;
	return 0;
}

#endif
