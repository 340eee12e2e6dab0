/* dts-log: the durable store between capture and apply, a directory of segments. */
#include <stdlib.h>

#include "base/message.h"
#include "base/output.h"
#include "base/signals.h"
#include "checkpoint/checkpoint.h"
#include "checkpoint/resume.h"
#include "filter/filter.h"
#include "log/append.h"
#include "log/end.h"
#include "log/keep.h"
#include "log/read.h"
#include "record/bounds.h"

static struct {
	const char *sync;
	double sync_interval, segment_time, wait_for_room;
	uint64_t segment_size, max_record;
	bool ack, no_counts;

	const char *start, *start_position, *start_gtid, *start_time, *resume, *stop_position, *stop_gtid, *stop_time;
	bool follow, zstd;
	struct dts_list tables, ignored;

	struct dts_list checkpoints;
	const char *older_than;
	uint64_t keep_size, keep_free;
	bool dry_run;

	bool json, gtid;
	const char *checkpoint_db;
	struct dts_connect_options connect; /* of the servers with checkpoints: only where the option files are */
} opt = {.sync = "commit", .sync_interval = 1, .segment_time = 3600, .wait_for_room = 600, .segment_size = 64 << 20,
	 .checkpoint_db = DTS_CHECKPOINT_DB};

static void notice(const char *text)
{
	dts_message("%s", text);
}

/* --- append */

static int choose_sync(enum dts_log_sync *sync, struct dts_error *err)
{
	static const char *const words[] = {
		[DTS_LOG_SYNC_COMMIT] = "commit", [DTS_LOG_SYNC_INTERVAL] = "interval", [DTS_LOG_SYNC_NONE] = "none",
	};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(opt.sync, words[i]) == 0) {
			*sync = (enum dts_log_sync)i;
			return 0;
		}
	return dts_fail(err, DTS_USAGE, "--sync=%s is neither commit, interval nor none", opt.sync);
}

static int append(const char *dir, char **files, size_t count, struct dts_output *out, struct dts_error *err)
{
	struct dts_append_options o = {
		.dir = dir, .sync_interval = opt.sync_interval, .segment_size = opt.segment_size, .segment_time = opt.segment_time,
		.wait_for_room = opt.wait_for_room, .ack = opt.ack, .notice = notice,
	};
	const struct dts_stream_options s = {.max_record = opt.max_record, .no_counts = opt.no_counts};

	if (choose_sync(&o.sync, err) < 0)
		return -1;
	struct dts_stream *in = dts_stream_open(files, count, &s, err);
	int rc = in ? dts_log_append(in, &o, out, err) : -1;
	dts_stream_close(in);
	return rc;
}

/* --- read */

/* Where a checkpoint stands, of the log's source. */
static int find_checkpoint(const char *dir, const char *spec, struct dts_position *pos, struct dts_error *err)
{
	struct dts_source_state state = {0};
	struct dts_log_end end = {0};
	int rc = dts_log_find_end(dir, &end, err);

	if (rc == 0 && end.empty) {
		rc = dts_fail(err, DTS_AGAIN, "log '%s' is empty: it is not known yet of which source it is", dir);
		dts_hint(err, "start dts-log append first");
	}
	if (rc == 0)
		rc = dts_resume_read(spec, &opt.connect, opt.checkpoint_db, dts_buf_slice(&end.src), &state, NULL, NULL, err);
	else
		rc = -1;
	if (rc == 0) {
		rc = dts_fail(err, DTS_REFUSED, "there is no checkpoint %s of source '%s'", spec, dts_buf_text(&end.src));
		dts_hint(err, dts_resume_kind(spec) == DTS_RESUME_SERVER ? "the full phase creates it: dts-dump ... | dts-apply ... --checkpoint=NAME"
									 : "a consumer that keeps its acks there creates it");
	}
	if (rc > 0)
		dts_position_copy(pos, &state.applied);
	dts_source_state_release(&state);
	dts_log_end_release(&end);
	return rc < 0 ? -1 : 0;
}

