/* Frames from records: what a head counts, where a frame ends, what a segment begins with. */
#include "log/append_frame.h"

#include "log/line.h"

#include "log_streams.h"
#include "unit.h"

static void feed(struct dts_log_builder *b, const struct dts_buf *lines)
{
	struct dts_slice text = dts_buf_slice(lines), line;
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_record r;

	dts_record_init(&r);
	while (dts_line_next(&text, &line)) {
		CHECK_INT(0, dts_record_parse(&r, line, &err));
		CHECK_INT(0, dts_log_builder_add(b, &r, &err));
	}
	dts_record_release(&r);
}

/* One that stands at the beginning of bin.000001, and knows the stream. */
static void begin(struct dts_log_builder *b)
{
	struct dts_buf s = {0};
	struct dts_error err = DTS_ERROR_INIT;

	dts_log_builder_init(b);
	dts_position_set(&b->at, DTS_LIT("bin.000001"), 4);
	dts_gtids_set_empty(&b->at.gtid, DTS_GTID_MARIADB);
	add_stream(&s, 1, SOURCE);
	CHECK_INT(0, dts_log_builder_stream(b, dts_slice(s.data, s.len - 1), &err));
	dts_buf_release(&s);
}

static struct dts_log_frame *seal(struct dts_log_builder *b, bool closes)
{
	return dts_log_builder_seal(b, closes, dts_log_frame_new());
}

static void test_frame_ends_before_open(void)
{
	struct dts_log_builder b;
	struct dts_buf s = {0};

	begin(&b);
	add_tx(&s, 1, 3);
	add_begin(&s, 2);
	add_insert(&s, 2, 1, "t0");
	feed(&b, &s);
	CHECK(dts_log_builder_has_whole(&b));
	struct dts_log_frame *f = seal(&b, false);
	CHECK_INT(6, f->head.records); /* the stream record is the first */
	CHECK_INT(3, f->head.changes);
	CHECK_INT(1, f->head.transactions);
	CHECK(f->head.first && !f->head.inside);
	CHECK_INT(904, f->head.to.offset);
	CHECK(!dts_gtids_known(&f->head.to.gtid));
	CHECK_INT(1, f->head.gtids.list.items[0].sequence);
	CHECK_INT(1000000ull * (EPOCH + 1) + 1, f->head.first_time);
	CHECK_INT(1, f->head.tables.count);
	CHECK_STR("t1", f->head.tables.items[0].table);
	CHECK_INT(3, f->head.tables.items[0].changes);
	dts_log_frame_free(f);

	/* The rest stands in the next one. */
	dts_buf_clear(&s);
	add_insert(&s, 2, 2, "t0");
	add_commit(&s, 2, 2);
	feed(&b, &s);
	f = seal(&b, false);
	CHECK_INT(4, f->head.records);
	CHECK_INT(2, f->head.changes);
	CHECK_INT(1000000ull * (EPOCH + 1) + 1, f->head.newest_before);
	CHECK_INT(1000000ull * (EPOCH + 2) + 2, f->head.last_time);
	CHECK(!f->head.first);
	dts_log_frame_free(f);
	dts_log_builder_release(&b);
	dts_buf_release(&s);
}

static void test_large_transaction_is_split(void)
{
	struct dts_log_builder b;
	struct dts_buf s = {0};

	begin(&b);
	add_begin(&s, 1);
	add_insert(&s, 1, 1, "t0");
	feed(&b, &s);
	dts_log_frame_free(seal(&b, false)); /* the stream record */
	struct dts_log_frame *f = seal(&b, false);
	CHECK(f->head.inside);
	CHECK_INT(2, f->head.records);
	CHECK_INT(4, f->head.to.offset);
	CHECK_INT(0, f->head.transactions);
	CHECK(!dts_log_builder_may_close(&b));
	dts_log_frame_free(f);
	/* Void, and partly gone: it stays, with what says so. */
	dts_buf_clear(&s);
	dts_buf_adds(&s, "{\"op\":\"rollback\",\"src\":\"db1\",\"tx\":\"0-1-1\"}\n");
	feed(&b, &s);
	CHECK(dts_log_builder_may_close(&b));
	f = seal(&b, false);
	CHECK(!f->head.inside);
	CHECK_INT(1, f->head.records);
	CHECK_INT(0, f->head.transactions);
	CHECK_INT(4, f->head.to.offset);
	CHECK(dts_gtids_known(&f->head.gtids) && dts_gtids_is_empty(&f->head.gtids));
	dts_log_frame_free(f);
	dts_log_builder_release(&b);
	dts_buf_release(&s);
}

