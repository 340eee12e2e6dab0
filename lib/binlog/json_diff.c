#include "binlog/json_diff.h"

#include "base/bytes.h"
#include "binlog/jsonb.h"
#include "charset/charset.h"
#include "record/json.h"

/* The text of a document is changed in place: it has what the server prints, ", " and ": " between the parts. */
enum operation { REPLACE, INSERT, REMOVE };

void dts_json_diff_release(struct dts_json_diff *d)
{
	dts_buf_release(&d->text);
	dts_buf_release(&d->value);
	dts_buf_release(&d->other);
	dts_buf_release(&d->key);
	*d = (struct dts_json_diff){0};
}

/* The text of a stored document in `to`. */
static bool print(struct dts_json_diff *d, struct dts_slice stored, struct dts_buf *to)
{
	dts_buf_clear(&d->other);
	dts_buf_clear(to);
	if (!dts_jsonb_add(&d->other, stored))
		return false;
	dts_json_unescape(dts_buf_slice(&d->other), to);
	return true;
}

/* --- paths: $, then .key, ."key" or [7], as often as it goes down */

struct leg {
	bool array;
	struct dts_slice key; /* of an object */
	uint64_t index;       /* of an array */
	bool from_end;        /* [last], [last-2] */
};

static bool next_number(const char **p, const char *end, uint64_t *n)
{
	const char *from = *p;

	while (*p < end && **p >= '0' && **p <= '9')
		++*p;
	return dts_json_u64(dts_slice(from, (size_t)(*p - from)), n);
}

static bool array_leg(const char **p, const char *end, struct leg *leg)
{
	*leg = (struct leg){.array = true};
	++*p;
	if (end - *p >= 4 && memcmp(*p, "last", 4) == 0) {
		leg->from_end = true;
		*p += 4;
		if (*p < end && **p == '-') {
			++*p;
			if (!next_number(p, end, &leg->index))
				return false;
		}
	} else if (!next_number(p, end, &leg->index)) {
		return false;
	}
	if (*p == end || **p != ']')
		return false;
	++*p;
	return true;
}

static bool key_leg(struct dts_json_diff *d, const char **p, const char *end, struct leg *leg)
{
	const char *from = ++*p;

	*leg = (struct leg){0};
	if (from == end || *from != '"') {
		while (*p < end && **p != '.' && **p != '[')
			++*p;
		leg->key = dts_slice(from, (size_t)(*p - from));
		return leg->key.len > 0 && dts_utf8_valid(leg->key.p, leg->key.len);
	}
	for (++*p; *p < end && **p != '"'; ++*p)
		if (**p == '\\' && ++*p == end)
			return false;
	if (*p == end)
		return false;
	++*p;
	struct dts_slice quoted = dts_slice(from, (size_t)(*p - from));
	struct dts_error ignored = DTS_ERROR_INIT;
	if (dts_json_check(quoted, &ignored) < 0)
		return false;
	dts_buf_clear(&d->key);
	dts_json_unescape(quoted, &d->key);
	leg->key = dts_buf_slice(&d->key);
	return true;
}

static bool next_leg(struct dts_json_diff *d, const char **p, const char *end, struct leg *leg)
{
	return **p == '[' ? array_leg(p, end, leg) : **p == '.' && key_leg(d, p, end, leg);
}

/* --- one step down */

/* A member or an element with what is beside it, and where a new one would come. */
struct place {
	bool found;
	const char *from, *value, *to; /* "key": value; `from` and `value` are the same in an array */
	const char *before;            /* where the one before it ends; NULL: it is the first */
	const char *behind;            /* where the next one begins; NULL: it is the last */
};

/* The server has keys in the order of their lengths, then of their bytes. */
static int compare_keys(struct dts_slice a, struct dts_slice b)
{
	if (a.len != b.len)
		return a.len < b.len ? -1 : 1;
	return memcmp(a.p, b.p, a.len);
}

static void find_member(struct dts_json_diff *d, struct dts_slice object, struct dts_slice key, struct place *at)
{
	struct dts_json_walk w = dts_json_walk(object);
	struct dts_slice name;
	struct dts_json value;

	while (dts_json_member(&w, &name, &value)) {
		int order = at->found ? -1 : compare_keys(key, dts_json_string(name, &d->other));
		if (order < 0) {
			at->behind = name.p;
			return;
		}
		if (order == 0) {
			at->found = true;
			at->from = name.p;
			at->value = value.raw.p;
			at->to = value.raw.p + value.raw.len;
		} else {
			at->before = value.raw.p + value.raw.len;
		}
	}
}

static void find_element(struct dts_slice array, uint64_t index, struct place *at)
{
	struct dts_json_walk w = dts_json_walk(array);
	struct dts_json value;

	for (uint64_t i = 0; dts_json_element(&w, &value); i++) {
		if (i > index || at->found) {
			at->behind = value.raw.p;
			return;
		}
		if (i == index) {
			at->found = true;
			at->from = at->value = value.raw.p;
			at->to = value.raw.p + value.raw.len;
		} else {
			at->before = value.raw.p + value.raw.len;
		}
	}
}

