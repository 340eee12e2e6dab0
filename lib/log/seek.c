#include "log/seek.h"

#include <stdlib.h>

#include "base/options.h"
#include "log/end.h"
#include "log/line.h"

/* What the first heads of the segments say; a segment without any is left out. */
struct dts_begun {
	struct dts_segment_name name;
	struct dts_position from, to;
	uint64_t newest_before;
};

struct choosing {
	struct dts_segments all;
	struct dts_log_cursor *c;
	struct dts_begun at;      /* the segment that is looked at */
	struct dts_segment segment;
};

/* Reads the first head of a segment. 1; 0: it has none; -1. */
static int look_at(struct choosing *g, size_t i, struct dts_error *err)
{
	struct dts_error late = DTS_ERROR_INIT;

	dts_segment_close(&g->segment);
	if (dts_segment_open(&g->segment, g->c->dir, &g->all.items[i], err) < 0)
		return -1;
	enum dts_step step = dts_segment_step(&g->segment, &late);
	if (step == DTS_STEP_HEAD && g->segment.head.first) {
		g->at.name = g->all.items[i];
		dts_position_copy(&g->at.from, &g->segment.head.from);
		dts_position_copy(&g->at.to, &g->segment.head.to);
		g->at.newest_before = g->segment.head.newest_before;
		return 1;
	}
	/* The newest may have nothing yet, or what a crash has left of it. */
	if (g->all.items[i].open && step != DTS_STEP_ERROR)
		return 0;
	*err = late;
	if (step == DTS_STEP_END || step == DTS_STEP_FOOT || step == DTS_STEP_HEAD)
		dts_fail(err, DTS_BAD_INPUT, "segment '%s' has no first head", g->segment.path);
	return -1;
}

/* The name of a log file without its number. */
static struct dts_slice base_of(const char *file)
{
	const char *point = strrchr(file, '.');

	return dts_slice(file, point ? (size_t)(point - file) : strlen(file));
}

/* Are the two of one row of files? Not where they have other names, or one of the same name was begun at another time. */
static bool same_row(const struct dts_position *a, const struct dts_position *b)
{
	return dts_slice_eq(base_of(a->file), base_of(b->file)) &&
	       (strcmp(a->file, b->file) != 0 || a->created == 0 || b->created == 0 || a->created == b->created);
}

static int none_left(const struct choosing *g, const char *what, struct dts_error *err)
{
	struct dts_buf text = {0};

	dts_position_add(&text, &g->at.from, true);
	dts_fail(err, DTS_GONE, "log '%s' does not have %s any more: it begins at %s", g->c->dir, what, dts_buf_text(&text));
	dts_buf_release(&text);
	return dts_hint(err, "begin anew, or read what is left with --start=oldest");
}

/* Does the segment begin at the position or before it, in its row of files? Where another server has taken the source's
 * place one begins without a file. */
static bool may_hold(const struct dts_begun *b, const struct dts_position *want)
{
	if (!b->from.file[0])
		return !b->to.file[0] || same_row(&b->to, want);
	return same_row(&b->from, want) && dts_position_compare(&b->from, want) <= 0;
}

/* The newest segment in which it may be. */
static int choose_by_file(struct choosing *g, const struct dts_position *want, struct dts_error *err)
{
	for (size_t i = g->all.count; i-- > 0;) {
		int rc = look_at(g, i, err);
		if (rc < 0)
			return -1;
		if (rc > 0 && may_hold(&g->at, want))
			return dts_log_cursor_open(g->c, &g->at.name, err) < 0 ? -1 : 1;
	}
	return 0;
}

/* The newest segment before which nothing is that the wanted GTIDs lack. */
static int choose_by_gtid(struct choosing *g, const struct dts_gtids *want, struct dts_error *err)
{
	bool known = false;

	for (size_t i = g->all.count; i-- > 0;) {
		int rc = look_at(g, i, err);
		if (rc < 0)
			return -1;
		if (rc == 0)
			continue;
		if (dts_log_check_form(&g->at.from.gtid, want, g->c->dir, err) < 0)
			return -1;
		known |= dts_gtids_known(&g->at.from.gtid);
		if (dts_gtids_cover(want, &g->at.from.gtid))
			return dts_log_cursor_open(g->c, &g->at.name, err) < 0 ? -1 : 1;
	}
	if (known)
		return none_left(g, "all that is behind these GTIDs", err);
	dts_fail(err, DTS_REFUSED, "log '%s' does not know the GTIDs of where it begins", g->c->dir);
	return dts_hint(err, "start by --start-position or --start-time");
}

