/* The queue on disk behind dts-binlog's reading ahead, alone and under the thread that reads. */
#include "binlog/spool.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "binlog/readahead.h"
#include "unit.h"

enum { MIB = 1 << 20 };

static char directory[200];
static char told[2000];
static _Atomic int times_told;

static void tell(const char *text)
{
	times_told++;
	snprintf(told, sizeof told, "%s", text);
}

static struct dts_spool *open_spool(uint64_t size)
{
	const struct dts_spool_options o = {.directory = directory, .size = size, .notice = tell};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_spool *s = dts_spool_open(&o, &err);

	CHECK_STR("", err.message);
	times_told = 0;
	return s;
}

/* Bytes that nothing makes shorter; the same ones for the same number. */
static void fill(struct dts_buf *b, uint64_t number, size_t len)
{
	uint64_t x = number * 0x9e3779b97f4a7c15 + 1;

	dts_buf_clear(b);
	dts_buf_reserve(b, len + 8);
	for (size_t i = 0; i < len; i += 8) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		memcpy(b->data + i, &x, 8);
	}
	b->len = len;
}

static size_t length_of(uint64_t number, size_t longest)
{
	return number % 5 == 0 ? number % 3 : number * 7919 % longest;
}

static bool write_block(struct dts_spool *s, uint64_t number, size_t longest)
{
	static _Thread_local struct dts_buf b;

	fill(&b, number, length_of(number, longest));
	bool written = dts_spool_write(s, dts_buf_slice(&b));
	dts_buf_release(&b);
	return written;
}

static void check_block(struct dts_spool *s, uint64_t number, size_t longest)
{
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_buf want = {0}, got = {0};

	dts_buf_adds(&got, "what was there");
	fill(&want, number, length_of(number, longest));
	CHECK_INT(0, dts_spool_read(s, &got, &err));
	CHECK_STR("", err.message);
	CHECK(dts_slice_eq(dts_buf_slice(&want), dts_buf_slice(&got)));
	dts_buf_release(&want);
	dts_buf_release(&got);
}

/* The spool's files are open and have no names: how many, what they have of the disk, and a descriptor of the last. */
static size_t files(uint64_t *bytes, int *fd)
{
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *entry;
	size_t count = 0;

	*bytes = 0;
	while (dir && (entry = readdir(dir))) {
		char to[300];
		ssize_t n = readlinkat(dirfd(dir), entry->d_name, to, sizeof to - 1);
		struct stat st;

		if (n < 0)
			continue;
		to[n] = '\0';
		if (strncmp(to, directory, strlen(directory)) != 0 || fstat(atoi(entry->d_name), &st) < 0)
			continue;
		CHECK_INT(0, st.st_nlink);
		count++;
		*bytes += (uint64_t)st.st_blocks * 512;
		*fd = atoi(entry->d_name);
	}
	closedir(dir);
	return count;
}

static void test_order(void)
{
	struct dts_spool *s = open_spool(0);
	uint64_t in = 0, out = 0, bytes;
	int fd;

	srandom((unsigned)unit_seed());
	for (int i = 0; i < 3000; i++) {
		if (random() % 5 < (i / 300 % 2 ? 2 : 3)) {
			CHECK(write_block(s, in++, 20000));
		} else if (out < in) {
			check_block(s, out++, 20000);
		}
		CHECK_INT(in - out, dts_spool_blocks(s));
	}
	while (out < in)
		check_block(s, out++, 20000);
	CHECK_INT(0, files(&bytes, &fd)); /* all is given back */
	CHECK(write_block(s, 7, 20000));
	CHECK_INT(1, files(&bytes, &fd));
	dts_spool_clear(s);
	CHECK_INT(0, dts_spool_blocks(s));
	CHECK_INT(0, files(&bytes, &fd));
	CHECK(write_block(s, 8, 20000));
	check_block(s, 8, 20000);
	CHECK(write_block(s, 9, 20000));
	dts_spool_free(s);
	CHECK_INT(0, files(&bytes, &fd));
	CHECK_INT(0, times_told);
}

