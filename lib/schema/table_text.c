#include "schema/table_text.h"

#include <strings.h>

#include "charset/charset.h"
#include "ddl/scan.h"
#include "mysql/quote.h"

/* Appends the quoted text that begins at `p` with its quote, as the server wrote
 * it, unless it is not UTF-8: then its bytes in hexadecimal. Returns what is behind it. */
static const char *copy_quoted(struct dts_buf *out, const char *p, const char *end, struct dts_buf *bytes)
{
	const char *start = p++;

	dts_buf_clear(bytes);
	for (; p < end; p++) {
		char c = *p;
		if (c == '\'') {
			if (p + 1 == end || p[1] != '\'')
				break;
			p++;
		} else if (c == '\\' && p + 1 < end) {
			c = *++p;
			c = c == '0' ? '\0' : c == 'n' ? '\n' : c == 'r' ? '\r' : c;
		}
		dts_buf_addc(bytes, c);
	}
	p = p < end ? p + 1 : end;
	if (dts_utf8_valid(start, (size_t)(p - start))) {
		dts_buf_add(out, start, (size_t)(p - start));
	} else {
		dts_buf_addc(out, ' '); /* an introducer may stand before it */
		dts_sql_hex(out, dts_buf_slice(bytes));
	}
	return p;
}

void dts_schema_mend_bytes(struct dts_buf *sql)
{
	struct dts_buf out = {0}, bytes = {0};
	const char *p = sql->data, *end = p + sql->len;

	if (dts_utf8_valid(sql->data, sql->len))
		return;
	while (p < end) {
		if (*p == '`') { /* a name, which may hold a quote; a doubled backtick reads as two names */
			const char *close = memchr(p + 1, '`', (size_t)(end - p) - 1);
			close = close ? close + 1 : end;
			dts_buf_add(&out, p, (size_t)(close - p));
			p = close;
		} else if (*p == '\'') {
			p = copy_quoted(&out, p, end, &bytes);
		} else {
			dts_buf_addc(&out, *p++);
		}
	}
	dts_buf_clear(sql);
	dts_buf_add_slice(sql, dts_buf_slice(&out));
	dts_buf_release(&out);
	dts_buf_release(&bytes);
}

/* Replaces the first "`name` old" in the statement by "`name` new". */
static void replace_type(struct dts_buf *sql, struct dts_slice name, struct dts_slice old, struct dts_slice new)
{
	struct dts_buf find = {0}, text = {0};

	dts_sql_ident(&find, name);
	dts_buf_addc(&find, ' ');
	size_t skip = find.len;
	dts_buf_add_slice(&find, old);
	const char *at = memmem(sql->data, sql->len, find.data, find.len);
	if (at) {
		size_t before = (size_t)(at - sql->data) + skip;
		dts_buf_add(&text, sql->data, before);
		dts_buf_add_slice(&text, new);
		dts_buf_add(&text, sql->data + before + old.len, sql->len - before - old.len);
		dts_buf_clear(sql);
		dts_buf_add_slice(sql, dts_buf_slice(&text));
	}
	dts_buf_release(&find);
	dts_buf_release(&text);
}

/* The statement shows ENUM and SET members as the catalog does: wrong where
 * they have characters outside utf8mb3. */
static int mend_labels(struct dts_session *session, const struct dts_schema_object *t, struct dts_buf *sql, struct dts_error *err)
{
	struct dts_schema shown = {0}, right = {0};
	int rc = dts_catalog_schema(session, t->db, t->name, &shown, NULL, err);

	if (rc > 0)
		rc = dts_catalog_schema(session, t->db, t->name, &right, NULL, err);
	if (rc > 0)
		rc = dts_catalog_labels(session, &right, err);
	for (size_t i = 0; rc == 0 && i < right.column_count && i < shown.column_count; i++)
		if (!dts_slice_eq(right.columns[i].type_text, shown.columns[i].type_text))
			replace_type(sql, right.columns[i].name, shown.columns[i].type_text, right.columns[i].type_text);
	dts_schema_release(&shown);
	dts_schema_release(&right);
	return rc < 0 ? -1 : 0;
}

/* Is there a '?' in a quoted text behind this word? */
static bool has_question_after(const char *sql, const char *word)
{
	for (const char *at = sql; (at = strstr(at, word)); at++) {
		const char *text = at + strlen(word);
		const char *mark = strpbrk(text, "'?");
		if (mark && *mark == '?')
			return true;
	}
	return false;
}

/* Defaults and comments have the same fault as members of ENUMs, and there a
 * '?' is often just that: people have to look. */
