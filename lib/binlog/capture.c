#include "binlog/capture.h"

#include <stdlib.h>

#include "binlog/capture_parts.h"
#include "binlog/event_mysql.h"
#include "binlog/query.h"

void dts_capture_init(struct dts_capture *c, const struct dts_capture_options *o,
		      const struct dts_position *start)
{
	*c = (struct dts_capture){.options = *o};
	dts_json_add_string(&c->src_json, o->src);
	c->tx.src_json = dts_buf_slice(&c->src_json);
	c->tables.selection = o->selection;
	c->tables.own_db = o->own_db;
	c->tables.history = o->history;
	c->tables.online = o->online;
	c->tables.catalog = o->catalog;
	c->tables.context = o->context;
	dts_position_copy(&c->at, start);
	dts_gtids_clear(&c->at.gtid);
	dts_position_copy(&c->safe, start);
	c->jumps = start->file[0] == '\0';
}

void dts_capture_release(struct dts_capture *c)
{
	dts_buf_release(&c->src_json);
	dts_log_tables_release(&c->tables);
	dts_tx_release(&c->tx);
	dts_position_release(&c->at);
	dts_position_release(&c->safe);
	dts_position_release(&c->quiet_until);
	dts_buf_release(&c->gtid_text);
	dts_buf_release(&c->xid);
	dts_ddl_release(&c->ddl);
	dts_capture_temporary_forget(c);
	dts_buf_release(&c->temporary_key);
	dts_buf_release(&c->sql);
	dts_buf_release(&c->statement);
	dts_buf_release(&c->context);
	dts_ddl_release(&c->told);
	dts_buf_release(&c->zone);
	dts_capture_origins_release(c);
	dts_buf_release(&c->mapped);
	dts_buf_release(&c->annotation);
	dts_inflate_release(&c->inflate);
	dts_payload_release(&c->payload);
	dts_row_documents_release(&c->documents);
	dts_buf_release(&c->head);
	dts_buf_release(&c->scratch);
	*c = (struct dts_capture){0};
}

int dts_capture_outside(const struct dts_event *e, struct dts_error *err)
{
	char text[24];

	dts_fail(err, DTS_BAD_INPUT, "a %s event outside of a transaction", dts_event_name(e->type, text));
	return dts_hint(err, "a position to start from must be the beginning of a transaction: the pos of a "
			"begin, commit or heartbeat record");
}

void dts_capture_go_back(struct dts_capture *c, const struct dts_position *to)
{
	dts_position_copy(&c->quiet_until, &c->safe);
	dts_position_copy(&c->safe, to);
	dts_position_copy(&c->at, to);
	dts_gtids_clear(&c->at.gtid);
	c->quiet = true;
}

void dts_capture_wait(struct dts_capture *c, uint64_t start_time)
{
	c->start_time = start_time;
	c->quiet = true;
}

void dts_capture_interrupt(struct dts_capture *c, struct dts_buf *out)
{
	if (c->tx.open)
		dts_tx_rollback(&c->tx, out);
	dts_position_copy(&c->at, &c->safe);
	dts_gtids_clear(&c->at.gtid);
	dts_payload_close(&c->payload);
	dts_buf_clear(&c->mapped);
	dts_buf_clear(&c->annotation);
	c->format = (struct dts_event_format){0};
	dts_log_tables_forget(&c->tables);
	if (c->jumps)
		dts_position_set(&c->at, DTS_LIT(""), c->at.offset); /* the server finds the file and says so */
	c->caught_up = false;
	c->insert_id = 0;
	c->has_variables = false;
}

void dts_capture_elsewhere(struct dts_capture *c, unsigned lower_case_names)
{
	dts_position_set(&c->safe, DTS_LIT(""), 0);
	dts_position_set(&c->at, DTS_LIT(""), 0);
	dts_capture_temporary_forget(c);
	c->options.lower_case_names = lower_case_names;
	c->jumps = true;
	c->skip_to = 0;
}

/*
 * Moves on by the event's size: what the header says is only 32 bits wide, and
 * MariaDB 11.4 leaves it out inside of transactions. Where it is there, both must agree; a
 * gap is right only where the server leaves out what we have.
 */