/* More than one file; those read to their end are gone at once, and few are so many bytes. */
static void test_room_is_given_back(void)
{
	struct dts_spool *s = open_spool(0);
	struct dts_buf b = {0};
	struct dts_error err = DTS_ERROR_INIT;
	uint64_t bytes;
	int fd;

	fill(&b, 1, 8 * MIB);
	for (int i = 0; i < 20; i++)
		CHECK(dts_spool_write(s, dts_buf_slice(&b)));
	CHECK_INT(3, files(&bytes, &fd));
	for (int i = 0; i < 8; i++)
		CHECK_INT(0, dts_spool_read(s, &b, &err));
	CHECK_INT(2, files(&bytes, &fd));
	CHECK(bytes < 97 * (uint64_t)MIB);
	/* Inside of a file, too. */
	for (int i = 8; i < 11; i++)
		CHECK_INT(0, dts_spool_read(s, &b, &err));
	CHECK_INT(2, files(&bytes, &fd));
	CHECK(bytes < 73 * (uint64_t)MIB);
	for (int i = 11; i < 20; i++)
		CHECK_INT(0, dts_spool_read(s, &b, &err));
	CHECK_INT(0, files(&bytes, &fd));
	/* What says the same again and again is smaller there. */
	memset(b.data, 'x', b.len);
	CHECK(dts_spool_write(s, dts_buf_slice(&b)));
	CHECK_INT(1, files(&bytes, &fd));
	CHECK(bytes < MIB);
	dts_spool_free(s);
	dts_buf_release(&b);
}

static void test_bound(void)
{
	struct dts_spool *s = open_spool(300000);
	uint64_t in = 0, out = 0, bytes;
	int fd;

	for (int round = 0; round < 9; round++) {
		while (write_block(s, in, 60000))
			in++;
		CHECK(in - out > 4);
		CHECK(files(&bytes, &fd) <= 10);
		CHECK(bytes <= 300000 + 10 * 2 * 4096); /* whole pages */
		for (int i = 0; i < 4; i++)
			check_block(s, out++, 60000);
	}
	CHECK_INT(1, times_told);
	CHECK(strstr(told, ": it holds what it may: reading waits for the output"));
	while (out < in)
		check_block(s, out++, 60000);
	CHECK_INT(0, dts_spool_blocks(s));
	dts_spool_free(s);
}

/* One that had no room may be tried again and again, and is taken when it has. */
static void test_tried_again(void)
{
	struct dts_spool *s = open_spool(100000);
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_buf one = {0}, two = {0}, got = {0};

	fill(&one, 1, 60000);
	fill(&two, 2, 70000);
	CHECK(dts_spool_write(s, dts_buf_slice(&one)));
	for (int i = 0; i < 3; i++)
		CHECK(!dts_spool_write(s, dts_buf_slice(&two)));
	CHECK_INT(0, dts_spool_read(s, &got, &err));
	CHECK(dts_spool_write(s, dts_buf_slice(&two)));
	/* Another one that is smaller need not wait. */
	CHECK(!dts_spool_write(s, dts_buf_slice(&one)));
	one.len = 20000;
	CHECK(dts_spool_write(s, dts_buf_slice(&one)));
	CHECK_INT(0, dts_spool_read(s, &got, &err));
	CHECK(dts_slice_eq(dts_buf_slice(&two), dts_buf_slice(&got)));
	CHECK_INT(0, dts_spool_read(s, &got, &err));
	CHECK(dts_slice_eq(dts_buf_slice(&one), dts_buf_slice(&got)));
	CHECK_INT(1, times_told);
	/* Nor does one that is larger than all that it may hold get in the way. */
	fill(&two, 3, 200000);
	CHECK(!dts_spool_write(s, dts_buf_slice(&two)));
	CHECK(!dts_spool_write(s, dts_buf_slice(&two)));
	CHECK(dts_spool_write(s, dts_buf_slice(&one)));
	dts_spool_free(s);
	dts_buf_release(&one);
	dts_buf_release(&two);
	dts_buf_release(&got);
}

/* A disk that is full keeps what it has, and takes more when it has room again. */
static void test_full_disk(void)
{
	struct dts_spool *s = open_spool(0);
	struct rlimit before, small = {500000, 0};
	uint64_t in = 0, out = 0;

	signal(SIGXFSZ, SIG_IGN);
	REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
	small.rlim_max = before.rlim_max;
	REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
	for (int round = 0; round < 3; round++) {
		while (write_block(s, in, 200000))
			in++;
		CHECK(in > out);
		CHECK(!write_block(s, in, 200000) || in % 5 == 0);
		while (out < in)
			check_block(s, out++, 200000);
	}
	CHECK_INT(1, times_told);
	CHECK(strstr(told, ": File too large: reading waits for the output"));
	while (write_block(s, in, 200000))
		in++;
	setrlimit(RLIMIT_FSIZE, &before);
	CHECK(write_block(s, in++, 200000));
	while (out < in)
		check_block(s, out++, 200000);
	dts_spool_free(s);
}

