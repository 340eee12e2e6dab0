#include "schema/reader.h"

#include "charset/charset.h"
#include "mysql/quote.h"

/* How many of something a database has, for the list of what is left out. */
static int note_objects(struct dts_schema_reader *r, struct dts_slice db, const char *what, const char *from,
			struct dts_error *err)
{
	struct dts_buf sql = {0}, count = {0};

	dts_buf_addf(&sql, "SELECT COUNT(*) FROM information_schema.%s=", from);
	dts_sql_literal(&sql, db);
	int rc = dts_session_value(r->session, dts_buf_slice(&sql), &count, err);
	if (rc > 0 && strcmp(dts_buf_text(&count), "0") != 0) {
		dts_buf_clear(&sql);
		dts_buf_addf(&sql, "left out: %s of '%.*s' (%s)", what, (int)db.len, db.p, dts_buf_text(&count));
		dts_list_add(&r->notes, dts_buf_text(&sql));
	}
	dts_buf_release(&sql);
	dts_buf_release(&count);
	return rc < 0 ? -1 : 0;
}

static int note_left_out(struct dts_schema_reader *r, struct dts_error *err)
{
	static const struct {
		const char *what, *from;
	} kinds[] = {
		{"views", "VIEWS WHERE TABLE_SCHEMA"},
		{"routines", "ROUTINES WHERE ROUTINE_SCHEMA"},
		{"triggers", "TRIGGERS WHERE TRIGGER_SCHEMA"},
		{"events", "EVENTS WHERE EVENT_SCHEMA"},
		{"sequences", "TABLES WHERE TABLE_TYPE='SEQUENCE' AND TABLE_SCHEMA"},
	};

	for (size_t i = 0; i < r->databases.count; i++)
		for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
			if (note_objects(r, r->databases.items[i].name, kinds[k].what, kinds[k].from, err) < 0)
				return -1;
	return 0;
}

/*
 * The settings under which the text means what it said. Foreign keys may point
 * to tables that come later. SHOW CREATE TABLE writes TIMESTAMP columns so that
 * nothing is left to explicit_defaults_for_timestamp=ON, and their defaults in
 * the session's time zone. An engine that the target lacks must be an error.
 */
static int make_context(struct dts_schema_reader *r, struct dts_error *err)
{
	struct dts_buf collation = {0};
	int rc = dts_session_value(r->session, DTS_LIT("SELECT @@collation_connection"), &collation, err);

	dts_buf_adds(&r->context, "{\"sql_mode\":\"STRICT_ALL_TABLES,ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO,"
				  "NO_ENGINE_SUBSTITUTION\",\"time_zone\":\"+00:00\",\"charset\":\"utf8mb4\","
				  "\"collation_connection\":");
	dts_json_add_string(&r->context, dts_buf_slice(&collation));
	dts_buf_adds(&r->context, ",\"explicit_defaults_for_timestamp\":true,\"foreign_key_checks\":false}");
	dts_buf_release(&collation);
	return rc < 0 ? -1 : 0;
}

int dts_schema_reader_open(struct dts_schema_reader *r, struct dts_session *s, const struct dts_source *source,
			   enum dts_family target, const struct dts_selection *sel, const struct dts_list *texts, struct dts_error *err)
{
	*r = (struct dts_schema_reader){.session = s, .source = source, .target = target};
	if (dts_catalog_tables(s, sel, &r->tables, err) < 0 ||
	    dts_catalog_databases(s, sel, &r->tables, &r->databases, err) < 0 ||
	    dts_catalog_check_patterns(s, sel, texts, &r->databases, &r->tables, err) < 0 || note_left_out(r, err) < 0)
		return -1;
	return make_context(r, err);
}

static void add_object(struct dts_buf *out, const struct dts_ddl_object *o, struct dts_slice default_db)
{
	dts_buf_addf(out, "{\"type\":\"%s\",\"db\":", dts_ddl_type_name(o->type));
	dts_json_add_string(out, o->db.len > 0 ? o->db : default_db);
	if (o->type != DTS_DDL_TYPE_DATABASE) {
		dts_buf_adds(out, ",\"table\":");
		dts_json_add_string(out, o->name);
	}
	dts_buf_addf(out, ",\"role\":\"%s\"}", dts_ddl_role_name(o->role));
}

