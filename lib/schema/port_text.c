#include "schema/port_text.h"

#include <stdio.h>
#include <stdlib.h>

enum { SHOWN_MOST = 100 }; /* bytes of a statement in a line for people */

bool dts_port_is_word(const struct dts_port *p, size_t i, const char *word)
{
	return i < p->count && p->tokens[i].type == DTS_SQL_WORD && dts_slice_is_nocase(p->tokens[i].text, word);
}

bool dts_port_is_char(const struct dts_port *p, size_t i, char c)
{
	return i < p->count && p->tokens[i].type == DTS_SQL_PUNCT && p->tokens[i].text.p[0] == c;
}

size_t dts_port_behind_bracket(const struct dts_port *p, size_t i)
{
	int depth = 0;

	for (; i < p->count; i++) {
		depth += dts_port_is_char(p, i, '(') - dts_port_is_char(p, i, ')');
		if (depth == 0)
			return i + 1;
	}
	return i;
}

struct dts_slice dts_port_span(const struct dts_port *p, size_t from, size_t to)
{
	if (to > p->count)
		to = p->count;
	if (from >= to)
		return DTS_LIT("");
	const char *start = p->tokens[from].text.p;
	struct dts_slice last = p->tokens[to - 1].text;
	return dts_slice(start, (size_t)(last.p + last.len - start));
}

void dts_port_copy(struct dts_port *p, size_t i)
{
	dts_buf_add_slice(p->out, p->tokens[i].gap);
	dts_buf_add_slice(p->out, p->tokens[i].text);
}

/* --- words of an entry */

/* `x: the name, quoted or not. */
static bool is_name(const struct dts_port *p, size_t i, struct dts_slice pattern)
{
	struct dts_buf name = {0};
	const struct dts_port_token *t = &p->tokens[i];
	const char *at = pattern.p, *end = pattern.p + pattern.len;
	bool found = false;

	if (t->type != DTS_SQL_WORD && t->type != DTS_SQL_QUOTED)
		return false;
	if (t->type == DTS_SQL_QUOTED)
		dts_sql_decode(t->text, p->flags, &name);
	else
		dts_buf_add_slice(&name, t->text);
	while (at < end && !found) {
		const char *bar = memchr(at, '|', (size_t)(end - at));
		const char *stop = bar ? bar : end;
		found = dts_mapping_word(dts_slice(at + 1, (size_t)(stop - at) - 1), dts_buf_slice(&name), NULL);
		at = stop + 1;
	}
	dts_buf_release(&name);
	return found && (i == 0 || !dts_port_is_char(p, i - 1, '.'));
}

/* How many tokens one word of an entry is; 0: it is not there. */
static size_t match_word(const struct dts_port *p, struct dts_slice pattern, size_t i, size_t end)
{
	const struct dts_port_token *t = &p->tokens[i];

	if (i >= end)
		return 0;
	switch (pattern.p[0]) {
	case '#':
		return t->type == DTS_SQL_NUMBER;
	case '$':
		return t->type == DTS_SQL_STRING;
	case '@':
		return t->type == DTS_SQL_QUOTED;
	case '%':
		return 1;
	case '~':
		return dts_port_is_char(p, i, '(') ? dts_port_behind_bracket(p, i) - i : 0;
	case '`':
		return is_name(p, i, pattern);
	case '\\':
		return t->type == DTS_SQL_PUNCT && memchr(pattern.p + 1, t->text.p[0], pattern.len - 1) != NULL;
	case '\'':
		return t->type == DTS_SQL_STRING && dts_slice_eq(pattern, t->text);
	}
	if (t->type == DTS_SQL_QUOTED || t->type == DTS_SQL_STRING)
		return 0;
	return dts_mapping_word(pattern, t->text, NULL);
}

size_t dts_port_match(const struct dts_port *p, const struct dts_mapping *m, size_t i, size_t end)
{
	const char *at = m->words;
	size_t start = i;

	while (*at) {
		struct dts_slice word = dts_slice(at, strcspn(at, " "));
		bool optional = word.len > 1 && word.p[word.len - 1] == '?';
		at += word.len + strspn(at + word.len, " ");
		word.len -= optional;
		size_t n = match_word(p, word, i, end);
		if (n == 0 && !optional)
			return 0;
		i += n;
	}
	return i - start;
}

const struct dts_mapping *dts_port_find(const struct dts_port *p, enum dts_map_place place, size_t i, size_t end, size_t *n)
{
	for (const struct dts_mapping *m = dts_mappings; m->words; m++) {
		if (m->from != p->from || m->place != place || m->rule != DTS_MAP_BY_WORDS)
			continue;
		*n = dts_port_match(p, m, i, end);
		if (*n > 0)
			return m;
	}
	return NULL;
}

/* --- what is told */

static const char *family_name(enum dts_family family)
{
	return family == DTS_MARIADB ? "MariaDB" : "MySQL";
}

static void add_once(struct dts_list *list, struct dts_buf *line)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i], dts_buf_text(line)) == 0)
			return;
	dts_list_add(list, dts_buf_text(line));
}

