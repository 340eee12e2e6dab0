/* The whole unit test framework. A test file has named test functions and a
 * main that runs them:
 *
 *     #include "unit.h"
 *
 *     static void test_adds(void)
 *     {
 *         CHECK(1 + 1 == 2);
 *         CHECK_STR("two", name_of(2));
 *     }
 *
 *     int main(void)
 *     {
 *         RUN(test_adds);
 *         return unit_done();
 *     }
 *
 * A failed check prints where and what, and the function goes on; REQUIRE
 * returns from the function. Each run prints `ok NAME` or `not ok NAME`.
 */
#ifndef DTS_T_UNIT_H
#define DTS_T_UNIT_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *unit_name = "";
static int unit_failures; /* failed checks of the running test */
static int unit_failed;   /* failed tests */

#define CHECK(cond)                                                           \
	((void)((cond) || (unit_fail(__FILE__, __LINE__, "%s", #cond), 0)))

#define REQUIRE(cond)                                                         \
	do {                                                                  \
		if (!(cond)) {                                                \
			unit_fail(__FILE__, __LINE__, "%s", #cond);           \
			return;                                               \
		}                                                             \
	} while (0)

/* Expected first, as in the message. NULL equals NULL only. */
#define CHECK_STR(want, got) unit_str(__FILE__, __LINE__, #got, (want), (got))
#define CHECK_INT(want, got)                                                  \
	unit_int(__FILE__, __LINE__, #got, (int64_t)(want), (int64_t)(got))
#define CHECK_MEM(want, wantlen, got, gotlen)                                 \
	unit_mem(__FILE__, __LINE__, #got, (want), (wantlen), (got), (gotlen))

#define RUN(function) unit_run(#function, (function))

__attribute__((unused, format(printf, 3, 4)))
static void unit_fail(const char *file, int line, const char *format, ...)
{
	__builtin_va_list args;

	unit_failures++;
	printf("# %s:%d: %s: ", file, line, unit_name);
	__builtin_va_start(args, format);
	vprintf(format, args);
	__builtin_va_end(args);
	putchar('\n');
}

__attribute__((unused))
static void unit_str(const char *file, int line, const char *what,
		     const char *want, const char *got)
{
	if (want == got || (want && got && strcmp(want, got) == 0))
		return;
	unit_fail(file, line, "%s is '%s', wanted '%s'", what,
		  got ? got : "(null)", want ? want : "(null)");
}

__attribute__((unused))
static void unit_int(const char *file, int line, const char *what,
		     int64_t want, int64_t got)
{
	if (want != got)
		unit_fail(file, line, "%s is %" PRId64 ", wanted %" PRId64,
			  what, got, want);
}

__attribute__((unused))
static void unit_mem(const char *file, int line, const char *what,
		     const void *want, size_t wantlen,
		     const void *got, size_t gotlen)
{
	if (wantlen == gotlen && (!wantlen || memcmp(want, got, wantlen) == 0))
		return;
	unit_fail(file, line, "%s is '%.*s' (%zu bytes), wanted '%.*s' (%zu bytes)",
		  what, (int)gotlen, gotlen ? (const char *)got : "", gotlen,
		  (int)wantlen, wantlen ? (const char *)want : "", wantlen);
}

__attribute__((unused))
static void unit_run(const char *name, void (*function)(void))
{
	unit_name = name;
	unit_failures = 0;
	function();
	if (unit_failures)
		unit_failed++;
	printf("%s %s\n", unit_failures ? "not ok" : "ok", name);
	fflush(stdout);
}

/* The exit status of main. A random test prints its seed with unit_seed, so
 * that DTS_SEED=N repeats it. */
__attribute__((unused))
static int unit_done(void)
{
	return unit_failed ? 1 : 0;
}

__attribute__((unused))
static uint64_t unit_seed(void)
{
	const char *text = getenv("DTS_SEED");
	uint64_t seed = text ? strtoull(text, NULL, 10) : 1;

	printf("# DTS_SEED=%" PRIu64 "\n", seed);
	return seed;
}

#endif
