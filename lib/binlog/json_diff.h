#ifndef DTS_BINLOG_JSON_DIFF_H
#define DTS_BINLOG_JSON_DIFF_H

#include "base/buf.h"

/*
 * What MySQL logs of a document of which parts were changed (binlog_row_value_options=PARTIAL_JSON):
 * a list of parts that are replaced, put in or taken out, each with its path. Format: MySQL Source Code
 * Documentation, "Json_diff_vector::write_binary" (sql-common/json_diff.h). All zero is ready for use.
 */
struct dts_json_diff {
	struct dts_buf text, value, other, key; /* scratch */
};

void dts_json_diff_release(struct dts_json_diff *d);

/* Appends, as a JSON string, the text of the document that `before` (see binlog/jsonb.h) becomes. False: the
 * list is malformed, or has a path that is not in the document. */
bool dts_json_diff_add(struct dts_json_diff *d, struct dts_slice before, struct dts_slice diffs, struct dts_buf *out);

#endif
