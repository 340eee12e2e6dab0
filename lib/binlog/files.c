#include "binlog/files.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/raw.h"
#include "base/signals.h"
#include "binlog/event.h"
#include "binlog/files_names.h"

enum {
	MAGIC = 4,               /* bytes that a file begins with */
	LARGEST = 0x7fffffff,    /* bytes of an event: what a server takes */
	LOOK_AGAIN = 1000,       /* milliseconds, where nothing says that a file has grown */
};

struct dts_log_files {
	struct dts_log_names names; /* in the order in which they are read */
	size_t next;             /* of them */
	struct dts_raw raw;
	bool open;
	char name[256];          /* of the file that is open, as the server calls it */
	struct dts_buf held;     /* bytes of it, taken up to `taken` */
	size_t taken;
	uint64_t offset;         /* in the file, of held.data[taken] */
	uint64_t limit;          /* where to end in it; UINT64_MAX: at its end */
	bool follow;
	bool named;              /* its made-up ROTATE was given */
	bool checksum, in_use;   /* as its format description says; relay logs are always in use */
	bool mariadb, relay;
	bool closed;             /* its last event is one that servers close files with */
	bool last_look;          /* the next one is there */
	struct dts_buf rotate;
	int wake;                /* eventfd: dts_log_files_abort() */
	int notify;              /* inotify, where files are followed; else -1 */
};

/* ---- bytes ---- */

static struct dts_slice left(const struct dts_log_files *f)
{
	return f->held.data ? dts_slice(f->held.data + f->taken, f->held.len - f->taken) : DTS_LIT("");
}

static bool aborted(const struct dts_log_files *f)
{
	struct pollfd p = {.fd = f->wake, .events = POLLIN};

	return poll(&p, 1, 0) > 0;
}

/* Waits until the pipe has something, or the file may have. False: to end. */
static bool wait_more(struct dts_log_files *f)
{
	struct pollfd p[2] = {{.fd = f->wake, .events = POLLIN}, {.fd = f->notify, .events = POLLIN}};
	char drop[4096];

	if (poll(p, 2, LOOK_AGAIN) > 0 && p[1].revents)
		while (read(f->notify, drop, sizeof drop) > 0)
			;
	return !aborted(f);
}

/* A pipe may keep us waiting: not without noticing that we are to end. */
static bool await_pipe(struct dts_log_files *f)
{
	struct pollfd p[2] = {{.fd = f->wake, .events = POLLIN}, {.fd = f->raw.fd, .events = POLLIN}};

	while (poll(p, 2, -1) < 0)
		if (errno != EINTR || dts_signals_stop())
			return false;
	return p[0].revents == 0;
}

/* More bytes of the file that is open. 1; 0: its end, as it is now; -1. */
static int fill(struct dts_log_files *f, struct dts_error *err)
{
	int rc;

	if (f->taken > 0 && f->taken * 2 > f->held.len) {
		memmove(f->held.data, f->held.data + f->taken, f->held.len - f->taken);
		f->held.len -= f->taken;
		f->taken = 0;
	}
	if (f->offset + left(f).len >= f->limit)
		return 0;
	do {
		if (!dts_raw_holds(&f->raw) && !await_pipe(f))
			return 0;
		const size_t before = f->held.len;
		rc = dts_raw_more(&f->raw, &f->held, err);
		if (rc > 0 && f->held.len > before)
			break;
	} while (rc > 0);
	if (f->offset + left(f).len > f->limit)
		f->held.len -= f->offset + left(f).len - f->limit;
	return rc;
}

static void take(struct dts_log_files *f, size_t bytes)
{
	f->taken += bytes;
	f->offset += bytes;
}

static int place(const struct dts_log_files *f, struct dts_error *err)
{
	return dts_where(err, "%s:%llu", f->raw.name, (unsigned long long)f->offset);
}

/* ---- files ---- */

static void close_file(struct dts_log_files *f)
{
	dts_raw_close(&f->raw);
	dts_buf_clear(&f->held);
	f->taken = 0;
	f->open = false;
}