static void test_void_is_dropped(void)
{
	struct dts_log_builder b;
	struct dts_buf s = {0};

	begin(&b);
	add_tx(&s, 1, 1);
	add_begin(&s, 2);
	add_insert(&s, 2, 1, "t7");
	dts_buf_adds(&s, "{\"op\":\"rollback\",\"src\":\"db1\",\"tx\":\"0-1-2\"}\n");
	add_tx(&s, 2, 2);
	/* One that has told a schema stays. */
	add_begin(&s, 3);
	add_schema(&s, "t8");
	dts_buf_adds(&s, "{\"op\":\"rollback\",\"src\":\"db1\",\"tx\":\"0-1-3\"}\n");
	feed(&b, &s);
	struct dts_log_frame *f = seal(&b, false);
	CHECK_INT(2, f->head.transactions);
	CHECK_INT(3, f->head.changes);
	CHECK_INT(1 + 3 + 4 + 3, f->head.records);
	CHECK_INT(3, f->head.tables.count);
	CHECK_STR("t8", f->head.tables.items[2].table);
	CHECK(!memmem(f->content.data, f->content.len, "t7", 2));
	dts_log_frame_free(f);
	dts_log_builder_release(&b);
	dts_buf_release(&s);
}

static void test_next_segment_begins(void)
{
	struct dts_log_builder b;
	struct dts_buf s = {0};

	begin(&b);
	add_schema(&s, "t0");
	add_schema(&s, "t1");
	add_begin(&s, 1);
	add_ddl(&s, 1, "drop-table", "[{\"type\":\"table\",\"db\":\"shop\",\"table\":\"t0\",\"role\":\"target\"}]");
	add_commit(&s, 1, 1);
	add_begin(&s, 2);
	add_insert(&s, 2, 1, "t1");
	feed(&b, &s);
	struct dts_log_frame *f = seal(&b, true);
	CHECK(f->closes);
	CHECK_INT(1, f->head.ddls);
	CHECK_INT(2, f->head.schemas);
	CHECK_INT(2, f->head.tables.count);
	dts_log_frame_free(f);
	dts_buf_clear(&s);
	add_commit(&s, 2, 1);
	feed(&b, &s);
	f = seal(&b, false);
	CHECK(f->head.first);
	CHECK_INT(904, f->head.from.offset);
	CHECK_INT(1, f->head.from.gtid.list.items[0].sequence);
	CHECK_INT(1, f->head.streams);
	CHECK_INT(1, f->head.schemas); /* the other one is gone */
	CHECK_INT(5, f->head.records);
	static const char front[] = "{\"op\":\"stream\",\"v\":1,\"kind\":\"changes\",\"src\":\"db1\",\"source\":{" SOURCE
				    "},\"pos\":{\"file\":\"bin.000001\",\"offset\":904,\"created\":1767225600,\"gtid\":\"0-1-1\"}}\n"
				    "{\"op\":\"schema\",\"db\":\"shop\",\"table\":\"t1\"";
	CHECK_MEM(front, sizeof front - 1, f->content.data, sizeof front - 1);
	dts_log_frame_free(f);
	dts_log_builder_release(&b);
	dts_buf_release(&s);
}

/* The time of a segment is over while a transaction is open of which there is nothing in it yet. */
static void test_closed_before_open(void)
{
	struct dts_log_builder b;
	struct dts_buf s = {0};

	begin(&b);
	add_tx(&s, 1, 1);
	feed(&b, &s);
	dts_log_frame_free(seal(&b, false));
	dts_buf_clear(&s);
	add_begin(&s, 2);
	add_insert(&s, 2, 1, "t0");
	feed(&b, &s);
	CHECK(!dts_log_builder_has_whole(&b) && dts_log_builder_may_close(&b));
	struct dts_log_frame *f = seal(&b, true);
	CHECK(f->closes && f->content.len == 0 && !f->head.inside);
	dts_log_frame_free(f);
	dts_buf_clear(&s);
	add_insert(&s, 2, 2, "t0");
	add_commit(&s, 2, 2);
	feed(&b, &s);
	f = seal(&b, false);
	CHECK(f->head.first && !f->head.inside);
	CHECK_INT(5, f->head.records);
	CHECK_INT(1, f->head.transactions);
	CHECK_INT(904, f->head.from.offset);
	dts_log_frame_free(f);
	dts_log_builder_release(&b);
	dts_buf_release(&s);
}

