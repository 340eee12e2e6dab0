#include "dump/rules.h"

#include <stdlib.h>

#include "mysql/keyrange.h"
#include "mysql/quote.h"

/* The colon behind a PATTERN; one inside backticks, /.../ or [...] is the pattern's. */
static const char *find_colon(const char *text)
{
	bool start = true; /* of a part of the pattern */

	for (const char *p = text; *p; p++) {
		if (*p == ':')
			return p;
		if (*p == '`' || (*p == '/' && start)) {
			char quote = *p++;
			while (*p && *p != quote)
				p += *p == '\\' && quote == '/' && p[1] ? 2 : 1;
		} else if (*p == '[') {
			const char *close = strchr(p, ']');
			p = close ? close : p;
		}
		if (!*p)
			break;
		start = *p == '.';
	}
	return NULL;
}

/* a,b,`c,d` */
static int split_names(struct dts_list *names, const char *text, struct dts_error *err)
{
	struct dts_buf name = {0};
	const char *p = text;
	int rc = 0;

	do {
		dts_buf_clear(&name);
		bool quoted = *p == '`';
		if (quoted)
			p++;
		while (*p && (quoted ? *p != '`' || p[1] == '`' : *p != ',')) {
			p += quoted && *p == '`';
			dts_buf_addc(&name, *p++);
		}
		if (quoted && *p++ != '`')
			rc = dts_fail(err, DTS_USAGE, "--columns: missing closing `");
		else if (name.len == 0 || (*p && *p != ','))
			rc = dts_fail(err, DTS_USAGE, "--columns: '%s' is not a list of names with commas between", text);
		else
			dts_list_add(names, dts_buf_text(&name));
	} while (rc == 0 && *p++ == ',');
	dts_buf_release(&name);
	return rc;
}

/* Behind a text in quotes, or NULL where it does not end. */
static const char *skip_quoted(const char *p)
{
	char quote = *p++;

	for (; *p; p++) {
		if (*p == '\\' && quote != '`' && p[1])
			p++;
		else if (*p == quote && p[1] != quote)
			return p + 1;
		else if (*p == quote)
			p++;
	}
	return NULL;
}

/* Behind a comment that begins here; `p` where none does. What a comment of a
 * server's own holds is read as what it is to that server: code. */
static const char *skip_comment(const char *p)
{
	if (*p == '#' || (p[0] == '-' && p[1] == '-' && (!p[2] || strchr(" \t\n\r\v\f", p[2]))))
		return p + strcspn(p, "\n");
	if (p[0] == '/' && p[1] == '*' && p[2] != '!' && !(p[2] == 'M' && p[3] == '!')) {
		const char *end = strstr(p + 2, "*/");
		return end ? end + 2 : p + strlen(p);
	}
	return p;
}

/* A condition is put into brackets. One that closes them would say more than which rows. */
static bool is_balanced(const char *p)
{
	size_t depth = 0;

	while (p && *p) {
		const char *behind = skip_comment(p);
		if (behind > p) {
			p = behind;
			continue;
		}
		if (*p == '\'' || *p == '"' || *p == '`') {
			p = skip_quoted(p);
			continue;
		}
		if (*p == ')' && depth-- == 0)
			return false;
		depth += *p++ == '(';
	}
	return p && depth == 0;
}

static int add_rule(struct dts_dump_rule *rule, const char *text, bool where, struct dts_error *err)
{
	const char *option = where ? "--where" : "--columns", *colon = find_colon(text);

	rule->text = text;
	if (!colon || !colon[1])
		return dts_fail(err, DTS_USAGE, "%s '%s' is not PATTERN:%s", option, text, where ? "CONDITION" : "COLUMNS");
	rule->pattern = dts_pattern_new(dts_slice(text, (size_t)(colon - text)), err);
	if (!rule->pattern)
		return dts_where(err, "%s", option);
	if (!where)
		return split_names(&rule->columns, colon + 1, err);
	if (!is_balanced(colon + 1)) {
		dts_fail(err, DTS_USAGE, "--where '%s': brackets or quotes of the condition are not in pairs", text);
		return dts_hint(err, "the condition is one SQL expression, as behind WHERE");
	}
	rule->condition = dts_strdup(colon + 1);
	return 0;
}

int dts_dump_rules_init(struct dts_dump_rules *r, const struct dts_list *columns, const struct dts_list *wheres,
			struct dts_error *err)
{
	*r = (struct dts_dump_rules){.items = dts_zalloc(columns->count + wheres->count + 1, sizeof *r->items)};
	for (size_t i = 0; i < columns->count; i++)
		if (add_rule(&r->items[r->count++], columns->items[i], false, err) < 0)
			return -1;
	for (size_t i = 0; i < wheres->count; i++)
		if (add_rule(&r->items[r->count++], wheres->items[i], true, err) < 0)
			return -1;
	return 0;
}

void dts_dump_rules_release(struct dts_dump_rules *r)
{
	for (size_t i = 0; i < r->count; i++) {
		dts_pattern_free(r->items[i].pattern);
		free(r->items[i].condition);
		dts_list_release(&r->items[i].columns);
	}
	free(r->items);
	*r = (struct dts_dump_rules){0};
}

