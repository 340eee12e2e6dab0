#include "record/bounds.h"

#include "base/options.h"

static int usage(const char *option, struct dts_error *err)
{
	err->status = DTS_USAGE;
	return dts_where(err, "%s", option);
}

int dts_bound_position(struct dts_position *pos, const char *option, const char *text, struct dts_error *err)
{
	return dts_position_parse_text(pos, dts_slice_of(text), err) == 0 ? 0 : usage(option, err);
}

int dts_bound_gtids(struct dts_gtids *g, const char *option, const char *text, struct dts_error *err)
{
	if (!text[0])
		return dts_fail(err, DTS_USAGE, "%s is empty", option);
	return dts_gtids_parse(g, dts_slice_of(text), DTS_GTID_NONE, err) == 0 ? 0 : usage(option, err);
}

int dts_bound_time(uint64_t *micro, const char *option, const char *text, struct dts_error *err)
{
	if (dts_parse_time(dts_slice_of(text), micro) == 0)
		return 0;
	dts_fail(err, DTS_USAGE, "%s: '%s' is no time", option, text);
	return dts_hint(err, "such as 2026-01-31T10:31:00Z, or in local time '2026-01-31 10:31', or 10:31 of today");
}
