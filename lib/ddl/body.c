#include "ddl/body.h"

#include <stdlib.h>

/* One level of brackets. */
struct frame {
	bool query;  /* a SELECT's FROM is still to come */
	bool tables; /* we are among the tables of a statement */
	bool expect; /* ... where one of them begins */
	bool on;     /* ... behind ON: in an expression */
	bool drops;  /* DELETE a, b FROM: the tables are named again behind FROM */
	bool with;   /* among common table expressions */
	bool names;  /* ... where the name of one stands */
	bool sequence; /* the arguments of NEXTVAL and its kin */
	size_t last; /* 1 and the index of the table that an alias would be of */
};

struct reader {
	struct dts_body *b;
	struct dts_arena *arena;
	struct dts_sql_scan s;
	bool query;   /* a view's: no statements but that one */
	bool strings; /* texts are run as statements somewhere */
	bool dark;    /* in a statement whose grammar is not followed */
	struct frame *frames;
	size_t depth, cap;
	struct dts_sql_scan before; /* the token before the one at hand */
};

static struct frame *top(struct reader *r)
{
	return &r->frames[r->depth - 1];
}

static void push(struct reader *r, struct frame f)
{
	if (r->depth == r->cap) {
		r->cap = r->cap ? r->cap * 2 : 16;
		r->frames = dts_realloc(r->frames, r->cap * sizeof *r->frames);
	}
	r->frames[r->depth++] = f;
}

static bool is_name(const struct dts_sql_scan *s)
{
	return s->type == DTS_SQL_WORD || s->type == DTS_SQL_QUOTED;
}

static bool is_any(const struct dts_sql_scan *s, const char *const *words)
{
	for (; *words; words++)
		if (dts_sql_is(s, *words))
			return true;
	return false;
}

static void next(struct reader *r)
{
	r->before = r->s;
	dts_sql_next(&r->s);
}

static struct dts_sql_scan peek(const struct reader *r)
{
	struct dts_sql_scan n = r->s;

	dts_sql_next(&n);
	return n;
}

static struct dts_slice decoded(struct reader *r, const struct dts_sql_scan *s)
{
	struct dts_buf b = {0};
	struct dts_slice text;

	if (s->type == DTS_SQL_WORD)
		return dts_sql_text(s);
	dts_sql_decode(dts_sql_text(s), s->flags, &b);
	text = dts_arena_copy(r->arena, dts_buf_slice(&b));
	dts_buf_release(&b);
	return text;
}

static struct dts_body_name *add(struct reader *r, enum dts_body_place place)
{
	struct dts_body *b = r->b;

	if (b->count == b->cap) {
		b->cap = b->cap ? b->cap * 2 : 32;
		b->names = dts_realloc(b->names, b->cap * sizeof *b->names);
	}
	b->names[b->count] = (struct dts_body_name){.place = place};
	return &b->names[b->count++];
}

/* Takes a, a.b or a.b.c from the name at hand on; what stands behind is at hand then. `*` counts for
 * a column, of which we want nothing. */
static struct dts_body_name *take_name(struct reader *r)
{
	struct dts_body_name *n = add(r, DTS_BODY_COLUMN);
	unsigned edges = r->s.edges;

	for (;;) {
		n->parts[n->count] = decoded(r, &r->s);
		n->whole[n->count++] = (struct dts_ddl_range){r->s.at, r->s.len};
		n->split |= r->s.edges != edges;
		struct dts_sql_scan dot = peek(r), name = dot;
		dts_sql_next(&name);
		next(r);
		if (!dts_sql_is_char(&dot, '.') || n->count == 3)
			return n;
		next(r); /* the dot */
		if (!is_name(&name)) {
			if (dts_sql_is_char(&name, '*')) {
				n->parts[n->count] = DTS_LIT("*");
				n->whole[n->count++] = (struct dts_ddl_range){name.at, 0};
				next(r);
			}
			return n;
		}
	}
}

