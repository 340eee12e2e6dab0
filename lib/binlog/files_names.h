#ifndef DTS_BINLOG_FILES_NAMES_H
#define DTS_BINLOG_FILES_NAMES_H

#include "base/buf.h"
#include "base/error.h"

/* Which files a log is made of: for files.c. */

struct dts_log_name_of_file {
	char *path, *name; /* where it is; what its server calls it: without directory and .zst */
	size_t stem;       /* length of the name up to the dot before its number */
	uint64_t number;   /* 0: standard input */
};

struct dts_log_names {
	struct dts_log_name_of_file *items;
	size_t count, cap;
};

/* Does the path end in .zst? */
bool dts_log_names_is_packed(const char *path);

/* Finds the files. -1: they are not of one log, not in its order, or one is missing between (DTS_BAD_INPUT);
 * DTS_IO where one cannot be had. */
int dts_log_names_find(struct dts_log_names *n, char *const *paths, size_t count, struct dts_error *err);
void dts_log_names_release(struct dts_log_names *n);

/* Appends the directory of the last file. */
void dts_log_names_directory(const struct dts_log_names *n, struct dts_buf *b);

/* Is there a file behind the last by now? Then it is added. */
bool dts_log_names_look(struct dts_log_names *n);

/* Where there is none: -1 (DTS_GONE) if there are later ones, as where it was purged in between. */
int dts_log_names_check(const struct dts_log_names *n, struct dts_error *err);

#endif
