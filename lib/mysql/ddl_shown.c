#include "mysql/ddl_shown.h"

#include <mysqld_error.h>
#include <strings.h>

#include "ddl/scan.h"
#include "mysql/quote.h"

/* MariaDB's, whose numbers Oracle's headers do not name. */
enum { UNKNOWN_SEQUENCE = 4091, UNKNOWN_VIEW = 4092 };

static void clear(struct dts_shown *s)
{
	struct dts_buf *all[] = {&s->sql, &s->sql_mode, &s->time_zone, &s->charset, &s->collation, &s->db_collation};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		dts_buf_clear(all[i]);
}

void dts_shown_release(struct dts_shown *s)
{
	struct dts_buf *all[] = {&s->sql, &s->sql_mode, &s->time_zone, &s->charset, &s->collation, &s->db_collation};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		dts_buf_release(all[i]);
}

bool dts_ddl_is_package_body(const struct dts_ddl *d, struct dts_slice sql)
{
	struct dts_sql_scan s;

	for (dts_sql_start(&s, dts_slice(sql.p, d->objects[0].whole.at), 0); s.type != DTS_SQL_END; dts_sql_next(&s))
		if (dts_sql_is(&s, "BODY"))
			return true;
	return false;
}

static const char *word(const struct dts_ddl *d, struct dts_slice sql)
{
	switch (d->kind) {
	case DTS_DDL_CREATE_VIEW:
		return "VIEW";
	case DTS_DDL_CREATE_TRIGGER:
		return "TRIGGER";
	case DTS_DDL_CREATE_PROCEDURE:
		return "PROCEDURE";
	case DTS_DDL_CREATE_FUNCTION:
		return "FUNCTION";
	case DTS_DDL_CREATE_EVENT:
		return "EVENT";
	case DTS_DDL_CREATE_SEQUENCE:
		return "SEQUENCE";
	case DTS_DDL_CREATE_PACKAGE:
		return dts_ddl_is_package_body(d, sql) ? "PACKAGE BODY" : "PACKAGE";
	default:
		return "TABLE";
	}
}

static bool is_absent(unsigned number)
{
	switch (number) {
	case ER_NO_SUCH_TABLE:
	case ER_BAD_DB_ERROR:
	case ER_SP_DOES_NOT_EXIST:
	case ER_TRG_DOES_NOT_EXIST:
	case ER_EVENT_DOES_NOT_EXIST:
	case UNKNOWN_SEQUENCE:
	case UNKNOWN_VIEW:
		return true;
	default:
		return false;
	}
}

static void take_field(struct dts_shown *shown, const char *name, const char *value, size_t len)
{
	const struct {
		const char *name;
		struct dts_buf *to;
	} fields[] = {
		{"sql_mode", &shown->sql_mode},
		{"time_zone", &shown->time_zone},
		{"character_set_client", &shown->charset},
		{"collation_connection", &shown->collation},
		{"Database Collation", &shown->db_collation},
		{"SQL Original Statement", &shown->sql},
	};

	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (strcmp(name, fields[i].name) == 0)
			dts_buf_add(fields[i].to, value, len);
	if (strncmp(name, "Create ", 7) == 0) /* Create View, Create Procedure, ... */
		dts_buf_add(&shown->sql, value, len);
}

int dts_ddl_show(struct dts_session *s, const struct dts_ddl *d, struct dts_slice sql, struct dts_slice db,
		 struct dts_shown *shown, struct dts_error *err)
{
	const struct dts_ddl_object *o = &d->objects[0];
	struct dts_buf query = {0};

	clear(shown);
	dts_buf_addf(&query, "SHOW CREATE %s ", word(d, sql));
	dts_sql_table(&query, db, o->name);
	MYSQL_RES *res = dts_session_query(s, dts_buf_slice(&query), err);
	dts_buf_release(&query);
	if (!res && is_absent(mysql_errno(s->mysql))) {
		*err = (struct dts_error)DTS_ERROR_INIT;
		return 0;
	}
	MYSQL_ROW row = res ? mysql_fetch_row(res) : NULL;
	if (!row) {
		mysql_free_result(res);
		return res ? 0 : -1;
	}
	const unsigned long *len = mysql_fetch_lengths(res);
	const MYSQL_FIELD *fields = mysql_fetch_fields(res);
	for (unsigned i = 0; i < mysql_num_fields(res); i++)
		if (row[i])
			take_field(shown, fields[i].name, row[i], len[i]);
	mysql_free_result(res);
	if (shown->sql.len == 0)
		return dts_fail(err, DTS_REFUSED, "this account may not see the definition of '%.*s.%.*s'", (int)db.len, db.p,
				(int)o->name.len, o->name.p);
	return 1;
}

