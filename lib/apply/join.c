#include "apply/state.h"
#include "mysql/quote.h"

/*
 * A stream of changes begins: it must go on where the checkpoint stands, from the
 * server that it follows, or begin one.
 */

/* What dts-binlog calls the server of files that it was not told the server of. */
static bool is_of_files(const struct dts_buf *server_id)
{
	static const char prefix[] = "server_id ";

	return server_id->len >= sizeof prefix - 1 && memcmp(server_id->data, prefix, sizeof prefix - 1) == 0;
}

int dts_applier_same_server(struct dts_applier *a, const struct dts_source_state *s, struct dts_error *err)
{
	if (s->server_id.len == 0 || dts_slice_eq(dts_buf_slice(&s->server_id), dts_buf_slice(&a->server_id)))
		return 0;
	dts_fail(err, DTS_REFUSED, "checkpoint '%s' follows another server: source '%.*s' was %.*s and is now %.*s",
		 a->options.checkpoint, (int)a->src.len, a->src.data, (int)s->server_id.len, s->server_id.data,
		 (int)a->server_id.len, a->server_id.data);
	if (is_of_files(&a->server_id) || is_of_files(&s->server_id))
		return dts_hint(err, "one of them was read from files: name the server that they are of, with dts-binlog -g, and start anew "
				"where the checkpoint was begun without");
	return dts_hint(err, "positions of one server mean nothing on another; start the migration anew, or name the source with --src");
}

/* A checkpoint that was set by hand knows its server from the first stream on. */
static int learn_server(struct dts_applier *a, struct dts_error *err)
{
	struct dts_buf *sql = &a->plan.sql;

	dts_applier_plan_start(a);
	size_t at = sql->len;
	dts_buf_adds(sql, "UPDATE ");
	dts_checkpoint_table(&a->checkpoint, "source", sql);
	dts_buf_adds(sql, " SET server_id=");
	dts_sql_literal(sql, dts_buf_slice(&a->server_id));
	dts_buf_adds(sql, " WHERE ");
	dts_checkpoint_where(&a->checkpoint, dts_buf_slice(&a->src), sql);
	dts_plan_add(&a->plan, at, (struct dts_statement){.rows = 1});
	return dts_applier_commit(a, err);
}

int dts_applier_other_gtids(struct dts_applier *a, const struct dts_gtids *stream, const struct dts_gtids *stands,
			    struct dts_error *err)
{
	struct dts_buf is = {0}, want = {0};

	dts_gtids_add(&is, stream);
	dts_gtids_add(&want, stands);
	dts_fail(err, DTS_REFUSED, "the stream begins at GTID '%.1000s', checkpoint '%s' stands at '%.1000s'", dts_buf_text(&is),
		 a->options.checkpoint, dts_buf_text(&want));
	dts_buf_release(&is);
	dts_buf_release(&want);
	return dts_hint(err, "start the reader with --resume=%s@GROUP", a->options.checkpoint);
}

/* What workers' marks say moves into one, since workers write theirs anew. */
static int keep_above(struct dts_applier *a, struct dts_error *err)
{
	dts_applier_plan_start(a);
	size_t at = a->plan.sql.len;
	dts_buf_adds(&a->plan.sql, "DELETE FROM ");
	dts_checkpoint_table(&a->checkpoint, "mark", &a->plan.sql);
	dts_buf_adds(&a->plan.sql, " WHERE ");
	dts_checkpoint_where(&a->checkpoint, dts_buf_slice(&a->src), &a->plan.sql);
	dts_plan_add(&a->plan, at, (struct dts_statement){.rows = DTS_EXPECT_ANY});
	dts_group_plan_low(a, DTS_LIT(""), &a->applied);
	return dts_applier_commit(a, err);
}

