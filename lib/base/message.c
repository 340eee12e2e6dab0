#include "base/message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static const char *tool_name = "dts";
static bool progress_shown;
static struct timespec progress_time;

void dts_message_tool(const char *name)
{
	tool_name = name;
	/* A descriptor that the caller closed would be the next one opened, a server's connection, and
	 * output would go there. Each is open from here on, but for the other direction: its use fails. */
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			(void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

/* Length of the valid UTF-8 character at p, or 0. */
static size_t utf8_length(const unsigned char *p, size_t left)
{
	size_t len = p[0] < 0x80 ? 1 : p[0] >= 0xc2 && p[0] < 0xe0 ? 2
	             : p[0] >= 0xe0 && p[0] < 0xf0 ? 3 : p[0] >= 0xf0 && p[0] < 0xf5 ? 4 : 0;

	if (len == 0 || len > left)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

void dts_escape(struct dts_buf *b, struct dts_slice text)
{
	const unsigned char *p = (const unsigned char *)text.p;

	for (size_t i = 0; i < text.len;) {
		size_t len = utf8_length(p + i, text.len - i);
		/* C0, DEL and C1 controls can move a terminal's cursor. */
		bool control = p[i] < 0x20 || p[i] == 0x7f || (p[i] == 0xc2 && len == 2 && p[i + 1] < 0xa0);
		if (len == 0 || control) {
			dts_buf_addf(b, "\\x%02x", p[i]);
			i++;
		} else {
			dts_buf_add(b, p + i, len);
			i += len;
		}
	}
}

/* One write(2), so that messages of several processes do not mix. */
static void put(const char *kind, const char *text)
{
	struct dts_buf b = {0};

	dts_progress_end();
	dts_buf_addf(&b, "%s: %s", tool_name, kind);
	dts_escape(&b, dts_slice_of(text));
	dts_buf_addc(&b, '\n');
	if (write(STDERR_FILENO, b.data, b.len) < 0) {
		/* Nobody is left to tell. */
	}
	dts_buf_release(&b);
}

void dts_message(const char *fmt, ...)
{
	struct dts_buf b = {0};
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	dts_buf_reserve(&b, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(b.data, (size_t)n + 1, fmt, ap);
	va_end(ap);
	put("", b.data);
	dts_buf_release(&b);
}

/* Each of the lines as a message of its own. */
static void put_lines(const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		dts_message("%.*s", (int)len, text);
		text += len + (text[len] == '\n');
	}
}

int dts_report(const struct dts_error *err)
{
	if (!err->silent) {
		put("", err->message);
		put_lines(err->detail);
		if (err->hint[0])
			put("hint: ", err->hint);
	}
	return err->status;
}

void dts_progress(const char *fmt, ...)
{
	static int terminal = -1;
	struct timespec now;
	char text[512];
	va_list ap;

	if (terminal < 0)
		terminal = isatty(STDERR_FILENO);
	if (!terminal)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	long long ms = (now.tv_sec - progress_time.tv_sec) * 1000LL +
		       (now.tv_nsec - progress_time.tv_nsec) / 1000000;
	if (progress_shown && ms < 200)
		return;
	progress_time = now;
	progress_shown = true;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\r\033[K%s: %s", tool_name, text);
	fflush(stderr);
}

void dts_progress_end(void)
{
	if (!progress_shown)
		return;
	progress_shown = false;
	fputs("\r\033[K", stderr);
	fflush(stderr);
}
