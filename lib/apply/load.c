/*
 * What each type takes as text was tried on MariaDB 10.11 and 11.8 and MySQL 9.7, by the
 * tables of t/types and beside the same rows as literals. The text is read as
 * CHARACTER SET binary: the server stores what it reads as if a X'...' were assigned to
 * the column, so that each column gets bytes as it keeps them.
 *
 *   numbers     their digits. YEAR 0 must be 0000, since '0' is the year 2000.
 *   FLOAT       its shortest text where a double keeps it, else the double in full: the
 *               server reads a double and rounds it (see plain_float())
 *   BIT         its bytes, high ones first
 *   text        bytes in the column's own set; the server only looks whether they are text
 *               of it. A set that lib/charset does not know, and MySQL's JSON, which
 *               refuses bytes, go through a variable: SET c=CONVERT(@v USING utf8mb4)
 *   ENUM, SET   the label, where no collation can take it for another one, else
 *               its number: SET c=CAST(@v AS UNSIGNED). A label's number as plain text would be
 *               looked up as a label first.
 *   UUID, INET  MariaDB takes bytes here as the value itself, not as its text: those
 *   geometry, vector, BLOB   their bytes
 *
 * Left to INSERT: see dts_load_row().
 */
#include "apply/load.h"

#include <strings.h>

#include "mysql/quote.h"

static bool is_text(enum dts_type type)
{
	return type == DTS_TYPE_CHAR || type == DTS_TYPE_JSON || type == DTS_TYPE_UUID || type == DTS_TYPE_INET4 ||
	       type == DTS_TYPE_INET6;
}

static bool charset_is(struct dts_slice name, const char *cs)
{
	const struct dts_charset *found = dts_charset_find(name);

	return found && strcmp(dts_charset_name(found), cs) == 0;
}

/*
 * Is every label found as itself by its text? A server compares by the column's
 * collation and takes the first that is equal. Those named here tell apart ASCII texts
 * that differ in more than case; others take v for w, y for i, or ch for one letter.
 */