/* Appends a part of the statement as one line, and not all of a long one. */
static void add_shown(struct dts_buf *out, struct dts_slice text)
{
	size_t len = text.len;

	if (len > SHOWN_MOST)
		for (len = SHOWN_MOST; len > 0 && ((unsigned char)text.p[len] & 0xc0) == 0x80;)
			len--;
	for (size_t i = 0; i < len; i++)
		dts_buf_addc(out, (unsigned char)text.p[i] < ' ' ? ' ' : text.p[i]);
	if (len < text.len)
		dts_buf_adds(out, "...");
}

static void add_subject(struct dts_port *p, const struct dts_mapping *m, size_t i, size_t n, struct dts_buf *out)
{
	static const char *const kinds[DTS_MAP_PLACES] = {
		[DTS_MAP_CHARSET] = "character set ", [DTS_MAP_COLLATION] = "collation ", [DTS_MAP_TYPE] = "type ",
		[DTS_MAP_FUNCTION] = "function "};

	if (kinds[m->place])
		dts_buf_adds(out, kinds[m->place]);
	add_shown(out, dts_port_span(p, i, m->place == DTS_MAP_FUNCTION ? i + 1 : i + n));
	if (m->place == DTS_MAP_FUNCTION)
		dts_buf_adds(out, "()");
}

static void add_by_hand(struct dts_port *p, const struct dts_mapping *m, size_t i, size_t n)
{
	struct dts_buf *out = &p->ported->by_hand;
	struct dts_buf rest = {0};
	const char *at = m->by_hand;

	if (out->len > 0)
		dts_buf_adds(out, ";\n");
	if (p->part && p->at < p->end) {
		dts_buf_add_slice(&rest, dts_port_span(p, p->at, i));
		if (i + n < p->end && rest.len > 0)
			dts_buf_addc(&rest, ' ');
		dts_buf_add_slice(&rest, dts_port_span(p, i + n, p->end));
	}
	while (*at) {
		size_t plain = strcspn(at, "{");
		dts_buf_add(out, at, plain);
		at += plain;
		if (!*at)
			break;
		struct dts_slice key = dts_slice(at + 1, strcspn(at, "}") - 1);
		at += key.len + 2;
		dts_buf_add_slice(out, dts_slice_is(key, "object")  ? p->object
				       : dts_slice_is(key, "name")  ? p->name
				       : dts_slice_is(key, "bare")  ? p->name.len > 2 ? dts_slice(p->name.p + 1, p->name.len - 2) : DTS_LIT("")
				       : dts_slice_is(key, "item")  ? dts_port_span(p, p->at, p->end)
				       : dts_slice_is(key, "words") ? dts_port_span(p, i, i + n)
								    : dts_buf_slice(&rest));
	}
	dts_buf_release(&rest);
}

void dts_port_tell(struct dts_port *p, const struct dts_mapping *m, size_t i, size_t n, const char *became)
{
	struct dts_buf line = {0};

	dts_mapping_name(m, &line);
	add_once(&p->ported->entries, &line);
	dts_buf_clear(&line);
	if (m->verdict == DTS_MAP_ITEM_LEFT_OUT)
		p->item_left_out = true;
	bool refuses = m->verdict == DTS_MAP_REFUSED;
	if (refuses && !p->ported->refused) { /* what else would be otherwise there is of no concern */
		p->ported->refused = true;
		dts_list_release(&p->ported->why);
		dts_buf_clear(&p->ported->by_hand);
	}
	if (p->ported->refused && !refuses) {
		dts_buf_release(&line);
		return;
	}
	if (m->by_hand && n > 0)
		add_by_hand(p, m, i, n);
	if (m->verdict == DTS_MAP_SAME) {
		dts_buf_release(&line);
		return;
	}
	/* once for all columns of a collation */
	if (p->part && m->place != DTS_MAP_COLLATION && m->place != DTS_MAP_CHARSET)
		dts_buf_addf(&line, "%s%s%.*s: ", p->part, p->name.len > 0 ? " " : "", (int)p->name.len, p->name.p);
	if (refuses)
		dts_buf_addf(&line, "%s has no ", family_name(p->to));
	add_subject(p, m, i, n, &line);
	if (m->verdict == DTS_MAP_LEFT_OUT)
		dts_buf_adds(&line, " is left out");
	if (m->verdict == DTS_MAP_ITEM_LEFT_OUT)
		dts_buf_addf(&line, "; the %s is left out", p->part ? p->part : "partitioning");
	if (became && *became)
		dts_buf_addf(&line, " becomes %s", became);
	if (m->why)
		dts_buf_addf(&line, ": %s", m->why);
	add_once(&p->ported->why, &line);
	dts_buf_release(&line);
}

/* `instead` with $1 being the first token that matched. */
static void add_instead(const struct dts_port *p, const char *instead, size_t i, size_t n, struct dts_buf *out)
{
	for (const char *at = instead; *at; at++) {
		if (at[0] == '$' && at[1] >= '1' && at[1] <= '9' && (size_t)(at[1] - '1') < n)
			dts_buf_add_slice(out, p->tokens[i + (size_t)(*++at - '1')].text);
		else
			dts_buf_addc(out, *at);
	}
}

