#include "log/frame.h"

#include "base/bytes.h"

#include "unit.h"

#define U "3e11fa47-71ca-11e1-9e33-c80aa9429562"

static uint64_t random64(void)
{
	static const uint64_t extremes[] = {0, 1, UINT64_MAX, INT64_MAX, (uint64_t)1 << 53, ((uint64_t)1 << 53) - 1, UINT32_MAX};

	if (rand() % 3 == 0)
		return extremes[(size_t)rand() % (sizeof extremes / sizeof *extremes)];
	return ((uint64_t)rand() << 62 ^ (uint64_t)rand() << 31 ^ (uint64_t)rand()) >> rand() % 64;
}

static void random_gtids(struct dts_gtids *g)
{
	static const char *const texts[] = {"", "0-1-6", "0-1-6,7-4294967295-18446744073709551615", U ":1-5:7:tag:1-3", U ":1-9223372036854775806"};
	struct dts_error err = DTS_ERROR_INIT;

	dts_gtids_clear(g);
	if (rand() % 3 > 0)
		CHECK_INT(0, dts_gtids_parse(g, dts_slice_of(texts[rand() % 5]), DTS_GTID_MYSQL, &err));
}

static void random_position(struct dts_position *p)
{
	dts_position_set(p, DTS_LIT("b\"i\\n.000001"), random64());
	p->created = random64();
	random_gtids(&p->gtid);
	if (rand() % 4 == 0) { /* only a GTID position */
		dts_position_set(p, DTS_LIT(""), 0);
		dts_gtids_set_empty(&p->gtid, DTS_GTID_MYSQL);
	}
}

static void random_head(struct dts_frame_head *h, bool foot)
{
	static const char *const names[] = {"t", "", "a\"b\\c\n\x01", "\xc3\xa9\xf0\x9f\x90\xac", "shop", "shop.t"};
	uint64_t *const numbers[] = {&h->segment, &h->at, &h->packed, &h->content, &h->records, &h->changes, &h->transactions, &h->streams,
				     &h->schemas, &h->ddls, &h->frames, &h->synced, &h->first_time, &h->last_time, &h->newest_before};

	dts_frame_head_clear(h);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		*numbers[i] = random64();
	h->inside = rand() % 2;
	h->first = foot || rand() % 2;
	if (h->first)
		random_position(&h->from);
	random_position(&h->to);
	random_gtids(&h->gtids);
	h->tables.any = rand() % 2;
	for (int i = rand() % 5; i > 0; i--)
		dts_frame_tables_note(&h->tables, dts_slice_of(names[rand() % 6]), dts_slice_of(names[rand() % 6]), random64() >> 8, random64() >> 8);
}

static void check_same_gtids(const struct dts_gtids *a, const struct dts_gtids *b)
{
	CHECK(dts_gtids_known(a) == dts_gtids_known(b));
	CHECK(!dts_gtids_known(a) || dts_gtids_equal(a, b));
}

static void check_same_position(const struct dts_position *a, const struct dts_position *b)
{
	CHECK_STR(a->file, b->file);
	CHECK(a->offset == b->offset && a->created == b->created);
	check_same_gtids(&a->gtid, &b->gtid);
}

static void check_same(const struct dts_frame_head *a, const struct dts_frame_head *b)
{
	CHECK(a->segment == b->segment && a->at == b->at && a->packed == b->packed && a->content == b->content);
	CHECK(a->records == b->records && a->changes == b->changes && a->transactions == b->transactions);
	CHECK(a->streams == b->streams && a->schemas == b->schemas && a->ddls == b->ddls && a->frames == b->frames && a->synced == b->synced);
	CHECK(a->first_time == b->first_time && a->last_time == b->last_time && a->newest_before == b->newest_before);
	CHECK(a->inside == b->inside && a->first == b->first);
	check_same_position(&a->from, &b->from);
	check_same_position(&a->to, &b->to);
	check_same_gtids(&a->gtids, &b->gtids);
	CHECK(a->tables.any == b->tables.any);
	CHECK_INT(a->tables.count, b->tables.count);
	for (size_t i = 0; i < a->tables.count && i < b->tables.count; i++) {
		const struct dts_frame_table *x = &a->tables.items[i], *y = &b->tables.items[i];

		CHECK_STR(x->db, y->db);
		CHECK_STR(x->table, y->table);
		CHECK(x->changes == y->changes && x->bytes == y->bytes);
	}
}

