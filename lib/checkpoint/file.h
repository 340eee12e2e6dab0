#ifndef DTS_CHECKPOINT_FILE_H
#define DTS_CHECKPOINT_FILE_H

#include "record/position.h"
#include "record/record.h"

/*
 * The file form of a checkpoint: the last `ack` record of each source, one a
 * line, for consumers that are no MySQL server. It is replaced as a whole. It
 * holds no definitions of the source's tables: who resumes from it reads a log
 * with full metadata, or keeps a history of his own.
 */

/* The position of `src` in the file: 1; 0: no such file or source; -1. */
int dts_checkpoint_file_read(const char *path, struct dts_slice src, struct dts_position *pos, struct dts_error *err);

/* Writes `text` to `path` so that a crash leaves the old content or the new:
 * temporary file beside it, fsync, rename, fsync of the directory. */
int dts_checkpoint_file_write(const char *path, struct dts_slice text, struct dts_error *err);

#endif
