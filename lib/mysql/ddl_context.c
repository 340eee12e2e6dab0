#include "mysql/ddl_context.h"

#include <ctype.h>
#include <mysqld_error.h>
#include <stdlib.h>

#include "ddl/scan.h"
#include "mysql/quote.h"
#include "record/json.h"

void dts_ddl_origin_read(struct dts_ddl_origin *o, struct dts_slice source)
{
	struct dts_buf text = {0};

	*o = (struct dts_ddl_origin){0};
	struct dts_json server = source.p ? dts_json_get(source, "server") : (struct dts_json){0};
	struct dts_json version = source.p ? dts_json_get(source, "version") : (struct dts_json){0};
	struct dts_json actions = source.p ? dts_json_get(source, "foreign-actions") : (struct dts_json){0};
	o->logs_foreign_actions = actions.raw.p && dts_slice_is(actions.raw, "\"logged\"");
	if (server.raw.p && server.type == DTS_JSON_STRING) {
		struct dts_slice name = dts_json_string(server.raw, &text);
		o->family = dts_slice_is(name, "mysql") ? DTS_MYSQL : DTS_MARIADB;
		o->known = o->family == DTS_MYSQL || dts_slice_is(name, "mariadb");
	}
	if (version.raw.p && version.type == DTS_JSON_STRING) {
		char *end;
		dts_buf_clear(&text);
		dts_buf_add_slice(&text, dts_slice(version.raw.p + 1, version.raw.len - 2));
		unsigned long major = strtoul(dts_buf_text(&text), &end, 10);
		unsigned long minor = *end == '.' ? strtoul(end + 1, &end, 10) : 0;
		unsigned long patch = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;
		if (major < 1000 && minor < 100 && patch < 100)
			o->version = (unsigned)(major * 10000 + minor * 100 + patch);
	}
	dts_buf_release(&text);
}

unsigned dts_ddl_context_flags(const struct dts_ddl_origin *origin, struct dts_slice context)
{
	struct dts_json mode = context.p ? dts_json_get(context, "sql_mode") : (struct dts_json){0};
	struct dts_buf scratch = {0};
	unsigned flags = origin->known && origin->family == DTS_MYSQL ? DTS_DDL_MYSQL : 0;

	if (mode.raw.p && mode.type == DTS_JSON_STRING)
		flags |= dts_ddl_flags_of_text(dts_json_string(mode.raw, &scratch));
	dts_buf_release(&scratch);
	return flags;
}

enum { INVALID_DEFAULT = 3721 }; /* MySQL: a collation that default_collation_for_utf8mb4 does not take */

/* Settings by their place in what has to be taken back: those of settings[] below, and these. */
enum { SET_DEFAULT_UTF8MB4 = 30, SET_COLLATIONS = 31 };

/* ---- sql modes ---- */

static bool is_one_of(struct dts_slice name, const char *const *names)
{
	for (; *names; names++)
		if (dts_slice_is(name, *names))
			return true;
	return false;
}

static void add_mode(struct dts_buf *out, struct dts_slice mode)
{
	dts_buf_adds(out, out->len > 0 ? "," : "");
	dts_buf_add_slice(out, mode);
}

int dts_ddl_context_modes(struct dts_slice modes, const struct dts_ddl_origin *origin, enum dts_family target,
			  struct dts_buf *out, struct dts_error *err)
{
	/* Modes of one family that change how a statement is read, or what it makes. */
	static const char *const matter[] = {"ORACLE", "MSSQL", "DB2", "MAXDB", "POSTGRESQL", "EMPTY_STRING_IS_NULL", NULL};
	/* And those that do not: about accounts, about what SHOW prints, about UPDATE. */
	static const char *const idle[] = {"NO_AUTO_CREATE_USER", "IGNORE_BAD_TABLE_OPTIONS", "NO_FIELD_OPTIONS", "NO_KEY_OPTIONS",
					   "NO_TABLE_OPTIONS", "MYSQL323", "MYSQL40", "SIMULTANEOUS_ASSIGNMENT",
					   "TIME_ROUND_FRACTIONAL", NULL};
	bool rounds = origin->family == DTS_MYSQL, crosses = origin->known && origin->family != target;

