#include "dump/resume.h"

#include <stdlib.h>

#include "dump/resume_parts.h"
#include "mysql/keybound.h"

/* ---- what the checkpoint knows ---- */

static struct dts_resume_table *table_of(struct dts_resume *r, struct dts_slice db, struct dts_slice table, bool make)
{
	struct dts_buf key = {0};
	struct dts_resume_table *t = dts_map_get(&r->tables, dts_map_pair(&key, db, table));

	if (!t && make) {
		t = dts_zalloc(1, sizeof *t);
		t->db = dts_slice_dup(db);
		t->table = dts_slice_dup(table);
		dts_map_set(&r->tables, dts_buf_slice(&key), t);
	}
	dts_buf_release(&key);
	return t;
}

struct dts_resume_table *dts_resume_find(struct dts_resume *r, struct dts_slice db, struct dts_slice table)
{
	return table_of(r, db, table, false);
}

static void free_table(void *p)
{
	struct dts_resume_table *t = p;

	for (size_t i = 0; i < t->count; i++) {
		free(t->marks[i].bounds);
		free(t->marks[i].low);
		free(t->marks[i].high);
	}
	free(t->marks);
	free(t->db);
	free(t->table);
	dts_buf_release(&t->definition);
	dts_buf_release(&t->reason);
	dts_ranges_release(&t->gaps);
	free(t);
}

/* A dts_definition_fn. */
int dts_resume_take_definition(void *context, const struct dts_definition *d, struct dts_error *err)
{
	struct dts_resume_table *t = table_of(context, d->db, d->table, true);

	(void)err;
	dts_buf_clear(&t->definition);
	dts_buf_add_slice(&t->definition, d->text);
	return 0;
}

/* The number behind the last dot of a chunk's id; 0: it has none. */
static uint64_t number_of(struct dts_slice id)
{
	const char *dot = id.len > 0 ? memrchr(id.p, '.', id.len) : NULL;
	uint64_t n;

	if (!dot || dts_parse_u64(dts_slice(dot + 1, (size_t)(id.p + id.len - dot - 1)), &n) < 0)
		return 0;
	return n;
}

/* A dts_mark_fn. */
int dts_resume_take_mark(void *context, const struct dts_chunk_mark *m, struct dts_error *err)
{
	struct dts_resume_table *t = table_of(context, m->db, m->table, true);

	(void)err;
	if (m->id.len == 0) {
		t->emptying = true;
		return 0;
	}
	if (t->count == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 16;
		t->marks = dts_realloc(t->marks, t->cap * sizeof *t->marks);
	}
	t->marks[t->count++] = (struct dts_resume_mark){
		.number = number_of(m->id),
		.bounds = dts_slice_dup(m->bounds),
		.low = dts_slice_dup(m->low),
		.high = dts_slice_dup(m->high),
	};
	return 0;
}

static void note(struct dts_resume *r, const struct dts_buf *line)
{
	struct dts_buf copy = {0};

	dts_buf_add_slice(&copy, dts_buf_slice(line));
	dts_list_add(&r->notes, dts_buf_text(&copy));
	dts_buf_release(&copy);
}

/* Positions of one server mean nothing on another. */
static int check_server(struct dts_resume *r, struct dts_session *session, const struct dts_source *source,
			struct dts_error *err)
{
	struct dts_buf id = {0};
	int rc = dts_session_server_id(session, &id, err);
	struct dts_slice was = dts_buf_slice(&r->state.server_id);

	if (rc == 0 && was.len > 0 && !dts_slice_eq(was, dts_buf_slice(&id))) {
		rc = dts_fail(err, DTS_REFUSED, "checkpoint %s follows another server: source '%.*s' was %.*s and is now %.*s",
			      r->spec, (int)source->src.len, source->src.data, (int)was.len, was.p, (int)id.len, id.data);
		dts_hint(err, "positions of one server mean nothing on another; start the migration anew, or name the source with --src");
	}
	dts_buf_release(&id);
	return rc;
}

int dts_resume_open(struct dts_resume *r, const char *spec, const char *checkpoint_db,
		    const struct dts_connect_options *connect, const struct dts_source *source,
		    struct dts_session *session, struct dts_error *err)
{
	struct dts_buf line = {0};

