/* Where groups of events begin and end: transactions, and statements that stand alone. */
#include "binlog/capture_parts.h"
#include "binlog/event_mysql.h"

/* A group begins whose name is in c->gtid_text. `time` in microseconds. */
static int begin(struct dts_capture *c, uint64_t time, uint64_t start, struct dts_error *err)
{
	if (c->tx.open)
		return dts_fail(err, DTS_BAD_INPUT, "transaction %s has no end", dts_buf_text(&c->tx.id));
	dts_buf_clear(&c->annotation);
	if (c->stop_time != 0 && time >= c->stop_time) {
		c->stopped = true;
		return 0;
	}
	if (c->start_time != 0 && time >= c->start_time) {
		c->start_time = 0;
		c->quiet = false;
	}
	struct dts_position place = {.offset = start, .created = c->at.created};
	memcpy(place.file, c->at.file, sizeof place.file);
	dts_tx_begin(&c->tx, dts_buf_slice(&c->gtid_text), time, &place);
	return 0;
}

int dts_capture_begin_mariadb(struct dts_capture *c, const struct dts_event *e, uint64_t start,
			      struct dts_error *err)
{
	struct dts_event_gtid g;

	if (dts_event_gtid(&g, e, err) < 0)
		return -1;
	dts_buf_clear(&c->gtid_text);
	dts_gtid_add(&c->gtid_text, &(struct dts_gtid){.form = DTS_GTID_MARIADB, .domain = g.domain, .server = g.server,
						       .number = g.seq});
	dts_buf_clear(&c->xid);
	if (g.flags & DTS_GTID_COMPLETED_XA)
		dts_xid_add(&c->xid, &g.xid);
	c->begun = !(g.flags & DTS_GTID_STANDALONE);
	c->tables.undecided = g.flags & DTS_GTID_PREPARED_XA;
	c->alter_phase = g.extra;
	return begin(c, (uint64_t)e->time * 1000000, start, err);
}

/* Without a GTID a transaction is called by where it begins. The text is written into
 * records as it is. */
static int name_by_place(struct dts_capture *c, uint64_t start, struct dts_error *err)
{
	for (const char *p = c->at.file; *p; p++)
		if ((unsigned char)*p < ' ' || *p == '"' || *p == '\\')
			return dts_fail(err, DTS_REFUSED, "the name of the log file has a character that cannot be used");
	dts_buf_adds(&c->gtid_text, c->at.file);
	dts_buf_addc(&c->gtid_text, ':');
	dts_buf_addu(&c->gtid_text, start);
	return 0;
}

/* Whether a transaction follows or one statement is only seen by what comes next. */
int dts_capture_begin_mysql(struct dts_capture *c, const struct dts_event *e, uint64_t start,
			    struct dts_error *err)
{
	struct dts_event_mysql_gtid g;
	uint64_t time = (uint64_t)e->time * 1000000;

	if (dts_event_mysql_gtid(&g, e, err) < 0)
		return -1;
	dts_buf_clear(&c->gtid_text);
	dts_event_mysql_gtid_add(&c->gtid_text, &g);
	if (g.anonymous && name_by_place(c, start, err) < 0)
		return -1;
	dts_buf_clear(&c->xid);
	c->begun = false;
	c->tables.undecided = false; /* XA START comes next */
	c->alter_phase = 0;
	return begin(c, g.original_commit_timestamp ? g.original_commit_timestamp : time, start, err);
}

int dts_capture_prepare(struct dts_capture *c, const struct dts_event *e, struct dts_buf *out, struct dts_error *err)
{
	struct dts_xid xid;
	bool one_phase;

	if (!c->tx.open)
		return dts_capture_outside(e, err);
	if (dts_event_xa_prepare(&xid, &one_phase, e, err) < 0)
		return -1;
	if (one_phase) {
		dts_capture_commit(c, out);
	} else {
		dts_tx_prepare(&c->tx, &xid, &c->at, out);
		dts_capture_group_done(c);
	}
	return 0;
}

void dts_capture_mark_safe(struct dts_capture *c)
{
	if (strcmp(c->safe.file, c->at.file) != 0)
		memcpy(c->safe.file, c->at.file, sizeof c->safe.file);
	c->safe.offset = c->at.offset;
	c->safe.created = c->at.created;
}

void dts_capture_group_done(struct dts_capture *c)
{
	dts_buf_clear(&c->annotation);
	dts_capture_mark_safe(c);
	dts_gtids_follow(&c->safe.gtid, dts_buf_slice(&c->gtid_text));
	c->groups++;
	c->caught_up = true;
}

void dts_capture_commit(struct dts_capture *c, struct dts_buf *out)
{
	bool printed = c->tx.printed;
	/* A set of MySQL's has a hole, for who reads the records, where there were none. */
	bool whole = printed && c->untold && c->safe.gtid.form == DTS_GTID_MYSQL;

	if (!whole)
		dts_tx_commit(&c->tx, &c->at, out);
	dts_capture_group_done(c);
	if (whole)
		dts_tx_commit(&c->tx, &c->safe, out);
	c->untold = !printed || (c->untold && !whole);
}

void dts_capture_rollback(struct dts_capture *c, struct dts_buf *out)
{
	dts_tx_rollback(&c->tx, out);
	dts_capture_group_done(c);
}
