/* Names, numbers, literals and expressions of statements that define tables. */
#include <stdarg.h>
#include <stdio.h>

#include "ddl/define.h"

bool dts_define_fail(struct dts_define *st, const char *fmt, ...)
{
	char text[512];
	va_list args;

	if (st->why.len > 0)
		return false;
	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	dts_buf_adds(&st->why, text);
	return false;
}

bool dts_define_stuck(struct dts_define *st, const char *where)
{
	struct dts_slice token = dts_sql_text(&st->p.scan);

	if (st->p.scan.type == DTS_SQL_END)
		return dts_define_fail(st, "%s is not understood: it ends too early", where);
	return dts_define_fail(st, "%s is not understood at '%.*s'", where, token.len > 60 ? 60 : (int)token.len, token.p);
}

bool dts_define_is(const struct dts_define *st, const char *keyword)
{
	return dts_sql_is(&st->p.scan, keyword);
}

bool dts_define_next_is(const struct dts_define *st, const char *keyword)
{
	struct dts_sql_scan next = dts_ddl_peek(&st->p);

	return dts_sql_is(&next, keyword);
}

bool dts_define_take(struct dts_define *st, const char *keyword)
{
	return dts_ddl_take(&st->p, keyword);
}

bool dts_define_take_char(struct dts_define *st, char c)
{
	return dts_ddl_take_char(&st->p, c);
}

bool dts_define_take_two(struct dts_define *st, const char *first, const char *second)
{
	if (!dts_define_is(st, first) || !dts_define_next_is(st, second))
		return false;
	dts_sql_next(&st->p.scan);
	dts_sql_next(&st->p.scan);
	return true;
}

bool dts_define_at_end(const struct dts_define *st)
{
	struct dts_sql_scan next;

	if (!dts_sql_is_char(&st->p.scan, ';'))
		return st->p.scan.type == DTS_SQL_END;
	next = dts_ddl_peek(&st->p);
	return next.type == DTS_SQL_END;
}

void dts_define_skip_behind(struct dts_define *st, size_t at)
{
	while (st->p.scan.type != DTS_SQL_END && st->p.scan.at < at)
		dts_sql_next(&st->p.scan);
}

bool dts_define_at_name(const struct dts_define *st)
{
	return st->p.scan.type == DTS_SQL_WORD || st->p.scan.type == DTS_SQL_QUOTED;
}

bool dts_define_take_name(struct dts_define *st, struct dts_slice *name)
{
	struct dts_slice text = dts_sql_text(&st->p.scan);
	struct dts_buf b = {0};

	if (!dts_define_at_name(st))
		return dts_define_stuck(st, "a name");
	if (st->p.scan.type == DTS_SQL_QUOTED)
		dts_sql_decode(text, st->p.scan.flags, &b);
	else
		dts_buf_add_slice(&b, text);
	*name = dts_arena_copy(st->arena, dts_buf_slice(&b));
	dts_buf_release(&b);
	dts_sql_next(&st->p.scan);
	return true;
}

bool dts_define_take_number(struct dts_define *st, uint64_t *n)
{
	struct dts_slice text = dts_sql_text(&st->p.scan);

	if (st->p.scan.type != DTS_SQL_NUMBER || text.len > 18)
		return dts_define_stuck(st, "a number");
	*n = 0;
	for (size_t i = 0; i < text.len; i++)
		*n = *n * 10 + (uint64_t)(text.p[i] - '0');
	dts_sql_next(&st->p.scan);
	return true;
}

/* As the servers read a string literal: \% and \_ keep their backslash, unlike
 * any other escape. */
static struct dts_slice string_value(struct dts_define *st, struct dts_slice quoted)
{
	bool backslash = !(st->p.scan.flags & DTS_DDL_NO_BACKSLASH_ESCAPES);
	struct dts_buf once = {0}, value = {0};

