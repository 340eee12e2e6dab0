#include <stdint.h>
#include <stdlib.h>

#include "apply/applier.h"
#include "base/message.h"
#include "base/signals.h"
#include "checkpoint/checkpoint.h"

enum { STOP_SECONDS = 2 }; /* for the target's answer, when a signal has come */

static struct dts_connect_options server;
static struct dts_apply_options apply = {.checkpoint_db = DTS_CHECKPOINT_DB, .lock_wait = 10, .group_bytes = 1 << 20, .jobs = 1, .server = &server};
static struct dts_stream_options stream_options;
static const char *other_ddl = "stop", *keys;
static struct dts_list skip_txs, replace_txs, on_conflict;
static bool ddl_done, ddl_redo, ack, print, cut_over, dry_run;

static const struct dts_option apply_options[] = {
	{"jobs", 'j', DTS_OPTION_NUMBER, &apply.jobs, "N", "write N chunks or transactions at a time, 1 to 64 (default 1)"},
	{"serial", 0, DTS_OPTION_FLAG, &apply.serial, NULL, "make changes one transaction after the other, by one session"},
	{"preserve-commit-order", 0, DTS_OPTION_FLAG, &apply.in_order, NULL, "commit transactions in the order of the source"},
	{"checkpoint", 0, DTS_OPTION_STRING, &apply.checkpoint, "NAME", "keep the position under this name in the target"},
	{"checkpoint-db", 0, DTS_OPTION_NAME, &apply.checkpoint_db, "DB", "database of the checkpoint (default dts)"},
	{"new-checkpoint", 0, DTS_OPTION_FLAG, &apply.new_checkpoint, NULL, "begin the checkpoint with these changes, without a full phase"},
	{"no-checkpoint", 0, DTS_OPTION_FLAG, &apply.no_checkpoint, NULL, "apply changes without keeping a position"},
	{"on-conflict", 0, DTS_OPTION_LIST, &on_conflict, "HOW", "conflicts, each as KIND:HOW: stop, overwrite, ignore or reject=FILE"},
	{"lock-wait", 0, DTS_OPTION_NUMBER, &apply.lock_wait, "SECONDS", "wait for a dying run to let go of the checkpoint (default 10)"},
	{"group-size", 0, DTS_OPTION_SIZE, &apply.group_bytes, "SIZE", "records gathered into one target transaction (default 1M)"},
	{"other-ddl", 0, DTS_OPTION_STRING, &other_ddl, "HOW", "views, routines, triggers...: stop, skip, hold or apply"},
	{"cut-over", 0, DTS_OPTION_FLAG, &cut_over, NULL, "run the statements that --other-ddl=hold has kept, and read no input"},
	{"keys", 0, DTS_OPTION_STRING, &keys, "WHEN", "build secondary and foreign keys after the rows, or first"},
	{"ddl-done", 0, DTS_OPTION_FLAG, &ddl_done, NULL, "the statement in doubt has been executed: go on behind it"},
	{"ddl-redo", 0, DTS_OPTION_FLAG, &ddl_redo, NULL, "the statement in doubt has not been executed: execute it"},
	{"skip-tx", 0, DTS_OPTION_LIST, &skip_txs, "ID", "leave this transaction out; needs --reason"},
	{"replace-tx", 0, DTS_OPTION_LIST, &replace_txs, "ID=FILE", "make the changes in FILE in its place; needs --reason"},
	{"reason", 0, DTS_OPTION_STRING, &apply.reason, "TEXT", "why, kept in the checkpoint"},
	{"allow-nontransactional", 0, DTS_OPTION_FLAG, &apply.allow_nontransactional, NULL, "take tables that cannot roll back: not exactly once"},
	{"allow-triggers", 0, DTS_OPTION_FLAG, &apply.allow_triggers, NULL, "take tables with triggers, which act again"},
	{"allow-extra-columns", 0, DTS_OPTION_FLAG, &apply.allow_extra_columns, NULL, "take tables with columns that the stream does not bring"},
	{"allow-nonempty", 0, DTS_OPTION_FLAG, &apply.allow_nonempty, NULL, "full phase: add to the rows that a table has already"},
	{"allow-versioned", 0, DTS_OPTION_FLAG, &apply.allow_versioned, NULL, "take system-versioned tables, which keep a history of their own"},
	{"dry-run", 0, DTS_OPTION_FLAG, &dry_run, NULL, "tell what would happen, and change nothing"},
	{"print", 0, DTS_OPTION_FLAG, &print, NULL, "print the SQL that would be run, and change nothing"},
	{"ack", 0, DTS_OPTION_FLAG, &ack, NULL, "print an ack record for each transaction that is durable"},
	{NULL, 0, 0, NULL, NULL, NULL},
};

