#include "log/cursor.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAMAGE_HINT "the disk had written this, so that it is no crash that has damaged it: see dts-log(1), DAMAGE"

static void forget_segment(struct dts_log_cursor *c)
{
	if (c->open)
		dts_segment_close(&c->s);
	dts_segment_close(&c->scout);
	c->open = c->closed = c->has_passed = false;
	c->run_end = c->scouted = 0;
	c->telling_count = 0;
}

/* The same file once more, at its beginning. */
static int open_twin(const struct dts_segment *s, struct dts_segment *twin, struct dts_error *err)
{
	int fd = fcntl(s->fd, F_DUPFD_CLOEXEC, 0);

	if (fd < 0)
		return dts_fail_errno(err, "cannot open '%s' twice", s->path);
	*twin = (struct dts_segment){.fd = fd, .path = dts_strdup(s->path), .number = s->number, .part = s->part};
	return 0;
}

int dts_log_cursor_open(struct dts_log_cursor *c, const struct dts_segment_name *name, struct dts_error *err)
{
	struct dts_segment next = {.fd = -1};

	if (c->last.path && name->number == c->last.number ? open_twin(&c->last, &next, err) < 0
							   : dts_segment_open(&next, c->dir, name, err) < 0)
		return -1;
	forget_segment(c);
	c->s = next;
	c->open = true;
	return 0;
}

int dts_log_cursor_open_end(struct dts_log_cursor *c, const struct dts_log_end *end, struct dts_error *err)
{
	uint64_t size;

	if (dts_log_cursor_open(c, &end->segment, err) < 0 || dts_segment_size(&c->s, &size, err) < 0)
		return -1;
	if (end->closed && size != end->size + end->cut)
		return dts_fail(err, DTS_GONE, "segment '%s' was packed", c->s.path);
	c->closed = end->closed;
	c->s.next = end->size;
	dts_position_copy(&c->at, &end->pos);
	c->told = true;
	c->limit_number = end->segment.number;
	c->limit_offset = end->size;
	return 0;
}

void dts_log_cursor_close(struct dts_log_cursor *c)
{
	forget_segment(c);
	dts_segment_close(&c->last);
	dts_segments_release(&c->all);
	free(c->telling);
	dts_position_release(&c->at);
}

/* What is wrong at `at`, which `late` says: 0: it is not wholly there yet; -1: it is damaged. */
static int judge(struct dts_log_cursor *c, uint64_t at, const struct dts_error *late, struct dts_error *err)
{
	int behind = c->s.part ? dts_segment_synced_behind(&c->s, at, err) : 1;

	c->s.ahead.len = 0;
	c->s.next = at;
	if (behind <= 0)
		return behind;
	*err = *late;
	return dts_hint(err, DAMAGE_HINT);
}

/* As dts_segment_step(), but what may have been read before it was cut off and written anew is read again. */
static enum dts_step step_anew(struct dts_segment *s, struct dts_error *late)
{
	enum dts_step step = dts_segment_step(s, late);

	if (step != DTS_STEP_DAMAGE || s->ahead.len == 0)
		return step;
	s->ahead.len = 0;
	*late = (struct dts_error)DTS_ERROR_INIT;
	return dts_segment_step(s, late);
}

int dts_log_cursor_twin(const struct dts_log_cursor *c, struct dts_segment *twin, struct dts_error *err)
{
	return open_twin(&c->s, twin, err);
}

/* Can the frames from the one at hand up to the scout be unpacked, which the disk may not have had when it was written? */
static int check_run(struct dts_log_cursor *c, uint64_t start, struct dts_error *err)
{
	const uint64_t end = c->scout.next, synced = c->scout.head.synced;
	struct dts_buf content = {0};
	int rc = 1;

	for (c->scout.next = start; rc > 0 && c->scout.next < end;) {
		struct dts_error late = DTS_ERROR_INIT;

		dts_buf_clear(&content);
		if (dts_segment_step(&c->scout, &late) != DTS_STEP_HEAD)
			rc = 0; /* it was cut meanwhile */
		else if (c->scout.head.at >= synced && dts_segment_load(&c->scout, &content, &late) < 0)
			rc = late.status == DTS_BAD_INPUT ? judge(c, c->scout.head.at, &late, err) : -1;
		if (rc < 0 && late.status != DTS_BAD_INPUT)
			*err = late;
	}
	dts_buf_release(&content);
	c->scout.next = end;
	return rc;
}

/* Has a reader that does not follow come to its end, where what it reads of this segment goes on to `offset`? */
static bool beyond_limit(const struct dts_log_cursor *c, uint64_t offset)
{
	return c->limit_number > 0 && (c->s.number > c->limit_number || (c->s.number == c->limit_number && offset > c->limit_offset));
}

