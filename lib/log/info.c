#include "log/keep.h"

#include <stdlib.h>

#include "base/message.h"
#include "log/line.h"
#include "log/lock.h"
#include "log/survey.h"

struct info {
	const char *dir;
	struct dts_survey survey;
	struct dts_frame_head sum; /* of all segments */
	uint64_t size;             /* bytes of all files */
	size_t damaged;
	long writer;
	struct dts_buf stream;     /* the last stream record, "" where there is none */
	struct dts_buf src;
};

/* The last stream record: the only frame that is unpacked. What is wrong with it is verify's to tell. */
static void find_stream(struct info *in, const struct dts_survey_segment *newest)
{
	struct dts_segment s = {.fd = -1};
	struct dts_error ignored = DTS_ERROR_INIT;
	struct dts_buf content = {0};
	struct dts_record record;
	struct dts_slice text, line;
	uint64_t at = 0;

	dts_record_init(&record);
	if (dts_segment_open(&s, in->dir, &newest->name, &ignored) == 0) {
		for (uint64_t frames = 0; frames < newest->sum.frames && dts_segment_step(&s, &ignored) == DTS_STEP_HEAD; frames++)
			if (s.head.streams > 0)
				at = s.head.at;
		s.next = at;
		if (dts_segment_step(&s, &ignored) == DTS_STEP_HEAD && dts_segment_load(&s, &content, &ignored) == 0)
			for (text = dts_buf_slice(&content); dts_line_next(&text, &line);)
				if (dts_line_op(&record, line) == DTS_OP_STREAM && dts_record_parse(&record, line, &ignored) == 0) {
					dts_buf_clear(&in->stream);
					dts_buf_add_slice(&in->stream, line);
					dts_buf_clear(&in->src);
					dts_buf_add_slice(&in->src, record.src);
				}
	}
	dts_segment_close(&s);
	dts_record_release(&record);
	dts_buf_release(&content);
}

static int gather(struct info *in, struct dts_error *err)
{
	uint64_t frames = 0;

	if (dts_log_survey(in->dir, &in->survey, err) < 0 || (in->writer = dts_log_writer(in->dir, err)) < 0)
		return -1;
	for (size_t i = 0; i < in->survey.count; i++) {
		const struct dts_survey_segment *s = &in->survey.items[i];

		in->size += s->size;
		in->damaged += s->damage != NULL;
		frames += s->sum.frames;
		if (s->sum.frames > 0)
			dts_frame_head_sum(&in->sum, &s->sum);
	}
	in->sum.frames = frames; /* not segments */
	/* The newest may have nothing yet. */
	for (size_t i = in->survey.count; i-- > 0 && in->stream.len == 0;)
		if (in->survey.items[i].sum.frames > 0)
			find_stream(in, &in->survey.items[i]);
	return 0;
}

/* Most bytes first; then by name. */
static int by_bytes(const void *a, const void *b)
{
	const struct dts_frame_table *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	int order = strcmp(x->db, y->db);
	return order != 0 ? order : strcmp(x->table, y->table);
}

/* A copy in order; the names are still the sum's. */
static struct dts_frame_table *sorted(const struct dts_frame_tables *t)
{
	struct dts_frame_table *tables = dts_zalloc(t->count + 1, sizeof *tables);

	for (size_t i = 0; i < t->count; i++)
		tables[i] = t->items[i];
	qsort(tables, t->count, sizeof *tables, by_bytes);
	return tables;
}

/* --- for programs */

static void add_number(struct dts_buf *b, const char *name, uint64_t n)
{
	dts_buf_addf(b, ",\"%s\":%llu", name, (unsigned long long)n);
}

/* What a segment and the whole log have in common. */
static void add_sum(struct dts_buf *b, const struct dts_frame_head *sum, uint64_t size)
{
	if (sum->frames > 0) {
		dts_buf_adds(b, ",\"from\":");
		dts_position_add(b, &sum->from, true);
		dts_buf_adds(b, ",\"to\":");
		dts_position_add(b, &sum->to, true);
	}
	if (sum->first_time > 0) {
		dts_buf_adds(b, ",\"first-time\":\"");
		dts_log_add_time(b, sum->first_time);
		dts_buf_adds(b, "\",\"last-time\":\"");
		dts_log_add_time(b, sum->last_time);
		dts_buf_addc(b, '"');
	}
	add_number(b, "size", size);
	add_number(b, "content", sum->content);
	add_number(b, "frames", sum->frames);
	add_number(b, "records", sum->records);
	add_number(b, "transactions", sum->transactions);
	add_number(b, "changes", sum->changes);
}

