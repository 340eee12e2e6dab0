#ifndef DTS_BINLOG_FILES_H
#define DTS_BINLOG_FILES_H

#include "base/buf.h"
#include "base/error.h"

/*
 * A server's log from its files: plain or compressed with zstd, one, several, those of a
 * directory, or standard input; read one after the other, as the events of one log. Format: MySQL
 * Source Code Documentation, "Binary Log File Format": four bytes, then events, each with its size.
 */
struct dts_log_files;

/* Is an operand such a file, directory or "-"? By its form: a name that ends in a number of six digits or more,
 * with .zst behind it or not; or one with a slash that is there. */
bool dts_log_files_is(const char *operand);

/*
 * Opens the first. The files of a directory, which must be of one log, are read in the order of their numbers;
 * files that are named, in the order given, which must be theirs. With `follow` reading goes on at the end, in the
 * next file of the same log where the directory gets one; else it ends where the last file ends when it is
 * opened. NULL: DTS_IO, DTS_BAD_INPUT (no log, encrypted, a file is missing between two, none there); without a
 * message: a stop signal has come.
 */
struct dts_log_files *dts_log_files_open(char *const *paths, size_t count, bool follow, struct dts_error *err);
void dts_log_files_close(struct dts_log_files *f); /* NULL is fine */

/* Before reading: the name, as its server calls it, of the first file; its format description event. Borrowed. */
const char *dts_log_files_first(const struct dts_log_files *f);
struct dts_slice dts_log_files_format(const struct dts_log_files *f);

/* Are they a replica's relay logs? They hold the log of its source, and say where in that each event stands. */
bool dts_log_files_relay(const struct dts_log_files *f);

/* Before reading: begins with the file of that name. -1: there is none (DTS_GONE). */
int dts_log_files_begin(struct dts_log_files *f, const char *file, struct dts_error *err);

/*
 * The next event, borrowed until the next call: 1; 0: the end; -1. A dts_readahead_function; `context` is the
 * dts_log_files. Each file begins with a ROTATE that names it, made up as a server does; relay logs have
 * such of their source, and events of the replica itself are left out.
 */
int dts_log_files_read(void *context, struct dts_slice *event, struct dts_error *err);

/* Makes a dts_log_files_read() that waits in another thread end. */
void dts_log_files_abort(struct dts_log_files *f);

#endif