static void test_no_directory(void)
{
	struct dts_spool_options o = {.directory = "/nowhere/spool"};
	struct dts_error err = DTS_ERROR_INIT;

	CHECK(!dts_spool_open(&o, &err));
	CHECK_INT(DTS_IO, err.status);
	CHECK_STR("cannot make a file in the spool directory '/nowhere/spool': No such file or directory", err.message);
	dts_spool_free(NULL);
}

/* Whatever the disk did to it: an error, and not other bytes. */
static void test_damaged(void)
{
	for (int how = 0; how < 40; how++) {
		struct dts_spool *s = open_spool(0);
		struct dts_error err = DTS_ERROR_INIT;
		struct dts_buf b = {0};
		uint64_t bytes, at;
		char byte;
		int fd = -1;

		fill(&b, 3, 300000);
		CHECK(dts_spool_write(s, dts_buf_slice(&b)));
		REQUIRE(files(&bytes, &fd) == 1);
		bytes = (uint64_t)lseek(fd, 0, SEEK_END);
		at = how < 12 ? (uint64_t)how : (uint64_t)random() % bytes;
		if (how % 8 == 7) {
			REQUIRE(ftruncate(fd, (off_t)at) == 0);
		} else {
			REQUIRE(pread(fd, &byte, 1, (off_t)at) == 1);
			byte ^= (char)(1 << how % 8);
			REQUIRE(pwrite(fd, &byte, 1, (off_t)at) == 1);
		}
		if (dts_spool_read(s, &b, &err) == 0) { /* a bit that means nothing */
			fill(&b, 3, 300000);
			CHECK(how < 12);
		} else {
			CHECK_INT(DTS_IO, err.status);
			CHECK(strstr(err.message, "' is not as it was written"));
		}
		dts_buf_release(&b);
		dts_spool_free(s);
	}
}

enum { BLOCKS = 2000, LONGEST = 30000 };

static void *write_all(void *argument)
{
	struct dts_spool *s = argument;

	for (uint64_t i = 0; i < BLOCKS; i++)
		while (!write_block(s, i, LONGEST))
			usleep(100);
	return NULL;
}

static void test_two_threads(void)
{
	struct dts_spool *s = open_spool(MIB);
	pthread_t thread;

	REQUIRE(pthread_create(&thread, NULL, write_all, s) == 0);
	for (uint64_t i = 0; i < BLOCKS; i++) {
		while (dts_spool_blocks(s) == 0)
			usleep(100);
		check_block(s, i, LONGEST);
	}
	pthread_join(thread, NULL);
	CHECK_INT(0, dts_spool_blocks(s));
	dts_spool_free(s);
}

/* ---- reading ahead with it */

struct counter {
	_Atomic uint32_t next;
	uint32_t end;
	int last; /* what follows the numbers */
	uint32_t value;
	bool pauses;
};

static int count(void *context, struct dts_slice *event, struct dts_error *err)
{
	struct counter *n = context;

	if (n->next == n->end)
		return n->last < 0 ? dts_fail(err, DTS_AGAIN, "lost") : n->last;
	if (n->pauses && n->next % 1000 == 0)
		usleep(300);
	n->value = ++n->next;
	*event = dts_slice((const char *)&n->value, sizeof n->value);
	return 1;
}

/* Reads on to what comes behind the events; how many there were, each in its place. */
static uint32_t read_on(struct dts_readahead *r, uint32_t seen, enum dts_readahead_result *got, struct dts_error *err)
{
	struct dts_slice event;
	uint32_t value;

	while ((*got = dts_readahead_next(r, seen % 3 ? 1000 : 0, &event, err)) > 0) {
		if (*got == DTS_READAHEAD_NOTHING)
			continue;
		memcpy(&value, event.p, sizeof value);
		if (value != seen + 1)
			break;
		seen = value;
	}
	return seen;
}

/* The thread reads to the end though nobody takes anything, and all of it comes, before the end or the error. */
static void test_reader_does_not_wait(void)
{
	for (int last = -1; last <= 0; last++) {
		struct dts_spool *s = open_spool(0);
		struct counter n = {.end = 300000, .last = last};
		struct dts_error err = DTS_ERROR_INIT;
		struct dts_readahead *r = dts_readahead_start(count, &n, 50000, s, &err);
		enum dts_readahead_result got;

		REQUIRE(r);
		while (n.next < n.end)
			usleep(1000);
		CHECK(dts_spool_blocks(s) > 10);
		CHECK_INT(n.end, read_on(r, 0, &got, &err));
		CHECK_INT(last < 0 ? DTS_READAHEAD_ERROR : DTS_READAHEAD_END, got);
		CHECK_STR(last < 0 ? "lost" : "", err.message);
		CHECK_INT(0, dts_spool_blocks(s));
		dts_readahead_free(r);
		dts_spool_free(s);
	}
}

