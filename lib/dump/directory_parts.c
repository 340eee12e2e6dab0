#include "dump/directory_parts.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/output.h"
#include "record/record.h"

enum {
	PART_BYTES = 64 << 20, /* of records, after which a file ends */
	NAME_BYTES = 90,       /* of a database's or table's name in a file's name, which has 255 at most */
	/* What the manifest learns at once: small files are many, and each word of it waits for the disk. */
	COMMIT_FILES = 64, COMMIT_BYTES = 16 << 20, COMMIT_SECONDS = 1,
};

struct dts_directory_part {
	bool open;
	struct dts_output out;
	char *tmp;
	struct dts_dump_table *table;
	struct dts_manifest_file file;
	uint64_t number; /* the highest of its chunks */
	struct dts_record record;
	struct dts_buf held; /* lines of the files of a table without a key, until all of them are there */
	uint64_t held_files, held_bytes;
	uint64_t held_rows, held_records;
};

/* ---- names ---- */

/* Letters, digits, '_' and '-' as they are, all else %XX, cut to a length that any file system takes. */
static void add_name(struct dts_buf *out, struct dts_slice name)
{
	size_t start = out->len;

	for (size_t i = 0; i < name.len && out->len - start < NAME_BYTES; i++) {
		unsigned char c = (unsigned char)name.p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
		if (plain)
			dts_buf_addc(out, (char)c);
		else
			dts_buf_addf(out, "%%%02X", c);
	}
}

static void name_file(struct dts_directory_dump *d, struct dts_directory_part *p, const struct dts_table *t)
{
	struct dts_buf name = {0};

	dts_buf_addf(&name, "%06llu.", (unsigned long long)++d->number);
	add_name(&name, t->db);
	dts_buf_addc(&name, '.');
	add_name(&name, t->name);
	dts_buf_adds(&name, ".zst");
	p->file.name = dts_strdup(dts_buf_text(&name));
	dts_buf_adds(&name, ".tmp");
	free(p->tmp);
	p->tmp = dts_strdup(dts_buf_text(&name));
	dts_buf_release(&name);
}

/* ---- a file ---- */

static int fail_output(struct dts_directory_dump *d, struct dts_directory_part *p, struct dts_error *err)
{
	if (p->out.full)
		err->status = DTS_AGAIN;
	return dts_where(err, "%s/%s", d->path, p->tmp);
}

static int open_part(struct dts_directory_dump *d, struct dts_directory_part *p, struct dts_dump_table *t, struct dts_error *err)
{
	struct dts_buf path = {0};

	p->table = t;
	p->number = 0;
	p->file = (struct dts_manifest_file){.db = dts_slice_dup(t->table->db), .table = dts_slice_dup(t->table->name)};
	name_file(d, p, t->table);
	dts_buf_addf(&path, "%s/%s", d->path, p->tmp);
	int rc = dts_output_open(&p->out, dts_buf_text(&path), true, err);
	dts_buf_release(&path);
	if (rc < 0) {
		dts_manifest_file_release(&p->file);
		return dts_directory_fail(d, p->tmp, err);
	}
	p->open = true;
	p->out.durable = true;
	dts_source_add_stream(&p->out.buf, d->source, "snapshot");
	dts_schema_add(&p->out.buf, &t->schema);
	p->file.records = 1;
	return 0;
}

/* Under the lock. */
static bool is_due(const struct dts_directory_dump *d)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return d->pending_files >= COMMIT_FILES || d->pending_bytes >= COMMIT_BYTES ||
	       (uint64_t)now.tv_sec >= d->committed + COMMIT_SECONDS;
}

/* A file that is finished does not wait for the next one. */
static int tell_pending(struct dts_directory_dump *d, struct dts_error *err)
{
	pthread_mutex_lock(&d->lock);
	int rc = d->pending.len > 0 && is_due(d) ? dts_directory_commit(d, err) : 0;
	pthread_mutex_unlock(&d->lock);
	return rc;
}

/* The file is there: the manifest is to name it, together with those beside it. */
static int tell_manifest(struct dts_directory_dump *d, struct dts_directory_part *p, struct dts_error *err)
{
	int rc = 0;

	dts_manifest_add_file(&p->held, &p->file);
	p->held_files++;
	p->held_bytes += p->file.bytes;
	p->held_rows += p->file.rows;
	p->held_records += p->file.records;
	if (p->file.part && !p->file.last)
		return 0;
	pthread_mutex_lock(&d->lock);
	if (!p->table->told) {
		dts_schema_add(&d->pending, &p->table->schema);
		p->table->told = true;
	}
	dts_buf_add_slice(&d->pending, dts_buf_slice(&p->held));
	d->pending_files += p->held_files;
	d->pending_bytes += p->held_bytes;
	d->rows += p->held_rows;
	d->records += p->held_records;
	if (is_due(d))
		rc = dts_directory_commit(d, err);
	pthread_mutex_unlock(&d->lock);
	dts_buf_clear(&p->held);
	p->held_files = p->held_bytes = p->held_rows = p->held_records = 0;
	return rc;
}

