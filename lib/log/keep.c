#include "log/keep.h"

int dts_log_trim(const struct dts_trim_options *o, struct dts_output *out, struct dts_error *err)
{
	(void)o, (void)out;
	return dts_fail(err, DTS_USAGE, "to be written");
}
