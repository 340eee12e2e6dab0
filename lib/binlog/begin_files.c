#include <stdio.h>

#include "binlog/follow_parts.h"
#include "binlog/history_catalog.h"

/* Where reading of files begins, and what can be known of their server: what the first of them says. */

static const char of_files[] = "server_id "; /* and its number: what a server is called that was not named */

/* A server that was named is the one whose files they are: it knows types that the log hides. */
static bool has_server(const struct dts_follow *f)
{
	const struct dts_connect_options *c = f->o->connect;

	return c->group || c->host || c->socket;
}

static int name_source(struct dts_follow *f, struct dts_error *err)
{
	if (has_server(f) && dts_log_source_open(&f->source, f->o->connect, f->o->server_id, err) < 0)
		return -1;
	if (f->o->src)
		dts_buf_adds(&f->src, f->o->src);
	else if (has_server(f))
		return dts_session_source_name(&f->source.control, f->o->connect, &f->src, err);
	else
		dts_buf_add(&f->src, dts_log_files_first(f->files), strcspn(dts_log_files_first(f->files), "."));
	return 0;
}

/* Who they are of, in the stream record. */
static void name_server(struct dts_follow *f, const struct dts_event_format *format, bool mariadb, struct dts_slice identity)
{
	struct dts_buf *json = &f->source.json;

	dts_buf_clear(&f->source.identity);
	dts_buf_add_slice(&f->source.identity, identity);
	dts_buf_clear(json);
	dts_buf_addf(json, "{\"server\":\"%s\",\"version\":", mariadb ? "mariadb" : "mysql");
	dts_json_add_string(json, dts_slice(format->server, strcspn(format->server, "-")));
	dts_buf_adds(json, ",\"id\":");
	dts_json_add_string(json, identity);
	dts_buf_addc(json, '}');
}

static int learn_server(struct dts_follow *f, struct dts_history_server *server, struct dts_error *err)
{
	const struct dts_slice raw = dts_log_files_format(f->files);
	struct dts_event_format format = {0};
	struct dts_event e;

	if (dts_event_parse(&e, &format, raw, err) < 0 || dts_event_format(&format, &e, raw, err) < 0)
		return dts_where(err, "%s", dts_log_files_first(f->files));
	const bool mariadb = strstr(format.server, "MariaDB") != NULL;
	if (has_server(f)) {
		if (mariadb != (f->source.control.family == DTS_MARIADB))
			return dts_fail(err, DTS_REFUSED, "%s is of a server %s, and not of %s", dts_log_files_first(f->files),
					format.server, f->source.control.label);
		return dts_history_server_of(server, &f->source, dts_buf_slice(&f->src), err);
	}
	unsigned major = 0, minor = 0, patch = 0;
	if (sscanf(format.server, "%u.%u.%u", &major, &minor, &patch) < 2)
		return dts_fail(err, DTS_BAD_INPUT, "%s is of a server of no version", dts_log_files_first(f->files));
	*server = (struct dts_history_server){
		.mariadb = mariadb, .version = major * 10000 + minor * 100 + patch, .src = dts_buf_slice(&f->src),
	};
	char identity[32];
	snprintf(identity, sizeof identity, "%s%u", of_files, (unsigned)e.server_id);
	name_server(f, &format, mariadb, dts_slice_of(identity));
	return 0;
}

/* The checkpoint knows its server; the files say only when they were begun, which tells them from others where the
 * checkpoint knows it. */
static int check_owner(struct dts_follow *f, const struct dts_source_state *state, struct dts_error *err)
{
	const struct dts_slice want = dts_buf_slice(&state->server_id), is = dts_buf_slice(&f->source.identity);
	const size_t prefix = sizeof of_files - 1;
	const bool by_number = want.len > prefix && memcmp(want.p, of_files, prefix) == 0;
	const struct dts_slice raw = dts_log_files_format(f->files);
	struct dts_event_format format = {0};
	struct dts_event e;

	if (want.len == 0 || dts_slice_eq(want, is))
		return 0;
	if (has_server(f) || by_number) {
		dts_fail(err, DTS_REFUSED, "the %s is of another server: of '%.*s', but %s is of '%.*s'", f->o->log ? "log" : "checkpoint", (int)want.len, want.p,
			 dts_log_files_first(f->files), (int)is.len, is.p);
		return dts_hint(err, by_number ? "it was begun with files alone: read on without -g, -h and -S"
					       : "a file and offset mean nothing in another server's log");
	}
	if (state->applied.created == 0) {
		dts_fail(err, DTS_REFUSED, "the %s does not tell whether %s is of its server, '%.*s'", f->o->log ? "log" : "checkpoint", dts_log_files_first(f->files),
			 (int)want.len, want.p);
		return dts_hint(err, "name the server with -g");
	}
	if (dts_event_parse(&e, &format, raw, err) < 0 || dts_event_format(&format, &e, raw, err) < 0)
		return -1;
	name_server(f, &format, strstr(format.server, "MariaDB") != NULL, want);
	return 0;
}

