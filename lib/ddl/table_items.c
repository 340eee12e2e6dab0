#include "ddl/table_items.h"

#include <stdlib.h>
#include <strings.h>

#include "ddl/scan.h"

static int odd(struct dts_slice text, struct dts_error *err)
{
	return dts_fail(err, DTS_REFUSED, "cannot understand '%.*s' in a table's definition",
			(int)(text.len < 200 ? text.len : 200), text.p);
}

/* A quoted name at hand, as a text of its own; goes on. */
static struct dts_slice take_name(struct dts_sql_scan *s, struct dts_arena *arena)
{
	struct dts_buf b = {0};

	dts_sql_decode(dts_sql_text(s), 0, &b);
	struct dts_slice name = dts_arena_copy(arena, dts_buf_slice(&b));
	dts_buf_release(&b);
	dts_sql_next(s);
	return name;
}

/* Goes on to the comma or closing parenthesis that ends what is at hand. */
static void skip_part(struct dts_sql_scan *s)
{
	int depth = 0;

	for (; s->type != DTS_SQL_END; dts_sql_next(s)) {
		if (depth == 0 && (dts_sql_is_char(s, ',') || dts_sql_is_char(s, ')')))
			return;
		depth += dts_sql_is_char(s, '(');
		depth -= dts_sql_is_char(s, ')');
	}
}

/* (`a`,`b`(10) DESC,(expression)): the parenthesis is at hand; goes behind the last. */
static int take_columns(struct dts_sql_scan *s, struct dts_item *item, struct dts_arena *arena)
{
	size_t room = 16, count = 0;
	struct dts_slice *columns = dts_arena_alloc(arena, room, sizeof *columns);

	item->whole = true;
	if (!dts_sql_is_char(s, '('))
		return -1;
	do {
		dts_sql_next(s);
		if (count == room) {
			struct dts_slice *more = dts_arena_alloc(arena, room * 2, sizeof *more);
			memcpy(more, columns, room * sizeof *more);
			columns = more;
			room *= 2;
		}
		columns[count] = (struct dts_slice){NULL, 0};
		if (s->type == DTS_SQL_QUOTED)
			columns[count] = take_name(s, arena);
		else
			item->whole = false;
		count++;
		if (dts_sql_is_char(s, '('))
			item->whole = false;
		if (dts_sql_is(s, "WITHOUT"))
			item->period = true;
		skip_part(s);
	} while (dts_sql_is_char(s, ','));
	item->columns = columns;
	item->count = count;
	if (!dts_sql_is_char(s, ')'))
		return -1;
	dts_sql_next(s);
	return 0;
}

/* ON DELETE and ON UPDATE: the words as the catalog writes them. */
static void take_rules(struct dts_sql_scan *s, struct dts_foreign *f)
{
	f->on_delete = f->on_update = DTS_LIT("RESTRICT");
	for (; s->type != DTS_SQL_END; dts_sql_next(s)) {
		if (!dts_sql_is(s, "ON"))
			continue;
		dts_sql_next(s);
		struct dts_slice *rule = dts_sql_is(s, "DELETE") ? &f->on_delete : &f->on_update;
		dts_sql_next(s);
		if (dts_sql_is(s, "CASCADE")) {
			*rule = DTS_LIT("CASCADE");
		} else if (dts_sql_is(s, "SET")) {
			dts_sql_next(s);
			*rule = dts_sql_is(s, "NULL") ? DTS_LIT("SET NULL") : DTS_LIT("SET DEFAULT");
		} else if (dts_sql_is(s, "NO")) {
			*rule = DTS_LIT("NO ACTION");
		}
	}
}

/* FOREIGN is at hand. */
static int take_foreign(struct dts_sql_scan *s, struct dts_item *item, struct dts_arena *arena)
{
	struct dts_foreign *f = &item->foreign;
	struct dts_item to = {0};

	dts_sql_next(s);
	dts_sql_next(s); /* KEY */
	if (take_columns(s, item, arena) < 0 || !dts_sql_is(s, "REFERENCES"))
		return -1;
	dts_sql_next(s);
	if (s->type != DTS_SQL_QUOTED)
		return -1;
	f->to_db = DTS_LIT("");
	f->to_table = take_name(s, arena);
	if (dts_sql_is_char(s, '.')) {
		dts_sql_next(s);
		if (s->type != DTS_SQL_QUOTED)
			return -1;
		f->to_db = f->to_table;
		f->to_table = take_name(s, arena);
	}
	if (take_columns(s, &to, arena) < 0 || to.count != item->count)
		return -1;
	f->name = item->name;
	f->columns = item->columns;
	f->to_columns = to.columns;
	f->count = item->count;
	take_rules(s, f);
	return 0;
}

