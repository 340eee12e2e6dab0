#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/signals.h"
#include "mysql/quote.h"
#include "verify/internal.h"

struct dts_verify {
	struct dts_verify_options o;
	struct dts_pair *pair;
	struct dts_output *out;
	struct dts_tables tables[DTS_SIDES];
	size_t at[DTS_SIDES];
	struct dts_verify_result result;
	uint64_t records;
};

const char *dts_verdict_name(enum dts_verdict v)
{
	static const char *const names[DTS_VERDICTS] = {
		[DTS_SAME] = "identical", [DTS_ROWS_DIFFER] = "different", [DTS_COLUMNS_DIFFER] = "other columns",
		[DTS_GENERATED_DIFFER] = "generated columns differ",
		[DTS_MISSING] = "missing", [DTS_EXTRA] = "extra",
	};

	return names[v];
}

int dts_verify_stop_asked(struct dts_error *err)
{
	err->status = DTS_OK;
	return dts_signals_stop() ? -1 : 0;
}

int dts_verify_wait(const struct table_work *w, struct dts_error *err)
{
	struct timespec until;
	double whole;
	double part = modf(w->o->recheck_wait, &whole);

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)whole;
	until.tv_nsec += (long)(part * 1e9);
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		if (dts_verify_stop_asked(err) < 0)
			return -1;
	return dts_verify_stop_asked(err);
}

static int write_stream(struct dts_verify *v, struct dts_error *err)
{
	struct dts_session *s = v->pair->side[DTS_SOURCE];
	struct dts_buf *b = &v->out->buf, id = {0};

	if (dts_session_server_id(s, &id, err) < 0) {
		dts_buf_release(&id);
		return -1;
	}
	dts_buf_addf(b, "{\"op\":\"stream\",\"v\":%d,\"kind\":\"repair\",\"src\":", DTS_RECORD_VERSION);
	dts_json_add_string(b, dts_slice_of(v->o.src));
	dts_buf_addf(b, ",\"source\":{\"server\":\"%s\",\"version\":", s->family == DTS_MARIADB ? "mariadb" : "mysql");
	dts_json_add_string(b, dts_slice_of(s->version_text));
	dts_buf_adds(b, ",\"id\":");
	dts_json_add_string(b, dts_buf_slice(&id));
	dts_buf_adds(b, "}}\n");
	dts_buf_release(&id);
	return dts_output_record_done(v->out, err);
}

/* Sequences are no tables to dts-dump either; they follow with their own kind of record. */
static void drop_sequences(struct dts_tables *t)
{
	size_t kept = 0;

	for (size_t i = 0; i < t->count; i++)
		if (!t->items[i].is_sequence)
			t->items[kept++] = t->items[i];
	t->count = kept;
}

struct dts_verify *dts_verify_begin(const struct dts_verify_options *o, struct dts_pair *pair,
				    struct dts_output *out, struct dts_error *err)
{
	struct dts_verify *v = dts_zalloc(1, sizeof *v);

	*v = (struct dts_verify){.o = *o, .pair = pair, .out = out};
	for (int side = 0; side < DTS_SIDES; side++) {
		if (dts_catalog_tables(pair->side[side], o->selection, &v->tables[side], err) < 0)
			goto failed;
		drop_sequences(&v->tables[side]);
	}
	/* One side's answer may wait long for the other's; and values come as raw column bytes. */
	if (dts_pair_run(pair, DTS_LIT("SET net_write_timeout=86400,character_set_results=NULL"), err) < 0 ||
	    write_stream(v, err) < 0)
		goto failed;
	return v;
failed:
	dts_verify_free(v);
	return NULL;
}

void dts_verify_free(struct dts_verify *v)
{
	if (!v)
		return;
	for (int side = 0; side < DTS_SIDES; side++)
		dts_tables_release(&v->tables[side]);
	dts_buf_release(&v->result.why);
	free(v);
}

