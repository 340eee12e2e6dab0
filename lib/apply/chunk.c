#include <stdlib.h>

#include "apply/resumes.h"
#include "apply/state.h"
#include "base/signals.h"

/*
 * The full phase: a chunk is one target transaction with its mark in it. Its rows
 * are gathered as they come and handed over to the writers (bulk.h); a chunk that
 * is too large to gather is applied by this session while its rows come. marks.c
 * knows which chunks are there, finish.c ends the phase.
 */
enum {
	SEND_SIZE = 1024 * 1024,
	LOOK_MS = 200, /* while waiting for input: has a writer failed? */
};

void dts_chunk_plan_source(struct dts_applier *a, enum dts_phase phase, const struct dts_position *watermark)
{
	size_t at = a->plan.sql.len;

	dts_checkpoint_add_source(&a->checkpoint, dts_buf_slice(&a->src), dts_buf_slice(&a->server_id), phase,
				  watermark, dts_buf_slice(&a->snapshot_text), &a->plan.sql);
	dts_plan_add(&a->plan, at, (struct dts_statement){.rows = DTS_EXPECT_ANY});
}

/* ---- the stream ---- */

/* *anew: what was loaded is of another snapshot. */
static int join_snapshot(struct dts_applier *a, const struct dts_source_state *s, bool *anew, struct dts_error *err)
{
	bool same = dts_slice_eq(dts_buf_slice(&s->snapshot), dts_buf_slice(&a->snapshot_text)) &&
		    dts_slice_eq(dts_buf_slice(&s->server_id), dts_buf_slice(&a->server_id));

	/* Positions of two servers cannot be compared, and windows compare them. */
	if (s->phase == DTS_PHASE_FULL && dts_applier_same_server(a, s, err) < 0)
		return -1;
	if (s->phase == DTS_PHASE_CHANGES && !same) {
		dts_fail(err, DTS_REFUSED, "the full phase of checkpoint '%s' has ended at %s:%llu; this is another snapshot",
			 a->options.checkpoint, s->watermark.file, (unsigned long long)s->watermark.offset);
		return dts_hint(err, "go on with dts-binlog --resume=%s@GROUP; to start anew: dts-checkpoint remove %s, and empty the tables",
				a->options.checkpoint, a->options.checkpoint);
	}
	a->snapshot_done = s->phase == DTS_PHASE_CHANGES;
	if (a->snapshot_done)
		dts_applier_notice(a, "checkpoint '%s' has all of this snapshot already", a->options.checkpoint);
	else if (!same)
		dts_applier_notice(a, "the full phase of checkpoint '%s' is repeated with a new snapshot; what it had loaded is replaced",
				   a->options.checkpoint);
	*anew = !a->snapshot_done && !same;
	return 0;
}

int dts_chunk_stream(struct dts_applier *a, const struct dts_record *r, struct dts_error *err)
{
	struct dts_source_state state = {0};
	bool anew = false, resumes = r->raw[DTS_F_RESUMES].p != NULL;
	int rc = 0;

	dts_map_release(&a->done_chunks, free);
	a->snapshot_done = false;
	if (!a->has_checkpoint)
		return resumes ? dts_resumes_join(a, r, NULL, err) : dts_alike_stream(a, err);
	if (!r->raw[DTS_F_POS].p || dts_position_parse(&a->snapshot_pos, r->raw[DTS_F_POS], err) < 0)
		return dts_fail(err, DTS_BAD_INPUT, "a snapshot stream without a position cannot be followed by changes");
	dts_buf_clear(&a->snapshot_text);
	dts_position_add(&a->snapshot_text, &a->snapshot_pos, true);
	rc = dts_checkpoint_read(&a->checkpoint, dts_buf_slice(&a->src), &state, err);
	if (rc > 0)
		rc = resumes ? dts_resumes_join(a, r, &state, err) : join_snapshot(a, &state, &anew, err);
	else if (rc == 0) {
		struct dts_list names = {0};
		rc = dts_checkpoint_sources(&a->checkpoint, &names, err);
		if (rc == 0 && names.count > 0)
			rc = dts_fail(err, DTS_REFUSED, "checkpoint '%s' belongs to source '%s', this stream is from '%.*s'",
				      a->options.checkpoint, names.items[0], (int)a->src.len, a->src.data);
		dts_list_release(&names);
		if (rc == 0 && resumes)
			rc = dts_resumes_join(a, r, NULL, err);
	}
	dts_source_state_release(&state);
	if (rc < 0 || a->snapshot_done || resumes)
		return rc;
	dts_applier_plan_start(a);
	if (anew && dts_marks_plan_void(a, err) < 0)
		return -1;
	dts_chunk_plan_source(a, DTS_PHASE_FULL, &a->snapshot_pos);
	return dts_applier_commit(a, err);
}

/* ---- the writers ---- */

/* Its error is whole: with the line, which is not the one that was just read. */
static int failed(struct dts_applier *a, struct dts_error *err)
{
	if (err->status != DTS_OK)
		a->runner.located = true;
	return -1;
}

