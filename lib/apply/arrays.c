#include "apply/arrays.h"

#include <stdlib.h>

#ifdef MARIADB_PACKAGE_VERSION

#include <math.h>

#include "apply/plan.h"
#include "base/hash.h"
#include "mysql/quote.h"

enum {
	CELLS_MOST = 32 * 1024, /* values of one send */
	SEND_BYTES = 512 * 1024,
	STATEMENTS_MOST = 400, /* of a session: more tables than that are prepared again and again */
};

/* How a value is bound. WAY_NUMBER: a YEAR or BIT, whose number is an expression to the server. */
enum way { WAY_NONE, WAY_INT, WAY_UINT, WAY_NUMBER, WAY_DECIMAL, WAY_FLOAT, WAY_DOUBLE, WAY_TIME, WAY_TEXT, WAY_CHARSET, WAY_BYTES, WAY_MEMBER };

struct param {
	size_t column;
	bool before; /* of which image */
	bool is_key; /* finds the row: text as text */
	enum way way;
};

struct statement {
	MYSQL_STMT *prepared; /* NULL: not possible */
	const struct dts_apply_table *table;
	enum dts_arrays_kind kind;
	struct param *params;
	size_t count;
};

/* A number, or where the bytes are. */
union cell {
	long long number;
	double real;
	const char *text;
};

struct dts_arrays {
	struct dts_session *session;
	struct dts_map statements;
	struct statement *now;
	size_t rows, most, sent_bytes;
	struct dts_buf cells; /* union cell[], lengths, indicators, by parameter and row */
	struct dts_buf bytes; /* what had to be decoded; never grown while there are rows */
	MYSQL_BIND *binds;
	struct dts_literal_scratch scratch;
	struct dts_buf sql;
};

/* ---- statements ---- */

static enum way way_of_text(const struct dts_apply_column *c)
{
	switch (c->load) {
	case DTS_LOAD_TIME:
		return WAY_TIME;
	case DTS_LOAD_UTF8:
	case DTS_LOAD_UTF8MB3:
	case DTS_LOAD_ASCII:
		return WAY_TEXT;
	case DTS_LOAD_CHARSET:
		return WAY_CHARSET;
	case DTS_LOAD_BYTES:
		return c->target->type == DTS_TYPE_BINARY ? WAY_BYTES : WAY_NONE;
	case DTS_LOAD_LABEL:
	case DTS_LOAD_MEMBER:
		return WAY_MEMBER;
	default:
		return WAY_NONE;
	}
}