static int scout_end(struct dts_log_cursor *c, bool again, struct dts_error *err);

/* What the scout has passed may have been cut off, and written anew in other pieces: from the frame at hand on it is read again. */
static int scout_again(struct dts_log_cursor *c, uint64_t start, struct dts_error *err)
{
	struct dts_error late = DTS_ERROR_INIT;

	c->scouted = 0;
	c->s.ahead.len = 0;
	c->s.next = start;
	switch (dts_segment_step(&c->s, &late)) {
	case DTS_STEP_HEAD:
		break;
	case DTS_STEP_END:
		return 0;
	case DTS_STEP_DAMAGE:
		return judge(c, start, &late, err);
	default:
		*err = late;
		return -1;
	}
	if (beyond_limit(c, c->s.next))
		return 0;
	if (c->s.head.inside)
		return scout_end(c, true, err);
	c->run_wanted = !c->wanted || c->wanted(c->context, &c->s.head);
	return 1;
}

/* The frame at hand ends inside a transaction: is its end there, too? `again`: nothing of it was read before. 1, 0, -1. */
static int scout_end(struct dts_log_cursor *c, bool again, struct dts_error *err)
{
	const uint64_t start = c->s.head.at, behind = c->s.next;

	if (!c->scout.path && dts_log_cursor_twin(c, &c->scout, err) < 0)
		return -1;
	if (c->scouted <= behind) {
		c->scouted = behind;
		c->run_wanted = !c->wanted || c->wanted(c->context, &c->s.head);
	}
	c->scout.ahead.len = 0;
	for (c->scout.next = c->scouted;;) {
		struct dts_error late = DTS_ERROR_INIT;
		enum dts_step step = dts_segment_step(&c->scout, &late);

		if (step == DTS_STEP_DAMAGE && c->s.part && !again)
			return scout_again(c, start, err);
		if (step == DTS_STEP_END || (step == DTS_STEP_DAMAGE && c->s.part)) {
			if (step == DTS_STEP_DAMAGE && judge(c, c->scout.next, &late, err) < 0)
				return -1;
			c->scouted = step == DTS_STEP_END ? c->scout.next : 0;
			return 0;
		}
		if (step == DTS_STEP_FOOT)
			return dts_fail(err, DTS_BAD_INPUT, "segment '%s' was closed inside a transaction", c->s.path);
		if (step != DTS_STEP_HEAD) {
			*err = late;
			return -1;
		}
		c->run_wanted |= !c->wanted || c->wanted(c->context, &c->scout.head);
		if (!c->scout.head.inside)
			break;
	}
	int rc = beyond_limit(c, c->scout.next) ? 0 : c->s.part ? check_run(c, start, err) : 1;
	c->run_end = rc > 0 ? c->scout.next : 0;
	c->scouted = 0;
	return rc;
}

