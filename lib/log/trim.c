#include "log/keep.h"

#include <stdlib.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/message.h"
#include "base/signals.h"
#include "log/lock.h"
#include "log/survey.h"

struct trim {
	const struct dts_trim_options *o;
	struct dts_output *out;
	struct dts_survey survey;
	uint64_t size;   /* bytes of all files that are left */
	uint64_t free;   /* and what the file system has, what is removed included: a reader may hold it for a while */
	uint64_t before; /* microseconds since 1970: what began before this is old */
	bool switched;   /* the log is that of one server and then of another: only GTIDs compare */
};

/* Up to its last point, a name of a binary log is the same for all files of one server. */
static bool same_base(const char *a, const char *b)
{
	const char *x = strrchr(a, '.'), *y = strrchr(b, '.');

	return x && y && x - a == y - b && strncmp(a, b, (size_t)(x - a)) == 0;
}

static bool same_log(const struct dts_position *a, const struct dts_position *b)
{
	return a->file[0] && b->file[0] && same_base(a->file, b->file) &&
	       (strcmp(a->file, b->file) != 0 || a->created == b->created || a->created == 0 || b->created == 0);
}

/*
 * Has who stands at `p` all that is before `end`? 1, 0; -1: there is no telling. Names of files are alike on most
 * servers, so that where both places have GTIDs these must say so, too.
 */
static int is_behind(const struct trim *t, const struct dts_position *p, const struct dts_position *end)
{
	const bool gtids = dts_gtids_known(&p->gtid) && dts_gtids_known(&end->gtid), file = !t->switched && same_log(p, end);

	if (!gtids && !file)
		return -1;
	return (!gtids || dts_gtids_cover(&p->gtid, &end->gtid)) && (!file || dts_position_compare(p, end) >= 0);
}

/* Does a segment begin elsewhere than the one before it ends? Then it is of another server that took its place. */
static bool is_switched(const struct dts_survey *s)
{
	for (size_t i = 1; i < s->count; i++) {
		const struct dts_survey_segment *a = &s->items[i - 1], *b = &s->items[i];

		if (!a->damage && a->sum.frames > 0 && b->sum.frames > 0 &&
		    (strcmp(a->sum.to.file, b->sum.from.file) != 0 || a->sum.to.offset != b->sum.from.offset))
			return true;
	}
	return false;
}

/* Where the segment ends; NULL: it is damaged, and so is what says where the next one begins. */
static const struct dts_position *end_of(const struct trim *t, size_t i)
{
	const struct dts_survey_segment *s = &t->survey.items[i];

	if (!s->damage && s->sum.frames > 0)
		return &s->sum.to;
	return i + 1 < t->survey.count && s[1].sum.frames > 0 ? &s[1].sum.from : NULL;
}

/* The greatest time of a transaction up to there; 0: not known. */
static uint64_t newest_of(const struct trim *t, size_t i)
{
	const struct dts_survey_segment *s = &t->survey.items[i];

	if (!s->damage)
		return dts_survey_newest(s);
	return i + 1 < t->survey.count ? s[1].sum.newest_before : 0;
}

static int no_telling(const struct trim *t, size_t which, const struct dts_position *end, struct dts_error *err)
{
	struct dts_buf p = {0}, other = {0};

	dts_position_add(&p, &t->o->positions[which], true);
	dts_position_add(&other, end, true);
	dts_fail(err, DTS_REFUSED, "checkpoint %s stands at %.900s, which cannot be compared with the log's %.900s", t->o->names[which],
		 dts_buf_text(&p), dts_buf_text(&other));
	dts_buf_release(&p);
	dts_buf_release(&other);
	return dts_hint(err, "it is of another server's log, and no GTIDs tell where it is in this one: nothing was removed");
}

/* All of them, before anything goes. */
static int check_checkpoints(const struct trim *t, struct dts_error *err)
{
	for (size_t k = 0; k < t->o->count; k++)
		for (size_t i = 0; i < t->survey.count; i++) {
			const struct dts_position *end = end_of(t, i);

			if (end && is_behind(t, &t->o->positions[k], end) < 0)
				return no_telling(t, k, end, err);
		}
	return 0;
}

/* Does anything ask for it to go? */
static bool may_go(const struct trim *t, size_t i)
{
	const uint64_t newest = newest_of(t, i);

	return (t->o->older_than > 0 && newest > 0 && newest < t->before) || (t->o->keep_size > 0 && t->size > t->o->keep_size) ||
	       (t->o->keep_free > 0 && t->free < t->o->keep_free);
}

/* The first checkpoint that is not behind it, or `count`. */
static size_t needed_by(const struct trim *t, size_t i)
{
	const struct dts_position *end = end_of(t, i);
	size_t k = 0;

	while (k < t->o->count && end && is_behind(t, &t->o->positions[k], end) > 0)
		k++;
	return k;
}

