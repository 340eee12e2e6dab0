#include "mysql/source.h"

#include <stdlib.h>

#include "base/arena.h"
#include "mysql/quote.h"

/* MySQL does it in SQL since 9.6, unless told otherwise, and logs it. */
static int logs_foreign_actions(struct dts_session *s, struct dts_error *err)
{
	MYSQL_RES *result = dts_session_query(s, DTS_LIT("SHOW GLOBAL VARIABLES LIKE 'innodb\\_native\\_foreign\\_keys'"), err);

	if (!result)
		return -1;
	MYSQL_ROW row = mysql_fetch_row(result);
	bool off = row && row[1] && strcasecmp(row[1], "OFF") == 0;
	mysql_free_result(result);
	return off;
}

int dts_source_init(struct dts_source *source, struct dts_session *s, const struct dts_connect_options *o,
		    const char *name, struct dts_error *err)
{
	struct dts_buf id = {0};

	*source = (struct dts_source){.connect = o};
	if (name)
		dts_buf_adds(&source->src, name);
	else if (dts_session_source_name(s, o, &source->src, err) < 0)
		return -1;
	int logs = s->family == DTS_MYSQL ? logs_foreign_actions(s, err) : 0;
	if (logs < 0 || dts_session_server_id(s, &id, err) < 0)
		return -1;
	source->logs_foreign_actions = logs;
	/* Of "10.11.19-MariaDB-0+deb12u1-log" what is a version anywhere. */
	size_t len = strcspn(s->version_text, "-");
	dts_buf_addf(&source->server, "{\"server\":\"%s\",\"version\":", s->family == DTS_MARIADB ? "mariadb" : "mysql");
	dts_json_add_string(&source->server, dts_slice(s->version_text, len));
	dts_buf_adds(&source->server, ",\"id\":");
	dts_json_add_string(&source->server, dts_buf_slice(&id));
	dts_buf_adds(&source->server, logs ? ",\"foreign-actions\":\"logged\"}" : "}");
	dts_buf_release(&id);
	return 0;
}

void dts_source_release(struct dts_source *source)
{
	dts_buf_release(&source->src);
	dts_buf_release(&source->server);
	dts_position_release(&source->pos);
	dts_position_release(&source->high);
	dts_buf_release(&source->resumes);
}

struct dts_slice dts_source_status_sql(const struct dts_session *s)
{
	return s->family == DTS_MYSQL && s->version >= 80200 ? DTS_LIT("SHOW BINARY LOG STATUS") : DTS_LIT("SHOW MASTER STATUS");
}

static bool is_on(const char *value)
{
	return strcasecmp(value, "ON") == 0 || strcmp(value, "1") == 0;
}

/* Databases that the server leaves out of its log. It says so where it says where
 * the log ends; an account that may not ask will be told later. */
static void check_filters(struct dts_session *s, struct dts_list *warnings)
{
	struct dts_error ignored = DTS_ERROR_INIT;
	MYSQL_RES *result = dts_session_query(s, dts_source_status_sql(s), &ignored);
	MYSQL_ROW row = result ? mysql_fetch_row(result) : NULL;
	struct dts_buf line = {0};

	for (unsigned i = 2; row && i < 4 && i < mysql_num_fields(result); i++) {
		if (!row[i] || !row[i][0])
			continue;
		dts_buf_clear(&line);
		dts_buf_addf(&line, "warning: server %s has %s=%s, so that changes are missing from its log", s->label,
			     i == 2 ? "binlog-do-db" : "binlog-ignore-db", row[i]);
		dts_list_add(warnings, dts_buf_text(&line));
	}
	mysql_free_result(result);
	dts_buf_release(&line);
}

/* What a setting of the log must be, and what happens if it is not. Without
 * binlog_row_metadata=FULL a schema history does, such as the checkpoint has. */
static const struct log_setting {
	const char *name, *want, *text;
} log_settings[] = {
	{"binlog_format", "ROW", "changes are missing from its log as rows"},
	{"binlog_row_image", "FULL", "columns are missing from the rows in its log"},
};

static void check_setting(const struct dts_session *s, const struct log_setting *want, const char *value,
			  struct dts_list *warnings)
{
	struct dts_buf line = {0};

