#include "checkpoint/marks.h"

int dts_checkpoint_marks(const struct dts_checkpoint *c, struct dts_slice src, dts_mark_fn *each, void *context,
			 struct dts_error *err)
{
	struct dts_buf sql = {0};
	int rc = 0;

	dts_buf_adds(&sql, "SELECT db, tbl, id, bounds, low, high FROM ");
	dts_checkpoint_table(c, "chunk", &sql);
	dts_buf_adds(&sql, " WHERE ");
	dts_checkpoint_where(c, src, &sql);
	dts_buf_adds(&sql, " ORDER BY db, tbl");
	MYSQL_RES *res = dts_session_stream(c->session, dts_buf_slice(&sql), err);
	dts_buf_release(&sql);
	if (!res)
		return -1;
	for (MYSQL_ROW row; rc == 0 && (row = mysql_fetch_row(res));) {
		unsigned long *lengths = mysql_fetch_lengths(res);
		struct dts_chunk_mark m = {dts_slice(row[0], lengths[0]), dts_slice(row[1], lengths[1]),
					   dts_slice(row[2], lengths[2]), dts_slice(row[3], lengths[3]),
					   dts_slice(row[4], lengths[4]), dts_slice(row[5], lengths[5])};
		rc = each(context, &m, err);
	}
	if (rc == 0 && mysql_errno(c->session->mysql) != 0)
		rc = dts_session_fail(c->session, err, "cannot read the chunks that the checkpoint knows on");
	mysql_free_result(res);
	return rc;
}
