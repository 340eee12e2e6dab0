#include "log/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/signals.h"
#include "log/segments.h"

/* The byte of the file that stands for a right. The file's text is the number of the process that writes. */
static struct flock region(enum dts_log_right right, short type)
{
	return (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = 1000 + right, .l_len = 1};
}

static int open_file(const char *dir, int flags, struct dts_error *err)
{
	struct dts_buf path = {0};
	int fd = open(dts_segment_path(&path, dir, DTS_LOG_LOCK_NAME), flags | O_CLOEXEC, 0666);

	if (fd < 0)
		dts_fail_errno(err, "cannot open '%s'", path.data);
	dts_buf_release(&path);
	return fd;
}

static long read_pid(int fd)
{
	char text[32];
	ssize_t n = pread(fd, text, sizeof text - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return strtol(text, NULL, 10);
}

static int write_pid(int fd, const char *dir, struct dts_error *err)
{
	struct dts_buf text = {0};

	dts_buf_addf(&text, "%ld\n", (long)getpid());
	/* A full disk is no reason: the lock holds, only its owner's number is not told. */
	int rc = ftruncate(fd, 0) < 0 || (pwrite(fd, text.data, text.len, 0) < 0 && errno != ENOSPC && errno != EDQUOT)
			 ? dts_fail_errno(err, "cannot write '%s/" DTS_LOG_LOCK_NAME "'", dir) : 0;
	dts_buf_release(&text);
	return rc;
}

static int held_by_another(int fd, const char *dir, enum dts_log_right right, struct dts_error *err)
{
	long pid = right == DTS_LOG_WRITE ? read_pid(fd) : 0;

	if (right == DTS_LOG_TIDY)
		return dts_fail(err, DTS_AGAIN, "another process packs or trims log '%s'", dir);
	if (pid > 0)
		dts_fail(err, DTS_AGAIN, "log '%s' is being written by process %ld", dir, pid);
	else
		dts_fail(err, DTS_AGAIN, "log '%s' is being written by another process", dir);
	return dts_hint(err, "there is one writer at a time, and any number of readers");
}

int dts_log_lock(const char *dir, enum dts_log_right right, bool wait, struct dts_error *err)
{
	struct flock lock = region(right, F_WRLCK);
	int fd = open_file(dir, O_RDWR, err), rc;

	if (fd < 0)
		return -1;
	do
		rc = fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &lock);
	while (rc < 0 && errno == EINTR && wait && dts_signals_stop() == 0);
	if (rc < 0)
		rc = errno == EAGAIN || errno == EACCES || errno == EINTR ? held_by_another(fd, dir, right, err)
							: dts_fail_errno(err, "cannot lock '%s/" DTS_LOG_LOCK_NAME "'", dir);
	else if (right == DTS_LOG_WRITE)
		rc = write_pid(fd, dir, err);
	if (rc < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

long dts_log_writer(const char *dir, struct dts_error *err)
{
	struct flock lock = region(DTS_LOG_WRITE, F_WRLCK);
	int fd = open_file(dir, O_RDONLY, err); /* enough to ask */
	long pid;

	if (fd < 0)
		return -1;
	if (fcntl(fd, F_OFD_GETLK, &lock) < 0)
		pid = dts_fail_errno(err, "cannot look at the lock of '%s'", dir);
	else if (lock.l_type == F_UNLCK)
		pid = 0;
	else {
		pid = read_pid(fd);
		pid = pid > 0 ? pid : 1;
	}
	close(fd);
	return pid;
}
