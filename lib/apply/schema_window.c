#include "apply/schema.h"

#include "apply/state.h"
#include "mysql/quote.h"

/* Windows of tables, in any checkpoint of the target, that a key over their rows has to wait for. */

void dts_open_window_release(struct dts_open_window *w)
{
	dts_buf_release(&w->name);
	dts_buf_release(&w->src);
	dts_position_release(&w->low);
	dts_position_release(&w->high);
}

static int take_open(struct dts_applier *a, MYSQL_ROW row, struct dts_open_window *w, struct dts_error *err)
{
	const struct dts_checkpoint c = {.session = a->session, .db = a->options.checkpoint_db, .name = row[0]};
	struct dts_source_state state = {0};
	int rc = dts_checkpoint_read(&c, dts_slice_of(row[1]), &state, err);

	if (rc > 0 && (dts_position_parse(&w->low, dts_slice_of(row[2]), err) < 0 || dts_position_parse(&w->high, dts_slice_of(row[3]), err) < 0))
		rc = -1;
	if (rc > 0)
		rc = !state.applied.file[0] || dts_position_compare(&state.applied, &w->high) < 0;
	if (rc > 0) {
		dts_buf_adds(&w->name, row[0]);
		dts_buf_adds(&w->src, row[1]);
	}
	dts_source_state_release(&state);
	return rc;
}

/* The open window of a table: 1; 0: it has none; -1. */
static int open_window(struct dts_applier *a, struct dts_slice db, struct dts_slice table, struct dts_open_window *w, struct dts_error *err)
{
	const struct dts_checkpoint c = {.session = a->session, .db = a->options.checkpoint_db, .name = ""};
	struct dts_error why = DTS_ERROR_INIT;
	struct dts_buf sql = {0};
	int rc = 0;

	dts_buf_adds(&sql, "SELECT checkpoint, src, low, high FROM ");
	dts_checkpoint_table(&c, "tablewindow", &sql);
	dts_buf_adds(&sql, " w LEFT JOIN ");
	dts_checkpoint_table(&c, "source_table", &sql);
	dts_buf_adds(&sql, " s USING (checkpoint, src, db, tbl) WHERE COALESCE(s.to_db, w.db)=");
	dts_sql_literal(&sql, db);
	dts_buf_adds(&sql, " AND COALESCE(s.to_tbl, w.tbl)=");
	dts_sql_literal(&sql, table);
	MYSQL_RES *res = dts_session_query(a->session, dts_buf_slice(&sql), &why);
	dts_buf_release(&sql);
	if (!res && why.status == DTS_REFUSED) /* no checkpoint, or none that this account may see */
		return 0;
	if (!res) {
		*err = why;
		return -1;
	}
	for (MYSQL_ROW row; rc == 0 && (row = mysql_fetch_row(res));)
		rc = take_open(a, row, w, err);
	mysql_free_result(res);
	return rc;
}

static bool same_text(const struct dts_buf *a, const struct dts_buf *b)
{
	return dts_slice_eq(dts_buf_slice(a), dts_buf_slice(b));
}

static bool is_exact(const struct dts_open_window *w)
{
	return dts_position_compare(&w->low, &w->high) == 0;
}

/* Both were read at this one moment. */
static bool stand_alike(const struct dts_open_window *a, const struct dts_open_window *b)
{
	return is_exact(a) && is_exact(b) && same_text(&a->name, &b->name) && same_text(&a->src, &b->src) &&
	       dts_position_compare(&a->low, &b->low) == 0;
}

int dts_apply_schema_waits(struct dts_applier *a, struct dts_slice db, struct dts_slice table, const struct dts_item *item,
			   struct dts_open_window *w, struct dts_error *err)
{
	const struct dts_foreign *f = &item->foreign;
	struct dts_open_window parent = {0};

	if (item->kind != DTS_ITEM_UNIQUE && item->kind != DTS_ITEM_FOREIGN)
		return 0;
	int rc = open_window(a, db, table, w, err);
	if (rc < 0 || item->kind == DTS_ITEM_UNIQUE)
		return rc > 0 ? !is_exact(w) : rc;
	int other = open_window(a, f->to_db.len > 0 ? f->to_db : db, f->to_table, &parent, err);
	if (other > 0 && rc > 0 && stand_alike(w, &parent)) {
		rc = 0;
	} else if (other > 0 && rc == 0) {
		dts_open_window_release(w);
		*w = parent;
		return 1;
	}
	dts_open_window_release(&parent);
	return other < 0 ? -1 : rc;
}
