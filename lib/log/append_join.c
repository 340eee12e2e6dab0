#include "log/append_join.h"

#include <stdlib.h>

void dts_log_join_release(struct dts_log_join *j)
{
	dts_position_release(&j->read);
	dts_position_release(&j->pos);
	dts_log_schemas_release(&j->told);
}

/* ---- a stream begins */

static struct dts_slice member_of(const struct dts_record *stream, const char *name, struct dts_buf *scratch)
{
	struct dts_json value = {0};

	if (stream->raw[DTS_F_SOURCE].p)
		value = dts_json_get(stream->raw[DTS_F_SOURCE], name);
	return value.raw.p && value.type == DTS_JSON_STRING ? dts_json_string(value.raw, scratch) : DTS_LIT("");
}

static int shown(size_t len)
{
	return len > 300 ? 300 : (int)len;
}

static int other_source(const struct dts_log_join *j, struct dts_slice src, struct dts_error *err)
{
	const struct dts_buf *own = &j->log->src;

	dts_fail(err, DTS_REFUSED, "log '%s' is of source '%.*s', this stream is from '%.*s'", j->dir, shown(own->len),
		 dts_buf_slice(own).p, shown(src.len), src.p);
	return dts_hint(err, "a log holds one source: use another directory, or give the reader --src=%.*s if it is the same",
			shown(own->len), dts_buf_slice(own).p);
}

static int other_server(const struct dts_log_join *j, struct dts_slice was, struct dts_slice is, struct dts_error *err)
{
	const struct dts_buf *own = &j->log->src;

	dts_fail(err, DTS_REFUSED, "log '%s' follows another server: source '%.*s' was %.*s and is now %.*s", j->dir, shown(own->len),
		 dts_buf_slice(own).p, shown(was.len), was.p, shown(is.len), is.p);
	return dts_hint(err, "positions of one server mean nothing on another: use another directory, or name the source with --src");
}

/* 1: another server has taken the place of the one before; 0: it is the same; -1. */
static int check_server(const struct dts_log_join *j, const struct dts_record *r, struct dts_error *err)
{
	struct dts_buf scratch[3] = {{0}};
	struct dts_slice was = member_of(&j->log->stream_record, "id", &scratch[0]), is = member_of(r, "id", &scratch[1]);
	int rc = 0;

	if (was.len > 0 && is.len > 0 && !dts_slice_eq(was, is))
		rc = dts_slice_eq(was, member_of(r, "instead-of", &scratch[2])) ? 1 : other_server(j, was, is, err);
	for (size_t i = 0; i < 3; i++)
		dts_buf_release(&scratch[i]);
	return rc;
}

static bool same_base(const char *a, const char *b)
{
	const char *x = strrchr(a, '.'), *y = strrchr(b, '.');

	return x && y && x - a == y - b && memcmp(a, b, (size_t)(x - a)) == 0;
}

/* Which of the two files comes first, by number. */
static int file_order(const struct dts_position *a, const struct dts_position *b)
{
	struct dts_position x = *a, y = *b;

	x.offset = y.offset = 0;
	return dts_position_compare(&x, &y);
}

/* Are they places of one log? The server's may have been begun anew, with the same names. */
static bool comparable(const struct dts_position *a, const struct dts_position *b)
{
	if (!a->file[0] || !b->file[0] || !same_base(a->file, b->file))
		return false;
	if (a->created == 0 || b->created == 0)
		return true;
	const int order = file_order(a, b);
	return order == 0 ? a->created == b->created : order < 0 ? a->created <= b->created : a->created >= b->created;
}

static void add_text(struct dts_buf *b, const struct dts_position *p)
{
	if (p->file[0])
		dts_buf_addf(b, "%s:%llu", p->file, (unsigned long long)p->offset);
	if (dts_gtids_known(&p->gtid)) {
		dts_buf_adds(b, p->file[0] ? " (GTID '" : "GTID '");
		dts_gtids_add(b, &p->gtid);
		dts_buf_adds(b, p->file[0] ? "')" : "'");
	}
}

