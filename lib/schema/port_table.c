/* CREATE TABLE and ALTER TABLE ... ADD: columns, keys, options and partitions. */
#include "schema/port_text.h"

#include <stdlib.h>

#include "base/options.h"

enum { KEY_MOST = 3072 / 4 }; /* characters that a key of InnoDB's takes */

static bool is_word(const struct dts_port *p, size_t i, const char *word)
{
	return dts_port_is_word(p, i, word);
}

static bool is_char(const struct dts_port *p, size_t i, char c)
{
	return dts_port_is_char(p, i, c);
}

/* --- columns */

static bool item_has(const struct dts_port *p, const char *word)
{
	for (size_t i = p->at; i < p->end; i++)
		if (is_word(p, i, word))
			return true;
	return false;
}

/* Would an INSERT that does not name the column be refused? MySQL writes DEFAULT NULL where it is that. */
static bool item_wants_value(const struct dts_port *p)
{
	return item_has(p, "NOT") && !item_has(p, "DEFAULT") && !item_has(p, "AUTO_INCREMENT") && !item_has(p, "GENERATED");
}

static bool is_long_type(const struct dts_port *p, size_t i)
{
	static const char *const ends[] = {"text", "blob", "json", "geometry", "point", "linestring", "polygon",
					   "multipoint", "multilinestring", "multipolygon", "geometrycollection", NULL};

	for (const char *const *end = ends; *end; end++) {
		size_t len = strlen(*end);
		struct dts_slice text = p->tokens[i].text;
		if (text.len >= len && strncasecmp(text.p + text.len - len, *end, len) == 0)
			return true;
	}
	return false;
}

/* The end of the expression behind DEFAULT. */
static size_t default_end(const struct dts_port *p, size_t i)
{
	size_t end = is_char(p, i, '-') ? i + 2 : i + 1;

	if (is_char(p, i, '('))
		end = dts_port_behind_bracket(p, i);
	else if (is_char(p, i + 1, '('))
		end = dts_port_behind_bracket(p, i + 1);
	/* x'0102ff' is a word and a string, b'101' too. */
	else if (p->tokens[i].type == DTS_SQL_WORD && p->tokens[i + 1].type == DTS_SQL_STRING)
		end = i + 2;
	return end < p->end ? end : p->end;
}

static bool is_sequence_call(const struct dts_port *p, size_t i)
{
	return is_char(p, i + 1, '(') && (is_word(p, i, "nextval") || is_word(p, i, "lastval") || is_word(p, i, "setval"));
}

/* MySQL wants brackets around a DEFAULT that is an expression, and around any of a TEXT,
 * BLOB, JSON or GEOMETRY. */
static bool wants_brackets(const struct dts_port *p, size_t i, bool long_type)
{
	bool call = p->tokens[i].type == DTS_SQL_WORD && is_char(p, i + 1, '(');

	if (!dts_mapping_of_rule(p->from, DTS_MAP_DEFAULT_BRACKETS) || is_word(p, i, "NULL") || is_char(p, i, '('))
		return false;
	if (call && (is_word(p, i, "current_timestamp") || is_word(p, i, "now")))
		return false;
	return call || long_type;
}

/* DEFAULT at `i`: how many tokens were written or left out. */
static size_t port_default(struct dts_port *p, size_t i, bool long_type)
{
	const struct dts_mapping *sequence = dts_mapping_of_rule(p->from, DTS_MAP_DEFAULT_SEQUENCE);
	size_t end = default_end(p, i + 1);

	for (size_t k = i + 1; sequence && k < end; k++)
		if (is_sequence_call(p, k)) {
			dts_port_tell(p, sequence, i, end - i, NULL);
			return end - i;
		}
	dts_port_copy(p, i);
	if (wants_brackets(p, i + 1, long_type)) {
		struct dts_slice gap = p->tokens[i + 1].gap;
		dts_port_tell(p, dts_mapping_of_rule(p->from, DTS_MAP_DEFAULT_BRACKETS), i, 1, NULL);
		dts_buf_adds(p->out, " (");
		p->tokens[i + 1].gap.len = 0;
		dts_port_words(p, i + 1, end);
		p->tokens[i + 1].gap = gap;
		dts_buf_addc(p->out, ')');
	} else {
		dts_port_words(p, i + 1, end);
	}
	return end - i;
}

/* The type, and behind it the SRID, which MySQL has at the end. */
static size_t column_type(struct dts_port *p, size_t i)
{
	const struct dts_mapping *srid = dts_mapping_of_rule(p->from, DTS_MAP_SRID);
	size_t n = dts_port_type(p, i, p->end);

	if (n == 0) {
		dts_port_copy(p, i);
		n = 1;
	}
	for (size_t k = i + n; srid && k + 1 < p->end; k++)
		if (is_word(p, k, "SRID") && p->tokens[k + 1].type == DTS_SQL_NUMBER) {
			dts_buf_adds(p->out, " REF_SYSTEM_ID=");
			dts_buf_add_slice(p->out, p->tokens[k + 1].text);
		}
	return n;
}

