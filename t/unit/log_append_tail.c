/* A segment that a crash has cut or the disk has damaged, at every byte of its tail, and one that is packed. */
#include "log/append_pack.h"
#include "log/lock.h"

#include "log_appended.h"

/* The log is this one segment from here on. */
static void lay_out(const char *name, struct dts_slice bytes)
{
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_buf path = {0};

	empty_dir();
	if (dts_log_create(dir, &err) < 0)
		exit(1);
	write_file(dts_segment_path(&path, dir, name), bytes);
	dts_buf_release(&path);
}

/* Three runs, of a frame each; where the last one begins. */
static uint64_t make_tail(struct dts_buf *bytes, char *name, size_t size)
{
	struct dts_error err;
	struct dts_buf s = {0}, path = {0};
	struct dts_log_end end = {0};
	uint64_t before = 0;

	empty_dir();
	for (unsigned to = 2; to <= 6; to += 2) {
		make_stream(&s, 1, to);
		CHECK_INT(0, append(&s, 1 << 20, &err));
		before = end.size;
		CHECK_INT(0, dts_log_find_end(dir, &end, &err));
	}
	snprintf(name, size, "%s", end.segment.name);
	read_file(bytes, dts_segment_path(&path, dir, name));
	CHECK_INT(bytes->len, end.size);
	dts_log_end_release(&end);
	dts_buf_release(&path);
	dts_buf_release(&s);
	return before;
}

static void test_cut_anywhere(void)
{
	struct dts_buf bytes = {0}, s = {0};
	struct dts_error err;
	char name[100];

	make_tail(&bytes, name, sizeof name);
	make_stream(&s, 1, 8);
	for (size_t cut = 0; cut < bytes.len; cut++) {
		lay_out(name, dts_slice(bytes.data, cut));
		int rc = append(&s, 1 << 20, &err);
		if (rc == 0 && holds(&s))
			continue;
		unit_fail(__FILE__, __LINE__, "cut at %zu of %zu: %d, %s", cut, bytes.len, rc, err.message);
		break;
	}
	dts_buf_release(&bytes);
	dts_buf_release(&s);
}

/* Does who unpacks the segment find that it is damaged? */
static bool finds_damage(const char *name)
{
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_segment s = {.fd = -1};
	struct dts_segment_name n = {.number = 1, .open = true};
	struct dts_buf content = {0};
	bool found = false;

	snprintf(n.name, sizeof n.name, "%.70s", name);
	if (dts_segment_open(&s, dir, &n, &err) == 0)
		while (!found && dts_segment_step(&s, &err) == DTS_STEP_HEAD)
			found = dts_segment_load(&s, &content, &err) < 0 && err.status == DTS_BAD_INPUT && strstr(err.message, name);
	dts_segment_close(&s);
	dts_buf_release(&content);
	return found;
}

static void test_damaged_anywhere(void)
{
	struct dts_buf bytes = {0}, s = {0};
	struct dts_error err;
	char name[100];
	const uint64_t last = make_tail(&bytes, name, sizeof name);
	size_t refused = 0, found = 0;

	make_stream(&s, 1, 8);
	for (size_t at = 0; at < bytes.len; at++) {
		const char was = bytes.data[at];
		bytes.data[at] = (char)(was ^ (1 << at % 8));
		lay_out(name, dts_buf_slice(&bytes));
		bytes.data[at] = was;
		int rc = append(&s, 1 << 20, &err);
		/* What the disk had by what a later head says is no tail: that is told, here or by who reads it. */
		if (rc < 0 && err.status == DTS_BAD_INPUT && at < last && strstr(err.message, name)) {
			refused++;
			continue;
		}
		if (rc == 0 && at < last && finds_damage(name)) {
			found++;
			continue;
		}
		if (rc == 0 && holds(&s))
			continue;
		unit_fail(__FILE__, __LINE__, "damaged at %zu of %zu (the last frame is at %zu): %d, %s", at, bytes.len, (size_t)last, rc,
			  err.message);
		break;
	}
	CHECK(refused > last / 2 && found > 0);
	dts_buf_release(&bytes);
	dts_buf_release(&s);
}

/* A crash while a segment is closed: the foot is there or is not, and so is its name. */
static void test_closing_is_cut(void)
{
	struct dts_buf bytes = {0}, s = {0}, path = {0};
	struct dts_error err;
	struct dts_segments all = {0};
	struct dts_segment segment = {.fd = -1};
	struct dts_frame_head foot = {0};
	char name[200];

	empty_dir();
	make_stream(&s, 1, 100);
	REQUIRE(append(&s, 1000, &err) == 0);
	REQUIRE(dts_segments_list(&all, dir, &err) == 0 && all.count > 1 && !all.items[0].open);
	REQUIRE(dts_segment_open(&segment, dir, &all.items[0], &err) == 0 && dts_segment_foot(&segment, &foot, &err) == 1);
	read_file(&bytes, dts_segment_path(&path, dir, all.items[0].name));
	snprintf(name, sizeof name, "%s" DTS_LOG_PART, all.items[0].name);
	for (size_t cut = (size_t)foot.at; cut <= bytes.len; cut++) {
		lay_out(name, dts_slice(bytes.data, cut));
		int rc = append(&s, 1000, &err);
		if (rc == 0 && holds(&s))
			continue;
		unit_fail(__FILE__, __LINE__, "cut at %zu of %zu: %d, %s", cut, bytes.len, rc, err.message);
		break;
	}
	/* One that has its name has its foot, or something is wrong. */
	name[strlen(name) - strlen(DTS_LOG_PART)] = '\0';
	lay_out(name, dts_slice(bytes.data, bytes.len - 1));
	CHECK_INT(-1, append(&s, 1000, &err));
	CHECK_INT(DTS_BAD_INPUT, err.status);
	dts_segment_close(&segment);
	dts_frame_head_release(&foot);
	dts_segments_release(&all);
	dts_buf_release(&bytes);
	dts_buf_release(&path);
	dts_buf_release(&s);
}