static int choose_start(const char *dir, struct dts_log_read_options *o, struct dts_error *err)
{
	if (!!opt.start + !!opt.start_position + !!opt.start_gtid + !!opt.start_time + !!opt.resume > 1)
		return dts_fail(err, DTS_USAGE, "--start, --start-position, --start-gtid, --start-time and --resume exclude one another");
	o->start = opt.start_position || opt.start_gtid || opt.resume ? DTS_LOG_POSITION : opt.start_time ? DTS_LOG_TIME : DTS_LOG_OLDEST;
	if (opt.start_position)
		return dts_bound_position(&o->position, "--start-position", opt.start_position, err);
	if (opt.start_gtid)
		return dts_bound_gtids(&o->position.gtid, "--start-gtid", opt.start_gtid, err);
	if (opt.start_time)
		return dts_bound_time(&o->start_time, "--start-time", opt.start_time, err);
	if (opt.resume)
		return find_checkpoint(dir, opt.resume, &o->position, err);
	if (opt.start && strcmp(opt.start, "now") == 0)
		o->start = DTS_LOG_NOW;
	else if (opt.start && strcmp(opt.start, "oldest") != 0)
		return dts_fail(err, DTS_USAGE, "--start=%s is neither now nor oldest", opt.start);
	return 0;
}

static int choose_stop(struct dts_log_read_options *o, struct dts_error *err)
{
	if (opt.stop_position && dts_bound_position(&o->stop, "--stop-position", opt.stop_position, err) < 0)
		return -1;
	if (opt.stop_time && dts_bound_time(&o->stop_time, "--stop-time", opt.stop_time, err) < 0)
		return -1;
	return opt.stop_gtid ? dts_bound_gtids(&o->stop_gtid, "--stop-gtid", opt.stop_gtid, err) : 0;
}

struct choosing {
	struct dts_selection selection;
	struct dts_filter *filter;
};

static bool keeps(void *context, struct dts_slice db, struct dts_slice table)
{
	struct choosing *c = context;

	return dts_selection_has(&c->selection, db, table);
}

static int rewrite(void *context, const struct dts_record *r, struct dts_buf *out, struct dts_error *err)
{
	struct choosing *c = context;

	return dts_filter_record(c->filter, r, out, err);
}

static int choose_tables(struct choosing *c, struct dts_log_read_options *o, struct dts_error *err)
{
	const struct dts_filter_options f = {.tables = &opt.tables, .ignored = &opt.ignored, .recount = true};

	if (opt.tables.count + opt.ignored.count == 0)
		return 0;
	if (dts_selection_init(&c->selection, &opt.tables, &opt.ignored, err) < 0 || !(c->filter = dts_filter_new(&f, err)))
		return -1;
	o->keeps = keeps;
	o->rewrite = rewrite;
	o->context = c;
	return 0;
}

static int read_log(const char *dir, char **words, size_t count, struct dts_output *out, struct dts_error *err)
{
	struct dts_log_read_options o = {.dir = dir, .follow = opt.follow, .notice = notice};
	struct choosing c = {0};
	int rc = -1;

	(void)words, (void)count;
	if (choose_stop(&o, err) == 0 && choose_tables(&c, &o, err) == 0 && choose_start(dir, &o, err) == 0)
		rc = dts_log_read(&o, out, err);
	dts_filter_free(c.filter);
	dts_selection_release(&c.selection);
	dts_position_release(&o.position);
	dts_position_release(&o.stop);
	dts_gtids_release(&o.stop_gtid);
	return rc;
}

/* --- the others */

static int position(const char *dir, char **words, size_t count, struct dts_output *out, struct dts_error *err)
{
	struct dts_log_end end = {0};
	int rc = dts_log_find_end(dir, &end, err);

	(void)words, (void)count;
	if (rc == 0 && end.empty) {
		rc = dts_fail(err, DTS_REFUSED, "log '%s' is empty: it has no position yet", dir);
		dts_hint(err, "the first reader says itself where to start: dts-binlog --start=now | dts-log append %s", dir);
	}
	if (rc == 0) {
		if (opt.gtid)
			dts_gtids_add(&out->buf, &end.pos.gtid);
		else if (end.pos.file[0])
			dts_buf_addf(&out->buf, "%s:%llu", end.pos.file, (unsigned long long)end.pos.offset);
		dts_buf_addc(&out->buf, '\n');
	}
	dts_log_end_release(&end);
	return rc;
}

static int info(const char *dir, char **words, size_t count, struct dts_output *out, struct dts_error *err)
{
	(void)words, (void)count;
	return dts_log_info(dir, opt.json, out, err);
}

static int verify(const char *dir, char **words, size_t count, struct dts_output *out, struct dts_error *err)
{
	(void)words, (void)count;
	return dts_log_verify(dir, out, err);
}

