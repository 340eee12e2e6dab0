#include "log/frame.h"

#include <stdlib.h>

#include "base/bytes.h"

enum {
	VERSION = 1,
	MOST_TABLES = 200, /* in a head: who touches more has no use for them */
	MOST_HEAD = 256 << 20, /* bytes; a foot names all tables of its segment, and three sets of GTIDs */
};

void dts_frame_tables_clear(struct dts_frame_tables *t)
{
	for (size_t i = 0; i < t->count; i++) {
		free(t->items[i].db);
		free(t->items[i].table);
	}
	dts_map_release(&t->index, NULL);
	t->count = 0;
	t->any = false;
}

void dts_frame_tables_release(struct dts_frame_tables *t)
{
	dts_frame_tables_clear(t);
	free(t->items);
	dts_buf_release(&t->key);
	*t = (struct dts_frame_tables){0};
}

void dts_frame_tables_note(struct dts_frame_tables *t, struct dts_slice db, struct dts_slice table, uint64_t changes, uint64_t bytes)
{
	struct dts_slice key = dts_map_pair(&t->key, db, table);
	size_t place = (size_t)(uintptr_t)dts_map_get(&t->index, key);

	if (place == 0) {
		if (t->count == t->cap) {
			t->cap = t->cap > 0 ? 2 * t->cap : 8;
			t->items = dts_realloc(t->items, t->cap * sizeof *t->items);
		}
		t->items[t->count++] = (struct dts_frame_table){dts_slice_dup(db), dts_slice_dup(table), 0, 0};
		place = t->count;
		dts_map_set(&t->index, key, (void *)(uintptr_t)place);
	}
	t->items[place - 1].changes += changes;
	t->items[place - 1].bytes += bytes;
}

void dts_frame_tables_merge(struct dts_frame_tables *to, const struct dts_frame_tables *from)
{
	for (size_t i = 0; i < from->count; i++)
		dts_frame_tables_note(to, dts_slice_of(from->items[i].db), dts_slice_of(from->items[i].table), from->items[i].changes,
				      from->items[i].bytes);
	to->any |= from->any;
}

bool dts_frame_tables_have(const struct dts_frame_tables *t, bool (*keeps)(void *context, struct dts_slice db, struct dts_slice table),
			   void *context)
{
	if (t->any)
		return true;
	for (size_t i = 0; i < t->count; i++)
		if (keeps(context, dts_slice_of(t->items[i].db), dts_slice_of(t->items[i].table)))
			return true;
	return false;
}

void dts_frame_head_release(struct dts_frame_head *h)
{
	dts_position_release(&h->from);
	dts_position_release(&h->to);
	dts_gtids_release(&h->gtids);
	dts_frame_tables_release(&h->tables);
	*h = (struct dts_frame_head){0};
}

void dts_frame_head_clear(struct dts_frame_head *h)
{
	struct dts_frame_head kept = {.from = h->from, .to = h->to, .gtids = h->gtids, .tables = h->tables};

	dts_frame_tables_clear(&kept.tables);
	dts_gtids_clear(&kept.gtids);
	dts_gtids_clear(&kept.from.gtid);
	dts_gtids_clear(&kept.to.gtid);
	dts_position_set(&kept.from, DTS_LIT(""), 0);
	dts_position_set(&kept.to, DTS_LIT(""), 0);
	*h = kept;
}

/* The numbers of a head, in the order in which they are written. Those that are 0 are left out. */
static const struct number {
	const char *name;
	size_t at;
} numbers[] = {
#define NUMBER(name, member) {name, offsetof(struct dts_frame_head, member)}
	NUMBER("segment", segment),	  NUMBER("at", at),	      NUMBER("frames", frames),
	NUMBER("packed", packed),	  NUMBER("content", content), NUMBER("records", records),
	NUMBER("changes", changes),	  NUMBER("transactions", transactions),
	NUMBER("streams", streams),	  NUMBER("schemas", schemas), NUMBER("ddls", ddls),
	NUMBER("synced", synced),
	NUMBER("first-time", first_time), NUMBER("last-time", last_time),
	NUMBER("newest-before", newest_before),
#undef NUMBER
};