static int move_on(struct dts_capture *c, const struct dts_event *e, struct dts_error *err)
{
	uint64_t offset = c->at.offset + e->size;
	uint32_t gap = e->end_pos - (uint32_t)offset;

	if (dts_event_is_made_up(e))
		return 0;
	if (c->relayed && e->type == DTS_EV_FORMAT && e->flags & DTS_EVENT_RELAY)
		return 0;
	/* It comes behind the format description wherever reading begins (seen on 10.11). */
	if (e->type == DTS_EV_START_ENCRYPTION && gap != 0)
		return 0;
	if (e->end_pos != 0 && c->relayed) { /* events are missing there, and others were put in */
		offset += (uint64_t)(int64_t)(int32_t)gap;
		if (dts_slice_is(dts_slice_of(c->at.file), c->safe.file) && offset < c->safe.offset && !c->tx.open && e->type != DTS_EV_FORMAT) {
			dts_fail(err, DTS_BAD_INPUT, "the relay logs go back in the source's log, to %s:%llu, which was told already", c->at.file,
				 (unsigned long long)offset);
			return dts_hint(err, "the replica fetched it again, as after a crash: read what is before and behind it in two runs");
		}
	} else if (e->end_pos != 0 && gap != 0) {
		if (!c->jumps && !c->fresh_file)
			return dts_fail(err, DTS_BAD_INPUT,
					"an event that should end at offset %llu says it ends at %u: the position is not "
					"where an event begins, or the log has a hole", (unsigned long long)offset,
					(unsigned)e->end_pos);
		offset += gap;
	}
	c->at.offset = offset;
	/* Behind it may be an event about encryption, which a server may keep to itself. */
	c->fresh_file = e->type == DTS_EV_FORMAT;
	return 0;
}

static int rotate(struct dts_capture *c, const struct dts_event *e, struct dts_error *err)
{
	struct dts_event_rotate r;

	if (dts_event_rotate(&r, e, err) < 0)
		return -1;
	/* The one at a file's end only announces; the made-up one that follows it opens. */
	if (!(e->flags & DTS_EVENT_ARTIFICIAL) && e->time != 0)
		return 0;
	if (!dts_slice_is(r.file, c->at.file)) {
		if (c->skip_to != 0)
			return dts_fail(err, DTS_GONE, "offset %llu is beyond the end of the file %s", (unsigned long long)c->skip_to, c->at.file);
		dts_position_set(&c->at, r.file, r.offset);
		if (!c->tx.open && (!c->jumps || c->caught_up))
			dts_capture_mark_safe(c);
	}
	return 0;
}

/* A file that was read before must be the same one still. */
static int check_created(struct dts_capture *c, const struct dts_event *e, struct dts_error *err)
{
	const uint64_t before = c->at.created;
	struct dts_buf text = {0};

	if (e->time == 0)
		return 0;
	c->at.created = e->time;
	if (before == 0 || before == e->time)
		return 0;
	dts_time_add(&text, before);
	dts_buf_adds(&text, " and now ");
	dts_time_add(&text, e->time);
	dts_fail(err, DTS_GONE, "the source's binary log was started anew (RESET MASTER?): this file was begun %s",
		 dts_buf_text(&text));
	dts_buf_release(&text);
	return dts_hint(err, "positions from before mean nothing any more: repeat the full phase under a new checkpoint");
}

static int format(struct dts_capture *c, const struct dts_event *e, struct dts_slice raw, struct dts_buf *out,
		  struct dts_error *err)
{
	if (dts_event_format(&c->format, e, raw, err) < 0)
		return -1;
	if (c->relayed && e->flags & (DTS_EVENT_RELAY | DTS_EVENT_ARTIFICIAL))
		return 0; /* another relay log, but the same log */
	if (check_created(c, e, err) < 0)
		return -1;
	/* A server begins its log with this; what was open when it died never committed. A replica that has connected
	 * again goes on inside of a transaction, with one that has nothing of a beginning. */
	if (c->tx.open && !(c->relayed && c->format.created == 0))
		dts_tx_rollback(&c->tx, out);
	if (c->format.created != 0) {
		dts_log_tables_forget(&c->tables);
		dts_capture_temporary_forget(c);
	}
	return 0;
}

