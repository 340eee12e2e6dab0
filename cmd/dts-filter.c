/* dts-filter: choose tables of a record stream, rename them, pass the rest on. */
#include <time.h>

#include "base/message.h"
#include "base/output.h"
#include "base/signals.h"
#include "filter/filter.h"
#include "record/stream.h"

/* How long after a stop signal what the reader still sends is passed on: its
 * last transaction and its "end". */
enum { GRACE_MS = 10000 };

static struct {
	struct dts_list tables, ignored, routes, skip_origins;
	uint64_t max_record;
	bool allow_missing_parents, no_counts, zstd;
} opt;

static const struct dts_option filter_options[] = {
	{"table", 0, DTS_OPTION_LIST, &opt.tables, "PATTERN", "keep these tables (all)"},
	{"ignore-table", 0, DTS_OPTION_LIST, &opt.ignored, "PATTERN", "leave these tables out"},
	{"route", 0, DTS_OPTION_LIST, &opt.routes, "PATTERN=DB.TABLE", "rename tables; * keeps a name: 'a.*=b.*'"},
	{"skip-origin", 0, DTS_OPTION_LIST, &opt.skip_origins, "SRC", "leave out what dts-apply wrote of this source's changes; *: of any"},
	{"allow-missing-parents", 0, DTS_OPTION_FLAG, &opt.allow_missing_parents, NULL,
	 "also keep tables whose foreign keys need others"},
	{NULL, 0, 0, NULL, NULL, NULL},
};

static const struct dts_option stream_options[] = {
	{"max-record", 0, DTS_OPTION_SIZE, &opt.max_record, "SIZE", "longest record taken (1G)"},
	{"no-counts", 0, DTS_OPTION_FLAG, &opt.no_counts, NULL, "records were left out on purpose: count anew"},
	{"zstd", 0, DTS_OPTION_FLAG, &opt.zstd, NULL, "compress the output"},
	{NULL, 0, 0, NULL, NULL, NULL},
};

struct run {
	struct dts_filter *filter;
	struct dts_stream *in;
	struct dts_output out;
	int64_t deadline; /* milliseconds; 0: nobody asked to stop */
};

static int open_all(struct run *run, const struct dts_list *operands, struct dts_error *err)
{
	const struct dts_filter_options filter = {
		.tables = &opt.tables, .ignored = &opt.ignored, .routes = &opt.routes, .skip_origins = &opt.skip_origins, .recount = opt.no_counts,
	};
	const struct dts_stream_options stream = {.max_record = opt.max_record, .no_counts = opt.no_counts};

	run->filter = dts_filter_new(&filter, err);
	if (!run->filter)
		return -1;
	if (opt.allow_missing_parents)
		dts_filter_allow_missing_parents(run->filter);
	run->in = dts_stream_open(operands->items, operands->count, &stream, err);
	return run->in ? dts_output_open(&run->out, NULL, opt.zstd, err) : -1;
}

/* May the next record be waited for? Once asked to stop, only for a while. */
static bool may_wait(struct run *run)
{
	struct timespec now;

	if (!dts_signals_stop())
		return true;
	clock_gettime(CLOCK_MONOTONIC, &now);
	int64_t ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	if (run->deadline == 0)
		run->deadline = ms + GRACE_MS;
	return ms < run->deadline && dts_stream_wait(run->in, (int)(run->deadline - ms));
}

/* Until the end of the input: 0; -1: error, or asked to stop (status DTS_OK). */
static int filter_all(struct run *run, struct dts_error *err)
{
	const struct dts_record *r;
	int rc;

	for (;;) {
		/* Whoever reads us sees what there is before we wait for more. */
		if (!dts_stream_ready(run->in) && dts_output_flush(&run->out, err) < 0)
			return -1;
		if (!may_wait(run)) {
			err->status = DTS_OK;
			return -1;
		}
		rc = dts_stream_next(run->in, &r, err);
		if (rc < 0 && err->status == DTS_OK && run->deadline == 0)
			continue; /* interrupted: see what still comes */
		if (rc <= 0)
			return rc;
		if (dts_filter_record(run->filter, r, &run->out.buf, err) < 0)
			return dts_where(err, "%s", dts_stream_where(run->in));
		if (dts_output_record_done(&run->out, err) < 0)
			return -1;
	}
}

int main(int argc, char **argv)
{
	const struct dts_option_group groups[] = {
		{"Tables", filter_options},
		{"Records", stream_options},
		{NULL, NULL},
	};
	const struct dts_tool tool = {"dts-filter", "[FILE...]", "Chooses and renames tables in a stream of records.",
				      groups, 0, SIZE_MAX};
	struct dts_error err = DTS_ERROR_INIT, end = DTS_ERROR_INIT;
	struct dts_list operands = {0};
	struct run run = {.out = {.fd = -1}};
	int status = DTS_OK;

	dts_options_parse(&tool, argc, argv, &operands);
	dts_signals_catch();
	int rc = open_all(&run, &operands, &err);
	if (rc == 0)
		rc = filter_all(&run, &err);
	/* What stood before an error is right, and somebody may want to see it. */
	if (run.out.fd >= 0 && err.status == DTS_IO)
		dts_output_discard(&run.out);
	else if (run.out.fd >= 0 && dts_output_close(&run.out, &end) < 0 && rc == 0) {
		err = end;
		rc = -1;
	}
	if (rc < 0 && err.status != DTS_OK)
		status = dts_report(&err);
	else if (rc < 0)
		status = -1;
	dts_stream_close(run.in);
	dts_filter_free(run.filter);
	dts_list_release(&operands);
	dts_list_release(&opt.tables);
	dts_list_release(&opt.ignored);
	dts_list_release(&opt.routes);
	dts_list_release(&opt.skip_origins);
	if (status < 0)
		dts_signals_die(dts_signals_stop());
	return status;
}
