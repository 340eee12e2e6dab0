#include "log/recount.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/options.h"
#include "log/line.h"

void dts_recount_init(struct dts_recount *c)
{
	*c = (struct dts_recount){0};
	dts_record_init(&c->record);
}

void dts_recount_release(struct dts_recount *c)
{
	dts_stream_state_release(&c->state);
	dts_record_release(&c->record);
	dts_frame_head_release(&c->is);
	dts_position_release(&c->at);
	dts_position_release(&c->pos);
	dts_buf_release(&c->id);
	dts_buf_release(&c->scratch[0]);
	dts_buf_release(&c->scratch[1]);
	*c = (struct dts_recount){0};
}

/* Moves on as the head says, since its records are not to be had. */
static void believe(struct dts_recount *c, const struct dts_frame_head *h)
{
	struct dts_gtids gtids = {0};

	if (h->first)
		dts_position_copy(&c->at, &h->from);
	else if (!c->at_known)
		dts_gtids_clear(&c->at.gtid);
	dts_gtids_copy(&gtids, &c->at.gtid);
	if (dts_gtids_known(&h->to.gtid))
		dts_gtids_copy(&gtids, &h->to.gtid);
	else if (!dts_gtids_known(&h->gtids) || dts_gtids_unite(&gtids, &h->gtids) < 0)
		dts_gtids_clear(&gtids);
	dts_position_copy(&c->at, &h->to);
	dts_gtids_copy(&c->at.gtid, &gtids);
	c->at_known = true;
	c->newest = h->newest_before > h->last_time ? h->newest_before : h->last_time;
	c->newest_known = true;
	dts_gtids_release(&gtids);
}

void dts_recount_skip(struct dts_recount *c, const struct dts_frame_head *h)
{
	if (h)
		believe(c, h);
	else
		dts_recount_forget(c);
	c->lost = !h || h->inside;
	c->state.in_tx = false;
}

void dts_recount_forget(struct dts_recount *c)
{
	c->at_known = c->newest_known = c->lost = c->state.in_tx = false;
	dts_buf_clear(&c->id);
}

/* --- records */

/* The log stands where the record says, behind transaction `tx`, or none of them. */
static int follow(struct dts_recount *c, const struct dts_record *r, bool tx, struct dts_error *err)
{
	struct dts_gtid gtid;

	dts_gtids_clear(&c->pos.gtid);
	c->pos.file[0] = '\0';
	if (r->raw[DTS_F_POS].p && dts_position_parse(&c->pos, r->raw[DTS_F_POS], err) < 0)
		return -1;
	if (tx) {
		if (!r->tx.p || !dts_gtid_parse(&gtid, r->tx) || dts_gtids_include(&c->is.gtids, &gtid) < 0)
			dts_gtids_clear(&c->is.gtids);
		dts_gtids_follow(&c->at.gtid, r->tx.p ? r->tx : DTS_LIT(""));
	}
	if (dts_gtids_known(&c->pos.gtid))
		dts_gtids_copy(&c->at.gtid, &c->pos.gtid);
	if (!c->pos.file[0])
		return 0;
	memcpy(c->at.file, c->pos.file, sizeof c->at.file);
	c->at.offset = c->pos.offset;
	c->at.created = c->pos.created;
	return 0;
}

static int bad(struct dts_error *err, const char *what, uint64_t says, uint64_t is)
{
	return dts_fail(err, DTS_BAD_INPUT, "its head says %s %" PRIu64 ", and it is %" PRIu64, what, says, is);
}

static int differs(struct dts_error *err, const char *what, const struct dts_position *says, const struct dts_position *is, bool gtid)
{
	struct dts_buf a = {0}, b = {0};

	dts_position_add(&a, says, gtid);
	dts_position_add(&b, is, gtid);
	dts_fail(err, DTS_BAD_INPUT, "%s is %.1000s, and should be %.1000s", what, dts_buf_text(&a), dts_buf_text(&b));
	dts_buf_release(&a);
	dts_buf_release(&b);
	return -1;
}

static bool same_place(const struct dts_position *a, const struct dts_position *b)
{
	return strcmp(a->file, b->file) == 0 && a->offset == b->offset && (a->created == b->created || a->created == 0 || b->created == 0);
}

