/*
 * Any bytes as a file of a log, or two in a row: whole events come out, each as long as it says, and
 * never more than the file holds.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "binlog/event.h"
#include "binlog/files.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool condition)
{
	if (!condition)
		abort();
}

static void fill(int fd, const uint8_t *data, size_t size)
{
	expect(ftruncate(fd, 0) == 0);
	expect(pwrite(fd, data, size, 0) == (ssize_t)size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	static char path[64];
	char *paths[] = {path};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_slice event;
	size_t sum = 4;
	int rc;

	if (fd < 0) {
		fd = memfd_create("log", 0);
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	}
	fill(fd, data, size);
	const bool packed = size >= 4 && data[0] == 0x28 && data[1] == 0xb5;
	struct dts_log_files *f = dts_log_files_open(paths, 1, false, &err);
	if (!f) {
		expect(err.status == DTS_BAD_INPUT);
		return 0;
	}
	expect(dts_log_files_format(f).len >= DTS_EVENT_HEADER);
	while ((rc = dts_log_files_read(f, &event, &err)) > 0) {
		struct dts_event e;

		expect(dts_event_header(&e, event));
		if (!dts_event_is_made_up(&e))
			sum += event.len;
		expect(packed || dts_event_is_made_up(&e) || sum <= size);
	}
	expect(rc == 0 || err.status == DTS_BAD_INPUT);
	dts_log_files_close(f);
	return 0;
}