static const struct dts_option input_options[] = {
	{"max-record", 0, DTS_OPTION_SIZE, &stream_options.max_record, "SIZE", "longest record taken (default 1G)"},
	{"no-counts", 0, DTS_OPTION_FLAG, &stream_options.no_counts, NULL, "do not compare counts: records were left out on purpose"},
	{NULL, 0, 0, NULL, NULL, NULL},
};

static void notice(const char *text)
{
	dts_message("%s", text);
}

static void progress(uint64_t rows, uint64_t changes, uint64_t transactions)
{
	dts_progress("%llu rows, %llu changes in %llu transactions", (unsigned long long)rows,
		     (unsigned long long)changes, (unsigned long long)transactions);
}

static void key_progress(const char *table, unsigned tables, unsigned of)
{
	dts_progress("keys of %s: %u of %u tables", table, tables, of);
}

/* Whoever looks at the target later is to know what was done, and why. */
static int check_exceptions(struct dts_error *err)
{
	bool any = skip_txs.count > 0 || replace_txs.count > 0;

	apply.skip_txs = &skip_txs;
	apply.replace_txs = &replace_txs;
	if (any && !apply.checkpoint)
		return dts_fail(err, DTS_USAGE, "--skip-tx and --replace-tx need --checkpoint=NAME, which records them");
	if (any && (!apply.reason || !apply.reason[0]))
		return dts_fail(err, DTS_USAGE, "--skip-tx and --replace-tx need --reason=TEXT, which is recorded");
	if (!any && apply.reason)
		return dts_fail(err, DTS_USAGE, "--reason is for --skip-tx and --replace-tx");
	return 0;
}

/* What the options say together. */
static int check_options(struct dts_error *err)
{
	if (strcmp(other_ddl, "stop") == 0)
		apply.other_ddl = DTS_OTHER_STOP;
	else if (strcmp(other_ddl, "skip") == 0)
		apply.other_ddl = DTS_OTHER_SKIP;
	else if (strcmp(other_ddl, "apply") == 0)
		apply.other_ddl = DTS_OTHER_APPLY;
	else if (strcmp(other_ddl, "hold") == 0)
		apply.other_ddl = DTS_OTHER_HOLD;
	else
		return dts_fail(err, DTS_USAGE, "--other-ddl=%s: choose stop, skip, hold or apply", other_ddl);
	if (ddl_done && ddl_redo)
		return dts_fail(err, DTS_USAGE, "--ddl-done and --ddl-redo contradict each other");
	apply.doubt = ddl_done ? DTS_DOUBT_DONE : ddl_redo ? DTS_DOUBT_REDO : DTS_DOUBT_ASK;
	if (dts_conflict_policy_parse(&apply.on_conflict, &on_conflict, err) < 0)
		return -1;
	if (dry_run) /* meets no row, and writes no file */
		dts_conflict_policy_release(&apply.on_conflict);
	if (ack && print)
		return dts_fail(err, DTS_USAGE, "--ack and --print contradict each other");
	if (dry_run && (ack || print))
		return dts_fail(err, DTS_USAGE, "--dry-run prints neither acks nor SQL");
	if (apply.jobs < 1 || apply.jobs > 64)
		return dts_fail(err, DTS_USAGE, "--jobs: from 1 to 64");
	if (apply.checkpoint && apply.no_checkpoint)
		return dts_fail(err, DTS_USAGE, "--checkpoint and --no-checkpoint contradict each other");
	if (apply.checkpoint && (!apply.checkpoint[0] || strlen(apply.checkpoint) > 190))
		return dts_fail(err, DTS_USAGE, "--checkpoint: a name has 1 to 190 bytes");
	if (apply.other_ddl == DTS_OTHER_HOLD && !apply.checkpoint)
		return dts_fail(err, DTS_USAGE, "--other-ddl=hold needs --checkpoint=NAME, which keeps the statements");
	if (keys && strcmp(keys, "after") != 0 && strcmp(keys, "first") != 0)
		return dts_fail(err, DTS_USAGE, "--keys=%s: choose after or first", keys);
	apply.keys_after = keys ? strcmp(keys, "after") == 0 : apply.checkpoint != NULL;
	if (apply.keys_after && !apply.checkpoint) {
		dts_fail(err, DTS_USAGE, "--keys=after needs --checkpoint=NAME, which keeps the keys that are to be built");
		return dts_hint(err, "without it a crash would lose them");
	}
	apply.key_progress = key_progress;
	return check_exceptions(err);
}