static int start_at_checkpoint(struct dts_follow *f, struct dts_begin_checkpoint *c, struct dts_position *start, struct dts_error *err)
{
	if (dts_log_files_relay(f->files))
		return dts_fail(err, DTS_USAGE, "relay logs are read from their beginning");
	if (!c->state.applied.file[0]) {
		dts_fail(err, DTS_REFUSED, "%s %s stands at GTIDs without a file and offset", f->o->log ? "log" : "checkpoint",
			 f->o->log ? f->o->log : f->o->resume);
		return dts_hint(err, "files are begun by those; a server finds the place by GTID");
	}
	if (check_owner(f, &c->state, err) < 0 || dts_begin_check_selection(c, f, err) < 0)
		return -1;
	dts_position_copy(start, &c->state.applied);
	return dts_log_files_begin(f->files, start->file, err);
}

/* Where in the log of the source they begin. */
static int find_relayed(struct dts_follow *f, struct dts_position *start, struct dts_error *err)
{
	struct dts_log_files *files = NULL; /* to look into them before they are read */
	struct dts_event_format format = {0};
	struct dts_event_rotate rotate;
	struct dts_event e = {.type = DTS_EV_FORMAT};
	struct dts_slice raw;
	int rc;

	if (strcmp(dts_log_files_first(f->files), "-") == 0)
		return dts_fail(err, DTS_USAGE, "relay logs are read from their files, not from a pipe");
	files = dts_log_files_open(f->o->files, f->o->file_count, false, err);
	rc = files ? 1 : -1;
	while (rc > 0 && e.type == DTS_EV_FORMAT) {
		rc = dts_log_files_read(files, &raw, err);
		if (rc > 0 && dts_event_parse(&e, &format, raw, err) < 0)
			rc = -1;
		if (rc > 0 && e.type == DTS_EV_FORMAT && dts_event_format(&format, &e, raw, err) < 0)
			rc = -1;
	}
	if (rc > 0 && e.type == DTS_EV_ROTATE)
		rc = dts_event_rotate(&rotate, &e, err) < 0 ? -1 : 1;
	else if (rc >= 0)
		rc = dts_fail(err, DTS_BAD_INPUT, "the relay logs do not begin with the name of the source's file");
	if (rc > 0)
		dts_position_set(start, rotate.file, rotate.offset);
	else if (!err->hint[0] && err->status == DTS_BAD_INPUT)
		dts_hint(err, "begin with an earlier one");
	dts_log_files_close(files);
	return rc > 0 ? 0 : -1;
}

static int find_start(struct dts_follow *f, struct dts_begin_checkpoint *c, struct dts_position *start, struct dts_error *err)
{
	const struct dts_follow_options *o = f->o;

	dts_position_set(start, dts_slice_of(dts_log_files_first(f->files)), 4);
	if (o->log && dts_log_files_relay(f->files))
		return dts_fail(err, DTS_USAGE, "relay logs are read from their beginning");
	if (dts_begin_checkpoint(c, f, err) < 0)
		return -1;
	switch (f->start) {
	case DTS_START_DEFAULT:
	case DTS_START_OLDEST:
	case DTS_START_TIME:
		return dts_log_files_relay(f->files) ? find_relayed(f, start, err) : 0;
	case DTS_START_POSITION:
		if (dts_log_files_relay(f->files))
			return dts_fail(err, DTS_USAGE, "relay logs are read from their beginning");
		dts_position_copy(start, &o->position);
		return dts_log_files_begin(f->files, start->file, err);
	case DTS_START_RESUME:
		return start_at_checkpoint(f, c, start, err);
	default:
		dts_fail(err, DTS_USAGE, "files are read from their beginning, from a --start-position, a --start-time or a checkpoint");
		return dts_hint(err, "other starts are found by asking a server");
	}
}

