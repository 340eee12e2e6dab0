#include "record/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

void dts_manifest_file_release(struct dts_manifest_file *f)
{
	char *texts[] = {f->name, f->db, f->table, f->after, f->upto, f->id, f->low, f->high};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		free(texts[i]);
	*f = (struct dts_manifest_file){0};
}

static void release_schema(struct dts_manifest_schema *s)
{
	free(s->db);
	free(s->table);
	free(s->line);
}

void dts_manifest_release(struct dts_manifest *m)
{
	for (size_t i = 0; i < m->schema_count; i++)
		release_schema(&m->schemas[i]);
	for (size_t i = 0; i < m->file_count; i++)
		dts_manifest_file_release(&m->files[i]);
	free(m->schemas);
	free(m->files);
	free(m->dir);
	free(m->stream);
	free(m->selection);
	free(m->end);
	dts_list_release(&m->runs);
	*m = (struct dts_manifest){0};
}

/* ---- reading ---- */

/* A member that is a string, yours to free; NULL: there is none. */
static char *text_of(struct dts_slice line, const char *name)
{
	struct dts_json value = dts_json_get(line, name);
	struct dts_buf scratch = {0};
	char *text = NULL;

	if (value.raw.p && value.type == DTS_JSON_STRING) {
		struct dts_slice s = dts_json_string(value.raw, &scratch);
		if (!memchr(s.p, '\0', s.len))
			text = dts_slice_dup(s);
	}
	dts_buf_release(&scratch);
	return text;
}

/* The raw text of a member that is an object. */
static char *object_of(struct dts_slice line, const char *name)
{
	struct dts_json value = dts_json_get(line, name);

	return value.raw.p && value.type == DTS_JSON_OBJECT ? dts_slice_dup(value.raw) : NULL;
}

static bool number_of(struct dts_slice line, const char *name, uint64_t *n)
{
	struct dts_json value = dts_json_get(line, name);

	return value.raw.p && dts_json_u64(value.raw, n);
}

static int add_file(struct dts_manifest *m, struct dts_slice line, struct dts_error *err)
{
	if (m->file_count == m->file_cap) {
		m->file_cap = m->file_cap ? 2 * m->file_cap : 64;
		m->files = dts_realloc(m->files, m->file_cap * sizeof *m->files);
	}
	struct dts_manifest_file *f = &m->files[m->file_count++];
	*f = (struct dts_manifest_file){
		.name = text_of(line, "file"), .db = text_of(line, "db"), .table = text_of(line, "table"),
		.after = object_of(line, "after"), .upto = object_of(line, "upto"), .id = text_of(line, "id"),
		.last = dts_json_get(line, "last").type == DTS_JSON_TRUE,
		.low = object_of(line, "pos"), .high = object_of(line, "end"),
	};
	if (dts_json_get(line, "part").raw.p && (!number_of(line, "part", &f->part) || f->part == 0))
		return dts_fail(err, DTS_BAD_INPUT, "field 'part' of op 'file' is no number");
	if (!f->name || !f->db || !f->table || !f->id || !f->low || !f->high || !number_of(line, "chunks", &f->chunks) ||
	    !number_of(line, "rows", &f->rows) || !number_of(line, "records", &f->records) ||
	    !number_of(line, "bytes", &f->bytes))
		return dts_fail(err, DTS_BAD_INPUT, "op 'file' lacks a field");
	if (dts_manifest_is_data_name(f->name) != 1)
		return dts_fail(err, DTS_BAD_INPUT, "'%.200s' is no name of a file of a dump", f->name);
	return 0;
}

static int add_schema(struct dts_manifest *m, struct dts_slice line, struct dts_error *err)
{
	struct dts_json source = dts_json_get(line, "source");

	if (m->schema_count == m->schema_cap) {
		m->schema_cap = m->schema_cap ? 2 * m->schema_cap : 64;
		m->schemas = dts_realloc(m->schemas, m->schema_cap * sizeof *m->schemas);
	}
	struct dts_manifest_schema *s = &m->schemas[m->schema_count++];
	*s = (struct dts_manifest_schema){.line = dts_slice_dup(line)};
	if (source.raw.p && source.type == DTS_JSON_OBJECT) {
		s->db = text_of(source.raw, "db");
		s->table = text_of(source.raw, "table");
	}
	return s->db && s->table ? 0 : dts_fail(err, DTS_BAD_INPUT, "op 'schema' does not say of which table");
}

/* One line of a kind of which there is one. */
static int set_line(char **to, struct dts_slice line, struct dts_error *err)
{
	if (*to)
		return dts_fail(err, DTS_BAD_INPUT, "the line is there twice");
	*to = dts_slice_dup(line);
	return 0;
}

