#include "log/append.h"

int dts_log_append(struct dts_stream *in, const struct dts_append_options *o, struct dts_output *acks, struct dts_error *err)
{
	(void)in, (void)o, (void)acks;
	return dts_fail(err, DTS_USAGE, "to be written");
}
