#include "apply/tell.h"

#include "mysql/quote.h"
#include "mysql/select.h"

enum { SHOWN = 600, SHOWN_VALUE = 80 };

static void add_cut(struct dts_buf *text, struct dts_slice what, size_t most)
{
	dts_buf_add(text, what.p, what.len < most ? what.len : most);
	if (what.len > most)
		dts_buf_addf(text, "... (%zu bytes)", what.len);
}

/* The statement's record. False: the plan has not kept it. */
static bool read_record(const struct dts_plan *p, const struct dts_statement *s, struct dts_record *r)
{
	struct dts_error ignored = DTS_ERROR_INIT;

	dts_record_init(r);
	return s->record_len > 0 && dts_record_parse(r, dts_slice(p->records.data + s->record_at, s->record_len), &ignored) == 0;
}

void dts_tell_images(struct dts_buf *text, const struct dts_plan *p, const struct dts_statement *s)
{
	struct dts_record r;

	if (read_record(p, s, &r)) {
		if (r.raw[DTS_F_BEFORE].p) {
			dts_buf_adds(text, "; before image ");
			add_cut(text, r.raw[DTS_F_BEFORE], SHOWN);
		}
		if (r.raw[DTS_F_AFTER].p) {
			dts_buf_adds(text, "; after image ");
			add_cut(text, r.raw[DTS_F_AFTER], SHOWN);
		}
		if (r.tx.p)
			dts_buf_addf(text, "; transaction '%.*s', change %llu", (int)r.tx.len, r.tx.p, (unsigned long long)r.n);
	}
	dts_record_release(&r);
}

/* Reads the row by the statement's key as a record's object: 1; 0: it is not there, -1. */
static int read_row(struct dts_session *session, const struct dts_plan *p, const struct dts_statement *s, struct dts_buf *row,
		    struct dts_error *err)
{
	struct dts_row_writer *w = dts_row_writer_new(s->target, false);
	struct dts_buf sql = {0};
	int rc = -1;

	dts_buf_adds(&sql, "SELECT ");
	dts_row_writer_select(w, &sql);
	dts_buf_adds(&sql, " FROM ");
	dts_sql_table(&sql, s->target->db, s->target->table);
	dts_buf_add(&sql, p->sql.data + s->key_at, s->key_len);
	MYSQL_RES *res = dts_session_raw_text(session, true, err) == 0 ? dts_session_query(session, dts_buf_slice(&sql), err) : NULL;
	if (res) {
		MYSQL_ROW values = mysql_fetch_row(res);
		rc = values ? dts_row_writer_add(w, values, mysql_fetch_lengths(res), row, err) < 0 ? -1 : 1 : 0;
	}
	mysql_free_result(res);
	if (dts_session_raw_text(session, false, err) < 0)
		rc = -1;
	dts_buf_release(&sql);
	dts_row_writer_free(w);
	return rc;
}

/* The columns of the before image that are other ones at the target. */
static void add_differences(struct dts_buf *text, const struct dts_record *r, struct dts_slice row)
{
	struct dts_json_walk walk = dts_json_walk(r->raw[DTS_F_BEFORE]);
	struct dts_slice key;
	struct dts_json value;
	struct dts_buf scratch = {0}, name = {0};

	while (dts_json_member(&walk, &key, &value)) {
		dts_buf_clear(&name);
		dts_buf_add_slice(&name, dts_json_string(key, &scratch));
		struct dts_json there = dts_json_get(row, dts_buf_text(&name));
		if (!there.raw.p || dts_slice_eq(there.raw, value.raw))
			continue;
		dts_buf_addf(text, "%s '%s' is ", text->len ? "," : "", dts_buf_text(&name));
		add_cut(text, there.raw, SHOWN_VALUE);
		dts_buf_adds(text, " and was ");
		add_cut(text, value.raw, SHOWN_VALUE);
	}
	dts_buf_release(&scratch);
	dts_buf_release(&name);
}

int dts_tell_row(struct dts_session *session, const struct dts_plan *p, const struct dts_statement *s, struct dts_error *err)
{
	struct dts_buf row = {0}, differences = {0}, shown = {0};
	struct dts_record r;
	int rc = read_row(session, p, s, &row, err);

	if (rc > 0) {
		if (read_record(p, s, &r) && r.raw[DTS_F_BEFORE].p)
			add_differences(&differences, &r, dts_buf_slice(&row));
		dts_record_release(&r);
		add_cut(&shown, dts_buf_slice(&row), SHOWN);
		dts_fail(err, DTS_REFUSED, "the row at the target is not as the change found it:%s%s it stands there as %s",
			 dts_buf_text(&differences), differences.len ? ";" : "", dts_buf_text(&shown));
	} else if (rc == 0) {
		dts_fail(err, DTS_REFUSED, "the row is not at the target");
	}
	dts_buf_release(&row);
	dts_buf_release(&differences);
	dts_buf_release(&shown);
	return -1;
}
