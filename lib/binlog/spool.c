#include "binlog/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <zstd.h>

enum {
	FILE_SIZE = 64 << 20, /* compressed bytes after which a file is followed by another, */
	FILES = 8,            /* this part of what all may have, if that is less, */
	SHARE = 32,           /* or this part of what is queued, if that is more */
	LEVEL = 1,            /* of zstd: the log comes faster than more effort would be */
};

#define LARGEST_BLOCK ((uint64_t)3 << 30) /* what a frame may say that it holds */

/* A file of the queue. */
struct part {
	struct part *next;
	int fd;
	uint64_t end; /* behind its last whole block */
	uint64_t at;  /* where the oldest block that was not read is */
	uint64_t given_back; /* bytes before that which are not on disk any more */
	bool used;    /* a block is being written at its end */
};

struct dts_spool {
	struct dts_spool_options o;
	char *directory;

	ZSTD_CCtx *pack; /* the writer's, with what follows */
	struct dts_buf out;
	struct dts_slice refused; /* the block that there was no room for, */
	uint64_t refused_needs;   /* which takes so many bytes or more */
	bool told;

	ZSTD_DCtx *unpack; /* the reader's, with `in` */
	struct dts_buf in;

	pthread_mutex_t lock; /* for all that follows */
	struct part *first, *last;
	uint64_t held; /* compressed bytes of all blocks that were not read, */
	uint64_t disk; /* and with those that were read but are still there */
	size_t blocks;
};

/* A file without a name. Not every file system makes one that never had any. */
static int open_unnamed(const char *directory)
{
	struct dts_buf path = {0};
	int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
		return fd;
	dts_buf_addf(&path, "%s/dts-spool-XXXXXX", directory);
	dts_buf_text(&path);
	fd = mkostemp(path.data, O_CLOEXEC);
	if (fd >= 0)
		unlink(path.data);
	int why = errno;
	dts_buf_release(&path);
	errno = why;
	return fd;
}

struct dts_spool *dts_spool_open(const struct dts_spool_options *o, struct dts_error *err)
{
	int fd = open_unnamed(o->directory);
	struct dts_spool *s;

	if (fd < 0) {
		dts_fail_errno(err, "cannot make a file in the spool directory '%s'", o->directory);
		return NULL;
	}
	close(fd);
	s = dts_zalloc(1, sizeof *s);
	s->o = *o;
	s->directory = dts_strdup(o->directory);
	s->pack = ZSTD_createCCtx();
	s->unpack = ZSTD_createDCtx();
	if (!s->pack || !s->unpack)
		dts_out_of_memory();
	ZSTD_CCtx_setParameter(s->pack, ZSTD_c_compressionLevel, LEVEL);
	ZSTD_CCtx_setParameter(s->pack, ZSTD_c_checksumFlag, 1);
	pthread_mutex_init(&s->lock, NULL);
	return s;
}

static void drop_first(struct dts_spool *s)
{
	struct part *p = s->first;

	s->first = p->next;
	if (!s->first)
		s->last = NULL;
	s->disk -= p->end - p->given_back;
	close(p->fd);
	free(p);
}

void dts_spool_clear(struct dts_spool *s)
{
	while (s->first)
		drop_first(s);
	s->refused = dts_slice(NULL, 0);
	s->held = 0;
	s->blocks = 0;
}

void dts_spool_free(struct dts_spool *s)
{
	if (!s)
		return;
	dts_spool_clear(s);
	ZSTD_freeCCtx(s->pack);
	ZSTD_freeDCtx(s->unpack);
	dts_buf_release(&s->out);
	dts_buf_release(&s->in);
	pthread_mutex_destroy(&s->lock);
	free(s->directory);
	free(s);
}

void dts_spool_tell(struct dts_spool *s, const char *text)
{
	if (s->o.notice)
		s->o.notice(text);
}

/* ---- writing ---- */