static void test_round_trip(void)
{
	struct dts_frame_head h = {0}, read = {0};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_buf b = {0}, again = {0};
	uint64_t size;

	srand((unsigned)unit_seed());
	for (int i = 0; i < 3000; i++) {
		bool foot = rand() % 3 == 0;

		random_head(&h, foot);
		dts_buf_clear(&b);
		dts_buf_adds(&b, "before");
		dts_frame_head_add(&b, &h, foot);
		struct dts_slice bytes = dts_slice(b.data + 6, b.len - 6);
		CHECK_INT(foot ? DTS_FRAME_FOOT : DTS_FRAME_HEAD, dts_frame_prefix(bytes.p, &size));
		CHECK_INT(bytes.len, size);
		if (dts_frame_head_parse(&read, bytes, &err) < 0)
			unit_fail(__FILE__, __LINE__, "%s: %.*s", err.message, (int)bytes.len - 12, bytes.p + 12);
		check_same(&h, &read);
		dts_buf_clear(&again);
		dts_frame_head_add(&again, &read, foot);
		CHECK_MEM(bytes.p, bytes.len, again.data, again.len);
	}
	dts_buf_release(&b);
	dts_buf_release(&again);
	dts_frame_head_release(&h);
	dts_frame_head_release(&read);
}

/* No bit of a head may change, none be missing, none more be there. */
static void test_every_bit(void)
{
	struct dts_frame_head h = {0}, read = {0};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_buf b = {0};

	srand((unsigned)unit_seed());
	for (int foot = 0; foot < 2; foot++) {
		random_head(&h, foot);
		dts_buf_clear(&b);
		dts_frame_head_add(&b, &h, foot);
		for (size_t i = 0; i < 8 * b.len; i++) {
			b.data[i / 8] ^= (char)(1 << i % 8);
			if (dts_frame_head_parse(&read, dts_buf_slice(&b), &err) == 0)
				unit_fail(__FILE__, __LINE__, "bit %zu is not noticed", i);
			b.data[i / 8] ^= (char)(1 << i % 8);
		}
		for (size_t len = 0; len < b.len; len++)
			CHECK_INT(-1, dts_frame_head_parse(&read, dts_slice(b.data, len), &err));
		dts_buf_addc(&b, '\0');
		CHECK_INT(-1, dts_frame_head_parse(&read, dts_buf_slice(&b), &err));
	}
	dts_buf_release(&b);
	dts_frame_head_release(&h);
	dts_frame_head_release(&read);
}

static void put32(char *p, uint64_t n)
{
	for (int i = 0; i < 4; i++)
		p[i] = (char)(n >> 8 * i);
}

/* A head whose checksum is right, with this JSON in it: its error, or "". */
static const char *judge(const char *json)
{
	static struct dts_error err;
	struct dts_frame_head h = {0};
	struct dts_buf b = {0};

	err = (struct dts_error)DTS_ERROR_INIT;
	dts_buf_add(&b, "\0\0\0\0\0\0\0\0\0\0\0", 12);
	dts_buf_adds(&b, json);
	put32(b.data, DTS_FRAME_HEAD_MAGIC);
	put32(b.data + 4, b.len - 8);
	put32(b.data + 8, dts_crc32(0, b.data + 12, b.len - 12));
	CHECK((dts_frame_head_parse(&h, dts_buf_slice(&b), &err) < 0) == (err.message[0] != '\0'));
	CHECK(!err.message[0] || err.status == DTS_BAD_INPUT);
	dts_buf_release(&b);
	dts_frame_head_release(&h);
	return err.message;
}

#define TO "\"to\":{\"file\":\"bin.1\",\"offset\":4}"

