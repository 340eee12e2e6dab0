#include "schema/port.h"

#include <stdlib.h>

#include "ddl/port.h"
#include "ddl/scan.h"
#include "schema/generated.h"

struct token {
	enum dts_sql_type type;
	struct dts_slice text, gap; /* the gap is what stands before it */
};

/* What an item of the brackets is, or what follows them. */
enum part { PART_COLUMN, PART_KEY, PART_OPTIONS };

struct port {
	enum dts_family from, to;
	struct token *tokens;
	size_t count;
	size_t at, end;         /* the item: tokens [at, end) */
	struct dts_slice name;  /* of the column or key, for messages */
	enum part part;
	struct dts_ported *ported;
	struct dts_buf out;
};

/* --- words that the other family does not have, or has others for */

static const struct word {
	enum dts_family to;
	enum part part;
	const char *words[2]; /* the second may be NULL */
	const char *instead;  /* NULL: refused */
} words[] = {
	{DTS_MARIADB, PART_COLUMN, {"NOT", "ENFORCED"}, NULL},
	{DTS_MARIADB, PART_COLUMN, {"COLUMN_FORMAT", NULL}, NULL},
	{DTS_MARIADB, PART_COLUMN, {"STORAGE", NULL}, NULL},
	{DTS_MARIADB, PART_COLUMN, {"ENGINE_ATTRIBUTE", NULL}, NULL},
	{DTS_MARIADB, PART_COLUMN, {"SECONDARY_ENGINE_ATTRIBUTE", NULL}, NULL},
	{DTS_MARIADB, PART_COLUMN, {"NOT", "SECONDARY"}, NULL},
	{DTS_MARIADB, PART_KEY, {"NOT", "ENFORCED"}, NULL},
	{DTS_MARIADB, PART_KEY, {"INVISIBLE", NULL}, "IGNORED"},
	{DTS_MARIADB, PART_KEY, {"WITH", "PARSER"}, NULL},
	{DTS_MARIADB, PART_KEY, {"ENGINE_ATTRIBUTE", NULL}, NULL},
	{DTS_MARIADB, PART_KEY, {"SECONDARY_ENGINE_ATTRIBUTE", NULL}, NULL},
	{DTS_MARIADB, PART_OPTIONS, {"TABLESPACE", NULL}, NULL},
	{DTS_MARIADB, PART_OPTIONS, {"COMPRESSION", NULL}, NULL},
	{DTS_MARIADB, PART_OPTIONS, {"ENCRYPTION", NULL}, NULL},
	{DTS_MARIADB, PART_OPTIONS, {"SECONDARY_ENGINE", NULL}, NULL},
	{DTS_MARIADB, PART_OPTIONS, {"ENGINE_ATTRIBUTE", NULL}, NULL},
	{DTS_MARIADB, PART_OPTIONS, {"SECONDARY_ENGINE_ATTRIBUTE", NULL}, NULL},
	{DTS_MARIADB, PART_OPTIONS, {"AUTOEXTEND_SIZE", NULL}, NULL},
	{DTS_MYSQL, PART_COLUMN, {"COMPRESSED", NULL}, NULL},
	{DTS_MYSQL, PART_COLUMN, {"AS", "ROW"}, NULL},
	{DTS_MYSQL, PART_COLUMN, {"WITHOUT", "SYSTEM"}, NULL},
	{DTS_MYSQL, PART_COLUMN, {"NEXT", "VALUE"}, NULL},
	{DTS_MYSQL, PART_COLUMN, {"NEXTVAL", NULL}, NULL},
	{DTS_MYSQL, PART_KEY, {"IGNORED", NULL}, "INVISIBLE"},
	{DTS_MYSQL, PART_KEY, {"WITHOUT", "OVERLAPS"}, NULL},
	{DTS_MYSQL, PART_KEY, {"PERIOD", NULL}, NULL},
	{DTS_MYSQL, PART_KEY, {"VECTOR", NULL}, NULL},
	{DTS_MYSQL, PART_KEY, {"SYSTEM", NULL}, NULL},
	{DTS_MYSQL, PART_OPTIONS, {"SYSTEM", "VERSIONING"}, NULL},
	{DTS_MYSQL, PART_OPTIONS, {"SYSTEM_TIME", NULL}, NULL},
	{DTS_MYSQL, PART_OPTIONS, {"TRANSACTIONAL", NULL}, NULL},
	{DTS_MYSQL, PART_OPTIONS, {"PAGE_CHECKSUM", NULL}, NULL},
};