static bool no_room(struct dts_spool *s, const char *why)
{
	char text[1024];

	if (!s->told && s->o.notice) {
		snprintf(text, sizeof text, "the spool in '%s' takes no more: %s: reading waits for the output", s->directory, why);
		s->o.notice(text);
	}
	s->told = true;
	return false;
}

/* What the spool may take yet. */
static uint64_t room_left(struct dts_spool *s)
{
	uint64_t disk;

	pthread_mutex_lock(&s->lock);
	disk = s->disk;
	pthread_mutex_unlock(&s->lock);
	return s->o.size == 0 ? UINT64_MAX : disk < s->o.size ? s->o.size - disk : 0;
}

/* Is this the block that there was no room for, and still is not? It is tried again and again; to compress
 * it each time would be much work for nothing. */
static bool still_refused(struct dts_spool *s, struct dts_slice block)
{
	struct statvfs disk;

	if (s->refused.p != block.p || s->refused.len != block.len)
		return false;
	return room_left(s) < s->refused_needs ||
	       (statvfs(s->directory, &disk) == 0 && (uint64_t)disk.f_bavail * disk.f_frsize < s->refused_needs);
}

/* The file for the next block. NULL: why not is in errno. */
static struct part *choose_part(struct dts_spool *s)
{
	const uint64_t small = s->o.size / FILES, size = small > 0 && small < FILE_SIZE ? small : FILE_SIZE;
	struct part *p;
	bool full;

	pthread_mutex_lock(&s->lock);
	p = s->last;
	full = p && p->end >= size && p->end >= s->held / SHARE;
	if (p && !full)
		p->used = true;
	pthread_mutex_unlock(&s->lock);
	if (p && !full)
		return p;
	p = dts_zalloc(1, sizeof *p);
	p->used = true;
	p->fd = open_unnamed(s->directory);
	if (p->fd < 0) {
		free(p);
		return NULL;
	}
	pthread_mutex_lock(&s->lock);
	if (s->last)
		s->last->next = p;
	else
		s->first = p;
	s->last = p;
	pthread_mutex_unlock(&s->lock);
	return p;
}