int dts_chunk_drain(struct dts_applier *a, struct dts_error *err)
{
	return a->bulk && dts_bulk_drain(a->bulk, err) < 0 ? failed(a, err) : 0;
}

int dts_chunk_await(struct dts_applier *a, struct dts_error *err)
{
	if (!a->bulk)
		return 0;
	while (!dts_bulk_failed(a->bulk, err)) {
		if (dts_signals_stop() || dts_stream_wait(a->stream, LOOK_MS))
			return 0;
	}
	return failed(a, err);
}

static int start_bulk(struct dts_applier *a, struct dts_error *err)
{
	struct dts_bulk_options o = {.server = a->options.server, .jobs = (unsigned)a->options.jobs,
				     .checkpoint = a->has_checkpoint ? &a->checkpoint : NULL};

	a->bulk = dts_bulk_new(&o, a->session, err);
	return a->bulk ? 0 : -1;
}

/* ---- a chunk ---- */

static void begin_direct(struct dts_applier *a)
{
	dts_applier_plan_start(a);
	/* Rows arrive table by table: parents may come after their children. */
	dts_applier_plan_checks(a, true, false);
}

static int begin_filling(struct dts_applier *a, struct dts_error *err)
{
	if (!a->bulk && start_bulk(a, err) < 0)
		return -1;
	struct dts_bulk_chunk *c = dts_bulk_take(a->bulk, err);
	if (!c)
		return failed(a, err);
	c->table = a->chunk_table;
	c->line = dts_stream_line(a->stream);
	c->first_line = c->line + 1;
	dts_buf_adds(&c->input, dts_stream_name(a->stream));
	dts_buf_text(&c->input);
	dts_stream_state_copy(&c->place, dts_stream_state(a->stream));
	a->filling = c;
	return 0;
}

int dts_chunk_begin(struct dts_applier *a, const struct dts_record *r, struct dts_error *err)
{
	struct dts_apply_table *t = dts_applier_table(a, r, err);
	struct dts_position pos = {0};

	if (!t || dts_position_parse(&pos, r->raw[DTS_F_POS], err) < 0)
		return -1;
	dts_buf_clear(&a->chunk_pos);
	dts_position_add(&a->chunk_pos, &pos, false);
	int alike = a->has_checkpoint ? 0 : dts_alike_begin(a, &pos, err);
	dts_position_release(&pos);
	if (alike < 0)
		return -1;
	dts_marks_bounds(a, t, r);
	a->chunk_table = t;
	a->in_chunk = true;
	a->skip_chunk = a->snapshot_done;
	if (a->skip_chunk)
		return 0;
	if (a->has_checkpoint && r->id.len == 0)
		return dts_fail(err, DTS_BAD_INPUT, "a chunk without a name cannot be remembered");
	if (!t->bound && dts_applier_bind(a, t, err) < 0)
		return -1;
	if (!t->looked_at && a->has_checkpoint && dts_known_same_where(a, t, err) < 0)
		return -1;
	if (!t->looked_at && (dts_marks_begin_table(a, t, err) < 0 || dts_keys_defer(a, t, err) < 0))
		return -1;
	t->looked_at = true;
	int done = a->has_checkpoint ? dts_marks_done(a, t, err) : 0;
	a->skip_chunk = done > 0;
	if (done != 0)
		return done < 0 ? -1 : 0;
	if (!a->options.print)
		return begin_filling(a, err);
	begin_direct(a);
	return 0;
}

static int send_rows(struct dts_applier *a, struct dts_error *err)
{
	if (dts_runner_run(&a->runner, &a->plan, err) < 0) {
		dts_applier_rollback(a);
		return -1;
	}
	dts_plan_clear(&a->plan);
	return 0;
}

static int add_direct(struct dts_applier *a, const struct dts_record *r, uint64_t line, struct dts_error *err)
{
	if (dts_plan_row(&a->plan, a->chunk_table, r, SEND_SIZE / 2, line, err) < 0)
		return dts_runner_where(&a->runner, line, err);
	a->rows++;
	return a->plan.sql.len < SEND_SIZE ? 0 : send_rows(a, err);
}

/* What to do with a line of the text that add_lines() walks over. */
typedef int line_fn(struct dts_applier *a, const struct dts_record *r, uint64_t line, struct dts_error *err);

static int only_check(struct dts_applier *a, const struct dts_record *r, uint64_t line, struct dts_error *err)
{
	(void)a, (void)r, (void)line, (void)err;
	return 0;
}

/* Parses and checks rows that were taken as they came, for `each`. */
static int each_line(struct dts_applier *a, const struct dts_stream_state *place, struct dts_slice text, uint64_t line,
		     line_fn *each, struct dts_error *err)
{
	struct dts_stream_state state = {0};
	const char *p = text.p, *end = text.p + text.len;
	int rc = 0;

	dts_stream_state_copy(&state, place);
	for (; rc == 0 && p < end; line++) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		if (dts_record_parse(&a->again, dts_slice(p, (size_t)(newline - p)), err) < 0 ||
		    dts_stream_check(&state, &a->again, true, err) < 0)
			rc = dts_runner_where(&a->runner, line, err);
		else
			rc = each(a, &a->again, line, err);
		p = newline + 1;
	}
	dts_stream_state_release(&state);
	return rc;
}

