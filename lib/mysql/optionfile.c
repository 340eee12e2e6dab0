#include "mysql/optionfile.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

#include "base/options.h"

/* Files that include one another for ever end here. */
enum { MAX_DEPTH = 10 };

struct reader {
	struct dts_option_facts *facts;
	const char *group;
	bool in_section; /* the lines belong to a section that the client reads */
};

static void read_file(struct reader *r, const char *path, int depth);

static struct dts_slice trim(struct dts_slice s)
{
	while (s.len > 0 && strchr(" \t\r\n", s.p[0]))
		s = dts_slice(s.p + 1, s.len - 1);
	while (s.len > 0 && strchr(" \t\r\n", s.p[s.len - 1]))
		s.len--;
	return s;
}

/* The value behind "name =": quotes or a comment behind it taken off. */
static struct dts_slice clean_value(struct dts_slice s)
{
	s = trim(s);
	if (s.len >= 2 && (s.p[0] == '"' || s.p[0] == '\'')) {
		const char *end = memchr(s.p + 1, s.p[0], s.len - 1);
		if (end)
			return dts_slice(s.p + 1, (size_t)(end - s.p) - 1);
	}
	for (size_t i = 1; i < s.len; i++)
		if (s.p[i] == '#' && (s.p[i - 1] == ' ' || s.p[i - 1] == '\t'))
			return trim(dts_slice(s.p, i));
	return s;
}

/* Option names are the same with "-" and "_". */
static bool name_is(struct dts_slice name, const char *want)
{
	if (name.len != strlen(want))
		return false;
	for (size_t i = 0; i < name.len; i++)
		if ((name.p[i] == '_' ? '-' : name.p[i]) != want[i])
			return false;
	return true;
}

static void set(struct dts_buf *to, struct dts_slice value)
{
	dts_buf_clear(to);
	dts_buf_add_slice(to, value);
}

static void read_option(struct dts_option_facts *f, struct dts_slice line)
{
	const char *equals = memchr(line.p, '=', line.len);
	struct dts_slice name = trim(dts_slice(line.p, equals ? (size_t)(equals - line.p) : line.len));
	struct dts_slice value = {"", 0};

	if (equals)
		value = clean_value(dts_slice(equals + 1, (size_t)(line.p + line.len - equals) - 1));
	if (name.len > 6 && strncmp(name.p, "loose", 5) == 0)
		name = dts_slice(name.p + 6, name.len - 6);
	if (name_is(name, "host"))
		set(&f->host, value);
	else if (name_is(name, "socket"))
		set(&f->socket, value);
	else if (name_is(name, "ssl-mode"))
		set(&f->ssl_mode, value);
	else if (name_is(name, "ssl-ca"))
		set(&f->ssl_ca, value);
	else if (name_is(name, "port"))
		dts_parse_u64(value, &f->port);
	else if (name_is(name, "skip-ssl-verify-server-cert") || name_is(name, "disable-ssl-verify-server-cert"))
		f->verify_off = true;
	else if (name_is(name, "ssl-verify-server-cert"))
		f->verify_off = dts_slice_is(value, "0") || dts_slice_is_nocase(value, "off") ||
				dts_slice_is_nocase(value, "false");
}

/* [client-server] and [client-mariadb] are MariaDB's own; taken along, since the
 * files are shared by both clients. */
static void read_section(struct reader *r, struct dts_slice name)
{
	bool ours = dts_slice_is(name, r->group);

	if (ours)
		r->facts->group_found = true;
	r->in_section = ours || dts_slice_is(name, "client") || dts_slice_is(name, "client-server") ||
			dts_slice_is(name, "client-mariadb");
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void read_directory(struct reader *r, const char *path, int depth)
{
	struct dirent **entries;
	struct dts_buf file = {0};
	int count = scandir(path, &entries, NULL, by_name);

	for (int i = 0; i < count; i++) {
		size_t len = strlen(entries[i]->d_name);
		if (len > 4 && strcmp(entries[i]->d_name + len - 4, ".cnf") == 0) {
			dts_buf_clear(&file);
			dts_buf_addf(&file, "%s/%s", path, entries[i]->d_name);
			read_file(r, dts_buf_text(&file), depth);
		}
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	dts_buf_release(&file);
}

static void read_directive(struct reader *r, struct dts_slice line, int depth)
{
	size_t skip = 0;
	bool directory = false;

	if (line.len > 11 && strncmp(line.p, "!includedir", 11) == 0) {
		directory = true;
		skip = 11;
	} else if (line.len > 8 && strncmp(line.p, "!include", 8) == 0) {
		skip = 8;
	} else {
		return;
	}
	char *path = dts_slice_dup(trim(dts_slice(line.p + skip, line.len - skip)));
	if (directory)
		read_directory(r, path, depth + 1);
	else
		read_file(r, path, depth + 1);
	free(path);
}

static void read_file(struct reader *r, const char *path, int depth)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;

	if (depth > MAX_DEPTH)
		return;
	FILE *in = fopen(path, "re");
	if (!in)
		return; /* as the client does */
	if (depth == 0)
		dts_buf_addf(&r->facts->looked, "%s%s", r->facts->looked.len ? ", " : "", path);
	r->in_section = false;
	while ((len = getline(&line, &cap, in)) >= 0) {
		struct dts_slice text = trim(dts_slice(line, (size_t)len));
		if (text.len == 0 || text.p[0] == '#' || text.p[0] == ';')
			continue;
		const char *end = text.p[0] == '[' ? memchr(text.p, ']', text.len) : NULL;
		if (text.p[0] == '!') {
			bool before = r->in_section;
			read_directive(r, text, depth);
			r->in_section = before;
		} else if (end)
			read_section(r, trim(dts_slice(text.p + 1, (size_t)(end - text.p) - 1)));
		else if (r->in_section)
			read_option(r->facts, text);
	}
	free(line);
	fclose(in);
}

int dts_option_facts_read(struct dts_option_facts *facts, const char *defaults_file,
			  const char *group, struct dts_error *err)
{
	struct reader r = {.facts = facts, .group = group};

	*facts = (struct dts_option_facts){0};
	if (defaults_file) {
		FILE *in = fopen(defaults_file, "re");
		if (!in)
			return dts_fail(err, DTS_USAGE, "cannot read '%s': %s", defaults_file, strerror(errno));
		fclose(in);
		read_file(&r, defaults_file, 0);
		return 0;
	}
	read_file(&r, "/etc/my.cnf", 0);
	read_file(&r, "/etc/mysql/my.cnf", 0);
	const char *home = getenv("HOME");
	if (home) {
		struct dts_buf path = {0};
		dts_buf_addf(&path, "%s/.my.cnf", home);
		read_file(&r, dts_buf_text(&path), 0);
		dts_buf_release(&path);
	}
	return 0;
}

void dts_option_facts_release(struct dts_option_facts *facts)
{
	dts_buf_release(&facts->host);
	dts_buf_release(&facts->socket);
	dts_buf_release(&facts->ssl_mode);
	dts_buf_release(&facts->ssl_ca);
	dts_buf_release(&facts->looked);
}