static int not_connected(const struct dts_log_join *j, const char *why, struct dts_error *err)
{
	struct dts_buf is = {0}, want = {0};

	add_text(&is, &j->read);
	add_text(&want, &j->log->at);
	dts_fail(err, DTS_REFUSED, "the stream begins at %.900s, log '%s' ends at %.900s: %s", dts_buf_text(&is), j->dir, dts_buf_text(&want),
		 why);
	dts_buf_release(&is);
	dts_buf_release(&want);
	return dts_hint(err, "start the reader with --resume=%s", j->dir);
}

/* The log stands where the stream does. Its GTIDs are those that are known, and so is its place, unless it is another server's. */
static void stand_there(struct dts_log_join *j, bool moved)
{
	struct dts_position *at = &j->log->at;

	if (j->read.file[0] || moved) {
		memcpy(at->file, j->read.file, sizeof at->file);
		at->offset = j->read.offset;
		at->created = j->read.created;
	}
	/* The log may have a transaction more, which did not say where it stood. */
	if (dts_gtids_known(&j->read.gtid) && !dts_gtids_cover(&at->gtid, &j->read.gtid))
		dts_gtids_copy(&at->gtid, &j->read.gtid);
	j->log->jumped = true;
}

/* A MySQL may have transactions without GTIDs: then these do not tell that nothing is between two places of its log. */
static bool may_be_anonymous(const struct dts_log_join *j)
{
	struct dts_buf scratch = {0};
	const bool mysql = dts_slice_is(member_of(&j->log->stream_record, "server", &scratch), "mysql");

	dts_buf_release(&scratch);
	return mysql && j->read.file[0] && j->log->at.file[0];
}

/* By GTIDs alone: all that came before the stream must be in the log. */
static int connect_by_gtid(struct dts_log_join *j, bool moved, const char *why, struct dts_error *err)
{
	const struct dts_position *at = &j->log->at;
	const struct dts_gtids *have = &at->gtid, *begins = &j->read.gtid;

	if (!dts_gtids_known(have) || !dts_gtids_known(begins))
		return not_connected(j, why, err);
	if (!moved && may_be_anonymous(j) && dts_gtids_cover(have, begins))
		return not_connected(j, "GTIDs do not tell what is between, since a MySQL may have transactions without", err);
	if (!dts_gtids_cover(have, begins))
		return not_connected(j, "changes between are missing", err);
	const bool before = !dts_gtids_cover(begins, have);
	/* The stream is not before the log's end by its place: what it has yet to tell is something else by the same GTIDs. */
	if (before && !moved && j->read.file[0] && at->file[0] && same_base(j->read.file, at->file))
		return not_connected(j, comparable(&j->read, at)
					? "GTIDs have gone back between, so that the same may be other transactions"
					: "its files have the same names and were begun at other times, as after RESET MASTER, so that the "
					  "same GTIDs may be other transactions", err);
	j->skipping = j->by_gtid = before;
	if (!before)
		stand_there(j, moved);
	else {
		/* The stream's order may be another one: only GTIDs say where the log stands until it has all that the log has. */
		dts_position_set(&j->log->at, DTS_LIT(""), 0);
		j->log->jumped = true;
	}
	j->log->by_gtid = j->by_gtid;
	return 0;
}

static int connect(struct dts_log_join *j, bool moved, struct dts_error *err)
{
	const struct dts_position *at = &j->log->at;

	j->skipping = j->by_gtid = j->log->by_gtid = j->fresh = false;
	if (moved && j->read.file[0])
		return not_connected(j, "of another server only GTIDs say where that is", err);
	if (moved || !comparable(&j->read, at))
		return connect_by_gtid(j, moved, "whether these are places of one log is not known", err);
	const int order = dts_position_compare(&j->read, at);
	if (order > 0)
		return connect_by_gtid(j, moved, "changes between are missing", err);
	if (order == 0)
		stand_there(j, false);
	j->fresh = order == 0;
	j->skipping = order < 0;
	return 0;
}

