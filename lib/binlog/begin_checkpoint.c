/* Beginning where a checkpoint stands, with the tables as it knows them. */
#include "binlog/follow_parts.h"
#include "checkpoint/resume.h"

struct taking {
	struct dts_begin_checkpoint *c;
	struct dts_follow *f;
};

static const char *word(const struct dts_follow *f)
{
	return f->o->log ? "log" : "checkpoint";
}

static const char *name(const struct dts_follow *f)
{
	return f->o->log ? f->o->log : f->o->resume;
}

/* Is it of the full phase, which read the table there? Else a stream has told since what the table is before. 1, 0, -1. */
static int is_read_at(const struct dts_definition *d, const struct dts_position *low, struct dts_error *err)
{
	struct dts_position seen = {0};
	int rc = dts_position_parse(&seen, d->pos, err);

	if (rc == 0)
		rc = seen.file[0] && dts_position_compare(&seen, low) >= 0;
	dts_position_release(&seen);
	return rc;
}

static bool selects(const struct dts_follow *f, struct dts_slice db, struct dts_slice table)
{
	return dts_online_selects(&f->online, f->o->selection, db, table);
}

/* Does any of these tables become the one that it is hidden for? */
static bool has_new(struct dts_slice online)
{
	struct dts_json_walk walk = dts_json_walk(online);
	struct dts_buf scratch = {0};
	struct dts_json value;
	bool found = false;

	while (!found && dts_json_element(&walk, &value)) {
		struct dts_json part = value.type == DTS_JSON_OBJECT ? dts_json_get(value.raw, "part") : (struct dts_json){0};

		found = part.raw.p && part.type == DTS_JSON_STRING && dts_slice_is(dts_json_string(part.raw, &scratch), "new");
	}
	dts_buf_release(&scratch);
	return found;
}

/* What an earlier run has hidden goes on to be. */
static int take_online(struct dts_follow *f, const struct dts_record *r, struct dts_error *err)
{
	struct dts_json online = r->raw[DTS_F_SOURCE].p ? dts_json_get(r->raw[DTS_F_SOURCE], "online") : (struct dts_json){0};

	if (!online.raw.p || online.type != DTS_JSON_ARRAY)
		return 0;
	if (f->o->online_ddl == DTS_ONLINE_HIDE) {
		dts_online_take(&f->online, r->db, r->table, online.raw);
		return 0;
	}
	if (!has_new(online.raw))
		return 0;
	dts_fail(err, DTS_REFUSED, "an online schema change of '%.*s.%.*s' goes on, and what it has done so far was hidden", (int)r->db.len,
		 r->db.p, (int)r->table.len, r->table.p);
	return dts_hint(err, "go on with --online-ddl=hide until it is done");
}

/* The log has all columns of a table, so that changes of one that was copied without some do not fit. */
static int check_whole(const struct dts_follow *f, const struct dts_record *r, struct dts_error *err)
{
	if (!r->raw[DTS_F_SOURCE].p || dts_json_get(r->raw[DTS_F_SOURCE], "partial").type != DTS_JSON_TRUE ||
	    !selects(f, r->db, r->table))
		return 0;
	dts_fail(err, DTS_REFUSED, "table '%.*s.%.*s' was copied without some of its columns: its changes cannot be followed",
		 (int)r->db.len, r->db.p, (int)r->table.len, r->table.p);
	return dts_hint(err, "leave it out with --ignore-table, or copy it with all columns under a new checkpoint");
}

/* Rows that were not copied are changed in the log, too. */
static void tell_where(const struct dts_follow *f, const struct dts_record *r)
{
	const struct dts_follow_options *o = f->o;
	struct dts_json where = r->raw[DTS_F_SOURCE].p ? dts_json_get(r->raw[DTS_F_SOURCE], "where") : (struct dts_json){0};
	struct dts_buf line = {0}, scratch = {0};

	if (!o->notice || !where.raw.p || where.type != DTS_JSON_STRING ||
	    !selects(f, r->db, r->table))
		return;
	struct dts_slice text = dts_json_string(where.raw, &scratch);
	dts_buf_addf(&line, "warning: table '%.*s.%.*s' was copied with --where %.*s: the changes are those of all its rows", (int)r->db.len,
		     r->db.p, (int)r->table.len, r->table.p, (int)text.len, text.p);
	o->notice(dts_buf_text(&line));
	dts_buf_release(&line);
	dts_buf_release(&scratch);
}

