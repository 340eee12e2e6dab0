#include "log/append_segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

void dts_log_out_init(struct dts_log_out *s, const char *dir, int level)
{
	*s = (struct dts_log_out){.dir = dir, .fd = -1};
	s->zstd = ZSTD_createCCtx();
	if (!s->zstd)
		dts_out_of_memory();
	ZSTD_CCtx_setParameter(s->zstd, ZSTD_c_compressionLevel, level);
	ZSTD_CCtx_setParameter(s->zstd, ZSTD_c_checksumFlag, 1);
	ZSTD_CCtx_setParameter(s->zstd, ZSTD_c_contentSizeFlag, 1);
}

void dts_log_out_release(struct dts_log_out *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	dts_buf_release(&s->path);
	dts_frame_head_release(&s->sum);
	dts_buf_release(&s->batch);
	dts_buf_release(&s->packed);
	free(s->ends);
	s->ends = NULL;
	ZSTD_freeCCtx(s->zstd);
	s->zstd = NULL;
}

/* dts_fail_errno(), and whether room is what is missing. */
static int failed(struct dts_log_out *s, const char *what, struct dts_error *err)
{
	s->full = errno == ENOSPC || errno == EDQUOT;
	return dts_fail_errno(err, "cannot %s '%s'", what, s->path.data);
}

static void copy_head(struct dts_frame_head *to, const struct dts_frame_head *from)
{
	dts_frame_head_clear(to);
	struct dts_frame_head own = *to;

	*to = *from;
	to->from = own.from, to->to = own.to, to->gtids = own.gtids, to->tables = own.tables;
	dts_position_copy(&to->from, &from->from);
	dts_position_copy(&to->to, &from->to);
	dts_gtids_copy(&to->gtids, &from->gtids);
	dts_frame_tables_merge(&to->tables, &from->tables);
}

int dts_log_out_resume(struct dts_log_out *s, const struct dts_log_end *end, struct dts_error *err)
{
	s->name = end->segment;
	if (end->empty || end->closed)
		return 0;
	s->fd = open(dts_segment_path(&s->path, s->dir, s->name.name), O_RDWR | O_CLOEXEC);
	if (s->fd < 0)
		return failed(s, "open", err);
	/* Who wrote it may have been killed before it had waited for the disk; heads say from here on that the disk has it. */
	if (fdatasync(s->fd) < 0)
		return failed(s, "sync", err);
	if (dts_log_sync_directory(s->dir, err) < 0)
		return -1;
	s->size = s->synced = s->whole = end->size;
	s->entered = true;
	s->footed = false;
	copy_head(&s->sum, &end->sum);
	return 0;
}

int64_t dts_log_segment_age(const char *dir, const struct dts_segment_name *name)
{
	struct dts_buf path = {0};
	struct timespec now;
	struct statx st;
	int64_t age = 0;

	clock_gettime(CLOCK_REALTIME, &now);
	if (statx(AT_FDCWD, dts_segment_path(&path, dir, name->name), 0, STATX_BTIME, &st) == 0 && st.stx_mask & STATX_BTIME)
		age = ((int64_t)now.tv_sec - st.stx_btime.tv_sec) * 1000 + (now.tv_nsec - (int64_t)st.stx_btime.tv_nsec) / 1000000;
	dts_buf_release(&path);
	return age > 0 ? age : 0;
}

