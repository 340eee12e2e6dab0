#include "record/gtid.h"

#include <stdlib.h>

/* ---- single GTIDs ---- */

bool dts_gtid_number(struct dts_slice *text, uint64_t max, uint64_t *n)
{
	uint64_t value = 0;
	size_t len = 0;

	for (; len < text->len && text->p[len] >= '0' && text->p[len] <= '9'; len++) {
		uint64_t digit = (uint64_t)(text->p[len] - '0');
		if (value > (max - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*n = value;
	text->p += len;
	text->len -= len;
	return len > 0;
}

static bool take(struct dts_slice *text, char c)
{
	if (text->len == 0 || text->p[0] != c)
		return false;
	text->p++;
	text->len--;
	return true;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool dts_gtid_uuid(struct dts_slice *text, unsigned char uuid[16])
{
	const char *p = text->p;

	if (text->len < 36)
		return false;
	for (size_t i = 0; i < 16; i++, p += 2) {
		if ((i == 4 || i == 6 || i == 8 || i == 10) && *p++ != '-')
			return false;
		int high = hex_digit(p[0]), low = hex_digit(p[1]);
		if (high < 0 || low < 0)
			return false;
		uuid[i] = (unsigned char)(high << 4 | low);
	}
	text->p += 36;
	text->len -= 36;
	return true;
}

/* A letter or underscore, then those and digits; case does not count. */
bool dts_gtid_tag(struct dts_slice *text, char tag[DTS_GTID_TAG_MAX + 1])
{
	size_t len = 0;

	for (; len < text->len; len++) {
		char c = text->p[len];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (!((c >= 'a' && c <= 'z') || c == '_' || (len > 0 && c >= '0' && c <= '9')))
			break;
		if (len == DTS_GTID_TAG_MAX)
			return false;
		tag[len] = c;
	}
	tag[len] = '\0';
	text->p += len;
	text->len -= len;
	return len > 0;
}

void dts_gtid_add_uuid(struct dts_buf *b, const unsigned char uuid[16])
{
	for (size_t i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			dts_buf_addc(b, '-');
		dts_buf_addc(b, "0123456789abcdef"[uuid[i] >> 4]);
		dts_buf_addc(b, "0123456789abcdef"[uuid[i] & 15]);
	}
}

/* domain-server-sequence at the front of *text. */
static bool read_last(struct dts_slice *text, struct dts_gtid_last *last)
{
	uint64_t domain, server;

	if (!dts_gtid_number(text, UINT32_MAX, &domain) || !take(text, '-') ||
	    !dts_gtid_number(text, UINT32_MAX, &server) || !take(text, '-') ||
	    !dts_gtid_number(text, UINT64_MAX, &last->sequence))
		return false;
	last->domain = (uint32_t)domain;
	last->server = (uint32_t)server;
	return true;
}

bool dts_gtid_parse(struct dts_gtid *gtid, struct dts_slice text)
{
	struct dts_slice rest = text;
	struct dts_gtid_last last;

	*gtid = (struct dts_gtid){0};
	/* A uuid may begin like one, with digits only. */
	if (read_last(&rest, &last) && rest.len == 0) {
		*gtid = (struct dts_gtid){.form = DTS_GTID_MARIADB, .domain = last.domain, .server = last.server,
					  .number = last.sequence};
		return true;
	}
	rest = text;
	gtid->form = DTS_GTID_MYSQL;
	if (!dts_gtid_uuid(&rest, gtid->uuid) || !take(&rest, ':'))
		return false;
	if (rest.len > 0 && !(rest.p[0] >= '0' && rest.p[0] <= '9') && (!dts_gtid_tag(&rest, gtid->tag) || !take(&rest, ':')))
		return false;
	return dts_gtid_number(&rest, DTS_GTID_NUMBER_MAX, &gtid->number) && gtid->number > 0 && rest.len == 0;
}

static void add_last(struct dts_buf *b, const struct dts_gtid_last *last)
{
	dts_buf_addu(b, last->domain);
	dts_buf_addc(b, '-');
	dts_buf_addu(b, last->server);
	dts_buf_addc(b, '-');
	dts_buf_addu(b, last->sequence);
}

void dts_gtid_add(struct dts_buf *b, const struct dts_gtid *gtid)
{
	if (gtid->form == DTS_GTID_MARIADB) {
		add_last(b, &(struct dts_gtid_last){gtid->domain, gtid->server, gtid->number});
		return;
	}
	dts_gtid_add_uuid(b, gtid->uuid);
	dts_buf_addc(b, ':');
	if (gtid->tag[0]) {
		dts_buf_adds(b, gtid->tag);
		dts_buf_addc(b, ':');
	}
	dts_buf_addu(b, gtid->number);
}

/* ---- MariaDB's lists ---- */

/* Where the domain is, or is to be put in. */
static size_t find_domain(const struct dts_gtid_list *list, uint32_t domain)
{
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (list->items[middle].domain < domain)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static const struct dts_gtid_last *last_of(const struct dts_gtid_list *list, uint32_t domain)
{
	size_t at = find_domain(list, domain);

	return at < list->count && list->items[at].domain == domain ? &list->items[at] : NULL;
}

static void reserve_list(struct dts_gtid_list *list, size_t count)
{
	if (count <= list->cap)
		return;
	list->cap = list->cap * 2 > count ? list->cap * 2 : count;
	list->items = dts_realloc(list->items, list->cap * sizeof *list->items);
}

static int set_last(struct dts_gtid_list *list, struct dts_gtid_last last)
{
	size_t at = find_domain(list, last.domain);

	if (at == list->count || list->items[at].domain != last.domain) {
		if (list->count == DTS_GTID_MAX_GROUPS)
			return -1;
		reserve_list(list, list->count + 1);
		memmove(list->items + at + 1, list->items + at, (list->count - at) * sizeof *list->items);
		list->count++;
	}
	list->items[at] = last;
	return 0;
}

static int bad_text(struct dts_slice text, struct dts_error *err)
{
	return dts_fail(err, DTS_BAD_INPUT, "'%.*s' is neither a list of MariaDB GTIDs, such as 0-1-6,1-1-9, nor a set of "
			"MySQL GTIDs, such as UUID:1-5", text.len > 300 ? 300 : (int)text.len, text.p);
}

static int parse_list(struct dts_gtid_list *list, struct dts_slice text, struct dts_error *err)
{
	struct dts_slice rest = text;

	do {
		struct dts_gtid_last last;

		if (!read_last(&rest, &last) || (rest.len > 0 && rest.p[0] != ','))
			return bad_text(text, err);
		if (last_of(list, last.domain))
			return dts_fail(err, DTS_BAD_INPUT, "'%.*s' has two GTIDs of domain %u, where only the last of each "
					"domain belongs", text.len > 300 ? 300 : (int)text.len, text.p, (unsigned)last.domain);
		if (set_last(list, last) < 0)
			return dts_fail(err, DTS_BAD_INPUT, "a list of GTIDs of more than %d domains", DTS_GTID_MAX_GROUPS);
	} while (take(&rest, ','));
	return 0;
}

static void add_list(struct dts_buf *b, const struct dts_gtid_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		if (i > 0)
			dts_buf_addc(b, ',');
		add_last(b, &list->items[i]);
	}
}

static bool list_covers(const struct dts_gtid_list *a, const struct dts_gtid_list *b)
{
	for (size_t i = 0; i < b->count; i++) {
		const struct dts_gtid_last *last = last_of(a, b->items[i].domain);
		if (!last || last->sequence < b->items[i].sequence)
			return false;
	}
	return true;
}

static bool lists_equal(const struct dts_gtid_list *a, const struct dts_gtid_list *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->items[i].domain != b->items[i].domain || a->items[i].server != b->items[i].server ||
		    a->items[i].sequence != b->items[i].sequence)
			return false;
	return true;
}

/* ---- either ---- */

void dts_gtids_release(struct dts_gtids *g)
{
	free(g->list.items);
	dts_gtid_set_release(&g->set);
	*g = (struct dts_gtids){0};
}

void dts_gtids_clear(struct dts_gtids *g)
{
	dts_gtids_set_empty(g, DTS_GTID_NONE);
}

void dts_gtids_set_empty(struct dts_gtids *g, enum dts_gtid_form form)
{
	g->form = form;
	g->list.count = 0;
	dts_gtid_set_clear(&g->set);
}

void dts_gtids_copy(struct dts_gtids *to, const struct dts_gtids *from)
{
	if (to == from)
		return;
	dts_gtids_set_empty(to, from->form);
	reserve_list(&to->list, from->list.count);
	if (from->list.count > 0)
		memcpy(to->list.items, from->list.items, from->list.count * sizeof *from->list.items);
	to->list.count = from->list.count;
	dts_gtid_set_copy(&to->set, &from->set);
}

bool dts_gtids_is_empty(const struct dts_gtids *g)
{
	return g->list.count == 0 && g->set.count == 0;
}

bool dts_gtids_fits(const struct dts_gtids *g, enum dts_gtid_form form)
{
	return g->form == form || dts_gtids_is_empty(g);
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

int dts_gtids_parse(struct dts_gtids *g, struct dts_slice text, enum dts_gtid_form empty, struct dts_error *err)
{
	bool blank = true, colon = false;
	int rc = 0;

	for (size_t i = 0; i < text.len && !colon; i++) {
		blank = blank && is_space(text.p[i]);
		colon = text.p[i] == ':'; /* never in a list, always in a set */
	}
	dts_gtids_set_empty(g, blank ? empty : colon ? DTS_GTID_MYSQL : DTS_GTID_MARIADB);
	if (colon)
		rc = dts_gtid_set_parse(&g->set, text, err);
	else if (!blank)
		rc = parse_list(&g->list, text, err);
	if (rc < 0)
		dts_gtids_clear(g);
	return rc;
}

void dts_gtids_add(struct dts_buf *b, const struct dts_gtids *g)
{
	if (g->form == DTS_GTID_MARIADB)
		add_list(b, &g->list);
	else if (g->form == DTS_GTID_MYSQL)
		dts_gtid_set_add(b, &g->set);
}

int dts_gtids_include(struct dts_gtids *g, const struct dts_gtid *gtid)
{
	if (!dts_gtids_known(g) || gtid->form == DTS_GTID_NONE || !dts_gtids_fits(g, gtid->form))
		return -1;
	g->form = gtid->form;
	return g->form == DTS_GTID_MYSQL
		       ? dts_gtid_set_include(&g->set, gtid)
		       : set_last(&g->list, (struct dts_gtid_last){gtid->domain, gtid->server, gtid->number});
}

int dts_gtids_unite(struct dts_gtids *g, const struct dts_gtids *behind)
{
	if (!dts_gtids_known(g) || !dts_gtids_known(behind))
		return -1;
	if (dts_gtids_is_empty(behind))
		return 0;
	if (!dts_gtids_fits(g, behind->form))
		return -1;
	g->form = behind->form;
	if (g->form == DTS_GTID_MYSQL)
		return dts_gtid_set_unite(&g->set, &behind->set);
	for (size_t i = 0; i < behind->list.count; i++)
		if (set_last(&g->list, behind->list.items[i]) < 0)
			return -1;
	return 0;
}

int dts_gtids_advance(struct dts_gtids *g, struct dts_slice gtid)
{
	struct dts_gtid one;

	return dts_gtid_parse(&one, gtid) ? dts_gtids_include(g, &one) : -1;
}

void dts_gtids_follow(struct dts_gtids *g, struct dts_slice tx)
{
	if (dts_gtids_known(g) && dts_gtids_advance(g, tx) < 0)
		dts_gtids_clear(g);
}

bool dts_gtids_contain(const struct dts_gtids *g, const struct dts_gtid *gtid)
{
	if (gtid->form != g->form)
		return false;
	if (g->form == DTS_GTID_MYSQL)
		return dts_gtid_set_contain(&g->set, gtid);
	const struct dts_gtid_last *last = last_of(&g->list, gtid->domain);
	return last && last->sequence >= gtid->number;
}

bool dts_gtids_cover(const struct dts_gtids *a, const struct dts_gtids *b)
{
	if (!dts_gtids_known(a) || !dts_gtids_known(b))
		return false;
	/* The other family's part of each is empty. */
	return list_covers(&a->list, &b->list) && dts_gtid_set_cover(&a->set, &b->set);
}

bool dts_gtids_equal(const struct dts_gtids *a, const struct dts_gtids *b)
{
	return dts_gtids_known(a) && dts_gtids_known(b) && lists_equal(&a->list, &b->list) &&
	       dts_gtid_set_equal(&a->set, &b->set);
}