/* What the log held before this file. */
static int executed_before(struct dts_capture *c, const struct dts_event *e, struct dts_error *err)
{
	struct dts_gtids *g = &c->safe.gtid;

	/* One that the server made up tells how far it has passed over the log. */
	if (e->flags & DTS_EVENT_ARTIFICIAL || c->jumps)
		return 0;
	struct dts_gtids seen = *g;
	*g = (struct dts_gtids){0};
	int rc = 0;
	if (e->type == DTS_EV_GTID_LIST) {
		rc = dts_event_gtid_list(e, g, err);
	} else {
		dts_gtids_set_empty(g, DTS_GTID_MYSQL);
		rc = dts_gtid_set_decode(&g->set, dts_event_previous_gtids(e), err);
	}
	if (rc == 0 && c->whole && dts_gtids_known(&seen) && dts_gtids_known(g) && !dts_gtids_cover(&seen, g)) {
		rc = dts_fail(err, DTS_BAD_INPUT, "the file goes on behind transactions that the one before it does not have");
		dts_hint(err, "that one was cut, or copied while it was written: copy it anew");
	}
	dts_gtids_release(&seen);
	return rc;
}

/* Of what the server leaves out, since we have it, only a heartbeat says how far that goes: it
 * has the file's name, and the place up to which everything was sent. */
static int passed_over(struct dts_capture *c, const struct dts_event *e)
{
	uint32_t gap = e->end_pos - (uint32_t)c->at.offset;

	if (!c->jumps || c->tx.open || e->end_pos == 0 || gap > INT32_MAX || !dts_slice_is(e->body, c->at.file))
		return 0;
	c->at.offset += gap;
	c->caught_up = true;
	return 0;
}

static int incident(const struct dts_event *e, struct dts_error *err)
{
	struct dts_slice text = dts_event_incident(e);

	dts_fail(err, DTS_BAD_INPUT, "the source lost events here (incident): %.*s", (int)text.len, text.p);
	return dts_hint(err, "changes are missing from the log: copy the tables anew and start behind this position");
}

static int intvar(struct dts_capture *c, const struct dts_event *e, struct dts_error *err)
{
	uint64_t value;
	uint8_t type;

	if (dts_event_intvar(&type, &value, e, err) < 0)
		return -1;
	if (type == 2)
		c->insert_id = value;
	return 0;
}

static int unknown(const struct dts_event *e, struct dts_error *err)
{
	char text[24];

	if (e->flags & DTS_EVENT_IGNORABLE)
		return 0;
	return dts_fail(err, DTS_BAD_INPUT, "an event that is not known: %s", dts_event_name(e->type, text));
}

/* The text of a statement whose changes follow; MySQL has a byte before it, a length that cannot be trusted. */
static void annotate(struct dts_capture *c, const struct dts_event *e)
{
	enum { LONGEST = 64 << 10 };
	size_t before = e->type == DTS_EV_ROWS_QUERY;

	dts_buf_clear(&c->annotation);
	if (!c->options.with_sql || e->body.len <= before)
		return;
	struct dts_slice text = dts_slice(e->body.p + before, e->body.len - before);
	const bool utf8 = dts_utf8_valid(text.p, text.len);
	size_t len = text.len;
	if (len > LONGEST) /* for people, who do not read on for ever */
		for (len = LONGEST; utf8 && ((unsigned char)text.p[len] & 0xc0) == 0x80;)
			len--;
	for (size_t i = 0; i < len; i++) /* the log does not say in which charset it is */
		if (utf8 || (unsigned char)text.p[i] < 0x80)
			dts_buf_addc(&c->annotation, text.p[i]);
		else
			dts_buf_adds(&c->annotation, "\xef\xbf\xbd");
	if (len < text.len)
		dts_buf_adds(&c->annotation, "...");
}

