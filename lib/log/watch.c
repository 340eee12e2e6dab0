#include "log/watch.h"

#include <errno.h>
#include <linux/magic.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/signals.h"

enum { EACH_SECOND = 1000 };

/* Is it a file system that other machines write to as well? (statfs(2)) */
static bool is_shared(const char *dir)
{
	static const unsigned long types[] = {NFS_SUPER_MAGIC, SMB_SUPER_MAGIC, CIFS_SUPER_MAGIC, SMB2_SUPER_MAGIC, CEPH_SUPER_MAGIC, V9FS_MAGIC,
					      AFS_SUPER_MAGIC, OCFS2_SUPER_MAGIC, FUSE_SUPER_MAGIC, 0x01161970 /* GFS2 */};
	struct statfs fs;

	if (statfs(dir, &fs) < 0)
		return false;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if ((unsigned long)fs.f_type == types[i])
			return true;
	return false;
}

int dts_log_watch_open(struct dts_log_watch *w, const char *dir, struct dts_error *why)
{
	*w = (struct dts_log_watch){.directory = -1, .shared = is_shared(dir), .dir = dir};
	w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (w->fd >= 0)
		w->directory = inotify_add_watch(w->fd, dir, IN_CREATE | IN_MODIFY | IN_MOVED_TO | IN_DELETE | IN_DELETE_SELF | IN_ONLYDIR);
	if (w->fd >= 0 && w->directory >= 0)
		return 0;
	if (errno == ENOSPC || errno == EMFILE)
		dts_fail(why, DTS_IO, "cannot watch '%s': the system's limit of inotify instances or watches is reached", dir);
	else
		dts_fail_errno(why, "cannot watch '%s'", dir);
	dts_log_watch_close(w);
	w->dir = dir;
	return -1;
}

void dts_log_watch_close(struct dts_log_watch *w)
{
	if (w->dir && w->fd >= 0)
		close(w->fd);
	*w = (struct dts_log_watch){.fd = -1, .directory = -1};
}

/* Reads what has happened. False: the directory has gone. */
static bool drain(struct dts_log_watch *w)
{
	union {
		struct inotify_event event;
		char bytes[16384];
	} u;
	bool there = true;

	for (ssize_t n; (n = read(w->fd, u.bytes, sizeof u.bytes)) > 0;)
		for (const char *p = u.bytes; p < u.bytes + n;) {
			const struct inotify_event *e = (const struct inotify_event *)(const void *)p;

			if (e->mask & IN_DELETE_SELF || (e->mask & IN_IGNORED && e->wd == w->directory))
				there = false;
			p += sizeof *e + e->len;
		}
	return there;
}

int dts_log_watch_wait(struct dts_log_watch *w, const struct dts_output *out, int milliseconds, struct dts_error *err)
{
	const int most = (w->fd < 0 || w->shared) && (milliseconds < 0 || milliseconds > EACH_SECOND) ? EACH_SECOND : milliseconds;
	const struct timespec limit = {most / 1000, most % 1000 * 1000000L};
	struct pollfd fds[] = {{.fd = out->fd}, {.fd = w->fd, .events = POLLIN}}; /* poll() leaves out what is below 0 */
	sigset_t block, before;
	int n = 0;

	/* Signals are held back while the flag is looked at, so that none falls between look and wait. */
	sigemptyset(&block);
	sigaddset(&block, SIGINT);
	sigaddset(&block, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &block, &before);
	if (!dts_signals_stop())
		n = ppoll(fds, 2, most < 0 ? NULL : &limit, &before);
	const int failed = n < 0 && errno != EINTR ? errno : 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed) {
		errno = failed;
		return dts_fail_errno(err, "cannot wait for the log '%s'", w->dir);
	}
	if (n > 0 && fds[0].revents & (POLLERR | POLLHUP | POLLNVAL)) {
		errno = EPIPE;
		return dts_fail_errno(err, "cannot write the output");
	}
	if (n > 0 && fds[1].revents && !drain(w))
		return dts_fail(err, DTS_IO, "the log '%s' was removed", w->dir);
	return 0;
}
