/*
 * For the benchmark `log`:
 *
 * log repeat FILE COPIES: the stream of changes in FILE, as dts-binlog writes it of MariaDB, so many times as one: each
 * copy's transactions have the GTIDs, files and days behind those of the one before.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static char *text;
static size_t length;
static unsigned long long records, transactions, files, offset, first_file;
static char last_file[64];

static void fail(const char *what)
{
	fprintf(stderr, "log: %s\n", what);
	exit(1);
}

static void load(const char *path)
{
	FILE *f = fopen(path, "r");

	if (!f || fseek(f, 0, SEEK_END) != 0)
		fail(path);
	length = (size_t)ftell(f);
	rewind(f);
	text = malloc(length + 1);
	if (!text || fread(text, 1, length, f) != length)
		fail(path);
	text[length] = '\0';
	fclose(f);
}

/* Writes up to the value that follows `name` in the line, and where it stands; NULL: it has none. */
static const char *up_to(const char *at, const char *end, const char *name, FILE *out)
{
	const char *p = memmem(at, (size_t)(end - at), name, strlen(name));

	if (!p)
		return NULL;
	p += strlen(name);
	fwrite(at, 1, (size_t)(p - at), out);
	return p;
}

/* The sequence of 0-1-N behind "tx":" */
static const char *move_tx(const char *at, const char *end, unsigned long long by, FILE *out)
{
	const char *p = up_to(at, end, "\"tx\":\"", out), *dash;
	char *behind;

	if (!p || !(dash = memchr(p, '-', (size_t)(end - p))) || !(dash = memchr(dash + 1, '-', (size_t)(end - dash - 1))))
		fail("a transaction without a GTID of MariaDB");
	fwrite(p, 1, (size_t)(dash + 1 - p), out);
	fprintf(out, "%llu", strtoull(dash + 1, &behind, 10) + by);
	return behind;
}

static const char *move_time(const char *at, const char *end, unsigned long long days, FILE *out)
{
	const char *p = up_to(at, end, "\"time\":\"", out);
	struct tm tm = {0};
	char day[16];

	if (!p || !strptime(p, "%Y-%m-%dT", &tm))
		fail("a begin without its time");
	time_t t = timegm(&tm) + (time_t)days * 86400;
	gmtime_r(&t, &tm);
	strftime(day, sizeof day, "%Y-%m-%d", &tm);
	fputs(day, out);
	return p + 10;
}

/* "pos":{"file":"NAME.000042" */
static const char *move_file(const char *at, const char *end, unsigned long long by, FILE *out)
{
	const char *p = up_to(at, end, "\"pos\":{\"file\":\"", out), *dot;
	char *behind;

	if (!p || !(dot = memchr(p, '.', (size_t)(end - p))))
		fail("no position");
	fwrite(p, 1, (size_t)(dot + 1 - p), out);
	fprintf(out, "%06llu", strtoull(dot + 1, &behind, 10) + by);
	return behind;
}

static int is(const char *line, const char *op)
{
	return strncmp(line + 7, op, strlen(op)) == 0;
}

/* How far a copy goes. */
static void survey(void)
{
	for (const char *line = text, *end; line < text + length; line = end + 1) {
		end = memchr(line, '\n', (size_t)(text + length - line));
		if (!end)
			fail("no newline at the end");
		if (!is(line, "commit"))
			continue;
		transactions++;
		const char *dot = memmem(line, (size_t)(end - line), "\"file\":\"", 8), *p = memmem(line, (size_t)(end - line), "\"offset\":", 9);
		if (!dot || !p || !(dot = memchr(dot, '.', (size_t)(end - dot))))
			fail("no position");
		files = strtoull(dot + 1, NULL, 10);
		if (first_file == 0)
			first_file = files;
		offset = strtoull(p + 9, NULL, 10);
	}
	files = files - first_file + 1;
}

static void copy_of(unsigned long long copy, FILE *out)
{
	for (const char *line = text, *end; line < text + length; line = end + 1) {
		const char *at = line;

		end = memchr(line, '\n', (size_t)(text + length - line));
		if (is(line, "heartbeat") || is(line, "end") || (copy > 0 && (is(line, "stream") || is(line, "schema"))))
			continue;
		if (is(line, "insert") || is(line, "update") || is(line, "delete") || is(line, "begin") || is(line, "commit"))
			at = move_tx(at, end, copy * transactions, out);
		else if (!is(line, "stream") && !is(line, "schema"))
			fail("a record that is not known here");
		if (is(line, "begin"))
			at = move_time(at, end, copy, out);
		if (is(line, "begin") || is(line, "commit"))
			at = move_file(at, end, copy * files, out);
		fwrite(at, 1, (size_t)(end + 1 - at), out);
		records += !is(line, "stream");
	}
}

int main(int argc, char **argv)
{
	static char buffer[1 << 20];
	unsigned long long copies;

	if (argc != 4 || strcmp(argv[1], "repeat") != 0) {
		fprintf(stderr, "usage: log repeat FILE COPIES\n");
		return 2;
	}
	setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
	load(argv[2]);
	survey();
	copies = strtoull(argv[3], NULL, 10);
	for (unsigned long long copy = 0; copy < copies; copy++)
		copy_of(copy, stdout);
	const char *src = strstr(text, "\"src\":\"") + 7;
	const char *file = strstr(text, "\"file\":\"") + 8;
	snprintf(last_file, sizeof last_file, "%.*s.%06llu", (int)(strchr(file, '.') - file), file, first_file + copies * files - 1);
	printf("{\"op\":\"end\",\"src\":\"%.*s\",\"reason\":\"done\",\"records\":%llu,\"pos\":{\"file\":\"%s\",\"offset\":%llu}}\n",
	       (int)(strchr(src, '"') - src), src, records, last_file, offset);
	return fflush(stdout) == 0 ? 0 : 1;
}