/* Does the segment go on where the one before ends? By another server's log there is no place in common, nor is there one as long as
 * that has what the log had before. */
static int check_from(struct dts_recount *c, const struct dts_frame_head *h, bool same_server, struct dts_error *err)
{
	const bool gtids = dts_gtids_known(&c->at.gtid) && dts_gtids_known(&h->from.gtid);

	const bool placed = !gtids || (c->at.file[0] && h->from.file[0]);

	if (c->at_known && same_server && placed && !same_place(&h->from, &c->at))
		return differs(err, "where the segment begins", &h->from, &c->at, false);
	if (c->at_known && gtids && !(same_server ? dts_gtids_equal(&h->from.gtid, &c->at.gtid) : dts_gtids_cover(&c->at.gtid, &h->from.gtid)))
		return differs(err, "where the segment begins", &h->from, &c->at, true);
	dts_position_copy(&c->at, &h->from);
	c->at_known = true;
	return 0;
}

static int take_stream(struct dts_recount *c, const struct dts_frame_head *h, struct dts_error *err)
{
	struct dts_json source = c->record.raw[DTS_F_SOURCE].p ? dts_json_value(c->record.raw[DTS_F_SOURCE]) : (struct dts_json){0};
	struct dts_json id = source.raw.p && source.type == DTS_JSON_OBJECT ? dts_json_get(source.raw, "id") : (struct dts_json){0};
	const bool same = c->id.len == 0 || !id.raw.p || dts_slice_eq(id.raw, dts_buf_slice(&c->id));

	dts_buf_clear(&c->id);
	if (id.raw.p)
		dts_buf_add_slice(&c->id, id.raw);
	if (h->first && c->is.records == 0 && check_from(c, h, same, err) < 0)
		return -1;
	return c->record.raw[DTS_F_POS].p ? follow(c, &c->record, false, err) : 0;
}

/* The tables that a statement names are in the head, so that who reads one of them does not pass over it. */
static void take_objects(struct dts_recount *c)
{
	struct dts_slice raw = c->record.raw[DTS_F_OBJECTS];
	struct dts_json objects = raw.p ? dts_json_value(raw) : (struct dts_json){0}, object;

	if (!raw.p || objects.type != DTS_JSON_ARRAY || dts_slice_is(c->record.kind, "unknown")) {
		c->is.tables.any = true;
		return;
	}
	struct dts_json_walk walk = dts_json_walk(objects.raw);
	while (dts_json_element(&walk, &object)) {
		if (object.type != DTS_JSON_OBJECT)
			continue;
		struct dts_json db = dts_json_get(object.raw, "db"), table = dts_json_get(object.raw, "table");
		if (db.raw.p && db.type == DTS_JSON_STRING && table.raw.p && table.type == DTS_JSON_STRING)
			dts_frame_tables_note(&c->is.tables, dts_json_string(db.raw, &c->scratch[0]),
					      dts_json_string(table.raw, &c->scratch[1]), 0, 0);
	}
}

static void take_time(struct dts_recount *c, struct dts_slice text)
{
	uint64_t time;

	if (!text.p || dts_parse_time(text, &time) < 0 || time == 0)
		return;
	if (c->is.first_time == 0 || time < c->is.first_time)
		c->is.first_time = time;
	if (time > c->is.last_time)
		c->is.last_time = time;
}

/* Does the record end a transaction that is kept, its own or one that was prepared? */
static bool moves(const struct dts_record *r, bool was_in_tx)
{
	return r->op == DTS_OP_COMMIT || r->op == DTS_OP_PREPARE || r->op == DTS_OP_HEARTBEAT ||
	       (r->op == DTS_OP_ROLLBACK && !r->raw[DTS_F_TO].p && !was_in_tx);
}

