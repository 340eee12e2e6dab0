#include "base/options.h"

#include <errno.h>
#include <popt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/message.h"

#ifndef DTS_VERSION
#define DTS_VERSION "0"
#endif

void dts_list_add(struct dts_list *list, const char *text)
{
	list->items = dts_realloc(list->items, (list->count + 2) * sizeof *list->items);
	list->items[list->count++] = dts_strdup(text);
	list->items[list->count] = NULL;
}

void dts_list_release(struct dts_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct dts_list){0};
}

int dts_parse_u64(struct dts_slice text, uint64_t *n)
{
	uint64_t value = 0;

	if (text.len == 0)
		return -1;
	for (size_t i = 0; i < text.len; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return -1;
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(text.p[i] - '0'), &value))
			return -1;
	}
	*n = value;
	return 0;
}

int dts_parse_size(struct dts_slice text, uint64_t *n)
{
	static const char units[] = "KMGT";
	unsigned shift = 0;

	if (text.len > 1) {
		const char *unit = strchr(units, text.p[text.len - 1] & ~0x20);
		if (unit && *unit) {
			shift = 10 * (unsigned)(unit - units + 1);
			text.len--;
		}
	}
	if (dts_parse_u64(text, n) < 0 || *n > UINT64_MAX >> shift)
		return -1;
	*n <<= shift;
	return 0;
}

int dts_parse_seconds(struct dts_slice text, double *s)
{
	struct dts_slice whole = text, part = {NULL, 0};
	const char *dot = memchr(text.p, '.', text.len);
	uint64_t n, fraction = 0;

	if (dot) {
		whole.len = (size_t)(dot - text.p);
		part = dts_slice(dot + 1, text.len - whole.len - 1);
	}
	if (dts_parse_u64(whole, &n) < 0 || (dot && (part.len > 9 || dts_parse_u64(part, &fraction) < 0)))
		return -1;
	double scale = 1;
	for (size_t i = 0; i < part.len; i++)
		scale *= 10;
	*s = (double)n + (double)fraction / scale;
	return 0;
}

static const struct dts_option common_options[] = {
	{"help", 0, DTS_OPTION_FLAG, NULL, NULL, "show this help and exit"},
	{"version", 0, DTS_OPTION_FLAG, NULL, NULL, "show the version and exit"},
	{NULL, 0, 0, NULL, NULL, NULL},
};

__attribute__((format(printf, 2, 3))) static _Noreturn void usage(const struct dts_tool *tool, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	dts_message("%s", text);
	dts_message("hint: '%s --help' lists the options", tool->name);
	exit(DTS_USAGE);
}

static void help_options(const struct dts_option *o)
{
	for (; o->name; o++) {
		char names[80];
		bool value = o->kind != DTS_OPTION_FLAG;
		snprintf(names, sizeof names, "%c%c%s--%s%s%s", o->letter ? '-' : ' ', o->letter ? o->letter : ' ',
			 o->letter ? ", " : "  ", o->name, value ? "=" : "", value ? o->arg : "");
		if (strlen(names) <= 28)
			printf("  %-28s  %s\n", names, o->help);
		else
			printf("  %s\n  %-28s  %s\n", names, "", o->help);
	}
}

/* Help and version are output: a full disk must not pass for success. */
static _Noreturn void end_after_printing(void)
{
	if (fflush(stdout) != 0 || ferror(stdout) || close(STDOUT_FILENO) < 0) {
		if (errno != EPIPE)
			dts_message("cannot write the output: %s", strerror(errno));
		_exit(DTS_IO);
	}
	_exit(DTS_OK);
}

static _Noreturn void help(const struct dts_tool *tool)
{
	printf("usage: %s [OPTION]...%s%s\n%s\n", tool->name, tool->operands[0] ? " " : "", tool->operands, tool->summary);
	for (const struct dts_option_group *g = tool->groups; g && g->title; g++) {
		printf("\n%s:\n", g->title);
		help_options(g->options);
	}
	printf("\nCommon options:\n");
	help_options(common_options);
	printf("\nThe manual: man %s, man dts\n", tool->name);
	end_after_printing();
}

