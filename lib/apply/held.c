#include <stdlib.h>

#include "apply/state.h"
#include "mysql/quote.h"

/*
 * Statements on views, routines, triggers, events and accounts that the stream has brought and that
 * wait for the cut-over (--other-ddl=hold): a trigger would act a second time on what the source's
 * has done, an event by itself. The checkpoint keeps their records, under the names at the target.
 */

static const char *family_name(const struct dts_ddl_origin *o)
{
	return !o->known ? "" : o->family == DTS_MYSQL ? "mysql" : "mariadb";
}

/* The mark is written in the same transaction, so that no statement is kept twice; and where the
 * checkpoint was set back by hand, neither. */
void dts_held_plan(struct dts_applier *a, const struct dts_apply_tx *tx, struct dts_slice record)
{
	struct dts_buf *sql = &a->plan.sql;
	const size_t at = sql->len;

	if (record.len > 0 && record.p[record.len - 1] == '\n')
		record.len--;
	dts_buf_adds(sql, "INSERT INTO ");
	dts_checkpoint_table(&a->checkpoint, "held", sql);
	dts_buf_adds(sql, " (checkpoint,src,ordinal,tx,family,version,record,updated) SELECT ");
	dts_sql_literal(sql, dts_slice_of(a->options.checkpoint));
	dts_buf_addc(sql, ',');
	dts_sql_literal(sql, dts_buf_slice(&a->src));
	dts_buf_adds(sql, ",h.n,");
	dts_sql_literal(sql, dts_buf_slice(&tx->tx));
	dts_buf_addf(sql, ",'%s',%u,", family_name(&a->origin), a->origin.version);
	dts_sql_literal(sql, record);
	dts_buf_adds(sql, ",UTC_TIMESTAMP(6) FROM (SELECT COALESCE(MAX(ordinal),0)+1 AS n, COALESCE(SUM(tx=");
	dts_sql_literal(sql, dts_buf_slice(&tx->tx));
	dts_buf_adds(sql, "),0) AS kept FROM ");
	dts_checkpoint_table(&a->checkpoint, "held", sql);
	dts_buf_adds(sql, " WHERE ");
	dts_checkpoint_where(&a->checkpoint, dts_buf_slice(&a->src), sql);
	dts_buf_adds(sql, ") h WHERE h.kept=0");
	dts_plan_add(&a->plan, at, (struct dts_statement){.rows = DTS_EXPECT_ANY});
}

/* ---- the cut-over ---- */

struct held {
	char *src, *ordinal, *record;
	char *before; /* what its objects looked like when a run began it; NULL: none has */
	struct dts_ddl_origin origin;
	struct dts_ddl ddl;   /* of `sql` */
	struct dts_buf sql, db;
};

struct held_list {
	struct held *items;
	size_t count;
};

static void release(struct held_list *l)
{
	for (size_t i = 0; i < l->count; i++) {
		struct held *h = &l->items[i];

		free(h->src);
		free(h->ordinal);
		free(h->record);
		free(h->before);
		dts_ddl_release(&h->ddl);
		dts_buf_release(&h->sql);
		dts_buf_release(&h->db);
	}
	free(l->items);
	*l = (struct held_list){0};
}

static int read_one(struct held *h, MYSQL_ROW row, struct dts_error *err)
{
	struct dts_record r;

	h->src = dts_strdup(row[0]);
	h->ordinal = dts_strdup(row[1]);
	h->origin.known = row[2][0] != '\0';
	h->origin.family = strcmp(row[2], "mysql") == 0 ? DTS_MYSQL : DTS_MARIADB;
	h->origin.version = (unsigned)strtoul(row[3], NULL, 10);
	h->before = row[4] ? dts_strdup(row[4]) : NULL;
	h->record = dts_strdup(row[5]);
	dts_record_init(&r);
	int rc = dts_record_parse(&r, dts_slice_of(h->record), err);
	if (rc == 0) {
		dts_buf_add_slice(&h->sql, r.sql);
		dts_buf_add_slice(&h->db, r.db.p ? r.db : DTS_LIT(""));
		dts_ddl_parse(&h->ddl, dts_buf_slice(&h->sql), dts_ddl_context_flags(&h->origin, r.raw[DTS_F_CONTEXT]));
	} else {
		dts_where(err, "the checkpoint's held statement %s", h->ordinal);
	}
	dts_record_release(&r);
	return rc;
}

