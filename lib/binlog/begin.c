#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "binlog/follow_parts.h"
#include "binlog/history_catalog.h"
#include "mysql/client.h"
#include "mysql/quote.h"

/* Where reading begins: position, stop, and the definitions of the tables there. */
struct beginning {
	struct dts_follow *f;
	struct dts_position start;
	struct dts_history_server server;
	struct dts_buf metadata; /* binlog_row_metadata at the source; FULL: the log will have the names of columns */
	struct dts_begin_checkpoint checkpoint;
};

/* Is it this server's? Where another one may take its place: 1. */
static int check_identity(struct dts_follow *f, struct dts_slice want, struct dts_error *err)
{
	if (want.len == 0 || dts_slice_eq(want, dts_buf_slice(&f->source.identity)))
		return 0;
	if (f->o->failover)
		return 1;
	dts_fail(err, DTS_REFUSED, "the %s is of another server: of '%.*s', but %s is '%s'", f->o->log ? "log" : "checkpoint", (int)want.len, want.p,
		 f->source.control.label, dts_buf_text(&f->source.identity));
	return dts_hint(err, "a file and offset mean nothing in another server's log: where it has the same transactions under the same "
			"GTIDs, --failover goes on by those");
}

/* Another server's position is one of GTIDs only. */
static int go_elsewhere(struct beginning *b, struct dts_error *err)
{
	struct dts_follow *f = b->f;

	if (dts_follow_check_place(f, &b->checkpoint.state.applied.gtid, err) < 0)
		return -1;
	dts_position_copy(&b->start, &b->checkpoint.state.applied);
	dts_position_set(&b->start, DTS_LIT(""), 0);
	dts_buf_add_slice(&f->told, dts_buf_slice(&b->checkpoint.state.server_id));
	f->by_gtid = true;
	return 0;
}

static int start_at_checkpoint(struct beginning *b, struct dts_error *err)
{
	struct dts_follow *f = b->f;
	struct dts_source_state *state = &b->checkpoint.state;

	int other = check_identity(f, dts_buf_slice(&state->server_id), err);
	if (other != 0)
		return other < 0 ? -1 : go_elsewhere(b, err);
	dts_position_copy(&b->start, &state->applied);
	f->by_gtid = b->start.file[0] == '\0';
	return f->by_gtid ? dts_log_source_check_gtid(&f->source, &b->start.gtid, err)
			  : dts_log_source_check_position(&f->source, &b->start, err);
}

static int find_start(struct beginning *b, struct dts_error *err)
{
	struct dts_follow *f = b->f;
	const struct dts_follow_options *o = f->o;

	if (o->failover && o->resume && !strrchr(o->resume, '@')) {
		dts_fail(err, DTS_USAGE, "--failover needs to know which server the checkpoint is of, and a file does not tell");
		return dts_hint(err, "at another server start by --start-gtid");
	}
	if (dts_begin_checkpoint(&b->checkpoint, f, err) < 0)
		return -1;
	if (f->start == DTS_START_DEFAULT)
		f->start = o->follow ? DTS_START_NOW : DTS_START_OLDEST;
	switch (f->start) {
	case DTS_START_NOW:
		return dts_log_source_end(&f->source, true, &b->start, err);
	case DTS_START_OLDEST:
		return dts_log_source_oldest(&f->source, &b->start, err);
	case DTS_START_TIME:
		return dts_log_source_before(&f->source, o->start_time, &b->start, err);
	case DTS_START_GTID:
		f->by_gtid = true;
		dts_gtids_copy(&b->start.gtid, &o->position.gtid);
		return dts_log_source_check_gtid(&f->source, &b->start.gtid, err);
	case DTS_START_RESUME:
		return start_at_checkpoint(b, err);
	default:
		dts_position_copy(&b->start, &o->position);
		return dts_log_source_check_position(&f->source, &b->start, err);
	}
}

/* Without --follow the end of the log as it is now; an earlier stop that was asked for wins. */
static int find_stop(struct dts_follow *f, struct dts_error *err)
{
	const struct dts_follow_options *o = f->o;

	/* Those of another form would never be reached. */
	if (dts_log_source_check_form(&f->source, &o->stop_gtid, err) < 0)
		return -1;
	if (!o->follow && dts_log_source_end(&f->source, false, &f->stop, err) < 0)
		return -1;
	if (o->stop.file[0] && (o->follow || dts_position_compare(&o->stop, &f->stop) < 0))
		dts_position_copy(&f->stop, &o->stop);
	return 0;
}

/* The start becomes the place where the catalog was read. */
static int start_at_catalog(struct beginning *b, struct dts_error *err)
{
	struct dts_follow *f = b->f;

	if (dts_history_read_catalog(&f->history, &f->source, err) < 0)
		return -1;
	dts_position_copy(&b->start, &f->history.at);
	return dts_log_source_check_position(&f->source, &b->start, err);
}