/* KEY or the name is at hand. */
static int take_key(struct dts_sql_scan *s, struct dts_item *item, enum dts_item_kind kind, struct dts_arena *arena)
{
	item->kind = kind;
	if (dts_sql_is(s, "KEY"))
		dts_sql_next(s);
	if (s->type == DTS_SQL_QUOTED)
		item->name = take_name(s, arena);
	else if (kind != DTS_ITEM_PRIMARY)
		return -1;
	if (take_columns(s, item, arena) < 0)
		return -1;
	for (; s->type != DTS_SQL_END; dts_sql_next(s))
		item->hash |= dts_sql_is(s, "HASH");
	return 0;
}

static void take_column(struct dts_sql_scan *s, struct dts_item *item, struct dts_arena *arena)
{
	bool not = false;
	int depth = 0;

	item->column = true;
	item->name = take_name(s, arena);
	item->is_column = true;
	for (; s->type != DTS_SQL_END; dts_sql_next(s)) {
		depth += dts_sql_is_char(s, '(');
		depth -= dts_sql_is_char(s, ')');
		item->auto_increment |= depth == 0 && dts_sql_is(s, "AUTO_INCREMENT");
		item->not_null |= depth == 0 && not && dts_sql_is(s, "NULL");
		not = dts_sql_is(s, "NOT");
	}
}

int dts_item_parse(struct dts_item *item, struct dts_slice clause, struct dts_arena *arena, struct dts_error *err)
{
	struct dts_sql_scan s;
	int rc = 0;

	*item = (struct dts_item){.text = clause};
	dts_sql_start(&s, clause, 0);
	if (s.type == DTS_SQL_QUOTED) {
		take_column(&s, item, arena);
	} else if (dts_sql_is(&s, "PRIMARY") || dts_sql_is(&s, "UNIQUE")) {
		enum dts_item_kind kind = dts_sql_is(&s, "UNIQUE") ? DTS_ITEM_UNIQUE : DTS_ITEM_PRIMARY;
		dts_sql_next(&s);
		rc = take_key(&s, item, kind, arena);
	} else if (dts_sql_is(&s, "KEY")) {
		rc = take_key(&s, item, DTS_ITEM_KEY, arena);
	} else if (dts_sql_is(&s, "FULLTEXT") || dts_sql_is(&s, "SPATIAL") || dts_sql_is(&s, "VECTOR")) {
		dts_sql_next(&s);
		rc = take_key(&s, item, DTS_ITEM_SPECIAL, arena);
	} else if (dts_sql_is(&s, "CONSTRAINT")) {
		dts_sql_next(&s);
		if (s.type == DTS_SQL_QUOTED)
			item->name = take_name(&s, arena);
		if (dts_sql_is(&s, "FOREIGN")) {
			item->kind = DTS_ITEM_FOREIGN;
			rc = item->name.len > 0 ? take_foreign(&s, item, arena) : -1;
		}
		item->check = dts_sql_is(&s, "CHECK");
	} else if (dts_sql_is(&s, "PERIOD")) {
		item->span = true;
		dts_sql_next(&s);
		dts_sql_next(&s); /* FOR */
		if (s.type == DTS_SQL_QUOTED)
			item->name = take_name(&s, arena);
	}
	return rc < 0 ? odd(clause, err) : 0;
}

static struct dts_slice trimmed(struct dts_slice s)
{
	while (s.len > 0 && (s.p[s.len - 1] == '\n' || s.p[s.len - 1] == ' '))
		s.len--;
	return s;
}

static void read_rest(struct dts_items *t)
{
	struct dts_sql_scan s;
	bool system = false;

	for (dts_sql_start(&s, t->rest, 0); s.type != DTS_SQL_END; dts_sql_next(&s)) {
		t->versioned |= system && dts_sql_is(&s, "VERSIONING");
		system = dts_sql_is(&s, "SYSTEM");
	}
}

static struct dts_item *new_item(struct dts_items *t, size_t *room)
{
	if (t->count == *room) {
		*room = *room ? *room * 2 : 64;
		t->items = dts_realloc(t->items, *room * sizeof *t->items);
	}
	return &t->items[t->count++];
}

