/* Expressions, queries and programs: functions, operators and words in them. */
#include "schema/port_text.h"

enum { ARGS_MOST = 9 };

/* The arguments of the call whose bracket `i` opens: where each begins; [count] is behind the closing bracket. */
static int find_args(const struct dts_port *p, size_t i, size_t starts[ARGS_MOST + 1])
{
	size_t close = dts_port_behind_bracket(p, i) - 1;
	int count = 0;

	if (close == i + 1) {
		starts[0] = close + 1;
		return 0;
	}
	starts[count++] = i + 1;
	for (size_t k = i + 1; k < close;) {
		if (dts_port_is_char(p, k, '(')) {
			k = dts_port_behind_bracket(p, k);
			continue;
		}
		if (dts_port_is_char(p, k, ',')) {
			if (count == ARGS_MOST)
				return ARGS_MOST + 1; /* no entry has as many */
			starts[count++] = k + 1;
		}
		k++;
	}
	starts[count] = close + 1;
	return count;
}

/* Is the word before a bracket a table, an index or the like, and no function? */
static bool names_object(const struct dts_port *p, size_t i)
{
	static const char *const before[] = {"INTO", "INSERT", "REPLACE", "IGNORE", "TABLE", "EXISTS", "REFERENCES", "KEY", "INDEX", "CALL",
					     "PROCEDURE", "FUNCTION", "TRIGGER", "VIEW", "WITH", "RECURSIVE", "UPDATE", "JOIN", "FROM", "CONSTRAINT", "UNIQUE", "FULLTEXT", "SPATIAL", "AS", NULL};

	if (i == 0)
		return true;
	if (dts_port_is_char(p, i - 1, '.') || dts_port_is_char(p, i - 1, '@'))
		return true;
	for (const char *const *word = before; *word; word++)
		if (dts_port_is_word(p, i - 1, *word))
			return true;
	size_t behind = dts_port_behind_bracket(p, i + 1); /* a query's name: WITH a AS (...), x (b) AS (...) */
	return dts_port_is_word(p, behind, "AS") && dts_port_is_char(p, behind + 1, '(');
}

/* Writes `instead` with the arguments, themselves in the words of the target. */
static void add_call(struct dts_port *p, const char *instead, size_t i, const size_t *starts, int count)
{
	dts_buf_add_slice(p->out, p->tokens[i].gap);
	for (const char *at = instead; *at; at++) {
		if (at[0] != '$' || at[1] < '1' || at[1] > '0' + count) {
			dts_buf_addc(p->out, *at);
			continue;
		}
		int arg = *++at - '1';
		struct dts_slice gap = p->tokens[starts[arg]].gap;
		p->tokens[starts[arg]].gap.len = 0; /* `instead` has its own space */
		dts_port_words(p, starts[arg], starts[arg + 1] - 1);
		p->tokens[starts[arg]].gap = gap;
	}
}

/* A call of a function: how many tokens were written; 0: nothing of note. */
static size_t port_function(struct dts_port *p, size_t i, size_t end)
{
	size_t starts[ARGS_MOST + 1];

	if (i + 1 >= end || p->tokens[i].type != DTS_SQL_WORD || !dts_port_is_char(p, i + 1, '(') || names_object(p, i))
		return 0;
	int count = find_args(p, i + 1, starts);
	const struct dts_mapping *m = dts_mapping_find(p->from, DTS_MAP_FUNCTION, p->tokens[i].text, count, NULL);
	if (!m)
		return 0;
	bool call = m->instead && strpbrk(m->instead, "$(");
	dts_port_tell(p, m, i, 1, call ? NULL : m->instead);
	if (call) {
		add_call(p, m->instead, i, starts, count);
		return starts[count] - i;
	}
	if (!m->instead)
		return 0;
	dts_buf_add_slice(p->out, p->tokens[i].gap);
	dts_buf_adds(p->out, m->instead);
	return 1;
}