/* The changes must go on where the checkpoint stands: no gap, no other source. */
static int join_changes(struct dts_applier *a, struct dts_source_state *s, const struct dts_position *pos,
			struct dts_error *err)
{
	if (s->phase == DTS_PHASE_FULL) {
		dts_fail(err, DTS_REFUSED, "the full phase of checkpoint '%s' has not ended: its rows are not all at the target",
			 a->options.checkpoint);
		return dts_hint(err, "run dts-dump | dts-apply --checkpoint=%s to its end first", a->options.checkpoint);
	}
	if (dts_failover_is_meant(a, s) ? dts_failover_join(a, s, pos, err) < 0 : dts_applier_same_server(a, s, err) < 0)
		return -1;
	/* Without two files to compare, the GTIDs must say that it is the same place. */
	if ((!pos->file[0] || !s->applied.file[0]) && !dts_gtids_equal(&pos->gtid, &s->applied.gtid))
		return dts_applier_other_gtids(a, &pos->gtid, &s->applied.gtid, err);
	if (pos->file[0] && s->applied.file[0] && dts_position_compare(pos, &s->applied) > 0) {
		dts_fail(err, DTS_REFUSED, "the stream begins at %s:%llu, behind checkpoint '%s' at %s:%llu: changes between are missing",
			 pos->file, (unsigned long long)pos->offset, a->options.checkpoint, s->applied.file,
			 (unsigned long long)s->applied.offset);
		return dts_hint(err, "start the reader with --resume=%s@GROUP", a->options.checkpoint);
	}
	dts_position_copy(&a->applied, &s->applied);
	dts_position_copy(&a->written, &s->applied);
	a->has_full_phase = s->snapshot.len > 0;
	dts_above_release(&a->above);
	a->above = s->above;
	s->above = (struct dts_above){0};
	if (a->above.count > 0 && keep_above(a, err) < 0)
		return -1;
	if (!a->options.print && dts_keys_load(a, err) < 0)
		return -1;
	return s->server_id.len == 0 && a->server_id.len > 0 ? learn_server(a, err) : 0;
}

static int no_such_checkpoint(const struct dts_applier *a, struct dts_error *err)
{
	dts_fail(err, DTS_REFUSED, "there is no checkpoint '%s'", a->options.checkpoint);
	return dts_hint(err, "the full phase begins it: dts-dump | dts-apply --checkpoint=%s; --new-checkpoint begins one with changes",
			a->options.checkpoint);
}

/* A first stream of changes, without a full phase, begins the checkpoint, if that
 * was meant: under a mistyped name all of it would be applied a second time. */
static int begin_source(struct dts_applier *a, const struct dts_position *pos, struct dts_error *err)
{
	if (!a->options.new_checkpoint)
		return no_such_checkpoint(a, err);
	dts_applier_plan_start(a);
	size_t at = a->plan.sql.len;
	dts_checkpoint_add_source(&a->checkpoint, dts_buf_slice(&a->src), dts_buf_slice(&a->server_id),
				  DTS_PHASE_CHANGES, pos, (struct dts_slice){"", 0}, &a->plan.sql);
	dts_plan_add(&a->plan, at, (struct dts_statement){.rows = DTS_EXPECT_ANY});
	dts_position_copy(&a->applied, pos);
	dts_position_copy(&a->written, pos);
	return dts_applier_commit(a, err);
}

/* A checkpoint of one source is not silently given a second one by a mistyped name. */
static int check_other_sources(struct dts_applier *a, struct dts_error *err)
{
	struct dts_list names = {0};
	int rc = dts_checkpoint_sources(&a->checkpoint, &names, err);

	if (rc == 0 && names.count > 0) {
		rc = dts_fail(err, DTS_REFUSED, "checkpoint '%s' belongs to source '%s', this stream is from '%.*s'",
			      a->options.checkpoint, names.items[0], (int)a->src.len, a->src.data);
		dts_hint(err, "give the reader --src=%s if it is the same source, else use another --checkpoint", names.items[0]);
	}
	dts_list_release(&names);
	return rc;
}

int dts_join_stream(struct dts_applier *a, const struct dts_record *r, struct dts_error *err)
{
	struct dts_source_state state = {0};
	struct dts_position pos = {0};
	int rc = 0;

	if (!a->has_checkpoint && a->options.checkpoint) /* a dry run, and there is none yet */
		return a->options.new_checkpoint ? 0 : no_such_checkpoint(a, err);
	if (!a->has_checkpoint && !a->options.no_checkpoint) {
		dts_fail(err, DTS_USAGE, "a stream of changes needs --checkpoint=NAME to be applied exactly once");
		return dts_hint(err, "--no-checkpoint applies it without remembering how far it came");
	}
	a->behind = a->has_full_phase = a->has_unknown = false;
	if (dts_parallel_start(a, err) < 0)
		return -1;
	if (!a->has_checkpoint) {
		dts_parallel_join(a);
		return 0;
	}
	if (r->raw[DTS_F_POS].p)
		rc = dts_position_parse(&pos, r->raw[DTS_F_POS], err);
	if (rc == 0)
		rc = dts_checkpoint_read(&a->checkpoint, dts_buf_slice(&a->src), &state, err);
	if (rc > 0)
		rc = join_changes(a, &state, &pos, err);
	else if (rc == 0)
		rc = check_other_sources(a, err) < 0 ? -1 : begin_source(a, &pos, err);
	if (rc == 0)
		dts_parallel_join(a);
	a->behind = rc == 0 && pos.file[0] && a->applied.file[0] && dts_position_compare(&pos, &a->applied) < 0;
	dts_source_state_release(&state);
	dts_position_release(&pos);
	return rc;
}