/* A table as the checkpoint knows it. A dts_definition_fn. */
static int take_definition(void *context, const struct dts_definition *d, struct dts_error *err)
{
	struct taking *b = context;
	struct dts_history *h = &b->f->history;
	struct dts_position low = {0};
	if (d->text.len == 0)
		return 0;
	int rc = d->low.p ? dts_position_parse(&low, d->low, err) : 0;
	/* By GTID it is not known where in the log reading begins. */
	bool later = d->low.p && b->c->state.applied.file[0] && dts_position_compare(&b->c->state.applied, &low) < 0;

	if (rc == 0 && later && (rc = is_read_at(d, &low, err)) >= 0) {
		later = rc > 0;
		rc = 0;
	}
	if (rc == 0)
		rc = dts_history_add_record(h, d->text, later ? &low : NULL, err);
	if (rc < 0)
		dts_where(err, "the %s's definition of '%.*s.%.*s'", word(b->f), (int)d->db.len, d->db.p, (int)d->table.len, d->table.p);
	else
		rc = check_whole(b->f, &h->record, err);
	if (rc == 0)
		rc = take_online(b->f, &h->record, err);
	if (rc == 0)
		tell_where(b->f, &h->record);
	dts_position_release(&low);
	b->c->defined++;
	return rc;
}

static int begin_log(struct taking *b, struct dts_error *err)
{
	struct dts_follow *f = b->f;
	const struct dts_follow_options *o = f->o;
	int found = dts_resume_log(o->log, dts_buf_slice(&f->src), &b->c->state, take_definition, b, err);

	if (found > 0)
		f->start = DTS_START_RESUME;
	if (found != 0 || o->start != DTS_START_DEFAULT)
		return found;
	dts_fail(err, DTS_REFUSED, "log '%s' is empty, and nothing else says where to begin", o->log);
	return dts_hint(err, "--start=now beside --resume=%s does, or --start-position, and counts only as long as it is empty", o->log);
}

int dts_begin_checkpoint(struct dts_begin_checkpoint *c, struct dts_follow *f, struct dts_error *err)
{
	const struct dts_follow_options *o = f->o;
	struct taking b = {c, f};

	f->start = o->start;
	if (o->log)
		return begin_log(&b, err);
	if (o->start != DTS_START_RESUME)
		return 0;
	int found = dts_resume_read(o->resume, o->connect, o->own_db, dts_buf_slice(&f->src), &c->state, take_definition, &b, err);
	if (found == 0) {
		found = dts_fail(err, DTS_REFUSED, "there is no checkpoint %s of source '%s'", o->resume, dts_buf_text(&f->src));
		dts_hint(err, dts_resume_kind(o->resume) == DTS_RESUME_NOTHING
				      ? "there is no such file; for a log that is to be begun there, --start=now beside it says where"
				      : "the full phase creates it: dts-dump ... | dts-apply ... --checkpoint=NAME");
	}
	return found;
}

void dts_begin_checkpoint_release(struct dts_begin_checkpoint *c)
{
	dts_source_state_release(&c->state);
	dts_buf_release(&c->passed_over);
}

static void note_unselected(void *arg, const struct dts_schema *s)
{
	struct taking *b = arg;

	if (selects(b->f, s->db, s->table))
		b->c->selected++;
	else if (b->c->passed_over.len < 200)
		dts_buf_addf(&b->c->passed_over, "%s%.*s.%.*s", b->c->passed_over.len ? ", " : "", (int)s->db.len, s->db.p,
			     (int)s->table.len, s->table.p);
}

static void note_defined(void *arg, const struct dts_defined_table *t)
{
	note_unselected(arg, &t->schema);
}

int dts_begin_check_selection(struct dts_begin_checkpoint *c, struct dts_follow *f, struct dts_error *err)
{
	const struct dts_follow_options *o = f->o;
	struct taking b = {c, f};

	if (c->defined == 0 || !o->selection)
		return 0;
	dts_definitions_each_table(f->history.tables, note_defined, &b);
	dts_history_each_later(&f->history, note_unselected, &b);
	if (c->selected == 0) {
		dts_fail(err, DTS_REFUSED, "no table of %s %s is selected: it is about %s", word(f), name(f), dts_buf_text(&c->passed_over));
		return dts_hint(err, "upper and lower case count; changes that are passed over would be lost to the %s", word(f));
	}
	if (c->passed_over.len > 0 && o->notice) {
		struct dts_buf line = {0};

		dts_buf_addf(&line, "warning: %s %s is also about tables that are not selected, whose changes are "
			     "passed over: %s", word(f), name(f), dts_buf_text(&c->passed_over));
		o->notice(dts_buf_text(&line));
		dts_buf_release(&line);
	}
	return 0;
}
