#include "log/end.h"

#include <stdlib.h>

#include "log/line.h"
#include "log/schemas.h"

struct finding {
	const char *dir;
	struct dts_log_end *end;
	struct dts_segment segment;
	uint64_t heads_end;  /* behind the last head whose frame is there */
	uint64_t synced;     /* what the disk had when the last of them was written */
	struct dts_buf ends; /* offsets behind frames that end outside a transaction: the last up to `synced`, and all above */
	uint64_t whole;      /* behind the last of them that is known to be there */
	uint64_t stream_at;  /* offset of the last head whose frame has a stream record */
	bool has_stream;
	struct dts_buf content;
};

static int no_crash(struct dts_error *err)
{
	return dts_hint(err, "the disk had written this, so that it is no crash that has damaged it: see dts-log(1), DAMAGE");
}

/* Damage that no crash explains is told, any other is cut off. */
static int judge(struct finding *f, uint64_t offset, struct dts_error *err)
{
	struct dts_error late = DTS_ERROR_INIT;
	int rc = f->segment.part ? dts_segment_synced_behind(&f->segment, offset, &late) : 1;

	if (rc < 0)
		*err = late;
	if (rc <= 0)
		return rc;
	return no_crash(err);
}

static uint64_t end_at(const struct finding *f, size_t i)
{
	uint64_t at = 0;

	if ((i + 1) * sizeof at <= f->ends.len)
		memcpy(&at, f->ends.data + i * sizeof at, sizeof at);
	return at;
}

/* The disk has what is before `synced`: of the offsets before it the last is enough. */
static void forget_ends(struct finding *f)
{
	size_t n = 0;

	while ((n + 2) * sizeof(uint64_t) <= f->ends.len && end_at(f, n + 1) <= f->synced)
		n++;
	if (n == 0)
		return;
	f->ends.len -= n * sizeof(uint64_t);
	memmove(f->ends.data, f->ends.data + n * sizeof(uint64_t), f->ends.len);
}

static void take_head(struct finding *f)
{
	struct dts_segment *s = &f->segment;

	dts_frame_head_sum(&f->end->sum, &s->head);
	if (s->head.streams > 0) {
		f->stream_at = s->head.at;
		f->has_stream = true;
	}
	if (!s->head.inside)
		dts_buf_add(&f->ends, &s->next, sizeof s->next);
	if (s->head.synced != f->synced) {
		f->synced = s->head.synced;
		forget_ends(f);
	}
}

/* How far the heads go, up to `limit`, and their sum. 0, -1. */
static int walk_heads(struct finding *f, uint64_t limit, struct dts_error *err)
{
	struct dts_segment *s = &f->segment;

	dts_frame_head_clear(&f->end->sum);
	dts_buf_clear(&f->ends);
	f->end->closed = f->has_stream = false;
	f->synced = 0;
	for (s->next = f->heads_end = 0; s->next < limit;) {
		enum dts_step step = dts_segment_step(s, err);

		f->heads_end = s->next;
		if (step == DTS_STEP_FOOT) {
			f->synced = s->head.synced;
			f->end->closed = true;
		}
		if (step == DTS_STEP_DAMAGE)
			return judge(f, s->next, err);
		if (step == DTS_STEP_ERROR)
			return -1;
		if (step != DTS_STEP_HEAD)
			return 0;
		take_head(f);
	}
	return 0;
}

/* Unpacks what the disk may not have had, up to the first frame that is damaged. */
static int check_frames(struct finding *f, struct dts_error *err)
{
	struct dts_segment *s = &f->segment;

	forget_ends(f);
	f->whole = end_at(f, 0) <= f->synced ? end_at(f, 0) : 0;
	for (s->next = f->whole; s->next < f->heads_end;) {
		enum dts_step step = dts_segment_step(s, err);

		if (step == DTS_STEP_FOOT) {
			f->whole = s->next;
			return 0;
		}
		if (step != DTS_STEP_HEAD) /* it was cut meanwhile, by who appends */
			return step == DTS_STEP_END ? 0 : -1;
		dts_buf_clear(&f->content);
		if (s->head.at >= f->synced && dts_segment_load(s, &f->content, err) < 0) {
			f->end->closed = false;
			return err->status == DTS_BAD_INPUT ? judge(f, s->head.at, err) : -1;
		}
		if (!s->head.inside)
			f->whole = s->next;
	}
	return 0;
}