static void add_json_log(struct dts_buf *b, const struct info *in)
{
	struct dts_json source = in->stream.len > 0 ? dts_json_get(dts_buf_slice(&in->stream), "source") : (struct dts_json){0};

	dts_buf_adds(b, "{\"log\":");
	dts_json_add_string(b, dts_slice_of(in->dir));
	if (in->stream.len > 0) {
		dts_buf_adds(b, ",\"src\":");
		dts_json_add_string(b, dts_buf_slice(&in->src));
	}
	if (source.raw.p) {
		dts_buf_adds(b, ",\"source\":");
		dts_buf_add_slice(b, source.raw);
	}
	if (in->writer > 0)
		add_number(b, "writer", (uint64_t)in->writer);
	add_number(b, "segments", in->survey.count);
	add_number(b, "damaged", in->damaged);
	add_sum(b, &in->sum, in->size);
	if (in->sum.tables.any)
		dts_buf_adds(b, ",\"any-table\":true");
	dts_buf_adds(b, "}\n");
}

static void add_json_segment(struct dts_buf *b, const struct dts_survey_segment *s)
{
	dts_buf_adds(b, "{\"segment\":");
	dts_json_add_string(b, dts_slice_of(s->name.name));
	dts_buf_adds(b, s->closed ? ",\"open\":false" : ",\"open\":true");
	add_sum(b, &s->sum, s->size);
	if (dts_gtids_known(&s->sum.gtids)) {
		dts_buf_adds(b, ",\"gtids\":\"");
		dts_gtids_add(b, &s->sum.gtids);
		dts_buf_addc(b, '"');
	}
	if (s->damage) {
		dts_buf_adds(b, ",\"damage\":");
		dts_json_add_string(b, dts_slice_of(s->damage));
	}
	dts_buf_adds(b, "}\n");
}