/* A file that does not exist yet begins with what is known of the start: what the checkpoint tells, else the
 * catalog of now, if that is where to start. */
static int new_file(struct beginning *b, struct dts_error *err)
{
	struct dts_follow *f = b->f;
	const char *path = f->o->history;

	if (f->history.later_count > 0) {
		dts_fail(err, DTS_REFUSED, "there is no schema history '%s', and a new one cannot begin here: checkpoint %s has tables "
			 "that are known from a later position on", path, f->o->resume);
		return dts_hint(err, "follow without --schema-history until the checkpoint is past it, then begin one");
	}
	if (b->checkpoint.defined > 0) {
		dts_position_copy(&f->history.at, &b->start);
	} else if (f->start == DTS_START_NOW) {
		if (start_at_catalog(b, err) < 0)
			return -1;
	} else {
		dts_fail(err, DTS_REFUSED, "there is no schema history '%s', and a new one begins with the tables as they are now, "
			 "not at the start", path);
		return dts_hint(err, "begin it now: --start=now --schema-history=%s; what was written before cannot be read with it",
				path);
	}
	return dts_history_create(&f->history, path, &b->server, dts_buf_slice(&f->source.json), err);
}

static int open_file(struct beginning *b, struct dts_error *err)
{
	struct dts_follow *f = b->f;
	struct dts_history *h = &f->history;
	int found;

	if (f->by_gtid) {
		dts_fail(err, DTS_REFUSED, "a schema history goes by file and offset, the start by GTID");
		return dts_hint(err, "start by --start-position, or at a checkpoint that has one");
	}
	if (access(f->o->history, F_OK) == 0 && b->checkpoint.defined > 0) {
		/* The file says more than the checkpoint: other tables, databases. */
		dts_history_release(h);
		dts_history_init(h, &b->server);
	}
	found = dts_history_open(h, f->o->history, &b->server, &b->start, err);
	if (found <= 0)
		return found < 0 ? -1 : new_file(b, err);
	f->go_back = dts_position_compare(&h->at, &b->start) < 0;
	if (!f->go_back)
		return 0;
	if (dts_log_source_check_position(&f->source, &h->at, err) < 0)
		return dts_where(err, "the schema history ends at %s:%llu", h->at.file, (unsigned long long)h->at.offset);
	return 0;
}

/* What the tables looked like at the start. 1: there is a history; 0: today's catalog has to do, the log tells
 * the rest; -1. */
static int find_definitions(struct beginning *b, struct dts_error *err)
{
	struct dts_follow *f = b->f;

	if (f->o->history)
		return open_file(b, err) < 0 ? -1 : 1;
	if (b->checkpoint.defined > 0) {
		dts_position_copy(&f->history.at, &b->start);
		return 1;
	}
	if (dts_slice_is_nocase(dts_buf_slice(&b->metadata), "FULL"))
		return 0;
	if (f->start == DTS_START_NOW) {
		f->tells_all = f->o->log != NULL;
		return start_at_catalog(b, err) < 0 ? -1 : 1;
	}
	if (f->o->log && f->start == DTS_START_RESUME) { /* no table was there */
		dts_position_copy(&f->history.at, &b->start);
		return 1;
	}
	if (!f->o->follow)
		return 0; /* what there is may have been written with names */
	dts_fail(err, DTS_REFUSED, "%s has %s%s: its log does not have the names of columns, and nothing tells what they were "
		 "at the start", f->source.control.label, b->metadata.len ? "binlog_row_metadata=" : "no binlog_row_metadata",
		 dts_buf_text(&b->metadata));
	return dts_hint(err, "run SET GLOBAL binlog_row_metadata=FULL and keep it in its configuration, or keep a history of the "
			"tables: --start=now --schema-history=FILE");
}

void dts_follow_see_start(struct dts_follow *f)
{
	const struct dts_gtids *stop = &f->o->stop_gtid;

	if (dts_gtids_known(&f->capture.safe.gtid))
		dts_gtids_copy(&f->seen, &f->capture.safe.gtid);
	else
		dts_gtids_set_empty(&f->seen, stop->form);
}

/* Is each of its transactions named by itself? Then they are meant to come. */
static bool names_single(const struct dts_gtid_set *s)
{
	for (size_t i = 0; i < s->count; i++)
		for (size_t k = 0; k < s->groups[i].count; k++)
			if (s->groups[i].items[k].end - s->groups[i].items[k].first != 1)
				return false;
	return true;
}

/* Whether a stop by GTID comes is only known where the GTIDs of the start are, or will be
 * told by the file that it begins with. */