static int choose_by_time(struct choosing *g, uint64_t time, struct dts_error *err)
{
	int rc = 0;

	for (size_t i = g->all.count; i-- > 0;) {
		rc = look_at(g, i, err);
		if (rc < 0)
			return -1;
		if (rc > 0 && g->at.newest_before < time)
			return dts_log_cursor_open(g->c, &g->at.name, err) < 0 ? -1 : 1;
	}
	return none_left(g, "the transactions of that time", err);
}

static int choose_oldest(struct choosing *g, struct dts_error *err)
{
	int rc = look_at(g, 0, err);

	return rc <= 0 ? rc : dts_log_cursor_open(g->c, &g->at.name, err) < 0 ? -1 : 1;
}

static int choose_newest(struct choosing *g, struct dts_error *err)
{
	int rc = look_at(g, g->all.count - 1, err);

	return rc <= 0 ? rc : dts_log_cursor_open(g->c, &g->at.name, err) < 0 ? -1 : 1;
}

/* At the end as it is now. */
static int go_to_end(struct choosing *g, struct dts_error *err)
{
	struct dts_log_cursor *c = g->c;
	struct dts_log_end end = {0};
	int rc = dts_log_find_end(c->dir, &end, err);

	if (rc == 0 && !end.empty)
		rc = dts_log_cursor_open_end(c, &end, err) < 0 ? -1 : 1;
	dts_log_end_release(&end);
	return rc;
}

static int choose_position(struct dts_log_seek *s, struct choosing *g, struct dts_error *err)
{
	int rc = 0;

	if (!s->by_gtid)
		rc = choose_by_file(g, &s->position, err);
	if (rc != 0)
		return rc;
	if (dts_gtids_known(&s->position.gtid)) {
		s->by_gtid = true;
		return choose_by_gtid(g, &s->position.gtid, err);
	}
	struct dts_buf what = {0};
	dts_buf_addf(&what, "position %s:%llu", s->position.file, (unsigned long long)s->position.offset);
	if (g->at.from.file[0] && same_row(&g->at.from, &s->position))
		rc = none_left(g, dts_buf_text(&what), err);
	else {
		rc = dts_fail(err, DTS_GONE, "%s is none of log '%s': that has files such as %s", dts_buf_text(&what), g->c->dir,
			      g->at.from.file[0] ? g->at.from.file : "(none)");
		dts_hint(err, "see where it begins and ends with dts-log info");
	}
	dts_buf_release(&what);
	return rc;
}

static int choose(struct dts_log_seek *s, struct choosing *g, struct dts_error *err)
{
	dts_segment_close(&g->segment);
	if (dts_segments_list(&g->all, g->c->dir, err) < 0)
		return -1;
	while (g->all.count > 0) { /* the newest may have nothing in it */
		int rc = look_at(g, g->all.count - 1, err);
		if (rc < 0)
			return -1;
		if (rc > 0)
			break;
		g->all.count--;
	}
	if (g->all.count == 0)
		return 0;
	switch (s->how) {
	case DTS_LOG_NOW:
		return s->walks ? choose_newest(g, err) : go_to_end(g, err);
	case DTS_LOG_TIME:
		return choose_by_time(g, s->time, err);
	case DTS_LOG_POSITION:
		return choose_position(s, g, err);
	default:
		return choose_oldest(g, err);
	}
}

/* Segments get other names, and old ones go, while we look. */
int dts_log_seek_choose(struct dts_log_seek *s, struct dts_log_cursor *c, struct dts_error *err)
{
	struct choosing g = {.c = c, .segment = {.fd = -1}};
	int rc = -1;

	for (int tries = 0; tries < 20; tries++) {
		struct dts_error late = DTS_ERROR_INIT;

		rc = choose(s, &g, &late);
		if (rc >= 0)
			break;
		*err = late;
		if (late.status != DTS_GONE || late.hint[0])
			break;
	}
	dts_segment_close(&g.segment);
	dts_segments_release(&g.all);
	dts_position_release(&g.at.from);
	dts_position_release(&g.at.to);
	return rc;
}

int dts_log_seek_begin(struct dts_log_seek *s, const struct dts_log_read_options *o, struct dts_log_cursor *c, struct dts_error *err)
{
	s->how = o->start;
	s->time = o->start_time;
	dts_position_copy(&s->position, &o->position);
	s->by_gtid = o->start == DTS_LOG_POSITION && !o->position.file[0];
	/* What a crash has left at the end is cut off when the log is gone on with, which who follows sees. */
	s->walks = o->start == DTS_LOG_NOW && o->follow;
	dts_record_init(&s->record);
	return dts_log_seek_choose(s, c, err);
}