/* --- collations */

static bool has(struct dts_slice name, const char *part)
{
	return memmem(name.p, name.len, part, strlen(part)) != NULL;
}

/* `name` with the first `old` in it replaced. */
static int replaced(struct dts_slice name, const char *old, const char *new, struct dts_buf *out)
{
	const char *at = memmem(name.p, name.len, old, strlen(old));

	dts_buf_add(out, name.p, (size_t)(at - name.p));
	dts_buf_adds(out, new);
	at += strlen(old);
	dts_buf_add(out, at, (size_t)(name.p + name.len - at));
	return 1;
}

static int to_mariadb(struct dts_slice name, struct dts_buf *out)
{
	/* Those of one language, utf8mb4_de_pb_0900_ai_ci, are found nowhere else. */
	if (dts_slice_is(name, "utf8mb4_0900_bin"))
		return replaced(name, "0900_bin", "nopad_bin", out);
	if (has(name, "utf8mb4_0900_"))
		return replaced(name, "0900_", "uca1400_nopad_", out);
	return has(name, "_0900_") || has(name, "gb18030") || has(name, "_tolower_ci") ? -1 : 0;
}

static int to_mysql(struct dts_slice name, struct dts_buf *out)
{
	bool utf8mb4 = has(name, "utf8mb4_");

	if (dts_slice_is(name, "utf8mb4_nopad_bin"))
		return replaced(name, "nopad_bin", "0900_bin", out);
	if (has(name, "_uca1400_") && !has(name, "_ai_cs") && utf8mb4) {
		if (has(name, "utf8mb4_uca1400_nopad_a"))
			return replaced(name, "uca1400_nopad_", "0900_", out);
		if (has(name, "utf8mb4_uca1400_a"))
			return replaced(name, "uca1400_", "0900_", out);
	}
	/* Of the other Unicode character sets there is the older one. */
	if (!utf8mb4 && has(name, "_uca1400_ai_ci"))
		return replaced(name, "_uca1400_ai_ci", "_unicode_520_ci", out);
	return has(name, "_uca1400_") || has(name, "nopad") || has(name, "_mysql561_") || has(name, "_myanmar_") ||
			       has(name, "_thai_520_") || has(name, "general1400")
		       ? -1
		       : 0;
}

int dts_schema_port_collation(struct dts_slice name, enum dts_family from, enum dts_family to, struct dts_buf *out)
{
	int rc = from == to ? 0 : to == DTS_MARIADB ? to_mariadb(name, out) : to_mysql(name, out);

	if (rc == 0)
		dts_buf_add_slice(out, name);
	return rc;
}

/* --- tokens */

static void read_tokens(struct port *p, struct dts_slice sql)
{
	struct dts_sql_scan s = {0};
	size_t room = 0, behind = 0;

	for (dts_sql_start(&s, sql, 0); s.type != DTS_SQL_END; dts_sql_next(&s)) {
		if (p->count == room) {
			room = room ? 2 * room : 256;
			p->tokens = dts_realloc(p->tokens, room * sizeof *p->tokens);
		}
		p->tokens[p->count++] = (struct token){s.type, dts_sql_text(&s), dts_slice(sql.p + behind, s.at - behind)};
		behind = s.at + s.len;
	}
}

static bool is_word(const struct port *p, size_t i, const char *word)
{
	return i < p->count && p->tokens[i].type == DTS_SQL_WORD && dts_slice_is_nocase(p->tokens[i].text, word);
}

