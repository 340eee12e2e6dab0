#include "apply/state.h"

/*
 * Chunks between whose positions the source has changed fit one another only with
 * the changes between. Where nobody keeps a position nobody will apply those, so all
 * chunks must have been read between the same two: a snapshot that has no exact position
 * has one reader that says so of all its chunks, and readers of their own begin one after the other.
 */
static int refuse(struct dts_error *err)
{
	dts_fail(err, DTS_REFUSED, "the rows of this snapshot stand at several positions of the source: without the changes between"
				   " they are no consistent copy");
	return dts_hint(err, "apply it with --checkpoint=NAME, then the changes: dts-binlog --resume=NAME@GROUP;"
			     " or read all at one position: dts-dump --lock=HOW");
}

int dts_alike_stream(struct dts_applier *a, struct dts_error *err)
{
	return dts_stream_stands_apart(a->stream) ? refuse(err) : 0;
}

int dts_alike_begin(struct dts_applier *a, const struct dts_position *low, struct dts_error *err)
{
	if (a->alike.low_known)
		return dts_position_compare(&a->alike.low, low) == 0 ? 0 : refuse(err);
	dts_position_copy(&a->alike.low, low);
	a->alike.low_known = true;
	return 0;
}

int dts_alike_end(struct dts_applier *a, const struct dts_position *high, struct dts_error *err)
{
	if (a->alike.high_known)
		return dts_position_compare(&a->alike.high, high) == 0 ? 0 : refuse(err);
	dts_position_copy(&a->alike.high, high);
	a->alike.high_known = true;
	return 0;
}

void dts_alike_reset(struct dts_applier *a)
{
	dts_position_release(&a->alike.low);
	dts_position_release(&a->alike.high);
	a->alike = (struct dts_alike){0};
}