static uint64_t count_elements(struct dts_slice array)
{
	struct dts_json_walk w = dts_json_walk(array);
	struct dts_json value;
	uint64_t n = 0;

	while (dts_json_element(&w, &value))
		n++;
	return n;
}

/* False: the leg does not fit the value that it is about. */
static bool find(struct dts_json_diff *d, struct dts_slice value, struct leg *leg, struct place *at)
{
	enum dts_json_type type = dts_json_value(value).type;

	*at = (struct place){0};
	if (!leg->array) {
		if (type == DTS_JSON_OBJECT)
			find_member(d, value, leg->key, at);
		return type == DTS_JSON_OBJECT;
	}
	if (type != DTS_JSON_ARRAY) { /* what is no array is its own only element */
		*at = (struct place){.found = true, .from = value.p, .value = value.p, .to = value.p + value.len};
		return leg->index == 0;
	}
	if (leg->from_end) {
		uint64_t count = count_elements(value);
		if (leg->index >= count) { /* before the first */
			find_element(value, 0, at);
			at->behind = at->from;
			at->found = false;
			return true;
		}
		leg->index = count - 1 - leg->index;
	}
	find_element(value, leg->index, at);
	return true;
}

/* --- changing the text */

/* Puts `new` in the place of [from, to). */
static void splice(struct dts_buf *text, const char *from, const char *to, struct dts_slice new)
{
	size_t at = (size_t)(from - text->data), old = (size_t)(to - from), rest = text->len - at - old;

	dts_buf_reserve(text, new.len);
	memmove(text->data + at + new.len, text->data + at + old, rest);
	if (new.len > 0)
		memcpy(text->data + at, new.p, new.len);
	text->len = at + new.len + rest;
}

static void take_out(struct dts_buf *text, const struct place *at)
{
	const struct dts_slice nothing = {NULL, 0};

	if (at->behind)
		splice(text, at->from, at->behind, nothing);
	else
		splice(text, at->before ? at->before : at->from, at->to, nothing);
}

/* Before what is `behind` the place, else behind what is `before` it, else as all that `value` holds. */
static void put_in(struct dts_json_diff *d, struct dts_slice value, const struct leg *leg, const struct place *at)
{
	struct dts_buf *new = &d->other;
	const char *where = at->found ? at->from : at->behind ? at->behind : at->before ? at->before : value.p + 1;
	bool first = at->found || at->behind;

	dts_buf_clear(new);
	if (!first && at->before)
		dts_buf_adds(new, ", ");
	if (!leg->array) {
		dts_json_add_string(new, leg->key);
		dts_buf_adds(new, ": ");
	}
	dts_buf_add_slice(new, dts_buf_slice(&d->value));
	if (first)
		dts_buf_adds(new, ", ");
	splice(&d->text, where, where, dts_buf_slice(new));
}

/* d->value is what comes there. */
static bool change(struct dts_json_diff *d, enum operation op, struct dts_slice path)
{
	const char *p = path.p + 1, *end = path.p + path.len;
	struct dts_slice value = dts_buf_slice(&d->text);
	struct place at = {.found = true, .from = value.p, .value = value.p, .to = value.p + value.len};
	struct leg leg = {0};

	if (path.len == 0 || path.p[0] != '$' || (p == end && op != REPLACE))
		return false;
	while (p < end) {
		if (!at.found)
			return false;
		value = dts_slice(at.value, (size_t)(at.to - at.value));
		if (!next_leg(d, &p, end, &leg) || !find(d, value, &leg, &at))
			return false;
	}
	switch (op) {
	case REPLACE:
		if (at.found)
			splice(&d->text, at.value, at.to, dts_buf_slice(&d->value));
		return at.found;
	case REMOVE:
		if (leg.array && dts_json_value(value).type != DTS_JSON_ARRAY)
			return false;
		if (at.found)
			take_out(&d->text, &at);
		return at.found;
	case INSERT:
		/* A member is new; an element may be put before one that is there. */
		if ((at.found && !leg.array) || (leg.array && dts_json_value(value).type != DTS_JSON_ARRAY))
			return false;
		put_in(d, value, &leg, &at);
		return true;
	}
	return false;
}

bool dts_json_diff_add(struct dts_json_diff *d, struct dts_slice before, struct dts_slice diffs, struct dts_buf *out)
{
	struct dts_bytes b = dts_bytes(diffs);

	if (!print(d, before, &d->text))
		return false;
	while (dts_bytes_left(&b) > 0) {
		uint8_t op = dts_bytes_u8(&b);
		struct dts_slice path = dts_bytes_take(&b, (size_t)dts_bytes_packed(&b));
		if (op != REMOVE && !print(d, dts_bytes_take(&b, (size_t)dts_bytes_packed(&b)), &d->value))
			return false;
		if (b.bad || op > REMOVE || !change(d, (enum operation)op, path))
			return false;
	}
	dts_json_add_string(out, dts_buf_slice(&d->text));
	return true;
}
