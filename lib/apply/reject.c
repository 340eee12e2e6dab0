#include "apply/reject.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "record/position.h"

#define FILE_NAME "rejected.000001" /* in positions */
#define ID_PREFIX "rejected "

struct dts_reject_file {
	char *path;
	int fd;
	uint64_t size;   /* bytes, all of them whole transactions */
	uint64_t number; /* of transactions */
	struct dts_buf id; /* of the file: a checkpoint knows it from another one by it */
	struct dts_map known; /* hashes of what is in it */
	struct dts_buf text, same;
};

/* --- one transaction's changes */

void dts_rejected_clear(struct dts_rejected *j)
{
	dts_buf_clear(&j->schemas);
	dts_buf_clear(&j->changes);
	j->table_count = 0;
	j->count = 0;
}

void dts_rejected_release(struct dts_rejected *j)
{
	dts_buf_release(&j->schemas);
	dts_buf_release(&j->changes);
	free(j->tables);
	*j = (struct dts_rejected){0};
}

static void add_schema(struct dts_rejected *j, const struct dts_apply_table *t)
{
	for (size_t i = 0; i < j->table_count; i++)
		if (j->tables[i] == t)
			return;
	if (j->table_count == j->table_cap) {
		j->table_cap = j->table_cap ? j->table_cap * 2 : 8;
		j->tables = dts_realloc(j->tables, j->table_cap * sizeof *j->tables);
	}
	j->tables[j->table_count++] = t;
	if (t->schema_line.len == 0) { /* one that was kept with a prepared transaction */
		dts_schema_add(&j->schemas, &t->schema);
		return;
	}
	dts_buf_add_slice(&j->schemas, dts_buf_slice(&t->schema_line));
	dts_buf_addc(&j->schemas, '\n');
}

void dts_rejected_add(struct dts_rejected *j, const struct dts_apply_table *t, const struct dts_record *r, struct dts_slice tx,
		      struct dts_slice reason)
{
	struct dts_slice with[DTS_F_COUNT] = {{0}};
	struct dts_buf why = {0}, number = {0}, name = {0};

	add_schema(j, t);
	dts_json_add_string(&why, reason);
	dts_buf_addu(&number, ++j->count);
	with[DTS_F_N] = dts_buf_slice(&number);
	dts_json_add_string(&name, tx);
	with[DTS_F_TX] = dts_buf_slice(&name);
	if (r->raw[DTS_F_REASON].p)
		with[DTS_F_REASON] = dts_buf_slice(&why);
	dts_record_rewrite(r, with, &j->changes);
	if (!r->raw[DTS_F_REASON].p) {
		/* Before the brace that ends the record; blanks may stand behind it. */
		while (j->changes.data[j->changes.len - 1] != '}')
			j->changes.len--;
		j->changes.len--;
		dts_buf_adds(&j->changes, ",\"reason\":");
		dts_buf_add_slice(&j->changes, dts_buf_slice(&why));
		dts_buf_adds(&j->changes, "}\n");
	}
	dts_buf_release(&why);
	dts_buf_release(&number);
	dts_buf_release(&name);
}

/* --- what is in the file */

/* Notes what a transaction holds. */
static void note(struct dts_reject_file *f)
{
	uint64_t hash = dts_hash(f->same.data, f->same.len);

	dts_map_set(&f->known, dts_slice((const char *)&hash, sizeof hash), f);
}

static void begin_same(struct dts_reject_file *f, struct dts_slice tx, struct dts_slice source)
{
	dts_buf_clear(&f->same);
	dts_buf_add_slice(&f->same, tx);
	dts_buf_addc(&f->same, '\n');
	dts_buf_add_slice(&f->same, source);
	dts_buf_addc(&f->same, '\n');
}

static int not_ours(const struct dts_reject_file *f, struct dts_error *err)
{
	dts_fail(err, DTS_REFUSED, "'%s' is no file of rejected changes", f->path);
	return dts_hint(err, "name a file that does not exist yet, or one that dts-apply has made");
}

static int take_stream(struct dts_reject_file *f, const struct dts_record *r, struct dts_error *err)
{
	struct dts_buf scratch = {0};
	struct dts_json id = {0};
	int rc = 0;

	if (r->op == DTS_OP_STREAM && r->raw[DTS_F_SOURCE].p)
		id = dts_json_get(r->raw[DTS_F_SOURCE], "id");
	struct dts_slice text = id.raw.p && id.type == DTS_JSON_STRING ? dts_json_string(id.raw, &scratch) : DTS_LIT("");
	if (text.len <= strlen(ID_PREFIX) || memcmp(text.p, ID_PREFIX, strlen(ID_PREFIX)) != 0)
		rc = not_ours(f, err);
	dts_buf_clear(&f->id);
	dts_buf_add_slice(&f->id, text);
	dts_buf_release(&scratch);
	return rc;
}