void dts_log_seek_again(struct dts_log_seek *s, const struct dts_position *position)
{
	s->how = DTS_LOG_POSITION;
	s->in_tx = s->walks = false;
	dts_position_copy(&s->position, position);
	s->by_gtid = position->file[0] == '\0';
}

/*
 * The place is at hand by its file. Servers call their files alike: of one that took another's place it is this one only
 * if nothing before it is lacking, by its GTIDs; unless it is in the very file.
 */
static bool is_another(const struct dts_log_seek *s, const struct dts_log_cursor *c)
{
	const struct dts_position *want = &s->position, *at = &c->at;

	if (s->how != DTS_LOG_POSITION || s->by_gtid || !dts_gtids_known(&want->gtid) || !dts_gtids_known(&at->gtid) ||
	    (strcmp(at->file, want->file) == 0 && at->created != 0 && at->created == want->created))
		return false;
	return !dts_gtids_cover(&want->gtid, &at->gtid);
}

/* By its files the position is not where it seems to be: it is of another server, or from before they were begun anew. */
static int not_by_file(struct dts_log_seek *s, struct dts_log_cursor *c, struct dts_error *err)
{
	if (!dts_gtids_known(&s->position.gtid)) {
		dts_fail(err, DTS_GONE, "position %s:%llu is not one of log '%s': the file of that name there was begun at another time",
			 s->position.file, (unsigned long long)s->position.offset, c->dir);
		return dts_hint(err, "see where it begins and ends with dts-log info");
	}
	s->by_gtid = true;
	c->told = false;
	return dts_log_seek_choose(s, c, err) < 0 ? -1 : 0;
}

void dts_log_seek_release(struct dts_log_seek *s)
{
	dts_position_release(&s->position);
	dts_position_release(&s->begin);
	dts_record_release(&s->record);
}

/* Is the place before this record, which stands outside of transactions? `pos` is the record's. */
static int here_before(const struct dts_log_seek *s, const struct dts_record *r, const struct dts_position *pos, struct dts_error *err)
{
	const bool begins = r->op == DTS_OP_BEGIN, decides = r->op == DTS_OP_COMMIT || r->op == DTS_OP_ROLLBACK;
	uint64_t micro;
	struct dts_gtid gtid;

	if (s->how == DTS_LOG_TIME)
		return begins && r->time.p && dts_parse_time(r->time, &micro) == 0 && micro >= s->time;
	if (!s->by_gtid) {
		if (!pos->file[0])
			return 0;
		int order = dts_position_compare(pos, &s->position);
		return begins ? order >= 0 : order > 0;
	}
	if (!begins && !decides)
		return 0;
	if (dts_gtid_parse(&gtid, r->tx))
		return !dts_gtids_contain(&s->position.gtid, &gtid);
	dts_fail(err, DTS_REFUSED, "transaction %.*s has no GTID: it cannot be told whether it was had", (int)r->tx.len, r->tx.p);
	return dts_hint(err, "start by --start-position or --start-time");
}

/* The transaction that began before the place ends here. */
static int ends(struct dts_log_seek *s, const struct dts_position *pos, struct dts_error *err)
{
	s->in_tx = false;
	if (s->how != DTS_LOG_POSITION || s->by_gtid || !pos->file[0] || dts_position_compare(pos, &s->position) <= 0)
		return 0;
	dts_fail(err, DTS_BAD_INPUT, "position %s:%llu is inside of the transaction from %s:%llu to %s:%llu", s->position.file,
		 (unsigned long long)s->position.offset, s->begin.file, (unsigned long long)s->begin.offset, pos->file,
		 (unsigned long long)pos->offset);
	return dts_hint(err, "a position to start from must be the beginning of a transaction: the pos of a begin, commit or heartbeat record");
}

