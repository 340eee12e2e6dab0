#ifndef DTS_BASE_OPTIONS_H
#define DTS_BASE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

/* A growing list of strings; all zero is empty. The strings are its own. */
struct dts_list {
	char **items;
	size_t count;
};

void dts_list_add(struct dts_list *list, const char *text);
void dts_list_release(struct dts_list *list);

/* What an option's `value` points to. */
enum dts_option_kind {
	DTS_OPTION_FLAG,     /* bool, set to true */
	DTS_OPTION_STRING,   /* const char *, the last one given */
	DTS_OPTION_NAME,     /* the same, of a value that is not empty */
	DTS_OPTION_LIST,     /* struct dts_list, all that were given */
	DTS_OPTION_NUMBER,   /* uint64_t */
	DTS_OPTION_SIZE,     /* uint64_t of bytes: 64K, 16M, 1G (powers of 1024) */
	DTS_OPTION_SECONDS,  /* double: 0.5, 10 */
};

/* One option. Tables end with an entry whose name is NULL. */
struct dts_option {
	const char *name; /* long name, without dashes */
	char letter;      /* short name, or 0 */
	enum dts_option_kind kind;
	void *value;
	const char *arg;  /* what the value is called in the help: FILE, N, ... */
	const char *help; /* one line, lower case */
};

/* A part of the help with a heading. Arrays end with an entry whose title is NULL. */
struct dts_option_group {
	const char *title;
	const struct dts_option *options;
};

struct dts_tool {
	const char *name;     /* dts-filter */
	const char *operands; /* "[FILE...]"; "" when it takes none */
	const char *summary;  /* one line for the help */
	const struct dts_option_group *groups;
	size_t min_operands, max_operands; /* max SIZE_MAX: any number */
};

/*
 * Reads the command line into what the tables point to; `operands` gets what
 * is left. --help and --version print and end the process with the status of
 * having printed them. A wrong command line is told with a pointer to --help
 * and ends the process with DTS_USAGE. Long options may be written
 * --name=VALUE or --name VALUE; "--" ends them.
 */
void dts_options_parse(const struct dts_tool *tool, int argc, char **argv, struct dts_list *operands);

/* Numbers as tools read them: decimal digits only, no sign, no octal. */
int dts_parse_u64(struct dts_slice text, uint64_t *n);    /* 0, or -1: not one */
int dts_parse_size(struct dts_slice text, uint64_t *n);   /* 512, 64K, 16M, 1G */
int dts_parse_seconds(struct dts_slice text, double *s);  /* 10, 0.5 */

/* "2026-01-31T10:31:00.5Z", "2026-01-31 10:31", "2026-01-31", "10:31" (today), local where no zone is given; in
 * microseconds since 1970. 0, or -1: no such time. */
int dts_parse_time(struct dts_slice text, uint64_t *micro);

#endif
