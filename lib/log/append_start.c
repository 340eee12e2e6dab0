#include "log/append_start.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "log/append_pack.h"
#include "log/lock.h"

static void told(const struct dts_append_options *o, const char *fmt, const char *name, uint64_t bytes)
{
	struct dts_buf text = {0};

	if (!o->notice)
		return;
	dts_buf_addf(&text, fmt, o->dir, name, (unsigned long long)bytes);
	o->notice(dts_buf_text(&text));
	dts_buf_release(&text);
}

static int cut(const struct dts_append_options *o, struct dts_log_end *end, struct dts_buf *path, struct dts_error *err)
{
	int fd = open(dts_segment_path(path, o->dir, end->segment.name), O_RDWR | O_CLOEXEC);
	int rc = fd < 0 || ftruncate(fd, (off_t)end->size) < 0 || fsync(fd) < 0 ? dts_fail_errno(err, "cannot cut '%s'", path->data) : 0;

	if (fd >= 0)
		close(fd);
	if (rc == 0)
		told(o, "log '%s': %.0s%llu bytes behind the last whole transaction were cut off", "", end->cut);
	end->cut = 0;
	return rc;
}

static int remove_torn(const struct dts_append_options *o, struct dts_log_end *end, struct dts_buf *path, struct dts_error *err)
{
	if (unlink(dts_segment_path(path, o->dir, end->torn.name)) < 0)
		return dts_fail_errno(err, "cannot remove '%s'", path->data);
	told(o, "log '%s': segment %s, which has nothing whole, was removed", end->torn.name, 0);
	end->torn.number = 0;
	return dts_log_sync_directory(o->dir, err);
}

/* It has its foot, and the crash came before it had its name. */
static int name_closed(const struct dts_append_options *o, struct dts_log_end *end, struct dts_buf *path, struct dts_error *err)
{
	struct dts_buf to = {0};
	char *name = end->segment.name;
	int fd = open(dts_segment_path(path, o->dir, name), O_RDWR | O_CLOEXEC), rc = 0;

	/* It may be in the system's memory only. */
	if (fd < 0 || fsync(fd) < 0)
		rc = dts_fail_errno(err, "cannot sync '%s'", path->data);
	if (fd >= 0)
		close(fd);
	name[strlen(name) - strlen(DTS_LOG_PART)] = '\0';
	if (rc == 0 && rename(dts_buf_text(path), dts_segment_path(&to, o->dir, name)) < 0)
		rc = dts_fail_errno(err, "cannot rename '%s'", path->data);
	dts_buf_release(&to);
	end->segment.open = false;
	return rc == 0 ? dts_log_sync_directory(o->dir, err) : -1;
}

static int mend(const struct dts_append_options *o, struct dts_log_end *end, struct dts_error *err)
{
	struct dts_buf path = {0};
	int rc = 0;

	if (unlink(dts_segment_path(&path, o->dir, DTS_LOG_PACKING)) < 0 && errno != ENOENT)
		rc = dts_fail_errno(err, "cannot remove '%s'", path.data);
	if (rc == 0 && end->torn.number != 0)
		rc = remove_torn(o, end, &path, err);
	if (rc == 0 && !end->empty && end->cut > 0)
		rc = cut(o, end, &path, err);
	if (rc == 0 && !end->empty && end->closed && end->segment.open)
		rc = name_closed(o, end, &path, err);
	dts_buf_release(&path);
	return rc;
}

int dts_log_start(const struct dts_append_options *o, struct dts_log_end *end, struct dts_error *err)
{
	if (dts_log_create(o->dir, err) < 0)
		return -1;
	int lock = dts_log_lock(o->dir, DTS_LOG_WRITE, false, err);
	if (lock < 0)
		return -1;
	if (dts_log_find_end(o->dir, end, err) < 0 || mend(o, end, err) < 0) {
		close(lock);
		return -1;
	}
	return lock;
}
