#include "ddl/scan.h"

static bool is_space(unsigned char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static bool is_name(unsigned char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '_' || c == '$' || c >= 0x80;
}

/* The byte `ahead` of `at`, or -1 behind the end. */
static int peek(const struct dts_sql_scan *s, size_t at, size_t ahead)
{
	return s->sql.len - at > ahead ? (unsigned char)s->sql.p[at + ahead] : -1;
}

static size_t skip_line(const struct dts_sql_scan *s, size_t at)
{
	const char *end = memchr(s->sql.p + at, '\n', s->sql.len - at);

	return end ? (size_t)(end - s->sql.p) + 1 : s->sql.len;
}

/* Behind the end of a plain comment; it may hold no other. */
static size_t skip_comment(const struct dts_sql_scan *s, size_t at)
{
	for (at += 2; at < s->sql.len; at++)
		if (s->sql.p[at] == '*' && peek(s, at, 1) == '/')
			return at + 2;
	return s->sql.len;
}

/* Does the server take a comment for this version and later for SQL? MariaDB leaves out
 * what is for MySQL 5.7 and later (Knowledge Base, "Comment Syntax"). */
static bool counts(const struct dts_sql_scan *s, unsigned version, bool own)
{
	if (s->version == 0)
		return true;
	if (!(s->flags & DTS_DDL_MYSQL) && !own && version >= 50700 && version <= 99999)
		return false;
	return version <= s->version;
}

/* The length of the opening of an executable comment, version and all: the
 * manuals' five or six digits. 0: it is none. */
static size_t executable(const struct dts_sql_scan *s, size_t at)
{
	size_t n = peek(s, at, 2) == '!' ? 3 : peek(s, at, 2) == 'M' && peek(s, at, 3) == '!' ? 4 : 0;
	size_t digits = 0;
	unsigned version = 0;

	if (n == 4 && (s->flags & DTS_DDL_MYSQL))
		return 0;
	if (n == 0)
		return 0;
	while (digits < 6 && peek(s, at, n + digits) >= '0' && peek(s, at, n + digits) <= '9')
		version = version * 10 + (unsigned)(peek(s, at, n + digits++) - '0');
	if (digits < 5)
		return n;
	return counts(s, version, n == 4) ? n + digits : 0;
}

/* Behind the space and comments at `at`. */
static size_t skip_space(struct dts_sql_scan *s, size_t at)
{
	while (at < s->sql.len) {
		unsigned char c = (unsigned char)s->sql.p[at];
		int second = peek(s, at, 1);

		if (is_space(c)) {
			at++;
		} else if (c == '#') {
			at = skip_line(s, at);
		} else if (c == '-' && second == '-' &&
			   (peek(s, at, 2) < 0 || peek(s, at, 2) <= ' ' || peek(s, at, 2) == 0x7F)) {
			at = skip_line(s, at);
		} else if (c == '/' && second == '*') {
			size_t opening = executable(s, at);

			if (opening == 0) {
				at = skip_comment(s, at);
			} else {
				at += opening;
				s->open++;
				s->edges++;
			}
		} else if (c == '*' && second == '/' && s->open > 0) {
			at += 2;
			s->open--;
			s->edges++;
		} else {
			break;
		}
	}
	return at;
}

/* The length of the quoted token at `at`; unfinished, it goes to the end. */
static size_t quoted_len(const struct dts_sql_scan *s, size_t at, char quote, bool backslash)
{
	size_t i = at + 1;

	while (i < s->sql.len) {
		char c = s->sql.p[i];

		if (c == '\\' && backslash) {
			i += 2;
		} else if (c != quote) {
			i++;
		} else if (peek(s, i, 1) == (unsigned char)quote) {
			i += 2;
		} else {
			return i + 1 - at;
		}
	}
	return s->sql.len - at;
}

static void scan_word(struct dts_sql_scan *s)
{
	bool digits = true;
	size_t n = 0;

	for (; s->at + n < s->sql.len && is_name((unsigned char)s->sql.p[s->at + n]); n++)
		digits &= is_digit((unsigned char)s->sql.p[s->at + n]);
	s->len = n;
	s->type = digits && !s->after_dot ? DTS_SQL_NUMBER : DTS_SQL_WORD;
}

void dts_sql_next(struct dts_sql_scan *s)
{
	bool dot = dts_sql_is_char(s, '.');
	bool name = s->flags & DTS_DDL_ANSI_QUOTES;
	unsigned char c;

	s->prev_end = s->at + s->len;
	s->at = skip_space(s, s->next);
	s->len = 0;
	s->after_dot = dot;
	s->type = DTS_SQL_END;
	if (s->at < s->sql.len) {
		c = (unsigned char)s->sql.p[s->at];
		if (is_name(c)) {
			scan_word(s);
		} else if (c == '`') {
			s->type = DTS_SQL_QUOTED;
			s->len = quoted_len(s, s->at, '`', false);
		} else if (c == '[' && (s->flags & (DTS_DDL_BRACKETS | DTS_DDL_MYSQL)) == DTS_DDL_BRACKETS) {
			s->type = DTS_SQL_QUOTED;
			s->len = quoted_len(s, s->at, ']', false);
		} else if (c == '\'' || c == '"') {
			bool quoted_name = c == '"' && name;

			s->type = quoted_name ? DTS_SQL_QUOTED : DTS_SQL_STRING;
			s->len = quoted_len(s, s->at, (char)c,
					    !quoted_name && !(s->flags & DTS_DDL_NO_BACKSLASH_ESCAPES));
		} else {
			s->type = DTS_SQL_PUNCT;
			s->len = 1;
		}
	}
	s->next = s->at + s->len;
}

void dts_sql_start(struct dts_sql_scan *s, struct dts_slice sql, unsigned flags)
{
	dts_sql_start_at(s, sql, flags, 0);
}

void dts_sql_start_at(struct dts_sql_scan *s, struct dts_slice sql, unsigned flags, unsigned version)
{
	*s = (struct dts_sql_scan){.sql = sql, .flags = flags, .version = version};
	dts_sql_next(s);
}

bool dts_sql_is(const struct dts_sql_scan *s, const char *keyword)
{
	return s->type == DTS_SQL_WORD && !s->after_dot &&
	       dts_slice_is_nocase(dts_sql_text(s), keyword);
}

static char unescape(char c)
{
	switch (c) {
	case '0':
		return '\0';
	case 'b':
		return '\b';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	case 'Z':
		return '\032';
	}
	return c;
}

void dts_sql_decode(struct dts_slice quoted, unsigned flags, struct dts_buf *out)
{
	char quote = quoted.p[0] == '[' ? ']' : quoted.p[0];
	bool backslash = quote == '\'' || (quote == '"' && !(flags & DTS_DDL_ANSI_QUOTES));
	size_t end = quoted.len;

	if (flags & DTS_DDL_NO_BACKSLASH_ESCAPES)
		backslash = false;
	for (size_t i = 1; i < end; i++) {
		char c = quoted.p[i];

		if (c == '\\' && backslash && i + 1 < end) {
			dts_buf_addc(out, unescape(quoted.p[++i]));
		} else if (c == quote) {
			if (i + 1 >= end)
				return; /* the closing one */
			dts_buf_addc(out, quoted.p[i++]);
		} else {
			dts_buf_addc(out, c);
		}
	}
}
