#include "binlog/files_names.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "binlog/files.h"

enum { DIGITS = 6 }; /* of a number, at least, as servers write it */

static const char packed[] = ".zst";

bool dts_log_names_is_packed(const char *path)
{
	const size_t len = strlen(path);

	return len > sizeof packed - 1 && strcmp(path + len - (sizeof packed - 1), packed) == 0;
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* "bin.000042" or "bin.000042.zst": its number, and the length of "bin". False: another name. */
static bool split(const char *base, size_t *stem, uint64_t *number)
{
	size_t end = strlen(base) - (dts_log_names_is_packed(base) ? sizeof packed - 1 : 0), dot = end;

	*number = 0;
	while (dot > 0 && isdigit((unsigned char)base[dot - 1]))
		dot--;
	if (end - dot < DIGITS || end - dot > 18 || dot < 2 || base[dot - 1] != '.')
		return false;
	for (size_t i = dot; i < end; i++)
		*number = *number * 10 + (uint64_t)(base[i] - '0');
	*stem = dot - 1;
	return true;
}

bool dts_log_files_is(const char *operand)
{
	struct stat st;
	size_t stem;
	uint64_t number;

	return strcmp(operand, "-") == 0 || split(base_of(operand), &stem, &number) ||
	       (strchr(operand, '/') && stat(operand, &st) == 0);
}

static void add(struct dts_log_names *n, const char *directory, const char *path)
{
	struct dts_buf b = {0};

	if (n->count == n->cap) {
		n->cap = n->cap ? n->cap * 2 : 16;
		n->items = dts_realloc(n->items, n->cap * sizeof *n->items);
	}
	struct dts_log_name_of_file *item = &n->items[n->count++];
	*item = (struct dts_log_name_of_file){0};
	if (directory)
		dts_buf_addf(&b, "%s%s", directory, directory[strlen(directory) - 1] == '/' ? "" : "/");
	dts_buf_adds(&b, path);
	item->path = dts_strdup(dts_buf_text(&b));
	dts_buf_release(&b);
	item->name = dts_strdup(base_of(path));
	if (dts_log_names_is_packed(item->name))
		item->name[strlen(item->name) - (sizeof packed - 1)] = '\0';
	if (!split(item->name, &item->stem, &item->number))
		item->stem = strlen(item->name);
}

static void drop_last(struct dts_log_names *n)
{
	n->count--;
	free(n->items[n->count].path);
	free(n->items[n->count].name);
}

static int by_number(const void *a, const void *b)
{
	const struct dts_log_name_of_file *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

static bool same_stem(const struct dts_log_name_of_file *a, const struct dts_log_name_of_file *b)
{
	return a->stem == b->stem && memcmp(a->name, b->name, a->stem) == 0;
}

/* Other files of a server have names like that, too. */
static bool begins_like_a_log(const char *path)
{
	static const char magic[][4] = {"\xfe" "bin", "\xfd" "bin", "\x28\xb5\x2f\xfd"};
	FILE *file = fopen(path, "re");
	char head[4];
	bool like = !file; /* whatever it is, it is told when it is read */

	if (file && fread(head, 1, sizeof head, file) == sizeof head)
		for (size_t i = 0; i < sizeof magic / sizeof *magic; i++)
			like = like || memcmp(head, magic[i], sizeof head) == 0;
	if (file)
		fclose(file);
	return like;
}

static int add_directory(struct dts_log_names *n, const char *path, struct dts_error *err)
{
	const size_t first = n->count;
	DIR *d = opendir(path);
	struct dirent *e;

	if (!d)
		return dts_fail_errno(err, "cannot open '%s'", path);
	while ((e = readdir(d))) {
		size_t stem;
		uint64_t number;

		if (!split(e->d_name, &stem, &number))
			continue;
		add(n, path, e->d_name);
		if (!begins_like_a_log(n->items[n->count - 1].path))
			drop_last(n);
	}
	closedir(d);
	if (n->count == first) {
		dts_fail(err, DTS_BAD_INPUT, "directory '%s' has no log files", path);
		return dts_hint(err, "they have names such as bin.000042; a pattern of tables is told by --table");
	}
	for (size_t i = first + 1; i < n->count; i++)
		if (!same_stem(&n->items[first], &n->items[i])) {
			dts_fail(err, DTS_BAD_INPUT, "directory '%s' has files of several logs: '%s' and '%s'", path, n->items[first].name,
				 n->items[i].name);
			return dts_hint(err, "name the files of one: %s/%.*s.[0-9]*", path, (int)n->items[first].stem, n->items[first].name);
		}
	qsort(n->items + first, n->count - first, sizeof *n->items, by_number);
	return 0;
}

/* Is b what comes behind a? */
static int check_order(const struct dts_log_name_of_file *a, const struct dts_log_name_of_file *b, struct dts_error *err)
{
	if (!same_stem(a, b) || a->number == 0 || b->number == 0)
		return dts_fail(err, DTS_BAD_INPUT, "'%s' and '%s' are not of one log", a->path, b->path);
	if (b->number == a->number + 1)
		return 0;
	if (b->number <= a->number) {
		dts_fail(err, DTS_BAD_INPUT, "'%s' does not come behind '%s'", b->path, a->path);
		return dts_hint(err, "name the files in the order of their numbers, each once");
	}
	dts_fail(err, DTS_BAD_INPUT, "'%.*s.%06llu' is missing between '%s' and '%s'", (int)a->stem, a->name,
		 (unsigned long long)a->number + 1, a->path, b->path);
	return dts_hint(err, "changes would be lost: bring the file, or read what is before and behind it in two runs");
}

int dts_log_names_find(struct dts_log_names *n, char *const *paths, size_t count, struct dts_error *err)
{
	for (size_t i = 0; i < count; i++) {
		struct stat st;

		if (strcmp(paths[i], "-") != 0 && stat(paths[i], &st) < 0)
			return dts_fail_errno(err, "cannot open '%s'", paths[i]);
		if (strcmp(paths[i], "-") == 0 || !S_ISDIR(st.st_mode))
			add(n, NULL, paths[i]);
		else if (add_directory(n, paths[i], err) < 0)
			return -1;
	}
	for (size_t i = 1; i < n->count; i++)
		if (check_order(&n->items[i - 1], &n->items[i], err) < 0)
			return -1;
	return 0;
}

void dts_log_names_release(struct dts_log_names *n)
{
	for (size_t i = 0; i < n->count; i++) {
		free(n->items[i].path);
		free(n->items[i].name);
	}
	free(n->items);
	*n = (struct dts_log_names){0};
}

void dts_log_names_directory(const struct dts_log_names *n, struct dts_buf *b)
{
	const char *path = n->items[n->count - 1].path, *base = base_of(path);

	dts_buf_add(b, path, (size_t)(base - path));
	dts_buf_adds(b, base == path ? "." : "");
}

/* The number of the next file of the log in that directory, behind `last`; 0: there is none. */
static uint64_t next_number(const char *directory, const struct dts_log_name_of_file *last)
{
	DIR *d = opendir(directory);
	uint64_t next = 0, number;
	struct dirent *e;
	size_t stem;

	while (d && (e = readdir(d)))
		if (split(e->d_name, &stem, &number) && stem == last->stem && memcmp(e->d_name, last->name, stem) == 0 &&
		    number > last->number && (next == 0 || number < next))
			next = number;
	if (d)
		closedir(d);
	return next;
}

int dts_log_names_check(const struct dts_log_names *n, struct dts_error *err)
{
	const struct dts_log_name_of_file *last = &n->items[n->count - 1];
	struct dts_buf b = {0};

	dts_log_names_directory(n, &b);
	const uint64_t next = next_number(dts_buf_text(&b), last);
	dts_buf_release(&b);
	if (next <= last->number + 1)
		return 0;
	return dts_fail(err, DTS_GONE, "the file behind '%s' has gone: the next one that is there is %.*s.%06llu", last->path, (int)last->stem,
			last->name, (unsigned long long)next);
}

bool dts_log_names_look(struct dts_log_names *n)
{
	const struct dts_log_name_of_file *last = &n->items[n->count - 1];
	struct dts_buf b = {0};
	bool found = false;

	if (last->number == 0)
		return false;
	dts_log_names_directory(n, &b);
	dts_buf_addf(&b, "/%.*s.%06llu", (int)last->stem, last->name, (unsigned long long)last->number + 1);
	for (int i = 0; i < 2 && !found; i++) {
		found = access(dts_buf_text(&b), F_OK) == 0;
		if (found)
			add(n, NULL, dts_buf_text(&b));
		dts_buf_adds(&b, packed);
	}
	dts_buf_release(&b);
	return found;
}