	for (const char *p = modes.p, *end = modes.p + modes.len; p < end;) {
		const char *comma = memchr(p, ',', (size_t)(end - p));
		struct dts_slice mode = dts_slice(p, (size_t)((comma ? comma : end) - p));
		p = mode.p + mode.len + 1;
		if (dts_slice_is(mode, "TIME_ROUND_FRACTIONAL"))
			rounds = true;
		if (dts_slice_is(mode, "TIME_TRUNCATE_FRACTIONAL"))
			rounds = false;
		if (target == DTS_MYSQL && is_one_of(mode, matter))
			return dts_fail(err, DTS_REFUSED, "the statement ran with sql_mode %.*s, which the target does not have",
					(int)mode.len, mode.p);
		bool lacking = target == DTS_MYSQL ? is_one_of(mode, idle) : dts_slice_is(mode, "TIME_TRUNCATE_FRACTIONAL");
		if (mode.len > 0 && !lacking)
			add_mode(out, mode);
	}
	/* MySQL rounds '10:00:00.6' to whole seconds, MariaDB cuts it off: as the source does. */
	if (crosses && target == DTS_MYSQL && !rounds)
		add_mode(out, DTS_LIT("TIME_TRUNCATE_FRACTIONAL"));
	if (crosses && target == DTS_MARIADB && rounds)
		add_mode(out, DTS_LIT("TIME_ROUND_FRACTIONAL"));
	return 0;
}

/* ---- collations that are not named ---- */

static bool is_any(const struct dts_sql_scan *s, const char *const *words)
{
	for (; *words; words++)
		if (dts_sql_is(s, *words))
			return true;
	return false;
}

/* What stands behind a character set gives its collation. */
static bool is_collated(struct dts_sql_scan s)
{
	if (dts_sql_is(&s, "DEFAULT"))
		dts_sql_next(&s);
	if (dts_sql_is(&s, "BINARY"))
		return true;
	if (!dts_sql_is(&s, "COLLATE"))
		return false;
	dts_sql_next(&s);
	if (dts_sql_is_char(&s, '='))
		dts_sql_next(&s);
	return !dts_sql_is(&s, "DEFAULT");
}

static void add_bare(struct dts_list *sets, struct dts_buf *name)
{
	for (size_t i = 0; i < name->len; i++)
		name->data[i] = (char)tolower((unsigned char)name->data[i]);
	const char *text = strcmp(dts_buf_text(name), "utf8") == 0 ? "utf8mb3" : dts_buf_text(name);
	for (size_t i = 0; i < sets->count; i++)
		if (strcmp(sets->items[i], text) == 0)
			return;
	dts_list_add(sets, text);
}

/* NVARCHAR(10), NATIONAL CHAR VARYING(10): goes behind it; false when it is none. */
static bool pass_national(struct dts_sql_scan *s, bool begins_item)
{
	static const char *const first[] = {"NCHAR", "NVARCHAR", "NATIONAL", NULL};
	static const char *const more[] = {"CHAR", "CHARACTER", "VARCHAR", "VARCHARACTER", "VARYING", NULL};
	bool whole = !dts_sql_is(s, "NATIONAL");

	if (begins_item || !is_any(s, first))
		return false; /* a column may have such a name */
	for (dts_sql_next(s); is_any(s, more); dts_sql_next(s))
		whole = true;
	if (whole && dts_sql_is_char(s, '(')) {
		while (s->type != DTS_SQL_END && !dts_sql_is_char(s, ')'))
			dts_sql_next(s);
		dts_sql_next(s);
	}
	return whole;
}

