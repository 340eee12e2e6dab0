#include "dump/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "dump/directory_parts.h"

/* Not the manifest, which is replaced: whoever waits must wait for what stays. */
#define GUARD "lock"
#define MANIFEST_TMP DTS_MANIFEST_NAME ".tmp"

int dts_directory_fail(const struct dts_directory_dump *d, const char *name, struct dts_error *err)
{
	bool full = errno == ENOSPC || errno == EDQUOT;

	dts_fail_errno(err, "cannot write '%s%s%s'", d->path, *name ? "/" : "", name);
	if (full)
		err->status = DTS_AGAIN;
	return -1;
}

/* ---- what is there ---- */

static int open_directory(struct dts_directory_dump *d, struct dts_error *err)
{
	if (mkdir(d->path, 0777) < 0 && errno != EEXIST)
		return dts_fail_errno(err, "cannot make directory '%s'", d->path);
	d->dir = open(d->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->dir < 0)
		return dts_fail_errno(err, "cannot open directory '%s'", d->path);
	return 0;
}

/* Is it one of the names that a dump gives? */
static bool is_ours(const char *name, bool manifest)
{
	static const char *const names[] = {".", "..", GUARD, MANIFEST_TMP};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return manifest && (strcmp(name, DTS_MANIFEST_NAME) == 0 || dts_manifest_is_data_name(name));
}

typedef int entry_fn(struct dts_directory_dump *d, const char *name, void *context, struct dts_error *err);

static int each_entry(struct dts_directory_dump *d, entry_fn *each, void *context, struct dts_error *err)
{
	DIR *dir = opendir(d->path);
	const struct dirent *entry;
	int rc = 0;

	if (!dir)
		return dts_fail_errno(err, "cannot read directory '%s'", d->path);
	while (rc == 0 && (errno = 0, entry = readdir(dir)))
		rc = each(d, entry->d_name, context, err);
	if (rc == 0 && errno != 0)
		rc = dts_fail_errno(err, "cannot read directory '%s'", d->path);
	closedir(dir);
	return rc;
}

/* An entry_fn: nothing of somebody else's is in our way, or removed. */
static int check_entry(struct dts_directory_dump *d, const char *name, void *context, struct dts_error *err)
{
	const bool *manifest = context;

	if (is_ours(name, *manifest))
		return 0;
	dts_fail(err, DTS_REFUSED, "directory '%s' holds '%s', which is not of a dump", d->path, name);
	return dts_hint(err, "name a directory that is empty, is not there yet, or has a dump that is to go on");
}

/* An entry_fn. */
static int remove_unnamed(struct dts_directory_dump *d, const char *name, void *context, struct dts_error *err)
{
	const struct dts_map *names = context;

	if (!dts_manifest_is_data_name(name) || dts_map_get(names, dts_slice_of(name)))
		return 0;
	return unlinkat(d->dir, name, 0) == 0 ? 0 : dts_fail_errno(err, "cannot remove '%s/%s'", d->path, name);
}