static uint64_t *number_at(const struct dts_frame_head *h, size_t i)
{
	return (uint64_t *)(void *)((char *)(uintptr_t)h + numbers[i].at);
}

static void add_tables(struct dts_buf *out, const struct dts_frame_tables *t, bool all)
{
	if (t->any || (!all && t->count > MOST_TABLES))
		dts_buf_adds(out, ",\"any-table\":true");
	if (t->count == 0 || (!all && t->count > MOST_TABLES))
		return;
	dts_buf_adds(out, ",\"tables\":[");
	for (size_t i = 0; i < t->count; i++) {
		dts_buf_adds(out, i > 0 ? ",[" : "[");
		dts_json_add_string(out, dts_slice_of(t->items[i].db));
		dts_buf_addc(out, ',');
		dts_json_add_string(out, dts_slice_of(t->items[i].table));
		dts_buf_addc(out, ',');
		dts_buf_addu(out, t->items[i].changes);
		dts_buf_addc(out, ',');
		dts_buf_addu(out, t->items[i].bytes);
		dts_buf_addc(out, ']');
	}
	dts_buf_addc(out, ']');
}

static void add_json(struct dts_buf *out, const struct dts_frame_head *h, bool foot)
{
	dts_buf_addf(out, "{\"v\":%d", VERSION);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		uint64_t n = *number_at(h, i);

		if (n == 0)
			continue;
		dts_buf_addf(out, ",\"%s\":", numbers[i].name);
		dts_buf_addu(out, n);
	}
	if (h->inside)
		dts_buf_adds(out, ",\"inside\":true");
	if (dts_gtids_known(&h->gtids)) {
		dts_buf_adds(out, ",\"gtids\":\"");
		dts_gtids_add(out, &h->gtids);
		dts_buf_addc(out, '"');
	}
	add_tables(out, &h->tables, foot);
	if (h->first || foot) {
		dts_buf_adds(out, ",\"from\":");
		dts_position_add(out, &h->from, true);
	}
	dts_buf_adds(out, ",\"to\":");
	dts_position_add(out, &h->to, true);
	dts_buf_addc(out, '}');
}

static void put32(char *p, uint64_t n)
{
	for (int i = 0; i < 4; i++)
		p[i] = (char)(n >> 8 * i & 0xff);
}

static uint32_t get32(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return u[0] | (uint32_t)u[1] << 8 | (uint32_t)u[2] << 16 | (uint32_t)u[3] << 24;
}

void dts_frame_head_add(struct dts_buf *out, const struct dts_frame_head *h, bool foot)
{
	const size_t start = out->len;

	dts_buf_add(out, "\0\0\0\0\0\0\0\0\0\0\0", DTS_FRAME_PREFIX + 4);
	add_json(out, h, foot);
	if (foot)
		dts_buf_add(out, "\0\0\0", 4);
	const size_t size = out->len - start;
	char *p = out->data + start;
	put32(p, foot ? DTS_FRAME_FOOT_MAGIC : DTS_FRAME_HEAD_MAGIC);
	put32(p + 4, size - DTS_FRAME_PREFIX);
	if (foot)
		put32(p + size - 4, size);
	put32(p + DTS_FRAME_PREFIX, dts_crc32(0, p + DTS_FRAME_PREFIX + 4, size - DTS_FRAME_PREFIX - 4));
}

enum dts_frame_kind dts_frame_prefix(const char *p, uint64_t *size)
{
	const uint32_t magic = get32(p), payload = get32(p + 4);
	const bool foot = magic == DTS_FRAME_FOOT_MAGIC;

	*size = (uint64_t)payload + DTS_FRAME_PREFIX;
	if ((magic != DTS_FRAME_HEAD_MAGIC && !foot) || payload < 4 + 2 + (foot ? 4 : 0) || payload > MOST_HEAD)
		return DTS_FRAME_NONE;
	return foot ? DTS_FRAME_FOOT : DTS_FRAME_HEAD;
}

