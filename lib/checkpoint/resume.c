#include "checkpoint/resume.h"

#include <stdlib.h>

#include "checkpoint/file.h"

/* NAME@GROUP, neither empty. */
static int check_spec(const char *spec, const char *at, struct dts_error *err)
{
	if (at > spec && at[1])
		return 0;
	dts_fail(err, DTS_USAGE, "--resume=%s does not name %s", spec, at == spec ? "a checkpoint" : "an option group");
	return dts_hint(err, "--resume=CHECKPOINT@GROUP reads it from the server of option group [dts-GROUP]");
}

static int read_server(const char *spec, const char *at, const struct dts_connect_options *source,
		       const char *checkpoint_db, struct dts_slice src, struct dts_source_state *state,
		       dts_definition_fn *definition, dts_mark_fn *mark, void *context, struct dts_error *err)
{
	struct dts_connect_options target = {.group = at + 1, .defaults_file = source->defaults_file,
					     .connect_timeout = source->connect_timeout};
	struct dts_session session = {0};

	if (check_spec(spec, at, err) < 0 || dts_session_open(&session, &target, err) < 0)
		return -1;
	char *name = dts_slice_dup(dts_slice(spec, (size_t)(at - spec)));
	struct dts_checkpoint c = {.session = &session, .db = checkpoint_db ? checkpoint_db : DTS_CHECKPOINT_DB, .name = name};
	int rc = dts_checkpoint_exists(&c, err);
	/* An applier may be running: position, definitions and marks are of one moment. */
	if (rc > 0 && dts_session_run(&session, DTS_LIT("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ;"
							" START TRANSACTION WITH CONSISTENT SNAPSHOT"), err) < 0)
		rc = -1;
	if (rc > 0)
		rc = dts_checkpoint_read(&c, src, state, err);
	if (rc > 0 && definition && dts_checkpoint_definitions(&c, src, definition, context, err) < 0)
		rc = -1;
	if (rc > 0 && mark && dts_checkpoint_marks(&c, src, mark, context, err) < 0)
		rc = -1;
	dts_session_close(&session);
	free(name);
	return rc;
}

int dts_resume_read(const char *spec, const struct dts_connect_options *source, const char *checkpoint_db,
		    struct dts_slice src, struct dts_source_state *state, dts_definition_fn *each, void *each_context,
		    struct dts_error *err)
{
	const char *at = strrchr(spec, '@');

	if (at)
		return read_server(spec, at, source, checkpoint_db, src, state, each, NULL, each_context, err);
	if (dts_resume_kind(spec) == DTS_RESUME_LOG) {
		dts_fail(err, DTS_USAGE, "--resume=%s is a directory, and no checkpoint", spec);
		return dts_hint(err, "a checkpoint is CHECKPOINT@GROUP, in the server of option group [dts-GROUP], or a file of acks");
	}
	if (!strchr(spec, '/')) {
		dts_fail(err, DTS_USAGE, "--resume=%s does not say where the checkpoint is", spec);
		return dts_hint(err, "--resume=%s@GROUP reads it from the server of option group [dts-GROUP], --resume=./%s from a file, and a log is a "
				"directory",
				spec, spec);
	}
	state->phase = DTS_PHASE_CHANGES;
	return dts_checkpoint_file_read(spec, src, &state->applied, err);
}

int dts_resume_read_full(const char *spec, const struct dts_connect_options *source, const char *checkpoint_db,
			 struct dts_slice src, struct dts_source_state *state, dts_definition_fn *definition,
			 dts_mark_fn *mark, void *context, struct dts_error *err)
{
	const char *at = strrchr(spec, '@');

	if (at)
		return read_server(spec, at, source, checkpoint_db, src, state, definition, mark, context, err);
	dts_fail(err, DTS_USAGE, "--resume=%s does not say at which server the checkpoint is", spec);
	return dts_hint(err, "--resume=%s@GROUP reads it from the server of option group [dts-GROUP]", spec);
}
