#include "log/keep.h"

#include "log_maker.h"

#include "unit.h"

static struct log_maker m;
static struct dts_error err;

/* What one of them writes. Borrowed until the next call. */
static const char *text;
static int run(int (*what)(struct dts_output *out))
{
	static struct dts_buf all;
	struct dts_output out;
	struct dts_buf path = {0};

	err = (struct dts_error)DTS_ERROR_INIT;
	dts_segment_path(&path, m.dir, "output");
	if (dts_output_open(&out, dts_buf_text(&path), false, &err) < 0)
		abort();
	int rc = what(&out);
	struct dts_error late = DTS_ERROR_INIT;
	if (dts_output_close(&out, &late) < 0)
		abort();
	FILE *f = fopen(dts_buf_text(&path), "r");
	dts_buf_clear(&all);
	for (int c; (c = getc(f)) != EOF;)
		dts_buf_addc(&all, (char)c);
	fclose(f);
	unlink(dts_buf_text(&path));
	dts_buf_release(&path);
	text = dts_buf_text(&all);
	return rc;
}

static int verify(struct dts_output *out)
{
	return dts_log_verify(m.dir, out, &err);
}

static int info(struct dts_output *out)
{
	return dts_log_info(m.dir, false, out, &err);
}

static struct dts_trim_options trimming;
static int trim(struct dts_output *out)
{
	trimming.dir = m.dir;
	return dts_log_trim(&trimming, out, &err);
}

#define FIRST "000000000001-20260101T000001Z.zst"
#define SECOND "000000000002-20260101T000006Z.zst"
#define THIRD "000000000003-20260101T000010Z.zst"

/* Three segments: of five, four and two transactions; the last is open. */
static void make_closed(void)
{
	maker_frame(&m, 3, false, 0);
	maker_frame(&m, 2, false, 0);
	maker_foot(&m);
	maker_next(&m, false);
	maker_frame(&m, 1, true, 0);
	maker_frame(&m, 1, true, 0);
	maker_frame(&m, 2, false, 0);
	maker_foot(&m);
	maker_next(&m, false);
	maker_frame(&m, 2, false, 0);
}

static void make_log(void)
{
	make_closed();
	maker_next(&m, true);
}

/* With another one behind it: the newest closed segment stays. */
static void make_longer_log(void)
{
	make_closed();
	maker_foot(&m);
	maker_next(&m, false);
	maker_frame(&m, 1, false, 0);
	maker_next(&m, true);
}

static char *read_segment(const char *name, size_t *len)
{
	struct dts_buf path = {0};
	int fd = open(dts_segment_path(&path, m.dir, name), O_RDONLY);
	char *bytes = dts_alloc(1 << 16);
	ssize_t n = read(fd, bytes, 1 << 16);

	if (n < 0)
		abort();
	*len = (size_t)n;
	close(fd);
	dts_buf_release(&path);
	return bytes;
}

