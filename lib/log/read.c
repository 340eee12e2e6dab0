#include "log/read.h"

int dts_log_read(const struct dts_log_read_options *o, struct dts_output *out, struct dts_error *err)
{
	(void)o, (void)out;
	return dts_fail(err, DTS_USAGE, "to be written");
}
