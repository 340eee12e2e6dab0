#include "ddl/index.h"

#include "ddl/scan.h"

static bool take(struct dts_sql_scan *s, const char *keyword)
{
	if (!dts_sql_is(s, keyword))
		return false;
	dts_sql_next(s);
	return true;
}

static bool take_index(struct dts_sql_scan *s)
{
	return take(s, "INDEX") || take(s, "KEY");
}

static void take_guard(struct dts_sql_scan *s)
{
	if (!take(s, "IF"))
		return;
	take(s, "NOT");
	take(s, "EXISTS");
}

static bool take_name(struct dts_sql_scan *s, struct dts_list *names)
{
	struct dts_buf name = {0};
	bool is = s->type == DTS_SQL_WORD || s->type == DTS_SQL_QUOTED;

	if (s->type == DTS_SQL_QUOTED)
		dts_sql_decode(dts_sql_text(s), s->flags, &name);
	else if (is)
		dts_buf_add_slice(&name, dts_sql_text(s));
	if (is) {
		dts_list_add(names, dts_buf_text(&name));
		dts_sql_next(s);
	}
	dts_buf_release(&name);
	return is;
}

/* To the comma behind this action, or to the end. */
static void skip_action(struct dts_sql_scan *s)
{
	for (size_t depth = 0; s->type != DTS_SQL_END && (depth > 0 || !dts_sql_is_char(s, ',')); dts_sql_next(s)) {
		if (dts_sql_is_char(s, '('))
			depth++;
		else if (dts_sql_is_char(s, ')') && depth > 0)
			depth--;
	}
}

/* Behind ADD: [FULLTEXT | SPATIAL | VECTOR] INDEX [name] ... */
static bool take_added(struct dts_sql_scan *s, struct dts_list *added)
{
	bool special = take(s, "FULLTEXT") || take(s, "SPATIAL");

	if (!special && dts_sql_is(s, "VECTOR")) { /* also the name of a column, with a type behind it */
		dts_sql_next(s);
		if (!take_index(s))
			return false;
	} else if (!take_index(s) && !special) {
		return false;
	}
	take_guard(s);
	if (dts_sql_is_char(s, '(') || dts_sql_is(s, "USING"))
		dts_list_add(added, "");
	else if (!take_name(s, added))
		return false;
	skip_action(s);
	return true;
}

static bool take_dropped(struct dts_sql_scan *s, struct dts_list *dropped)
{
	if (!take_index(s))
		return false;
	take_guard(s);
	return take_name(s, dropped);
}

/* ALGORITHM and LOCK say how, not what. */
static bool take_manner(struct dts_sql_scan *s)
{
	if (!take(s, "ALGORITHM") && !take(s, "LOCK"))
		return false;
	if (dts_sql_is_char(s, '='))
		dts_sql_next(s);
	dts_sql_next(s);
	return true;
}

static bool alter(struct dts_sql_scan *s, struct dts_list *added, struct dts_list *dropped)
{
	take_guard(s);
	/* The table's name, with its database or without. */
	do {
		if (s->type != DTS_SQL_WORD && s->type != DTS_SQL_QUOTED)
			return false;
		dts_sql_next(s);
		if (!dts_sql_is_char(s, '.'))
			break;
		dts_sql_next(s);
	} while (true);
	if (take(s, "WAIT"))
		dts_sql_next(s);
	else
		take(s, "NOWAIT");
	for (;;) {
		bool known = take(s, "ADD") ? take_added(s, added) : take(s, "DROP") ? take_dropped(s, dropped) : take_manner(s);
		if (!known || (s->type != DTS_SQL_END && !dts_sql_is_char(s, ',')))
			return false;
		if (s->type == DTS_SQL_END)
			return true;
		dts_sql_next(s);
	}
}

static bool statement(struct dts_sql_scan *s, struct dts_list *added, struct dts_list *dropped)
{
	bool creates = take(s, "CREATE"), drops = !creates && take(s, "DROP");

	if (!creates && !drops && !take(s, "ALTER"))
		return false;
	/* MariaDB's way to say ALGORITHM */
	if (!take(s, "ONLINE"))
		take(s, "OFFLINE");
	if (!creates && !drops)
		return take(s, "TABLE") && alter(s, added, dropped);
	if (drops)
		return take_dropped(s, dropped);
	if (!take(s, "FULLTEXT") && !take(s, "SPATIAL"))
		take(s, "VECTOR");
	if (!take(s, "INDEX"))
		return false;
	take_guard(s);
	return take_name(s, added);
}

bool dts_ddl_only_indexes(struct dts_slice sql, unsigned flags, struct dts_list *added, struct dts_list *dropped)
{
	struct dts_sql_scan s;

	dts_sql_start(&s, sql, flags);
	return statement(&s, added, dropped) && added->count + dropped->count > 0;
}

bool dts_ddl_speaks_of_foreign(struct dts_slice sql, unsigned flags)
{
	struct dts_sql_scan s;

	for (dts_sql_start(&s, sql, flags); s.type != DTS_SQL_END; dts_sql_next(&s))
		if (dts_sql_is(&s, "FOREIGN") || dts_sql_is(&s, "REFERENCES") || dts_sql_is(&s, "CONSTRAINT"))
			return true;
	return false;
}
