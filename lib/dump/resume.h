#ifndef DTS_DUMP_RESUME_H
#define DTS_DUMP_RESUME_H

#include "base/hash.h"
#include "checkpoint/resume.h"
#include "dump/dump.h"
#include "dump/gaps.h"
#include "record/manifest.h"

/*
 * A full phase that goes on where an earlier run of it ended: the chunks that
 * the target's checkpoint knows are not read again. Their marks are taken as
 * they are at one moment; the applier, which has its own view of them, compares.
 */
enum dts_resume_state {
	DTS_RESUME_WHOLE, /* nothing of the table is there */
	DTS_RESUME_GAPS,  /* some of its chunks are */
	DTS_RESUME_DONE,  /* all */
	DTS_RESUME_AGAIN, /* what is there does not count, and has to go */
};

/* A table that the checkpoint knows chunks or a definition of. */
struct dts_resume_table {
	char *db, *table;
	struct dts_buf definition; /* as a schema record; empty: not kept */
	struct dts_resume_mark *marks;
	size_t count, cap;
	bool emptying; /* somebody was about to empty it */
	bool selected; /* the dump has it */
	enum dts_resume_state state;
	struct dts_ranges gaps;
	struct dts_buf reason; /* AGAIN: why, for people */
};

struct dts_resume {
	bool found;            /* there is such a checkpoint, and it knows this source */
	struct dts_source_state state;
	struct dts_map tables; /* database and table -> struct dts_resume_table */
	const char *spec;      /* borrowed */
	const char *log;       /* directory of a log that may have what the source has purged (log/end.h); borrowed; NULL: none */
	bool directory;        /* spec is a directory, whose files are what is there (resume_directory.c) */
	struct dts_list notes; /* for people, a line each */
};

/*
 * Reads the checkpoint that --resume names; r->log is set before, all else anew. DTS_REFUSED if it is that of another server. Where it
 * has no such source the snapshot begins at the beginning, and where its full
 * phase has ended (dts_resume_ended()) there is nothing to read.
 */
int dts_resume_open(struct dts_resume *r, const char *spec, const char *checkpoint_db,
		    const struct dts_connect_options *connect, const struct dts_source *source,
		    struct dts_session *session, struct dts_error *err);
bool dts_resume_ended(const struct dts_resume *r);

/* Where it has ended: notes the selected tables that the checkpoint does not know. DTS_REFUSED for a
 * table that was read under another condition of --where. */
int dts_resume_look_behind(struct dts_resume *r, struct dts_session *s, const struct dts_dump_options *o, struct dts_error *err);

/*
 * The same for a dump in a directory, whose manifest, which is borrowed, says what is there already, each
 * file as if it were one chunk.
 */
int dts_resume_open_manifest(struct dts_resume *r, const struct dts_manifest *manifest, struct dts_error *err);

/*
 * Between dts_dump_open() and dts_dump_run(): says for each table what is left to
 * read of it. A table is read again as a whole where what is there of it cannot be
 * gone on with: its definition has changed, its chunks contradict one another, it
 * has no key, or foreign keys change its rows together with those of another table,
 * unlogged, so that all of them must be read at one position. DTS_REFUSED for a table
 * that is not there in full and that this dump does not have. DTS_GONE if the source's log is not
 * the one any more in which the positions of what is there mean something.
 */
int dts_resume_plan(struct dts_resume *r, struct dts_dump *d, struct dts_error *err);

/* Appends the stream record's "resumes" object; nothing if there is nothing to resume. */
void dts_resume_add(const struct dts_resume *r, struct dts_buf *out);

void dts_resume_release(struct dts_resume *r);

#endif