static enum way way_of(const struct dts_apply_column *c)
{
	switch (c->load) {
	case DTS_LOAD_DIGITS:
		return c->target->type == DTS_TYPE_DECIMAL ? WAY_DECIMAL : c->target->is_unsigned ? WAY_UINT : WAY_INT;
	case DTS_LOAD_YEAR:
	case DTS_LOAD_BITS:
		return WAY_NUMBER;
	case DTS_LOAD_FLOAT:
		return WAY_FLOAT;
	case DTS_LOAD_DOUBLE:
		return memchr(c->target->type_text.p, ',', c->target->type_text.len) ? WAY_NONE : WAY_DOUBLE;
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

static void add_param(struct dts_arrays *a, struct statement *s, size_t column, bool before, bool key)
{
	s->params[s->count++] = (struct param){column, before, key, way_of(&s->table->columns[column])};
	dts_buf_addc(&a->sql, '?');
}

static void add_name(struct dts_arrays *a, const struct statement *s, size_t column)
{
	dts_sql_ident(&a->sql, s->table->columns[column].target->name);
}

/*
 * That a column is as in the before image. In an ON DUPLICATE KEY UPDATE the server makes the comparison ready once and not
 * for each row, and keeps what it has converted for that: text is only compared with bytes, which need no converting.
 */
static void add_equal(struct dts_arrays *a, struct statement *s, size_t column)
{
	enum way way = way_of(&s->table->columns[column]);

	switch (way) {
	case WAY_MEMBER:
	case WAY_NUMBER:
		dts_buf_addc(&a->sql, '(');
		add_name(a, s, column);
		dts_buf_adds(&a->sql, "|0)<=>");
		break;
	case WAY_TIME:
		dts_buf_adds(&a->sql, "CAST(CAST(");
		add_name(a, s, column);
		dts_buf_adds(&a->sql, " AS CHAR) AS BINARY)<=>");
		break;
	case WAY_TEXT:
	case WAY_CHARSET:
	case WAY_BYTES:
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
static size_t add_equals(struct dts_arrays *a, struct statement *s, const char *before_first, bool with_key)
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

static void add_insert(struct dts_arrays *a, struct statement *s)
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
		case WAY_INT:
		case WAY_UINT:
		case WAY_TIME:
		case WAY_TEXT:
		case WAY_BYTES:
			return (long)t->key_columns[i];
		default:
			break;
		}
	return -1;
}

static bool build_update(struct dts_arrays *a, struct statement *s)
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
	for (size_t i = 0; i < t->schema.column_count; i++)
		if (!is_key(t, i)) {
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
	case WAY_INT:
	case WAY_UINT:
		return true;
	case WAY_TEXT: /* the parameter is in the connection's set */
		return dts_slice_is(c->target->charset, "utf8mb4");
	case WAY_TIME:
	case WAY_BYTES:
		return true;
	default:
		return false;
	}
}

static bool build_by_key(struct dts_arrays *a, struct statement *s)
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

static bool build(struct dts_arrays *a, struct statement *s)
{
	const struct dts_apply_table *t = s->table;
	unsigned long more = 0;

	if (a->session->family != DTS_MARIADB || !t->key || t->computes || t->schema.column_count > CELLS_MOST / 4 ||
	    mariadb_get_infov(a->session->mysql, MARIADB_CONNECTION_EXTENDED_SERVER_CAPABILITIES, &more) != 0 ||
	    !(more & (MARIADB_CLIENT_STMT_BULK_OPERATIONS >> 32)))
		return false;
	for (size_t i = 0; i < t->schema.column_count; i++)
		if (t->columns[i].written && way_of(&t->columns[i]) == WAY_NONE)
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
	struct statement *s = p;

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
static struct statement *prepare(struct dts_arrays *a, const struct dts_apply_table *t, enum dts_arrays_kind kind,
				 struct dts_slice key, struct dts_error *err)
{
	struct statement *s = dts_zalloc(1, sizeof *s);

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

static union cell *cells_of(const struct dts_arrays *a, size_t param)
{
	return (union cell *)(void *)a->cells.data + param * a->most;
}

static unsigned long *lengths_of(const struct dts_arrays *a, size_t param)
{
	return (unsigned long *)(void *)(cells_of(a, a->now->count)) + param * a->most;
}

static char *indicators_of(const struct dts_arrays *a, size_t param)
{
	return (char *)lengths_of(a, a->now->count) + param * a->most;
}

static enum enum_field_types type_of(const struct param *p)
{
	switch (p->way) {
	case WAY_INT:
	case WAY_UINT:
	case WAY_NUMBER:
	case WAY_MEMBER:
		return MYSQL_TYPE_LONGLONG;
	case WAY_FLOAT:
	case WAY_DOUBLE:
		return MYSQL_TYPE_DOUBLE;
	case WAY_DECIMAL:
		return MYSQL_TYPE_NEWDECIMAL;
	default: /* bytes: a binary string */
		return p->is_key && p->way != WAY_BYTES ? MYSQL_TYPE_STRING : MYSQL_TYPE_BLOB;
	}
}

static void lay_out(struct dts_arrays *a)
{
	struct statement *s = a->now;
	size_t cells;

	a->most = CELLS_MOST / s->count;
	cells = s->count * a->most;
	dts_buf_clear(&a->cells);
	dts_buf_reserve(&a->cells, cells * (sizeof(union cell) + sizeof(unsigned long) + 1));
	a->binds = dts_realloc(a->binds, s->count * sizeof *a->binds);
	for (size_t i = 0; i < s->count; i++)
		a->binds[i] = (MYSQL_BIND){
			.buffer_type = type_of(&s->params[i]),
			.buffer = cells_of(a, i),
			.length = lengths_of(a, i),
			.u.indicator = indicators_of(a, i),
			.is_unsigned = s->params[i].way == WAY_UINT || s->params[i].way == WAY_NUMBER || s->params[i].way == WAY_MEMBER,
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
		const struct param *p = &a->now->params[i];
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

/* Digits with an optional sign, in range. */
static bool read_integer(struct dts_json value, bool is_unsigned, long long *number)
{
	struct dts_slice text = value.raw;
	uint64_t n = 0;
	size_t i = 0;

	if (value.type == DTS_JSON_STRING)
		text = dts_slice(text.p + 1, text.len - 2);
	else if (value.type != DTS_JSON_NUMBER)
		return false;
	bool minus = text.len > 0 && text.p[0] == '-';
	i = minus;
	if (i == text.len || text.len - i > 20 || (minus && is_unsigned))
		return false;
	for (; i < text.len; i++) {
		unsigned digit = (unsigned char)text.p[i] - '0';
		if (digit > 9 || n > (UINT64_MAX - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	if (!is_unsigned && n > (uint64_t)INT64_MAX + minus)
		return false;
	*number = (long long)(minus ? 0 - n : n);
	return true;
}

static bool read_real(struct dts_arrays *a, struct dts_json value, bool single, double *real)
{
	if (value.type != DTS_JSON_NUMBER)
		return false;
	dts_buf_clear(&a->scratch.text);
	dts_buf_add_slice(&a->scratch.text, value.raw);
	const char *text = dts_buf_text(&a->scratch.text);
	*real = single ? (double)strtof(text, NULL) : strtod(text, NULL);
	return isfinite(*real);
}

/* The number of an ENUM's label or the bits of a SET's, as dts_literal_add() finds it. */
static bool read_member(struct dts_arrays *a, const struct dts_apply_column *c, struct dts_json value, long long *number)
{
	struct dts_error ignored = DTS_ERROR_INIT;
	unsigned zeros = 0;

	dts_buf_clear(&a->sql);
	if (dts_literal_add(&a->sql, c, value, &zeros, &a->scratch, &ignored) < 0 || zeros > 0)
		return false;
	*number = (long long)strtoull(dts_buf_text(&a->sql), NULL, 10);
	return true;
}

/* What was added to `bytes` from `at` on. */
static struct dts_slice added(const struct dts_arrays *a, size_t at)
{
	return dts_slice(a->bytes.data + at, a->bytes.len - at);
}

/* Text as it stands in the record where nothing is escaped there. */
static bool read_text(struct dts_arrays *a, const struct dts_apply_column *c, enum way way, struct dts_json value,
		      struct dts_slice *text)
{
	size_t at = a->bytes.len;

	if (value.type == DTS_JSON_OBJECT) { /* bytes in the source's set */
		if (!c->same_charset || dts_json_bytes(value, &a->bytes) != 1)
			return false;
		*text = added(a, at);
		return true;
	}
	if (value.type != DTS_JSON_STRING)
		return false;
	if (way == WAY_CHARSET) {
		if (!dts_charset_from_utf8(c->load_charset, dts_json_string(value.raw, &a->scratch.text), &a->bytes))
			return false;
		*text = added(a, at);
		return true;
	}
	*text = dts_slice(value.raw.p + 1, value.raw.len - 2);
	if (memchr(text->p, '\\', text->len)) {
		dts_json_unescape(value.raw, &a->bytes);
		*text = added(a, at);
	}
	return true;
}

static bool below(struct dts_slice text, unsigned char limit)
{
	unsigned char highest = 0;

	for (size_t i = 0; i < text.len; i++)
		highest = (unsigned char)text.p[i] > highest ? (unsigned char)text.p[i] : highest;
	return highest < limit;
}

/* What the column's set does not have is for the literal to say. */
static bool fits(const struct dts_apply_column *c, struct dts_slice text)
{
	return c->load == DTS_LOAD_ASCII ? below(text, 0x80) : c->load == DTS_LOAD_UTF8MB3 ? below(text, 0xf0) : true;
}

static bool read_bytes(struct dts_arrays *a, const struct param *p, const struct dts_apply_column *c, struct dts_json value,
		       struct dts_slice *text)
{
	size_t at = a->bytes.len;

	switch (p->way) {
	case WAY_TEXT:
		return read_text(a, c, p->way, value, text) && fits(c, *text);
	case WAY_CHARSET:
		return read_text(a, c, p->way, value, text);
	case WAY_BYTES:
		if (value.type != DTS_JSON_OBJECT || dts_json_bytes(value, &a->bytes) != 1)
			return false;
		*text = added(a, at);
		return true;
	case WAY_DECIMAL:
		*text = value.raw;
		if (value.type == DTS_JSON_STRING)
			*text = dts_slice(value.raw.p + 1, value.raw.len - 2);
		return (value.type == DTS_JSON_STRING || value.type == DTS_JSON_NUMBER) && dts_sql_is_number(*text, true);
	default: /* dates and times */
		*text = dts_slice(value.raw.p + 1, value.raw.len - 2);
		return value.type == DTS_JSON_STRING && !memchr(text->p, '\\', text->len);
	}
}

static bool add_value(struct dts_arrays *a, size_t param, struct dts_json value)
{
	const struct param *p = &a->now->params[param];
	const struct dts_apply_column *c = &a->now->table->columns[p->column];
	union cell *cell = cells_of(a, param) + a->rows;
	struct dts_slice text;

	if (!value.raw.p || (p->before && value.raw.len > DTS_PLAN_COMPARED))
		return false;
	indicators_of(a, param)[a->rows] = value.type == DTS_JSON_NULL ? STMT_INDICATOR_NULL : STMT_INDICATOR_NONE;
	if (value.type == DTS_JSON_NULL) {
		*cell = (union cell){0};
		lengths_of(a, param)[a->rows] = 0;
		return true;
	}
	switch (p->way) {
	case WAY_INT:
	case WAY_UINT:
	case WAY_NUMBER:
		return read_integer(value, p->way != WAY_INT, &cell->number);
	case WAY_MEMBER:
		return read_member(a, c, value, &cell->number);
	case WAY_FLOAT:
	case WAY_DOUBLE:
		return read_real(a, value, p->way == WAY_FLOAT, &cell->real);
	default:
		break;
	}
	if (!read_bytes(a, p, c, value, &text))
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
		const struct param *p = &a->now->params[i];
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