/* As of a server: a stop that would never be reached is refused. */
static int check_stop(struct dts_follow *f, const struct dts_history_server *server, const struct dts_position *start, struct dts_error *err)
{
	if (dts_gtids_fits(&f->o->stop_gtid, server->mariadb ? DTS_GTID_MARIADB : DTS_GTID_MYSQL))
		return dts_follow_check_stop(f, start, dts_log_files_relay(f->files), err);
	dts_fail(err, DTS_REFUSED, "%s is of %s, whose GTIDs have another form", dts_log_files_first(f->files), server->mariadb ? "MariaDB" : "MySQL");
	return dts_hint(err, server->mariadb ? "the last GTID of each domain is wanted, such as 0-1-6,1-1-9"
					     : "a GTID set is wanted, such as 3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5");
}

/* What the tables looked like there: only a history tells, or the log itself. */
static int find_definitions(struct dts_follow *f, const struct dts_history_server *server, struct dts_position *start,
			    struct dts_error *err)
{
	struct dts_history *h = &f->history;

	if (!f->o->history) {
		dts_position_copy(&h->at, start);
		return 0;
	}
	/* The file says more than a checkpoint: other tables, databases. */
	dts_history_release(h);
	dts_history_init(h, server);
	int found = dts_history_open(h, f->o->history, server, start, err);
	if (found == 0) {
		dts_fail(err, DTS_REFUSED, "there is no schema history '%s'", f->o->history);
		return dts_hint(err, "one is begun with the tables as a server has them: dts-binlog -g SERVER --start=now --schema-history=%s",
				f->o->history);
	}
	f->go_back = found > 0 && dts_position_compare(&h->at, start) < 0;
	if (f->go_back && dts_log_files_begin(f->files, h->at.file, err) < 0)
		return dts_where(err, "the schema history ends at %s:%llu, from where on it needs the log", h->at.file,
				 (unsigned long long)h->at.offset);
	return found < 0 ? -1 : 0;
}

int dts_follow_prepare_files(struct dts_follow *f, struct dts_error *err)
{
	const struct dts_follow_options *o = f->o;
	struct dts_capture_options c = {
		.selection = o->selection, .own_db = o->own_db, .skip_sequences = o->skip_sequences, .with_sql = o->with_sql,
		.unknown_ddl = o->unknown_ddl, .online = o->online_ddl ? &f->online : NULL,
		.notice = o->notice, .history = o->history ? &f->history : NULL,
	};
	struct dts_begin_checkpoint checkpoint = {0};
	struct dts_history_server server;
	struct dts_position start = {0};
	int rc = -1;

	if (o->failover)
		return dts_fail(err, DTS_USAGE, "--failover is about servers, and files are those of one");
	if (o->semi_sync)
		return dts_fail(err, DTS_USAGE, "--semi-sync is about servers: nobody waits for who reads files");
	f->files = dts_log_files_open(o->files, o->file_count, o->follow, err);
	if (!f->files)
		return err->message[0] ? -1 : 1;
	if (name_source(f, err) == 0 && learn_server(f, &server, err) == 0) {
		dts_history_init(&f->history, &server);
		rc = find_start(f, &checkpoint, &start, err);
	}
	if (rc == 0)
		rc = check_stop(f, &server, &start, err);
	if (rc == 0)
		rc = find_definitions(f, &server, &start, err);
	if (rc == 0) {
		dts_position_copy(&f->stop, &o->stop);
		if (checkpoint.defined > 0)
			c.history = &f->history;
		c.src = dts_buf_slice(&f->src);
		if (has_server(f)) {
			c.collations = &f->source.collations;
			c.lower_case_names = f->source.control.lower_case_names;
			c.catalog = dts_log_source_catalog;
			c.system_zone = dts_log_source_zone;
			c.context = &f->source;
		}
		dts_capture_init(&f->capture, &c, &start);
		f->capture.relayed = f->capture.jumps = dts_log_files_relay(f->files);
		f->capture.whole = true;
		dts_follow_see_start(f);
	}
	dts_position_release(&start);
	dts_begin_checkpoint_release(&checkpoint);
	return rc;
}
