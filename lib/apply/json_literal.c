#include "apply/json_literal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "mysql/quote.h"
#include "record/json.h"

enum {
	MAX_DEPTH = 128,     /* the server takes 100 */
	/* Calls that MySQL 9.7 is given inside of one another. With the smallest thread_stack, 128K,
	 * it takes 60, refuses 70, and crashes at 90. */
	MAX_CALLS = 60,
	DOUBLE_DIGITS = 17,  /* that may stand in a DOUBLE's shortest text */
	DECIMAL_DIGITS = 65,
	DECIMAL_FRACTION = 30,
};

void dts_json_scratch_release(struct dts_json_scratch *s)
{
	dts_buf_release(&s->parts);
	dts_buf_release(&s->text);
}

/* ---- numbers ---- */

/* A number's text, and its value: 0.DIGITS * 10^point, without zeros at either end. */
struct number {
	struct dts_slice raw;
	size_t whole, fraction; /* digits as written */
	bool negative, exponent;
	char digits[DOUBLE_DIGITS];
	size_t count; /* 0: zero; above DOUBLE_DIGITS: more than are kept */
	long point;
};

static bool is_digit(const char *p, const char *end)
{
	return p < end && *p >= '0' && *p <= '9';
}

/* Digits go to the value; zeros count when another digit comes behind them. */
struct digits {
	struct number *n;
	size_t zeros;
};

static void add_digit(struct digits *d, char c, bool behind_point)
{
	struct number *n = d->n;
	bool begun = n->count > 0 || c != '0';

	n->point += (begun && !behind_point) - (!begun && behind_point);
	if (c == '0') {
		d->zeros += begun;
		return;
	}
	for (; d->zeros > 0; d->zeros--, n->count++)
		if (n->count < DOUBLE_DIGITS)
			n->digits[n->count] = '0';
	if (n->count < DOUBLE_DIGITS)
		n->digits[n->count] = c;
	n->count++;
}

/* Reads the number at p as JSON has them; where it ends, or NULL. */
static const char *read_number(struct number *n, const char *p, const char *end)
{
	struct digits d = {.n = n};
	const char *from = p;

	*n = (struct number){.negative = *p == '-'};
	p += n->negative;
	for (; is_digit(p, end); p++, n->whole++)
		add_digit(&d, *p, false);
	if (n->whole == 0 || (n->whole > 1 && p[-(ptrdiff_t)n->whole] == '0'))
		return NULL;
	if (p < end && *p == '.') {
		for (p++; is_digit(p, end); p++, n->fraction++)
			add_digit(&d, *p, true);
		if (n->fraction == 0)
			return NULL;
	}
	if (p < end && (*p == 'e' || *p == 'E')) {
		long exponent = 0;
		bool below;

		n->exponent = true;
		p++;
		below = p < end && *p == '-';
		p += below || (p < end && *p == '+');
		if (!is_digit(p, end))
			return NULL;
		for (; is_digit(p, end); p++)
			if (exponent < 100000000)
				exponent = exponent * 10 + (*p - '0');
		n->point += below ? -exponent : exponent;
	}
	n->raw = dts_slice(from, (size_t)(p - from));
	return p;
}

/* Does the nearest DOUBLE have this value in its shortest text? */
static bool is_double(const struct number *n)
{
	char text[64];
	struct dts_buf b = {.data = text, .cap = sizeof text};
	struct number shortest;
	double d;

	if (n->count == 0)
		return true;
	if (n->count > DOUBLE_DIGITS)
		return false;
	if (n->count <= 15 && n->point > -290 && n->point < 290)
		return true; /* so few digits tell any two of them apart */
	snprintf(text, sizeof text, "%.*se%ld", (int)n->count, n->digits, n->point - (long)n->count);
	d = strtod(text, NULL);
	if (!isfinite(d))
		return n->exponent; /* the server refuses it */
	if (d == 0)
		return false;
	dts_json_add_double(&b, d);
	if (!read_number(&shortest, text, text + b.len))
		return false;
	/* Fewer digits: around a power of two the nearest text is not the only one. */
	return n->count < shortest.count ||
	       (n->count == shortest.count && n->point == shortest.point && memcmp(n->digits, shortest.digits, n->count) == 0);
}

/* The same in the layout that the server gives a DOUBLE without an exponent. */
static bool is_double_layout(const struct number *n)
{
	if (n->count == 0 || n->point >= (long)n->count)
		return n->fraction == 1 && n->point <= 15;
	return n->point >= -14 && (long)n->fraction == (long)n->count - n->point;
}

