#include "binlog/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "binlog/query.h"
#include "mysql/client.h"
#include "mysql/quote.h"
#include "mysql/source.h"

enum {
	DUMP_ANNOTATE = 2,   /* with the events that hold a statement's text, so that sizes add up */
	BINLOG_ERROR = 1236, /* of the server: it cannot send the log */
	SAME_REPLICA = 4052, /* MariaDB: another replica has come with our server id */
	FIRST_EVENT = 4,     /* behind the magic number that a file begins with */
};

/* A server that writes no log is no source. */
static int check_log(struct dts_log_source *s, struct dts_error *err)
{
	struct dts_buf b = {0};
	int status = dts_session_value(&s->control, DTS_LIT("SELECT @@log_bin"), &b, err);

	if (status >= 0 && !dts_slice_is(dts_buf_slice(&b), "1")) {
		status = dts_fail(err, DTS_REFUSED, "%s writes no binary log", s->control.label);
		dts_hint(err, "set log_bin in its configuration and restart it");
	}
	dts_buf_release(&b);
	return status < 0 ? -1 : 0;
}

static void free_text(void *text)
{
	free(text);
}

/* Numbers of collations are in the log, their names are what SET takes. */
static int load_collations(struct dts_log_source *s, struct dts_error *err)
{
	/* Since MariaDB 10.10 COLLATIONS has no number for those that fit several charsets. */
	struct dts_slice sql = s->control.family == DTS_MARIADB && s->control.version >= 101000
		? DTS_LIT("SELECT ID, FULL_COLLATION_NAME FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY")
		: DTS_LIT("SELECT ID, COLLATION_NAME FROM information_schema.COLLATIONS");
	MYSQL_RES *result = dts_session_query(&s->control, sql, err);
	MYSQL_ROW row;

	if (!result)
		return -1;
	while ((row = mysql_fetch_row(result))) {
		uint64_t n;

		if (!row[0] || !row[1] || dts_parse_u64(dts_slice_of(row[0]), &n) < 0 || n > UINT16_MAX)
			continue;
		uint16_t id = (uint16_t)n;
		free(dts_map_set(&s->collations, dts_collation_key(&id), dts_strdup(row[1])));
	}
	mysql_free_result(result);
	return 0;
}

static void add_identity(struct dts_log_source *s, struct dts_slice instead_of)
{
	struct dts_slice version = dts_slice_of(s->control.version_text);
	const char *dash = memchr(version.p, '-', version.len);

	if (dash)
		version.len = (size_t)(dash - version.p);
	dts_buf_clear(&s->json);
	dts_buf_addf(&s->json, "{\"server\":\"%s\",\"version\":", s->control.family == DTS_MARIADB ? "mariadb" : "mysql");
	dts_json_add_string(&s->json, version);
	dts_buf_adds(&s->json, ",\"id\":");
	dts_json_add_string(&s->json, dts_buf_slice(&s->identity));
	if (instead_of.len > 0) {
		dts_buf_adds(&s->json, ",\"instead-of\":");
		dts_json_add_string(&s->json, instead_of);
	}
	dts_buf_addc(&s->json, '}');
}

void dts_log_source_instead_of(struct dts_log_source *s, struct dts_slice identity)
{
	add_identity(s, identity);
}

/* Two replicas of one number throw each other out, so the range is used well. */
static uint32_t random_id(void)
{
	uint32_t id = 0;

	if (getrandom(&id, sizeof id, 0) != (ssize_t)sizeof id)
		id = (uint32_t)getpid() * 2654435761u;
	return (id & 0x7fffffff) | 0x40000000;
}

int dts_log_source_open(struct dts_log_source *s, const struct dts_connect_options *connect, uint32_t server_id,
		    struct dts_error *err)
{
	*s = (struct dts_log_source){.connect = connect};
	dts_semi_sync_init(&s->semi_sync);
	s->server_id = server_id ? server_id : random_id();
	if (dts_session_open(&s->control, connect, err) < 0 || check_log(s, err) < 0 ||
	    dts_session_server_id(&s->control, &s->identity, err) < 0 || load_collations(s, err) < 0)
		return -1;
	s->family = s->control.family;
	add_identity(s, dts_slice("", 0));
	return 0;
}