static bool is_char(const struct port *p, size_t i, char c)
{
	return i < p->count && p->tokens[i].type == DTS_SQL_PUNCT && p->tokens[i].text.p[0] == c;
}

/* Behind the bracket that `i` opens. */
static size_t behind_bracket(const struct port *p, size_t i)
{
	int depth = 0;

	for (; i < p->count; i++) {
		depth += is_char(p, i, '(') - is_char(p, i, ')');
		if (depth == 0)
			return i + 1;
	}
	return i;
}

static void copy(struct port *p, size_t i)
{
	dts_buf_add_slice(&p->out, p->tokens[i].gap);
	dts_buf_add_slice(&p->out, p->tokens[i].text);
}

static void put(struct port *p, size_t i, const char *text)
{
	dts_buf_add_slice(&p->out, p->tokens[i].gap);
	dts_buf_adds(&p->out, text);
}

static const char *family_name(enum dts_family family)
{
	return family == DTS_MARIADB ? "MariaDB" : "MySQL";
}

/* Each line once. */
static void note(struct port *p, const char *text)
{
	struct dts_list *why = &p->ported->why;

	for (size_t i = 0; i < why->count; i++)
		if (strcmp(why->items[i], text) == 0)
			return;
	dts_list_add(why, text);
}

static int refuse(struct port *p, const char *what)
{
	static const char *const parts[] = {"column", "key or constraint"};
	struct dts_buf line = {0};

	if (p->part != PART_OPTIONS)
		dts_buf_addf(&line, "%s %.*s: ", parts[p->part], (int)p->name.len, p->name.p);
	dts_buf_addf(&line, "%s has no %s", family_name(p->to), what);
	note(p, dts_buf_text(&line));
	dts_buf_release(&line);
	p->ported->refused = true;
	return -1;
}

/* --- rules */

/* The token is the beginning of something in the table of words: how many tokens it has. */
static int port_word(struct port *p, size_t i)
{
	struct dts_buf what = {0};

	for (const struct word *w = words; w < words + sizeof words / sizeof *words; w++) {
		if (w->to != p->to || w->part != p->part || !is_word(p, i, w->words[0]) ||
		    (w->words[1] && !is_word(p, i + 1, w->words[1])))
			continue;
		if (!w->instead) {
			dts_buf_addf(&what, "%s%s%s", w->words[0], w->words[1] ? " " : "", w->words[1] ? w->words[1] : "");
			refuse(p, dts_buf_text(&what));
			dts_buf_release(&what);
			return -1;
		}
		put(p, i, w->instead);
		return 1;
	}
	return 0;
}

/* COLLATE x, COLLATE=x, CHARACTER SET x, CHARSET=x: the token at `i` is x. */
static int port_charset(struct port *p, size_t i)
{
	bool equals = is_char(p, i - 1, '=');
	size_t before = i - (equals ? 2 : 1);
	struct dts_buf to = {0}, line = {0};
	int rc = 0;

	if (p->tokens[i].type != DTS_SQL_WORD)
		return 0;
	if (is_word(p, before, "COLLATE")) {
		rc = dts_schema_port_collation(p->tokens[i].text, p->from, p->to, &to);
		dts_buf_addf(&line, "collation %.*s", (int)p->tokens[i].text.len, p->tokens[i].text.p);
	} else if ((is_word(p, before, "SET") || is_word(p, before, "CHARSET")) && p->to == DTS_MARIADB &&
		   dts_slice_is(p->tokens[i].text, "gb18030")) {
		dts_buf_adds(&line, "character set gb18030");
		rc = -1;
	}
	if (rc < 0)
		refuse(p, dts_buf_text(&line));
	if (rc > 0) {
		put(p, i, dts_buf_text(&to));
		dts_buf_addf(&line, " becomes %s, which may order rare characters and compare spaces at the end otherwise",
			     dts_buf_text(&to));
		note(p, dts_buf_text(&line));
	}
	dts_buf_release(&to);
	dts_buf_release(&line);
	return rc;
}

