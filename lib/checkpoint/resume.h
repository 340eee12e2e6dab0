#ifndef DTS_CHECKPOINT_RESUME_H
#define DTS_CHECKPOINT_RESUME_H

#include "checkpoint/definition.h"
#include "checkpoint/marks.h"

/*
 * Where a reader goes on: --resume=CHECKPOINT[@GROUP]. With @GROUP it is a
 * checkpoint in the database of the server that the option group names (read
 * with `source`'s option file); without, it is the path of a file of acks.
 * `src` is the source's name, whose position is wanted; the whole state comes
 * from a server, position alone from a file. `each` (NULL: not wanted) gets the
 * definitions of the source's tables at that very position, none from a file.
 * 1: found; 0: there is no such checkpoint or it has no such source; -1: error.
 */
int dts_resume_read(const char *spec, const struct dts_connect_options *source, const char *checkpoint_db,
		    struct dts_slice src, struct dts_source_state *state, dts_definition_fn *each, void *each_context,
		    struct dts_error *err);

/* What there is under that name. */
enum dts_resume_kind {
	DTS_RESUME_NOTHING, /* no such file, nor is it NAME@GROUP */
	DTS_RESUME_SERVER,
	DTS_RESUME_FILE,
	DTS_RESUME_LOG, /* a directory: a log's, see log/end.h */
};

enum dts_resume_kind dts_resume_kind(const char *spec);

/*
 * Where a log ends (dts-log(1)), in the place of a checkpoint: its position, the identity of the server whose it is, and
 * the definitions of its tables. 1; 0: it has nothing yet, or is not there; -1: DTS_REFUSED (it is no log, or of another
 * source), DTS_BAD_INPUT (damage), DTS_IO.
 */
int dts_resume_log(const char *dir, struct dts_slice src, struct dts_source_state *state, dts_definition_fn *each, void *each_context,
		   struct dts_error *err);

/* The same from a server only, DTS_USAGE else, with the chunks of the full phase as they are at that moment. */
int dts_resume_read_full(const char *spec, const struct dts_connect_options *source, const char *checkpoint_db,
			 struct dts_slice src, struct dts_source_state *state, dts_definition_fn *definition,
			 dts_mark_fn *mark, void *context, struct dts_error *err);

#endif