static int compare_names(const struct dts_table *a, const struct dts_table *b)
{
	const struct dts_slice pairs[][2] = {{a->db, b->db}, {a->name, b->name}};

	for (int i = 0; i < 2; i++) {
		struct dts_slice x = pairs[i][0], y = pairs[i][1];
		int order = memcmp(x.p, y.p, x.len < y.len ? x.len : y.len);
		order = order != 0 ? order : (x.len > y.len) - (x.len < y.len);
		if (order != 0)
			return order;
	}
	return 0;
}

/* The next table by name, of the source, of the target or of both; NULL: no more. */
static const struct dts_table *next_of(const struct dts_verify *v, size_t at[DTS_SIDES], bool has[DTS_SIDES])
{
	const struct dts_table *t[DTS_SIDES];

	for (int side = 0; side < DTS_SIDES; side++)
		t[side] = at[side] < v->tables[side].count ? &v->tables[side].items[at[side]] : NULL;
	if (!t[DTS_SOURCE] && !t[DTS_TARGET])
		return NULL;
	int order = !t[DTS_TARGET] ? -1 : !t[DTS_SOURCE] ? 1 : compare_names(t[DTS_SOURCE], t[DTS_TARGET]);
	has[DTS_SOURCE] = order <= 0;
	has[DTS_TARGET] = order >= 0;
	for (int side = 0; side < DTS_SIDES; side++)
		at[side] += has[side];
	return t[order <= 0 ? DTS_SOURCE : DTS_TARGET];
}

size_t dts_verify_tables(const struct dts_verify *v, size_t *longest)
{
	const struct dts_table *t;
	size_t at[DTS_SIDES] = {0}, count = 0;
	bool has[DTS_SIDES];

	*longest = 0;
	for (; (t = next_of(v, at, has)); count++)
		if (t->db.len + 1 + t->name.len > *longest)
			*longest = t->db.len + 1 + t->name.len;
	return count;
}

static void work_release(struct table_work *w)
{
	dts_verify_suspects_clear(&w->suspects);
	for (int side = 0; side < DTS_SIDES; side++) {
		dts_row_writer_free(w->writer[side]);
		dts_schema_release(&w->schema[side]);
		dts_buf_release(&w->from[side]);
		dts_buf_release(&w->sql[side]);
	}
	free(w->ordered);
	free(w->key_columns);
	dts_buf_release(&w->digest);
	dts_buf_release(&w->size);
	dts_buf_release(&w->key_list);
	dts_buf_release(&w->key_order);
	dts_buf_release(&w->scratch);
	dts_verify_generated_release(&w->generated);
}

/* The key that MySQL makes for a table that has none (sql_generate_invisible_primary_key)
 * is no value of the row where the other side has none. */
static void drop_made_key(struct dts_schema *s, const struct dts_schema *other)
{
	const struct dts_slice name = DTS_LIT("my_row_id");
	long at = dts_schema_column(s, name, 0);

	if (at < 0 || !s->columns[at].invisible || dts_schema_column(other, name, 0) >= 0)
		return;
	s->column_count--;
	memmove(&s->columns[at], &s->columns[at + 1], (s->column_count - (size_t)at) * sizeof *s->columns);
	if (s->primary.count > 0 && dts_slice_eq(s->primary.columns[0], name))
		s->primary.count = 0;
}

/* Reads both schemas. 1; 0: the verdict is clear without looking at rows; -1. */
static int work_schemas(struct table_work *w, struct dts_error *err)
{
	static const enum dts_verdict absent[DTS_SIDES] = {DTS_EXTRA, DTS_MISSING};

	for (int side = 0; side < DTS_SIDES; side++) {
		bool odd = false;
		int rc = dts_catalog_schema(w->pair->side[side], w->table->db, w->table->name, &w->schema[side], &odd,
					    err);
		if (rc == 0) /* dropped since the tables were listed */
			w->result->verdict = absent[side];
		if (rc <= 0)
			return rc;
	}
	drop_made_key(&w->schema[DTS_SOURCE], &w->schema[DTS_TARGET]);
	drop_made_key(&w->schema[DTS_TARGET], &w->schema[DTS_SOURCE]);
	w->ordered = dts_zalloc(w->schema[DTS_SOURCE].column_count + 1, sizeof *w->ordered);
	if (!dts_digest_match(&w->schema[DTS_SOURCE], &w->schema[DTS_TARGET], w->ordered, &w->result->why)) {
		w->result->verdict = DTS_COLUMNS_DIFFER;
		return 0;
	}
	/* The array hangs on the schema's arena; the copy that replaces it is ours. */
	w->schema[DTS_TARGET].columns = w->ordered;
	return 1;
}

