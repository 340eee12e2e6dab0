#include <signal.h>
#include <unistd.h>

#include "base/message.h"
#include "base/signals.h"
#include "dump/directory.h"
#include "dump/resume.h"
#include "dump/sink.h"

enum { MAX_JOBS = 64, TICK = 200 };

struct options {
	struct dts_connect_options connect;
	struct dts_dump_options dump;
	struct dts_list ignored, operands, columns, wheres, throttle;
	const char *src, *lock, *resume, *log, *checkpoint_db, *output;
	bool zstd;
};

static void parse(struct options *o, int argc, char **argv)
{
	const struct dts_option own[] = {
		{"ignore-table", 0, DTS_OPTION_LIST, &o->ignored, "PATTERN", "leave these tables out"},
		{"jobs", 'j', DTS_OPTION_NUMBER, &o->dump.jobs, "N", "readers at the same time [1]"},
		{"chunk-size", 0, DTS_OPTION_SIZE, &o->dump.chunk_size, "SIZE", "bytes after which a chunk ends [4M]"},
		{"lock", 0, DTS_OPTION_STRING, &o->lock, "HOW",
		 "one position for readers: auto, none, tables, ftwrl or backup [auto]"},
		{"columns", 0, DTS_OPTION_LIST, &o->columns, "PATTERN:A,B", "only these columns of these tables"},
		{"where", 0, DTS_OPTION_LIST, &o->wheres, "PATTERN:CONDITION", "only these rows of these tables"},
		{"limit-rate", 0, DTS_OPTION_SIZE, &o->dump.limit_rate, "SIZE", "bytes of records a second at most"},
		{"throttle", 0, DTS_OPTION_LIST, &o->throttle, "VARIABLE:N", "pause while this status of the server is above N"},
		{"allow-nontransactional", 0, DTS_OPTION_FLAG, &o->dump.allow_nontransactional, NULL,
		 "also read tables that no snapshot covers"},
		{"allow-versioned", 0, DTS_OPTION_FLAG, &o->dump.allow_versioned, NULL,
		 "of system-versioned tables read the current rows"},
		{"allow-missing-parents", 0, DTS_OPTION_FLAG, &o->dump.allow_missing_parents, NULL,
		 "also read tables whose foreign keys need others"},
		{"resume", 0, DTS_OPTION_NAME, &o->resume, "CHECKPOINT@GROUP", "only what that target has not got yet"},
		{"log", 0, DTS_OPTION_STRING, &o->log, "DIR", "with --resume: a log that has what the source has purged since"},
		{"checkpoint-db", 0, DTS_OPTION_NAME, &o->checkpoint_db, "DB", "database of checkpoints [dts]"},
		{"src", 0, DTS_OPTION_NAME, &o->src, "NAME", "the source's name in the records"},
		{"output", 0, DTS_OPTION_STRING, &o->output, "DIR", "compressed files in this directory; again: go on there"},
		{"zstd", 0, DTS_OPTION_FLAG, &o->zstd, NULL, "compress the output"},
		{NULL, 0, 0, NULL, NULL, NULL},
	};
	const struct dts_option_group groups[] = {
		{"Options", own},
		{"Connection", dts_connect_option_table(&o->connect)},
		{NULL, NULL},
	};
	const struct dts_tool tool = {
		"dts-dump", "PATTERN...", "Print all rows of tables as one consistent snapshot with its position.",
		groups, 1, SIZE_MAX,
	};

	o->dump.chunk_size = 4 << 20;
	o->dump.jobs = 1;
	dts_options_parse(&tool, argc, argv, &o->operands);
}

static int parse_lock(struct options *o, struct dts_error *err)
{
	static const char *const names[] = {"auto", "none", "tables", "ftwrl", "backup"};
	static const enum dts_lock locks[] = {DTS_LOCK_AUTO, DTS_LOCK_NONE, DTS_LOCK_TABLES, DTS_LOCK_FTWRL, DTS_LOCK_BACKUP};

	if (o->dump.jobs < 1 || o->dump.jobs > MAX_JOBS)
		return dts_fail(err, DTS_USAGE, "--jobs is a number from 1 to %d", MAX_JOBS);
	if (o->output && !o->output[0])
		return dts_fail(err, DTS_USAGE, "--output needs the name of a directory");
	if (o->output && o->zstd)
		return dts_fail(err, DTS_USAGE, "--output and --zstd do not go together: the files of --output are compressed in any case");
	if (o->log && !o->resume)
		return dts_fail(err, DTS_USAGE, "--log needs --resume");
	if (o->output && o->resume)
		return dts_fail(err, DTS_USAGE, "--output and --resume do not go together: the same command again goes on with what the"
						" directory has");
	if (!o->lock)
		return 0;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(o->lock, names[i]) == 0) {
			o->dump.lock = locks[i];
			return 0;
		}
	return dts_fail(err, DTS_USAGE, "--lock '%s' is none of auto, none, tables, ftwrl and backup", o->lock);
}