void dts_log_source_close(struct dts_log_source *s)
{
	dts_session_close(&s->dump);
	dts_session_close(&s->control);
	dts_packets_release(&s->packets);
	dts_buf_release(&s->identity);
	dts_buf_release(&s->json);
	dts_map_release(&s->collations, free_text);
	if (s->connect)
		dts_semi_sync_release(&s->semi_sync);
}

static int other_server(struct dts_log_source *s, const struct dts_session *session, struct dts_slice id, struct dts_error *err)
{
	dts_fail(err, DTS_REFUSED, "another server answers now at %s: its identity is '%.*s', it was '%s'", session->label, (int)id.len,
		 id.p, dts_buf_text(&s->identity));
	return dts_hint(err, "a file and offset mean nothing in another server's log: where it has the same transactions under the same "
			"GTIDs, --failover goes on by those");
}

/* 0; 1: another server answers, as `id` says; -1. */
static int reconnect_control(struct dts_log_source *s, struct dts_buf *id, struct dts_error *err)
{
	dts_session_close(&s->control);
	dts_buf_clear(id);
	if (dts_session_open(&s->control, s->connect, err) < 0 || dts_session_server_id(&s->control, id, err) < 0)
		return -1;
	return !dts_slice_eq(dts_buf_slice(id), dts_buf_slice(&s->identity));
}

/* The server that answers takes the place of the one before. */
static int take_over(struct dts_log_source *s, struct dts_buf *id, struct dts_error *err)
{
	const struct dts_buf old = s->identity;

	if (s->control.family != s->family)
		return dts_fail(err, DTS_REFUSED, "%s is another server now, and of another family", s->control.label);
	if (check_log(s, err) < 0 || load_collations(s, err) < 0)
		return -1;
	s->identity = *id;
	*id = old;
	add_identity(s, dts_slice("", 0));
	return 1;
}

int dts_log_source_reopen(struct dts_log_source *s, bool failover, struct dts_error *err)
{
	struct dts_buf id = {0};

	dts_session_close(&s->dump);
	int status = reconnect_control(s, &id, err);
	if (status > 0)
		status = failover ? take_over(s, &id, err) : other_server(s, &s->control, dts_buf_slice(&id), err);
	dts_buf_release(&id);
	return status;
}

/* The control connection idles for hours and may be gone when it is wanted. */
static int wake_control(struct dts_log_source *s, struct dts_error *err)
{
	struct dts_buf id = {0};

	if (s->control.mysql && mysql_ping(s->control.mysql) == 0)
		return 0;
	int status = reconnect_control(s, &id, err);
	if (status > 0) { /* what is read is still the log of the one before */
		status = other_server(s, &s->control, dts_buf_slice(&id), err);
		err->status = DTS_AGAIN;
		dts_session_close(&s->control);
	}
	dts_buf_release(&id);
	return status;
}

/* Behind one address may be several servers, such as those of a proxy. */
static int check_dump(struct dts_log_source *s, struct dts_error *err)
{
	struct dts_buf id = {0};
	int status = dts_session_server_id(&s->dump, &id, err);

	if (status == 0 && !dts_slice_eq(dts_buf_slice(&id), dts_buf_slice(&s->identity))) {
		status = other_server(s, &s->dump, dts_buf_slice(&id), err);
		err->status = DTS_AGAIN;
	}
	dts_buf_release(&id);
	return status;
}

int dts_log_source_check_settings(struct dts_log_source *s, struct dts_buf *metadata, struct dts_error *err)
{
	/* SHOW, since not every release has both. */
	MYSQL_RES *result = dts_session_query(&s->control, DTS_LIT("SHOW GLOBAL VARIABLES WHERE Variable_name IN "
		"('binlog_format','binlog_row_metadata')"), err);
	int status = 0;

	dts_buf_clear(metadata);
	if (!result)
		return -1;
	for (MYSQL_ROW row; (row = mysql_fetch_row(result));) {
		if (strcasecmp(row[0], "binlog_row_metadata") == 0) {
			dts_buf_adds(metadata, row[1]);
		} else if (strcasecmp(row[1], "ROW") != 0) {
			status = dts_fail(err, DTS_REFUSED, "%s has binlog_format=%s: changes come as text, not as rows",
					  s->control.label, row[1]);
			dts_hint(err, "run SET GLOBAL binlog_format=ROW (sessions that are connected keep the old format), "
				 "and keep it in its configuration");
		}
	}
	mysql_free_result(result);
	return status;
}