static int tell_removed(struct trim *t, size_t i, struct dts_error *err)
{
	const struct dts_position *end = end_of(t, i);
	const uint64_t newest = newest_of(t, i);
	struct dts_buf *b = &t->out->buf;

	dts_buf_addf(b, "%s %s: %llu bytes", t->o->dry_run ? "would remove" : "removed", t->survey.items[i].name.name,
		     (unsigned long long)t->survey.items[i].size);
	if (end) {
		dts_buf_adds(b, ", up to ");
		dts_log_add_position(b, end);
	}
	if (newest > 0) {
		dts_buf_adds(b, ", ");
		dts_log_add_time(b, newest);
	}
	dts_buf_addc(b, '\n');
	return dts_output_record_done(t->out, err);
}

/* The place of the newest that is closed, or of the only one. It stays, since only what is closed is on the disk for certain: a
 * crash may leave nothing of the open one, and then the log is still to know how far it has come. */
static size_t newest_closed(const struct trim *t)
{
	const size_t count = t->survey.count;

	return count > 1 && t->survey.items[count - 1].name.open ? count - 2 : count - 1;
}

/* Why this one stays, and all behind it with it. */
static int tell_kept(struct trim *t, size_t i, struct dts_error *err)
{
	struct dts_buf *b = &t->out->buf;
	const size_t more = t->survey.count - i - 1, k = may_go(t, i) ? needed_by(t, i) : t->o->count;

	dts_buf_addf(b, "kept %s", t->survey.items[i].name.name);
	if (more > 0)
		dts_buf_addf(b, " and %zu more", more);
	if (!may_go(t, i))
		dts_buf_adds(b, ": nothing asks for more to go");
	else if (k < t->o->count) {
		dts_buf_adds(b, ": checkpoint ");
		dts_escape(b, dts_slice_of(t->o->names[k]));
		dts_buf_adds(b, " needs it, which stands at ");
		dts_log_add_position(b, &t->o->positions[k]);
	} else if (i == newest_closed(t)) {
		dts_buf_adds(b, ": the newest closed segment stays");
	} else {
		dts_buf_adds(b, ": it is damaged, and so is what tells where it ends");
	}
	dts_buf_addc(b, '\n');
	return dts_output_record_done(t->out, err);
}

/* The directory is synced after each, so that what a crash leaves has no hole. */
static int remove_one(struct trim *t, size_t i, struct dts_error *err)
{
	struct dts_survey_segment *s = &t->survey.items[i];
	struct dts_buf path = {0};
	int rc = 0;

	if (!t->o->dry_run) {
		if (unlink(dts_segment_path(&path, t->o->dir, s->name.name)) < 0)
			rc = dts_fail_errno(err, "cannot remove '%s'", dts_buf_text(&path));
		else
			rc = dts_log_sync_directory(t->o->dir, err);
	}
	t->size -= s->size;
	t->free += s->room;
	dts_buf_release(&path);
	return rc < 0 ? -1 : tell_removed(t, i, err);
}

static int trim(struct trim *t, struct dts_error *err)
{
	struct statvfs fs;
	struct timespec now;
	size_t i = 0;

	if (dts_log_survey(t->o->dir, &t->survey, err) < 0)
		return -1;
	t->switched = is_switched(&t->survey);
	if (check_checkpoints(t, err) < 0)
		return -1;
	if (statvfs(t->o->dir, &fs) < 0)
		return dts_fail_errno(err, "cannot look at the file system of '%s'", t->o->dir);
	t->free = (uint64_t)fs.f_bavail * fs.f_frsize;
	clock_gettime(CLOCK_REALTIME, &now);
	if (t->o->older_than < (double)now.tv_sec)
		t->before = (uint64_t)(((double)now.tv_sec - t->o->older_than) * 1e6);
	for (size_t k = 0; k < t->survey.count; k++)
		t->size += t->survey.items[k].size;
	/* With the oldest transactions the oldest segments go, and so the first that stays ends it. */
	while (t->survey.count > 0 && i < newest_closed(t) && may_go(t, i) && end_of(t, i) && needed_by(t, i) == t->o->count) {
		if (dts_signals_stop() != 0)
			return 1;
		if (remove_one(t, i, err) < 0)
			return -1;
		i++;
	}
	return i < t->survey.count ? tell_kept(t, i, err) : 0;
}

int dts_log_trim(const struct dts_trim_options *o, struct dts_output *out, struct dts_error *err)
{
	struct trim t = {.o = o, .out = out};
	int lock = -1, rc;

	if (dts_log_check(o->dir, err) < 0)
		return -1;
	if (!o->dry_run && (lock = dts_log_lock(o->dir, DTS_LOG_TIDY, true, err)) < 0)
		return -1;
	rc = trim(&t, err);
	if (lock >= 0)
		close(lock);
	dts_survey_release(&t.survey);
	return rc;
}