/* The attributes UNICODE and ASCII, CHARACTER SET x and CHARSET=x: the name, and goes behind it. */
static void take_charset(struct dts_sql_scan *s, bool of_char, bool of_type, struct dts_buf *name)
{
	if (of_type && (dts_sql_is(s, "UNICODE") || dts_sql_is(s, "ASCII"))) {
		dts_buf_adds(name, dts_sql_is(s, "ASCII") ? "latin1" : "ucs2");
		dts_sql_next(s);
	} else if (dts_sql_is(s, "CHARSET") || (of_char && dts_sql_is(s, "SET"))) {
		dts_sql_next(s);
		if (dts_sql_is_char(s, '='))
			dts_sql_next(s);
		if (s->type == DTS_SQL_QUOTED || s->type == DTS_SQL_STRING)
			dts_sql_decode(dts_sql_text(s), s->flags, name);
		else if (s->type == DTS_SQL_WORD)
			dts_buf_add_slice(name, dts_sql_text(s));
		if (name->len > 0)
			dts_sql_next(s);
	}
}

void dts_ddl_bare_charsets(struct dts_slice sql, unsigned flags, struct dts_list *sets)
{
	static const char *const types[] = {"CHAR", "CHARACTER", "VARCHAR", "VARYING", "TEXT", "TINYTEXT", "MEDIUMTEXT",
					    "LONGTEXT", NULL};
	struct dts_sql_scan s;
	struct dts_buf name = {0};
	bool begins = true, of_char = false, of_type = false; /* what the token before was */

	for (dts_sql_start(&s, sql, flags); s.type != DTS_SQL_END;) {
		dts_buf_clear(&name);
		if (pass_national(&s, begins))
			dts_buf_adds(&name, "utf8mb3");
		else
			take_charset(&s, of_char, of_type, &name);
		if (name.len > 0) {
			if (!is_collated(s))
				add_bare(sets, &name);
			begins = of_char = of_type = false;
			continue;
		}
		begins = dts_sql_is_char(&s, '(') || dts_sql_is_char(&s, ',');
		of_char = dts_sql_is(&s, "CHARACTER") || dts_sql_is(&s, "CHAR");
		of_type = dts_sql_is_char(&s, ')') || is_any(&s, types);
		dts_sql_next(&s);
	}
	dts_buf_release(&name);
}

static int refuse_default(const char *collation, struct dts_error *err)
{
	dts_fail(err, DTS_REFUSED, "the statement names a character set without a collation: at the source that is %s, "
		 "which the target does not have", collation);
	return dts_hint(err, "make the change at the target by hand with a collation of its own, then start again with --ddl-done");
}

/* The collation of a set in "utf8mb3=...,utf8mb4=utf8mb4_bin"; p NULL: it has none. */
static struct dts_slice listed(struct dts_slice list, struct dts_slice set)
{
	for (const char *p = list.p, *end = list.p + list.len; p < end;) {
		const char *comma = memchr(p, ',', (size_t)(end - p));
		struct dts_slice entry = dts_slice(p, (size_t)((comma ? comma : end) - p));
		if (entry.len > set.len && memcmp(entry.p, set.p, set.len) == 0 && entry.p[set.len] == '=')
			return dts_slice(entry.p + set.len + 1, entry.len - set.len - 1);
		p = entry.p + entry.len + 1;
	}
	return (struct dts_slice){0};
}

/*
 * Appends what a set is collated by at the source where nothing else is said; nothing: what
 * both families have compiled in. A MariaDB that logs no list has that of its release:
 * the collations of Unicode 14 since 11.5, before that none (seen in the log of 11.8).
 */
