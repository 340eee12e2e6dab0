#include "log/segments.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record/moment.h"

const char *dts_segment_path(struct dts_buf *path, const char *dir, const char *name)
{
	dts_buf_clear(path);
	dts_buf_adds(path, dir);
	dts_buf_addc(path, '/');
	dts_buf_adds(path, name);
	return dts_buf_text(path);
}

bool dts_log_is(const char *dir)
{
	struct dts_buf path = {0};
	struct stat st;
	bool is = stat(dts_segment_path(&path, dir, DTS_LOG_LOCK_NAME), &st) == 0 && S_ISREG(st.st_mode);

	dts_buf_release(&path);
	return is;
}

int dts_log_sync_directory(const char *dir, struct dts_error *err)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 || fsync(fd) < 0 ? dts_fail_errno(err, "cannot sync the directory '%s'", dir) : 0;

	if (fd >= 0)
		close(fd);
	return rc;
}

/* Has it nothing in it? 1, 0, -1. */
static int is_empty(const char *dir, struct dts_error *err)
{
	DIR *d = opendir(dir);
	int rc = 1;

	if (!d)
		return dts_fail_errno(err, "cannot read the directory '%s'", dir);
	for (struct dirent *e; rc > 0 && (e = readdir(d));)
		rc = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 || strcmp(e->d_name, "lost+found") == 0;
	closedir(d);
	return rc;
}

/* The entry of a new directory is its parent's. */
static int sync_parent(const char *dir, struct dts_error *err)
{
	struct dts_buf parent = {0};

	dts_buf_adds(&parent, dir);
	dts_buf_adds(&parent, "/..");
	int rc = dts_log_sync_directory(dts_buf_text(&parent), err);
	dts_buf_release(&parent);
	return rc;
}

