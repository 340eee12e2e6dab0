#include <signal.h>
#include <sys/wait.h>

#include "log/end.h"
#include "log/lock.h"
#include "log_maker.h"

#include "unit.h"

static struct log_maker m;

static void touch(const char *name)
{
	maker_save(&m, name, "", 0);
}

/* The names that a listing gives, or its error. */
static const char *list(void)
{
	static struct dts_buf text;
	static struct dts_error err;
	struct dts_segments s = {0};

	dts_buf_clear(&text);
	err = (struct dts_error)DTS_ERROR_INIT;
	if (dts_segments_list(&s, m.dir, &err) < 0) {
		dts_segments_release(&s);
		return strchr(err.message + strlen(m.dir), ':') ? strchr(err.message + strlen(m.dir), ':') + 2 : err.message;
	}
	for (size_t i = 0; i < s.count; i++)
		dts_buf_addf(&text, "%s%llu%s", i > 0 ? " " : "", (unsigned long long)s.items[i].number, s.items[i].open ? "+" : "");
	dts_segments_release(&s);
	return dts_buf_text(&text);
}

static void test_names(void)
{
	struct dts_segment_name n;

	dts_segment_name_set(&n, 42, (uint64_t)1767225600 * 1000000 + 999999);
	CHECK_STR("000000000042-20260101T000000Z.zst.part", n.name);
	CHECK(n.open && n.number == 42);
	dts_segment_name_set(&n, UINT64_MAX, UINT64_MAX);
	CHECK(strlen(n.name) < sizeof n.name - 1);
	dts_segment_name_set(&n, 1000000000000, 0);
	CHECK_STR("1000000000000-19700101T000000Z.zst.part", n.name);
}

static void test_listing(void)
{
	static const char *const others[] = {"x.zst", "000000000001.zst", "00000000001-x.zst", "000000000000-x.zst", "000000000001-x.zs",
					     "000000000001-x.zst.tmp", ".000000000001-x.zst", "99999999999999999999-x.zst", "a-000000000001-x.zst"};

	REQUIRE(maker_open(&m));
	CHECK_STR("", list());
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		touch(others[i]);
	CHECK_STR("", list());
	touch("000000000010-20260101T000000Z.zst");
	touch("000000000009-20260101T000000Z.zst");
	touch("000000000011-20260101T000000Z.zst.part");
	CHECK_STR("9 10 11+", list());
	touch("000000000012-20260101T000000Z.zst");
	CHECK_STR("segment 000000000011-20260101T000000Z.zst.part was not closed, and others are behind it", strstr(list(), "segment 000000000011"));
	touch("000000000011-20260101T000000Z.zst");
	CHECK(strstr(list(), "segment 11 is there twice: ") != NULL);
	maker_empty(&m);
	touch("999999999999-20260101T000000Z.zst");
	touch("1000000000000-20260101T000000Z.zst");
	CHECK_STR("999999999999 1000000000000", list());
	touch("1000000000002-20260101T000000Z.zst");
	CHECK_STR("segment 1000000000001 is missing: it goes on from 1000000000000-20260101T000000Z.zst with 1000000000002-20260101T000000Z.zst", list());
	maker_close(&m);
	CHECK(strstr(list(), "is no log") != NULL);
}

static void name_of(struct dts_buf *path, unsigned number, bool open)
{
	char name[80];

	snprintf(name, sizeof name, "%012u-20260101T000000Z.zst%s", number, open ? DTS_LOG_PART : "");
	dts_segment_path(path, m.dir, name);
}

/* Closes the newest, opens another and removes the oldest, as fast as it goes, until it is killed. */
static _Noreturn void keep_moving(void)
{
	struct dts_buf a = {0}, b = {0};

	for (unsigned n = 1000;; n++) {
		name_of(&a, n, true);
		name_of(&b, n, false);
		if (rename(dts_buf_text(&a), dts_buf_text(&b)) < 0)
			_exit(1);
		name_of(&a, n + 1, true);
		close(open(dts_buf_text(&a), O_WRONLY | O_CREAT, 0666));
		name_of(&a, n - 900, false);
		unlink(dts_buf_text(&a));
	}
}