static int add_line(struct dts_manifest *m, struct dts_slice line, struct dts_error *err)
{
	if (dts_json_check(line, err) < 0)
		return -1;
	char *op = dts_json_value(line).type == DTS_JSON_OBJECT ? text_of(line, "op") : NULL;
	int rc;

	if (op && (strcmp(op, "stream") == 0) != !m->stream)
		rc = dts_fail(err, DTS_BAD_INPUT, "it does not begin with one stream record");
	else if (op && m->end)
		rc = dts_fail(err, DTS_BAD_INPUT, "there is something behind its end");
	else if (op && strcmp(op, "stream") == 0)
		rc = set_line(&m->stream, line, err);
	else if (op && strcmp(op, "selection") == 0)
		rc = set_line(&m->selection, line, err);
	else if (op && strcmp(op, "end") == 0)
		rc = set_line(&m->end, line, err);
	else if (op && strcmp(op, "schema") == 0)
		rc = add_schema(m, line, err);
	else if (op && strcmp(op, "file") == 0)
		rc = add_file(m, line, err);
	else if (op && strcmp(op, "run") == 0) {
		char *pos = object_of(line, "pos");
		rc = pos ? 0 : dts_fail(err, DTS_BAD_INPUT, "op 'run' has no position");
		if (pos)
			dts_list_add(&m->runs, pos);
		free(pos);
	} else
		rc = dts_fail(err, DTS_BAD_INPUT, "it is no line of a manifest");
	free(op);
	return rc;
}

