#include "log/line.h"

enum dts_op dts_line_op(struct dts_record *scratch, struct dts_slice line)
{
	static const char front[] = "{\"op\":\"";
	const size_t at = sizeof front - 1;
	struct dts_error ignored = DTS_ERROR_INIT;

	if (line.len > at && memcmp(line.p, front, at) == 0) {
		for (unsigned op = 0; op < DTS_OP_COUNT; op++) {
			const char *name = dts_op_name(op);
			size_t len = strlen(name);
			if (line.len > at + len && line.p[at + len] == '"' && memcmp(line.p + at, name, len) == 0)
				return op;
		}
	}
	return dts_record_parse(scratch, line, &ignored) == 0 ? scratch->op : DTS_OP_COUNT;
}

void dts_log_follow_record(struct dts_position *at, const struct dts_record *r, const struct dts_position *pos)
{
	if (r->op == DTS_OP_COMMIT || r->op == DTS_OP_PREPARE || r->op == DTS_OP_ROLLBACK)
		dts_gtids_follow(&at->gtid, r->tx);
	if (dts_gtids_known(&pos->gtid))
		dts_gtids_copy(&at->gtid, &pos->gtid);
	if (!pos->file[0])
		return;
	memcpy(at->file, pos->file, sizeof at->file);
	at->offset = pos->offset;
	at->created = pos->created;
}
