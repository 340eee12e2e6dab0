#ifndef DTS_BINLOG_FOLLOW_PARTS_H
#define DTS_BINLOG_FOLLOW_PARTS_H

#include "binlog/capture.h"
#include "binlog/files.h"
#include "binlog/follow.h"
#include "binlog/source.h"
#include "checkpoint/checkpoint.h"

/* What follow.c shares with begin.c. Nobody else includes this. */
struct dts_follow {
	const struct dts_follow_options *o;
	struct dts_output *out;
	struct dts_log_source source; /* where files are read, its `dump` is not used, nor anything but `json` if no server was named */
	struct dts_log_files *files;  /* NULL: it is the source that is read */
	struct dts_capture capture;
	struct dts_readahead *reader;
	uint64_t taken;               /* events from it */
	struct dts_spool *spool; /* the reader's; NULL: none */
	struct dts_history history; /* where capture.options.history says so */
	struct dts_online online;   /* of online schema changes */
	struct dts_buf src;
	enum dts_start start; /* o->start, or what came of it */
	bool tells_all;       /* the output is to have all tables that are known from the start */
	bool by_gtid;
	bool stream_waits; /* its record comes when the start is found */
	bool go_back; /* the history is behind the start */
	bool replaced;         /* another server answers now, which is not read yet */
	struct dts_buf told;   /* identity of the server whose stream was told last, or whose the checkpoint is; empty: none */

	struct dts_position stop; /* file "": none */
	char stop_seen[256];      /* the file that stop_order is about */
	int stop_order;           /* of that file to the stop's: <0 before, >0 behind */
	struct dts_gtids seen;    /* with a stop by GTID: what was read, and what the start has */

	double heartbeat_at; /* when the next is due */
	double heard_at;     /* when the server last said something */
	double waiting_since; /* when what was held had been used up */

	double connected_at;  /* when reading began, or began again */
	double lost_since;    /* when the connection was lost that has not been had for long since; 0: none was */
	uint64_t lost_groups; /* what had been read by then */
	int delay;            /* milliseconds until the next try */
};

/* Connects, finds where to start and to stop, and what the tables looked like there; all is ready to read. */
int dts_follow_prepare(struct dts_follow *f, struct dts_error *err);

/* Where the checkpoint, or the log, of --resume stands (begin_checkpoint.c). */
struct dts_begin_checkpoint {
	struct dts_source_state state;
	size_t defined;             /* tables that it told of: they are in f->history now */
	size_t selected;            /* of them */
	struct dts_buf passed_over; /* names of the others */
};

/* Is there one? 1; 0: no, or it is a log that is empty and something else says where to begin; f->start is what counts
 * from here on. f->history is initialised. DTS_REFUSED where there should be one, or it is about tables whose changes
 * cannot be followed. */
int dts_begin_checkpoint(struct dts_begin_checkpoint *c, struct dts_follow *f, struct dts_error *err);
void dts_begin_checkpoint_release(struct dts_begin_checkpoint *c);

/* Under a narrower pattern the checkpoint would move past changes that nobody then makes, which is warned of; under a
 * mistyped one past all of them, which is refused. */
int dts_begin_check_selection(struct dts_begin_checkpoint *c, struct dts_follow *f, struct dts_error *err);

/* The same for files (begin_files.c). 1: a stop signal has come. */
int dts_follow_prepare_files(struct dts_follow *f, struct dts_error *err);

/* Can it be told when --stop-gtid is reached? DTS_REFUSED if not. `untold`: the log does not say what was before it. */
int dts_follow_check_stop(const struct dts_follow *f, const struct dts_position *start, bool untold, struct dts_error *err);

/* May the server that answers go on behind these GTIDs, in the place of another one (failover.c)? DTS_REFUSED,
 * DTS_AGAIN where it lacks some. */
int dts_follow_check_place(struct dts_follow *f, const struct dts_gtids *gtid, struct dts_error *err);

/* It goes on there. -1 as above: nothing has changed. */
int dts_follow_take_over(struct dts_follow *f, struct dts_error *err);

/* With --semi-sync: tells people where the source does not wait for replicas, which it may begin to any time. */
int dts_follow_check_semi_sync(struct dts_follow *f, struct dts_error *err);

/* The stream record, with whose place its server has taken since the last. */
void dts_follow_tell_stream(struct dts_follow *f);

/* What the start has already counts as reached: when the capture stands there. */
void dts_follow_see_start(struct dts_follow *f);

#endif
