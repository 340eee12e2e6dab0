#ifndef DTS_DUMP_DIRECTORY_PARTS_H
#define DTS_DUMP_DIRECTORY_PARTS_H

#include "dump/directory.h"

/* What the two halves of a dump in a directory share. */

/* directory_parts.c: the files; sets d->sink. Release is fine without. */
void dts_directory_parts_init(struct dts_directory_dump *d);
void dts_directory_parts_release(struct dts_directory_dump *d);

/* An error of errno about that name in the directory; DTS_AGAIN for a full disk. -1. */
int dts_directory_fail(const struct dts_directory_dump *d, const char *name, struct dts_error *err);

/* Writes text to the manifest and waits for the disk. */
int dts_directory_append(struct dts_directory_dump *d, int fd, struct dts_slice text, struct dts_error *err);

/* Under the lock: the manifest gets the pending lines. */
int dts_directory_commit(struct dts_directory_dump *d, struct dts_error *err);

#endif