/* An attribute at `i`: how many tokens were written; 0: it stays. */
static size_t port_attribute(struct dts_port *p, size_t i, bool generated)
{
	const struct dts_mapping *not_null = dts_mapping_of_rule(p->from, DTS_MAP_GENERATED_NOT_NULL);
	const struct dts_mapping *srid = dts_mapping_of_rule(p->from, DTS_MAP_SRID), *m;
	const struct dts_mapping *invisible = dts_mapping_of_rule(p->from, DTS_MAP_INVISIBLE);
	size_t n = 0;

	if (invisible && is_word(p, i, "INVISIBLE") && item_wants_value(p))
		return dts_port_apply(p, invisible, i, 1);
	if (not_null && generated && (n = dts_port_match(p, not_null, i, p->end)) > 0)
		return dts_port_apply(p, not_null, i, n);
	if (srid && (n = dts_port_match(p, srid, i, p->end)) > 0)
		return dts_port_apply(p, srid, i, n);
	p->defines_charset = true;
	n = dts_port_charset(p, i, p->end);
	p->defines_charset = false;
	if (n > 0)
		return n;
	m = dts_port_find(p, DTS_MAP_COLUMN, i, p->end, &n);
	return m ? dts_port_apply(p, m, i, n) : 0;
}

/* One column's definition, from its name to the comma. */
static void port_column(struct dts_port *p, size_t i)
{
	bool generated = item_has(p, "GENERATED"), long_type = is_long_type(p, i + 1);

	dts_port_copy(p, i++);
	for (i += column_type(p, i); i < p->end;) {
		size_t n = 0;
		if (is_char(p, i, '(')) { /* of a type, or of an expression */
			size_t end = dts_port_behind_bracket(p, i);
			if (is_word(p, i - 1, "AS") || is_word(p, i - 1, "CHECK"))
				dts_port_words(p, i, end);
			else
				for (size_t k = i; k < end; k++)
					dts_port_copy(p, k);
			i = end;
			continue;
		}
		n = port_attribute(p, i, generated);
		if (n == 0 && is_word(p, i, "DEFAULT"))
			n = port_default(p, i, long_type);
		if (n == 0) {
			dts_port_copy(p, i);
			n = 1;
		}
		i += n;
	}
}

/* --- keys */

/* The type of the column that a quoted name in a key stands for; 0: it is none of this statement. */
static size_t type_of_column(const struct dts_port *p, size_t name)
{
	for (size_t i = p->body + 1; i + 1 < p->count; i++)
		if ((is_char(p, i - 1, '(') || is_char(p, i - 1, ',')) && p->tokens[i + 1].type == DTS_SQL_WORD &&
		    dts_slice_eq(p->tokens[i].text, p->tokens[name].text))
			return i + 1;
	return 0;
}

static bool is_too_long(const struct dts_port *p, size_t type)
{
	uint64_t length = 0;

	if (is_long_type(p, type))
		return true;
	return (is_word(p, type, "varchar") || is_word(p, type, "varbinary")) && is_char(p, type + 1, '(') &&
	       dts_parse_u64(p->tokens[type + 2].text, &length) == 0 && length > KEY_MOST;
}

/* The bracket of the key's columns. */
static size_t key_columns(const struct dts_port *p, size_t i)
{
	while (i < p->end && !is_char(p, i, '('))
		i++;
	return i;
}

/* MariaDB's UNIQUE KEY over whole texts, which are hashed for it: true when it was left out. */
static bool left_out_hashed(struct dts_port *p, size_t i)
{
	const struct dts_mapping *m = dts_mapping_of_rule(p->from, DTS_MAP_KEY_HASHED);
	bool whole = false;

	if (!m || !is_word(p, i, "UNIQUE") || !item_has(p, "HASH"))
		return false;
	size_t open = key_columns(p, i), close = dts_port_behind_bracket(p, open) - 1;
	for (size_t k = open + 1; k < close; k++) {
		size_t type = p->tokens[k].type == DTS_SQL_QUOTED && !is_char(p, k + 1, '(') ? type_of_column(p, k) : 0;
		whole |= type > 0 && is_too_long(p, type);
	}
	if (whole)
		dts_port_tell(p, m, open + 1, close - open - 1, NULL);
	return whole;
}

