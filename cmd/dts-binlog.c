/* dts-binlog: the changes of a server, from its binary log, as records. */
#include "base/message.h"
#include "base/output.h"
#include "base/signals.h"
#include "binlog/files.h"
#include "binlog/follow.h"
#include "checkpoint/resume.h"
#include "record/bounds.h"

struct arguments {
	struct dts_connect_options connect;
	struct dts_list files, tables, ignored;
	const char *src, *start, *start_position, *start_gtid, *start_time, *stop_time, *resume, *schema_history, *checkpoint_db;
	const char *stop_position, *stop_gtid, *unknown_ddl, *online_ddl, *spool;
	bool semi_sync, failover, follow, skip_sequences, with_sql, zstd;
	double heartbeat, reconnect_timeout;
	uint64_t server_id, spool_size;
};

/* A checkpoint says where to start, and nothing else does beside it; a log may be empty, or not there yet. */
static int choose_resume(const struct arguments *a, size_t others, struct dts_follow_options *o, struct dts_error *err)
{
	enum dts_resume_kind kind = dts_resume_kind(a->resume);

	if (kind == DTS_RESUME_LOG || (kind == DTS_RESUME_NOTHING && others > 0)) {
		o->log = a->resume;
		return 0;
	}
	if (others > 0) {
		dts_fail(err, DTS_USAGE, "--resume=%s is a checkpoint, beside which --start, --start-position, --start-gtid and --start-time "
			 "have no meaning", a->resume);
		return dts_hint(err, "beside a log's directory they say where to begin as long as it is empty");
	}
	o->start = DTS_START_RESUME;
	o->resume = a->resume;
	return 0;
}

static int choose_start(const struct arguments *a, struct dts_follow_options *o, struct dts_error *err)
{
	const size_t others = !!a->start + !!a->start_position + !!a->start_gtid + !!a->start_time;

	if (others > 1)
		return dts_fail(err, DTS_USAGE, "--start, --start-position, --start-gtid and --start-time exclude one another");
	if (a->resume && choose_resume(a, others, o, err) < 0)
		return -1;
	if (a->start && strcmp(a->start, "now") == 0) {
		o->start = DTS_START_NOW;
	} else if (a->start && strcmp(a->start, "oldest") == 0) {
		o->start = DTS_START_OLDEST;
	} else if (a->start) {
		return dts_fail(err, DTS_USAGE, "--start=%s is neither now nor oldest", a->start);
	} else if (a->start_position) {
		o->start = DTS_START_POSITION;
		return dts_bound_position(&o->position, "--start-position", a->start_position, err);
	} else if (a->start_gtid) {
		o->start = DTS_START_GTID;
		return dts_bound_gtids(&o->position.gtid, "--start-gtid", a->start_gtid, err);
	} else if (a->start_time) {
		o->start = DTS_START_TIME;
		return dts_bound_time(&o->start_time, "--start-time", a->start_time, err);
	}
	return 0;
}

static int choose_stop(const struct arguments *a, struct dts_follow_options *o, struct dts_error *err)
{
	if (a->stop_position && dts_bound_position(&o->stop, "--stop-position", a->stop_position, err) < 0)
		return -1;
	if (a->stop_time && dts_bound_time(&o->stop_time, "--stop-time", a->stop_time, err) < 0)
		return -1;
	if (a->stop_gtid) {
		return dts_bound_gtids(&o->stop_gtid, "--stop-gtid", a->stop_gtid, err);
	}
	return 0;
}

static int choose_unknown_ddl(const char *how, enum dts_unknown_ddl *choice, struct dts_error *err)
{
	static const char *const words[] = {
		[DTS_UNKNOWN_STOP] = "stop", [DTS_UNKNOWN_PASS] = "pass", [DTS_UNKNOWN_SKIP] = "skip",
	};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strcmp(how, words[i]) == 0) {
			*choice = (enum dts_unknown_ddl)i;
			return 0;
		}
	}
	return dts_fail(err, DTS_USAGE, "--on-unknown-ddl=%s is neither stop, pass nor skip", how);
}

static int choose_online_ddl(const char *how, enum dts_online_mode *choice, struct dts_error *err)
{
	if (!how)
		return 0;
	if (strcmp(how, "follow") == 0)
		*choice = DTS_ONLINE_FOLLOW;
	else if (strcmp(how, "hide") == 0)
		*choice = DTS_ONLINE_HIDE;
	else
		return dts_fail(err, DTS_USAGE, "--online-ddl=%s is neither follow nor hide", how);
	return 0;
}

static void notice(const char *text)
{
	dts_message("%s", text);
}

static int run(struct arguments *a, struct dts_error *err)
{
	struct dts_selection selection = {0};
	struct dts_follow_options o = {
		.files = a->files.items, .file_count = a->files.count, .connect = &a->connect, .selection = &selection, .src = a->src, .own_db = a->checkpoint_db,
		.server_id = (uint32_t)a->server_id, .history = a->schema_history, .skip_sequences = a->skip_sequences,
		.with_sql = a->with_sql, .semi_sync = a->semi_sync, .failover = a->failover, .spool = a->spool,
		.spool_size = a->spool_size, .follow = a->follow,
		.notice = notice, .heartbeat = a->heartbeat, .reconnect_timeout = a->reconnect_timeout,
	};
	struct dts_output out;
	int status = -1;

	if (a->server_id > UINT32_MAX)
		dts_fail(err, DTS_USAGE, "--server-id is beyond 4294967295");
	else if (a->spool && a->files.count > 0)
		dts_fail(err, DTS_USAGE, "--spool is for the log of a server: files wait for who reads them");
	else if (a->spool_size > 0 && !a->spool)
		dts_fail(err, DTS_USAGE, "--spool-size needs --spool");
	else if (dts_selection_init(&selection, &a->tables, &a->ignored, err) == 0 && choose_stop(a, &o, err) == 0 &&
		 choose_start(a, &o, err) == 0 && choose_unknown_ddl(a->unknown_ddl, &o.unknown_ddl, err) == 0 &&
		 choose_online_ddl(a->online_ddl, &o.online_ddl, err) == 0 && dts_output_open(&out, NULL, a->zstd, err) == 0) {
		status = dts_follow(&o, &out, err);
		if (status == 0)
			status = dts_output_close(&out, err);
		else
			dts_output_discard(&out);
	}
	dts_position_release(&o.position);
	dts_position_release(&o.stop);
	dts_gtids_release(&o.stop_gtid);
	dts_selection_release(&selection);
	return status;
}