static void note_doubts(struct dts_buf *sql, struct dts_list *doubts)
{
	const char *text = dts_buf_text(sql);

	if (has_question_after(text, "DEFAULT '") || has_question_after(text, "COMMENT '") || has_question_after(text, "COMMENT='"))
		dts_list_add(doubts, "a '?' in a default or comment may stand for a character that the server does not show");
}

/* The collation that a character set has where none is written. */
static int default_collation(struct dts_session *s, struct dts_slice charset, struct dts_buf *out, struct dts_error *err)
{
	struct dts_buf sql = {0};

	dts_buf_adds(&sql, "SELECT DEFAULT_COLLATE_NAME FROM information_schema.CHARACTER_SETS WHERE CHARACTER_SET_NAME=");
	dts_sql_literal(&sql, charset);
	dts_buf_clear(out);
	int rc = dts_session_value(s, dts_buf_slice(&sql), out, err);
	dts_buf_release(&sql);
	return rc;
}

/* MySQL leaves a collation out that is its character set's own, which may be another one at a target: of a column,
 * CHARACTER SET x, and of the table, CHARSET=x. Not in expressions, which stand in brackets of their own. */
static int name_collations(struct dts_session *session, struct dts_buf *sql, struct dts_error *err)
{
	struct dts_slice text = dts_buf_slice(sql), charset = {0};
	struct dts_buf out = {0}, collation = {0};
	struct dts_sql_scan s;
	size_t done = 0, behind = 0;
	bool set = false, option = false; /* a character set's name is next; of the table */
	int depth = 0, rc = 0;

	for (dts_sql_start(&s, text, DTS_DDL_MYSQL); rc >= 0; dts_sql_next(&s)) {
		if (charset.p && !dts_sql_is(&s, "COLLATE") && (rc = default_collation(session, charset, &collation, err)) > 0) {
			dts_buf_add(&out, text.p + done, behind - done);
			dts_buf_addf(&out, " COLLATE%c%s", depth == 0 ? '=' : ' ', dts_buf_text(&collation));
			done = behind;
		}
		if (s.type == DTS_SQL_END)
			break;
		depth += dts_sql_is_char(&s, '(') - dts_sql_is_char(&s, ')');
		charset = set && s.type == DTS_SQL_WORD ? dts_sql_text(&s) : (struct dts_slice){0};
		behind = s.at + s.len;
		set = (depth == 1 && dts_sql_is(&s, "SET") && s.prev_end > 9 && strncasecmp(text.p + s.prev_end - 9, "CHARACTER", 9) == 0) ||
		      (option && dts_sql_is_char(&s, '='));
		option = depth == 0 && dts_sql_is(&s, "CHARSET");
	}
	if (rc >= 0 && done > 0) {
		dts_buf_add(&out, text.p + done, text.len - done);
		dts_buf_clear(sql);
		dts_buf_add_slice(sql, dts_buf_slice(&out));
	}
	dts_buf_release(&out);
	dts_buf_release(&collation);
	return rc < 0 ? -1 : 0;
}

/* Where MySQL converts its text for the client, each byte of an expression that is not of utf8mb3 becomes a '?'. */
static int show_table(struct dts_session *s, const struct dts_schema_object *t, struct dts_buf *sql, struct dts_error *err)
{
	bool raw = s->family == DTS_MYSQL;
	struct dts_buf show = {0};

	dts_buf_adds(&show, "SHOW CREATE TABLE ");
	dts_sql_table(&show, t->db, t->name);
	dts_buf_clear(sql);
	MYSQL_RES *result = raw && dts_session_raw_text(s, true, err) < 0 ? NULL : dts_session_query(s, dts_buf_slice(&show), err);
	dts_buf_release(&show);
	if (!result)
		return -1;
	MYSQL_ROW row = mysql_fetch_row(result);
	if (row && row[1])
		dts_buf_add(sql, row[1], mysql_fetch_lengths(result)[1]);
	mysql_free_result(result);
	return raw ? dts_session_raw_text(s, false, err) : 0;
}

int dts_schema_table_text(struct dts_session *s, const struct dts_schema_object *t, struct dts_buf *sql,
			  struct dts_list *doubts, struct dts_error *err)
{
	if (show_table(s, t, sql, err) < 0)
		return -1;
	dts_schema_mend_bytes(sql);
	if (s->family == DTS_MYSQL && name_collations(s, sql, err) < 0)
		return -1;
	if (!memchr(dts_buf_slice(sql).p, '?', sql->len))
		return 0;
	if (mend_labels(s, t, sql, err) < 0)
		return -1;
	note_doubts(sql, doubts);
	return 0;
}