/* The column that ends before `i`: a, t.a or d.t.a; its first token, or `i`: it is none. */
static size_t column_before(const struct dts_port *p, size_t i, size_t from)
{
	size_t at = i;

	while (at > from) {
		enum dts_sql_type type = p->tokens[at - 1].type;
		if (type != DTS_SQL_WORD && type != DTS_SQL_QUOTED)
			return i;
		at--;
		if (at <= from + 1 || !dts_port_is_char(p, at - 1, '.'))
			return at;
		at--;
	}
	return i;
}

/* How many tokens a->'$.b' or a->>'$.b' is from its column's name on; 0: it is none. */
static size_t arrow_at(const struct dts_port *p, size_t i, size_t end, size_t *operator, bool *unquotes)
{
	size_t k = i + 1;

	if (p->tokens[i].type != DTS_SQL_WORD && p->tokens[i].type != DTS_SQL_QUOTED)
		return 0;
	while (k + 1 < end && dts_port_is_char(p, k, '.'))
		k += 2;
	*operator = k;
	if (!dts_port_is_char(p, k, '-') || !dts_port_is_char(p, k + 1, '>'))
		return 0;
	k += 2;
	*unquotes = dts_port_is_char(p, k, '>');
	k += *unquotes;
	return k < end && p->tokens[k].type == DTS_SQL_STRING && column_before(p, *operator, i) == i ? k + 1 - i : 0;
}

/* MariaDB has no -> operators; MySQL has them behind columns only. */
static size_t port_arrow(struct dts_port *p, size_t i, size_t end)
{
	const struct dts_mapping *m = dts_mapping_of_rule(p->from, DTS_MAP_ARROW);
	size_t operator;
	bool unquotes;

	if (!m)
		return 0;
	size_t n = arrow_at(p, i, end, &operator, &unquotes);
	if (n == 0)
		return 0;
	dts_buf_add_slice(p->out, p->tokens[i].gap);
	dts_buf_adds(p->out, unquotes ? "JSON_UNQUOTE(JSON_EXTRACT(" : "JSON_EXTRACT(");
	dts_buf_add_slice(p->out, dts_port_span(p, i, operator));
	dts_buf_adds(p->out, ", ");
	dts_buf_add_slice(p->out, p->tokens[i + n - 1].text);
	dts_buf_adds(p->out, unquotes ? "))" : ")");
	dts_port_tell(p, m, i, n, NULL);
	return n;
}

static bool is_hexadecimal(struct dts_slice text)
{
	return text.len > 2 && text.p[0] == '0' && (text.p[1] == 'x' || text.p[1] == 'X');
}

/*
 * MariaDB writes a column's and a check's expression down to read it again, and a literal with an introducer without
 * its escapes (seen on 10.11 and 11.8): _utf8mb4'\\b' becomes a backspace, and of _utf8mb4'\'b' it cannot read.
 */
static size_t port_introducer(struct dts_port *p, size_t i, size_t end)
{
	const struct dts_mapping *m = p->part ? dts_mapping_of_rule(p->from, DTS_MAP_INTRODUCER) : NULL;
	struct dts_slice set = p->tokens[i].text;

	if (!m || i + 1 >= end || p->tokens[i].type != DTS_SQL_WORD || set.len < 2 || set.p[0] != '_')
		return 0;
	/* X'E9' is a word and a string: so dts-schema writes what is no UTF-8. */
	size_t n = 1 + (i + 2 < end && dts_port_is_word(p, i + 1, "X") && p->tokens[i + 2].type == DTS_SQL_STRING);
	const struct dts_port_token *value = &p->tokens[i + 1];
	if (n == 1 && value->type != DTS_SQL_STRING && !is_hexadecimal(value->text))
		return 0;
	dts_buf_add_slice(p->out, p->tokens[i].gap);
	if (value->type == DTS_SQL_STRING && dts_slice_is(set, "_utf8mb4")) { /* as the connection */
		dts_buf_add_slice(p->out, value->text);
	} else {
		dts_buf_adds(p->out, "CONVERT(");
		dts_buf_add_slice(p->out, dts_port_span(p, i + 1, i + 1 + n));
		dts_buf_adds(p->out, " USING ");
		dts_buf_add(p->out, set.p + 1, set.len - 1);
		dts_buf_addc(p->out, ')');
	}
	dts_port_tell(p, m, i, 1 + n, NULL);
	return 1 + n;
}

