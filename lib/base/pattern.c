#include "base/pattern.h"

#include <fnmatch.h>
#include <regex.h>
#include <stdlib.h>

enum part_kind { PART_GLOB, PART_LITERAL, PART_REGEX };

struct part {
	enum part_kind kind;
	char *text;
	regex_t regex;
};

struct dts_pattern {
	struct part db, table;
};

static void part_release(struct part *p)
{
	if (p->kind == PART_REGEX && p->text)
		regfree(&p->regex);
	free(p->text);
}

void dts_pattern_free(struct dts_pattern *p)
{
	if (!p)
		return;
	part_release(&p->db);
	part_release(&p->table);
	free(p);
}

static int compile_regex(struct part *p, struct dts_slice text, struct dts_error *err)
{
	struct dts_buf whole = {0};

	/* The whole name must match. */
	dts_buf_addf(&whole, "^(%.*s)$", (int)text.len, text.p);
	int rc = regcomp(&p->regex, dts_buf_text(&whole), REG_EXTENDED | REG_NOSUB);
	dts_buf_release(&whole);
	if (rc != 0) {
		char why[200];
		regerror(rc, &p->regex, why, sizeof why);
		return dts_fail(err, DTS_USAGE, "bad regular expression /%.*s/: %s", (int)text.len, text.p, why);
	}
	p->kind = PART_REGEX;
	p->text = dts_slice_dup(text);
	return 0;
}

/* Takes one part from *at, up to `end` or an unquoted dot. */
static int part_read(struct part *p, const char **at, const char *end, struct dts_error *err)
{
	const char *s = *at;

	if (s < end && (*s == '`' || *s == '/')) {
		char quote = *s++;
		struct dts_buf text = {0};
		bool closed = false;
		for (; s < end; s++) {
			if (*s == quote && quote == '`' && s + 1 < end && s[1] == quote) {
				s++; /* a doubled backtick is one */
			} else if (*s == '\\' && quote == '/' && s + 1 < end && s[1] == '/') {
				s++; /* \/ inside a regular expression */
			} else if (*s == quote) {
				closed = true;
				s++;
				break;
			}
			dts_buf_addc(&text, *s);
		}
		*at = s;
		int rc = 0;
		if (!closed)
			rc = dts_fail(err, DTS_USAGE, "pattern: missing closing %c", quote);
		else if (quote == '/')
			rc = compile_regex(p, dts_buf_slice(&text), err);
		else
			*p = (struct part){.kind = PART_LITERAL, .text = dts_slice_dup(dts_buf_slice(&text))};
		dts_buf_release(&text);
		return rc;
	}
	while (s < end && *s != '.') {
		if (*s == '[') { /* a dot inside [...] is no separator */
			const char *close = memchr(s, ']', (size_t)(end - s));
			if (close)
				s = close;
		}
		s++;
	}
	p->text = dts_slice_dup(dts_slice(*at, (size_t)(s - *at)));
	p->kind = strpbrk(p->text, "*?[\\") ? PART_GLOB : PART_LITERAL;
	*at = s;
	return p->text[0] ? 0 : dts_fail(err, DTS_USAGE, "pattern: empty name");
}

static int pattern_read(struct dts_pattern *p, struct dts_slice text, struct dts_error *err)
{
	const char *at = text.p, *end = text.p + text.len;

	if (part_read(&p->db, &at, end, err) < 0)
		return -1;
	if (at == end) {
		p->table.text = dts_strdup("*");
		p->table.kind = PART_GLOB;
		return 0;
	}
	if (*at != '.')
		return dts_fail(err, DTS_USAGE, "pattern: expected '.' after the database");
	at++;
	if (part_read(&p->table, &at, end, err) < 0)
		return -1;
	if (at != end)
		return dts_fail(err, DTS_USAGE, "pattern: unexpected '%.*s'", (int)(end - at), at);
	return 0;
}

struct dts_pattern *dts_pattern_new(struct dts_slice text, struct dts_error *err)
{
	struct dts_pattern *p = dts_zalloc(1, sizeof *p);

