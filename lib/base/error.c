#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int dts_fail(struct dts_error *err, enum dts_status status, const char *fmt, ...)
{
	va_list ap;

	err->status = status;
	err->silent = false;
	err->hint[0] = err->detail[0] = '\0';
	va_start(ap, fmt);
	vsnprintf(err->message, sizeof err->message, fmt, ap);
	va_end(ap);
	return -1;
}

int dts_hint(struct dts_error *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err->hint, sizeof err->hint, fmt, ap);
	va_end(ap);
	return -1;
}

int dts_detail(struct dts_error *err, const char *fmt, ...)
{
	size_t len = strlen(err->detail);
	va_list ap;

	if (len > 0 && len + 1 < sizeof err->detail)
		err->detail[len++] = '\n';
	va_start(ap, fmt);
	vsnprintf(err->detail + len, sizeof err->detail - len, fmt, ap);
	va_end(ap);
	return -1;
}

int dts_where(struct dts_error *err, const char *fmt, ...)
{
	char where[1024];
	char message[sizeof err->message];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(where, sizeof where, fmt, ap);
	va_end(ap);
	memcpy(message, err->message, sizeof message);
	/* A message that no longer fits is cut at its end, never its start. */
	int n = snprintf(err->message, sizeof err->message, "%s: ", where);
	if (n > 0 && (size_t)n < sizeof err->message) {
		size_t room = sizeof err->message - (size_t)n - 1;
		size_t len = strnlen(message, room);
		memcpy(err->message + n, message, len);
		err->message[(size_t)n + len] = '\0';
	}
	return -1;
}

int dts_fail_errno(struct dts_error *err, const char *fmt, ...)
{
	int number = errno;
	char what[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	dts_fail(err, DTS_IO, "%s: %s", what, strerror(number));
	err->silent = number == EPIPE;
	return -1;
}

_Noreturn void dts_out_of_memory(void)
{
	static const char text[] = "dts: out of memory\n";

	/* write(2), since stdio may want memory of its own */
	if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
		_exit(DTS_AGAIN);
	_exit(DTS_AGAIN);
}