static bool is_int64(const struct number *n)
{
	const char *limit = n->negative ? "9223372036854775808" : "18446744073709551615";
	size_t len = strlen(limit);

	return n->whole < len || (n->whole == len && memcmp(n->raw.p + n->negative, limit, len) <= 0);
}

enum sort {
	AS_READ,    /* the server reads from text what it is */
	AS_DECIMAL, /* it must stand in SQL */
	BEYOND,     /* no type of the server's holds it */
};

static enum sort sort_of(const struct number *n)
{
	if (n->exponent)
		return is_double(n) ? AS_READ : BEYOND;
	if (n->fraction == 0 ? is_int64(n) : is_double_layout(n) && is_double(n))
		return AS_READ;
	if (n->count == 0 && n->negative) /* there is no such DECIMAL */
		return AS_READ;
	return n->whole + n->fraction <= DECIMAL_DIGITS && n->fraction <= DECIMAL_FRACTION ? AS_DECIMAL : BEYOND;
}

/* ---- the document, first looked at ---- */

/* An object or array, in the order in which they begin. */
struct part {
	size_t end;  /* behind it in the text */
	size_t next; /* the part that begins behind it */
	bool marked; /* holds a number that must be a DECIMAL */
};

struct reader {
	const char *p, *end;
	const char *start;
	struct dts_buf *parts;
	size_t marks;
	struct dts_slice beyond; /* the first number of that sort */
	bool deep; /* a DECIMAL stands too deep for calls */
};

static void skip_space(struct reader *r)
{
	while (r->p < r->end && (*r->p == ' ' || *r->p == '\t' || *r->p == '\n' || *r->p == '\r'))
		r->p++;
}

static bool skip_byte(struct reader *r, char c)
{
	if (r->p == r->end || *r->p != c)
		return false;
	r->p++;
	return true;
}

/* The string with its quotes, whose content is not judged. */
static bool take_string(struct reader *r, struct dts_slice *raw)
{
	const char *from = r->p;

	if (!skip_byte(r, '"'))
		return false;
	for (; r->p < r->end && *r->p != '"'; r->p++)
		if (*r->p == '\\' && ++r->p == r->end)
			return false;
	if (!skip_byte(r, '"'))
		return false;
	*raw = dts_slice(from, (size_t)(r->p - from));
	return true;
}

static bool take_word(struct reader *r, struct dts_slice *raw)
{
	static const char *const words[] = {"null", "true", "false"};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		size_t len = strlen(words[i]);
		if ((size_t)(r->end - r->p) >= len && memcmp(r->p, words[i], len) == 0) {
			*raw = dts_slice(r->p, len);
			r->p += len;
			return true;
		}
	}
	return false;
}

static bool look_at_number(struct reader *r, unsigned depth)
{
	struct number n;
	const char *p = read_number(&n, r->p, r->end);
	enum sort sort;

	if (!p)
		return false;
	r->p = p;
	sort = sort_of(&n);
	if (sort == BEYOND && !r->beyond.p)
		r->beyond = n.raw;
	r->marks += sort == AS_DECIMAL;
	r->deep |= sort == AS_DECIMAL && depth > MAX_CALLS;
	return true;
}

static bool look_at_value(struct reader *r, unsigned depth);

static bool look_at_members(struct reader *r, unsigned depth)
{
	char open = *r->p++, close = open == '{' ? '}' : ']';
	struct dts_slice key;

	skip_space(r);
	if (skip_byte(r, close))
		return true;
	for (;;) {
		if (open == '{') {
			skip_space(r);
			if (!take_string(r, &key))
				return false;
			skip_space(r);
			if (!skip_byte(r, ':'))
				return false;
		}
		skip_space(r);
		if (!look_at_value(r, depth))
			return false;
		skip_space(r);
		if (skip_byte(r, close))
			return true;
		if (!skip_byte(r, ','))
			return false;
	}
}

static bool look_at_value(struct reader *r, unsigned depth)
{
	size_t at = r->parts->len, marks = r->marks;
	struct part part = {0};
	struct dts_slice raw;

	if (r->p == r->end)
		return false;
	if (*r->p == '"')
		return take_string(r, &raw);
	if (*r->p == '-' || is_digit(r->p, r->end))
		return look_at_number(r, depth);
	if (*r->p != '{' && *r->p != '[')
		return take_word(r, &raw);
	if (depth == MAX_DEPTH)
		return false;
	dts_buf_add(r->parts, &part, sizeof part);
	if (!look_at_members(r, depth + 1))
		return false;
	part = (struct part){.end = (size_t)(r->p - r->start), .next = r->parts->len, .marked = r->marks > marks};
	memcpy(r->parts->data + at, &part, sizeof part);
	return true;
}