static int bad(struct dts_error *err, const char *member)
{
	return dts_fail(err, DTS_BAD_INPUT, "the head of a frame: '%s' is not what it should be", member);
}

/* [db, table, changes, bytes] */
static int parse_table(struct dts_frame_tables *t, struct dts_json value, struct dts_buf *scratch, struct dts_buf *second)
{
	struct dts_json part[4];
	uint64_t changes, bytes;
	size_t n = 0;

	if (value.type != DTS_JSON_ARRAY)
		return -1;
	struct dts_json_walk walk = dts_json_walk(value.raw);
	while (n < 4 && dts_json_element(&walk, &part[n]))
		n++;
	if (n < 4 || part[0].type != DTS_JSON_STRING || part[1].type != DTS_JSON_STRING || !dts_json_u64(part[2].raw, &changes) ||
	    !dts_json_u64(part[3].raw, &bytes))
		return -1;
	dts_frame_tables_note(t, dts_json_string(part[0].raw, scratch), dts_json_string(part[1].raw, second), changes, bytes);
	return 0;
}

static int parse_tables(struct dts_frame_tables *t, struct dts_json value)
{
	struct dts_buf scratch = {0}, second = {0};
	struct dts_json table;
	int rc = value.type == DTS_JSON_ARRAY ? 0 : -1;

	if (rc == 0) {
		struct dts_json_walk walk = dts_json_walk(value.raw);
		while (rc == 0 && dts_json_element(&walk, &table))
			rc = parse_table(t, table, &scratch, &second);
	}
	dts_buf_release(&scratch);
	dts_buf_release(&second);
	return rc;
}

/* They come in the order of the table: `next` is the place of the one that is most likely. */
static int parse_number(struct dts_frame_head *h, struct dts_slice key, struct dts_json value, size_t *next)
{
	const size_t count = sizeof numbers / sizeof *numbers;

	for (size_t k = 0; k < count; k++) {
		const size_t i = (*next + k) % count;

		if (!dts_json_key_is(key, numbers[i].name))
			continue;
		*next = i + 1;
		return dts_json_u64(value.raw, number_at(h, i)) ? 1 : -1;
	}
	return 0;
}

/* Members that are not known are from a later version, which says by `v` when they must be. */
static int parse_member(struct dts_frame_head *h, struct dts_slice key, struct dts_json value, size_t *next, bool *has_to,
			struct dts_error *err)
{
	int rc = value.type == DTS_JSON_NUMBER ? parse_number(h, key, value, next) : 0;

	if (rc != 0)
		return rc < 0 ? bad(err, "a number") : 0;
	if (dts_json_key_is(key, "inside"))
		h->inside = value.type == DTS_JSON_TRUE;
	else if (dts_json_key_is(key, "any-table"))
		h->tables.any = value.type == DTS_JSON_TRUE;
	else if (dts_json_key_is(key, "tables"))
		return parse_tables(&h->tables, value) < 0 ? bad(err, "tables") : 0;
	else if (dts_json_key_is(key, "from")) {
		h->first = true;
		return dts_position_parse(&h->from, value.raw, err);
	} else if (dts_json_key_is(key, "to")) {
		*has_to = true;
		return dts_position_parse(&h->to, value.raw, err);
	} else if (dts_json_key_is(key, "gtids")) {
		if (value.type != DTS_JSON_STRING)
			return bad(err, "gtids");
		return dts_gtids_parse(&h->gtids, dts_slice(value.raw.p + 1, value.raw.len - 2), DTS_GTID_MYSQL, err);
	} else if (parse_number(h, key, value, next) != 0)
		return bad(err, "a number");
	return 0;
}