static int take_record(struct dts_recount *c, const struct dts_frame_head *h, struct dts_error *err)
{
	const struct dts_record *r = &c->record;
	const bool was_in_tx = c->state.in_tx;

	if (dts_stream_check(&c->state, r, false, err) < 0)
		return -1;
	if (r->op == DTS_OP_STREAM) {
		if (take_stream(c, h, err) < 0)
			return -1;
		c->is.streams++;
	} else if (r->op == DTS_OP_END || r->op == DTS_OP_ACK) {
		return dts_fail(err, DTS_BAD_INPUT, "op '%s' has no place in a log", dts_op_name(r->op));
	} else if (dts_op_is_change(r->op) || r->op == DTS_OP_SETVAL) {
		c->is.changes++;
		dts_frame_tables_note(&c->is.tables, r->db, r->table, 1, r->line.len + 1);
	} else if (r->op == DTS_OP_SCHEMA) {
		c->is.schemas++;
		dts_frame_tables_note(&c->is.tables, r->db, r->table, 0, 0);
	} else if (r->op == DTS_OP_DDL) {
		c->is.ddls++;
		take_objects(c);
	} else if (r->op == DTS_OP_BEGIN) {
		take_time(c, r->time);
	} else if (r->op == DTS_OP_COMMIT || r->op == DTS_OP_PREPARE) {
		c->is.transactions++;
	}
	c->is.records++;
	c->is.tables.any |= r->xid.p != NULL; /* who reads other tables is told of it, too */
	return moves(r, was_in_tx) ? follow(c, r, r->op != DTS_OP_HEARTBEAT, err) : 0;
}

/* --- heads */

static const struct dts_frame_table *find_table(const struct dts_frame_tables *t, const struct dts_frame_table *like)
{
	struct dts_buf key = {0};
	size_t place = (size_t)(uintptr_t)dts_map_get(&t->index, dts_map_pair(&key, dts_slice_of(like->db), dts_slice_of(like->table)));

	dts_buf_release(&key);
	return place > 0 ? &t->items[place - 1] : NULL;
}

/* A head may name more, without changes, but nothing may be missing. One of many tables names none. */
static int check_tables(const struct dts_frame_tables *says, const struct dts_frame_tables *is, struct dts_error *err)
{
	if (is->any && !says->any)
		return dts_fail(err, DTS_BAD_INPUT, "its head does not say that any table may be concerned");
	if (says->any && says->count == 0)
		return 0;
	for (size_t i = 0; i < is->count; i++) {
		const struct dts_frame_table *t = &is->items[i], *other = find_table(says, t);

		if (!other)
			return dts_fail(err, DTS_BAD_INPUT, "its head does not name table '%s.%s'", t->db, t->table);
		if (other->changes != t->changes)
			return bad(err, "changes of a table", other->changes, t->changes);
		if (other->bytes != t->bytes)
			return bad(err, "bytes of a table", other->bytes, t->bytes);
	}
	for (size_t i = 0; i < says->count; i++)
		if (says->items[i].changes > 0 && !find_table(is, &says->items[i]))
			return dts_fail(err, DTS_BAD_INPUT, "its head has changes of table '%s.%s', and there are none", says->items[i].db,
					says->items[i].table);
	return 0;
}

static int check_gtids(const struct dts_gtids *says, const struct dts_gtids *is, struct dts_error *err)
{
	if (dts_gtids_known(says) ? dts_gtids_known(is) && dts_gtids_equal(says, is) : !dts_gtids_known(is))
		return 0;
	return dts_fail(err, DTS_BAD_INPUT, "the GTIDs of its head are not those of its transactions");
}

static int check_counts(const struct dts_frame_head *says, const struct dts_frame_head *is, struct dts_error *err)
{
	const struct {
		const char *what;
		uint64_t says, is;
	} counts[] = {
		{"bytes", says->content, is->content}, {"records", says->records, is->records}, {"changes", says->changes, is->changes},
		{"transactions", says->transactions, is->transactions}, {"stream records", says->streams, is->streams},
		{"schema records", says->schemas, is->schemas}, {"statements", says->ddls, is->ddls}, {"as the first time", says->first_time, is->first_time},
		{"as the last time", says->last_time, is->last_time},
	};

	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
		if (counts[i].says != counts[i].is)
			return bad(err, counts[i].what, counts[i].says, counts[i].is);
	return 0;
}