static int gtid_of(struct dts_log_source *s, const struct dts_position *p, struct dts_gtids *gtid, struct dts_error *err)
{
	struct dts_buf sql = {0}, text = {0};
	int status = 1;

	if (p->offset <= UINT32_MAX) {
		dts_buf_adds(&sql, "SELECT BINLOG_GTID_POS(");
		dts_sql_literal(&sql, dts_slice_of(p->file));
		dts_buf_addf(&sql, ", %llu)", (unsigned long long)p->offset);
		status = dts_session_value(&s->control, dts_buf_slice(&sql), &text, err);
	}
	/* Nothing may mean that it did not look. */
	if (status > 0 && dts_gtids_parse(gtid, dts_buf_slice(&text), DTS_GTID_NONE, err) < 0)
		status = -1;
	dts_buf_release(&text);
	dts_buf_release(&sql);
	return status;
}

/* First row, first two columns: a file and a number. */
static int file_and_offset(struct dts_log_source *s, struct dts_slice sql, struct dts_position *p, struct dts_error *err)
{
	MYSQL_RES *result = dts_session_query(&s->control, sql, err);
	MYSQL_ROW row = result ? mysql_fetch_row(result) : NULL;
	uint64_t offset = 0;
	int status = -1;

	if (!result)
		return err->status == DTS_REFUSED ? dts_hint(err, "the account needs the privilege %s",
			s->control.family == DTS_MARIADB ? "BINLOG MONITOR" : "REPLICATION CLIENT") : -1;
	if (!row || !row[0] || !row[1] || dts_parse_u64(dts_slice_of(row[1]), &offset) < 0) {
		dts_fail(err, DTS_REFUSED, "%s does not say where its log is", s->control.label);
	} else {
		dts_position_set(p, dts_slice_of(row[0]), offset);
		status = 0;
	}
	mysql_free_result(result);
	return status;
}

/* MySQL: file, offset and GTID set of one moment, where the account may ask for them. 1, 0: it may not. */
static int mysql_end(struct dts_log_source *s, struct dts_position *p)
{
	struct dts_error ignored = DTS_ERROR_INIT;
	MYSQL_RES *result = dts_session_query(&s->control, DTS_LIT(
		"SELECT l->>'$.binary_log_file', l->>'$.binary_log_position', l->>'$.gtid_executed'"
		" FROM (SELECT LOCAL l FROM performance_schema.log_status) AS x"), &ignored);
	MYSQL_ROW row = result ? mysql_fetch_row(result) : NULL;
	uint64_t offset = 0;
	int told = row && row[0] && row[1] && row[2] && dts_parse_u64(dts_slice_of(row[1]), &offset) == 0;

	if (told) {
		dts_position_set(p, dts_slice_of(row[0]), offset);
		told = dts_gtids_parse(&p->gtid, dts_slice_of(row[2]), DTS_GTID_MYSQL, &ignored) == 0;
	}
	mysql_free_result(result);
	return told;
}

int dts_log_source_end(struct dts_log_source *s, bool with_gtid, struct dts_position *p, struct dts_error *err)
{
	if (wake_control(s, err) < 0)
		return -1;
	dts_gtids_clear(&p->gtid);
	/* What MySQL says beside SHOW's position is of another moment; the next file says it again. */
	if (with_gtid && s->control.family == DTS_MYSQL && mysql_end(s, p))
		return 0;
	if (file_and_offset(s, dts_source_status_sql(&s->control), p, err) < 0)
		return -1;
	return with_gtid && s->control.family == DTS_MARIADB && gtid_of(s, p, &p->gtid, err) < 0 ? -1 : 0;
}

int dts_log_source_oldest(struct dts_log_source *s, struct dts_position *p, struct dts_error *err)
{
	if (file_and_offset(s, DTS_LIT("SHOW BINARY LOGS"), p, err) < 0)
		return -1;
	p->offset = FIRST_EVENT;
	dts_gtids_clear(&p->gtid); /* the file says it at its beginning */
	return 0;
}

