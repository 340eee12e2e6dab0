#include "apply/resumes.h"

#include "mysql/quote.h"

/*
 * A snapshot that goes on where an earlier run of it ended brings only what the
 * reader saw missing. What it saw must be what is there now, when no other run can
 * commit any more, or rows would be missing that nobody misses.
 */
struct resumes {
	struct dts_slice again; /* an array */
	uint64_t chunks;
	struct dts_position pos;
};

static int read_field(struct resumes *f, struct dts_slice raw, struct dts_error *err)
{
	struct dts_json chunks = dts_json_get(raw, "chunks"), again = dts_json_get(raw, "again"), pos = dts_json_get(raw, "pos");

	if (!chunks.raw.p || !dts_json_u64(chunks.raw, &f->chunks) || !pos.raw.p || pos.type != DTS_JSON_OBJECT ||
	    (again.raw.p && again.type != DTS_JSON_ARRAY))
		return dts_fail(err, DTS_BAD_INPUT, "field \"resumes\" of the stream record has not what belongs there");
	f->again = again.raw.p ? again.raw : DTS_LIT("[]");
	return dts_position_parse(&f->pos, pos.raw, err);
}

typedef int again_fn(struct dts_applier *a, struct dts_slice db, struct dts_slice table, void *context, struct dts_error *err);

static int each_again(struct dts_applier *a, const struct resumes *f, again_fn *each, void *context, struct dts_error *err)
{
	struct dts_json_walk walk = dts_json_walk(f->again);
	struct dts_buf first = {0}, second = {0};
	struct dts_json value;
	int rc = 0;

	while (rc == 0 && dts_json_element(&walk, &value)) {
		struct dts_json db = {0}, table = {0};
		if (value.type == DTS_JSON_OBJECT) {
			db = dts_json_get(value.raw, "db");
			table = dts_json_get(value.raw, "table");
		}
		if (!db.raw.p || db.type != DTS_JSON_STRING || !table.raw.p || table.type != DTS_JSON_STRING)
			rc = dts_fail(err, DTS_BAD_INPUT, "field \"resumes\" of the stream record names a table that has no name");
		else
			rc = each(a, dts_json_string(db.raw, &first), dts_json_string(table.raw, &second), context, err);
	}
	dts_buf_release(&first);
	dts_buf_release(&second);
	return rc;
}


/* An again_fn. */
static int add_exclusion(struct dts_applier *a, struct dts_slice db, struct dts_slice table, void *context, struct dts_error *err)
{
	struct dts_buf *sql = context;

	(void)a;
	(void)err;
	dts_buf_adds(sql, " AND NOT (db=");
	dts_sql_literal(sql, db);
	dts_buf_adds(sql, " AND tbl=");
	dts_sql_literal(sql, table);
	dts_buf_addc(sql, ')');
	return 0;
}

/* Is what the reader knew to be there all that is there? */
static int check_count(struct dts_applier *a, const struct resumes *f, struct dts_error *err)
{
	struct dts_buf sql = {0}, value = {0};
	uint64_t count = 0;

	dts_buf_adds(&sql, "SELECT COUNT(*) FROM ");
	dts_checkpoint_table(&a->checkpoint, "chunk", &sql);
	dts_buf_adds(&sql, " WHERE ");
	dts_checkpoint_where(&a->checkpoint, dts_buf_slice(&a->src), &sql);
	dts_buf_adds(&sql, " AND id<>''");
	int rc = each_again(a, f, add_exclusion, &sql, err);
	if (rc == 0)
		rc = dts_session_value(a->session, dts_buf_slice(&sql), &value, err);
	if (rc > 0)
		rc = dts_parse_u64(dts_buf_slice(&value), &count);
	if (rc == 0 && count != f->chunks) {
		rc = dts_fail(err, DTS_AGAIN, "checkpoint '%s' has %llu chunks of the snapshot, of which the reader knew %llu",
			      a->options.checkpoint, (unsigned long long)count, (unsigned long long)f->chunks);
		dts_hint(err, "another run has committed meanwhile: run dts-dump --resume and dts-apply again");
	}
	dts_buf_release(&sql);
	dts_buf_release(&value);
	return rc;
}

/* An again_fn. */
static int plan_void(struct dts_applier *a, struct dts_slice db, struct dts_slice table, void *context, struct dts_error *err)
{
	(void)context;
	(void)err;
	if (!a->group_open)
		dts_applier_plan_start(a);
	dts_marks_plan_void_table(a, db, table);
	return 0;
}

/* All tables in one transaction: those that foreign keys join are never found one
 * complete from before and another one from behind. */
static int void_tables(struct dts_applier *a, const struct resumes *f, struct dts_error *err)
{
	if (each_again(a, f, plan_void, NULL, err) < 0) {
		dts_applier_rollback(a);
		return -1;
	}
	return a->group_open ? dts_applier_commit(a, err) : 0;
}

static int refuse_pos(struct dts_applier *a, const struct dts_source_state *s, const struct resumes *f, struct dts_error *err)
{
	dts_fail(err, DTS_REFUSED, "the stream resumes a snapshot of %s:%llu, the full phase of checkpoint '%s' has begun at %s:%llu",
		 f->pos.file, (unsigned long long)f->pos.offset, a->options.checkpoint, s->watermark.file,
		 (unsigned long long)s->watermark.offset);
	return dts_hint(err, "run dts-dump --resume=%s@GROUP with the GROUP of this target", a->options.checkpoint);
}

static int join(struct dts_applier *a, const struct dts_source_state *s, const struct resumes *f, struct dts_error *err)
{
	struct dts_buf text = {0};

	dts_position_add(&text, &f->pos, true);
	bool same = dts_slice_eq(dts_buf_slice(&text), dts_buf_slice(&s->snapshot));
	dts_buf_release(&text);
	if (dts_applier_same_server(a, s, err) < 0)
		return -1;
	if (!same)
		return refuse_pos(a, s, f, err);
	a->snapshot_done = s->phase == DTS_PHASE_CHANGES;
	if (a->snapshot_done) {
		dts_applier_notice(a, "checkpoint '%s' has all of this snapshot already", a->options.checkpoint);
		return 0;
	}
	/* The position at which the changes will begin, and the name of the snapshot, stay those of the first run. */
	dts_position_copy(&a->snapshot_pos, &s->watermark);
	dts_buf_clear(&a->snapshot_text);
	dts_buf_add_slice(&a->snapshot_text, dts_buf_slice(&s->snapshot));
	return check_count(a, f, err) < 0 ? -1 : void_tables(a, f, err);
}

int dts_resumes_join(struct dts_applier *a, const struct dts_record *r, const struct dts_source_state *s, struct dts_error *err)
{
	struct resumes f = {0};

	if (!s) {
		dts_fail(err, DTS_REFUSED, "the stream resumes a snapshot, and %s",
			 a->has_checkpoint ? "the checkpoint knows nothing of one" : "without --checkpoint nobody knows what is there of it");
		return dts_hint(err, "dts-dump without --resume, or with that of this target's checkpoint, reads what is missing here");
	}
	int rc = read_field(&f, r->raw[DTS_F_RESUMES], err);
	if (rc == 0)
		rc = join(a, s, &f, err);
	dts_position_release(&f.pos);
	return rc;
}
