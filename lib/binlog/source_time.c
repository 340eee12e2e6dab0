/* Where in a server's log a time is. */
#include <stdlib.h>

#include "binlog/event.h"
#include "binlog/source.h"

/* When a file of the log was begun, seconds since 1970. */
static int begun_at(struct dts_log_source *s, const char *file, uint64_t *seconds, struct dts_error *err)
{
	const struct dts_event_format unknown = {0};
	struct dts_position start = {0};
	struct dts_event e = {0};
	struct dts_slice raw;
	bool from_start;
	int rc;

	dts_position_set(&start, dts_slice_of(file), 4);
	rc = dts_log_source_dump(s, &start, false, &from_start, err);
	while (rc == 0 && e.type != DTS_EV_FORMAT) {
		rc = dts_log_source_read(s, &raw, err);
		if (rc == 0)
			rc = dts_fail(err, DTS_AGAIN, "%s does not send %s", s->control.label, file);
		else if (rc > 0)
			rc = dts_event_parse(&e, &unknown, raw, err);
	}
	*seconds = e.time;
	dts_position_release(&start);
	return rc;
}

/* The files of the log, oldest first. */
static int list_files(struct dts_log_source *s, struct dts_list *files, struct dts_error *err)
{
	MYSQL_RES *result = dts_session_query(&s->control, DTS_LIT("SHOW BINARY LOGS"), err);

	if (!result)
		return -1;
	for (MYSQL_ROW row; (row = mysql_fetch_row(result));)
		dts_list_add(files, row[0]);
	mysql_free_result(result);
	return files->count > 0 ? 0 : dts_fail(err, DTS_REFUSED, "%s does not say where its log is", s->control.label);
}

int dts_log_source_before(struct dts_log_source *s, uint64_t micro, struct dts_position *p, struct dts_error *err)
{
	struct dts_list files = {0};
	int rc = list_files(s, &files, err);
	size_t low = 0, high = files.count; /* the file is one of [low, high) */

	while (rc == 0 && high - low > 1) {
		const size_t middle = low + (high - low) / 2;
		uint64_t seconds;

		rc = begun_at(s, files.items[middle], &seconds, err);
		if ((seconds + 1) * 1000000 <= micro) /* in that second the file before it may have been written, too */
			low = middle;
		else
			high = middle;
	}
	if (rc == 0) {
		dts_position_set(p, dts_slice_of(files.items[low]), 4);
		dts_gtids_clear(&p->gtid); /* the file says it at its beginning */
	}
	dts_list_release(&files);
	return rc;
}