static bool labels_plain(const struct dts_column *c)
{
	static const char *const collations[] = {
		"utf8mb4_bin", "utf8mb4_general_ci", "utf8mb4_unicode_ci", "utf8mb4_unicode_520_ci", "utf8mb4_0900_ai_ci",
		"utf8mb4_0900_bin", "utf8mb4_uca1400_ai_ci", "utf8mb3_bin", "utf8mb3_general_ci", "utf8mb3_unicode_ci",
		"utf8mb3_uca1400_ai_ci", "latin1_swedish_ci", "latin1_bin", "ascii_general_ci", "ascii_bin",
	};
	bool known = false;

	for (size_t i = 0; i < sizeof collations / sizeof *collations && !known; i++)
		known = dts_slice_is(c->collation, collations[i]);
	if (!known)
		return false;
	for (size_t i = 0; i < c->label_count; i++) {
		struct dts_slice label = c->labels[i];
		for (size_t j = 0; j < label.len; j++) {
			char b = label.p[j];
			bool letter = (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9');
			if (!letter && b != '_')
				return false;
		}
		if (label.len == 0)
			return false;
		for (size_t j = 0; j < i; j++)
			if (c->labels[j].len == label.len && strncasecmp(c->labels[j].p, label.p, label.len) == 0)
				return false;
	}
	return true;
}

static enum dts_load_how how_text(const struct dts_apply_column *c, const struct dts_charset **charset)
{
	struct dts_slice name = c->target->charset;

	*charset = dts_charset_find(name);
	if (!*charset)
		return DTS_LOAD_CONVERT;
	if (charset_is(name, "utf8mb4"))
		return DTS_LOAD_UTF8;
	if (charset_is(name, "ascii"))
		return DTS_LOAD_ASCII;
	if (charset_is(name, "utf8mb3"))
		return DTS_LOAD_UTF8MB3;
	return dts_charset_is_binary(*charset) ? DTS_LOAD_NEVER : DTS_LOAD_CHARSET;
}

static enum dts_load_how how_float(const struct dts_apply_column *c)
{
	struct dts_slice type = c->target->type_text;
	bool rounds = memchr(type.p, ',', type.len) != NULL;

	if (c->source->type == DTS_TYPE_DOUBLE)
		return c->target->type == DTS_TYPE_DOUBLE ? DTS_LOAD_DOUBLE : DTS_LOAD_NEVER;
	return c->target->type == DTS_TYPE_FLOAT && !rounds ? DTS_LOAD_FLOAT : DTS_LOAD_FLOAT_IN_FULL;
}

/* Bytes as they are, and what takes them as its value. */
static enum dts_load_how how_bytes(const struct dts_apply_column *c)
{
	switch (c->target->type) {
	case DTS_TYPE_BINARY:
	case DTS_TYPE_GEOMETRY:
	case DTS_TYPE_VECTOR:
	case DTS_TYPE_INET4:
	case DTS_TYPE_INET6:
		return DTS_LOAD_BYTES;
	default:
		return DTS_LOAD_NEVER;
	}
}

/* By the source's type first, as dts_literal_add() goes. */
static enum dts_load_how how_column(const struct dts_apply_column *c, const struct dts_charset **charset)
{
	bool same = c->source->type == c->target->type;

	switch (c->source->type) {
	case DTS_TYPE_INTEGER:
	case DTS_TYPE_DECIMAL:
		return c->target->type == DTS_TYPE_INTEGER || c->target->type == DTS_TYPE_DECIMAL ? DTS_LOAD_DIGITS : DTS_LOAD_NEVER;
	case DTS_TYPE_YEAR: /* MariaDB's YEAR(2) reads other numbers */
		return same && !dts_slice_is(c->target->type_text, "year(2)") ? DTS_LOAD_YEAR : DTS_LOAD_NEVER;
	case DTS_TYPE_BIT:
		return same && c->target->length > 0 ? DTS_LOAD_BITS : DTS_LOAD_NEVER;
	case DTS_TYPE_FLOAT:
	case DTS_TYPE_DOUBLE:
		return how_float(c);
	case DTS_TYPE_DATE:
	case DTS_TYPE_TIME:
	case DTS_TYPE_DATETIME:
	case DTS_TYPE_TIMESTAMP:
		return same ? DTS_LOAD_TIME : DTS_LOAD_NEVER;
	case DTS_TYPE_ENUM:
	case DTS_TYPE_SET:
		return !same ? DTS_LOAD_NEVER : labels_plain(c->target) ? DTS_LOAD_LABEL : DTS_LOAD_MEMBER;
	case DTS_TYPE_BINARY:
	case DTS_TYPE_GEOMETRY:
	case DTS_TYPE_VECTOR:
		return how_bytes(c);
	default:
		break;
	}
	if (!is_text(c->source->type))
		return DTS_LOAD_NEVER;
	if (c->target->type == DTS_TYPE_JSON)
		return DTS_LOAD_JSON;
	if (c->target->type == DTS_TYPE_CHAR)
		return how_text(c, charset);
	if (!same)
		return DTS_LOAD_NEVER;
	return c->target->type == DTS_TYPE_UUID ? DTS_LOAD_UUID :
	       c->target->type == DTS_TYPE_INET4 ? DTS_LOAD_INET4 : DTS_LOAD_INET6;
}

void dts_load_column(struct dts_apply_column *c)
{
	c->load_charset = NULL;
	c->load = c->written ? how_column(c, &c->load_charset) : DTS_LOAD_NEVER;
}

bool dts_load_possible(const struct dts_apply_table *t)
{
	size_t written = 0;

	for (size_t i = 0; i < t->schema.column_count; i++) {
		if (t->columns[i].written && t->columns[i].load == DTS_LOAD_NEVER)
			return false;
		written += t->columns[i].written;
	}
	return written > 0;
}

static const char *expression_of(enum dts_load_how how)
{
	switch (how) {
	case DTS_LOAD_MEMBER:
		return "CAST(@v%zu AS UNSIGNED)";
	case DTS_LOAD_JSON:
	case DTS_LOAD_CONVERT:
		return "CONVERT(@v%zu USING utf8mb4)";
	default:
		return NULL;
	}
}

void dts_load_statement(struct dts_buf *sql, const struct dts_apply_table *t)
{
	const char *separator = " (";

	dts_buf_adds(sql, "LOAD DATA LOCAL INFILE 'rows' INTO TABLE ");
	dts_sql_table(sql, t->schema.db, t->schema.table);
	dts_buf_adds(sql, " CHARACTER SET binary FIELDS TERMINATED BY '\\t' ENCLOSED BY '' ESCAPED BY '\\\\'"
			  " LINES STARTING BY '' TERMINATED BY '\\n'");
	for (size_t i = 0; i < t->schema.column_count; i++) {
		const struct dts_apply_column *c = &t->columns[i];
		if (!c->written)
			continue;
		dts_buf_adds(sql, separator);
		separator = ",";
		if (expression_of(c->load))
			dts_buf_addf(sql, "@v%zu", i);
		else
			dts_sql_ident(sql, c->target->name);
	}
	dts_buf_addc(sql, ')');
	separator = " SET ";
	for (size_t i = 0; i < t->schema.column_count; i++) {
		const struct dts_apply_column *c = &t->columns[i];
		if (!c->written || !expression_of(c->load))
			continue;
		dts_buf_adds(sql, separator);
		separator = ",";
		dts_sql_ident(sql, c->target->name);
		dts_buf_addc(sql, '=');
		dts_buf_addf(sql, expression_of(c->load), i);
	}
}
