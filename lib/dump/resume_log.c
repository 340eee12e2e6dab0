#include <time.h>

#include "dump/resume_parts.h"
#include "log/survey.h"
#include "mysql/place.h"

/*
 * Positions of a log that was begun anew since (RESET MASTER, RESET BINARY LOGS AND GTIDS), or lost its end,
 * mean nothing any more, whatever they look like beside today's: what was changed
 * between the two snapshots is in no log.
 */
struct finding {
	struct dts_buf why;
	bool missing; /* the place is not in the log; the file may just have been purged */
};

static int begun_anew(const struct dts_resume *r, const struct dts_source *source, struct finding *f, struct dts_error *err)
{
	dts_fail(err, DTS_GONE, "the binary log of source '%.*s' was begun anew (RESET MASTER?)%s since %s%s%s was begun: %s",
		 (int)source->src.len, source->src.data, f->missing ? " or purged" : "", r->directory ? "the dump in '" : "checkpoint ", r->spec,
		 r->directory ? "'" : "", dts_buf_text(&f->why));
	if (f->missing && !r->directory && !r->log)
		return dts_hint(err, "if a log has kept the changes since, --log=DIR goes on by that; else start the full phase anew: remove "
				"the checkpoint with dts-checkpoint, and empty the tables");
	return dts_hint(err, r->directory ? "start the dump anew: remove that directory, or name another"
					  : "start the full phase anew: remove the checkpoint with dts-checkpoint, and empty the tables");
}

static void add_place(struct dts_buf *out, const struct dts_position *p)
{
	dts_buf_addf(out, "%s:%llu", p->file, (unsigned long long)p->offset);
}

static void add_time(struct dts_buf *out, uint64_t seconds)
{
	time_t t = (time_t)seconds;
	struct tm tm;
	char text[32];

	if (gmtime_r(&t, &tm) && strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm) > 0)
		dts_buf_adds(out, text);
}

/* Moves `to` on to a chunk's position, JSON text, if that is behind it. */
static void raise_to(struct dts_position *to, const char *text)
{
	struct dts_error ignored = DTS_ERROR_INIT;
	struct dts_slice json = dts_slice_of(text);
	struct dts_position p = {0};

	if (dts_json_check(json, &ignored) == 0 && dts_position_parse(&p, json, &ignored) == 0 && p.file[0] &&
	    dts_position_compare(&p, to) > 0)
		dts_position_copy(to, &p);
	dts_position_release(&p);
}

/* The last position that is known of the log. */
static void find_highest(const struct dts_resume *r, struct dts_position *highest)
{
	const struct dts_map_entry *e;

	dts_position_copy(highest, &r->state.watermark);
	for (size_t at = 0; (e = dts_map_next(&r->tables, &at));) {
		const struct dts_resume_table *t = e->value;
		for (size_t i = 0; i < t->count; i++) {
			raise_to(highest, t->marks[i].low);
			raise_to(highest, t->marks[i].high);
		}
	}
}

/* 1: `now` is not before what is known of the log; 0: why not. */
static int is_behind(const struct dts_resume *r, const struct dts_position *now, struct dts_buf *why)
{
	struct dts_position highest = {0};

	find_highest(r, &highest);
	int behind = dts_position_compare(now, &highest) >= 0;
	if (!behind) {
		add_place(why, now);
		dts_buf_adds(why, " is before ");
		add_place(why, &highest);
	}
	dts_position_release(&highest);
	return behind;
}

/* MariaDB: is the GTID position there the one that it was? 1; 0: why not; 2: nobody can tell; -1. */
static int has_gtid(struct dts_session *s, const struct dts_position *was, struct finding *f, struct dts_error *err)
{
	struct dts_buf *why = &f->why;
	struct dts_buf text = {0};
	struct dts_gtids gtid = {0};
	int rc = dts_place_ask_gtid(s, was, &text, err);

	if (rc == 0) {
		add_place(why, was);
		dts_buf_adds(why, " is not in it");
		f->missing = true;
	} else if (rc > 0 && dts_gtids_parse(&gtid, dts_buf_slice(&text), DTS_GTID_NONE, err) < 0) {
		rc = -1;
	} else if (rc > 0 && (!dts_gtids_known(&gtid) || !dts_gtids_known(&was->gtid))) {
		rc = 2;
	} else if (rc > 0 && !dts_gtids_equal(&gtid, &was->gtid)) {
		dts_buf_adds(why, "the GTID position of ");
		add_place(why, was);
		dts_buf_addf(why, " is %s and was ", dts_buf_text(&text));
		dts_gtids_add(why, &was->gtid);
		rc = 0;
	}
	dts_gtids_release(&gtid);
	dts_buf_release(&text);
	return rc;
}

/* Has the server had all transactions that it had then? 1; 0: why not. */
static int covers(const struct dts_position *now, const struct dts_position *was, struct dts_buf *why)
{
	if (!dts_gtids_known(&now->gtid) || !dts_gtids_known(&was->gtid) || dts_gtids_cover(&now->gtid, &was->gtid))
		return 1;
	dts_buf_adds(why, "its GTID position is '");
	dts_gtids_add(why, &now->gtid);
	dts_buf_adds(why, "' and was '");
	dts_gtids_add(why, &was->gtid);
	dts_buf_addc(why, '\'');
	return 0;
}