static int describe(struct dts_capture *c, const struct dts_event *e, struct dts_error *err)
{
	if (!c->tx.open)
		return dts_capture_outside(e, err);
	if (dts_log_tables_map(&c->tables, e, &c->format, err) == 0) {
		dts_capture_unlogged_map(c, c->tables.last->id);
		return 0;
	}
	/* A type of column that is not read, or names that the log does not have. */
	return err->status == DTS_BAD_INPUT || err->status == DTS_REFUSED ? dts_capture_refuse(c) : -1;
}

/* What changes rows, tells of them or of their loss: nothing that defines a table. */
static bool is_about_rows(const struct dts_event *e)
{
	return e->type == DTS_EV_TABLE_MAP || e->type == DTS_EV_PARTIAL_UPDATE_ROWS || e->type == DTS_EV_INCIDENT ||
	       e->type == DTS_EV_BEGIN_LOAD_QUERY || e->type == DTS_EV_EXECUTE_LOAD_QUERY ||
	       (e->type >= DTS_EV_LOAD && e->type <= DTS_EV_NEW_LOAD) ||
	       (e->type >= DTS_EV_WRITE_ROWS_COMPRESSED_V1 && e->type <= DTS_EV_DELETE_ROWS_COMPRESSED) ||
	       (e->type >= DTS_EV_WRITE_ROWS_V1 && e->type <= DTS_EV_DELETE_ROWS_V1) ||
	       (e->type >= DTS_EV_WRITE_ROWS && e->type <= DTS_EV_DELETE_ROWS);
}

/* Has the start come? */
static int end_quiet(struct dts_capture *c, struct dts_error *err)
{
	int order;

	if (c->tx.open || !c->at.file[0] || c->start_time != 0)
		return 0;
	order = dts_position_compare(&c->at, &c->quiet_until);
	if (order < 0)
		return 0;
	if (order > 0) {
		dts_fail(err, DTS_BAD_INPUT, "the start at %s:%llu is not where a transaction begins", c->quiet_until.file,
			 (unsigned long long)c->quiet_until.offset);
		return dts_hint(err, "a position to start from is the pos of a begin, commit or heartbeat record");
	}
	c->quiet = false;
	dts_capture_mark_safe(c);
	if (dts_gtids_known(&c->quiet_until.gtid))
		dts_gtids_copy(&c->safe.gtid, &c->quiet_until.gtid);
	return 0;
}

