/* dts-verify: are the tables of two servers the same, and if not, which rows differ? */
#include <stdio.h>

#include "base/message.h"
#include "base/signals.h"
#include "verify/verify.h"

static struct {
	struct dts_connect_options connect[DTS_SIDES];
	const char *target, *src;
	struct dts_list ignore;
	uint64_t chunk_rows, recheck;
	double recheck_wait;
	bool zstd;
} opt = {.recheck_wait = 1};

static const struct dts_option target_options[] = {
	{"target", 'G', DTS_OPTION_NAME, &opt.target, "NAME", "the target: the option group [dts-NAME]"},
	{NULL, 0, 0, NULL, NULL, NULL},
};

static const struct dts_option verify_options[] = {
	{"ignore-table", 0, DTS_OPTION_LIST, &opt.ignore, "PATTERN", "leave these tables out"},
	{"chunk-rows", 0, DTS_OPTION_NUMBER, &opt.chunk_rows, "ROWS", "rows compared at once [10000]"},
	{"recheck", 0, DTS_OPTION_NUMBER, &opt.recheck, "N", "look up to N times again at rows that differ [0]"},
	{"recheck-wait", 0, DTS_OPTION_SECONDS, &opt.recheck_wait, "SECONDS", "wait before each of these [1]"},
	{"src", 0, DTS_OPTION_NAME, &opt.src, "NAME", "name of the source in the records"},
	{"zstd", 0, DTS_OPTION_FLAG, &opt.zstd, NULL, "compress the output"},
	{NULL, 0, 0, NULL, NULL, NULL},
};

/* All that this run has open, in one place so that one function closes it. */
struct run {
	struct dts_selection selection;
	struct dts_session session[DTS_SIDES];
	struct dts_pair pair;
	struct dts_output out;
	struct dts_buf src;
	struct dts_verify *verify;
	size_t tables, done;
	uint64_t rows, different, counts[DTS_VERDICTS];
	int width;
};

static void progress(void *arg, const struct dts_table *table, uint64_t rows)
{
	struct run *run = arg;

	dts_progress("table %zu of %zu, %.*s.%.*s: %llu of about %llu rows", run->done + 1, run->tables,
		     (int)table->db.len, table->db.p, (int)table->name.len, table->name.p, (unsigned long long)rows,
		     (unsigned long long)table->rows_estimate);
}

/* A line of the result table, a newline behind it, to standard error at once. */
static void say(struct dts_buf *line)
{
	dts_progress_end();
	fprintf(stderr, "%s\n", dts_buf_text(line));
	dts_buf_release(line);
}

static void say_result(struct run *run, const struct dts_verify_result *r)
{
	struct dts_buf line = {0}, name = {0};

	dts_escape(&name, r->db);
	dts_buf_addc(&name, '.');
	dts_escape(&name, r->table);
	dts_buf_addf(&line, "%-*s", run->width, dts_buf_text(&name));
	if (r->verdict <= DTS_GENERATED_DIFFER)
		dts_buf_addf(&line, "  %12llu  %9llu", (unsigned long long)r->rows, (unsigned long long)r->different);
	else
		dts_buf_addf(&line, "  %12s  %9s", "-", "-");
	dts_buf_addf(&line, "  %s", dts_verdict_name(r->verdict));
	if (r->why.len > 0) {
		dts_buf_adds(&line, ": ");
		dts_escape(&line, dts_buf_slice(&r->why));
	}
	say(&line);
	dts_buf_release(&name);
}

/* "12 tables, 200000 rows: identical". Returns the exit status. */
static int say_total(const struct run *run)
{
	struct dts_buf line = {0};
	bool same = run->counts[DTS_SAME] == run->tables;
	const char *comma = ": ";

	dts_buf_addf(&line, "%zu table%s, %llu row%s", run->tables, run->tables == 1 ? "" : "s",
		     (unsigned long long)run->rows, run->rows == 1 ? "" : "s");
	if (same)
		dts_buf_adds(&line, ": identical");
	for (int v = DTS_SAME + 1; v < DTS_VERDICTS; v++) {
		if (run->counts[v] == 0)
			continue;
		dts_buf_addf(&line, "%s%llu %s", comma, (unsigned long long)run->counts[v],
			     v == DTS_GENERATED_DIFFER ? "with generated columns that differ"
						       : dts_verdict_name((enum dts_verdict)v));
		if (v == DTS_ROWS_DIFFER)
			dts_buf_addf(&line, " in %llu row%s", (unsigned long long)run->different,
				     run->different == 1 ? "" : "s");
		comma = ", ";
	}
	say(&line);
	return same ? DTS_OK : DTS_DIFFERENT;
}

