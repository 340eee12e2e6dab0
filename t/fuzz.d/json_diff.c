/*
 * Any bytes as a document of MySQL and a list of changes to it: what comes out is a JSON
 * string, and the text in it is a document.
 */
#include <stdlib.h>

#include "binlog/json_diff.h"
#include "binlog/jsonb.h"
#include "record/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_document(const struct dts_buf *string)
{
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_buf text = {0};
	bool fine = dts_json_check(dts_buf_slice(string), &err) == 0;

	if (fine) {
		dts_json_unescape(dts_buf_slice(string), &text);
		fine = dts_json_check(dts_buf_slice(&text), &err) == 0;
	}
	dts_buf_release(&text);
	return fine;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dts_json_diff diff = {0};
	struct dts_buf out = {0};
	size_t split = size > 0 ? data[0] : 0;

	if (size < 1 + split)
		return 0;
	struct dts_slice before = dts_slice((const char *)data + 1, split), diffs = dts_slice((const char *)data + 1 + split, size - 1 - split);
	/* What is no document before may print as none. */
	if (dts_jsonb_add(&out, before) && is_document(&out)) {
		dts_buf_clear(&out);
		if (dts_json_diff_add(&diff, before, diffs, &out) && !is_document(&out))
			abort();
	}
	dts_buf_release(&out);
	dts_json_diff_release(&diff);
	return 0;
}