/* MySQL wants brackets around a DEFAULT that is an expression, and around any of a
 * TEXT, BLOB, JSON or GEOMETRY. Returns behind it, or `i`: left alone. */
static size_t port_default(struct port *p, size_t i, bool long_type)
{
	size_t end = i + 2;
	bool call = i + 2 < p->end && p->tokens[i + 1].type == DTS_SQL_WORD && is_char(p, i + 2, '(');
	/* x'0102ff' is a word and a string, b'101' too. */
	bool prefixed = i + 2 < p->end && p->tokens[i + 1].type == DTS_SQL_WORD && p->tokens[i + 2].type == DTS_SQL_STRING;

	if (call && (is_word(p, i + 1, "current_timestamp") || is_word(p, i + 1, "now")))
		return i;
	if (is_word(p, i + 1, "NULL") || is_char(p, i + 1, '(') || (!call && !long_type))
		return i;
	if (call)
		end = behind_bracket(p, i + 2);
	else if (prefixed)
		end = i + 3;
	else if (is_char(p, i + 1, '-'))
		end = i + 3;
	copy(p, i);
	dts_buf_adds(&p->out, " (");
	for (size_t k = i + 1; k < end; k++) {
		if (k > i + 1)
			dts_buf_add_slice(&p->out, p->tokens[k].gap);
		dts_buf_add_slice(&p->out, p->tokens[k].text);
	}
	dts_buf_addc(&p->out, ')');
	return end;
}

/* The SRID of a column, to be told behind its type: MySQL's is the last but for comments. */
static int copy_type(struct port *p, size_t i)
{
	static const char *const hidden[] = {"tinyint", "smallint", "mediumint", "int", "bigint", "year", NULL};

	if (p->to == DTS_MARIADB && is_word(p, i, "geomcollection"))
		put(p, i, "geometrycollection");
	else
		copy(p, i);
	if (p->to == DTS_MARIADB)
		for (size_t k = i + 1; k + 1 < p->end; k++)
			if (is_word(p, k, "SRID") && p->tokens[k + 1].type == DTS_SQL_NUMBER) {
				dts_buf_adds(&p->out, " REF_SYSTEM_ID=");
				dts_buf_add_slice(&p->out, p->tokens[k + 1].text);
			}
	/* MySQL has no display width but with ZEROFILL, and tinyint(1). */
	if (p->to != DTS_MYSQL || !is_char(p, i + 1, '('))
		return 1;
	if (is_word(p, i, "tinyint") && dts_slice_is(p->tokens[i + 2].text, "1"))
		return 1;
	for (const char *const *name = hidden; *name; name++)
		if (is_word(p, i, *name) && !is_word(p, i + 4, "zerofill") && !is_word(p, i + 5, "zerofill"))
			return 4;
	return 1;
}

static bool is_generated(const struct port *p)
{
	for (size_t i = p->at; i < p->end; i++)
		if (is_word(p, i, "GENERATED"))
			return true;
	return false;
}

static bool is_long_type(const struct port *p, size_t i)
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

static bool is_sequence_call(const struct port *p, size_t i)
{
	return is_char(p, i + 1, '(') && (is_word(p, i, "nextval") || is_word(p, i, "lastval") || is_word(p, i, "setval"));
}