	*r = (struct dts_resume){.spec = spec, .log = r->log};
	int rc = dts_resume_read_full(spec, connect, checkpoint_db, dts_buf_slice(&source->src), &r->state,
				      dts_resume_take_definition, dts_resume_take_mark, r, err);
	if (rc < 0)
		return -1;
	r->found = rc > 0;
	if (!r->found) {
		dts_buf_addf(&line, "checkpoint %s does not know source '%.*s' yet: the snapshot begins at the beginning", spec,
			     (int)source->src.len, source->src.data);
		note(r, &line);
	} else if (check_server(r, session, source, err) < 0) {
		return -1;
	} else if (r->state.snapshot.len == 0) {
		dts_fail(err, DTS_REFUSED, "checkpoint %s began with changes and has no full phase to go on with", spec);
		return dts_hint(err, "load tables into it only as the first thing, with dts-dump | dts-apply --checkpoint");
	} else if (dts_json_check(dts_buf_slice(&r->state.snapshot), err) < 0) {
		return dts_where(err, "checkpoint %s", spec);
	} else if (dts_resume_ended(r)) {
		dts_buf_addf(&line, "the full phase of checkpoint %s has ended: there is nothing left to read", spec);
		note(r, &line);
	}
	dts_buf_release(&line);
	return 0;
}

bool dts_resume_ended(const struct dts_resume *r)
{
	return r->found && r->state.phase == DTS_PHASE_CHANGES;
}

/* ---- what is left of a table ---- */

void dts_resume_again(struct dts_resume_table *t, const char *reason)
{
	if (t->state == DTS_RESUME_AGAIN)
		return;
	t->state = DTS_RESUME_AGAIN;
	dts_ranges_release(&t->gaps);
	dts_buf_clear(&t->reason);
	dts_buf_adds(&t->reason, reason);
}

/* Columns and primary key of a definition, in canonical form: what rows consist
 * of. A filter may have given the tables that foreign keys name other names. */
static void add_columns(struct dts_buf *out, const struct dts_schema *schema)
{
	struct dts_schema s = *schema;

	s.unique = NULL;
	s.foreign = NULL;
	s.unique_count = s.foreign_count = 0;
	s.db = s.source_db;
	s.table = s.source_table;
	s.source_collation = s.source_db_collation = (struct dts_slice){0};
	dts_schema_add(out, &s);
}

static int parse_definition(const struct dts_resume_table *t, struct dts_record *record, struct dts_schema *schema,
			    struct dts_error *err)
{
	return dts_record_parse(record, dts_buf_slice(&t->definition), err) < 0 ? -1 : dts_schema_parse(schema, record, err);
}

/* Is the definition under which the chunks were read that of today? */
static bool same_definition(const struct dts_resume_table *t, const struct dts_schema *now)
{
	struct dts_error ignored = DTS_ERROR_INIT;
	struct dts_record record;
	struct dts_schema was = {0};
	struct dts_buf a = {0}, b = {0};

	dts_record_init(&record);
	bool same = parse_definition(t, &record, &was, &ignored) == 0;
	if (same) {
		add_columns(&a, &was);
		add_columns(&b, now);
		same = dts_slice_eq(dts_buf_slice(&a), dts_buf_slice(&b));
	}
	dts_schema_release(&was);
	dts_record_release(&record);
	dts_buf_release(&a);
	dts_buf_release(&b);
	return same;
}

/* Chunks of a snapshot that was given up are older than the one that goes on. */
static bool older(const struct dts_resume *r, const struct dts_resume_table *t)
{
	struct dts_error ignored = DTS_ERROR_INIT;
	struct dts_position low = {0};
	bool found = false;

	for (size_t i = 0; i < t->count && !found; i++) {
		struct dts_slice text = dts_slice_of(t->marks[i].low);
		found = dts_json_check(text, &ignored) < 0 || dts_position_parse(&low, text, &ignored) < 0 ||
			!low.file[0] || !r->state.watermark.file[0] || dts_position_compare(&low, &r->state.watermark) < 0;
	}
	dts_position_release(&low);
	return found;
}