/* The place of the first of the segments listed that has this number or a higher one. */
static size_t place_of(const struct dts_segments *all, uint64_t number)
{
	size_t low = 0, high = all->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (all->items[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Opens that number of those listed. 1; 0: it is not among them, or has another name now; -1. */
static int open_listed(struct dts_log_cursor *c, uint64_t number, struct dts_error *err)
{
	struct dts_error gone = DTS_ERROR_INIT;
	const size_t i = place_of(&c->all, number);

	if (i == c->all.count || c->all.items[i].number != number)
		return 0;
	if (dts_log_cursor_open(c, &c->all.items[i], &gone) == 0)
		return 1;
	if (gone.status == DTS_GONE)
		return 0;
	*err = gone;
	return -1;
}

/* The segment ends: 1: the next is open; 0: there is none yet; -1. */
static int next_segment(struct dts_log_cursor *c, struct dts_error *err)
{
	const uint64_t number = c->s.number + 1;
	int rc = open_listed(c, number, err);

	for (int tries = 0; tries < 20 && rc == 0; tries++) {
		if (dts_segments_list(&c->all, c->dir, err) < 0)
			return -1;
		const size_t i = place_of(&c->all, number);
		if (i == c->all.count)
			return 0;
		if (c->all.items[i].number > number) {
			dts_fail(err, DTS_GONE, "log '%s': segment %012llu was removed before it was read; the oldest that is left is %s",
				 c->dir, (unsigned long long)number, c->all.items[i].name);
			return dts_hint(err, "trim with the reader's --checkpoint named, or keep more; this reader must begin anew");
		}
		rc = open_listed(c, number, err);
	}
	return rc;
}

/* Was the file removed, other than because it is closed and was read? Who appends does so with one that had nothing whole. */
static bool was_removed(const struct dts_log_cursor *c)
{
	struct stat st;

	return c->s.part && fstat(c->s.fd, &st) == 0 && st.st_nlink == 0;
}

/* The first frame of a segment: does it go on where the one before has ended? */
static int begin_segment(struct dts_log_cursor *c, struct dts_error *err)
{
	const struct dts_position *from = &c->s.head.from, *at = &c->at;
	const bool files = from->file[0] && at->file[0], gtids = dts_gtids_known(&from->gtid) && dts_gtids_known(&at->gtid);
	const bool other_files = files && (strcmp(from->file, at->file) != 0 || from->offset != at->offset ||
					   (from->created != 0 && at->created != 0 && from->created != at->created));

	if (c->told && (gtids ? !dts_gtids_equal(&from->gtid, &at->gtid) : other_files)) {
		struct dts_buf one = {0}, two = {0};

		dts_position_add(&one, from, true);
		dts_position_add(&two, at, true);
		dts_fail(err, DTS_BAD_INPUT, "segment '%s' begins at %s, and the one before it has ended at %s", c->s.path, dts_buf_text(&one),
			 dts_buf_text(&two));
		dts_buf_release(&one);
		dts_buf_release(&two);
		return dts_hint(err, "one of the two is of another log");
	}
	if (!c->told || dts_gtids_known(&from->gtid) || from->file[0]) {
		dts_position_copy(&c->at, from);
		c->told = true;
	}
	return 0;
}

static enum dts_cursor_step at_head(struct dts_log_cursor *c, struct dts_error *err)
{
	const uint64_t at = c->s.head.at;

	if (beyond_limit(c, c->s.next)) {
		c->s.next = at;
		return DTS_CURSOR_END;
	}
	if (at == 0 && !c->s.head.first) {
		dts_fail(err, DTS_BAD_INPUT, "segment '%s': its first head does not say where it begins", c->s.path);
		return DTS_CURSOR_ERROR;
	}
	if (at == 0 && begin_segment(c, err) < 0)
		return DTS_CURSOR_ERROR;
	if (c->s.next <= c->run_end)
		return DTS_CURSOR_FRAME;
	if (!c->s.head.inside) {
		c->run_wanted = !c->wanted || c->wanted(c->context, &c->s.head);
		return DTS_CURSOR_FRAME;
	}
	int rc = scout_end(c, false, err);
	if (rc <= 0)
		c->s.next = at;
	return rc > 0 ? DTS_CURSOR_FRAME : rc < 0 ? DTS_CURSOR_ERROR : DTS_CURSOR_END;
}

bool dts_log_cursor_replaced(struct dts_log_cursor *c)
{
	if (c->s.next > 0 || !was_removed(c))
		return false;
	dts_segment_close(&c->last);
	c->s.number--;
	c->s.part = false;
	c->closed = true;
	return true;
}

static enum dts_cursor_step at_end(struct dts_log_cursor *c, struct dts_error *err)
{
	if (c->s.part && !was_removed(c))
		return DTS_CURSOR_END;
	dts_fail(err, DTS_BAD_INPUT, c->s.part ? "segment '%s' was removed before it was closed"
					       : "segment '%s' was closed, and its end is missing", c->s.path);
	return DTS_CURSOR_ERROR;
}

enum dts_cursor_step dts_log_cursor_next(struct dts_log_cursor *c, struct dts_error *err)
{
	enum dts_cursor_step step;
	bool removed = false;

	for (;;) {
		struct dts_error late = DTS_ERROR_INIT;

		if (c->closed && c->s.number == c->limit_number)
			return DTS_CURSOR_END;
		if (c->closed) {
			int rc = next_segment(c, err);
			if (rc <= 0)
				return rc < 0 ? DTS_CURSOR_ERROR : DTS_CURSOR_END;
			continue;
		}
		switch (step_anew(&c->s, &late)) {
		case DTS_STEP_HEAD:
			step = at_head(c, err);
			if (step != DTS_CURSOR_END || !dts_log_cursor_replaced(c))
				return step;
			break;
		case DTS_STEP_FOOT:
			c->closed = true;
			break;
		case DTS_STEP_END:
			/* It may have been closed, and packed or trimmed, since the step: what is removed is not written any more. */
			if (!removed && c->s.part && was_removed(c)) {
				removed = true;
				break;
			}
			if (!dts_log_cursor_replaced(c))
				return at_end(c, err);
			break; /* and it may be there already */
		case DTS_STEP_DAMAGE:
			if (judge(c, c->s.next, &late, err) < 0)
				return DTS_CURSOR_ERROR;
			if (!dts_log_cursor_replaced(c))
				return DTS_CURSOR_END;
			break;
		default:
			*err = late;
			return DTS_CURSOR_ERROR;
		}
	}
}

int dts_log_cursor_load(struct dts_log_cursor *c, struct dts_buf *content, struct dts_error *err)
{
	struct dts_error late = DTS_ERROR_INIT;

	dts_buf_clear(content);
	if (dts_segment_load(&c->s, content, &late) == 0)
		return 1;
	if (late.status == DTS_BAD_INPUT)
		return judge(c, c->s.head.at, &late, err);
	*err = late;
	return -1;
}

void dts_log_gtids_both(struct dts_gtids *g, const struct dts_gtids *other)
{
	struct dts_gtid gtid = {.form = DTS_GTID_MARIADB};

	if (other->form == DTS_GTID_MYSQL || dts_gtids_is_empty(other)) {
		dts_gtids_unite(g, other);
		return;
	}
	for (size_t i = 0; i < other->list.count; i++) {
		gtid.domain = other->list.items[i].domain;
		gtid.server = other->list.items[i].server;
		gtid.number = other->list.items[i].sequence;
		if (!dts_gtids_contain(g, &gtid))
			dts_gtids_include(g, &gtid);
	}
}

int dts_log_check_form(const struct dts_gtids *has, const struct dts_gtids *asked, const char *dir, struct dts_error *err)
{
	if (!dts_gtids_known(has) || !dts_gtids_known(asked) || dts_gtids_is_empty(asked) || dts_gtids_fits(has, asked->form))
		return 0;
	dts_fail(err, DTS_REFUSED, "the GTIDs asked for are not of the kind that the source of log '%s' has", dir);
	return dts_hint(err, "MariaDB's are like 0-1-6, MySQL's like UUID:1-5");
}

void dts_log_follow_head(struct dts_position *at, const struct dts_frame_head *h)
{
	if (dts_gtids_known(&h->to.gtid))
		dts_gtids_copy(&at->gtid, &h->to.gtid);
	else if (!dts_gtids_known(&h->gtids) || dts_gtids_unite(&at->gtid, &h->gtids) < 0)
		dts_gtids_clear(&at->gtid);
	memcpy(at->file, h->to.file, sizeof at->file);
	at->offset = h->to.offset;
	at->created = h->to.created;
}

/* Frames that say what is in force behind them are kept in mind; a stream record begins anew. */
static void note_telling(struct dts_log_cursor *c)
{
	const struct dts_frame_head *h = &c->s.head;

	if (h->streams + h->schemas + h->ddls == 0 || (c->telling_count > 0 && c->telling[c->telling_count - 1] >= h->at))
		return;
	if (h->streams > 0)
		c->telling_count = 0;
	if (c->telling_count == c->telling_cap) {
		c->telling_cap = c->telling_cap > 0 ? 2 * c->telling_cap : 16;
		c->telling = dts_realloc(c->telling, c->telling_cap * sizeof *c->telling);
	}
	c->telling[c->telling_count++] = h->at;
}

void dts_log_cursor_pass(struct dts_log_cursor *c, bool advance)
{
	note_telling(c);
	if (advance)
		dts_log_follow_head(&c->at, &c->s.head);
	c->passed_at = c->s.head.at;
	c->has_passed = c->s.part && pread(c->s.fd, c->passed, sizeof c->passed, (off_t)c->passed_at) == (ssize_t)sizeof c->passed;
}

int dts_log_cursor_still(struct dts_log_cursor *c, struct dts_error *err)
{
	char now[sizeof c->passed];

	if (!c->open)
		return 1;
	c->s.ahead.len = 0;
	if (!c->has_passed)
		return 1;
	ssize_t n = pread(c->s.fd, now, sizeof now, (off_t)c->passed_at);
	if (n < 0)
		return dts_fail_errno(err, "cannot read '%s'", c->s.path);
	uint64_t size;
	if (dts_segment_size(&c->s, &size, err) < 0)
		return -1;
	return n == (ssize_t)sizeof now && memcmp(now, c->passed, sizeof now) == 0 && size >= c->s.next;
}

int dts_log_cursor_limit(struct dts_log_cursor *c, struct dts_error *err)
{
	struct dts_segments all = {0};
	int rc = 0;

	for (int tries = 0; tries < 20; tries++) {
		struct dts_error late = DTS_ERROR_INIT;

		dts_segment_close(&c->last);
		rc = dts_segments_list(&all, c->dir, &late);
		if (rc == 0 && all.count > 0) {
			c->limit_number = all.items[all.count - 1].number;
			rc = dts_segment_open(&c->last, c->dir, &all.items[all.count - 1], &late) < 0 ||
			     dts_segment_size(&c->last, &c->limit_offset, &late) < 0 ? -1 : 1;
		}
		if (rc >= 0)
			break;
		*err = late;
		if (late.status != DTS_GONE)
			break;
	}
	dts_segments_release(&all);
	return rc;
}