/* AS type: is it that of a CAST, and no name of a column? */
static bool in_cast(const struct dts_port *p, size_t i)
{
	int depth = 0;

	while (i-- > 0) {
		depth += dts_port_is_char(p, i, ')') - dts_port_is_char(p, i, '(');
		if (depth < 0)
			return i > 0 && dts_port_is_word(p, i - 1, "CAST");
	}
	return false;
}

static bool is_mode(const struct dts_port *p, size_t i)
{
	return dts_port_is_word(p, i, "IN") || dts_port_is_word(p, i, "OUT") || dts_port_is_word(p, i, "INOUT");
}

/* Does a type stand here: of a parameter, a variable or a result? */
static bool is_type_position(const struct dts_port *p, size_t i)
{
	size_t k = i;

	if (i < p->body + 2 || p->tokens[i].type != DTS_SQL_WORD)
		return false;
	if (dts_port_is_word(p, i - 1, "RETURNS"))
		return true;
	if (p->tokens[i - 1].type != DTS_SQL_WORD && p->tokens[i - 1].type != DTS_SQL_QUOTED)
		return false;
	if (i > p->params && i < p->params_end) {
		k = i - 2 - is_mode(p, i - 2);
		return !is_mode(p, i - 1) && (k == p->params || dts_port_is_char(p, k, ','));
	}
	while (k >= p->body + 2 && (p->tokens[k - 1].type == DTS_SQL_WORD || p->tokens[k - 1].type == DTS_SQL_QUOTED)) {
		if (dts_port_is_word(p, k - 2, "DECLARE"))
			return true;
		if (!dts_port_is_char(p, k - 2, ','))
			return false;
		k -= 2;
	}
	return false;
}

static size_t port_word(struct dts_port *p, size_t i, size_t end)
{
	size_t n = 0;
	const struct dts_mapping *m = dts_port_find(p, DTS_MAP_WORDS, i, end, &n);

	if (!m || (strncmp(m->words, "AS ", 3) == 0 && !in_cast(p, i)))
		return 0;
	return dts_port_apply(p, m, i, n);
}

static void tell_rounding(struct dts_port *p, size_t i, size_t end)
{
	const struct dts_mapping *m = p->has_mode ? NULL : dts_mapping_of_rule(p->from, DTS_MAP_ROUNDS);
	size_t n = m ? dts_port_match(p, m, i, end) : 0;

	if (n > 0 && in_cast(p, i))
		dts_port_tell(p, m, i, n - 1, NULL);
}

/* A character set: of a type, which may have a collation; a CAST, SET CHARACTER SET and INTO OUTFILE take none. */
static size_t port_charset(struct dts_port *p, size_t i, size_t end)
{
	if (i < 3 || (!dts_port_is_word(p, i - 1, "SET") && !dts_port_is_word(p, i - 1, "CHARSET")))
		return dts_port_charset(p, i, end);
	size_t before = i - (dts_port_is_word(p, i - 1, "SET") ? 3 : 2);
	p->defines_charset = !dts_port_is_word(p, before, "SET") && p->tokens[before].type != DTS_SQL_STRING && !in_cast(p, i);
	size_t n = dts_port_charset(p, i, end);
	p->defines_charset = false;
	return n;
}

void dts_port_words(struct dts_port *p, size_t i, size_t end)
{
	while (i < end) {
		tell_rounding(p, i, end);
		size_t n = port_arrow(p, i, end);
		if (n == 0)
			n = port_introducer(p, i, end);
		if (n == 0 && is_type_position(p, i))
			n = dts_port_type(p, i, end);
		if (n == 0)
			n = port_function(p, i, end);
		if (n == 0)
			n = port_charset(p, i, end);
		if (n == 0)
			n = port_word(p, i, end);
		if (n == 0)
			dts_port_copy(p, i++);
		i += n;
	}
}