/* ["part",N] or ["part",N,"last"]: 1 with `n`; 0: something else. */
static int part_of(const char *bounds, uint64_t *n, bool *last)
{
	struct dts_json_walk walk = dts_json_walk(dts_slice_of(bounds));
	struct dts_json value;

	*last = false;
	if (!dts_json_element(&walk, &value) || !dts_slice_is(value.raw, "\"part\"") || !dts_json_element(&walk, &value) ||
	    !dts_json_u64(value.raw, n))
		return 0;
	if (dts_json_element(&walk, &value))
		*last = dts_slice_is(value.raw, "\"last\"");
	return 1;
}

/* Are these the parts 1 to the last, each once? */
static bool all_parts(const struct dts_resume_table *t)
{
	bool *seen = dts_zalloc(t->count + 1, sizeof *seen);
	size_t lasts = 0;
	bool all = t->count > 0;

	for (size_t i = 0; i < t->count && all; i++) {
		uint64_t n;
		bool last;
		all = part_of(t->marks[i].bounds, &n, &last) && n >= 1 && n <= t->count && !seen[n] && (!last || n == t->count);
		if (all)
			seen[n] = true;
		lasts += all && last;
	}
	free(seen);
	return all && lasts == 1;
}

static bool is_array(const char *bounds)
{
	struct dts_error ignored = DTS_ERROR_INIT;
	struct dts_slice text = dts_slice_of(bounds);

	return dts_json_check(text, &ignored) == 0 && dts_json_value(text).type == DTS_JSON_ARRAY;
}

/* [AFTER,UPTO] of each chunk as ranges of the key. */
static int read_ranges(const struct dts_resume_table *t, const struct dts_schema *schema, const struct dts_key *key,
		       struct dts_ranges *read, struct dts_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < t->count && rc == 0; i++) {
		struct dts_json_walk walk = dts_json_walk(dts_slice_of(t->marks[i].bounds));
		struct dts_json after, upto, more;
		if (!dts_json_element(&walk, &after) || !dts_json_element(&walk, &upto) || dts_json_element(&walk, &more))
			return dts_fail(err, DTS_BAD_INPUT, "not two bounds: %s", t->marks[i].bounds);
		struct dts_range *range = dts_ranges_add(read);
		rc = dts_bound_parse(schema, key, after.raw, &range->after, err);
		if (rc == 0)
			rc = dts_bound_parse(schema, key, upto.raw, &range->upto, err);
	}
	return rc;
}

struct ranker {
	struct dts_session *session; /* NULL: nobody can be asked */
	const struct dts_schema *schema;
	const struct dts_key *key;
};

/* A dts_rank_fn. */
static int rank(void *context, const struct dts_bound *const *bounds, size_t count, uint64_t *ranks, struct dts_error *err)
{
	const struct ranker *k = context;

	if (!k->session)
		return dts_fail(err, DTS_REFUSED, "the table is not there");
	return dts_bound_rank(k->session, k->schema, k->key, bounds, count, ranks, err);
}

static int find_gaps(struct dts_resume_table *t, struct dts_session *session, const struct dts_schema *schema,
		     const struct dts_key *key, struct dts_error *err)
{
	struct dts_ranges read = {0};
	struct ranker ranker = {session, schema, key};
	int rc = read_ranges(t, schema, key, &read, err);

	if (rc == 0)
		rc = dts_gaps(&read, rank, &ranker, &t->gaps, err);
	dts_ranges_release(&read);
	if (rc > 0)
		t->state = t->gaps.count > 0 ? DTS_RESUME_GAPS : DTS_RESUME_DONE;
	else if (rc == 0)
		dts_resume_again(t, "its chunks at the target contradict one another");
	else if (err->status == DTS_AGAIN)
		return -1;
	else
		dts_resume_again(t, err->message);
	return 0;
}