static int gone(struct dts_log_source *s, const char *oldest, struct dts_error *err)
{
	err->status = DTS_GONE;
	return dts_hint(err, "the oldest that %s has left is %s:%d; if nothing was copied from what is missing, copy "
			"the tables anew", s->control.label, oldest, FIRST_EVENT);
}

/* A position that was once read from the log is not in it. -1 with `err` as it is where
 * nobody knows that it was. */
static int started_anew(const struct dts_position *p, struct dts_error *err)
{
	if (p->created == 0)
		return -1;
	err->status = DTS_GONE;
	return dts_hint(err, "the source's binary log was started anew (RESET MASTER?) or lost its end since: repeat the "
			"full phase under a new checkpoint");
}

/* Finds the file in the server's list. */
static int find_file(struct dts_log_source *s, const struct dts_position *p, struct dts_error *err)
{
	MYSQL_RES *result = dts_session_query(&s->control, DTS_LIT("SHOW BINARY LOGS"), err);
	struct dts_position first = {0};
	uint64_t size = 0;
	bool found = false;
	MYSQL_ROW row;

	if (!result)
		return -1;
	while (!found && (row = mysql_fetch_row(result))) {
		if (!first.file[0])
			dts_position_set(&first, dts_slice_of(row[0]), 0);
		found = strcmp(row[0], p->file) == 0 && dts_parse_u64(dts_slice_of(row[1]), &size) == 0;
	}
	mysql_free_result(result);
	if (!found) {
		dts_fail(err, DTS_REFUSED, "%s has no binary log file %s", s->control.label, p->file);
		return first.file[0] && dts_position_compare(p, &first) < 0 ? gone(s, first.file, err)
									       : started_anew(p, err);
	}
	if (p->offset <= size)
		return 0;
	dts_fail(err, DTS_REFUSED, "%s:%llu is beyond the end of that file of %s, which has %llu bytes", p->file,
		 (unsigned long long)p->offset, s->control.label, (unsigned long long)size);
	return started_anew(p, err);
}

int dts_log_source_check_position(struct dts_log_source *s, struct dts_position *p, struct dts_error *err)
{
	if (p->offset < FIRST_EVENT)
		p->offset = FIRST_EVENT;
	if (find_file(s, p, err) < 0)
		return -1;
	if (dts_gtids_known(&p->gtid) || s->control.family == DTS_MYSQL)
		return 0;
	int told = gtid_of(s, p, &p->gtid, err);
	if (told != 0)
		return told < 0 ? -1 : 0;
	dts_fail(err, DTS_BAD_INPUT, "%s:%llu is not where an event begins", p->file, (unsigned long long)p->offset);
	return started_anew(p, err);
}

