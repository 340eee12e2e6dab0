#include <stdlib.h>

#include "ddl/alike.h"
#include "ddl/scan.h"
#include "schema/diff_parts.h"

static struct dts_slice trimmed(struct dts_slice s)
{
	while (s.len > 0 && (s.p[s.len - 1] == '\n' || s.p[s.len - 1] == ' '))
		s.len--;
	return s;
}

static struct dts_slice between(const struct dts_sql_scan *s, size_t from, size_t to)
{
	return trimmed(dts_slice(s->sql.p + from, to - from));
}

/* Goes behind the value at hand, which may be one in brackets: UNION=(`a`,`b`). */
static struct dts_slice take_value(struct dts_sql_scan *s)
{
	size_t at = s->at, end = at;
	int depth = 0;

	do {
		depth += dts_sql_is_char(s, '(') - dts_sql_is_char(s, ')');
		end = s->at + s->len;
		dts_sql_next(s);
	} while (depth > 0 && s->type != DTS_SQL_END);
	return between(s, at, end);
}

/* ROW_FORMAT=x, DATA DIRECTORY='x', `page_compressed`=1, TABLESPACE `x`: the first word is at hand. */
static void take_option(struct dts_sql_scan *s, struct dts_diff_options *o)
{
	struct dts_diff_option option = {0};
	size_t at = s->at, end = at;

	while (s->type != DTS_SQL_END && !dts_sql_is_char(s, '=')) {
		bool bare = dts_sql_is(s, "TABLESPACE");
		end = s->at + s->len;
		dts_sql_next(s);
		if (bare)
			break;
	}
	option.name = between(s, at, end);
	if (dts_sql_is_char(s, '='))
		dts_sql_next(s);
	if (s->type != DTS_SQL_END)
		option.value = take_value(s);
	if (dts_slice_is_nocase(option.name, "CHARSET") || dts_slice_is_nocase(option.name, "CHARACTER SET")) {
		o->charset = option.value;
	} else if (dts_slice_is_nocase(option.name, "COLLATE")) {
		o->collation = option.value;
	} else if (!dts_slice_is_nocase(option.name, "AUTO_INCREMENT")) {
		o->items = dts_realloc(o->items, (o->count + 1) * sizeof *o->items);
		o->items[o->count++] = option;
	}
}

void dts_diff_options_read(struct dts_slice rest, struct dts_diff_options *o)
{
	struct dts_sql_scan s;

	*o = (struct dts_diff_options){0};
	for (dts_sql_start(&s, rest, 0); s.type != DTS_SQL_END;) {
		if (dts_sql_is(&s, "PARTITION")) {
			o->partitions = between(&s, s.at, rest.len);
			return;
		}
		if (dts_sql_is(&s, "WITH")) {
			o->versioned = true;
			for (int words = 3; words-- > 0;)
				dts_sql_next(&s);
		} else if (dts_sql_is(&s, "DEFAULT") || dts_sql_is_char(&s, ',')) {
			dts_sql_next(&s);
		} else {
			take_option(&s, o);
		}
	}
}

void dts_diff_options_release(struct dts_diff_options *o)
{
	free(o->items);
	*o = (struct dts_diff_options){0};
}

/* What an option is when it is not told. NULL: it cannot be taken back. */
static const char *value_without(struct dts_slice name)
{
	static const struct {
		const char *name, *value;
	} values[] = {
		{"COMMENT", "''"}, {"CONNECTION", "''"}, {"COMPRESSION", "''"}, {"ENCRYPTION", "'N'"},
		{"ENGINE_ATTRIBUTE", "''"}, {"SECONDARY_ENGINE_ATTRIBUTE", "''"}, {"SECONDARY_ENGINE", "NULL"},
		{"ROW_FORMAT", "DEFAULT"}, {"PACK_KEYS", "DEFAULT"}, {"STATS_PERSISTENT", "DEFAULT"},
		{"STATS_AUTO_RECALC", "DEFAULT"}, {"STATS_SAMPLE_PAGES", "DEFAULT"}, {"TRANSACTIONAL", "DEFAULT"},
		{"KEY_BLOCK_SIZE", "0"}, {"MIN_ROWS", "0"}, {"MAX_ROWS", "0"}, {"AVG_ROW_LENGTH", "0"}, {"CHECKSUM", "0"},
		{"DELAY_KEY_WRITE", "0"}, {"AUTOEXTEND_SIZE", "0"}, {"INSERT_METHOD", "NO"},
		{"UNION", "()"}, {"TABLESPACE", "innodb_file_per_table"},
	};

	if (name.len > 0 && name.p[0] == '`') /* of an engine of MariaDB's */
		return "DEFAULT";
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		if (dts_slice_is_nocase(name, values[i].name))
			return values[i].value;
	return NULL;
}