/* What names no table, or may be of any. */
static void test_statements(void)
{
	static const struct {
		const char *kind, *objects;
		bool any;
	} cases[] = {
		{"unknown", "", true},
		{"account", "[]", true},
		{"drop-database", "[{\"type\":\"database\",\"db\":\"shop\",\"role\":\"target\"}]", true},
		{"create-view", "[{\"type\":\"view\",\"db\":\"shop\",\"table\":\"v\",\"role\":\"target\"}]", false},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct dts_log_builder b;
		struct dts_buf s = {0};

		begin(&b);
		add_begin(&s, 1);
		add_ddl(&s, 1, cases[i].kind, cases[i].objects);
		add_commit(&s, 1, 1);
		feed(&b, &s);
		struct dts_log_frame *f = seal(&b, false);
		CHECK_INT(cases[i].any, f->head.tables.any);
		CHECK_INT(!cases[i].any, f->head.tables.count);
		dts_log_frame_free(f);
		dts_log_builder_release(&b);
		dts_buf_release(&s);
	}
}

/* GTIDs that do not follow from the transactions are told; an ack says where the log stands. */
static void test_gtids_and_acks(void)
{
	struct dts_log_builder b;
	struct dts_buf s = {0};

	begin(&b);
	b.acks = true;
	add_tx(&s, 1, 1);
	dts_buf_adds(&s, "{\"op\":\"heartbeat\",\"src\":\"db1\",\"pos\":{\"file\":\"bin.000001\",\"offset\":950,\"gtid\":\"0-1-1\"}}\n");
	feed(&b, &s);
	struct dts_log_frame *f = seal(&b, false);
	CHECK(!dts_gtids_known(&f->head.to.gtid));
	static const char ack[] = "{\"op\":\"ack\",\"src\":\"db1\",\"pos\":{\"file\":\"bin.000001\",\"offset\":950,\"gtid\":\"0-1-1\"}}\n";
	CHECK_MEM(ack, sizeof ack - 1, f->ack.data, f->ack.len);
	dts_log_frame_free(f);

	dts_buf_clear(&s);
	dts_buf_adds(&s, "{\"op\":\"heartbeat\",\"src\":\"db1\",\"pos\":{\"file\":\"bin.000001\",\"offset\":960,\"gtid\":\"0-1-1,7-1-4\"}}\n");
	add_tx(&s, 2, 1);
	feed(&b, &s);
	f = seal(&b, false);
	CHECK_INT(2, f->head.to.gtid.list.count);
	CHECK_INT(2, f->head.to.gtid.list.items[0].sequence);
	static const char second[] = "{\"op\":\"ack\",\"src\":\"db1\",\"tx\":\"0-1-2\",\"pos\":{\"file\":\"bin.000001\",\"offset\":1904,"
				     "\"created\":1767225600,\"gtid\":\"0-1-2,7-1-4\"}}\n";
	CHECK_MEM(second, sizeof second - 1, f->ack.data, f->ack.len);
	dts_log_frame_free(f);

	/* A transaction without one: not known from there on. */
	dts_buf_clear(&s);
	dts_buf_adds(&s, "{\"op\":\"begin\",\"src\":\"db1\",\"tx\":\"bin.000001:2004\",\"pos\":{\"file\":\"bin.000001\",\"offset\":2004}}\n"
			 "{\"op\":\"commit\",\"src\":\"db1\",\"tx\":\"bin.000001:2004\",\"n\":0,\"pos\":{\"file\":\"bin.000001\",\"offset\":2904}}\n");
	feed(&b, &s);
	f = seal(&b, false);
	CHECK(!dts_gtids_known(&f->head.gtids));
	CHECK(!dts_gtids_known(&f->head.to.gtid));
	CHECK(!dts_gtids_known(&b.at.gtid));
	dts_log_frame_free(f);
	dts_log_builder_release(&b);
	dts_buf_release(&s);
}

int main(void)
{
	RUN(test_frame_ends_before_open);
	RUN(test_large_transaction_is_split);
	RUN(test_void_is_dropped);
	RUN(test_next_segment_begins);
	RUN(test_closed_before_open);
	RUN(test_statements);
	RUN(test_gtids_and_acks);
	return unit_done();
}
