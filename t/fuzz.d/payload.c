/*
 * Any bytes as a transaction that MySQL has compressed, and as what MariaDB has: what
 * comes out is as long as it says, and never out of proportion.
 */
#include <stdlib.h>

#include "binlog/event.h"
#include "binlog/inflate.h"
#include "binlog/payload.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool condition)
{
	if (!condition)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct dts_payload payload;
	static struct dts_inflate inflate;
	struct dts_error err = DTS_ERROR_INIT;
	struct dts_slice body = dts_slice((const char *)data, size), out;
	uint64_t sum = 0;
	int rc = dts_payload_open(&payload, body, &err);

	if (rc == 0)
		while ((rc = dts_payload_next(&payload, &out, &err)) > 0) {
			expect(out.len >= DTS_EVENT_HEADER);
			sum += out.len;
		}
	expect(!payload.open);
	expect(rc < 0 ? err.status == DTS_BAD_INPUT : sum == payload.size);
	if (dts_inflate_event(&inflate, body, &out, &err) == 0)
		expect(out.len / 1032 <= size);
	if (dts_inflate_value(&inflate, body, &out))
		expect(out.len / 1032 <= size);
	return 0;
}