static int take_record(struct dts_reject_file *f, const struct dts_record *r, struct dts_error *err)
{
	struct dts_position pos = {0};

	if (r->op == DTS_OP_BEGIN)
		begin_same(f, r->tx, r->raw[DTS_F_SOURCE]);
	else if (dts_op_is_change(r->op)) {
		dts_buf_add_slice(&f->same, r->line);
		dts_buf_addc(&f->same, '\n');
	} else if (r->op == DTS_OP_COMMIT) {
		note(f);
	} else if (r->op == DTS_OP_END && r->raw[DTS_F_POS].p) {
		if (dts_position_parse(&pos, r->raw[DTS_F_POS], err) < 0)
			return -1;
		f->number = pos.offset;
		dts_position_release(&pos);
	}
	return 0;
}

/* Reads what is there; f->size is left behind the last whole transaction. */
static int read_lines(struct dts_reject_file *f, FILE *in, struct dts_error *err)
{
	struct dts_record r;
	char *line = NULL;
	size_t room = 0;
	uint64_t at = 0, number = 0;
	ssize_t len;
	int rc = 0;

	dts_record_init(&r);
	while (rc == 0 && (len = getline(&line, &room, in)) > 0 && line[len - 1] == '\n') {
		number++;
		rc = dts_record_parse(&r, dts_slice(line, (size_t)len - 1), err);
		if (rc == 0)
			rc = at == 0 ? take_stream(f, &r, err) : take_record(f, &r, err);
		else if (at == 0)
			rc = not_ours(f, err);
		at += (uint64_t)len;
		if (rc == 0 && r.op == DTS_OP_END)
			f->size = at;
	}
	if (rc < 0 && at > 0 && err->status == DTS_BAD_INPUT)
		dts_where(err, "%s:%llu", f->path, (unsigned long long)number);
	if (rc == 0 && ferror(in))
		rc = dts_fail_errno(err, "cannot read '%s'", f->path);
	free(line);
	dts_record_release(&r);
	return rc;
}

static int read_file(struct dts_reject_file *f, struct dts_error *err)
{
	int copy = dup(f->fd);
	FILE *in = copy < 0 ? NULL : fdopen(copy, "r");

	if (!in)
		return dts_fail_errno(err, "cannot read '%s'", f->path);
	int rc = read_lines(f, in, err);
	fclose(in);
	return rc;
}

/* A new file is in its directory for good. */
static int sync_directory(const struct dts_reject_file *f, struct dts_error *err)
{
	const char *slash = strrchr(f->path, '/');
	struct dts_buf name = {0};

	dts_buf_add(&name, slash ? f->path : ".", slash == f->path ? 1 : slash ? (size_t)(slash - f->path) : 1);
	int fd = open(dts_buf_text(&name), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 || fsync(fd) < 0 ? dts_fail_errno(err, "cannot write the directory of '%s'", f->path) : 0;
	if (fd >= 0)
		close(fd);
	dts_buf_release(&name);
	return rc;
}

static int begin_file(struct dts_reject_file *f, struct dts_error *err)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	dts_buf_addf(&f->id, ID_PREFIX "%lld.%09ld %ld", (long long)now.tv_sec, now.tv_nsec, (long)getpid());
	return sync_directory(f, err);
}