static void add_default_collation(struct dts_buf *b, const char *set, const struct dts_ddl_origin *o, struct dts_slice context)
{
	static const char *const unicode[] = {"utf8mb3", "utf8mb4", "ucs2", "utf16", "utf32", "utf16le", NULL};
	struct dts_json said = dts_json_get(context, "default_collation_for_utf8mb4");
	struct dts_json pairs = dts_json_get(context, "character_set_collations");
	struct dts_slice own = {0};
	struct dts_buf scratch = {0};
	bool mysql4 = o->family == DTS_MYSQL && strcmp(set, "utf8mb4") == 0;
	bool list = o->family == DTS_MARIADB && pairs.raw.p && pairs.type == DTS_JSON_STRING;
	bool uca = o->family == DTS_MARIADB && o->version >= 110500 && !list && strcmp(set, "utf16le") != 0;

	if (list)
		own = listed(dts_json_string(pairs.raw, &scratch), dts_slice_of(set));
	if (own.p)
		dts_buf_add_slice(b, own);
	else if (mysql4 && said.raw.p && said.type == DTS_JSON_STRING)
		dts_buf_add_slice(b, dts_json_string(said.raw, &scratch));
	else if (mysql4)
		dts_buf_adds(b, "utf8mb4_0900_ai_ci");
	else if (is_one_of(dts_slice_of(set), unicode))
		dts_buf_addf(b, "%s_%s", set, uca ? "uca1400_ai_ci" : "general_ci");
	dts_buf_release(&scratch);
}