/* Options that contradict or are missing; the target's connection from the source's. */
static int check(struct run *run, const struct dts_list *operands, struct dts_error *err)
{
	struct dts_connect_options *source = &opt.connect[DTS_SOURCE], *target = &opt.connect[DTS_TARGET];

	if (!opt.target) {
		dts_fail(err, DTS_USAGE, "option '-G' is missing: which server to compare with");
		return dts_hint(err, "-G NAME reads the group [dts-NAME] of the option files");
	}
	*target = (struct dts_connect_options){
		.group = opt.target, .defaults_file = source->defaults_file, .ssl_mode = source->ssl_mode,
		.ssl_ca = source->ssl_ca, .ssl_cert = source->ssl_cert, .ssl_key = source->ssl_key,
		.connect_timeout = source->connect_timeout,
	};
	return dts_selection_init(&run->selection, operands, &opt.ignore, err);
}

static int open_all(struct run *run, struct dts_error *err)
{
	size_t longest;

	for (int side = 0; side < DTS_SIDES; side++) {
		if (dts_session_open(&run->session[side], &opt.connect[side], err) < 0)
			return -1;
		run->pair.side[side] = &run->session[side];
	}
	if (opt.src)
		dts_buf_adds(&run->src, opt.src);
	else if (dts_session_source_name(&run->session[DTS_SOURCE], &opt.connect[DTS_SOURCE], &run->src, err) < 0)
		return -1;
	if (dts_output_open(&run->out, NULL, opt.zstd, err) < 0)
		return -1;
	const struct dts_verify_options options = {
		.selection = &run->selection, .chunk_rows = opt.chunk_rows, .recheck = opt.recheck,
		.recheck_wait = opt.recheck_wait, .src = dts_buf_text(&run->src),
		.progress = progress, .progress_arg = run,
	};
	run->verify = dts_verify_begin(&options, &run->pair, &run->out, err);
	if (!run->verify)
		return -1;
	run->tables = dts_verify_tables(run->verify, &longest);
	run->width = longest < 5 ? 5 : longest > 60 ? 60 : (int)longest;
	/* Nothing compared must not pass for nothing different. */
	if (run->tables == 0)
		return dts_fail(err, DTS_USAGE, "no table of either server is selected");
	return 0;
}

static int compare_all(struct run *run, struct dts_error *err)
{
	struct dts_verify_result *result;
	struct dts_buf heading = {0};
	int rc;

	dts_buf_addf(&heading, "%-*s  %12s  %9s  %s", run->width, "table", "rows", "different", "result");
	say(&heading);
	while ((rc = dts_verify_next(run->verify, &result, err)) > 0) {
		say_result(run, result);
		run->done++;
		run->rows += result->rows;
		run->different += result->different;
		run->counts[result->verdict]++;
		/* What was found is passed on before the next table, which may take long. */
		if (dts_output_flush(&run->out, err) < 0)
			return -1;
	}
	return rc;
}

static void release(struct run *run)
{
	dts_verify_free(run->verify);
	for (int side = 0; side < DTS_SIDES; side++)
		dts_session_close(&run->session[side]);
	dts_buf_release(&run->src);
	dts_selection_release(&run->selection);
}

int main(int argc, char **argv)
{
	const struct dts_option_group groups[] = {
		{"Source", dts_connect_option_table(&opt.connect[DTS_SOURCE])},
		{"Target", target_options},
		{"Comparing", verify_options},
		{NULL, NULL},
	};
	const struct dts_tool tool = {"dts-verify", "[PATTERN...]",
				      "Compare the tables of two servers; print what makes the target the same.",
				      groups, 0, SIZE_MAX};
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_list operands = {0};
	struct run run = {.out = {.fd = -1}};
	int status;

	dts_options_parse(&tool, argc, argv, &operands);
	dts_signals_catch();
	int rc = check(&run, &operands, &err);
	if (rc == 0)
		rc = open_all(&run, &err);
	if (rc == 0)
		rc = compare_all(&run, &err);
	dts_progress_end();
	if (rc == 0 && dts_verify_end(run.verify, &err) == 0 && dts_output_close(&run.out, &err) == 0) {
		status = say_total(&run);
	} else {
		if (run.out.fd >= 0)
			dts_output_discard(&run.out);
		status = dts_signals_stop() ? DTS_OK : dts_report(&err);
	}
	release(&run);
	dts_list_release(&operands);
	dts_list_release(&opt.ignore);
	if (dts_signals_stop() && status == DTS_OK && rc < 0)
		dts_signals_die(dts_signals_stop());
	return status;
}