/* What a replica says about itself first, so that it is sent the log as it is. */
static int introduce(struct dts_log_source *s, const struct dts_position *from, bool by_gtid, struct dts_error *err)
{
	struct dts_buf sql = {0}, gtids = {0};
	int status;

	/* A heartbeat a second, in nanoseconds. A consumer may be slow, as while the target
	 * runs an ALTER: the log is not to end for it. */
	dts_buf_adds(&sql, s->control.family == DTS_MARIADB
		? "SET @master_binlog_checksum=@@global.binlog_checksum, @mariadb_slave_capability=4,"
		  " @master_heartbeat_period=1000000000, net_write_timeout=86400"
		/* Without an id of its own a replica throws others of its server id out, and they it. */
		: "SET @source_binlog_checksum=@@global.binlog_checksum, @master_binlog_checksum=@@global.binlog_checksum,"
		  " @source_heartbeat_period=1000000000, @master_heartbeat_period=1000000000,"
		  " @replica_uuid=UUID(), @slave_uuid=@replica_uuid, net_write_timeout=86400");
	if (s->semi_sync.on)
		dts_buf_adds(&sql, ", @rpl_semi_sync_replica=1, @rpl_semi_sync_slave=1");
	if (by_gtid && s->control.family == DTS_MARIADB) {
		dts_buf_adds(&sql, ", @slave_connect_state=");
		dts_gtids_add(&gtids, &from->gtid);
		dts_sql_literal(&sql, dts_buf_slice(&gtids));
		dts_buf_release(&gtids);
		dts_buf_adds(&sql, ", @slave_gtid_strict_mode=0, @slave_gtid_ignore_duplicates=0");
	}
	status = dts_session_run(&s->dump, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	return status;
}

static int ask_by_gtid(struct dts_log_source *s, const struct dts_position *from)
{
	struct dts_buf set = {0};
	int status;

	if (s->control.family == DTS_MARIADB)
		return dts_client_dump(s->dump.mysql, DTS_LIT(""), FIRST_EVENT, DUMP_ANNOTATE, s->server_id, &s->packets);
	dts_gtid_set_encode(&set, &from->gtid.set);
	status = dts_client_dump_gtid(s->dump.mysql, dts_buf_slice(&set), 0, s->server_id, &s->packets);
	dts_buf_release(&set);
	return status;
}

static void keep_start(struct dts_log_source *s, const struct dts_position *from, bool by_gtid)
{
	s->start.moved = by_gtid;
	s->start.in_log = from->created != 0 || dts_gtids_known(&from->gtid);
	snprintf(s->start.text, sizeof s->start.text, "%s:%llu", from->file, (unsigned long long)from->offset);
}

int dts_log_source_dump(struct dts_log_source *s, const struct dts_position *from, bool by_gtid, bool *from_start,
		    struct dts_error *err)
{
	uint16_t flags = s->control.family == DTS_MARIADB ? DUMP_ANNOTATE : 0;
	int status;

	/* What is not known would be asked for as nothing: the log would come from its beginning. */
	if (by_gtid && !dts_gtids_known(&from->gtid))
		return dts_fail(err, DTS_REFUSED, "the GTID position is not known any more, as after a transaction without a "
				"GTID, so that %s cannot be asked for the rest of its log by it", s->control.label);
	keep_start(s, from, by_gtid);
	dts_semi_sync_begin(&s->semi_sync);
	dts_session_close(&s->dump);
	if (dts_session_open(&s->dump, s->connect, err) < 0 || check_dump(s, err) < 0 || introduce(s, from, by_gtid, err) < 0)
		return -1;
	/* The command has 32 bits for the offset. */
	*from_start = !by_gtid && from->offset > UINT32_MAX;
	status = by_gtid ? ask_by_gtid(s, from)
			 : dts_client_dump(s->dump.mysql, dts_slice_of(from->file), *from_start ? FIRST_EVENT : from->offset,
					   flags, s->server_id, &s->packets);
	return status < 0 ? dts_session_fail(&s->dump, err, "cannot ask for the log of") : 0;
}

/* What the server says when it takes something for the length or the content of an event that is none. */
static bool is_no_event(const char *why)
{
	return strcasestr(why, "bogus data") || strcasestr(why, "max_allowed_packet") ||
	       strcasestr(why, "truncated in the middle") || strcasestr(why, "did not pass crc");
}

/* No event begins where we did. */
static int wrong_start(struct dts_log_source *s, struct dts_error *err)
{
	static const char anew[] = "the source's binary log was started anew (RESET MASTER?)";

	if (s->start.in_log) {
		err->status = DTS_GONE;
		dts_where(err, "%s is not where an event begins, and was: %s", s->start.text, anew);
		return dts_hint(err, "positions from before mean nothing any more: repeat the full phase under a new checkpoint");
	}
	err->status = DTS_BAD_INPUT;
	dts_where(err, "%s is not where an event begins", s->start.text);
	return dts_hint(err, "a position to start from must be one where a transaction begins: the pos of a begin, commit or "
			"heartbeat record; if it was, %s", anew);
}

/* The server ended the log with an error, or the connection is lost. */
static int read_failed(struct dts_log_source *s, struct dts_error *err)
{
	unsigned number = mysql_errno(s->dump.mysql);
	/* All of these have one number. */
	const char *why = number == BINLOG_ERROR ? mysql_error(s->dump.mysql) : "";

	dts_session_fail(&s->dump, err, "reading the log of");
	if (strcasestr(why, "purged"))
		err->status = DTS_GONE;
	if (strcasestr(why, "more GTIDs than") || strcasestr(why, "position > file size")) {
		err->status = DTS_GONE;
		dts_hint(err, "the source's binary log was started anew (RESET BINARY LOGS AND GTIDS?) or lost its end since: repeat "
			 "the full phase under a new checkpoint");
	}
	if (is_no_event(why) && !s->start.moved)
		wrong_start(s, err);
	/* Also said to who was reading a file that RESET put another one in place of. */
	else if (is_no_event(why) || strcasestr(why, "I/O error reading log event"))
		dts_hint(err, "the source cannot read its own log there; if it was started anew (RESET BINARY LOGS AND GTIDS), repeat "
			 "the full phase under a new checkpoint");
	if (strcasestr(why, "is not in the master's binlog") || strcasestr(why, "has diverged")) {
		err->status = DTS_GONE;
		dts_hint(err, "the source has not the transaction that was read last: its log is another one, or that was lost when it took "
			 "the place of another server; copy the tables anew");
	}
	if (strcasestr(why, "anonymous transaction"))
		dts_hint(err, "the log has transactions from before GTIDs were switched on: run SET GLOBAL gtid_mode=ON_PERMISSIVE on "
			 "the source until they have been read");
	if (number == SAME_REPLICA || strcasestr(why, "same server")) {
		err->status = DTS_REFUSED;
		dts_hint(err, "server id %u is used by another replica: choose one with --server-id", (unsigned)s->server_id);
	}
	return -1;
}

/* Not what the server sends first, wherever in a file one begins, nor a heartbeat. MySQL source documentation,
 * "Binlog_event_type"; MariaDB Knowledge Base, "Replication protocol". */
static bool is_of_file(struct dts_slice event)
{
	static const unsigned char first[] = {4 /* rotate */, 15 /* format */, 27, 41 /* heartbeats */, 163 /* GTID list */,
					      164 /* start of encryption */, 35 /* previous GTIDs */};

	return event.len > 4 && !memchr(first, (unsigned char)event.p[4], sizeof first);
}

int dts_log_source_read(void *context, struct dts_slice *event, struct dts_error *err)
{
	struct dts_log_source *s = context;

	if (s->semi_sync.on && dts_semi_sync_due(&s->semi_sync)) {
		if (dts_client_dump_reply(s->dump.mysql, dts_buf_slice(&s->semi_sync.reply)) < 0)
			return dts_session_fail(&s->dump, err, "cannot acknowledge events to");
		dts_buf_clear(&s->semi_sync.reply);
	}
	int status = dts_client_dump_next(s->dump.mysql, &s->packets, event);

	if (status > 0 && s->semi_sync.on) {
		dts_semi_sync_take(&s->semi_sync, event);
		if (s->semi_sync.restarts)
			dts_client_dump_restart(s->dump.mysql, &s->packets);
	}
	if (status > 0 && !s->start.moved)
		s->start.moved = is_of_file(*event);
	return status < 0 ? read_failed(s, err) : status;
}

void dts_log_source_abort(struct dts_log_source *s)
{
	dts_semi_sync_end(&s->semi_sync);
	if (s->dump.mysql)
		shutdown(dts_client_socket(s->dump.mysql), SHUT_RDWR);
}

int dts_log_source_catalog(void *context, struct dts_slice db, struct dts_slice table,
		       struct dts_schema *schema, struct dts_error *err)
{
	struct dts_log_source *s = context;

	if (wake_control(s, err) < 0)
		return -1;
	return dts_catalog_schema(&s->control, db, table, schema, NULL, err);
}

int dts_log_source_zone(void *context, uint32_t time, struct dts_buf *zone, struct dts_error *err)
{
	struct dts_log_source *s = context;
	struct dts_buf sql = {0}, shift = {0};
	int status = wake_control(s, err);

	dts_buf_addf(&sql, "SELECT TIMEDIFF(CONVERT_TZ(FROM_UNIXTIME(%u), '+00:00', 'SYSTEM'), FROM_UNIXTIME(%u))",
		     (unsigned)time, (unsigned)time);
	if (status == 0)
		status = dts_session_value(&s->control, dts_buf_slice(&sql), &shift, err);
	/* "09:00:00" or "-05:00:00" */
	if (status > 0 && shift.len >= 8 && shift.len <= 9) {
		dts_buf_adds(zone, shift.data[0] == '-' ? "" : "+");
		dts_buf_add(zone, shift.data, shift.len - 3);
	} else if (status >= 0) {
		dts_buf_adds(zone, "SYSTEM");
	}
	dts_buf_release(&sql);
	dts_buf_release(&shift);
	return status < 0 ? -1 : 0;
}