int dts_log_out_create(struct dts_log_out *s, uint64_t began, struct dts_error *err)
{
	dts_segment_name_set(&s->name, s->name.number + 1, began);
	s->fd = open(dts_segment_path(&s->path, s->dir, s->name.name), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (s->fd < 0) {
		s->name.number--;
		return failed(s, "create", err);
	}
	s->size = s->synced = s->whole = 0;
	s->entered = s->footed = false;
	dts_frame_head_clear(&s->sum);
	return 0;
}

int dts_log_out_begin(struct dts_log_out *s, const char *name, uint64_t number, struct dts_error *err)
{
	s->fd = open(dts_segment_path(&s->path, s->dir, name), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (s->fd < 0)
		return failed(s, "create", err);
	s->name = (struct dts_segment_name){.number = number};
	s->size = s->synced = s->whole = 0;
	s->entered = true; /* its name lasts when it is renamed */
	s->footed = false;
	dts_frame_head_clear(&s->sum);
	return 0;
}

/* What is packed ends outside a transaction. */
static void note_end(struct dts_log_out *s)
{
	if (s->end_count == s->end_cap) {
		s->end_cap = s->end_cap > 0 ? 2 * s->end_cap : 64;
		s->ends = dts_realloc(s->ends, s->end_cap * sizeof *s->ends);
	}
	s->ends[s->end_count++] = s->whole = s->size + s->batch.len;
}

int dts_log_out_pack(struct dts_log_out *s, struct dts_log_frame *f, struct dts_error *err)
{
	dts_buf_clear(&s->packed);
	dts_buf_reserve(&s->packed, ZSTD_compressBound(f->content.len));
	size_t n = ZSTD_compress2(s->zstd, s->packed.data, s->packed.cap, f->content.data, f->content.len);
	if (ZSTD_isError(n))
		return dts_fail(err, DTS_IO, "cannot compress a frame of log '%s': %s", s->dir, ZSTD_getErrorName(n));
	f->head.segment = s->name.number;
	f->head.at = s->size + s->batch.len;
	f->head.packed = n;
	f->head.synced = s->synced;
	dts_frame_head_add(&s->batch, &f->head, false);
	dts_buf_add(&s->batch, s->packed.data, n);
	dts_frame_head_sum(&s->sum, &f->head);
	if (!f->head.inside)
		note_end(s);
	return 0;
}

/* How much of what was written before it failed is whole, and stays. */
static size_t keep_whole(const struct dts_log_out *s, size_t done)
{
	uint64_t keep = s->size;

	for (size_t i = 0; i < s->end_count && s->ends[i] <= s->size + done; i++)
		keep = s->ends[i] > keep ? s->ends[i] : keep;
	return (size_t)(keep - s->size);
}

/* Writes bytes at the end, and takes them away from `b`; where it fails what is whole. */
static int write_at_end(struct dts_log_out *s, struct dts_buf *b, struct dts_error *err)
{
	size_t done = 0;

	while (done < b->len) {
		ssize_t n = pwrite(s->fd, b->data + done, b->len - done, (off_t)(s->size + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			failed(s, "write", err);
			done = keep_whole(s, done);
			if (ftruncate(s->fd, (off_t)(s->size + done)) < 0 && !s->full)
				dts_detail(err, "what was written of it could not be cut off; the next start does");
			s->size += done;
			memmove(b->data, b->data + done, b->len - done);
			b->len -= done;
			return -1;
		}
		done += (size_t)n;
	}
	s->size += b->len;
	s->end_count = 0;
	dts_buf_clear(b);
	return 0;
}

int dts_log_out_write(struct dts_log_out *s, struct dts_error *err)
{
	return write_at_end(s, &s->batch, err);
}

int dts_log_out_sync(struct dts_log_out *s, struct dts_error *err)
{
	if (s->fd < 0 || (s->synced == s->size && s->entered))
		return 0;
	if (s->synced < s->size && fdatasync(s->fd) < 0) {
		/* The system may forget what it could not write, and a second try would succeed, also where room was what it
		 * had not: nothing of it counts, and there is no second try. */
		dts_fail_errno(err, "cannot sync '%s'", s->path.data);
		s->full = false;
		if (ftruncate(s->fd, (off_t)s->synced) == 0)
			s->size = s->synced;
		return -1;
	}
	s->synced = s->size;
	if (!s->entered && dts_log_sync_directory(s->dir, err) < 0)
		return -1;
	s->entered = true;
	return 0;
}

static int write_foot(struct dts_log_out *s, struct dts_error *err)
{
	s->sum.segment = s->name.number;
	s->sum.at = s->sum.packed = s->sum.synced = s->size;
	s->sum.first = true;
	dts_buf_clear(&s->batch);
	dts_frame_head_add(&s->batch, &s->sum, true);
	int rc = write_at_end(s, &s->batch, err);
	dts_buf_clear(&s->batch);
	s->footed = rc == 0;
	return rc;
}

int dts_log_out_foot(struct dts_log_out *s, const struct dts_frame_head *foot, struct dts_error *err)
{
	const uint64_t frames = s->sum.frames;

	/* Heads do not name all tables where there are many. */
	copy_head(&s->sum, foot);
	s->sum.frames = frames;
	if (dts_log_out_sync(s, err) < 0 || write_foot(s, err) < 0)
		return -1;
	return dts_log_out_sync(s, err);
}

int dts_log_out_close(struct dts_log_out *s, struct dts_error *err)
{
	struct dts_buf to = {0};
	int rc = 0;

	if (s->fd < 0)
		return 0;
	if (dts_log_out_sync(s, err) < 0 || (!s->footed && write_foot(s, err) < 0) || dts_log_out_sync(s, err) < 0)
		return -1;
	dts_buf_add(&to, s->path.data, strlen(s->path.data) - strlen(DTS_LOG_PART));
	if (s->name.open && rename(s->path.data, dts_buf_text(&to)) < 0)
		rc = failed(s, "rename", err);
	if (rc == 0) {
		s->name.open = false;
		s->name.name[strlen(s->name.name) - strlen(DTS_LOG_PART)] = '\0';
		rc = dts_log_sync_directory(s->dir, err);
	}
	if (rc == 0) {
		close(s->fd);
		s->fd = -1;
		s->size = s->synced = s->whole = 0;
	}
	dts_buf_release(&to);
	return rc;
}
