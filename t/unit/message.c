#include "base/message.h"

#include <fcntl.h>
#include <unistd.h>

#include "unit.h"

static const char *escaped(struct dts_buf *b, const char *text, size_t len)
{
	dts_buf_clear(b);
	dts_escape(b, dts_slice(text, len));
	return dts_buf_text(b);
}

static void test_escape(void)
{
	static const char *const cases[][2] = {
		{"", ""},
		{"plain ~ text", "plain ~ text"},
		{"a\tb\n\r", "a\\x09b\\x0a\\x0d"},
		{"\x1b[31m\x7f", "\\x1b[31m\\x7f"},
		{"ü€😀", "ü€😀"},
		{"\xc2\x9b" "31m", "\\xc2\\x9b31m"}, /* C1: another escape */
		{"\xc2\xa0", "\xc2\xa0"},
		{"\xff\xfe", "\\xff\\xfe"},
		{"\xc3", "\\xc3"},
		{"\xc3(", "\\xc3("},
		{"\xc0\x80", "\\xc0\\x80"},
		{"\x80", "\\x80"},
		{"\xe2\x82", "\\xe2\\x82"},
		{"\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80"},
		{"back\\slash", "back\\slash"},
	};
	struct dts_buf b = {0};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		CHECK_STR(cases[i][1], escaped(&b, cases[i][0], strlen(cases[i][0])));
	CHECK_STR("a\\x00b", escaped(&b, "a\0b", 3));
	dts_buf_release(&b);
}

static int saved = -1;

/* Standard error into a pipe ... */
static int catch_stderr(void)
{
	int fds[2];

	if (pipe(fds) < 0)
		abort();
	saved = dup(STDERR_FILENO);
	dup2(fds[1], STDERR_FILENO);
	close(fds[1]);
	return fds[0];
}

/* ... and what was written to it. */
static const char *caught(int fd)
{
	static char text[8192];
	ssize_t len = 0, n;

	dup2(saved, STDERR_FILENO);
	close(saved);
	while ((n = read(fd, text + len, sizeof text - 1 - (size_t)len)) > 0)
		len += n;
	text[len] = '\0';
	close(fd);
	return text;
}

static void test_report(void)
{
	struct dts_error err = DTS_ERROR_INIT;

	dts_message_tool("dts-x");
	dts_fail(&err, DTS_GONE, "no '%s'", "a\nb");
	int fd = catch_stderr();
	int status = dts_report(&err);
	CHECK_STR("dts-x: no 'a\\x0ab'\n", caught(fd));
	CHECK_INT(DTS_GONE, status);
	dts_hint(&err, "look");
	fd = catch_stderr();
	dts_report(&err);
	CHECK_STR("dts-x: no 'a\\x0ab'\ndts-x: hint: look\n", caught(fd));
	err.silent = true;
	fd = catch_stderr();
	status = dts_report(&err);
	CHECK_STR("", caught(fd));
	CHECK_INT(DTS_GONE, status);
	fd = catch_stderr();
	dts_message("%s %d%%", "all", 5);
	CHECK_STR("dts-x: all 5%\n", caught(fd));
	/* A pipe is no terminal. */
	fd = catch_stderr();
	dts_progress("%d rows", 5);
	dts_progress_end();
	CHECK_STR("", caught(fd));
}

int main(void)
{
	RUN(test_escape);
	RUN(test_report);
	return unit_done();
}