int dts_items_parse(struct dts_items *t, struct dts_slice sql, struct dts_error *err)
{
	struct dts_sql_scan s;
	size_t room = 0;
	int rc = 0;

	*t = (struct dts_items){.arena = dts_arena_new()};
	dts_sql_start(&s, sql, 0);
	while (s.type != DTS_SQL_END && !dts_sql_is_char(&s, '('))
		dts_sql_next(&s);
	if (s.type == DTS_SQL_END)
		rc = odd(sql, err);
	while (rc == 0 && !dts_sql_is_char(&s, ')')) {
		dts_sql_next(&s);
		size_t at = s.at;
		skip_part(&s);
		if (s.type == DTS_SQL_END) {
			rc = odd(sql, err);
			break;
		}
		/* Up to the comma, not to the last word: an executable comment ends in between. */
		rc = dts_item_parse(new_item(t, &room), trimmed(dts_slice(sql.p + at, s.at - at)), t->arena, err);
	}
	if (rc == 0) {
		t->rest = dts_slice(sql.p + s.at + 1, sql.len - s.at - 1);
		read_rest(t);
	} else {
		dts_items_release(t);
	}
	return rc;
}

/* ALTER TABLE `t`, ALTER TABLE `db`.`t`: goes behind it. */
static bool pass_alter(struct dts_sql_scan *s)
{
	if (!dts_sql_is(s, "ALTER"))
		return false;
	dts_sql_next(s);
	if (!dts_sql_is(s, "TABLE"))
		return false;
	dts_sql_next(s);
	for (;;) {
		if (s->type != DTS_SQL_QUOTED && s->type != DTS_SQL_WORD)
			return false;
		dts_sql_next(s);
		if (!dts_sql_is_char(s, '.'))
			return true;
		dts_sql_next(s);
	}
}

/* More than one statement. */
static bool goes_on(struct dts_slice sql)
{
	struct dts_sql_scan s;

	for (dts_sql_start(&s, sql, 0); s.type != DTS_SQL_END; dts_sql_next(&s))
		if (dts_sql_is_char(&s, ';'))
			return true;
	return false;
}

bool dts_items_parse_added(struct dts_items *t, struct dts_slice sql)
{
	struct dts_error ignored = DTS_ERROR_INIT;
	struct dts_sql_scan s;
	size_t room = 0;

	*t = (struct dts_items){.arena = dts_arena_new()};
	dts_sql_start(&s, sql, 0);
	bool keys = !goes_on(sql) && pass_alter(&s);
	while (keys) {
		keys = dts_sql_is(&s, "ADD");
		dts_sql_next(&s);
		size_t at = s.at;
		skip_part(&s);
		struct dts_item *item = new_item(t, &room);
		keys = keys && !dts_sql_is_char(&s, ')') &&
		       dts_item_parse(item, trimmed(dts_slice(sql.p + at, s.at - at)), t->arena, &ignored) == 0 &&
		       item->kind >= DTS_ITEM_KEY && item->name.len > 0;
		if (s.type == DTS_SQL_END)
			break;
		dts_sql_next(&s);
	}
	if (!keys)
		dts_items_release(t);
	return keys;
}

void dts_items_release(struct dts_items *t)
{
	free(t->items);
	dts_arena_free(t->arena);
	*t = (struct dts_items){0};
}

const struct dts_item *dts_items_find(const struct dts_items *t, bool foreign, struct dts_slice name)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct dts_item *item = &t->items[i];
		bool key = item->kind == DTS_ITEM_KEY || item->kind == DTS_ITEM_UNIQUE || item->kind == DTS_ITEM_SPECIAL;
		if ((foreign ? item->kind == DTS_ITEM_FOREIGN : key) && item->name.len == name.len &&
		    strncasecmp(item->name.p, name.p, name.len) == 0)
			return item;
	}
	return NULL;
}

bool dts_items_union(struct dts_slice sql, struct dts_slice *before, struct dts_slice *whole, struct dts_slice *after)
{
	struct dts_sql_scan s;
	int depth = 0;

	for (dts_sql_start(&s, sql, 0); s.type != DTS_SQL_END; dts_sql_next(&s)) {
		depth += dts_sql_is_char(&s, '(') - dts_sql_is_char(&s, ')');
		if (depth != 0 || !dts_sql_is(&s, "UNION"))
			continue;
		size_t at = s.at;
		while (s.type != DTS_SQL_END && !dts_sql_is_char(&s, ')'))
			dts_sql_next(&s);
		size_t end = s.at + s.len;
		*before = dts_slice(sql.p, at);
		*whole = dts_slice(sql.p + at, end - at);
		*after = dts_slice(sql.p + end, sql.len - end);
		return true;
	}
	return false;
}