/* Neither side waits for the other, nor for long. */
static void test_side_by_side(void)
{
	struct dts_spool *s = open_spool(0);

	for (int round = 0; round < 6; round++) {
		struct counter n = {.end = 60000, .pauses = round % 2};
		struct dts_error err = DTS_ERROR_INIT;
		struct dts_readahead *r = dts_readahead_start(count, &n, 500 + (size_t)round * 2000, s, &err);
		enum dts_readahead_result got;

		REQUIRE(r);
		CHECK_INT(n.end, read_on(r, 0, &got, &err));
		CHECK_INT(DTS_READAHEAD_END, got);
		dts_readahead_free(r);
	}
	dts_spool_free(s);
}

/* With a spool that is full it is as without one, and the server's error comes behind what is held. */
static void test_full_spool(void)
{
	for (int last = -1; last <= 0; last++) {
		struct dts_spool *s = open_spool(20000);
		struct counter n = {.end = 300000, .last = last};
		struct dts_error err = DTS_ERROR_INIT;
		struct dts_readahead *r = dts_readahead_start(count, &n, 50000, s, &err);
		enum dts_readahead_result got;

		REQUIRE(r);
		while (!times_told)
			usleep(1000);
		CHECK(n.next < n.end);
		CHECK_INT(n.end, read_on(r, 0, &got, &err));
		CHECK_INT(last < 0 ? DTS_READAHEAD_ERROR : DTS_READAHEAD_END, got);
		/* The error is told early, too, where the spool still holds something then. */
		CHECK(times_told == 1 || (last < 0 && times_told == 2));
		dts_readahead_free(r);
		dts_spool_free(s);
	}
}

/* A consumer that leaves while the spool is full does not wait for anything, and the next one finds it empty. */
static void test_left_while_full(void)
{
	struct dts_spool *s = open_spool(20000);
	struct counter n = {.end = UINT32_MAX};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_readahead *r = dts_readahead_start(count, &n, 50000, s, &err);
	struct dts_slice event;
	uint32_t value = 0;

	REQUIRE(r);
	while (!times_told)
		usleep(1000);
	dts_readahead_free(r);
	CHECK(dts_spool_blocks(s) > 0);
	n.next = 40;
	r = dts_readahead_start(count, &n, 50000, s, &err);
	REQUIRE(r);
	CHECK_INT(DTS_READAHEAD_EVENT, dts_readahead_next(r, 10000, &event, &err));
	memcpy(&value, event.p, sizeof value);
	CHECK_INT(41, value);
	dts_readahead_free(r);
	dts_spool_free(s);
}

/* What cannot be read back is an error of its own. */
static void test_damaged_behind_reader(void)
{
	struct dts_spool *s = open_spool(0);
	struct counter n = {.end = 100000};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_readahead *r = dts_readahead_start(count, &n, 100000, s, &err);
	enum dts_readahead_result got;
	uint64_t bytes;
	int fd = -1;

	REQUIRE(r);
	while (n.next < n.end)
		usleep(1000);
	CHECK_INT(1, files(&bytes, &fd));
	REQUIRE(ftruncate(fd, (off_t)bytes / 2) == 0);
	CHECK(read_on(r, 0, &got, &err) < n.end);
	CHECK_INT(DTS_READAHEAD_ERROR, got);
	CHECK_INT(DTS_IO, err.status);
	dts_readahead_free(r);
	dts_spool_free(s);
}

int main(void)
{
	const char *under = getenv("TMPDIR");
	char *real = realpath(under && *under ? under : "/tmp", NULL);

	snprintf(directory, sizeof directory, "%s/dts-unit-XXXXXX", real ? real : "");
	free(real);
	if (!mkdtemp(directory))
		return 1;
	RUN(test_order);
	RUN(test_room_is_given_back);
	RUN(test_bound);
	RUN(test_tried_again);
	RUN(test_full_disk);
	RUN(test_no_directory);
	RUN(test_damaged);
	RUN(test_two_threads);
	RUN(test_reader_does_not_wait);
	RUN(test_side_by_side);
	RUN(test_full_spool);
	RUN(test_left_while_full);
	RUN(test_damaged_behind_reader);
	/* Nothing has been left in it. */
	if (rmdir(directory) < 0) {
		perror(directory);
		return 1;
	}
	return unit_done();
}
