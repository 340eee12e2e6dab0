#include <stdlib.h>

#include "apply/state.h"
#include "base/message.h"

/*
 * --dry-run: the stream is read to its end and held against the target as a run would at each
 * table's and statement's beginning; all that would be refused is told, not the first alone. What the session would
 * run is printed to nowhere. Nothing is locked: what only the rows tell, such as a duplicate, is not known afterwards.
 */
struct dts_dry_table {
	uint64_t rows, changes;
	bool seen;    /* it has been looked at */
	bool altered; /* a statement of the stream is about it, which the target does not know yet */
	bool unloaded;
};

static struct dts_dry_table *table_of(struct dts_applier *a, struct dts_slice db, struct dts_slice name)
{
	struct dts_slice key = dts_map_pair(&a->table_key, db, name);
	struct dts_dry_table *t = dts_map_get(&a->dry.tables, key);

	if (!t) {
		t = dts_zalloc(1, sizeof *t);
		dts_map_set(&a->dry.tables, key, t);
	}
	return t;
}

/* The target, or the stream, refuses something: it is told, and the rest is looked at. */
int dts_dry_problem(struct dts_applier *a, const struct dts_record *r, struct dts_error *err)
{
	struct dts_dry *d = &a->dry;

	if (err->status != DTS_REFUSED && err->status != DTS_USAGE)
		return -1;
	if (r->op == DTS_OP_SCHEMA)
		table_of(a, r->db, r->table)->seen = true; /* once is enough */
	if (!a->runner.located)
		dts_where(err, "%s", dts_stream_where(a->stream));
	a->runner.located = false;
	dts_buf_adds(&d->problems, "refused: ");
	dts_buf_adds(&d->problems, err->message);
	if (err->hint[0])
		dts_buf_addf(&d->problems, " (%s)", err->hint);
	dts_buf_addc(&d->problems, '\n');
	d->problem_count++;
	*err = (struct dts_error)DTS_ERROR_INIT;
	return 0;
}

/* The first row or change of a table: is it as it must be? */
static int look(struct dts_applier *a, const struct dts_record *r, struct dts_dry_table *d, struct dts_error *err)
{
	if (d->seen || d->altered)
		return 0;
	d->seen = true;
	struct dts_apply_table *t = dts_applier_table(a, r, err);
	if (!t)
		return -1;
	if (!t->bound && dts_applier_bind(a, t, err) < 0)
		return -1;
	if (dts_actions_check(a, t, dts_group_has_flag(r, "no-foreign-key-checks"), err) < 0)
		return -1;
	return a->snapshot ? dts_marks_begin_table(a, t, err) : 0;
}

static int count_change(struct dts_applier *a, const struct dts_record *r, struct dts_error *err)
{
	struct dts_dry_table *d = table_of(a, r->db, r->table);

	d->changes++;
	if (!d->unloaded && !d->altered && a->has_checkpoint && dts_known_change(a, r, err) < 0) {
		d->unloaded = d->seen = true;
		return -1;
	}
	if (r->op == DTS_OP_SETVAL)
		return 0;
	return look(a, r, d, err);
}

/* --- transactions */

static int begin(struct dts_applier *a, const struct dts_record *r, struct dts_error *err)
{
	struct dts_position pos = {0};
	int rc = dts_position_parse(&pos, r->raw[DTS_F_POS], err);

	a->tx_skipped = a->has_checkpoint && a->applied.file[0] && pos.file[0] && dts_position_compare(&pos, &a->applied) < 0;
	a->behind = a->tx_skipped;
	a->tx_above = !a->tx_skipped && a->above.count > 0 && dts_above_has(&a->above, &pos, r->tx);
	a->tx_exception = a->tx_skipped || a->tx_above ? NULL : dts_exceptions_find(&a->exceptions, r->tx);
	dts_position_release(&pos);
	return rc;
}

