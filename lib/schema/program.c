#include "schema/program.h"

#include "charset/charset.h"
#include "ddl/port.h"
#include "ddl/scan.h"
#include "mysql/quote.h"
#include "record/json.h"
#include "schema/parameters.h"
#include "schema/table_text.h"

enum { VIEW_INVALID = 1356 };

/* SHOW CREATE of a view does not say under which mode its text is to be read: so that it means what it says. */
static const char view_mode[] = "STRICT_ALL_TABLES,ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION";

int dts_definer_parse(struct dts_definer *d, const char *text, struct dts_error *err)
{
	const char *at = strrchr(text, '@');

	*d = (struct dts_definer){.what = DTS_DEFINER_KEEP};
	if (strcmp(text, "keep") == 0)
		return 0;
	d->what = DTS_DEFINER_STRIP;
	if (strcmp(text, "strip") == 0)
		return 0;
	d->what = DTS_DEFINER_SET;
	d->user = at ? dts_slice(text, (size_t)(at - text)) : dts_slice_of(text);
	d->host = at ? dts_slice_of(at + 1) : DTS_LIT("%");
	if (d->user.len == 0 || d->host.len == 0) {
		dts_fail(err, DTS_USAGE, "--definer=%s: not an account", text);
		return dts_hint(err, "keep, strip, or an account such as app@localhost");
	}
	return 0;
}

static void take(MYSQL_RES *res, MYSQL_ROW row, const char *field, bool begins, struct dts_buf *out)
{
	const MYSQL_FIELD *fields = mysql_fetch_fields(res);
	const unsigned long *len = mysql_fetch_lengths(res);

	for (unsigned i = 0; i < mysql_num_fields(res); i++)
		if (row[i] && (begins ? strncmp(fields[i].name, field, strlen(field)) : strcmp(fields[i].name, field)) == 0) {
			dts_buf_add(out, row[i], len[i]);
			return;
		}
}

static void add_definer(struct dts_buf *out, const struct dts_definer *d)
{
	dts_buf_adds(out, "DEFINER=");
	dts_sql_ident(out, d->user);
	dts_buf_addc(out, '@');
	dts_sql_ident(out, d->host);
}

/* Where IF NOT EXISTS begins before the name at `name`, which means something else at a target; else the name. */
static size_t guard_before(struct dts_slice sql, unsigned flags, size_t name)
{
	struct dts_sql_scan s;
	size_t at = name;

	for (dts_sql_start(&s, sql, flags); s.type != DTS_SQL_END && s.at < name; dts_sql_next(&s))
		if (dts_sql_is(&s, "IF"))
			at = s.at;
	return at;
}

/* Text for a server that reads it under `flags`. */
static void add_literal(struct dts_buf *out, struct dts_slice text, unsigned flags)
{
	if (!(flags & DTS_DDL_NO_BACKSLASH_ESCAPES)) {
		dts_sql_literal(out, text);
		return;
	}
	dts_buf_addc(out, '\'');
	for (size_t i = 0; i < text.len; i++)
		dts_buf_adds(out, text.p[i] == '\'' ? "''" : (char[]){text.p[i], '\0'});
	dts_buf_addc(out, '\'');
}

/*
 * The servers show a routine's or event's comment with backslashes escaped whatever its sql_mode is, and one that was
 * made by a client of another character set as if its UTF-8 were of that: the catalog has it right. Theirs, the first COMMENT behind
 * the arguments, stands before the body.
 */
static void mend_comment(struct dts_buf *sql, struct dts_slice comment, unsigned flags)
{
	struct dts_buf out = {0};
	struct dts_sql_scan s;
	unsigned depth = 0;
	bool found = false;

	if (comment.len == 0)
		return;
	for (dts_sql_start(&s, dts_buf_slice(sql), flags); s.type != DTS_SQL_END && !found; dts_sql_next(&s)) {
		depth += dts_sql_is_char(&s, '(');
		depth -= dts_sql_is_char(&s, ')');
		found = depth == 0 && dts_sql_is(&s, "COMMENT");
	}
	if (!found || s.type != DTS_SQL_STRING)
		return;
	dts_buf_add(&out, sql->data, s.at);
	add_literal(&out, comment, flags);
	dts_buf_add(&out, sql->data + s.at + s.len, sql->len - s.at - s.len);
	dts_buf_clear(sql);
	dts_buf_add_slice(sql, dts_buf_slice(&out));
	dts_buf_release(&out);
}