static void tick(struct dts_dump *d)
{
	if (dts_signals_stop())
		dts_signals_die(dts_signals_stop());
	dts_progress("%llu rows; %llu of %zu tables%s%s", (unsigned long long)d->rows, (unsigned long long)d->done,
		     d->tables.count, d->throttled_by ? "; waiting, for the limit is exceeded by " : "",
		     d->throttled_by ? d->throttled_by->name : "");
	if (dts_dump_throttle_lasts(d))
		dts_message("waiting: %s is %llu, above %llu (--throttle)", d->throttled_by->name,
			    (unsigned long long)d->throttled_by->is, (unsigned long long)d->throttled_by->above);
}

static int print_records(struct dts_dump *d, struct dts_output *out, struct dts_error *err)
{
	struct dts_stream_sink sink;

	dts_source_add_stream(&out->buf, d->source, "snapshot");
	dts_signals_catch();
	dts_stream_sink_init(&sink, out);
	int rc = dts_dump_run(d, &sink.sink, tick, isatty(STDERR_FILENO) ? TICK : -1, err);
	dts_progress_end();
	if (rc == 0)
		dts_source_add_end(&out->buf, d->source, "done", d->chunk_rows + sink.schemas);
	dts_stream_sink_release(&sink);
	return rc;
}

static void tell(const struct dts_list *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		dts_message("%s", lines->items[i]);
}

static void warn(const struct dts_dump *d, const struct dts_session *s, const struct dts_list *warnings)
{
	tell(&d->left_out);
	tell(&d->notes);
	tell(warnings);
	if (d->prepared > 0)
		dts_message("warning: server %s has %llu prepared XA transactions (XA RECOVER), whose changes are neither in"
			    " the snapshot nor behind its position: end them and start again", s->label,
			    (unsigned long long)d->prepared);
}

/* The target has all of it: a stream that says so, and nothing else. */
static int print_ended(struct dts_source *source, const struct dts_resume *resume, struct dts_output *out, struct dts_error *err)
{
	tell(&resume->notes);
	dts_resume_add(resume, &source->resumes);
	if (dts_position_parse(&source->pos, dts_buf_slice(&resume->state.snapshot), err) < 0)
		return -1;
	dts_source_add_stream(&out->buf, source, "snapshot");
	dts_source_add_end(&out->buf, source, "done", 0);
	return 0;
}

static int print_snapshot(struct options *o, struct dts_session *session, struct dts_source *source,
			  struct dts_resume *resume, struct dts_output *out, struct dts_error *err)
{
	struct dts_list warnings = {0};
	struct dts_dump dump = {0};
	int rc = -1;

	if (dts_source_check_log(session, &warnings, err) == 0 && dts_dump_open(&dump, session, source, &o->dump, err) == 0 &&
	    dts_resume_plan(resume, &dump, err) == 0) {
		warn(&dump, session, &warnings);
		tell(&resume->notes);
		dts_resume_add(resume, &source->resumes);
		rc = print_records(&dump, out, err);
	}
	dts_dump_close(&dump);
	dts_list_release(&warnings);
	return rc;
}

/* The directory has it taken already: what is missing in it is read. */
static int fill(struct options *o, struct dts_session *session, struct dts_source *source, struct dts_directory_dump *dir,
		struct dts_error *err)
{
	struct dts_list warnings = {0};
	struct dts_resume resume = {0};
	struct dts_dump dump = {0};
	int rc = -1;