/* Names that change while they are read are no hole, and no segment that is there twice. */
static void test_listing_moving(void)
{
	struct dts_segments s = {0};
	char name[80];

	REQUIRE(maker_open_in(&m, "/tmp")); /* file systems on disks are those that show it */
	for (unsigned n = 101; n < 1000; n++) {
		snprintf(name, sizeof name, "%012u-20260101T000000Z.zst", n);
		touch(name);
	}
	touch("000000001000-20260101T000000Z.zst.part");
	pid_t mover = fork();
	if (mover == 0)
		keep_moving();
	for (int i = 0; i < 120 && unit_failures == 0; i++) {
		struct dts_error err = DTS_ERROR_INIT;

		if (dts_segments_list(&s, m.dir, &err) < 0)
			unit_fail(__FILE__, __LINE__, "list %d: %s", i, err.message);
		CHECK(s.count > 500);
	}
	kill(mover, SIGKILL);
	waitpid(mover, NULL, 0);
	dts_segments_release(&s);
	maker_close(&m);
}

static void test_create(void)
{
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_buf path = {0};

	REQUIRE(maker_open(&m));
	CHECK(dts_log_is(m.dir));
	CHECK_INT(0, dts_log_create(m.dir, &err)); /* it is one */
	dts_segment_path(&path, m.dir, DTS_LOG_LOCK_NAME);
	unlink(dts_buf_text(&path));
	CHECK(!dts_log_is(m.dir));
	touch("something");
	CHECK_INT(-1, dts_log_create(m.dir, &err));
	CHECK_INT(DTS_REFUSED, err.status);
	maker_empty(&m);
	CHECK_INT(0, dts_log_create(m.dir, &err));
	CHECK(dts_log_is(m.dir));
	maker_close(&m);
	dts_buf_release(&path);
}

/* Locks are of descriptors, so that one process can be two. */
static void test_lock(void)
{
	struct dts_error err = DTS_ERROR_INIT;
	char text[64];

	REQUIRE(maker_open(&m));
	CHECK_INT(0, dts_log_writer(m.dir, &err));
	int writer = dts_log_lock(m.dir, DTS_LOG_WRITE, false, &err);
	REQUIRE(writer >= 0);
	CHECK_INT(getpid(), dts_log_writer(m.dir, &err));
	int tidy = dts_log_lock(m.dir, DTS_LOG_TIDY, false, &err);
	CHECK(tidy >= 0); /* another right */
	CHECK_INT(-1, dts_log_lock(m.dir, DTS_LOG_WRITE, false, &err));
	CHECK_INT(DTS_AGAIN, err.status);
	snprintf(text, sizeof text, "is being written by process %ld", (long)getpid());
	CHECK(strstr(err.message, text) != NULL);
	CHECK_INT(-1, dts_log_lock(m.dir, DTS_LOG_TIDY, false, &err));
	CHECK_INT(DTS_AGAIN, err.status);
	close(writer);
	CHECK_INT(0, dts_log_writer(m.dir, &err));
	writer = dts_log_lock(m.dir, DTS_LOG_WRITE, false, &err);
	CHECK(writer >= 0);
	close(writer);
	close(tidy);
	maker_close(&m);
}

/* What is to be found where the log ends behind transaction `done`. */
static void check_end(const struct dts_log_end *end, uint64_t size, unsigned done)
{
	struct dts_position want = {0};

	maker_position(&want, done);
	CHECK(!end->empty);
	CHECK_INT(size, end->size);
	CHECK_STR(want.file, end->pos.file);
	CHECK_INT(want.offset, end->pos.offset);
	CHECK(dts_gtids_equal(&want.gtid, &end->pos.gtid));
	CHECK_INT(done, end->sum.transactions);
	CHECK_INT((MAKER_EPOCH + done) * (uint64_t)1000000, end->newest);
	CHECK(dts_slice_is(dts_buf_slice(&end->src), "db1"));
	CHECK(end->stream.len > 0 && end->stream.data[end->stream.len - 1] == '}');
	dts_position_release(&want);
}

enum { FRAMES = 6 };