int dts_follow_check_stop(const struct dts_follow *f, const struct dts_position *start, bool untold, struct dts_error *err)
{
	const struct dts_gtids *stop = &f->o->stop_gtid;

	if (!dts_gtids_known(stop) || dts_gtids_known(&start->gtid) || (start->offset <= 4 && !untold) || names_single(&stop->set))
		return 0;
	dts_fail(err, DTS_REFUSED, "the GTIDs at %s:%llu are not known, so that it cannot be told when --stop-gtid is reached",
		 start->file, (unsigned long long)start->offset);
	return dts_hint(err, "start by --start-gtid or --start=oldest, or stop by --stop-position");
}

int dts_follow_check_semi_sync(struct dts_follow *f, struct dts_error *err)
{
	MYSQL_RES *result;
	bool waits = false;

	if (!f->o->semi_sync)
		return 0;
	if (!dts_client_has_packets())
		return dts_fail(err, DTS_USAGE, "--semi-sync needs dts to be built with MariaDB's client library: Oracle's cannot acknowledge events");
	result = dts_session_query(&f->source.control, DTS_LIT("SHOW GLOBAL VARIABLES WHERE Variable_name IN "
		"('rpl_semi_sync_master_enabled','rpl_semi_sync_source_enabled')"), err);
	if (!result)
		return -1;
	for (MYSQL_ROW row; (row = mysql_fetch_row(result));)
		waits |= strcasecmp(row[1], "ON") == 0;
	mysql_free_result(result);
	if (!waits && f->o->notice)
		f->o->notice("warning: the source does not wait for replicas (rpl_semi_sync_master_enabled, "
			     "on MySQL rpl_semi_sync_source_enabled): --semi-sync does nothing until it does");
	return 0;
}

/* Statements that appliers are running at the source, which may have announced them before the position: their
 * rows in the log are behind us (origin.c). No such table, or one that we may not read: nobody applies here. */
static int load_intents(struct dts_follow *f, struct dts_error *err)
{
	struct dts_error ignored = DTS_ERROR_INIT;
	struct dts_buf sql = {0};

	if (!f->o->own_db)
		return 0;
	dts_buf_adds(&sql, "SELECT checkpoint, src, statement FROM ");
	dts_sql_table(&sql, dts_slice_of(f->o->own_db), DTS_LIT("ddl"));
	MYSQL_RES *result = dts_session_query(&f->source.control, dts_buf_slice(&sql), &ignored);
	dts_buf_release(&sql);
	if (!result && ignored.status != DTS_REFUSED) {
		*err = ignored;
		return -1;
	}
	for (MYSQL_ROW row; result && (row = mysql_fetch_row(result));)
		dts_capture_note_intent(&f->capture, dts_slice_of(row[0]), dts_slice_of(row[1]), dts_slice_of(row[2]));
	mysql_free_result(result);
	return 0;
}

static int begin(struct beginning *b, struct dts_error *err)
{
	struct dts_follow *f = b->f;
	const struct dts_follow_options *o = f->o;
	struct dts_capture_options c = {
		.selection = o->selection, .own_db = o->own_db, .skip_sequences = o->skip_sequences, .with_sql = o->with_sql,
		.unknown_ddl = o->unknown_ddl, .online = o->online_ddl ? &f->online : NULL,
		.collations = &f->source.collations, .lower_case_names = f->source.control.lower_case_names, .catalog = dts_log_source_catalog,
		.system_zone = dts_log_source_zone, .context = &f->source, .notice = o->notice,
	};
	int rc;

	if (dts_log_source_check_settings(&f->source, &b->metadata, err) < 0 || dts_follow_check_semi_sync(f, err) < 0 ||
	    dts_history_server_of(&b->server, &f->source, dts_buf_slice(&f->src), err) < 0)
		return -1;
	dts_history_init(&f->history, &b->server);
	/* The stop first: a start of "now" is then not before it by accident. */
	if (find_stop(f, err) < 0 || find_start(b, err) < 0 || dts_begin_check_selection(&b->checkpoint, f, err) < 0)
		return -1;
	rc = find_definitions(b, err);
	if (rc < 0)
		return -1;
	if (dts_follow_check_stop(f, &b->start, false, err) < 0)
		return -1;
	c.src = dts_buf_slice(&f->src);
	c.history = rc > 0 ? &f->history : NULL;
	dts_capture_init(&f->capture, &c, &b->start);
	f->capture.jumps = f->by_gtid;
	dts_follow_see_start(f);
	return f->start == DTS_START_RESUME ? load_intents(f, err) : 0;
}

int dts_follow_prepare(struct dts_follow *f, struct dts_error *err)
{
	const struct dts_follow_options *o = f->o;
	struct beginning b = {.f = f};
	int status;

	if (dts_log_source_open(&f->source, o->connect, o->server_id, err) < 0)
		return -1;
	if (o->src)
		dts_buf_adds(&f->src, o->src);
	else if (dts_session_source_name(&f->source.control, o->connect, &f->src, err) < 0)
		return -1;
	status = begin(&b, err);
	dts_position_release(&b.start);
	dts_buf_release(&b.metadata);
	dts_begin_checkpoint_release(&b.checkpoint);
	return status;
}