int dts_log_join_stream(struct dts_log_join *j, const struct dts_record *r, struct dts_error *err)
{
	struct dts_log_builder *log = j->log;
	int moved = 0;

	j->tx_skipped = false;
	dts_log_schemas_clear(&j->told);
	if (!dts_slice_is(r->kind, "changes")) {
		dts_fail(err, DTS_BAD_INPUT, "a log keeps streams of changes, this one is of kind '%.*s'", shown(r->kind.len), r->kind.p);
		return dts_slice_is(r->kind, "snapshot") ? dts_hint(err, "dts-dump --output=DIR keeps a snapshot") : -1;
	}
	if (dts_position_parse(&j->read, r->raw[DTS_F_POS], err) < 0)
		return -1;
	if (log->stream.len == 0) {
		dts_position_copy(&log->at, &j->read);
		log->jumped = true;
		return dts_log_builder_stream(log, r->line, err);
	}
	if (!dts_slice_eq(r->src, dts_buf_slice(&log->src)))
		return other_source(j, r->src, err);
	moved = check_server(j, r, err);
	if (moved < 0 || connect(j, moved > 0, err) < 0)
		return -1;
	return dts_log_builder_stream(log, r->line, err) < 0 ? -1 : moved;
}

/* ---- what the log has is left out */

/* The stream has come to where the log ends. */
static void overlap_ends(struct dts_log_join *j)
{
	j->skipping = j->by_gtid = j->log->by_gtid = false;
	dts_log_schemas_merge(&j->log->schemas, &j->told);
	dts_log_schemas_clear(&j->told);
}

static int parse_pos(struct dts_log_join *j, const struct dts_record *r, struct dts_error *err)
{
	return dts_position_parse(&j->pos, r->raw[DTS_F_POS], err);
}

/* What the log has by its place it must have by its GTID. */
static int check_known(struct dts_log_join *j, const struct dts_record *r, struct dts_error *err)
{
	const struct dts_position *at = &j->log->at;
	struct dts_gtid gtid;

	if (comparable(&j->pos, at) && (!dts_gtids_known(&at->gtid) || !dts_gtid_parse(&gtid, r->tx) ||
					!dts_gtids_fits(&at->gtid, gtid.form) || dts_gtids_contain(&at->gtid, &gtid)))
		return 0;
	dts_fail(err, DTS_REFUSED, "transaction '%.*s' at %s:%llu is not in log '%s', which ends behind that place, at %s:%llu", shown(r->tx.len),
		 r->tx.p, j->pos.file, (unsigned long long)j->pos.offset, j->dir, at->file, (unsigned long long)at->offset);
	return dts_hint(err, "the server's binary log was begun anew, as RESET MASTER does: go on in another directory");
}

/* A transaction begins: 1, 0, -1. */
static int wants_begin(struct dts_log_join *j, const struct dts_record *r, struct dts_error *err)
{
	struct dts_gtid gtid;

	if (j->by_gtid) {
		if (!dts_gtid_parse(&gtid, r->tx))
			return dts_fail(err, DTS_REFUSED, "transaction '%.*s' has no GTID, and only these say what log '%s' has already",
					shown(r->tx.len), r->tx.p, j->dir);
		j->tx_skipped = dts_gtids_contain(&j->log->at.gtid, &gtid);
		if (!j->tx_skipped && j->told.count > 0) {
			dts_log_schemas_merge(&j->log->schemas, &j->told);
			dts_log_schemas_clear(&j->told);
			j->log->due = true;
		}
		return !j->tx_skipped;
	}
	if (parse_pos(j, r, err) < 0)
		return -1;
	if (comparable(&j->pos, &j->log->at) && dts_position_compare(&j->pos, &j->log->at) >= 0) {
		overlap_ends(j);
		return 1;
	}
	j->tx_skipped = true;
	return check_known(j, r, err);
}

