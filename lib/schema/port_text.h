#ifndef DTS_SCHEMA_PORT_TEXT_H
#define DTS_SCHEMA_PORT_TEXT_H

/* What the files that put definitions into another family's words share; not for others. */

#include "ddl/scan.h"
#include "schema/mapping.h"
#include "schema/port.h"

struct dts_port_token {
	enum dts_sql_type type;
	struct dts_slice text, gap; /* the gap is what stands before it */
};

struct dts_port {
	enum dts_family from, to;
	unsigned flags;
	struct dts_port_token *tokens;
	size_t count;
	size_t body;            /* the first token behind the object's name */
	struct dts_slice object; /* its name as written */
	size_t at, end;         /* the column, key or check: tokens [at, end) */
	const char *part;       /* what that is; NULL: none */
	struct dts_slice name;  /* of it, as written; len 0: none */
	bool item_left_out;
	bool defines_charset;   /* here a character set without a collation gets one */
	size_t params, params_end; /* of a routine */
	bool has_mode;         /* a program, which keeps the sql_mode that it was made under */
	struct dts_ported *ported;
	struct dts_buf *out;
};

bool dts_port_is_word(const struct dts_port *p, size_t i, const char *word);
bool dts_port_is_char(const struct dts_port *p, size_t i, char c);
size_t dts_port_behind_bracket(const struct dts_port *p, size_t i); /* which `i` opens */
struct dts_slice dts_port_span(const struct dts_port *p, size_t from, size_t to); /* the text of [from, to) */
void dts_port_copy(struct dts_port *p, size_t i);

/* How many tokens at `i` the entry's words are; 0: they are not there. */
size_t dts_port_match(const struct dts_port *p, const struct dts_mapping *m, size_t i, size_t end);
/* The first entry of the place whose words are at `i`; *n of them. */
const struct dts_mapping *dts_port_find(const struct dts_port *p, enum dts_map_place place, size_t i, size_t end, size_t *n);

/* Tells what the entry makes of these n tokens, and in place of them `became` (NULL: its own words). */
void dts_port_tell(struct dts_port *p, const struct dts_mapping *m, size_t i, size_t n, const char *became);
/* The same, and writes what stands there instead; SAME and CHANGED without `instead`: nothing, 0 is returned. */
size_t dts_port_apply(struct dts_port *p, const struct dts_mapping *m, size_t i, size_t n);

/* COLLATE x, COLLATE=x, CHARACTER SET x, CHARSET=x, the token at `i` being x: 1 when it was written. */
size_t dts_port_charset(struct dts_port *p, size_t i, size_t end);
/* The type at `i`: how many tokens were written. */
size_t dts_port_type(struct dts_port *p, size_t i, size_t end);
/* Writes the tokens [i, end) of an expression, a query or a program. */
void dts_port_words(struct dts_port *p, size_t i, size_t end);

/* The kinds of statements: from the object's name on, which is written. */
void dts_port_table(struct dts_port *p);
void dts_port_alter_table(struct dts_port *p);

#endif
