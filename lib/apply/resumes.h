#ifndef DTS_APPLY_RESUMES_H
#define DTS_APPLY_RESUMES_H

#include "apply/state.h"

/*
 * A stream record has "resumes": joins the full phase that the checkpoint, which is in
 * state `s` (NULL: there is none, or it has no such source), has begun. DTS_REFUSED when
 * that is another one, DTS_AGAIN when another run has committed chunks since the
 * reader looked. Tables that the stream brings anew have no chunks any more.
 */
int dts_resumes_join(struct dts_applier *a, const struct dts_record *r, const struct dts_source_state *s,
		     struct dts_error *err);

#endif