/* Is the file that was read from the one that it was? 1, or nobody can tell; 0: why not; -1. */
static int same_file(const struct dts_source *source, const struct dts_position *was, struct finding *f, struct dts_error *err)
{
	struct dts_buf *why = &f->why;
	struct dts_position is = {0};

	if (was->created == 0)
		return 1;
	dts_position_set(&is, dts_slice_of(was->file), was->offset);
	int rc = dts_place_begun(source->connect, &is, err);
	if (rc < 0 && err->status == DTS_GONE) {
		dts_buf_adds(why, err->message);
		f->missing = true;
		rc = 0;
	} else if (rc > 0 && is.created != was->created) {
		dts_buf_addf(why, "file %s was begun ", was->file);
		add_time(why, was->created);
		dts_buf_adds(why, " and now ");
		add_time(why, is.created);
		rc = 0;
	} else if (rc == 0) {
		rc = 1;
	}
	dts_position_release(&is);
	return rc;
}

static int add_log(const struct dts_resume *r, struct finding *f, const char *what)
{
	dts_buf_addf(&f->why, " is not in it, and log '%s' %s", r->log, what);
	return 0;
}

/* Does the log begin at `was` or before? 1; 0: why not; -1. */
static int reaches_back(const struct dts_resume *r, const struct dts_position *was, const struct dts_position *end, struct finding *f,
			struct dts_error *err)
{
	struct dts_survey survey = {0};
	int rc = dts_log_survey(r->log, &survey, err);

	if (rc == 0 && survey.count > 0) {
		const struct dts_position *from = &survey.items[0].sum.from;

		rc = from->file[0] && end->file[0] && dts_position_compare(from, was) <= 0 && dts_position_compare(was, end) <= 0;
		/* The same name may have been that of another file. */
		if (rc > 0 && strcmp(from->file, was->file) == 0 && from->created != 0 && was->created != 0)
			rc = from->created == was->created;
		if (rc == 0) {
			add_log(r, f, "goes from ");
			add_place(&f->why, from);
			dts_buf_adds(&f->why, " to ");
			add_place(&f->why, end);
		}
	}
	dts_survey_release(&survey);
	return rc;
}

/* Is a log's end in the source's log, with the transactions that were before it? 1; 0: why not; -1. */
static int goes_on(const struct dts_source *source, struct dts_session *s, const struct dts_position *end, struct finding *f, struct dts_error *err)
{
	struct dts_position place = {0};
	struct dts_buf text = {0};
	int rc = s->family == DTS_MARIADB ? dts_place_ask_gtid(s, end, &text, err) : 1;

	if (rc == 0)
		add_place(&f->why, end);
	if (rc > 0 && text.len > 0 && dts_gtids_parse(&place.gtid, dts_buf_slice(&text), DTS_GTID_NONE, err) < 0)
		rc = -1;
	if (rc > 0)
		rc = covers(s->family == DTS_MARIADB ? &place : &source->pos, end, &f->why);
	if (rc > 0)
		rc = same_file(source, end, f, err);
	dts_position_release(&place);
	dts_buf_release(&text);
	return rc;
}

/* The source has purged the place: has the log kept what was there, and does the source's go on where that ends? */
static int is_kept(const struct dts_resume *r, const struct dts_source *source, struct dts_session *s, struct finding *f, struct dts_error *err)
{
	struct dts_source_state log = {0};

	dts_buf_clear(&f->why);
	add_place(&f->why, &r->state.watermark);
	int rc = dts_resume_log(r->log, dts_buf_slice(&source->src), &log, NULL, NULL, err);
	if (rc == 0)
		add_log(r, f, "is empty");
	else if (rc > 0 && !dts_slice_eq(dts_buf_slice(&log.server_id), dts_buf_slice(&r->state.server_id)))
		rc = add_log(r, f, "is of another server");
	if (rc > 0)
		rc = reaches_back(r, &r->state.watermark, &log.applied, f, err);
	if (rc > 0) {
		dts_buf_clear(&f->why);
		rc = goes_on(source, s, &log.applied, f, err);
		if (rc == 0)
			add_log(r, f, "ends there");
	}
	dts_source_state_release(&log);
	return rc;
}

int dts_resume_check_log(const struct dts_resume *r, const struct dts_source *source, struct dts_session *s, struct dts_error *err)
{
	const struct dts_position *was = &r->state.watermark, *now = &source->pos;
	struct finding f = {0};
	int rc = 2;

	if (!was->file[0] || !now->file[0])
		return 0;
	if (!is_behind(r, now, &f.why))
		rc = 0;
	else if (s->family == DTS_MARIADB)
		rc = has_gtid(s, was, &f, err);
	/* Where the server is not strict, its GTIDs may fall by themselves: only if it did not tell. */
	if (rc == 2)
		rc = covers(now, was, &f.why);
	if (rc > 0)
		rc = same_file(source, was, &f, err);
	if (rc == 0 && f.missing && r->log)
		rc = is_kept(r, source, s, &f, err);
	if (rc == 0)
		rc = begun_anew(r, source, &f, err);
	else if (rc > 0)
		rc = 0;
	dts_buf_release(&f.why);
	return rc;
}