int dts_log_create(const char *dir, struct dts_error *err)
{
	struct dts_buf path = {0};
	int rc = 1;

	if (dts_log_is(dir))
		return 0;
	if (mkdir(dir, 0777) < 0 && errno != EEXIST)
		return dts_fail_errno(err, "cannot make the directory '%s'", dir);
	rc = is_empty(dir, err);
	if (rc == 0 && !dts_log_is(dir)) { /* or another one has just made it */
		rc = dts_fail(err, DTS_REFUSED, "'%s' is no log, and has other things in it", dir);
		dts_hint(err, "a log is a directory of its own, made where there is none");
	}
	if (rc >= 0) {
		int fd = open(dts_segment_path(&path, dir, DTS_LOG_LOCK_NAME), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
		rc = fd < 0 ? dts_fail_errno(err, "cannot make '%s'", path.data) : 0;
		if (fd >= 0)
			close(fd);
	}
	if (rc == 0 && (dts_log_sync_directory(dir, err) < 0 || sync_parent(dir, err) < 0))
		rc = -1;
	dts_buf_release(&path);
	return rc;
}

/* NUMBER-TIME.zst, perhaps .part behind; others are not ours. */
static bool parse_name(struct dts_segment_name *n, const char *name)
{
	struct dts_slice s = dts_slice_of(name);
	const size_t tail = sizeof ".zst" - 1, part = sizeof DTS_LOG_PART - 1;
	size_t digits = 0;

	if (s.len >= sizeof n->name)
		return false;
	memcpy(n->name, name, s.len + 1);
	n->open = s.len > part && memcmp(s.p + s.len - part, DTS_LOG_PART, part) == 0;
	s.len -= n->open ? part : 0;
	if (s.len < tail || memcmp(s.p + s.len - tail, ".zst", tail) != 0)
		return false;
	for (n->number = 0; digits < s.len && s.p[digits] >= '0' && s.p[digits] <= '9' && digits < 19; digits++)
		n->number = n->number * 10 + (uint64_t)(s.p[digits] - '0');
	return digits >= 12 && n->number > 0 && s.p[digits] == '-';
}

static int by_number(const void *a, const void *b)
{
	const struct dts_segment_name *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

/* Numbers follow one another, and only the last is open. */
static int check_row(const struct dts_segments *s, const char *dir, struct dts_error *err)
{
	for (size_t i = 1; i < s->count; i++) {
		const struct dts_segment_name *before = &s->items[i - 1], *n = &s->items[i];

		if (n->number == before->number)
			return dts_fail(err, DTS_BAD_INPUT, "log '%s': segment %llu is there twice: %s and %s", dir,
					(unsigned long long)n->number, before->name, n->name);
		if (n->number != before->number + 1) {
			dts_fail(err, DTS_BAD_INPUT, "log '%s': segment %012llu is missing: it goes on from %s with %s", dir,
				 (unsigned long long)before->number + 1, before->name, n->name);
			return dts_hint(err, "put it back; else what came before it can no longer be gone on from: move the older segments away");
		}
		if (before->open)
			return dts_fail(err, DTS_BAD_INPUT, "log '%s': segment %s was not closed, and others are behind it", dir, before->name);
	}
	return 0;
}

static int read_names(struct dts_segments *s, const char *dir, struct dts_error *err)
{
	struct dts_segment_name name;
	DIR *d = opendir(dir);

	s->count = 0;
	if (!d)
		return dts_fail_errno(err, "cannot read the directory '%s'", dir);
	errno = 0;
	for (struct dirent *e; (e = readdir(d)); errno = 0) {
		if (!parse_name(&name, e->d_name))
			continue;
		if (s->count == s->cap) {
			s->cap = s->cap > 0 ? 2 * s->cap : 64;
			s->items = dts_realloc(s->items, s->cap * sizeof *s->items);
		}
		s->items[s->count++] = name;
	}
	int rc = errno != 0 ? dts_fail_errno(err, "cannot read the directory '%s'", dir) : 0;
	closedir(d);
	if (s->count > 0)
		qsort(s->items, s->count, sizeof *s->items, by_number);
	return rc;
}

int dts_log_check(const char *dir, struct dts_error *err)
{
	struct dts_segments segments = {0};
	struct dts_error ignored = DTS_ERROR_INIT;

	errno = 0;
	if (dts_log_is(dir))
		return 0;
	if (errno == EACCES || errno == EIO)
		return dts_fail_errno(err, "cannot look into the directory '%s'", dir);
	dts_fail(err, DTS_REFUSED, "'%s' is no log", dir);
	const bool copied = read_names(&segments, dir, &ignored) == 0 && segments.count > 0;
	dts_segments_release(&segments);
	return dts_hint(err, copied ? "segments are in it: an empty file " DTS_LOG_LOCK_NAME " beside them makes it one" : "dts-log append makes one");
}

int dts_segments_list(struct dts_segments *s, const char *dir, struct dts_error *err)
{
	struct dts_error found = DTS_ERROR_INIT, before;

	s->count = 0;
	if (dts_log_check(dir, err) < 0)
		return -1;
	/* Names may change while they are read, so that one is seen twice or not at all: what is wrong is so
	 * when it is seen again. */
	for (int tries = 0; tries < 100; tries++) {
		if (read_names(s, dir, err) < 0)
			return -1;
		before = found;
		found = (struct dts_error)DTS_ERROR_INIT;
		if (check_row(s, dir, &found) == 0)
			return 0;
		if (strcmp(before.message, found.message) == 0)
			break;
	}
	*err = found;
	return -1;
}

void dts_segments_release(struct dts_segments *s)
{
	free(s->items);
	*s = (struct dts_segments){0};
}

void dts_segment_name_set(struct dts_segment_name *n, uint64_t number, uint64_t micro)
{
	struct dts_moment m = {0};

	dts_moment_from_seconds(&m, micro / 1000000);
	*n = (struct dts_segment_name){.number = number, .open = true};
	snprintf(n->name, sizeof n->name, "%012llu-%04u%02u%02uT%02u%02u%02uZ.zst" DTS_LOG_PART, (unsigned long long)number,
		 m.year % 10000, m.month % 100, m.day % 100, m.hour % 100, m.minute % 100, m.second % 100);
}