static int check_cut_over(const struct dts_list *files, struct dts_error *err)
{
	if (!cut_over)
		return 0;
	if (!apply.checkpoint)
		return dts_fail(err, DTS_USAGE, "--cut-over needs --checkpoint=NAME, which has the statements");
	if (files->count > 0)
		return dts_fail(err, DTS_USAGE, "--cut-over reads no input: all changes are to be applied before");
	if (ack || print || dry_run) {
		dts_fail(err, DTS_USAGE, "--cut-over and %s contradict each other", ack ? "--ack" : print ? "--print" : "--dry-run");
		return dts_hint(err, "dts-checkpoint held %s prints what would be run", apply.checkpoint);
	}
	return 0;
}

static int run(struct dts_list *files, int *stopped, struct dts_error *err)
{
	struct dts_session session = {0};
	struct dts_stream *stream = NULL;
	struct dts_applier *applier = NULL;
	struct dts_output out = {0}, nowhere = {0};
	int rc = check_options(err);

	if (rc == 0)
		rc = check_cut_over(files, err);
	if (rc == 0 && (ack || print || dry_run)) {
		*(ack ? &apply.ack : print ? &apply.print : &apply.summary) = &out;
		rc = dts_output_open(&out, NULL, false, err);
	}
	if (rc == 0 && dry_run && (rc = dts_output_open(&nowhere, "/dev/null", false, err)) == 0)
		apply.print = &nowhere;
	if (rc == 0)
		rc = dts_session_open(&session, &server, err);
	if (rc == 0 && !cut_over && !(stream = dts_stream_open(files->items, files->count, &stream_options, err)))
		rc = -1;
	if (rc == 0 && !(applier = dts_applier_new(&session, stream, &apply, err)))
		rc = -1;
	if (rc == 0)
		rc = cut_over ? dts_applier_cut_over(applier, err) : dts_applier_run(applier, stopped, err);
	dts_progress_end();
	/* Changes stop between two transactions, which is a good end; rows were to be complete. */
	if (rc == 0 && *stopped && dts_slice_is(dts_buf_slice(&dts_stream_state(stream)->kind), "changes"))
		*stopped = 0;
	dts_applier_free(applier);
	dts_stream_close(stream);
	dts_session_close(&session);
	if (dry_run && apply.print)
		dts_output_discard(&nowhere);
	/* A dry run tells what it has found also where that is bad. */
	struct dts_error late = DTS_ERROR_INIT;
	if ((ack || print || dry_run) && (rc == 0 || (dry_run && err->status == DTS_REFUSED))) {
		if (dts_output_close(&out, &late) < 0) {
			*err = late;
			rc = -1;
		}
	} else if (apply.ack || apply.print || apply.summary) {
		dts_output_discard(&out);
	}
	return rc;
}

int main(int argc, char **argv)
{
	const struct dts_option_group groups[] = {
		{"Applying", apply_options},
		{"Input", input_options},
		{"Target", dts_connect_option_table(&server)},
		{NULL, NULL},
	};
	const struct dts_tool tool = {"dts-apply", "[FILE...]", "Write a record stream to a MySQL or MariaDB server.", groups,
				      0, SIZE_MAX};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_list files = {0};
	int stopped = 0;

	dts_options_parse(&tool, argc, argv, &files);
	apply.notice = notice;
	apply.progress = progress;
	dts_signals_catch();
	dts_signals_limit(STOP_SECONDS);
	int rc = run(&files, &stopped, &err);
	dts_list_release(&files);
	dts_list_release(&skip_txs);
	dts_list_release(&replace_txs);
	dts_list_release(&on_conflict);
	dts_conflict_policy_release(&apply.on_conflict);
	if (rc == 0 && stopped)
		dts_signals_die(stopped);
	return rc < 0 ? dts_report(&err) : DTS_OK;
}