/* One record of the frame. 1: the place is before it; 0; -1. */
static int look_at_line(struct dts_log_seek *s, struct dts_log_cursor *c, struct dts_slice line, struct dts_error *err)
{
	enum dts_op op = dts_line_op(&s->record, line);
	struct dts_position pos = {0};
	int rc = 0;

	if (op != DTS_OP_BEGIN && op != DTS_OP_COMMIT && op != DTS_OP_PREPARE && op != DTS_OP_ROLLBACK && op != DTS_OP_HEARTBEAT &&
	    op != DTS_OP_STREAM)
		return 0;
	const struct dts_record *r = &s->record;
	if (dts_record_parse(&s->record, line, err) < 0 || (r->raw[DTS_F_POS].p && dts_position_parse(&pos, r->raw[DTS_F_POS], err) < 0)) {
		dts_where(err, "segment '%s', the frame at %llu", c->s.path, (unsigned long long)c->s.head.at);
		rc = -1;
	} else if (!s->in_tx) {
		rc = here_before(s, r, &pos, err);
		s->in_tx = rc == 0 && op == DTS_OP_BEGIN;
		if (s->in_tx)
			dts_position_copy(&s->begin, &pos);
		if (rc == 0 && op != DTS_OP_BEGIN)
			dts_log_follow_record(&c->at, r, &pos);
	} else if (op != DTS_OP_ROLLBACK || !r->raw[DTS_F_TO].p) {
		rc = ends(s, &pos, err);
		if (rc == 0 && op != DTS_OP_ROLLBACK)
			dts_log_follow_record(&c->at, r, &pos);
	}
	dts_position_release(&pos);
	return rc;
}

/* May the place be in this frame, or in the transaction that begins in it? */
static bool may_be_in(const struct dts_log_seek *s, const struct dts_log_cursor *c)
{
	const struct dts_frame_head *h = &c->s.head;

	if (s->walks)
		return false;
	if (h->inside || s->in_tx)
		return true;
	if (s->how == DTS_LOG_TIME)
		return h->last_time >= s->time;
	if (s->by_gtid)
		return !dts_gtids_known(&h->gtids) || !dts_gtids_cover(&s->position.gtid, &h->gtids);
	return h->to.file[0] && dts_position_compare(&h->to, &s->position) > 0;
}

/* Before the frame at hand: is the place there already? */
static bool is_here(const struct dts_log_seek *s, const struct dts_log_cursor *c)
{
	if (s->in_tx)
		return false;
	if (s->how == DTS_LOG_OLDEST || s->how == DTS_LOG_NOW)
		return !s->walks;
	return s->how == DTS_LOG_POSITION && (s->by_gtid ? dts_gtids_equal(&c->at.gtid, &s->position.gtid)
							 : c->at.file[0] && dts_position_compare(&c->at, &s->position) >= 0);
}

int dts_log_seek_frame(struct dts_log_seek *s, struct dts_log_cursor *c, struct dts_buf *content, size_t *skip, bool *lost,
		       struct dts_error *err)
{
	struct dts_slice text, line;

	*skip = 0;
	*lost = false;
	dts_buf_clear(content);
	if (!s->by_gtid && s->how == DTS_LOG_POSITION && strcmp(c->s.head.to.file, s->position.file) == 0 && !same_row(&c->s.head.to, &s->position))
		return not_by_file(s, c, err);
	if (s->by_gtid && dts_log_check_form(&c->s.head.gtids, &s->position.gtid, c->dir, err) < 0)
		return -1;
	if (is_here(s, c))
		return is_another(s, c) ? not_by_file(s, c, err) : 1;
	if (!may_be_in(s, c) || (s->in_tx && c->s.head.inside)) {
		dts_log_cursor_pass(c, true);
		return 0;
	}
	int rc = dts_log_cursor_load(c, content, err);
	if (rc <= 0) {
		*lost = rc == 0;
		return rc;
	}
	for (text = dts_buf_slice(content); dts_line_next(&text, &line);) {
		rc = look_at_line(s, c, line, err);
		*skip = (size_t)(line.p - content->data);
		if (rc != 0)
			return rc > 0 && is_another(s, c) ? not_by_file(s, c, err) : rc;
	}
	dts_log_cursor_pass(c, false);
	return 0;
}

int dts_log_seek_end(struct dts_log_seek *s, struct dts_log_cursor *c, struct dts_error *err)
{
	const struct dts_gtids *want = &s->position.gtid;

	if (s->walks) {
		s->walks = false;
		return 1;
	}
	if (s->how != DTS_LOG_POSITION || (is_here(s, c) && !is_another(s, c)))
		return s->how != DTS_LOG_TIME;
	if (is_here(s, c))
		return not_by_file(s, c, err) < 0 ? -1 : 2;
	if (s->by_gtid)
		return dts_gtids_cover(&c->at.gtid, want);
	/* What is beyond the end by its file and was had by its GTIDs is of an earlier server. */
	return dts_gtids_cover(&c->at.gtid, want) ? not_by_file(s, c, err) < 0 ? -1 : 2 : 0;
}
