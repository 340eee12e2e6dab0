#include "apply/bind.h"

#include <stdlib.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { CELLS_MOST = 64 * 1024 };

/* ---- the text ---- */

/* The first byte that ends a value or is an escape, or `end`. */
static char *find_special(char *p, char *end)
{
#ifdef __SSE2__
	for (; end - p >= 16; p += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
		__m128i escape = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));
		__m128i tab = _mm_cmpeq_epi8(v, _mm_set1_epi8('\t'));
		__m128i newline = _mm_cmpeq_epi8(v, _mm_set1_epi8('\n'));
		unsigned mask = (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(escape, tab), newline));
		if (mask)
			return p + __builtin_ctz(mask);
	}
#endif
	while (p < end && *p != '\\' && *p != '\t' && *p != '\n')
		p++;
	return p;
}

/* What LOAD DATA makes of the byte behind an escape. */
static char unescaped(char c)
{
	switch (c) {
	case 'b':
		return '\b';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	case '0':
		return '\0';
	case 'Z':
		return '\032';
	default:
		return c;
	}
}

/* One value, whose end is `last`. */
static bool split_one(char **at, char *end, char last, struct dts_slice *value)
{
	char *p = *at, *to = p;

	if (end - p >= 3 && p[0] == '\\' && p[1] == 'N' && p[2] == last) {
		*value = (struct dts_slice){NULL, 0};
		*at = p + 3;
		return true;
	}
	for (;;) {
		char *special = find_special(p, end);
		if (special == end)
			return false;
		if (to != p)
			memmove(to, p, (size_t)(special - p));
		to += special - p;
		p = special + 1;
		if (*special != '\\')
			break;
		if (p == end)
			return false;
		*to++ = unescaped(*p++);
	}
	*value = dts_slice(*at, (size_t)(to - *at));
	*at = p;
	return p[-1] == last;
}

bool dts_bind_split(char **at, char *end, struct dts_slice *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!split_one(at, end, i + 1 == count ? '\n' : '\t', &values[i]))
			return false;
	return true;
}

/* ---- the statement ---- */

#ifdef MARIADB_PACKAGE_VERSION

bool dts_bind_possible(const struct dts_session *s, const struct dts_apply_table *t)
{
	unsigned long more = 0;

	if (s->family != DTS_MARIADB || mariadb_get_infov(s->mysql, MARIADB_CONNECTION_EXTENDED_SERVER_CAPABILITIES, &more) != 0 ||
	    !(more & (MARIADB_CLIENT_STMT_BULK_OPERATIONS >> 32)))
		return false;
	for (size_t i = 0; i < t->schema.column_count; i++) {
		enum dts_load_how how = t->columns[i].load;
		/* Those are written by an expression. */
		if (t->columns[i].written && (how == DTS_LOAD_MEMBER || how == DTS_LOAD_JSON || how == DTS_LOAD_CONVERT))
			return false;
	}
	return true;
}

/* Room for `most` pointers, lengths and indicators of each column. */
static void lay_out(struct dts_bind *b)
{
	MYSQL_BIND *params = b->params = dts_realloc(b->params, b->columns * sizeof *params);
	size_t cells = b->columns * b->most;

	dts_buf_clear(&b->parts);
	dts_buf_reserve(&b->parts, cells * (sizeof(char *) + sizeof(unsigned long) + 1));
	char **texts = (char **)(void *)b->parts.data;
	unsigned long *lengths = (unsigned long *)(void *)(texts + cells);
	char *indicators = (char *)(lengths + cells);
	for (size_t i = 0; i < b->columns; i++)
		params[i] = (MYSQL_BIND){
			.buffer_type = MYSQL_TYPE_BLOB, /* a binary string */
			.buffer = texts + i * b->most,
			.length = lengths + i * b->most,
			.u.indicator = indicators + i * b->most,
		};
}

int dts_bind_start(struct dts_bind *b, struct dts_session *s, const struct dts_apply_table *t, struct dts_error *err)
{
	dts_bind_end(b);
	dts_buf_clear(&b->sql);
	dts_buf_add_slice(&b->sql, dts_buf_slice(&t->insert));
	b->columns = 0;
	for (size_t i = 0; i < t->schema.column_count; i++)
		if (t->columns[i].written)
			dts_buf_adds(&b->sql, b->columns++ == 0 ? "(?" : ",?");
	dts_buf_addc(&b->sql, ')');
	b->most = CELLS_MOST / b->columns;
	lay_out(b);
	b->statement = mysql_stmt_init(s->mysql);
	if (!b->statement)
		dts_out_of_memory();
	if (mysql_stmt_prepare(b->statement, b->sql.data, b->sql.len) == 0)
		return 0;
	return dts_session_fail(s, err, "the target refuses rows");
}

static bool fill_arrays(struct dts_bind *b, struct dts_slice *row)
{
	char *at = b->text.data, *end = at + b->text.len;

	for (size_t r = 0; r < b->rows; r++) {
		if (!dts_bind_split(&at, end, row, b->columns))
			return false;
		for (size_t i = 0; i < b->columns; i++) {
			MYSQL_BIND *p = (MYSQL_BIND *)b->params + i;
			((const char **)p->buffer)[r] = row[i].p;
			p->length[r] = row[i].len;
			p->u.indicator[r] = row[i].p ? STMT_INDICATOR_NONE : STMT_INDICATOR_NULL;
		}
	}
	return at == end;
}

int dts_bind_send(struct dts_bind *b, struct dts_session *s, struct dts_error *err)
{
	unsigned rows = (unsigned)b->rows;
	struct dts_slice *row = dts_zalloc(b->columns, sizeof *row);
	bool filled = fill_arrays(b, row);

	free(row);
	if (!filled)
		return 0;
	if (mysql_stmt_attr_set(b->statement, STMT_ATTR_ARRAY_SIZE, &rows) != 0 || mysql_stmt_bind_param(b->statement, b->params) != 0)
		return 0;
	if (mysql_stmt_execute(b->statement) != 0)
		return dts_session_fail(s, err, "the target refuses rows");
	bool all = mysql_stmt_affected_rows(b->statement) == rows && mysql_warning_count(s->mysql) == 0;
	dts_buf_clear(&b->text);
	b->rows = 0;
	return all;
}

#else /* MySQL's library knows no arrays */

bool dts_bind_possible(const struct dts_session *s, const struct dts_apply_table *t)
{
	(void)s, (void)t;
	return false;
}

int dts_bind_start(struct dts_bind *b, struct dts_session *s, const struct dts_apply_table *t, struct dts_error *err)
{
	(void)b, (void)s, (void)t;
	return dts_fail(err, DTS_REFUSED, "the client library has no arrays of parameters");
}

int dts_bind_send(struct dts_bind *b, struct dts_session *s, struct dts_error *err)
{
	return dts_bind_start(b, s, NULL, err);
}

#endif

bool dts_bind_full(const struct dts_bind *b)
{
	return b->rows == b->most || b->text.len >= DTS_BIND_BYTES;
}

void dts_bind_end(struct dts_bind *b)
{
	if (b->statement)
		mysql_stmt_close(b->statement);
	b->statement = NULL;
	b->rows = 0;
	dts_buf_clear(&b->text);
}

void dts_bind_release(struct dts_bind *b)
{
	dts_bind_end(b);
	dts_buf_release(&b->text);
	dts_buf_release(&b->sql);
	dts_buf_release(&b->parts);
	free(b->params);
	*b = (struct dts_bind){0};
}
