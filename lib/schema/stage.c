#include "schema/stage.h"

#include <strings.h>

#include "ddl/scan.h"
#include "mysql/quote.h"

const char *dts_stage_name(enum dts_stage stage)
{
	return stage == DTS_STAGE_PRE ? "pre" : stage == DTS_STAGE_POST ? "post" : "final";
}

static bool same(struct dts_slice a, struct dts_slice b)
{
	return a.len == b.len && (a.len == 0 || strncasecmp(a.p, b.p, a.len) == 0);
}

static const struct dts_item *column(const struct dts_items *t, struct dts_slice name)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->items[i].is_column && same(t->items[i].name, name))
			return &t->items[i];
	return NULL;
}

/* A key by which each row is found. */
static bool finds_rows(const struct dts_items *t, const struct dts_item *key)
{
	for (size_t i = 0; i < key->count; i++) {
		const struct dts_item *c = column(t, key->columns[i]);
		if (!c || !c->not_null)
			return false;
	}
	return key->whole;
}

static bool begins_with_counter(const struct dts_items *t, const struct dts_item *key)
{
	const struct dts_item *c = key->count > 0 && key->columns[0].p ? column(t, key->columns[0]) : NULL;

	return c && c->auto_increment;
}

static bool has_counter(const struct dts_items *t, const struct dts_item *key)
{
	for (size_t i = 0; i < key->count; i++) {
		const struct dts_item *c = key->columns[i].p ? column(t, key->columns[i]) : NULL;
		if (c && c->auto_increment)
			return true;
	}
	return false;
}

/* Is there a primary key, or one that stays anyway, which begins with the counter's column? */
static bool counter_has_key(const struct dts_items *t)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct dts_item *key = &t->items[i];
		bool stays = key->kind == DTS_ITEM_PRIMARY || (key->kind == DTS_ITEM_UNIQUE && finds_rows(t, key));
		if (stays && begins_with_counter(t, key))
			return true;
	}
	return false;
}

static bool begins(const struct dts_item *item, const char *word)
{
	size_t len = strlen(word);

	return item->text.len > len && strncasecmp(item->text.p, word, len) == 0;
}

static bool is_pre(const struct dts_items *t, const struct dts_item *item)
{
	/* No ALTER TABLE without a word about its history; but what a foreign key points to may have its key later. */
	if (t->versioned && item->kind != DTS_ITEM_FOREIGN)
		return true;
	switch (item->kind) {
	case DTS_ITEM_KEY:
		return has_counter(t, item) && !counter_has_key(t);
	case DTS_ITEM_UNIQUE:
		return item->hash || item->period || finds_rows(t, item) || (has_counter(t, item) && !counter_has_key(t));
	case DTS_ITEM_SPECIAL:
		return begins(item, "VECTOR");
	case DTS_ITEM_FOREIGN:
		return false;
	default:
		return true;
	}
}

void dts_stage_pre_table(const struct dts_items *t, struct dts_slice sql, struct dts_buf *out)
{
	const char *sep = "\n  ";

	if (t->count > 0)
		dts_buf_add(out, sql.p, (size_t)(t->items[0].text.p - sql.p));
	while (out->len > 0 && (out->data[out->len - 1] == ' ' || out->data[out->len - 1] == '\n'))
		out->len--;
	for (size_t i = 0; i < t->count; i++)
		if (is_pre(t, &t->items[i])) {
			dts_buf_adds(out, sep);
			dts_buf_add_slice(out, t->items[i].text);
			sep = ",\n  ";
		}
	dts_buf_adds(out, "\n)");
	dts_buf_add_slice(out, t->rest);
}

static void begin_alter(struct dts_buf *b, struct dts_slice name)
{
	dts_buf_clear(b);
	dts_buf_adds(b, "ALTER TABLE ");
	dts_sql_ident(b, name);
}

static void add_clause(struct dts_buf *b, const struct dts_item *item, bool first)
{
	dts_buf_adds(b, first ? "\n  ADD " : ",\n  ADD ");
	dts_buf_add_slice(b, item->text);
}

void dts_stage_post_table(const struct dts_items *t, struct dts_slice name, bool foreign, struct dts_list *out)
{
	struct dts_buf many = {0}, one = {0};
	size_t clauses = 0;

	begin_alter(&many, name);
	for (size_t i = 0; i < t->count; i++) {
		const struct dts_item *item = &t->items[i];
		if (is_pre(t, item) || foreign != (item->kind == DTS_ITEM_FOREIGN) || begins(item, "FULLTEXT"))
			continue;
		add_clause(&many, item, clauses++ == 0);
	}
	if (clauses > 0)
		dts_list_add(out, dts_buf_text(&many));
	for (size_t i = 0; i < t->count && !foreign; i++)
		if (begins(&t->items[i], "FULLTEXT") && !is_pre(t, &t->items[i])) {
			begin_alter(&one, name);
			add_clause(&one, &t->items[i], true);
			dts_list_add(out, dts_buf_text(&one));
		}
	dts_buf_release(&many);
	dts_buf_release(&one);
}

struct dts_slice dts_stage_counter(const struct dts_items *t)
{
	struct dts_sql_scan s;
	bool word = false, equals = false;

	for (dts_sql_start(&s, t->rest, 0); s.type != DTS_SQL_END; dts_sql_next(&s)) {
		if (word && equals && s.type == DTS_SQL_NUMBER)
			return dts_sql_text(&s);
		equals = word && dts_sql_is_char(&s, '=');
		word = dts_sql_is(&s, "AUTO_INCREMENT") || equals;
	}
	return (struct dts_slice){0};
}
