#include "log/survey.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "record/moment.h"

/* Sums up the heads before `upto`. */
static int sum_heads(struct dts_segment *s, uint64_t upto, struct dts_survey_segment *to, struct dts_error *err)
{
	dts_frame_head_clear(&to->sum);
	for (s->next = 0; s->next < upto;) {
		enum dts_step step = dts_segment_step(s, err);

		if (step == DTS_STEP_ERROR)
			return -1;
		if (step != DTS_STEP_HEAD)
			break;
		dts_frame_head_sum(&to->sum, &s->head);
	}
	return 0;
}

/* By its heads, up to the last that ends outside a transaction. */
static int look_at_heads(struct dts_segment *s, struct dts_survey_segment *to, struct dts_error *err)
{
	struct dts_error damage = DTS_ERROR_INIT;
	enum dts_step step;
	uint64_t whole = 0;

	s->next = 0;
	while ((step = dts_segment_step(s, &damage)) == DTS_STEP_HEAD)
		if (!s->head.inside)
			whole = s->next;
	int torn = step == DTS_STEP_DAMAGE && s->part ? dts_segment_synced_behind(s, s->next, err) : 1;
	if (step == DTS_STEP_ERROR || torn < 0) {
		if (torn >= 0)
			*err = damage;
		return -1;
	}
	to->closed = step == DTS_STEP_FOOT;
	if (step == DTS_STEP_DAMAGE && torn > 0)
		to->damage = dts_strdup(damage.message);
	else if (step == DTS_STEP_END && !s->part) {
		dts_fail(&damage, DTS_BAD_INPUT, "segment '%s' was closed, and its end is missing", s->path);
		to->damage = dts_strdup(damage.message);
	}
	return sum_heads(s, whole, to, err);
}

static int look_at(struct dts_segment *s, const char *dir, struct dts_survey_segment *to, bool newest, struct dts_error *err)
{
	struct stat st;

	if (dts_segment_open(s, dir, &to->name, err) < 0)
		return -1;
	if (fstat(s->fd, &st) < 0)
		return dts_fail_errno(err, "cannot look at '%s'", s->path);
	to->size = (uint64_t)st.st_size;
	to->room = (uint64_t)st.st_blocks * 512;
	int foot = newest ? 0 : dts_segment_foot(s, &to->sum, err);
	to->closed = foot > 0;
	return foot != 0 ? foot : look_at_heads(s, to, err);
}

static int survey(const char *dir, struct dts_survey *s, struct dts_error *err)
{
	struct dts_segments names = {0};
	struct dts_segment segment = {.fd = -1};
	int rc = dts_segments_list(&names, dir, err);

	dts_survey_release(s);
	if (rc == 0) {
		s->items = dts_zalloc(names.count + 1, sizeof *s->items);
		s->count = names.count;
	}
	for (size_t i = 0; rc >= 0 && i < s->count; i++) {
		s->items[i].name = names.items[i];
		rc = look_at(&segment, dir, &s->items[i], i + 1 == s->count, err);
		dts_segment_close(&segment);
	}
	dts_segments_release(&names);
	return rc < 0 ? -1 : 0;
}

int dts_log_survey(const char *dir, struct dts_survey *s, struct dts_error *err)
{
	/* A segment that is closed or removed between listing and opening. */
	for (int tries = 0; tries < 10; tries++) {
		struct dts_error late = DTS_ERROR_INIT;

		if (survey(dir, s, &late) == 0)
			return 0;
		*err = late;
		if (late.status != DTS_GONE)
			break;
	}
	return -1;
}

void dts_survey_release(struct dts_survey *s)
{
	for (size_t i = 0; i < s->count; i++) {
		dts_frame_head_release(&s->items[i].sum);
		free(s->items[i].damage);
	}
	free(s->items);
	*s = (struct dts_survey){0};
}

void dts_log_add_time(struct dts_buf *b, uint64_t micro)
{
	struct dts_moment m = {0};
	unsigned fraction = (unsigned)(micro % 1000000);

	dts_moment_from_seconds(&m, micro / 1000000);
	dts_buf_addf(b, "%04u-%02u-%02uT%02u:%02u:%02u", m.year, m.month, m.day, m.hour, m.minute, m.second);
	if (fraction > 0)
		dts_buf_addf(b, ".%06u", fraction);
	dts_buf_addc(b, 'Z');
}

void dts_log_add_size(struct dts_buf *b, uint64_t bytes)
{
	static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	double n = (double)bytes;
	size_t unit = 0;

	for (; n >= 1023.95 && unit + 1 < sizeof units / sizeof *units; unit++)
		n /= 1024;
	dts_buf_addf(b, unit > 0 ? "%.1f %s" : "%.0f %s", n, units[unit]);
}

void dts_log_add_position(struct dts_buf *b, const struct dts_position *p)
{
	if (p->file[0])
		dts_buf_addf(b, "%s:%llu", p->file, (unsigned long long)p->offset);
	else
		dts_gtids_add(b, &p->gtid);
}