/* ---- the same statement ---- */

/* One of the two texts, its words one after another. */
struct walk {
	struct dts_sql_scan scan;
	struct dts_ddl ddl;
	bool event; /* before its body */
};

static bool in_database_part(const struct walk *w)
{
	for (size_t i = 0; i < w->ddl.count; i++) {
		const struct dts_ddl_object *o = &w->ddl.objects[i];
		if (o->db_part.len > 0 && w->scan.at >= o->whole.at && w->scan.at < o->name_part.at)
			return true;
	}
	return false;
}

/* ENABLE, DISABLE, DISABLE ON SLAVE and DISABLE ON REPLICA go. */
static bool skip_status(struct walk *w)
{
	if (dts_sql_is(&w->scan, "ENABLE")) {
		dts_sql_next(&w->scan);
		return true;
	}
	if (!dts_sql_is(&w->scan, "DISABLE"))
		return false;
	dts_sql_next(&w->scan);
	if (dts_sql_is(&w->scan, "ON")) {
		dts_sql_next(&w->scan);
		dts_sql_next(&w->scan);
	}
	return true;
}

static void settle(struct walk *w)
{
	while (w->scan.type != DTS_SQL_END) {
		if (w->event && dts_sql_is(&w->scan, "DO"))
			w->event = false;
		if (in_database_part(w))
			dts_sql_next(&w->scan);
		else if (!w->event || !skip_status(w))
			return;
	}
}

static void begin(struct walk *w, struct dts_slice sql, unsigned flags)
{
	*w = (struct walk){0};
	dts_ddl_parse(&w->ddl, sql, flags);
	w->event = w->ddl.kind == DTS_DDL_CREATE_EVENT;
	dts_sql_start(&w->scan, sql, flags);
	settle(w);
}

static bool same_word(const struct walk *a, const struct walk *b, struct dts_buf *left, struct dts_buf *right)
{
	struct dts_slice x = dts_sql_text(&a->scan), y = dts_sql_text(&b->scan);
	bool quoted = a->scan.type == DTS_SQL_QUOTED || b->scan.type == DTS_SQL_QUOTED;
	bool names = (a->scan.type == DTS_SQL_WORD || a->scan.type == DTS_SQL_QUOTED) &&
		     (b->scan.type == DTS_SQL_WORD || b->scan.type == DTS_SQL_QUOTED);

	if (names && !quoted)
		return x.len == y.len && strncasecmp(x.p, y.p, x.len) == 0;
	if (!names && a->scan.type != b->scan.type)
		return false;
	if (!names && a->scan.type != DTS_SQL_STRING)
		return dts_slice_eq(x, y);
	dts_buf_clear(left);
	dts_buf_clear(right);
	if (a->scan.type == DTS_SQL_WORD)
		dts_buf_add_slice(left, x);
	else
		dts_sql_decode(x, a->scan.flags, left);
	if (b->scan.type == DTS_SQL_WORD)
		dts_buf_add_slice(right, y);
	else
		dts_sql_decode(y, b->scan.flags, right);
	return dts_slice_eq(dts_buf_slice(left), dts_buf_slice(right));
}

bool dts_ddl_same(struct dts_slice a, unsigned a_flags, struct dts_slice b, unsigned b_flags)
{
	struct dts_buf left = {0}, right = {0};
	struct walk x, y;

	begin(&x, a, a_flags);
	begin(&y, b, b_flags);
	while (x.scan.type != DTS_SQL_END && y.scan.type != DTS_SQL_END && same_word(&x, &y, &left, &right)) {
		dts_sql_next(&x.scan);
		dts_sql_next(&y.scan);
		settle(&x);
		settle(&y);
	}
	bool same = x.scan.type == DTS_SQL_END && y.scan.type == DTS_SQL_END;
	dts_ddl_release(&x.ddl);
	dts_ddl_release(&y.ddl);
	dts_buf_release(&left);
	dts_buf_release(&right);
	return same;
}