/* The chunk is too large to be gathered: what there is of it is applied, and the rest as it comes. */
static int go_direct(struct dts_applier *a, struct dts_error *err)
{
	struct dts_bulk_chunk *c = a->filling;

	a->filling = NULL;
	begin_direct(a);
	int rc = each_line(a, &c->place, dts_buf_slice(&c->rows), c->first_line, add_direct, err);
	dts_bulk_drop(a->bulk, c);
	return rc;
}

/* Rows for the chunk that is being gathered, or that has become too large for that with them. */
static int add_lines(struct dts_applier *a, const struct dts_stream_rows *rows, struct dts_error *err)
{
	struct dts_bulk_chunk *c = a->filling;
	bool goes_on = rows->line == c->first_line + c->count &&
		       dts_slice_is(dts_buf_slice(&c->input), dts_stream_name(a->stream));

	if (goes_on && c->rows.len + rows->text.len <= DTS_BULK_CHUNK_MAX) {
		dts_buf_add_slice(&c->rows, rows->text);
		c->count += rows->count;
		return 0;
	}
	struct dts_stream_state place = {0};
	dts_stream_state_copy(&place, &c->place);
	int rc = go_direct(a, err);
	if (rc == 0)
		rc = each_line(a, &place, rows->text, rows->line, add_direct, err);
	dts_stream_state_release(&place);
	return rc;
}

int dts_chunk_gather(struct dts_applier *a, struct dts_error *err)
{
	struct dts_stream_rows rows;
	int rc = 0;

	while (rc == 0 && a->filling) {
		if (dts_chunk_await(a, err) < 0)
			return -1;
		if (dts_signals_stop())
			return 0;
		rc = dts_stream_rows(a->stream, &rows, err);
		if (rc <= 0)
			return rc;
		a->runner.input = dts_stream_name(a->stream);
		rc = add_lines(a, &rows, err);
	}
	return rc;
}

int dts_chunk_check_gathered(struct dts_applier *a, struct dts_error *err)
{
	struct dts_bulk_chunk *c = a->filling;

	if (!c)
		return 0;
	a->runner.input = dts_buf_text(&c->input);
	return each_line(a, &c->place, dts_buf_slice(&c->rows), c->first_line, only_check, err);
}

int dts_chunk_row(struct dts_applier *a, const struct dts_record *r, uint64_t line, struct dts_error *err)
{
	if (a->skip_chunk)
		return 0;
	if (!a->filling)
		return add_direct(a, r, line, err);
	/* Not in the form that is taken as it comes: its line is gathered all the same. */
	struct dts_buf text = {0};
	dts_buf_add_slice(&text, r->line);
	dts_buf_addc(&text, '\n');
	struct dts_stream_rows rows = {.text = dts_buf_slice(&text), .count = 1, .line = line};
	int rc = add_lines(a, &rows, err);
	dts_buf_release(&text);
	return rc;
}

/* Hands the chunk over. */
static int put_chunk(struct dts_applier *a, const struct dts_record *r, const struct dts_position *high, struct dts_error *err)
{
	struct dts_bulk_chunk *c = a->filling;

	a->filling = NULL;
	if (a->has_checkpoint)
		dts_marks_add(a, a->chunk_table, r, high, &c->mark);
	if (dts_bulk_put(a->bulk, c, err) == 0)
		return 0;
	return dts_bulk_failed(a->bulk, err) ? failed(a, err) : -1;
}

/* The rows by themselves first: a warning can be read after the last statement of a packet. */
static int commit_direct(struct dts_applier *a, const struct dts_record *r, const struct dts_position *high,
			 struct dts_error *err)
{
	if (send_rows(a, err) < 0)
		return -1;
	if (a->has_checkpoint && a->options.print && dts_position_compare(high, &a->snapshot_pos) > 0) {
		dts_fail(err, DTS_REFUSED, "rows that were not all read at the snapshot's position have a window, which cannot be printed");
		return dts_hint(err, "print those of a snapshot that was read at one position: dts-dump --lock=HOW");
	}
	if (a->has_checkpoint) {
		size_t at = a->plan.sql.len;
		dts_marks_add(a, a->chunk_table, r, high, &a->plan.sql);
		dts_plan_add(&a->plan, at, (struct dts_statement){.rows = 1});
	}
	return dts_applier_commit(a, err);
}

int dts_chunk_end(struct dts_applier *a, const struct dts_record *r, struct dts_error *err)
{
	struct dts_position high = {0};

	a->in_chunk = false;
	if (a->snapshot_done)
		return 0;
	if (a->skip_chunk)
		return dts_marks_check_done(a, a->chunk_table, r, err);
	int rc = dts_position_parse(&high, r->raw[DTS_F_POS], err);
	if (rc == 0 && !a->has_checkpoint)
		rc = dts_alike_end(a, &high, err);
	if (rc == 0)
		rc = a->filling ? put_chunk(a, r, &high, err) : commit_direct(a, r, &high, err);
	dts_position_release(&high);
	return rc;
}
