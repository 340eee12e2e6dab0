#ifndef DTS_BINLOG_SPOOL_H
#define DTS_BINLOG_SPOOL_H

#include "base/buf.h"
#include "base/error.h"

/*
 * A queue of blocks of bytes on disk, used up in order: what one thread writes, another
 * one reads, and the room of what was read is given back. Each block is a zstd frame with its
 * checksum (RFC 8878); they stand one behind the other in files of about 64 MiB,
 * larger ones where more is queued, so that there are never many. What was read of a file is cut out of it where the
 * file system can do that, and else goes with the whole file. The files have no names:
 * the system removes them with the process, however that ends.
 */
struct dts_spool;

struct dts_spool_options {
	const char *directory; /* must be there; borrowed */
	uint64_t size;         /* bytes that it may hold on disk at most; 0: what the disk has */
	void (*notice)(const char *text); /* told once why it takes no more; called by the thread that writes; or NULL */
};

/* Makes sure that a file can be made there. NULL: it cannot; DTS_IO. You own it. */
struct dts_spool *dts_spool_open(const struct dts_spool_options *o, struct dts_error *err);
void dts_spool_free(struct dts_spool *s); /* NULL is fine */

/* Gives a line for people to `notice`. */
void dts_spool_tell(struct dts_spool *s, const char *text);

/* Forgets all blocks, and their files. When no other thread uses it. */
void dts_spool_clear(struct dts_spool *s);

/* Puts a block at the end; by one thread only. False: there is no room for it now, or the
 * disk fails; nothing of it is kept. The same block may be tried again later. */
bool dts_spool_write(struct dts_spool *s, struct dts_slice block);

/* How many blocks wait to be read. By any thread. */
size_t dts_spool_blocks(struct dts_spool *s);

/* Puts the oldest block into `block`, in place of what that holds, and removes it here. By one
 * thread only, when there is one. -1, DTS_IO: it cannot be read, or is not as it was written. */
int dts_spool_read(struct dts_spool *s, struct dts_buf *block, struct dts_error *err);

#endif