static int take_guard(struct dts_directory_dump *d, struct dts_error *err)
{
	d->guard = openat(d->dir, GUARD, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (d->guard < 0)
		return dts_directory_fail(d, GUARD, err);
	if (flock(d->guard, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return dts_fail_errno(err, "cannot lock '%s/" GUARD "'", d->path);
	return dts_fail(err, DTS_AGAIN, "another dts-dump is writing to directory '%s'", d->path);
}

/* ---- the selection ---- */

static void add_list(struct dts_buf *out, const char *name, const struct dts_list *list)
{
	dts_buf_addf(out, ",\"%s\":[", name);
	for (size_t i = 0; i < list->count; i++) {
		if (i > 0)
			dts_buf_addc(out, ',');
		dts_json_add_string(out, dts_slice_of(list->items[i]));
	}
	dts_buf_addc(out, ']');
}

static int set_selection(struct dts_directory_dump *d, const struct dts_directory_selection *s, struct dts_error *err)
{
	struct dts_error why = DTS_ERROR_INIT;

	dts_buf_adds(&d->selection, "{\"op\":\"selection\"");
	add_list(&d->selection, "tables", s->tables);
	add_list(&d->selection, "ignored", s->ignored);
	add_list(&d->selection, "columns", s->columns);
	add_list(&d->selection, "where", s->wheres);
	dts_buf_addc(&d->selection, '}');
	if (dts_json_check(dts_buf_slice(&d->selection), &why) < 0)
		return dts_fail(err, DTS_USAGE, "a pattern or condition is not UTF-8");
	return 0;
}

/* ---- opening ---- */

int dts_directory_dump_open(struct dts_directory_dump *d, const char *path, const struct dts_directory_selection *selection,
			    struct dts_error *err)
{
	*d = (struct dts_directory_dump){.dir = -1, .guard = -1, .fd = -1, .path = dts_strdup(path)};
	pthread_mutex_init(&d->lock, NULL);
	for (size_t len = strlen(d->path); len > 1 && d->path[len - 1] == '/'; len--)
		d->path[len - 1] = '\0';
	if (set_selection(d, selection, err) < 0 || open_directory(d, err) < 0)
		return -1;
	bool found = faccessat(d->dir, DTS_MANIFEST_NAME, F_OK, 0) == 0;
	if (each_entry(d, check_entry, &found, err) < 0 || take_guard(d, err) < 0)
		return -1;
	int rc = dts_manifest_read(&d->manifest, d->path, err);
	if (rc <= 0)
		return rc;
	if (strcmp(d->manifest.selection, dts_buf_text(&d->selection)) != 0) {
		dts_fail(err, DTS_REFUSED, "directory '%s' has a dump with another selection: %.1500s, and not %.1500s", d->path,
			 d->manifest.selection, dts_buf_text(&d->selection));
		return dts_hint(err, "a dump goes on with the same patterns and conditions; name another directory for another dump");
	}
	d->complete = d->manifest.end != NULL;
	return dts_manifest_check_files(&d->manifest, err);
}

int dts_directory_dump_check(const struct dts_directory_dump *d, const struct dts_source *source, struct dts_error *err)
{
	struct dts_slice line = dts_slice_of(d->manifest.stream ? d->manifest.stream : "");
	struct dts_buf was = {0}, was_id = {0}, now_id = {0};

	if (line.len == 0)
		return 0;
	struct dts_json src = dts_json_get(line, "src"), server = dts_json_get(line, "source");
	struct dts_json id = {0}, now = dts_json_get(dts_buf_slice(&source->server), "id");
	if (server.raw.p && server.type == DTS_JSON_OBJECT)
		id = dts_json_get(server.raw, "id");
	if (src.raw.p && src.type == DTS_JSON_STRING)
		dts_json_unescape(src.raw, &was);
	if (id.raw.p && id.type == DTS_JSON_STRING)
		dts_json_unescape(id.raw, &was_id);
	dts_json_unescape(now.raw, &now_id);
	int rc = 0;
	if (!dts_slice_eq(dts_buf_slice(&was_id), dts_buf_slice(&now_id)))
		rc = dts_fail(err, DTS_REFUSED, "directory '%s' has a dump of another server: %.200s, and not %.200s", d->path,
			      dts_buf_text(&was_id), dts_buf_text(&now_id));
	else if (!dts_slice_eq(dts_buf_slice(&was), dts_buf_slice(&source->src)))
		rc = dts_fail(err, DTS_REFUSED, "directory '%s' has a dump of source '%.200s', and not of '%.*s'", d->path, dts_buf_text(&was),
			      (int)source->src.len, source->src.data);
	dts_buf_release(&was);
	dts_buf_release(&was_id);
	dts_buf_release(&now_id);
	return rc;
}

/* ---- beginning ---- */

static char *stream_line(const struct dts_source *source)
{
	struct dts_buf line = {0};

	dts_source_add_stream(&line, source, "snapshot");
	char *text = dts_slice_dup(dts_slice(line.data, line.len - 1));
	dts_buf_release(&line);
	return text;
}

/*
 * What is read again has had chunks of the same names, which somebody may have applied
 * already: the snapshot gets the name of this run, and whoever applies it begins anew.
 */
static void drop_again(struct dts_directory_dump *d, const struct dts_resume *resume)
{
	const struct dts_map_entry *e;
	bool again = false;

	for (size_t at = 0; (e = dts_map_next(&resume->tables, &at));) {
		const struct dts_resume_table *t = e->value;
		if (t->state != DTS_RESUME_AGAIN)
			continue;
		dts_manifest_drop_table(&d->manifest, dts_slice_of(t->db), dts_slice_of(t->table));
		again = true;
	}
	if (again) {
		free(d->manifest.stream);
		d->manifest.stream = stream_line(d->source);
	}
}

static int sync_directory(struct dts_directory_dump *d, struct dts_error *err)
{
	return fsync(d->dir) == 0 ? 0 : dts_directory_fail(d, "", err);
}

int dts_directory_append(struct dts_directory_dump *d, int fd, struct dts_slice text, struct dts_error *err)
{
	while (text.len > 0) {
		ssize_t n = write(fd, text.p, text.len);
		if (n < 0 && errno != EINTR)
			return dts_directory_fail(d, DTS_MANIFEST_NAME, err);
		if (n > 0)
			text = dts_slice(text.p + n, text.len - (size_t)n);
	}
	return fsync(fd) == 0 ? 0 : dts_directory_fail(d, DTS_MANIFEST_NAME, err);
}

/* The manifest as it is in memory replaces the one on disk. */
static int replace_manifest(struct dts_directory_dump *d, struct dts_error *err)
{
	struct dts_buf text = {0};

	d->fd = openat(d->dir, MANIFEST_TMP, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
	if (d->fd < 0)
		return dts_directory_fail(d, MANIFEST_TMP, err);
	dts_manifest_add_all(&text, &d->manifest);
	int rc = dts_directory_append(d, d->fd, dts_buf_slice(&text), err);
	dts_buf_release(&text);
	if (rc == 0 && renameat(d->dir, MANIFEST_TMP, d->dir, DTS_MANIFEST_NAME) < 0)
		rc = dts_directory_fail(d, DTS_MANIFEST_NAME, err);
	return rc < 0 ? -1 : sync_directory(d, err);
}

static int tidy(struct dts_directory_dump *d, struct dts_error *err)
{
	struct dts_map names = {0};

	for (size_t i = 0; i < d->manifest.file_count; i++) {
		char *name = d->manifest.files[i].name;
		uint64_t number = strtoull(name, NULL, 10);
		dts_map_set(&names, dts_slice_of(name), name);
		if (number > d->number)
			d->number = number;
	}
	int rc = each_entry(d, remove_unnamed, &names, err);
	dts_map_release(&names, NULL);
	return rc;
}

/* Tables whose definition the manifest has. */
static void set_told(struct dts_directory_dump *d, struct dts_dump *dump)
{
	struct dts_map known = {0};
	struct dts_buf key = {0};

	for (size_t i = 0; i < d->manifest.schema_count; i++) {
		struct dts_manifest_schema *s = &d->manifest.schemas[i];
		dts_map_set(&known, dts_map_pair(&key, dts_slice_of(s->db), dts_slice_of(s->table)), s);
	}
	for (size_t i = 0; i < dump->tables.count; i++)
		dump->items[i].told = dts_map_get(&known, dts_map_pair(&key, dump->tables.items[i].db, dump->tables.items[i].name));
	dts_map_release(&known, NULL);
	dts_buf_release(&key);
}

int dts_directory_dump_begin(struct dts_directory_dump *d, struct dts_dump *dump, struct dts_resume *resume,
			     struct dts_error *err)
{
	struct dts_buf pos = {0};

	d->dump = dump;
	d->source = dump->source;
	if (!d->manifest.stream) {
		d->manifest.stream = stream_line(d->source);
		d->manifest.selection = dts_strdup(dts_buf_text(&d->selection));
	}
	dts_position_add(&pos, &d->source->pos, true);
	dts_list_add(&d->manifest.runs, dts_buf_text(&pos));
	dts_buf_release(&pos);
	if (resume->found)
		drop_again(d, resume);
	if (replace_manifest(d, err) < 0 || tidy(d, err) < 0)
		return -1;
	set_told(d, dump);
	d->rows = dts_manifest_rows(&d->manifest);
	d->records = dts_manifest_records(&d->manifest);
	d->count = dump->count;
	dts_directory_parts_init(d);
	return 0;
}

/* ---- ending ---- */

/* Half a line would spoil the one that is written next: all of it or nothing. */
static int append_pending(struct dts_directory_dump *d, struct dts_error *err)
{
	off_t size = lseek(d->fd, 0, SEEK_END);

	if (size < 0)
		return dts_directory_fail(d, DTS_MANIFEST_NAME, err);
	if (dts_directory_append(d, d->fd, dts_buf_slice(&d->pending), err) == 0)
		return 0;
	if (ftruncate(d->fd, size) < 0)
		dts_buf_clear(&d->pending); /* so nothing is written behind it */
	return -1;
}

int dts_directory_commit(struct dts_directory_dump *d, struct dts_error *err)
{
	struct timespec now;

	if (d->pending.len == 0)
		return 0;
	clock_gettime(CLOCK_MONOTONIC, &now);
	d->committed = (uint64_t)now.tv_sec;
	/* The files' names are to be there before the manifest names them. */
	if (sync_directory(d, err) < 0 || append_pending(d, err) < 0)
		return -1;
	dts_buf_clear(&d->pending);
	d->pending_files = 0;
	d->pending_bytes = 0;
	return 0;
}

int dts_directory_dump_end(struct dts_directory_dump *d, struct dts_error *err)
{
	struct dts_slice line = dts_slice_of(d->manifest.stream);
	struct dts_json src = dts_json_get(line, "src"), pos = dts_json_get(line, "pos");

	dts_buf_adds(&d->pending, "{\"op\":\"end\",\"src\":");
	dts_buf_add_slice(&d->pending, src.raw);
	dts_buf_addf(&d->pending, ",\"reason\":\"done\",\"records\":%llu", (unsigned long long)d->records);
	if (pos.raw.p) {
		dts_buf_adds(&d->pending, ",\"pos\":");
		dts_buf_add_slice(&d->pending, pos.raw);
	}
	dts_buf_adds(&d->pending, "}\n");
	return dts_directory_commit(d, err);
}

void dts_directory_dump_close(struct dts_directory_dump *d)
{
	int fds[] = {d->fd, d->dir, d->guard};
	struct dts_error ignored = DTS_ERROR_INIT; /* what went wrong is told already */

	if (!d->path)
		return; /* never opened */
	dts_directory_parts_release(d);
	/* After an error, too, files that are there count; on a full disk there is room again without the halves. */
	if (d->fd >= 0)
		dts_directory_commit(d, &ignored);
	for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	dts_manifest_release(&d->manifest);
	dts_buf_release(&d->selection);
	dts_buf_release(&d->pending);
	free(d->path);
	pthread_mutex_destroy(&d->lock);
	*d = (struct dts_directory_dump){.dir = -1, .guard = -1, .fd = -1};
}