/* What four bytes say. 1: a log's; 0: too few yet; -1. */
static int check_magic(struct dts_log_files *f, struct dts_error *err)
{
	static const unsigned char plain[] = {0xfe, 'b', 'i', 'n'}, encrypted[] = {0xfd, 'b', 'i', 'n'};

	if (left(f).len < MAGIC)
		return 0;
	if (memcmp(left(f).p, plain, MAGIC) == 0)
		return 1;
	if (memcmp(left(f).p, encrypted, MAGIC) != 0)
		return dts_fail(err, DTS_BAD_INPUT, "'%s' is not a binary log: it does not begin with the bytes of one", f->raw.name);
	dts_fail(err, DTS_BAD_INPUT, "'%s' is encrypted", f->raw.name);
	return dts_hint(err, "read the log from its server, which has the key");
}

/* Opens the next file and goes behind its first bytes. 1; 0: there is nothing in it yet; -1. */
static int open_file(struct dts_log_files *f, struct dts_error *err)
{
	const char *path = f->names.items[f->next].path;
	struct stat st;
	int rc;

	if (dts_raw_open(&f->raw, path, err) < 0)
		return -1;
	f->open = true;
	f->named = f->in_use = f->closed = f->last_look = false;
	f->offset = 0;
	f->limit = UINT64_MAX;
	snprintf(f->name, sizeof f->name, "%s", f->names.items[f->next].name);
	/* Who does not follow ends at what was there at first, whatever is written meanwhile. */
	if (!f->follow && f->next + 1 == f->names.count && fstat(f->raw.fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    !dts_log_names_is_packed(path))
		f->limit = (uint64_t)st.st_size;
	do {
		rc = check_magic(f, err);
		if (rc == 0)
			rc = fill(f, err) > 0 ? 2 : err->message[0] ? -1 : 0;
	} while (rc == 2);
	if (rc <= 0) {
		close_file(f);
		return rc;
	}
	take(f, MAGIC);
	f->next++;
	return 1;
}

/* ---- events ---- */

/* The size of the event that comes, with all of it held. 1; 0: not all of it is there; -1. */
static int whole_event(struct dts_log_files *f, uint32_t *size, struct dts_error *err)
{
	for (;;) {
		struct dts_bytes b = dts_bytes(left(f));
		uint32_t want = DTS_EVENT_HEADER;

		if (left(f).len >= DTS_EVENT_HEADER) {
			dts_bytes_take(&b, 9);
			want = dts_bytes_u32(&b);
			if (want < DTS_EVENT_HEADER || want > LARGEST) {
				dts_fail(err, DTS_BAD_INPUT, "an event of %u bytes: the file is damaged, or no log", (unsigned)want);
				return place(f, err);
			}
			*size = want;
		}
		if (left(f).len >= want && left(f).len >= DTS_EVENT_HEADER)
			return 1;
		int rc = fill(f, err);
		if (rc <= 0)
			return rc;
	}
}

/* A ROTATE as a server makes one up before a file that it sends. */
static struct dts_slice name_file(struct dts_log_files *f)
{
	struct dts_buf *b = &f->rotate;
	const size_t size = DTS_EVENT_HEADER + 8 + strlen(f->name) + (f->checksum ? 4 : 0);
	const uint8_t head[DTS_EVENT_HEADER + 8] = {
		[4] = DTS_EV_ROTATE, [9] = (uint8_t)size, [10] = (uint8_t)(size >> 8), [17] = DTS_EVENT_ARTIFICIAL, [19] = MAGIC,
	};

	dts_buf_clear(b);
	dts_buf_add(b, (const char *)head, sizeof head);
	dts_buf_adds(b, f->name);
	if (f->checksum) {
		const uint32_t crc = dts_crc32(0, b->data, b->len);
		const uint8_t bytes[4] = {(uint8_t)crc, (uint8_t)(crc >> 8), (uint8_t)(crc >> 16), (uint8_t)(crc >> 24)};
		dts_buf_add(b, (const char *)bytes, sizeof bytes);
	}
	f->named = true;
	return dts_buf_slice(b);
}

/* What a replica has in its relay log of its own: the log that it relays goes on behind it. */
static bool is_own(const struct dts_log_files *f, struct dts_slice raw)
{
	return f->relay && (uint8_t)raw.p[17] & DTS_EVENT_RELAY && (uint8_t)raw.p[4] != DTS_EV_FORMAT;
}

/* What the reader of files must know of an event itself. */
static int look_at(struct dts_log_files *f, struct dts_slice raw, struct dts_error *err)
{
	const uint16_t flags = (uint16_t)((uint8_t)raw.p[17] | (uint8_t)raw.p[18] << 8);

	f->closed = (uint8_t)raw.p[4] == DTS_EV_ROTATE || (uint8_t)raw.p[4] == DTS_EV_STOP;
	switch ((uint8_t)raw.p[4]) {
	case DTS_EV_FORMAT:
		f->checksum = dts_event_format_has_checksum(raw);
		f->relay = f->relay || flags & DTS_EVENT_RELAY;
		f->in_use = f->relay || flags & DTS_EVENT_IN_USE;
		f->mariadb = memmem(raw.p, raw.len, "MariaDB", 7) != NULL;
		break;
	case DTS_EV_START_ENCRYPTION:
		dts_fail(err, DTS_BAD_INPUT, "the file is encrypted from here on");
		dts_hint(err, "read the log from its server, which has the key");
		return place(f, err);
	default:
		break;
	}
	return 0;
}

/*
 * It is right that a file ends anywhere where its server was killed, or writes just now. MySQL cuts a file behind its last
 * whole transaction then, and takes the sign of its use away. A replica never says that it uses a relay log; behind
 * one without its end it may have fetched anything.
 */
static int check_end(struct dts_log_files *f, bool last, struct dts_error *err)
{
	if (!f->open || (last && (f->in_use || left(f).len == 0)))
		return 0;
	if (f->relay ? f->closed : f->in_use || (left(f).len == 0 && (f->closed || !f->mariadb)))
		return 0;
	dts_fail(err, DTS_BAD_INPUT, left(f).len > 0 ? "the file ends inside of an event" : "the file lacks its end");
	dts_hint(err, f->relay ? "the replica was killed: read what is before and behind it in two runs"
			       : "copy it anew: the server had closed it, so it has been cut since");
	return place(f, err);
}

/* A file that a server removes has its end, and others behind it, or else the log was started anew. */
static int check_removed(struct dts_log_files *f, struct dts_error *err)
{
	struct stat open, named;

	if (!f->open || f->closed || f->relay || fstat(f->raw.fd, &open) < 0 ||
	    (stat(f->raw.name, &named) == 0 && named.st_ino == open.st_ino && named.st_dev == open.st_dev))
		return 0;
	dts_fail(err, DTS_GONE, "'%s' was removed or replaced before its end was read", f->raw.name);
	return dts_hint(err, "where the log was started anew (RESET MASTER?), positions from before mean nothing any more; a copy must grow in place");
}

/* No whole event is at hand. 1: try again; 0: the end; -1. */
static int go_on(struct dts_log_files *f, struct dts_error *err)
{
	if (aborted(f))
		return 0;
	if (f->next == f->names.count && (!f->follow || !dts_log_names_look(&f->names))) {
		if (!f->follow)
			return check_end(f, true, err);
		if (check_removed(f, err) < 0 || (f->closed && dts_log_names_check(&f->names, err) < 0))
			return -1;
		return wait_more(f);
	}
	/* All that was written before the next file was begun is there now. */
	if (f->open && f->follow && !f->last_look) {
		f->last_look = true;
		return 1;
	}
	if ((f->follow && check_removed(f, err) < 0) || check_end(f, false, err) < 0)
		return -1;
	close_file(f);
	int rc = open_file(f, err);
	if (rc == 0 && f->follow)
		dts_log_names_look(&f->names);
	if (rc == 0 && f->next + 1 < f->names.count)
		return dts_fail(err, DTS_BAD_INPUT, "'%s' is empty", f->names.items[f->next].path);
	return rc != 0 ? rc : f->follow && wait_more(f);
}

int dts_log_files_read(void *context, struct dts_slice *event, struct dts_error *err)
{
	struct dts_log_files *f = context;

	for (;;) {
		uint32_t size = 0;
		int rc = f->open ? whole_event(f, &size, err) : 0;

		if (rc < 0)
			return -1;
		if (rc > 0 && !f->named && !f->relay) { /* a relay log names the files of its source itself */
			*event = name_file(f);
			return 1;
		}
		if (rc > 0) {
			*event = dts_slice(left(f).p, size);
			if (look_at(f, *event, err) < 0)
				return -1;
			take(f, size);
			if (is_own(f, *event))
				continue;
			return 1;
		}
		rc = go_on(f, err);
		if (rc <= 0)
			return rc;
	}
}

/* ---- the beginning ---- */

/* Where it cannot be done, the clock does. */
static void watch(struct dts_log_files *f)
{
	struct dts_buf b = {0};

	f->notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	dts_log_names_directory(&f->names, &b);
	if (f->notify >= 0)
		inotify_add_watch(f->notify, dts_buf_text(&b), IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE);
	dts_buf_release(&b);
}

struct dts_log_files *dts_log_files_open(char *const *paths, size_t count, bool follow, struct dts_error *err)
{
	struct dts_log_files *f = dts_zalloc(1, sizeof *f);
	uint32_t size;
	int rc = -1;

	f->follow = follow;
	f->raw.fd = -1;
	f->notify = -1;
	f->wake = eventfd(0, EFD_CLOEXEC);
	if (f->wake < 0)
		dts_fail_errno(err, "cannot make an eventfd");
	else if (dts_log_names_find(&f->names, paths, count, err) == 0)
		rc = open_file(f, err);
	f->follow = follow && f->raw.fd != STDIN_FILENO; /* a pipe that has ended has ended */
	if (rc > 0)
		rc = whole_event(f, &size, err);
	if (rc == 0 && !dts_signals_stop())
		dts_fail(err, DTS_BAD_INPUT, "'%s' is empty, or its first event is cut", f->names.items[0].path);
	f->relay = rc > 0 && (uint8_t)left(f).p[17] & DTS_EVENT_RELAY;
	if (rc > 0 && (uint8_t)left(f).p[4] != DTS_EV_FORMAT)
		rc = dts_fail(err, DTS_BAD_INPUT, "'%s' does not begin with a format description", f->names.items[0].path);
	if (rc <= 0) {
		dts_log_files_close(f);
		return NULL;
	}
	if (f->follow)
		watch(f);
	return f;
}

void dts_log_files_close(struct dts_log_files *f)
{
	if (!f)
		return;
	close_file(f);
	dts_log_names_release(&f->names);
	dts_buf_release(&f->held);
	dts_buf_release(&f->rotate);
	if (f->wake >= 0)
		close(f->wake);
	if (f->notify >= 0)
		close(f->notify);
	free(f);
}

const char *dts_log_files_first(const struct dts_log_files *f)
{
	return f->name;
}

bool dts_log_files_relay(const struct dts_log_files *f)
{
	return f->relay;
}

struct dts_slice dts_log_files_format(const struct dts_log_files *f)
{
	struct dts_bytes b = dts_bytes(left(f));

	dts_bytes_take(&b, 9);
	return dts_slice(left(f).p, dts_bytes_u32(&b));
}

int dts_log_files_begin(struct dts_log_files *f, const char *file, struct dts_error *err)
{
	size_t i = 0;

	if (strcmp(f->name, file) == 0)
		return 0;
	while (i < f->names.count && strcmp(f->names.items[i].name, file) != 0)
		i++;
	if (i == f->names.count) {
		dts_fail(err, DTS_GONE, "'%s' is not among the files", file);
		return dts_hint(err, "they are '%s' to '%s'", f->names.items[0].name, f->names.items[f->names.count - 1].name);
	}
	close_file(f);
	f->next = i;
	int rc = open_file(f, err);
	return rc == 0 ? dts_fail(err, DTS_BAD_INPUT, "'%s' is empty", f->names.items[i].path) : rc < 0 ? -1 : 0;
}

void dts_log_files_abort(struct dts_log_files *f)
{
	const uint64_t one = 1;

	if (write(f->wake, &one, sizeof one) < 0)
		return; /* it cannot fail but for a count beyond all bounds */
}