static const struct dts_diff_option *find(const struct dts_diff_options *o, struct dts_slice name)
{
	for (size_t i = 0; i < o->count; i++)
		if (dts_ddl_alike(o->items[i].name, name, 0))
			return &o->items[i];
	return NULL;
}

/* Engines that keep all rows there are; others may forget them or have none. */
static bool keeps_rows(struct dts_slice engine)
{
	static const char *const names[] = {"InnoDB", "MyISAM", "Aria", "ROCKSDB"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (dts_slice_is_nocase(engine, names[i]))
			return true;
	return false;
}

static void add_option(struct dts_slice name, struct dts_slice value, bool allow_drop, struct dts_list *clauses,
		       struct dts_table_diff *d)
{
	struct dts_buf clause = {0};
	bool fixed = dts_slice_is_nocase(name, "DATA DIRECTORY") || dts_slice_is_nocase(name, "INDEX DIRECTORY") || !value.p;
	bool lossy = dts_slice_is_nocase(name, "ENGINE") && !keeps_rows(value);

	dts_buf_add_slice(&clause, name);
	if (fixed) {
		dts_buf_adds(&clause, " is another at the source; a table has it from when it is made on");
		dts_list_add(&d->beyond, dts_buf_text(&clause));
	} else {
		dts_buf_addc(&clause, dts_slice_is_nocase(name, "TABLESPACE") ? ' ' : '=');
		dts_buf_add_slice(&clause, value);
		if (lossy)
			dts_list_add(&d->lossy, dts_buf_text(&clause));
		if (!lossy || allow_drop)
			dts_list_add(clauses, dts_buf_text(&clause));
	}
	dts_buf_release(&clause);
}

void dts_diff_options_compare(const struct dts_diff_options *wanted, const struct dts_diff_options *present,
			      bool allow_drop, struct dts_list *clauses, struct dts_table_diff *d)
{
	struct dts_buf clause = {0};

	for (size_t i = 0; i < wanted->count; i++) {
		const struct dts_diff_option *w = &wanted->items[i], *p = find(present, w->name);
		if (!p || !dts_ddl_alike(w->value, p->value, 0))
			add_option(w->name, w->value, allow_drop, clauses, d);
	}
	for (size_t i = 0; i < present->count; i++) {
		const char *none = value_without(present->items[i].name);
		/* Aria tells it always, and it stays behind where the engine becomes another, to which it means nothing. */
		if (dts_slice_is_nocase(present->items[i].name, "PAGE_CHECKSUM"))
			continue;
		if (!find(wanted, present->items[i].name))
			add_option(present->items[i].name, none ? dts_slice_of(none) : (struct dts_slice){0}, allow_drop, clauses, d);
	}
	if (wanted->charset.p && (!dts_slice_eq(wanted->charset, present->charset) ||
				  !dts_slice_eq(wanted->collation, present->collation))) {
		dts_buf_adds(&clause, "DEFAULT CHARACTER SET ");
		dts_buf_add_slice(&clause, wanted->charset);
		if (wanted->collation.p) {
			dts_buf_adds(&clause, " COLLATE ");
			dts_buf_add_slice(&clause, wanted->collation);
		}
		dts_list_add(clauses, dts_buf_text(&clause));
	}
	dts_buf_release(&clause);
}
