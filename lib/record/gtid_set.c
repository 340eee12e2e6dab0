#include "record/gtid.h"

#include <stdlib.h>

/* ---- groups and their intervals ---- */

static void release_group(struct dts_gtid_group *g)
{
	free(g->items);
}

void dts_gtid_set_release(struct dts_gtid_set *s)
{
	for (size_t i = 0; i < s->cap; i++)
		release_group(&s->groups[i]);
	free(s->groups);
	*s = (struct dts_gtid_set){0};
}

void dts_gtid_set_clear(struct dts_gtid_set *s)
{
	for (size_t i = 0; i < s->count; i++)
		s->groups[i].count = 0;
	s->count = s->intervals = s->last = 0;
}

static void reserve_groups(struct dts_gtid_set *s, size_t count)
{
	if (count <= s->cap)
		return;
	size_t cap = s->cap * 2 > count ? s->cap * 2 : count;
	s->groups = dts_realloc(s->groups, cap * sizeof *s->groups);
	memset(s->groups + s->cap, 0, (cap - s->cap) * sizeof *s->groups);
	s->cap = cap;
}

static void reserve_intervals(struct dts_gtid_group *g, size_t count)
{
	if (count <= g->cap)
		return;
	g->cap = g->cap * 2 > count ? g->cap * 2 : count;
	g->items = dts_realloc(g->items, g->cap * sizeof *g->items);
}

void dts_gtid_set_copy(struct dts_gtid_set *to, const struct dts_gtid_set *from)
{
	dts_gtid_set_clear(to);
	reserve_groups(to, from->count);
	for (size_t i = 0; i < from->count; i++) {
		const struct dts_gtid_group *g = &from->groups[i];
		struct dts_gtid_group *copy = &to->groups[i];

		memcpy(copy->uuid, g->uuid, sizeof copy->uuid);
		memcpy(copy->tag, g->tag, sizeof copy->tag);
		reserve_intervals(copy, g->count);
		if (g->count > 0)
			memcpy(copy->items, g->items, g->count * sizeof *g->items);
		copy->count = g->count;
	}
	to->count = from->count;
	to->intervals = from->intervals;
	to->last = from->last;
}

static int compare_key(const struct dts_gtid_group *g, const unsigned char uuid[16], const char *tag)
{
	int order = memcmp(g->uuid, uuid, sizeof g->uuid);

	return order != 0 ? order : strcmp(g->tag, tag);
}