	if (strcasecmp(value, want->want) == 0)
		return;
	dts_buf_addf(&line, "warning: server %s has %s=%s, so that %s: SET GLOBAL %s=%s", s->label, want->name, value,
		     want->text, want->name, want->want);
	dts_list_add(warnings, dts_buf_text(&line));
	dts_buf_release(&line);
}

int dts_source_check_log(struct dts_session *s, struct dts_list *warnings, struct dts_error *err)
{
	/* SHOW, since no server has all of them. */
	MYSQL_RES *result = dts_session_query(s, DTS_LIT("SHOW GLOBAL VARIABLES WHERE Variable_name IN ('log_bin',"
		"'binlog_format','binlog_row_image')"), err);
	bool on = false;

	if (!result)
		return -1;
	for (MYSQL_ROW row; (row = mysql_fetch_row(result));)
		on = on || (strcasecmp(row[0], "log_bin") == 0 && is_on(row[1]));
	for (size_t i = 0; on && i < sizeof log_settings / sizeof log_settings[0]; i++) {
		mysql_data_seek(result, 0);
		for (MYSQL_ROW row; (row = mysql_fetch_row(result));)
			if (strcasecmp(row[0], log_settings[i].name) == 0)
				check_setting(s, &log_settings[i], row[1], warnings);
	}
	mysql_free_result(result);
	if (on)
		check_filters(s, warnings);
	return 0;
}

uint64_t dts_source_prepared(struct dts_session *s)
{
	struct dts_error ignored = DTS_ERROR_INIT;
	MYSQL_RES *result = dts_session_query(s, DTS_LIT("XA RECOVER"), &ignored);
	uint64_t count = result ? mysql_num_rows(result) : 0;

	mysql_free_result(result);
	return count;
}

void dts_source_add_src(struct dts_buf *out, const struct dts_source *source)
{
	dts_buf_adds(out, "\"src\":");
	dts_json_add_string(out, dts_buf_slice(&source->src));
	dts_buf_addc(out, ',');
}

static void add_pos(struct dts_buf *out, const struct dts_source *source)
{
	if (source->pos.file[0]) {
		dts_buf_adds(out, ",\"pos\":");
		dts_position_add(out, &source->pos, true);
	}
	dts_buf_adds(out, "}\n");
}

void dts_source_add_stream(struct dts_buf *out, const struct dts_source *source, const char *kind)
{
	dts_buf_addf(out, "{\"op\":\"stream\",\"v\":%d,\"kind\":\"%s\",", DTS_RECORD_VERSION, kind);
	dts_source_add_src(out, source);
	dts_buf_adds(out, "\"source\":");
	dts_buf_add_slice(out, dts_buf_slice(&source->server));
	if (source->stage)
		dts_buf_addf(out, ",\"stage\":\"%s\"", source->stage);
	if (source->resumes.len > 0) {
		dts_buf_adds(out, ",\"resumes\":");
		dts_buf_add_slice(out, dts_buf_slice(&source->resumes));
	}
	add_pos(out, source);
}

void dts_source_add_end(struct dts_buf *out, const struct dts_source *source, const char *reason, uint64_t records)
{
	dts_buf_adds(out, "{\"op\":\"end\",");
	dts_source_add_src(out, source);
	dts_buf_addf(out, "\"reason\":\"%s\",\"records\":%llu", reason, (unsigned long long)records);
	add_pos(out, source);
}

static int compare_databases(const void *a, const void *b)
{
	const struct dts_database *x = a, *y = b;

	return strcmp(x->name.p, y->name.p); /* names hold no NUL; arena copies end with one */
}

static bool has_selected(const struct dts_tables *t, struct dts_slice db)
{
	for (size_t i = 0; i < t->count; i++)
		if (dts_slice_eq(t->items[i].db, db))
			return true;
	return false;
}

/* Has the database no table, selected or not? 1, 0, -1. */
static int is_empty(struct dts_session *s, struct dts_slice db, struct dts_error *err)
{
	struct dts_buf sql = {0}, any = {0};

	dts_buf_adds(&sql, "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_TYPE<>'VIEW' AND TABLE_SCHEMA=");
	dts_sql_literal(&sql, db);
	dts_buf_adds(&sql, " LIMIT 1");
	int rc = dts_session_value(s, dts_buf_slice(&sql), &any, err);
	dts_buf_release(&sql);
	dts_buf_release(&any);
	return rc < 0 ? -1 : !rc;
}