static int read_all(int fd, struct dts_buf *text)
{
	ssize_t n;

	do {
		dts_buf_reserve(text, 65536);
		n = read(fd, text->data + text->len, text->cap - text->len);
		if (n > 0)
			text->len += (size_t)n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	return n < 0 ? -1 : 0;
}

static int parse(struct dts_manifest *m, const char *path, struct dts_slice text, struct dts_error *err)
{
	const char *p = text.p, *end = text.p + text.len, *newline;
	unsigned long long number = 0;

	for (; p < end && (newline = memchr(p, '\n', (size_t)(end - p))); p = newline + 1) {
		number++;
		if (add_line(m, dts_slice(p, (size_t)(newline - p)), err) < 0)
			return dts_where(err, "%s:%llu", path, number);
	}
	/* Their lines are written at once: a crash has torn them. */
	while (m->file_count > 0 && m->files[m->file_count - 1].part && !m->files[m->file_count - 1].last)
		dts_manifest_file_release(&m->files[--m->file_count]);
	if (!m->stream || !m->selection || m->runs.count == 0)
		return dts_fail(err, DTS_BAD_INPUT, "%s: it is no manifest of a dump", path);
	return 0;
}

int dts_manifest_read(struct dts_manifest *m, const char *dir, struct dts_error *err)
{
	struct dts_buf path = {0}, text = {0};
	int rc = 1;

	*m = (struct dts_manifest){.dir = dts_strdup(dir)};
	dts_buf_addf(&path, "%s/" DTS_MANIFEST_NAME, dir);
	int fd = open(dts_buf_text(&path), O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		rc = errno == ENOENT ? 0 : dts_fail_errno(err, "cannot open '%s'", dts_buf_text(&path));
	else if (read_all(fd, &text) < 0)
		rc = dts_fail_errno(err, "cannot read '%s'", dts_buf_text(&path));
	else if (parse(m, dts_buf_text(&path), dts_buf_slice(&text), err) < 0)
		rc = -1;
	if (fd >= 0)
		close(fd);
	dts_buf_release(&path);
	dts_buf_release(&text);
	return rc;
}

/* ---- files ---- */

int dts_manifest_check_files(const struct dts_manifest *m, struct dts_error *err)
{
	struct dts_buf path = {0};
	struct stat st;
	int rc = 0;

	for (size_t i = 0; i < m->file_count && rc == 0; i++) {
		const struct dts_manifest_file *f = &m->files[i];
		dts_buf_clear(&path);
		dts_buf_addf(&path, "%s/%s", m->dir, f->name);
		if (stat(dts_buf_text(&path), &st) < 0 && errno == ENOENT)
			rc = dts_fail(err, DTS_BAD_INPUT, "'%s' is missing, which the manifest of the dump names", dts_buf_text(&path));
		else if (stat(dts_buf_text(&path), &st) < 0)
			rc = dts_fail_errno(err, "cannot look at '%s'", dts_buf_text(&path));
		else if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != f->bytes)
			rc = dts_fail(err, DTS_BAD_INPUT, "'%s' has %llu bytes, the manifest of the dump says %llu", dts_buf_text(&path),
				      (unsigned long long)st.st_size, (unsigned long long)f->bytes);
	}
	dts_buf_release(&path);
	return rc;
}

static bool ends_with(const char *name, const char *end)
{
	size_t a = strlen(name), b = strlen(end);

	return a >= b && strcmp(name + a - b, end) == 0;
}

/* 000017.shop.orders.zst */
int dts_manifest_is_data_name(const char *name)
{
	size_t digits = strspn(name, "0123456789");

	if (digits < 6 || name[digits] != '.' || strchr(name, '/'))
		return 0;
	return ends_with(name, ".zst") ? 1 : ends_with(name, ".zst.tmp") ? 2 : 0;
}

/* ---- lines ---- */

static void add_text(struct dts_buf *out, const char *name, const char *value)
{
	dts_buf_addf(out, "\"%s\":", name);
	dts_json_add_string(out, dts_slice_of(value));
	dts_buf_addc(out, ',');
}

static void add_raw(struct dts_buf *out, const char *name, const char *value)
{
	if (!value)
		return;
	dts_buf_addf(out, "\"%s\":", name);
	dts_buf_adds(out, value);
	dts_buf_addc(out, ',');
}

void dts_manifest_add_file(struct dts_buf *out, const struct dts_manifest_file *f)
{
	dts_buf_adds(out, "{\"op\":\"file\",");
	add_text(out, "file", f->name);
	add_text(out, "db", f->db);
	add_text(out, "table", f->table);
	add_raw(out, "after", f->after);
	add_raw(out, "upto", f->upto);
	if (f->part)
		dts_buf_addf(out, "\"part\":%llu,", (unsigned long long)f->part);
	if (f->last)
		dts_buf_adds(out, "\"last\":true,");
	add_text(out, "id", f->id);
	dts_buf_addf(out, "\"chunks\":%llu,\"rows\":%llu,\"records\":%llu,\"bytes\":%llu,", (unsigned long long)f->chunks,
		     (unsigned long long)f->rows, (unsigned long long)f->records, (unsigned long long)f->bytes);
	add_raw(out, "pos", f->low);
	add_raw(out, "end", f->high);
	out->data[out->len - 1] = '}';
	dts_buf_addc(out, '\n');
}

void dts_manifest_add_run(struct dts_buf *out, struct dts_slice pos)
{
	dts_buf_adds(out, "{\"op\":\"run\",\"pos\":");
	dts_buf_add_slice(out, pos);
	dts_buf_adds(out, "}\n");
}

static void add_plain(struct dts_buf *out, const char *line)
{
	if (!line)
		return;
	dts_buf_adds(out, line);
	dts_buf_addc(out, '\n');
}

void dts_manifest_add_all(struct dts_buf *out, const struct dts_manifest *m)
{
	add_plain(out, m->stream);
	add_plain(out, m->selection);
	for (size_t i = 0; i < m->runs.count; i++)
		dts_manifest_add_run(out, dts_slice_of(m->runs.items[i]));
	for (size_t i = 0; i < m->schema_count; i++)
		add_plain(out, m->schemas[i].line);
	for (size_t i = 0; i < m->file_count; i++)
		dts_manifest_add_file(out, &m->files[i]);
	add_plain(out, m->end);
}

void dts_manifest_drop_table(struct dts_manifest *m, struct dts_slice db, struct dts_slice table)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->schema_count; i++) {
		struct dts_manifest_schema *s = &m->schemas[i];
		if (dts_slice_is(db, s->db) && dts_slice_is(table, s->table))
			release_schema(s);
		else
			m->schemas[kept++] = *s;
	}
	m->schema_count = kept;
	kept = 0;
	for (size_t i = 0; i < m->file_count; i++) {
		struct dts_manifest_file *f = &m->files[i];
		if (dts_slice_is(db, f->db) && dts_slice_is(table, f->table))
			dts_manifest_file_release(f);
		else
			m->files[kept++] = *f;
	}
	m->file_count = kept;
}

uint64_t dts_manifest_rows(const struct dts_manifest *m)
{
	uint64_t rows = 0;

	for (size_t i = 0; i < m->file_count; i++)
		rows += m->files[i].rows;
	return rows;
}

uint64_t dts_manifest_records(const struct dts_manifest *m)
{
	uint64_t records = 0;

	for (size_t i = 0; i < m->file_count; i++)
		records += m->files[i].records;
	return records;
}
