#include "record/names.h"

#include <stdlib.h>

#include "record/json.h"

/* Where in PATTERN=db.table the '=' is that is part of neither a `name` nor a /regex/. */
static const char *find_equals(const char *text)
{
	const char *p = text;
	bool part_begins = true;

	for (; *p && *p != '='; p++) {
		char quote = *p;
		if (!part_begins || (quote != '`' && quote != '/')) {
			part_begins = *p == '.';
			continue;
		}
		for (p++; *p && *p != quote; p++)
			if (quote == '/' && *p == '\\' && p[1])
				p++;
		if (!*p)
			return NULL;
		part_begins = false;
	}
	return *p ? p : NULL;
}

/* One part of a route's new name from *at on, up to an unquoted dot or the end;
 * *name is NULL for "*". */
static bool read_part(const char **at, char **name)
{
	struct dts_buf b = {0};
	const char *p = *at;
	bool fine = true;

	*name = NULL;
	if (*p == '`') {
		for (p++; *p && (*p != '`' || p[1] == '`'); p++) {
			p += *p == '`';
			dts_buf_addc(&b, *p);
		}
		fine = *p++ == '`';
	} else {
		size_t len = strcspn(p, ".");
		dts_buf_add(&b, p, len);
		p += len;
		if (len == 1 && b.data[0] == '*')
			goto out;
		/* A glob as a new name is a slip, or wants more than there is. */
		fine = !strpbrk(dts_buf_text(&b), "*?[]/`");
	}
	fine = fine && b.len > 0;
	if (fine)
		*name = dts_strdup(dts_buf_text(&b));
out:
	*at = p;
	dts_buf_release(&b);
	return fine;
}

static int read_route(struct dts_route *route, const char *text, struct dts_error *err)
{
	const char *equals = find_equals(text);
	const char *p = equals ? equals + 1 : "";
	bool fine = equals && read_part(&p, &route->db) && *p == '.';

	if (fine) {
		p++;
		fine = read_part(&p, &route->table) && !*p;
	}
	if (!fine) {
		dts_fail(err, DTS_USAGE, "'%s' is not a route", text);
		return dts_hint(err, "write PATTERN=db.table, where * keeps a name: 'shop.*=shop2.*'");
	}
	route->pattern = dts_pattern_new(dts_slice(text, (size_t)(equals - text)), err);
	return route->pattern ? 0 : -1;
}

/* The next byte that counts, in lower case; -1: none. */
static int next_ascii(struct dts_slice s, size_t *at)
{
	while (*at < s.len && (unsigned char)s.p[*at] >= 0x80)
		(*at)++;
	if (*at == s.len)
		return -1;
	char c = s.p[(*at)++];
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

bool dts_names_alike(struct dts_slice a, struct dts_slice b)
{
	size_t i = 0, k = 0;
	int c;

	while ((c = next_ascii(a, &i)) == next_ascii(b, &k))
		if (c < 0)
			return true;
	return false;
}

int dts_names_init(struct dts_names *names, const struct dts_list *tables, const struct dts_list *ignored,
		   const struct dts_list *routes, struct dts_error *err)
{
	*names = (struct dts_names){0};
	if (dts_selection_init(&names->selection, tables, ignored, err) < 0)
		return -1;
	size_t count = routes ? routes->count : 0;
	if (count > 0)
		names->routes = dts_zalloc(count, sizeof *names->routes);
	for (; names->route_count < count; names->route_count++)
		if (read_route(&names->routes[names->route_count], routes->items[names->route_count], err) < 0) {
			names->route_count++; /* half filled, but to be freed */
			return -1;
		}
	return 0;
}

static void free_choice(void *value)
{
	struct dts_choice *c = value;

	free(c->from_db);
	free(c->from_table);
	dts_buf_release(&c->db);
	dts_buf_release(&c->table);
	dts_buf_release(&c->db_json);
	dts_buf_release(&c->table_json);
	free(c);
}

void dts_names_release(struct dts_names *names)
{
	for (size_t i = 0; i < names->route_count; i++) {
		dts_pattern_free(names->routes[i].pattern);
		free(names->routes[i].db);
		free(names->routes[i].table);
	}
	free(names->routes);
	dts_selection_release(&names->selection);
	dts_map_release(&names->choices, free_choice);
	dts_buf_release(&names->key);
	*names = (struct dts_names){0};
}

bool dts_names_select(const struct dts_names *names)
{
	return names->selection.count > 0 || names->selection.ignored_count > 0;
}

static const struct dts_route *find_route(const struct dts_names *names, struct dts_slice db, struct dts_slice table)
{
	for (size_t i = 0; i < names->route_count; i++)
		if (dts_pattern_match(names->routes[i].pattern, db, table))
			return &names->routes[i];
	return NULL;
}

static struct dts_choice *decide(const struct dts_names *names, struct dts_slice db, struct dts_slice table)
{
	const struct dts_route *route = find_route(names, db, table);
	struct dts_choice *c = dts_zalloc(1, sizeof *c);

	c->from_db = dts_slice_dup(db);
	c->from_db_len = db.len;
	c->from_table = dts_slice_dup(table);
	c->from_table_len = table.len;
	c->keep = dts_selection_has(&names->selection, db, table);
	dts_buf_add_slice(&c->db, route && route->db ? dts_slice_of(route->db) : db);
	dts_buf_add_slice(&c->table, route && route->table ? dts_slice_of(route->table) : table);
	c->changed = !dts_slice_eq(dts_buf_slice(&c->db), db) || !dts_slice_eq(dts_buf_slice(&c->table), table);
	dts_json_add_string(&c->db_json, dts_buf_slice(&c->db));
	dts_json_add_string(&c->table_json, dts_buf_slice(&c->table));
	return c;
}

const struct dts_choice *dts_names_choose(struct dts_names *names, struct dts_slice db, struct dts_slice table)
{
	const struct dts_choice *last = names->last;

	if (last && dts_slice_eq(table, dts_slice(last->from_table, last->from_table_len)) &&
	    dts_slice_eq(db, dts_slice(last->from_db, last->from_db_len)))
		return last;
	struct dts_slice key = dts_map_pair(&names->key, db, table);
	struct dts_choice *c = dts_map_get(&names->choices, key);
	if (!c) {
		c = decide(names, db, table);
		dts_map_set(&names->choices, key, c);
	}
	names->last = c;
	return c;
}

struct dts_slice dts_names_route_db(const struct dts_names *names, struct dts_slice db)
{
	for (size_t i = 0; i < names->route_count; i++) {
		const struct dts_route *route = &names->routes[i];
		if (!route->table && route->db && dts_pattern_match_whole_db(route->pattern, db))
			return dts_slice_of(route->db);
	}
	return db;
}

bool dts_names_split_db(const struct dts_names *names, struct dts_slice db)
{
	struct dts_slice whole = dts_names_route_db(names, db);

	for (size_t i = 0; i < names->route_count; i++) {
		const struct dts_route *route = &names->routes[i];
		if (!dts_pattern_match_db(route->pattern, db))
			continue;
		if (!dts_slice_eq(route->db ? dts_slice_of(route->db) : db, whole))
			return true;
		if (dts_pattern_match_whole_db(route->pattern, db))
			return false; /* what comes behind it is for no table of this one */
	}
	return false;
}