static void test_what_is_no_head(void)
{
	static const char *const wrong[] = {
		"[]", "{}", "{\"v\":1}", "{" TO "}", "{\"v\":\"1\"," TO "}", "{\"v\":1,\"to\":{}}", "{\"v\":1,\"to\":4}",
		"{\"v\":1,\"at\":-1," TO "}", "{\"v\":1,\"at\":1.5," TO "}", "{\"v\":1,\"at\":\"1\"," TO "}", "{\"v\":1,\"at\":18446744073709551616," TO "}",
		"{\"v\":1,\"tables\":{}," TO "}", "{\"v\":1,\"tables\":[1]," TO "}", "{\"v\":1,\"tables\":[[\"a\",\"b\",1]]," TO "}",
		"{\"v\":1,\"tables\":[[\"a\",1,1,1]]," TO "}", "{\"v\":1,\"tables\":[[\"a\",\"b\",1,-1]]," TO "}", "{\"v\":1,\"gtids\":1," TO "}",
		"{\"v\":1,\"gtids\":\"x\"," TO "}", "{\"v\":1,\"from\":[]," TO "}", "{\"v\":1," TO "", "{\"v\":1," TO "} x",
	};

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		if (!judge(wrong[i])[0])
			unit_fail(__FILE__, __LINE__, "taken: %s", wrong[i]);
	CHECK_STR("", judge("{\"v\":1," TO "}"));
	CHECK_STR("", judge("{\"v\":1,\"of a later one\":[{}]," TO "}"));
	CHECK_STR("the log is of version 2", judge("{\"v\":2," TO "}"));
}

/* A size that cannot be is no head; one that can be need not be there. */
static void test_prefix(void)
{
	uint64_t size;
	char p[8];

	put32(p, DTS_FRAME_HEAD_MAGIC);
	for (uint64_t n = 0; n < 32; n++) {
		put32(p, DTS_FRAME_HEAD_MAGIC);
		put32(p + 4, n);
		CHECK_INT(n < 6 ? DTS_FRAME_NONE : DTS_FRAME_HEAD, dts_frame_prefix(p, &size));
		put32(p, DTS_FRAME_FOOT_MAGIC);
		CHECK_INT(n < 10 ? DTS_FRAME_NONE : DTS_FRAME_FOOT, dts_frame_prefix(p, &size));
	}
	put32(p + 4, UINT32_MAX);
	CHECK_INT(DTS_FRAME_NONE, dts_frame_prefix(p, &size));
	put32(p, 0xFD2FB528); /* a zstd frame */
	put32(p + 4, 100);
	CHECK_INT(DTS_FRAME_NONE, dts_frame_prefix(p, &size));
}

static bool is_t150(void *context, struct dts_slice db, struct dts_slice table)
{
	(void)context;
	return dts_slice_is(db, "shop") && dts_slice_is(table, "t150");
}

/* Tables are counted once each; too many of them are as good as any, but for a foot. */
static void test_tables(void)
{
	struct dts_frame_head h = {0}, read = {0}, sum = {0};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_buf b = {0};
	char name[16];

	dts_position_set(&h.from, DTS_LIT("bin.000001"), 4);
	dts_position_copy(&h.to, &h.from);
	for (int i = 0; i < 600; i++) {
		snprintf(name, sizeof name, "t%d", i % 200);
		dts_frame_tables_note(&h.tables, DTS_LIT("shop"), dts_slice_of(name), 1, 10);
		if (i == 100)
			CHECK(!dts_frame_tables_have(&h.tables, is_t150, NULL));
	}
	CHECK_INT(200, h.tables.count);
	CHECK_INT(3, h.tables.items[7].changes);
	CHECK_INT(30, h.tables.items[7].bytes);
	CHECK(dts_frame_tables_have(&h.tables, is_t150, NULL));
	dts_frame_head_sum(&sum, &h);
	dts_frame_head_sum(&sum, &h);
	CHECK_INT(200, sum.tables.count);
	CHECK_INT(6, sum.tables.items[199].changes);

	dts_frame_head_add(&b, &h, false);
	CHECK_INT(0, dts_frame_head_parse(&read, dts_buf_slice(&b), &err));
	CHECK(!read.tables.any && read.tables.count == 200);
	dts_frame_tables_note(&h.tables, DTS_LIT("shop"), DTS_LIT("one more"), 1, 10);
	dts_buf_clear(&b);
	dts_frame_head_add(&b, &h, false);
	CHECK_INT(0, dts_frame_head_parse(&read, dts_buf_slice(&b), &err));
	CHECK(read.tables.any && read.tables.count == 0 && dts_frame_tables_have(&read.tables, is_t150, NULL));
	dts_buf_clear(&b);
	dts_frame_head_add(&b, &h, true);
	CHECK_INT(0, dts_frame_head_parse(&read, dts_buf_slice(&b), &err));
	CHECK(!read.tables.any && read.tables.count == 201);
	dts_frame_head_release(&h);
	dts_frame_head_release(&read);
	dts_frame_head_release(&sum);
	dts_buf_release(&b);
}

