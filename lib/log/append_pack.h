#ifndef DTS_LOG_APPEND_PACK_H
#define DTS_LOG_APPEND_PACK_H

#include "log/segments.h"

/*
 * A log that is written as its source commits has small frames, which are larger together than they would be as one. A
 * closed segment is written anew with large ones, under another name, and takes the place of the old one when the disk has
 * it. What is in it stays, byte for byte. Who has the old one open reads it to its end.
 */
#define DTS_LOG_PACKING "dts-log.packing"

/* Packs it if that is worth it. 1: it was; 0: not worth it, somebody else tidies, it is gone, or `stop` has become true; -1:
 * DTS_IO, DTS_BAD_INPUT (it is damaged, and left as it is). */
int dts_log_pack(const char *dir, const struct dts_segment_name *name, bool (*stop)(void *context), void *context, struct dts_error *err);

/* Does so in a thread of its own, behind everything else that the machine has to do. */
struct dts_log_packer;

/* `notice` is told of what cannot be packed; may be NULL. NULL: no thread could be started, and nothing is packed. */
struct dts_log_packer *dts_log_packer_new(const char *dir, void (*notice)(const char *text));

/* Some time, this one. Any thread may say so. NULL is fine. */
void dts_log_packer_put(struct dts_log_packer *p, const struct dts_segment_name *name);

/* Ends it: after all that was put; with `at_once`, or when a stop signal comes, it gives up what it does. NULL is fine. */
void dts_log_packer_free(struct dts_log_packer *p, bool at_once);

#endif