static int log_ends_inside(struct dts_log_join *j, const struct dts_record *r, struct dts_error *err)
{
	const struct dts_position *at = &j->log->at;

	return dts_fail(err, DTS_REFUSED, "log '%s' ends at %s:%llu, which is inside transaction '%.*s' of this stream: it is no place of this "
			"server's log", j->dir, at->file, (unsigned long long)at->offset, shown(r->tx.len), r->tx.p);
}

/* By GTIDs: where the stream stands behind the record, and whether that is all that the log has. */
static void follow_gtids(struct dts_log_join *j, const struct dts_record *r, bool tx, bool taken)
{
	struct dts_log_builder *log = j->log;

	if (tx)
		dts_position_follow(&j->read, &j->pos, r->tx);
	else
		dts_position_copy(&j->read, &j->pos);
	if (!dts_gtids_cover(&j->read.gtid, &log->at.gtid))
		return;
	overlap_ends(j);
	if (!taken)
		stand_there(j, false);
}

/* A record that says how far the stream is: the end of a transaction, a heartbeat. */
static int wants_end(struct dts_log_join *j, const struct dts_record *r, bool in_tx, struct dts_error *err)
{
	const bool beats = r->op == DTS_OP_HEARTBEAT;
	bool skip = in_tx ? j->tx_skipped : true;
	struct dts_gtid gtid;

	j->tx_skipped = false;
	if (parse_pos(j, r, err) < 0)
		return -1;
	if (j->by_gtid) {
		if (!in_tx && !beats)
			skip = dts_gtid_parse(&gtid, r->tx) && dts_gtids_contain(&j->log->at.gtid, &gtid);
		follow_gtids(j, r, !beats, !skip);
		return !skip;
	}
	const bool behind = comparable(&j->pos, &j->log->at) && dts_position_compare(&j->pos, &j->log->at) > 0;
	if (in_tx)
		return behind ? log_ends_inside(j, r, err) : 0;
	if (!behind)
		return 0;
	overlap_ends(j);
	return 1;
}

/* A decision on a prepared transaction that does not say where it stands. */
static int wants_placeless(struct dts_log_join *j, const struct dts_record *r)
{
	const struct dts_gtids *have = &j->log->at.gtid;
	struct dts_gtid gtid;

	return dts_gtid_parse(&gtid, r->tx) && dts_gtids_known(have) && !dts_gtids_contain(have, &gtid);
}

static int wants_while_skipping(struct dts_log_join *j, const struct dts_record *r, struct dts_error *err)
{
	switch (r->op) {
	case DTS_OP_BEGIN:
		return wants_begin(j, r, err);
	case DTS_OP_SCHEMA:
		if (j->log->in_tx)
			return 1;
		dts_log_schemas_note(&j->told, r);
		return 0;
	case DTS_OP_DDL:
		if (j->log->in_tx)
			return 1;
		dts_log_schemas_forget_named(&j->told, r);
		return 0;
	case DTS_OP_ROLLBACK:
		if (j->log->in_tx || r->raw[DTS_F_TO].p || j->tx_skipped) {
			j->tx_skipped &= r->raw[DTS_F_TO].p != NULL;
			return j->log->in_tx;
		}
		return r->raw[DTS_F_POS].p ? wants_end(j, r, false, err) : wants_placeless(j, r);
	case DTS_OP_COMMIT:
	case DTS_OP_PREPARE:
		return wants_end(j, r, j->log->in_tx || j->tx_skipped, err);
	case DTS_OP_HEARTBEAT:
		return wants_end(j, r, false, err);
	default:
		return j->log->in_tx;
	}
}

int dts_log_join_wants(struct dts_log_join *j, const struct dts_record *r, struct dts_error *err)
{
	if (j->skipping)
		return wants_while_skipping(j, r, err);
	if (!j->fresh || r->op == DTS_OP_SCHEMA)
		return 1;
	/* It may be what the log ends with: it has not moved the position on. */
	if (r->op == DTS_OP_ROLLBACK && !r->raw[DTS_F_POS].p)
		return wants_placeless(j, r) || !dts_gtids_known(&j->log->at.gtid);
	j->fresh = false;
	return 1;
}