static int became_shorter(const struct dts_segment *s, struct dts_error *err)
{
	return dts_fail(err, DTS_BAD_INPUT, "segment '%s' became shorter while it was read", s->path);
}

/* The sum is that of what is whole. */
static int sum_up(struct finding *f, struct dts_error *err)
{
	const struct dts_frame_head *sum = &f->end->sum;
	const bool closed = f->end->closed;

	if (f->whole != f->heads_end) {
		if (walk_heads(f, f->whole, err) < 0)
			return -1;
		if (f->heads_end != f->whole)
			return became_shorter(&f->segment, err);
		f->end->closed = closed;
	}
	dts_position_copy(&f->end->pos, &sum->to);
	f->end->newest = sum->newest_before > sum->last_time ? sum->newest_before : sum->last_time;
	return 0;
}

/* Goes to the head at this offset, and loads its frame. */
static int load_at(struct dts_segment *s, uint64_t at, struct dts_buf *content, struct dts_error *err)
{
	s->next = at;
	dts_buf_clear(content);
	enum dts_step step = dts_segment_step(s, err);
	if (step == DTS_STEP_HEAD)
		return dts_segment_load(s, content, err);
	return step == DTS_STEP_END ? became_shorter(s, err) : -1;
}

/* A segment begins with a stream record, and so each has one. */
static int find_stream(struct finding *f, struct dts_error *err)
{
	struct dts_record record;
	struct dts_slice text, line;
	int rc = 0;

	if (!f->has_stream)
		return dts_fail(err, DTS_BAD_INPUT, "segment '%s' has no stream record", f->segment.path);
	if (load_at(&f->segment, f->stream_at, &f->content, err) < 0)
		return err->status == DTS_BAD_INPUT ? no_crash(err) : -1;
	dts_record_init(&record);
	for (text = dts_buf_slice(&f->content); dts_line_next(&text, &line);)
		if (dts_line_op(&record, line) == DTS_OP_STREAM) {
			dts_buf_clear(&f->end->stream);
			dts_buf_add_slice(&f->end->stream, line);
		}
	dts_buf_clear(&f->end->src);
	rc = dts_record_parse(&record, dts_buf_slice(&f->end->stream), err);
	if (rc == 0)
		dts_buf_add_slice(&f->end->src, record.src);
	else
		dts_where(err, "segment '%s'", f->segment.path);
	dts_record_release(&record);
	return rc;
}

/* 1: the end is in this segment; 0: nothing of it is whole; -1. */
static int look_at(struct finding *f, const struct dts_segment_name *name, struct dts_error *err)
{
	struct dts_log_end *end = f->end;
	uint64_t size;

	if (dts_segment_open(&f->segment, f->dir, name, err) < 0 || walk_heads(f, UINT64_MAX, err) < 0 || check_frames(f, err) < 0)
		return -1;
	if (!name->open && !end->closed)
		return dts_fail(err, DTS_BAD_INPUT, "segment '%s' was closed, and its end is missing", f->segment.path);
	if (f->whole == 0)
		return 0;
	if (sum_up(f, err) < 0 || find_stream(f, err) < 0 || dts_segment_size(&f->segment, &size, err) < 0)
		return -1;
	end->segment = *name;
	end->size = f->whole;
	end->cut = size > f->whole ? size - f->whole : 0;
	return 1;
}

static int find_end(const char *dir, struct dts_log_end *end, struct dts_error *err)
{
	struct dts_segments all = {0};
	struct finding f = {.dir = dir, .end = end, .segment = {.fd = -1}};
	int rc = dts_segments_list(&all, dir, err);

	end->empty = true;
	end->torn.number = 0;
	for (size_t i = all.count; rc == 0 && end->empty && i-- > 0;) {
		int found = look_at(&f, &all.items[i], err);

		dts_segment_close(&f.segment);
		if (found < 0)
			rc = -1;
		else if (found == 0)
			end->torn = all.items[i];
		end->empty = found <= 0;
	}
	dts_segment_close(&f.segment);
	dts_buf_release(&f.content);
	dts_buf_release(&f.ends);
	dts_segments_release(&all);
	return rc;
}