static bool begins(const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static void test_whole(void)
{
	REQUIRE(maker_open(&m));
	CHECK_INT(0, run(verify));
	CHECK_STR("", text);
	make_log();
	if (run(verify) < 0)
		unit_fail(__FILE__, __LINE__, "%s\n%s", err.message, text);
	CHECK(begins(FIRST ": whole: 23 records, 5 transactions, from bin.000001:4 to bin.000001:4904\n"));
	CHECK(strstr(text, "\n" SECOND ": whole: 19 records, 4 transactions, from bin.000001:4904 to bin.000001:8904\n") != NULL);
	CHECK(strstr(text, "\n" THIRD ".part: whole: 11 records, 2 transactions, from bin.000001:8904 to bin.000001:10904\n") != NULL);
	maker_close(&m);
}

static struct dts_buf contents;

static void load_contents(struct dts_buf *b, const char *name)
{
	struct dts_segment_name n = {.number = 2};
	struct dts_segment s = {.fd = -1};
	struct dts_error e = DTS_ERROR_INIT;

	dts_buf_clear(b);
	snprintf(n.name, sizeof n.name, "%s", name);
	if (dts_segment_open(&s, m.dir, &n, &e) == 0)
		while (dts_segment_step(&s, &e) == DTS_STEP_HEAD && dts_segment_load(&s, b, &e) == 0)
			;
	dts_segment_close(&s);
}

/* No byte of a segment may change, and none be missing: that is told, with its name; and the others are looked at all the same. */
static void test_every_byte(void)
{
	struct dts_buf now = {0};
	size_t len;

	REQUIRE(maker_open(&m));
	make_log();
	char *bytes = read_segment(SECOND, &len);
	load_contents(&contents, SECOND);
	for (size_t i = 0; i < 2 * len; i++) {
		size_t at = i / 2;
		const char mask = i % 2 ? 0x10 : (char)0xff;

		bytes[at] ^= mask;
		maker_save(&m, SECOND, bytes, len);
		int rc = run(verify);
		load_contents(&now, SECOND);
		if (rc == 0 ? !dts_slice_eq(dts_buf_slice(&now), dts_buf_slice(&contents)) : err.status != DTS_BAD_INPUT || !strstr(text, SECOND ": damaged at offset "))
			unit_fail(__FILE__, __LINE__, "byte %zu: %d, %s\n%s", at, rc, err.message, text);
		if (!strstr(text, FIRST ": whole") || !strstr(text, THIRD ".part: whole"))
			unit_fail(__FILE__, __LINE__, "byte %zu: %s", at, text);
		bytes[at] ^= mask;
	}
	for (size_t cut = 0; cut < len; cut += 7) {
		maker_save(&m, SECOND, bytes, cut);
		CHECK_INT(-1, run(verify));
		if (!strstr(text, SECOND ": damaged at offset ") || !strstr(text, THIRD ".part: whole"))
			unit_fail(__FILE__, __LINE__, "cut at %zu: %s", cut, text);
		CHECK_INT(-1, run(info)); /* what heads and feet tell */
		CHECK_INT(DTS_BAD_INPUT, err.status);
	}
	free(bytes);
	dts_buf_release(&now);
	dts_buf_release(&contents);
	maker_close(&m);
}

/* What a crash leaves is told, and no fault. */
static void test_tail(void)
{
	size_t len;

	REQUIRE(maker_open(&m));
	make_log();
	char *bytes = read_segment(THIRD ".part", &len);
	for (size_t cut = 0; cut < len; cut++) {
		maker_save(&m, THIRD ".part", bytes, cut);
		CHECK_INT(0, run(verify));
		CHECK((cut > 0) == (strstr(text, "bytes behind offset 0 are no whole transaction, as a crash leaves them") != NULL));
	}
	free(bytes);
	maker_close(&m);
}

static void spoil_content(struct dts_frame_head *h) { h->content++; }
static void spoil_records(struct dts_frame_head *h) { h->records++; }
static void spoil_changes(struct dts_frame_head *h) { h->changes--; }
static void spoil_transactions(struct dts_frame_head *h) { h->transactions++; }
static void spoil_streams(struct dts_frame_head *h) { h->streams++; }
static void spoil_schemas(struct dts_frame_head *h) { h->schemas++; }
static void spoil_ddls(struct dts_frame_head *h) { h->ddls++; }
static void spoil_first_time(struct dts_frame_head *h) { h->first_time--; }
static void spoil_last_time(struct dts_frame_head *h) { h->last_time++; }
static void spoil_to(struct dts_frame_head *h) { h->to.offset++; }
static void spoil_gtids(struct dts_frame_head *h) { dts_gtids_clear(&h->gtids); }
static void spoil_table(struct dts_frame_head *h) { h->tables.items[0].changes++; }
static void spoil_table_bytes(struct dts_frame_head *h) { h->tables.items[1].bytes++; }
static void spoil_tables(struct dts_frame_head *h) { dts_frame_tables_clear(&h->tables); }
static void spoil_more_tables(struct dts_frame_head *h) { dts_frame_tables_note(&h->tables, DTS_LIT("x"), DTS_LIT("y"), 1, 1); }
static void spoil_packed(struct dts_frame_head *h) { h->packed -= h->frames > 0; }
static void spoil_frames(struct dts_frame_head *h) { h->frames += h->frames > 0; }
static void spoil_inside(struct dts_frame_head *h) { h->inside = h->frames == 0; }
static void spoil_newest(struct dts_frame_head *h) { h->newest_before += h->frames == 0; }
static void spoil_synced(struct dts_frame_head *h) { h->synced += h->frames == 0 ? h->at + 1 : 0; }
static void spoil_from(struct dts_frame_head *h) { h->from.offset += h->frames == 0; }
static void spoil_from_gtid(struct dts_frame_head *h) { dts_gtids_set_empty(&h->from.gtid, h->frames == 0 ? DTS_GTID_MARIADB : h->from.gtid.form); }
static void spoil_first(struct dts_frame_head *h) { h->first = h->first && h->frames > 0; }

/* Each thing that a head or a foot says is held against what is there. */
static void test_every_number(void)
{
	static const struct {
		const char *name;
		void (*spoil)(struct dts_frame_head *h);
		bool foot;
	} cases[] = {
#define CASE(name) {#name, spoil_##name, false}
#define BOTH(name) CASE(name), {#name, spoil_##name, true}
		BOTH(content), BOTH(records), BOTH(changes), BOTH(transactions), BOTH(streams), BOTH(schemas), BOTH(ddls), BOTH(first_time), BOTH(last_time),
		BOTH(to), BOTH(gtids), BOTH(table), BOTH(table_bytes), BOTH(tables), BOTH(more_tables), {"packed", spoil_packed, true},
		{"frames", spoil_frames, true}, CASE(inside), CASE(newest), CASE(synced), CASE(from), CASE(from_gtid), CASE(first),
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		REQUIRE(maker_open(&m));
		maker_frame(&m, 3, false, 0);
		maker_foot(&m);
		maker_next(&m, false);
		m.spoil = cases[i].foot ? NULL : cases[i].spoil;
		maker_frame(&m, 2, false, 0);
		m.spoil = NULL;
		maker_frame(&m, 2, false, 0);
		m.spoil = cases[i].foot ? cases[i].spoil : NULL;
		maker_foot(&m);
		m.spoil = NULL;
		maker_next(&m, false);
		if (run(verify) == 0 || err.status != DTS_BAD_INPUT || !strstr(text, ".zst: damaged at offset "))
			unit_fail(__FILE__, __LINE__, "%s of a %s: %s\n%s", cases[i].name, cases[i].foot ? "foot" : "head", err.message, text);
		maker_close(&m);
	}
}

/* A segment that is missing, and one that does not go on where the one before ends. */
static void test_gaps(void)
{
	REQUIRE(maker_open(&m));
	make_log();
	m.next += 3;
	maker_frame(&m, 1, false, 0);
	maker_next(&m, true);
	CHECK_INT(-1, run(verify)); /* two open ones, and three transactions that are missing between them */
	if (!strstr(text, THIRD ".part was not closed, and others are behind it\n"))
		unit_fail(__FILE__, __LINE__, "%s", text);
	CHECK(strstr(text, "000000000004-20260101T000015Z.zst.part: damaged at offset 0: record 1: where the segment begins is "
			   "{\"file\":\"bin.000001\",\"offset\":13904}, and should be {\"file\":\"bin.000001\",\"offset\":10904}\n") != NULL);
	maker_close(&m);

	REQUIRE(maker_open(&m));
	make_log();
	struct dts_buf path = {0};
	unlink(dts_segment_path(&path, m.dir, SECOND));
	CHECK_INT(-1, run(verify));
	CHECK(strstr(text, ": segment 000000000002 is missing: ") != NULL);
	CHECK(strstr(text, FIRST ": whole") && strstr(text, THIRD ".part: whole"));
	CHECK_INT(-1, run(info));
	CHECK_INT(DTS_BAD_INPUT, err.status);
	CHECK_INT(-1, run(trim));
	dts_buf_release(&path);
	maker_close(&m);
}

/* --- trim */

static struct dts_position checkpoint;
static char *names[] = {(char[]){"shop@dst"}};

/* Trims for size 1 beside a checkpoint there; how many segments go. */
static size_t trim_at(const char *file, uint64_t offset, uint64_t created, const char *gtids)
{
	size_t removed = 0;

	if (!maker_open(&m))
		abort();
	make_longer_log();
	dts_position_set(&checkpoint, dts_slice_of(file), offset);
	checkpoint.created = created;
	dts_gtids_clear(&checkpoint.gtid);
	if (gtids)
		dts_gtids_parse(&checkpoint.gtid, dts_slice_of(gtids), DTS_GTID_MARIADB, &err);
	trimming = (struct dts_trim_options){.keep_size = 1, .positions = &checkpoint, .names = names, .count = 1};
	int rc = run(trim);
	for (const char *p = text; (p = strstr(p, "removed ")); p++)
		removed++;
	if (rc < 0)
		removed = err.status == DTS_REFUSED && !text[0] ? 100 : 101;
	else
		CHECK(strstr(text, "\nkept 00") || strncmp(text, "kept 00", 7) == 0);
	CHECK(removed > 0 || strstr(text, "kept " FIRST " and 3 more: checkpoint shop@dst needs it, which stands at ") != NULL);
	maker_close(&m);
	return removed;
}

static void test_checkpoints(void)
{
	/* The first segment ends behind transaction 5, at 4904, the second behind 9, at 8904. */
	CHECK_INT(0, trim_at("bin.000001", 4, 0, NULL));
	CHECK_INT(0, trim_at("bin.000001", 4903, 0, NULL));
	CHECK_INT(1, trim_at("bin.000001", 4904, 0, NULL));
	CHECK_INT(1, trim_at("bin.000001", 8903, 0, NULL));
	CHECK_INT(2, trim_at("bin.000001", 8904, 0, NULL));
	CHECK_INT(2, trim_at("bin.000002", 4, 0, NULL)); /* and never the newest */
	CHECK_INT(0, trim_at("bin.000000", 9999, 0, NULL));
	CHECK_INT(0, trim_at("", 0, 0, "0-1-4"));
	CHECK_INT(1, trim_at("", 0, 0, "0-1-5"));
	CHECK_INT(2, trim_at("", 0, 0, "0-1-100"));
	CHECK_INT(2, trim_at("", 0, 0, "0-1-9,1-1-7"));
	CHECK_INT(0, trim_at("", 0, 0, "1-1-7"));
	CHECK_INT(1, trim_at("log.000001", 4, 0, "0-1-5")); /* another server's, whose files say nothing */
	CHECK_INT(0, trim_at("bin.000001", 9000, 0, "0-1-4")); /* one whose files have the same name */
	CHECK_INT(0, trim_at("bin.000001", 4, 0, "0-1-9"));
	CHECK_INT(100, trim_at("log.000001", 4, 0, NULL));
	CHECK_INT(100, trim_at("binlog.000001", 4, 0, NULL));
}

static void test_what_asks(void)
{
	REQUIRE(maker_open(&m));
	make_longer_log();
	trimming = (struct dts_trim_options){.older_than = 1e12};
	CHECK_INT(0, run(trim));
	CHECK_STR("kept " FIRST " and 3 more: nothing asks for more to go\n", text);
	trimming = (struct dts_trim_options){.keep_size = 1 << 20, .keep_free = 1};
	CHECK_INT(0, run(trim));
	CHECK_STR("kept " FIRST " and 3 more: nothing asks for more to go\n", text);
	trimming = (struct dts_trim_options){.keep_free = UINT64_MAX, .dry_run = true};
	CHECK_INT(0, run(trim));
	CHECK(begins("would remove " FIRST ": "));
	CHECK(strstr(text, ", up to bin.000001:4904, 2026-01-01T00:00:05Z\nwould remove " SECOND ": ") != NULL);
	CHECK(strstr(text, "\nkept " THIRD " and 1 more: the newest closed segment stays\n") != NULL);
	CHECK_INT(0, run(verify));
	CHECK(begins(FIRST ": whole"));
	trimming = (struct dts_trim_options){.older_than = 3600};
	CHECK_INT(0, run(trim));
	CHECK_INT(0, run(verify));
	CHECK(begins(THIRD ": whole"));
	maker_close(&m);
}

/* Where a damaged segment ends the one behind it says. */
static void test_trim_damaged(void)
{
	size_t len;

	REQUIRE(maker_open(&m));
	make_longer_log();
	char *bytes = read_segment(FIRST, &len);
	maker_save(&m, FIRST, bytes, 100);
	free(bytes);
	dts_position_set(&checkpoint, DTS_LIT("bin.000001"), 4903);
	dts_gtids_clear(&checkpoint.gtid);
	trimming = (struct dts_trim_options){.keep_size = 1, .positions = &checkpoint, .names = names, .count = 1};
	CHECK_INT(0, run(trim));
	CHECK(begins("kept " FIRST " and 3 more: checkpoint shop@dst needs it, which stands at bin.000001:4903\n"));
	checkpoint.offset = 4904;
	CHECK_INT(0, run(trim));
	CHECK(begins("removed " FIRST ": 100 bytes, up to bin.000001:4904, 2026-01-01T00:00:05Z\n"));
	CHECK_INT(0, run(verify));
	maker_close(&m);
	dts_position_release(&checkpoint);
}

int main(void)
{
	RUN(test_whole);
	RUN(test_every_byte);
	RUN(test_tail);
	RUN(test_every_number);
	RUN(test_gaps);
	RUN(test_checkpoints);
	RUN(test_what_asks);
	RUN(test_trim_damaged);
	return unit_done();
}