/* One column's definition, from its name to the comma. */
static int port_column(struct port *p)
{
	static const char *const missing[] = {"uuid", "inet4", "inet6", NULL};
	size_t type = p->at + 1, i;
	bool generated = is_generated(p), long_type = is_long_type(p, type);
	int depth = 0, rc;

	for (const char *const *name = missing; *name && p->to == DTS_MYSQL; name++)
		if (is_word(p, type, *name))
			return refuse(p, "type like that: uuid, inet4, inet6; dts-apply takes char(36), varchar(15), varchar(45)");
	copy(p, p->at);
	for (i = type + (size_t)copy_type(p, type); i < p->end; i++) {
		depth += is_char(p, i, '(') - is_char(p, i, ')');
		if (p->to == DTS_MYSQL && is_sequence_call(p, i))
			return refuse(p, "sequences");
		if (depth > 0) {
			copy(p, i);
			continue;
		}
		if (p->to == DTS_MARIADB && generated && is_word(p, i, "NOT") && is_word(p, i + 1, "NULL"))
			return refuse(p, "generated column that is NOT NULL");
		if (p->to == DTS_MARIADB && is_word(p, i, "SRID") && p->tokens[i + 1].type == DTS_SQL_NUMBER) {
			struct dts_buf line = {0};
			dts_buf_addf(&line, "column %.*s: MariaDB does not check values against the SRID", (int)p->name.len,
				     p->name.p);
			note(p, dts_buf_text(&line));
			dts_buf_release(&line);
			i++;
			continue;
		}
		if (p->to == DTS_MYSQL && is_word(p, i, "DEFAULT") && !is_sequence_call(p, i + 1)) {
			size_t next = port_default(p, i, long_type);
			if (next > i) {
				i = next - 1;
				continue;
			}
		}
		rc = port_word(p, i);
		if (rc == 0)
			rc = port_charset(p, i);
		if (rc < 0)
			return -1;
		if (rc == 0)
			copy(p, i);
	}
	return 0;
}

/* The column that a quoted name in a key stands for: is it one of text or bytes of any length? */
static bool names_long_column(const struct port *p, size_t name)
{
	for (size_t i = 1; i + 1 < p->count; i++)
		if ((is_char(p, i - 1, '(') || is_char(p, i - 1, ',')) && p->tokens[i + 1].type == DTS_SQL_WORD &&
		    dts_slice_eq(p->tokens[i].text, p->tokens[name].text))
			return is_long_type(p, i + 1);
	return false;
}

/* MariaDB's UNIQUE KEY over whole texts, which are hashed for it. */
static bool is_hashed_unique(const struct port *p)
{
	bool hash = false, whole = false;

	if (!is_word(p, p->at, "UNIQUE"))
		return false;
	for (size_t i = p->at + 3; i < p->end; i++) {
		hash |= is_word(p, i, "USING") && is_word(p, i + 1, "HASH");
		whole |= p->tokens[i].type == DTS_SQL_QUOTED && !is_char(p, i + 1, '(') && names_long_column(p, i);
	}
	return hash && whole;
}

/* MariaDB names the first unnamed check of each table CONSTRAINT_1, MySQL wants names that
 * are the database's only ones: it will find some itself. */
static size_t port_check_name(struct port *p, size_t i)
{
	static const char start[] = "`CONSTRAINT_";
	struct dts_slice name = i + 2 < p->end ? p->tokens[i + 1].text : (struct dts_slice){0};

	if (p->to != DTS_MYSQL || !is_word(p, i, "CONSTRAINT") || !is_word(p, i + 2, "CHECK"))
		return i;
	if (name.len < sizeof start + 1 || memcmp(name.p, start, sizeof start - 1) != 0)
		return i;
	for (size_t k = sizeof start - 1; k + 1 < name.len; k++)
		if (name.p[k] < '0' || name.p[k] > '9')
			return i;
	dts_buf_add_slice(&p->out, p->tokens[i].gap);
	dts_buf_add_slice(&p->out, p->tokens[i + 2].text);
	return i + 3;
}