/* `start` is the offset of the event; c->at is behind it already. */
static int dispatch(struct dts_capture *c, const struct dts_event *e, struct dts_slice raw,
		    uint64_t start, struct dts_buf *out, struct dts_error *err)
{
	char text[24];

	if (c->quiet && is_about_rows(e))
		return 0;
	if (c->quiet && e->type == DTS_EV_TRANSACTION_PAYLOAD) { /* the rest of its group, without a definition in it */
		if (c->tx.open)
			dts_capture_commit(c, out);
		return 0;
	}
	switch (e->type) {
	case DTS_EV_TABLE_MAP:
		return describe(c, e, err);
	case DTS_EV_WRITE_ROWS_V1:
	case DTS_EV_UPDATE_ROWS_V1:
	case DTS_EV_DELETE_ROWS_V1:
	case DTS_EV_WRITE_ROWS:
	case DTS_EV_UPDATE_ROWS:
	case DTS_EV_DELETE_ROWS:
	case DTS_EV_PARTIAL_UPDATE_ROWS:
	case DTS_EV_WRITE_ROWS_COMPRESSED_V1:
	case DTS_EV_UPDATE_ROWS_COMPRESSED_V1:
	case DTS_EV_DELETE_ROWS_COMPRESSED_V1:
	case DTS_EV_WRITE_ROWS_COMPRESSED:
	case DTS_EV_UPDATE_ROWS_COMPRESSED:
	case DTS_EV_DELETE_ROWS_COMPRESSED:
		return dts_capture_changes(c, e, out, err);
	case DTS_EV_GTID:
		return dts_capture_begin_mariadb(c, e, start, err);
	case DTS_EV_MYSQL_GTID:
	case DTS_EV_ANONYMOUS_GTID:
	case DTS_EV_GTID_TAGGED:
		return dts_capture_begin_mysql(c, e, start, err);
	case DTS_EV_XID:
		if (!c->tx.open)
			return dts_capture_outside(e, err);
		dts_capture_commit(c, out);
		return 0;
	case DTS_EV_QUERY:
	case DTS_EV_QUERY_COMPRESSED:
		return dts_capture_statement(c, e, out, err);
	case DTS_EV_TRANSACTION_PAYLOAD:
		return c->tx.open ? dts_payload_open(&c->payload, e->body, err) : dts_capture_outside(e, err);
	case DTS_EV_XA_PREPARE:
		return dts_capture_prepare(c, e, out, err);
	case DTS_EV_ROTATE:
		return rotate(c, e, err);
	case DTS_EV_FORMAT:
		return format(c, e, raw, out, err);
	case DTS_EV_GTID_LIST:
	case DTS_EV_PREVIOUS_GTIDS:
		return executed_before(c, e, err);
	case DTS_EV_ANNOTATE:
	case DTS_EV_ROWS_QUERY:
		annotate(c, e);
		return 0;
	case DTS_EV_STOP:
	case DTS_EV_IGNORABLE:
	case DTS_EV_CHECKPOINT:
	case DTS_EV_START_ENCRYPTION:
	case DTS_EV_HEARTBEAT_V2: /* of MySQL, for those who ask for it */
	case DTS_EV_TRANSACTION_CONTEXT: /* these two are between the members of a group */
	case DTS_EV_VIEW_CHANGE:
		return 0;
	case DTS_EV_HEARTBEAT:
		return passed_over(c, e);
	case DTS_EV_INTVAR:
		return intvar(c, e, err);
	case DTS_EV_RAND:
	case DTS_EV_USER_VAR:
		c->has_variables = true;
		return 0;
	case DTS_EV_LOAD:
	case DTS_EV_CREATE_FILE:
	case DTS_EV_APPEND_BLOCK:
	case DTS_EV_EXEC_LOAD:
	case DTS_EV_DELETE_FILE:
	case DTS_EV_NEW_LOAD:
	case DTS_EV_BEGIN_LOAD_QUERY:
	case DTS_EV_EXECUTE_LOAD_QUERY:
		return dts_capture_not_rows(c, dts_event_name(e->type, text), dts_slice("", 0), err);
	case DTS_EV_INCIDENT:
		return incident(e, err);
	default:
		return unknown(e, err);
	}
}

int dts_capture_refuse(struct dts_capture *c)
{
	c->refused = true;
	return -1;
}

bool dts_capture_refused_whole(const struct dts_capture *c)
{
	return !c->begun && c->refused_statement;
}

static bool begins_group(const struct dts_event *e)
{
	return e->type == DTS_EV_GTID || e->type == DTS_EV_MYSQL_GTID || e->type == DTS_EV_ANONYMOUS_GTID ||
	       e->type == DTS_EV_GTID_TAGGED;
}

/* Does this QUERY event end its transaction? 1, 0, -1. */
static int ends_by_statement(struct dts_capture *c, const struct dts_event *e, struct dts_error *err)
{
	struct dts_event_query q;

	if (!c->begun)
		return 1;
	if (e->type == DTS_EV_QUERY_COMPRESSED)
		return 0;
	if (dts_event_query(&q, e, &c->format, err) < 0)
		return -1;
	return dts_slice_is_nocase(q.sql, "COMMIT") || dts_slice_is_nocase(q.sql, "ROLLBACK");
}

int dts_capture_pass(struct dts_capture *c, struct dts_slice raw)
{
	struct dts_error ignored = DTS_ERROR_INIT;
	struct dts_event e;

	if (dts_event_parse(&e, &c->format, raw, &ignored) < 0 || move_on(c, &e, &ignored) < 0)
		return -1;
	switch (e.type) {
	case DTS_EV_XID:
	case DTS_EV_XA_PREPARE:
	case DTS_EV_TRANSACTION_PAYLOAD:
		return 1;
	case DTS_EV_QUERY:
	case DTS_EV_QUERY_COMPRESSED:
		return ends_by_statement(c, &e, &ignored);
	case DTS_EV_FORMAT:
	case DTS_EV_ROTATE:
	case DTS_EV_STOP:
		return -1;
	default:
		return begins_group(&e) ? -1 : 0;
	}
}