/* Behind a comma or JOIN. */
static void begin_table(struct frame *f)
{
	f->expect = true;
	f->on = false;
	f->last = 0;
}

static void begin_tables(struct reader *r, bool expect)
{
	struct frame *f = top(r);

	f->tables = true;
	f->expect = expect;
	f->on = f->drops = f->query = f->with = f->names = false;
	f->last = 0;
}

/* --- keywords: each returns whether the word at hand was one of its own, and taken */

static bool among_tables(struct reader *r)
{
	static const char *const joins[] = {"JOIN", "STRAIGHT_JOIN", NULL};
	static const char *const ends[] = {"WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "WINDOW", "UNION", "EXCEPT", "INTERSECT",
					   "MINUS", "SET", "VALUES", "VALUE", "PROCEDURE", "LOCK", "WITH", "RETURNING", "OFFSET",
					   "FETCH", "SELECT", "QUALIFY", "DO", "LOOP", NULL};
	static const char *const first[] = {"LATERAL", "IGNORE", "LOW_PRIORITY", "HIGH_PRIORITY", "DELAYED", "TABLE", "IF", "NOT",
					    "EXISTS", NULL};
	static const char *const deletes[] = {"QUICK", "HISTORY", NULL};
	static const char *const plain[] = {"AS", "LEFT", "RIGHT", "INNER", "CROSS", "OUTER", "NATURAL", "USE", "FORCE", "IGNORE",
					    "INDEX", "KEY", "FOR", "PARTITION", "SYSTEM_TIME", "PORTION", "ALL", "OF", "BETWEEN",
					    "AND", "TO", "TIMESTAMP", "TRANSACTION", "UPDATE", "SHARE", "SKIP", "LOCKED", "NOWAIT",
					    "WAIT", NULL};
	struct frame *f = top(r);

	if (is_any(&r->s, joins)) {
		begin_table(f);
	} else if (dts_sql_is(&r->s, "ON")) {
		f->on = true;
		f->expect = false;
	} else if (dts_sql_is(&r->s, "USING")) {
		struct dts_sql_scan n = peek(r);
		f->expect = !dts_sql_is_char(&n, '('); /* DELETE FROM t USING ... */
	} else if (dts_sql_is(&r->s, "FROM") && f->drops) {
		begin_tables(r, true);
	} else if (dts_sql_is(&r->s, "FROM")) {
		/* FOR SYSTEM_TIME FROM ... TO ... */
	} else if (dts_sql_is(&r->s, "INTO")) {
		f->tables = f->expect; /* INSERT INTO t; or ... FROM t INTO variable */
	} else if (is_any(&r->s, ends)) {
		f->tables = f->expect = false;
		return false; /* it may begin something */
	} else if (f->expect ? !is_any(&r->s, first) && !(f->drops && is_any(&r->s, deletes)) : !is_any(&r->s, plain)) {
		return false;
	}
	next(r);
	return true;
}

/* Statements of programs whose grammar is not followed here: all of their names count. */
static bool begins_other(const struct reader *r)
{
	static const char *const always[] = {"SHOW", "DESCRIBE", "GRANT", "REVOKE", "LOAD", NULL};
	static const char *const defines[] = {"CREATE", "ALTER", "DROP", NULL};
	static const char *const tables[] = {"TABLE", "TEMPORARY", NULL};
	static const char *const at_start[] = {"EXPLAIN", "DESC", "FLUSH", "RENAME", "HANDLER", "HELP", "OPTIMIZE", "REPAIR", NULL};
	static const char *const starts[] = {"BEGIN", "THEN", "ELSE", "DO", "LOOP", "REPEAT", NULL};
	struct dts_sql_scan n = peek(r);

	if (dts_sql_is(&r->s, "TYPE")) /* ROW TYPE OF t */
		return dts_sql_is(&n, "OF");
	if (dts_sql_is(&r->s, "LIKE") || dts_sql_is(&r->s, "RENAME")) /* CREATE TABLE t LIKE u, ALTER TABLE t RENAME u */
		if (r->frames[r->depth - 1].tables && !r->frames[r->depth - 1].on)
			return true;
	if (is_any(&r->s, defines))
		return !is_any(&n, tables);
	if (is_any(&r->s, always))
		return true;
	return is_any(&r->s, at_start) && (dts_sql_is_char(&r->before, ';') || is_any(&r->before, starts));
}