static bool write_out(int fd, const struct dts_buf *out, uint64_t at)
{
	for (size_t done = 0; done < out->len;) {
		ssize_t n = pwrite(fd, out->data + done, out->len - done, (off_t)(at + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

/* Compresses it to the file from `at` on. False: the reason is in errno, 0 if it is more than `room`. */
static bool write_frame(struct dts_spool *s, int fd, uint64_t at, struct dts_slice block, uint64_t room, uint64_t *packed)
{
	ZSTD_inBuffer from = {block.p, block.len, 0};
	size_t left;

	*packed = 0;
	ZSTD_CCtx_reset(s->pack, ZSTD_reset_session_only);
	ZSTD_CCtx_setPledgedSrcSize(s->pack, block.len);
	do {
		dts_buf_clear(&s->out);
		dts_buf_reserve(&s->out, ZSTD_CStreamOutSize());
		ZSTD_outBuffer to = {s->out.data, s->out.cap, 0};
		left = ZSTD_compressStream2(s->pack, &to, &from, ZSTD_e_end);
		errno = ZSTD_isError(left) ? ENOMEM : 0; /* nothing else can be wrong with a block of bytes */
		s->out.len = to.pos;
		if (ZSTD_isError(left) || *packed + to.pos > room || !write_out(fd, &s->out, at + *packed))
			return false;
		*packed += to.pos;
	} while (left > 0);
	return true;
}

bool dts_spool_write(struct dts_spool *s, struct dts_slice block)
{
	struct part *p;
	uint64_t packed = 0;
	bool written;
	int why;

	if (still_refused(s, block))
		return false;
	dts_buf_clear(&s->out);
	p = choose_part(s);
	written = p && write_frame(s, p->fd, p->end, block, room_left(s), &packed);
	why = errno;
	s->refused = written ? dts_slice(NULL, 0) : block;
	s->refused_needs = packed + s->out.len;
	if (p && !written && ftruncate(p->fd, (off_t)p->end) < 0) {
		/* What is behind the end is written over. */
	}
	if (p) {
		pthread_mutex_lock(&s->lock);
		p->used = false;
		if (written) {
			p->end += packed;
			s->held += packed;
			s->disk += packed;
			s->blocks++;
		}
		pthread_mutex_unlock(&s->lock);
	}
	return written || no_room(s, why ? strerror(why) : "it holds what it may");
}

/* ---- reading ---- */

size_t dts_spool_blocks(struct dts_spool *s)
{
	size_t blocks;

	pthread_mutex_lock(&s->lock);
	blocks = s->blocks;
	pthread_mutex_unlock(&s->lock);
	return blocks;
}

/* Where the oldest block is; those files that have been used up go. */
static struct part *oldest(struct dts_spool *s, uint64_t *end)
{
	struct part *p;

	pthread_mutex_lock(&s->lock);
	while (s->first->at == s->first->end)
		drop_first(s);
	p = s->first;
	*end = p->end;
	pthread_mutex_unlock(&s->lock);
	return p;
}

static int damaged(const struct dts_spool *s, struct dts_error *err)
{
	dts_fail(err, DTS_IO, "the spool in '%s' is not as it was written", s->directory);
	return dts_hint(err, "the disk or its file system is at fault; nothing is lost: start again where the output ends");
}

/* The frame at p->at, which ends before `end`. How many bytes it has; -1. */
static ssize_t read_frame(struct dts_spool *s, const struct part *p, uint64_t end, struct dts_buf *block, struct dts_error *err)
{
	uint64_t packed = 0;
	size_t left = 1;

	ZSTD_DCtx_reset(s->unpack, ZSTD_reset_session_only);
	dts_buf_reserve(&s->in, ZSTD_DStreamInSize());
	while (left > 0) {
		uint64_t more = end - p->at - packed;
		ssize_t got = pread(p->fd, s->in.data, more < s->in.cap ? more : s->in.cap, (off_t)(p->at + packed));
		ZSTD_inBuffer from = {s->in.data, got > 0 ? (size_t)got : 0, 0};

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return dts_fail_errno(err, "cannot read the spool in '%s'", s->directory);
		if (got == 0)
			return damaged(s, err);
		if (packed == 0) {
			unsigned long long plain = ZSTD_getFrameContentSize(from.src, from.size);

			if (plain > LARGEST_BLOCK) /* or it does not say */
				return damaged(s, err);
			dts_buf_reserve(block, plain + 1);
		}
		while (left > 0 && from.pos < from.size) {
			dts_buf_reserve(block, 1);
			ZSTD_outBuffer to = {block->data, block->cap, block->len};

			left = ZSTD_decompressStream(s->unpack, &to, &from);
			block->len = to.pos;
			if (ZSTD_isError(left))
				return damaged(s, err);
		}
		packed += from.pos;
	}
	return (ssize_t)packed;
}

int dts_spool_read(struct dts_spool *s, struct dts_buf *block, struct dts_error *err)
{
	uint64_t end;
	struct part *p = oldest(s, &end);
	ssize_t packed;

	dts_buf_clear(block);
	packed = read_frame(s, p, end, block, err);
	if (packed < 0)
		return -1;
	/* Not every file system can; then the room comes back with the file's end. */
	bool back = fallocate(p->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)p->at, packed) == 0;

	pthread_mutex_lock(&s->lock);
	p->at += (uint64_t)packed;
	s->held -= (uint64_t)packed;
	if (back) {
		p->given_back += (uint64_t)packed;
		s->disk -= (uint64_t)packed;
	}
	s->blocks--;
	if (p->at == p->end && !p->used)
		drop_first(s);
	pthread_mutex_unlock(&s->lock);
	return 0;
}