/* `session` NULL: the table is not there any more, or not wanted. */
static int look_at_marks(const struct dts_resume *r, struct dts_resume_table *t, struct dts_session *session,
			 const struct dts_schema *schema, const struct dts_key *key, struct dts_error *err)
{
	struct dts_error why = DTS_ERROR_INIT;

	for (size_t i = 0; i < t->count; i++) {
		if (!is_array(t->marks[i].bounds)) {
			dts_resume_again(t, "its chunks at the target have no bounds");
			return 0;
		}
	}
	/* A directory has its files of one dump only. */
	if (!r->directory && older(r, t)) {
		dts_resume_again(t, "its chunks at the target are of an earlier snapshot");
		return 0;
	}
	/* One chunk that says nothing of bounds and parts was the table. */
	if (all_parts(t) || (t->count == 1 && dts_slice_is(dts_slice_of(t->marks[0].bounds), "[null,null]"))) {
		t->state = DTS_RESUME_DONE;
		return 0;
	}
	if (!key) {
		dts_resume_again(t, "it has no key by which the rest could be read");
		return 0;
	}
	if (find_gaps(t, session, schema, key, &why) < 0) {
		*err = why;
		return -1;
	}
	return 0;
}

static int plan_table(struct dts_resume *r, struct dts_dump *d, struct dts_dump_table *item, struct dts_error *err)
{
	struct dts_resume_table *t = dts_resume_find(r, item->table->db, item->table->name);

	if (!t)
		return 0;
	t->selected = true;
	if (t->emptying) {
		dts_resume_again(t, "it was being emptied");
		return 0;
	}
	if (t->count == 0)
		return 0;
	if (dts_resume_check_where(r, t, dts_dump_rules_where(d->options->rules, item->table->db, item->table->name), err) < 0)
		return -1;
	if (dts_dump_table_open(d, item, &d->sessions[0], err) < 0)
		return -1;
	if (!same_definition(t, &item->schema)) {
		dts_resume_again(t, "its definition at the source has changed");
		return 0;
	}
	return look_at_marks(r, t, &d->sessions[0], &item->schema, item->key, err);
}

/* A table that this dump does not have: all of it must be there. What changed it, a DROP
 * perhaps, is in the log. */
static int check_absent(struct dts_resume *r, const struct dts_dump *d, struct dts_resume_table *t, struct dts_error *err)
{
	struct dts_error ignored = DTS_ERROR_INIT;
	struct dts_record record;
	struct dts_schema schema = {0};
	bool wanted = dts_selection_has(d->options->selection, dts_slice_of(t->db), dts_slice_of(t->table));

	dts_record_init(&record);
	if (t->emptying)
		dts_resume_again(t, "it was being emptied");
	else if (parse_definition(t, &record, &schema, &ignored) == 0)
		look_at_marks(r, t, NULL, &schema, dts_keyrange_key(&schema), &ignored);
	dts_schema_release(&schema);
	dts_record_release(&record);
	if (t->state == DTS_RESUME_DONE)
		return 0;
	if (r->directory) {
		dts_fail(err, DTS_REFUSED, "table '%s.%s' is not in the dump in '%s' with all its rows, and is no longer there to be read",
			 t->db, t->table, r->spec);
		return dts_hint(err, "start the dump anew: remove that directory, or name another");
	}
	dts_fail(err, DTS_REFUSED, "table '%s.%s' of checkpoint %s is not at the target with all its rows, and %s", t->db, t->table,
		 r->spec, wanted ? "is no longer there to be read" : "is not selected");
	if (wanted)
		return dts_hint(err, "start the full phase anew: remove the checkpoint with dts-checkpoint, and empty the tables");
	return dts_hint(err, "select it as before; to do without it, start the full phase anew: remove the checkpoint with"
			     " dts-checkpoint, and empty the tables");
}

/* ---- the plan ---- */

static void set_ranges(struct dts_dump_table *item, struct dts_resume_table *t)
{
	if (t->state != DTS_RESUME_GAPS && t->state != DTS_RESUME_DONE)
		return;
	for (size_t i = 0; i < t->count; i++)
		if (t->marks[i].number > item->number)
			item->number = t->marks[i].number;
	for (size_t i = 0; i < item->range_count; i++) {
		dts_bound_release(&item->ranges[i].after);
		dts_bound_release(&item->ranges[i].upto);
	}
	free(item->ranges);
	item->ranges = dts_zalloc(t->gaps.count + 1, sizeof *item->ranges);
	item->range_count = t->gaps.count;
	for (size_t i = 0; i < t->gaps.count; i++) {
		dts_bound_copy(&item->ranges[i].after, &t->gaps.items[i].after);
		dts_bound_copy(&item->ranges[i].upto, &t->gaps.items[i].upto);
	}
	if (t->state == DTS_RESUME_DONE)
		dts_dump_table_release(item); /* nobody reads it */
}