/* A key or constraint, or what follows the brackets. */
static int port_rest(struct port *p)
{
	int depth = 0, rc = 0;
	size_t start = p->part == PART_KEY ? port_check_name(p, p->at) : p->at;
	bool check = start != p->at;

	if (p->part == PART_KEY && p->to == DTS_MYSQL && is_hashed_unique(p))
		return refuse(p, "UNIQUE key over whole texts (USING HASH)");
	for (size_t i = start; i < p->end; i++) {
		if (p->part == PART_OPTIONS && p->to == DTS_MYSQL && is_word(p, i, "PARTITION") && is_word(p, i + 2, "DEFAULT"))
			return refuse(p, "PARTITION ... DEFAULT");
		depth += is_char(p, i, '(') - is_char(p, i, ')');
		check = check || is_word(p, i, "CHECK");
		if (p->part == PART_KEY && !check && p->to == DTS_MARIADB && depth == 2 && is_char(p, i, '(') &&
		    p->tokens[i - 1].type != DTS_SQL_QUOTED) /* `a`(10) is a prefix */
			return refuse(p, "key over an expression");
		if (p->part == PART_OPTIONS && p->to == DTS_MYSQL && p->tokens[i].type == DTS_SQL_QUOTED && is_char(p, i + 1, '=')) {
			struct dts_buf what = {0};
			dts_buf_addf(&what, "option %.*s", (int)p->tokens[i].text.len, p->tokens[i].text.p);
			refuse(p, dts_buf_text(&what));
			dts_buf_release(&what);
			return -1;
		}
		rc = check ? 0 : port_word(p, i);
		if (check && depth == 0)
			rc = port_word(p, i);
		if (rc == 0 && depth == 0 && i > p->at)
			rc = port_charset(p, i);
		if (rc < 0)
			return -1;
		if (rc == 0)
			copy(p, i);
	}
	return 0;
}

/* The end of the item that begins at `i`: its comma, or the bracket that closes the list. */
static size_t item_end(const struct port *p, size_t i)
{
	while (i < p->count && !is_char(p, i, ',') && !is_char(p, i, ')'))
		i = is_char(p, i, '(') ? behind_bracket(p, i) : i + 1;
	return i;
}

static int port_items(struct port *p, size_t i)
{
	while (i < p->count) {
		p->at = i;
		p->end = item_end(p, i);
		p->part = p->tokens[i].type == DTS_SQL_QUOTED ? PART_COLUMN : PART_KEY;
		p->name = p->tokens[i].text;
		for (size_t k = i; p->part == PART_KEY && k < p->end; k++)
			if (p->tokens[k].type == DTS_SQL_QUOTED) {
				p->name = p->tokens[k].text;
				break;
			}
		if ((p->part == PART_COLUMN ? port_column(p) : port_rest(p)) < 0)
			return -1;
		if (p->end == p->count)
			return 0;
		copy(p, p->end);
		i = p->end + 1;
		if (is_char(p, p->end, ')'))
			break;
	}
	p->at = i;
	p->end = p->count;
	p->part = PART_OPTIONS;
	return port_rest(p);
}

static void port_table(struct port *p)
{
	size_t i = 0;

	while (i < p->count && !is_char(p, i, '('))
		copy(p, i++);
	if (i < p->count)
		copy(p, i++);
	port_items(p, i);
}

int dts_schema_port(struct dts_buf *sql, enum dts_ddl_kind kind, unsigned flags, enum dts_family from,
		    enum dts_family to, struct dts_ported *ported)
{
	struct port p = {.from = from, .to = to, .ported = ported};
	struct dts_buf plain = {0};
	size_t told = ported->why.count;

	dts_ddl_plain(dts_buf_slice(sql), flags | (from == DTS_MYSQL ? DTS_DDL_MYSQL : 0), 0, &plain);
	if (from != to && kind == DTS_DDL_CREATE_TABLE) {
		dts_schema_note_generated(dts_buf_slice(&plain), to, &ported->why);
		read_tokens(&p, dts_buf_slice(&plain));
		port_table(&p);
		dts_buf_release(&plain);
		plain = p.out;
	}
	dts_buf_clear(sql);
	dts_buf_add_slice(sql, dts_buf_slice(&plain));
	dts_buf_release(&plain);
	free(p.tokens);
	return ported->why.count > told;
}

void dts_ported_clear(struct dts_ported *p)
{
	dts_list_release(&p->why);
	dts_buf_clear(&p->by_hand);
	p->refused = false;
}

void dts_ported_release(struct dts_ported *p)
{
	dts_list_release(&p->why);
	dts_buf_release(&p->by_hand);
}
