#include "record/directory.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "record/position.h"

struct dts_directory {
	char *path, *name; /* the directory; its manifest */
	struct dts_manifest manifest;
	struct dts_buf src, id; /* of the source, and its server's identity */
	struct dts_record record;
	size_t max_line;

	bool begun, ended;
	size_t next;          /* in manifest.files */
	struct dts_input *in; /* the file that is read, manifest.files[next - 1], or NULL */
	bool opened;          /* its stream record has come */
	uint64_t base;        /* records of the whole before it */
	uint64_t chunks, rows;
};

bool dts_directory_is(const char *path)
{
	struct stat st;

	return strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static void set_id(struct dts_buf *id, struct dts_slice source)
{
	struct dts_json value = {0};
	struct dts_buf scratch = {0};

	dts_buf_clear(id);
	if (source.p)
		value = dts_json_get(source, "id");
	if (value.raw.p && value.type == DTS_JSON_STRING)
		dts_buf_add_slice(id, dts_json_string(value.raw, &scratch));
	dts_buf_release(&scratch);
}

static bool is_named(const struct dts_map *names, const char *name)
{
	return dts_map_get(names, dts_slice_of(name)) != NULL;
}

/* A complete dump has no more files than its manifest says. */
static int check_others(const struct dts_directory *d, struct dts_error *err)
{
	struct dts_map names = {0};
	const struct dirent *entry;
	int rc = 0;
	DIR *dir = d->manifest.end ? opendir(d->path) : NULL;

	if (!dir)
		return d->manifest.end ? dts_fail_errno(err, "cannot read directory '%s'", d->path) : 0;
	for (size_t i = 0; i < d->manifest.file_count; i++)
		dts_map_set(&names, dts_slice_of(d->manifest.files[i].name), d->manifest.files[i].name);
	while (rc == 0 && (errno = 0, entry = readdir(dir)))
		if (dts_manifest_is_data_name(entry->d_name) == 1 && !is_named(&names, entry->d_name))
			rc = dts_fail(err, DTS_BAD_INPUT, "'%s/%s' is not of this dump: its manifest does not name it", d->path,
				      entry->d_name);
	if (rc == 0 && errno != 0)
		rc = dts_fail_errno(err, "cannot read directory '%s'", d->path);
	closedir(dir);
	dts_map_release(&names, NULL);
	return rc;
}

/* Is it one of dts-log (log/segments.h)? That prints what is in it. */
static bool is_log(const char *path)
{
	struct dts_buf name = {0};
	struct stat st;

	dts_buf_addf(&name, "%s/dts-log.lock", path);
	bool is = stat(dts_buf_text(&name), &st) == 0;
	dts_buf_release(&name);
	return is;
}

static int read_manifest(struct dts_directory *d, struct dts_error *err)
{
	int rc = dts_manifest_read(&d->manifest, d->path, err);

	if (rc == 0 && is_log(d->path)) {
		dts_fail(err, DTS_BAD_INPUT, "directory '%s' is a log, and no dump", d->path);
		return dts_hint(err, "dts-log read %s prints the records in it, for who reads them from a pipe", d->path);
	}
	if (rc == 0) {
		dts_fail(err, DTS_BAD_INPUT, "directory '%s' has no file '" DTS_MANIFEST_NAME "': it is no dump of dts-dump --output",
			 d->path);
		return dts_hint(err, "name the directory of such a dump, or files with records");
	}
	if (rc < 0 || dts_record_parse(&d->record, dts_slice_of(d->manifest.stream), err) < 0)
		return -1;
	dts_buf_add_slice(&d->src, d->record.src);
	set_id(&d->id, d->record.raw[DTS_F_SOURCE]);
	return dts_manifest_check_files(&d->manifest, err) < 0 ? -1 : check_others(d, err);
}

struct dts_directory *dts_directory_open(const char *path, size_t max_line, struct dts_error *err)
{
	struct dts_directory *d = dts_zalloc(1, sizeof *d);
	struct dts_buf name = {0};

	d->path = dts_strdup(path);
	for (size_t len = strlen(d->path); len > 1 && d->path[len - 1] == '/'; len--)
		d->path[len - 1] = '\0';
	dts_buf_addf(&name, "%s/" DTS_MANIFEST_NAME, d->path);
	d->name = dts_strdup(dts_buf_text(&name));
	dts_buf_release(&name);
	d->max_line = max_line;
	dts_record_init(&d->record);
	if (read_manifest(d, err) == 0)
		return d;
	dts_directory_close(d);
	return NULL;
}

void dts_directory_close(struct dts_directory *d)
{
	if (!d)
		return;
	dts_input_close(d->in);
	dts_manifest_release(&d->manifest);
	dts_record_release(&d->record);
	dts_buf_release(&d->src);
	dts_buf_release(&d->id);
	free(d->path);
	free(d->name);
	free(d);
}

struct dts_input *dts_directory_input(const struct dts_directory *d)
{
	return d->in;
}

const char *dts_directory_name(const struct dts_directory *d)
{
	return d->name;
}

static bool is_at(const struct dts_position *first, const char *raw)
{
	struct dts_position p = {0};
	struct dts_error ignored = DTS_ERROR_INIT;
	bool is = dts_position_parse(&p, dts_slice_of(raw), &ignored) == 0 && dts_position_compare(first, &p) == 0;

	dts_position_release(&p);
	return is;
}

bool dts_directory_stands_apart(const struct dts_directory *d)
{
	struct dts_position low = {0}, high = {0};
	struct dts_error ignored = DTS_ERROR_INIT;
	const struct dts_manifest_file *f = d->manifest.files;
	bool apart = false;

	if (d->manifest.file_count > 0 && dts_position_parse(&low, dts_slice_of(f->low), &ignored) == 0 &&
	    dts_position_parse(&high, dts_slice_of(f->high), &ignored) == 0)
		for (size_t i = 1; i < d->manifest.file_count && !apart; i++)
			apart = !is_at(&low, f[i].low) || !is_at(&high, f[i].high);
	dts_position_release(&low);
	dts_position_release(&high);
	return apart;
}

/* ---- one file ---- */

__attribute__((format(printf, 3, 4)))
static int bad(const struct dts_directory *d, struct dts_error *err, const char *fmt, ...)
{
	char why[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof why, fmt, ap);
	va_end(ap);
	return dts_fail(err, DTS_BAD_INPUT, "%s:%llu: %s", dts_input_name(d->in),
			(unsigned long long)dts_input_line_number(d->in), why);
}

/* Is that one of the positions at which a run of the dump has read? */
static bool is_of_a_run(const struct dts_directory *d, struct dts_slice pos)
{
	for (size_t i = 0; i < d->manifest.runs.count; i++)
		if (dts_slice_is(pos, d->manifest.runs.items[i]))
			return true;
	return false;
}

static int check_stream(struct dts_directory *d, const struct dts_record *r, struct dts_error *err)
{
	struct dts_buf id = {0};

	set_id(&id, r->raw[DTS_F_SOURCE]);
	bool same = dts_slice_is(r->kind, "snapshot") && dts_slice_eq(r->src, dts_buf_slice(&d->src)) &&
		    dts_slice_eq(dts_buf_slice(&id), dts_buf_slice(&d->id)) && r->raw[DTS_F_POS].p && is_of_a_run(d, r->raw[DTS_F_POS]);
	dts_buf_release(&id);
	d->opened = true;
	return same ? 0 : bad(d, err, "the file is of another dump than the manifest");
}

static int check_end(struct dts_directory *d, const struct dts_stream_state *state, const struct dts_record *r,
		     struct dts_error *err)
{
	const struct dts_manifest_file *f = &d->manifest.files[d->next - 1];
	uint64_t records = state->records - d->base;
	struct dts_slice line;

	if (state->in_chunk)
		return bad(d, err, "op 'end' inside a chunk");
	if (!dts_slice_is(r->reason, "part"))
		return bad(d, err, "the file is no part of a dump: it ends with reason '%.*s'",
			   r->reason.len > 100 ? 100 : (int)r->reason.len, r->reason.p ? r->reason.p : "");
	if (r->records != records || f->records != records || f->chunks != d->chunks || f->rows != d->rows)
		return bad(d, err, "the file has %llu chunks, %llu rows and %llu records, the manifest says %llu, %llu and %llu",
			   (unsigned long long)d->chunks, (unsigned long long)d->rows, (unsigned long long)records,
			   (unsigned long long)f->chunks, (unsigned long long)f->rows, (unsigned long long)f->records);
	int rc = dts_input_line(d->in, &line, err);
	if (rc > 0)
		return bad(d, err, "there is something behind the end");
	dts_input_close(d->in);
	d->in = NULL;
	return rc;
}

static int check_table(struct dts_directory *d, struct dts_slice db, struct dts_slice table, struct dts_error *err)
{
	const struct dts_manifest_file *f = &d->manifest.files[d->next - 1];

	if (dts_slice_is(db, f->db) && dts_slice_is(table, f->table))
		return 0;
	return bad(d, err, "a record of another table than '%s.%s', of which the manifest says the file is", f->db, f->table);
}

/* A line of a file that is no row: 1: of the whole; 0: the file's own; -1. */
static int look_at(struct dts_directory *d, const struct dts_stream_state *state, struct dts_slice line, struct dts_error *err)
{
	struct dts_record *r = &d->record;

	if (dts_record_parse(r, line, err) < 0)
		return dts_where(err, "%s:%llu", dts_input_name(d->in), (unsigned long long)dts_input_line_number(d->in));
	if ((r->op == DTS_OP_STREAM) == d->opened)
		return bad(d, err, "op '%s': one 'stream' at the file's begin was expected", dts_op_name(r->op));
	switch (r->op) {
	case DTS_OP_STREAM:
		return check_stream(d, r, err);
	case DTS_OP_END:
		return check_end(d, state, r, err);
	case DTS_OP_CHUNK:
		d->chunks++;
		return check_table(d, r->db, r->table, err) < 0 ? -1 : 1;
	case DTS_OP_SCHEMA:
		return check_table(d, r->db, r->table, err) < 0 ? -1 : 1;
	case DTS_OP_CHUNK_END:
		d->rows += r->rows; /* which the caller compares with what came */
		return 1;
	default:
		return 1;
	}
}

static int open_file(struct dts_directory *d, const struct dts_stream_state *state, struct dts_error *err)
{
	struct dts_buf path = {0};

	dts_buf_addf(&path, "%s/%s", d->path, d->manifest.files[d->next++].name);
	d->in = dts_input_open(dts_buf_text(&path), d->max_line, err);
	dts_buf_release(&path);
	d->opened = false;
	d->base = state->records;
	d->chunks = d->rows = 0;
	return d->in ? 0 : -1;
}

static int next_of_file(struct dts_directory *d, const struct dts_stream_state *state, struct dts_slice *line,
			struct dts_error *err)
{
	static const char row[] = "{\"op\":\"row\",";
	int rc = dts_input_line(d->in, line, err);

	if (rc < 0)
		return -1;
	if (rc == 0)
		return bad(d, err, "torn input: the file ends before its 'end'");
	if (state->in_chunk && line->len >= sizeof row && memcmp(line->p, row, sizeof row - 1) == 0)
		return 1;
	return look_at(d, state, *line, err);
}

/* ---- the whole ---- */

static int last_line(struct dts_directory *d, struct dts_slice *line, struct dts_error *err)
{
	if (d->ended)
		return 0;
	d->ended = true;
	if (d->manifest.end) {
		*line = dts_slice_of(d->manifest.end);
		return 1;
	}
	dts_fail(err, DTS_BAD_INPUT, "the dump in '%s' is not complete", d->path);
	return dts_hint(err, "run the same dts-dump again, which goes on with it");
}

int dts_directory_line(struct dts_directory *d, const struct dts_stream_state *state, struct dts_slice *line,
		       struct dts_error *err)
{
	int rc = 0;

	if (!d->begun) {
		d->begun = true;
		*line = dts_slice_of(d->manifest.stream);
		return 1;
	}
	while (rc == 0) {
		if (d->in)
			rc = next_of_file(d, state, line, err);
		else if (d->next < d->manifest.file_count)
			rc = open_file(d, state, err);
		else
			return last_line(d, line, err);
	}
	return rc;
}