size_t dts_port_apply(struct dts_port *p, const struct dts_mapping *m, size_t i, size_t n)
{
	struct dts_buf text = {0};

	if (m->instead)
		add_instead(p, m->instead, i, n, &text);
	dts_port_tell(p, m, i, n, m->instead ? dts_buf_text(&text) : NULL);
	if (text.len > 0) {
		dts_buf_add_slice(p->out, p->tokens[i].gap);
		dts_buf_add_slice(p->out, dts_buf_slice(&text));
	}
	dts_buf_release(&text);
	return m->instead || m->verdict == DTS_MAP_LEFT_OUT || m->verdict == DTS_MAP_ITEM_LEFT_OUT || m->verdict == DTS_MAP_REFUSED ? n : 0;
}

/* --- character sets, collations and types */

/* What the entry makes of the collation; false: there is none like it. */
static bool collation_instead(const struct dts_mapping *m, struct dts_slice name, struct dts_slice tail, struct dts_buf *out)
{
	const char *star = m->instead ? strchr(m->instead, '*') : NULL;

	if (!m->instead)
		return false;
	if (!star) {
		dts_buf_adds(out, m->instead);
	} else if (strchr(star + 1, '*')) { /* the middle goes */
		const char *middle = strchr(m->words, '*') + 1;
		size_t len = strcspn(middle, "*"), keep = strcspn(star + 1, "*");
		const char *at = memmem(name.p, name.len, middle, len);
		dts_buf_add(out, name.p, (size_t)(at - name.p));
		dts_buf_add(out, star + 1, keep);
		dts_buf_add(out, at + len, (size_t)(name.p + name.len - at) - len);
	} else {
		dts_buf_add(out, m->instead, (size_t)(star - m->instead));
		dts_buf_add_slice(out, tail);
		dts_buf_adds(out, star + 1);
	}
	return true;
}

int dts_schema_port_collation(struct dts_slice name, enum dts_family from, enum dts_family to, struct dts_buf *out)
{
	struct dts_slice tail = {0};
	const struct dts_mapping *m = from == to ? NULL : dts_mapping_find(from, DTS_MAP_COLLATION, name, 0, &tail);

	if (!m) {
		dts_buf_add_slice(out, name);
		return 0;
	}
	if (!collation_instead(m, name, tail, out))
		return -1;
	return m->verdict == DTS_MAP_CHANGED;
}

static size_t port_collation(struct dts_port *p, size_t i)
{
	struct dts_slice tail = {0};
	const struct dts_mapping *m = dts_mapping_find(p->from, DTS_MAP_COLLATION, p->tokens[i].text, 0, &tail);
	struct dts_buf to = {0};

	if (!m)
		return 0;
	if (collation_instead(m, p->tokens[i].text, tail, &to)) {
		dts_buf_add_slice(p->out, p->tokens[i].gap);
		dts_buf_add_slice(p->out, dts_buf_slice(&to));
	}
	dts_port_tell(p, m, i, 1, dts_buf_text(&to));
	dts_buf_release(&to);
	return 1;
}

size_t dts_port_charset(struct dts_port *p, size_t i, size_t end)
{
	if (i == 0 || i >= end || p->tokens[i].type != DTS_SQL_WORD)
		return 0;
	size_t before = i - (dts_port_is_char(p, i - 1, '=') && i > 1 ? 2 : 1);
	if (dts_port_is_word(p, before, "COLLATE"))
		return port_collation(p, i);
	if (!dts_port_is_word(p, before, "CHARSET") && !(dts_port_is_word(p, before, "SET") && before > 0 &&
							  (dts_port_is_word(p, before - 1, "CHARACTER") || dts_port_is_word(p, before - 1, "CHAR"))))
		return 0;
	const struct dts_mapping *m = dts_mapping_find(p->from, DTS_MAP_CHARSET, p->tokens[i].text, 0, NULL);
	if (!m)
		return 0;
	bool bare = p->defines_charset && !dts_port_is_word(p, i + 1, "COLLATE");
	size_t len = bare ? strlen(m->instead) : strcspn(m->instead, " ");
	dts_buf_add_slice(p->out, p->tokens[i].gap);
	dts_buf_add(p->out, m->instead, len);
	struct dts_slice to = dts_slice(m->instead, len);
	char *became = dts_slice_dup(to);
	dts_port_tell(p, m, i, 1, became);
	free(became);
	return 1;
}

size_t dts_port_type(struct dts_port *p, size_t i, size_t end)
{
	size_t n = 0;
	const struct dts_mapping *m = dts_port_find(p, DTS_MAP_TYPE, i, end, &n);

	if (!m)
		return 0;
	size_t done = dts_port_apply(p, m, i, n);
	if (done == 0) /* it stays, with what belongs to it */
		for (; done < n; done++)
			dts_port_copy(p, i + done);
	return done;
}