static int write_json(const struct info *in, const struct dts_frame_table *tables, struct dts_output *out, struct dts_error *err)
{
	add_json_log(&out->buf, in);
	for (size_t i = 0; i < in->survey.count; i++) {
		add_json_segment(&out->buf, &in->survey.items[i]);
		if (dts_output_record_done(out, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < in->sum.tables.count; i++) {
		dts_buf_adds(&out->buf, "{\"table\":");
		dts_json_add_string(&out->buf, dts_slice_of(tables[i].table));
		dts_buf_adds(&out->buf, ",\"db\":");
		dts_json_add_string(&out->buf, dts_slice_of(tables[i].db));
		add_number(&out->buf, "changes", tables[i].changes);
		add_number(&out->buf, "bytes", tables[i].bytes);
		dts_buf_adds(&out->buf, "}\n");
		if (dts_output_record_done(out, err) < 0)
			return -1;
	}
	return 0;
}

/* --- for people */

static void add_member(struct dts_buf *b, const char *before, struct dts_json source, const char *name)
{
	struct dts_json value = source.raw.p && source.type == DTS_JSON_OBJECT ? dts_json_get(source.raw, name) : (struct dts_json){0};
	struct dts_buf scratch = {0};

	if (value.raw.p && value.type == DTS_JSON_STRING) {
		dts_buf_adds(b, before);
		dts_escape(b, dts_json_string(value.raw, &scratch));
	}
	dts_buf_release(&scratch);
}

static void add_source(struct dts_buf *b, const struct info *in)
{
	if (in->stream.len == 0)
		return;
	struct dts_json source = dts_json_get(dts_buf_slice(&in->stream), "source");
	dts_buf_adds(b, "source        ");
	dts_escape(b, dts_buf_slice(&in->src));
	add_member(b, "\nserver        ", source, "server");
	add_member(b, " ", source, "version");
	add_member(b, "\nserver id     ", source, "id");
	dts_buf_addc(b, '\n');
}

static void add_gtids(struct dts_buf *b, const char *label, const struct dts_gtids *g)
{
	if (dts_gtids_is_empty(g))
		return;
	dts_buf_adds(b, label);
	dts_gtids_add(b, g);
	dts_buf_addc(b, '\n');
}

static void add_range(struct dts_buf *b, const struct dts_frame_head *sum)
{
	if (sum->frames == 0)
		return;
	if (sum->from.file[0] || sum->to.file[0]) {
		dts_buf_adds(b, "from          ");
		dts_log_add_position(b, &sum->from);
		dts_buf_adds(b, "\nto            ");
		dts_log_add_position(b, &sum->to);
		dts_buf_addc(b, '\n');
	}
	add_gtids(b, "from gtid     ", &sum->from.gtid);
	add_gtids(b, "to gtid       ", &sum->to.gtid);
	if (sum->first_time > 0) {
		dts_buf_adds(b, "first time    ");
		dts_log_add_time(b, sum->first_time);
		dts_buf_adds(b, "\nlast time     ");
		dts_log_add_time(b, sum->last_time);
		dts_buf_addc(b, '\n');
	}
}

static void add_bytes(struct dts_buf *b, const char *label, uint64_t bytes)
{
	dts_buf_addf(b, "%s%llu", label, (unsigned long long)bytes);
	if (bytes >= 1024) {
		dts_buf_adds(b, " (");
		dts_log_add_size(b, bytes);
		dts_buf_addc(b, ')');
	}
	dts_buf_addc(b, '\n');
}

static void add_text(struct dts_buf *b, const struct info *in)
{
	const struct dts_frame_head *sum = &in->sum;
	const bool open = in->survey.count > 0 && !in->survey.items[in->survey.count - 1].closed;

	dts_buf_adds(b, "log           ");
	dts_escape(b, dts_slice_of(in->dir));
	dts_buf_addc(b, '\n');
	add_source(b, in);
	if (in->writer > 0)
		dts_buf_addf(b, "writer        process %ld\n", in->writer);
	else
		dts_buf_adds(b, "writer        none\n");
	add_range(b, sum);
	dts_buf_addf(b, "segments      %zu%s\n", in->survey.count, open ? ", the newest open" : "");
	add_bytes(b, "size          ", in->size);
	add_bytes(b, "content       ", sum->content);
	dts_buf_addf(b, "records       %llu\ntransactions  %llu\nchanges       %llu\n", (unsigned long long)sum->records,
		     (unsigned long long)sum->transactions, (unsigned long long)sum->changes);
	for (size_t i = 0; i < in->survey.count; i++)
		if (in->survey.items[i].damage) {
			dts_buf_adds(b, "damage        ");
			dts_escape(b, dts_slice_of(in->survey.items[i].damage));
			dts_buf_addc(b, '\n');
		}
}

static int write_text(const struct info *in, const struct dts_frame_table *tables, struct dts_output *out, struct dts_error *err)
{
	struct dts_buf *b = &out->buf;

	add_text(b, in);
	if (in->sum.tables.count > 0)
		dts_buf_addf(b, "\n%14s %16s  table\n", "changes", "bytes");
	for (size_t i = 0; i < in->sum.tables.count; i++) {
		dts_buf_addf(b, "%14llu %16llu  ", (unsigned long long)tables[i].changes, (unsigned long long)tables[i].bytes);
		dts_escape(b, dts_slice_of(tables[i].db));
		dts_buf_addc(b, '.');
		dts_escape(b, dts_slice_of(tables[i].table));
		dts_buf_addc(b, '\n');
		if (dts_output_record_done(out, err) < 0)
			return -1;
	}
	if (in->sum.tables.any)
		dts_buf_adds(b, in->sum.tables.count > 0 ? "and perhaps others: some statements or prepared transactions may concern any\n"
							 : "\nof which tables is not known: statements or prepared transactions may concern any\n");
	return dts_output_record_done(out, err);
}

int dts_log_info(const char *dir, bool json, struct dts_output *out, struct dts_error *err)
{
	struct info in = {.dir = dir};
	int rc = gather(&in, err);

	if (rc == 0) {
		struct dts_frame_table *tables = sorted(&in.sum.tables);

		rc = json ? write_json(&in, tables, out, err) : write_text(&in, tables, out, err);
		free(tables);
	}
	if (rc == 0 && in.damaged > 0) {
		rc = dts_fail(err, DTS_BAD_INPUT, "log '%s': %zu of %zu segments are damaged, so that the sums are too small", dir, in.damaged,
			      in.survey.count);
		dts_hint(err, "dts-log verify says what is wrong, and dts-log(1), DAMAGE, what to do");
	}
	dts_survey_release(&in.survey);
	dts_frame_head_release(&in.sum);
	dts_buf_release(&in.stream);
	dts_buf_release(&in.src);
	return rc;
}
