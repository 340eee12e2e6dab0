#include "checkpoint/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/input.h"

int dts_checkpoint_file_read(const char *path, struct dts_slice src, struct dts_position *pos, struct dts_error *err)
{
	struct dts_record r;
	struct dts_slice line;
	int rc, found = 0;

	if (access(path, F_OK) < 0 && errno == ENOENT)
		return 0;
	struct dts_input *in = dts_input_open(path, DTS_RECORD_MAX, err);
	if (!in)
		return -1;
	dts_record_init(&r);
	while ((rc = dts_input_line(in, &line, err)) > 0) {
		if (dts_record_parse(&r, line, err) < 0) {
			rc = dts_where(err, "%s:%llu", path, (unsigned long long)dts_input_line_number(in));
			break;
		}
		if (r.op == DTS_OP_ACK && dts_slice_eq(r.src, src)) {
			rc = dts_position_parse(pos, r.raw[DTS_F_POS], err);
			found = 1;
			if (rc < 0)
				break;
		}
	}
	dts_record_release(&r);
	dts_input_close(in);
	return rc < 0 ? -1 : found;
}

static int sync_directory(const char *path, struct dts_error *err)
{
	char *copy = dts_strdup(path);
	const char *dir = dirname(copy);
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = 0;

	if (fd < 0 || fsync(fd) < 0)
		rc = dts_fail_errno(err, "cannot make '%s' durable", path);
	if (fd >= 0)
		close(fd);
	free(copy);
	return rc;
}

static int write_whole(int fd, struct dts_slice text)
{
	for (size_t done = 0; done < text.len;) {
		ssize_t n = write(fd, text.p + done, text.len - done);
		if (n < 0 && errno != EINTR)
			return -1;
		done += n > 0 ? (size_t)n : 0;
	}
	return fsync(fd);
}

int dts_checkpoint_file_write(const char *path, struct dts_slice text, struct dts_error *err)
{
	struct dts_buf temporary = {0};
	int rc = 0;

	dts_buf_addf(&temporary, "%s.XXXXXX", path);
	dts_buf_text(&temporary);
	int fd = mkostemp(temporary.data, O_CLOEXEC);
	if (fd < 0) {
		rc = dts_fail_errno(err, "cannot create a file beside '%s'", path);
	} else {
		int failed = write_whole(fd, text) < 0 || fchmod(fd, 0644) < 0;
		if (failed)
			rc = dts_fail_errno(err, "cannot write '%s'", temporary.data);
		if (close(fd) < 0 && rc == 0)
			rc = dts_fail_errno(err, "cannot close '%s'", temporary.data);
		if (rc == 0 && rename(temporary.data, path) < 0)
			rc = dts_fail_errno(err, "cannot replace '%s'", path);
		if (rc < 0)
			unlink(temporary.data);
		else
			rc = sync_directory(path, err);
	}
	dts_buf_release(&temporary);
	return rc;
}