/* 7d, 36h, 90m, or seconds. */
static int parse_age(const char *text, double *seconds, struct dts_error *err)
{
	static const char units[] = "smhd";
	static const double each[] = {1, 60, 3600, 86400};
	size_t len = strlen(text);
	const char *unit = len > 1 ? strchr(units, text[len - 1]) : NULL;

	if (dts_parse_seconds(dts_slice(text, unit ? len - 1 : len), seconds) < 0 || *seconds <= 0)
		return dts_fail(err, DTS_USAGE, "--older-than=%s is no age: write 7d, 36h, 90m or seconds", text);
	*seconds *= unit ? each[unit - units] : 1;
	return 0;
}

static int trim(const char *dir, char **words, size_t count, struct dts_output *out, struct dts_error *err)
{
	struct dts_trim_options o = {.dir = dir, .keep_size = opt.keep_size, .keep_free = opt.keep_free, .dry_run = opt.dry_run,
				     .names = opt.checkpoints.items, .count = opt.checkpoints.count};
	struct dts_position *positions = dts_zalloc(o.count + 1, sizeof *positions);
	int rc = 0;

	(void)words, (void)count;
	o.positions = positions;
	if (opt.older_than && parse_age(opt.older_than, &o.older_than, err) < 0)
		rc = -1;
	else if (o.older_than <= 0 && o.keep_size == 0 && o.keep_free == 0) {
		rc = dts_fail(err, DTS_USAGE, "trim: nothing says what may go");
		dts_hint(err, "one of --older-than=AGE, --keep-size=SIZE and --keep-free=SIZE does");
	}
	for (size_t i = 0; rc == 0 && i < o.count; i++)
		rc = find_checkpoint(dir, o.names[i], &positions[i], err);
	if (rc == 0)
		rc = dts_log_trim(&o, out, err);
	for (size_t i = 0; i < o.count; i++)
		dts_position_release(&positions[i]);
	free(positions);
	return rc;
}

/* --- */

static const struct dts_option append_options[] = {
	{"sync", 0, DTS_OPTION_STRING, &opt.sync, "commit|interval|none", "when the disk must have it [commit]"},
	{"sync-interval", 0, DTS_OPTION_SECONDS, &opt.sync_interval, "SECONDS", "with --sync=interval: how often [1]"},
	{"ack", 0, DTS_OPTION_FLAG, &opt.ack, NULL, "print an ack record for what is durable"},
	{"segment-size", 0, DTS_OPTION_SIZE, &opt.segment_size, "SIZE", "close a segment at this size [64M]"},
	{"segment-time", 0, DTS_OPTION_SECONDS, &opt.segment_time, "SECONDS", "and after this time; 0: not for that [3600]"},
	{"wait-for-room", 0, DTS_OPTION_SECONDS, &opt.wait_for_room, "SECONDS", "how long to wait when the disk is full [600]"},
	{"max-record", 0, DTS_OPTION_SIZE, &opt.max_record, "SIZE", "longest record taken [1G]"},
	{"no-counts", 0, DTS_OPTION_FLAG, &opt.no_counts, NULL, "records were left out on purpose"},
	{0},
};

static const struct dts_option read_options[] = {
	{"start", 0, DTS_OPTION_STRING, &opt.start, "now|oldest", "where to start [oldest]"},
	{"start-position", 0, DTS_OPTION_STRING, &opt.start_position, "FILE:OFFSET", "start at this place of the source's log"},
	{"start-gtid", 0, DTS_OPTION_STRING, &opt.start_gtid, "LIST", "start behind these GTIDs"},
	{"start-time", 0, DTS_OPTION_STRING, &opt.start_time, "TIME", "start at the first transaction that began then or later"},
	{"resume", 0, DTS_OPTION_NAME, &opt.resume, "CHECKPOINT[@GROUP]", "start where the checkpoint stands"},
	{"stop-position", 0, DTS_OPTION_STRING, &opt.stop_position, "FILE:OFFSET", "stop at this place"},
	{"stop-gtid", 0, DTS_OPTION_STRING, &opt.stop_gtid, "LIST", "stop when these GTIDs have been read"},
	{"stop-time", 0, DTS_OPTION_STRING, &opt.stop_time, "TIME", "stop at the first transaction that began then or later"},
	{"follow", 'f', DTS_OPTION_FLAG, &opt.follow, NULL, "go on when the end of the log is reached"},
	{"table", 0, DTS_OPTION_LIST, &opt.tables, "PATTERN", "only these tables (may be repeated)"},
	{"ignore-table", 0, DTS_OPTION_LIST, &opt.ignored, "PATTERN", "not these tables"},
	{"zstd", 0, DTS_OPTION_FLAG, &opt.zstd, NULL, "compress the output"},
	{0},
};