/* All SQL that stays the same over the table. */
static void work_prepare(struct table_work *w)
{
	const struct dts_schema *src = &w->schema[DTS_SOURCE];

	bool mysql[DTS_SIDES] = {w->pair->side[DTS_SOURCE]->family == DTS_MYSQL,
				 w->pair->side[DTS_TARGET]->family == DTS_MYSQL};

	w->mixed = mysql[DTS_SOURCE] != mysql[DTS_TARGET];
	dts_digest_add(&w->digest, src->columns, w->ordered, src->column_count, mysql[DTS_SOURCE] || mysql[DTS_TARGET]);
	for (size_t i = 0; i < src->column_count; i++)
		w->documents = w->documents || dts_digest_is_document(&src->columns[i], &w->ordered[i], w->mixed);
	dts_digest_add_size(&w->size, src->columns, src->column_count);
	for (int side = 0; side < DTS_SIDES; side++) {
		w->writer[side] = dts_row_writer_new(&w->schema[side], false);
		dts_buf_adds(&w->from[side], " FROM ");
		dts_sql_table(&w->from[side], w->table->db, w->table->name);
	}
	dts_verify_key_choose(w);
	dts_verify_generated_prepare(w, mysql[DTS_SOURCE] || mysql[DTS_TARGET]);
}

static int verify_table(struct dts_verify *v, const struct dts_table *table, struct dts_error *err)
{
	struct table_work w = {.pair = v->pair, .o = &v->o, .out = v->out, .records = &v->records, .table = table,
			       .result = &v->result};

	snprintf(w.what, sizeof w.what, "cannot compare '%.*s.%.*s'", (int)table->db.len, table->db.p,
		 (int)table->name.len, table->name.p);
	int rc = work_schemas(&w, err);
	if (rc > 0) {
		work_prepare(&w);
		rc = w.key ? dts_verify_by_key(&w, err) : dts_verify_by_count(&w, err);
		if (v->result.verdict != DTS_COLUMNS_DIFFER)
			v->result.verdict = v->result.different > 0 ? DTS_ROWS_DIFFER : DTS_SAME;
		if (rc == 0)
			rc = dts_verify_generated_end(&w, err);
	}
	work_release(&w);
	return rc;
}

int dts_verify_next(struct dts_verify *v, struct dts_verify_result **result, struct dts_error *err)
{
	bool has[DTS_SIDES];
	const struct dts_table *table = next_of(v, v->at, has);
	struct dts_buf why = v->result.why;

	if (!table)
		return 0;
	if (dts_verify_stop_asked(err) < 0)
		return -1;
	dts_buf_clear(&why);
	v->result = (struct dts_verify_result){.db = table->db, .table = table->name, .why = why};
	*result = &v->result;
	if (!has[DTS_TARGET])
		v->result.verdict = DTS_MISSING;
	else if (!has[DTS_SOURCE])
		v->result.verdict = DTS_EXTRA;
	else if (verify_table(v, table, err) < 0)
		return -1;
	return 1;
}

int dts_verify_end(struct dts_verify *v, struct dts_error *err)
{
	struct dts_buf *b = &v->out->buf;

	dts_buf_adds(b, "{\"op\":\"end\",\"src\":");
	dts_json_add_string(b, dts_slice_of(v->o.src));
	dts_buf_adds(b, ",\"reason\":\"done\",\"records\":");
	dts_buf_addu(b, v->records);
	dts_buf_adds(b, "}\n");
	return dts_output_record_done(v->out, err);
}
