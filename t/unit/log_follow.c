/* A log that is followed: it is read in a thread of its own, while the test writes it. */
#include <poll.h>
#include <pthread.h>

#include "log_reader.h"

struct follower {
	pthread_t thread;
	char dir[sizeof m.dir]; /* its own: what makes the log is written to meanwhile */
	struct dts_log_read_options o;
	struct dts_output out;
	int rc;
	struct dts_error err;
};

static void *follow(void *argument)
{
	struct follower *f = argument;

	f->rc = dts_log_read(&f->o, &f->out, &f->err);
	close(f->out.fd);
	return NULL;
}

/* Reads what the follower tells until `until` is there; at most some seconds. */
static bool hear_until(int fd, const char *until)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	while (!strstr(dts_buf_text(&told.text), until)) {
		if (poll(&p, 1, 20000) <= 0)
			return false;
		dts_buf_reserve(&told.text, 65536);
		ssize_t n = read(fd, told.text.data + told.text.len, 65535);
		if (n <= 0)
			return false;
		told.text.len += (size_t)n;
	}
	return true;
}

/* One that has not ended finds nobody who reads it. */
static void stop(struct follower *f, int fd)
{
	close(fd);
	pthread_join(f->thread, NULL);
	dts_output_discard(&f->out);
}

/* Who appends cuts back what was told already, and writes the same transactions in other frames. */
static void test_cut_back(void)
{
	struct follower f = {.o = {.follow = true, .notice = hear}};
	struct log_maker again;
	struct dts_segment_name name;
	int fds[2];

	REQUIRE(maker_open(&m) && pipe(fds) == 0);
	forget();
	memcpy(f.dir, m.dir, sizeof f.dir);
	f.o.dir = f.dir;
	f.out.fd = fds[1];
	dts_position_set(&f.o.stop, DTS_LIT("bin.000001"), 4 + 1000 * 9 + 900);
	dts_segment_name_set(&name, 1, (uint64_t)(MAKER_EPOCH + 1) * 1000000);
	REQUIRE(pthread_create(&f.thread, NULL, follow, &f) == 0);
	maker_frame(&m, 2, false, 0);
	const size_t kept = m.file.len;
	maker_frame(&m, 3, false, 0);
	maker_frame(&m, 1, false, 0);
	maker_save(&m, name.name, m.file.data, m.file.len);
	CHECK(hear_until(fds[0], "\"op\":\"commit\",\"src\":\"db1\",\"tx\":\"0-1-6\""));
	/* 3 to 6 are cut off, and come again as 3, 4 to 8, 9 and 10: in place, as who appends does it. */
	struct dts_buf path = {0};
	int fd = open(dts_segment_path(&path, m.dir, name.name), O_WRONLY | O_CLOEXEC);
	REQUIRE(fd >= 0 && ftruncate(fd, (off_t)kept) == 0);
	again = m;
	again.file.len = kept;
	again.next = 3;
	maker_frame(&again, 1, false, kept);
	maker_frame(&again, 5, false, kept);
	maker_frame(&again, 2, false, kept);
	CHECK_INT((int64_t)(again.file.len - kept), pwrite(fd, again.file.data + kept, again.file.len - kept, (off_t)kept));
	close(fd);
	m = again;
	CHECK(hear_until(fds[0], "\"op\":\"end\""));
	stop(&f, fds[0]);
	CHECK_INT(0, f.rc);
	check_text();
	check_range("cut back", 0, 1, 10);
	dts_buf_release(&path);
	maker_close(&m);
}

/* Has the reader opened the file of that name? It is a thread of this process. Waits for that, for two seconds at most. */
static bool is_opened(const char *name)
{
	char link[64], path[4096];

	for (int tries = 0; tries < 2000; tries++) {
		for (int fd = 3; fd < 100; fd++) {
			snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
			ssize_t n = readlink(link, path, sizeof path - 1);
			if (n > 0 && (path[n] = '\0', strstr(path, name) != NULL))
				return true;
		}
		usleep(1000);
	}
	return false;
}

/* A segment that comes, of which nothing is whole, is removed, and comes with another name. */
static void torn_segment_goes(bool whole_head)
{
	struct follower f = {.o = {.follow = true, .notice = hear}};
	struct dts_segment_name name;
	int fds[2];

	REQUIRE(maker_open(&m) && pipe(fds) == 0);
	forget();
	memcpy(f.dir, m.dir, sizeof f.dir);
	f.o.dir = f.dir;
	f.out.fd = fds[1];
	dts_position_set(&f.o.stop, DTS_LIT("bin.000001"), 4 + 1000 * 3 + 900);
	maker_frame(&m, 2, false, 0);
	maker_foot(&m);
	maker_next(&m, false);
	REQUIRE(pthread_create(&f.thread, NULL, follow, &f) == 0);
	CHECK(hear_until(fds[0], "\"op\":\"commit\",\"src\":\"db1\",\"tx\":\"0-1-2\""));
	struct dts_buf path = {0}, torn = {0};
	if (whole_head) { /* and a frame that is not what was written */
		maker_frame(&m, 2, false, 0);
		dts_buf_add_slice(&torn, dts_buf_slice(&m.file));
		torn.data[torn.len - 1] ^= 1;
	} else {
		dts_buf_add(&torn, "]*M", 3);
	}
	maker_save(&m, "000000000002-20260101T000000Z.zst.part", torn.data, torn.len);
	CHECK(is_opened("000000000002-20260101T000000Z.zst.part"));
	unlink(dts_segment_path(&path, m.dir, "000000000002-20260101T000000Z.zst.part"));
	dts_segment_name_set(&name, 2, (uint64_t)(MAKER_EPOCH + 3) * 1000000);
	if (!whole_head)
		maker_frame(&m, 2, false, 0);
	maker_save(&m, name.name, m.file.data, m.file.len);
	CHECK(hear_until(fds[0], "\"op\":\"end\""));
	stop(&f, fds[0]);
	CHECK_INT(0, f.rc);
	check_text();
	check_range("torn segment", 0, 1, 4);
	dts_buf_release(&path);
	dts_buf_release(&torn);
	maker_close(&m);
}

static void test_torn_segment_goes(void)
{
	torn_segment_goes(false);
	torn_segment_goes(true);
}

/* The reader of the output goes away while nothing comes. */
static void test_unread(void)
{
	struct follower f = {.o = {.follow = true}};
	int fds[2];

	REQUIRE(maker_open(&m) && pipe(fds) == 0);
	forget();
	memcpy(f.dir, m.dir, sizeof f.dir);
	f.o.dir = f.dir;
	f.out.fd = fds[1];
	maker_frame(&m, 2, false, 0);
	maker_next(&m, true);
	REQUIRE(pthread_create(&f.thread, NULL, follow, &f) == 0);
	CHECK(hear_until(fds[0], "\"op\":\"commit\",\"src\":\"db1\",\"tx\":\"0-1-2\""));
	stop(&f, fds[0]);
	CHECK_INT(-1, f.rc);
	CHECK_INT(DTS_IO, f.err.status);
	CHECK(f.err.silent);
	maker_close(&m);
}

int main(void)
{
	RUN(test_cut_back);
	RUN(test_torn_segment_goes);
	RUN(test_unread);
	forget();
	return unit_done();
}
