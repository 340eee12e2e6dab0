#include "dump/dump.h"

int dts_dump_open(struct dts_dump *d, struct dts_session *s, struct dts_source *source,
		  const struct dts_dump_options *options, struct dts_error *err)
{
	*d = (struct dts_dump){.session = s, .source = source, .options = options};
	/* A consumer that is slow for hours must not end the dump; raw bytes, since
	 * the conversion to UTF-8 is ours. Names of the catalog are UTF-8 anyway. */
	if (dts_session_runf(s, err, "SET SESSION net_write_timeout=86400, lock_wait_timeout=3") < 0 ||
	    dts_session_raw_text(s, true, err) < 0)
		return -1;
	return dts_dump_snapshot(d, source, err);
}

int dts_dump_next(struct dts_dump *d, struct dts_buf *out, struct dts_error *err)
{
	int rc;

	if (!d->at.table) {
		if (d->done == d->tables.count)
			return 0;
		rc = dts_dump_table_open(d, &d->tables.items[d->done], out, err);
		return rc < 0 ? -1 : 1;
	}
	rc = dts_dump_table_next(d, out, err);
	if (rc < 0)
		return -1;
	if (rc == 0) {
		dts_dump_table_close(&d->at);
		d->done++;
	}
	return 1;
}

void dts_dump_close(struct dts_dump *d)
{
	if (d->at.result)
		dts_session_abort(d->session);
	dts_dump_table_close(&d->at);
	dts_tables_release(&d->tables);
	dts_list_release(&d->left_out);
	dts_list_release(&d->notes);
}