/* A segment of six frames, with where each ends, and how many transactions are whole there. The third and
 * fourth end inside one; the fifth knows that the disk had the first two. */
static uint64_t ends[FRAMES + 1];
static unsigned done[FRAMES + 1];
static bool inside[FRAMES + 1];

static void make_frames(void)
{
	static const bool half[FRAMES] = {false, false, true, true, false, false};

	for (unsigned i = 0; i < FRAMES; i++) {
		maker_frame(&m, i == 3 ? 0 : 2, half[i], i >= 4 ? ends[2] : 0);
		ends[i + 1] = m.file.len;
		done[i + 1] = m.next - 1;
		inside[i + 1] = half[i];
	}
}

/* The last end of a frame outside a transaction among the first `frames`. */
static unsigned whole(unsigned frames)
{
	while (frames > 0 && inside[frames])
		frames--;
	return frames;
}

#define OPEN_NAME "000000000001-20260101T000001Z.zst.part"
#define CLOSED_NAME "000000000001-20260101T000001Z.zst"

/* Where the log ends, of a segment with these bytes. */
static int find(const char *name, const char *bytes, size_t len, struct dts_log_end *end, struct dts_error *err)
{
	*err = (struct dts_error)DTS_ERROR_INIT;
	maker_save(&m, name, bytes, len);
	return dts_log_find_end(m.dir, end, err);
}

/* A crash may leave any part of what was written. */
static void test_cut(void)
{
	struct dts_log_end end = {0};
	struct dts_error err;

	REQUIRE(maker_open(&m));
	make_frames();
	for (size_t len = 0; len <= m.file.len; len++) {
		unsigned frames = 0;

		while (frames < FRAMES && ends[frames + 1] <= len)
			frames++;
		unsigned last = whole(frames);
		CHECK_INT(0, find(OPEN_NAME, m.file.data, len, &end, &err));
		CHECK(end.empty == (last == 0));
		if (end.empty) {
			CHECK_STR(OPEN_NAME, end.torn.number == 1 ? end.torn.name : "none");
			continue;
		}
		check_end(&end, ends[last], done[last]);
		CHECK_INT(len - ends[last], end.cut);
		CHECK(!end.closed && end.torn.number == 0);
		CHECK_STR(OPEN_NAME, end.segment.name);
	}
	maker_close(&m);
	dts_log_end_release(&end);
}

/* Is what the file holds now, frame by frame, what was written? */
static bool same_content(const struct dts_buf *content)
{
	struct dts_segment_name name = {.number = 1, .open = true, .name = OPEN_NAME};
	struct dts_segment s = {.fd = -1};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_buf b = {0};

	bool same = dts_segment_open(&s, m.dir, &name, &err) == 0;
	while (same && dts_segment_step(&s, &err) == DTS_STEP_HEAD)
		same = dts_segment_load(&s, &b, &err) == 0;
	same = same && dts_slice_eq(dts_buf_slice(content), dts_buf_slice(&b));
	dts_segment_close(&s);
	dts_buf_release(&b);
	return same;
}

/* What the damage of one byte, in this frame, may lead to. */
static void check_damage(const struct dts_log_end *end, int rc, unsigned frame, uint64_t head_size, bool in_head, const struct dts_buf *content, struct dts_error *err)
{
	char where[64];

	if (frame < 2 && (in_head || rc < 0)) { /* the disk had it: no crash */
		CHECK_INT(-1, rc);
		CHECK_INT(DTS_BAD_INPUT, err->status);
		snprintf(where, sizeof where, OPEN_NAME "' at offset %llu: ", (unsigned long long)(in_head ? ends[frame] : ends[frame] + head_size));
		CHECK(strstr(err->message, where) != NULL);
		CHECK(strstr(err->hint, "DAMAGE") != NULL);
		return;
	}
	CHECK_INT(0, rc);
	if (rc < 0 || (frame < 2 && end->size == ends[FRAMES]))
		return; /* records that the disk had are not looked at */
	unsigned last = whole(frame);
	if (end->size == ends[FRAMES])
		CHECK(same_content(content)); /* zstd has bits without a meaning */
	else
		check_end(end, ends[last], done[last]);
}

