#include "dump/resume_parts.h"
#include "record/record.h"

static void add_bounds(struct dts_buf *out, const struct dts_manifest_file *f)
{
	dts_buf_clear(out);
	dts_buf_addc(out, '[');
	dts_buf_adds(out, f->after ? f->after : "null");
	dts_buf_addc(out, ',');
	dts_buf_adds(out, f->upto ? f->upto : "null");
	dts_buf_addc(out, ']');
}

static int take_schemas(struct dts_resume *r, const struct dts_manifest *m, struct dts_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < m->schema_count && rc == 0; i++) {
		const struct dts_manifest_schema *s = &m->schemas[i];
		const struct dts_definition d = {
			.db = dts_slice_of(s->db), .table = dts_slice_of(s->table), .text = dts_slice_of(s->line),
		};
		rc = dts_resume_take_definition(r, &d, err);
	}
	return rc;
}

static int take_files(struct dts_resume *r, const struct dts_manifest *m, struct dts_error *err)
{
	struct dts_buf bounds = {0};
	int rc = 0;

	for (size_t i = 0; i < m->file_count && rc == 0; i++) {
		const struct dts_manifest_file *f = &m->files[i];
		/* The files of a table without a key are there together, or not at all: one mark for them. */
		if (f->part && !f->last)
			continue;
		add_bounds(&bounds, f);
		const struct dts_chunk_mark mark = {
			.db = dts_slice_of(f->db), .table = dts_slice_of(f->table), .id = dts_slice_of(f->id),
			.bounds = dts_buf_slice(&bounds), .low = dts_slice_of(f->low), .high = dts_slice_of(f->high),
		};
		rc = dts_resume_take_mark(r, &mark, err);
	}
	dts_buf_release(&bounds);
	return rc;
}

int dts_resume_open_manifest(struct dts_resume *r, const struct dts_manifest *manifest, struct dts_error *err)
{
	struct dts_json pos = dts_json_get(dts_slice_of(manifest->stream), "pos");

	*r = (struct dts_resume){.spec = manifest->dir, .directory = true, .found = true, .state.phase = DTS_PHASE_FULL};
	if (!pos.raw.p || dts_position_parse(&r->state.watermark, pos.raw, err) < 0)
		return dts_fail(err, DTS_BAD_INPUT, "the manifest in '%s' does not say where its snapshot stands", manifest->dir);
	return take_schemas(r, manifest, err) < 0 || take_files(r, manifest, err) < 0 ? -1 : 0;
}
