#ifndef DTS_RECORD_DIRECTORY_H
#define DTS_RECORD_DIRECTORY_H

#include "base/input.h"
#include "record/manifest.h"
#include "record/stream.h"

/*
 * A dump in a directory (dts-dump --output=DIR) read as the one snapshot stream that it
 * is: the manifest's stream record, the records of all its files but their own stream
 * and end records, which are checked instead, and an end. For dts_stream_open().
 */
struct dts_directory; /* opaque */

/* Is it a directory? Then it is read as a dump, or refused as none. */
bool dts_directory_is(const char *path);

/* Compares the files with the manifest before anything is read: DTS_BAD_INPUT names the
 * first that is missing, cut or none of the dump, or the directory without a manifest. */
struct dts_directory *dts_directory_open(const char *path, size_t max_line, struct dts_error *err);
void dts_directory_close(struct dts_directory *d); /* NULL is fine */

/*
 * The next line of that stream, which the caller holds to the contract with `state`;
 * borrowed until the next call. 1, -1, and 0 behind the end. A dump that has no end is
 * handed out as far as it goes, and then is DTS_BAD_INPUT.
 */
int dts_directory_line(struct dts_directory *d, const struct dts_stream_state *state, struct dts_slice *line,
		       struct dts_error *err);

/* Does the manifest name files whose rows were read at different positions? */
bool dts_directory_stands_apart(const struct dts_directory *d);

/* The file that the line came from; NULL: it is the manifest's. Closed by the next call. */
struct dts_input *dts_directory_input(const struct dts_directory *d);
const char *dts_directory_name(const struct dts_directory *d); /* of the manifest */

#endif