static void test_flip(void)
{
	struct dts_log_end end = {0};
	struct dts_segment s = {.fd = -1};
	struct dts_segment_name name = {.number = 1, .open = true, .name = OPEN_NAME};
	struct dts_buf content = {0};
	struct dts_error err = DTS_ERROR_INIT;
	uint64_t head_size = 0;

	REQUIRE(maker_open(&m));
	make_frames();
	maker_save(&m, OPEN_NAME, m.file.data, m.file.len);
	REQUIRE(dts_segment_open(&s, m.dir, &name, &err) == 0);
	while (dts_segment_step(&s, &err) == DTS_STEP_HEAD)
		CHECK_INT(0, dts_segment_load(&s, &content, &err));
	dts_segment_close(&s);
	for (unsigned at = 0, frame = 0; at < m.file.len; at++) {
		if (at == ends[frame + 1])
			frame++;
		if (at == ends[frame])
			dts_frame_prefix(m.file.data + at, &head_size);
		static const char masks[] = {1, 0x10, (char)0x80, (char)0xff};
		for (size_t i = 0; i < sizeof masks; i++) {
			m.file.data[at] ^= masks[i];
			int rc = find(OPEN_NAME, m.file.data, m.file.len, &end, &err);
			const int before = unit_failures;
			check_damage(&end, rc, frame, head_size, at < ends[frame] + head_size, &content, &err);
			if (unit_failures > before)
				printf("# byte %u (frame %u at %llu) xor %02x: %d %s\n", at, frame, (unsigned long long)ends[frame],
				       masks[i] & 0xff, rc, err.message);
			m.file.data[at] ^= masks[i];
		}
	}
	dts_buf_release(&content);
	maker_close(&m);
	dts_log_end_release(&end);
}

/* A segment that is closed has its foot, whatever name it has yet; a closed name without it is damage. */
static void test_closed(void)
{
	struct dts_log_end end = {0};
	struct dts_frame_head foot = {0};
	struct dts_segment s = {.fd = -1};
	struct dts_segment_name name = {.number = 1, .name = CLOSED_NAME};
	struct dts_error err = DTS_ERROR_INIT;

	REQUIRE(maker_open(&m));
	maker_frame(&m, 3, false, 0);
	maker_frame(&m, 2, false, 0);
	size_t frames = m.file.len;
	maker_foot(&m);
	CHECK_INT(0, find(OPEN_NAME, m.file.data, m.file.len, &end, &err));
	CHECK(end.closed && end.segment.open);
	check_end(&end, m.file.len, 5);
	CHECK_INT(0, end.cut);
	maker_empty(&m);
	for (size_t len = 0; len <= m.file.len; len++) {
		CHECK_INT(len == m.file.len ? 0 : -1, find(CLOSED_NAME, m.file.data, len, &end, &err));
		CHECK(len == m.file.len || err.status == DTS_BAD_INPUT);
	}
	check_end(&end, m.file.len, 5);
	REQUIRE(dts_segment_open(&s, m.dir, &name, &err) == 0);
	CHECK_INT(1, dts_segment_foot(&s, &foot, &err));
	CHECK_INT(2, foot.frames);
	CHECK_INT(5, foot.transactions);
	CHECK_INT(frames, foot.packed);
	dts_segment_close(&s);
	for (size_t i = 0; i < m.file.len; i++) { /* heads and foot; and of frames nothing says that the disk had them but the foot */
		m.file.data[i] ^= 0x55;
		int rc = find(CLOSED_NAME, m.file.data, m.file.len, &end, &err);
		if (rc == 0 ? end.size != m.file.len : err.status != DTS_BAD_INPUT)
			unit_fail(__FILE__, __LINE__, "byte %zu: %d %s", i, rc, err.message);
		REQUIRE(dts_segment_open(&s, m.dir, &name, &err) == 0);
		CHECK_INT(i < frames, dts_segment_foot(&s, &foot, &err));
		dts_segment_close(&s);
		m.file.data[i] ^= 0x55;
	}
	maker_close(&m);
	dts_log_end_release(&end);
	dts_frame_head_release(&foot);
}