/* Where the group is, or is to be put in. */
static size_t find_place(const struct dts_gtid_set *s, const unsigned char uuid[16], const char *tag)
{
	size_t low = 0, high = s->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare_key(&s->groups[middle], uuid, tag) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static const struct dts_gtid_group *find_group(const struct dts_gtid_set *s, const unsigned char uuid[16], const char *tag)
{
	if (s->last < s->count && compare_key(&s->groups[s->last], uuid, tag) == 0)
		return &s->groups[s->last];
	size_t at = find_place(s, uuid, tag);
	return at < s->count && compare_key(&s->groups[at], uuid, tag) == 0 ? &s->groups[at] : NULL;
}

/* Finds it or puts it in; NULL: there are too many. */
static struct dts_gtid_group *use_group(struct dts_gtid_set *s, const unsigned char uuid[16], const char *tag)
{
	if (s->last < s->count && compare_key(&s->groups[s->last], uuid, tag) == 0)
		return &s->groups[s->last];
	size_t at = find_place(s, uuid, tag);
	if (at == s->count || compare_key(&s->groups[at], uuid, tag) != 0) {
		if (s->count == DTS_GTID_MAX_GROUPS)
			return NULL;
		reserve_groups(s, s->count + 1);
		struct dts_gtid_group spare = s->groups[s->count];
		memmove(s->groups + at + 1, s->groups + at, (s->count - at) * sizeof *s->groups);
		s->groups[at] = (struct dts_gtid_group){.items = spare.items, .cap = spare.cap};
		memcpy(s->groups[at].uuid, uuid, 16);
		memcpy(s->groups[at].tag, tag, strlen(tag) + 1);
		s->count++;
	}
	s->last = at;
	return &s->groups[at];
}

/* The first interval that ends behind `number`: it holds it, or all before it are lower. */
static size_t find_interval(const struct dts_gtid_group *g, uint64_t number)
{
	size_t low = 0, high = g->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (g->items[middle].end <= number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void remove_interval(struct dts_gtid_set *s, struct dts_gtid_group *g, size_t at)
{
	memmove(g->items + at, g->items + at + 1, (g->count - at - 1) * sizeof *g->items);
	g->count--;
	s->intervals--;
}

int dts_gtid_set_include(struct dts_gtid_set *s, const struct dts_gtid *gtid)
{
	uint64_t n = gtid->number;

	if (n == 0 || n > DTS_GTID_NUMBER_MAX || (s->intervals == DTS_GTID_MAX_INTERVALS && !dts_gtid_set_contain(s, gtid)))
		return -1;
	struct dts_gtid_group *g = use_group(s, gtid->uuid, gtid->tag);
	if (!g)
		return -1;
	if (g->count > 0 && g->items[g->count - 1].end == n) {
		g->items[g->count - 1].end++;
		return 0;
	}
	size_t at = find_interval(g, n);
	bool behind = at > 0 && g->items[at - 1].end == n;
	bool before = at < g->count && g->items[at].first == n + 1;
	if (at < g->count && g->items[at].first <= n)
		return 0; /* has it */
	if (behind && before) {
		g->items[at - 1].end = g->items[at].end;
		remove_interval(s, g, at);
	} else if (behind) {
		g->items[at - 1].end++;
	} else if (before) {
		g->items[at].first--;
	} else {
		reserve_intervals(g, g->count + 1);
		memmove(g->items + at + 1, g->items + at, (g->count - at) * sizeof *g->items);
		g->items[at] = (struct dts_gtid_interval){n, n + 1};
		g->count++;
		s->intervals++;
	}
	return 0;
}

/* Puts an interval in, in place of all that it meets. */
static int include_interval(struct dts_gtid_set *s, struct dts_gtid_group *g, struct dts_gtid_interval i)
{
	size_t at = find_interval(g, i.first), behind;

	if (at > 0 && g->items[at - 1].end == i.first)
		at--;
	for (behind = at; behind < g->count && g->items[behind].first <= i.end; behind++) {
		i.first = g->items[behind].first < i.first ? g->items[behind].first : i.first;
		i.end = g->items[behind].end > i.end ? g->items[behind].end : i.end;
	}
	if (behind == at && s->intervals == DTS_GTID_MAX_INTERVALS)
		return -1;
	reserve_intervals(g, g->count + 1);
	memmove(g->items + at + 1, g->items + behind, (g->count - behind) * sizeof *g->items);
	g->items[at] = i;
	g->count = g->count - (behind - at) + 1;
	s->intervals = s->intervals - (behind - at) + 1;
	return 0;
}

int dts_gtid_set_unite(struct dts_gtid_set *s, const struct dts_gtid_set *other)
{
	for (size_t i = 0; i < other->count; i++) {
		const struct dts_gtid_group *from = &other->groups[i];
		struct dts_gtid_group *g = use_group(s, from->uuid, from->tag);

		for (size_t k = 0; k < from->count; k++)
			if (!g || include_interval(s, g, from->items[k]) < 0)
				return -1;
	}
	return 0;
}

bool dts_gtid_set_contain(const struct dts_gtid_set *s, const struct dts_gtid *gtid)
{
	const struct dts_gtid_group *g = find_group(s, gtid->uuid, gtid->tag);
	size_t at = g ? find_interval(g, gtid->number) : 0;

	return g && at < g->count && g->items[at].first <= gtid->number;
}

/* Both are in order, and intervals do not touch: each of `b` must lie within one of `a`. */
static bool group_covers(const struct dts_gtid_group *a, const struct dts_gtid_group *b)
{
	size_t at = 0;

	for (size_t i = 0; i < b->count; i++) {
		while (at < a->count && a->items[at].end < b->items[i].end)
			at++;
		if (at == a->count || a->items[at].first > b->items[i].first)
			return false;
	}
	return true;
}

bool dts_gtid_set_cover(const struct dts_gtid_set *a, const struct dts_gtid_set *b)
{
	for (size_t i = 0; i < b->count; i++) {
		const struct dts_gtid_group *g = find_group(a, b->groups[i].uuid, b->groups[i].tag);
		if (!g || !group_covers(g, &b->groups[i]))
			return false;
	}
	return true;
}

bool dts_gtid_set_equal(const struct dts_gtid_set *a, const struct dts_gtid_set *b)
{
	if (a->count != b->count || a->intervals != b->intervals)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		const struct dts_gtid_group *x = &a->groups[i], *y = &b->groups[i];
		if (compare_key(x, y->uuid, y->tag) != 0 || x->count != y->count ||
		    memcmp(x->items, y->items, x->count * sizeof *x->items) != 0)
			return false;
	}
	return true;
}

/* ---- reading many ---- */

static int too_many(struct dts_error *err)
{
	return dts_fail(err, DTS_BAD_INPUT, "a GTID set of more than %d groups or %d intervals", DTS_GTID_MAX_GROUPS,
			DTS_GTID_MAX_INTERVALS);
}

/* Puts an interval behind the others, which may then be out of order. */
static int append(struct dts_gtid_set *s, struct dts_gtid_group *g, uint64_t first, uint64_t end, struct dts_error *err)
{
	if (s->intervals == DTS_GTID_MAX_INTERVALS)
		return too_many(err);
	reserve_intervals(g, g->count + 1);
	g->items[g->count++] = (struct dts_gtid_interval){first, end};
	s->intervals++;
	return 0;
}

static int compare_intervals(const void *a, const void *b)
{
	const struct dts_gtid_interval *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

/* Sorts what was appended, and joins what overlaps or touches. */
static void put_in_order(struct dts_gtid_set *s)
{
	s->intervals = 0;
	for (size_t i = 0; i < s->count; i++) {
		struct dts_gtid_group *g = &s->groups[i];
		size_t kept = 0;
		bool sorted = true;

		for (size_t k = 1; k < g->count; k++)
			sorted = sorted && g->items[k - 1].first <= g->items[k].first;
		if (!sorted)
			qsort(g->items, g->count, sizeof *g->items, compare_intervals);
		for (size_t k = 0; k < g->count; k++) {
			if (kept > 0 && g->items[k].first <= g->items[kept - 1].end) {
				if (g->items[kept - 1].end < g->items[k].end)
					g->items[kept - 1].end = g->items[k].end;
			} else {
				g->items[kept++] = g->items[k];
			}
		}
		g->count = kept;
		s->intervals += kept;
	}
}

/* ---- text ---- */

static void skip_space(struct dts_slice *text)
{
	while (text->len > 0 && (text->p[0] == ' ' || text->p[0] == '\t' || text->p[0] == '\n' || text->p[0] == '\r')) {
		text->p++;
		text->len--;
	}
}

/* The character, with white space around it. */
static bool take(struct dts_slice *text, char c)
{
	skip_space(text);
	if (text->len == 0 || text->p[0] != c)
		return false;
	text->p++;
	text->len--;
	skip_space(text);
	return true;
}

static int bad_text(const char *want, struct dts_slice rest, struct dts_error *err)
{
	if (rest.len == 0)
		return dts_fail(err, DTS_BAD_INPUT, "a GTID set ends where %s belongs", want);
	return dts_fail(err, DTS_BAD_INPUT, "a GTID set has '%.*s' where %s belongs", rest.len > 60 ? 60 : (int)rest.len, rest.p,
			want);
}

/* "5" or "1-5" at the front of *text. */
static int read_interval(struct dts_slice *text, uint64_t *first, uint64_t *end, struct dts_error *err)
{
	struct dts_slice start = *text;
	uint64_t last;

	if (!dts_gtid_number(text, DTS_GTID_NUMBER_MAX, first) || *first == 0)
		return bad_text("a number from 1 to 2^63-2", start, err);
	last = *first;
	if (take(text, '-')) {
		struct dts_slice second = *text;
		if (!dts_gtid_number(text, DTS_GTID_NUMBER_MAX, &last))
			return bad_text("a number from 1 to 2^63-2", second, err);
		/* The server takes it for nothing; who wrote it meant something. */
		if (last < *first)
			return bad_text("an interval that is not reversed", start, err);
	}
	*end = last + 1;
	return 0;
}

/* uuid:interval:tag:interval..., at the front of *text. */
static int read_item(struct dts_gtid_set *s, struct dts_slice *text, struct dts_error *err)
{
	char tag[DTS_GTID_TAG_MAX + 1] = "";
	unsigned char uuid[16];
	uint64_t first = 0, end = 0;

	if (!dts_gtid_uuid(text, uuid))
		return bad_text("a UUID", *text, err);
	if (!take(text, ':'))
		return bad_text("a colon", *text, err);
	do {
		if (text->len > 0 && !(text->p[0] >= '0' && text->p[0] <= '9')) {
			struct dts_slice start = *text;
			if (!dts_gtid_tag(text, tag))
				return bad_text("a number or a tag of at most 32 letters", start, err);
			if (!take(text, ':'))
				return bad_text("a colon", *text, err);
		}
		if (read_interval(text, &first, &end, err) < 0)
			return -1;
		struct dts_gtid_group *g = use_group(s, uuid, tag);
		if (!g)
			return too_many(err);
		if (append(s, g, first, end, err) < 0)
			return -1;
	} while (take(text, ':'));
	return 0;
}

int dts_gtid_set_parse(struct dts_gtid_set *s, struct dts_slice text, struct dts_error *err)
{
	dts_gtid_set_clear(s);
	skip_space(&text);
	if (text.len == 0)
		return 0;
	int rc;
	do {
		rc = read_item(s, &text, err);
	} while (rc == 0 && take(&text, ','));
	if (rc == 0 && text.len > 0)
		rc = bad_text("a comma or a colon", text, err);
	if (rc == 0)
		put_in_order(s);
	else
		dts_gtid_set_clear(s);
	return rc;
}

void dts_gtid_set_add(struct dts_buf *b, const struct dts_gtid_set *s)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct dts_gtid_group *g = &s->groups[i];

		/* Groups of one uuid stand behind it, the one without a tag first. */
		if (i == 0 || memcmp(g->uuid, s->groups[i - 1].uuid, 16) != 0) {
			if (i > 0)
				dts_buf_addc(b, ',');
			dts_gtid_add_uuid(b, g->uuid);
		}
		if (g->tag[0]) {
			dts_buf_addc(b, ':');
			dts_buf_adds(b, g->tag);
		}
		for (size_t k = 0; k < g->count; k++) {
			dts_buf_addc(b, ':');
			dts_buf_addu(b, g->items[k].first);
			if (g->items[k].end - g->items[k].first > 1) {
				dts_buf_addc(b, '-');
				dts_buf_addu(b, g->items[k].end - 1);
			}
		}
	}
}

/* ---- binary ---- */

static void add_integer(struct dts_buf *b, uint64_t n)
{
	for (unsigned i = 0; i < 8; i++)
		dts_buf_addc(b, (char)(n >> 8 * i & 0xff));
}

void dts_gtid_set_encode(struct dts_buf *b, const struct dts_gtid_set *s)
{
	bool tagged = false;

	for (size_t i = 0; i < s->count; i++)
		tagged = tagged || s->groups[i].tag[0];
	add_integer(b, tagged ? (uint64_t)1 << 56 | (uint64_t)s->count << 8 | 1 : s->count);
	for (size_t i = 0; i < s->count; i++) {
		const struct dts_gtid_group *g = &s->groups[i];
		size_t len = strlen(g->tag);

		dts_buf_add(b, g->uuid, sizeof g->uuid);
		if (tagged) {
			dts_buf_addc(b, (char)(len << 1));
			dts_buf_add(b, g->tag, len);
		}
		add_integer(b, g->count);
		for (size_t k = 0; k < g->count; k++) {
			add_integer(b, g->items[k].first);
			add_integer(b, g->items[k].end);
		}
	}
}

static bool read_bytes(struct dts_slice *bytes, void *to, size_t len)
{
	if (bytes->len < len)
		return false;
	memcpy(to, bytes->p, len);
	bytes->p += len;
	bytes->len -= len;
	return true;
}

static bool read_integer(struct dts_slice *bytes, uint64_t *n)
{
	unsigned char raw[8];

	*n = 0;
	if (!read_bytes(bytes, raw, sizeof raw))
		return false;
	for (unsigned i = 0; i < 8; i++)
		*n |= (uint64_t)raw[i] << 8 * i;
	return true;
}

static bool read_tag(struct dts_slice *bytes, char tag[DTS_GTID_TAG_MAX + 1])
{
	char text[DTS_GTID_TAG_MAX];
	unsigned char twice;

	tag[0] = '\0';
	if (!read_bytes(bytes, &twice, 1) || twice % 2 || twice / 2 > DTS_GTID_TAG_MAX || !read_bytes(bytes, text, twice / 2))
		return false;
	struct dts_slice rest = dts_slice(text, twice / 2);
	return rest.len == 0 || (dts_gtid_tag(&rest, tag) && rest.len == 0 && memcmp(tag, text, twice / 2) == 0);
}

static int bad_bytes(struct dts_error *err)
{
	return dts_fail(err, DTS_BAD_INPUT, "a GTID set in binary form is damaged");
}

static int decode_group(struct dts_gtid_set *s, struct dts_slice *bytes, bool tagged, struct dts_error *err)
{
	char tag[DTS_GTID_TAG_MAX + 1] = "";
	uint64_t count, before = 0;
	unsigned char uuid[16];

	if (!read_bytes(bytes, uuid, sizeof uuid) || (tagged && !read_tag(bytes, tag)) || !read_integer(bytes, &count) ||
	    count == 0 || count > bytes->len / 16)
		return bad_bytes(err);
	struct dts_gtid_group *g = use_group(s, uuid, tag);
	if (!g)
		return too_many(err);
	if (g->count > 0)
		return bad_bytes(err);
	for (uint64_t i = 0; i < count; i++) {
		uint64_t first = 0, end = 0;

		read_integer(bytes, &first);
		read_integer(bytes, &end);
		if (first <= before || end <= first || end > DTS_GTID_NUMBER_MAX + 1)
			return bad_bytes(err);
		if (append(s, g, first, end, err) < 0)
			return -1;
		before = end;
	}
	return 0;
}

int dts_gtid_set_decode(struct dts_gtid_set *s, struct dts_slice bytes, struct dts_error *err)
{
	uint64_t head, groups;

	dts_gtid_set_clear(s);
	if (!read_integer(&bytes, &head))
		return bad_bytes(err);
	bool tagged = head >> 56 != 0;
	if (tagged && (head >> 56 != 1 || (head & 0xff) != 1))
		return dts_fail(err, DTS_BAD_INPUT, "a GTID set in a binary form that is not known (%u)", (unsigned)(head >> 56));
	groups = tagged ? head << 8 >> 16 : head;
	for (uint64_t i = 0; i < groups; i++)
		if (decode_group(s, &bytes, tagged, err) < 0) {
			dts_gtid_set_clear(s);
			return -1;
		}
	if (bytes.len > 0) {
		dts_gtid_set_clear(s);
		return bad_bytes(err);
	}
	return 0;
}
