#include "binlog/source.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "binlog/query.h"
#include "mysql/catalog.h"
#include "mysql/client.h"
#include "mysql/quote.h"

enum {
	DUMP_ANNOTATE = 2,   /* with the events that hold a statement's text, so that sizes add up */
	BINLOG_ERROR = 1236, /* of the server: it cannot send the log */
	SAME_REPLICA = 4052, /* MariaDB: another replica has come with our server id */
	FIRST_EVENT = 4,     /* behind the magic number that a file begins with */
};

static int not_usable(struct dts_source *s, struct dts_error *err)
{
	struct dts_buf b = {0};
	int status = 0;

	if (s->control.family != DTS_MARIADB)
		return dts_fail(err, DTS_REFUSED, "the log of %s cannot be read yet: it is MySQL %s, only MariaDB is supported",
				s->control.label, s->control.version_text);
	status = dts_session_value(&s->control, DTS_LIT("SELECT @@log_bin"), &b, err);
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
static int load_collations(struct dts_source *s, struct dts_error *err)
{
	/* Since 10.10 COLLATIONS has no number for those that fit several charsets. */
	struct dts_slice sql = s->control.version >= 101000
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

static void add_identity(struct dts_source *s)
{
	struct dts_slice version = dts_slice_of(s->control.version_text);
	const char *dash = memchr(version.p, '-', version.len);

	if (dash)
		version.len = (size_t)(dash - version.p);
	dts_buf_adds(&s->json, "{\"server\":\"mariadb\",\"version\":");
	dts_json_add_string(&s->json, version);
	dts_buf_adds(&s->json, ",\"id\":");
	dts_json_add_string(&s->json, dts_buf_slice(&s->identity));
	dts_buf_addc(&s->json, '}');
}

/* Two replicas of one number throw each other out, so the range is used well. */
static uint32_t random_id(void)
{
	uint32_t id = 0;

	if (getrandom(&id, sizeof id, 0) != (ssize_t)sizeof id)
		id = (uint32_t)getpid() * 2654435761u;
	return (id & 0x7fffffff) | 0x40000000;
}

int dts_source_open(struct dts_source *s, const struct dts_connect_options *connect, uint32_t server_id,
		    struct dts_error *err)
{
	*s = (struct dts_source){.connect = connect};
	s->server_id = server_id ? server_id : random_id();
	if (dts_session_open(&s->control, connect, err) < 0 || not_usable(s, err) < 0 ||
	    dts_session_server_id(&s->control, &s->identity, err) < 0 || load_collations(s, err) < 0)
		return -1;
	add_identity(s);
	return 0;
}

void dts_source_close(struct dts_source *s)
{
	dts_session_close(&s->dump);
	dts_session_close(&s->control);
	dts_buf_release(&s->identity);
	dts_buf_release(&s->json);
	dts_map_release(&s->collations, free_text);
}

static int reconnect_control(struct dts_source *s, struct dts_error *err)
{
	struct dts_buf id = {0};
	int status;

	dts_session_close(&s->control);
	status = dts_session_open(&s->control, s->connect, err);
	if (status == 0)
		status = dts_session_server_id(&s->control, &id, err);
	if (status == 0 && !dts_slice_eq(dts_buf_slice(&id), dts_buf_slice(&s->identity))) {
		status = dts_fail(err, DTS_REFUSED, "another server answers now at %s: its identity is '%s', it was '%s'",
				  s->control.label, dts_buf_text(&id), dts_buf_text(&s->identity));
		dts_hint(err, "a file and offset mean nothing in another server's log: start by GTID");
	}
	dts_buf_release(&id);
	return status;
}

int dts_source_reopen(struct dts_source *s, struct dts_error *err)
{
	dts_session_close(&s->dump);
	return reconnect_control(s, err);
}

/* The control connection idles for hours and may be gone when it is wanted. */
static int wake_control(struct dts_source *s, struct dts_error *err)
{
	if (s->control.mysql && mysql_ping(s->control.mysql) == 0)
		return 0;
	return reconnect_control(s, err);
}

int dts_source_check_settings(struct dts_source *s, struct dts_error *err)
{
	MYSQL_RES *result = dts_session_query(&s->control,
		DTS_LIT("SELECT @@global.binlog_format, @@global.binlog_row_metadata"), err);
	MYSQL_ROW row = result ? mysql_fetch_row(result) : NULL;
	int status = 0;

	if (!row) {
		status = result ? dts_fail(err, DTS_REFUSED, "%s does not tell its settings", s->control.label) : -1;
	} else if (strcmp(row[0], "ROW") != 0) {
		status = dts_fail(err, DTS_REFUSED, "%s has binlog_format=%s: changes come as text, not as rows",
				  s->control.label, row[0]);
		dts_hint(err, "run SET GLOBAL binlog_format=ROW (sessions that are connected keep the old format), and "
			 "keep it in its configuration");
	} else if (strcmp(row[1], "FULL") != 0) {
		status = dts_fail(err, DTS_REFUSED, "%s has binlog_row_metadata=%s: the log does not have the names of columns",
				  s->control.label, row[1]);
		dts_hint(err, "run SET GLOBAL binlog_row_metadata=FULL and keep it in its configuration; what was "
			 "written before stays without names: start behind it");
	}
	mysql_free_result(result);
	return status;
}

/* Finds the GTID position of a place in the log, where the server can tell it:
 * it takes 32 bits. 1: told; 0: not, or no event begins there; -1. */
static int gtid_of(struct dts_source *s, const struct dts_position *p, struct dts_gtids *gtid, struct dts_error *err)
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
static int file_and_offset(struct dts_source *s, struct dts_slice sql, struct dts_position *p, struct dts_error *err)
{
	MYSQL_RES *result = dts_session_query(&s->control, sql, err);
	MYSQL_ROW row = result ? mysql_fetch_row(result) : NULL;
	uint64_t offset = 0;
	int status = -1;

	if (!result)
		return err->status == DTS_REFUSED ? dts_hint(err, "the account needs the privilege BINLOG MONITOR") : -1;
	if (!row || !row[0] || !row[1] || dts_parse_u64(dts_slice_of(row[1]), &offset) < 0) {
		dts_fail(err, DTS_REFUSED, "%s does not say where its log is", s->control.label);
	} else {
		dts_position_set(p, dts_slice_of(row[0]), offset);
		status = 0;
	}
	mysql_free_result(result);
	return status;
}

int dts_source_end(struct dts_source *s, bool with_gtid, struct dts_position *p, struct dts_error *err)
{
	if (wake_control(s, err) < 0 || file_and_offset(s, DTS_LIT("SHOW MASTER STATUS"), p, err) < 0)
		return -1;
	dts_gtids_clear(&p->gtid);
	return with_gtid && gtid_of(s, p, &p->gtid, err) < 0 ? -1 : 0;
}

int dts_source_oldest(struct dts_source *s, struct dts_position *p, struct dts_error *err)
{
	if (file_and_offset(s, DTS_LIT("SHOW BINARY LOGS"), p, err) < 0)
		return -1;
	p->offset = FIRST_EVENT;
	dts_gtids_clear(&p->gtid); /* the file says it at its beginning */
	return 0;
}

static int gone(struct dts_source *s, const char *oldest, struct dts_error *err)
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
static int find_file(struct dts_source *s, const struct dts_position *p, struct dts_error *err)
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

int dts_source_check_position(struct dts_source *s, struct dts_position *p, struct dts_error *err)
{
	if (p->offset < FIRST_EVENT)
		p->offset = FIRST_EVENT;
	if (find_file(s, p, err) < 0)
		return -1;
	if (dts_gtids_known(&p->gtid))
		return 0;
	int told = gtid_of(s, p, &p->gtid, err);
	if (told != 0)
		return told < 0 ? -1 : 0;
	dts_fail(err, DTS_BAD_INPUT, "%s:%llu is not where an event begins", p->file, (unsigned long long)p->offset);
	return started_anew(p, err);
}

/* What a replica says about itself first, so that it is sent the log as it is. */
static int introduce(struct dts_source *s, const struct dts_position *from, bool by_gtid, struct dts_error *err)
{
	struct dts_buf sql = {0}, gtids = {0};
	int status;

	dts_buf_adds(&sql, "SET @master_binlog_checksum=@@global.binlog_checksum, @mariadb_slave_capability=4, "
			   "@master_heartbeat_period=1000000000" /* a second, in nanoseconds */
			   /* A consumer may be slow, as while the target runs an ALTER: do not end the log for it. */
			   ", net_write_timeout=86400");
	if (by_gtid) {
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

int dts_source_dump(struct dts_source *s, const struct dts_position *from, bool by_gtid, bool *from_start,
		    struct dts_error *err)
{
	dts_session_close(&s->dump);
	if (dts_session_open(&s->dump, s->connect, err) < 0 || introduce(s, from, by_gtid, err) < 0)
		return -1;
	/* The command has 32 bits for the offset. */
	*from_start = !by_gtid && from->offset > UINT32_MAX;
	if (dts_client_dump(s->dump.mysql, dts_slice_of(by_gtid ? "" : from->file),
			    by_gtid || *from_start ? FIRST_EVENT : from->offset, DUMP_ANNOTATE, s->server_id) < 0)
		return dts_session_fail(&s->dump, err, "cannot ask for the log of");
	return 0;
}

/* The server ended the log with an error, or the connection is lost. */
static int read_failed(struct dts_source *s, struct dts_error *err)
{
	unsigned number = mysql_errno(s->dump.mysql);

	dts_session_fail(&s->dump, err, "reading the log of");
	if (number == SAME_REPLICA || (number == BINLOG_ERROR && strcasestr(mysql_error(s->dump.mysql), "same server"))) {
		err->status = DTS_REFUSED;
		dts_hint(err, "server id %u is used by another replica: choose one with --server-id", (unsigned)s->server_id);
	}
	return -1;
}

int dts_source_read(void *context, struct dts_slice *event, struct dts_error *err)
{
	struct dts_source *s = context;
	int status = dts_client_dump_next(s->dump.mysql, event);

	return status < 0 ? read_failed(s, err) : status;
}

void dts_source_abort(struct dts_source *s)
{
	if (s->dump.mysql)
		shutdown(dts_client_socket(s->dump.mysql), SHUT_RDWR);
}

int dts_source_catalog(void *context, struct dts_slice db, struct dts_slice table,
		       struct dts_schema *schema, struct dts_error *err)
{
	struct dts_source *s = context;

	if (wake_control(s, err) < 0)
		return -1;
	return dts_catalog_schema(&s->control, db, table, schema, NULL, err);
}