static const struct dts_dump_rule *find(const struct dts_dump_rules *r, bool where, struct dts_slice db, struct dts_slice table)
{
	for (size_t i = r->count; i-- > 0;)
		if ((r->items[i].condition != NULL) == where && dts_pattern_match(r->items[i].pattern, db, table))
			return &r->items[i];
	return NULL;
}

const char *dts_dump_rules_where(const struct dts_dump_rules *r, struct dts_slice db, struct dts_slice table)
{
	const struct dts_dump_rule *rule = find(r, true, db, table);

	return rule ? rule->condition : NULL;
}

static bool is_named(const struct dts_list *names, struct dts_slice name)
{
	for (size_t i = 0; i < names->count; i++)
		if (dts_slice_is(name, names->items[i]))
			return true;
	return false;
}

static bool all_named(const struct dts_list *names, const struct dts_slice *columns, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!is_named(names, columns[i]))
			return false;
	return true;
}

static int check_columns(const struct dts_list *names, const struct dts_schema *schema, struct dts_error *err)
{
	const struct dts_key *key = dts_keyrange_key(schema);

	for (size_t i = 0; i < names->count; i++)
		if (dts_schema_column(schema, dts_slice_of(names->items[i]), i) < 0) {
			dts_fail(err, DTS_REFUSED, "--columns: there is no column '%s'", names->items[i]);
			return dts_hint(err, "names of columns are compared letter by letter");
		}
	for (size_t i = 0; key && i < key->count; i++)
		if (!is_named(names, key->columns[i])) {
			dts_fail(err, DTS_REFUSED, "--columns leaves out '%.*s' of the key by which rows are told apart",
				 (int)key->columns[i].len, key->columns[i].p);
			return dts_hint(err, "add it to the columns");
		}
	return 0;
}

int dts_dump_rules_columns(const struct dts_dump_rules *r, struct dts_schema *schema, struct dts_error *err)
{
	const struct dts_dump_rule *rule = find(r, false, schema->source_db, schema->source_table);
	size_t kept = 0;

	if (!rule)
		return 0;
	const struct dts_list *names = &rule->columns;
	if (check_columns(names, schema, err) < 0)
		return -1;
	if (!all_named(names, schema->primary.columns, schema->primary.count))
		schema->primary.count = 0;
	for (size_t i = 0; i < schema->unique_count; i++)
		if (all_named(names, schema->unique[i].columns, schema->unique[i].count))
			schema->unique[kept++] = schema->unique[i];
	schema->unique_count = kept;
	kept = 0;
	for (size_t i = 0; i < schema->foreign_count; i++)
		if (all_named(names, schema->foreign[i].columns, schema->foreign[i].count))
			schema->foreign[kept++] = schema->foreign[i];
	schema->foreign_count = kept;
	kept = 0;
	for (size_t i = 0; i < schema->column_count; i++)
		if (is_named(names, schema->columns[i].name))
			schema->columns[kept++] = schema->columns[i];
	schema->partial = kept < schema->column_count;
	schema->column_count = kept;
	return 0;
}

static int check_table(const struct dts_dump_rules *r, struct dts_session *s, const struct dts_table *t,
		       bool where, struct dts_error *err)
{
	const char *condition = where ? dts_dump_rules_where(r, t->db, t->name) : NULL;
	struct dts_schema schema = {0};
	struct dts_buf sql = {0};
	int rc;

	if (where) {
		dts_buf_adds(&sql, "SELECT 1 FROM ");
		dts_sql_table(&sql, t->db, t->name);
		dts_buf_addf(&sql, " WHERE (%s\n) LIMIT 0", condition);
		rc = dts_session_run(s, dts_buf_slice(&sql), err);
		if (rc < 0)
			dts_where(err, "--where");
	} else {
		rc = dts_catalog_schema(s, t->db, t->name, &schema, NULL, err);
		if (rc > 0)
			rc = dts_dump_rules_columns(r, &schema, err);
		dts_schema_release(&schema);
	}
	dts_buf_release(&sql);
	return rc < 0 ? dts_where(err, "table '%.*s.%.*s'", (int)t->db.len, t->db.p, (int)t->name.len, t->name.p) : 0;
}

int dts_dump_rules_check(const struct dts_dump_rules *r, struct dts_session *s, const struct dts_tables *tables,
			 struct dts_error *err)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct dts_dump_rule *rule = &r->items[i];
		bool where = rule->condition != NULL, used = false;
		for (size_t k = 0; k < tables->count; k++) {
			const struct dts_table *t = &tables->items[k];
			if (!dts_pattern_match(rule->pattern, t->db, t->name))
				continue;
			used = true;
			if (find(r, where, t->db, t->name) == rule && check_table(r, s, t, where, err) < 0)
				return -1;
		}
		if (!used)
			return dts_fail(err, DTS_REFUSED, "no selected table matches %s '%s'", where ? "--where" : "--columns",
					rule->text);
	}
	return 0;
}