static int read_all(struct dts_applier *a, struct held_list *l, struct dts_error *err)
{
	struct dts_buf sql = {0};
	int rc = 0;

	dts_buf_adds(&sql, "SELECT src,ordinal,family,version,before_state,record FROM ");
	dts_checkpoint_table(&a->checkpoint, "held", &sql);
	dts_buf_adds(&sql, " WHERE checkpoint=");
	dts_sql_literal(&sql, dts_slice_of(a->options.checkpoint));
	dts_buf_adds(&sql, " ORDER BY src,ordinal");
	MYSQL_RES *res = dts_session_query(a->session, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	if (!res)
		return -1;
	l->items = dts_zalloc(mysql_num_rows(res) + 1, sizeof *l->items);
	for (MYSQL_ROW row; rc == 0 && (row = mysql_fetch_row(res));)
		rc = read_one(&l->items[l->count++], row, err);
	mysql_free_result(res);
	return rc;
}

static bool is_drop(const struct dts_ddl *d)
{
	return d->kind == DTS_DDL_DROP_VIEW || d->kind == DTS_DDL_DROP_TRIGGER || d->kind == DTS_DDL_DROP_PROCEDURE ||
	       d->kind == DTS_DDL_DROP_FUNCTION || d->kind == DTS_DDL_DROP_PACKAGE || d->kind == DTS_DDL_DROP_EVENT;
}

static struct dts_slice db_of(const struct held *h, const struct dts_ddl_object *o)
{
	return o->db.len > 0 ? o->db : dts_buf_slice(&h->db);
}

/* Is the object of this statement dropped or replaced by one behind it? What it was made of may be gone by now. */
static bool is_superseded(const struct held_list *l, size_t i)
{
	const struct held *h = &l->items[i];

	if (h->ddl.count == 0 || is_drop(&h->ddl) || h->ddl.kind == DTS_DDL_ACCOUNT)
		return false;
	const struct dts_ddl_object *o = &h->ddl.objects[0];
	for (size_t k = i + 1; k < l->count && strcmp(l->items[k].src, h->src) == 0; k++) {
		const struct held *later = &l->items[k];

		for (size_t n = 0; n < later->ddl.count && (is_drop(&later->ddl) || (later->ddl.or_replace && n == 0)); n++) {
			const struct dts_ddl_object *x = &later->ddl.objects[n];

			if (x->type == o->type && dts_slice_eq(x->name, o->name) && dts_slice_eq(db_of(later, x), db_of(h, o)))
				return true;
		}
	}
	return false;
}

static void add_key(struct dts_applier *a, const struct held *h, struct dts_buf *sql)
{
	dts_buf_adds(sql, " WHERE ");
	dts_checkpoint_where(&a->checkpoint, dts_slice_of(h->src), sql);
	dts_buf_addf(sql, " AND ordinal=%s", h->ordinal);
}

/* What objects look like is noted before the statement runs. `state` p NULL: it did not run. */
static int note(struct dts_applier *a, const struct held *h, struct dts_slice state, struct dts_error *err)
{
	struct dts_buf *sql = &a->plan.sql;

	dts_applier_plan_start(a);
	const size_t at = sql->len;
	dts_buf_adds(sql, "UPDATE ");
	dts_checkpoint_table(&a->checkpoint, "held", sql);
	dts_buf_adds(sql, " SET before_state=");
	if (state.p)
		dts_sql_literal(sql, state);
	else
		dts_buf_adds(sql, "NULL");
	add_key(a, h, sql);
	dts_plan_add(&a->plan, at, (struct dts_statement){.rows = DTS_EXPECT_ANY});
	return dts_applier_commit(a, err);
}

static int forget(struct dts_applier *a, const struct held *h, struct dts_error *err)
{
	struct dts_buf *sql = &a->plan.sql;

	dts_applier_plan_start(a);
	const size_t at = sql->len;
	dts_buf_adds(sql, "DELETE FROM ");
	dts_checkpoint_table(&a->checkpoint, "held", sql);
	add_key(a, h, sql);
	dts_plan_add(&a->plan, at, (struct dts_statement){.rows = DTS_EXPECT_ANY});
	return dts_applier_commit(a, err);
}

/* Are none of the objects there that a DROP is about? */
static bool all_absent(struct dts_slice state)
{
	static const char absent[] = " absent";
	const size_t n = sizeof absent - 1;

	for (const char *p = state.p, *end = state.p + state.len, *eol; p < end; p = eol + 1) {
		eol = memchr(p, '\n', (size_t)(end - p));
		if (!eol)
			return false;
		if ((size_t)(eol - p) < n || memcmp(eol - n, absent, n) != 0)
			return false;
	}
	return state.len > 0;
}

/* Runs a statement that no run has run. */
static int run_held(struct dts_applier *a, const struct held *h, struct dts_error *err)
{
	struct dts_error ignored = DTS_ERROR_INIT;
	struct dts_buf now = {0};
	const struct dts_slice record = dts_slice_of(h->record);
	int rc = dts_apply_ddl_look(a, record, &now, err);

	/* A run that was killed may have begun it: where its objects have changed since, it has run. */
	const bool ran = rc == 0 && h->before && !dts_slice_is(dts_buf_slice(&now), h->before);
	const bool needless = rc == 0 && is_drop(&h->ddl) && all_absent(dts_buf_slice(&now));
	if (rc == 0 && !ran && !needless) {
		rc = note(a, h, dts_buf_slice(&now), err);
		if (rc == 0 && (rc = dts_apply_ddl_held(a, record, err)) < 0 && err->status != DTS_AGAIN)
			note(a, h, (struct dts_slice){0}, &ignored);
	}
	dts_buf_release(&now);
	return rc;
}

static int cut_over(struct dts_applier *a, const struct held_list *l, struct dts_error *err)
{
	for (size_t i = 0; i < l->count; i++) {
		const struct held *h = &l->items[i];
		int rc = 0;

		a->origin = h->origin;
		dts_buf_clear(&a->src);
		dts_buf_adds(&a->src, h->src);
		if (!is_superseded(l, i))
			rc = run_held(a, h, err);
		if (rc < 0 && err->status == DTS_REFUSED && a->options.doubt == DTS_DOUBT_DONE) {
			a->options.doubt = DTS_DOUBT_ASK; /* somebody made the first one by hand */
			rc = 0;
		}
		if (rc < 0 || forget(a, h, err) < 0)
			return -1;
	}
	return 0;
}

/* Changes are still to come to a target whose rows are not all there. */
static int check_phase(struct dts_applier *a, struct dts_error *err)
{
	struct dts_list names = {0};
	int rc = dts_checkpoint_sources(&a->checkpoint, &names, err);

	if (rc == 0 && names.count == 0) {
		rc = dts_fail(err, DTS_REFUSED, "there is no checkpoint '%s'", a->options.checkpoint);
		dts_hint(err, "dts-checkpoint list prints those that there are");
	}
	for (size_t i = 0; rc == 0 && i < names.count; i++) {
		struct dts_source_state s = {0};

		rc = dts_checkpoint_read(&a->checkpoint, dts_slice_of(names.items[i]), &s, err) < 0 ? -1 : 0;
		if (rc == 0 && s.phase == DTS_PHASE_FULL) {
			rc = dts_fail(err, DTS_REFUSED, "the full phase of checkpoint '%s' has not ended: its rows are not all at the target",
				      a->options.checkpoint);
			dts_hint(err, "the cut-over comes last, when all changes have been applied");
		}
		dts_source_state_release(&s);
	}
	dts_list_release(&names);
	return rc;
}

int dts_applier_cut_over(struct dts_applier *a, struct dts_error *err)
{
	struct held_list l = {0};
	int rc = check_phase(a, err);

	if (rc == 0)
		rc = read_all(a, &l, err);
	if (rc == 0)
		rc = cut_over(a, &l, err);
	release(&l);
	return rc;
}