/* The record for the statement in r->sql, which was written for `db` as default database. */
static int add_ddl(struct dts_schema_reader *r, struct dts_slice db, enum dts_ddl_kind want, struct dts_buf *out,
		   struct dts_error *err)
{
	struct dts_slice sql = dts_buf_slice(&r->sql);

	dts_ddl_parse(&r->ddl, sql, 0);
	if (r->ddl.kind != want)
		return dts_fail(err, DTS_BAD_INPUT, "the server's own statement is not understood: %.*s",
				sql.len > 300 ? 300 : (int)sql.len, sql.p);
	dts_buf_addf(out, "{\"op\":\"ddl\",\"kind\":\"%s\",\"db\":", dts_ddl_kind_name(r->ddl.kind));
	dts_json_add_string(out, db);
	dts_buf_adds(out, ",\"sql\":");
	dts_json_add_string(out, sql);
	dts_buf_adds(out, ",\"objects\":[");
	for (size_t i = 0; i < r->ddl.count; i++) {
		if (i > 0)
			dts_buf_addc(out, ',');
		add_object(out, &r->ddl.objects[i], db);
	}
	dts_buf_adds(out, "],\"context\":");
	dts_buf_add_slice(out, dts_buf_slice(&r->context));
	dts_buf_adds(out, "}\n");
	return 1;
}

static int add_database(struct dts_schema_reader *r, const struct dts_database *d, struct dts_buf *out,
			struct dts_error *err)
{
	struct dts_buf note = {0};

	dts_buf_clear(&r->sql);
	dts_buf_adds(&r->sql, "CREATE DATABASE IF NOT EXISTS ");
	dts_sql_ident(&r->sql, d->name);
	dts_buf_adds(&r->sql, " CHARACTER SET ");
	dts_buf_add_slice(&r->sql, d->charset);
	dts_buf_adds(&r->sql, " COLLATE ");
	if (dts_schema_port_collation(d->collation, r->session->family, r->target, &r->sql) < 0) {
		dts_fail(err, DTS_REFUSED, "database '%.*s': the target has no collation %.*s", (int)d->name.len, d->name.p,
			 (int)d->collation.len, d->collation.p);
		return dts_hint(err, "ALTER DATABASE ... COLLATE changes what new tables get");
	}
	if (d->comment.len > 0 && r->target != DTS_MARIADB) {
		dts_buf_addf(&note, "database '%.*s': the comment is left out, since MySQL has none there", (int)d->name.len, d->name.p);
		dts_list_add(&r->notes, dts_buf_text(&note));
		dts_buf_release(&note);
	} else if (d->comment.len > 0) {
		dts_buf_adds(&r->sql, " COMMENT ");
		dts_sql_literal(&r->sql, d->comment);
	}
	return add_ddl(r, DTS_LIT(""), DTS_DDL_CREATE_DATABASE, out, err);
}

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
	if (dts_utf8_valid(start, (size_t)(p - start)))
		dts_buf_add(out, start, (size_t)(p - start));
	else
		dts_sql_hex(out, dts_buf_slice(bytes));
	return p;
}

