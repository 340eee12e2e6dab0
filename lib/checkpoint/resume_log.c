/* A log as where to go on. */
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#include "checkpoint/resume.h"
#include "log/end.h"

enum dts_resume_kind dts_resume_kind(const char *spec)
{
	struct stat st;

	if (dts_log_is(spec))
		return DTS_RESUME_LOG;
	if (strchr(spec, '@'))
		return DTS_RESUME_SERVER;
	if (stat(spec, &st) < 0)
		return errno == ENOENT ? DTS_RESUME_NOTHING : DTS_RESUME_FILE;
	return S_ISDIR(st.st_mode) ? DTS_RESUME_LOG : DTS_RESUME_FILE;
}

/* A schema record as a definition. */
static int tell(struct dts_record *record, struct dts_slice line, dts_definition_fn *each, void *context, struct dts_error *err)
{
	struct dts_schema schema = {0};
	struct dts_buf text = {0};
	int rc = dts_record_parse(record, line, err);

	if (rc == 0)
		rc = dts_schema_parse(&schema, record, err);
	if (rc == 0) {
		dts_definition_text(record, &schema, &text);
		struct dts_definition d = {.db = schema.source_db, .table = schema.source_table, .text = dts_buf_slice(&text)};
		rc = each(context, &d, err);
	}
	dts_schema_release(&schema);
	dts_buf_release(&text);
	return rc;
}

static int tell_schemas(const struct dts_log_schemas *schemas, dts_definition_fn *each, void *context, struct dts_error *err)
{
	struct dts_record record;
	int rc = 0;

	dts_record_init(&record);
	for (const struct dts_log_schema *e = schemas->first; e && rc == 0; e = e->behind)
		rc = tell(&record, dts_buf_slice(&e->line), each, context, err);
	dts_record_release(&record);
	return rc;
}

/* The end of a log and the schemas there, of one moment. */
static int look(const char *dir, struct dts_log_end *end, struct dts_log_schemas *schemas, struct dts_error *err)
{
	/* An earlier writer may just be ending: a segment that it closes in between has another name. */
	for (int tries = 0; tries < 10; tries++) {
		struct dts_error gone = DTS_ERROR_INIT;

		dts_log_end_release(end);
		if (dts_log_find_end(dir, end, &gone) == 0 && dts_log_end_schemas(schemas, dir, end, &gone) == 0)
			return 0;
		*err = gone;
		if (gone.status != DTS_GONE)
			break;
	}
	return -1;
}

/* Of which server it is: what its last stream record says. */
static int find_owner(const struct dts_log_end *end, struct dts_buf *id, struct dts_error *err)
{
	struct dts_record r;
	struct dts_buf scratch = {0};

	dts_record_init(&r);
	int rc = dts_record_parse(&r, dts_buf_slice(&end->stream), err);
	if (rc == 0 && r.raw[DTS_F_SOURCE].p) {
		struct dts_json value = dts_json_get(r.raw[DTS_F_SOURCE], "id");
		if (value.raw.p && value.type == DTS_JSON_STRING)
			dts_buf_add_slice(id, dts_json_string(value.raw, &scratch));
	}
	dts_record_release(&r);
	dts_buf_release(&scratch);
	return rc;
}

static int check_src(const char *dir, const struct dts_log_end *end, struct dts_slice src, struct dts_error *err)
{
	if (dts_slice_eq(dts_buf_slice(&end->src), src))
		return 0;
	dts_fail(err, DTS_REFUSED, "log '%s' is of source '%s', and this is '%.*s'", dir, dts_buf_text((struct dts_buf *)&end->src), (int)src.len,
		 src.p);
	return dts_hint(err, "each source has a log of its own; --src=%s gives this one that name", dts_buf_text((struct dts_buf *)&end->src));
}

static int resume(const char *dir, struct dts_log_end *end, struct dts_slice src, struct dts_source_state *state, struct dts_error *err)
{
	if (check_src(dir, end, src, err) < 0 || find_owner(end, &state->server_id, err) < 0)
		return -1;
	state->phase = DTS_PHASE_CHANGES;
	dts_position_copy(&state->applied, &end->pos);
	return 0;
}

/* Is it still to be made? Who appends makes it, and may just be about to. */
static bool is_to_come(const char *dir)
{
	DIR *d = opendir(dir);
	bool empty = true;

	if (!d)
		return errno == ENOENT;
	for (struct dirent *e; empty && (e = readdir(d));)
		empty = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 || strcmp(e->d_name, "lost+found") == 0 ||
			strcmp(e->d_name, DTS_LOG_LOCK_NAME) == 0;
	closedir(d);
	return empty;
}

int dts_resume_log(const char *dir, struct dts_slice src, struct dts_source_state *state, dts_definition_fn *each, void *each_context,
		   struct dts_error *err)
{
	struct dts_log_end end = {0};
	struct dts_log_schemas schemas = {0};

	if (is_to_come(dir))
		return 0;
	int rc = look(dir, &end, &schemas, err);
	const bool empty = end.empty;
	if (rc == 0 && !empty)
		rc = resume(dir, &end, src, state, err);
	if (rc == 0 && !empty && each)
		rc = tell_schemas(&schemas, each, each_context, err);
	dts_log_schemas_release(&schemas);
	dts_log_end_release(&end);
	return rc < 0 ? -1 : !empty;
}