/* What there was before an event, to go back to. */
struct before {
	size_t held;
	uint64_t n, records;
	bool printed;
};

static struct before before_event(const struct dts_capture *c, const struct dts_buf *out)
{
	return (struct before){out->len, c->tx.n, c->tx.records, c->tx.printed};
}

/* Nothing of it was said, not even that its transaction began. */
static void take_back(struct dts_capture *c, const struct before *b, struct dts_buf *out)
{
	out->len = b->held;
	c->tx.n = b->n;
	c->tx.records = b->records;
	c->tx.printed = b->printed;
}

int dts_capture_event(struct dts_capture *c, struct dts_slice raw, struct dts_buf *out, struct dts_error *err)
{
	struct dts_event e;
	uint64_t start = c->at.offset;
	const struct before before = before_event(c, out);
	int status = dts_event_parse(&e, &c->format, raw, err);

	if (status == 0) {
		if (e.time != 0 && !(e.flags & DTS_EVENT_ARTIFICIAL))
			c->time = e.time;
		status = move_on(c, &e, err);
	}
	if (status == 0 && c->skip_to != 0) {
		if (c->at.offset > c->skip_to && start < c->skip_to)
			status = dts_fail(err, DTS_BAD_INPUT, "offset %llu is not where an event begins", (unsigned long long)c->skip_to);
		if (c->at.offset >= c->skip_to)
			c->skip_to = 0;
		if (status == 0 && e.type != DTS_EV_FORMAT && e.type != DTS_EV_ROTATE && start < c->safe.offset)
			return 0;
	}
	if (status == 0) {
		/* Behind a jump the event stood where it ends, less its size. */
		if (e.end_pos != 0 && c->at.offset >= e.size)
			start = c->at.offset - e.size;
		c->refused_statement = e.type == DTS_EV_QUERY || e.type == DTS_EV_QUERY_COMPRESSED;
		status = dispatch(c, &e, raw, start, out, err);
	}
	if (status == 0 && !c->tx.open && !c->stopped && (!c->jumps || c->caught_up) && c->skip_to == 0)
		dts_capture_mark_safe(c);
	if (c->quiet) {
		out->len = before.held;
		c->tx.records = before.records;
		if (status == 0)
			status = end_quiet(c, err);
	}
	c->event_at = start;
	if (status < 0) {
		take_back(c, &before, out);
		dts_where(err, "%s:%llu", c->at.file, (unsigned long long)start);
	}
	return status;
}

/* The next event of the payload that is open; as dts_capture_more(). */
static int unpacked(struct dts_capture *c, struct dts_buf *out, struct dts_error *err)
{
	const struct before before = before_event(c, out);
	const bool checksum = c->format.checksum;
	struct dts_slice raw;
	struct dts_event e;

	int status = dts_payload_next(&c->payload, &raw, err);
	if (status > 0) {
		c->format.checksum = false;
		status = dts_event_parse(&e, &c->format, raw, err);
		c->format.checksum = checksum;
		if (status == 0 && (begins_group(&e) || e.type == DTS_EV_FORMAT || e.type == DTS_EV_ROTATE ||
				    e.type == DTS_EV_TRANSACTION_PAYLOAD))
			status = dts_fail(err, DTS_BAD_INPUT, "a compressed transaction has an event that cannot be in one");
		if (status == 0)
			status = dispatch(c, &e, raw, c->event_at, out, err);
		if (status == 0 && !c->tx.open)
			dts_capture_mark_safe(c);
		status = status < 0 ? -1 : 1;
	} else if (status == 0 && c->tx.open) {
		dts_fail(err, DTS_BAD_INPUT, "a compressed transaction has no end");
		status = -1;
	}
	if (status < 0) {
		dts_payload_close(&c->payload);
		c->refused_statement = true; /* it is the rest of its group */
		c->begun = false;
		take_back(c, &before, out);
		dts_where(err, "%s:%llu", c->at.file, (unsigned long long)c->event_at);
	}
	return status;
}

int dts_capture_more(struct dts_capture *c, struct dts_buf *out, struct dts_error *err)
{
	return c->payload.open ? unpacked(c, out, err) : 0;
}
