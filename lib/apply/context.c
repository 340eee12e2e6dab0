#include "apply/context.h"

#include <ctype.h>
#include <mysqld_error.h>
#include <stdlib.h>

#include "mysql/quote.h"
#include "record/json.h"

void dts_ddl_origin_read(struct dts_ddl_origin *o, struct dts_slice source)
{
	struct dts_buf text = {0};

	*o = (struct dts_ddl_origin){0};
	struct dts_json server = source.p ? dts_json_get(source, "server") : (struct dts_json){0};
	struct dts_json version = source.p ? dts_json_get(source, "version") : (struct dts_json){0};
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
		unsigned long minor = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;
		if (major < 1000 && minor < 100)
			o->version = (unsigned)(major * 10000 + minor * 100);
	}
	dts_buf_release(&text);
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

/* The next word from *p on, upper case, strings and quoted names passed over; false at the end. */
static bool next_word(const char **p, const char *end, char word[static 32])
{
	while (*p < end) {
		char c = **p;
		if (c == '\'' || c == '"' || c == '`') {
			for (++*p; *p < end && **p != c; ++*p)
				if (**p == '\\' && c != '`')
					++*p;
			++*p;
		} else if (isalnum((unsigned char)c) || c == '_') {
			size_t len = 0;
			for (; *p < end && (isalnum((unsigned char)**p) || **p == '_'); ++*p)
				if (len < 31)
					word[len++] = (char)toupper((unsigned char)**p);
			word[len] = '\0';
			return true;
		} else {
			++*p;
		}
	}
	return false;
}

static bool is_unicode(const char *name)
{
	return strncmp(name, "UTF", 3) == 0 || strcmp(name, "UCS2") == 0 || strcmp(name, "UNICODE") == 0;
}

bool dts_ddl_leaves_collation(struct dts_slice sql)
{
	const char *p = sql.p, *end = sql.p + sql.len;
	char word[32], before[32] = "";

	while (next_word(&p, end, word)) {
		bool names_set = strcmp(word, "CHARSET") == 0 ||
				 (strcmp(word, "SET") == 0 && (strcmp(before, "CHARACTER") == 0 || strcmp(before, "CHAR") == 0));
		memcpy(before, word, sizeof before);
		if (!names_set)
			continue;
		while (p < end && strchr(" =\t\r\n'\"`", *p)) /* the set's name may be quoted */
			p++;
		if (!next_word(&p, end, word) || !is_unicode(word))
			continue;
		if (p < end && strchr("'\"`", *p))
			p++;
		const char *behind = p;
		bool collated = next_word(&behind, end, word) &&
				(strcmp(word, "COLLATE") == 0 ||
				 (strcmp(word, "DEFAULT") == 0 && next_word(&behind, end, word) && strcmp(word, "COLLATE") == 0));
		if (!collated)
			return true;
	}
	return false;
}

static int refuse_default(const char *collation, struct dts_error *err)
{
	dts_fail(err, DTS_REFUSED, "the statement names a character set without a collation: at the source that is %s, "
		 "which the target does not have", collation);
	return dts_hint(err, "make the change at the target by hand with a collation of its own, then start again with --ddl-done");
}

/* The entry of utf8mb4 in "utf8mb3=...,utf8mb4=utf8mb4_bin"; p NULL: it has none. */
static struct dts_slice of_utf8mb4(struct dts_slice list)
{
	const char *at = memmem(list.p, list.len, "utf8mb4=", 8);
	const char *end = list.p + list.len, *comma;

	if (!at)
		return (struct dts_slice){0};
	at += 8;
	comma = memchr(at, ',', (size_t)(end - at));
	return dts_slice(at, (size_t)((comma ? comma : end) - at));
}

/* What the Unicode set utf8mb4 is collated by at the source where nothing else is said. */
static void add_default_collation(struct dts_buf *b, const struct dts_ddl_origin *o, struct dts_slice context)
{
	struct dts_json said = dts_json_get(context, "default_collation_for_utf8mb4");
	struct dts_json pairs = dts_json_get(context, "character_set_collations");
	struct dts_slice own = {0};
	struct dts_buf scratch = {0};

	if (pairs.raw.p && pairs.type == DTS_JSON_STRING)
		own = of_utf8mb4(dts_json_string(pairs.raw, &scratch));
	if (own.p)
		dts_buf_add_slice(b, own);
	else if (said.raw.p && said.type == DTS_JSON_STRING)
		dts_buf_add_slice(b, dts_json_string(said.raw, &scratch));
	else
		dts_buf_adds(b, o->family == DTS_MYSQL ? "utf8mb4_0900_ai_ci" :
				o->version >= 110500 ? "utf8mb4_uca1400_ai_ci" : "utf8mb4_general_ci");
	dts_buf_release(&scratch);
}

static int set_default_collation(struct dts_session *s, const struct dts_ddl_origin *o, struct dts_slice context,
				 unsigned *set, struct dts_error *err)
{
	static const char *const sets[] = {"utf8mb3", "ucs2", "utf16", "utf32"};
	bool uca = o->family == DTS_MARIADB && o->version >= 110500;
	struct dts_buf collation = {0}, value = {0}, sql = {0};

	add_default_collation(&collation, o, context);
	if (s->family == DTS_MARIADB) {
		dts_buf_addf(&value, "utf8mb4=%s", dts_buf_text(&collation));
		for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
			dts_buf_addf(&value, ",%s=%s_%s", sets[i], sets[i], uca ? "uca1400_ai_ci" : "general_ci");
	} else {
		dts_buf_add_slice(&value, dts_buf_slice(&collation));
	}
	dts_buf_addf(&sql, "SET %s=", s->family == DTS_MYSQL ? "default_collation_for_utf8mb4" : "character_set_collations");
	dts_sql_literal(&sql, dts_buf_slice(&value));
	int rc = dts_session_run(s, dts_buf_slice(&sql), err);
	unsigned number = rc < 0 ? mysql_errno(s->mysql) : 0;
	if (rc == 0) {
		*set |= s->family == DTS_MYSQL ? 1u << SET_DEFAULT_UTF8MB4 : 1u << SET_COLLATIONS;
	} else if (number == ER_UNKNOWN_SYSTEM_VARIABLE && dts_slice_is(dts_buf_slice(&collation), "utf8mb4_general_ci")) {
		*err = (struct dts_error)DTS_ERROR_INIT; /* a server without the variable knows this one */
		rc = 0;
	} else if (number == ER_UNKNOWN_SYSTEM_VARIABLE || number == ER_UNKNOWN_COLLATION || number == INVALID_DEFAULT) {
		rc = refuse_default(dts_buf_text(&collation), err);
	} else {
		dts_where(err, "cannot set the default collation that the source has");
	}
	dts_buf_release(&collation);
	dts_buf_release(&value);
	dts_buf_release(&sql);
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
		*set |= 1u << i;
		if (set_variable(s, d, i, value, err) < 0)
			return -1;
	}
	if (origin->known && makes_columns(d) && dts_ddl_leaves_collation(sql))
		return set_default_collation(s, origin, context, set, err);
	return 0;
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