/* What the head says besides counts: the place in the log. */
static int check_place(struct dts_recount *c, const struct dts_frame_head *h, struct dts_error *err)
{
	const bool gtids = dts_gtids_known(&h->to.gtid) && dts_gtids_known(&c->at.gtid);

	if (h->inside != c->state.in_tx)
		return dts_fail(err, DTS_BAD_INPUT, h->inside ? "it should end inside a transaction" : "it ends inside a transaction");
	if (gtids && !dts_gtids_equal(&h->to.gtid, &c->at.gtid))
		return differs(err, "where the frame ends", &h->to, &c->at, true);
	if (!gtids && !same_place(&h->to, &c->at))
		return differs(err, "where the frame ends", &h->to, &c->at, false);
	/* By GTIDs the place is another where what the log had was left out of another server's log, or none until all of that
	 * has come. */
	if (gtids)
		dts_position_copy(&c->at, &h->to);
	return 0;
}

static int take_records(struct dts_recount *c, const struct dts_frame_head *h, struct dts_slice content, struct dts_error *err)
{
	struct dts_slice line;

	while (dts_line_next(&content, &line)) {
		if (dts_record_parse(&c->record, line, err) == 0 && take_record(c, h, err) == 0)
			continue;
		return dts_where(err, "record %" PRIu64, c->is.records + 1);
	}
	return content.len == 0 ? 0 : dts_fail(err, DTS_BAD_INPUT, "its last record has no end");
}

/* A frame whose records before it are missing has nothing that could be held against it; nor has one behind a missing stream record. */
static int judge(struct dts_recount *c, const struct dts_frame_head *h, struct dts_slice content, struct dts_error *err)
{
	if (h->at == 0 && !h->first)
		return dts_fail(err, DTS_BAD_INPUT, "the segment does not say where it begins");
	if (c->newest_known && h->newest_before != c->newest)
		return bad(err, "as the greatest time before it", h->newest_before, c->newest);
	if (h->synced > h->at)
		return dts_fail(err, DTS_BAD_INPUT, "its head says that the disk had it before it was written");
	if (take_records(c, h, content, err) < 0 || check_counts(h, &c->is, err) < 0 || check_gtids(&h->gtids, &c->is.gtids, err) < 0 ||
	    check_tables(&h->tables, &c->is.tables, err) < 0)
		return -1;
	return check_place(c, h, err);
}

int dts_recount_frame(struct dts_recount *c, const struct dts_frame_head *h, struct dts_slice content, struct dts_error *err)
{
	if (h->first) /* a segment begins outside a transaction */
		c->lost = false;
	if (c->lost || (!c->state.in_stream && !h->first)) {
		c->lost = h->inside;
		believe(c, h);
		return 0;
	}
	dts_frame_head_clear(&c->is);
	dts_gtids_set_empty(&c->is.gtids, DTS_GTID_MYSQL);
	c->is.content = content.len;
	int rc = judge(c, h, content, err);
	if (rc < 0) {
		dts_recount_skip(c, h);
		return -1;
	}
	if (h->newest_before > c->newest || !c->newest_known)
		c->newest = h->newest_before;
	if (c->is.last_time > c->newest)
		c->newest = c->is.last_time;
	c->newest_known = true;
	return 0;
}

int dts_recount_foot(const struct dts_frame_head *sum, const struct dts_frame_head *foot, struct dts_error *err)
{
	if (sum->frames != foot->frames)
		return bad(err, "frames", foot->frames, sum->frames);
	if (foot->packed != foot->at)
		return bad(err, "bytes before it", foot->packed, foot->at);
	if (check_counts(foot, sum, err) < 0 || check_gtids(&foot->gtids, &sum->gtids, err) < 0 || check_tables(&foot->tables, &sum->tables, err) < 0)
		return -1;
	if (!same_place(&foot->from, &sum->from) || !same_place(&foot->to, &sum->to))
		return differs(err, "where the segment ends", &foot->to, &sum->to, false);
	if (dts_gtids_known(&foot->to.gtid) && dts_gtids_known(&sum->to.gtid) && !dts_gtids_equal(&foot->to.gtid, &sum->to.gtid))
		return differs(err, "where the segment ends", &foot->to, &sum->to, true);
	return 0;
}