static int open_file(struct dts_reject_file *f, struct dts_error *err)
{
	struct stat st;

	f->fd = open(f->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	if (f->fd < 0)
		return dts_fail_errno(err, "cannot open '%s'", f->path);
	if (flock(f->fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? dts_fail(err, DTS_AGAIN, "another run has '%s' for its rejected changes", f->path)
					    : dts_fail_errno(err, "cannot lock '%s'", f->path);
	if (fstat(f->fd, &st) < 0)
		return dts_fail_errno(err, "cannot look at '%s'", f->path);
	if (!S_ISREG(st.st_mode))
		return not_ours(f, err);
	if (st.st_size > 0 && read_file(f, err) < 0)
		return -1;
	if (st.st_size > 0 && f->id.len == 0)
		return not_ours(f, err);
	if ((uint64_t)st.st_size > f->size && ftruncate(f->fd, (off_t)f->size) < 0)
		return dts_fail_errno(err, "cannot cut '%s'", f->path);
	return f->size == 0 && f->id.len == 0 ? begin_file(f, err) : 0;
}

struct dts_reject_file *dts_reject_open(const char *path, struct dts_error *err)
{
	struct dts_reject_file *f = dts_zalloc(1, sizeof *f);

	f->path = dts_strdup(path);
	if (open_file(f, err) == 0)
		return f;
	dts_reject_close(f);
	return NULL;
}

void dts_reject_close(struct dts_reject_file *f)
{
	if (!f)
		return;
	if (f->fd >= 0)
		close(f->fd);
	free(f->path);
	dts_buf_release(&f->id);
	dts_buf_release(&f->text);
	dts_buf_release(&f->same);
	dts_map_release(&f->known, NULL);
	free(f);
}

/* --- writing */

static void add_pos(struct dts_buf *b, uint64_t number)
{
	dts_buf_adds(b, ",\"pos\":{\"file\":\"" FILE_NAME "\",\"offset\":");
	dts_buf_addu(b, number);
	dts_buf_adds(b, "}}\n");
}

static void add_head(struct dts_buf *b, const char *op, struct dts_slice src, struct dts_slice tx)
{
	dts_buf_addf(b, "{\"op\":\"%s\"%s,\"src\":", op, strcmp(op, "stream") == 0 ? ",\"v\":1,\"kind\":\"changes\"" : "");
	dts_json_add_string(b, src);
	if (tx.p) {
		dts_buf_adds(b, ",\"tx\":");
		dts_json_add_string(b, tx);
	}
}

/* Where the transaction was in its source's log. */
static void add_source(struct dts_buf *b, const struct dts_tx_place *tx)
{
	dts_buf_adds(b, "{\"src\":");
	dts_json_add_string(b, tx->src);
	if (tx->file[0]) {
		dts_buf_adds(b, ",\"file\":");
		dts_json_add_string(b, dts_slice_of(tx->file));
		dts_buf_adds(b, ",\"offset\":");
		dts_buf_addu(b, tx->offset);
	}
	dts_buf_addc(b, '}');
}

static void add_all(struct dts_reject_file *f, const struct dts_rejected *j, const struct dts_tx_place *tx, struct dts_slice source)
{
	struct dts_buf *b = &f->text, src = {0};
	const struct dts_slice none = {0};

	dts_buf_clear(b);
	dts_buf_adds(&src, "rejected:"); /* no checkpoint takes it for the stream that these changes were in */
	dts_buf_add_slice(&src, tx->src);
	add_head(b, "stream", dts_buf_slice(&src), none);
	dts_buf_adds(b, ",\"source\":{\"id\":");
	dts_json_add_string(b, dts_buf_slice(&f->id));
	dts_buf_addc(b, '}');
	add_pos(b, f->number);
	dts_buf_add_slice(b, dts_buf_slice(&j->schemas));
	add_head(b, "begin", dts_buf_slice(&src), tx->tx);
	dts_buf_adds(b, ",\"source\":");
	dts_buf_add_slice(b, source);
	add_pos(b, f->number);
	dts_buf_add_slice(b, dts_buf_slice(&j->changes));
	add_head(b, "commit", dts_buf_slice(&src), tx->tx);
	dts_buf_addf(b, ",\"n\":%llu", (unsigned long long)j->count);
	add_pos(b, f->number + 1);
	add_head(b, "end", dts_buf_slice(&src), none);
	dts_buf_addf(b, ",\"reason\":\"done\",\"records\":%llu", (unsigned long long)(j->table_count + j->count + 2));
	add_pos(b, f->number + 1);
	dts_buf_release(&src);
}

static int write_all(struct dts_reject_file *f, struct dts_error *err)
{
	const char *p = f->text.data, *end = p + f->text.len;

	while (p < end) {
		ssize_t n = write(f->fd, p, (size_t)(end - p));
		if (n < 0 && errno != EINTR)
			break;
		p += n > 0 ? n : 0;
	}
	if (p == end && fsync(f->fd) == 0)
		return 0;
	dts_fail_errno(err, "cannot write rejected changes to '%s'", f->path);
	if (ftruncate(f->fd, (off_t)f->size) < 0)
		dts_hint(err, "it ends within a transaction, which the next run cuts off");
	return -1;
}

int dts_reject_write(struct dts_reject_file *f, const struct dts_rejected *j, const struct dts_tx_place *tx, struct dts_error *err)
{
	struct dts_buf source = {0};
	int rc = 0;

	add_source(&source, tx);
	begin_same(f, tx->tx, dts_buf_slice(&source));
	dts_buf_add_slice(&f->same, dts_buf_slice(&j->changes));
	uint64_t hash = dts_hash(f->same.data, f->same.len);
	if (!dts_map_get(&f->known, dts_slice((const char *)&hash, sizeof hash))) {
		add_all(f, j, tx, dts_buf_slice(&source));
		rc = write_all(f, err);
		if (rc == 0) {
			f->size += f->text.len;
			f->number++;
			note(f);
		}
	}
	dts_buf_release(&source);
	return rc;
}