static int close_part(struct dts_directory_dump *d, struct dts_directory_part *p, struct dts_error *err)
{
	struct stat st;
	int rc;

	p->open = false;
	dts_source_add_end(&p->out.buf, d->source, "part", p->file.records);
	if (dts_output_close(&p->out, err) < 0)
		rc = fail_output(d, p, err);
	else if (fstatat(d->dir, p->tmp, &st, 0) < 0 || renameat(d->dir, p->tmp, d->dir, p->file.name) < 0)
		rc = dts_directory_fail(d, p->tmp, err);
	else {
		p->file.bytes = (uint64_t)st.st_size;
		rc = tell_manifest(d, p, err);
	}
	if (rc < 0)
		unlinkat(d->dir, p->tmp, 0); /* where it was renamed it is gone already */
	dts_manifest_file_release(&p->file);
	return rc;
}

/* ---- chunks ---- */

static int parse(struct dts_record *r, struct dts_slice line, enum dts_op op, struct dts_error *err)
{
	if (dts_record_parse(r, dts_slice(line.p, line.len - 1), err) < 0)
		return -1;
	return r->op == op ? 0 : dts_fail(err, DTS_BAD_INPUT, "op '%s' where '%s' belongs", dts_op_name(r->op), dts_op_name(op));
}

static void set_text(char **to, struct dts_slice text)
{
	free(*to);
	*to = text.p ? dts_slice_dup(text) : NULL;
}

static uint64_t number_of(struct dts_slice id)
{
	const char *dot = id.len > 0 ? memrchr(id.p, '.', id.len) : NULL;
	uint64_t n = 0;

	if (dot)
		dts_parse_u64(dts_slice(dot + 1, (size_t)(id.p + id.len - dot - 1)), &n);
	return n;
}

/* Notes what the manifest is to say of the chunk: its range begins where the one before it ended. */
static int note_begin(struct dts_directory_part *p, const struct dts_record *r, struct dts_error *err)
{
	struct dts_manifest_file *f = &p->file;
	struct dts_slice after = r->raw[DTS_F_AFTER], upto = r->raw[DTS_F_UPTO];
	uint64_t number = number_of(r->id);

	if (number == 0)
		return dts_fail(err, DTS_BAD_INPUT, "chunk '%.*s' has no number", (int)r->id.len, r->id.p);
	if (f->chunks == 0) {
		set_text(&f->after, after);
		set_text(&f->low, r->raw[DTS_F_POS]);
		f->part = p->table->key ? 0 : number;
	} else if (p->table->key && (!f->upto || !after.p || !dts_slice_is(after, f->upto))) {
		return dts_fail(err, DTS_BAD_INPUT, "chunk '%.*s' does not begin where the one before it ends", (int)r->id.len, r->id.p);
	}
	set_text(&f->upto, upto);
	if (number > p->number) {
		p->number = number;
		set_text(&f->id, r->id);
	}
	return 0;
}

static void note_end(struct dts_directory_part *p, const struct dts_record *r)
{
	struct dts_manifest_file *f = &p->file;

	set_text(&f->high, r->raw[DTS_F_POS]);
	f->last = r->raw[DTS_F_LAST].p != NULL;
	f->chunks++;
	f->rows += r->rows;
	f->records += r->rows + 2;
}

/* The sink's. */
static int add_chunk(struct dts_sink *sink, struct dts_dump_table *t, size_t reader, const struct dts_slice *parts,
		     size_t count, struct dts_error *err)
{
	struct dts_directory_dump *d = (struct dts_directory_dump *)sink;
	struct dts_directory_part *p = &d->parts[reader];

	if (!p->open && open_part(d, p, t, err) < 0)
		return -1;
	if (parse(&p->record, parts[0], DTS_OP_CHUNK, err) < 0 || note_begin(p, &p->record, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (dts_output_add(&p->out, parts[i], err) < 0)
			return fail_output(d, p, err);
	if (parse(&p->record, parts[count - 1], DTS_OP_CHUNK_END, err) < 0)
		return -1;
	note_end(p, &p->record);
	if (tell_pending(d, err) < 0)
		return -1;
	return p->out.bytes + p->out.buf.len < PART_BYTES ? 0 : close_part(d, p, err);
}

static int end_shard(struct dts_sink *sink, struct dts_dump_table *t, size_t reader, struct dts_error *err)
{
	struct dts_directory_dump *d = (struct dts_directory_dump *)sink;
	struct dts_directory_part *p = &d->parts[reader];

	(void)t;
	return p->open ? close_part(d, p, err) : 0;
}

void dts_directory_parts_init(struct dts_directory_dump *d)
{
	d->sink.chunk = add_chunk;
	d->sink.shard_end = end_shard;
	d->parts = dts_zalloc(d->count, sizeof *d->parts);
	for (size_t i = 0; i < d->count; i++)
		dts_record_init(&d->parts[i].record);
}

void dts_directory_parts_release(struct dts_directory_dump *d)
{
	for (size_t i = 0; d->parts && i < d->count; i++) {
		struct dts_directory_part *p = &d->parts[i];
		if (p->open) {
			dts_output_discard(&p->out);
			close(p->out.fd);
			unlinkat(d->dir, p->tmp, 0);
		}
		dts_manifest_file_release(&p->file);
		dts_record_release(&p->record);
		dts_buf_release(&p->held);
		free(p->tmp);
	}
	free(d->parts);
	d->parts = NULL;
}