static void set_gtids(struct dts_gtids *g, const char *text)
{
	struct dts_error err = DTS_ERROR_INIT;

	if (!text)
		dts_gtids_clear(g);
	else
		CHECK_INT(0, dts_gtids_parse(g, dts_slice_of(text), DTS_GTID_MYSQL, &err));
}

static const char *gtid_text(const struct dts_gtids *g)
{
	static struct dts_buf b;

	if (!dts_gtids_known(g))
		return "unknown";
	dts_buf_clear(&b);
	dts_gtids_add(&b, g);
	return dts_buf_text(&b);
}

/* One frame of a sum: its transactions' GTIDs, what it sets the position to; then the sum's GTIDs and position. */
struct summand {
	const char *gtids, *to, *sum_gtids, *sum_to;
};

static void check_sum(const char *from, const struct summand *frames)
{
	struct dts_frame_head h = {.first = true}, sum = {0};

	set_gtids(&h.from.gtid, from);
	for (uint64_t i = 1; frames->sum_to; frames++, i++) {
		set_gtids(&h.gtids, frames->gtids);
		set_gtids(&h.to.gtid, frames->to);
		dts_position_set(&h.to, DTS_LIT("bin.000001"), 100 * i);
		h.content = h.records = h.changes = h.transactions = h.streams = h.schemas = h.ddls = 2;
		h.inside = i % 2;
		h.first_time = i == 3 ? 5 : 10 + i;
		h.last_time = 100 - i;
		dts_frame_head_sum(&sum, &h);
		CHECK_STR(frames->sum_gtids, gtid_text(&sum.gtids));
		CHECK_STR(frames->sum_to, gtid_text(&sum.to.gtid));
		CHECK(sum.frames == i && sum.content == 2 * i && sum.records == 2 * i && sum.changes == 2 * i);
		CHECK(sum.transactions == 2 * i && sum.streams == 2 * i && sum.schemas == 2 * i && sum.ddls == 2 * i && sum.to.offset == 100 * i);
		CHECK(sum.inside == h.inside && sum.first_time == (i >= 3 ? 5 : 11) && sum.last_time == 99);
		h.first = false;
	}
	CHECK(strcmp(from ? from : "unknown", gtid_text(&sum.from.gtid)) == 0);
	dts_frame_head_release(&h);
	dts_frame_head_release(&sum);
}

static void test_sum(void)
{
	check_sum("0-1-4", (const struct summand[]){{"0-1-5", NULL, "0-1-5", "0-1-5"}, {"", NULL, "0-1-5", "0-1-5"},
						    {"0-1-6,1-1-1", NULL, "0-1-6,1-1-1", "0-1-6,1-1-1"},
						    {"0-1-7", "0-1-9", "0-1-7,1-1-1", "0-1-9"}, {0}});
	check_sum(U ":1-4", (const struct summand[]){{U ":5", NULL, U ":5", U ":1-5"}, {U ":9", NULL, U ":5:9", U ":1-5:9"},
						     {"", U ":1-20", U ":5:9", U ":1-20"}, {0}});
	/* A transaction without a GTID leaves them unknown, until something says them. */
	check_sum(U ":1-4", (const struct summand[]){{U ":5", NULL, U ":5", U ":1-5"}, {NULL, NULL, "unknown", "unknown"},
						     {U ":6", NULL, "unknown", "unknown"}, {"", U ":1-7", "unknown", U ":1-7"}, {0}});
	check_sum(NULL, (const struct summand[]){{NULL, NULL, "unknown", "unknown"}, {"", NULL, "unknown", "unknown"}, {0}});
	check_sum("", (const struct summand[]){{"", NULL, "", ""}, {"0-1-1", NULL, "0-1-1", "0-1-1"}, {0}});
}

int main(void)
{
	RUN(test_round_trip);
	RUN(test_every_bit);
	RUN(test_what_is_no_head);
	RUN(test_prefix);
	RUN(test_tables);
	RUN(test_sum);
	return unit_done();
}