static uint64_t counted(const struct dts_resume *r)
{
	const struct dts_map_entry *e;
	uint64_t chunks = 0;

	for (size_t at = 0; (e = dts_map_next(&r->tables, &at));) {
		const struct dts_resume_table *t = e->value;
		chunks += t->state == DTS_RESUME_AGAIN ? 0 : t->count;
	}
	return chunks;
}

static void tell(struct dts_resume *r)
{
	const struct dts_map_entry *e;
	struct dts_buf line = {0};
	size_t done = 0, part = 0;

	for (size_t at = 0; (e = dts_map_next(&r->tables, &at));) {
		const struct dts_resume_table *t = e->value;
		done += t->state == DTS_RESUME_DONE;
		part += t->state == DTS_RESUME_GAPS;
	}
	dts_buf_addf(&line, r->directory ? "the dump in '%s' goes on: %llu files are there, of %zu tables all, of %zu some"
					 : "checkpoint %s goes on: %llu chunks are there, of %zu tables all, of %zu some",
		     r->spec, (unsigned long long)counted(r), done, part);
	note(r, &line);
	for (size_t at = 0; (e = dts_map_next(&r->tables, &at));) {
		struct dts_resume_table *t = e->value;
		if (t->state != DTS_RESUME_AGAIN)
			continue;
		dts_buf_clear(&line);
		dts_buf_addf(&line, "table '%s.%s' is read again: %s", t->db, t->table, dts_buf_text(&t->reason));
		note(r, &line);
	}
	dts_buf_release(&line);
}

int dts_resume_plan(struct dts_resume *r, struct dts_dump *d, struct dts_error *err)
{
	const struct dts_map_entry *e;

	if (!r->found)
		return r->spec ? dts_resume_tell_groups(r, d, err) : 0;
	if (dts_resume_ended(r))
		return 0;
	if (dts_resume_check_log(r, d->source, &d->sessions[0], err) < 0)
		return -1;
	for (size_t i = 0; i < d->tables.count; i++)
		if (plan_table(r, d, &d->items[i], err) < 0)
			return -1;
	for (size_t at = 0; (e = dts_map_next(&r->tables, &at));) {
		struct dts_resume_table *t = e->value;
		if (!t->selected && (t->count > 0 || t->emptying) && check_absent(r, d, t, err) < 0)
			return -1;
	}
	if (dts_resume_join(r, d, err) < 0)
		return -1;
	for (size_t i = 0; i < d->tables.count; i++) {
		struct dts_resume_table *t = dts_resume_find(r, d->items[i].table->db, d->items[i].table->name);
		if (t)
			set_ranges(&d->items[i], t);
	}
	tell(r);
	return 0;
}

void dts_resume_add(const struct dts_resume *r, struct dts_buf *out)
{
	const struct dts_map_entry *e;
	const char *comma = "";

	if (!r->found)
		return;
	dts_buf_adds(out, "{\"chunks\":");
	dts_buf_addu(out, counted(r));
	dts_buf_adds(out, ",\"again\":[");
	for (size_t at = 0; (e = dts_map_next(&r->tables, &at));) {
		const struct dts_resume_table *t = e->value;
		if (t->state != DTS_RESUME_AGAIN)
			continue;
		dts_buf_adds(out, comma);
		dts_buf_adds(out, "{\"db\":");
		dts_json_add_string(out, dts_slice_of(t->db));
		dts_buf_adds(out, ",\"table\":");
		dts_json_add_string(out, dts_slice_of(t->table));
		dts_buf_addc(out, '}');
		comma = ",";
	}
	dts_buf_adds(out, "],\"pos\":");
	dts_buf_add_slice(out, dts_buf_slice(&r->state.snapshot));
	dts_buf_addc(out, '}');
}

void dts_resume_release(struct dts_resume *r)
{
	dts_map_release(&r->tables, free_table);
	dts_list_release(&r->notes);
	dts_source_state_release(&r->state);
	*r = (struct dts_resume){0};
}