/* A statement: would it be run, and what is it about? */
static int statement(struct dts_applier *a, const struct dts_record *r, uint64_t line, struct dts_error *err)
{
	struct dts_buf scratch = {0}, text = {0};
	struct dts_json object;
	int shown = r->sql.len > 200 ? 200 : (int)r->sql.len;

	a->dry.statements++;
	dts_buf_addf(&a->dry.ddl, "statement: %.*s%s\n", shown, r->sql.p, r->sql.len > 200 ? "..." : "");
	if (r->raw[DTS_F_OBJECTS].p) {
		struct dts_json_walk walk = dts_json_walk(r->raw[DTS_F_OBJECTS]);
		while (dts_json_element(&walk, &object)) {
			struct dts_json db = dts_json_get(object.raw, "db"), table = dts_json_get(object.raw, "table");
			if (db.type == DTS_JSON_STRING && table.raw.p && table.type == DTS_JSON_STRING) {
				dts_buf_clear(&text);
				dts_buf_add_slice(&text, dts_json_string(db.raw, &scratch));
				table_of(a, dts_buf_slice(&text), dts_json_string(table.raw, &scratch))->altered = true;
			}
		}
	}
	dts_buf_release(&scratch);
	dts_buf_release(&text);
	return dts_ddl_judge(a, r->line, line, err);
}

/* What stands in the transaction's place. */
static int replacement(struct dts_applier *a, struct dts_error *err)
{
	const struct dts_buf *records = &a->tx_exception->records;
	const char *p = records->data, *end = p + records->len;
	int rc = 0;

	a->tx_exception->met = true;
	while (rc == 0 && p < end) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		rc = dts_record_parse(&a->again, dts_slice(p, (size_t)(eol - p)), err);
		if (rc == 0)
			rc = a->again.op == DTS_OP_DDL ? statement(a, &a->again, 0, err) : count_change(a, &a->again, err);
		if (rc < 0)
			rc = dts_dry_problem(a, &a->again, err);
		else
			a->change_count++;
		p = eol + 1;
	}
	return rc;
}

static int end_tx(struct dts_applier *a, const struct dts_record *r, struct dts_error *err)
{
	bool skipped = a->tx_skipped || a->tx_above;
	int rc = 0;

	if (skipped) {
		a->dry.passed++;
	} else if (a->tx_exception) {
		a->dry.exceptions++;
		rc = replacement(a, err);
	} else {
		a->change_count += r->n;
	}
	a->transactions += !skipped;
	a->tx_skipped = a->tx_above = false;
	a->tx_exception = NULL;
	return rc;
}

int dts_dry_record(struct dts_applier *a, const struct dts_record *r, uint64_t line, struct dts_error *err)
{
	bool passed = a->tx_skipped || a->tx_above || a->tx_exception;

	switch (r->op) {
	case DTS_OP_STREAM:
	case DTS_OP_SCHEMA:
		return 1;
	case DTS_OP_BEGIN:
		return begin(a, r, err);
	case DTS_OP_CHUNK:
		a->dry.chunks++;
		return a->snapshot_done ? 0 : look(a, r, table_of(a, r->db, r->table), err);
	case DTS_OP_ROW:
		a->rows++;
		table_of(a, r->db, r->table)->rows++;
		return 0;
	case DTS_OP_INSERT:
	case DTS_OP_UPDATE:
	case DTS_OP_DELETE:
	case DTS_OP_SETVAL:
		a->change_count += a->repair;
		return passed ? 0 : count_change(a, r, err);
	case DTS_OP_DDL:
		if (a->schema)
			a->dry.statements++;
		return a->schema ? 1 : passed ? 0 : statement(a, r, line, err);
	case DTS_OP_COMMIT:
	case DTS_OP_PREPARE:
		return end_tx(a, r, err);
	case DTS_OP_ROLLBACK:
		if (!r->raw[DTS_F_TO].p)
			a->tx_skipped = a->tx_above = false;
		return 0;
	default:
		return 0;
	}
}

/* --- what it comes to */

static void add_count(struct dts_buf *b, uint64_t n, const char *one, const char *more)
{
	dts_buf_addu(b, n);
	dts_buf_addf(b, " %s", n == 1 ? one : more);
}