static const struct dts_option trim_options[] = {
	{"older-than", 0, DTS_OPTION_STRING, &opt.older_than, "AGE", "remove what is older: 7d, 36h, 90m"},
	{"keep-size", 0, DTS_OPTION_SIZE, &opt.keep_size, "SIZE", "remove until the log is not larger"},
	{"keep-free", 0, DTS_OPTION_SIZE, &opt.keep_free, "SIZE", "remove until the disk has so much room"},
	{"checkpoint", 0, DTS_OPTION_LIST, &opt.checkpoints, "CHECKPOINT[@GROUP]", "but nothing that this one still needs (may be repeated)"},
	{"dry-run", 0, DTS_OPTION_FLAG, &opt.dry_run, NULL, "only say what would go"},
	{0},
};

static const struct dts_option other_options[] = {
	{"json", 0, DTS_OPTION_FLAG, &opt.json, NULL, "info: one JSON object a line"},
	{"gtid", 0, DTS_OPTION_FLAG, &opt.gtid, NULL, "position: the GTID position instead of FILE:OFFSET"},
	{"defaults-file", 0, DTS_OPTION_STRING, &opt.connect.defaults_file, "FILE", "read, trim: option file of the servers with checkpoints"},
	{"checkpoint-db", 0, DTS_OPTION_NAME, &opt.checkpoint_db, "DB", "read, trim: database of checkpoints [dts]"},
	{0},
};

/* Options that stand in none of its tables have no meaning for a command. */
static const struct command {
	const char *name;
	size_t max; /* words behind the directory */
	const struct dts_option *options;
	int (*run)(const char *dir, char **words, size_t count, struct dts_output *out, struct dts_error *err);
} commands[] = {
	{"append", SIZE_MAX, append_options, append}, {"read", 0, read_options, read_log}, {"position", 0, NULL, position},
	{"info", 0, NULL, info},		      {"verify", 0, NULL, verify},	   {"trim", 0, trim_options, trim},
};

static const struct command *find_command(const struct dts_list *words, struct dts_error *err)
{
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (strcmp(words->items[0], commands[i].name) == 0) {
			if (words->count - 2 <= commands[i].max)
				return &commands[i];
			dts_fail(err, DTS_USAGE, "%s: one directory is expected", commands[i].name);
			return NULL;
		}
	dts_fail(err, DTS_USAGE, "unknown command '%s'", words->items[0]);
	dts_hint(err, "one of append, read, position, info, verify, trim");
	return NULL;
}

static int run(struct dts_list *words, struct dts_error *err)
{
	const struct command *command = find_command(words, err);
	struct dts_output out;

	if (!command || dts_output_open(&out, NULL, opt.zstd, err) < 0)
		return -1;
	int rc = command->run(words->items[1], words->items + 2, words->count - 2, &out, err);
	/* What stood before damage is right, and verify has said what is wrong. */
	struct dts_error late = DTS_ERROR_INIT;
	if (rc < 0 && err->status == DTS_IO)
		dts_output_discard(&out);
	else if (dts_output_close(&out, &late) < 0 && rc >= 0) {
		*err = late;
		rc = -1;
	}
	return rc;
}

int main(int argc, char **argv)
{
	const struct dts_option_group groups[] = {
		{"append", append_options}, {"read", read_options}, {"trim", trim_options}, {"Others", other_options}, {NULL, NULL},
	};
	const struct dts_tool tool = {"dts-log", "COMMAND DIR [FILE]...",
				      "Keeps a stream of changes in a directory, for any number of readers.\n"
				      "Commands: append DIR [FILE]..., read DIR, position DIR, info DIR, verify DIR, trim DIR",
				      groups, 2, SIZE_MAX};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_list words = {0};

	dts_message_tool(tool.name);
	dts_options_parse(&tool, argc, argv, &words);
	dts_signals_catch();
	int rc = run(&words, &err);
	dts_list_release(&words);
	dts_list_release(&opt.tables);
	dts_list_release(&opt.ignored);
	dts_list_release(&opt.checkpoints);
	if (rc > 0)
		dts_signals_die(dts_signals_stop());
	return rc < 0 ? dts_report(&err) : DTS_OK;
}