int main(int argc, char **argv)
{
	/* static, as the texts that it points to */
	static struct arguments a = {.checkpoint_db = DTS_CHECKPOINT_DB, .unknown_ddl = "stop", .heartbeat = 10, .reconnect_timeout = 600};
	const struct dts_option where[] = {
		{"start", 0, DTS_OPTION_STRING, &a.start, "now|oldest", "where to start [now with --follow, else oldest]"},
		{"start-position", 0, DTS_OPTION_STRING, &a.start_position, "FILE:OFFSET", "start at this place of the log"},
		{"start-gtid", 0, DTS_OPTION_STRING, &a.start_gtid, "LIST", "start behind these GTIDs, one a domain"},
		{"start-time", 0, DTS_OPTION_STRING, &a.start_time, "TIME", "start at the first transaction that began then or later"},
		{"resume", 0, DTS_OPTION_NAME, &a.resume, "CHECKPOINT[@GROUP]|DIR", "start where the checkpoint stands, or the log in DIR ends"},
		{"stop-position", 0, DTS_OPTION_STRING, &a.stop_position, "FILE:OFFSET", "stop at this place"},
		{"stop-gtid", 0, DTS_OPTION_STRING, &a.stop_gtid, "LIST", "stop when these GTIDs have been read"},
		{"stop-time", 0, DTS_OPTION_STRING, &a.stop_time, "TIME", "stop at the first transaction that began then or later"},
		{"failover", 0, DTS_OPTION_FLAG, &a.failover, NULL, "another server with the same GTIDs may take the source's place"},
		{"follow", 'f', DTS_OPTION_FLAG, &a.follow, NULL, "go on when the end of the log is reached"},
		{0},
	};
	const struct dts_option what[] = {
		{"table", 0, DTS_OPTION_LIST, &a.tables, "PATTERN", "only these tables (may be repeated)"},
		{"ignore-table", 0, DTS_OPTION_LIST, &a.ignored, "PATTERN", "not these tables"},
		{"schema-history", 0, DTS_OPTION_STRING, &a.schema_history, "FILE",
		 "keep what the tables looked like at each position in FILE"},
		{"skip-sequences", 0, DTS_OPTION_FLAG, &a.skip_sequences, NULL, "leave the use of sequences out"},
		{"with-sql", 0, DTS_OPTION_FLAG, &a.with_sql, NULL, "with the statements that made the changes, if the log has them"},
		{"on-unknown-ddl", 0, DTS_OPTION_STRING, &a.unknown_ddl, "stop|pass|skip", "what to do at a statement that is not understood [stop]"},
		{"online-ddl", 0, DTS_OPTION_STRING, &a.online_ddl, "follow|hide", "what to do with the tables of gh-ost and pt-online-schema-change"},
		{"src", 0, DTS_OPTION_NAME, &a.src, "NAME", "name of the source in the records [the -g group, else its host]"},
		{"heartbeat", 0, DTS_OPTION_SECONDS, &a.heartbeat, "SECONDS", "between heartbeat records; 0: none [10]"},
		{"reconnect-timeout", 0, DTS_OPTION_SECONDS, &a.reconnect_timeout, "SECONDS", "how long to try after a lost connection [600]"},
		{"semi-sync", 0, DTS_OPTION_FLAG, &a.semi_sync, NULL, "let the source wait until what it commits is written here"},
		{"spool", 0, DTS_OPTION_NAME, &a.spool, "DIR", "keep in DIR what the output does not take yet"},
		{"spool-size", 0, DTS_OPTION_SIZE, &a.spool_size, "SIZE", "so many bytes there at most [what the disk has]"},
		{"server-id", 0, DTS_OPTION_NUMBER, &a.server_id, "N", "number to go by as a replica [random]"},
		{"checkpoint-db", 0, DTS_OPTION_NAME, &a.checkpoint_db, "DB", "database of checkpoints [dts]"},
		{"zstd", 0, DTS_OPTION_FLAG, &a.zstd, NULL, "compress the output"},
		{0},
	};
	const struct dts_option_group groups[] = {
		{"Where to start and stop", where},
		{"What to read", what},
		{"Connection", dts_connect_option_table(&a.connect)},
		{0},
	};
	const struct dts_tool tool = {
		"dts-binlog", "[FILE|DIR|-|PATTERN...]", "reads the changes of a server from its binary log", groups, 0, SIZE_MAX,
	};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_list operands = {0};
	int status;

	dts_message_tool(tool.name);
	dts_options_parse(&tool, argc, argv, &operands);
	for (size_t i = 0; i < operands.count; i++)
		dts_list_add(dts_log_files_is(operands.items[i]) ? &a.files : &a.tables, operands.items[i]);
	dts_signals_catch();
	status = run(&a, &err);
	dts_list_release(&operands);
	dts_list_release(&a.files);
	dts_list_release(&a.tables);
	dts_list_release(&a.ignored);
	if (status > 0)
		dts_signals_die(dts_signals_stop());
	return status < 0 ? dts_report(&err) : 0;
}