static int by_name(const void *x, const void *y)
{
	return strcmp(*(char *const *)x, *(char *const *)y);
}

/* A line for each table, sorted. */
static void add_tables(struct dts_applier *a, struct dts_buf *out)
{
	char **lines = dts_zalloc(a->dry.tables.count + 1, sizeof *lines);
	struct dts_map_entry *e;
	size_t count = 0;

	for (size_t at = 0; (e = dts_map_next(&a->dry.tables, &at));) {
		const struct dts_dry_table *t = e->value;
		struct dts_buf line = {0};
		uint32_t db_len;
		memcpy(&db_len, e->key, sizeof db_len);
		const char *db = e->key + sizeof db_len, *name = db + db_len;
		dts_buf_addf(&line, "table: %.*s.%.*s: ", (int)db_len, db, (int)(e->key_len - sizeof db_len - db_len), name);
		if (t->rows > 0 || t->changes == 0)
			add_count(&line, t->rows, "row", "rows");
		if (t->rows > 0 && t->changes > 0)
			dts_buf_adds(&line, ", ");
		if (t->changes > 0)
			add_count(&line, t->changes, "change", "changes");
		if (t->altered && !t->seen)
			dts_buf_adds(&line, ", not looked at: a statement before makes or alters it");
		lines[count++] = dts_slice_dup(dts_buf_slice(&line));
		dts_buf_release(&line);
	}
	qsort(lines, count, sizeof *lines, by_name);
	for (size_t i = 0; i < count; i++) {
		dts_escape(out, dts_slice_of(lines[i]));
		dts_buf_addc(out, '\n');
		free(lines[i]);
	}
	free(lines);
}

/* Lines of ours with data in them: control characters go, newlines of ours stay. */
static void add_lines(struct dts_buf *out, const struct dts_buf *lines)
{
	const char *p = lines->data, *end = p + lines->len;

	while (p < end) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		dts_escape(out, dts_slice(p, (size_t)(eol - p)));
		dts_buf_addc(out, '\n');
		p = eol + 1;
	}
}

int dts_dry_tell(struct dts_applier *a, struct dts_error *err)
{
	struct dts_buf *b = &a->options.summary->buf;
	const struct dts_dry *d = &a->dry;

	dts_buf_adds(b, "would apply: ");
	if (d->chunks > 0) {
		add_count(b, a->rows, "row", "rows");
		dts_buf_adds(b, " in ");
		add_count(b, d->chunks, "chunk", "chunks");
		dts_buf_adds(b, ", ");
	}
	add_count(b, a->change_count, "change", "changes");
	dts_buf_adds(b, " in ");
	add_count(b, a->transactions, "transaction", "transactions");
	dts_buf_adds(b, ", ");
	add_count(b, d->statements, "statement", "statements");
	dts_buf_addc(b, '\n');
	if (d->passed > 0) {
		dts_buf_adds(b, "there already: ");
		add_count(b, d->passed, "transaction", "transactions");
		dts_buf_addc(b, '\n');
	}
	if (d->exceptions > 0) {
		dts_buf_adds(b, "skipped or replaced: ");
		add_count(b, d->exceptions, "transaction", "transactions");
		dts_buf_addc(b, '\n');
	}
	add_tables(a, b);
	add_lines(b, &d->ddl);
	add_lines(b, &d->problems);
	return dts_output_record_done(a->options.summary, err);
}

/* The end of a dry run: how it would have ended. */
int dts_dry_end(struct dts_applier *a, struct dts_error *err)
{
	if (dts_dry_tell(a, err) < 0 || dts_exceptions_tell(a, err) < 0)
		return -1;
	if (a->dry.problem_count == 0)
		return 0;
	return dts_fail(err, DTS_REFUSED, "of this stream %llu %s refused", (unsigned long long)a->dry.problem_count,
			a->dry.problem_count == 1 ? "thing would be" : "things would be");
}

void dts_dry_release(struct dts_dry *d)
{
	dts_map_release(&d->tables, free);
	dts_buf_release(&d->ddl);
	dts_buf_release(&d->problems);
}
