/* What the tests of lib/log share: a log written byte by byte, without what appends. */
#ifndef DTS_T_LOG_MAKER_H
#define DTS_T_LOG_MAKER_H

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "log/segment.h"

/*
 * Transaction i begins at bin.000001:4+1000*(i-1) and ends 900 behind that; its GTID is 0-1-i, its time i seconds past
 * MAKER_EPOCH. It inserts two rows into shop.t0 or shop.t1.
 */
#define MAKER_EPOCH 1767225600u
#define MAKER_STREAM "{\"op\":\"stream\",\"v\":1,\"kind\":\"changes\",\"src\":\"db1\",\"source\":{\"server\":\"mariadb\",\"version\":\"1\",\"id\":\"x\"},"

struct log_maker {
	char dir[64];
	uint64_t segment;    /* number of the one in `file` */
	struct dts_buf file; /* its bytes so far */
	struct dts_frame_head head, sum;
	struct dts_buf content;
	unsigned next; /* transaction that comes next */
	unsigned in;   /* rows of it that were told; 0: it has not begun */
	uint64_t newest; /* time of the last that began */
	void (*spoil)(struct dts_frame_head *h); /* what to do to a head before it is written; NULL: nothing */
};

__attribute__((unused))
static void maker_position(struct dts_position *p, unsigned done)
{
	struct dts_gtid gtid = {.form = DTS_GTID_MARIADB, .server = 1, .number = done};

	dts_position_set(p, DTS_LIT("bin.000001"), done > 0 ? 4 + 1000 * (done - 1) + 900 : 4);
	dts_gtids_set_empty(&p->gtid, DTS_GTID_MARIADB);
	if (done > 0)
		dts_gtids_include(&p->gtid, &gtid);
}

/* A directory that is a log. */
__attribute__((unused))
static bool maker_open_in(struct log_maker *m, const char *parent)
{
	struct dts_error err = DTS_ERROR_INIT;

	*m = (struct log_maker){.next = 1, .segment = 1};
	snprintf(m->dir, sizeof m->dir, "%s/dts-log.XXXXXX", parent);
	return mkdtemp(m->dir) && dts_log_create(m->dir, &err) == 0;
}

/* In memory where there is room. */
__attribute__((unused))
static bool maker_open(struct log_maker *m)
{
	return maker_open_in(m, access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
}

__attribute__((unused))
static void maker_empty(struct log_maker *m)
{
	struct dts_buf path = {0};
	DIR *d = opendir(m->dir);

	for (struct dirent *e; d && (e = readdir(d));)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 && strcmp(e->d_name, DTS_LOG_LOCK_NAME) != 0)
			unlink(dts_segment_path(&path, m->dir, e->d_name));
	if (d)
		closedir(d);
	dts_buf_release(&path);
}

__attribute__((unused))
static void maker_close(struct log_maker *m)
{
	struct dts_buf path = {0};

	maker_empty(m);
	unlink(dts_segment_path(&path, m->dir, DTS_LOG_LOCK_NAME));
	rmdir(m->dir);
	dts_buf_release(&path);
	dts_buf_release(&m->file);
	dts_buf_release(&m->content);
	dts_frame_head_release(&m->head);
	dts_frame_head_release(&m->sum);
}

/* Writes bytes as a file of the log. */
__attribute__((unused))
static void maker_save(const struct log_maker *m, const char *name, const char *bytes, size_t len)
{
	struct dts_buf path = {0};
	int fd = open(dts_segment_path(&path, m->dir, name), O_WRONLY | O_CREAT | O_TRUNC, 0666);

	if (fd < 0 || write(fd, bytes, len) != (ssize_t)len)
		abort();
	close(fd);
	dts_buf_release(&path);
}

__attribute__((unused))
static void maker_line(struct log_maker *m)
{
	dts_buf_addc(&m->content, '\n');
	m->head.records++;
}

/* What a segment begins with. */
__attribute__((unused))
static void maker_front(struct log_maker *m)
{
	struct dts_position at = {0};

	maker_position(&at, m->next - 1);
	dts_buf_adds(&m->content, MAKER_STREAM "\"pos\":");
	dts_position_add(&m->content, &at, true);
	dts_buf_addc(&m->content, '}');
	maker_line(m);
	m->head.streams++;
	for (int t = 0; t < 2; t++) {
		dts_buf_addf(&m->content, "{\"op\":\"schema\",\"db\":\"shop\",\"table\":\"t%d\",\"columns\":[{\"name\":\"id\",\"type\":\"int\"}]}", t);
		maker_line(m);
		m->head.schemas++;
		dts_frame_tables_note(&m->head.tables, DTS_LIT("shop"), dts_slice_of(t ? "t1" : "t0"), 0, 0);
	}
	m->head.first = true;
	dts_position_copy(&m->head.from, &at);
	dts_position_release(&at);
}