/* Words that are followed by a table, in programs. */
static bool begins_statement(struct reader *r)
{
	static const char *const no_update[] = {"FOR", "KEY", "ON", "BEFORE", "AFTER", "OR", NULL};
	static const char *const verbs[] = {"UPDATE", "INSERT", "REPLACE", "DELETE", "TRUNCATE", NULL};
	static const char *const tables[] = {"TABLE", "REFERENCES", NULL};
	struct dts_sql_scan n = peek(r);
	bool deletes = dts_sql_is(&r->s, "DELETE");

	if (is_any(&r->s, tables) || (is_any(&r->s, verbs) && !dts_sql_is_char(&n, '(') && !is_any(&r->before, no_update))) {
		begin_tables(r, true);
		top(r)->drops = deletes;
	} else if (!dts_sql_is_char(&n, '(') && begins_other(r)) {
		r->dark = true;
	} else {
		return false;
	}
	next(r);
	return true;
}

static bool take_keyword(struct reader *r)
{
	if (dts_sql_is(&r->s, "SELECT")) {
		*top(r) = (struct frame){.query = true};
	} else if (dts_sql_is(&r->s, "FROM") && top(r)->query) {
		begin_tables(r, true);
	} else if (dts_sql_is(&r->s, "WITH")) {
		top(r)->with = top(r)->names = true;
	} else if (dts_sql_is(&r->s, "RECURSIVE") && top(r)->names) {
		/* the names follow */
	} else if (dts_sql_is(&r->s, "CALL") && !r->query) {
		next(r);
		if (is_name(&r->s))
			take_name(r)->place = DTS_BODY_PROCEDURE;
		return true;
	} else {
		return !r->query && begins_statement(r);
	}
	next(r);
	return true;
}

/* --- names */

static bool in_sequence(const struct reader *r)
{
	return r->frames[r->depth - 1].sequence;
}

static void place_name(struct reader *r, struct dts_body_name *n)
{
	struct frame *f = top(r);
	size_t index = (size_t)(n - r->b->names);
	bool call = dts_sql_is_char(&r->s, '(');

	if (r->dark) {
		n->place = DTS_BODY_ANY;
	} else if (f->names) {
		n->place = DTS_BODY_ALIAS;
		f->names = false;
	} else if (f->tables && f->expect && !(call && n->count == 1 && dts_slice_is_nocase(n->parts[0], "JSON_TABLE"))) {
		n->place = DTS_BODY_TABLE;
		if (n->whole[n->count - 1].len == 0) /* DELETE t.* FROM t */
			n->count--;
		f->expect = false;
		f->last = index + 1;
	} else if (f->tables && !f->on && !f->expect && n->count == 1) {
		n->place = DTS_BODY_ALIAS;
		if (f->last)
			r->b->names[f->last - 1].alias = index + 1;
		f->last = 0;
	} else if (in_sequence(r)) {
		n->place = DTS_BODY_SEQUENCE;
		f->sequence = false;
	} else if (call) {
		n->place = DTS_BODY_FUNCTION;
		if (f->expect)
			f->last = 0;
		f->expect = false;
	} else if (n->count > 1) {
		n->place = DTS_BODY_COLUMN;
	} else {
		r->b->count--; /* a keyword, a variable, a column */
	}
}

static bool names_sequence(const struct dts_sql_scan *word)
{
	static const char *const functions[] = {"NEXTVAL", "LASTVAL", "SETVAL", NULL};

	return is_any(word, functions);
}