/* An expression among a key's columns, the first: true when the key was left out. */
static bool left_out_expression(struct dts_port *p, size_t i)
{
	const struct dts_mapping *m = dts_mapping_of_rule(p->from, DTS_MAP_KEY_EXPRESSION);
	const struct dts_mapping *array = dts_mapping_of_rule(p->from, DTS_MAP_KEY_ARRAY);
	size_t open = key_columns(p, i), close = dts_port_behind_bracket(p, open);

	for (size_t k = open; array && k < close; k++)
		if (is_word(p, k, array->words)) {
			dts_port_tell(p, array, k, 1, NULL);
			return true;
		}
	for (size_t k = open; m && k + 1 < close; k++)
		if (k > open && is_char(p, k, '(') && (is_char(p, k - 1, '(') || is_char(p, k - 1, ','))) {
			dts_port_tell(p, m, k, dts_port_behind_bracket(p, k) - k, NULL);
			return true;
		}
	return false;
}

/* MariaDB names the first unnamed check of each table CONSTRAINT_1. */
static size_t port_check_name(struct dts_port *p, size_t i)
{
	static const char start[] = "`CONSTRAINT_";
	const struct dts_mapping *m = dts_mapping_of_rule(p->from, DTS_MAP_CHECK_NAME);

	if (!m || i + 2 >= p->end || !is_word(p, i, "CONSTRAINT") || !is_word(p, i + 2, "CHECK"))
		return 0;
	struct dts_slice name = p->tokens[i + 1].text;
	if (name.len < sizeof start + 1 || memcmp(name.p, start, sizeof start - 1) != 0)
		return 0;
	for (size_t k = sizeof start - 1; k + 1 < name.len; k++)
		if (name.p[k] < '0' || name.p[k] > '9')
			return 0;
	dts_port_tell(p, m, i, 2, NULL);
	dts_buf_add_slice(p->out, p->tokens[i].gap);
	dts_buf_add_slice(p->out, p->tokens[i + 2].text);
	return 3;
}

/* `p` WITHOUT OVERLAPS: the period's columns. Where they are not known, the key is left out. */
static size_t port_overlaps(struct dts_port *p, size_t i)
{
	const struct dts_mapping *m = dts_mapping_of_rule(p->from, DTS_MAP_KEY_PERIOD);
	size_t n = m ? dts_port_match(p, m, i, p->end) : 0;

	if (n == 0)
		return 0;
	for (size_t k = p->body; k + 7 < p->count; k++) {
		if (!is_word(p, k, "PERIOD") || !is_word(p, k + 1, "FOR") || !dts_slice_eq(p->tokens[k + 2].text, p->tokens[i].text))
			continue;
		struct dts_buf columns = {0};
		dts_buf_add_slice(&columns, dts_port_span(p, k + 4, k + 7));
		dts_buf_add_slice(p->out, p->tokens[i].gap);
		dts_buf_add_slice(p->out, dts_buf_slice(&columns));
		dts_port_tell(p, m, i, n, dts_buf_text(&columns));
		dts_buf_release(&columns);
		return n;
	}
	dts_port_tell(p, m, i, n, NULL);
	p->item_left_out = true;
	return n;
}

/* Is it the name of a column of ROW START or ROW END, which is in no key there? MariaDB puts one into each. */
static bool is_row_time(const struct dts_port *p, size_t name)
{
	size_t type = p->tokens[name].type == DTS_SQL_QUOTED && p->from == DTS_MARIADB ? type_of_column(p, name) : 0;

	for (size_t k = type; type > 0 && k + 1 < p->count && !is_char(p, k, ','); k = is_char(p, k, '(') ? dts_port_behind_bracket(p, k) : k + 1)
		if (is_word(p, k, "AS") && is_word(p, k + 1, "ROW"))
			return true;
	return false;
}

/* The columns of a key, in brackets. */
static void port_key_columns(struct dts_port *p, size_t i, size_t end)
{
	size_t written = 0;

	dts_port_copy(p, i++);
	while (i + 1 < end) {
		if (is_row_time(p, i)) {
			i += is_char(p, i + 1, ',') ? 2 : 1;
			continue;
		}
		if (is_char(p, i, ',') && (written == 0 || is_row_time(p, i + 1))) {
			i++;
			continue;
		}
		size_t n = port_overlaps(p, i);
		if (n == 0) {
			dts_port_copy(p, i);
			n = 1;
		}
		written += n;
		i += n;
	}
	dts_port_copy(p, i);
}

/* A key, check, foreign key or period. */
static void port_key(struct dts_port *p, size_t i)
{
	bool check = item_has(p, "CHECK"), columns = false;

	if (!check && (left_out_hashed(p, i) || left_out_expression(p, i)))
		return;
	i += port_check_name(p, i);
	while (i < p->end && !p->item_left_out) {
		size_t n = 0;
		const struct dts_mapping *m = is_char(p, i, '(') ? NULL : dts_port_find(p, DTS_MAP_KEY, i, p->end, &n);
		n = m ? dts_port_apply(p, m, i, n) : 0;
		if (n == 0 && is_char(p, i, '(')) {
			n = dts_port_behind_bracket(p, i) - i;
			if (check)
				dts_port_words(p, i, i + n);
			else if (!columns)
				port_key_columns(p, i, i + n);
			else
				for (size_t k = i; k < i + n; k++)
					dts_port_copy(p, k);
			columns = true;
		}
		if (n == 0) {
			dts_port_copy(p, i);
			n = 1;
		}
		i += n;
	}
}