/* The newest segment has nothing whole: the log ends in the one before. */
static void test_torn_newest(void)
{
	static const char *const beginnings[] = {"", "\x5d\x2a\x4d\x18", "garbage that is longer than a prefix"};
	struct dts_log_end end = {0};
	struct dts_error err = DTS_ERROR_INIT;

	REQUIRE(maker_open(&m));
	CHECK_INT(0, dts_log_find_end(m.dir, &end, &err));
	CHECK(end.empty && end.torn.number == 0);
	maker_frame(&m, 3, false, 0);
	maker_foot(&m);
	size_t size = m.file.len;
	maker_next(&m, false);
	maker_frame(&m, 2, false, 0);
	for (size_t i = 0; i < 3 + m.file.len; i++) {
		struct dts_slice bytes = i < 3 ? dts_slice_of(beginnings[i]) : dts_slice(m.file.data, i - 3);
		CHECK_INT(0, find("000000000002-20260101T000001Z.zst.part", bytes.p, bytes.len, &end, &err));
		check_end(&end, size, 3);
		CHECK(end.closed && end.segment.number == 1 && !end.segment.open && end.torn.number == 2);
	}
	CHECK_INT(0, find("000000000002-20260101T000001Z.zst.part", m.file.data, m.file.len, &end, &err));
	CHECK(end.segment.number == 2 && end.torn.number == 0 && end.sum.transactions == 2);
	maker_close(&m);
	dts_log_end_release(&end);
}

/* A segment of another number, or frames of another place, are not this log's. */
static void test_misplaced(void)
{
	struct dts_log_end end = {0};
	struct dts_buf twice = {0};
	struct dts_error err = DTS_ERROR_INIT;

	REQUIRE(maker_open(&m));
	maker_frame(&m, 2, false, 0);
	for (int i = 0; i < 2; i++)
		dts_buf_add(&twice, m.file.data, m.file.len);
	CHECK_INT(0, find(OPEN_NAME, twice.data, twice.len, &end, &err)); /* nothing says that the disk had it */
	check_end(&end, m.file.len, 2);
	CHECK_INT(m.file.len, end.cut);
	maker_empty(&m);
	maker_foot(&m);
	CHECK_INT(-1, find("000000000002-20260101T000001Z.zst", m.file.data, m.file.len, &end, &err));
	CHECK(strstr(err.message, "is of segment 1, offset 0") != NULL);
	dts_buf_release(&twice);
	maker_close(&m);
	dts_log_end_release(&end);
}

static void test_schemas(void)
{
	struct dts_log_end end = {0};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_log_schemas schemas = {0};
	struct dts_buf path = {0};

	REQUIRE(maker_open(&m));
	make_frames();
	CHECK_INT(0, find(OPEN_NAME, m.file.data, m.file.len, &end, &err));
	CHECK_INT(0, dts_log_end_schemas(&schemas, m.dir, &end, &err));
	CHECK_INT(2, schemas.count);
	/* It was closed meanwhile. */
	maker_save(&m, CLOSED_NAME, m.file.data, m.file.len);
	REQUIRE(unlink(dts_segment_path(&path, m.dir, OPEN_NAME)) == 0);
	CHECK_INT(0, dts_log_end_schemas(&schemas, m.dir, &end, &err));
	CHECK_INT(2, schemas.count);
	/* It was cut meanwhile. */
	maker_save(&m, OPEN_NAME, m.file.data, 100);
	CHECK_INT(-1, dts_log_end_schemas(&schemas, m.dir, &end, &err));
	CHECK_INT(DTS_BAD_INPUT, err.status);
	dts_log_schemas_release(&schemas);
	dts_buf_release(&path);
	maker_close(&m);
	dts_log_end_release(&end);
}

int main(void)
{
	RUN(test_names);
	RUN(test_listing);
	RUN(test_listing_moving);
	RUN(test_create);
	RUN(test_lock);
	RUN(test_cut);
	RUN(test_flip);
	RUN(test_closed);
	RUN(test_torn_newest);
	RUN(test_misplaced);
	RUN(test_schemas);
	return unit_done();
}