static int parse_json(struct dts_frame_head *h, struct dts_slice json, struct dts_error *err)
{
	struct dts_slice key;
	struct dts_json value;
	uint64_t version;
	size_t next = 0;
	bool has_to = false;

	if (dts_json_check(json, err) < 0 || dts_json_value(json).type != DTS_JSON_OBJECT)
		return bad(err, "it");
	value = dts_json_get(json, "v");
	if (!value.raw.p || !dts_json_u64(value.raw, &version))
		return bad(err, "v");
	if (version != VERSION) {
		dts_fail(err, DTS_BAD_INPUT, "the log is of version %llu", (unsigned long long)version);
		return dts_hint(err, "this program reads version %d: a newer one has written it", VERSION);
	}
	struct dts_json_walk walk = dts_json_walk(json);
	dts_json_member(&walk, &key, &value); /* "v", most likely, and else seen again */
	if (!dts_json_key_is(key, "v"))
		walk = dts_json_walk(json);
	while (dts_json_member(&walk, &key, &value))
		if (parse_member(h, key, value, &next, &has_to, err) < 0)
			return -1;
	return has_to ? 0 : bad(err, "to");
}

int dts_frame_head_parse(struct dts_frame_head *h, struct dts_slice bytes, struct dts_error *err)
{
	uint64_t size = 0;
	enum dts_frame_kind kind = bytes.len < DTS_FRAME_PREFIX ? DTS_FRAME_NONE : dts_frame_prefix(bytes.p, &size);

	dts_frame_head_clear(h);
	if (kind == DTS_FRAME_NONE || size != bytes.len ||
	    get32(bytes.p + DTS_FRAME_PREFIX) != dts_crc32(0, bytes.p + DTS_FRAME_PREFIX + 4, bytes.len - DTS_FRAME_PREFIX - 4))
		return dts_fail(err, DTS_BAD_INPUT, "the head of a frame is damaged");
	const size_t before = DTS_FRAME_PREFIX + 4, behind = kind == DTS_FRAME_FOOT ? 4 : 0;
	if (behind > 0 && get32(bytes.p + bytes.len - 4) != size)
		return dts_fail(err, DTS_BAD_INPUT, "the foot of the segment is damaged");
	return parse_json(h, dts_slice(bytes.p + before, bytes.len - before - behind), err);
}

/* Takes in the GTIDs of a frame; one frame without them all leaves them unknown. */
static void sum_gtids(struct dts_frame_head *sum, const struct dts_frame_head *h)
{
	if (sum->frames == 0 || !dts_gtids_known(&h->gtids) || dts_gtids_is_empty(&sum->gtids)) {
		if (sum->frames == 0 || dts_gtids_known(&sum->gtids))
			dts_gtids_copy(&sum->gtids, &h->gtids);
		return;
	}
	if (dts_gtids_known(&sum->gtids) && dts_gtids_unite(&sum->gtids, &h->gtids) < 0)
		dts_gtids_clear(&sum->gtids);
}

void dts_frame_head_sum(struct dts_frame_head *sum, const struct dts_frame_head *h)
{
	sum_gtids(sum, h);
	if (sum->frames == 0) {
		dts_position_copy(&sum->from, &h->from);
		dts_gtids_copy(&sum->to.gtid, &h->from.gtid);
		sum->newest_before = h->newest_before;
	}
	/* Where MySQL says by a whole set what is behind, a stream record has it, and so a segment begins with it. */
	if (dts_gtids_known(&h->to.gtid))
		dts_gtids_copy(&sum->to.gtid, &h->to.gtid);
	else if (!dts_gtids_known(&h->gtids) || dts_gtids_unite(&sum->to.gtid, &h->gtids) < 0)
		dts_gtids_clear(&sum->to.gtid);
	memcpy(sum->to.file, h->to.file, sizeof sum->to.file);
	sum->to.offset = h->to.offset;
	sum->to.created = h->to.created;
	sum->frames++;
	sum->content += h->content;
	sum->records += h->records;
	sum->changes += h->changes;
	sum->transactions += h->transactions;
	sum->streams += h->streams;
	sum->schemas += h->schemas;
	sum->ddls += h->ddls;
	sum->inside = h->inside;
	if (h->first_time != 0 && (sum->first_time == 0 || h->first_time < sum->first_time))
		sum->first_time = h->first_time;
	if (h->last_time > sum->last_time)
		sum->last_time = h->last_time;
	dts_frame_tables_merge(&sum->tables, &h->tables);
}