/* Is it JSON, but for what stands in its strings? */
static bool look_at(struct reader *r)
{
	skip_space(r);
	if (!look_at_value(r, 0))
		return false;
	skip_space(r);
	return r->p == r->end;
}

/* ---- then written ---- */

struct writer {
	struct reader r;
	size_t part; /* the next one's place in its parts */
	struct dts_buf *sql, *scratch;
};

static bool write_string(struct writer *w)
{
	struct dts_error none = DTS_ERROR_INIT;
	struct dts_slice raw;

	if (!take_string(&w->r, &raw) || dts_json_check(raw, &none) < 0)
		return false;
	dts_sql_literal(w->sql, dts_json_string(raw, w->scratch));
	return true;
}

static void write_number(struct writer *w)
{
	struct number n;

	w->r.p = read_number(&n, w->r.p, w->r.end);
	dts_buf_add_slice(w->sql, n.raw);
	if (n.fraction > 0 && !n.exponent && sort_of(&n) == AS_READ)
		dts_buf_adds(w->sql, "e0"); /* a DOUBLE */
}

static bool write_value(struct writer *w);

static bool write_members(struct writer *w)
{
	char open = *w->r.p++;
	const char *separator = "";

	dts_buf_adds(w->sql, open == '{' ? "JSON_OBJECT(" : "JSON_ARRAY(");
	do {
		dts_buf_adds(w->sql, separator);
		separator = ",";
		skip_space(&w->r);
		if (open == '{') {
			if (!write_string(w))
				return false;
			dts_buf_addc(w->sql, ',');
			skip_space(&w->r);
			skip_byte(&w->r, ':');
			skip_space(&w->r);
		}
		if (!write_value(w))
			return false;
		skip_space(&w->r);
	} while (skip_byte(&w->r, ','));
	w->r.p++;
	dts_buf_addc(w->sql, ')');
	return true;
}

static void write_cast(struct dts_buf *sql, struct dts_slice text)
{
	dts_buf_adds(sql, "CAST(");
	dts_sql_literal(sql, text);
	dts_buf_adds(sql, " AS JSON)");
}

static bool write_value(struct writer *w)
{
	struct dts_slice raw;
	struct part part;

	if (*w->r.p == '"')
		return write_string(w);
	if (*w->r.p == '{' || *w->r.p == '[') {
		memcpy(&part, w->r.parts->data + w->part, sizeof part);
		w->part += sizeof part;
		if (part.marked)
			return write_members(w);
		w->part = part.next;
		write_cast(w->sql, dts_slice(w->r.p, (size_t)(w->r.start + part.end - w->r.p)));
		w->r.p = w->r.start + part.end;
		return true;
	}
	if (!take_word(&w->r, &raw))
		write_number(w);
	else
		dts_buf_add_slice(w->sql, raw);
	return true;
}

/* false: a string in it is none of JSON's. */
static bool write_document(struct writer *w)
{
	bool alone;

	skip_space(&w->r);
	alone = *w->r.p != '{' && *w->r.p != '[';
	dts_buf_adds(w->sql, alone ? "CAST(" : "");
	if (!write_value(w))
		return false;
	dts_buf_adds(w->sql, alone ? " AS JSON)" : "");
	return true;
}

int dts_json_literal_add(struct dts_buf *sql, struct dts_slice text, bool typed, struct dts_json_scratch *scratch,
			 struct dts_json_trouble *trouble)
{
	struct reader r = {.p = text.p, .start = text.p, .end = text.p + text.len, .parts = &scratch->parts};
	size_t at = sql->len;

	*trouble = (struct dts_json_trouble){0};
	if (text.len > 0 && memchr(text.p, '\0', text.len))
		return -1;
	dts_buf_clear(&scratch->parts);
	if (text.len > 0 && look_at(&r)) {
		*trouble = (struct dts_json_trouble){.number = r.beyond, .deep = r.deep};
		if (r.beyond.p || r.deep)
			return -1;
		if (r.marks > 0) {
			struct writer w = {.r = r, .sql = sql, .scratch = &scratch->text};

			w.r.p = text.p;
			if (write_document(&w))
				return 0;
			sql->len = at;
		}
	}
	if (typed)
		write_cast(sql, text);
	else
		dts_sql_literal(sql, text);
	return 0;
}

bool dts_json_literal_plain(struct dts_slice text, struct dts_json_scratch *scratch)
{
	struct reader r = {.p = text.p, .start = text.p, .end = text.p + text.len, .parts = &scratch->parts};

	dts_buf_clear(&scratch->parts);
	if (text.len == 0 || memchr(text.p, '\0', text.len))
		return false;
	/* What is no JSON is the server's to refuse. */
	return !look_at(&r) || (r.marks == 0 && !r.beyond.p && !r.deep);
}
