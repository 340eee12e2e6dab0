#ifndef DTS_DUMP_DIRECTORY_H
#define DTS_DUMP_DIRECTORY_H

#include "dump/resume.h"
#include "record/manifest.h"

/*
 * A dump in a directory (dts-dump(1), FILES): a compressed file for each shard, or for
 * 64 MiB of records of one, which its reader writes and compresses, and a manifest. A file counts
 * once the manifest names it, when both are on disk; so the same dump again reads
 * what is missing, in a snapshot of its own.
 */
struct dts_directory_part; /* what one reader writes */

struct dts_directory_dump {
	struct dts_sink sink;
	struct dts_manifest manifest; /* as it was found; what is added since is in the file only */
	bool complete;                /* nothing is left to be read */

	char *path;
	int dir, guard, fd; /* the directory, what keeps a second run away, the manifest for appending */
	struct dts_buf selection; /* the line of the manifest */
	struct dts_source *source; /* borrowed, as is the next one */
	const struct dts_dump *dump;
	struct dts_directory_part *parts; /* one a reader */
	size_t count;
	_Atomic uint64_t number; /* of the last file */

	pthread_mutex_t lock;   /* for all below, and for `told` of the tables */
	struct dts_buf pending; /* lines of files that are there, for the manifest */
	size_t pending_files;
	uint64_t pending_bytes;
	uint64_t committed;     /* when the manifest last got some, in seconds of the monotonic clock */
	uint64_t records, rows; /* of all files */
};

/* What the command selects; all of them may be empty. */
struct dts_directory_selection {
	const struct dts_list *tables, *ignored, *columns, *wheres;
};

/*
 * Takes the directory, which is made where it is missing (not its parents), for this process, and
 * reads its manifest. DTS_AGAIN when another dump is at work in it; DTS_REFUSED when it has
 * something else than a dump, or one of another selection; DTS_BAD_INPUT when a file
 * is not as the manifest says. Close it in any case.
 */
int dts_directory_dump_open(struct dts_directory_dump *d, const char *path, const struct dts_directory_selection *selection,
			    struct dts_error *err);

/* DTS_REFUSED if its dump is one of another source. */
int dts_directory_dump_check(const struct dts_directory_dump *d, const struct dts_source *source, struct dts_error *err);

/* Behind dts_resume_plan(): what is read again leaves the manifest, and what that does
 * not name is removed. From here on d->sink takes chunks. `resume` is that of the manifest. */
int dts_directory_dump_begin(struct dts_directory_dump *d, struct dts_dump *dump, struct dts_resume *resume,
			     struct dts_error *err);

/* All was read: the manifest gets its end. */
int dts_directory_dump_end(struct dts_directory_dump *d, struct dts_error *err);

void dts_directory_dump_close(struct dts_directory_dump *d);

#endif