/* Sets one variable. *number: the target's error where it has no such value or no such variable, which is no failure yet. */
static int set_default(struct dts_session *s, const char *variable, struct dts_slice value, unsigned *number, struct dts_error *err)
{
	struct dts_buf sql = {0};

	dts_buf_addf(&sql, "SET %s=", variable);
	dts_sql_literal(&sql, value);
	int rc = dts_session_run(s, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	*number = rc < 0 ? mysql_errno(s->mysql) : 0;
	if (*number == ER_UNKNOWN_COLLATION || *number == INVALID_DEFAULT || *number == ER_UNKNOWN_SYSTEM_VARIABLE) {
		*err = (struct dts_error)DTS_ERROR_INIT;
		return 0;
	}
	return rc < 0 ? dts_where(err, "cannot set the default collation that the source has") : 0;
}

/* MySQL has a choice for utf8mb4, of two; a collation of the others must be its own. */
static int mysql_default(struct dts_session *s, const char *charset, struct dts_buf *collation, unsigned *set, struct dts_error *err)
{
	struct dts_buf sql = {0}, own = {0};
	unsigned number = 0;

	if (strcmp(charset, "utf8mb4") == 0) {
		if (set_default(s, "default_collation_for_utf8mb4", dts_buf_slice(collation), &number, err) < 0)
			return -1;
		if (number == 0)
			*set |= 1u << SET_DEFAULT_UTF8MB4;
		return number ? refuse_default(dts_buf_text(collation), err) : 0;
	}
	dts_buf_adds(&sql, "SELECT DEFAULT_COLLATE_NAME FROM information_schema.CHARACTER_SETS WHERE CHARACTER_SET_NAME=");
	dts_sql_literal(&sql, dts_slice_of(charset));
	int rc = dts_session_value(s, dts_buf_slice(&sql), &own, err);
	if (rc > 0) /* a set that it does not have will be its own error */
		rc = dts_slice_eq(dts_buf_slice(&own), dts_buf_slice(collation)) ? 0 : refuse_default(dts_buf_text(collation), err);
	dts_buf_release(&sql);
	dts_buf_release(&own);
	return rc;
}

/* MariaDB takes one for each set, since 11.3; before that each has the one compiled in. */
static int mariadb_default(struct dts_session *s, const char *charset, struct dts_buf *collation, struct dts_buf *list,
			   unsigned *set, struct dts_error *err)
{
	unsigned number = 0;

	dts_buf_addf(list, "%s%s=%s", list->len > 0 ? "," : "", charset, dts_buf_text(collation));
	if (set_default(s, "character_set_collations", dts_buf_slice(list), &number, err) < 0)
		return -1;
	if (number == 0)
		*set |= 1u << SET_COLLATIONS;
	if (number == 0 || (number == ER_UNKNOWN_SYSTEM_VARIABLE && strstr(dts_buf_text(collation), "_general_ci")))
		return 0;
	return refuse_default(dts_buf_text(collation), err);
}

static int set_default_collations(struct dts_session *s, const struct dts_list *sets, const struct dts_ddl_origin *o,
				  struct dts_slice context, unsigned *set, struct dts_error *err)
{
	struct dts_buf collation = {0}, list = {0};
	int rc = 0;

	for (size_t i = 0; i < sets->count && rc == 0; i++) {
		dts_buf_clear(&collation);
		add_default_collation(&collation, sets->items[i], o, context);
		if (collation.len > 0)
			rc = s->family == DTS_MYSQL ? mysql_default(s, sets->items[i], &collation, set, err)
						    : mariadb_default(s, sets->items[i], &collation, &list, set, err);
	}
	dts_buf_release(&collation);
	dts_buf_release(&list);
	return rc;
}

/* ---- settings ---- */

static const struct {
	const char *field; /* of the context; the variable has the same name */
	bool collation;
	bool by_default;   /* it is taken back to the server's own */
} settings[] = {
	{"time_zone", false, false},
	{"timestamp", false, false},
	{"collation_connection", true, false},
	{"collation_server", true, true},
	{"auto_increment_increment", false, true},
	{"auto_increment_offset", false, true},
	{"explicit_defaults_for_timestamp", false, true},
	{"foreign_key_checks", false, false},
	{"unique_checks", false, false},
	{"system_versioning_alter_history", false, true},
};

/* Does the statement keep the connection's or the server's collation in what it makes? */
static bool keeps_collation(const struct dts_ddl *d, const char *variable)
{
	if (strcmp(variable, "collation_server") == 0)
		return d->kind == DTS_DDL_CREATE_DATABASE;
	return d->kind == DTS_DDL_CREATE_TABLE_SELECT || (d->kind >= DTS_DDL_CREATE_VIEW && d->kind <= DTS_DDL_DROP_EVENT);
}

static int set_variable(struct dts_session *s, const struct dts_ddl *d, size_t i, struct dts_json value, struct dts_error *err)
{
	struct dts_buf sql = {0}, scratch = {0};
	int rc;

	dts_buf_addf(&sql, "SET %s=", settings[i].field);
	if (value.type == DTS_JSON_STRING)
		dts_sql_literal(&sql, dts_json_string(value.raw, &scratch));
	else if (value.type == DTS_JSON_TRUE || value.type == DTS_JSON_FALSE)
		dts_buf_adds(&sql, value.type == DTS_JSON_TRUE ? "1" : "0");
	else
		dts_buf_add_slice(&sql, value.raw);
	rc = dts_session_run(s, dts_buf_slice(&sql), err);
	if (rc < 0 && settings[i].collation && mysql_errno(s->mysql) == ER_UNKNOWN_COLLATION) {
		*err = (struct dts_error)DTS_ERROR_INIT;
		rc = 0;
		if (keeps_collation(d, settings[i].field))
			rc = dts_fail(err, DTS_REFUSED, "the statement ran with %s %.*s, which the target does not have",
				      settings[i].field, (int)value.raw.len, value.raw.p);
	} else if (rc < 0) {
		dts_where(err, "cannot take over the settings that the statement ran with at the source");
	}
	dts_buf_release(&sql);
	dts_buf_release(&scratch);
	return rc;
}

/* Has the session this value already? Some settings want a privilege that few accounts have. 1, 0, -1. */
static int has_value(struct dts_session *s, size_t i, struct dts_json value, struct dts_error *err)
{
	struct dts_buf sql = {0}, now = {0}, scratch = {0};
	struct dts_slice want = value.type == DTS_JSON_STRING ? dts_json_string(value.raw, &scratch)
				: value.type == DTS_JSON_TRUE ? DTS_LIT("1")
				: value.type == DTS_JSON_FALSE ? DTS_LIT("0") : value.raw;
	int rc;

	dts_buf_addf(&sql, "SELECT @@%s", settings[i].field);
	rc = dts_session_value(s, dts_buf_slice(&sql), &now, err);
	if (rc >= 0)
		rc = rc > 0 && dts_slice_eq(dts_buf_slice(&now), want);
	dts_buf_release(&sql);
	dts_buf_release(&now);
	dts_buf_release(&scratch);
	return rc;
}

static int set_modes(struct dts_session *s, const struct dts_ddl_origin *origin, struct dts_json value, struct dts_error *err)
{
	struct dts_buf sql = {0}, modes = {0}, scratch = {0};
	int rc = dts_ddl_context_modes(dts_json_string(value.raw, &scratch), origin, s->family, &modes, err);

	dts_buf_adds(&sql, "SET sql_mode=");
	dts_sql_literal(&sql, dts_buf_slice(&modes));
	if (rc == 0 && dts_session_run(s, dts_buf_slice(&sql), err) < 0)
		rc = dts_where(err, "cannot take over the settings that the statement ran with at the source");
	dts_buf_release(&sql);
	dts_buf_release(&modes);
	dts_buf_release(&scratch);
	return rc;
}

const struct dts_charset *dts_ddl_context_charset(const struct dts_ddl *d, struct dts_slice sql, struct dts_slice context,
						  struct dts_buf *text)
{
	struct dts_json named = context.p ? dts_json_get(context, "charset") : (struct dts_json){0};
	struct dts_buf scratch = {0};

	if (d->kind < DTS_DDL_CREATE_VIEW || d->kind > DTS_DDL_DROP_EVENT || !named.raw.p || named.type != DTS_JSON_STRING)
		return NULL;
	const struct dts_charset *cs = dts_charset_find(dts_json_string(named.raw, &scratch));
	dts_buf_release(&scratch);
	bool other = cs && !dts_charset_is_binary(cs) && strcmp(dts_charset_name(cs), "utf8mb4") != 0;
	return other && dts_charset_from_utf8(cs, sql, text) ? cs : NULL;
}

static bool makes_columns(const struct dts_ddl *d)
{
	switch (d->kind) {
	case DTS_DDL_CREATE_DATABASE:
	case DTS_DDL_ALTER_DATABASE:
	case DTS_DDL_CREATE_TABLE:
	case DTS_DDL_CREATE_TABLE_SELECT:
	case DTS_DDL_ALTER_TABLE:
		return true;
	default:
		return false;
	}
}

int dts_ddl_context_enter(struct dts_session *s, const struct dts_ddl *d, struct dts_slice sql,
			  const struct dts_ddl_origin *origin, struct dts_slice context, unsigned *set, struct dts_error *err)
{
	*set = 0;
	if (!context.p)
		return 0;
	struct dts_json mode = dts_json_get(context, "sql_mode");
	if (mode.raw.p && mode.type == DTS_JSON_STRING && set_modes(s, origin, mode, err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
		struct dts_json value = dts_json_get(context, settings[i].field);
		if (!value.raw.p || value.type == DTS_JSON_NULL)
			continue;
		int has = has_value(s, i, value, err);
		if (has != 0) {
			if (has < 0)
				return dts_where(err, "cannot see the settings of the target");
			continue;
		}
		*set |= 1u << i;
		if (set_variable(s, d, i, value, err) < 0)
			return -1;
	}
	struct dts_list bare = {0};
	int rc = 0;
	if (origin->known && makes_columns(d)) {
		dts_ddl_bare_charsets(sql, dts_ddl_context_flags(origin, context), &bare);
		rc = set_default_collations(s, &bare, origin, context, set, err);
	}
	dts_list_release(&bare);
	return rc;
}

int dts_ddl_context_leave(struct dts_session *s, unsigned set, struct dts_error *err)
{
	struct dts_buf sql = {0};

	dts_buf_adds(&sql, "SET NAMES utf8mb4, sql_mode='STRICT_ALL_TABLES,ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO',"
			   " time_zone='+00:00', timestamp=DEFAULT, foreign_key_checks=1, unique_checks=1");
	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
		if (set & 1u << i && settings[i].by_default)
			dts_buf_addf(&sql, ", %s=DEFAULT", settings[i].field);
	if (set & 1u << SET_DEFAULT_UTF8MB4)
		dts_buf_adds(&sql, ", default_collation_for_utf8mb4=DEFAULT");
	if (set & 1u << SET_COLLATIONS)
		dts_buf_adds(&sql, ", character_set_collations=DEFAULT");
	int rc = dts_session_run(s, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	return rc;
}