/* Keeps those that the header speaks of. */
static int keep_databases(struct dts_session *s, const struct dts_tables *t, struct dts_databases *d,
			  struct dts_error *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->count; i++) {
		bool selected = has_selected(t, d->items[i].name);
		int empty = selected ? 0 : is_empty(s, d->items[i].name, err);
		if (empty < 0)
			return -1;
		if (!selected && !empty)
			continue;
		d->items[kept] = d->items[i];
		d->items[kept++].empty = empty > 0;
	}
	d->count = kept;
	return 0;
}

int dts_catalog_databases(struct dts_session *s, const struct dts_selection *sel, const struct dts_tables *t,
			  struct dts_databases *d, struct dts_error *err)
{
	/* Comments came with MariaDB 10.5. */
	bool comments = s->family == DTS_MARIADB && s->version >= 100500;
	MYSQL_RES *result = dts_session_query(s, comments
		? DTS_LIT("SELECT SCHEMA_NAME, DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME, SCHEMA_COMMENT"
			  " FROM information_schema.SCHEMATA")
		: DTS_LIT("SELECT SCHEMA_NAME, DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME, ''"
			  " FROM information_schema.SCHEMATA"), err);

	if (!result)
		return -1;
	*d = (struct dts_databases){.arena = dts_arena_new()};
	d->items = dts_zalloc(mysql_num_rows(result) + 1, sizeof *d->items);
	for (MYSQL_ROW row; (row = mysql_fetch_row(result));) {
		const unsigned long *len = mysql_fetch_lengths(result);
		struct dts_slice name = dts_slice(row[0], len[0]);
		if (dts_catalog_is_system(name) || !dts_selection_has_db(sel, name))
			continue;
		d->items[d->count++] = (struct dts_database){
			.name = dts_arena_copy(d->arena, name),
			.charset = dts_arena_copy(d->arena, dts_slice(row[1], len[1])),
			.collation = dts_arena_copy(d->arena, dts_slice(row[2], len[2])),
			.comment = dts_arena_copy(d->arena, row[3] ? dts_slice(row[3], len[3]) : DTS_LIT("")),
		};
	}
	mysql_free_result(result);
	if (d->count > 1)
		qsort(d->items, d->count, sizeof *d->items, compare_databases);
	if (keep_databases(s, t, d, err) < 0) {
		dts_databases_release(d);
		return -1;
	}
	return 0;
}

void dts_databases_release(struct dts_databases *d)
{
	free(d->items);
	dts_arena_free(d->arena);
	*d = (struct dts_databases){0};
}

static bool pattern_matches(const struct dts_pattern *p, const struct dts_databases *d, const struct dts_tables *t)
{
	for (size_t i = 0; i < t->count; i++)
		if (dts_pattern_match(p, t->items[i].db, t->items[i].name))
			return true;
	for (size_t i = 0; i < d->count; i++)
		if (d->items[i].empty && dts_pattern_match_db(p, d->items[i].name))
			return true;
	return false;
}

/* Why nothing matches. */
static int hint_nothing(const struct dts_selection *sel, const struct dts_pattern *p, struct dts_error *err)
{
	if (sel->ignored_count > 0)
		return dts_hint(err, "what --ignore-table leaves out does not count, nor do the server's own databases and 'dts';"
				     " upper and lower case count, and only what this account may see is there");
	if (dts_catalog_names_system(p))
		return dts_hint(err, "the server's own databases, and 'dts' with the checkpoints, are never chosen");
	return dts_hint(err, "upper and lower case count, and only what this account may see is there");
}

int dts_catalog_check_patterns(const struct dts_session *s, const struct dts_selection *sel,
			       const struct dts_list *texts, const struct dts_databases *d,
			       const struct dts_tables *t, struct dts_error *err)
{
	for (size_t i = 0; i < sel->count && i < texts->count; i++)
		if (!pattern_matches(sel->patterns[i], d, t)) {
			dts_fail(err, DTS_REFUSED, "nothing on server %s matches '%s'", s->label, texts->items[i]);
			return hint_nothing(sel, sel->patterns[i], err);
		}
	return 0;
}
