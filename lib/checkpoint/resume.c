#include "checkpoint/resume.h"

#include <stdlib.h>

#include "checkpoint/file.h"

int dts_resume_read(const char *spec, const struct dts_connect_options *source, const char *checkpoint_db,
		    struct dts_slice src, struct dts_source_state *state, dts_definition_fn *each, void *each_context,
		    struct dts_error *err)
{
	const char *at = strrchr(spec, '@');
	struct dts_connect_options target = {.defaults_file = source->defaults_file,
					     .connect_timeout = source->connect_timeout};
	struct dts_session session = {0};

	if (!at) {
		if (!strchr(spec, '/')) {
			dts_fail(err, DTS_USAGE, "--resume=%s does not say where the checkpoint is", spec);
			return dts_hint(err, "--resume=%s@GROUP reads it from the server of option group [dts-GROUP], --resume=./%s from a file",
					spec, spec);
		}
		state->phase = DTS_PHASE_CHANGES;
		return dts_checkpoint_file_read(spec, src, &state->applied, err);
	}
	char *name = dts_slice_dup(dts_slice(spec, (size_t)(at - spec)));
	target.group = at + 1;
	int rc = dts_session_open(&session, &target, err);
	if (rc == 0) {
		struct dts_checkpoint c = {.session = &session, .db = checkpoint_db ? checkpoint_db : DTS_CHECKPOINT_DB,
					   .name = name};
		rc = dts_checkpoint_exists(&c, err);
		/* An applier may be running: position and definitions are of one moment. */
		if (rc > 0 && dts_session_run(&session, DTS_LIT("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ;"
								" START TRANSACTION WITH CONSISTENT SNAPSHOT"), err) < 0)
			rc = -1;
		if (rc > 0)
			rc = dts_checkpoint_read(&c, src, state, err);
		if (rc > 0 && each && dts_checkpoint_definitions(&c, src, each, each_context, err) < 0)
			rc = -1;
		dts_session_close(&session);
	}
	free(name);
	return rc;
}