/* Gives an option its value. */
static void set_option(const struct dts_tool *tool, const struct dts_option *o, const char *text)
{
	int rc = 0;

	if (o->kind != DTS_OPTION_FLAG && !text)
		usage(tool, "option '--%s' needs a value", o->name);
	switch (o->kind) {
	case DTS_OPTION_FLAG:
		*(bool *)o->value = true;
		break;
	case DTS_OPTION_NAME:
		if (!text[0])
			usage(tool, "option '--%s' needs a value that is not empty", o->name);
		*(const char **)o->value = dts_strdup(text);
		break;
	case DTS_OPTION_STRING:
		*(const char **)o->value = dts_strdup(text);
		break;
	case DTS_OPTION_LIST:
		dts_list_add(o->value, text);
		break;
	case DTS_OPTION_NUMBER:
		rc = dts_parse_u64(dts_slice_of(text), o->value);
		break;
	case DTS_OPTION_SIZE:
		rc = dts_parse_size(dts_slice_of(text), o->value);
		break;
	case DTS_OPTION_SECONDS:
		rc = dts_parse_seconds(dts_slice_of(text), o->value);
		break;
	}
	if (rc < 0)
		usage(tool,
		      o->kind == DTS_OPTION_SIZE      ? "option '--%s': '%s' is not a size such as 512, 64K, 16M or 1G"
		      : o->kind == DTS_OPTION_SECONDS ? "option '--%s': '%s' is not a number of seconds such as 10 or 0.5"
						      : "option '--%s': '%s' is not a whole number",
		      o->name, text);
}

enum { HELP = 1, VERSION, FIRST_OPTION };

/* Our table as popt wants it: one entry an option, val counting from FIRST_OPTION. */
static struct poptOption *popt_table(const struct dts_tool *tool, const struct dts_option ***by_val)
{
	size_t count = 2;
	for (const struct dts_option_group *g = tool->groups; g && g->title; g++)
		for (const struct dts_option *o = g->options; o->name; o++)
			count++;
	struct poptOption *table = dts_zalloc(count + 1, sizeof *table);
	*by_val = dts_zalloc(count + FIRST_OPTION, sizeof **by_val);
	int val = FIRST_OPTION;
	struct poptOption *to = table;
	for (const struct dts_option_group *g = tool->groups; g && g->title; g++)
		for (const struct dts_option *o = g->options; o->name; o++) {
			(*by_val)[val] = o;
			*to++ = (struct poptOption){.longName = o->name, .shortName = o->letter,
				.argInfo = o->kind == DTS_OPTION_FLAG ? POPT_ARG_NONE : POPT_ARG_STRING, .val = val++};
		}
	*to++ = (struct poptOption){.longName = "help", .argInfo = POPT_ARG_NONE, .val = HELP};
	*to = (struct poptOption){.longName = "version", .argInfo = POPT_ARG_NONE, .val = VERSION};
	return table;
}

/* Only the option's name is repeated: what stands behind it may be a password. */
static _Noreturn void bad_option(const struct dts_tool *tool, const char *option, const char *why)
{
	bool is_long = strncmp(option, "--", 2) == 0;
	int len = is_long ? (int)strcspn(option, "=") : (int)strnlen(option, 2);

	if (strncmp(option, "-p", 2) == 0 || strncmp(option, "--pass", 6) == 0)
		usage(tool, "option '%.*s': a password is never taken from the command line; -p asks for it, "
		      "--password-file=FILE and option files hold it", len, option);
	usage(tool, "option '%.*s': %s", len, option, why);
}

void dts_options_parse(const struct dts_tool *tool, int argc, char **argv, struct dts_list *operands)
{
	/* Static, since a wrong command line ends the process from within: what hangs
	 * on these is then no leak. */
	static const struct dts_option **by_val;
	static struct poptOption *table;
	static poptContext ctx;
	int rc;

	dts_message_tool(tool->name);
	table = popt_table(tool, &by_val);
	ctx = poptGetContext(tool->name, argc, (const char **)argv, table, 0);
	while ((rc = poptGetNextOpt(ctx)) > 0) {
		if (rc == HELP)
			help(tool);
		if (rc == VERSION) {
			printf("%s %s\n", tool->name, DTS_VERSION);
			end_after_printing();
		}
		static char *text; /* static: a usage error ends the process while it is held */
		text = poptGetOptArg(ctx);
		set_option(tool, by_val[rc], text);
		free(text);
	}
	if (rc < -1)
		bad_option(tool, poptBadOption(ctx, POPT_BADOPTION_NOALIAS), poptStrerror(rc));
	for (const char *word; (word = poptGetArg(ctx));)
		dts_list_add(operands, word);
	ctx = poptFreeContext(ctx);
	free(table);
	free(by_val);
	if (operands->count < tool->min_operands)
		usage(tool, "missing operand: %s", tool->operands);
	if (operands->count > tool->max_operands)
		usage(tool, "unexpected operand '%s'", operands->items[tool->max_operands]);
}
