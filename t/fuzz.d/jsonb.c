/*
 * Any bytes as a document of MySQL: what comes out is a JSON string, and no part of the
 * document is used so often that the text gets out of proportion.
 */
#include <stdlib.h>

#include "binlog/jsonb.h"
#include "record/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_buf out = {0};
	bool fine = dts_jsonb_add(&out, dts_slice((const char *)data, size));

	if (fine && dts_json_check(dts_buf_slice(&out), &err) < 0)
		abort();
	if (out.len > 10 * size + 200)
		abort();
	dts_buf_release(&out);
	return 0;
}
