#ifndef DTS_DUMP_SINK_H
#define DTS_DUMP_SINK_H

#include "base/output.h"
#include "dump/dump.h"

/* All records in one stream: chunks one after the other, the schema record of a
 * table before its first one. */
struct dts_stream_sink {
	struct dts_sink sink;
	pthread_mutex_t lock;
	struct dts_output *out; /* borrowed; nobody else's while readers run */
	uint64_t schemas;       /* records, so far */
};

void dts_stream_sink_init(struct dts_stream_sink *s, struct dts_output *out);
void dts_stream_sink_release(struct dts_stream_sink *s);

#endif