/* --- the items, and what follows them */

/* What the item is and is called. */
static void name_item(struct dts_port *p, size_t i)
{
	bool column = p->tokens[i].type == DTS_SQL_QUOTED;

	p->name = (struct dts_slice){0};
	p->part = column ? "column" : is_word(p, i, "PERIOD") ? "period" : "key";
	for (size_t k = i; k < p->end; k++)
		if (is_word(p, k, "CHECK") && !column)
			p->part = "check";
		else if (is_word(p, k, "FOREIGN") && !column)
			p->part = "foreign key";
	for (size_t k = i; k < p->end && !is_char(p, k, '('); k++)
		if (p->tokens[k].type == DTS_SQL_QUOTED) {
			p->name = p->tokens[k].text;
			break;
		}
}

/* The end of the item that begins at `i`: its comma, or the bracket that closes the list. */
static size_t item_end(const struct dts_port *p, size_t i)
{
	while (i < p->count && !is_char(p, i, ',') && !is_char(p, i, ')'))
		i = is_char(p, i, '(') ? dts_port_behind_bracket(p, i) : i + 1;
	return i;
}

/* Writes the item [i, end); with ADD before it if it has one. False: it was left out. */
static bool port_item(struct dts_port *p, size_t i, bool first)
{
	struct dts_buf text = {0}, *out = p->out;
	size_t start = i + is_word(p, i, "ADD");

	p->at = start;
	p->item_left_out = false;
	p->out = &text;
	if (start > i)
		dts_port_copy(p, i);
	if (start < p->end && p->tokens[start].type == DTS_SQL_QUOTED) {
		name_item(p, start);
		port_column(p, start);
	} else {
		name_item(p, start);
		port_key(p, start);
	}
	p->out = out;
	if (!p->item_left_out) {
		if (!first)
			dts_buf_addc(out, ',');
		dts_buf_add_slice(out, dts_buf_slice(&text));
	}
	dts_buf_release(&text);
	p->part = NULL;
	p->name = (struct dts_slice){0};
	return !p->item_left_out;
}

/* Where PARTITION BY begins if the target cannot have these partitions, else the end. */
static size_t options_end(struct dts_port *p, size_t i)
{
	size_t by = i, n = 0;

	while (by < p->count && !(is_word(p, by, "PARTITION") && is_word(p, by + 1, "BY")))
		by++;
	for (size_t k = i; by < p->count && k < p->count; k++) {
		const struct dts_mapping *m = dts_port_find(p, DTS_MAP_PARTITION, k, p->count, &n);
		if (m) {
			dts_port_tell(p, m, k, n, NULL);
			return by;
		}
	}
	return p->count;
}

static void port_options(struct dts_port *p, size_t i)
{
	size_t end = options_end(p, i);

	p->at = p->end = p->count;
	while (i < end) {
		size_t n = 0;
		const struct dts_mapping *m = dts_port_find(p, DTS_MAP_OPTION, i, end, &n);
		n = m ? dts_port_apply(p, m, i, n) : 0;
		if (n == 0) {
			p->defines_charset = true;
			n = dts_port_charset(p, i, end);
			p->defines_charset = false;
		}
		if (n == 0) {
			dts_port_copy(p, i);
			n = 1;
		}
		i += n;
	}
}

void dts_port_table(struct dts_port *p)
{
	size_t i = p->body;
	bool first = true;

	if (!is_char(p, i, '(')) /* no columns: nothing that we know */
		return dts_port_words(p, i, p->count);
	dts_port_copy(p, i++);
	while (i < p->count) {
		p->end = item_end(p, i);
		first = !port_item(p, i, first) && first;
		i = p->end + 1;
		if (is_char(p, p->end, ')')) {
			dts_port_copy(p, p->end);
			break;
		}
	}
	if (i < p->count)
		port_options(p, i);
}

void dts_port_alter_table(struct dts_port *p)
{
	bool first = true;

	for (size_t i = p->body; i < p->count; i = p->end + 1) {
		p->end = item_end(p, i);
		if (is_word(p, i, "ADD")) {
			first = !port_item(p, i, first) && first;
			continue;
		}
		if (!first)
			dts_buf_addc(p->out, ',');
		for (size_t k = i; k < p->end; k++)
			dts_port_copy(p, k);
		first = false;
	}
	if (first) /* all was left out: there is nothing to alter */
		dts_buf_clear(p->out);
}
