#ifndef DTS_DDL_SCAN_H
#define DTS_DDL_SCAN_H

/* The words of SQL text, one at a time; for this room, lib/schema and lib/apply. */

#include "ddl/ddl.h"

enum dts_sql_type {
	DTS_SQL_END,
	DTS_SQL_WORD,   /* a keyword or an unquoted name */
	DTS_SQL_QUOTED, /* a quoted name: `x`, "x" with ANSI_QUOTES, [x] with BRACKETS */
	DTS_SQL_STRING, /* 'x', or "x" without ANSI_QUOTES */
	DTS_SQL_NUMBER, /* digits */
	DTS_SQL_PUNCT,  /* one byte of anything else */
};

struct dts_sql_scan {
	struct dts_slice sql;
	unsigned flags;
	unsigned version; /* 90704: executable comments that it passes over are plain ones; 0: none are */
	unsigned open;  /* executable comments that we are inside of */
	unsigned edges; /* beginnings and ends of executable comments so far */
	size_t next;    /* where the next token is looked for */
	size_t prev_end; /* where the token before this one ended */
	/* the token at hand */
	enum dts_sql_type type;
	size_t at, len;
	bool after_dot; /* directly behind a dot: a part of a name, never a keyword */
};

/* Starts, with the first token at hand. */
void dts_sql_start(struct dts_sql_scan *s, struct dts_slice sql, unsigned flags);
/* The same, with the comments that a server of this version takes for SQL. */
void dts_sql_start_at(struct dts_sql_scan *s, struct dts_slice sql, unsigned flags, unsigned version);

/* Goes on to the next token; stays at DTS_SQL_END. */
void dts_sql_next(struct dts_sql_scan *s);

/* Is the token at hand this keyword (upper case ASCII)? */
bool dts_sql_is(const struct dts_sql_scan *s, const char *keyword);

static inline bool dts_sql_is_char(const struct dts_sql_scan *s, char c)
{
	return s->type == DTS_SQL_PUNCT && s->sql.p[s->at] == c;
}

static inline struct dts_slice dts_sql_text(const struct dts_sql_scan *s)
{
	return dts_slice(s->sql.p + s->at, s->len);
}

/* Appends what a quoted token means; `quoted` has its quotes. */
void dts_sql_decode(struct dts_slice quoted, unsigned flags, struct dts_buf *out);

#endif