static void take_one(struct reader *r)
{
	static const char *const after[] = {"VALUE", NULL}; /* NEXT VALUE FOR, PREVIOUS VALUE FOR */
	struct dts_sql_scan word = r->s, at = peek(r);
	struct dts_body_name *n;

	if (r->s.type == DTS_SQL_WORD && !dts_sql_is_char(&at, '.')) {
		if (top(r)->tables && among_tables(r))
			return;
		if (take_keyword(r))
			return;
		if (dts_sql_is(&r->s, "FOR") && is_any(&r->before, after)) {
			next(r);
			if (is_name(&r->s))
				take_name(r)->place = DTS_BODY_SEQUENCE;
			return;
		}
	}
	n = take_name(r);
	place_name(r, n);
	/* What follows it, for the brackets. */
	if (dts_sql_is_char(&r->s, '(') && names_sequence(&word))
		r->before = word;
}

static void open_bracket(struct reader *r)
{
	struct frame *f = top(r), inner = {0};

	if (f->tables && f->expect && !f->on) /* a join, or a derived table */
		inner = (struct frame){.tables = true, .expect = true};
	if (f->expect)
		f->last = 0;
	f->expect = false;
	inner.sequence = r->before.type == DTS_SQL_WORD && names_sequence(&r->before);
	push(r, inner);
}

static void take_char(struct reader *r)
{
	if (dts_sql_is_char(&r->s, '(')) {
		open_bracket(r);
	} else if (dts_sql_is_char(&r->s, ')') && r->depth > 1) {
		r->depth--;
	} else if (dts_sql_is_char(&r->s, ',')) {
		if (top(r)->tables)
			begin_table(top(r));
		top(r)->names = top(r)->with;
	} else if (dts_sql_is_char(&r->s, ';')) {
		r->depth = 1;
		*top(r) = (struct frame){0};
		r->dark = false;
	} else if (dts_sql_is_char(&r->s, '@')) {
		/* A variable, whatever it is called. */
		next(r);
		while (dts_sql_is_char(&r->s, '@'))
			next(r);
		if (is_name(&r->s)) {
			take_name(r);
			r->b->count--;
		}
		return;
	}
	next(r);
}

/* Texts that are run as statements may name anything. */
static bool runs_strings(struct dts_slice sql, unsigned flags, size_t from)
{
	static const char *const words[] = {"PREPARE", "EXECUTE", NULL};
	struct dts_sql_scan s;

	for (dts_sql_start(&s, sql, flags); s.type != DTS_SQL_END; dts_sql_next(&s))
		if (s.at >= from && is_any(&s, words))
			return true;
	return false;
}

void dts_body_read(struct dts_body *b, struct dts_slice sql, unsigned flags, size_t from, bool query, struct dts_arena *arena)
{
	struct reader r = {.b = b, .arena = arena, .query = query, .strings = !query && runs_strings(sql, flags, from)};

	b->count = 0;
	push(&r, (struct frame){0});
	dts_sql_start(&r.s, sql, flags);
	r.before = r.s;
	while (r.s.at < from && r.s.type != DTS_SQL_END)
		next(&r);
	while (r.s.type != DTS_SQL_END) {
		if (is_name(&r.s)) {
			take_one(&r);
		} else if (r.s.type == DTS_SQL_STRING && r.strings && !dts_sql_is(&r.before, "COMMENT")) {
			struct dts_body_name *n = add(&r, DTS_BODY_STRING);
			n->parts[0] = decoded(&r, &r.s);
			n->whole[0] = (struct dts_ddl_range){r.s.at, r.s.len};
			n->count = 1;
			next(&r);
		} else if (r.s.type == DTS_SQL_PUNCT) {
			take_char(&r);
		} else {
			next(&r);
		}
	}
	free(r.frames);
}

void dts_body_release(struct dts_body *b)
{
	free(b->names);
	*b = (struct dts_body){0};
}