/* ---- packing */

/* A run of its own for each of the transactions, the last of them larger than a frame, and one that closes the segment. */
static void make_small_frames(struct dts_buf *all)
{
	struct dts_buf s = {0};
	struct dts_error err;

	dts_buf_clear(all);
	for (unsigned i = 1; i <= 21; i++) {
		dts_buf_clear(&s);
		add_stream(&s, i, SOURCE);
		add_schema(&s, "t0");
		add_schema(&s, "t1");
		add_tx(&s, i, i < 20 ? 3 : i == 20 ? 30000 : 1);
		if (i == 10) /* known by nothing but this */
			dts_buf_addf(&s, "{\"op\":\"heartbeat\",\"src\":\"db1\",\"pos\":{\"file\":\"bin.000001\",\"offset\":9904,"
					 "\"gtid\":\"0-1-10,7-1-1\"}}\n");
		add_end(&s);
		CHECK_INT(0, append(&s, i == 21 ? 1 : 1 << 20, &err));
		struct dts_slice text = dts_buf_slice(&s), line;
		while (dts_line_next(&text, &line))
			if (!memmem(line.p, line.len, "\"end\"", 5)) {
				dts_buf_add_slice(all, line);
				dts_buf_addc(all, '\n');
			}
	}
	dts_buf_release(&s);
}

static bool stop_now(void *context)
{
	(void)context;
	return true;
}

static void test_packing(void)
{
	struct dts_buf all = {0}, before = {0}, after = {0}, path = {0};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_segments list = {0};

	empty_dir();
	REQUIRE(dts_log_create(dir, &err) == 0);
	int lock = dts_log_lock(dir, DTS_LOG_TIDY, false, &err);
	REQUIRE(lock >= 0); /* as if one trimmed: nothing is packed */
	make_small_frames(&all);
	close(lock);
	REQUIRE(dts_segments_list(&list, dir, &err) == 0 && list.count >= 1 && !list.items[0].open);
	size_t many = content_of(&before, &list.items[0]);
	CHECK(holds(&all));
	CHECK_INT(0, dts_log_pack(dir, &list.items[0], stop_now, NULL, &err));
	CHECK_INT(many, content_of(&after, &list.items[0]));
	CHECK_INT(1, dts_log_pack(dir, &list.items[0], NULL, NULL, &err));
	size_t few = content_of(&after, &list.items[0]);
	CHECK(few > 2 && few < many / 3);
	CHECK_MEM(before.data, before.len, after.data, after.len);
	CHECK(holds(&all)); /* and the heads are right */
	CHECK_INT(0, dts_log_pack(dir, &list.items[0], NULL, NULL, &err)); /* not again */
	CHECK(access(dts_segment_path(&path, dir, DTS_LOG_PACKING), F_OK) < 0);
	/* One that is gone stays so. */
	unlink(dts_segment_path(&path, dir, list.items[0].name));
	CHECK_INT(0, dts_log_pack(dir, &list.items[0], NULL, NULL, &err));
	dts_segments_release(&list);
	dts_buf_release(&all);
	dts_buf_release(&before);
	dts_buf_release(&after);
	dts_buf_release(&path);
}

/* A transaction in many parts, since the segment was to be a small one, becomes one frame; what is around it does not end inside it. */
static void test_packs_parts(void)
{
	struct dts_buf s = {0}, content = {0};
	struct dts_error err;
	struct dts_segments list = {0};

	empty_dir();
	dts_buf_clear(&s);
	add_stream(&s, 1, SOURCE);
	add_schema(&s, "t0");
	add_schema(&s, "t1");
	add_tx(&s, 1, 1);
	add_tx(&s, 2, 300);
	add_tx(&s, 3, 1);
	add_end(&s);
	REQUIRE(append(&s, 1, &err) == 0);
	REQUIRE(dts_segments_list(&list, dir, &err) == 0 && !list.items[0].open);
	CHECK(holds(&s));
	CHECK(content_of(&content, &list.items[0]) <= 2);
	dts_segments_release(&list);
	dts_buf_release(&s);
	dts_buf_release(&content);
}

/* Who appends does so when a segment ends, or the next one that appends does. */
static void test_packs_when_closed(void)
{
	struct dts_buf all = {0}, content = {0};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_segments list = {0};

	empty_dir();
	make_small_frames(&all);
	REQUIRE(dts_segments_list(&list, dir, &err) == 0 && list.count >= 1 && !list.items[0].open);
	CHECK(content_of(&content, &list.items[0]) < 8);
	CHECK(holds(&all));
	dts_segments_release(&list);
	dts_buf_release(&all);
	dts_buf_release(&content);
}

int main(void)
{
	open_home();
	RUN(test_cut_anywhere);
	RUN(test_damaged_anywhere);
	RUN(test_closing_is_cut);
	RUN(test_packing);
	RUN(test_packs_parts);
	RUN(test_packs_when_closed);
	close_home();
	return unit_done();
}