__attribute__((unused))
static void maker_row(struct log_maker *m)
{
	const size_t start = m->content.len;
	const char *table = m->next % 2 ? "t1" : "t0";

	m->in++;
	dts_buf_addf(&m->content, "{\"op\":\"insert\",\"db\":\"shop\",\"table\":\"%s\",\"tx\":\"0-1-%u\",\"n\":%u,\"after\":{\"id\":%u}}",
		     table, m->next, m->in, 10 * m->next + m->in);
	maker_line(m);
	m->head.changes++;
	dts_frame_tables_note(&m->head.tables, DTS_LIT("shop"), dts_slice_of(table), 1, m->content.len - start);
}

__attribute__((unused))
static void maker_begin(struct log_maker *m)
{
	const uint64_t time = (uint64_t)(MAKER_EPOCH + m->next) * 1000000;

	dts_buf_addf(&m->content, "{\"op\":\"begin\",\"src\":\"db1\",\"tx\":\"0-1-%u\",\"time\":\"2026-01-01T%02u:%02u:%02uZ\",\"pos\":"
		     "{\"file\":\"bin.000001\",\"offset\":%u}}", m->next, m->next / 3600, m->next / 60 % 60, m->next % 60,
		     4 + 1000 * (m->next - 1));
	maker_line(m);
	if (m->head.first_time == 0)
		m->head.first_time = time;
	m->head.last_time = m->newest = time;
}

/* A transaction, or what is left of it; `half`: only its first row. */
__attribute__((unused))
static void maker_transaction(struct log_maker *m, bool half)
{
	if (m->in == 0) {
		maker_begin(m);
		maker_row(m);
		if (half)
			return;
	}
	maker_row(m);
	dts_buf_addf(&m->content, "{\"op\":\"commit\",\"src\":\"db1\",\"tx\":\"0-1-%u\",\"n\":2,\"pos\":{\"file\":\"bin.000001\",\"offset\":%u}}",
		     m->next, 4 + 1000 * (m->next - 1) + 900);
	maker_line(m);
	m->head.transactions++;
	m->next++;
	m->in = 0;
}

/* So many transactions as a frame, of which the disk had `synced` bytes. `half`: one more, which does not end. */
__attribute__((unused))
static void maker_frame(struct log_maker *m, unsigned transactions, bool half, uint64_t synced)
{
	struct dts_frame_head *h = &m->head;
	ZSTD_CCtx *zstd = ZSTD_createCCtx();
	struct dts_buf packed = {0};
	struct dts_gtid gtid = {.form = DTS_GTID_MARIADB, .server = 1};

	dts_frame_head_clear(h);
	dts_buf_clear(&m->content);
	h->segment = m->segment;
	h->at = m->file.len;
	h->newest_before = m->newest;
	if (m->file.len == 0)
		maker_front(m);
	for (unsigned i = 0; i < transactions; i++)
		maker_transaction(m, false);
	if (half)
		maker_transaction(m, true);
	maker_position(&h->to, m->next - 1);
	dts_gtids_clear(&h->to.gtid);
	dts_gtids_set_empty(&h->gtids, DTS_GTID_MARIADB);
	gtid.number = m->next - 1;
	if (h->transactions > 0)
		dts_gtids_include(&h->gtids, &gtid);
	h->inside = half;
	h->synced = synced;
	h->content = m->content.len;
	ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1);
	dts_buf_reserve(&packed, ZSTD_compressBound(m->content.len));
	h->packed = ZSTD_compress2(zstd, packed.data, packed.cap, m->content.data, m->content.len);
	if (m->spoil)
		m->spoil(h);
	dts_frame_head_add(&m->file, h, false);
	dts_buf_add(&m->file, packed.data, h->packed);
	dts_frame_head_sum(&m->sum, h);
	dts_buf_release(&packed);
	ZSTD_freeCCtx(zstd);
}

__attribute__((unused))
static void maker_foot(struct log_maker *m)
{
	m->sum.segment = m->segment;
	m->sum.at = m->sum.packed = m->sum.synced = m->file.len;
	if (m->spoil)
		m->spoil(&m->sum);
	dts_frame_head_add(&m->file, &m->sum, true);
}

/* Saves the segment and begins the next. */
__attribute__((unused))
static void maker_next(struct log_maker *m, bool open)
{
	struct dts_segment_name name;

	dts_segment_name_set(&name, m->segment, m->sum.first_time);
	if (!open)
		name.name[strlen(name.name) - strlen(DTS_LOG_PART)] = '\0';
	maker_save(m, name.name, dts_buf_slice(&m->file).p, m->file.len);
	m->segment++;
	dts_buf_clear(&m->file);
	dts_frame_head_clear(&m->sum);
	m->sum.frames = 0;
}

#endif