/* The header without databases and with the definer that is asked for; MariaDB keeps a trigger's as somebody wrote it. */
static int write_header(struct dts_slice text, const struct dts_schema_object *object, const struct dts_definer *definer,
			unsigned flags, struct dts_buf *out, struct dts_error *err)
{
	struct dts_ddl d = {0};
	size_t at = 0;

	dts_ddl_parse(&d, text, flags);
	if (d.count == 0 || d.kind == DTS_DDL_UNKNOWN) {
		dts_ddl_release(&d);
		return dts_fail(err, DTS_BAD_INPUT, "the server's own statement is not understood: %.*s",
				text.len > 300 ? 300 : (int)text.len, text.p);
	}
	if (d.definer.len > 0 && definer->what != DTS_DEFINER_KEEP) {
		dts_buf_add(out, text.p, d.definer.at);
		at = d.definer.at + d.definer.len;
		if (definer->what == DTS_DEFINER_SET)
			add_definer(out, definer);
		else
			while (at < text.len && text.p[at] == ' ')
				at++;
	}
	for (size_t i = 0; i < d.count && i < 2; i++) {
		const struct dts_ddl_object *o = &d.objects[i];
		size_t name = i == 0 && o->guarded ? guard_before(text, flags, o->whole.at) : o->whole.at;
		if (i > 0 && o->role != DTS_DDL_ON)
			break;
		dts_buf_add(out, text.p + at, name - at);
		dts_sql_ident(out, i == 0 ? object->name : object->table); /* a trigger's, as the server calls it now */
		at = o->whole.at + o->whole.len;
	}
	dts_buf_add(out, text.p + at, text.len - at);
	dts_ddl_release(&d);
	return 0;
}

/* What the server warned of a view that it shows and cannot use. */
static int read_fault(struct dts_session *s, struct dts_buf *why, struct dts_error *err)
{
	if (mysql_warning_count(s->mysql) == 0)
		return 0;
	MYSQL_RES *res = dts_session_query(s, DTS_LIT("SHOW WARNINGS"), err);
	if (!res)
		return -1;
	for (MYSQL_ROW row; (row = mysql_fetch_row(res));)
		if (dts_slice_is(dts_slice_of(row[1]), "1356"))
			dts_buf_adds(why, row[2]);
	mysql_free_result(res);
	return why->len > 0;
}

/*
 * Texts that are not UTF-8, which a client of the character set binary wrote, or behind _binary, in hexadecimal. False:
 * some of it is no text.
 */
static bool mend_bytes(struct dts_buf *sql, unsigned flags)
{
	struct dts_buf out = {0}, bytes = {0};
	struct dts_sql_scan s;
	size_t done = 0;

	if (dts_utf8_valid(sql->data, sql->len))
		return true;
	for (dts_sql_start(&s, dts_buf_slice(sql), flags); s.type != DTS_SQL_END; dts_sql_next(&s)) {
		if (s.type != DTS_SQL_STRING || dts_utf8_valid(sql->data + s.at, s.len))
			continue;
		dts_buf_clear(&bytes);
		dts_sql_decode(dts_sql_text(&s), flags, &bytes);
		dts_buf_add(&out, sql->data + done, s.at - done);
		dts_buf_addc(&out, ' ');
		dts_sql_hex(&out, dts_buf_slice(&bytes));
		done = s.at + s.len;
	}
	dts_buf_add(&out, sql->data + done, sql->len - done);
	dts_buf_clear(sql);
	dts_buf_add_slice(sql, dts_buf_slice(&out));
	dts_buf_release(&out);
	dts_buf_release(&bytes);
	return dts_utf8_valid(sql->data, sql->len);
}

static int hint_hidden(const struct dts_schema_object *o, struct dts_error *err)
{
	dts_fail(err, DTS_REFUSED, "the server does not show the account its text");
	return dts_hint(err, o->type == DTS_DDL_TYPE_PROCEDURE || o->type == DTS_DDL_TYPE_FUNCTION || o->type == DTS_DDL_TYPE_PACKAGE
			? "grant SHOW_ROUTINE (MySQL), SHOW CREATE ROUTINE (MariaDB since 11.3), or SELECT on mysql.proc (MariaDB)"
			: "grant SHOW VIEW, TRIGGER and EVENT on the database");
}