/* SHOW CREATE TABLE writes the default of a binary column as its plain bytes. */
static void mend_bytes(struct dts_buf *sql)
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
static int mend_labels(struct dts_schema_reader *r, const struct dts_table *t, struct dts_error *err)
{
	struct dts_schema shown = {0}, right = {0};
	int rc = dts_catalog_schema(r->session, t->db, t->name, &shown, NULL, err);

	if (rc > 0)
		rc = dts_catalog_schema(r->session, t->db, t->name, &right, NULL, err);
	if (rc > 0)
		rc = dts_catalog_labels(r->session, &right, err);
	for (size_t i = 0; rc == 0 && i < right.column_count && i < shown.column_count; i++)
		if (!dts_slice_eq(right.columns[i].type_text, shown.columns[i].type_text))
			replace_type(&r->sql, right.columns[i].name, shown.columns[i].type_text, right.columns[i].type_text);
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
static void note_doubts(struct dts_schema_reader *r, const struct dts_table *t)
{
	const char *sql = dts_buf_text(&r->sql);
	struct dts_buf line = {0};

	if (!has_question_after(sql, "DEFAULT '") && !has_question_after(sql, "COMMENT '") &&
	    !has_question_after(sql, "COMMENT='"))
		return;
	dts_buf_addf(&line, "table '%.*s.%.*s': a '?' in a default or comment may stand for a character that the"
			    " server does not show", (int)t->db.len, t->db.p, (int)t->name.len, t->name.p);
	dts_list_add(&r->notes, dts_buf_text(&line));
	dts_buf_release(&line);
}

/* The statement in r->sql for the target; what there is to tell goes to the notes. */
static int port(struct dts_schema_reader *r, enum dts_ddl_kind kind, const char *where, struct dts_error *err)
{
	struct dts_ported p = {0};
	struct dts_buf line = {0};
	int rc = 0;

	dts_schema_port(&r->sql, kind, 0, r->session->family, r->target, &p);
	if (p.refused) {
		rc = dts_fail(err, DTS_REFUSED, "%s: %s", where, p.why.items[p.why.count - 1]);
		dts_hint(err, "make this table by hand at the target, and leave it out here with --ignore-table");
	}
	for (size_t i = 0; i < p.why.count && rc == 0; i++) {
		dts_buf_clear(&line);
		dts_buf_addf(&line, "%s: %s", where, p.why.items[i]);
		dts_list_add(&r->notes, dts_buf_text(&line));
	}
	dts_buf_release(&line);
	dts_ported_release(&p);
	return rc;
}

static int add_table(struct dts_schema_reader *r, const struct dts_table *t, struct dts_buf *out,
		     struct dts_error *err)
{
	struct dts_buf where = {0};

	dts_buf_clear(&r->sql);
	dts_buf_adds(&r->sql, "SHOW CREATE TABLE ");
	dts_sql_table(&r->sql, t->db, t->name);
	MYSQL_RES *result = dts_session_query(r->session, dts_buf_slice(&r->sql), err);
	if (!result)
		return dts_where(err, "table '%.*s.%.*s'", (int)t->db.len, t->db.p, (int)t->name.len, t->name.p);
	MYSQL_ROW row = mysql_fetch_row(result);
	dts_buf_clear(&r->sql);
	if (row && row[1])
		dts_buf_add(&r->sql, row[1], mysql_fetch_lengths(result)[1]);
	mysql_free_result(result);
	mend_bytes(&r->sql);
	if (memchr(dts_buf_slice(&r->sql).p, '?', r->sql.len)) {
		if (mend_labels(r, t, err) < 0)
			return dts_where(err, "table '%.*s.%.*s'", (int)t->db.len, t->db.p, (int)t->name.len, t->name.p);
		note_doubts(r, t);
	}
	dts_buf_addf(&where, "table '%.*s.%.*s'", (int)t->db.len, t->db.p, (int)t->name.len, t->name.p);
	int rc = port(r, DTS_DDL_CREATE_TABLE, dts_buf_text(&where), err);
	dts_buf_release(&where);
	return rc < 0 ? -1 : add_ddl(r, t->db, DTS_DDL_CREATE_TABLE, out, err);
}

int dts_schema_reader_next(struct dts_schema_reader *r, struct dts_buf *out, struct dts_error *err)
{
	if (r->next_database < r->databases.count)
		return add_database(r, &r->databases.items[r->next_database++], out, err);
	while (r->next_table < r->tables.count) {
		const struct dts_table *t = &r->tables.items[r->next_table++];
		if (!t->is_sequence)
			return add_table(r, t, out, err);
	}
	return 0;
}

void dts_schema_reader_close(struct dts_schema_reader *r)
{
	dts_databases_release(&r->databases);
	dts_tables_release(&r->tables);
	dts_list_release(&r->notes);
	dts_ddl_release(&r->ddl);
	dts_buf_release(&r->sql);
	dts_buf_release(&r->context);
}
