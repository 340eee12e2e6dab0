/* Another server takes the source's place: what both name by the same GTIDs goes on there. */
#include "binlog/follow_parts.h"
#include "binlog/history_catalog.h"

/* What goes by file and offset means nothing in the other one's log. */
static int check_positions(const struct dts_follow *f, const struct dts_gtids *gtid, struct dts_error *err)
{
	const char *label = f->source.control.label;

	if (f->o->stop.file[0])
		return dts_fail(err, DTS_REFUSED, "%s has taken the source's place, in whose log --stop-position means nothing", label);
	if (f->o->history) {
		dts_fail(err, DTS_REFUSED, "%s has taken the source's place: a schema history goes by file and offset of the one before", label);
		return dts_hint(err, "begin one anew with that server: --start=now --schema-history=FILE, or follow without one where its log "
				"has the names of columns");
	}
	if (f->capture.options.history && f->history.lower_case_names != f->source.control.lower_case_names)
		return dts_fail(err, DTS_REFUSED, "%s has taken the source's place, and has another lower_case_table_names", label);
	if (f->history.later_count > 0) {
		dts_fail(err, DTS_REFUSED, "%s has taken the source's place: the checkpoint has tables that were read behind its position, "
			 "in the log of the one before", label);
		return dts_hint(err, "go on at the server before until the checkpoint has come past them, or copy the tables anew");
	}
	if (dts_gtids_known(gtid))
		return 0;
	dts_fail(err, DTS_REFUSED, "%s has taken the source's place, and it is not known by GTID up to where the one before was read", label);
	return dts_hint(err, "the one before has transactions without GTIDs, or its log was read from the middle of a file: copy the tables anew");
}

int dts_follow_check_place(struct dts_follow *f, const struct dts_gtids *gtid, struct dts_error *err)
{
	return check_positions(f, gtid, err) < 0 || dts_log_source_check_gtid(&f->source, gtid, err) < 0 ||
			       dts_log_source_check_has(&f->source, gtid, err) < 0
		       ? -1 : 0;
}

/* As at the start: rows are changes of columns that have names. */
static int check_settings(struct dts_follow *f, struct dts_error *err)
{
	struct dts_buf metadata = {0};
	int rc = dts_log_source_check_settings(&f->source, &metadata, err);

	if (rc == 0 && !f->capture.options.history && !dts_slice_is_nocase(dts_buf_slice(&metadata), "FULL")) {
		rc = dts_fail(err, DTS_REFUSED, "%s has taken the source's place, and its log does not have the names of columns",
			      f->source.control.label);
		dts_hint(err, "run SET GLOBAL binlog_row_metadata=FULL there, and keep it in its configuration");
	}
	dts_buf_release(&metadata);
	return rc;
}

int dts_follow_take_over(struct dts_follow *f, struct dts_error *err)
{
	struct dts_history_server server;

	if (dts_follow_check_place(f, &f->capture.safe.gtid, err) < 0 || check_settings(f, err) < 0 ||
	    dts_follow_check_semi_sync(f, err) < 0 ||
	    dts_history_server_of(&server, &f->source, dts_buf_slice(&f->src), err) < 0)
		return -1;
	f->by_gtid = true;
	dts_history_elsewhere(&f->history, &server);
	dts_capture_elsewhere(&f->capture, f->source.control.lower_case_names);
	return 0;
}

void dts_follow_tell_stream(struct dts_follow *f)
{
	const struct dts_slice identity = dts_buf_slice(&f->source.identity);

	if (!f->files)
		dts_log_source_instead_of(&f->source, DTS_LIT(""));
	if (f->told.len > 0 && !dts_slice_eq(dts_buf_slice(&f->told), identity))
		dts_log_source_instead_of(&f->source, dts_buf_slice(&f->told));
	dts_capture_stream(&f->capture, dts_buf_slice(&f->source.json), &f->out->buf);
	dts_buf_clear(&f->told);
	dts_buf_add_slice(&f->told, identity);
}