int dts_log_find_end(const char *dir, struct dts_log_end *end, struct dts_error *err)
{
	/* A segment that is closed between listing and opening has another name. */
	for (int tries = 0; tries < 10; tries++) {
		struct dts_error gone = DTS_ERROR_INIT;

		if (find_end(dir, end, &gone) == 0)
			return 0;
		*err = gone;
		if (gone.status != DTS_GONE)
			break;
	}
	return -1;
}

void dts_log_end_release(struct dts_log_end *end)
{
	dts_position_release(&end->pos);
	dts_buf_release(&end->stream);
	dts_buf_release(&end->src);
	dts_frame_head_release(&end->sum);
	*end = (struct dts_log_end){0};
}

/* Takes in what the records say of tables; a stream record begins anew, since all that are known are told behind it. */
static int take_schemas(struct dts_log_schemas *schemas, struct dts_slice text, struct dts_record *record, struct dts_error *err)
{
	struct dts_slice line;

	while (dts_line_next(&text, &line)) {
		enum dts_op op = dts_line_op(record, line);
		if (op == DTS_OP_STREAM)
			dts_log_schemas_clear(schemas);
		if (op != DTS_OP_SCHEMA && op != DTS_OP_DDL)
			continue;
		if (dts_record_parse(record, line, err) < 0)
			return -1;
		dts_log_schemas_note(schemas, record);
	}
	return 0;
}

/* Offset of the head whose frame has the last stream record. */
static int last_stream(struct dts_segment *s, uint64_t size, uint64_t *at, struct dts_error *err)
{
	*at = 0;
	while (s->next < size) {
		enum dts_step step = dts_segment_step(s, err);
		if (step != DTS_STEP_HEAD)
			return step == DTS_STEP_FOOT || step == DTS_STEP_END ? 0 : -1;
		if (s->head.streams > 0)
			*at = s->head.at;
	}
	return 0;
}

/* The segment where the log was found to end, which may have been closed since. */
static int open_end(struct dts_segment *s, const char *dir, const struct dts_log_end *end, struct dts_error *err)
{
	struct dts_segment_name name = end->segment;
	struct dts_error gone = DTS_ERROR_INIT;

	if (dts_segment_open(s, dir, &name, &gone) == 0)
		return 0;
	if (gone.status == DTS_GONE && name.open) {
		name.open = false;
		name.name[strlen(name.name) - (sizeof DTS_LOG_PART - 1)] = '\0';
		return dts_segment_open(s, dir, &name, err);
	}
	*err = gone;
	return -1;
}

int dts_log_end_schemas(struct dts_log_schemas *schemas, const char *dir, const struct dts_log_end *end, struct dts_error *err)
{
	struct dts_segment s = {.fd = -1};
	struct dts_record record;
	struct dts_buf content = {0};
	uint64_t at = 0;

	dts_log_schemas_clear(schemas);
	if (end->empty)
		return 0;
	int rc = open_end(&s, dir, end, err);
	dts_record_init(&record);
	if (rc == 0)
		rc = last_stream(&s, end->size, &at, err);
	for (s.next = at; rc == 0 && s.next < end->size;) {
		enum dts_step step = dts_segment_step(&s, err);
		if (step == DTS_STEP_FOOT)
			break;
		if (step == DTS_STEP_HEAD && s.head.streams + s.head.schemas + s.head.ddls == 0)
			continue;
		dts_buf_clear(&content);
		if (step == DTS_STEP_HEAD)
			rc = dts_segment_load(&s, &content, err);
		else
			rc = step == DTS_STEP_END ? became_shorter(&s, err) : -1;
		if (rc == 0 && take_schemas(schemas, dts_buf_slice(&content), &record, err) < 0)
			rc = dts_where(err, "segment '%s', offset %llu", s.path, (unsigned long long)s.head.at);
	}
	dts_segment_close(&s);
	dts_record_release(&record);
	dts_buf_release(&content);
	return rc;
}