/* The statement as the server shows it, and the settings that it was written under. 0, -1. */
static int read_shown(struct dts_session *s, const struct dts_schema_object *o, struct dts_program *p, struct dts_buf *text,
		      struct dts_error *err)
{
	const bool trigger = o->type == DTS_DDL_TYPE_TRIGGER;
	struct dts_buf show = {0};

	dts_buf_addf(&show, "SHOW CREATE %.*s ", (int)o->word.len, o->word.p);
	dts_sql_table(&show, o->db, o->name);
	MYSQL_RES *res = dts_session_query(s, dts_buf_slice(&show), err);
	dts_buf_release(&show);
	if (!res)
		return -1;
	MYSQL_ROW row = mysql_fetch_row(res);
	if (row) {
		take(res, row, trigger ? "SQL Original Statement" : "Create ", !trigger, text);
		take(res, row, "sql_mode", false, &p->sql_mode);
		take(res, row, "time_zone", false, &p->time_zone);
		take(res, row, "character_set_client", false, &p->charset);
		take(res, row, "collation_connection", false, &p->collation);
	}
	mysql_free_result(res);
	return text->len > 0 ? 0 : hint_hidden(o, err);
}

int dts_program_read(struct dts_session *s, const struct dts_schema_object *o, const struct dts_definer *definer,
		     struct dts_program *p, struct dts_buf *why, struct dts_error *err)
{
	const bool view = o->type == DTS_DDL_TYPE_VIEW;
	const bool routine = o->type == DTS_DDL_TYPE_FUNCTION || o->type == DTS_DDL_TYPE_PROCEDURE;
	struct dts_buf text = {0};

	dts_program_release(p);
	int rc = read_shown(s, o, p, &text, err) < 0 ? -1 : 1;
	if (rc > 0 && view && (rc = read_fault(s, why, err)) >= 0)
		rc = rc > 0 ? 0 : 1;
	if (view) {
		dts_schema_mend_bytes(&text);
		dts_buf_adds(&p->sql_mode, view_mode);
	}
	p->flags = dts_ddl_flags_of_text(dts_buf_slice(&p->sql_mode)) | (s->family == DTS_MYSQL ? DTS_DDL_MYSQL : 0);
	if (rc > 0 && !view && !mend_bytes(&text, p->flags)) {
		dts_buf_adds(why, "its text is not UTF-8, and not only in literals");
		rc = 0;
	}
	if (rc > 0 && write_header(dts_buf_slice(&text), o, definer, p->flags, &p->sql, err) < 0)
		rc = -1;
	if (rc > 0 && routine && dts_parameters_complete(s, o, p->flags, &p->sql, err) < 0)
		rc = -1;
	if (rc > 0)
		mend_comment(&p->sql, o->comment, p->flags);
	dts_buf_release(&text);
	return rc;
}

void dts_program_release(struct dts_program *p)
{
	dts_buf_release(&p->sql);
	dts_buf_release(&p->sql_mode);
	dts_buf_release(&p->time_zone);
	dts_buf_release(&p->charset);
	dts_buf_release(&p->collation);
	dts_buf_release(&p->db_collation);
	*p = (struct dts_program){0};
}

void dts_program_add_context(const struct dts_program *p, struct dts_buf *out)
{
	dts_buf_adds(out, "{\"sql_mode\":");
	dts_json_add_string(out, dts_buf_slice(&p->sql_mode));
	if (p->time_zone.len > 0) {
		dts_buf_adds(out, ",\"time_zone\":");
		dts_json_add_string(out, dts_buf_slice(&p->time_zone));
	}
	dts_buf_adds(out, ",\"charset\":");
	dts_json_add_string(out, dts_buf_slice(&p->charset));
	dts_buf_adds(out, ",\"collation_connection\":");
	dts_json_add_string(out, dts_buf_slice(&p->collation));
	if (p->db_collation.len > 0) {
		dts_buf_adds(out, ",\"collation_database\":");
		dts_json_add_string(out, dts_buf_slice(&p->db_collation));
	}
	dts_buf_addc(out, '}');
}