	if (dts_source_check_log(session, &warnings, err) == 0 && dts_dump_open(&dump, session, source, &o->dump, err) == 0 &&
	    (!dir->manifest.stream || dts_resume_open_manifest(&resume, &dir->manifest, err) == 0) &&
	    dts_resume_plan(&resume, &dump, err) == 0) {
		warn(&dump, session, &warnings);
		tell(&resume.notes);
		dts_signals_catch();
		rc = dts_directory_dump_begin(dir, &dump, &resume, err);
	}
	if (rc == 0) {
		rc = dts_dump_run(&dump, &dir->sink, tick, isatty(STDERR_FILENO) ? TICK : -1, err);
		dts_progress_end();
	}
	if (rc == 0)
		rc = dts_directory_dump_end(dir, err);
	dts_resume_release(&resume);
	dts_dump_close(&dump);
	dts_list_release(&warnings);
	return rc;
}

static int fill_directory(struct options *o, struct dts_directory_dump *dir, struct dts_error *err)
{
	struct dts_session session = {0};
	struct dts_source source = {0};
	int rc = dts_session_open(&session, &o->connect, err);

	if (rc == 0)
		rc = dts_source_init(&source, &session, &o->connect, o->src, err);
	if (rc == 0)
		rc = dts_directory_dump_check(dir, &source, err);
	if (rc == 0 && dir->complete)
		dts_message("the dump in '%s' is complete: there is nothing left to read", dir->path);
	else if (rc == 0)
		rc = fill(o, &session, &source, dir, err);
	dts_source_release(&source);
	dts_session_close(&session);
	return rc;
}

static int dump_to_directory(struct options *o, struct dts_error *err)
{
	const struct dts_directory_selection selection = {&o->operands, &o->ignored, &o->columns, &o->wheres};
	struct dts_directory_dump dir;
	int rc = dts_directory_dump_open(&dir, o->output, &selection, err);

	if (rc == 0)
		rc = fill_directory(o, &dir, err);
	dts_directory_dump_close(&dir);
	return rc;
}

static int run(struct options *o, struct dts_session *session, struct dts_output *out, struct dts_error *err)
{
	struct dts_source source = {0};
	struct dts_resume resume = {.log = o->log};
	int rc = dts_source_init(&source, session, &o->connect, o->src, err);

	if (rc == 0 && o->resume)
		rc = dts_resume_open(&resume, o->resume, o->checkpoint_db, &o->connect, &source, session, err);
	if (rc == 0 && dts_resume_ended(&resume))
		rc = dts_resume_look_behind(&resume, session, &o->dump, err) < 0 ? -1 : print_ended(&source, &resume, out, err);
	else if (rc == 0)
		rc = print_snapshot(o, session, &source, &resume, out, err);
	dts_resume_release(&resume);
	dts_source_release(&source);
	return rc;
}

static int connect_and_run(struct options *o, struct dts_error *err)
{
	struct dts_session session = {0};
	struct dts_output out;

	if (dts_output_open(&out, NULL, o->zstd, err) < 0)
		return -1;
	int rc = dts_session_open(&session, &o->connect, err);
	if (rc == 0)
		rc = run(o, &session, &out, err);
	if (rc == 0)
		rc = dts_output_close(&out, err);
	else
		dts_output_discard(&out);
	dts_session_close(&session);
	return rc;
}

int main(int argc, char **argv)
{
	static struct options o; /* static, as the texts that it points to */
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_selection selection = {0};
	struct dts_dump_rules rules = {0};
	struct dts_throttle throttle = {0};
	int rc;

	parse(&o, argc, argv);
	/* Until there is output that should end with a record, signals end us at once. */
	signal(SIGPIPE, SIG_IGN);
	o.dump.connect = &o.connect;
	o.dump.selection = &selection;
	o.dump.texts = &o.operands;
	o.dump.rules = &rules;
	o.dump.throttle = &throttle;
	rc = parse_lock(&o, &err);
	if (rc == 0)
		rc = dts_selection_init(&selection, &o.operands, &o.ignored, &err);
	if (rc == 0)
		rc = dts_dump_rules_init(&rules, &o.columns, &o.wheres, &err);
	if (rc == 0)
		rc = dts_throttle_init(&throttle, &o.throttle, &err);
	if (rc == 0)
		rc = o.output ? dump_to_directory(&o, &err) : connect_and_run(&o, &err);
	dts_throttle_release(&throttle);
	dts_dump_rules_release(&rules);
	dts_selection_release(&selection);
	dts_list_release(&o.operands);
	dts_list_release(&o.ignored);
	dts_list_release(&o.columns);
	dts_list_release(&o.wheres);
	dts_list_release(&o.throttle);
	return rc == 0 ? DTS_OK : dts_report(&err);
}