	for (size_t i = 0; i < quoted.len; i++) {
		dts_buf_addc(&once, quoted.p[i]);
		if (!backslash || quoted.p[i] != '\\' || i + 1 == quoted.len)
			continue;
		if (quoted.p[i + 1] == '%' || quoted.p[i + 1] == '_')
			dts_buf_adds(&once, "\\\\");
		dts_buf_addc(&once, quoted.p[++i]);
	}
	dts_sql_decode(dts_buf_slice(&once), st->p.scan.flags, &value);
	struct dts_slice copy = dts_arena_copy(st->arena, dts_buf_slice(&value));
	dts_buf_release(&once);
	dts_buf_release(&value);
	return copy;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Digits of base 16 or 2 as bytes, missing ones in front being zero. */
static bool digits_value(struct dts_define *st, struct dts_slice digits, unsigned bits, struct dts_slice *bytes)
{
	size_t per_byte = 8 / bits, len = (digits.len + per_byte - 1) / per_byte;
	char *to = dts_arena_alloc(st->arena, len + 1, 1);
	size_t pad = len * per_byte - digits.len;

	for (size_t i = 0; i < digits.len; i++) {
		int value = digit_value(digits.p[i]);

		if (value < 0 || value >> bits != 0)
			return dts_define_fail(st, "a literal has the digit '%c'", digits.p[i]);
		size_t at = (i + pad) / per_byte;
		to[at] = (char)((unsigned char)to[at] << bits | value);
	}
	*bytes = dts_slice(to, len);
	return true;
}

bool dts_define_take_label(struct dts_define *st, struct dts_define_label *label)
{
	struct dts_slice text = dts_sql_text(&st->p.scan);
	struct dts_sql_scan next = dts_ddl_peek(&st->p);
	bool taken;

	label->raw = false;
	if (st->p.scan.type == DTS_SQL_STRING) {
		label->bytes = string_value(st, text);
		dts_sql_next(&st->p.scan);
		if (st->p.scan.type == DTS_SQL_STRING)
			return dts_define_stuck(st, "a member");
		return true;
	}
	label->raw = true;
	if (st->p.scan.type != DTS_SQL_WORD)
		return dts_define_stuck(st, "a member");
	if (text.len > 2 && text.p[0] == '0' && (text.p[1] == 'x' || text.p[1] == 'b')) {
		taken = digits_value(st, dts_slice(text.p + 2, text.len - 2), text.p[1] == 'x' ? 4 : 1, &label->bytes);
	} else if (text.len == 1 && strchr("xXbB", text.p[0]) && next.type == DTS_SQL_STRING &&
		   next.at == st->p.scan.at + 1 && next.len >= 2 && st->p.scan.sql.p[next.at] == '\'') {
		unsigned bits = (text.p[0] | 0x20) == 'x' ? 4 : 1;

		taken = digits_value(st, dts_slice(st->p.scan.sql.p + next.at + 1, next.len - 2), bits, &label->bytes);
		dts_sql_next(&st->p.scan);
	} else {
		return dts_define_stuck(st, "a member");
	}
	dts_sql_next(&st->p.scan);
	return taken;
}

bool dts_define_skip_brackets(struct dts_define *st)
{
	size_t depth = 0;

	if (!dts_sql_is_char(&st->p.scan, '('))
		return dts_define_stuck(st, "an expression");
	do {
		if (st->p.scan.type == DTS_SQL_END)
			return dts_define_stuck(st, "an expression");
		if (dts_sql_is_char(&st->p.scan, '('))
			depth++;
		else if (dts_sql_is_char(&st->p.scan, ')'))
			depth--;
		dts_sql_next(&st->p.scan);
	} while (depth > 0);
	return true;
}

bool dts_define_skip_item(struct dts_define *st)
{
	while (!dts_define_at_end(st) && !dts_sql_is_char(&st->p.scan, ',') && !dts_sql_is_char(&st->p.scan, ')')) {
		if (dts_sql_is_char(&st->p.scan, '(')) {
			if (!dts_define_skip_brackets(st))
				return false;
		} else {
			dts_sql_next(&st->p.scan);
		}
	}
	return true;
}

/* CASE ... END, which may hold others. */
static bool skip_case(struct dts_define *st)
{
	size_t depth = 0;

	do {
		if (st->p.scan.type == DTS_SQL_END)
			return dts_define_stuck(st, "an expression");
		if (dts_define_is(st, "CASE"))
			depth++;
		else if (dts_define_is(st, "END"))
			depth--;
		dts_sql_next(&st->p.scan);
	} while (depth > 0);
	return true;
}

/* Digits with a point and an exponent: 1.5e-3 is several tokens. */
static void skip_number(struct dts_define *st)
{
	struct dts_slice text = {"", 0};
	size_t end = st->p.scan.at;

	while (st->p.scan.at == end &&
	       (st->p.scan.type == DTS_SQL_NUMBER || st->p.scan.type == DTS_SQL_WORD || dts_sql_is_char(&st->p.scan, '.'))) {
		text = dts_sql_text(&st->p.scan);
		end = st->p.scan.at + st->p.scan.len;
		dts_sql_next(&st->p.scan);
		if ((text.p[text.len - 1] | 0x20) == 'e' && st->p.scan.at == end &&
		    (dts_sql_is_char(&st->p.scan, '-') || dts_sql_is_char(&st->p.scan, '+'))) {
			end++;
			dts_sql_next(&st->p.scan);
		}
	}
}

static bool starts_with_digit(const struct dts_define *st)
{
	return st->p.scan.type != DTS_SQL_END && st->p.scan.sql.p[st->p.scan.at] >= '0' &&
	       st->p.scan.sql.p[st->p.scan.at] <= '9';
}

/* A name, function call, typed literal or charset introducer with its string. */
static bool skip_term(struct dts_define *st)
{
	bool call = false;

	if (dts_define_take(st, "NEXT")) {
		if (!dts_define_take_two(st, "VALUE", "FOR"))
			return dts_define_stuck(st, "an expression");
	} else if (dts_define_is(st, "INTERVAL")) {
		return dts_define_stuck(st, "an expression");
	}
	if (!dts_define_at_name(st))
		return dts_define_stuck(st, "an expression");
	dts_sql_next(&st->p.scan);
	while (dts_define_take_char(st, '.')) {
		if (!dts_define_at_name(st))
			return dts_define_stuck(st, "an expression");
		dts_sql_next(&st->p.scan);
	}
	if (dts_sql_is_char(&st->p.scan, '(')) {
		call = true;
		if (!dts_define_skip_brackets(st))
			return false;
	}
	if (!call)
		while (st->p.scan.type == DTS_SQL_STRING)
			dts_sql_next(&st->p.scan);
	return true;
}

bool dts_define_skip_expression(struct dts_define *st)
{
	if (dts_sql_is_char(&st->p.scan, '('))
		return dts_define_skip_brackets(st);
	if (dts_define_is(st, "CASE"))
		return skip_case(st);
	if (dts_sql_is_char(&st->p.scan, '-') || dts_sql_is_char(&st->p.scan, '+'))
		dts_sql_next(&st->p.scan);
	if (st->p.scan.type == DTS_SQL_STRING) {
		while (st->p.scan.type == DTS_SQL_STRING)
			dts_sql_next(&st->p.scan);
		return true;
	}
	if (starts_with_digit(st) || dts_sql_is_char(&st->p.scan, '.')) {
		skip_number(st);
		return true;
	}
	return skip_term(st);
}

/*
 * Lower case of the letters that names are likely to have: ASCII, Latin-1,
 * Latin Extended-A (regular pairs), Greek and Cyrillic. Two names that the
 * server takes for one and this does not are a column that is not found, which
 * makes a table unknown, not wrong.
 */
static unsigned lower(unsigned c)
{
	if ((c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE && c != 0xD7) || (c >= 0x391 && c <= 0x3A9) ||
	    (c >= 0x410 && c <= 0x42F))
		return c + 0x20;
	if (c >= 0x400 && c <= 0x40F)
		return c + 0x50;
	if ((c >= 0x100 && c <= 0x12F) || (c >= 0x132 && c <= 0x137) || (c >= 0x14A && c <= 0x177))
		return c | 1;
	if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E))
		return c + (c & 1);
	return c;
}

void dts_define_fold(struct dts_buf *b, struct dts_slice name)
{
	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = (unsigned char)name.p[i];
		unsigned char second = i + 1 < name.len ? (unsigned char)name.p[i + 1] : 0;

		if (c >= 0xC3 && c <= 0xD1 && (second & 0xC0) == 0x80) {
			unsigned folded = lower((c & 0x1Fu) << 6 | (second & 0x3Fu));

			dts_buf_addc(b, (char)(0xC0 | folded >> 6));
			dts_buf_addc(b, (char)(0x80 | (folded & 0x3F)));
			i++;
		} else {
			dts_buf_addc(b, (char)(c < 0x80 ? lower(c) : c));
		}
	}
}

bool dts_define_same(struct dts_slice a, struct dts_slice b)
{
	struct dts_buf x = {0}, y = {0};
	bool same;

	if (a.len != b.len || dts_slice_eq(a, b)) /* folding keeps the length */
		return a.len == b.len;
	dts_define_fold(&x, a);
	dts_define_fold(&y, b);
	same = dts_slice_eq(dts_buf_slice(&x), dts_buf_slice(&y));
	dts_buf_release(&x);
	dts_buf_release(&y);
	return same;
}