	int rc = memchr(text.p, '\0', text.len) ? dts_fail(err, DTS_USAGE, "pattern: a name has no NUL")
						: pattern_read(p, text, err);
	if (rc < 0) {
		dts_where(err, "'%.*s'", (int)text.len, text.p);
		dts_hint(err, "a PATTERN is db.table; * and ? match anything, `quoted` parts are literal, /parts/ are regular expressions");
		dts_pattern_free(p);
		return NULL;
	}
	return p;
}

static bool part_match(const struct part *p, struct dts_slice name)
{
	char text[1024];

	if (p->kind == PART_LITERAL)
		return dts_slice_is(name, p->text);
	if (p->kind == PART_GLOB && strcmp(p->text, "*") == 0)
		return true;
	if (name.len >= sizeof text)
		return false; /* no server has names that long */
	memcpy(text, name.p, name.len);
	text[name.len] = '\0';
	if (p->kind == PART_GLOB)
		return fnmatch(p->text, text, 0) == 0;
	return regexec(&p->regex, text, 0, NULL, 0) == 0;
}

bool dts_pattern_match(const struct dts_pattern *p, struct dts_slice db, struct dts_slice table)
{
	return part_match(&p->db, db) && part_match(&p->table, table);
}

bool dts_pattern_match_db(const struct dts_pattern *p, struct dts_slice db)
{
	return part_match(&p->db, db);
}

bool dts_pattern_match_whole_db(const struct dts_pattern *p, struct dts_slice db)
{
	return p->table.kind == PART_GLOB && strcmp(p->table.text, "*") == 0 && part_match(&p->db, db);
}

static int read_list(struct dts_pattern ***to, size_t *count, const struct dts_list *list, struct dts_error *err)
{
	if (!list || list->count == 0)
		return 0;
	*to = dts_zalloc(list->count, sizeof **to);
	for (; *count < list->count; (*count)++) {
		(*to)[*count] = dts_pattern_new(dts_slice_of(list->items[*count]), err);
		if (!(*to)[*count])
			return -1;
	}
	return 0;
}

int dts_selection_init(struct dts_selection *s, const struct dts_list *tables, const struct dts_list *ignored,
		       struct dts_error *err)
{
	*s = (struct dts_selection){0};
	if (read_list(&s->patterns, &s->count, tables, err) < 0 ||
	    read_list(&s->ignored, &s->ignored_count, ignored, err) < 0) {
		dts_selection_release(s);
		return -1;
	}
	return 0;
}

void dts_selection_release(struct dts_selection *s)
{
	for (size_t i = 0; i < s->count; i++)
		dts_pattern_free(s->patterns[i]);
	for (size_t i = 0; i < s->ignored_count; i++)
		dts_pattern_free(s->ignored[i]);
	free(s->patterns);
	free(s->ignored);
	*s = (struct dts_selection){0};
}

bool dts_selection_has(const struct dts_selection *s, struct dts_slice db, struct dts_slice table)
{
	bool wanted = s->count == 0;

	for (size_t i = 0; i < s->count && !wanted; i++)
		wanted = dts_pattern_match(s->patterns[i], db, table);
	return wanted && !dts_selection_ignores(s, db, table);
}

bool dts_selection_ignores(const struct dts_selection *s, struct dts_slice db, struct dts_slice table)
{
	bool ignored = false;

	for (size_t i = 0; i < s->ignored_count && !ignored; i++)
		ignored = dts_pattern_match(s->ignored[i], db, table);
	return ignored;
}

bool dts_selection_has_db(const struct dts_selection *s, struct dts_slice db)
{
	bool wanted = s->count == 0;

	for (size_t i = 0; i < s->count && !wanted; i++)
		wanted = dts_pattern_match_db(s->patterns[i], db);
	/* Only a pattern that ignores all of the database's tables rules it out. */
	for (size_t i = 0; i < s->ignored_count && wanted; i++)
		wanted = !dts_pattern_match_whole_db(s->ignored[i], db);
	return wanted;
}

bool dts_selection_has_whole_db(const struct dts_selection *s, struct dts_slice db)
{
	bool whole = s->count == 0;

	for (size_t i = 0; i < s->count && !whole; i++)
		whole = dts_pattern_match_whole_db(s->patterns[i], db);
	for (size_t i = 0; i < s->ignored_count && whole; i++)
		whole = !dts_pattern_match_db(s->ignored[i], db);
	return whole;
}
