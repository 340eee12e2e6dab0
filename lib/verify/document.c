#include "verify/document.h"

#include <stdlib.h>

#include "record/json.h"

struct member {
	char *name; /* with its length: names may hold zero bytes */
	size_t len, place;
	struct dts_json value;
};

struct members {
	struct member *items;
	size_t count, room;
};

static int compare_members(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	int order = memcmp(x->name, y->name, x->len < y->len ? x->len : y->len);

	if (order == 0)
		order = (x->len > y->len) - (x->len < y->len);
	return order != 0 ? order : (x->place > y->place) - (x->place < y->place);
}

static bool same_name(const struct member *x, const struct member *y)
{
	return x->len == y->len && memcmp(x->name, y->name, x->len) == 0;
}

/* The members by name, the last one of each. */
static void read_members(struct members *m, struct dts_slice object)
{
	struct dts_json_walk walk = dts_json_walk(object);
	struct dts_buf scratch = {0};
	struct dts_slice key;
	struct dts_json value;
	size_t kept = 0;

	*m = (struct members){0};
	while (dts_json_member(&walk, &key, &value)) {
		struct dts_slice name = dts_json_string(key, &scratch);
		if (m->count == m->room) {
			m->room = m->room ? 2 * m->room : 16;
			m->items = dts_realloc(m->items, m->room * sizeof *m->items);
		}
		m->items[m->count] = (struct member){dts_slice_dup(name), name.len, m->count, value};
		m->count++;
	}
	dts_buf_release(&scratch);
	if (m->count > 1)
		qsort(m->items, m->count, sizeof *m->items, compare_members);
	for (size_t i = 0; i < m->count; i++)
		if (i + 1 < m->count && same_name(&m->items[i], &m->items[i + 1]))
			free(m->items[i].name);
		else
			m->items[kept++] = m->items[i];
	m->count = kept;
}

static void members_release(struct members *m)
{
	for (size_t i = 0; i < m->count; i++)
		free(m->items[i].name);
	free(m->items);
}

static bool same_value(struct dts_json a, struct dts_json b);

static bool same_object(struct dts_slice a, struct dts_slice b)
{
	struct members x, y;
	bool same;

	read_members(&x, a);
	read_members(&y, b);
	same = x.count == y.count;
	for (size_t i = 0; i < x.count && same; i++)
		same = same_name(&x.items[i], &y.items[i]) && same_value(x.items[i].value, y.items[i].value);
	members_release(&x);
	members_release(&y);
	return same;
}

static bool same_array(struct dts_slice a, struct dts_slice b)
{
	struct dts_json_walk x = dts_json_walk(a), y = dts_json_walk(b);
	struct dts_json v, u;

	for (;;) {
		bool more = dts_json_element(&x, &v);
		if (dts_json_element(&y, &u) != more)
			return false;
		if (!more)
			return true;
		if (!same_value(v, u))
			return false;
	}
}

static bool same_string(struct dts_slice a, struct dts_slice b)
{
	struct dts_buf x = {0}, y = {0};
	bool same = dts_slice_eq(dts_json_string(a, &x), dts_json_string(b, &y));

	dts_buf_release(&x);
	dts_buf_release(&y);
	return same;
}

/* Is the number one that is kept as 64 bits? Then its sign and amount. */
static bool is_integer(struct dts_slice raw, bool *negative, uint64_t *n)
{
	*negative = raw.len > 0 && raw.p[0] == '-';
	if (*negative)
		raw = dts_slice(raw.p + 1, raw.len - 1);
	if (!dts_json_u64(raw, n) || (*negative && *n > (uint64_t)INT64_MAX + 1))
		return false;
	*negative = *negative && *n > 0;
	return true;
}

static double double_of(struct dts_slice raw)
{
	char *text = dts_slice_dup(raw);
	double d = strtod(text, NULL);

	free(text);
	return d;
}

static bool same_number(struct dts_slice a, struct dts_slice b)
{
	bool minus_a, minus_b;
	uint64_t x, y;
	bool whole = is_integer(a, &minus_a, &x);

	if (is_integer(b, &minus_b, &y) != whole)
		return false;
	if (whole)
		return x == y && minus_a == minus_b;
	double d = double_of(a), e = double_of(b);
	return d - d == 0 && memcmp(&d, &e, sizeof d) == 0; /* an infinite one is not told from another */
}

static bool same_value(struct dts_json a, struct dts_json b)
{
	if (dts_slice_eq(a.raw, b.raw))
		return true;
	if (a.type != b.type)
		return false;
	switch (a.type) {
	case DTS_JSON_NUMBER:
		return same_number(a.raw, b.raw);
	case DTS_JSON_STRING:
		return same_string(a.raw, b.raw);
	case DTS_JSON_ARRAY:
		return same_array(a.raw, b.raw);
	case DTS_JSON_OBJECT:
		return same_object(a.raw, b.raw);
	default:
		return true;
	}
}

bool dts_document_same(struct dts_slice a, struct dts_slice b)
{
	struct dts_error err = DTS_ERROR_INIT;

	if (dts_slice_eq(a, b))
		return true;
	if (dts_json_check(a, &err) < 0 || dts_json_check(b, &err) < 0)
		return false;
	return same_value(dts_json_value(a), dts_json_value(b));
}
