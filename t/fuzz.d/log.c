/*
 * Any bytes as a log: as one head, and as its only segment, open and closed. A head that is taken is written so that it is read
 * back as the same. The heads stand in order, each in its place; what is unpacked is as long as its head says; where the log
 * ends is behind a whole frame; verify finds something wrong with what cannot be read, and info counts what heads say.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "log/end.h"
#include "log/keep.h"
#include "log/survey.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OPEN_NAME "000000000001-20260101T000000Z.zst.part"
#define CLOSED_NAME "000000000001-20260101T000000Z.zst"

static char dir[64];

static void expect(bool condition)
{
	if (!condition)
		abort();
}

static void clean(void)
{
	static const char *const names[] = {OPEN_NAME, CLOSED_NAME, DTS_LOG_LOCK_NAME};
	struct dts_buf path = {0};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		unlink(dts_segment_path(&path, dir, names[i]));
	rmdir(dir);
	dts_buf_release(&path);
}

static void make_directory(void)
{
	struct dts_error err = DTS_ERROR_INIT;

	if (dir[0])
		return;
	snprintf(dir, sizeof dir, "%s/dts-fuzz-log.XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	expect(mkdtemp(dir) && dts_log_create(dir, &err) == 0);
	atexit(clean);
}

/* The bytes as a head of their own; a checksum that is wrong is put right, so that what stands in it is looked at. */
static void check_head(const uint8_t *data, size_t size)
{
	struct dts_frame_head h = {0}, again = {0};
	struct dts_buf b = {0}, c = {0};
	struct dts_error err = DTS_ERROR_INIT;
	const bool foot = size > 0 && data[0] & 1;

	dts_buf_add(&b, "\0\0\0\0\0\0\0\0\0\0\0", 12);
	dts_buf_add(&b, data, size);
	if (foot)
		dts_buf_add(&b, "\0\0\0", 4);
	uint32_t words[] = {htole32(foot ? DTS_FRAME_FOOT_MAGIC : DTS_FRAME_HEAD_MAGIC), htole32((uint32_t)b.len - 8), htole32((uint32_t)b.len)};
	memcpy(b.data, words, 8);
	if (foot)
		memcpy(b.data + b.len - 4, &words[2], 4);
	words[0] = htole32(dts_crc32(0, b.data + 12, b.len - 12));
	memcpy(b.data + 8, words, 4);
	if (dts_frame_head_parse(&h, dts_buf_slice(&b), &err) == 0) {
		h.first = h.first || foot;
		if (foot && !h.from.file[0] && !dts_gtids_known(&h.from.gtid))
			dts_position_copy(&h.from, &h.to);
		dts_buf_clear(&b);
		dts_frame_head_add(&b, &h, foot);
		expect(dts_frame_head_parse(&again, dts_buf_slice(&b), &err) == 0);
		dts_frame_head_add(&c, &again, foot);
		expect(dts_slice_eq(dts_buf_slice(&b), dts_buf_slice(&c)));
		dts_frame_head_clear(&again);
		dts_frame_head_sum(&again, &h);
		dts_frame_head_sum(&again, &h);
		expect(again.frames == 2 && again.records == 2 * h.records);
	} else {
		expect(err.status == DTS_BAD_INPUT);
	}
	dts_frame_head_release(&h);
	dts_frame_head_release(&again);
	dts_buf_release(&b);
	dts_buf_release(&c);
}

/* Bytes of content up to the first frame that cannot be unpacked. */
static bool read_all(const struct dts_segment_name *name, size_t size)
{
	struct dts_segment s = {.fd = -1};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_buf content = {0};
	enum dts_step step = DTS_STEP_END;
	bool loaded = true;

	expect(dts_segment_open(&s, dir, name, &err) == 0);
	for (uint64_t at = 0; loaded && (step = dts_segment_step(&s, &err)) == DTS_STEP_HEAD; at = s.next) {
		expect(s.head.at == at && s.head.segment == 1 && s.next > at && s.next <= size);
		dts_buf_clear(&content);
		loaded = dts_segment_load(&s, &content, &err) == 0;
		expect(loaded ? content.len == s.head.content : err.status == DTS_BAD_INPUT && content.len == 0);
	}
	expect(!loaded || step == DTS_STEP_FOOT || step == DTS_STEP_END || (step == DTS_STEP_DAMAGE && err.status == DTS_BAD_INPUT));
	dts_segment_close(&s);
	dts_buf_release(&content);
	return loaded && step != DTS_STEP_DAMAGE;
}

static int write_lines(int (*what)(struct dts_output *out, struct dts_error *err), struct dts_error *err)
{
	struct dts_output out;
	struct dts_error late = DTS_ERROR_INIT;

	*err = (struct dts_error)DTS_ERROR_INIT;
	expect(dts_output_open(&out, "/dev/null", false, &late) == 0);
	int rc = what(&out, err);
	expect(dts_output_close(&out, &late) == 0);
	expect(rc == 0 || (rc < 0 && err->status == DTS_BAD_INPUT));
	return rc;
}

static int verify(struct dts_output *out, struct dts_error *err)
{
	return dts_log_verify(dir, out, err);
}

static int info(struct dts_output *out, struct dts_error *err)
{
	return dts_log_info(dir, out->fd % 2, out, err);
}

/* Puts the checksums of all heads right, so that what stands in them is looked at. */
static void mend(uint8_t *data, size_t size)
{
	for (size_t at = 0; at + 12 <= size; at++) {
		uint64_t length;

		if (dts_frame_prefix((const char *)data + at, &length) == DTS_FRAME_NONE || length > size - at)
			continue;
		uint32_t crc = htole32(dts_crc32(0, data + at + 12, length - 12));
		memcpy(data + at + 8, &crc, 4);
	}
}

static void check_log(const uint8_t *data, size_t size, bool open)
{
	struct dts_segment_name name = {.number = 1, .open = open};
	struct dts_log_end end = {0};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_buf path = {0};

	snprintf(name.name, sizeof name.name, "%s", open ? OPEN_NAME : CLOSED_NAME);
	int fd = creat(dts_segment_path(&path, dir, name.name), 0600);
	expect(fd >= 0 && write(fd, data, size) == (ssize_t)size && close(fd) == 0);
	const bool whole = read_all(&name, size);
	if (dts_log_find_end(dir, &end, &err) == 0)
		expect(end.empty ? end.torn.number <= 1 : end.size <= size && (end.cut == 0 || end.size + end.cut == size));
	else
		expect(err.status == DTS_BAD_INPUT);
	expect(open || write_lines(verify, &err) < 0 || whole);
	write_lines(verify, &err);
	write_lines(info, &err);
	unlink(dts_buf_text(&path));
	dts_log_end_release(&end);
	dts_buf_release(&path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *mended = malloc(size + 1);

	memcpy(mended, data, size);
	mend(mended, size);
	make_directory();
	check_head(data, size);
	check_log(mended, size, true);
	check_log(mended, size, false);
	if (memcmp(mended, data, size) != 0)
		check_log(data, size, true);
	free(mended);
	return 0;
}
